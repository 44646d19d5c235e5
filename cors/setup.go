package cors

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/concors/concors/internal/field"
)

// A SetupMistake is a mistake in how a server is set up around its policy. A policy cannot show it,
// but requests can: see [Decision].SetupMistake. Without an observer nothing looks for it.
//
// The mistakes that show only after the handler has run are found by [Middleware.Wrap] and
// [Middleware.Protect], which call the handler, but not by [Middleware.Handle].
//
// Some mistakes cannot be found from inside, for example authentication that is wrapped around the
// middleware and responds to preflights before they reach it. Package corstest finds them, because
// it sends requests from outside.
type SetupMistake uint8

const (
	NoSetupMistake SetupMistake = iota

	// MethodPattern is a middleware inside a ServeMux, at a pattern with a method. A preflight is an
	// OPTIONS request, so the mux responds with 405, unless a different pattern takes OPTIONS to the
	// middleware. Wrap the mux.
	MethodPattern

	// HeadersReplaced is a handler that sets Access-Control-Allow-Origin itself. Its value replaces
	// the policy's, or is sent as well, and browsers reject a response with two. Remove it from the
	// handler, or use [Proxy] if it comes from a proxied server.
	HeadersReplaced

	// VaryReplaced is a handler that sets Vary and so removes Origin or one of LookupKeyHeaders from it. A
	// cache may then give one origin's response to another. Let the handler add to Vary.
	VaryReplaced

	setupMistakeCount
)

var setupMistakeNames = [setupMistakeCount]string{
	"", "pattern with a method", "handler sets CORS headers", "handler replaces Vary",
}

// String returns one of a few constants, so it is safe to use as a metric label. It returns "" for
// NoSetupMistake.
func (m SetupMistake) String() string {
	if m < setupMistakeCount {
		return setupMistakeNames[m]
	}
	return "unknown"
}

// fix says what to change.
func (m SetupMistake) fix() string {
	switch m {
	case MethodPattern:
		return "wrap the mux: it responds to a preflight for this pattern with 405, " +
			"unless a different pattern takes OPTIONS"
	case HeadersReplaced:
		return "remove the headers from the handler; wrap a reverse proxy in cors.Proxy"
	case VaryReplaced:
		return "add to Vary instead of setting it"
	}
	return ""
}

// mistakes is what an observer knows about a server's setup.
type mistakes struct {
	preflightSeen atomic.Bool

	mu       sync.Mutex
	reported map[mistakeAt]bool
}

// mistakeAt is a mistake and the pattern of the ServeMux (r.Pattern) at which it shows.
type mistakeAt struct {
	mistake SetupMistake
	pattern string
}

// maxReported limits the memory, in case a router puts something unbounded into r.Pattern.
const maxReported = 1000

// isNew reports whether a mistake has not been reported for a pattern yet, and notes that it now is.
// Reporting it once is enough, because a mistake in the setup shows with every request.
func (s *mistakes) isNew(m SetupMistake, pattern string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := mistakeAt{m, pattern}
	if s.reported[at] || len(s.reported) >= maxReported {
		return false
	}
	if s.reported == nil {
		s.reported = map[mistakeAt]bool{}
	}
	s.reported[at] = true
	return true
}

// beforeHandler returns the setup mistake that a request shows when it arrives. It reports only
// what is certain: once a preflight has arrived, or a browser has evidently been granted one,
// preflights do reach the policy.
func (s *mistakes) beforeHandler(p *compiled, r *http.Request, k Kind) SetupMistake {
	if k == Preflight {
		if !s.preflightSeen.Load() { // a load is cheaper than a store to memory that all processors share
			s.preflightSeen.Store(true)
		}
		return NoSetupMistake
	}
	method := patternMethod(r.Pattern)
	if method == "" || method == http.MethodOptions || s.preflightSeen.Load() {
		return NoSetupMistake
	}
	if field.IsCORSSafelistedMethod(method) {
		if len(p.grant.RequestHeaders) == 0 && !p.grant.AnyRequestHeader {
			return NoSetupMistake // hardly any request needs a preflight
		}
	} else if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
		return NoSetupMistake // the browser has sent a preflight before this request, and it was granted
	}
	if !s.isNew(MethodPattern, r.Pattern) {
		return NoSetupMistake
	}
	return MethodPattern
}

// patternMethod returns the method in a pattern of ServeMux, or "".
func patternMethod(pattern string) string {
	if i := strings.IndexAny(pattern, " \t"); i > 0 {
		return pattern[:i]
	}
	return ""
}
