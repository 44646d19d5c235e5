package cors_test

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/fetch"
)

// Package fetch plays the browser for package cors: for generated policies and requests, a browser
// lets a page read the response exactly if the policy says so.
func TestBrowsersAgreeWithThePolicy(t *testing.T) {
	n := 100_000
	if testing.Short() {
		n = 1_500
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	profiles := fetch.Profiles()
	readable, refusedPreflights := 0, 0
	for i := range n {
		g := &generator{rand.New(rand.NewPCG(seed, uint64(i)))}
		p := g.policy()
		m, err := cors.New(p)
		if err != nil {
			t.Fatalf("case %d: %v", i, err)
		}
		q := g.request()
		want := allowed(p, q)
		profile := profiles[i%len(profiles)]
		reached := false
		handler := m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			reached = true
			w.Header().Set("X-Total", "1")
			w.Write([]byte("secret"))
		}))
		agent := &fetch.Agent{Profile: profile, Transport: fetch.HandlerTransport(handler)}
		resp, err := agent.Fetch(t.Context(), q)
		got := err == nil && resp.Type == fetch.TypeCORS
		if err == nil {
			resp.Body.Close()
		}
		if got != want {
			t.Fatalf("case %d, seed %d, %s: readable in the browser: %v; by the policy: %v\npolicy %+v\nrequest %s %s from %s, headers %v, credentials %s\n%v",
				i, seed, profile.Name, got, want, p, q.Method, q.URL, q.Page.URL, q.Header, q.Credentials, err)
		}
		if got {
			readable++
			exposed := resp.Header.Contains("X-Total")
			if want := slices.Contains(p.ExposedHeaders, "X-Total") || slices.Contains(p.ExposedHeaders, "*"); exposed != want {
				t.Fatalf("case %d, seed %d: X-Total is readable: %v, want %v", i, seed, exposed, want)
			}
			if !reached {
				t.Fatalf("case %d: the handler was not reached", i)
			}
		}
		if !reached {
			refusedPreflights++
		}
	}
	if readable < n/10 || readable > n*9/10 || refusedPreflights < n/20 {
		t.Errorf("%d of %d readable, %d refused by a preflight: the generated cases are too uniform", readable, n, refusedPreflights)
	}
}

type generator struct{ *rand.Rand }

func some[T any](g *generator, of ...T) T { return of[g.IntN(len(of))] }

// list returns each of the strings with a probability of 1/n.
func (g *generator) list(n int, of ...string) []string {
	var list []string
	for _, s := range of {
		if g.IntN(n) == 0 {
			list = append(list, s)
		}
	}
	return list
}

func (g *generator) policy() cors.Policy {
	p := cors.Policy{
		Origins: g.list(2, "https://a.test", "https://*.a.test", "https://b.test:8443", "http://localhost:*", "https://pr-*.c.test", "http://d.test:[80,81]"),
		Methods: g.list(2, "PUT", "DELETE", "PATCH", "QUERY"), RequestHeaders: g.list(2, "X-A", "x-b", "Content-Type", "Authorization"),
		ExposedHeaders: g.list(2, "X-Total", "X-Other"), Credentials: g.IntN(2) == 0, MaxAgeSeconds: some(g, 0, -1, 600),
		PreflightStatus:      some(g, 0, 200),
		DangerouslyAllowNull: g.IntN(4) == 0,
		DangerouslyAllowInsecureOriginsWithCredentials: true,
	}
	if g.IntN(4) == 0 && !p.Credentials {
		p.Origins = append(p.Origins, "*")
	}
	if g.IntN(5) == 0 {
		p.Methods = append(p.Methods, "*")
	}
	if g.IntN(5) == 0 {
		p.RequestHeaders = append(p.RequestHeaders, "*")
	}
	if g.IntN(5) == 0 && !p.Credentials {
		p.ExposedHeaders = append(p.ExposedHeaders, "*")
	}
	if g.IntN(4) == 0 {
		p.DangerouslyAllowAddressRanges = []string{"http://10.0.0.0/24:*", "https://[fd00::/8]"}
	}
	if len(p.Origins) == 0 {
		p.Origins = []string{"https://a.test"}
	}
	// Credentials for some origins only: a part of those that are allowed.
	if g.IntN(3) == 0 && !p.Credentials {
		p.OriginsWithCredentials = g.list(2, p.Origins...)
		p.OriginsWithCredentials = slices.DeleteFunc(p.OriginsWithCredentials, func(o string) bool { return o == "*" })
		if slices.Contains(p.Origins, "https://*.a.test") || slices.Contains(p.Origins, "*") {
			p.OriginsWithCredentials = append(p.OriginsWithCredentials, "https://x.a.test")
		}
		if p.DangerouslyAllowAddressRanges != nil {
			p.OriginsWithCredentials = append(p.OriginsWithCredentials, "http://10.0.0.7:8080")
		}
		if len(p.OriginsWithCredentials) > 0 {
			p.ExposedHeaders = slices.DeleteFunc(p.ExposedHeaders, func(h string) bool { return h == "*" })
		}
	}
	return p
}

