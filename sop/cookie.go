package sop

import "github.com/concors/concors/fetch"

// CookieString is a script that reads document.cookie, or assigns to it if Set is set.
type CookieString struct {
	Document *Document
	Set      bool
}

// CookieStringAnswer is the answer to CookieString.
type CookieStringAnswer struct {
	Decision
	Completion
	// Averse is set if the document has no cookies: reading gives "", and assigning does nothing.
	Averse bool
}

// CookieString decides whether document.cookie works in a document, and not which cookies it
// shows: https://html.spec.whatwg.org/multipage/dom.html#dom-document-cookie.
func (p *Profile) CookieString(c CookieString) CookieStringAnswer {
	q := quirks{p}
	var a CookieStringAnswer
	doc := c.Document
	inputs := []fetch.Input{{Name: "URL", Value: shorten(doc.URL.String())}, {Name: "origin", Value: doc.Origin.String()}}
	refuse := func() CookieStringAnswer {
		a.refuse(OpaqueOriginCookies, inputs...)
		a.Exception = securityError
		return a
	}
	if doc.Origin.IsOpaque() && q.opaqueBeforeAverse(&a.Decision, doc) {
		return refuse()
	}
	if !doc.URL.IsHTTP() && q.isCookieAverse(doc) {
		a.Verdict, a.Reason, a.Averse = Allowed, CookieAverse, true
		a.note(CookieAverse.Algorithm(), CookieAverse.Anchor(), CookieAverse.Explanation(), inputs...)
		return a
	}
	if doc.Origin.IsOpaque() {
		return refuse()
	}
	a.Verdict = Allowed
	a.pass(CookieAverse.Algorithm(), CookieAverse.Anchor(), "The document has cookies.", inputs...)
	return a
}
