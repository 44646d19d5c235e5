package paste

import (
	"bytes"
	"encoding/json"
	"math"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/concors/concors/weburl"
)

// A value is a JavaScript value that is known without running anything.
type value struct {
	at      int // where it begins
	kind    kind
	text    string   // of a string; the URL of a request
	number  float64  // of a number
	list    []value  // of an array
	members []member // of an object, in order
}

type kind uint8

const (
	undefinedValue kind = iota
	nullValue
	boolValue // number is 0 or 1
	numberValue
	stringValue
	arrayValue
	objectValue
	headersValue // new Headers(…), its list in members
	paramsValue  // new URLSearchParams(…), serialized in text
	requestValue // new Request(…), its options in members
)

// A member of an object literal.
type member struct {
	name  string
	at    int
	value value
}

// maxDepth is how deeply literals may be nested. The parser recurses, so there has
// to be a limit.
const maxDepth = 200

// A jsParser reads the literals of JavaScript.
type jsParser struct {
	text         string
	pos          int
	depth        int
	init         int        // the depth of the options of new Request(…)
	constants    *constants // nil until a name is looked for
	endsWithLine bool       // the value may end with its line, as that of a declaration does
	template     bool       // the string is a value, so that names in ${} are looked for

	start int // where the call begins that findCall found
}

func (p *jsParser) error(at int, problem, hint string) error {
	return errorAt(p.text, min(at, len(p.text)), problem, hint)
}

func (p *jsParser) rest() string { return p.text[p.pos:] }

// next returns the next byte after blanks and comments, or 0 at the end.
func (p *jsParser) next() byte {
	for p.pos < len(p.text) {
		c, size := utf8.DecodeRuneInString(p.rest())
		switch {
		case unicode.IsSpace(c) || c == '\uFEFF':
			p.pos += size
		case strings.HasPrefix(p.rest(), "//"):
			end := strings.IndexByte(p.rest(), '\n')
			if end < 0 {
				end = len(p.rest())
			}
			p.pos += end
		case strings.HasPrefix(p.rest(), "/*"):
			end := strings.Index(p.text[p.pos+2:], "*/")
			if end < 0 {
				p.pos = len(p.text)
				return 0
			}
			p.pos += 2 + end + 2
		default:
			return p.text[p.pos]
		}
	}
	return 0
}

// take skips c if it is next.
func (p *jsParser) take(c byte) bool {
	if p.next() != c {
		return false
	}
	p.pos++
	return true
}

// expect reads one of two bytes; anything else is an error.
func (p *jsParser) expect(a, b byte, where string) (byte, error) {
	switch c := p.next(); {
	case c == a || c == b:
		p.pos++
		return c, nil
	case c == 0:
		return 0, p.error(len(p.text), "the text ends inside "+where, "check that the whole text was copied")
	}
	return 0, p.error(p.pos, quote(p.token())+" in place of "+string(a)+" or "+string(b)+", in "+where,
		"check for a missing comma or quote before it")
}

// word reads an identifier, or returns "".
func (p *jsParser) word() string {
	p.next()
	start := p.pos
	for p.pos < len(p.text) {
		c, size := utf8.DecodeRuneInString(p.rest())
		if c != '_' && c != '$' && !unicode.IsLetter(c) && (p.pos == start || !unicode.IsDigit(c)) {
			break
		}
		p.pos += size
	}
	return p.text[start:p.pos]
}

// token returns the token at the position, for a message.
func (p *jsParser) token() string {
	rest := p.rest()
	if end := strings.IndexAny(rest, " \t\r\n,;()[]{}"); end > 0 {
		return rest[:end]
	}
	_, size := utf8.DecodeRuneInString(rest)
	return rest[:size]
}

// unknown returns the error for an expression that would have to be run.
func (p *jsParser) unknown(at int) error {
	p.pos = at
	return p.error(at, quote(p.token())+" is not a literal, and the script is not run",
		`write its value instead, such as "abc"`)
}

