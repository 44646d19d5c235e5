package proxy

import (
	"bytes"
	"io"
	"net/http"
	"strings"

	"github.com/concors/concors/weburl"
)

// maxLink is the length of the longest URL that is mapped in a body. The part of a body that may be the
// beginning of a URL waits for the rest of it up to this length.
const maxLink = 4 << 10

// maxSeen is how much of a body is looked at if URLs are only counted.
const maxSeen = 1 << 20

// hasLinks reports whether a response has a body in which URLs can be found: text of a kind that has
// them, complete, and not compressed.
func hasLinks(res *http.Response) bool {
	coding := strings.ToLower(res.Header.Get("Content-Encoding"))
	if res.StatusCode < 200 || res.StatusCode == http.StatusPartialContent || res.StatusCode == http.StatusNoContent ||
		res.StatusCode == http.StatusNotModified || coding != "" && coding != "identity" ||
		strings.Contains(strings.ToLower(res.Header.Get("Cache-Control")), "no-transform") {
		return false
	}
	essence, _, _ := strings.Cut(strings.ToLower(res.Header.Get("Content-Type")), ";")
	switch essence = strings.TrimSpace(essence); essence {
	case "application/json", "application/x-ndjson", "text/event-stream", "text/html", "text/xml", "application/xml":
		return true
	}
	return strings.HasSuffix(essence, "+json") || strings.HasSuffix(essence, "+xml")
}

// A linkMapper is a body in which the absolute URLs of targets lead to the proxy. It changes only what
// begins like a route's target: the rest of a URL stays as it is, also in templates such as /x/{id}.
type linkMapper struct {
	io.ReadCloser
	proxy *Proxy
	own   string // the origin of the proxy
	apply bool   // otherwise URLs are only counted

	in, out  []byte // read and not yet looked at; ready
	before   byte   // what precedes in
	seen     int    // bytes that were looked at, if URLs are only counted
	err      error  // of the body, when in is empty
	n        int    // URLs that were found
	from, to string // the first of them
}

func (m *linkMapper) Read(p []byte) (int, error) {
	if !m.apply {
		n, err := m.ReadCloser.Read(p)
		if m.seen += n; m.seen <= maxSeen {
			m.in = append(m.in, p[:n]...)
			m.scan(err != nil)
		}
		return n, err
	}
	for len(m.out) == 0 {
		if m.err != nil && len(m.in) == 0 {
			return 0, m.err
		}
		if m.err == nil {
			// p is the buffer of the caller, which is free until there is something to return.
			n, err := m.ReadCloser.Read(p)
			m.in, m.err = append(m.in, p[:n]...), err
			if n == 0 && err == nil {
				return 0, nil
			}
		}
		m.scan(m.err != nil)
	}
	n := copy(p, m.out)
	m.out = m.out[n:]
	return n, nil
}

// scan moves what is complete from in to out. final says that nothing follows.
func (m *linkMapper) scan(final bool) {
	in := m.in
	m.out = m.out[:0]
	done := 0 // what is in out
	term := 0 // what was searched for the end of a URL; it only grows, so that the cost is linear
	hold := len(in)
	if !final {
		hold -= len(partialScheme(in, m.before))
	}
	for at := 0; ; {
		i := bytes.IndexByte(in[at:], ':')
		if i < 0 {
			break
		}
		i += at
		at = i + 1
		start := i - len(partialScheme(in[:i], m.before))
		if start == i || start < done {
			continue
		}
		switch found, known := slashes(in[i+1:]); {
		case !known && !final:
			hold = start
		case !found:
			continue
		}
		if hold == start {
			break
		}
		term = max(term, i+1)
		for term < len(in) && !endsURL(in, term, final) {
			term++
		}
		if term == len(in) && !final && term-start < maxLink {
			hold = start
			break
		}
		if term-start > maxLink {
			continue
		}
		if to, ok := m.mapLink(in[start:term]); ok {
			if m.n++; m.n == 1 {
				m.from, m.to = string(in[start:term]), string(to)
			}
			if m.apply {
				m.out = append(append(m.out, in[done:start]...), to...)
				done = term
			}
			at = max(at, term)
		}
	}
	hold = max(hold, done)
	m.out = append(m.out, in[done:hold]...)
	if hold > 0 {
		m.before = in[hold-1]
	}
	m.in = append(m.in[:0], in[hold:]...)
}

// slashes reports whether b begins with // or \/\/. known is false if b is too short to say so.
func slashes(b []byte) (found, known bool) {
	for _, mark := range []string{"//", `\/\/`} {
		if strings.HasPrefix(string(b[:min(len(b), len(mark))]), mark) {
			return true, true
		}
		if len(b) < len(mark) && strings.HasPrefix(mark, string(b)) {
			return false, false
		}
	}
	return false, true
}

// partialScheme returns the end of b that is a scheme of a target, or the beginning of one. before precedes b.
func partialScheme(b []byte, before byte) []byte {
	i := len(b)
	for i > 0 && len(b)-i < 6 && b[i-1] >= 'a' && b[i-1] <= 'z' {
		i--
	}
	word := string(b[i:])
	if i > 0 {
		before = b[i-1]
	}
	if isSchemeByte(before) || word == "" || !strings.HasPrefix("https", word) && !strings.HasPrefix("wss", word) {
		return nil
	}
	return b[i:]
}

func isSchemeByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'
}

// endsURL reports whether the byte at i ends a URL in JSON, HTML or XML.
func endsURL(b []byte, i int, final bool) bool {
	switch c := b[i]; c {
	case '"', '\'', '<', '>', '`', ')', '|', '^':
		return true
	case '\\': // \/ is a slash in JSON; any other escape ends what matters here
		return i+1 < len(b) && b[i+1] != '/' || i+1 == len(b) && final
	default:
		return c <= ' '
	}
}

// mapLink returns the URL at the proxy for one at a target.
func (m *linkMapper) mapLink(link []byte) ([]byte, bool) {
	text := string(link)
	escaped := strings.Contains(text, `:\/\/`)
	if escaped {
		text = strings.ReplaceAll(text, `\/`, "/")
	}
	scheme, rest, ok := strings.Cut(text, "://")
	own := m.own
	switch {
	case !ok:
		return nil, false
	case strings.HasPrefix(scheme, "ws"):
		scheme, own = "http"+scheme[2:], "ws"+strings.TrimPrefix(own, "http")
	}
	text = scheme + "://" + rest
	if !m.proxy.beginsLikeTarget(text) {
		return nil, false
	}
	u, err := weburl.Parse(text, nil)
	if err != nil || u.HasCredentials() {
		return nil, false
	}
	path, ok := m.proxy.pathAt(u)
	if !ok {
		return nil, false
	}
	r := m.proxy.routeOf(path)
	after, ok := strings.CutPrefix(text, r.origin+r.base)
	if !ok || after != "" && strings.IndexByte("/?#&\\{", after[0]) < 0 {
		return nil, false // such as a port or an encoding that is spelled in another way
	}
	to := own + r.prefix + after
	if escaped {
		to = strings.ReplaceAll(to, "/", `\/`)
	}
	return []byte(to), true
}

// beginsLikeTarget reports whether a text begins with the origin of a target.
func (p *Proxy) beginsLikeTarget(text string) bool {
	for _, r := range p.routes {
		if !r.own && strings.HasPrefix(text, r.origin) {
			return true
		}
	}
	return false
}
