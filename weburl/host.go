package weburl

import (
	"net/netip"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// MaxUnicodeDomain is the length in bytes of the longest domain with non-ASCII characters that is
// parsed. The standard has no limit, but Punycode takes time quadratic in the length, and a name
// in the DNS has at most 253 characters, so 1012 bytes. ASCII domains are limited by [MaxLength]
// only.
const MaxUnicodeDomain = 1024

// HostKind is what a [Host] is.
type HostKind uint8

// The kinds of host a URL can have (https://url.spec.whatwg.org/#concept-host).
const (
	HostNone   HostKind = iota // the URL has no host: "mailto:a@b.example"
	HostDomain                 // a name, to be looked up: "example.com"
	HostIPv4                   // "127.0.0.1"
	HostIPv6                   // "[::1]"
	HostOpaque                 // the host of a URL whose scheme is not special: "x" in "foo://x/"
	HostEmpty                  // there, but empty: "file:///etc/hosts"
)

// Host is a URL's host in canonical form. It is comparable; its zero value is "no host".
type Host struct {
	kind HostKind
	text string // serialized
	addr netip.Addr
}

// Kind tells what the host is.
func (h Host) Kind() HostKind { return h.kind }

// IsNone reports whether there is no host at all (an empty host is one).
func (h Host) IsNone() bool { return h.kind == HostNone }

// IsDomain reports whether the host is a domain: a name, not an address and not opaque.
func (h Host) IsDomain() bool { return h.kind == HostDomain }

// IsIP reports whether the host is an IPv4 or IPv6 address.
func (h Host) IsIP() bool { return h.kind == HostIPv4 || h.kind == HostIPv6 }

// Addr returns the address if the host is one, and otherwise the zero Addr, which is not valid.
// An IPv4-mapped IPv6 address stays one; see [netip.Addr.Unmap].
func (h Host) Addr() netip.Addr { return h.addr }

// String is the host serializer (https://url.spec.whatwg.org/#concept-host-serializer). An IPv6
// address is in brackets; no host and an empty host are both "".
func (h Host) String() string { return h.text }

// ParseHost is the host parser (https://url.spec.whatwg.org/#concept-host-parser). isOpaque is to
// be set for the host of a URL whose scheme is not special. Unlike [Parse] it strips and removes
// nothing beforehand. The error is always an [*Error].
func ParseHost(input string, isOpaque bool) (Host, error) {
	if len(input) > MaxLength {
		return Host{}, &Error{input, TooLong}
	}
	host, reason := parseHost(input, isOpaque)
	if reason != "" {
		return Host{}, &Error{input, reason}
	}
	return host, nil
}

// ParseASCIIHost is [ParseHost] of the host of a special URL, for what has to be ASCII: it refuses a
// domain that is not, percent-encoded or as it is, with the Reason [DomainNotASCII]. All else it
// takes or refuses as ParseHost does. A program that calls nothing of this package but this does
// without the tables of internationalized names, which are larger than all the rest.
func ParseASCIIHost(input string) (Host, error) {
	if len(input) > MaxLength {
		return Host{}, &Error{input, TooLong}
	}
	host, reason := parseSpecialHost(input, nil)
	if reason != "" {
		return Host{}, &Error{input, reason}
	}
	return host, nil
}

func parseHost(input string, isOpaque bool) (Host, Reason) {
	if isOpaque && !strings.HasPrefix(input, "[") {
		return parseOpaqueHost(input)
	}
	return parseSpecialHost(input, unicodeToASCII)
}

// parseSpecialHost parses the host of a special URL. What makes a domain that is not ASCII one that
// is comes as an argument, for the linker to see who needs it; nil is for nobody.
func parseSpecialHost(input string, toASCII func(string) (string, Reason)) (Host, Reason) {
	if strings.HasPrefix(input, "[") {
		if !strings.HasSuffix(input, "]") {
			return Host{}, IPv6Unclosed
		}
		pieces, reason := parseIPv6(input[1 : len(input)-1])
		if reason != "" {
			return Host{}, reason
		}
		return ipv6Host(pieces), ""
	}
	if input == "" {
		return Host{}, HostMissing
	}
	domain, reason := parseDomain(percentDecode(input), toASCII)
	if reason != "" {
		return Host{}, reason
	}
	if !endsInNumber(domain) {
		return Host{kind: HostDomain, text: domain}, ""
	}
	addr, reason := parseIPv4(domain)
	if reason != "" {
		return Host{}, reason
	}
	return Host{kind: HostIPv4, text: addr.String(), addr: addr}, ""
}

// parseOpaqueHost is https://url.spec.whatwg.org/#concept-opaque-host-parser.
func parseOpaqueHost(input string) (Host, Reason) {
	if input == "" {
		return Host{kind: HostEmpty}, ""
	}
	if forbiddenHost.containsAnyOf(input) {
		return Host{}, HostInvalidCodePoint
	}
	return Host{kind: HostOpaque, text: percentEncode(input, &c0ControlSet)}, ""
}

// parseDomain is the domain parser, not strict
// (https://url.spec.whatwg.org/#concept-domain-to-ascii).
func parseDomain(domain string, toASCII func(string) (string, Reason)) (string, Reason) {
	// Whatever UTS 46 says of an ASCII domain, its bad Punycode for one, browsers have always taken
	// it as it is; only what is not ASCII is held to the rules.
	switch {
	case isASCII(domain):
		domain = strings.ToLower(domain)
	case toASCII == nil:
		return "", DomainNotASCII
	default:
		var reason Reason
		if domain, reason = toASCII(domain); reason != "" {
			return "", reason
		}
	}
	if domain == "" {
		return "", DomainToASCII
	}
	if forbiddenDomain.containsAnyOf(domain) {
		return "", DomainInvalidCodePoint
	}
	return domain, ""
}

// toASCIIProfile has the options of the standard's domain parser ToASCII with beStrict false. It is
// made when it is wanted first: made at start, it would be in every program, with its tables.
func toASCIIProfile() *idna.Profile {
	profileOnce.Do(func() {
		// The order matters: MapForLookup and BidiRule set defaults that the others take back.
		profile = idna.New(
			idna.MapForLookup(),
			idna.BidiRule(),
			idna.CheckJoiners(true),
			idna.CheckHyphens(false),
			idna.StrictDomainName(false),
			idna.Transitional(false),
			idna.VerifyDNSLength(false),
		)
	})
	return profile
}

var (
	profileOnce sync.Once
	profile     *idna.Profile
)

// unicodeToASCII is ToASCII of UTS 46 (https://www.unicode.org/reports/tr46/#ToASCII) for a
// domain that is not ASCII.
func unicodeToASCII(domain string) (string, Reason) {
	if len(domain) > MaxUnicodeDomain {
		return "", DomainTooLong
	}
	if !utf8.ValidString(domain) {
		return "", DomainToASCII
	}
	// Two things that later versions of UTS 46 say and the tables in use may not yet: the capital
	// sharp s is mapped to the small one, not to "ss", and an "xn--" with nothing behind it is
	// an error.
	domain = strings.ReplaceAll(domain, "ẞ", "ß")
	for label := range strings.FieldsFuncSeq(domain, isDot) {
		if strings.EqualFold(label, "xn--") {
			return "", DomainToASCII
		}
	}
	result, err := toASCIIProfile().ToASCII(domain)
	if err != nil {
		return "", DomainToASCII
	}
	return result, ""
}

// isDot tells the full stop and the code points that UTS 46 maps to it.
func isDot(r rune) bool { return r == '.' || r == '。' || r == '．' || r == '｡' }

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
