package conformance

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Places lists the families of [GeneratePlaces]: where pages and servers are. The
// cases of [Generate] are all below localhost, over plain http.
//
//	ordinary   names like those of public or private sites, over plain http
//	https      the same names over https
//	mixed      a page over https, and servers over http and https
//	localhost  a page on localhost or 127.0.0.1, and servers under ordinary names
var Places = []string{"ordinary", "https", "mixed", "localhost"}

// firstPlacesID is the ID of the first case of [GeneratePlaces].
const firstPlacesID = 500_000

// GeneratePlaces returns n cases like those of [Generate], moved to other hosts. A
// case depends only on its seed and its index.
func GeneratePlaces(seed uint64, n int) []Case { return generatePlaces(firstPlacesID, seed, n) }

// generatePlaces is GeneratePlaces with IDs that begin at first.
func generatePlaces(first int, seed uint64, n int) []Case {
	cases := make([]Case, n)
	for i := range cases {
		// Another half of the random numbers than Generate uses.
		c := generateCase(seed, 1_000_000+i, first+i)
		g := newGenerator(seed, 2_000_000+i, first+i)
		cases[i] = g.move(c)
	}
	return cases
}

// move draws a family and moves the case to its hosts.
func (g *generator) move(c Case) Case {
	to := map[string]string{}
	all := func(prefix string) {
		for _, name := range movable {
			to[name] = prefix + name
		}
	}
	family := weighted(g, []choice[string]{{"ordinary", 25}, {"https", 40}, {"mixed", 20}, {"localhost", 15}})
	switch family {
	case "ordinary":
		all(oneOf(g, "o.", "p."))
	case "https":
		all(oneOf(g, "s.", "ps."))
	case "mixed":
		https, http := "s.", "o."
		if g.percent(50) {
			https, http = "ps.", "p."
		}
		for _, name := range movable {
			to[name] = oneOf(g, https, https, http, "") + name
		}
		to[c.Page.Host] = https + c.Page.Host
	case "localhost":
		all(oneOf(g, "o.", "p."))
		to[c.Page.Host] = oneOf(g, "l", "l", "ip", "a")
		to["c"] = "s.c"
	}
	c = moved(c, to)
	c.Family = family
	return c
}

// movable are the names of the hosts that cases are moved from. A name comes before
// those that it ends in.
var movable = []string{"sub.a", "a2", "a", "b", "c"}

// domains are the hostnames in Domain attributes, and those that they become under names
// without a listed suffix and under public names.
var domains = []struct{ host, from, unlisted, public string }{
	{"sub.a", "sub.a.localhost", "sub.site.test", "www.example.com"}, {"a", "a.localhost", "site.test", "example.com"},
	{"a", "A.localhost", "SITE.test", "EXAMPLE.com"}, {"b", "b.localhost", "other.test", "example.org"},
	{"a", "Domain=localhost", "Domain=test", "Domain=com"},
}

// moved returns the case with other hosts.
func moved(c Case, to map[string]string) Case {
	c.Page.Host = to[c.Page.Host]
	cookies := make([]SetCookie, len(c.Cookies))
	for i, set := range c.Cookies {
		cookies[i] = SetCookie{to[set.Host], set.Value}
	}
	c.Cookies = cookies
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // unreachable: a Case contains only strings, numbers and booleans
	}
	var pairs []string
	for _, name := range movable {
		for _, userinfo := range []string{"", "@", "user@", ":pass@", "user:pass@"} {
			pairs = append(pairs, "http://"+userinfo+"{"+name+"}", scheme(to[name])+"://"+userinfo+"{"+to[name]+"}")
		}
		pairs = append(pairs, "{"+name+"}", "{"+to[name]+"}")
	}
	for _, d := range domains {
		switch prefix, _, _ := strings.Cut(to[d.host], "."); prefix {
		case "o", "s":
			pairs = append(pairs, d.from, d.unlisted)
		case "p", "ps":
			pairs = append(pairs, d.from, d.public)
		}
	}
	// A stream needs HTTP/2 over https, and the server has only HTTP/1.
	pairs = append(pairs, `"bodyKind":"stream"`, `"bodyKind":"bytes"`)
	var out Case
	if err := json.Unmarshal([]byte(strings.NewReplacer(pairs...).Replace(string(text))), &out); err != nil {
		panic(err)
	}
	return out
}

