package console

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch/reason"
)

// A Neighbor is a message that is not about CORS, of a rule that people take for it,
// or that hides the reason.
type Neighbor struct {
	// Topic is its rule's name, such as "csp". Sentence says what it is, and Advice
	// what to do.
	Topic, Sentence, Advice string
	// Line, Lines and Numbers are as in a Message.
	Line    int
	Lines   []string
	Numbers []int
	// URL and Status are "" and 0 if the message does not say them.
	URL    string
	Status int

	texts []*row // that were found
}

// Topics of neighbors. The last four are not reported beside other messages: they
// say less than those, and mostly the same.
const (
	csp             = "csp"
	blockedByClient = "blocked-by-client"
	sopFrame        = "sop-frame"
	taintedCanvas   = "tainted-canvas"
	storage         = "storage"
	cookies         = "cookies"
	frameOptions    = "x-frame-options"
	webSocket       = "websocket"
	eventSource     = "event-source"
	serviceWorker   = "service-worker"
	notJSON         = "not-json"
	serverLog       = "server-log"
	noBrowser       = "no-browser"
	worker          = "worker"

	httpStatus  = "http-status"
	scriptError = "script-error"
	scriptOnly  = "script-only"
	unsaid      = "unsaid"
)

var weak = []string{httpStatus, scriptError, scriptOnly, unsaid}

// A topic is a sentence about messages, and their wordings.
type topic struct {
	name, sentence, advice string
	texts                  []string
}

