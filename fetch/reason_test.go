package fetch_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// howToReach documents every reason by the least that leads to it: a request and
// what https://b.test/x (or the URL that answers says) answers.
var howToReach = []struct {
	reason  reason.Reason
	req     fetch.Request     // its URL is https://b.test/x if it has none
	answers map[string]string // by "METHOD URL" or URL
	set     func(*fetch.Agent)
}{
	// The API refuses the call.
	{reason: reason.InvalidURL, req: fetch.Request{URL: "https://"}},
	{reason: reason.URLContainsCredentials, req: fetch.Request{URL: "https://u:p@b.test/x"}},
	{reason: reason.InvalidMethod, req: fetch.Request{Method: "A B"}},
	{reason: reason.ForbiddenMethod, req: fetch.Request{Method: "TRACE"}},
	{reason: reason.InvalidHeader, req: fetch.Request{Header: list("A B: 1")}},
	{reason: reason.BodyNotAllowed, req: fetch.Request{Body: fetch.TextBody("x")}},
	{reason: reason.InvalidReferrer, req: fetch.Request{Referrer: "https://"}},
	{reason: reason.InvalidRequest, req: fetch.Request{Mode: "any"}},
	{reason: reason.NoCorsMethodNotSafelisted, req: fetch.Request{Method: "PUT", Mode: fetch.ModeNoCORS}},
	{reason: reason.NoCorsRedirectModeNotFollow, req: fetch.Request{Mode: fetch.ModeNoCORS, Redirect: fetch.RedirectManual}},

	// Nothing is sent.
	{reason: reason.DisallowedByMode, req: fetch.Request{Mode: fetch.ModeSameOrigin}},
	{reason: reason.CorsDisabledScheme, req: fetch.Request{URL: "file:///x"}},
	{reason: reason.InvalidDataURL, req: fetch.Request{URL: "data:x"}},
	{reason: reason.BlockedPort, req: fetch.Request{URL: "https://b.test:25/"}},
	{reason: reason.MixedContent, req: fetch.Request{URL: "http://b.test/x"}},

	// The preflight.
	{reason: reason.PreflightMissingAllowOriginHeader, req: putX, answers: preflight("200")},
	{reason: reason.PreflightMultipleAllowOriginValues, req: putX, answers: preflight("200\nAccess-Control-Allow-Origin: *, *")},
	{reason: reason.PreflightInvalidAllowOriginValue, req: putX, answers: preflight("200\nAccess-Control-Allow-Origin: a.test")},
	{reason: reason.PreflightAllowOriginMismatch, req: putX, answers: preflight("200\nAccess-Control-Allow-Origin: https://c.test")},
	{reason: reason.PreflightWildcardOriginNotAllowed, req: withCredentials(putX), answers: preflight(allowAll)},
	{reason: reason.PreflightInvalidAllowCredentials, req: withCredentials(putX), answers: preflight("200\nAccess-Control-Allow-Origin: https://a.test")},
	{reason: reason.PreflightInvalidStatus, req: putX, answers: preflight(strings.Replace(allowAll, "204", "404", 1))},
	{reason: reason.PreflightDisallowedRedirect, req: putX, answers: preflight(strings.Replace(allowAll, "204", "308", 1) + "\nLocation: /elsewhere")},
	{reason: reason.InvalidAllowMethodsPreflightResponse, req: putX, answers: preflight(allowAll + "\nAccess-Control-Allow-Methods: A B")},
	{reason: reason.InvalidAllowHeadersPreflightResponse, req: putX, answers: preflight(allowAll + "\nAccess-Control-Allow-Headers: A B")},
	{reason: reason.MethodDisallowedByPreflightResponse, req: putX, answers: preflight(open)},
	{reason: reason.HeaderDisallowedByPreflightResponse, req: fetch.Request{Header: list("X: 1")}, answers: preflight(open)},

	// The answer itself.
	{reason: reason.MissingAllowOriginHeader, answers: answer("200")},
	{reason: reason.MultipleAllowOriginValues, answers: answer("200\nAccess-Control-Allow-Origin: *, *")},
	{reason: reason.InvalidAllowOriginValue, answers: answer("200\nAccess-Control-Allow-Origin: a.test")},
	{reason: reason.AllowOriginMismatch, answers: answer("200\nAccess-Control-Allow-Origin: https://c.test")},
	{reason: reason.WildcardOriginNotAllowed, req: withCredentials(fetch.Request{}), answers: answer(open)},
	{reason: reason.InvalidAllowCredentials, req: withCredentials(fetch.Request{}), answers: answer("200\nAccess-Control-Allow-Origin: https://a.test")},

	// Redirects.
	{reason: reason.RedirectModeError, req: fetch.Request{Redirect: fetch.RedirectError}, answers: redirect("/")},
	{reason: reason.RedirectContainsCredentials, answers: redirect("https://u:p@b.test/")},
	{reason: reason.RedirectInvalidLocation, answers: redirect("https://")},
	{reason: reason.RedirectDisallowedScheme, answers: redirect("data:,x")},
	{reason: reason.RedirectBodyNotReplayable, req: fetch.Request{URL: "https://a.test/x", Method: "POST", Body: fetch.StreamBody(strings.NewReader("s"))},
		answers: map[string]string{"https://a.test/x": "307\nLocation: /"}},
	{reason: reason.TooManyRedirects, answers: redirect("/x")},
	{reason: reason.StreamRequiresHTTP2, req: fetch.Request{URL: "http://localhost/x", Method: "POST", Body: fetch.StreamBody(strings.NewReader("s"))},
		answers: map[string]string{"OPTIONS http://localhost/x": allowAll}, set: func(a *fetch.Agent) { a.Profile = fetch.Chromium }},

	// Policies around CORS.
	{reason: reason.CorpNotSameOrigin, req: noCORS, answers: answer("200\nCross-Origin-Resource-Policy: same-origin")},
	{reason: reason.CorpNotSameSite, req: noCORS, answers: answer("200\nCross-Origin-Resource-Policy: same-site")},
	{reason: reason.CorpNotSameOriginAfterDefaultedByCoep, req: fetch.Request{Mode: fetch.ModeNoCORS, Page: &fetch.Page{URL: "https://a.test/", EmbedderPolicy: fetch.RequireCORP}}, answers: answer("200")},
	{reason: reason.OpaqueResponseBlocked, req: noCORS, answers: answer("200\nContent-Type: application/json\n\n{\"a\": 1}")},
	{reason: reason.NosniffMIMETypeMismatch, req: script, answers: answer("200\nContent-Type: text/plain\nX-Content-Type-Options: nosniff")},
	{reason: reason.MIMETypeNotAllowed, req: script, answers: answer("200\nContent-Type: image/png")},
	{reason: reason.InsecureLocalNetwork, req: fetch.Request{URL: "http://b.test/x", Page: &fetch.Page{URL: "http://a.test/", AddressSpace: fetch.SpacePublic}},
		answers: map[string]string{"http://b.test/x": "200 from 10.0.0.1:80"}},
	{reason: reason.InvalidLocalNetworkAccess, req: fetch.Request{Page: publicPage, TargetAddressSpace: fetch.SpaceLoopback}, answers: answer("200 from 10.0.0.1:443")},
	{reason: reason.LocalNetworkAccessPermissionDenied, req: fetch.Request{Page: publicPage}, answers: answer("200 from 10.0.0.1:443")},

	// The network.
	{reason: reason.ConnectionFailed},
	{reason: reason.Timeout, answers: answer("silence"), set: func(a *fetch.Agent) { a.Timeout = 10 * time.Millisecond }},
	{reason: reason.Canceled, answers: answer("silence")}, // the test cancels what takes long
	{reason: reason.InvalidResponse, answers: answer(open + "\nContent-Encoding: gzip\n\nnot gzip")},
	{reason: reason.ResponseTooLarge, answers: answer(open + "\n\nbody"), set: func(a *fetch.Agent) { a.MaxBody = 3 }},
}

