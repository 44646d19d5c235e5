package request

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
)

// A Fix is the smallest change that removes the reason for a blocked request.
type Fix struct {
	// Party is who has to change something: server, page or user.
	Party reason.Party `json:"party"`
	// Sentence says the change in words, and Caution what it gives away.
	Sentence string `json:"sentence"`
	Caution  string `json:"caution"`
	// URL is the one whose response has to change. Preflight reports whether
	// it is the response to the preflight.
	URL       string `json:"url,omitempty"`
	Preflight bool   `json:"preflight"`
	// Set are headers that the response must have with exactly this value,
	// Remove those that it must not have, and Status what its status must
	// be; 0 means unchanged.
	Set    []Header `json:"set"`
	Remove []string `json:"remove"`
	Status int      `json:"status"`
	// Unwise means that the change would work but should not be made. Caution
	// says why.
	Unwise bool `json:"unwise"`
	// Cause is what went wrong, if the failed check is only a symptom, and Why
	// says it in sentences.
	Cause fix.Cause `json:"cause,omitempty"`
	Why   string    `json:"why,omitempty"`
	// Differs says in what the response, or the request, is not what it has to be, each
	// in one clause.
	Differs []string `json:"differs"`
	// Evidence lists the lines in which that can be seen, the most important one first.
	Evidence []Line `json:"evidence"`
}

// FixOf is the fix for an error's reason.
func FixOf(e *fetch.NetworkError) *Fix { return FixOfPrinted(e, nil) }

// FixOfPrinted is FixOf for an error that was read from what one of some browsers prints.
func FixOfPrinted(e *fetch.NetworkError, browsers []string) *Fix {
	browser := ""
	if len(browsers) == 1 {
		browser = browsers[0]
	}
	f := fix.ForPrinted(e, browser)
	out := &Fix{
		Party: f.Party, Sentence: cut(f.Sentence), Caution: cut(f.Caution), URL: cut(f.URL), Preflight: f.Preflight,
		Set: []Header{}, Remove: append([]string{}, f.Remove...), Status: f.Status, Unwise: f.Unwise,
		Cause: f.Cause, Why: cut(f.Why), Differs: []string{}, Evidence: []Line{},
	}
	for _, clause := range f.Differs {
		out.Differs = append(out.Differs, cut(clause))
	}
	for _, l := range f.Evidence {
		out.Evidence = append(out.Evidence, lineOf(l))
	}
	for _, h := range f.Set {
		out.Set = append(out.Set, Header{h.Name, cut(h.Value)})
	}
	return out
}

// WriteTo adds the fix to a text, below a heading, with what the rule protects.
func (f *Fix) WriteTo(t *term.Text, protects string) {
	t.Heading(f.Heading(), term.Bold)
	if len(f.Differs) > 0 {
		t.Hang(2, 4, "What differs: "+strings.Join(f.Differs, "; ")+".")
	}
	t.Hang(2, 2, f.Sentence)
	if f.Status != 0 {
		t.Add(fmt.Sprintf("    HTTP/1.1 %d %s", f.Status, http.StatusText(f.Status)))
	}
	for _, h := range f.Set {
		t.Hang(4, 6, term.Bounded(h.Name+": "+h.Value))
	}
	t.Hang(2, 4, "Note: "+f.Caution)
	t.Hang(2, 4, "What the rule protects: "+protects)
}

// Where says who has to change something.
func (f *Fix) Where() string {
	if f.Party == reason.User {
		return "by the user"
	}
	return "on the " + string(f.Party)
}

// Heading is the heading of the fix in reports.
func (f *Fix) Heading() string { return "How to fix it (" + f.Where() + ")" }

// Response lists what the changed response has.
func (f *Fix) Response() []Header {
	var list []Header
	if f.Status != 0 {
		list = append(list, Header{"status", fmt.Sprint(f.Status)})
	}
	return append(list, f.Set...)
}
