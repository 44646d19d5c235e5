package cors

import (
	"net/http"
	"slices"
	"strings"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/internal/grant"
)

// Proxy wraps a handler that copies the responses of another server, such as an
// [httputil.ReverseProxy]. Use it inside of a [Middleware], directly around that handler:
//
//	policy.Wrap(cors.Proxy(proxy))
//
// It makes the policy's headers the only CORS headers that are sent. It removes those of the other
// server from the response, from its trailers, and from interim responses such as 103 Early Hints.
// And it keeps the headers that were set before, including Vary, when an interim response arrives:
// ReverseProxy then clears all of them. The headers of a response 101, by which a connection becomes a
// WebSocket, are sent as they are: browsers look for no CORS headers there.
func Proxy(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pw := &proxyWriter{ResponseWriter: w, before: w.Header().Clone()}
		defer pw.finish() // also after a panic, which a handler around this one may turn into a response
		next.ServeHTTP(pw, r)
	})
}

// A proxyWriter is the response of a proxied server.
type proxyWriter struct {
	http.ResponseWriter
	before      http.Header // the response's headers when the handler was called
	wroteHeader bool
	marked      bool // the headers have had clearMark since the last interim response
	cleared     bool // the handler has cleared the headers after an interim response
}

// clearMark is among the headers after an interim response, without a value, until the handler clears
// them. It is not a valid name, so no handler uses it, and a header without a value is not sent.
const clearMark = "\x00"

// Unwrap lets an [http.ResponseController] find the methods of the response that proxyWriter lacks.
func (w *proxyWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *proxyWriter) WriteHeader(status int) {
	switch {
	case w.wroteHeader:
	case status >= 100 && status < 200 && status != http.StatusSwitchingProtocols:
		w.removeCORS()
		w.ResponseWriter.WriteHeader(status)
		w.Header()[clearMark], w.marked = nil, true
		return
	default:
		w.prepare()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *proxyWriter) Write(b []byte) (int, error) {
	if !w.wroteHeader {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(b)
}

// FlushError sends what was written, as [http.ResponseController.Flush] does.
func (w *proxyWriter) FlushError() error {
	if !w.wroteHeader {
		w.WriteHeader(http.StatusOK)
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush is FlushError for handlers that expect an [http.Flusher].
func (w *proxyWriter) Flush() { _ = w.FlushError() }

// finish makes the headers and trailers those that are to be sent, when the handler has returned.
func (w *proxyWriter) finish() {
	if !w.wroteHeader {
		w.prepare()
	}
	h := w.Header()
	for name := range h {
		if rest, ok := strings.CutPrefix(name, http.TrailerPrefix); ok && isCORSHeader(rest) {
			delete(h, name)
		}
	}
}

// removeCORS removes the CORS headers of the other server, and clearMark.
func (w *proxyWriter) removeCORS() {
	h := w.Header()
	_, marked := h[clearMark]
	w.cleared = w.cleared || w.marked && !marked
	delete(h, clearMark)
	for name := range h {
		if isCORSHeader(name) {
			delete(h, name)
		}
	}
}

// prepare makes the headers those that are to be sent.
func (w *proxyWriter) prepare() {
	w.wroteHeader = true
	w.removeCORS()
	h := w.Header()
	for name, values := range w.before {
		switch {
		case name == grant.Vary:
			for _, line := range values {
				addVaryLine(h, line)
			}
		case isCORSHeader(name) || name == grant.ResourcePolicy || name == grant.TimingAllowOrigin:
			h[name] = values
		case w.cleared:
			h[name] = append(slices.Clip(values), h[name]...)
		}
	}
	if announced := h["Trailer"]; len(announced) > 0 {
		var kept []string
		for _, line := range announced {
			for name := range strings.SplitSeq(line, ",") {
				if name = field.Trim(name); name != "" && !isCORSHeader(name) {
					kept = append(kept, name)
				}
			}
		}
		if h["Trailer"] = kept; len(kept) == 0 {
			delete(h, "Trailer")
		}
	}
}

// addVaryLine adds the names of a line of Vary, which may have any form.
func addVaryLine(h http.Header, line string) {
	for name := range strings.SplitSeq(line, ",") {
		if name = field.Trim(name); name != "" {
			grant.AddVary(h, name)
		}
	}
}

// isCORSHeader reports whether a response header belongs to CORS. A handler may have set it in any case.
func isCORSHeader(name string) bool {
	const prefix = "Access-Control-"
	return len(name) > len(prefix) && field.EqualFold(name[:len(prefix)], prefix)
}
