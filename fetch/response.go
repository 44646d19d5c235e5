package fetch

import (
	"errors"
	"io"
	"slices"

	"github.com/concors/concors/internal/field"
)

// ResponseType is a response's type, https://fetch.spec.whatwg.org/#concept-response-type.
type ResponseType string

// The types of the responses that a page can get.
const (
	TypeBasic          ResponseType = "basic"
	TypeCORS           ResponseType = "cors"
	TypeOpaque         ResponseType = "opaque"
	TypeOpaqueRedirect ResponseType = "opaqueredirect"
)

// A Response is a filtered response: exactly what the page may see. Body is never
// nil, and the caller must close it.
// https://fetch.spec.whatwg.org/#concept-filtered-response
type Response struct {
	Type       ResponseType
	Status     int // 0 for an opaque or opaque-redirect response
	StatusText string
	// URL is the last URL without its fragment. It is "" for an opaque response.
	URL        string
	Redirected bool
	// Header is what the page may read.
	Header HeaderList
	// Body is empty if the page may not read it. Past the agent's limit, reading
	// fails with a *NetworkError whose reason is ResponseTooLarge. Close ends the
	// fetch, even if the body is empty.
	Body io.ReadCloser

	// Internal is the response behind the filter, which the page cannot see.
	// Elements use it.
	Internal *InternalResponse

	Trace *Trace
}

// An InternalResponse is the response behind a filter.
type InternalResponse struct {
	URL    string
	Status int
	Header HeaderList
	// Body is the body that an element gets. If Response.Body is not empty, it is
	// the same: read only one of them.
	Body io.ReadCloser
}

// Hidden reports whether the fetch succeeded but the page cannot read the
// response: its type is opaque or opaqueredirect.
func (r *Response) Hidden() bool { return r.Type == TypeOpaque || r.Type == TypeOpaqueRedirect }

// response is a response before it is filtered.
type response struct {
	status                     int
	statusText                 string
	header                     HeaderList
	body                       io.ReadCloser
	url                        string // of its request, with fragment and credentials
	requestIncludesCredentials bool
	opaqueRedirect             bool
	exchange                   int // index in the trace
	space                      AddressSpace
}

// filter makes the filtered response for the request's tainting: step 14 of
// https://fetch.spec.whatwg.org/#main-fetch.
func (f *fetchParams) filter(r *response) *Response {
	out := &Response{
		Internal: &InternalResponse{URL: r.url, Status: r.status, Header: r.header, Body: r.body},
		Trace:    &f.trace,
	}
	req := f.request
	if r.opaqueRedirect {
		out.Type = TypeOpaqueRedirect
		out.URL = req.urlList[0].StringWithoutFragment()
		out.Body = hollowBody{r.body}
		f.note("filtered response", "#concept-filtered-response-opaque-redirect", r.exchange,
			"the page sees that there was a redirect, and nothing else")
		return out
	}
	switch req.tainting {
	case taintingBasic:
		// https://fetch.spec.whatwg.org/#concept-filtered-response-basic
		out.Type = TypeBasic
		out.Header = slices.DeleteFunc(slices.Clone(r.header), func(h Header) bool {
			return field.IsForbiddenResponseHeaderName(h.Name)
		})
		f.note("filtered response", "#concept-filtered-response-basic", r.exchange,
			"same origin: the page sees everything except Set-Cookie")
	case taintingCORS:
		out.Type = TypeCORS
		exposed := nameSet(f.corsExposedHeaderNames(r))
		// https://fetch.spec.whatwg.org/#concept-filtered-response-cors
		out.Header = slices.DeleteFunc(slices.Clone(r.header), func(h Header) bool {
			return !field.IsCORSSafelistedResponseHeaderName(h.Name) &&
				(field.IsForbiddenResponseHeaderName(h.Name) || !exposed[field.Lower(h.Name)])
		})
		value, present := r.header.Get("Access-Control-Expose-Headers")
		f.step(Step{
			Algorithm: "filtered response", Anchor: fetchSpec + "#concept-filtered-response-cors",
			Inputs:   []Input{presentOrNot("Access-Control-Expose-Headers", value, present)},
			Outcome:  "the page sees the status, the body, the seven safelisted headers and those that the server exposes",
			Exchange: r.exchange,
		})
	case taintingOpaque:
		out.Type = TypeOpaque
		out.Body = hollowBody{r.body}
		f.note("filtered response", "#concept-filtered-response-opaque", r.exchange,
			"the page sees that the fetch succeeded, but not the status, the headers or the body")
		return out
	}
	out.Status, out.StatusText = r.status, r.statusText
	out.URL = f.quirks.responseURL(req).StringWithoutFragment()
	out.Redirected = len(req.urlList) > 1
	out.Body = r.body
	return out
}

// corsExposedHeaderNames returns the names of the headers that the server exposes
// in addition to the safelisted ones: step 14.1 of
// https://fetch.spec.whatwg.org/#main-fetch.
func (f *fetchParams) corsExposedHeaderNames(r *response) []string {
	// 14.1.1. Extract Access-Control-Expose-Headers.
	names, _, ok := r.header.extract("Access-Control-Expose-Headers")
	if !ok {
		return nil
	}
	// 14.1.2. Without credentials, "*" exposes all headers.
	if f.request.credentials != CredentialsInclude && slices.Contains(names, "*") {
		return r.header.Names()
	}
	// 14.1.3. With credentials, "*" is the name of a header.
	return names
}

// noBody is an empty body.
var noBody io.ReadCloser = emptyBody{}

type emptyBody struct{}

func (emptyBody) Read([]byte) (int, error) { return 0, io.EOF }
func (emptyBody) Close() error             { return nil }

// errTooLarge is the error of a body that is larger than the limit.
var errTooLarge = errors.New("the body is larger than the limit")

// limitedBody reads at most left bytes and then fails, so that no server can make
// its client read forever.
type limitedBody struct {
	io.ReadCloser
	left int64
	fail func() error
}

func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		// The body may end here. It is too large only if another byte follows.
		var one [1]byte
		n, err := b.ReadCloser.Read(one[:])
		if n == 0 {
			return 0, err
		}
		return 0, b.fail()
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	return n, err
}