var topics = []topic{
	{csp,
		"The page's own Content Security Policy (CSP) forbids this. It is not CORS: the other server was not asked, and no header of it helps.",
		"Add the URL's origin to the directive that the message names (connect-src for fetch, XMLHttpRequest and WebSocket), in the page's Content-Security-Policy header or <meta>.",
		[]string{
			"Refused to connect to {url} because it violates the following Content Security Policy directive",
			"Connecting to {url} violates the following Content Security Policy directive",
			"violates the following Content Security Policy directive",
			"violates the document's Content Security Policy",
			"because it does not appear in the {any} directive of the Content Security Policy",
			"because it appears in neither the {any} directive",
			"Content-Security-Policy: The page’s settings",
			"Content Security Policy: The page’s settings",
			"Content-Security-Policy:", "Content Security Policy:",
			"Failed to load resource: net::ERR_BLOCKED_BY_CSP", "net::ERR_BLOCKED_BY_CSP", "ERR_BLOCKED_BY_CSP", "(blocked:csp)",
			"because it violates the following Content Security Policy",
			"blocked by Content Security Policy", "blocked by the Content Security Policy",
			"is not an allowed source of script in the following Content Security Policy directive",
		}},
	{frameOptions,
		"The other site does not want to be shown in a frame: it says so with X-Frame-Options or with frame-ancestors in its Content Security Policy. It is not CORS.",
		"Only that site can change it: frame-ancestors must name the page's origin, and X-Frame-Options must go. If it is not yours, link to it instead of framing it.",
		[]string{
			"in a frame because it set 'X-Frame-Options' to", "in a frame because it set multiple 'X-Frame-Options' headers",
			"in a frame because it set", "X-Frame-Options", "does not permit framing", "does not permit cross-origin framing",
			"because an ancestor violates the following Content Security Policy directive",
			"violates the following Content Security Policy directive: frame-ancestors",
			"does not appear in the frame-ancestors directive of the Content Security Policy",
			"The page’s settings blocked the loading of a resource (frame-ancestors)",
			"Content-Security-Policy: The page’s settings blocked the loading of a resource (frame-ancestors)",
		}},
	{blockedByClient,
		"Something in the browser blocked this request before it was sent: an extension such as an ad blocker, or a content blocker. It is not CORS, and no header helps.",
		"Try again in a private window without extensions. If your own API is blocked, its URL looks like an ad or tracker to the blocker's list (ads, analytics, collect, stats): rename it.",
		[]string{
			"Failed to load resource: net::ERR_BLOCKED_BY_CLIENT", "net::ERR_BLOCKED_BY_CLIENT", "ERR_BLOCKED_BY_CLIENT", "Content blocker prevented", "blocked by a content blocker",
			"was blocked because content blocking is enabled", "was blocked by an extension", "blocked by an extension",
			"NS_ERROR_TRACKING_URI", "(blocked:other)", "blocked by Enhanced Tracking Protection", "blocked by uBlock",
		}},
	{blockedByClient,
		"The browser's administrator forbids this URL with a policy. It is not CORS, and no header helps.",
		"Ask the one who manages the browser (see chrome://policy, URLBlocklist).",
		[]string{"Failed to load resource: net::ERR_BLOCKED_BY_ADMINISTRATOR", "net::ERR_BLOCKED_BY_ADMINISTRATOR", "ERR_BLOCKED_BY_ADMINISTRATOR"}},
	{sopFrame,
		"A script reached into a window or frame of another origin, which the same-origin policy forbids. It is not CORS, and no header allows it.",
		"Use postMessage between the two windows, or load the frame from the page's own origin.",
		[]string{
			"Blocked a frame with origin", "Blocked a frame at", "from accessing a cross-origin frame", "from accessing a frame with origin",
			"Permission denied to access property", "on cross-origin object", "Unsafe JavaScript attempt to access frame",
			"Unsafe JavaScript attempt to initiate navigation", "Unsafe attempt to initiate navigation for frame",
			"Sandbox access violation", "Blocked access to cross-origin frame",
		}},
	{sopFrame,
		"postMessage was called with a target origin that the other window or frame does not have, so the message was not delivered. It is the same-origin policy between windows, not CORS.",
		"Pass the origin of the page that is in the window then: wait until the frame has loaded, and write its scheme, host and port exactly.",
		[]string{
			"does not match the recipient window's origin", "Unable to post message to {url} Recipient has origin", "Unable to post message to",
		}},
	{sopFrame,
		"A sandboxed frame may not do this: its sandbox attribute lacks the permission that the message names. It is a rule beside the same-origin policy, not CORS.",
		"Add that permission (such as allow-scripts) to the sandbox attribute, if you trust what the frame shows.",
		[]string{"because the document's frame is sandboxed and the", "The frame attempting navigation"}},
	{sopFrame,
		"A page in another window cannot be reached or closed from here, because one of the two isolates itself with Cross-Origin-Opener-Policy. It is not CORS.",
		"If a login window needs the page that opened it, send Cross-Origin-Opener-Policy: same-origin-allow-popups with that page. The header counts over https and on localhost alone.",
		[]string{"Cross-Origin-Opener-Policy policy would block the", "The Cross-Origin-Opener-Policy header has been ignored"}},
	{sopFrame,
		"The page is a file on disk, and each file is an origin of its own, so this page may not use the other one. It is the same-origin policy, and no header exists for files.",
		"Serve the folder from a local web server, and open the page over http://localhost.",
		[]string{"'file:' URLs are treated as unique security origins"}},
	{worker,
		"A worker's script has to be of the page's own origin. It is the same-origin policy, not CORS, and no header of the other server allows it.",
		"Serve the script from the page's own origin. Or start a worker of your own from a Blob, with importScripts(\"URL\") in it (or import, which needs CORS): a worker may load scripts of other origins.",
		[]string{
			"Failed to construct 'Worker': Script at {url} cannot be accessed from origin", "Failed to construct 'SharedWorker': Script at {url} cannot be accessed from origin",
			"Failed to construct 'Worker': Script at", "Failed to construct 'SharedWorker': Script at",
		}},
	{taintedCanvas,
		"An image or video of another origin was drawn on this canvas without CORS, which tainted it: its pixels can no longer be read.",
		"Set crossorigin=\"anonymous\" on the element before its src, and have the server send Access-Control-Allow-Origin. Then run concors check with the image's URL, --resource img and --crossorigin anonymous.",
		[]string{
			"Tainted canvases may not be", "has been tainted by cross-origin data", "canvas is tainted", "canvas tainted by cross-origin data",
			"Failed to execute 'toDataURL' on 'HTMLCanvasElement'", "Failed to execute 'toBlob' on 'HTMLCanvasElement'",
			"Failed to execute 'getImageData' on",
		}},
	{taintedCanvas,
		"WebGL may not use an image or video of another origin that was loaded without CORS: its pixels would become readable.",
		"Set crossorigin=\"anonymous\" on the element before its src (or the loader's setCrossOrigin), and have the server send Access-Control-Allow-Origin. Check the URL with concors check.",
		[]string{
			"element contains cross-origin data, and may not be loaded", "contains cross-origin data", "Cross-origin elements require CORS",
			"Failed to execute 'texImage2D' on", "Failed to execute 'texSubImage2D' on",
		}},
	{taintedCanvas,
		"Audio of another origin that was loaded without CORS stays silent in Web Audio: its samples would become readable. It is like a tainted canvas.",
		"Set crossorigin=\"anonymous\" on the media element before its src, and have the server send Access-Control-Allow-Origin.",
		[]string{"MediaElementAudioSource outputs zeroes due to CORS access restrictions for {url}", "outputs zeroes due to CORS access restrictions",
			"has a cross-origin resource, the node will output silence"}},
	{sopFrame,
		"This is a SecurityError: a canvas that an image of another origin has tainted was read, or storage or a window that this page may not use. It is the same-origin policy, and the line does not say where.",
		"Look at the line of the script: for a canvas, load the image with crossorigin; for localStorage, open the page from a server and not from a file or a sandboxed frame.",
		[]string{"SecurityError: The operation is insecure", "The operation is insecure"}},
	{storage,
		"The browser keeps this page from its storage (cookies, localStorage, IndexedDB): it has no origin of its own, or third-party storage is blocked. It is not CORS.",
		"Open the page from a server (http://localhost, not file:), add allow-same-origin to a sandboxed frame, or allow the site's data in the browser. In a frame of another site, ask with document.requestStorageAccess().",
		[]string{
			"Access is denied for this document", "The document is sandboxed and lacks the 'allow-same-origin' flag",
			"Storage is disabled inside", "Access to storage is not allowed from this context", "access to the Indexed Database API is denied",
			"Request to access cookie or storage on {url} was blocked", "Request to access cookie or storage on",
			"Request to access cookies or storage on", "Failed to read the 'localStorage' property", "Failed to read the 'sessionStorage' property",
			"Failed to read the 'cookie' property", "Failed to set the 'cookie' property", "Forbidden in a sandboxed document without the 'allow-same-origin' flag",
			"The user denied permission to access the database",
		}},
	{cookies,
		"The browser did not store or send a cookie across sites, because of its SameSite or Secure attribute or because it blocks third-party cookies. It is not CORS, but such a request then looks logged out.",
		"For a cookie that other sites' pages may send: SameSite=None; Secure, over https. The request needs credentials: \"include\" too.",
		[]string{
			"has been rejected because it is in a cross-site context", "has been rejected because", "will be soon rejected because",
			"A cookie associated with a cross-site resource", "This Set-Cookie was blocked", "This attempt to set a cookie via a Set-Cookie header was blocked",
			"Third-party cookie will be blocked",
		}},
	{webSocket,
		"This is a WebSocket, which has no CORS: the handshake failed, because the server refused it or cannot be reached. Servers check the Origin header of the handshake themselves.",
		"Look at the handshake's status in the network panel: 403 means that the server does not accept the page's origin (its own setting, not Access-Control-Allow-Origin); 404 or 400 that the path or a proxy does not speak WebSocket.",
		[]string{
			"WebSocket connection to {url} failed", "WebSocket connection to", "Error during WebSocket handshake",
			"can’t establish a connection to the server at ws", "can’t establish a connection to the server at",
			"WebSocket is closed before the connection is established", "WebSocket opening handshake", "Unexpected server response: {status}",
			"WebSocket network error", "There was a bad response from the server.",
		}},
	{serviceWorker,
		"The page's own service worker answered this request, with something that the page cannot use: an error, or the opaque response of a request in the mode no-cors. The server's CORS headers did not decide.",
		"Have the service worker pass the request on as it came, fetch(event.request), and not answer it at all if it is for another origin. To see the browser's own reason, bypass the service worker (Application panel, Bypass for network) and repeat the request.",
		[]string{
			"resulted in a network error response", "The FetchEvent for {url} resulted in a network error",
			"A ServiceWorker passed an opaque Response to FetchEvent.respondWith", "A ServiceWorker passed a promise to FetchEvent.respondWith",
			"A ServiceWorker intercepted the request and encountered an unexpected error", "A ServiceWorker passed an Error Response to FetchEvent.respondWith",
			"Response served by service worker is opaque", "FetchEvent.respondWith received an error",
		}},
	{eventSource,
		"An EventSource (server-sent events) got a response that is not an event stream. It is not CORS: the response was readable.",
		"Open the URL: it must answer 200 with Content-Type: text/event-stream. An HTML page means a login or an error page.",
		[]string{"EventSource's response has a MIME type", "that is not text/event-stream. Aborting the connection", "EventSource's response has a charset"}},

	{serverLog,
		"This is from Spring, on the server: with allowCredentials(true), allowedOrigins must not contain \"*\".",
		"List the origins in allowedOrigins, or use allowedOriginPatterns; leave out allowCredentials if the pages need no cookies. concors recipe spring writes it from a policy.",
		[]string{"When allowCredentials is true, allowedOrigins cannot contain the special value", "allowedOrigins cannot contain the special value"}},
	{serverLog,
		"This is from Spring, on the server: it refused the request's origin, method or headers with 403 (\"Invalid CORS request\"). It is the CORS configuration, not the login.",
		"Add the page's origin to allowedOrigins (its scheme, host and port exactly), and the method and headers to allowedMethods and allowedHeaders.",
		[]string{"Invalid CORS request", "DefaultCorsProcessor", "Reject: HTTP {any} is not allowed", "Reject: {any} origin is not allowed", "origin is not allowed; nested", "Skip: response already contains Access-Control-Allow-Origin"}},
	{serverLog,
		"This is from the server: Express with the cors package, whose origin function refused the request's Origin (it called back with an error).",
		"Add the page's origin to the list that the function looks at, and let requests without an Origin pass. To refuse one, call back with (null, false) instead of an error: that one becomes a 500.",
		[]string{"Error: Not allowed by CORS", "Not allowed by CORS", "The CORS policy for this site does not allow access from the specified Origin"}},
	{serverLog,
		"This is from ASP.NET Core, on the server: its CORS policy did not allow the request's origin, method or headers.",
		"Add the page's origin to WithOrigins (without a slash at its end), and call UseCors between UseRouting and UseAuthorization. The log's next line says which part failed.",
		[]string{"CORS policy execution failed", "Microsoft.AspNetCore.Cors", "does not have permission to access the resource",
			"No CORS policy found for the specified request", "The policy's origin validation failed"}},
	{serverLog,
		"This is from ASP.NET Core, on the server: a policy must not allow any origin together with credentials.",
		"Name the origins with WithOrigins, or leave out AllowCredentials.",
		[]string{"The CORS protocol does not allow specifying a wildcard (any) origin and credentials at the same time"}},
	{serverLog,
		"This is from ASP.NET Core, on the server: the endpoint has a CORS policy, but the middleware that applies it was not added.",
		"Call app.UseCors() after UseRouting and before UseAuthorization and the endpoints.",
		[]string{"contains CORS metadata, but a middleware was not found that supports CORS"}},
	{serverLog,
		"This is from Django, on the server: its protection against cross-site request forgery (CSRF) does not trust the page's origin. It is not CORS.",
		"Add the origin with its scheme to CSRF_TRUSTED_ORIGINS, or have the API authenticate without cookies.",
		[]string{"Origin checking failed", "does not match any trusted origins", "CSRF verification failed", "CSRF Failed", "Referer checking failed"}},
	{serverLog,
		"This is from Django's corsheaders package, on the server: its settings are not valid.",
		"Write each origin with its scheme and without a path, such as https://app.example, in CORS_ALLOWED_ORIGINS.",
		[]string{"corsheaders.E0", "in CORS_ALLOWED_ORIGINS is missing scheme or netloc", "CORS_ALLOWED_ORIGINS is missing"}},
	{serverLog,
		"This is from Amazon S3 (or a store that speaks like it): the bucket has no CORS configuration.",
		"Give the bucket one that names the page's origin and the method: concors recipe s3 writes it. It is not the bucket policy.",
		[]string{"CORSResponse: CORS is not enabled for this bucket", "CORS is not enabled for this bucket"}},
	{serverLog,
		"This is from Amazon S3 (or a store that speaks like it): no rule of the bucket's CORS configuration matches the request's origin, method and headers together.",
		"One rule must match all three: AllowedOrigins (no slash at the end), AllowedMethods (OPTIONS does not belong there) and AllowedHeaders.",
		[]string{"CORSResponse: This CORS request is not allowed", "This CORS request is not allowed"}},
	{serverLog,
		"This is from Azure Storage: no CORS rule of the storage service matches the request.",
		"Set a rule for that service (Blob, Queue, Table, File each have their own) with the page's origin, method and headers.",
		[]string{"CORS not enabled or no matching rule found for this request", "CorsPreflightFailure"}},
	{serverLog,
		"This is from the development server (Vite, Angular or webpack): it does not answer for this host name. It is not CORS, but protects against DNS rebinding.",
		"Add the host to server.allowedHosts in vite.config (preview.allowedHosts, or allowedHosts of webpack's devServer and of Angular's serve options).",
		[]string{"Blocked request. This host", "server.allowedHosts", "Invalid Host header", "Invalid Host/Origin header"}},
	{serverLog,
		"This is from Next.js's development server: a page of another origin requested its internal files. It is not CORS of your API.",
		"Add that host to allowedDevOrigins in next.config.",
		[]string{"Blocked cross-origin request from", "Cross origin request detected from", "allowedDevOrigins"}},
	{serverLog,
		"This is from Next.js, on the server: a Server Action was sent from another origin than the host it came to, which is its protection against cross-site request forgery (CSRF).",
		"Behind a proxy, pass the Host on, or add the origin to serverActions.allowedOrigins in next.config.",
		[]string{"Invalid Server Actions request"}},
	{serverLog,
		"This is from Rails, on the server: the request's Host or Origin is not the one that it expects. It is not CORS.",
		"Add the host to config.hosts; behind a proxy, pass X-Forwarded-Proto and X-Forwarded-Host on.",
		[]string{"Blocked host:", "Blocked hosts:", "didn't match request.base_url"}},
	{serverLog,
		"This is from Starlette or FastAPI, on the server: CORSMiddleware refused the preflight.",
		"Add what it names to allow_origins, allow_methods or allow_headers of CORSMiddleware.",
		[]string{"Disallowed CORS origin", "Disallowed CORS method", "Disallowed CORS headers"}},
	{serverLog,
		"This is from the server's protection against cross-site request forgery (CSRF). It is not CORS.",
		"Send the token that the framework expects, or configure the page's origin as trusted there.",
		[]string{"Cross-site POST form submissions are forbidden", "CSRF token mismatch", "blocked as a potential Cross-Site Request Forgery", "ForbiddenError: invalid csrf token"}},
	{serverLog,
		"This is from the Go middleware rs/cors, on the server: it did not allow the request's origin, method or headers.",
		"Add what it names to AllowedOrigins, AllowedMethods or AllowedHeaders.",
		[]string{"Preflight aborted:", "Actual request no headers added:"}},
	{serverLog,
		"This is from Play, on the server: its CORS filter refused the request.",
		"Add the origin to play.filters.cors.allowedOrigins.",
		[]string{"Invalid CORS request;Origin", "Origin is not allowed by CORSFilter"}},

	{serverLog,
		"This is from a server's access log: the path has no handler for OPTIONS, so this preflight failed. The server has no CORS handler, or its router answers before that.",
		"Add the framework's CORS handler (CORSMiddleware, app.use(cors()) and the like) to the whole application, outside of the router. concors recipe writes it.",
		accessLog("404", "405", "501")},
	{serverLog,
		"This is from a server's access log: it refused an OPTIONS request as it is. Starlette and FastAPI answer so where CORSMiddleware does not allow the preflight's origin, method or headers.",
		"Look at the response's body, which says which of them: Disallowed CORS origin, method or headers. Add it to allow_origins, allow_methods or allow_headers.",
		accessLog("400")},
	{serverLog,
		"This is from a server's access log: it refused an OPTIONS request for want of a login or permission. Preflights never carry credentials, so they can never pass that.",
		"Have the server answer preflights before it checks for a login: the CORS handler comes first. concors recipe writes it.",
		accessLog("401", "403")},

	{noBrowser,
		"This is from a program outside a browser, such as Node.js, which has no CORS: the connection failed.",
		"Check that the server runs at that address and port. In a container, localhost is the container itself.",
		[]string{"TypeError: fetch failed", "ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ECONNRESET", "ETIMEDOUT", "curl: ("}},

	{httpStatus,
		"The server answered with this status, and the browser let the page see it: CORS did not fail.",
		"Look for the cause in the server's log and in the response's body: 401 and 403 are about the login, 404 and 405 about path and method, 5xx about the server.",
		[]string{
			"the server responded with a status of {status}", "Request failed with status code {status}",
			"Http failure response for {url}: {status}",
		}},
	{notJSON,
		"Something was read as JSON, or run as a script, and begins like an HTML page: the server sent its start page, an error page or a login page. The page could read it, so CORS is not what failed.",
		"Look at the response in the network panel. Correct the URL (a base path, a proxy's prefix), or have the server respond to a missing login with 401 in place of its login page.",
		[]string{
			"Unexpected token '<'", "Unexpected token <", "Unrecognized token '<'",
			"JSON.parse: unexpected character at line 1 column 1 of the JSON data",
		}},
	{notJSON,
		"What the page read as JSON (or ran as a script) is empty or cut off. In the mode no-cors every response looks empty to the page.",
		"Look at the response in the network panel. If the request has mode: \"no-cors\", delete that, and have the server allow the page's origin.",
		[]string{
			"Unexpected end of JSON input", "SyntaxError: Unexpected end of input", "JSON.parse: unexpected end of data", "JSON Parse error: Unexpected EOF",
		}},
	{scriptError,
		"The page caught an error of a script of another origin, whose details browsers hide from it (\"Script error.\").",
		"Add crossorigin=\"anonymous\" to the <script>, and have its server send Access-Control-Allow-Origin. The console itself shows the whole error.",
		[]string{"Script error"}},
	{scriptOnly,
		"This is all that a script is told, and it never says why: a blocked request looks like one whose connection failed.",
		"The browser's console has the reason in a red line next to it, and the network panel the status. Copy that line, or run concors check with the URL.",
		[]string{
			"Failed to fetch", "NetworkError when attempting to fetch resource", "TypeError: Load failed", "Load failed",
			"AxiosError: Network Error", "Error: Network Error", "Network Error", "ERR_NETWORK", "Unknown Error", "XMLHttpRequest error",
			"A network error occurred", "Failed to execute 'send' on 'XMLHttpRequest'", "NetworkError: Failed to execute", "status code 0",
			"Http failure response for {url}: 0 Unknown Error", "Http failure response for (unknown url): 0", "readyState: 0",
			"Possible causes: the network is offline, Origin is not allowed by Access-Control-Allow-Origin",
			"NetworkError: 0", "Response to preflight has failed",
		}},
	{unsaid,
		"These are the words of Chrome's network panel for any request that CORS blocks: they do not say why.",
		"Copy the red line of the console, or make the request with concors check: it finds the reason.",
		[]string{"CORS error"}},
	{scriptOnly,
		"This is all that a script is told in React Native, and it never says why. Its own fetch has no CORS: the connection failed, unless the app runs in a browser (React Native for Web, Expo).",
		"On a device, localhost is the device: use the computer's address (10.0.2.2 in the Android emulator), and https or an exception for http. In a browser, the red line in its console has the reason.",
		[]string{"TypeError: Network request failed", "Network request failed"}},
}

