package bench

import (
	"net/http"
	"runtime"
	"slices"
	"strings"
	"unsafe"
)

// A Mark is something that a middleware omits, or does and should not. It is
// printed as a letter, which a note below the table explains. A Mark other than
// Wrong may make a time shorter, or change what it means.
type Mark byte

const (
	NoVary                Mark = 'a'
	DropsVary             Mark = 'b'
	SendsFixedLists       Mark = 'c'
	SharesSlices          Mark = 'd'
	AcceptsInvalidOrigins Mark = 'e'
	BlocksRequest         Mark = 'f'
	InterceptsOptions     Mark = 'g'
	Wrong                 Mark = '!'
)

// marks lists all marks in the order of the notes.
var marks = []Mark{NoVary, DropsVary, SendsFixedLists, SharesSlices, AcceptsInvalidOrigins, BlocksRequest, InterceptsOptions, Wrong}

func (m Mark) String() string {
	switch m {
	case NoVary:
		return "sends no Vary: Origin: a cache may serve one origin the response to another, or a response without CORS headers"
	case DropsVary:
		return "drops a Vary: Accept-Encoding that was set before"
	case SendsFixedLists:
		return "checks neither the requested method nor the requested headers: it always sends its lists, and the browser has to refuse"
	case SharesSlices:
		return "shares header slices between responses, which saves allocations: a handler that writes to one changes all responses"
	case AcceptsInvalidOrigins:
		return "does not validate the Origin header: its patterns allow https://evil.example/.example.com and similar values"
	case BlocksRequest:
		return "responds with 403 itself: the handler does not run"
	case InterceptsOptions:
		return "does not check whether an OPTIONS request is a preflight: none from a refused origin reaches the handler"
	case Wrong:
		return "wrong: refuses what the policy allows, or allows what it refuses"
	}
	return "unknown"
}

// A response is the status and header that a handler sends back.
type response struct {
	status int
	header http.Header
}

// send passes a request to a handler. It copies the request first, so two
// responses have a slice in common only if the middleware keeps it. vary is the
// Vary header that is already set.
func send(h http.Handler, r *http.Request, vary ...string) response {
	w := newRecorder()
	if len(vary) > 0 {
		w.header["Vary"] = vary
	}
	c := *r
	c.Header = r.Header.Clone()
	h.ServeHTTP(w, &c)
	return response{w.status, w.header}
}

// lists reports whether the values of a header field contain all of the names.
func (resp response) lists(field string, names ...string) bool {
	var have []string
	for _, line := range resp.header[field] {
		for name := range strings.SplitSeq(line, ",") {
			have = append(have, strings.ToLower(strings.Trim(name, " \t")))
		}
	}
	for _, name := range names {
		if !slices.Contains(have, strings.ToLower(name)) {
			return false
		}
	}
	return true
}

// namesOrigin reports whether the response has Access-Control-Allow-Origin.
func (resp response) namesOrigin() bool { return len(resp.header["Access-Control-Allow-Origin"]) > 0 }

// allows reports whether the CORS check of a request passes, with credentials if the
// policy allows them, https://fetch.spec.whatwg.org/#cors-check. It does not use package
// fetch, because that belongs to the same project as one of the middlewares.
func (resp response) allows(r *http.Request, anyOrigin bool) bool {
	if anyOrigin {
		return slices.Equal(resp.header["Access-Control-Allow-Origin"], []string{"*"})
	}
	allowOrigin := resp.header["Access-Control-Allow-Origin"]
	cred := resp.header["Access-Control-Allow-Credentials"]
	return len(allowOrigin) == 1 && allowOrigin[0] == r.Header.Get("Origin") && len(cred) == 1 && cred[0] == "true"
}

