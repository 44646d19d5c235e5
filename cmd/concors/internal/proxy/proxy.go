// Package proxy is the handler of a development proxy for a page whose API belongs to someone else.
//
// It has two forms. In the CORS form it adds CORS headers for the named pages, and for no others. In the
// alias form it serves page and API under one origin, where browsers check no CORS. In both it makes
// cookies and redirects work at the proxy, passes WebSockets and streams through, and records every change.
//
// # What it protects
//
// A proxy on localhost acts as its user, so every site that the user visits would like to use it. Host must
// name this machine, which stops DNS rebinding. Origin, Sec-Fetch-Site or Referer must name a page that the
// user has named (see access.go for what each request must have). Targets are an allowlist: the routes.
// Their addresses are checked once and dialled as checked. Injected headers reach their target's origin only:
// the proxy follows no redirects. Programs on this machine that are not browsers may use the proxy.
//
// # What the API receives
//
// The request looks like one of a page of the API's own origin: Host, Origin and Referer name the API, and
// Sec-Fetch-Site is same-origin, so that servers which refuse other origins respond. It has no Forwarded or
// X-Forwarded-… headers, because the API would put the names in them into its links. Cookies pass, except
// those that another target has set. Methods, other headers, the query and the body stay as they are.
//
// # What is not changed
//
// URLs inside of bodies (JSON, HTML) are rewritten only with Config.MapLinks, which also keeps the API from
// compressing. Without it a page that follows an absolute link of the API leaves the proxy, which a record
// says. Compressed bodies stay compressed.
package proxy

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"time"

	"github.com/concors/concors/cmd/concors/internal/upstream"
	"github.com/concors/concors/cors"
)

// OwnPath is the path below which Config.Own is served.
const OwnPath = "/__concors"

// hopHeader carries the name of each proxy that a request has passed, so that a loop is noticed. It is
// not Via, because servers turn off compression for requests with Via.
const hopHeader = "Concors-Hop"

// A Proxy is an [http.Handler]. It may be used concurrently.
type Proxy struct {
	config  Config
	self    netip.AddrPort
	id      string // in hopHeader
	routes  []*route
	pages   map[string]bool
	policy  *cors.Middleware // nil without pages
	files   http.Handler     // the folder of the alias form, or nil
	forward *upstream.Forwarder
	secrets secrets
	cookies cookieLog
	mixed   bool // there is more than one target, so that cookies could be mixed up

	running atomic.Int64    // requests
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
}

// New checks a configuration and returns a proxy for it. If it has problems, the error holds all of them,
// and [Faults] returns them. It does not connect to anything.
func New(c Config) (*Proxy, error) {
	var check checker
	self := check.listen(c.Listen)
	p := &Proxy{config: c, self: self, id: rand.Text(), pages: map[string]bool{}}
	p.routes = check.routes(&c, self)
	p.policy = check.pages(&c, p.names())
	var dev *route
	if p.files, dev = check.alias(&c, self, p.routes); dev != nil {
		p.routes = append(p.routes, dev)
	}
	check.headers(&c, p.routes)
	if len(check.faults) > 0 {
		return nil, &configError{check.faults}
	}
	for _, page := range c.Pages {
		p.pages[page] = true
	}
	targets := map[string]string{}
	for _, r := range p.routes {
		if targets[r.origin] == "" {
			targets[r.origin] = cookiesOf(len(targets) + 1)
		}
		r.cookies = targets[r.origin]
	}
	p.mixed = len(targets) > 1
	p.secrets = newSecrets(c.Headers)
	p.forward = upstream.New(upstream.Config{
		Targets: upstreamURLs(p.routes), RootCAs: c.UpstreamCA, Insecure: c.InsecureUpstream,
		AllowPrivate: c.AllowPrivate, ViaProxy: c.ViaProxy, Self: self,
		HeaderTimeout: c.HeaderTimeout, IdleTimeout: c.IdleTimeout,
	})
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p, nil
}

