package experiments

// The names that the experiments use. To a browser each is a site of its own.
const (
	app = "http://app.localhost"
	api = "http://api.localhost"
	cdn = "http://cdn.localhost"
)

// Header lines of responses that many experiments use.
const (
	allowApp         = "Access-Control-Allow-Origin: " + app
	allowAny         = "Access-Control-Allow-Origin: *"
	allowCredentials = "Access-Control-Allow-Credentials: true"
	varyOrigin       = "Vary: Origin"
	typeSVG          = "Content-Type: image/svg+xml"
)

// Bodies of responses that many experiments use.
const (
	notes = `{"notes":["milk","bread"]}`
	saved = `{"saved":true}`
	ada   = `{"name":"Ada"}`
	// picture is an image that is text, so that an experiment is all text.
	picture = `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16"><circle cx="8" cy="8" r="8"/></svg>`
)

// get is a plain fetch() of a URL by the app's page.
func get(url string) Action { return Action{URL: url} }

// putNote is a request that no HTML form could make.
func putNote() Action {
	return Action{URL: api + "/notes/1", Method: "PUT", Header: []string{"Content-Type: application/json"}, Body: text(`{"text":"milk"}`)}
}

// element is what an element of the page requests: an image, a script, a font.
func element(kind, url string) Action { return Action{Element: kind, URL: url} }

// me is a request with credentials.
func me() Action { return Action{URL: api + "/me", Credentials: "include"} }

func text(s string) *string { return &s }

// respond is a server that sends everyone the same response.
func respond(status int, body string, header ...string) []Rule {
	return []Rule{{Response: Response{Status: status, Header: header, Body: body}}}
}

// grant is respond with the headers that allow the app's origin.
func grant(status int, body string, header ...string) []Rule {
	return respond(status, body, append([]string{allowApp, varyOrigin}, header...)...)
}

// preflighted is a server that responds to OPTIONS in one way and to everything
// else in another.
func preflighted(options, rest []Rule) []Rule {
	rule := options[0]
	rule.Method = "OPTIONS"
	return append([]Rule{rule}, rest...)
}

// at restricts a server's rules to a host and a path; "" is any.
func at(host, path string, rules []Rule) []Rule {
	for i := range rules {
		rules[i].Host, rules[i].Path = host, path
	}
	return rules
}

var (
	appPage     = Page{Origin: app}
	withSession = Page{Origin: app, Cookies: []string{"sid=31d4; SameSite=None; Secure"}}
)

