// Package tree reads YAML and JSON as what the two have in common, with the
// place of everything in the file. It is for files that strangers wrote: their
// size, their depth and what their aliases stand for are limited.
package position

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

// Limits bound a file. Its size bounds everything but what aliases multiply.
type Limits struct {
	Size   int // in bytes
	Depth  int // of lists and mappings in one another
	Values int // aliases are followed
}

// Position is a place in a file, counted from 1; columns are characters.
type Position struct{ Line, Column int }

// Kind is what a value is.
type Kind int

// The kinds of values.
const (
	Null Kind = iota
	String
	Bool
	Number
	List
	Map
	Other // what JSON has no form for
)

func (k Kind) String() string {
	return [...]string{"nothing", "a string", "true or false", "a number", "a list", "a mapping", "no JSON value"}[k]
}

// A Value is a value with its place.
type Value struct {
	Position
	Kind   Kind
	Text   string // of a scalar
	Items  []*Value
	Fields []Field
}

// A Field is a name in a mapping, where it stands, and its value. A mapping keeps
// the order, and a name that is there twice is there twice.
type Field struct {
	Name  string
	At    Position
	Value *Value
}

// Get returns the first field of that name, and nil if there is none or the value
// is no mapping or nil.
func (v *Value) Get(name string) *Field {
	if v == nil {
		return nil
	}
	for i := range v.Fields {
		if v.Fields[i].Name == name {
			return &v.Fields[i]
		}
	}
	return nil
}

// A SyntaxError is why a file cannot be read, and where. Repair says what to do,
// if there is something to say.
type SyntaxError struct {
	Position
	Message, Repair string
}

func (e *SyntaxError) Error() string {
	s := fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
	if e.Repair != "" {
		s += "; " + e.Repair
	}
	return s
}

// Read parses a file: JSON if its name ends in .json, else YAML. The value is nil
// if there is nothing in it. There is one error at most: after a mistake in the
// syntax there is no telling what the rest means.
func Read(name string, data []byte, limits Limits) (*Value, *SyntaxError) {
	switch {
	case len(data) > limits.Size:
		return nil, &SyntaxError{Position{1, 1}, fmt.Sprintf("the file has %d bytes, and may have %d", len(data), limits.Size), ""}
	case !utf8.Valid(data):
		i := 0
		for r, size := utf8.DecodeRune(data); r != utf8.RuneError || size > 1; r, size = utf8.DecodeRune(data[i:]) {
			i += size
		}
		return nil, &SyntaxError{place(data, i), "it is not UTF-8", "save the file as UTF-8"}
	case strings.HasSuffix(strings.ToLower(name), ".json"):
		return readJSON(data, limits)
	}
	return readYAML(data, limits)
}

func readYAML(data []byte, limits Limits) (*Value, *SyntaxError) {
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(limits.Depth))))
	var document, second yaml.Node
	if err == nil {
		err = loader.Load(&document)
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, yamlProblem(data, err)
	case len(document.Content) != 1:
		return nil, nil
	}
	if err := loader.Load(&second); err == nil {
		return nil, &SyntaxError{Position{max(second.Line, 1), max(second.Column, 1)}, "a second document begins", "keep each in a file of its own"}
	} else if !errors.Is(err, io.EOF) {
		return nil, yamlProblem(data, err)
	}
	b := &builder{limits: limits}
	v := b.build(document.Content[0], 0)
	if b.problem != nil {
		return nil, b.problem
	}
	return v, nil
}

// yamlProblem is a mistake in the syntax, with what is mostly meant.
func yamlProblem(data []byte, err error) *SyntaxError {
	p := &SyntaxError{Position{1, 1}, "it is no YAML: " + err.Error(), "put quotes around values with special characters"}
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
	limits  Limits
	values  int
	problem *SyntaxError
}

func (b *builder) fail(n *yaml.Node, message, repair string) {
	if b.problem == nil {
		b.problem = &SyntaxError{Position{max(n.Line, 1), max(n.Column, 1)}, message, repair}
	}
}

