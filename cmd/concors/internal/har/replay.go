package har

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// An outcome is the verdict on one exchange.
type outcome struct {
	verdict request.Verdict
	blocked *fetch.NetworkError // if the verdict is Blocked or Depends
	why     string              // what else there is to know, in sentences; often ""
	// preflightMissing means that the request needed a preflight and none was recorded.
	preflightMissing bool
}

// The verdicts beyond [request.Allowed] and [request.Blocked].
const (
	// Depends means blocked if the request was sent with credentials, and
	// otherwise allowed or unknown.
	Depends request.Verdict = "depends"
	// Unknown means that the recording does not show what decides.
	Unknown = request.Unknown
)

// first returns the entry that stands for the exchange.
func (x *exchange) first() *entry {
	if x.lonePreflight != nil {
		return x.lonePreflight
	}
	return x.hops[0]
}

// page returns the origin of the page. A preflight always names it.
func (x *exchange) page() string {
	first := x.first()
	if p := first.preflight; p != nil && p.page != "" {
		return p.page
	}
	return first.page
}

// scheme returns the scheme of the page's origin.
func (x *exchange) scheme() string {
	scheme, _, _ := strings.Cut(x.page(), ":")
	return scheme
}

// sameOrigin reports whether every hop stayed on the page's origin.
func (x *exchange) sameOrigin() bool {
	if x.lonePreflight != nil || x.page() == "" {
		return false
	}
	for _, hop := range x.hops {
		if origin.Of(hop.url).String() != x.page() {
			return false
		}
	}
	last := x.hops[len(x.hops)-1]
	return last.next == nil || origin.Of(last.next).String() == x.page()
}

// judge returns the verdict on the exchange.
func (x *exchange) judge() outcome {
	if x.page() == "" {
		return outcome{verdict: Unknown,
			why: "The recording does not show which page made the request; --from names the page for all such requests."}
	}
	o := x.tryCredentials()
	if o.verdict != request.Allowed && x.failure() == "" && strings.HasSuffix(x.scheme(), "-extension") {
		return outcome{verdict: Unknown, why: "An extension may request what its manifest lists (host_permissions), whatever the server says, " +
			"and the browser recorded no failure."}
	}
	if x.any(func(e *entry) bool { return e.truncated }) { // the replay has found all hops
		return outcome{verdict: Unknown, why: "One of its values is longer than the limit."}
	}
	return o
}

// tryCredentials repeats the request with and without credentials, unless the
// recording shows how it was made.
func (x *exchange) tryCredentials() outcome {
	if x.any((*entry).hadCredentials) {
		return x.reconcile(x.replay(fetch.CredentialsInclude))
	}
	plain := x.replay(fetch.CredentialsSameOrigin)
	if x.any(func(e *entry) bool { return e.withoutCredentials }) {
		return x.reconcile(plain)
	}
	credentialed := x.replay(fetch.CredentialsInclude)
	switch {
	case x.any((*entry).hadCredentials): // after a redirect
		return x.reconcile(credentialed)
	case plain.verdict == request.Blocked || credentialed.verdict != request.Blocked:
		return x.reconcile(plain)
	case isCORSFailure(x.failure()):
		credentialed.why = "The browser recorded that it failed (" + strings.TrimSuffix(x.failure(), ".") + "), and without credentials the rules allow it. " +
			"That fits a request with credentials, although the recording shows none."
		return credentialed
	case plain.verdict == Unknown:
		credentialed.verdict, credentialed.why = Depends, plain.why+" If it was made with credentials, it was blocked; the recording does not show that."
		return credentialed
	case x.failure() != "" || x.recordsFailures():
		return x.reconcile(plain)
	}
	credentialed.verdict = Depends
	credentialed.why = "The recording has no cookie for it, and does not show whether it was made with credentials. Without credentials it was allowed."
	return credentialed
}

