package proxy

import (
	"net/url"
	"strings"

	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// A route is a compiled Route.
type route struct {
	prefix string      // "" or /api
	target *weburl.URL // as the user wrote it
	base   string      // the path at the target that stands for the prefix: "" or /v1
	origin string      // of the target
	own    bool        // the dev server of the alias form, and not an API

	cookies string // begins the names of its target's cookies that another target had first
}

func newRoute(prefix string, target *weburl.URL, keep bool) *route {
	base := strings.TrimRight(target.Path, "/")
	if keep {
		base += prefix
	}
	return &route{prefix: prefix, target: target, base: base, origin: origin.Of(target).String()}
}

// below reports whether a path is prefix or below it.
func below(path, prefix string) bool {
	rest, ok := strings.CutPrefix(path, prefix)
	return ok && (rest == "" || rest[0] == '/')
}

// routeOf returns the route of a path at the proxy, or nil.
func (p *Proxy) routeOf(path string) *route {
	var best *route
	for _, r := range p.routes {
		if below(path, r.prefix) && (best == nil || len(r.prefix) > len(best.prefix)) {
			best = r
		}
	}
	return best
}

// urlFor returns the URL at the target for a path, percent-encoded as it arrived, and a query.
func (r *route) urlFor(path, query string, hasQuery bool) (*url.URL, bool) {
	rest := strings.TrimPrefix(path, r.prefix)
	full := r.base + rest
	if rest == "" && strings.HasSuffix(r.target.Path, "/") && !strings.HasSuffix(full, "/") {
		full += "/"
	}
	if full == "" {
		full = "/"
	}
	decoded, err := url.PathUnescape(full)
	if err != nil {
		return nil, false
	}
	return &url.URL{
		Scheme: r.target.Scheme, Host: r.target.HostPort(), Path: decoded, RawPath: full,
		RawQuery: query, ForceQuery: hasQuery && query == "",
	}, true
}

// pathAt returns the path at the proxy that leads to a URL of a target. It is false if no route does.
func (p *Proxy) pathAt(u *weburl.URL) (string, bool) {
	if !u.IsHTTP() {
		return "", false
	}
	o := origin.Of(u).String()
	best := -1
	path := ""
	for _, r := range p.routes {
		if r.origin != o || !below(u.Path, r.base) || len(r.base) <= best {
			continue
		}
		at := r.prefix + u.Path[len(r.base):]
		if at == "" {
			at = "/"
		}
		if back := p.routeOf(at); back == nil || back.origin != o || back.base != r.base || back.prefix != r.prefix {
			continue // another route has this path
		}
		best, path = len(r.base), at
	}
	return path, best >= 0
}

// hasDotSegments reports whether a path has a segment "..", however it is encoded. A server that decodes
// the path once or twice would leave the route's path.
func hasDotSegments(path string) bool {
	if !strings.Contains(path, "..") && !strings.Contains(path, "%") {
		return false
	}
	for range 3 {
		for segment := range strings.FieldsFuncSeq(path, func(r rune) bool { return r == '/' || r == '\\' }) {
			if name, _, _ := strings.Cut(segment, ";"); name == ".." { // some servers ignore parameters after ";"
				return true
			}
		}
		decoded := weburl.PercentDecode(path)
		if decoded == path {
			return false
		}
		path = decoded
	}
	return false
}
