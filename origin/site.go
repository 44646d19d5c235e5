package origin

import (
	"strings"

	"github.com/concors/concors/weburl"
)

// Site is a site (https://html.spec.whatwg.org/multipage/browsers.html#site): an opaque origin, or
// a scheme with a registrable domain or, where there is none, a host. It is comparable, but for
// sites that may be opaque use [SameSite].
type Site struct {
	scheme string // "" exactly if the site is an opaque origin
	host   string
	id     *identity
}

// Site obtains the origin's site (https://html.spec.whatwg.org/multipage/browsers.html#obtain-a-site).
func (o Origin) Site() Site {
	if o.IsOpaque() {
		return Site{id: o.id}
	}
	return Site{scheme: o.scheme, host: o.registrableDomainOrHost()}
}

func (o Origin) registrableDomainOrHost() string {
	if !o.ip {
		if registrable := domainRegistrableDomain(o.host); registrable != "" {
			return registrable
		}
	}
	return o.host
}

// IsOpaque reports whether the site is that of an opaque origin.
func (s Site) IsOpaque() bool { return s.scheme == "" }

// Scheme returns the site's scheme, and "" if it is opaque.
func (s Site) Scheme() string { return s.scheme }

// Host returns the site's registrable domain or host, and "" if it is opaque.
func (s Site) Host() string { return s.host }

// String is https://html.spec.whatwg.org/multipage/browsers.html#serialization-of-a-site:
// "https://example.com", or "null".
func (s Site) String() string {
	if s.IsOpaque() {
		return "null"
	}
	return s.scheme + "://" + s.host
}

// SameSite is https://html.spec.whatwg.org/multipage/browsers.html#same-site, which the scheme is
// part of.
func SameSite(a, b Origin) bool {
	if a.IsOpaque() || b.IsOpaque() {
		return SameOrigin(a, b)
	}
	return a.Site() == b.Site()
}

// SchemelesslySameSite is
// https://html.spec.whatwg.org/multipage/browsers.html#schemelessly-same-site.
func SchemelesslySameSite(a, b Origin) bool {
	if a.IsOpaque() || b.IsOpaque() {
		return SameOrigin(a, b)
	}
	// A host equal to another's registrable domain has itself for one, so that comparing these is
	// comparing both of the standard's cases.
	return a.registrableDomainOrHost() == b.registrableDomainOrHost()
}

// PublicSuffix returns a host's public suffix (https://url.spec.whatwg.org/#host-public-suffix):
// "com" for "www.example.com", "github.io" for "pages.github.io". It is "" for an IP address and
// for what is no host. A name under no rule of the list has its last label for a suffix. In a
// binary built with concors_nopsl every host is its own public suffix.
func PublicSuffix(host string) string {
	parsed, err := weburl.ParseHost(host, false)
	if err != nil || !parsed.IsDomain() {
		return ""
	}
	return domainPublicSuffix(parsed.String())
}

// RegistrableDomain returns a host's registrable domain
// (https://url.spec.whatwg.org/#host-registrable-domain): its public suffix and one label more. It
// is "" for an IP address, for a public suffix and for what is no host.
func RegistrableDomain(host string) string {
	parsed, err := weburl.ParseHost(host, false)
	if err != nil || !parsed.IsDomain() {
		return ""
	}
	return domainRegistrableDomain(parsed.String())
}

// domainPublicSuffix is PublicSuffix of a domain in canonical form.
func domainPublicSuffix(domain string) string {
	if hasEmptyLabel(domain) {
		return "" // the list's algorithm is for names in the DNS
	}
	name := strings.TrimSuffix(domain, ".")
	suffix := listedPublicSuffix(name)
	return domain[len(name)-len(suffix):] // with the trailing dot, if there is one
}

// domainRegistrableDomain is RegistrableDomain of a domain in canonical form.
func domainRegistrableDomain(domain string) string {
	suffix := domainPublicSuffix(domain)
	if suffix == "" || len(suffix) == len(domain) {
		return ""
	}
	before := domain[:len(domain)-len(suffix)-1] // without the dot between
	return domain[strings.LastIndexByte(before, '.')+1:]
}
