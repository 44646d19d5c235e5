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

// The origins of pages. app is a front end on its developer's machine, and the one
// that the servers are meant to allow. nearMiss resembles it, and foreign does not.
const (
	app      = "http://localhost:3000"
	foreign  = "http://foreign.localhost:3000"
	nearMiss = "http://app-localhost:3000"
)

// A site is a server with one configuration.
type site struct {
	name   string
	config string
	rows   []row
}

// A row is a request and its expected result in a browser. By default, a page at
// app calls fetch(path).
type row struct {
	name string

	page      string // the page's origin, in which "self" stands for the server's host
	sandboxed bool
	method    string
	path      string
	header    fetch.HeaderList
	body      *fetch.Body
	mode      fetch.Mode
	include   bool // with credentials

	// reason is why the browser blocks the request, or zero if it allows it.
	reason reason.Reason
	// status is that of the last response, whether the page sees it or not.
	status int
	// value is the value of the header that the reason is about, or "" for any.
	value string
	// visible and hidden are response headers that the page can and can't read.
	visible, hidden string
	// except holds the reason for profiles in which it is another one.
	except map[string]reason.Reason
}

var (
	jsonBody      = &fetch.Body{Bytes: []byte(`{}`), ContentType: "application/json"}
	bearer        = fetch.HeaderList{{Name: "Authorization", Value: "Bearer abc"}}
	apiKey        = fetch.HeaderList{{Name: "X-Api-Key", Value: "abc"}}
	allowed       reason.Reason // the zero Reason: not blocked
	browsersAllow = map[string]reason.Reason{"Chromium": allowed, "Firefox": allowed, "WebKit": allowed}
)

// checkRows makes the request of each row with each profile. The servers on loopback
// stand for deployed ones, so WebKit's rule about pages of https and loopback is left out.
func checkRows(t *testing.T, base string, rows []row) {
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			for _, p := range fetch.Profiles() {
				t.Run(p.Name, func(t *testing.T) { r.check(t, base, p.Without(fetch.LoopbackIsMixedContent)) })
			}
		})
	}
}

func (r *row) check(t *testing.T, base string, p fetch.Profile) {
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
	if other, ok := r.except[p.Name]; ok {
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
		t.Errorf("the page got a response with status %d, want %v with %d\n%s", last.Status, want, r.status, wire(response.Trace))
	}
	if r.visible != "" && !has(response.Header, r.visible) {
		t.Errorf("the page does not see %s, only %v", r.visible, response.Header.Names())
	}
	if r.hidden != "" && (has(response.Header, r.hidden) || !has(response.Internal.Header, r.hidden)) {
		t.Errorf("%s must be sent but not visible: the page sees %v", r.hidden, response.Header.Names())
	}
	if _, err := io.ReadAll(response.Body); err != nil {
		t.Errorf("reading the body: %v", err)
	}
	if last.Preflight || !response.Hidden() && last.Status != response.Status || response.Hidden() && response.Status != 0 {
		t.Errorf("the trace does not end with the response that the page got:\n%s", wire(response.Trace))
	}
}

// checkError compares an error with what was sent and received.
func (r *row) checkError(t *testing.T, e *fetch.NetworkError) {
	if n := len(e.Trace.Steps); n == 0 || e.Trace.Steps[n-1].Result != fetch.Blocked {
		t.Errorf("the trace does not end with the step that blocked: %+v", e.Trace.Steps)
	}
	if e.Trace.Exchanges == nil {
		t.Fatal("nothing was sent")
	}
	last := e.Trace.Exchanges[len(e.Trace.Exchanges)-1]
	if last.Preflight != e.Reason.Preflight() || e.Sent() == e.Reason.Preflight() {
		t.Errorf("%v with Sent() = %v, but the requests and responses were\n%s", e.Reason, e.Sent(), wire(e.Trace))
	}
	if last.Status != e.Status || last.URL != e.URL {
		t.Errorf("the error is about %s with %d, but the last response was\n%s", e.URL, e.Status, wire(e.Trace))
	}
	value, present := last.ResponseHeader.Get(e.Header)
	if strings.HasPrefix(e.Header, "Access-Control-") && (value != e.Value || present != e.Present) {
		t.Errorf("the error says %s: %q (present: %v), but the server sent %q (present: %v)",
			e.Header, e.Value, e.Present, value, present)
	}
}

func has(list fetch.HeaderList, name string) bool {
	return slices.ContainsFunc(list, func(h fetch.Header) bool { return strings.EqualFold(h.Name, name) })
}

// wire returns the requests and responses of a trace as text.
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
