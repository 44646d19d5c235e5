package conformance

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// A Server answers the requests of cases and notes what arrives. It is an
// [http.Handler] for everything below /c/ and needs neither a browser nor a
// network: any client that sends requests with the right Host header will do.
//
// A Server answers from one step of each case at a time. That is the first
// until [Server.Begin] says otherwise. It is safe for concurrent use.
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

// maxRequestBody bounds how much of a request's body is read. Cases send a
// few bytes; this is for whatever else finds the port.
const maxRequestBody = 1 << 20

// maxWire bounds how many requests are noted for a step: more than the 21 that
// redirects can make of one, each with its preflight. Some clients try again
// for as long as they are let.
const maxWire = 64

// NewServer returns a server for the cases, which it does not copy.
func NewServer(hosts Hosts, cases []Case) *Server {
	s := &Server{hosts: hosts, cases: make(map[int]*caseState, len(cases))}
	for i := range cases {
		c := &cases[i]
		s.cases[c.ID] = &caseState{c: c, wire: make([][]Wire, len(c.Steps))}
	}
	return s
}

// Begin makes a step the one a case answers from, and forgets what arrived
// for that step and later ones. It reports whether there is such a step.
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

// Wire returns the requests that arrived while a step was the current one of
// its case, in order of arrival: the first 64 of them.
func (s *Server) Wire(id, step int) []Wire {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.cases[id]
	if st == nil || step < 0 || step >= len(st.wire) {
		return nil
	}
	return slices.Clone(st.wire[step])
}

// ServeHTTP answers as the current step of the case in the path says.
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

	a := step.answer(r, rest)
	s.write(w, r, id, a)
}

// splitCasePath takes /c/<case>/<rest> apart.
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

// answer picks the answer to a request whose path below the case is rest.
func (st *Step) answer(r *http.Request, rest string) Answer {
	rest, _, _ = strings.Cut(rest, "?")
	n, err := strconv.Atoi(rest[strings.LastIndexByte(rest, '/')+1:])
	if err != nil || n < 0 || n >= len(st.Answers) {
		return Answer{Status: http.StatusNotFound}
	}
	if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
		return st.Answers[n].Preflight
	}
	return st.Answers[n].Actual
}

// write sends the answer and nothing else: net/http is kept from adding its
// own Date and from guessing a Content-Type.
func (s *Server) write(w http.ResponseWriter, r *http.Request, id int, a Answer) {
	h := w.Header()
	h["Date"] = nil
	h["Content-Type"] = nil
	origin := r.Header.Get("Origin")
	for _, f := range a.Headers {
		value := s.hosts.Expand(strings.ReplaceAll(f[1], "{origin}", origin))
		h[f[0]] = append(h[f[0]], value)
	}
	status := a.Status
	if status == 0 {
		status = http.StatusOK
	}
	body := answerBody(id, a)
	bodiless := status == http.StatusNoContent || status == http.StatusNotModified
	if !bodiless {
		h["Content-Length"] = []string{strconv.Itoa(len(body))}
	}
	w.WriteHeader(status)
	if !bodiless && r.Method != http.MethodHead {
		// Nobody is left to tell if the client has gone.
		_, _ = w.Write(body)
	}
}

// observe turns a request into what observations keep of it.
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
	// The page's own path holds a number that differs from one recording to
	// the next.
	if before, _, ok := strings.Cut(w.Referer, pagePath); ok {
		w.Referer = before + pagePath
	}
	if accept := h.Get("Accept"); accept != "*/*" {
		w.Accept = accept
	}
	w.Headers = namedHeaders(step.Request.Headers, h)
	return w
}

// pagePath is where pages with cases are; a number follows.
const pagePath = "/_/page/"

// ownCookies returns the pairs of the Cookie header that belong to a case, in
// their order.
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

// namedHeaders says which of the headers a request asked for arrived.
func namedHeaders(asked [][2]string, h http.Header) []string {
	want := map[string]string{}
	for _, f := range asked {
		name := strings.ToLower(f[0])
		if name == "cookie" {
			continue // a browser's own, and perhaps other cases': see Wire.Cookie
		}
		if old, ok := want[name]; ok {
			want[name] = old + ", " + f[1]
		} else {
			want[name] = f[1]
		}
	}
	var arrived []string
	for name, value := range want {
		// net/http moves Host out of the header, and it always arrives.
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
