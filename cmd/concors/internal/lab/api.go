package lab

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/lab/predict"
	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// handler serves one of the lab's ports.
func (l *Lab) handler(port int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, ok := l.visited(r, port)
		switch path := r.URL.Path; {
		case !ok:
			l.elsewhere(w, r, http.StatusMisdirectedRequest)
		case strings.HasPrefix(path, "/x/"):
			id, _, _ := strings.Cut(strings.TrimPrefix(path, "/x/"), "/")
			run := l.runs.find(id)
			if run == nil {
				http.Error(w, "this run is over: run the experiment again", http.StatusNotFound)
				return
			}
			run.serve(w, r)
		case strings.HasPrefix(path, "/web/") && (v.isLab || !strings.HasSuffix(path, ".html")):
			v.file(w, r, strings.TrimPrefix(path, "/web/"))
		case path == "/favicon.ico":
			w.WriteHeader(http.StatusNoContent)
		case !v.isLab:
			l.elsewhere(w, r, http.StatusNotFound)
		case strings.HasPrefix(path, "/api/"):
			l.api(w, r, &v)
		case path == "/class" && !v.local:
			http.Error(w, "the class is shown on the computer on which the lab runs", http.StatusForbidden)
		case path == "/class":
			v.file(w, r, "class.html")
		case path == "/":
			v.file(w, r, "index.html")
		default:
			http.Error(w, "the lab has no such page", http.StatusNotFound)
		}
	})
}

// An apiError is the JSON of an error.
type apiError struct {
	status   int
	Error    string    `json:"error"`
	Hint     string    `json:"hint,omitempty"`
	Problems []problem `json:"problems,omitempty"` // of a policy's text
}

// A problem is something that is wrong with a policy's text.
type problem struct {
	Server int `json:"server"` // the index of its rule
	policyfile.Problem
}

func refuse(status int, text, hint string) *apiError {
	return &apiError{status: status, Error: text, Hint: hint}
}

// api answers requests of the lab's own pages.
func (l *Lab) api(w http.ResponseWriter, r *http.Request, v *visit) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	out, fault := l.answer(r, v)
	if fault != nil {
		if fault.status == http.StatusMethodNotAllowed {
			h.Set("Allow", "GET, POST")
		}
		w.WriteHeader(fault.status)
		out = fault
	}
	encoder := json.NewEncoder(w)
	if r.Method != http.MethodHead {
		_ = encoder.Encode(out) // the error is that of the connection
	}
}

// maxBody is the size of what is posted, in bytes.
const maxBody = 2 << 20

func (l *Lab) answer(r *http.Request, v *visit) (any, *apiError) {
	path := strings.TrimPrefix(r.URL.Path, "/api/")
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		switch {
		case path == "course":
			return l.course(v), nil
		case path == "results":
			return l.results.all(), nil
		case path == "class":
			return l.classView(v)
		case strings.HasPrefix(path, "runs/"):
			if run := l.runs.find(strings.TrimPrefix(path, "runs/")); run != nil {
				return run.state(), nil
			}
			return nil, refuse(http.StatusNotFound, "there is no such run, or it was dropped", "run the experiment again")
		}
	case http.MethodPost:
		if !v.maySend(r) {
			return nil, refuse(http.StatusForbidden, "only the lab's own pages may send this, as application/json", "open "+v.origin()+"/")
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
		if err != nil || len(body) > maxBody {
			return nil, refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the body has more than %d bytes, or was cut off", maxBody), "send less")
		}
		switch path {
		case "predict":
			return l.makePrediction(r, v, body)
		case "runs":
			return l.makeRun(v, body)
		case "results":
			return l.results.add(body)
		case "class":
			return l.joinClass(body)
		}
	default:
		return nil, refuse(http.StatusMethodNotAllowed, "the method is not GET or POST", "")
	}
	return nil, refuse(http.StatusNotFound, "the lab has no "+term.Bounded(r.URL.Path)+" for "+r.Method, "docs/lab.md lists the API")
}

