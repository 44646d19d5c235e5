package har

import (
	"cmp"
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/paste"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// An entry holds what this package uses of one entry of the recording.
type entry struct {
	number int
	method string
	url    *weburl.URL
	key    string // the URL without its fragment, by which entries are compared
	// page is the origin of the page that made the request: "null" for an opaque
	// origin, "" if it is not known.
	page string
	// started and duration are zero if the recording has no times.
	started  time.Time
	duration time.Duration

	kind    kind
	profile *fetch.Profile
	// failuresMarked means that a failed request is marked as failed, or is
	// missing from the recording. Firefox marks nothing, and proxies cannot know.
	failuresMarked bool
	// header is what the page's script may have set; names are in lower case.
	header fetch.HeaderList
	// withCredentials and withoutCredentials mean that the entry shows how the
	// request was made. Usually neither is set.
	withCredentials, withoutCredentials bool
	// requestMethod and requestHeaders are a preflight's
	// Access-Control-Request-Method and -Headers; requestMethod is "" for other
	// requests.
	requestMethod  string
	requestHeaders []string

	// status is 0 if no response was recorded. response has only the headers on
	// which a verdict can depend.
	status   int
	response http.Header
	// next is the target of a redirect, nil if the response is not one.
	next *weburl.URL
	// failure is what the browser recorded as the error, "" for none.
	failure string
	// truncated means that a value was longer than MaxString.
	truncated bool

	wantsJSON bool   // by its Accept
	preflight *entry // the preflight of this request
	claimed   bool   // the entry belongs to another one, which reports it
	size      int    // of the memory that it holds, in bytes, roughly
}

// A kind is what made a request, by Sec-Fetch-Dest or the browser's own resource
// type: fetch(), XMLHttpRequest or an element.
type kind string

// The kinds of requests that scripts make.
const (
	kindFetch kind = "fetch"
	kindXHR   kind = "xhr"
)

// resourceTypes are the elements by those of the browser's own resource types that
// differ from the values of Sec-Fetch-Dest.
var resourceTypes = map[string]kind{"stylesheet": "link", "media": "video", "texttrack": "track"}

// A category says whether CORS decides on an entry, and otherwise why not.
type category uint8

const (
	isCORS category = iota
	isSameOrigin
	isNoCORS
	isNavigation
	isWebSocket
	isServiceWorker
	isOther
)

// newEntry reads an entry, and says whether CORS decides on it; otherwise the entry
// is nil. from is the origin of the page where the entry does not name one.
func newEntry(number int, raw *rawEntry, f *file, from string) (*entry, category) {
	e := &entry{number: number, method: raw.Request.Method}
	u, err := weburl.Parse(raw.Request.URL, nil)
	if err != nil || !field.IsToken(e.method) || strings.HasPrefix(raw.Request.URL, "data:") {
		return nil, isOther
	}
	e.url, e.key = u, u.StringWithoutFragment()
	if strings.HasPrefix(u.Scheme, "ws") {
		return nil, isWebSocket
	}
	if !u.IsHTTP() {
		return nil, isOther
	}
	sent := fetch.HeaderList{}
	for _, h := range raw.Request.Headers {
		if field.IsToken(h.Name) {
			sent.Append(field.Lower(h.Name), h.Value)
			e.truncated = e.truncated ||
				strings.HasSuffix(h.Value, "\x00") && !field.EqualFold(h.Name, "Cookie")
		}
	}
	get := func(name string) string { v, _ := sent.Get(name); return v }
	resource := field.Lower(text(raw.ResourceType))
	e.profile = profileOf(f.creator.Name, f.browser.Name, get("user-agent"))
	e.failuresMarked = f.creator.Name == devTools || f.creator.Name == webInspector
	e.readResponse(raw.Response)
	e.failure = recordedError(raw.Error, raw.FailureText)
	if raw.Response != nil {
		e.failure = cmp.Or(recordedError(raw.Response.Error, raw.Response.FailureText), e.failure)
	}
	e.readTimes(raw)
	e.readPage(raw, get, f.pages, from)
	e.truncated = e.truncated || strings.HasSuffix(raw.Request.URL, "\x00")

	if o, err := origin.Parse(e.page); e.page != "" && e.page != "null" &&
		(err != nil || !o.IsPage()) {
		return nil, isOther // no page has that origin
	}
	if e.method == "OPTIONS" && get("access-control-request-method") != "" {
		e.requestMethod = get("access-control-request-method")
		names, _, _ := field.ExtractTokens([]string{get("access-control-request-headers")})
		for _, name := range names {
			e.requestHeaders = append(e.requestHeaders, field.Lower(name))
		}
		e.measure()
		return e, isCORS
	}
	switch {
	case raw.Response != nil && raw.Response.ViaServiceWorker == true, text(raw.FetchType) == "Service Worker":
		return nil, isServiceWorker
	case e.response.Get("Non-Authoritative-Reason") != "":
		return nil, isOther // the browser's own redirect to https:, which no server sent
	case resource == "preflight":
		return nil, isOther // without the headers that name its request
	}
	for _, h := range sent {
		if !paste.FromBrowser(h.Name, h.Value, sent.Contains("pragma")) {
			e.header = append(e.header, h)
		}
	}
	if data, ok := raw.Request.PostData.(map[string]any); ok && text(data["mimeType"]) != "" &&
		!e.header.Contains("content-type") {
		e.header.Append("content-type", text(data["mimeType"]))
	}
	e.wantsJSON = strings.Contains(field.Lower(get("accept")), "json")
	mode := get("sec-fetch-mode")
	if mode == "" {
		mode = e.guessMode(resource, get)
	}
	switch mode {
	case "cors":
	case "no-cors":
		return nil, isNoCORS
	case "navigate", "nested-navigate":
		return nil, isNavigation
	case "websocket":
		return nil, isWebSocket
	case "same-origin":
		return nil, isSameOrigin
	default:
		return nil, isOther
	}
	e.kind = kindOf(cmp.Or(get("sec-fetch-dest"), guessDestination(resource, u.Path, get("accept"))), resource)
	// A redirect may still lead to another origin.
	sameOrigin := e.page == origin.Of(u).String() || get("sec-fetch-site") == "same-origin"
	if sameOrigin && e.next == nil {
		return nil, isSameOrigin
	}
	if sameOrigin {
		e.page = origin.Of(u).String()
	}
	// A request without credentials has none of these. Their absence shows
	// nothing: there may be no cookie, or the browser omitted it from the
	// recording.
	cookies, _ := raw.Request.Cookies.([]any)
	e.withCredentials = sent.Contains("cookie") || len(cookies) > 0 ||
		sent.Contains("sec-fetch-storage-access")
	// Fonts are always requested so. A style sheet in the mode cors has
	// crossorigin=anonymous, or else its cookies would be in the recording.
	e.withoutCredentials = e.kind == "font" || e.kind == "link" && !e.withCredentials
	e.measure()
	return e, isCORS
}

// decisiveHeaders are the response headers on which a verdict can depend, besides
// those of CORS.
var decisiveHeaders = []string{
	"location", "cross-origin-resource-policy", "content-type", "x-content-type-options",
	"non-authoritative-reason", "referrer-policy",
}

// causeHeaders are kept because they tell causes apart. Reports do not show them.
var causeHeaders = fix.CauseHeaders()

func (e *entry) readResponse(r *rawResponse) {
	e.response = http.Header{}
	if r == nil {
		return
	}
	if status := r.Status; status >= 100 && status <= 999 && status == math.Trunc(status) {
		e.status = int(status)
	}
	for _, h := range r.Headers {
		name := field.Lower(h.Name)
		decides := strings.HasPrefix(name, "access-control-") || slices.Contains(decisiveHeaders, name)
		tells := slices.Contains(causeHeaders, name) && len(h.Value) < 500
		if !decides && !tells || !field.IsToken(name) {
			continue
		}
		// Chromium joins several headers of one name with line breaks.
		for line := range strings.SplitSeq(h.Value, "\n") {
			e.response.Add(name, line)
			e.truncated = e.truncated || decides && strings.HasSuffix(line, "\x00")
		}
	}
	if e.status >= 400 && isCloudflareChallenge(r.Content) {
		e.response.Set("Cf-Mitigated", "challenge") // which it sends with newer pages
	}
	to := r.RedirectURL
	if to == "" {
		to = e.response.Get("Location")
	}
	switch e.status {
	case 301, 302, 303, 307, 308:
		if u, err := weburl.Parse(to, e.url); err == nil && to != "" {
			e.next = u
		}
	}
}

// isCloudflareChallenge reports whether a body is a page with which Cloudflare wants to see a person's browser.
func isCloudflareChallenge(content any) bool {
	body, _ := content.(map[string]any)
	page := text(body["text"])
	return strings.Contains(page, "/cdn-cgi/challenge-platform/") || strings.Contains(page, "challenges.cloudflare.com") ||
		strings.Contains(page, "<title>Just a moment...</title>") || strings.Contains(page, "<title>Attention Required! | Cloudflare</title>")
}

// maxFailure is how many bytes of a recorded error are read.
const maxFailure = 300

func (e *entry) readTimes(raw *rawEntry) {
	e.started, _ = time.Parse(time.RFC3339, text(raw.Started))
	took, _ := raw.Took.(json.Number)
	if ms, err := took.Float64(); err == nil && ms > 0 && ms < 1e9 {
		e.duration = time.Duration(ms * float64(time.Millisecond))
	}
}

// readPage sets the origin of the page, from the headers that the browser sent or
// else from what it recorded about the request.
func (e *entry) readPage(raw *rawEntry, get func(string) string, pages map[string]string, from string) {
	byURL := func(s string) string {
		if o, err := origin.FromURL(s); err == nil && !o.IsOpaque() {
			return o.String()
		}
		return ""
	}
	candidates := []string{get("origin"), byURL(get("referer"))}
	if initiator, ok := raw.Initiator.(map[string]any); ok && text(initiator["type"]) == "parser" {
		candidates = append(candidates, byURL(text(initiator["url"])))
	}
	for _, candidate := range append(candidates, pages[text(raw.PageRef)], from) {
		if candidate != "" && len(candidate) < 512 {
			e.page = candidate
			return
		}
	}
}

// guessMode returns the request mode of a request without Sec-Fetch-Mode. Browsers
// send that header only to trustworthy URLs, and it may not have been recorded.
func (e *entry) guessMode(resource string, get func(string) string) string {
	switch resource {
	case "fetch", "xhr", "font":
		return "cors"
	case "document":
		return "navigate"
	case "websocket":
		return "websocket"
	case "ping", "beacon", "csp-violation-report", "cspviolationreport":
		return "no-cors"
	}
	switch {
	case get("upgrade-insecure-requests") != "":
		return "navigate"
	case get("sec-websocket-key") != "" || strings.EqualFold(get("upgrade"), "websocket"):
		return "websocket"
	case get("origin") != "", (resource == "" || resource == "other") && e.needsCORS():
		return "cors"
	}
	return "no-cors"
}

// needsCORS reports whether only a script in the mode cors can have made the request:
// the mode no-cors allows no such method, content type or header.
// https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header
func (e *entry) needsCORS() bool {
	contentType, _ := e.header.Get("content-type")
	essence, _, _ := strings.Cut(field.Lower(contentType), ";")
	switch strings.TrimSpace(essence) {
	case "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data":
	default:
		return true
	}
	return !field.IsCORSSafelistedMethod(e.method) || e.header.Contains("authorization") || e.header.Contains("x-requested-with")
}

// guessDestination returns the Sec-Fetch-Dest of a font or style sheet whose entry
// does not have it, by what its browser accepts and by its name; "" for others.
func guessDestination(resource, path, accept string) string {
	switch extension := field.Lower(path[strings.LastIndexByte(path, '.')+1:]); {
	case resource != "":
		return ""
	case strings.HasPrefix(accept, "text/css,"):
		return "style"
	case strings.HasPrefix(accept, "application/font-woff2"),
		slices.Contains([]string{"woff2", "woff", "ttf", "otf", "eot"}, extension) && (accept == "" || accept == "*/*"):
		return "font"
	}
	return ""
}

func kindOf(destination, resource string) kind {
	if destination == "" {
		if k, ok := resourceTypes[resource]; ok {
			return k
		}
		destination = resource
	}
	if element, ok := paste.ElementFor(destination); ok {
		return kind(element)
	}
	if resource == "xhr" {
		return kindXHR
	}
	return kindFetch
}

// The names of the browsers' exporters, besides Firefox: Chromium's DevTools, in
// all browsers that are based on it, and WebKit's Web Inspector, which exports no
// failed request.
const (
	devTools     = "WebInspector"
	webInspector = "WebKit Web Inspector"
)

// profileOf returns the profile of the browser that made a recording: by its
// exporter or, for programs other than browsers, by the requests' User-Agent.
func profileOf(creator, browser, userAgent string) *fetch.Profile {
	switch {
	case creator == "Firefox" || browser == "Firefox":
		return &fetch.Firefox
	case creator == devTools:
		return &fetch.Chromium
	case creator == webInspector:
		return &fetch.WebKit
	case strings.Contains(userAgent, "Firefox/"):
		return &fetch.Firefox
	case strings.Contains(userAgent, "Chrome/"):
		return &fetch.Chromium
	case strings.Contains(userAgent, "AppleWebKit/"):
		return &fetch.WebKit
	}
	return &fetch.Standard
}

// measure sets the entry's size.
func (e *entry) measure() {
	e.size = 512 + 3*len(e.key) + len(e.page) + len(e.failure)
	for _, name := range e.requestHeaders {
		e.size += 16 + len(name)
	}
	for _, h := range e.header {
		e.size += 32 + len(h.Name) + len(h.Value)
	}
	for name, values := range e.response {
		e.size += 64 + len(name)
		for _, v := range values {
			e.size += 16 + len(v)
		}
	}
}

// near reports whether two entries are close enough in time to belong together. It
// is true if the recording has no times; then only the order counts.
func (e *entry) near(other *entry) bool {
	if e.started.IsZero() || other.started.IsZero() {
		return true
	}
	return e.started.Sub(other.started).Abs() <= e.duration+other.duration+10*time.Second
}

// isPreflightOf reports whether p is the preflight of e.
func (p *entry) isPreflightOf(e *entry) bool {
	return p.requestMethod != "" && e.requestMethod == "" && p.requestMethod == e.method &&
		p.near(e) && p.key == e.key &&
		(p.page == e.page || p.page == "" || e.page == "" || p.page == "null")
}
