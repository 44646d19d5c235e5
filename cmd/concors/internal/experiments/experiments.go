// Package experiments is a course in CORS: experiments in which a page does one
// thing, and CORS or one of the policies around it decides what comes of it.
//
// An [Experiment] is data: what the page is and does, what the servers respond
// with, and what there is to learn. Nothing in it is a Go function, so that a page in
// a real browser can run the same experiment. [Start] serves one on a loopback port:
// every name below localhost leads there, and nothing leaves the machine.
package experiments

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/policyfile"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors/routes"
)

// An Experiment is one thing that a page does, and the servers that it meets.
type Experiment struct {
	Name    string   `json:"name"`  // what the command line calls it
	Title   string   `json:"title"` // one line: what happens
	Unit    string   `json:"unit"`  // the name of the unit of the course that it belongs to
	Page    Page     `json:"page"`
	Action  Action   `json:"action,omitzero"`
	Script  *Script  `json:"script,omitempty"`  // in place of Action: what the page does is more than one request
	Servers []Rule   `json:"servers,omitempty"` // the first rule that matches a request decides
	Lesson  string   `json:"lesson"`            // what there is to learn, in two lines
	Change  string   `json:"change,omitempty"`  // what would change the outcome, in a sentence
	Defence *Defence `json:"defence,omitempty"`
	Quiz    *Quiz    `json:"quiz,omitempty"`
	Myth    string   `json:"myth,omitempty"` // a sentence that is often taught, and that the experiment shows to be wrong or incomplete
	Needs   []Need   `json:"needs,omitempty"`
}

// A Script is what a page does in an experiment that is more than one request.
type Script struct {
	// Code is the body of an async function. It calls see(name, value) for each sight, in order: value is a
	// function, whose result or exception becomes the outcome. See docs/lab.md for the other helpers.
	Code   string  `json:"code"`
	Sights []Sight `json:"sights"`
}

// A Sight is one thing that the page or a server saw, and the question that predicts it: one of Check and Request.
type Sight struct {
	Name   string `json:"name"`
	Server bool   `json:"server,omitempty"` // a server saw it, not the page
	Check  string `json:"check,omitempty"`  // a group and id of package sopcheck: "window:cross/get/document"
	// Request predicts the outcome as the response of a request by the page: "cors 200", "!TypeError".
	Request *Action `json:"request,omitempty"`
	// Note says why there is no prediction, if there is neither Check nor Request.
	Note string `json:"note,omitempty"`
}

// A Defence is a switch: what the servers send with it on.
type Defence struct {
	Title   string  `json:"title"`             // "Cross-Origin-Resource-Policy: same-site"
	Servers []Rule  `json:"servers,omitempty"` // rules before those of the experiment
	Sights  []Sight `json:"sights,omitempty"`  // the sights with the defence on; nil if only Servers matter
	Lesson  string  `json:"lesson,omitempty"`
}

// A Quiz is a question to check one's understanding.
type Quiz struct {
	Question string   `json:"question"`
	Answers  []string `json:"answers"`
	Right    int      `json:"right"` // the index of the right answer
	Because  string   `json:"because"`
}

// A Need is something that an experiment cannot run without in a browser.
type Need string

// The needs.
const (
	NeedsNames      Need = "names"      // names below localhost, so this computer
	NeedsHTTPS      Need = "https"      // the throwaway certificate is accepted
	NeedsPopup      Need = "popup"      // popups are allowed
	NeedsVisible    Need = "visible"    // the page is on the screen
	NeedsPrediction Need = "prediction" // it cannot run on loopback: prediction only
)

// A Page is where the action runs.
type Page struct {
	Origin         string   `json:"origin"`                   // "null" for a sandboxed frame
	AddressSpace   string   `json:"addressSpace,omitempty"`   // where the page was loaded from: public, local or loopback; "" is not known
	EmbedderPolicy string   `json:"embedderPolicy,omitempty"` // its Cross-Origin-Embedder-Policy
	Cookies        []string `json:"cookies,omitempty"`        // Set-Cookie values from an earlier visit to the action's server
}

// An Action is what the page does: it calls fetch() or XMLHttpRequest, or has an
// element that loads something. A field that is empty has the API's default.
type Action struct {
	URL    string   `json:"url,omitempty"`
	Method string   `json:"method,omitempty"`
	Header []string `json:"header,omitempty"` // "Name: value"
	Body   *string  `json:"body,omitempty"`   // a string; nil for none

	Mode        string `json:"mode,omitempty"`
	Credentials string `json:"credentials,omitempty"`
	Redirect    string `json:"redirect,omitempty"`

	XHR            bool `json:"xhr,omitempty"`            // XMLHttpRequest in place of fetch()
	UploadListener bool `json:"uploadListener,omitempty"` // its upload object has an event listener

	Element     string `json:"element,omitempty"`     // an element in place of a script: img, script, font …
	CrossOrigin string `json:"crossOrigin,omitempty"` // its crossorigin attribute
}

