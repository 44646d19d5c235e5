package verify

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/fetch"
)

// Options say what is asked, and how. Zero values have the defaults named.
type Options struct {
	URLs   []string
	Routes routes.Policies

	As       string        // chromium, firefox, webkit, standard or all; "" is chromium
	Timeout  time.Duration // of one question; 0 is 30 seconds
	Insecure bool
	CACert   string
	Resolve  []string

	// MaxRequests bounds what one URL is sent for one browser: 500.
	MaxRequests int
	// Concurrency is how many questions are asked at a time: 4.
	Concurrency int
	// UnsafeMethods sends the requests themselves too, PUT and DELETE and what
	// the policy names, with an empty body. Without it GET, HEAD and OPTIONS
	// are all that a server gets.
	UnsafeMethods bool

	// Progress, if set, is told before each wait what is waited for.
	Progress func(what string)
}

// Run asks, and compares. The error is a *cli.UsageError if the options make
// no sense; a server that differs, or that is not there, is no error.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.MaxRequests == 0 {
		o.MaxRequests = 500
	}
	if o.Concurrency == 0 {
		o.Concurrency = 4
	}
	switch {
	case len(o.URLs) == 0:
		return nil, &cli.UsageError{Problem: "no URL: a policy is held against a server", Hint: "write concors verify policy.yaml https://api.example/items"}
	case o.MaxRequests < 1 || o.Concurrency < 1 || o.Concurrency > 64:
		return nil, &cli.UsageError{Problem: "--max-requests is at least 1, and --concurrency from 1 to 64", Hint: "leave them out for 500 and 4"}
	}
	reference := &reference{}
	handler, err := routes.Wrap(o.Routes, reference.observe, http.HandlerFunc(reference.serve))
	if err != nil {
		return nil, fmt.Errorf("the policy: %w", err)
	}
	reference.wire = fetch.HandlerTransport(handler)
	report := &Report{Version: FormatVersion, Verdict: Agrees, Sites: []Site{}}
	type job struct {
		target   string
		profiles []fetch.Profile
		wire     *http.Transport
	}
	var jobs []job
	for _, u := range o.URLs { // all of them, before any is asked
		target, profiles, wire, err := request.Question{URL: u, As: o.As, Timeout: o.Timeout, Insecure: o.Insecure, CACert: o.CACert, Resolve: o.Resolve}.Wire()
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(target, "http://") && !strings.HasPrefix(target, "https://") {
			return nil, &cli.UsageError{Problem: fmt.Sprintf("URL %q: CORS is for http and https", term.Bounded(u)), Hint: "write https://api.example/items"}
		}
		jobs = append(jobs, job{target, profiles, wire})
	}
	for _, j := range jobs {
		for _, profile := range j.profiles {
			v := &verifier{options: o, target: j.target, profile: profile, reference: reference,
				gate: &gate{inner: j.wire, unsafe: o.UnsafeMethods, most: int64(o.MaxRequests)}}
			site := v.run(ctx)
			report.Sites = append(report.Sites, *site)
			if site.Verdict == Unreachable || site.Verdict == Differs && report.Verdict == Agrees {
				report.Verdict = site.Verdict
			}
		}
		j.wire.CloseIdleConnections()
	}
	return report, nil
}

// reference is the policy in this process: package cors around a handler that
// answers everything.
type reference struct {
	wire http.RoundTripper
	mu   sync.Mutex
	last *cors.Decision
}

func (r *reference) observe(_ *http.Request, d cors.Decision) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = &d
}

func (r *reference) serve(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, "ok")
}

// policy finds the policy that a GET of the URL has; off is that it has none.
func (r *reference) policy(ctx context.Context, profile fetch.Profile, target string, routes routes.Policies) (p cors.Policy, route string, off bool) {
	r.mu.Lock()
	r.last = nil
	r.mu.Unlock()
	askRaw(ctx, r.wire, 0, question{url: target, origin: "https://concors.invalid", method: "GET", raw: true})
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		return routes.Policy, "", true
	}
	for _, line := range routes.Routes {
		if line.Pattern == r.last.Route {
			return line.Policy, line.Pattern, false
		}
	}
	return routes.Policy, "", false
}

// verifier is one URL and one browser.
type verifier struct {
	options   Options
	target    string
	profile   fetch.Profile
	reference *reference
	gate      *gate
	site      *Site
	policy    cors.Policy

	kinds      map[string]*Finding // by kind and reason
	said       map[string]bool     // of what, besides
	preflights bool                // one was answered well
}

// pair is a question with what the policy and the server answered.
type pair struct {
	question
	says, does *answer
}

