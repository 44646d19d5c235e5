package openapi

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/position"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// limits bound untrusted documents. The largest published ones have about ten
// megabytes.
var limits = position.Limits{Size: 32 << 20, Depth: 200, Values: 4_000_000, Merge: true}

// A Document is what was read from an OpenAPI document.
type Document struct {
	Name       string // its file
	Version    string // such as 3.1.0
	Server     string // the first server's URL, with the defaults of its variables; "/" if there is none
	Operations []Operation
	// Webhooks means that the document describes requests that the server sends.
	Webhooks bool
	// Warnings are fields that were not read, because OpenAPI does not know them.
	Warnings []Problem
}

// WarningText has a line for each warning, in the form that compilers use.
func (d *Document) WarningText() string { return lines(d.Name, "warning", d.Warnings) }

// PathOf returns the path of a place's file, as the document's is named.
func PathOf(document string, at Place) string {
	if at.File == "" {
		return document
	}
	return filepath.Join(filepath.Dir(document), filepath.FromSlash(at.File))
}

// A Place is a position in the file, counted from 1.
type Place = position.Position

// An Operation is one method of one path.
type Operation struct {
	Place
	Method string // as it is sent
	Path   string // as in the document: /items/{id}
	ID     string // its operationId, "" for none

	// Target is Path with made-up values for its parameters, escaped, and with
	// the required query parameters.
	Target string
	// Server is the URL of the operation's or path's own server, "" if it is the
	// document's.
	Server string

	// Headers are the header parameters, required and optional ones.
	Headers []Named
	// Cookie is the first required cookie parameter, nil if there is none.
	Cookie *Named
	// ContentTypes are those of the request body, if it has one.
	ContentTypes []Named
	// Security lists the ways to authenticate, of which one is enough. An empty
	// list, and an empty Requirement in it, mean no authentication.
	Security []Requirement
	// ResponseHeaders are the headers of any of its responses.
	ResponseHeaders []Named
}

// Named is a name with its position.
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

// A Scheme is a security scheme, as far as scripts are concerned.
type Scheme struct {
	Name string
	// Header is the request header that a script sets for it, "" for none.
	Header string
	// Credentials means that the browser must send cookies or a client
	// certificate.
	Credentials bool
}

// A Problem is one problem of a document.
type Problem struct {
	Place
	Message, Repair string
}

// Errors are the problems because of which a document cannot be used.
type Errors struct {
	Name     string
	Problems []Problem // in the order in which they were found
}

// Error has a line for each problem, in the form that compilers use.
func (e *Errors) Error() string { return lines(e.Name, "error", e.Problems) }

func lines(name, kind string, problems []Problem) string {
	var lines []string
	for _, p := range problems {
		line := fmt.Sprintf("%s:%d:%d: %s: %s", PathOf(name, p.Place), p.Line, p.Column, kind, p.Message)
		if p.Repair != "" {
			line += "; " + p.Repair
		}
		lines = append(lines, term.Printable(line))
	}
	return strings.Join(lines, "\n")
}

// Open reads a document from disk, and the files below its folder that it refers to.
// The error is an *Errors, or one of the file
// system.
func Open(name string) (*Document, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Mode().IsRegular() && info.Size() > int64(limits.Size) {
		return nil, &Errors{name, []Problem{{
			Place{Line: 1, Column: 1},
			fmt.Sprintf("the file has %d bytes; the limit is %d", info.Size(), limits.Size),
			"remove repetition: references in it do not have to be resolved",
		}}}
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	folder, err := os.OpenRoot(filepath.Dir(name))
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	return load(name, data, &files{folder: folder, size: len(data)})
}

// Load reads the text of a document: JSON if its name ends in .json, else YAML. No
// other file is read. The error is an *Errors.
func Load(name string, data []byte) (*Document, error) { return load(name, data, nil) }

func load(name string, data []byte, others *files) (*Document, error) {
	root, syntax := position.Read(name, data, limits)
	r := &reader{root: root, files: others, document: &Document{Name: name, Server: "/"}}
	switch {
	case syntax != nil:
		r.fail(syntax.Position, syntax.Message, syntax.Repair)
	case root == nil:
		r.fail(Place{Line: 1, Column: 1}, "the file is empty", "write the path of an OpenAPI document")
	default:
		r.read()
	}
	if len(r.problems) > 0 {
		if r.omitted > 0 {
			last := r.problems[len(r.problems)-1]
			r.problems = append(r.problems, Problem{Place: last.Place,
				Message: fmt.Sprintf("and %d more problems", r.omitted), Repair: "fix these first"})
		}
		return nil, &Errors{name, r.problems}
	}
	if r.omittedWarnings > 0 {
		last := r.document.Warnings[len(r.document.Warnings)-1]
		r.document.Warnings = append(r.document.Warnings, Problem{Place: last.Place,
			Message: fmt.Sprintf("and %d more warnings", r.omittedWarnings)})
	}
	return r.document, nil
}
