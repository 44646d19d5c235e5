package fetch

import (
	"context"

	"github.com/concors/concors/fetch/reason"
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

// request is the standard's request, https://fetch.spec.whatwg.org/#concept-request.
// The constructor makes it from a Request and its client, and redirects change it.
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

	taint       redirectTaint // of the first taintLength URLs
	taintLength int

	originOf  *weburl.URL // the URL that urlOrigin is the origin of, or nil
	urlOrigin origin.Origin

	memory memory
}

func (r *request) url() *weburl.URL        { return r.urlList[0] }
func (r *request) currentURL() *weburl.URL { return r.urlList[len(r.urlList)-1] }

// currentOrigin returns the origin of the current URL. It is kept, because a dozen steps
// need it for each hop.
func (r *request) currentOrigin() origin.Origin {
	if u := r.currentURL(); r.originOf != u {
		r.originOf, r.urlOrigin = u, origin.Of(u)
	}
	return r.urlOrigin
}

// isOwnOrigin reports whether the request's current URL has the request's origin.
func isOwnOrigin(r *request) bool { return origin.SameOrigin(r.origin, r.currentOrigin()) }

// redirectTaint: https://fetch.spec.whatwg.org/#concept-request-tainted-origin.
// The first redirect away from the request's own origin does not taint. Any
// later change of origin does, even back to the own origin.
func (r *request) redirectTaint() redirectTaint {
	if len(r.urlList) == 1 {
		return redirectTaintSameOrigin
	}
	if r.taintLength != len(r.urlList) {
		r.taint, r.taintLength = r.computeRedirectTaint(), len(r.urlList)
	}
	return r.taint
}

func (r *request) computeRedirectTaint() redirectTaint {
	// 2–3.
	last := origin.Of(r.urlList[0])
	taint := redirectTaintSameOrigin
	for _, u := range r.urlList[1:] {
		o := origin.Of(u)
		// 4.2.
		if !origin.SameSite(o, last) && !origin.SameSite(r.origin, last) {
			return redirectTaintCrossSite
		}
		// 4.3.
		if !origin.SameOrigin(o, last) && !origin.SameOrigin(r.origin, last) {
			taint = redirectTaintSameSite
		}
		// 4.4.
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
	if r.redirectTaint() != redirectTaintSameOrigin && !r.taintIgnored() {
		return "null"
	}
	return r.origin.String()
}

// fetchParams is the state of one fetch, https://fetch.spec.whatwg.org/#fetch-params.
type fetchParams struct {
	ctx     context.Context
	agent   *Agent
	profile *Profile
	quirks  quirks
	request *request
	trace   Trace
}

func (f *fetchParams) step(s Step) { f.trace.Steps = append(f.trace.Steps, s) }

// note records a step without inputs that chose a path.
func (f *fetchParams) note(algorithm, fragment string, exchange int, outcome string) {
	f.step(Step{Algorithm: algorithm, Anchor: fetchSpec + fragment, Exchange: exchange, Outcome: outcome})
}

// fail records a blocking step and returns the network error. The fields of
// detail are kept; the others are taken from the request.
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

// presentOrNot is a header as a step's input.
func presentOrNot(name, value string, present bool) Input {
	if !present {
		return Input{name, "(absent)"}
	}
	return Input{name, value}
}

func orDefault[T ~string](v, d T) T {
	if v == "" {
		return d
	}
	return v
}
