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
// with Bash's $'…' does, and removes the quoting. What a shell would look up or
// run is an error. Redirections are skipped; piped says that the command's
// output goes to another one, which is not looked at.
//
// It is written out here because parsers of the whole shell language recurse as
// deeply as their input is nested, and this input may be hostile.
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
			// A command may end so, if nothing comes behind it.
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
			return nil, false, l.error(start, "the command reads a file or the lines below it", "write the body itself: --data-raw '…'")
		case '(', ')':
			return nil, false, l.error(start, "a parenthesis means something else to a shell", "put quotes around it")
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

// A shellLexer walks through a text.
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

// continuation skips a backslash at the end of a line. Texts that went through
// Windows have CR LF there.
func (l *shellLexer) continuation() bool {
	for _, s := range []string{"\\\n", "\\\r\n"} {
		if strings.HasPrefix(l.rest(), s) {
			l.pos += len(s)
			return true
		}
	}
	return false
}

// blank skips what stands between words.
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

// nothingMore demands that a command that ended with c was the last one.
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
		return l.error(at, "an & without quotes ends the command", "put quotes around the URL: 'https://api.example/?a=1&b=2'")
	case c == '\n':
		return l.error(l.pos, "a second command, or a line that belongs to the first", "paste one command at a time; a line that goes on ends with \\")
	}
	return l.error(l.pos, "a second command", "paste one command at a time")
}

// redirection skips > and where it leads to.
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
				return "", l.error(start, "the quote that begins here has no end", "was the command copied whole?")
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
				return "", l.error(start, "a backslash with nothing behind it", "was the command copied whole?")
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
			return "", l.error(start, "a command in backquotes is not run", "write what it prints")
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
	return b.String(), nil
}

// dollar skips a $ that stands for itself.
func (l *shellLexer) dollar() error {
	name := l.text[l.pos+1:]
	end := 0
	for end < len(name) && isNameByte(name[end]) {
		end++
	}
	switch {
	case end > 0:
		return l.error(l.pos, "the variable $"+bounded(name[:end])+" is not looked up", "write its value, or single quotes if the $ is meant")
	case strings.HasPrefix(name, "{"), strings.HasPrefix(name, "("):
		return l.error(l.pos, "what a shell puts in place of $"+name[:1]+" is not known here", "write the value, or single quotes if the $ is meant")
	}
	l.pos++
	return nil
}

// doubleQuoted reads to the closing ". The opening one has been read.
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
			return l.error(l.pos, "a command in backquotes is not run", "write what it prints, or single quotes if the ` is meant")
		default:
			b.WriteByte(c)
			l.pos++
		}
	}
	return l.error(start, "the quote that begins here has no end", "was the command copied whole?")
}

// ansiQuoted reads to the closing ' of $'…'. A zero byte would end the word for
// Bash; it is kept, as browsers write those of a body so.
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
			b.WriteByte('\\') // as Bash does
			b.WriteByte(c)
		case c != 'u' && c != 'U':
			b.WriteByte(byte(n))
		case utf16.IsSurrogate(rune(n)):
			// Browsers write an emoji as the two halves that it has in UTF-16.
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
	return l.error(start, "the quote that begins here has no end", "was the command copied whole?")
}

// number reads at most most digits.
func (l *shellLexer) number(base, most int) (n, digits int) {
	for ; digits < most && !l.end(); digits++ {
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

// bounded cuts a name for a message.
func bounded(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// isCmd reports whether a command is in the words of Windows' cmd.exe, in which
// ^ is what \ is to a shell.
func isCmd(text string) bool {
	first, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	_, arguments, _ := strings.Cut(first, " ")
	arguments = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(arguments), "--url"))
	return strings.HasPrefix(arguments, `^"`) || more && strings.HasSuffix(strings.TrimRight(first, "\r"), " ^")
}

// cmdWords splits a command for cmd.exe. Two programs read such a line one after
// the other: cmd.exe takes the carets away, and the C runtime the quotes. In the
// second step a doubled backslash is one here, although the C runtime says so
// before a quote only: that is how browsers write it, and what they mean.
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
				i++ // the line goes on, and its first character stands for itself
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
				return nil, errorAt(text, i+1, "a second command, or a line that belongs to the first", "paste one command at a time; a line that goes on ends with ^")
			}
			ended = true
		case c == '|' || c == '>':
			ended = true
		case c == '&' || c == '<':
			return nil, errorAt(text, i, "an "+string(c)+" without quotes ends the command", "copy it with Copy as cURL (bash), or put double quotes around it")
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
		return nil, errorAt(text, start, "the quote that begins here has no end", "was the command copied whole?")
	}
	if inWord {
		list = append(list, word{string(current), start})
	}
	return list, nil
}
