// Package proxyreport says what concors proxy changed, why a page would fail without it,
// and what would make it unnecessary.
//
// A [Log] collects the records of package proxy. The proxy responds to preflights itself, and
// sends the API's own origin in Origin, so its records do not show what the API says to the
// page. [Log.Ask] therefore sends for each kind of request what the page's browser would send
// without the proxy: its preflight, and the request itself if that is a GET or HEAD.
// [Log.Report] judges each kind with package fetch, by these responses or the recorded ones,
// and claims nothing of what was not requested. Package serverfix then writes the smallest
// policy with which browsers allow all of them.
//
// Records are untrusted input: values are bounded, and so are the number of different
// requests and of requests that are kept. Secrets are masked in everything that is written.
package proxyreport
