package sop

import (
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
)

const referrerAnchor = "https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer"

// Referrer is a document that was loaded, and that asks for document.referrer. The initiator has the
// default referrer policy, strict-origin-when-cross-origin.
type Referrer struct {
	Document, Initiator *Document
	// None is set if the navigation had no referrer (noreferrer).
	None bool
}

// ReferrerAnswer is the answer to Referrer. Its verdict is NotKnown if the browser was not measured.
type ReferrerAnswer struct {
	Decision
	Text string
}

// Referrer decides what document.referrer is: the initiator's URL for a document of the same origin, its
// origin for one of another, and nothing for a document that was made without a request.
func (p *Profile) Referrer(r Referrer) ReferrerAnswer {
	const algorithm = "determine request's Referrer"
	q := quirks{p}
	var a ReferrerAnswer
	u, from := r.Document.URL, r.Initiator.URL
	input := fetch.Input{Name: "URL", Value: shorten(u.String())}
	say := func(text, why string) ReferrerAnswer {
		a.Verdict, a.Text = Allowed, text
		a.note(algorithm, referrerAnchor, why, input)
		return a
	}
	switch {
	case r.None || !from.IsHTTP():
		return say("", "The navigation has no referrer.")
	case !u.IsHTTP() && q.referrerOnlyOfFetched(&a.Decision):
		return say("", "The document was not fetched over http.")
	case matchesAbout(u, "srcdoc"):
		if !q.srcdocHasReferrer(&a.Decision) {
			return say("", "A srcdoc document is made without a request.")
		}
		if !r.Document.Origin.IsOpaque() {
			return a
		}
		return say(r.Initiator.Origin.String()+"/", "The document is of another origin.")
	case matchesAbout(u, "blank"):
		return say(from.String(), "The first document of a window has its creator's URL as its referrer.")
	case origin.SameOrigin(origin.OfPage(u), origin.OfPage(from)):
		return say(from.String(), "The URL is of the initiator's origin.")
	case origin.URLPotentiallyTrustworthy(from) && u.IsHTTP() && !origin.URLPotentiallyTrustworthy(u):
		return say("", "The URL is less secure than the initiator's.")
	}
	return say(origin.OfPage(from).String()+"/", "The URL is of another origin than the initiator's.")
}

// SendsReferrer decides whether the requests that a document's scripts make have a Referer header.
// Its verdict is Refused if they have none.
func (p *Profile) SendsReferrer(doc *Document) Decision {
	q := quirks{p}
	var d Decision
	input := fetch.Input{Name: "URL", Value: shorten(doc.URL.String())}
	switch {
	case doc.URL.IsHTTP():
		if doc.Sandbox&SandboxOrigin != 0 {
			return d // package fetch knows it
		}
	case matchesAbout(doc.URL, "srcdoc"):
		if doc.Origin.IsOpaque() && q.sandboxedSrcdocSendsNoReferrer(&d) || !doc.Origin.IsOpaque() && q.srcdocSendsNoReferrer(&d) {
			d.Verdict = Refused
			return d
		}
	case doc.Origin.IsOpaque() || !q.localDocumentSendsReferrer(&d):
		d.Verdict = Refused
		d.note("determine request's Referrer", referrerAnchor, "The document's URL is not one that may be a referrer.", input)
		return d
	}
	d.Verdict = Allowed
	d.pass("determine request's Referrer", referrerAnchor, "The request has a referrer.", input)
	return d
}
