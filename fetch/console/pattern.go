package console

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A template is a text with names in braces, which stand for what varies, and
// parts in ⟨⟩, which may be missing. It is compiled to elements.
type element struct {
	literal  string    // squeezed
	name     string    // what is in braces, if literal is empty
	suffix   string    // of name: punctuation that may follow it
	optional []element // if both are empty
}

// parse compiles a template. part returns the text that a name in braces stands
// for, if it stands for a part that may be missing.
func parse(template string, part func(name string) (string, bool)) []element {
	var out []element
	literal := func(s string) {
		if s = squeezeTemplate(s); s == "" {
			return
		}
		if n := len(out); n > 0 && out[n-1].literal != "" {
			out[n-1].literal += s
			return
		} else if n > 0 && out[n-1].name != "" && strings.Trim(s, punctuation) == "" {
			// It does not say where the value ends, which may contain it too.
			out[n-1].suffix = s
			return
		}
		out = append(out, element{literal: s})
	}
	for template != "" {
		i := strings.IndexAny(template, "{⟨")
		if i < 0 {
			literal(template)
			break
		}
		literal(template[:i])
		template = template[i:]
		if inner, ok := strings.CutPrefix(template, "⟨"); ok {
			inside, after, _ := strings.Cut(inner, "⟩")
			out = append(out, element{optional: parse(inside, part)})
			template = after
			continue
		}
		name, after, _ := strings.Cut(template[1:], "}")
		template = after
		if text, ok := part(name); ok {
			inside := parse(text, part)
			if name == "in preflight" {
				inside = append(inside, element{name: name})
			}
			if len(inside) > 0 {
				out = append(out, element{optional: inside})
			}
			continue
		}
		out = append(out, element{name: name})
	}
	return out
}

// punctuation is what may stand at the end of a text, and is often left out.
const punctuation = ".:,;)("

// trimEnd removes the full stop at the end, and before parts at the end that may be
// missing: people leave it out.
func trimEnd(elements []element) []element {
	for n := len(elements) - 1; n >= 0; n-- {
		if elements[n].optional != nil {
			continue
		}
		if elements[n].literal = strings.TrimRight(elements[n].literal, punctuation); elements[n].literal == "" && elements[n].name == "" {
			return slices.Delete(elements, n, n+1)
		}
		break
	}
	return elements
}

func literalWeight(elements []element) int {
	n := 0
	for _, e := range elements {
		n += len(e.literal)
	}
	return n
}

// A match is where a pattern was found.
type match struct {
	start, end int // in squeezed
	values     map[string]string
}

// A matcher matches elements at one place of a text.
type matcher struct {
	*text
	values map[string]string
}

// maxValue is the length of the longest value, in squeezed bytes.
const maxValue = 4 << 10

// maxKind is the length of the longest kind of request.
const maxKind = 40

// urlBegins matches where a URL begins, with its quotation mark.
var urlBegins = regexp.MustCompile("['\"`´‘’“”]|\\b[a-z][a-z0-9+.-]*:")

// match matches the elements at a position, and returns the end of the match, or -1.
func (m *matcher) match(elements []element, pos int) int {
	for i, e := range elements {
		switch {
		case e.literal != "":
			if !strings.HasPrefix(m.squeezed[pos:], e.literal) {
				return -1
			}
			pos += len(e.literal)
		case e.optional != nil:
			at := pos
			if strings.HasPrefix(m.squeezed[pos:], ".") && !strings.HasPrefix(e.optional[0].literal, ".") {
				at++
			}
			if strings.HasPrefix(m.squeezed[at:], e.optional[0].literal) {
				if end := m.match(slices.Concat(e.optional, elements[i+1:]), at); end >= 0 {
					return end
				}
			}
		case e.name == "in preflight":
			m.values[e.name] = ""
		default:
			end := m.valueEnd(e.name, elements[i+1:], pos)
			if end < 0 {
				return -1
			}
			last := end
			if e.suffix != "" && last-len(e.suffix) >= pos && strings.HasSuffix(m.squeezed[pos:last], e.suffix) {
				last -= len(e.suffix)
			}
			m.values[e.name] = m.value(e.name, pos, last)
			if pos = end; e.suffix != "" && last == end && strings.HasPrefix(m.squeezed[pos:], e.suffix) {
				pos += len(e.suffix)
			}
		}
	}
	return pos
}

