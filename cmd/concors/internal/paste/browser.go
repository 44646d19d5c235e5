package paste

import (
	"slices"
	"strings"

	"github.com/concors/concors/weburl"
)

// known is what the headers that a browser writes itself tell about the page.
type known struct {
	origin, referer, cookie     string
	site, mode, destination     string // Sec-Fetch-Site, -Mode and -Dest
	host, upgrade               string
	accept, contentType, length string // Accept, Content-Type and Content-Length
	preflightMethod             string
	preflightHeaders, userAgent string
	// copied says that a browser wrote the headers, and not a person.
	copied bool
}

// fromHeaders takes the headers apart: those that a page's script may have set
// go into the question, and the others tell about the page.
func (p *Pasted) fromHeaders(list []header) known {
	k := known{
		origin: get(list, "Origin"), referer: get(list, "Referer"), cookie: get(list, "Cookie"),
		site: get(list, "Sec-Fetch-Site"), mode: get(list, "Sec-Fetch-Mode"), destination: get(list, "Sec-Fetch-Dest"),
		accept: get(list, "Accept"), contentType: get(list, "Content-Type"), length: get(list, "Content-Length"),
		host: get(list, "Host"), upgrade: get(list, "Upgrade"), userAgent: get(list, "User-Agent"),
		preflightMethod: get(list, "Access-Control-Request-Method"), preflightHeaders: get(list, "Access-Control-Request-Headers"),
	}
	k.copied = isCopied(list)
	pragma := get(list, "Pragma") != ""
	var cache []string
	for _, h := range list {
		switch name := strings.ToLower(h.name); {
		case isBrowsers(name, h.value):
		case k.copied && isAdded(name):
		case k.copied && isRevalidation(name, h.value, pragma):
			cache = append(cache, h.String())
		default:
			p.Question.Header = append(p.Question.Header, h.String())
		}
	}
	if len(cache) > 0 {
		p.note("left out, as browsers send it for the sake of their cache: %s; if your script sets it, say so with -H", strings.Join(cache, ", "))
	}
	return k
}

func get(list []header, name string) string {
	for _, h := range list {
		if strings.EqualFold(h.name, name) {
			return h.value
		}
	}
	return ""
}

// isBrowsers reports whether a header is one that a script cannot set, or that
// says nothing because every request has it.
// https://fetch.spec.whatwg.org/#forbidden-request-header
func isBrowsers(name, value string) bool {
	switch name {
	case "accept-charset", "accept-encoding", "access-control-request-headers", "access-control-request-method",
		"access-control-request-private-network", "connection", "content-length", "cookie", "cookie2", "date", "dnt", "expect",
		"host", "keep-alive", "origin", "referer", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade",
		"user-agent", "via":
		return true
	case "accept":
		return value == "*/*"
	}
	return strings.HasPrefix(name, "sec-") || strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, ":")
}

// isCopied reports whether a browser wrote the headers, and not a person.
// Chromium's Copy as fetch leaves nothing of the browser's own but these two, in
// lower case.
func isCopied(list []header) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(list, func(h header) bool { return h.name == name })
	}
	return get(list, "Sec-Fetch-Mode") != "" || strings.HasPrefix(get(list, "User-Agent"), "Mozilla/") || has("accept") && has("accept-language") ||
		slices.ContainsFunc(list, func(h header) bool { return strings.HasPrefix(strings.ToLower(h.name), "sec-ch-ua") })
}

// isAdded reports whether a header that a script could set comes from the
// browser if the browser's other headers are beside it.
func isAdded(name string) bool {
	switch name {
	case "accept-language", "priority", "upgrade-insecure-requests", "purpose", "x-client-data", "x-browser-channel",
		"x-browser-copyright", "x-browser-validation", "x-browser-year":
		return true
	}
	return false
}

// isRevalidation reports whether a header is one that the browser's cache, or the
// switch that turns it off, adds. That switch adds Pragma, too: without it,
// no-cache is a script's.
func isRevalidation(name, value string, pragma bool) bool {
	switch name {
	case "pragma":
		return value == "no-cache"
	case "cache-control":
		return value == "no-cache" && pragma || value == "max-age=0"
	case "if-none-match", "if-modified-since":
		return true
	}
	return false
}