// requests are the experiments that are one request.
func requests() []Experiment {
	return []Experiment{
		// The CORS check.
		{
			Name: "missing-allow-origin", Title: "a page requests data from a server that does not know CORS",
			Page: appPage, Action: get(api + "/notes"), Servers: respond(200, notes),
			Lesson: "The server did respond. The browser hides the response from the page, because\nno header in it allows this page. Only the server can add that header.",
		},
		{
			Name: "simple-get", Title: "the same simple request, and the server allows that one origin",
			Page: appPage, Action: get(api + "/notes"), Servers: grant(200, notes),
			Lesson: "A simple request needs one header: the page's origin, byte for byte.\nVary: Origin keeps caches from reusing the response for another origin.",
		},
		{
			Name: "wildcard", Title: "a public server allows every origin",
			Page: appPage, Action: get(api + "/notes"), Servers: respond(200, notes, allowAny),
			Lesson: "For data that anyone may have, the wildcard * is right and safe: it never\ncounts for a request with cookies.",
		},
		{
			Name: "same-origin", Title: "a page requests data from its own server: no CORS at all",
			Page: appPage, Action: get(app + "/notes"), Servers: respond(200, notes),
			Lesson: "Scheme, host and port are the same, so the page reads everything and no\nheader is needed. A CORS error always involves two origins.",
		},
		{
			Name: "origin-mismatch", Title: "the server's allowed origin ends with a slash",
			Page: appPage, Action: get(api + "/notes"), Servers: respond(200, notes, allowApp+"/", varyOrigin),
			Lesson: "The header is compared byte for byte, not as a URL: a slash, a port or\nhttps too many and it fails. Write origins as browsers send them.",
		},
		{
			Name: "several-origins", Title: "the server sends its whole list of origins",
			Page: appPage, Action: get(api + "/notes"), Servers: respond(200, notes, allowApp+", http://admin.localhost"),
			Lesson: "This header cannot hold a list. Keep an allowlist in the server, respond\nwith the one origin that matches, and add Vary: Origin.",
		},
		{
			Name: "duplicate-header", Title: "the service and the proxy in front of it both add the header",
			Page: appPage, Action: get(api + "/notes"), Servers: respond(200, notes, allowApp, allowApp),
			Lesson: "Two equal lines are joined with a comma and no longer equal the origin.\nLet exactly one layer add CORS headers.",
		},
		{
			Name: "invalid-origin", Title: "the server allows a host name where an origin belongs",
			Page: appPage, Action: get(api + "/notes"), Servers: respond(200, notes, "Access-Control-Allow-Origin: app.localhost"),
			Lesson: "An origin has a scheme: https://app.example, not app.example. The same host\non http and on https is two origins.",
		},
		{
			Name: "null-origin", Title: "a sandboxed frame sends a request, and its origin is null",
			Page: Page{Origin: "null"}, Action: get(api + "/notes"), Servers: grant(200, notes),
			Lesson: "Sandboxed frames, file: pages and some redirected requests send null. Do not\nallow it: every attacker can make a page whose origin is null.",
		},
		{
			Name: "error-without-headers", Title: "the server fails, and its error page has no CORS headers",
			Page: appPage, Action: get(api + "/notes"), Servers: respond(500, `{"error":"out of paper"}`),
			Lesson: "The console says CORS. The cause is the 500 behind it, which the page can't\nsee. Add the headers to error responses too.",
		},
		{
			Name: "hidden-headers", Title: "the page reads the response, but one of its headers is hidden",
			Page: appPage, Action: get(api + "/notes"), Servers: grant(200, notes, "X-Total-Count: 2"),
			Lesson: "Across origins a page sees seven response headers, such as Content-Type.\nThe network panel shows the others too, but a script reads null.",
		},
		{
			Name: "exposed-headers", Title: "the server exposes the header that the page needs",
			Page: appPage, Action: get(api + "/notes"), Servers: grant(200, notes, "X-Total-Count: 2", "Access-Control-Expose-Headers: X-Total-Count"),
			Lesson: "Access-Control-Expose-Headers lists what a page may read besides the seven.\nSet-Cookie is never readable.",
		},

		// Credentials.
		{
			Name: "credentials", Title: "a request with cookies, and a server that allows credentials",
			Page: withSession, Action: me(), Servers: grant(200, ada, allowCredentials),
			Lesson: "Allowing credentials lets the page read the response. Whether a cookie is\nsent is another matter: most browsers hold third-party cookies back.",
		},
		{
			Name: "wildcard-with-credentials", Title: "a request with cookies meets Access-Control-Allow-Origin: *",
			Page: withSession, Action: me(), Servers: respond(200, ada, allowAny, allowCredentials),
			Lesson: "With credentials * is not a wildcard: the server has to name the origin. So\n\"anyone\" can never mean \"anyone, logged in as you\".",
		},
		{
			Name: "credentials-not-allowed", Title: "the server allows the origin, but not credentials",
			Page: withSession, Action: me(), Servers: grant(200, ada),
			Lesson: "credentials: \"include\" also needs Access-Control-Allow-Credentials: true.\nIf the server needs no cookies, omit the option from the call.",
		},
		{
			Name: "credentials-spelling", Title: "the server sends True where it has to be true",
			Page: withSession, Action: me(), Servers: grant(200, ada, "Access-Control-Allow-Credentials: True"),
			Lesson: "The value is exactly true, in lower case. Frameworks that print their own\nlanguage's boolean get this wrong.",
		},
		{
			Name: "cookie-samesite", Title: "CORS is in order, and the cookie is not sent",
			Page: Page{Origin: app, Cookies: []string{"sid=31d4; SameSite=Lax"}}, Action: me(),
			Servers: append(
				[]Rule{{Cookie: "sid", Response: grant(200, ada, allowCredentials)[0].Response}},
				grant(401, `{"error":"log in"}`, allowCredentials)...),
			Lesson: "Browsers leave a SameSite=Lax cookie out of requests from other sites, and no\nCORS header changes that. Two hosts below one domain are one site.",
		},

		// Preflights.
		{
			Name: "preflight", Title: "a PUT with JSON: the browser sends a preflight first",
			Page: appPage, Action: putNote(),
			Servers: preflighted(
				grant(204, "", "Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: content-type", "Access-Control-Max-Age: 600"),
				grant(200, saved)),
			Lesson: "A request that no HTML form could send is preflighted. The preflight response\nallows method and headers; the actual response needs its own header.",
		},
		{
			Name: "preflight-without-headers", Title: "the server sends no CORS headers on OPTIONS",
			Page: appPage, Action: putNote(),
			Servers: preflighted(respond(200, "", "Allow: GET, PUT"), grant(200, saved)),
			Lesson:  "The preflight is a request of its own, and its response needs the headers\ntoo. The PUT was never sent.",
		},
		{
			Name: "preflight-404", Title: "the router has a route for PUT and none for OPTIONS",
			Page: appPage, Action: putNote(),
			Servers: preflighted(grant(404, `{"error":"not found"}`), grant(200, saved)),
			Lesson:  "The right headers on the wrong status do not count: a preflight needs 200 to\n299. Respond to OPTIONS before the router does.",
		},
		{
			Name: "preflight-needs-login", Title: "the server requires a login even for the preflight",
			Page: appPage,
			Action: Action{URL: api + "/notes/1", Method: "PUT", Body: text(`{"text":"milk"}`),
				Header: []string{"Content-Type: application/json", "Authorization: Bearer 31d4"}},
			Servers: preflighted(grant(401, `{"error":"log in"}`), grant(200, saved)),
			Lesson:  "A preflight never carries cookies or Authorization. Respond to it before\nthe login is checked; it gives nothing away.",
		},
		{
			Name: "preflight-redirect", Title: "the server redirects away a trailing slash, for the preflight too",
			Page:    appPage,
			Action:  Action{URL: api + "/notes/1/", Method: "PUT", Header: []string{"Content-Type: application/json"}, Body: text(`{"text":"milk"}`)},
			Servers: grant(308, "", "Location: "+api+"/notes/1"),
			Lesson:  "Browsers follow no redirect of a preflight, whether it adds a slash or\nleads to https. Request the final URL in the first place.",
		},
		{
			Name: "method-not-allowed", Title: "the preflight response does not list DELETE",
			Page: appPage, Action: Action{URL: api + "/notes/1", Method: "DELETE"},
			Servers: preflighted(grant(204, "", "Access-Control-Allow-Methods: GET, POST, PUT"), grant(200, saved)),
			Lesson:  "Every method except GET, HEAD and POST must be listed, or covered by *. The\nDELETE itself was not sent.",
		},
		{
			Name: "method-lower-case", Title: "the page writes patch, the server allows PATCH",
			Page: appPage, Action: Action{URL: api + "/notes/1", Method: "patch"},
			Servers: preflighted(grant(204, "", "Access-Control-Allow-Methods: GET, POST, PATCH"), grant(200, saved)),
			Lesson:  "Methods are case-sensitive. Browsers turn put into PUT, but leave patch as\nit is: write method: \"PATCH\".",
		},
		{
			Name: "header-not-allowed", Title: "JSON needs Content-Type among the allowed headers",
			Page:    appPage,
			Action:  Action{URL: api + "/notes", Method: "POST", Header: []string{"Content-Type: application/json"}, Body: text(`{"text":"milk"}`)},
			Servers: preflighted(grant(204, "", "Access-Control-Allow-Methods: POST", "Access-Control-Allow-Headers: x-request-id"), grant(201, saved)),
			Lesson:  "No HTML form can send Content-Type: application/json, so the preflight\nresponse must list content-type among the allowed headers.",
		},
		{
			Name: "authorization-and-wildcard", Title: "the server allows all headers with *, and one is Authorization",
			Page: appPage, Action: Action{URL: api + "/me", Header: []string{"Authorization: Bearer 31d4"}},
			Servers: preflighted(respond(204, "", allowAny, "Access-Control-Allow-Headers: *"), respond(200, ada, allowAny)),
			Lesson:  "By the standard * does not cover it; in Chromium, Firefox and WebKit it does:\nsee --as all. List authorization, and it works in all of them.",
		},
		{
			Name: "headers-wildcard-with-credentials", Title: "with credentials, * allows no header either",
			Page: appPage,
			Action: Action{URL: api + "/notes/1", Method: "POST", Header: []string{"Content-Type: application/json"}, Body: text(`{"text":"milk"}`),
				Credentials: "include"},
			Servers: preflighted(grant(204, "", allowCredentials, "Access-Control-Allow-Headers: *"), grant(200, saved, allowCredentials)),
			Lesson:  "With credentials * is not a wildcard in any CORS header. List the methods\nand the headers.",
		},
		{
			Name: "allow-headers-syntax", Title: "one invalid name makes the whole list of allowed headers invalid",
			Page: appPage, Action: putNote(),
			Servers: preflighted(
				grant(204, "", "Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: content-type; x-request-id"),
				grant(200, saved)),
			Lesson: "Commas separate the names in the list. With anything else in it, the browser\nrejects the whole list.",
		},
		{
			Name: "upload-listener", Title: "a progress bar makes a simple POST need a preflight",
			Page: appPage, Action: Action{URL: api + "/upload", XHR: true, UploadListener: true, Body: text("a plain text")},
			Servers: preflighted(respond(405, "", "Allow: POST"), grant(200, saved)),
			Lesson:  "Without a listener on xhr.upload the same POST is a simple request. With it\nthe page could tell a live server from a dead one, so it is preflighted.",
		},

		// Blocked is not unsent.
		{
			Name: "sent-anyway", Title: "a POST is blocked, and the server carries it out all the same",
			Page: appPage, Action: Action{URL: api + "/notes", Body: text("milk")}, Servers: respond(201, saved),
			Lesson: "A simple POST is sent without a preflight. CORS hides the response; it does\nnot undo what the server did. That takes a defence against CSRF.",
		},
		{
			Name: "no-cors-opaque", Title: "mode no-cors: no error, and nothing to read",
			Page: appPage, Action: Action{URL: api + "/notes", Mode: "no-cors"}, Servers: respond(200, notes),
			Lesson: "no-cors hides the error, and the response with it: status 0, no headers, no\nbody. It is for sending, not for reading.",
		},
		{
			Name: "mode-same-origin", Title: "the page chose a mode that forbids other origins",
			Page: appPage, Action: Action{URL: api + "/notes", Mode: "same-origin"}, Servers: grant(200, notes),
			Lesson: "In mode same-origin nothing is sent to another origin, whatever that server\nwould have allowed.",
		},

		// Redirects.
		{
			Name: "redirect-without-headers", Title: "a redirect on the way has no CORS headers",
			Page: appPage, Action: get(api + "/old"),
			Servers: append(at("", "/old", respond(302, "", "Location: "+api+"/notes")), grant(200, notes)...),
			Lesson:  "The browser checks every response on the way, redirects included. A redirect\nto a login page looks like this in the console.",
		},
		{
			Name: "redirect-tainted", Title: "a redirect from one foreign origin to another makes Origin null",
			Page: appPage, Action: get(api + "/notes"),
			Servers: append(
				at("api.localhost", "", grant(302, "", "Location: "+cdn+"/notes.json")),
				at("cdn.localhost", "", grant(200, notes))...),
			Lesson: "After a redirect between two other origins the browser sends null: neither of\nthem may speak for the page. Only * or null passes the check then.",
		},
		{
			Name: "redirect-with-userinfo", Title: "the redirect leads to a URL with a password in it",
			Page: appPage, Action: get(api + "/notes"), Servers: grant(302, "", "Location: http://ada:secret@cdn.localhost/notes.json"),
			Lesson: "A cross-origin request follows no redirect to a URL with a user name or\npassword.",
		},
		{
			Name: "redirect-manual", Title: "redirect: \"manual\" does not show where it leads",
			Page: appPage, Action: Action{URL: api + "/notes", Redirect: "manual"}, Servers: grant(302, "", "Location: "+cdn+"/notes.json"),
			Lesson: "The page learns that there is a redirect, and nothing more: where it leads\ncould reveal, for example, who is logged in.",
		},

		// Elements, and the policies around CORS.
		{
			Name: "image", Title: "an image from another origin: shown, not read",
			Page: appPage, Action: element("img", cdn+"/cat.svg"), Servers: respond(200, picture, typeSVG),
			Lesson: "Elements make requests without CORS: the page shows what they load, and can't\nread it. A canvas on which the image is drawn is tainted.",
		},
		{
			Name: "image-crossorigin", Title: "with crossorigin, an image needs the server's permission",
			Page: appPage, Action: Action{Element: "img", URL: cdn + "/cat.svg", CrossOrigin: "anonymous"}, Servers: respond(200, picture, typeSVG),
			Lesson: "The attribute makes it a CORS request, so that the page may read the image.\nWithout the server's permission there is no image at all.",
		},
		{
			Name: "font", Title: "a font always needs CORS",
			Page: appPage, Action: element("font", cdn+"/text.woff2"), Servers: respond(200, "wOF2", "Content-Type: font/woff2"),
			Lesson: "Fonts, module scripts and manifests are CORS requests with or without the\nattribute. Send Access-Control-Allow-Origin: * for what a CDN serves.",
		},
		{
			Name: "corp", Title: "the server forbids other origins to embed its image",
			Page: appPage, Action: element("img", cdn+"/cat.svg"), Servers: respond(200, picture, typeSVG, "Cross-Origin-Resource-Policy: same-origin"),
			Lesson: "Cross-Origin-Resource-Policy restricts what CORS does not: loading without\nreading.",
		},
		{
			Name: "coep", Title: "an isolated page embeds only resources that agree to it",
			Page:   Page{Origin: app, EmbedderPolicy: "require-corp"},
			Action: element("img", cdn+"/cat.svg"), Servers: respond(200, picture, typeSVG),
			Lesson: "Under Cross-Origin-Embedder-Policy: require-corp every image needs\nCross-Origin-Resource-Policy: cross-origin, or CORS.",
		},
		{
			Name: "nosniff-script", Title: "a script served as text/plain, with nosniff",
			Page: appPage, Action: element("script", cdn+"/widget.js"),
			Servers: respond(200, "console.log('hello')\n", "Content-Type: text/plain", "X-Content-Type-Options: nosniff"),
			Lesson:  "With nosniff a script must have a script's type: text/javascript. This is\nnot CORS, although it looks like it.",
		},
		{
			Name: "orb", Title: "JSON in a script element never reaches the page's process",
			Page: appPage, Action: element("script", api+"/notes"), Servers: respond(200, notes),
			Lesson: "Most browsers discard a response that no element could use before it reaches\nthe page's process, where even a bug of the processor could read it.",
		},
		{
			Name: "local-network", Title: "a page on the public internet sends a request to this machine",
			Page:   Page{Origin: "https://shop.example", AddressSpace: "public"},
			Action: get("http://printer.localhost/status"), Servers: respond(200, `{"paper":0}`, allowAny),
			Lesson: "Local Network Access: the user must agree before a public page may send\nrequests to the local network. No response header changes that.",
		},
		{
			Name: "mixed-content", Title: "an https page sends a request over plain http",
			Page: Page{Origin: "https://app.example"}, Action: get("http://api.example/notes"), Servers: respond(200, notes, allowAny),
			Lesson: "Mixed content is blocked before anything is sent. Loopback is the exception:\nits names count as secure.",
		},
		{
			Name: "blocked-port", Title: "a port that belongs to another protocol",
			Page: appPage, Action: get(api + ":6000/notes"), Servers: grant(200, notes),
			Lesson: "Browsers send no HTTP to some ports, whatever listens there. Use another\none, such as 8080.",
		},
		{
			Name: "no-response", Title: "a server hangs up: a \"CORS error\" that has another cause",
			Page: appPage, Action: get(api + "/notes"), Servers: []Rule{{Response: Response{HangUp: true}}},
			Lesson: "Firefox's console calls this a CORS error too. A page gets the same TypeError\nwhether there was no response or a hidden one.",
		},
	}
}
