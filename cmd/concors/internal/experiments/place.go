package experiments

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Ports are where the servers of the lab listen.
type Ports struct {
	P1    int `json:"p1"`    // http
	P2    int `json:"p2"`    // http, another origin of each name
	HTTPS int `json:"https"` // https
	P3    int `json:"p3"`    // http, the third origin of Host
	// Host is the one address of the lab, for devices that cannot use names below localhost. The names of
	// an experiment are then ports of it: P1 is the page's, P2 and P3 are those of other servers.
	Host string `json:"host,omitempty"`
}

// At returns a copy of the experiment for servers that listen on these ports: a URL such as
// http://api.localhost/notes gets the port of its server, and base before its path. A URL without a path
// is taken for an origin and gets a port only. Cookies without a path get the path base. A document or
// script among the responses may then load nothing from elsewhere, whatever is in it.
//
// Names below localhost have P1 for http, P2 for http on port 8080, and HTTPS for https. Names that are not
// below localhost, and other ports, stay as they are. What has been placed can be placed again.
func (e Experiment) At(p Ports, base string) Experiment {
	a := &placement{Ports: p, base: base}
	if p.Host != "" {
		a.names = e.names()
	}
	e.Page.Origin = a.text(e.Page.Origin, false)
	e.Page.Cookies = each(e.Page.Cookies, a.cookie)
	e.Action = a.action(e.Action)
	e.Servers = each(e.Servers, a.rule)
	if e.Script != nil {
		e.Script = &Script{Code: a.text(e.Script.Code, true), Sights: each(e.Script.Sights, a.sight)}
	}
	if e.Defence != nil {
		d := *e.Defence
		d.Servers, d.Sights = each(d.Servers, a.rule), each(d.Sights, a.sight)
		e.Defence = &d
	}
	return e
}

// Reach is a Content-Security-Policy for what an experiment runs: everything works, but nothing can be
// requested from other machines, or from programs that do not listen on a name below localhost.
func (p Ports) Reach() string {
	sources := "http://*.localhost:* https://*.localhost:*"
	if p.Host != "" {
		sources = "http://" + p.Host + ":*"
	}
	return "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob: " + sources + "; form-action " + sources
}

// Origins returns the origins of the lab by their relation to its own page, which is self.
func (p Ports) Origins() map[string]string {
	if p.Host != "" {
		at := func(port int) string { return "http://" + p.Host + ":" + strconv.Itoa(port) }
		return map[string]string{"self": at(p.P1), "port": at(p.P2)}
	}
	place := func(origin string) string { return (&placement{Ports: p}).text(origin, false) }
	return map[string]string{
		"self": place("http://www.app.localhost"), "port": place("http://www.app.localhost:8080"),
		"sub": place("http://api.app.localhost"), "parent": place("http://app.localhost"),
		"cross": place("http://other.localhost"), "https": place("https://www.app.localhost"),
	}
}

// CannotRun says in a sentence why the experiment cannot run in a browser on these ports, or "".
func (e *Experiment) CannotRun(p Ports) string {
	isLocal := func(text string) bool {
		u, err := url.Parse(text)
		return err == nil && strings.HasSuffix(strings.ToLower(u.Hostname()), ".localhost")
	}
	switch {
	case slices.Contains(e.Needs, NeedsPrediction),
		e.Page.Origin != "null" && !isLocal(e.Page.Origin), e.Script == nil && !isLocal(e.Action.URL):
		return "There is a prediction only: it is about servers on the internet or in a local network."
	case p.Host == "":
		return ""
	case e.Script != nil, len(e.Page.Cookies) > 0, slices.Contains(e.Needs, NeedsNames),
		slices.Contains(e.Needs, NeedsHTTPS), e.Page.Origin == "null", e.Page.EmbedderPolicy != "", strings.HasPrefix(strings.ToLower(e.Action.URL), "https:"):
		return "This needs the computer on which the lab runs: it uses names below localhost, cookies, https or a secure context."
	case len(e.names()) > 3:
		return "This needs the computer on which the lab runs: it uses more than three servers."
	}
	return ""
}

// names lists the host names of the experiment, that of its page first.
func (e *Experiment) names() (names []string) {
	add := func(name string) {
		name, _, _ = strings.Cut(strings.ToLower(name), ":")
		if strings.HasSuffix(name, ".localhost") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	inText := func(s string) {
		for _, m := range localURL.FindAllStringSubmatch(s, -1) {
			add(m[3])
		}
	}
	inText(e.Page.Origin)
	inText(e.Action.URL)
	for _, rules := range [][]Rule{e.Servers, cmp.Or(e.Defence, &Defence{}).Servers} {
		for i := range rules {
			add(rules[i].Host)
			for _, line := range rules[i].Response.Header {
				if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Location") {
					inText(value)
				}
			}
		}
	}
	return names
}

// localURL matches a URL or an origin of a name below localhost, in any case: scheme, userinfo, name, port, path.
var localURL = regexp.MustCompile(`(?i)\b(https?|wss?)://([^\s/@"'` + "`" + `<>]*@)?((?:[a-z0-9*-]+\.)+localhost)(:[0-9]+)?(/[^\s"'` + "`" + `<>\\]*)?`)

