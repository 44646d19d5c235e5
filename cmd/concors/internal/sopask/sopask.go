// Package sopask answers questions about the same-origin policy, one a line, for concors sop.
package sopask

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/internal/sopcheck"
	"github.com/concors/concors/sop"
)

// MaxLine is the largest length of a question in bytes.
const MaxLine = 64 << 10

// A Question is one line of the input.
type Question struct {
	ID string `json:"id"`
}

// An Answer is one line of the output: what one browser does.
type Answer struct {
	ID      string `json:"id"`
	Browser string `json:"browser"`
	Version string `json:"version"`
	// Known is false if the question is not one that Concors has, or if its answer is not known.
	Known   bool   `json:"known"`
	Group   string `json:"group,omitempty"`
	Outcome string `json:"outcome"`
	// Verdict is allowed, refused or not known. It is "" for an outcome that needs no decision.
	Verdict     string `json:"verdict,omitempty"`
	Reason      string `json:"reason,omitempty"`
	Explanation string `json:"explanation,omitempty"`
	Anchor      string `json:"anchor,omitempty"`
	Steps       []Step `json:"steps,omitempty"`
}

// A Step is one step of a standard.
type Step struct {
	Algorithm string `json:"algorithm"`
	Anchor    string `json:"anchor"`
	Result    string `json:"result"`
	Outcome   string `json:"outcome"`
	Deviation string `json:"deviation,omitempty"`
}

// Browsers are the values of --as.
var Browsers = cli.Choice{Flag: "--as", Values: []string{"chromium", "firefox", "webkit", "standard", "all"}}

// Profiles returns the profiles that a value of --as names; nil if it names none.
func Profiles(as string) []sop.Profile {
	if as == "all" {
		return sop.Profiles()
	}
	for _, p := range sop.Profiles() {
		if strings.EqualFold(p.Name, as) {
			return []sop.Profile{p}
		}
	}
	return nil
}

// Run reads a question from each line of in, and calls answer with what each browser does. A line is
// a JSON object such as {"id": "cross/get/document"}, or an id without quotes. Empty lines and lines
// that begin with # are skipped. It reports whether every answer is known.
func Run(in io.Reader, profiles []sop.Profile, answer func(Answer) error) (known bool, _ error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, MaxLine)
	known = true
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		q := Question{ID: line}
		if strings.HasPrefix(line, "{") {
			decoder := json.NewDecoder(strings.NewReader(line))
			decoder.DisallowUnknownFields()
			q = Question{}
			if err := decoder.Decode(&q); err != nil {
				return false, cli.Usage(fmt.Sprintf("line %d of standard input: %v", n, err), `write {"id": "cross/get/document"}`)
			}
			if q.ID == "" {
				return false, cli.Usage(fmt.Sprintf("line %d of standard input has no id", n), `write {"id": "cross/get/document"}`)
			}
		}
		for _, p := range profiles {
			a := ask(p, q.ID)
			known = known && a.Known
			if err := answer(a); err != nil {
				return false, err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return false, cli.Usage("standard input: "+err.Error(), "write one question on each line")
	}
	return known, nil
}

func ask(p sop.Profile, id string) Answer {
	check, prediction := sopcheck.Ask(p, id)
	a := Answer{ID: id, Browser: strings.ToLower(p.Name), Version: p.Version, Known: prediction.Known, Group: check.Group,
		Outcome: prediction.Outcome}
	d := prediction.Decision
	if !a.Known || len(d.Steps) == 0 {
		return a
	}
	a.Verdict, a.Reason = d.Verdict.String(), d.Reason.String()
	a.Explanation, a.Anchor = d.Reason.Explanation(), d.Reason.Anchor()
	if a.Anchor == "" {
		a.Anchor = d.Steps[len(d.Steps)-1].Anchor
	}
	for _, s := range d.Steps {
		a.Steps = append(a.Steps, Step{s.Algorithm, s.Anchor, s.Result.String(), s.Outcome, s.Deviation.String()})
	}
	return a
}

// Line is the answer on one line of text.
func (a Answer) Line() string {
	if !a.Known {
		return fmt.Sprintf("%s  %s: not known", a.ID, a.Browser)
	}
	text := fmt.Sprintf("%s  %s: %s", a.ID, a.Browser, a.Outcome)
	if a.Reason != "" {
		text += "  (" + a.Reason + ")"
	}
	return text
}
