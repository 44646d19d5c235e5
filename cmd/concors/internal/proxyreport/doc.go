// Package proxyreport says what concors proxy changed, why a page would fail without it,
// and what would make it unnecessary.
//
// A [Log] collects the records of package proxy. [Log.Report] judges them: each request
// is made again with package fetch, as the page that made it, straight to the API, with
// the API's recorded response. Nothing is sent. Package serverfix then writes the
// smallest policy with which browsers allow all of them.
//
// The proxy responds to preflights itself, so the API's responses to them are not known.
// The report says so, and claims nothing of what was not requested.
//
// Records come from strangers: values are bounded, and so are the number of different
// requests and of requests that are kept. Secrets are masked in everything that is written.
package proxyreport
