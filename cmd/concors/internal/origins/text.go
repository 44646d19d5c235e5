package origins

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// WriteJSON writes the report as JSON.
func (r *Report) WriteJSON(w io.Writer) error { return term.WriteJSON(w, r) }

// WriteText writes the report as text. One URL is described, and two are compared side by side.
// Of more, or if table is true, each is a row of a table.
func (r *Report) WriteText(w io.Writer, table, coloured bool) error {
	t := &term.Text{Coloured: coloured}
	switch {
	case len(r.Others) == 0:
		r.first(t)
	case len(r.Others) == 1 && !table:
		r.pair(t, &r.Others[0])
	default:
		r.table(t)
	}
	return t.Write(w)
}

// first describes the first URL.
func (r *Report) first(t *term.Text) {
	p := &r.First
	t.Heading(short(p.Origin, 120), term.Bold)
	t.Add("")
	var rows [][]string
	for _, part := range parts {
		if value := part.of(p); value != "" {
			rows = append(rows, []string{part.name, short(value, 120)})
		}
	}
	if p.Opaque != "" {
		rows = append(rows, []string{"opaque", short(p.Opaque, 200)})
	}
	t.Table(2, append(rows, []string{"sent as", "Origin: " + short(p.Origin, 120)}))
	t.Add("")
	t.Add("To compare it with another URL:", "  concors origin "+short(p.URL, 58)+" URL")
}

// parts are the rows of a description.
var parts = []struct {
	name string
	of   func(*Place) string
}{
	{"origin", func(p *Place) string { return p.Origin }},
	{"scheme", func(p *Place) string { return p.Scheme }},
	{"host", func(p *Place) string { return p.Host }},
	{"port", port},
	{"site", func(p *Place) string { return p.Site }},
	{"secure context", func(p *Place) string { return string(p.Secure) + " (" + p.SecureWhy + ")" }},
}

func port(p *Place) string {
	switch {
	case p.Port == 0:
		return ""
	case p.DefaultPort:
		return strconv.Itoa(p.Port) + " (the default, which browsers omit)"
	}
	return strconv.Itoa(p.Port)
}

// short returns a text that is printable and takes at most n columns.
func short(s string, n int) string { return term.Shorten(term.Printable(s), n) }

// pair compares two URLs side by side.
func (r *Report) pair(t *term.Text, c *Comparison) {
	headline, colour := "SAME ORIGIN", term.Green
	if !c.SameOrigin {
		headline, colour = "CROSS-ORIGIN", term.Red
	}
	t.Add(t.Paint(headline, term.Bold, colour))
	t.Add("")
	const label = len("secure context") + 2
	width := (term.Width - 2 - label - 2) / 2
	rows := [][]string{{"", short(r.First.URL, width), short(c.URL, width)}}
	for _, part := range parts {
		a, b := part.of(&r.First), part.of(&c.Place)
		if a == "" && b == "" {
			continue
		}
		if part.name == "port" || part.name == "secure context" {
			a, _, _ = strings.Cut(a, " (")
			b, _, _ = strings.Cut(b, " (")
		}
		rows = append(rows, []string{part.name, short(or(a, "-"), width), short(or(b, "-"), width)})
	}
	t.Table(2, rows)
	t.Add("")
	t.Label("Same origin?", len("Same origin?")+1, yesNo(c.SameOrigin, strings.Join(c.Differs, "; ")))
	t.Label("Same site?", len("Same origin?")+1, yesNo(c.SameSite, c.SiteWhy))
	if len(c.Means) > 0 {
		t.Add("")
	}
	for _, sentence := range c.Means {
		t.Hang(0, 0, sentence)
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func yesNo(yes bool, why string) string {
	answer := "No"
	if yes {
		answer = "Yes"
	}
	if why == "" {
		return answer + "."
	}
	return answer + ": " + bounded(why) + "."
}

func bounded(s string) string { return term.Cut(s, 2*term.MaxValue) }

// table compares the first URL with each of the others.
func (r *Report) table(t *term.Text) {
	const most = 42
	t.Hang(0, 0, "Compared with "+short(r.First.URL, 60)+":")
	t.Add("")
	rows := [][]string{{"URL", "origin", "site", "why"}}
	same := 0
	for i := range r.Others {
		c := &r.Others[i]
		row := []string{short(c.URL, most), "cross", "cross", term.Printable(bounded(strings.Join(c.Differs, "; ")))}
		if c.Opaque != "" || r.First.Opaque != "" {
			row[3] = "an opaque origin equals only itself"
		}
		if c.SameOrigin {
			same++
			row[1] = "same"
			row[3] = or(row[3], "the same URL")
		}
		if c.SameSite {
			row[2] = "same"
		}
		rows = append(rows, row)
	}
	t.Table(0, rows)
	t.Add("")
	verb := "have"
	if same == 1 {
		verb = "has"
	}
	t.Add(fmt.Sprintf("%d of %d %s the same origin.", same, len(r.Others), verb))
}
