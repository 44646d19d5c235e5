package paste

import (
	"regexp"
	"slices"
	"strings"
)

// constants are the const declarations of a script, whose values are known if they are
// literals themselves.
type constants struct {
	at     map[string]int // where the value begins
	names  map[string]int // where the name stands in the declaration
	values map[string]constant
	used   map[string]span // where the values are that the call uses
	// budget is how many bytes may still be put in place of names, so that constants
	// which name others cannot grow without limit.
	budget int
}

// A span is a part of the text that was read as a value.
type span struct {
	start, end int
	mutable    bool // a script can change the value without assigning another to the name
}

type constant struct {
	value value
	cost  int // of putting it in place of its name
	known bool
}

var constDeclaration = regexp.MustCompile(`\bconst\s+([A-Za-z_$][\w$]*)\s*(?::[^=;\n]{1,80})?=`)

// maxConstants is how many declarations are read.
const maxConstants = 200

// constantsOf finds the declarations in a text. A name that is declared twice has no known value.
func constantsOf(text string) *constants {
	c := &constants{at: map[string]int{}, names: map[string]int{}, values: map[string]constant{}, used: map[string]span{}, budget: Limit / 4}
	for _, m := range constDeclaration.FindAllStringSubmatchIndex(text, maxConstants) {
		name := text[m[2]:m[3]]
		if _, twice := c.at[name]; twice {
			c.values[name] = constant{}
		}
		c.at[name], c.names[name] = m[1], m[2]
	}
	return c
}

// constant returns the value of a constant, if it is known.
func (p *jsParser) constant(name string) (value, bool) {
	if p.constants == nil {
		p.constants = constantsOf(p.text)
	}
	all := p.constants
	at, declared := all.at[name]
	if !declared || p.depth >= maxDepth {
		return value{}, false
	}
	c, evaluated := all.values[name]
	if !evaluated {
		all.values[name] = constant{} // a constant that names itself is not known
		before := all.budget
		sub := jsParser{text: p.text, pos: at, depth: p.depth, constants: all, endsWithLine: true}
		v, err := sub.value()
		c = constant{value: v, cost: sub.pos - at + before - all.budget, known: err == nil}
		all.values[name] = c
		mutable := v.kind >= arrayValue || v.kind == stringValue && newExpression.MatchString(p.text[at:])
		all.used[name] = span{at, sub.pos, mutable}
	}
	if !c.known || c.cost > all.budget {
		return value{}, false
	}
	all.budget -= c.cost
	return c.value, true
}

// endsStatement reports whether a statement ends between two positions, at the end of a
// line: what follows does not go on with the expression.
func (p *jsParser) endsStatement(from, to int) bool {
	return strings.Contains(p.text[from:to], "\n") && !strings.ContainsRune("+-*/%.,([?&|=<>`^!", rune(p.text[to]))
}

var (
	newExpression = regexp.MustCompile(`^\s*new\b`)
	// assignment fits what follows a variable or a property that gets another value.
	assignment = regexp.MustCompile(`^(?:\+\+|--|(?:\*\*|\|\||&&|\?\?|<<|>>>?|[-+*/%&|^])?=(?:[^=>]|$))`)
)

// Properties whose values are strings, and methods that change nothing.
const (
	readProperties = " method mode credentials redirect referrer url href origin host hostname pathname search length "
	readMethods    = " get has toString toJSON "
	changeMethods  = " append set delete push unshift splice "
	readFunctions  = " log info debug warn error table dir stringify "
)

// checkConstants returns an error if the script does more with a constant that the call
// uses than to declare it and to use it there: its value may then be another one. From
// is where the call begins and to, where it ends; what stands behind it may be run
// before it, but is read as another variable of that name unless it clearly changes one.
func (p *jsParser) checkConstants(from, to int) error {
	if p.constants == nil {
		return nil
	}
	read := []span{{start: from, end: to}}
	for _, s := range p.constants.used {
		read = append(read, s)
	}
	slices.SortFunc(read, func(a, b span) int { return a.start - b.start })
	all := jsParser{text: p.text}
	called := "" // the word before a bracket that was opened last
	for last, lastWord := byte(0), ""; all.next() != 0; {
		for len(read) > 0 && read[0].end <= all.pos {
			read = read[1:]
		}
		at := all.pos
		if len(read) > 0 && at >= read[0].start {
			all.pos, last, lastWord, called = read[0].end, 0, "", ""
			continue
		}
		if c := p.text[at]; c == '"' || c == '\'' || c == '`' {
			all.skipString()
			last, lastWord = c, ""
			continue
		}
		word := all.word()
		if word == "" {
			if last = p.text[at]; last == '(' {
				called = lastWord
			}
			lastWord = ""
			all.pos++
			continue
		}
		s, used := p.constants.used[word]
		if used && s.mutable && last != '.' && lastWord != "const" && all.changes(lastWord, last, called, at > to) {
			return p.error(at, "the script uses "+quote(word)+" outside fetch(), and may change it; the script is not run",
				"write its value in the call, with all headers and options")
		}
		last, lastWord = 0, word
	}
	return nil
}

// changes reports whether what stands around a name may change its value: the word or
// byte before it, the function to which it is passed, and what follows, which it reads.
func (p *jsParser) changes(before string, last byte, called string, behind bool) bool {
	property := ""
	for {
		if p.next() == '?' && strings.HasPrefix(p.rest(), "?.") {
			p.pos++
		}
		if !p.take('.') {
			break
		}
		property = " " + p.word() + " "
	}
	next := p.next()
	switch rest := p.rest(); {
	case next == '[' || before == "delete" || assignment.MatchString(rest[:min(len(rest), 5)]):
		return true
	case property != "" && next == '(':
		return strings.Contains(changeMethods, property) || !behind && !strings.Contains(readMethods, property)
	case behind:
		return last == '(' && strings.Contains(" assign defineProperty defineProperties set ", " "+called+" ")
	case property != "":
		return !strings.Contains(readProperties, property)
	case next == ':' || last == '(' && called != "" && strings.Contains(readFunctions, " "+called+" "):
		return false // a property of that name
	}
	return true
}
