package paste

import (
	"regexp"
	"strings"
)

// A binding is a declaration of a name: in a part of the text the name stands for that variable. The
// part is the block of the declaration, or the body of the function whose parameter the name is.
type binding struct {
	name       string
	at         int // where the name stands in the declaration
	start, end int
}

// A scope is an open bracket, with what is declared inside it.
type scope struct {
	bracket  byte
	start    int
	before   string // the word before it
	declares bool   // it is the pattern of a declaration, as in const { url } = …
	keyword  string // let, const or var, while its names follow
	// names is where the words inside it begin in the list of words, as they may turn out to be parameters.
	names int
	// own are the bindings that end with the bracket; expression are those that end with the expression,
	// which is the body of an arrow function.
	own, expression []int
}

// A scopeReader finds the bindings of a text, in one pass. It reads brackets, strings and comments
// and no grammar, so that in a text that is not JavaScript it finds something, in linear time.
type scopeReader struct {
	jsParser
	scopes   []scope
	words    []binding // with name and at
	bindings []binding
	body     []int // the parameters of the block that opens next
}

// arrowAfterType fits the type of a function's result and the arrow behind it, as TypeScript has them.
var arrowAfterType = regexp.MustCompile(`^:[^=;\n?]{1,120}=>`)

// bindingsOf finds the declarations of a text.
func bindingsOf(text string) []binding {
	r := scopeReader{jsParser: jsParser{text: text}, scopes: []scope{{}}}
	for last, lastWord := byte(0), ""; r.next() != 0; {
		at := r.pos
		inside := &r.scopes[len(r.scopes)-1]
		if inside.keyword != "" && last != ',' && strings.Contains(text[r.lineStart(at):at], "\n") {
			inside.keyword = "" // a new line ends a declaration unless a comma precedes it
		}
		c := text[at]
		if c == '"' || c == '\'' || c == '`' {
			r.skipString()
			last, lastWord = c, ""
			continue
		}
		word := r.word()
		if word == "" {
			r.pos++
			r.mark(c, last, lastWord)
			last, lastWord = c, ""
			continue
		}
		if strings.IndexByte("\x00)]}\"'`", last) >= 0 && strings.Contains(text[r.lineStart(at):at], "\n") {
			r.endExpressions(at) // a new line ends a statement if an operand precedes it and a word follows
		}
		if last != '.' || strings.HasSuffix(text[:at], "...") {
			r.name(word, at, last, lastWord)
		}
		last, lastWord = 0, word
	}
	for len(r.scopes) > 0 {
		r.close(len(text))
	}
	return r.bindings
}

// lineStart returns where the blanks before a position begin.
func (r *scopeReader) lineStart(at int) int {
	start := at
	for start > 0 && strings.IndexByte(" \t\r\n", r.text[start-1]) >= 0 && at-start < 80 {
		start--
	}
	return start
}

// bind adds a binding from start on, and returns its index.
func (r *scopeReader) bind(name string, at, start int) int {
	r.bindings = append(r.bindings, binding{name: name, at: at, start: start, end: len(r.text)})
	return len(r.bindings) - 1
}

// name reads a word that is not a property.
func (r *scopeReader) name(word string, at int, last byte, lastWord string) {
	inside := &r.scopes[len(r.scopes)-1]
	switch {
	case word == "let" || word == "const" || word == "var":
		inside.keyword = word
		return
	case inside.declares, // in a pattern
		inside.keyword != "" && (lastWord == inside.keyword || last == ','),
		lastWord == "function" || lastWord == "class" || lastWord == "import":
		block := r.block()
		block.own = append(block.own, r.bind(word, at, block.start))
	case r.next() == '=' && strings.HasPrefix(r.rest(), "=>"):
		inside.expression = append(inside.expression, r.bind(word, at, at))
		return
	}
	r.words = append(r.words, binding{name: word, at: at})
}

// block returns the scope that a declaration at this place belongs to: the innermost that is not a pattern.
func (r *scopeReader) block() *scope {
	i := len(r.scopes) - 1
	for i > 0 && r.scopes[i].declares {
		i--
	}
	return &r.scopes[i]
}

