package fetch_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// chain makes a web of redirects: each URL redirects to the next with the status,
// and the last responds with 200. Every server allows every origin, with
// credentials.
func chain(status int, urls ...string) *web {
	w := newWeb(map[string]string{})
	for i, u := range urls {
		u, _, _ = strings.Cut(u, "#")
		response := "200"
		if i+1 < len(urls) {
			response = fmt.Sprintf("%d\nLocation: %s", status, urls[i+1])
		}
		w.Responses[u] = response + "\nAccess-Control-Allow-Origin: *\nX-Kept: 1\nAccess-Control-Expose-Headers: X-Kept\n\nbody"
		w.Responses["OPTIONS "+u] = allowAll + ", authorization"
	}
	return w
}

// The first redirect away from the page's own origin does not taint a request.
// Every later change of origin does, even back to the own origin.
func TestRedirectTaint(t *testing.T) {
	const a, a2, sub, b, b2, c = "https://a.test/1", "https://a.test/2", "https://sub.a.test/", "https://b.test/1", "https://b.test/2", "https://c.test/"
	for _, row := range []struct {
		name    string
		urls    []string
		origins string // the Origin header of each hop of a GET, "-" for none
		sites   string // its Sec-Fetch-Site
		typ     fetch.ResponseType
		put     string // the Origin header of each hop of a PUT
	}{
		{"a", []string{a}, "-", "same-origin", fetch.TypeBasic, "a"},
		{"a to a", []string{a, a2}, "- -", "same-origin same-origin", fetch.TypeBasic, "a a"},
		{"b", []string{b}, "a", "cross-site", fetch.TypeCORS, "a"},
		{"a to b", []string{a, b}, "- a", "same-origin cross-site", fetch.TypeCORS, "a a"},
		{"b to b", []string{b, b2}, "a a", "cross-site cross-site", fetch.TypeCORS, "a a"},
		{"a to b to b", []string{a, b, b2}, "- a a", "same-origin cross-site cross-site", fetch.TypeCORS, "a a a"},
		{"b to a", []string{b, a}, "a null", "cross-site cross-site", fetch.TypeCORS, "a null"},
		{"a to b to a", []string{a, b, a2}, "- a null", "same-origin cross-site cross-site", fetch.TypeCORS, "a a null"},
		{"b to a to a", []string{b, a, a2}, "a null null", "cross-site cross-site cross-site", fetch.TypeCORS, "a null null"},
		{"b to c", []string{b, c}, "a null", "cross-site cross-site", fetch.TypeCORS, "a null"},
		{"a to b to c", []string{a, b, c}, "- a null", "same-origin cross-site cross-site", fetch.TypeCORS, "a a null"},
		{"b to c to b", []string{b, c, b2}, "a null null", "cross-site cross-site cross-site", fetch.TypeCORS, "a null null"},
		{"sub", []string{sub}, "a", "same-site", fetch.TypeCORS, "a"},
		{"a to sub", []string{a, sub}, "- a", "same-origin same-site", fetch.TypeCORS, "a a"},
		{"sub to a", []string{sub, a}, "a null", "same-site same-site", fetch.TypeCORS, "a null"},
		{"a to sub to a", []string{a, sub, a2}, "- a null", "same-origin same-site same-site", fetch.TypeCORS, "a a null"},
		{"sub to b", []string{sub, b}, "a null", "same-site cross-site", fetch.TypeCORS, "a null"},
		{"b to sub", []string{b, sub}, "a null", "cross-site cross-site", fetch.TypeCORS, "a null"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := chain(307, row.urls...)
			resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: row.urls[0]})
			if err != nil || resp.Type != row.typ {
				t.Fatal(outcome(resp, err))
			}
			if got := seen(w, "Origin", ""); got != row.origins {
				t.Errorf("Origin %s, want %s", got, row.origins)
			}
			if got := seen(w, "Sec-Fetch-Site", ""); got != row.sites {
				t.Errorf("Sec-Fetch-Site %s, want %s", got, row.sites)
			}
			if got, want := resp.Header.Contains("X-Kept"), true; got != want {
				t.Error("the exposed header is hidden")
			}
			if resp.Redirected != (len(row.urls) > 1) || resp.URL != row.urls[len(row.urls)-1] {
				t.Errorf("redirected %t to %s", resp.Redirected, resp.URL)
			}

			w = chain(307, row.urls...)
			if resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: row.urls[0], Method: "PUT", Header: list("X: 1"), Body: fetch.TextBody("b")}); err != nil {
				t.Fatal(outcome(resp, err))
			}
			if got := seen(w, "Origin", "PUT"); got != row.put {
				t.Errorf("with PUT: Origin %s, want %s", got, row.put)
			}
			// Each hop, except those to the page's own origin before any other, is
			// preflighted with the Origin that its request has.
			preflights := strings.Fields(seen(w, "Origin", "OPTIONS"))
			wanted := slices.Clone(strings.Fields(row.put))
			for range own(row.urls) {
				wanted = wanted[1:]
			}
			if !slices.Equal(preflights, wanted) {
				t.Errorf("preflights with Origin %v, want %v", preflights, wanted)
			}
		})
	}
}

