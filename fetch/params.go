package fetch

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// tainting is a request's response tainting,
// https://fetch.spec.whatwg.org/#concept-request-response-tainting.
type tainting uint8

const (
	taintingBasic tainting = iota
	taintingCORS
	taintingOpaque
)

func (t tainting) String() string { return [...]string{"basic", "cors", "opaque"}[t] }

// request is Fetch's own request, https://fetch.spec.whatwg.org/#concept-request:
// what a Request becomes once its client is known, and what redirects change.
type request struct {
	method             string
	urlList            []*weburl.URL
	header             HeaderList
	body               *Body
	client             *environment
	origin             origin.Origin
	mode               Mode
	credentials        Credentials
	redirect           Redirect
	cache              Cache
	referrer           *weburl.URL // nil for no-referrer
	referrerPolicy     ReferrerPolicy
	destination        Destination
	initiator          Initiator
	kind               string
	useCORSPreflight   bool
	unsafeRequest      bool
	targetAddressSpace AddressSpace
	redirectCount      int
	tainting           tainting
	preflight          bool // it is a CORS-preflight request
	ignoreTaint        bool // see PreflightIgnoresTaint

	// What some profiles remember of earlier hops.
	sentReferrer   *weburl.URL // what goes into Referer
	firstReferrer  *weburl.URL // the same, before any redirect
	policyIgnored  bool        // see RelaxedReferrerPolicyIgnoredCrossSite
	firstMethod    string
	typeOfBody     bool   // the Content-Type is the body's, not the script's
	typeOnWire     string // see CharsetNamedAfterPreflight
	firstHeader    HeaderList
	ghosts         HeaderList    // no longer sent, and still named in preflights
	preflighted    bool          // a hop before needed a preflight
	droppedHeader  HeaderList    // the body's, dropped with it
	sentOrigin     string        // the Origin header of the hop before
	crossedOrigins bool          // a redirect led to another origin
	refused        reason.Reason // why the redirect that led here should not have been followed
}

func (r *request) url() *weburl.URL        { return r.urlList[0] }
func (r *request) currentURL() *weburl.URL { return r.urlList[len(r.urlList)-1] }

// redirectTaint: https://fetch.spec.whatwg.org/#concept-request-tainted-origin.
// Leaving the request's own origin once does not taint; any further change of
// origin does, even back home.
func (r *request) redirectTaint() redirectTaint {
	taint := redirectTaintSameOrigin
	var last origin.Origin
	for i, u := range r.urlList {
		o := origin.Of(u)
		if i > 0 && !origin.SameOrigin(o, last) && !origin.SameOrigin(r.origin, last) {
			if !origin.SameSite(o, last) {
				return redirectTaintCrossSite
			}
			taint = redirectTaintSameSite
		}
		last = o
	}
	return taint
}

type redirectTaint uint8

const (
	redirectTaintSameOrigin redirectTaint = iota
	redirectTaintSameSite
	redirectTaintCrossSite
)

// serializeOrigin: https://fetch.spec.whatwg.org/#serializing-a-request-origin
func (r *request) serializeOrigin() string {
	if !r.ignoreTaint && r.redirectTaint() != redirectTaintSameOrigin {
		return "null"
	}
	return r.origin.String()
}

// fetchParams is one fetch under way, https://fetch.spec.whatwg.org/#fetch-params.
type fetchParams struct {
	ctx     context.Context
	agent   *Agent
	profile *Profile
	request *request
	trace   Trace
}

func (f *fetchParams) step(s Step) { f.trace.Steps = append(f.trace.Steps, s) }

// note records a step without inputs that only chose a path.
func (f *fetchParams) note(algorithm, fragment string, exchange int, format string, args ...any) {
	f.step(Step{Algorithm: algorithm, Anchor: fetchSpec + fragment, Exchange: exchange, Outcome: fmt.Sprintf(format, args...)})
}

// fail records a blocking step and makes the network error: detail's fields are
// kept and the rest filled in from the request.
func (f *fetchParams) fail(why reason.Reason, exchange int, detail NetworkError, inputs ...Input) *NetworkError {
	e := detail
	e.Reason = why
	if r := f.request; r != nil {
		e.Page, e.PageOrigin = r.client.url.String(), r.client.origin.String()
		e.Origin = r.serializeOrigin()
		e.Mode, e.Credentials = r.mode, r.credentials
		e.Kind = r.kind
		if e.URL == "" {
			e.URL = r.currentURL().String()
		}
		if len(r.urlList) > 1 {
			e.FirstURL = r.url().String()
		}
	}
	if e.Status == 0 && exchange >= 0 {
		e.Status = f.trace.Exchanges[exchange].Status
	}
	f.step(Step{Algorithm: why.Algorithm(), Anchor: why.Anchor(), Inputs: inputs, Result: Blocked,
		Outcome: why.Explanation(), Exchange: exchange})
	return &e
}

