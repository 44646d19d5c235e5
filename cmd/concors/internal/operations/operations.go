package operations

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/openapi"
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/fetch"
)

// Run finds the operations of a document that pages cannot use: by the policy, by
// the servers at o.URLs, or by both. The pages are on the origins in from or, if
// there are none, on origins that the policy allows. A nil policy stands for none.
//
// The error is a *cli.UsageError if the arguments are invalid, for example if
// there is neither a policy nor a URL.
func Run(
	ctx context.Context, o probe.Options, document *openapi.Document, policy *routes.Policies, from []string,
) (*Report, error) {
	live := len(o.URLs) > 0
	switch {
	case policy == nil && !live:
		return nil, &cli.UsageError{
			Problem: "neither a policy nor a URL: there is nothing to check the document against",
			Hint:    "write concors verify --openapi api.yaml policy.yaml",
		}
	case policy == nil && len(from) == 0:
		return nil, &cli.UsageError{
			Problem: "without a policy, --from must say which pages use the server",
			Hint:    "write --from https://app.example.com",
		}
	case len(document.Operations) == 0 && document.Webhooks:
		return &Report{Version: FormatVersion, Document: document.Name, Verdict: Unknown, Sites: []Site{},
			Cause: "the document describes only webhooks, which the server sends: there is nothing that a page requests"}, nil
	case len(document.Operations) == 0:
		return nil, &cli.UsageError{
			Problem: term.Bounded(document.Name) + ": the document has no operations",
			Hint:    "describe paths and their methods",
		}
	}
	for _, page := range from {
		if _, err := request.ParseFrom(page); err != nil {
			return nil, err
		}
	}
	if !live {
		o.URLs = []string{"https://api.invalid"} // for the browsers; nothing is sent there
	}
	targets, err := o.Targets()
	if err != nil {
		return nil, err
	}
	report := &Report{Version: FormatVersion, Document: document.Name, Verdict: Usable, Sites: []Site{}}
	for i := range targets {
		t := &targets[i]
		for _, browser := range t.Browsers {
			r := &run{options: o, document: document, browser: browser, from: from}
			if live {
				r.target, r.session = t.URL, t.Session(browser)
			}
			if policy != nil {
				if r.policy, err = simulate(*policy, browser); err != nil {
					return nil, fmt.Errorf("the policy: %w", err)
				}
			}
			site := r.run(ctx)
			report.Sites = append(report.Sites, *site)
			if site.Verdict == Unknown || report.Verdict == Usable {
				report.Verdict = site.Verdict
			}
		}
		t.Close()
	}
	if !o.ShowSecrets {
		*report = secret.Copy(o.Masker(), *report)
	}
	return report, nil
}

// A run tests the document against one policy, one server, or both, in one
// browser.
type run struct {
	options  probe.Options
	document *openapi.Document
	browser  fetch.Profile
	from     []string
	target   string         // "" for no server
	session  *probe.Session // nil for no server
	policy   *simulation    // nil for no policy

	site     *Site
	changes  []change
	statuses []int // of all responses
}

// batchSize is how many operations are tested between two control questions.
const batchSize = 8

// An operation is one of the document's with the pages that it is tested for.
type operation struct {
	*openapi.Operation
	url    string
	pages  []string
	result *Result
}

func (r *run) run(ctx context.Context) *Site {
	r.site = &Site{
		URL: r.target, Browser: strings.ToLower(r.browser.Name), BrowserVersion: r.browser.Version,
		Policy: r.policy != nil, Verdict: Usable,
		Operations: make([]Result, len(r.document.Operations)), Unneeded: []Grant{}, Changes: []Change{},
	}
	all := r.operations(ctx)
	most := 0
	for _, op := range all {
		most = max(most, len(op.pages))
	}
	// Each operation is tested for its first page before any is for its second:
	// if the limit on requests is reached, every operation has been tested.
	for n := range most {
		var withPage []operation
		for _, op := range all {
			if n < len(op.pages) {
				withPage = append(withPage, op)
			}
		}
		for batch := range slices.Chunk(withPage, batchSize) {
			for _, t := range r.tryAll(ctx, batch, func(op operation) string { return op.pages[n] }) {
				r.merge(ctx, t)
			}
		}
	}
	if r.policy != nil {
		r.summarizeChanges()
		r.findUnneeded(ctx, all)
	}
	r.finish()
	return r.site
}

