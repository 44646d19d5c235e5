package proxyreport

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/concors/concors/cmd/concors/internal/paste"
	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/internal/field"
)

// Options say what a [Log] is about.
type Options struct {
	// Listen is the proxy's origin, as pages write it, and APIs are the origins of its
	// targets.
	Listen string
	APIs   []string
	// Pages are the origins of the pages that may use the proxy. With Alias the page is
	// served at the proxy too: its requests are judged as if the first of Pages had made
	// them, or as the proxy's own origin if there is none.
	Pages []string
	Alias bool
	// Secrets are the names of the headers that the proxy adds from the environment.
	Secrets []string
	// SecretFlag is the value of the first --secret-header: NAME=ENV.
	SecretFlag string
	// Wire sends requests to the APIs, and to no other server, for [Log.Ask]. If it is nil,
	// nothing is sent.
	Wire http.RoundTripper
	// Wait is how long a report waits for what is being sent; 0 is three seconds.
	Wait time.Duration
	// Keep is how many requests are kept one by one, for HAR and JSON: the last ones.
	Keep int
}

// The limits of what a Log keeps of untrusted input.
const (
	maxKinds   = 500   // different requests, and different changes
	maxValue   = 4096  // bytes of a header's value or a URL
	maxFields  = 100   // header fields of a message
	keptBytes  = 64000 // of the values of one request that is kept
	keptInAll  = 64 << 20
	maxSamples = 20 // refused requests that are described
)

// A Log collects what a proxy did. It may be used concurrently.
type Log struct {
	options Options
	started time.Time

	mu      sync.Mutex
	counts  Counts
	kinds   map[string]*kind
	order   []*kind
	leftOut int // requests of further kinds
	changes map[string]*Changed
	changed []*Changed
	faults  map[string]*Refusal
	refused []*Refusal
	cookies map[string]bool // names of cookies that the API set
	kept    []proxy.Record
	size    int // of kept, in bytes, roughly
	dropped int // how many are not kept any more

	toAsk   chan *kind
	pending int           // in toAsk, or being sent
	idle    chan struct{} // closed when pending becomes 0; nil if no one waits
}

// A kind is one kind of request: the same page, method, path and headers, with the same
// response as far as it decides.
type kind struct {
	page, method, url string
	header            []string // what the script set, "Name: value"
	mode, destination string
	cookies           []string // names of those that were sent
	status            int
	response          http.Header
	origin            string // the Origin that the API received; "" for none
	times             int
	request           http.Header // while it waits to be sent again
	asked             *outcome    // what the API says to the page; nil if it is not known
}

// NewLog returns an empty Log.
func NewLog(o Options) *Log {
	return &Log{options: o, started: time.Now(), kinds: map[string]*kind{}, changes: map[string]*Changed{},
		faults: map[string]*Refusal{}, cookies: map[string]bool{}, toAsk: make(chan *kind, maxAsked)}
}

// Add adds a record. It is what proxy.Config.Record calls. news are those of its changes
// that no earlier record had.
func (l *Log) Add(r proxy.Record) (news []proxy.Change) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Own && r.Fault == nil {
		l.counts.Own++
		return nil
	}
	l.keep(r)
	for _, c := range r.Changes {
		if l.addChange(c) {
			news = append(news, c)
		}
	}
	if r.Fault != nil {
		l.addFault(r)
	}
	switch {
	case r.Own:
		l.counts.Own++
	case r.Preflight:
		if r.Fault == nil {
			l.counts.Preflights++
		}
	case r.Upgrade:
		if r.Fault == nil || r.Fault.Kind == proxy.UpgradeRefused {
			l.counts.WebSockets++
		}
	case r.Request.Get("Sec-Fetch-Mode") == "navigate":
		if r.Fault == nil {
			l.counts.Navigations++
		}
	case l.ofAPI(r):
		if r.Fault == nil {
			l.counts.SameOrigin++
		}
	case r.Received != nil: // also if it was broken off afterwards, as every event stream is
		l.addKind(r)
	case r.Target != "" && l.page(r) != "":
		l.counts.Unanswered++
	}
	return news
}

// page returns the origin of the page as which a record is judged, or "".
func (l *Log) page(r proxy.Record) string {
	switch o := l.options; {
	case l.ofAPI(r):
		return ""
	case r.Page != "" && (!o.Alias || slices.Contains(o.Pages, r.Page)):
		return term.Cut(r.Page, maxValue)
	case o.Alias && len(o.Pages) > 0, len(o.Pages) == 1:
		return o.Pages[0]
	case o.Alias:
		return o.Listen
	}
	return ""
}

