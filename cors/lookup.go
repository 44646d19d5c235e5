package cors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/concors/concors/origin"
)

// lookup is Policy.Lookup with what it has answered. Safe for concurrent use.
type lookup struct {
	ask1  func(context.Context, origin.Origin) (bool, error)
	cache LookupCache
	now   func() time.Time

	mu      sync.Mutex
	answers map[string]*answer
}

// answer is one origin's, or the wait for it.
type answer struct {
	_       [0]func()     // no comparing, and no code for it
	done    chan struct{} // closed when the rest is there
	allowed bool
	err     error
	expires time.Time
}

func newLookup(ask func(context.Context, origin.Origin) (bool, error), cache LookupCache) *lookup {
	return &lookup{ask1: ask, cache: cache, now: time.Now, answers: map[string]*answer{}}
}

// errNoAnswer is in the error of a lookup that took too long.
var errNoAnswer = errors.New("no answer in time")

// errTooManyLookups is in the error of a lookup that was not begun.
var errTooManyLookups = errors.New("too many lookups at a time")

// ask returns what is remembered, or asks: once for all who want to know the
// same at the same time. Nobody waits longer than the timeout. A lookup goes on
// when the request that began it ends, since others may wait for it.
func (l *lookup) ask(ctx context.Context, value string, o origin.Origin) (bool, error) {
	a := l.begin(ctx, value, o)
	if a == nil {
		return false, failed(value, errTooManyLookups, l.cache.MaxEntries)
	}
	select {
	case <-a.done:
		return a.allowed, a.err
	default:
	}
	timer := time.NewTimer(l.cache.timeout())
	select {
	case <-a.done:
		timer.Stop()
		return a.allowed, a.err
	case <-ctx.Done():
		timer.Stop()
		return false, failed(value, context.Cause(ctx), "the request ended")
	case <-timer.C:
		return false, failed(value, errNoAnswer, l.cache.timeout())
	}
}

func failed(value string, err error, detail any) error {
	return fmt.Errorf("looking up %s: %w (%v)", value, err, detail)
}

// begin returns the answer that there is, or will be; nil if too many are waited
// for.
func (l *lookup) begin(ctx context.Context, value string, o origin.Origin) *answer {
	l.mu.Lock()
	a := l.answers[value]
	if a == nil || a.over(l.now()) {
		if a == nil && len(l.answers) >= l.cache.MaxEntries && !l.makeRoom() {
			l.mu.Unlock()
			return nil
		}
		a = &answer{done: make(chan struct{})}
		l.answers[value] = a
		asked := o
		go l.fill(context.WithoutCancel(ctx), &asked, a)
	}
	l.mu.Unlock()
	return a
}

// over reports whether the answer is there and too old. Called with mu held.
func (a *answer) over(now time.Time) bool {
	select {
	case <-a.done:
		return !now.Before(a.expires)
	default:
		return false
	}
}

// fill asks and remembers. A lookup that panics is an error like any other: it
// must not take the server down from a goroutine of ours.
func (l *lookup) fill(ctx context.Context, o *origin.Origin, a *answer) {
	value := o.String()
	ctx, cancel := context.WithTimeout(ctx, l.cache.timeout())
	defer cancel()
	var allowed bool
	err := errors.New("the lookup ended its goroutine")
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		seconds := l.cache.NegativeSeconds
		if err != nil {
			allowed, err = false, fmt.Errorf("looking up %s: %w", value, err)
		} else if allowed {
			seconds = l.cache.PositiveSeconds
		}
		l.mu.Lock()
		a.allowed, a.err = allowed, err
		a.expires = l.now().Add(time.Duration(max(seconds, 0)) * time.Second)
		close(a.done)
		if seconds <= 0 && l.answers[value] == a {
			delete(l.answers, value)
		}
		l.mu.Unlock()
	}()
	allowed, err = l.ask1(ctx, *o)
}

// makeRoom forgets an eighth of the answers, old ones if there are: strangers
// choose the origins, so remembering all would let them fill the memory. Map
// order is random, which no stranger can plan for. What is still waited for
// stays; if that is all, there is no room. Called with mu held.
func (l *lookup) makeRoom() bool {
	goal := max(1, l.cache.MaxEntries/8)
	for _, now := range []time.Time{l.now(), forever} {
		for value, a := range l.answers {
			if a.over(now) {
				delete(l.answers, value)
				if goal--; goal == 0 {
					return true
				}
			}
		}
	}
	return len(l.answers) < l.cache.MaxEntries
}

// forever is when every answer is old.
var forever = time.Unix(1<<40, 0)
