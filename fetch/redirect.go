package fetch

import (
	"errors"
	"slices"
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
	if !present {
		// A redirect status without Location is an ordinary response.
		return resp, nil
	}
	resp.body.Close()
	block := func(r reason.Reason, u *weburl.URL) (*response, *NetworkError) {
		detail := NetworkError{Header: "Location", Value: value, Present: true}
		if u != nil {
			detail.URL = u.String()
			detail.FirstURL = req.url().String()
		}
		return nil, f.fail(r, resp.exchange, detail, inputs...)
	}
	location, err := f.locationURL(resp, current)
	if err != nil {
		return block(reason.RedirectInvalidLocation, nil)
	}
	switch {
	case location.Scheme == "data" && req.mode == ModeNoCORS && req.destination == DestinationScript && f.profile.deviates(ScriptRedirectsToDataURL):
		req.urlList = append(req.urlList, location)
		return f.dataURL()
	case !location.IsHTTP():
		return block(reason.RedirectDisallowedScheme, location)
	case req.redirectCount == 20:
		return block(reason.TooManyRedirects, location)
	case f.userinfoBlocked(location):
		if req.tainting != taintingBasic || !f.profile.deviates(RedirectUserinfoAfterPreflight) {
			return block(reason.RedirectContainsCredentials, location)
		}
		req.refused = reason.RedirectContainsCredentials
	case resp.status != 303 && req.body != nil && req.body.Stream != nil:
		return block(reason.RedirectBodyNotReplayable, location)
	}
	req.redirectCount++
	var changes []string
	changed := rewritesToGET(resp.status, req.method)
	if changed {
		changes = append(changes, "the method becomes GET")
		req.method, req.body = "GET", nil
		req.droppedHeader = slices.DeleteFunc(slices.Clone(req.header), func(h Header) bool { return !field.IsRequestBodyHeaderName(h.Name) })
		req.header.deleteBodyHeaders()
	}
	leaves := !origin.SameOrigin(origin.Of(current), origin.Of(location))
	if leaves && req.header.Contains("Authorization") {
		changes = append(changes, "the Authorization header is dropped")
		req.header.Delete("Authorization")
	}
	changes = append(changes, f.deviateOnRedirect(resp, location, changed, leaves)...)
	before := req.serializeOrigin()
	req.urlList = append(req.urlList, location)
	if after := req.serializeOrigin(); after != before {
		changes = append(changes, "the request is tainted: its Origin becomes "+after)
	}
	if policy, ok := parseReferrerPolicy(resp.header.lines("Referrer-Policy")); ok {
		req.referrerPolicy = policy
		if req.policyIgnored {
			req.referrer = req.sentReferrer // a new policy begins with what was left
		}
	}
	outcome := "followed"
	if len(changes) > 0 {
		outcome += "; " + strings.Join(changes, "; ")
	}
	f.step(Step{Algorithm: "HTTP-redirect fetch", Anchor: fetchSpec + "#concept-http-redirect-fetch",
		Inputs: inputs, Outcome: outcome, Exchange: resp.exchange})
	return f.mainFetch(true)
}

var errNoLocation = errors.New("no URL in Location")

// locationURL is where a redirect goes, with the fragment of the URL that was
// asked for if it has none: https://fetch.spec.whatwg.org/#concept-response-location-url
func (f *fetchParams) locationURL(resp *response, current *weburl.URL) (*weburl.URL, error) {
	value, _ := resp.header.Get("Location")
	lines := resp.header.lines("Location")
	switch {
	case value == "" && f.profile.deviates(EmptyLocationFails):
		return nil, errNoLocation
	case len(lines) > 1 && f.profile.deviates(DuplicateLocationFollowed) && len(slices.Compact(slices.Clone(lines))) == 1:
		value = lines[0]
	case len(lines) > 1 && !f.profile.deviates(LocationsJoined):
		return nil, errNoLocation
	}
	location, err := weburl.Parse(value, current)
	if err != nil {
		return nil, err
	}
	if !location.HasFragment {
		location.Fragment, location.HasFragment = current.Fragment, current.HasFragment
	}
	return location, nil
}

// userinfoBlocked reports whether a redirect may not be followed because of the
// user name or password in its URL. The second condition catches one from
// another origin to the page's own.
func (f *fetchParams) userinfoBlocked(location *weburl.URL) bool {
	req := f.request
	return location.HasCredentials() &&
		(req.mode == ModeCORS && !origin.SameOrigin(req.origin, origin.Of(location)) || req.tainting == taintingCORS ||
			req.mode != ModeNavigate && req.initiator != InitiatorXHR && f.profile.deviates(SameOriginRedirectWithUserinfoBlocked))
}

