package recipe

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/concors/concors/weburl"
)

// AliasOptions say which paths of a site another server serves.
type AliasOptions struct {
	Path string // a path on the page's own origin, such as "/api/"
	To   string // the URL that requests below Path are sent to, such as "https://api.example/v1/"
	// Cookies passes cookies in both directions. Use it only if the same operator
	// runs both servers, since the browser keeps one set of cookies for the site and
	// all its aliases.
	Cookies bool
}

// An AliasFault is an invalid option.
type AliasFault struct {
	Option  string // "path" or "to"
	Value   string
	Problem string
	Hint    string
}

func (f *AliasFault) Error() string {
	return fmt.Sprintf("%s %q: %s: %s", f.Option, f.Value, f.Problem, f.Hint)
}

// WriteAlias writes an alias for a stack whose templates are for aliases: a reverse
// proxy that makes another server's paths paths of the page's own site, so that a
// page needs no CORS to use them. The error is an *[AliasFault].
func WriteAlias(o AliasOptions, s Stack) (*Recipe, error) {
	a, err := newAlias(o)
	if err != nil {
		return nil, err
	}
	_, lost := s.Cannot()
	return s.execute(templateData{Alias: a, Stack: s, Lost: lost})
}

// An AliasPlan is an alias in the form that templates need.
type AliasPlan struct {
	Path    string // "/api/"
	Origin  string // "https://api.example"
	Host    string // "api.example", with the port unless it is the default port
	To      string // "/v1/", the path on the other server
	Cookies bool
}

// TLS reports whether the other server's certificate has to be checked.
func (a *AliasPlan) TLS() bool { return strings.HasPrefix(a.Origin, "https:") }

// Prefix returns the path on the other server without its last slash: "" for "/".
func (a *AliasPlan) Prefix() string { return strings.TrimSuffix(a.To, "/") }

// Location returns a regular expression for redirects that stay below the alias. $1
// is the rest of the path, which a browser must request below Path. A location that
// begins with two slashes names another host and does not match.
func (a *AliasPlan) Location() string {
	return `^(?:` + regexp.QuoteMeta(a.Origin) + `)?` + regexp.QuoteMeta(a.To) + `([^/].*|)$`
}

// CookiePath returns a regular expression for the Path attribute of a cookie. $1 is
// the attribute's name, $2 what ends the attribute, if anything does. A path outside
// of the alias is read as the whole alias.
func (a *AliasPlan) CookiePath() string {
	if a.Prefix() == "" {
		return `(?i)(; *Path=)/(;|$)?`
	}
	return `(?i)(; *Path=)(?:` + regexp.QuoteMeta(a.To) + `|` + regexp.QuoteMeta(a.Prefix()) + `(;|$)|/)`
}

// Notes returns what the comment at the top of every alias says.
func (a *AliasPlan) Notes() []string {
	out := []string{
		"Requests below " + a.Path + " go to " + a.Origin + a.To + ". For browsers they stay on your site's own origin, so they need no CORS and no preflights.",
		"Alias only a server that you trust as much as your site: HTML and scripts from there run as part of your site.",
	}
	if a.Cookies {
		out = append(out, "The browser also sends your site's cookies to that server, unless their path excludes "+a.Path+". Cookies that the server sets become cookies of your site, limited to "+a.Path+". A cookie whose name begins with __Host- is lost, because it must be valid for the whole site.")
	} else {
		out = append(out, "Cookies are removed in both directions. Otherwise the browser would send your site's cookies to that server, and store that server's cookies as your site's. If you run both servers and need the cookies, write this alias with --cookies.")
	}
	return append(out,
		"Authorization is passed on, even if it is the password of a user of your own site. Origin is passed on unchanged: a server that refuses POST requests from other origins must be configured to trust your site's origin. Do not overwrite Origin here, or that server can't distinguish your pages from foreign pages that post a form to you.",
		"The Access-Control headers of that server are removed. Otherwise the origins that it allows could read these paths of your site.")
}

var (
	invalidPort = regexp.MustCompile(`^https?://[^/?#@]*:[^:/?#\]]*[^0-9:/?#\]][^:/?#\]]*(?:[/?#]|$)`)
	aliasPath   = regexp.MustCompile(`^/(?:[A-Za-z0-9_.~-]+/)*$`)
	aliasHost   = regexp.MustCompile(`^(?:[a-z0-9_.-]+|\[[0-9a-f:]+\])$`)
)

func newAlias(o AliasOptions) (*AliasPlan, error) {
	fault := func(option, value, problem, hint string) (*AliasPlan, error) {
		return nil, &AliasFault{option, value, problem, hint}
	}
	hasDots := func(path string) bool { return strings.Contains(path, "/./") || strings.Contains(path, "/../") }
	switch {
	case o.Path == "/":
		return fault("path", o.Path, "that is the whole site", "choose a part of it, such as /api/")
	case !aliasPath.MatchString(o.Path) || hasDots(o.Path):
		return fault("path", o.Path,
			"the path must begin and end with a slash, and have only letters, digits and -._~ between slashes",
			"write a path such as /api/")
	}
	to, err := url.Parse(o.To)
	switch {
	case err != nil && invalidPort.MatchString(o.To):
		return fault("to", o.To, "the port is not a number from 1 to 65535", "write another port")
	case err != nil || to.Scheme != "https" && to.Scheme != "http" || to.Host == "":
		return fault("to", o.To, "not an http or https URL", "write a URL such as https://api.example/v1/")
	case to.User != nil || to.RawQuery != "" || to.ForceQuery || to.Fragment != "" ||
		strings.HasSuffix(o.To, "#"):
		return fault("to", o.To, "the URL must have a host and a path, and nothing else",
			"leave out the user, the query and the fragment")
	}
	host := strings.TrimSuffix(strings.ToLower(to.Host), ":"+to.Port())
	if strings.HasSuffix(to.Host, ":") {
		return fault("to", o.To, "there is a colon and no port", "write a port from 1 to 65535, or leave out the colon")
	}
	if !aliasHost.MatchString(host) {
		return fault("to", o.To, "the host has characters that host names can't have",
			"write the host as in DNS: xn--… for a host with other letters")
	}
	if text := to.Port(); text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return fault("to", o.To, "the port is not a number from 1 to 65535", "write another port")
		}
		if int(port) != weburl.DefaultPort(to.Scheme) {
			host += ":" + strconv.FormatUint(port, 10)
		}
	}
	path := to.EscapedPath()
	if path == "" {
		path = "/"
	}
	if !aliasPath.MatchString(path) || hasDots(path) {
		return fault("to", o.To, "the path of the URL must end with a slash, and have only letters, digits and -._~ between slashes", "write a URL such as https://api.example/v1/")
	}
	return &AliasPlan{Path: o.Path, Origin: to.Scheme + "://" + host, Host: host, To: path,
		Cookies: o.Cookies}, nil
}
