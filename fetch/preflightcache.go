package fetch

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/concors/concors/internal/field"
)

// A preflightCache is a CORS-preflight cache, https://fetch.spec.whatwg.org/#concept-cache.
// Its entries are kept in sets, one for each key, so that a lookup costs the same
// however many methods and headers servers list.
type preflightCache struct {
	quirks quirks
	now    func() time.Time

	mu   sync.Mutex
	sets map[cacheKey]*cacheSet
	// oldest and newest are the ends of a list in the order of the sets' creation.
	oldest, newest *cacheSet
	size           int // of all sets, in bytes, roughly
}

// Limits of the memory that servers can make an agent use. Browsers may remove
// entries at any time: the only effect is that a preflight is sent again.
const (
	// maxCacheSize is the size of a cache in bytes. The oldest sets are removed first.
	maxCacheSize = 2 << 20
	// maxCachedNames is how many methods, and how many header names, are cached of one
	// response. A page uses a few.
	maxCachedNames = 1024

	setOverhead   = 512 // bytes of a set without its texts
	entryOverhead = 128 // bytes of an entry without its text
)

// cacheKey is the part of an entry that must equal the request's.
type cacheKey struct {
	partition string      // network partition key
	origin    string      // byte-serialized, after redirect-taint
	url       string      // with its fragment
	owner     *cacheOwner // the only request that may use the entry; nil for all
}

// A cacheSet holds the entries with one key.
type cacheSet struct {
	key          cacheKey
	entries      map[cacheName]*cacheEntry
	size         int
	older, newer *cacheSet
}

// A cacheName is what an entry allows.
type cacheName struct {
	method      string // "" for a header entry
	headerName  string // byte-lowercased; "" for a method entry
	credentials bool
}

// cacheEntry: https://fetch.spec.whatwg.org/#cache-entry
type cacheEntry struct {
	cacheName
	expires time.Time
}

func (c *preflightCache) keyOf(req *request) cacheKey {
	origin := req.serializeOrigin()
	return cacheKey{req.client.topLevelSite, origin, req.currentURL().String(), c.quirks.ownerOfEntry(req, origin)}
}

// fits reports whether the entry, which may be nil, matches the request.
// https://fetch.spec.whatwg.org/#concept-cache-match
func (c *preflightCache) fits(e *cacheEntry, req *request) bool {
	include := req.credentials == CredentialsInclude
	return e != nil && c.now().Before(e.expires) && (e.credentials || !include) && c.quirks.credentialsMatch(e, include)
}

// find appends the entries with one of the names that match the request, with either
// value of credentials.
func (c *preflightCache) find(set *cacheSet, req *request, names ...cacheName) (found []*cacheEntry) {
	if set == nil {
		return nil
	}
	for _, name := range names {
		for _, name.credentials = range [...]bool{false, true} {
			if e := set.entries[name]; c.fits(e, req) {
				found = append(found, e)
			}
		}
	}
	return found
}

// wildcardFits reports whether a "*" in the cache covers the methods and headers of
// the request. In the standard's text it always does. But a "*" in the preflight
// response itself does not count for a request with credentials. So a cached "*"
// must not count for one either, and in all browsers it does not.
func (c *preflightCache) wildcardFits(req *request) bool {
	return req.credentials != CredentialsInclude && c.quirks.cachesWildcard()
}

// withoutCredentials removes the entries that a request with credentials created,
// whose "*" is not a wildcard.
func withoutCredentials(found []*cacheEntry) []*cacheEntry {
	return slices.DeleteFunc(found, func(e *cacheEntry) bool { return e.credentials })
}

// methodMatch: https://fetch.spec.whatwg.org/#concept-cache-match-method
func (c *preflightCache) methodMatch(req *request, method string) bool {
	key := c.keyOf(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.methodEntries(c.sets[key], req, method)) > 0
}

func (c *preflightCache) methodEntries(set *cacheSet, req *request, method string) []*cacheEntry {
	found := c.find(set, req, cacheName{method: method})
	if method != "*" && c.wildcardFits(req) {
		found = append(found, withoutCredentials(c.find(set, req, cacheName{method: "*"}))...)
	}
	return found
}

