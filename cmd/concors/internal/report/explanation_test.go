package report_test

import (
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/explain"
	"github.com/concors/concors/cmd/concors/internal/report"
)

// A row of a test of explanations: what the answer must say of a text, and what it must not.
type explanationRow struct {
	name, text string
	says       []string
	never      []string
}

func testExplanations(t *testing.T, rows []explanationRow) {
	t.Helper()
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			explained, err := explain.Read(row.text, "")
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := report.WriteExplanation(&b, explained, report.TextOptions{}); err != nil {
				t.Fatal(err)
			}
			out := strings.Join(strings.Fields(b.String()), " ")
			for _, want := range row.says {
				if !strings.Contains(out, want) {
					t.Errorf("it must say %q:\n%s", want, b.String())
				}
			}
			for _, wrong := range row.never {
				if strings.Contains(out, wrong) {
					t.Errorf("it must not say %q:\n%s", wrong, b.String())
				}
			}
		})
	}
}

// What the text does not say is not shown as if it had been seen.
func TestEvidenceOfATextIsWhatTheTextSays(t *testing.T) {
	testExplanations(t, []explanationRow{
		{"same-origin", "GET https://cdn.example/x.js net::ERR_BLOCKED_BY_RESPONSE.NotSameOrigin 200",
			[]string{"(CorpNotSameOrigin)", "instead of same-origin"}, []string{"no Cross-Origin", "^"}},
		{"same-site", "GET https://cdn.example/x.js net::ERR_BLOCKED_BY_RESPONSE.NotSameSite 200 (OK)",
			[]string{"(CorpNotSameSite)"}, []string{"no Cross-Origin", "^"}},
		{"no header, by COEP", "GET https://cdn.example/x.js net::ERR_BLOCKED_BY_RESPONSE.NotSameOriginAfterDefaultedToSameOriginByCoep 200",
			[]string{"200 OK, no Cross-Origin-Resource-Policy"}, nil},
		{"Firefox's CORP", "The resource at “https://cdn.example/x.png” was blocked due to its Cross-Origin-Resource-Policy header (or lack thereof). See https://developer.mozilla.org/docs/Web/HTTP/Cross-Origin_Resource_Policy_(CORP)#",
			[]string{"BLOCKED in Firefox"}, []string{"no Cross-Origin", "^"}},
		{"the panel's CORP", "(blocked:corp)", nil, []string{"no Cross-Origin", "^"}},
		{"ORB", "GET https://img.example/a.png net::ERR_BLOCKED_BY_ORB", []string{"(OpaqueResponseBlocked)"}, []string{"no Content-Type", "^"}},
		{"a module", "Failed to load module script: Expected a JavaScript-or-Wasm module script but the server responded with a MIME type of \"text/plain\". " +
			"Strict MIME type checking is enforced for module scripts per HTML spec.", []string{"(MIMETypeNotAllowed)", "text/plain, not text/javascript"}, []string{"With X-Content"}},
		{"a script with nosniff", "Refused to execute script from 'https://cdn.example/a.js' because its MIME type ('text/plain') is not executable, and strict MIME type checking is enabled.",
			[]string{"With X-Content-Type-Options: nosniff"}, nil},
		{"an issue", "Ensure CORS response header values are valid", []string{"does not say which"}, []string{"^"}},
		{"Safari's line for both", "Origin https://app.example is not allowed by Access-Control-Allow-Origin. Status code: 200", []string{"does not say which"}, []string{"no Access-Control-Allow-Origin ^"}},
		{"a missing header", "Access to fetch at 'https://b.example/x' from origin 'https://a.example' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.",
			[]string{"no Access-Control-Allow-Origin ^^^"}, nil},
	})
}

// The command shows what blocked the request, and does not assume that it is allowed.
func TestTheCommandAfterLocalNetworkAccessShowsIt(t *testing.T) {
	const access = "Access to fetch at 'http://localhost:8080/x' from origin 'https://admin.example' has been blocked by CORS policy: "
	testExplanations(t, []explanationRow{
		{"a permission", access + "Permission was denied for this request to access the `loopback` address space.", []string{"concors check 'http://localhost:8080/x'"}, []string{"--page-space"}},
		{"a page without https", strings.Replace(access, "https:", "http:", 1) + "The request client is not a secure context and the resource is in more-private address space `loopback`.",
			[]string{"concors check"}, []string{"--page-space"}},
		{"CORS", access + "No 'Access-Control-Allow-Origin' header is present on the requested resource.", []string{"--page-space loopback"}, nil},
	})
}

// A connection that failed is no block, and the name of its error says what to look at.
func TestConnectionsThatFailAreToldApart(t *testing.T) {
	const firefox = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example/x. (Reason: CORS request did not succeed). Status code: "
	testExplanations(t, []explanationRow{
		{"a certificate", "GET https://api.example/x net::ERR_CERT_AUTHORITY_INVALID", []string{"NO RESPONSE in Chromium", "certificate was not accepted"}, []string{"BLOCKED", "name, port"}},
		{"a name", "GET https://api.example/x net::ERR_NAME_NOT_RESOLVED", []string{"NO RESPONSE", "name was not found", "Correct the host's name"}, []string{"BLOCKED", "certificate"}},
		{"a port", "POST https://api.example/x net::ERR_CONNECTION_REFUSED", []string{"NO RESPONSE", "Nothing listens on that port", "Start the server"}, []string{"BLOCKED", "certificate"}},
		{"no network", "Failed to load resource: net::ERR_INTERNET_DISCONNECTED", []string{"NO RESPONSE", "offline"}, []string{"BLOCKED"}},
		{"two of them", "GET https://api.example/x net::ERR_NAME_NOT_RESOLVED\nGET https://b.example/y net::ERR_CONNECTION_REFUSED", []string{"2 MESSAGES: 2 NO RESPONSE"}, []string{"BLOCKED"}},
		{"Firefox, no status", firefox + "(null).", []string{"NO RESPONSE in Firefox"}, []string{"BLOCKED"}},
		{"Firefox, 500", firefox + "500.", []string{"status 500 Internal Server Error", "Find the error in the server's log"}, []string{"NO RESPONSE", "port"}},
		{"Firefox, 200", firefox + "200.", []string{"a response began to arrive"}, []string{"NO RESPONSE", "port"}},
	})
}

// In what a value is not an origin is seen without the page's.
func TestAValueThatIsNoOriginNeedsNoPage(t *testing.T) {
	const begin, end = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example/x. (Reason: CORS header ‘Access-Control-Allow-Origin’ does not match ‘", "’)."
	testExplanations(t, []explanationRow{
		{"a slash", begin + "https://app.example/" + end, []string{"https://app.example/ ^ it ends with a slash"}, nil},
		{"a path", begin + "https://app.example/a" + end, []string{"path"}, []string{"^^^^^^^^"}},
		{"in German", "Quellübergreifende (Cross-Origin) Anfrage blockiert: Die Gleiche-Quelle-Regel verbietet das Lesen der externen Ressource auf https://api.example/x. (Grund: CORS-Kopfzeile 'Access-Control-Allow-Origin' stimmt nicht mit 'https://app.example/' überein).",
			[]string{"it ends with a slash"}, nil},
		{"an origin", begin + "https://app.example" + end, []string{"https://app.example ^^^^^^^^^^^^^^^^^^^"}, []string{"slash"}},
	})
}
