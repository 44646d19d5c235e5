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

// A Case is the smallest example of a reason: a request, and how servers respond.
// docs/reasons.md shows each case with its reason.
type Case struct {
	Reason    reason.Reason
	Request   fetch.Request     // without a URL or Page, it is of page for url
	Responses map[string]string // see Web
	Configure func(*fetch.Agent)
}

// The page and the URL of most cases.
const (
	page = "https://app.example/"
	url  = "https://api.example/items"
)

// Cases has a case for every reason.
var Cases = []Case{
	// fetch() or XMLHttpRequest refuses the call.
	{Reason: reason.InvalidURL, Request: fetch.Request{URL: "https://"}},
	{Reason: reason.URLContainsCredentials, Request: fetch.Request{URL: "https://user:secret@api.example/items"}},
	{Reason: reason.InvalidMethod, Request: fetch.Request{Method: "A B"}},
	{Reason: reason.ForbiddenMethod, Request: fetch.Request{Method: "TRACE"}},
	{Reason: reason.InvalidHeader, Request: fetch.Request{Header: Headers("A B: 1")}},
	{Reason: reason.BodyNotAllowed, Request: fetch.Request{Body: fetch.TextBody("x")}},
	{Reason: reason.InvalidReferrer, Request: fetch.Request{Referrer: "https://"}},
	{Reason: reason.InvalidRequest, Request: fetch.Request{Mode: "any"}},
	{Reason: reason.NoCorsMethodNotSafelisted, Request: fetch.Request{Method: "PUT", Mode: fetch.ModeNoCORS}},
	{Reason: reason.NoCorsRedirectModeNotFollow, Request: fetch.Request{Mode: fetch.ModeNoCORS, Redirect: fetch.RedirectManual}},

	// The request is blocked before anything is sent.
	{Reason: reason.DisallowedByMode, Request: fetch.Request{Mode: fetch.ModeSameOrigin}},
	{Reason: reason.CorsDisabledScheme, Request: fetch.Request{URL: "file:///home/me/items.json"}},
	{Reason: reason.InvalidDataURL, Request: fetch.Request{URL: "data:text/plain"}},
	{Reason: reason.BlockedPort, Request: fetch.Request{URL: "https://api.example:25/items"}},
	{Reason: reason.MixedContent, Request: fetch.Request{URL: "http://api.example/items"}},

	// The preflight.
	{Reason: reason.PreflightMissingAllowOriginHeader, Request: put, Responses: preflight("200")},
	{Reason: reason.PreflightMultipleAllowOriginValues, Request: put,
		Responses: preflight("200\nAccess-Control-Allow-Origin: https://app.example, https://www.example")},
	{Reason: reason.PreflightInvalidAllowOriginValue, Request: put, Responses: preflight("200\nAccess-Control-Allow-Origin: app.example")},
	{Reason: reason.PreflightAllowOriginMismatch, Request: put, Responses: preflight("200\nAccess-Control-Allow-Origin: https://www.example")},
	{Reason: reason.PreflightWildcardOriginNotAllowed, Request: withCredentials(put), Responses: preflight(AllowEverything)},
	{Reason: reason.PreflightInvalidAllowCredentials, Request: withCredentials(put),
		Responses: preflight("200\nAccess-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Credentials: True")},
	{Reason: reason.PreflightInvalidStatus, Request: put, Responses: preflight(strings.Replace(AllowEverything, "204", "405", 1))},
	{Reason: reason.PreflightDisallowedRedirect, Request: put,
		Responses: preflight(strings.Replace(AllowEverything, "204", "308", 1) + "\nLocation: /items/")},
	{Reason: reason.InvalidAllowMethodsPreflightResponse, Request: put, Responses: preflight(AllowAny + "\nAccess-Control-Allow-Methods: GET PUT")},
	{Reason: reason.InvalidAllowHeadersPreflightResponse, Request: put,
		Responses: preflight(AllowAny + "\nAccess-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: content-type x-id")},
	{Reason: reason.MethodDisallowedByPreflightResponse, Request: put, Responses: preflight(AllowAny + "\nAccess-Control-Allow-Methods: GET, POST")},
	{Reason: reason.HeaderDisallowedByPreflightResponse, Request: fetch.Request{Header: Headers("X-Id: 1")},
		Responses: preflight(AllowAny + "\nAccess-Control-Allow-Headers: content-type")},

	// The request is blocked when it is about to be sent.
	{Reason: reason.NotCached, Request: fetch.Request{URL: "https://app.example/items", Mode: fetch.ModeSameOrigin, Cache: fetch.CacheOnlyIfCached}},
	{Reason: reason.LoginBodyNotReplayable, Request: fetch.Request{URL: page + "items", Method: "POST", Body: stream},
		Responses: map[string]string{page + "items": "401\nWWW-Authenticate: Basic realm=x"}},
	{Reason: reason.StreamRequiresHTTP2, Request: fetch.Request{URL: "http://localhost/items", Method: "POST", Body: stream},
		Responses: map[string]string{"OPTIONS http://localhost/items": AllowEverything}},

	// The CORS check on the response itself.
	{Reason: reason.MissingAllowOriginHeader, Responses: respond("200")},
	{Reason: reason.MultipleAllowOriginValues, Responses: respond("200\nAccess-Control-Allow-Origin: https://app.example, https://www.example")},
	{Reason: reason.InvalidAllowOriginValue, Responses: respond("200\nAccess-Control-Allow-Origin: app.example")},
	{Reason: reason.AllowOriginMismatch, Responses: respond("200\nAccess-Control-Allow-Origin: https://www.example")},
	{Reason: reason.WildcardOriginNotAllowed, Request: withCredentials(fetch.Request{}), Responses: respond(AllowAny)},
	{Reason: reason.InvalidAllowCredentials, Request: withCredentials(fetch.Request{}),
		Responses: respond("200\nAccess-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Credentials: True")},

	// Redirects.
	{Reason: reason.RedirectModeError, Request: fetch.Request{Redirect: fetch.RedirectError}, Responses: redirect("/v2/items")},
	{Reason: reason.RedirectContainsCredentials, Responses: redirect("https://user:secret@api.example/v2/items")},
	{Reason: reason.RedirectInvalidLocation, Responses: redirect("https://api.example:port/")},
	{Reason: reason.RedirectDisallowedScheme, Responses: redirect("mailto:someone@api.example")},
	{Reason: reason.RedirectBodyNotReplayable, Request: fetch.Request{URL: page + "items", Method: "POST", Body: stream},
		Responses: map[string]string{page + "items": "307\nLocation: /v2/items"}},
	{Reason: reason.TooManyRedirects, Responses: redirect("/items")},

	// Policies around CORS.
	{Reason: reason.CorpNotSameOrigin, Request: image, Responses: respond("200\nCross-Origin-Resource-Policy: same-origin")},
	{Reason: reason.CorpNotSameSite, Request: image, Responses: respond("200\nCross-Origin-Resource-Policy: same-site")},
	{Reason: reason.CorpNotSameOriginAfterDefaultedByCoep, Request: from(&fetch.Page{URL: page, EmbedderPolicy: fetch.RequireCORP}, image), Responses: respond("200")},
	{Reason: reason.OpaqueResponseBlocked, Request: image, Responses: respond("200\nContent-Type: application/json\n\n{\"a\": 1}")},
	{Reason: reason.NosniffMIMETypeMismatch, Request: script, Responses: respond("200\nContent-Type: text/plain\nX-Content-Type-Options: nosniff")},
	{Reason: reason.MIMETypeNotAllowed, Request: script, Responses: respond("200\nContent-Type: image/png")},
	{Reason: reason.InsecureLocalNetwork, Request: fetch.Request{URL: "http://api.example/items", Page: &fetch.Page{URL: "http://app.example/", AddressSpace: fetch.SpacePublic}},
		Responses: map[string]string{"http://api.example/items": "200 from 10.0.0.1:80"}},
	{Reason: reason.InvalidLocalNetworkAccess, Request: fetch.Request{Page: publicPage, TargetAddressSpace: fetch.SpaceLoopback},
		Responses: respond("200 from 10.0.0.1:443")},
	{Reason: reason.LocalNetworkAccessPermissionDenied, Request: fetch.Request{Page: publicPage}, Responses: respond("200 from 10.0.0.1:443")},

	// The network, and the limits of package fetch.
	{Reason: reason.ConnectionFailed},
	{Reason: reason.Timeout, Responses: respond("silence"), Configure: func(a *fetch.Agent) { a.Timeout = 10 * time.Millisecond }},
	{Reason: reason.Canceled, Responses: respond("silence")},
	{Reason: reason.InvalidResponse, Responses: respond(AllowAny + "\nContent-Encoding: gzip\n\nnot gzip")},
	{Reason: reason.ResponseTooLarge, Responses: respond(AllowAny + "\n\nbody"), Configure: func(a *fetch.Agent) { a.MaxBody = 3 }},
}

