package bench

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// A Set describes an allowlist of made-up origins. It always has the same ones.
type Set struct {
	N        int
	Patterns bool // https://*.host instead of https://host
	Tenants  bool // subdomains of one host instead of random hosts

	// Only is the only entry, instead of a made-up one.
	Only      string
	PartLabel bool // its wildcard stands for part of a label
	Any       bool // it is "*", and credentials are not allowed
}

// origins returns the origins of the set. Each is a separate string, as if it was
// read from a file.
func (s Set) origins() []string {
	if s.Only != "" {
		return []string{s.Only}
	}
	origins := make([]string, s.N)
	r := rand.New(rand.NewPCG(1, 2))
	letters := func() string {
		b := make([]byte, 4+r.IntN(7))
		for i := range b {
			b[i] = 'a' + byte(r.IntN(26))
		}
		return string(b)
	}
	wildcard := ""
	if s.Patterns {
		wildcard = "*."
	}
	tlds := []string{"com", "org", "net", "dev"}
	for i := range origins {
		if s.Tenants {
			origins[i] = fmt.Sprintf("https://%stenant-%06d.example.com", wildcard, i)
			continue
		}
		// The number makes each host unique.
		origins[i] = "https://" + wildcard + letters() + strconv.FormatInt(int64(i), 36) + "." + letters() + "." + tlds[r.IntN(len(tlds))]
	}
	return origins
}

// origin returns an origin that the i-th entry of the list allows.
func (s Set) origin(origins []string, i int) string {
	return strings.Replace(origins[i], "*", "app", 1)
}

// refused returns an origin that resembles those of the set and is not allowed.
func (s Set) refused() string {
	if s.Patterns {
		return "https://app.foreign.example"
	}
	return "https://foreign.shop.example"
}

// Want is the expected response to a row's requests.
type Want uint8

const (
	Untouched Want = iota // no CORS headers, and the handler runs
	Allowed
	Refused
	Either // a hostile request that may be allowed or refused
)

// A Row is a kind of request under a policy.
type Row struct {
	ID      string
	Section string
	Title   string
	Set     Set
	Want    Want

	Preflight     bool
	OriginAllowed bool // even if something else is refused

	// Requests returns the requests that are sent in turn. Their number is a power
	// of two.
	Requests func(s Set, origins []string) []*http.Request

	// Rotate returns the origins that the requests have in turn. If it is nil, each
	// request keeps its own.
	Rotate func(s Set, origins []string) []string

	Fresh      bool // each response gets a new header map, as in net/http
	Goroutines int  // how many serve requests at once; 0 means 1
}

const (
	// rotationLength is the number of origins that take turns, a power of two. It is
	// so large that their entries do not fit into the processor's first caches.
	rotationLength = 1 << 16

	// goroutines is the number in the rows with many: more than most machines have
	// processors.
	goroutines = 64

	// oneMB is almost the limit of net/http for a request's headers.
	oneMB = 1<<20 - 512

	requestMethod  = "Access-Control-Request-Method"
	requestHeaders = "Access-Control-Request-Headers"
)

// request returns a request. fields are pairs of a canonical name and a value.
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
	return request("OPTIONS", "Origin", origin, requestMethod, method, requestHeaders, headers)
}

// jsonPreflight is the preflight of a script that sends JSON and a token.
func jsonPreflight(origin string) *http.Request {
	return preflight(origin, "PUT", "authorization,content-type")
}

// fromMiddle returns a request with the origin in the middle of the list. For a
// linear search that is the average case.
func fromMiddle(send func(string) *http.Request) func(Set, []string) []*http.Request {
	return func(s Set, origins []string) []*http.Request {
		return []*http.Request{send(s.origin(origins, len(origins)/2))}
	}
}

func fromForeign(send func(string) *http.Request) func(Set, []string) []*http.Request {
	return func(s Set, _ []string) []*http.Request { return []*http.Request{send(s.refused())} }
}