// grants reports whether a browser sends the actual request after this response
// to a preflight, https://fetch.spec.whatwg.org/#cors-preflight-fetch.
func (resp response) grants(r *http.Request, anyOrigin bool) bool {
	if !resp.allows(r, anyOrigin) || resp.status < 200 || resp.status > 299 {
		return false
	}
	method := r.Header.Get(requestMethod)
	if !slices.Contains([]string{"GET", "HEAD", "POST"}, method) && !resp.lists("Access-Control-Allow-Methods", method) {
		return false
	}
	allowed := make(map[string]bool)
	for _, line := range resp.header["Access-Control-Allow-Headers"] {
		for name := range strings.SplitSeq(line, ",") {
			allowed[strings.ToLower(strings.Trim(name, " \t"))] = true
		}
	}
	for _, line := range r.Header[requestHeaders] {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.ToLower(strings.Trim(name, " \t")); name != "" && !allowed[name] {
				return false
			}
		}
	}
	return true
}

// judge returns the marks for a handler's responses to a row's requests. traits
// are the peer's, see traitsOf.
func judge(row Row, h http.Handler, requests []*http.Request, traits []Mark) []Mark {
	found := make(map[Mark]bool)
	// The requests of a row differ only in the origin.
	for _, r := range requests[:min(len(requests), 16)] {
		resp, again := send(h, r), send(h, r)
		if row.Preflight {
			judgePreflight(row, resp, r, found)
		} else {
			judgeActual(row, resp, r, found)
		}
		if !send(h, r, "Accept-Encoding").lists("Vary", "Accept-Encoding") {
			found[DropsVary] = true
		}
		if sharesSlice(resp.header, again.header) {
			found[SharesSlices] = true
		}
	}
	for _, m := range traits {
		switch m {
		case SendsFixedLists:
			found[m] = found[m] || row.Preflight && row.OriginAllowed
		case AcceptsInvalidOrigins:
			found[m] = found[m] || row.Set.Patterns
		case InterceptsOptions:
			found[m] = found[m] || row.Preflight && !row.OriginAllowed
		}
	}
	var sorted []Mark
	for _, m := range marks {
		if found[m] {
			sorted = append(sorted, m)
		}
	}
	return sorted
}

func judgeActual(row Row, resp response, r *http.Request, found map[Mark]bool) {
	switch row.Want {
	case Allowed:
		if !resp.allows(r, row.Set.Any) || !resp.lists("Access-Control-Expose-Headers", "X-Request-Id", "X-Total-Count") {
			found[Wrong] = true
		}
	default:
		if resp.namesOrigin() {
			found[Wrong] = true
		}
	}
	if resp.status != statusReached {
		found[BlocksRequest] = true
	}
	// Preflights need no Vary: caches do not store responses to OPTIONS,
	// https://www.rfc-editor.org/rfc/rfc9110#section-9.3.7.
	if !row.Set.Any && !resp.lists("Vary", "Origin") && !resp.lists("Vary", "*") {
		found[NoVary] = true
	}
}

func judgePreflight(row Row, resp response, r *http.Request, found map[Mark]bool) {
	switch granted := resp.grants(r, row.Set.Any); {
	case resp.status == statusReached:
		found[Wrong] = true // preflights must not reach the handler
	case row.Want == Allowed && (!granted || resp.header.Get("Access-Control-Max-Age") != "600"):
		found[Wrong] = true
	case row.Want == Refused && granted:
		found[Wrong] = true
	case row.Want == Refused && resp.namesOrigin():
		found[SendsFixedLists] = true
	}
}

// sharesSlice reports whether two headers have a value slice in common.
func sharesSlice(a, b http.Header) bool {
	for name, values := range a {
		if other := b[name]; len(values) > 0 && len(other) > 0 && unsafe.SliceData(values) == unsafe.SliceData(other) {
			return true
		}
	}
	return false
}

// invalidOrigins are values that no browser sends in Origin and that end like an
// origin of the pattern https://*.example.com.
var invalidOrigins = []string{
	"https://evil.example/.example.com",
	"https://evil.example#.example.com",
	"https://evil.example?.example.com",
	"https://user@app.example.com",
	"https://..example.com",
	"https://a b.example.com",
	"https://\x00.example.com",
}

