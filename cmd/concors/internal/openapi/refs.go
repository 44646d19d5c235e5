package openapi

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/position"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// maxRefs is how many references may lead to one another: documents have one or
// two, and those that go round in a circle have no end.
const maxRefs = 20

// follow returns what a value stands for: itself, or what its $ref leads to. It
// is nil after a problem, which has then been told; what is no mapping is one.
func (r *reader) follow(v *position.Value, what string) *position.Value {
	target, problem := r.resolve(v)
	switch {
	case problem != nil:
		r.fail(problem.Place, problem.Message, problem.Repair)
		return nil
	case target.Kind != position.Map:
		r.fail(target.Position, fmt.Sprintf("%s is a mapping, and this is %v", what, target.Kind), "")
		return nil
	}
	return target
}

// resolve is follow without telling.
func (r *reader) resolve(v *position.Value) (*position.Value, *Problem) {
	for range maxRefs {
		f := v.Get("$ref")
		if f == nil || f.Value.Kind != position.String {
			return v, nil
		}
		ref := f.Value.Text
		path, local := strings.CutPrefix(ref, "#")
		if !local {
			return nil, &Problem{f.Value.Position, fmt.Sprintf("%q is a reference out of the document, and nothing else is opened", term.Bounded(ref)), "bundle the document into one file first"}
		}
		target := r.pointed(path)
		if target == nil {
			return nil, &Problem{f.Value.Position, fmt.Sprintf("%q leads nowhere", term.Bounded(ref)), "see that there is what it names"}
		}
		v = target
	}
	return nil, &Problem{v.Position, "its references go round in a circle, or through too many others", "let it lead to the thing itself"}
}

// pointed is what a JSON Pointer as a URL's fragment leads to, nil for nothing.
// https://www.rfc-editor.org/rfc/rfc6901#section-6
func (r *reader) pointed(pointer string) *position.Value {
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

// get is the first field of a name, nil for none. A document refers to the same
// large mappings over and over, which are therefore indexed.
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
