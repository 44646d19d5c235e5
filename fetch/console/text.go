package console

import (
	"html"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// A text is what someone pasted, in the forms in which it is read: clean, and
// squeezed. Programs fold lines, put marks before them, and exchange quotation
// marks; none of that is left in the squeezed form, which the patterns match.
type text struct {
	lines  []string // as in the text, without colors
	clean  string   // without what programs put before lines, and unescaped
	starts []int    // where each line begins in clean

	squeezed string
	at       []int32 // where each byte of squeezed is in clean
	// gaps counts, for each byte of squeezed, the blanks before it that are not
	// next to the end of a line. A name such as a URL has none inside.
	gaps []int32

	found  map[string][]int32 // where a literal is in squeezed
	widest int                // the length of the longest line, once it is known
}

// newText reads a text. What it does takes linear time.
func newText(raw string) *text {
	raw = ansiSequence.ReplaceAllString(raw[:min(len(raw), maxText)], "")
	raw = lineEnds.Replace(strings.ToValidUTF8(raw, "\uFFFD"))
	if quotedPrintable.MatchString(raw) {
		raw = strings.ToValidUTF8(encodedByte.ReplaceAllStringFunc(strings.ReplaceAll(raw, "=\n", "\n"), func(s string) string {
			b, _ := strconv.ParseUint(s[1:], 16, 8)
			return string([]byte{byte(b)})
		}), "\uFFFD")
	}
	t := &text{lines: strings.Split(raw, "\n"), found: map[string][]int32{}}
	var clean strings.Builder
	for i, line := range t.lines {
		t.starts = append(t.starts, clean.Len())
		before := ""
		if i > 0 {
			before = t.lines[i-1]
		}
		clean.WriteString(cleanLine(line, before))
		clean.WriteByte('\n')
	}
	t.clean = clean.String()
	t.squeeze()
	return t
}

var (
	// ansiSequence matches what sets colors in a terminal.
	ansiSequence = regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`)
	// quotedPrintable matches what mail in that encoding has for quotation marks and
	// equals signs, which a URL is unlikely to have.
	quotedPrintable = regexp.MustCompile(`=27|=3D|=E2=80=9[89]`)
	encodedByte     = regexp.MustCompile(`=[0-9A-F]{2}`)
	lineEnds        = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n")
)

// onDemand compiles a large expression when it is first used: programs that read no
// message then start milliseconds earlier.
func onDemand(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// The marks that programs put before a line: of quoted mail, lists and containers,
// the time, the level, and the place in a script.
var lineMark = onDemand(`^(?:` + strings.Join([]string{
	`[>|│┃║¦]+(?:\s|$)?`, `[*•·#+–—-]+\s`, `//+\s`, `[1-9]\d?[.)]\s`,
	`[\w.@-]{1,40}\s*\|\s`,
	`\[?\d{4}[-/.]\d\d[-/.]\d\d(?:[T ,]+\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?)?(?:Z|\s?[+-]\d\d:?\d\d)?\]?:?(?:\s|$)`,
	`\[?\d\d?:\d\d(?::\d\d)?(?:[.,]\d+)?(?:\s?[AaPp][Mm])?\]?:?(?:\s|$)`,
	`\[\s*\d+\.\d+\](?:\s|$)`,
	`[A-Z][a-z]{2}\s{1,2}\d{1,2} \d\d:\d\d:\d\d [\w.-]{1,60} [\w./-]{1,60}(?:\[\d+\])?:\s`, `(?:stdout|stderr) [FP]\s`,
	`\[(?i:error|warn|warning|severe|info|log|debug|console|browser|chromium|chrome|firefox|webkit|stdout|stderr|js)[^\]\s]{0,40}\]:?(?:\s|$)`,
	`(?:ERROR|SEVERE|WARNING|INFO|LOG|console\.(?:error|log|warn)):?\s`,
	`\[[\d:/.]+:(?:ERROR|INFO|WARNING):CONSOLE[^\]\s]{0,20}\](?:\s|$)`,
	`[^\s'"]{0,200}\.(?:js|mjs|cjs|jsx|ts|tsx|html?|vue|svelte|php)(?:\?[^\s'"]{0,200})?:\d+(?::\d+)?(?:\s|$)`,
	`(?:\(index\)|VM\d+|localhost/?):\d+(?::\d+)?(?:\s|$)`,
}, "|") + `)`)

// markup and endOfLine match the elements that texts copied from pages have left.
var (
	markup    = onDemand(`(?i)</?(?:code|tt|kbd|samp|b|strong|em|i|u|span|a|td|font)(?:\s[^<>]{0,300})?/?>`)
	endOfLine = onDemand(`(?i)</?(?:br|p|pre|div|li|ul|ol|tr|blockquote)(?:\s[^<>]{0,300})?/?>`)
)

// cleanLine returns a line without the marks before it, with what was escaped for
// JSON, HTML or Markdown restored. before is the line before it.
func cleanLine(line, before string) string {
	line = strings.Map(func(c rune) rune {
		if c == '\u00a0' {
			return ' '
		}
		if c >= utf8.RuneSelf && unicode.Is(unicode.Cf, c) {
			return -1 // invisible
		}
		return c
	}, line)
	line = strings.TrimSpace(strings.TrimRight(strings.TrimSpace(line), "│┃║¦"))
	for range 6 {
		at := lineMark().FindStringIndex(line)
		if at == nil {
			break
		}
		rest := strings.TrimSpace(line[at[1]:])
		if isNumber := line[0] >= '1' && line[0] <= '9' && at[1] <= 4; isNumber && (strings.HasPrefix(rest, "(") || endsInNumber(before)) {
			break // the end of a URL that was folded
		}
		line = rest
	}
	if strings.Contains(line, `\`) {
		line = unescape(line)
	}
	if strings.Contains(line, "<") {
		line = endOfLine().ReplaceAllString(markup().ReplaceAllString(line, " "), "\n")
	}
	for range 2 { // what was escaped twice
		if !strings.Contains(line, "&") {
			break
		}
		line = entity.ReplaceAllStringFunc(line, html.UnescapeString)
	}
	return line
}

// endsInNumber reports whether a line ends in digits and was folded there.
func endsInNumber(line string) bool {
	return len(line) >= minWidth && line[len(line)-1] >= '0' && line[len(line)-1] <= '9'
}

var entity = regexp.MustCompile(`&(?:#\d{1,6}|#[xX][0-9a-fA-F]{1,5}|amp|lt|gt|quot|apos|nbsp|[lr]s?[dq]uo|acute|grave);`)

// escape matches the escapes of strings in programs and in JSON, also those of a
// string within a string. Of those for blanks, a path such as C:\new has none.
var escape = regexp.MustCompile(`\\+(?:u\{?([0-9a-fA-F]{4})\}?|x([0-9a-fA-F]{2})|["'` + "`" + `/*_<>\[\]()#&{}.-]|[nrt]\b|[nrt])`)

func unescape(line string) string {
	isString := strings.Contains(line, `{"`) || strings.Contains(line, `\"`) || strings.Contains(line, `":`) ||
		strings.HasPrefix(line, `"`) || strings.Contains(line, "={")
	return escape.ReplaceAllStringFunc(line, func(s string) string {
		short := strings.TrimLeft(s, `\`)
		switch short[0] {
		case 'u', 'x':
			if c, err := strconv.ParseUint(strings.Trim(short[1:], "{}"), 16, 32); err == nil {
				return string(rune(c))
			}
		case 'n', 'r', 't':
			if isString {
				return "\n"
			}
			return s
		}
		return short
	})
}

// squeeze fills in squeezed: clean in lower case, without blanks, quotation marks
// and invisible characters.
func (t *text) squeeze() {
	var b strings.Builder
	b.Grow(len(t.clean))
	t.at = make([]int32, 0, len(t.clean)+1)
	t.gaps = make([]int32, 0, len(t.clean)+1)
	var gaps int32
	blank, broken := false, false // since the last character that is kept
	for i, c := range t.clean {
		switch {
		case c == '\n':
			broken = true
			continue
		case unicode.IsSpace(c):
			blank = true
			continue
		case dropped(c):
			continue
		}
		if blank && !broken {
			gaps++
		}
		blank, broken = false, false
		writeSqueezed(&b, c)
		for len(t.at) < b.Len() {
			t.at, t.gaps = append(t.at, int32(i)), append(t.gaps, gaps)
		}
	}
	t.squeezed = b.String()
	t.at, t.gaps = append(t.at, int32(len(t.clean))), append(t.gaps, gaps)
}

// quotes lists the quotation marks that programs replace with each other, or lose.
const quotes = "'\"`´‘’‚‛“”„‟‹›«»′″「」『』"

func isQuote(c rune) bool {
	if c < utf8.RuneSelf {
		return c == '\'' || c == '"' || c == '`'
	}
	return strings.ContainsRune(quotes, c)
}

// dropped reports whether a character that is not a blank is missing in squeezed.
func dropped(c rune) bool {
	if c < utf8.RuneSelf {
		return isQuote(c) || c < ' ' || c == 0x7f
	}
	return isQuote(c) || unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Mn, c) && c >= 0xFE00
}

// squeezeTemplate squeezes literal text of a template.
func squeezeTemplate(s string) string {
	var b strings.Builder
	for _, c := range s {
		switch {
		case unicode.IsSpace(c), dropped(c):
		default:
			writeSqueezed(&b, c)
		}
	}
	return b.String()
}

// writeSqueezed writes a character in lower case, and in one spelling.
func writeSqueezed(b *strings.Builder, c rune) {
	switch {
	case 'A' <= c && c <= 'Z':
		b.WriteByte(byte(c) + 'a' - 'A')
	case c < utf8.RuneSelf:
		b.WriteByte(byte(c))
	case c == 'ё':
		b.WriteRune('е')
	case c == '：' || c == '（' || c == '）' || c == '。':
		b.WriteByte(map[rune]byte{'：': ':', '（': '(', '）': ')', '。': '.'}[c])
	default:
		b.WriteRune(unicode.ToLower(c))
	}
}

// next returns where in squeezed a literal is found, at or after a position, or -1.
func (t *text) next(literal string, from int) int {
	all, ok := t.found[literal]
	if !ok && literal != "" {
		for i := 0; ; {
			j := strings.Index(t.squeezed[i:], literal)
			if j < 0 {
				break
			}
			all = append(all, int32(i+j))
			i += j + 1
		}
		t.found[literal] = all
	}
	if literal == "" || len(all) == 0 {
		return -1
	}
	i, _ := slices.BinarySearch(all, int32(from))
	if i == len(all) {
		return -1
	}
	return int(all[i])
}

// slice returns what is between two positions of squeezed as it is in clean. Where
// it was folded, join stands for the end of the line.
func (t *text) slice(from, to int, join string) string {
	if from >= to {
		return ""
	}
	start, end := int(t.at[from]), int(t.at[to-1])
	_, size := utf8.DecodeRuneInString(t.clean[end:])
	s := t.clean[start : end+size]
	if !strings.Contains(s, "\n") {
		return s
	}
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return strings.Join(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), join)
}

// phrase is like slice, for a value that can have blanks. Whether there was one where
// the line ends, it tells from the line: programs that cut lines within words cut
// them all at the same width. A value is taken for one word if it can be.
func (t *text) phrase(from, to int, oneWord bool) string {
	s := t.slice(from, to, "\n")
	if !strings.Contains(s, "\n") {
		return s
	}
	i := t.line(from)
	var b strings.Builder
	lines := strings.Split(s, "\n")
	for n, part := range lines {
		b.WriteString(part)
		for i+1 < len(t.lines) && strings.TrimSpace(t.lines[i+1]) == "" {
			i++ // an empty line
		}
		cut := i > 0 && runes(t.lines[i]) == runes(t.lines[i-1]) || i+2 < len(t.lines) && runes(t.lines[i]) == runes(t.lines[i+1])
		switch {
		case n+1 == len(lines):
		case strings.HasSuffix(part, ","):
			b.WriteByte(' ')
		case i+1 < len(t.lines) && (cut && !strings.HasSuffix(t.lines[i], " ") && !strings.HasPrefix(t.lines[i+1], " ") ||
			!cut && oneWord && !strings.Contains(s, " ")):
		default:
			b.WriteByte(' ')
		}
		i++
	}
	return b.String()
}

// cutWithinWord reports whether a program cut a line at its width, where no blank is:
// a line shortly after it then has the same length.
func (t *text) cutWithinWord(i int) bool {
	n := runes(t.lines[i])
	after := t.lines[i+1 : min(len(t.lines), i+4)]
	return n >= minWidth && len(after) > 0 && !strings.HasSuffix(t.lines[i], " ") && !strings.HasPrefix(after[0], " ") &&
		slices.ContainsFunc(after, func(line string) bool { return runes(line) == n })
}

// runes returns the length of a line, without what draws a box around it.
func runes(line string) int {
	if inner := strings.TrimRight(line, "│┃║¦"); inner != line {
		line = strings.TrimRight(inner, " ")
	}
	return utf8.RuneCountInString(line)
}

// line returns the index of the line in which a position of squeezed is.
func (t *text) line(at int) int {
	i, exact := slices.BinarySearch(t.starts, int(t.at[at]))
	if !exact {
		i--
	}
	return i
}
