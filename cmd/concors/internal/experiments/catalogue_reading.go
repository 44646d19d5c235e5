package experiments

// fetched is a sight that is the response of a request by the page.
func fetched(name string, a Action) Sight { return Sight{Name: name, Request: &a} }

// arrives is a sight of the server: whether a request came.
func arrives(name string, a Action) Sight { return Sight{Name: name, Server: true, Request: &a} }

// seen is a sight that a check of package sopcheck predicts.
func seen(name, check string) Sight { return Sight{Name: name, Check: check} }

// runs makes a script of its code and its sights.
func runs(code string, sights ...Sight) *Script { return &Script{Code: code, Sights: sights} }

// originTable are the experiments about origins and sites.
func originTable() []Experiment {
	return []Experiment{
		{
			Name: "origin-table", Title: "which of these URLs has the page’s origin?", Unit: "origins", Page: selfPage, Needs: []Need{NeedsHTTPS},
			Script: runs(`const read = (url) => fetch(url)
await see('another path', () => read('http://www.app.localhost/other/notes'))
await see('another port', () => read('http://www.app.localhost:8080/notes'))
await see('another host below it', () => read('http://api.app.localhost/notes'))
await see('the host above it', () => read('http://app.localhost/notes'))
await see('another site', () => read('http://other.localhost/notes'))
await see('https', () => read('https://www.app.localhost/notes'))
`,
				fetched("another path", get(self+"/other/notes")), fetched("another port", get(self+":8080/notes")),
				fetched("another host below it", get(sub+"/notes")), fetched("the host above it", get(app+"/notes")),
				fetched("another site", get(other+"/notes")), fetched("https", get("https://www.app.localhost/notes"))),
			Servers: respond(200, notes),
			Lesson:  "Scheme, host and port make the origin. The path does not count, and a port or an s in\nhttps is enough for another one.",
			Change:  "Nothing about the URLs: only the servers can allow the page’s origin.",
			Quiz: &Quiz{Question: "Which URL has the same origin as https://app.example/a?", Right: 2,
				Answers: []string{"http://app.example/a", "https://www.app.example/a", "https://app.example:443/b"},
				Because: "443 is the port of https anyway, and the path does not count."},
		},
		{
			Name: "your-url", Title: "a URL of your own: can this page read it?", Unit: "origins", Page: selfPage,
			Script: runs(`// Write another URL: another port (:8080), another name below localhost, another path.
const mine = 'http://www.app.localhost:8080/notes'
await see('fetch', () => fetch(mine))
`, fetched("fetch", get(self+":8080/notes"))),
			Servers: respond(200, notes),
			Lesson:  "The prediction is for the URL that stands here first. Change it, guess, and run it: what\nthe page can read depends on origin alone.",
			Change:  "A URL without the port has the page’s own origin.",
			Quiz: &Quiz{Question: "Two servers run on one computer, on ports 3000 and 8080. Are they one origin?", Right: 1,
				Answers: []string{"yes, the host is the same", "no"}, Because: "The port is a part of the origin. It is not a part of the site."},
		},
	}
}

