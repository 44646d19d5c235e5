package bench

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// A Set is an allowlist of made-up origins, always the same ones.
type Set struct {
	N        int
	Patterns bool // https://*.host and not https://host
	Tenants  bool // subdomains of one host and not hosts of all lengths
}

// origins returns the origins of the set, each a string of its own as if read
// from a file.
func (s Set) origins() []string {
	origins := make([]string, s.N)
	r := rand.New(rand.NewPCG(1, 2))
	letters := func() string {
		b := make([]byte, 4+r.IntN(7))
		for i := range b {
			b[i] = 'a' + byte(r.IntN(26))
		}
		return string(b)
	}
	star := ""
	if s.Patterns {
		star = "*."
	}
	tlds := []string{"com", "org", "net", "dev"}
	for i := range origins {
		if s.Tenants {
			origins[i] = fmt.Sprintf("https://%stenant-%06d.example.com", star, i)
			continue
		}
		// The number keeps them apart.
		origins[i] = "https://" + star + letters() + strconv.FormatInt(int64(i), 36) + "." + letters() + "." + tlds[r.IntN(len(tlds))]
	}
	return origins
}

// origin is an origin that the i-th of the origins lets in.
func (s Set) origin(origins []string, i int) string {
	return strings.Replace(origins[i], "*", "app", 1)
}

// refused is an origin that looks like those of the set, and is in none.
func (s Set) refused() string {
	if s.Patterns {
		return "https://app.stranger.example"
	}
	return "https://stranger.shop.example"
}

// Want is what the answer to a row's requests should be.
type Want uint8

const (
	Untouched Want = iota // no CORS header, and the handler runs
	Allowed
	Refused
	Either // hostile, though no name in it is refused: to refuse is as right
)

// A Row is a kind of request under a policy.
type Row struct {
	ID      string
	Section string
	Title   string
	Set     Set
	Want    Want

	Preflight     bool
	OriginAllowed bool // whatever else is wrong with the request

	// Requests makes the requests that are sent in turn. Their number is a power
	// of two.
	Requests func(s Set, origins []string) []*http.Request

	// Turns makes the origins that take turns in the requests; nil leaves them
	// theirs.
	Turns func(s Set, origins []string) []string

	Fresh      bool // each response gets a header map of its own, as in net/http
	Goroutines int  // how many serve requests at once; 0 is 1
}

const (
	// rotation is how many origins take turns, a power of two. What is looked up
	// for them does not fit into the first caches.
	rotation = 1 << 16

	// goroutines is how many "many" are: more than the processors of most.
	goroutines = 64

	// oneMB is nearly what net/http reads of a request's headers.
	oneMB = 1<<20 - 512

	askMethod  = "Access-Control-Request-Method"
	askHeaders = "Access-Control-Request-Headers"
)

// request makes a request. Fields are pairs of a canonical name and a value.
func request(method string, fields ...string) *http.Request {
	h := http.Header{
		"Accept":          {"*/*"},
		"Accept-Encoding": {"gzip"},
		"User-Agent":      {"Mozilla/5.0"},
	}
	for i := 0; i < len(fields); i += 2 {
		h[fields[i]] = append(h[fields[i]], fields[i+1])
	}
	return &http.Request{
		Method: method, URL: &url.URL{Path: "/"}, RequestURI: "/", Host: "api.example",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: h, Body: http.NoBody,
	}
}

func get(origin string) *http.Request { return request("GET", "Origin", origin) }

func preflight(origin, method, headers string) *http.Request {
	return request("OPTIONS", "Origin", origin, askMethod, method, askHeaders, headers)
}

// ordinary is what a script asks for that sends JSON with a token.
func ordinary(origin string) *http.Request {
	return preflight(origin, "PUT", "authorization,content-type")
}

// middle asks with the origin in the middle of the list: neither the best nor
// the worst for who looks at one after another.
func middle(ask func(string) *http.Request) func(Set, []string) []*http.Request {
	return func(s Set, origins []string) []*http.Request {
		return []*http.Request{ask(s.origin(origins, len(origins)/2))}
	}
}

func stranger(ask func(string) *http.Request) func(Set, []string) []*http.Request {
	return func(s Set, _ []string) []*http.Request { return []*http.Request{ask(s.refused())} }
}

// rotating are origins of the list in no order. They lie one behind the other,
// so that reading them costs next to nothing.
func rotating(s Set, origins []string) []string {
	r := rand.New(rand.NewPCG(3, 4))
	var text strings.Builder
	ends := make([]int, rotation)
	for i := range ends {
		text.WriteString(s.origin(origins, r.IntN(len(origins))))
		ends[i] = text.Len()
	}
	turns, start := make([]string, rotation), 0
	for i, end := range ends {
		turns[i] = text.String()[start:end]
		start = end
	}
	return turns
}

