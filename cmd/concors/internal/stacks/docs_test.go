package stacks

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestDocumentation compares the list of stacks in docs/recipes.md, and their number
// in the README, with All. With -update it writes them.
func TestDocumentation(t *testing.T) {
	const heading = "## All stacks, and what each can't do\n\n"
	var list strings.Builder
	for _, s := range All() {
		verified := "not verified"
		if s.Verified != "" {
			verified = "verified with " + s.Verified
		}
		fmt.Fprintf(&list, "**`%s`**: %s, %s\n\n", s.Name, s.Title, verified)
		refused, lost := s.Cannot()
		for _, sentence := range refused {
			fmt.Fprintf(&list, "- refused: %s\n", sentence)
		}
		for _, sentence := range lost {
			fmt.Fprintf(&list, "- lost: %s\n", sentence)
		}
		if len(refused)+len(lost) > 0 {
			list.WriteString("\n")
		}
	}
	number := regexp.MustCompile(`\d+ servers, frameworks and services`)
	for name, generate := range map[string]func(page string) (string, bool){
		"../../../../docs/recipes.md": func(page string) (string, bool) {
			before, _, found := strings.Cut(page, heading)
			return before + heading + strings.TrimSuffix(list.String(), "\n"), found
		},
		"../../../../README.md": func(page string) (string, bool) {
			count := fmt.Sprintf("%d servers, frameworks and services", len(All()))
			return number.ReplaceAllString(page, count), number.MatchString(page)
		},
	} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, found := generate(string(page))
		switch {
		case !found:
			t.Errorf("%s does not have the text that the list follows, or the number of stacks", name)
		case want == string(page):
		case *update:
			if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s is not up to date: run go test -run Documentation -update .", name)
		}
	}
}
