package conformance

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/mime"
)

// Profiles maps a browser's name to its profile in package fetch.
var Profiles = map[string]fetch.Profile{
	"chromium": fetch.Chromium,
	"firefox":  fetch.Firefox,
	"webkit":   fetch.WebKit,
	"standard": fetch.Standard,
}

// simulationHosts holds the ports of simulated cases. Nothing listens on them:
// the responses come from this process.
var simulationHosts = Hosts{8001, 8002, 8003, 8004}

// A Result is what the engine reports about one simulated step in addition to
// what a page sees.
type Result struct {
	Trace *fetch.Trace
	Err   *fetch.NetworkError // nil if the fetch succeeded
}

// Simulate runs a case in a [fetch.Agent] with the profile. It returns what a
// page in that browser would see, in the form of a recorded observation, and
// a [Result] for each step.
func Simulate(ctx context.Context, p fetch.Profile, c *Case) (Observation, []Result) {
	h := simulationHosts
	server := NewServer(h, []Case{*c})
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	agent := fetch.NewAgent(p)
	agent.Transport = simulatedNetwork{h, fetch.HandlerTransport(server)}
	agent.Now = func() time.Time { return now }
	for _, set := range sortedByHost(c.Cookies) {
		host, _, _ := strings.Cut(h.Expand("{"+set.Host+"}"), ":")
		// An error means that the cookie is refused, which is part of the case.
		_, _ = agent.CookieStore().Set(cookie.Exchange{
			Scheme: scheme(set.Host), Host: host, Path: "/_/cookies/0/0", Trustworthy: trustworthy(set.Host),
			TopLevelNavigation: true}, h.Expand(set.Value))
	}
	page := &fetch.Page{
		URL: h.Expand(pageURL(c.Page.Host, 0)), Sandboxed: c.Page.Sandboxed,
		ReferrerPolicy: fetch.ReferrerPolicy(c.Page.ReferrerPolicy),
		EmbedderPolicy: fetch.EmbedderPolicy(c.Page.COEP),
	}
	for n := len(c.Page.frameHosts()) - 1; n >= 0; n-- {
		page.Ancestors = append(page.Ancestors, h.Expand(c.Page.frameURL(0, n)))
	}
	o := Observation{ID: c.ID}
	var results []Result
	for i := range c.Steps {
		server.Begin(c.ID, i)
		now = now.Add(time.Duration(c.Steps[i].Wait) * time.Millisecond)
		outcome, result := simulateStep(ctx, agent, page, &c.Steps[i].Request, h)
		o.Steps = append(o.Steps, Seen{outcome, server.Wire(c.ID, i)})
		results = append(results, result)
	}
	return asRecorded(o), results
}