// own returns the number of hops to the page's own origin before any other.
func own(urls []string) (n int) {
	for n < len(urls) && strings.HasPrefix(urls[n], "https://a.test/") {
		n++
	}
	return n
}

// seen returns the header of each request with the method, shortened.
func seen(w *web, header, method string) string {
	var out []string
	for _, s := range w.Sent {
		if method == "" && s.Method == "OPTIONS" || method != "" && s.Method != method {
			continue
		}
		value, _, _ := strings.Cut(strings.TrimPrefix(s.Header.Get(header), "https://"), ".")
		if value == "" {
			value = "-"
		}
		out = append(out, value)
	}
	return strings.Join(out, " ")
}

// Every hop must pass the CORS check before its redirect is followed.
func TestEveryHopMustPassTheCORSCheck(t *testing.T) {
	const to = "\nLocation: https://c.test/"
	const acao = "\nAccess-Control-Allow-Origin: "
	for _, row := range []struct {
		name        string
		first, last string
		req         fetch.Request
		want        string
	}{
		{"both allow it", "302" + to + acao + "*", open, fetch.Request{}, "cors"},
		{"the first does not allow it", "302" + to, open, fetch.Request{}, "MissingAllowOriginHeader"},
		{"the last does not allow it", "302" + to + acao + "*", "200", fetch.Request{}, "MissingAllowOriginHeader"},
		{"the first names the origin", "302" + to + acao + "https://a.test", open, fetch.Request{}, "cors"},
		{"the second must name null", "302" + to + acao + "*", "200" + acao + "https://a.test", fetch.Request{}, "AllowOriginMismatch"},
		{"the second names null", "302" + to + acao + "*", "200" + acao + "null", fetch.Request{}, "cors"},
		{"with credentials too", "302" + to + acao + "https://a.test\nAccess-Control-Allow-Credentials: true", credsNull, fetch.Request{Credentials: fetch.CredentialsInclude}, "cors"},
		{"with credentials, * is not enough at the first hop", "302" + to + acao + "*\nAccess-Control-Allow-Credentials: true", credsNull, fetch.Request{Credentials: fetch.CredentialsInclude}, "WildcardOriginNotAllowed"},
		{"manual, allowed", "302" + to + acao + "*", open, fetch.Request{Redirect: fetch.RedirectManual}, "opaqueredirect"},
		{"manual, not allowed", "302" + to, open, fetch.Request{Redirect: fetch.RedirectManual}, "MissingAllowOriginHeader"},
		{"error, allowed", "302" + to + acao + "*", open, fetch.Request{Redirect: fetch.RedirectError}, "RedirectModeError"},
		{"error, not allowed", "302" + to, open, fetch.Request{Redirect: fetch.RedirectError}, "MissingAllowOriginHeader"},
		{"no-cors, not allowed", "302" + to, "200\nContent-Type: text/css", fetch.Request{Mode: fetch.ModeNoCORS}, "opaque"},
		{"no-cors: the Cross-Origin-Resource-Policy of a redirect is checked", "302" + to + "\nCross-Origin-Resource-Policy: same-origin", "200\nContent-Type: text/css", fetch.Request{Mode: fetch.ModeNoCORS}, "CorpNotSameOrigin"},
		{"same-origin mode", "302" + to, open, fetch.Request{Mode: fetch.ModeSameOrigin}, "DisallowedByMode"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{"https://b.test/": row.first, "https://c.test/": row.last})
			row.req.URL = "https://b.test/"
			resp, err := do(t, agentOn(w, fetch.Standard), row.req)
			if got := outcome(resp, err); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

func TestSameOriginModeBlocksARedirectToAnotherOrigin(t *testing.T) {
	w := chain(302, "https://a.test/1", "https://a.test/2", "https://b.test/")
	_, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "/1", Mode: fetch.ModeSameOrigin})
	if reasonOf(err) != reason.DisallowedByMode || err.URL != "https://b.test/" || err.FirstURL != "https://a.test/1" {
		t.Errorf("%+v", err)
	}
	if got := w.Requests(); len(got) != 2 {
		t.Errorf("%q", got)
	}
}

