package proxy

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

var quiet = log.New(io.Discard, "", 0)

// request changes the headers of a request to the API: what names the proxy or the page names the API,
// and injected headers are added.
func (x *exchange) request(h http.Header) {
	p, to := x.proxy, x.route
	replace := func(name, value, why string) {
		if before := h.Get(name); before != "" && before != value {
			h.Set(name, value)
			x.change(Change{Requested, name, "", before, value, why})
		}
	}
	replace("Origin", to.origin, "the API receives its own origin, since servers refuse origins that they do not know")
	if !crossSite(x.r) { // an API that refuses requests of other sites has to learn of them
		replace("Referer", to.origin+"/", "the API receives its own address, since servers compare it with Origin")
		replace("Sec-Fetch-Site", "same-origin", "it fits to the Origin that the API receives")
	}
	delete(h, "Sec-Fetch-Storage-Access")
	h.Set(hopHeader, strings.TrimPrefix(strings.Join(h[hopHeader], ", ")+", "+p.id, ", "))
	if lines := h["Cookie"]; len(lines) > 0 {
		kept, dropped := p.requestCookies(lines, to)
		if len(kept) == 0 {
			delete(h, "Cookie")
		} else {
			h["Cookie"] = kept
		}
		x.rec.Cookies = slices.Clone(kept)
		for _, name := range dropped {
			x.change(Change{Requested, "Cookie", name, name, "", "the cookie was not sent, because another target has set it"})
		}
	}
	if to.own {
		return
	}
	if p.config.MapLinks && h.Get("Accept-Encoding") != "" {
		replace("Accept-Encoding", "identity", "the API does not compress, because links in its responses are mapped")
	}
	for _, inject := range p.config.Headers {
		if inject.Target != "" {
			if o, err := origin.FromURL(inject.Target); err != nil || o.String() != to.origin {
				continue
			}
		}
		h.Set(inject.Name, inject.Value)
		x.change(Change{Secret, http.CanonicalHeaderKey(inject.Name), "", "", "", "the header was added for " + to.origin + " only"})
	}
}

// response changes a response for the page. A fault is sent in its place.
func (x *exchange) response(res *http.Response, to *url.URL) *Fault {
	p, h := x.proxy, res.Header
	if slices.ContainsFunc(withURLs, func(name string) bool { return len(h[name]) > 0 }) {
		if fault := x.urls(res, to); fault != nil {
			return fault
		}
	}
	x.corsHeaders(h)
	x.links(res)
	for _, name := range []string{"Strict-Transport-Security", "Alt-Svc", "Public-Key-Pins"} {
		if v := h.Get(name); v != "" {
			delete(h, name)
			x.change(Change{Header, name, "", v, "", name + " was removed, because it would apply to every server on localhost"})
		}
	}
	if !x.route.own { // a dev server may say it for its own pages
		for name, why := range pageRights {
			if v := h.Get(name); v != "" {
				delete(h, name)
				x.change(Change{Header, name, "", v, "", name + " was removed, because it would " + why})
			}
		}
	}
	if len(p.secrets.whole) > 0 {
		for name, values := range h {
			if p.secrets.inName(name) {
				delete(h, name)
				x.change(Change{Secret, "", "", "", "", "the response repeated an injected secret in the name of a header, which was removed"})
				continue
			}
			for i, v := range values {
				if masked := p.secrets.mask(v); masked != v {
					values[i] = masked
					x.change(Change{Secret, name, "", "", "", "the response repeated an injected secret, which was masked"})
				}
			}
		}
	}
	if res.StatusCode == http.StatusSwitchingProtocols {
		x.w.switched = h.Clone()
	}
	return nil
}

// pageRights are response headers by which an API would act on the page, or on other servers, because it
// has their origin or site at the proxy.
var pageRights = map[string]string{
	"Clear-Site-Data":        "delete what the page and other servers on localhost have stored",
	"Service-Worker-Allowed": "let the API's scripts control paths that are not its own",
}

// withURLs are the response headers that depend on where the API and the proxy are.
var withURLs = []string{"Location", "Content-Location", "Refresh", "Link", "Set-Cookie"}