// A simulatedNetwork carries requests to the server of a simulation. As on the real
// one, connections over https to a port that serves http fail.
type simulatedNetwork struct {
	hosts  Hosts
	server http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (n simulatedNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	port := r.URL.Port()
	if r.URL.Scheme == "https" && (port == strconv.Itoa(n.hosts.Port1) || port == strconv.Itoa(n.hosts.Port2)) {
		return nil, errors.New("the port does not serve https")
	}
	return n.server.RoundTrip(r)
}

// trustworthy reports whether a host's origin is potentially trustworthy: only the
// ordinary names over plain http are not.
func trustworthy(name string) bool {
	return !strings.HasPrefix(name, "o.") && !strings.HasPrefix(name, "p.")
}

// asRecorded returns an observation as it is after it was encoded as JSON and decoded:
// bytes that are not UTF-8 are replaced with U+FFFD.
func asRecorded(o Observation) Observation {
	for i := range o.Steps {
		seen := &o.Steps[i]
		out := &seen.Outcome
		validStrings(&out.Result, &out.Type, &out.URL, &out.Body)
		out.Headers = validList(out.Headers)
		if len(seen.Wire) == 0 {
			seen.Wire = nil
		}
		for j := range seen.Wire {
			w := &seen.Wire[j]
			validStrings(&w.Method, &w.Host, &w.Path, &w.Origin, &w.ACRM, &w.ACRH, &w.Cookie, &w.Referer, &w.Site, &w.Mode, &w.Dest,
				&w.Storage, &w.Auth, &w.ContentType, &w.Accept)
			w.Headers = validList(w.Headers)
		}
	}
	return o
}

// validStrings replaces each byte that is not UTF-8 with U+FFFD.
func validStrings(texts ...*string) {
	for _, s := range texts {
		if !utf8.ValidString(*s) {
			*s = string([]rune(*s))
		}
	}
}

func validList(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	for i := range list {
		validStrings(&list[i])
	}
	return list
}

// sortedByHost returns the cookies in the order in which the recorder sets them.
func sortedByHost(cookies []SetCookie) []SetCookie {
	sorted := slices.Clone(cookies)
	slices.SortStableFunc(sorted, func(a, b SetCookie) int {
		return cmp.Compare(hostIndex(a.Host), hostIndex(b.Host))
	})
	return sorted
}

func simulateStep(ctx context.Context, agent *fetch.Agent, page *fetch.Page, q *Request, h Hosts) (Outcome, Result) {
	request, err := fetchRequest(q, page, h)
	if err != nil {
		return Outcome{Result: err.Error()}, Result{}
	}
	resp, err := agent.Fetch(ctx, request)
	var blocked *fetch.NetworkError
	if errors.As(err, &blocked) {
		out := Outcome{Result: rejection(q, blocked, agent.Profile.Name)}
		if q.Via == "font" {
			out.Body = "NetworkError" // what FontFace.load() rejects with
		}
		return out, Result{blocked.Trace, blocked}
	}
	defer resp.Body.Close()
	defer resp.Internal.Body.Close()
	if q.Via != "fetch" && q.Via != "xhr" {
		return elementOutcome(q, resp, agent.Profile.Name), Result{Trace: resp.Trace}
	}
	body, err := io.ReadAll(resp.Body)
	out := Outcome{
		Result: "ok", Type: string(resp.Type), Status: resp.Status, Redirected: resp.Redirected,
		URL: h.Template(resp.URL), Headers: visibleNames(resp.Header), Body: truncate(string(body), 200),
	}
	if err != nil {
		out.Body = "!TypeError"
	}
	if q.Via == "xhr" {
		out.Type, out.Redirected = "", false
	}
	return out, Result{Trace: resp.Trace}
}

// fetchRequest returns the request that page.js makes for q.
func fetchRequest(q *Request, page *fetch.Page, h Hosts) (*fetch.Request, error) {
	var header fetch.HeaderList
	for _, pair := range q.Headers {
		header.Append(pair[0], isomorphicEncode(pair[1]))
	}
	target := h.Expand(q.URL)
	switch q.Via {
	case "fetch":
		r := &fetch.Request{
			Page: page, URL: target, Method: q.Method, Header: header, Body: requestBody(q),
			Mode: fetch.Mode(q.Mode), Credentials: fetch.Credentials(q.Credentials),
			Redirect: fetch.Redirect(q.Redirect), Cache: fetch.Cache(q.Cache),
			ReferrerPolicy: fetch.ReferrerPolicy(q.ReferrerPolicy),
		}
		if q.Referrer != nil {
			r.Referrer = h.Expand(*q.Referrer)
			if r.Referrer == "" {
				r.Referrer = "no-referrer"
			}
		}
		return r, nil
	case "xhr":
		return fetch.XHR{
			Method: q.Method, URL: target, Header: header, Body: requestBody(q),
			WithCredentials: q.Credentials == "include", UploadListener: q.UploadListener,
		}.Request(page), nil
	}
	e := fetch.Element{Kind: q.Via, URL: target}
	if e.Kind == "style" {
		e.Kind = "link"
	}
	if q.CrossOrigin != nil {
		e.CrossOrigin = fetch.Anonymous
		if *q.CrossOrigin == "use-credentials" {
			e.CrossOrigin = fetch.UseCredentials
		}
	}
	r, err := e.Request(page)
	if err != nil {
		return nil, err
	}
	r.ReferrerPolicy = fetch.ReferrerPolicy(q.ReferrerPolicy)
	return r, nil
}

// isomorphicEncode converts each code point of a script's string to one byte, as
// WebIDL's ByteString does.
func isomorphicEncode(s string) string {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		out = append(out, byte(r))
	}
	return string(out)
}

func requestBody(q *Request) *fetch.Body {
	switch q.BodyKind {
	case "string":
		return fetch.TextBody(q.Body)
	case "bytes":
		return fetch.BytesBody([]byte(q.Body))
	case "urlencoded":
		// All generated bodies can be parsed.
		values, _ := url.ParseQuery(q.Body)
		return fetch.FormBody(values)
	case "blob":
		return fetch.BlobBody([]byte(q.Body), q.BodyType)
	case "stream":
		return fetch.StreamBody(strings.NewReader(q.Body))
	}
	return nil
}

