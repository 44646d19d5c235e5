// Package weburl parses URLs as browsers do, following the URL Standard
// (https://url.spec.whatwg.org/).
//
// Code that makes a security decision about a URL must see the URL that the browser will use. Package
// net/url follows RFC 3986 and differs: to a browser "https:\\EXAMPLE.com\.." is
// https://example.com/, "http://0x7f.1" is http://127.0.0.1/, and "https://münchen.example" is
// https://xn--mnchen-3ya.example/. [Parse] accepts any string, including relative URLs if there is a
// base, and returns a [URL] with all parts in canonical form, so that URLs can be compared as
// strings.
//
// The package only parses, serializes and percent-decodes. Unlike JavaScript, it has no setters of a
// URL's parts, and no URLSearchParams.
package weburl

import (
	"strings"
	"unicode/utf8"
)

// MaxLength is the largest length in bytes of an input and of a resulting URL: 2 MiB, which is the
// limit of browsers. The standard has no limit.
const MaxLength = 2 << 20

// Parse parses a URL (https://url.spec.whatwg.org/#concept-basic-url-parser, without a state override).
// A relative input is resolved against base, which may be nil and is not changed. Each byte of the
// input that is not valid UTF-8 counts as U+FFFD.
//
// The error is always an [*Error]. Parse is safe for concurrent use. It takes time linear in the length
// of its arguments. If the input is already in canonical form, it allocates only the URL.
func Parse(input string, base *URL) (*URL, error) {
	if len(input) > MaxLength {
		return nil, &Error{input, TooLong}
	}
	p := parser{input: clean(input), base: base, url: &URL{}}
	if reason := p.schemeStart(); reason != "" {
		return nil, &Error{input, reason}
	}
	// Percent-encoding may have made the URL too long to be parsed again.
	if p.url.serializedLength() > MaxLength && len(p.url.String()) > MaxLength {
		return nil, &Error{input, TooLong}
	}
	return p.url, nil
}

// clean does the steps of the parser before its state machine: it removes C0 controls and spaces at
// both ends, and tabs and newlines everywhere. It also replaces invalid UTF-8.
func clean(s string) string {
	for s != "" && s[0] <= ' ' {
		s = s[1:]
	}
	for s != "" && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	if strings.ContainsAny(s, "\t\n\r") {
		s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	}
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	return s
}

// parser is the standard's state machine. Each method is one of its states. Where the standard appends
// code points to a buffer until it reaches a delimiter, the method searches for the delimiter.
// Positions are byte offsets into input. Every delimiter is ASCII, so it is never part of another code
// point. A method returns the reason for failure, or "".
type parser struct {
	input string
	base  *URL // or nil
	url   *URL // being built
}

// at returns the byte at pos, or 0 at the end of the input. A NUL in the input is not mistaken for a
// delimiter, because no state has NUL as a delimiter.
func (p *parser) at(pos int) byte {
	if pos < len(p.input) {
		return p.input[pos]
	}
	return 0
}

func (p *parser) atEnd(pos int) bool { return pos >= len(p.input) }

// isSlash reports whether c separates path segments. In special URLs a backslash does too.
func (p *parser) isSlash(c byte) bool { return c == '/' || c == '\\' && p.url.IsSpecial() }

// schemeStart is the scheme start state and the scheme state.
func (p *parser) schemeStart() Reason {
	if !isASCIIAlpha(p.at(0)) {
		return p.noScheme()
	}
	i := 1
	for i < len(p.input) && isSchemeByte(p.input[i]) {
		i++
	}
	if p.at(i) != ':' {
		return p.noScheme()
	}
	p.url.Scheme = strings.ToLower(p.input[:i])
	pos := i + 1
	switch {
	case p.url.Scheme == "file":
		return p.file(pos)
	case p.url.IsSpecial():
		// The special relative or authority state: "https:a" is relative to a base with the same
		// scheme.
		if p.base != nil && p.base.Scheme == p.url.Scheme && !strings.HasPrefix(p.input[pos:], "//") {
			return p.relative(pos)
		}
		return p.specialAuthorityIgnoreSlashes(pos)
	case strings.HasPrefix(p.input[pos:], "//"):
		return p.authority(pos + 2)
	case p.at(pos) == '/':
		return p.path(pos+1, "")
	}
	return p.opaquePath(pos)
}

