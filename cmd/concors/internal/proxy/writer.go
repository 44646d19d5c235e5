package proxy

import (
	"bufio"
	"net"
	"net/http"
)

// A writer is a response to a page. It notes what is sent.
type writer struct {
	http.ResponseWriter
	status   int         // 0 before the headers were sent
	sent     http.Header // as they were sent; nil unless keep
	keep     bool
	bytes    int64
	switched http.Header       // of a response 101
	last     func(http.Header) // changes the headers just before they are sent
	secrets  *secrets          // masked in interim responses
}

// Unwrap lets an [http.ResponseController] find what writer lacks.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) WriteHeader(status int) {
	h := w.Header()
	if status >= 100 && status < 200 && status != http.StatusSwitchingProtocols {
		h.Del("Set-Cookie") // browsers store none from an interim response
		w.secrets.maskHeader(h)
		w.ResponseWriter.WriteHeader(status)
		return
	}
	if w.status == 0 {
		w.status = status
		if w.last != nil {
			w.last(h)
		}
		if w.keep {
			w.sent = h.Clone()
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *writer) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// FlushError sends what was written, as [http.ResponseController.Flush] does.
func (w *writer) FlushError() error {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush is FlushError for handlers that expect an [http.Flusher].
func (w *writer) Flush() { _ = w.FlushError() }

// Hijack takes the connection over for a WebSocket, whose response 101 is not written by WriteHeader.
func (w *writer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err == nil && w.switched != nil {
		w.status, w.sent = http.StatusSwitchingProtocols, w.switched
	}
	return conn, rw, err
}
