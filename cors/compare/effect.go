package compare

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/internal/field"
)

// A Difference is what two middlewares do differently for one request. It is comparable, so programs can
// count requests by it. Except for Panic, it has nothing that clients choose.
type Difference struct {
	Preflight bool // the request is a preflight
	Current   Effect
	Candidate Effect
	Panic     string // what the candidate panicked with, "" if it did not; Candidate is then zero
}

// String describes the difference in one line.
func (d Difference) String() string {
	if d.Panic != "" {
		return "the candidate panics: " + d.Panic
	}
	var parts []string
	add := func(current, candidate string) { parts = append(parts, current+" (candidate: "+candidate+")") }
	what := "pages are "
	if d.Preflight {
		what = "pages with this preflight are "
	}
	a, b := d.Current, d.Candidate
	if a.Access != b.Access {
		add(what+a.Access.String(), b.Access.String())
	}
	if a.Exposed != b.Exposed {
		add("exposed headers: "+orNone(a.Exposed), orNone(b.Exposed))
	}
	switch {
	case a.Handler && !b.Handler:
		add("the request reaches the handler", "it does not")
	case b.Handler && !a.Handler:
		add("the request does not reach the handler", "it does")
	}
	return strings.Join(parts, "; ")
}

func orNone(names string) string {
	if names == "" {
		return "none"
	}
	return names
}

// An Effect is what a response does, to browsers and on the server.
type Effect struct {
	// Access says whether pages on the request's origin may read the response, or, after a preflight,
	// send the request. It is Blocked for a request without Origin.
	Access Access

	// Exposed has the response headers that such pages may read, besides those that they always may: in
	// lower case, sorted, and separated by ", ". It is "" if the pages may not read the response, and for
	// preflights.
	Exposed string

	// Handler reports whether the request reached the handler inside the middleware. If not, the
	// middleware has responded itself.
	Handler bool
}

// Access says what pages may do.
type Access uint8

const (
	Blocked            Access = iota
	WithoutCredentials        // only if they send the request without credentials
	Allowed                   // with credentials too
)

// String returns "blocked", "allowed without credentials" or "allowed with credentials".
func (a Access) String() string {
	switch a {
	case Blocked:
		return "blocked"
	case WithoutCredentials:
		return "allowed without credentials"
	case Allowed:
		return "allowed with credentials"
	}
	return fmt.Sprintf("Access(%d)", uint8(a))
}

// effect returns the effect of a response. handler says whether the request reached the handler.
func effect(r *http.Request, status int, response http.Header, handler bool) Effect {
	e := Effect{Handler: handler}
	lines := r.Header["Origin"]
	if len(lines) != 1 { // browsers never send several
		return e
	}
	e.Access = checkOrigin(lines[0], response)
	switch {
	case isPreflight(r):
		e.Access = min(e.Access, checkPreflight(r, status, response))
	case e.Access != Blocked:
		e.Exposed = exposed(response)
	}
	return e
}

// checkOrigin is the CORS check (https://fetch.spec.whatwg.org/#concept-cors-check), in both
// credentials modes.
func checkOrigin(origin string, response http.Header) Access {
	allowed, _ := field.Get(response["Access-Control-Allow-Origin"])
	credentials, _ := field.Get(response["Access-Control-Allow-Credentials"])
	switch {
	case allowed == origin && credentials == "true":
		return Allowed
	case allowed == origin || allowed == "*":
		return WithoutCredentials
	}
	return Blocked
}

// checkPreflight decides whether the response to a preflight allows the request that it asks for
// (https://fetch.spec.whatwg.org/#cors-preflight-fetch, steps 7.1 to 7.10).
func checkPreflight(r *http.Request, status int, response http.Header) Access {
	methods, _, ok := field.ExtractTokens(response["Access-Control-Allow-Methods"])
	names, _, okNames := field.ExtractTokens(response["Access-Control-Allow-Headers"])
	if status < 200 || status > 299 || !ok || !okNames {
		return Blocked
	}
	access := Allowed
	method := r.Header["Access-Control-Request-Method"][0]
	if !slices.Contains(methods, method) && !field.IsCORSSafelistedMethod(method) {
		if !slices.Contains(methods, "*") {
			return Blocked
		}
		access = WithoutCredentials
	}
	listed := make(map[string]bool, len(names))
	for _, name := range names {
		listed[field.Lower(name)] = true
	}
	for _, line := range r.Header["Access-Control-Request-Headers"] {
		for name := range strings.SplitSeq(line, ",") {
			name = field.Lower(field.Trim(name))
			switch {
			case name == "" || listed[name]:
			case !listed["*"] || field.IsCORSNonWildcardRequestHeaderName(name):
				return Blocked
			default:
				access = WithoutCredentials
			}
		}
	}
	return access
}

// exposed returns Effect.Exposed of a response that may be read.
func exposed(response http.Header) string {
	names, _, ok := field.ExtractTokens(response["Access-Control-Expose-Headers"])
	if !ok {
		return ""
	}
	for i, name := range names {
		names[i] = field.Lower(name)
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		return field.IsCORSSafelistedResponseHeaderName(name) || field.IsForbiddenResponseHeaderName(name)
	})
	slices.Sort(names)
	return strings.Join(slices.Compact(names), ", ")
}
