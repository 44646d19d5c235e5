// Package bench compares package cors with other CORS middlewares for Go. All have
// the same policy and run in one process.
//
// Times of different machines, or of one machine at different hours, cannot be
// compared. Ratios of times that were measured side by side can. So [Run] gives
// the middlewares short time slices in turn and keeps the fastest slice of each:
// another process may slow down one slice, but hardly all of them.
//
// Each time is that of a whole handler call. It includes the bare handler, and
// for gin and Echo the router, which are also measured alone. With many
// goroutines, it is the elapsed time divided by the number of requests.
//
// A middleware that omits a duty is faster. So every response is also judged, and
// the tables mark what is omitted: see [Mark].
//
//	go run ./bench/cmd/bench                  # everything, as the Markdown of docs/bench.md
//	go run ./bench/cmd/bench --rows '^get-'   # some rows
//	go run ./bench/cmd/bench --jub0bs ../cors # with a checkout of github.com/jub0bs/cors
//	go test -run - -bench /get-allowed ./bench
package bench

import "slices"

// A Policy is the configuration of all middlewares.
type Policy struct {
	// Origins are exact origins, or patterns such as https://*.example.com.
	Origins []string

	// Methods lists the allowed methods besides GET, HEAD and POST, which never
	// need permission. Middlewares that must be told those get them as well.
	Methods []string

	RequestHeaders []string
	ExposedHeaders []string
	MaxAgeSeconds  int

	// Patterns reports whether Origins are patterns. Some middlewares have an
	// option for that.
	Patterns bool

	Credentials bool
}

// policyFor returns the policy of all rows for some origins. Credentials are
// allowed, except with "*".
func policyFor(origins []string, patterns bool) Policy {
	return Policy{
		Origins:        origins,
		Methods:        []string{"PUT", "DELETE"},
		RequestHeaders: []string{"Authorization", "Content-Type", "X-Requested-With"},
		ExposedHeaders: []string{"X-Request-Id", "X-Total-Count"},
		MaxAgeSeconds:  600,
		Patterns:       patterns,
		Credentials:    !slices.Contains(origins, "*"),
	}
}

// allMethods returns Methods and the methods that need no permission.
func (p Policy) allMethods() []string {
	return append([]string{"GET", "HEAD", "POST"}, p.Methods...)
}