func (v *verifier) run(ctx context.Context) *Site {
	v.site = &Site{URL: v.target, Browser: strings.ToLower(v.profile.Name), BrowserVersion: v.profile.Version, Verdict: Agrees, Checks: []Check{}, Findings: []Finding{}}
	v.kinds, v.said = map[string]*Finding{}, map[string]bool{}
	v.policy, v.site.Route, v.site.Off = v.reference.policy(ctx, v.profile, v.target, v.options.Routes)
	allowed, foreign, err := samples(v.policy)
	if err != nil {
		v.site.Verdict, v.site.Cause = Unreachable, err.Error() // WrapRoutes has read them
		return v.site
	}
	allowed, foreign = v.others(allowed), v.others(foreign)

	plain := v.put(ctx, []question{{about: aboutCaching, url: v.target, method: "GET", raw: true}})[0]
	v.site.Status = plain.does.status
	if plain.does.silent {
		v.site.Verdict, v.site.Cause, v.site.Silent = Unreachable, plain.does.cause, 0
		v.site.Requests = int(v.gate.sent.Load())
		return v.site
	}
	pairs := v.put(ctx, allowedQuestions(v.target, allowed, v.policy))
	gets, preflights := foreignQuestions(v.target, foreign, v.policy)
	page, credentials, granted := "", false, false
	var barred *pair
	var atPage, withCredentials *pair
	for i := range pairs {
		p := &pairs[i]
		v.preflights = v.preflights || p.about == aboutPreflights && p.says.granted && p.does.granted
		switch p.about {
		case aboutAllowed:
			granted = granted || p.says.granted
			if !p.says.granted && !p.says.reason.CORS() && p.says.reason != 0 {
				v.site.Barred++
				barred = p
			}
			if page == "" && p.says.granted && p.does.granted {
				page, atPage = p.origin, p
			}
		case aboutCredentials:
			if p.origin == page && p.says.granted && p.does.granted {
				credentials, withCredentials = true, p
			}
		}
	}
	if page != "" {
		more := pageQuestions(v.target, page, v.options.Routes, credentials)
		missing := sibling(v.target, "concors-no-such-page")
		more = append(more, question{about: aboutErrors, url: missing, origin: page, method: "GET", credentials: credentials})
		pairs = append(pairs, v.put(ctx, more)...)
	} else {
		v.site.Masked = granted
	}
	if barred != nil && !granted {
		// To call that agreement would be to say that something was seen.
		v.site.Verdict, v.site.Requests = Unreachable, int(v.gate.sent.Load())
		v.site.Cause = fmt.Sprintf("no browser lets %s ask there (%v): %s", pageOn(barred.origin), barred.says.reason, barred.says.reason.Explanation())
		return v.site
	}
	// The foreign come last: there are as many as one likes.
	strangers := v.put(ctx, gets)
	pairs = append(pairs, strangers...)
	pairs = append(pairs, v.put(ctx, preflights)...)
	pairs = append(pairs, v.put(ctx, rawQuestions(v.target, allowed))...)

	for i := range pairs {
		v.judge(&pairs[i])
	}
	if page != "" {
		at := atPage
		if withCredentials != nil {
			at = withCredentials
		}
		v.exposed(ctx, at)
		v.maxAge(pairs, page)
		v.neighbours(at)
	}
	v.vary(plain, atPage, strangers)
	v.rejected(strangers)
	v.finish()
	return v.site
}

// others are the origins but the server's own, whose pages need no leave.
func (v *verifier) others(origins []string) (out []string) {
	u, err := url.Parse(v.target)
	for _, o := range origins {
		if err != nil || o != u.Scheme+"://"+u.Host {
			out = append(out, o)
		}
	}
	return out
}

// sibling is the URL of a path beside the base.
func sibling(base, path string) string {
	u, err := url.Parse(base)
	if err != nil {
		return base
	}
	return u.ResolveReference(&url.URL{Path: path}).String()
}

// put asks the policy and the server all of the questions, several at a time.
func (v *verifier) put(ctx context.Context, questions []question) []pair {
	out := make([]pair, len(questions))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(v.options.Concurrency, len(questions)) {
		workers.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(questions) {
					return
				}
				q := questions[i]
				if v.options.Progress != nil {
					v.options.Progress(fmt.Sprintf("%s: %s", v.target, q.about))
				}
				// A policy says the same of a request whether it is sent or held.
				says := ask(ctx, v.profile, v.reference.wire, 0, q)
				out[i] = pair{q, says, ask(ctx, v.profile, v.gate, v.options.Timeout, q)}
			}
		})
	}
	workers.Wait()
	return out
}
