package origin

import (
	"unicode/utf8"

	"github.com/concors/concors/weburl"
)

// isCanonicalHost reports whether s is the host of a special URL as browsers serialize it
// (https://url.spec.whatwg.org/#concept-host-serializer), and whether it is an IP address. It needs
// none of IDNA's large tables, because a canonical host is ASCII.
func isCanonicalHost(s string) (ip, ok bool) {
	if isHostname(s) && !lastLabelStartsWithDigit(s) {
		return false, true // the usual case, several times faster
	}
	host, err := weburl.ParseASCIIHost(s)
	return host.IsIP(), err == nil && host.String() == s
}

// isCanonicalOpaqueHost is isCanonicalHost for URLs whose scheme the URL Standard does not define.
// There, only an address in brackets is an IP address.
func isCanonicalOpaqueHost(s string) (ip, ok bool) {
	if isOpaqueHost(s) {
		return false, true // the usual case
	}
	host, err := weburl.ParseOpaqueHost(s)
	return host.IsIP(), err == nil && host.String() == s
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
