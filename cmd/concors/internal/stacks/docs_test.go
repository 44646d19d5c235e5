package stacks

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

// TestDocumentation compares the lists of stacks and short forms in docs/recipes.md, and
// the number of stacks in the README, with All and Shorts. With -update it writes them.
func TestDocumentation(t *testing.T) {
	number := regexp.MustCompile(`\d+ servers, frameworks and services`)
	for name, generate := range map[string]func(page string) (string, bool){
		"../../../../docs/recipes.md": func(page string) (string, bool) {
			const short, long = "## Short forms, and what each can't do\n\n", "## All stacks, and what each can't do\n\n"
			before, after, found := strings.Cut(page, short)
			return before + short + documented(Shorts()) + "\n" + long + documented(All()), found && strings.Contains(after, long)
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

// documented returns a list of stacks, as docs/recipes.md has it. What most of them can't do
// comes first.
func documented(stacks []recipe.Stack) string {
	var list strings.Builder
	count := map[string]int{}
	var sentences []string
	each := func(s recipe.Stack, add func(sentence string)) {
		refused, lost := s.Cannot()
		for _, sentence := range refused {
			add("- refused: " + sentence + "\n")
		}
		for _, sentence := range lost {
			add("- lost: " + sentence + "\n")
		}
	}
	for _, s := range stacks {
		each(s, func(sentence string) {
			if count[sentence]++; count[sentence] == 1 {
				sentences = append(sentences, sentence)
			}
		})
	}
	common := func(sentence string) bool { return count[sentence] > len(stacks)/2 }
	if slices.ContainsFunc(sentences, common) {
		list.WriteString("Most of them:\n\n")
		for _, sentence := range sentences {
			if common(sentence) {
				list.WriteString(sentence)
			}
		}
		list.WriteString("\nEach of them:\n\n")
	}
	for _, s := range stacks {
		verified := "not verified"
		if s.Verified != "" {
			verified = "verified with " + s.Verified
		}
		fmt.Fprintf(&list, "**`%s`**: %s, %s\n\n", s.Name, s.Title, verified)
		written := false
		each(s, func(sentence string) {
			if !common(sentence) {
				list.WriteString(sentence)
				written = true
			}
		})
		has := map[string]bool{}
		each(s, func(sentence string) { has[sentence] = true })
		for _, sentence := range sentences {
			if common(sentence) && !has[sentence] {
				list.WriteString("- not so here: " + strings.TrimPrefix(sentence, "- "))
				written = true
			}
		}
		if written {
			list.WriteString("\n")
		}
	}
	return strings.TrimSuffix(list.String(), "\n")
}