// TestRedirectMode checks the redirect modes at the page's own origin, and
// with no-cors.
func TestRedirectMode(t *testing.T) {
	for _, row := range []struct {
		name, url string
		mode      fetch.Mode
		redirect  fetch.Redirect
		want      string
	}{
		{"follow", "https://a.test/1", fetch.ModeCORS, fetch.RedirectFollow, "basic"},
		{"error", "https://a.test/1", fetch.ModeCORS, fetch.RedirectError, "RedirectModeError"},
		{"manual", "https://a.test/1", fetch.ModeCORS, fetch.RedirectManual, "opaqueredirect"},
		{"error, and the server does not redirect", "https://a.test/2", fetch.ModeCORS, fetch.RedirectError, "basic"},
		{"manual, and the server does not redirect", "https://a.test/2", fetch.ModeCORS, fetch.RedirectManual, "basic"},
		{"no-cors at the own origin: error", "https://a.test/1", fetch.ModeNoCORS, fetch.RedirectError, "RedirectModeError"},
		{"no-cors at the own origin: manual", "https://a.test/1", fetch.ModeNoCORS, fetch.RedirectManual, "opaqueredirect"},
		{"no-cors at another origin: error", "https://b.test/", fetch.ModeNoCORS, fetch.RedirectError, "NoCorsRedirectModeNotFollow"},
		{"no-cors at another origin: manual", "https://b.test/", fetch.ModeNoCORS, fetch.RedirectManual, "NoCorsRedirectModeNotFollow"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := chain(302, "https://a.test/1", "https://a.test/2")
			resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: row.url, Mode: row.mode, Redirect: row.redirect})
			if got := outcome(resp, err); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

// TestRedirectChangesTheMethod checks the method after a redirect, and which
// of the body's headers are kept.
func TestRedirectChangesTheMethod(t *testing.T) {
	for _, row := range []struct {
		method string
		status int
		want   string
	}{
		{"GET", 301, "GET"}, {"GET", 302, "GET"}, {"GET", 303, "GET"}, {"GET", 307, "GET"}, {"GET", 308, "GET"},
		{"HEAD", 301, "HEAD"}, {"HEAD", 302, "HEAD"}, {"HEAD", 303, "HEAD"}, {"HEAD", 307, "HEAD"}, {"HEAD", 308, "HEAD"},
		{"POST", 301, "GET"}, {"POST", 302, "GET"}, {"POST", 303, "GET"}, {"POST", 307, "POST"}, {"POST", 308, "POST"},
		{"PUT", 301, "PUT"}, {"PUT", 302, "PUT"}, {"PUT", 303, "GET"}, {"PUT", 307, "PUT"}, {"PUT", 308, "PUT"},
		{"DELETE", 301, "DELETE"}, {"DELETE", 303, "GET"}, {"patch", 302, "patch"}, {"patch", 303, "GET"}, {"OPTIONS", 303, "GET"},
	} {
		t.Run(fmt.Sprint(row.method, " ", row.status), func(t *testing.T) {
			w := chain(row.status, "https://a.test/1", "https://a.test/2")
			req := fetch.Request{URL: "/1", Method: row.method,
				Header: list("Content-Encoding: x", "Content-Language: en", "Content-Location: /", "Content-Type: a/b", "X-Mine: 1", "Authorization: x")}
			if row.method != "GET" && row.method != "HEAD" {
				req.Body = fetch.TextBody("body")
			}
			if row.method == "OPTIONS" {
				w.Responses["OPTIONS https://a.test/1"] = w.Responses["https://a.test/1"]
			}
			if resp, err := do(t, agentOn(w, fetch.Standard), req); err != nil {
				t.Fatal(outcome(resp, err))
			}
			last := w.Last(t)
			if last.Method != row.want || last.URL != "https://a.test/2" {
				t.Errorf("%s %s, want %s", last.Method, last.URL, row.want)
			}
			changed := row.want != row.method
			if got := last.Body == "body"; got != (req.Body != nil && !changed) {
				t.Errorf("the body was sent: %t", got)
			}
			for _, name := range []string{"Content-Encoding", "Content-Language", "Content-Location", "Content-Type"} {
				if got := last.Header.Get(name) != ""; got == changed {
					t.Errorf("%s was sent: %t", name, got)
				}
			}
			if last.Header.Get("X-Mine") != "1" || last.Header.Get("Authorization") != "x" {
				t.Error("the script's own headers were not sent")
			}
		})
	}
}

// A request that became GET needs no preflight for its JSON.
func TestMethodChangeRemovesThePreflight(t *testing.T) {
	w := chain(303, "https://b.test/1", "https://b.test/2")
	req := fetch.Request{URL: "https://b.test/1", Method: "PUT", Body: &fetch.Body{Bytes: []byte("{}"), ContentType: "application/json"}}
	if resp, err := do(t, agentOn(w, fetch.Standard), req); err != nil {
		t.Fatal(outcome(resp, err))
	}
	want := []string{"OPTIONS https://b.test/1", "PUT https://b.test/1", "GET https://b.test/2"}
	if got := w.Requests(); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Authorization is dropped at the first change of origin, before the preflight of
// the next hop, and does not return.
func TestRedirectDropsAuthorization(t *testing.T) {
	for _, row := range []struct {
		urls []string
		want string // the hops that have it, and those that preflight
	}{
		{[]string{"https://a.test/1", "https://a.test/2"}, "yes yes"},
		{[]string{"https://a.test/1", "https://b.test/1"}, "yes no"},
		{[]string{"https://a.test/1", "https://sub.a.test/1"}, "yes no"},
		{[]string{"https://a.test/1", "https://a.test:8443/1"}, "yes no"},
		{[]string{"https://b.test/1", "https://b.test/2"}, "preflight+yes preflight+yes"},
		{[]string{"https://b.test/1", "https://c.test/"}, "preflight+yes no"},
		{[]string{"https://a.test/1", "https://b.test/1", "https://a.test/2"}, "yes no no"},
	} {
		w := chain(302, row.urls...)
		do(t, agentOn(w, fetch.Standard), fetch.Request{URL: row.urls[0], Header: list("Authorization: Bearer t")})
		var got []string
		preflight := ""
		for _, s := range w.Sent {
			if s.Method == "OPTIONS" {
				preflight = "preflight+"
				continue
			}
			got = append(got, preflight+map[bool]string{true: "yes", false: "no"}[s.Header.Get("Authorization") != ""])
			preflight = ""
		}
		if strings.Join(got, " ") != row.want {
			t.Errorf("%v: %v, want %s", row.urls, got, row.want)
		}
	}
}

func TestRedirectToUserinfo(t *testing.T) {
	for _, row := range []struct {
		name string
		urls []string
		mode fetch.Mode
		want string
	}{
		{"within the page's own origin", []string{"https://a.test/1", "https://u:p@a.test/2"}, fetch.ModeCORS, "basic"},
		{"to another origin", []string{"https://a.test/1", "https://u:p@b.test/"}, fetch.ModeCORS, "RedirectContainsCredentials"},
		{"to another origin, a user name only", []string{"https://a.test/1", "https://u@b.test/"}, fetch.ModeCORS, "RedirectContainsCredentials"},
		{"within another origin", []string{"https://b.test/1", "https://u:p@b.test/2"}, fetch.ModeCORS, "RedirectContainsCredentials"},
		{"back to the page's own origin", []string{"https://b.test/1", "https://u:p@a.test/"}, fetch.ModeCORS, "RedirectContainsCredentials"},
		{"empty userinfo", []string{"https://b.test/1", "https://@b.test/2"}, fetch.ModeCORS, "cors"},
		{"no-cors", []string{"https://b.test/1", "https://u:p@c.test/"}, fetch.ModeNoCORS, "opaque"},
		{"same-origin mode", []string{"https://a.test/1", "https://u:p@a.test/2"}, fetch.ModeSameOrigin, "basic"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := chain(302, row.urls...)
			end := row.urls[len(row.urls)-1]
			_, host, _ := strings.Cut(end, "@")
			w.Responses["https://"+host] = open + "\nContent-Type: text/css"
			resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: row.urls[0], Mode: row.mode})
			if got := outcome(resp, err); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
			if err != nil && (err.URL != end || err.FirstURL != row.urls[0] || err.Header != "Location") {
				t.Errorf("%+v", err)
			}
		})
	}
}