// Server returns a server for the proxy with limits for what clients may send: 20 seconds and 256 KiB for
// the headers of a request. Bodies and responses have no limit.
func (p *Proxy) Server() *http.Server {
	return &http.Server{
		Handler:           p,
		ReadHeaderTimeout: 20 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    256 << 10,
		ErrorLog:          quiet,
	}
}

// Forwarder returns what connects to the targets: for requests of the proxy's owner, which no page has made.
func (p *Proxy) Forwarder() *upstream.Forwarder { return p.forward }

// Close ends all requests, WebSockets too, and waits up to two seconds for their records.
func (p *Proxy) Close() {
	p.cancel()
	for range 400 {
		if p.running.Load() == 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	p.forward.CloseIdle()
}

// ServeHTTP serves one request.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.running.Add(1)
	defer p.running.Add(-1)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(p.ctx, cancel)()

	x := &exchange{
		proxy: p, r: r.WithContext(ctx), own: p.originAt(r.Host),
		w: &writer{ResponseWriter: w, keep: p.config.Record != nil, secrets: &p.secrets},
	}
	x.rec = Record{Started: time.Now(), Method: r.Method, Page: pageOf(r), Upgrade: isUpgrade(r)}
	if p.config.Record != nil {
		x.rec.Asked, x.rec.Request = x.own+r.URL.RequestURI(), r.Header.Clone()
		defer x.record()
	}
	x.serve()
	p.secrets.maskHeader(x.w.Header()) // its trailers
}

// An exchange is one request while it is served.
type exchange struct {
	proxy *Proxy
	w     *writer
	r     *http.Request
	own   string // the proxy's origin, as the request names it
	route *route
	rec   Record
	body  *linkMapper // of the response; nil if there is nothing to look for
	// allowed means that the response may say more than that the request was refused.
	allowed bool
}

func (x *exchange) serve() {
	p, r := x.proxy, x.r
	switch {
	case !p.hostAllowed(r.Host):
		x.fail(NotAllowedHost, http.StatusMisdirectedRequest,
			"this proxy has no host %q; open it as %s (if you did, something made that name lead to this machine: DNS rebinding)",
			clip(r.Host), p.Origin())
		return
	case r.Method == http.MethodConnect, r.Method == http.MethodTrace, r.Method == "TRACK":
		x.w.Header().Set("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
		x.fail(NotAllowedMethod, http.StatusMethodNotAllowed, "the method %s is not passed on", r.Method)
		return
	case strings.Contains(strings.Join(r.Header[hopHeader], ","), p.id):
		x.fail(Loop, http.StatusLoopDetected, "the request came back to this proxy: a route leads to the proxy itself")
		return
	}
	path := r.URL.EscapedPath()
	if below(path, OwnPath) {
		x.serveOwn()
		return
	}
	x.route = p.routeOf(path)
	files := x.route == nil && p.files != nil || x.route != nil && x.route.own
	x.rec.Own = files
	if x.route != nil {
		x.rec.Route = x.route.prefix
		if x.rec.Route == "" {
			x.rec.Route = "/"
		}
	}
	if fault := p.access(r, x.own, files); fault != nil {
		x.w.Header().Add("Vary", "Origin, Sec-Fetch-Site, Referer")
		x.respond(fault)
		return
	}
	x.allowed = true
	if x.rec.Page == "" && (p.config.Alias != "" || r.Header.Get("Sec-Fetch-Site") == "same-origin") && r.Header.Get("Sec-Fetch-Site") != "" {
		x.rec.Page = x.own
	}
	if p.policy == nil {
		x.pass(x.w)
		return
	}
	x.rec.Preflight = r.Method == http.MethodOptions && len(r.Header["Origin"]) > 0 && len(r.Header["Access-Control-Request-Method"]) > 0
	if x.rec.Preflight && r.Header.Get("Origin") != x.own {
		x.change(Change{CORS, "", "preflight", "", "", "the proxy answered the preflight itself; the API did not see it"})
	}
	if !p.policy.Handle(x.w, r) {
		if x.w.status == http.StatusForbidden {
			x.rec.Fault = &Fault{InvalidPreflight, "the preflight names a method or header that browsers never send", x.w.status}
		}
		return
	}
	if len(r.Header["Origin"]) > 0 && p.pages[r.Header.Get("Origin")] {
		x.w.last = x.expose
	}
	cors.Proxy(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { x.pass(w) })).ServeHTTP(x.w, r)
}