// value reads an expression that is a literal, or literals joined with +.
func (p *jsParser) value() (value, error) {
	v, err := p.operand()
	valueEnd := p.pos
	if err == nil {
		p.skipTypes()
	}
	for err == nil && p.next() == '+' {
		at := p.pos
		p.pos++
		var more value
		if more, err = p.operand(); err != nil {
			break
		}
		valueEnd = p.pos
		p.skipTypes()
		left, ok1 := v.string()
		right, ok2 := more.string()
		if v.kind != stringValue && more.kind != stringValue || !ok1 || !ok2 {
			return v, p.error(at, "only strings can be joined with +", `write the sum itself`)
		}
		v = value{at: v.at, kind: stringValue, text: left + right}
	}
	if err != nil {
		return v, err
	}
	// An expression that continues after the literal would have another value.
	switch c := p.next(); {
	case c == 0, strings.IndexByte(",)]}:;", c) >= 0:
		return v, nil
	case p.endsWithLine && p.endsStatement(valueEnd, p.pos):
		return v, nil
	default:
		return v, p.error(p.pos, quote(p.token())+" after a value: expressions are not evaluated",
			"write the expression's value; check for a missing comma")
	}
}

// skipTypes skips what TypeScript writes after a value and what says nothing about the
// request: "as T", "satisfies T" and "!".
func (p *jsParser) skipTypes() {
	for {
		if p.next() == '!' && !strings.HasPrefix(p.rest(), "!=") {
			p.pos++
			continue
		}
		back := p.pos
		if word := p.word(); word != "as" && word != "satisfies" {
			p.pos = back
			return
		}
		p.skipType()
	}
}

// skipType skips a type, up to the comma, bracket or operator that ends it.
func (p *jsParser) skipType() {
	depth := 0
	for {
		switch c := p.next(); c {
		case 0:
			return
		case '"', '\'', '`':
			if _, err := p.string(); err != nil {
				return
			}
			continue
		case '(', '[', '{', '<':
			depth++
		case ')', ']', '}', '>':
			if depth == 0 {
				return
			}
			depth--
		case ',', ';', ':', '+':
			if depth == 0 {
				return
			}
		case '=':
			if strings.HasPrefix(p.rest(), "=>") {
				p.pos++
			}
		default:
			// Another assertion may follow, which skipTypes reads.
			if word := p.word(); word != "" {
				if depth == 0 && p.pos < len(p.text) && (p.aheadIs("as") || p.aheadIs("satisfies")) {
					return
				}
				continue
			}
		}
		p.pos++
	}
}

// aheadIs reports whether an identifier is next.
func (p *jsParser) aheadIs(name string) bool {
	back := p.pos
	word := p.word()
	p.pos = back
	return word == name
}

func (p *jsParser) operand() (v value, err error) {
	c := p.next()
	at := p.pos
	if p.depth++; p.depth > maxDepth {
		return v, p.error(at, "the nesting is too deep", "shorten the body")
	}
	defer func() { p.depth--; v.at = at }()
	switch {
	case c == 0:
		return v, p.error(len(p.text), "the text ends in place of a value",
			"check that the whole text was copied")
	case c == '"' || c == '\'' || c == '`':
		p.template = true
		text, err := p.string()
		p.template = false
		return value{kind: stringValue, text: text}, err
	case c == '{':
		members, err := p.object()
		return value{kind: objectValue, members: members}, err
	case c == '[':
		list, err := p.array()
		return value{kind: arrayValue, list: list}, err
	case c >= '0' && c <= '9' || c == '-' || c == '.' && !strings.HasPrefix(p.rest(), "..."):
		return p.number()
	}
	switch name := p.word(); name {
	case "null":
		return value{kind: nullValue}, nil
	case "undefined":
		return value{}, nil
	case "true":
		return value{kind: boolValue, number: 1}, nil
	case "false":
		return value{kind: boolValue}, nil
	case "JSON":
		return p.stringify(at)
	case "new":
		return p.construct(at)
	}
	if v, ok := p.constant(p.text[at:p.pos]); ok {
		return v, nil
	}
	return v, p.unknown(at)
}

