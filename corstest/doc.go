// Package corstest looks at a server with a browser's eyes, in go test and
// without a browser: may a page on that origin do this here, and read the
// answer?
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
//		corstest.ForeignOriginsStayOut(t, site, []string{"https://app.example.com"})
//	}
//
// A [Site] is the server: a handler, a middleware, or a URL where something
// listens. A [Page] is who asks. Page.Fetch makes the request in every browser
// profile that package fetch has, and what comes of it is an [Outcome], whose
// methods say what should have come of it. A test that fails names the
// profiles that disagree, what went over the wire, the steps that the browser
// took, and what the server would have to answer.
//
// [Grid] asks every combination of origins, methods and headers.
// [ForeignOriginsStayOut] tries the origins that sloppy comparisons let in.
//
// # For those who write CORS middleware
//
// [Check] takes any func(http.Handler) http.Handler and what its configuration
// promises, and returns where the two part: what a browser would not be let do,
// whom it would let in, and what proxies, caches and strangers could make of
// the answers. It needs no testing.T. [Kinds] lists what it looks for.
package corstest
