package position

import (
	"reflect"
	"strings"
	"testing"
)

var small = Limits{Size: 1 << 16, Depth: 20, Values: 1000}

func TestReadTreatsYAMLAndJSONAlike(t *testing.T) {
	at := func(line, column int) Position { return Position{Line: line, Column: column} }
	want := &Value{Position: at(1, 1), Kind: Map, Fields: []Field{
		{"a", at(1, 2), &Value{Position: at(1, 7), Kind: List, Items: []*Value{{Position: at(1, 8), Kind: Number, Text: "1"}, {Position: at(2, 2), Kind: String, Text: "x"}}}},
		{"b", at(3, 2), &Value{Position: at(3, 7), Kind: Bool, Text: "true"}},
	}}
	const text = "{\"a\": [1,\n \"x\"],\n \"b\": true}"
	for _, name := range []string{"f.json", "f.yaml"} {
		got, err := Read(name, []byte(text), small)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	v, _ := Read("f.yaml", []byte(text), small)
	if f := v.Get("b"); f == nil || f.Value.Text != "true" || v.Get("c") != nil || f.Value.Get("c") != nil || (*Value)(nil).Get("c") != nil {
		t.Errorf("Get: %+v", f)
	}
}

func TestReadOfAnEmptyFileIsNil(t *testing.T) {
	for name, text := range map[string]string{"f.json": " \n", "f.yaml": "# nothing"} {
		if v, err := Read(name, []byte(text), small); v != nil || err != nil {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
	}
}

func TestReadHasLimits(t *testing.T) {
	deep := strings.Repeat("[", 21) + strings.Repeat("]", 21)
	many := "[" + strings.Repeat("1,", 1000) + "1]"
	for name, test := range map[string]struct{ name, text, want string }{
		"size":              {"f.yaml", strings.Repeat("#", small.Size+1), "1:1: the file has 65537 bytes; the limit is 65536"},
		"depth in JSON":     {"f.json", deep, "nested too deeply"},
		"depth in YAML":     {"f.yaml", deep, "invalid YAML"},
		"values in JSON":    {"f.json", many, "too many values"},
		"values in YAML":    {"f.yaml", many, "too many values"},
		"values in aliases": {"f.yaml", "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]", "too many values, or aliases"},
	} {
		if _, err := Read(test.name, []byte(test.text), small); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzRead checks that every value that is read is within the limits and has a
// position in the file.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"a: [1, x, true, ~]\n", `{"a":[1,"x",null]}`, "a: &a [*a]", "? [a]\n: b", "- *", "a: !!int x", "\xff", "a:\r\n- b", "---\n---"} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, text string, asJSON bool) {
		name := "f.yaml"
		if asJSON {
			name = "f.json"
		}
		lines := 1
		for _, c := range text {
			if strings.ContainsRune("\n\r\u0085\u2028\u2029", c) { // YAML has several line breaks
				lines++
			}
		}
		in := func(p Position) {
			if p.Line < 1 || p.Column < 1 || p.Line > lines+1 {
				t.Errorf("%+v is not a position in a file of %d lines", p, lines)
			}
		}
		root, err := Read(name, []byte(text), small)
		if err != nil {
			if in(err.Position); err.Message == "" || root != nil {
				t.Errorf("error %v, value %+v", err, root)
			}
			return
		}
		values := 0
		var walk func(v *Value, depth int)
		walk = func(v *Value, depth int) {
			in(v.Position)
			if values++; depth > small.Depth || values > small.Values {
				t.Fatalf("over the limits: depth %d, %d values", depth, values)
			}
			if v.Kind != List && v.Items != nil || v.Kind != Map && v.Fields != nil {
				t.Errorf("%v with content: %+v", v.Kind, v)
			}
			for _, item := range v.Items {
				walk(item, depth+1)
			}
			for _, field := range v.Fields {
				in(field.At)
				walk(field.Value, depth+1)
			}
		}
		if root != nil {
			walk(root, 0)
		}
	})
}
