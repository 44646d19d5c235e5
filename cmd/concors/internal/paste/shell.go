package paste

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A word is one argument of a command, and the offset at which it begins.
type word struct {
	text string
	at   int
}

// shellWords splits the first command of a text into its words, as a POSIX shell
// with Bash's $'…' does, and removes the quoting. Anything that a shell would
// expand or run is an error. Redirections are skipped. piped reports whether the
// command is piped into another one, which is not read.
//
// It is our own because parsers of the whole shell language recurse as deeply as
// their input is nested, and this input may be hostile.
func shellWords(text string) (list []word, piped bool, err error) {
	l := shellLexer{text: text}
	for {
		l.blank()
		if l.end() {
			return list, false, nil
		}
		start := l.pos
		switch c := l.text[l.pos]; c {
		case '\n', ';', '&':
			// This ends the command; nothing may follow it.
			if c == '&' && l.after(1) == '>' {
				if err := l.redirection(); err != nil {
					return nil, false, err
				}
				continue
			}
			if c == '\n' && len(list) == 0 {
				l.pos++
				continue
			}
			return list, false, l.nothingMore(c)
		case '|':
			return list, true, nil
		case '>':
			if err := l.redirection(); err != nil {
				return nil, false, err
			}
			continue
		case '<':
			return nil, false, l.error(start, "the command reads its input from a file or from the lines below",
				"write the body itself: --data-raw '…'")
		case '(', ')':
			return nil, false, l.error(start, "a parenthesis without quotes has a special meaning in a shell",
				"put quotes around it")
		}
		text, err := l.word()
		if err != nil {
			return nil, false, err
		}
		if l.at('>') && isDigits(text) {
			continue // the number of a stream: 2>
		}
		list = append(list, word{text, start})
	}
}

// A shellLexer reads a text from left to right.
type shellLexer struct {
	text string
	pos  int
}

func (l *shellLexer) end() bool      { return l.pos >= len(l.text) }
func (l *shellLexer) at(c byte) bool { return !l.end() && l.text[l.pos] == c }
func (l *shellLexer) rest() string   { return l.text[l.pos:] }
func (l *shellLexer) after(n int) byte {
	if l.pos+n < len(l.text) {
		return l.text[l.pos+n]
	}
	return 0
}

func (l *shellLexer) error(at int, problem, hint string) error {
	return errorAt(l.text, at, problem, hint)
}

// continuation skips a backslash at the end of a line, which is CR LF in a text
// from Windows.
func (l *shellLexer) continuation() bool {
	for _, s := range []string{"\\\n", "\\\r\n"} {
		if strings.HasPrefix(l.rest(), s) {
			l.pos += len(s)
			return true
		}
	}
	return false
}

// blank skips blanks and comments between words.
func (l *shellLexer) blank() {
	for !l.end() {
		switch {
		case l.at(' '), l.at('\t'), l.at('\r'):
			l.pos++
		case l.at('#'):
			for !l.end() && !l.at('\n') {
				l.pos++
			}
		case !l.continuation():
			return
		}
	}
}

// nothingMore returns an error if text follows a command that ended with c.
func (l *shellLexer) nothingMore(c byte) error {
	at := l.pos
	for !l.end() {
		l.blank()
		if !l.at('\n') && !l.at(';') && !l.at('&') {
			break
		}
		l.pos++
	}
	switch {
	case l.end():
		return nil
	case c == '&':
		return l.error(at, "an & without quotes ends the command",
			"put quotes around the URL: 'https://api.example/?a=1&b=2'")
	case c == '\n':
		return l.error(l.pos, "a second command, or a continuation line without \\ before it",
			"paste one command; end each line that continues with \\")
	}
	return l.error(l.pos, "a second command", "paste one command at a time")
}

// redirection skips > and its target.
func (l *shellLexer) redirection() error {
	for !l.end() && strings.IndexByte("&>|", l.text[l.pos]) >= 0 {
		l.pos++
	}
	l.blank()
	_, err := l.word()
	return err
}