func presentOrNot(name, value string, present bool) Input {
	if !present {
		return Input{name, "(absent)"}
	}
	return Input{name, value}
}

// newRequest is the Request constructor (https://fetch.spec.whatwg.org/#dom-request),
// followed by "populate request from client".
func (f *fetchParams) newRequest(r *Request) (*request, *NetworkError) {
	refuse := func(why reason.Reason, detail NetworkError) (*request, *NetworkError) {
		detail.Kind = kindOf(r)
		if detail.URL == "" {
			detail.URL = r.URL
		}
		return nil, f.fail(why, -1, detail)
	}
	env, err := r.Page.environment()
	if err != nil {
		return refuse(reason.InvalidRequest, NetworkError{Err: err})
	}
	u, err := weburl.Parse(r.URL, env.url)
	if err != nil {
		return refuse(reason.InvalidURL, NetworkError{Err: err})
	}
	if u.HasCredentials() && r.Initiator == InitiatorFetch {
		return refuse(reason.URLContainsCredentials, NetworkError{})
	}
	req := &request{
		urlList:            []*weburl.URL{u},
		body:               r.Body,
		client:             env,
		origin:             env.origin,
		mode:               orDefault(r.Mode, ModeCORS),
		credentials:        orDefault(r.Credentials, CredentialsSameOrigin),
		redirect:           orDefault(r.Redirect, RedirectFollow),
		cache:              orDefault(r.Cache, CacheDefault),
		destination:        r.Destination,
		initiator:          r.Initiator,
		kind:               kindOf(r),
		useCORSPreflight:   r.UseCORSPreflight,
		unsafeRequest:      r.Initiator != InitiatorElement,
		targetAddressSpace: r.TargetAddressSpace,
		referrerPolicy:     r.ReferrerPolicy,
	}
	if err := checkEnums(req, r); err != nil {
		return refuse(reason.InvalidRequest, NetworkError{Err: err})
	}
	method := r.Method
	if method == "" {
		method = "GET"
	}
	if !field.IsToken(method) {
		return refuse(reason.InvalidMethod, NetworkError{Method: method})
	}
	if field.IsForbiddenMethod(method) {
		return refuse(reason.ForbiddenMethod, NetworkError{Method: method})
	}
	req.method = field.NormalizeMethod(method)
	req.firstMethod = req.method
	if req.mode == ModeNoCORS && !field.IsCORSSafelistedMethod(req.method) {
		return refuse(reason.NoCorsMethodNotSafelisted, NetworkError{Method: req.method})
	}
	for _, h := range r.Header {
		if !field.IsToken(h.Name) || !field.ValidValue(field.NormalizeValue(h.Value)) {
			return refuse(reason.InvalidHeader, NetworkError{Header: h.Name, Value: h.Value, Present: true})
		}
	}
	var dropped HeaderList
	req.header, dropped = r.Header.fill(req.mode, f.profile)
	if r.Initiator == InitiatorXHR || f.profile.deviates(HeadersCombined) {
		// setRequestHeader() combines, https://xhr.spec.whatwg.org/#the-setrequestheader()-method.
		req.header = req.header.combine()
	}
	if r.Initiator != InitiatorElement {
		req.header, dropped = f.profile.dropHeaders(req.header, dropped)
	}
	if req.body != nil && req.body.Stream != nil && f.profile.deviates(StreamBodyStringified) {
		req.body = TextBody("[object ReadableStream]")
	}
	if req.body != nil {
		if req.method == "GET" || req.method == "HEAD" {
			if r.Initiator != InitiatorXHR {
				return refuse(reason.BodyNotAllowed, NetworkError{Method: req.method})
			}
			if f.profile.deviates(XHRBodyTypeWithoutBody) && strings.HasPrefix(req.body.ContentType, "application/x-www-form-urlencoded") && !req.header.Contains("Content-Type") {
				req.header.Append("Content-Type", req.body.ContentType)
			}
			req.body = nil // send() ignores it, https://xhr.spec.whatwg.org/#the-send()-method
		} else if req.body.ContentType != "" && !req.header.Contains("Content-Type") {
			h := Header{"Content-Type", req.body.ContentType}
			if req.mode != ModeNoCORS || f.profile.deviates(BodyTypeNotGuarded) || isNoCORSSafelistedRequestHeader(h, f.profile) {
				req.header = append(req.header, h)
				req.typeOfBody = true
			}
		}
		if req.body != nil {
			f.nameCharset(req)
		}
		if req.body != nil && req.body.Stream != nil && f.profile.deviates(StreamBodyNotSupported) {
			return refuse(reason.InvalidRequest, NetworkError{Err: fmt.Errorf("this browser cannot send a stream as a body")})
		}
		if req.body != nil && req.body.Stream != nil {
			if req.mode != ModeSameOrigin && req.mode != ModeCORS {
				return refuse(reason.InvalidRequest, NetworkError{Err: fmt.Errorf("a stream can be a body in cors and same-origin mode only")})
			}
			req.useCORSPreflight = true
		}
	}
	if req.cache == CacheDefault && isConditional(req.header) {
		switch {
		case f.profile.deviates(ConditionalIsNoCache):
			req.cache = CacheNoCache
		case f.profile.deviates(ConditionalIsNoStore) && r.Initiator == InitiatorFetch:
			req.cache = CacheNoStore
		}
	}
	req.firstHeader = slices.Clone(req.header)
	req.preflighted = f.profile.deviates(PreflightsStickFromHome) && req.unsafeRequest && req.mode == ModeCORS &&
		len(f.unsafeNames(req)) > 0
	deviation := Deviation(0)
	if req.destination == DestinationFont && r.Initiator == InitiatorElement && f.profile.deviates(FontsWithoutCORS) {
		req.mode, req.credentials, deviation = ModeNoCORS, CredentialsInclude, FontsWithoutCORS
	}
	if req.body == nil && f.profile.deviates(UploadListenerNeedsBody) {
		req.useCORSPreflight = false
	}
	if ref, nerr := referrerOf(r, env, f.profile); nerr != nil {
		return refuse(reason.InvalidReferrer, NetworkError{Err: nerr})
	} else {
		req.referrer = ref
	}
	if req.referrerPolicy == "" {
		req.referrerPolicy = env.page.ReferrerPolicy
	}
	f.request = req
	inputs := []Input{
		{"page origin", req.origin.String()}, {"method", req.method}, {"URL", u.String()},
		{"mode", string(req.mode)}, {"credentials mode", string(req.credentials)},
	}
	outcome := "the page's request, as " + req.kind + " makes it"
	if len(dropped) > 0 {
		outcome += "; dropped without a word: " + strings.Join(dropped.Names(), ", ")
	}
	f.step(Step{Algorithm: "fetch", Anchor: fetchSpec + "#concept-fetch", Inputs: inputs, Outcome: outcome, Exchange: -1, Deviation: deviation})
	return req, nil
}