// A course is everything that the pages show. It is documented in docs/lab.md.
type course struct {
	Version     string                   `json:"version"`
	Page        string                   `json:"page"`
	Origins     map[string]string        `json:"origins"`
	Ports       experiments.Ports        `json:"ports"`
	Browsers    []string                 `json:"browsers"`
	ThisPC      bool                     `json:"thisComputer"`
	ClassOpen   bool                     `json:"classOpen"`
	Units       []experiments.Unit       `json:"units"`
	Experiments []experiments.Experiment `json:"experiments"`
	Glossary    []experiments.Term       `json:"glossary"`
	// CannotRun says by an experiment's name why it can't run in this visitor's browser.
	CannotRun map[string]string `json:"cannotRun"`
}

func (l *Lab) course(v *visit) course {
	c := course{Version: l.options.Version, Page: v.origin() + "/", Origins: v.ports.Origins(), Ports: v.ports, Browsers: predict.Browsers(),
		ThisPC: v.ports.Host == "", ClassOpen: l.options.Class,
		Units: experiments.Units(), Experiments: experiments.All(), Glossary: experiments.Glossary(), CannotRun: map[string]string{}}
	for i := range c.Experiments {
		e := &c.Experiments[i]
		if why := e.CannotRun(v.ports); why != "" {
			c.CannotRun[e.Name] = why
		}
	}
	return c
}

// decode reads JSON with no other fields.
func decode(body []byte, into any) *apiError {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return refuse(http.StatusBadRequest, "not the JSON that this takes: "+term.Bounded(err.Error()), "docs/lab.md describes it")
	}
	return nil
}

// A choice is an experiment by its name, or one that the reader made.
type choice struct {
	Experiment json.RawMessage `json:"experiment"`
	Defence    bool            `json:"defence"`
	Browser    string          `json:"browser,omitempty"`
}

// chosen returns the experiment of a request.
func chosen(body []byte) (c choice, e experiments.Experiment, fault *apiError) {
	if fault := decode(body, &c); fault != nil {
		return c, e, fault
	}
	var name string
	if json.Unmarshal(c.Experiment, &name) == nil {
		e, ok := experiments.Find(name)
		if !ok {
			return c, e, refuse(http.StatusNotFound, "there is no experiment "+term.Quote(name), "GET /api/course lists all")
		}
		return c, e, nil
	}
	if len(c.Experiment) > experiments.MaxJSON {
		return c, e, refuse(http.StatusRequestEntityTooLarge, fmt.Sprintf("the experiment has more than %d bytes", experiments.MaxJSON), "make it smaller")
	}
	if fault := decode(c.Experiment, &e); fault != nil {
		return c, e, fault
	}
	if e.Name == "" {
		e.Name = "bench"
	}
	if err := e.Validate(); err != nil {
		return c, e, invalid(err)
	}
	return c, e, nil
}

// inJSON replaces the flags in the errors of the command line by what they are in an experiment.
var inJSON = strings.NewReplacer("--from ", "page.origin ", "-X ", "action.method ", "-H ", "action.header ", "--resource ", "action.element ",
	"--mode ", "action.mode ", "--credentials ", "action.credentials ", "--redirect ", "action.redirect ", "--crossorigin", "action.crossOrigin",
	"--xhr", "action.xhr", "--upload-listener", "action.uploadListener", "--page-space ", "page.addressSpace ", "--coep ", "page.embedderPolicy ")

// invalid is the answer to an invalid experiment.
func invalid(err error) *apiError {
	fault := refuse(http.StatusUnprocessableEntity, inJSON.Replace(err.Error()), "")
	var policy *experiments.PolicyError
	var usage *cli.UsageError
	switch {
	case errors.As(err, &policy):
		fault.Hint = "change the text of the policy as the problems say"
		for _, p := range policy.Problems {
			fault.Problems = append(fault.Problems, problem{policy.Server, p})
		}
	case errors.As(err, &usage):
		fault.Hint = inJSON.Replace(usage.Hint)
	}
	return fault
}

func (l *Lab) makePrediction(r *http.Request, v *visit, body []byte) (any, *apiError) {
	c, e, fault := chosen(body)
	if fault != nil {
		return nil, fault
	}
	select {
	case l.predict <- struct{}{}:
		defer func() { <-l.predict }()
	case <-r.Context().Done():
		return nil, refuse(http.StatusServiceUnavailable, "the request ended", "")
	}
	p, err := predict.Of(r.Context(), e, v.ports, c.Browser, c.Defence)
	switch {
	case errors.Is(err, predict.ErrBrowser):
		return nil, refuse(http.StatusBadRequest, err.Error(), "")
	case err != nil:
		return nil, invalid(err)
	}
	return p, nil
}

