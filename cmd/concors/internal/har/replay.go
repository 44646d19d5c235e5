package har

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// An outcome is what came of one exchange.
type outcome struct {
	verdict request.Verdict
	blocked *fetch.NetworkError // if the verdict is Blocked or Depends
	why     string              // what has to be said of it, in sentences; often ""
	// unpaired says that it needed a preflight and that none was recorded.
	unpaired bool
}

// The verdicts beyond [request.Allowed] and [request.Blocked].
const (
	// Depends is blocked if the request was sent with credentials, and else
	// allowed or unknown.
	Depends request.Verdict = "depends"
	// Unknown is where the recording does not hold what decides.
	Unknown request.Verdict = "unknown"
)

// first is the entry that the exchange is called by.
func (x *exchange) first() *entry {
	if x.alone != nil {
		return x.alone
	}
	return x.hops[0]
}

// page is the origin of the page that asked. A preflight always names it.
func (x *exchange) page() string {
	first := x.first()
	if p := first.preflight; p != nil && p.page != "" {
		return p.page
	}
	return first.page
}

// atHome reports whether no hop left the page's origin.
func (x *exchange) atHome() bool {
	if x.alone != nil || x.page() == "" {
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

// judge says what came of the exchange, if the recording tells enough of it.
func (x *exchange) judge() outcome {
	if x.page() == "" {
		return outcome{verdict: Unknown, why: "The recording does not tell which page asked; --from says it for all such requests."}
	}
	o := x.weigh()
	if x.shows(func(e *entry) bool { return e.tooLong }) { // the replay has found all hops
		return outcome{verdict: Unknown, why: "A value in it is longer than what is read of one."}
	}
	return o
}

// weigh makes the request again, with and without credentials unless the
// recording shows which it was.
func (x *exchange) weigh() outcome {
	if x.shows((*entry).hadCredentials) {
		return x.believe(x.replay(fetch.CredentialsInclude))
	}
	plain := x.replay(fetch.CredentialsSameOrigin)
	if x.shows(func(e *entry) bool { return e.withoutCredentials }) {
		return x.believe(plain)
	}
	credentialed := x.replay(fetch.CredentialsInclude)
	switch {
	case x.shows((*entry).hadCredentials): // after a redirect
		return x.believe(credentialed)
	case plain.verdict == request.Blocked || credentialed.verdict != request.Blocked:
		return x.believe(plain)
	case x.failure() == corsFailure:
		credentialed.why = "The browser says that it failed (" + corsFailure + "), and without credentials the rules have nothing against it. " +
			"That fits a request with credentials, of which the recording shows nothing."
		return credentialed
	case plain.verdict == Unknown:
		credentialed.verdict, credentialed.why = Depends, plain.why+" If it was made with credentials it was blocked; the recording does not say."
		return credentialed
	case x.failure() != "" || x.recordsFailures():
		return x.believe(plain)
	}
	credentialed.verdict = Depends
	credentialed.why = "The recording has no cookie of it, and does not say whether it was made with credentials: without, it was let in."
	return credentialed
}

// corsFailure is what Chromium records of what it blocks by CORS, among others.
const corsFailure = "net::ERR_FAILED"

// believe holds an outcome against what the browser recorded itself.
func (x *exchange) believe(o outcome) outcome {
	failure := x.failure()
	switch {
	case o.verdict == request.Allowed && failure != "":
		o.verdict = Unknown
		o.why = "CORS lets it in, as far as the recording shows. The browser says that it failed: " + failure + "."
	case o.verdict == request.Blocked && failure == "" && x.recordsFailures() && x.last().status != 0:
		o.why = "The browser did not record that it failed: an extension, a switch or a proxy may have put the rule out of force."
	}
	return o
}

func (x *exchange) last() *entry {
	if x.alone != nil {
		return x.alone
	}
	return x.hops[len(x.hops)-1]
}

func (x *exchange) failure() string { return x.last().failure }

// recordsFailures reports whether a request that failed is marked as such in the
// recording, or left out of it.
func (x *exchange) recordsFailures() bool { return x.first().marked }

// shows reports whether one of the entries shows something.
func (x *exchange) shows(what func(*entry) bool) bool {
	for _, hop := range x.hops {
		if what(hop) || hop.preflight != nil && what(hop.preflight) {
			return true
		}
	}
	return x.alone != nil && what(x.alone)
}

// hadCredentials reports whether the entry shows that it was sent with
// credentials: by a cookie, or by an Authorization header that the browser added
// itself. A script's own is asked leave for, and is none.
func (e *entry) hadCredentials() bool {
	return e.withCredentials ||
		e.header.Contains("authorization") && e.preflight != nil && !slices.Contains(e.preflight.names, "authorization")
}

// replay makes the request again with one credentials mode.
func (x *exchange) replay(credentials fetch.Credentials) outcome {
	t := &tape{exchange: x}
	agent := &fetch.Agent{Profile: *x.first().profile, Transport: t}
	response, err := agent.Fetch(context.Background(), x.request(credentials))
	var blocked *fetch.NetworkError
	switch {
	case err == nil:
		response.Body.Close()
		return outcome{verdict: request.Allowed, unpaired: t.unpaired}
	case t.missing != "":
		if failure := x.failure(); failure != "" {
			t.missing += " The browser says that it failed: " + strings.TrimSuffix(failure, ".") + "."
		}
		return outcome{verdict: Unknown, why: t.missing, unpaired: t.unpaired}
	case !errors.As(err, &blocked) || blocked.Reason.Unreachable():
		return outcome{verdict: Unknown, why: "The recorded answer is none that a server could have sent."}
	case blocked.Reason.Refused() || len(blocked.Trace.Exchanges) == 0 && x.last().status != 0:
		// What stops a request before it is sent has not stopped this one.
		return outcome{verdict: Unknown, why: "The browser sent it although " + blocked.Reason.String() + " should have stopped it: the recording does not show why."}
	case x.last().status == http.StatusNotModified && !blocked.Reason.Preflight():
		return outcome{verdict: Unknown, why: "The answer is 304: the headers of the stored answer count too, and the recording does not have them."}
	}
	return outcome{verdict: request.Blocked, blocked: blocked, unpaired: t.unpaired}
}

// request is what the page asked for.
func (x *exchange) request(credentials fetch.Credentials) *fetch.Request {
	page := request.PageOn(x.page())
	first := x.first()
	if first.kind != "" && first.kind != kindFetch && first.kind != kindXHR {
		element := fetch.Element{Kind: string(first.kind), URL: first.url.String(), CrossOrigin: fetch.Anonymous}
		if credentials == fetch.CredentialsInclude {
			element.CrossOrigin = fetch.UseCredentials
		}
		if r, err := element.Request(page); err == nil {
			return r
		}
	}
	r := &fetch.Request{Page: page, URL: first.url.String(), Method: first.method, Header: first.header, Credentials: credentials}
	if first.kind == kindXHR {
		r.Initiator = fetch.InitiatorXHR
	}
	preflight := first.preflight
	if x.alone != nil {
		preflight, r.Method, r.Header = x.alone, x.alone.asks, nil
	}
	if preflight != nil {
		// What the script set the browser asked leave for; the rest needs none,
		// or is the browser's own.
		r.Header = nil
		for _, name := range preflight.names {
			value, ok := first.header.Get(name)
			if !ok {
				value = unsafeValue(name)
			}
			r.Header.Append(name, value)
		}
		// Only an upload that is listened to makes a browser ask leave for this.
		r.UseCORSPreflight = len(preflight.names) == 0 && (r.Method == "GET" || r.Method == "HEAD" || r.Method == "POST")
	}
	return r
}

// unsafeValue is a value with which a header needs leave, for one whose own
// value was not recorded.
func unsafeValue(name string) string {
	switch name {
	case "content-type":
		return "application/json"
	case "accept", "accept-language", "content-language":
		return `"x"`
	case "range":
		return "bytes=-1"
	}
	return "x"
}

// A tape is the wire of a replay: it answers with what was recorded.
type tape struct {
	exchange *exchange
	played   int // hops
	// missing says what the recording does not hold; unpaired that a preflight
	// was answered that is not in it.
	missing  string
	unpaired bool
}

var errNotRecorded = errors.New("not in the recording")

// RoundTrip implements [net/http.RoundTripper].
func (t *tape) RoundTrip(r *http.Request) (*http.Response, error) {
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
	case x.alone != nil && preflight:
		if x.alone.status == 0 {
			return miss("It is a preflight that got no answer, and its request is not in the recording.")
		}
		return x.alone.response(r), nil
	case x.alone != nil:
		return miss("The server allows what this preflight asks for; the request itself is not in the recording.")
	case t.played == len(x.hops) && !x.follow():
		return miss("It was redirected, and where that led is not in the recording.")
	}
	hop := x.hops[t.played]
	switch {
	case !preflight && hop.status == 0 && hop.preflight != nil:
		return miss("Its preflight is allowed; the answer to the request itself is not in the recording.")
	case !preflight && hop.status == 0:
		return miss("The recording does not hold its answer.")
	case !preflight:
		t.played++
		return hop.response(r), nil
	case hop.preflight != nil && hop.preflight.status != 0:
		return hop.preflight.response(r), nil
	case hop.preflight != nil:
		return miss("Its preflight got no answer.")
	}
	t.unpaired = true
	if hop.status == 0 {
		return miss("It needed a preflight, and the recording holds neither that nor an answer: it may be the preflight that failed.")
	}
	// It was sent, so an earlier preflight has allowed it.
	return &http.Response{StatusCode: http.StatusNoContent, Status: "204 No Content", Body: http.NoBody, Request: r, Header: http.Header{
		"Access-Control-Allow-Origin":      {r.Header.Get("Origin")},
		"Access-Control-Allow-Credentials": {"true"},
		"Access-Control-Allow-Methods":     {r.Header.Get("Access-Control-Request-Method")},
		"Access-Control-Allow-Headers":     {r.Header.Get("Access-Control-Request-Headers")},
	}}, nil
}

// response is the recorded answer, without a body.
func (e *entry) response(r *http.Request) *http.Response {
	header := e.answer.Clone()
	if e.next != nil {
		header.Set("Location", e.next.String()) // not every recorder lists the header
	}
	for name, values := range header {
		for i, v := range values {
			values[i] = field.NormalizeValue(v)
		}
		header[name] = values
	}
	return &http.Response{StatusCode: e.status, Status: itoa(e.status) + " " + http.StatusText(e.status), Header: header, Body: http.NoBody, Request: r}
}
