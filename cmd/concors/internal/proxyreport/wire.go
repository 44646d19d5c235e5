package proxyreport

import (
	"context"
	"errors"
	"net/http"

	"github.com/concors/concors/cmd/concors/internal/upstream"
)

// Wire returns a transport that sends requests through a Forwarder, which checks the targets
// and their addresses. Bodies of responses are not read.
func Wire(f *upstream.Forwarder) http.RoundTripper { return wire{f} }

type wire struct{ forwarder *upstream.Forwarder }

// RoundTrip implements [http.RoundTripper].
func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body.Close()
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	out := r.Clone(ctx)
	out.Body = http.NoBody
	head := &head{header: http.Header{}, end: cancel}
	failed := w.forwarder.Forward(head, out, upstream.Exchange{URL: r.URL})
	switch {
	case head.status != 0:
		return respond(r, head.status, head.header), nil
	case failed != nil:
		return nil, failed
	}
	return nil, errors.New("no response")
}

// head is a response of which only the status and the headers are kept.
type head struct {
	header http.Header
	status int
	end    func() // ends the exchange
}

// Header implements [http.ResponseWriter].
func (h *head) Header() http.Header { return h.header }

// WriteHeader implements [http.ResponseWriter]. It ends the exchange, because the body of an
// event stream may be silent for long.
func (h *head) WriteHeader(status int) {
	if status >= 200 && h.status == 0 {
		h.status = status
		h.end()
	}
}

var errHeadOnly = errors.New("the body is not read")

// Write implements [http.ResponseWriter]. Its error ends the response.
func (h *head) Write([]byte) (int, error) {
	h.WriteHeader(http.StatusOK)
	return 0, errHeadOnly
}