// substitution writes the value of a constant in ${}, and reports whether it is known.
func (p *jsParser) substitution(b *strings.Builder) bool {
	m := substituted.FindStringSubmatch(p.rest()[:min(len(p.rest()), 200)])
	if m == nil {
		return false
	}
	v, ok := p.constant(m[1])
	if !ok {
		return false
	}
	text, ok := v.string()
	if ok {
		b.WriteString(text)
		p.pos += len(m[0])
	}
	return ok
}

var substituted = regexp.MustCompile(`^\$\{\s*([A-Za-z_$][\w$]*)\s*\}`)

func (p *jsParser) array() ([]value, error) {
	p.pos++
	list := []value{}
	for !p.take(']') {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		end, err := p.expect(',', ']', "an array")
		if err != nil || end == ']' {
			return list, err
		}
	}
	return list, nil
}

func (p *jsParser) object() ([]member, error) {
	p.pos++
	members := []member{}
	for !p.take('}') {
		m, err := p.member()
		if err != nil {
			return nil, err
		}
		members = put(members, m)
		end, err := p.expect(',', '}', "an object")
		if err != nil || end == '}' {
			return members, err
		}
	}
	return members, nil
}

// put adds a member, or replaces it in its place, as JavaScript does.
func put(members []member, m member) []member {
	// A scan is fast enough for the objects that people write, and the limit
	// keeps it linear for others.
	for i := range members[:min(len(members), 1000)] {
		if members[i].name == m.name {
			members[i] = m
			return members
		}
	}
	return append(members, m)
}

func (p *jsParser) member() (m member, err error) {
	c := p.next()
	m.at = p.pos
	switch {
	case c == 0:
		return m, p.error(len(p.text), "the text ends inside an object", "check that the whole text was copied")
	case c == '"' || c == '\'':
		m.name, err = p.string()
	case c == '[':
		return m, p.error(m.at, "a computed name is not a literal, and the script is not run", `write the name itself, such as "X-Name"`)
	case c == '.':
		return m, p.error(m.at, "a spread (...) is not a literal, and the script is not run", `write the members out, such as "X-Name": "a"`)
	case c >= '0' && c <= '9':
		var v value
		if v, err = p.number(); err == nil {
			m.name, _ = v.string()
		}
	default:
		if m.name = p.word(); m.name == "" {
			return m, p.error(m.at, quote(p.token())+" in place of a name", `write a name, such as method`)
		}
	}
	if err != nil {
		return m, err
	}
	switch c := p.next(); c {
	case ':':
		p.pos++
		if (p.depth == 1 || p.depth == p.init) && (m.name == "signal" || m.name == "priority") {
			// The values of these options do not change the request.
			if v, ok := p.skipped(); ok {
				m.value = v
				return m, nil
			}
		}
		m.value, err = p.value()
	case ',', '}':
		if (p.depth == 1 || p.depth == p.init) && m.name == "signal" {
			return m, nil
		}
		if v, ok := p.constant(m.name); ok {
			m.value = v
			return m, nil
		}
		return m, p.error(m.at, "the variable "+quote(m.name)+" is not known", "write its value after a colon: "+short(m.name)+`: "abc"`)
	case '(':
		return m, p.error(m.at, "a function in place of a value", `write the value that it returns`)
	default:
		_, err = p.expect(':', ',', "an object")
	}
	return m, err
}

// skipped skips any expression, up to the comma or bracket that ends it.
func (p *jsParser) skipped() (value, bool) {
	back := *p
	depth := 0
	for {
		switch c := p.next(); c {
		case 0:
			*p = back
			return value{}, false
		case '"', '\'', '`':
			if _, err := p.string(); err != nil {
				*p = back
				return value{}, false
			}
			continue
		case '(', '[', '{':
			depth++
		case ')', ']', '}', ',':
			if depth == 0 {
				return value{}, true
			}
			if c != ',' {
				depth--
			}
		}
		p.pos++
	}
}