// HandwrittenPlaces returns cases that are part of every recorded corpus of
// [Places]: rules that depend on a value or a scheme.
func HandwrittenPlaces() []Case {
	allow := [][2]string{{"Cache-Control", "no-store"}, {"Access-Control-Allow-Origin", "*"}, {"Access-Control-Allow-Headers", "*"},
		{"Access-Control-Allow-Methods", "*"}}
	ok := Hop{Preflight: Response{Status: 204, Headers: allow}, Actual: Response{Headers: allow, Body: "hello"}}
	fetch := func(url string, headers ...[2]string) Step {
		return Step{Request: Request{Via: "fetch", URL: url, Headers: headers}, Hops: []Hop{ok}}
	}
	image := func(url, kind string) Step {
		return Step{Request: Request{Via: "img", URL: url},
			Hops: []Hop{{Actual: Response{Headers: [][2]string{{"Cache-Control", "no-store"}, {"Content-Type", kind}}, BodyKind: "png"}}}}
	}
	element := func(via, url string, crossOrigin *string) Step {
		return Step{Request: Request{Via: via, URL: url, CrossOrigin: crossOrigin}, Hops: []Hop{ok}}
	}
	redirected := func(via, url, target string) Step {
		hop := Hop{Preflight: ok.Preflight, Actual: Response{Status: 302, Headers: append([][2]string{{"Location", target}}, allow...)}}
		return Step{Request: Request{Via: via, URL: url}, Hops: []Hop{hop, {Actual: Response{Headers: allow, BodyKind: "png"}}}}
	}
	cached := fetch("/c/910003/0")
	cached.Request.Mode, cached.Request.Cache = "same-origin", "only-if-cached"
	preflighted := func(url, target string) Step {
		s := redirected("fetch", url, target)
		s.Request.Headers = [][2]string{{"X-A", "1"}}
		s.Hops[1].Preflight = ok.Preflight
		return s
	}
	// Each chain of hosts is one request with a header that needs preflights, which is redirected along the hosts.
	// Every URL has a query of its own, so that no preflight is cached.
	chains := func(id int, family, page string, chains ...[]string) Case {
		c := Case{ID: id, Family: family, Page: Page{Host: page}}
		for i, hosts := range chains {
			url := func(hop int) string {
				return fmt.Sprintf("%s://{%s}/c/%d/%d?%d", scheme(hosts[hop]), hosts[hop], id, hop, i)
			}
			s := Step{Request: Request{Via: "fetch", URL: url(0), Headers: [][2]string{{"X-A", "1"}}}}
			for hop := range hosts {
				h := ok
				if hop+1 < len(hosts) {
					h.Actual = Response{Status: 307, Headers: append([][2]string{{"Location", url(hop + 1)}}, allow...)}
				}
				s.Hops = append(s.Hops, h)
			}
			c.Steps = append(c.Steps, s)
		}
		return c
	}
	// The first request sets cookies, and the others show which of them were stored.
	cookies := func(id int, page, to string, then []string, domains ...string) Case {
		url := func(host string) string { return fmt.Sprintf("%s://{%s}/c/%d/0", scheme(host), host, id) }
		grant := [][2]string{{"Cache-Control", "no-store"}, {"Access-Control-Allow-Origin", "{origin}"}, {"Access-Control-Allow-Credentials", "true"}}
		set := slices.Clone(grant)
		for i, domain := range domains {
			line := fmt.Sprintf("k%d_%d=1; Path=/c/%d/", i, id, id)
			if domain != "" {
				line += "; Domain=" + domain
			}
			set = append(set, [2]string{"Set-Cookie", line})
		}
		c := Case{ID: id, Family: "ordinary", Page: Page{Host: page}}
		if scheme(page) == "https" {
			c.Family = "https"
		}
		for i, host := range append([]string{to}, then...) {
			headers := grant
			if i == 0 {
				headers = set
			}
			c.Steps = append(c.Steps, Step{Request: Request{Via: "fetch", URL: url(host), Credentials: "include"}, Hops: []Hop{{Actual: Response{Headers: headers}}}})
		}
		return c
	}
	return []Case{
		{ID: 910001, Family: "https", Page: Page{Host: "s.a"}, Steps: []Step{
			image("https://{s.b}/c/910001/0?1", "text/vtt"), image("https://{s.b}/c/910001/0?2", "audio/mpegurl"),
			image("https://{s.b}/c/910001/0?3", "application/dash+xml"), image("https://{s.b}/c/910001/0?4", "application/vnd.apple.mpegurl"),
			image("https://{s.b}/c/910001/0?5", "application/json")}},
		{ID: 910002, Family: "https", Page: Page{Host: "s.a"}, Steps: []Step{
			fetch("https://{s.b}/c/910002/0", [2]string{"Save-Data", "off"}), fetch("https://{s.b}/c/910002/0", [2]string{"Save-Data", "on"}),
			fetch("https://{s.b}/c/910002/0", [2]string{"ECT", "4g"}, [2]string{"DPR", "wide"}, [2]string{"RTT", "50"})}},
		{ID: 910003, Family: "localhost", Page: Page{Host: "l"}, Steps: []Step{cached}},
		{ID: 910004, Family: "https", Page: Page{Host: "s.a"}, Steps: []Step{fetch("https://{s.b}/c/910004/a|b/0?c|d")}},
		{ID: 910005, Family: "localhost", Page: Page{Host: "l"}, Steps: []Step{
			fetch("http://{o.a}/c/910005/0", [2]string{"X-A", "1"}), image("http://{o.a}/c/910005/0", "image/png")}},
		{ID: 910006, Family: "mixed", Page: Page{Host: "s.a"}, Steps: []Step{
			fetch("http://{l}/c/910006/0"), fetch("http://{ip}/c/910006/0"), fetch("http://{a}/c/910006/0"), fetch("http://{o.a}/c/910006/0")}},
		{ID: 910007, Family: "mixed", Page: Page{Host: "s.a"}, Steps: []Step{
			image("http://{l}/c/910007/0?1", "image/png"), image("http://{ip}/c/910007/0?2", "image/png"),
			image("http://{a}/c/910007/0?3", "image/png"), image("http://{o.a}/c/910007/0?4", "image/png")}},
		{ID: 910008, Family: "mixed", Page: Page{Host: "s.a"}, Steps: []Step{
			redirected("img", "https://{s.a}/c/910008/0?1", "http://{l}/c/910008/1"),
			redirected("img", "https://{s.a}/c/910008/0?2", "http://{ip}/c/910008/1"),
			redirected("img", "https://{s.a}/c/910008/0?3", "http://{b}/c/910008/1"),
			redirected("img", "https://{s.a}/c/910008/0?4", "http://{o.b}/c/910008/1"),
			redirected("img", "http://{b}/c/910008/0?5", "http://{b}/c/910008/1"),
			redirected("audio", "https://{s.a}/c/910008/0?6", "http://{ip}/c/910008/1"),
			redirected("fetch", "https://{s.a}/c/910008/0?7", "http://{b}/c/910008/1"),
			redirected("fetch", "https://{s.a}/c/910008/0?8", "http://{ip}/c/910008/1")}},
		{ID: 910009, Family: "mixed", Page: Page{Host: "s.a", Sandboxed: true}, Steps: []Step{
			fetch("http://{l}/c/910009/0"), fetch("http://{o.a}/c/910009/0"), image("http://{ip}/c/910009/0?1", "image/png"),
			image("http://{o.a}/c/910009/0?2", "image/png")}},
		{ID: 910010, Family: "mixed", Page: Page{Host: "s.a", ReferrerPolicy: "no-referrer-when-downgrade"}, Steps: []Step{
			fetch("http://{ip}/c/910010/0"), image("http://{ip}/c/910010/0?1", "image/png")}},
		{ID: 910011, Family: "mixed", Page: Page{Host: "s.a", ReferrerPolicy: "unsafe-url"}, Steps: []Step{
			fetch("http://{ip}/c/910011/0"), image("http://{ip}/c/910011/0?1", "image/png")}},
		{ID: 910012, Family: "https", Page: Page{Host: "s.a"}, Steps: []Step{
			fetch("https://{s.b}/c/910012/ \"<>^`{}[]';@&=+$,!*()~%7C/0? \"<>^`{}[]|\\';@&=+$,!*()~")}},
		{ID: 910013, Family: "mixed", Page: Page{Host: "s.a"}, Steps: []Step{
			element("audio", "http://{b}/c/910013/0?1", nil), element("video", "http://{ip}/c/910013/0?2", nil),
			element("img", "http://{b}/c/910013/0?3", new(string)), element("audio", "http://{l}/c/910013/0?4", new(string)),
			element("font", "http://{b}/c/910013/0?5", nil), element("module", "http://{ip}/c/910013/0?6", nil)}},
		{ID: 910014, Family: "mixed", Page: Page{Host: "s.a"}, Steps: []Step{
			preflighted("https://{s.b}/c/910014/0?1", "http://{o.b}/c/910014/1"), preflighted("https://{s.a}/c/910014/0?2", "http://{o.b}/c/910014/1"),
			preflighted("https://{s.b}/c/910014/0?3", "http://{b}/c/910014/1"),
			redirected("fetch", "https://{s.b}/c/910014/0?4", "http://{o.b}/c/910014/1")}},
		cookies(910015, "o.a", "o.sub.a", []string{"o.sub.a", "o.a"}, "", "sub.site.test", "site.test", "test"),
		cookies(910016, "o.sub.a", "o.a", []string{"o.a", "o.sub.a"}, "", "site.test"),
		cookies(910017, "s.sub.a", "s.sub.a", []string{"s.sub.a", "s.a"}, "site.test", "", "sub.site.test"),
		cookies(910018, "ps.a", "ps.sub.a", []string{"ps.sub.a", "ps.a"}, "", "example.com", "www.example.com", "com"),
		cookies(910019, "p.sub.a", "p.a", []string{"p.a", "p.sub.a"}, "", "example.com"),
		cookies(910020, "l", "l", []string{"l"}, "", "localhost"),
		cookies(910021, "ip", "ip", []string{"ip"}, "", "127.0.0.1"),
		// Whether a preflight after redirects has Sec-Fetch headers may depend on the first URL.
		chains(910022, "localhost", "l", []string{"o.a2", "s.c"}, []string{"a", "s.c"}, []string{"l", "s.c"}, []string{"s.b", "s.c"},
			[]string{"o.a", "s.c", "s.b"}, []string{"o.a", "s.c", "s.c"}, []string{"s.c", "o.a", "s.b"}, []string{"l", "o.a", "s.c"}, []string{"o.a", "l"}),
		chains(910023, "ordinary", "o.a", []string{"o.b", "s.c"}, []string{"o.a", "s.c"}, []string{"o.a", "s.a"}, []string{"s.b", "s.c"},
			[]string{"s.b", "o.a", "s.c"}, []string{"o.a", "o.a2", "s.a"}),
	}
}
