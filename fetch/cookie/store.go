package cookie

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// The minimum that the standard requires browsers to store.
const (
	defaultHostLimit  = 50
	defaultTotalLimit = 3000
)

// maxStoreSize is the size of a store in bytes. It matters only to servers that set hundreds of the
// longest cookies, or use URLs with paths of many kilobytes.
const maxStoreSize = 16 << 20

// A Store holds a browser's cookies. The zero value is empty and follows the standard. It is safe
// for concurrent use, and must not be copied after first use.
//
// The time of [Store.Set] and [Store.Header] is proportional to the number of cookies of the host's
// site, not of the store. Only setting a cookie when the store is full takes longer.
type Store struct {
	// Rules and Now must not be changed after first use.
	Rules Rules
	// Now returns the current time; nil means time.Now. It is called with the store's lock held, so
	// that the times of successive calls are in order, and must not use the store.
	Now func() time.Time

	mu sync.Mutex
	// sites holds the cookies by site: the registrable domain, or a host that has none. All cookies
	// that a host can set or receive are in one list, because a Domain attribute cannot be wider
	// than the registrable domain.
	sites map[string][]*entry
	count int    // number of entries in all lists
	size  int    // of the texts of all entries, in bytes
	next  uint64 // serial number of the next entry
}

// An entry is a stored cookie. Serial numbers order cookies that were created at the same time.
type entry struct {
	Cookie
	serial uint64
}

// size is the number of bytes of the entry's texts.
func (e *entry) size() int {
	return len(e.Name) + len(e.Value) + len(e.Domain) + len(e.Path) + len(e.PartitionKey)
}

// Set parses the value of one Set-Cookie line, or a string that a script assigned to
// document.cookie, and stores the cookie. Call it once for each line: Set-Cookie lines must not be
// joined with commas.
//
// A cookie that is already expired deletes the stored cookie with the same name, domain and path.
// This is not an error. If Set returns an error, it is a [*RejectedError], and the store is unchanged
// except that expired cookies may have been removed.
func (s *Store) Set(x Exchange, setCookie string) (Cookie, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	limit := maxPair
	if s.Rules.NoSizeLimit {
		limit = math.MaxInt
	}
	c, reason := parse(setCookie, x.Path, limit, now)
	if c.emptyMaxAge && s.Rules.EmptyMaxAgeIsZero {
		c.Expires = longAgo
	}
	if reason == 0 {
		reason = s.store(&c, x, now)
	}
	if reason != 0 {
		return Cookie{}, &RejectedError{Reason: reason, Cookie: c.Cookie}
	}
	return c.Cookie, nil
}

// store completes c and stores it: "Store a Cookie"
// (https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html#store-a-cookie),
// followed by "Garbage Collect Cookies".
func (s *Store) store(c *parsedCookie, x Exchange, now time.Time) Reason {
	c.Created, c.LastAccess = now, now
	if s.Rules.NoPartitioned {
		c.Partitioned = false
	}
	if !x.hasCookies() {
		return ReasonSchemeNotSupported
	}
	if reason := c.bindToHost(x.Host, s.Rules.NoCookiesOfPublicSuffixes); reason != 0 {
		return reason
	}
	c.PartitionKey, c.CrossSiteAncestor = s.partition(x, c.Partitioned)

	if x.Script && c.HTTPOnly {
		return ReasonHTTPOnly
	}
	site := siteOf(x.Host)
	if !s.secure(x) {
		if c.Secure {
			return ReasonSecureOnly
		}
		for _, old := range s.sites[site] {
			if old.Secure && old.Name == c.Name && old.samePartition(&c.Cookie) && !old.expired(now) &&
				(domainMatch(old.Domain, c.Domain) || domainMatch(c.Domain, old.Domain)) &&
				pathMatch(c.Path, old.Path) {
				return ReasonOverwriteSecure
			}
		}
	}
	if reason := s.crossSite(&c.Cookie); reason != 0 && x.SameSiteMode != StrictOrLess && !x.topLevel() {
		return reason
	}
	if c.SameSite == SameSiteNone && !c.Secure && !s.Rules.InsecureSameSiteNone {
		return ReasonSameSiteNoneInsecure
	}
	if c.Partitioned && !c.Secure {
		return ReasonPartitionedInsecure
	}
	if !s.Rules.NoPrefixes && !c.prefixKept() {
		return ReasonInvalidPrefix
	}
	blocked := s.Rules.ThirdParty == BlockThirdParty || s.Rules.ThirdParty == BlockNewThirdParty
	if blocked && !c.Partitioned && x.setsThirdParty(&c.Cookie) {
		return ReasonThirdPartyBlocked
	}

	// The draft drops a cookie here that differs from the stored one only in its value. This cannot
	// be intended, because the value of a session cookie could then never change.
	added := &entry{Cookie: c.Cookie, serial: s.next}
	// The entry must not keep a whole header or URL in memory.
	for _, text := range []*string{&added.Name, &added.Value, &added.Domain, &added.Path} {
		*text = strings.Clone(*text)
	}
	i := slices.IndexFunc(s.sites[site], func(old *entry) bool { return old.replacedBy(&c.Cookie) })
	if i >= 0 {
		// An expired cookie counts as removed: it does not prevent its replacement, which does
		// not inherit its creation time.
		if old := s.sites[site][i]; !old.expired(now) {
			if x.Script && old.HTTPOnly && !s.Rules.ScriptReplacesHTTPOnly {
				return ReasonOverwriteHTTPOnly
			}
			added.Created, added.serial = old.Created, old.serial
			c.Created = old.Created
		}
		s.size -= s.sites[site][i].size()
		s.sites[site][i] = added
	} else {
		if s.sites == nil {
			s.sites = map[string][]*entry{}
		}
		s.sites[site] = append(s.sites[site], added)
		s.count++
	}
	s.next++
	s.size += added.size()
	if s.collect(site, added, now) && !added.expired(now) {
		return ReasonLimitReached
	}
	return 0
}

