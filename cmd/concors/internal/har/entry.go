package har

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/paste"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// An entry is what counts of one entry of the recording.
type entry struct {
	number int
	method string
	url    *weburl.URL
	key    string // the URL without its fragment: what two entries are compared by
	// page is the origin of the page that asked, "null" for an opaque one and
	// "" if nothing tells it.
	page string
	// started and took are zero if the recording has no times.
	started time.Time
	took    time.Duration

	kind    kind
	profile *fetch.Profile
	// marked says that the entry would say so, or not be there, if the request
	// had failed. Firefox does not tell, and proxies cannot know.
	marked bool
	// header is what the page's script may have set; names are in lower case.
	header fetch.HeaderList
	// withCredentials and withoutCredentials are what shows it; mostly neither
	// is set.
	withCredentials, withoutCredentials bool
	// asks and names are a preflight's Access-Control-Request-Method and
	// -Headers; asks is "" for other requests.
	asks  string
	names []string

	// status is 0 if no answer was recorded. answer has only headers that a
	// verdict can turn on.
	status int
	answer http.Header
	// next is where the answer redirects to, nil if it does not.
	next *weburl.URL
	// failure is what the browser recorded as the error, "" for none.
	failure string
	// tooLong says that a value was longer than MaxString.
	tooLong bool

	// preflight is the one that came with this request.
	preflight *entry
	// taken says that the entry belongs to another one, which tells of it.
	taken bool
	size  int // of what is held, in bytes, roughly
}

// A kind is how a page asked: what Sec-Fetch-Dest or the browser's own resource
// type says.
type kind string

// The kinds that are treated alike in more than one place.
const (
	kindFetch kind = "fetch"
	kindXHR   kind = "xhr"
)

// elements are the kinds that elements have, by Sec-Fetch-Dest and Chromium's
// resource types.
var elements = map[string]kind{
	"image": "img", "script": "script", "style": "link", "stylesheet": "link", "font": "font", "audio": "audio", "video": "video",
	"media": "video", "track": "track", "texttrack": "track", "manifest": "manifest",
}

// Why an entry is none of CORS's business.
type aside uint8

const (
	isCORS aside = iota
	isSameOrigin
	isNoCORS
	isNavigation
	isWebSocket
	isServiceWorker
	isOther
)

// newEntry takes from an entry what counts, and says whether CORS has anything
// to do with it. From is the origin of the page where the entry does not tell.
func newEntry(number int, raw *rawEntry, f *file, from string) (*entry, aside) {
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
			e.tooLong = e.tooLong || strings.HasSuffix(h.Value, "\x00") && !field.EqualFold(h.Name, "Cookie")
		}
	}
	get := func(name string) string { v, _ := sent.Get(name); return v }
	resource := field.Lower(text(raw.ResourceType))
	e.profile = profileOf(f.creator.Name, f.browser.Name, get("user-agent"))
	e.marked = f.creator.Name == devTools || f.creator.Name == webInspector
	e.readResponse(raw.Response)
	e.readTimes(raw)
	e.readPage(raw, get, f.pages, from)
	e.tooLong = e.tooLong || strings.HasSuffix(raw.Request.URL, "\x00")

	if o, err := origin.Parse(e.page); e.page != "" && e.page != "null" && (err != nil || o.Scheme() != "http" && o.Scheme() != "https") {
		return nil, isOther // an extension's own request
	}
	if e.method == "OPTIONS" && get("access-control-request-method") != "" {
		e.asks = get("access-control-request-method")
		names, _, _ := field.ExtractTokens([]string{get("access-control-request-headers")})
		for _, name := range names {
			e.names = append(e.names, field.Lower(name))
		}
		e.measure()
		return e, isCORS
	}
	switch {
	case raw.Response != nil && raw.Response.ViaServiceWorker == true, text(raw.FetchType) == "Service Worker":
		return nil, isServiceWorker
	case e.answer.Get("Non-Authoritative-Reason") != "":
		return nil, isOther // the browser's own redirect to https:, which no server answered
	case resource == "preflight":
		return nil, isOther // without the headers that say what for
	}
	mode := get("sec-fetch-mode")
	if mode == "" {
		mode = guessMode(resource, get)
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
	e.kind = kindOf(get("sec-fetch-dest"), resource)
	// A redirect may still lead to another origin.
	home := e.page == origin.Of(u).String() || get("sec-fetch-site") == "same-origin"
	if home && e.next == nil {
		return nil, isSameOrigin
	}
	if home {
		e.page = origin.Of(u).String()
	}
	for _, h := range sent {
		if !paste.FromBrowser(h.Name, h.Value, sent.Contains("pragma")) {
			e.header = append(e.header, h)
		}
	}
	if data := raw.Request.PostData; data != nil && text(data.MIMEType) != "" && !e.header.Contains("content-type") {
		e.header.Append("content-type", text(data.MIMEType))
	}
	// A browser that asks without credentials sends none of these. That they
	// are absent shows nothing: there may be no cookie, or the browser left it
	// out of the recording.
	e.withCredentials = sent.Contains("cookie") || len(raw.Request.Cookies) > 0 || sent.Contains("sec-fetch-storage-access")
	e.withoutCredentials = e.kind == "font"
	e.measure()
	return e, isCORS
}

