package conformance

import (
	"fmt"
	"slices"
	"strings"
)

// Framed is the family of [GenerateFramed]: the page is in a frame of the same origin, of
// another origin of its site, of another site, or of its own site with another site in
// between. Its cases are about cookies and the headers that depend on the frames.
const Framed = "framed"

// firstFramedID is the ID of the first case of [GenerateFramed].
const firstFramedID = 800_000

// GenerateFramed returns n cases of framed pages. A case depends only on its seed and its
// index.
func GenerateFramed(seed uint64, n int) []Case { return generateFramed(firstFramedID, seed, n) }

// generateFramed is GenerateFramed with IDs that begin at first.
func generateFramed(first int, seed uint64, n int) []Case {
	cases := make([]Case, n)
	for i := range cases {
		// Other random numbers than those of Generate and GeneratePlaces.
		cases[i] = newGenerator(seed, 3_000_000+i, first+i).framed()
	}
	return cases
}

// framings are the documents around the page, outermost first, and the page's host.
var framings = []choice[[2]string]{
	{[2]string{"a", "a"}, 8}, {[2]string{"a", "sub.a"}, 10}, {[2]string{"a", "a2"}, 6},
	{[2]string{"a", "b"}, 22}, {[2]string{"sub.a", "b"}, 6}, {[2]string{"a sub.a", "b"}, 6},
	{[2]string{"a b", "a"}, 16}, {[2]string{"a b", "sub.a"}, 10}, {[2]string{"a b", "b"}, 6}, {[2]string{"a b", "c"}, 6},
	{[2]string{"a a", "a"}, 4}, {[2]string{"a b b", "a2"}, 4},
}

// framed makes a case: cookies of first-party visits, then requests that set and carry them.
func (g *generator) framed() Case {
	framing := weighted(g, framings)
	c := Case{ID: g.id, Page: Page{Frames: framing[0], Host: framing[1]}}
	c.Page.Sandboxed = g.percent(12)
	top, _, _ := strings.Cut(c.Page.Frames, " ")
	target := func() string {
		return weighted(g, []choice[string]{{c.Page.Host, 30}, {top, 30}, {"sub.a", 8}, {"a2", 8}, {"b", 14}, {"c", 10}})
	}
	host := target()
	for g.percent(70) && len(c.Cookies) < 3 {
		c.Cookies = append(c.Cookies, SetCookie{host, g.framedCookie(len(c.Cookies))})
	}
	for i := range 1 + g.IntN(3) {
		if g.percent(20) {
			host = target()
		}
		c.Steps = append(c.Steps, g.framedStep(c.Page, host, i))
	}
	prefix := weighted(g, []choice[string]{{"", 55}, {"s.", 30}, {"ps.", 5}, {"o.", 10}})
	if prefix != "" {
		to := map[string]string{}
		for _, name := range movable {
			to[name] = prefix + name
		}
		frames := strings.Fields(c.Page.Frames)
		for i := range frames {
			frames[i] = to[frames[i]]
		}
		c = moved(c, to)
		c.Page.Frames = strings.Join(frames, " ")
	}
	c.Family = Framed
	return c
}

// framedCookie draws a cookie whose attributes matter in frames.
func (g *generator) framedCookie(n int) string {
	line := fmt.Sprintf("k%d_%d=1; Path=/c/%d/", n, g.id, g.id)
	line += weighted(g, []choice[string]{{"", 18}, {"; SameSite=Lax", 10}, {"; SameSite=Strict", 14}, {"; SameSite=None; Secure", 26},
		{"; SameSite=None; Secure; Partitioned", 24}, {"; Secure", 4}, {"; Partitioned", 2}, {"; SameSite=Strict; Secure; Partitioned", 2}})
	if g.percent(12) {
		line += "; Domain=a.localhost"
	}
	if g.percent(8) {
		line += "; HttpOnly"
	}
	return line
}

// framedStep draws the i-th request to a host and its responses.
func (g *generator) framedStep(p Page, host string, i int) Step {
	url := func(host string, hop int) string { return fmt.Sprintf("http://{%s}/c/%d/%d?%d", host, g.id, hop, i) }
	q := Request{Via: "fetch", URL: url(host, 0), Credentials: oneOf(g, "include", "include", "include", "", "omit")}
	switch n := g.IntN(100); {
	case n < 22:
		q.Mode = "no-cors"
		q.Method = oneOf(g, "", "", "HEAD", "POST")
	case n < 30:
		q.Method = oneOf(g, "POST", "PUT", "HEAD")
	case n < 36:
		q.Via = "xhr"
		if q.Credentials != "include" {
			q.Credentials = ""
		}
	case n < 62:
		q = Request{Via: oneOf(g, "img", "img", "script", "style"), URL: q.URL}
		if g.percent(40) {
			q.CrossOrigin = pointer(oneOf(g, "anonymous", "use-credentials"))
		}
	}
	s := Step{Request: q}
	redirects := 0
	if g.percent(16) {
		redirects = 1
	}
	grant := [][2]string{{"Access-Control-Allow-Origin", "{origin}"}, {"Access-Control-Allow-Credentials", "true"},
		{"Access-Control-Allow-Methods", "PUT"}, {"Cache-Control", "no-store"}}
	for hop := range redirects + 1 {
		r := Response{Headers: slices.Clone(grant)}
		if hop < redirects {
			r.Status = oneOf(g, 302, 307)
			r.Headers = append(r.Headers, [2]string{"Location", url(oneOf(g, p.Host, host, "b", "a"), hop+1)})
		}
		if g.percent(40) {
			r.Headers = append(r.Headers, [2]string{"Set-Cookie", g.framedCookie(10 + 3*i + hop)})
		}
		if g.percent(20) {
			allowed := oneOf(g, "*", `"http://{`+p.Host+`}"`, `"null"`, `"http://{c}"`)
			r.Headers = append(r.Headers, [2]string{"Activate-Storage-Access",
				oneOf(g, "load", "retry; allowed-origin="+allowed, "retry; allowed-origin="+allowed, "retry")})
		}
		s.Hops = append(s.Hops, Hop{Preflight: Response{Headers: grant}, Actual: r})
	}
	g.elementBody(&s)
	return s
}

// frameHosts returns the hosts of the documents around the page, outermost first.
func (p *Page) frameHosts() []string { return strings.Fields(p.Frames) }

// frameURL returns the URL of the n-th document around the page of chunk k, outermost
// first, or the page's own URL.
func (p *Page) frameURL(k, n int) string {
	hosts := p.frameHosts()
	if n >= len(hosts) {
		return pageURL(p.Host, k)
	}
	return fmt.Sprintf("%s://{%s}/_/frame/%d/%d", scheme(hosts[n]), hosts[n], k, n)
}
