package conformance

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// Generate returns the cases of a seed with the indices 0 to n-1. A case depends
// only on its seed and its index, not on n.
func Generate(seed uint64, n int) []Case {
	cases := make([]Case, n)
	for i := range cases {
		cases[i] = GenerateCase(seed, i)
	}
	return cases
}

// GenerateCase returns the case of a seed with an index, which is also its ID.
//
// In most cases the responses first allow what the request needs. Then one or
// two things are broken, or changed in a way that should not matter. About half
// of all cases succeed in a browser.
func GenerateCase(seed uint64, index int) Case { return generateCase(seed, index, index) }

func generateCase(seed uint64, index, id int) Case {
	g := newGenerator(seed, index, id)
	c := Case{ID: id, Page: Page{Host: "a"}}
	c.Family = weighted(g, []choice[string]{{"cors", 60}, {"cache", 10}, {"cookie", 10}, {"corp", 8}, {"element", 12}})
	switch c.Family {
	case "cors":
		g.cors(&c)
	case "cache":
		g.cache(&c)
	case "cookie":
		g.cookie(&c)
	case "corp":
		g.corp(&c)
	case "element":
		g.element(&c)
	}
	return c
}

type generator struct {
	*rand.Rand
	id int // of the case
}

func newGenerator(seed uint64, index, id int) *generator {
	g := &generator{rand.New(rand.NewPCG(seed, uint64(index))), id}
	// Seeds and indices are small numbers, which the first values of the
	// random source may show.
	for range 4 {
		g.Uint64()
	}
	return g
}

// A choice is a value with its weight relative to the other choices.
type choice[T any] struct {
	value  T
	weight int
}

// weighted draws one of the choices.
func weighted[T any](g *generator, choices []choice[T]) T {
	total := 0
	for _, c := range choices {
		total += c.weight
	}
	n := g.IntN(total)
	for _, c := range choices {
		if n -= c.weight; n < 0 {
			return c.value
		}
	}
	panic("unreachable: weights are positive")
}

// oneOf draws one of the values.
func oneOf[T any](g *generator, values ...T) T { return values[g.IntN(len(values))] }

// percent returns true with a probability of p percent.
func (g *generator) percent(p int) bool { return g.IntN(100) < p }

// url returns the URL of the case's hop n on a host.
func (g *generator) url(host string, n int) string {
	return fmt.Sprintf("http://{%s}/c/%d/%d", host, g.id, n)
}

func pointer(s string) *string { return &s }

// --- Pages ------------------------------------------------------------------

func (g *generator) page() Page {
	p := Page{Host: "a"}
	switch n := g.IntN(100); {
	case n < 14:
		p.Sandboxed = true
	case n < 32:
		p.ReferrerPolicy = oneOf(g,
			"no-referrer", "origin", "same-origin", "strict-origin", "unsafe-url", "no-referrer-when-downgrade")
	case n < 36:
		p.Host = "sub.a"
	}
	return p
}

// target draws the host of a request: the page's own, or one of the same site or
// of another site.
func (g *generator) target(page Page) string {
	other := map[string]string{"a": "sub.a", "sub.a": "a"}[page.Host]
	return weighted(g, []choice[string]{{page.Host, 14}, {other, 14}, {"a2", 12}, {"b", 50}, {"c", 10}})
}

// pageOrigin returns the page's origin as browsers send it.
func pageOrigin(p Page) string {
	if p.Sandboxed {
		return "null"
	}
	return "http://{" + p.Host + "}"
}

// --- Requests ---------------------------------------------------------------

// header draws a request header that a script sets. The values test what browsers
// check: lengths, unsafe bytes, MIME type parameters and ranges.
func (g *generator) header() [2]string {
	n := func(total int, prefix string) string { return prefix + strings.Repeat("a", total-len(prefix)) }
	return weighted(g, []choice[func() [2]string]{
		{func() [2]string { return [2]string{"X-Custom", oneOf(g, "1", "", "two words", "ü")} }, 14},
		{func() [2]string {
			return [2]string{oneOf(g, "X-A", "x-b", "X-Requested-With", "If-None-Match", "X-CUSTOM"), "v"}
		}, 10},
		{func() [2]string {
			return [2]string{"Content-Type", oneOf(g, "text/plain", "application/json", "text/plain;charset=UTF-8",
				"multipart/form-data; boundary=x", "application/x-www-form-urlencoded", `text/plain; charset="utf-8"`,
				"TEXT/PLAIN", "text/plain;garbage", "text/html", "text/plain, text/plain", "", "text", n(128, "text/plain;a="),
				n(129, "text/plain;a="), "application/xml", "text/plain;a=(b)")}
		}, 14},
		{func() [2]string {
			return [2]string{"Accept", oneOf(g, "*/*", "application/json", "text/html;q=0.9", "é", `a"b`, "a{b", n(128, "a/"), n(129, "a/"), "a/b:c", "")}
		}, 8},
		{func() [2]string {
			return [2]string{oneOf(g, "Accept-Language", "Content-Language"), oneOf(g, "de", "en-US,en;q=0.5", "de_DE", "*", "é", n(128, "de"), n(129, "de"), "a@b")}
		}, 6},
		{func() [2]string {
			return [2]string{"Range", oneOf(g, "bytes=0-", "bytes=0-10", "bytes=-10", "bytes=5-1", "BYTES=0-1", "bytes=0-1,3-4",
				"bytes= 0-1", "bytes=99999999999999999999-", "items=0-1", "bytes=0-99999999999999999999")}
		}, 6},
		{func() [2]string { return [2]string{"Authorization", oneOf(g, "Bearer x", "Basic dTpw")} }, 8},
		{func() [2]string { return [2]string{"User-Agent", "conformance"} }, 2},
		{func() [2]string {
			return oneOf(g, [2]string{"DPR", "2"}, [2]string{"Save-Data", "on"}, [2]string{"Device-Memory", "8"},
				[2]string{"Viewport-Width", "100"}, [2]string{"Width", "100"}, [2]string{"Downlink", "1"}, [2]string{"RTT", "100"}, [2]string{"ECT", "4g"})
		}, 4},
		{func() [2]string {
			return [2]string{oneOf(g, "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"), oneOf(g, "TRACE", "PUT", "get, track", `"connect"`)}
		}, 3},
		{func() [2]string {
			return [2]string{oneOf(g, "Sec-Custom", "Proxy-Custom", "Origin", "Referer", "Cookie", "Host", "Date", "Via",
				"Access-Control-Request-Method", "Set-Cookie", "Expect", "Content-Length", "DNT", "TE", "Accept-Charset",
				"Keep-Alive", "Upgrade", "Cookie2", "Accept-Encoding", "Access-Control-Request-Headers"), "1"}
		}, 4},
		{func() [2]string {
			return [2]string{oneOf(g, "Cache-Control", "Pragma", "If-Modified-Since", "Early-Data"), "no-cache"}
		}, 2},
		{func() [2]string {
			return oneOf(g, [2]string{"X Y", "1"}, [2]string{"X-Bad", "a\nb"}, [2]string{"", "1"})
		}, 1},
	})()
}

