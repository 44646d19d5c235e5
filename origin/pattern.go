package origin

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/internal/entry"
	"github.com/concors/concors/weburl"
)

// A Pattern stands for one or more origins. Create it with [ParsePattern]; the zero Pattern stands
// for none. Patterns are comparable with ==: two are equal if their texts are.
type Pattern struct {
	text         string
	kind         patternKind
	schemeLength uint8
	wildcard     uint16 // the offset of the wildcard, if the host has one
	hostEnd      uint16 // the offset of the end of the host; a colon and the ports may follow
}

type patternKind uint8

const (
	exactHost  patternKind = iota + 1
	subdomains             // https://*.example.com: the wildcard stands for one label or more
	partLabel              // https://pr-*.example.com: the wildcard stands for part of a label
	anyPattern             // *
)

// Limits on the lengths of origins and patterns, in bytes. Those of hosts and labels are the DNS's.
const (
	maxSchemeLength  = 64
	maxHostLength    = 253
	maxLabelLength   = 63
	maxValueLength   = maxSchemeLength + len("://") + maxHostLength + len(".:65535")
	maxPatternLength = 4096 // a list of ports may be long
)

// ParsePattern parses a pattern of origins:
//
//	https://app.example.com            one origin
//	http://[::1]:3000                  one origin
//	https://*.example.com              any subdomain, at any depth; not example.com itself
//	https://pr-*.preview.example.com   part of one label: at least one character, and no dot
//	http://localhost:*                 any port, including the default port
//	http://localhost:[3000,8000-8099]  these ports only; list the default port to include it
//	capacitor://localhost              a scheme other than http and https
//	*                                  any origin
//
// A pattern may have one wildcard in the first label of a host that has at least two labels. A
// pattern without a port stands for the scheme's default port only. A host that ends with a dot is
// another host than the one without it, as it is for browsers: https://example.com. stands for that
// origin only, and https://*.example.com. for subdomains with a dot at the end.
//
// Origins must be spelled as browsers spell them: in lower case, with the ASCII (xn--) form of
// internationalized names, without the default port and without a trailing slash. Hosts of schemes
// that the URL Standard does not define, such as capacitor, may contain upper-case letters, because
// browsers do not change them.
//
// These are refused: port 0, because browsers block it; "null"; and schemes that never occur in an
// Origin header, such as file and wss.
//
// The error is a [*PatternError] and says what to write instead.
func ParsePattern(s string) (Pattern, error) {
	p, reason := parsePattern(s)
	if reason != "" {
		return Pattern{}, explain(s, reason)
	}
	return p, nil
}

// parsePattern returns the pattern, or the reason why s is not one. It does not use the URL parser:
// the canonical spelling is simpler to check than to produce, and checking is several times faster,
// which matters for policies with a million origins.
func parsePattern(s string) (Pattern, PatternReason) {
	switch {
	case s == "*":
		return Pattern{text: s, kind: anyPattern}, ""
	case len(s) > maxPatternLength:
		return Pattern{}, PatternTooLong
	}
	scheme, rest, ok := strings.Cut(s, "://")
	lower := strings.ToLower(scheme)
	switch {
	case !ok && lower == "null":
		return Pattern{}, PatternNull
	case !ok:
		return Pattern{}, PatternNoScheme
	case !isScheme(lower):
		return Pattern{}, PatternBadScheme
	case lower != scheme:
		return Pattern{}, PatternNotCanonical
	case isPagelessScheme(scheme):
		return Pattern{}, PatternPagelessScheme
	case strings.ContainsAny(rest, `/\?#@`):
		return Pattern{}, PatternNotOnlyOrigin
	}
	host, ports, hasPorts := cutPorts(rest)
	start := len(scheme) + len("://")
	p := Pattern{text: s, kind: exactHost, schemeLength: uint8(len(scheme)), hostEnd: uint16(start + len(host))}
	sample := host // a host that the pattern stands for
	if i := strings.IndexByte(host, '*'); i >= 0 {
		before, after := host[:i], host[i+1:]
		domain := strings.TrimSuffix(after, ".")
		if strings.Contains(before, ".") || strings.Contains(after, "*") || !strings.Contains(domain, ".") {
			return Pattern{}, PatternBadWildcard
		}
		p.kind, p.wildcard = partLabel, uint16(start+i)
		if before == "" && after[0] == '.' {
			p.kind = subdomains
		}
		sample = before + "a" + after
	}
	if reason := checkHost(sample, scheme, p.kind); reason != "" {
		return Pattern{}, reason
	}
	if hasPorts {
		if _, ok := parsePorts(ports); !ok {
			return Pattern{}, PatternBadPort
		}
		if ports == strconv.Itoa(weburl.DefaultPort(scheme)) {
			return Pattern{}, PatternNotCanonical
		}
	}
	return p, ""
}

