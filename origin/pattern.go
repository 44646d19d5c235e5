package origin

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/weburl"
)

// A Pattern stands for one origin or many. Its zero value stands for none; make
// one with [ParsePattern]. Patterns are comparable: two are equal exactly if
// they are spelt alike.
type Pattern struct {
	text   string
	kind   patternKind
	scheme uint8  // its length
	star   uint16 // where the star is, if the host has one
	end    uint16 // where the host ends; a colon and the ports follow, or nothing
}

type patternKind uint8

const (
	exactHost  patternKind = iota + 1
	subdomains             // the star stands for one label or more
	partLabel              // the star stands for part of one
	anyPattern             // *
)

// What is longer is no origin: a host has up to 253 bytes, as in the DNS, and a
// scheme up to 64.
const (
	maxSchemeLength  = 64
	maxHostLength    = 253
	maxLabelLength   = 63
	maxValueLength   = maxSchemeLength + len("://") + maxHostLength + len(":65535")
	maxPatternLength = 4096 // a list of ports may be long
)

// ParsePattern parses a pattern of origins:
//
//	https://app.example.com            one origin
//	http://[::1]:3000                  one origin
//	https://*.example.com              any subdomain, at any depth; not example.com itself
//	https://pr-*.preview.example.com   part of one label: at least one character, and no dot
//	http://localhost:*                 any port, and none, which is the default one
//	http://localhost:[3000,8000-8099]  these ports; none is in if the default one is
//	capacitor://localhost              a scheme other than http and https
//	*                                  any origin
//
// One star may stand in the first label of a host that has two or more. Without
// a port a pattern stands for the scheme's default port only. Everything is
// spelt as browsers spell origins: lower case, IDNA's ASCII form, no default
// port, no slash. Port 0 is none, because browsers fetch nothing from it; and
// neither null nor the origin of a scheme that no page has, such as file or wss,
// can be written. Of a scheme other than http and https, whose hosts browsers
// leave as they are, a host may have upper case letters in it.
//
// The error is a [*PatternError] and says what to write instead.
func ParsePattern(s string) (Pattern, error) {
	p, reason := parsePattern(s)
	if reason != "" {
		return Pattern{}, &PatternError{s, reason, likelyPattern(s)}
	}
	return p, nil
}

func parsePattern(s string) (p Pattern, reason PatternReason) {
	if reason = p.parse(s); reason != "" {
		return Pattern{}, reason
	}
	return p, ""
}

// parse fills in the pattern, or leaves it unfinished and says why.
func (p *Pattern) parse(s string) PatternReason {
	switch {
	case s == "*":
		*p = Pattern{text: s, kind: anyPattern}
		return ""
	case len(s) > maxPatternLength:
		return PatternTooLong
	}
	scheme, rest, ok := strings.Cut(s, "://")
	lower := strings.ToLower(scheme)
	switch {
	case !ok && lower == "null":
		return PatternNull
	case !ok:
		return PatternNoScheme
	case !isScheme(lower):
		return PatternBadScheme
	case lower != scheme:
		return PatternNotCanonical
	case scheme != "https" && isPageless(scheme):
		return PatternPagelessScheme
	case strings.ContainsAny(rest, `/\?#@`):
		return PatternNotOnlyOrigin
	}
	host, ports, hasPorts := cutPorts(rest)
	start := len(scheme) + len("://")
	*p = Pattern{text: s, kind: exactHost, scheme: uint8(len(scheme)), end: uint16(start + len(host))}
	sample := host // a host that the pattern stands for
	if i := strings.IndexByte(host, '*'); i >= 0 {
		before, after := host[:i], host[i+1:]
		if strings.Contains(before, ".") || strings.Contains(after, "*") || !strings.Contains(after, ".") {
			return PatternBadStar
		}
		p.kind, p.star = partLabel, uint16(start+i)
		if before == "" && after[0] == '.' {
			p.kind = subdomains
		}
		sample = before + "a" + after
	}
	if reason := checkHost(sample, scheme, p.kind); reason != "" {
		return reason
	}
	if hasPorts {
		if _, ok := parsePorts(ports); !ok {
			return PatternBadPort
		}
		if ports == strconv.Itoa(weburl.DefaultPort(scheme)) {
			return PatternNotCanonical
		}
	}
	return ""
}

// cutPorts splits at the colon before the ports.
func cutPorts(s string) (host, ports string, hasPorts bool) {
	if strings.HasPrefix(s, "[") {
		if host, ports, hasPorts = strings.Cut(s, "]:"); hasPorts {
			return s[:len(host)+1], ports, true
		}
		return s, "", false
	}
	return strings.Cut(s, ":")
}

