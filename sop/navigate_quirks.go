package sop

import (
	"strings"

	"github.com/concors/concors/origin"
)

// topNavigationRefused says why a frame may not navigate its top-level page, beyond its
// sandbox.
func (q quirks) topNavigationRefused(d *Decision, n Navigate) Reason {
	if n.UserActivation || n.From.SandboxedTopAllowed || origin.SameOrigin(n.From.Origin, n.To.Origin) ||
		!q.departs(d, TopNeedsActivation) {
		return 0
	}
	return TopWithoutActivation
}

// unrelatedRefused says why a document may not navigate a window that is neither around it
// nor inside it.
func (q quirks) unrelatedRefused(d *Decision, n Navigate) Reason {
	if n.To.Parent == nil {
		return 0
	}
	for doc := n.To; doc != nil; doc = doc.Parent {
		if origin.SameOrigin(n.From.Origin, doc.Origin) {
			return 0
		}
	}
	if !q.departs(d, SiblingNeedsOrigin) {
		return 0
	}
	return UnrelatedFrame
}

// javaScriptURLThrows reports whether navigating another origin's window to a javascript:
// URL throws.
func (q quirks) javaScriptURLThrows(d *Decision) bool { return q.departs(d, JavaScriptURLThrows) }

// rewritesOpaquePath reports whether a document whose URL has an opaque path may change its
// query.
func (q quirks) rewritesOpaquePath(d *Decision, r Rewrite) bool {
	return strings.HasPrefix(r.URL, "?") && r.Document.Sandbox&SandboxOrigin != 0 &&
		oneOf(r.Document.URL.Scheme, "data", "blob") && q.departs(d, SandboxedRewritesOpaquePaths)
}
