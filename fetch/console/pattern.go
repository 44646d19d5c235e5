package console

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/concors/concors/fetch/reason"
)

// A pattern matches one line of one browser. It is compiled from the tables.
type pattern struct {
	browser int
	re      *regexp.Regexp
	names   []string // of the groups of re
	literal string   // a text that every matching line contains
	weight  int      // the number of bytes of literal text in the line
	kind    string
	// first lists the reasons whose messages begin with the line, and later those
	// whose messages have it after another line.
	first, later []reason.Reason
}

// patterns returns the patterns of all lines in the tables.
var patterns = sync.OnceValue(func() []*pattern {
	b := patternBuilder{byText: map[string]*pattern{}}
	for _, row := range table {
		for browser, template := range row.text {
			b.addMessage(browser, row.reason, template)
		}
	}
	for _, row := range otherLines {
		b.addMessage(row.browser, row.reason, row.text)
	}
	return b.all
})

// A place says where in a message a line can be: first, later, or both.
type place struct{ first, later bool }

type patternBuilder struct {
	all    []*pattern
	byText map[string]*pattern
}

// addMessage adds the lines of a message.
func (b *patternBuilder) addMessage(browser int, why reason.Reason, template string) {
	at := place{first: true}
	for line := range strings.Lines(template) {
		line = strings.TrimSuffix(line, "\n")
		parts := lineParts(browser, line)
		switch {
		case parts != nil:
			for _, p := range parts {
				head, tail, more := strings.Cut(p.text, "\n")
				b.addVariants(browser, why, head, p.kind, at)
				if more {
					b.addVariants(browser, why, tail, p.kind, place{later: true})
				}
			}
			at.later = true // the part may be empty, and the next line then comes first
		case line != "":
			b.addVariants(browser, why, line, "", at)
			at = place{later: true}
		}
	}
}

// lineParts returns the parts that a line can be, if it consists of one name in
// braces. It returns nil for any other line.
func lineParts(browser int, line string) []part {
	names := map[string][]string{
		"{then}":           {"then"},
		"{element}":        {"element", "element failed"},
		"{denied}":         {"denied"},
		"{not allowed}":    {"not allowed"},
		"{local resource}": {"local resource", "only http"},
		"{net error}":      {"refused", "reset"},
	}[line]
	var parts []part
	for _, p := range browserParts[browser] {
		if slices.Contains(names, p.name) {
			parts = append(parts, p)
		}
	}
	return parts
}

// addVariants adds a line, and the forms in which older versions and developer
// tools print it.
func (b *patternBuilder) addVariants(browser int, why reason.Reason, line, kind string, at place) {
	b.add(browser, why, line, kind, at)
	if text, ok := strings.CutPrefix(line, chAccess); ok {
		b.add(browser, why, chOld+text, kind, at)
	}
	if text, ok := strings.CutPrefix(line, chLoad); ok {
		b.add(browser, why, "{request method} {url} net::"+text, kind, at)
	}
	if text, _, ok := strings.Cut(line, " Status code: "); ok && browser != chromium {
		b.add(browser, why, text, kind, at)
	}
}

func (b *patternBuilder) add(browser int, why reason.Reason, line, kind string, at place) {
	key := browsers[browser] + line
	p := b.byText[key]
	if p == nil {
		p = compileLine(browser, line)
		p.kind = kind
		b.byText[key] = p
		b.all = append(b.all, p)
	}
	if at.first {
		p.first = appendNew(p.first, why)
	}
	if at.later {
		p.later = appendNew(p.later, why)
	}
}

// compileLine compiles the template of a line.
func compileLine(browser int, line string) *pattern {
	p := &pattern{browser: browser}
	var expr strings.Builder
	var literals []string
	var add func(line string, optional bool)
	add = func(line string, optional bool) {
		for line != "" {
			before, rest, found := strings.Cut(line, "{")
			expr.WriteString(anyQuotes.Replace(regexp.QuoteMeta(before)))
			if !optional {
				p.weight += len(before)
				literals = append(literals, strings.FieldsFunc(before, isQuote)...)
			}
			if !found {
				return
			}
			name, after, _ := strings.Cut(rest, "}")
			line = after
			part := slices.IndexFunc(browserParts[browser], func(p part) bool { return p.name == name })
			if part < 0 {
				p.names = append(p.names, name)
				expr.WriteString("(" + captures(name) + ")")
				continue
			}
			if name == "in preflight" {
				p.names = append(p.names, name)
				expr.WriteString("(")
			} else {
				expr.WriteString("(?:")
			}
			add(browserParts[browser][part].text, true)
			expr.WriteString(")?")
		}
	}
	add(line, false)
	if last := line[len(line)-1]; last >= 'A' && last <= 'Z' || last == ')' || last >= 'a' && last <= 'z' {
		// The line ends in a word, such as net::ERR_FAILED: no letter may follow.
		expr.WriteString(`(?:\W|$)`)
	}
	p.re = regexp.MustCompile(expr.String())
	for _, l := range literals {
		if len(l) > len(p.literal) {
			p.literal = l
		}
	}
	return p
}

// quotes lists the quotation marks, single and double, that programs replace with
// each other. anyQuotes makes a pattern of each that also matches the others.
const quotes = "'‘’\"“”"

func isQuote(r rune) bool { return strings.ContainsRune(quotes, r) }

var anyQuotes = strings.NewReplacer(
	"'", "['‘’]", "‘", "['‘’]", "’", "['‘’]",
	`"`, `["“”]`, "“", `["“”]`, "”", `["“”]`,
)

// captures returns the regular expression for a name in braces.
func captures(name string) string {
	switch name {
	case "kind", "mixed":
		return `[A-Za-z ]+?`
	case "old load":
		return `Failed to load|XMLHttpRequest cannot load|Fetch API cannot load`
	case "request method":
		return `[A-Z]+`
	case "colon":
		return `[:.]`
	case "net error":
		return `ERR_(?:EMPTY_RESPONSE|` +
			`(?:CONNECTION|NAME|ADDRESS|CERT|SSL|HTTP2|QUIC|INTERNET|NETWORK|PROXY|SOCKET|TIMED)_\w+)`
	case "status", "port":
		return `\d{1,5}`
	case "space":
		return `[a-z]+`
	case "value", "bad token", "type", "scheme":
		return `.*`
	}
	return `\S+`
}
