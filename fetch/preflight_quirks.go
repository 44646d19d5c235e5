package fetch

import (
	"strings"
	"time"

	"github.com/concors/concors/internal/field"
)

// beginPreflight is called before the preflight cache is consulted and a
// preflight may be sent, endPreflight afterwards.
func (q quirks) beginPreflight(req *request) {
	req.memory.ignoresTaint = q.deviates(PreflightIgnoresTaint)
}

func (q quirks) endPreflight(req *request) {
	req.memory.ignoresTaint = false
	req.memory.preflighted = true
}

// taintIgnored reports whether the request's origin is serialized as if redirects
// had not tainted it.
func (r *request) taintIgnored() bool { return r.memory.ignoresTaint }

// usesPreflightCache reports whether the request's cache mode allows it to use
// the CORS-preflight cache. In the standard every cache mode does.
func (q quirks) usesPreflightCache(req *request) bool {
	switch req.cache {
	case CacheNoCache:
		return !q.deviates(NoCacheBypassesPreflightCache)
	case CacheNoStore, CacheReload:
		return !q.deviates(CacheModeBypassesPreflightCache)
	}
	return true
}

// preflightCacheMissed is called when the cache does not allow a request.
func (q quirks) preflightCacheMissed(cache *preflightCache, req *request) {
	if q.deviates(PreflightCacheMissClears) {
		cache.clear(req)
	}
}

// needsPreflightEntry reports whether the request is preflighted because an
// earlier hop was, and no preflight for this one is cached.
func (q quirks) needsPreflightEntry(cache *preflightCache, req *request) bool {
	return req.memory.preflighted && q.deviates(PreflightsStick) && !cache.any(req)
}

// needsMethodEntry reports whether the cache must have an entry for the request's
// method: for one that is not safelisted, and for every method with the
// use-CORS-preflight flag.
func (q quirks) needsMethodEntry(cache *preflightCache, req *request) bool {
	switch {
	case !field.IsCORSSafelistedMethod(req.method):
		return true
	case req.method == "HEAD" && q.deviates(HEADPreflightNotSafelisted):
		return true
	case req.useCORSPreflight:
		return !(q.deviates(UploadListenerNeedsNoMethodEntry) && cache.any(req))
	}
	return false
}

// zeroAgeKeepsEntries reports whether a preflight that is not to be cached leaves the
// entries that match it in the cache.
func (q quirks) zeroAgeKeepsEntries() bool { return q.deviates(ZeroMaxAgeKeepsEntries) }

// storesEmptyEntry reports whether a preflight that allows nothing is cached too,
// so that cache.any finds it.
func (q quirks) storesEmptyEntry() bool {
	return q.deviates(PreflightsStick) || q.deviates(UploadListenerNeedsNoMethodEntry)
}

// preflightMade changes a preflight request before it has headers.
func (q quirks) preflightMade(preflight, req *request) {
	preflight.referrer = q.referrerOnWire(req)
	if q.deviates(PreflightKeepsFirstReferrer) {
		preflight.referrer = req.memory.firstReferrer
	}
	if q.deviates(PreflightInheritsCacheMode) {
		preflight.cache = req.cache
	}
	if ua, ok := req.header.Get("User-Agent"); ok && q.deviates(PreflightCarriesUserAgent) {
		preflight.header.Append("User-Agent", ua)
	}
	preflight.memory.ignoresTaint = req.memory.ignoresTaint
}

// skipsPreflightCORSCheck reports whether the response to a preflight is not
// checked: a browser that ignores the taint checks none at the page's own origin.
func (q quirks) skipsPreflightCORSCheck(req *request) bool {
	return req.memory.ignoresTaint && isOwnOrigin(req)
}

// flagAllowsMethod reports whether a preflight that the use-CORS-preflight flag
// forced allows the request's method without Access-Control-Allow-Methods.
func (q quirks) flagAllowsMethod() bool { return !q.deviates(UploadListenerGrantsNoMethod) }

// storesBeforeCheck reports whether a preflight's response is cached before it is
// checked.
func (q quirks) storesBeforeCheck() bool { return q.deviates(PreflightStoredBeforeChecked) }

// wildcardAllowsAuthorization returns the deviation by which "*" in
// Access-Control-Allow-Headers allows Authorization, or 0.
func (q quirks) wildcardAllowsAuthorization() Deviation {
	if q.deviates(AuthorizationCoveredByWildcard) {
		return AuthorizationCoveredByWildcard
	}
	return 0
}

// invalidMaxAge is how long a preflight with an invalid Access-Control-Max-Age
// is cached.
func (q quirks) invalidMaxAge(lines []string) time.Duration {
	value := strings.Join(lines, "")
	if value != "" && q.deviates(BadMaxAgeNotCached) ||
		len(lines) == 1 && strings.HasPrefix(value, "-") && q.deviates(NegativeMaxAgeIsZero) {
		return 0
	}
	return defaultMaxAge
}

// A cacheOwner identifies a request by its address. Its size is not zero, because
// variables of size zero may have the same address.
type cacheOwner struct{ _ byte }

// ownerOfEntry returns the only request that may use a cache entry, or nil.
func (q quirks) ownerOfEntry(req *request, origin string) *cacheOwner {
	switch {
	case origin != "null" || !q.deviates(NullOriginPreflightNotCached):
		return nil
	case req.redirectTaint() != redirectTaintSameOrigin:
		return &cacheOwner{} // a tainted origin becomes a new opaque origin on every hop
	case req.memory.cacheOwner == nil:
		req.memory.cacheOwner = &cacheOwner{}
	}
	return req.memory.cacheOwner
}

// credentialsMatch reports whether an entry may be used with the request's
// credentials mode.
func (q quirks) credentialsMatch(e *cacheEntry, include bool) bool {
	return e.credentials == include || !q.deviates(PreflightCacheKeyedByCredentials)
}

// cachesWildcard reports whether a "*" in the cache covers anything.
func (q quirks) cachesWildcard() bool { return !q.deviates(WildcardPreflightNotCached) }

// cachedWildcardCoversAuthorization reports whether a "*" in the cache covers
// Authorization.
func (q quirks) cachedWildcardCoversAuthorization() bool {
	return q.deviates(AuthorizationCoveredInPreflightCache)
}
