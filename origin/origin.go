// Package origin knows origins and sites: the units by which browsers keep pages apart.
//
// An [Origin] is either a tuple (scheme, host and port, serialized as "https://example.com:8443")
// or opaque: an identity with nothing in it, which a sandboxed frame or a data: URL gets, and which
// is serialized as "null". Two opaque origins print alike and are still not the same origin, which
// is why comparing serializations is no substitute for [SameOrigin].
//
// A [Site] is coarser: scheme and registrable domain, so that https://a.example.com and
// https://b.example.com:8443 are one site. What may be registered under what is the Public Suffix
// List's to say, and the list is large; a program that does not care about sites leaves it
// out with the build tag concors_nopsl, and then every host is a site of its own. The tag also
// leaves it to whoever wrote a pattern with a name that is not ASCII to find its ASCII form.
//
// Everything here is safe for concurrent use, and nothing depends on global state.
package origin

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/concors/concors/weburl"
)

// Origin is an origin (https://html.spec.whatwg.org/multipage/browsers.html#concept-origin).
//
// It is comparable: == on two tuple origins without a domain is [SameOrigin], on all others it is
// identity. The zero Origin is an opaque origin of a document that is the same origin with
// nothing, not even itself.
type Origin struct {
	scheme string // "" exactly if the origin is opaque
	host   string // in canonical form
	ip     bool   // the host is an IP address
	port   uint16
	domain string    // "" is null
	text   string    // the serialization, made once because requests are compared by it
	id     *identity // of an opaque origin
}

// identity is what distinguishes opaque origins. It must not be of size zero, for then two
// different ones could have one address.
type identity byte

// NewOpaque returns a new opaque origin, which is the same origin with its copies only.
func NewOpaque() Origin { return Origin{id: new(identity)} }

// Of returns a URL's origin (https://url.spec.whatwg.org/#concept-url-origin): the tuple of an
// ftp, http, https, ws or wss URL, the tuple of the http or https URL inside a blob: URL, and for
// every other URL, file: URLs included, a new opaque origin.
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

// FromURL returns the origin of a URL given as text; see [Of]. The error, if the text is no
// absolute URL, is a [*weburl.Error].
func FromURL(rawURL string) (Origin, error) {
	u, err := weburl.Parse(rawURL, nil)
	if err != nil {
		return Origin{}, err
	}
	return Of(u), nil
}

// New returns a tuple origin of its parts, in any spelling a URL may have them in: the scheme
// without ":", an IPv6 address with or without brackets, and 0 for the scheme's default port. The
// error is a [*ParseError].
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
	if !isTupleScheme(scheme) {
		return fail(NoTupleScheme, nil)
	}
	parsed, err := weburl.ParseHost(host, false)
	if err != nil {
		return fail(InvalidHost, err)
	}
	if parsed.IsDomain() && hasEmptyLabel(parsed.String()) {
		return fail(EmptyLabel, nil)
	}
	if port == 0 {
		port = weburl.DefaultPort(scheme)
	}
	if port < 0 || port > 0xFFFF {
		return fail(InvalidPort, nil)
	}
	o := tuple(scheme, parsed, uint16(port))
	if len(o.text) >= weburl.MaxLength {
		return fail(TooLong, nil)
	}
	return o, nil
}

func tuple(scheme string, host weburl.Host, port uint16) Origin {
	text := scheme + "://" + host.String()
	if int(port) != weburl.DefaultPort(scheme) {
		text += ":" + strconv.Itoa(int(port))
	}
	return Origin{scheme: scheme, host: host.String(), ip: host.IsIP(), port: port, text: text}
}

// isTupleScheme tells the schemes whose URLs have a tuple origin.
func isTupleScheme(scheme string) bool { return weburl.DefaultPort(scheme) != 0 }

// IsOpaque reports whether the origin is opaque.
func (o Origin) IsOpaque() bool { return o.scheme == "" }

// Scheme returns a tuple origin's scheme, and "" for an opaque one.
func (o Origin) Scheme() string { return o.scheme }

// Host returns a tuple origin's host, serialized (an IPv6 address in brackets), and "" for an
// opaque one.
func (o Origin) Host() string { return o.host }

// Port returns a tuple origin's port, the scheme's default if no other, and 0 for an opaque one.
func (o Origin) Port() int { return int(o.port) }

// Domain returns what [Origin.WithDomain] has set, and "" if nothing.
func (o Origin) Domain() string { return o.domain }

// String is the ASCII serialization of an origin
// (https://html.spec.whatwg.org/multipage/browsers.html#ascii-serialisation-of-an-origin), which
// is what an Origin header carries: "https://example.com", without a default port, or "null". It
// does not show the domain.
func (o Origin) String() string {
	if o.IsOpaque() {
		return "null"
	}
	return o.text
}

// MarshalText returns the ASCII serialization; an opaque origin's is "null".
func (o Origin) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText is [Parse]. "null" becomes an opaque origin unlike any other.
func (o *Origin) UnmarshalText(text []byte) error {
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*o = parsed
	return nil
}

// SameOrigin is https://html.spec.whatwg.org/multipage/browsers.html#same-origin. The domain plays
// no part in it.
func SameOrigin(a, b Origin) bool {
	if a.IsOpaque() || b.IsOpaque() {
		return a.id != nil && a.id == b.id
	}
	return a.scheme == b.scheme && a.host == b.host && a.port == b.port
}

// SameOriginDomain is https://html.spec.whatwg.org/multipage/browsers.html#same-origin-domain:
// the looser check for pages that have both set document.domain, whose ports no longer count, and
// a stricter one if only one of them has.
func SameOriginDomain(a, b Origin) bool {
	if a.IsOpaque() || b.IsOpaque() || a.domain == "" && b.domain == "" {
		return SameOrigin(a, b)
	}
	return a.scheme == b.scheme && a.domain == b.domain
}

// WithDomain returns the origin as setting document.domain leaves it
// (https://html.spec.whatwg.org/multipage/origin.html#relaxing-the-same-origin-restriction), if
// domain is the host itself or a registrable domain suffix of it. Otherwise, and for an opaque
// origin, the error is a [*DomainError], where a browser throws a SecurityError.
func (o Origin) WithDomain(domain string) (Origin, error) {
	parsed, ok := o.relaxTo(domain)
	if !ok {
		return Origin{}, &DomainError{o, domain}
	}
	o.domain = parsed
	return o, nil
}

// relaxTo is "is a registrable domain suffix of or is equal to"
// (https://html.spec.whatwg.org/multipage/browsers.html#is-a-registrable-domain-suffix-of-or-is-equal-to),
// asked about the origin's effective domain.
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
	if !suffix.IsDomain() || o.ip || !strings.HasSuffix(effective, "."+text) {
		return "", false
	}
	if text == domainPublicSuffix(text) || strings.HasSuffix(domainPublicSuffix(effective), "."+text) {
		return "", false
	}
	return text, true
}

// DomainError says that document.domain could not have been set.
type DomainError struct {
	Origin Origin
	Domain string // what was to be set
}

func (e *DomainError) Error() string {
	if e.Origin.IsOpaque() {
		return fmt.Sprintf("setting the domain of an opaque origin to %q: an opaque origin has no domain; serve the page from an http or https URL, unsandboxed", e.Domain)
	}
	return fmt.Sprintf("setting the domain of %s to %q: it is neither the host itself nor a parent of it that can be registered; use the host or a parent below the public suffix", e.Origin, e.Domain)
}
