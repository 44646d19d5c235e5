package origin

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/concors/concors/internal/alike"
	"github.com/concors/concors/internal/entry"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/weburl"
)

// A Difference is one respect in which a text is not the origin that it should equal.
type Difference struct {
	// Text says it in one clause, in lower case and without a full stop: "port 3000, not 5173". It may
	// quote the text that was compared.
	Text string
	// Start and End are the bytes of the text that the difference is about. They are equal where
	// something is missing.
	Start, End int
}

// Differences compares a text, which may be anything, with the origin that it should equal byte for
// byte, and says in what it differs. Access-Control-Allow-Origin is such a text. It returns nil if the
// text equals want, and at least one difference otherwise, in the order in which they are in the text.
// It takes time proportional to the length of the text.
func Differences(text string, want Origin) []Difference {
	if text == want.String() {
		return nil
	}
	c := &comparison{text: text, want: want, otherScheme: -1}
	for _, isMistake := range notOrigins {
		if isMistake(c) {
			return c.found
		}
	}
	c.origin(0, len(text))
	return c.found
}

// A comparison collects what is different.
type comparison struct {
	text  string
	want  Origin
	found []Difference

	// otherScheme is the index in found of the difference between two schemes, or -1. unrelated means
	// that the hosts have nothing in common: schemes and ports do not matter then.
	otherScheme int
	unrelated   bool
}

func (c *comparison) add(start, end int, clause string) {
	c.found = append(c.found, Difference{cut(clause, 300), start, end})
}

func (c *comparison) addAll(clause string) bool {
	c.add(0, len(c.text), clause)
	return true
}

// notOrigins find texts that are not spelled at all like one origin. Each adds what it finds, and reports
// whether that is all that there is to say.
var notOrigins = []func(*comparison) bool{
	(*comparison).isLong, (*comparison).isNull, (*comparison).isWord, (*comparison).isSource, (*comparison).hasOneWrongSeparator,
	(*comparison).hasHeaderName, (*comparison).isJSON, (*comparison).isRegexp, (*comparison).isHTML, (*comparison).isEntryMistake, (*comparison).hasWildcard, (*comparison).isPercentEncoded,
}

// maxCompared is the length of the longest text that is looked at more closely: a list of many origins.
const maxCompared = 1 << 16

func (c *comparison) isLong() bool {
	return len(c.text) > maxCompared && c.addAll("it has "+strconv.Itoa(len(c.text))+" bytes, too many for an origin")
}

// isNull is for texts and origins that are null.
func (c *comparison) isNull() bool {
	switch {
	case c.text == "null":
		return c.addAll("null is the origin of sandboxed pages and of files, or what programs print for a missing value")
	case !c.want.IsOpaque():
		return false
	case strings.EqualFold(c.text, "null"):
		return c.addAll("upper case: null is written in lower case")
	case c.text == "*":
		return c.addAll("a wildcard, not null")
	}
	if o, err := Parse(c.text); err == nil && !o.IsOpaque() {
		return c.addAll("it names an origin, and an opaque origin is null")
	}
	return c.addAll("it is not null")
}

// isWord is for words that programs print in place of a value, and for settings of other libraries.
func (c *comparison) isWord() bool {
	e := &PatternError{Value: c.text}
	switch {
	case c.text == "*":
		return c.addAll("a wildcard, not an origin")
	case strings.HasPrefix(c.text, "[object ") && strings.HasSuffix(c.text, "]") && len(c.text) < 60:
		return c.addAll("JavaScript prints " + c.text + " for an object that is used as a text")
	case isWord(e):
		return c.addAll(e.problem)
	}
	return false
}

// isSource is for functions and other values that were printed in place of their result.
func (c *comparison) isSource() bool {
	switch {
	case strings.Contains(c.text, "=>"), strings.HasPrefix(c.text, "function"), strings.HasPrefix(c.text, "async "):
		return c.addAll("it is the source of a function, which was not called")
	case strings.HasPrefix(c.text, "<function"), strings.HasPrefix(c.text, "<bound method"), strings.HasPrefix(c.text, "<built-in"):
		return c.addAll("it is a function as Python prints it, which was not called")
	}
	return false
}

// hasOneWrongSeparator is for https://app,example: a separator of lists is one character of the origin.
func (c *comparison) hasOneWrongSeparator() bool {
	want := c.want.String()
	i := strings.IndexAny(c.text, ",; |")
	if len(c.text) != len(want) || i < 0 || c.text[:i] != want[:i] || c.text[i+1:] != want[i+1:] {
		return false
	}
	c.add(i, i+1, strconv.Quote(c.text[i:i+1])+" is not "+strconv.Quote(want[i:i+1]))
	return true
}

