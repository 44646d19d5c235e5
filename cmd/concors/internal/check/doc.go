// Package check makes one request as a page would make it in a browser, and
// explains what came of it.
//
// A [Question] is what a person asks, in the words of the command line: a URL,
// the origin of the page, a method, headers, which browser. [Run] validates it,
// makes the request with package fetch over the real network and returns a
// [Report]: plain data, the same for every way of showing it. [Report.WriteText]
// tells it at 80 columns, with a drawing of who sent what to whom;
// [Report.WriteJSON] writes it for programs.
//
// What servers send is hostile text. It is kept as it came in the Report, and
// escaped and bounded wherever it is printed.
package check
