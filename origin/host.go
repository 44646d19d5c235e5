package origin

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// isCanonicalHost reports whether s is a host of a URL as it is serialized
// (https://url.spec.whatwg.org/#concept-host-serializer), and whether it is an IP address. It takes
// exactly what [weburl.ParseHost] returns unchanged. That it is not asked itself is for the size of
// programs: what is there to take in other spellings, most of all IDNA's tables, is no use here.
// Neither does the parser look into a label that begins with xn--: an ASCII domain is what it is.
func isCanonicalHost(s string) (ip, ok bool) {
	if strings.HasPrefix(s, "[") {
		spelt, ok := spellIPv6(s)
		return true, ok && spelt == s
	}
	if s == "" {
		return false, false
	}
	for i := range len(s) {
		// What no domain has: https://url.spec.whatwg.org/#forbidden-domain-code-point.
		if c := s[i]; !hostnameByte[c] && (c <= ' ' || c >= 0x7F || 'A' <= c && c <= 'Z' || strings.IndexByte("#%/:<>?@[\\]^|", c) >= 0) {
			return false, false
		}
	}
	if !endsInNumber(s) {
		return false, true
	}
	addr, err := netip.ParseAddr(s)
	return true, err == nil && addr.Is4()
}

// endsInNumber is https://url.spec.whatwg.org/#ends-in-a-number-checker, for lower case.
func endsInNumber(s string) bool {
	s = strings.TrimSuffix(s, ".")
	last := s[strings.LastIndexByte(s, '.')+1:]
	hex, isHex := strings.CutPrefix(last, "0x")
	for i := range len(hex) {
		if c := hex[i]; (c < '0' || c > '9') && (!isHex || c < 'a' || c > 'f') {
			return false
		}
	}
	return last != ""
}

// spellIPv6 returns how browsers spell an IPv6 address in brackets.
func spellIPv6(s string) (string, bool) {
	inner, isClosed := strings.CutSuffix(s[1:], "]")
	addr, err := netip.ParseAddr(inner)
	if !isClosed || err != nil || !addr.Is6() || addr.Zone() != "" {
		return "", false
	}
	spelt := addr.String()
	if addr.Is4In6() {
		// As netip does not write it: in hexadecimal.
		b := addr.As16()
		spelt = fmt.Sprintf("::ffff:%x:%x", int(b[12])<<8|int(b[13]), int(b[14])<<8|int(b[15]))
	}
	return "[" + spelt + "]", true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
