package mime

import (
	"strings"
	"testing"
)

// failure is the wanted result for values that do not parse.
const failure = "(failure)"

func parsed(t Type, ok bool) string {
	if !ok {
		return failure
	}
	return t.String()
}

func TestParse(t *testing.T) {
	long := strings.Repeat("0123456789", 13)
	for _, test := range []struct{ name, in, want string }{
		{"lower case, except values", "TEXT/HTML;CHARSET=GBK", "text/html;charset=GBK"},
		{"no parameters", "text/html", "text/html"},
		{"trailing semicolon", "text/html;", "text/html"},
		{"HTTP whitespace around", "\r\n\t text/html \t\r\n", "text/html"},
		{"other whitespace around", "\x0ctext/html", failure},
		{"whitespace before a semicolon", "text/html ;charset=gbk", "text/html;charset=gbk"},
		{"whitespace after a semicolon", "text/html; \r\ncharset=gbk", "text/html;charset=gbk"},
		{"whitespace before an equals sign: parameter is dropped", "text/html;charset =gbk", "text/html"},
		{"whitespace after an equals sign is kept", "text/html;charset= gbk", `text/html;charset=" gbk"`},
		{"whitespace after a value is removed", "text/html;charset=gbk ;x=y", "text/html;charset=gbk;x=y"},
		{"first parameter with a name counts", "text/html;charset=gbk;CHARSET=utf-8", "text/html;charset=gbk"},
		{"first valid parameter with a name counts", "text/html;charset=\x01;charset=utf-8", "text/html;charset=utf-8"},
		{"no comments", "text/html;charset=gbk(", `text/html;charset="gbk("`},
		{"single quotes belong to the value", "text/html;charset='gbk", "text/html;charset='gbk"},
		{"no value", "text/html;test;charset=gbk", "text/html;charset=gbk"},
		{"no value at the end", "text/html;test", "text/html"},
		{"trailing equals sign", "text/html;test=", "text/html"},
		{"empty value", "text/html;test=;charset=gbk", "text/html;charset=gbk"},
		{"whitespace as value", "text/html;test= ;charset=gbk", "text/html;charset=gbk"},
		{"no name", "text/html;=x;charset=gbk", "text/html;charset=gbk"},
		{"name is not a token", `text/html;";charset=gbk`, "text/html;charset=gbk"},
		{"many semicolons", "text/html ; ;;; charset=gbk;;", "text/html;charset=gbk"},
		{"quoted", `text/html;charset="gbk"`, "text/html;charset=gbk"},
		{"quoted and empty", `text/html;charset=""`, `text/html;charset=""`},
		{"quoted and not closed", `text/html;charset="gbk`, "text/html;charset=gbk"},
		{"quoted semicolon", `text/html;x="a;b=c";d=e`, `text/html;x="a;b=c";d=e`},
		{"quoted, with escapes", `text/html;charset="\g\b\k"`, "text/html;charset=gbk"},
		{"quoted, with escapes that are needed", `x/x;x="\"\\"`, `x/x;x="\"\\"`},
		{"quoted, backslash at the end", `x/x;test="\`, `x/x;test="\\"`},
		{"text after a quoted value is ignored", `text/html;charset="shift_jis"iso-2022-jp;x=y`, "text/html;charset=shift_jis;x=y"},
		{"quote inside a value belongs to it", `text/html;charset=gbk"`, `text/html;charset="gbk\""`},
		{"bytes outside ASCII in a value", "x/x;x=\xff", "x/x;x=\"\xff\""},
		{"tab in a value", "x/x;x=a\tb", "x/x;x=\"a\tb\""},
		{"control bytes in a value", "x/x;x=a\x7fb;y=\"\x00\";z=z", "x/x;z=z"},
		{"line feed in a quoted value", "x/x;x=\"a\nb\"", "x/x"},
		{"long names", long + "/" + long + ";" + long + "=" + long, long + "/" + long + ";" + long + "=" + long},
		{"every token byte", "!#$%&'*+-.^_`|~/1", "!#$%&'*+-.^_`|~/1"},
		{"wildcards", "*/*", "*/*"},

		{"empty", "", failure},
		{"whitespace only", "\t", failure},
		{"no slash", "bogus", failure},
		{"no slash before the parameters", "bogus;a/b", failure},
		{"no subtype", "bogus/ ;x=y", failure},
		{"no type", "/html", failure},
		{"two slashes", "a/b/c", failure},
		{"space before the slash", "text /html", failure},
		{"space after the slash", "text/ html", failure},
		{"space in the subtype", "text/ht ml", failure},
		{"comma", "text/html,text/plain", failure},
		{"delimiters", "text/html(;doesnot=matter", failure},
		{"type outside ASCII", "\xff/x", failure},
	} {
		if got := parsed(Parse(test.in)); got != test.want {
			t.Errorf("%s: Parse(%q) = %q, want %q", test.name, test.in, got, test.want)
		}
	}
}

func TestParam(t *testing.T) {
	m, _ := Parse(`multipart/form-data; Boundary="a b"; empty=""`)
	for name, want := range map[string]string{"boundary": "a b", "empty": ""} {
		if got, ok := m.Param(name); !ok || got != want {
			t.Errorf("Param(%q) = %q, %t, want %q", name, got, ok, want)
		}
	}
	if got, ok := m.Param("charset"); ok {
		t.Errorf("Param(charset) = %q, want none", got)
	}
}

func TestExtract(t *testing.T) {
	for _, test := range []struct {
		name  string
		lines []string
		want  string
	}{
		// The examples of the standard.
		{"another essence does not inherit the charset", []string{"text/plain;charset=gbk, text/html"}, "text/html"},
		{"the same essence inherits the charset", []string{"text/html;charset=gbk;a=b, text/html;x=y"}, "text/html;x=y;charset=gbk"},
		{"the same in several lines", []string{"text/html;charset=gbk;a=b", "text/html;x=y"}, "text/html;x=y;charset=gbk"},
		{"not inherited past another essence", []string{"text/html;charset=gbk", "x/x", "text/html;x=y"}, "text/html;x=y"},
		{"invalid values are skipped", []string{"text/html", "cannot-parse"}, "text/html"},
		{"*/* is skipped", []string{"text/html", "*/*"}, "text/html"},
		{"an empty line is skipped", []string{"text/html", ""}, "text/html"},
		// More.
		{"absent", nil, failure},
		{"empty", []string{""}, failure},
		{"only */*", []string{"*/*;charset=utf-8"}, failure},
		{"only invalid values", []string{"a, b", "c"}, failure},
		{"the last value counts", []string{"text/html", "text/plain"}, "text/plain"},
		{"own charset", []string{"text/html;charset=gbk", "text/html;charset=utf-8"}, "text/html;charset=utf-8"},
		{"the first charset is inherited", []string{"text/html;charset=gbk", "text/html;charset=utf-8", "text/html"}, "text/html;charset=gbk"},
		{"a charset that the first value does not have is not inherited", []string{"text/html", "text/html;charset=gbk", "text/html"}, "text/html"},
		{"a charset is inherited past skipped values", []string{"text/html;charset=gbk", "*/*", "?", "text/html"}, "text/html;charset=gbk"},
		{"an empty charset is inherited", []string{`text/html;charset=""`, "text/html"}, `text/html;charset=""`},
		{"an open quote continues in the next line", []string{`text/html;x="`, "text/plain"}, `text/html;x=", text/plain"`},
		{"an open quote in a dropped parameter likewise", []string{`text/html;"`, "text/plain"}, "text/html"},
	} {
		if got := parsed(Extract(test.lines)); got != test.want {
			t.Errorf("%s: Extract(%q) = %q, want %q", test.name, test.lines, got, test.want)
		}
	}
}

func TestNosniff(t *testing.T) {
	for _, test := range []struct {
		name  string
		lines []string
		want  bool
	}{
		{"absent", nil, false},
		{"empty", []string{""}, false},
		{"nosniff", []string{"nosniff"}, true},
		{"any case", []string{"NoSniff"}, true},
		{"first value", []string{"nosniff,,@#$"}, true},
		{"second value", []string{"no, nosniff"}, false},
		{"after an empty value", []string{",nosniff"}, false},
		{"first line", []string{"nosniff", "no"}, true},
		{"second line", []string{"no", "nosniff"}, false},
		{"after an empty line", []string{"", "nosniff"}, false},
		{"quoted", []string{`"nosniff"`}, false},
		{"form feed is not whitespace", []string{"nosniff\x0c"}, false},
		{"spaces and tabs around", []string{" nosniff\t,"}, true},
		{"with a parameter", []string{"nosniff;x"}, false},
	} {
		if got := Nosniff(test.lines); got != test.want {
			t.Errorf("%s: Nosniff(%q) = %t", test.name, test.lines, got)
		}
	}
}

func TestGroups(t *testing.T) {
	groups := []struct {
		name string
		is   func(Type) bool
	}{
		{"image", Type.IsImage}, {"audio or video", Type.IsAudioOrVideo}, {"font", Type.IsFont},
		{"XML", Type.IsXML}, {"HTML", Type.IsHTML}, {"scriptable", Type.IsScriptable},
		{"JSON", Type.IsJSON}, {"JavaScript", Type.IsJavaScript},
	}
	for in, want := range map[string]string{
		"image/png":                     "image",
		"image/svg+xml":                 "image, XML, scriptable",
		"audio/x":                       "audio or video",
		"VIDEO/x":                       "audio or video",
		"application/ogg":               "audio or video",
		"font/woff2":                    "font",
		"application/font-woff":         "font",
		"application/vnd.ms-fontobject": "font",
		"application/font-woff2":        "", // not in the standard's list
		"text/font-woff":                "",
		"text/xml":                      "XML, scriptable",
		"application/xml;x=y":           "XML, scriptable",
		"application/xhtml+xml":         "XML, scriptable",
		"image/xml":                     "image",
		"text/html":                     "HTML, scriptable",
		"application/html":              "",
		"application/pdf":               "scriptable",
		"text/json":                     "JSON",
		"application/json":              "JSON",
		"a/b+json":                      "JSON",
		"a/json":                        "",
		"application/json+protobuf":     "",
		"text/javascript;charset=utf-8": "JavaScript",
		"application/x-ecmascript":      "JavaScript",
		"TEXT/JScript":                  "JavaScript",
		"text/javascript1.5":            "JavaScript",
		"text/javascript1.6":            "",
		"application/jscript":           "", // only text/ has the old names
		"image/javascript":              "image",
		"text/plain":                    "",
	} {
		m, ok := Parse(in)
		if !ok {
			t.Errorf("Parse(%q) failed", in)
		}
		var got []string
		for _, group := range groups {
			if group.is(m) {
				got = append(got, group.name)
			}
		}
		if got := strings.Join(got, ", "); got != want {
			t.Errorf("%s: groups %q, want %q", in, got, want)
		}
	}
}

// A server may send as many parameters as fit into a header. Parsing must stay linear.
func BenchmarkParse(b *testing.B) {
	var many strings.Builder
	many.WriteString("a/b")
	for i := 0; many.Len() < 64*1024; i++ {
		many.WriteByte(';')
		for n := i + 1; n > 0; n /= 26 {
			many.WriteByte("abcdefghijklmnopqrstuvwxyz"[n%26])
		}
		many.WriteString("=x")
	}
	for name, value := range map[string]string{
		"usual":                "text/html; charset=utf-8",
		"64 KiB of parameters": many.String(),
		"64 KiB of semicolons": "a/b" + strings.Repeat(";", 64*1024),
		"64 KiB of escapes":    `a/b;c="` + strings.Repeat(`\x`, 32*1024),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(value)))
			b.ReportAllocs()
			for b.Loop() {
				Parse(value)
			}
		})
	}
}