// A Rule is a response, and the requests that get it. An empty field matches
// every request.
type Rule struct {
	// Host is a name, or a name and a port: "api.localhost" is that name on any port.
	Host     string   `json:"host,omitempty"`
	Path     string   `json:"path,omitempty"`
	Method   string   `json:"method,omitempty"`
	Cookie   string   `json:"cookie,omitempty"` // the name of a cookie that the request carries
	Origin   string   `json:"origin,omitempty"` // the value of its Origin header
	Response Response `json:"response"`

	// Policy, if it is not "", is the text of a policy file: package cors applies it to what the rule
	// matches. A rule with a policy matches preflights too.
	Policy string `json:"policy,omitempty"`
	// Forward, if it is not "", makes the rule a reverse proxy: requests for paths that begin with Path go to
	// this origin's rules, with the rest of the path.
	Forward string `json:"forward,omitempty"`
}

// A Response is what a server sends. Its Content-Type is application/json unless
// a header says otherwise.
type Response struct {
	Status int      `json:"status,omitempty"`
	Header []string `json:"header,omitempty"` // "Name: value", in this order
	Body   string   `json:"body,omitempty"`
	HangUp bool     `json:"hangUp,omitempty"` // the server closes the connection instead
}

// First is the experiment that concors check --demo begins with.
func First() Experiment { return Demo()[0] }

// Find returns the experiment of that name.
func Find(name string) (Experiment, bool) {
	for _, e := range All() {
		if e.Name == name {
			return e, true
		}
	}
	return Experiment{}, false
}

// Next returns the experiment that follows in concors check --demo; the first follows the last.
func (e *Experiment) Next() Experiment {
	all := Demo()
	for i := range all {
		if all[i].Name == e.Name {
			return all[(i+1)%len(all)]
		}
	}
	return all[0]
}

// Question returns the request that the page makes.
func (e *Experiment) Question() request.Question {
	a := &e.Action
	return request.Question{
		URL: a.URL, From: e.Page.Origin, Method: a.Method, Header: a.Header, Data: a.Body,
		Mode: a.Mode, Credentials: a.Credentials, Redirect: a.Redirect,
		XHR: a.XHR, UploadListener: a.UploadListener, Resource: a.Element, CrossOrigin: a.CrossOrigin,
		Cookies: e.Page.Cookies, PageSpace: e.Page.AddressSpace, EmbedderPolicy: e.Page.EmbedderPolicy,
	}
}

// Defended returns the experiment with its defence on.
func (e Experiment) Defended() Experiment {
	d := e.Defence
	if d == nil {
		return e
	}
	e.Servers = slices.Concat(d.Servers, e.Servers)
	if d.Sights != nil && e.Script != nil {
		e.Script = &Script{Code: e.Script.Code, Sights: d.Sights}
	}
	return e
}

// ServeHTTP responds as the experiment's servers do, all of them in one.
func (e *Experiment) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header()["Date"] = nil // so that the response is the same every time
	e.serve(w, r, e.Servers)
}

func (e *Experiment) serve(w http.ResponseWriter, r *http.Request, rules []Rule) {
	for i := range rules {
		rule := &rules[i]
		switch {
		case !rule.matches(r):
			continue
		case rule.Forward != "":
			e.forward(w, r, rule)
		case rule.Policy != "":
			rule.behindPolicy(w, r)
		default:
			rule.Response.write(w)
		}
		return
	}
	http.NotFound(w, r)
}

// forward has the rules of another origin respond. Rules that forward are skipped, so that none forwards
// to itself.
func (e *Experiment) forward(w http.ResponseWriter, r *http.Request, rule *Rule) {
	to, err := url.Parse(rule.Forward)
	if err != nil {
		http.Error(w, "the address of the reverse proxy's server is invalid", http.StatusBadGateway)
		return
	}
	out := r.Clone(r.Context())
	out.Host = to.Host
	out.URL.Path = strings.TrimSuffix(to.Path, "/") + "/" + strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, rule.Path), "/")
	others := slices.DeleteFunc(slices.Clone(e.Servers), func(r Rule) bool { return r.Forward != "" })
	e.serve(w, out, others)
}

