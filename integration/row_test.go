package integration

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// The origins that ask. app is a front end on its developer's machine, and the
// one that the servers mean to let in. Only a server that compares loosely takes
// lookalike for it.
const (
	app       = "http://localhost:3000"
	stranger  = "http://stranger.localhost:3000"
	lookalike = "http://app-localhost:3000"
)

// A site is a server with one configuration.
type site struct {
	name   string
	config string
	rows   []row
}

// A row is one request and what a browser makes of its answer. A row is about a
// page at app that calls fetch(path), but for what it says otherwise.
type row struct {
	name string

	page      string // the page's origin; "self" stands for the server's own host
	sandboxed bool
	method    string
	path      string
	header    fetch.HeaderList
	body      *fetch.Body
	mode      fetch.Mode
	include   bool // with credentials

	// reason is why the page gets nothing; none if it gets the answer.
	reason reason.Reason
	// status is that of the last answer, whether the page sees it or not.
	status int
	// value is the header's that the reason turns on, where that is of interest.
	value string
	// sees and hidden are response headers that the page can or can't read.
	sees, hidden string
	// but names the profiles for which the reason is another one.
	but map[string]reason.Reason
}

var (
	jsonBody   = &fetch.Body{Bytes: []byte(`{}`), ContentType: "application/json"}
	bearer     = fetch.HeaderList{{Name: "Authorization", Value: "Bearer abc"}}
	apiKey     = fetch.HeaderList{{Name: "X-Api-Key", Value: "abc"}}
	allowed    reason.Reason // the zero Reason: not blocked
	byBrowsers = map[string]reason.Reason{"Chromium": allowed, "Firefox": allowed, "WebKit": allowed}
)

// judge makes every row's request under every profile.
func judge(t *testing.T, base string, rows []row) {
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			for _, p := range fetch.Profiles() {
				t.Run(p.Name, func(t *testing.T) { r.judge(t, base, p) })
			}
		})
	}
}

func (r *row) judge(t *testing.T, base string, p fetch.Profile) {
	from := cmp.Or(r.page, app)
	from = strings.Replace(from, "self", strings.TrimPrefix(base, "http://"), 1)
	page := &fetch.Page{URL: from + "/", Sandboxed: r.sandboxed}
	request := &fetch.Request{
		Page: page, Method: r.method, URL: base + r.path, Header: r.header, Body: r.body, Mode: r.mode,
	}
	if r.include {
		request.Credentials = fetch.CredentialsInclude
	}
	want := r.reason
	if other, ok := r.but[p.Name]; ok {
		want = other
	}

	agent := fetch.NewAgent(p)
	response, err := agent.Fetch(context.Background(), request)
	if err != nil {
		var e *fetch.NetworkError
		if !errors.As(err, &e) {
			t.Fatalf("the error is a %T: %v", err, err)
		}
		if e.Reason != want || e.Status != r.status {
			t.Errorf("got %v with status %d, want %v with %d\n%v\n%s", e.Reason, e.Status, want, r.status, e, wire(e.Trace))
		}
		if r.value != "" && e.Value != r.value {
			t.Errorf("got the value %q, want %q", e.Value, r.value)
		}
		r.checkError(t, e)
		return
	}
	defer response.Body.Close()
	last := response.Trace.Exchanges[len(response.Trace.Exchanges)-1]
	if want != allowed || last.Status != r.status {
		t.Errorf("the page got an answer with status %d, want %v with %d\n%s", last.Status, want, r.status, wire(response.Trace))
	}
	if r.sees != "" && !has(response.Header, r.sees) {
		t.Errorf("the page does not see %s, only %v", r.sees, response.Header.Names())
	}
	if r.hidden != "" && (has(response.Header, r.hidden) || !has(response.Internal.Header, r.hidden)) {
		t.Errorf("%s should have been sent, and hidden: the page sees %v", r.hidden, response.Header.Names())
	}
	if _, err := io.ReadAll(response.Body); err != nil {
		t.Errorf("reading the body: %v", err)
	}
	if last.Preflight || !response.Hidden() && last.Status != response.Status || response.Hidden() && response.Status != 0 {
		t.Errorf("the trace does not end with the answer that the page got:\n%s", wire(response.Trace))
	}
}

// checkError holds what an error says against what went over the wire.
func (r *row) checkError(t *testing.T, e *fetch.NetworkError) {
	if n := len(e.Trace.Steps); n == 0 || e.Trace.Steps[n-1].Result != fetch.Blocked {
		t.Errorf("the trace does not end with the step that blocked: %+v", e.Trace.Steps)
	}
	if e.Trace.Exchanges == nil {
		t.Fatal("nothing went over the wire")
	}
	last := e.Trace.Exchanges[len(e.Trace.Exchanges)-1]
	if last.Preflight != e.Reason.Preflight() || e.Sent() == e.Reason.Preflight() {
		t.Errorf("%v, with Sent() = %v and on the wire:\n%s", e.Reason, e.Sent(), wire(e.Trace))
	}
	if last.Status != e.Status || last.URL != e.URL {
		t.Errorf("the error speaks of %s with %d, and the last answer was\n%s", e.URL, e.Status, wire(e.Trace))
	}
	if value, present := last.ResponseHeader.Get(e.Header); strings.HasPrefix(e.Header, "Access-Control-") && (value != e.Value || present != e.Present) {
		t.Errorf("the error says %s: %q (present: %v), the server said %q (present: %v)", e.Header, e.Value, e.Present, value, present)
	}
}

func has(list fetch.HeaderList, name string) bool {
	return slices.ContainsFunc(list, func(h fetch.Header) bool { return strings.EqualFold(h.Name, name) })
}

// wire prints what went over the wire.
func wire(trace *fetch.Trace) string {
	var b strings.Builder
	for _, x := range trace.Exchanges {
		b.WriteString("> " + x.Method + " " + x.URL + "\n")
		for _, h := range x.Header {
			b.WriteString(">   " + h.Name + ": " + h.Value + "\n")
		}
		fmt.Fprintf(&b, "< %d\n", x.Status)
		for _, h := range x.ResponseHeader {
			b.WriteString("<   " + h.Name + ": " + h.Value + "\n")
		}
	}
	return b.String()
}
