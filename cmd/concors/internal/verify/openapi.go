package verify

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/concors/concors/cmd/concors/internal/check"
	"github.com/concors/concors/cmd/concors/internal/openapi"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/origin"
)

// RunOperations asks which operations of an OpenAPI document a page could not
// use: by the policy in o, by the servers at o.URLs, or by both. The pages are on
// the origins in from; without any, on those that the policy lets in. The policy
// is left out with nil.
//
// The error is a *check.UsageError if that makes no sense, as with no policy and
// no URL.
func RunOperations(ctx context.Context, o Options, document *openapi.Document, policy *routes.Policies, from []string) (*OperationsReport, error) {
	o.MaxRequests, o.Concurrency = cmp.Or(o.MaxRequests, 500), cmp.Or(o.Concurrency, 4)
	switch {
	case policy == nil && len(o.URLs) == 0:
		return nil, &check.UsageError{Problem: "neither a policy nor a URL: there is nothing to hold the document against", Hint: "write concors verify --openapi api.yaml policy.yaml"}
	case policy == nil && len(from) == 0:
		return nil, &check.UsageError{Problem: "without a policy nobody says which pages use the server", Hint: "write --from https://app.example.com"}
	case o.MaxRequests < 1 || o.Concurrency < 1 || o.Concurrency > 64:
		return nil, &check.UsageError{Problem: "--max-requests is at least 1, and --concurrency from 1 to 64", Hint: "leave them out for 500 and 4"}
	case len(document.Operations) == 0:
		return nil, &check.UsageError{Problem: term.Bounded(document.Name) + ": there is no operation in it", Hint: "describe paths and their methods"}
	}
	for _, page := range from {
		p, err := origin.Parse(page)
		if page != "null" && (err != nil || p.Scheme() != "http" && p.Scheme() != "https") {
			return nil, &check.UsageError{Problem: fmt.Sprintf("--from %q: no page has that origin", term.Bounded(page)), Hint: "write an origin such as https://app.example.com, or null"}
		}
	}
	report := &OperationsReport{Version: OperationsFormatVersion, Document: document.Name, Verdict: Usable, Sites: []OperationsSite{}}
	urls := o.URLs
	if len(urls) == 0 {
		urls = []string{""}
	}
	type job struct {
		target   string
		profiles []fetch.Profile
		wire     *http.Transport
	}
	var jobs []job
	for _, u := range urls { // all of them, before any is asked
		target, profiles, wire, err := check.Question{URL: cmp.Or(u, "https://api.invalid"), As: o.As, Timeout: o.Timeout, Insecure: o.Insecure, CACert: o.CACert, Resolve: o.Resolve}.Wire()
		if err != nil {
			return nil, err
		}
		if !strings.HasPrefix(target, "http://") && !strings.HasPrefix(target, "https://") {
			return nil, &check.UsageError{Problem: fmt.Sprintf("URL %q: CORS is for http and https", term.Bounded(u)), Hint: "write https://api.example"}
		}
		if u == "" {
			target = ""
		}
		jobs = append(jobs, job{target, profiles, wire})
	}
	for _, j := range jobs {
		for _, profile := range j.profiles {
			h := &holder{options: o, document: document, profile: profile, from: from, target: j.target}
			if j.target != "" {
				h.gate = &gate{inner: j.wire, unsafe: o.UnsafeMethods, most: int64(o.MaxRequests)}
			}
			if policy != nil {
				m, err := newModel(*policy, profile)
				if err != nil {
					return nil, fmt.Errorf("the policy: %w", err)
				}
				h.model = m
			}
			report.Sites = append(report.Sites, *h.run(ctx))
			if verdict := report.Sites[len(report.Sites)-1].Verdict; verdict == Unreachable || report.Verdict == Usable {
				report.Verdict = verdict
			}
		}
		j.wire.CloseIdleConnections()
	}
	return report, nil
}

// holder holds the document against one policy, one server, or both, in one
// browser.
type holder struct {
	options  Options
	document *openapi.Document
	profile  fetch.Profile
	from     []string
	target   string // "" for no server
	gate     *gate  // nil for no server
	model    *model // nil for no policy

	mu       sync.Mutex
	site     *OperationsSite
	changes  []change
	answered []int // the statuses of all answers
}

// asked is one operation with the pages that it is asked for.
type asked struct {
	*openapi.Operation
	url   string
	pages []string
	out   *OperationResult
}

