package fetch

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/weburl"
)

// newRequest makes the standard's request from the caller's: the Request
// constructor, https://fetch.spec.whatwg.org/#dom-request. The numbers below are
// the constructor's steps. XMLHttpRequest and elements share the parts that the
// standards have in common.
//
// The referrer (step 14) comes last. To the page each error is a TypeError, so the
// order only decides which one is reported. A string is the only input (6, 13, 34,
// 38, 41). The context stands for the signal (26, 29, 30). The members window,
// integrity, keepalive, priority and duplex are not implemented.
func (f *fetchParams) newRequest(r *Request) (*request, *NetworkError) {
	var req *request
	var dropped HeaderList
	refused := func() (err *NetworkError) {
		if req, err = newRequestFor(r, f.quirks); err != nil {
			return err
		}
		if err = setMethod(req, r); err != nil {
			return err
		}
		if dropped, err = f.setHeaders(req, r); err != nil {
			return err
		}
		if err = f.setBody(req, r); err != nil {
			return err
		}
		f.quirks.requestConstructed(req)
		return f.setReferrer(req, r)
	}()
	if refused != nil {
		refused.Kind, refused.URL = kindOf(r), r.URL
		return nil, f.fail(refused.Reason, -1, *refused)
	}
	f.request = req
	outcome := "the page's request, as " + req.kind + " makes it"
	if len(dropped) > 0 {
		outcome += "; silently dropped: " + strings.Join(dropped.Names(), ", ")
	}
	f.step(Step{
		Algorithm: "fetch", Anchor: fetchSpec + "#concept-fetch",
		Inputs: []Input{
			{"page origin", req.origin.String()}, {"method", req.method}, {"URL", req.url().String()},
			{"mode", string(req.mode)}, {"credentials mode", string(req.credentials)},
		},
		Outcome: outcome, Exchange: -1, Deviation: f.quirks.constructorDeviation(req),
	})
	return req, nil
}

// newRequestFor parses the URL and sets the members that need no algorithm.
func newRequestFor(r *Request, q quirks) (*request, *NetworkError) {
	// 3. The base URL is the page's.
	env, err := r.Page.environment(q)
	if err != nil {
		return nil, &NetworkError{Reason: reason.InvalidRequest, Err: err}
	}
	// 5. Parse the URL. fetch() takes no user name and password.
	u, err := q.parseURL(r.URL, env.url)
	if err != nil {
		return nil, &NetworkError{Reason: reason.InvalidURL, Err: err}
	}
	if u.HasCredentials() && r.Initiator == InitiatorFetch {
		return nil, &NetworkError{Reason: reason.URLContainsCredentials}
	}
	// 12–13, 15–22. The members.
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
	if err := checkMembers(req, r); err != nil {
		return nil, &NetworkError{Reason: reason.InvalidRequest, Err: err}
	}
	return req, nil
}

// checkMembers checks what Web IDL checks of enumerations, and steps 17 and 21.
func checkMembers(req *request, r *Request) error {
	page := req.client.page
	switch {
	case !oneOf(req.mode, ModeCORS, ModeNoCORS, ModeSameOrigin, ModeNavigate):
		return fmt.Errorf("mode %q: write cors, no-cors or same-origin", req.mode)
	case req.mode == ModeNavigate && r.Initiator != InitiatorElement:
		return fmt.Errorf("mode navigate: only elements can use it")
	case !oneOf(req.credentials, CredentialsOmit, CredentialsSameOrigin, CredentialsInclude):
		return fmt.Errorf("credentials %q: write omit, same-origin or include", req.credentials)
	case !oneOf(req.redirect, RedirectFollow, RedirectError, RedirectManual):
		return fmt.Errorf("redirect %q: write follow, error or manual", req.redirect)
	case !oneOf(req.cache, CacheDefault, CacheNoStore, CacheReload, CacheNoCache, CacheForceCache, CacheOnlyIfCached):
		return fmt.Errorf("cache %q: write default, no-store, reload, no-cache, force-cache or only-if-cached", req.cache)
	case req.cache == CacheOnlyIfCached && req.mode != ModeSameOrigin:
		return fmt.Errorf("cache only-if-cached needs mode same-origin")
	case !req.referrerPolicy.valid():
		return fmt.Errorf("unknown referrer policy %q", req.referrerPolicy)
	case !oneOf(page.EmbedderPolicy, "", UnsafeNone, RequireCORP, Credentialless):
		return fmt.Errorf("embedder policy %q: write unsafe-none, require-corp or credentialless", page.EmbedderPolicy)
	case !page.ReferrerPolicy.valid():
		return fmt.Errorf("unknown referrer policy %q of the page", page.ReferrerPolicy)
	}
	return nil
}

