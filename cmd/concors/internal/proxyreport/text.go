package proxyreport

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/serverfix"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// TextOptions are options of [Report.WriteText].
type TextOptions struct {
	Colour  bool
	Columns int // of a line; 0 is 80
}

// maxLines is how many lines a report has at most: those of a terminal, without its prompt.
const maxLines = 23

// WriteText writes the report in at most 23 lines, unless the policy and the command in it, which are
// never cut, need more. The last line is the verdict.
func (r *Report) WriteText(w io.Writer, o TextOptions) error {
	t := &text{Text: term.Text{Coloured: o.Colour, Columns: o.Columns}, report: r}
	verdict, paint := r.verdict()
	t.Heading(verdict, term.Bold, paint)
	t.short(2, 0, 2, r.summary())
	change := t.change()
	last := 1
	t.without(maxLines - last - change.Len())
	if room := maxLines - last - change.Len() - t.Len(); room >= 3 {
		t.changed(room)
	}
	t.AddText(&change.Text)
	if t.Len() > 3 { // it is not in sight any more
		t.Heading(verdict, term.Bold, paint)
	}
	return t.Write(w)
}

// A text is a report as text, under construction.
type text struct {
	term.Text
	report *Report
}

// short adds a paragraph of at most so many lines.
func (t *text) short(most, first, rest int, paragraph string) {
	lines := term.HangWithin(t.Width(), first, rest, paragraph)
	if len(lines) > most {
		lines = lines[:most]
		lines[most-1] = term.Clip(lines[most-1]+" …", t.Width())
	}
	t.Add(lines...)
}

// verdict is the verdict in a line, and its colour.
func (r *Report) verdict() (string, term.Style) {
	of := fmt.Sprintf("%d OF %s", r.Counts.Blocked, strings.ToUpper(term.Count(r.Counts.Judged, "request")))
	switch {
	case r.Counts.Blocked > 0:
		return "THE PROXY IS NEEDED: WITHOUT IT BROWSERS BLOCK " + of, term.Red
	case r.Needed == Yes && len(r.Secrets) > 0:
		return "THE PROXY IS NEEDED: IT ADDS WHAT A PAGE CANNOT KEEP SECRET", term.Yellow
	case r.Needed == Yes:
		return "THE PROXY IS NEEDED FOR COOKIES", term.Yellow
	case r.Needed == No:
		return "THE API ALREADY ALLOWS THE PAGE: THE PROXY IS NOT NEEDED", term.Green
	case r.Counts.Judged == 0 && slices.ContainsFunc(r.Refused, func(f Refusal) bool { return !f.Refused && f.Own }) &&
		!slices.ContainsFunc(r.Refused, func(f Refusal) bool { return !f.Refused && !f.Own }):
		return "NOT KNOWN: THE DEV SERVER DID NOT RESPOND", term.Yellow
	case r.Counts.Judged == 0 && r.Counts.Failed > 0:
		return "NOT KNOWN: THE API DID NOT RESPOND", term.Yellow
	case r.Counts.Judged == 0 && r.Counts.Unanswered > 0:
		return "NOT KNOWN: NO REQUEST OF A PAGE WAS ANSWERED", term.Yellow
	case r.Counts.Judged == 0 && r.Counts.WebSockets+r.Counts.Navigations > 0:
		return "NOT KNOWN: NO PAGE MADE A REQUEST THAT NEEDS CORS HEADERS", term.Yellow
	case r.Counts.Judged == 0:
		return "NOT KNOWN: NO PAGE REQUESTED ANYTHING OF THE API", term.Yellow
	}
	if len(r.NotExposed) > 0 && r.Counts.Unknown == 0 && r.Counts.Unanswered == 0 && r.LeftOut == 0 {
		return "THE API ALLOWS THE REQUESTS, BUT NOT ALL RESPONSE HEADERS", term.Yellow
	}
	return "NOTHING IS KNOWN TO NEED THE PROXY", term.Yellow
}

