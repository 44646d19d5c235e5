package verify

import (
	"slices"

	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/origin"
)

// schemeQuestions are about the origins of extensions and applications, whose pages no
// browser loads over HTTP. They are sent without a browser, as its GET would be.
func schemeQuestions(url string, p cors.Policy) (out []question) {
	const mostSchemes = 4
	ask := func(origin string, t topic) {
		out = append(out, question{probe.Question{URL: url, Origin: origin, Method: "GET", Raw: true}, t})
	}
	var schemes []string
	for _, value := range p.DangerouslyAllowAnyHost {
		r, err := origin.ParseRange(value)
		if err != nil || len(schemes) >= mostSchemes {
			continue
		}
		schemes = append(schemes, r.Scheme())
		ask(r.Scheme()+"://6b1c1d1e-8a7a-4c7e-9d9f-0b1c2d3e4f50", allowedOrigins)
		ask(r.Scheme()+"://abcdefghijklmnopabcdefghijklmnop", allowedOrigins)
	}
	for _, value := range p.Origins {
		pattern, err := origin.ParsePattern(value)
		scheme := pattern.Scheme()
		if err != nil || !pattern.IsExact() || scheme == "http" || scheme == "https" || len(schemes) >= mostSchemes {
			continue
		}
		schemes = append(schemes, scheme)
		ask(value, allowedOrigins)
	}
	if len(schemes) == 0 {
		return nil
	}
	// Samples of foreign origins may be allowed by another value of the policy, which the simulation
	// of the policy decides.
	for _, scheme := range schemes {
		for _, near := range []string{scheme + "x", "x" + scheme, scheme + "-x"} {
			ask(near+"://abcdefghijklmnopabcdefghijklmnop", foreignOrigins)
		}
	}
	for _, other := range []string{"chrome-extension", "moz-extension", "app"} {
		if !slices.Contains(schemes, other) {
			ask(other+"://ponmlkjihgfedcbaponmlkjihgfedcba", foreignOrigins)
		}
	}
	return out
}
