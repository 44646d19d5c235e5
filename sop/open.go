package sop

import (
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
)

// Open is a script that calls window.open(url, name, features), or a link that opens a new
// window.
type Open struct {
	From *Document
	// Document is what is loaded, with Opener set to From.
	Document Navigation
	// Noopener and Noreferrer are the features of that name, or the link's rel.
	Noopener, Noreferrer bool
}

// OpenAnswer is the answer to Open.
type OpenAnswer struct {
	Decision
	// Completion is what window.open returns: the window or null.
	Completion
	// Opened is the new window's document, nil if no window was opened. Its Opener is nil if
	// the connection was cut.
	Opened *Document
	// Left is the document behind the reference that window.open returned: the new window's
	// document, or the first, empty one of a window that was severed. It is nil if it returned
	// null.
	Left *Document
}

// Open decides whether a window opens, and what connects it with its opener:
// https://html.spec.whatwg.org/multipage/nav-history-apis.html#window-open-steps.
func (p *Profile) Open(o Open) (OpenAnswer, error) {
	q := quirks{p}
	var a OpenAnswer
	a.Value = Value{Type: Null}
	if o.From.Sandbox&SandboxPopups != 0 {
		a.refuse(SandboxedPopup, fetch.Input{Name: "opener", Value: o.From.Origin.String()})
		if q.sandboxedOpenThrows(&a.Decision) {
			a.Exception = invalidAccess
		}
		return a, nil
	}
	noopener := o.Noopener || o.Noreferrer || q.credentiallessOpensNoopener(o.From)
	n := o.Document
	n.Opener, n.Initiator, n.Parent = o.From, o.From, nil
	doc, load, err := p.Load(n)
	if err != nil {
		return a, err
	}
	a.Steps = append(a.Steps, load.Steps...)
	a.Verdict, a.Opened = Allowed, doc
	if noopener {
		doc.Opener = nil
		doc.Name = ""
		a.note("window open steps", htmlSpec+"nav-history-apis.html#window-open-steps",
			"With noopener or noreferrer the new window has no opener, and window.open returns null.")
		return a, nil
	}
	if q.switchesGroup(&a.Decision, o.From, doc, n) {
		a.refuse(WindowSevered, fetch.Input{Name: "opener", Value: string(o.From.Top().OpenerPolicy)},
			fetch.Input{Name: "opened", Value: string(doc.OpenerPolicy)})
		a.Verdict = Allowed // the window opens; only the connection is cut
		doc.Opener, doc.Name = nil, ""
		blank, _, err := p.Load(Navigation{URL: "about:blank", Opener: o.From})
		if err != nil {
			return a, err
		}
		blank.Severed, blank.Opener = true, nil
		a.Left = blank
	} else {
		a.Left = doc
	}
	a.Value = windowAsSeenBy(q, o.From, a.Left)
	return a, nil
}

// switchesGroup reports whether the new window's document gets a browsing context group of
// its own: https://html.spec.whatwg.org/multipage/browsers.html#check-browsing-context-group-switch-coop-value.
func (q quirks) switchesGroup(d *Decision, opener, doc *Document, n Navigation) bool {
	from, to := opener.Top().OpenerPolicy, doc.OpenerPolicy
	if from == "" {
		from = OpenerUnsafeNone
	}
	if doc.URL.Scheme == "about" { // not fetched: the policy is inherited
		return false
	}
	if to == OpenerNoopenerAllowPopups && !q.noopenerAllowPopupsIgnored(d) {
		return true
	}
	if to == OpenerNoopenerAllowPopups {
		to = OpenerUnsafeNone
	}
	// The first document of the window inherited its opener's policy, if it has its origin.
	if !origin.SameOrigin(opener.Origin, opener.Top().Origin) {
		from = OpenerUnsafeNone
	}
	if (from == OpenerSameOriginAllowPopups || from == OpenerNoopenerAllowPopups) && to == OpenerUnsafeNone {
		return false
	}
	if from == OpenerUnsafeNone && to == OpenerUnsafeNone {
		return false
	}
	return !(from == to && origin.SameOrigin(opener.Origin, doc.Origin))
}

// ClosedAfterClose reports what w.closed is just after a script called w.close() on a window
// that a script opened: https://html.spec.whatwg.org/multipage/nav-history-apis.html#dom-window-close.
func (p *Profile) ClosedAfterClose(from, to *Document) bool {
	var d Decision
	return p.SameOriginDomain(from, to) || !quirks{p}.closedLater(&d)
}
