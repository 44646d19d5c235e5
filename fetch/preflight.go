package fetch

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
)

// corsPreflightIfNeeded asks the CORS-preflight cache, and the server if the
// cache does not know: the middle of https://fetch.spec.whatwg.org/#http-fetch.
func (f *fetchParams) corsPreflightIfNeeded() *NetworkError {
	req := f.request
	cache := &f.agent.preflight
	if f.profile.deviates(PreflightIgnoresTaint) {
		req.ignoreTaint = true
		defer func() { req.ignoreTaint = false }()
	}
	missing := req.preflighted && f.profile.deviates(PreflightsStick) && !cache.any(req)
	req.preflighted = true
	if !f.bypassesPreflightCache() {
		free := cache.methodFree(req.method) &&
			(!req.useCORSPreflight || f.profile.deviates(UploadListenerNeedsNoMethodEntry) && cache.any(req))
		missing = missing || !free && !cache.methodMatch(req, req.method)
		for _, name := range f.unsafeNames(req) {
			missing = missing || !cache.headerNameMatch(req, name)
		}
		if !missing {
			f.note("CORS-preflight cache", "#concept-cache", -1, "an earlier preflight for this URL and origin already allows this")
			return nil
		}
	}
	if !f.bypassesPreflightCache() && f.profile.deviates(PreflightCacheMissClears) {
		cache.clear(req) // what was of no use is forgotten
	}
	return f.corsPreflightFetch()
}

// corsPreflightFetch: https://fetch.spec.whatwg.org/#cors-preflight-fetch
func (f *fetchParams) corsPreflightFetch() *NetworkError {
	const acam, acah = "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"
	req := f.request
	preflight := &request{
		method: "OPTIONS", urlList: slices.Clone(req.urlList), client: req.client,
		origin: req.origin, mode: ModeCORS, tainting: taintingCORS,
		credentials: CredentialsSameOrigin, cache: CacheDefault, redirect: RedirectFollow,
		referrer: req.referrer, sentReferrer: req.sentReferrer, referrerPolicy: req.referrerPolicy,
		destination: req.destination, initiator: req.initiator, kind: req.kind,
		targetAddressSpace: req.targetAddressSpace, preflight: true,
	}
	if f.profile.deviates(PreflightInheritsCacheMode) {
		preflight.cache = req.cache
	}
	if f.profile.deviates(PreflightKeepsFirstReferrer) {
		preflight.sentReferrer = req.firstReferrer
	}
	if ua, ok := req.header.Get("User-Agent"); ok && f.profile.deviates(PreflightCarriesUserAgent) {
		preflight.header.Append("User-Agent", ua)
	}
	preflight.header.Append("Accept", "*/*")
	preflight.header.Append("Access-Control-Request-Method", req.method)
	unsafe := f.unsafeNames(req)
	if len(unsafe) > 0 {
		preflight.header.Append("Access-Control-Request-Headers", strings.Join(unsafe, ","))
	}
	if f.profile.deviates(PreflightIgnoresTaint) {
		preflight.ignoreTaint = true
	}
	resp, err := f.httpNetworkOrCacheFetch(preflight)
	if err != nil {
		return err
	}
	resp.body.Close()
	if !(req.ignoreTaint && isOwnOrigin(req)) { // an own origin needs no leave in a browser that ignores taint
		if err := f.corsCheck(req, resp, true); err != nil {
			return err
		}
	}

	status := Input{"status", strconv.Itoa(resp.status)}
	if isRedirectStatus(resp.status) && resp.header.Contains("Location") {
		return f.fail(reason.PreflightDisallowedRedirect, resp.exchange, NetworkError{}, status)
	}
	if resp.status < 200 || resp.status > 299 {
		return f.fail(reason.PreflightInvalidStatus, resp.exchange, NetworkError{}, status)
	}
	methodsValue, methodsPresent := resp.header.Get(acam)
	headersValue, headersPresent := resp.header.Get(acah)
	inputs := []Input{{"method", req.method}, presentOrNot(acam, methodsValue, methodsPresent)}
	if len(unsafe) > 0 || headersPresent {
		inputs = append(inputs, Input{"unsafe header names", strings.Join(unsafe, ",")}, presentOrNot(acah, headersValue, headersPresent))
	}
	methods, methodsPresent, ok := resp.header.extract(acam)
	if !ok {
		return f.fail(reason.InvalidAllowMethodsPreflightResponse, resp.exchange, NetworkError{Header: acam, Value: methodsValue, Present: true}, inputs...)
	}
	headerNames, headersPresent, ok := resp.header.extract(acah)
	if !ok {
		return f.fail(reason.InvalidAllowHeadersPreflightResponse, resp.exchange, NetworkError{Header: acah, Value: headersValue, Present: true}, inputs...)
	}
	if !methodsPresent && req.useCORSPreflight && !f.profile.deviates(UploadListenerGrantsNoMethod) {
		methods = []string{req.method}
	}
	if f.profile.deviates(PreflightStoredBeforeChecked) {
		f.remember(resp, req, methods, headerNames)
	}
	wildcard := func(list []string) bool {
		return req.credentials != CredentialsInclude && slices.Contains(list, "*")
	}
	if !slices.Contains(methods, req.method) && !field.IsCORSSafelistedMethod(req.method) && !wildcard(methods) {
		return f.fail(reason.MethodDisallowedByPreflightResponse, resp.exchange,
			NetworkError{Method: req.method, Header: acam, Value: methodsValue, Present: methodsPresent}, inputs...)
	}
	deviation := Deviation(0)
	for _, h := range f.namedHeaders(req) {
		// In the order of the request's headers, so that the one named is the
		// one a browser would name.
		name := field.Lower(h.Name)
		if !slices.Contains(unsafe, name) && !field.IsCORSNonWildcardRequestHeaderName(name) {
			continue
		}
		if slices.ContainsFunc(headerNames, func(n string) bool { return field.EqualFold(n, name) }) {
			continue
		}
		covered := wildcard(headerNames)
		if covered && field.IsCORSNonWildcardRequestHeaderName(name) {
			covered = f.profile.deviates(AuthorizationCoveredByWildcard)
			if covered {
				deviation = AuthorizationCoveredByWildcard
			}
		}
		if !covered {
			return f.fail(reason.HeaderDisallowedByPreflightResponse, resp.exchange,
				NetworkError{Header: h.Name, Value: headersValue, Present: headersPresent, Method: req.method}, inputs...)
		}
	}
	f.step(Step{Algorithm: "CORS-preflight fetch", Anchor: fetchSpec + "#cors-preflight-fetch", Inputs: inputs,
		Result: Passed, Outcome: "the server allows the method and the headers", Exchange: resp.exchange, Deviation: deviation})

	if !f.profile.deviates(PreflightStoredBeforeChecked) {
		f.remember(resp, req, methods, headerNames)
	}
	return nil
}

