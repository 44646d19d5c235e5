// Package cookie is a browser's cookie store: it decides which Set-Cookie lines
// a browser keeps and which cookies it sends, and says why not where it does not.
//
// The standard library's net/http/cookiejar serves a client that has no pages.
// A browser also asks on whose behalf a request travels: SameSite keeps cookies
// from other sites' requests, name prefixes tie a cookie to how it was set,
// HttpOnly hides it from scripts, and browsers differ in what they let third
// parties have. An [Exchange] tells a [Store] all of that about one request, and
// [Rules] tells it how one browser differs from the standard.
//
// The algorithms are those that Fetch calls, from the draft that succeeds
// RFC 6265bis (draft-ietf-httpbis-layered-cookies), with Partitioned cookies as
// CHIPS defines them. Where the draft's letter and its evident intent part, the
// code follows RFC 6265bis and the browsers, and says so at the place.
package cookie

import "time"

// A Cookie is one cookie as a store holds it. It is plain data; changing it
// changes no store.
type Cookie struct {
	// Name and Value are bytes as the server sent them, without surrounding
	// blanks. Either can be empty, though not both.
	Name, Value string
	// Domain is the host that set the cookie if HostOnly, and otherwise the
	// Domain attribute: that host and all below it get the cookie.
	Domain   string
	HostOnly bool
	// Path is the Path attribute, or the default path of the URL that set it.
	Path             string
	Secure, HTTPOnly bool
	// SameSite is what the cookie itself says; Rules.DefaultSameSite says how
	// SameSiteDefault is enforced.
	SameSite SameSite
	// Partitioned says that the cookie has that attribute. A cookie can be in
	// a partition without it: see PartitionThirdParty.
	Partitioned bool
	// PartitionKey is the site of the top-level page under which alone the
	// cookie exists, or empty if it exists everywhere. Pages that reach their
	// own site through a frame of another one have a partition of their own:
	// CrossSiteAncestor tells it apart.
	PartitionKey      string
	CrossSiteAncestor bool

	Created, LastAccess time.Time
	// Expires is zero for a cookie that lives until the browser is closed.
	Expires time.Time
}

// SameSite is a cookie's same-site: which requests may carry it.
type SameSite uint8

// The values of SameSite.
const (
	SameSiteDefault SameSite = iota // no SameSite attribute, or one with an unknown value
	SameSiteNone                    // every request
	SameSiteLax                     // same-site requests, and navigations by GET from other sites
	SameSiteStrict                  // same-site requests only
)

// String is the attribute's value, or "Default" where there is none.
func (s SameSite) String() string {
	switch s {
	case SameSiteNone:
		return "None"
	case SameSiteLax:
		return "Lax"
	case SameSiteStrict:
		return "Strict"
	}
	return "Default"
}

// A Mode is Fetch's same-site mode of a request: which cookies may travel with
// it. See https://fetch.spec.whatwg.org/#determine-the-same-site-mode.
type Mode uint8

// The same-site modes.
const (
	StrictOrLess Mode = iota // a same-site request
	LaxOrLess                // a top-level navigation by GET that another site started
	UnsetOrLess              // any other cross-site request
)

// String is the mode's name in the standard.
func (m Mode) String() string {
	switch m {
	case StrictOrLess:
		return "strict-or-less"
	case LaxOrLess:
		return "lax-or-less"
	}
	return "unset-or-less"
}

// ThirdParty is what a browser does with the cookies of requests that are
// cross-site to the page in the address bar.
type ThirdParty uint8

// The rules for third-party cookies. Under each of them a cookie with the
// Partitioned attribute lives in its own partition.
const (
	AllowThirdParty     ThirdParty = iota // they are stored and sent as any other
	PartitionThirdParty                   // they live in a store per top-level site
	BlockThirdParty                       // they are neither stored nor sent
	RefuseThirdParty                      // they are not stored, and those of earlier visits are sent
)

// Rules is how a browser's cookie store differs from the standard's. It is plain
// data, and the zero value is the standard.
type Rules struct {
	// DefaultSameSite is how a cookie without SameSite is enforced. The
	// standard's SameSiteDefault means Lax.
	DefaultSameSite SameSite
	// LaxAllowUnsafe is the age up to which a cookie without SameSite that is
	// enforced as Lax is also sent with a cross-site top-level navigation by
	// POST ("Lax-allowing-unsafe"). Zero is never.
	LaxAllowUnsafe time.Duration
	// ThirdParty is what becomes of third-party cookies.
	ThirdParty ThirdParty
	// NoPartitioned is for a browser that does not know the Partitioned
	// attribute and so ignores it.
	NoPartitioned bool
	// LocalhostsApart makes every host below localhost a party of its own, as
	// if localhost were on no list of public suffixes: a.localhost is
	// third-party to b.a.localhost.
	LocalhostsApart bool
	// EmptyMaxAgeIsZero takes "Max-Age=" for "Max-Age=0".
	EmptyMaxAgeIsZero bool
	// InsecureSameSiteNone lets SameSite=None stand without Secure.
	InsecureSameSiteNone bool
	// NoSizeLimit is for a browser that keeps cookies of any length.
	NoSizeLimit bool
	// NoPrefixes is for a browser that does not know the name prefixes
	// __Secure-, __Host- and __Http-.
	NoPrefixes bool
	// DomainCookiesFirst sends cookies with a Domain attribute before those
	// without, whatever their age.
	DomainCookiesFirst bool
	// SecureOverPlainLoopback lets Secure cookies be set by and sent to
	// potentially trustworthy URLs that are not https, such as
	// http://localhost.
	SecureOverPlainLoopback bool
	// HostLimit and TotalLimit bound the number of cookies of one host (in
	// one partition) and of the store. Zero is the least that the standard
	// asks for: 50 and 3000.
	HostLimit, TotalLimit int
}

// An Exchange is what a store must know about one request and its response, or
// about one use of document.cookie. The zero values of its flags are those of a
// page that loads something from its own site.
type Exchange struct {
	// Scheme, Host and Path are those of the request's current URL: the host
	// serialized and canonical (lower case, punycode, IPv6 in brackets), the
	// path without query. Only http, https, ws and wss have cookies.
	Scheme, Host, Path string
	// Trustworthy says that the URL is potentially trustworthy.
	Trustworthy bool
	// Method is the request's, after redirects; empty is GET.
	Method string
	// SameSiteMode is the same-site mode of the request. For a script it is
	// StrictOrLess if its document and all above it are same-site, and
	// UnsetOrLess otherwise.
	SameSiteMode Mode
	// TopLevelNavigation says that the request navigates a top-level page,
	// by whatever method. Its response may set cookies with any SameSite, even
	// if the request could not carry them. LaxOrLess implies it.
	TopLevelNavigation bool
	// TopLevelSite is the serialized site of the page in the address bar, such
	// as "https://site.example"; empty means that of Scheme and Host.
	TopLevelSite string
	// ThirdParty says that the URL is cross-site to TopLevelSite.
	ThirdParty bool
	// CrossSiteAncestor says that the requesting document or one above it is
	// cross-site to TopLevelSite.
	CrossSiteAncestor bool
	// Script says that this is document.cookie and not HTTP.
	Script bool
}
