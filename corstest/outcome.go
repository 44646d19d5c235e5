package corstest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// An Outcome is what came of a request in every browser. Its methods are
// assertions: one that does not hold is an error of the test (Errorf), and each
// returns the Outcome, so that they can be strung together. It is for one
// goroutine.
type Outcome struct {
	// Results are the browsers', in the order of the site's profiles, for what
	// no assertion says.
	Results []Result

	site    *Site
	page    *Page
	request fetch.Request
	stream  []byte // of a request whose body is a stream
	agents  []*fetch.Agent
	clock   *clock
}

// A Result is what came of a request in one browser.
type Result struct {
	Profile fetch.Profile

	// Err is why the browser blocked it, nil if it did not. Without it, Type,
	// Status, Header and Body are what the page sees.
	Err    *fetch.NetworkError
	Type   fetch.ResponseType
	Status int
	Header fetch.HeaderList
	Body   []byte

	// Trace has what went over the wire and how the browser decided.
	Trace *fetch.Trace
}

// clock is what preflights are remembered by: it goes only when it is told to.
type clock struct{ time time.Time }

func newClock() *clock                { return &clock{time.Now()} }
func (c *clock) now() time.Time       { return c.time }
func (c *clock) pass(d time.Duration) { c.time = c.time.Add(d) }

// patience bounds one fetch with its body.
const patience = 60 * time.Second

func (o *Outcome) run() {
	for _, agent := range o.agents {
		o.Results = append(o.Results, o.fetch(agent))
	}
}

func (o *Outcome) fetch(agent *fetch.Agent) Result {
	ctx, cancel := context.WithTimeout(o.site.tb.Context(), patience)
	defer cancel()
	return fetchOnce(ctx, agent, streamOf(o.request, o.stream))
}

// fetchOnce makes a request in one browser and reads the answer.
func fetchOnce(ctx context.Context, agent *fetch.Agent, r *fetch.Request) Result {
	result := Result{Profile: agent.Profile}
	resp, err := agent.Fetch(ctx, r)
	if err == nil {
		defer resp.Body.Close()
		result.Type, result.Status, result.Header, result.Trace = resp.Type, resp.Status, resp.Header, resp.Trace
		result.Body, err = io.ReadAll(resp.Body)
	}
	if err == nil {
		return result
	}
	if !errors.As(err, &result.Err) { // the body broke off
		result.Err = &fetch.NetworkError{Reason: reason.ConnectionFailed, URL: r.URL, Err: err}
	}
	if result.Trace == nil {
		result.Trace = result.Err.Trace
	}
	if result.Trace == nil {
		result.Trace = &fetch.Trace{}
	}
	return result
}

// After makes the same request once more, when some time has gone by, in
// browsers that remember the preflights of the one before: it tells
// Access-Control-Max-Age by what it is for. Only the clock of the preflights is
// put forward, and nobody waits.
//
//	page.Fetch("PUT", "/items/1").WasPreflighted().After(time.Minute).WasNotPreflighted()
func (o *Outcome) After(d time.Duration) *Outcome {
	o.clock.pass(d)
	next := *o
	next.Results = nil
	next.run()
	return &next
}

// MayRead says that the page may read the answer: nothing was blocked, and the
// answer is not opaque.
func (o *Outcome) MayRead() *Outcome {
	o.site.tb.Helper()
	return o.expect("may read the answer to", func(r *Result) *failure {
		if r.readable() {
			return nil
		}
		return &failure{r.notReadable(), o.remedy(r)}
	})
}

// MayNotRead says that the page gets no answer that it may read, by whatever
// way: the request was blocked, or the answer is opaque.
func (o *Outcome) MayNotRead() *Outcome {
	o.site.tb.Helper()
	return o.expect("may not read the answer to", func(r *Result) *failure {
		if !r.readable() {
			return nil
		}
		return &failure{r.got(), o.refusal(r)}
	})
}

// IsBlocked says that the browser ended the fetch, and if reasons are given for
// one of them. Give several where browsers see different reasons first.
func (o *Outcome) IsBlocked(reasons ...reason.Reason) *Outcome {
	o.site.tb.Helper()
	claim := "is blocked"
	names := make([]string, len(reasons))
	for i, r := range reasons {
		names[i] = r.String()
	}
	if len(names) > 0 {
		claim += " with " + strings.Join(names, " or ")
	}
	return o.expect(claim, func(r *Result) *failure {
		switch {
		case r.Err == nil:
			return &failure{r.got(), o.refusal(r)}
		case len(reasons) > 0 && !slices.Contains(reasons, r.Err.Reason):
			return &failure{r.notReadable(), ""}
		}
		return nil
	})
}

