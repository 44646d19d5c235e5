// Package haproxy has recipes for HAProxy.
package haproxy

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed *.tmpl
var templates embed.FS

// Stack writes policies. HAProxy's responses do not name it.
var Stack = recipe.Stack{
	Name: "haproxy", Title: "HAProxy", Verified: "2.6", Comment: "# ",
	Templates: templates,
	Functions: map[string]any{"wordLines": wordLines},
	Limits: []recipe.Limit{
		recipe.Refuse(recipe.Route(recipe.RouteLongerThan(1800)), "a line of HAProxy's configuration can have 2,047 characters, and the regular expression of the route would be longer: shorten the path"),
		recipe.LosesReject,
	},
}

// wordLines returns words in lines, because a line of HAProxy's configuration can have
// 64 words. HAProxy looks a word up in a tree of those of the same line.
func wordLines(words []string) (lines []string) {
	line, n := "", 0
	for _, word := range words {
		if n == 50 || n > 0 && len(line)+len(word) > 1800 {
			lines, line, n = append(lines, line), "", 0
		}
		line += " " + word
		n++
	}
	if n > 0 {
		lines = append(lines, line)
	}
	return lines
}
