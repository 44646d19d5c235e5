package har

import (
	"fmt"
	"io"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// TextOptions are options of [Report.WriteText].
type TextOptions struct {
	Colour  bool
	Columns int  // of a line; 0 is 80
	Rows    int  // that the text may have without More; below 23 it is 23
	More    bool // write everything about each finding
}

// maxLines is how many lines a text without TextOptions.More has at most, unless the
// terminal is taller: those of a terminal, without its prompt.
const maxLines = 23

// WriteText writes the report: what was recorded, and for each finding the request, why
// it was blocked and what to change, in at most 23 lines, or o.Rows. With o.More it writes all that
// is known. The last line is the verdict.
func (r *Report) WriteText(w io.Writer, o TextOptions) error {
	t := &textReport{term.Text{Coloured: o.Colour, Columns: o.Columns}}
	verdict, paint := r.verdict()
	t.Heading(verdict, term.Bold, paint)
	t.summary(r)
	for _, note := range r.Notes {
		t.Hang(0, 2, term.Bounded(note))
	}
	if o.More {
		for i := range r.Findings {
			t.Add("")
			t.finding(fmt.Sprintf("%d of %d: ", i+1, len(r.Findings)), &r.Findings[i])
		}
		if r.LeftOut > 0 {
			t.Add("")
			t.Hang(0, 0, fmt.Sprintf("%s more are omitted: a report has at most %d findings.",
				term.Count(r.LeftOut, "request"), MaxFindings))
		}
		t.Add("")
	} else {
		t.causes(r, o.Rows)
	}
	t.Heading(verdict, term.Bold, paint)
	return t.Write(w)
}

// causes adds a text for each finding, as many as there is room for. It is the whole
// text if that fits for all of them, and otherwise a short one.
func (t *textReport) causes(r *Report, rows int) {
	const end = 3 // how many lines follow: what is not shown, how to see it, and the verdict
	room := max(rows, maxLines) - end - t.Len()
	var texts []*term.Text
	all := false
	for _, most := range []int{0, 3, 2} {
		if texts, all = t.eachCause(r, room, most); all {
			break
		}
	}
	for _, text := range texts {
		t.Add("")
		t.AddText(text)
	}
	t.Add("")
	if !all {
		t.Add(fmt.Sprintf("… and %s.", term.Count(len(r.Findings)-len(texts), "other cause")))
	}
	if len(r.Findings) > 0 {
		t.Add("More about each: --more.")
	}
}

// eachCause returns the texts of the findings that fit, and whether these are all. most is
// as in cause.
func (t *textReport) eachCause(r *Report, room, most int) (texts []*term.Text, all bool) {
	for i := range r.Findings {
		cause := textReport{term.Text{Coloured: t.Coloured, Columns: t.Columns}}
		cause.cause(fmt.Sprintf("%d of %d: ", i+1, len(r.Findings)), &r.Findings[i], most)
		if room -= 1 + cause.Len(); room < 0 {
			return texts, false
		}
		texts = append(texts, &cause.Text)
	}
	return texts, true
}

// cause adds a finding: why it was blocked, and what to change. Each sentence has most
// lines at most; 0 is any, and then what differs and the command are there too.
func (t *textReport) cause(number string, f *Finding, most int) {
	heading, paint := f.heading()
	t.Add(t.Paint(term.Clip(number+heading, t.Width()), term.Bold, paint))
	page := "a page that is not named"
	switch f.Page {
	case "":
	case "null":
		page = "a sandboxed page or a local file"
	default:
		page = term.Bounded(f.Page)
	}
	t.Add(term.Clip(fmt.Sprintf("  %s %s, from %s", term.Bounded(f.Method), term.Shorten(term.Printable(f.URL), t.Width()*2/3), page), t.Width()))
	for _, s := range f.sentences(most > 0) {
		lines := term.HangWithin(t.Width(), 2, 2, term.Cut(s, 4*term.MaxValue))
		if most > 0 && len(lines) > most {
			lines = lines[:most]
			lines[most-1] = term.Clip(lines[most-1]+" …", t.Width())
		}
		t.Add(lines...)
	}
	if f.Verdict == Unknown && most == 0 {
		t.command(f)
	}
}

// sentences say why it was blocked, what differs unless they are short, and what to change.
func (f *Finding) sentences(short bool) (list []string) {
	if f.Reason == nil {
		return []string{f.Why}
	}
	fix := f.Reason.Fix
	if fix.Cause == "" { // otherwise the rule is only where it showed
		list = append(list, f.Reason.Explanation)
	}
	if fix.Why != "" {
		list = append(list, fix.Why)
	}
	if len(fix.Differs) > 0 && !short {
		list = append(list, "What differs: "+strings.Join(fix.Differs, "; ")+".")
	}
	return append(list, fix.Heading()+": "+fix.Sentence)
}

// A textReport is a report as text, under construction.
type textReport struct{ term.Text }

// verdict is the verdict in one line, and its colour.
func (r *Report) verdict() (string, term.Style) {
	switch q := r.Requests; {
	case q.Blocked > 0:
		return fmt.Sprintf("%d OF %d REQUESTS BLOCKED", q.Blocked, q.All), term.Red
	case !r.Conclusive():
		return "NOT KNOWN: THE RECORDING DOES NOT SHOW IT", term.Yellow
	case q.All == 0:
		return "NO REQUEST THAT CORS DECIDES ON", term.Green
	case q.Depends+q.Unknown > 0:
		return "NOTHING IS KNOWN TO BE BLOCKED", term.Green
	}
	return "NOTHING WAS BLOCKED", term.Green
}

func (t *textReport) summary(r *Report) {
	q, n := r.Requests, r.NotCORS
	by := ""
	if r.Recorder.Name != "" {
		by = " by " + strings.TrimSpace(term.Bounded(r.Recorder.Name)+" "+term.Bounded(r.Recorder.Version))
	}
	t.Hang(0, 0, fmt.Sprintf("%s, recorded%s; judged by the rules of %s.",
		entries(r.Entries), by, request.BrowserTitle(r.Recorder.Browser)))
	if r.Recorder.OmitsFailures {
		t.Hang(0, 0, "Safari's Web Inspector exports no failed requests, so blocked requests are not in this file. "+
			"Explain the red lines of its console instead, or record in another browser.")
	}
	t.Hang(0, 2, "Requests that CORS decides on: "+list(
		part{q.Allowed, "allowed"}, part{q.Blocked, "blocked"},
		part{q.Depends, "blocked if sent with credentials"}, part{q.Unknown, "unknown"}))
	t.Hang(0, 2, "Other entries: "+list(
		part{r.Preflights, term.Plural(r.Preflights, "preflight")}, part{r.Redirects, "after redirects"},
		part{n.SameOrigin, "same-origin"}, part{n.NoCORS, "no-cors"},
		part{n.Navigation, term.Plural(n.Navigation, "navigation")}, part{n.WebSocket, term.Plural(n.WebSocket, "WebSocket")},
		part{n.ServiceWorker, "served by a service worker"}, part{n.Other, "of another kind"}))
}

// A part is one number of a total.
type part struct {
	n    int
	what string
}

func list(parts ...part) string {
	var out []string
	for _, p := range parts {
		if p.n > 0 {
			out = append(out, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if len(out) == 0 {
		return "none"
	}
	return strings.Join(out, ", ")
}

func (t *textReport) finding(number string, f *Finding) {
	heading, paint := f.heading()
	t.Heading(number+heading, term.Bold, paint)
	if f.Reason != nil {
		t.Hang(0, 0, f.Reason.Explanation)
	}
	t.Hang(0, 2, t.request(f))
	t.also(f)
	if f.Why != "" {
		t.Hang(0, 0, f.Why)
	}
	t.response(f)
	if f.Reason != nil && f.Reason.Fix.Why != "" {
		t.Hang(0, 0, term.Bounded(f.Reason.Fix.Why))
	}
	switch {
	case f.Verdict == Unknown:
		t.command(f)
	case f.Verdict == request.Blocked:
		t.Add("")
		f.Reason.Fix.WriteTo(&t.Text, f.Reason.Protects)
		t.Add("  " + f.Reason.Link)
	default:
		t.Hang(0, 2, "How to fix it: "+f.Reason.Fix.Sentence)
	}
}

// heading is what the finding is, in a line, and its colour.
func (f *Finding) heading() (string, term.Style) {
	heading, paint := "NOT KNOWN", term.Yellow
	switch f.Verdict {
	case request.Blocked:
		heading, paint = "BLOCKED: "+f.Reason.Reason.String(), term.Red
	case Depends:
		heading = "BLOCKED IF SENT WITH CREDENTIALS: " + f.Reason.Reason.String()
	}
	if f.Times > 1 {
		heading += fmt.Sprintf(", %d times", f.Times)
	}
	return heading, paint
}

// request describes the page's request.
func (t *textReport) request(f *Finding) string {
	who := "a page that the recording does not name"
	switch f.Page {
	case "":
	case "null":
		who = "a sandboxed page or a local file"
	default:
		who = "the page on " + term.Bounded(f.Page)
	}
	entry := fmt.Sprintf("Entry %d", f.Entry)
	switch {
	case f.Kind == "":
		entry += " (a preflight without its request)"
	case f.Preflight > 0:
		entry += fmt.Sprintf(" (preflight: %d)", f.Preflight)
	}
	return fmt.Sprintf("%s: %s %s, requested by %s.", entry, term.Bounded(f.Method), term.Bounded(f.URL), who)
}

// also lists the similar requests of the finding.
func (t *textReport) also(f *Finding) {
	for _, other := range f.Also[:min(len(f.Also), 4)] {
		t.Hang(0, 2, fmt.Sprintf("Entry %d: %s %s", other.Entry, term.Bounded(other.Method), term.Bounded(other.URL)))
	}
	if more := f.Times - 1 - 4; more > 0 {
		t.Hang(0, 0, fmt.Sprintf("And %d more.", more))
	}
}

// response describes the part of the response that mattered.
func (t *textReport) response(f *Finding) {
	if f.Status == 0 {
		return
	}
	what := "The response"
	if f.Reason != nil && f.Reason.Preflight {
		what = "The response to the preflight"
	}
	var sent []request.Header
	for _, h := range f.Headers {
		name := strings.ToLower(h.Name)
		if strings.HasPrefix(name, "access-control-") || name == "location" ||
			f.Reason != nil && strings.EqualFold(name, f.Reason.Header) {
			sent = append(sent, h)
		}
	}
	if len(sent) == 0 {
		t.Hang(0, 0, fmt.Sprintf("%s: status %d, without any CORS header.", what, f.Status))
		return
	}
	t.Hang(0, 0, fmt.Sprintf("%s: status %d, and", what, f.Status))
	for i, h := range sent {
		if i == term.MaxLines {
			t.Hang(2, 2, fmt.Sprintf("(and %d more)", len(sent)-i))
			break
		}
		t.Hang(2, 4, term.Bounded(h.Name+": "+h.Value))
	}
}

// command adds the command that sends the request to the server, over as many lines
// as it needs, if its words fit into them.
func (t *textReport) command(f *Finding) {
	var lines []string
	for i, word := range f.words {
		if term.Columns(word) > t.Width()-6 {
			return
		}
		last := len(lines) - 1
		switch {
		case i == 0:
			lines = append(lines, "  "+word)
		case i > 1 && term.Columns(lines[last]+word) <= t.Width()-3:
			lines[last] += " " + word
		default:
			lines[last] += ` \`
			lines = append(lines, "    "+word)
		}
	}
	if len(lines) == 0 {
		return
	}
	values := "header values"
	if strings.Contains(f.Command, secret.Mask) {
		values = "values, and the secrets of its URL in place of " + secret.Mask
	}
	t.Hang(0, 0, "To send it to the server (with your own "+values+"):")
	t.Add(lines...)
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}
