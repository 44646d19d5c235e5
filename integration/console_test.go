package integration

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
)

// A consoleCase is a request of a page on localhost to an API under another name, on plain http
// behind nginx. Chromium prints a line about it, which explain reads, and check makes the request.
type consoleCase struct {
	path    string
	request string   // the second argument of fetch()
	args    []string // the same for check
	reason  reason.Reason
	explain fix.Cause // that the line alone shows; "" if the line does not have the status
	check   fix.Cause // that check finds
	says    string    // explain's fix, or what it says differs, has this in it
}

const jsonPut = `{method: 'PUT', headers: {'Content-Type': 'application/json'}, body: '{}'}`

var jsonPutArgs = []string{"-X", "PUT", "-H", "Content-Type: application/json", "-d", "{}"}

func consoleCases(page string) []consoleCase {
	bearer := []string{"-H", "Authorization: Bearer a"}
	withCookies := []string{"--credentials", "include"}
	return []consoleCase{
		{"/missing", "", nil, reason.MissingAllowOriginHeader, "", "", "Check the status first"},
		{"/get404", "", nil, reason.MissingAllowOriginHeader, "", fix.NotFound, "Check the status first"},
		{"/router405", jsonPut, jsonPutArgs, reason.PreflightMissingAllowOriginHeader, "", fix.MethodNotServed, "Check the preflight's status first"},
		{"/headers405", jsonPut, jsonPutArgs, reason.PreflightInvalidStatus, "", fix.MethodNotServed, "with 204"},
		{"/auth401", "{headers: {Authorization: 'Bearer a'}}", bearer, reason.PreflightMissingAllowOriginHeader, "", fix.LoginRequired, "Check the preflight's status first"},
		{"/refused403", jsonPut, jsonPutArgs, reason.PreflightMissingAllowOriginHeader, "", fix.Forbidden, "Check the preflight's status first"},
		{"/slash", jsonPut, jsonPutArgs, reason.PreflightDisallowedRedirect, "", fix.Redirected, "without a redirect"},
		{"/slash?get", "", nil, reason.MissingAllowOriginHeader, "", fix.Redirected, "Check the status first: redirects"},
		{"/https", jsonPut, jsonPutArgs, reason.PreflightDisallowedRedirect, "", fix.Redirected, "without a redirect"},
		{"/down", "", nil, reason.MissingAllowOriginHeader, "", fix.ServerFailed, "Check the status first"},
		{"/down?put", jsonPut, jsonPutArgs, reason.PreflightMissingAllowOriginHeader, "", fix.ServerFailed, "500, 502"},
		{"/fails500", jsonPut, jsonPutArgs, reason.MissingAllowOriginHeader, "", fix.ServerFailed, "Check the status first"},
		{"/session", "{credentials: 'include'}", withCookies, reason.MissingAllowOriginHeader, "", fix.LoginRedirect, "Check the status first: redirects"},
		{"/session?put", jsonPut, jsonPutArgs, reason.PreflightDisallowedRedirect, "", fix.LoginRedirect, "without a redirect"},
		{"/allowed", "{headers: {'Access-Control-Allow-Origin': '*'}}", []string{"-H", "Access-Control-Allow-Origin: *"},
			reason.HeaderDisallowedByPreflightResponse, fix.ResponseHeaderInRequest, fix.ResponseHeaderInRequest, "Delete access-control-allow-origin"},
		{"/doubled", "", nil, reason.MultipleAllowOriginValues, "", "", "configure only one of them"},
		{"/value?v=" + url.QueryEscape("http://localhost:1"), "", nil, reason.AllowOriginMismatch, "", "", "port 1, not "},
		{"/value?v=" + url.QueryEscape(page+"/"), "", nil, reason.AllowOriginMismatch, "", "", "it ends with a slash"},
		{"/value?v=" + url.QueryEscape("https"+strings.TrimPrefix(page, "http")), "", nil, reason.AllowOriginMismatch, "", "", "https, not http"},
		{"/value?v=*", "{credentials: 'include'}", withCookies, reason.WildcardOriginNotAllowed, "", "", "Access-Control-Allow-Credentials: true"},
	}
}

