package cors

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/concors/concors/origin"
)

// A lookup calls Policy.Lookup and caches its results. It is safe for concurrent use.
type lookup struct {
	call  func(context.Context, origin.Origin) (bool, error)
	cache LookupCache
	now   func() time.Time

	mu      sync.Mutex
	results map[string]*result // by the origin as it arrived
}

// A result is what Policy.Lookup returned about one origin, or a call that is still running.
type result struct {
	done    chan struct{} // closed when the fields below are set
	allowed bool
	err     error
	expires time.Time
}

func newLookup(call func(context.Context, origin.Origin) (bool, error), cache LookupCache) *lookup {
	return &lookup{call: call, cache: cache, now: time.Now, results: map[string]*result{}}
}

var (
	errTimeout        = errors.New("no result in time")
	errTooManyLookups = errors.New("too many lookups at a time")
)

// allowed returns the cached result for an origin, or waits for a call until the timeout or until ctx
// ends. There is at most one call for an origin at a time. The call continues after ctx has ended,
// because other requests may wait for it. value is the origin as it arrived, and o is the parsed one.
func (l *lookup) allowed(ctx context.Context, value string, o origin.Origin) (bool, error) {
	res := l.result(ctx, value, o)
	if res == nil {
		return false, lookupError(value, errTooManyLookups, l.cache.MaxEntries)
	}
	select {
	case <-res.done:
		return res.allowed, res.err
	default:
	}
	timer := time.NewTimer(l.cache.timeout())
	defer timer.Stop()
	select {
	case <-res.done:
		return res.allowed, res.err
	case <-ctx.Done():
		return false, lookupError(value, context.Cause(ctx), "the request ended")
	case <-timer.C:
		return false, lookupError(value, errTimeout, l.cache.timeout())
	}
}

func lookupError(value string, err error, detail any) error {
	return fmt.Errorf("looking up %s: %w (%v)", value, err, detail)
}

// result returns the cached result for an origin, or starts a call. It returns nil if too many
// calls are running.
func (l *lookup) result(ctx context.Context, value string, o origin.Origin) *result {
	l.mu.Lock()
	defer l.mu.Unlock()
	res := l.results[value]
	if res != nil && !res.expired(l.now()) {
		return res
	}
	if res == nil && len(l.results) >= l.cache.MaxEntries && !l.makeRoom() {
		return nil
	}
	res = &result{done: make(chan struct{})}
	l.results[value] = res
	go l.run(context.WithoutCancel(ctx), o, res)
	return res
}

// expired reports whether the call has ended and its result is too old. The lookup's mu must be held.
func (r *result) expired(now time.Time) bool {
	select {
	case <-r.done:
		return !now.Before(r.expires)
	default:
		return false
	}
}

// run calls Policy.Lookup and sets the result. A panic becomes an error, because a panic in this
// goroutine would end the whole server.
func (l *lookup) run(ctx context.Context, o origin.Origin, res *result) {
	value := o.String()
	ctx, cancel := context.WithTimeout(ctx, l.cache.timeout())
	defer cancel()
	var allowed bool
	err := errors.New("the lookup ended its goroutine") // runtime.Goexit
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
		defer l.mu.Unlock()
		res.allowed, res.err = allowed, err
		res.expires = l.now().Add(time.Duration(max(seconds, 0)) * time.Second)
		close(res.done)
		if seconds <= 0 && l.results[value] == res {
			delete(l.results, value)
		}
	}()
	allowed, err = l.call(ctx, o)
}

// makeRoom drops an eighth of the results, expired ones first, and reports whether there is room
// for a new one. Without a limit, clients could fill the memory, because they choose the origins.
// They cannot choose which results are dropped, because the order of a map is random. Calls that are
// still running stay. l.mu must be held.
func (l *lookup) makeRoom() bool {
	goal := max(1, l.cache.MaxEntries/8)
	for _, now := range []time.Time{l.now(), endOfTime} {
		for value, res := range l.results {
			if res.expired(now) {
				delete(l.results, value)
				if goal--; goal == 0 {
					return true
				}
			}
		}
	}
	return len(l.results) < l.cache.MaxEntries
}

// endOfTime is a time at which every result has expired.
var endOfTime = time.Unix(1<<40, 0)
