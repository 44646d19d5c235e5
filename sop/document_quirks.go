package sop

// aboutBlankTakesEmbedder reports whether an about:blank document in a frame has the origin
// of its embedder, whoever navigated the frame.
func (q quirks) aboutBlankTakesEmbedder(d *Decision, n *Navigation) bool {
	return n.initiator() != n.Parent && q.departs(d, AboutBlankTakesEmbedder)
}

// dataFrameNotSecure reports whether a frame is not a secure context because it is a data:
// URL.
func (q quirks) dataFrameNotSecure(d *Decision, doc *Document) bool {
	return doc.URL.Scheme == "data" && (q.departs(d, DataFrameNotSecure) ||
		doc.Sandbox&SandboxOrigin == 0 && q.departs(d, UnsandboxedDataFrameNotSecure))
}
