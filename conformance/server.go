package conformance

import (
	"cmp"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Server responds to the requests of cases and records what arrives. It is an
// [http.Handler] for all paths below /c/. It needs neither a browser nor a
// network: any client can send it requests with the right Host header.
//
// A Server uses the responses of one step of each case at a time: the first
// step, until [Server.Begin] selects another one. It is safe for concurrent use.
type Server struct {
	hosts Hosts

	mu    sync.Mutex
	cases map[int]*caseState
}

type caseState struct {
	c    *Case
	step int
	wire [][]Wire // by step
}

// maxRequestBody limits how much of a request's body is read. Cases send a few
// bytes, but other programs may connect to the port.
const maxRequestBody = 1 << 20

// maxWire limits how many requests are recorded for a step. With redirects, one
// request becomes at most 21, each with its preflight. Some clients repeat a
// request without end.
const maxWire = 64

// NewServer returns a server for the cases. It does not copy them.
func NewServer(hosts Hosts, cases []Case) *Server {
	s := &Server{hosts: hosts, cases: make(map[int]*caseState, len(cases))}
	for i := range cases {
		c := &cases[i]
		s.cases[c.ID] = &caseState{c: c, wire: make([][]Wire, len(c.Steps))}
	}
	return s
}

// Begin makes a step the current one of its case, and discards what arrived for
// it and for later steps. It reports whether the step exists.
func (s *Server) Begin(id, step int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.cases[id]
	if st == nil || step < 0 || step >= len(st.wire) {
		return false
	}
	st.step = step
	for i := step; i < len(st.wire); i++ {
		st.wire[i] = nil
	}
	return true
}

// Wire returns the first 64 requests that arrived while a step was the current
// one of its case, in order of arrival.
func (s *Server) Wire(id, step int) []Wire {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.cases[id]
	if st == nil || step < 0 || step >= len(st.wire) {
		return nil
	}
	return slices.Clone(st.wire[step])
}

// ServeHTTP responds as the current step of the path's case says.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, _ := io.Copy(io.Discard, http.MaxBytesReader(w, r.Body, maxRequestBody))

	id, rest, ok := splitCasePath(r.URL.EscapedPath())
	if !ok {
		http.NotFound(w, r)
		return
	}
	if r.URL.RawQuery != "" {
		rest += "?" + r.URL.RawQuery
	}
	s.mu.Lock()
	st := s.cases[id]
	if st == nil {
		s.mu.Unlock()
		http.NotFound(w, r)
		return
	}
	step := &st.c.Steps[st.step]
	if len(st.wire[st.step]) < maxWire {
		st.wire[st.step] = append(st.wire[st.step], s.observe(r, st.c, step, rest, n))
	}
	s.mu.Unlock()

	s.write(w, r, id, step.response(r, rest))
}

// splitCasePath splits a path of the form /c/<case>/<rest>.
func splitCasePath(path string) (id int, rest string, ok bool) {
	path, ok = strings.CutPrefix(path, "/c/")
	if !ok {
		return 0, "", false
	}
	first, rest, ok := strings.Cut(path, "/")
	if !ok {
		return 0, "", false
	}
	id, err := strconv.Atoi(first)
	return id, rest, err == nil
}

// response returns the step's response to a request. rest is what follows the
// case's part of its path.
func (st *Step) response(r *http.Request, rest string) Response {
	rest, _, _ = strings.Cut(rest, "?")
	n, err := strconv.Atoi(rest[strings.LastIndexByte(rest, '/')+1:])
	if err != nil || n < 0 || n >= len(st.Hops) {
		return Response{Status: http.StatusNotFound}
	}
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		return st.Hops[n].Preflight
	}
	return st.Hops[n].Actual
}

// write sends the response and nothing else: net/http must not add Date or a
// guessed Content-Type.
func (s *Server) write(w http.ResponseWriter, r *http.Request, id int, response Response) {
	h := w.Header()
	h["Date"] = nil
	h["Content-Type"] = nil
	origin := r.Header.Get("Origin")
	for _, f := range response.Headers {
		value := s.hosts.Expand(strings.ReplaceAll(f[1], "{origin}", origin))
		h[f[0]] = append(h[f[0]], value)
	}
	status := cmp.Or(response.Status, http.StatusOK)
	body := responseBody(id, response)
	noBody := status == http.StatusNoContent || status == http.StatusNotModified
	if !noBody {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(status)
	if !noBody && r.Method != http.MethodHead {
		_, _ = w.Write(body) // an error means that the client has gone
	}
}

// observe returns the part of a request that observations contain.
func (s *Server) observe(r *http.Request, c *Case, step *Step, rest string, length int64) Wire {
	h := r.Header
	w := Wire{
		Method:      r.Method,
		Host:        s.hosts.name(r.Host),
		Path:        s.hosts.Template(rest),
		Origin:      s.hosts.Template(h.Get("Origin")),
		ACRM:        h.Get("Access-Control-Request-Method"),
		ACRH:        h.Get("Access-Control-Request-Headers"),
		Cookie:      ownCookies(c.ID, h),
		Referer:     s.hosts.Template(h.Get("Referer")),
		Site:        h.Get("Sec-Fetch-Site"),
		Mode:        h.Get("Sec-Fetch-Mode"),
		Dest:        h.Get("Sec-Fetch-Dest"),
		Storage:     h.Get("Sec-Fetch-Storage-Access"),
		Auth:        h.Get("Authorization"),
		ContentType: h.Get("Content-Type"),
		Length:      length,
	}
	// The page's path ends in a number that differs between recordings.
	if before, _, ok := strings.Cut(w.Referer, pagePath); ok {
		w.Referer = before + pagePath
	}
	if accept := h.Get("Accept"); accept != "*/*" {
		w.Accept = accept
	}
	w.Headers = namedHeaders(step.Request.Headers, h)
	return w
}

// pagePath is the path of pages with cases, to which a number is appended.
const pagePath = "/_/page/"

// ownCookies returns the pairs of the Cookie header that belong to a case, in
// the order in which they arrived.
func ownCookies(id int, h http.Header) string {
	suffix := "_" + strconv.Itoa(id)
	var own []string
	for _, line := range h["Cookie"] {
		for pair := range strings.SplitSeq(line, ";") {
			pair = strings.TrimSpace(pair)
			if name, _, _ := strings.Cut(pair, "="); strings.HasSuffix(name, suffix) {
				own = append(own, pair)
			}
		}
	}
	return strings.Join(own, "; ")
}

// namedHeaders returns which of the headers that a script set arrived, in the
// form of [Wire].Headers.
func namedHeaders(set [][2]string, h http.Header) []string {
	want := map[string]string{}
	for _, f := range set {
		name := strings.ToLower(f[0])
		if name == "cookie" {
			continue // contains cookies of other cases: see Wire.Cookie
		}
		if old, ok := want[name]; ok {
			want[name] = old + ", " + f[1]
		} else {
			want[name] = f[1]
		}
	}
	var arrived []string
	for name, value := range want {
		// Host is not part of http.Request.Header, and it always arrives.
		got, ok := h[http.CanonicalHeaderKey(name)]
		switch {
		case !ok:
		case strings.Join(got, ", ") == strings.TrimSpace(value):
			arrived = append(arrived, name)
		default:
			arrived = append(arrived, name+"~")
		}
	}
	slices.Sort(arrived)
	return arrived
}
