package fetch_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/fetchtest"
)

func TestEveryReasonIsReached(t *testing.T) {
	reached := map[reason.Reason]bool{}
	for _, c := range fetchtest.Cases {
		t.Run(c.Reason.String(), func(t *testing.T) {
			w, err := c.Run(t, fetch.Standard)
			if err.Reason != c.Reason {
				t.Fatalf("%v, want %s", err, c.Reason)
			}
			reached[c.Reason] = true

			// The error and the reason agree with what was sent.
			requests, preflights := 0, 0
			for _, s := range w.Sent {
				if s.Method == "OPTIONS" {
					preflights++
				} else {
					requests++
				}
			}
			if r := err.Reason; r.Refused() && requests+preflights > 0 || r.Preflight() && (requests > 0 || preflights == 0) || err.Sent() && requests == 0 {
				t.Errorf("%s, sent %v", err, w.Sent)
			}
			if text := err.Error(); !strings.Contains(text, c.Reason.String()) || strings.Contains(text, "\n") || strings.HasSuffix(text, ".") {
				t.Errorf("the error says %q", text)
			}
			if steps := err.Trace.Steps; err.Reason != reason.ResponseTooLarge && steps[len(steps)-1].Result != fetch.Blocked {
				t.Errorf("the trace ends with %+v", steps[len(steps)-1])
			}
		})
	}
	for _, r := range reason.All() {
		if !reached[r] {
			t.Errorf("%s has no case", r)
		}
	}
}

// TestNetworkErrorText checks the complete text of errors.
func TestNetworkErrorText(t *testing.T) {
	for _, row := range []struct {
		err  fetch.NetworkError
		want string
	}{
		{fetch.NetworkError{Reason: reason.Timeout}, "Timeout: the fetch took longer than the time limit allows"},
		{fetch.NetworkError{Reason: reason.AllowOriginMismatch, Kind: "fetch", URL: "https://b.test/", Header: "Access-Control-Allow-Origin", Value: "x", Present: true},
			"fetch https://b.test/: AllowOriginMismatch (Access-Control-Allow-Origin: x): the response's Access-Control-Allow-Origin is not identical to the request's Origin"},
		{fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, Header: "Access-Control-Allow-Origin"},
			"MissingAllowOriginHeader (Access-Control-Allow-Origin): the response has no Access-Control-Allow-Origin header"},
		{fetch.NetworkError{Reason: reason.ForbiddenMethod, Method: "TRACE"}, "ForbiddenMethod (TRACE): scripts may not use the methods CONNECT, TRACE and TRACK"},
		{fetch.NetworkError{Reason: reason.MethodDisallowedByPreflightResponse}, "MethodDisallowedByPreflightResponse: Access-Control-Allow-Methods does not list the request's method"},
		{fetch.NetworkError{Reason: reason.ConnectionFailed, Err: io.EOF}, "ConnectionFailed: the server could not be reached, or the connection closed before a response arrived: EOF"},
	} {
		if got := row.err.Error(); got != row.want {
			t.Errorf("%q, want %q", got, row.want)
		}
		if !errors.Is(&row.err, row.err.Err) && row.err.Err != nil {
			t.Error("the cause is not unwrapped")
		}
		if row.err.Sent() {
			t.Error("an error without a trace claims that something was sent")
		}
	}
}