// accessLog returns what access logs have of OPTIONS requests with one of the statuses.
func accessLog(statuses ...string) []string {
	var texts []string
	for _, status := range statuses {
		for _, version := range []string{"1.0", "1.1", "2.0"} {
			texts = append(texts, `"OPTIONS {any} HTTP/`+version+`" `+status)
		}
	}
	return texts
}

// statusLine matches a request with the status of its response, as consoles and
// network panels print it.
var statusLine = regexp.MustCompile(
	`\b(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)\s+((?:https?:)?//[^\s"'<>]+)\s+(?:\[HTTP/[\d.]+\s+)?([45]\d\d)\b`)

// statusLines returns the lines of the text that have a request and its status.
func (t *text) statusLines() []*logical {
	var out []*logical
	at := slices.IndexFunc(topics, func(t topic) bool { return t.name == httpStatus })
	for i, from := range t.starts {
		to := len(t.clean)
		if i+1 < len(t.starts) {
			to = t.starts[i+1]
		}
		if to-from > maxPhysical || !strings.Contains(t.clean[from:to], "//") {
			continue
		}
		for _, m := range statusLine.FindAllStringSubmatchIndex(t.clean[from:to], -1) {
			start, _ := slices.BinarySearch(t.at, int32(from+m[0]))
			end, _ := slices.BinarySearch(t.at, int32(from+m[1]))
			out = append(out, &logical{start: start, end: end, topic: &topics[at],
				values: map[string]string{"url": t.clean[from+m[2] : from+m[3]], "status": t.clean[from+m[4] : from+m[5]]}})
		}
	}
	return out
}

