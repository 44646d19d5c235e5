package policyfile

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/origin"
)

// A Grant says in words what the policy of one route allows to which pages.
type Grant struct {
	Route          string   `json:"route"` // a pattern; "" for everything that no route matches
	Off            bool     `json:"off"`   // no CORS: requests go through unchanged
	Origins        []string `json:"origins"`
	Methods        string   `json:"methods"`
	RequestHeaders string   `json:"requestHeaders"`
	ExposedHeaders string   `json:"exposedHeaders"`
	Credentials    string   `json:"credentials"`
	Preflights     string   `json:"preflights"`
	Also           []string `json:"also,omitempty"` // the fields that are seldom set
}

// Grants returns what the file grants: by its routes first, then for everything else.
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
	g := Grant{
		Origins:        []string{},
		Methods:        "GET, HEAD, POST" + listAfter(", ", p.Methods),
		RequestHeaders: "those that need no permission" + listAfter(", and ", p.RequestHeaders),
		ExposedHeaders: "the seven that scripts can always read" + listAfter(", and ", p.ExposedHeaders),
		Credentials:    "no",
		Preflights:     describeMaxAge(p.MaxAgeSeconds),
	}
	for _, text := range p.Origins {
		g.Origins = append(g.Origins, describeOrigin(text))
	}
	for _, list := range [][]string{p.DangerouslyAllowAnyHost, p.DangerouslyAllowAddressRanges} {
		for _, text := range list {
			g.Origins = append(g.Origins, describeRange(text))
		}
	}
	if p.DangerouslyAllowNull {
		g.Origins = append(g.Origins, "null: every sandboxed frame on any page")
	}
	if slices.Contains(p.Methods, "*") {
		g.Methods = "every method"
	}
	if slices.Contains(p.RequestHeaders, "*") {
		g.RequestHeaders = "every header except Authorization"
		isAuthorization := func(s string) bool { return strings.EqualFold(s, "Authorization") }
		if slices.ContainsFunc(p.RequestHeaders, isAuthorization) {
			g.RequestHeaders = "every header, including Authorization"
		}
	}
	if slices.Contains(p.ExposedHeaders, "*") {
		g.ExposedHeaders = "every header except Set-Cookie"
	}
	if p.Credentials {
		g.Credentials = "yes: they can act as the user"
	}
	if len(p.OriginsWithCredentials) > 0 {
		g.Credentials = "only for " + firstOf(p.OriginsWithCredentials) + ": they can act as the user"
	}
	for _, also := range []struct {
		set  bool
		text string
	}{
		{p.ReportOnly, "report only: responses are not changed"},
		{p.RejectRefused, "requests from other origins are rejected with 403"},
		{p.TimingAllowOrigin, "the timing of responses is visible"},
		{p.ResourcePolicy != "", "Cross-Origin-Resource-Policy: " + p.ResourcePolicy},
		{p.PreflightStatus != 0, fmt.Sprintf("responses to preflights have status %d", p.PreflightStatus)},
	} {
		if also.set {
			g.Also = append(g.Also, also.text)
		}
	}
	return g
}

// listAfter returns the list with a separator before it, "" for an empty list.
func listAfter(separator string, list []string) string {
	if len(list) == 0 {
		return ""
	}
	return separator + strings.Join(list, ", ")
}

// firstOf returns the values of a list, separated by commas. A long list is cut off.
func firstOf(list []string) string {
	if more := len(list) - maxOrigins; more > 1 {
		return strings.Join(list[:maxOrigins], ", ") + fmt.Sprintf(" (and %d more)", more)
	}
	return strings.Join(list, ", ")
}

// describeRange says what a range of origins matches.
func describeRange(text string) string {
	r, err := origin.ParseRange(text)
	switch {
	case err != nil: // cannot happen in a valid policy
		return text
	case r.AnyHost():
		return text + " (every extension or app with this scheme, of any maker)"
	case r.Network().Addr().IsLoopback():
		return text + " (on the user's own machine)"
	}
	return text + " (every device in this network that serves a page)"
}

// describeMaxAge says how long preflights are cached, and which browsers do so for
// less.
func describeMaxAge(seconds int) string {
	switch {
	case seconds < 0:
		return "not cached"
	case seconds == 0:
		return "cached for 5 seconds, the browsers' default"
	}
	var limits []string
	for _, b := range []struct {
		name  string
		limit int
	}{{"WebKit", 600}, {"Chromium", 7200}, {"Firefox", 86400}} {
		if seconds > b.limit {
			limits = append(limits, b.name+" "+duration(b.limit))
		}
	}
	text := "cached for " + duration(seconds)
	if len(limits) > 0 {
		text += " (" + strings.Join(limits, ", ") + ")"
	}
	return text
}

// describeOrigin says what an origin pattern matches.
func describeOrigin(text string) string {
	p, err := origin.ParsePattern(text)
	switch {
	case err != nil || p.IsExact():
		return text
	case p.Any():
		return "any origin"
	}
	scheme, rest, _ := strings.Cut(text, "://")
	address := 0 // the end of an IPv6 address
	if strings.HasPrefix(rest, "[") {
		address = max(strings.IndexByte(rest, ']'), 0)
	}
	host, port := rest, ""
	if i := strings.IndexByte(rest[address:], ':'); i >= 0 {
		host, port = rest[:address+i], rest[address+i+1:]
	}
	var notes []string
	if domain, ok := strings.CutPrefix(host, "*."); ok {
		notes = append(notes, "any subdomain of "+domain)
	} else if strings.Contains(host, "*") {
		notes = append(notes, "* matches part of one label")
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

// duration returns a number of seconds in the largest unit that fits.
func duration(seconds int) string {
	d := time.Duration(seconds) * time.Second
	for _, u := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := d / u.length; d%u.length == 0 && n > 0 {
			return term.Count(int(n), u.name)
		}
	}
	return d.String()
}

// maxOrigins is how many origins of one route the table has.
const maxOrigins = 20

// writeTable writes grants as text in at most 80 columns.
func writeTable(w io.Writer, grants []Grant) error {
	var t term.Text
	for i, g := range grants {
		if i > 0 {
			t.Add("")
		}
		title := g.Route
		switch {
		case title == "" && len(grants) == 1:
			title = "every path"
		case title == "":
			title = "every other path"
		}
		t.Hang(0, 0, title)
		row := func(label string, texts ...string) {
			for _, text := range texts {
				t.Label("  "+label, 26, text)
				label = ""
			}
		}
		if g.Off {
			row("CORS is off", "pages on other origins can read nothing, unless the server itself allows it")
			continue
		}
		origins := g.Origins
		if more := len(origins) - maxOrigins; more > 1 {
			origins = append(slices.Clone(origins[:maxOrigins]), fmt.Sprintf("(and %d more)", more))
		}
		row("pages on", origins...)
		row("may use", g.Methods)
		row("may set the headers", g.RequestHeaders)
		row("may read the headers", g.ExposedHeaders)
		row("with credentials", g.Credentials)
		row("preflights are", g.Preflights)
		row("also", g.Also...)
	}
	return t.Write(w)
}
