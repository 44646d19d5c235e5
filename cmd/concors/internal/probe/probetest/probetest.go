// Package probetest has what tests of live servers need: a clock that does not make
// them wait, and things that stand in front of servers and refuse requests.
package probetest

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A Clock is a probe.Clock by which waiting takes no time.
type Clock struct {
	mu     sync.Mutex
	now    time.Time
	begins time.Time
}

// NewClock returns a clock.
func NewClock() *Clock {
	begins := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return &Clock{now: begins, begins: begins}
}

// Now returns the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Sleep moves the clock on.
func (c *Clock) Sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	return ctx.Err()
}

// Elapsed returns how far the clock has moved.
func (c *Clock) Elapsed() time.Duration { return c.Now().Sub(c.begins) }

// A Layer wraps a server's handler.
type Layer func(http.Handler) http.Handler

// RefuseAfter refuses all requests after the first n, as a filter does that has
// become suspicious. refuse writes the response.
func RefuseAfter(n int64, refuse http.HandlerFunc) Layer {
	return func(next http.Handler) http.Handler {
		var seen atomic.Int64
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if seen.Add(1) > n {
				refuse(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// RefuseEvery refuses every nth request, as an overloaded server does.
func RefuseEvery(n int64, refuse http.HandlerFunc) Layer {
	return func(next http.Handler) http.Handler {
		var seen atomic.Int64
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if seen.Add(1)%n == 0 {
				refuse(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// Limit is a rate limiter: a bucket with room for burst requests, which is refilled
// at a rate. retryAfter reports whether it says how long to wait.
func Limit(clock *Clock, burst, perSecond float64, retryAfter bool, refuse http.HandlerFunc) Layer {
	return func(next http.Handler) http.Handler {
		var mu sync.Mutex
		tokens, last := burst, clock.Now()
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			now := clock.Now()
			tokens = min(burst, tokens+now.Sub(last).Seconds()*perSecond)
			last = now
			allowed := tokens >= 1
			if allowed {
				tokens--
			}
			wait := (1 - tokens) / perSecond
			mu.Unlock()
			if allowed {
				next.ServeHTTP(w, r)
				return
			}
			if retryAfter {
				w.Header().Set("Retry-After", strconv.Itoa(int(wait)+1))
			}
			refuse(w, r)
		})
	}
}

// Status refuses requests with a status and without CORS headers.
func Status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "refused", code) }
}

// BotPage is a page of a bot filter, with status 200.
func BotPage(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte("<title>Are you human?</title>"))
}

// HangUp closes the connection.
func HangUp(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