// maxNear is how far from what is known of a message its URL is looked for, in bytes.
const maxNear = 400

// anyURL matches a URL in a line.
var anyURL = regexp.MustCompile(`(?:https?|wss?|file):/+[^\s"'<>“”‘’«»]+`)

// bareOrigin matches a URL without a path.
var bareOrigin = regexp.MustCompile(`^[a-z]+://[^/?#]+$`)

// neighbor returns the message of a logical line.
func (t *text) neighbor(l *logical) Neighbor {
	var m Message
	t.addLines(&m, l)
	n := Neighbor{
		Topic: l.topic.name, Sentence: l.topic.sentence, Advice: l.topic.advice,
		Line: m.Numbers[0], Lines: m.Lines, Numbers: m.Numbers, URL: l.values["url"],
	}
	n.Status, _ = strconv.Atoi(l.values["status"])
	if n.URL == "" || !strings.Contains(n.URL, ":") {
		n.URL = ""
		// The URL is in the line, in most messages after what is known of it.
		start := int(t.at[l.start])
		end := min(len(t.clean), start+maxNear)
		if i := strings.IndexByte(t.clean[t.at[l.end-1]:end], '\n'); i >= 0 {
			end = int(t.at[l.end-1]) + i
		}
		begin := max(0, start-maxNear)
		begin += strings.LastIndexByte(t.clean[begin:start], '\n') + 1
		n.URL = anyURL.FindString(t.clean[start:end])
		if all := anyURL.FindAllString(t.clean[begin:start], -1); n.URL == "" && len(all) > 0 {
			n.URL = all[len(all)-1]
		}
		n.URL = strings.TrimRight(n.URL, ".,:;)]}")
	}
	if (n.Topic == serverLog || n.Topic == sopFrame) && bareOrigin.MatchString(n.URL) {
		n.URL = "" // it is the origin of a page
	}
	return n
}

