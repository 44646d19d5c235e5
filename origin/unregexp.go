package origin

import (
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/weburl"
)

// This file reads regular expressions that stand where a pattern should be. It knows the few forms that
// are common for origins, and only those that a pattern can express without standing for more.

// looksLikeRegexp reports whether s, which is not a pattern, has a sign of a regular expression.
func looksLikeRegexp(s string) bool {
	for _, sign := range [...]string{
		`\.`, `\/`, `\d`, `\w`, `\-`, `\S`, `(?`, `)?`, `)+`, `)*`, `]+`, `]*`, `.+`, `[a-z`, `[A-Z`, `[0-9`, `[^`, `s?://`, `|http`, `(http`,
	} {
		if strings.Contains(s, sign) {
			return true
		}
	}
	// a.*.example.com has a star in the wrong place; https://.*\.example.com is an expression.
	for _, before := range [...]string{"", "/", "(", "^"} {
		if i := strings.Index(s, before+".*"); i >= 0 && (before != "" || i == 0) {
			return true
		}
	}
	open, alternatives := strings.IndexByte(s, '('), strings.IndexByte(s, '|')
	return strings.HasPrefix(s, "^") || strings.HasSuffix(s, "$") || open >= 0 && alternatives > open
}

// maxAlternatives is the largest number of patterns that are suggested for one value with alternatives.
const maxAlternatives = 16

// What an expression stands for is written as text in which these bytes stand for repeated characters.
const (
	anyText   = '\x01' // .*
	labelText = '\x02' // [\w-]+: at least what a * in part of a label stands for
	digitText = '\x03' // \d{4,5} is this byte, "4-5" and this byte
)

// regexpPatterns returns patterns that stand only for origins that the regular expression s matches. It
// returns nil if no patterns come close: for example, no pattern stands for letters only.
func regexpPatterns(s string) []string {
	if len(s) > 500 {
		return nil
	}
	if body, ok := strings.CutPrefix(s, "/"); ok {
		if i := strings.LastIndexByte(body, '/'); i >= 0 && strings.Trim(body[i+1:], "gimsuy") == "" {
			s = body[:i]
		}
	}
	r := &expression{rest: s}
	texts := r.alternatives()
	if r.failed || r.rest != "" {
		return nil
	}
	var patterns []string
	for _, text := range texts {
		// What is not written is any text: https://*.example.com is among what \.example\.com matches.
		if !strings.Contains(text, "://") {
			if len(texts) > 1 {
				return nil
			}
			text = "https://" + strings.TrimPrefix(text, "://")
			if strings.HasPrefix(text, "https://.") {
				if strings.HasPrefix(s, "^") {
					return nil // no host begins with a dot
				}
				text = "https://" + string(rune(anyText)) + text[len("https://"):]
			}
		}
		pattern, ok := patternOfText(text)
		if !ok {
			return nil
		}
		if !slices.Contains(patterns, pattern) {
			patterns = append(patterns, pattern)
		}
	}
	return joinAnyPorts(patterns)
}

// patternOfText returns the pattern for a text with the bytes above.
func patternOfText(text string) (string, bool) {
	scheme, rest, _ := strings.Cut(text, "://")
	scheme = strings.TrimPrefix(scheme, string(rune(anyText))) // .*://example.com
	if scheme == "" {
		scheme = "https"
	}
	host, port, hasPort := strings.Cut(rest, ":")
	for i := range len(host) {
		next := byte(0)
		if i+1 < len(host) {
			next = host[i+1]
		}
		switch c := host[i]; {
		case c == anyText && i == 0 && next != '.':
			return "", false // .*example\.com
		case c == labelText && i == 0 && next == '.':
			return "", false // one label; * would stand for several
		case c == '*':
			return "", false
		}
	}
	host = strings.ReplaceAll(host, string(rune(anyText)), "*")
	host = strings.ReplaceAll(host, string(rune(labelText)), "*")
	if hasPort {
		if digits, ok := strings.CutPrefix(port, string(rune(digitText))); ok {
			digits, ok = strings.CutSuffix(digits, string(rune(digitText)))
			if port = portsWithDigits(digits, weburl.DefaultPort(scheme)); !ok || port == "" {
				return "", false
			}
		}
		host += ":" + port
	}
	pattern := scheme + "://" + host
	_, reason := parsePattern(pattern)
	return pattern, reason == "" && pattern != "*"
}

// portsWithDigits returns the list of all ports except the default whose number of digits is in a range
// such as "4-5". The default port is never written, so an expression that wants digits does not match it.
func portsWithDigits(digits string, def int) string {
	from, to, _ := strings.Cut(digits, "-")
	least, err1 := strconv.Atoi(from)
	most, err2 := strconv.Atoi(to)
	if err1 != nil || err2 != nil || least < 1 || least > most || least > 5 {
		return ""
	}
	first, last := 1, 65535
	for range least - 1 {
		first *= 10
	}
	if most < 5 {
		last = 9
		for range most - 1 {
			last = last*10 + 9
		}
	}
	item := func(a, b int) string { return strconv.Itoa(a) + "-" + strconv.Itoa(b) }
	if def < first || def > last {
		return "[" + item(first, last) + "]"
	}
	// 80 and 443 are neither the first nor the last number of their length.
	return "[" + item(first, def-1) + "," + item(def+1, last) + "]"
}

// joinAnyPorts replaces an origin with and without digits after the colon by one pattern with any port.
func joinAnyPorts(patterns []string) []string {
	var out []string
	for _, p := range patterns {
		scheme, _, _ := strings.Cut(p, "://")
		suffix := ":" + portsWithDigits("1-5", weburl.DefaultPort(scheme))
		base, all := strings.CutSuffix(p, suffix)
		switch {
		case all && slices.Contains(patterns, base):
			out = append(out, base+":*")
		case !slices.Contains(patterns, p+suffix):
			out = append(out, p)
		}
	}
	return out
}

