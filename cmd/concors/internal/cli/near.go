package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// A Choice is a flag that takes one of a few words.
type Choice struct {
	Flag   string   // with its hyphens, such as --mode
	Values []string // in the order in which they are named

	// Also maps words that people write to the value that they mean, such as node to
	// express.
	Also map[string]string

	// List says how to see the values, if they are too many for a hint.
	List string
}

// Unknown returns the error for a word that is not one of the values. Its hint has the
// value that is probably meant, or all of them.
func (c Choice) Unknown(word string) error {
	hint := c.List
	if near := Nearest(word, c.Values, c.Also); len(near) > 0 {
		hint = "write " + c.Flag + " " + Or(near)
	} else if hint == "" {
		hint = "use " + Or(c.Values)
	}
	return Usage(fmt.Sprintf("unknown value %s for %s", term.Quote(word), c.Flag), hint)
}

// Or joins words: a, b or c.
func Or(words []string) string { return list(words, "or") }

func list(words []string, conjunction string) string {
	last := len(words) - 1
	if last <= 0 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + conjunction + " " + words[last]
}

// maxTyped is how long a word may be to be compared, in bytes: what is longer was not
// mistyped.
const maxTyped = 64

// Nearest returns the known words that a mistyped word probably means: usually one,
// several if they are equally near, and none if no word is near. The keys of also are
// other words for a known one. Case, hyphens and dots don't count. The words' order is
// that of known.
func Nearest(word string, known []string, also map[string]string) []string {
	word = plain(word)
	if word == "" || len(word) > maxTyped {
		return nil
	}
	best := max(1, utf8.RuneCountInString(word)/3) + 1
	var near []string
	consider := func(candidate, meant string) {
		d := distance(word, plain(candidate))
		if unfinished := len(word) > 2 && strings.HasPrefix(plain(candidate), word); unfinished {
			d = min(d, 1)
		}
		switch {
		case d < best:
			best, near = d, []string{meant}
		case d == best && len(near) > 0 && !slices.Contains(near, meant):
			near = append(near, meant)
		}
	}
	for _, k := range known {
		consider(k, k)
	}
	for _, k := range slices.Sorted(maps.Keys(also)) {
		if slices.Contains(known, also[k]) {
			consider(k, also[k])
		}
	}
	slices.SortStableFunc(near, func(a, b string) int { return slices.Index(known, a) - slices.Index(known, b) })
	return near[:min(len(near), 3)]
}

// plain removes what does not count when two words are compared.
func plain(word string) string {
	return strings.NewReplacer("-", "", "_", "", ".", "", " ", "").Replace(strings.ToLower(word))
}

// distance counts the typing mistakes that make one word of another: a letter that is
// missing, added or replaced, or two that changed places (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			replaced := last[j-1]
			if x[i-1] != y[j-1] {
				replaced++
			}
			row[j] = min(replaced, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
}
