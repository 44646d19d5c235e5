package fetch

import "github.com/concors/concors/internal/mime"

// skipsORB returns the deviation by which opaque response blocking does not apply
// to the request, or 0.
func (q quirks) skipsORB(req *request) Deviation {
	switch {
	case q.deviates(NoOpaqueResponseBlocking):
		return NoOpaqueResponseBlocking
	case req.initiator != InitiatorElement && q.deviates(OpaqueFetchNotBlocked):
		return OpaqueFetchNotBlocked
	}
	return 0
}

// orb is opaque response blocking as the browser does it.
func (q quirks) orb(req *request, resp *response, o orbInput) (allowed, markup string) {
	if q.deviates(ORBByTypeAndSniff) {
		return orbByTypeAndSniff(req, resp, o)
	}
	return orb(req, resp, o, q)
}

// orbAllowsPlainText reports whether text/plain with nosniff is allowed.
func (q quirks) orbAllowsPlainText() bool { return q.deviates(PlainTextNosniffNotBlocked) }

// orbAllowsMediaAnywhere reports whether an audio or video may be the response to every
// request, and not only to that of a media element.
func (q quirks) orbAllowsMediaAnywhere() bool { return q.deviates(MediaAllowedInEveryRequest) }

// orbAllowsStreaming reports whether the type, one of HLS, DASH or WebVTT, is allowed
// without a look at the response.
func (q quirks) orbAllowsStreaming(t mime.Type) bool {
	return q.deviates(StreamingTypesNotBlocked) && isStreamingType(t)
}

func isStreamingType(t mime.Type) bool {
	switch t.Essence() {
	case "application/dash+xml", "application/vnd.apple.mpegurl", "audio/mpegurl", "text/vtt":
		return true
	}
	return false
}

// orbByTypeAndSniff is Chromium's opaque response blocking ("v0.1"). It blocks
// types that are never scripts, and allows media types without sniffing. It blocks
// any other response whose first bytes look like HTML, XML or JSON.
func orbByTypeAndSniff(req *request, resp *response, o orbInput) (allowed, markup string) {
	if isOwnOrigin(req) {
		return "a redirect has led back to the page's own origin", ""
	}
	t := o.mimeType
	if o.typed {
		switch e := t.Essence(); {
		case t.Type == "audio" || t.Type == "video" || e == "text/css" || e == "image/svg+xml" || isStreamingType(t):
			return usefulType, ""
		case neverSniffed(t):
			return "", ""
		case o.nosniff && (opaqueBlocklisted(t) || e == "text/plain"):
			return "", ""
		}
	}
	if first, ok := firstByte(resp); resp.status == 206 && ok && !isZero(first) {
		return "", ""
	}
	start := peek(resp)
	if mime.SniffAudioVideo(start) != "" || mime.SniffImage(start) != "" {
		return sniffsAsMedia, ""
	}
	if !o.typed {
		return noType, ""
	}
	if kind := mime.SniffMarkup(start); kind != mime.MarkupNone {
		return "", kind.String()
	}
	return couldBeScript, ""
}
