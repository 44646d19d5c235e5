package experiments

// setCookie defines set, which sets a cookie, says whether the page then sees it, and removes it: a cookie for
// all paths would be there in the next run and in other experiments.
const setCookie = `const set = (cookie) => {
  document.cookie = cookie
  const isVisible = document.cookie.split('; ').includes(cookie.split(';')[0])
  document.cookie = cookie + '; Max-Age=0' // so that the next run does not see it
  return isVisible ? 'visible' : 'not visible'
}
`

// cookies are the experiments with cookies besides those of catalogue_messages.go.
func cookies() []Experiment {
	return []Experiment{
		{
			Name: "cookie-samesite-attributes", Title: "SameSite says where a cookie travels, not who reads it", Unit: "cookies", Page: selfPage,
			Script: runs(setCookie+`await see('SameSite=Strict', () => set('strict=1; SameSite=Strict'))
await see('SameSite=None without Secure', () => set('none=1; SameSite=None'))
await see('SameSite=None; Secure', () => set('open=1; SameSite=None; Secure'))
`, seen("SameSite=Strict", "cookies:document.cookie set/strict"), seen("SameSite=None without Secure", "cookies:document.cookie set/SameSite=None"),
				seen("SameSite=None; Secure", "cookies:document.cookie set/SameSite=None Secure")),
			Lesson: "Strict, Lax and None decide which requests of other sites carry the cookie. None needs\nSecure, or the cookie is dropped.",
			Change: "HttpOnly hides a cookie from scripts; SameSite does not.",
			Quiz: &Quiz{Question: "Which cookie can a script of its own site read?", Right: 0, Answers: []string{"one with SameSite=Strict", "one with HttpOnly"},
				Because: "SameSite is about requests. HttpOnly is about document.cookie."},
		},
		{
			Name: "cookie-prefix", Title: "what the names __Host- and __Secure- promise", Unit: "cookies", Page: selfPage,
			Script: runs(setCookie+`await see('__Host- as it should be', () => set('__Host-a=1; Secure; Path=/'))
await see('__Host- without Secure', () => set('__Host-b=1; Path=/'))
await see('__Secure- as it should be', () => set('__Secure-c=1; Secure'))
`, seen("__Host- as it should be", "cookies:document.cookie set/__Host-"), seen("__Host- without Secure", "cookies:document.cookie set/__Host- no secure"),
				seen("__Secure- as it should be", "cookies:document.cookie set/__Secure-")),
			Lesson: "A cookie named __Host- can only be set by this host, with Secure and for all paths. So a\nsubdomain cannot plant one: cookies otherwise do not say who set them.",
			Change: "A name without the prefix can come from any host of the site.",
			Quiz: &Quiz{Question: "Why does a session cookie’s name begin with __Host-?", Right: 1, Answers: []string{"it is encrypted", "no subdomain can overwrite it"},
				Because: "The browser refuses a __Host- cookie with a Domain attribute."},
		},
		{
			Name: "cookie-httponly", Title: "HttpOnly hides a session from a script", Unit: "cookies", Page: selfPage,
			Script: runs(`await fetch('http://www.app.localhost/login')
await see('document.cookie has it', () => String(document.cookie.includes('sid=')))
await see('the server gets it', () => fetch('http://www.app.localhost/me'))
`, Sight{Name: "document.cookie has it", Note: "Concors has no question for a single HttpOnly cookie: the standard says false."},
				fetched("the server gets it", get(self+"/me"))),
			Servers: append(at("", "/login", respond(200, saved, "Set-Cookie: sid=31d4; HttpOnly")),
				at("", "/me", respond(200, ada))...),
			Lesson: "The cookie travels with requests, and no script can read it. Injected code can still send\nrequests with it, but cannot carry it away.",
			Change: "Without HttpOnly every script of the page reads the session.",
			Quiz: &Quiz{Question: "Does HttpOnly stop an injected script from acting as the visitor?", Right: 1, Answers: []string{"yes", "no"},
				Because: "The script’s requests carry the cookie all the same."},
		},
		{
			Name: "cookie-third-party", Title: "may a framed site use its cookies?", Unit: "cookies", Page: selfPage, Needs: []Need{NeedsPopup},
			Script: runs(`await popup('http://other.localhost/write')
const told = message((data) => data && 'cookie' in data)
await frame('http://other.localhost/read')
await see('the cookie in the frame', async () => (await told).cookie)
`, seen("the cookie in the frame", "storage:cross/cookie/seen in frame here")),
			Servers: []Rule{
				document("other.localhost", "/write", "<script>document.cookie = 'k=1; Path=/'; opener && opener.postMessage('ready', '*')</script>"),
				document("other.localhost", "/read", "<script>parent.postMessage({ cookie: (document.cookie.match(/\\bk=(\\d)/) || [, 'none'])[1] }, '*')</script>"),
			},
			Lesson: "Browsers block third-party cookies or keep them in a partition for each site in the address\nbar. An embedded login then starts as a visitor that is not known.",
			Change: "The Storage Access API, after a click; or Partitioned for a cookie that belongs to this embedding.",
			Quiz: &Quiz{Question: "CORS is in order and credentials are included. Is the cookie always sent across sites?", Right: 1, Answers: []string{"yes", "no"},
				Because: "SameSite and the browser’s policy on third-party cookies decide that, and no CORS header changes it."},
		},
	}
}