func TestRedirectLocation(t *testing.T) {
	for _, row := range []struct {
		name string
		head string // of the response at https://b.test/dir/x?q
		want string // the reason, or the URL at the end
	}{
		{"absolute", "302\nLocation: https://b.test/end", "https://b.test/end"},
		{"a path", "302\nLocation: /end", "https://b.test/end"},
		{"relative", "302\nLocation: ../end", "https://b.test/end"},
		{"without a scheme", "302\nLocation: //b.test/end", "https://b.test/end"},
		{"backslashes", "302\nLocation: \\end", "https://b.test/end"},
		{"surrounding whitespace", "302\nLocation: \t /end \t", "https://b.test/end"},
		{"every redirect status", "308\nLocation: /end", "https://b.test/end"},
		{"300 is not a redirect", "300\nLocation: /end", "https://b.test/dir/x?q"},
		{"304 is not a redirect", "304\nLocation: /end", "https://b.test/dir/x?q"},
		{"305 is not a redirect", "305\nLocation: /end", "https://b.test/dir/x?q"},
		{"306 is not a redirect", "306\nLocation: /end", "https://b.test/dir/x?q"},
		{"201 is not a redirect", "201\nLocation: /end", "https://b.test/dir/x?q"},
		{"without Location it is an ordinary response", "302", "https://b.test/dir/x?q"},
		{"not a URL", "302\nLocation: https://", "RedirectInvalidLocation"},
		{"an invalid port", "302\nLocation: https://b.test:99999/", "RedirectInvalidLocation"},
		{"two lines", "302\nLocation: /end\nLocation: /end", "RedirectInvalidLocation"},
		{"data:", "302\nLocation: data:,x", "RedirectDisallowedScheme"},
		{"file:", "302\nLocation: file:///etc/passwd", "RedirectDisallowedScheme"},
		{"javascript:", "302\nLocation: javascript:alert(1)", "RedirectDisallowedScheme"},
		{"ftp:", "302\nLocation: ftp://b.test/", "RedirectDisallowedScheme"},
		{"about:blank", "302\nLocation: about:blank", "RedirectDisallowedScheme"},
		{"an empty Location redirects to the same URL", "302\nLocation:", "TooManyRedirects"},
		{"a bad port", "302\nLocation: https://b.test:25/", "BlockedPort"},
		{"http: from an https: page", "302\nLocation: http://b.test/end", "MixedContent"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{"https://b.test/dir/x?q": row.head + "\nAccess-Control-Allow-Origin: *", "https://b.test/end": open})
			resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://b.test/dir/x?q"})
			got := reasonOf(err).String()
			if err == nil {
				got = resp.URL
			}
			if got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

// No mode follows a redirect to a data: URL.
func TestRedirectToDataFailsInEveryMode(t *testing.T) {
	for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS, fetch.ModeSameOrigin} {
		w := newWeb(map[string]string{"https://a.test/": "302\nLocation: data:,x"})
		if resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "/", Mode: mode}); reasonOf(err) != reason.RedirectDisallowedScheme {
			t.Errorf("%s: %s", mode, outcome(resp, err))
		}
	}
}

