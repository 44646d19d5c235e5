package paste

import (
	"slices"
	"strings"

	"github.com/concors/concors/weburl"
)

// Fetch reads the fetch() call in a piece of JavaScript or TypeScript: one that
// DevTools copied (for the browser or for Node.js), or one that a person wrote, as
// long as its arguments are literals, or constants of the text whose values are
// literals. A new Request(…) may be its input. Text before and after the call is
// skipped; a second call is an error.
func Fetch(text string) (*Pasted, error) {
	if err := acceptable(text); err != nil {
		return nil, err
	}
	p := &jsParser{text: text}
	if !p.findCall() {
		return nil, &Error{Problem: "the text has no fetch() call",
			Hint: `write fetch("https://api.example/notes", {…})`}
	}
	target, err := p.value()
	if err != nil {
		return nil, err
	}
	if target.kind != stringValue && target.kind != requestValue {
		return nil, p.error(target.at, "the first argument is not a URL",
			`write it as a string: fetch("https://api.example/notes")`)
	}
	if _, err := weburl.Parse(target.text, nil); err != nil && !strings.Contains(target.text, "://") {
		return nil, p.error(target.at, quote(target.text)+" is relative to the page's URL",
			"write the whole URL, with https://")
	}
	init := value{}
	if p.take(',') && p.next() != ')' {
		if init, err = p.value(); err != nil {
			return nil, err
		}
		p.take(',')
	}
	if _, err := p.expect(')', ')', "fetch(…)"); err != nil {
		return nil, err
	}
	if after := *p; after.findCall() {
		return nil, p.error(after.start, "a second fetch() call, and it is not clear which one is meant",
			"paste one call at a time")
	}
	if err := p.checkConstants(p.start, p.pos); err != nil {
		return nil, err
	}
	if err := p.checkScopes(p.start); err != nil {
		return nil, err
	}
	f := &call{parser: p, pasted: &Pasted{}}
	f.pasted.Question.URL = target.text
	members, err := p.options(target, init)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if err := f.member(m); err != nil {
			return nil, err
		}
	}
	if err := f.finish(); err != nil {
		return nil, err
	}
	return f.pasted, nil
}

// findCall moves past the first "fetch(" that is not part of a string or comment.
func (p *jsParser) findCall() bool {
	for {
		switch c := p.next(); c {
		case 0:
			return false
		case '"', '\'', '`':
			p.skipString()
			continue
		}
		start := p.pos
		switch word := p.word(); {
		case word == "function":
			p.word() // the name of a function, which is not called here
		case word == "fetch":
			if p.next() == '<' {
				p.pos++
				p.skipType() // the arguments of a generic call
				p.take('>')
			}
			if p.take('(') {
				p.start = start
				return true
			}
		case p.pos == start:
			p.pos++
		}
	}
}

// skipString skips a string. Not every quote begins one: a regular expression may
// contain one. The rest of its line is then skipped, so that the time stays linear in
// the text.
func (p *jsParser) skipString() {
	back, line := p.pos, strings.IndexByte(p.rest(), '\n')
	if _, err := p.string(); err != nil {
		if p.pos = back + line; line < 0 {
			p.pos = len(p.text)
		}
	}
}

// A call is a fetch() call being read.
type call struct {
	parser   *jsParser
	pasted   *Pasted
	headers  []header
	isParams bool
}

// member reads one member of RequestInit: https://fetch.spec.whatwg.org/#requestinit
func (f *call) member(m member) error {
	q, v := &f.pasted.Question, m.value
	if v.kind == undefinedValue {
		return nil
	}
	for _, option := range []struct {
		name string
		to   *string
	}{
		{"method", &q.Method}, {"mode", &q.Mode}, {"credentials", &q.Credentials}, {"redirect", &q.Redirect},
		{"referrer", &q.Referrer}, {"referrerPolicy", &q.ReferrerPolicy},
	} {
		if option.name != m.name {
			continue
		}
		if v.kind != stringValue {
			return f.parser.error(v.at, m.name+" is not a string", "write "+m.name+`: "…"`)
		}
		if *option.to = v.text; m.name == "referrer" && v.text == "" {
			q.Referrer = "no-referrer" // the meaning of an empty referrer
		}
		return nil
	}
	switch m.name {
	case "headers":
		return f.readHeaders(v)
	case "body":
		return f.body(v)
	case "cache", "integrity", "targetAddressSpace":
		if v.text != "" && v.text != "default" {
			f.pasted.note("left out %s, which concors does not check", m.name)
		}
	case "signal", "keepalive", "priority", "window", "duplex":
		// These change neither the request nor the response.
	default:
		f.pasted.note("left out %s, which is not an option of fetch()", short(m.name))
	}
	return nil
}

func (f *call) readHeaders(v value) error {
	members, ok := v.pairs()
	if !ok {
		return f.parser.error(v.at, "headers is neither an object nor an array of pairs", `write headers: {"X-Name": "a"}`)
	}
	if v.kind == objectValue {
		members = inOrder(members)
	}
	for _, m := range members {
		text, ok := m.value.string()
		if !ok {
			return f.parser.error(m.value.at, "the header "+quote(m.name)+" has a value that is not a string", `write it as a string`)
		}
		// A header's value is a ByteString: one character per byte.
		var bytes []byte
		for _, c := range text {
			if c > 0xFF {
				return f.parser.error(m.value.at, "the header "+quote(m.name)+" has a character beyond U+00FF, for which fetch() throws an error", "write it in ASCII")
			}
			bytes = append(bytes, byte(c))
		}
		f.headers = append(f.headers, header{m.name, strings.Trim(string(bytes), " \t\r\n")})
	}
	return nil
}

func (f *call) body(v value) error {
	if v.kind == nullValue {
		return nil
	}
	text, ok := v.string()
	if !ok {
		return f.parser.error(v.at, "the body is an object, and fetch() would send it as [object Object]", "write JSON.stringify({…}) around it")
	}
	f.isParams = v.kind == paramsValue
	f.pasted.Question.Data = &text
	return nil
}

func (f *call) finish() error {
	q := &f.pasted.Question
	if f.isParams && get(f.headers, "Content-Type") == "" {
		f.headers = append(f.headers, header{"Content-Type", "application/x-www-form-urlencoded;charset=UTF-8"})
	}
	if q.Data != nil && q.Method == "" {
		q.Method = "GET" // fetch() does not turn it into a POST: it throws an error
	}
	if agent := get(f.headers, "User-Agent"); strings.Contains(agent, "AppleWebKit/") && !strings.Contains(agent, "Chrome/") {
		// Safari sends a header's characters as UTF-8, and copies those bytes.
		f.headers = asScriptSet(f.headers)
	}
	k := f.pasted.separate(f.headers)
	if k.referer == "" && q.Referrer != "no-referrer" && q.Referrer != "about:client" {
		k.referer = q.Referrer
	}
	if k.preflightMethod != "" && !k.copied {
		f.pasted.note("if this is code of your page: browsers drop Access-Control-Request-Method and -Headers, which a page cannot set, so that the page sends an OPTIONS request without them; delete them, and call fetch() with the method that you mean")
	}
	includes := q.Credentials == "include"
	if err := f.pasted.conclude(k); err != nil {
		return err
	}
	hasAuthorization := slices.ContainsFunc(q.Header, func(h string) bool { return strings.HasPrefix(strings.ToLower(h), "authorization:") })
	if includes && hasAuthorization && k.cookie == "" {
		f.pasted.note("Chromium's Copy as fetch also writes credentials include for an Authorization header; if your code does not, add --credentials same-origin")
	}
	return nil
}