// mark reads a byte that begins neither a word nor a string.
func (r *scopeReader) mark(c, last byte, lastWord string) {
	inside := &r.scopes[len(r.scopes)-1]
	switch c {
	case '(', '[', '{':
		pattern := c != '(' && (inside.declares || inside.keyword != "" && (lastWord == inside.keyword || last == ','))
		s := scope{bracket: c, start: r.pos - 1, before: lastWord, declares: pattern, names: len(r.words)}
		if c == '{' && len(r.body) > 0 {
			s.own, r.body = r.body, nil
		}
		r.scopes = append(r.scopes, s)
	case ')', ']', '}':
		if len(r.scopes) > 1 {
			r.close(r.pos)
		}
	case ';':
		inside.keyword = ""
		r.endExpressions(r.pos)
	case ',':
		r.endExpressions(r.pos)
	}
}

// endExpressions ends the bodies of arrow functions in the innermost scope.
func (r *scopeReader) endExpressions(end int) {
	inside := &r.scopes[len(r.scopes)-1]
	for _, i := range inside.expression {
		r.bindings[i].end = end
	}
	inside.expression = nil
}

// controls are the words before a bracket that is not a list of parameters.
const controls = " if while switch with return await of in "

// close ends the innermost scope.
func (r *scopeReader) close(end int) {
	r.endExpressions(end)
	s := r.scopes[len(r.scopes)-1]
	r.scopes = r.scopes[:len(r.scopes)-1]
	if s.bracket == '(' && s.before == "for" {
		// What a loop declares is a variable of its body, too.
		if r.next() == '{' {
			r.body = s.own
			return
		}
	}
	for _, i := range s.own {
		r.bindings[i].end = end
	}
	if s.bracket != '(' {
		return
	}
	next := r.next()
	arrow := next == '=' && strings.HasPrefix(r.rest(), "=>")
	if typed := arrowAfterType.FindString(r.rest()[:min(len(r.rest()), 130)]); typed != "" {
		arrow = true
	}
	block := next == '{' && s.before != "" && !strings.Contains(controls, " "+s.before+" ")
	typedBlock := next == ':' && s.before != "" && r.typedBlock()
	if !arrow && !block && !typedBlock || len(r.scopes) == 0 {
		return
	}
	outer := &r.scopes[len(r.scopes)-1]
	var parameters []int
	for _, w := range r.words[s.names:] {
		parameters = append(parameters, r.bind(w.name, w.at, s.start))
	}
	r.words = r.words[:s.names]
	if arrow && !r.arrowBlock() {
		outer.expression = append(outer.expression, parameters...)
		return
	}
	r.body = parameters
}

// typedBlock reports whether a type and a block follow: function get(url: string): Promise<void> {
func (r *scopeReader) typedBlock() bool {
	line, _, _ := strings.Cut(r.rest()[:min(len(r.rest()), 130)], "\n")
	brace := strings.IndexByte(line, '{')
	return brace > 0 && !strings.ContainsAny(line[:brace], ";?=")
}

// arrowBlock reports whether the body of the arrow function that follows is a block.
func (r *scopeReader) arrowBlock() bool {
	rest := r.rest()[:min(len(r.rest()), 200)]
	_, body, _ := strings.Cut(rest, "=>")
	return strings.HasPrefix(strings.TrimSpace(body), "{")
}

// checkScopes returns an error if a constant that the call uses is another variable where the call
// is: a parameter of the function around it, or a declaration in a block around it. The call begins
// at from.
func (p *jsParser) checkScopes(from int) error {
	if p.constants == nil || len(p.constants.used) == 0 {
		return nil
	}
	for _, b := range bindingsOf(p.text) {
		if _, used := p.constants.used[b.name]; !used {
			continue
		}
		declared := p.constants.names[b.name]
		around := b.start <= from && from < b.end
		switch {
		case b.at == declared && !around:
			return p.error(b.at, "the call is outside the block in which "+quote(b.name)+" is declared; the script is not run",
				"write its value in the call, with all headers and options")
		case b.at != declared && around:
			return p.error(b.at, quote(b.name)+" is declared here, too, and the call may mean this one; the script is not run",
				"write its value in the call, with all headers and options")
		}
	}
	return nil
}
