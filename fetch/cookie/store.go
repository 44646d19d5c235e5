package cookie

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/concors/concors/origin"
)

// The least that the standard asks a browser to keep.
const (
	defaultHostLimit  = 50
	defaultTotalLimit = 3000
)

// A Store is a browser's cookies. The zero value is empty and follows the
// standard. It is safe for concurrent use, and must not be copied after first
// use.
//
// Looking at a host costs time in proportion to the cookies of its site, not to
// those of the store.
type Store struct {
	// Rules and Now must not be changed after first use.
	Rules Rules
	// Now tells the time; nil is time.Now. It is called under the store's lock,
	// so that time never runs backwards from one call to the next, and must
	// not use the store.
	Now func() time.Time

	mu sync.Mutex
	// sites holds the cookies by site: the registrable domain, or the host
	// where there is none. All cookies that a host can have or get are in one
	// list, because no Domain attribute reaches beyond the registrable domain.
	sites map[string][]*entry
	count int    // of all the lists' entries
	next  uint64 // the next entry's serial number
}

// An entry is a stored cookie. Serial numbers tell which of two cookies came
// first where the clock does not.
type entry struct {
	Cookie
	serial uint64
}

// Set takes the value of one Set-Cookie line, or what a script assigned to
// document.cookie, and stores the cookie. Several lines are several calls: unlike
// other headers they must not be joined with commas.
//
// A cookie whose expiry time has passed deletes the stored one of its name,
// domain and path; that is no error. The error, if any, is a *RejectedError, and
// the store then has what it had, save cookies that have expired meanwhile.
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

