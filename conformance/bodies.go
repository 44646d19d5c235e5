package conformance

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
)

// ResponseBodies lists the values of [Response].BodyKind: bodies that the server
// provides, so that cases stay small. "js" sets a variable in the page when it runs.
var ResponseBodies = []string{"html", "json", "json-safe", "xml", "svg", "css", "js", "png", "wav", "ttf"}

// responseBody returns the body of a response of the case with the given id.
func responseBody(id int, a Response) []byte {
	switch a.BodyKind {
	case "html":
		return []byte("<!DOCTYPE html><html><head><title>t</title></head><body>html</body></html>")
	case "json":
		return []byte(`{"secret":"json","list":[1,2,3]}`)
	case "json-safe":
		return []byte(")]}'\n{\"secret\":\"json\"}")
	case "xml":
		return []byte(`<?xml version="1.0"?><root>xml</root>`)
	case "svg":
		return []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="2" height="2"><rect width="2" height="2"/></svg>`)
	case "css":
		return []byte("#none { color: red }")
	case "js":
		return fmt.Appendf(nil, "(self.ran ||= {})[%d] = 1", id)
	case "png":
		return pngBody
	case "wav":
		return wavBody
	case "ttf":
		return ttfBody
	}
	return []byte(a.Body)
}

// pngBody is one transparent pixel.
var pngBody, _ = base64.StdEncoding.DecodeString(
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")

// wavBody is a tenth of a second of silence: 8-bit mono at 8 kHz.
var wavBody = wav(800)

func wav(samples int) []byte {
	le := binary.LittleEndian
	b := []byte("RIFF")
	b = le.AppendUint32(b, uint32(36+samples))
	b = append(b, "WAVEfmt "...)
	b = le.AppendUint32(b, 16)
	b = le.AppendUint16(b, 1) // PCM
	b = le.AppendUint16(b, 1) // channel
	b = le.AppendUint32(b, 8000)
	b = le.AppendUint32(b, 8000)
	b = le.AppendUint16(b, 1)
	b = le.AppendUint16(b, 8)
	b = append(b, "data"...)
	b = le.AppendUint32(b, uint32(samples))
	return append(b, strings.Repeat("\x80", samples)...)
}

// ttfBody is the smallest TrueType font that browsers accept: every required
// table, and two glyphs that are the same triangle.
var ttfBody = ttf()

func ttf() []byte {
	be := binary.BigEndian
	u16 := func(vs ...int) []byte {
		var b []byte
		for _, v := range vs {
			b = be.AppendUint16(b, uint16(v))
		}
		return b
	}
	u32 := func(v uint32) []byte { return be.AppendUint32(nil, v) }
	join := func(parts ...[]byte) []byte {
		var b []byte
		for _, p := range parts {
			b = append(b, p...)
		}
		return b
	}
	// One contour with the points (0,0) (500,0) (0,500), all on the curve.
	glyph := join(
		u16(1, 0, 0, 500, 500), // contours, xMin, yMin, xMax, yMax
		u16(2),                 // last point of the contour
		u16(0),                 // no instructions
		[]byte{1, 1, 1},        // flags: on the curve, words for x and y
		u16(0, 500, -500), u16(0, 0, 500),
		[]byte{0}, // padding to an even length
	)
	name := []byte{}
	records := []byte{}
	for i, text := range []string{"Test", "Regular", "Test 1", "Test", "Version 1", "Test"} {
		id := i + 1
		utf16 := []byte{}
		for _, c := range text {
			utf16 = be.AppendUint16(utf16, uint16(c))
		}
		records = append(records, u16(3, 1, 0x409, id, len(utf16), len(name))...)
		name = append(name, utf16...)
	}
	cmap := join(
		u16(0, 1), u16(3, 1), u32(12), // version, tables; Windows Unicode at 12
		// Format 4 with a segment for "A" and the final one.
		u16(4, 32, 0, 4, 4, 1, 0, 'A', 0xFFFF, 0, 'A', 0xFFFF, 1-'A', 1, 0, 0),
	)
	tables := []struct {
		tag  string
		data []byte
	}{
		{"OS/2", join(u16(4, 500, 400, 5, 0, 650, 600, 0, 75, 650, 600, 0, 350, 50, 250, 0),
			make([]byte, 10), // panose
			make([]byte, 16), // Unicode ranges
			[]byte("TEST"), u16(0x40, 'A', 'A', 800, -200, 0, 800, 200), u32(1), u32(0),
			u16(500, 700, 0, 32, 1))},
		{"cmap", cmap},
		{"glyf", join(glyph, glyph)},
		{"head", join(u32(0x10000), u32(0x10000), u32(0), u32(0x5F0F3CF5), u16(0, 1000),
			make([]byte, 16), // created, modified
			u16(0, 0, 500, 500, 0, 8, 2, 0, 0))},
		{"hhea", join(u32(0x10000), u16(800, -200, 0, 500, 0, 0, 500, 1, 0, 0, 0, 0, 0, 0, 0, 2))},
		{"hmtx", u16(500, 0, 500, 0)},
		{"loca", u16(0, len(glyph)/2, len(glyph))},
		{"maxp", join(u32(0x10000), u16(2, 3, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0))},
		{"name", join(u16(0, 6, 6+len(records)), records, name)},
		{"post", join(u32(0x30000), make([]byte, 28))},
	}
	sum := func(b []byte) uint32 {
		var s uint32
		for i := 0; i < len(b); i += 4 {
			var word [4]byte
			copy(word[:], b[i:])
			s += be.Uint32(word[:])
		}
		return s
	}
	dir := join(u32(0x10000), u16(len(tables), 128, 3, len(tables)*16-128))
	var data []byte
	offset := len(dir) + 16*len(tables)
	headAt := 0
	for _, t := range tables {
		if t.tag == "head" {
			headAt = offset + len(data)
		}
		dir = append(dir, join([]byte(t.tag), u32(sum(t.data)), u32(uint32(offset+len(data))), u32(uint32(len(t.data))))...)
		data = append(data, t.data...)
		for len(data)%4 != 0 {
			data = append(data, 0)
		}
	}
	font := append(dir, data...)
	be.PutUint32(font[headAt+8:], 0xB1B0AFBA-sum(font))
	return font
}
