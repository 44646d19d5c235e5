package upstream

import (
	"net/netip"
	"strings"
)

// special are the networks that are not the public internet, with what they are for a message.
var special = []struct {
	prefix netip.Prefix
	what   string
}{
	{netip.MustParsePrefix("127.0.0.0/8"), "a loopback address"},
	{netip.MustParsePrefix("::1/128"), "a loopback address"},
	{netip.MustParsePrefix("10.0.0.0/8"), "a private address"},
	{netip.MustParsePrefix("172.16.0.0/12"), "a private address"},
	{netip.MustParsePrefix("192.168.0.0/16"), "a private address"},
	{netip.MustParsePrefix("fc00::/7"), "a private address"},
	{netip.MustParsePrefix("fec0::/10"), "a private address"},
	{netip.MustParsePrefix("100.64.0.0/10"), "an address shared inside a provider's network"},
	{netip.MustParsePrefix("169.254.0.0/16"), "a link-local address"},
	{netip.MustParsePrefix("fe80::/10"), "a link-local address"},
	{netip.MustParsePrefix("198.18.0.0/15"), "an address for benchmarks of networks"},
	{netip.MustParsePrefix("192.0.0.0/24"), "an address for special purposes"},
	{netip.MustParsePrefix("192.0.2.0/24"), "an address for documentation"},
	{netip.MustParsePrefix("198.51.100.0/24"), "an address for documentation"},
	{netip.MustParsePrefix("203.0.113.0/24"), "an address for documentation"},
	{netip.MustParsePrefix("2001:db8::/32"), "an address for documentation"},
	{netip.MustParsePrefix("3fff::/20"), "an address for documentation"},
	{netip.MustParsePrefix("5f00::/16"), "an address for segment routing"},
	{netip.MustParsePrefix("2001::/23"), "an address for special purposes"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), "an address translated by a local network"},
	{netip.MustParsePrefix("100::/64"), "an address that discards"},
}

// never are refused whatever the configuration says.
var never = []struct {
	prefix netip.Prefix
	what   string
}{
	{netip.MustParsePrefix("0.0.0.0/8"), "not an address of a server"},
	{netip.MustParsePrefix("::/128"), "not an address of a server"},
	{netip.MustParsePrefix("224.0.0.0/4"), "a multicast address"},
	{netip.MustParsePrefix("ff00::/8"), "a multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), "a reserved or broadcast address"},
	{netip.MustParsePrefix("169.254.169.254/32"), metadata},
	{netip.MustParsePrefix("169.254.170.0/24"), metadata}, // credentials of containers
	{netip.MustParsePrefix("fd00:ec2::/32"), metadata},
	{netip.MustParsePrefix("fd20:ce::254/128"), metadata},
	{netip.MustParsePrefix("100.100.100.200/32"), metadata},
	{netip.MustParsePrefix("168.63.129.16/32"), metadata},
	{netip.MustParsePrefix("192.0.0.192/32"), metadata},
}

const metadata = "the metadata service of a cloud, which hands out credentials"

var (
	nat64 = netip.MustParsePrefix("64:ff9b::/96")
	to4   = netip.MustParsePrefix("2002::/16")
	compatible,
	translated = netip.MustParsePrefix("::/96"), netip.MustParsePrefix("::ffff:0:0:0/96")
)

// Class says whether an address may be dialled.
type Class uint8

const (
	Public   Class = iota // anyone can reach it
	Loopback              // this machine
	Private               // a private, link-local or other special network
	Never                 // metadata services, multicast and what is not a server's address
)

// Classify returns the class of an address and, unless it is Public, what it is: "a private address".
// An IPv4 address inside of an IPv6 one (mapped, NAT64, 6to4) counts as that IPv4 address.
func Classify(a netip.Addr) (Class, string) {
	a = a.Unmap().WithZone("")
	if !a.IsValid() {
		return Never, "not an address"
	}
	for _, n := range never {
		if n.prefix.Contains(a) {
			return Never, n.what
		}
	}
	for _, s := range special {
		if s.prefix.Contains(a) {
			if a.IsLoopback() {
				return Loopback, s.what
			}
			return Private, s.what
		}
	}
	if inner, ok := embedded(a); ok {
		if class, what := Classify(inner); class != Public {
			return max(class, Private), what + " inside of an IPv6 address"
		}
		if !nat64.Contains(a) {
			return Private, "an IPv4 address inside of an IPv6 address"
		}
	}
	return Public, ""
}

// embedded returns the IPv4 address that an IPv6 address leads to.
func embedded(a netip.Addr) (netip.Addr, bool) {
	if !a.Is6() {
		return netip.Addr{}, false
	}
	b := a.As16()
	switch {
	case nat64.Contains(a), compatible.Contains(a), translated.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:])), true
	case to4.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return netip.Addr{}, false
}

// IsLoopbackName reports whether a host, as it is in a URL, is written as this machine: localhost, a
// name below it, or a loopback address.
func IsLoopbackName(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return false
	}
	class, _ := Classify(a)
	return class == Loopback
}
