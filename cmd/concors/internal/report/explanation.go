package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/explain"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/reason"
)

// MessageAnswer computes the answer for a message of a console.
func MessageAnswer(m *explain.Message) *Answer {
	a := &Answer{Headline: m.Headline(), Line: m.Headline(), Browsers: []string{}, Differs: []string{}, Notes: m.Doubts()}
	if a.Notes == nil {
		a.Notes = []string{}
	}
	if m.Times > 1 {
		a.Headline += fmt.Sprintf(", %d times", m.Times)
	}
	made := m.Request()
	if len(m.Reasons) == 0 {
		a.Cause = []string{m.Says}
		if made != "" {
			a.Notes = append([]string{made + "."}, a.Notes...)
		}
		if m.Snippet == nil { // the command that follows does it
			a.Change = &Change{Sentence: m.Do, Lines: []string{}, Notes: []string{}}
			if m.Rule != nil {
				a.Line += ": " + m.Rule.Name.String()
				a.Cause = append(a.Cause, "The rule is "+m.Rule.Name.String()+". "+m.Rule.Protects)
				a.Change.Party, a.Change.Lines = m.Rule.Party, m.Rule.Code
			}
		}
		return a
	}
	first := &m.Reasons[0]
	a.Line += ": " + first.Reason.String()
	if m.Snippet != nil {
		a.Cause = append(a.Cause, m.Says)
	}
	a.Cause = append(a.Cause, causeOf(first.Reason, first.Explanation, first.Fix)...)
	if a.Evidence = messageEvidence(m); a.Evidence == nil && made != "" {
		a.Cause = append(a.Cause, made+".")
	}
	a.Differs = append(a.Differs, first.Fix.Differs...)
	a.Change = changeOf(first.Fix)
	a.Elsewhere = elsewhere(first.Reason, first.Fix)
	return a
}

// messageEvidence returns what the message says about the response that decided, or nil.
func messageEvidence(m *explain.Message) *Evidence {
	r := m.Reasons[0].Reason
	e := &Evidence{Where: m.Request()}
	if e.Where == "" {
		e.Where = "The response"
		if r.Preflight() {
			e.Where = "The response to the preflight"
		}
	}
	status := ""
	if m.Status != 0 {
		status = statusLine(m.Status)
	}
	if e.Lines = fixLines(m.Reasons[0].Fix, status); len(e.Lines) > 0 {
		return e
	}
	// The text does not say whether the response had the header.
	name, lacks := "", ""
	switch r {
	case reason.MethodDisallowedByPreflightResponse:
		name, lacks = "Access-Control-Allow-Methods", m.Method
	case reason.HeaderDisallowedByPreflightResponse:
		name, lacks = "Access-Control-Allow-Headers", m.Header
	case reason.InvalidAllowCredentials, reason.PreflightInvalidAllowCredentials:
		name, lacks = "Access-Control-Allow-Credentials", "true"
	}
	if lacks == "" {
		return nil
	}
	e.Lines = []Line{{Before: name + ": ", Wrong: "(not " + lacks + ")"}}
	return e
}

// WriteExplanation writes what messages of a console mean: the answer for one, and a
// short one for each of several. With a part, all that is known follows.
func WriteExplanation(w io.Writer, r *explain.Report, o TextOptions) error {
	t := &text{Text: term.Text{Coloured: o.Colour, Columns: o.Columns}}
	last := block{lines: []string{term.Clip(total(r), t.Width())}, style: []term.Style{term.Bold}}
	if len(r.Messages) == 1 {
		m := &r.Messages[0]
		a := MessageAnswer(m)
		if r.Unknown > 0 {
			a.Notes = append(a.Notes, others(r.Unknown))
		}
		style := messageColour(m)
		f := frame{last: true, rows: o.Rows}
		if o.Parts == 0 {
			f.more = "More: --more."
			if why, command := m.Next(t.Width()); len(command) > 0 {
				f.after = term.HangWithin(t.Width(), 0, 0, why)
				for i, line := range command {
					f.after = append(f.after, strings.Repeat("  ", min(i, 1)+1)+line)
				}
			}
		}
		blocks := a.lay(t.Width(), style, f)
		end := len(blocks) - 1
		last = blocks[end]
		last.tight = true
		t.write(blocks[:end])
	} else {
		for i := range r.Messages {
			if i > 0 {
				t.Add("")
			}
			t.message(fmt.Sprintf("%d of %d: ", i+1, len(r.Messages)), &r.Messages[i])
		}
		t.Add("")
		if r.Unknown > 0 {
			t.Hang(0, 0, others(r.Unknown))
		}
		if o.Parts == 0 {
			t.Hang(0, 0, "More about each: --more.")
		}
	}
	if o.Parts != 0 {
		t.Add("")
		r.AddTo(&t.Text)
		t.Add("")
	}
	t.write([]block{last})
	return t.Write(w)
}

// message adds a short answer for one of several messages.
func (t *text) message(number string, m *explain.Message) {
	a := MessageAnswer(m)
	t.Add(t.Paint(term.Clip(number+term.Printable(a.Headline), t.Width()), term.Bold, messageColour(m)))
	if made := m.Request(); made != "" {
		t.Add(term.Clip("  "+term.Printable(made)+".", t.Width()))
	} else {
		t.Add(term.Clip("  "+term.Printable(strings.Join(m.Lines, " ")), t.Width()))
	}
	few := func(first, rest int, s string, most int) {
		lines := term.HangWithin(t.Width(), first, rest, bounded(s))
		if len(lines) > most {
			lines = lines[:most]
			lines[most-1] = term.Clip(lines[most-1]+" …", t.Width())
		}
		t.Add(lines...)
	}
	few(2, 2, a.Cause[0], 3)
	for _, d := range a.Differs {
		few(2, 2, d, 2)
	}
	if c := a.Change; c != nil {
		few(2, 4, c.heading(0)+": "+c.Sentence, 3)
	}
	if m.Snippet != nil { // the script knows the whole request
		_, command := m.Next(t.Width() - 2)
		for i, line := range command {
			t.Add(strings.Repeat("  ", min(i, 1)+1) + line)
		}
	}
}

func messageColour(m *explain.Message) term.Style {
	switch {
	case m.NotCORS():
		return term.Yellow
	case m.Headline() == "ALLOWED":
		return term.Green
	}
	return term.Red
}

// others says how many lines of a text are about something else.
func others(n int) string {
	if n == 1 {
		return "1 other line of the text is not about a blocked request."
	}
	return fmt.Sprintf("%d other lines of the text are not about a blocked request.", n)
}

// total is the verdict on several messages.
func total(r *explain.Report) string {
	var blocked, unreachable, notCORS, unsaid int
	for i := range r.Messages {
		switch m := &r.Messages[i]; {
		case m.Unreachable():
			unreachable++
		case len(m.Reasons) > 0:
			blocked++
		case m.NotCORS():
			notCORS++
		default:
			unsaid++
		}
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{blocked, "BLOCKED"}, {unreachable, "NO RESPONSE"}, {notCORS, "NOT CORS"}, {unsaid, "WITHOUT A REASON"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return fmt.Sprintf("%d MESSAGES: %s", len(r.Messages), strings.Join(parts, ", "))
}

// causeOf says in sentences why a request was blocked: a cause before its symptom.
func causeOf(r reason.Reason, explanation string, f *request.Fix) []string {
	rule := strings.TrimSuffix(explanation, ".") + " (" + r.String() + ")."
	switch {
	case f == nil || f.Why == "":
		return []string{rule}
	case f.Cause != "":
		return []string{f.Why, rule}
	}
	return []string{rule, f.Why}
}
