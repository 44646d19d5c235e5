package har

import (
	"fmt"
	"io"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// WriteText writes the report in at most 80 columns: what was recorded, and for each
// finding the request, why it was blocked and how to fix it.
func (r *Report) WriteText(w io.Writer, coloured bool) error {
	t := &textReport{term.Text{Coloured: coloured}}
	t.summary(r)
	for i := range r.Findings {
		t.Add("")
		t.finding(fmt.Sprintf("%d of %d: ", i+1, len(r.Findings)), &r.Findings[i])
	}
	if r.LeftOut > 0 {
		t.Add("")
		t.Hang(0, 0, fmt.Sprintf("%s more are omitted: a report has at most %d findings.",
			term.Count(r.LeftOut, "request"), MaxFindings))
	}
	return t.Write(w)
}

// A textReport is a report as text, under construction.
type textReport struct{ term.Text }

func (t *textReport) summary(r *Report) {
	q, n := r.Requests, r.NotCORS
	paint := term.Green
	verdict := "NOTHING WAS BLOCKED"
	switch {
	case q.Blocked > 0:
		verdict, paint = fmt.Sprintf("%d OF %d REQUESTS BLOCKED", q.Blocked, q.All), term.Red
	case !r.Conclusive():
		verdict, paint = "NOT KNOWN: THE RECORDING DOES NOT SHOW IT", term.Yellow
	case q.All == 0:
		verdict = "NO REQUEST THAT CORS DECIDES ON"
	case q.Depends+q.Unknown > 0:
		verdict = "NOTHING IS KNOWN TO BE BLOCKED"
	}
	t.Heading(verdict, term.Bold, paint)
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
		heading, lines := f.Reason.Fix.Text(f.Reason.Protects)
		t.Heading(heading, term.Bold)
		t.Add(lines...)
		t.Add("  " + f.Reason.Link)
	default:
		t.Hang(0, 2, "How to fix it: "+f.Reason.Fix.Sentence)
	}
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
		if term.Columns(word) > term.Width-6 {
			return
		}
		last := len(lines) - 1
		switch {
		case i == 0:
			lines = append(lines, "  "+word)
		case i > 1 && term.Columns(lines[last]+word) <= term.Width-3:
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
