package policyfile

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/origin"
)

// A Grant says in words who may do what on one route.
type Grant struct {
	Route       string   `json:"route"` // a pattern; "" is all that no other route matches
	Off         bool     `json:"off"`   // no CORS at all: the server answers as it would
	Who         []string `json:"who"`
	Methods     string   `json:"methods"`
	Headers     string   `json:"requestHeaders"`
	Credentials string   `json:"credentials"`
	Reads       string   `json:"exposedHeaders"`
	Remembered  string   `json:"preflight"`
	Besides     []string `json:"besides,omitempty"` // what is seldom set
}

// Grants returns what the file grants, its routes first and then the rest.
func (f *File) Grants() []Grant {
	var out []Grant
	for _, r := range f.Routes.Routes {
		g := Grant{Route: r.Pattern, Off: r.Off}
		if !r.Off {
			g = describe(r.Policy)
			g.Route = r.Pattern
		}
		out = append(out, g)
	}
	return append(out, describe(f.Routes.Policy))
}

func describe(p cors.Policy) Grant {
	g := Grant{Who: []string{}}
	for _, text := range p.Origins {
		g.Who = append(g.Who, describeOrigin(text))
	}
	if p.DangerouslyAllowNull {
		g.Who = append(g.Who, "null: every sandboxed frame on any page")
	}
	g.Methods = "GET, HEAD, POST" + behind(", ", p.Methods)
	if slices.Contains(p.Methods, "*") {
		g.Methods = "every method"
	}
	g.Headers = "those that need no leave" + behind(", and ", p.RequestHeaders)
	if slices.Contains(p.RequestHeaders, "*") {
		g.Headers = "every header but Authorization"
		if slices.ContainsFunc(p.RequestHeaders, func(s string) bool { return strings.EqualFold(s, "Authorization") }) {
			g.Headers = "every header, Authorization too"
		}
	}
	g.Credentials = "no: never as the user"
	if p.Credentials {
		g.Credentials = "yes: they act as the user"
	}
	g.Reads = "the seven that scripts always may" + behind(", and ", p.ExposedHeaders)
	if slices.Contains(p.ExposedHeaders, "*") {
		g.Reads = "every header but Set-Cookie"
	}
	switch age := p.MaxAgeSeconds; {
	case age < 0:
		g.Remembered = "not remembered"
	case age == 0:
		g.Remembered = "remembered for 5 seconds, browsers' default"
	default:
		g.Remembered = "remembered for " + duration(age)
		var caps []string
		for _, b := range []struct {
			name string
			most int
		}{{"WebKit", 600}, {"Chromium", 7200}, {"Firefox", 86400}} {
			if age > b.most {
				caps = append(caps, b.name+" "+duration(b.most))
			}
		}
		if len(caps) > 0 {
			g.Remembered += " (" + strings.Join(caps, ", ") + ")"
		}
	}
	for _, b := range []struct {
		set  bool
		text string
	}{
		{p.ReportOnly, "report only: nothing of this is on the wire"},
		{p.RejectRefused, "requests of other origins are answered with 403"},
		{p.TimingAllowOrigin, "they see the timing of responses"},
		{p.ResourcePolicy != "", "Cross-Origin-Resource-Policy: " + p.ResourcePolicy},
		{p.PreflightStatus != 0, fmt.Sprintf("preflights are answered with %d", p.PreflightStatus)},
	} {
		if b.set {
			g.Besides = append(g.Besides, b.text)
		}
	}
	return g
}

func behind(between string, list []string) string {
	if len(list) == 0 {
		return ""
	}
	return between + strings.Join(list, ", ")
}

// describeOrigin says whom a pattern lets in.
func describeOrigin(text string) string {
	p, err := origin.ParsePattern(text)
	switch {
	case err != nil || p.IsExact():
		return text
	case p.Any():
		return "everybody"
	}
	scheme, rest, _ := strings.Cut(text, "://")
	from := max(strings.IndexByte(rest, ']'), 0)
	if !strings.HasPrefix(rest, "[") {
		from = 0
	}
	host, port := rest, ""
	if i := strings.IndexByte(rest[from:], ':'); i >= 0 {
		host, port = rest[:from+i], rest[from+i+1:]
	}
	var notes []string
	if below, ok := strings.CutPrefix(host, "*."); ok {
		notes = append(notes, "any subdomain of "+below)
	} else if strings.Contains(host, "*") {
		notes = append(notes, "the star is part of one label")
	}
	switch {
	case port == "*":
		notes = append(notes, "any port")
	case strings.HasPrefix(port, "["):
		notes = append(notes, "these ports")
	}
	if scheme == "http" && !p.Insecure() {
		notes = append(notes, "on the user's own machine")
	}
	return text + " (" + strings.Join(notes, ", ") + ")"
}

func duration(seconds int) string {
	d := time.Duration(seconds) * time.Second
	for _, u := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := d / u.of; d%u.of == 0 && n > 0 {
			if n == 1 {
				return "1 " + u.name
			}
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return d.String()
}

// mostOrigins is how many origins of one route the table names.
const mostOrigins = 20

// WriteTable writes the grants in at most 80 columns. wrap breaks a text into
// lines of at most n columns, and escapes what is not for terminals.
func WriteTable(w io.Writer, grants []Grant, wrap func(s string, n int) []string) error {
	var b strings.Builder
	for i, g := range grants {
		if i > 0 {
			b.WriteByte('\n')
		}
		title := g.Route
		switch {
		case title == "" && len(grants) == 1:
			title = "every path"
		case title == "":
			title = "every other path"
		}
		row := func(name string, texts ...string) {
			for _, text := range texts {
				for _, line := range wrap(text, 80-2-24) {
					fmt.Fprintf(&b, "  %s%s%s\n", name, strings.Repeat(" ", 24-utf8.RuneCountInString(name)), line)
					name = ""
				}
			}
		}
		for _, line := range wrap(title, 80) {
			b.WriteString(line + "\n")
		}
		if g.Off {
			row("CORS is off", "pages of other origins read nothing, unless the server itself lets them")
			continue
		}
		who := g.Who
		if more := len(who) - mostOrigins; more > 1 {
			who = append(slices.Clone(who[:mostOrigins]), fmt.Sprintf("(and %d more)", more))
		}
		row("pages on", who...)
		row("may use", g.Methods)
		row("may set the headers", g.Headers)
		row("may read the headers", g.Reads)
		row("with credentials", g.Credentials)
		row("preflights are", g.Remembered)
		row("besides", g.Besides...)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