func (p *parser) noScheme() Reason {
	switch {
	case p.base == nil || p.base.OpaquePath && p.at(0) != '#':
		return MissingScheme
	case p.base.OpaquePath:
		p.url.Scheme, p.url.OpaquePath = p.base.Scheme, true
		p.url.Path = p.base.Path
		p.url.Query, p.url.HasQuery = p.base.Query, p.base.HasQuery
		return p.fragment(1)
	case p.base.Scheme != "file":
		return p.relative(0)
	}
	return p.file(0)
}

func (p *parser) relative(pos int) Reason {
	p.url.Scheme = p.base.Scheme
	c := p.at(pos)
	if p.isSlash(c) {
		return p.relativeSlash(pos + 1)
	}
	p.copyAuthority()
	return p.relativePath(pos, shorten(p.base.Path, false))
}

func (p *parser) relativeSlash(pos int) Reason {
	c := p.at(pos)
	if p.url.IsSpecial() && p.isSlash(c) {
		return p.specialAuthorityIgnoreSlashes(pos + 1)
	}
	if c == '/' {
		return p.authority(pos + 1)
	}
	p.copyAuthority()
	return p.path(pos, "")
}

func (p *parser) copyAuthority() {
	p.url.Username, p.url.Password = p.base.Username, p.base.Password
	p.url.Host, p.url.Port = p.base.Host, p.base.Port
}

// relativePath is the part that the relative state and the file state have in common: the path, query
// or fragment replaces that of the base and all that follows it there. parent is the path that a
// relative path is appended to.
func (p *parser) relativePath(pos int, parent string) Reason {
	if c := p.at(pos); !p.atEnd(pos) && c != '?' && c != '#' {
		return p.path(pos, parent)
	}
	p.url.Path = p.base.Path
	p.url.Query, p.url.HasQuery = p.base.Query, p.base.HasQuery
	return p.afterPath(pos)
}

func (p *parser) specialAuthorityIgnoreSlashes(pos int) Reason {
	for p.at(pos) == '/' || p.at(pos) == '\\' {
		pos++
	}
	return p.authority(pos)
}

// authority is the authority state, the host state and the port state.
func (p *parser) authority(pos int) Reason {
	end := pos
	for end < len(p.input) && !p.endsAuthority(p.input[end]) {
		end++
	}
	host := p.input[pos:end]
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		username, password, _ := strings.Cut(host[:i], ":")
		p.url.Username = percentEncode(username, &userinfoSet)
		p.url.Password = percentEncode(password, &userinfoSet)
		host = host[i+1:]
		if host == "" {
			return HostMissing
		}
	}
	host, port, hasPort := cutPort(host)
	if host == "" && (hasPort || p.url.IsSpecial()) {
		return HostMissing
	}
	var reason Reason
	if p.url.Host, reason = parseHost(host, !p.url.IsSpecial()); reason != "" {
		return reason
	}
	if p.url.Port, reason = parsePort(port, DefaultPort(p.url.Scheme)); reason != "" {
		return reason
	}
	return p.pathStart(end)
}

func (p *parser) endsAuthority(c byte) bool { return c == '?' || c == '#' || p.isSlash(c) }

// cutPort splits a host and a port at the first colon outside square brackets.
func cutPort(s string) (host, port string, hasPort bool) {
	insideBrackets := false
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '[':
			insideBrackets = true
		case ']':
			insideBrackets = false
		case ':':
			if !insideBrackets {
				return s[:i], s[i+1:], true
			}
		}
	}
	return s, "", false
}