// addNeighbor adds the message of a logical line, or adds the line to the last one if it
// is a further part of it: it has another text of the same topic, in the same line or
// the next one.
func (t *text) addNeighbor(list []Neighbor, l *logical) []Neighbor {
	n := t.neighbor(l)
	n.texts = []*row{l.text}
	if len(list) == 0 {
		return append(list, n)
	}
	last := &list[len(list)-1]
	same := last.Topic == n.Topic && last.Sentence == n.Sentence
	switch {
	case same && last.URL == n.URL && slices.Equal(last.Numbers, n.Numbers):
		last.texts = append(last.texts, l.text)
		return list
	case !same || l.text == nil || slices.Contains(last.texts, l.text) && !l.text.isCategory() || len(last.texts) == maxMessage,
		n.Status != last.Status && n.Status != 0 && last.Status != 0, n.URL != last.URL && n.URL != "" && last.URL != "",
		!t.follows(last.Numbers[len(last.Numbers)-1], n.Line):
		return append(list, n)
	}
	for i, number := range n.Numbers {
		if !slices.Contains(last.Numbers, number) {
			last.Lines, last.Numbers = append(last.Lines, n.Lines[i]), append(last.Numbers, number)
		}
	}
	last.URL, last.Status = cmp.Or(last.URL, n.URL), cmp.Or(last.Status, n.Status)
	last.texts = append(last.texts, l.text)
	return list
}