// string reads a string, or a template without substitutions.
func (p *jsParser) string() (string, error) {
	start, end := p.pos, p.text[p.pos]
	p.pos++
	var b strings.Builder
	for p.pos < len(p.text) {
		c, size := utf8.DecodeRuneInString(p.rest())
		switch {
		case c == rune(end):
			p.pos++
			return b.String(), nil
		case c == '\\':
			if err := p.escape(&b); err != nil {
				return "", err
			}
			continue
		case c == '\n' && end != '`':
			return "", p.error(start, "this string does not end on its line", "check for a missing quote, or one inside that needs a \\ before it")
		case c == '\r' && end == '`':
			// In a template every line break is \n.
			if !strings.HasPrefix(p.rest(), "\r\n") {
				b.WriteByte('\n')
			}
			p.pos++
			continue
		case end == '`' && p.template && strings.HasPrefix(p.rest(), "${") && p.substitution(&b):
			continue
		case end == '`' && strings.HasPrefix(p.rest(), "${"):
			return "", p.error(p.pos, "a substitution ${…} is not a literal, and the script is not run", "write the value instead")
		}
		b.WriteString(p.text[p.pos : p.pos+size])
		p.pos += size
	}
	return "", p.error(start, "this string is not closed", "check that the whole text was copied")
}

// escape reads an escape sequence.
func (p *jsParser) escape(b *strings.Builder) error {
	at := p.pos
	p.pos++
	if p.pos >= len(p.text) {
		return nil // string reports that the string is not closed
	}
	c, size := utf8.DecodeRuneInString(p.rest())
	p.pos += size
	if i := strings.IndexRune("bfnrtv", c); i >= 0 {
		b.WriteByte("\b\f\n\r\t\v"[i])
		return nil
	}
	switch c {
	case 'x', 'u':
		n, ok := p.codePoint(byte(c))
		if !ok {
			return p.error(at, "\\"+string(c)+" without its hexadecimal digits", `write \\ for a literal backslash`)
		}
		if utf16.IsSurrogate(n) {
			// Two surrogates make one character; a lone one is sent as U+FFFD.
			half := rune(utf8.RuneError)
			if back := p.pos; strings.HasPrefix(p.rest(), `\u`) {
				p.pos += 2
				low, _ := p.codePoint('u')
				if half = utf16.DecodeRune(n, low); half == utf8.RuneError {
					p.pos = back
				}
			}
			n = half
		}
		b.WriteRune(n)
	case '\r':
		if strings.HasPrefix(p.rest(), "\n") {
			p.pos++
		}
	case '\n', '\u2028', '\u2029':
	case '0':
		if p.pos < len(p.text) && isDigits(p.text[p.pos:p.pos+1]) {
			return p.error(at, "an octal escape", `write \x and two hexadecimal digits`)
		}
		b.WriteByte(0)
	case '1', '2', '3', '4', '5', '6', '7':
		return p.error(at, "an octal escape", `write \x and two hexadecimal digits`)
	default:
		b.WriteRune(c)
	}
	return nil
}

// codePoint reads the digits of \x or \u.
func (p *jsParser) codePoint(c byte) (rune, bool) {
	digits := 2
	braced := c == 'u' && strings.HasPrefix(p.rest(), "{")
	switch {
	case braced:
		end := strings.IndexByte(p.rest(), '}')
		if end < 2 || end > 9 {
			return 0, false
		}
		p.pos++
		digits = end - 1
	case c == 'u':
		digits = 4
	}
	if len(p.rest()) < digits {
		return 0, false
	}
	n := 0
	for range digits {
		d := hexDigit(p.text[p.pos])
		if d < 0 {
			return 0, false
		}
		n = n*16 + d
		p.pos++
	}
	if braced {
		p.pos++
	}
	return rune(n), n <= unicode.MaxRune
}

func (p *jsParser) number() (value, error) {
	at := p.pos
	for p.pos < len(p.text) && (p.text[p.pos] == '.' || isNameByte(p.text[p.pos]) ||
		(p.text[p.pos] == '-' || p.text[p.pos] == '+') && (p.pos == at || p.text[p.pos-1] == 'e' || p.text[p.pos-1] == 'E')) {
		p.pos++
	}
	text := p.text[at:p.pos]
	n, err := strconv.ParseFloat(text, 64)
	if i, e := strconv.ParseUint(text, 0, 53); err != nil && e == nil {
		n, err = float64(i), nil // 0x10
	}
	if err != nil || math.IsInf(n, 0) || math.IsNaN(n) || strings.Contains(text, "_") {
		return value{}, p.error(at, quote(text)+" is not a number that can be read here", "write it in decimal digits")
	}
	return value{kind: numberValue, number: n}, nil
}

