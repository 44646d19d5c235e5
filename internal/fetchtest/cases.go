package fetchtest

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// A Case is the least that leads to a reason: a request, and how servers respond.
type Case struct {
	Reason    reason.Reason
	Request   fetch.Request     // its URL is https://b.test/x if it has none
	Responses map[string]string // see Web
	Configure func(*fetch.Agent)
}

// Cases has a case for every reason.
var Cases = []Case{
	// The API refuses the call.
	{Reason: reason.InvalidURL, Request: fetch.Request{URL: "https://"}},
	{Reason: reason.URLContainsCredentials, Request: fetch.Request{URL: "https://u:p@b.test/x"}},
	{Reason: reason.InvalidMethod, Request: fetch.Request{Method: "A B"}},
	{Reason: reason.ForbiddenMethod, Request: fetch.Request{Method: "TRACE"}},
	{Reason: reason.InvalidHeader, Request: fetch.Request{Header: Headers("A B: 1")}},
	{Reason: reason.BodyNotAllowed, Request: fetch.Request{Body: fetch.TextBody("x")}},
	{Reason: reason.InvalidReferrer, Request: fetch.Request{Referrer: "https://"}},
	{Reason: reason.InvalidRequest, Request: fetch.Request{Mode: "any"}},
	{Reason: reason.NoCorsMethodNotSafelisted, Request: fetch.Request{Method: "PUT", Mode: fetch.ModeNoCORS}},
	{Reason: reason.NoCorsRedirectModeNotFollow, Request: fetch.Request{Mode: fetch.ModeNoCORS, Redirect: fetch.RedirectManual}},

	// Nothing is sent.
	{Reason: reason.DisallowedByMode, Request: fetch.Request{Mode: fetch.ModeSameOrigin}},
	{Reason: reason.CorsDisabledScheme, Request: fetch.Request{URL: "file:///x"}},
	{Reason: reason.InvalidDataURL, Request: fetch.Request{URL: "data:x"}},
	{Reason: reason.BlockedPort, Request: fetch.Request{URL: "https://b.test:25/"}},
	{Reason: reason.MixedContent, Request: fetch.Request{URL: "http://b.test/x"}},

	// The preflight.
	{Reason: reason.PreflightMissingAllowOriginHeader, Request: put, Responses: preflight("200")},
	{Reason: reason.PreflightMultipleAllowOriginValues, Request: put, Responses: preflight("200\nAccess-Control-Allow-Origin: *, *")},
	{Reason: reason.PreflightInvalidAllowOriginValue, Request: put, Responses: preflight("200\nAccess-Control-Allow-Origin: a.test")},
	{Reason: reason.PreflightAllowOriginMismatch, Request: put, Responses: preflight("200\nAccess-Control-Allow-Origin: https://c.test")},
	{Reason: reason.PreflightWildcardOriginNotAllowed, Request: withCredentials(put), Responses: preflight(AllowEverything)},
	{Reason: reason.PreflightInvalidAllowCredentials, Request: withCredentials(put), Responses: preflight("200\nAccess-Control-Allow-Origin: https://a.test")},
	{Reason: reason.PreflightInvalidStatus, Request: put, Responses: preflight(strings.Replace(AllowEverything, "204", "404", 1))},
	{Reason: reason.PreflightDisallowedRedirect, Request: put, Responses: preflight(strings.Replace(AllowEverything, "204", "308", 1) + "\nLocation: /elsewhere")},
	{Reason: reason.InvalidAllowMethodsPreflightResponse, Request: put, Responses: preflight(AllowEverything + "\nAccess-Control-Allow-Methods: A B")},
	{Reason: reason.InvalidAllowHeadersPreflightResponse, Request: put, Responses: preflight(AllowEverything + "\nAccess-Control-Allow-Headers: A B")},
	{Reason: reason.MethodDisallowedByPreflightResponse, Request: put, Responses: preflight(AllowAny)},
	{Reason: reason.HeaderDisallowedByPreflightResponse, Request: fetch.Request{Header: Headers("X: 1")}, Responses: preflight(AllowAny)},

	// The answer itself.
	{Reason: reason.MissingAllowOriginHeader, Responses: respond("200")},
	{Reason: reason.MultipleAllowOriginValues, Responses: respond("200\nAccess-Control-Allow-Origin: *, *")},
	{Reason: reason.InvalidAllowOriginValue, Responses: respond("200\nAccess-Control-Allow-Origin: a.test")},
	{Reason: reason.AllowOriginMismatch, Responses: respond("200\nAccess-Control-Allow-Origin: https://c.test")},
	{Reason: reason.WildcardOriginNotAllowed, Request: withCredentials(fetch.Request{}), Responses: respond(AllowAny)},
	{Reason: reason.InvalidAllowCredentials, Request: withCredentials(fetch.Request{}), Responses: respond("200\nAccess-Control-Allow-Origin: https://a.test")},

	// Redirects.
	{Reason: reason.RedirectModeError, Request: fetch.Request{Redirect: fetch.RedirectError}, Responses: redirect("/")},
	{Reason: reason.RedirectContainsCredentials, Responses: redirect("https://u:p@b.test/")},
	{Reason: reason.RedirectInvalidLocation, Responses: redirect("https://")},
	{Reason: reason.RedirectDisallowedScheme, Responses: redirect("data:,x")},
	{Reason: reason.RedirectBodyNotReplayable, Request: fetch.Request{URL: "https://a.test/x", Method: "POST", Body: fetch.StreamBody(strings.NewReader("s"))},
		Responses: map[string]string{"https://a.test/x": "307\nLocation: /"}},
	{Reason: reason.TooManyRedirects, Responses: redirect("/x")},
	{Reason: reason.StreamRequiresHTTP2, Request: fetch.Request{URL: "http://localhost/x", Method: "POST", Body: fetch.StreamBody(strings.NewReader("s"))},
		Responses: map[string]string{"OPTIONS http://localhost/x": AllowEverything}, Configure: func(a *fetch.Agent) { a.Profile = fetch.Chromium }},

	// Policies around CORS.
	{Reason: reason.CorpNotSameOrigin, Request: noCORS, Responses: respond("200\nCross-Origin-Resource-Policy: same-origin")},
	{Reason: reason.CorpNotSameSite, Request: noCORS, Responses: respond("200\nCross-Origin-Resource-Policy: same-site")},
	{Reason: reason.CorpNotSameOriginAfterDefaultedByCoep, Request: fetch.Request{Mode: fetch.ModeNoCORS, Page: &fetch.Page{URL: "https://a.test/", EmbedderPolicy: fetch.RequireCORP}}, Responses: respond("200")},
	{Reason: reason.OpaqueResponseBlocked, Request: noCORS, Responses: respond("200\nContent-Type: application/json\n\n{\"a\": 1}")},
	{Reason: reason.NosniffMIMETypeMismatch, Request: script, Responses: respond("200\nContent-Type: text/plain\nX-Content-Type-Options: nosniff")},
	{Reason: reason.MIMETypeNotAllowed, Request: script, Responses: respond("200\nContent-Type: image/png")},
	{Reason: reason.InsecureLocalNetwork, Request: fetch.Request{URL: "http://b.test/x", Page: &fetch.Page{URL: "http://a.test/", AddressSpace: fetch.SpacePublic}},
		Responses: map[string]string{"http://b.test/x": "200 from 10.0.0.1:80"}},
	{Reason: reason.InvalidLocalNetworkAccess, Request: fetch.Request{Page: publicPage, TargetAddressSpace: fetch.SpaceLoopback}, Responses: respond("200 from 10.0.0.1:443")},
	{Reason: reason.LocalNetworkAccessPermissionDenied, Request: fetch.Request{Page: publicPage}, Responses: respond("200 from 10.0.0.1:443")},

	// The network.
	{Reason: reason.ConnectionFailed},
	{Reason: reason.Timeout, Responses: respond("silence"), Configure: func(a *fetch.Agent) { a.Timeout = 10 * time.Millisecond }},
	{Reason: reason.Canceled, Responses: respond("silence")},
	{Reason: reason.InvalidResponse, Responses: respond(AllowAny + "\nContent-Encoding: gzip\n\nnot gzip")},
	{Reason: reason.ResponseTooLarge, Responses: respond(AllowAny + "\n\nbody"), Configure: func(a *fetch.Agent) { a.MaxBody = 3 }},
}

