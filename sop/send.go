package sop

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A Sender is a part of a page that makes a request: an element, a property of a style sheet, or an
// API. Those that package fetch has as elements are senders too, under the name of their kind.
type Sender string

// The senders that are not elements of package fetch.
const (
	BackgroundImage Sender = "background-image" // and border-image, list-style-image, cursor
	MaskImage       Sender = "mask-image"       // and shape-outside
	ModulePreload   Sender = "modulepreload"
	Preload         Sender = "preload"
	Prefetch        Sender = "prefetch"
	Preconnect      Sender = "preconnect"
	Icon            Sender = "icon"
	EmbedElement    Sender = "embed"
	ObjectElement   Sender = "object"
	EventSource     Sender = "EventSource"
	WebSocket       Sender = "WebSocket"
	Beacon          Sender = "sendBeacon"
	Ping            Sender = "ping"
	XSLT            Sender = "xslt"
	ReportURI       Sender = "report-uri"
	Form            Sender = "form"
)

// Send is a page that makes a request.
type Send struct {
	Document *Document
	By       Sender
	URL      string
	// CrossOrigin is the attribute of an element. [fetch.UseCredentials] is also the
	// withCredentials of an EventSource.
	CrossOrigin fetch.CrossOrigin
	// As is the destination of a Preload, "" for as=fetch.
	As fetch.Destination
	// Body is what a Beacon or a Form with the method POST sends.
	Body *fetch.Body
	// Method is that of a Form: GET, POST or dialog. "" means GET.
	Method string
	// NoReferrer is set for a Form with rel=noreferrer.
	NoReferrer bool
}

// SendAnswer is the answer to Send.
type SendAnswer struct {
	Decision
	// Requests are the requests that were sent, in order, preflights too. The server has carried
	// them out even if the verdict is Refused, which says only that the page does not get the response.
	Requests []fetch.Exchange
	// Readable reports whether the page may read the response: that of an EventSource or WebSocket
	// for example, but not that of a beacon.
	Readable bool
	// Exception is what a script sees at once, "" for nothing.
	Exception string
}

// Send decides what the page sends, and what it gets. The agent's profile should be p.Fetch. The
// same-origin policy stops no request of these but those of a sender that uses CORS and needs a
// preflight; what stops them is the server: by Sec-Fetch-Site or Origin, by SameSite cookies, or by a token.
//
// The verdict is NotKnown if the browser decides by itself whether it makes the request. The error is
// that of a sender or a URL that is not valid.
func (p *Profile) Send(ctx context.Context, agent *fetch.Agent, s Send) (SendAnswer, error) {
	var a SendAnswer
	q := quirks{p}
	u, err := weburl.Parse(s.URL, s.Document.BaseURL())
	if err != nil {
		return a, err
	}
	input := []fetch.Input{{Name: "sender", Value: string(s.By)}, {Name: "URL", Value: shorten(s.URL)}}
	own := origin.SameOrigin(origin.Of(u), s.Document.Origin)
	switch q.sends(&a.Decision, s, own) {
	case Refused:
		a.refuse(NotLoaded, append(input, fetch.Input{Name: "reason", Value: "the browser makes no such request"})...)
		a.Exception = q.dialogException(&a.Decision, s)
		return a, nil
	case NotKnown:
		return a, nil
	}
	r, err := q.request(&a.Decision, s)
	if err != nil {
		return a, err
	}
	if s.By == WebSocket {
		r.URL = httpScheme(u)
	}
	resp, err := agent.Fetch(ctx, r)
	var trace *fetch.Trace
	var blocked *fetch.NetworkError
	switch {
	case errors.As(err, &blocked):
		trace = blocked.Trace
		a.refuse(NotLoaded, append(input, fetch.Input{Name: "reason", Value: blocked.Reason.String()})...)
	case err != nil:
		return a, err
	default:
		defer resp.Body.Close() //nolint:errcheck // nothing is written
		trace = resp.Trace
		a.Verdict = Allowed
		a.Readable = (r.Mode == fetch.ModeCORS || s.By == WebSocket || own) && readsResponse(s.By)
		a.pass("main fetch", "https://fetch.spec.whatwg.org/#main-fetch",
			"The request is sent: the same-origin policy does not stop it.", input...)
	}
	a.Requests = slices.Clone(trace.Exchanges)
	q.fetchSite(&a.Decision, s.Document.Origin, a.Requests)
	if s.By == WebSocket {
		for i := range a.Requests {
			a.Requests[i].URL = "ws" + strings.TrimPrefix(a.Requests[i].URL, "http")
			a.Requests[i].Header = q.webSocketHeader(&a.Decision, a.Requests[i].Header, s.Document.Origin.String())
		}
	}
	return a, nil
}

// readsResponse reports whether the page gets the contents of a response.
func readsResponse(by Sender) bool { return by == EventSource || by == WebSocket }