// Rows returns all rows in the order of the table. Those of one section have
// one Set.
func Rows() []Row {
	asking := func(method, headers string) func(string) *http.Request {
		return func(origin string) *http.Request { return preflight(origin, method, headers) }
	}
	basic := []Row{
		{ID: "get-no-origin", Title: "GET without Origin", Want: Untouched, Requests: func(Set, []string) []*http.Request {
			return []*http.Request{request("GET")}
		}},
		{ID: "get-allowed", Title: "GET, allowed", Want: Allowed, OriginAllowed: true, Requests: middle(get)},
		{ID: "get-refused", Title: "GET, refused", Want: Refused, Requests: stranger(get)},
		{ID: "preflight-allowed", Title: "preflight, allowed", Want: Allowed, Preflight: true, OriginAllowed: true, Requests: middle(ordinary)},
		{ID: "preflight-refused-origin", Title: "preflight, refused by origin", Want: Refused, Preflight: true, Requests: stranger(ordinary)},
		{ID: "preflight-refused-method", Title: "preflight, refused by method", Want: Refused, Preflight: true, OriginAllowed: true, Requests: middle(asking("PURGE", "authorization,content-type"))},
		{ID: "preflight-refused-header", Title: "preflight, refused by header", Want: Refused, Preflight: true, OriginAllowed: true, Requests: middle(asking("PUT", "authorization,x-stranger"))},
	}
	var rows []Row
	add := func(section string, r Row) {
		r.Section = section
		rows = append(rows, r)
	}
	one := Set{N: 1}
	for _, r := range basic {
		r.Set = one
		add("one origin", r)
	}
	for _, r := range basic[:5] {
		r.ID, r.Set, r.Fresh = "fresh-"+r.ID, one, true
		add("one origin, a new header map for each response, as net/http makes it", r)
	}
	for _, r := range []Row{basic[1], basic[3]} {
		r.ID, r.Set, r.Goroutines = "many-"+r.ID, one, goroutines
		add(fmt.Sprintf("one origin, %d goroutines", goroutines), r)
	}

	const hostile = "one origin, hostile requests"
	ask := func(id, title string, want Want, lines ...string) {
		add(hostile, Row{ID: "hostile-" + id, Title: title, Set: one, Want: want, Preflight: true, OriginAllowed: true,
			Requests: func(s Set, origins []string) []*http.Request {
				r := preflight(s.origin(origins, 0), "PUT", "")
				r.Header[askHeaders] = lines
				return []*http.Request{r}
			}})
	}
	fill := func(s string) string { return strings.Repeat(s, oneMB/len(s)) }
	ask("commas", "1 MB of commas in Access-Control-Request-Headers", Either, fill(","))
	ask("repeats", "1 MB of one allowed name, again and again", Either, strings.TrimSuffix(fill("content-type,"), ","))
	ask("distinct", "1 MB of different names", Refused, distinctNames(oneMB))
	ask("spaces", "1 MB of spaces between two names", Either, "authorization,"+strings.Repeat(" ", oneMB-26)+"content-type")
	ask("long-name", "one name of 1 MB", Refused, fill("a"))
	ask("lines", "30,000 empty lines", Either, make([]string, 30_000)...)
	for _, c := range []struct{ id, title, letter string }{
		{"origin-lower", "GET, an Origin of 1 MB in lower case", "a"},
		{"origin-upper", "GET, an Origin of 1 MB in upper case", "A"},
	} {
		add(hostile, Row{ID: "hostile-" + c.id, Title: c.title, Set: one, Want: Refused, Requests: func(Set, []string) []*http.Request {
			return []*http.Request{get("https://" + fill(c.letter))}
		}})
	}

	lists := []struct {
		id, section string
		set         Set
	}{
		{"list-10", "10 origins", Set{N: 10}},
		{"list-1k", "1,000 origins", Set{N: 1_000}},
		{"list-100k", "100,000 origins", Set{N: 100_000}},
		{"list-1m", "1,000,000 origins", Set{N: 1_000_000}},
		{"patterns-1k", "1,000 patterns such as https://*.example.com", Set{N: 1_000, Patterns: true}},
	}
	for _, l := range lists {
		for _, r := range []Row{
			{ID: "get-allowed", Title: "GET, allowed", Want: Allowed, OriginAllowed: true, Requests: middle(get)},
			{ID: "get-rotating", Title: "GET, allowed, origins in turn", Want: Allowed, OriginAllowed: true, Requests: middle(get), Turns: rotating},
			{ID: "get-refused", Title: "GET, refused", Want: Refused, Requests: stranger(get)},
			{ID: "preflight-allowed", Title: "preflight, allowed", Want: Allowed, Preflight: true, OriginAllowed: true, Requests: middle(ordinary)},
			{ID: "preflight-refused-origin", Title: "preflight, refused by origin", Want: Refused, Preflight: true, Requests: stranger(ordinary)},
		} {
			r.ID, r.Set = l.id+"-"+r.ID, l.set
			add(l.section, r)
		}
	}
	return rows
}

// distinctNames is a sorted list of names, all different, of no more than n
// bytes: what a browser's list looks like, but for its length.
func distinctNames(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n-8; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "a%06d", i)
	}
	return b.String()
}