// MayReadHeader says that the page sees a header of the answer.
func (o *Outcome) MayReadHeader(name string) *Outcome {
	o.site.tb.Helper()
	return o.expect("may read the header "+name+" of the answer to", func(r *Result) *failure {
		switch {
		case !r.readable():
			return &failure{r.notReadable(), o.remedy(r)}
		case r.Header.Contains(name):
			return nil
		case !r.answered().Contains(name):
			return &failure{"the server did not send it", "The server would have to answer with a header " + name + " to begin with."}
		case http.CanonicalHeaderKey(name) == "Set-Cookie" || http.CanonicalHeaderKey(name) == "Set-Cookie2":
			return &failure{"the server sent it, and no browser shows it to any page", "Nothing that the server answers changes that."}
		}
		why := "the server sent it, and the browser hides it"
		if value, ok := r.answered().Get("Access-Control-Expose-Headers"); ok {
			why += ": Access-Control-Expose-Headers is " + show(value)
			if strings.TrimSpace(value) == "*" && o.request.Credentials == fetch.CredentialsInclude {
				why += ", which does not stand for all headers where there are credentials"
			}
		}
		return &failure{why, "The server would have to answer with\n    Access-Control-Expose-Headers: " + name}
	})
}

// MayNotReadHeader says that the page does not see a header of the answer,
// whether the server sent it or not.
func (o *Outcome) MayNotReadHeader(name string) *Outcome {
	o.site.tb.Helper()
	return o.expect("may not read the header "+name+" of the answer to", func(r *Result) *failure {
		value, seen := r.Header.Get(name)
		if r.Err != nil || !seen {
			return nil
		}
		return &failure{"the page sees it: " + show(value), "The server would have to leave it out of Access-Control-Expose-Headers."}
	})
}

// WasPreflighted says that the browser asked for leave with an OPTIONS first.
func (o *Outcome) WasPreflighted() *Outcome {
	o.site.tb.Helper()
	return o.expect("is preflighted", func(r *Result) *failure {
		if r.preflights() > 0 {
			return nil
		}
		return &failure{"no preflight was sent", "That is not the server's doing, but for a preflight that is remembered: the method and the headers decide."}
	})
}

// WasNotPreflighted says that the request went out without a preflight: it is
// one that needs none, or an earlier one is remembered.
func (o *Outcome) WasNotPreflighted() *Outcome {
	o.site.tb.Helper()
	return o.expect("is not preflighted", func(r *Result) *failure {
		if r.preflights() == 0 {
			return nil
		}
		return &failure{"a preflight was sent", "A preflight is spared if the method is GET, HEAD or POST and the page sets no headers that need leave, or while an earlier one is remembered (Access-Control-Max-Age)."}
	})
}

// ReachedServer says that the server got the request itself, beyond any
// preflight: what it does on such a request is done, even if the page may not
// read the answer.
func (o *Outcome) ReachedServer() *Outcome {
	o.site.tb.Helper()
	return o.expect("reaches the server", func(r *Result) *failure {
		if r.actual() != nil {
			return nil
		}
		return &failure{r.notReadable(), o.remedy(r)}
	})
}

// DidNotReachServer says that the server got at most a preflight.
func (o *Outcome) DidNotReachServer() *Outcome {
	o.site.tb.Helper()
	return o.expect("does not reach the server", func(r *Result) *failure {
		if r.actual() == nil {
			return nil
		}
		if r.preflights() == 0 {
			return &failure{"it was sent without a preflight", "Nothing that the server answers keeps such a request away: it has to look at Origin or Sec-Fetch-Site itself before it acts."}
		}
		return &failure{"it was sent after a preflight that granted it", o.refusal(r)}
	})
}

// SentCookie says that a cookie of that name went along with the request
// itself. A preflight never has cookies.
func (o *Outcome) SentCookie(name string) *Outcome {
	o.site.tb.Helper()
	return o.expect("sends the cookie "+name, func(r *Result) *failure {
		x := r.actual()
		switch {
		case x == nil:
			return &failure{r.notReadable(), o.remedy(r)}
		case slices.Contains(cookieNames(x), name):
			return nil
		}
		for _, note := range x.Withheld {
			if note.Name == name {
				return &failure{"the browser kept it back: " + cookieReason(note.Why), cookieRemedy}
			}
		}
		why := "the browser has no cookie of that name for " + where(x.URL)
		if o.request.Credentials != fetch.CredentialsInclude {
			why = "the request was made without credentials: see corstest.Credentials"
		}
		return &failure{why, ""}
	})
}

// SentNoCookie says that no cookie went along with the request itself.
func (o *Outcome) SentNoCookie() *Outcome {
	o.site.tb.Helper()
	return o.expect("sends no cookie", func(r *Result) *failure {
		if x := r.actual(); x != nil && len(cookieNames(x)) > 0 {
			return &failure{"sent were " + strings.Join(cookieNames(x), ", "), cookieRemedy}
		}
		return nil
	})
}

const cookieRemedy = "The server decides with the SameSite, Secure, Domain and Path of its Set-Cookie, and the browser with what it grants third parties."

