package explain

import (
	"fmt"
	"io"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// vague is how many reasons a message has that does not say why.
const vague = 10

// WriteText tells the report in at most 80 columns: for each message what was
// said, what it means, and what would lift it. Colour is used if asked for.
func (r *Report) WriteText(w io.Writer, coloured bool) error {
	t := &teller{term.Text{Coloured: coloured}}
	for i := range r.Messages {
		if i > 0 {
			t.Add("")
		}
		number := ""
		if len(r.Messages) > 1 {
			number = fmt.Sprintf("%d of %d: ", i+1, len(r.Messages))
		}
		t.message(number, &r.Messages[i])
	}
	if r.Unknown > 0 {
		t.Add("")
		t.Hang(0, 0, fmt.Sprintf("%s of the text %s nothing that a browser says of a blocked request.", count(r.Unknown, "other line"), map[bool]string{true: "is", false: "are"}[r.Unknown == 1]))
	}
	return t.Write(w)
}

// A teller writes the report.
type teller struct{ term.Text }

var display = map[string]string{"chromium": "Chromium", "firefox": "Firefox", "webkit": "WebKit (Safari)"}

func (t *teller) message(number string, m *Message) {
	var browsers []string
	for _, b := range m.Browsers {
		browsers = append(browsers, display[b])
	}
	said := number + strings.Join(browsers, " or ") + " says"
	if m.Times > 1 {
		said += fmt.Sprintf(", %d times", m.Times)
	}
	t.Heading(said, term.Bold)
	for i, line := range m.Lines {
		if i == 8 {
			t.Hang(2, 4, fmt.Sprintf("(and %d more lines)", len(m.Lines)-i))
			break
		}
		t.Hang(2, 4, bounded(line))
	}
	t.Add("")
	first := &m.Reasons[0]
	if len(m.Reasons) > vague {
		t.Heading("NOT SAID WHY", term.Bold, term.Red)
		t.Hang(0, 0, "This line follows another that says why. Look for the one above it in the console, and explain that.")
		t.asked(m)
		t.next(m)
		return
	}
	t.Heading("BLOCKED: "+first.Name, term.Bold, term.Red)
	t.Hang(0, 0, first.Explanation)
	t.asked(m)
	switch {
	case len(m.Reasons) == 1:
	case m.inBoth():
		where, other := "the answer itself", "the answer to its preflight"
		if first.Preflight {
			where, other = other, where
		}
		t.Hang(0, 0, fmt.Sprintf("The line does not say whether this is about %s or about %s: see that both are right.", where, other))
	default:
		t.Hang(0, 0, "The line does not tell this from: "+strings.Join(m.names()[1:], ", ")+". To find out which, make the request with concors check.")
	}
	heading, lines := first.Mend.Text(first.Protects)
	t.Add("")
	t.Heading(heading, term.Bold)
	t.Add(lines...)
	t.Add("  " + first.Link)
	t.next(m)
}

// asked says what the message tells of the request.
func (t *teller) asked(m *Message) {
	if m.URL == "" {
		return
	}
	who := "The page"
	switch m.PageOrigin {
	case "":
	case "null":
		who = "A sandboxed page or a local file"
	default:
		who = "The page on " + bounded(m.PageOrigin)
	}
	text := who + " asked for " + bounded(m.URL)
	if m.FirstURL != "" {
		text = who + " asked for " + bounded(m.FirstURL) + ", and a redirect led to " + bounded(m.URL)
	}
	if m.Status != 0 {
		text += fmt.Sprintf("; it was answered with %d", m.Status)
	}
	t.Hang(0, 0, text+".")
	if m.Value != "" {
		t.Hang(0, 2, m.Header+": "+bounded(m.Value))
	}
}

// next says how to go on: with the request itself.
func (t *teller) next(m *Message) {
	u := m.URL
	if m.FirstURL != "" {
		u = m.FirstURL
	}
	from := m.PageOrigin
	if from == "" {
		from = "ORIGIN"
	}
	command := "  concors check '" + u + "' \\"
	if !strings.HasPrefix(u, "http") || !pasteable(u) || !pasteable(from) || len(command) > term.Width || len(from) > 60 {
		return
	}
	t.Add("")
	t.Hang(0, 0, "To see all that happens, make the request (add its method and headers):")
	t.Add(command, "    --from "+from)
}

// pasteable reports whether what a stranger may have written can be pasted into
// a shell, between single quotes or as an origin.
func pasteable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c <= ' ' || c > '~' || strings.ContainsRune("'\"`$\\;|<>(){}", c) })
}

func bounded(s string) string {
	if len(s) > 2*term.MaxValue {
		return s[:2*term.MaxValue] + "..."
	}
	return s
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
