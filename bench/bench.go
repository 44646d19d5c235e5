// Package bench compares CORS middlewares: package cors and what else Go has,
// with the same policy, in one process, request by request.
//
// Figures of different machines, or of one machine at different hours, say
// little about each other; ratios of figures that were taken side by side do.
// So [Run] gives every middleware many short slices of time in turn and keeps
// the fastest slice of each: what another process took away from one slice it
// did not take away from all.
//
// Every figure is of a whole call of a handler, so it has in it what the bare
// handler takes, and for gin and Echo their routers: all are printed too. Where
// many goroutines run, it is the time that passes divided by the requests that
// are answered in it.
//
// A middleware that leaves something out is faster for it. So every answer is
// also judged, and the table marks what was left out: see [Mark].
//
//	go run ./bench/cmd/bench                  # everything, as the Markdown of the README
//	go run ./bench/cmd/bench --rows '^get-'   # some rows
//	go test -run - -bench /get-allowed ./bench
package bench

// A Policy is what all middlewares are configured with.
type Policy struct {
	// Origins are exact origins, or patterns such as https://*.example.com.
	Origins []string

	// Methods are those that need leave. To middlewares that want GET, HEAD and
	// POST named as well, those are given too.
	Methods []string

	RequestHeaders []string
	ExposedHeaders []string
	MaxAgeSeconds  int

	// Patterns tells that Origins are patterns: some middlewares have a switch
	// for that.
	Patterns bool
}

// policyFor is the policy of all rows but for its origins. Credentials are
// always allowed.
func policyFor(origins []string, patterns bool) Policy {
	return Policy{
		Origins:        origins,
		Methods:        []string{"PUT", "DELETE"},
		RequestHeaders: []string{"Authorization", "Content-Type", "X-Requested-With"},
		ExposedHeaders: []string{"X-Request-Id", "X-Total-Count"},
		MaxAgeSeconds:  600,
		Patterns:       patterns,
	}
}

// allMethods is Methods and those that browsers send without leave.
func (p Policy) allMethods() []string {
	return append([]string{"GET", "HEAD", "POST"}, p.Methods...)
}
