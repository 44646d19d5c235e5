package mime

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/internal/field"
)

// FuzzParse checks that every parsed type is well formed and parses to itself once serialized.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "a/b", "TEXT/html ; charset=\"gb\\\"k\"x; X= y ;x=z", `a/b;c="`, `a/b;c="\`, "a/b;c=\xff;d=\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, ok := Parse(s)
		if !ok {
			if !reflect.DeepEqual(m, Type{}) {
				t.Fatalf("Parse(%q) = %+v, false; want the zero Type", s, m)
			}
			return
		}
		if !field.IsToken(m.Type) || !field.IsToken(m.Subtype) || m.Essence() != field.Lower(m.Essence()) {
			t.Fatalf("Parse(%q) has the essence %q", s, m.Essence())
		}
		names := map[string]bool{}
		for _, p := range m.Params {
			if names[p.Name] || !field.IsToken(p.Name) || p.Name != field.Lower(p.Name) || strings.ContainsAny(p.Value, "\x00\r\n\x7f") {
				t.Fatalf("Parse(%q) has the parameter %q", s, p)
			}
			names[p.Name] = true
		}
		reparsed, ok := Parse(m.String())
		if !ok || !reflect.DeepEqual(reparsed, m) {
			t.Fatalf("Parse(%q) = %+v, but Parse(%q) = %+v, %t", s, m, m.String(), reparsed, ok)
		}
	})
}

// FuzzExtract checks that the result is a value of the header, except for its charset.
func FuzzExtract(f *testing.F) {
	for _, s := range []string{"", "a/b\na/b;c=d", "a/b;charset=x\n*/*\na/b", "a/b;\"\nc/d", "a/b, c/d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		lines := strings.Split(s, "\n")
		m, ok := Extract(lines)
		values, _ := field.GetDecodeSplit(lines)
		var want Type
		wantOK := false
		for _, value := range values {
			if v, parsed := Parse(value); parsed && v.Essence() != "*/*" {
				want, wantOK = v, true
			}
		}
		if ok != wantOK || m.Essence() != want.Essence() {
			t.Fatalf("Extract(%q) = %v, %t, want %v, %t", lines, m, ok, want, wantOK)
		}
		if _, own := want.Param("charset"); !own && len(m.Params) == len(want.Params)+1 {
			want.Params = append(want.Params, m.Params[len(m.Params)-1])
			if want.Params[len(want.Params)-1].Name != "charset" {
				t.Fatalf("Extract(%q) = %v, which has a parameter that the value does not have", lines, m)
			}
		}
		if m.String() != want.String() {
			t.Fatalf("Extract(%q) = %v, want %v", lines, m, want)
		}
	})
}

// FuzzSniff checks that the functions look only at the first bytes, as they document.
func FuzzSniff(f *testing.F) {
	for _, s := range []string{
		"", "GIF89a", "<!-- -->\n<html", `{"a":`, "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41",
		"\x1a\x45\xdf\xa3\x42\x82\x84webm\x42", mp3("\xFF\xFB\x90\x00", 417) + "\xFF\xFB\x90\x00", "for(;;);",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		_ = CannotBeginScript(b)
		image, media, font, markup := SniffImage(b), SniffAudioVideo(b), SniffFont(b), SniffMarkup(b)
		if !bytes.Equal(b, before) {
			t.Fatal("the bytes were changed")
		}
		full := make([]byte, headerLength)
		n := copy(full, b)
		if n == headerLength {
			longer := append(full, "garbage"...)
			if SniffImage(longer) != image || SniffAudioVideo(longer) != media || SniffFont(longer) != font {
				t.Fatal("bytes after the resource header changed the result")
			}
		}
		if len(b) > markupLength && SniffMarkup(b[:markupLength]) != markup {
			t.Fatal("bytes after the first 1024 changed the result of SniffMarkup")
		}
		// More bytes must not change a result other than MarkupNone.
		if markup != MarkupNone && len(b) < markupLength && SniffMarkup(slices.Concat(b, []byte("<html>:"))) != markup {
			t.Fatalf("SniffMarkup(%q) = %v, but not if more bytes follow", b, markup)
		}
	})
}