// pass passes the request on to the API, the dev server or the folder.
func (x *exchange) pass(w http.ResponseWriter) {
	p, r := x.proxy, x.r
	path := r.URL.EscapedPath()
	switch {
	case x.route == nil && p.files != nil && !x.rec.Upgrade:
		p.files.ServeHTTP(w, r)
		return
	case x.route == nil:
		x.failTo(w, NoRoute, http.StatusNotFound, "no route has the path %s; the routes are %s", clip(path), p.routeList())
		return
	case !strings.HasPrefix(path, "/"):
		x.failTo(w, BadRequest, http.StatusBadRequest, "the request has no path that begins with a slash; write one, such as %s/", x.own)
		return
	case hasDotSegments(path):
		x.failTo(w, BadRequest, http.StatusBadRequest, "the path %s is refused: with .. it could leave the route at the API", clip(path))
		return
	}
	to, ok := x.route.urlFor(path, r.URL.RawQuery, r.URL.ForceQuery)
	if !ok {
		x.failTo(w, BadRequest, http.StatusBadRequest, "the path %s is not valid", clip(path))
		return
	}
	x.rec.Target = to.String()
	var fault *Fault
	failed := p.forward.Forward(w, r, upstream.Exchange{
		URL:     to,
		Request: func(h http.Header) { x.request(h) },
		Response: func(res *http.Response) error {
			x.rec.Upstream = res.StatusCode
			if p.config.Record != nil {
				x.rec.Received = p.secrets.maskHeader(res.Header.Clone())
			}
			if fault = x.response(res, to); fault != nil {
				return fault
			}
			return nil
		},
	})
	switch {
	case failed == nil:
		if x.rec.Upgrade && x.rec.Upstream != http.StatusSwitchingProtocols && x.rec.Fault == nil {
			x.rec.Fault = &Fault{UpgradeRefused, fmt.Sprintf("the API refused the WebSocket with status %d", x.rec.Upstream), x.rec.Upstream}
		}
	case failed.Begun:
		x.rec.Fault = p.faultOf(failed, x.route)
		x.rec.Fault.Status = 0
		// The page must see an error, and not a body that ends early. What the API sent goes out first: browsers
		// send a request again, up to ten times, if a connection closes without a response.
		if x.w.status != 0 {
			_ = x.w.FlushError()
		}
		panic(http.ErrAbortHandler)
	case fault != nil:
		x.respondTo(w, fault)
	default:
		x.respondTo(w, p.faultOf(failed, x.route))
	}
}

// endedWithProxy is the text of what was under way when the proxy ended.
const endedWithProxy = "the proxy was ended before the response was complete"