// headerNameMatch: https://fetch.spec.whatwg.org/#concept-cache-match-header
func (c *preflightCache) headerNameMatch(req *request, name string) bool {
	key := c.keyOf(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.headerNameEntries(c.sets[key], req, name)) > 0
}

func (c *preflightCache) headerNameEntries(set *cacheSet, req *request, name string) []*cacheEntry {
	found := c.find(set, req, cacheName{headerName: name})
	if name != "*" && c.wildcardFits(req) &&
		(!field.IsCORSNonWildcardRequestHeaderName(name) || c.quirks.cachedWildcardCoversAuthorization()) {
		found = append(found, withoutCredentials(c.find(set, req, cacheName{headerName: "*"}))...)
	}
	return found
}

// store creates or renews an entry for every method and header name: steps 7.12
// to 7.15 of https://fetch.spec.whatwg.org/#cors-preflight-fetch. An age of 0 ends the
// entries that match, and creates none. The cost is linear in the number of names.
func (c *preflightCache) store(req *request, age time.Duration, methods, headerNames []string) {
	key := c.keyOf(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	if age <= 0 && c.quirks.zeroAgeKeepsEntries() {
		return
	}
	set, expires := c.sets[key], c.now().Add(age)
	if set == nil {
		if age <= 0 {
			return
		}
		set = c.newSet(key)
	}
	renew := func(found []*cacheEntry, method, headerName string) {
		for _, e := range found {
			e.expires = expires
		}
		if len(found) > 0 || age <= 0 {
			return
		}
		// The names must not keep the whole header in memory.
		name := cacheName{strings.Clone(method), strings.Clone(headerName), req.credentials == CredentialsInclude}
		if set.entries[name] == nil {
			c.grow(set, entryOverhead+len(method)+len(headerName))
		}
		set.entries[name] = &cacheEntry{name, expires}
	}
	if c.quirks.storesEmptyEntry() {
		renew(nil, "", "")
	}
	for _, method := range methods[:min(len(methods), maxCachedNames)] {
		renew(c.methodEntries(set, req, method), method, "")
	}
	for _, name := range headerNames[:min(len(headerNames), maxCachedNames)] {
		name = field.Lower(name)
		renew(c.headerNameEntries(set, req, name), "", name)
	}
	if len(set.entries) == 0 {
		c.remove(set)
	}
	for c.size > maxCacheSize {
		c.remove(c.oldest)
	}
}

// newSet adds an empty set at the end of the list.
func (c *preflightCache) newSet(key cacheKey) *cacheSet {
	set := &cacheSet{key: key, entries: map[cacheName]*cacheEntry{}, older: c.newest}
	if c.newest == nil {
		c.oldest = set
	} else {
		c.newest.newer = set
	}
	c.newest = set
	if c.sets == nil {
		c.sets = map[cacheKey]*cacheSet{}
	}
	c.sets[key] = set
	c.grow(set, setOverhead+len(key.partition)+len(key.origin)+len(key.url))
	return set
}

func (c *preflightCache) grow(set *cacheSet, bytes int) {
	set.size += bytes
	c.size += bytes
}

// remove removes a set of the cache.
func (c *preflightCache) remove(set *cacheSet) {
	if set.older == nil {
		c.oldest = set.newer
	} else {
		set.older.newer = set.newer
	}
	if set.newer == nil {
		c.newest = set.older
	} else {
		set.newer.older = set.older
	}
	delete(c.sets, set.key)
	c.size -= set.size
}

// any reports whether any preflight for the request's URL is cached.
func (c *preflightCache) any(req *request) bool {
	key := c.keyOf(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	if set := c.sets[key]; set != nil {
		for _, e := range set.entries {
			if c.fits(e, req) {
				return true
			}
		}
	}
	return false
}

// clear: https://fetch.spec.whatwg.org/#concept-cache-clear
func (c *preflightCache) clear(req *request) {
	key := c.keyOf(req)
	c.mu.Lock()
	defer c.mu.Unlock()
	if set := c.sets[key]; set != nil {
		c.remove(set)
	}
}

func (c *preflightCache) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sets, c.oldest, c.newest, c.size = nil, nil, nil, 0
}
