// Package position reads YAML and JSON into one form, in which every value has its
// position in the file. It is meant for untrusted files: their size, their depth
// and what their aliases expand to are limited.
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

// Limits bounds what is read.
type Limits struct {
	Size   int // in bytes
	Depth  int // of nested lists and mappings
	Values int // with aliases expanded

	// Merge merges the values of YAML's merge keys. Without it, they are fields
	// named <<.
	Merge bool
}

// A Position is a line and a column in a file, counted from 1. Columns count
// characters.
type Position struct {
	Line, Column int
	File         string // "" for the file that was read first
}

func pos(line, column int) Position { return Position{Line: line, Column: column} }

// A Kind is the kind of a value.
type Kind int

// The kinds of values.
const (
	Null Kind = iota
	String
	Bool
	Number
	List
	Map
	Other // what JSON cannot express
)

// String returns the kind with its article, for error messages.
func (k Kind) String() string {
	return [...]string{"nothing", "a string", "true or false", "a number", "a list", "a mapping",
		"a value that JSON cannot express"}[k]
}

// A Value is a value with its position.
type Value struct {
	Position
	Kind   Kind
	Text   string   // of a scalar
	Items  []*Value // of a list
	Fields []Field  // of a mapping, in its order; a name can occur twice
}

// A Field is a name in a mapping and its value.
type Field struct {
	Name  string
	At    Position // of the name
	Value *Value
}

// Get returns the first field with that name. It is nil if there is none, or if
// the value is nil or not a mapping.
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

// A SyntaxError is why a file cannot be read, and where. Repair says what to
// change, if that is known.
type SyntaxError struct {
	Position
	Message, Repair string
}

// Error is the position, the message and the repair in one line.
func (e *SyntaxError) Error() string {
	s := fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message)
	if e.Repair != "" {
		s += "; " + e.Repair
	}
	return s
}

// Read parses a file: JSON if its name ends in .json, else YAML. The value is nil
// if the file is empty. There is at most one error, because after a syntax error
// the meaning of the rest is unknown.
func Read(name string, data []byte, limits Limits) (*Value, *SyntaxError) {
	if rest, ok := bytes.CutPrefix(data, []byte("\ufeff")); ok { // a byte order mark
		data = rest
	}
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		return nil, &SyntaxError{pos(1, 1), "the file is UTF-16", "save the file as UTF-8"}
	case len(data) > limits.Size:
		return nil, &SyntaxError{pos(1, 1),
			fmt.Sprintf("the file has %d bytes; the limit is %d", len(data), limits.Size), ""}
	case !utf8.Valid(data):
		i := 0
		for {
			r, size := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && size <= 1 {
				break
			}
			i += size
		}
		return nil, &SyntaxError{at(data, i), "the file is not valid UTF-8", "save the file as UTF-8"}
	case strings.HasSuffix(strings.ToLower(name), ".json"):
		return readJSON(data, limits)
	}
	return readYAML(data, limits)
}

func readYAML(data []byte, limits Limits) (*Value, *SyntaxError) {
	loader, err := yaml.NewLoader(bytes.NewReader(data),
		yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(limits.Depth))))
	var document, second yaml.Node
	if err == nil {
		err = loader.Load(&document)
	}
	switch {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, yamlError(data, err)
	case len(document.Content) != 1:
		return nil, nil
	}
	if err := loader.Load(&second); err == nil {
		return nil, &SyntaxError{pos(max(second.Line, 1), max(second.Column, 1)),
			"a second YAML document begins here", "put each document in its own file"}
	} else if !errors.Is(err, io.EOF) {
		return nil, yamlError(data, err)
	}
	b := &builder{limits: limits, built: map[*yaml.Node]built{}}
	v := b.build(document.Content[0]).value
	if b.problem != nil {
		return nil, b.problem
	}
	return v, nil
}

// yamlError turns an error of the YAML parser into a SyntaxError, whose repair is
// the one that such an error usually needs.
func yamlError(data []byte, err error) *SyntaxError {
	p := &SyntaxError{pos(1, 1), "invalid YAML: " + err.Error(),
		"put quotes around values with special characters"}
	var load *yaml.LoadError
	if !errors.As(err, &load) {
		return p
	}
	p.Message = "invalid YAML: " + strings.TrimPrefix(load.Message, "yaml: ")
	mark := load.Mark
	if mark.Line == 0 {
		mark = load.ContextMark
	}
	p.Line, p.Column = max(mark.Line, 1), max(mark.Column, 1)
	line := ""
	if lines := bytes.Split(data, []byte("\n")); p.Line <= len(lines) {
		line = string(lines[p.Line-1])
	}
	switch {
	case strings.Contains(load.ContextMsg, "alias"):
		p.Line, p.Column = max(load.ContextMark.Line, 1), max(load.ContextMark.Column, 1)
		p.Repair = `put quotes around a value that begins with *, as in "*"`
	case strings.Contains(load.Message, "unknown anchor"):
		p.Repair = `put quotes around a value that begins with *, as in "*"`
	case strings.HasPrefix(strings.TrimLeft(line, " "), "\t"):
		p.Repair = "indent with spaces: YAML does not allow tabs"
	case strings.Contains(line, ":["):
		p.Repair = `put quotes around a value with brackets in it, as in "http://localhost:[3000,8080]"`
	case strings.Contains(load.ContextMsg, "flow") || strings.Contains(load.ContextMsg, "quoted"):
		p.Repair = fmt.Sprintf("close the bracket or quote that was opened on line %d",
			max(load.ContextMark.Line, 1))
	}
	return p
}

