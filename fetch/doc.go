// Package fetch is the browser half of the cross-origin contract. It makes an HTTP
// request as a browser makes it for a page, and hides from the caller what the
// browser hides from that page.
//
// An [Agent] is one browser: a profile, a preflight cache, cookies, and a
// [net/http.RoundTripper] for the network. A [Page] is the page that makes the
// request, and a [Request] is what it requests:
//
//	agent := fetch.NewAgent(fetch.Chromium)
//	resp, err := agent.Fetch(ctx, &fetch.Request{
//		Page:   &fetch.Page{URL: "https://app.example/"},
//		Method: "PUT",
//		URL:    "https://api.example/notes/1",
//	})
//
// The result is a [Response] with exactly what the page may see, or a
// [*NetworkError] whose Reason says what stopped the request. Both have a [Trace]
// with each step of the Fetch standard that was taken, its outcome and a link, and
// with every request that was sent. A blocked request may well have reached the
// server: the trace shows whether it did.
//
// # Reading this package beside the standard
//
// The files and functions follow https://fetch.spec.whatwg.org/ and keep its
// names. Agent.Fetch calls mainFetch, which calls httpFetch, which calls
// corsPreflightFetch, httpNetworkOrCacheFetch and httpRedirectFetch; response.go
// filters the result. The numbers in comments are the steps of the standard as of
// 2 July 2026 (commit 586cd2a of github.com/whatwg/fetch). A comment also names each
// step that this package leaves out. Only steps that introduce a variable, assert
// something, measure time or serve WebDriver have no comment.
//
// The algorithms are the standard's and do not depend on the browser. Where a
// browser was measured to do something else, the algorithm calls a method of
// quirks, in the quirks file beside it. The row of a [Deviation] says what the
// browser does.
//
// There is no HTTP cache, no service worker and no Content Security Policy. Every
// fetch uses the network, as in a browser with an empty cache.
package fetch
