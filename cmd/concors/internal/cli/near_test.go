package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestNearestFindsTheWordThatWasMeant(t *testing.T) {
	known := []string{"aws-s3", "chromium", "express", "fastify", "firefox", "for", "from", "gin", "next", "nginx", "no-cors"}
	also := map[string]string{"s3": "aws-s3", "node": "express", "chrome": "chromium", "gone": "something unknown"}
	for _, row := range []struct {
		name, word string
		want       []string
	}{
		{"two letters changed places", "ngnix", []string{"nginx"}},
		{"a letter is missing", "expres", []string{"express"}},
		{"a letter too many", "expresss", []string{"express"}},
		{"a wrong letter", "firefix", []string{"firefox"}},
		{"two mistakes in a long word", "chormiun", []string{"chromium"}},
		{"upper case", "NGINX", []string{"nginx"}},
		{"without the hyphen", "nocors", []string{"no-cors"}},
		{"with a dot", "next.", []string{"next"}},
		{"unfinished", "fast", []string{"fastify"}},
		{"another word for it", "s3", []string{"aws-s3"}},
		{"another word, mistyped", "ndoe", []string{"express"}},
		{"another word for a value that is not known here", "gone", nil},
		{"two that are equally near", "form", []string{"for", "from"}},
		{"nothing near", "tomcat", nil},
		{"a short word is not near everything", "x", nil},
		{"nothing", "", nil},
		{"hyphens only", "--", nil},
		{"a text", strings.Repeat("nginx", 100), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := Nearest(row.word, known, also); !slices.Equal(got, row.want) {
				t.Errorf("Nearest(%q): %q, want %q", row.word, got, row.want)
			}
		})
	}
}

func TestChoiceNamesTheNearestValueOrAllOfThem(t *testing.T) {
	few := Choice{Flag: "--mode", Values: []string{"cors", "no-cors", "same-origin"}}
	many := Choice{Flag: "--for", Values: []string{"nginx"}, List: "concors recipe --list prints all"}
	for _, row := range []struct {
		choice        Choice
		word          string
		problem, hint string
	}{
		{few, "nocors", `unknown value "nocors" for --mode`, "write --mode no-cors"},
		{few, "x\x1b", `unknown value "x\x1b" for --mode`, "use cors, no-cors or same-origin"},
		{many, "iis", `unknown value "iis" for --for`, "concors recipe --list prints all"},
	} {
		var usage *UsageError
		if err := row.choice.Unknown(row.word); !errors.As(err, &usage) || usage.Problem != row.problem || usage.Hint != row.hint {
			t.Errorf("%q: %+v", row.word, usage)
		}
	}
}
