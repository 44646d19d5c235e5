// Package predict says what a browser will do in an experiment of the lab: what the page sees, what the
// servers see, and why. It uses no network: the experiment's servers run in memory. It builds for
// GOOS=js GOARCH=wasm too.
package predict

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/internal/sopcheck"
	"github.com/concors/concors/sop"
)

// A Prediction is what one browser will do in an experiment. As JSON it is documented in docs/lab.md.
type Prediction struct {
	Experiment string  `json:"experiment"`
	Defence    bool    `json:"defence"`
	Browser    string  `json:"browser"` // chromium, firefox, webkit or standard
	Version    string  `json:"version"`
	Sights     []Sight `json:"sights"`
	// Requests are those that reach the experiment's servers, preflights included. Nil if the experiment is a
	// script: its requests are not predicted.
	Requests []Request `json:"requests"`
	// Sent reports whether the request itself reaches a server, beyond any preflight.
	Sent     bool     `json:"sent"`
	Console  []string `json:"console"` // what the browser's console shows
	Drawings Drawings `json:"drawings"`
	Why      string   `json:"why"`
	// Fix is what would unblock the request; Change is what the experiment says about that.
	Fix    string `json:"fix,omitempty"`
	Change string `json:"change,omitempty"`
}

// A Sight is one thing that the page or a server sees.
type Sight struct {
	Name   string `json:"name"`
	Server bool   `json:"server,omitempty"` // a server sees it
	// Known is false if there is no prediction. Note then says why.
	Known   bool   `json:"known"`
	Outcome string `json:"outcome"`
	Note    string `json:"note,omitempty"`
	// Verdict is allowed, refused, blocked or unreachable, or "" for an outcome that needs no decision.
	Verdict     string `json:"verdict,omitempty"`
	Reason      string `json:"reason,omitempty"`
	Explanation string `json:"explanation,omitempty"`
	Anchor      string `json:"anchor,omitempty"` // a link to the standard
	Steps       []Step `json:"steps,omitempty"`
}

// A Step is one step of a standard.
type Step struct {
	Algorithm string `json:"algorithm"`
	Anchor    string `json:"anchor"`
	Result    string `json:"result"`
	Outcome   string `json:"outcome"`
	Deviation string `json:"deviation,omitempty"` // how the browser departs from the standard here
}

// A Request is one request that a server sees.
type Request struct {
	Method    string `json:"method"`
	URL       string `json:"url"`
	Preflight bool   `json:"preflight"`
}

// Drawings are who sends what to whom as SVG elements, for wide and narrow screens; "" for scripts.
type Drawings struct {
	Wide   string `json:"wide"`
	Narrow string `json:"narrow"`
}

// Browsers lists the values of the browser that Of takes.
func Browsers() []string { return request.BrowserNames() }

// ErrBrowser is the error of an unknown browser.
var ErrBrowser = errors.New("unknown browser: write chromium, firefox, webkit or standard")

// Of predicts what a browser does in an experiment whose servers listen on these ports. The error is that of an
// unknown browser or of an invalid experiment; [experiments.Experiment.Validate] says more about the latter.
// It takes a few milliseconds for a request, and less for a sight of a script.
func Of(ctx context.Context, e experiments.Experiment, p experiments.Ports, browser string, defence bool) (Prediction, error) {
	i := slices.IndexFunc(sop.Profiles(), func(p sop.Profile) bool { return strings.EqualFold(p.Name, browser) })
	if i < 0 {
		return Prediction{}, ErrBrowser
	}
	profile := sop.Profiles()[i]
	out := Prediction{Experiment: e.Name, Defence: defence && e.Defence != nil, Browser: strings.ToLower(profile.Name),
		Version: profile.Version, Sights: []Sight{}, Console: []string{}, Change: e.Change}
	if defence {
		e = e.Defended()
	}
	e = e.At(p, "")
	if e.Script == nil {
		err := out.request(ctx, &e, p)
		return out, err
	}
	names := namesOf(p)
	for _, s := range e.Script.Sights {
		var sight Sight
		switch {
		case s.Request != nil:
			one := e
			one.Action, one.Script = *s.Request, nil
			result, err := run(ctx, &one, p, out.Browser)
			if err != nil {
				return out, fmt.Errorf("sight %s: %w", s.Name, err)
			}
			sight = result.response(&one)
			if s.Server {
				sight.Outcome = Sent(result.Sent)
			}
		case s.Check != "":
			sight = check(profile, s.Check, names)
		default:
			sight.Note = "This depends on more than Concors models."
		}
		if !sight.Known && s.Note != "" {
			sight.Note = s.Note
		}
		sight.Name, sight.Server = s.Name, s.Server
		if out.Why == "" || sight.Verdict == "refused" {
			out.Why = sight.Explanation
		}
		out.Sights = append(out.Sights, sight)
	}
	return out, nil
}