// writes are the experiments with writes that the same-origin policy does not stop.
func writes() []Experiment {
	transfer := Action{URL: "http://bank.localhost/transfer", Method: "POST", Mode: "no-cors", Credentials: "include",
		Header: []string{"Content-Type: application/x-www-form-urlencoded;charset=UTF-8"}, Body: text("to=mallory&amount=42")}
	asJSON := Action{URL: "http://bank.localhost/transfer", Method: "PUT", Header: []string{"Content-Type: application/json"}, Body: text(`{"to":"mallory"}`)}
	widget := func(header ...string) []Rule {
		return at("other.localhost", "/notes.js", respond(200, "take({ notes: 'milk' })\n", header...))
	}
	return []Experiment{
		{
			Name: "form-post", Title: "a form of another site posts to the bank", Unit: "writes", Page: evilPage,
			Script: runs(`const form = document.createElement('form')
form.method = 'post'
form.action = 'http://bank.localhost/transfer'
form.innerHTML = '<input name="to" value="mallory"><input name="amount" value="42">'
form.target = 'hidden'
const target = document.createElement('iframe')
target.name = 'hidden'
document.body.append(target, form)
form.submit()
await wait(800)
await see('the page reads the result', () => target.contentDocument)
`, seen("the page reads the result", "origins:cross-site url/contentDocument"), arrives("the transfer", transfer)),
			Servers: []Rule{document("bank.localhost", "/transfer", "<p>Done.")},
			Lesson:  "The form is sent: the web always allowed that. The page cannot read the result, and does not\nneed to. That is cross-site request forgery.",
			Change:  "SameSite cookies, a token in the bank’s own forms, or a check of Sec-Fetch-Site: cross-site.",
			Defence: &Defence{Title: "the server refuses requests whose Origin is another site",
				Servers: []Rule{{Host: "bank.localhost", Path: "/transfer", Origin: evil, Response: Response{Status: 403, Header: []string{"Content-Type: text/html"}, Body: "<!doctype html><p>Refused."}}},
				Lesson:  "The request comes all the same, and the server responds with 403 before it does anything.\nBrowsers send Origin with every POST. cors.Protect does this in Go."},
			Quiz: &Quiz{Question: "Does CORS protect against forged form posts?", Right: 1, Answers: []string{"yes", "no"},
				Because: "CORS decides who reads responses, and a form post needs no response."},
		},
		{
			Name: "csrf-by-fetch", Title: "the same forgery by fetch, and one that needs a preflight", Unit: "writes", Page: evilPage,
			Script: runs(`await see('a simple POST', () => fetch('http://bank.localhost/transfer', {
  method: 'POST', mode: 'no-cors', credentials: 'include', body: new URLSearchParams({ to: 'mallory', amount: 42 }) }))
await see('a PUT with JSON', () => fetch('http://bank.localhost/limit', {
  method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: '{"to":"mallory"}' }))
`, fetched("a simple POST", transfer), fetched("a PUT with JSON", withURL(asJSON, "http://bank.localhost/limit")), arrives("the POST", transfer),
				arrives("the PUT", withURL(asJSON, "http://bank.localhost/limit"))),
			Servers: respond(200, "done", "Content-Type: text/plain"),
			Lesson:  "The simple POST was carried out. The PUT was not even sent: its preflight got no permission.\nServices that take only JSON, and check the type, have half a defence.",
			Change:  "A server that reads text/plain as JSON loses that half.",
			Quiz: &Quiz{Question: "A service takes JSON and ignores Content-Type. Can it be forged?", Right: 0, Answers: []string{"yes, with text/plain", "no"},
				Because: "A text/plain body needs no preflight, and its text can be JSON."},
		},
		{
			Name: "jsonp", Title: "JSONP: data as a script", Unit: "writes", Page: selfPage,
			Script: runs(`window.take = (data) => { window.taken = data }
await see('the script', () => load('script', { src: 'http://other.localhost/notes.js' }).catch(() => 'error'))
`, fetched("the script", element("script", other+"/notes.js"))),
			Servers: widget("Content-Type: text/javascript"),
			Lesson:  "Before CORS data came as a call of the page’s function. Any page can load it, with the\nvisitor’s cookies; and the page runs whatever that server sends.",
			Change:  "CORS: data stays data, and the server chooses who reads it.",
			Defence: &Defence{Title: "Cross-Origin-Resource-Policy: same-origin", Servers: widget("Content-Type: text/javascript", "Cross-Origin-Resource-Policy: same-origin"),
				Lesson: "No page of another origin can load the script any more. Those who need the data use CORS."},
			Quiz: &Quiz{Question: "What does a page risk with JSONP?", Right: 2, Answers: []string{"nothing", "only wrong data", "everything: the other server’s code runs as its own"},
				Because: "A script has all the rights of the page that loads it."},
		},
	}
}

