package policyfile

import (
	"fmt"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/position"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// A File is a valid policy file.
type File struct {
	Routes routes.Policies
	// Single means that the file holds one policy, which is Routes.Policy.
	Single bool
	// Warnings are about what works but could be better.
	Warnings []Problem

	positions map[string]position.Position // by path, such as routes[0].policy.origins[1]
}

// Position returns the path and the position of a field in the policy of a route, or,
// for the route -1, in the policy for all other paths. The field "pattern" is that of
// the route, and index is that of an item of a list, or -1. A route's field may be
// inherited. A field that the file does not have is where the policy begins.
func (f *File) Position(route int, field string, index int) (path string, at position.Position) {
	base := "policy"
	if f.Single {
		base = ""
	}
	of := func(policy string) string {
		path := join(policy, field)
		if index >= 0 {
			path = fmt.Sprintf("%s[%d]", path, index)
		}
		return path
	}
	paths := []string{of(base), base, ""}
	if own := fmt.Sprintf("routes[%d]", route); route >= 0 && field == "pattern" {
		paths = []string{of(own), own}
	} else if route >= 0 {
		paths = append([]string{of(own + ".policy")}, paths...)
	}
	for _, path := range paths {
		if at, ok := f.positions[path]; ok {
			return path, at
		}
	}
	return "", position.Position{Line: 1, Column: 1}
}

// A Problem is something that is wrong with a file or, as a warning, could be
// better.
type Problem struct {
	Line    int  `json:"line"`   // from 1
	Column  int  `json:"column"` // from 1, in characters
	Warning bool `json:"warning"`
	// Path is its path in the data, such as routes[0].policy.origins[1]; "" if it
	// concerns the whole file or its syntax.
	Path string `json:"path"`
	// Reason is the reason of a fault of package cors, "" for other problems.
	Reason  cors.FaultReason `json:"reason,omitempty"`
	Message string           `json:"message"`
	Repair  string           `json:"repair"`
}

// Text returns the problem as one line in the form that compilers use: it begins
// with the name of the file.
func (p Problem) Text(name string) string {
	level := "error"
	if p.Warning {
		level = "warning"
	}
	s := fmt.Sprintf("%s:%d:%d: %s: %s", name, p.Line, p.Column, level, p.Message)
	if p.Repair != "" {
		s += "; " + p.Repair
	}
	return s
}

// Errors are the problems of a file that cannot be used.
type Errors struct {
	Name     string
	Problems []Problem // warnings too, in the order of the file
}

// Error has a line for each problem.
func (e *Errors) Error() string {
	var lines []string
	for _, p := range e.Problems {
		lines = append(lines, p.Text(e.Name))
	}
	return strings.Join(lines, "\n")
}

// limits bound untrusted files. A policy has five levels, and most of its values are
// origins.
var limits = position.Limits{Size: 1 << 20, Depth: 20, Values: 200_000}

// Open reads a file from disk. The error is an *Errors, or one of the file system.
func Open(name string) (*File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Size() > int64(limits.Size) {
		return Load(name, make([]byte, limits.Size+1)) // for its error; the file is not read
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Load(name, data)
}

// Load reads the text of a file: JSON if its name ends in .json, else YAML. The error
// is an *Errors with all problems. If there is none, [cors.New] and [routes.Wrap]
// accept the policies.
func Load(name string, data []byte) (*File, error) {
	root, syntax := position.Read(name, data, limits)
	if syntax != nil {
		return nil, &Errors{name, []Problem{{Line: syntax.Line, Column: syntax.Column,
			Message: syntax.Message, Repair: syntax.Repair}}}
	}
	if root == nil {
		return nil, &Errors{name, []Problem{{Line: 1, Column: 1, Message: "the file is empty",
			Repair: "write origins: [https://app.example.com]"}}}
	}
	d := &decoder{positions: map[string]position.Position{}}
	routes, single := d.file(root)
	c := &checker{decoder: d, single: single, reported: map[Problem]bool{}}
	c.policies(routes)
	slices.SortStableFunc(d.problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	if slices.ContainsFunc(d.problems, func(p Problem) bool { return !p.Warning }) {
		if d.omitted > 0 {
			last := d.problems[len(d.problems)-1]
			d.problems = append(d.problems, Problem{Line: last.Line, Column: last.Column,
				Message: fmt.Sprintf("and %d more problems", d.omitted), Repair: "fix these first"})
		}
		return nil, &Errors{name, d.problems}
	}
	return &File{routes, single, d.problems, d.positions}, nil
}

// A checker has package cors check the policies, and reports its faults with the
// names and positions of the file.
type checker struct {
	*decoder
	single   bool
	reported map[Problem]bool // so that an inherited fault is reported once
}

func (c *checker) policies(all routes.Policies) {
	// A field that could not be decoded is empty now. Further faults of it would only
	// confuse.
	broken := map[string]bool{}
	for _, p := range c.problems {
		broken[p.Path] = true
		for i := range p.Path {
			// An item of a list spoils only itself.
			isItem := p.Path[i] == '[' && strings.IndexByte(p.Path[i:], ']') == len(p.Path[i:])-1
			if p.Path[i] == '.' || p.Path[i] == '[' && !isItem {
				broken[p.Path[:i]] = true
			}
		}
	}
	base := "policy"
	if c.single {
		base = ""
	}
	c.policy(all.Policy, base, base, "", broken)
	mux := http.NewServeMux()
	for i, route := range all.Routes {
		at := fmt.Sprintf("routes[%d]", i)
		c.pattern(mux, route, at, broken)
		if !route.Off {
			c.policy(route.Policy, at+".policy", base,
				fmt.Sprintf("in the route %q, ", bounded(route.Pattern)), broken)
		}
	}
}

// pattern checks the pattern of a route. at is the path of the route, and broken has the
// paths of what could not be decoded.
func (c *checker) pattern(mux *http.ServeMux, route routes.Route, at string, broken map[string]bool) {
	pattern, path := route.Pattern, at+".pattern"
	problem := register(mux, pattern)
	_, given := c.positions[path]
	switch {
	case broken[path]:
	case pattern == "" && given:
		c.fail(c.position(path), path, "the pattern is empty", "write / for every path")
	case pattern != "" && problem != "":
		c.fail(c.position(path, at), path, "invalid pattern: "+problem,
			"write a pattern of http.ServeMux, such as /public/ or \"GET /items/{id}\"")
	case pattern != "" && !broken[at] && !broken["policy"]:
		if err := route.Check(); err != nil {
			problem, repair, _ := strings.Cut(InFileWords(err.Error()), "; ")
			c.fail(c.position(path, at), path, fmt.Sprintf("%q: %s", bounded(pattern), problem), repair)
		}
	}
}

// policy checks one policy. own and base are the paths of the policy and of the one
// that it inherits from. prefix begins messages about inherited fields.
func (c *checker) policy(p cors.Policy, own, base, prefix string, broken map[string]bool) {
	for _, fault := range p.Check() {
		name := fileName(fault.Field)
		path, inherits := join(own, name), false
		if _, given := c.positions[path]; !given {
			if _, given := c.positions[join(base, name)]; given {
				path, inherits = join(base, name), true
			}
		}
		if broken[path] {
			continue
		}
		if fault.Index >= 0 {
			path = fmt.Sprintf("%s[%d]", path, fault.Index)
			if broken[path] {
				continue
			}
		}
		at := c.position(path, own, base, strings.TrimSuffix(own, ".policy"))
		message := InFileWords(fault.Problem)
		if value := fault.Value; value != "" {
			message = fmt.Sprintf("%q: %s", bounded(value), message)
		} else {
			message = name + ": " + message
		}
		repair := InFileWords(fault.Repair)
		if fault.Reason == cors.FaultNoOrigins {
			repair = "write origins: [https://app.example.com], or [\"*\"] for any origin"
		}
		problem := Problem{Line: at.Line, Column: at.Column, Warning: fault.Warning, Path: path,
			Reason: fault.Reason, Message: message, Repair: repair}
		if c.reported[problem] {
			continue // the policy that it is inherited from has it too
		}
		c.reported[problem] = true
		if inherits {
			problem.Message = prefix + problem.Message
		}
		// Warnings must not displace errors.
		if problem.Warning && c.full() {
			continue
		}
		c.problems = append(c.problems, problem)
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// position returns the position of the first of the paths that the file has.
func (c *checker) position(paths ...string) position.Position {
	for _, path := range append(paths, "") {
		if at, ok := c.positions[path]; ok {
			return at
		}
	}
	return position.Position{Line: 1, Column: 1}
}

var registeredAt = regexp.MustCompile(` \(registered at [^)]*\)`)

// register registers a pattern. It returns what is wrong with it, for which ServeMux
// panics.
func register(mux *http.ServeMux, pattern string) (problem string) {
	defer func() {
		if p := recover(); p != nil {
			// The place in this program where it was registered does not help the user.
			problem = registeredAt.ReplaceAllString(fmt.Sprint(p), "")
			problem, _, _ = strings.Cut(problem, "\n")
			problem = strings.TrimSuffix(problem, ":")
		}
	}()
	mux.Handle(pattern, http.NotFoundHandler())
	return ""
}

// fileName returns the name that a Go field has in files: lookupCache.maxEntries for
// LookupCache.MaxEntries.
func fileName(goName string) string {
	t := reflect.TypeFor[cors.Policy]()
	var out []string
	for part := range strings.SplitSeq(goName, ".") {
		f, ok := t.FieldByName(part)
		tag, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !ok || tag == "-" {
			tag = strings.ToLower(part[:1]) + part[1:]
		}
		out = append(out, tag)
		if t = f.Type; !ok || t.Kind() != reflect.Struct {
			t = reflect.TypeFor[cors.LookupCache]()
		}
	}
	return strings.Join(out, ".")
}

var goWord = regexp.MustCompile(`\b[A-Z][A-Za-z]+\b`)

// InFileWords replaces the Go fields in a sentence of package cors by their names in
// policy files.
func InFileWords(sentence string) string {
	return goWord.ReplaceAllStringFunc(sentence, func(word string) string {
		for _, t := range []reflect.Type{reflect.TypeFor[cors.Policy](), reflect.TypeFor[cors.LookupCache]()} {
			if f, ok := t.FieldByName(word); ok && f.Tag.Get("json") != "-" {
				return fileName(word)
			}
		}
		return word
	})
}
