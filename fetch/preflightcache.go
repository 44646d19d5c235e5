package fetch

import (
	"slices"
	"sync"
	"time"

	"github.com/concors/concors/internal/field"
)

// A preflightCache is a CORS-preflight cache, https://fetch.spec.whatwg.org/#concept-cache.
type preflightCache struct {
	quirks quirks
	now    func() time.Time

	mu      sync.Mutex
	entries []cacheEntry
}

// maxCacheEntries bounds the memory that servers can make an agent use. The
// oldest entries are removed first.
const maxCacheEntries = 4096

// cacheEntry: https://fetch.spec.whatwg.org/#cache-entry
type cacheEntry struct {
	cacheKey
	expires     time.Time
	credentials bool
	method      string // "" for a header entry
	headerName  string // byte-lowercased; "" for a method entry
}

// cacheKey is the part of an entry that must equal the request's.
type cacheKey struct {
	partition string   // network partition key
	origin    string   // byte-serialized, after redirect-taint
	url       string   // with its fragment
	owner     *request // the only request that may use the entry; nil for all
}

func (c *preflightCache) keyOf(req *request) cacheKey {
	origin := req.serializeOrigin()
	partition, url := req.client.topLevel.Site().String(), req.currentURL().String()
	return cacheKey{partition, origin, url, c.quirks.cacheOwner(req, origin)}
}

// match returns the entries that match the request and fit.
// https://fetch.spec.whatwg.org/#concept-cache-match
func (c *preflightCache) match(req *request, fits func(*cacheEntry) bool) []*cacheEntry {
	key, now := c.keyOf(req), c.now()
	include := req.credentials == CredentialsInclude
	var out []*cacheEntry
	for i := range c.entries {
		e := &c.entries[i]
		if e.cacheKey == key && now.Before(e.expires) && (e.credentials || !include) &&
			c.quirks.credentialsMatch(e, include) && fits(e) {
			out = append(out, e)
		}
	}
	return out
}

// wildcardFits reports whether a "*" in an entry covers the methods and headers of
// the request. In the standard's text it always does. But a "*" in the preflight
// response itself does not count for a request with credentials. So a cached "*"
// must not count for one either, and in all browsers it does not.
func (c *preflightCache) wildcardFits(e *cacheEntry, req *request) bool {
	return !e.credentials && req.credentials != CredentialsInclude && c.quirks.cachesWildcard()
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
			(!field.IsCORSNonWildcardRequestHeaderName(name) || c.quirks.cachedWildcardCoversAuthorization())
	})
}

// store creates or renews an entry for every method and header name: steps 7.12
// to 7.15 of https://fetch.spec.whatwg.org/#cors-preflight-fetch.
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
	if c.quirks.storesEmptyEntry() {
		renew(nil, "", "")
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

// any reports whether any preflight for the request's URL is cached.
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