// isConditional reports whether the headers make a request that must not be
// answered from an HTTP cache.
func isConditional(l HeaderList) bool {
	for _, name := range []string{"If-Modified-Since", "If-None-Match", "If-Unmodified-Since", "If-Match", "If-Range"} {
		if l.Contains(name) {
			return true
		}
	}
	return false
}

func orDefault[T ~string](v, d T) T {
	if v == "" {
		return d
	}
	return v
}

func checkEnums(req *request, r *Request) error {
	switch {
	case !slices.Contains([]Mode{ModeCORS, ModeNoCORS, ModeSameOrigin, ModeNavigate}, req.mode):
		return fmt.Errorf("mode %q: write cors, no-cors or same-origin", req.mode)
	case req.mode == ModeNavigate && r.Initiator != InitiatorElement:
		return fmt.Errorf("mode navigate: scripts cannot ask for it")
	case !slices.Contains([]Credentials{CredentialsOmit, CredentialsSameOrigin, CredentialsInclude}, req.credentials):
		return fmt.Errorf("credentials %q: write omit, same-origin or include", req.credentials)
	case !slices.Contains([]Redirect{RedirectFollow, RedirectError, RedirectManual}, req.redirect):
		return fmt.Errorf("redirect %q: write follow, error or manual", req.redirect)
	case !slices.Contains([]Cache{CacheDefault, CacheNoStore, CacheReload, CacheNoCache, CacheForceCache, CacheOnlyIfCached}, req.cache):
		return fmt.Errorf("cache %q: write default, no-store, reload, no-cache, force-cache or only-if-cached", req.cache)
	case req.cache == CacheOnlyIfCached && req.mode != ModeSameOrigin:
		return fmt.Errorf("cache only-if-cached needs mode same-origin")
	case !req.referrerPolicy.valid():
		return fmt.Errorf("referrer policy %q is not one of the eight", req.referrerPolicy)
	case req.client.page.EmbedderPolicy != "" && !slices.Contains([]EmbedderPolicy{UnsafeNone, RequireCORP, Credentialless}, req.client.page.EmbedderPolicy):
		return fmt.Errorf("embedder policy %q: write unsafe-none, require-corp or credentialless", req.client.page.EmbedderPolicy)
	case !req.client.page.ReferrerPolicy.valid():
		return fmt.Errorf("the page's referrer policy %q is not one of the eight", req.client.page.ReferrerPolicy)
	}
	return nil
}

// kindOf is what Chromium's console calls the thing that asks.
func kindOf(r *Request) string {
	switch r.Initiator {
	case InitiatorFetch:
		return "fetch"
	case InitiatorXHR:
		return "XMLHttpRequest"
	}
	switch r.Destination {
	case DestinationScript:
		if r.module {
			return "module"
		}
	case DestinationStyle:
		return "CSS stylesheet"
	case DestinationNone:
		return "resource"
	}
	return string(r.Destination)
}
