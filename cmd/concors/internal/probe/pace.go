package probe

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// A Clock is the time by which requests are paced. Tests replace it.
type Clock interface {
	Now() time.Time
	// Sleep waits for d, or until the context is done.
	Sleep(ctx context.Context, d time.Duration) error
}

type realClock struct{}

func (realClock) Now() time.Time { return time.Now() }

func (realClock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// slowest is the longest interval that slowing down leads to.
const slowest = time.Second

// pace spaces requests evenly. It is safe for concurrent use.
type pace struct {
	clock Clock

	mu        sync.Mutex
	interval  time.Duration
	next      time.Time // when the next request may be sent
	notBefore time.Time // no request is sent before that
}

// wait waits until the next request may be sent.
func (p *pace) wait(ctx context.Context) error {
	for {
		p.mu.Lock()
		now := p.clock.Now()
		at := p.next
		if at.Before(p.notBefore) {
			at = p.notBefore
		}
		if !at.After(now) {
			if now.Sub(at) > p.interval {
				at = now // time that was not used is not made up for
			}
			p.next = at.Add(p.interval)
			p.mu.Unlock()
			return ctx.Err()
		}
		p.mu.Unlock()
		if err := p.clock.Sleep(ctx, at.Sub(now)); err != nil {
			return err
		}
	}
}

// hold lets no request be sent for d. It returns by how much that is longer than
// the wait that applied already.
func (p *pace) hold(d time.Duration) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now()
	until, before := now.Add(d), p.notBefore
	if before.Before(now) {
		before = now
	}
	if !until.After(before) {
		return 0
	}
	p.notBefore = until
	return until.Sub(before)
}

// slowDown halves the rate, to one request a second at the least.
func (p *pace) slowDown() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.interval < slowest {
		p.interval = min(p.interval*2, slowest)
	}
}

// retryAfter returns how long a response says to wait, 0 if it does not say.
// https://www.rfc-editor.org/rfc/rfc9110#section-10.2.3
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.Duration(min(max(seconds, 0), int64(24*time.Hour/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}