func oneOf[T comparable](v T, valid ...T) bool { return slices.Contains(valid, v) }

func setMethod(req *request, r *Request) *NetworkError {
	// 25. A valid method that is not forbidden, normalized.
	method := r.Method
	if method == "" {
		method = "GET"
	}
	if !field.IsToken(method) {
		return &NetworkError{Reason: reason.InvalidMethod, Method: method}
	}
	if field.IsForbiddenMethod(method) {
		return &NetworkError{Reason: reason.ForbiddenMethod, Method: method}
	}
	req.method = field.NormalizeMethod(method)
	// 32.1. In no-cors mode the method must be safelisted.
	if req.mode == ModeNoCORS && !field.IsCORSSafelistedMethod(req.method) {
		return &NetworkError{Reason: reason.NoCorsMethodNotSafelisted, Method: req.method}
	}
	return nil
}

func (f *fetchParams) setHeaders(req *request, r *Request) (dropped HeaderList, err *NetworkError) {
	// 31–33. Fill a Headers object whose guard depends on the mode.
	for _, h := range r.Header {
		if !field.IsToken(h.Name) || !field.ValidValue(field.NormalizeValue(h.Value)) {
			return nil, &NetworkError{Reason: reason.InvalidHeader, Header: h.Name, Value: h.Value, Present: true}
		}
	}
	req.header, dropped = r.Header.fill(req.mode, f.quirks)
	if r.Initiator == InitiatorXHR {
		// XMLHttpRequest combines: https://xhr.spec.whatwg.org/#the-setrequestheader()-method.
		req.header = req.header.combine()
	}
	return f.quirks.headersSet(req, dropped), nil
}

func (f *fetchParams) setBody(req *request, r *Request) *NetworkError {
	req.body = f.quirks.bodyInit(r.Body)
	if req.body == nil {
		return nil
	}
	// 35. GET and HEAD have no body.
	if req.method == "GET" || req.method == "HEAD" {
		if r.Initiator != InitiatorXHR {
			return &NetworkError{Reason: reason.BodyNotAllowed, Method: req.method}
		}
		f.quirks.xhrBodyIgnored(req)
		req.body = nil // as in https://xhr.spec.whatwg.org/#the-send()-method
		return nil
	}
	// 37.4. The body's type becomes the Content-Type unless there is one.
	if req.body.ContentType != "" && !req.header.Contains("Content-Type") {
		h := Header{"Content-Type", req.body.ContentType}
		if req.mode != ModeNoCORS || isNoCORSSafelistedRequestHeader(h, f.quirks) || f.quirks.bodyTypeNotGuarded() {
			req.header = append(req.header, h)
			f.quirks.bodyTypeSet(req)
		}
	}
	f.setCharset(req)
	// 39. A body without a source needs a mode in which it is preflighted.
	if req.body.Stream != nil {
		if err := f.quirks.streamBody(); err != nil {
			return err
		}
		if req.mode != ModeSameOrigin && req.mode != ModeCORS {
			err := errors.New("a stream can only be a body in cors or same-origin mode")
			return &NetworkError{Reason: reason.InvalidRequest, Err: err}
		}
		req.useCORSPreflight = true
	}
	return nil
}

func (f *fetchParams) setReferrer(req *request, r *Request) *NetworkError {
	// 14. The referrer.
	ref, err := referrerOf(r, req.client, f.quirks)
	if err != nil {
		return &NetworkError{Reason: reason.InvalidReferrer, Err: err}
	}
	req.referrer = ref
	return nil
}

// kindOf returns Chromium's console name for what makes the request.
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
