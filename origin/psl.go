//go:build !concors_nopsl

package origin

import (
	"golang.org/x/net/publicsuffix"

	"github.com/concors/concors/weburl"
)

// listed is whether there is a list.
const listed = true

// listedPublicSuffix asks the Public Suffix List, its private section included, about a domain
// without a trailing dot.
func listedPublicSuffix(domain string) string {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix
}

// spellHost returns a host as browsers spell it, or false if it is none they take.
func spellHost(s string) (string, bool) {
	host, err := weburl.ParseHost(s, false)
	return host.String(), err == nil
}
