package fetch

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
)

const (
	acam = "Access-Control-Allow-Methods"
	acah = "Access-Control-Allow-Headers"
	acma = "Access-Control-Max-Age"
)

// corsPreflightIfNeeded is step 4.1 of HTTP fetch: it sends a preflight unless
// the CORS-preflight cache already allows the request.
// https://fetch.spec.whatwg.org/#http-fetch
func (f *fetchParams) corsPreflightIfNeeded() *NetworkError {
	req := f.request
	f.quirks.beginPreflight(req)
	defer f.quirks.endPreflight(req)
	if f.quirks.usesPreflightCache(req) {
		if f.preflightCached(req) {
			f.note("CORS-preflight cache", "#concept-cache", -1,
				"a cached preflight for this URL and origin already allows the request")
			return nil
		}
		f.quirks.preflightCacheMissed(&f.agent.preflight, req)
	}
	return f.corsPreflightFetch()
}

// preflightCached reports whether the CORS-preflight cache allows the request.
func (f *fetchParams) preflightCached(req *request) bool {
	cache := &f.agent.preflight
	if f.quirks.needsPreflightEntry(cache, req) {
		return false
	}
	// The first condition: the method.
	if f.quirks.needsMethodEntry(cache, req) && !cache.methodMatch(req, req.method) {
		return false
	}
	// The second condition: every unsafe header.
	for _, name := range f.quirks.unsafeNames(req) {
		if !cache.headerNameMatch(req, name) {
			return false
		}
	}
	return true
}

// corsPreflightFetch: https://fetch.spec.whatwg.org/#cors-preflight-fetch
func (f *fetchParams) corsPreflightFetch() *NetworkError {
	req := f.request
	// 1–5. Make the preflight request.
	unsafe := f.quirks.unsafeNames(req)
	preflight := f.preflightRequest(req, unsafe)
	// 6. Send it.
	resp, err := f.httpNetworkOrCacheFetch(preflight, false, false)
	if err != nil {
		return err
	}
	resp.body.Close()
	// 7–8. The response must pass the CORS check and have an ok status. The CORS
	// check is that of the request, because of its credentials mode. The standard has
	// one network error for all this. Browsers refuse a redirect first, so a redirect
	// without CORS headers is reported as a redirect.
	status := Input{"status", strconv.Itoa(resp.status)}
	if isRedirectStatus(resp.status) && resp.header.Contains("Location") {
		return f.fail(reason.PreflightDisallowedRedirect, resp.exchange, NetworkError{}, status)
	}
	if !f.quirks.skipsPreflightCORSCheck(req) {
		if err := f.corsCheck(req, resp, true); err != nil {
			return err
		}
	}
	if resp.status < 200 || resp.status > 299 {
		return f.fail(reason.PreflightInvalidStatus, resp.exchange, NetworkError{}, status)
	}
	return f.checkPreflight(req, resp, unsafe)
}

// preflightRequest makes the request of steps 1 to 5.
func (f *fetchParams) preflightRequest(req *request, unsafe []string) *request {
	// 1. The new request.
	preflight := &request{
		method: "OPTIONS", urlList: slices.Clone(req.urlList), client: req.client,
		origin: req.origin, mode: ModeCORS, tainting: taintingCORS,
		credentials: CredentialsSameOrigin, cache: CacheDefault, redirect: RedirectFollow,
		referrer: req.referrer, referrerPolicy: req.referrerPolicy,
		destination: req.destination, initiator: req.initiator, kind: req.kind,
		targetAddressSpace: req.targetAddressSpace, preflight: true,
	}
	f.quirks.preflightMade(preflight, req)
	// 2. Accept.
	preflight.header.Append("Accept", "*/*")
	// 3. Access-Control-Request-Method.
	preflight.header.Append("Access-Control-Request-Method", req.method)
	// 4–5. Access-Control-Request-Headers.
	if len(unsafe) > 0 {
		preflight.header.Append("Access-Control-Request-Headers", strings.Join(unsafe, ","))
	}
	return preflight
}