// parsePort returns a port in canonical form, which is "" for an empty or default port.
func parsePort(s string, defaultPort int) (string, Reason) {
	port := 0
	for i := 0; i < len(s); i++ {
		if !isASCIIDigit(s[i]) {
			return "", PortInvalid
		}
		// Go on after an overflow, because PortInvalid is the better reason if a letter follows.
		if port <= 0xFFFF {
			port = port*10 + int(s[i]-'0')
		}
	}
	switch {
	case port > 0xFFFF:
		return "", PortOutOfRange
	case s == "" || port == defaultPort && defaultPort != 0:
		return "", ""
	}
	s = strings.TrimLeft(s, "0")
	if s == "" {
		s = "0"
	}
	return s, ""
}

func (p *parser) file(pos int) Reason {
	p.url.Scheme = "file"
	p.url.Host = Host{kind: HostEmpty}
	switch {
	case p.isSlash(p.at(pos)):
		return p.fileSlash(pos + 1)
	case p.base == nil || p.base.Scheme != "file":
		return p.path(pos, "")
	}
	p.url.Host = p.base.Host
	parent := ""
	if !startsWithDriveLetter(p.input[pos:]) {
		parent = shorten(p.base.Path, true)
	}
	return p.relativePath(pos, parent)
}

func (p *parser) fileSlash(pos int) Reason {
	if p.isSlash(p.at(pos)) {
		return p.fileHost(pos + 1)
	}
	drive := ""
	if p.base != nil && p.base.Scheme == "file" {
		p.url.Host = p.base.Host
		if !startsWithDriveLetter(p.input[pos:]) {
			drive = leadingDrive(p.base.Path)
		}
	}
	return p.path(pos, drive)
}

func (p *parser) fileHost(pos int) Reason {
	end := pos
	for end < len(p.input) && !p.endsAuthority(p.input[end]) {
		end++
	}
	host := p.input[pos:end]
	switch {
	case isDriveLetter(host):
		// In "file://c:/x" the drive is not the host but the first segment of the path.
		return p.path(pos, "")
	case host != "":
		parsed, reason := parseHost(host, false)
		if reason != "" {
			return reason
		}
		if parsed.text != "localhost" {
			p.url.Host = parsed
		}
	}
	return p.pathStart(end)
}

func (p *parser) pathStart(pos int) Reason {
	if p.isSlash(p.at(pos)) {
		return p.path(pos+1, "")
	}
	if p.url.IsSpecial() {
		return p.path(pos, "")
	}
	return p.afterPath(pos)
}

// path is the path state. pos is after the slash at the start of the path, if there is one. parent is
// the path that the new segments are appended to.
func (p *parser) path(pos int, parent string) Reason {
	end := p.indexQueryOrFragment(pos)
	rest := p.input[pos:end]
	switch {
	case !p.isCanonicalPath(rest):
		p.url.Path = p.appendSegments(parent, rest)
	case parent == "" && pos > 0 && p.input[pos-1] == '/':
		p.url.Path = p.input[pos-1 : end] // "/" + rest, without a copy
	default:
		p.url.Path = parent + "/" + rest
	}
	return p.afterPath(end)
}

// isCanonicalPath reports whether a path is known to be canonical, as most are. It may return false for
// a canonical path.
func (p *parser) isCanonicalPath(s string) bool {
	if p.url.Scheme == "file" {
		return false
	}
	backslash := p.url.IsSpecial()
	atSegmentStart := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		if pathSet.has(c) || c == '\\' && backslash || atSegmentStart && (c == '.' || c == '%') {
			return false
		}
		atSegmentStart = c == '/'
	}
	return true
}

// appendSegments appends the segments of rest to a path, resolving dot segments.
func (p *parser) appendSegments(path, rest string) string {
	isFile := p.url.Scheme == "file"
	out := make([]byte, 0, len(path)+1+len(rest))
	out = append(out, path...)
	for start := 0; ; {
		end := start
		for end < len(rest) && !p.isSlash(rest[end]) {
			end++
		}
		segment, isLast := rest[start:end], end == len(rest)
		switch {
		case isDoubleDot(segment):
			out = out[:shortenedLength(out, isFile)]
			if isLast {
				out = append(out, '/')
			}
		case isSingleDot(segment):
			if isLast {
				out = append(out, '/')
			}
		case isFile && len(out) == 0 && isDriveLetter(segment):
			out = append(out, '/', segment[0], ':')
		default:
			out = append(out, '/')
			out = appendPercentEncoded(out, segment, &pathSet)
		}
		if isLast {
			return string(out)
		}
		start = end + 1
	}
}

