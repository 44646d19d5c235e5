package conformance

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/concors/concors/fetch"
)

// Evidence returns the index of the first case of the corpus in which the profile
// agrees with the browser, but would not agree without the deviation. Such a case proves
// that the browser has the deviation. Evidence returns false if there is none.
func Evidence(ctx context.Context, c *Corpus, p fetch.Profile, d fetch.Deviation) (int, bool) {
	without := p.Without(d)
	for i := range c.Cases {
		if !agree(ctx, c, i, without) && agree(ctx, c, i, p) {
			return i, true
		}
	}
	return 0, false
}

// WriteTable writes docs/deviations.md: every deviation with the browsers that have
// it and a recorded case that shows it.
func WriteTable(ctx context.Context, w io.Writer, corpora []*Corpus) error {
	fmt.Fprint(w, `# Where browsers depart from the standard

<!-- Written by: go run ./conformance/cmd/conformance table --out docs/deviations.md -->

Each row is a `+"`fetch.Deviation`"+`: what the browsers named in it do differently from the standard.
The number after a browser is a case of the recorded corpus that shows it, and

    go run ./conformance/cmd/conformance show --browser chromium NUMBER

prints it: what the page requested, how the server responded, what was sent, and what the script
saw. A test fails if a case no longer shows its row.

| browser | version | recorded cases |
|---|---|---|
`)
	for _, c := range corpora {
		fmt.Fprintf(w, "| %s | %s | %d |\n", Profiles[c.Header.Browser].Name, c.Header.Version, len(c.Cases))
	}
	fmt.Fprint(w, "\n| deviation | what the browser does | seen in |\n|---|---|---|\n")
	for _, d := range fetch.Deviations() {
		seen := ""
		for _, c := range corpora {
			p := Profiles[c.Header.Browser]
			if !slices.Contains(p.Deviations(), d) {
				continue
			}
			if seen != "" {
				seen += ", "
			}
			seen += p.Name
			if example, ok := Evidence(ctx, c, p, d); ok {
				seen += " " + strconv.Itoa(c.Cases[example].ID)
				if version := c.Version(example); version != c.Header.Version {
					seen += " (" + version + ")" // the browser has several in this corpus
				}
			} else if why := d.Evidence(); why != "" {
				seen += " (" + why + ")"
			} else {
				return fmt.Errorf("%s in %s: no recorded case shows it: write its code, or add a case to handwritten.go and record it", d, p.Name)
			}
		}
		fmt.Fprintf(w, "| [%s](%s) | %s | %s |\n", d, d.Anchor(), d.Explanation(), seen)
	}
	return ctx.Err()
}
