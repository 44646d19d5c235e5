package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"github.com/concors/concors/conformance"
)

// errDisagree is returned after differences were printed.
var errDisagree = errors.New("the engine and a browser disagree")

// runFresh records fresh cases in the installed browsers and compares the engine
// with them.
func runFresh(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	flags.SetOutput(stderr)
	only := flags.String("browser", "",
		"`NAME` of the browser: "+strings.Join(conformance.BrowserNames, ", ")+" (default: all that are installed)")
	n := flags.Int("n", 500, "number of cases for each browser below localhost; without --places, --apps and --framed, 3 in 10\n"+
		"more run elsewhere, and 1 in 10 more in a page of an extension")
	seed := flags.Uint64("seed", rand.Uint64N(1_000_000), "seed of the cases")
	places := flags.Bool("places", false, "run only cases of other places than localhost: "+strings.Join(conformance.Places, ", "))
	apps := flags.Bool("apps", false, "run only cases in a page of an extension, in browsers that have extensions")
	framed := flags.Bool("framed", false, "run only cases of framed pages")
	limit := flags.Int("print", 3, "number of differences to print for each browser")
	if err := flags.Parse(args); err != nil {
		return err
	}
	names := conformance.BrowserNames
	if *only != "" {
		names = []string{*only}
	}
	var corpora []*conformance.Corpus
	for _, name := range names {
		b, err := conformance.FindBrowser(ctx, name)
		if errors.Is(err, conformance.ErrNotInstalled) && *only == "" {
			fmt.Fprintln(stderr, "skipped:", err)
			continue
		} else if err != nil {
			return err
		}
		var cases []conformance.Case
		switch {
		case *apps:
			cases = conformance.GenerateApps(name, *seed, *n)
		case *framed:
			cases = conformance.GenerateFramed(*seed, *n)
		case *places:
			cases = conformance.GeneratePlaces(*seed, *n)
		default:
			cases = slices.Concat(conformance.Generate(*seed, *n), conformance.GeneratePlaces(*seed, (*n*3+9)/10),
				conformance.GenerateApps(name, *seed, (*n+9)/10))
		}
		if len(cases) == 0 {
			fmt.Fprintf(stderr, "skipped: %s has no extensions\n", name)
			continue
		}
		c, err := conformance.RecordCorpus(ctx, b, *seed, cases, progress(stderr, b, len(cases)))
		if err != nil {
			return err
		}
		corpora = append(corpora, c)
	}
	return report(ctx, stdout, corpora, *limit)
}

// compare compares the engine with recorded corpora: the given files, or those of
// this repository.
func compare(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("compare", flag.ContinueOnError)
	flags.SetOutput(stderr)
	limit := flags.Int("print", 3, "number of differences to print for each browser")
	if err := flags.Parse(args); err != nil {
		return err
	}
	corpora, err := recorded()
	if flags.NArg() > 0 {
		corpora = nil
		for _, name := range flags.Args() {
			c, err := readFile(name)
			if err != nil {
				return err
			}
			corpora = append(corpora, c)
		}
	}
	if err != nil {
		return err
	}
	return report(ctx, stdout, corpora, *limit)
}

// report compares the engine with each corpus. It prints at most limit differences
// and a line of a table for each corpus.
func report(ctx context.Context, w io.Writer, corpora []*conformance.Corpus, limit int) error {
	agreed := true
	var table, groups strings.Builder
	fmt.Fprintf(&table, "%-10s %-16s %8s %7s %7s %7s %8s %8s\n",
		"browser", "version", "seed", "cases", "agree", "differ", "succeed", "reasons")
	for _, c := range corpora {
		r := conformance.Compare(ctx, c, conformance.Profiles[c.Header.Browser])
		for i, d := range r.Differences {
			agreed = false
			if i < limit {
				fmt.Fprintln(w, d)
			}
		}
		fmt.Fprintf(&groups, "%-10s agree by group: %s\n", c.Header.Browser, byGroup(c, r.Differences))
		n, differ := len(c.Cases), len(r.Differences)
		fmt.Fprintf(&table, "%-10s %-16s %8d %7d %7d %7d %6d %% %8d\n", c.Header.Browser, c.Header.Version, c.Header.Seed,
			n, n-differ, differ, r.Successes*100/max(1, n), len(r.Reasons))
	}
	io.WriteString(w, table.String())
	io.WriteString(w, groups.String())
	if err := ctx.Err(); err != nil {
		return err
	}
	if !agreed {
		return errDisagree
	}
	return nil
}

// byGroup says of each family how many of its cases agree.
func byGroup(c *conformance.Corpus, differences []conformance.Difference) string {
	total, differ := map[string]int{}, map[string]int{}
	for i := range c.Cases {
		total[c.Cases[i].Family]++
	}
	for _, d := range differences {
		differ[d.Case.Family]++
	}
	var parts []string
	for _, family := range slices.Concat(conformance.Families, conformance.Places, []string{conformance.Apps, conformance.Framed}) {
		if n := total[family]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d/%d", family, n-differ[family], n))
		}
	}
	return strings.Join(parts, ", ")
}

// recorded returns the recorded corpora of all browsers.
func recorded() ([]*conformance.Corpus, error) {
	var corpora []*conformance.Corpus
	for _, name := range conformance.BrowserNames {
		c, err := conformance.Recorded(name)
		if err != nil {
			return nil, err
		}
		corpora = append(corpora, c)
	}
	return corpora, nil
}

func readFile(name string) (*conformance.Corpus, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c, err := conformance.ReadCorpus(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// progress returns a function that prints how many cases are done.
func progress(w io.Writer, b *conformance.Browser, n int) func(int) {
	return func(done int) { fmt.Fprintf(w, "%s %s: %d of %d\n", b.Name, b.Version, done, n) }
}
