package policyfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"
)

// The limits on a file. Its size bounds everything but what aliases multiply.
const (
	maxSize   = 1 << 20
	maxDepth  = 20      // a policy needs five
	maxValues = 200_000 // more than origins that fit; aliases are followed
)

// position is a place in the file, counted from 1; columns are characters.
type position struct{ line, column int }

type kind int

const (
	kindNull kind = iota
	kindString
	kindBool
	kindNumber
	kindList
	kindMap
	kindOther // what JSON has no form for
)

func (k kind) String() string {
	return [...]string{"nothing", "a string", "true or false", "a number", "a list", "a mapping", "no JSON value"}[k]
}

// A value is what YAML and JSON have in common, with its place.
type value struct {
	position
	kind   kind
	text   string // of a scalar
	items  []*value
	fields []field
}

type field struct {
	name  string
	at    position
	value *value
}

// read parses a file. The problem, if any, is one: after a mistake in the syntax
// there is no telling what the rest means.
func read(name string, data []byte) (*value, *Problem) {
	switch {
	case len(data) > maxSize:
		return nil, &Problem{Line: 1, Column: 1, Message: fmt.Sprintf("the file has %d bytes, and a policy may have %d", len(data), maxSize), Repair: "write patterns for origins that have something in common"}
	case !utf8.Valid(data):
		i := 0
		for r, size := utf8.DecodeRune(data); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRune(data[i:]) {
			i += size
		}
		at := place(data, i)
		return nil, &Problem{Line: at.line, Column: at.column, Message: "it is not UTF-8", Repair: "save the file as UTF-8"}
	case strings.HasSuffix(strings.ToLower(name), ".json"):
		return readJSON(data)
	}
	return readYAML(data)
}

func empty() *Problem {
	return &Problem{Line: 1, Column: 1, Message: "the file is empty", Repair: "write origins: [https://app.example.com]"}
}

func readYAML(data []byte) (*value, *Problem) {
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(maxDepth))))
	var document, second yaml.Node
	if err == nil {
		err = loader.Load(&document)
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, empty()
	case err != nil:
		return nil, yamlProblem(data, err)
	case len(document.Content) != 1:
		return nil, empty()
	}
	if err := loader.Load(&second); err == nil {
		return nil, &Problem{Line: max(second.Line, 1), Column: max(second.Column, 1), Message: "a second document begins", Repair: "keep each policy in a file of its own"}
	} else if !errors.Is(err, io.EOF) {
		return nil, yamlProblem(data, err)
	}
	b := &builder{}
	v := b.build(document.Content[0], 0)
	return v, b.problem
}

// yamlProblem is a mistake in the syntax, with what is mostly meant.
func yamlProblem(data []byte, err error) *Problem {
	p := &Problem{Line: 1, Column: 1, Message: "it is no YAML: " + err.Error(), Repair: "put quotes around values with special characters"}
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return p
	}
	p.Message = "it is no YAML: " + strings.TrimPrefix(load.Message, "yaml: ")
	at := load.Mark
	if at.Line == 0 {
		at = load.ContextMark
	}
	p.Line, p.Column = max(at.Line, 1), max(at.Column, 1)
	line := ""
	if lines := bytes.Split(data, []byte("\n")); p.Line <= len(lines) {
		line = string(lines[p.Line-1])
	}
	switch {
	case strings.Contains(load.ContextMsg, "alias"):
		p.Line, p.Column = max(load.ContextMark.Line, 1), max(load.ContextMark.Column, 1)
		p.Repair = `put quotes around a value that begins with a star, as in "*"`
	case strings.Contains(load.Message, "unknown anchor"):
		p.Repair = `put quotes around a value that begins with a star, as in "*"`
	case strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		p.Repair = "indent with spaces: YAML knows no tabs"
	case strings.Contains(line, ":["):
		p.Repair = `put quotes around a value with brackets in it, as in "http://localhost:[3000,8080]"`
	case strings.Contains(load.ContextMsg, "flow") || strings.Contains(load.ContextMsg, "quoted"):
		p.Repair = fmt.Sprintf("close what was opened on line %d", max(load.ContextMark.Line, 1))
	}
	return p
}

// builder turns YAML's nodes into values, aliases followed.
type builder struct {
	values  int
	problem *Problem
}

func (b *builder) fail(n *yaml.Node, message, repair string) {
	if b.problem == nil {
		b.problem = &Problem{Line: max(n.Line, 1), Column: max(n.Column, 1), Message: message, Repair: repair}
	}
}

