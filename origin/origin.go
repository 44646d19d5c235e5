// Package origin implements origins, sites and patterns of origins.
//
// An [Origin] is either a tuple of scheme, host and port, serialized as "https://example.com:8443"
// or "capacitor://localhost", or opaque. A sandboxed frame and a data: URL have opaque origins. All of them are serialized as
// "null", although each is the same origin only with itself. Compare origins with [SameOrigin], not
// by their serializations.
//
// A [Site] is coarser: a scheme and a registrable domain, so https://a.example.com and
// https://b.example.com:8443 are the same site. The Public Suffix List defines under which names
// domains can be registered.
//
// A [Pattern] such as https://*.example.com stands for one or more origins, and a [Set] finds the
// pattern that matches an origin among millions.
//
// The Public Suffix List is large. The build tag concors_nopsl leaves it out of a binary, together
// with the tables of internationalized domain names. Every host is then a site of its own, and
// errors suggest no ASCII form for a pattern with a name that is not ASCII.
//
// Everything in this package is safe for concurrent use.
package origin

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/concors/concors/weburl"
)

// Origin is an origin (https://html.spec.whatwg.org/multipage/browsers.html#concept-origin).
//
// Origins are comparable, but prefer [SameOrigin]: == also compares the domain that
// [Origin.WithDomain] sets, and it considers the zero Origin equal to itself. The zero Origin is
// opaque and not the same origin with any origin, not even itself.
type Origin struct {
	scheme string // "" if and only if the origin is opaque
	host   string // in canonical form
	ip     bool   // whether host is an IP address
	port   uint16
	domain string    // "" if document.domain was not set
	text   string    // the serialization, kept because it is needed often
	id     *identity // identifies an opaque origin
}

// identity distinguishes opaque origins by its address. Its size must not be zero, because distinct
// variables of size zero may have the same address.
type identity byte

// NewOpaque returns a new opaque origin, which is the same origin only with its own copies.
func NewOpaque() Origin { return Origin{id: new(identity)} }

// Of returns a URL's origin (https://url.spec.whatwg.org/#concept-url-origin): a tuple origin for
// an ftp, http, https, ws or wss URL; the origin of the http or https URL inside a blob: URL; and a
// new opaque origin for every other URL, including file: URLs.
func Of(u *weburl.URL) Origin {
	if u.Scheme == "blob" {
		inner, err := weburl.Parse(u.Path, nil)
		if err != nil || !inner.IsHTTP() {
			return NewOpaque()
		}
		u = inner
	}
	if !isTupleScheme(u.Scheme) {
		return NewOpaque()
	}
	return tuple(u.Scheme, u.Host, uint16(u.EffectivePort()))
}

// OfPage returns the origin of a page with that URL: [Of], except that applications and extensions
// register schemes of their own, such as capacitor, app and chrome-extension, whose pages have a tuple
// origin. The page of a file: URL has an opaque origin.
func OfPage(u *weburl.URL) Origin {
	o := Of(u)
	if !o.IsOpaque() || u.OpaquePath || u.Scheme == "file" || !isOriginScheme(u.Scheme) {
		return o
	}
	return tuple(u.Scheme, u.Host, uint16(u.EffectivePort()))
}

// FromURL parses an absolute URL and returns its origin; see [Of]. The error is a [*weburl.Error].
func FromURL(rawURL string) (Origin, error) {
	u, err := weburl.Parse(rawURL, nil)
	if err != nil {
		return Origin{}, err
	}
	return Of(u), nil
}

