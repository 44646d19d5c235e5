package verify

import (
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// A topic is what a question is about, as reports name it.
type topic string

// The topics, in the order in which reports name them.
const (
	allowedOrigins topic = "allowed origins"
	foreignOrigins topic = "foreign origins"
	invalidOrigins topic = "invalid Origin values"
	credentials    topic = "credentials"
	preflights     topic = "preflights"
	methods        topic = "methods"
	requestHeaders topic = "request headers"
	errorResponses topic = "error responses"
	exposedHeaders topic = "exposed headers"
	caching        topic = "caching"
	otherHeaders   topic = "other headers"
)

var topics = []topic{
	allowedOrigins, foreignOrigins, invalidOrigins, credentials, preflights, methods,
	requestHeaders, errorResponses, exposedHeaders, caching, otherHeaders,
}

// A question is one about a topic.
type question struct {
	probe.Question
	topic topic
}

// candidates returns the methods and headers that are worth testing: those of
// all policies, because routes can depend on the method, and others that are
// close to them. What package cors does with each is what the policy says.
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
		// fetch() itself writes these in upper case.
		switch lower := strings.ToLower(m); lower {
		case "delete", "get", "head", "options", "post", "put":
		default:
			add(&methods, lower, equal)
		}
	}
	for _, m := range []string{"PUT", "PATCH", "DELETE", "CONCORS"} {
		add(&methods, m, equal)
	}
	for _, h := range slices.Clone(headers[:min(len(headers), 3)]) {
		add(&headers, h+"x", strings.EqualFold)
	}
	for _, h := range []string{"X-Concors-Foreign", "Authorization", "Content-Type"} {
		add(&headers, h, strings.EqualFold)
	}
	return methods, headers
}

// preflightedMethod returns a method that the policy allows and that needs a
// preflight, for questions about origins; "" if there is none.
func preflightedMethod(p cors.Policy) string {
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

// allowedQuestions are about the origins that the policy allows.
func allowedQuestions(url string, allowed []string, p cors.Policy) (out []question) {
	for _, o := range allowed {
		out = append(out, question{probe.Question{URL: url, Origin: o, Method: "GET"}, allowedOrigins})
		if m := preflightedMethod(p); m != "" && len(p.OriginsWithCredentials) > 0 {
			out = append(out, question{probe.Question{URL: url, Origin: o, Method: m, Credentials: true}, credentials})
		}
		out = append(out,
			question{probe.Question{URL: url, Origin: o, Method: "GET", Credentials: true}, credentials},
			question{probe.Question{URL: url, Origin: o, Method: "POST", UploadListener: true}, preflights})
		if m := preflightedMethod(p); m != "" {
			q := probe.Question{URL: url, Origin: o, Method: m, Credentials: p.Credentials}
			out = append(out, question{q, preflights})
		}
	}
	return out
}

// pageQuestions are about what one allowed page may do.
func pageQuestions(url, page string, routes routes.Policies, withCredentials bool) (out []question) {
	tryMethods, tryHeaders := candidates(routes)
	for _, m := range tryMethods {
		q := probe.Question{URL: url, Origin: page, Method: m, Credentials: withCredentials}
		out = append(out, question{q, methods})
	}
	for _, h := range tryHeaders {
		q := probe.Question{URL: url, Origin: page, Method: "GET", Headers: []string{h}, Credentials: withCredentials}
		out = append(out, question{q, requestHeaders})
	}
	return out
}

// foreignQuestions are about origins that the policy does not allow.
func foreignQuestions(url string, foreign []string, p cors.Policy) (gets, preflighted []question) {
	method := preflightedMethod(p)
	if method == "" {
		method = http.MethodPut
	}
	for i, o := range foreign {
		gets = append(gets, question{probe.Question{URL: url, Origin: o, Method: "GET"}, foreignOrigins})
		if i < 12 {
			q := probe.Question{URL: url, Origin: o, Method: method}
			preflighted = append(preflighted, question{q, foreignOrigins})
		}
	}
	return gets, preflighted
}

// credentialQuestions are about origins that the policy allows without credentials, and
// that resemble those of OriginsWithCredentials.
func credentialQuestions(url string, p cors.Policy) (out []question, err error) {
	if len(p.OriginsWithCredentials) == 0 {
		return nil, nil
	}
	_, without, err := probe.CredentialSamples(p)
	for _, o := range without {
		out = append(out, question{probe.Question{URL: url, Origin: o, Method: "GET", Credentials: true}, credentials})
	}
	return out, err
}

// rawQuestions have Origin values that no browser sends, because they show how
// the server compares origins.
func rawQuestions(url string, allowed []string) (out []question) {
	for i, o := range allowed {
		scheme, rest, ok := strings.Cut(o, "://")
		if !ok || i >= 3 {
			continue
		}
		for _, value := range []string{
			strings.ToUpper(o), o + "/", scheme + "://user@" + rest,
			scheme + "://evil.example/" + rest, "https://evil.example " + o,
		} {
			q := probe.Question{URL: url, Origin: value, Method: "GET", Raw: true}
			out = append(out, question{q, invalidOrigins})
		}
	}
	return out
}