func withURL(a Action, url string) Action {
	a.URL = url
	return a
}

// sideChannels are the experiments with what a page still learns.
func sideChannels() []Experiment {
	login := func(header ...string) []Rule {
		return at("other.localhost", "/avatar.svg", respond(200, picture, append([]string{typeSVG}, header...)...))
	}
	frames := document("other.localhost", "/inbox", "<iframe></iframe>")
	return []Experiment{
		{
			Name: "load-or-error", Title: "load or error: is the visitor logged in there?", Unit: "side-channels", Page: evilPage,
			Script: runs(`const load1 = (url) => load('img', { src: url }).catch(() => 'error')
await see('an image for members', () => load1('http://other.localhost/avatar.svg'))
await see('a page of text', () => load1('http://other.localhost/page'))
`, fetched("an image for members", element("img", other+"/avatar.svg")), fetched("a page of text", element("img", other+"/page"))),
			Servers: append(login(), Rule{Response: Response{Status: 200, Body: `{"error":"log in"}`}}),
			Lesson:  "The page cannot read the image, and still learns that there was one. If the server sends it\nto members alone, the page knows who is a member.",
			Change:  "SameSite cookies, Cross-Origin-Resource-Policy, or a check of Sec-Fetch-Site.",
			Defence: &Defence{Title: "Cross-Origin-Resource-Policy: same-origin", Servers: login("Cross-Origin-Resource-Policy: same-origin"),
				Lesson: "Now both are errors: the page cannot tell them apart."},
			Quiz: &Quiz{Question: "What does an image element tell about a foreign response?", Right: 1, Answers: []string{"nothing", "whether it is an image, and its size"},
				Because: "load or error, naturalWidth and naturalHeight: a bit or more of a response that cannot be read."},
		},
		{
			Name: "frame-counting", Title: "window.length counts the frames of a foreign page", Unit: "side-channels", Page: evilPage,
			Script: runs(`const w = (await frame('http://other.localhost/inbox')).contentWindow
await see('w.document', () => w.document)
await see('w.length', () => w.length)
`, seen("w.document", "window:cross/get/document"), seen("w.length", "window:cross/get/length")),
			Servers: []Rule{frames},
			Lesson:  "length is in the list of properties that cross origins. Where a page has one frame for each\nsearch result, the number tells what was found.",
			Change:  "X-Frame-Options or frame-ancestors against frames; Cross-Origin-Opener-Policy against popups.",
			Defence: &Defence{Title: "X-Frame-Options: DENY", Servers: []Rule{document("other.localhost", "/inbox", "<iframe></iframe>", "X-Frame-Options: DENY")},
				Lesson: "The frame has an error page without frames: nothing is left to count.",
				Sights: []Sight{seen("w.document", "window:cross/get/document"),
					{Name: "w.length", Note: "0: an error page has no frames. Concors has no question for it."}}},
			Quiz: &Quiz{Question: "Which header hides a page’s length from one that opened it in a popup?", Right: 1, Answers: []string{"X-Frame-Options", "Cross-Origin-Opener-Policy"},
				Because: "COOP cuts the reference between the two windows. X-Frame-Options is for frames alone."},
		},
		{
			Name: "frame-ancestors", Title: "Content-Security-Policy: who may frame this page?", Unit: "side-channels", Page: selfPage,
			Script: runs(`const element = await frame('http://other.localhost/page')
await see('contentDocument', () => 'blocked contentDocument ' + element.contentDocument)
`, seen("contentDocument", "framing:framing/frame-ancestors none/cross")),
			Servers: []Rule{document("other.localhost", "/page", "<p>Pay now", "Content-Security-Policy: frame-ancestors 'none'")},
			Lesson:  "frame-ancestors lists who may frame the page, and checks every ancestor. It closes\nclickjacking and all channels that need a frame.",
			Change:  "frame-ancestors with the embedder’s origin.",
			Quiz: &Quiz{Question: "Which ancestors does frame-ancestors check?", Right: 1, Answers: []string{"the parent", "all of them"},
				Because: "A friendly frame inside a hostile page would otherwise be a way around."},
		},
		{
			Name: "timing", Title: "how long did the response take?", Unit: "side-channels", Page: selfPage,
			Script: runs(`const time = async (url) => {
  const start = performance.now()
  await fetch(url, { mode: 'no-cors' })
  return performance.now() - start
}
await see('a time could be measured', async () => String(await time('http://other.localhost/notes') > 0))
await see('the sizes', async () => {
  const [entry] = performance.getEntriesByName('http://other.localhost/notes')
  return entry ? String(entry.transferSize) : 'no entry'
})
`, Sight{Name: "a time could be measured", Note: "A clock runs in every page: how long a request takes is not hidden."},
				Sight{Name: "the sizes", Note: "0 in most browsers: sizes and phases need Timing-Allow-Origin."}),
			Servers: respond(200, "milk", "Content-Type: text/plain"),
			Lesson:  "How long a response took can always be measured. Its phases and its size are shown only with\nTiming-Allow-Origin.",
			Change:  "Timing-Allow-Origin shows more. Nothing hides the duration, so the server must not depend on secrets in it.",
			Defence: &Defence{Title: "Timing-Allow-Origin: *", Servers: respond(200, "milk", "Content-Type: text/plain", "Timing-Allow-Origin: *"),
				Lesson: "It is the other way round: this header opens the channel wider, for measuring one’s own services."},
			Quiz: &Quiz{Question: "What does Timing-Allow-Origin allow?", Right: 0, Answers: []string{"phases and sizes in Resource Timing", "reading the response"},
				Because: "It says nothing about the body: that is CORS’ matter."},
		},
		{
			Name: "coop-popup", Title: "Cross-Origin-Opener-Policy cuts the way to a popup", Unit: "side-channels", Page: selfPage, Needs: []Need{NeedsPopup},
			Script: runs(`const w = await popup('http://other.localhost/page')
await wait(500)
await see('w.closed', () => w.closed)
`, seen("w.closed", "names:coop/opened same-origin-cross/outside closed")),
			Servers: []Rule{document("other.localhost", "/page", "<p>Alone.", "Cross-Origin-Opener-Policy: same-origin")},
			Lesson:  "The window is open, and for the page that opened it it counts as closed. No property, no\nmessage, no counting of frames.",
			Change:  "same-origin-allow-popups keeps the windows that the page itself opens.",
			Quiz: &Quiz{Question: "What breaks with COOP: same-origin?", Right: 1, Answers: []string{"images of other sites", "a login popup that talks to its opener"},
				Because: "References between windows are cut. Embedded resources are COEP’s matter."},
		},
	}
}