// setsThirdParty reports whether a new cookie, whose domain is known, is third-party.
func (x *Exchange) setsThirdParty(c *Cookie) bool {
	if x.TopLevelHost == "" {
		return x.ThirdParty
	}
	page, site := listedSite(x.TopLevelHost), listedSite(c.Domain)
	return site != page && (c.HostOnly || site != c.Domain || !domainMatch(page, site))
}

// listedSite returns the registrable domain of a host whose suffix is on the Public Suffix List, and
// any other host itself.
func listedSite(host string) string {
	if !origin.HasListedSuffix(host) {
		return host
	}
	return siteOf(host)
}

// bindToHost sets Domain and HostOnly, or returns why the host may not set the cookie. See
// Rules.NoCookiesOfPublicSuffixes.
func (c *parsedCookie) bindToHost(host string, notOfSuffixes bool) Reason {
	domain := c.domain
	switch {
	case notOfSuffixes && origin.HasListedSuffix(host) && origin.PublicSuffix(host) == host:
		return ReasonPublicSuffixDomain
	case domain == "":
	case !isHostName(domain):
		return ReasonInvalidDomain
	case origin.PublicSuffix(domain) == domain:
		if domain != host || notOfSuffixes {
			return ReasonPublicSuffixDomain
		}
		domain = "" // a public suffix can set cookies for itself only
	case !domainMatch(host, domain):
		return ReasonDomainMismatch
	case siteOf(host) != siteOf(domain):
		// A public suffix is between the two, such as s3.amazonaws.com if domain is
		// amazonaws.com. The draft allows the cookie, which would then be sent to all other
		// sites under that suffix. Browsers refuse it.
		return ReasonPublicSuffixDomain
	}
	c.Domain, c.HostOnly = domain, false
	if domain == "" {
		c.Domain, c.HostOnly = host, true
	}
	return 0
}

// prefixKept reports whether the cookie has the attributes that the prefix of its name requires. The
// prefix is compared without case, because some servers ignore the case of names. (The draft's section
// for browsers requires that __Http- cookies are not HttpOnly. This must be a mistake: its section for
// servers requires the opposite.)
func (c *parsedCookie) prefixKept() bool {
	name := field.Lower(c.Name)
	if name == "" {
		// The cookie is sent as its value only, which a server may parse as name and value.
		value := field.Lower(c.Value)
		return !strings.HasPrefix(value, "__secure-") && !strings.HasPrefix(value, "__http-") &&
			!strings.HasPrefix(value, "__host-")
	}
	forHost := c.Secure && c.HostOnly && c.rootPath
	forHTTP := c.Secure && c.HTTPOnly
	switch {
	case strings.HasPrefix(name, "__secure-"):
		return c.Secure
	case strings.HasPrefix(name, "__http-"):
		return forHTTP
	case strings.HasPrefix(name, "__host-http-"):
		return forHost && forHTTP
	case strings.HasPrefix(name, "__host-"):
		return forHost
	}
	return true
}