// HasStatus says that the page sees this status.
func (o *Outcome) HasStatus(status int) *Outcome {
	o.site.tb.Helper()
	return o.expect(fmt.Sprintf("sees the status %d in the answer to", status), func(r *Result) *failure {
		switch {
		case !r.readable():
			return &failure{r.notReadable(), o.remedy(r)}
		case r.Status != status:
			return &failure{fmt.Sprintf("the status is %d", r.Status), ""}
		}
		return nil
	})
}

// HasBody says that the page sees this body.
func (o *Outcome) HasBody(body string) *Outcome {
	o.site.tb.Helper()
	return o.expect("sees the body "+show(body)+" in the answer to", func(r *Result) *failure {
		switch {
		case !r.readable():
			return &failure{r.notReadable(), o.remedy(r)}
		case string(r.Body) != body:
			return &failure{"the body is " + show(string(r.Body)), ""}
		}
		return nil
	})
}

// failure is why an assertion does not hold in one browser, and what the server
// would have to answer for it to hold.
type failure struct{ why, remedy string }

// expect reports the browsers in which an assertion fails, those that fail alike
// together.
func (o *Outcome) expect(claim string, fails func(*Result) *failure) *Outcome {
	o.site.tb.Helper()
	type group struct {
		failure
		results []*Result
	}
	var groups []*group
	for i := range o.Results {
		r := &o.Results[i]
		f := fails(r)
		if f == nil {
			continue
		}
		j := slices.IndexFunc(groups, func(g *group) bool { return g.failure == *f })
		if j < 0 {
			j, groups = len(groups), append(groups, &group{failure: *f})
		}
		groups[j].results = append(groups[j].results, r)
	}
	if len(groups) == 0 {
		return o
	}
	t := &teller{}
	t.line(0, "the test expects: "+o.sentence(claim))
	for _, g := range groups {
		names := make([]string, len(g.results))
		for i, r := range g.results {
			names[i] = r.Profile.Name
		}
		t.line(0, "")
		t.line(0, "but not in "+strings.Join(names, ", ")+": "+g.why)
		if g.remedy != "" {
			t.line(0, g.remedy)
		}
		t.story(g.results[0].Trace, o.request.Header)
	}
	o.site.tb.Errorf("corstest: %s", t.String())
	return o
}

// sentence says a claim of who asks for what: one that ends in "to" is about the
// page, and another about the request.
func (o *Outcome) sentence(claim string) string {
	request := o.request.Method + " " + where(o.request.URL)
	if o.request.Credentials == fetch.CredentialsInclude {
		request += " with credentials"
	}
	if strings.HasSuffix(claim, " to") {
		return o.page.name() + " " + claim + " " + request
	}
	return request + " from " + o.page.name() + " " + claim
}

func (p *Page) name() string {
	if p.page.Sandboxed {
		return "a sandboxed page (origin null)"
	}
	return "a page on " + p.origin()
}

func (r *Result) readable() bool {
	return r.Err == nil && r.Type != fetch.TypeOpaque && r.Type != fetch.TypeOpaqueRedirect
}

// notReadable says why a result is not readable.
func (r *Result) notReadable() string {
	switch {
	case r.Err == nil:
		return "the answer is " + string(r.Type) + ": the browser has it and the page sees nothing of it"
	case r.Err.Reason.Unreachable():
		return "no answer: " + errorText(r.Err)
	}
	return "blocked with " + errorText(r.Err)
}

func errorText(e *fetch.NetworkError) string {
	s := e.Reason.String() + ". " + e.Reason.Explanation()
	if e.Err != nil {
		s += " (" + show(e.Err.Error()) + ")"
	}
	return s
}

// got says what the page has of a result that was not blocked.
func (r *Result) got() string {
	if !r.readable() {
		return "it was not blocked, and the page sees nothing of the answer (" + string(r.Type) + ")"
	}
	return fmt.Sprintf("the page reads the answer, status %d and %d bytes", r.Status, len(r.Body))
}

func (r *Result) preflights() (n int) {
	for _, x := range r.Trace.Exchanges {
		if x.Preflight {
			n++
		}
	}
	return n
}

// actual is the last request beyond preflights that the server has received, nil
// if there is none.
func (r *Result) actual() *fetch.Exchange {
	for i := range slices.Backward(r.Trace.Exchanges) {
		if x := &r.Trace.Exchanges[i]; !x.Preflight && x.Err == nil {
			return x
		}
	}
	return nil
}

// answered are the headers with which the server answered the request itself.
func (r *Result) answered() fetch.HeaderList {
	if x := r.actual(); x != nil {
		return x.ResponseHeader
	}
	return nil
}

func cookieNames(x *fetch.Exchange) []string {
	value, _ := x.Header.Get("Cookie")
	var names []string
	for pair := range strings.SplitSeq(value, ";") {
		if name, _, ok := strings.Cut(strings.TrimSpace(pair), "="); ok {
			names = append(names, name)
		}
	}
	return names
}
