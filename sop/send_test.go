package sop

import (
	"context"
	"net/http"
	"testing"

	"github.com/concors/concors/fetch"
)

// TestWritesAreSentAcrossOrigins tests that a server of another site gets the requests that the
// same-origin policy does not stop, and with which it can tell them apart.
func TestWritesAreSentAcrossOrigins(t *testing.T) {
	for _, tt := range []struct {
		name       string
		send       Send
		requests   string // the methods
		site, from string
		readable   bool
	}{
		{"a form", Send{By: Form, Method: "POST", Body: FormBody("", "a", "1")}, "POST", "cross-site", "https://app.example", false},
		{"a form with JSON's type", Send{By: Form, Method: "POST", Body: FormBody("application/json", "a", "1")}, "POST", "cross-site", "https://app.example", false},
		{"a form of a noreferrer", Send{By: Form, Method: "POST", NoReferrer: true}, "POST", "cross-site", "null", false},
		{"a beacon", Send{By: Beacon, Body: fetch.TextBody("x")}, "POST", "cross-site", "https://app.example", false},
		{"a beacon that needs a preflight", Send{By: Beacon, Body: fetch.BlobBody(nil, "application/json")}, "OPTIONS", "cross-site", "https://app.example", false},
		{"a ping", Send{By: Ping}, "POST", "cross-site", "https://app.example", false},
		{"a socket", Send{By: WebSocket}, "GET", "cross-site", "https://app.example", true},
		{"an event stream without CORS", Send{By: EventSource}, "GET", "cross-site", "https://app.example", false},
	} {
		s := tt.send
		s.Document, s.URL = load(t, Standard, Navigation{URL: pageURL}), otherURL
		agent := fetch.NewAgent(fetch.Standard)
		agent.Transport = fetch.HandlerTransport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		a, err := Standard.Send(context.Background(), agent, s)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		methods, site, from := "", "", ""
		for _, r := range a.Requests {
			methods += r.Method
			site, _ = r.Header.Get("Sec-Fetch-Site")
			from, _ = r.Header.Get("Origin")
		}
		if methods != tt.requests || site != tt.site || from != tt.from || a.Readable != tt.readable {
			t.Errorf("%s: %s with Sec-Fetch-Site %s and Origin %s, readable %v", tt.name, methods, site, from, a.Readable)
		}
	}
}