// Sent is the outcome of a sight of a server that is a request: whether it came.
func Sent(sent bool) string {
	if sent {
		return "sent"
	}
	return "not sent"
}

// check predicts a check of package sopcheck.
func check(p sop.Profile, id string, names *strings.Replacer) Sight {
	_, predicted := sopcheck.Ask(p, id)
	s := Sight{Known: predicted.Known, Outcome: names.Replace(predicted.Outcome)}
	if !s.Known {
		s.Note = "Concors does not know this yet."
	}
	d := predicted.Decision
	if !s.Known || len(d.Steps) == 0 {
		return s
	}
	s.Verdict, s.Reason = d.Verdict.String(), d.Reason.String()
	s.Explanation, s.Anchor = names.Replace(d.Reason.Explanation()), d.Reason.Anchor()
	if s.Anchor == "" {
		s.Anchor = d.Steps[len(d.Steps)-1].Anchor
	}
	for _, step := range d.Steps {
		s.Steps = append(s.Steps, Step{step.Algorithm, step.Anchor, step.Result.String(), names.Replace(step.Outcome), step.Deviation.String()})
	}
	return s
}

// namesOf replaces the names and ports of package sopcheck by those of the lab.
func namesOf(p experiments.Ports) *strings.Replacer {
	p1, p2, https := ":"+strconv.Itoa(p.P1), ":"+strconv.Itoa(p.P2), ":"+strconv.Itoa(p.HTTPS)
	return strings.NewReplacer("a.site.localhost", "www.app.localhost", "b.site.localhost", "api.app.localhost",
		"site.localhost", "app.localhost", ":P1", p1, ":P2", p2, ":P3", https, ":8001", p1, ":8002", p2, ":8443", https)
}

// request predicts an experiment that is one request.
func (out *Prediction) request(ctx context.Context, e *experiments.Experiment, p experiments.Ports) error {
	result, err := run(ctx, e, p, out.Browser)
	if err != nil {
		return err
	}
	response := result.response(e)
	response.Name = "response"
	out.Sights = append(out.Sights, response)
	if e.Action.Element == "" {
		out.Sights = append(out.Sights, result.body(), result.headers())
	}
	out.Requests, out.Sent, out.Console = result.requests, result.Sent, result.Console
	out.Why = cmp.Or(result.Explanation, upperFirst(result.Readable.Use)+".")
	if result.Fix != nil {
		out.Fix = result.Fix.Sentence
	}
	rep := report.NewWithSecrets(result.whole, nil)
	out.Drawings.Wide, out.Drawings.Narrow, err = rep.Drawings("predicted-" + out.Browser)
	return err
}

func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// A result is how one browser's request ended, which requests came to a server, and the body of the last
// response.
type result struct {
	request.BrowserResult
	whole    *request.Result
	requests []Request
	last     string
}

// run makes an experiment's request in memory.
func run(ctx context.Context, e *experiments.Experiment, p experiments.Ports, browser string) (*result, error) {
	servers := start(e, p)
	defer servers.close()
	q := e.Question()
	q.As, q.Dial, q.NoProxy, q.Insecure = browser, servers.dial, true, true
	whole, err := request.Run(ctx, q)
	if err != nil {
		return nil, err
	}
	requests, last := servers.seen()
	return &result{whole.Results[0], whole, requests, last}, nil
}

