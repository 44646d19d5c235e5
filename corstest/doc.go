// Package corstest tests a server's CORS behavior in go test. It makes requests as
// browsers do, without a browser, and tests whether a page on some origin may send
// a request, and whether it may read the response.
//
//	func TestAPI(t *testing.T) {
//		site := corstest.Handler(t, newServer())
//		app := site.From("https://app.example.com")
//
//		app.Fetch("GET", "/items").MayRead().MayReadHeader("X-Total-Count")
//		app.Fetch("PUT", "/items/1", corstest.Body("application/json", `{}`), corstest.Credentials()).
//			WasPreflighted().MayRead().HasStatus(204)
//
//		site.From("https://evil.example").Fetch("PUT", "/items/1").IsBlocked().DidNotReachServer()
//		corstest.ForeignOriginsAreBlocked(t, site, []string{"https://app.example.com"})
//	}
//
// A [Site] is the server under test: a handler, a middleware, or a URL where a
// server listens. A [Page] is a document on some origin, whose scripts make
// requests to the site. Page.Fetch makes the request in every browser profile of
// package fetch. Its result is an [Outcome], whose methods are assertions. When
// one fails, the test reports in which browsers, with the requests and responses,
// the browser's steps, and how to fix it.
//
// [Grid] tests every combination of origins, methods and headers.
// [ForeignOriginsAreBlocked] tries origins that sloppy comparisons allow.
//
// # For authors of CORS middleware
//
// [Check] takes any func(http.Handler) http.Handler and what its configuration
// promises, and returns where the two differ: what browsers block although it is
// promised, what they allow although it is not, and what proxies, caches and
// attackers could make of the responses. It needs no testing.T. [Kinds] lists what
// it looks for.
package corstest