// reconcile compares an outcome with what the browser itself recorded.
func (x *exchange) reconcile(o outcome) outcome {
	failure := x.failure()
	switch {
	case o.verdict == request.Allowed && failure != "":
		o.verdict = Unknown
		o.why = "CORS allows it, as far as the recording shows." + recorded(failure)
	case o.verdict == request.Blocked && beforeResponse(failure) && x.last().status == 0:
		o.verdict, o.blocked, o.why = Unknown, nil, strings.TrimSpace(recorded(failure)) // there are no headers to judge
	case o.verdict == request.Blocked && beforeResponse(failure):
		o.verdict, o.why = Unknown, "By the headers of the recorded response CORS would block it ("+o.blocked.Reason.String()+")."+recorded(failure)
		o.blocked = nil
	case o.verdict == request.Blocked && meaningIn(laterFailures, failure) != "":
		o.why = strings.TrimSpace(recorded(failure))
	case o.verdict == request.Blocked && failure == "" && x.recordsFailures() && x.last().status != 0:
		o.why = "The browser did not record that it failed: an extension, a setting or a proxy may have disabled the rule."
	}
	return o
}

// recorded says which error the browser recorded, and what it means.
func recorded(failure string) string {
	return strings.TrimSuffix(" The browser recorded that it failed: "+strings.TrimSuffix(failure, ".")+". "+meaningOf(failure), " ")
}

func (x *exchange) last() *entry {
	if x.lonePreflight != nil {
		return x.lonePreflight
	}
	return x.hops[len(x.hops)-1]
}

func (x *exchange) failure() string { return x.last().failure }

// recordsFailures reports whether a failed request is marked as failed in the
// recording, or missing from it.
func (x *exchange) recordsFailures() bool { return x.first().failuresMarked }

// any reports whether a condition holds for one of the entries.
func (x *exchange) any(condition func(*entry) bool) bool {
	for _, hop := range x.hops {
		if condition(hop) || hop.preflight != nil && condition(hop.preflight) {
			return true
		}
	}
	return x.lonePreflight != nil && condition(x.lonePreflight)
}

// hadCredentials reports whether the entry shows that it was sent with credentials:
// by a cookie, or by an Authorization header that the browser added. A script's own
// Authorization is named in the preflight, and is not a credential.
func (e *entry) hadCredentials() bool {
	return e.withCredentials ||
		e.header.Contains("authorization") && e.preflight != nil &&
			!slices.Contains(e.preflight.requestHeaders, "authorization")
}

// replay repeats the request with one credentials mode.
func (x *exchange) replay(credentials fetch.Credentials) outcome {
	t := &playback{exchange: x}
	agent := &fetch.Agent{Profile: *x.first().profile, Transport: t}
	response, err := agent.Fetch(context.Background(), x.request(credentials))
	var blocked *fetch.NetworkError
	switch {
	case err == nil:
		response.Body.Close()
		return outcome{verdict: request.Allowed, preflightMissing: t.preflightMissing}
	case t.missing != "":
		if to := x.loginPage(); to != "" {
			t.missing += " The server sent it on to a login page (" + secret.URL(to) + "): the session is over, or the request carried no login. " +
				"An API should respond with 401 instead."
		}
		if failure := x.failure(); failure != "" {
			t.missing += recorded(failure)
		}
		return outcome{verdict: Unknown, why: t.missing, preflightMissing: t.preflightMissing}
	case !errors.As(err, &blocked) || blocked.Reason.Unreachable():
		return outcome{verdict: Unknown, why: "The recorded response is not one that a server could have sent."}
	case blocked.Reason.Refused() || len(blocked.Trace.Exchanges) == 0 && x.last().status != 0:
		// This rule blocks a request before it is sent, and this one was sent.
		return outcome{verdict: Unknown, why: "The browser sent it although " + blocked.Reason.String() +
			" should have blocked it: the recording does not show why."}
	case x.last().status == http.StatusNotModified && !blocked.Reason.Preflight():
		return outcome{verdict: Unknown,
			why: "The response is a 304: the headers of the cached response count too, and the recording does not have them."}
	}
	return outcome{verdict: request.Blocked, blocked: blocked, preflightMissing: t.preflightMissing}
}

// loginPage returns the login page to which the request was redirected, or "".
func (x *exchange) loginPage() string {
	for _, hop := range x.hops {
		if hop.next != nil && fix.LooksLikeLogin(hop.next.String()) && !fix.LooksLikeLogin(hop.key) {
			return hop.next.String()
		}
	}
	return ""
}