// ofAPI reports whether a page of the API itself, opened at the proxy, made a request: without the proxy
// both have one origin.
func (l *Log) ofAPI(r proxy.Record) bool {
	return !l.options.Alias && r.Page != "" && r.Page == originOf(r.Asked)
}

func (l *Log) addKind(r proxy.Record) {
	k := &kind{page: l.page(r), method: term.Cut(r.Method, 40), url: term.Cut(r.Target, maxValue), status: r.Upstream,
		mode: r.Request.Get("Sec-Fetch-Mode"), destination: r.Request.Get("Sec-Fetch-Dest"),
		header: scriptHeaders(r.Request), response: decisive(r.Received), origin: originAtAPI(r)}
	if k.page == "" {
		l.counts.Unnamed++
		return
	}
	l.counts.Judged++
	for _, c := range r.Cookies {
		for pair := range strings.SplitSeq(c, ";") {
			name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
			// Cookies do not separate ports: at the proxy the page's own are sent too.
			if name = term.Cut(name, 100); name != "" && (!l.options.Alias || l.cookies[name]) && len(k.cookies) < maxFields {
				k.cookies = append(k.cookies, name)
			}
		}
	}
	for _, c := range r.Received["Set-Cookie"] {
		name, _, _ := strings.Cut(c, "=")
		if len(l.cookies) < maxKinds {
			l.cookies[term.Cut(strings.TrimSpace(name), 100)] = true
		}
	}
	key := k.key()
	if known := l.kinds[key]; known != nil {
		known.times++
		return
	}
	if len(l.order) == maxKinds {
		l.leftOut++
		return
	}
	k.times = 1
	l.kinds[key] = k
	l.order = append(l.order, k)
	l.wantsAnswer(k, r)
}

// key returns a text that is the same for requests that are judged alike.
func (k *kind) key() string {
	path, _, _ := strings.Cut(k.url, "?")
	parts := []string{k.page, k.method, path, k.mode, k.destination, k.origin, itoa(k.status), strings.Join(k.cookies, ";"), strings.Join(k.header, "\n")}
	for _, name := range sortedNames(k.response) {
		if name == "Set-Cookie" { // the value is new each time
			for _, c := range k.response[name] {
				before, _, _ := strings.Cut(c, "=")
				_, after, _ := strings.Cut(c, ";")
				parts = append(parts, before, after)
			}
			continue
		}
		if decides(name) {
			parts = append(append(parts, name), k.response[name]...)
		}
	}
	return strings.Join(parts, "\x00")
}

// scriptHeaders returns the headers that the page's script set, with the values on which
// CORS depends. Other values are not kept.
func scriptHeaders(h http.Header) (list []string) {
	pragma := h.Get("Pragma") != ""
	// The browser itself adds these to the request of an EventSource, which needs no preflight.
	eventSource := h.Get("Accept") == "text/event-stream" && h.Get("Cache-Control") == "no-cache"
	for _, name := range sortedNames(h) {
		lower := field.Lower(name)
		if len(list) == maxFields || !field.IsToken(name) || paste.FromBrowser(lower, h.Get(name), pragma) || addedByProxy[lower] ||
			eventSource && (lower == "cache-control" || lower == "last-event-id") {
			continue
		}
		value := "x"
		switch lower {
		case "content-type", "accept", "content-language", "range":
			value = term.Cut(h.Get(name), 500)
		}
		list = append(list, term.Cut(lower, 200)+": "+value)
	}
	return list
}

// addedByProxy are headers that a dev server in front of this proxy adds.
var addedByProxy = map[string]bool{"x-forwarded-for": true, "x-forwarded-host": true, "x-forwarded-port": true,
	"x-forwarded-proto": true, "forwarded": true, "via": true}

// decides reports whether the verdict on a request depends on a response header.
func decides(name string) bool {
	switch lower := field.Lower(name); lower {
	case "location", "cross-origin-resource-policy", "content-type", "x-content-type-options", "vary", "server", "x-powered-by", "via":
		return true
	default:
		return strings.HasPrefix(lower, "access-control-")
	}
}

// decisive returns a response's header, bounded.
func decisive(h http.Header) http.Header {
	out := http.Header{}
	n := 0
	for _, first := range []bool{true, false} {
		for _, name := range sortedNames(h) {
			if decides(name) != first || len(name) > 200 {
				continue
			}
			for _, v := range h[name] {
				if n++; n > maxFields {
					return out
				}
				out[name] = append(out[name], term.Cut(v, maxValue))
			}
		}
	}
	return out
}

