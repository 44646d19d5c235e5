// Package entry finds mistakes in one entry of a list in a configuration that can be seen without
// knowing what the list is for: an empty entry, several values in one, quotes, spaces, characters that
// cannot be seen, and a placeholder that was not replaced.
package entry

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Kind is a kind of mistake.
type Kind uint8

const (
	Empty       Kind = iota + 1 // nothing, or nothing that can be seen
	Placeholder                 // ${ORIGIN}, <your-domain>, {{ .Values.origin }}
	List                        // several values in one entry
	Quoted                      // quotes that belong to another syntax
	Space                       // white space, or characters that cannot be seen
)

// A Mistake is what is wrong with an entry.
type Mistake struct {
	Kind    Kind
	Problem string // what is wrong, in one clause

	// Start and End are where it is in the entry, in bytes: the placeholder, the first separator, the
	// first quote, or the first run of what cannot be seen.
	Start, End int

	// Values are the values that the entry holds apart from the mistake. It is nil if they are not
	// known. Whether they are valid is for the caller to check.
	Values []string
}

// Find returns the first mistake in s. spaced reports whether parts of s that only spaces separate are
// values of their own. Find takes time proportional to the length of s.
func Find(s string, spaced func(parts []string) bool) (m Mistake, ok bool) {
	bare := trim(s)
	switch {
	case bare == "" && strings.ContainsAny(s, quotes):
		return Mistake{Kind: Empty, Problem: "it holds only quotes", End: len(s)}, true
	case bare == "":
		return Mistake{Kind: Empty, Problem: blankProblem(s), End: len(s)}, true
	}
	if text := placeholder(bare); text != "" {
		m = Mistake{Kind: Placeholder, Problem: text + " is a placeholder that was not replaced by a value"}
		m.Start = max(strings.Index(s, text), 0)
		m.End = m.Start + len(text)
		return m, true
	}
	if values, ok := list(bare, spaced); ok {
		m = Mistake{Kind: List, Problem: listProblem(s, values), Values: values}
		m.Start, m.End = firstSeparator(s, bare)
		return m, true
	}
	if bare == s && !hasInvisible(s) {
		return Mistake{}, false
	}
	if strings.TrimFunc(s, isBlank) == bare {
		m = Mistake{Kind: Space, Problem: spaceProblem(s)}
		m.Start, m.End = firstBlank(s)
	} else {
		m = Mistake{Kind: Quoted, Problem: "the quotes around it are part of the value"}
		m.Start = len(s) - len(strings.TrimLeftFunc(s, isBlank))
		if !strings.ContainsAny(s[m.Start:m.Start+1], "\\") && strings.HasPrefix(s[m.Start:], bare) {
			m.Start += len(bare) // only the closing one is there
		}
		_, size := utf8.DecodeRuneInString(s[m.Start:])
		m.End = m.Start + size
	}
	if value, ok := compact(bare); ok {
		m.Values = []string{value}
	}
	return m, true
}

// Sentence returns what to write: "write A", or "write 3 entries: A, B and C". It names at most the
// first three of many values.
func Sentence(values []string) string {
	const most = 3
	switch n := len(values); {
	case n == 0:
		return ""
	case n == 1:
		return "write " + values[0]
	case n > most+1:
		return fmt.Sprintf("write %d entries: %s and %d more", n, strings.Join(values[:most], ", "), n-most)
	default:
		return fmt.Sprintf("write %d entries: %s and %s", n, strings.Join(values[:n-1], ", "), values[n-1])
	}
}

// firstSeparator returns where the first separator of a list is, or the bracket that begins it. bare is
// what remains of s without blanks and quotes at its ends.
func firstSeparator(s, bare string) (start, end int) {
	offset := max(strings.Index(s, bare), 0)
	if _, isText := textOfList(bare); isText {
		return offset, offset + 1
	}
	i := strings.IndexFunc(bare, isMark)
	if i < 0 {
		i = strings.IndexFunc(bare, isSpace)
	}
	if i < 0 {
		return offset, offset + len(bare)
	}
	_, size := utf8.DecodeRuneInString(bare[i:])
	rest := bare[i+size:]
	return offset + i, offset + i + size + len(rest) - len(strings.TrimLeftFunc(rest, isBlank))
}

