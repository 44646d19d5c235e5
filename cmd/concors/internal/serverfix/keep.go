package serverfix

import (
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// keep adds to a policy what the server's responses grant today, so that the change
// takes nothing from other pages. The notes say what cannot be kept.
func keep(p *cors.Policy, result *request.Result, server string) (notes []string) {
	for _, r := range result.Results {
		for _, x := range r.Exchanges {
			if o, err := origin.FromURL(x.URL); err != nil || o.String() != server || x.Status == 0 {
				continue
			}
			if note := keepOrigin(p, x); note != "" && !slices.Contains(notes, note) {
				notes = append(notes, note)
			}
			// A * in a list counts only for requests without credentials.
			star := !p.Credentials
			if x.Preflight {
				p.Methods = keepList(p.Methods, x, "Access-Control-Allow-Methods", star, allowsNothing)
				p.RequestHeaders = keepList(p.RequestHeaders, x, "Access-Control-Allow-Headers", star, nil)
			}
			p.ExposedHeaders = keepList(p.ExposedHeaders, x, "Access-Control-Expose-Headers", star, field.IsForbiddenResponseHeaderName)
		}
	}
	return notes
}

// allowsNothing reports whether a method in Access-Control-Allow-Methods makes no
// difference: a method that never needs permission, or one that browsers do not send so.
func allowsNothing(method string) bool {
	return field.IsCORSSafelistedMethod(method) || strings.ToUpper(method) != method || field.IsForbiddenMethod(method)
}

// keepOrigin keeps the origin that a response allows.
func keepOrigin(p *cors.Policy, x request.Exchange) (note string) {
	values := values(x, "Access-Control-Allow-Origin")
	if len(values) != 1 {
		return ""
	}
	switch o, err := origin.Parse(values[0]); {
	case values[0] == "*" && p.Credentials:
		return "The server allows every origin today (*), which cannot be combined with credentials: list the origins of all other pages that need it."
	case values[0] == "*" && !slices.Equal(p.Origins, []string{"null"}):
		p.Origins = []string{"*"}
	case err == nil && o.String() == values[0] && !slices.Contains(p.Origins, "*"):
		policy := cors.Policy{Origins: []string{values[0]}, Credentials: p.Credentials}
		if slices.ContainsFunc(policy.Check(), func(f cors.Fault) bool { return !f.Warning }) {
			return "The server allows " + term.Printable(values[0]) + " today, which the policy does not keep: a policy must not list it."
		}
		p.Origins = addTo(p.Origins, values[0])
	}
	return ""
}

// keepList keeps the members of a list in a response's header that mean something.
func keepList(list []string, x request.Exchange, name string, star bool, skip func(string) bool) []string {
	if slices.Contains(list, "*") {
		return list
	}
	for _, value := range values(x, name) {
		for member := range strings.SplitSeq(value, ",") {
			switch member = field.Trim(member); {
			case member == "*" && star:
				return []string{"*"}
			case member == "*", !field.IsToken(member), skip != nil && skip(member):
			case !slices.ContainsFunc(list, func(s string) bool { return field.EqualFold(s, member) }):
				list = append(list, member)
			}
		}
	}
	return list
}

// values returns the values of a response's header, a line each.
func values(x request.Exchange, name string) []string {
	var list []string
	for _, h := range x.ResponseHeaders {
		if strings.EqualFold(h.Name, name) {
			list = append(list, h.Value)
		}
	}
	return list
}
