package openapi

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/position"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// maxRefs is how many references in a row are followed. Documents have one or two;
// a cycle would never end.
const maxRefs = 20

// follow returns the mapping that a value stands for: itself, or what its $ref
// refers to. If there is none, it reports that and returns nil.
func (r *reader) follow(v *position.Value, what string) *position.Value {
	r.checkBesideRef(v, what)
	target, problem := r.resolve(v)
	switch {
	case problem != nil:
		r.fail(problem.Place, problem.Message, problem.Repair)
		return nil
	case target.Kind != position.Map:
		r.fail(target.Position, fmt.Sprintf("%s must be a mapping, but this is %v", what, target.Kind), "")
		return nil
	}
	return target
}

// resolve is like follow, but for any kind of value, and it returns a problem instead
// of reporting it.
func (r *reader) resolve(v *position.Value) (*position.Value, *Problem) {
	cycle := &Problem{v.Position, "references form a cycle, or too long a chain", "refer to the value itself"}
	if r.resolving >= maxRefs {
		return nil, cycle
	}
	r.resolving++
	defer func() { r.resolving-- }()
	for range maxRefs {
		f := v.Get("$ref")
		if f == nil || f.Value.Kind != position.String {
			return v, nil
		}
		target, problem, repair := r.target(f.Value)
		if problem != "" {
			return nil, &Problem{f.Value.Position, term.Quote(f.Value.Text) + " " + problem, repair}
		}
		v = target
	}
	return nil, cycle
}

// target returns what a reference refers to.
func (r *reader) target(ref *position.Value) (v *position.Value, problem, repair string) {
	if pointer, local := strings.CutPrefix(ref.Text, "#"); local && ref.File == "" {
		if v = r.lookup(r.root, pointer); v == nil {
			return nil, "refers to nothing", "correct it, or add what it names"
		}
		return v, "", ""
	}
	if r.files == nil {
		return nil, "refers to another document, which is not opened", "bundle everything into one file first"
	}
	file, pointer, problem := locate(ref.Text, ref.File)
	if problem != "" {
		return nil, problem, "bundle everything into one file first"
	}
	root := r.root
	if file != filepath.Base(r.document.Name) {
		if root, problem = r.files.open(file); problem != "" {
			return nil, problem, "correct it, or bundle everything into one file first"
		}
	}
	if v = r.lookup(root, pointer); v == nil {
		return nil, "refers to nothing in that file", "correct it, or add what it names"
	}
	return v, "", ""
}

// lookup returns what a JSON Pointer in a URL fragment points to, nil for nothing. It
// follows references on the way.
// https://www.rfc-editor.org/rfc/rfc6901#section-6
func (r *reader) lookup(root *position.Value, pointer string) *position.Value {
	v := root
	if pointer == "" {
		return v
	}
	path, err := url.PathUnescape(pointer)
	if err != nil || path[0] != '/' {
		return nil
	}
	for token := range strings.SplitSeq(path[1:], "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
		if v.Get("$ref") != nil && v.Get(token) == nil {
			var problem *Problem
			if v, problem = r.resolve(v); problem != nil {
				return nil
			}
		}
		switch v.Kind {
		case position.Map:
			if v = r.get(v, token); v == nil {
				return nil
			}
		case position.List:
			i, err := strconv.Atoi(token)
			if err != nil || i < 0 || i >= len(v.Items) {
				return nil
			}
			v = v.Items[i]
		default:
			return nil
		}
	}
	return v
}

// get returns the value of the first field with a name, nil if there is none. Large
// mappings are indexed, because documents refer to them over and over.
func (r *reader) get(v *position.Value, name string) *position.Value {
	if len(v.Fields) < 20 {
		if f := v.Get(name); f != nil {
			return f.Value
		}
		return nil
	}
	index := r.indexes[v]
	if index == nil {
		index = make(map[string]*position.Value, len(v.Fields))
		for i := len(v.Fields) - 1; i >= 0; i-- {
			index[v.Fields[i].Name] = v.Fields[i].Value
		}
		if r.indexes == nil {
			r.indexes = map[*position.Value]map[string]*position.Value{}
		}
		r.indexes[v] = index
	}
	return index[name]
}