// checkHost checks a host that a pattern stands for.
func checkHost(host, scheme string, kind patternKind) PatternReason {
	if isHost(host) {
		return ""
	}
	if weburl.DefaultPort(scheme) == 0 && kind == exactHost && isOpaqueHost(host) {
		return ""
	}
	if !isASCII(host) {
		return PatternNotCanonical
	}
	if spelt, ok := spellHost(host); ok && spelt != host && isHost(spelt) {
		return PatternNotCanonical
	}
	return PatternBadHost
}

// isHost reports whether s is a host as browsers serialize it that a pattern can
// have: a name that there may be in the DNS, or an IP address.
func isHost(s string) bool {
	name := isHostname(s)
	if name && !endsInDigits(s) {
		return true
	}
	ip, ok := isCanonicalHost(s)
	return ok && (ip || name)
}

// isHostname reports whether s is a name as browsers serialize it and as there
// may be in the DNS: letters in lower case, digits, hyphens and underscores, in
// labels of 1 to 63 bytes. That the last one is no number is for others to see.
func isHostname(s string) bool {
	if len(s) > maxHostLength {
		return false
	}
	label := 0 // where it starts
	for i := 0; i < len(s); i++ {
		if c := s[i]; c == '.' {
			if i == label || i-label > maxLabelLength {
				return false
			}
			label = i + 1
		} else if !hostnameByte[c] {
			return false
		}
	}
	return label < len(s) && len(s)-label <= maxLabelLength
}

var hostnameByte = [256]bool{
	'-': true, '_': true,

	'0': true, '1': true, '2': true, '3': true, '4': true,
	'5': true, '6': true, '7': true, '8': true, '9': true,

	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true, 'g': true, 'h': true,
	'i': true, 'j': true, 'k': true, 'l': true, 'm': true, 'n': true, 'o': true, 'p': true,
	'q': true, 'r': true, 's': true, 't': true, 'u': true, 'v': true, 'w': true, 'x': true,
	'y': true, 'z': true,
}

// endsInDigits reports whether the last label starts with a digit. That of an
// IPv4 address does, in whatever form.
func endsInDigits(host string) bool {
	c := host[strings.LastIndexByte(host, '.')+1]
	return '0' <= c && c <= '9'
}