// opaqueRedirect is a redirect in redirect mode manual,
// https://fetch.spec.whatwg.org/#concept-filtered-response-opaque-redirect: the
// page learns nothing of it, and nothing of it is looked at but by some browsers.
func (f *fetchParams) opaqueRedirect(resp *response) (*response, *NetworkError) {
	value, present := resp.header.Get("Location")
	location, err := f.locationURL(resp, f.request.currentURL())
	why := reason.Reason(0)
	switch {
	case err != nil && present && value != "" && f.profile.deviates(ManualRedirectNeedsURL):
		why = reason.RedirectInvalidLocation
	case err == nil && location.Scheme == "ftp" && f.profile.deviates(ManualRedirectToFTPFails):
		why = reason.RedirectDisallowedScheme
	default:
		resp.opaqueRedirect = true
		return resp, nil
	}
	resp.body.Close()
	return nil, f.fail(why, resp.exchange, NetworkError{Header: "Location", Value: value, Present: present},
		presentOrNot("Location", value, present))
}

// rewritesToGET reports whether a redirect turns the method into GET.
func rewritesToGET(status int, method string) bool {
	return (status == 301 || status == 302) && method == "POST" ||
		status == 303 && method != "GET" && method != "HEAD"
}

// deviateOnRedirect is what browsers were measured to do to a redirected request
// beyond the standard. It returns what to tell of it.
func (f *fetchParams) deviateOnRedirect(resp *response, location *weburl.URL, changed, leaves bool) (changes []string) {
	req, p := f.request, f.profile
	req.crossedOrigins = req.crossedOrigins || leaves

	if req.tainting == taintingCORS && req.credentials == CredentialsSameOrigin &&
		origin.SameOrigin(req.origin, origin.Of(req.url())) && p.deviates(RedirectCheckedWithCredentials) {
		if acao, _ := resp.header.Get("Access-Control-Allow-Origin"); acao == "*" {
			req.refused = reason.WildcardOriginNotAllowed
		} else if acac, _ := resp.header.Get("Access-Control-Allow-Credentials"); acac != "true" {
			req.refused = reason.InvalidAllowCredentials
		}
	}
	req.typeOnWire = ""
	if leaves && req.method == "DELETE" && p.deviates(DeleteBecomesGET) {
		changes = append(changes, "the method becomes GET")
		req.method, req.body = "GET", nil
	}

	// Headers that come back. Two browsers make each redirected request anew
	// from the first one's headers.
	wouldChange := rewritesToGET(resp.status, req.firstMethod)
	switch {
	case req.typeOfBody && req.initiator == InitiatorXHR:
		// The script's own headers are listed anew for each hop, without this
		// one; where there are none the list of the hop before stays.
		if len(f.authorNames(req)) > 0 || req.useCORSPreflight {
			req.ghosts = nil
		} else if changed && req.preflighted {
			req.ghosts = req.droppedHeader
		}
	case !changed && wouldChange:
		req.ghosts = req.droppedHeader
	default:
		req.ghosts = nil
	}
	restore := func(back func(h Header) bool) {
		for _, h := range req.droppedHeader {
			if back(h) {
				req.header.Delete(h.Name)
				req.header = append(req.header, h)
			}
		}
	}
	isType := func(h Header) bool { return field.EqualFold(h.Name, "Content-Type") }
	own := func(u *weburl.URL) bool { return origin.SameOrigin(req.origin, origin.Of(u)) }
	atHome := req.tainting == taintingBasic && own(location)
	keepsMethod := resp.status == 307 || resp.status == 308
	if req.mode == ModeNoCORS && req.tainting == taintingBasic && !own(location) && !keepsMethod &&
		req.credentials == CredentialsSameOrigin && p.deviates(BodyHeadersAlwaysReturn) {
		req.droppedHeader = nil
	}
	switch {
	case changed:
	case p.deviates(BodyHeadersAlwaysReturn) && req.mode == ModeCORS && !atHome:
		restore(func(Header) bool { return true })
	case p.deviates(BodyHeadersAlwaysReturn) && keepsMethod:
		restore(isType)
	case p.deviates(BodyHeadersReturn) && !wouldChange:
		// What an XMLHttpRequest's body brought along does not come back.
		restore(func(h Header) bool { return !(isType(h) && req.typeOfBody && req.initiator == InitiatorXHR) })
	case p.deviates(BodyHeadersReturn):
		req.header.deleteBodyHeaders()
	}
	if value, ok := req.firstHeader.Get("Authorization"); ok && !leaves &&
		!req.header.Contains("Authorization") && p.deviates(AuthorizationReturns) {
		req.header.Append("Authorization", value)
	}
	if ua, ok := req.firstHeader.Get("User-Agent"); ok && p.deviates(UserAgentRevertsOnRedirect) {
		req.header.Delete("User-Agent")
		if req.mode == ModeCORS && !atHome {
			req.header.Append("User-Agent", ua)
		}
	}
	if !own(location) && p.deviates(ClientHintsDroppedOnRedirect) {
		req.header = slices.DeleteFunc(req.header, func(h Header) bool {
			return isClientHint(field.Lower(h.Name)) && !field.EqualFold(h.Name, "Save-Data")
		})
	}
	return changes
}
