package proxy

import (
	"net/netip"
	"strconv"
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
	if at := nameOf(pair); c.proxy.mixed && !c.proxy.cookies.claim(at, c.route.origin) {
		if at == "" {
			pair = "=" + strings.TrimPrefix(pair, "=") // a value alone would become a part of the name
		}
		pair = c.route.cookies + pair
		change(at, nameOf(pair), "the cookie was renamed, because another target has set one of that name, and browsers "+
			"would mix them up; the API receives it under its own name")
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
	if given == "/" && c.proxy.config.Alias != "" {
		return "Path=/" // for the page's scripts too, as where page and API have one origin in production
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
// the target of a route, and to no other target if that is possible. Where several routes lead to one
// path, it is that of the route which the page uses.
func (p *Proxy) cookiePath(from *route, at string) string {
	if below(at, from.base) && strings.TrimRight(at, "/") != from.base {
		return from.prefix + at[len(from.base):]
	}
	var covered []string
	nearest := &route{prefix: from.prefix} // if no route leads there: none of another target is below it
	for _, r := range p.routes {
		switch {
		case r.origin != from.origin || r.own != from.own:
		case below(r.base, strings.TrimRight(at, "/")):
			covered = append(covered, r.prefix)
		case below(at, r.base) && len(r.base) >= len(nearest.base):
			nearest = r
		}
	}
	if len(covered) == 0 {
		return nearest.prefix + at[len(nearest.base):]
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

// A cookieLog knows which target set a cookie first. Browsers have one store for all of localhost, so
// that a cookie of one target could otherwise reach another one, or replace its cookie.
type cookieLog struct {
	mu    sync.Mutex
	names map[string]string // name at the proxy → origin of its target
}

// maxCookieNames limits what a cookieLog remembers.
const maxCookieNames = 4096

// claim says that a target sets a cookie, and reports whether it may have that name at the proxy: no other
// target has it.
func (l *cookieLog) claim(name, target string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	owner, known := l.names[name]
	switch {
	case known:
		return owner == target
	case len(l.names) >= maxCookieNames:
		return false
	case l.names == nil:
		l.names = map[string]string{}
	}
	l.names[name] = target
	return true
}

// owner returns the origin of the target that has a name, or "".
func (l *cookieLog) owner(name string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.names[name]
}

// cookiesOf returns what begins the names of a target's cookies if another target had the name first.
func cookiesOf(target int) string { return renamed + strconv.Itoa(target) + "-" }

// cutTarget cuts what cookiesOf has put before a name.
func cutTarget(pair string) (cookies, rest string, ok bool) {
	after, ok := strings.CutPrefix(pair, renamed)
	rest = strings.TrimLeft(after, "0123456789")
	if !ok || rest == after || rest[:min(1, len(rest))] != "-" {
		return "", pair, false
	}
	rest = rest[1:]
	return pair[:len(pair)-len(rest)], strings.TrimPrefix(rest, "="), true
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
			cookies, rest, cut := cutTarget(pair)
			owner := p.cookies.owner(name)
			switch {
			case r.own:
			case cut && (!p.mixed || cookies != r.cookies || p.cookies.owner(nameOf(rest)) == r.origin),
				!cut && p.mixed && owner != "" && owner != r.origin:
				dropped = append(dropped, name)
				changed = true
				continue
			case cut:
				pair, changed = rest, true
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
