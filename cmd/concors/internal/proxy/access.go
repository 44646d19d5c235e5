package proxy

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"github.com/concors/concors/origin"
)

// hostAllowed reports whether a Host header names this proxy. Any other name was made to lead here by
// someone else's name server (DNS rebinding), and its pages would count as the proxy's own.
func (p *Proxy) hostAllowed(host string) bool {
	name, port := host, ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		name, port = host[:i], host[i+1:]
		if port == "" {
			return false
		}
	}
	want := strconv.Itoa(int(p.self.Port()))
	if port == "" {
		port = "80"
		if p.config.HTTPS {
			port = "443"
		}
	}
	if port != want {
		return false
	}
	name = strings.ToLower(name)
	if name == "localhost" || strings.HasSuffix(name, ".localhost") && isHostName(name) {
		return true
	}
	bare := name
	if strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]") {
		bare = name[1 : len(name)-1]
	} else if strings.Contains(name, ":") {
		return false
	}
	a, err := netip.ParseAddr(bare)
	return err == nil && a.Zone() == "" && (a.Is4() && a.IsLoopback() || a == netip.IPv6Loopback())
}

func isHostName(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '.' && r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
}

// names are the origins of the proxy itself, for messages and for what must not be a page.
func (p *Proxy) names() []string {
	var list []string
	for _, host := range []string{"localhost", "127.0.0.1", "[::1]"} {
		list = append(list, p.originAt(net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(int(p.self.Port())))))
	}
	return list
}

// originAt returns the proxy's origin for a Host header.
func (p *Proxy) originAt(host string) string {
	scheme, port := "http", ":80"
	if p.config.HTTPS {
		scheme, port = "https", ":443"
	}
	return scheme + "://" + strings.TrimSuffix(strings.ToLower(host), port)
}

// Origin returns the origin at which pages reach the proxy. The host is that of the first of pages whose own
// host leads to the proxy, since browsers send cookies of localhost neither to 127.0.0.1 nor to
// app.localhost. Otherwise it is localhost if that leads there, or else the address.
func (p *Proxy) Origin(pages ...string) string {
	self := p.self.Addr()
	named := self == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || self == netip.IPv6Loopback()
	host := self.String()
	if host == "127.0.0.1" {
		host = "localhost"
	}
	port := strconv.Itoa(int(p.self.Port()))
	for _, page := range pages {
		o, ok := origin.TryParse(page)
		if !ok {
			continue
		}
		name := strings.Trim(o.Host(), "[]")
		_, err := netip.ParseAddr(name)
		if name == self.String() || err != nil && named && p.hostAllowed(net.JoinHostPort(name, port)) {
			host = name
			break
		}
	}
	return p.originAt(net.JoinHostPort(host, port))
}

// pageOf returns the origin of the page that a request comes from, or "" if the request does not say.
func pageOf(r *http.Request) string {
	if lines := r.Header["Origin"]; len(lines) > 0 && lines[0] != "null" {
		return lines[0]
	}
	if referer := r.Header.Get("Referer"); referer != "" {
		if o, err := origin.FromURL(referer); err == nil && !o.IsOpaque() {
			return o.String()
		}
	}
	return ""
}

// access decides whether a request may reach an API, or the page's own files. own is the origin under
// which the request reached the proxy. The decision does not depend on the response:
//
//   - Origin must be one of Config.Pages or own. It is on every WebSocket, every preflighted request and
//     every POST of a browser.
//   - Without Origin, Sec-Fetch-Site must be same-origin or none (the user typed the address), or the
//     Referer must be from such a page: an image, a link, a form with GET. A redirect of another site keeps
//     the Referer, so that cross-site must fit to it: a page on localhost is the same site.
//   - Without both, no page of a modern browser has made the request: it is curl, a test or a server on
//     this machine. A Referer must still be from such a page.
func (p *Proxy) access(r *http.Request, own string, files bool) *Fault {
	lines := r.Header["Origin"]
	site := r.Header.Get("Sec-Fetch-Site")
	allowed := func(o string) bool { return o == own || p.pages[o] }
	refuse := func(page, advice string) *Fault {
		if page == "" {
			page = "a page that does not name itself"
		}
		return &Fault{NotAllowedOrigin, fmt.Sprintf("%s may not use this proxy: %s", clip(page), advice), http.StatusForbidden}
	}
	name := "name its origin with --page if it is yours"
	switch {
	case len(lines) > 1:
		return refuse("", "the request has several Origin headers")
	case len(lines) == 1 && lines[0] == "null":
		if site == "same-origin" { // a form with Referrer-Policy: no-referrer
			return nil
		}
		return refuse("a page with the origin null", "every site can make one, with a sandboxed frame or a redirect")
	case len(lines) == 1 && lines[0] == own && site != "" && site != "same-origin" && site != "none":
		return refuse(lines[0], "Origin and Sec-Fetch-Site contradict each other")
	case len(lines) == 1 && allowed(lines[0]):
		return nil
	case len(lines) == 1:
		return refuse(lines[0], name)
	case site == "same-origin" || site == "none":
		return nil
	case files && r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document" &&
		(r.Method == http.MethodGet || r.Method == http.MethodHead):
		return nil // a link to the page, which no other page can read
	}
	page := pageOf(r)
	switch {
	case page != "" && allowed(page) && site == "cross-site" && sameSite(page, own):
		return refuse(page, "another site has redirected its request here (Sec-Fetch-Site: cross-site)")
	case page != "" && allowed(page):
		return nil
	case page != "":
		return refuse(page, name)
	case site != "":
		return refuse("", "the browser says that it is another site (Sec-Fetch-Site: "+clip(site)+"), and there is no Referer; "+
			"a page of yours sends one unless its Referrer-Policy is no-referrer")
	case r.Header.Get("Referer") != "":
		return refuse("", "its Referer is not a URL of a page")
	}
	return nil
}

func sameSite(a, b string) bool {
	x, ok := origin.TryParse(a)
	y, ok2 := origin.TryParse(b)
	return ok && ok2 && origin.SameSite(x, y)
}

// crossSite reports whether a request may have been made by another site than that of its Referer.
func crossSite(r *http.Request) bool {
	return len(r.Header["Origin"]) == 0 && r.Header.Get("Sec-Fetch-Site") == "cross-site"
}

// clip shortens what a client sent, for a message on one line.
func clip(s string) string {
	const limit = 120
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\u2028' || r == '\u2029' {
			return '?'
		}
		return r
	}, s)
	if len(s) > limit {
		s = strings.ToValidUTF8(s[:limit], "") + "…"
	}
	return s
}
