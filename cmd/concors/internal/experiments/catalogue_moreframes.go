package experiments

// moreWindows are experiments with windows, canvases, messages and storage besides those that reach into a frame.
func moreWindows() []Experiment {
	return []Experiment{
		{
			Name: "blob-frame", Title: "a frame with a blob: URL has the page’s origin", Unit: "windows", Page: selfPage,
			Script: runs(`const told = message((data) => data && data.origin)
const page = new Blob(["<script>parent.postMessage({ origin: self.origin }, '*')</`+`script>"], { type: 'text/html' })
await frame(URL.createObjectURL(page))
await see('its self.origin', async () => (await told).origin)
`, seen("its self.origin", "origins:blob/self.origin")),
			Lesson: "A blob: URL carries the origin of the page that made it, and its documents have that origin.\nSo a file of a user’s, shown as a blob, runs with the page’s own rights.",
			Change: "A sandboxed frame gives the document an opaque origin.",
			Quiz:   ask("How does one show an uploaded HTML file safely?", 1, "The sandbox takes its origin.", "as a blob: URL in a frame", "as a blob: URL in a sandboxed frame")},
		{
			Name: "noopener", Title: "a popup without a way back", Unit: "windows", Page: selfPage, Needs: []Need{NeedsPopup},
			Script: runs(`await see('what open returns', () => window.open('http://other.localhost/page', '_blank', 'noopener'))
`, seen("what open returns", "names:open-features/noopener-cross/returns")),
			Servers: []Rule{document("other.localhost", "/page", "<p>Close me.<script>setTimeout(() => window.close(), 300)</script>")},
			Lesson:  "With noopener neither side gets a reference to the other. Links with target=_blank have it by\ndefault.",
			Change:  "Without noopener the popup can navigate the page that opened it.",
			Quiz:    ask("What could a popup with an opener do to it?", 0, "opener.location can be set.", "navigate it to a forged login page", "read its cookies")},
		{
			Name: "canvas-transfer", Title: "the taint travels with the picture", Unit: "embeds", Page: selfPage,
			Script: runs(`const image = new Image()
await load(image, { src: 'http://other.localhost/cat.svg' })
const draw = (picture) => {
  const context = document.createElement('canvas').getContext('2d')
  context.drawImage(picture, 0, 0)
  return context
}
const first = draw(image)
const second = draw(first.canvas)
await see('a canvas drawn onto a canvas', () => 'readable ' + second.getImageData(8, 8, 1, 1).data[3])
await see('WebGL', () => {
  const gl = document.createElement('canvas').getContext('webgl')
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, first.canvas)
  return 'ok'
})
`, seen("a canvas drawn onto a canvas", "canvas:canvas/tainted/canvas drawn onto canvas"),
				Sight{Name: "WebGL", Check: "canvas:canvas/tainted/webgl texImage2D(canvas)", Note: "It needs a browser that has WebGL: Firefox had none where the outcomes were recorded."}),
			Servers: at("other.localhost", "/cat.svg", respond(200, picture, typeSVG)),
			Lesson:  "A copy of a tainted canvas is tainted. WebGL accepts no unreadable picture at all: a shader\ncould otherwise measure its colours by time.",
			Change:  "CORS for the image, as everywhere.",
			Quiz:    ask("Why does WebGL refuse what a 2D canvas only taints?", 0, "A shader’s running time can depend on pixels.", "shaders could leak pixels by their time", "it is older")},
		{
			Name: "message-receiver", Title: "a receiver that forgets to check", Unit: "messages", Page: evilPage,
			Script: runs(`// The attacker's page frames a shop that takes orders by message.
const w = (await frame('http://other.localhost/shop')).contentWindow
await see('the shop takes an order of this page', () => {
  const reply = message((data) => data === 'ordered')
  w.postMessage('order', '*')
  return Promise.race([reply.then(() => 'delivered'), wait(500).then(() => 'dropped')])
})
`, seen("the shop takes an order of this page", "messages:target */cross")),
			Servers: []Rule{document("other.localhost", "/shop", "<script>\naddEventListener('message', (event) => event.source.postMessage('ordered', '*'))\n</script>")},
			Lesson:  "Anyone who has a reference to a window may send it a message. This shop does not look at\nevent.origin, so the attacker’s order is as good as any.",
			Change:  "One line in the shop: if (event.origin !== 'http://www.app.localhost') return.",
			Defence: &Defence{Title: "the shop checks event.origin",
				Servers: []Rule{document("other.localhost", "/shop", "<script>\naddEventListener('message', (event) => {\n  if (event.origin !== 'http://www.app.localhost') return\n  event.source.postMessage('ordered', '*')\n})\n</script>")},
				Sights:  []Sight{{Name: "the shop takes an order of this page", Note: "dropped: the shop’s own code decides that, not the browser."}},
				Lesson:  "The message is still delivered, and the shop’s code ignores it."},
			Quiz: ask("Who checks where a message comes from?", 1, "The browser only says it, in event.origin.", "the browser", "the receiver’s code")},
		{
			Name: "message-forged", Title: "can a page forge event.origin?", Unit: "messages", Page: selfPage,
			Script: runs(`await see('an event made by script', () => {
  const event = new MessageEvent('message', { origin: 'https://bank.example', data: 'hi' })
  return event.origin + ' trusted ' + event.isTrusted
})
`, seen("an event made by script", "messages:MessageEvent constructor forges origin")),
			Lesson: "A script can make such an event for its own page only; isTrusted is then false. Across origins\nthere is postMessage alone, and the browser fills in the origin.",
			Change: "Nothing: a page may always fool itself.",
			Quiz:   ask("Is event.origin of a message from another page reliable?", 0, "The browser sets it.", "yes", "no")},
		{
			Name: "storage-same-site", Title: "does a frame of the same site see its own storage?", Unit: "storage", Page: selfPage, Needs: []Need{NeedsPopup},
			Script: runs(`await popup('http://api.app.localhost/write')
const told = message((data) => data && 'key' in data)
await frame('http://api.app.localhost/read')
await see('localStorage in the frame', async () => (await told).key)
`, seen("localStorage in the frame", "storage:sub/localStorage/seen in frame here")),
			Servers: []Rule{
				document("api.app.localhost", "/write", "<script>localStorage.setItem('key', '1'); opener && opener.postMessage('ready', '*')</script>"),
				document("api.app.localhost", "/read", "<script>parent.postMessage({ key: localStorage.getItem('key') }, '*')</script>"),
			},
			Lesson: "Partitions are by site, so a frame of the same site has its first-party storage. WebKitGTK\npartitions by origin, and the frame starts empty.",
			Change: "A frame of another site has a partition of its own everywhere.",
			Quiz:   ask("By what are partitions kept apart in the standard?", 1, "A site in the address bar has one partition.", "the origin in the address bar", "the site in the address bar")},
	}
}