type placement struct {
	Ports
	base  string
	names []string // with Host: those of the ports P1, P2 and P3
}

// text places every URL and origin in a text. withBase also puts base before the paths.
func (a *placement) text(s string, withBase bool) string {
	var out strings.Builder
	at := 0
	for _, m := range localURL.FindAllStringSubmatchIndex(s, -1) {
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return s[m[2*i]:m[2*i+1]]
		}
		if continuesName(s[m[1]:]) && group(5) == "" {
			continue // app.localhost.example, app.localhost:*
		}
		out.WriteString(s[at:m[0]])
		at = m[1]
		out.WriteString(group(1) + "://" + group(2) + a.host(group(1), group(3), group(4)))
		path := group(5)
		if withBase && path != "" {
			path = a.path(path)
		}
		out.WriteString(path)
	}
	return out.String() + s[at:]
}

// path puts base before a path that does not begin with it.
func (a *placement) path(path string) string {
	if path == a.base || strings.HasPrefix(path, a.base+"/") {
		return path
	}
	return a.base + path
}

// nameContinues matches what makes a host name before it longer, or is a port that is not a number. The
// full stop at the end of a sentence does not.
var nameContinues = regexp.MustCompile(`^(?:[A-Za-z0-9@_-]|\.[A-Za-z0-9-]|:[^\s"'` + "`" + `<>,;])`)

func continuesName(s string) bool { return nameContinues.MatchString(s[:min(2, len(s))]) }

// host returns a name with the port on which its server listens.
func (a *placement) host(scheme, name, port string) string {
	number := a.P1
	switch {
	case a.Host != "":
		name = strings.ToLower(name)
		switch i := slices.Index(a.names, name); {
		case port == ":8080" || i == 1:
			number = a.P2
		case i > 1:
			number = a.P3
		}
		return a.Host + ":" + strconv.Itoa(number)
	case port == ":8080":
		number = a.P2
	case port != "":
		return name + port
	case strings.EqualFold(scheme, "https") || strings.EqualFold(scheme, "wss"):
		number = a.HTTPS
	}
	if number == 0 {
		return name + port
	}
	return name + ":" + strconv.Itoa(number)
}

func (a *placement) rule(r Rule) Rule {
	name, port, hasPort := strings.Cut(r.Host, ":")
	if hasPort || a.Host != "" && name != "" {
		if hasPort {
			port = ":" + port
		}
		r.Host = a.host("http", name, port)
	}
	if r.Path != "" {
		r.Path = a.path(r.Path)
	}
	r.Origin = a.text(r.Origin, false)
	r.Policy = a.text(r.Policy, false)
	if r.Forward != "" {
		r.Forward = strings.TrimSuffix(strings.TrimSuffix(a.text(r.Forward, false), "/"), a.base) + a.base
	}
	isActive := false
	r.Response.Header = each(r.Response.Header, func(line string) string {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return line
		}
		value = strings.TrimLeft(value, " ")
		switch lower := strings.ToLower(name); {
		case lower == "set-cookie":
			value = a.cookie(value)
		case lower == "location" && strings.HasPrefix(value, "/") && !strings.HasPrefix(value, "//"):
			value = a.path(value)
		case lower == "content-type":
			isActive = activeType.MatchString(value)
		default:
			isOrigin := strings.HasPrefix(lower, "access-control-") || lower == "timing-allow-origin"
			value = a.text(value, !isOrigin)
		}
		return name + ": " + value
	})
	if reach := "Content-Security-Policy: " + a.Reach(); isActive && !slices.Contains(r.Response.Header, reach) {
		r.Response.Header = append(r.Response.Header, reach)
	}
	r.Response.Body = a.text(r.Response.Body, true)
	return r
}

// activeType matches the types of documents and scripts.
var activeType = regexp.MustCompile(`(?i)html|xml|javascript|ecmascript`)

func (a *placement) action(action Action) Action {
	action.URL = a.text(action.URL, true)
	action.Header = each(action.Header, func(line string) string { return a.text(line, false) })
	if action.Body != nil {
		body := a.text(*action.Body, true)
		action.Body = &body
	}
	return action
}

func (a *placement) sight(s Sight) Sight {
	if s.Request != nil {
		action := a.action(*s.Request)
		s.Request = &action
	}
	return s
}

// cookie gives a Set-Cookie value a path of this run, so that runs do not share cookies. A __Host- cookie
// keeps the path that it must have.
func (a *placement) cookie(line string) string {
	if strings.HasPrefix(strings.ToLower(strings.TrimSpace(line)), "__host-") {
		return line
	}
	parts := strings.Split(line, ";")
	for i, part := range parts[1:] {
		name, value, _ := strings.Cut(part, "=")
		if strings.EqualFold(strings.TrimSpace(name), "path") {
			value = strings.TrimSpace(value)
			if strings.HasPrefix(value, "/") {
				parts[i+1] = name + "=" + cmp.Or(strings.TrimSuffix(a.path(value), "/"), "/")
			}
			return strings.Join(parts, ";")
		}
	}
	return fmt.Sprintf("%s; Path=%s", line, cmp.Or(a.base, "/"))
}

// each returns a new slice with what f makes of each element; nil for nil.
func each[T any](list []T, f func(T) T) []T {
	if list == nil {
		return nil
	}
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}