func (h *holder) run(ctx context.Context) *OperationsSite {
	h.site = &OperationsSite{URL: h.target, Browser: strings.ToLower(h.profile.Name), BrowserVersion: h.profile.Version, Verdict: Usable,
		Operations: []OperationResult{}, Unneeded: []Grant{}, Changes: []Change{}}
	h.site.Policy = h.model != nil
	all := make([]asked, 0, len(h.document.Operations))
	h.site.Operations = make([]OperationResult, len(h.document.Operations))
	most := 0
	for i := range h.document.Operations {
		op := &h.document.Operations[i]
		out := &h.site.Operations[i]
		*out = OperationResult{ID: op.ID, Method: op.Method, Path: op.Path, Line: op.Line, Column: op.Column, Pages: []string{}, Problems: []OperationProblem{}}
		var elsewhere bool
		if out.URL, elsewhere = h.locate(op); elsewhere {
			out.Untold = "it is on another server: " + term.Bounded(op.Server)
			continue
		}
		a := asked{op, out.URL, h.pages(ctx, op, out.URL), out}
		if len(a.pages) == 0 {
			out.Untold = "no page of another origin is to use it"
			continue
		}
		all = append(all, a)
		most = max(most, len(a.pages))
	}
	// One page of each operation first: if not all can be asked, all are asked for
	// one.
	for n := range most {
		var at []int
		for i := range all {
			if n < len(all[i].pages) {
				at = append(at, i)
			}
		}
		var next atomic.Int64
		var workers sync.WaitGroup
		for range min(h.options.Concurrency, len(at)) {
			workers.Go(func() {
				for {
					i := int(next.Add(1)) - 1
					if i >= len(at) {
						return
					}
					a := all[at[i]]
					if h.options.Progress != nil {
						h.options.Progress(a.Method + " " + a.Path)
					}
					h.hold(ctx, a, a.pages[n])
				}
			})
		}
		workers.Wait()
	}
	if h.model != nil {
		h.sum(ctx, all)
	}
	h.finish()
	return h.site
}

