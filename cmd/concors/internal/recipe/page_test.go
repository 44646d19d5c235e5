package recipe

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files and the page anew")

// TestRecipesPage keeps the list in docs/recipes.md what Stacks says.
func TestRecipesPage(t *testing.T) {
	const name, heading = "../../../../docs/recipes.md", "## What there is, and what each can't do\n\n"
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	prose, have, ok := strings.Cut(string(page), heading)
	if !ok {
		t.Fatalf("%s has no heading %q", name, heading)
	}
	var b strings.Builder
	for _, s := range Stacks() {
		verified := "not verified"
		if s.Verified != "" {
			verified = "verified with " + s.Verified
		}
		fmt.Fprintf(&b, "**`%s`**: %s, %s\n\n", s.Name, s.Title, verified)
		refused, lost := s.Cannot()
		for _, sentence := range refused {
			fmt.Fprintf(&b, "- refused: %s\n", sentence)
		}
		for _, sentence := range lost {
			fmt.Fprintf(&b, "- lost: %s\n", sentence)
		}
		if len(refused)+len(lost) > 0 {
			b.WriteString("\n")
		}
	}
	want := strings.TrimSuffix(b.String(), "\n")
	if *update {
		if err := os.WriteFile(name, []byte(prose+heading+want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	readme, err := os.ReadFile("../../../../README.md")
	if said := fmt.Sprintf("names %d servers, frameworks and services", len(Stacks())); err != nil || !strings.Contains(string(readme), said) {
		t.Errorf("the README does not say that the list %s: %v", said, err)
	}
	if have != want {
		t.Errorf("%s does not say what Stacks does: run go test ./recipe -update", name)
	}
}
