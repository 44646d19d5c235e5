package corstest

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/concors/concors/origin"
)

// A danger says who can have a page on a foreign origin. The first is the most
// dangerous to allow. Foreign origins are tried in this order, so that a finding
// shows the worst one.
type danger int

const (
	everySite   danger = iota // resembles no allowed origin: if it is allowed, every site is
	otherDomain               // whose domain anyone can register, or a host with an IP address
	nullOrigin                // null, which every site can have
	sameSite                  // another host under an allowed origin's registrable domain
	insecure                  // the host of an allowed https: origin, by http:, which a network can forge
	otherPort                 // the host of an allowed origin, with another port or spelling
	noPage                    // a name that nobody can register
)

// danger returns the danger of a foreign origin.
func (l *allowlist) danger(o string) danger {
	switch o {
	case foreignSample:
		return everySite
	case "null":
		return nullOrigin
	}
	scheme, host := schemeAndHost(o)
	domain := origin.RegistrableDomain(host)
	worst := noPage
	if _, err := netip.ParseAddr(strings.Trim(host, "[]")); domain != "" || err == nil {
		worst = otherDomain
	}
	for _, allowed := range l.samples() {
		allowedScheme, allowedHost := schemeAndHost(allowed)
		switch {
		case host == allowedHost && scheme == "http" && allowedScheme == "https":
			return insecure
		case host == allowedHost:
			return otherPort
		case domain != "" && domain == origin.RegistrableDomain(allowedHost):
			worst = sameSite
		}
	}
	return worst
}

// schemeAndHost splits an origin. The host has no final dot: with it, a name means
// the same server.
func schemeAndHost(o string) (scheme, host string) {
	scheme, rest, _ := strings.Cut(o, "://")
	host, _ = splitPort(rest)
	return scheme, strings.TrimSuffix(host, ".")
}

// sortByDanger sorts foreign origins, the most dangerous first.
func (l *allowlist) sortByDanger(foreign []string) {
	dangers := make(map[string]danger, len(foreign))
	for _, o := range foreign {
		dangers[o] = l.danger(o)
	}
	slices.SortStableFunc(foreign, func(a, b string) int { return int(dangers[a] - dangers[b]) })
}