// behindPolicy responds as the rule says, behind Concors' own middleware.
func (rule *Rule) behindPolicy(w http.ResponseWriter, r *http.Request) {
	file, err := policyfile.Load(PolicyName, []byte(rule.Policy))
	var handler http.Handler
	if err == nil {
		respond := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { rule.Response.write(w) })
		handler, err = routes.Wrap(file.Routes, nil, respond)
	}
	if err != nil {
		http.Error(w, "the policy is invalid", http.StatusInternalServerError)
		return
	}
	handler.ServeHTTP(w, r)
}

// PolicyName is the name of the file that a rule's policy stands for.
const PolicyName = "policy.yaml"

func (rule *Rule) matches(r *http.Request) bool {
	if rule.Cookie != "" {
		if _, err := r.Cookie(rule.Cookie); err != nil {
			return false
		}
	}
	name, _, _ := strings.Cut(r.Host, ":")
	return (rule.Host == "" || rule.Host == r.Host || rule.Host == name) &&
		(rule.Path == "" || rule.Path == r.URL.Path || rule.Forward != "" && strings.HasPrefix(r.URL.Path, rule.Path)) &&
		(rule.Method == "" || rule.Method == r.Method) &&
		(rule.Origin == "" || rule.Origin == r.Header.Get("Origin"))
}

func (r *Response) write(w http.ResponseWriter) {
	if r.HangUp {
		panic(http.ErrAbortHandler) // net/http closes the connection and logs nothing
	}
	h := w.Header()
	for _, line := range r.Header {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	w.WriteHeader(r.Status)
	fmt.Fprint(w, r.Body)
}

// A Server serves one experiment.
type Server struct {
	experiment Experiment
	address    string
	http       *http.Server
}

// Start begins to serve an experiment on a loopback port of the system's choice.
// The caller closes the server.
func Start(e Experiment) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the experiment's server: %w", err)
	}
	server := &Server{experiment: e, address: listener.Addr().String(),
		http: &http.Server{Handler: &e, ReadHeaderTimeout: 10 * time.Second}}
	go server.http.Serve(listener) // ends with Close
	return server, nil
}

// Question returns the experiment's question, with every name below localhost
// leading to the server. Connections to other names are refused.
func (s *Server) Question() request.Question {
	q := s.experiment.Question()
	q.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if host != "localhost" && !strings.HasSuffix(host, ".localhost") {
			return nil, fmt.Errorf("experiments do not leave this machine: no connection to %s", host)
		}
		var d net.Dialer
		return d.DialContext(ctx, "tcp", s.address)
	}
	return q
}

// Close stops the server and closes its connections.
func (s *Server) Close() error { return s.http.Close() }

// Introduction returns lines of at most columns columns before the report: what
// happens, and the command line that makes the same request.
func (e *Experiment) Introduction(columns int) []string {
	lines := term.HangWithin(columns, 0, 2, "DEMO "+e.Name+", on loopback: "+e.Title+".")
	for i, line := range commandLine(e.Question()) {
		lines = append(lines, strings.Repeat("  ", min(i, 1)+1)+line)
	}
	return lines
}

// Conclusion returns lines of at most columns columns after the report: the lesson,
// and how to go on.
func (e *Experiment) Conclusion(columns int) []string {
	lesson := term.HangWithin(columns, 0, 0, "Lesson: "+strings.ReplaceAll(e.Lesson, "\n", " "))
	return append(lesson, "Next: concors check --demo "+e.Next().Name)
}

// commandLine returns the command that makes a question's request, in lines that
// fit a terminal.
func commandLine(q request.Question) []string {
	words := []string{"concors check " + q.URL, "--from " + q.From}
	add := func(flag, value string) {
		if value != "" {
			words = append(words, flag+" "+value)
		}
	}
	add("-X", q.Method)
	for _, h := range q.Header {
		add("-H", term.ShellQuote(h))
	}
	if q.Data != nil {
		flag := "-d"
		if strings.HasPrefix(*q.Data, "@") {
			flag = "--data-raw" // -d would read a file
		}
		add(flag, term.ShellQuote(*q.Data))
	}
	add("--mode", q.Mode)
	add("--credentials", q.Credentials)
	add("--redirect", q.Redirect)
	if q.XHR {
		words = append(words, "--xhr")
	}
	if q.UploadListener {
		words = append(words, "--upload-listener")
	}
	add("--resource", q.Resource)
	add("--crossorigin", q.CrossOrigin)
	for _, c := range q.Cookies {
		add("--cookie", term.ShellQuote(c))
	}
	add("--page-space", q.PageSpace)
	add("--coep", q.EmbedderPolicy)
	var lines []string
	line := words[0]
	for _, word := range words[1:] {
		if len(line)+1+len(word) > 72 {
			lines, line = append(lines, line+` \`), word
			continue
		}
		line += " " + word
	}
	return append(lines, line)
}
