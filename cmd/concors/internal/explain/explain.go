// Package explain says what a browser's console means: which browser printed a
// line about a blocked request, why it blocks, what the rule protects, and the
// smallest change that fixes it.
//
// [Open] decides what a command line names: a text or a recording. [Read] finds
// the messages in a text that was copied from a console or a log, with the table
// of package fetch/console that also writes such lines, and returns a [Report]:
// plain data. [Report.WriteText] and [Report.WriteJSON] present it. No request is
// made, so what the line does not say, such as what else the server sends, is not
// known here: package request makes the request.
package explain

import (
	"io"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/console"
	"github.com/concors/concors/fetch/reason"
)

// FormatVersion is the version of the Report's JSON. It grows when a field is
// removed or changes its meaning; new fields may appear without that.
const FormatVersion = 2

// MaxText is how many bytes of a text are read.
const MaxText = 1 << 20

// A Report is what [Read] found. As JSON it is documented in
// docs/explain-json.md.
type Report struct {
	Version  int       `json:"version"` // FormatVersion
	Messages []Message `json:"messages"`
	// Unknown is the number of lines that are not about a blocked request.
	// Empty lines do not count.
	Unknown int `json:"unknownLines"`
}

// A Message is what one browser printed about one blocked request.
type Message struct {
	// Line is the number of its first line in the text, from 1, and Times is
	// how often it appears.
	Line  int `json:"line"`
	Times int `json:"times"`
	// Lines are its lines as they are in the text.
	Lines []string `json:"lines"`
	// Browsers are those that print it so: chromium, firefox or webkit.
	Browsers []string `json:"browsers"`
	// What it says about the request; "" and 0 if it does not say it.
	Kind       string `json:"kind,omitempty"`
	URL        string `json:"url,omitempty"`
	FirstURL   string `json:"firstUrl,omitempty"`
	PageOrigin string `json:"pageOrigin,omitempty"`
	Origin     string `json:"origin,omitempty"`
	Header     string `json:"header,omitempty"`
	Value      string `json:"value,omitempty"`
	Method     string `json:"method,omitempty"`
	Status     int    `json:"status"`
	// Reasons are those for which browsers print this, the likeliest first.
	Reasons []Reason `json:"reasons"`
}

// A Reason is a reason for a blocked request, with its explanation and fix.
type Reason struct {
	Reason      reason.Reason `json:"reason"`
	Preflight   bool          `json:"preflight"`
	Explanation string        `json:"explanation"`
	Protects    string        `json:"protects"`
	Link        string        `json:"link"`
	Fix         *request.Fix  `json:"fix"`
}

// Read explains what browsers print in a text. from is the origin of the page, for
// messages that do not name it; it may be empty. The error is a *cli.UsageError if
// from is not an origin, or if nothing in the text is about a blocked request.
func Read(text, from string) (*Report, error) {
	if from != "" {
		o, err := request.ParseFrom(from)
		if err != nil {
			return nil, err
		}
		from = o.String()
	}
	text = text[:min(len(text), MaxText)]
	report := &Report{Version: FormatVersion, Messages: []Message{}}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", "\n"), "\n") {
		if strings.TrimSpace(line) != "" {
			report.Unknown++
		}
	}
	index := map[string]int{}
	for _, found := range console.Parse(text) {
		report.Unknown -= len(found.Lines)
		m := explain(found, from)
		key := m.key()
		if i, repeated := index[key]; repeated {
			report.Messages[i].Times++
			continue
		}
		index[key] = len(report.Messages)
		report.Messages = append(report.Messages, m)
	}
	if len(report.Messages) == 0 {
		return nil, notFound(text)
	}
	return report, nil
}

// notFound is the error for a text without messages. It says what to paste instead.
func notFound(text string) error {
	for _, thrown := range []string{
		"Failed to fetch", "NetworkError when attempting to fetch", "Load failed", "Network Error", "ERR_NETWORK",
	} {
		if strings.Contains(text, thrown) {
			return cli.Usage("this is the error that the script gets, which never says why",
				"copy the red line next to it in the console, or run concors check with the URL")
		}
	}
	return cli.Usage("nothing in this text is what Chromium, Firefox or WebKit print about a blocked request",
		"copy the whole line: \"Access to fetch at ... has been blocked\", \"Cross-Origin Request Blocked: ...\",\n"+
			"      \"Origin ... is not allowed by Access-Control-Allow-Origin\" or \"... net::ERR_...\"")
}

func explain(found console.Message, from string) Message {
	known := found.Known
	if known.Origin == "" {
		known.Origin, known.PageOrigin = from, from
	}
	m := Message{
		Line: found.Line, Times: 1, Lines: found.Lines,
		Kind: known.Kind, URL: known.URL, FirstURL: known.FirstURL, PageOrigin: known.PageOrigin, Origin: known.Origin,
		Header: known.Header, Value: known.Value, Method: known.Method, Status: known.Status,
	}
	for _, name := range found.Browsers {
		m.Browsers = append(m.Browsers, strings.ToLower(name))
	}
	for _, r := range found.Reasons {
		e := known
		e.Reason = r
		m.Reasons = append(m.Reasons, Reason{
			Reason: r, Preflight: r.Preflight(), Explanation: r.Explanation(), Protects: r.Protects(), Link: r.Anchor(),
			Fix: request.FixOf(&e),
		})
	}
	return m
}

// key is the same for messages that say the same about the same request.
func (m *Message) key() string {
	parts := []string{m.Kind, m.URL, m.FirstURL, m.Origin, m.Value, m.Header, m.Method}
	parts = append(parts, m.Browsers...)
	for _, r := range m.Reasons {
		parts = append(parts, r.Reason.String())
	}
	return strings.Join(parts, "\x00")
}

// WriteJSON writes the report as indented JSON that is safe to look at.
func (r *Report) WriteJSON(w io.Writer) error { return term.WriteJSON(w, r) }

// preflightOrResponse reports whether the only thing that the message leaves open
// is whether it is about the preflight response or the response itself.
func (m *Message) preflightOrResponse() bool {
	return len(m.Reasons) == 2 && m.Reasons[0].Reason.WithoutPreflight() == m.Reasons[1].Reason.WithoutPreflight()
}
