package origin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/weburl"
)

// A Pattern stands for one origin or many. Its zero value is not valid; make it
// with [ParsePattern]. Patterns are comparable.
type Pattern struct {
	kind   patternKind
	scheme string
	before string // of a part of a label: what precedes the star
	host   string // the host; behind a star: what follows it
	ports  string // "" for the scheme's default, "8080", "*" or "[3000,8000-8099]"
}

type patternKind uint8

const (
	exactHost  patternKind = iota + 1
	subdomains             // the star stands for one label or more
	partLabel              // the star stands for part of one
	anyPattern             // *
)

// ParsePattern parses a pattern of origins:
//
//	https://app.example.com            one origin
//	http://[::1]:3000                  one origin
//	https://*.example.com              any subdomain, at any depth; not example.com itself
//	https://pr-*.preview.example.com   part of one label: at least one character, and no dot
//	http://localhost:*                 any port, the default one too
//	http://localhost:[3000,8000-8099]  these ports
//	capacitor://localhost              a scheme other than http and https
//	*                                  any origin
//
// Everything is spelled as browsers spell origins: lower case, IDNA's ASCII form,
// no default port, no slash. The error is a [*PatternError] and says what to
// write instead.
func ParsePattern(s string) (Pattern, error) {
	refuse := func(r PatternReason, instead string) (Pattern, error) {
		return Pattern{}, &PatternError{s, r, instead}
	}
	switch {
	case s == "*":
		return Pattern{kind: anyPattern}, nil
	case s == "null":
		return refuse(PatternNull, "")
	case len(s) > 2*maxValueLength:
		return refuse(PatternTooLong, "")
	}
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return refuse(PatternNoScheme, "https://"+s)
	}
	if !isScheme(scheme) {
		if lowered := strings.ToLower(scheme); isScheme(lowered) {
			return refuse(PatternNotCanonical, lowered+"://"+rest)
		}
		return refuse(PatternBadScheme, "")
	}
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		return refuse(PatternNotOnlyOrigin, scheme+"://"+rest[:i])
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		return refuse(PatternNotOnlyOrigin, scheme+"://"+rest[i+1:])
	}
	host, ports, hasPorts := rest, "", false
	if end := strings.IndexByte(rest, ']'); strings.HasPrefix(rest, "[") && end > 0 {
		host, ports = rest[:end+1], rest[end+1:]
		if hasPorts = strings.HasPrefix(ports, ":"); !hasPorts && ports != "" {
			return refuse(PatternBadHost, "")
		}
		ports = strings.TrimPrefix(ports, ":")
	} else if strings.HasPrefix(rest, "[") {
		return refuse(PatternBadHost, "")
	} else {
		host, ports, hasPorts = strings.Cut(rest, ":")
	}
	p := Pattern{kind: exactHost, scheme: scheme, host: host, ports: ports}
	if hasPorts {
		if _, ok := parsePorts(ports); !ok {
			return refuse(PatternBadPort, "")
		}
		if def := weburl.DefaultPort(scheme); def != 0 && ports == strconv.Itoa(int(def)) {
			return refuse(PatternNotCanonical, scheme+"://"+host)
		}
	}
	sample := host
	if star := strings.IndexByte(host, '*'); star >= 0 {
		p.before, p.host = host[:star], host[star+1:]
		switch {
		case strings.Contains(p.host, "*"), strings.Contains(p.before, "."):
			return refuse(PatternBadStar, "")
		case !strings.Contains(p.host, "."):
			return refuse(PatternBadStar, "") // a whole host, such as https://*
		case p.before == "" && p.host[0] == '.':
			p.kind = subdomains
		default:
			p.kind = partLabel
		}
		sample = p.before + "a" + p.host
	}
	if len(sample) > 253 {
		return refuse(PatternBadHost, "")
	}
	if !isPlainDomain(sample) {
		parsed, err := weburl.ParseHost(sample, weburl.DefaultPort(scheme) == 0)
		switch canonical := parsed.String(); {
		case err != nil:
			return refuse(PatternBadHost, "")
		case strings.Contains(canonical, "..") || strings.HasPrefix(canonical, ".") || strings.HasSuffix(canonical, "."):
			return refuse(PatternBadHost, "")
		case p.kind != exactHost && canonical != sample:
			return refuse(PatternNotCanonical, "")
		case canonical != sample:
			instead := scheme + "://" + canonical
			if hasPorts {
				instead += ":" + ports
			}
			return refuse(PatternNotCanonical, instead)
		case p.kind != exactHost && !strings.Contains(canonical, "."):
			return refuse(PatternBadStar, "")
		}
	}
	return p, nil
}

