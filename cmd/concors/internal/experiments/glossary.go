package experiments

// A Term is a word of the course, and what it means.
type Term struct {
	Term string `json:"term"`
	Text string `json:"text"`
}

// Glossary returns the words of the course in alphabetical order.
func Glossary() []Term {
	return []Term{
		{"COEP", "Cross-Origin-Embedder-Policy: a page’s promise to embed only what agrees to be embedded, by CORS or CORP."},
		{"COOP", "Cross-Origin-Opener-Policy: cuts the references between a window and those that opened it or that it opened."},
		{"CORP", "Cross-Origin-Resource-Policy: a response header that says which origins or sites may embed the response without CORS."},
		{"CORS", "Cross-Origin Resource Sharing: response headers by which a server allows pages of other origins to read its responses."},
		{"CORS request", "A request that carries the page’s origin in its Origin header, and whose response the page may read only if the server allows that origin."},
		{"credentialed", "Said of a request that may carry cookies, client certificates or an HTTP login: fetch with credentials: \"include\"."},
		{"CSRF", "Cross-site request forgery: another site has the visitor’s browser send a request that changes something, with the visitor’s cookies."},
		{"fetch metadata", "The Sec-Fetch-* request headers, in which the browser tells the server what kind of page sent the request. Scripts cannot set them."},
		{"forbidden header", "A request header that only the browser sets, such as Origin, Host or Access-Control-Request-Method."},
		{"no-cors", "The request mode of elements such as img: the request is sent, and the response cannot be read."},
		{"opaque origin", "An origin that equals no other, written null: that of a sandboxed frame or a data: URL."},
		{"opaque response", "A response of which a page sees nothing: no status, no headers, no body. That is what mode no-cors gives across origins."},
		{"origin", "Scheme, host and port of a URL. Two URLs are of the same origin if all three are equal."},
		{"origin-clean", "The state of a canvas or a style sheet into which nothing unreadable came. It is what taint ends."},
		{"partition", "A separate store of cookies or data for each site in the address bar, so that a framed site cannot recognise its visitor there."},
		{"preflight", "An OPTIONS request that the browser sends first, to find out whether the server allows a request’s method and headers."},
		{"same-site", "Said of two origins whose scheme and registrable domain are equal: https://a.example and https://www.a.example:8443."},
		{"sandbox", "An attribute of frames, and a directive of Content-Security-Policy, that takes a document’s rights and its origin."},
		{"secure context", "A page that came over https, or from loopback. Some features need it."},
		{"side channel", "A way to learn about a response without reading it: by its time, its size, an event."},
		{"simple request", "A cross-origin request that needs no preflight: GET, HEAD or POST with headers and a content type that an HTML form could send."},
		{"site", "The registrable domain of an origin together with its scheme. It is wider than the origin: cookies and SameSite ask for it."},
		{"taint", "The mark that unreadable content leaves on a canvas or a response: shown, and no longer readable."},
		{"token", "In a defence against CSRF: a secret in the page’s own forms that another origin’s page cannot read."},
		{"Vary", "A response header that says on which request headers the response depends, so that caches keep one response for each."},
	}
}