// cutPorts splits the host of an origin or a pattern from its port or ports, at the colon between them.
func cutPorts(s string) (host, ports string, hasPorts bool) {
	if strings.HasPrefix(s, "[") {
		if host, ports, hasPorts = strings.Cut(s, "]:"); hasPorts {
			return s[:len(host)+1], ports, true
		}
		return s, "", false
	}
	return strings.Cut(s, ":")
}

// checkHost returns the reason why a pattern cannot stand for host, or "".
func checkHost(host, scheme string, kind patternKind) PatternReason {
	if isHost(host) {
		if kind == exactHost && isNamedLikeAddresses(host) {
			return PatternAddressRange
		}
		return ""
	}
	if weburl.DefaultPort(scheme) == 0 && kind == exactHost && isOpaqueHost(host) {
		return ""
	}
	if !isASCII(host) {
		return PatternNotCanonical
	}
	if canonical, ok := canonicalHost(host); ok && canonical != host && isHost(canonical) {
		return PatternNotCanonical
	}
	return PatternBadHost
}

// isHost reports whether s is an IP address or a possible DNS name, spelled as browsers serialize
// it. A name may end with a dot.
func isHost(s string) bool {
	ip, ok := isCanonicalHost(s)
	return ok && (ip || isHostname(s))
}

// isHostname reports whether s consists of lower-case letters, digits, hyphens and underscores, in
// labels of 1 to 63 bytes, and perhaps a dot at the end. It does not check that the last label is not a
// number: it accepts "127.1", which browsers read as an IPv4 address.
func isHostname(s string) bool { return isLabels(strings.TrimSuffix(s, ".")) }

// isLabels is isHostname for a name, or a part of one, without a dot at the end.
func isLabels(s string) bool {
	if len(s) > maxHostLength {
		return false
	}
	all := labelByte
	for i := range len(s) {
		all &= hostnameByte[s[i]]
	}
	switch all {
	case labelByte:
		return s != "" && len(s) <= maxLabelLength
	case dotByte:
		return hasValidLabelLengths(s)
	}
	return false
}

// hasValidLabelLengths reports whether each of the labels of s has 1 to 63 bytes.
func hasValidLabelLengths(s string) bool {
	length := 0
	for i := range len(s) {
		if s[i] != '.' {
			length++
			continue
		}
		if length == 0 || length > maxLabelLength {
			return false
		}
		length = 0
	}
	return length > 0 && length <= maxLabelLength
}

// byteClass is a class of bytes. The AND of the classes of a string's bytes is labelByte if it has only
// such bytes, dotByte if it also has dots, and 0 if it has others. A loop without a branch for each
// byte is several times faster for long names.
type byteClass uint8

const (
	dotByte   byteClass = 1
	labelByte byteClass = 3
)

// hostnameByte has the classes of the bytes of hostnames.
var hostnameByte = [256]byteClass{
	'.': dotByte, '-': labelByte, '_': labelByte,

	'0': labelByte, '1': labelByte, '2': labelByte, '3': labelByte, '4': labelByte,
	'5': labelByte, '6': labelByte, '7': labelByte, '8': labelByte, '9': labelByte,

	'a': labelByte, 'b': labelByte, 'c': labelByte, 'd': labelByte, 'e': labelByte, 'f': labelByte,
	'g': labelByte, 'h': labelByte, 'i': labelByte, 'j': labelByte, 'k': labelByte, 'l': labelByte,
	'm': labelByte, 'n': labelByte, 'o': labelByte, 'p': labelByte, 'q': labelByte, 'r': labelByte,
	's': labelByte, 't': labelByte, 'u': labelByte, 'v': labelByte, 'w': labelByte, 'x': labelByte,
	'y': labelByte, 'z': labelByte,
}