func (g *generator) request() *fetch.Request {
	page := &fetch.Page{URL: some(g, "https://a.test/", "https://a.test/", "https://x.a.test/", "https://x.y.a.test/", "https://b.test:8443/", "https://b.test/",
		"http://localhost:3000/", "http://localhost/", "https://pr-1.c.test/", "https://pr-.c.test/", "http://d.test/", "http://d.test:81/", "http://d.test:82/",
		"http://10.0.0.7:8080/", "http://10.0.0.255/", "http://10.0.1.0/", "https://[fd00::1]/", "https://[fe00::1]/",
		"https://nota.test/", "https://a.test.evil.test/", "http://a.test/"), Sandboxed: g.IntN(12) == 0}
	q := &fetch.Request{
		Page: page, URL: "https://server.test/x", Method: some(g, "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "patch", "QUERY"),
		Mode: fetch.ModeCORS, Credentials: some(g, fetch.CredentialsOmit, fetch.CredentialsSameOrigin, fetch.CredentialsInclude),
	}
	for _, name := range g.list(8, "X-A", "X-B", "X-C", "Authorization") {
		q.Header.Append(name, "1")
	}
	if q.Method != "GET" && q.Method != "HEAD" && g.IntN(3) == 0 {
		q.Body = fetch.TextBody("{}")
		if g.IntN(2) == 0 {
			q.Header.Append("Content-Type", "application/json")
		}
		if g.IntN(3) == 0 {
			q.Initiator, q.UseCORSPreflight = fetch.InitiatorXHR, true
		}
	}
	return q
}

// allowed reports whether a policy allows a request, computed in the most obvious way.
func allowed(p cors.Policy, q *fetch.Request) bool {
	include := q.Credentials == fetch.CredentialsInclude
	if include && !p.Credentials && (q.Page.Sandboxed || !originListed(p.OriginsWithCredentials, q.Page)) {
		return false
	}
	if !originAllowed(p, q.Page) {
		return false
	}
	anyMethod, anyHeader := slices.Contains(p.Methods, "*"), slices.Contains(p.RequestHeaders, "*")
	switch q.Method {
	case "GET", "HEAD", "POST":
	default:
		if !anyMethod && !slices.Contains(p.Methods, q.Method) {
			return false
		}
	}
	for _, h := range q.Header {
		listed := slices.ContainsFunc(p.RequestHeaders, func(name string) bool { return strings.EqualFold(name, h.Name) })
		if !listed && !(anyHeader && !strings.EqualFold(h.Name, "Authorization")) {
			return false
		}
	}
	return true
}

func originAllowed(p cors.Policy, page *fetch.Page) bool {
	if slices.Contains(p.Origins, "*") {
		return true
	}
	if page.Sandboxed {
		return p.DangerouslyAllowNull
	}
	if p.DangerouslyAllowAddressRanges != nil && (strings.HasPrefix(page.URL, "http://10.0.0.") || page.URL == "https://[fd00::1]/") {
		return true
	}
	return originListed(p.Origins, page)
}

func originListed(patterns []string, page *fetch.Page) bool {
	value := strings.TrimSuffix(page.URL, "/")
	for _, pattern := range patterns {
		matches := false
		switch pattern {
		case "https://*.a.test":
			matches = strings.HasPrefix(value, "https://") && strings.HasSuffix(value, ".a.test")
		case "http://localhost:*":
			matches = value == "http://localhost" || strings.HasPrefix(value, "http://localhost:")
		case "https://pr-*.c.test":
			matches = value == "https://pr-1.c.test"
		case "http://d.test:[80,81]":
			matches = value == "http://d.test" || value == "http://d.test:81"
		default:
			matches = value == pattern
		}
		if matches {
			return true
		}
	}
	return false
}