// hasHeaderName is for a value that repeats the name of its header, or of another one.
func (c *comparison) hasHeaderName() bool {
	name, rest, ok := strings.Cut(c.text, ":")
	value := strings.TrimLeft(rest, " ")
	if lower := field.Lower(name); !ok || lower != "origin" && lower != "access-control-allow-origin" && lower != "referer" && lower != "host" {
		return false
	}
	at := len(c.text) - len(value)
	c.add(0, at, "the value has a header's name in it")
	if value != c.want.String() {
		c.origin(at, len(c.text))
	}
	return true
}

// isJSON is for https:\/\/app.example, as some programs write JSON.
func (c *comparison) isJSON() bool {
	i := strings.Index(c.text, `\/`)
	if i < 0 || strings.Contains(c.text, `\.`) || looksLikeRegexp(strings.ReplaceAll(c.text, `\/`, "/")) || strings.HasPrefix(c.text, "/") {
		return false
	}
	c.add(i, strings.LastIndex(c.text, `\/`)+1, `backslashes precede its slashes, as in JSON`)
	return true
}

func (c *comparison) isRegexp() bool {
	if c.isAlternatives() {
		return true
	}
	return !strings.ContainsAny(c.text, "$@{") && looksLikeRegexp(c.text) &&
		c.addAll("a regular expression, sent as text: browsers compare letter by letter")
}

// isAlternatives is for origins between which there is a |.
func (c *comparison) isAlternatives() bool {
	i := strings.IndexByte(c.text, '|')
	if i < 0 || strings.ContainsAny(c.text, `\^$()*+[]{}`) {
		return false
	}
	c.list(entry.Mistake{Start: i, End: i + 1, Values: strings.Split(c.text, "|")})
	return true
}

// isEntryMistake is for what package entry finds. If what remains is one value, it is compared too.
func (c *comparison) isEntryMistake() bool {
	m, ok := entry.Find(c.text, separatedOrigins)
	if !ok {
		return looksLikeRegexp(c.text) && c.addAll("a regular expression, sent as text: browsers compare letter by letter")
	}
	switch {
	case m.Kind == entry.List && len(m.Values) == 0:
		c.add(m.Start, m.End, m.Problem)
	case m.Kind == entry.List && len(m.Values) == 1 && c.text[m.Start] != '[':
		c.add(m.Start, m.End, "a separator and nothing behind or before it")
	case m.Kind == entry.List:
		c.list(m)
		return true
	case m.Kind == entry.Quoted:
		c.add(m.Start, m.End, "the quotes are part of the value")
	default:
		c.add(m.Start, m.End, m.Problem)
	}
	if len(m.Values) == 1 {
		if i := strings.Index(c.text, m.Values[0]); i >= 0 && m.Values[0] != c.want.String() {
			c.origin(i, i+len(m.Values[0]))
		}
	}
	return true
}

// list says how many values there are, and whether the wanted one is among them.
func (c *comparison) list(m entry.Mistake) {
	what, distinct, found := "values", map[string]bool{}, false
	if separatedOrigins(m.Values) {
		what = "origins"
	}
	for _, v := range m.Values {
		distinct[v] = true
		found = found || v == c.want.String()
	}
	clause := fmt.Sprintf("%s %s in one value", count(len(m.Values)), what)
	switch {
	case c.text[m.Start] == '[':
		clause = "a list, written as text"
	case len(distinct) == 1:
		clause = "the same value " + times(len(m.Values))
	case distinct["*"]:
		clause = "a wildcard and an origin in one value"
	}
	c.add(m.Start, len(c.text), clause)
	if !found {
		c.add(0, len(c.text), "none of them is "+c.want.String())
	}
}

func count(n int) string {
	if n == 2 {
		return "two"
	}
	return strconv.Itoa(n)
}

func times(n int) string {
	if n == 2 {
		return "twice"
	}
	return strconv.Itoa(n) + " times"
}

// hasWildcard is for a pattern that was sent as it is.
func (c *comparison) hasWildcard() bool {
	i := strings.IndexByte(c.text, '*')
	if i < 0 {
		return false
	}
	end := i + len(c.text[i:]) - len(strings.TrimLeft(c.text[i:], "*"))
	c.add(i, end, "the pattern is sent as it is: * is a wildcard only alone, never within an origin")
	return true
}

// isHTML is for https:&#x2F;&#x2F;app.example.
func (c *comparison) isHTML() bool {
	i := strings.Index(c.text, "&#")
	if i >= 0 {
		c.add(i, len(c.text), "it is escaped for HTML")
	}
	return i >= 0
}