var (
	put        = fetch.Request{Method: "PUT"}
	image      = fetch.Request{Mode: fetch.ModeNoCORS, Destination: fetch.DestinationImage, Initiator: fetch.InitiatorElement}
	script     = fetch.Request{Mode: fetch.ModeNoCORS, Destination: fetch.DestinationScript, Initiator: fetch.InitiatorElement}
	publicPage = &fetch.Page{URL: page, AddressSpace: fetch.SpacePublic}
	stream     = fetch.StreamBody(strings.NewReader("read once"))
)

func withCredentials(r fetch.Request) fetch.Request {
	r.Credentials = fetch.CredentialsInclude
	return r
}

func from(page *fetch.Page, r fetch.Request) fetch.Request {
	r.Page = page
	return r
}

// preflight responds to the preflight with text, and allows the request itself.
func preflight(text string) map[string]string {
	return map[string]string{"OPTIONS " + url: text, url: AllowAny}
}

func respond(text string) map[string]string { return map[string]string{url: text} }

func redirect(location string) map[string]string {
	return respond("302\nAccess-Control-Allow-Origin: *\nLocation: " + location)
}

// FullRequest returns the case's request, with its page and URL.
func (c Case) FullRequest() fetch.Request {
	r := c.Request
	if r.URL == "" {
		r.URL = url
	}
	if r.Page == nil {
		r.Page = &fetch.Page{URL: page}
	}
	return r
}

// Run makes the case's request and reads the response to its end. It returns the
// servers with what they received, and the error. Neither is nil.
func (c Case) Run(t testing.TB, p fetch.Profile) (*Web, *fetch.NetworkError) {
	t.Helper()
	w := NewWeb(c.Responses)
	agent := Agent(w, p)
	if c.Configure != nil {
		c.Configure(agent)
	}
	r := c.FullRequest()
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