// httpScheme is the URL of a WebSocket's opening handshake:
// https://websockets.spec.whatwg.org/#concept-websocket-establish.
func httpScheme(u *weburl.URL) string {
	if s := u.String(); u.Scheme == "ws" || u.Scheme == "wss" {
		return "http" + strings.TrimPrefix(s, "ws")
	}
	return u.String()
}

// request is the request of a sender, as the standard that defines the sender makes it.
func (q quirks) request(d *Decision, s Send) (*fetch.Request, error) {
	r := &fetch.Request{Page: s.Document.Page(), URL: s.URL, Method: "GET", Initiator: fetch.InitiatorElement,
		Mode: fetch.ModeNoCORS, Credentials: fetch.CredentialsInclude}
	switch s.CrossOrigin {
	case fetch.Anonymous:
		r.Mode, r.Credentials = fetch.ModeCORS, fetch.CredentialsSameOrigin
	case fetch.UseCredentials:
		r.Mode = fetch.ModeCORS
	}
	alwaysCORS := func() {
		r.Mode = fetch.ModeCORS
		if s.CrossOrigin != fetch.UseCredentials {
			r.Credentials = fetch.CredentialsSameOrigin
		}
	}
	switch s.By {
	case BackgroundImage, Icon:
		r.Destination = fetch.DestinationImage
	case MaskImage:
		r.Destination = fetch.DestinationImage
		alwaysCORS()
	case ModulePreload:
		r.Destination = fetch.DestinationScript
		alwaysCORS()
	case Preload:
		r.Destination = s.As
		if s.CrossOrigin == "" {
			r.Mode, r.Credentials = q.preloadMode(d, s.As)
		}
	case Prefetch:
	case EmbedElement, ObjectElement:
		r.Mode, r.Destination = fetch.ModeNavigate, q.embedDestination(d, s.By)
	case EventSource:
		r.Initiator = fetch.InitiatorFetch
		alwaysCORS()
	case WebSocket:
		r.Initiator, r.Mode = fetch.InitiatorFetch, fetch.ModeNoCORS
	case Beacon:
		// https://w3c.github.io/beacon/#sendbeacon-method, step 5: CORS unless the type is safelisted
		r.Initiator, r.Method, r.Body = fetch.InitiatorFetch, "POST", s.Body
		if s.Body != nil && !safelistedType(s.Body.ContentType) {
			r.Mode = fetch.ModeCORS
		}
	case Ping:
		// The type text/ping is not safelisted, and set without CORS: https://html.spec.whatwg.org/multipage/links.html#hyperlink-auditing
		r.Initiator, r.Method = fetch.InitiatorFetch, "POST"
	case XSLT:
		r.Destination, r.Mode = "xslt", q.transformMode(d)
		r.Credentials = fetch.CredentialsSameOrigin
		r.Initiator = fetch.InitiatorFetch
	case ReportURI:
		// https://w3c.github.io/webappsec-csp/#report-violation
		r.Initiator, r.Method, r.Destination = fetch.InitiatorFetch, "POST", q.reportDestination(d)
		r.Credentials = fetch.CredentialsSameOrigin
	case Form:
		r.Mode, r.Destination = fetch.ModeNavigate, fetch.DestinationIframe
		if strings.EqualFold(s.Method, "POST") {
			r.Method, r.Body = "POST", s.Body
		}
		if s.NoReferrer && !q.formKeepsOrigin(d) {
			r.Referrer, r.ReferrerPolicy = "no-referrer", fetch.NoReferrer
		}
	default:
		r, err := fetch.Element{Kind: string(s.By), URL: s.URL, CrossOrigin: s.CrossOrigin}.Request(s.Document.Page())
		if err == nil && s.By == "manifest" {
			r.Initiator = fetch.InitiatorFetch // the browser's own loader sends Origin as fetch() does
		}
		return r, err
	}
	return r, nil
}

// safelistedType reports whether a Content-Type is CORS-safelisted. "" is none.
func safelistedType(contentType string) bool {
	essence, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(essence)) {
	case "", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded":
		return true
	}
	return false
}

// FormBody is the body and type of a form's POST with one field, in an encoding:
// https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#attr-fs-enctype. A value
// that is not valid means application/x-www-form-urlencoded, so a form cannot send JSON's type. The name
// and the value must be ASCII letters and digits.
func FormBody(encoding, name, value string) *fetch.Body {
	switch strings.ToLower(encoding) {
	case "multipart/form-data":
		return fetch.BlobBody(fmt.Appendf(nil, "--boundary\r\nContent-Disposition: form-data; name=%q\r\n\r\n%s\r\n--boundary--\r\n",
			name, value), "multipart/form-data; boundary=boundary")
	case "text/plain":
		return fetch.BlobBody([]byte(name+"="+value+"\r\n"), "text/plain")
	}
	return fetch.BlobBody([]byte(name+"="+value), "application/x-www-form-urlencoded")
}