// isPercentEncoded is for https%3A%2F%2Fapp.example.
func (c *comparison) isPercentEncoded() bool {
	_, found := unescape(c.text)
	if !found || strings.Contains(c.text, "://") {
		return false
	}
	i := strings.IndexByte(c.text, '%')
	c.add(i, len(c.text), "it is percent-encoded")
	return true
}

// origin compares the part of the text from start to end.
func (c *comparison) origin(start, end int) {
	before := len(c.found)
	scheme, at := c.scheme(start, end)
	if slashes := len(c.text[at:end]) - len(strings.TrimLeft(c.text[at:end], "/")); slashes > 0 && at+slashes < end {
		c.add(at, at+slashes, "too many slashes after the scheme")
		at += slashes
	}
	rest := c.text[at:end]
	authority := rest
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		authority = rest[:i]
	}
	after := at + len(authority)
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		c.add(at, at+i+1, "it has a user name")
		authority, at = authority[i+1:], at+i+1
	}
	switch lower := field.Lower(rest); {
	case strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"):
		c.add(at, at+strings.Index(rest, "//")+2, "two schemes")
	case strings.Contains(lower, "http://"), strings.Contains(lower, "https://"):
		c.add(at+strings.Index(lower, "http"), end, "two origins without a separator")
	default:
		host, port, hasPort := cutPorts(authority)
		if addr, err := netip.ParseAddr(authority); err == nil && addr.Is6() {
			host, hasPort = authority, false
		}
		c.host(at, host)
		if !c.unrelated {
			c.port(scheme, at+len(host), port, hasPort)
		} else if c.otherScheme >= 0 {
			c.found = slices.Delete(c.found, c.otherScheme, c.otherScheme+1)
		}
		c.rest(after, end)
	}
	if len(c.found) == before {
		c.add(start, end, "it is not "+c.want.String())
	}
}

// scheme compares the scheme, and returns it with where the host begins.
func (c *comparison) scheme(start, end int) (scheme string, at int) {
	s := c.text[start:end]
	scheme, _, ok := strings.Cut(s, "://")
	at = start + len(scheme) + len("://")
	if !ok {
		for _, scheme := range [...]string{"https", "http"} {
			after, ok := strings.CutPrefix(field.Lower(s), scheme)
			marks := after[:len(after)-len(strings.TrimLeft(after, ":/"))]
			if !ok || marks == "" {
				continue
			}
			from := start + len(scheme)
			c.add(from, from+len(marks), "a scheme ends with ://")
			c.compareScheme(start, scheme)
			return scheme, from + len(marks)
		}
	}
	if !ok || scheme == "" {
		missing := len(s) - len(strings.TrimLeft(s, ":/"))
		c.add(start, start+missing, "the scheme is missing ("+c.want.Scheme()+"://)")
		return c.want.Scheme(), start + missing
	}
	c.compareScheme(start, scheme)
	return field.Lower(scheme), at
}

func (c *comparison) compareScheme(start int, scheme string) {
	switch lower := field.Lower(scheme); {
	case scheme == c.want.Scheme():
	case lower == c.want.Scheme():
		c.upperCase(start, scheme, "browsers send the scheme in lower case")
	default:
		c.otherScheme = len(c.found)
		c.add(start, start+len(scheme), short(scheme)+", not "+c.want.Scheme())
	}
}

func (c *comparison) upperCase(start int, s, what string) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	c.add(start+strings.IndexAny(s, letters), start+strings.LastIndexAny(s, letters)+1, "upper case: "+what)
}

// host compares a host.
func (c *comparison) host(at int, have string) {
	want := c.want.Host()
	if have == want {
		return
	}
	if !hasDNSHost(c.want.Scheme()) {
		c.add(at, at+len(have), "host "+short(have)+", not "+short(want))
		return
	}
	if addr, err := netip.ParseAddr(have); err == nil && addr.Is6() {
		c.add(at, at+len(have), "an IPv6 address is written in brackets")
		have = "[" + have + "]"
		if have == want {
			return
		}
	}
	lower := field.Lower(have)
	if lower != have {
		c.upperCase(at, have, "browsers send the host in lower case")
	}
	canonical, ok := canonicalHost(have)
	switch {
	case lower == want:
		return
	case lower == "":
		c.add(at, at, "the host is missing")
		return
	case strings.TrimSuffix(lower, ".") == strings.TrimSuffix(want, "."):
		if len(lower) > len(want) {
			c.add(at+len(lower)-1, at+len(lower), "the host ends with a dot")
		} else {
			c.add(at+len(lower), at+len(lower), "the dot at the end of the host is missing")
		}
		return
	case ok && canonical == want && !isASCII(have):
		c.add(at, at+len(have), "the name in Unicode: browsers send "+short(want))
		return
	case ok && canonical == want:
		c.add(at, at+len(have), "browsers write this host as "+short(want))
		return
	}
	c.otherHost(at, have, lower, want)
}

