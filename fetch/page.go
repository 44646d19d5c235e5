package fetch

import (
	"fmt"

	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A Page is the document that makes a request, and what it is embedded in: the
// part of https://html.spec.whatwg.org/multipage/webappapis.html#environment-settings-object
// that fetches depend on. It is plain data, and safe to share if it is not changed.
type Page struct {
	// URL is the document's URL. It has the page's origin, as [origin.OfPage]
	// returns it, unless Sandboxed is set. A page of an extension, such as one on
	// chrome-extension://…, is taken to have no permission for any host: its requests
	// need CORS.
	URL string

	// Sandboxed gives the page an opaque origin, like that of a sandboxed frame or
	// of a response with Content-Security-Policy: sandbox. It serializes as "null".
	Sandboxed bool

	// ReferrerPolicy is the document's referrer policy. "" means
	// strict-origin-when-cross-origin.
	ReferrerPolicy ReferrerPolicy

	// EmbedderPolicy is the document's Cross-Origin-Embedder-Policy. It has no effect in
	// a page that is not a secure context, such as one on plain http elsewhere than localhost.
	EmbedderPolicy EmbedderPolicy

	// AddressSpace is the address space that the document was loaded from. If it
	// is "" (unknown), Local Network Access is not checked.
	AddressSpace AddressSpace

	// Ancestors are the URLs of the documents that this one is framed in, from its
	// parent to the top-level page. It is empty for a top-level page.
	Ancestors []string
}

// EmbedderPolicy is a document's embedder policy value,
// https://html.spec.whatwg.org/multipage/browsers.html#embedder-policy-value.
type EmbedderPolicy string

// The embedder policies. The zero value means unsafe-none.
const (
	UnsafeNone     EmbedderPolicy = "unsafe-none"
	RequireCORP    EmbedderPolicy = "require-corp"
	Credentialless EmbedderPolicy = "credentialless"
)

// environment is a Page with everything that follows from its fields.
type environment struct {
	page          *Page
	url           *weburl.URL
	origin        origin.Origin
	topLevel      origin.Origin // of the top-level page, by its URL
	topLevelSite  string        // serialized
	secureContext bool
	// hasCrossSiteAncestor: https://html.spec.whatwg.org/multipage/webappapis.html#concept-settings-object-has-cross-site-ancestor
	hasCrossSiteAncestor bool
	// prohibitsMixedContent: https://w3c.github.io/webappsec-mixed-content/#categorize-settings-object.
	// By the letter, every page with a potentially trustworthy origin prohibits mixed
	// content, so those on http://localhost and on loopback addresses do too. All
	// browsers look at the scheme instead, and the pages of developers depend on it.
	prohibitsMixedContent bool
}

// isExtension reports whether the page belongs to an extension of the browser.
func (e *environment) isExtension() bool {
	return e.url.Scheme == "chrome-extension" || e.url.Scheme == "moz-extension"
}

func (p *Page) environment(q quirks) (*environment, error) {
	if p == nil {
		return nil, fmt.Errorf("no page: set Request.Page to the page that makes the request")
	}
	u, err := q.parseURL(p.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("page URL: %w", err)
	}
	env := &environment{page: p, url: u, origin: origin.OfPage(u)}
	env.topLevel = env.origin
	env.secureContext = origin.URLPotentiallyTrustworthy(u)
	env.prohibitsMixedContent = u.Scheme == "https" && !p.Sandboxed
	if !u.IsSpecial() && !env.origin.IsOpaque() {
		env.secureContext = true // its application or extension is installed on the computer
	}
	siteOf := env.origin
	for _, ancestor := range p.Ancestors {
		au, err := weburl.Parse(ancestor, nil)
		if err != nil {
			return nil, fmt.Errorf("ancestor of the page: %w", err)
		}
		o := origin.OfPage(au)
		trustworthy := origin.URLPotentiallyTrustworthy(au)
		env.secureContext = env.secureContext && trustworthy
		env.prohibitsMixedContent = env.prohibitsMixedContent || au.Scheme == "https"
		env.hasCrossSiteAncestor = env.hasCrossSiteAncestor || !origin.SameSite(siteOf, o)
		env.topLevel = o
	}
	if p.Sandboxed {
		env.origin = origin.NewOpaque()
		if len(p.Ancestors) == 0 {
			env.topLevel = env.origin
		}
	}
	env.topLevelSite = env.topLevel.Site().String()
	return env, nil
}