// urls maps the response headers that are withURLs.
func (x *exchange) urls(res *http.Response, to *url.URL) *Fault {
	h := res.Header
	upstreamURL, err := weburl.Parse(to.String(), nil)
	if err != nil {
		return &Fault{BadRequest, "the URL of the API is not valid", http.StatusBadRequest}
	}
	asked, err := weburl.Parse(x.own+x.r.URL.RequestURI(), nil)
	if err != nil {
		return &Fault{BadRequest, "the request's URL is not valid", http.StatusBadRequest}
	}
	refs := &references{x.proxy, upstreamURL, asked}
	if fault := x.redirect(res, refs); fault != nil {
		return fault
	}
	x.mapHeader(h, "Content-Location", Location, refs.reference)
	x.mapHeader(h, "Refresh", Location, refs.refresh)
	x.mapHeader(h, "Link", Link, refs.link)
	x.cookies(h, upstreamURL, asked)
	return nil
}

// redirect maps Location. A script's request fails if the redirect leads to a server that no route has:
// the browser would follow it to another origin, and fail there without saying why.
func (x *exchange) redirect(res *http.Response, refs *references) *Fault {
	h := res.Header
	location := h.Get("Location")
	if location == "" {
		return nil
	}
	value, w := refs.reference(location)
	switch {
	case w == mapped:
		h.Set("Location", value)
		x.change(Change{Location, "Location", "", location, value, "the redirect leads to the API, and now to the proxy"})
	case w == outside && isRedirect(res.StatusCode):
		u, err := weburl.Parse(location, refs.upstream)
		if err != nil {
			return nil
		}
		advice := x.proxy.adviceFor(u, x.route)
		if !x.byScript() {
			x.change(Change{Kept, "Location", "", location, location, "the redirect leaves the proxy: " + advice})
			return nil
		}
		shown := *u
		shown.Username, shown.Password, shown.Query, shown.HasQuery, shown.Fragment, shown.HasFragment = "", "", "", false, "", false
		return &Fault{NotAllowedTarget, fmt.Sprintf("the API redirects to %s, which no route leads to; %s", clip(shown.String()), advice), http.StatusBadGateway}
	}
	return nil
}

func isRedirect(status int) bool {
	return slices.Contains([]int{301, 302, 303, 307, 308}, status)
}

// byScript reports whether a script made the request, and not a navigation, an image or curl.
func (x *exchange) byScript() bool {
	switch x.r.Header.Get("Sec-Fetch-Mode") {
	case "cors", "same-origin":
		return true
	case "":
		return x.r.Header.Get("Origin") != ""
	}
	return false
}

func (x *exchange) mapHeader(h http.Header, name string, kind Kind, rewrite func(string) (string, where)) {
	for i, v := range h[name] {
		if to, w := rewrite(v); w == mapped {
			h[name][i] = to
			x.change(Change{kind, name, "", v, to, "the URL leads to the API, and now to the proxy"})
		}
	}
}

func (x *exchange) cookies(h http.Header, upstreamURL, asked *weburl.URL) {
	lines := h["Set-Cookie"]
	if len(lines) == 0 {
		return
	}
	page, ok := origin.TryParse(x.rec.Page)
	own, _ := origin.TryParse(x.own)
	c := &cookieRewriter{
		proxy: x.proxy, route: x.route, host: x.route.target.Hostname(), upstream: upstreamURL.Path, asked: asked.Path,
		crossSite: ok && !origin.SameSite(page, own),
	}
	for i, line := range lines {
		to, changes := c.rewrite(line)
		lines[i] = to
		x.rec.Changes = append(x.rec.Changes, changes...)
	}
	if c.crossSite {
		x.change(Change{Kept, "Set-Cookie", "", "", "", "the page is another site than the proxy, so browsers may block its cookies: open the page at localhost"})
	}
}

