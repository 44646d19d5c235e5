package experiments

// messagesAndStorage are the experiments with messages, storage and cookies.
func messagesAndStorage() []Experiment {
	const (
		inbox = `<script>
addEventListener('message', () => parent.postMessage('received', '*'))
parent.postMessage('ready', '*')
</script>`
		sendCode = `const w = (await frame('http://other.localhost/inbox')).contentWindow
const send = (target) => {
  const reply = message((data) => data === 'received')
  w.postMessage('hello', target)
  return Promise.race([reply.then(() => 'delivered'), wait(500).then(() => 'dropped')])
}
`
		storagePage = `<script>
parent.postMessage({ key: localStorage.getItem('key') }, '*')
</script>`
	)
	return []Experiment{
		{
			Name: "message-target", Title: "postMessage: who receives it?", Unit: "messages", Page: selfPage,
			Script: script(sendCode+`await see('to anyone', () => send('*'))
await see('to its origin', () => send('http://other.localhost'))
await see('to the sender’s own origin', () => send('/'))
await see('to its host, with another case', () => send('http://other.localhost'.toUpperCase()))`,
				"to anyone", "messages:target */cross", "to its origin", "messages:target exact/cross",
				"to the sender’s own origin", "messages:target //cross", "to its host, with another case", "messages:target exact uppercase/cross"),
			Servers: []Rule{document("other.localhost", "/inbox", inbox)},
			Lesson:  "The second argument says which origin may receive the message. With * it goes to\nwhatever page is in the window by then.",
			Change:  "Always name the origin when a message contains anything private.",
			Quiz: &Quiz{Question: "Why not write “*” when you know which page you framed?", Right: 2,
				Answers: []string{"it is slower", "browsers refuse it", "the frame may have been navigated to another page"},
				Because: "The target origin is compared when the message is delivered, so it protects you from a page that replaced yours."},
		},
		{
			Name: "message-origin", Title: "what event.origin says, and the check that code forgets", Unit: "messages", Page: selfPage,
			Script: script(`const event = message((data) => data === 'hi', true)
const element = await frame('http://other.localhost/page')
await see('event.origin', async () => {
  const e = await event
  return e.origin + ' source===w ' + (e.source === element.contentWindow) + ' lastEventId "' + e.lastEventId + '" trusted ' + e.isTrusted
})`,
				"event.origin", "messages:event.origin from cross"),
			Servers: []Rule{document("other.localhost", "/page", "<script>parent.postMessage('hi', '*')</script>")},
			Lesson:  "Any page that has a reference to the window can send it a message. The receiver must\ncompare event.origin, all of it, with the origin that it expects.",
			Change:  "if (event.origin !== 'https://app.example') return; not endsWith, not includes.",
		},
		{
			Name: "message-sandbox", Title: "a sandboxed frame has no origin to name", Unit: "messages", Page: selfPage,
			Script: script(`const w = (await frame('http://www.app.localhost/inbox', { sandbox: 'allow-scripts' })).contentWindow
const send = (target) => {
  const reply = message((data) => data === 'received')
  w.postMessage('hello', target)
  return Promise.race([reply.then(() => 'delivered'), wait(500).then(() => 'dropped')])
}
await see('to anyone', () => send('*'))
await see('to its URL’s origin', () => send('http://www.app.localhost'))`,
				"to anyone", "messages:target */sandbox", "to its URL’s origin", "messages:target exact/sandbox"),
			Servers: []Rule{document("", "/inbox", inbox)},
			Lesson:  "An opaque origin equals nothing, so only * reaches a sandboxed frame. Its own messages\ncome with event.origin null: compare event.source as well.",
		},
		{
			Name: "message-invalid-target", Title: "a target origin that is not a URL", Unit: "messages", Page: selfPage,
			Script: script(sendCode+`await see('a space in the host', () => send('http://a b'))
await see('about:blank', () => send('about:blank'))`,
				"a space in the host", "messages:target space/cross", "about:blank", "messages:target about:blank/cross"),
			Servers: []Rule{document("other.localhost", "/inbox", inbox)},
			Lesson:  "A target that is not a URL is a SyntaxError by the standard. Browsers differ in which texts\nthey call a URL.",
		},
		{
			Name: "storage-other-site", Title: "does a frame of another site see its own storage?", Unit: "storage", Page: selfPage, Needs: []Need{NeedsPopup},
			Script: script(`await popup('http://other.localhost/write')
const told = message((data) => data && 'key' in data)
await frame('http://other.localhost/read')
await see('localStorage in the frame', async () => (await told).key)`,
				"localStorage in the frame", "storage:cross/localStorage/seen in frame here"),
			Servers: []Rule{
				document("other.localhost", "/write", "<script>localStorage.setItem('key', '1'); opener && opener.postMessage('ready', '*')</script>"),
				document("other.localhost", "/read", storagePage),
			},
			Lesson: "Storage is kept apart by the site in the address bar as well: a site framed here has\nanother storage than in its own window. That stops tracking through frames.",
		},
		{
			Name: "storage-same-origin", Title: "two pages of one origin share their storage", Unit: "storage", Page: selfPage,
			Script: script(`localStorage.setItem('key', '1')
const told = message((data) => data && 'key' in data)
await frame('http://www.app.localhost/read')
await see('localStorage in the frame', async () => (await told).key)`,
				"localStorage in the frame", "storage:self/localStorage/seen in frame here"),
			Servers: []Rule{document("", "/read", storagePage)},
			Lesson:  "All pages of an origin share localStorage,\nIndexedDB and caches, whatever their paths.",
		},
		{
			Name: "storage-access", Title: "may a frame ask for its first-party cookies?", Unit: "storage", Page: selfPage,
			Script: script(`const told = message((data) => data && data.access)
await frame('http://other.localhost/ask')
await see('without a click', async () => {
  const { access } = await told
  if (access[0] === '!') throw { name: access.slice(1) }
  return access
})`,
				"without a click", "storage:cross/frame requestStorageAccess without gesture"),
			Servers: []Rule{document("other.localhost", "/ask", `<script>
document.requestStorageAccess().then(() => 'granted', (e) => '!' + e.name).then((access) => parent.postMessage({ access }, '*'))
</script>`)},
			Lesson: "The Storage Access API lets a framed site ask the user. It needs a click in the frame,\nand often that the user has visited the site before.",
		},
		{
			Name: "broadcast-channel", Title: "BroadcastChannel stays within an origin", Unit: "messages", Page: selfPage,
			Script: script(`const told = message((data) => data === 'heard')
await frame('http://other.localhost/listen')
new BroadcastChannel('news').postMessage('hello')
await see('the other site', () => Promise.race([told.then(() => 'received'), wait(500).then(() => 'not received')]))`,
				"the other site", "messages:BroadcastChannel top -> cross"),
			Servers: []Rule{document("other.localhost", "/listen", "<script>new BroadcastChannel('news').onmessage = () => parent.postMessage('heard', '*')</script>")},
			Lesson:  "A channel’s name belongs to an origin and its partition. To speak across origins there\nis postMessage.",
		},
		{
			Name: "cookie-script", Title: "which cookies can a page set with document.cookie?", Unit: "cookies", Page: selfPage,
			Script: script(setCookie+`await see('a plain one', () => set('plain=1'))
await see('for the whole site', () => set('wide=1; Domain=app.localhost'))
await see('for all of localhost', () => set('tld=1; Domain=localhost'))
await see('for another path', () => set('path=1; Path=/foo'))
await see('Secure', () => set('secure=1; Secure'))
await see('__Host- without Secure', () => set('__Host-a=1; Path=/'))`,
				"a plain one", "cookies:document.cookie set/plain", "for the whole site", "cookies:document.cookie set/domain parent",
				"for all of localhost", "cookies:document.cookie set/domain tld", "for another path", "cookies:document.cookie set/path /foo",
				"Secure", "cookies:document.cookie set/secure", "__Host- without Secure", "cookies:document.cookie set/__Host- no secure"),
			Lesson: "A cookie belongs to a host or a domain and a path, and not to an origin. Prefixes such\nas __Host- make promises that a browser checks when the cookie is set.",
			Change: "HttpOnly hides a cookie from document.cookie. It takes a server to set it.",
		},
		{
			Name: "cookie-ports", Title: "two ports of one host have the same cookies", Unit: "cookies", Page: selfPage,
			Script: script(`document.cookie = 'shared=1; Path=/'
const told = message((data) => data && 'cookie' in data)
await frame('http://www.app.localhost:8080/read')
await see('the cookie at the other port', async () => (await told).cookie)`,
				"the cookie at the other port", "storage:port/cookie/seen in frame here"),
			Servers: []Rule{document("", "/read", `<script>
parent.postMessage({ cookie: (document.cookie.match(/shared=(\d)/) || [, null])[1] }, '*')
</script>`)},
			Lesson: "Cookies ignore the port, and until lately the scheme. So a development server on\nanother port sees and sets the cookies of the first.",
			Myth:   "Cookies are scoped to an origin.",
		},
	}
}
