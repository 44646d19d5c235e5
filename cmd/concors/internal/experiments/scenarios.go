package experiments

import (
	"io"
	"net/http"

	"github.com/concors/concors/cmd/concors/internal/request"
)

// The names that the scenarios use. To a browser each is a site of its own.
const (
	app = "http://app.localhost"
	api = "http://api.localhost"
	cdn = "http://cdn.localhost"
)

// First is the scenario to begin with.
const First = "missing-allow-origin"

// answer is a handler with a fixed answer. The headers are pairs of name and value.
func answer(status int, body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		set := map[string]bool{}
		for i := 0; i+1 < len(headers); i += 2 {
			name := http.CanonicalHeaderKey(headers[i])
			if !set[name] {
				w.Header().Del(name)
			}
			set[name] = true
			w.Header().Add(name, headers[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// preflighted answers OPTIONS with one handler and the rest with another.
func preflighted(options, rest http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			options(w, r)
			return
		}
		rest(w, r)
	}
}

// hosts answers by the name that was asked.
func hosts(byHost map[string]http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if h, ok := byHost[r.Host]; ok {
			h(w, r)
			return
		}
		http.NotFound(w, r)
	}
}

const (
	acao   = "Access-Control-Allow-Origin"
	acac   = "Access-Control-Allow-Credentials"
	acam   = "Access-Control-Allow-Methods"
	acah   = "Access-Control-Allow-Headers"
	expose = "Access-Control-Expose-Headers"
	vary   = "Vary"
	corp   = "Cross-Origin-Resource-Policy"
)

const (
	notes = `{"notes":["milk","bread"]}`
	saved = `{"saved":true}`
	// pixel is the start of every PNG file, which is all that a browser looks
	// at before it lets an image through.
	pixel = "\x89PNG\r\n\x1a\n"
)

// granted is an answer that lets the app's page in.
func granted(status int, body string, more ...string) http.HandlerFunc {
	return answer(status, body, append([]string{acao, app, vary, "Origin"}, more...)...)
}

func body(s string) *string { return &s }

// Scenarios returns all scenarios, in the order of a course.
func Scenarios() []Scenario {
	page := func(url string) request.Question { return request.Question{URL: url, From: app} }
	with := func(q request.Question, change func(*request.Question)) request.Question {
		change(&q)
		return q
	}
	jsonPut := with(page(api+"/notes/1"), func(q *request.Question) {
		q.Method, q.Data, q.Header = "PUT", body(`{"text":"milk"}`), []string{"Content-Type: application/json"}
	})
	credentialed := with(page(api+"/me"), func(q *request.Question) {
		q.Credentials, q.Cookies = "include", []string{"sid=31d4; SameSite=None; Secure"}
	})

	return []Scenario{
		// The CORS check.
		{
			Name: "missing-allow-origin", Title: "a page asks a server that has never heard of CORS",
			Question: page(api + "/notes"), Serve: answer(200, notes),
			Learn: "The server did answer; the browser keeps the answer from the page, because\nnothing in it says that this page may read it. Only the server can say so.",
			Next:  "simple-get",
		},
		{
			Name: "simple-get", Title: "the same, and the server lets that one origin in",
			Question: page(api + "/notes"), Serve: granted(200, notes),
			Learn: "One header with the page's origin, byte for byte, is all that a plain GET\nneeds. Vary: Origin keeps caches from giving it to another origin.",
			Next:  "wildcard",
		},
		{
			Name: "wildcard", Title: "a public server lets every origin in",
			Question: page(api + "/notes"), Serve: answer(200, notes, acao, "*"),
			Learn: "For data that anybody may have, * is right and safe: it never counts for\na request that carries cookies.",
			Next:  "same-origin",
		},
		{
			Name: "same-origin", Title: "a page asks its own server: no CORS at all",
			Question: page(app + "/notes"), Serve: answer(200, notes),
			Learn: "Scheme, host and port are the same, so the page reads everything and no\nheader is needed. A CORS error always lies between two origins.",
			Next:  "origin-mismatch",
		},
		{
			Name: "origin-mismatch", Title: "the server's list has the origin with a slash at its end",
			Question: page(api + "/notes"), Serve: answer(200, notes, acao, app+"/", vary, "Origin"),
			Learn: "The comparison is byte for byte and knows no URLs: a slash, a port or an\nhttps too many and it fails. Write origins as browsers send them.",
			Next:  "several-origins",
		},
		{
			Name: "several-origins", Title: "the server lists all the origins that it knows",
			Question: page(api + "/notes"), Serve: answer(200, notes, acao, app+", http://admin.localhost"),
			Learn: "There is no list in this header. Look the request's Origin up in a list of\nyour own, answer with that one alone, and add Vary: Origin.",
			Next:  "duplicate-header",
		},
		{
			Name: "duplicate-header", Title: "the service and the proxy before it both add the header",
			Question: page(api + "/notes"), Serve: answer(200, notes, acao, app, acao, app),
			Learn: "Two equal lines are joined with a comma and equal nothing any more. Let\none layer do CORS, and only one.",
			Next:  "invalid-origin",
		},
		{
			Name: "invalid-origin", Title: "the server's list has a host name where an origin belongs",
			Question: page(api + "/notes"), Serve: answer(200, notes, acao, "app.localhost"),
			Learn: "An origin has a scheme: https://app.example and not app.example. The page\non http is another origin than the one on https.",
			Next:  "null-origin",
		},
		{
			Name: "null-origin", Title: "a sandboxed frame asks, and its origin is null",
			Question: request.Question{URL: api + "/notes", From: "null"}, Serve: granted(200, notes),
			Learn: "Sandboxed frames, file: pages and redirected requests all say null. Do not\nallow it: every attacker can make a page whose origin is null.",
			Next:  "error-without-headers",
		},
		{
			Name: "error-without-headers", Title: "the server fails, and its error page has no CORS headers",
			Question: page(api + "/notes"), Serve: answer(500, `{"error":"out of paper"}`),
			Learn: "The console says CORS; the fault is the 500 behind it, which the page can't\nsee. Add the headers to error answers too.",
			Next:  "hidden-headers",
		},
		{
			Name: "hidden-headers", Title: "the page is let in, but a header is missing from its sight",
			Question: page(api + "/notes"), Serve: granted(200, notes, "X-Total-Count", "2"),
			Learn: "Of another origin's headers a page sees seven, such as Content-Type. The\nothers are there, in the network tab too, and a script reads null.",
			Next:  "exposed-headers",
		},
		{
			Name: "exposed-headers", Title: "the server exposes the header that the page needs",
			Question: page(api + "/notes"), Serve: granted(200, notes, "X-Total-Count", "2", expose, "X-Total-Count"),
			Learn: "Access-Control-Expose-Headers names what a page may read beyond the seven.\nSet-Cookie never is.",
			Next:  "credentials",
		},

		// Credentials.
		{
			Name: "credentials", Title: "a request with cookies, and a server that allows that",
			Question: credentialed, Serve: granted(200, `{"name":"Ada"}`, acac, "true"),
			Learn: "Allowing credentials opens the answer; whether a cookie travels is another\nmatter. To browsers this one is a third party's, and most keep it back.",
			Next:  "wildcard-with-credentials",
		},
		{
			Name: "wildcard-with-credentials", Title: "a request with cookies meets Access-Control-Allow-Origin: *",
			Question: credentialed, Serve: answer(200, `{"name":"Ada"}`, acao, "*", acac, "true"),
			Learn: "With credentials * is no wildcard: the server has to name the origin. That\nkeeps \"anybody\" from ever meaning \"anybody, logged in as you\".",
			Next:  "credentials-not-allowed",
		},
		{
			Name: "credentials-not-allowed", Title: "the server names the origin, and says nothing of credentials",
			Question: credentialed, Serve: granted(200, `{"name":"Ada"}`),
			Learn: "credentials: \"include\" needs Access-Control-Allow-Credentials: true as well.\nIf the server needs no cookies, leave the option out of the call.",
			Next:  "credentials-spelling",
		},
		{
			Name: "credentials-spelling", Title: "the server says True where it has to be true",
			Question: credentialed, Serve: granted(200, `{"name":"Ada"}`, acac, "True"),
			Learn: "Exactly true, in lower case. Frameworks that print a boolean of their own\nlanguage get this wrong.",
			Next:  "cookie-samesite",
		},
		{
			Name: "cookie-samesite", Title: "CORS is in order, and the cookie stays at home",
			Question: with(credentialed, func(q *request.Question) { q.Cookies = []string{"sid=31d4; SameSite=Lax"} }),
			Serve: func(w http.ResponseWriter, r *http.Request) {
				if _, err := r.Cookie("sid"); err != nil {
					granted(401, `{"error":"log in"}`, acac, "true")(w, r)
					return
				}
				granted(200, `{"name":"Ada"}`, acac, "true")(w, r)
			},
			Learn: "SameSite=Lax keeps a cookie out of requests that other sites make, and no\nCORS header changes that. Two hosts below one domain are one site.",
			Next:  "preflight",
		},

		// Preflights.
		{
			Name: "preflight", Title: "a PUT with JSON: the browser asks for leave first",
			Question: jsonPut,
			Serve:    preflighted(granted(204, "", acam, "PUT", acah, "content-type", "Access-Control-Max-Age", "600"), granted(200, saved)),
			Learn:    "What an HTML form could not send is announced by a preflight. The answer to\nit allows the method and the headers; the real answer needs its own header.",
			Next:     "preflight-unanswered",
		},
		{
			Name: "preflight-unanswered", Title: "the server has no CORS on OPTIONS",
			Question: jsonPut,
			Serve:    preflighted(answer(200, "", "Allow", "GET, PUT"), granted(200, saved)),
			Learn:    "The preflight is a request of its own, and needs the headers in its own\nanswer. The PUT was never sent.",
			Next:     "preflight-404",
		},
		{
			Name: "preflight-404", Title: "the router knows PUT and not OPTIONS",
			Question: jsonPut,
			Serve:    preflighted(granted(404, `{"error":"not found"}`), granted(200, saved)),
			Learn:    "The right headers on the wrong status do not count: a preflight wants 200\nto 299. Answer OPTIONS before the router does.",
			Next:     "preflight-needs-login",
		},
		{
			Name: "preflight-needs-login", Title: "the server wants a login even for the preflight",
			Question: with(jsonPut, func(q *request.Question) { q.Header = append(q.Header, "Authorization: Bearer 31d4") }),
			Serve:    preflighted(granted(401, `{"error":"log in"}`), granted(200, saved)),
			Learn:    "A preflight never carries cookies or Authorization. Answer it before the\nlogin is checked; it gives nothing away.",
			Next:     "preflight-redirect",
		},
		{
			Name: "preflight-redirect", Title: "a slash at the end is redirected away, the preflight too",
			Question: with(jsonPut, func(q *request.Question) { q.URL = api + "/notes/1/" }),
			Serve: func(w http.ResponseWriter, r *http.Request) {
				granted(308, "", "Location", api+"/notes/1")(w, r)
			},
			Learn: "Preflights follow no redirect, be it for a slash or for https. Ask for the\nfinal URL in the first place.",
			Next:  "method-not-allowed",
		},
		{
			Name: "method-not-allowed", Title: "the preflight's answer does not list DELETE",
			Question: with(page(api+"/notes/1"), func(q *request.Question) { q.Method = "DELETE" }),
			Serve:    preflighted(granted(204, "", acam, "GET, POST, PUT"), granted(200, saved)),
			Learn:    "Every method but GET, HEAD and POST must be listed, or covered by *. The\nrequest itself was not sent.",
			Next:     "method-lower-case",
		},
		{
			Name: "method-lower-case", Title: "the page says patch, the server allows PATCH",
			Question: with(page(api+"/notes/1"), func(q *request.Question) { q.Method = "patch" }),
			Serve:    preflighted(granted(204, "", acam, "GET, POST, PATCH"), granted(200, saved)),
			Learn:    "Methods are case-sensitive. Browsers turn put into PUT, but leave patch as\nit stands: write method: \"PATCH\".",
			Next:     "header-not-allowed",
		},
		{
			Name: "header-not-allowed", Title: "JSON needs Content-Type to be allowed",
			Question: with(jsonPut, func(q *request.Question) { q.Method, q.URL = "POST", api+"/notes" }),
			Serve:    preflighted(granted(204, "", acam, "POST", acah, "x-request-id"), granted(201, saved)),
			Learn:    "A Content-Type of application/json is not one that a form can send, so the\npreflight must list content-type among the allowed headers.",
			Next:     "authorization-and-star",
		},
		{
			Name: "authorization-and-star", Title: "the server allows all headers with *, and one is Authorization",
			Question: with(page(api+"/me"), func(q *request.Question) { q.Header = []string{"Authorization: Bearer 31d4"} }),
			Serve:    preflighted(answer(204, "", acao, "*", acah, "*"), answer(200, `{"name":"Ada"}`, acao, "*")),
			Learn:    "By the standard it does not; in Chromium, Firefox and WebKit it does: see\n--as all. Name authorization, and it works with all of them.",
			Next:     "star-with-credentials",
		},
		{
			Name: "star-with-credentials", Title: "with credentials, * allows no header either",
			Question: with(jsonPut, func(q *request.Question) { q.Method, q.Credentials = "POST", "include" }),
			Serve:    preflighted(granted(204, "", acac, "true", acah, "*"), granted(200, saved, acac, "true")),
			Learn:    "With credentials * loses its meaning in every header of CORS. List the\nmethods and the headers.",
			Next:     "allow-headers-syntax",
		},
		{
			Name: "allow-headers-syntax", Title: "one bad member spoils the list of allowed headers",
			Question: jsonPut,
			Serve:    preflighted(granted(204, "", acam, "PUT", acah, "content-type; x-request-id"), granted(200, saved)),
			Learn:    "The list is separated by commas. With anything else in it, the browser\ndrops all of it.",
			Next:     "upload-listener",
		},
		{
			Name: "upload-listener", Title: "a progress bar makes a plain POST need a preflight",
			Question: with(page(api+"/upload"), func(q *request.Question) {
				q.XHR, q.UploadListener, q.Data = true, true, body("a plain text")
			}),
			Serve: preflighted(answer(405, "", "Allow", "POST"), granted(200, saved)),
			Learn: "The same POST without a listener on xhr.upload needs no preflight. With it\nthe page could tell a live server from a dead one, so leave comes first.",
			Next:  "sent-anyway",
		},

		// Blocked is not unsent.
		{
			Name: "sent-anyway", Title: "a POST is blocked, and done all the same",
			Question: with(page(api+"/notes"), func(q *request.Question) { q.Data = body("milk") }),
			Serve:    answer(201, saved),
			Learn:    "A POST that a form could send goes out without a preflight. CORS hides the\nanswer; it does not undo the deed. That takes a CSRF defence.",
			Next:     "no-cors-opaque",
		},
		{
			Name: "no-cors-opaque", Title: "mode no-cors: no error, and nothing to read",
			Question: with(page(api+"/notes"), func(q *request.Question) { q.Mode = "no-cors" }),
			Serve:    answer(200, notes),
			Learn:    "no-cors makes the error go away, and the answer with it: status 0, no\nheaders, no body. It is for sending, not for reading.",
			Next:     "mode-same-origin",
		},
		{
			Name: "mode-same-origin", Title: "the page asks for an error where another origin is concerned",
			Question: with(page(api+"/notes"), func(q *request.Question) { q.Mode = "same-origin" }),
			Serve:    granted(200, notes),
			Learn:    "In mode same-origin nothing is sent to another origin, whatever it would\nhave allowed.",
			Next:     "redirect-without-headers",
		},

		// Redirects.
		{
			Name: "redirect-without-headers", Title: "the redirect on the way has no CORS headers",
			Question: page(api + "/old"),
			Serve: func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/old" {
					answer(302, "", "Location", api+"/notes")(w, r)
					return
				}
				granted(200, notes)(w, r)
			},
			Learn: "Every answer on the way is checked, the redirect too. Redirects to a login\npage look like this in the console.",
			Next:  "redirect-tainted",
		},
		{
			Name: "redirect-tainted", Title: "from one foreign origin to the next, Origin becomes null",
			Question: page(api + "/notes"),
			Serve: hosts(map[string]http.HandlerFunc{
				"api.localhost": granted(302, "", "Location", cdn+"/notes.json"),
				"cdn.localhost": granted(200, notes),
			}),
			Learn: "After a redirect between two other origins the browser says null: neither\nof them may speak for the page. The last server can only answer * or null.",
			Next:  "redirect-with-userinfo",
		},
		{
			Name: "redirect-with-userinfo", Title: "the redirect leads to a URL with a password in it",
			Question: page(api + "/notes"), Serve: granted(302, "", "Location", "http://ada:secret@cdn.localhost/notes.json"),
			Learn: "A cross-origin request follows no redirect to a URL with a user name or\npassword.",
			Next:  "redirect-manual",
		},
		{
			Name: "redirect-manual", Title: "redirect: \"manual\" does not show where it leads",
			Question: with(page(api+"/notes"), func(q *request.Question) { q.Redirect = "manual" }),
			Serve:    granted(302, "", "Location", cdn+"/notes.json"),
			Learn:    "The page learns that there is a redirect, and no more: where it leads may\nbe nobody's business.",
			Next:     "image",
		},

		// Elements, and the policies around CORS.
		{
			Name: "image", Title: "an image of another origin: shown, not read",
			Question: with(page(cdn+"/cat.png"), func(q *request.Question) { q.Resource = "img" }),
			Serve:    answer(200, pixel, "Content-Type", "image/png"),
			Learn:    "Elements ask without CORS: what they load is used and not read. A canvas on\nwhich the image is drawn is tainted.",
			Next:     "image-crossorigin",
		},
		{
			Name: "image-crossorigin", Title: "with crossorigin, an image needs the server's leave",
			Question: with(page(cdn+"/cat.png"), func(q *request.Question) { q.Resource, q.CrossOrigin = "img", "anonymous" }),
			Serve:    answer(200, pixel, "Content-Type", "image/png"),
			Learn:    "The attribute asks for the right to read, and without that right there is\nno image at all.",
			Next:     "font",
		},
		{
			Name: "font", Title: "a font always needs CORS",
			Question: with(page(cdn+"/text.woff2"), func(q *request.Question) { q.Resource = "font" }),
			Serve:    answer(200, "wOF2", "Content-Type", "font/woff2"),
			Learn:    "Fonts, module scripts and manifests ask with CORS, attribute or not. Put\nAccess-Control-Allow-Origin: * on what a CDN serves.",
			Next:     "corp",
		},
		{
			Name: "corp", Title: "the server forbids other origins to embed its image",
			Question: with(page(cdn+"/cat.png"), func(q *request.Question) { q.Resource = "img" }),
			Serve:    answer(200, pixel, "Content-Type", "image/png", corp, "same-origin"),
			Learn:    "Cross-Origin-Resource-Policy is for what CORS leaves open: loading without\nreading.",
			Next:     "coep",
		},
		{
			Name: "coep", Title: "an isolated page embeds only what agrees to it",
			Question: with(page(cdn+"/cat.png"), func(q *request.Question) { q.Resource, q.EmbedderPolicy = "img", "require-corp" }),
			Serve:    answer(200, pixel, "Content-Type", "image/png"),
			Learn:    "Under Cross-Origin-Embedder-Policy: require-corp every image needs\nCross-Origin-Resource-Policy: cross-origin, or CORS.",
			Next:     "nosniff-script",
		},
		{
			Name: "nosniff-script", Title: "a script served as text/plain, with nosniff",
			Question: with(page(cdn+"/widget.js"), func(q *request.Question) { q.Resource = "script" }),
			Serve:    answer(200, "console.log('hello')\n", "Content-Type", "text/plain", "X-Content-Type-Options", "nosniff"),
			Learn:    "With nosniff a script must be called a script: text/javascript. This is no\nmatter of CORS, though it looks like it.",
			Next:     "orb",
		},
		{
			Name: "orb", Title: "JSON in a script element never reaches the page's process",
			Question: with(page(api+"/notes"), func(q *request.Question) { q.Resource = "script" }),
			Serve:    answer(200, notes),
			Learn:    "What no element can use is taken out before it gets near the page, so that\nnot even a bug of the processor can read it. Not in every browser.",
			Next:     "local-network",
		},
		{
			Name: "local-network", Title: "a page of the public internet reaches for this machine",
			Question: request.Question{URL: "http://printer.localhost/status", From: "https://shop.example", PageSpace: "public"},
			Serve:    answer(200, `{"paper":0}`, acao, "*"),
			Learn:    "Local Network Access: the user is asked before a public page may reach into\nthe local network. No header of the server changes that.",
			Next:     "mixed-content",
		},
		{
			Name: "mixed-content", Title: "an https page asks a server over plain http",
			Question: request.Question{URL: "http://api.example/notes", From: "https://app.example"},
			Serve:    answer(200, notes, acao, "*"),
			Learn:    "Mixed content is blocked before anything is sent. Loopback is the\nexception: its names count as safe.",
			Next:     "blocked-port",
		},
		{
			Name: "blocked-port", Title: "a port that belongs to another protocol",
			Question: page(api + ":6000/notes"), Serve: granted(200, notes),
			Learn: "Some ports get no HTTP from a browser, whatever listens there. Use another:\n8080 will do.",
			Next:  "no-answer",
		},
		{
			Name: "no-answer", Title: "a server that hangs up: a CORS error that is none",
			Question: page(api + "/notes"),
			Serve:    func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			Learn:    "Firefox's console calls this a CORS error too. To a page, no answer and a\nhidden answer are the same TypeError.",
			Next:     First,
		},
	}
}