// request returns the request as the page made it.
func (x *exchange) request(credentials fetch.Credentials) *fetch.Request {
	page := request.NewPage(x.page())
	first := x.first()
	if first.kind != "" && first.kind != kindFetch && first.kind != kindXHR {
		element := fetch.Element{Kind: string(first.kind), URL: first.url.String(),
			CrossOrigin: fetch.Anonymous}
		if credentials == fetch.CredentialsInclude {
			element.CrossOrigin = fetch.UseCredentials
		}
		if r, err := element.Request(page); err == nil {
			return r
		}
	}
	r := &fetch.Request{Page: page, URL: first.url.String(), Method: first.method, Header: first.header,
		Credentials: credentials}
	if first.kind == kindXHR {
		r.Initiator = fetch.InitiatorXHR
	}
	preflight := first.preflight
	if x.lonePreflight != nil {
		preflight, r.Method, r.Header = x.lonePreflight, x.lonePreflight.requestMethod, nil
	}
	if preflight != nil {
		// The preflight names the headers that the script set. The others need
		// no preflight, or were added by the browser.
		r.Header = nil
		for _, name := range preflight.requestHeaders {
			value, ok := first.header.Get(name)
			if !ok {
				value = field.CORSUnsafeValue(name)
			}
			r.Header.Append(name, value)
		}
		// Only an upload listener makes a browser preflight such a simple request.
		r.UseCORSPreflight = len(preflight.requestHeaders) == 0 && field.IsCORSSafelistedMethod(r.Method)
	}
	return r
}

// A playback is the transport of a replay: it responds with what was recorded.
type playback struct {
	exchange *exchange
	played   int // how many hops have been played
	// missing says what is not in the recording. preflightMissing means that a
	// preflight was allowed that is not in it.
	missing          string
	preflightMissing bool
}

var errNotRecorded = errors.New("not in the recording")

// RoundTrip implements [net/http.RoundTripper].
func (t *playback) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	miss := func(what string) (*http.Response, error) {
		t.missing = what
		return nil, errNotRecorded
	}
	preflight := r.Method == "OPTIONS" && r.Header.Get("Access-Control-Request-Method") != ""
	x := t.exchange
	switch {
	case x.lonePreflight != nil && preflight:
		if x.lonePreflight.status == 0 {
			return miss("It is a preflight without a response, and its request is not in the recording.")
		}
		return x.lonePreflight.httpResponse(r), nil
	case x.lonePreflight != nil:
		return miss("The server allows what this preflight requests; the request itself is not in the recording.")
	case t.played == len(x.hops) && !x.follow():
		return miss("It was redirected, and the request to the redirect's target is not in the recording.")
	}
	hop := x.hops[t.played]
	switch {
	case !preflight && hop.status == 0 && hop.preflight != nil:
		return miss("Its preflight is allowed; the response to the request itself is not in the recording.")
	case !preflight && hop.status == 0:
		return miss("The recording does not hold its response.")
	case !preflight:
		t.played++
		return hop.httpResponse(r), nil
	case hop.preflight != nil && hop.preflight.status != 0:
		return hop.preflight.httpResponse(r), nil
	case hop.preflight != nil:
		return miss("Its preflight got no response.")
	}
	t.preflightMissing = true
	if hop.status == 0 {
		return miss("It needed a preflight, and the recording holds neither the preflight nor a response: the preflight may have failed.")
	}
	// The request was sent, so an earlier preflight had allowed it.
	allowed := http.Header{
		"Access-Control-Allow-Origin":      {r.Header.Get("Origin")},
		"Access-Control-Allow-Credentials": {"true"},
		"Access-Control-Allow-Methods":     {r.Header.Get("Access-Control-Request-Method")},
		"Access-Control-Allow-Headers":     {r.Header.Get("Access-Control-Request-Headers")},
	}
	return &http.Response{StatusCode: http.StatusNoContent, Status: "204 No Content",
		Header: allowed, Body: http.NoBody, Request: r}, nil
}

// httpResponse returns the recorded response, without a body.
func (e *entry) httpResponse(r *http.Request) *http.Response {
	header := e.response.Clone()
	if e.next != nil {
		header.Set("Location", e.next.String()) // not every recorder lists the header
	}
	for name, values := range header {
		for i, v := range values {
			values[i] = field.NormalizeValue(v)
		}
		header[name] = values
	}
	return &http.Response{StatusCode: e.status, Status: itoa(e.status) + " " + http.StatusText(e.status),
		Header: header, Body: http.NoBody, Request: r}
}
