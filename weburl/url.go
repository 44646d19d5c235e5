package weburl

import (
	"strconv"
	"strings"
)

// URL is a URL record (https://url.spec.whatwg.org/#concept-url): a URL taken apart, every part
// in its canonical spelling. It is comparable: two records are == exactly if they serialize alike.
// Treat a URL that [Parse] returned as immutable; it may then be shared between goroutines.
type URL struct {
	// Scheme is lower-case and without the colon: "https".
	Scheme string
	// Username and Password are percent-encoded; "" is the same as absent.
	Username, Password string
	// Host is the zero Host if the URL has none, as in "mailto:" and "data:" URLs.
	Host Host
	// Port is "" for the scheme's default port, otherwise decimal digits without leading zeros.
	Port string
	// Path is the serialized path: "" or "/a/b", or any text if OpaquePath is set.
	Path string
	// OpaquePath tells a path that cannot be resolved against, as in "mailto:a@b.example".
	OpaquePath bool
	// Query and Fragment are without their "?" and "#". The Has fields tell "https://a.example/?",
	// whose query is empty, from "https://a.example/", which has none.
	Query, Fragment       string
	HasQuery, HasFragment bool
}

// String is the URL serializer (https://url.spec.whatwg.org/#concept-url-serializer).
func (u *URL) String() string { return u.serialize(false) }

// StringWithoutFragment is the URL serializer with its exclude fragment argument set.
func (u *URL) StringWithoutFragment() string { return u.serialize(true) }

func (u *URL) serialize(excludeFragment bool) string {
	var b strings.Builder
	b.Grow(u.serializedLength())
	b.WriteString(u.Scheme)
	b.WriteByte(':')
	if !u.Host.IsNone() {
		b.WriteString("//")
		if u.HasCredentials() {
			b.WriteString(u.Username)
			if u.Password != "" {
				b.WriteByte(':')
				b.WriteString(u.Password)
			}
			b.WriteByte('@')
		}
		b.WriteString(u.Host.String())
		if u.Port != "" {
			b.WriteByte(':')
			b.WriteString(u.Port)
		}
	} else if !u.OpaquePath && strings.HasPrefix(u.Path, "//") {
		// Without this the path's first, empty, segment would read as the start of a host.
		b.WriteString("/.")
	}
	b.WriteString(u.Path)
	if u.HasQuery {
		b.WriteByte('?')
		b.WriteString(u.Query)
	}
	if u.HasFragment && !excludeFragment {
		b.WriteByte('#')
		b.WriteString(u.Fragment)
	}
	return b.String()
}

// serializedLength is never less than len(u.String()), and more by a few delimiters at most.
func (u *URL) serializedLength() int {
	const delimiters = len("://:@:/.?#")
	return len(u.Scheme) + len(u.Username) + len(u.Password) + len(u.Host.String()) + len(u.Port) +
		len(u.Path) + len(u.Query) + len(u.Fragment) + delimiters
}

// Hostname returns the serialized host: "example.com", "127.0.0.1", "[::1]", or "" if the host is
// absent or empty.
func (u *URL) Hostname() string { return u.Host.String() }

// HostPort returns the host and, unless it is the scheme's default, the port, as an HTTP Host
// header carries them: "example.com" or "example.com:8080".
func (u *URL) HostPort() string {
	if u.Port == "" {
		return u.Host.String()
	}
	return u.Host.String() + ":" + u.Port
}

// EffectivePort returns the port a connection would be made to: the URL's own or else its
// scheme's default. It is 0 if there is neither (and for the explicit port 0).
func (u *URL) EffectivePort() int {
	if u.Port == "" {
		return DefaultPort(u.Scheme)
	}
	port, err := strconv.ParseUint(u.Port, 10, 16)
	if err != nil {
		return 0
	}
	return int(port)
}

// IsSpecial reports whether the scheme is one the parser knows a host must follow: ftp, file,
// http, https, ws or wss (https://url.spec.whatwg.org/#is-special).
func (u *URL) IsSpecial() bool { return isSpecialScheme(u.Scheme) }

// HasCredentials reports whether the URL has a username or a password
// (https://url.spec.whatwg.org/#include-credentials).
func (u *URL) HasCredentials() bool { return u.Username != "" || u.Password != "" }

// IsHTTP reports whether the scheme is an HTTP(S) scheme
// (https://fetch.spec.whatwg.org/#http-scheme).
func (u *URL) IsHTTP() bool { return u.Scheme == "http" || u.Scheme == "https" }

func isSpecialScheme(scheme string) bool {
	return scheme == "file" || DefaultPort(scheme) != 0
}

// DefaultPort returns the default port of a special scheme, given in lower case, or 0: file and
// every scheme outside the standard's table have none
// (https://url.spec.whatwg.org/#default-port).
func DefaultPort(scheme string) int {
	switch scheme {
	case "http", "ws":
		return 80
	case "https", "wss":
		return 443
	case "ftp":
		return 21
	}
	return 0
}
