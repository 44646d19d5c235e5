//go:build !concors_nopsl

package origin

import "golang.org/x/net/publicsuffix"

// listed is whether there is a list.
const listed = true

// listedPublicSuffix asks the Public Suffix List, its private section included, about a domain
// without a trailing dot.
func listedPublicSuffix(domain string) string {
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix
}