var (
	putX       = fetch.Request{Method: "PUT"}
	noCORS     = fetch.Request{Mode: fetch.ModeNoCORS}
	script     = fetch.Request{Mode: fetch.ModeNoCORS, Destination: fetch.DestinationScript, Initiator: fetch.InitiatorElement}
	publicPage = &fetch.Page{URL: "https://a.test/", AddressSpace: fetch.SpacePublic}
)

func preflight(text string) map[string]string {
	return map[string]string{"OPTIONS https://b.test/x": text, "https://b.test/x": open}
}
func answer(text string) map[string]string { return map[string]string{"https://b.test/x": text} }
func redirect(location string) map[string]string {
	return answer("302\nAccess-Control-Allow-Origin: *\nLocation: " + location)
}

func TestEveryReasonIsReached(t *testing.T) {
	reached := map[reason.Reason]bool{}
	for _, row := range howToReach {
		t.Run(row.reason.String(), func(t *testing.T) {
			w := newWeb(row.answers)
			agent := agentOn(w, fetch.Standard)
			if row.set != nil {
				row.set(agent)
			}
			if row.req.URL == "" {
				row.req.URL = "https://b.test/x"
			}
			if row.req.Page == nil {
				row.req.Page = pageA
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer time.AfterFunc(100*time.Millisecond, cancel).Stop()
			resp, err := agent.Fetch(ctx, &row.req)
			if err == nil {
				_, err = io.Copy(io.Discard, resp.Body)
			}
			var nerr *fetch.NetworkError
			if !errors.As(err, &nerr) || nerr.Reason != row.reason {
				t.Fatalf("%v, want %s", err, row.reason)
			}
			reached[row.reason] = true

			// What the error and the reason say of themselves fits what was sent.
			asked, preflights := 0, 0
			for _, s := range w.sent {
				if s.method == "OPTIONS" {
					preflights++
				} else {
					asked++
				}
			}
			if r := nerr.Reason; r.Refused() && asked+preflights > 0 || r.Preflight() && (asked > 0 || preflights == 0) || nerr.Sent() && asked == 0 {
				t.Errorf("%s, sent %v", err, w.sent)
			}
			if text := err.Error(); !strings.Contains(text, row.reason.String()) || strings.Contains(text, "\n") || strings.HasSuffix(text, ".") {
				t.Errorf("the error says %q", text)
			}
			if steps := nerr.Trace.Steps; nerr.Reason != reason.ResponseTooLarge && steps[len(steps)-1].Result != fetch.Blocked {
				t.Errorf("the trace ends with %+v", steps[len(steps)-1])
			}
		})
	}
	for _, r := range reason.All() {
		if !reached[r] {
			t.Errorf("%s is reached by no row", r)
		}
	}
}

func TestEveryReasonExplainsItself(t *testing.T) {
	names := map[string]bool{}
	for _, r := range reason.All() {
		name, why, anchor := r.String(), r.Explanation(), r.Anchor()
		if name == "" || strings.Contains(name, "(") || names[name] {
			t.Errorf("%d: name %q", r, name)
		}
		names[name] = true
		if !strings.HasSuffix(why, ".") || strings.Contains(why, "\n") || len(why) < 20 {
			t.Errorf("%s: explanation %q", name, why)
		}
		if !strings.HasPrefix(anchor, "https://") {
			t.Errorf("%s: anchor %q", name, anchor)
		}
		if text, err := json.Marshal(r); err != nil || string(text) != `"`+name+`"` {
			t.Errorf("%s as JSON: %s, %v", name, text, err)
		}
		n := 0
		for _, is := range []bool{r.Refused(), r.CORS(), r.Unreachable()} {
			if is {
				n++
			}
		}
		if n > 1 || r.Preflight() && !r.CORS() {
			t.Errorf("%s: refused %t, CORS %t, preflight %t, unreachable %t", name, r.Refused(), r.CORS(), r.Preflight(), r.Unreachable())
		}
	}
	if n := len(reason.All()); n < 40 || len(names) != n {
		t.Errorf("%d reasons, %d names", n, len(names))
	}
	for _, r := range []reason.Reason{0, 255} {
		if got := r.String(); got != fmt.Sprintf("Reason(%d)", r) || r.Explanation() != "" || r.Anchor() != "" || r.CORS() || r.Preflight() || r.Refused() || r.Unreachable() {
			t.Errorf("%d: %q %q %q", r, got, r.Explanation(), r.Anchor())
		}
	}
}

func TestEveryDeviationExplainsItself(t *testing.T) {
	seen := map[fetch.Deviation]bool{}
	for _, p := range fetch.Profiles() {
		for _, d := range p.Deviations() {
			seen[d] = true
			if d.String() == "" || !strings.HasSuffix(d.Explanation(), ".") || !strings.HasPrefix(d.Anchor(), "https://") {
				t.Errorf("%d: %q, %q, %q", d, d.String(), d.Explanation(), d.Anchor())
			}
			without := p.Without(d)
			if len(without.Deviations()) != len(p.Deviations())-1 {
				t.Errorf("%s without %s: %v", p.Name, d, without.Deviations())
			}
		}
		if none := len(p.Deviations()) == 0; none != (p.Name == "Standard") {
			t.Errorf("%s: %v", p.Name, p.Deviations())
		}
	}
	// One that no profile has is of no use.
	for d := fetch.Deviation(1); d.String() != ""; d++ {
		if !seen[d] {
			t.Errorf("no profile has %s", d)
		}
	}
}

// What an error says, whole.
func TestNetworkErrorText(t *testing.T) {
	for _, row := range []struct {
		err  fetch.NetworkError
		want string
	}{
		{fetch.NetworkError{Reason: reason.Timeout}, "Timeout: the time allowed for the fetch ran out"},
		{fetch.NetworkError{Reason: reason.AllowOriginMismatch, Kind: "fetch", URL: "https://b.test/", Header: "Access-Control-Allow-Origin", Value: "x", Present: true},
			"fetch https://b.test/: AllowOriginMismatch (Access-Control-Allow-Origin: x): the answer's Access-Control-Allow-Origin is not, byte for byte, the origin that asked"},
		{fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, Header: "Access-Control-Allow-Origin"},
			"MissingAllowOriginHeader (Access-Control-Allow-Origin): the answer has no Access-Control-Allow-Origin header"},
		{fetch.NetworkError{Reason: reason.ForbiddenMethod, Method: "TRACE"}, "ForbiddenMethod (TRACE): scripts may not use CONNECT, TRACE or TRACK"},
		{fetch.NetworkError{Reason: reason.MethodDisallowedByPreflightResponse}, "MethodDisallowedByPreflightResponse: Access-Control-Allow-Methods does not list the request's method"},
		{fetch.NetworkError{Reason: reason.ConnectionFailed, Err: io.EOF}, "ConnectionFailed: no connection to the server, or it was cut before an answer came: EOF"},
	} {
		if got := row.err.Error(); got != row.want {
			t.Errorf("%q, want %q", got, row.want)
		}
		if !errors.Is(&row.err, row.err.Err) && row.err.Err != nil {
			t.Error("the cause is not unwrapped")
		}
		if row.err.Sent() {
			t.Error("an error without a trace says that something was sent")
		}
	}
}