// links maps the absolute URLs in a body, or only looks for them.
func (x *exchange) links(res *http.Response) {
	if x.route.own || !hasLinks(res) {
		return
	}
	x.body = &linkMapper{ReadCloser: res.Body, proxy: x.proxy, own: x.own, apply: x.proxy.config.MapLinks}
	res.Body = x.body
	if !x.body.apply {
		return
	}
	// The length changes, and what was computed from the bytes is no longer true.
	res.ContentLength = -1
	for _, name := range []string{"Content-Length", "Accept-Ranges", "Content-Md5", "Digest", "Content-Digest", "Repr-Digest"} {
		delete(res.Header, name)
	}
}

// noteLinks adds to the record what was found in the body.
func (x *exchange) noteLinks() {
	switch b := x.body; {
	case b == nil || b.n == 0:
	case b.apply:
		x.change(Change{Link, "", "body", b.from, b.to, absoluteURLs(b.n) + " to the API, and now to the proxy"})
	default:
		x.change(Change{Kept, "", "body", b.from, b.from,
			absoluteURLs(b.n) + " past the proxy, where the page has no help; --map-links maps such URLs"})
	}
}

func absoluteURLs(n int) string {
	if n == 1 {
		return "1 absolute URL in the body leads"
	}
	return fmt.Sprintf("%d absolute URLs in the body lead", n)
}

// corsHeaders removes the API's CORS headers, which were meant for another origin than the page's, and says
// what the page gets instead.
func (x *exchange) corsHeaders(h http.Header) {
	var from []string
	for _, name := range sortedNames(h) {
		if len(name) > len("Access-Control-") && field.EqualFold(name[:len("Access-Control-")], "Access-Control-") {
			from = append(from, name+": "+strings.Join(h[name], ", "))
			delete(h, name)
		}
	}
	page := x.r.Header.Get("Origin")
	cross := page != "" && x.proxy.pages[page] && x.proxy.policy != nil
	switch {
	case cross && !x.rec.Upgrade:
		x.change(Change{CORS, "Access-Control-Allow-Origin", "", strings.Join(from, "\n"), page,
			"CORS headers were added, because browsers let a page of another origin read nothing without them"})
	case len(from) > 0:
		x.change(Change{CORS, "Access-Control-Allow-Origin", "", strings.Join(from, "\n"), "",
			"the API's CORS headers were removed: only the proxy decides who may read"})
	}
	const corp = "Cross-Origin-Resource-Policy"
	if v := h.Get(corp); v != "" && v != "cross-origin" && x.proxy.pages[pageOf(x.r)] && len(x.proxy.config.Pages) > 0 {
		h.Set(corp, "cross-origin")
		x.change(Change{Header, corp, "", v, "cross-origin", "the page is another origin than the proxy, and could not show the response"})
	}
}

// expose lets the page's scripts read every header of a response. A list of names, because * is not a
// wildcard for requests with credentials.
func (x *exchange) expose(h http.Header) {
	if h.Get("Access-Control-Allow-Origin") == "" {
		return
	}
	var names []string
	for _, name := range sortedNames(h) {
		switch {
		case !field.IsToken(name), field.IsForbiddenResponseHeaderName(name), field.IsCORSSafelistedResponseHeaderName(name),
			strings.HasPrefix(name, "Access-Control-"), strings.HasPrefix(name, http.TrailerPrefix),
			name == "Connection", name == "Transfer-Encoding", name == "Trailer", name == "Vary", name == "Upgrade":
			continue
		}
		names = append(names, strings.ToLower(name))
	}
	if len(names) > 0 {
		h.Set("Access-Control-Expose-Headers", strings.Join(names, ","))
	}
}

func sortedNames(h http.Header) []string {
	names := make([]string, 0, len(h))
	for name := range h {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// respondTo sends a fault: as JSON if the page asks for it, and otherwise as one line of text.
func (x *exchange) respondTo(w http.ResponseWriter, f *Fault) {
	f.Text = x.proxy.secrets.mask(f.Text)
	x.rec.Fault = f
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	body := []byte("concors proxy: " + f.Text + "\n")
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if accept := x.r.Header.Get("Accept"); strings.Contains(accept, "json") {
		h.Set("Content-Type", "application/json")
		body, _ = json.Marshal(map[string]string{"error": "concors proxy: " + f.Text, "kind": string(f.Kind)})
		body = append(body, '\n')
	}
	w.WriteHeader(f.Status)
	if x.r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}
