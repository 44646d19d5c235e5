package sop

import (
	"fmt"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A Document is the document of one window or frame, with what the same-origin policy
// depends on. [Profile.Load] makes one.
type Document struct {
	URL *weburl.URL
	// Origin includes the domain that a script set.
	Origin origin.Origin
	// Parent is the document that this one is framed in, nil for a top-level document.
	Parent *Document
	// Opener is the document that opened the top-level window and is still connected to
	// it, nil if there is none.
	Opener *Document
	// Sandbox is the document's active sandboxing flag set.
	Sandbox Sandbox
	// SandboxedTopAllowed is set if the frame's sandbox attribute has allow-top-navigation.
	SandboxedTopAllowed bool
	// OriginKeyed is set if the agent cluster is keyed by origin.
	OriginKeyed bool
	// SecureContext and CrossOriginIsolated are what the window's properties of that name say.
	SecureContext, CrossOriginIsolated bool
	OpenerPolicy                       OpenerPolicy
	EmbedderPolicy                     fetch.EmbedderPolicy
	// Isolation is the embedder policy that the document's Document-Isolation-Policy stands for. It is
	// about what the document itself loads, not about its frames.
	Isolation fetch.EmbedderPolicy
	// Credentialless is set in an <iframe credentialless> and in all frames inside it.
	Credentialless bool

	// Name is the window's name. ElementName is the name attribute of the frame's element,
	// which differs from it after the document set window.name.
	Name, ElementName string
	// Frames are the frames of the document in tree order. Load appends to it.
	Frames []*Document
	// InShadowTree is set for a frame whose element is in a shadow tree. It is not in its
	// parent's window.frames.
	InShadowTree bool
	// Severed is set for the document of a window whose browsing context was replaced
	// because of an opener policy. It stays reachable through references to the window.
	Severed bool
}

// OpenerPolicy is the value of a Cross-Origin-Opener-Policy. "" and values that are not
// known mean unsafe-none. See
// https://html.spec.whatwg.org/multipage/browsers.html#cross-origin-opener-policy-value.
type OpenerPolicy string

// The opener policies.
const (
	OpenerUnsafeNone            OpenerPolicy = "unsafe-none"
	OpenerSameOrigin            OpenerPolicy = "same-origin"
	OpenerSameOriginAllowPopups OpenerPolicy = "same-origin-allow-popups"
	OpenerNoopenerAllowPopups   OpenerPolicy = "noopener-allow-popups"
)

// A Navigation is what is loaded, into what and by whom.
type Navigation struct {
	// URL is absolute: "https://a.example/", "about:blank", "about:srcdoc", "data:text/html,x",
	// "blob:https://a.example/id" or "javascript:…".
	URL string
	// Parent is the document that the frame is in; nil for a top-level window.
	Parent *Document
	// Opener is the document that opened the window.
	Opener *Document
	// Initiator is the document that navigates. If it is nil, it is Parent, or else Opener.
	Initiator *Document
	// Current is the document that is replaced. A javascript: URL runs in it. nil means that
	// the window is new and has its first, empty document.
	Current *Document

	// Sandbox is that of the frame's sandbox attribute (see [ParseSandbox]), and
	// PolicySandbox that of the response's Content-Security-Policy.
	Sandbox, PolicySandbox Sandbox
	// Credentialless is the attribute of the frame.
	Credentialless bool
	// Name is the name attribute of the frame, or the name given to window.open.
	Name string
	// InShadowTree is set if the frame's element is in a shadow tree.
	InShadowTree bool
	// BlobOwner is the document that created a blob: URL, if its origin is opaque: the URL
	// itself does not say which.
	BlobOwner *Document

	// The response's headers. OriginAgentCluster is "?1", "?0" or "".
	OriginAgentCluster string
	OpenerPolicy       OpenerPolicy
	EmbedderPolicy     fetch.EmbedderPolicy
	// Isolation is the Document-Isolation-Policy without its "isolate-and-".
	Isolation fetch.EmbedderPolicy
}

func (n *Navigation) initiator() *Document {
	switch {
	case n.Initiator != nil:
		return n.Initiator
	case n.Parent != nil:
		return n.Parent
	}
	return n.Opener
}

// Load returns the document that a navigation ends with, and how its origin was
// determined. Its decision is Refused for a javascript: URL that may not run; the document
// is then Current. Load appends the document to its parent's Frames, in the place of
// Current if it is there. The error is that of an invalid URL.
//
// Load does not fetch: whether a response may be framed is decided by package fetch and
// the response's own headers.
func (p *Profile) Load(n Navigation) (*Document, Decision, error) {
	u, err := weburl.Parse(n.URL, nil)
	if err != nil {
		return nil, Decision{}, fmt.Errorf("navigation URL: %w", err)
	}
	q := quirks{p}
	var d Decision
	d.Verdict = Allowed
	doc := &Document{URL: u, Parent: n.Parent, Opener: n.Opener,
		Name: n.Name, ElementName: n.Name, InShadowTree: n.InShadowTree,
		Credentialless: n.Credentialless || n.Parent != nil && n.Parent.Credentialless}

	if u.Scheme == "javascript" {
		if !q.runsJavaScriptURL(&d, &n) {
			return n.Current, d, nil
		}
		if n.Current != nil {
			doc.URL = n.Current.URL
		} else {
			doc.URL, _ = weburl.Parse("about:blank", nil)
		}
	}
	doc.Sandbox = creationSandbox(&n)
	doc.SandboxedTopAllowed = n.Sandbox != 0 && n.Sandbox&SandboxTopNavigation == 0
	doc.Origin = q.determineOrigin(&d, &n, doc)
	doc.SecureContext = q.isSecureContext(&d, doc)
	if n.Parent == nil {
		doc.OpenerPolicy = q.openerPolicy(&n, doc)
	}
	doc.EmbedderPolicy = q.embedderPolicy(n.EmbedderPolicy, doc.SecureContext)
	inheritPolicies(&n, doc)
	doc.Isolation = q.isolationPolicy(&d, n.Isolation, doc.SecureContext)
	doc.CrossOriginIsolated = q.isCrossOriginIsolated(doc)
	doc.OriginKeyed = q.isOriginKeyed(&n, doc)
	doc.enterParent(n.Current)
	return doc, d, nil
}

// enterParent puts the document into its parent's frames.
func (d *Document) enterParent(current *Document) {
	if d.Parent == nil {
		return
	}
	for i, f := range d.Parent.Frames {
		if current != nil && f == current {
			d.Parent.Frames[i] = d
			return
		}
	}
	d.Parent.Frames = append(d.Parent.Frames, d)
}

// creationSandbox determines the creation sandboxing flags,
// https://html.spec.whatwg.org/multipage/browsers.html#determining-the-creation-sandboxing-flags.
func creationSandbox(n *Navigation) Sandbox {
	flags := n.Sandbox | n.PolicySandbox
	if n.Parent != nil {
		flags |= n.Parent.Sandbox
	} else if n.Opener != nil && n.Opener.Sandbox&SandboxPropagates != 0 {
		flags |= n.Opener.Sandbox
	}
	return flags
}

// determineOrigin: https://html.spec.whatwg.org/multipage/document-sequences.html#determining-the-origin
func (q quirks) determineOrigin(d *Decision, n *Navigation, doc *Document) origin.Origin {
	const algorithm, anchor = "determine the origin", htmlSpec + "document-sequences.html#determining-the-origin"
	input := fetch.Input{Name: "URL", Value: shorten(n.URL)}
	inherit := func(from *Document, why string) origin.Origin {
		d.note(algorithm, anchor, why, input, fetch.Input{Name: "origin", Value: from.Origin.String()})
		return from.Origin
	}
	u := doc.URL
	switch {
	case doc.Sandbox&SandboxOrigin != 0: // 1
		d.note(algorithm, anchor, "The sandbox has no allow-same-origin, so the document has a new opaque origin.", input)
		return origin.NewOpaque()
	case n.isJavaScript(): // the javascript: URL special case keeps the origin of its initiator
		if from := n.initiator(); from != nil {
			return inherit(from, "The result of a javascript: URL has the origin of the document that navigated to it.")
		}
	case matchesAbout(u, "srcdoc") && n.Parent != nil: // 3
		return inherit(n.Parent, "An about:srcdoc document has the origin of the document that it is framed in.")
	case matchesAbout(u, "blank") && n.initiator() != nil: // 4
		if n.Parent != nil && q.aboutBlankTakesEmbedder(d, n) {
			return inherit(n.Parent, "The about:blank document has the origin of its embedder.")
		}
		return inherit(n.initiator(), "An about:blank document has the origin of the document that navigated to it.")
	case u.Scheme == "blob" && n.BlobOwner != nil:
		return inherit(n.BlobOwner, "The document of a blob: URL has the origin that created the URL.")
	}
	o := origin.OfPage(u) // 5
	d.note(algorithm, anchor, "The document has the origin of its URL.", input, fetch.Input{Name: "origin", Value: o.String()})
	return o
}

// matchesAbout reports whether the URL is about: and the path, with any query or fragment.
func matchesAbout(u *weburl.URL, path string) bool {
	text := u.String()
	rest, ok := strings.CutPrefix(text, "about:"+path)
	return ok && (rest == "" || rest[0] == '?' || rest[0] == '#')
}

func (n *Navigation) isJavaScript() bool {
	return strings.HasPrefix(strings.ToLower(n.URL), "javascript:")
}

// runsJavaScriptURL: https://html.spec.whatwg.org/multipage/browsing-the-web.html#the-javascript:-url-special-case
func (q quirks) runsJavaScriptURL(d *Decision, n *Navigation) bool {
	from := n.initiator()
	if n.Current == nil || from == nil || origin.SameOriginDomain(from.Origin, n.Current.Origin) {
		return true
	}
	d.refuse(NotSameOriginScript, fetch.Input{Name: "initiator", Value: from.Origin.String()},
		fetch.Input{Name: "target", Value: n.Current.Origin.String()})
	return false
}

// isSecureContext: https://html.spec.whatwg.org/multipage/webappapis.html#secure-contexts
func (q quirks) isSecureContext(d *Decision, doc *Document) bool {
	top := doc.Top()
	if top != doc {
		return top.SecureContext && !q.dataFrameNotSecure(d, doc)
	}
	secure := origin.URLPotentiallyTrustworthy(doc.URL)
	if doc.Opener != nil && doc.URL.Scheme == "about" {
		secure = doc.Opener.SecureContext
	}
	return secure
}

// openerPolicy is the opener policy of a top-level document. It has no effect outside
// secure contexts: https://html.spec.whatwg.org/multipage/browsers.html#obtain-coop.
func (q quirks) openerPolicy(n *Navigation, doc *Document) OpenerPolicy {
	switch n.OpenerPolicy {
	case OpenerSameOrigin, OpenerSameOriginAllowPopups, OpenerNoopenerAllowPopups:
		if doc.SecureContext {
			return n.OpenerPolicy
		}
	}
	return OpenerUnsafeNone
}

// inheritPolicies clones the policy container for URLs that are not fetched:
// https://html.spec.whatwg.org/multipage/browsers.html#determining-navigation-params-policy-container.
func inheritPolicies(n *Navigation, doc *Document) {
	if from := n.initiator(); from != nil && (doc.URL.Scheme == "about" || doc.URL.Scheme == "blob") {
		doc.EmbedderPolicy = from.EmbedderPolicy
	}
}

// isCrossOriginIsolated reports whether a document is in an agent cluster that is
// cross-origin isolated: https://html.spec.whatwg.org/multipage/webappapis.html#dom-crossoriginisolated.
func (q quirks) isCrossOriginIsolated(doc *Document) bool {
	if embedderIsolates(doc.Isolation) {
		return true
	}
	top := doc.Top()
	if !doc.SecureContext || top.OpenerPolicy != OpenerSameOrigin || !embedderIsolates(top.EmbedderPolicy) {
		return false
	}
	// A frame needs the permission cross-origin-isolated, whose default is the page's own origin.
	return origin.SameOrigin(doc.Origin, top.Origin) || embedderIsolates(doc.EmbedderPolicy) && q.isolatesEveryFrame()
}

func embedderIsolates(policy fetch.EmbedderPolicy) bool {
	return policy == fetch.RequireCORP || policy == fetch.Credentialless
}

// isOriginKeyed: https://html.spec.whatwg.org/multipage/webappapis.html#obtain-similar-origin-window-agent
func (q quirks) isOriginKeyed(n *Navigation, doc *Document) bool {
	if q.Keying == KeyAlwaysBySite {
		return false
	}
	if doc.Origin.IsOpaque() || doc.CrossOriginIsolated {
		return true
	}
	// A document that was not fetched is in its creator's agent cluster.
	for _, from := range []*Document{n.initiator(), n.Parent} {
		if from != nil && origin.SameOrigin(from.Origin, doc.Origin) {
			return from.OriginKeyed
		}
	}
	if !doc.SecureContext || !origin.URLPotentiallyTrustworthy(doc.URL) {
		return false
	}
	if q.Keying == KeyByOrigin {
		return n.OriginAgentCluster != "?0"
	}
	return n.OriginAgentCluster == "?1"
}

// Top returns the top-level document.
func (d *Document) Top() *Document {
	for d.Parent != nil {
		d = d.Parent
	}
	return d
}

// IsAncestorOf reports whether the other document is framed in d, at any depth.
func (d *Document) IsAncestorOf(other *Document) bool {
	for other = other.Parent; other != nil; other = other.Parent {
		if other == d {
			return true
		}
	}
	return false
}

// Domain is what document.domain returns: the effective domain, or "" for an opaque origin.
// See https://html.spec.whatwg.org/multipage/browsers.html#dom-document-domain.
func (d *Document) Domain() string {
	if domain := d.Origin.Domain(); domain != "" {
		return domain
	}
	return d.Origin.Host()
}

// shorten shortens a URL for a step.
func shorten(u string) string {
	if len(u) > 200 {
		return u[:200] + "…"
	}
	return u
}
