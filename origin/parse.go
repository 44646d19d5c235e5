package origin

import (
	"fmt"
	"strings"

	"github.com/concors/concors/weburl"
)

// Parse parses the value of an Origin header (https://fetch.spec.whatwg.org/#origin-header). It
// accepts what browsers send and nothing else: the ASCII serialization of a tuple origin, or "null",
// which becomes a new opaque origin. All other spellings are refused with a [*ParseError]: upper-case
// letters, a default port, a path (even "/"), credentials, spaces, and a host that is not in
// canonical form. Because of this strictness, accepted values can be compared byte by byte.
//
// The scheme may be one that the URL Standard does not define: browsers, extensions and applications
// have pages on origins such as "chrome-extension://abcdefgh", "capacitor://localhost" and "app://.".
// The host is then any host that such a URL can have. It may contain upper-case letters, and it may be
// empty ("file://"). Refused are about, blob, data, filesystem and javascript: the origins of such
// URLs are serialized as "null" or as the origin of another URL.
//
// Parse also refuses an http, https, ws, wss or ftp host with an empty label, as in
// "https://a..example". The URL Standard allows it, but it is not a DNS name, and it could confuse code
// that compares the ends of hosts.
//
// For a tuple origin, Parse allocates only if the host is an IP address.
func Parse(fieldValue string) (Origin, error) {
	if fieldValue == "null" {
		return NewOpaque(), nil
	}
	o, reason := parseTuple(fieldValue)
	var cause error
	if reason == HostNotCanonical {
		scheme, host, _ := strings.Cut(fieldValue, "://")
		host, _, _ = cutPorts(host)
		if hasDNSHost(scheme) {
			_, cause = weburl.ParseASCIIHost(host)
		} else {
			_, cause = weburl.ParseOpaqueHost(host)
		}
		if cause != nil {
			reason = InvalidHost
		}
	}
	if reason != "" {
		return Origin{}, &ParseError{fieldValue, reason, cause}
	}
	return o, nil
}

// TryParse is [Parse] for servers that do not report why a value is invalid. It allocates nothing
// for an invalid value.
func TryParse(fieldValue string) (o Origin, ok bool) {
	if fieldValue == "null" {
		return NewOpaque(), true
	}
	o, reason := parseTuple(fieldValue)
	return o, reason == ""
}

// parseTuple parses any origin but "null". For a host that is not canonical it returns
// HostNotCanonical, even if the host is invalid.
func parseTuple(s string) (Origin, Reason) {
	// A URL is one byte longer than its origin, and must not exceed the limit of the URL parser.
	if len(s) >= weburl.MaxLength {
		return Origin{}, TooLong
	}
	scheme, rest, found := strings.Cut(s, "://")
	// Only a scheme that the standard does not define can have upper-case letters in its host.
	unknown := found && !hasDNSHost(scheme) && isOriginScheme(scheme)
	if reason := checkBytes(s, unknown); reason != "" {
		return Origin{}, reason
	}
	switch {
	case s == "":
		return Origin{}, Empty
	case !found:
		return Origin{}, MissingScheme
	case !unknown && !hasDNSHost(scheme):
		return Origin{}, NoTupleScheme
	case strings.ContainsAny(rest, `/\?#`):
		return Origin{}, NotOnlyOrigin
	case strings.Contains(rest, "@"):
		return Origin{}, Credentials
	}
	host, portText, hasPort := cutPorts(rest)
	isOpaque := unknown || scheme == "file" && host == ""
	var ip, canonical bool
	if isOpaque {
		ip, canonical = isCanonicalOpaqueHost(host)
	} else {
		ip, canonical = isCanonicalHost(host)
	}
	switch {
	case !canonical, scheme == "file" && host == "localhost": // the URL parser makes that file://
		return Origin{}, HostNotCanonical
	case !isOpaque && !ip && hasEmptyLabel(host):
		return Origin{}, EmptyLabel
	case hasPort && (host == "" || scheme == "file"):
		return Origin{}, InvalidPort // such URLs have no port
	}
	port := weburl.DefaultPort(scheme)
	if hasPort {
		if port == 0 {
			port = -1 // no default: port 0 is a port like any other
		}
		var reason Reason
		if port, reason = parsePort(portText, port); reason != "" {
			return Origin{}, reason
		}
	}
	return Origin{scheme: scheme, host: host, ip: ip, port: uint16(port), text: s}, ""
}