// traitsOf returns the marks that do not show in the responses of single rows.
func traitsOf(p Peer) ([]Mark, error) {
	var traits []Mark
	set := Set{N: 1}
	origins := set.origins()
	h, err := build(p, set, origins)
	if err != nil {
		return nil, err
	}
	refused := func(method, headers string) bool {
		return !send(h, preflight(origins[0], method, headers)).namesOrigin()
	}
	if !refused("PURGE", "content-type") && !refused("PUT", "x-other") {
		traits = append(traits, SendsFixedLists)
	}
	plain := get("https://foreign.example")
	plain.Method = http.MethodOptions
	if send(h, plain).status != statusReached {
		traits = append(traits, InterceptsOptions)
	}
	if p.leftOut(Row{Set: Set{N: 1, Patterns: true}}) != "" {
		return traits, nil
	}
	h, err = p.Build(policyFor([]string{"https://*.example.com"}, true), innerHandler)
	if err != nil {
		return nil, err
	}
	for _, o := range invalidOrigins {
		if send(h, get(o)).namesOrigin() {
			return append(traits, AcceptsInvalidOrigins), nil
		}
	}
	return traits, nil
}

// A Check is one requirement for responses.
type Check struct {
	Title string

	// holds reports whether a handler meets the requirement. Its policy allows
	// https://app.example.com, or https://*.example.com if patterns is set.
	holds func(h http.Handler) bool

	patterns bool // for peers that support patterns
	// origins replaces https://app.example.com in the policy, if it is not nil.
	origins []string
}

const checkOrigin = "https://app.example.com"

// Checks returns the requirements that all middlewares are checked for.
func Checks() []Check {
	namesOrigin := func(r *http.Request) func(http.Handler) bool {
		return func(h http.Handler) bool { return send(h, r).namesOrigin() }
	}
	not := func(f func(http.Handler) bool) func(http.Handler) bool {
		return func(h http.Handler) bool { return !f(h) }
	}
	grants := func(r *http.Request) func(http.Handler) bool {
		return func(h http.Handler) bool { return send(h, r).grants(r, false) }
	}
	two := get(checkOrigin)
	two.Header.Add("Origin", "https://evil.example")
	const foreign = "https://foreign.example"
	return []Check{
		{Title: "an allowed GET can be read with credentials, including its exposed headers", holds: func(h http.Handler) bool {
			r := get(checkOrigin)
			resp := send(h, r)
			return resp.allows(r, false) && resp.lists("Access-Control-Expose-Headers", "X-Request-Id", "X-Total-Count")
		}},
		{Title: "an allowed GET has Vary: Origin", holds: func(h http.Handler) bool {
			return send(h, get(checkOrigin)).lists("Vary", "Origin")
		}},
		{Title: "a refused GET has Vary: Origin", holds: func(h http.Handler) bool {
			return send(h, get(foreign)).lists("Vary", "Origin")
		}},
		{Title: "a GET without Origin has Vary: Origin", holds: func(h http.Handler) bool {
			return send(h, request("GET")).lists("Vary", "Origin")
		}},
		{Title: "all responses keep a Vary that was set before", origins: []string{checkOrigin, "https://shop.example.com"},
			holds: func(h http.Handler) bool {
				for _, r := range []*http.Request{get(checkOrigin), get(foreign), request("GET"), jsonPreflight(checkOrigin), jsonPreflight(foreign)} {
					if !send(h, r, "Accept-Encoding").lists("Vary", "Accept-Encoding") {
						return false
					}
				}
				return true
			}},
		{Title: "a Vary that already has Origin is not extended", holds: func(h http.Handler) bool {
			return strings.Count(strings.Join(send(h, get(checkOrigin), "Origin").header["Vary"], ","), "Origin") == 1
		}},
		{Title: "a refused GET reaches the handler", holds: func(h http.Handler) bool {
			return send(h, get(foreign)).status == statusReached
		}},
		{Title: "an OPTIONS without Origin reaches the handler", holds: func(h http.Handler) bool {
			return send(h, request("OPTIONS")).status == statusReached
		}},
		{Title: "an OPTIONS that is not a preflight reaches the handler", holds: func(h http.Handler) bool {
			return send(h, request("OPTIONS", "Origin", checkOrigin)).status == statusReached
		}},
		{Title: "a preflight for an allowed request is granted", holds: grants(jsonPreflight(checkOrigin))},
		{Title: "the requested headers may be in any order and case", holds: grants(preflight(checkOrigin, "PUT", "X-Requested-With, Content-Type,authorization"))},
		{Title: "the requested headers may be on several lines", holds: grants(request("OPTIONS", "Origin", checkOrigin, requestMethod, "PUT", requestHeaders, "authorization", requestHeaders, "content-type"))},
		{Title: "a preflight from a foreign origin is refused", holds: not(namesOrigin(jsonPreflight(foreign)))},
		{Title: "a preflight for another method is refused", holds: not(namesOrigin(preflight(checkOrigin, "PURGE", "authorization")))},
		{Title: "methods are case-sensitive", holds: not(namesOrigin(preflight(checkOrigin, "put", "authorization")))},
		{Title: "a preflight for another header is refused", holds: not(namesOrigin(preflight(checkOrigin, "PUT", "x-other")))},
		{Title: "a preflight for another header on a second line is refused", holds: not(grants(request("OPTIONS", "Origin", checkOrigin, requestMethod, "PUT", requestHeaders, "authorization", requestHeaders, "x-other")))},
		{Title: "an Origin in upper case, which no browser sends, is refused", holds: not(namesOrigin(get(strings.ToUpper(checkOrigin))))},
		{Title: "two Origin headers are refused", holds: not(namesOrigin(two))},
		{Title: "a pattern allows a subdomain", patterns: true, holds: namesOrigin(get(checkOrigin))},
		{Title: "a pattern refuses invalid origins", patterns: true, holds: func(h http.Handler) bool {
			for _, o := range invalidOrigins {
				if send(h, get(o)).namesOrigin() {
					return false
				}
			}
			return true
		}},
		{Title: "no two responses have a slice in common", holds: func(h http.Handler) bool {
			for _, r := range []*http.Request{get(checkOrigin), get(foreign), request("GET"), jsonPreflight(checkOrigin), jsonPreflight(foreign)} {
				if sharesSlice(send(h, r).header, send(h, r).header) {
					return false
				}
			}
			return true
		}},
		{Title: "no hostile request of 1 MB allocates more than 4 KiB", holds: func(h http.Handler) bool {
			for _, row := range Rows() {
				if !strings.HasPrefix(row.ID, "hostile-") {
					continue
				}
				origins := []string{checkOrigin}
				if allocatesMore(h, row.Requests(Set{N: 1}, origins), 4<<10) {
					return false
				}
			}
			return true
		}},
	}
}