// New returns a tuple origin made of its parts, which may have any spelling that is valid in a URL.
// scheme is without ":" and is one that [Parse] accepts. An IPv6 address may have brackets, and port 0
// means the scheme's default port, or no port if it has none. The error is a [*ParseError].
func New(scheme, host string, port int) (Origin, error) {
	if strings.Contains(host, ":") && !strings.HasPrefix(host, "[") {
		host = "[" + host + "]"
	}
	fail := func(reason Reason, cause error) (Origin, error) {
		input := scheme + "://" + host
		if port != 0 {
			input += ":" + strconv.Itoa(port)
		}
		return Origin{}, &ParseError{Input: input, Reason: reason, Cause: cause}
	}
	scheme = strings.ToLower(scheme)
	if !isOriginScheme(scheme) {
		return fail(NoTupleScheme, nil)
	}
	parsed, err := parseHostOf(scheme, host)
	if err != nil {
		return fail(InvalidHost, err)
	}
	if parsed.IsDomain() && hasEmptyLabel(parsed.String()) {
		return fail(EmptyLabel, nil)
	}
	if port < 0 || port > 0xFFFF || port != 0 && (scheme == "file" || parsed.String() == "") {
		return fail(InvalidPort, nil)
	}
	if port == 0 {
		port = weburl.DefaultPort(scheme)
	}
	o := tuple(scheme, parsed, uint16(port))
	if len(o.text) >= weburl.MaxLength {
		return fail(TooLong, nil)
	}
	return o, nil
}

func tuple(scheme string, host weburl.Host, port uint16) Origin {
	var buffer [80]byte // most origins fit, so that only their text is allocated
	text := append(buffer[:0], scheme...)
	text = append(append(text, "://"...), host.String()...)
	if int(port) != weburl.DefaultPort(scheme) { // of a scheme without a default, 0 means no port
		text = strconv.AppendUint(append(text, ':'), uint64(port), 10)
	}
	return Origin{scheme: scheme, host: host.String(), ip: host.IsIP(), port: port, text: string(text)}
}

// parseHostOf parses the host of a URL with the scheme. Only schemes that the URL Standard does not
// define, and file, allow an empty host.
func parseHostOf(scheme, host string) (weburl.Host, error) {
	if scheme == "file" && (host == "" || host == "localhost") {
		return weburl.ParseOpaqueHost("")
	}
	return weburl.ParseHost(host, !hasDNSHost(scheme))
}

// isTupleScheme reports whether the standard gives URLs with the scheme a tuple origin.
func isTupleScheme(scheme string) bool { return weburl.DefaultPort(scheme) != 0 }

// hasDNSHost reports whether hosts of URLs with the scheme are domains and IP addresses. Those of other
// schemes are opaque to the standard: "AB12-CD", ".".
func hasDNSHost(scheme string) bool { return isTupleScheme(scheme) || scheme == "file" }

// isOriginScheme reports whether scheme, in lower case, can be that of a serialized origin. Besides
// the schemes for which the standard defines a tuple origin, these are the schemes that browsers and
// applications register for their own pages, such as chrome-extension, capacitor and app. They are
// not a fixed list. Some systems also serialize the origin of file: URLs, which the standard leaves
// open. The origin of the excluded schemes is always opaque or that of another URL.
func isOriginScheme(scheme string) bool {
	switch scheme {
	case "about", "blob", "data", "filesystem", "javascript":
		return false
	}
	return isScheme(scheme)
}

// IsPage reports whether a page can have the origin: it is an http or https origin, or one of a scheme
// that the URL Standard does not define, as applications and extensions have. See [OfPage].
func (o Origin) IsPage() bool {
	switch o.scheme {
	case "", "ws", "wss", "ftp", "file":
		return false
	}
	return true
}

// IsOpaque reports whether the origin is opaque.
func (o Origin) IsOpaque() bool { return o.scheme == "" }

// Scheme returns the scheme of a tuple origin, or "" for an opaque origin.
func (o Origin) Scheme() string { return o.scheme }

// Host returns the serialized host of a tuple origin (an IPv6 address in brackets), or "" for an
// opaque origin. The hosts of schemes that the standard does not define may be any text, in either
// case, and also empty.
func (o Origin) Host() string { return o.host }

// Port returns the port of a tuple origin, including a default port. It returns 0 for an opaque origin,
// and if the scheme has no default port and the origin no port.
func (o Origin) Port() int { return int(o.port) }

// Domain returns the domain that [Origin.WithDomain] set, or "".
func (o Origin) Domain() string { return o.domain }

// String returns the ASCII serialization of the origin, as browsers send it in the Origin header:
// "https://example.com", without a default port, or "null". It does not contain the domain. See
// https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin.
func (o Origin) String() string {
	if o.IsOpaque() {
		return "null"
	}
	return o.text
}

// MarshalText returns the ASCII serialization; see [Origin.String].
func (o Origin) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText parses text as [Parse] does. "null" becomes a new opaque origin.
func (o *Origin) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*o = parsed
	return nil
}

