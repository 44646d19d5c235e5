package corstest

import (
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/origin"
)

// ForeignOriginsAreBlocked asserts that pages on foreign origins, those that are
// not allowed, can neither read the response to a GET of the site's URL nor send
// it a PUT. It tries origins that a sloppy comparison takes for an allowed one
// (other schemes and ports, and hosts that contain, precede, extend or resemble
// it), "null", and some random ones: about 200 requests for one allowed origin, in
// every browser.
//
// The allowed origins are patterns as [origin.ParsePattern] takes them, and
// "null". What they match is not tried. The same allowed origins are always tested
// with the same foreign ones; a failure prints the seed. An invalid pattern, or
// "*", ends the test.
func ForeignOriginsAreBlocked(tb testing.TB, site *Site, allowed []string) {
	tb.Helper()
	list, err := parseAllowlist(allowed)
	if err == nil && list.any {
		err = errors.New("* allows every origin, so that no origin is foreign")
	}
	if err != nil {
		tb.Fatalf("corstest: the allowed origins: %v", err)
	}
	seed := seedOf(allowed)
	origins := list.foreign(seed, 150)
	site = site.WithTB(tb)
	own, _ := origin.FromURL(site.base)
	var passed []string
	var first *Outcome
	for _, o := range origins {
		if o == own.String() {
			continue // a page may always read its own origin
		}
		methods, outcome := passedMethods(site.From(o))
		if len(methods) > 0 {
			passed = append(passed, strings.Join(methods, " and ")+" from "+o)
		}
		if first == nil {
			first = outcome
		}
	}
	if first != nil {
		tb.Errorf("corstest: %d of %d foreign origins are allowed (seed %#016x):\n%s",
			len(passed), len(origins), seed, describePassed(passed, first))
	}
}

// passedMethods returns the methods that a foreign page was able to use, and the
// outcome of the first one; nil means that there is none.
func passedMethods(page *Page) (methods []string, first *Outcome) {
	page.site.tb.Helper()
	for _, method := range []string{"GET", "PUT"} {
		outcome := page.Fetch(method, "")
		if !slices.ContainsFunc(outcome.Results, func(r Result) bool { return r.passed(method) }) {
			continue
		}
		methods = append(methods, method)
		if first == nil {
			first = outcome
		}
	}
	return methods, first
}

// passed reports whether a foreign page got what it must not get: the response,
// or, for a request that needs a preflight, the request through to the server.
func (r *Result) passed(method string) bool {
	return r.readable() || method != "GET" && r.actual() != nil
}

// describePassed lists the foreign origins that are allowed, and shows the trace
// of the first one.
func describePassed(passed []string, first *Outcome) string {
	const most = 20
	w := &textWriter{}
	for _, line := range passed[:min(len(passed), most)] {
		w.line(2, line)
	}
	if len(passed) > most {
		w.line(2, fmt.Sprintf("(and %d more)", len(passed)-most))
	}
	for i := range first.Results {
		if r := &first.Results[i]; r.passed(first.request.Method) {
			w.line(0, "The first of them, in "+r.Profile.Name+": "+r.allowed())
			w.trace(r.Trace, nil)
			break
		}
	}
	return w.String()
}

// seedOf makes the random origins depend only on the allowed ones.
func seedOf(allowed []string) uint64 {
	h := fnv.New64a()
	for _, s := range allowed {
		h.Write([]byte(s + "\n"))
	}
	return h.Sum64()
}
