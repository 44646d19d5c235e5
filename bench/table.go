package bench

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Markdown writes a report as the tables of docs/bench.md.
func (r *Report) Markdown(w io.Writer) error {
	var b strings.Builder
	if len(r.Rows) > 0 {
		r.writeTimes(&b)
		r.writeNotes(&b)
		r.writeAllocations(&b)
	}
	r.writeChecks(&b)
	r.writeMemory(&b)
	if g := r.Binary; g != nil {
		fmt.Fprintf(&b, "A stripped net/http server has %s KiB. Package cors adds %s KiB, or %s KiB with `-tags concors_nopsl`.\n\n",
			thousands(g.Bare>>10), thousands(g.With>>10), thousands(g.NoPSL>>10))
	}
	_, err := io.WriteString(w, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

// columns returns the names of the peers in the tables, which do not include the
// routers.
func columns(withNone bool) []string {
	var names []string
	for _, p := range Peers() {
		if p.Module != "" || withNone {
			names = append(names, p.Name)
		}
	}
	return names
}

func (r *Report) heading(name string) string {
	if v := r.Versions[name]; v != "" {
		return name + " " + v
	}
	if name == jub0bsName {
		return name + " (no checkout)"
	}
	return name
}

// header writes the first two lines of a table whose first column is text.
func header(b *strings.Builder, names ...string) {
	fmt.Fprintf(b, "| %s |\n|---|%s\n", strings.Join(names, " | "), strings.Repeat("---:|", len(names)-1))
}

func (r *Report) writeTimes(b *strings.Builder) {
	names := []string{"request", Ours}
	for _, name := range columns(true)[1:] {
		names = append(names, r.heading(name))
	}
	fmt.Fprintf(b, "Time of one request: in nanoseconds for Concors, and as a multiple of that for the others. Less than 1× is faster than Concors. "+
		"%s, %s, %d processors. Each time is the mean of the fastest of many short slices, which the middlewares take in turn, at two stack depths.\n\n", r.Go, r.Platform, r.CPUs)
	header(b, names...)
	section := ""
	for _, row := range r.Rows {
		if row.Section != section {
			section = row.Section
			fmt.Fprintf(b, "| **%s** |%s\n", section, strings.Repeat(" |", len(names)-1))
		}
		fmt.Fprintf(b, "| %s |", row.Title)
		for i, name := range columns(true) {
			c := row.Cell(name)
			switch {
			case c.LeftOut != "":
				fmt.Fprint(b, " – |")
			case i == 0:
				fmt.Fprintf(b, " %s%s |", nanoseconds(c.NS), superscript(c))
			default:
				fmt.Fprintf(b, " %s%s |", ratio(c.Ratio), superscript(c))
			}
		}
		fmt.Fprintln(b)
	}
	fmt.Fprintln(b)
}

// superscript returns the marks of a cell.
func superscript(c *Cell) string {
	s := ""
	if strings.Contains(c.Marks, string(Wrong)) {
		s = " ✘"
	}
	if letters := strings.ReplaceAll(c.Marks, string(Wrong), ""); letters != "" {
		s += "<sup>" + letters + "</sup>"
	}
	return s
}

// writeNotes explains the marks and the gaps.
func (r *Report) writeNotes(b *strings.Builder) {
	used := make(map[Mark]bool)
	var gaps []string
	leftOut := make(map[string][]string)
	missing := false
	for _, row := range r.Rows {
		for _, name := range columns(true) {
			c := row.Cell(name)
			for _, m := range c.Marks {
				used[Mark(m)] = true
			}
			if c.LeftOut == "" {
				continue
			}
			if c.LeftOut == noCheckout {
				if !missing {
					gaps = append(gaps, noCheckout)
				}
				missing = true
				continue
			}
			gap := fmt.Sprintf("“%s” (%s)", row.Section, c.LeftOut)
			if !slices.Contains(gaps, gap) {
				gaps = append(gaps, gap)
			}
			if !slices.Contains(leftOut[gap], name) {
				leftOut[gap] = append(leftOut[gap], name)
			}
		}
	}
	for _, m := range marks {
		switch {
		case !used[m]:
		case m == Wrong:
			fmt.Fprintf(b, "- ✘ %s\n", m)
		default:
			fmt.Fprintf(b, "- <sup>%c</sup> %s\n", m, m)
		}
	}
	for _, gap := range gaps {
		if gap == noCheckout {
			fmt.Fprintf(b, "- – %s: not measured, because %s\n", jub0bsName, noCheckout)
			continue
		}
		fmt.Fprintf(b, "- – %s: not measured with %s\n", strings.Join(leftOut[gap], ", "), gap)
	}
	for _, row := range r.Rows {
		if row.ID != routersRow {
			continue
		}
		var parts []string
		for _, p := range routers() {
			if c := row.Cell(p.Name); c != nil {
				parts = append(parts, fmt.Sprintf("%s %s", strings.TrimSuffix(p.Name, " alone"), nanoseconds(c.NS)))
			}
		}
		fmt.Fprintf(b, "- The times of gin and echo include their routers: %s for each request.\n", strings.Join(parts, " and "))
	}
	fmt.Fprintln(b)
}

func (r *Report) writeAllocations(b *strings.Builder) {
	names := []string{"request"}
	for _, name := range columns(true) {
		names = append(names, r.heading(name))
	}
	fmt.Fprint(b, "Allocations of one request: bytes / number.\n\n")
	header(b, names...)
	section := ""
	for _, row := range r.Rows {
		if row.Section != section {
			section = row.Section
			fmt.Fprintf(b, "| **%s** |%s\n", section, strings.Repeat(" |", len(names)-1))
		}
		fmt.Fprintf(b, "| %s |", row.Title)
		for _, name := range columns(true) {
			c := row.Cell(name)
			if c.LeftOut != "" {
				fmt.Fprint(b, " – |")
				continue
			}
			fmt.Fprintf(b, " %s / %s |", size(c.Bytes), thousands(int64(c.Allocs)))
		}
		fmt.Fprintln(b)
	}
	fmt.Fprintln(b)
}

func (r *Report) writeChecks(b *strings.Builder) {
	if len(r.Checks) == 0 {
		return
	}
	names := []string{"requirement"}
	for _, name := range columns(false) {
		names = append(names, r.heading(name))
	}
	header(b, names...)
	for _, c := range r.Checks {
		fmt.Fprintf(b, "| %s |", c.Title)
		for _, name := range columns(false) {
			holds, ok := c.Holds[name]
			switch {
			case !ok:
				fmt.Fprint(b, " – |")
			case holds:
				fmt.Fprint(b, " ✔ |")
			default:
				fmt.Fprint(b, " ✘ |")
			}
		}
		fmt.Fprintln(b)
	}
	fmt.Fprintln(b)
}

func (r *Report) writeMemory(b *strings.Builder) {
	if len(r.Memory) == 0 {
		return
	}
	names := []string{"allowlist"}
	for _, name := range columns(false) {
		names = append(names, r.heading(name))
	}
	fmt.Fprint(b, "Memory of an allowlist, in bytes per origin, and the time to build it.\n\n")
	header(b, names...)
	for i, f := range r.Memory {
		if i > 0 && r.Memory[i-1].Set == f.Set && r.Memory[i-1].Origins == f.Origins {
			continue // another peer in the same line
		}
		fmt.Fprintf(b, "| %s, %s |", f.Set, thousands(int64(f.Origins)))
		for _, name := range columns(false) {
			cell := " – |"
			for _, f := range r.Memory[i:] {
				if f.Peer == name {
					cell = fmt.Sprintf(" %.0f B, %s |", f.PerOrigin, milliseconds(f.BuildMS))
					break
				}
			}
			b.WriteString(cell)
		}
		fmt.Fprintln(b)
	}
	fmt.Fprintln(b)
}

func nanoseconds(ns float64) string {
	return thousands(int64(math.Round(ns))) + " ns"
}

func milliseconds(ms float64) string {
	switch {
	case ms < 9.95:
		return strconv.FormatFloat(ms, 'f', 1, 64) + " ms"
	case ms < 1000:
		return strconv.FormatFloat(ms, 'f', 0, 64) + " ms"
	}
	return strconv.FormatFloat(ms/1000, 'f', 1, 64) + " s"
}

// ratio formats x with two significant digits, or as an integer.
func ratio(x float64) string {
	switch {
	case x < 0.995:
		return strconv.FormatFloat(x, 'f', 2, 64) + "×"
	case x < 9.95:
		return strconv.FormatFloat(x, 'f', 1, 64) + "×"
	}
	return thousands(int64(math.Round(x))) + "×"
}

func size(n int) string {
	switch {
	case n < 10_000:
		return thousands(int64(n))
	case n < 1_000_000:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprintf("%.1fM", float64(n)/1e6)
}

// thousands formats 12345 as 12,345.
func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
