package mime

import (
	"strings"
	"testing"
)

// mp3 returns an MP3 frame of length bytes with the given header.
func mp3(header string, length int) string {
	return header + strings.Repeat("\x55", length-len(header))
}

func TestSniff(t *testing.T) {
	const (
		mpeg1    = "\xFF\xFB\x90\x00" // MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes
		padded   = "\xFF\xFB\x92\x00" // one byte more
		longest  = "\xFF\xFB\xEA\x00" // 320 kbit/s, 32 kHz, padded: 1441 bytes
		mpeg2    = "\xFF\xF3\x80\x00" // MPEG-2 layer III, 64 kbit/s, 22.05 kHz: 208 bytes
		mpeg25   = "\xFF\xE3\x48\x00" // MPEG-2.5 layer III, 32 kbit/s, 8 kHz: 288 bytes
		freeRate = "\xFF\xFB\x00\x00" // free format: no bit rate
	)
	for _, test := range []struct {
		name, in           string
		image, media, font string
	}{
		{name: "nothing"},
		{name: "text", in: "hello, world"},
		{name: "SVG is not sniffed", in: `<svg xmlns="http://www.w3.org/2000/svg"/>`},

		{name: "icon", in: "\x00\x00\x01\x00", image: "image/x-icon"},
		{name: "cursor", in: "\x00\x00\x02\x00x", image: "image/x-icon"},
		{name: "bitmap", in: "BM", image: "image/bmp"},
		{name: "GIF of 1987", in: "GIF87a", image: "image/gif"},
		{name: "GIF of 1989", in: "GIF89a...", image: "image/gif"},
		{name: "invalid GIF version", in: "GIF88a"},
		{name: "WebP", in: "RIFF\x01\x02\x03\x04WEBPVP8 ", image: "image/webp"},
		{name: "truncated WebP", in: "RIFF\x01\x02\x03\x04WEBPV"},
		{name: "PNG", in: "\x89PNG\r\n\x1a\n\x00", image: "image/png"},
		{name: "PNG with converted line ends", in: "\x89PNG\n\x1a\n\x00"},
		{name: "JPEG", in: "\xFF\xD8\xFF\xE0", image: "image/jpeg"},
		{name: "leading whitespace", in: " GIF89a"},

		{name: "AIFF", in: "FORM\x00\x00\x00\x00AIFF", media: "audio/aiff"},
		{name: "MP3 with ID3", in: "ID3\x04", media: "audio/mpeg"},
		{name: "Ogg", in: "OggS\x00", media: "application/ogg"},
		{name: "Ogg of a later version", in: "OggS\x01"},
		{name: "MIDI", in: "MThd\x00\x00\x00\x06", media: "audio/midi"},
		{name: "AVI", in: "RIFF....AVI LIST", media: "video/avi"},
		{name: "WAVE", in: "RIFF\xff\xff\xff\xffWAVEfmt ", media: "audio/wave"},

		{name: "MP4 by its first brand", in: "\x00\x00\x00\x0cftypmp42", media: "video/mp4"},
		{name: "MP4 brand in upper case", in: "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomMP4 ", media: ""},
		{name: "MP4 by the last brand", in: "\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp41", media: "video/mp4"},
		{name: "the version of the first brand is not a brand", in: "\x00\x00\x00\x14ftypisommp42isom"},
		{name: "a brand after the end of the box", in: "\x00\x00\x00\x14ftypisom\x00\x00\x02\x00isommp41"},
		{name: "box longer than the bytes", in: "\x00\x00\x00\x10ftypmp42"},
		{name: "box of the maximum length", in: "\xff\xff\xff\xfcftypmp42"},
		{name: "box length not a multiple of four", in: "\x00\x00\x00\x0dftypmp42...."},
		{name: "box with another name", in: "\x00\x00\x00\x0cmoovmp42"},
		{name: "truncated MP4", in: "\x00\x00\x00\x08ftypmp4"},
		{name: "AVIF is not a video", in: "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1miaf"},

		{name: "WebM", in: "\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x42", media: "video/webm"},
		{name: "WebM with a long length", in: "\x1a\x45\xdf\xa3\x42\x82\x40\x04webm\x42", media: "video/webm"},
		{name: "WebM with the longest length", in: "\x1a\x45\xdf\xa3\x42\x82\x01\x00\x00\x00\x00\x00\x00\x04webm\x42", media: "video/webm"},
		{name: "WebM with zeros before its name", in: "\x1a\x45\xdf\xa3\x42\x82\x86\x00\x00webm\x42", media: "video/webm"},
		{name: "WebM with nothing after its name", in: "\x1a\x45\xdf\xa3\x42\x82\x84webm"},
		{name: "Matroska", in: "\x1a\x45\xdf\xa3\x9f\x42\x82\x88matroska\x42"},
		{name: "WebM with its name at the last position", in: "\x1a\x45\xdf\xa3" + strings.Repeat("\x01", 33) + "\x42\x82\x84webm\x42", media: "video/webm"},
		{name: "WebM with its name after the last position", in: "\x1a\x45\xdf\xa3" + strings.Repeat("\x01", 34) + "\x42\x82\x84webm\x42"},
		{name: "truncated EBML", in: "\x1a\x45\xdf\xa3\x42\x82"},

		{name: "MP3", in: mp3(mpeg1, 417) + mpeg1, media: "audio/mpeg"},
		{name: "MP3 with padding", in: mp3(padded, 418) + mpeg1, media: "audio/mpeg"},
		{name: "MP3 with the longest frame", in: mp3(longest, 1441) + longest, media: "audio/mpeg"},
		{name: "MP3 of MPEG-2", in: mp3(mpeg2, 208) + mpeg2, media: "audio/mpeg"},
		{name: "MP3 of MPEG-2.5", in: mp3(mpeg25, 288) + mpeg25, media: "audio/mpeg"},
		{name: "MP3 with one frame only", in: mp3(mpeg1, 417) + "\xFF\xFB\x90"},
		{name: "MP3 with its second frame misplaced", in: mp3(mpeg1, 416) + mpeg1 + mpeg1[:1]},
		{name: "MP3 without a bit rate", in: freeRate + freeRate},
		{name: "half a sync pattern", in: mp3("\xFF\x1B\x90\x00", 417) + mpeg1},
		{name: "MPEG audio of layer II", in: mp3("\xFF\xFD\x90\x00", 417) + mpeg1},
		{name: "invalid bit rate", in: mp3("\xFF\xFB\xF0\x00", 417) + mpeg1},
		{name: "invalid sample rate", in: mp3("\xFF\xFB\x9C\x00", 417) + mpeg1},
		{name: "invalid version", in: mp3("\xFF\xEB\x90\x00", 417) + mpeg1},

		{name: "TrueType", in: "\x00\x01\x00\x00", font: "font/ttf"},
		{name: "OpenType", in: "OTTO", font: "font/otf"},
		{name: "font collection", in: "ttcf", font: "font/collection"},
		{name: "WOFF", in: "wOFF", font: "font/woff"},
		{name: "WOFF 2", in: "wOF2", font: "font/woff2"},
		{name: "embedded OpenType", in: strings.Repeat("\x07", 34) + "LP", font: "application/vnd.ms-fontobject"},
		{name: "embedded OpenType takes precedence", in: "wOFF" + strings.Repeat("\x07", 30) + "LP", font: "application/vnd.ms-fontobject"},
	} {
		in := []byte(test.in)
		if got := SniffImage(in); got != test.image {
			t.Errorf("%s: SniffImage = %q, want %q", test.name, got, test.image)
		}
		if got := SniffAudioVideo(in); got != test.media {
			t.Errorf("%s: SniffAudioVideo = %q, want %q", test.name, got, test.media)
		}
		if got := SniffFont(in); got != test.font {
			t.Errorf("%s: SniffFont = %q, want %q", test.name, got, test.font)
		}
	}
}

