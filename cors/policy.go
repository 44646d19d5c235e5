package cors

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/concors/concors/origin"
)

// A Policy says which origins may read a server's responses, and which methods and headers they may
// use. It is plain data: [New] compiles it, and policy files hold its JSON form. The zero Policy
// allows nothing.
//
// Each field whose name begins with Dangerously turns off one safeguard. An ordinary site needs none
// of them.
type Policy struct {
	// Origins lists the allowed origins, as patterns that [origin.ParsePattern] reads:
	//
	//	https://app.example.com          this origin
	//	https://*.example.com            every subdomain, at any depth, but not example.com itself
	//	https://pr-*.preview.example.com part of one label; the wildcard never matches a dot
	//	http://localhost:*               every port
	//	http://localhost:[3000,8000-8099]
	//	capacitor://localhost            a scheme other than http and https
	//	*                                every origin, without credentials
	//
	// Invalid patterns are reported with the right spelling: https://app.example.com/ (a slash),
	// https://App.example.com (upper case), https://app.example.com:443 (a default port). null needs
	// DangerouslyAllowNull.
	//
	// Use "*" only for public data, such as fonts or open data, which anyone can fetch without a
	// browser. Never use it for a server that is protected only by being unreachable from outside
	// (an intranet, localhost).
	Origins []string `json:"origins,omitempty"`

	// Lookup decides about an origin that no pattern matches, for example from a table of tenants. o
	// may have any scheme that pages can have (chrome-extension, capacitor, file): compare
	// [origin.Origin.String], or check the scheme too. It is never opaque: null needs
	// DangerouslyAllowNull.
	//
	// Results are cached as LookupCache says, and the result of one call is used for all requests that
	// wait for it. It must not depend on the request that caused the call, except by LookupKey. ctx
	// therefore has no values of that request, only the key, and does not end with it. It ends after
	// LookupCache.TimeoutMilliseconds.
	//
	// If Lookup returns an error, panics or takes too long, an origin that it allowed not long ago
	// stays allowed, with [Decision].Stale (see LookupCache.StaleSeconds). Any other origin is refused
	// with the reason LookupFailed. [Decision].Err has the error. Lookup is called concurrently.
	Lookup      func(ctx context.Context, o origin.Origin) (bool, error) `json:"-"`
	LookupCache LookupCache                                              `json:"lookupCache,omitzero"`

	// LookupKey derives from a request what Lookup's results depend on besides the origin: the tenant,
	// the host or the client. Results are cached by origin and key, and Lookup gets the key from the
	// function [LookupKey]. Without a key, a result is used for every request with the same origin.
	//
	//	LookupKey: func(r *http.Request) string { return r.Host },
	//	Lookup: func(ctx context.Context, o origin.Origin) (bool, error) {
	//		return tenants.Allow(ctx, cors.LookupKey(ctx), o.String())
	//	},
	//
	// An origin is refused without a call if the key is "" or longer than 256 bytes (NoLookupKey).
	// A preflight carries neither cookies nor a page's own headers, so derive the key from the host,
	// the path, or a header that your proxy sets. [Middleware.Decide] and [Middleware.Fields] do not
	// call LookupKey: they take [Request].LookupKey.
	LookupKey func(*http.Request) string `json:"-"`

	// LookupKeyHeaders lists the request headers that the key comes from, directly or by a middleware
	// that stored them in the request's context. Vary names them on every response whose headers
	// depend on the origin, so that a cache keeps the responses for different keys apart. LookupKey
	// sees no header that is not listed here. The host needs no entry, because it is part of the URL.
	// No Vary can name the client's address or certificate: send Cache-Control: private with a key
	// that comes from them.
	LookupKeyHeaders []string `json:"-"`

	// Methods lists the methods to allow besides GET, HEAD and POST, which never need permission.
	// Methods are case-sensitive: browsers send "patch" as it is, and that is not PATCH. "*" allows
	// every method. CONNECT, TRACE and TRACK are invalid, because browsers never send them for a
	// script.
	Methods []string `json:"methods,omitempty"`

	// RequestHeaders lists the request headers that scripts may set, in any case. Accept,
	// Accept-Language, Content-Language, and Content-Type and Range with certain values never need
	// permission, but Content-Type: application/json does: list Content-Type for it. "*" allows every
	// header except Authorization, which must be listed itself. Headers that browsers do not let
	// scripts set, such as Cookie, Origin, Host or Sec-Fetch-Site, need not be listed: a preflight
	// that names them, as old browsers did, is granted. Listing them is reported as a warning.
	RequestHeaders []string `json:"requestHeaders,omitempty"`

	// ExposedHeaders lists the response headers that scripts may read besides the seven that they
	// always may: Cache-Control, Content-Language, Content-Length, Content-Type, Expires,
	// Last-Modified and Pragma. "*" exposes all of them and is invalid with Credentials. Set-Cookie
	// is invalid: browsers never let scripts read it. So are headers that only requests have, such as
	// Origin or Access-Control-Request-Method.
	ExposedHeaders []string `json:"exposedHeaders,omitempty"`

	// Credentials allows requests with cookies, client certificates or HTTP authentication, so that
	// scripts on the allowed origins act as the user. It is invalid with "*" in Origins and with http
	// origins other than this machine's, unless a Dangerously field permits them.
	Credentials bool `json:"credentials,omitempty"`

	// OriginsWithCredentials allows credentials to some of the allowed origins only, and Credentials
	// must then be false. Its values are patterns like those in Origins. It allows no origin that is not
	// allowed otherwise: each value must be covered by one pattern in Origins or by a range, or, if there
	// is a Lookup, be allowed by it. "*" in Origins is permitted: the listed origins then get their own
	// origin and credentials, and all others "*".
	OriginsWithCredentials []string `json:"originsWithCredentials,omitempty"`

	// MaxAgeSeconds is how long browsers may cache a preflight. 0 omits the header (browsers assume
	// 5 s); -1 disables caching. Chromium caches for 7200 s at most, WebKit for 600, Firefox for
	// 86400.
	MaxAgeSeconds int `json:"maxAgeSeconds,omitempty"`

	// PreflightStatus is the status of the response to a granted preflight: from 200 to 299, or 0 for
	// 204. Set it to 200 for clients or proxies that reject 204.
	PreflightStatus int `json:"preflightStatus,omitempty"`

	// RejectRefused responds with 403 to a request whose origin is not allowed. Without it the
	// handler still runs and the browser only hides the response from the script, because CORS
	// protects reading and not sending. A request from the server's own origin is never rejected.
	RejectRefused bool `json:"rejectRefused,omitempty"`

	// Self lists the service's own origins, such as https://app.example.com. Requests from their pages,
	// and only those, are then treated as the server's own by RejectRefused, [Middleware.Protect] and
	// [Middleware.CheckOrigin]. Without it, Sec-Fetch-Site says which requests are its own, or the Host
	// header if there is none. Set it if a proxy changes the Host header, or if requests may arrive with
	// any Host: an attacker who points a name of their own at the server's address (DNS rebinding) sends
	// that name.
	Self []string `json:"self,omitempty"`

	// TimingAllowOrigin lets scripts on the allowed origins see detailed timings of the responses, by
	// the header Timing-Allow-Origin (https://www.w3.org/TR/resource-timing/).
	TimingAllowOrigin bool `json:"timingAllowOrigin,omitempty"`

	// ResourcePolicy is the value of Cross-Origin-Resource-Policy on every response except those to
	// preflights: same-origin, same-site or cross-origin. "" omits the header.
	ResourcePolicy string `json:"resourcePolicy,omitempty"`

	// ReportOnly only observes: no response changes, and the observer that [Middleware.SetObserver]
	// sets receives the decisions.
	ReportOnly bool `json:"reportOnly,omitempty"`

	// DangerouslyAllowNull allows the origin null. Every site can make a sandboxed frame, whose
	// origin is null, so this allows every site.
	DangerouslyAllowNull bool `json:"dangerouslyAllowNull,omitempty"`

	// DangerouslyAllowAnyOriginWithCredentials permits "*" together with Credentials. Every site can
	// then read whatever the user can read.
	DangerouslyAllowAnyOriginWithCredentials bool `json:"dangerouslyAllowAnyOriginWithCredentials,omitempty"`

	// DangerouslyAllowInsecureOriginsWithCredentials permits Credentials together with http origins
	// other than this machine's. An attacker on the network between such a page and its user can
	// change the page, and then act as the user.
	DangerouslyAllowInsecureOriginsWithCredentials bool `json:"dangerouslyAllowInsecureOriginsWithCredentials,omitempty"`

	// DangerouslyAllowPublicSuffixes permits, together with Credentials, a pattern's wildcard
	// directly under a public suffix, as in https://*.github.io or https://*--shop.netlify.app.
	// Anyone can register a name there that matches. Without Credentials such a pattern is only
	// reported as a warning.
	DangerouslyAllowPublicSuffixes bool `json:"dangerouslyAllowPublicSuffixes,omitempty"`

	// DangerouslyAllowAnyHost allows every origin of the listed schemes, such as moz-extension://*, whose
	// hosts are random. Every extension or app with the scheme that a user has installed is then
	// allowed, from any maker. http, https, file, ws and wss are invalid. See [origin.ParseRange].
	DangerouslyAllowAnyHost []string `json:"dangerouslyAllowAnyHost,omitempty"`

	// DangerouslyAllowAddressRanges allows origins with an IP address in a private network, such as
	// http://192.168.0.0/16 (on the default port), http://10.0.0.0/8:* (on any port) or
	// http://[fd12:3456:789a::/48]:8080. Every device in that network that serves a page is then allowed,
	// and so is every device with such an address in other networks that the user connects to. See
	// [origin.ParseRange].
	DangerouslyAllowAddressRanges []string `json:"dangerouslyAllowAddressRanges,omitempty"`
}

