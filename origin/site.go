package origin

import (
	"strings"

	"github.com/concors/concors/weburl"
)

// Site is a site: an opaque origin, or a scheme and a registrable domain (or a host that has none,
// such as an IP address). See https://html.spec.whatwg.org/multipage/browsers.html#site.
//
// Sites are comparable, but prefer [SameSite], which is also correct for opaque origins.
type Site struct {
	scheme string // "" if and only if the site is an opaque origin
	host   string
	id     *identity
}

// Site returns the origin's site.
// See https://html.spec.whatwg.org/multipage/browsers.html#obtain-a-site.
func (o Origin) Site() Site {
	if o.IsOpaque() {
		return Site{id: o.id}
	}
	return Site{scheme: o.scheme, host: o.registrableDomainOrHost()}
}

func (o Origin) registrableDomainOrHost() string {
	if o.hasDomain() {
		if registrable := domainRegistrableDomain(o.host); registrable != "" {
			return registrable
		}
	}
	return o.host
}

// IsOpaque reports whether the site is an opaque origin.
func (s Site) IsOpaque() bool { return s.scheme == "" }

// Scheme returns the site's scheme, or "" if the site is opaque.
func (s Site) Scheme() string { return s.scheme }

// Host returns the site's registrable domain or host, or "" if the site is opaque.
func (s Site) Host() string { return s.host }

// String returns the serialized site, such as "https://example.com", or "null" if it is opaque.
// See https://html.spec.whatwg.org/multipage/browsers.html#serialization-of-a-site.
func (s Site) String() string {
	if s.IsOpaque() {
		return "null"
	}
	return s.scheme + "://" + s.host
}

// SameSite reports whether a and b have the same site, including the scheme.
// See https://html.spec.whatwg.org/multipage/browsers.html#same-site.
func SameSite(a, b Origin) bool {
	if a.IsOpaque() || b.IsOpaque() {
		return SameOrigin(a, b)
	}
	if a.scheme != b.scheme || a.host == b.host {
		return a.scheme == b.scheme
	}
	return a.registrableDomainOrHost() == b.registrableDomainOrHost()
}

// SchemelesslySameSite reports whether a and b have the same site, whatever their schemes.
// See https://html.spec.whatwg.org/multipage/browsers.html#schemelessly-same-site.
func SchemelesslySameSite(a, b Origin) bool {
	if a.IsOpaque() || b.IsOpaque() {
		return SameOrigin(a, b)
	}
	// The standard compares hosts first and then registrable domains. One comparison does both,
	// because a host without a registrable domain never equals the registrable domain of another.
	return a.host == b.host || a.registrableDomainOrHost() == b.registrableDomainOrHost()
}

// PublicSuffix returns a host's public suffix: "com" for "www.example.com", "github.io" for
// "pages.github.io", and the last label for a name that the Public Suffix List does not cover. It
// returns "" for an IP address or an invalid host. In a binary built with concors_nopsl, every domain
// is its own public suffix. See https://url.spec.whatwg.org/#host-public-suffix.
func PublicSuffix(host string) string {
	parsed, err := weburl.ParseHost(host, false)
	if err != nil || !parsed.IsDomain() {
		return ""
	}
	return domainPublicSuffix(parsed.String())
}

// HasListedSuffix reports whether the Public Suffix List has a rule for a host's suffix. It has none
// for localhost, for names below .test or .internal, and for IP addresses. In a binary built with
// concors_nopsl the result is false.
func HasListedSuffix(host string) bool {
	parsed, err := weburl.ParseHost(host, false)
	if err != nil || !parsed.IsDomain() || hasEmptyLabel(parsed.String()) {
		return false
	}
	return isListed(strings.TrimSuffix(parsed.String(), "."))
}

// RegistrableDomain returns a host's registrable domain: its public suffix and one label more. It
// returns "" for an IP address, a public suffix or an invalid host.
// See https://url.spec.whatwg.org/#host-registrable-domain.
func RegistrableDomain(host string) string {
	parsed, err := weburl.ParseHost(host, false)
	if err != nil || !parsed.IsDomain() {
		return ""
	}
	return domainRegistrableDomain(parsed.String())
}

// domainPublicSuffix is PublicSuffix for a domain in canonical form.
func domainPublicSuffix(domain string) string {
	if hasEmptyLabel(domain) {
		return "" // not a DNS name, so the list does not apply
	}
	name := strings.TrimSuffix(domain, ".")
	suffix := lookupPublicSuffix(name)
	return domain[len(name)-len(suffix):] // includes a trailing dot
}

// domainRegistrableDomain is RegistrableDomain for a domain in canonical form.
func domainRegistrableDomain(domain string) string {
	suffix := domainPublicSuffix(domain)
	if suffix == "" || len(suffix) == len(domain) {
		return ""
	}
	before := domain[:len(domain)-len(suffix)-len(".")]
	return domain[strings.LastIndexByte(before, '.')+1:]
}
