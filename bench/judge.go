package bench

import (
	"net/http"
	"runtime"
	"slices"
	"strings"
	"unsafe"
)

// A Mark is something that a middleware leaves out, or does and shouldn't.
// Marks are letters under the table; a Mark other than Wrong tells that a
// figure is lower for it, or has another meaning.
type Mark byte

const (
	NoVary        Mark = 'a'
	LosesVary     Mark = 'b'
	LeavesToLists Mark = 'c'
	SharesSlices  Mark = 'd'
	TakesNoOrigin Mark = 'e'
	StopsRequest  Mark = 'f'
	AnyOptions    Mark = 'g'
	Wrong         Mark = '!'
)

// marks are all in the order of the table's notes.
var marks = []Mark{NoVary, LosesVary, LeavesToLists, SharesSlices, TakesNoOrigin, StopsRequest, AnyOptions, Wrong}

func (m Mark) String() string {
	switch m {
	case NoVary:
		return "sends no Vary: Origin, so that a cache may give one origin the answer to another, or one without CORS fields"
	case LosesVary:
		return "drops the Vary: Accept-Encoding that was set before"
	case LeavesToLists:
		return "looks neither at the method nor at the headers asked for: it sends its lists, and leaves the refusal to the browser"
	case SharesSlices:
		return "puts the same slices into all responses, which saves allocations: a handler that writes into one changes everybody's"
	case TakesNoOrigin:
		return "does not check that an Origin is one: its patterns let in https://evil.example/.example.com and the like"
	case StopsRequest:
		return "answers 403 itself: the handler does not run"
	case AnyOptions:
		return "does not look whether it is a preflight: no OPTIONS of an origin that is not let in reaches the handler"
	case Wrong:
		return "wrong: refuses what the policy allows, or the reverse"
	}
	return "unknown"
}

// An answer is what a handler made of a request.
type answer struct {
	status int
	header http.Header
}

// ask has a handler answer a request. The request is copied first, so that two
// answers have a slice in common only if the middleware keeps it.
func ask(h http.Handler, r *http.Request, vary ...string) answer {
	w := newRecorder()
	if len(vary) > 0 {
		w.header["Vary"] = vary
	}
	c := *r
	c.Header = r.Header.Clone()
	h.ServeHTTP(w, &c)
	return answer{w.status, w.header}
}