// summary says in a sentence what was requested.
func (r *Report) summary() string {
	c := r.Counts
	s := fmt.Sprintf("%s to %s in %s", term.Count(c.Judged, "request"), join(r.APIs, 2), duration(r.Made.Sub(r.Started)))
	if pages := r.judgedPages(); len(pages) > 0 {
		s = fmt.Sprintf("%s of %s to %s in %s", term.Count(c.Judged, "request"), join(pages, 2), join(r.APIs, 2), duration(r.Made.Sub(r.Started)))
	}
	var more []string
	for _, part := range []struct {
		n    int
		noun string
	}{{c.Preflights, "preflight"}, {c.WebSockets, "WebSocket"}, {c.Navigations, "navigation"}} {
		if part.n > 0 {
			more = append(more, term.Count(part.n, part.noun))
		}
	}
	if c.Unnamed > 0 {
		more = append(more, fmt.Sprintf("%d of no known page", c.Unnamed))
	}
	if c.SameOrigin > 0 {
		more = append(more, fmt.Sprintf("%d of the API's own pages", c.SameOrigin))
	}
	if c.Unanswered > 0 {
		more = append(more, fmt.Sprintf("%d without a response", c.Unanswered))
	}
	if len(more) > 0 {
		s += "; also " + strings.Join(more, ", ")
	}
	return s + "."
}

// judgedPages lists the pages that the findings are about.
func (r *Report) judgedPages() (pages []string) {
	for _, f := range r.Findings {
		if !slices.Contains(pages, f.Page) {
			pages = append(pages, f.Page)
		}
	}
	return pages
}

// without adds what would happen without the proxy, in at most so many lines in all. What
// does not fit has a line in place of its sentences.
func (t *text) without(most int) {
	findings := t.report.notAllowed()
	if len(findings) == 0 || most-t.Len() >= 4 {
		t.failed()
	}
	if len(findings) > 0 {
		t.Add("")
	}
	for i := range findings {
		part := &text{Text: term.Text{Coloured: t.Coloured, Columns: t.Columns}, report: t.report}
		part.finding(&findings[i])
		left := len(findings) - 1 - i // each of which needs a line
		switch room := most - t.Len(); {
		case part.Len()+left <= room:
			t.AddText(&part.Text)
		case left == 0 && room > 0, room > 1, i == 0:
			t.Add(t.Paint(term.Clip(findings[i].heading(), t.Width()), findings[i].paint()))
		default:
			t.Add(fmt.Sprintf("… and %s.", term.Count(left+1, "other reason")))
			return
		}
	}
	for _, c := range t.report.Cookies {
		lines := term.HangWithin(t.Width(), 0, 2, fmt.Sprintf("The cookie %s would not be kept: %s", term.Bounded(c.Name), lowerFirst(c.Why)))
		if t.Len()+len(lines) > most {
			break
		}
		t.Add(lines...)
	}
}

// aboutTargets are the refusals that are about where a request leads, and not about who made it.
var aboutTargets = []proxy.FaultKind{proxy.NotAllowedTarget, proxy.NotAllowedAddress, proxy.NoRoute, proxy.Loop}

// failed adds what the proxy could not do, which is not about CORS.
func (t *text) failed() {
	shown := 0
	for _, f := range t.report.Refused {
		if f.Refused && !slices.Contains(aboutTargets, f.Kind) {
			continue
		}
		most := 1
		if t.report.Counts.Judged == 0 {
			most = 4
		}
		if shown++; shown > most {
			return
		}
		t.short(most, 0, 2, times(f.Times, "Failed")+": "+term.Bounded(f.Text))
	}
}

// notAllowed returns the findings whose requests would not certainly be allowed.
func (r *Report) notAllowed() (list []Finding) {
	for _, f := range r.Findings {
		if f.Verdict != request.Allowed {
			list = append(list, f)
		}
	}
	return list
}

