package fetch

import (
	"bufio"
	"io"
	"strings"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/internal/mime"
)

// opaqueResponseBlocking blocks data that no element can use, so that it does not
// enter the page's process: https://github.com/annevk/orb.
func (f *fetchParams) opaqueResponseBlocking(resp *response) *NetworkError {
	if f.request.tainting != taintingOpaque {
		return nil
	}
	step := Step{Algorithm: "opaque response blocking", Anchor: orbSpec, Exchange: resp.exchange}
	if step.Deviation = f.quirks.skipsORB(f.request); step.Deviation != 0 {
		step.Outcome = "this browser does not block here"
		f.step(step)
		return nil
	}
	value, present := resp.header.Get("Content-Type")
	step.Inputs = []Input{presentOrNot("Content-Type", value, present)}
	var o orbInput
	o.mimeType, o.typed = mime.Extract(resp.header.lines("Content-Type"))
	o.nosniff = mime.Nosniff(resp.header.lines("X-Content-Type-Options"))
	if o.nosniff {
		step.Inputs = append(step.Inputs, Input{"X-Content-Type-Options", "nosniff"})
	}
	allowed, markup := f.quirks.orb(f.request, resp, o)
	if markup != "" {
		step.Inputs = append(step.Inputs, Input{"first bytes look like", markup})
	}
	if allowed == "" {
		return f.fail(reason.OpaqueResponseBlocked, resp.exchange,
			NetworkError{Header: "Content-Type", Value: value, Present: present}, step.Inputs...)
	}
	step.Result, step.Outcome = Passed, allowed
	f.step(step)
	return nil
}

// orbInput holds the response headers that opaque response blocking looks at.
type orbInput struct {
	mimeType mime.Type
	typed    bool // mimeType is valid
	nosniff  bool
}

// The reasons why both forms of opaque response blocking allow a response.
const (
	usefulType    = "its Content-Type is one that elements use"
	sniffsAsMedia = "its first bytes are those of an image, audio or video"
	noType        = "it has no Content-Type"
	couldBeScript = "its first bytes could be those of a script"
)

// orb decides whether opaque response blocking allows the response. allowed says
// why it does, and is "" if it does not. markup names what the first bytes look
// like, if the response is blocked for them.
//
// The numbers are those of "ORB's algorithm" in annevk/orb.
//
// Step 15 parses the body as JavaScript. This function only looks for a start that
// cannot be JavaScript: HTML, XML, a JSON object, a prefix that makes JSON
// unloadable, or something that no statement begins with.
func orb(req *request, resp *response, o orbInput, q quirks) (allowed, markup string) {
	t, plain := o.mimeType, o.mimeType.Essence() == "text/plain"
	if o.typed {
		switch {
		// 3.1.
		case opaqueSafelisted(t), q.orbAllowsStreaming(t):
			return usefulType, ""
		// 3.2.
		case neverSniffed(t):
			return "", ""
		// 3.3.
		case resp.status == 206 && opaqueBlocklisted(t):
			return "", ""
		// 3.4.
		case o.nosniff && plain && q.orbAllowsPlainText():
			return "this browser allows text/plain with nosniff", ""
		case o.nosniff && (opaqueBlocklisted(t) || plain):
			return "", ""
		}
	}
	// 4. Only the first request of a media element is made here: the no-cors media request
	// state is "initial" for media elements, and "N/A" for all others.
	isMedia := req.destination == DestinationAudio || req.destination == DestinationVideo
	// 5. A partial response is valid if it starts at 0:
	// https://wicg.github.io/background-fetch/#validate-a-partial-response.
	if first, ok := firstByte(resp); resp.status == 206 && (!ok || !isZero(first)) {
		return "", ""
	}
	// 6–7.
	start := peek(resp)
	if mime.SniffAudioVideo(start) != "" {
		if (isMedia || q.orbAllowsMediaAnywhere()) && (resp.status == 200 || resp.status == 206) {
			return sniffsAsMedia, ""
		}
		return "", ""
	}
	// 8.
	if isMedia {
		return "", ""
	}
	// 9.
	if mime.SniffImage(start) != "" {
		return sniffsAsMedia, ""
	}
	// 10.
	if o.nosniff {
		return "", ""
	}
	// 11.
	if resp.status < 200 || resp.status > 299 {
		return "", ""
	}
	// 12.
	if !o.typed {
		return noType, ""
	}
	// 13.
	if t.Type == "image" || t.Type == "audio" || t.Type == "video" {
		return "", ""
	}
	// 14–16.
	if kind := mime.SniffMarkup(start); kind != mime.MarkupNone || mime.CannotBeginScript(start) {
		return "", kind.String()
	}
	return couldBeScript, ""
}

// firstByte returns the first byte position of a partial response. ok is false if
// Content-Range is invalid or missing.
// https://www.rfc-editor.org/rfc/rfc9110#field.content-range
func firstByte(resp *response) (first string, ok bool) {
	const unit = "bytes "
	value, _ := resp.header.Get("Content-Range")
	if len(value) < len(unit) || !field.EqualFold(value[:len(unit)], unit) {
		return "", false
	}
	isNumber := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	first, rest, _ := strings.Cut(value[len(unit):], "-")
	last, size, _ := strings.Cut(rest, "/")
	return first, isNumber(first) && isNumber(last) && (size == "*" || isNumber(size))
}

// isZero reports whether a decimal number is zero.
func isZero(number string) bool { return strings.Trim(number, "0") == "" }

// sniffLength is how much of a body opaque response blocking looks at.
const sniffLength = 1024

// peek returns the first bytes of a response's body. The body still has them.
func peek(resp *response) []byte {
	buffered := bufio.NewReaderSize(resp.body, sniffLength)
	// An error is returned again when the page reads.
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

// peekedBody is a body that starts with the bytes that were peeked at.
type peekedBody struct {
	io.Reader
	io.Closer
}