// firstBlank returns where the first run of blanks is, or of bytes that are not UTF-8.
func firstBlank(s string) (start, end int) {
	isIt := isBlank
	if !utf8.ValidString(s) {
		isIt = func(r rune) bool { return r == utf8.RuneError }
	}
	start = max(strings.IndexFunc(s, isIt), 0)
	return start, len(s) - len(strings.TrimLeftFunc(s[start:], isIt))
}

// isMark reports whether r separates the values of a list.
func isMark(r rune) bool { return r == ',' || r == ';' || r == '，' || r == '、' }

// quotes are the characters that people and word processors put around values.
const quotes = "\"'`´‘’‚‛“”„‟«»‹›＂＇"

// trim removes quotes, white space and invisible characters from both ends of s, and the backslashes
// that escape quotes there.
func trim(s string) string {
	quoted := false
	isEnd := func(r rune) bool {
		isQuote := r != utf8.RuneError && strings.ContainsRune(quotes, r)
		quoted = quoted || isQuote
		return isQuote || isBlank(r) || r == '\\' && quoted
	}
	s = strings.TrimFunc(s, isBlank)
	if unescaped := strings.TrimLeft(s, `\`); unescaped != "" && strings.ContainsAny(unescaped[:1], `"'`) {
		s = unescaped
	}
	return strings.TrimRightFunc(strings.TrimLeftFunc(s, isEnd), isEnd)
}

// isBlank reports whether r is white space or cannot be seen.
func isBlank(r rune) bool { return r == ' ' || r != utf8.RuneError && !strconv.IsPrint(r) }

// isSpace reports whether r is a blank with a width: it separates words.
func isSpace(r rune) bool {
	switch r {
	case 0xA0, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000:
		return true
	}
	return r <= ' ' || 0x2000 <= r && r <= 0x200A
}

func hasInvisible(s string) bool { return strings.IndexFunc(s, isBlank) >= 0 || !utf8.ValidString(s) }

func blankProblem(s string) string {
	switch {
	case s == "":
		return "it is empty, like the value of an environment variable that is not set"
	case strings.Trim(s, " ") == "":
		return "it is blank, like the value of an environment variable that is not set"
	}
	return "it has only characters that cannot be seen"
}

// spaceProblem names the first blank in s, and says where it is.
func spaceProblem(s string) string {
	if !utf8.ValidString(s) {
		return "it has bytes that are not UTF-8"
	}
	i := strings.IndexFunc(s, isBlank)
	r, size := utf8.DecodeRuneInString(s[i:])
	where := "in it"
	switch {
	case i == 0:
		where = "at the beginning"
	case strings.TrimFunc(s[i+size:], isBlank) == "":
		where = "at the end"
	}
	return "there is " + name(r) + " " + where
}

func name(r rune) string {
	switch r {
	case ' ':
		return "a space"
	case '\t':
		return "a tab"
	case '\n', '\r':
		return "a line break"
	case 0xA0:
		return "a no-break space (U+00A0), which looks like a space,"
	case 0xAD:
		return "a soft hyphen (U+00AD), which cannot be seen,"
	case 0x200B:
		return "a zero width space (U+200B), which cannot be seen,"
	case 0xFEFF:
		return "a byte order mark (U+FEFF), which cannot be seen,"
	}
	return fmt.Sprintf("a character that cannot be seen (U+%04X)", r)
}

// compact removes what is blank inside s. It returns false if a blank is between two letters or digits,
// because it could then separate two values or be a typing mistake for another character.
func compact(s string) (string, bool) {
	if !utf8.ValidString(s) {
		return "", false
	}
	var b strings.Builder
	space := false // visible white space precedes
	for _, r := range s {
		if isBlank(r) {
			space = space || isSpace(r)
			continue
		}
		if before := b.String(); space && isWordByte(before[len(before)-1]) && (r >= utf8.RuneSelf || isWordByte(byte(r))) {
			return "", false
		}
		space = false
		b.WriteRune(r)
	}
	return b.String(), true
}

func isWordByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c >= utf8.RuneSelf
}

func listProblem(s string, values []string) string {
	text := strings.TrimFunc(s, isBlank)
	switch {
	case strings.HasPrefix(text, "[") && len(values) == 0:
		return "it is an empty list, written as text"
	case strings.HasPrefix(text, "["):
		return "it is a whole list, written as text"
	case len(values) == 1:
		return "an entry is one value, without a separator"
	}
	return fmt.Sprintf("it holds %d values, and an entry is one value", len(values))
}

// list splits s at commas, semicolons and, if spaced agrees, white space, except inside brackets and
// braces. It returns false if s is one value without a separator.
func list(s string, spaced func(parts []string) bool) ([]string, bool) {
	inner, isText := textOfList(s)
	if isText {
		s = inner
	}
	separators := func(s string, isSeparator func(rune) bool) []string {
		depth := 0
		return strings.FieldsFunc(s, func(r rune) bool {
			switch r {
			case '[', '{', '(':
				depth++
			case ']', '}', ')':
				depth--
			}
			return depth <= 0 && isSeparator(r)
		})
	}
	parts := separators(s, isMark)
	marked := len(parts) != 1 || parts[0] != s
	if words := separators(s, func(r rune) bool { return isMark(r) || isSpace(r) }); len(words) > len(parts) {
		for i := range words {
			words[i] = trim(words[i])
		}
		if spaced(words) {
			parts, marked = words, true
		}
	}
	values := []string{}
	for _, part := range parts {
		if value := trim(part); value != "" {
			values = append(values, value)
		}
	}
	return values, isText || marked
}

// textOfList returns what is between the brackets of a list that was written as text. [::1] and [80,81]
// are not such lists.
func textOfList(s string) (string, bool) {
	inner, ok := strings.CutPrefix(s, "[")
	if inner, ok2 := strings.CutSuffix(inner, "]"); ok && ok2 {
		return inner, inner == "" || strings.ContainsAny(inner, quotes) || strings.Contains(inner, "://") ||
			strings.Contains(inner, ",") && !strings.Contains(inner, "]")
	}
	return "", false
}

// placeholder returns the first placeholder in s, or "".
func placeholder(s string) string {
	for _, p := range [...]struct{ open, end string }{
		{"${", "}"}, {"$(", ")"}, {"#{", "}"}, {"{{", "}}"}, {"<", ">"}, {"{%", "%}"},
	} {
		if i := strings.Index(s, p.open); i >= 0 {
			if n := strings.Index(s[i+len(p.open):], p.end); n >= 0 {
				return s[i : i+len(p.open)+n+len(p.end)]
			}
		}
	}
	for _, call := range [...]string{"process.env", "os.environ", "os.Getenv", "getenv(", "env("} {
		if strings.HasPrefix(s, call) {
			return s
		}
	}
	for i := range len(s) {
		if i > 0 && s[i] == '_' && s[i-1] == '_' {
			continue // looked at already
		}
		switch rest := s[i+1:]; s[i] {
		case '$', '@', '%', '{':
			n := nameLength(rest)
			closing, isBrace := s[i], s[i] == '{'
			if isBrace {
				closing = '}'
			}
			closed := n < len(rest) && rest[n] == closing
			upper := n > 1 && rest[:n] == strings.ToUpper(rest[:n])
			switch {
			case n == 0:
			case s[i] == '$':
				return s[i : i+1+n]
			case closed && (isBrace || upper):
				return s[i : i+n+2]
			}
		case '_':
			if n := nameLength(rest); n > 4 && rest[0] == '_' && strings.HasSuffix(rest[:n], "__") &&
				rest[:n] == strings.ToUpper(rest[:n]) {
				return s[i : i+1+n]
			}
		}
	}
	return ""
}

// nameLength returns the length of the identifier that s begins with.
func nameLength(s string) int {
	n := 0
	for n < len(s) && (s[n] == '_' || 'a' <= s[n] && s[n] <= 'z' || 'A' <= s[n] && s[n] <= 'Z' ||
		n > 0 && '0' <= s[n] && s[n] <= '9') {
		n++
	}
	return n
}