// originAtAPI returns the Origin that the API received.
func originAtAPI(r proxy.Record) string {
	for _, c := range r.Changes {
		if c.Kind == proxy.Requested && strings.EqualFold(c.Field, "Origin") {
			return term.Cut(c.To, maxValue)
		}
	}
	return term.Cut(r.Request.Get("Origin"), maxValue)
}

// addChange counts a change and reports whether it is new.
func (l *Log) addChange(c proxy.Change) bool {
	name, fieldName := term.Cut(c.Name, 100), term.Cut(c.Field, 100)
	from, to := term.Cut(c.From, 500), term.Cut(c.To, 500)
	change := &Changed{Kind: c.Kind, Field: fieldName, Name: name, From: from, To: to, Why: term.Cut(c.Why, 500), Times: 1}
	if c.Kind != proxy.Cookie { // the same change, of another response
		from, to = "", to[:min(1, len(to))]
	}
	key := strings.Join([]string{string(c.Kind), field.Lower(fieldName), name, from, to}, "\x00")
	if known := l.changes[key]; known != nil {
		known.Times++
		return false
	}
	if len(l.changed) == maxKinds {
		return false
	}
	l.changes[key] = change
	l.changed = append(l.changed, change)
	return true
}

// addFault counts a fault and describes it. That the API refused a WebSocket is described
// only: it responded. So is that the page's own dev server failed.
func (l *Log) addFault(r proxy.Record) {
	f := r.Fault
	isRefused := f.Kind.RefusedByProxy()
	switch {
	case f.Kind == proxy.Cancelled:
		l.counts.Cancelled++
		return
	case isRefused:
		l.counts.Refused++
	case f.Kind != proxy.UpgradeRefused && !r.Own:
		l.counts.Failed++
	}
	page := term.Cut(r.Page, 300)
	key := string(f.Kind) + "\x00" + page
	if r.Own {
		key += "\x00"
	}
	if known := l.faults[key]; known != nil {
		known.Times++
		return
	}
	if len(l.refused) == maxSamples {
		return
	}
	known := &Refusal{Kind: f.Kind, Refused: isRefused, Page: page, Method: term.Cut(r.Method, 40),
		URL: term.Cut(r.Asked, 300), Text: term.Cut(f.Text, 500), Times: 1, Own: r.Own}
	l.faults[key] = known
	l.refused = append(l.refused, known)
}

// keep keeps a request for HAR and JSON, and drops the first ones if there are too many.
func (l *Log) keep(r proxy.Record) {
	if l.options.Keep == 0 {
		return
	}
	r.Asked, r.Target = term.Cut(r.Asked, maxValue), term.Cut(r.Target, maxValue)
	r.Request, r.Received, r.Sent = bounded(withCookies(r)), bounded(r.Received), bounded(r.Sent)
	r.Cookies = nil // in Request
	l.kept = append(l.kept, r)
	l.size += sizeOf(r)
	for len(l.kept) > l.options.Keep || l.size > keptInAll {
		l.size -= sizeOf(l.kept[0])
		l.kept[0] = proxy.Record{}
		l.kept = l.kept[1:]
		l.dropped++
	}
}

// withCookies returns the header of a request with the cookies that the API received.
func withCookies(r proxy.Record) http.Header {
	if r.Request == nil {
		return nil
	}
	h := maps.Clone(r.Request)
	delete(h, "Cookie")
	if len(r.Cookies) > 0 {
		h["Cookie"] = r.Cookies
	}
	return h
}

// bounded returns a header of at most keptBytes.
func bounded(h http.Header) http.Header {
	if h == nil {
		return nil
	}
	out, left := http.Header{}, keptBytes
	for _, name := range sortedNames(h) {
		for _, v := range h[name] {
			if v = term.Cut(v, maxValue); left < len(name)+len(v) {
				return out
			}
			left -= len(name) + len(v)
			out[name] = append(out[name], v)
		}
	}
	return out
}

func sizeOf(r proxy.Record) int {
	n := 1000 + len(r.Asked) + len(r.Target)
	for _, h := range []http.Header{r.Request, r.Received, r.Sent} {
		for name, values := range h {
			for _, v := range values {
				n += 50 + len(name) + len(v)
			}
		}
	}
	return n
}

func sortedNames(h http.Header) []string {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
