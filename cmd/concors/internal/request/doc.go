// Package request makes one request as a page would make it in a browser.
//
// A [Question] says what to request, in the words of the command line: a URL, the
// origin of the page, a method, headers, which browser. [Run] validates it, makes
// the request with package fetch over the real network, and returns a [Result]:
// plain data that package report presents.
package request