// store is the draft's "Store a Cookie"
// (https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html#store-a-cookie),
// followed by "Garbage Collect Cookies". It completes c.
func (s *Store) store(c *parsedCookie, x Exchange, now time.Time) Reason {
	c.Created, c.LastAccess = now, now
	if s.Rules.NoPartitioned {
		c.Partitioned = false
	}
	if !x.hasCookies() {
		return ReasonSchemeNotSupported
	}
	if reason := c.bindToHost(x.Host); reason != 0 {
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
	if x.ThirdParty && (s.Rules.ThirdParty == BlockThirdParty || s.Rules.ThirdParty == RefuseThirdParty) && !c.Partitioned {
		return ReasonThirdPartyBlocked
	}

	// The draft here drops a cookie that agrees with the stored one in all but
	// its value. That would make a session cookie impossible to change, so it
	// cannot be meant.
	added := &entry{Cookie: c.Cookie, serial: s.next}
	i := slices.IndexFunc(s.sites[site], func(old *entry) bool { return old.replacedBy(&c.Cookie) })
	if i >= 0 {
		// An expired cookie is as good as gone: nobody can see it, so it
		// neither stands in the way nor hands on its age.
		if old := s.sites[site][i]; !old.expired(now) {
			if x.Script && old.HTTPOnly {
				return ReasonOverwriteHTTPOnly
			}
			added.Created, added.serial = old.Created, old.serial
			c.Created = old.Created
		}
		s.sites[site][i] = added
	} else {
		if s.sites == nil {
			s.sites = map[string][]*entry{}
		}
		s.sites[site] = append(s.sites[site], added)
		s.count++
	}
	s.next++
	if s.collect(site, added, now) && !added.expired(now) {
		return ReasonLimitReached
	}
	return 0
}

// bindToHost decides whom the cookie belongs to.
func (c *parsedCookie) bindToHost(host string) Reason {
	domain := c.domain
	switch {
	case domain == "":
	case !isHostName(domain):
		return ReasonInvalidDomain
	case origin.PublicSuffix(domain) == domain:
		if domain != host {
			return ReasonPublicSuffixDomain
		}
		domain = "" // a public suffix can have cookies, for itself alone
	case !domainMatch(host, domain):
		return ReasonDomainMismatch
	case siteOf(host) != siteOf(domain):
		// host lies under a public suffix that lies under domain, as in
		// s3.amazonaws.com and amazonaws.com. By the draft's letter the
		// cookie would reach every other site there; browsers refuse it.
		return ReasonPublicSuffixDomain
	}
	c.Domain, c.HostOnly = domain, false
	if domain == "" {
		c.Domain, c.HostOnly = host, true
	}
	return 0
}

// prefixKept reports whether the cookie has what its name promises. The case of
// the prefix does not matter, since there are servers that ignore it. (Where the
// draft asks __Http- cookies not to be HttpOnly, it means the reverse, as its
// section for servers has it.)
func (c *parsedCookie) prefixKept() bool {
	name := lower(c.Name)
	if name == "" {
		// Such a cookie is sent as its bare value, which a server would take
		// for a name and a value.
		value := lower(c.Value)
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

// collect is the draft's "Garbage Collect Cookies", for the host and partition of
// the cookie just added. It reports whether that cookie was among those removed.
//
// Partitions are counted apart: otherwise a site embedded under one page could
// push out, and so notice, what it stored under another.
func (s *Store) collect(site string, added *entry, now time.Time) (removed bool) {
	remove := func(site string, gone func(*entry) bool) {
		before := s.sites[site]
		length := len(before)
		after := slices.DeleteFunc(before, func(e *entry) bool {
			g := gone(e)
			removed = removed || g && e == added
			return g
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
	if s.count <= total {
		return removed
	}
	for site := range s.sites {
		remove(site, expired)
	}
	for s.count > total {
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

func limit(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

func leastRecentlyUsed(a, b *entry) int {
	return cmp.Or(a.LastAccess.Compare(b.LastAccess), cmp.Compare(a.serial, b.serial))
}

// Header returns the value of the Cookie header for a request, or what a script
// reads from document.cookie; it is empty if there are no cookies to send. With
// it come the cookies in it, and those which belong to the request's host and
// path and were nevertheless withheld, both in the order in which they are sent:
// longer paths first, then older cookies.
//
// It is the draft's "Retrieve Cookies" and "Serialize Cookies"
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
		// The draft counts segments and RFC 6265 bytes. It comes to the same,
		// since each of these paths begins another or is the same.
		if s.Rules.DomainCookiesFirst && a.HostOnly != b.HostOnly && len(a.Path) == len(b.Path) {
			if a.HostOnly {
				return 1
			}
			return -1
		}
		return cmp.Or(cmp.Compare(len(b.Path), len(a.Path)), a.Created.Compare(b.Created),
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

// withhold says why a cookie that matches the request's host and path is not
// sent with it. Of several reasons it names the one that the server can do most
// about, which leaves the browser's own policy for last.
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
		case !x.ThirdParty || s.Rules.ThirdParty == AllowThirdParty || s.Rules.ThirdParty == RefuseThirdParty:
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

// crossSite says why the cookie would not travel with a cross-site request;
// zero means that it would.
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

// partition returns the key of the partition that a cookie goes to, which is
// empty for the store that all top-level sites share.
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
	// A third party's own document is the cross-site one in the chain.
	return key, x.CrossSiteAncestor || x.ThirdParty
}

// All returns a copy of the cookies that have not expired, oldest first.
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
	s.sites, s.count = nil, 0
}

func (s *Store) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now().Round(0) // expiry goes by the wall clock alone
}

// secure reports whether Secure cookies may travel. Fetch asks for https; what
// else counts as secure is left to the browser.
func (s *Store) secure(x Exchange) bool {
	return x.cryptographic() || s.Rules.SecureOverPlainLoopback && x.Trustworthy
}

func (x Exchange) cryptographic() bool { return x.Scheme == "https" || x.Scheme == "wss" }

func (x Exchange) hasCookies() bool {
	return x.Host != "" && (x.cryptographic() || x.Scheme == "http" || x.Scheme == "ws")
}

// topLevel reports whether the exchange is a top-level navigation.
//
// By Fetch's letter a navigation's response could set nothing but SameSite=None
// cookies, since it passes "allowed" for strict-or-less alone, which no GET for a
// document has. RFC 6265bis lets top-level navigations set any cookie, and so do
// browsers.
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

// siteOf is what the store's lists go by: the registrable domain, or the host
// where there is none.
func siteOf(host string) string {
	if d := origin.RegistrableDomain(host); d != "" {
		return d
	}
	return host
}

// expired reports whether the cookie's time has come.
func (c *Cookie) expired(now time.Time) bool {
	return !c.Expires.IsZero() && !now.Before(c.Expires)
}

func (c *Cookie) samePartition(d *Cookie) bool {
	return c.PartitionKey == d.PartitionKey && c.CrossSiteAncestor == d.CrossSiteAncestor
}

// replacedBy reports whether c and d cannot both be in a store.
func (c *Cookie) replacedBy(d *Cookie) bool {
	return c.Name == d.Name && c.Domain == d.Domain && c.HostOnly == d.HostOnly &&
		c.Path == d.Path && c.samePartition(d)
}
