package fetch

import (
	"strings"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/weburl"
)

// corsCheck: https://fetch.spec.whatwg.org/#cors-check. The request is always the
// page's, even if the response is that of its preflight.
func (f *fetchParams) corsCheck(req *request, resp *response, preflight bool) *NetworkError {
	const acao, acac = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"
	serialized := req.serializeOrigin()
	include := req.credentials == CredentialsInclude
	// 1. Get Access-Control-Allow-Origin.
	allowOrigin, present := resp.header.Get(acao)
	inputs := []Input{
		{"credentials mode", string(req.credentials)}, {"Origin", serialized},
		presentOrNot(acao, allowOrigin, present),
	}
	block := func(why reason.Reason, header, value string, present bool) *NetworkError {
		if preflight {
			why = why.InPreflight()
		}
		return f.fail(why, resp.exchange, NetworkError{Header: header, Value: value, Present: present}, inputs...)
	}
	pass := func(outcome string) *NetworkError {
		f.step(Step{Algorithm: "CORS check", Anchor: fetchSpec + "#cors-check", Inputs: inputs,
			Result: Passed, Outcome: outcome, Exchange: resp.exchange})
		return nil
	}
	switch {
	// 2. No header: failure.
	case !present:
		return block(reason.MissingAllowOriginHeader, acao, "", false)
	// 3. The wildcard, without credentials: success.
	case allowOrigin == "*" && !include:
		return pass("the server allows every origin")
	// 4. Another value than the request's origin: failure.
	case allowOrigin == "*":
		return block(reason.WildcardOriginNotAllowed, acao, allowOrigin, true)
	case allowOrigin != serialized:
		return block(AllowOriginReason(allowOrigin), acao, allowOrigin, true)
	// 5. The origin, without credentials: success.
	case !include:
		return pass("the server allows this origin")
	}
	// 6–8. With credentials, Access-Control-Allow-Credentials must be true.
	allowCredentials, present := resp.header.Get(acac)
	inputs = append(inputs, presentOrNot(acac, allowCredentials, present))
	if allowCredentials != "true" {
		return block(reason.InvalidAllowCredentials, acac, allowCredentials, present)
	}
	return pass("the server allows this origin, with credentials")
}

// AllowOriginReason returns the reason why a value of Access-Control-Allow-Origin
// that is not equal to the request's origin fails the CORS check. The standard has
// one case; the three reasons and their order are those of Chromium's DevTools.
func AllowOriginReason(value string) reason.Reason {
	if strings.ContainsAny(value, " ,") {
		return reason.MultipleAllowOriginValues
	}
	if value != "null" {
		if _, err := weburl.Parse(value, nil); err != nil {
			return reason.InvalidAllowOriginValue
		}
	}
	return reason.AllowOriginMismatch
}
