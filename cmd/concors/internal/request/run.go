package request

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/console"
	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/origin"
)

// Run makes the request as each browser in turn. The error is a *cli.UsageError
// if the question is invalid. A request that is blocked or gets no response is not
// an error: the result says so. Every browser starts with an empty preflight
// cache, and makes the request again.
func Run(ctx context.Context, q Question) (*Result, error) {
	p, err := q.plan()
	if err != nil {
		return nil, err
	}
	out := &Result{Page: p.describePage(), Request: p.describeRequest(&q), Verdict: Allowed, asked: q}
	for _, profile := range p.profiles {
		if q.Progress != nil {
			q.Progress(fmt.Sprintf("%s, as %s", term.Printable(p.target.HostPort()), profile.Name))
		}
		result := p.makeRequest(ctx, &q, profile)
		if localNetworkAccess(result.Reason) && !slices.ContainsFunc(result.Exchanges, func(x Exchange) bool { return x.Error == "" }) {
			result.Notes = append(result.Notes, p.withoutLocalNetworkAccess(ctx, &q, profile))
		}
		switch {
		case result.Verdict == Unreachable, result.Verdict == Blocked && out.Verdict == Allowed:
			out.Verdict = result.Verdict
		}
		out.Results = append(out.Results, result)
	}
	if p.assumed && p.spaceMatters(out.Results) {
		out.Page.AddressSpace, out.Page.Assumed = string(p.page.AddressSpace), true
	}
	out.Agree = true
	for i := range out.Results {
		out.Agree = out.Agree && out.Results[i].Summary() == out.Results[0].Summary()
	}
	return out, nil
}

func (p *plan) describePage() Page {
	page := Page{Origin: p.origin.String(), EmbedderPolicy: string(p.page.EmbedderPolicy)}
	if !p.assumed {
		page.AddressSpace = string(p.page.AddressSpace)
	}
	return page
}

func (p *plan) describeRequest(q *Question) Request {
	r := &p.request
	out := Request{Kind: "fetch", CrossOrigin: q.CrossOrigin, Method: r.Method, URL: p.target.String(),
		Headers: headers(r.Header), Mode: string(r.Mode), Credentials: string(r.Credentials), Redirect: string(r.Redirect)}
	switch {
	case q.Resource != "":
		out.Kind = q.Resource
	case q.XHR:
		out.Kind = "xhr"
	}
	for _, defaults := range []struct {
		to    *string
		value string
	}{
		{&out.Method, "GET"}, {&out.Mode, string(fetch.ModeCORS)},
		{&out.Credentials, string(fetch.CredentialsSameOrigin)},
		{&out.Redirect, string(fetch.RedirectFollow)},
	} {
		if *defaults.to == "" {
			*defaults.to = defaults.value
		}
	}
	if q.Data != nil {
		n := len(*q.Data)
		out.BodyLength = &n
	}
	return out
}