// stringify reads JSON.stringify(literal).
func (p *jsParser) stringify(at int) (value, error) {
	if !p.take('.') || p.word() != "stringify" || !p.take('(') {
		return value{}, p.unknown(at)
	}
	v, err := p.value()
	if err != nil {
		return v, err
	}
	p.take(',')
	if p.next() != ')' {
		return v, p.error(p.pos, "JSON.stringify with more than one argument", "omit the others: they only change the layout of the body")
	}
	p.pos++
	var b bytes.Buffer
	if !writeJSON(&b, v) {
		return value{}, nil
	}
	return value{kind: stringValue, text: b.String()}, nil
}

// construct reads the expressions with new that are known.
func (p *jsParser) construct(at int) (v value, err error) {
	name := p.word()
	switch name {
	case "Headers", "URLSearchParams", "URL":
	case "Request":
		return p.request(at)
	default:
		return v, p.error(at, "new "+short(name)+" is not a literal, and the script is not run",
			`write its value: headers as {"X-Name": "a"}, a body as a string with its Content-Type in the headers`)
	}
	if !p.take('(') {
		return v, p.unknown(at)
	}
	if p.next() != ')' {
		if v, err = p.value(); err != nil {
			return v, err
		}
		if p.take(',') && name == "URL" && p.next() != ')' {
			if v, err = p.relativeTo(v); err != nil {
				return v, err
			}
		}
	}
	if _, err := p.expect(')', ')', "new "+name+"(…)"); err != nil {
		return v, err
	}
	switch name {
	case "URL":
		if v.kind != stringValue {
			return v, p.unknown(at)
		}
		return v, nil
	case "Headers":
		members, ok := v.pairs()
		if !ok {
			return v, p.error(v.at, "new Headers needs an object or an array of pairs", `write new Headers({"X-Name": "a"})`)
		}
		return value{kind: headersValue, members: members}, nil
	}
	if v.kind == stringValue {
		query, err := url.ParseQuery(strings.TrimPrefix(v.text, "?"))
		if err != nil {
			return v, p.error(v.at, "a query that cannot be parsed", "write its names and values as an object")
		}
		return value{kind: paramsValue, text: query.Encode()}, nil
	}
	members, ok := v.pairs()
	if !ok {
		return v, p.error(v.at, "new URLSearchParams needs a string, an object or an array of pairs", `write new URLSearchParams({a: "b"})`)
	}
	var parts []string
	for _, m := range members {
		text, ok := m.value.string()
		if !ok {
			return v, p.error(m.value.at, "a value that is not a string", `write it as a string`)
		}
		parts = append(parts, url.QueryEscape(m.name)+"="+url.QueryEscape(text))
	}
	return value{kind: paramsValue, text: strings.Join(parts, "&")}, nil
}

// request reads new Request(URL, {…}) after its name.
func (p *jsParser) request(at int) (v value, err error) {
	if !p.take('(') {
		return v, p.unknown(at)
	}
	defer func(outer int) { p.init = outer }(p.init)
	p.init = p.depth + 1
	input, err := p.value()
	if err != nil {
		return v, err
	}
	init := value{}
	if p.take(',') && p.next() != ')' {
		if init, err = p.value(); err != nil {
			return v, err
		}
		p.take(',')
	}
	if _, err := p.expect(')', ')', "new Request(…)"); err != nil {
		return v, err
	}
	if input.kind != stringValue && input.kind != requestValue {
		return v, p.error(input.at, "the first argument of new Request is not a URL", `write it as a string: new Request("https://api.example/notes")`)
	}
	v = value{kind: requestValue, text: input.text}
	v.members, err = p.options(input, init)
	return v, err
}

