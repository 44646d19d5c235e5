package recipe

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// AliasOptions say which paths of a site are another server's.
type AliasOptions struct {
	Path string // "/api/": below it, on the page's own origin
	To   string // "https://api.example/v1/": where the requests go
	// Cookies is to let cookies through in both directions: for a server of the
	// same operator's. The browser keeps one jar for the site and all its aliases.
	Cookies bool
}

// An AliasFault is an option that no alias can be written from.
type AliasFault struct {
	Option  string // "path" or "to"
	Value   string
	Problem string
	Hint    string
}

func (f *AliasFault) Error() string {
	return fmt.Sprintf("%s %q: %s: %s", f.Option, f.Value, f.Problem, f.Hint)
}

// Aliases are the stacks that there are aliases for, in the order of their names.
func Aliases() []Stack {
	return []Stack{
		{Name: "apache", Title: "Apache httpd", Verified: "2.4", comment: "# ", folder: "alias-apache"},
		{Name: "caddy", Title: "Caddy", Verified: "2.6", comment: "# ", folder: "alias-caddy"},
		{Name: "next", Title: "Next.js", comment: "// ", folder: "alias-next", limits: []limit{
			loses(always, "WebSockets don't get through: a route handler has no way to take one"),
			loses(always, "the last slash of a path is lost, unless next.config.js says skipTrailingSlashRedirect: true"),
		}},
		{Name: "nginx", Title: "nginx", Verified: "1.22", comment: "# ", folder: "alias-nginx"},
		{Name: "vite", Title: "Vite's dev server", Verified: "8.3", comment: "// ", folder: "alias-vite"},
	}
}

// Alias writes, for a stack that [Aliases] lists, what makes another server's
// paths paths of the site's own: a reverse proxy, with which a page needs no CORS
// at all. The error is an *[AliasFault] or an *[UnknownStack].
func Alias(o AliasOptions, stack string) (*Recipe, error) {
	s, err := find(Aliases(), stack)
	if err != nil {
		return nil, err
	}
	a, err := newAlias(o)
	if err != nil {
		return nil, err
	}
	_, lost := s.Cannot()
	files, err := s.execute(page{Alias: a, Lost: lost, Stack: s})
	if err != nil {
		return nil, err
	}
	return &Recipe{Stack: s, Files: files, Lost: append([]string{}, lost...)}, nil
}

// alias is what templates are filled from.
type alias struct {
	Path    string // "/api/"
	Origin  string // "https://api.example"
	Host    string // "api.example", with a port that is not the default one
	To      string // "/v1/": the path there
	Cookies bool
}

// TLS reports whether the other server's certificate is to be looked at.
func (a *alias) TLS() bool { return strings.HasPrefix(a.Origin, "https:") }

// Prefix is the path there without its last slash: "" for all of that server.
func (a *alias) Prefix() string { return strings.TrimSuffix(a.To, "/") }

// Location matches a redirect that stays below the alias, and captures what a
// browser then is to ask for below Path. What begins with two slashes names
// another host.
func (a *alias) Location() string {
	return `^(?:` + regexp.QuoteMeta(a.Origin) + `)?` + regexp.QuoteMeta(a.To) + `([^/].*|)$`
}

// CookiePath matches the Path of a cookie, its name in $1 and what ends it, if
// anything, in $2. A path outside of the alias counts as all of it.
func (a *alias) CookiePath() string {
	if a.Prefix() == "" {
		return `(?i)(; *Path=)/(;|$)?`
	}
	return `(?i)(; *Path=)(?:` + regexp.QuoteMeta(a.To) + `|` + regexp.QuoteMeta(a.Prefix()) + `(;|$)|/)`
}

// About is what every alias says at its top.
func (a *alias) About() []string {
	out := []string{
		"What a page asks for below " + a.Path + " comes from " + a.Origin + a.To + ". For browsers it is the site's own: there is no CORS, and there are no preflights.",
		"So alias only what you trust as your site itself: HTML and scripts that are served there run as your site.",
	}
	if a.Cookies {
		out = append(out, "The site's cookies go to that server too, all that are for its paths. Its own become your site's, for "+a.Path+" alone; one whose name begins with __Host- is lost, since it has to be for the whole site.")
	} else {
		out = append(out, "Cookies don't get through, in neither direction: the browser would send your site's to that server, and take that server's for your site's. If both are yours, and its cookies are to work, write this with --cookies.")
	}
	return append(out,
		"Authorization goes through, also that of a password which your site itself asked for. Origin goes through as the page's: a server that refuses POSTs from other origins has to be told to trust your site's. Don't overwrite it here, or that server can't tell your pages from others that post a form to you.",
		"That server's own Access-Control headers are taken away, or who it lets in would be let in by your site.")
}

var (
	aliasPath = regexp.MustCompile(`^/(?:[A-Za-z0-9_.~-]+/)*$`)
	aliasHost = regexp.MustCompile(`^(?:[a-z0-9_.-]+|\[[0-9a-f:]+\])(?::[0-9]{1,5})?$`)
)

func newAlias(o AliasOptions) (*alias, error) {
	fault := func(option, value, problem, hint string) (*alias, error) {
		return nil, &AliasFault{option, value, problem, hint}
	}
	dots := func(path string) bool { return strings.Contains(path, "/./") || strings.Contains(path, "/../") }
	switch {
	case o.Path == "/":
		return fault("path", o.Path, "that is the whole site", "name a part of it, such as /api/")
	case !aliasPath.MatchString(o.Path) || dots(o.Path):
		return fault("path", o.Path, "it is to begin and end with a slash, and to have letters, digits and -._~ between slashes", "write a path such as /api/")
	}
	to, err := url.Parse(o.To)
	switch {
	case err != nil || to.Scheme != "https" && to.Scheme != "http" || to.Host == "":
		return fault("to", o.To, "it is no URL of a server", "write one such as https://api.example/v1/")
	case to.User != nil || to.RawQuery != "" || to.ForceQuery || to.Fragment != "" || strings.HasSuffix(o.To, "#"):
		return fault("to", o.To, "it is to have a host and a path, and nothing else", "leave out the user, the query and the fragment")
	}
	host := strings.ToLower(to.Host)
	host = strings.TrimSuffix(host, map[string]string{"https": ":443", "http": ":80"}[to.Scheme])
	if !aliasHost.MatchString(host) {
		return fault("to", o.To, "its host has characters that host names don't have", "write the host as DNS has it: xn--… for one with other letters")
	}
	path := to.EscapedPath()
	if path == "" {
		path = "/"
	}
	if !aliasPath.MatchString(path) || dots(path) {
		return fault("to", o.To, "its path is to end with a slash, and to have letters, digits and -._~ between slashes", "write one such as https://api.example/v1/")
	}
	return &alias{Path: o.Path, Origin: to.Scheme + "://" + host, Host: host, To: path, Cookies: o.Cookies}, nil
}