// headers draws the headers that a script sets.
func (g *generator) headers() [][2]string {
	var hs [][2]string
	switch n := g.IntN(100); {
	case n < 45:
		return nil
	case n < 48:
		// Each is safelisted, but together they may have more than 1,024 bytes.
		long := oneOf(g, 128, 127, 126)
		for _, name := range []string{"Accept", "Accept-Language", "Content-Language"} {
			hs = append(hs, [2]string{name, strings.Repeat("a", long)})
		}
		hs = append(hs, [2]string{"Content-Type", "text/plain;" + strings.Repeat("a", long-11)})
		hs = append(hs, [2]string{"Range", "bytes=1" + strings.Repeat("0", long-8) + "-"})
		return hs
	case n < 50:
		return [][2]string{{"X-Custom", "1"}, {"x-custom", "2"}}
	case n < 51:
		return [][2]string{{"Accept", strings.Repeat("a", 70)}, {"Accept", strings.Repeat("b", 70)}}
	}
	for range 1 + g.IntN(3) {
		h := g.header()
		if !slices.ContainsFunc(hs, func(o [2]string) bool { return strings.EqualFold(o[0], h[0]) }) {
			hs = append(hs, h)
		}
	}
	return hs
}

func (g *generator) method() string {
	return weighted(g, []choice[string]{
		{"", 30}, {"GET", 12}, {"POST", 22}, {"PUT", 9}, {"DELETE", 6}, {"HEAD", 5}, {"PATCH", 4}, {"patch", 2}, {"put", 2},
		{"post", 1}, {"OPTIONS", 2}, {"CHICKEN", 3}, {"delete", 1}, {"CONNECT", 1}, {"track", 1}, {"G T", 1},
	})
}

func (g *generator) body(q *Request) {
	q.BodyKind = weighted(g, []choice[string]{{"string", 40}, {"bytes", 12}, {"urlencoded", 20}, {"blob", 20}, {"", 8}})
	switch q.BodyKind {
	case "":
		return
	case "blob":
		q.BodyType = oneOf(g, "", "text/plain", "application/json", "image/png", "text/plain;charset=utf-8")
	}
	q.Body = oneOf(g, "a=1", "", "hello", "ü")
}

// scriptRequest draws a request of fetch or XMLHttpRequest, without its URL.
func (g *generator) scriptRequest() Request {
	q := Request{Via: "fetch", Method: g.method(), Headers: g.headers()}
	if g.percent(16) {
		q.Via = "xhr"
	}
	switch strings.ToUpper(q.Method) {
	case "", "GET", "HEAD":
		if g.percent(1) {
			g.body(&q) // fetch throws a TypeError
		}
	default:
		g.body(&q)
	}
	if q.Via == "xhr" {
		if g.percent(35) {
			q.Credentials = "include"
		}
		q.UploadListener = g.percent(15)
		return q
	}
	if q.Method == "POST" && g.percent(3) {
		q.BodyKind, q.Body = "stream", "streamed"
	}
	q.Mode = weighted(g, []choice[string]{{"", 55}, {"cors", 22}, {"no-cors", 14}, {"same-origin", 5}})
	if q.Mode == "no-cors" && g.percent(75) {
		q.Method = oneOf(g, "", "GET", "HEAD", "POST", "POST")
		if q.Method == "POST" {
			g.body(&q)
		} else {
			q.BodyKind, q.Body, q.BodyType = "", "", ""
		}
	}
	q.Credentials = weighted(g, []choice[string]{{"", 42}, {"same-origin", 4}, {"include", 34}, {"omit", 20}})
	q.Redirect = weighted(g, []choice[string]{{"", 86}, {"error", 6}, {"manual", 8}})
	q.Cache = weighted(g, []choice[string]{{"", 84}, {"no-store", 8}, {"reload", 5}, {"no-cache", 3}})
	if g.percent(14) {
		q.ReferrerPolicy = g.referrerPolicy()
	}
	if g.percent(5) {
		q.Referrer = pointer(oneOf(g, "", "about:client", "http://{a}/some/where?x", "http://{b}/else"))
	}
	return q
}

