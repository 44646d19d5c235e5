package cors

import (
	"context"
	"time"

	"github.com/concors/concors/origin"
)

// A Policy says which origins a server opens itself to, and for what. It is
// plain data: [New] compiles it, and its JSON form is what files hold. The zero
// Policy opens nothing.
//
// Fields whose names begin with Dangerously each lift one safeguard. Each says
// what goes wrong with it, and none is needed for an ordinary site.
type Policy struct {
	// Origins are patterns of the origins that are let in, as
	// [origin.ParsePattern] takes them:
	//
	//	https://app.example.com          this origin
	//	https://*.example.com            any subdomain, at any depth; not example.com itself
	//	https://pr-*.preview.example.com part of one label; the star never crosses a dot
	//	http://localhost:*               any port
	//	http://localhost:[3000,8000-8099]
	//	capacitor://localhost            another scheme
	//	*                                everybody, without credentials
	//
	// Everybody is right for what is public anyway, such as fonts or open data:
	// anybody could have fetched it without a browser. It is wrong for what is
	// protected by being reachable from inside only.
	Origins []string `json:"origins,omitempty"`

	// Lookup is asked about an origin that no pattern lets in: a database, a
	// tenant table. What it answers is remembered as LookupCache says. An error
	// refuses; it is reported in the [Decision] and remembered for no longer
	// than a refusal. Lookup may be called concurrently, with a context that
	// carries the request's values and LookupCache.Timeout.
	Lookup      func(context.Context, origin.Origin) (bool, error) `json:"-"`
	LookupCache LookupCache                                        `json:"lookupCache,omitzero"`

	// Methods are the methods that need leave: all but GET, HEAD and POST, which
	// browsers send without asking. Case counts: browsers send patch as patch,
	// and PATCH is not that. "*" is every method.
	Methods []string `json:"methods,omitempty"`

	// RequestHeaders are the names of the headers that scripts may set, in any
	// case. Accept, Accept-Language, Content-Language and the harmless values of
	// Content-Type and Range need no leave; Content-Type: application/json does.
	// "*" is every header but Authorization, which must be named.
	RequestHeaders []string `json:"requestHeaders,omitempty"`

	// ExposedHeaders are the names of the response headers that scripts may
	// read beside the seven that they always may: Cache-Control,
	// Content-Language, Content-Length, Content-Type, Expires, Last-Modified and
	// Pragma. "*" is all of them, without credentials only.
	ExposedHeaders []string `json:"exposedHeaders,omitempty"`

	// Credentials lets the origins read what is answered to requests with
	// cookies, client certificates or HTTP authentication: they act as the user.
	Credentials bool `json:"credentials,omitempty"`

	// MaxAgeSeconds is for how long a browser may remember a preflight. 0 says
	// nothing, which browsers take for 5 seconds; -1 is not at all. Chromium
	// goes no higher than 7200, WebKit than 600, Firefox than 86400.
	MaxAgeSeconds int `json:"maxAgeSeconds,omitempty"`

	// PreflightStatus is the status of a preflight that is granted: 204 if zero,
	// or another from 200 to 299 for clients and proxies that insist.
	PreflightStatus int `json:"preflightStatus,omitempty"`

	// RejectRefused answers an actual request of an origin that is not let in
	// with 403. Without it the request reaches the handler and only its
	// response is kept from the script: CORS protects reading, not doing. A
	// request to the server's own origin is never rejected.
	RejectRefused bool `json:"rejectRefused,omitempty"`

	// TimingAllowOrigin lets the origins see the timing of responses
	// (Timing-Allow-Origin), https://www.w3.org/TR/resource-timing/.
	TimingAllowOrigin bool `json:"timingAllowOrigin,omitempty"`

	// ResourcePolicy is the Cross-Origin-Resource-Policy of all responses:
	// same-origin, same-site or cross-origin; "" says nothing.
	ResourcePolicy string `json:"resourcePolicy,omitempty"`

	// ReportOnly changes nothing on the wire: decisions are made, and observed
	// by [Middleware.SetObserver], and that is all.
	ReportOnly bool `json:"reportOnly,omitempty"`

	// DangerouslyAllowNull lets the origin null in. Every sandboxed frame on
	// any page has it, so it lets everybody in who takes the trouble.
	DangerouslyAllowNull bool `json:"dangerouslyAllowNull,omitempty"`

	// DangerouslyAllowAnyOriginWithCredentials lets "*" and Credentials stand
	// together. Every page on the web then reads what the user may read.
	DangerouslyAllowAnyOriginWithCredentials bool `json:"dangerouslyAllowAnyOriginWithCredentials,omitempty"`

	// DangerouslyAllowInsecureOriginsWithCredentials lets Credentials and http:
	// origins other than this machine's stand together. Whoever sits on the network between
	// such a page and its user can act as the page.
	DangerouslyAllowInsecureOriginsWithCredentials bool `json:"dangerouslyAllowInsecureOriginsWithCredentials,omitempty"`

	// DangerouslyAllowPublicSuffixes lets a pattern's star stand directly under a
	// public suffix (https://*.github.io, https://*--shop.netlify.app), where a
	// stranger may register a name that matches.
	DangerouslyAllowPublicSuffixes bool `json:"dangerouslyAllowPublicSuffixes,omitempty"`
}

// LookupCache bounds what [Policy].Lookup costs. Zero fields have the defaults
// that are named.
type LookupCache struct {
	// PositiveSeconds and NegativeSeconds are for how long a yes and a no are
	// remembered: 60 and 10 by default; -1 is not at all.
	PositiveSeconds int `json:"positiveSeconds,omitempty"`
	NegativeSeconds int `json:"negativeSeconds,omitempty"`

	// MaxEntries is how many answers are remembered: 10,000 by default.
	MaxEntries int `json:"maxEntries,omitempty"`

	// TimeoutMilliseconds is how long one request waits for an answer: 1,000 by
	// default. Who waits longer is refused; the lookup is told to end.
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
	set(&c.MaxEntries, 10_000)
	set(&c.TimeoutMilliseconds, 1_000)
	return c
}

func (c LookupCache) timeout() time.Duration {
	return time.Duration(c.TimeoutMilliseconds) * time.Millisecond
}
