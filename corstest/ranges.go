package corstest

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"github.com/concors/concors/origin"
)

// rangeSamples returns origins that a range matches and a page can have. There are
// none for a scheme of extensions or applications, whose pages no browser loads over
// HTTP.
func rangeSamples(r origin.Range) (all []string) {
	if r.AnyHost() {
		return nil
	}
	first, last := ends(r.Network())
	for _, addr := range []netip.Addr{first.Next(), first, last} {
		if r.Network().Contains(addr) {
			all = append(all, patternSamples(r.Scheme()+"://"+hostOf(addr)+r.Ports())...)
		}
	}
	return all
}

// rangeNearMisses returns origins that a range must not match: of the addresses below
// and above it, and of names that look like its addresses.
func rangeNearMisses(r origin.Range) (all []string) {
	if r.AnyHost() {
		return nil
	}
	first, last := ends(r.Network())
	var hosts []string
	for _, addr := range []netip.Addr{first.Prev(), last.Next()} {
		if addr.IsValid() {
			hosts = append(hosts, hostOf(addr))
		}
	}
	if first.Is4() {
		// Every bit of the prefix, in the other state.
		bytes := first.As4()
		for bit := range r.Network().Bits() {
			other := bytes
			other[bit/8] ^= 0x80 >> (bit % 8)
			hosts = append(hosts, hostOf(netip.AddrFrom4(other)))
		}
		inside := last.Prev()
		hosts = append(hosts, inside.String()+".evil.example", "evil-"+inside.String()+".example",
			strings.ReplaceAll(inside.String(), ".", "-")+".evil.example", inside.String()+".nip.example",
			fmt.Sprintf("[::ffff:%x:%x]", int(bytes[0])<<8|int(bytes[1]), int(bytes[2])<<8|int(bytes[3])))
	}
	hosts = append(hosts, "router.local", "router")
	for _, h := range hosts {
		for _, o := range patternSamples(r.Scheme() + "://" + h + r.Ports()) {
			all = append(all, o)
			if strings.HasPrefix(r.Ports(), ":[") {
				break // one port is enough
			}
		}
	}
	return all
}

// ends returns the first and the last address of a network.
func ends(network netip.Prefix) (first, last netip.Addr) {
	bytes := network.Addr().AsSlice()
	for bit := network.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ = netip.AddrFromSlice(bytes)
	return network.Addr(), last
}

// hostOf returns an address as the host of an origin.
func hostOf(addr netip.Addr) string {
	if addr.Is6() {
		return "[" + addr.String() + "]"
	}
	return addr.String()
}

// otherSpellings returns spellings of an IPv4 address that URLs may have and origins
// never do, and nothing for another host.
func otherSpellings(host string) (all []string) {
	addr, err := netip.ParseAddr(host)
	if err != nil || !addr.Is4() {
		return nil
	}
	b := addr.As4()
	number := uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3])
	return []string{
		strconv.FormatUint(number, 10), fmt.Sprintf("0x%x", number), fmt.Sprintf("0%o.%d.%d.%d", b[0], b[1], b[2], b[3]),
		fmt.Sprintf("%d.%d.%d.0%d", b[0], b[1], b[2], b[3]), fmt.Sprintf("%d.%d.%d", b[0], b[1], int(b[2])<<8|int(b[3])),
		host + ".", "[" + host + "]",
	}
}
