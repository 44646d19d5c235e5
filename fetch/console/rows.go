package console

import (
	_ "embed"
	"slices"
	"strings"
	"sync"

	"github.com/concors/concors/fetch/reason"
)

// A role is what a row's text is in a message.
type role uint8

const (
	line      role = iota // a whole line
	shell                 // what says which request was blocked: a reason follows
	because               // the reason, after a shell
	preflight             // what stands between shell and reason if the preflight failed
	tail                  // what may follow a reason
	panel                 // words of a network panel, after a URL
	neighbor              // a message that is not about CORS
)

// A row is a text that is looked for.
type row struct {
	role     role
	browser  int
	language string // of a translation
	elements []element
	weight   int
	kind     string
	wire     bool // the URL is that of the last request, not the blocked one
	// first lists the reasons whose messages begin with the text, and later those
	// whose messages have it after another line.
	first, later []reason.Reason
	topic        *topic
}

// rows returns all rows, compiled from the tables.
var rows = sync.OnceValue(func() []*row {
	b := rowBuilder{byText: map[string]*row{}}
	for _, r := range table {
		for browser, template := range r.text {
			b.addMessage(browser, r.reason, template)
		}
	}
	for _, r := range otherLines {
		b.addMessage(r.browser, r.reason, r.text)
	}
	for _, r := range shells {
		if r.browser != chromium || !strings.Contains(r.text, "has been blocked") {
			b.add(&row{role: shell, browser: r.browser}, r.text)
			continue
		}
		for _, verb := range []string{"has been blocked", "was blocked", "is blocked", "blocked by CORS"} {
			b.add(&row{role: shell, browser: r.browser}, strings.Replace(r.text, "has been blocked", verb, 1))
		}
	}
	for _, text := range tails {
		b.add(&row{role: tail, browser: chromium}, text)
	}
	b.add(&row{role: tail, browser: firefox}, "Status code: {status}")
	b.add(&row{role: tail, browser: firefox}, "Status code: (null)")
	b.add(&row{role: preflight, browser: chromium}, "Response to preflight request doesn't pass access control check")
	for _, r := range panelWords {
		b.add(&row{role: panel, browser: firefox, first: []reason.Reason{r.reason}}, r.text)
	}
	b.addTranslations()
	for i := range topics {
		for _, text := range topics[i].texts {
			b.add(&row{role: neighbor, topic: &topics[i]}, text)
		}
	}
	return b.all
})

// A place says where in a message a line can be: first, later, or both.
type place struct{ first, later bool }

type rowBuilder struct {
	all    []*row
	byText map[string]*row
}