// otherHost says in what a host differs that is another one. lower is have in lower case.
func (c *comparison) otherHost(at int, have, lower, want string) {
	all := at + len(have)
	switch {
	case isThisComputer(lower) && isThisComputer(want):
		c.add(at, all, lower+", not "+want+": two names of this computer are two origins")
	case strings.TrimSuffix(lower, want) == "www.":
		c.add(at, at+len("www."), "with www, not without")
	case strings.TrimSuffix(want, lower) == "www.":
		c.add(at, at, "www. is missing")
	case strings.HasSuffix(lower, "."+want):
		c.add(at, all-len(want), "a subdomain of "+short(want))
	case strings.HasSuffix(want, "."+lower) && !isIPv4Like(want):
		c.add(at, at, short(strings.TrimSuffix(want, lower))+" is missing: it names the domain above")
	case strings.HasPrefix(lower, want+"."):
		c.add(at+len(want), all, "it only begins with "+short(want))
	default:
		if start, end, how := alike.Compare(lower, want); how != "" && len(have) <= maxHostLength && isTypingMistake(lower, want, start, end) {
			c.add(at+start, at+end, short(have)+", not "+short(want)+": "+how)
			return
		}
		domain := domainRegistrableDomain(want)
		if len(domain) < len(want) && domain != "" && strings.HasSuffix(lower, "."+domain) {
			sub := len(have) - len(domain)
			c.add(at, at+sub-1, fmt.Sprintf("subdomain %s, not %s", short(have[:sub-1]), short(want[:len(want)-len(domain)-1])))
			return
		}
		c.add(at, all, "host "+short(have)+", not "+short(want))
		c.unrelated = true
	}
}

// labelAt returns the label of a host that has the byte at i, or that ends there.
func labelAt(host string, i int) string {
	i = min(i, len(host))
	before := strings.LastIndexByte(host[:i], '.') + 1
	label, _, _ := strings.Cut(host[before:], ".")
	return label
}

func isIPv4Like(host string) bool { return lastLabelStartsWithDigit(host) }

// isThisComputer reports whether a host in canonical form always means the computer of the browser.
func isThisComputer(host string) bool {
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return host == "localhost"
	}
	return addr.IsLoopback() || addr.IsUnspecified()
}

// port compares a port that begins at at, with its colon.
func (c *comparison) port(scheme string, at int, port string, hasPort bool) {
	wantPort, wantDefault := strconv.Itoa(c.want.Port()), weburl.DefaultPort(c.want.Scheme()) == c.want.Port()
	own, end := at+len(":"), at+len(":")+len(port)
	notWanted := wantPort
	if wantDefault {
		notWanted += " (the default of " + c.want.Scheme() + ")"
	}
	significant := strings.TrimLeft(port, "0")
	switch {
	case !hasPort && wantDefault:
	case !hasPort:
		clause := "no port, not " + wantPort
		if n := weburl.DefaultPort(scheme); n != 0 {
			clause = fmt.Sprintf("no port, which means %d, not %s", n, wantPort)
		}
		c.add(at, at, clause)
	case port == "":
		c.add(at, at+1, "a colon, and no port behind it")
	case strings.Trim(port, "0123456789") != "":
		c.add(own, end, "port "+short(port)+" is not a number")
	case significant == wantPort && wantDefault:
		c.add(at, end, "port "+wantPort+" is written out, and browsers omit the default port")
	case port == wantPort:
	case significant == wantPort:
		c.add(own, end, "the port begins with a zero")
	default:
		c.add(own, end, "port "+short(port)+", not "+notWanted)
	}
}

// rest says what follows the origin.
func (c *comparison) rest(start, end int) {
	switch rest := c.text[start:end]; {
	case rest == "":
	case rest == "/":
		c.add(start, end, "it ends with a slash")
	case rest[0] == '?':
		c.add(start, end, "it has a query, "+short(rest))
	case rest[0] == '#':
		c.add(start, end, "it has a fragment, "+short(rest))
	case rest[0] == '\\':
		c.add(start, end, "a backslash follows the origin")
	default:
		c.add(start, end, "it has a path, "+short(rest))
	}
}

// short returns a part of a text that is short enough for a sentence.
func short(s string) string { return cut(s, 80) }

// cut returns at most n bytes of a text, and an ellipsis if it was longer. It does not cut within a
// character.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	end := n
	for !utf8.RuneStart(s[end]) && end > n-utf8.UTFMax {
		end--
	}
	return s[:end] + "…"
}
