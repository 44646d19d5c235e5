package proxyreport

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/paste"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// An outcome is how a request would have ended without the proxy.
type outcome struct {
	question request.Question
	result   *request.Result // nil if the question is not one that a browser can be asked
	verdict  request.Verdict
	why      string // what is not known, in a sentence
	// assumed means that the API's response to the preflight is not known, and was taken
	// for one that allows everything.
	assumed bool
	// preflight is the API's response to the page's preflight, and sent what was sent to
	// learn it.
	preflight *http.Response
	sent      []sentExchange
}

// first returns the result of the only browser.
func (o *outcome) first() *request.BrowserResult { return &o.result.Results[0] }

// judge makes a request again, as the page that made it, straight to the API. others are
// all kinds of requests, among which are those to which redirects lead.
func (k *kind) judge(ctx context.Context, others []*kind) (*outcome, error) {
	o := &outcome{question: k.question()}
	wire := &playback{first: k, others: others}
	switch {
	case k.asked != nil && k.asked.result != nil:
		return k.asked, nil
	case k.asked != nil:
		wire.preflight = k.asked.preflight
	}
	o.question.Transport = wire
	result, err := request.Run(ctx, o.question)
	if err != nil {
		// A browser does not send it, or its values were cut: it says nothing about the API.
		o.verdict, o.why = request.Unknown, "A browser would not make this request: "+err.Error()+"."
		return o, ctx.Err()
	}
	o.result, o.assumed = result, wire.assumed
	r := o.first()
	o.verdict = r.Verdict
	switch {
	case wire.missing:
		o.verdict, o.why = request.Unknown, "It was redirected, and the redirect's target was not requested through the proxy."
	case r.Verdict == request.Unreachable:
		o.verdict, o.why = request.Unknown, "The recorded response is not one that a browser reads."
	case r.Verdict == request.Blocked && r.Reason.CORS() && !r.Reason.Preflight() && k.status == http.StatusNotModified:
		o.verdict, o.why = request.Unknown, "The response is a 304: the headers of the cached response count too, and are not known."
	case r.Verdict == request.Blocked && !r.Reason.Preflight() && aboutOrigin(r.Reason) && k.origin != k.page:
		o.verdict, o.why = request.Unknown, "The API did not receive the page's Origin with it, on which its response may depend."
		if wire.preflight != nil {
			o.why = "The API allows the preflight. Its response to the request itself is not known: only GET and HEAD are sent again."
		}
	case r.Verdict == request.Allowed && wire.assumed:
		o.verdict, o.why = request.Unknown, "The response allows the page. Whether the API allows the preflight is not known: the proxy responded to it."
	}
	return o, nil
}

// aboutOrigin reports whether a reason is about the value of Access-Control-Allow-Origin.
func aboutOrigin(r reason.Reason) bool {
	switch r {
	case reason.MissingAllowOriginHeader, reason.AllowOriginMismatch:
		return true
	}
	return false
}

// question returns the request as the page would make it without the proxy.
func (k *kind) question() request.Question {
	q := request.Question{URL: k.url, From: k.page, Method: k.method, Header: k.header, As: "chromium"}
	element, isElement := paste.ElementFor(k.destination)
	switch {
	case isElement && k.method == http.MethodGet:
		q.Resource, q.Method, q.Header = element, "", nil
		if k.mode == "cors" && element != "font" {
			q.CrossOrigin = "anonymous"
			if len(k.cookies) > 0 {
				q.CrossOrigin = "use-credentials"
			}
		}
		return q
	case k.mode == "no-cors":
		q.Mode = k.mode
	}
	if len(k.cookies) > 0 {
		q.Credentials = "include"
	}
	return q
}

// A playback responds with what the API responded to the proxy.
type playback struct {
	first            *kind
	others           []*kind
	preflight        *http.Response // the API's, if it is known
	played           bool
	assumed, missing bool
}

var errNotRecorded = errors.New("not requested through the proxy")

