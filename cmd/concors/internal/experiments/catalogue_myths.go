package experiments

import "strings"

// silentWave is a second of silence: a WAV file with one byte a sample, all of them below 128 so that it is a text.
var silentWave = "RIFF\x64\x1f\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x40\x1f\x00\x00\x01\x00\x08\x00data\x40\x1f\x00\x00" +
	strings.Repeat("\x7f", 8000)

// myths are sentences that are taught often and are wrong or incomplete. Other experiments have a Myth too.
func myths() []Experiment {
	post := Action{URL: api + "/notes", Method: "POST", Header: []string{"Content-Type: application/json"}, Body: text(`{"text":"milk"}`)}
	account := Action{URL: api + "/me", Credentials: "include"}
	delete1 := Action{URL: api + "/notes/1", Method: "DELETE"}
	const postCode = `await see('the POST', () => fetch('http://api.localhost/notes', {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"text":"milk"}' }))
`
	allowSelf := "Access-Control-Allow-Origin: " + self
	return []Experiment{
		{
			Name: "myth-allow-methods", Title: "a preflight response without Access-Control-Allow-Methods", Unit: "myths", Page: selfPage,
			Myth:    "A preflight response always needs Access-Control-Allow-Methods.",
			Script:  runs(postCode, fetched("the POST", post)),
			Servers: preflighted(respond(204, "", allowSelf, "Access-Control-Allow-Headers: content-type"), respond(200, saved, allowSelf)),
			Lesson:  "GET, HEAD and POST are allowed without it. This POST is preflighted because of its content\ntype, so only the header has to be in a list.",
			Change:  "PUT, PATCH and DELETE do need it.",
			Quiz: &Quiz{Question: "Which method must be listed?", Right: 2, Answers: []string{"POST", "HEAD", "PATCH"},
				Because: "The three simple methods never need permission."},
		},
		{
			Name: "myth-status-204", Title: "preflight responses with other statuses than 204", Unit: "myths", Page: selfPage,
			Myth: "The response to a preflight must have status 204.",
			Script: runs(`await see('200', () => fetch('http://api.localhost/200', { method: 'DELETE' }))
await see('299', () => fetch('http://api.localhost/299', { method: 'DELETE' }))
await see('404', () => fetch('http://api.localhost/404', { method: 'DELETE' }))
`, fetched("200", withURL(delete1, api+"/200")), fetched("299", withURL(delete1, api+"/299")), fetched("404", withURL(delete1, api+"/404"))),
			Servers: append([]Rule{
				{Method: "OPTIONS", Path: "/200", Response: respond(200, "", allowAny, "Access-Control-Allow-Methods: DELETE")[0].Response},
				{Method: "OPTIONS", Path: "/299", Response: respond(299, "", allowAny, "Access-Control-Allow-Methods: DELETE")[0].Response},
				{Method: "OPTIONS", Response: respond(404, "", allowAny, "Access-Control-Allow-Methods: DELETE")[0].Response},
			}, respond(200, saved, allowAny)...),
			Lesson: "Any status from 200 to 299 will do. 204\nis only tidy, because there is no body to send.",
			Change: "A status below 200 or above 299 blocks the request.",
			Quiz: &Quiz{Question: "A preflight is answered with 404 and all the right headers. What happens?", Right: 1, Answers: []string{"the request is sent", "it is blocked"},
				Because: "The status counts as well as the headers."},
		},
		{
			Name: "myth-max-age-day", Title: "Access-Control-Max-Age: 86400 is not a day everywhere", Unit: "myths", Page: selfPage,
			Myth: "Access-Control-Max-Age: 86400 caches a preflight for a day.",
			Script: runs(`const remove = () => fetch('http://api.localhost/notes/1', { method: 'DELETE' })
await see('the first DELETE', remove)
await see('the second DELETE', remove)
`, fetched("the first DELETE", delete1), fetched("the second DELETE", delete1)),
			Servers: preflighted(respond(204, "", allowAny, "Access-Control-Allow-Methods: DELETE", "Access-Control-Max-Age: 86400"), respond(200, saved, allowAny)),
			Lesson:  "Chromium caches for two hours at most, WebKit for ten minutes; Firefox for a day. The second\nrequest here has no preflight in any of them.",
			Change:  "A larger number changes nothing: each browser has its own limit.",
			Quiz: &Quiz{Question: "How long does Chromium cache a preflight with Max-Age 86400?", Right: 1, Answers: []string{"a day", "two hours", "ten minutes"},
				Because: "Browsers cap the value, so that a mistake does not last."},
		},
		{
			Name: "myth-reflecting-is-wildcard", Title: "reflecting the origin is worse than the wildcard", Unit: "myths", Page: evilPage,
			Myth: "Reflecting the Origin header is the same as sending *.",
			Script: runs(`const read = (url) => fetch(url, { credentials: 'include' })
await see('from a server with *', () => read('http://api.localhost/wildcard'))
await see('from one that reflects', () => read('http://api.localhost/reflected'))
`, fetched("from a server with *", withURL(account, api+"/wildcard")), fetched("from one that reflects", withURL(account, api+"/reflected"))),
			Servers: append(at("", "/wildcard", respond(200, ada, allowAny, allowCredentials)), at("", "/reflected", []Rule{from(evil, allow(evil, ada, varyOrigin))})...),
			Lesson:  "Without credentials the two are alike. With them the wildcard is refused, and the reflected\norigin passes: every page reads what the visitor may read.",
			Change:  "An allowlist, or * without credentials.",
			Quiz: &Quiz{Question: "Which of the two is dangerous with credentials?", Right: 1, Answers: []string{"the wildcard", "the reflected origin"},
				Because: "Browsers refuse the wildcard then. That is what it was made for."},
		},
		{
			Name: "myth-forbidden-headers", Title: "can a page set or read the headers of CORS?", Unit: "myths", Page: selfPage,
			Myth: "A page can send Access-Control-Request-Method or read Access-Control-Allow-Origin.",
			Script: runs(`let response
await see('sending it', async () => response = await fetch('http://api.localhost/notes', {
  headers: { 'Access-Control-Request-Method': 'DELETE' } }))
await see('reading it', () => response.headers.get('Access-Control-Allow-Origin'))
`, fetched("sending it", Action{URL: api + "/notes", Header: []string{"Access-Control-Request-Method: DELETE"}}),
				Sight{Name: "reading it", Note: "null, because the response does not expose the header."}),
			Servers: preflighted(respond(405, ""), respond(200, notes, allowSelf)),
			Lesson:  "The request header is forbidden: the browser drops it, and no preflight comes. The response\nheaders are for the browser and not exposed to the page.",
			Change:  "Access-Control-Expose-Headers can expose even these, which helps nobody.",
			Quiz: &Quiz{Question: "What happens to a forbidden header that a script sets?", Right: 0, Answers: []string{"it is left out", "it causes a preflight", "fetch throws"},
				Because: "The browser alone sets these headers, so a server can rely on them."},
		},
		{
			Name: "myth-curl-options", Title: "a request with OPTIONS is not a preflight", Unit: "myths", Page: selfPage,
			Myth: "curl -X OPTIONS tests a preflight.",
			Script: runs(`await see('a real preflight, for DELETE', () => fetch('http://api.localhost/notes/1', { method: 'DELETE' }))
await see('OPTIONS by the page itself', () => fetch('http://api.localhost/notes/1', { method: 'OPTIONS' }))
`, fetched("a real preflight, for DELETE", delete1), fetched("OPTIONS by the page itself", Action{URL: api + "/notes/1", Method: "OPTIONS"})),
			Servers: append([]Rule{
				{Origin: self, Method: "OPTIONS", Response: respond(204, "", allowSelf, "Access-Control-Allow-Methods: DELETE", varyOrigin)[0].Response},
				{Method: "OPTIONS", Response: respond(405, "", "Allow: GET")[0].Response}}, respond(200, saved, allowSelf, varyOrigin)...),
			Lesson: "A preflight has Origin and Access-Control-Request-Method. This server responds to those and\nsends 405 to OPTIONS without Origin, so curl -X OPTIONS alone shows nothing.",
			Change: "curl -X OPTIONS -H 'Origin: …' -H 'Access-Control-Request-Method: DELETE', or concors check -X DELETE.",
			Quiz: &Quiz{Question: "Which two headers make OPTIONS a preflight?", Right: 0, Answers: []string{"Origin and Access-Control-Request-Method", "Host and Accept"},
				Because: "Servers must not mistake other OPTIONS requests for preflights."},
		},
		{
			Name: "myth-callback-error", Title: "a refusal that is an internal error", Unit: "myths", Page: Page{Origin: other},
			Myth: "An error in the callback of CORS middleware refuses the origin politely.",
			Script: runs(`await see('the response', () => fetch('http://api.localhost/notes'))
await see('its status, without CORS', () => fetch('http://api.localhost/notes', { mode: 'no-cors' }))
`, fetched("the response", get(api+"/notes")), fetched("its status, without CORS", Action{URL: api + "/notes", Mode: "no-cors"})),
			Servers: []Rule{from(other, Rule{Response: Response{Status: 500, Header: []string{"Content-Type: text/html"}, Body: "<pre>Error: Not allowed by CORS"}}),
				{Response: respond(200, "milk", "Content-Type: text/plain")[0].Response}},
			Lesson: "Middleware that calls back with an error sends 500 to every foreign origin: alarms, logs and\na trace in the page. Look at what the server sent.",
			Change: "Call back with false: the response has no CORS headers, and the browser blocks it.",
			Defence: &Defence{Title: "the callback returns false", Servers: []Rule{from(other, Rule{Response: Response{Status: 200, Header: []string{"Content-Type: text/plain", varyOrigin}, Body: "milk"}})},
				Lesson: "The page is blocked just the same, and the server logs no error."},
			Quiz: &Quiz{Question: "How does a server refuse an origin?", Right: 2, Answers: []string{"with 403", "with 500", "by sending no CORS headers"},
				Because: "The browser does the blocking. A status is a matter of the request itself."},
		},
		{
			Name: "myth-crossorigin-late", Title: "crossorigin must be there before src", Unit: "myths", Page: selfPage,
			Myth: "It does not matter whether crossorigin is set before or after src.",
			Script: runs(`const image = new Image()
await see('first without crossorigin', () => load(image, { src: 'http://other.localhost/cat.svg' }).catch(() => 'error'))
const context = document.createElement('canvas').getContext('2d')
context.drawImage(image, 0, 0)
image.crossOrigin = 'anonymous' // the image is requested again, and what was drawn stays
await see('what was drawn', () => 'readable ' + context.getImageData(8, 8, 1, 1).data[3])
`, fetched("first without crossorigin", element("img", other+"/cat.svg")), seen("what was drawn", "canvas:canvas/tainted/getImageData")),
			Servers: respond(200, picture, typeSVG, allowAny),
			Lesson:  "A change of the attribute has the image requested a second time. What was drawn from the first\nresponse stays tainted; a script element is not requested again at all.",
			Change:  "Set crossorigin first, or write it in the HTML.",
			Quiz: &Quiz{Question: "What does crossorigin on a script do once it has been inserted?", Right: 0, Answers: []string{"nothing", "it loads the script again"},
				Because: "A script element is fetched once, with the attributes that it had then."},
		},
		{
			Name: "myth-frameset", Title: "a frameset is not a way around", Unit: "myths", Page: selfPage,
			Myth: "The rules are about iframes: a frameset is something else.",
			Script: runs(`const set = document.createElement('frameset')
const old = document.createElement('frame')
set.append(old)
const loaded = new Promise((resolve) => old.addEventListener('load', resolve))
old.src = 'http://other.localhost/page'
document.documentElement.append(set)
await Promise.race([loaded, wait(2000)])
await see('contentDocument', () => old.contentDocument)
await see('contentWindow.document', () => old.contentWindow.document)
`, seen("contentDocument", "origins:cross-site url/contentDocument"), seen("contentWindow.document", "window:cross/get/document")),
			Servers: []Rule{document("other.localhost", "/page", "<p>A page of another site.")},
			Lesson:  "Each frame of a frameset is a window like that of an iframe. The element is obsolete, still\nworks, and gives nothing that an iframe would not.",
			Change:  "Only the same origin.",
			Quiz: &Quiz{Question: "Which element’s window has other rules?", Right: 2, Answers: []string{"iframe", "object", "none of them"},
				Because: "The rules are those of Window and Location, whatever element they are in."},
		},
		{
			Name: "myth-audio", Title: "sound of another site: played, and silent to Web Audio", Unit: "myths", Page: selfPage, Needs: []Need{NeedsVisible},
			Myth: "Only images taint; sound and video can be read.",
			Script: runs(`const audio = document.createElement('audio')
audio.preload = 'auto'
await see('it plays', async () => {
  await load(audio, { src: 'http://other.localhost/silence.wav' })
  return 'loaded duration ' + Math.round(audio.duration)
})
await see('createMediaElementSource', () => new AudioContext().createMediaElementSource(audio))
`, seen("it plays", "canvas:audio/cross/crossorigin none/ACAO none"), Sight{Name: "createMediaElementSource", Note: "The call gives a node, which is silent: the policy does not make it throw."}),
			Servers: at("other.localhost", "/silence.wav", respond(200, silentWave, "Content-Type: audio/wav")),
			Lesson:  "The call works, and the node gives silence: what comes from another origin without CORS is\nplayed and cannot be read. A video taints a canvas in the same way.",
			Change:  "crossorigin on the element, and Access-Control-Allow-Origin in its response.",
			Quiz: &Quiz{Question: "How does Web Audio refuse a foreign sound?", Right: 1, Answers: []string{"it throws", "it gives silence"},
				Because: "No exception: a visualiser that stays flat is the sign."},
		},
	}
}