// word reads one word, and removes its quoting.
func (l *shellLexer) word() (string, error) {
	var b strings.Builder
	for !l.end() {
		if l.continuation() {
			continue
		}
		start := l.pos
		switch c := l.text[l.pos]; c {
		case ' ', '\t', '\r', '\n', ';', '&', '|', '<', '>', '(', ')':
			return b.String(), nil
		case '\'':
			end := strings.IndexByte(l.text[l.pos+1:], '\'')
			if end < 0 {
				return "", l.error(start, "this quote is not closed", "check that the whole command was copied")
			}
			b.WriteString(l.text[l.pos+1 : l.pos+1+end])
			l.pos += end + 2
		case '"':
			l.pos++
			if err := l.doubleQuoted(&b, start); err != nil {
				return "", err
			}
		case '\\':
			l.pos++
			if l.end() {
				return "", l.error(start, "a backslash at the end of the text",
					"check that the whole command was copied")
			}
			_, size := utf8.DecodeRuneInString(l.rest())
			b.WriteString(l.text[l.pos : l.pos+size])
			l.pos += size
		case '$':
			switch l.after(1) {
			case '\'':
				l.pos += 2
				if err := l.ansiQuoted(&b, start); err != nil {
					return "", err
				}
			case '"':
				l.pos += 2
				if err := l.doubleQuoted(&b, start); err != nil {
					return "", err
				}
			default:
				if err := l.dollar(); err != nil {
					return "", err
				}
				b.WriteByte('$')
			}
		case '`':
			return "", l.error(start, "a command in backquotes is not run", "write its output instead")
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
	return b.String(), nil
}

// dollar skips a $ that has no special meaning.
func (l *shellLexer) dollar() error {
	name := l.text[l.pos+1:]
	end := 0
	for end < len(name) && isNameByte(name[end]) {
		end++
	}
	switch {
	case end > 0:
		return l.error(l.pos, "the variable $"+short(name[:end])+" is not expanded", "write its value, or use single quotes for a literal $")
	case name != "" && strings.IndexByte("{([", name[0]) >= 0:
		return l.error(l.pos, "the expansion $"+name[:1]+" is not supported", "write its value, or use single quotes for a literal $")
	case name != "" && strings.IndexByte("$!?#@*-", name[0]) >= 0:
		return l.error(l.pos, "the shell's own variable $"+name[:1]+" is not expanded", "write its value, or use single quotes for a literal $")
	}
	l.pos++
	return nil
}

// doubleQuoted reads up to the closing ". The opening one has been read.
func (l *shellLexer) doubleQuoted(b *strings.Builder, start int) error {
	for !l.end() {
		if l.continuation() {
			continue
		}
		switch c := l.text[l.pos]; c {
		case '"':
			l.pos++
			return nil
		case '\\':
			l.pos++
			if l.end() || strings.IndexByte("$`\"\\", l.text[l.pos]) < 0 {
				b.WriteByte('\\')
				continue
			}
			b.WriteByte(l.text[l.pos])
			l.pos++
		case '$':
			if err := l.dollar(); err != nil {
				return err
			}
			b.WriteByte('$')
		case '`':
			return l.error(l.pos, "a command in backquotes is not run", "write its output, or use single quotes for a literal `")
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
	return l.error(start, "this quote is not closed", "check that the whole command was copied")
}

// ansiQuoted reads up to the closing ' of $'…'. A zero byte ends the word in Bash;
// here it is kept, because browsers write a body's zero bytes in this way.
// https://www.gnu.org/software/bash/manual/html_node/ANSI_002dC-Quoting.html
func (l *shellLexer) ansiQuoted(b *strings.Builder, start int) error {
	for !l.end() {
		c := l.text[l.pos]
		l.pos++
		switch {
		case c == '\'':
			return nil
		case c != '\\':
			b.WriteByte(c)
			continue
		case l.end():
			continue
		}
		c = l.text[l.pos]
		l.pos++
		const from, to = "abeEfnrtv\\'\"?", "\a\b\x1b\x1b\f\n\r\t\v\\'\"?"
		if i := strings.IndexByte(from, c); i >= 0 {
			b.WriteByte(to[i])
			continue
		}
		n, digits := 0, 0
		switch {
		case c >= '0' && c <= '7':
			l.pos--
			n, digits = l.number(8, 3)
			n &= 0xFF
		case c == 'x':
			n, digits = l.number(16, 2)
		case c == 'u':
			n, digits = l.number(16, 4)
		case c == 'U':
			n, digits = l.number(16, 8)
		case c == 'c' && !l.end():
			n, digits = int(l.text[l.pos]&0x1F), 1
			l.pos++
		}
		switch {
		case digits == 0:
			b.WriteByte('\\') // Bash keeps an unknown escape
			b.WriteByte(c)
		case c != 'u' && c != 'U':
			b.WriteByte(byte(n))
		case utf16.IsSurrogate(rune(n)):
			// Browsers write a character beyond U+FFFF as its two UTF-16 surrogates.
			half := rune(utf8.RuneError)
			if strings.HasPrefix(l.rest(), `\u`) {
				back := l.pos
				l.pos += 2
				low, _ := l.number(16, 4)
				if half = utf16.DecodeRune(rune(n), rune(low)); half == utf8.RuneError {
					l.pos = back
				}
			}
			b.WriteRune(half)
		default:
			b.WriteRune(rune(n))
		}
	}
	return l.error(start, "this quote is not closed", "check that the whole command was copied")
}

// number reads up to limit digits.
func (l *shellLexer) number(base, limit int) (n, digits int) {
	for ; digits < limit && !l.end(); digits++ {
		d := hexDigit(l.text[l.pos])
		if d < 0 || d >= base {
			break
		}
		n = n*base + d
		l.pos++
	}
	return n, digits
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func isNameByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// isCmd reports whether a command is written for Windows' cmd.exe, where ^ escapes
// as \ does in a shell.
func isCmd(text string) bool {
	first, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	_, arguments, _ := strings.Cut(first, " ")
	arguments = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(arguments), "--url"))
	return strings.HasPrefix(arguments, `^"`) || more && strings.HasSuffix(strings.TrimRight(first, "\r"), " ^")
}

// cmdWords splits a command for cmd.exe into its words. Two programs read such a
// line, one after the other: cmd.exe removes the carets, then the C runtime removes
// the quotes. In the second step a double backslash always becomes a single one,
// because that is what browsers write; the C runtime does so only before a quote.
func cmdWords(text string) ([]word, error) {
	type char struct {
		c  byte
		at int
	}
	var line []char
	quoted, ended := false, false
	for i := 0; i < len(text) && !ended; i++ {
		c := text[i]
		switch {
		case c == '"':
			quoted = !quoted
		case quoted && c != '\n':
		case c == '^':
			i++
			if i < len(text) && text[i] == '\r' {
				i++
			}
			if i < len(text) && text[i] == '\n' {
				i++ // the line continues; its first character is literal
			}
			if i < len(text) && text[i] == '\r' {
				i++
			}
			if i >= len(text) {
				continue
			}
			c = text[i]
		case c == '\n' && strings.TrimSpace(text[:i]) == "":
		case c == '\n':
			if strings.TrimSpace(text[i:]) != "" {
				return nil, errorAt(text, i+1, "a second command, or a continuation line without ^ before it",
					"paste one command; end each line that continues with ^")
			}
			ended = true
		case c == '|' || c == '>':
			ended = true
		case c == '&' || c == '<':
			return nil, errorAt(text, i, "an "+string(c)+" without quotes ends the command",
				"copy it with Copy as cURL (bash), or put double quotes around it")
		}
		if !ended {
			line = append(line, char{c, i})
		}
	}
	var list []word
	var current []byte
	start, inWord, quoted := 0, false, false
	for i := 0; i < len(line); i++ {
		c := line[i].c
		next := byte(0)
		if i+1 < len(line) {
			next = line[i+1].c
		}
		if !quoted && (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
			if inWord {
				list, current, inWord = append(list, word{string(current), start}), nil, false
			}
			continue
		}
		if !inWord {
			inWord, start = true, line[i].at
		}
		switch {
		case c == '\\' && (next == '"' || next == '\\'), quoted && c == '"' && next == '"':
			current = append(current, next)
			i++
		case c == '"':
			quoted = !quoted
		default:
			current = append(current, c)
		}
	}
	if quoted {
		return nil, errorAt(text, start, "this quote is not closed", "check that the whole command was copied")
	}
	if inWord {
		list = append(list, word{string(current), start})
	}
	return list, nil
}
