// Package conformance finds out what real browsers do across origins, and
// keeps what it found.
//
// A [Case] is plain data: the page a script runs in, the requests it makes,
// and what the server answers to each preflight and each hop. [Generate] makes
// any number of them from a seed. A [Server] answers a case's requests and
// notes what arrived. [Record] has a real Chromium, Firefox or WebKit run
// cases without a driver: the browser is started at a page, the page carries
// its cases with it, runs them, posts back what JavaScript saw, and moves on
// to the next page. What JavaScript saw and what the server saw make an
// [Observation].
//
// A [Corpus] is a file of cases with one browser's observations of them, so
// that an implementation of the Fetch standard can be held to that browser on
// a machine that has none.
//
// Everything happens on the loopback interface. Browsers resolve every name
// under "localhost" to it by themselves, so a.localhost and sub.a.localhost
// are one site with two origins, and b.localhost is another site. Two
// listeners give a third difference, the port. Nothing recorded depends on
// the two port numbers: texts hold templates such as {a} in their place, see
// [Hosts].
package conformance