// remember puts what a preflight's answer allows into the cache.
func (f *fetchParams) remember(resp *response, req *request, methods, headerNames []string) {
	const acma = "Access-Control-Max-Age"
	age := f.maxAge(resp.header.lines(acma))
	if age > 0 {
		f.agent.preflight.store(req, age, methods, headerNames)
	}
	value, present := resp.header.Get(acma)
	f.step(Step{Algorithm: "CORS-preflight cache", Anchor: fetchSpec + "#concept-cache",
		Inputs:  []Input{presentOrNot(acma, value, present)},
		Outcome: "remembered for " + age.String(), Exchange: resp.exchange})
}

// maxAge reads Access-Control-Max-Age: five seconds if there is none or it
// does not parse, and never more than the browser's limit.
func (f *fetchParams) maxAge(lines []string) time.Duration {
	const fallback = 5 * time.Second
	seconds, _, ok := field.DeltaSeconds(lines)
	if !ok {
		return f.profile.badMaxAge(lines, fallback)
	}
	if len(lines) == 0 {
		return fallback
	}
	limit := f.profile.PreflightMaxAge
	if limit == 0 {
		limit = standardPreflightMaxAge
	}
	if seconds > int64(limit/time.Second) {
		return limit
	}
	return time.Duration(seconds) * time.Second
}

// standardPreflightMaxAge: the standard leaves the limit to the browser; without
// one of its own the agent takes the largest that a browser has.
const standardPreflightMaxAge = 24 * time.Hour

// A preflightCache is a CORS-preflight cache, https://fetch.spec.whatwg.org/#concept-cache.
type preflightCache struct {
	profile *Profile
	now     func() time.Time

	mu      sync.Mutex
	entries []cacheEntry
}

// maxCacheEntries bounds the memory that servers can make an agent use; the
// oldest entries go first.
const maxCacheEntries = 4096

// cacheEntry: https://fetch.spec.whatwg.org/#cache-entry
type cacheEntry struct {
	cacheKey
	expires     time.Time
	credentials bool
	method      string // "" for a header entry
	headerName  string // byte-lowercased; "" for a method entry
}

// cacheKey is the part of an entry that a request must equal.
type cacheKey struct {
	partition string   // network partition key
	origin    string   // byte-serialized, after redirect-taint
	url       string   // with its fragment
	only      *request // the one that may use it, where null origins share nothing
}

