package sop

import (
	"strings"

	"github.com/concors/concors/fetch"
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
	if by == EmbedElement && q.departs(d, EmbedIsIframe) {
		return fetch.DestinationIframe
	}
	return fetch.Destination(by)
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
