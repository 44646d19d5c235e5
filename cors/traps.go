package cors

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
)

// A Trap is a mistake in the set-up around a policy, which no policy can show.
// It is seen while serving, so only with an observer: see [Decision].Trap.
//
// Those that show after the handler are seen by what calls it: Wrap and Protect,
// and not Handle.
//
// Some mistakes can't be seen from inside: whatever answers a preflight before
// the middleware is reached, such as authentication that is wrapped around it.
// Package corstest finds those, since it asks from outside.
type Trap uint8

const (
	NoTrap Trap = iota

	// MethodPattern is a middleware inside a ServeMux, at a pattern with a
	// method: a preflight is an OPTIONS, which the mux answers with 405, unless
	// another pattern leads it here. Wrap the mux.
	MethodPattern

	// HeadersReplaced is a handler with an Access-Control-Allow-Origin of its
	// own: it took the place of ours, or stands beside it, and browsers refuse
	// two. Take it out, or use [StripResponse] if it is another server's.
	HeadersReplaced

	// VaryReplaced is a handler that sets Vary and loses the Origin in it: a
	// cache may hand one origin's response to another. Let it add.
	VaryReplaced

	trapCount
)

var trapNames = [trapCount]string{"", "pattern with a method", "handler has CORS headers of its own", "handler replaces Vary"}

// String is one of a few constants; "" for NoTrap.
func (t Trap) String() string {
	if t < trapCount {
		return trapNames[t]
	}
	return "unknown"
}

// repair says what to do.
func (t Trap) repair() string {
	switch t {
	case MethodPattern:
		return "wrap the mux, which answers a preflight to this pattern with 405 unless another pattern takes OPTIONS"
	case HeadersReplaced:
		return "take the headers out of the handler; in a reverse proxy use StripResponse"
	case VaryReplaced:
		return "add to Vary instead of setting it"
	}
	return ""
}

// traps is what a Middleware remembers of them.
type traps struct {
	preflights atomic.Bool // one has come in

	mu   sync.Mutex
	told map[trapAt]bool
}

// trapAt is a trap and where it is: r.Pattern, which the program has few of.
type trapAt struct {
	trap    Trap
	pattern string
}

// maxTold bounds what is remembered where patterns are not few after all.
const maxTold = 1000

// first reports whether a trap is new at a place. A mistake in the set-up is the
// same at each request, and is told of once.
func (s *traps) first(t Trap, pattern string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := trapAt{t, pattern}
	if s.told[at] || len(s.told) >= maxTold {
		return false
	}
	if s.told == nil {
		s.told = map[trapAt]bool{}
	}
	s.told[at] = true
	return true
}

// before returns the trap that shows when a request comes in.
//
// Nothing is guessed: where a preflight has come in, or evidently was answered,
// it has a way.
func (s *traps) before(p *compiled, r *http.Request, k Kind) Trap {
	if k == Preflight {
		if !s.preflights.Load() {
			s.preflights.Store(true)
		}
		return NoTrap
	}
	method := patternMethod(r.Pattern)
	if method == "" || method == http.MethodOptions || s.preflights.Load() {
		return NoTrap
	}
	switch method {
	case "GET", "HEAD", "POST":
		if len(p.lowerHeaders) == 0 && !p.anyHeader {
			return NoTrap // there is next to nothing to ask for
		}
	default:
		if site := r.Header.Get("Sec-Fetch-Site"); site == "cross-site" || site == "same-site" {
			return NoTrap // a browser has asked before, and was granted it
		}
	}
	if !s.first(MethodPattern, r.Pattern) {
		return NoTrap
	}
	return MethodPattern
}

// patternMethod is the method in a pattern of ServeMux, "" for none.
func patternMethod(pattern string) string {
	if i := strings.IndexAny(pattern, " \t"); i > 0 {
		return pattern[:i]
	}
	return ""
}

func firstLine(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return lines[0]
}