// collect removes expired cookies and those above the limits ("Garbage Collect Cookies" in the draft),
// for the host and partition of the cookie just added. It reports whether it removed that cookie.
//
// Each partition has its own limit. Otherwise a site that is embedded in one page could evict the
// cookies that it has under another page, and learn about its visits there.
func (s *Store) collect(site string, added *entry, now time.Time) (removed bool) {
	remove := func(site string, shouldRemove func(*entry) bool) {
		before := s.sites[site]
		length := len(before)
		after := slices.DeleteFunc(before, func(e *entry) bool {
			if !shouldRemove(e) {
				return false
			}
			removed = removed || e == added
			s.size -= e.size()
			return true
		})
		s.count -= length - len(after)
		s.sites[site] = after
		if len(after) == 0 {
			delete(s.sites, site)
		}
	}
	expired := func(e *entry) bool { return e.expired(now) }

	remove(site, expired)
	var host []*entry
	for _, e := range s.sites[site] {
		if e.Domain == added.Domain && e.samePartition(&added.Cookie) {
			host = append(host, e)
		}
	}
	if excess := len(host) - limit(s.Rules.HostLimit, defaultHostLimit); excess > 0 {
		slices.SortFunc(host, func(a, b *entry) int {
			if a.Secure != b.Secure {
				if b.Secure {
					return -1
				}
				return 1
			}
			return leastRecentlyUsed(a, b)
		})
		remove(site, func(e *entry) bool { return slices.Contains(host[:excess], e) })
	}

	total := limit(s.Rules.TotalLimit, defaultTotalLimit)
	if s.count <= total && s.size <= maxStoreSize {
		return removed
	}
	for site := range s.sites {
		remove(site, expired)
	}
	for s.count > total || s.size > maxStoreSize {
		var oldest *entry
		var oldestSite string
		for site, list := range s.sites {
			for _, e := range list {
				if oldest == nil || leastRecentlyUsed(e, oldest) < 0 {
					oldest, oldestSite = e, site
				}
			}
		}
		remove(oldestSite, func(e *entry) bool { return e == oldest })
	}
	return removed
}

func limit(n, defaultLimit int) int {
	if n <= 0 {
		return defaultLimit
	}
	return n
}

func leastRecentlyUsed(a, b *entry) int {
	return cmp.Or(a.LastAccess.Compare(b.LastAccess), cmp.Compare(a.serial, b.serial))
}

// Header returns the value of the Cookie header for a request, or the string that a script reads
// from document.cookie. It is "" if there are no cookies to send. sent lists the cookies in the value.
// withheld lists those that match the request's host and path but are not sent. Both are in the
// header's order: longer paths first, then older cookies.
//
// This is "Retrieve Cookies" and "Serialize Cookies" in the draft
// (https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html#retrieve-cookies).
func (s *Store) Header(x Exchange) (value string, sent []Cookie, withheld []Withheld) {
	if !x.hasCookies() {
		return "", nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()

	var candidates []*entry
	for _, e := range s.sites[siteOf(x.Host)] {
		if (e.Domain == x.Host || !e.HostOnly && domainMatch(x.Host, e.Domain)) &&
			pathMatch(x.requestPath(), e.Path) && !e.expired(now) {
			candidates = append(candidates, e)
		}
	}
	slices.SortFunc(candidates, func(a, b *entry) int {
		// The draft compares numbers of segments, RFC 6265 lengths. The result is the same,
		// because the paths are all prefixes of the request's path.
		byDomain := 0
		if s.Rules.LongDomainsFirst {
			byDomain = cmp.Or(cmp.Compare(len(b.Domain), len(a.Domain)), cmp.Compare(a.domainRank(), b.domainRank()))
		}
		return cmp.Or(cmp.Compare(len(b.Path), len(a.Path)), byDomain, a.Created.Compare(b.Created),
			cmp.Compare(a.serial, b.serial))
	})

	var header strings.Builder
	for _, e := range candidates {
		if reason := s.withhold(&e.Cookie, x, now); reason != 0 {
			withheld = append(withheld, Withheld{e.Cookie, reason})
			continue
		}
		e.LastAccess = now
		sent = append(sent, e.Cookie)
		if header.Len() > 0 {
			header.WriteString("; ")
		}
		if e.Name != "" {
			header.WriteString(e.Name)
			header.WriteByte('=')
		}
		header.WriteString(e.Value)
	}
	return header.String(), sent, withheld
}

// domainRank orders the cookies of one domain for Rules.LongDomainsFirst. With an IP address a Domain
// attribute makes no difference.
func (c *Cookie) domainRank() int {
	if c.HostOnly || isIP(c.Domain) {
		return 1
	}
	return 0
}

// withhold returns why a cookie that matches the request's host and path is not sent, or 0. If there
// are several reasons, it prefers those that the server can fix: the browser's own policy comes last.
func (s *Store) withhold(c *Cookie, x Exchange, now time.Time) Reason {
	if c.Secure && !s.secure(x) {
		return ReasonSecureOnly
	}
	if c.HTTPOnly && x.Script {
		return ReasonHTTPOnly
	}
	if reason := s.crossSite(c); reason != 0 && x.SameSiteMode != StrictOrLess {
		young := c.SameSite == SameSiteDefault && s.Rules.LaxAllowUnsafe > 0 &&
			now.Sub(c.Created) <= s.Rules.LaxAllowUnsafe
		lax := x.topLevel() && (x.SameSiteMode == LaxOrLess || x.safe() || young)
		if reason == ReasonSameSiteStrict || !lax {
			return reason
		}
	}
	if c.PartitionKey == "" {
		switch {
		case !x.ThirdParty || s.Rules.ThirdParty == AllowThirdParty || s.Rules.ThirdParty == BlockNewThirdParty:
			return 0
		case s.Rules.ThirdParty == BlockThirdParty:
			return ReasonThirdPartyBlocked
		}
		return ReasonOtherPartition
	}
	if key, ancestor := s.partition(x, true); key != c.PartitionKey || ancestor != c.CrossSiteAncestor {
		return ReasonOtherPartition
	}
	return 0
}

// crossSite returns why a cross-site request may not carry the cookie, or 0.
func (s *Store) crossSite(c *Cookie) Reason {
	enforced := c.SameSite
	if enforced == SameSiteDefault {
		enforced = s.Rules.DefaultSameSite
	}
	switch {
	case enforced == SameSiteNone:
		return 0
	case enforced == SameSiteStrict:
		return ReasonSameSiteStrict
	case c.SameSite == SameSiteLax:
		return ReasonSameSiteLax
	}
	return ReasonSameSiteUnspecifiedTreatedAsLax
}

// partition returns the key of the partition that a cookie belongs to. It is "" for cookies that are
// not partitioned.
func (s *Store) partition(x Exchange, partitioned bool) (key string, crossSiteAncestor bool) {
	if !partitioned && !(x.ThirdParty && s.Rules.ThirdParty == PartitionThirdParty) {
		return "", false
	}
	key = x.TopLevelSite
	if key == "" {
		scheme := "https"
		if !x.cryptographic() {
			scheme = "http"
		}
		key = scheme + "://" + siteOf(x.Host)
	}
	// A third party is cross-site to the top-level page itself.
	return key, x.CrossSiteAncestor || x.ThirdParty
}

// All returns copies of all cookies that have not expired, oldest first.
func (s *Store) All() []Cookie {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	var entries []*entry
	for _, list := range s.sites {
		for _, e := range list {
			if !e.expired(now) {
				entries = append(entries, e)
			}
		}
	}
	slices.SortFunc(entries, func(a, b *entry) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.serial, b.serial))
	})
	all := make([]Cookie, len(entries))
	for i, e := range entries {
		all[i] = e.Cookie
	}
	return all
}