// consoleAPI starts nginx with an application behind it, and returns the port.
func consoleAPI(t *testing.T, page string) string {
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		preflight, status := r.Method == http.MethodOptions, http.StatusOK
		allow := func() {
			w.Header().Set("Access-Control-Allow-Origin", page)
			w.Header().Set("Access-Control-Allow-Methods", "PUT")
			w.Header().Set("Access-Control-Allow-Headers", "content-type, authorization")
		}
		switch r.URL.Path {
		case "/get404":
			status = 404
		case "/router405":
			status = 405
		case "/headers405":
			allow()
			status = 405
		case "/auth401":
			status = 401
		case "/refused403":
			status = 403
		case "/fails500":
			if status = 500; preflight {
				allow()
				status = 204
			}
		case "/session":
			w.Header().Set("Location", "/login?next=/session")
			status = 302
		case "/allowed", "/doubled":
			allow()
		case "/value":
			w.Header().Set("Access-Control-Allow-Origin", r.URL.Query().Get("v"))
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(app.Close)
	address := serveNginx(t, need(t, "nginx"), "", `
		location / { proxy_pass `+app.URL+`; }
		location /doubled { add_header Access-Control-Allow-Origin `+page+`; proxy_pass `+app.URL+`; }
		location /down { proxy_pass http://127.0.0.1:1; }
		location = /slash { return 301 /slash/; }
		location /https { return 301 https://$host$request_uri; }`)
	_, port, _ := strings.Cut(strings.TrimPrefix(address, "http://"), ":")
	return port
}

// TestRealConsoleLinesLeadToTheCause walks as a new user would: a page on localhost requests an API
// on plain http under another name, behind nginx. Chromium's console, as it writes it to its log, is
// the input of explain. For each request its line gives the reason, and check, with the same request,
// gives the same reason and the cause.
func TestRealConsoleLinesLeadToTheCause(t *testing.T) {
	program := need(t, "chromium", "chromium-browser", "google-chrome")
	done := make(chan string, 1)
	var script atomic.Value // a string, written once the ports are known
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/done" {
			read, _ := io.ReadAll(r.Body)
			done <- string(read)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, script.Load().(string))
	}))
	t.Cleanup(server.Close)
	page := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	port := consoleAPI(t, page)
	api, cases := "http://api.example:"+port, consoleCases(page)

	var b strings.Builder
	b.WriteString(`<!doctype html><link rel="icon" href="data:,"><script>(async () => { let read = ''; const ask = (...a) => fetch(...a).then(() => read += a[0] + ' ', () => {});` + "\n")
	for _, c := range cases {
		fmt.Fprintf(&b, "await ask(%q, %s)\n", api+c.path, cond(c.request == "", "{}", c.request))
	}
	b.WriteString("await fetch('/done', {method: 'POST', body: read}) })()</script>")
	script.Store(b.String())

	dir := tempDir(t)
	p := start(t, dir, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-proxy-server",
		"--enable-logging=stderr", "--host-resolver-rules=MAP api.example 127.0.0.1", "--user-data-dir="+dir, page)
	select {
	case read := <-done:
		if read != "" {
			t.Errorf("Chromium let the page read %s", read)
		}
	case <-time.After(60 * time.Second):
		t.Fatalf("Chromium did not run the page:\n%s", p.output())
	}

	type found struct {
		Reason reason.Reason
		Fix    struct {
			Sentence string
			Differs  []string
			Cause    fix.Cause
		}
	}
	var explained struct {
		Messages []struct {
			URL, PageOrigin string
			Reasons         []found
		}
	}
	// The browser writes its log while the page goes on.
	log, last := "", cases[len(cases)-1].path
	for end := time.Now().Add(10 * time.Second); !strings.Contains(log, api+last) && time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		log = p.output()
	}
	concorsJSON(t, &explained, "explain", "--json", write(t, dir, "console.log", log))
	for _, c := range cases {
		t.Run(c.path, func(t *testing.T) {
			var line *found
			for i, m := range explained.Messages {
				if m.URL == api+c.path && m.PageOrigin == page && len(m.Reasons) > 0 {
					line = &explained.Messages[i].Reasons[0]
				}
			}
			if line == nil {
				t.Fatalf("explain found no message about it in Chromium's log")
			}
			if line.Reason != c.reason || line.Fix.Cause != c.explain || !strings.Contains(line.Fix.Sentence+strings.Join(line.Fix.Differs, "; "), c.says) {
				t.Errorf("explain: %s, cause %q, %s\nwant %s, %q, %s", line.Reason, line.Fix.Cause, line.Fix.Sentence, c.reason, c.explain, c.says)
			}
			var checked struct{ Results []found }
			concorsJSON(t, &checked, append([]string{"check", api + c.path, "--from", page, "--resolve", "api.example:" + port + ":127.0.0.1", "--json"}, c.args...)...)
			if got := checked.Results[0]; got.Reason != c.reason || got.Fix.Cause != c.check {
				t.Errorf("check: %s, cause %q, want %s, %q", got.Reason, got.Fix.Cause, c.reason, c.check)
			}
		})
	}
}

func cond(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}
