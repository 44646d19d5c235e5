package proxy

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/upstream"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// checker collects the problems of a Config.
type checker struct{ faults []*ConfigFault }

func (c *checker) add(name string, index int, value, problem, repair string) {
	c.faults = append(c.faults, &ConfigFault{name, index, value, problem, repair})
}

// listen parses Config.Listen.
func (c *checker) listen(s string) netip.AddrPort {
	host, port, err := net.SplitHostPort(s)
	n, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || n == 0 {
		c.add("Listen", -1, s, "not an address with a port", "write 127.0.0.1:8010")
		return netip.AddrPort{}
	}
	if host == "localhost" {
		host = "127.0.0.1"
	}
	a, err := netip.ParseAddr(host)
	if err != nil || !a.Unmap().IsLoopback() {
		c.add("Listen", -1, s, "the proxy listens on this machine's loopback only, because it acts as its user", "write 127.0.0.1:"+port)
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Unmap(), uint16(n))
}

// target checks the URL of a target, which value spells, and returns it as browsers read it.
func (c *checker) target(name string, index int, value string, u *weburl.URL, config *Config, self netip.AddrPort) bool {
	before := len(c.faults)
	switch {
	case u == nil || u.Host.IsNone():
		c.add(name, index, value, "not a URL with a host", "write https://api.example.com")
		return false
	case u.Scheme == "ws" || u.Scheme == "wss":
		c.add(name, index, value, "a target is the URL of a server", "write http"+strings.TrimPrefix(u.Scheme, "ws")+": WebSockets are passed through")
	case !u.IsHTTP():
		c.add(name, index, value, "not a URL of http or https", "")
	case u.HasCredentials():
		c.add(name, index, withoutUserinfo(u), "a user name or password in the URL", "send it as a header: Authorization, from a variable of the environment")
	case u.HasQuery || u.HasFragment:
		c.add(name, index, value, "a target ends with its path: a query or fragment is the request's own", "leave out what follows the path")
	case hasDotSegments(u.Path):
		c.add(name, index, value, "a path with .. in it", "write the path that it stands for")
	}
	if len(c.faults) > before {
		return false
	}
	host := u.Hostname()
	port := u.EffectivePort()
	if self.IsValid() && port == int(self.Port()) && upstream.IsLoopbackName(host) && sameLoopback(host, self.Addr()) {
		c.add(name, index, value, "it is the proxy itself, which listens there", "write the API's port, or another one with --listen")
		return false
	}
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		switch class, what := upstream.Classify(a); {
		case class == upstream.Never:
			c.add(name, index, value, "it is "+what, "")
			return false
		case class == upstream.Private && !config.AllowPrivate:
			c.add(name, index, value, "it is "+what, "allow it with --allow-private if this server is yours to use")
			return false
		}
	}
	return true
}

// sameLoopback reports whether a host of loopback leads to an address of loopback. 127.0.0.1 and ::1 are both
// localhost, and a server that listens on one of them often listens on both.
func sameLoopback(host string, self netip.Addr) bool {
	localhost := func(a netip.Addr) bool {
		return a == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || a == netip.IPv6Loopback()
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return localhost(self)
	}
	return a.Unmap() == self || localhost(a.Unmap()) && localhost(self)
}

func withoutUserinfo(u *weburl.URL) string {
	clean := *u
	clean.Username, clean.Password = "", ""
	return clean.String()
}

// routes checks and compiles Config.Routes.
func (c *checker) routes(config *Config, self netip.AddrPort) []*route {
	if len(config.Routes) == 0 {
		c.add("Routes", -1, "", "no API is named", "name its URL, or write --route /api=https://api.example.com")
	}
	var list []*route
	for i, r := range config.Routes {
		prefix := strings.TrimRight(r.Prefix, "/")
		switch {
		case r.Target == nil:
			c.add("Routes", i, r.Prefix, "the route has no target", "write --route /api=https://api.example.com")
			continue
		case prefix != "" && !strings.HasPrefix(prefix, "/"):
			c.add("Routes", i, r.Prefix, "a prefix begins with a slash", "write /"+prefix)
			continue
		case strings.ContainsAny(prefix, "?#\\*") || strings.Contains(prefix, "//") || hasDotSegments(prefix) || !isPath(prefix):
			c.add("Routes", i, r.Prefix, "not a path", "write a path such as /api, without a wildcard, query or .. in it")
			continue
		case prefix == OwnPath || strings.HasPrefix(prefix, OwnPath+"/"):
			c.add("Routes", i, r.Prefix, "the proxy serves its report there", "write another prefix")
			continue
		case slices.ContainsFunc(list, func(other *route) bool { return other.prefix == prefix }):
			c.add("Routes", i, r.Prefix, "two routes have this prefix", "give each route its own")
			continue
		}
		u, _ := weburl.Parse(r.Target.String(), nil)
		if !c.target("Routes", i, r.Target.Redacted(), u, config, self) {
			continue
		}
		list = append(list, newRoute(prefix, u, r.KeepPrefix))
	}
	return list
}

