package recipe

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// Limits of the short forms that write a middleware's options. [OptionLimits] are those
// that most of them have, and [RejectingOptionLimits] those of a middleware that rejects
// requests from refused origins.
var (
	OptionLimits          = append(slices.Clone(RejectingOptionLimits), LosesReject)
	RejectingOptionLimits = []Limit{
		Refuse(Route(Routed), "these lines are one policy for all paths: write a policy without routes"),
		Refuse(At("origins", "", NoOrigin), "no page is allowed: leave the middleware out"),
		Refuse(At("origins", "*", AnyOriginWithCredentials), "these lines can't allow every origin with credentials: list the origins"),
		Refuse(MoreOriginsThan(20), "more than 20 origins are too many for a few lines: remove some"),
		Refuse(At("requestHeaders", "*", ExcludesAuthorization), "any request header would include Authorization: list the headers, or add Authorization to the wildcard"),
		Refuse(Embedding, "these lines can't send Cross-Origin-Resource-Policy, and without it more sites could embed responses: let the application send it"),
		Lose(Timing, "Timing-Allow-Origin is not sent: let the application send it"),
		Lose(AllowsEmbedding, "Cross-Origin-Resource-Policy is not sent: let the application send it"),
	}

	RefusesLowerCase     = Refuse(Items("methods", func(m string) bool { return m != strings.ToUpper(m) }), "the middleware writes methods in upper case, and browsers don't: use a method in upper case")
	RefusesPatterns      = Refuse(Origins(func(o string) bool { return HostWildcard(o) || AnyPort(o) || strings.Contains(o, ":[") && !IPv6(o) }), "only exact origins can be written, not patterns: list the origins")
	LosesOtherMethods    = Lose(AnyMethod, "any method is written as GET, HEAD, POST, PUT, PATCH and DELETE: other methods are refused")
	LosesVary            = Lose(Always, varyLost)
	LosesVaryOfRefused   = Lose(SomeOrigins, varyLost) // where "*" is sent in every response
	LosesVaryOfNoOrigin  = Lose(AnyOrigin, varyLost)   // where only requests without Origin lack both
	LosesMethodsWithAuth = Lose(AnyMethodWithCredentials, "with credentials, browsers do not accept a wildcard for methods: GET, HEAD, POST, PUT, PATCH and DELETE are written, and other methods are refused")
	AlsoAllowsOPTIONS    = Lose(Always, "allowed pages may also send the method OPTIONS, which the middleware always allows")
	LosesZeroMaxAge      = Lose(ZeroMaxAge, "browsers may cache preflights for 5 seconds: the middleware does not send 0")
)

const varyLost = "responses without CORS headers lack Vary: Origin: set it yourself if caches may store them, or an allowed page may get one of them and be blocked"

// MethodList returns GET, HEAD and POST, and the allowed methods. Any method is written
// as the usual ones.
func (r *Rule) MethodList() []string {
	out := []string{"GET", "HEAD", "POST"}
	more := r.Methods
	if r.AnyMethod {
		more = slices.Concat([]string{"PUT", "PATCH", "DELETE"}, more)
	}
	for _, m := range more {
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}

// MethodListOrWildcard is [Rule.MethodList], or "*" alone if any method is allowed and
// browsers accept a wildcard.
func (r *Rule) MethodListOrWildcard() []string {
	if r.AnyMethod && !r.EchoMethod {
		return []string{"*"}
	}
	return r.MethodList()
}

// HeaderList returns the listed request headers as people write them.
func (r *Rule) HeaderList() (out []string) {
	for _, name := range r.RequestHeaders {
		out = append(out, http.CanonicalHeaderKey(name))
	}
	return out
}

// ChosenStatus returns the status of preflight responses if the policy says one, and
// otherwise 0.
func (r *Rule) ChosenStatus() int { return r.policy.PreflightStatus }

// StatusChosenOtherThan reports whether the policy says a status of preflight responses
// other than the one that the server has.
func StatusChosenOtherThan(status int) Need {
	return func(r *Rule) bool { return !r.Off && r.ChosenStatus() != 0 && r.ChosenStatus() != status }
}

// PlainOrigins reports whether all origins are exact ones with http or https in lower
// case: some libraries accept no others in their list.
func (r *Rule) PlainOrigins() bool {
	return len(r.Patterns) == 0 && !r.Null && !slices.ContainsFunc(r.Origins, func(o string) bool {
		return OtherScheme(o) || o != strings.ToLower(o)
	})
}

// MaxAgeSeconds returns how long browsers may cache a preflight, or missing if the
// policy does not say.
func (r *Rule) MaxAgeSeconds(missing int) int {
	seconds, err := strconv.Atoi(r.MaxAge)
	if err != nil { // it is empty
		return missing
	}
	return seconds
}

// jsOrigins returns a rule's origins as the items of a list in JavaScript: strings, and
// a regular expression for each pattern.
func jsOrigins(r *Rule) (out []string) {
	for _, o := range r.ExactOrigins() {
		out = append(out, singleQuote(o))
	}
	for _, expression := range r.patternExpressions() {
		out = append(out, "/"+strings.ReplaceAll(expression, "/", `\/`)+"/")
	}
	return out
}

// patternExpressions returns a regular expression with anchors for each pattern.
func (r *Rule) patternExpressions() (out []string) {
	for _, p := range r.Patterns {
		out = append(out, "^"+p.Regexp()+"$")
	}
	return out
}

// optionFunctions write lists as literals and blanks, for templates of short forms. Where a
// line is too long, [layOut] breaks it there.
func optionFunctions() map[string]any {
	return map[string]any{
		"jsOrigins": func(r *Rule) string { return "[" + list(openMark, trailingMark, "  ", jsOrigins(r)) + "]" },
		"jsList": func(items []string) string {
			return "[" + list(openMark, trailingMark, "  ", each(singleQuote, items)) + "]"
		},
		"phpList": func(items []string) string {
			return "[" + list(openMark, trailingMark, "    ", each(singleQuote, items)) + "]"
		},
		"pyList": func(items []string) string {
			return "[" + list(openMark, trailingMark, "    ", each(strconv.Quote, items)) + "]"
		},
		"pyRegexps": func(r *Rule) string {
			return "[" + list(openMark, trailingMark, "    ", each(func(s string) string { return `r"` + s + `"` }, r.patternExpressions())) + "]"
		},
		"goList":   goList,
		"goRegexp": func(r *Rule) string { return "regexp.MustCompile(`" + r.OriginRegexp() + "`)" },

		// Items between brackets that the template writes. The last bracket of fill stays behind
		// the last item, that of own is on a line of its own, and rows has a comma before it.
		"fill":      func(step string, items []string) string { return list(openMark, hugMark, step, items) },
		"own":       func(step string, items []string) string { return list(openMark, closeMark, step, items) },
		"rows":      func(step string, items []string) string { return list(openMark, trailingMark, step, items) },
		"arguments": func(step string, items []string) string { return list(argumentMark, hugMark, step, items) },
		"quoted":    func(items []string) []string { return each(strconv.Quote, items) },
		"each": func(before string, items []string) []string {
			return each(func(s string) string { return before + s }, items)
		},
		"soft": soft,
	}
}

// goList returns strings as a slice in Go.
func goList(items []string) string {
	return "[]string{" + list(openMark, trailingMark, "\t", each(strconv.Quote, items)) + "}"
}

func each(f func(string) string, list []string) (out []string) {
	for _, s := range list {
		out = append(out, f(s))
	}
	return out
}
