package proxy

import (
	"net/netip"
	"strings"
	"sync"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// renamed begins the name of a cookie whose own name begins with a prefix such as __Host-, which browsers
// take over https only.
const renamed = "concors"

// cookiePrefixes are the prefixes of names to which browsers give a meaning, in lower case.
var cookiePrefixes = []string{"__host-http-", "__http-", "__hosthttp-", "__host-", "__secure-"}

// A cookieRewriter makes the cookies of one response usable at the proxy.
type cookieRewriter struct {
	proxy     *Proxy
	route     *route
	host      string // of the target
	upstream  string // the path of the request at the target
	asked     string // and at the proxy
	crossSite bool   // the page is another site than the proxy, so that only SameSite=None; Secure is sent
}

// An attribute is one attribute of a Set-Cookie line.
type attribute struct{ text, name, value string } // name in lower case

// parseCookie splits a Set-Cookie line as browsers do.
func parseCookie(line string) (pair string, attributes []attribute) {
	pair, rest, more := strings.Cut(line, ";")
	for more {
		var text string
		text, rest, more = strings.Cut(rest, ";")
		text = field.Trim(text)
		name, value, _ := strings.Cut(text, "=")
		attributes = append(attributes, attribute{text, strings.ToLower(field.Trim(name)), field.Trim(value)})
	}
	return field.Trim(pair), attributes
}

// last returns the value of an attribute. The last one wins, as in browsers.
func last(attributes []attribute, name string) (value string, ok bool) {
	for _, a := range attributes {
		if a.name == name {
			value, ok = a.value, true
		}
	}
	return value, ok
}

// nameOf returns the name of a cookie: "" if it has only a value.
func nameOf(pair string) string {
	name, _, ok := strings.Cut(pair, "=")
	if !ok {
		return ""
	}
	return field.Trim(name)
}

// prefixOf returns the prefix of a cookie's name in lower case, or "".
func prefixOf(name string) string {
	for _, p := range cookiePrefixes {
		if len(name) >= len(p) && field.EqualFold(name[:len(p)], p) {
			return p
		}
	}
	return ""
}

// rewrite returns a Set-Cookie line as the page's browser gets it, and what was changed. A cookie that
// browsers would also refuse from the API itself stays as it is, so that the proxy hides no mistake.
func (c *cookieRewriter) rewrite(line string) (string, []Change) {
	pair, attributes := parseCookie(line)
	name := nameOf(pair)
	if why := c.refusedAnyway(name, attributes); why != "" {
		return line, []Change{{Kind: Kept, Field: "Set-Cookie", Name: name, Why: why}}
	}
	https := c.proxy.config.HTTPS
	keepSecure := https || c.crossSite
	var changes []Change
	change := func(from, to, why string) {
		changes = append(changes, Change{Cookie, "Set-Cookie", name, from, to, why})
	}

	prefix := prefixOf(name)
	if prefix != "" && !keepSecure {
		pair = renamed + pair
		change(name, renamed+name, "the cookie was renamed, because browsers take names with "+name[:len(prefix)]+
			" only with Secure, over https; the API receives it under its own name")
	}
	var kept []string
	for _, a := range attributes {
		switch {
		case a.name == "domain" && a.value != "":
			change(a.text, "", "Domain was removed, because browsers refuse "+a.value+" from a server on localhost")
			continue
		case a.name == "path":
			continue // below
		case a.name == "secure" && !keepSecure:
			change(a.text, "", "Secure was removed, because not every browser takes such a cookie from http://localhost")
			continue
		case a.name == "partitioned" && !keepSecure:
			change(a.text, "", "Partitioned was removed, because it needs Secure")
			continue
		case a.name == "samesite" && field.EqualFold(a.value, "none") && !keepSecure:
			change(a.text, "SameSite=Lax", "SameSite=None became Lax, because None needs Secure; page and proxy are the same site")
			a.text = "SameSite=Lax"
		}
		kept = append(kept, a.text)
	}
	if path := c.path(prefix, attributes, change); path != "" {
		kept = append(kept, path)
	}
	if len(changes) == 0 {
		return line, nil
	}
	if len(kept) > 0 {
		pair += "; " + strings.Join(kept, "; ")
	}
	return pair, changes
}

// path returns the Path attribute for the proxy, or "" for none.
func (c *cookieRewriter) path(prefix string, attributes []attribute, change func(from, to, why string)) string {
	given, ok := last(attributes, "path")
	if isHostPrefix(prefix) && (c.proxy.config.HTTPS || c.crossSite) {
		return "Path=/" // the prefix needs it
	}
	at := given
	if !strings.HasPrefix(at, "/") {
		at = defaultPath(c.upstream)
	}
	to := c.proxy.cookiePath(c.route, at)
	switch {
	case ok && to == given:
		return "Path=" + given
	case !strings.HasPrefix(given, "/") && to == defaultPath(c.asked):
		if ok {
			return "Path=" + given // means the same as none
		}
		return ""
	}
	from := ""
	if ok {
		from = "Path=" + given
	}
	change(from, "Path="+to, "Path became "+to+", because this is where the proxy serves the API's "+at)
	return "Path=" + to
}

// isHostPrefix reports whether a prefix demands Path=/ and no Domain.
func isHostPrefix(prefix string) bool { return strings.HasPrefix(prefix, "__host") }

// refusedAnyway says why browsers refuse a cookie from the API itself, or "".
func (c *cookieRewriter) refusedAnyway(name string, attributes []attribute) string {
	_, secure := last(attributes, "secure")
	domain, hasDomain := last(attributes, "domain")
	path, _ := last(attributes, "path")
	_, httpOnly := last(attributes, "httponly")
	site, _ := last(attributes, "samesite")
	_, partitioned := last(attributes, "partitioned")
	prefix := prefixOf(name)
	const also = "it was not changed: browsers refuse this cookie from the API too, because "
	switch {
	case domain != "" && !domainMatches(c.host, domain):
		return also + "Domain=" + domain + " does not include " + c.host
	case domain != "" && isPublicSuffix(domain) && !field.EqualFold(strings.TrimPrefix(domain, "."), c.host):
		return also + "Domain=" + domain + " is a public suffix, under which others have names"
	case prefix != "" && !secure:
		return also + "a name with " + name[:len(prefix)] + " needs Secure"
	case isHostPrefix(prefix) && (hasDomain && domain != "" || path != "/"):
		return also + "a name with " + name[:len(prefix)] + " needs Path=/ and no Domain"
	case strings.Contains(prefix, "http-") && !httpOnly:
		return also + "a name with " + name[:len(prefix)] + " needs HttpOnly"
	case field.EqualFold(site, "none") && !secure:
		return also + "SameSite=None needs Secure"
	case partitioned && !secure:
		return also + "Partitioned needs Secure"
	}
	return ""
}

func domainMatches(host, domain string) bool {
	domain = strings.ToLower(strings.TrimPrefix(domain, "."))
	host = strings.ToLower(host)
	if host == domain {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err != nil && strings.HasSuffix(host, "."+domain)
}

func isPublicSuffix(domain string) bool {
	domain = strings.ToLower(strings.TrimPrefix(domain, "."))
	return domain == "" || origin.PublicSuffix(domain) == domain
}

// defaultPath is the path of a cookie without Path (RFC 6265, 5.1.4).
func defaultPath(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 || path[0] != '/' {
		return "/"
	}
	return path[:i]
}

// cookiePath returns the path at the proxy under which browsers send a cookie to all that has a path at
// the target of a route, and to no other target if that is possible.
func (p *Proxy) cookiePath(from *route, at string) string {
	var covered []string
	for _, r := range p.routes {
		if r.origin != from.origin || r.own != from.own {
			continue
		}
		if below(r.base, strings.TrimRight(at, "/")) {
			covered = append(covered, r.prefix)
		} else if below(at, r.base) {
			return r.prefix + at[len(r.base):]
		}
	}
	if len(covered) == 0 {
		return from.prefix + at // no route leads there, and none of another target is below it
	}
	common := covered[0]
	for _, prefix := range covered[1:] {
		for !below(prefix, common) {
			common = common[:strings.LastIndexByte(common, '/')]
		}
	}
	if common == "" {
		return "/"
	}
	return common
}

// A cookieLog knows which target set which cookie. Browsers have one store for all of localhost, so that
// a cookie of one target could otherwise reach another one.
type cookieLog struct {
	mu    sync.Mutex
	names map[string]string // name at the proxy → origin of the target that set it last
}

// maxCookieNames limits what a cookieLog remembers.
const maxCookieNames = 4096

// set says that a target has set a cookie.
func (l *cookieLog) set(name, target string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.names == nil {
		l.names = map[string]string{}
	}
	if _, known := l.names[name]; known || len(l.names) < maxCookieNames {
		l.names[name] = target
	}
}

// foreign reports whether another target has set a cookie.
func (l *cookieLog) foreign(name, target string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	owner, known := l.names[name]
	return known && owner != target
}

// requestCookies maps the cookies of a request back: names as the API gave them, and none of another
// target. Names of what was left out are in dropped. The page's own dev server gets them all.
func (p *Proxy) requestCookies(lines []string, r *route) (to []string, dropped []string) {
	for _, line := range lines {
		var kept []string
		changed := false
		for part := range strings.SplitSeq(line, ";") {
			pair := field.Trim(part)
			name := nameOf(pair)
			if p.mixed && !r.own && p.cookies.foreign(name, r.origin) {
				dropped = append(dropped, name)
				changed = true
				continue
			}
			if rest, ok := strings.CutPrefix(pair, renamed); ok && prefixOf(nameOf(rest)) != "" {
				changed = true
				if p.config.HTTPS {
					continue // left over from a time without --https
				}
				pair = rest
			}
			kept = append(kept, pair)
		}
		switch {
		case !changed:
			to = append(to, line)
		case len(kept) > 0:
			to = append(to, strings.Join(kept, "; "))
		}
	}
	return to, dropped
}