// isScheme: https://url.spec.whatwg.org/#url-scheme-string, in lower case.
func isScheme(s string) bool {
	if s == "" || len(s) > 64 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.' {
			return false
		}
	}
	return true
}

// isPlainDomain reports whether s is a domain that is its own canonical form,
// by the look of it: lower-case letters, digits, hyphens and underscores in
// labels that are not empty, none of them encoded, and the last no number.
// Others may be canonical too.
func isPlainDomain(s string) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	label, digits := 0, true
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z':
			if c == 'x' && i == label && strings.HasPrefix(s[i:], "xn--") {
				return false
			}
			digits = false
		case '0' <= c && c <= '9':
			if i == label {
				digits = true
			}
		case c == '-' || c == '_':
			digits = false
		case c == '.':
			if i == label {
				return false
			}
			label, digits = i+1, true
		default:
			return false
		}
	}
	// A last label such as 7 or 0x7f makes an IPv4 address of it, or nothing.
	return label < len(s) && !digits && !(s[label] >= '0' && s[label] <= '9')
}

// portRange is from first to last, both included.
type portRange struct{ first, last uint16 }

// parsePorts parses what follows the colon of a pattern. "*" is no ranges.
func parsePorts(s string) ([]portRange, bool) {
	if s == "*" {
		return nil, true
	}
	list, isList := strings.CutPrefix(s, "[")
	if isList {
		if list, isList = strings.CutSuffix(list, "]"); !isList {
			return nil, false
		}
	} else {
		port, ok := portNumber(s)
		return []portRange{{port, port}}, ok
	}
	var ranges []portRange
	for item := range strings.SplitSeq(list, ",") {
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
	if s == "" || len(s) > 5 || s[0] < '1' {
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
func (p Pattern) String() string {
	if p.kind == anyPattern {
		return "*"
	}
	s := p.scheme + "://"
	if p.kind != exactHost {
		s += p.before + "*"
	}
	s += p.host
	if p.ports != "" {
		s += ":" + p.ports
	}
	return s
}

// Any reports whether the pattern is "*".
func (p Pattern) Any() bool { return p.kind == anyPattern }

// Exact returns the one origin that the pattern stands for, serialized, or
// false if it stands for several.
func (p Pattern) Exact() (string, bool) {
	if !p.IsExact() {
		return "", false
	}
	return p.String(), true
}

// IsExact reports whether the pattern stands for one origin.
func (p Pattern) IsExact() bool {
	return p.kind == exactHost && p.ports != "*" && !strings.HasPrefix(p.ports, "[")
}

// Scheme returns the scheme, "" for "*".
func (p Pattern) Scheme() string { return p.scheme }

// OverPublicSuffix returns the public suffix, private ones included, directly
// under which the pattern's star stands: there a stranger may register a name
// that matches. In a build with the tag concors_nopsl every last label counts as
// a public suffix, and no other.
func (p Pattern) OverPublicSuffix() (string, bool) {
	if p.kind != subdomains && p.kind != partLabel {
		return "", false
	}
	_, parent, _ := strings.Cut(p.host, ".")
	if suffix := PublicSuffix(parent); suffix == parent && parent != "localhost" {
		return parent, true
	}
	return "", false
}

// Insecure reports whether the pattern lets origins in that are not potentially
// trustworthy: http ones other than this machine's.
func (p Pattern) Insecure() bool {
	if p.scheme != "http" {
		return false
	}
	host := p.host
	return !(host == "localhost" || strings.HasSuffix(host, ".localhost") || host == "[::1]" ||
		p.kind == exactHost && strings.HasPrefix(host, "127.") && !isPlainDomain(host))
}

// Covers reports whether every origin that q stands for is one of p's.
func (p Pattern) Covers(q Pattern) bool {
	if p.kind == anyPattern || p == q {
		return true
	}
	if q.kind == anyPattern || p.scheme != q.scheme || !portsCover(p, q) {
		return false
	}
	switch p.kind {
	case exactHost:
		return q.kind == exactHost && p.host == q.host
	case subdomains:
		// Whatever stands before the dot is at least one character.
		_, tail, _ := strings.Cut(q.host, ".")
		switch q.kind {
		case exactHost:
			return strings.HasSuffix(q.host, p.host)
		case subdomains:
			return strings.HasSuffix(q.host, p.host)
		}
		return strings.HasSuffix("."+tail, p.host)
	case partLabel:
		if q.kind == subdomains || !strings.HasPrefix(q.before+q.host, p.before) {
			return false
		}
		if q.kind == partLabel {
			return strings.HasPrefix(q.before, p.before) && strings.HasSuffix(q.host, p.host) && strings.Count(q.host, ".") == strings.Count(p.host, ".")
		}
		middle, ok := strings.CutPrefix(q.host, p.before)
		if ok {
			middle, ok = strings.CutSuffix(middle, p.host)
		}
		return ok && middle != "" && !strings.Contains(middle, ".")
	}
	return false
}

func portsCover(p, q Pattern) bool {
	if p.ports == "*" || p.ports == q.ports {
		return true
	}
	if q.ports == "*" {
		return false
	}
	have, want := p.portRanges(), q.portRanges()
	for _, w := range want {
		if !slices.ContainsFunc(have, func(h portRange) bool { return h.first <= w.first && w.last <= h.last }) {
			return false
		}
	}
	return true
}

// portRanges are the effective ports: none for any, 0 for a scheme without a
// default.
func (p Pattern) portRanges() []portRange {
	if p.ports == "" {
		def := uint16(weburl.DefaultPort(p.scheme))
		return []portRange{{def, def}}
	}
	ranges, _ := parsePorts(p.ports)
	return ranges
}

// PatternReason is why a string is no pattern. Its value is stable.
type PatternReason string

// The reasons.
const (
	PatternNull          PatternReason = "null"
	PatternTooLong       PatternReason = "too-long"
	PatternNoScheme      PatternReason = "no-scheme"
	PatternBadScheme     PatternReason = "bad-scheme"
	PatternNotOnlyOrigin PatternReason = "not-only-origin"
	PatternBadHost       PatternReason = "bad-host"
	PatternBadPort       PatternReason = "bad-port"
	PatternBadStar       PatternReason = "bad-star"
	PatternNotCanonical  PatternReason = "not-canonical"
)

// PatternError is the error of [ParsePattern].
type PatternError struct {
	Value   string
	Reason  PatternReason
	Instead string // what may have been meant; "" if there is no telling
}

// Problem says what is wrong, in one sentence without the value.
func (e *PatternError) Problem() string {
	switch e.Reason {
	case PatternNull:
		return "null is the origin of every sandboxed frame"
	case PatternTooLong:
		return "no origin is that long"
	case PatternNoScheme:
		return "it has no scheme"
	case PatternBadScheme:
		return "its scheme is none; a star cannot stand for it"
	case PatternNotOnlyOrigin:
		return "an origin has a scheme, a host and a port, and nothing else"
	case PatternBadHost:
		return "its host is none"
	case PatternBadPort:
		return "its port is none"
	case PatternBadStar:
		return "a star can stand for all labels before the first dot, or for part of the first label, once"
	case PatternNotCanonical:
		return "browsers spell it otherwise"
	}
	return "it is no origin pattern"
}

// Repair says what to write instead.
func (e *PatternError) Repair() string {
	switch {
	case e.Instead != "":
		return "write " + e.Instead
	case e.Reason == PatternBadPort:
		return "write a port, *, or a list such as [3000,8000-8099]"
	case e.Reason == PatternBadStar:
		return "write https://*.example.com or https://pr-*.example.com"
	case e.Reason == PatternNotCanonical:
		return "write lower case and the ASCII form of names"
	}
	return "write an origin such as https://app.example.com"
}

func (e *PatternError) Error() string {
	return fmt.Sprintf("origin pattern %s: %s; %s", strconv.Quote(e.Value[:min(len(e.Value), 200)]), e.Problem(), e.Repair())
}
