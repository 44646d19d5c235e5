package reason_test

import (
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/console"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/fetchtest"
)

// caseOf returns the case that reaches a reason, or nil.
func caseOf(r reason.Reason) *fetchtest.Case {
	for i, c := range fetchtest.Cases {
		if c.Reason == r {
			return &fetchtest.Cases[i]
		}
	}
	return nil
}

// TestEveryReasonIsComplete names each fact that is missing for a reason.
func TestEveryReasonIsComplete(t *testing.T) {
	page := string(readPage(t))
	for _, r := range reason.All() {
		t.Run(r.String(), func(t *testing.T) {
			missing := func(what string) { t.Helper(); t.Errorf("%s has no %s", r, what) }
			if r.Phase() == 0 {
				missing("phase (fetch/reason/table.go)")
			}
			if r.Algorithm() == "" {
				missing("algorithm (fetch/reason/table.go)")
			}
			if !strings.HasPrefix(r.Anchor(), "https://") {
				missing("anchor (fetch/reason/table.go)")
			}
			if !isSentence(r.Explanation()) {
				missing("explanation that is a sentence (fetch/reason/table.go)")
			}
			if !isSentence(r.Protects()) {
				missing("sentence about what its rule protects (fetch/reason/table.go)")
			}
			if p := r.Party(); p != reason.Server && p != reason.Page && p != reason.User {
				missing("party (fetch/reason/table.go)")
			}
			if !strings.Contains(page, "\n### "+r.String()+"\n") {
				missing("section in docs/reasons.md (go test ./fetch/reason -run TestReasonsPage -update)")
			}
			f := fix.For(&fetch.NetworkError{Reason: r})
			if !isSentence(f.Sentence) || !isSentence(f.Caution) || f.Party != r.Party() {
				missing("fix with a caution (fetch/fix/sentences.go)")
			}
			blocked := &fetch.NetworkError{Reason: r}
			if c := caseOf(r); c == nil {
				missing("case that reaches it (internal/fetchtest/cases.go)")
			} else if _, blocked = c.Run(t, fetch.Standard); blocked.Reason != r {
				t.Errorf("the case for %s ends with %s (internal/fetchtest/cases.go)", r, blocked)
			}
			printed := false
			for _, p := range fetch.Profiles() {
				printed = printed || len(console.Lines(blocked, p)) > 0
			}
			if printed == console.Silent(r) {
				missing("console lines, or is wrongly listed as one for which browsers print nothing (fetch/console/table.go)")
			}
		})
	}
}

// TestEverySameOriginRuleIsComplete names each fact that is missing for a rule of the same-origin policy, and each
// name that two reasons have.
func TestEverySameOriginRuleIsComplete(t *testing.T) {
	page := string(readPage(t))
	names := map[string]bool{}
	for _, r := range reason.All() {
		names[r.String()] = true
	}
	for _, r := range reason.AllSameOrigin() {
		if names[r.String()] || strings.Contains(r.String(), "(") {
			t.Errorf("%s: another reason has this name, or it has none", r)
		}
		names[r.String()] = true
		if r.Algorithm() == "" || !strings.HasPrefix(r.Anchor(), "https://") || !isSentence(r.Explanation()) || len(r.Protects()) < 8 ||
			r.Party() == "" || !strings.Contains(page, "\n### "+r.String()+"\n") {
			t.Errorf("%s is not complete (fetch/reason/sameorigin.go)", r)
		}
	}
}

// isSentence reports whether text is a sentence, or several, of one line.
func isSentence(text string) bool {
	return len(text) >= 20 && strings.HasSuffix(text, ".") && !strings.ContainsAny(text, "\n{}") && !strings.Contains(text, "  ") &&
		(text[:1] == strings.ToUpper(text[:1]) || strings.HasPrefix(text, "fetch()"))
}