// allocatesMore reports whether serving a request always allocates more than limit.
// One of 20 measurements below the limit is enough, because pools may be empty in
// the others: regular expressions use a sync.Pool, which takes 37 KiB to fill. A
// garbage collection empties it, and the race detector drops every fourth item.
func allocatesMore(h http.Handler, requests []*http.Request, limit uint64) bool {
	w := newRecorder()
	var before, after runtime.MemStats
	for range 20 {
		runtime.ReadMemStats(&before)
		serve(h, requests, nil, w, false, 0, 1)
		runtime.ReadMemStats(&after)
		if after.TotalAlloc-before.TotalAlloc <= limit {
			return false
		}
	}
	return true
}

// Checked is the result of a Check for each peer. A peer that the check does not
// apply to is missing.
type Checked struct {
	Title string
	Holds map[string]bool
}

// RunChecks runs all checks on all middlewares.
func RunChecks() ([]Checked, error) {
	var all []Checked
	for _, c := range Checks() {
		result := Checked{c.Title, make(map[string]bool)}
		origins := []string{checkOrigin}
		if c.patterns {
			origins = []string{"https://*.example.com"}
		}
		if c.origins != nil {
			origins = c.origins
		}
		for _, p := range Peers() {
			if p.Module == "" || p.leftOut(Row{Set: Set{N: 1, Patterns: c.patterns}}) != "" {
				continue
			}
			h, err := p.Build(policyFor(origins, c.patterns), innerHandler)
			if err != nil {
				return nil, &BuildError{p.Name, err}
			}
			result.Holds[p.Name] = c.holds(h)
		}
		all = append(all, result)
	}
	return all, nil
}

// A BuildError reports that a peer rejects the policy.
type BuildError struct {
	Peer string
	Err  error
}

func (e *BuildError) Error() string { return "building " + e.Peer + ": " + e.Err.Error() }
func (e *BuildError) Unwrap() error { return e.Err }
