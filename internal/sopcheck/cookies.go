package sopcheck

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/sop"
	"github.com/concors/concors/weburl"
)

// testCookies are set by the responses of a first-party visit. SITE stands for the parent domain.
var testCookies = []string{
	"plain=1; Path=/", "lax=1; SameSite=Lax; Path=/", "strict=1; SameSite=Strict; Path=/", "none=1; SameSite=None; Path=/",
	"nonesec=1; SameSite=None; Secure; Path=/", "sec=1; Secure; Path=/", "httponly=1; HttpOnly; Path=/",
	"part=1; SameSite=None; Secure; Partitioned; Path=/", "partonly=1; Partitioned; Path=/", "__Host-ok=1; Secure; Path=/",
	"path=1; Path=/png", "dom=1; Domain=SITE; Path=/", "badsame=1; SameSite=Bogus; Path=/",
}

// cookieGroup is cookies: which requests carry them, and what document.cookie shows.
func cookieGroup(w *world, id string) (string, bool) {
	jar := w.jar()
	kind, rest := relation(id)
	switch kind {
	case "document.cookie set":
		return w.scriptSets(jar, rest)
	case "sent":
		rel, what := relation(rest)
		if !isFrame(rel) || w.otherScheme(rel) {
			return "", false
		}
		return w.sent(jar, w.page(), rel, what)
	case "sent one":
		rel, rest := relation(rest)
		what, attributes := relation(rest)
		if !isFrame(rel) || rel == "sandbox" || w.otherScheme(rel) {
			return "", false
		}
		return w.sentOne(rel, what, attributes)
	case "frame":
		rel, what := relation(rest)
		if !isFrame(rel) || w.otherScheme(rel) {
			return "", false
		}
		return w.frameCookies(jar, rel, what)
	}
	return "", false
}

// otherScheme reports whether a relation is of another scheme than the page. Firefox treats such
// origins as same-site, which package fetch does not know yet, and WebKit's jar depends on which
// of them was visited first.
func (w *world) otherScheme(rel string) bool {
	return (rel == "https" || rel == "http") && w.profile.Name != "Chromium"
}

// jar is a cookie store after first-party visits to all origins.
func (w *world) jar() *cookie.Store {
	jar := &cookie.Store{Rules: w.profile.Fetch.Cookies}
	relations := []string{"self", "port", "sub", "parent", "cross", "https"}
	if w.run["https"] {
		relations[5] = "http"
	}
	for _, rel := range relations {
		x := w.visit(rel)
		for _, line := range testCookies {
			_, _ = jar.Set(x, strings.ReplaceAll(line, "SITE", "site."+w.tld())) // some are refused
		}
	}
	return jar
}

// visit is a first-party visit to an origin.
func (w *world) visit(rel string) cookie.Exchange {
	u, err := weburl.Parse(w.origin(rel)+"/cookies", nil)
	if err != nil {
		panic(err) // a constant of this package
	}
	return cookie.Exchange{Scheme: u.Scheme, Host: u.Hostname(), Path: u.Path, SameSiteMode: cookie.StrictOrLess,
		TopLevelNavigation: true, Trustworthy: origin.URLPotentiallyTrustworthy(u)}
}

