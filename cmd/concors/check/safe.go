package check

import "github.com/concors/concors/cmd/concors/screen"

// What is printed is made safe and fitted by package screen.
const (
	width     = screen.Width
	most      = screen.Most
	mostLines = screen.MostLines
)

func printable(s string) string               { return screen.Printable(s) }
func ascii(s string) string                   { return screen.ASCII(s) }
func shorten(s string, n int) string          { return screen.Shorten(s, n) }
func bounded(s string) string                 { return screen.Bounded(s) }
func hang(first, rest int, s string) []string { return screen.Hang(first, rest, s) }
func wrap(s string, n int) []string           { return screen.Wrap(s, n) }