// SameOrigin reports whether a and b are the same origin, whatever their domains.
// See https://html.spec.whatwg.org/multipage/browsers.html#same-origin.
func SameOrigin(a, b Origin) bool {
	if a.IsOpaque() || b.IsOpaque() {
		return a.id != nil && a.id == b.id
	}
	return a.text == b.text // the serialization has the scheme, the host and the port, and nothing else
}

// SameOriginDomain reports whether a and b are same origin-domain. If both pages have set
// document.domain, scheme and domain must be equal, and ports do not count. If one of them has, the
// result is false. If neither has, it is [SameOrigin].
// See https://html.spec.whatwg.org/multipage/browsers.html#same-origin-domain.
func SameOriginDomain(a, b Origin) bool {
	if a.IsOpaque() || b.IsOpaque() || a.domain == "" && b.domain == "" {
		return SameOrigin(a, b)
	}
	return a.scheme == b.scheme && a.domain == b.domain
}

// WithDomain returns the origin that a page has after it sets document.domain. The domain must be
// the page's host or a registrable domain suffix of it. Otherwise, and for an opaque origin, the
// error is a [*DomainError]; a browser throws a SecurityError.
// See https://html.spec.whatwg.org/multipage/origin.html#relaxing-the-same-origin-restriction.
func (o Origin) WithDomain(domain string) (Origin, error) {
	parsed, ok := o.relaxTo(domain)
	if !ok {
		return Origin{}, &DomainError{o, domain}
	}
	o.domain = parsed
	return o, nil
}

// WithTopLabel is [Origin.WithDomain] for a browser that also accepts the top label of a host whose
// suffix is not on the Public Suffix List, such as localhost for app.localhost. By the standard such
// a label is a public suffix. In a binary built with concors_nopsl, no suffix is known to be listed.
// The error is a [*DomainError].
func (o Origin) WithTopLabel(label string) (Origin, error) {
	host, err := weburl.ParseHost(label, false)
	text := host.String()
	if err != nil || o.IsOpaque() || !host.IsDomain() || !o.hasDomain() || strings.Contains(text, ".") ||
		!strings.HasSuffix(o.Host(), "."+text) || HasListedSuffix(o.Host()) {
		return Origin{}, &DomainError{o, label}
	}
	o.domain = text
	return o, nil
}

// hasDomain reports whether the host is a domain: not an IP address, and not the host of a scheme that
// the standard does not define.
func (o Origin) hasDomain() bool { return !o.ip && o.host != "" && hasDNSHost(o.scheme) }

// relaxTo parses suffixText and reports whether it is a registrable domain suffix of, or equal to,
// the origin's effective domain.
// See https://html.spec.whatwg.org/multipage/browsers.html#is-a-registrable-domain-suffix-of-or-is-equal-to.
func (o Origin) relaxTo(suffixText string) (string, bool) {
	if o.IsOpaque() {
		return "", false
	}
	suffix, err := weburl.ParseHost(suffixText, false)
	if err != nil {
		return "", false
	}
	effective := o.Host()
	if o.domain != "" {
		effective = o.domain
	}
	text := suffix.String()
	if text == effective {
		return text, true
	}
	if !suffix.IsDomain() || !o.hasDomain() || !strings.HasSuffix(effective, "."+text) {
		return "", false
	}
	if text == domainPublicSuffix(text) || strings.HasSuffix(domainPublicSuffix(effective), "."+text) {
		return "", false
	}
	return text, true
}

// DomainError is the error of [Origin.WithDomain].
type DomainError struct {
	Origin Origin
	Domain string // the domain that could not be set
}

// Error returns the origin, the domain, why it could not be set and what to do instead.
func (e *DomainError) Error() string {
	if e.Origin.IsOpaque() {
		return fmt.Sprintf("setting the domain of an opaque origin to %q: an opaque origin has no domain; "+
			"serve the page from an http or https URL, without a sandbox", e.Domain)
	}
	return fmt.Sprintf("setting the domain of %s to %q: it is neither the host nor a registrable parent domain of it; "+
		"use the host, or a parent domain below the public suffix", e.Origin, e.Domain)
}