// options returns the options of fetch() or new Request(): those of the request that is
// its input, and instead of them, those of its own.
// https://fetch.spec.whatwg.org/#dom-request
func (p *jsParser) options(input, init value) ([]member, error) {
	switch init.kind {
	case objectValue, undefinedValue, nullValue:
	default:
		return nil, p.error(init.at, "the second argument is not an object", `write {method: "PUT"}`)
	}
	members := slices.Clone(input.members)
	own := slices.DeleteFunc(slices.Clone(init.members), func(m member) bool { return m.value.kind == undefinedValue })
	if len(own) > 0 {
		members = slices.DeleteFunc(members, func(m member) bool { return m.name == "referrer" || m.name == "referrerPolicy" })
	}
	for _, m := range own {
		members = put(members, m)
	}
	return members, nil
}

// relativeTo reads the second argument of new URL, and resolves the first one with it.
func (p *jsParser) relativeTo(v value) (value, error) {
	base, err := p.value()
	if err != nil {
		return v, err
	}
	p.take(',')
	b, err := weburl.Parse(base.text, nil)
	if base.kind != stringValue || err != nil {
		return v, p.error(base.at, "the second argument of new URL is not a whole URL", "write the whole URL, with https://")
	}
	u, err := weburl.Parse(v.text, b)
	if v.kind != stringValue || err != nil {
		return v, p.error(v.at, "new URL of something that is not a URL", "write the whole URL, with https://")
	}
	return value{at: v.at, kind: stringValue, text: u.String()}, nil
}

// pairs returns the names and values of an object, a Headers or an array of pairs.
func (v value) pairs() ([]member, bool) {
	switch v.kind {
	case undefinedValue, nullValue:
		return nil, true
	case objectValue, headersValue:
		return v.members, true
	case arrayValue:
		var members []member
		for _, pair := range v.list {
			if pair.kind != arrayValue || len(pair.list) != 2 {
				return nil, false
			}
			name, ok := pair.list[0].string()
			if !ok {
				return nil, false
			}
			members = append(members, member{name, pair.at, pair.list[1]})
		}
		return members, true
	}
	return nil, false
}

// string converts the value to a string, as JavaScript does; false where it is an object.
func (v value) string() (string, bool) {
	switch v.kind {
	case stringValue, paramsValue:
		return v.text, true
	case undefinedValue:
		return "undefined", true
	case nullValue:
		return "null", true
	case boolValue:
		return strconv.FormatBool(v.number != 0), true
	case numberValue:
		b, err := json.Marshal(v.number) // the same form as in JavaScript
		return string(b), err == nil
	}
	return "", false
}

// writeJSON writes the value as JSON.stringify does; it returns false for undefined.
func writeJSON(b *bytes.Buffer, v value) bool {
	switch v.kind {
	case undefinedValue:
		return false
	case stringValue:
		writeJSONString(b, v.text)
	case arrayValue:
		b.WriteByte('[')
		for i, item := range v.list {
			if i > 0 {
				b.WriteByte(',')
			}
			if !writeJSON(b, item) {
				b.WriteString("null")
			}
		}
		b.WriteByte(']')
	case objectValue:
		b.WriteByte('{')
		first := true
		for _, m := range inOrder(v.members) {
			if m.value.kind == undefinedValue {
				continue
			}
			if !first {
				b.WriteByte(',')
			}
			first = false
			writeJSONString(b, m.name)
			b.WriteByte(':')
			writeJSON(b, m.value)
		}
		b.WriteByte('}')
	case headersValue, paramsValue:
		b.WriteString("{}") // it has no own members
	default:
		text, _ := v.string()
		b.WriteString(text)
	}
	return true
}

func writeJSONString(b *bytes.Buffer, s string) {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if encoder.Encode(s) == nil {
		b.Truncate(b.Len() - 1) // without the line break
	}
}

// inOrder returns members in JavaScript's order of enumeration: names that are
// array indices first, by number.
func inOrder(members []member) []member {
	index := func(name string) (uint64, bool) {
		n, err := strconv.ParseUint(name, 10, 32)
		return n, err == nil && strconv.FormatUint(n, 10) == name && n != math.MaxUint32
	}
	sorted := slices.Clone(members)
	slices.SortStableFunc(sorted, func(a, b member) int {
		m, isM := index(a.name)
		n, isN := index(b.name)
		switch {
		case isM && isN:
			return int(int64(m) - int64(n))
		case isM:
			return -1
		case isN:
			return 1
		}
		return 0
	})
	return sorted
}
