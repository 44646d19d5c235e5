package paste

import (
	"regexp"
	"strings"
)

// constants are the const declarations of a script, whose values are known if they are
// literals themselves.
type constants struct {
	at     map[string]int // where the value begins
	values map[string]constant
	// budget is how many bytes may still be put in place of names, so that constants
	// which name others cannot grow without limit.
	budget int
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
	c := &constants{at: map[string]int{}, values: map[string]constant{}, budget: Limit / 4}
	for _, m := range constDeclaration.FindAllStringSubmatchIndex(text, maxConstants) {
		name := text[m[2]:m[3]]
		if _, twice := c.at[name]; twice {
			c.values[name] = constant{}
		}
		c.at[name] = m[1]
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