// heading is a finding in a line: its reason and its requests.
func (f *Finding) heading() string {
	name := "Not known"
	if f.Verdict == request.Blocked {
		name = f.Reason.String()
	}
	return fmt.Sprintf("%s, %s: %s", name, timesOnly(f.Times), f.which())
}

func (f *Finding) paint() term.Style {
	if f.Verdict == request.Blocked {
		return term.Red
	}
	return term.Yellow
}

// finding adds a finding in a few lines.
func (t *text) finding(f *Finding) {
	sentence := f.Why
	if f.Verdict == request.Blocked {
		sentence = f.Explanation
		if f.Fix != nil && f.Fix.Why != "" {
			sentence = f.Fix.Why
		}
	}
	t.Add(t.Paint(term.Clip(f.heading(), t.Width()), f.paint()))
	t.short(2, 2, 2, term.Bounded(sentence))
	if f.Verdict == request.Unknown {
		for _, s := range f.Requests {
			if s.Command != "" && term.Columns(s.Command) <= t.Width()-4 {
				t.Add("    " + term.Printable(s.Command))
				return
			}
		}
	}
}

// which names the requests of a finding.
func (f *Finding) which() string {
	var parts []string
	const most = 3
	for _, s := range f.Requests[:min(most, len(f.Requests))] {
		parts = append(parts, term.Printable(s.Method+" "+term.Shorten(pathOf(s.URL), 30)))
	}
	text := strings.Join(parts, ", ")
	if more := len(f.Requests) + f.More - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// pathOf returns a URL's path.
func pathOf(url string) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return url
	}
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		path, _, _ := strings.Cut(rest[i:], "?")
		return path
	}
	return "/"
}

// changed adds what the proxy changed and refused, in at most so many lines.
func (t *text) changed(most int) {
	part := &text{Text: term.Text{Columns: t.Columns}, report: t.report}
	if s := t.report.changes(); s != "" {
		part.Hang(0, 2, "Changed: "+s+".")
	}
	if s := t.report.refusals(); s != "" {
		part.Hang(0, 2, s)
	}
	if part.Len() == 0 || part.Len()+1 > most {
		return
	}
	t.Add("")
	t.AddText(&part.Text)
}

// changes says in a clause what was changed.
func (r *Report) changes() string {
	var parts []string
	cors := 0
	var cookies, others []string
	for _, c := range r.Changed {
		switch c.Kind {
		case proxy.CORS:
			if c.To != "" {
				cors += c.Times
			}
		case proxy.Cookie:
			if name := term.Bounded(c.Name); !slices.Contains(cookies, name) {
				cookies = append(cookies, name)
			}
		case proxy.Requested, proxy.Kept:
		default:
			if name := term.Bounded(cmp.Or(c.Field, c.Name)); !slices.Contains(others, name) {
				others = append(others, name)
			}
		}
	}
	if cors > 0 {
		parts = append(parts, "CORS headers in "+term.Count(cors, "response"))
	}
	if n := len(cookies); n > 0 {
		parts = append(parts, fmt.Sprintf("the %s %s", term.Plural(n, "cookie"), join(cookies, 4)))
	}
	if len(others) > 0 {
		parts = append(parts, join(others, 4))
	}
	return strings.Join(parts, "; ")
}

// refusals says in a sentence what the proxy refused.
func (r *Report) refusals() string {
	if r.Counts.Refused == 0 {
		return ""
	}
	var pages []string
	named := 0
	advice := ""
	for _, f := range r.Refused {
		if !f.Refused || f.Page == "" {
			continue
		}
		named += f.Times
		if page := term.Bounded(f.Page); !slices.Contains(pages, page) {
			pages = append(pages, page)
		}
		if f.Kind == proxy.NotAllowedOrigin && !slices.Contains(r.Pages, f.Page) {
			advice = " --page allows a page that is yours."
		}
	}
	s := "Refused: " + term.Count(r.Counts.Refused, "request")
	if len(pages) > 0 {
		if named < r.Counts.Refused {
			s += fmt.Sprintf(", %d of them", named)
		}
		s += " of " + join(pages, 3)
	}
	return s + "." + advice
}

