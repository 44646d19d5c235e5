// Command bench compares CORS middlewares and prints the tables of docs/bench.md.
//
//	go run ./bench/cmd/bench [--rows regexp] [--time 200ms] [--json] [--jub0bs checkout]
//
// With --jub0bs it builds itself again with a checkout of https://github.com/jub0bs/cors, which is not
// in go.mod, and measures that too.
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
	checkout := flag.String("jub0bs", "", "also measure the checkout of https://github.com/jub0bs/cors in this `folder`")
	flag.Parse()
	if *checkout != "" {
		args := []string{"--rows", *rows, "--time", perCell.String(), fmt.Sprintf("--json=%t", *asJSON)}
		if err := bench.RunWithCheckout(*checkout, args, os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
			os.Exit(1)
		}
		return
	}
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
