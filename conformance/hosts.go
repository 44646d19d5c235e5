package conformance

import (
	"strconv"
	"strings"
	"sync"
)

// Hosts holds the ports that the templates expand to, two for http and two for https:
//
//	{a}      a.localhost, first port: most pages are here
//	{sub.a}  sub.a.localhost, first port: same site as {a}
//	{a2}     a.localhost, second port: same site as {a}, same cookies
//	{b}      b.localhost, first port: another site
//	{c}      c.localhost, first port: a third site
//
//	{o.a}    site.test, first port: an ordinary name, which browsers do not
//	         know as a name of this computer
//	{s.a}    site.test, first https port
//	{p.a}    example.com, first port: a name whose suffix is on the Public Suffix List
//	{ps.a}   example.com, first https port
//	{l}      localhost, first port
//	{ip}     127.0.0.1, first port
//
// {o.sub.a}, {o.a2}, {o.b}, {o.c} and those with "s.", "p." and "ps." are related in the same way.
//
// Cases and observations contain only the templates, so a recording means the
// same on other ports. The ports need not be open unless a browser connects to
// them.
type Hosts struct {
	Port1, Port2   int
	HTTPS1, HTTPS2 int
}

// hostNames lists each template's name, hostname and port (first or second).
// A hostname that ends in another one comes before it, because hostnames are
// replaced in this order.
var hostNames = []hostName{
	{"sub.a", "sub.a.localhost", false},
	{"a2", "a.localhost", true},
	{"a", "a.localhost", false},
	{"b", "b.localhost", false},
	{"c", "c.localhost", false},
	{"o.sub.a", "sub.site.test", false},
	{"o.a2", "site.test", true},
	{"o.a", "site.test", false},
	{"o.b", "other.test", false},
	{"o.c", "third.test", false},
	{"s.sub.a", "sub.site.test", false},
	{"s.a2", "site.test", true},
	{"s.a", "site.test", false},
	{"s.b", "other.test", false},
	{"s.c", "third.test", false},
	{"p.sub.a", "www.example.com", false},
	{"p.a2", "example.com", true},
	{"p.a", "example.com", false},
	{"p.b", "example.org", false},
	{"p.c", "example.net", false},
	{"ps.sub.a", "www.example.com", false},
	{"ps.a2", "example.com", true},
	{"ps.a", "example.com", false},
	{"ps.b", "example.org", false},
	{"ps.c", "example.net", false},
	{"l", "localhost", false},
	{"ip", "127.0.0.1", false},
}

// A hostName is a template: {name} stands for the hostname with a port.
type hostName struct {
	name, hostname string
	second         bool
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

func (h Hosts) port(n hostName) string {
	switch secure := scheme(n.name) == "https"; {
	case secure && n.second:
		return strconv.Itoa(h.HTTPS2)
	case secure:
		return strconv.Itoa(h.HTTPS1)
	case n.second:
		return strconv.Itoa(h.Port2)
	}
	return strconv.Itoa(h.Port1)
}

// Expand replaces each template in s with its host and port.
func (h Hosts) Expand(s string) string {
	at := strings.IndexByte(s, '{')
	if at < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + len("sub.a.localhost:65535"))
	for ; at >= 0; at = strings.IndexByte(s, '{') {
		b.WriteString(s[:at])
		s = s[at:]
		end := strings.IndexByte(s, '}')
		i := -1
		if end > 0 {
			i = hostIndex(s[1:end])
		}
		if i < 0 || i == len(hostNames) {
			b.WriteByte('{')
			s = s[1:]
			continue
		}
		b.WriteString(hostNames[i].hostname)
		b.WriteByte(':')
		b.WriteString(h.port(hostNames[i]))
		s = s[end+1:]
	}
	b.WriteString(s)
	return b.String()
}

// Template replaces each known host and port in s with its template: it is the
// inverse of [Hosts.Expand].
func (h Hosts) Template(s string) string {
	if !strings.Contains(s, "localhost:") && !strings.Contains(s, ".test:") && !strings.Contains(s, "example.") &&
		!strings.Contains(s, "127.0.0.1:") {
		return s
	}
	replacer, ok := templates.Load(h)
	if !ok {
		var pairs []string
		for _, n := range hostNames {
			pairs = append(pairs, n.hostname+":"+h.port(n), "{"+n.name+"}")
		}
		replacer, _ = templates.LoadOrStore(h, strings.NewReplacer(pairs...))
	}
	return replacer.(*strings.Replacer).Replace(s)
}

// templates holds the *strings.Replacer of [Hosts.Template] by Hosts. Servers of simulated cases
// have the same Hosts, and making a replacer costs more than using it.
var templates sync.Map

// name returns the name of a Host header's template, or host itself if it has
// none.
func (h Hosts) name(host string) string {
	t := h.Template(host)
	if inner, ok := strings.CutPrefix(t, "{"); ok && strings.HasSuffix(inner, "}") {
		return inner[:len(inner)-1]
	}
	return host
}

// scheme returns the scheme of the pages on a host.
func scheme(name string) string {
	if strings.HasPrefix(name, "s.") || strings.HasPrefix(name, "ps.") {
		return "https"
	}
	return "http"
}