func (c *preflightCache) keyOf(req *request) cacheKey {
	key := cacheKey{req.client.topLevel.Site().String(), req.serializeOrigin(), req.currentURL().String(), nil}
	if key.origin == "null" && c.profile.deviates(NullOriginPreflightNotCached) {
		key.only = req
		if req.redirectTaint() != redirectTaintSameOrigin {
			key.only = &request{} // what taint makes of an origin is another one at every hop
		}
	}
	return key
}

// match returns the entries that "there is a cache entry match" holds for.
// https://fetch.spec.whatwg.org/#concept-cache-match
func (c *preflightCache) match(req *request, fits func(*cacheEntry) bool) []*cacheEntry {
	key, now := c.keyOf(req), c.now()
	include := req.credentials == CredentialsInclude
	var out []*cacheEntry
	for i := range c.entries {
		e := &c.entries[i]
		if e.cacheKey != key || !now.Before(e.expires) || include && !e.credentials {
			continue
		}
		if c.profile.deviates(PreflightCacheKeyedByCredentials) && e.credentials != include {
			continue
		}
		if fits(e) {
			out = append(out, e)
		}
	}
	return out
}

// methodFree reports whether a method needs no entry.
func (c *preflightCache) methodFree(method string) bool {
	return field.IsCORSSafelistedMethod(method) && !(method == "HEAD" && c.profile.deviates(HEADPreflightNotSafelisted))
}

// wildcardFits reports whether an entry's "*" may stand for anything. By the
// letter of the standard it always may; but the preflight that made it does
// not count "*" for a request with credentials, so a credentialed request
// must not be let in by it either, and no browser does.
func (c *preflightCache) wildcardFits(e *cacheEntry, req *request) bool {
	return !c.profile.deviates(WildcardPreflightNotCached) && !e.credentials && req.credentials != CredentialsInclude
}

// methodMatch: https://fetch.spec.whatwg.org/#concept-cache-match-method
func (c *preflightCache) methodMatch(req *request, method string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.methodEntries(req, method)) > 0
}

func (c *preflightCache) methodEntries(req *request, method string) []*cacheEntry {
	return c.match(req, func(e *cacheEntry) bool {
		return e.method == method || e.method == "*" && c.wildcardFits(e, req)
	})
}

// headerNameMatch: https://fetch.spec.whatwg.org/#concept-cache-match-header
func (c *preflightCache) headerNameMatch(req *request, name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.headerNameEntries(req, name)) > 0
}

func (c *preflightCache) headerNameEntries(req *request, name string) []*cacheEntry {
	return c.match(req, func(e *cacheEntry) bool {
		return e.headerName == name || e.headerName == "*" && c.wildcardFits(e, req) &&
			(!field.IsCORSNonWildcardRequestHeaderName(name) || c.profile.deviates(AuthorizationCoveredInPreflightCache))
	})
}

// store creates or renews an entry for every method and header name.
func (c *preflightCache) store(req *request, age time.Duration, methods, headerNames []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	c.entries = slices.DeleteFunc(c.entries, func(e cacheEntry) bool { return !now.Before(e.expires) })
	renew := func(found []*cacheEntry, method, headerName string) {
		for _, e := range found {
			e.expires = now.Add(age)
		}
		if len(found) == 0 {
			c.entries = append(c.entries, cacheEntry{c.keyOf(req), now.Add(age),
				req.credentials == CredentialsInclude, method, headerName})
		}
	}
	if c.profile.deviates(PreflightsStick) || c.profile.deviates(UploadListenerNeedsNoMethodEntry) {
		renew(nil, "", "") // tells any that there was a preflight
	}
	for _, method := range methods {
		renew(c.methodEntries(req, method), method, "")
	}
	for _, name := range headerNames {
		name = field.Lower(name)
		renew(c.headerNameEntries(req, name), "", name)
	}
	if over := len(c.entries) - maxCacheEntries; over > 0 {
		c.entries = slices.Delete(c.entries, 0, over)
	}
}

// any reports whether a preflight for the request's URL is remembered at all.
func (c *preflightCache) any(req *request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.match(req, func(*cacheEntry) bool { return true })) > 0
}

// clear: https://fetch.spec.whatwg.org/#concept-cache-clear
func (c *preflightCache) clear(req *request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key := c.keyOf(req)
	c.entries = slices.DeleteFunc(c.entries, func(e cacheEntry) bool { return e.cacheKey == key })
}

func (c *preflightCache) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.entries = nil
}

// bypassesPreflightCache: browsers ask anew for a request that is to bypass the
// HTTP cache; Fetch has no such rule.
func (f *fetchParams) bypassesPreflightCache() bool {
	switch f.request.cache {
	case CacheNoCache:
		return f.profile.deviates(NoCacheBypassesPreflightCache)
	case CacheNoStore, CacheReload:
		return f.profile.deviates(CacheModeBypassesPreflightCache)
	}
	return false
}
