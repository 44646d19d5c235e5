package openapi

import (
	"fmt"
	"net/url"
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
	for range maxRefs {
		f := v.Get("$ref")
		if f == nil || f.Value.Kind != position.String {
			return v, nil
		}
		ref := f.Value.Text
		path, local := strings.CutPrefix(ref, "#")
		if !local {
			return nil, &Problem{f.Value.Position,
				fmt.Sprintf("%s refers to another document, which is not opened", term.Quote(ref)),
				"bundle everything into one file first"}
		}
		target := r.lookup(path)
		if target == nil {
			return nil, &Problem{f.Value.Position,
				fmt.Sprintf("%s refers to nothing", term.Quote(ref)), "correct it, or add what it names"}
		}
		v = target
	}
	return nil, &Problem{v.Position, "references form a cycle, or too long a chain",
		"refer to the value itself"}
}

// lookup returns what a JSON Pointer in a URL fragment points to, nil for nothing.
// https://www.rfc-editor.org/rfc/rfc6901#section-6
func (r *reader) lookup(pointer string) *position.Value {
	v := r.root
	if pointer == "" {
		return v
	}
	path, err := url.PathUnescape(pointer)
	if err != nil || path[0] != '/' {
		return nil
	}
	for token := range strings.SplitSeq(path[1:], "/") {
		token = strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~")
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