// names lists the cookies of a header by name; tracked limits them to test cookies.
func names(header string) []string {
	var out []string
	for _, pair := range strings.Split(header, "; ") {
		if name, _, ok := strings.Cut(pair, "="); ok {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// scriptSets is one assignment to document.cookie, and whether it shows.
func (w *world) scriptSets(jar *cookie.Store, what string) (string, bool) {
	lines := map[string]string{
		"plain": "c=2", "domain parent": "c=2; Domain=site." + w.tld(), "domain tld": "c=2; Domain=" + w.tld(),
		"domain other": "c=2; Domain=other." + w.tld(), "path /foo": "c=2; Path=/foo", "strict": "c=2; SameSite=Strict",
		"secure": "c=2; Secure", "__Host-": "__Host-c=2; Secure; Path=/", "__Secure-": "__Secure-c=2; Secure",
		"SameSite=None Secure": "c=2; SameSite=None; Secure", "SameSite=None": "c=2; SameSite=None",
		"partitioned": "c=2; SameSite=None; Secure; Partitioned", "overwrite httponly": "httponly=2",
		"__Host- no secure": "__Host-c=2; Path=/", "httponly": "c=2; HttpOnly", "expired": "c=2; Max-Age=0",
	}
	line, ok := lines[what]
	if !ok && strings.HasPrefix(what, "[") {
		line, ok = strings.CutSuffix(what[1:], "]") // any line
	}
	if !ok {
		return "", false
	}
	x := w.profile.ScriptCookies(w.page())
	_, _ = jar.Set(x, line) // whether it was refused shows below
	header, _, _ := jar.Header(x)
	pair, _, _ := strings.Cut(line, ";")
	if slices.Contains(strings.Split(header, "; "), pair) {
		return "visible", true
	}
	return "not visible", true
}

// frameCookies is cookies in a frame.
func (w *world) frameCookies(jar *cookie.Store, rel, what string) (string, bool) {
	top := w.page()
	frame := w.frame(top, rel)
	x := w.profile.ScriptCookies(frame)
	// The page's own checks ran before.
	_, _ = jar.Set(w.profile.ScriptCookies(top), "httponly=2")
	switch what {
	case "document.cookie":
		header, _, _ := jar.Header(x)
		return strings.Join(names(header), ","), true
	case "set":
		lines := []string{"fr1=1", "fr2=1; SameSite=None; Secure", "fr3=1; SameSite=None; Secure; Partitioned", "fr4=1; SameSite=Strict"}
		for _, line := range lines {
			_, _ = jar.Set(x, line)
		}
		header, _, _ := jar.Header(x)
		return orNone(withPrefix(names(header), "fr")), true
	case "its own fetch":
		return w.sent(jar, frame, rel, "fetch same-origin")
	case "Set-Cookie stored":
		server := &cookieServer{setCookie: []string{"fs1=1", "fs2=1; SameSite=None; Secure", "fs3=1; SameSite=None; Secure; Partitioned"}}
		agent := fetch.NewAgent(w.profile.Fetch)
		agent.Cookies, agent.Transport = jar, server
		for range 2 {
			if _, err := agent.Fetch(context.Background(), &fetch.Request{Page: frame.Page(), URL: "/echo"}); err != nil {
				return "", false
			}
		}
		return orNone(withPrefix(names(server.cookie), "fs")), true
	}
	return "", false
}

func withPrefix(names []string, prefix string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, prefix) })
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ",")
}

// A cookieServer remembers the last request, and allows everything.
type cookieServer struct {
	setCookie []string
	sent      bool
	cookie    string
	site      string
	origin    string
	referer   bool
}

func (s *cookieServer) RoundTrip(r *http.Request) (*http.Response, error) {
	s.sent, s.cookie, s.site = true, r.Header.Get("Cookie"), r.Header.Get("Sec-Fetch-Site")
	s.origin, s.referer = r.Header.Get("Origin"), r.Header.Get("Referer") != ""
	header := http.Header{"Content-Type": {"text/plain"}, "Set-Cookie": s.setCookie}
	if o := r.Header.Get("Origin"); o != "" {
		header.Set("Access-Control-Allow-Origin", o)
		header.Set("Access-Control-Allow-Credentials", "true")
	}
	return &http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Header: header, Body: io.NopCloser(strings.NewReader("x")),
		Request: r}, nil
}

// sent is the cookies of one request, and its Sec-Fetch-Site.
func (w *world) sent(jar *cookie.Store, from *sop.Document, rel, what string) (string, bool) {
	server := w.request(jar, from, rel, what)
	switch {
	case server == nil:
		return "", false
	case !server.sent:
		return "no request", true
	}
	site := server.site
	if site == "" {
		site = "-"
	}
	return strings.Join(names(server.cookie), ",") + " [" + site + "]", true
}