// Clone returns a copy that shares no list with p.
func (p Policy) Clone() Policy {
	for _, list := range []*[]string{
		&p.Origins, &p.LookupKeyHeaders, &p.Methods, &p.RequestHeaders, &p.ExposedHeaders, &p.OriginsWithCredentials, &p.Self,
		&p.DangerouslyAllowAnyHost, &p.DangerouslyAllowAddressRanges,
	} {
		*list = slices.Clone(*list)
	}
	return p
}

// LookupCache limits what [Policy].Lookup costs, and says what happens while it fails. A field that is
// 0 has its default.
type LookupCache struct {
	// PositiveSeconds is how long an allowed origin is cached, and NegativeSeconds how long a refused
	// one is. The defaults are 60 and 10; -1 disables caching. In the last quarter of PositiveSeconds
	// a request starts a call in the background, so that requests of an active origin never wait.
	PositiveSeconds int `json:"positiveSeconds,omitempty"`
	NegativeSeconds int `json:"negativeSeconds,omitempty"`

	// StaleSeconds is how long past PositiveSeconds an allowed origin stays allowed while calls for it
	// fail. Each such decision has [Decision].Stale. It ends at once when a call refuses the origin.
	// The default is 300; -1 disables it.
	StaleSeconds int `json:"staleSeconds,omitempty"`

	// ErrorSeconds is how long no further call is made for an origin after one has failed. The default
	// is 1; -1 disables it.
	ErrorSeconds int `json:"errorSeconds,omitempty"`

	// MaxEntries limits the number of allowed origins that are cached, and separately that of all
	// others, so that foreign origins never push out an allowed one. A full cache drops the origin
	// that was not used for the longest time. With LookupKey, an origin counts once for each key.
	// MaxEntries also limits the number of origins that are being looked up. The default is 10,000.
	MaxEntries int `json:"maxEntries,omitempty"`

	// MaxConcurrent limits the number of calls at a time. There is at most one for an origin. A quarter
	// is reserved for origins that were allowed before. Requests wait if the limit is reached, and
	// lookups fail if ten times as many calls are waiting. The default is 40.
	//
	// A call that ignores the end of its context no longer counts, and a later request starts another
	// one. Lookups fail if there are ten times MaxConcurrent such calls.
	MaxConcurrent int `json:"maxConcurrent,omitempty"`

	// TimeoutMilliseconds is how long a request waits for Lookup. The default is 1,000. The lookup has
	// then failed, and its context ends.
	TimeoutMilliseconds int `json:"timeoutMilliseconds,omitempty"`
}

func (c LookupCache) withDefaults() LookupCache {
	set := func(field *int, value int) {
		if *field == 0 {
			*field = value
		}
	}
	set(&c.PositiveSeconds, 60)
	set(&c.NegativeSeconds, 10)
	set(&c.StaleSeconds, 300)
	set(&c.ErrorSeconds, 1)
	set(&c.MaxEntries, 10_000)
	set(&c.MaxConcurrent, 40)
	set(&c.TimeoutMilliseconds, 1_000)
	return c
}

func (c LookupCache) timeout() time.Duration {
	return time.Duration(c.TimeoutMilliseconds) * time.Millisecond
}
