package fetch

import (
	"bufio"
	"io"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/mime"
)

// checkResponse is what main fetch asks of the final response, before the page
// or the element gets it.
func (f *fetchParams) checkResponse(resp *response) *NetworkError {
	if resp.opaqueRedirect {
		return nil
	}
	if err := f.blockedByMIMEType(resp); err != nil {
		return err
	}
	if err := f.blockedByNosniff(resp); err != nil {
		return err
	}
	return f.opaqueResponseBlocking(resp)
}

// blockedByMIMEType: https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?
func (f *fetchParams) blockedByMIMEType(resp *response) *NetworkError {
	if !f.request.destination.isScriptLike() {
		return nil
	}
	t, ok := mime.Extract(resp.header.lines("Content-Type"))
	if !ok || t.Type != "audio" && t.Type != "image" && t.Type != "video" && t.Essence() != "text/csv" {
		return nil
	}
	value, _ := resp.header.Get("Content-Type")
	return f.fail(reason.MIMETypeNotAllowed, resp.exchange, NetworkError{Header: "Content-Type", Value: value, Present: true},
		Input{"destination", string(f.request.destination)}, Input{"Content-Type", value})
}

// blockedByNosniff: https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?
func (f *fetchParams) blockedByNosniff(resp *response) *NetworkError {
	if !mime.Nosniff(resp.header.lines("X-Content-Type-Options")) {
		return nil
	}
	t, ok := mime.Extract(resp.header.lines("Content-Type"))
	switch destination := f.request.destination; {
	case destination.isScriptLike() && !(ok && t.IsJavaScript()):
	case destination == DestinationStyle && !(ok && t.Essence() == "text/css"):
	default:
		return nil
	}
	value, present := resp.header.Get("Content-Type")
	return f.fail(reason.NosniffMIMETypeMismatch, resp.exchange, NetworkError{Header: "Content-Type", Value: value, Present: present},
		Input{"destination", string(f.request.destination)}, presentOrNot("Content-Type", value, present), Input{"X-Content-Type-Options", "nosniff"})
}

// sniffLength is how much of a body opaque response blocking looks at.
const sniffLength = 1024

// opaqueResponseBlocking keeps data that no element can use out of the page's
// process: https://github.com/annevk/orb. Where the text asks for the body to be
// parsed as JavaScript, this looks for what cannot be JavaScript at its start:
// HTML, XML, JSON objects, the prefixes that make JSON unloadable, and what no
// statement begins with.
func (f *fetchParams) opaqueResponseBlocking(resp *response) *NetworkError {
	req := f.request
	if req.tainting != taintingOpaque {
		return nil
	}
	spared := Deviation(0)
	switch {
	case f.profile.deviates(NoOpaqueResponseBlocking):
		spared = NoOpaqueResponseBlocking
	case req.initiator != InitiatorElement && f.profile.deviates(OpaqueFetchNotBlocked):
		spared = OpaqueFetchNotBlocked
	}
	if spared != 0 {
		f.step(Step{Algorithm: "opaque response blocking", Anchor: "https://github.com/annevk/orb",
			Outcome: "this browser does not do it here", Exchange: resp.exchange, Deviation: spared})
		return nil
	}
	value, present := resp.header.Get("Content-Type")
	inputs := []Input{presentOrNot("Content-Type", value, present)}
	block := func() *NetworkError {
		return f.fail(reason.OpaqueResponseBlocked, resp.exchange, NetworkError{Header: "Content-Type", Value: value, Present: present}, inputs...)
	}
	pass := func(outcome string) *NetworkError {
		f.step(Step{Algorithm: "opaque response blocking", Anchor: "https://github.com/annevk/orb", Inputs: inputs,
			Result: Passed, Outcome: outcome, Exchange: resp.exchange})
		return nil
	}
	t, ok := mime.Extract(resp.header.lines("Content-Type"))
	nosniff := mime.Nosniff(resp.header.lines("X-Content-Type-Options"))
	if nosniff {
		inputs = append(inputs, Input{"X-Content-Type-Options", "nosniff"})
	}
	if f.profile.deviates(ORBByTypeAndSniff) {
		return f.sniffForORB(resp, t, ok, nosniff, pass, block, &inputs)
	}
	if ok {
		switch {
		case opaqueSafelisted(t):
			return pass("its Content-Type is one that elements use")
		case neverSniffed(t):
			return block()
		case resp.status == 206 && opaqueBlocklisted(t):
			return block()
		case nosniff && t.Essence() == "text/plain" && f.profile.deviates(PlainTextNosniffNotBlocked):
			return pass("this browser lets text/plain with nosniff through")
		case nosniff && (opaqueBlocklisted(t) || t.Essence() == "text/plain"):
			return block()
		}
	}
	if resp.status == 206 {
		if req.destination == DestinationAudio || req.destination == DestinationVideo {
			return pass("it is part of a body, which media elements ask for")
		}
		return block()
	}
	start := peek(resp)
	if mime.SniffAudioVideo(start) != "" || mime.SniffImage(start) != "" {
		return pass("its first bytes are those of an image, audio or video")
	}
	if ok && !opaqueBlocklisted(t) && t.Essence() != "text/plain" {
		if nosniff {
			return block()
		}
		if resp.status < 200 || resp.status > 299 {
			return block()
		}
		if t.Type == "image" || t.Type == "audio" || t.Type == "video" {
			return block()
		}
	}
	if !ok {
		return pass("it has no Content-Type")
	}
	if kind := mime.SniffMarkup(start); kind != mime.MarkupNone || mime.CannotBeginScript(start) {
		inputs = append(inputs, Input{"first bytes look like", kind.String()})
		return block()
	}
	return pass("nothing in its first bytes says that it cannot be a script")
}

