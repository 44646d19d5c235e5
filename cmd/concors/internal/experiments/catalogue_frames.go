package experiments

// The names that the experiments with frames, windows and storage use. The page is at www.app.localhost, so
// api.app.localhost is another origin of its site, and other.localhost is another site.
const (
	self  = "http://www.app.localhost"
	sub   = "http://api.app.localhost"
	other = "http://other.localhost"
)

var selfPage = Page{Origin: self}

// document is a server that sends an HTML page.
func document(host, path, body string, header ...string) Rule {
	return Rule{Host: host, Path: path, Response: Response{Status: 200, Body: "<!doctype html>\n<title>" + host + "</title>\n" + body,
		Header: append([]string{"Content-Type: text/html; charset=utf-8"}, header...)}}
}

// script makes a Script of code and pairs of a sight's name and the check that predicts it.
func script(code string, sights ...string) *Script {
	s := &Script{Code: code}
	for i := 0; i+1 < len(sights); i += 2 {
		s.Sights = append(s.Sights, Sight{Name: sights[i], Check: sights[i+1]})
	}
	return s
}

// windows are the experiments with frames and other windows.
func windows() []Experiment {
	return []Experiment{
		{
			Name: "frame-document", Title: "a page reaches into a frame of another site", Unit: "windows", Page: selfPage,
			Script: script(`const element = await frame('http://other.localhost/page')
const w = element.contentWindow
await see('w.document', () => w.document)
await see('w.name', () => w.name)
await see('w.localStorage', () => w.localStorage)
await see('w.location.origin', () => w.location.origin)
await see('w.closed', () => w.closed)
await see('w.postMessage exists', () => typeof w.focus === 'function' ? w.focus : 'missing')`,
				"w.document", "window:cross/get/document", "w.name", "window:cross/get/name", "w.localStorage", "window:cross/get/localStorage",
				"w.location.origin", "window:cross/location/get/origin", "w.closed", "window:cross/get/closed",
				"w.postMessage exists", "window:cross/get/focus"),
			Servers: []Rule{document("other.localhost", "/page", "<p>A page of another site.")},
			Lesson:  "A page sees that the frame is there, and almost nothing in it. HTML lists the few\nproperties that cross origins: location to write, closed, frames, length, postMessage.",
			Change:  "The frame would have to be of the same origin: scheme, host and port.",
			Quiz: &Quiz{Question: "Which of these may a page do with a frame of another origin?", Right: 1,
				Answers: []string{"read its URL", "navigate it to another URL", "read its title"},
				Because: "Setting location is allowed, and reading it is not: where a frame has gone is its own secret."},
		},
		{
			Name: "frame-same-origin", Title: "the same code with a frame of the page’s own origin", Unit: "windows", Page: selfPage,
			Script: script(`const element = await frame('http://www.app.localhost/page')
const w = element.contentWindow
await see('w.document', () => w.document)
await see('w.location.origin', () => w.location.constructor)
await see('w.closed', () => w.closed)`,
				"w.document", "window:self/get/document", "w.location.origin", "window:self/location/get/constructor", "w.closed", "window:self/get/closed"),
			Servers: []Rule{document("", "/page", "<p>A page of the same origin.")},
			Lesson:  "Within an origin there is no wall: each page can read and change the other. So one\nhijacked page of an origin is all of it.",
			Change:  "Another port is enough to make it another origin.",
		},
		{
			Name: "frame-same-site", Title: "another host of the same site is still another origin", Unit: "windows", Page: selfPage,
			Script: script(`const w = (await frame('http://api.app.localhost/page')).contentWindow
await see('w.document', () => w.document)
await see('w.opener', () => w.opener)`,
				"w.document", "window:sub/get/document", "w.opener", "window:sub/get/opener"),
			Servers: []Rule{document("api.app.localhost", "/page", "<p>A page of the same site.")},
			Lesson:  "Site and origin are two things. Cookies and SameSite ask for the site; windows, storage\nand fetch ask for the origin.",
			Change:  "Nothing that a server can send. The two pages can talk by postMessage.",
		},
		{
			Name: "frame-write", Title: "what a page may write into a frame of another site", Unit: "windows", Page: selfPage,
			Script: script(`const w = (await frame('http://other.localhost/page')).contentWindow
await see('w.name = …', () => { w.name = 'mine' })
await see('w.then = …', () => { w.then = 1 })
await see('w.location.hash = …', () => { w.location.hash = '#mine' })
await see('delete w.location', () => delete w.location)
await see('w.location = …', () => { w.location = 'http://other.localhost/page#mine'; return 'ok' })`,
				"w.name = …", "window:cross/set/name", "w.then = …", "window:cross/set/then", "w.location.hash = …", "window:cross/location/set/hash",
				"delete w.location", "window:cross/delete/location", "w.location = …", "window:cross/nav/location="),
			Servers: []Rule{document("other.localhost", "/page", "<p>A page of another site.")},
			Lesson:  "Navigation is the one thing that a page may do to a frame of another origin. It replaces\nthe document and tells nothing about the old one.",
		},
		{
			Name: "frame-named-document", Title: "a framed page calls its own frame “document”", Unit: "windows", Page: selfPage,
			Script: script(`const w = (await frame('http://other.localhost/page')).contentWindow
await see('w.document', () => Object.prototype.toString.call(w.document) + '; length ' + w.length)`,
				"w.document", "names:named/child with frame called document cross"),
			Servers: []Rule{document("other.localhost", "/page", "<iframe name=document></iframe><iframe></iframe>")},
			Lesson:  "Names of a window’s frames are found before access is refused. So a framed page can\nchoose which forbidden properties seem to work: never trust what w.document is.",
		},
		{
			Name: "popup", Title: "a page opens a window of another site and reaches into it", Unit: "windows", Page: selfPage, Needs: []Need{NeedsPopup},
			Script: script(`const w = await popup('http://other.localhost/page')
await see('it opened', () => w !== null)
await see('w.document', () => w.document)
await see('w.name', () => w.name)
await see('w.closed', () => w.closed)`,
				"it opened", "names:popup/cross/opened", "w.document", "names:popup/cross/w.document", "w.name", "names:popup/cross/w.name",
				"w.closed", "names:popup/cross/w.closed"),
			Servers: []Rule{document("other.localhost", "/page", "<p>A page of another site.<script>opener && opener.postMessage('ready', '*')</script>")},
			Lesson:  "A popup is a window like a frame: the same few properties cross. Each side has a\nreference to the other, unless noopener or Cross-Origin-Opener-Policy cuts it.",
			Change:  "Cross-Origin-Opener-Policy: same-origin on either page makes w.closed true at once.",
		},
		{
			Name: "srcdoc", Title: "whose origin has a frame with srcdoc?", Unit: "windows", Page: selfPage,
			Script: script(`const element = await frame(undefined, { srcdoc: '<p>Who am I?' })
await see('contentDocument', () => element.contentDocument)
await see('its location.origin', () => element.contentWindow.location.origin)
await see('its URL', () => element.contentDocument.URL.slice(0, 15))`,
				"contentDocument", "origins:srcdoc/contentDocument", "its location.origin", "origins:srcdoc/location.origin", "its URL", "origins:srcdoc/document.URL prefix"),
			Lesson: "about:srcdoc has the origin of the page that contains it, although its location says\nnull. What is written into srcdoc runs with the page’s own rights.",
			Change: "sandbox=\"allow-scripts\" gives it an opaque origin.",
		},
		{
			Name: "data-frame", Title: "a frame with a data: URL has an origin of its own", Unit: "windows", Page: selfPage,
			Script: script(`const told = message((data) => data && data.origin)
const element = await frame('data:text/html,<script>parent.postMessage({ origin: self.origin }, "*")</script>')
await see('contentDocument', () => element.contentDocument)
await see('its self.origin', async () => (await told).origin)`,
				"contentDocument", "origins:data/contentDocument", "its self.origin", "origins:data/self.origin"),
			Lesson: "A data: document has an opaque origin, written null. Two of them are different origins,\nand neither is the page’s.",
		},
		{
			Name: "sandbox", Title: "a sandbox makes the page’s own document foreign", Unit: "windows", Page: selfPage,
			Script: script(`const told = message((data) => data && data.origin)
const element = await frame('http://www.app.localhost/page', { sandbox: 'allow-scripts' })
await see('contentDocument', () => element.contentDocument)
const its = await told
await see('its self.origin', () => its.origin)
await see('its localStorage', () => { if (its.storage !== 'ok') throw { name: its.storage } })`,
				"contentDocument", "origins:sandbox url/contentDocument", "its self.origin", "origins:sandbox url/self.origin",
				"its localStorage", "origins:sandbox url/localStorage"),
			Servers: []Rule{document("", "/page", `<script>
let storage = 'ok'
try { localStorage } catch (e) { storage = e.name }
parent.postMessage({ origin: self.origin, storage }, '*')
</script>`)},
			Lesson: "Without allow-same-origin a sandboxed frame has an opaque origin: no storage, no cookies\nby script, and Origin: null in its requests.",
			Change: "allow-same-origin gives its origin back. With allow-scripts too, it can remove its own sandbox.",
		},
		{
			Name: "document-domain", Title: "document.domain, the old way around the wall", Unit: "windows", Page: selfPage,
			Script: script(`await see('the keying', () => window.originAgentCluster)
await see('an unrelated value', () => { document.domain = 'other.localhost' })
await see('a child of its own', () => { document.domain = 'a.' + location.hostname })`,
				"the keying", "domain:originAgentCluster", "an unrelated value", "domain:OAC absent/set unrelated", "a child of its own", "domain:OAC absent/set child"),
			Lesson: "Setting document.domain to the parent host once let two hosts of a site touch each\nother. Chromium keys pages by origin by default, and there it does nothing.",
			Change: "Origin-Agent-Cluster: ?0 brings it back, for every page of the site. Use postMessage instead.",
		},
		{
			Name: "x-frame-options", Title: "a server forbids to be framed", Unit: "windows", Page: selfPage,
			Script: script(`const element = await frame('http://other.localhost/page')
await see('contentDocument', () => 'blocked contentDocument ' + element.contentDocument)`,
				"contentDocument", "framing:framing/XFO DENY/cross"),
			Servers: []Rule{document("other.localhost", "/page", "<p>Pay now", "X-Frame-Options: DENY")},
			Lesson:  "The frame shows an error page instead. That is the defence against clickjacking: the\nembedding page cannot cover a button that isn’t there.",
			Change:  "X-Frame-Options: SAMEORIGIN or Content-Security-Policy: frame-ancestors with the embedder’s origin.",
		},
		{
			Name: "rewrite-url", Title: "may a page show another origin in the address bar?", Unit: "windows", Page: selfPage,
			Script: script(`await see('another host', () => history.replaceState(null, '', 'http://api.app.localhost/'))
await see('a data: URL', () => history.pushState(null, '', 'data:text/html,hi'))
await see('a fragment', () => { history.replaceState(null, '', '#here'); return 'ok' })`,
				"another host", "navigation:replaceState sub", "a data: URL", "navigation:pushState data", "a fragment", "navigation:pushState fragment"),
			Lesson: "history.pushState changes the URL within the page’s origin only: the address bar must\nnever show an origin that did not send the page.",
		},
	}
}
