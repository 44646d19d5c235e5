package sop

import (
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
)

// A ContentProperty is a property through which an element that holds a frame, or a frame,
// reaches the other side.
type ContentProperty string

// The properties.
const (
	ContentDocument ContentProperty = "contentDocument" // of iframe, frame and object
	ContentWindow   ContentProperty = "contentWindow"   // of iframe, frame and object
	GetSVGDocument  ContentProperty = "getSVGDocument"  // of iframe, object and embed
	FrameElement    ContentProperty = "frameElement"    // of the frame's own window
)

// Content is a script that reads one of these properties.
type Content struct {
	// From is the document of the script, and To the one in the frame. For FrameElement
	// both are usually the same.
	From, To *Document
	Property ContentProperty
	// SVG is set if the document in the frame is an SVG document.
	SVG bool
}

// ContentAnswer is the answer to Content.
type ContentAnswer struct {
	Decision
	Completion
}

// Content decides what a script gets. None of the properties throws: a document of another
// origin is null. See
// https://html.spec.whatwg.org/multipage/document-sequences.html#concept-bcc-content-document.
func (p *Profile) Content(c Content) ContentAnswer {
	var a ContentAnswer
	other := c.To
	against := c.From
	if c.Property == FrameElement {
		against = c.To.Parent
		if against == nil {
			a.Verdict = Allowed
			a.Value = Value{Type: Null}
			a.note("frameElement getter", htmlSpec+"nav-history-apis.html#dom-frameelement",
				"A top-level window has no frame element.")
			return a
		}
	}
	if c.Property == ContentWindow {
		a.Verdict = Allowed
		a.Value = windowAsSeenBy(quirks{p}, c.From, other)
		a.pass("content window", htmlSpec+"document-sequences.html#content-window",
			"Every origin gets the window; what it can do with it is decided by each access.")
		return a
	}
	inputs := []fetch.Input{{Name: "document", Value: against.Origin.String()}, {Name: "framed", Value: other.Origin.String()}}
	if !origin.SameOriginDomain(against.Origin, other.Origin) {
		a.refuse(ContentNull, inputs...)
		a.Value = Value{Type: Null}
		return a
	}
	a.Verdict = Allowed
	a.pass(ContentNull.Algorithm(), ContentNull.Anchor(), "The two documents are same origin-domain.", inputs...)
	switch {
	case c.Property == FrameElement:
		a.Value = Value{Type: Object, Text: "HTMLIFrameElement"}
	case c.SVG:
		a.Value = Value{Type: Object, Text: "XMLDocument"}
	case c.Property == GetSVGDocument:
		a.Value = Value{Type: Null}
	default:
		a.Value = Value{Type: Object, Text: "HTMLDocument"}
	}
	return a
}
