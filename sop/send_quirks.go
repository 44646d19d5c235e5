package sop

import (
	"slices"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// sends reports whether the browser makes the sender's request at all: Allowed if it does, NotKnown
// if it decides that by itself.
func (q quirks) sends(d *Decision, s Send, own bool) Verdict {
	switch s.By {
	case Preconnect:
		return Refused // it opens a connection, and makes no request
	case Form:
		if strings.EqualFold(s.Method, "dialog") {
			return Refused // the form is in no dialog
		}
	case Prefetch:
		if q.departs(d, PrefetchOff) {
			return Refused
		}
	case Icon:
		if q.departs(d, IconsOff) {
			return Refused
		}
	case Ping:
		if q.departs(d, PingsOff) {
			return Refused
		}
	case "manifest":
		if q.departs(d, ManifestsOff) {
			return Refused
		}
		if !own {
			return NotKnown // browsers fetch a manifest when they want to install the page
		}
	}
	return Allowed
}

// dialogException is the exception of a form's submit() with the method dialog.
func (q quirks) dialogException(d *Decision, s Send) string {
	if s.By == Form && strings.EqualFold(s.Method, "dialog") && q.departs(d, DialogFormThrows) {
		return "NS_ERROR_FAILURE"
	}
	return ""
}

// embedDestination is the destination of an embed or object element.
func (q quirks) embedDestination(d *Decision, by Sender) fetch.Destination {
	if q.departs(d, EmbedIsIframe) {
		return fetch.DestinationIframe
	}
	return fetch.Destination(by)
}

// preloadMode is the mode of a preload without a crossorigin attribute.
func (q quirks) preloadMode(d *Decision, as fetch.Destination) (fetch.Mode, fetch.Credentials) {
	if as == fetch.DestinationFont && q.departs(d, FontPreloadUsesCORS) {
		return fetch.ModeCORS, fetch.CredentialsSameOrigin
	}
	return fetch.ModeNoCORS, fetch.CredentialsInclude
}

// transformMode is the mode of the request for an XSLT style sheet.
func (q quirks) transformMode(d *Decision) fetch.Mode {
	if q.departs(d, TransformsUseCORS) {
		return fetch.ModeCORS
	}
	return fetch.ModeSameOrigin
}

// reportDestination is the destination of a policy's report.
func (q quirks) reportDestination(d *Decision) fetch.Destination {
	if q.departs(d, ReportDestinationEmpty) {
		return fetch.DestinationNone
	}
	return "report"
}

// formKeepsOrigin reports whether a form with rel=noreferrer sends its origin.
func (q quirks) formKeepsOrigin(d *Decision) bool { return q.departs(d, FormNoReferrerKeepsOrigin) }

// webSocketHeader is the header of an opening handshake, made from that of a request to the same URL.
// The server gets the page's origin always: it is the only one to check it.
func (q quirks) webSocketHeader(d *Decision, header fetch.HeaderList, pageOrigin string) fetch.HeaderList {
	metadata := !q.departs(d, WebSocketWithoutFetchMetadata)
	out := fetch.HeaderList{{Name: "Origin", Value: pageOrigin}}
	for _, h := range header {
		name := strings.ToLower(h.Name)
		switch {
		case name == "origin", !metadata && strings.HasPrefix(name, "sec-fetch-"):
			continue
		case name == "sec-fetch-mode":
			h.Value = "websocket"
		case name == "sec-fetch-dest" && q.departs(d, WebSocketDestination):
			h.Value = "websocket"
		}
		out = append(out, h)
	}
	return out
}

// fetchSite changes Sec-Fetch-Site of requests whose URLs differ from the page's site in the scheme only.
func (q quirks) fetchSite(d *Decision, page origin.Origin, requests []fetch.Exchange) {
	for i, r := range requests {
		u, err := weburl.Parse(r.URL, nil)
		if err != nil || !origin.SchemelesslySameSite(origin.Of(u), page) {
			return // what follows was redirected by another site
		}
		j := slices.IndexFunc(r.Header, func(h fetch.Header) bool { return strings.EqualFold(h.Name, "Sec-Fetch-Site") })
		if j >= 0 && r.Header[j].Value == "cross-site" && page.PotentiallyTrustworthy() && q.departs(d, FetchSiteIgnoresScheme) {
			requests[i].Header = slices.Clone(r.Header)
			requests[i].Header[j].Value = "same-site"
		}
	}
}
