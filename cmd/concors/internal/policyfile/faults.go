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

// A File is a policy file that was read.
type File struct {
	Routes routes.Policies
	// Single says that the file holds one policy, which is then Routes.Policy.
	Single bool
	// Warnings are what works and could be better.
	Warnings []Problem
}

// A Problem is one thing that is wrong with a file, or, as a warning, not as
// good as it could be.
type Problem struct {
	Line    int  `json:"line"`   // from 1
	Column  int  `json:"column"` // from 1, in characters
	Warning bool `json:"warning"`
	// Path is where it is in the data, such as routes[0].policy.origins[1]; ""
	// if it is about the whole, or no data.
	Path string `json:"path"`
	// Reason is package cors's name for it, "" if the file never got so far.
	Reason  cors.FaultReason `json:"reason,omitempty"`
	Message string           `json:"message"`
	Repair  string           `json:"repair"`
}

// Text is the problem in one line, as compilers write them: the file's name is
// in front.
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

// Errors are problems that keep a file from being used.
type Errors struct {
	Name     string
	Problems []Problem // warnings too, in the file's order
}

// Error has a line for each problem.
func (e *Errors) Error() string {
	var lines []string
	for _, p := range e.Problems {
		lines = append(lines, p.Text(e.Name))
	}
	return strings.Join(lines, "\n")
}

// limits are for files of strangers. A policy has five levels, and no more values
// than origins that fit.
var limits = position.Limits{Size: 1 << 20, Depth: 20, Values: 200_000}

// Open reads a file from disk. Its error is an *Errors, or that of the system.
func Open(name string) (*File, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Size() > int64(limits.Size) {
		return Load(name, make([]byte, limits.Size+1)) // for its message; no more is read
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Load(name, data)
}

// Load reads a file's text: JSON if its name ends in .json, else YAML. The error
// is an *Errors with all that is wrong; a file that loads is one that [cors.New]
// and [routes.Wrap] accept.
func Load(name string, data []byte) (*File, error) {
	root, syntax := position.Read(name, data, limits)
	if syntax != nil {
		return nil, &Errors{name, []Problem{{Line: syntax.Line, Column: syntax.Column, Message: syntax.Message, Repair: syntax.Repair}}}
	}
	if root == nil {
		return nil, &Errors{name, []Problem{{Line: 1, Column: 1, Message: "the file is empty", Repair: "write origins: [https://app.example.com]"}}}
	}
	d := &decoder{places: map[string]position.Position{}}
	routes, single := d.file(root)
	c := &faultFinder{decoder: d, single: single, said: map[Problem]bool{}}
	c.policies(routes)
	slices.SortStableFunc(d.problems, func(a, b Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	if slices.ContainsFunc(d.problems, func(p Problem) bool { return !p.Warning }) {
		if d.untold > 0 {
			last := d.problems[len(d.problems)-1]
			d.problems = append(d.problems, Problem{Line: last.Line, Column: last.Column, Message: fmt.Sprintf("and %d problems more", d.untold), Repair: "mend these first"})
		}
		return nil, &Errors{name, d.problems}
	}
	return &File{routes, single, d.problems}, nil
}

// faultFinder has package cors check the policies, and says its faults in the
// file's words and places.
type faultFinder struct {
	*decoder
	single bool
	said   map[Problem]bool
}

func (c *faultFinder) policies(routes routes.Policies) {
	// What could not be decoded is missing, and what is missing is wrong in ways
	// that would only confuse.
	broken := map[string]bool{}
	for _, p := range c.problems {
		broken[p.Path] = true
		for i := range p.Path {
			if p.Path[i] == '.' || p.Path[i] == '[' {
				broken[p.Path[:i]] = true
			}
		}
	}
	base := "policy"
	if c.single {
		base = ""
	}
	c.policy(routes.Policy, base, base, "", broken)
	mux := http.NewServeMux()
	for i, route := range routes.Routes {
		at := fmt.Sprintf("routes[%d]", i)
		if problem := register(mux, route.Pattern); problem != "" && !broken[at+".pattern"] && route.Pattern != "" {
			c.fail(c.place(at+".pattern", at), at+".pattern", "the pattern cannot be used: "+problem, "write it as net/http's ServeMux takes it, such as /public/ or \"GET /items/{id}\"")
		} else if _, said := c.places[at+".pattern"]; said && route.Pattern == "" && !broken[at+".pattern"] {
			c.fail(c.place(at+".pattern", at), at+".pattern", "the pattern is empty", "write / for every path")
		}
		if !route.Off {
			c.policy(route.Policy, at+".policy", base, fmt.Sprintf("in the route %q, ", bounded(route.Pattern)), broken)
		}
	}
}

// policy checks one. own and base are the paths of the policy and of the one
// that it inherits from.
func (c *faultFinder) policy(p cors.Policy, own, base, prefix string, broken map[string]bool) {
	for _, fault := range p.Check() {
		name := fileName(fault.Field)
		path, inherits := join(own, name), false
		if _, said := c.places[path]; !said {
			if _, said := c.places[join(base, name)]; said {
				path, inherits = join(base, name), true
			}
		}
		if broken[path] {
			continue
		}
		if fault.Index >= 0 {
			path = fmt.Sprintf("%s[%d]", path, fault.Index)
		}
		at := c.place(path, own, base, strings.TrimSuffix(own, ".policy"))
		message := inFileWords(fault.Problem)
		if value := fault.Value; value != "" {
			message = fmt.Sprintf("%q: %s", bounded(value), message)
		} else {
			message = name + ": " + message
		}
		repair := inFileWords(fault.Repair)
		if fault.Reason == cors.FaultNoOrigins {
			repair = "write origins: [https://app.example.com], or [\"*\"] for everybody"
		}
		problem := Problem{Line: at.Line, Column: at.Column, Warning: fault.Warning, Path: path, Reason: fault.Reason, Message: message, Repair: repair}
		if c.said[problem] {
			continue // the policy that is inherited from has it too
		}
		c.said[problem] = true
		if inherits {
			problem.Message = prefix + problem.Message
		}
		// Errors must not be lost behind warnings.
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

// place is that of the first of the paths that the file has.
func (c *faultFinder) place(paths ...string) position.Position {
	for _, path := range append(paths, "") {
		if at, ok := c.places[path]; ok {
			return at
		}
	}
	return position.Position{Line: 1, Column: 1}
}

var registeredAt = regexp.MustCompile(` \(registered at [^)]*\)`)

// register turns ServeMux's panic about a pattern into what is wrong with it.
func register(mux *http.ServeMux, pattern string) (problem string) {
	defer func() {
		if p := recover(); p != nil {
			// Where in this program it was registered is of no use to anybody.
			problem = registeredAt.ReplaceAllString(fmt.Sprint(p), "")
			problem, _, _ = strings.Cut(problem, "\n")
			problem = strings.TrimSuffix(problem, ":")
		}
	}()
	mux.Handle(pattern, http.NotFoundHandler())
	return ""
}

// fileName is a Go field's name in files: LookupCache.MaxEntries is
// lookupCache.maxEntries.
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

// inFileWords is a sentence of package cors with its fields named as files name
// them.
func inFileWords(sentence string) string {
	return goWord.ReplaceAllStringFunc(sentence, func(word string) string {
		for _, t := range []reflect.Type{reflect.TypeFor[cors.Policy](), reflect.TypeFor[cors.LookupCache]()} {
			if f, ok := t.FieldByName(word); ok && f.Tag.Get("json") != "-" {
				return fileName(word)
			}
		}
		return word
	})
}
