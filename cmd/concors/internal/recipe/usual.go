package recipe

import (
	"slices"
	"strings"
)

// Limits of short forms that write configuration, beside [OptionLimits].
var (
	RefusesNull      = Refuse(At("dangerouslyAllowNull", "true", NullOrigin), "these lines compare origins with URLs, and null is not one: leave it out")
	RefusesWebOnly   = Refuse(Origins(OtherScheme), "it is untested whether an origin without http or https can be written: leave this one out")
	RefusesAnyPort   = Refuse(Origins(AnyPort), "any port can't be written: list the ports")
	RefusesPartLabel = Refuse(Origins(PartOfLabel), "a wildcard for a part of a label would match more than the policy: list the hosts")

	// For servers whose header values are fixed.
	RefusesAnyMethod = Refuse(At("methods", "*", AnyMethodWithCredentials), "with credentials, browsers do not accept a wildcard for methods: list the methods")
	RefusesAnyHeader = Refuse(At("requestHeaders", "*", AnyHeaderWithCredentials), "with credentials, browsers do not accept a wildcard for request headers: list the headers")

	// RefusesSecondOrigin is for headers whose value can't depend on the request.
	RefusesSecondOrigin = Refuse(MoreOriginsThan(1), "these lines send one fixed value, which can name one origin: allow one, or let the application send the header")

	// Answers403 is for products that reject requests from refused origins in any case.
	Answers403     = Lose(func(r *Rule) bool { return SomeOrigins(r) && !r.RejectRefused }, "requests from refused origins are rejected with status 403, not served")
	LosesOwnStatus = Lose(statusGiven, "the status of preflight responses can't be set (browsers accept any from 200 to 299)")
	LosesNoVary    = Lose(SomeOrigins, "Vary: Origin is not sent: a cache in front may serve one origin the response for another, and its page is blocked")
)

// RefusesPreflights is for servers of static files, which fail every preflight. It finds
// the first value that needs one.
func RefusesPreflights(sentence string) Limit {
	return Refuse(func(r *Rule) []Value {
		for _, field := range []string{"methods", "requestHeaders"} {
			if list := r.list(field); !r.Off && len(list) > 0 {
				return []Value{{field, 0, list[0]}}
			}
		}
		return nil
	}, sentence)
}

// ShortLimits returns [OptionLimits] and the limits of one short form.
func ShortLimits(more ...Limit) []Limit { return slices.Concat(OptionLimits, more) }

// RejectingShortLimits is ShortLimits for products that reject requests from refused origins.
func RejectingShortLimits(more ...Limit) []Limit {
	return slices.Concat(RejectingOptionLimits, more, []Limit{Answers403})
}

// LosesNoMaxAge says how long browsers cache preflights if the policy does not.
func LosesNoMaxAge(long string) Limit {
	return Lose(NoMaxAge, "browsers may cache preflights for "+long+", the product's default")
}

// statusGiven reports whether the policy says which status preflight responses have.
func statusGiven(r *Rule) bool { return !r.Off && r.policy.PreflightStatus != 0 }

// FixedOrigin returns the value of Access-Control-Allow-Origin that is right in every
// response: "*", or the only allowed origin. It is "" if the value depends on the request.
func (r *Rule) FixedOrigin() string {
	switch {
	case r.AnyOrigin:
		return "*"
	case len(r.Origins) == 1 && len(r.Patterns) == 0 && !r.Null:
		return r.Origins[0]
	}
	return ""
}

// HeadersOrAccept is [Rule.HeaderList], or "*" alone, or Accept, which never needs
// permission, for products that allow every header if none is listed.
func (r *Rule) HeadersOrAccept() []string {
	switch {
	case r.AnyRequestHeader:
		return []string{"*"}
	case len(r.RequestHeaders) == 0:
		return []string{"Accept"}
	}
	return r.HeaderList()
}

// HeadersValue returns the value of Access-Control-Allow-Headers as people write it.
func (r *Rule) HeadersValue() string {
	if r.AnyRequestHeader {
		return r.AllowHeaders
	}
	return strings.Join(r.HeaderList(), ", ")
}

// NamesExposed reports whether response headers are exposed.
func NamesExposed(r *Rule) bool { return !r.Off && len(r.ExposedNames()) > 0 }

// Refusals returns the limits for which no recipe is written.
func Refusals(of []Limit) []Limit {
	return slices.DeleteFunc(slices.Clone(of), func(l Limit) bool { return l.refuses == nil })
}

// OriginsWithPort returns the allowed origins and patterns, including null, with anyPort in
// place of ":*".
func (r *Rule) OriginsWithPort(anyPort string) (out []string) {
	for _, o := range r.OriginList() {
		if host, found := strings.CutSuffix(o, ":*"); found {
			o = host + anyPort
		}
		out = append(out, o)
	}
	if r.Null {
		out = append(out, "null")
	}
	return out
}
