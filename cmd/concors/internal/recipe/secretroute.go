package recipe

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/secret"
)

// SecretOptions say which requests of a site's own pages reach an API, with a secret that
// the pages don't have.
type SecretOptions struct {
	To string // the URL of the API, such as "https://api.example"
	At string // where the API's paths are on the site, such as "/api/"

	// Header is "NAME=ENV": the header that carries the secret, and the environment
	// variable that holds the header's whole value when the server starts.
	Header string

	// Paths are the only paths below To that can be requested, such as "/v1/things". {name}
	// is one segment that may differ: "/v1/things/{id}".
	Paths []string
	// Methods are the only methods, for all paths.
	Methods []string

	// TypeScript writes code with types, for the stacks whose code is JavaScript.
	TypeScript bool
}

// WriteSecret writes a route with a secret for a stack whose templates are for that. The
// error is an *[AliasFault], whose Value never has a secret.
func WriteSecret(o SecretOptions, s Stack) (*Recipe, error) {
	p, err := newSecretPlan(o)
	if err != nil {
		return nil, err
	}
	if o.TypeScript && !s.TypeScript {
		return nil, &AliasFault{Option: "typescript", Problem: s.Title + " has no code with types", Hint: "omit --typescript"}
	}
	_, lost := s.Cannot()
	return s.execute(templateData{Secret: p, Stack: s, Lost: lost})
}

// A SecretPlan is a route with a secret in the form that templates need.
type SecretPlan struct {
	*AliasPlan          // Path is where the route is on the site, and To the prefix of the API's paths
	Header     string   // "X-API-Key"
	Env        string   // "API_KEY"
	Paths      []string // "/v1/things/{id}", below Path and below To
	Methods    []string
	TypeScript bool
}

// Mount returns Path without its last slash.
func (p *SecretPlan) Mount() string { return strings.TrimSuffix(p.Path, "/") }

// Pattern returns a regular expression for the paths of a site that the route has. It
// fits a path as it was sent, and no other spelling of it. $1 is the path below the API.
func (p *SecretPlan) Pattern() string {
	var paths []string
	for _, path := range p.Paths {
		paths = append(paths, variable.ReplaceAllString(regexp.QuoteMeta(path), "/"+anySegment))
	}
	return "^" + regexp.QuoteMeta(p.Mount()) + "(" + strings.Join(paths, "|") + ")$"
}

// Target is Pattern for a path with or without a query.
func (p *SecretPlan) Target() string { return strings.TrimSuffix(p.Pattern(), "$") + `(?:\?.*)?$` }

// AllMethods returns the methods that a route can have.
func (p *SecretPlan) AllMethods() []string { return secretMethods }

// Unsafe returns the methods that change something.
func (p *SecretPlan) Unsafe() (list []string) {
	for _, m := range p.Methods {
		if m != "GET" && m != "HEAD" {
			list = append(list, m)
		}
	}
	return list
}

// Notes returns what the comment at the top of every such route says.
func (p *SecretPlan) Notes() []string {
	scheme := "The variable holds the header's whole value."
	if strings.EqualFold(p.Header, "Authorization") {
		scheme = "The variable holds the header's whole value, with its scheme: Bearer and a space, for example."
	}
	return []string{
		"Pages of your own origin can then request these paths, and get the responses of " + p.Origin + p.Prefix() + ", which receives the secret in " + p.Header + ":",
		"\t" + strings.Join(p.Methods, ", ") + "\n" + p.Mount() + strings.Join(p.Paths, "\n"+p.Mount()),
		"The secret is read from the environment variable " + p.Env + " when the server starts. It is not in this file. " + scheme,
		"WITHOUT A LOGIN CHECK ANYBODY WHO OPENS YOUR PAGE CAN USE THE SECRET, as often as they like, with or without your page. The place for the check is marked with LOGIN CHECK.",
		"Every other path, method and spelling of a path is refused. So are requests of other sites: Sec-Fetch-Site must be same-origin, and Origin, if it is there, must be the origin of this site. Browsers before 2023, and sites without https, don't send Sec-Fetch-Site: then a request that changes something needs an Origin, and GET and HEAD are accepted without. What is in front of this server must pass on the Host header as it was.",
	}
}

// secretMethods are the methods that a route can have.
var secretMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}

var (
	secretPath = regexp.MustCompile(`^(?:/(?:[A-Za-z0-9_~-][A-Za-z0-9._~-]*|\{[A-Za-z0-9_]+\}))*/?$`)
	// variable fits a segment such as {id} in a quoted path, with its slash.
	variable = regexp.MustCompile(`/\\\{[A-Za-z0-9_]+\\\}`)

	headerName      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	environmentName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	upperCaseName   = regexp.MustCompile(`^[A-Z0-9]*_[A-Z0-9_]*$`)

	// reservedHeader fits the headers that HTTP, browsers or the route itself use.
	reservedHeader = regexp.MustCompile(`(?i)^(?:host|origin|referer|cookie2?|set-cookie2?|connection|keep-alive|upgrade|te|trailers?|` +
		`transfer-encoding|content-.*|expect|date|via|forwarded|x-forwarded-.*|accept|accept-language|accept-encoding|user-agent|` +
		`access-control-.*|sec-.*|proxy-.*)$`)
	// publicVariable fits the variables whose values build tools write into pages.
	publicVariable = regexp.MustCompile(`(?i)^(?:next_public|vite|react_app|nuxt_public|public|gatsby|vue_app|expo_public)_`)
)

