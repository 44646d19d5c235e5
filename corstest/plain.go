package corstest

import (
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
)

// What Check looks at without a browser: what proxies, caches and strangers
// make of a middleware.

// grants reports whether an answer names who it lets in, and does so because of
// the request: a server that names one origin in all its answers lets nobody
// else in by that.
func (c *checker) grants(a *reply) bool {
	who := a.allowOrigin()
	return who != "" && who != "*" && who != c.constant()
}

// constant is the Access-Control-Allow-Origin of an answer to nobody.
func (c *checker) constant() string {
	defer func(e evidence) { c.evidence = e }(c.evidence)
	return c.get().allowOrigin()
}

// oddOrigins sends what no browser does.
func (c *checker) oddOrigins() {
	if c.within.any {
		return // there is nobody to keep out
	}
	for _, o := range c.allowed {
		if a := c.get(strings.ToUpper(o)); c.grants(a) {
			c.find(upperCaseOriginLetIn, "the Origin %s is let in", strings.ToUpper(o))
		}
		for _, lines := range [][]string{{o, c.stranger}, {c.stranger, o}} {
			if a := c.get(lines...); c.grants(a) {
				c.find(twoOriginsLetIn, "a request with the two Origins %s is answered with Access-Control-Allow-Origin: %s", strings.Join(lines, " and "), show(a.allowOrigin()))
			}
		}
		for _, odd := range oddSpellings(o) {
			if c.within.match(odd) {
				continue
			}
			if a := c.get(odd); c.grants(a) {
				c.find(notAnOriginLetIn, "the Origin %s is let in", show(odd))
			}
		}
	}
}

// oddSpellings are no origins, and begin or end like one.
func oddSpellings(o string) []string {
	scheme, rest, _ := strings.Cut(o, "://")
	host, _ := splitPort(rest)
	end := rest // what a pattern may look for at the end
	if _, parent, ok := strings.Cut(host, "."); ok {
		end = "." + parent + strings.TrimPrefix(rest, host)
	}
	var out []string
	for _, before := range []string{"https://evil.example/", "https://evil.example#", "https://evil.example?", "https://evil.example\\", scheme + "://user@", scheme + "://.", scheme + "://a b", scheme + "://evil.example:80", scheme + "://"} {
		out = append(out, before+end)
	}
	return append(out,
		o+"/", o+"/evil", o+"?", o+"#", o+":443", o+":", o+":0", o+"@evil.example", o+",https://evil.example",
		o+" https://evil.example", o+"\\.evil.example", o+"%00.evil.example", o+".evil.example/", "https://evil.example,"+o,
		"https://evil.example "+o, scheme+"://user@"+rest, scheme+":"+rest, rest, " "+o, o+"\t", scheme+":///"+rest,
	)
}

// corsHeaders are those of an answer that tell what a page may do with it.
func corsHeaders(a *reply) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(a.header)) {
		if strings.HasPrefix(name, "Access-Control-") || name == "Timing-Allow-Origin" {
			b.WriteString(name + ": " + strings.Join(a.header[name], ", ") + "\n")
		}
	}
	return b.String()
}

// vary looks at what a cache may give to whom. Answers to OPTIONS are in no
// cache (https://www.rfc-editor.org/rfc/rfc9110#section-9.3.7).
func (c *checker) vary() {
	type asked struct {
		kind, sentence string
		origins        []string
	}
	all := []asked{
		{varyMissingAllowed, "an answer to " + c.allowed[0] + " has no Vary: Origin", []string{c.allowed[0]}},
		{varyMissingWithout, "an answer to a request without Origin has no Vary: Origin", nil},
	}
	if c.stranger != "" {
		all = append(all, asked{varyMissingRefused, "an answer to " + c.stranger + " has no Vary: Origin", []string{c.stranger}})
	}
	depends := false
	for _, q := range all {
		a, first := c.get(q.origins...), c.get(all[0].origins...)
		depends = depends || corsHeaders(a) != corsHeaders(first) || a.status != first.status
	}
	if another := c.allowed[len(c.allowed)-1]; corsHeaders(c.get(another)) != corsHeaders(c.get(c.allowed[0])) {
		depends = true
	}
	for _, q := range all {
		varies := func(a *reply) bool {
			return slices.Contains(a.members("Vary"), "origin") || slices.Contains(a.members("Vary"), "*")
		}
		if a := c.get(q.origins...); depends && !varies(a) {
			c.find(q.kind, "%s", q.sentence)
		}
		a := c.ask(http.MethodGet, originLines(q.origins...), http.Header{"Vary": {"Accept-Encoding"}})
		if !slices.Contains(a.members("Vary"), "accept-encoding") {
			c.find(varyLost, "the Vary: Accept-Encoding that was set before the middleware is gone")
		}
		a = c.ask(http.MethodGet, originLines(q.origins...), http.Header{"Vary": {"Accept-Encoding, Origin"}})
		n := 0
		for _, m := range a.members("Vary") {
			if m == "origin" {
				n++
			}
		}
		if n > 1 {
			c.find(varyDoubled, "the Vary: Origin that was set before the middleware comes out %d times", n)
		}
	}
}