// operations returns the operations that can be tested. Those that cannot have a
// result that says why.
func (r *run) operations(ctx context.Context) []operation {
	all := make([]operation, 0, len(r.document.Operations))
	for i := range r.document.Operations {
		op, result := &r.document.Operations[i], &r.site.Operations[i]
		*result = Result{ID: op.ID, Method: op.Method, Path: op.Path, File: op.File, Line: op.Line, Column: op.Column,
			Pages: []string{}, Problems: []Problem{}}
		var elsewhere bool
		if result.URL, elsewhere = r.locate(op); elsewhere {
			result.Unknown = "it is on another server: " + term.Bounded(op.Server)
			continue
		}
		pages := r.pages(ctx, op, result.URL)
		if len(pages) == 0 {
			result.Unknown = "there is no page on another origin to test it for"
			continue
		}
		all = append(all, operation{op, result.URL, pages, result})
	}
	return all
}

// locate returns the URL of an operation. Without a server it has the host and
// path that the document names, because routes depend on those, and https:,
// because policies do not depend on the scheme. elsewhere reports whether it is on
// a server that the command line does not name, which is never sent anything.
func (r *run) locate(op *openapi.Operation) (u string, elsewhere bool) {
	base := &url.URL{Scheme: "https", Host: "api.invalid"}
	first := base
	if parsed, err := url.Parse(r.document.Server); err == nil {
		first = base.ResolveReference(parsed)
	}
	own := first
	if op.Server != "" {
		if parsed, err := url.Parse(op.Server); err == nil {
			own = first.ResolveReference(parsed)
		}
	}
	root, prefix := "https://"+own.Host, strings.TrimRight(own.EscapedPath(), "/")
	if r.target != "" {
		target, err := url.Parse(r.target)
		if err != nil || own.Host != first.Host && own.Host != target.Host {
			return "", true
		}
		root = target.Scheme + "://" + target.Host
		if path := strings.TrimRight(target.EscapedPath(), "/"); path != "" && op.Server == "" {
			prefix = path
		}
	}
	return root + prefix + op.Target, false
}

// pages returns the origins that an operation is tested for: those named or, if
// none are, those that its route's policy allows; without the operation's own.
func (r *run) pages(ctx context.Context, op *openapi.Operation, u string) []string {
	pages := r.from
	if len(pages) == 0 {
		pages = r.policy.samples(ctx, u, op.Method)
		if needsCredentials(op) {
			pages = r.policy.withCredentials(ctx, u, op.Method, pages)
		}
	}
	var out []string
	own, err := url.Parse(u)
	for _, p := range pages {
		if (err != nil || p != own.Scheme+"://"+own.Host) && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// finish sorts the report and sets its verdict.
func (r *run) finish() {
	s := r.site
	if r.session != nil {
		s.Requests = r.session.Sent()
		s.NotFound = len(r.statuses) > 0 && !slices.ContainsFunc(r.statuses,
			func(status int) bool { return status != http.StatusNotFound })
	}
	known := 0
	for i := range s.Operations {
		o := &s.Operations[i]
		slices.Sort(o.Pages)
		for j := range o.Problems {
			slices.Sort(o.Problems[j].Origins)
		}
		slices.SortStableFunc(o.Problems, func(a, b Problem) int {
			return cmp.Or(a.rank()-b.rank(), cmp.Compare(a.Line, b.Line))
		})
		broken := len(o.Problems) > 0 && !o.Problems[0].Note
		if broken {
			s.Verdict = Unusable
		}
		if o.Usable = o.tested && !broken; o.tested || broken {
			known++
		}
	}
	s.groupCauses(r.document.Name)
	if s.Verdict != Usable {
		return
	}
	switch {
	case s.NoResponse+s.NotKnown > 0:
		s.Verdict = Unknown
	case s.Skipped > 0:
		s.Verdict, s.Cause = Unknown, cmp.Or(s.Cause, "the limit --max-requests was reached")
	case s.NotFound:
		s.Verdict, s.Cause = Unknown, "every response had status 404: check whether the paths start where the URL ends"
	case known == 0:
		s.Verdict, s.Cause = Unknown, cmp.Or(s.Cause, "no operation could be tested")
	}
}

// rank orders problems: notes come last.
func (p Problem) rank() int {
	if p.Note {
		return 1
	}
	return 0
}
