package bench

import "net/http"

// A recorder is a response that is used again and again.
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

// reached is what the handler behind the middlewares answers with: a status
// that none of them has a use for, so that it tells whether the handler ran.
const reached = http.StatusAccepted

// behind is the handler behind the middlewares.
var behind = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(reached) })

// serve has a handler answer n requests. If there are turns, each is the Origin
// of one request: a server's request has just been read and is in the
// processor's caches, as one that is used again and again is and one of thousands
// that take turns is not. The first is that of from.
func serve(h http.Handler, requests []*http.Request, turns []string, w *recorder, fresh bool, from, n int) {
	mask, turn := len(requests)-1, len(turns)-1
	for i := range n {
		if fresh {
			w.header = make(http.Header)
		} else {
			clear(w.header)
		}
		w.status = 0
		if turn >= 0 {
			requests[i&mask].Header["Origin"][0] = turns[(from+i)&turn]
		}
		h.ServeHTTP(w, requests[i&mask])
	}
}

// build makes a peer's handler for a set.
func build(p Peer, s Set, origins []string) (http.Handler, error) {
	return p.Build(policyFor(origins, s.Patterns), behind)
}
