package corstest

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cors"
)

// A Promise is what the configuration of a CORS middleware says that pages may do.
// [PromiseOf] makes one from a policy of package cors.
type Promise struct {
	// Origins are the allowed origins: patterns as [origin.ParsePattern] takes
	// them, ranges as [origin.ParseRange] takes them, "*" for every origin, and
	// "null".
	Origins []string
	// Methods are the allowed methods besides GET, HEAD and POST, which are always
	// allowed. They are case-sensitive. "*" allows all methods.
	Methods []string
	// RequestHeaders are the names of the request headers that pages may set. "*"
	// allows all but Authorization.
	RequestHeaders []string
	// ExposedHeaders are the names of the response headers that pages may read, in
	// addition to the seven safelisted ones. "*" exposes all.
	ExposedHeaders []string
	// Credentials allows pages to send requests with cookies and read the
	// responses.
	Credentials bool
	// OriginsWithCredentials are patterns of the origins that may use credentials, if
	// only some of the allowed ones may. Credentials is then false.
	OriginsWithCredentials []string
	// MaxAge is how long browsers may cache a preflight. 0 promises nothing about
	// it. A negative MaxAge means that they may not cache it.
	MaxAge time.Duration
	// RejectsForeign says that the middleware responds to requests from origins
	// that are not allowed, so that they need not reach the handler.
	RejectsForeign bool
	// URL is what the requests are sent to: "" for https://server.example/corstest.
	// It must be an https: URL. Set its path for a middleware that has different
	// promises for different routes, and its host if the middleware knows its own.
	URL string
}

// PromiseOf returns what a policy promises, so that a test need not list it again:
//
//	findings, err := corstest.Check(cors.MustNew(policy).Wrap, corstest.PromiseOf(policy))
//
// The policy is one of package cors, or that of a route in package routes: then
// set the promise's URL to one of the route. What Policy.Lookup allows is not part
// of the promise: add such origins to Origins.
func PromiseOf(policy cors.Policy) Promise {
	p := policy.Clone()
	promise := Promise{
		Origins: p.Origins, Methods: p.Methods, RequestHeaders: p.RequestHeaders,
		ExposedHeaders: p.ExposedHeaders, Credentials: p.Credentials, OriginsWithCredentials: p.OriginsWithCredentials,
		MaxAge: time.Duration(p.MaxAgeSeconds) * time.Second, RejectsForeign: p.RejectRefused,
	}
	promise.Origins = append(append(promise.Origins, p.DangerouslyAllowAnyHost...), p.DangerouslyAllowAddressRanges...)
	if p.DangerouslyAllowNull {
		promise.Origins = append(promise.Origins, "null")
	}
	if len(p.Self) > 0 {
		own := p.Self[0]
		if i := slices.IndexFunc(p.Self, func(o string) bool { return strings.HasPrefix(o, "https:") }); i >= 0 {
			own = p.Self[i]
		}
		promise.URL = own + checkPath
	}
	return promise
}

// checkPath is the path of Check's requests, unless Promise.URL has another.
const checkPath = "/corstest"

// url returns the URL of the requests.
func (p *Promise) url() (*url.URL, error) {
	if p.URL == "" {
		return url.Parse(defaultBase + checkPath)
	}
	u, err := url.Parse(p.URL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the promised URL: %w", err)
	case u.Scheme != "https" || u.Host == "" || u.User != nil:
		// Pages on https: origins may not make requests to http: URLs.
		return nil, errors.New("the promised URL is not an https: URL with a host")
	case u.Path == "":
		u.Path = "/"
	}
	u.Fragment = ""
	return u, nil
}
