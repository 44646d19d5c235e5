package experiments

// An attack is a page of http://evil.localhost unless the challenge says otherwise.
const evil = "http://evil.localhost"

var evilPage = Page{Origin: evil}

// allow is the rule of a server that allows one origin, with credentials.
func allow(origin, body string, header ...string) Rule {
	return Rule{Response: Response{Status: 200, Body: body,
		Header: append([]string{"Access-Control-Allow-Origin: " + origin, allowCredentials}, header...)}}
}

// from restricts a rule to requests with an Origin header.
func from(origin string, r Rule) Rule {
	r.Origin = origin
	return r
}

// challenges are attacks on servers that trust too much.
func challenges() []Experiment {
	const bank = "http://bank.localhost"
	account := Action{URL: bank + "/account", Credentials: "include"}
	const account1 = `{"owner":"Ada","balance":42}`
	const steal = `// The attacker's page. The victim has visited it while logged in at http://bank.localhost.
await see('the attacker reads', () => fetch('http://bank.localhost/account', { credentials: 'include' }))
`
	refused := Rule{Response: Response{Status: 200, Header: []string{varyOrigin}, Body: account1}}
	return []Experiment{
		{
			Name: "challenge-reflected-origin", Title: "a server that allows every origin that asks", Unit: "challenges", Page: evilPage,
			Script: runs(steal, fetched("the attacker reads", account)),
			// The server copies the Origin header: each of these pages gets its own origin back.
			Servers: []Rule{from(evil, allow(evil, account1, varyOrigin)), from(app, allow(app, account1, varyOrigin)), refused},
			Lesson:  "The bank’s server sends back whatever Origin it gets, with credentials. So every page of\nthe web may read the account of a visitor who is logged in.",
			Change:  "A list of allowed origins, compared whole.",
			Defence: &Defence{Title: "an allowlist with http://app.localhost alone", Servers: []Rule{from(app, allow(app, account1, varyOrigin)), refused},
				Lesson: "A page of the list can still read; the attacker gets no header and no data."},
			Quiz: &Quiz{Question: "Why do servers reflect the Origin header?", Right: 1,
				Answers: []string{"the standard asks for it", "because * is refused with credentials"},
				Because: "Browsers refuse * with credentials on purpose. Reflecting every origin works around that protection."},
		},
		{
			Name: "challenge-null", Title: "a server that allows the origin null", Unit: "challenges", Page: Page{Origin: "null"},
			Script:  runs("// The attacker's page runs in a sandboxed frame, so its origin is null.\n// "+steal[len("// The attacker's page. "):], fetched("the attacker reads", account)),
			Servers: []Rule{from("null", allow("null", account1, varyOrigin)), refused},
			Lesson:  "Somebody allowed null for a local file or a test. Every attacker has it: a sandboxed frame\nis enough.",
			Change:  "Remove null from the list. Serve local pages from http://localhost.",
			Defence: &Defence{Title: "null is not allowed", Servers: []Rule{refused}, Lesson: "The sandboxed page gets no permission."},
			Quiz: &Quiz{Question: "Who can send Origin: null?", Right: 2, Answers: []string{"only file: pages", "only the browser itself", "any page, through a sandboxed frame"},
				Because: "sandbox without allow-same-origin gives a frame an opaque origin, which is written null."},
		},
		{
			Name: "challenge-http-subdomain", Title: "an https service trusts its plain http subdomain", Unit: "challenges",
			Page: Page{Origin: "http://old.bank.localhost"}, Needs: []Need{NeedsHTTPS},
			Script: runs(`// The attacker sits in the same wireless network and has put this page into http://old.bank.localhost:
// plain http can be changed on the way.
await see('the attacker reads', () => fetch('https://bank.localhost/account', { credentials: 'include' }))
`, fetched("the attacker reads", Action{URL: "https://bank.localhost/account", Credentials: "include"})),
			Servers: []Rule{from("http://old.bank.localhost", allow("http://old.bank.localhost", account1, varyOrigin)), refused},
			Lesson:  "Who trusts an http origin trusts everyone between the visitor and its server. The https of\nthe service does not help any more.",
			Change:  "Allow https origins only, and send Strict-Transport-Security for all subdomains.",
			Defence: &Defence{Title: "only https://old.bank.localhost is allowed", Servers: []Rule{from("https://old.bank.localhost", allow("https://old.bank.localhost", account1, varyOrigin)), refused},
				Lesson: "The page that came over http gets no permission. One that came over https would."},
			Quiz: &Quiz{Question: "An allowlist has http://*.shop.example. What is wrong?", Right: 0, Answers: []string{"the scheme and the wildcard", "nothing, it is the company’s own domain"},
				Because: "Pages over http can be forged on the network, and any one subdomain of many may be weak."},
		},
		{
			Name: "challenge-subdomain-takeover", Title: "a forgotten subdomain belongs to somebody else", Unit: "challenges",
			Page: Page{Origin: "http://campaign.bank.localhost"},
			Script: runs(`// The name campaign.bank.localhost still points to a hosting service where the account was given up.
// The attacker has taken the account, so this page is the attacker's.
await see('the attacker reads', () => fetch('http://bank.localhost/account', { credentials: 'include' }))
`, fetched("the attacker reads", account)),
			Servers: []Rule{from("http://campaign.bank.localhost", allow("http://campaign.bank.localhost", account1, varyOrigin)), refused},
			Lesson:  "The service allows all its subdomains. One whose hosting ended was taken over, and with it\nthe permission. It is the same site, so SameSite cookies are sent too.",
			Change:  "List the hosts that need access, and remove DNS entries together with their hosting.",
			Defence: &Defence{Title: "only http://app.bank.localhost is allowed", Servers: []Rule{from("http://app.bank.localhost", allow("http://app.bank.localhost", account1, varyOrigin)), refused},
				Lesson: "The name that was taken over is not in the list."},
			Quiz: &Quiz{Question: "Does SameSite=Strict protect against a page of a subdomain?", Right: 1, Answers: []string{"yes", "no"},
				Because: "A subdomain is the same site. SameSite protects against other sites only."},
		},
		{
			Name: "challenge-internal-address", Title: "the visitor’s browser opens a door into the office", Unit: "challenges", Page: evilPage,
			Script: runs(`// The attacker's page, on a computer inside the office. http://printer.localhost stands for a device there.
await see('the attacker reads', () => fetch('http://printer.localhost/status'))
await see('the attacker sends', () => fetch('http://printer.localhost/print', { method: 'POST', mode: 'no-cors', body: 'paper!' }))
`, fetched("the attacker reads", get("http://printer.localhost/status")),
				fetched("the attacker sends", Action{URL: "http://printer.localhost/print", Method: "POST", Mode: "no-cors", Body: text("paper!")})),
			Servers: []Rule{{Host: "printer.localhost", Response: respond(200, "ready", "Content-Type: text/plain", allowAny)[0].Response}},
			Lesson:  "No firewall helps: the request comes from inside. A device that allows every origin because\nit has no passwords can be read from any web page.",
			Change:  "No CORS headers on internal devices, and a check of the Host header.",
			Defence: &Defence{Title: "the device refuses pages of other sites", Servers: []Rule{{Host: "printer.localhost", Origin: evil, Response: Response{Status: 403, Header: []string{"Content-Type: text/plain"}, Body: "not from here"}}},
				Lesson: "The device looks at Origin and refuses. Local Network Access, where a browser has it, asks the\nuser first when a public page sends to a local address."},
			Quiz: &Quiz{Question: "A device is reachable only inside the network. Is Access-Control-Allow-Origin: * safe there?", Right: 1, Answers: []string{"yes", "no"},
				Because: "* protects what needs cookies. It does not protect what is secret because of where it is."},
		},
		{
			Name: "challenge-cache-without-vary", Title: "a cached response without Vary locks everyone out", Unit: "challenges", Page: selfPage,
			Myth: "Vary: Origin is only needed when the origin is allowed.",
			Script: runs(`// An advertisement on the page loads the image as any image, to put the plain response into the cache.
await load('img', { src: 'http://other.localhost/cat.svg' })
// Then the page needs the image with CORS. Firefox keeps what came without credentials apart, so it asks with them.
await see('the image with CORS', async () => {
  const image = new Image()
  await load(image, { crossorigin: 'use-credentials', src: 'http://other.localhost/cat.svg' })
  const context = document.createElement('canvas').getContext('2d')
  context.drawImage(image, 0, 0)
  return 'readable ' + context.getImageData(8, 8, 1, 1).data[3]
})
`, seen("the image with CORS", "canvas:img/cross/crossorigin use-credentials/ACAO none")),
			Servers: []Rule{
				{Origin: self, Path: "/cat.svg", Response: respond(200, picture, typeSVG, "Access-Control-Allow-Origin: "+self, allowCredentials, "Cache-Control: max-age=600")[0].Response},
				{Path: "/cat.svg", Response: respond(200, picture, typeSVG, "Cache-Control: max-age=600")[0].Response},
			},
			Lesson: "The server sends the header only to requests with Origin, and no Vary. The cache keeps the\nanswer to the first kind and gives it to the second: blocked, until it expires.",
			Change: "Vary: Origin in every response, also in those without an Origin header.",
			Defence: &Defence{Title: "Vary: Origin",
				Servers: []Rule{
					{Origin: self, Path: "/cat.svg", Response: respond(200, picture, typeSVG, "Access-Control-Allow-Origin: "+self, allowCredentials, "Cache-Control: max-age=600", varyOrigin)[0].Response},
					{Path: "/cat.svg", Response: respond(200, picture, typeSVG, "Cache-Control: max-age=600", varyOrigin)[0].Response},
				},
				Sights: []Sight{seen("the image with CORS", "canvas:img/cross/crossorigin use-credentials/ACAO origin+creds")},
				Lesson: "The cache keeps one response for each Origin, so both requests get theirs."},
			Quiz: &Quiz{Question: "When does a response need Vary: Origin?", Right: 2, Answers: []string{"only if the origin is allowed", "only with credentials", "always, if the response depends on Origin"},
				Because: "A response to a request without Origin is cached too, and can be given to one with it."},
		},
	}
}
