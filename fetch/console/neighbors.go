package console

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/sop"
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
	// Rule is the rule of the same-origin policy that the message is about, 0 if it is about none.
	Rule sop.Reason
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
	styleSheet      = "style-sheet"
	documentDomain  = "document-domain"
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
	rule                   sop.Reason // of the same-origin policy, if it is about it
}

var topics = []topic{
	{name: csp,
		sentence: "The page's own Content Security Policy (CSP) forbids this. It is not CORS: the other server was not asked, and no header of it helps.",
		advice:   "Add the URL's origin to the directive that the message names (connect-src for fetch, XMLHttpRequest and WebSocket), in the page's Content-Security-Policy header or <meta>.",
		texts: []string{
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
	{name: frameOptions,
		rule:     sop.XFrameOptions,
		sentence: "The other site does not want to be shown in a frame: it says so with X-Frame-Options or with frame-ancestors in its Content Security Policy. It is not CORS.",
		advice:   "Only that site can change it: frame-ancestors must name the page's origin, and X-Frame-Options must go. If it is not yours, link to it instead of framing it.",
		texts: []string{
			"in a frame because it set 'X-Frame-Options' to", "in a frame because it set multiple 'X-Frame-Options' headers",
			"in a frame because it set", "X-Frame-Options", "does not permit framing", "does not permit cross-origin framing",
			"because an ancestor violates the following Content Security Policy directive",
			"violates the following Content Security Policy directive: frame-ancestors",
			"does not appear in the frame-ancestors directive of the Content Security Policy",
			"The page’s settings blocked the loading of a resource (frame-ancestors)",
			"Content-Security-Policy: The page’s settings blocked the loading of a resource (frame-ancestors)",
		}},
	{name: blockedByClient,
		sentence: "Something in the browser blocked this request before it was sent: an extension such as an ad blocker, or a content blocker. It is not CORS, and no header helps.",
		advice:   "Try again in a private window without extensions. If your own API is blocked, its URL looks like an ad or tracker to the blocker's list (ads, analytics, collect, stats): rename it.",
		texts: []string{
			"Failed to load resource: net::ERR_BLOCKED_BY_CLIENT", "net::ERR_BLOCKED_BY_CLIENT", "ERR_BLOCKED_BY_CLIENT", "Content blocker prevented", "blocked by a content blocker",
			"was blocked because content blocking is enabled", "was blocked by an extension", "blocked by an extension",
			"NS_ERROR_TRACKING_URI", "(blocked:other)", "blocked by Enhanced Tracking Protection", "blocked by uBlock",
		}},
	{name: blockedByClient,
		sentence: "The browser's administrator forbids this URL with a policy. It is not CORS, and no header helps.",
		advice:   "Ask the one who manages the browser (see chrome://policy, URLBlocklist).",
		texts:    []string{"Failed to load resource: net::ERR_BLOCKED_BY_ADMINISTRATOR", "net::ERR_BLOCKED_BY_ADMINISTRATOR", "ERR_BLOCKED_BY_ADMINISTRATOR"}},
	{name: sopFrame,
		rule:     sop.CrossOriginProperty,
		sentence: "A script reached into a window or frame of another origin, which the same-origin policy forbids. It is not CORS, and no header allows it.",
		advice:   "Use postMessage between the two windows, or load the frame from the page's own origin.",
		texts: []string{
			"Blocked a frame with origin", "Blocked a frame at", "from accessing a cross-origin frame", "from accessing a frame with origin",
			"Permission denied to access property", "on cross-origin object", "Unsafe JavaScript attempt to access frame",
			"Sandbox access violation", "Blocked access to cross-origin frame",
		}},
	{name: sopFrame,
		rule:     sop.TargetOriginMismatch,
		sentence: "postMessage was called with a target origin that the other window or frame does not have, so the message was not delivered. It is the same-origin policy between windows, not CORS.",
		advice:   "Pass the origin of the page that is in the window then: wait until the frame has loaded, and write its scheme, host and port exactly.",
		texts: []string{
			"does not match the recipient window's origin", "Unable to post message to {url} Recipient has origin", "Unable to post message to",
		}},
	{name: sopFrame,
		sentence: "A sandboxed frame may not do this: its sandbox attribute lacks the permission that the message names. It is a rule beside the same-origin policy, not CORS.",
		advice:   "Add that permission (such as allow-scripts) to the sandbox attribute, if you trust what the frame shows.",
		texts: []string{"because the document's frame is sandboxed and the", "because the form's frame is sandboxed and the",
			"because the request was made in a sandboxed frame whose"}},
	{name: sopFrame,
		rule:     sop.WindowSevered,
		sentence: "A page in another window cannot be reached or closed from here, because one of the two isolates itself with Cross-Origin-Opener-Policy. It is not CORS.",
		advice:   "If a login window needs the page that opened it, send Cross-Origin-Opener-Policy: same-origin-allow-popups with that page. The header counts over https and on localhost alone.",
		texts:    []string{"Cross-Origin-Opener-Policy policy would block the", "The Cross-Origin-Opener-Policy header has been ignored"}},
	{name: sopFrame,
		sentence: "The page is a file on disk, and each file is an origin of its own, so this page may not use the other one. It is the same-origin policy, and no header exists for files.",
		advice:   "Serve the folder from a local web server, and open the page over http://localhost.",
		texts:    []string{"'file:' URLs are treated as unique security origins"}},
	{name: sopFrame, rule: sop.TopWithoutActivation,
		sentence: "A frame tried to navigate a window that it may not navigate: the page around it (only after a click in the frame, or if both have one origin), or a window that is not inside it. It is not CORS.",
		advice:   "Have the frame send a message to the page around it, which then navigates itself; or navigate in answer to a click. A sandboxed frame also needs allow-top-navigation-by-user-activation. The line does not say whether the visitor had clicked.",
		texts: []string{
			"Unsafe JavaScript attempt to initiate navigation", "Unsafe attempt to initiate navigation for frame",
			"The frame attempting navigation",
		}},
	{name: sopFrame, rule: sop.TargetOriginInvalid,
		sentence: "postMessage was called with a target origin that is not an origin, so nothing was sent.",
		advice:   "Write the receiver's scheme, host and port, such as https://app.example:8443, without a path.",
		texts:    []string{"Invalid target origin"}},
	{name: sopFrame, rule: sop.NotCloneable,
		sentence: "postMessage (or a store) was given a value that cannot be cloned, such as a function, an element or a window, so nothing was sent. It is not about origins.",
		advice:   "Send plain data: objects, arrays, strings, numbers, dates, blobs. The line does not say which property of the object it is.",
		texts:    []string{"could not be cloned", "can not be cloned"}},
	{name: styleSheet, rule: sop.SheetNotOriginClean,
		sentence: "A script read the rules of a style sheet of another origin that was loaded without CORS. The sheet applies to the page all the same.",
		advice:   "Set crossorigin=\"anonymous\" on the <link>, and have the sheet's server send Access-Control-Allow-Origin. Or skip such sheets: catch the SecurityError. The line does not say which sheet it is.",
		texts: []string{
			"Failed to read the 'cssRules' property from 'CSSStyleSheet'", "Failed to read the 'rules' property from 'CSSStyleSheet'",
			"Failed to execute 'insertRule' on 'CSSStyleSheet': Cannot", "'CSSStyleSheet': Cannot access rules", "SecurityError: Cannot access rules",
			"Not allowed to access cross-origin stylesheet",
		}},
	{name: documentDomain, rule: sop.DomainOriginKeyed,
		sentence: "The page set document.domain, and the browser ignored it: the page shares its memory with no other origin (it is origin-keyed, as https pages are in Chromium), so two origins can no longer become one.",
		advice:   "Use postMessage between the two pages. Until then, Origin-Agent-Cluster: ?0 on both pages' responses brings it back, if they are not cross-origin isolated.",
		texts:    []string{"document.domain mutation is ignored"}},
	{name: documentDomain, rule: sop.DomainNotSuffix,
		sentence: "The page set document.domain to a value that it may not have: it may only be its own host or a parent domain that is not a public suffix, and never in a sandbox.",
		advice:   "Use postMessage between the two pages instead.",
		texts:    []string{"Failed to set the 'domain' property on 'Document'", "Illegal document.domain value"}},
	{name: sopFrame, rule: sop.URLNotRewritable,
		sentence: "history.pushState or replaceState was given a URL of another origin (or the page has no origin of its own, as from a file): the address bar must not show an origin that did not serve the page.",
		advice:   "Pass a path, such as \"/list?page=2\". A wrong <base href>, or http where the page is on https, makes it a URL of another origin too.",
		texts: []string{
			"Failed to execute 'pushState' on 'History'", "Failed to execute 'replaceState' on 'History'",
			"Blocked attempt to use history.pushState()", "Blocked attempt to use history.replaceState()",
			"A history state object with URL {url} cannot be created in a document with origin",
		}},
	{name: worker,
		rule:     sop.WorkerNotSameOrigin,
		sentence: "A worker's script has to be of the page's own origin. It is the same-origin policy, not CORS, and no header of the other server allows it.",
		advice:   "Serve the script from the page's own origin. Or start a worker of your own from a Blob, with importScripts(\"URL\") in it (or import, which needs CORS): a worker may load scripts of other origins.",
		texts: []string{
			"Failed to construct 'Worker': Script at {url} cannot be accessed from origin", "Failed to construct 'SharedWorker': Script at {url} cannot be accessed from origin",
			"Failed to construct 'Worker': Script at", "Failed to construct 'SharedWorker': Script at",
		}},
	{name: taintedCanvas,
		rule:     sop.CanvasTainted,
		sentence: "An image or video of another origin was drawn on this canvas without CORS, which tainted it: its pixels can no longer be read.",
		advice:   "Set crossorigin=\"anonymous\" on the element before its src, and have the server send Access-Control-Allow-Origin. Then run concors check with the image's URL, --resource img and --crossorigin anonymous.",
		texts: []string{
			"Tainted canvases may not be", "has been tainted by cross-origin data", "canvas is tainted", "canvas tainted by cross-origin data",
			"Failed to execute 'toDataURL' on 'HTMLCanvasElement'", "Failed to execute 'toBlob' on 'HTMLCanvasElement'",
			"Failed to execute 'getImageData' on",
		}},
	{name: taintedCanvas,
		rule:     sop.CanvasTainted,
		sentence: "WebGL may not use an image or video of another origin that was loaded without CORS: its pixels would become readable.",
		advice:   "Set crossorigin=\"anonymous\" on the element before its src (or the loader's setCrossOrigin), and have the server send Access-Control-Allow-Origin. Check the URL with concors check.",
		texts: []string{
			"element contains cross-origin data, and may not be loaded", "contains cross-origin data", "Cross-origin elements require CORS",
			"Failed to execute 'texImage2D' on", "Failed to execute 'texSubImage2D' on",
		}},
	{name: taintedCanvas,
		sentence: "Audio of another origin that was loaded without CORS stays silent in Web Audio: its samples would become readable. It is like a tainted canvas.",
		advice:   "Set crossorigin=\"anonymous\" on the media element before its src, and have the server send Access-Control-Allow-Origin.",
		texts: []string{"MediaElementAudioSource outputs zeroes due to CORS access restrictions for {url}", "outputs zeroes due to CORS access restrictions",
			"has a cross-origin resource, the node will output silence"}},
	{name: sopFrame,
		sentence: "This is a SecurityError: a canvas that an image of another origin has tainted was read, or storage or a window that this page may not use. It is the same-origin policy, and the line does not say where.",
		advice:   "Look at the line of the script: for a canvas, load the image with crossorigin; for localStorage, open the page from a server and not from a file or a sandboxed frame.",
		texts:    []string{"SecurityError: The operation is insecure", "The operation is insecure"}},
	{name: storage,
		rule:     sop.OpaqueOriginStorage,
		sentence: "The browser keeps this page from its storage (cookies, localStorage, IndexedDB): it has no origin of its own, or third-party storage is blocked. It is not CORS.",
		advice:   "Open the page from a server (http://localhost, not file:), add allow-same-origin to a sandboxed frame, or allow the site's data in the browser. In a frame of another site, ask with document.requestStorageAccess().",
		texts: []string{
			"Access is denied for this document", "The document is sandboxed and lacks the 'allow-same-origin' flag",
			"Storage is disabled inside", "Access to storage is not allowed from this context", "access to the Indexed Database API is denied",
			"Request to access cookie or storage on {url} was blocked", "Request to access cookie or storage on",
			"Request to access cookies or storage on", "Failed to read the 'localStorage' property", "Failed to read the 'sessionStorage' property",
			"Failed to read the 'cookie' property", "Failed to set the 'cookie' property", "Forbidden in a sandboxed document without the 'allow-same-origin' flag",
			"The user denied permission to access the database",
		}},
	{name: cookies,
		sentence: "The browser did not store or send a cookie across sites, because of its SameSite or Secure attribute or because it blocks third-party cookies. It is not CORS, but such a request then looks logged out.",
		advice:   "For a cookie that other sites' pages may send: SameSite=None; Secure, over https. The request needs credentials: \"include\" too.",
		texts: []string{
			"has been rejected because it is in a cross-site context", "has been rejected because", "will be soon rejected because",
			"A cookie associated with a cross-site resource", "This Set-Cookie was blocked", "This attempt to set a cookie via a Set-Cookie header was blocked",
			"Third-party cookie will be blocked",
		}},
	{name: webSocket,
		sentence: "This is a WebSocket, which has no CORS: the handshake failed, because the server refused it or cannot be reached. Servers check the Origin header of the handshake themselves.",
		advice:   "Look at the handshake's status in the network panel: 403 means that the server does not accept the page's origin (its own setting, not Access-Control-Allow-Origin); 404 or 400 that the path or a proxy does not speak WebSocket.",
		texts: []string{
			"WebSocket connection to {url} failed", "WebSocket connection to", "Error during WebSocket handshake",
			"can’t establish a connection to the server at ws", "can’t establish a connection to the server at",
			"WebSocket is closed before the connection is established", "WebSocket opening handshake", "Unexpected server response: {status}",
			"WebSocket network error", "There was a bad response from the server.",
		}},
	{name: serviceWorker,
		sentence: "The page's own service worker answered this request, with something that the page cannot use: an error, or the opaque response of a request in the mode no-cors. The server's CORS headers did not decide.",
		advice:   "Have the service worker pass the request on as it came, fetch(event.request), and not answer it at all if it is for another origin. To see the browser's own reason, bypass the service worker (Application panel, Bypass for network) and repeat the request.",
		texts: []string{
			"resulted in a network error response", "The FetchEvent for {url} resulted in a network error",
			"A ServiceWorker passed an opaque Response to FetchEvent.respondWith", "A ServiceWorker passed a promise to FetchEvent.respondWith",
			"A ServiceWorker intercepted the request and encountered an unexpected error", "A ServiceWorker passed an Error Response to FetchEvent.respondWith",
			"Response served by service worker is opaque", "FetchEvent.respondWith received an error",
		}},
	{name: eventSource,
		sentence: "An EventSource (server-sent events) got a response that is not an event stream. It is not CORS: the response was readable.",
		advice:   "Open the URL: it must answer 200 with Content-Type: text/event-stream. An HTML page means a login or an error page.",
		texts:    []string{"EventSource's response has a MIME type", "that is not text/event-stream. Aborting the connection", "EventSource's response has a charset"}},

	{name: serverLog,
		sentence: "This is from Spring, on the server: with allowCredentials(true), allowedOrigins must not contain \"*\".",
		advice:   "List the origins in allowedOrigins, or use allowedOriginPatterns; leave out allowCredentials if the pages need no cookies. concors recipe spring writes it from a policy.",
		texts:    []string{"When allowCredentials is true, allowedOrigins cannot contain the special value", "allowedOrigins cannot contain the special value"}},
	{name: serverLog,
		sentence: "This is from Spring, on the server: it refused the request's origin, method or headers with 403 (\"Invalid CORS request\"). It is the CORS configuration, not the login.",
		advice:   "Add the page's origin to allowedOrigins (its scheme, host and port exactly), and the method and headers to allowedMethods and allowedHeaders.",
		texts:    []string{"Invalid CORS request", "DefaultCorsProcessor", "Reject: HTTP {any} is not allowed", "Reject: {any} origin is not allowed", "origin is not allowed; nested", "Skip: response already contains Access-Control-Allow-Origin"}},
	{name: serverLog,
		sentence: "This is from the server: Express with the cors package, whose origin function refused the request's Origin (it called back with an error).",
		advice:   "Add the page's origin to the list that the function looks at, and let requests without an Origin pass. To refuse one, call back with (null, false) instead of an error: that one becomes a 500.",
		texts:    []string{"Error: Not allowed by CORS", "Not allowed by CORS", "The CORS policy for this site does not allow access from the specified Origin"}},
	{name: serverLog,
		sentence: "This is from ASP.NET Core, on the server: its CORS policy did not allow the request's origin, method or headers.",
		advice:   "Add the page's origin to WithOrigins (without a slash at its end), and call UseCors between UseRouting and UseAuthorization. The log's next line says which part failed.",
		texts: []string{"CORS policy execution failed", "Microsoft.AspNetCore.Cors", "does not have permission to access the resource",
			"No CORS policy found for the specified request", "The policy's origin validation failed"}},
	{name: serverLog,
		sentence: "This is from ASP.NET Core, on the server: a policy must not allow any origin together with credentials.",
		advice:   "Name the origins with WithOrigins, or leave out AllowCredentials.",
		texts:    []string{"The CORS protocol does not allow specifying a wildcard (any) origin and credentials at the same time"}},
	{name: serverLog,
		sentence: "This is from ASP.NET Core, on the server: the endpoint has a CORS policy, but the middleware that applies it was not added.",
		advice:   "Call app.UseCors() after UseRouting and before UseAuthorization and the endpoints.",
		texts:    []string{"contains CORS metadata, but a middleware was not found that supports CORS"}},
	{name: serverLog,
		sentence: "This is from Django, on the server: its protection against cross-site request forgery (CSRF) does not trust the page's origin. It is not CORS.",
		advice:   "Add the origin with its scheme to CSRF_TRUSTED_ORIGINS, or have the API authenticate without cookies.",
		texts:    []string{"Origin checking failed", "does not match any trusted origins", "CSRF verification failed", "CSRF Failed", "Referer checking failed"}},
	{name: serverLog,
		sentence: "This is from Django's corsheaders package, on the server: its settings are not valid.",
		advice:   "Write each origin with its scheme and without a path, such as https://app.example, in CORS_ALLOWED_ORIGINS.",
		texts:    []string{"corsheaders.E0", "in CORS_ALLOWED_ORIGINS is missing scheme or netloc", "CORS_ALLOWED_ORIGINS is missing"}},
	{name: serverLog,
		sentence: "This is from Amazon S3 (or a store that speaks like it): the bucket has no CORS configuration.",
		advice:   "Give the bucket one that names the page's origin and the method: concors recipe s3 writes it. It is not the bucket policy.",
		texts:    []string{"CORSResponse: CORS is not enabled for this bucket", "CORS is not enabled for this bucket"}},
	{name: serverLog,
		sentence: "This is from Amazon S3 (or a store that speaks like it): no rule of the bucket's CORS configuration matches the request's origin, method and headers together.",
		advice:   "One rule must match all three: AllowedOrigins (no slash at the end), AllowedMethods (OPTIONS does not belong there) and AllowedHeaders.",
		texts:    []string{"CORSResponse: This CORS request is not allowed", "This CORS request is not allowed"}},
	{name: serverLog,
		sentence: "This is from Azure Storage: no CORS rule of the storage service matches the request.",
		advice:   "Set a rule for that service (Blob, Queue, Table, File each have their own) with the page's origin, method and headers.",
		texts:    []string{"CORS not enabled or no matching rule found for this request", "CorsPreflightFailure"}},
	{name: serverLog,
		sentence: "This is from the development server (Vite, Angular or webpack): it does not answer for this host name. It is not CORS, but protects against DNS rebinding.",
		advice:   "Add the host to server.allowedHosts in vite.config (preview.allowedHosts, or allowedHosts of webpack's devServer and of Angular's serve options).",
		texts:    []string{"Blocked request. This host", "server.allowedHosts", "Invalid Host header", "Invalid Host/Origin header"}},
	{name: serverLog,
		sentence: "This is from Next.js's development server: a page of another origin requested its internal files. It is not CORS of your API.",
		advice:   "Add that host to allowedDevOrigins in next.config.",
		texts:    []string{"Blocked cross-origin request from", "Cross origin request detected from", "allowedDevOrigins"}},
	{name: serverLog,
		sentence: "This is from Next.js, on the server: a Server Action was sent from another origin than the host it came to, which is its protection against cross-site request forgery (CSRF).",
		advice:   "Behind a proxy, pass the Host on, or add the origin to serverActions.allowedOrigins in next.config.",
		texts:    []string{"Invalid Server Actions request"}},
	{name: serverLog,
		sentence: "This is from Rails, on the server: the request's Host or Origin is not the one that it expects. It is not CORS.",
		advice:   "Add the host to config.hosts; behind a proxy, pass X-Forwarded-Proto and X-Forwarded-Host on.",
		texts:    []string{"Blocked host:", "Blocked hosts:", "didn't match request.base_url"}},
	{name: serverLog,
		sentence: "This is from Starlette or FastAPI, on the server: CORSMiddleware refused the preflight.",
		advice:   "Add what it names to allow_origins, allow_methods or allow_headers of CORSMiddleware.",
		texts:    []string{"Disallowed CORS origin", "Disallowed CORS method", "Disallowed CORS headers"}},
	{name: serverLog,
		sentence: "This is from the server's protection against cross-site request forgery (CSRF). It is not CORS.",
		advice:   "Send the token that the framework expects, or configure the page's origin as trusted there.",
		texts:    []string{"Cross-site POST form submissions are forbidden", "CSRF token mismatch", "blocked as a potential Cross-Site Request Forgery", "ForbiddenError: invalid csrf token"}},
	{name: serverLog,
		sentence: "This is from the Go middleware rs/cors, on the server: it did not allow the request's origin, method or headers.",
		advice:   "Add what it names to AllowedOrigins, AllowedMethods or AllowedHeaders.",
		texts:    []string{"Preflight aborted:", "Actual request no headers added:"}},
	{name: serverLog,
		sentence: "This is from Play, on the server: its CORS filter refused the request.",
		advice:   "Add the origin to play.filters.cors.allowedOrigins.",
		texts:    []string{"Invalid CORS request;Origin", "Origin is not allowed by CORSFilter"}},

	{name: serverLog,
		sentence: "This is from a server's access log: the path has no handler for OPTIONS, so this preflight failed. The server has no CORS handler, or its router answers before that.",
		advice:   "Add the framework's CORS handler (CORSMiddleware, app.use(cors()) and the like) to the whole application, outside of the router. concors recipe writes it.",
		texts:    accessLog("404", "405", "501")},
	{name: serverLog,
		sentence: "This is from a server's access log: it refused an OPTIONS request as it is. Starlette and FastAPI answer so where CORSMiddleware does not allow the preflight's origin, method or headers.",
		advice:   "Look at the response's body, which says which of them: Disallowed CORS origin, method or headers. Add it to allow_origins, allow_methods or allow_headers.",
		texts:    accessLog("400")},
	{name: serverLog,
		sentence: "This is from a server's access log: it refused an OPTIONS request for want of a login or permission. Preflights never carry credentials, so they can never pass that.",
		advice:   "Have the server answer preflights before it checks for a login: the CORS handler comes first. concors recipe writes it.",
		texts:    accessLog("401", "403")},

	{name: noBrowser,
		sentence: "This is from a program outside a browser, such as Node.js, which has no CORS: the connection failed.",
		advice:   "Check that the server runs at that address and port. In a container, localhost is the container itself.",
		texts:    []string{"TypeError: fetch failed", "ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "ECONNRESET", "ETIMEDOUT", "curl: ("}},

	{name: httpStatus,
		sentence: "The server answered with this status, and the browser let the page see it: CORS did not fail.",
		advice:   "Look for the cause in the server's log and in the response's body: 401 and 403 are about the login, 404 and 405 about path and method, 5xx about the server.",
		texts: []string{
			"the server responded with a status of {status}", "Request failed with status code {status}",
			"Http failure response for {url}: {status}",
		}},
	{name: notJSON,
		sentence: "Something was read as JSON, or run as a script, and begins like an HTML page: the server sent its start page, an error page or a login page. The page could read it, so CORS is not what failed.",
		advice:   "Look at the response in the network panel. Correct the URL (a base path, a proxy's prefix), or have the server respond to a missing login with 401 in place of its login page.",
		texts: []string{
			"Unexpected token '<'", "Unexpected token <", "Unrecognized token '<'",
			"JSON.parse: unexpected character at line 1 column 1 of the JSON data",
		}},
	{name: notJSON,
		sentence: "What the page read as JSON (or ran as a script) is empty or cut off. In the mode no-cors every response looks empty to the page.",
		advice:   "Look at the response in the network panel. If the request has mode: \"no-cors\", delete that, and have the server allow the page's origin.",
		texts: []string{
			"Unexpected end of JSON input", "SyntaxError: Unexpected end of input", "JSON.parse: unexpected end of data", "JSON Parse error: Unexpected EOF",
		}},
	{name: scriptError,
		rule:     sop.ErrorsMuted,
		sentence: "The page caught an error of a script of another origin, whose details browsers hide from it (\"Script error.\").",
		advice:   "Add crossorigin=\"anonymous\" to the <script>, and have its server send Access-Control-Allow-Origin. The console itself shows the whole error.",
		texts:    []string{"Script error"}},
	{name: scriptOnly,
		sentence: "This is all that a script is told, and it never says why: a blocked request looks like one whose connection failed.",
		advice:   "The browser's console has the reason in a red line next to it, and the network panel the status. Copy that line, or run concors check with the URL.",
		texts: []string{
			"Failed to fetch", "NetworkError when attempting to fetch resource", "TypeError: Load failed", "Load failed",
			"AxiosError: Network Error", "Error: Network Error", "Network Error", "ERR_NETWORK", "Unknown Error", "XMLHttpRequest error",
			"A network error occurred", "Failed to execute 'send' on 'XMLHttpRequest'", "NetworkError: Failed to execute", "status code 0",
			"Http failure response for {url}: 0 Unknown Error", "Http failure response for (unknown url): 0", "readyState: 0",
			"Possible causes: the network is offline, Origin is not allowed by Access-Control-Allow-Origin",
			"NetworkError: 0", "Response to preflight has failed",
		}},
	{name: unsaid,
		sentence: "These are the words of Chrome's network panel for any request that CORS blocks: they do not say why.",
		advice:   "Copy the red line of the console, or make the request with concors check: it finds the reason.",
		texts:    []string{"CORS error"}},
	{name: scriptOnly,
		sentence: "This is all that a script is told in React Native, and it never says why. Its own fetch has no CORS: the connection failed, unless the app runs in a browser (React Native for Web, Expo).",
		advice:   "On a device, localhost is the device: use the computer's address (10.0.2.2 in the Android emulator), and https or an exception for http. In a browser, the red line in its console has the reason.",
		texts:    []string{"TypeError: Network request failed", "Network request failed"}},
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
		Topic: l.topic.name, Sentence: l.topic.sentence, Advice: l.topic.advice, Rule: l.topic.rule,
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
