package weburl

import (
	"net/netip"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// MaxUnicodeDomain is the largest length in bytes of a domain with non-ASCII characters. The standard
// has no limit, but Punycode takes time quadratic in the length. DNS names have at most 253
// characters, which are 1012 bytes at most. ASCII domains are limited by [MaxLength] only.
const MaxUnicodeDomain = 1024

// HostKind is the kind of a [Host].
type HostKind uint8

// The kinds of host a URL can have (https://url.spec.whatwg.org/#concept-host).
const (
	HostNone   HostKind = iota // the URL has no host: "mailto:a@b.example"
	HostDomain                 // a domain name: "example.com"
	HostIPv4                   // "127.0.0.1"
	HostIPv6                   // "[::1]"
	HostOpaque                 // the host of a URL whose scheme is not special: "x" in "foo://x/"
	HostEmpty                  // the host is present but empty: "file:///etc/hosts"
)

// Host is a URL's host in canonical form. It is comparable; its zero value is "no host".
type Host struct {
	kind HostKind
	text string // serialized
	addr netip.Addr
}

// Kind returns the kind of the host.
func (h Host) Kind() HostKind { return h.kind }

// IsNone reports whether there is no host. It is false for an empty host.
func (h Host) IsNone() bool { return h.kind == HostNone }

// IsDomain reports whether the host is a domain name, and not an IP address or opaque.
func (h Host) IsDomain() bool { return h.kind == HostDomain }

// IsIP reports whether the host is an IPv4 or IPv6 address.
func (h Host) IsIP() bool { return h.kind == HostIPv4 || h.kind == HostIPv6 }

// Addr returns the host's IP address, or the zero Addr if the host is not an address. An IPv4-mapped
// IPv6 address is returned as such; see [netip.Addr.Unmap].
func (h Host) Addr() netip.Addr { return h.addr }

// String returns the serialized host (https://url.spec.whatwg.org/#concept-host-serializer), with
// brackets for an IPv6 address. It returns "" for an absent or empty host.
func (h Host) String() string { return h.text }

// ParseHost parses a host (https://url.spec.whatwg.org/#concept-host-parser). isOpaque must be set for
// the host of a URL whose scheme is not special. Unlike [Parse], ParseHost does not remove spaces, tabs
// or newlines first. The error is always an [*Error].
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

// ParseASCIIHost parses the host of a special URL like [ParseHost], except that it refuses a domain
// that is not ASCII once percent-decoded, with the reason [DomainNotASCII]. A program that uses only
// this function of the package does not contain the tables of internationalized domain names, which
// are larger than the rest of the package.
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

// ParseOpaqueHost parses the host of a URL whose scheme is not special, as [ParseHost] does with
// isOpaque. Like [ParseASCIIHost], it needs no tables of internationalized domain names.
func ParseOpaqueHost(input string) (Host, error) {
	if len(input) > MaxLength {
		return Host{}, &Error{input, TooLong}
	}
	host, reason := parseOpaqueHost(input)
	if reason != "" {
		return Host{}, &Error{input, reason}
	}
	return host, nil
}

func parseHost(input string, isOpaque bool) (Host, Reason) {
	if isOpaque {
		return parseOpaqueHost(input)
	}
	return parseSpecialHost(input, unicodeToASCII)
}

// parseSpecialHost parses the host of a special URL. toASCII converts a domain that is not ASCII; nil
// refuses it. It is an argument so that the linker can leave it out, with its tables.
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
	domain, reason := parseDomain(PercentDecode(input), toASCII)
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

// parseOpaqueHost implements the host parser with isOpaque true. See
// https://url.spec.whatwg.org/#concept-opaque-host-parser.
func parseOpaqueHost(input string) (Host, Reason) {
	if input == "" {
		return Host{kind: HostEmpty}, ""
	}
	if strings.HasPrefix(input, "[") {
		return parseSpecialHost(input, nil) // an IPv6 address
	}
	if forbiddenHost.containsAnyOf(input) {
		return Host{}, HostInvalidCodePoint
	}
	return Host{kind: HostOpaque, text: percentEncode(input, &c0ControlSet)}, ""
}

// parseDomain implements the domain parser with beStrict false
// (https://url.spec.whatwg.org/#concept-domain-to-ascii).
func parseDomain(domain string, toASCII func(string) (string, Reason)) (string, Reason) {
	// Browsers accept every ASCII domain, even one that UTS 46 refuses, such as invalid Punycode.
	// Only other domains are checked against its rules.
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

// toASCIIProfile returns the options with which the standard calls ToASCII (beStrict is false). The
// profile is created on first use: a package variable would be initialized in every program that
// imports the package, so the linker could not leave out the tables.
func toASCIIProfile() *idna.Profile {
	profileOnce.Do(func() {
		// The order matters: MapForLookup and BidiRule set defaults that later options change.
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

// unicodeToASCII implements ToASCII of UTS 46 (https://www.unicode.org/reports/tr46/#ToASCII) for a
// domain that is not ASCII.
func unicodeToASCII(domain string) (string, Reason) {
	if len(domain) > MaxUnicodeDomain {
		return "", DomainTooLong
	}
	if !utf8.ValidString(domain) {
		return "", DomainToASCII
	}
	domain = strings.Map(mapSinceUnicode15, domain)
	// A label that is just "xn--" is an error since Unicode 15.1.
	for label := range strings.FieldsFuncSeq(domain, isDot) {
		if strings.EqualFold(label, "xn--") || !isASCII(label) && falsePunycode(label) {
			return "", DomainToASCII
		}
	}
	result, err := toASCIIProfile().ToASCII(domain)
	if err != nil {
		return "", DomainToASCII
	}
	// A label must not decode to one that starts with "xn--".
	for label := range strings.SplitSeq(result, ".") {
		if strings.HasPrefix(label, "xn--xn--") {
			return "", DomainToASCII
		}
	}
	return result, ""
}

// mapSinceUnicode15 maps the code points whose mapping UTS 46 has changed since Unicode 15.0; -1 removes
// one. The tables of x/net/idna are those of Unicode 15.0 in a program that is built with Go 1.26 or
// older, and those of 17.0 with Go 1.27. Browsers have the newer ones.
//
// One difference is left in programs of older Go: U+1806 and the code points that were assigned since
// Unicode 15.0 make a domain invalid.
func mapSinceUnicode15(r rune) rune {
	switch {
	case r == 'ẞ': // was "ss"
		return 'ß'
	case 0x10A0 <= r && r <= 0x10C5: // Georgian capitals
		return r - 0x10A0 + 0x2D00
	case r == 0x04C0 || r == 0x2183: // capitals that got their small letter later
		return unicode.ToLower(r)
	case r == 0x2132:
		return 0x214E
	// Fillers, invisible operators and other marks without a glyph are ignored.
	case r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x180E, 0x2061 <= r && r <= 0x2063,
		0x206A <= r && r <= 0x206F, r == 0x3164, r == 0xFFA0, 0x1D173 <= r && r <= 0x1D17A:
		return -1
	// Compatibility ideographs.
	case r == 0x2F868:
		return 0x36FC
	case r == 0x2F874:
		return 0x5F53
	case r == 0x2F91F:
		return 0x243AB
	case r == 0x2F95F:
		return 0x7AEE
	case r == 0x2F9BF:
		return 0x45D7
	}
	return r
}

// falsePunycode reports whether a label starts with "xn--" once it is mapped, but has characters that
// are not ASCII. It is then invalid; x/net would decode it to another label.
func falsePunycode(label string) bool {
	mapped, other := make([]byte, 0, len(label)), false
	for _, r := range label {
		if r < utf8.RuneSelf {
			mapped = append(mapped, strings.ToLower(string(r))...)
			continue
		}
		ascii, err := toASCIIProfile().ToASCII(string(r))
		if other = other || err != nil || strings.HasPrefix(ascii, "xn--"); !other {
			mapped = append(mapped, ascii...)
		}
		if len(mapped) >= len("xn--") && !strings.HasPrefix(string(mapped[:len("xn--")]), "xn--") {
			return false
		}
	}
	return other && strings.HasPrefix(string(mapped), "xn--")
}

// isDot reports whether r is a full stop or a code point that UTS 46 maps to it.
func isDot(r rune) bool { return r == '.' || r == '。' || r == '．' || r == '｡' }

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
