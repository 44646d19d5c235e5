package origin

import (
	"fmt"
	"strings"

	"github.com/concors/concors/weburl"
)

// Parse parses the value of an Origin header (https://fetch.spec.whatwg.org/#origin-header). It
// takes exactly what a browser sends: a tuple origin's ASCII serialization, or "null", which
// becomes a new opaque origin. Every other spelling of a URL, correct as it may be, is refused with a
// [*ParseError]: an upper-case letter, a default port, a path if only "/", credentials, a space, an
// address or a name that is not in canonical form. Strictness is what lets an accepted value be
// compared byte by byte.
//
// A host with an empty label, as in "https://a..example", is refused too. Although the URL
// Standard lets it pass, the DNS has no such name, and it could slip by a comparison of suffixes.
//
// For a tuple origin Parse allocates nothing, unless its host is an IP address.
func Parse(fieldValue string) (Origin, error) {
	if fieldValue == "null" {
		return NewOpaque(), nil
	}
	o, reason := parseTuple(fieldValue)
	var cause error
	if reason == HostNotCanonical {
		_, host, _ := strings.Cut(fieldValue, "://")
		host, _, _ = cutPort(host)
		if _, cause = weburl.ParseASCIIHost(host); cause != nil {
			reason = InvalidHost
		}
	}
	if reason != "" {
		return Origin{}, &ParseError{fieldValue, reason, cause}
	}
	return o, nil
}

// TryParse is [Parse] without a reason for refusing, for servers, whom strangers send values:
// refusing allocates nothing, and a program without Parse has none of its explanations in it.
func TryParse(fieldValue string) (o Origin, ok bool) {
	if fieldValue == "null" {
		return NewOpaque(), true
	}
	o, reason := parseTuple(fieldValue)
	return o, reason == ""
}

// parseTuple is Parse without null. Of a host that is not canonical it does not say whether it is
// a host at all.
func parseTuple(s string) (o Origin, reason Reason) {
	if reason = o.parse(s); reason != "" {
		return Origin{}, reason
	}
	return o, ""
}

// parse fills in the origin, or leaves it and says why.
func (o *Origin) parse(s string) Reason {
	// With the slash that a URL has behind it, it has to be one that can be parsed.
	if len(s) >= weburl.MaxLength {
		return TooLong
	}
	if reason := wrongByte(s); reason != "" {
		return reason
	}
	scheme, rest, found := strings.Cut(s, "://")
	switch {
	case s == "":
		return Empty
	case !found:
		return MissingScheme
	case !isTupleScheme(scheme):
		return NoTupleScheme
	case strings.ContainsAny(rest, `/\?#`):
		return NotOnlyOrigin
	case strings.Contains(rest, "@"):
		return Credentials
	}
	host, portText, hasPort := cutPort(rest)
	ip, canonical := isCanonicalHost(host)
	switch {
	case !canonical:
		return HostNotCanonical
	case !ip && hasEmptyLabel(host):
		return EmptyLabel
	}
	port := weburl.DefaultPort(scheme)
	if hasPort {
		var reason Reason
		if port, reason = parsePort(portText, port); reason != "" {
			return reason
		}
	}
	*o = Origin{scheme: scheme, host: host, ip: ip, port: uint16(port), text: s}
	return ""
}

// wrongByte looks for bytes that no serialization of an origin has.
func wrongByte(s string) Reason {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c <= ' ' || c == 0x7F:
			return Whitespace
		case 'A' <= c && c <= 'Z':
			return UpperCase
		case c > 0x7F:
			return NotASCII
		}
	}
	return ""
}

// cutPort splits at the colon before the port.
func cutPort(s string) (host, port string, hasPort bool) {
	if i := strings.LastIndexByte(s, ']'); i >= 0 {
		host, port = s[:i+1], s[i+1:]
		if strings.HasPrefix(port, ":") {
			return host, port[1:], true
		}
		return s, "", false
	}
	return strings.Cut(s, ":")
}

// parsePort takes a port other than the default, in decimal without leading zeros.
func parsePort(s string, defaultPort int) (int, Reason) {
	if s == "" || len(s) > len("65535") || s[0] == '0' && len(s) > 1 {
		return 0, InvalidPort
	}
	port := 0
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, InvalidPort
		}
		port = port*10 + int(s[i]-'0')
	}
	switch {
	case port > 0xFFFF:
		return 0, InvalidPort
	case port == defaultPort:
		return 0, DefaultPort
	}
	return port, ""
}