// checkPreflight is the rest of step 7: what the response allows, and how long
// that is cached.
func (f *fetchParams) checkPreflight(req *request, resp *response, unsafe []string) *NetworkError {
	methodsValue, methodsPresent := resp.header.Get(acam)
	headersValue, headersPresent := resp.header.Get(acah)
	inputs := []Input{{"method", req.method}, presentOrNot(acam, methodsValue, methodsPresent)}
	if len(unsafe) > 0 || headersPresent {
		inputs = append(inputs, Input{"unsafe header names", strings.Join(unsafe, ",")},
			presentOrNot(acah, headersValue, headersPresent))
	}
	// 7.1–7.3. Extract the allowed methods and headers.
	methods, methodsPresent, ok := resp.header.extract(acam)
	if !ok {
		return f.fail(reason.InvalidAllowMethodsPreflightResponse, resp.exchange,
			NetworkError{Header: acam, Value: methodsValue, Present: true}, inputs...)
	}
	headerNames, headersPresent, ok := resp.header.extract(acah)
	if !ok {
		return f.fail(reason.InvalidAllowHeadersPreflightResponse, resp.exchange,
			NetworkError{Header: acah, Value: headersValue, Present: true}, inputs...)
	}
	// 7.4. A preflight that the flag forced allows the request's method.
	if !methodsPresent && req.useCORSPreflight && f.quirks.flagAllowsMethod() {
		methods = []string{req.method}
	}
	stored := f.quirks.storesBeforeCheck()
	if stored {
		f.cachePreflight(resp, req, methods, headerNames)
	}
	// 7.5. The method must be allowed.
	if !slices.Contains(methods, req.method) && !field.IsCORSSafelistedMethod(req.method) &&
		!isWildcard(req, methods) {
		return f.fail(reason.MethodDisallowedByPreflightResponse, resp.exchange,
			NetworkError{Method: req.method, Header: acam, Value: methodsValue, Present: methodsPresent}, inputs...)
	}
	// 7.6–7.7. The headers must be allowed.
	refused, deviation := f.disallowedHeader(req, headerNames, unsafe)
	if refused != "" {
		return f.fail(reason.HeaderDisallowedByPreflightResponse, resp.exchange,
			NetworkError{Header: refused, Value: headersValue, Present: headersPresent, Method: req.method}, inputs...)
	}
	f.step(Step{Algorithm: "CORS-preflight fetch", Anchor: fetchSpec + "#cors-preflight-fetch", Inputs: inputs,
		Result: Passed, Outcome: "the server allows the method and the headers",
		Exchange: resp.exchange, Deviation: deviation})
	// 7.8–7.15. Cache what the response allows. The browser has a cache (7.11).
	if !stored {
		f.cachePreflight(resp, req, methods, headerNames)
	}
	return nil
}

// isWildcard reports whether a list of methods or header names allows all of
// them: it has a "*", and the request is without credentials.
func isWildcard(req *request, list []string) bool {
	return req.credentials != CredentialsInclude && slices.Contains(list, "*")
}

// disallowedHeader returns the first header that the response doesn't allow, or
// "", and the deviation that allowed one. The order is that of the request's
// headers, because consoles name the first.
func (f *fetchParams) disallowedHeader(req *request, allowed, unsafe []string) (name string, deviation Deviation) {
	wildcard := isWildcard(req, allowed)
	isAllowed, isUnsafe := nameSet(allowed), nameSet(unsafe)
	for _, h := range f.quirks.preflightHeader(req) {
		name := field.Lower(h.Name)
		nonWildcard := field.IsCORSNonWildcardRequestHeaderName(name)
		if !nonWildcard && !isUnsafe[name] {
			continue
		}
		if isAllowed[name] {
			continue
		}
		// 7.6. "*" does not allow Authorization.
		if nonWildcard && wildcard {
			if deviation = f.quirks.wildcardAllowsAuthorization(); deviation != 0 {
				continue
			}
			return h.Name, 0
		}
		// 7.7. "*" allows every other header.
		if !wildcard {
			return h.Name, 0
		}
	}
	return "", deviation
}

// nameSet returns a list of header names as a set, byte-lowercased.
func nameSet(names []string) map[string]bool {
	if len(names) == 0 {
		return nil
	}
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[field.Lower(name)] = true
	}
	return set
}

// cachePreflight stores what a preflight's response allows in the cache.
func (f *fetchParams) cachePreflight(resp *response, req *request, methods, headerNames []string) {
	age := f.maxAge(resp.header.lines(acma))
	f.agent.preflight.store(req, age, methods, headerNames)
	value, present := resp.header.Get(acma)
	f.step(Step{Algorithm: "CORS-preflight cache", Anchor: fetchSpec + "#concept-cache",
		Inputs:  []Input{presentOrNot(acma, value, present)},
		Outcome: cachedFor(age), Exchange: resp.exchange})
}

func cachedFor(age time.Duration) string {
	if age <= 0 {
		return "not cached"
	}
	return "cached for " + age.String()
}

// defaultMaxAge is how long a preflight is cached without a valid
// Access-Control-Max-Age.
const defaultMaxAge = 5 * time.Second

// standardPreflightMaxAge is the limit of a profile that has none. The standard
// leaves it to the browser; this is the longest of any browser.
const standardPreflightMaxAge = 24 * time.Hour

// maxAge is how long the preflight is cached.
func (f *fetchParams) maxAge(lines []string) time.Duration {
	// 7.8. Extract Access-Control-Max-Age.
	seconds, _, ok := field.DeltaSeconds(lines)
	// 7.9. Without a valid one: five seconds.
	if !ok {
		return f.quirks.invalidMaxAge(lines)
	}
	if len(lines) == 0 {
		return defaultMaxAge
	}
	// 7.10. The browser's limit.
	limit := f.profile.PreflightMaxAge
	if limit == 0 {
		limit = standardPreflightMaxAge
	}
	if seconds > int64(limit/time.Second) {
		return limit
	}
	return time.Duration(seconds) * time.Second
}