// isCategory reports whether a text stands before each line of a log.
func (r *row) isCategory() bool { return r.elements[0].literal == "microsoft.aspnetcore.cors" }

// follows reports whether a line, by its number, is the next one that is not empty.
func (t *text) follows(before, number int) bool {
	for i := before; i < number-1; i++ {
		if strings.TrimSpace(t.lines[i]) != "" {
			return false
		}
	}
	return number >= before
}

// mergeStatuses gives messages the status that another line has for the same URL, and
// leaves out neighbors that say nothing beside what is left.
func mergeStatuses(messages []Message, neighbors []Neighbor) ([]Message, []Neighbor) {
	byURL := map[string]*Message{}
	for i := range messages {
		if m := &messages[i]; m.Known.URL != "" && byURL[m.Known.URL] == nil {
			byURL[m.Known.URL] = m
		}
	}
	strong := len(messages) > 0
	neighbors = slices.DeleteFunc(neighbors, func(n Neighbor) bool {
		m := byURL[n.URL]
		if n.Topic == httpStatus && m != nil {
			if m.Known.Status == 0 {
				m.Known.Status = n.Status
			}
			for i, number := range n.Numbers {
				if !slices.Contains(m.Numbers, number) {
					m.addLine(number, n.Lines[i])
				}
			}
			return true
		}
		strong = strong || !slices.Contains(weak, n.Topic)
		return false
	})
	if strong {
		return messages, slices.DeleteFunc(neighbors, func(n Neighbor) bool { return slices.Contains(weak, n.Topic) })
	}
	// Of what only hides the reason, one is enough.
	if i := slices.IndexFunc(neighbors, func(n Neighbor) bool { return n.Topic != scriptOnly }); i >= 0 {
		return messages, slices.DeleteFunc(neighbors, func(n Neighbor) bool { return n.Topic == scriptOnly })
	}
	if len(neighbors) > 1 {
		for _, n := range neighbors[1:] {
			if neighbors[0].URL == "" {
				neighbors[0].URL = n.URL
			}
		}
		neighbors = neighbors[:1]
	}
	return messages, neighbors
}

// mergeBare leaves out messages without a page and a URL if another message has the
// same reason and says more: they are a title, or a part that was copied twice.
func mergeBare(messages []Message) []Message {
	whole := func(m Message) bool { return m.Known.URL != "" || m.Known.PageOrigin != "" }
	said := map[reason.Reason]bool{}
	for _, m := range messages {
		if whole(m) && !m.Unsaid {
			said[m.Known.Reason.WithoutPreflight()] = true
		}
	}
	return slices.DeleteFunc(messages, func(m Message) bool {
		return !whole(m) && !m.Unsaid && said[m.Known.Reason.WithoutPreflight()]
	})
}