// heldHeaders are the headers of an answer that a verdict can turn on, beside
// those of CORS.
var heldHeaders = []string{"location", "cross-origin-resource-policy", "content-type", "x-content-type-options", "non-authoritative-reason", "referrer-policy"}

func (e *entry) readResponse(r *rawResponse) {
	e.answer = http.Header{}
	if r == nil {
		return
	}
	if status := r.Status; status >= 100 && status <= 999 && status == math.Trunc(status) {
		e.status = int(status)
	}
	e.failure = text(r.Error)
	if len(e.failure) > longestFailure {
		e.failure = strings.ToValidUTF8(e.failure[:longestFailure], "") + "..."
	}
	for _, h := range r.Headers {
		name := field.Lower(h.Name)
		if !strings.HasPrefix(name, "access-control-") && !slices.Contains(heldHeaders, name) || !field.IsToken(name) {
			continue
		}
		// Chromium has written several headers of one name with line breaks.
		for line := range strings.SplitSeq(h.Value, "\n") {
			e.answer.Add(name, line)
			e.tooLong = e.tooLong || strings.HasSuffix(line, "\x00")
		}
	}
	to := r.RedirectURL
	if to == "" {
		to = e.answer.Get("Location")
	}
	switch e.status {
	case 301, 302, 303, 307, 308:
		if u, err := weburl.Parse(to, e.url); err == nil && to != "" {
			e.next = u
		}
	}
}

// longestFailure is how much is read of what a browser recorded as the error.
const longestFailure = 300

func (e *entry) readTimes(raw *rawEntry) {
	e.started, _ = time.Parse(time.RFC3339, text(raw.Started))
	took, _ := raw.Took.(json.Number)
	if ms, err := took.Float64(); err == nil && ms > 0 && ms < 1e9 {
		e.took = time.Duration(ms * float64(time.Millisecond))
	}
}

// readPage finds out which page asked: from what the browser sent, and else from
// what it recorded beside.
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

// guessMode is for requests without Sec-Fetch-Mode: browsers send it to
// trustworthy URLs only, and headers may not have been recorded.
func guessMode(resource string, get func(string) string) string {
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
	case get("origin") != "":
		return "cors"
	}
	return "no-cors"
}

func kindOf(destination, resource string) kind {
	if k, ok := elements[destination]; ok {
		return k
	}
	if k, ok := elements[resource]; ok && destination == "" {
		return k
	}
	if resource == "xhr" {
		return kindXHR
	}
	return kindFetch
}

// The names under which browsers export, beside Firefox's own: Chromium's
// DevTools in all browsers that are made of it, and WebKit's Web Inspector, which
// exports no request that failed.
const (
	devTools     = "WebInspector"
	webInspector = "WebKit Web Inspector"
)

// profileOf is the browser that made a recording: by who exported it, and for
// programs other than browsers by whose requests they recorded.
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

// measure says roughly how much memory the entry holds.
func (e *entry) measure() {
	e.size = 512 + 3*len(e.key) + len(e.page) + len(e.failure)
	for _, name := range e.names {
		e.size += 16 + len(name)
	}
	for _, h := range e.header {
		e.size += 32 + len(h.Name) + len(h.Value)
	}
	for name, values := range e.answer {
		e.size += 64 + len(name)
		for _, v := range values {
			e.size += 16 + len(v)
		}
	}
}

// near reports whether two entries are close enough in time to belong together.
// Where the recording has no times it is the order alone that tells.
func (e *entry) near(other *entry) bool {
	if e.started.IsZero() || other.started.IsZero() {
		return true
	}
	return e.started.Sub(other.started).Abs() <= e.took+other.took+10*time.Second
}

// preflights reports whether p is the preflight of e.
func (p *entry) preflights(e *entry) bool {
	return p.asks != "" && e.asks == "" && p.asks == e.method && p.near(e) && p.key == e.key &&
		(p.page == e.page || p.page == "" || e.page == "" || p.page == "null")
}