// lastLabelStartsWithDigit is true for an IPv4 address in any notation, and for few names.
func lastLabelStartsWithDigit(host string) bool {
	host = strings.TrimSuffix(host, ".")
	c := host[strings.LastIndexByte(host, '.')+1]
	return '0' <= c && c <= '9'
}

// isOpaqueHost reports whether s may be the host of a scheme that the URL Standard does not define,
// such as "AB12-CD" or ".". Browsers do not change the case of such a host. Only unreserved
// characters are allowed, because some browsers percent-encode others.
func isOpaqueHost(s string) bool {
	for i := range len(s) {
		if c := s[i]; hostnameByte[c] == 0 && (c < 'A' || c > 'Z') && c != '~' {
			return false
		}
	}
	return s != "" && len(s) <= maxHostLength
}

// isScheme reports whether s is a URL-scheme string in lower case.
// See https://url.spec.whatwg.org/#url-scheme-string.
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

// isPagelessScheme reports whether a scheme never occurs in an Origin header: no page has it, or its
// pages have the origin null or that of another URL.
func isPagelessScheme(scheme string) bool {
	switch scheme {
	case "file", "data", "blob", "filesystem", "about", "javascript", "ws", "wss", "ftp":
		return true
	}
	return false
}

// portRange is a range of ports, including first and last.
type portRange struct{ first, last uint16 }

// parsePorts parses the part of a pattern after the colon: "8080", "*" or "[3000,8000-8099]".
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

// portNumber parses a port from 1 to 65535 without leading zeros.
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

// String returns the text that the pattern was parsed from.
func (p Pattern) String() string { return p.text }

// Any reports whether the pattern is "*".
func (p Pattern) Any() bool { return p.kind == anyPattern }

// Exact returns the serialized origin that the pattern stands for. It returns false if the pattern
// has a wildcard or a list of ports.
func (p Pattern) Exact() (string, bool) {
	if !p.IsExact() {
		return "", false
	}
	return p.text, true
}

// IsExact reports whether the pattern is written as one origin; see [Pattern.Exact].
func (p Pattern) IsExact() bool {
	if p.kind != exactHost {
		return false
	}
	last := p.text[len(p.text)-1]
	return int(p.hostEnd) == len(p.text) || last != '*' && last != ']'
}

// Scheme returns the pattern's scheme, or "" for the pattern "*".
func (p Pattern) Scheme() string { return p.text[:p.schemeLength] }

// host returns the host of an exactHost pattern.
func (p Pattern) host() string { return p.text[int(p.schemeLength)+len("://") : p.hostEnd] }

// before returns the part of the host before the wildcard.
func (p Pattern) before() string { return p.text[int(p.schemeLength)+len("://") : p.wildcard] }

// after returns the part of the host after the wildcard: ".example.com", "--shop.netlify.app".
func (p Pattern) after() string { return p.text[p.wildcard+1 : p.hostEnd] }

// portRanges returns the pattern's ports. Port 0 means no port, for a scheme without a default.
func (p Pattern) portRanges() []portRange {
	def := uint16(weburl.DefaultPort(p.Scheme()))
	if int(p.hostEnd) == len(p.text) {
		return []portRange{{def, def}}
	}
	ports := p.text[p.hostEnd+1:]
	if ports == "*" && def != 0 {
		return []portRange{{1, 65535}}
	}
	ranges, _ := parsePorts(ports)
	return ranges
}

