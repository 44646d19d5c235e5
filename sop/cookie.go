package sop

import (
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/origin"
)

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

// ScriptCookies describes a document's use of document.cookie to a cookie store. Use it if
// CookieString allows it:
//
//	text, _, _ := store.Header(p.ScriptCookies(doc)) // document.cookie
//	_, err := store.Set(p.ScriptCookies(doc), "a=1") // document.cookie = "a=1"
func (p *Profile) ScriptCookies(doc *Document) cookie.Exchange {
	q := quirks{p}
	top := doc.Top()
	u := doc.URL
	if !u.IsHTTP() {
		u = baseURL(doc)
	}
	x := cookie.Exchange{
		Scheme: u.Scheme, Host: u.Hostname(), Path: u.Path, Script: true,
		Trustworthy:       origin.URLPotentiallyTrustworthy(u),
		SameSiteMode:      cookie.StrictOrLess,
		TopLevelSite:      top.Origin.Site().String(),
		ThirdParty:        !q.sameParty(doc, top),
		CrossSiteAncestor: q.hasCrossSiteAncestor(doc),
	}
	if x.CrossSiteAncestor {
		x.SameSiteMode = cookie.UnsetOrLess
	}
	if p.Fetch.Cookies.ThirdParty == cookie.PartitionThirdParty && x.CrossSiteAncestor {
		x.ThirdParty = true // a page of another site around it makes it a third party, even below its own top
	}
	if p.Fetch.Cookies.ThirdParty == cookie.BlockNewThirdParty {
		x.TopLevelHost = top.Origin.Host()
	}
	return x
}

// Page returns the document as package fetch knows it, for the requests that it makes. A
// document that was not fetched makes them as the one that its base URL comes from, and a
// document with an opaque origin as a sandboxed page.
func (d *Document) Page() *fetch.Page {
	page := &fetch.Page{URL: baseURL(d).String(), Sandboxed: d.Origin.IsOpaque(), EmbedderPolicy: d.EmbedderPolicy}
	if embedderIsolates(d.Isolation) {
		page.EmbedderPolicy = d.Isolation
	}
	for ancestor := d.Parent; ancestor != nil; ancestor = ancestor.Parent {
		page.Ancestors = append(page.Ancestors, baseURL(ancestor).String())
	}
	return page
}
