package explain_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/explain"
)

// A wanted is what a report must say about a text, or about one message of it.
type wanted struct {
	Reason    string
	Or        []string
	Page, URL string
	Status    int
	Count     int
	Says      []string
	Never     []string
	Messages  []wanted
}

// A fieldCase is a text that people paste, and what is wanted of its report.
type fieldCase struct {
	ID, Kind, Text string
	Want           wanted
}

func readCases(t testing.TB, name string) []fieldCase {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []fieldCase
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var c fieldCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v: %s", name, err, lines.Text())
		}
		out = append(out, c)
	}
	return out
}

// What people pasted, in the wordings of browsers, servers and tools, is explained as
// what it is, with all that the text says.
func TestPastedTextsAreExplained(t *testing.T) {
	cases := slices.Concat(readCases(t, "testdata/field.jsonl"), readCases(t, "testdata/more.jsonl"))
	if len(cases) < 250 {
		t.Errorf("only %d cases", len(cases))
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			report, err := explainInput(c.Text)
			if err != nil {
				t.Fatalf("%q: %v", c.Text, err)
			}
			for _, problem := range judge(c.Want, report) {
				t.Errorf("%s\n%s", c.Text, problem)
			}
		})
	}
}

// explainInput does what concors explain - does with standard input.
func explainInput(text string) (*explain.Report, error) {
	in, err := explain.Open([]string{"-"}, strings.NewReader(text))
	if err != nil {
		return nil, err
	}
	if in.Recording != nil {
		return nil, fmt.Errorf("it was taken for a recording")
	}
	return explain.Read(in.Text, "")
}

// judge returns what is wrong with a report.
func judge(want wanted, report *explain.Report) []string {
	var problems []string
	each := want.Messages
	if each == nil {
		each = []wanted{want}
	}
	for _, w := range each {
		best := []string{"no message"}
		for i := range report.Messages {
			if p := judgeMessage(w, &report.Messages[i]); i == 0 || len(p) < len(best) {
				best = p
			}
		}
		problems = append(problems, best...)
	}
	count := 0
	for _, m := range report.Messages {
		count += m.Times
	}
	if want.Count != 0 && count != want.Count {
		problems = append(problems, fmt.Sprintf("%d messages, want %d", count, want.Count))
	}
	said := told(report)
	if want.Says != nil && !slices.ContainsFunc(want.Says, func(s string) bool { return strings.Contains(said, s) }) {
		problems = append(problems, fmt.Sprintf("says none of %q", want.Says))
	}
	for _, s := range want.Never {
		if strings.Contains(said, s) {
			problems = append(problems, fmt.Sprintf("says %q", s))
		}
	}
	return problems
}

// words are what the report must have for each kind of message that is not about CORS.
var words = map[string]string{
	"csp": "Content Security Policy", "blocked-by-client": "extension", "sop-frame": "same-origin policy",
	"tainted-canvas": "", "storage": "storage", "x-frame-options": "X-Frame-Options", "websocket": "WebSocket",
	"server-log": "This is from", "http-status": "CORS did not fail",
	"script-only": "all that a script is told", "script-error": "Script error", "cookies": "cookie",
	"event-source": "EventSource", "service-worker": "service worker", "no-browser": "no CORS", "unsaid": " not ",
	"cors-disabled": "content.cors.disable",
}

func judgeMessage(want wanted, m *explain.Message) []string {
	var problems []string
	first := ""
	if len(m.Reasons) > 0 {
		first = m.Reasons[0].Reason.String()
	}
	about, isAbout := strings.CutPrefix(want.Reason, "not-cors:")
	switch {
	case isAbout, want.Reason == "unsaid", want.Reason == "script-only":
		if m.About != about || first != "" || !strings.Contains(m.Says+m.Do, words[about]) || m.Says == "" || m.Do == "" {
			problems = append(problems, fmt.Sprintf("is about %q %q: %s", m.About, first, m.Says))
		}
	case want.Reason == "unknown-translated":
		if first == "" && m.About != explain.Translated || first != "" && !slices.Contains(want.Or, first) {
			problems = append(problems, fmt.Sprintf("translated: about %q, reason %q", m.About, first))
		}
	case want.Reason != "" && first != want.Reason && !slices.Contains(want.Or, first):
		problems = append(problems, fmt.Sprintf("reason %q (about %q), want %s", first, m.About, want.Reason))
	}
	if want.Page != "" && m.PageOrigin != want.Page {
		problems = append(problems, fmt.Sprintf("page %q, want %q", m.PageOrigin, want.Page))
	}
	if want.URL != "" && m.URL != want.URL && m.FirstURL != want.URL {
		problems = append(problems, fmt.Sprintf("URL %q, want %q", m.URL, want.URL))
	}
	if want.Status != 0 && m.Status != want.Status {
		problems = append(problems, fmt.Sprintf("status %d, want %d", m.Status, want.Status))
	}
	return problems
}

// told is what a report says, without what it quotes.
func told(report *explain.Report) string {
	var out strings.Builder
	for _, m := range report.Messages {
		m.Lines = nil
		raw, _ := json.Marshal(m)
		out.Write(bytes.ToLower(raw))
	}
	return out.String()
}
