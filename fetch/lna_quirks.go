package fetch

// checksLocalNetworkAccess reports whether the browser has Local Network Access.
func (q quirks) checksLocalNetworkAccess() bool { return !q.deviates(NoLocalNetworkAccess) }

// checksPagesIn reports whether Local Network Access applies to pages in the
// address space.
func (q quirks) checksPagesIn(space AddressSpace) bool {
	return space == SpacePublic || !q.deviates(LocalNetworkAccessFromPublicOnly)
}