// OverPublicSuffix returns the public suffix that directly follows the pattern's wildcard, such as
// "github.io" in https://*.github.io. Anyone can register a name that the pattern then matches.
// The list's private suffixes count, and so does a name whose subdomains are all public suffixes,
// such as kawasaki.jp. Names under which no one can register a name do not count: those that are
// reserved, such as localhost, test, example and home.arpa, and those that RFC 6762 names as used in
// private networks, such as local, lan and internal.
//
// Without the Public Suffix List (build tag concors_nopsl) it recognizes only names of one label,
// as in https://*.com.
func (p Pattern) OverPublicSuffix() (suffix string, ok bool) {
	if p.kind != subdomains && p.kind != partLabel {
		return "", false
	}
	_, parent, _ := strings.Cut(strings.TrimSuffix(p.after(), "."), ".")
	switch {
	case unregistrable[parent]:
		return "", false
	case !strings.Contains(parent, "."):
		return parent, true
	case !hasPublicSuffixList:
		return "", false
	}
	child := "any-name." + parent // a name that the list has no rule for
	if lookupPublicSuffix(parent) != parent && lookupPublicSuffix(child) != child {
		return "", false
	}
	return parent, true
}

// unregistrable has the names under which no one can register a name: RFC 6761, RFC 8375, the reserved
// internal, and the names for private networks in RFC 6762, Appendix G.
var unregistrable = map[string]bool{
	"localhost": true, "test": true, "example": true, "invalid": true, "local": true, "home.arpa": true,
	"internal": true, "intranet": true, "private": true, "corp": true, "home": true, "lan": true,
}

