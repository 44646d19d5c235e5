// Command conformance compares package fetch with real browsers.
//
//	conformance run                          run fresh cases in the installed browsers and compare the engine
//	conformance run --n 3000 --seed 7 --browser firefox
//	conformance record --browser chromium --n 3000 --seed 1 --out conformance/corpus/chromium.jsonl.gz
//	conformance compare                      compare the engine with the recorded corpora
//	conformance show --browser chromium 247  print a recorded case
//	conformance table                        print docs/deviations.md, from the recorded corpora
//
// Recording needs an installed browser, but no driver.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/concors/concors/conformance"
)

const usage = `usage:
  conformance run     [--browser NAME] [--n 500] [--seed N] [--places | --apps | --framed] [--print 3]
  conformance record  [--browser NAME] [--n 3000] [--seed 1] [--places | --apps | --framed] [--only INDEX] [--out FILE]
  conformance compare [--print 3] [FILE ...]
  conformance show    [--browser NAME | --file FILE] [CASE ...]
  conformance table   [--out FILE]

NAME is chromium, firefox or webkit. The exit status of run and compare is 1 if
the engine and a browser disagree.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "conformance:", err)
		}
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return flag.ErrHelp
	}
	switch args[0] {
	case "run":
		return runFresh(ctx, args[1:], stdout, stderr)
	case "record":
		return record(ctx, args[1:], stdout, stderr)
	case "compare":
		return compare(ctx, args[1:], stdout, stderr)
	case "show":
		return show(args[1:], stdout, stderr)
	case "table":
		return table(ctx, args[1:], stdout, stderr)
	}
	fmt.Fprint(stderr, usage)
	return fmt.Errorf("unknown command %q (use run, record, compare, show or table)", args[0])
}

// table writes the page of deviations. It writes nothing if a deviation has no case.
func table(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("table", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "", "page `FILE` to write (default: print the page)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected arguments %q: table takes only flags", flags.Args())
	}
	corpora, err := recorded()
	if err != nil {
		return err
	}
	var page bytes.Buffer
	if err := conformance.WriteTable(ctx, &page, corpora); err != nil {
		return err
	}
	if *out != "" {
		return os.WriteFile(*out, page.Bytes(), 0o666)
	}
	_, err = page.WriteTo(stdout)
	return err
}

// record generates cases, runs them in a browser and writes the corpus.
func record(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("record", flag.ContinueOnError)
	flags.SetOutput(stderr)
	name := flags.String("browser", "chromium", "`NAME` of the browser: "+strings.Join(conformance.BrowserNames, ", "))
	n := flags.Int("n", 3000, "number of cases")
	seed := flags.Uint64("seed", 1, "seed of the cases")
	places := flags.Bool("places", false, "record the cases of other places than localhost: "+strings.Join(conformance.Places, ", "))
	apps := flags.Bool("apps", false, "record the cases in a page of an extension")
	framed := flags.Bool("framed", false, "record the cases of framed pages")
	only := flags.Int("only", -1, "run only the case with this `INDEX`, and print what was seen")
	out := flags.String("out", "", "corpus `FILE` to write (default: none, print only the summary)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected arguments %q: record takes only flags", flags.Args())
	}
	b, err := conformance.FindBrowser(ctx, *name)
	if err != nil {
		return err
	}
	generate, handwritten := conformance.Generate, conformance.HandwrittenCases()
	switch {
	case *apps:
		if conformance.AppOrigins[b.Name] == "" {
			return fmt.Errorf("%s has no extensions: omit --apps", b.Name)
		}
		generate = func(seed uint64, n int) []conformance.Case { return conformance.GenerateApps(b.Name, seed, n) }
		handwritten = conformance.HandwrittenApps(b.Name)
	case *framed:
		generate, handwritten = conformance.GenerateFramed, nil
	case *places:
		generate, handwritten = conformance.GeneratePlaces, conformance.HandwrittenPlaces()
	}
	var cases []conformance.Case
	if *only >= 0 {
		cases = generate(*seed, *only+1)[*only:]
	} else {
		cases = append(generate(*seed, *n), handwritten...)
	}
	c, err := conformance.RecordCorpus(ctx, b, *seed, cases, progress(stderr, b, len(cases)))
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "%s %s: %d cases\n", b.Name, b.Version, len(cases))
	summarize(stdout, c)
	if *only >= 0 {
		if err := printCase(stdout, c, 0); err != nil {
			return err
		}
	}
	if *out == "" {
		return nil
	}
	var buf bytes.Buffer
	if err := c.Write(&buf); err != nil {
		return err
	}
	if err := os.WriteFile(*out, buf.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing the corpus: %w", err)
	}
	fmt.Fprintf(stdout, "%s: %d bytes\n", *out, buf.Len())
	return nil
}

// summarize prints for each family the results of its cases, which are those of
// their last steps.
func summarize(w io.Writer, c *conformance.Corpus) {
	for _, family := range append(slices.Concat(conformance.Families, conformance.Places, []string{conformance.Apps, conformance.Framed}), "") {
		results := map[string]int{}
		total, good := 0, 0
		for i := range c.Cases {
			if family != "" && c.Cases[i].Family != family {
				continue
			}
			steps := c.Observations[i].Steps
			r := steps[len(steps)-1].Outcome.Result
			results[r]++
			total++
			if r == "ok" || r == "load" {
				good++
			}
		}
		if total == 0 {
			continue
		}
		var parts []string
		for r, n := range results {
			parts = append(parts, fmt.Sprintf("%s %d", r, n))
		}
		slices.Sort(parts)
		if family == "" {
			family = "all"
		}
		fmt.Fprintf(w, "  %-8s %5d cases, %2d %% succeed: %s\n", family, total, good*100/total, strings.Join(parts, ", "))
	}
}

// show prints a summary of a corpus, or some of its cases as indented JSON.
func show(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("show", flag.ContinueOnError)
	flags.SetOutput(stderr)
	browser := flags.String("browser", "chromium", "`NAME` of the browser whose recorded corpus is shown")
	file := flags.String("file", "", "show this corpus `FILE` instead")
	if err := flags.Parse(args); err != nil {
		return err
	}
	var c *conformance.Corpus
	var err error
	if *file != "" {
		c, err = readFile(*file)
	} else {
		c, err = conformance.Recorded(*browser)
	}
	if err != nil {
		return err
	}
	if flags.NArg() == 0 {
		fmt.Fprintf(stdout, "%s %s, seed %d, recorded %s\n", c.Header.Browser, c.Header.Version, c.Header.Seed, c.Header.Date)
		summarize(stdout, c)
		return nil
	}
	for i := range c.Cases {
		if slices.Contains(flags.Args(), fmt.Sprint(c.Cases[i].ID)) {
			if err := printCase(stdout, c, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// printCase prints the i-th case of a corpus and its observation as indented JSON.
func printCase(w io.Writer, c *conformance.Corpus, i int) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(c.Cases[i]); err != nil {
		return err
	}
	return enc.Encode(c.Observations[i])
}
