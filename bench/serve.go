package bench

import "net/http"

// A recorder is a response writer that is reused.
type recorder struct {
	header http.Header
	status int
}

func newRecorder() *recorder { return &recorder{header: make(http.Header)} }

func (r *recorder) Header() http.Header { return r.header }

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
}

func (r *recorder) Write(b []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return len(b), nil
}

// statusReached is the status of the handler inside the middlewares. No middleware
// sends it, so it shows that the handler ran.
const statusReached = http.StatusAccepted

// innerHandler is the handler inside the middlewares.
var innerHandler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(statusReached) })

// serve passes n requests to a handler. If rotate is not empty, its origins become the
// Origin of the requests in turn, beginning at index from. Requests are reused
// because a server has just read its request, which is therefore in the processor's
// caches. Thousands of separate requests would not be.
func serve(h http.Handler, requests []*http.Request, rotate []string, w *recorder, fresh bool, from, n int) {
	requestMask, rotateMask := len(requests)-1, len(rotate)-1
	for i := range n {
		if fresh {
			w.header = make(http.Header)
		} else {
			clear(w.header)
		}
		w.status = 0
		if rotateMask >= 0 {
			requests[i&requestMask].Header["Origin"][0] = rotate[(from+i)&rotateMask]
		}
		h.ServeHTTP(w, requests[i&requestMask])
	}
}

// build returns a peer's handler for a set.
func build(p Peer, s Set, origins []string) (http.Handler, error) {
	return p.Build(policyFor(origins, s.Patterns), innerHandler)
}
