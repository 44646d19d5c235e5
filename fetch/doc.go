// Package fetch is the browser half of the cross-origin contract: it makes an
// HTTP request the way a browser makes it for a page, and hides from the caller
// what a browser hides from that page.
//
// An [Agent] is one browser profile: which browser, its preflight cache, its
// cookies, and an [net/http.RoundTripper] for the wire. A [Page] says who asks,
// a [Request] says for what:
//
//	agent := fetch.NewAgent(fetch.Chromium)
//	resp, err := agent.Fetch(ctx, &fetch.Request{
//		Page:   &fetch.Page{URL: "https://app.example/"},
//		Method: "PUT",
//		URL:    "https://api.example/notes/1",
//	})
//
// The answer is a [Response] that holds exactly what the page may see, or a
// [*NetworkError] whose [Reason] says what stopped it. Either carries a [Trace]:
// each step of the Fetch standard that was taken, with its outcome and a link,
// and every request that went on the wire. A blocked request may well have
// reached the server; the trace says so.
//
// # Reading this package beside the standard
//
// The files and functions follow https://fetch.spec.whatwg.org/ and keep its
// names: Agent.Fetch calls mainFetch, which calls httpFetch, which calls
// corsPreflightFetch, httpRedirectFetch and httpNetworkOrCacheFetch; the result
// is filtered in response.go. Where a browser was measured to do something
// else, the code asks the profile about a named [Deviation], and the table in
// deviation.go says what was seen.
//
// There is no HTTP cache, no service worker and no Content Security Policy: each
// fetch goes to the wire, as in a browser whose cache is empty.
package fetch