// request makes a request to a server. It returns nil for a kind of request that it doesn't know.
func (w *world) request(jar *cookie.Store, from *sop.Document, rel, what string) *cookieServer {
	page, target := from.Page(), w.origin(rel)
	var r *fetch.Request
	element := func(kind string, crossOrigin fetch.CrossOrigin) {
		path := "/echo"
		if kind == "img" {
			path = "/png"
		}
		r, _ = fetch.Element{Kind: kind, URL: target + path, CrossOrigin: crossOrigin}.Request(page) // the kinds are constants
	}
	api := func(method string, mode fetch.Mode, credentials fetch.Credentials) {
		r = &fetch.Request{Page: page, Method: method, URL: target + "/echo", Mode: mode, Credentials: credentials}
		if method == "POST" {
			r.Body = fetch.TextBody("x")
		}
	}
	navigate := func(method string, destination fetch.Destination) {
		api(method, fetch.ModeNavigate, fetch.CredentialsInclude)
		r.Destination, r.Initiator = destination, fetch.InitiatorElement
	}
	switch what {
	case "fetch include", "EventSource withCredentials":
		api("GET", fetch.ModeCORS, fetch.CredentialsInclude)
	case "fetch same-origin":
		api("GET", fetch.ModeCORS, fetch.CredentialsSameOrigin)
	case "fetch POST include":
		api("POST", fetch.ModeCORS, fetch.CredentialsInclude)
	case "sendBeacon":
		api("POST", fetch.ModeNoCORS, fetch.CredentialsInclude)
	case "img":
		element("img", fetch.NoCORSAttribute)
	case "img crossorigin=anonymous":
		element("img", fetch.Anonymous)
	case "img crossorigin=use-credentials":
		element("img", fetch.UseCredentials)
	case "script":
		element("script", fetch.NoCORSAttribute)
	case "stylesheet":
		element("link", fetch.NoCORSAttribute)
	case "module script":
		element("module", fetch.NoCORSAttribute)
	case "iframe", "object":
		element("iframe", fetch.NoCORSAttribute)
	case "form POST in iframe":
		navigate("POST", fetch.DestinationIframe)
	case "top-level GET (window.open)":
		navigate("GET", fetch.DestinationDocument)
	case "top-level POST (form _blank)":
		navigate("POST", fetch.DestinationDocument)
	}
	if r == nil {
		return nil
	}
	server := &cookieServer{}
	agent := fetch.NewAgent(w.profile.Fetch)
	agent.Cookies, agent.Transport = jar, server
	_, _ = agent.Fetch(context.Background(), r) // what was sent counts, not whether the page may see the response
	return server
}

// sentOne is whether a request carries a cookie that a first-party response set. The attributes may
// begin with the prefix of its name.
func (w *world) sentOne(rel, what, attributes string) (string, bool) {
	prefix := ""
	if first, rest, ok := strings.Cut(attributes, "; "); ok && strings.HasPrefix(first, "__") {
		prefix, attributes = first, rest
	}
	jar := &cookie.Store{Rules: w.profile.Fetch.Cookies}
	_, _ = jar.Set(w.visit(rel), prefix+"one=1; "+attributes) // whether it was refused shows below
	server := w.request(jar, w.page(), rel, what)
	switch {
	case server == nil:
		return "", false
	case !server.sent:
		return "no request", true
	case slices.Contains(names(server.cookie), prefix+"one"):
		return "sent", true
	}
	return "not sent", true
}

// fetchFrom is a document's fetch of another port, with the headers that say where it comes from, or
// of the server that its URL is from, which allows no other origin.
func (w *world) fetchFrom(doc *sop.Document, own bool) (string, bool) {
	agent := fetch.NewAgent(w.profile.Fetch)
	if own {
		server := &hopServer{hops: []string{w.origin("self") + "/echo"}, acao: []string{"none"}, resource: http.Header{}}
		agent.Transport = server
		resp, err := agent.Fetch(context.Background(), &fetch.Request{Page: doc.Page(), URL: server.hops[0]})
		if err != nil {
			return "!TypeError", true
		}
		_ = resp.Body.Close()
		return string(resp.Type) + " 200", true
	}
	server := &cookieServer{}
	agent.Transport = server
	_, _ = agent.Fetch(context.Background(), &fetch.Request{Page: doc.Page(), URL: w.origin("port") + "/echo"}) // what was sent counts
	referer := "no"
	if d := record(w, w.profile.SendsReferrer(doc)); d.Verdict == sop.Allowed || d.Verdict == sop.NotKnown && server.referer {
		referer = "yes"
	}
	return server.origin + " " + server.site + " referer:" + referer, server.sent
}
