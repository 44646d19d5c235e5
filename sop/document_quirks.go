package sop

import "github.com/concors/concors/fetch"

// aboutBlankTakesEmbedder reports whether an about:blank document in a frame has the origin
// of its embedder, even if another document navigated the frame.
func (q quirks) aboutBlankTakesEmbedder(d *Decision, n *Navigation) bool {
	return n.initiator() != n.Parent && q.departs(d, AboutBlankTakesEmbedder)
}

// dataFrameNotSecure reports whether a frame is not a secure context because it is a data:
// URL.
func (q quirks) dataFrameNotSecure(d *Decision, doc *Document) bool {
	return doc.URL.Scheme == "data" && (q.departs(d, DataFrameNotSecure) ||
		doc.Sandbox&SandboxOrigin == 0 && q.departs(d, UnsandboxedDataFrameNotSecure))
}

// embedderPolicy is the embedder policy that a header's value stands for.
func (q quirks) embedderPolicy(value fetch.EmbedderPolicy, secure bool) fetch.EmbedderPolicy {
	if !secure || value == fetch.Credentialless && q.deviations[CredentiallessPolicyUnknown] {
		return fetch.UnsafeNone
	}
	switch value {
	case fetch.RequireCORP, fetch.Credentialless:
		return value
	}
	return fetch.UnsafeNone
}

// isolatesEveryFrame reports whether a frame of another origin is cross-origin isolated without
// being allowed to by its parent.
func (q quirks) isolatesEveryFrame() bool { return q.deviations[IsolationDelegated] }

// isolationPolicy is the embedder policy that a Document-Isolation-Policy stands for. No standard that this
// package follows has the header.
func (q quirks) isolationPolicy(d *Decision, value fetch.EmbedderPolicy, secure bool) fetch.EmbedderPolicy {
	if secure && embedderIsolates(value) && q.departs(d, DocumentIsolation) {
		return value
	}
	return fetch.UnsafeNone
}