// isOpaqueHost reports whether s is the host of a scheme that the URL Standard
// does not know, which is left as it is: "AB12-CD", ".". Only unreserved
// characters are taken, because some browsers encode others.
func isOpaqueHost(s string) bool {
	for i := range len(s) {
		if c := s[i]; !hostnameByte[c] && (c < 'A' || c > 'Z') && c != '.' && c != '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxHostLength
}

// isScheme: https://url.spec.whatwg.org/#url-scheme-string, in lower case.
func isScheme(s string) bool {
	if s == "" || len(s) > maxSchemeLength || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// isPageless tells schemes that no Origin header has: of pages whose origin is
// null or another URL's, and of what is no page.
func isPageless(scheme string) bool {
	return strings.Contains(" file data blob filesystem about javascript ws wss ftp ", " "+scheme+" ")
}

// portRange is from first to last, both included.
type portRange struct{ first, last uint16 }

// parsePorts parses what follows the colon of a pattern.
func parsePorts(s string) ([]portRange, bool) {
	if s == "*" {
		return []portRange{{0, 65535}}, true
	}
	list, isList := strings.CutPrefix(s, "[")
	if !isList {
		port, ok := portNumber(s)
		return []portRange{{port, port}}, ok
	}
	if list, isList = strings.CutSuffix(list, "]"); !isList {
		return nil, false
	}
	var ranges []portRange
	for more := true; more; {
		var item string
		item, list, more = strings.Cut(list, ",")
		from, to, isRange := strings.Cut(item, "-")
		first, ok := portNumber(from)
		last := first
		if isRange && ok {
			last, ok = portNumber(to)
		}
		if !ok || last < first {
			return nil, false
		}
		ranges = append(ranges, portRange{first, last})
	}
	return ranges, true
}

// portNumber takes a port as browsers write it: no leading zero.
func portNumber(s string) (uint16, bool) {
	if s == "" || len(s) > 5 || s[0] == '0' {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = 10*n + int(s[i]-'0')
	}
	return uint16(n), n <= 65535
}

// String returns what the pattern was parsed from.
func (p Pattern) String() string { return p.text }

// Any reports whether the pattern is "*".
func (p Pattern) Any() bool { return p.kind == anyPattern }

// Exact returns the one origin that the pattern stands for, serialized, or
// false if it stands for several or is written with a list of ports.
func (p Pattern) Exact() (string, bool) {
	if !p.IsExact() {
		return "", false
	}
	return p.text, true
}

// IsExact reports whether the pattern is one origin; see [Pattern.Exact].
func (p Pattern) IsExact() bool {
	if p.kind != exactHost {
		return false
	}
	last := p.text[len(p.text)-1]
	return int(p.end) == len(p.text) || last != '*' && last != ']'
}

// Scheme returns the scheme, "" for "*".
func (p Pattern) Scheme() string { return p.text[:p.scheme] }

// host returns an exact host.
func (p Pattern) host() string { return p.text[int(p.scheme)+len("://") : p.end] }

// before returns what precedes the star in its label.
func (p Pattern) before() string { return p.text[int(p.scheme)+len("://") : p.star] }

// after returns what follows the star in the host: ".example.com",
// "--shop.netlify.app".
func (p Pattern) after() string { return p.text[p.star+1 : p.end] }

// portRanges returns the ports. Of a scheme that has no default port, 0 is none.
func (p Pattern) portRanges() []portRange {
	def := uint16(weburl.DefaultPort(p.Scheme()))
	if int(p.end) == len(p.text) {
		return []portRange{{def, def}}
	}
	ports := p.text[p.end+1:]
	if ports == "*" && def != 0 {
		return []portRange{{1, 65535}}
	}
	ranges, _ := parsePorts(ports)
	return ranges
}

// OverPublicSuffix returns the public suffix, private ones included, directly
// under which the pattern's star stands: there a stranger may register a name
// that matches. A name all of whose subdomains are public suffixes, such as
// kawasaki.jp, counts as well; localhost, test and internal, under which nobody
// registers anything, do not.
//
// A binary built with concors_nopsl cannot know: it takes a name of one label for
// a public suffix, as in "https://*.com", and no other.
func (p Pattern) OverPublicSuffix() (suffix string, ok bool) {
	if p.kind != subdomains && p.kind != partLabel {
		return "", false
	}
	_, parent, _ := strings.Cut(p.after(), ".")
	switch {
	case parent == "localhost" || parent == "test" || parent == "internal":
		return "", false
	case !strings.Contains(parent, "."):
		return parent, true
	case !listed:
		return "", false
	}
	stranger := "stranger." + parent // any name that the list has no rule for
	if listedPublicSuffix(parent) != parent && listedPublicSuffix(stranger) != stranger {
		return "", false
	}
	return parent, true
}

// Insecure reports whether the pattern lets origins in whose pages may have been
// changed on their way: http ones other than this machine's, which are localhost
// and the names below it, 127.0.0.0/8 and [::1].
func (p Pattern) Insecure() bool {
	switch {
	case p.Scheme() != "http":
		return false
	case p.kind != exactHost:
		return !strings.HasSuffix(p.after(), ".localhost")
	}
	host := p.host()
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "[::1]" {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err != nil || !addr.IsLoopback()
}

// Covers reports whether every origin that q stands for is one of p's.
func (p Pattern) Covers(q Pattern) bool {
	switch {
	case p.kind == 0 || q.kind == 0:
		return false
	case p.kind == anyPattern || p == q:
		return true
	case q.kind == anyPattern || p.Scheme() != q.Scheme() || !portsCover(p.portRanges(), q.portRanges()):
		return false
	case p.kind == exactHost:
		return q.kind == exactHost && p.host() == q.host()
	case q.kind == exactHost:
		return isHostname(q.host()) && p.hasHost(q.host())
	case p.kind == subdomains:
		after := q.after()
		return strings.HasSuffix(after[strings.IndexByte(after, '.'):], p.after())
	case q.kind == subdomains:
		return false
	}
	_, parent, _ := strings.Cut(p.after(), ".")
	_, parentOfQ, _ := strings.Cut(q.after(), ".")
	return parent == parentOfQ && strings.HasPrefix(q.before(), p.before()) && strings.HasSuffix(q.after(), p.after())
}

// hasHost reports whether the star can be replaced so that host, a hostname,
// results.
func (p Pattern) hasHost(host string) bool {
	if len(host) <= len(p.before())+len(p.after()) || !strings.HasPrefix(host, p.before()) || !strings.HasSuffix(host, p.after()) {
		return false
	}
	return p.kind == subdomains || !strings.Contains(host[:len(host)-len(p.after())], ".")
}

// portsCover reports whether all ports of want are in have.
func portsCover(have, want []portRange) bool {
	slices.SortFunc(have, func(a, b portRange) int { return cmp.Compare(a.first, b.first) })
	for _, w := range want {
		next := int(w.first) // the first port not known to be in
		for _, h := range have {
			if int(h.first) <= next {
				next = max(next, int(h.last)+1)
			}
		}
		if next <= int(w.last) {
			return false
		}
	}
	return true
}

// PatternReason is why a string is no pattern. Its value is stable.
type PatternReason string

// The reasons there are.
const (
	PatternNull           PatternReason = "null"            // which no pattern stands for
	PatternTooLong        PatternReason = "too-long"        // no list of ports is
	PatternNoScheme       PatternReason = "no-scheme"       // "example.com", "*.example.com"
	PatternBadScheme      PatternReason = "bad-scheme"      // "*://example.com"
	PatternPagelessScheme PatternReason = "pageless-scheme" // "file://", "wss://example.com"
	PatternNotOnlyOrigin  PatternReason = "not-only-origin" // "https://example.com/", "https://user@example.com"
	PatternBadHost        PatternReason = "bad-host"        // "https://example..com"
	PatternBadPort        PatternReason = "bad-port"        // "https://example.com:08443", "https://example.com:[]"
	PatternBadStar        PatternReason = "bad-star"        // "https://*", "https://a.*.example.com"
	PatternNotCanonical   PatternReason = "not-canonical"   // "https://Example.com", "https://bücher.example", "https://example.com:443"
)

// PatternError is the error of [ParsePattern].
type PatternError struct {
	Value  string
	Reason PatternReason

	// Instead is a pattern that may have been meant; "" if there is no telling. In
	// a binary built with concors_nopsl there is none of a name that is not ASCII
	// or of an IPv4 address that is not canonical, for which the Reason is
	// PatternBadHost.
	Instead string
}

// Problem says what is wrong, in one sentence without the value.
func (e *PatternError) Problem() string {
	problem, _ := e.Reason.words()
	return problem
}

// Repair says what to write instead, in one sentence.
func (e *PatternError) Repair() string {
	if e.Instead != "" {
		return "write " + e.Instead
	}
	_, repair := e.Reason.words()
	return repair
}

func (r PatternReason) words() (problem, repair string) {
	repair = "write an origin such as https://app.example.com"
	switch r {
	case PatternNull:
		return "null is the origin of every sandboxed frame, on any page", "name the origin of a page that is not sandboxed"
	case PatternTooLong:
		return "it has more than " + strconv.Itoa(maxPatternLength) + " bytes", repair
	case PatternNoScheme:
		return "it has no scheme", repair
	case PatternBadScheme:
		return "what precedes :// is no scheme, and a star cannot stand for one", repair
	case PatternPagelessScheme:
		return "no request comes from an origin with that scheme", "name the origin of the page that asks, such as https://app.example.com"
	case PatternNotOnlyOrigin:
		return "an origin has a scheme, a host and a port, and nothing else", repair
	case PatternBadHost:
		return "its host is neither a name as in the DNS nor an IP address", repair
	case PatternBadPort:
		return "what follows the host is neither a port from 1 to 65535 nor a list of ports nor *", "write a port, *, or a list such as [3000,8000-8099]"
	case PatternBadStar:
		return "one star can stand for all labels before the first dot, or for part of the first label", "write https://*.example.com or https://pr-*.example.com"
	case PatternNotCanonical:
		return "browsers spell it otherwise", "write lower case, the ASCII form of names, and no default port"
	}
	return "it is no origin pattern", repair
}

// Error names the value (shortened if it is long), the problem and the repair.
func (e *PatternError) Error() string {
	const most = 200
	value := e.Value
	if len(value) > most {
		value = value[:most] + "…"
	}
	return "origin pattern " + strconv.Quote(value) + ": " + e.Problem() + "; " + e.Repair()
}

// likelyPattern returns the pattern that was probably meant by a string that is
// none, or "".
func likelyPattern(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > maxPatternLength || strings.ToLower(s) == "null" {
		return ""
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		scheme, rest = "", strings.TrimPrefix(s, "//")
	}
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		rest = rest[:i]
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	host, ports, hasPorts := cutPorts(rest)
	// Of a host with a star the label with the star is left alone but for its case.
	label, name := "", strings.TrimSuffix(host, ".")
	if strings.Contains(host, "*") {
		label, name, _ = strings.Cut(name, ".")
		label = strings.ToLower(label) + "."
	}
	name, ok = spellHost(name)
	if !ok {
		return ""
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "":
		scheme = "https"
		if p, reason := parsePattern("http://" + label + name); reason == "" && !p.Insecure() {
			scheme = "http" // of this machine
		}
	case "ws":
		scheme = "http"
	case "wss":
		scheme = "https"
	}
	likely := scheme + "://" + label + name
	if hasPorts && ports != "" && ports != strconv.Itoa(weburl.DefaultPort(scheme)) {
		likely += ":" + ports
	}
	if _, reason := parsePattern(likely); reason != "" {
		return ""
	}
	return likely
}