func TestAtMostTwentyRedirectsAreFollowed(t *testing.T) {
	for _, row := range []struct {
		redirects int
		want      string
	}{{20, "cors"}, {21, "TooManyRedirects"}, {30, "TooManyRedirects"}} {
		var urls []string
		for i := range row.redirects + 1 {
			urls = append(urls, fmt.Sprintf("https://b.test/%d", i))
		}
		w := chain(302, urls...)
		resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: urls[0]})
		if got := outcome(resp, err); got != row.want {
			t.Errorf("%d redirects: %s, want %s", row.redirects, got, row.want)
		}
		if sent := w.Requests(); len(sent) != 21 {
			t.Errorf("%d redirects: %d requests", row.redirects, len(sent))
		}
	}
}

func TestFragmentsAreInheritedAndHidden(t *testing.T) {
	w := chain(302, "https://b.test/1", "/2", "https://b.test/2#own")
	w.Responses["https://b.test/2"] = open
	resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://b.test/1#first"})
	if err != nil || resp.URL != "https://b.test/2" || resp.Internal.URL != "https://b.test/2#first" {
		t.Errorf("%s, %+v", outcome(resp, err), resp)
	}
	for _, x := range resp.Trace.Exchanges {
		if strings.Contains(x.URL, "#") {
			t.Errorf("%s was sent", x.URL)
		}
	}
}