// Clear removes all cookies.
func (s *Store) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sites, s.count, s.size = nil, 0, 0
}

func (s *Store) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now().Round(0) // without the monotonic clock: cookies expire by the wall clock
}

// secure reports whether the exchange may set and receive Secure cookies. The standard requires
// https, and leaves it to browsers which other URLs are secure.
func (s *Store) secure(x Exchange) bool {
	return x.cryptographic() || s.Rules.SecureOverPlainLoopback && x.Trustworthy
}

func (x Exchange) cryptographic() bool { return x.Scheme == "https" || x.Scheme == "wss" }

func (x Exchange) hasCookies() bool {
	return x.Host != "" && (x.cryptographic() || x.Scheme == "http" || x.Scheme == "ws")
}

// topLevel reports whether the exchange is a top-level navigation.
//
// Taken literally, the Fetch standard allows the response of a cross-site navigation to set only
// SameSite=None cookies: it allows the others in mode strict-or-less only, which such a navigation
// never has. RFC 6265bis and browsers allow top-level navigations to set any cookie.
func (x Exchange) topLevel() bool {
	return !x.Script && (x.TopLevelNavigation || x.SameSiteMode == LaxOrLess)
}

// safe reports whether the method is safe (https://www.rfc-editor.org/rfc/rfc9110#section-9.2.1).
func (x Exchange) safe() bool {
	switch x.Method {
	case "", "GET", "HEAD", "OPTIONS", "TRACE":
		return true
	}
	return false
}

func (x Exchange) requestPath() string {
	if x.Path == "" {
		return "/"
	}
	return x.Path
}

// siteOf returns the key of Store.sites: the registrable domain, or the host if there is none.
func siteOf(host string) string {
	if d := origin.RegistrableDomain(host); d != "" {
		return d
	}
	return host
}

// expired reports whether the cookie has expired.
func (c *Cookie) expired(now time.Time) bool {
	return !c.Expires.IsZero() && !now.Before(c.Expires)
}

func (c *Cookie) samePartition(d *Cookie) bool {
	return c.PartitionKey == d.PartitionKey && c.CrossSiteAncestor == d.CrossSiteAncestor
}

// replacedBy reports whether d replaces c in a store.
func (c *Cookie) replacedBy(d *Cookie) bool {
	return c.Name == d.Name && c.Domain == d.Domain && c.HostOnly == d.HostOnly &&
		c.Path == d.Path && c.samePartition(d)
}