// advice says in sentences what else to know about making the proxy unnecessary.
func (r *Report) advice() (list []string) {
	if r.Needed == No {
		return []string{"Nothing has to change on the API for what was requested. Use its own URL in the page, and try what else the page does."}
	}
	if not := r.notExposed(); not != "" && len(r.Fixes) == 0 {
		list = append(list, not)
	}
	if r.Needed == Unknown && r.Counts.Judged > 0 {
		list = append(list, "Use the API's own URL in the page, to see whether browsers block anything.")
	}
	if not := r.notFixed(); not != "" {
		list = append(list, not)
	}
	if r.Alias && r.Counts.Blocked > 0 && slices.Contains(r.judgedPages(), r.Proxy) {
		list = append(list, "For a policy, write --page https://app.example: the origin in production.")
	}
	if len(r.Secrets) > 0 {
		name := term.Shorten(r.Secrets[0], 30)
		if more := len(r.Secrets) - 1; more > 0 {
			name += fmt.Sprintf(" and %s", term.Count(more, "other header"))
		}
		list = append(list, fmt.Sprintf("The proxy adds %s, which no page can keep secret. In production:", name))
	}
	return list
}

// maxChange is how many lines the change has, if its policy is not longer.
const maxChange = 15

// inProduction returns the command that writes a route with a secret for the paths and methods that were
// requested, in lines. flag is that of --secret-header.
func (r *Report) inProduction(flag string) []string {
	if flag == "" || len(r.APIs) == 0 {
		return nil
	}
	const most = 8 // options, so that it fits a screen
	var options []string
	end := "--for express"
	for _, f := range r.Findings {
		for _, s := range f.Requests {
			for _, o := range []string{"--path " + shellWord(pathOf(s.URL)), "--method " + shellWord(s.Method)} {
				switch {
				case f.API != r.APIs[0] || slices.Contains(options, o):
				case len(options) == most || term.Columns(o) > term.Width-8:
					end = "--for express # and other paths"
				default:
					options = append(options, o)
				}
			}
		}
	}
	if len(options) == 0 {
		options = []string{"--path /", "--method GET"}
	}
	lines := []string{"  concors recipe --alias " + r.APIs[0] + " --secret-header " + shellWord(flag)}
	for _, o := range append(options, end) {
		if last := len(lines) - 1; term.Columns(lines[last]+" "+o) <= term.Width-2 {
			lines[last] += " " + o
			continue
		}
		lines[len(lines)-1] += " \\"
		lines = append(lines, "    "+o)
	}
	return lines
}