// anySegment fits a segment that may differ. It does not begin with a dot, so that it can't be
// a dot segment.
const anySegment = `[A-Za-z0-9_~-][A-Za-z0-9._~-]*`

func newSecretPlan(o SecretOptions) (*SecretPlan, error) {
	fault := func(option, value, problem, hint string) (*SecretPlan, error) {
		return nil, &AliasFault{option, value, problem, hint}
	}
	if problem, hint := secretHeaderFault(o.Header); problem != "" {
		return fault("secret-header", "", problem, hint) // without the value, which may be the secret itself
	}
	header, env, _ := strings.Cut(o.Header, "=")
	if len(o.Paths) == 0 || len(o.Methods) == 0 {
		return fault("secret-header", "", "without --path and --method, anybody could use the secret for everything that the API can do",
			"name what your page requests, such as --path /v1/things --method GET")
	}
	at, to := strings.TrimSuffix(o.At, "/")+"/", o.To
	if u, err := url.Parse(to); err == nil && u.Path != "" && !strings.HasSuffix(u.Path, "/") && u.RawQuery == "" && u.Fragment == "" {
		to += "/"
	}
	alias, err := newAlias(AliasOptions{Path: at, To: to})
	if f, ok := err.(*AliasFault); ok {
		f.Option = map[string]string{"path": "at", "to": "alias"}[f.Option]
		if f.Value = o.At; f.Option == "alias" {
			f.Value = publicPart(o.To)
		}
	}
	if err != nil {
		return nil, err
	}
	if !alias.TLS() && isPublic(alias.Host) {
		return fault("alias", alias.Origin, "the secret would be sent without encryption", "write an https URL")
	}
	p := &SecretPlan{AliasPlan: alias, Header: header, Env: env, TypeScript: o.TypeScript}
	for _, path := range o.Paths {
		if !secretPath.MatchString(path) || path == "" {
			problem := "a path begins with a slash, and has only letters, digits and -._~ between slashes"
			switch {
			case strings.ContainsRune(path, '*'):
				problem = "a path can't have a wildcard"
			case strings.ContainsAny(path, "?#"):
				problem = "a path has no query: what the page requests is passed on with its query"
			case strings.Contains(path, "://"):
				problem = "that is a URL, and a path is below the URL of --alias"
			}
			return fault("path", publicPart(path), problem, "write each path, such as /v1/things, or /v1/things/{id} if one segment differs")
		}
		if !slices.Contains(p.Paths, path) {
			p.Paths = append(p.Paths, path)
		}
	}
	for _, method := range o.Methods {
		upper := strings.ToUpper(method)
		if !slices.Contains(secretMethods, upper) {
			return fault("method", method, "a route can't have this method", "write "+strings.Join(secretMethods[:5], ", ")+" or "+secretMethods[5])
		}
		if !slices.Contains(p.Methods, upper) {
			p.Methods = append(p.Methods, upper)
		}
	}
	return p, nil
}

// secretHeaderFault returns what is wrong with "NAME=ENV", without any part of it.
func secretHeaderFault(option string) (problem, hint string) {
	header, env, ok := strings.Cut(option, "=")
	usual := "write the name of the header, =, and the name of an environment variable: --secret-header X-API-Key=API_KEY"
	switch {
	case !ok:
		return "there is no = in it", usual
	case looksSecret(header) || looksSecret(env):
		return "it has a secret in it, and what is written on a command line can be read by others: choose a new secret, and put it in an environment variable", usual
	case !headerName.MatchString(header):
		return "what is before the = is not the name of a header", usual
	case !environmentName.MatchString(env):
		return "what is after the = is not the name of an environment variable; if it is the secret itself, others may have read it", usual
	case reservedHeader.MatchString(header):
		return "the header " + header + " can't carry a secret, because HTTP, browsers or the route itself use it", "name the header that the API's documentation names"
	case publicVariable.MatchString(env):
		return "build tools write the value of a variable with this prefix into the page", "choose a name without the prefix"
	}
	return "", ""
}

// looksSecret reports whether a text is rather a secret than the name of a header or of a
// variable.
func looksSecret(s string) bool {
	if secret.Text(s) != s {
		return true
	}
	digits := strings.Count(strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '0'
		}
		return r
	}, s), "0")
	return len(s) >= 16 && digits >= 3 && !upperCaseName.MatchString(s)
}

// publicPart returns a URL without what may be secret in it.
func publicPart(s string) string {
	s, _, _ = strings.Cut(s, "?")
	s, _, _ = strings.Cut(s, "#")
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = "…" + s[i:]
	}
	return s
}

// isPublic reports whether a host, which may have a port, is reached through networks of
// others, as far as its name says. upstream.Classify answers another question: for it, an
// address of 6to4 or inside of a provider's network is not public either.
func isPublic(host string) bool {
	host = (&url.URL{Host: host}).Hostname()
	if address, err := netip.ParseAddr(host); err == nil {
		return !address.IsLoopback() && !address.IsPrivate() && !address.IsLinkLocalUnicast()
	}
	name := strings.TrimSuffix(host, ".")
	for _, private := range []string{".localhost", ".local", ".internal", ".lan", ".home.arpa", ".svc"} {
		if strings.HasSuffix(name, private) {
			return false
		}
	}
	return strings.Contains(name, ".")
}
