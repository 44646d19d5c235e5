// Package demo is a server with lessons: scenarios in which a page asks another
// origin for something, and CORS or one of the policies around it decides.
//
// A [Scenario] is data: the question that a page asks, how the server answers,
// and what a reader learns from it. [Start] serves one scenario on a loopback
// port; every name below localhost leads there, as far as the scenario's own
// question is concerned, so that nothing else is needed and nothing leaves the
// machine.
package experiments

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/request"
)

// A Scenario is one request and one server.
type Scenario struct {
	Name  string
	Title string // one line: what goes on
	// Question is what the page asks. The server's names are all below
	// localhost, and have no port.
	Question request.Question
	// Serve is the server, for all of its names.
	Serve http.HandlerFunc
	// Learn is what there is to learn, in at most two lines.
	Learn string
	// Next is the name of the scenario to try next.
	Next string
}

// Find returns the scenario of that name.
func Find(name string) (Scenario, bool) {
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

// A Server serves one scenario.
type Server struct {
	scenario Scenario
	address  string
	http     *http.Server
}

// Start begins to serve a scenario on a loopback port of the system's choice.
// The caller closes the server.
func Start(s Scenario) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting the demo server: %w", err)
	}
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Date"] = nil // the same answer every time
		s.Serve(w, r)
	}
	server := &Server{scenario: s, address: listener.Addr().String(),
		http: &http.Server{Handler: http.HandlerFunc(handler), ReadHeaderTimeout: 10 * time.Second}}
	go server.http.Serve(listener) // ends with Close, with the error that says so
	return server, nil
}

// Question is the scenario's, with every name below localhost leading to the
// server. Connections to anything else are refused.
func (s *Server) Question() request.Question {
	q := s.scenario.Question
	q.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if host != "localhost" && !strings.HasSuffix(host, ".localhost") {
			return nil, fmt.Errorf("the demo does not leave this machine: no connection to %s", host)
		}
		var d net.Dialer
		return d.DialContext(ctx, "tcp", s.address)
	}
	return q
}

// Close stops the server and cuts its connections.
func (s *Server) Close() error { return s.http.Close() }

// Introduction is what is said before the report: what goes on, and the command
// line that asks the same question.
func (s *Scenario) Introduction() string {
	return fmt.Sprintf("DEMO %s\nWhat happens: %s.\nOn loopback; its names work within this command only. Asked as:\n  %s\n\n",
		s.Name, s.Title, strings.Join(commandLine(s.Question), "\n    "))
}

// Lesson is what is said after the report.
func (s *Scenario) Lesson() string {
	return fmt.Sprintf("\nTo take away\n  %s\n  Next: concors check --demo %s\n  All of them: concors check --demo\n",
		strings.ReplaceAll(s.Learn, "\n", "\n  "), s.Next)
}

// commandLine is the command that asks a question, in lines that fit a terminal.
func commandLine(q request.Question) []string {
	words := []string{"concors check " + q.URL, "--from " + q.From}
	add := func(flag, value string) {
		if value != "" {
			words = append(words, flag+" "+value)
		}
	}
	quoted := func(s string) string { return "'" + s + "'" }
	add("-X", q.Method)
	for _, h := range q.Header {
		add("-H", quoted(h))
	}
	if q.Data != nil {
		add("-d", quoted(*q.Data))
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
		add("--cookie", quoted(c))
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