// shellWord returns a text as one word of a shell's command line.
func shellWord(s string) string {
	if s = term.Printable(s); strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("-_./=:@%+,", r) && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

// change returns what would make the proxy unnecessary.
func (t *text) change() *text {
	c := &text{Text: term.Text{Coloured: t.Coloured, Columns: t.Columns}, report: t.report}
	r := t.report
	advice := &text{Text: term.Text{Columns: t.Columns}}
	for _, sentence := range r.advice() {
		advice.short(2, 0, 2, sentence)
	}
	advice.Add(r.InProduction...)
	if len(r.Fixes) > 0 || advice.Len() > 0 {
		c.Add("")
	}
	if len(r.Fixes) > 0 {
		c.fix(r.Fixes[0], len(r.Fixes)-1, maxChange-advice.Len())
	}
	c.AddText(&advice.Text)
	return c
}

// fix adds the policy of an API, which is never cut: if it is long, what follows it is left out, so that
// it takes at most so many lines in all. others is how many other APIs need a policy.
func (t *text) fix(f *serverfix.Fix, others, most int) {
	heading := "To make the proxy unnecessary, the API's owner needs this policy.yaml:"
	if others > 0 {
		heading = fmt.Sprintf("To make it unnecessary, %s needs this policy.yaml (%d more in --json):", term.Shorten(f.Server, 28), others)
	}
	t.Heading(heading, term.Bold)
	policy := policyLines(f.Policy, t.Width()-2)
	for _, line := range policy {
		t.Add("  " + line)
	}
	// What follows has its place in the text, and another one in importance: 0 is always shown.
	type part struct {
		text
		importance int
	}
	var parts []*part
	add := func(importance, atMost int, paragraph string) *part {
		p := &part{text{Text: term.Text{Columns: t.Columns}}, importance}
		if paragraph != "" {
			p.short(atMost, 0, 2, paragraph)
		}
		parts = append(parts, p)
		return p
	}
	if len(f.Refused) > 0 {
		add(0, 3, "Not advisable: "+term.Bounded(f.Refused[0]))
	} else {
		add(0, 1, recipeCommand(f))
		if f.Short != nil {
			if lines := strings.Split(printable(f.Short.Text), "\n"); len(lines)+len(policy) <= 8 {
				short := add(3, 0, "")
				for _, line := range lines {
					short.Add("  " + term.Clip(line, t.Width()-2))
				}
			}
		}
		if len(f.Simulated) > 0 {
			add(2, 2, report.Simulated(f.Simulated, 0))
		}
		reads := "Add the page's origin in production, and in exposedHeaders what it reads"
		if names := t.report.NotExposed; len(names) > 0 {
			reads += ", perhaps " + join(names, 3)
		}
		add(1, 2, reads+".")
	}
	room := most - t.Len()
	shown := map[*part]bool{}
	for importance := range 4 {
		for _, p := range parts {
			if p.importance == importance {
				room -= p.Len()
				shown[p] = room >= 0 || importance == 0
			}
		}
	}
	for _, p := range parts {
		if shown[p] {
			t.AddText(&p.Text)
		}
	}
}

// policyLines returns a policy file with its long lists on several lines, between two names.
func policyLines(policy string, columns int) (lines []string) {
	for line := range strings.SplitSeq(printable(policy), "\n") {
		name, list, found := strings.Cut(line, ": [")
		var items []string
		if term.Columns(line) <= columns || !found || json.Unmarshal([]byte("["+list), &items) != nil {
			lines = append(lines, line)
			continue
		}
		line = name + ": ["
		for i, item := range items {
			quoted, _ := json.Marshal(item) // a string always marshals
			end := ","
			if i == len(items)-1 {
				end = "]"
			}
			next := string(quoted) + end
			if i > 0 && term.Columns(line+next) > columns {
				lines = append(lines, line)
				line = "  "
			}
			line += next
		}
		lines = append(lines, line)
	}
	return lines
}

// recipeCommand says with which command the policy is written for the server.
func recipeCommand(f *serverfix.Fix) string {
	command := "concors recipe policy.yaml --for " + f.Stack
	switch {
	case f.Stack == "":
		return "For its server: concors recipe policy.yaml --for NAME (--list)."
	case f.Short != nil:
		command += " --short"
	}
	return fmt.Sprintf("For its server, %s: %s", f.Title, command)
}

// join joins at most n texts.
func join(texts []string, n int) string {
	shown := texts[:min(n, len(texts))]
	s := term.Printable(strings.Join(shown, ", "))
	if more := len(texts) - len(shown); more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}

func times(n int, what string) string {
	if n == 1 {
		return what
	}
	return fmt.Sprintf("%s %d times", what, n)
}

func timesOnly(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// duration says how long a proxy ran.
func duration(d time.Duration) string {
	switch {
	case d < time.Minute:
		return term.Count(max(1, int(d.Seconds())), "second")
	case d < time.Hour:
		return term.Count(int(d.Minutes()), "minute")
	}
	return fmt.Sprintf("%d:%02d hours", int(d.Hours()), int(d.Minutes())%60)
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