// RoundTrip implements [http.RoundTripper].
func (t *playback) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	if wanted := r.Header.Get("Access-Control-Request-Method"); r.Method == http.MethodOptions && wanted != "" {
		if t.preflight != nil {
			return respond(r, t.preflight.StatusCode, t.preflight.Header), nil
		}
		t.assumed = true
		return respond(r, http.StatusNoContent, http.Header{
			"Access-Control-Allow-Origin":      {r.Header.Get("Origin")},
			"Access-Control-Allow-Credentials": {"true"},
			"Access-Control-Allow-Methods":     {wanted},
			"Access-Control-Allow-Headers":     {r.Header.Get("Access-Control-Request-Headers")},
		}), nil
	}
	from := t.first
	if t.played {
		url := r.URL.String()
		i := slices.IndexFunc(t.others, func(k *kind) bool {
			return k.page == t.first.page && k.method == r.Method && k.url == url
		})
		if i < 0 {
			t.missing = true
			return nil, errNotRecorded
		}
		from = t.others[i]
	}
	t.played = true
	header := http.Header{}
	for name, values := range from.response {
		switch strings.ToLower(name) {
		case "content-length", "content-encoding", "transfer-encoding": // the body is not recorded
		default:
			header[name] = values
		}
	}
	return respond(r, from.status, header), nil
}

func respond(r *http.Request, status int, header http.Header) *http.Response {
	return &http.Response{StatusCode: status, Status: itoa(status) + " " + http.StatusText(status), Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Body: http.NoBody, Request: r}
}

// cookiesNotKept returns the cookies that the response would not have set in the page's
// browser, if it was made with credentials.
func (k *kind) cookiesNotKept(ctx context.Context) []request.CookieNote {
	if len(k.response["Set-Cookie"]) == 0 || k.mode == "no-cors" || originOf(k.url) == "" {
		return nil
	}
	q := k.question()
	if q.Resource != "" {
		return nil
	}
	q.Credentials, q.Transport = "include", &playback{first: k}
	result, err := request.Run(ctx, q)
	if err != nil {
		return nil
	}
	for _, x := range result.Results[0].Exchanges {
		if !x.Preflight {
			return x.Refused
		}
	}
	return nil
}

// maxRedirects is how many recorded redirects a simulation follows.
const maxRedirects = 5

// withRecorded returns a result with the recorded exchanges that are not in it, because the
// request was not sent, or not to where a redirect leads: a simulation needs their responses.
func (k *kind) withRecorded(result *request.Result, others []*kind) *request.Result {
	out, r := *result, result.Results[0]
	r.Exchanges = slices.Clone(r.Exchanges)
	next := k
	if i := slices.IndexFunc(r.Exchanges, func(x request.Exchange) bool { return !x.Preflight }); i >= 0 {
		next = k.redirectedTo(others)
	}
	for range maxRedirects {
		if next == nil {
			break
		}
		if !slices.ContainsFunc(r.Exchanges, func(x request.Exchange) bool { return !x.Preflight && x.URL == next.url }) {
			r.Exchanges = append(r.Exchanges, next.exchange())
		}
		next = next.redirectedTo(others)
	}
	out.Results = []request.BrowserResult{r}
	return &out
}

// exchange returns the recorded exchange with the API, without the CORS headers, which were
// for the Origin that the proxy sent.
func (k *kind) exchange() request.Exchange {
	x := request.Exchange{Method: k.method, URL: k.url, Status: k.status, Headers: []request.Header{}, ResponseHeaders: []request.Header{}}
	for _, name := range sortedNames(k.response) {
		if strings.HasPrefix(strings.ToLower(name), "access-control-") {
			continue
		}
		for _, value := range k.response[name] {
			x.ResponseHeaders = append(x.ResponseHeaders, request.Header{Name: name, Value: value})
		}
	}
	return x
}

// redirectedTo returns the request to which the response redirects, or nil.
func (k *kind) redirectedTo(others []*kind) *kind {
	from, err := weburl.Parse(k.url, nil)
	if err != nil || k.status < 300 || k.status > 399 || k.response.Get("Location") == "" {
		return nil
	}
	to, err := weburl.Parse(k.response.Get("Location"), from)
	if err != nil {
		return nil
	}
	i := slices.IndexFunc(others, func(o *kind) bool { return o.page == k.page && o.url == to.StringWithoutFragment() })
	if i < 0 {
		return nil
	}
	return others[i]
}

func originOf(url string) string {
	o, err := origin.FromURL(url)
	if err != nil {
		return ""
	}
	return o.String()
}