// valueEnd returns where the value of a name ends that begins at pos, or -1.
func (m *matcher) valueEnd(name string, after []element, pos int) int {
	if chars := charsOf(name); chars != nil {
		if name == "net error" && !connectionError.MatchString(m.squeezed[pos:min(len(m.squeezed), pos+maxKind)]) {
			return -1
		}
		end := pos
		for end < len(m.squeezed) && end-pos < 60 && chars(m.squeezed[end]) &&
			(end == pos || m.gaps[end] == m.gaps[end-1] && (name == "status" || name == "port" || m.at[end] == m.at[end-1]+1)) {
			end++
			if name == "status" && end-pos == 3 {
				break
			}
		}
		if end == pos {
			return -1
		}
		return end
	}
	if name == "mixed" && len(after) > 0 && after[0].name != "" {
		// The kind of an insecure element, before its URL.
		start := int(m.at[pos])
		if at := urlBegins.FindStringIndex(m.clean[start:min(len(m.clean), start+maxKind)]); at != nil {
			end, _ := slices.BinarySearch(m.at, int32(start+at[0]))
			return end
		}
		return -1
	}
	end, open := -1, true
	for _, e := range after {
		first := e
		if e.optional != nil {
			first = e.optional[0]
		}
		if first.literal != "" {
			if at := m.next(first.literal, pos); at >= 0 && (end < 0 || at < end) {
				end = at
			}
		}
		if e.optional == nil {
			open = e.literal == ""
			break
		}
	}
	if open {
		// What follows may be missing. A word goes on to it over the ends of lines.
		token := m.tokenEnd(name, pos)
		if end < 0 || end > token && (end == pos || end-pos > maxValue ||
			m.gaps[end-1] != m.gaps[pos] && !placeholder(m.slice(pos, end, " "))) {
			end = token
		}
	}
	if end < 0 || end-pos > maxValue {
		return -1
	}
	blanks := 0
	if end > pos {
		blanks = int(m.gaps[end-1] - m.gaps[pos])
	}
	switch name {
	case "kind", "mixed":
		if end-pos > maxKind || end == pos || strings.ContainsFunc(m.squeezed[pos:end], func(c rune) bool { return c < 'a' || c > 'z' }) {
			return -1
		}
	case "value", "bad token", "type", "scheme":
	case "space", "origin", "wire", "header", "lower header", "method", "page origin", "first url":
		if blanks > 0 && !placeholder(m.slice(pos, end, " ")) && !m.quoted(pos, end) || end == pos && name != "page origin" {
			return -1
		}
	default:
		if blanks > 6 {
			return -1
		}
	}
	return end
}

// tokenEnd returns where the value that begins at pos ends if nothing that is known
// follows: at the quotation mark that closes it, or before a blank, or a mark that
// ends a sentence there.
func (m *matcher) tokenEnd(name string, pos int) int {
	if pos >= len(m.squeezed) {
		return pos
	}
	start := int(m.at[pos])
	rest := m.clean[start:min(len(m.clean), start+maxValue)]
	length := -1
	isText := name == "value" || name == "bad token" || name == "lower header" || name == "space"
	before, size := utf8.DecodeLastRuneInString(m.clean[:start])
	opening, _ := utf8.DecodeLastRuneInString(m.clean[:start-size])
	switch {
	case isText && isQuote(before) && isQuote(opening): // around nothing
		return pos
	case isQuote(before):
		length = closingQuote(rest)
		if !isText && length > 0 && strings.Contains(rest[:length], " ") {
			length = -1
		}
	case isText:
		length = strings.IndexAny(rest, ")\n")
	}
	if length < 0 {
		length = strings.IndexFunc(rest, endsToken)
	}
	if name == "ascii url" {
		if i := strings.IndexFunc(rest, func(c rune) bool { return c > '~' }); i >= 0 && (i < length || length < 0) {
			length = i
		}
	}
	if length < 0 {
		return -1
	}
	if name != "value" && length < len(rest) && rest[length] == '\n' {
		length += m.continued(start+length, strings.Contains(rest[:length], "://"))
	}
	token := rest[:length]
	if name != "value" {
		token = strings.TrimRight(token, ".,:;)]}>*。、，；：）」")
	}
	end, _ := slices.BinarySearch(m.at, int32(start+len(token)))
	return end
}

// continued returns how much of the next line belongs to a word at the end of a line:
// all of it if it is one word and does not begin a URL, and the line is as long as any.
func (t *text) continued(end int, hasScheme bool) int {
	i, exact := slices.BinarySearch(t.starts, end)
	if !exact {
		i--
	}
	if i+1 >= len(t.lines) || runes(t.lines[i]) < minWidth || runes(t.lines[i]) < t.width() {
		return 0
	}
	next, _, _ := strings.Cut(t.clean[t.starts[i+1]:], "\n")
	if next == "" || strings.ContainsFunc(next, endsToken) || hasScheme && strings.Contains(next, "://") {
		return 0
	}
	return 1 + len(next)
}

// minWidth is the least width at which programs fold lines.
const minWidth = 40