// What one hop removes from the referrer does not return at a later hop.
func TestReferrerAcrossRedirects(t *testing.T) {
	const full = "https://a.test/page?q"
	for _, row := range []struct {
		name   string
		urls   []string
		policy fetch.ReferrerPolicy
		header string // the first response's Referrer-Policy
		want   string // Referer at each hop
	}{
		{"complete within the own origin", []string{"https://a.test/1", "https://a.test/2"}, "", "", full + " " + full},
		{"trimmed at another origin", []string{"https://a.test/1", "https://b.test/"}, "", "", full + " https://a.test/"},
		{"still trimmed back at the own origin", []string{"https://b.test/", "https://a.test/"}, "", "", "https://a.test/ https://a.test/"},
		{"a redirect may set a stricter policy", []string{"https://b.test/", "https://b.test/2"}, "", "no-referrer", "https://a.test/ -"},
		{"a laxer policy restores nothing", []string{"https://b.test/", "https://b.test/2"}, "", "unsafe-url", "https://a.test/ https://a.test/"},
		{"unsafe-url: always complete", []string{"https://b.test/", "https://c.test/"}, fetch.UnsafeURL, "", full + " " + full},
		{"an unknown policy changes nothing", []string{"https://b.test/", "https://b.test/2"}, "", "never", "https://a.test/ https://a.test/"},
		{"the last known policy counts", []string{"https://b.test/", "https://b.test/2"}, "", "no-referrer, origin, never", "https://a.test/ https://a.test/"},
		{"same-origin: none after leaving the origin, even back at it", []string{"https://a.test/1", "https://b.test/", "https://a.test/2"}, fetch.SameOriginReferrer, "", full + " - -"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := chain(302, row.urls...)
			if row.header != "" {
				w.Responses[row.urls[0]] = strings.Replace(w.Responses[row.urls[0]], "\n", "\nReferrer-Policy: "+row.header+"\n", 1)
			}
			do(t, agentOn(w, fetch.Standard), fetch.Request{URL: row.urls[0], ReferrerPolicy: row.policy})
			var got []string
			for _, s := range w.Sent {
				value := s.Header.Get("Referer")
				if value == "" {
					value = "-"
				}
				got = append(got, value)
			}
			if strings.Join(got, " ") != row.want {
				t.Errorf("%v, want %s", got, row.want)
			}
		})
	}
}

// A stream can be sent only once, so only a 303, which drops it, is followed.
func TestStreamCannotBeRedirected(t *testing.T) {
	for status, want := range map[int]string{301: "RedirectBodyNotReplayable", 302: "RedirectBodyNotReplayable", 303: "basic",
		307: "RedirectBodyNotReplayable", 308: "RedirectBodyNotReplayable"} {
		w := chain(status, "https://a.test/1", "https://a.test/2")
		resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "/1", Method: "POST", Body: fetch.StreamBody(strings.NewReader("s"))})
		if got := outcome(resp, err); got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
	}
}