// reading are the experiments about what is allowed: read, write, embed.
func reading() []Experiment {
	post := Action{URL: other + "/notes", Method: "POST", Mode: "no-cors", Body: text("milk")}
	getCode := func(headers string) string {
		return "await see('the response', () => fetch('http://other.localhost/notes', " + headers + "))\n"
	}
	byHeader := func(name, title, init string, a Action, lesson, change string, q *Quiz) Experiment {
		a.URL = other + "/notes"
		return Experiment{Name: name, Title: title, Unit: "simple", Page: selfPage, Script: runs(getCode(init), fetched("the response", a), arrives("the request itself", a)),
			Servers: preflighted(respond(405, "", "Allow: GET, POST"), respond(200, notes, allowAny)), Lesson: lesson, Change: change, Quiz: q}
	}
	return []Experiment{
		{
			Name: "read-write-embed", Title: "read, write, embed: three questions about one server", Unit: "reading", Page: selfPage,
			Script: runs(`await see('read', () => fetch('http://other.localhost/notes'))
await see('write', () => fetch('http://other.localhost/notes', { method: 'POST', mode: 'no-cors', body: 'milk' }))
await see('embed', () => load('img', { src: 'http://other.localhost/cat.svg' }).catch(() => 'error'))
`,
				fetched("read", get(other+"/notes")), fetched("write", Action{URL: other + "/saved", Mode: "no-cors", Method: "POST", Body: text("milk")}),
				fetched("embed", element("img", other+"/cat.svg")), arrives("the write", post)),
			Servers: append(at("other.localhost", "/cat.svg", respond(200, picture, typeSVG)),
				Rule{Response: Response{Status: 200, Header: []string{"Content-Type: text/plain"}, Body: "milk, bread"}}),
			Lesson: "A page may send to any origin and embed from it. What the policy stops is reading: the\nresponse came, and the page does not get it.",
			Change: "Access-Control-Allow-Origin allows the reading. Cross-Origin-Resource-Policy forbids the embedding.",
			Defence: &Defence{Title: "Cross-Origin-Resource-Policy: same-site",
				Servers: at("other.localhost", "/cat.svg", respond(200, picture, typeSVG, "Cross-Origin-Resource-Policy: same-site")),
				Lesson:  "Now the image is not embedded either. The write still comes: only the server itself can\nrefuse it."},
			Quiz: &Quiz{Question: "A blocked request: did the server carry it out?", Right: 1,
				Answers: []string{"never", "yes, if it needed no preflight"}, Because: "The browser hides the response. A simple request was sent and carried out."},
		},
		byHeader("simple-by-method", "is HEAD a simple request?", "{ method: 'HEAD' }", Action{Method: "HEAD"},
			"GET, HEAD and POST are simple methods: no preflight. This server refuses every OPTIONS\nrequest, and HEAD does not mind.", "Any other method is preflighted.",
			&Quiz{Question: "Which method needs a preflight?", Right: 2, Answers: []string{"HEAD", "POST", "DELETE"}, Because: "Forms and links can send GET, HEAD and POST, so servers had to expect them before CORS."}),
		byHeader("simple-by-content-type", "a POST with the type of a form", "{ method: 'POST', body: new URLSearchParams({ text: 'milk' }) }",
			Action{Method: "POST", Header: []string{"Content-Type: application/x-www-form-urlencoded;charset=UTF-8"}, Body: text("text=milk")},
			"Three content types are simple: those of HTML forms. URLSearchParams sends one of them, so\nno preflight comes first.", "Content-Type: application/json needs a preflight.",
			&Quiz{Question: "Which Content-Type is simple?", Right: 1, Answers: []string{"application/json", "text/plain", "text/xml"},
				Because: "text/plain, multipart/form-data and application/x-www-form-urlencoded are."}),
		byHeader("not-simple-by-header", "one header of the page’s own", "{ headers: { 'X-Request-ID': '7' } }", Action{Header: []string{"X-Request-ID: 7"}},
			"A header that no form could send makes the request one that needs a preflight. The server\nrefuses OPTIONS, so the request is never sent.", "The response to OPTIONS needs status 200 to 299, the origin, and X-Request-ID in its list.",
			&Quiz{Question: "Which header can a page set without a preflight?", Right: 0, Answers: []string{"Accept-Language", "Authorization", "X-Requested-With"},
				Because: "Accept, Accept-Language, Content-Language, Content-Type and Range are safelisted, with limits on their values."}),
		{
			Name: "preflight-cache", Title: "the second PUT has no preflight", Unit: "preflights", Page: selfPage,
			Script: runs(`const put = () => fetch('http://other.localhost/notes/1', { method: 'PUT', body: 'milk' })
await see('the first PUT', put)
await see('the second PUT', put)
`,
				fetched("the first PUT", Action{URL: other + "/notes/1", Method: "PUT", Body: text("milk")}),
				fetched("the second PUT", Action{URL: other + "/notes/1", Method: "PUT", Body: text("milk")})),
			Servers: preflighted(respond(204, "", allowAny, "Access-Control-Allow-Methods: PUT", "Access-Control-Max-Age: 600"), respond(200, saved, allowAny)),
			Lesson:  "Look at what the server saw: one OPTIONS, two PUT. Access-Control-Max-Age lets the browser\ncache the permission, by URL, origin and credentials.",
			Change:  "Access-Control-Max-Age: 0 turns the cache off. Without the header it is 5 seconds.",
			Defence: &Defence{Title: "Access-Control-Max-Age: 0",
				Servers: preflighted(respond(204, "", allowAny, "Access-Control-Allow-Methods: PUT", "Access-Control-Max-Age: 0"), respond(200, saved, allowAny))[:1],
				Lesson:  "Now each PUT has its own preflight, and a change of the policy counts at once."},
			Quiz: &Quiz{Question: "What does the preflight cache store?", Right: 1, Answers: []string{"the response’s body", "allowed methods and headers of a URL", "cookies"},
				Because: "Permissions for one URL and one origin. The actual response is checked every time."},
		},
		{
			Name: "redirect-back", Title: "another origin redirects back to the page’s own", Unit: "redirects", Page: selfPage,
			Script: runs(`await see('the response', () => fetch('http://other.localhost/back'))
`, fetched("the response", get(other+"/back"))),
			Servers: append(at("other.localhost", "/back", respond(302, "", allowAny, "Location: http://www.app.localhost/notes")), respond(200, notes)...),
			Lesson:  "Once a request has left the page’s origin it stays a CORS request: on the way back the\norigin is null, and even its own server must allow it.",
			Change:  "Access-Control-Allow-Origin: * in the last response as well.",
			Defence: &Defence{Title: "the last response allows every origin", Servers: at("www.app.localhost", "/notes", respond(200, notes, allowAny)),
				Lesson: "The wildcard also allows null, so the response is readable."},
			Quiz: &Quiz{Question: "Which responses of a redirect chain need CORS headers?", Right: 2, Answers: []string{"the first", "the last", "all of them, from the first foreign one"},
				Because: "The CORS check is made for each response of the chain."},
		},
		{
			Name: "opaque-anatomy", Title: "what is left of an opaque response", Unit: "redirects", Page: selfPage,
			Script: runs(`await see('no-cors', () => fetch('http://other.localhost/notes', { mode: 'no-cors' }))
await see('no-cors, a 404', () => fetch('http://other.localhost/missing', { mode: 'no-cors' }))
await see('cors', () => fetch('http://other.localhost/notes'))
`,
				fetched("no-cors", Action{URL: other + "/notes", Mode: "no-cors"}), fetched("no-cors, a 404", Action{URL: other + "/missing", Mode: "no-cors"}),
				fetched("cors", get(other+"/notes"))),
			Servers: append(at("other.localhost", "/missing", respond(404, "no such note", "Content-Type: text/plain")), respond(200, "milk", "Content-Type: text/plain")...),
			Lesson:  "Status 0, no headers, an empty body: a 404 looks like a success. Use it to send, or to\nfill a cache, never to read.",
			Change:  "Mode cors, and a server that allows the origin.",
			Quiz: &Quiz{Question: "Does mode no-cors solve a CORS error?", Right: 0, Answers: []string{"no: the error is gone, and so is the response", "yes"},
				Because: "It only tells the browser that the page will not read the response."},
		},
	}
}
