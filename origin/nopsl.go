//go:build concors_nopsl

package origin

import "strings"

const listed = false

// listedPublicSuffix takes every domain for a public suffix, which errs on the safe side: nothing
// can be registered under it, so that no two hosts are one site.
func listedPublicSuffix(domain string) string { return domain }

// spellHost returns a host as browsers spell it, or false if it is none they take, or is far from
// canonical: to know of names that are not ASCII takes IDNA's tables, which are as large as the
// list, and of an IPv4 address such as 0x7f.1 a URL parser.
func spellHost(s string) (string, bool) {
	if strings.HasPrefix(s, "[") {
		return spellIPv6(s)
	}
	s = strings.ToLower(s)
	_, ok := isCanonicalHost(s)
	return s, ok
}