func (b *builder) build(n *yaml.Node, depth int) *value {
	v := &value{position: position{max(n.Line, 1), max(n.Column, 1)}, kind: kindOther, text: n.Value}
	b.values++
	switch {
	case b.problem != nil:
		return v
	case depth > maxDepth:
		b.fail(n, "it is nested too deeply", "a policy has no more than five levels")
		return v
	case b.values > maxValues:
		b.fail(n, "there are too many values, or its aliases stand for too many", "write less, or patterns for origins that have something in common")
		return v
	}
	switch n.Kind {
	case yaml.AliasNode:
		return b.build(n.Alias, depth+1)
	case yaml.SequenceNode:
		v.kind = kindList
		for _, item := range n.Content {
			v.items = append(v.items, b.build(item, depth+1))
		}
	case yaml.MappingNode:
		v.kind = kindMap
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind == yaml.AliasNode {
				key = key.Alias
			}
			if key.Kind != yaml.ScalarNode {
				b.fail(n.Content[i], "a field's name is a string", "write the name before the colon")
				return v
			}
			v.fields = append(v.fields, field{key.Value, position{max(n.Content[i].Line, 1), max(n.Content[i].Column, 1)}, b.build(n.Content[i+1], depth+1)})
		}
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!str":
			v.kind = kindString
		case "!!bool":
			v.kind = kindBool
		case "!!int", "!!float":
			v.kind = kindNumber
		case "!!null":
			v.kind = kindNull
		}
	}
	return v
}

// readJSON reads by tokens: they have places, which decoded values have not.
func readJSON(data []byte) (*value, *Problem) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	r := &jsonReader{decoder: d, data: data, at: position{1, 1}}
	v, err := r.value(0)
	if err == nil {
		if _, err = d.Token(); err == nil {
			err = errors.New("there is more behind the policy")
		} else if errors.Is(err, io.EOF) {
			return v, nil
		}
	}
	if errors.Is(err, io.EOF) && len(bytes.TrimSpace(data)) == 0 {
		return nil, empty()
	}
	at := place(data, int(d.InputOffset()))
	p := &Problem{Line: at.line, Column: at.column, Message: "it is no JSON: " + err.Error()}
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		p.Message, p.Repair = "it is no JSON: it ends too soon", "close what was opened"
	case errors.As(err, &syntax):
		// The offset is now of the byte, now of the comma before it.
		offset := max(int(syntax.Offset)-1, 0)
		for offset < len(data)-1 && strings.IndexByte(" \t\r\n,", data[offset]) >= 0 {
			offset++
		}
		at = place(data, offset)
		p.Line, p.Column, p.Repair = at.line, at.column, "JSON has no comments and no comma at a list's end; in a file named .yaml both are fine"
	}
	return nil, p
}

type jsonReader struct {
	decoder *json.Decoder
	data    []byte
	at      position // of data[offset]
	offset  int
	values  int
}

// advance is place for offsets that only grow: a file is looked through once.
func (r *jsonReader) advance(offset int) position {
	for offset = min(offset, len(r.data)); r.offset < offset; r.offset++ {
		switch c := r.data[r.offset]; {
		case c == '\n':
			r.at = position{r.at.line + 1, 1}
		case utf8.RuneStart(c):
			r.at.column++
		}
	}
	return r.at
}

// next is the next token and where it begins.
func (r *jsonReader) next() (json.Token, position, error) {
	start := int(r.decoder.InputOffset())
	for start < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[start]) >= 0 {
		start++
	}
	token, err := r.decoder.Token()
	return token, r.advance(start), err
}

func (r *jsonReader) value(depth int) (*value, error) {
	token, at, err := r.next()
	if err != nil {
		return nil, err
	}
	if r.values++; r.values > maxValues {
		return nil, errors.New("there are too many values")
	}
	v := &value{position: at}
	switch t := token.(type) {
	case nil:
	case string:
		v.kind, v.text = kindString, t
	case bool:
		v.kind, v.text = kindBool, fmt.Sprint(t)
	case json.Number:
		v.kind, v.text = kindNumber, t.String()
	case json.Delim:
		if depth >= maxDepth {
			return nil, errors.New("it is nested too deeply")
		}
		v.kind = kindList
		if t == '{' {
			v.kind = kindMap
		}
		for r.decoder.More() {
			var f field
			if v.kind == kindMap {
				name, at, err := r.next()
				if err != nil {
					return nil, err
				}
				f.name, f.at = name.(string), at // Token sees to that
			}
			if f.value, err = r.value(depth + 1); err != nil {
				return nil, err
			}
			if v.kind == kindMap {
				v.fields = append(v.fields, f)
			} else {
				v.items = append(v.items, f.value)
			}
		}
		_, _, err = r.next() // the closing one
	}
	return v, err
}

// place is where a byte stands.
func place(data []byte, offset int) position {
	offset = min(max(offset, 0), len(data))
	start := bytes.LastIndexByte(data[:offset], '\n') + 1
	return position{bytes.Count(data[:offset], []byte("\n")) + 1, utf8.RuneCount(data[start:offset]) + 1}
}
