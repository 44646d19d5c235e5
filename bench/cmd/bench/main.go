// Command bench compares CORS middlewares and prints the tables of docs/bench.md.
//
//	go run ./bench/cmd/bench [--rows regexp] [--time 200ms] [--json]
//
// It prints its progress on standard error. Package bench documents how it measures.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"time"

	"github.com/concors/concors/bench"
)

func main() {
	rows := flag.String("rows", "", "only rows whose IDs match this `regexp`; memory, checks and binary select the other tables")
	perCell := flag.Duration("time", 200*time.Millisecond, "how long to measure each row for each middleware")
	asJSON := flag.Bool("json", false, "print JSON")
	flag.Parse()
	if err := run(*rows, *perCell, *asJSON); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(rows string, perCell time.Duration, asJSON bool) error {
	o := bench.Options{Time: perCell, Progress: os.Stderr}
	if rows != "" {
		re, err := regexp.Compile(rows)
		if err != nil {
			return fmt.Errorf("--rows: %w", err)
		}
		o.Rows = re
	}
	report, err := bench.Run(o)
	if err != nil {
		return err
	}
	if asJSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		return e.Encode(report)
	}
	return report.Markdown(os.Stdout)
}