// shuffled returns origins of the list in random order. Their bytes are adjacent in
// memory, so reading them costs almost nothing.
func shuffled(s Set, origins []string) []string {
	r := rand.New(rand.NewPCG(3, 4))
	var text strings.Builder
	ends := make([]int, rotationLength)
	for i := range ends {
		text.WriteString(s.origin(origins, r.IntN(len(origins))))
		ends[i] = text.Len()
	}
	rotate, start := make([]string, rotationLength), 0
	for i, end := range ends {
		rotate[i] = text.String()[start:end]
		start = end
	}
	return rotate
}

// Rows returns all rows in the order of the table. All rows of a section have the
// same Set.
func Rows() []Row {
	preflightFor := func(method, headers string) func(string) *http.Request {
		return func(origin string) *http.Request { return preflight(origin, method, headers) }
	}
	basic := []Row{
		{ID: "get-no-origin", Title: "GET without Origin", Want: Untouched, Requests: func(Set, []string) []*http.Request {
			return []*http.Request{request("GET")}
		}},
		{ID: "get-allowed", Title: "GET, allowed", Want: Allowed, OriginAllowed: true, Requests: fromMiddle(get)},
		{ID: "get-refused", Title: "GET, refused", Want: Refused, Requests: fromForeign(get)},
		{ID: "preflight-allowed", Title: "preflight, allowed", Want: Allowed, Preflight: true, OriginAllowed: true, Requests: fromMiddle(jsonPreflight)},
		{ID: "preflight-refused-origin", Title: "preflight, refused by origin", Want: Refused, Preflight: true, Requests: fromForeign(jsonPreflight)},
		{ID: "preflight-refused-method", Title: "preflight, refused by method", Want: Refused, Preflight: true, OriginAllowed: true, Requests: fromMiddle(preflightFor("PURGE", "authorization,content-type"))},
		{ID: "preflight-refused-header", Title: "preflight, refused by header", Want: Refused, Preflight: true, OriginAllowed: true, Requests: fromMiddle(preflightFor("PUT", "authorization,x-other"))},
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
	send := func(id, title string, want Want, lines ...string) {
		add(hostile, Row{ID: "hostile-" + id, Title: title, Set: one, Want: want, Preflight: true, OriginAllowed: true,
			Requests: func(s Set, origins []string) []*http.Request {
				r := preflight(s.origin(origins, 0), "PUT", "")
				r.Header[requestHeaders] = lines
				return []*http.Request{r}
			}})
	}
	fill := func(s string) string { return strings.Repeat(s, oneMB/len(s)) }
	send("commas", "1 MB of commas in Access-Control-Request-Headers", Either, fill(","))
	send("repeats", "1 MB of one allowed name, repeated", Either, strings.TrimSuffix(fill("content-type,"), ","))
	send("distinct", "1 MB of different names", Refused, distinctNames(oneMB))
	send("spaces", "1 MB of spaces between two names", Either, "authorization,"+strings.Repeat(" ", oneMB-26)+"content-type")
	send("long-name", "one name of 1 MB", Refused, fill("a"))
	send("lines", "30,000 empty lines", Either, make([]string, 30_000)...)
	for _, c := range []struct{ id, title, letter string }{
		{"origin-lower", "GET, an Origin of 1 MB in lower case", "a"},
		{"origin-upper", "GET, an Origin of 1 MB in upper case", "A"},
	} {
		add(hostile, Row{ID: "hostile-" + c.id, Title: c.title, Set: one, Want: Refused, Requests: func(Set, []string) []*http.Request {
			return []*http.Request{get("https://" + fill(c.letter))}
		}})
	}

	rows = append(rows, patternRows()...)

	lists := []struct {
		id, section string
		set         Set
	}{
		{"list-10", "10 origins", Set{N: 10}},
		{"list-1k", "1,000 origins", Set{N: 1_000}},
		{"list-100k", "100,000 origins", Set{N: 100_000}},
		{"list-1m", "1,000,000 origins", Set{N: 1_000_000}},
		{"patterns-100", "100 patterns such as https://*.example.com", Set{N: 100, Patterns: true}},
		{"patterns-1k", "1,000 patterns such as https://*.example.com", Set{N: 1_000, Patterns: true}},
	}
	for _, l := range lists {
		for _, r := range []Row{
			{ID: "get-allowed", Title: "GET, allowed", Want: Allowed, OriginAllowed: true, Requests: fromMiddle(get)},
			{ID: "get-rotating", Title: "GET, allowed, origins in turn", Want: Allowed, OriginAllowed: true, Requests: fromMiddle(get), Rotate: shuffled},
			{ID: "get-refused", Title: "GET, refused", Want: Refused, Requests: fromForeign(get)},
			{ID: "preflight-allowed", Title: "preflight, allowed", Want: Allowed, Preflight: true, OriginAllowed: true, Requests: fromMiddle(jsonPreflight)},
			{ID: "preflight-refused-origin", Title: "preflight, refused by origin", Want: Refused, Preflight: true, Requests: fromForeign(jsonPreflight)},
		} {
			r.ID, r.Set = l.id+"-"+r.ID, l.set
			add(l.section, r)
		}
	}
	return rows
}

// patternRows returns the rows of policies with one pattern. Most policies with a pattern have one.
func patternRows() []Row {
	const foreign = "https://app.foreign.example"
	subdomain := Set{N: 1, Patterns: true, Only: "https://*.example.com"}
	withPort := Set{N: 1, Patterns: true, Only: "https://*.example.com:8443"}
	partLabel := Set{N: 1, Patterns: true, PartLabel: true, Only: "https://pr-*.preview.example.com"}
	wildcard := Set{N: 1, Any: true, Only: "*"}
	long := "https://" + strings.Repeat("a", 55) + ".example.com"
	var rows []Row
	for _, r := range []struct {
		id, title string
		set       Set
		send      func(string) *http.Request
		origin    string
		want      Want
	}{
		{"subdomain-get-allowed", "GET, allowed", subdomain, get, "https://app.example.com", Allowed},
		{"subdomain-get-deep", "GET, allowed, three labels deep", subdomain, get, "https://a.b.c.example.com", Allowed},
		{"subdomain-get-long", "GET, allowed, a label of 55 bytes", subdomain, get, long, Allowed},
		{"subdomain-get-refused", "GET, refused", subdomain, get, foreign, Refused},
		{"subdomain-preflight-allowed", "preflight, allowed", subdomain, jsonPreflight, "https://app.example.com", Allowed},
		{"subdomain-preflight-refused-origin", "preflight, refused by origin", subdomain, jsonPreflight, foreign, Refused},
		{"port-get-allowed", "GET, allowed", withPort, get, "https://app.example.com:8443", Allowed},
		{"port-get-refused", "GET, refused", withPort, get, "https://app.example.com:8444", Refused},
		{"part-label-get-allowed", "GET, allowed", partLabel, get, "https://pr-123.preview.example.com", Allowed},
		{"part-label-get-refused", "GET, refused", partLabel, get, "https://app.preview.example.com", Refused},
		{"part-label-preflight-allowed", "preflight, allowed", partLabel, jsonPreflight, "https://pr-123.preview.example.com", Allowed},
		{"wildcard-get", "GET", wildcard, get, foreign, Allowed},
		{"wildcard-preflight", "preflight", wildcard, jsonPreflight, foreign, Allowed},
	} {
		section := "one pattern, " + r.set.Only
		if r.set.Any {
			section = "any origin, without credentials"
		}
		rows = append(rows, Row{
			ID: r.id, Section: section, Title: r.title, Set: r.set, Want: r.want,
			Preflight: r.send("").Method == http.MethodOptions, OriginAllowed: r.want == Allowed,
			Requests: func(Set, []string) []*http.Request { return []*http.Request{r.send(r.origin)} },
		})
	}
	return rows
}

// distinctNames returns a sorted list of different names with at most n bytes. Except
// for its length, it looks like a browser's list.
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
