package fetch_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/cookie"
)

// TestOriginHeader checks the Origin header for each method, mode and referrer
// policy. "-" means none.
func TestOriginHeader(t *testing.T) {
	const a, b, plainB = "https://a.test/x", "https://b.test/x", "http://b.test/x"
	httpA := &fetch.Page{URL: "http://a.test/"}
	for _, row := range []struct {
		name, url string
		method    string
		mode      fetch.Mode
		policy    fetch.ReferrerPolicy
		page      *fetch.Page
		want      string
	}{
		{"GET to the own origin", a, "GET", fetch.ModeCORS, "", nil, "-"},
		{"HEAD to the own origin", a, "HEAD", fetch.ModeCORS, "", nil, "-"},
		{"POST to the own origin", a, "POST", fetch.ModeCORS, "", nil, "https://a.test"},
		{"DELETE to the own origin in same-origin mode", a, "DELETE", fetch.ModeSameOrigin, "", nil, "https://a.test"},
		{"GET with CORS", b, "GET", fetch.ModeCORS, "", nil, "https://a.test"},
		{"HEAD with CORS", b, "HEAD", fetch.ModeCORS, "", nil, "https://a.test"},
		{"no-referrer with CORS", b, "GET", fetch.ModeCORS, fetch.NoReferrer, nil, "https://a.test"},
		{"POST to the own origin in cors mode, no-referrer", a, "POST", fetch.ModeCORS, fetch.NoReferrer, nil, "https://a.test"},
		{"no-cors GET", b, "GET", fetch.ModeNoCORS, "", nil, "-"},
		{"no-cors HEAD", b, "HEAD", fetch.ModeNoCORS, "", nil, "-"},
		{"no-cors POST", b, "POST", fetch.ModeNoCORS, "", nil, "https://a.test"},
		{"no-cors POST, no-referrer", b, "POST", fetch.ModeNoCORS, fetch.NoReferrer, nil, "null"},
		{"no-cors POST, same-origin", b, "POST", fetch.ModeNoCORS, fetch.SameOriginReferrer, nil, "null"},
		{"no-cors POST to the own origin, same-origin", a, "POST", fetch.ModeNoCORS, fetch.SameOriginReferrer, nil, "https://a.test"},
		{"no-cors POST to the own origin, no-referrer", a, "POST", fetch.ModeNoCORS, fetch.NoReferrer, nil, "null"},
		{"no-cors POST, strict-origin", b, "POST", fetch.ModeNoCORS, fetch.StrictOrigin, nil, "https://a.test"},
		{"no-cors POST, unsafe-url", b, "POST", fetch.ModeNoCORS, fetch.UnsafeURL, nil, "https://a.test"},
		{"no-cors POST, origin", b, "POST", fetch.ModeNoCORS, fetch.OriginReferrer, nil, "https://a.test"},
		{"no-cors POST from http to https", b, "POST", fetch.ModeNoCORS, "", httpA, "http://a.test"},
		{"no-cors POST from http to http, strict-origin", plainB, "POST", fetch.ModeNoCORS, fetch.StrictOrigin, httpA, "http://a.test"},
		{"no-cors POST to a trustworthy http URL is a downgrade", "http://localhost/x", "POST", fetch.ModeNoCORS, "", nil, "null"},
		{"no-cors POST to a trustworthy http URL, with a policy that allows downgrades", "http://localhost/x", "POST", fetch.ModeNoCORS, fetch.OriginWhenCrossOrigin, nil, "https://a.test"},
		{"no-cors POST from a sandboxed page", b, "POST", fetch.ModeNoCORS, "", &fetch.Page{URL: a, Sandboxed: true}, "null"},
		{"a port is part of the origin", b, "GET", fetch.ModeCORS, "", &fetch.Page{URL: "https://a.test:8443/"}, "https://a.test:8443"},
		{"the default port is not part of the origin", b, "GET", fetch.ModeCORS, "", &fetch.Page{URL: "https://a.test:443/"}, "https://a.test"},
		{"an internationalized domain name is in punycode", b, "GET", fetch.ModeCORS, "", &fetch.Page{URL: "https://bücher.test/"}, "https://xn--bcher-kva.test"},
		{"an IPv6 address is in brackets", b, "GET", fetch.ModeCORS, "", &fetch.Page{URL: "https://[::0:1]/"}, "https://[::1]"},
		{"the origin of a file is null", b, "GET", fetch.ModeCORS, "", &fetch.Page{URL: "file:///x.html"}, "null"},
		{"the origin of a data: page is null", b, "GET", fetch.ModeCORS, "", &fetch.Page{URL: "data:text/html,x"}, "null"},
		{"the page's policy is the default policy", b, "POST", fetch.ModeNoCORS, "", &fetch.Page{URL: a, ReferrerPolicy: fetch.NoReferrer}, "null"},
		{"the request's own policy comes first", b, "POST", fetch.ModeNoCORS, fetch.UnsafeURL, &fetch.Page{URL: a, ReferrerPolicy: fetch.NoReferrer}, "https://a.test"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(nil)
			do(t, agentOn(w, fetch.Standard), fetch.Request{URL: row.url, Method: row.method, Mode: row.mode, ReferrerPolicy: row.policy, Page: row.page})
			if got := first(w.Last(t).Header["Origin"]); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

// first returns a header's only value, or "-" if there is none.
func first(values []string) string {
	if len(values) == 0 {
		return "-"
	}
	return strings.Join(values, "|")
}

// TestReferrerPolicy checks the Referer for each policy: to the page's own origin,
// to another origin, and from https to plain http.
func TestReferrerPolicy(t *testing.T) {
	const full, bare = "https://a.test/page?q", "https://a.test/"
	page := &fetch.Page{URL: "https://u:p@a.test/page?q#f"}
	for _, row := range []struct {
		policy                  fetch.ReferrerPolicy
		own, across, downgraded string
	}{
		{"", full, bare, "-"},
		{fetch.NoReferrer, "-", "-", "-"},
		{fetch.NoReferrerWhenDowngrade, full, full, "-"},
		{fetch.SameOriginReferrer, full, "-", "-"},
		{fetch.OriginReferrer, bare, bare, bare},
		{fetch.StrictOrigin, bare, bare, "-"},
		{fetch.OriginWhenCrossOrigin, full, bare, bare},
		{fetch.StrictOriginWhenCrossOrigin, full, bare, "-"},
		{fetch.UnsafeURL, full, full, full},
	} {
		for url, want := range map[string]string{"https://a.test/x": row.own, "https://b.test/x": row.across, "http://b.test/x": row.downgraded} {
			w := newWeb(nil)
			agent := agentOn(w, fetch.Standard)
			// A top-level navigation is not blocked as mixed content.
			req := fetch.Request{URL: url, ReferrerPolicy: row.policy, Page: page, Mode: fetch.ModeNavigate, Initiator: fetch.InitiatorElement, Destination: fetch.DestinationDocument}
			do(t, agent, req)
			if got := first(w.Last(t).Header["Referer"]); got != want {
				t.Errorf("%q, %s: %s, want %s", row.policy, url, got, want)
			}
		}
	}
}

// A page on localhost is trustworthy, but it is not downgraded: browsers look at its scheme.
func TestPagesOnLocalhostSendAReferrerToPlainHTTP(t *testing.T) {
	for _, page := range []string{"http://localhost:5173/p", "http://a.localhost/p", "http://127.0.0.1/p"} {
		for _, profile := range fetch.Profiles() {
			w := newWeb(map[string]string{"http://b.test/x": open})
			do(t, agentOn(w, profile), fetch.Request{URL: "http://b.test/x", Page: &fetch.Page{URL: page}})
			if got, want := first(w.Last(t).Header["Referer"]), strings.TrimSuffix(page, "p"); got != want {
				t.Errorf("%s, page %s: %s, want %s", profile.Name, page, got, want)
			}
		}
	}
}

func TestRequestsReferrer(t *testing.T) {
	for _, row := range []struct {
		name, referrer string
		page           *fetch.Page
		want           string
	}{
		{"the page's own", "", nil, "https://a.test/page?q"},
		{"about:client", "about:client", nil, "https://a.test/page?q"},
		{"none", "no-referrer", nil, "-"},
		{"another URL of the page's origin", "/other#f", nil, "https://a.test/other"},
		{"a URL of another origin is replaced by the page's", "https://b.test/", nil, "https://a.test/page?q"},
		{"more than 4,096 bytes are cut to the origin", "/" + strings.Repeat("x", 4096), nil, "https://a.test/"},
		{"4,096 bytes are not cut", "/" + strings.Repeat("x", 4096-len("https://a.test/")), nil, "https://a.test/" + strings.Repeat("x", 4096-len("https://a.test/"))},
		{"a sandboxed page has none", "", &fetch.Page{URL: "https://a.test/", Sandboxed: true}, "-"},
		{"a file has none", "", &fetch.Page{URL: "file:///x"}, "-"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(nil)
			do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://a.test/x", Referrer: row.referrer, Page: row.page})
			if got := first(w.Last(t).Header["Referer"]); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

func TestFetchMetadata(t *testing.T) {
	for _, row := range []struct {
		name, url string
		req       fetch.Request
		want      string // Dest, Mode and Site
	}{
		{"fetch()", "https://b.test/", fetch.Request{}, "empty cors cross-site"},
		{"own origin", "https://a.test/", fetch.Request{}, "empty cors same-origin"},
		{"another host of the site", "https://x.a.test/", fetch.Request{}, "empty cors same-site"},
		{"another port of the site", "https://a.test:444/", fetch.Request{}, "empty cors same-site"},
		{"another scheme is another site", "http://localhost/", fetch.Request{Page: &fetch.Page{URL: "https://localhost/"}}, "empty cors cross-site"},
		{"hosts below a public suffix are different sites", "https://b.github.io/", fetch.Request{Page: &fetch.Page{URL: "https://a.github.io/"}}, "empty cors cross-site"},
		{"no-cors", "https://b.test/", fetch.Request{Mode: fetch.ModeNoCORS}, "empty no-cors cross-site"},
		{"an image", "https://b.test/", fetch.Request{Mode: fetch.ModeNoCORS, Initiator: fetch.InitiatorElement, Destination: fetch.DestinationImage}, "image no-cors cross-site"},
		{"a frame", "https://b.test/", fetch.Request{Mode: fetch.ModeNavigate, Initiator: fetch.InitiatorElement, Destination: fetch.DestinationIframe}, "iframe navigate cross-site"},
		{"a sandboxed page is cross-site to its own URL", "https://a.test/", fetch.Request{Page: &fetch.Page{URL: "https://a.test/", Sandboxed: true}}, "empty cors cross-site"},
		{"localhost is trustworthy", "http://localhost/", fetch.Request{}, "empty cors cross-site"},
		{"plain http has no metadata", "http://b.test/", fetch.Request{Page: &fetch.Page{URL: "http://a.test/"}}, "- - -"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(nil)
			row.req.URL = row.url
			do(t, agentOn(w, fetch.Standard), row.req)
			h := w.Last(t).Header
			if got := first(h["Sec-Fetch-Dest"]) + " " + first(h["Sec-Fetch-Mode"]) + " " + first(h["Sec-Fetch-Site"]); got != row.want {
				t.Errorf("%s, want %s", got, row.want)
			}
		})
	}
}

// TestCookies checks which cookies of b.test are sent, and which cookies of
// the response are stored. A first-party visit stores cookies before each
// row's request.
func TestCookies(t *testing.T) {
	const all = "strict lax default none part"
	navigation := fetch.Request{Mode: fetch.ModeNavigate, Initiator: fetch.InitiatorElement, Destination: fetch.DestinationDocument}
	post := navigation
	post.Method = "POST"
	frame := fetch.Request{Mode: fetch.ModeNavigate, Initiator: fetch.InitiatorElement, Destination: fetch.DestinationIframe, Credentials: fetch.CredentialsInclude}
	for _, row := range []struct {
		name   string
		page   *fetch.Page
		req    fetch.Request
		sent   string
		stored bool // whether the response's SameSite=None cookie is stored
	}{
		{"own origin", &fetch.Page{URL: "https://b.test/"}, fetch.Request{}, all, true},
		{"own origin, omit", &fetch.Page{URL: "https://b.test/"}, fetch.Request{Credentials: fetch.CredentialsOmit}, "", false},
		{"same site, same-origin credentials", &fetch.Page{URL: "https://www.b.test/"}, fetch.Request{}, "", false},
		{"same site, include", &fetch.Page{URL: "https://www.b.test/"}, fetch.Request{Credentials: fetch.CredentialsInclude}, all, true},
		{"cross-site, include", pageA, fetch.Request{Credentials: fetch.CredentialsInclude}, "none", true},
		{"cross-site, same-origin credentials", pageA, fetch.Request{}, "", false},
		{"cross-site, no-cors and include", pageA, fetch.Request{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}, "none", true},
		{"no-cors, same-origin credentials", pageA, fetch.Request{Mode: fetch.ModeNoCORS}, "", false},
		{"COEP credentialless, no-cors", &fetch.Page{URL: "https://a.test/", EmbedderPolicy: fetch.Credentialless}, fetch.Request{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}, "", false},
		{"COEP credentialless, cors", &fetch.Page{URL: "https://a.test/", EmbedderPolicy: fetch.Credentialless}, fetch.Request{Credentials: fetch.CredentialsInclude}, "none", true},
		{"COEP credentialless, own origin", &fetch.Page{URL: "https://b.test/", EmbedderPolicy: fetch.Credentialless}, fetch.Request{Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}, all, true},
		{"a same-origin frame in another site's page", &fetch.Page{URL: "https://b.test/", Ancestors: []string{"https://a.test/"}}, fetch.Request{}, "none", true},
		{"a same-origin frame in a frame of another site", &fetch.Page{URL: "https://b.test/", Ancestors: []string{"https://a.test/", "https://b.test/"}}, fetch.Request{}, "none", true},
		{"a sandboxed page has no site", &fetch.Page{URL: "https://b.test/", Sandboxed: true}, fetch.Request{Credentials: fetch.CredentialsInclude}, "none", true},
		{"a link followed from another site", pageA, withCredentials(navigation), "lax default none part", true},
		{"a form submitted from another site", pageA, withCredentials(post), "none part", true},
		{"a frame of another site", pageA, frame, "none", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{
				"https://b.test/login": "200\nSet-Cookie: strict=1; SameSite=Strict\nSet-Cookie: lax=1; SameSite=Lax\nSet-Cookie: default=1" +
					"\nSet-Cookie: none=1; SameSite=None; Secure\nSet-Cookie: part=1; SameSite=None; Secure; Partitioned",
				"https://b.test/x": "200\nContent-Type: text/css\nSet-Cookie: new=1; SameSite=None; Secure",
			})
			agent := agentOn(w, fetch.Standard)
			now := time.Unix(1e9, 0)
			agent.Now = func() time.Time { return now }
			do(t, agent, fetch.Request{URL: "/login", Page: &fetch.Page{URL: "https://b.test/"}})
			now = now.Add(time.Hour)
			row.req.URL, row.req.Page = "https://b.test/x", row.page
			do(t, agent, row.req)
			if got := strings.ReplaceAll(strings.ReplaceAll(w.Last(t).Header.Get("Cookie"), "=1", ""), ";", ""); got != row.sent {
				t.Errorf("sent %q, want %q", got, row.sent)
			}
			do(t, agent, fetch.Request{URL: "/x", Page: &fetch.Page{URL: "https://b.test/"}})
			if got := strings.Contains(w.Last(t).Header.Get("Cookie"), "new=1"); got != row.stored {
				t.Errorf("stored %t, want %t", got, row.stored)
			}
		})
	}
}

func withCredentials(r fetch.Request) fetch.Request {
	r.Credentials = fetch.CredentialsInclude
	return r
}

// A request that was redirected through another site is cross-site for cookies.
func TestCookiesAcrossRedirects(t *testing.T) {
	for _, row := range []struct {
		name string
		urls []string
		want string
	}{
		{"own origin to own origin", []string{"https://a.test/1", "https://a.test/2"}, "strict=1; none=1"},
		{"through another site", []string{"https://b.test/1", "https://a.test/2"}, "none=1"},
		{"through another host of the site", []string{"https://sub.a.test/1", "https://a.test/2"}, "strict=1; none=1"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := chain(302, row.urls...)
			for u, response := range w.Responses {
				w.Responses[u] = strings.Replace(response, "Allow-Origin: *", "Allow-Credentials: true\nAccess-Control-Allow-Origin: https://a.test", 1)
			}
			w.Responses["https://a.test/login"] = "200\nSet-Cookie: strict=1; SameSite=Strict\nSet-Cookie: none=1; SameSite=None; Secure"
			w.Responses["https://a.test/2"] = credsNull
			agent := agentOn(w, fetch.Standard)
			do(t, agent, fetch.Request{URL: "/login"})
			do(t, agent, fetch.Request{URL: row.urls[0], Credentials: fetch.CredentialsInclude})
			if last := w.Last(t); last.URL != "https://a.test/2" || last.Header.Get("Cookie") != row.want {
				t.Errorf("%s with %q, want %q", last.URL, last.Header.Get("Cookie"), row.want)
			}
		})
	}
}

// A page with embedder policy credentialless sends no cookies to its own server once
// the request was redirected through another origin.
func TestCredentiallessPageAfterARedirectToItsOwnOrigin(t *testing.T) {
	for _, row := range []struct {
		urls []string
		want string
	}{
		{[]string{"https://a.test/1", "https://a.test/2"}, "c=1"},
		{[]string{"https://a.test/1", "https://sub.a.test/", "https://a.test/2"}, ""},
	} {
		w := chain(302, row.urls...)
		w.Responses["https://a.test/2"] = "200\nContent-Type: text/css"
		w.Responses["https://a.test/login"] = "200\nSet-Cookie: c=1"
		agent := agentOn(w, fetch.Standard)
		do(t, agent, fetch.Request{URL: "/login"})
		page := &fetch.Page{URL: "https://a.test/", EmbedderPolicy: fetch.Credentialless}
		do(t, agent, fetch.Request{Page: page, URL: "/1", Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude})
		if last := w.Last(t); last.URL != "https://a.test/2" || last.Header.Get("Cookie") != row.want {
			t.Errorf("%v: %s with %q, want %q", row.urls, last.URL, last.Header.Get("Cookie"), row.want)
		}
	}
}

// The trace lists the cookies that were not sent and those that were not stored.
func TestTraceListsWithheldAndRefusedCookies(t *testing.T) {
	w := newWeb(map[string]string{
		"https://b.test/login": "200\nSet-Cookie: lax=1; SameSite=Lax",
		"https://b.test/x":     credsA + "\nSet-Cookie: new=1; SameSite=Lax\nSet-Cookie: __Host-x=1",
	})
	agent := agentOn(w, fetch.Standard)
	do(t, agent, fetch.Request{URL: "/login", Page: &fetch.Page{URL: "https://b.test/"}})
	resp, err := do(t, agent, fetch.Request{URL: "https://b.test/x", Credentials: fetch.CredentialsInclude})
	if err != nil {
		t.Fatal(err)
	}
	x := resp.Trace.Exchanges[0]
	if len(x.Withheld) != 1 || x.Withheld[0] != (fetch.CookieNote{Name: "lax", Reason: cookie.ReasonSameSiteLax}) {
		t.Errorf("withheld: %+v", x.Withheld)
	}
	var refused []string
	for _, c := range x.Refused {
		refused = append(refused, c.Name)
	}
	if !slices.Equal(refused, []string{"new", "__Host-x"}) {
		t.Errorf("refused: %+v", x.Refused)
	}
}

// TestBrowsersAndThirdPartyCookies checks what browsers do with third-party
// cookies by default.
func TestBrowsersAndThirdPartyCookies(t *testing.T) {
	for name, want := range map[string]string{"Standard": "none=1", "Chromium": "", "Firefox": "", "WebKit": "none=1"} {
		p := fetch.Profile{}
		for _, candidate := range fetch.Profiles() {
			if candidate.Name == name {
				p = candidate
			}
		}
		w := newWeb(map[string]string{"https://b.test/login": "200\nSet-Cookie: none=1; SameSite=None; Secure", "https://b.test/x": credsA})
		agent := agentOn(w, p)
		do(t, agent, fetch.Request{URL: "/login", Page: &fetch.Page{URL: "https://b.test/"}})
		do(t, agent, fetch.Request{URL: "https://b.test/x", Credentials: fetch.CredentialsInclude})
		if got := w.Last(t).Header.Get("Cookie"); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// Accept and User-Agent are the profile's, unless the script sets them.
func TestProfilesOwnHeaders(t *testing.T) {
	for _, p := range fetch.Profiles() {
		w := newWeb(nil)
		agent := agentOn(w, p)
		do(t, agent, fetch.Request{URL: "/x"})
		h := w.Last(t).Header
		if h.Get("Accept") != "*/*" || h.Get("User-Agent") != p.UserAgent {
			t.Errorf("%s: Accept %q, User-Agent %q", p.Name, h.Get("Accept"), h.Get("User-Agent"))
		}
		img, err := fetch.Element{Kind: "img", URL: "/x"}.Request(pageA)
		if err != nil {
			t.Fatal(err)
		}
		do(t, agent, *img)
		if got := w.Last(t).Header.Get("Accept"); got != p.Accept[fetch.DestinationImage] {
			t.Errorf("%s: Accept of an image: %q", p.Name, got)
		}
		do(t, agent, fetch.Request{URL: "/x", Header: list("Accept: a/b", "Accept-Language: de", "Range: bytes=0-1")})
		h = w.Last(t).Header
		if h.Get("Accept") != "a/b" || h.Get("Accept-Language") != "de" || h.Get("Accept-Encoding") != "identity" {
			t.Errorf("%s: %v", p.Name, h)
		}
	}
}
