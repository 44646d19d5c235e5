package lab

import (
	"crypto/rand"
	"encoding/json"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/lab/predict"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/weburl"
)

// The limits of what is kept.
const (
	maxRuns     = 2000 // the oldest are dropped
	maxLog      = 200  // requests of a run
	maxSaw      = 300  // sights of a run
	maxOutcome  = 4096 // bytes of an outcome
	maxSawBody  = 1 << 20
	maxHeadings = 60 // headers of one request in the log
)

// A run is an experiment that a page in the reader's browser runs, at URLs of its own: caches, cookies and
// preflights of another run do not matter.
type run struct {
	id      string
	defence bool
	placed  experiments.Experiment // below base
	ports   experiments.Ports
	base    string
	made    time.Time

	mu   sync.Mutex
	saw  []Saw
	done bool
	log  []LogEntry
}

// Saw is what a page or a server saw of one sight.
type Saw struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome"`
	Server  bool   `json:"server,omitempty"`
}

// A LogEntry is a request that a server of a run saw, and its response.
type LogEntry struct {
	Method    string   `json:"method"`
	URL       string   `json:"url"` // without the part that only this run has
	Preflight bool     `json:"preflight"`
	Header    []string `json:"header"` // "Name: value": those that matter to cross-origin requests
	// Status is 0 if the server closed the connection instead.
	Status         int      `json:"status"`
	ResponseHeader []string `json:"responseHeader"`
}

// runs has the runs by their ids.
type runs struct {
	mu    sync.Mutex
	byID  map[string]*run
	order []string
}

// add keeps a new run, which nobody can guess the id of.
func (s *runs) add(e experiments.Experiment, p experiments.Ports, defence bool) *run {
	r := &run{id: strings.ToLower(rand.Text()[:16]), defence: defence, ports: p, made: time.Now()}
	r.base = "/x/" + r.id
	if defence {
		e = e.Defended()
	}
	r.placed = e.At(p, r.base)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byID == nil {
		s.byID = map[string]*run{}
	}
	s.byID[r.id] = r
	if s.order = append(s.order, r.id); len(s.order) > maxRuns {
		delete(s.byID, s.order[0])
		s.order = slices.Delete(s.order, 0, 1)
	}
	return r
}

func (s *runs) find(id string) *run {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[id]
}

// page is the URL of the run's page, and where it may be opened: in a frame, in a sandboxed frame or in a
// window of its own, which sets cookies first that an earlier visit would have set.
func (r *run) page() (url, how string) {
	e := &r.placed
	switch {
	case len(e.Page.Cookies) > 0:
		if u, err := weburl.Parse(e.Action.URL, nil); err == nil && e.Script == nil {
			return u.Scheme + "://" + u.HostPort() + r.base + "/visit", "popup"
		}
	case e.Page.Origin == "null":
		return r.sandboxOrigin() + r.base + "/run", "sandbox"
	case slices.Contains(e.Needs, experiments.NeedsPopup):
		return e.Page.Origin + r.base + "/run", "popup"
	}
	return e.Page.Origin + r.base + "/run", "frame"
}

// sandboxOrigin is where a page comes from whose origin is null.
func (r *run) sandboxOrigin() string { return r.ports.Origins()["self"] }

// sights lists the names of the sights of the page.
func (r *run) sights() []string {
	e := &r.placed
	names := []string{}
	switch {
	case e.Script != nil:
		for _, s := range e.Script.Sights {
			if !s.Server {
				names = append(names, s.Name)
			}
		}
	case e.Action.Element != "":
		names = append(names, "response")
	default:
		names = append(names, "response", "body", "headers")
	}
	return names
}

// withoutBase removes what only this run has from a text.
func (r *run) withoutBase(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, r.base+"/", "/"), r.base, "")
}

// serve answers requests below /x/ID.
func (r *run) serve(w http.ResponseWriter, req *http.Request) {
	switch strings.TrimPrefix(req.URL.Path, r.base) {
	case "/run":
		r.servePage(w)
	case "/visit":
		for _, c := range r.placed.Page.Cookies {
			w.Header().Add("Set-Cookie", c)
		}
		w.Header().Set("Cache-Control", "no-store")
		pageOrigin := r.placed.Page.Origin
		if pageOrigin == "null" {
			pageOrigin = r.sandboxOrigin()
		}
		w.Header().Set("Location", pageOrigin+r.base+"/run")
		w.WriteHeader(http.StatusFound)
	case "/saw":
		r.serveSaw(w, req)
	default:
		r.respond(w, req)
	}
}

// A runPage is what run.js reads: what to do, and where to report what the page saw.
type runPage struct {
	ID      string              `json:"id"`
	Name    string              `json:"name"`
	Base    string              `json:"base"`
	Saw     string              `json:"saw"` // the URL to post it to
	Action  *experiments.Action `json:"action,omitempty"`
	Code    string              `json:"code,omitempty"`
	Sights  []string            `json:"sights"`
	Origins map[string]string   `json:"origins"`
}