// An expression is read from the left.
type expression struct {
	rest   string
	depth  int
	failed bool // it has something that is not known here
}

// alternatives reads a|b up to the end or a closing parenthesis.
func (r *expression) alternatives() []string {
	out := r.sequence()
	for strings.HasPrefix(r.rest, "|") && !r.failed {
		r.rest = r.rest[1:]
		out = append(out, r.sequence()...)
	}
	return r.bounded(out)
}

// sequence reads one alternative.
func (r *expression) sequence() []string {
	out := []string{""}
	if r.depth == 0 {
		r.rest = strings.TrimPrefix(r.rest, "^")
	}
	for r.rest != "" && r.rest[0] != '|' && r.rest[0] != ')' && !r.failed {
		if r.depth == 0 && r.rest[0] == '$' && (len(r.rest) == 1 || r.rest[1] == '|') {
			r.rest = r.rest[1:]
			break
		}
		var next []string
		for _, part := range r.atom() {
			for _, before := range out {
				next = append(next, before+part)
			}
		}
		out = r.bounded(next)
	}
	return out
}

func (r *expression) bounded(texts []string) []string {
	if r.failed = r.failed || len(texts) > maxAlternatives; r.failed {
		return nil
	}
	return texts
}

// atom reads a character, a class or a group, with what follows it: *, +, ? or {1,5}.
func (r *expression) atom() []string {
	c := r.rest[0]
	switch {
	case c == '(':
		return r.group()
	case c == '[':
		class, rest, ok := strings.Cut(r.rest[1:], "]")
		r.rest = rest
		return r.class(class, ok)
	case c == '.':
		r.rest = r.rest[1:]
		if r.repeats() {
			return []string{string(rune(anyText))}
		}
		return r.literal(".") // any character, so also a dot
	case c == '\\' && len(r.rest) > 1:
		escaped := r.rest[1]
		r.rest = r.rest[2:]
		switch escaped {
		case 'd':
			return r.class("0-9", true)
		case 'w':
			return r.class(`\w`, true)
		case 'S':
			return r.class(`^\s`, true)
		}
		if strings.IndexByte(`./-:_`, escaped) < 0 {
			r.failed = true
		}
		return r.literal(string(rune(escaped)))
	case hostnameByte[c] != 0 || c == ':' || c == '/':
		r.rest = r.rest[1:]
		return r.literal(string(rune(c)))
	}
	r.failed = true
	return nil
}

// repeats reads + or *, and the question mark that makes it lazy.
func (r *expression) repeats() bool {
	if r.rest == "" || r.rest[0] != '+' && r.rest[0] != '*' {
		return false
	}
	r.rest = strings.TrimPrefix(r.rest[1:], "?")
	return true
}

// literal reads what follows a character: only ? is known.
func (r *expression) literal(s string) []string {
	if rest, ok := strings.CutPrefix(r.rest, "?"); ok {
		r.rest = rest
		return []string{s, ""}
	}
	if r.rest != "" && strings.IndexByte("*+{", r.rest[0]) >= 0 {
		r.failed = true
	}
	return []string{s}
}

// class reads what follows a class. class is the text between the brackets.
func (r *expression) class(class string, ok bool) []string {
	switch {
	case !ok:
	case class == "0-9" || class == `\d`:
		digits := "1-1"
		if rest, ok := strings.CutPrefix(r.rest, "{"); ok {
			count, after, _ := strings.Cut(rest, "}")
			least, most, isRange := strings.Cut(count, ",")
			switch {
			case !isRange:
				most = least
			case most == "":
				most = "5"
			}
			digits, r.rest = least+"-"+most, after
		} else if r.repeats() {
			digits = "1-5"
		}
		return r.literal(string(rune(digitText)) + digits + string(rune(digitText)))
	case r.repeats():
		switch class {
		case `\w-`, `\w\-`, `-\w`, `\w_-`, `a-z0-9_-`, `a-z0-9\-_`, `a-z0-9-_`, `a-zA-Z0-9_-`, `a-zA-Z0-9-_`, `A-Za-z0-9_-`, `0-9a-z_-`, `^.`, `^\.`, `^./`, `^\./`, `^/.`, `^.:/`, `^.:`:
			return []string{string(rune(labelText))}
		case `^/`, `^\/`, `^\s`, `^:/`, `^/:`, `\w.-`, `\w\.-`, `\w\-.`, `a-z0-9_.-`, `^,`:
			return []string{string(rune(anyText))}
		}
	}
	r.failed = true
	return nil
}

// group reads a group and what follows it.
func (r *expression) group() []string {
	r.rest = strings.TrimPrefix(r.rest[1:], "?:")
	r.depth++
	texts := r.alternatives()
	r.depth--
	if !strings.HasPrefix(r.rest, ")") {
		r.failed = true
		return nil
	}
	r.rest = r.rest[1:]
	switch {
	case strings.HasPrefix(r.rest, "?"):
		r.rest = r.rest[1:]
		return append(texts, "")
	case strings.HasPrefix(r.rest, "+"), strings.HasPrefix(r.rest, "*"):
		// ([\w-]+\.)+ stands for one label or more.
		if len(texts) != 1 || texts[0] != string(rune(labelText))+"." && texts[0] != string(rune(anyText))+"." {
			r.failed = true
			return nil
		}
		texts = []string{string(rune(anyText)) + "."}
		if r.rest[0] == '*' {
			texts = append(texts, "")
		}
		r.rest = strings.TrimPrefix(r.rest[1:], "?")
	case strings.HasPrefix(r.rest, "{"):
		r.failed = true
	}
	return texts
}
