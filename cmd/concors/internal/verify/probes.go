package verify

import (
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/corstest"
)

// What the questions are about, as reports name it.
const (
	aboutAllowed     = "allowed origins"
	aboutForeign     = "foreign origins"
	aboutNoOrigins   = "values that are no origin"
	aboutCredentials = "credentials"
	aboutPreflights  = "preflights"
	aboutMethods     = "methods"
	aboutHeaders     = "request headers"
	aboutErrors      = "error answers"
	aboutExposed     = "exposed headers"
	aboutCaching     = "caching"
	aboutOther       = "other headers"
)

// abouts is the order in which reports name them.
var abouts = []string{aboutAllowed, aboutForeign, aboutNoOrigins, aboutCredentials, aboutPreflights, aboutMethods, aboutHeaders, aboutErrors, aboutExposed, aboutCaching, aboutOther}

// candidates are the methods and headers that are worth asking for: those of all
// policies, since routes are by method too, and near misses. What package cors
// does with each is what the policy says of it.
func candidates(routes routes.Policies) (methods, headers []string) {
	policies := []cors.Policy{routes.Policy}
	for _, r := range routes.Routes {
		policies = append(policies, r.Policy)
	}
	add := func(list *[]string, s string, same func(a, b string) bool) {
		if !slices.ContainsFunc(*list, func(have string) bool { return same(have, s) }) {
			*list = append(*list, s)
		}
	}
	equal := func(a, b string) bool { return a == b }
	for _, p := range policies {
		for _, m := range p.Methods {
			if m != "*" {
				add(&methods, m, equal)
			}
		}
		for _, h := range p.RequestHeaders {
			if h != "*" {
				add(&headers, h, strings.EqualFold)
			}
		}
	}
	methods, headers = methods[:min(len(methods), 30)], headers[:min(len(headers), 40)]
	for _, m := range slices.Clone(methods) {
		// What fetch() puts in upper case by itself can't come out wrong.
		switch small := strings.ToLower(m); small {
		case "delete", "get", "head", "options", "post", "put":
		default:
			add(&methods, small, equal)
		}
	}
	for _, m := range []string{"PUT", "PATCH", "DELETE", "CONCORS"} {
		add(&methods, m, equal)
	}
	for i, h := range slices.Clone(headers) {
		if i < 3 {
			add(&headers, h+"x", strings.EqualFold)
		}
	}
	for _, h := range []string{"X-Concors-Stranger", "Authorization", "Content-Type"} {
		add(&headers, h, strings.EqualFold)
	}
	return methods, headers
}

// methodsOf are methods that the policy grants, for questions about origins.
func methodsOf(p cors.Policy) string {
	for _, m := range p.Methods {
		if m == "*" {
			return http.MethodPut
		}
		if !slices.Contains([]string{"GET", "HEAD", "POST"}, m) {
			return m
		}
	}
	return ""
}

// allowedQuestions are about whom the policy lets in.
func allowedQuestions(url string, allowed []string, p cors.Policy) (out []question) {
	for _, o := range allowed {
		out = append(out, question{about: aboutAllowed, url: url, origin: o, method: "GET"},
			question{about: aboutCredentials, url: url, origin: o, method: "GET", credentials: true},
			question{about: aboutPreflights, url: url, origin: o, method: "POST", listener: true})
		if m := methodsOf(p); m != "" {
			out = append(out, question{about: aboutPreflights, url: url, origin: o, method: m, credentials: p.Credentials})
		}
	}
	return out
}

// pageQuestions are about what one allowed page may do.
func pageQuestions(url, page string, routes routes.Policies, credentials bool) (out []question) {
	methods, headers := candidates(routes)
	for _, m := range methods {
		out = append(out, question{about: aboutMethods, url: url, origin: page, method: m, credentials: credentials})
	}
	for _, h := range headers {
		out = append(out, question{about: aboutHeaders, url: url, origin: page, method: "GET", headers: []string{h}, credentials: credentials})
	}
	return out
}

// foreignQuestions are about whom the policy keeps out.
func foreignQuestions(url string, foreign []string, p cors.Policy) (gets, preflights []question) {
	method := methodsOf(p)
	if method == "" {
		method = http.MethodPut
	}
	for i, o := range foreign {
		gets = append(gets, question{about: aboutForeign, url: url, origin: o, method: "GET"})
		if i < 12 {
			preflights = append(preflights, question{about: aboutForeign, url: url, origin: o, method: method})
		}
	}
	return gets, preflights
}

// rawQuestions send what no browser sends, for what it tells of how the server
// compares.
func rawQuestions(url string, allowed []string) (out []question) {
	for i, o := range allowed {
		scheme, rest, ok := strings.Cut(o, "://")
		if !ok || i >= 3 {
			continue
		}
		for _, value := range []string{strings.ToUpper(o), o + "/", scheme + "://user@" + rest, scheme + "://evil.example/" + rest, "https://evil.example " + o} {
			out = append(out, question{about: aboutNoOrigins, url: url, origin: value, method: "GET", raw: true})
		}
	}
	return out
}

// samples are corstest's for a policy.
func samples(p cors.Policy) (allowed, foreign []string, err error) {
	patterns := slices.Clone(p.Origins)
	if p.DangerouslyAllowNull {
		patterns = append(patterns, "null")
	}
	return corstest.Samples(patterns)
}
