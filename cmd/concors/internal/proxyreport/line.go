package proxyreport

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// pathColumns is how many columns a log line has for the path.
const pathColumns = 34

// Lines returns the lines of the log about a request: status, method, path, and what was
// changed. news are the changes that no earlier request had: each cookie's is described.
func Lines(r proxy.Record, news []proxy.Change, o TextOptions) []string {
	t := term.Text{Coloured: o.Colour, Columns: o.Columns}
	status, paint := "---", term.Red
	if r.Status != 0 {
		status = itoa(r.Status)
	}
	switch {
	case r.Fault != nil:
	case r.Status >= 400:
		paint = term.Yellow
	default:
		paint = term.Green
	}
	path := term.Shorten(term.Printable(secret.URL(pathAndQuery(r.Asked))), pathColumns)
	start := t.Paint(status, paint) + " " + term.Pad(term.Shorten(term.Printable(r.Method), 8), 8)
	rest := t.Width() - 3 - 1 - 8 - 1
	what := summaryOf(r)
	line := path
	if what != "" {
		line = term.Pad(path, pathColumns) + "  " + what
	}
	lines := []string{strings.TrimRight(start+" "+term.Clip(line, rest), " ")}
	const indent = 13
	if r.Fault != nil && r.Fault.Kind != proxy.Cancelled {
		lines = append(lines, term.HangWithin(t.Width(), indent, indent, term.Bounded(secret.Text(r.Fault.Text)))...)
	}
	for _, c := range news {
		withheld := c.Kind == proxy.Requested && c.Field == "Cookie"
		if withheld || c.Kind == proxy.Cookie || c.Kind == proxy.Location || c.Kind == proxy.Link || c.Kind == proxy.Kept {
			lines = append(lines, term.HangWithin(t.Width(), indent, indent+2, term.Bounded(secret.Text(why(c))))...)
		}
	}
	return lines
}

// why says what was changed, with the name of the cookie or field.
func why(c proxy.Change) string {
	name := c.Field
	if (c.Kind == proxy.Cookie || c.Field == "Cookie") && c.Name != "" {
		name = "cookie " + c.Name
	}
	if strings.Contains(c.Why, c.Name) && c.Name != "" || name == "" {
		return c.Why
	}
	return name + ": " + c.Why
}

func pathAndQuery(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return s
	}
	if u.RawQuery != "" {
		return u.EscapedPath() + "?" + u.RawQuery
	}
	return u.EscapedPath()
}

// summaryOf says in a few words what was changed in a request and its response.
func summaryOf(r proxy.Record) string {
	if r.Fault != nil {
		if r.Fault.Kind == proxy.Cancelled {
			if strings.HasPrefix(r.Fault.Text, "the proxy ") {
				return "ended with the proxy"
			}
			return "cancelled by the page"
		}
		return strings.ReplaceAll(string(r.Fault.Kind), "-", " ")
	}
	var parts []string
	add := func(s string) {
		if !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	switch {
	case r.Upgrade:
		add("WebSocket")
	case r.Own:
		add("own file")
	case r.Preflight:
		return "preflight"
	}
	cookies := []string{}
	for _, c := range r.Changes {
		switch c.Kind {
		case proxy.CORS:
			if c.To != "" {
				add("CORS")
			}
		case proxy.Cookie:
			if !slices.Contains(cookies, c.Name) {
				cookies = append(cookies, c.Name)
			}
		case proxy.Location, proxy.Link, proxy.Header:
			add(term.Printable(cmp.Or(c.Field, c.Name)))
		case proxy.Secret:
			add("+" + term.Printable(c.Field))
		}
	}
	switch len(cookies) {
	case 0:
	case 1:
		add("cookie " + term.Bounded(cookies[0]))
	default:
		add(fmt.Sprintf("%d cookies", len(cookies)))
	}
	if r.Upstream != 0 && r.Upstream != r.Status {
		add(fmt.Sprintf("API: %d", r.Upstream))
	}
	return strings.Join(parts, ", ")
}