func (b *builder) build(n *yaml.Node, depth int) *Value {
	v := &Value{Position: Position{max(n.Line, 1), max(n.Column, 1)}, Kind: Other, Text: n.Value}
	b.values++
	switch {
	case b.problem != nil:
		return v
	case depth > b.limits.Depth:
		b.fail(n, "it is nested too deeply", "write it flatter")
		return v
	case b.values > b.limits.Values:
		b.fail(n, "there are too many values, or its aliases stand for too many", "write less")
		return v
	}
	switch n.Kind {
	case yaml.AliasNode:
		return b.build(n.Alias, depth+1)
	case yaml.SequenceNode:
		v.Kind = List
		for _, item := range n.Content {
			v.Items = append(v.Items, b.build(item, depth+1))
		}
	case yaml.MappingNode:
		v.Kind = Map
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind == yaml.AliasNode {
				key = key.Alias
			}
			if key.Kind != yaml.ScalarNode {
				b.fail(n.Content[i], "a field's name is a string", "write the name before the colon")
				return v
			}
			v.Fields = append(v.Fields, Field{key.Value, Position{max(n.Content[i].Line, 1), max(n.Content[i].Column, 1)}, b.build(n.Content[i+1], depth+1)})
		}
	case yaml.ScalarNode:
		switch n.ShortTag() {
		case "!!str":
			v.Kind = String
		case "!!bool":
			v.Kind = Bool
		case "!!int", "!!float":
			v.Kind = Number
		case "!!null":
			v.Kind = Null
		}
	}
	return v
}

// readJSON reads by tokens: they have places, which decoded values have not.
func readJSON(data []byte, limits Limits) (*Value, *SyntaxError) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	r := &jsonReader{decoder: d, data: data, at: Position{1, 1}, limits: limits}
	v, err := r.value(0)
	if err == nil {
		if _, err = d.Token(); err == nil {
			err = errors.New("there is more behind it")
		} else if errors.Is(err, io.EOF) {
			return v, nil
		}
	}
	if errors.Is(err, io.EOF) && len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	p := &SyntaxError{place(data, int(d.InputOffset())), "it is no JSON: " + err.Error(), ""}
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
		p.Position = place(data, offset)
		p.Repair = "JSON has no comments and no comma at a list's end; in a file named .yaml both are fine"
	}
	return nil, p
}

type jsonReader struct {
	limits  Limits
	decoder *json.Decoder
	data    []byte
	at      Position // of data[offset]
	offset  int
	values  int
}

// advance is place for offsets that only grow: a file is looked through once.
func (r *jsonReader) advance(offset int) Position {
	for offset = min(offset, len(r.data)); r.offset < offset; r.offset++ {
		switch c := r.data[r.offset]; {
		case c == '\n':
			r.at = Position{r.at.Line + 1, 1}
		case utf8.RuneStart(c):
			r.at.Column++
		}
	}
	return r.at
}

// next is the next token and where it begins.
func (r *jsonReader) next() (json.Token, Position, error) {
	start := int(r.decoder.InputOffset())
	for start < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[start]) >= 0 {
		start++
	}
	token, err := r.decoder.Token()
	return token, r.advance(start), err
}

func (r *jsonReader) value(depth int) (*Value, error) {
	token, at, err := r.next()
	if err != nil {
		return nil, err
	}
	if r.values++; r.values > r.limits.Values {
		return nil, errors.New("there are too many values")
	}
	v := &Value{Position: at}
	switch t := token.(type) {
	case nil:
	case string:
		v.Kind, v.Text = String, t
	case bool:
		v.Kind, v.Text = Bool, fmt.Sprint(t)
	case json.Number:
		v.Kind, v.Text = Number, t.String()
	case json.Delim:
		if depth >= r.limits.Depth {
			return nil, errors.New("it is nested too deeply")
		}
		v.Kind = List
		if t == '{' {
			v.Kind = Map
		}
		for r.decoder.More() {
			var f Field
			if v.Kind == Map {
				name, at, err := r.next()
				if err != nil {
					return nil, err
				}
				f.Name, f.At = name.(string), at // Token sees to that
			}
			if f.Value, err = r.value(depth + 1); err != nil {
				return nil, err
			}
			if v.Kind == Map {
				v.Fields = append(v.Fields, f)
			} else {
				v.Items = append(v.Items, f.Value)
			}
		}
		_, _, err = r.next() // the closing one
	}
	return v, err
}

// place is where a byte stands.
func place(data []byte, offset int) Position {
	offset = min(max(offset, 0), len(data))
	start := bytes.LastIndexByte(data[:offset], '\n') + 1
	return Position{bytes.Count(data[:offset], []byte("\n")) + 1, utf8.RuneCount(data[start:offset]) + 1}
}
