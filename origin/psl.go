//go:build !concors_nopsl

package origin

import (
	"strings"

	"golang.org/x/net/publicsuffix"

	"github.com/concors/concors/weburl"
)

// hasPublicSuffixList reports whether the binary contains the Public Suffix List.
const hasPublicSuffixList = true

// lookupPublicSuffix returns the public suffix of a domain without a trailing dot, according to both
// sections of the Public Suffix List.
func lookupPublicSuffix(domain string) string {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix
}

// isListed reports whether a rule of the Public Suffix List names the suffix of a domain without a
// trailing dot.
func isListed(domain string) bool {
	suffix, icann := publicsuffix.PublicSuffix(domain)
	return icann || strings.Contains(suffix, ".") // without a rule, the suffix is the last label
}

// canonicalHost returns a host as browsers serialize it, or false if it is not valid.
func canonicalHost(s string) (string, bool) {
	host, err := weburl.ParseHost(s, false)
	return host.String(), err == nil
}
