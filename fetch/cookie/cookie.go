// Package cookie implements a browser's cookie store. It decides which Set-Cookie lines a browser
// stores and which cookies it sends, and gives the reason for every cookie that it refuses to store
// or withholds from a request.
//
// The standard library's net/http/cookiejar is for clients without pages. Browsers also consider
// which page a request comes from: SameSite cookies are not sent with requests from other sites, name
// prefixes guarantee how a cookie was set, HttpOnly cookies are hidden from scripts, and browsers
// differ in how they treat third parties. An [Exchange] describes one request to a [Store], and
// [Rules] describe how a browser differs from the standard.
//
// The algorithms are those that the Fetch standard uses. They are defined in the draft that succeeds
// RFC 6265bis (draft-ietf-httpbis-layered-cookies), and Partitioned cookies in CHIPS. Where the text
// of the draft contradicts its evident intent, the code follows RFC 6265bis and the browsers, and a
// comment says so.
package cookie

import "time"

// A Cookie is a copy of a cookie in a [Store]. Changing it does not change the store.
type Cookie struct {
	// Name and Value are the bytes that the server sent, without surrounding tabs and spaces.
	// Either may be empty, but not both.
	Name, Value string
	// Domain is the host that set the cookie if HostOnly is true. Otherwise it is the Domain
	// attribute, and the cookie is sent to that host and all its subdomains.
	Domain   string
	HostOnly bool
	// Path is the Path attribute, or the default path of the URL that set the cookie.
	Path             string
	Secure, HTTPOnly bool
	// SameSite is the cookie's own attribute. Rules.DefaultSameSite defines how SameSiteDefault is
	// enforced.
	SameSite SameSite
	// Partitioned is set if the cookie has that attribute. A cookie without it can also be in a
	// partition: see PartitionThirdParty.
	Partitioned bool
	// PartitionKey is the site of the only top-level page under which the cookie exists, or ""
	// if the cookie is in no partition. CrossSiteAncestor is set for the separate partition of
	// documents that have a frame of another site between them and the top-level page, or that are
	// themselves from another site.
	PartitionKey      string
	CrossSiteAncestor bool

	Created, LastAccess time.Time
	// Expires is zero for a session cookie, which lasts until the browser is closed.
	Expires time.Time
}

// SameSite is a cookie's SameSite attribute, which limits the requests that may carry the cookie.
type SameSite uint8

// The values of [SameSite].
const (
	SameSiteDefault SameSite = iota // no SameSite attribute, or one with an unknown value
	SameSiteNone                    // every request
	SameSiteLax                     // same-site requests, and navigations by GET from other sites
	SameSiteStrict                  // same-site requests only
)

// String returns the attribute's value, or "Default" for SameSiteDefault.
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

// A Mode is the same-site mode of a request, which limits the cookies that it may carry.
// See https://fetch.spec.whatwg.org/#determine-the-same-site-mode.
type Mode uint8

// The same-site modes.
const (
	StrictOrLess Mode = iota // a same-site request
	LaxOrLess                // a top-level navigation by GET, started by another site
	UnsetOrLess              // any other cross-site request
)

// String returns the name of the mode in the standard, such as "strict-or-less".
func (m Mode) String() string {
	switch m {
	case StrictOrLess:
		return "strict-or-less"
	case LaxOrLess:
		return "lax-or-less"
	}
	return "unset-or-less"
}

// ThirdParty is how a browser treats third-party cookies: the cookies of requests that are
// cross-site to the page in the address bar.
type ThirdParty uint8

// The values of [ThirdParty]. With each of them, a cookie that has the Partitioned attribute is in the
// partition of its top-level site.
const (
	AllowThirdParty     ThirdParty = iota // stored and sent like all other cookies
	PartitionThirdParty                   // kept in a separate store for each top-level site
	BlockThirdParty                       // neither stored nor sent
	BlockNewThirdParty                    // not stored, but cookies from first-party visits are sent
)

