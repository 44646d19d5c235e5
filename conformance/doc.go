// Package conformance records what real browsers do across origins and
// compares package fetch with it.
//
// A [Case] is plain data: a page, the requests that its script or markup
// makes, and what the server responds to each preflight and each request.
// [Generate] makes any number of cases from a seed. A [Server] serves cases and
// records the requests that arrive. [Record] runs cases in a real Chromium,
// Firefox or WebKit without a driver: the browser is started at a page, and
// the page runs its cases, posts what JavaScript saw, and navigates to the next
// page. An [Observation] is what JavaScript saw and what the server received.
//
// A [Corpus] is a file of cases with one browser's observations of them. With
// it, the engine can be compared with that browser on a machine where the
// browser is not installed.
//
// Everything happens on the loopback interface. Browsers resolve every name
// under "localhost" to it themselves, so a.localhost and sub.a.localhost are
// two origins of one site, and b.localhost is another site. A second listener
// adds origins that differ in their port. Nothing that is recorded depends on
// the two port numbers, because texts contain templates such as {a} instead of
// hosts and ports: see [Hosts].
package conformance