// addMessage adds the lines of a message.
func (b *rowBuilder) addMessage(browser int, why reason.Reason, template string) {
	at := place{first: true}
	for text := range strings.Lines(template) {
		text = strings.TrimSuffix(text, "\n")
		parts := lineParts(browser, text)
		switch {
		case parts != nil:
			for _, p := range parts {
				head, more, found := strings.Cut(p.text, "\n")
				b.addLine(browser, why, head, p.kind, at)
				if found {
					b.addLine(browser, why, more, p.kind, place{later: true})
				}
			}
			at.later = true // the part may be empty, and the next line then comes first
		case text != "":
			b.addLine(browser, why, text, "", at)
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

// addLine adds a line, in the pieces in which it is looked for.
func (b *rowBuilder) addLine(browser int, why reason.Reason, text, kind string, at place) {
	r := row{browser: browser, kind: kind}
	_, blocked, isAccess := strings.Cut(text, "has been blocked by CORS policy: ")
	_, given, isReason := strings.Cut(text, "(Reason: ")
	switch {
	case browser == explorer:
		r.role = because
	case isAccess:
		r.role, text = because, strings.TrimPrefix(blocked, "{in preflight}")
		if before, _, found := strings.Cut(text, "protocol schemes: "); found {
			text = before + "protocol schemes:" // every version lists others
		}
	case isReason:
		r.role, r.wire = because, strings.Contains(text, "{wire}")
		text, _, _ = strings.Cut(given, ").")
	case strings.HasPrefix(text, chLoad):
		b.addAt(r, why, strings.TrimPrefix(text, "Failed to load resource: "), at)
	case strings.HasPrefix(text, "{redirection}"):
		text = strings.TrimPrefix(text, "{redirection}")
		b.addAt(r, why, wkNoRedirect+text, at)
	}
	if before, status, found := strings.Cut(text, ". Status code: "); found && browser == webkit {
		text = before + "⟨.⟩⟨ Status code: " + status + "⟩"
	}
	b.addAt(r, why, text, at)
	if browser == webkit && at.first {
		// Safari repeats the first line with the place in the page.
		b.addAt(r, why, "Failed to load resource: "+text, place{later: true})
	}
}

// addAt adds a row, or adds the reason to the row with the same text.
func (b *rowBuilder) addAt(r row, why reason.Reason, text string, at place) {
	added := b.add(&r, text)
	if at.first {
		added.first = appendNew(added.first, why)
	}
	if at.later {
		added.later = appendNew(added.later, why)
	}
}

func (b *rowBuilder) add(r *row, text string) *row {
	key := browsers[r.browser] + string(rune('0'+r.role)) + r.language + text
	if known := b.byText[key]; known != nil {
		return known
	}
	r.elements = trimEnd(parse(text, func(name string) (string, bool) {
		for _, p := range browserParts[r.browser] {
			if p.name == name {
				return p.text, true
			}
		}
		return "", false
	}))
	r.weight = literalWeight(r.elements)
	b.byText[key] = r
	b.all = append(b.all, r)
	return r
}

// shells holds how messages begin that have their reason after it, in every form in
// which it was printed or is shortened.
var shells = []struct {
	browser int
	text    string
}{
	{chromium, "Access to {kind} at {url}⟨ (redirected from {first url})⟩ from origin {page origin} has been blocked⟨ by CORS policy⟩"},
	{chromium, "Access to {kind}⟨ at {url}⟩⟨ (redirected from {first url})⟩ has been blocked⟨ by CORS policy⟩"},
	{chromium, "Access to {kind} at {url}⟨ (redirected from {first url})⟩ from origin {page origin}"},
	{chromium, "from origin {page origin} has been blocked by CORS policy"},
	{chromium, "has been blocked by CORS policy"},
	{chromium, "blocked by CORS policy"},
	// Up to version 65.
	{chromium, "XMLHttpRequest cannot load {url}"},
	{chromium, "Fetch API cannot load {url}"},
	{chromium, "Failed to load {url}"},
	{chromium, "EventSource cannot load {url}"},
	{chromium, "Redirect from {url} to {redirect target} has been blocked by CORS policy"},
	{chromium, "Redirect at {url} from origin {page origin} has been blocked by CORS policy"},
	{chromium, "from origin {server origin} has been blocked from loading by Cross-Origin Resource Sharing policy"},
	{chromium, "has been blocked from loading by Cross-Origin Resource Sharing policy"},
	{firefox, ffBlocked + "{url}⟨. (Reason:⟩"},
	{firefox, "Same Origin Policy disallows reading the remote resource at {url}⟨. (Reason:⟩"},
	{firefox, "disallows reading the remote resource at {url}⟨. (Reason:⟩"},
	{firefox, "bad URI or cross-site access not allowed source: {url}"}, // of a font
	{firefox, "(Reason:"},
	{explorer, "SEC7118: XMLHttpRequest for {url} required Cross Origin Resource Sharing (CORS)"},
	{explorer, "SEC7119: XMLHttpRequest for {url} required CORS preflight"},
}

// tails holds what Chromium printed after a reason up to version 65.
var tails = []string{
	"Origin {page origin} is therefore not allowed access",
	"The response had HTTP status code {status}",
	"If an opaque response serves your needs, set the request's mode to 'no-cors' to fetch the resource with CORS disabled",
	"Have the server send the header with a valid value",
	"The credentials mode of requests initiated by the XMLHttpRequest is controlled by the withCredentials attribute",
	"The credentials mode of an XMLHttpRequest is controlled by the withCredentials attribute",
}

//go:embed translations.txt
var translations string

// addTranslations adds Firefox's messages in other languages.
func (b *rowBuilder) addTranslations() {
	language := ""
	for text := range strings.Lines(translations) {
		text = strings.TrimSuffix(text, "\n")
		name, text, found := strings.Cut(text, "\t")
		switch {
		case strings.HasPrefix(name, "#") || name == "":
		case !found:
			language = name
		case name == "begin":
			before, after, _ := strings.Cut(text, "{wire}")
			b.add(&row{role: shell, browser: firefox, language: language}, before+"{ascii url}⟨"+after+"⟩")
		default:
			var why reason.Reason
			if err := why.UnmarshalText([]byte(name)); err != nil {
				panic("console: translations.txt: " + err.Error())
			}
			b.addAt(row{role: because, browser: firefox, language: language}, why, text, place{first: true})
		}
	}
}