// faultOf makes a Fault of an error of the forwarder, with what to do about it.
func (p *Proxy) faultOf(e *upstream.Error, r *route) *Fault {
	status, text := http.StatusBadGateway, e.Text
	what := "the API"
	if r.own {
		what = "the dev server"
	}
	switch e.Kind {
	case upstream.Timeout:
		status = http.StatusGatewayTimeout
	case upstream.Loop:
		status = http.StatusLoopDetected
		text += ": a route must lead to the API"
	case upstream.NotAllowedAddress:
		status = http.StatusForbidden
		if !e.Never {
			text += "; --allow-private permits private networks and this machine"
		}
	case upstream.Certificate:
		switch {
		case strings.HasSuffix(text, "it is for another name"):
			text += "; write the name that it is for, or --insecure-upstream"
		case strings.Contains(text, "self-signed"), strings.Contains(text, "authority"):
			text += "; name the authority that signed it with --upstream-ca FILE"
		default:
			text += "; --insecure-upstream accepts it"
		}
	case upstream.NotTLS:
		if strings.Contains(text, "speaks http, not https") {
			text += "; write http:// in the route"
		} else if strings.Contains(text, "speaks https") {
			text += "; write https:// in the route"
		}
	case upstream.Cancelled:
		if p.ctx.Err() != nil {
			text = endedWithProxy
		}
	case upstream.Unreachable, upstream.NotFound:
		if strings.HasPrefix(text, "the proxy ") {
			break
		}
		text += "; is " + what + " running, and its URL right?"
	}
	return &Fault{FaultKind(e.Kind), text, status}
}

// routeList names the routes for a message.
func (p *Proxy) routeList() string {
	var list []string
	for _, r := range p.routes {
		prefix := r.prefix
		if prefix == "" {
			prefix = "/"
		}
		list = append(list, prefix)
	}
	return strings.Join(list, ", ")
}

// serveOwn serves Config.Own to the user: to navigations, and to programs that are not browsers. A page at
// the proxy's own origin is that of the alias form or of the API, and may not read it either.
func (x *exchange) serveOwn() {
	x.rec.Own = true
	site := x.r.Header.Get("Sec-Fetch-Site")
	navigation := x.r.Header.Get("Sec-Fetch-Mode") == "navigate" && x.r.Header.Get("Sec-Fetch-Dest") == "document" &&
		(x.r.Method == http.MethodGet || x.r.Method == http.MethodHead)
	h := x.w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	// A page that opens the report in a window must not read it there: the sandbox gives it another origin.
	x.w.last = func(h http.Header) { h.Add("Content-Security-Policy", "sandbox allow-popups") }
	switch {
	case len(x.r.Header["Origin"]) > 0,
		site != "" && site != "none" && !navigation,
		site == "" && x.rec.Page != "":
		x.fail(NotAllowedOrigin, http.StatusForbidden, "pages may not read the report of this proxy; open %s%s yourself", x.own, OwnPath)
	case x.proxy.config.Own == nil:
		x.fail(NoRoute, http.StatusNotFound, "this proxy has no report")
	default:
		x.proxy.config.Own.ServeHTTP(x.w, x.r)
	}
}

func (x *exchange) change(c Change) { x.rec.Changes = append(x.rec.Changes, c) }

func (x *exchange) fail(kind FaultKind, status int, format string, args ...any) {
	x.failTo(x.w, kind, status, format, args...)
}

func (x *exchange) failTo(w http.ResponseWriter, kind FaultKind, status int, format string, args ...any) {
	x.respondTo(w, &Fault{kind, fmt.Sprintf(format, args...), status})
}

func (x *exchange) respond(f *Fault) { x.respondTo(x.w, f) }

// record delivers the record of the exchange, also while a panic breaks the connection.
func (x *exchange) record() {
	x.noteLinks()
	rec := &x.rec
	rec.Took, rec.Bytes = time.Since(rec.Started), x.w.bytes
	if x.w.status != 0 {
		rec.Status, rec.Sent = x.w.status, x.proxy.secrets.maskHeader(x.w.sent)
	}
	if secrets := &x.proxy.secrets; len(secrets.whole) > 0 {
		rec.Target = secrets.mask(rec.Target)
		for i := range rec.Changes {
			c := &rec.Changes[i]
			c.From, c.To, c.Why = secrets.mask(c.From), secrets.mask(c.To), secrets.mask(c.Why)
		}
	}
	x.proxy.config.Record(*rec)
}

// isUpgrade reports whether a request wants to become a WebSocket.
func isUpgrade(r *http.Request) bool {
	return r.Header.Get("Upgrade") != "" && strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}