// Rules describe how a browser's cookie store differs from the standard. The zero value is the
// standard.
type Rules struct {
	// DefaultSameSite is how cookies without SameSite are enforced. SameSiteDefault is the
	// standard's rule, which is Lax.
	DefaultSameSite SameSite
	// LaxAllowUnsafe is the age up to which a cookie without SameSite, enforced as Lax, is also
	// sent with a cross-site top-level navigation by POST ("Lax-allowing-unsafe"). Zero means never.
	LaxAllowUnsafe time.Duration
	// ThirdParty is how third-party cookies are treated.
	ThirdParty ThirdParty
	// NoPartitioned ignores the Partitioned attribute.
	NoPartitioned bool
	// NoCookiesOfPublicSuffixes refuses all cookies of hosts that are on the Public Suffix List, such as
	// github.io, and of hosts without a dot, such as localhost, those whose Domain names the host itself.
	NoCookiesOfPublicSuffixes bool
	// EmptyMaxAgeIsZero treats "Max-Age=" as "Max-Age=0".
	EmptyMaxAgeIsZero bool
	// InsecureSameSiteNone accepts SameSite=None without Secure.
	InsecureSameSiteNone bool
	// NoSizeLimit accepts cookies of any length.
	NoSizeLimit bool
	// NoPrefixes ignores the name prefixes __Secure-, __Host- and __Http-.
	NoPrefixes bool
	// LongDomainsFirst sorts cookies whose paths have the same length by domain before age: those of
	// the host before those of its parents, and with a Domain attribute before those without.
	LongDomainsFirst bool
	// SecureOverPlainLoopback allows potentially trustworthy URLs that are not https, such as
	// http://localhost, to set and receive Secure cookies.
	SecureOverPlainLoopback bool
	// ScriptReplacesHTTPOnly lets document.cookie replace a cookie that has HttpOnly, by one without it.
	ScriptReplacesHTTPOnly bool
	// HostLimit is the largest number of cookies of one host in one partition. TotalLimit is the
	// largest number in the whole store. Zero means the minimum that the standard requires: 50 and
	// 3000.
	HostLimit, TotalLimit int
}

// An Exchange describes one request and its response, or one use of document.cookie, to a [Store].
// The zero values of its flags describe a page that loads something from its own site.
type Exchange struct {
	// Scheme, Host and Path are those of the request's current URL. The host is in canonical form
	// (lower case, Punycode, IPv6 in brackets), and the path has no query. Only http, https, ws and
	// wss URLs have cookies.
	Scheme, Host, Path string
	// Trustworthy is set if the URL is potentially trustworthy.
	Trustworthy bool
	// Method is the request's method after redirects. "" means GET.
	Method string
	// SameSiteMode is the same-site mode of the request. For document.cookie it is StrictOrLess if
	// the document and all its ancestors are of the same site, otherwise UnsetOrLess.
	SameSiteMode Mode
	// TopLevelNavigation is set if the request navigates a top-level page, by any method. Its
	// response may set cookies with any SameSite, even if the request could not carry them.
	// LaxOrLess implies it.
	TopLevelNavigation bool
	// TopLevelSite is the serialized site of the page in the address bar, such as
	// "https://site.example". "" means the site of Scheme and Host.
	TopLevelSite string
	// ThirdParty is set if the URL is cross-site to TopLevelSite.
	ThirdParty bool
	// TopLevelHost is the host of the page in the address bar, for a browser that compares it with a new
	// cookie's domain instead of comparing the URL's site with TopLevelSite. Then a cookie is
	// third-party unless its domain and TopLevelHost have the same registrable domain. A host whose
	// suffix is not on the Public Suffix List has none: its own cookies and, with a Domain attribute,
	// those of its parents are first-party there. "" means that ThirdParty decides.
	TopLevelHost string
	// CrossSiteAncestor is set if the requesting document or one of its ancestors is cross-site to
	// TopLevelSite.
	CrossSiteAncestor bool
	// Script is set for document.cookie, and unset for HTTP.
	Script bool
}
