package conformance

import (
	"strconv"
	"strings"
)

// Hosts says which ports stand behind the templates:
//
//	{a}      a.localhost, first port: where most pages are
//	{sub.a}  sub.a.localhost, first port: same site as {a}
//	{a2}     a.localhost, second port: same site as {a}, same cookies
//	{b}      b.localhost, first port: another site
//	{c}      c.localhost, first port: a third site
//
// Cases and observations hold the templates only, so that what was recorded
// yesterday on other ports means the same today. The zero value is not
// useful; ports need not be open unless a browser is to connect to them.
type Hosts struct {
	Port1, Port2 int
}

// hostNames has each template's name, hostname and port (first or second).
// A name that ends in another's comes before it, so that replacing one after
// the other finds the longest.
var hostNames = []struct {
	name, hostname string
	second         bool
}{
	{"sub.a", "sub.a.localhost", false},
	{"a2", "a.localhost", true},
	{"a", "a.localhost", false},
	{"b", "b.localhost", false},
	{"c", "c.localhost", false},
}

// hostIndex is a template's place in the list.
func hostIndex(name string) int {
	for i, n := range hostNames {
		if n.name == name {
			return i
		}
	}
	return len(hostNames)
}

func (h Hosts) port(second bool) string {
	if second {
		return strconv.Itoa(h.Port2)
	}
	return strconv.Itoa(h.Port1)
}

// Expand replaces the templates in s by host and port.
func (h Hosts) Expand(s string) string {
	if !strings.Contains(s, "{") {
		return s
	}
	for _, n := range hostNames {
		s = strings.ReplaceAll(s, "{"+n.name+"}", n.hostname+":"+h.port(n.second))
	}
	return s
}

// Template is the inverse of [Hosts.Expand].
func (h Hosts) Template(s string) string {
	if !strings.Contains(s, ".localhost:") {
		return s
	}
	for _, n := range hostNames {
		s = strings.ReplaceAll(s, n.hostname+":"+h.port(n.second), "{"+n.name+"}")
	}
	return s
}

// name returns the template's name for a Host header, or host itself if there
// is no template for it.
func (h Hosts) name(host string) string {
	t := h.Template(host)
	if inner, ok := strings.CutPrefix(t, "{"); ok && strings.HasSuffix(inner, "}") {
		return inner[:len(inner)-1]
	}
	return host
}
