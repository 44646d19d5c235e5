package snippet

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/concors/concors/fetch/reason"
)

// A Line is what the script prints last, after "concors-snippet: ". It holds no
// header values, and no URL's secrets. It is untrusted input from a console, so every
// text in it may be anything. As JSON it is documented in docs/snippet.md.
type Line struct {
	Version int      `json:"v"`
	Verdict string   `json:"verdict"`
	Or      []string `json:"or"` // verdicts that the tests cannot tell from it
	Page    string   `json:"page"`
	URL     string   `json:"url"`
	Method  string   `json:"method"`
	Mode    string   `json:"mode"`
	// Credentials is fetch()'s option. Browser is chromium, firefox, webkit or "".
	Credentials string   `json:"credentials"`
	Browser     string   `json:"browser"`
	Headers     []string `json:"headers"` // names of the request's headers
	Blocked     []string `json:"blocked"` // those that failed alone
	Sent        bool     `json:"sent"`    // the request itself was sent, not only its parts
	// Tests maps each test to how it ended: a status, opaque, opaqueredirect, failed.
	Tests map[string]string `json:"tests"`
}

// Sentence says the verdict, and those in Or, in sentences.
func (l *Line) Sentence() string {
	var all []string
	for i, v := range l.verdicts() {
		switch i {
		case 0:
			all = append(all, v.sentence)
		default:
			all = append(all, "Or: "+v.sentence)
		}
	}
	return strings.Join(all, " ")
}

// Reasons lists the reasons that the verdict may stand for, the likeliest first.
func (l *Line) Reasons() []reason.Reason {
	var all []reason.Reason
	for _, v := range l.verdicts() {
		for _, r := range v.reasons {
			if !slices.Contains(all, r) {
				all = append(all, r)
			}
		}
	}
	return all
}

// Known reports whether the line's verdict is one that this version knows.
func (l *Line) Known() bool { return find(l.Verdict) != nil }

func (l *Line) verdicts() (list []*verdict) {
	for _, name := range append([]string{l.Verdict}, l.Or...) {
		if v := find(name); v != nil {
			list = append(list, v)
		}
	}
	return list
}

func find(name string) *verdict {
	if i := slices.IndexFunc(verdicts, func(v verdict) bool { return v.name == name }); i >= 0 {
		return &verdicts[i]
	}
	return nil
}

// A Place is a Line in a text: First and Last are its lines' numbers, from 1.
type Place struct {
	Line
	First, Last int
}

// Limits on what is read: the lines of one text, the bytes of one line, and the
// items of its lists.
const (
	maxLines = 20
	maxLine  = 16 << 10
	maxItems = 20
)

// marker begins the script's line. Consoles may fold it.
var marker = regexp.MustCompile(`concors-snippet:\s*\{`)

// Cut finds the script's lines in a text, and returns the text without them: their
// places are empty, so that the other lines keep their numbers. The time is linear
// in the text.
func Cut(text string) (places []Place, rest string) {
	var b strings.Builder
	from := 0
	for _, at := range marker.FindAllStringIndex(text, maxLines) {
		if at[0] < from {
			continue
		}
		begin := at[1] - 1
		line, length, ok := decode(text[begin:min(len(text), begin+maxLine)])
		if !ok {
			continue
		}
		start := strings.LastIndexByte(text[:at[0]], '\n') + 1
		end := begin + length
		if i := strings.IndexByte(text[end:], '\n'); i >= 0 {
			end += i
		} else {
			end = len(text)
		}
		first := 1 + strings.Count(text[:start], "\n")
		count := strings.Count(text[start:end], "\n")
		places = append(places, Place{*line, first, first + count})
		b.WriteString(text[from:max(from, start)])
		b.WriteString(strings.Repeat("\n", count))
		from = end
	}
	b.WriteString(text[from:])
	return places, b.String()
}

// quotes are what chats and mails make of the quotation marks of JSON.
var quotes = strings.NewReplacer("\u201c", `"`, "\u201d", `"`, "&quot;", `"`, `\"`, `"`)

// fold is a line break that a console or a mail has put into the line.
var fold = regexp.MustCompile(`\r?\n[>|\t ]*`)

// decode reads the JSON at the beginning of a text, and returns how much of the text
// it takes.
func decode(text string) (*Line, int, bool) {
	end := strings.IndexByte(text, '\n')
	for _, candidate := range []string{text[:max(end, 0)], text} {
		for _, repaired := range []string{candidate, fold.ReplaceAllString(candidate, ""), quotes.Replace(fold.ReplaceAllString(candidate, ""))} {
			var line Line
			d := json.NewDecoder(strings.NewReader(repaired))
			if d.Decode(&line) != nil || line.Version < 1 || line.Verdict == "" {
				continue
			}
			line.bound()
			length := len(candidate)
			if repaired == candidate {
				length = int(d.InputOffset())
			} else if i := closing(candidate); i > 0 {
				length = i
			}
			return &line, length, true
		}
	}
	return nil, 0, false
}

// closing returns where the object at the beginning of a text ends: after the last
// brace that closes it, if no other object begins before.
func closing(text string) int {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

// bound cuts lists that no script prints.
func (l *Line) bound() {
	for _, list := range []*[]string{&l.Or, &l.Headers, &l.Blocked} {
		*list = (*list)[:min(len(*list), maxItems)]
	}
}