// passesOn looks at which requests the handler gets to see.
func (c *checker) passesOn() {
	c.next = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }
	defer func() { c.next = nil }()
	for _, q := range []struct {
		header   http.Header
		sentence string
	}{
		{http.Header{}, "an OPTIONS without Origin"},
		{originLines(c.allowed[0]), "an OPTIONS without Access-Control-Request-Method"},
	} {
		if a := c.ask(http.MethodOptions, q.header, nil); !a.reached {
			c.find(optionsSwallowed, "%s does not reach the handler, and gets the status %d", q.sentence, a.status)
		}
	}
	methods := append([]string{"GET", "HEAD", "POST"}, c.promisedMethods()...)
	for _, m := range methods {
		if m == http.MethodOptions {
			continue
		}
		if a := c.ask(m, http.Header{}, nil); !a.reached {
			c.find(actualRequestSwallowed, "a %s without Origin does not reach the handler, and gets the status %d", m, a.status)
		}
		if a := c.ask(m, originLines(c.allowed[0]), nil); !a.reached {
			c.find(actualRequestSwallowed, "a %s of %s does not reach the handler, and gets the status %d", m, c.allowed[0], a.status)
		}
	}
	if c.stranger == "" {
		return
	}
	for _, m := range []string{"GET", "POST"} {
		if a := c.ask(m, originLines(c.stranger), nil); !a.reached {
			c.find(foreignRequestSwallowed, "a %s of %s does not reach the handler, and gets the status %d", m, c.stranger, a.status)
		}
	}
}

// What costs what: a request of a mebibyte, which is as much as net/http takes
// unless told otherwise, may not cost more than a sixteenth of it in memory.
const (
	huge      = 1 << 20
	tolerated = huge / 16
)

func (c *checker) costs() {
	first := c.allowed[0]
	for _, o := range []string{
		"https://" + strings.Repeat("a", huge),
		"https://" + strings.Repeat("a.", huge/2) + "example.com",
		"https://" + strings.Repeat("A", huge),
		first + strings.Repeat(".evil.example", huge/13),
		strings.Replace(first, "://", "://"+strings.Repeat("a.", huge/2), 1),
		strings.Repeat(first, huge/len(first)),
	} {
		if c.allocates(http.MethodGet, http.Header{"Origin": {o}}) {
			c.find(hugeOriginCosts, "an Origin of 1 MiB makes the middleware allocate more than %d KiB", tolerated>>10)
		}
	}
	name := "x-corstest"
	if names := c.someHeaders(); len(names) > 0 {
		name = lower(names[0])
	}
	const lines = 1 << 12
	shortLines, emptyLines := make([]string, lines), make([]string, lines)
	for i := range lines {
		shortLines[i] = strings.Repeat(name+",", huge/lines/(len(name)+1))
		emptyLines[i] = strings.Repeat(",", huge/lines)
	}
	for _, asked := range [][]string{
		{strings.Repeat("a", huge)},
		{strings.Repeat("A", huge)},
		{strings.Repeat(",", huge)},
		{strings.Repeat(" ", huge)},
		{strings.Repeat("a,", huge/2)},
		{strings.Repeat("A, ", huge/3)},
		{strings.Repeat(name+",", huge/(len(name)+1))},
		shortLines,
		emptyLines,
	} {
		if c.allocates(http.MethodOptions, http.Header{"Origin": {first}, "Access-Control-Request-Method": {"PUT"}, askedHeaders: asked}) {
			c.find(hugeHeadersCost, "a preflight with 1 MiB of %s makes the middleware allocate more than %d KiB", askedHeaders, tolerated>>10)
		}
	}
}

