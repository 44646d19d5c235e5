package fetch

import (
	"errors"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// httpRedirectFetch: https://fetch.spec.whatwg.org/#concept-http-redirect-fetch
func (f *fetchParams) httpRedirectFetch(resp *response) (*response, *NetworkError) {
	req := f.request
	current := req.currentURL()
	value, present := resp.header.Get("Location")
	inputs := []Input{{"status", strconv.Itoa(resp.status)}, presentOrNot("Location", value, present)}
	block := func(r reason.Reason, u *weburl.URL) (*response, *NetworkError) {
		detail := NetworkError{Header: "Location", Value: value, Present: true}
		if u != nil {
			detail.URL = u.String()
			detail.FirstURL = req.url().String()
		}
		return nil, f.fail(r, resp.exchange, detail, inputs...)
	}
	// 4. A redirect status without Location is an ordinary response.
	if !present {
		return resp, nil
	}
	resp.body.Close()
	// 3 and 5. Location must be a URL.
	location, err := f.locationURL(resp, current)
	if err != nil {
		return block(reason.RedirectInvalidLocation, nil)
	}
	// 6. Its scheme must be HTTP(S).
	if !location.IsHTTP() {
		if f.quirks.followsToData(req, location) {
			req.urlList = append(req.urlList, location)
			return f.dataURL()
		}
		return block(reason.RedirectDisallowedScheme, location)
	}
	// 7–8. At most 20 redirects.
	if req.redirectCount == 20 {
		return block(reason.TooManyRedirects, location)
	}
	req.redirectCount++
	// 9–10. No user name and password with CORS.
	if f.userinfoBlocked(location) && !f.quirks.userinfoBlockedLater(req) {
		return block(reason.RedirectContainsCredentials, location)
	}
	// 11. A stream can't be sent twice.
	if resp.status != 303 && req.body != nil && req.body.Stream != nil {
		return block(reason.RedirectBodyNotReplayable, location)
	}
	// 12–14. Change the request.
	changes := f.redirectRequest(resp, location)
	// 18. Append the URL.
	before := req.serializeOrigin()
	req.urlList = append(req.urlList, location)
	if after := req.serializeOrigin(); after != before {
		changes = append(changes, "the request is tainted: its Origin becomes "+after)
	}
	// 19. The response may set the referrer policy.
	if policy, ok := parseReferrerPolicy(resp.header.lines("Referrer-Policy")); ok {
		req.referrerPolicy = policy
		f.quirks.referrerPolicyChanged(req)
	}
	outcome := "followed"
	if len(changes) > 0 {
		outcome += "; " + strings.Join(changes, "; ")
	}
	f.step(Step{Algorithm: "HTTP-redirect fetch", Anchor: fetchSpec + "#concept-http-redirect-fetch",
		Inputs: inputs, Outcome: outcome, Exchange: resp.exchange})
	// 20–22. Back to main fetch. Redirect mode manual does not come here: see httpFetch.
	return f.mainFetch(true)
}

// redirectRequest is steps 12 to 14. It changes the request for its new URL, and
// returns the changes in words.
func (f *fetchParams) redirectRequest(resp *response, location *weburl.URL) (changes []string) {
	req := f.request
	// 12. The method may become GET, without a body.
	changed := rewritesToGET(resp.status, req.method)
	if changed {
		changes = append(changes, "the method becomes GET")
		req.method, req.body = "GET", nil
		f.quirks.bodyHeadersDropped(req)
		req.header.deleteBodyHeaders()
	}
	// 13. Another origin doesn't get Authorization.
	leaves := !origin.SameOrigin(req.currentOrigin(), origin.Of(location))
	if leaves && req.header.Contains("Authorization") {
		changes = append(changes, "the Authorization header is dropped")
		req.header.Delete("Authorization")
	}
	// 14. A body that is not a stream can be read again.
	return append(changes, f.quirks.changeRedirectedRequest(req, resp, location, changed, leaves)...)
}

var errNoLocation = errors.New("no URL in Location")

// locationURL is the URL that a redirect leads to. Without a fragment of its own
// it has the fragment of the current URL.
// https://fetch.spec.whatwg.org/#concept-response-location-url
func (f *fetchParams) locationURL(resp *response, current *weburl.URL) (*weburl.URL, error) {
	// 2. Extract Location.
	value, ok := f.quirks.location(resp.header.lines("Location"))
	if !ok {
		return nil, errNoLocation
	}
	// 3. Parse it against the response's URL.
	location, err := f.quirks.parseURL(value, current)
	if err != nil {
		return nil, err
	}
	// 4. Keep the fragment.
	if !location.HasFragment {
		location.Fragment, location.HasFragment = current.Fragment, current.HasFragment
	}
	return location, nil
}

// userinfoBlocked reports whether a redirect may not be followed because of the
// user name or password in its URL. The second condition is for a redirect from
// another origin to the page's own.
func (f *fetchParams) userinfoBlocked(location *weburl.URL) bool {
	req := f.request
	return location.HasCredentials() &&
		(req.mode == ModeCORS && !origin.SameOrigin(req.origin, origin.Of(location)) ||
			req.tainting == taintingCORS ||
			f.quirks.blocksUserinfo(req))
}

// rewritesToGET reports whether a redirect changes the method to GET.
func rewritesToGET(status int, method string) bool {
	return (status == 301 || status == 302) && method == "POST" ||
		status == 303 && method != "GET" && method != "HEAD"
}

// parseReferrerPolicy: https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header.
// The last known policy counts.
func parseReferrerPolicy(lines []string) (policy ReferrerPolicy, ok bool) {
	tokens, _, parsed := field.ExtractTokens(lines)
	if !parsed {
		return "", false
	}
	for _, token := range tokens {
		if p := ReferrerPolicy(field.Lower(token)); p != "" && p.valid() {
			policy, ok = p, true
		}
	}
	return policy, ok
}
