package fetch

import (
	"fmt"

	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A Page is the environment that a request is made in
// (https://html.spec.whatwg.org/multipage/webappapis.html#environment-settings-object):
// the document, who it is, and what it is embedded in. It is plain data and
// safe to share once made.
type Page struct {
	// URL is the document's URL. Its origin is the page's, unless Sandboxed.
	URL string

	// Sandboxed gives the page an opaque origin, as a sandboxed frame or a
	// Content-Security-Policy: sandbox response has. It serializes as "null".
	Sandboxed bool

	// ReferrerPolicy is the document's; "" means
	// strict-origin-when-cross-origin.
	ReferrerPolicy ReferrerPolicy

	// EmbedderPolicy is the document's Cross-Origin-Embedder-Policy.
	EmbedderPolicy EmbedderPolicy

	// AddressSpace is where the document itself was loaded from. "" is
	// unknown, and then Local Network Access is not checked.
	AddressSpace AddressSpace

	// Ancestors are the URLs of the documents that this one is framed in,
	// its parent first and the top-level page last. Empty for a top-level page.
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

// environment is a Page with everything about it worked out.
type environment struct {
	page          *Page
	url           *weburl.URL
	origin        origin.Origin
	topLevel      origin.Origin // of the top-level page, as its URL says
	secureContext bool
	// hasCrossSiteAncestor: https://html.spec.whatwg.org/multipage/webappapis.html#concept-settings-object-has-cross-site-ancestor
	hasCrossSiteAncestor bool
	// prohibitsMixedContent: https://w3c.github.io/webappsec-mixed-content/#categorize-settings-object
	prohibitsMixedContent bool
}

func (p *Page) environment() (*environment, error) {
	if p == nil {
		return nil, fmt.Errorf("no page: set Request.Page to say which page asks")
	}
	u, err := weburl.Parse(p.URL, nil)
	if err != nil {
		return nil, fmt.Errorf("page URL: %w", err)
	}
	env := &environment{page: p, url: u, origin: origin.Of(u)}
	env.topLevel = env.origin
	env.secureContext = origin.URLPotentiallyTrustworthy(u)
	env.prohibitsMixedContent = env.secureContext && !p.Sandboxed
	siteOf := env.origin
	for _, ancestor := range p.Ancestors {
		au, err := weburl.Parse(ancestor, nil)
		if err != nil {
			return nil, fmt.Errorf("ancestor of the page: %w", err)
		}
		o := origin.Of(au)
		trustworthy := origin.URLPotentiallyTrustworthy(au)
		env.secureContext = env.secureContext && trustworthy
		env.prohibitsMixedContent = env.prohibitsMixedContent || trustworthy
		env.hasCrossSiteAncestor = env.hasCrossSiteAncestor || !origin.SameSite(siteOf, o)
		env.topLevel = o
	}
	if p.Sandboxed {
		env.origin = origin.NewOpaque()
		if len(p.Ancestors) == 0 {
			env.topLevel = env.origin
		}
	}
	return env, nil
}