// allocates reports whether answering takes more memory than is tolerated: the
// least of a dozen measurements, as others allocate too, and as a sync.Pool that
// was emptied (by the collector, or for sport by the race detector) is refilled
// at a cost that is not the request's.
func (c *checker) allocates(method string, header http.Header) bool {
	r, err := http.NewRequest(method, defaultBase+checkPath, nil)
	if err != nil {
		panic(err)
	}
	r.RequestURI, r.RemoteAddr, r.Body = checkPath, "127.0.0.1:1", http.NoBody
	r.URL.Scheme, r.URL.Host = "", ""
	c.evidence = evidence{}
	least := ^uint64(0)
	c.next = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	defer func() { c.next = nil }()
	for range 12 {
		r.Header = header.Clone()
		w := &discarding{header: make(http.Header, 16)}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		func() {
			defer func() { recover() }()
			guarded{c, c.handler}.ServeHTTP(w, r)
		}()
		runtime.ReadMemStats(&after)
		if least = min(least, after.TotalAlloc-before.TotalAlloc); least <= tolerated {
			return false
		}
	}
	c.evidence = evidence{requestText(r), "(it is what the answer costs)"}
	return true
}

// discarding is an http.ResponseWriter that costs nothing.
type discarding struct{ header http.Header }

func (w *discarding) Header() http.Header         { return w.header }
func (w *discarding) WriteHeader(int)             {}
func (w *discarding) Write(b []byte) (int, error) { return len(b), nil }

// sharing writes into every header value that a handler, or a middleware around
// this one, gets to see, and looks whether later answers are the same as before.
func (c *checker) sharing() {
	preflight := func(o string) http.Header {
		h := http.Header{"Origin": {o}, "Access-Control-Request-Method": {c.anyMethod()}}
		if names := c.someHeaders(); len(names) > 0 {
			slices.SortFunc(names, func(a, b string) int { return strings.Compare(lower(a), lower(b)) })
			h[askedHeaders] = []string{lower(strings.Join(names, ","))}
		}
		return h
	}
	type asked struct {
		method string
		header func() http.Header
	}
	list := []asked{
		{"GET", func() http.Header { return http.Header{} }},
		{"OPTIONS", func() http.Header { return http.Header{} }},
	}
	for _, o := range []string{c.allowed[0], c.allowed[len(c.allowed)-1], c.stranger} {
		if o != "" {
			list = append(list,
				asked{"GET", func() http.Header { return http.Header{"Origin": {o}} }},
				asked{"OPTIONS", func() http.Header { return preflight(o) }})
		}
	}
	text := func(a *reply) string { return headerText("", a.header, func(string) bool { return false }) }
	var before []string
	for _, q := range list {
		before = append(before, text(c.ask(q.method, q.header(), nil)))
	}
	var undo []func()
	spoil := func(h http.Header) {
		for _, values := range h {
			values = values[:cap(values)] // append() would write there
			for i, old := range values {
				undo = append(undo, func() { values[i] = old })
				values[i] = "corstest"
			}
		}
	}
	defer func() {
		for _, f := range slices.Backward(undo) {
			f()
		}
	}()
	c.next = func(w http.ResponseWriter, r *http.Request) {
		spoil(w.Header())
		w.WriteHeader(http.StatusOK)
	}
	for _, q := range list {
		spoil(c.ask(q.method, q.header(), nil).header)
	}
	c.next = nil
	for i, q := range list {
		if a := c.ask(q.method, q.header(), nil); text(a) != before[i] {
			c.find(sharedHeaderValues, "after a handler wrote into its header values, an answer to %s is another", describe(q.method, q.header()))
		}
	}
}

func describe(method string, h http.Header) string {
	if o := h.Get("Origin"); o != "" {
		return "the " + method + " of " + o
	}
	return "a request without Origin (" + method + ")"
}