// response is what the page's call or element sees of the response.
func (r *result) response(e *experiments.Experiment) Sight {
	s := Sight{Known: true, Verdict: string(r.Verdict), Explanation: r.Explanation, Anchor: r.Link}
	if r.Reason != 0 {
		s.Reason = r.Reason.String()
	}
	for _, step := range r.Steps {
		s.Steps = append(s.Steps, Step{step.Algorithm, step.Link, fmt.Sprint(step.Result), step.Outcome, step.Deviation})
	}
	if s.Anchor == "" && r.DecidedBy >= 0 && r.DecidedBy < len(r.Steps) {
		s.Anchor = r.Steps[r.DecidedBy].Link
	}
	failed := r.Verdict != request.Allowed
	switch a := &e.Action; {
	case a.Element != "":
		s.Outcome, s.Note = r.event(a.Element)
		s.Known = s.Outcome != ""
	case a.XHR && failed:
		s.Outcome = "!error"
	case a.XHR:
		s.Outcome = fmt.Sprintf("status %d", r.Readable.Status)
	case failed:
		s.Outcome = "!TypeError"
	default:
		s.Outcome = fmt.Sprintf("%s %d", r.Readable.Type, r.Readable.Status)
	}
	return s
}

// event is the event that an element fires, or "" and why it is not known.
func (r *result) event(kind string) (event, note string) {
	const load, failure = "load", "error"
	if kind == "iframe" {
		return load, "" // for error pages too
	}
	if r.Verdict != request.Allowed {
		return failure, ""
	}
	final := r.Exchanges[len(r.Exchanges)-1]
	isOK := final.Status >= 200 && final.Status <= 299
	header := func(name string) string {
		for _, h := range final.ResponseHeaders {
			if strings.EqualFold(h.Name, name) {
				return strings.ToLower(h.Value)
			}
		}
		return ""
	}
	body := strings.TrimLeft(r.last, " \t\r\n")
	switch kind {
	case "img":
		if strings.HasPrefix(header("Content-Type"), "image/svg+xml") && strings.HasPrefix(body, "<svg") {
			return load, "" // an image is shown whatever the status is
		}
		if body == "" || strings.HasPrefix(header("Content-Type"), "application/json") {
			return failure, ""
		}
		return "", "Concors does not decode images: it does not know whether this is one."
	case "script", "module":
		if isOK {
			return load, ""
		}
		return failure, ""
	case "link":
		if isOK && strings.HasPrefix(header("Content-Type"), "text/css") {
			return load, ""
		}
		return failure, ""
	case "font", "audio", "video":
		return failure, "" // a text is neither of them
	case "track":
		if isOK && strings.HasPrefix(body, "WEBVTT") {
			return load, ""
		}
		return failure, ""
	}
	return "", "Concors does not know what a " + kind + " element fires."
}

// MaxBody is how many characters of a response's body are a sight.
const MaxBody = 200

func (r *result) body() Sight {
	s := Sight{Name: "body", Known: true}
	switch {
	case r.Verdict != request.Allowed || !r.Readable.Body:
		return s
	case slices.ContainsFunc(r.Exchanges[len(r.Exchanges)-1].ResponseHeaders, func(h request.Header) bool {
		return strings.EqualFold(h.Name, "Content-Encoding")
	}):
		s.Known, s.Note = false, "The body is encoded."
		return s
	}
	text := []rune(strings.TrimPrefix(strings.ToValidUTF8(r.last, "\uFFFD"), "\uFEFF"))
	s.Outcome = string(text[:min(MaxBody, len(text))])
	return s
}

func (r *result) headers() Sight {
	var names []string
	for _, h := range r.Readable.Headers {
		names = append(names, strings.ToLower(h.Name))
	}
	slices.Sort(names)
	return Sight{Name: "headers", Known: true, Outcome: strings.Join(slices.Compact(names), ", ")}
}