// "." stands for any byte in a pattern, so patterns must have exactly the dots that replace masked bytes
// of the standard's tables.
func TestPatternsHaveOnlyWildcardDots(t *testing.T) {
	for _, p := range append(append(imagePatterns[:len(imagePatterns):len(imagePatterns)], audioVideoPatterns...), fontPatterns...) {
		want := 0
		switch {
		case strings.HasPrefix(p.bytes, "RIFF"), strings.HasPrefix(p.bytes, "FORM"):
			want = 4
		case p.mimeType == "application/vnd.ms-fontobject":
			want = 34
		}
		if got := strings.Count(p.bytes, "."); got != want {
			t.Errorf("%q has %d dots, want %d", p.bytes, got, want)
		}
	}
}

func TestSniffMarkup(t *testing.T) {
	for _, test := range []struct {
		name, in string
		want     Markup
	}{
		{"nothing", "", MarkupNone},
		{"a script", "var name = window.location;", MarkupNone},

		{"HTML", "<!DOCTYPE html><title>", MarkupHTML},
		{"any case, leading whitespace", " \t\r\n  <HtMl>", MarkupHTML},
		{"the start of a tag is enough", "<htmladfokadkado", MarkupHTML},
		{"the first letter of body is enough", "<body>", MarkupHTML},
		{"byte order mark", "\xEF\xBB\xBF<html><body>", MarkupHTML},
		{"two byte order marks", "\xEF\xBB\xBF\xEF\xBB\xBF<html>", MarkupNone},
		{"byte order mark after whitespace", " \xEF\xBB\xBF<html>", MarkupNone},
		{"form feed is not whitespace", "\x0c<html>", MarkupNone},
		{"truncated tag", "<htm", MarkupNone},
		{"another doctype", "<!doctype svg>", MarkupNone},
		{"a tag that is not in the list", "<ul>", MarkupNone},
		{"a tag after text", "x<html>", MarkupNone},

		{"a comment, then a line, then HTML", " <!-- this is a comment -->\n<html>", MarkupHTML},
		{"two comments", "<!-- one -->\n<!-- two -->\n<html>", MarkupHTML},
		{"a comment in a comment", "<!-- one <!-- -->\n<script>", MarkupHTML},
		{"an empty comment", "<!---->\n<html>", MarkupHTML},
		{"a carriage return ends a line", "<!---->\r<html>", MarkupHTML},
		{"text after a comment on the same line", "<!-- -->x\n<b>", MarkupHTML},
		{"invalid UTF-8 after a comment", "<!-- --> \xe2 \xe2\x80 \x80 \n<b", MarkupHTML},
		{"HTML after a comment on the same line", "<!-- -->  <html>", MarkupNone},
		{"valid as both HTML and JavaScript", "<!--/*--><html><body><script type='text/javascript'><!--//*/\nvar blah = 123;\n//--></script>", MarkupNone},
		{"a script after a comment", "<!-- a comment\n document.write(1);\n// -->\nwindow.open()", MarkupNone},
		{"a comment that is not closed", "<!-- <html>", MarkupNone},
		{"a comment alone", "<!-- a -->\n", MarkupNone},
		{"U+2028 ends a line in JavaScript but is not whitespace in HTML", "<!---->\u2028<html>", MarkupNone},
		{"U+2029 likewise", "<!---->\u2029\n<html>", MarkupNone},

		{"XML", `<?xml version="1.0"?>`, MarkupXML},
		{"XML after whitespace", " \t\r\n<?xml", MarkupXML},
		{"XML after a byte order mark", "\xEF\xBB\xBF<?xml", MarkupXML},
		{"XML in upper case", "<?XML version", MarkupNone},
		{"XML after a comment", "<!-- -->\n<?xml", MarkupNone},

		{"JSON", `{"name": "value"}`, MarkupJSON},
		{"JSON with whitespace", "\t\t\r\n   { \"name\" \n: 1", MarkupJSON},
		{"JSON after a byte order mark", "\xEF\xBB\xBF {\"a\":1}", MarkupJSON},
		{"an empty key", `{"":1}`, MarkupJSON},
		{"escapes in a key", `{"key   \"  \\"` + " \t\r\n:", MarkupJSON},
		{"control bytes in a key", "{\"a\nb\":1}", MarkupJSON},
		{"garbage after the colon", "{\"name\" :^^^^!!@#\x01\", ", MarkupJSON},
		{"an empty object is valid JavaScript", "{}", MarkupNone},
		{"an array is valid JavaScript", "[true, 1]", MarkupNone},
		{"a block with a string is valid JavaScript", `{"use strict";}`, MarkupNone},
		{"a colon in the string", `{":"}`, MarkupNone},
		{"a key without quotes", `{name: 1}`, MarkupNone},
		{"single quotes", `{'a': 1}`, MarkupNone},
		{"JSON with padding", `foo({"name": 1})`, MarkupNone},
		{"a key that is not closed", `{"name`, MarkupNone},
		{"a key closed by an escape", `{"name\`, MarkupNone},
		{"no colon yet", `{"name" `, MarkupNone},

		{"parser breaker", ")]}',\n[1]", MarkupParserBreaker},
		{"parser breaker of Struts", "{}&&[1]", MarkupParserBreaker},
		{"parser breaker of Spring", "{} &&[1]", MarkupParserBreaker},
		{"endless loop", "for(;;);[1]", MarkupParserBreaker},
		{"endless loop with a space", "for (;;);", MarkupParserBreaker},
		{"another endless loop", "while(1);[1]", MarkupParserBreaker},
		{"another endless loop with a space", "while (1);", MarkupParserBreaker},
		{"an endless loop that does something", "for(;;){}", MarkupNone},
		{"whitespace before a parser breaker", "\n)]}'", MarkupNone},
		{"parser breaker in upper case", "WHILE(1);", MarkupNone},

		{"XML at the end of the first 1024 bytes", strings.Repeat(" ", 1024-5) + "<?xml", MarkupXML},
		{"XML one byte later", strings.Repeat(" ", 1024-4) + "<?xml", MarkupNone},
		{"JSON one byte later", `{"` + strings.Repeat("k", 1024-3) + `":1}`, MarkupNone},
	} {
		if got := SniffMarkup([]byte(test.in)); got != test.want {
			t.Errorf("%s: SniffMarkup(%q) = %v, want %v", test.name, test.in, got, test.want)
		}
	}
	for _, start := range htmlStarts {
		if got := SniffMarkup([]byte(strings.ToUpper(start))); got != MarkupHTML {
			t.Errorf("SniffMarkup(%q) = %v, want HTML", strings.ToUpper(start), got)
		}
		if got := SniffMarkup([]byte(start[:len(start)-1])); got != MarkupNone {
			t.Errorf("SniffMarkup(%q) = %v, want unknown", start[:len(start)-1], got)
		}
	}
}

func TestMarkupString(t *testing.T) {
	names := map[string]bool{}
	for m := MarkupNone; m <= MarkupJSON; m++ {
		names[m.String()] = true
	}
	if len(names) != int(MarkupJSON)+1 {
		t.Errorf("names are not unique: %v", names)
	}
}

func TestCannotBeginScript(t *testing.T) {
	for _, s := range []string{
		"#id { color: red }", "  .class { }", ")]}'", "<svg/>", "%PDF", "> quoted", "/* c */ # x", "<!-- c\n]",
		"// c\n}", "#!/bin/sh\n* x", "\xEF\xBB\xBF=1",
	} {
		if !CannotBeginScript([]byte(s)) {
			t.Errorf("CannotBeginScript(%q) = false, want true", s)
		}
	}
	for _, s := range []string{
		"", ".", "x = 1", ".5.toFixed()", "/re/.test(x)", "/* never closed", "(x)", "[1]", "{}", "!x", "+1", "-1", "~x", "`t`", `"use strict"`,
		"'x'", ";", "<!-- c", "--> c\nx", "#!/usr/bin/env node\nx", "@decorator class C {}", "\\u0061", "π = 3",
	} {
		if CannotBeginScript([]byte(s)) {
			t.Errorf("CannotBeginScript(%q) = true, want false", s)
		}
	}
}
