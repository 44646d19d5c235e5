package sop

import (
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
)

// SetDomain is a script that assigns to document.domain.
type SetDomain struct {
	Document *Document
	Value    string
	// Windowless is set for a document that is not shown in a window, such as one of a
	// DOMParser or an XMLHttpRequest.
	Windowless bool
}

// DomainAnswer is the answer to SetDomain.
type DomainAnswer struct {
	Decision
	Completion
	// Origin is the document's origin afterwards. SetDomain does not change the document.
	Origin origin.Origin
}

// SetDomain decides what an assignment to document.domain does:
// https://html.spec.whatwg.org/multipage/browsers.html#relaxing-the-same-origin-restriction.
// The verdict is Allowed with the reason DomainOriginKeyed if it does nothing.
func (p *Profile) SetDomain(s SetDomain) DomainAnswer {
	q := quirks{p}
	doc := s.Document
	a := DomainAnswer{Origin: doc.Origin, Completion: Completion{Value: Value{Type: Undefined}}}
	value := fetch.Input{Name: "value", Value: shorten(s.Value)}
	host := fetch.Input{Name: "effective domain", Value: doc.Domain()}
	refuse := func(why Reason) DomainAnswer {
		a.refuse(why, value, host)
		a.Exception = securityError
		return a
	}
	if s.Windowless { // 1
		return refuse(NoBrowsingContext)
	}
	if doc.Sandbox&SandboxDomain != 0 { // 2
		return refuse(DomainSandboxed)
	}
	if doc.Origin.IsOpaque() { // 3, 4
		return refuse(DomainOpaqueOrigin)
	}
	relaxed, ok := q.relaxDomain(&a.Decision, doc, s.Value) // 5
	if !ok {
		return refuse(DomainNotSuffix)
	}
	a.Verdict = Allowed
	if doc.OriginKeyed { // 6
		a.Reason = DomainOriginKeyed
		a.note(DomainOriginKeyed.Algorithm(), DomainOriginKeyed.Anchor(), DomainOriginKeyed.Explanation(), value)
		return a
	}
	a.Origin = relaxed // 7
	a.note("document.domain setter", htmlSpec+"browsers.html#relaxing-the-same-origin-restriction",
		"The origin has a domain now, and its port no longer counts between documents that set the same one.", value, host)
	return a
}
