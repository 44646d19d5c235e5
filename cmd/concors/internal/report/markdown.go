package report

import (
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// WriteMarkdown writes the report as Markdown, for an issue or a chat: the answer, and
// the rest to unfold. What came from a server is in code spans and fences that it
// cannot end.
func (r *Report) WriteMarkdown(w io.Writer) error {
	if len(r.Results) == 0 {
		return errEmpty
	}
	m := &markdown{}
	groups := r.together()
	m.answer(r.Answer())
	if !r.Agree {
		var list []request.Header
		for _, result := range r.all() {
			list = append(list, header(result.BrowserName(), term.Printable(result.Summary())))
		}
		m.table("Browser", "Result", list)
	}
	m.unfold("The request", func() { m.table("What", "Value", r.facts()) })
	for _, together := range groups {
		who := ""
		if !r.Agree {
			who = ", as " + names(together)
		}
		m.unfold("Who sent what to whom"+who, func() { m.fence("text", draw(r, together[0], term.Width, plain)) })
		for _, s := range (story{r, together[0]}).sections(together) {
			m.unfold(s.Heading+who, func() { m.section(s) })
		}
	}
	for _, s := range serverFixSections(r.ServerFix) {
		m.unfold(s.Heading, func() { m.section(s) })
	}
	if command := strings.Join(r.Command(!r.masked), " "); command != "" {
		m.line("To make the request again:")
		m.fence("sh", []string{command})
	}
	_, err := io.WriteString(w, strings.TrimRight(m.b.String(), "\n")+"\n")
	return err
}

// answer writes the answer.
func (m *markdown) answer(a *Answer) {
	m.line("### " + escapeMarkdown(term.Bounded(a.Line)))
	m.sentences(a.Cause)
	if e := a.Evidence; e != nil {
		m.line(escapeMarkdown(term.Bounded(e.Where)) + ":")
		m.fence("text", e.marked(term.Width))
	}
	m.sentences(sentences(a.Differs))
	if c := a.Change; c != nil {
		m.line("**" + escapeMarkdown(term.Printable(c.heading(0))) + "**")
		m.sentences([]string{c.Sentence, c.Place})
		if c.Unwise {
			m.sentences([]string{c.Caution})
		} else {
			m.fence("text", printables(c.Lines))
		}
		m.sentences(c.notesInFull())
	}
	m.sentences([]string{a.Proof})
	m.sentences(a.Notes)
	m.sentences([]string{a.Elsewhere})
}

// sentences writes each as a paragraph.
func (m *markdown) sentences(list []string) {
	for _, s := range list {
		if s != "" {
			m.line(escapeMarkdown(term.Bounded(s)))
		}
	}
}

// A markdown is a text under construction. A blank line separates its blocks.
type markdown struct{ b strings.Builder }

func (m *markdown) line(s string) { m.b.WriteString(s + "\n\n") }

// unfold writes what is shown when a reader opens its heading.
func (m *markdown) unfold(heading string, write func()) {
	m.line("<details><summary>" + html.EscapeString(escapeMentions(term.Bounded(heading))) + "</summary>")
	write()
	m.line("</details>")
}

func (m *markdown) section(s section) {
	m.items(s.Items)
	for _, sentence := range s.Sentences {
		m.line(escapeMarkdown(sentence))
	}
	m.table("Name", "Value", s.Table)
	m.fence("text", s.Lines)
	if s.Link != "" {
		m.line("<" + s.Link + ">")
	}
}

func (m *markdown) items(list []string) {
	for _, item := range list {
		m.b.WriteString("- " + escapeMarkdown(item) + "\n")
	}
	if len(list) > 0 {
		m.b.WriteByte('\n')
	}
}

func (m *markdown) table(name, value string, list []request.Header) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(&m.b, "| %s | %s |\n|---|---|\n", name, value)
	for i, h := range list {
		if i == term.MaxLines {
			fmt.Fprintf(&m.b, "| and %d more | |\n", len(list)-i)
			break
		}
		fmt.Fprintf(&m.b, "| %s | %s |\n", escapeMarkdown(term.Bounded(h.Name)), code(shown(h.Value)))
	}
	m.b.WriteByte('\n')
}

// fence writes lines between fences that are longer than any fence in them.
func (m *markdown) fence(language string, lines []string) {
	if len(lines) == 0 {
		return
	}
	text := strings.Join(lines, "\n")
	fence := strings.Repeat("`", max(3, longestRun(text)+1))
	m.line(fence + language + "\n" + text + "\n" + fence)
}

// code is a code span in a table's cell.
func code(s string) string {
	ticks := strings.Repeat("`", longestRun(s)+1)
	pad := ""
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		pad = " "
	}
	// A backslash before the | would cancel the one that escapes it.
	s = strings.ReplaceAll(s, `\|`, `\\x7c`)
	return ticks + pad + strings.ReplaceAll(s, "|", `\|`) + pad + ticks
}

// longestRun is the length of the longest run of backticks.
func longestRun(s string) int {
	longest, run := 0, 0
	for _, c := range s {
		if run++; c != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// escapeMarkdown escapes a sentence that may quote a server. Forges notify the user
// named after an @, even if it is escaped, so an invisible character separates them.
func escapeMarkdown(s string) string {
	var b strings.Builder
	for i, c := range s {
		switch {
		case strings.ContainsRune("\\`*_[]<>|~#!&", c), (c == '-' || c == '+') && i == 0:
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return escapeMentions(b.String())
}

// escapeMentions separates an @ from the name after it.
func escapeMentions(s string) string { return strings.ReplaceAll(s, "@", "@\u2060") }