// A login would need the body again, so a 401 with credentials ends a request with a stream,
// whether the URL has a user name or not.
func TestStreamCannotBeSentAgainAfterALogin(t *testing.T) {
	stream := func() *fetch.Body { return fetch.StreamBody(strings.NewReader("s")) }
	for _, row := range []struct {
		name string
		req  fetch.Request
		want string
	}{
		{"a stream", fetch.Request{Body: stream()}, "LoginBodyNotReplayable"},
		{"a stream with its own Authorization", fetch.Request{Body: stream(), Header: list("Authorization: Bearer x")}, "LoginBodyNotReplayable"},
		{"a stream without credentials", fetch.Request{Body: stream(), Credentials: fetch.CredentialsOmit}, "basic"},
		{"a stream to another origin", fetch.Request{URL: "https://b.test/x", Body: stream()}, "cors"},
		{"a stream to another origin with credentials", fetch.Request{URL: "https://b.test/x", Body: stream(), Credentials: fetch.CredentialsInclude}, "cors"},
		{"a string", fetch.Request{Body: fetch.TextBody("s")}, "basic"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{"https://a.test/x": "401\nWWW-Authenticate: Basic realm=x",
				"https://b.test/x":         "401\nAccess-Control-Allow-Origin: https://a.test\nAccess-Control-Allow-Credentials: true",
				"OPTIONS https://b.test/x": "204\nAccess-Control-Allow-Origin: https://a.test\nAccess-Control-Allow-Credentials: true"})
			row.req.URL, row.req.Method = cmp.Or(row.req.URL, "https://a.test/x"), "POST"
			resp, err := do(t, agentOn(w, fetch.Standard), row.req)
			if got := outcome(resp, err); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
			if err != nil && (err.Status != 401 || !err.Sent()) {
				t.Errorf("status %d, sent: %v", err.Status, err.Sent())
			}
		})
	}
}

// After a 421 the request is sent once more, as all browsers do; a stream is not.
func TestMisdirectedRequestIsSentOnceMore(t *testing.T) {
	const allow = "\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: PUT"
	for _, row := range []struct {
		name      string
		req       fetch.Request
		preflight string
		want      []string
		outcome   string
	}{
		{"GET", fetch.Request{}, "", []string{"GET", "GET"}, "cors"},
		{"a body", fetch.Request{Method: "POST", Body: fetch.TextBody("s")}, "", []string{"POST", "POST"}, "cors"},
		{"a stream", fetch.Request{Method: "POST", Body: fetch.StreamBody(strings.NewReader("s"))}, "204", []string{"OPTIONS", "POST"}, "cors"},
		{"a preflight", fetch.Request{Method: "PUT"}, "421", []string{"OPTIONS", "OPTIONS"}, "PreflightInvalidStatus"},
	} {
		w := newWeb(map[string]string{"https://b.test/x": "421" + allow, "OPTIONS https://b.test/x": row.preflight + allow})
		row.req.URL = "https://b.test/x"
		resp, err := do(t, agentOn(w, fetch.Standard), row.req)
		var sent []string
		for _, s := range w.Sent {
			sent = append(sent, s.Method)
		}
		if got := outcome(resp, err); got != row.outcome || !slices.Equal(sent, row.want) {
			t.Errorf("%s: %s after %v, want %s after %v", row.name, got, sent, row.outcome, row.want)
		}
	}
}

// TestBrowsersRedirectsDiffer checks where browsers were measured to differ
// from the standard.
func TestBrowsersRedirectsDiffer(t *testing.T) {
	for _, row := range []struct {
		name string
		w    *web
		req  fetch.Request
		want map[string]string // by profile; Standard for those not named
	}{
		{"userinfo within the page's own origin", chain(302, "https://a.test/1", "https://u:p@a.test/2"), fetch.Request{URL: "/1"},
			map[string]string{"Standard": "basic", "Chromium": "RedirectContainsCredentials"}},
		{"an empty Location", newWeb(map[string]string{"https://a.test/1": "302\nLocation:"}), fetch.Request{URL: "/1"},
			map[string]string{"Standard": "TooManyRedirects", "Chromium": "basic", "WebKit": "RedirectInvalidLocation"}},
		{"two equal Locations", newWeb(map[string]string{"https://a.test/1": "302\nLocation: /2\nLocation: /2", "https://a.test/2": "200"}), fetch.Request{URL: "/1"},
			map[string]string{"Standard": "RedirectInvalidLocation", "Chromium": "basic", "Firefox": "basic", "WebKit": "ConnectionFailed"}},
		{"no Location in redirect mode error", newWeb(map[string]string{"https://a.test/1": "302"}), fetch.Request{URL: "/1", Redirect: fetch.RedirectError},
			map[string]string{"Standard": "RedirectModeError", "Chromium": "basic", "WebKit": "basic"}},
	} {
		row.w.Responses["https://a.test/2"] = "200"
		for _, p := range fetch.Profiles() {
			want, ok := row.want[p.Name]
			if !ok {
				want = row.want["Standard"]
			}
			resp, err := do(t, agentOn(row.w, p), row.req)
			if got := outcome(resp, err); got != want {
				t.Errorf("%s, %s: %s, want %s", row.name, p.Name, got, want)
			}
		}
	}
}
