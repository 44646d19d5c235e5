package weburl

import (
	"strconv"
	"strings"
)

// URL is a URL record (https://url.spec.whatwg.org/#concept-url). All parts are in canonical form, so
// two URLs are equal with == if and only if they serialize alike. Do not change a URL that [Parse]
// returned; it can then be shared between goroutines.
type URL struct {
	// Scheme is lower-case and without the colon: "https".
	Scheme string
	// Username and Password are percent-encoded. "" means absent.
	Username, Password string
	// Host is the zero Host if the URL has none, like mailto: and data: URLs.
	Host Host
	// Port is decimal without leading zeros, or "" for the scheme's default port.
	Port string
	// Path is the serialized path: "" or "/a/b", or any text if OpaquePath is set.
	Path string
	// OpaquePath is set if relative URLs cannot be resolved against the path, as in
	// "mailto:a@b.example".
	OpaquePath bool
	// Query and Fragment are without "?" and "#". The Has fields distinguish "https://a.example/?",
	// which has an empty query, from "https://a.example/", which has none.
	Query, Fragment       string
	HasQuery, HasFragment bool
}

// String returns the serialized URL (https://url.spec.whatwg.org/#concept-url-serializer).
func (u *URL) String() string { return u.serialize(false) }

// StringWithoutFragment returns the serialized URL without its fragment.
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
		// Without this the empty first segment of the path would be parsed as the start of a host.
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

// serializedLength returns len(u.String()), or a few bytes more.
func (u *URL) serializedLength() int {
	const delimiters = len("://:@:/.?#")
	return len(u.Scheme) + len(u.Username) + len(u.Password) + len(u.Host.String()) + len(u.Port) +
		len(u.Path) + len(u.Query) + len(u.Fragment) + delimiters
}

// Hostname returns the serialized host, such as "example.com", "127.0.0.1" or "[::1]". It returns ""
// if the host is absent or empty.
func (u *URL) Hostname() string { return u.Host.String() }

// HostPort returns the host and port as in an HTTP Host header: "example.com:8080", or "example.com"
// if the port is the scheme's default.
func (u *URL) HostPort() string {
	if u.Port == "" {
		return u.Host.String()
	}
	return u.Host.String() + ":" + u.Port
}

// EffectivePort returns the port to connect to: the URL's own port, or else its scheme's default. It
// returns 0 if there is neither, and for the explicit port 0.
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

// IsSpecial reports whether the scheme is ftp, file, http, https, ws or wss, for which the parser has
// rules of their own (https://url.spec.whatwg.org/#is-special).
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

// DefaultPort returns the default port of a scheme in lower case. It returns 0 for schemes that have
// none, which are file and all that are not special (https://url.spec.whatwg.org/#default-port).
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