func (p *parser) opaquePath(pos int) Reason {
	end := p.indexQueryOrFragment(pos)
	path := p.input[pos:end]
	p.url.OpaquePath = true
	if end < len(p.input) && strings.HasSuffix(path, " ") {
		// The space would be stripped if the URL were parsed again without query and fragment.
		path = path[:len(path)-1] + "%20"
	}
	p.url.Path = percentEncode(path, &c0ControlSet)
	return p.afterPath(end)
}

func (p *parser) indexQueryOrFragment(pos int) int {
	if i := strings.IndexAny(p.input[pos:], "?#"); i >= 0 {
		return pos + i
	}
	return len(p.input)
}

// afterPath continues after a path. pos is at "?", "#" or the end of the input.
func (p *parser) afterPath(pos int) Reason {
	switch p.at(pos) {
	case '?':
		return p.query(pos + 1)
	case '#':
		return p.fragment(pos + 1)
	}
	return ""
}

func (p *parser) query(pos int) Reason {
	query, _, _ := strings.Cut(p.input[pos:], "#")
	set := &querySet
	if p.url.IsSpecial() {
		set = &specialQuerySet
	}
	p.url.Query, p.url.HasQuery = percentEncode(query, set), true
	return p.afterPath(pos + len(query))
}

func (p *parser) fragment(pos int) Reason {
	p.url.Fragment, p.url.HasFragment = percentEncode(p.input[pos:], &fragmentSet), true
	return ""
}

// shorten removes a path's last segment (https://url.spec.whatwg.org/#shorten-a-urls-path).
func shorten(path string, isFile bool) string { return path[:shortenedLength(path, isFile)] }

func shortenedLength[T string | []byte](path T, isFile bool) int {
	if isFile && len(path) == 3 && path[0] == '/' && isASCIIAlpha(path[1]) && path[2] == ':' {
		return len(path) // ".." does not leave a drive
	}
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return i
		}
	}
	return 0
}

// isSingleDot reports whether s is a single-dot URL path segment.
func isSingleDot(s string) bool { return s == "." || strings.EqualFold(s, "%2e") }

// isDoubleDot reports whether s is a double-dot URL path segment.
func isDoubleDot(s string) bool {
	switch len(s) {
	case 2:
		return s == ".."
	case 4:
		return strings.EqualFold(s, ".%2e") || strings.EqualFold(s, "%2e.")
	case 6:
		return strings.EqualFold(s, "%2e%2e")
	}
	return false
}

// isDriveLetter reports whether s is a Windows drive letter
// (https://url.spec.whatwg.org/#windows-drive-letter).
func isDriveLetter(s string) bool {
	return len(s) == 2 && isASCIIAlpha(s[0]) && (s[1] == ':' || s[1] == '|')
}

// startsWithDriveLetter implements https://url.spec.whatwg.org/#start-with-a-windows-drive-letter.
func startsWithDriveLetter(s string) bool {
	return len(s) >= 2 && isDriveLetter(s[:2]) && (len(s) == 2 || strings.IndexByte(`/\?#`, s[2]) >= 0)
}

// leadingDrive returns the first segment of a path, such as "/C:", if it is a drive, otherwise "".
func leadingDrive(path string) string {
	if len(path) >= 3 && path[0] == '/' && isASCIIAlpha(path[1]) && path[2] == ':' &&
		(len(path) == 3 || path[3] == '/') {
		return path[:3]
	}
	return ""
}

func isASCIIAlpha(c byte) bool { c |= 0x20; return 'a' <= c && c <= 'z' }
func isASCIIDigit(c byte) bool { return '0' <= c && c <= '9' }
func isSchemeByte(c byte) bool {
	return isASCIIAlpha(c) || isASCIIDigit(c) || c == '+' || c == '-' || c == '.'
}
