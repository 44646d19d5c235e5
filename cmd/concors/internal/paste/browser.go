package paste

import (
	"slices"
	"strings"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/weburl"
)

// pageFacts are the facts about the page in the headers that a browser adds itself.
type pageFacts struct {
	origin, referer, cookie     string
	site, mode, destination     string // Sec-Fetch-Site, -Mode and -Dest
	host, upgrade               string
	accept, contentType, length string // Accept, Content-Type and Content-Length
	preflightMethod             string
	preflightHeaders, userAgent string
	// copied reports whether a browser wrote the headers, not a person.
	copied bool
}

// separate puts the headers that a page's script may have set into the question,
// and returns the facts about the page that the others hold.
func (p *Pasted) separate(list []header) pageFacts {
	k := pageFacts{
		origin: get(list, "Origin"), referer: get(list, "Referer"), cookie: get(list, "Cookie"),
		site: get(list, "Sec-Fetch-Site"), mode: get(list, "Sec-Fetch-Mode"),
		destination: get(list, "Sec-Fetch-Dest"), accept: get(list, "Accept"),
		contentType: get(list, "Content-Type"), length: get(list, "Content-Length"),
		host: get(list, "Host"), upgrade: get(list, "Upgrade"), userAgent: get(list, "User-Agent"),
		preflightMethod:  get(list, "Access-Control-Request-Method"),
		preflightHeaders: get(list, "Access-Control-Request-Headers"),
	}
	k.copied = isCopied(list)
	pragma := get(list, "Pragma") != ""
	var cache []string
	for _, h := range list {
		switch name := strings.ToLower(h.name); {
		case isBrowserOnly(name, h.value):
		case k.copied && isAddedByBrowser(name):
		case k.copied && isAddedByCache(name, h.value, pragma):
			cache = append(cache, h.String())
		default:
			p.Question.Header = append(p.Question.Header, h.String())
		}
	}
	if len(cache) > 0 {
		p.note("left out %s, which browsers add for their cache; if your script sets it, add it with -H",
			strings.Join(cache, ", "))
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

// isBrowserOnly reports whether a script cannot have set a header, or the header
// is the same in every request.
// https://fetch.spec.whatwg.org/#forbidden-request-header
func isBrowserOnly(name, value string) bool {
	switch name {
	case "accept":
		return value == "*/*"
	case "user-agent", "access-control-request-private-network":
		return true
	}
	return field.IsForbiddenRequestHeader(name, value) || strings.HasPrefix(name, ":")
}

// isCopied reports whether a browser wrote the headers, not a person. Of its own
// headers, Chromium's Copy as fetch keeps only accept and accept-language, in lower case.
func isCopied(list []header) bool {
	has := func(name string) bool {
		return slices.ContainsFunc(list, func(h header) bool { return h.name == name })
	}
	isHint := func(h header) bool { return strings.HasPrefix(strings.ToLower(h.name), "sec-ch-ua") }
	return get(list, "Sec-Fetch-Mode") != "" || strings.HasPrefix(get(list, "User-Agent"), "Mozilla/") ||
		has("accept") && has("accept-language") || slices.ContainsFunc(list, isHint)
}

// isAddedByBrowser reports whether a header that a script could set was added by
// the browser when it appears among the browser's other headers.
func isAddedByBrowser(name string) bool {
	switch name {
	case "accept-language", "priority", "upgrade-insecure-requests", "purpose", "x-client-data", "x-browser-channel",
		"x-browser-copyright", "x-browser-validation", "x-browser-year":
		return true
	}
	return false
}

// isAddedByCache reports whether the browser's cache adds a header, or DevTools'
// "Disable cache" does. That setting adds Pragma too: without Pragma, no-cache
// comes from a script.
func isAddedByCache(name, value string, pragma bool) bool {
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

// conclude completes the question from the facts about the page.
func (p *Pasted) conclude(k pageFacts) error {
	q := &p.Question
	p.concludeOrigin(k)
	switch {
	case strings.EqualFold(k.upgrade, "websocket") || k.mode == "websocket":
		return &Error{Problem: "this request opens a WebSocket, to which CORS does not apply",
			Hint: "copy a request that fetch() or XMLHttpRequest made"}
	case k.mode == "navigate" && k.destination != "iframe" && k.destination != "frame":
		return &Error{Problem: "this request is a navigation (Sec-Fetch-Mode: navigate), to which CORS does not apply",
			Hint: "copy the request that the page's script made, from the network panel's Fetch/XHR list"}
	case k.preflightMethod != "" && (q.Method == "" || strings.EqualFold(q.Method, "OPTIONS")):
		p.reconstruct(k)
		return nil
	case k.copied && strings.EqualFold(q.Method, "OPTIONS"):
		p.note("an OPTIONS request in the network panel is usually the preflight of another request: if so, copy that one")
	}
	if kind, ok := ElementFor(k.destination); ok {
		p.element(k, kind)
		return nil
	}
	switch k.mode {
	case "no-cors", "same-origin":
		q.Mode = k.mode
		p.note("mode %s, from Sec-Fetch-Mode", k.mode)
	case "cors":
		q.Mode = "" // the default of fetch()
	case "":
		// A copied fetch() call has mode cors, whatever the request was.
		if kind := elementThatAccepts(k.accept); k.copied && kind != "" {
			p.element(k, kind)
			p.note("if the element has a crossorigin attribute, add --crossorigin: the text does not show it")
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

// body notes what was lost when the body was copied.
func (p *Pasted) body(k pageFacts) {
	q := &p.Question
	switch {
	case !k.copied:
	case q.Data == nil:
		if k.length != "" && k.length != "0" {
			p.note("the text has no body, but by its Content-Length the request had one of %s bytes: add it with -d", short(k.length))
		}
	default:
		if strings.Contains(*q.Data, "\uFFFD") {
			p.note("the body contains U+FFFD, in place of bytes that the browser could not copy")
		}
		if k.contentType == "" {
			p.note("the body was sent without Content-Type, as a Blob is; it is checked as text/plain, which is the same for CORS")
		}
	}
}

// elementThatAccepts returns the element for which browsers send an Accept header,
// or "".
func elementThatAccepts(accept string) string {
	switch {
	case strings.HasPrefix(accept, "image/") && strings.Contains(accept, "*/*;q="):
		return "img"
	case strings.HasPrefix(accept, "text/css,*/*;q="):
		return "link"
	}
	return ""
}

// concludeOrigin finds out the page's origin.
func (p *Pasted) concludeOrigin(k pageFacts) {
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
		p.note("the page is on %s, the URL's own origin: Sec-Fetch-Site is same-origin", q.From)
	}
	u, err := weburl.Parse(q.URL, nil)
	if err == nil && k.host != "" && !strings.EqualFold(k.host, u.HostPort()) {
		p.note("left out Host: %s, which no page can set; to reach that server under this name, put the name into the URL and add --resolve", short(k.host))
	}
}

// originOf returns the origin of an http: or https: URL, or "".
func originOf(s string) string {
	u, err := weburl.Parse(s, nil)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.Scheme + "://" + u.HostPort()
}

// reconstruct turns a preflight into the request that it was sent for.
func (p *Pasted) reconstruct(k pageFacts) {
	q := &p.Question
	q.Method, q.Header, q.Data = k.preflightMethod, nil, nil
	var names []string
	for name := range strings.SplitSeq(k.preflightHeaders, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			continue
		}
		names = append(names, name)
		q.Header = append(q.Header, name+": "+field.CORSUnsafeValue(name))
	}
	p.note("this is a preflight; concors checks the %s that it was sent for", short(k.preflightMethod))
	switch {
	case len(names) > 0:
		p.note("a preflight names headers (%s) without their values, so the values are made up",
			short(strings.Join(names, ", ")))
	case k.preflightMethod == "POST" || k.preflightMethod == "GET" || k.preflightMethod == "HEAD":
		// Only an upload listener makes a browser preflight such a simple request.
		q.XHR, q.UploadListener = true, true
		empty := ""
		if k.preflightMethod == "POST" {
			q.Data = &empty
		}
		p.note("a simple request needs no preflight, so this was an XMLHttpRequest with a listener on its upload")
	}
	p.note("a preflight does not show whether the request has cookies: if it has, add --credentials include")
}

// ElementFor returns the kind of element, as a question names it, for which browsers
// send a value of Sec-Fetch-Dest.
func ElementFor(destination string) (kind string, ok bool) {
	kind, ok = elements[destination]
	return kind, ok
}

// elements are the kinds of elements by Sec-Fetch-Dest.
var elements = map[string]string{
	"image": "img", "script": "script", "style": "link", "font": "font", "audio": "audio", "video": "video",
	"track": "track", "manifest": "manifest", "worker": "worker", "iframe": "iframe",
}

// element makes the question an element's request. An element decides method,
// headers and mode itself.
func (p *Pasted) element(k pageFacts, kind string) {
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
	p.note("an element makes the request: --resource %s, from %s", kind, from)
	p.storeCookies(k.cookie)
}

// cookies gives the browser the cookies that were sent.
func (p *Pasted) cookies(k pageFacts) {
	if k.cookie == "" {
		return
	}
	q := &p.Question
	if q.Credentials == "" && k.site != "same-origin" && originOf(q.URL) != q.From {
		q.Credentials = "include"
		p.note("credentials include: cookies were sent to another origin")
	}
	p.storeCookies(k.cookie)
}

// storeCookies stores cookies with attributes that allow them to be sent: they were
// sent, so they had such attributes.
func (p *Pasted) storeCookies(cookie string) {
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
		p.note("the browser has cookies (%s), as if set with %s", short(strings.Join(names, ", ")),
			strings.TrimPrefix(attributes, "; "))
	}
}

// FromBrowser reports whether the browser added a header of a request that it sent;
// otherwise the page's script set it. The name is in lower case. pragma reports
// whether the request has a Pragma header.
func FromBrowser(name, value string, pragma bool) bool {
	return isBrowserOnly(name, value) || isAddedByBrowser(name) || isAddedByCache(name, value, pragma)
}