// makeRequest makes the request as one browser.
func (p *plan) makeRequest(ctx context.Context, q *Question, profile fetch.Profile) BrowserResult {
	agent := fetch.NewAgent(profile)
	agent.Transport, agent.Timeout = q.Transport, q.Timeout
	if q.Transport == nil {
		wire := p.transport(q)
		defer wire.CloseIdleConnections()
		agent.Transport = wire
	}
	refused := &refusals{RoundTripper: agent.Transport}
	agent.Transport = refused
	result := BrowserResult{Browser: strings.ToLower(profile.Name), Version: profile.Version, Verdict: Allowed}
	for _, line := range q.Cookies {
		if _, err := agent.CookieStore().Set(p.earlierVisit(), line); err != nil {
			name, _, _ := strings.Cut(line, "=")
			why := err.Error()
			var rejected *cookie.RejectedError
			if errors.As(err, &rejected) {
				why = rejected.Reason.Explanation()
			}
			result.CookiesNotSet = append(result.CookiesNotSet, CookieNote{strings.TrimSpace(name), why})
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	request := p.request
	response, err := agent.Fetch(ctx, &request)
	if err != nil {
		nerr := &fetch.NetworkError{Reason: reason.ConnectionFailed, Err: err, Trace: &fetch.Trace{}}
		errors.As(err, &nerr) // Fetch always returns one; any other error also means no response
		result.blocked(nerr, profile)
		refused.explain(nerr, result.Fix)
		result.Readable, result.Notes = p.nothing(), p.notes(nerr.Trace, nil)
		return result
	}
	defer response.Body.Close()
	result.trace(response.Trace)
	result.DecidedBy = decidedBy(result.Steps)
	result.Readable, result.Notes = p.readable(response, cancel), p.notes(response.Trace, response)
	return result
}

// earlierVisit is the exchange that set the question's cookies: a top-level
// navigation to the target itself.
func (p *plan) earlierVisit() cookie.Exchange {
	o := origin.Of(p.target)
	return cookie.Exchange{
		Scheme: p.target.Scheme, Host: p.target.Hostname(), Path: "/",
		Trustworthy: origin.URLPotentiallyTrustworthy(p.target), SameSiteMode: cookie.StrictOrLess,
		Method: "GET", TopLevelNavigation: true, TopLevelSite: o.Site().String(),
	}
}

func (r *BrowserResult) blocked(e *fetch.NetworkError, profile fetch.Profile) {
	r.Verdict = Blocked
	if e.Reason.Unreachable() {
		r.Verdict = Unreachable
	}
	r.Reason, r.Explanation, r.Link = e.Reason, e.Reason.Explanation(), e.Reason.Anchor()
	r.Protects, r.Fix = e.Reason.Protects(), FixOf(e)
	r.Header = e.Header
	if e.Present {
		value := text(e.Value)
		r.Value = &value
	}
	if e.Err != nil {
		r.Cause = cut(e.Err.Error())
	}
	r.trace(e.Trace)
	r.DecidedBy = decidedBy(r.Steps)
	for _, line := range console.Lines(e, profile) {
		r.Console = append(r.Console, cut(line))
	}
}

// decidedBy returns the index of the step that decided: the one that blocked, else
// the last check that passed, else main fetch, which chose how to fetch.
func decidedBy(steps []Step) int {
	for _, want := range []func(Step) bool{
		func(s Step) bool { return s.Result == fetch.Blocked },
		func(s Step) bool { return s.Result == fetch.Passed },
		func(s Step) bool { return s.Algorithm == "main fetch" },
	} {
		for i, s := range slices.Backward(steps) {
			if want(s) {
				return i
			}
		}
	}
	return len(steps) - 1
}

func (r *BrowserResult) trace(t *fetch.Trace) {
	r.Exchanges, r.Steps, r.Console = []Exchange{}, []Step{}, []string{}
	for _, s := range t.Steps {
		step := Step{Algorithm: s.Algorithm, Link: s.Anchor, Inputs: []Header{}, Result: s.Result,
			Outcome: text(s.Outcome), Exchange: s.Exchange, Deviation: s.Deviation.Explanation()}
		for _, in := range s.Inputs {
			step.Inputs = append(step.Inputs, Header{in.Name, text(in.Value)})
		}
		r.Steps = append(r.Steps, step)
	}
	for _, x := range t.Exchanges {
		exchange := Exchange{Preflight: x.Preflight, Method: x.Method, URL: x.URL, Headers: headers(x.Header),
			Status: x.Status, ResponseHeaders: headers(x.ResponseHeader),
			Withheld: cookieNotes(x.Withheld), Refused: cookieNotes(x.Refused)}
		if x.Err != nil {
			exchange.Error = cut(x.Err.Error())
		}
		r.Sent = r.Sent || !x.Preflight && x.Err == nil
		r.Exchanges = append(r.Exchanges, exchange)
	}
}

func cookieNotes(list []fetch.CookieNote) []CookieNote {
	var out []CookieNote
	for _, n := range list {
		out = append(out, CookieNote{text(n.Name), n.Reason.Explanation()})
	}
	return out
}

// The report has the length of the body. bodyLimit and bodyWait limit how much of it
// is read, and for how long.
const bodyLimit = 1 << 20

var bodyWait = 2 * time.Second // shorter in tests

func (p *plan) readable(r *fetch.Response, cancel func()) Readable {
	out := Readable{Type: string(r.Type), Status: r.Status, URL: r.URL, Redirected: r.Redirected, Hidden: []string{}}
	final := p.finalOrigin(r)
	// Only the frame itself can read its document, unless the document has the
	// page's own origin.
	framed := p.request.Mode == fetch.ModeNavigate && (p.page.Sandboxed || !origin.SameOrigin(p.origin, final))
	seen := r.Header
	if framed {
		out.Type, out.Status, out.URL, seen = "", 0, "", nil
	}
	out.Headers = headers(seen)
	for _, name := range r.Internal.Header.Names() {
		if !seen.Contains(name) {
			out.Hidden = append(out.Hidden, text(name))
		}
	}
	out.Body = !r.Hidden() && !framed
	if out.Body {
		// A response that never ends, such as an event stream, must not delay
		// the report.
		timer := time.AfterFunc(bodyWait, cancel)
		defer timer.Stop()
		n, err := io.Copy(io.Discard, io.LimitReader(r.Body, bodyLimit+1))
		out.BodyLength, out.BodyWhole = int(min(n, bodyLimit)), err == nil && n <= bodyLimit
	}
	out.Element, out.Use = p.request.Initiator == fetch.InitiatorElement, p.use(r, framed)
	return out
}

func (p *plan) finalOrigin(r *fetch.Response) origin.Origin {
	o, err := origin.FromURL(r.Internal.URL)
	if err != nil {
		return origin.NewOpaque()
	}
	return o
}

// use says what the page can do with a response.
func (p *plan) use(r *fetch.Response, framed bool) string {
	opaque := r.Type == fetch.TypeOpaque
	if p.request.Initiator != fetch.InitiatorElement {
		switch {
		case opaque:
			return "the script learns only that the fetch succeeded: the response is opaque"
		case r.Type == fetch.TypeOpaqueRedirect:
			return "the script learns that there was a redirect, but not where to"
		}
		return "the script can read it"
	}
	choose := func(whenOpaque, otherwise string) string {
		if opaque {
			return whenOpaque
		}
		return otherwise
	}
	destination := p.request.Destination
	if status := r.Internal.Status; status < 200 || status > 299 {
		// Images, media and frames use whatever body comes with an error.
		switch destination {
		case fetch.DestinationScript, fetch.DestinationStyle, fetch.DestinationFont, fetch.DestinationTrack,
			fetch.DestinationManifest:
			return fmt.Sprintf("the element does not use it and fires an error event: its status is %d", status)
		}
	}
	switch destination {
	case fetch.DestinationImage:
		return choose("the image is shown, but a canvas it is drawn on can no longer be read",
			"the image is shown, and its pixels can be read through a canvas")
	case fetch.DestinationScript:
		return choose("the script runs, but its errors show only as \"Script error.\"",
			"the script runs, and its errors are shown in full")
	case fetch.DestinationStyle:
		return choose("the style sheet is applied, but its rules cannot be read through cssRules",
			"the style sheet is applied, and its rules can be read")
	case fetch.DestinationFont:
		return "the font is used"
	case fetch.DestinationAudio, fetch.DestinationVideo:
		return choose("it is played, but a canvas or an audio graph that it feeds cannot be read",
			"it is played, and what it feeds can be read")
	case fetch.DestinationIframe:
		if framed {
			return "the frame shows it, but the page around it cannot look inside"
		}
		return "the frame shows it, and the page can look inside"
	}
	return "the element can use it"
}

// nothing is what a page gets when a fetch fails.
func (p *plan) nothing() Readable {
	use := "fetch() is rejected with a TypeError that does not say why"
	switch p.request.Initiator {
	case fetch.InitiatorXHR:
		use = "the XMLHttpRequest fires an error event that does not say why"
	case fetch.InitiatorElement:
		use = "the element fires an error event that does not say why"
		if p.request.Mode == fetch.ModeNavigate {
			use = "the frame shows an error page"
		}
	}
	return Readable{Headers: []Header{}, Hidden: []string{}, Use: use}
}
