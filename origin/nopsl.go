//go:build concors_nopsl

package origin

import "github.com/concors/concors/weburl"

const hasPublicSuffixList = false

// lookupPublicSuffix returns the domain itself. This errs on the safe side: no two hosts are the same
// site.
func lookupPublicSuffix(domain string) string { return domain }

func isListed(string) bool { return false }

// canonicalHost returns a host as browsers serialize it, or false if it is not valid or not ASCII.
// Names that are not ASCII need IDNA's tables, which are as large as the Public Suffix List.
func canonicalHost(s string) (string, bool) {
	host, err := weburl.ParseASCIIHost(s)
	return host.String(), err == nil
}