// sniffForORB is opaque response blocking as Chromium ships it ("v0.1"): types
// that never are scripts are blocked, media types let through unseen, and of the
// rest what looks like HTML, XML or JSON is blocked.
func (f *fetchParams) sniffForORB(resp *response, t mime.Type, typed, nosniff bool,
	pass func(string) *NetworkError, block func() *NetworkError, inputs *[]Input) *NetworkError {
	if isOwnOrigin(f.request) {
		return pass("a redirect has led back to the page's own origin")
	}
	if typed {
		switch e := t.Essence(); {
		case t.Type == "audio" || t.Type == "video" || e == "text/css" || e == "image/svg+xml" ||
			e == "application/dash+xml" || e == "application/vnd.apple.mpegurl" || e == "text/vtt":
			return pass("its Content-Type is one that elements use")
		case neverSniffed(t):
			return block()
		case nosniff && (opaqueBlocklisted(t) || e == "text/plain"):
			return block()
		}
	}
	start := peek(resp)
	if mime.SniffAudioVideo(start) != "" || mime.SniffImage(start) != "" {
		return pass("its first bytes are those of an image, audio or video")
	}
	if !typed {
		return pass("it has no Content-Type")
	}
	if kind := mime.SniffMarkup(start); kind != mime.MarkupNone {
		*inputs = append(*inputs, Input{"first bytes look like", kind.String()})
		return block()
	}
	return pass("nothing in its first bytes says that it cannot be a script")
}

// peek returns the first bytes of a response's body, which can still be read.
func peek(resp *response) []byte {
	buffered := bufio.NewReaderSize(resp.body, sniffLength)
	// An error comes again when the page reads.
	start, _ := buffered.Peek(sniffLength)
	resp.body = &peekedBody{buffered, resp.body}
	return start
}

// opaqueSafelisted: annevk/orb's "opaque-safelisted MIME type".
func opaqueSafelisted(t mime.Type) bool {
	return t.IsJavaScript() || t.Essence() == "text/css" || t.Essence() == "image/svg+xml"
}

// opaqueBlocklisted: annevk/orb's "opaque-blocklisted MIME type".
func opaqueBlocklisted(t mime.Type) bool {
	return t.IsHTML() || t.IsJSON() || t.IsXML()
}

// neverSniffed: annevk/orb's "opaque-blocklisted-never-sniffed MIME type".
func neverSniffed(t mime.Type) bool {
	switch t.Essence() {
	case "application/dash+xml", "application/gzip", "application/msexcel", "application/mspowerpoint",
		"application/msword", "application/msword-template", "application/pdf",
		"application/vnd.apple.mpegurl", "application/vnd.ces-quickpoint",
		"application/vnd.ces-quicksheet", "application/vnd.ces-quickword",
		"application/vnd.ms-excel", "application/vnd.ms-excel.sheet.macroenabled.12",
		"application/vnd.ms-powerpoint", "application/vnd.ms-powerpoint.presentation.macroenabled.12",
		"application/vnd.ms-word", "application/vnd.ms-word.document.12",
		"application/vnd.ms-word.document.macroenabled.12", "application/vnd.msword",
		"application/vnd.openxmlformats-officedocument.presentationml.presentation",
		"application/vnd.openxmlformats-officedocument.presentationml.template",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.template",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"application/vnd.openxmlformats-officedocument.wordprocessingml.template",
		"application/vnd.presentation-openxml", "application/vnd.presentation-openxmlm",
		"application/vnd.spreadsheet-openxml", "application/vnd.wordprocessing-openxml",
		"application/x-gzip", "application/x-protobuf", "application/x-protobuffer",
		"application/zip", "audio/mpegurl", "multipart/byteranges", "multipart/signed",
		"text/csv", "text/event-stream", "text/vtt":
		return true
	}
	return false
}

// peekedBody gives the bytes that were looked at back.
type peekedBody struct {
	io.Reader
	io.Closer
}
