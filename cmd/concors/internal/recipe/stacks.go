package recipe

import (
	"fmt"
	"slices"
	"strings"
)

// A Stack is a server or a framework that recipes are written for.
type Stack struct {
	Name  string `json:"name"`  // what Write takes: nginx
	Title string `json:"title"` // nginx
	// Verified is the version of the real thing that the module integration holds
	// to its recipes; "" is that nobody has.
	Verified string `json:"verified,omitempty"`

	comment string // what a line of comment begins with in its files
	folder  string // of templates/
	limits  []limit

	// runsCors is that it has package cors apply the policies as they are: nothing
	// is odd then, and any route is one.
	runsCors bool
	// anyRoute is that routes may be by method and by host, as far as limits do not
	// say otherwise. Everywhere else a route is by path, and these are refused.
	anyRoute bool
}

// Comment returns a text of one line as a comment in the stack's files.
func (s Stack) Comment(text string) string { return s.comment + text }

// Cannot is what the stack can't do, a sentence without its full stop for each:
// what a policy is refused for, and what is lost of one.
func (s Stack) Cannot() (refused, lost []string) {
	for _, l := range s.allLimits() {
		if l.refuse {
			refused = append(refused, l.says)
		} else {
			lost = append(lost, l.says)
		}
	}
	return refused, lost
}

// Stacks are those that there are recipes for, in the order of their names.
func Stacks() []Stack {
	all := slices.Concat(proxies(), nodeStacks(), goStacks(), otherLanguages(), clouds(), compiledLanguages())
	slices.SortFunc(all, func(a, b Stack) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// An UnknownStack is a name that no recipe has.
type UnknownStack struct {
	Name  string
	Known []string
}

func (e *UnknownStack) Error() string {
	return fmt.Sprintf("there is no recipe for %q: there are %s", e.Name, strings.Join(e.Known, ", "))
}

func find(stacks []Stack, name string) (Stack, error) {
	unknown := &UnknownStack{Name: name}
	for _, s := range stacks {
		if s.Name == name {
			return s, nil
		}
		unknown.Known = append(unknown.Known, s.Name)
	}
	return Stack{}, unknown
}