// Insecure reports whether the pattern stands for origins whose pages can be changed on the network:
// http origins other than those of the local machine, which are localhost and the names below it,
// 127.0.0.0/8 and [::1]. It is false for "*".
func (p Pattern) Insecure() bool {
	switch {
	case p.Scheme() != "http":
		return false
	case p.kind != exactHost:
		return !strings.HasSuffix(strings.TrimSuffix(p.after(), "."), ".localhost")
	}
	host := strings.TrimSuffix(p.host(), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "[::1]" {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err != nil || !addr.IsLoopback()
}

// Covers reports whether p stands for every origin that q stands for.
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
	return parent == parentOfQ &&
		strings.HasPrefix(q.before(), p.before()) && strings.HasSuffix(q.after(), p.after())
}

// hasHost reports whether a pattern with a wildcard matches host, a hostname.
func (p Pattern) hasHost(host string) bool {
	if len(host) <= len(p.before())+len(p.after()) ||
		!strings.HasPrefix(host, p.before()) || !strings.HasSuffix(host, p.after()) {
		return false
	}
	return p.kind == subdomains || !strings.Contains(host[:len(host)-len(p.after())], ".")
}

// portsCover reports whether have contains all ports of want. It sorts have.
func portsCover(have, want []portRange) bool {
	slices.SortFunc(have, func(a, b portRange) int { return cmp.Compare(a.first, b.first) })
	for _, w := range want {
		next := int(w.first) // the first port that has not been found in have
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

// PatternReason is the reason why a string is not a pattern. The values are stable.
type PatternReason string

// The values of [PatternReason].
const (
	PatternNull           PatternReason = "null"               // "null"
	PatternTooLong        PatternReason = "too-long"           // more than 4096 bytes
	PatternNoScheme       PatternReason = "no-scheme"          // "example.com", "*.example.com", "https:/example.com"
	PatternBadScheme      PatternReason = "bad-scheme"         // "*://example.com"
	PatternPagelessScheme PatternReason = "pageless-scheme"    // "file://", "wss://example.com"
	PatternNotOnlyOrigin  PatternReason = "not-only-origin"    // "https://example.com/", "https://user@example.com"
	PatternBadHost        PatternReason = "bad-host"           // "https://example..com"
	PatternBadPort        PatternReason = "bad-port"           // "https://example.com:08443", "https://example.com:[]"
	PatternBadWildcard    PatternReason = "bad-wildcard"       // "https://*", "https://a.*.example.com"
	PatternNotCanonical   PatternReason = "not-canonical"      // "https://Example.com", "https://bücher.example", "https://example.com:443"
	PatternEmpty          PatternReason = "empty"              // "", " "
	PatternList           PatternReason = "list"               // "https://a.example, https://b.example", "https://{a,b}.example"
	PatternQuoted         PatternReason = "quoted"             // "'https://example.com'"
	PatternSpace          PatternReason = "space"              // " https://example.com", "https://example.com\u200b"
	PatternPlaceholder    PatternReason = "placeholder"        // "${ORIGIN}", "https://<your-domain>"
	PatternWord           PatternReason = "word"               // "undefined", "true", "self"
	PatternRegexp         PatternReason = "regular-expression" // `^https://.*\.example\.com$`
	PatternAddressRange   PatternReason = "address-range"      // "192.168.0.0/16", "http://10.0.0.*"
	PatternEscaped        PatternReason = "percent-encoded"    // "https://%2A.example.com"
)

// PatternError is the error of [ParsePattern].
type PatternError struct {
	Value  string // the string that was to be parsed, complete
	Reason PatternReason

	// Instead holds the patterns that were probably meant, and that may be written in place of the
	// value. It is nil if there is no good guess. They stand for no origin that the value does not
	// stand for where such a value is valid. A binary built with concors_nopsl has no guess for a name
	// that is not ASCII.
	Instead []string

	problem, repair string // "" for those of Reason
}

// Problem says in one sentence what is wrong, without repeating the value.
func (e *PatternError) Problem() string {
	if e.problem != "" {
		return e.problem
	}
	problem, _ := e.Reason.problemAndRepair()
	return problem
}

// Repair says in one sentence what to write instead.
func (e *PatternError) Repair() string {
	_, repair := e.Reason.problemAndRepair()
	switch {
	case len(e.Instead) > 0:
		return entry.Sentence(e.Instead)
	case e.repair != "":
		return e.repair
	}
	return repair
}

func (r PatternReason) problemAndRepair() (problem, repair string) {
	repair = "write an origin such as https://app.example.com"
	switch r {
	case PatternNull:
		return "null is the origin of every sandboxed frame, on any page",
			"write the origin of a page that is not sandboxed"
	case PatternTooLong:
		return "it has more than " + strconv.Itoa(maxPatternLength) + " bytes", repair
	case PatternNoScheme:
		return "it has no scheme", repair
	case PatternBadScheme:
		return "the part before :// is not a scheme, and a wildcard cannot replace it", repair
	case PatternPagelessScheme:
		return "browsers never send an origin with this scheme",
			"write the origin of the page that sends the request, such as https://app.example.com"
	case PatternNotOnlyOrigin:
		return "an origin has a scheme, a host and a port, and nothing else", repair
	case PatternBadHost:
		return "the host is not a DNS name or an IP address", repair
	case PatternBadPort:
		return "the part after the host is not a port from 1 to 65535, a list of ports, or *",
			"write a port, *, or a list such as [3000,8000-8099]"
	case PatternBadWildcard:
		return "only one * is allowed, in the first label of a host that has at least two",
			"write https://*.example.com or https://pr-*.example.com"
	case PatternNotCanonical:
		return "browsers spell it differently",
			"use lower case, the ASCII (xn--) form of names, and no default port"
	}
	return "it is not an origin pattern", repair
}

// Error returns the value (shortened if it is long), the problem and the repair.
func (e *PatternError) Error() string {
	const most = 200
	value := e.Value
	if len(value) > most {
		value = value[:most] + "…"
	}
	return "origin pattern " + strconv.Quote(value) + ": " + e.Problem() + "; " + e.Repair()
}

// suggestPattern returns the pattern that was probably meant by s, which is not a pattern, or "".
func suggestPattern(s string) string {
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
	// A label with a wildcard is not a host, so only its case is changed.
	label, name := "", host
	if strings.Contains(host, "*") {
		label, name, _ = strings.Cut(name, ".")
		label = strings.ToLower(label) + "."
	}
	name, ok = canonicalHost(name)
	if !ok {
		return ""
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "":
		scheme = "https"
		if p, reason := parsePattern("http://" + label + name); reason == "" && !p.Insecure() {
			scheme = "http" // development servers on localhost rarely use https
		}
	case "ws":
		scheme = "http"
	case "wss":
		scheme = "https"
	}
	suggestion := scheme + "://" + label + name
	if hasPorts && ports != "" && ports != strconv.Itoa(weburl.DefaultPort(scheme)) {
		suggestion += ":" + ports
	}
	if _, reason := parsePattern(suggestion); reason != "" {
		return ""
	}
	return suggestion
}