var runTemplate = template.Must(template.New("run").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{.Name}}: a run of the lab</title>
</head>
<body>
<script type="application/json" id="run">{{.JSON}}</script>
<script src="/web/run.js"></script>
</body>
</html>
`))

func (r *run) servePage(w http.ResponseWriter) {
	e := &r.placed
	page := runPage{ID: r.id, Name: e.Name, Base: r.base, Saw: r.base + "/saw", Sights: r.sights(), Origins: r.ports.Origins()}
	page.Origins["base"] = r.base
	if e.Script != nil {
		page.Code = e.Script.Code
	} else {
		page.Action = &e.Action
	}
	text, err := json.Marshal(page) // escapes <, so that nothing in it ends the element
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	policy := r.ports.Reach()
	if e.Page.Origin == "null" {
		policy += "; sandbox allow-scripts"
	}
	h.Set("Content-Security-Policy", policy)
	if e.Page.EmbedderPolicy != "" {
		h.Set("Cross-Origin-Embedder-Policy", e.Page.EmbedderPolicy)
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	}
	_ = runTemplate.Execute(w, struct {
		Name string
		JSON template.JS
	}{term.Bounded(e.Name), template.JS(text)})
}

// serveSaw takes what the page saw. Pages of every origin of the run may send it: the run's id is the secret.
func (r *run) serveSaw(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "no-store")
	switch req.Method {
	case http.MethodOptions:
		h.Set("Access-Control-Allow-Headers", "content-type")
		w.WriteHeader(http.StatusNoContent)
		return
	case http.MethodPost:
	default:
		h.Set("Allow", "POST")
		http.Error(w, "post what the page saw", http.StatusMethodNotAllowed)
		return
	}
	var in struct {
		Saw  []Saw `json:"saw"`
		Done bool  `json:"done"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, req.Body, maxSawBody)).Decode(&in); err != nil {
		http.Error(w, "not the JSON of what a page saw", http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range in.Saw {
		r.see(Saw{Name: term.Cut(s.Name, maxOutcome), Outcome: r.withoutBase(term.Cut(s.Outcome, maxOutcome))})
	}
	seen := func(name string) bool { return slices.ContainsFunc(r.saw, func(s Saw) bool { return s.Name == name }) }
	all := true
	for _, name := range r.sights() {
		all = all && seen(name)
	}
	r.done = r.done || in.Done || all
	w.WriteHeader(http.StatusNoContent)
}

// see keeps a sight; the latest of a name counts.
func (r *run) see(s Saw) {
	if i := slices.IndexFunc(r.saw, func(old Saw) bool { return old.Name == s.Name }); i >= 0 {
		r.saw[i] = s
	} else if len(r.saw) < maxSaw {
		r.saw = append(r.saw, s)
	}
}

// respond answers as the experiment's servers do, and logs it.
func (r *run) respond(w http.ResponseWriter, req *http.Request) {
	scheme := "http://"
	if req.TLS != nil {
		scheme = "https://"
	}
	entry := LogEntry{Method: req.Method, URL: r.withoutBase(term.Cut(scheme+req.Host+req.URL.RequestURI(), maxOutcome)),
		Preflight: predict.IsPreflight(req), Header: r.ofInterest(req.Header)}
	seen := &recorder{ResponseWriter: w}
	defer func() {
		entry.Status = seen.status
		entry.ResponseHeader = r.lines(seen.header, func(string) bool { return true })
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.log) < maxLog {
			r.log = append(r.log, entry)
		}
	}()
	req.Body = http.MaxBytesReader(w, req.Body, 1<<20)
	r.placed.ServeHTTP(seen, req)
}

// recorder keeps the status and the headers of a response. They are those of a response without them until
// they are written: a server that hangs up sends none.
type recorder struct {
	http.ResponseWriter
	status int
	header http.Header
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.header = status, w.Header().Clone()
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}

// usual are request headers that browsers send with every request and that decide nothing between origins.
var usual = []string{"accept", "accept-encoding", "accept-language", "connection", "user-agent", "cache-control", "pragma", "dnt",
	"upgrade-insecure-requests", "priority", "te", "content-length", "sec-gpc", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform"}

func (r *run) ofInterest(h http.Header) []string {
	return r.lines(h, func(name string) bool { return !slices.Contains(usual, strings.ToLower(name)) })
}

func (r *run) lines(h http.Header, want func(name string) bool) []string {
	list := []string{}
	for name, values := range h {
		for _, value := range values {
			if want(name) && len(list) < maxHeadings {
				list = append(list, name+": "+r.withoutBase(term.Cut(value, maxOutcome)))
			}
		}
	}
	slices.Sort(list)
	return list
}

// A runState is what is known of a run, as JSON.
type runState struct {
	Done   bool       `json:"done"`
	Saw    []Saw      `json:"saw"`
	Server []LogEntry `json:"server"`
}

func (r *run) state() runState {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := runState{r.done, append([]Saw{}, r.saw...), append([]LogEntry{}, r.log...)}
	if script := r.placed.Script; script != nil {
		for _, sight := range script.Sights {
			if sight.Server && sight.Request != nil {
				s.Saw = append(s.Saw, Saw{sight.Name, predict.Sent(r.sent(sight.Request)), true})
			}
		}
	}
	return s
}

// sent reports whether a request came to a server of the run, beyond any preflight.
func (r *run) sent(a *experiments.Action) bool {
	return slices.ContainsFunc(r.log, func(entry LogEntry) bool {
		return !entry.Preflight && entry.URL == r.withoutBase(a.URL)
	})
}