// isPath reports whether a prefix is a path as browsers send it.
func isPath(prefix string) bool {
	u, err := weburl.Parse("http://localhost"+prefix, nil)
	return err == nil && (u.Path == prefix || prefix == "")
}

// pages checks Config.Pages and returns the policy for them.
func (c *checker) pages(config *Config, own []string) *cors.Middleware {
	if len(config.Pages) == 0 {
		if config.Alias == "" {
			c.add("Pages", -1, "", "no page may use the proxy", "name the page's origin (--page http://localhost:5173), or what to serve beside the API (--alias)")
		}
		return nil
	}
	before := len(c.faults)
	var origins []string
	for i, page := range config.Pages {
		pattern, err := origin.ParsePattern(page)
		if problem, ok := err.(*origin.PatternError); ok { //nolint:errorlint // ParsePattern returns no other
			c.add("Pages", i, page, problem.Problem(), problem.Repair())
			continue
		}
		if _, exact := pattern.Exact(); !exact {
			c.add("Pages", i, page, "a wildcard would allow pages that are not yours", "name each origin by itself")
			continue
		}
		if slices.Contains(own, page) {
			c.add("Pages", i, page, "this is the origin of the proxy itself", "name the origin at which the page is served")
			continue
		}
		if !slices.Contains(origins, page) {
			origins = append(origins, page)
		}
	}
	if len(c.faults) > before {
		return nil
	}
	m, err := cors.New(cors.Policy{
		Origins:        origins,
		Methods:        []string{"*"},
		RequestHeaders: []string{"*", "Authorization"},
		Credentials:    true,
		// The user has named these pages, which may be on a name of their own machine.
		DangerouslyAllowInsecureOriginsWithCredentials: true,
	})
	for _, f := range cors.Faults(err) {
		c.add("Pages", f.Index, f.Value, f.Problem, f.Repair)
	}
	if m != nil {
		m.SetDebug(true)
	}
	return m
}

// alias checks Config.Alias: a folder to serve, or the route of a dev server.
func (c *checker) alias(config *Config, self netip.AddrPort, routes []*route) (http.Handler, *route) {
	if config.Alias == "" {
		return nil, nil
	}
	if i := slices.IndexFunc(routes, func(r *route) bool { return r.prefix == "" }); i >= 0 {
		c.add("Alias", -1, config.Alias, "the API has every path, so that none is left for the page", "give the API a path: --route /api="+routes[i].target.String())
	}
	lower := strings.ToLower(config.Alias)
	if strings.HasPrefix(lower, "http:") || strings.HasPrefix(lower, "https:") {
		u, _ := weburl.Parse(config.Alias, nil)
		if !c.target("Alias", -1, config.Alias, u, config, self) {
			return nil, nil
		}
		if u.Path != "/" && u.Path != "" {
			c.add("Alias", -1, config.Alias, "the URL of a dev server has no path here", "write "+origin.Of(u).String())
			return nil, nil
		}
		r := newRoute("", u, false)
		r.own = true
		return nil, r
	}
	root, err := os.OpenRoot(config.Alias)
	if err != nil {
		c.add("Alias", -1, config.Alias, "the folder cannot be opened: "+plain(err), "name the folder that holds index.html, or the URL of a dev server")
		return nil, nil
	}
	return folder{root}, nil
}

// plain returns the cause of an error of the file system, without the path.
func plain(err error) string {
	if e, ok := err.(*os.PathError); ok { //nolint:errorlint // OpenRoot returns it as it is
		return e.Err.Error()
	}
	return err.Error()
}

// notInjected are headers that belong to the connection or the message, and not to a user.
var notInjected = []string{
	"Host", "Connection", "Content-Length", "Transfer-Encoding", "Upgrade", "Te", "Trailer", "Keep-Alive", "Expect",
	"Proxy-Connection", "Proxy-Authorization", hopHeader,
}

// headers checks Config.Headers.
func (c *checker) headers(config *Config, routes []*route) {
	for i, h := range config.Headers {
		switch {
		case !field.IsToken(h.Name):
			c.add("Headers", i, h.Name, "not the name of a header", "write a name such as Authorization")
		case slices.Contains(notInjected, http.CanonicalHeaderKey(h.Name)):
			c.add("Headers", i, h.Name, "this header belongs to the connection", "")
		case h.Value == "":
			c.add("Headers", i, h.Name, "the value is empty", "set the variable of the environment")
		case strings.ContainsFunc(h.Value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }):
			c.add("Headers", i, h.Name, "the value has a control character, such as a line break at its end", "remove it from the variable")
		}
		if h.Target == "" {
			continue
		}
		o, err := origin.FromURL(h.Target)
		if err != nil || !slices.ContainsFunc(routes, func(r *route) bool { return r.origin == o.String() }) {
			c.add("Headers", i, h.Target, "no route has a target of this origin", "")
		}
	}
}

// upstreamURLs returns the targets of routes.
func upstreamURLs(routes []*route) []*url.URL {
	var list []*url.URL
	for _, r := range routes {
		list = append(list, &url.URL{Scheme: r.target.Scheme, Host: r.target.HostPort()})
	}
	return list
}