// builder turns YAML nodes into values. A value that aliases stand for is built
// once, so that memory does not depend on what they expand to.
type builder struct {
	limits  Limits
	built   map[*yaml.Node]built // of anchors
	copied  int                  // fields, by merge keys
	problem *SyntaxError
}

// built is the value of a node. Its size, with aliases expanded, is 0 while it is
// being built.
type built struct {
	value       *Value
	size, depth int
}

func (b *builder) fail(n *yaml.Node, message, repair string) {
	if b.problem == nil {
		b.problem = &SyntaxError{pos(max(n.Line, 1), max(n.Column, 1)), message, repair}
	}
}

// build returns the value of a node, how many values it has and how deep it is, both
// with aliases expanded.
func (b *builder) build(n *yaml.Node) built {
	if n.Kind == yaml.AliasNode {
		target, ok := b.built[n.Alias]
		switch {
		case !ok:
			return b.build(n.Alias)
		case target.size == 0:
			b.fail(n, "it is nested too deeply: an alias is part of what it stands for", "write the value itself")
		}
		return target
	}
	v := &Value{Position: pos(max(n.Line, 1), max(n.Column, 1)), Kind: Other, Text: n.Value}
	out := built{value: v, size: 1}
	if n.Anchor != "" {
		b.built[n] = built{value: v}
		defer func() { b.built[n] = out }()
	}
	if b.problem != nil {
		return out
	}
	add := func(child built) *Value {
		out.size, out.depth = out.size+child.size, max(out.depth, child.depth+1)
		switch {
		case out.size > b.limits.Values:
			b.fail(n, "there are too many values, or aliases expand to too many", "shorten the file")
		case out.depth > b.limits.Depth:
			b.fail(n, "it is nested too deeply", "nest fewer lists and mappings")
		}
		return child.value
	}
	switch n.Kind {
	case yaml.SequenceNode:
		v.Kind = List
		for _, item := range n.Content {
			v.Items = append(v.Items, add(b.build(item)))
		}
	case yaml.MappingNode:
		v.Kind = Map
		var merged []*Value
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			if key.Kind == yaml.AliasNode {
				key = key.Alias
			}
			if key.Kind != yaml.ScalarNode {
				b.fail(n.Content[i], "a field's name must be a string", "write the name before the colon")
				return out
			}
			value := add(b.build(n.Content[i+1]))
			if b.limits.Merge && key.ShortTag() == "!!merge" {
				merged = append(merged, value)
				continue
			}
			v.Fields = append(v.Fields, Field{key.Value,
				pos(max(n.Content[i].Line, 1), max(n.Content[i].Column, 1)), value})
		}
		for _, value := range merged {
			b.merge(n, v, value)
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
	return out
}

// merge adds the fields of a merge key's value (<<: *a) that a mapping does not have
// itself.
func (b *builder) merge(n *yaml.Node, v, from *Value) {
	sources := []*Value{from}
	if from.Kind == List {
		sources = from.Items
	}
	have := make(map[string]bool, len(v.Fields))
	for _, f := range v.Fields {
		have[f.Name] = true
	}
	for _, source := range sources {
		if source.Kind != Map {
			b.fail(n, "<< takes a mapping, or a list of them", "name an anchor of a mapping, as in <<: *common")
			return
		}
		for _, f := range source.Fields {
			if have[f.Name] {
				continue
			}
			have[f.Name] = true
			if b.copied++; b.copied > b.limits.Values {
				b.fail(n, "there are too many values, or aliases expand to too many", "shorten the file")
				return
			}
			v.Fields = append(v.Fields, f)
		}
	}
}

// readJSON reads token by token, because tokens have positions and decoded values
// do not.
func readJSON(data []byte, limits Limits) (*Value, *SyntaxError) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	r := &jsonReader{decoder: d, data: data, at: pos(1, 1), limits: limits}
	v, err := r.value(0)
	if err == nil {
		if _, err = d.Token(); err == nil {
			err = errors.New("something follows the value")
		} else if errors.Is(err, io.EOF) {
			return v, nil
		}
	}
	if errors.Is(err, io.EOF) && len(bytes.TrimSpace(data)) == 0 {
		return nil, nil
	}
	p := &SyntaxError{at(data, int(d.InputOffset())), "invalid JSON: " + err.Error(), ""}
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		p.Message, p.Repair = "invalid JSON: it ends too soon", "close all brackets and quotes"
	case errors.As(err, &syntax):
		// The offset can be that of the byte, or that of the comma before it.
		offset := max(int(syntax.Offset)-1, 0)
		for offset < len(data)-1 && strings.IndexByte(" \t\r\n,", data[offset]) >= 0 {
			offset++
		}
		p.Position = at(data, offset)
		p.Repair = "JSON has no comments and no trailing commas; a file named .yaml may have both"
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

// advance is [at] for offsets that only grow, so that the file is read only once.
func (r *jsonReader) advance(offset int) Position {
	for offset = min(offset, len(r.data)); r.offset < offset; r.offset++ {
		switch c := r.data[r.offset]; {
		case c == '\n':
			r.at = pos(r.at.Line+1, 1)
		case utf8.RuneStart(c):
			r.at.Column++
		}
	}
	return r.at
}

// next returns the next token and where it begins.
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
				f.Name, f.At = name.(string), at // Token allows nothing else
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
		_, _, err = r.next() // the closing bracket
	}
	return v, err
}

// at returns the position of a byte.
func at(data []byte, offset int) Position {
	offset = min(max(offset, 0), len(data))
	start := bytes.LastIndexByte(data[:offset], '\n') + 1
	return pos(bytes.Count(data[:offset], []byte("\n"))+1, utf8.RuneCount(data[start:offset])+1)
}