// checkBytes returns the reason why a byte of s cannot occur in a serialized origin, or "".
func checkBytes(s string, upperCase bool) Reason {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c <= ' ' || c == 0x7F:
			return Whitespace
		case 'A' <= c && c <= 'Z' && !upperCase:
			return UpperCase
		case c > 0x7F:
			return NotASCII
		}
	}
	return ""
}

// parsePort parses a port other than the default, in decimal without leading zeros.
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

// hasEmptyLabel reports whether a label of a domain is empty. A single trailing dot is allowed.
func hasEmptyLabel(domain string) bool {
	domain = strings.TrimSuffix(domain, ".")
	return domain == "" || domain[0] == '.' || domain[len(domain)-1] == '.' || strings.Contains(domain, "..")
}

// Reason is the reason why a string is not a serialized origin. The values are stable.
type Reason string

// The values of [Reason].
const (
	Empty            Reason = "empty"
	Whitespace       Reason = "whitespace"         // or a control character
	UpperCase        Reason = "upper-case"         // "https://Example.com", "NULL"
	NotASCII         Reason = "not-ascii"          // "https://münchen.example"
	MissingScheme    Reason = "missing-scheme"     // "example.com"
	NoTupleScheme    Reason = "no-tuple-scheme"    // "data://x", "://example.com"
	NotOnlyOrigin    Reason = "not-only-origin"    // "https://example.com/", "https://example.com?"
	Credentials      Reason = "credentials"        // "https://user@example.com"
	InvalidHost      Reason = "invalid-host"       // "https://1.2.3.4.5"
	HostNotCanonical Reason = "host-not-canonical" // "https://127.1", "https://[0::1]"
	EmptyLabel       Reason = "empty-label"        // "https://.example.com", "https://a..b"
	InvalidPort      Reason = "invalid-port"       // "https://example.com:", "https://example.com:08443"
	DefaultPort      Reason = "default-port"       // "https://example.com:443"
	TooLong          Reason = "too-long"           // longer than the origin of any URL that weburl parses
)

// Explanation says in one line what is wrong.
func (r Reason) Explanation() string {
	switch r {
	case Empty:
		return `it is empty; write scheme, "://", host and, unless it is the default, ":" and port`
	case Whitespace:
		return "it contains a space or a control character; write a single origin without spaces"
	case UpperCase:
		return "it has an upper-case letter; browsers send scheme and host in lower case"
	case NotASCII:
		return "it has a character outside ASCII; browsers send the xn-- form of the name"
	case MissingScheme:
		return `it has no scheme; an origin begins with a scheme and "://"`
	case NoTupleScheme:
		return "its scheme is not one of pages with an origin of their own, such as https"
	case NotOnlyOrigin:
		return `something follows the host and port; an origin has no path (not even "/"), query or fragment`
	case Credentials:
		return "it has a username or a password; an origin has neither"
	case InvalidHost:
		return "its host is not valid"
	case HostNotCanonical:
		return "its host is not spelled as browsers spell it"
	case EmptyLabel:
		return "its host has an empty label (nothing before, between or after its dots); DNS names have none"
	case InvalidPort:
		return "its port is not a decimal number from 0 to 65535 without leading zeros"
	case DefaultPort:
		return "its port is the default of its scheme; browsers omit a default port"
	case TooLong:
		return fmt.Sprintf("it has %d bytes or more, which is too long for a URL", weburl.MaxLength)
	}
	return string(r)
}

// ParseError is the error of [Parse] and [New].
type ParseError struct {
	Input  string // the string that was to be parsed, complete
	Reason Reason
	Cause  error // a *weburl.Error if Reason is InvalidHost, otherwise nil
}

// Error returns the input (shortened if it is long), what is wrong and what to write instead.
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
	if s := e.Suggestion(); s != "" && len(s) <= most {
		message += "; write " + s
	}
	return message
}

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Cause }

// Suggestion returns the origin that was probably meant, in the form that [Parse] accepts, or "" if
// there is no good guess. Show it to a person; do not use it in place of the input.
func (e *ParseError) Suggestion() string {
	if strings.EqualFold(strings.TrimSpace(e.Input), "null") {
		return "null"
	}
	input := e.Input
	if e.Reason == MissingScheme {
		input = "https://" + strings.TrimLeft(input, "/")
	}
	u, err := weburl.Parse(input, nil)
	if err != nil {
		return ""
	}
	suggested := Of(u).String()
	if e.Reason != MissingScheme && !hasDNSHost(u.Scheme) && suggested == "null" {
		suggested = tuple(u.Scheme, u.Host, uint16(u.EffectivePort())).text
	}
	if o, ok := TryParse(suggested); !ok || o.IsOpaque() {
		return ""
	}
	return suggested
}