// locate is the URL of an operation. Without a server it is one with the host
// and the path that the document names, since routes go by those, and https:,
// since policies know no schemes. Elsewhere says that it is on a server that
// nobody named: it is then not asked.
func (h *holder) locate(op *openapi.Operation) (u string, elsewhere bool) {
	relative := &url.URL{Scheme: "https", Host: "api.invalid"}
	first := relative
	if parsed, err := url.Parse(h.document.Server); err == nil {
		first = relative.ResolveReference(parsed)
	}
	own := first
	if op.Server != "" {
		if parsed, err := url.Parse(op.Server); err == nil {
			own = first.ResolveReference(parsed)
		}
	}
	root, prefix := "https://"+own.Host, strings.TrimRight(own.EscapedPath(), "/")
	if h.target != "" {
		target, err := url.Parse(h.target)
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

// pages are the origins that the operation is asked for: those that its route's
// policy lets in, if none were named.
func (h *holder) pages(ctx context.Context, op *openapi.Operation, u string) []string {
	pages := h.from
	if len(pages) == 0 {
		pages = h.model.samples(ctx, u, op.Method)
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

// An outcome is what came of one thing that an operation needs.
type outcome struct {
	key      string // what it is, whoever was asked
	place    openapi.Place
	may      string // what a page may or may not: "send PUT"
	question question
	answer   *answer
	blocked  bool
	optional bool
	exposed  string // the response header that it is about
	tried    []question
}

// A teller answers questions.
type teller func(question) *answer

// probe asks for all that an operation needs. Of several ways to authenticate it
// takes the first that works.
func (h *holder) probe(ctx context.Context, a asked, page string, tell teller) (out []outcome, untold string) {
	contents := a.ContentTypes
	if len(contents) == 0 {
		contents = []openapi.Named{{Place: a.Place}}
	}
	ways := a.Security
	if len(ways) == 0 {
		ways = []openapi.Requirement{{Place: a.Place}}
	}
	base := -1
	for _, content := range contents {
		one := outcome{key: "request " + content.Name, place: a.Place, may: "send " + a.Method}
		switch {
		case len(contents) > 1:
			one.place, one.may = content.Place, "send "+a.Method+" with "+term.Bounded(content.Name)
		case a.Method == http.MethodGet || a.Method == http.MethodHead:
			one.may = "read the answer to a " + a.Method
		}
		for i, way := range ways {
			q := a.question(page, content, way)
			answer := tell(q)
			one.tried = append(one.tried, q)
			if i == 0 || answer.granted || answer.silent || answer.skipped {
				one.question, one.answer = q, answer
			}
			if answer.granted || answer.silent || answer.skipped {
				break
			}
		}
		switch {
		case one.answer.silent || one.answer.skipped:
			h.miss(one.answer)
			untold = "it was not answered"
			if one.answer.skipped {
				untold = "more requests than --max-requests allows"
			}
			continue
		case one.answer.status == 0 && one.answer.err != nil && !one.answer.held && !one.answer.reason.CORS() && !one.answer.reason.Refused():
			// Nothing was sent, and so nothing seen: mostly an https: page and an
			// http: server.
			untold = fmt.Sprintf("no browser lets %s ask there (%v): %s", pageOn(page), one.answer.reason, strings.TrimSuffix(one.answer.reason.Explanation(), "."))
			continue
		case one.answer.held && one.answer.preflightHeader == nil:
			untold = a.Method + " without a preflight is sent with --unsafe-methods only"
			continue
		}
		one.blocked = !one.answer.granted
		if out = append(out, one); !one.blocked && base < 0 {
			base = len(out) - 1
		}
		if one.blocked {
			continue
		}
		// What a browser does not let scripts set is dropped without a word.
		for _, header := range a.Headers {
			if header.Required && one.answer.sent != nil && !one.answer.sent.Contains(header.Name) && !slices.ContainsFunc(out, func(o outcome) bool { return o.key == "set "+header.Name }) {
				out = append(out, outcome{key: "set " + header.Name, place: header.Place, may: "set " + header.Name + ", a required header parameter: no script can",
					question: one.question, answer: one.answer, blocked: true})
			}
		}
	}
	if base < 0 {
		return out, untold
	}
	from := out[base]
	out = append(out, h.optional(a, from, tell)...)
	exposed, unseen := h.exposed(ctx, a, from)
	return append(out, exposed...), cmp.Or(untold, unseen)
}

// question is the request of an operation.
func (a asked) question(page string, content openapi.Named, way openapi.Requirement) question {
	// A range as scripts ask for it needs no leave, and another one does.
	q := question{url: a.url, origin: page, method: a.Method, credentials: a.Cookie != nil, values: map[string]string{"range": "bytes=0-9"}}
	for _, header := range a.Headers {
		if header.Required {
			q.headers = append(q.headers, header.Name)
		}
	}
	for _, scheme := range way.Schemes {
		q.credentials = q.credentials || scheme.Credentials
		if scheme.Header != "" && !slices.Contains(q.headers, scheme.Header) {
			q.headers = append(q.headers, scheme.Header)
		}
	}
	if content.Name != "" {
		q.headers, q.body = append(q.headers, "Content-Type"), true
		q.values["content-type"] = content.Name
	}
	return q
}

// optional asks for the header parameters that a page may leave out: for all at
// once, and if that does not work for each.
func (h *holder) optional(a asked, base outcome, tell teller) (out []outcome) {
	var names []openapi.Named
	for _, header := range a.Headers {
		if !header.Required && !slices.Contains(base.question.headers, header.Name) {
			names = append(names, header)
		}
	}
	ask := func(some []openapi.Named) (question, *answer) {
		q := base.question
		q.headers = slices.Clone(q.headers)
		for _, n := range some {
			q.headers = append(q.headers, n.Name)
		}
		return q, tell(q)
	}
	if len(names) == 0 {
		return nil
	}
	_, all := ask(names)
	for _, n := range names {
		q, answer := base.question, all
		if !all.granted {
			if q, answer = ask([]openapi.Named{n}); answer.silent || answer.skipped {
				h.miss(answer)
				return out
			}
		}
		out = append(out, outcome{key: "optional " + n.Name, place: n.Place, may: "set " + n.Name + ", an optional header parameter",
			question: q, answer: answer, blocked: !answer.granted, optional: true, tried: []question{q}})
	}
	return out
}

// exposed looks which of the documented response headers a page sees. Where the
// request itself was held back there is no answer to look at.
func (h *holder) exposed(ctx context.Context, a asked, base outcome) (out []outcome, untold string) {
	var names []string
	for _, header := range a.ResponseHeaders {
		switch name := strings.ToLower(header.Name); {
		case strings.HasPrefix(name, "access-control-"), strings.HasPrefix(name, "set-cookie"), name == "content-encoding", name == "transfer-encoding":
			// They are the browser's, and no script's.
		default:
			names = append(names, header.Name)
		}
	}
	switch {
	case len(names) == 0:
		return nil, ""
	case base.answer.held:
		return nil, "its response headers show in an answer, and " + a.Method + " is sent with --unsafe-methods only"
	}
	seen := visible(ctx, h.profile, base.question, names, base.answer.header)
	for _, header := range a.ResponseHeaders {
		if slices.Contains(names, header.Name) {
			out = append(out, outcome{key: "exposed " + header.Name, place: header.Place, may: "read the response header " + header.Name,
				question: base.question, answer: base.answer, blocked: !seen.Contains(header.Name), exposed: header.Name})
		}
	}
	return out, ""
}

func (h *holder) miss(a *answer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if a.skipped {
		h.site.Skipped++
		return
	}
	h.site.Silent++
	h.site.Cause = cmp.Or(h.site.Cause, a.cause)
}

// hold asks about one operation for one page, and notes what is to be said.
func (h *holder) hold(ctx context.Context, a asked, page string) {
	var says, does []outcome
	var untold string
	if h.model != nil {
		says, _ = h.probe(ctx, a, page, func(q question) *answer { return h.model.ask(ctx, q) })
	}
	if h.gate != nil {
		does, untold = h.probe(ctx, a, page, func(q question) *answer { return ask(ctx, h.profile, h.gate, h.options.Timeout, q) })
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	a.out.Pages = append(a.out.Pages, page)
	a.out.Untold = cmp.Or(a.out.Untold, untold)
	a.out.told = a.out.told || len(does) > 0 || h.gate == nil && len(says) > 0
	for _, d := range does {
		if d.answer.status != 0 && !d.answer.held {
			h.answered = append(h.answered, d.answer.status)
		}
	}
	find := func(outcomes []outcome, key string) *outcome {
		i := slices.IndexFunc(outcomes, func(o outcome) bool { return o.key == key })
		if i < 0 {
			return nil
		}
		return &outcomes[i]
	}
	for i := range says {
		s := &says[i]
		d := find(does, s.key)
		if !s.blocked {
			continue
		}
		steps := h.model.steps(ctx, a, s)
		for _, step := range steps {
			h.changes = append(h.changes, step)
			p := OperationProblem{Kind: step.kind, Note: s.optional, Line: step.place.Line, Column: step.place.Column, Problem: step.may, Change: step.text, Reason: step.reason}
			if d != nil && !d.blocked {
				if p.ServerDoes, p.BrowserTherefore = grants(d); p.ServerDoes != "" {
					p.PolicySays = pageOn(page) + " may not " + s.may
					p.Request, p.Answer, p.Differs = d.answer.request, d.answer.reply, true
				}
			}
			a.add(p, page)
		}
	}
	for i := range does {
		d := &does[i]
		s := find(says, d.key)
		switch {
		case !d.blocked:
			continue
		case s != nil && s.blocked:
			continue // the policy is to be mended first
		case h.model != nil && s == nil && !d.answer.reason.Refused():
			continue // it hangs on what is told already
		}
		p := h.refused(a, d)
		if s != nil {
			p.PolicySays, p.Differs = pageOn(page)+" may "+d.may, true
		}
		a.add(p, page)
	}
}

// add notes a problem, or another page that has it.
func (a asked) add(p OperationProblem, page string) {
	for i := range a.out.Problems {
		old := &a.out.Problems[i]
		if old.Kind == p.Kind && old.Problem == p.Problem && old.Line == p.Line && old.Reason == p.Reason && old.Change == p.Change && old.Note == p.Note {
			if !slices.Contains(old.Origins, page) {
				old.Origins = append(old.Origins, page)
			}
			return
		}
	}
	p.Origins = []string{page}
	a.out.Problems = append(a.out.Problems, p)
}

// refused tells of what a server keeps from a page.
func (h *holder) refused(a asked, d *outcome) OperationProblem {
	e := d.answer.err
	p := OperationProblem{Note: d.optional, Line: d.place.Line, Column: d.place.Column, Problem: d.may, Request: d.answer.request, Answer: d.answer.reply}
	switch {
	case d.exposed != "":
		p.Kind, p.ServerDoes = "exposed-header-hidden", "answers with "+headerSentence(d.answer.header, "Access-Control-Expose-Headers")
		p.BrowserTherefore, p.Change = "hides it from scripts", "list "+d.exposed+" in Access-Control-Expose-Headers"
		return p
	case e == nil: // granted, and yet not sent
		p.Kind, p.BrowserTherefore = "header-not-settable", "drops it without a word"
		return p
	}
	p.Reason, p.Kind = e.Reason.String(), kindOfAnswer(d.answer)
	p.BrowserTherefore = fmt.Sprintf("blocks it (%v): %s", e.Reason, e.Reason.Explanation())
	if d.answer.status == 0 { // nothing was sent
		return p
	}
	p.ServerDoes = serverDoes(d.answer)
	if e.Reason == reason.HeaderDisallowedByPreflightResponse && !d.optional {
		place, may := a.header(e.Header, d.question)
		p.Line, p.Column, p.Problem = place.Line, place.Column, may
	}
	if d.optional {
		p.Kind = "optional-header-blocked"
	}
	if f := fix.For(e); f.Party == reason.Server {
		p.Change = term.Bounded(f.Sentence)
	}
	return p
}

// kindOfAnswer names what blocks a page, in corstest's words.
func kindOfAnswer(a *answer) string {
	if kind := kindOfReason(a.reason); kind != "" {
		return kind
	}
	switch {
	case a.reason == reason.ForbiddenMethod:
		return "forbidden-method"
	case a.reason == reason.BodyNotAllowed:
		return "body-not-allowed"
	case a.reason.Preflight():
		return preflightFails
	case a.reason.CORS() && a.status >= 400:
		return "error-answer-hidden"
	case a.reason.CORS():
		return "allowed-origin-blocked"
	}
	return "blocked"
}

// header finds what in the document asks for a request header.
func (a asked) header(name string, q question) (place openapi.Place, may string) {
	for _, header := range a.Headers {
		if strings.EqualFold(header.Name, name) {
			kind := "a required"
			if !header.Required {
				kind = "an optional"
			}
			return header.Place, "set " + header.Name + ", " + kind + " header parameter"
		}
	}
	for _, way := range a.Security {
		for _, scheme := range way.Schemes {
			if strings.EqualFold(scheme.Header, name) {
				return way.Place, "set " + scheme.Header + ", for the security scheme " + term.Bounded(scheme.Name)
			}
		}
	}
	for _, content := range a.ContentTypes {
		if strings.EqualFold(name, "Content-Type") && content.Name == q.values["content-type"] {
			return content.Place, "send the content type " + term.Bounded(content.Name)
		}
	}
	return a.Place, "set " + term.Bounded(name)
}

// cookies finds what in the document asks for credentials.
func (a asked) cookies() (place openapi.Place, may string) {
	if a.Cookie != nil {
		return a.Cookie.Place, "use credentials, for the cookie " + term.Bounded(a.Cookie.Name)
	}
	for _, way := range a.Security {
		for _, scheme := range way.Schemes {
			if scheme.Credentials {
				return way.Place, "use credentials, for the security scheme " + term.Bounded(scheme.Name)
			}
		}
	}
	return a.Place, "use credentials"
}

// grants says how a server grants what the policy does not.
func grants(d *outcome) (serverDoes, therefore string) {
	switch {
	case d.exposed != "":
		return "answers with " + headerSentence(d.answer.header, "Access-Control-Expose-Headers"), "shows it to scripts"
	case d.answer.preflightHeader != nil:
		var parts []string
		for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Allow-Credentials"} {
			if _, ok := d.answer.preflightHeader.Get(name); ok {
				parts = append(parts, headerSentence(d.answer.preflightHeader, name))
			}
		}
		return "answers the preflight with " + strings.Join(parts, ", "), "sends the request"
	case d.answer.header == nil:
		return "", ""
	}
	return "answers with " + headerSentence(d.answer.header, "Access-Control-Allow-Origin"), "lets scripts there read the answer"
}

func (h *holder) finish() {
	s := h.site
	if h.gate != nil {
		s.Requests = int(h.gate.sent.Load())
		s.NotFound = len(h.answered) > 0 && !slices.ContainsFunc(h.answered, func(status int) bool { return status != http.StatusNotFound })
	}
	told := 0
	for i := range s.Operations {
		o := &s.Operations[i]
		slices.Sort(o.Pages)
		for j := range o.Problems {
			slices.Sort(o.Problems[j].Origins)
		}
		slices.SortStableFunc(o.Problems, func(a, b OperationProblem) int {
			return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Line, b.Line))
		})
		broken := len(o.Problems) > 0 && !o.Problems[0].Note
		if broken {
			s.Verdict = Unusable
		}
		if o.Usable = o.told && !broken; o.told || broken {
			told++
		}
	}
	if s.Verdict == Usable && (s.Silent > 0 || told == 0) {
		s.Verdict = Unreachable
		s.Cause = cmp.Or(s.Cause, "nothing could be told")
	}
}

// rank puts notes last.
func rank(p OperationProblem) int {
	if p.Note {
		return 1
	}
	return 0
}