// width returns the length of the longest line.
func (t *text) width() int {
	if t.widest == 0 {
		for _, line := range t.lines {
			t.widest = max(t.widest, runes(line))
		}
	}
	return t.widest
}

// maxQuoted is the length of the longest value between quotation marks.
const maxQuoted = 2 << 10

// closingQuote returns where the quotation mark is that closes a value, or -1.
func closingQuote(s string) int {
	s = s[:min(len(s), maxQuoted)]
	for i, c := range s {
		if !isQuote(c) {
			continue
		}
		after := s[i+utf8.RuneLen(c):]
		if next, _ := utf8.DecodeRuneInString(after); after == "" || !unicode.IsLetter(next) && !unicode.IsDigit(next) && next != '/' {
			return i
		}
	}
	return -1
}

func endsToken(c rune) bool {
	return c <= ' ' || c == 0xA0 || isQuote(c) || c == '（' || c == '。' || c == '，' || c >= 0x2000 && c <= 0x200F
}

// quoted reports whether a value is one between quotation marks.
func (t *text) quoted(from, to int) bool {
	if from >= to || to-from > 400 {
		return false
	}
	s := t.slice(from, to, " ")
	before, _ := utf8.DecodeLastRuneInString(t.clean[:t.at[from]])
	after, _ := utf8.DecodeRuneInString(t.clean[int(t.at[to-1])+1:])
	return isQuote(before) && isQuote(after) && !strings.ContainsFunc(s, isQuote)
}

// placeholder reports whether a value has blanks only in what people write for what
// they do not want to show, such as <your domain>.
func placeholder(s string) bool {
	return len(s) < 400 && blanked().MatchString(s) && !strings.ContainsAny(blanked().ReplaceAllString(s, ""), " \t\n")
}

var blanked = onDemand(`<[^<>\n]{1,60}>|\{[^{}\n]{1,60}\}|\[[^\[\]\n]{1,60}\]`)

// connectionError matches Chromium's errors that are about the connection.
var connectionError = regexp.MustCompile(`^err_(?:empty_response|(?:connection|name|address|cert|ssl|http2|quic|internet|network|proxy|socket|timed)_)`)

// charsOf returns which bytes a value consists of, for names whose values end where
// other bytes begin. It returns nil for the others.
func charsOf(name string) func(byte) bool {
	switch name {
	case "status", "port":
		return func(c byte) bool { return '0' <= c && c <= '9' }
	case "net error":
		return func(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' }
	}
	return nil
}

// value returns the text of a value.
func (m *matcher) value(name string, from, to int) string {
	switch name {
	case "value", "bad token", "type":
		return strings.Join(strings.Fields(m.phrase(from, to, name != "bad token")), " ")
	case "kind", "mixed":
		return strings.Join(strings.Fields(m.slice(from, to, " ")), " ")
	}
	for to > from && strings.IndexByte(".,;", m.squeezed[to-1]) >= 0 && endsToken(rune(m.clean[m.at[to-1]+1])) &&
		!isQuote(rune(m.clean[m.at[to-1]+1])) {
		to-- // the full stop after a URL
	}
	return unwrap(m.slice(from, to, ""))
}

// unwrap removes what chat programs and Markdown put around a URL.
func unwrap(s string) string {
	if inner, ok := strings.CutPrefix(s, "["); ok { // [text](URL)
		if text, link, found := strings.Cut(inner, "]("); found && strings.Contains(text, ":") && strings.HasSuffix(link, ")") {
			return text
		}
	}
	if inner, ok := strings.CutPrefix(s, "<"); ok && strings.HasSuffix(s, ">") && strings.Contains(s, "://") {
		if inner = inner[:len(inner)-1]; !strings.ContainsAny(inner, "<> ") {
			link, _, _ := strings.Cut(inner, "|") // <URL|text>
			return link
		}
	}
	return s
}

// find returns where the elements are found in the text, apart from each other.
func (t *text) find(elements []element) []match {
	var out []match
	head := elements[0].literal
	last := elements[len(elements)-1].literal
	for pos := t.next(head, 0); pos >= 0; {
		m := matcher{t, map[string]string{}}
		end := m.match(elements, pos)
		if end < 0 || last != "" && t.inWord(end) {
			pos = t.next(head, pos+1)
			continue
		}
		out = append(out, match{pos, end, m.values})
		pos = t.next(head, max(end, pos+1))
	}
	return out
}

// inWord reports whether a word goes on at a position, as in net::ERR_FAILED_TO.
func (t *text) inWord(pos int) bool {
	if pos == 0 || pos >= len(t.squeezed) || t.at[pos] != t.at[pos-1]+1 {
		return false
	}
	return isWord(t.squeezed[pos-1]) && isWord(t.squeezed[pos])
}

func isWord(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '_' }
