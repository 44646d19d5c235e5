package check

import (
	"net/http"

	"github.com/concors/concors/fetch"
)

// Printable escapes what could move a cursor, change a colour or reorder a line
// of a terminal. The package's siblings print strangers' words with it too.
func Printable(s string) string { return printable(s) }

// Bounded is Printable for a value that may be long: no more than 300 bytes of
// it are kept.
func Bounded(s string) string { return bounded(s) }

// Wrap breaks a text into lines of at most n columns, at spaces where it can.
func Wrap(s string, n int) []string { return wrap(s, n) }

// Wire returns the target as the URL Standard serializes it, the browsers, and
// the transport that [Run] would use. Of the question's fields URL, As, Timeout,
// Insecure, CACert, Resolve and Dial count. The error is a *UsageError.
func (q Question) Wire() (target string, browsers []fetch.Profile, wire *http.Transport, err error) {
	q.From = "null" // any page will do
	p, err := q.plan()
	if err != nil {
		return "", nil, nil, err
	}
	return p.target.String(), p.profiles, p.transport(&q), nil
}