// proxies are the experiments with ways around a second origin, and with Concors' own middleware.
func proxies() []Experiment {
	policy := "origins: [http://www.app.localhost]\nmethods: [PUT]\nrequestHeaders: [Content-Type]\n"
	put := Action{URL: "http://api.localhost/notes/1", Method: "PUT", Header: []string{"Content-Type: application/json"}, Body: text(`{"text":"milk"}`)}
	return []Experiment{
		{
			Name: "proxy-alias", Title: "a reverse proxy makes the wall disappear", Unit: "proxies", Page: selfPage,
			Script: runs(`await see('directly', () => fetch('http://api.localhost/notes'))
await see('through the proxy', () => fetch('http://www.app.localhost/api/notes'))
`, fetched("directly", get(api+"/notes")), fetched("through the proxy", get(self+"/api/notes"))),
			Servers: append([]Rule{{Host: "www.app.localhost", Path: "/api", Forward: api}}, at("api.localhost", "/notes", respond(200, notes))...),
			Lesson:  "The page’s own server forwards /api to the other one. To the browser there is one origin, so\nCORS does not come up. The two servers can stay as they are.",
			Change:  "Without the proxy the API’s server has to allow the page’s origin.",
			Quiz: &Quiz{Question: "Does a reverse proxy weaken the same-origin policy?", Right: 1, Answers: []string{"yes", "no: it is the site’s own server that responds"},
				Because: "The policy protects the visitor’s cookies of the other origin, and those are not sent to the proxy."},
		},
		{
			Name: "own-policy", Title: "an API behind Concors’ middleware: edit its policy", Unit: "proxies", Page: selfPage,
			Script: runs(`await see('GET', () => fetch('http://api.localhost/notes'))
await see('PUT with JSON', () => fetch('http://api.localhost/notes/1', {
  method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: '{"text":"milk"}' }))
await see('DELETE', () => fetch('http://api.localhost/notes/1', { method: 'DELETE' }))
await see('with credentials', () => fetch('http://api.localhost/notes', { credentials: 'include' }))
`, fetched("GET", get(api+"/notes")), fetched("PUT with JSON", put), fetched("DELETE", Action{URL: api + "/notes/1", Method: "DELETE"}),
				fetched("with credentials", Action{URL: api + "/notes", Credentials: "include"})),
			Servers: []Rule{{Host: "api.localhost", Policy: policy, Response: Response{Status: 200, Body: notes}}},
			Lesson:  "The policy allows one origin and PUT. Add DELETE to methods, or credentials: true, and run it\nagain: the middleware sends the headers, and the browser checks them.",
			Change:  "methods: [PUT, DELETE] and credentials: true allow all four.",
			Defence: &Defence{Title: "no origin but http://app.localhost",
				Servers: []Rule{{Host: "api.localhost", Policy: "origins: [http://app.localhost]\n", Response: Response{Status: 200, Body: notes}}},
				Lesson:  "The page’s origin is not in the list any more, so nothing can be read."},
			Quiz: &Quiz{Question: "Why is GET not in the list of methods?", Right: 0, Answers: []string{"GET, HEAD and POST never need permission", "it was forgotten"},
				Because: "Access-Control-Allow-Methods matters for other methods only."},
		},
	}
}