// conclude draws the conclusions about the page and the kind of request.
func (p *Pasted) conclude(k known) error {
	q := &p.Question
	p.concludeOrigin(k)
	switch {
	case strings.EqualFold(k.upgrade, "websocket") || k.mode == "websocket":
		return &Error{Problem: "it opens a WebSocket, and CORS has no part in that", Hint: "copy a request that fetch() or XMLHttpRequest made"}
	case k.mode == "navigate" && k.destination != "iframe" && k.destination != "frame":
		return &Error{Problem: "it is a navigation (Sec-Fetch-Mode: navigate), and CORS has no part in that",
			Hint: "copy the request that the page's script made, from the network panel's Fetch/XHR list"}
	case k.preflightMethod != "" && (q.Method == "" || strings.EqualFold(q.Method, "OPTIONS")):
		p.reconstruct(k)
		return nil
	case k.copied && strings.EqualFold(q.Method, "OPTIONS"):
		p.note("an OPTIONS request in the network panel is most often the preflight of another one: if so, copy that one")
	}
	if kind, ok := elements[k.destination]; ok {
		p.element(k, kind)
		return nil
	}
	switch k.mode {
	case "no-cors", "same-origin":
		q.Mode = k.mode
		p.note("mode %s, from Sec-Fetch-Mode", k.mode)
	case "cors":
		q.Mode = "" // what fetch() does if nothing is said
	case "":
		// A copied fetch() call says cors of every request.
		if kind := elementThatAccepts(k.accept); k.copied && kind != "" {
			p.element(k, kind)
			p.note("if the element has a crossorigin attribute, say so with --crossorigin: the text does not tell")
			return nil
		}
	}
	if k.copied && k.referer == "" && q.Referrer == "" && q.ReferrerPolicy == "" {
		q.Referrer = "no-referrer" // none was sent
	}
	p.body(k)
	p.cookies(k)
	return nil
}

// body says what a body has lost on its way into the text.
func (p *Pasted) body(k known) {
	q := &p.Question
	switch {
	case !k.copied:
	case q.Data == nil:
		if k.length != "" && k.length != "0" {
			p.note("the text has no body, and Content-Length says that the request had one of %s bytes: give one with -d", printable(k.length))
		}
	default:
		if strings.Contains(*q.Data, "\uFFFD") {
			p.note("the body has U+FFFD in it, which stands where the browser could not write what was sent")
		}
		if k.contentType == "" {
			p.note("the body was sent without Content-Type, as that of a Blob is; it is checked as text/plain, which CORS takes the same")
		}
	}
}

// elementThatAccepts names the element by the Accept header that browsers send
// for it, or returns "".
func elementThatAccepts(accept string) string {
	switch {
	case strings.HasPrefix(accept, "image/") && strings.Contains(accept, "*/*;q="):
		return "img"
	case strings.HasPrefix(accept, "text/css,*/*;q="):
		return "link"
	}
	return ""
}

// concludeOrigin finds out which page asks.
func (p *Pasted) concludeOrigin(k known) {
	q := &p.Question
	referer := originOf(k.referer)
	switch {
	case k.origin != "":
		q.From = k.origin
		p.note("the page is on %s, from Origin", k.origin)
	case referer != "":
		q.From = referer
		p.note("the page is on %s, from the referrer", referer)
	case k.site == "same-origin" && originOf(q.URL) != "":
		q.From = originOf(q.URL)
		p.note("the page is on %s, as the URL is: Sec-Fetch-Site is same-origin", q.From)
	}
	if u, err := weburl.Parse(q.URL, nil); err == nil && k.host != "" && !strings.EqualFold(k.host, u.HostPort()) {
		p.note("left out: Host: %s, which no page can set; to reach that server under its name, write it into the URL and add --resolve", printable(k.host))
	}
}

// originOf is the origin of an http URL, or "".
func originOf(s string) string {
	u, err := weburl.Parse(s, nil)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.Scheme + "://" + u.HostPort()
}