// lists reports whether a field, on whatever lines, names all of names.
func (a answer) lists(field string, names ...string) bool {
	var have []string
	for _, line := range a.header[field] {
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

// mentions reports whether the answer names an origin that may read it.
func (a answer) mentions() bool { return len(a.header["Access-Control-Allow-Origin"]) > 0 }

// letsIn is the CORS check of a request with credentials,
// https://fetch.spec.whatwg.org/#cors-check. It is written out here once more
// because package fetch is of the same house as one of the middlewares.
func (a answer) letsIn(r *http.Request) bool {
	who := a.header["Access-Control-Allow-Origin"]
	cred := a.header["Access-Control-Allow-Credentials"]
	return len(who) == 1 && who[0] == r.Header.Get("Origin") && len(cred) == 1 && cred[0] == "true"
}

// grants reports whether a browser goes on after this answer to a preflight,
// https://fetch.spec.whatwg.org/#cors-preflight-fetch.
func (a answer) grants(r *http.Request) bool {
	if !a.letsIn(r) || a.status < 200 || a.status > 299 {
		return false
	}
	method := r.Header.Get(askMethod)
	if !slices.Contains([]string{"GET", "HEAD", "POST"}, method) && !a.lists("Access-Control-Allow-Methods", method) {
		return false
	}
	allowed := make(map[string]bool)
	for _, line := range a.header["Access-Control-Allow-Headers"] {
		for name := range strings.SplitSeq(line, ",") {
			allowed[strings.ToLower(strings.Trim(name, " \t"))] = true
		}
	}
	for _, line := range r.Header[askHeaders] {
		for name := range strings.SplitSeq(line, ",") {
			if name = strings.ToLower(strings.Trim(name, " \t")); name != "" && !allowed[name] {
				return false
			}
		}
	}
	return true
}

// judge says what is to be said of a handler's answer to a row's requests. The
// traits are those of the peer: see traitsOf.
func judge(row Row, h http.Handler, requests []*http.Request, traits []Mark) []Mark {
	found := make(map[Mark]bool)
	// Of thousands that differ in the origin some will do.
	for _, r := range requests[:min(len(requests), 16)] {
		a, again := ask(h, r), ask(h, r)
		if row.Preflight {
			judgePreflight(row, a, r, found)
		} else {
			judgeActual(row, a, r, found)
		}
		if !ask(h, r, "Accept-Encoding").lists("Vary", "Accept-Encoding") {
			found[LosesVary] = true
		}
		if sharesSlice(a.header, again.header) {
			found[SharesSlices] = true
		}
	}
	for _, m := range traits {
		switch m {
		case LeavesToLists:
			found[m] = found[m] || row.Preflight && row.OriginAllowed
		case TakesNoOrigin:
			found[m] = found[m] || row.Set.Patterns
		case AnyOptions:
			found[m] = found[m] || row.Preflight && !row.OriginAllowed
		}
	}
	var in []Mark
	for _, m := range marks {
		if found[m] {
			in = append(in, m)
		}
	}
	return in
}

func judgeActual(row Row, a answer, r *http.Request, found map[Mark]bool) {
	switch row.Want {
	case Allowed:
		if !a.letsIn(r) || !a.lists("Access-Control-Expose-Headers", "X-Request-Id", "X-Total-Count") {
			found[Wrong] = true
		}
	default:
		if a.mentions() {
			found[Wrong] = true
		}
	}
	if a.status != reached {
		found[StopsRequest] = true
	}
	// Not of preflights: no cache keeps the answer to an OPTIONS,
	// https://www.rfc-editor.org/rfc/rfc9110#section-9.3.7.
	if !a.lists("Vary", "Origin") && !a.lists("Vary", "*") {
		found[NoVary] = true
	}
}

func judgePreflight(row Row, a answer, r *http.Request, found map[Mark]bool) {
	switch granted := a.grants(r); {
	case a.status == reached:
		found[Wrong] = true // the handler is not to see preflights
	case row.Want == Allowed && (!granted || a.header.Get("Access-Control-Max-Age") != "600"):
		found[Wrong] = true
	case row.Want == Refused && granted:
		found[Wrong] = true
	case row.Want == Refused && a.mentions():
		found[LeavesToLists] = true
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

// noOrigins are what a browser never sends, and ends like an origin under
// https://*.example.com.
var noOrigins = []string{
	"https://evil.example/.example.com",
	"https://evil.example#.example.com",
	"https://evil.example?.example.com",
	"https://user@app.example.com",
	"https://..example.com",
	"https://a b.example.com",
	"https://\x00.example.com",
}

// traitsOf finds out about a peer what single rows do not show.
func traitsOf(p Peer) ([]Mark, error) {
	var traits []Mark
	set := Set{N: 1}
	origins := set.origins()
	h, err := build(p, set, origins)
	if err != nil {
		return nil, err
	}
	refused := func(method, headers string) bool {
		return !ask(h, preflight(origins[0], method, headers)).mentions()
	}
	if !refused("PURGE", "content-type") && !refused("PUT", "x-stranger") {
		traits = append(traits, LeavesToLists)
	}
	plain := get("https://stranger.example")
	plain.Method = http.MethodOptions
	if ask(h, plain).status != reached {
		traits = append(traits, AnyOptions)
	}
	if p.leftOut(Row{Set: Set{N: 1, Patterns: true}}) != "" {
		return traits, nil
	}
	h, err = p.Build(policyFor([]string{"https://*.example.com"}, true), behind)
	if err != nil {
		return nil, err
	}
	for _, o := range noOrigins {
		if ask(h, get(o)).mentions() {
			return append(traits, TakesNoOrigin), nil
		}
	}
	return traits, nil
}

// A Check is one thing that an answer should be, whatever it costs.
type Check struct {
	Title string

	// holds reports whether it is so. The handler's policy lets
	// https://app.example.com in, and the pattern https://*.example.com where
	// the peer has patterns.
	holds func(h http.Handler) bool

	patterns bool // it is about patterns
	// origins replaces https://app.example.com.
	origins []string
}

const checkOrigin = "https://app.example.com"

// Checks returns what all middlewares are checked for.
func Checks() []Check {
	mentions := func(r *http.Request) func(http.Handler) bool {
		return func(h http.Handler) bool { return ask(h, r).mentions() }
	}
	not := func(f func(http.Handler) bool) func(http.Handler) bool {
		return func(h http.Handler) bool { return !f(h) }
	}
	grants := func(r *http.Request) func(http.Handler) bool {
		return func(h http.Handler) bool { return ask(h, r).grants(r) }
	}
	two := get(checkOrigin)
	two.Header.Add("Origin", "https://evil.example")
	const stranger = "https://stranger.example"
	return []Check{
		{Title: "an allowed GET may be read, with credentials, and its exposed headers too", holds: func(h http.Handler) bool {
			r := get(checkOrigin)
			a := ask(h, r)
			return a.letsIn(r) && a.lists("Access-Control-Expose-Headers", "X-Request-Id", "X-Total-Count")
		}},
		{Title: "an allowed GET has Vary: Origin", holds: func(h http.Handler) bool {
			return ask(h, get(checkOrigin)).lists("Vary", "Origin")
		}},
		{Title: "a refused GET has Vary: Origin", holds: func(h http.Handler) bool {
			return ask(h, get(stranger)).lists("Vary", "Origin")
		}},
		{Title: "a GET without Origin has Vary: Origin", holds: func(h http.Handler) bool {
			return ask(h, request("GET")).lists("Vary", "Origin")
		}},
		{Title: "a Vary that was set before stays, on all answers", origins: []string{checkOrigin, "https://shop.example.com"},
			holds: func(h http.Handler) bool {
				for _, r := range []*http.Request{get(checkOrigin), get(stranger), request("GET"), ordinary(checkOrigin), ordinary(stranger)} {
					if !ask(h, r, "Accept-Encoding").lists("Vary", "Accept-Encoding") {
						return false
					}
				}
				return true
			}},
		{Title: "a Vary that has Origin already is not given it twice", holds: func(h http.Handler) bool {
			return strings.Count(strings.Join(ask(h, get(checkOrigin), "Origin").header["Vary"], ","), "Origin") == 1
		}},
		{Title: "a refused GET reaches the handler", holds: func(h http.Handler) bool {
			return ask(h, get(stranger)).status == reached
		}},
		{Title: "an OPTIONS without Origin reaches the handler", holds: func(h http.Handler) bool {
			return ask(h, request("OPTIONS")).status == reached
		}},
		{Title: "an OPTIONS that is no preflight reaches the handler", holds: func(h http.Handler) bool {
			return ask(h, request("OPTIONS", "Origin", checkOrigin)).status == reached
		}},
		{Title: "an ordinary preflight is granted", holds: grants(ordinary(checkOrigin))},
		{Title: "its headers may be in any order and case", holds: grants(preflight(checkOrigin, "PUT", "X-Requested-With, Content-Type,authorization"))},
		{Title: "its headers may be on several lines", holds: grants(request("OPTIONS", "Origin", checkOrigin, askMethod, "PUT", askHeaders, "authorization", askHeaders, "content-type"))},
		{Title: "a preflight is refused by its origin", holds: not(mentions(ordinary(stranger)))},
		{Title: "a preflight is refused by its method", holds: not(mentions(preflight(checkOrigin, "PURGE", "authorization")))},
		{Title: "the case of a method counts", holds: not(mentions(preflight(checkOrigin, "put", "authorization")))},
		{Title: "a preflight is refused by its headers", holds: not(mentions(preflight(checkOrigin, "PUT", "x-stranger")))},
		{Title: "a preflight is refused by headers on a second line", holds: not(grants(request("OPTIONS", "Origin", checkOrigin, askMethod, "PUT", askHeaders, "authorization", askHeaders, "x-stranger")))},
		{Title: "an Origin in upper case is refused, as no browser sends it", holds: not(mentions(get(strings.ToUpper(checkOrigin))))},
		{Title: "two Origin fields are refused", holds: not(mentions(two))},
		{Title: "a pattern lets in a subdomain", patterns: true, holds: mentions(get(checkOrigin))},
		{Title: "a pattern lets in nothing that is no origin", patterns: true, holds: func(h http.Handler) bool {
			for _, o := range noOrigins {
				if ask(h, get(o)).mentions() {
					return false
				}
			}
			return true
		}},
		{Title: "no two responses have a slice in common", holds: func(h http.Handler) bool {
			for _, r := range []*http.Request{get(checkOrigin), get(stranger), request("GET"), ordinary(checkOrigin), ordinary(stranger)} {
				if sharesSlice(ask(h, r).header, ask(h, r).header) {
					return false
				}
			}
			return true
		}},
		{Title: "no hostile request of 1 MB takes more than 4 KiB", holds: func(h http.Handler) bool {
			for _, row := range Rows() {
				if !strings.HasPrefix(row.ID, "hostile-") {
					continue
				}
				origins := []string{checkOrigin}
				if takesMore(h, row.Requests(Set{N: 1}, origins), 4<<10) {
					return false
				}
			}
			return true
		}},
	}
}

// takesMore reports whether answering a request takes more memory than limit,
// once pools are full: it has to every time, so that one measurement below it is
// enough. Regular expressions take theirs from a sync.Pool, and to fill that
// again takes 37 KiB. Collections empty it, and under the race detector every
// fourth thing that is put back is thrown away, so that half the requests of an
// odd origin find it empty.
func takesMore(h http.Handler, requests []*http.Request, limit uint64) bool {
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

// Checked is what a Check showed: for each peer true, false, or nothing where
// it does not apply.
type Checked struct {
	Title string
	Holds map[string]bool
}

// RunChecks checks all peers that are middlewares.
func RunChecks() ([]Checked, error) {
	var all []Checked
	for _, c := range Checks() {
		done := Checked{c.Title, make(map[string]bool)}
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
			h, err := p.Build(policyFor(origins, c.patterns), behind)
			if err != nil {
				return nil, &BuildError{p.Name, err}
			}
			done.Holds[p.Name] = c.holds(h)
		}
		all = append(all, done)
	}
	return all, nil
}

// A BuildError tells that a peer does not take the policy.
type BuildError struct {
	Peer string
	Err  error
}

func (e *BuildError) Error() string { return "building " + e.Peer + ": " + e.Err.Error() }
func (e *BuildError) Unwrap() error { return e.Err }
