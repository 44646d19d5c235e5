package proxy

import (
	"net/netip"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/upstream"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// where says where a reference in a response leads.
type where uint8

const (
	unchanged where = iota // it needs no change: relative, or not readable
	mapped                 // to a target, and now to the proxy
	outside                // to another server, or to a path of a target that no route has
)

// A references maps references in the responses to one request.
type references struct {
	proxy    *Proxy
	upstream *weburl.URL // of the request at the target
	asked    *weburl.URL // of the request at the proxy
}

// reference maps one reference. to is the URL to write instead if it is mapped, and the resolved URL if it
// leads outside.
func (m *references) reference(value string) (to string, w where) {
	u, err := weburl.Parse(value, m.upstream)
	if err != nil || !u.IsHTTP() {
		return value, unchanged
	}
	path, ok := m.proxy.pathAt(u)
	if !ok {
		return u.String(), outside
	}
	// An absolute URL, because a path that begins with two slashes would name another host.
	at := *m.asked
	at.Path, at.Query, at.HasQuery, at.Fragment, at.HasFragment = path, u.Query, u.HasQuery, u.Fragment, u.HasFragment
	to = at.String()
	if same, err := weburl.Parse(value, m.asked); err == nil && same.String() == to {
		return value, unchanged
	}
	return to, mapped
}

// refresh maps the URL in a value of Refresh, such as "5; url=https://api.example.com/done".
func (m *references) refresh(value string) (string, where) {
	i := 0
	for i < len(value) && strings.IndexByte("0123456789. \t", value[i]) >= 0 {
		i++
	}
	for i < len(value) && strings.IndexByte(";, \t", value[i]) >= 0 {
		i++
	}
	head, rest := value[:i], value[i:]
	if i == 0 || rest == "" {
		return value, unchanged
	}
	if name, after, ok := strings.Cut(rest, "="); ok && strings.EqualFold(strings.TrimSpace(name), "url") {
		trimmed := strings.TrimLeft(after, " \t")
		head += rest[:len(rest)-len(trimmed)]
		rest = trimmed
	}
	tail := ""
	if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
		quote := rest[:1]
		head, rest = head+quote, rest[1:]
		if end := strings.Index(rest, quote); end >= 0 {
			rest, tail = rest[:end], rest[end:]
		}
	}
	to, w := m.reference(rest)
	if w != mapped {
		return value, w
	}
	return head + to + tail, mapped
}

// link maps the URLs between < and > in a value of Link. What no route has stays as it is.
func (m *references) link(value string) (string, where) {
	var b strings.Builder
	result := unchanged
	for rest := value; rest != ""; {
		open := indexOutsideQuotes(rest, '<')
		if open < 0 {
			b.WriteString(rest)
			break
		}
		end := strings.IndexByte(rest[open:], '>')
		if end < 0 {
			b.WriteString(rest)
			break
		}
		b.WriteString(rest[:open+1])
		to, w := m.reference(rest[open+1 : open+end])
		if w == mapped {
			b.WriteString(to)
			result = mapped
		} else {
			b.WriteString(rest[open+1 : open+end])
		}
		b.WriteByte('>')
		rest = rest[open+end+1:]
	}
	return b.String(), result
}

// indexOutsideQuotes returns the index of c in a header's value outside of quoted strings, or -1.
func indexOutsideQuotes(s string, c byte) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == c && !quoted:
			return i
		}
	}
	return -1
}

// adviceFor says what to do about a redirect to a URL that no route has.
func (p *Proxy) adviceFor(u *weburl.URL, from *route) string {
	o := origin.Of(u).String()
	switch {
	case o == from.origin:
		return "no route has this path of the API; begin the route at " + o + "/"
	case u.Hostname() == from.target.Hostname() && u.Scheme != from.target.Scheme:
		return "write " + u.Scheme + ":// in the route's target"
	}
	if a, err := netip.ParseAddr(strings.Trim(u.Hostname(), "[]")); err == nil {
		if class, what := upstream.Classify(a); class == upstream.Never {
			return "no route may lead there: it is " + what
		}
	}
	return "allow it with another route: --route /NAME=" + o
}
