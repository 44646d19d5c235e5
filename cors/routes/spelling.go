package routes

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// This file finds the ways in which servers read a path or a host that can be read in more than one
// way. The policy is matched before the request reaches its handler, and the handler may read the
// path in its own way: http.FileServer reads /public/..%2Fprivate/x as /private/x, and Tomcat reads
// /public/..;/private/x so.

const (
	// These bound the work for one path: the number of its readings, their length in all, and the
	// length of the path.
	maxReadings       = 64
	maxReadingsLength = 16384
	maxSpelledLength  = 2048
)

// canonicalPath reports whether every server reads the path of u in the same way, except for a slash at
// its end: no percent-encoding but of characters that have no other spelling, no empty segments, no dot
// segments, and none of the characters that some servers treat as separators.
func canonicalPath(u *url.URL) bool {
	path := u.Path
	if u.RawPath != "" || path == "" || path[0] != '/' {
		return false
	}
	for i := 0; i < len(path); i++ {
		if c := path[i]; !special[c] {
			continue
		} else if c != '/' {
			return false
		}
		if rest := path[i+1:]; len(rest) > 0 && (rest[0] == '/' || rest[0] == '.' && startsWithDots(rest)) {
			return false
		}
	}
	return true
}

// special has the slash, and the bytes that are read in several ways or not at all.
var special = func() (table [256]bool) {
	for c := range byte(' ') {
		table[c] = true
	}
	for _, c := range []byte("/%\\;?#\x7f\xc0\xc1\xe0\xf0") { // the last four begin overlong UTF-8
		table[c] = true
	}
	return table
}()

// startsWithDots reports whether a path without its first slash begins with a dot segment.
func startsWithDots(rest string) bool {
	segment, _, _ := strings.Cut(rest, "/")
	return segment == "." || segment == ".."
}

// canonicalHost reports whether every server reads a host, perhaps with a port, in the same way.
func canonicalHost(host string) bool {
	for i := 0; i < len(host); i++ {
		switch c := host[i]; {
		case 'A' <= c && c <= 'Z', c == '.' && (i+1 == len(host) || host[i+1] == ':'):
			return false
		}
	}
	return true
}

// hosts returns the readings of a Host header.
func hosts(host string) []string {
	if canonicalHost(host) {
		return []string{host}
	}
	name, port := host, ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		name, port = host[:i], host[i:]
	}
	return []string{host, strings.ToLower(strings.TrimRight(name, ".")) + port}
}

// paths returns the readings of a path as it was received, and false if servers may read it in a way
// that is not among them. Each reading follows from another by one step that servers take, so that
// the steps may have any order. Each step makes a path shorter or replaces a character for good, so
// there is an end to them.
func paths(received string) (all []string, ok bool) {
	if len(received) > maxSpelledLength {
		return nil, false
	}
	if !strings.HasPrefix(received, "/") {
		received = "/" + received
	}
	all = []string{unescape(received, encodedAlways)}
	length := 0 // of all readings
	add := func(path string) {
		if !slices.Contains(all, path) {
			all = append(all, path)
			length += len(path)
		}
	}
	for i := 0; i < len(all); i++ {
		path := all[i]
		if len(all) > maxReadings || length > maxReadingsLength || unreadable(path) {
			return nil, false
		}
		if strings.Contains(path, "%") {
			add(unescape(path, func(byte) bool { return true }))
			add(unescape(path, notSeparator))
		}
		if strings.Contains(path, `\`) {
			add(strings.ReplaceAll(path, `\`, "/"))
		}
		if strings.Contains(path, ";") {
			add(strings.ReplaceAll(path, ";", "/"))
			add(withoutParameters(path))
		}
		if end := strings.IndexAny(path, "?#"); end >= 0 {
			add(path[:end])
		}
		if strings.Contains(path, "//") {
			add(mergeSlashes(path))
		}
		if strings.Contains(path, "/.") {
			add(removeDots(path))
		}
	}
	return all, true
}

// unreadable reports whether a path has bytes that servers remove, cut the path at, or decode in
// ways of their own: control characters, overlong UTF-8, and encodings such as %u002f.
func unreadable(path string) bool {
	for i := 0; i < len(path); i++ {
		switch c := path[i]; {
		case c < ' ' || c == 0x7f || c == 0xc0 || c == 0xc1:
			return true
		case i+1 == len(path):
		case c == '%' && path[i+1]|0x20 == 'u':
			return true
		case c == 0xe0 && path[i+1]&0xe0 == 0x80, c == 0xf0 && path[i+1]&0xf0 == 0x80:
			return true
		}
	}
	return false
}

// encodedAlways reports whether a byte has no spelling in a path but its percent-encoding.
func encodedAlways(c byte) bool {
	return c > 0x7f || c == ' ' || strings.IndexByte("\"<>^`{|}", c) >= 0
}

// notSeparator is what is decoded by servers that find the segments of a path before they decode it.
func notSeparator(c byte) bool { return c != '/' && c != '\\' && c != ';' && c != '%' }

// unescape decodes the percent-encodings of the bytes for which decode returns true. Invalid ones
// stay as they are.
func unescape(path string, decode func(byte) bool) string {
	if !strings.Contains(path, "%") {
		return path
	}
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] == '%' && i+2 < len(path) {
			high, low := hex(path[i+1]), hex(path[i+2])
			if c := high<<4 | low; high < 16 && low < 16 && decode(c) {
				b.WriteByte(c)
				i += 2
				continue
			}
		}
		b.WriteByte(path[i])
	}
	return b.String()
}