// A newRun is where the page of a run is.
type newRun struct {
	ID  string `json:"id"`
	URL string `json:"url"`
	// How is how to open it: "frame", "sandbox" (a frame with sandbox="allow-scripts") or "popup".
	How    string   `json:"how"`
	Code   string   `json:"code"` // of a script, with the lab's ports
	Sights []string `json:"sights"`
}

func (l *Lab) makeRun(v *visit, body []byte) (any, *apiError) {
	c, e, fault := chosen(body)
	if fault != nil {
		return nil, fault
	}
	if why := e.CannotRun(v.ports); why != "" {
		return nil, refuse(http.StatusConflict, why, "")
	}
	run := l.runs.add(e, v.ports, c.Defence && e.Defence != nil)
	out := newRun{ID: run.id, Sights: run.sights()}
	out.URL, out.How = run.page()
	if run.placed.Script != nil {
		out.Code = run.withoutBase(run.placed.Script.Code)
	}
	return out, nil
}

// Results are what one browser did in all experiments, as a page of the lab reports it.
type Results struct {
	Browser     string              `json:"browser"`
	Version     string              `json:"version"`
	UserAgent   string              `json:"userAgent,omitempty"`
	Experiments []ExperimentResults `json:"experiments"`
}

// ExperimentResults are those of one experiment.
type ExperimentResults struct {
	Name    string        `json:"name"`
	Defence bool          `json:"defence,omitempty"`
	NotRun  string        `json:"notRun,omitempty"` // why it was not run
	Sights  []SightResult `json:"sights"`
}

// A SightResult is what was seen and what was predicted; Predicted is null if that is not known.
type SightResult struct {
	Name      string  `json:"name"`
	Outcome   string  `json:"outcome"`
	Predicted *string `json:"predicted"`
	Agrees    bool    `json:"agrees"`
}

// results has the latest results of each browser.
type results struct {
	mu   sync.Mutex
	list []Results
}

const maxResults = 20

func (s *results) add(body []byte) (any, *apiError) {
	var in Results
	if fault := decode(body, &in); fault != nil {
		return nil, fault
	}
	if in.Browser == "" || len(in.Browser) > 64 || len(in.Version) > 64 {
		return nil, refuse(http.StatusBadRequest, "browser or version is missing or too long", "send the browser that ran the experiments")
	}
	for i := range in.Experiments {
		for j := range in.Experiments[i].Sights {
			sight := &in.Experiments[i].Sights[j]
			sight.Agrees = sight.Predicted != nil && *sight.Predicted == sight.Outcome
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = slices.DeleteFunc(s.list, func(old Results) bool { return old.Browser == in.Browser && old.Version == in.Version })
	s.list = append(s.list, in)
	s.list = s.list[max(0, len(s.list)-maxResults):]
	return in, nil
}

// allResults is the JSON of what was reported.
type allResults struct {
	Results []Results `json:"results"`
}

func (s *results) all() allResults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return allResults{append([]Results{}, s.list...)}
}

func (l *Lab) joinClass(body []byte) (any, *apiError) {
	if !l.options.Class {
		return nil, refuse(http.StatusNotFound, "no class is open", "start the lab with concors lab --class")
	}
	var e ClassEntry
	if fault := decode(body, &e); fault != nil {
		return nil, fault
	}
	if why := e.problem(); why != "" {
		return nil, refuse(http.StatusUnprocessableEntity, why, "")
	}
	if !l.class.add(e) {
		return nil, refuse(http.StatusServiceUnavailable, fmt.Sprintf("a class has at most %d participants", maxParticipants), "")
	}
	return struct{}{}, nil
}

func (l *Lab) classView(v *visit) (any, *apiError) {
	switch {
	case !l.options.Class:
		return nil, refuse(http.StatusNotFound, "no class is open", "start the lab with concors lab --class")
	case !v.local:
		return nil, refuse(http.StatusForbidden, "the class is shown on the computer on which the lab runs", "")
	}
	return l.class.view(), nil
}