var (
	put        = fetch.Request{Method: "PUT"}
	noCORS     = fetch.Request{Mode: fetch.ModeNoCORS}
	script     = fetch.Request{Mode: fetch.ModeNoCORS, Destination: fetch.DestinationScript, Initiator: fetch.InitiatorElement}
	publicPage = &fetch.Page{URL: "https://a.test/", AddressSpace: fetch.SpacePublic}
)

func withCredentials(r fetch.Request) fetch.Request {
	r.Credentials = fetch.CredentialsInclude
	return r
}

// preflight responds to the preflight with text and allows the request itself.
func preflight(text string) map[string]string {
	return map[string]string{"OPTIONS https://b.test/x": text, "https://b.test/x": AllowAny}
}

func respond(text string) map[string]string { return map[string]string{"https://b.test/x": text} }

func redirect(location string) map[string]string {
	return respond("302\nAccess-Control-Allow-Origin: *\nLocation: " + location)
}

// Run makes the case's request and reads the response to its end. It returns the
// servers with what they received, and the error; both results are never nil.
func (c Case) Run(t testing.TB, p fetch.Profile) (*Web, *fetch.NetworkError) {
	t.Helper()
	w := NewWeb(c.Responses)
	agent := Agent(w, p)
	if c.Configure != nil {
		c.Configure(agent)
	}
	r := c.Request
	if r.URL == "" {
		r.URL = "https://b.test/x"
	}
	if r.Page == nil {
		r.Page = PageA
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if c.Reason == reason.Canceled {
		defer time.AfterFunc(10*time.Millisecond, cancel).Stop()
	}
	resp, err := agent.Fetch(ctx, &r)
	if err == nil {
		defer resp.Body.Close()
		_, err = io.Copy(io.Discard, resp.Body)
	}
	var blocked *fetch.NetworkError
	if !errors.As(err, &blocked) {
		t.Fatalf("%s: %v is not a NetworkError", c.Reason, err)
	}
	return w, blocked
}
