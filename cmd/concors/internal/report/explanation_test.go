package report_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/explain"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/serverfix"
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

// A connection that failed is not a block, and the name of its error says what to look at.
func TestConnectionsThatFailAreToldApart(t *testing.T) {
	const firefox = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example/x. (Reason: CORS request did not succeed). Status code: "
	testExplanations(t, []explanationRow{
		{"a certificate", "GET https://api.example/x net::ERR_CERT_AUTHORITY_INVALID", []string{"NO RESPONSE in Chromium", "certificate was not accepted", "What to change on the server"}, []string{"BLOCKED", "name, port"}},
		{"a name", "GET https://api.example/x net::ERR_NAME_NOT_RESOLVED", []string{"NO RESPONSE", "name was not found", "Correct the host's name"}, []string{"BLOCKED", "certificate"}},
		{"a port", "POST https://api.example/x net::ERR_CONNECTION_REFUSED", []string{"NO RESPONSE", "Nothing listens on that port", "Start the server"}, []string{"BLOCKED", "certificate"}},
		{"no network", "Failed to load resource: net::ERR_INTERNET_DISCONNECTED", []string{"NO RESPONSE", "offline"}, []string{"BLOCKED"}},
		{"two of them", "GET https://api.example/x net::ERR_NAME_NOT_RESOLVED\nGET https://b.example/y net::ERR_CONNECTION_REFUSED", []string{"2 MESSAGES: 2 NO RESPONSE"}, []string{"BLOCKED"}},
		{"Firefox, no status", firefox + "(null).", []string{"NO RESPONSE in Firefox"}, []string{"BLOCKED"}},
		{"Firefox, 500", firefox + "500.", []string{"status 500 Internal Server Error", "Find the error in the server's log", "What to change on the server"}, []string{"NO RESPONSE", "could not be reached", "port"}},
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

// Lines of panels, logs and older browsers are known too, with all that they name.
func TestMoreLinesAreKnown(t *testing.T) {
	const failed = "No 'Access-Control-Allow-Origin' header is present on the requested resource. Origin 'http://app.example' is therefore not allowed access."
	testExplanations(t, []explanationRow{
		{"a worker", "Uncaught SecurityError: Failed to construct 'Worker': Script at 'https://cdn.example/w.js' cannot be accessed from origin 'https://app.example'.",
			[]string{"NOT CORS: the same-origin policy for workers", "requested https://cdn.example/w.js"}, []string{"concors check"}},
		{"a shared worker", "Failed to construct 'SharedWorker': Script at 'https://cdn.example/w.js' cannot be accessed from origin 'https://app.example'.",
			[]string{"policy for workers"}, nil},
		{"Chrome's network panel", "me\tCORS error\tfetch\tapp.js:12\t0 B", []string{"NO REASON GIVEN", "network panel", "concors check"}, nil},
		{"uvicorn, 405", `INFO:     127.0.0.1:5000 - "OPTIONS /items HTTP/1.1" 405 Method Not Allowed`, []string{"no handler for OPTIONS"}, nil},
		{"uvicorn, 400", `INFO:     127.0.0.1:5000 - "OPTIONS /items HTTP/1.1" 400 Bad Request`, []string{"CORSMiddleware does not allow"}, nil},
		{"nginx, 401", `10.0.0.1 - - [01/Nov/2026:10:00:00 +0000] "OPTIONS /api/items?a=1 HTTP/2.0" 401 0 "-" "Mozilla/5.0"`, []string{"never carry credentials"}, nil},
		{"CORS disabled", "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example/x. (Reason: CORS disabled).",
			[]string{"NOT CORS: a setting of the browser", "content.cors.disable"}, []string{"not known"}},
		{"an EventSource", "EventSource cannot load https://api.example/stream. " + failed, []string{"The page on http://app.example requested https://api.example/stream"}, nil},
		{"a font", "Font from origin 'http://fonts.example' has been blocked from loading by Cross-Origin Resource Sharing policy: " + failed,
			[]string{"http://fonts.example", "and not the URL", "concors check URL"}, []string{"check 'http://fonts"}},
	})
}

// The command makes the request of an element as the element does.
func TestTheCommandHasTheElement(t *testing.T) {
	access := func(kind string) string {
		return "Access to " + kind + " at 'https://cdn.example/a' from origin 'https://app.example' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
	}
	testExplanations(t, []explanationRow{
		{"a font", access("font"), []string{"--resource font"}, []string{"--crossorigin"}},
		{"an image", access("image"), []string{"--resource img --crossorigin anonymous"}, nil},
		{"a script", access("script"), []string{"--resource script --crossorigin anonymous"}, nil},
		{"a style sheet", access("CSS stylesheet"), []string{"--resource link --crossorigin anonymous"}, nil},
		{"a video", access("video"), []string{"--resource video --crossorigin anonymous"}, nil},
		{"an image with cookies", strings.Replace(access("image"), "No 'Access-Control-Allow-Origin' header is present on the requested resource.",
			"The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'.", 1),
			[]string{"--resource img --crossorigin use-credentials"}, []string{"--credentials"}},
		{"fetch()", access("fetch"), []string{"concors check"}, []string{"--resource"}},
		{"a canvas", "Failed to execute 'toDataURL' on 'HTMLCanvasElement': Tainted canvases may not be exported.", []string{"--resource img"}, []string{"--as"}},
	})
}

// What the text does not name leaves no gap in a sentence, and a page's origin is not a request.
func TestWhatIsNotNamedLeavesNoGap(t *testing.T) {
	const safari = "[Error] Origin http://localhost:3000 is not allowed by Access-Control-Allow-Origin. Status code: "
	testExplanations(t, []explanationRow{
		{"a gateway without the URL", safari + "502", []string{"logs for this request."}, nil},
		{"a server that is down, without the URL", safari + "503", []string{"for this request."}, nil},
		{"a frame", `Uncaught DOMException: Blocked a frame with origin "http://localhost:3000" from accessing a cross-origin frame.`, []string{"NOT CORS"}, []string{"requested"}},
		{"postMessage", "Failed to execute 'postMessage' on 'DOMWindow': The target origin provided ('http://a.test') does not match the recipient window's origin ('http://b.test').",
			[]string{"NOT CORS"}, []string{"requested"}},
	})
}

// In a terminal of 24 lines the change is not cut where its second half says what else it needs.
func TestTheSecondHalfOfAChangeStays(t *testing.T) {
	q := plain()
	q.From, q.Method, q.Header, q.Credentials = "http://localhost:5173", "PUT", []string{"X-A: 1", "Content-Type: application/json"}, "include"
	for status, want := range map[int]string{
		401: "The response to the request itself needs Access-Control-Allow-Origin too.",
		404: "The response to the request itself needs Access-Control-Allow-Origin too.",
		405: "The response to the request itself needs Access-Control-Allow-Origin too.",
		307: "If the page's URL is the right one:",
	} {
		r := reportOn(t, func(w http.ResponseWriter, r *http.Request) {
			if status == 307 {
				w.Header().Set("Location", r.URL.Path+"/")
			}
			w.WriteHeader(status)
		}, q)
		var err error
		if r.ServerFix, err = serverfix.For(t.Context(), q, &r.Result, ""); err != nil {
			t.Fatal(err)
		}
		out := text(t, r, report.TextOptions{})
		if said := strings.Join(strings.Fields(out), " "); !strings.Contains(said, want) || !strings.Contains(said, "Access-Control-Allow-Methods: PUT") {
			t.Errorf("%d: it must say %q:\n%s", status, want, out)
		}
	}
}