// reconstruct makes of a preflight the request that it asks leave for.
func (p *Pasted) reconstruct(k known) {
	q := &p.Question
	q.Method, q.Header, q.Data = k.preflightMethod, nil, nil
	var names []string
	for name := range strings.SplitSeq(k.preflightHeaders, ",") {
		name = strings.TrimSpace(name)
		value := "x"
		switch strings.ToLower(name) {
		case "":
			continue
		case "content-type":
			value = "application/json"
		case "accept", "accept-language", "content-language":
			value = `"x"` // it had a value that needs leave
		case "range":
			value = "bytes=-1" // likewise
		}
		names = append(names, name)
		q.Header = append(q.Header, name+": "+value)
	}
	p.note("this is a preflight; the request that it asks leave for is checked, %s", printable(k.preflightMethod))
	switch {
	case len(names) > 0:
		p.note("a preflight names headers (%s) and not their values, so the values are made up", printable(strings.Join(names, ", ")))
	case k.preflightMethod == "POST" || k.preflightMethod == "GET" || k.preflightMethod == "HEAD":
		// Only one thing makes a browser ask leave for so plain a request.
		q.XHR, q.UploadListener = true, true
		empty := ""
		if k.preflightMethod == "POST" {
			q.Data = &empty
		}
		p.note("nothing in it needs leave, so it was an XMLHttpRequest that listens to its upload")
	}
	p.note("a preflight does not say whether the request has cookies: if it has, add --credentials include")
}

// elements are Sec-Fetch-Dest's values for elements that a question can name.
var elements = map[string]string{
	"image": "img", "script": "script", "style": "link", "font": "font", "audio": "audio", "video": "video",
	"track": "track", "manifest": "manifest", "worker": "worker", "iframe": "iframe",
}

// element makes the question an element's: it chooses everything itself.
func (p *Pasted) element(k known, kind string) {
	q := &p.Question
	q.Resource, q.Method, q.Header, q.Data, q.Mode, q.Credentials = kind, "", nil, nil, "", ""
	q.Referrer, q.ReferrerPolicy, q.Redirect = "", "", ""
	if k.mode == "cors" && kind != "font" {
		q.CrossOrigin = "anonymous"
		if k.cookie != "" && k.site != "same-origin" {
			q.CrossOrigin = "use-credentials"
		}
	}
	from := "Sec-Fetch-Dest"
	if k.destination == "" {
		from = "Accept"
	}
	p.note("an element asks: --resource %s, from %s", kind, from)
	p.hold(k.cookie)
}

// cookies makes the browser hold what was sent.
func (p *Pasted) cookies(k known) {
	if k.cookie == "" {
		return
	}
	q := &p.Question
	if q.Credentials == "" && k.site != "same-origin" && originOf(q.URL) != q.From {
		q.Credentials = "include"
		p.note("credentials include: cookies were sent to another origin")
	}
	p.hold(k.cookie)
}

// hold gives the browser cookies with the attributes that let them be sent. They
// were sent, so they had such attributes.
func (p *Pasted) hold(cookie string) {
	attributes := "; Path=/"
	if strings.HasPrefix(originOf(p.Question.URL), "https:") {
		attributes += "; Secure; SameSite=None"
	}
	var names []string
	for pair := range strings.SplitSeq(cookie, ";") {
		if pair = strings.TrimSpace(pair); pair == "" {
			continue
		}
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
		p.Question.Cookies = append(p.Question.Cookies, pair+attributes)
	}
	if len(names) > 0 {
		p.note("the browser holds cookies (%s), as if set with %s", printable(strings.Join(names, ", ")), strings.TrimPrefix(attributes, "; "))
	}
}

// printable escapes what a terminal could act on, and cuts what is too long.
func printable(s string) string {
	s = quote(s)
	return s[1 : len(s)-1]
}

// FromBrowser reports whether a header of a request that a browser sent, with
// its name in lower case, is one that the browser writes itself: then it says
// nothing about what the page's script set. Pragma is whether the request has
// that header.
func FromBrowser(name, value string, pragma bool) bool {
	return isBrowsers(name, value) || isAdded(name) || isRevalidation(name, value, pragma)
}
