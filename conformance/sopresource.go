package conformance

import (
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// A sopServer answers the requests of the generated checks of the same-origin policy. What it answers
// is in the query, so that a page composes its own resources:
//
//	k=KEY           remember the request; /sop/seen?k=KEY returns what was remembered as JSON
//	b=NAME          the body: a name of [ResponseBodies], or one of sopBodies
//	x=TEXT          the body itself
//	t=TYPE          the Content-Type; without it there is none
//	a=SETTING       Access-Control-Allow-Origin: *, null, wrong, origin (reflected) or none, and +creds
//	h=NAME: VALUE   another header field; may be repeated
//	s=STATUS        the status
//	n=URL           redirect there with status 302, or s
//	p=no            do not grant a preflight
type sopServer struct {
	mu   sync.Mutex
	seen map[string][]sopRequest
}

// A sopRequest is what a server remembers of a request.
type sopRequest struct {
	Method  string      `json:"method"`
	Host    string      `json:"host"`
	Header  http.Header `json:"header"`
	Body    string      `json:"body"`
	Cookies []string    `json:"cookies"`
}

// sopBodies are the bodies that only these checks use.
var sopBodies = map[string]func() []byte{
	"redpng": func() []byte {
		img := image.NewNRGBA(image.Rect(0, 0, 4, 4))
		for i := range 16 {
			img.Set(i%4, i/4, color.NRGBA{255, 0, 0, 255})
		}
		var b bytes.Buffer
		_ = png.Encode(&b, img) // a buffer never fails
		return b.Bytes()
	},
	"second": func() []byte { return wav(8000) },
}

// maxSopSeen limits the requests that are remembered under one key.
const maxSopSeen = 32

// ServeHTTP answers requests below /sop/.
func (s *sopServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	h := w.Header()
	h["Date"] = nil
	h["Content-Type"] = nil
	h["Cache-Control"] = []string{"no-store"}
	if r.URL.Path == "/sop/seen" {
		s.mu.Lock()
		list := s.seen[q.Get("k")]
		s.mu.Unlock()
		h.Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(append([]sopRequest{}, list...)) // an error means that the client has gone
		return
	}
	s.remember(q.Get("k"), r)
	if r.URL.Path == "/sop/ws" {
		greet(w, r)
		return
	}
	origin := r.Header.Get("Origin")
	setting, credentials := strings.CutSuffix(q.Get("a"), "+creds")
	if credentials {
		h.Set("Access-Control-Allow-Credentials", "true")
	}
	switch {
	case setting == "*" || setting == "null":
		h.Set("Access-Control-Allow-Origin", setting)
	case setting == "wrong":
		h.Set("Access-Control-Allow-Origin", "http://wrong.example")
	case setting == "origin" && origin != "":
		h.Set("Access-Control-Allow-Origin", origin)
	}
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" && q.Get("p") != "no" {
		h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		h.Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
		w.WriteHeader(http.StatusNoContent)
		return
	}
	for _, field := range q["h"] {
		if name, value, ok := strings.Cut(field, ": "); ok {
			h[http.CanonicalHeaderKey(name)] = append(h[http.CanonicalHeaderKey(name)], value)
		}
	}
	status, err := strconv.Atoi(q.Get("s"))
	if err != nil || status < 200 || status > 599 {
		status = http.StatusOK
		if q.Has("n") {
			status = http.StatusFound
		}
	}
	if q.Has("n") {
		h.Set("Location", q.Get("n"))
	}
	body := []byte(q.Get("x"))
	if name := q.Get("b"); sopBodies[name] != nil {
		body = sopBodies[name]()
	} else if name != "" {
		body = responseBody(0, Response{BodyKind: name})
	}
	if q.Has("t") {
		h.Set("Content-Type", q.Get("t"))
	}
	noBody := status == http.StatusNoContent || status == http.StatusNotModified
	if !noBody {
		h.Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	if !noBody && r.Method != http.MethodHead {
		_, _ = w.Write(body) // an error means that the client has gone
	}
}

// remember keeps a request under its key.
func (s *sopServer) remember(key string, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<16)) // what arrived counts
	if key == "" {
		return
	}
	seen := sopRequest{Method: r.Method, Host: r.Host, Header: r.Header.Clone(), Body: string(body)}
	for _, c := range r.Cookies() {
		seen.Cookies = append(seen.Cookies, c.Name)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[string][]sopRequest{}
	}
	if len(s.seen[key]) < maxSopSeen {
		s.seen[key] = append(s.seen[key], seen)
	}
}

// greet opens a WebSocket, sends the Origin that it was opened with, and closes it.
func greet(w http.ResponseWriter, r *http.Request) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "no connection to take over", http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	text := "origin=" + r.Header.Get("Origin")
	if len(text) > 125 {
		text = text[:125] // the longest message with a one-byte length
	}
	_, _ = buffered.WriteString("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n\r\n" +
		"\x81" + string(rune(len(text))) + text + "\x88\x02\x03\xe8")
	if buffered.Flush() == nil {
		_, _ = io.CopyN(io.Discard, conn, 8) // the client's close frame
	}
}