func (g *generator) referrerPolicy() string {
	return oneOf(g, "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin",
		"origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url")
}

// --- Responses ----------------------------------------------------------------

// unsafeNames lists a request's header names in lower case as a server would
// allow them, whether or not a browser needs permission for them.
func unsafeNames(q Request) []string {
	var names []string
	for _, h := range q.Headers {
		name := strings.ToLower(h[0])
		if name != "" && !strings.Contains(name, " ") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if q.BodyKind != "" && !slices.Contains(names, "content-type") {
		names = append(names, "content-type")
	}
	return names
}

// grantOrigin returns the header lines that allow a request's origin.
func (g *generator) grantOrigin(q Request, p Page) [][2]string {
	include := q.Credentials == "include"
	value := "{origin}"
	switch n := g.IntN(10); {
	case n < 3 && !include:
		value = "*"
	case n < 5:
		value = pageOrigin(p)
	}
	hs := [][2]string{{"Access-Control-Allow-Origin", value}}
	if include || g.percent(10) {
		hs = append(hs, [2]string{"Access-Control-Allow-Credentials", "true"})
	}
	return hs
}

// preflight returns a preflight response that allows the request.
func (g *generator) preflight(q Request, p Page) Response {
	include := q.Credentials == "include"
	r := Response{Status: oneOf(g, 200, 204, 204), Headers: g.grantOrigin(q, p)}
	method := q.Method
	if up := strings.ToUpper(method); slices.Contains([]string{"DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"}, up) {
		method = up
	}
	safe := slices.Contains([]string{"", "GET", "HEAD", "POST"}, method)
	switch n := g.IntN(10); {
	case n < 3 && !include:
		r.add("Access-Control-Allow-Methods", "*")
	case n < 6 && !safe:
		r.add("Access-Control-Allow-Methods", method)
	case !safe:
		r.add("Access-Control-Allow-Methods", "GET, POST, "+method+", OPTIONS")
	case n < 6:
		r.add("Access-Control-Allow-Methods", "GET, POST")
	}
	names := unsafeNames(q)
	switch n := g.IntN(10); {
	case n < 3 && !include && !slices.Contains(names, "authorization"):
		r.add("Access-Control-Allow-Headers", "*")
	case len(names) > 0 && n < 8:
		r.add("Access-Control-Allow-Headers", strings.Join(names, oneOf(g, ",", ", ")))
	case len(names) > 0:
		for _, name := range names {
			r.add("Access-Control-Allow-Headers", name)
		}
	case n == 9:
		r.add("Access-Control-Allow-Headers", "x-unused")
	}
	if g.percent(15) {
		r.add("Access-Control-Max-Age", "60")
	}
	return r
}

// add adds a header line at the end.
func (r *Response) add(name, value string) { r.Headers = append(r.Headers, [2]string{name, value}) }

// remove removes all lines of a name.
func (r *Response) remove(name string) {
	r.Headers = slices.DeleteFunc(r.Headers, func(h [2]string) bool { return strings.EqualFold(h[0], name) })
}

// set replaces all lines of a name by lines with the values.
func (r *Response) set(name string, values ...string) {
	r.remove(name)
	for _, v := range values {
		r.add(name, v)
	}
}

// get returns the first value of a name.
func (r *Response) get(name string) string {
	for _, h := range r.Headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

// actual returns a response to the actual request that allows it. HTTP caches must
// not store it, so that every request arrives at the server.
func (g *generator) actual(q Request, p Page) Response {
	r := Response{
		Status: weighted(g, []choice[int]{
			{0, 74}, {201, 4}, {204, 4}, {206, 1}, {205, 1}, {299, 1}, {304, 1},
			{400, 2}, {401, 2}, {403, 2}, {404, 4}, {500, 3}, {503, 1},
		}),
		Headers: [][2]string{{"Cache-Control", "no-store"}},
		Body:    "hello",
	}
	switch r.Status {
	case 204, 205, 304:
		r.Body = ""
	}
	if g.percent(60) {
		r.add("Content-Type", oneOf(g, "text/plain", "application/json", "text/html; charset=utf-8"))
	}
	r.Headers = append(r.Headers, g.grantOrigin(q, p)...)
	for range g.IntN(3) {
		r.add(oneOf(g, "X-One", "X-Two", "ETag", "Content-Language", "Expires", "Last-Modified", "Pragma", "Server", "x-one", "Set-Cookie2"),
			oneOf(g, "1", "2"))
	}
	if r.get("Last-Modified") != "" {
		r.set("Last-Modified", "Mon, 02 Nov 2020 10:00:00 GMT")
	}
	if g.percent(8) {
		r.add("Set-Cookie", fmt.Sprintf("s_%d=1; Path=/c/%d/", g.id, g.id))
	}
	if g.percent(35) {
		g.expose(&r)
	}
	return r
}

// expose adds Access-Control-Expose-Headers.
func (g *generator) expose(r *Response) {
	const name = "Access-Control-Expose-Headers"
	switch g.IntN(12) {
	case 0, 1, 2:
		r.add(name, "*")
	case 3, 4:
		r.add(name, "X-One")
	case 5:
		r.add(name, "x-one, ETag,server")
	case 6:
		r.add(name, "X-One, Set-Cookie, Set-Cookie2")
	case 7:
		r.add(name, "X-One")
		r.add(name, "X-Two")
	case 8:
		r.add(name, oneOf(g, "X-One, b@d", "X One", "X-One X-Two", `"X-One"`))
	case 9:
		r.add(name, ", X-One,, X-Two,")
	case 10:
		r.add(name, "X-One, *")
	case 11:
		r.add(name, "")
	}
}

// breakOrigin changes the header lines that allow an origin. For some requests
// the change has no effect.
func (g *generator) breakOrigin(r *Response, p Page) {
	const name = "Access-Control-Allow-Origin"
	own := pageOrigin(p)
	if g.percent(35) {
		const name = "Access-Control-Allow-Credentials"
		r.set(name, oneOf(g, []string{}, []string{"TRUE"}, []string{"True"}, []string{"true, true"}, []string{"true", "true"},
			[]string{"false"}, []string{"1"}, []string{""}, []string{"true;"}, []string{"true,"})...)
		return
	}
	r.set(name, oneOf(g,
		[]string{},
		[]string{},
		[]string{"*"},
		[]string{"null"},
		[]string{"http://other.example"},
		[]string{own + "/"},
		[]string{strings.ToUpper(own[:1]) + own[1:]},
		[]string{own, own},
		[]string{own + ", " + own},
		[]string{own + ", http://other.example"},
		[]string{own, "*"},
		[]string{"*", "*"},
		[]string{""},
		[]string{"http://a.localhost"},
		[]string{strings.Replace(own, "http:", "https:", 1)},
		[]string{"*.localhost"},
		[]string{"http://*.localhost"},
		[]string{own + ","},
		[]string{"", own},
		[]string{`"` + own + `"`},
		[]string{"{b}"},
		[]string{"http://user@{a}"},
		[]string{"NULL"},
		[]string{own + "#"},
	)...)
}

// breakList changes Access-Control-Allow-Methods or Access-Control-Allow-Headers.
func (g *generator) breakList(r *Response, name string) {
	old := r.get(name)
	first, _, _ := strings.Cut(old, ",")
	r.set(name, oneOf(g,
		[]string{},
		[]string{},
		[]string{"*"},
		[]string{strings.ToLower(old)},
		[]string{strings.ToUpper(old)},
		[]string{old + ", b@d"},
		[]string{"x y, " + old},
		[]string{old, "b/d"},
		[]string{`"` + old + `"`},
		[]string{", ," + old + ",,"},
		[]string{old, "other"},
		[]string{"other"},
		[]string{first},
		[]string{""},
		[]string{"*, " + old},
		[]string{old + ";"},
		[]string{"*", "*"},
		[]string{old + "\tx"},
		[]string{strings.ReplaceAll(old, ", ", " , ")},
		[]string{strings.ReplaceAll(old, ",", " ")},
	)...)
}

// maxAge sets Access-Control-Max-Age, often to an unusual or invalid value.
func (g *generator) maxAge(r *Response) {
	r.set("Access-Control-Max-Age", oneOf(g,
		[]string{}, []string{"0"}, []string{"-1"}, []string{"60"}, []string{"60"}, []string{"60"}, []string{"abc"}, []string{"60, 60"},
		[]string{"60", "60"}, []string{""}, []string{"5.5"}, []string{"+60"}, []string{"99999999999999999999"}, []string{"60;x"},
		[]string{"0x3c"}, []string{"60 s"}, []string{"060"}, []string{`"60"`}, []string{"600", "0"})...)
}

// damage breaks one thing in the responses of a step.
func (g *generator) damage(s *Step, p Page) {
	hop := &s.Hops[g.IntN(len(s.Hops))]
	what := weighted(g, []choice[string]{
		{"actual origin", 40}, {"preflight origin", 22}, {"methods", 14}, {"headers", 16}, {"status", 12},
		{"max-age", 2}, {"preflight body", 2},
	})
	// A mistake in a preflight response matters only if there is a preflight.
	q := s.Request
	simple := len(q.Headers) == 0 && !q.UploadListener &&
		slices.Contains([]string{"", "GET", "HEAD", "POST", "post"}, q.Method)
	if simple && g.percent(80) {
		what = "actual origin"
	}
	switch what {
	case "actual origin":
		g.breakOrigin(&hop.Actual, p)
	case "preflight origin":
		g.breakOrigin(&hop.Preflight, p)
	case "methods":
		g.breakList(&hop.Preflight, "Access-Control-Allow-Methods")
	case "headers":
		g.breakList(&hop.Preflight, "Access-Control-Allow-Headers")
	case "status":
		hop.Preflight.Status = oneOf(g, 202, 206, 299, 300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 405, 500, 501, 503)
		if st := hop.Preflight.Status; st > 300 && st < 309 && st != 304 {
			hop.Preflight.add("Location", s.Request.URL)
		}
	case "max-age":
		g.maxAge(&hop.Preflight)
	case "preflight body":
		hop.Preflight.Status, hop.Preflight.Body = 200, "not empty"
	}
}

// chain adds the hops of a step: redirects, then the last response.
func (g *generator) chain(s *Step, p Page, redirects int) {
	n := 0
	q := s.Request
	hop := func() Hop { return Hop{Preflight: g.preflight(q, p), Actual: g.actual(q, p)} }
	for ; n < redirects; n++ {
		h := hop()
		h.Actual.Status = weighted(g, []choice[int]{{302, 30}, {301, 15}, {303, 15}, {307, 22}, {308, 16}, {300, 2}})
		h.Actual.Body = ""
		h.Actual.add("Location", g.location(n+1, p))
		if g.percent(6) {
			h.Actual.add("Referrer-Policy", g.referrerPolicy())
		}
		s.Hops = append(s.Hops, h)
	}
	s.Hops = append(s.Hops, hop())
	if redirects > 0 && g.percent(12) {
		elsewhere := []string{"data:text/plain,x", "about:blank", "ftp://{a}/"}
		if q.Mode == "no-cors" || q.Via != "fetch" && q.Via != "xhr" {
			elsewhere = []string{"ftp://{a}/"} // in WebKit, scripts may be redirected to data: URLs
		}
		// The last Location is unusual or invalid.
		h := &s.Hops[redirects-1].Actual
		host := g.target(p)
		path := fmt.Sprintf("/c/%d/%d", g.id, redirects)
		h.set("Location", oneOf(g,
			[]string{},
			[]string{""},
			[]string{"http://user:pass@{" + host + "}" + path},
			[]string{"http://user@{" + p.Host + "}" + path},
			[]string{"http://user@{" + host + "}" + path},
			[]string{oneOf(g, elsewhere...)},
			[]string{"http://{" + host + "}" + path + "#fragment"},
			[]string{"http://"},
			[]string{"http://a.localhost:25/"},
			[]string{"//{" + host + "}" + path},
			[]string{"../" + fmt.Sprint(redirects)},
			[]string{fmt.Sprint(redirects)},
			[]string{"?q"},
			[]string{"http://{" + host + "}" + path + "?a b"},
			[]string{fmt.Sprintf("/c/%d/%d", g.id, redirects-1)}, // a loop
			[]string{"http://{" + host + "}" + path, "http://{" + host + "}" + path},
			[]string{"ftp://{a}/"},
		)...)
	}
}

func (g *generator) location(n int, p Page) string { return g.url(g.target(p), n) }

// redirects draws how many redirects a request follows.
func (g *generator) redirects() int {
	return weighted(g, []choice[int]{{0, 72}, {1, 19}, {2, 7}, {3, 2}})
}

// --- Families ---------------------------------------------------------------

// cors makes a case of one request by a script.
func (g *generator) cors(c *Case) {
	c.Page = g.page()
	q := g.scriptRequest()
	host := g.target(c.Page)
	q.URL = g.url(host, 0)
	switch n := g.IntN(100); {
	case n < 2:
		q.URL = strings.Replace(q.URL, "http://", "http://"+oneOf(g, "user:pass@", "user@", ":pass@", "@"), 1)
	case n < 3:
		q.URL = fmt.Sprintf("http://%s.localhost:%s/c/%d/0",
			oneOf(g, "a", "b"), oneOf(g, "25", "6667", "10080", "0"), g.id)
	case n < 4:
		q.URL = oneOf(g, "data:text/plain,hello", "data:text/html;base64,aGVsbG8=", "data:bad",
			"about:blank", "about:blank", "blob:null/x", "ftp://{a}/x")
	case n < 6:
		q.URL += oneOf(g, "?query=1", "#fragment", "?q#f", "?")
	}
	if q.Via == "xhr" && q.BodyKind != "" {
		// Chromium and Firefox rewrite the charset in the type of a text body.
		for i, h := range q.Headers {
			q.Headers[i][1] = strings.Replace(h[1], `"utf-8"`, "UTF-8", 1)
		}
	}
	s := Step{Request: q}
	redirects := g.redirects()
	if q.Mode == "no-cors" && q.Redirect != "" && g.percent(70) {
		s.Request.Redirect, q.Redirect = "", ""
	}
	g.chain(&s, c.Page, redirects)
	if g.percent(62) {
		g.damage(&s, c.Page)
		if g.percent(25) {
			g.damage(&s, c.Page)
		}
	}
	c.Steps = []Step{s}
}

// cache makes a case that requests one URL repeatedly, in the same or in another
// way. It tests whether a preflight is sent again.
func (g *generator) cache(c *Case) {
	if g.percent(12) {
		c.Page.Sandboxed = true
	}
	host := oneOf(g, "b", "b", "a2", "sub.a")
	q := Request{
		Via:         "fetch",
		URL:         g.url(host, 0),
		Method:      oneOf(g, "PUT", "PUT", "DELETE", "PATCH", "GET", "POST", "HEAD", "CHICKEN"),
		Credentials: oneOf(g, "", "", "include", "omit"),
	}
	if g.percent(15) {
		q.Via = "xhr"
		if q.Credentials != "include" {
			q.Credentials = ""
		}
	}
	safe := q.Method == "GET" || q.Method == "POST" || q.Method == "HEAD"
	if safe || g.percent(50) {
		q.Headers = oneOf(g, [][2]string{{"X-A", "1"}}, [][2]string{{"X-A", "1"}, {"X-B", "1"}}, [][2]string{{"Content-Type", "application/json"}},
			[][2]string{{"Range", "bytes=0-1,2-3"}}, [][2]string{{"Authorization", "Bearer x"}})
	}
	hop := Hop{Preflight: g.preflight(q, c.Page), Actual: g.actual(q, c.Page)}
	hop.Actual.Status = 0
	hop.Actual.Body = "hello"
	p := &hop.Preflight
	if g.percent(45) {
		// Allows more than the first request needs, which later requests may use.
		wildcard := q.Credentials != "include" && g.percent(40)
		if wildcard {
			p.set("Access-Control-Allow-Methods", "*")
			p.set("Access-Control-Allow-Headers", "*")
		} else {
			p.set("Access-Control-Allow-Methods", "GET, PUT, DELETE, PATCH, HEAD, CHICKEN")
			p.set("Access-Control-Allow-Headers", "x-a, x-b, content-type, range, authorization")
		}
	}
	if g.percent(60) {
		g.maxAge(p)
	} else {
		p.set("Access-Control-Max-Age", "600")
	}
	c.Steps = append(c.Steps, Step{Request: q, Hops: []Hop{hop}})
	for range 1 + g.IntN(2) {
		last := c.Steps[len(c.Steps)-1]
		s := Step{Request: last.Request, Hops: []Hop{last.Hops[0]}}
		g.vary(&s.Request)
		s.Hops[0].Preflight.Headers = slices.Clone(s.Hops[0].Preflight.Headers)
		s.Hops[0].Actual.Headers = slices.Clone(s.Hops[0].Actual.Headers)
		g.laterResponses(&s, c.Page)
		if g.percent(2) {
			// Longer than a cached preflight of one second, or of the default
			// five seconds, is valid.
			s.Wait = oneOf(g, 1500, 6000)
			age := "1"
			if s.Wait > 5000 {
				age = oneOf(g, "", "5", "abc")
			}
			c.Steps[0].Hops[0].Preflight.set("Access-Control-Max-Age", age)
		}
		c.Steps = append(c.Steps, s)
	}
}

// vary changes one property of a request, or none.
func (g *generator) vary(q *Request) {
	switch g.IntN(8) {
	case 0, 1:
	case 2, 3:
		q.Method = oneOf(g, "PUT", "DELETE", "PATCH", "GET", "HEAD")
		if q.Headers == nil && (q.Method == "GET" || q.Method == "HEAD") {
			q.Headers = [][2]string{{"X-A", "1"}}
		}
	case 4, 5:
		q.Headers = oneOf(g, [][2]string{{"X-A", "2"}}, [][2]string{{"X-B", "1"}}, [][2]string{{"X-A", "1"}, {"X-B", "1"}},
			[][2]string{{"x-a", "1"}, {"X-C", "1"}}, [][2]string{{"Authorization", "Bearer x"}}, nil)
	case 6:
		if q.Via == "xhr" {
			q.Credentials = map[string]string{"": "include", "include": ""}[q.Credentials]
		} else {
			q.Credentials = oneOf(g, "", "include", "omit")
		}
	case 7:
		switch g.IntN(4) {
		case 0:
			q.URL += "?other"
		case 1:
			q.URL += "#fragment"
		case 2:
			if q.Via == "fetch" {
				q.Cache = oneOf(g, "no-store", "reload", "no-cache")
			}
		case 3:
			if q.Via == "fetch" {
				q.Via, q.Cache = "xhr", ""
				if q.Credentials != "include" {
					q.Credentials = ""
				}
			}
		}
	}
}

// laterResponses changes the responses to a repeated request: some stay the same,
// some allow exactly the new request, and some are broken.
func (g *generator) laterResponses(s *Step, p Page) {
	hop := &s.Hops[0]
	switch g.IntN(10) {
	case 0, 1, 2:
	case 3:
		hop.Preflight.Status = 403
	case 4:
		hop.Actual.remove("Access-Control-Allow-Origin")
	case 5:
		g.breakOrigin(&hop.Preflight, p)
	default:
		hop.Preflight = g.preflight(s.Request, p)
		status := hop.Actual.Status
		hop.Actual = g.actual(s.Request, p)
		hop.Actual.Status = status
		hop.Actual.Body = "hello"
		hop.Preflight.set("Access-Control-Max-Age", "600")
	}
}

// cookie makes a case about cookies, set before the page opens or by a response.
// It tests which of them are sent.
func (g *generator) cookie(c *Case) {
	if g.percent(12) {
		c.Page.Sandboxed = true
	} else if g.percent(10) {
		c.Page.Host = "sub.a"
	}
	host := oneOf(g, "b", "b", "b", "a", "sub.a", "a2")
	if g.percent(75) {
		for range 1 + g.IntN(3) {
			h := host
			if g.percent(15) {
				h = oneOf(g, "a", "sub.a", "b")
			}
			c.Cookies = append(c.Cookies, SetCookie{h, g.setCookie(len(c.Cookies))})
		}
	}
	if len(c.Cookies) == 0 || g.percent(45) {
		q := Request{
			Via: "fetch", URL: g.url(host, 0),
			Credentials: oneOf(g, "include", "include", "include", "", "omit"),
		}
		if g.percent(20) {
			q.Mode = "no-cors"
		}
		s := Step{Request: q}
		g.chain(&s, c.Page, 0)
		for i := range 1 + g.IntN(3) {
			s.Hops[0].Actual.add("Set-Cookie", g.setCookie(10+i))
		}
		c.Steps = append(c.Steps, s)
	}
	q := Request{
		Via: "fetch", URL: g.url(host, 0),
		Credentials: oneOf(g, "include", "include", "include", "include", "same-origin", "omit"),
	}
	switch n := g.IntN(100); {
	case n < 15:
		q.Mode = "no-cors"
	case n < 25:
		q.Method, q.BodyKind, q.Body = "POST", "string", "a=1"
	case n < 32:
		q.Method = "PUT"
	case n < 42:
		q.Via = "xhr"
		if q.Credentials != "include" {
			q.Credentials = ""
		}
	case n < 62:
		q = Request{Via: oneOf(g, "img", "img", "script", "style"), URL: q.URL}
		if g.percent(50) {
			q.CrossOrigin = pointer(oneOf(g, "anonymous", "use-credentials"))
		}
	}
	s := Step{Request: q}
	if q.CrossOrigin != nil && *q.CrossOrigin == "use-credentials" {
		q.Credentials = "include"
	}
	redirects := 0
	if g.percent(25) {
		redirects = 1 + g.IntN(2)
	}
	grant := Step{Request: q}
	g.chain(&grant, c.Page, redirects)
	s.Hops = grant.Hops
	g.elementBody(&s)
	if g.percent(8) {
		g.damage(&s, c.Page)
	}
	c.Steps = append(c.Steps, s)
}

// setCookie draws the value of a Set-Cookie header with some attributes.
func (g *generator) setCookie(n int) string {
	name := fmt.Sprintf("k%d_%d", n, g.id)
	value := oneOf(g, "1", "1", "1", "1", "", `"q"`, "a=b", "a b")
	attributes := []string{}
	path := weighted(g, []choice[string]{
		{fmt.Sprintf("/c/%d/", g.id), 72}, {fmt.Sprintf("/c/%d", g.id), 6}, {fmt.Sprintf("/c/%d/0", g.id), 8},
		{"/other", 3}, {"", 5}, {fmt.Sprintf("/C/%d/", g.id), 2}, {fmt.Sprintf("c/%d/", g.id), 2},
	})
	if path != "" {
		attributes = append(attributes, "Path="+path)
	}
	switch n := g.IntN(100); {
	case n < 34:
		attributes = append(attributes, "SameSite=None", "Secure")
	case n < 40:
		attributes = append(attributes, "SameSite=None")
	case n < 52:
		attributes = append(attributes, "SameSite=Lax")
	case n < 64:
		attributes = append(attributes, "SameSite=Strict")
	case n < 68:
		attributes = append(attributes, oneOf(g,
			"SameSite", "SameSite=bogus", "samesite=NONE; secure", "SameSite=None; SameSite=Strict; Secure"))
	case n < 72:
		attributes = append(attributes, "Secure")
	case n < 80:
		attributes = append(attributes, "SameSite=None", "Secure", "Partitioned")
	}
	switch n := g.IntN(100); {
	case n < 15:
		attributes = append(attributes, "HttpOnly")
	case n < 20:
		attributes = append(attributes, oneOf(g,
			"Max-Age=0", "Max-Age=-1", "Max-Age=100", "Max-Age=abc", "Max-Age=99999999999", "Max-Age="))
	case n < 24:
		attributes = append(attributes, oneOf(g,
			"Expires=Thu, 01 Jan 1970 00:00:00 GMT", "Expires=Fri, 01 Jan 2100 00:00:00 GMT", "Expires=soon"))
	case n < 34:
		attributes = append(attributes, "Domain="+oneOf(g,
			"a.localhost", ".a.localhost", "b.localhost", "localhost", "sub.a.localhost", "", ".b.localhost", "A.localhost"))
	}
	if g.percent(8) {
		name = oneOf(g, "__Secure-", "__Host-", "__secure-", "__HOST-", "__Http-", "__Host-Http-") + name
		if g.percent(60) {
			attributes = []string{"Secure", "Path=/", "SameSite=None"}
			if g.percent(30) {
				attributes = append(attributes, "HttpOnly")
			}
		}
	}
	if g.percent(1) {
		value = strings.Repeat("x", oneOf(g, 4000, 4096, 4100))
	}
	return strings.Join(append([]string{name + "=" + value}, attributes...), "; ")
}

// elementBody gives the last response a body that the request's element can use.
func (g *generator) elementBody(s *Step) {
	r := &s.Hops[len(s.Hops)-1].Actual
	kind, ok := properBody[s.Request.Via]
	if !ok {
		return
	}
	r.Status, r.Body, r.BodyKind = 0, "", kind
	r.set("Content-Type", properType[kind])
}

// properBody is the body that each kind of request expects, and properType the
// MIME type of each body.
var (
	properBody = map[string]string{
		"fetch": "html", "img": "png", "script": "js", "module": "js", "style": "css", "font": "ttf", "audio": "wav", "video": "wav",
	}
	properType = map[string]string{
		"png": "image/png", "svg": "image/svg+xml", "js": "text/javascript", "css": "text/css", "ttf": "font/ttf",
		"wav": "audio/wav", "html": "text/html", "json": "application/json", "json-safe": "application/json", "xml": "application/xml",
	}
)

// corp makes a case about Cross-Origin-Resource-Policy: most pages have an
// embedder policy, and most requests are no-cors.
func (g *generator) corp(c *Case) {
	c.Page.COEP = oneOf(g, "", "require-corp", "require-corp", "credentialless", "credentialless")
	if g.percent(10) {
		c.Page.Host = "sub.a"
	}
	q := Request{Via: oneOf(g, "fetch", "fetch", "fetch", "img", "img", "script", "style", "audio")}
	switch {
	case q.Via == "fetch":
		q.Mode = oneOf(g, "no-cors", "no-cors", "no-cors", "cors")
		q.Credentials = oneOf(g, "", "include", "omit")
		if g.percent(10) {
			q.Method = oneOf(g, "POST", "HEAD")
		}
	case g.percent(20):
		q.CrossOrigin = pointer(oneOf(g, "anonymous", "use-credentials"))
	}
	host := oneOf(g, "b", "b", "sub.a", "a2", "a")
	q.URL = g.url(host, 0)
	s := Step{Request: q}
	redirects := 0
	if g.percent(20) {
		redirects = 1
	}
	grant := Step{Request: q}
	if q.CrossOrigin != nil && *q.CrossOrigin == "use-credentials" {
		grant.Request.Credentials = "include"
	}
	g.chain(&grant, c.Page, redirects)
	s.Hops = grant.Hops
	g.elementBody(&s)
	for i := range s.Hops {
		r := &s.Hops[i].Actual
		if i == len(s.Hops)-1 && q.Via == "fetch" {
			r.Status = 0
			r.Body = "hello"
		}
		if g.percent(70) {
			r.remove("Access-Control-Allow-Origin")
		}
		for _, v := range weighted(g, []choice[[]string]{
			{nil, 25}, {[]string{"cross-origin"}, 30}, {[]string{"same-site"}, 16}, {[]string{"same-origin"}, 14},
			{[]string{"Same-Origin"}, 3}, {[]string{"same-origin", "same-origin"}, 3}, {[]string{"same-origin, cross-origin"}, 3},
			{[]string{""}, 2}, {[]string{"cross-origin, cross-origin"}, 3}, {[]string{"junk"}, 2}, {[]string{"cross-origin;"}, 1},
		}) {
			r.add("Cross-Origin-Resource-Policy", v)
		}
	}
	if g.percent(35) {
		c.Cookies = append(c.Cookies, SetCookie{host, fmt.Sprintf("k0_%d=1; Path=/c/%d/; SameSite=None; Secure", g.id, g.id)})
	}
	c.Steps = []Step{s}
}

// element makes a case of an element's request, with and without CORS, and with
// bodies and MIME types that the element does not expect.
func (g *generator) element(c *Case) {
	c.Page = g.page()
	if g.percent(40) {
		c.Page = Page{Host: "a"}
	}
	q := Request{Via: weighted(g, []choice[string]{
		{"img", 22}, {"script", 20}, {"module", 13}, {"style", 13}, {"font", 9}, {"audio", 8}, {"video", 6}, {"fetch", 9},
	})}
	if q.Via == "fetch" {
		q.Mode = "no-cors" // for opaque response blocking, fetch differs from elements
	} else if q.Via != "font" && g.percent(50) {
		q.CrossOrigin = pointer(weighted(g, []choice[string]{{"anonymous", 10}, {"use-credentials", 8}, {"", 2}, {"bogus", 1}}))
	}
	if q.Via != "font" && q.Via != "audio" && q.Via != "video" && g.percent(12) {
		q.ReferrerPolicy = g.referrerPolicy()
	}
	q.URL = g.url(g.target(c.Page), 0)
	s := Step{Request: q}
	if q.CrossOrigin != nil && *q.CrossOrigin == "use-credentials" {
		q.Credentials = "include"
	}
	grant := Step{Request: q}
	redirects := 0
	if g.percent(20) {
		redirects = 1
	}
	g.chain(&grant, c.Page, redirects)
	s.Hops = grant.Hops
	g.elementBody(&s)
	r := &s.Hops[redirects].Actual
	if g.percent(45) {
		switch g.IntN(5) {
		case 0, 1: // the same body with another type
			// No type is malformed or makes an image ambiguous: HTML decides
			// what happens then, not Fetch.
			r.set("Content-Type", oneOf(g, "text/plain", "text/html", "application/json", "application/octet-stream", "text/xml",
				"image/gif", "application/javascript", "text/csv", "video/mp4", "application/pdf", "application/zip",
				"multipart/x", "application/problem+json", "font/woff", "TEXT/CSS", "text/javascript;charset=utf-8"))
		case 2: // no type
			if q.Via != "style" {
				r.remove("Content-Type")
			}
		case 3: // another body with its type
			r.BodyKind = oneOf(g, "html", "json", "json-safe", "xml", "svg", "css", "js", "png", "wav")
			r.set("Content-Type", properType[r.BodyKind])
		case 4: // another body with the expected type or a general one
			r.BodyKind = oneOf(g, "html", "json", "json-safe", "xml", "js", "css")
			if g.percent(50) {
				r.set("Content-Type", oneOf(g, "text/plain", "text/html", "application/json"))
			}
		}
	}
	if q.Via == "module" {
		// Modules always parse, because WebKit fires no event for one that does
		// not. Only the type may be wrong.
		r.BodyKind = "js"
	}
	if (q.Via == "audio" || q.Via == "video") && r.BodyKind != "wav" {
		r.BodyKind = "html" // WebKit plays images
	}
	if q.Via != "audio" && q.Via != "video" && g.percent(15) {
		r.add("X-Content-Type-Options", oneOf(g, "nosniff", "nosniff", "NOSNIFF", "nosniff, x", "sniff"))
	}
	if g.percent(8) {
		r.Status = oneOf(g, 201, 204, 206, 404, 500)
		if q.Via == "audio" || q.Via == "video" {
			r.Status = oneOf(g, 404, 500) // after a 204, Firefox repeats the request without end
		}
	}
	if g.percent(40) {
		hop := &s.Hops[g.IntN(len(s.Hops))]
		g.breakOrigin(&hop.Actual, c.Page)
	}
	c.Steps = []Step{s}
}