// hasEmptyLabel reports whether there is nothing before, between or behind a domain's dots, other
// than behind the one that may end it.
func hasEmptyLabel(domain string) bool {
	domain = strings.TrimSuffix(domain, ".")
	return domain == "" || domain[0] == '.' || domain[len(domain)-1] == '.' || strings.Contains(domain, "..")
}

// Reason is why a string is not an origin's serialization.
type Reason string

// The reasons there are.
const (
	Empty            Reason = "empty"
	Whitespace       Reason = "whitespace"         // or a control character
	UpperCase        Reason = "upper-case"         // "https://Example.com", "NULL"
	NotASCII         Reason = "not-ascii"          // "https://münchen.example"
	MissingScheme    Reason = "missing-scheme"     // "example.com"
	NoTupleScheme    Reason = "no-tuple-scheme"    // "file://", "chrome-extension://…"
	NotOnlyOrigin    Reason = "not-only-origin"    // "https://example.com/", "https://example.com?"
	Credentials      Reason = "credentials"        // "https://user@example.com"
	InvalidHost      Reason = "invalid-host"       // "https://1.2.3.4.5"
	HostNotCanonical Reason = "host-not-canonical" // "https://127.1", "https://[0::1]"
	EmptyLabel       Reason = "empty-label"        // "https://.example.com", "https://a..b"
	InvalidPort      Reason = "invalid-port"       // "https://example.com:", "https://example.com:08443"
	DefaultPort      Reason = "default-port"       // "https://example.com:443"
	TooLong          Reason = "too-long"           // no URL of that length is parsed
)

// Explanation says in one line what is wrong.
func (r Reason) Explanation() string {
	switch r {
	case Empty:
		return `it is empty; an origin is scheme, "://", host and, if it is not the default, ":" and port`
	case Whitespace:
		return "it has a space or a control character in it; an origin has none, and there is no list of origins"
	case UpperCase:
		return "it has an upper-case letter in it; browsers send scheme and host in lower case"
	case NotASCII:
		return "it has a character outside ASCII in it; browsers send the xn-- form of such a name"
	case MissingScheme:
		return `it has no scheme; an origin begins with one and "://"`
	case NoTupleScheme:
		return "only http, https, ws, wss and ftp URLs have an origin that can be written; all others have the origin null"
	case NotOnlyOrigin:
		return `something follows the host and port; an origin has no path, not even "/", no query and no fragment`
	case Credentials:
		return "it has a username or a password in it; an origin has neither"
	case InvalidHost:
		return "its host is not valid"
	case HostNotCanonical:
		return "its host is not spelt the way browsers spell it"
	case EmptyLabel:
		return "its host has nothing before or between the dots; no name in the DNS is like that"
	case InvalidPort:
		return "its port is not a decimal number from 0 to 65535 without leading zeros"
	case DefaultPort:
		return "its port is its scheme's default; browsers leave that out"
	case TooLong:
		return fmt.Sprintf("it has %d bytes or more, and browsers take no such URL", weburl.MaxLength)
	}
	return string(r)
}

// ParseError says that a string is not an origin's serialization, why, and what would be.
type ParseError struct {
	Input  string
	Reason Reason
	Cause  error // a *weburl.Error if Reason is InvalidHost
}

// Error names the input (shortened if it is long), what is wrong and what to write instead.
func (e *ParseError) Error() string {
	const most = 120
	message := fmt.Sprintf("parsing origin %q", e.Input[:min(len(e.Input), most)])
	if len(e.Input) > most {
		message += fmt.Sprintf("… (%d bytes)", len(e.Input))
	}
	message += ": " + e.Reason.Explanation()
	if cause, ok := e.Cause.(*weburl.Error); ok {
		message += ": " + cause.Reason.Explanation()
	}
	// A plainer guess than Suggestion's: it would put a whole URL parser into every program that
	// parses origins.
	if s := likelyPattern(e.Input); s != "" && len(s) <= most {
		if _, reason := parseTuple(s); reason == "" {
			message += "; write " + s
		}
	}
	return message
}

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Cause }

// Suggestion returns the origin that was probably meant, as [Parse] takes it, or "" if there is no
// telling. It is a guess for a person to look at, not a normalisation to go on with.
func (e *ParseError) Suggestion() string {
	if strings.EqualFold(strings.TrimSpace(e.Input), "null") {
		return "null"
	}
	input := e.Input
	if e.Reason == MissingScheme {
		input = "https://" + strings.TrimLeft(input, "/")
	}
	o, err := FromURL(input)
	if err != nil || o.IsOpaque() || !o.ip && hasEmptyLabel(o.host) {
		return ""
	}
	return o.String()
}