// hex returns the value of a hexadecimal digit, and 255 for any other byte.
func hex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10
	}
	return 255
}

// withoutParameters removes from each segment what follows a semicolon.
func withoutParameters(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		segments[i], _, _ = strings.Cut(segment, ";")
	}
	return strings.Join(segments, "/")
}

func mergeSlashes(path string) string {
	var b strings.Builder
	for i := 0; i < len(path); i++ {
		if path[i] != '/' || i == 0 || path[i-1] != '/' {
			b.WriteByte(path[i])
		}
	}
	return b.String()
}

// removeDots resolves dot segments as RFC 3986 says (section 5.2.4): an empty segment counts as one.
func removeDots(path string) string {
	segments := strings.Split(path[1:], "/")
	kept := segments[:0]
	for i, segment := range segments {
		last := i == len(segments)-1
		switch {
		case segment == "..":
			kept = kept[:max(len(kept)-1, 0)]
		case segment != ".":
			kept = append(kept, segment)
			continue
		}
		if last {
			kept = append(kept, "")
		}
	}
	return "/" + strings.Join(kept, "/")
}

// slashed reports whether one pattern is for exactly the path of another with a slash at its end, as
// "/items/" and "/items" are, so that the slash is not a mere spelling.
func slashed(with, without string) bool {
	names := func(pattern string) string {
		path := strings.TrimSuffix(pattern[max(strings.IndexByte(pattern, '/'), 0):], "{$}")
		segments := strings.Split(path, "/")
		for i, s := range segments {
			if strings.HasPrefix(s, "{") && !strings.HasSuffix(s, "...}") {
				segments[i] = "{}"
			}
		}
		return strings.Join(segments, "/")
	}
	return names(with) == names(without)+"/"
}

// literal returns a copy of r for exactly this host and escaped path. A ServeMux would otherwise clean
// the path before it matches it.
func literal(r *http.Request, host, escaped string) *http.Request {
	segments := strings.Split(strings.TrimPrefix(escaped, "/"), "/")
	for i, segment := range segments {
		switch {
		case segment == "." || segment == "..":
			segments[i] = strings.ReplaceAll(segment, ".", "%2E")
		case segment == "" && i < len(segments)-1:
			segments[i] = "%00" // not empty, and no pattern has it
		}
	}
	out := *r
	u := *r.URL
	u.RawPath = "/" + strings.Join(segments, "/")
	u.Path, _ = url.PathUnescape(u.RawPath) // valid: it is escaped
	out.URL, out.Host = &u, host
	return &out
}

// escape escapes all of a path but its slashes.
func escape(path string) string {
	return strings.ReplaceAll(url.PathEscape(path), "%2F", "/")
}
