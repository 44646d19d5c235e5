package fetch

import (
	"net/netip"

	"github.com/concors/concors/fetch/reason"
)

// AddressSpace is an IP address space: how local an address is. "" means unknown.
// https://wicg.github.io/local-network-access/#ip-address-space
type AddressSpace string

// The address spaces, from the most local to the least local.
const (
	SpaceLoopback AddressSpace = "loopback"
	SpaceLocal    AddressSpace = "local"
	SpacePublic   AddressSpace = "public"
)

// lessPublic reports whether a is more local than b.
func (a AddressSpace) lessPublic(b AddressSpace) bool {
	rank := map[AddressSpace]int{SpaceLoopback: 1, SpaceLocal: 2, SpacePublic: 3}
	return rank[a] != 0 && rank[b] != 0 && rank[a] < rank[b]
}

// addressBlocks is the specification's table of non-public address blocks.
// https://wicg.github.io/local-network-access/#non-public-ip-address-blocks
var addressBlocks = []struct {
	block netip.Prefix
	space AddressSpace
}{
	{netip.MustParsePrefix("0.0.0.0/32"), SpaceLoopback},
	{netip.MustParsePrefix("127.0.0.0/8"), SpaceLoopback},
	{netip.MustParsePrefix("198.18.0.0/15"), SpaceLoopback},
	{netip.MustParsePrefix("::/128"), SpaceLoopback},
	{netip.MustParsePrefix("::1/128"), SpaceLoopback},
	{netip.MustParsePrefix("0.0.0.0/8"), SpaceLocal},
	{netip.MustParsePrefix("10.0.0.0/8"), SpaceLocal},
	{netip.MustParsePrefix("100.64.0.0/10"), SpaceLocal},
	{netip.MustParsePrefix("169.254.0.0/16"), SpaceLocal},
	{netip.MustParsePrefix("172.16.0.0/12"), SpaceLocal},
	{netip.MustParsePrefix("192.168.0.0/16"), SpaceLocal},
	{netip.MustParsePrefix("2001:db8::/32"), SpaceLocal},
	{netip.MustParsePrefix("3fff::/20"), SpaceLocal},
	{netip.MustParsePrefix("fc00::/7"), SpaceLocal},
	{netip.MustParsePrefix("fe80::/10"), SpaceLocal},
	{netip.MustParsePrefix("fec0::/10"), SpaceLocal},
}

// SpaceOf returns the address space of an IP address:
// https://wicg.github.io/local-network-access/#determine-the-ip-address-space
func SpaceOf(ip netip.Addr) AddressSpace {
	ip = ip.Unmap().WithZone("")
	for _, b := range addressBlocks {
		if b.block.Contains(ip) {
			return b.space
		}
	}
	return SpacePublic
}

// localNetworkAccessCheck: https://wicg.github.io/local-network-access/#local-network-access-check.
// It is called during a connection attempt, so it records no step. The space is
// unknown if a proxy makes the connection; then nothing is checked.
func (f *fetchParams) localNetworkAccessCheck(req *request, space AddressSpace) *NetworkError {
	page := req.client.page
	// 1 and 3. Both address spaces must be known.
	if page.AddressSpace == "" || space == "" || !f.quirks.checksLocalNetworkAccess() {
		return nil
	}
	// 2. The page's own origin is always allowed.
	if req.client.secureContext && isOwnOrigin(req) {
		return nil
	}
	// 4. The page may expect an address space. Taken literally, a page whose
	// expectation is met needs no permission (4.2), so every page could avoid the
	// prompt. Here it still needs one.
	if want := req.targetAddressSpace; want != "" && want != space {
		return &NetworkError{Reason: reason.InvalidLocalNetworkAccess, Space: space, Value: string(want)}
	}
	// 5. A more local address needs a secure context and the user's permission.
	if !space.lessPublic(page.AddressSpace) || !f.quirks.checksPagesIn(page.AddressSpace) {
		return nil
	}
	if !req.client.secureContext {
		return &NetworkError{Reason: reason.InsecureLocalNetwork, Space: space}
	}
	if allow := f.agent.AllowLocalNetwork; allow == nil || !allow(page, space) {
		return &NetworkError{Reason: reason.LocalNetworkAccessPermissionDenied, Space: space}
	}
	return nil
}
