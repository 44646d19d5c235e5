package openapi

import (
	"fmt"
	"os"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/position"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// limits are for documents of strangers. The largest that are published have
// some ten megabytes.
var limits = position.Limits{Size: 32 << 20, Depth: 200, Values: 4_000_000}

// A Document is what was read. It is plain data.
type Document struct {
	Name       string // as it was given
	Version    string // such as 3.1.0
	Server     string // the first server's URL, with its variables filled in; "/" if there is none
	Operations []Operation
}

// A Place is where something stands in the file, counted from 1.
type Place = position.Position

// An Operation is one method of one path.
type Operation struct {
	Place
	Method string // in capitals, as it is sent
	Path   string // as the document has it: /items/{id}
	ID     string // its operationId, "" for none

	// Target is Path with values made up for its parameters, escaped, and with
	// the query parameters that are required.
	Target string
	// Server is the URL of the operation's or the path's own server, "" if it has
	// the document's.
	Server string

	// Headers are the header parameters, Required and not.
	Headers []Named
	// Cookie is the cookie parameter that is required, nil for none.
	Cookie *Named
	// ContentTypes are the request body's, none if it has none.
	ContentTypes []Named
	// Security are the ways to authenticate of which one is enough. None, and an
	// empty one, are without authentication.
	Security []Requirement
	// ResponseHeaders are the headers that any of its responses has.
	ResponseHeaders []Named
}

// Named is a name with its place.
type Named struct {
	Place
	Name     string
	Required bool // of a parameter
}

// A Requirement is a list of security schemes that are needed together.
type Requirement struct {
	Place
	Schemes []Scheme
}

// A Scheme is a security scheme as scripts meet it.
type Scheme struct {
	Name string
	// Header is the request header that a script sets for it, "" for none.
	Header string
	// Credentials says that the browser has to send what it keeps: cookies,
	// client certificates.
	Credentials bool
}

// A Problem is one thing that is wrong with a document.
type Problem struct {
	Place
	Message, Repair string
}

// Errors are why a document cannot be used.
type Errors struct {
	Name     string
	Problems []Problem // in the order in which they were met
}

// Error has a line for each problem, as compilers write them.
func (e *Errors) Error() string {
	var lines []string
	for _, p := range e.Problems {
		line := fmt.Sprintf("%s:%d:%d: error: %s", e.Name, p.Line, p.Column, p.Message)
		if p.Repair != "" {
			line += "; " + p.Repair
		}
		lines = append(lines, term.Printable(line))
	}
	return strings.Join(lines, "\n")
}

// Open reads a document from disk. Its error is an *Errors, or that of the
// system.
func Open(name string) (*Document, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Size() > int64(limits.Size) {
		return nil, &Errors{name, []Problem{{Place{Line: 1, Column: 1}, fmt.Sprintf("the file has %d bytes, and may have %d", info.Size(), limits.Size), "take out what is repeated: references need not be resolved in it"}}}
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Load(name, data)
}

// Load reads a document's text: JSON if its name ends in .json, else YAML. The
// error is an *Errors.
func Load(name string, data []byte) (*Document, error) {
	root, syntax := position.Read(name, data, limits)
	r := &reader{root: root, document: &Document{Name: name, Server: "/"}}
	switch {
	case syntax != nil:
		r.fail(syntax.Position, syntax.Message, syntax.Repair)
	case root == nil:
		r.fail(Place{Line: 1, Column: 1}, "the file is empty", "write the path of an OpenAPI document")
	default:
		r.read()
	}
	if len(r.problems) > 0 {
		if r.untold > 0 {
			last := r.problems[len(r.problems)-1]
			r.problems = append(r.problems, Problem{Place: last.Place, Message: fmt.Sprintf("and %d problems more", r.untold), Repair: "mend these first"})
		}
		return nil, &Errors{name, r.problems}
	}
	return r.document, nil
}
