package conformance

import (
	"strconv"
	"strings"
)

// Hosts holds the two ports that the templates expand to:
//
//	{a}      a.localhost, first port: most pages are here
//	{sub.a}  sub.a.localhost, first port: same site as {a}
//	{a2}     a.localhost, second port: same site as {a}, same cookies
//	{b}      b.localhost, first port: another site
//	{c}      c.localhost, first port: a third site
//
// Cases and observations contain only the templates, so a recording means the
// same on other ports. The ports need not be open unless a browser connects to
// them.
type Hosts struct {
	Port1, Port2 int
}

// hostNames lists each template's name, hostname and port (first or second).
// A hostname that ends in another one comes before it, because hostnames are
// replaced in this order.
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

// hostIndex returns a template's index in hostNames.
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

// Expand replaces each template in s with its host and port.
func (h Hosts) Expand(s string) string {
	if !strings.Contains(s, "{") {
		return s
	}
	for _, n := range hostNames {
		s = strings.ReplaceAll(s, "{"+n.name+"}", n.hostname+":"+h.port(n.second))
	}
	return s
}

// Template replaces each known host and port in s with its template: it is the
// inverse of [Hosts.Expand].
func (h Hosts) Template(s string) string {
	if !strings.Contains(s, ".localhost:") {
		return s
	}
	for _, n := range hostNames {
		s = strings.ReplaceAll(s, n.hostname+":"+h.port(n.second), "{"+n.name+"}")
	}
	return s
}

// name returns the name of a Host header's template, or host itself if it has
// none.
func (h Hosts) name(host string) string {
	t := h.Template(host)
	if inner, ok := strings.CutPrefix(t, "{"); ok && strings.HasSuffix(inner, "}") {
		return inner[:len(inner)-1]
	}
	return host
}