// rejection returns the [Outcome].Result of a network error.
func rejection(q *Request, e *fetch.NetworkError, browser string) string {
	switch {
	case q.Via == "fetch" && q.BodyKind == "stream" && browser == "WebKit" && e.Reason == reason.InvalidRequest:
		return "NotSupportedError"
	case q.Via == "xhr" && browser == "Firefox" && e.Reason == reason.BlockedPort && e.FirstURL != "":
		return "timeout" // no event is fired
	case q.Via == "img" && browser == "WebKit" &&
		(e.Reason == reason.RedirectInvalidLocation && e.Value == "" || e.Reason == reason.BlockedPort && e.FirstURL != ""):
		return "timeout" // no event is fired
	case q.Via == "fetch":
		return "TypeError"
	case q.Via != "xhr":
		return "error"
	case e.Reason == reason.ForbiddenMethod:
		return "SecurityError"
	case e.Reason == reason.InvalidURL, e.Reason == reason.InvalidMethod, e.Reason == reason.InvalidHeader:
		return "SyntaxError"
	}
	return "error"
}

// visibleNames returns the header names of [Outcome].Headers.
func visibleNames(l fetch.HeaderList) []string {
	var out []string
	for _, name := range l.Names() {
		switch name {
		case "connection", "date", "keep-alive":
		default:
			out = append(out, name)
		}
	}
	return out
}

// truncate returns the first n UTF-16 code units of s. Scripts count these.
func truncate(s string, n int) string {
	units := utf16.Encode([]rune(s))
	if len(units) <= n {
		return s
	}
	return string(utf16.Decode(units[:n]))
}

// parsesAsScript reports whether a body of the case server parses as a script.
func parsesAsScript(data []byte) bool {
	return len(data) == 0 || data[0] < 0x80 && !strings.ContainsRune("<{#)\x89R\x00", rune(data[0]))
}

// elementOutcome returns what an element does with a response: whether it can
// use the bytes. HTML defines this, not Fetch. Only the bodies of the case server
// are supported.
func elementOutcome(q *Request, resp *fetch.Response, browser string) Outcome {
	data, err := io.ReadAll(resp.Internal.Body)
	if err != nil {
		return Outcome{Result: "error"}
	}
	ok := resp.Internal.Status >= 200 && resp.Internal.Status <= 299
	if browser == "Chromium" || browser == "WebKit" && q.Via != "style" {
		ok = resp.Internal.Status < 400 // a script is executed with status 300 too
	}
	value, _ := resp.Internal.Header.Get("Content-Type")
	t, typed := mime.Parse(value)
	usable := false
	ran := ""
	switch q.Via {
	case "img":
		// Images are displayed with any status. WebKit displays PDFs too, and does
		// not sniff a response whose type says that it is one.
		pdf := browser == "WebKit" && typed && t.Essence() == "application/pdf"
		svg := typed && t.Essence() == "image/svg+xml" && strings.HasPrefix(string(data), "<svg")
		usable = mime.SniffImage(data) != "" && !pdf || svg
	case "script":
		usable = ok
		if ok && strings.HasPrefix(string(data), "(self.ran") {
			ran = "ran"
		}
	case "module":
		usable = ok && typed && t.IsJavaScript()
		if usable && browser == "WebKit" && !parsesAsScript(data) {
			return Outcome{Result: "timeout"} // no event is fired
		}
		if usable && strings.HasPrefix(string(data), "(self.ran") {
			ran = "ran"
		}
	case "style":
		// Chromium fires load even for a style sheet that it ignores because of its type.
		usable = ok && (value == "" || typed && t.Essence() == "text/css" || browser == "Chromium" ||
			browser == "Firefox" && (!typed || value == "*/*"))
	case "font":
		usable = ok && strings.HasPrefix(string(data), "\x00\x01\x00\x00")
		if !usable {
			return Outcome{Result: "error", Body: "NetworkError"}
		}
	case "audio", "video":
		usable = ok && strings.HasPrefix(string(data), "RIFF")
		if browser == "Chromium" && resp.Internal.Status != 200 && resp.Internal.Status != 206 {
			usable = false
		}
		// The element requested the range from 0.
		part, _ := resp.Internal.Header.Get("Content-Range")
		if browser != "WebKit" && resp.Internal.Status == 206 && part != "" && !strings.HasPrefix(part, "bytes 0-") {
			usable = false
		}
	}
	if !usable {
		return Outcome{Result: "error"}
	}
	return Outcome{Result: "load", Body: ran}
}
