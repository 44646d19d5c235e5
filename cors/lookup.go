package cors

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/concors/concors/internal/keyrequest"
	"github.com/concors/concors/origin"
)

// This file calls Policy.Lookup and caches its results. Package documentation is at Policy.Lookup and
// LookupCache.

// A lookupKey is what a result of Policy.Lookup depends on.
type lookupKey struct {
	origin string // as it arrived
	key    string // what Policy.LookupKey returned
}

// maxLookupKey is the length of the longest key, in bytes. Keys are kept in memory, and clients can
// often choose them.
const maxLookupKey = 256

// lookupKey returns the key of a request, and whether Policy.Lookup may be called with it.
func (p *compiled) lookupKey(r *Request) (key string, ok bool) {
	required := p.policy.LookupKey != nil
	switch {
	case r.http == nil:
		key = r.LookupKey
	case required:
		key = p.policy.LookupKey(keyrequest.New(r.http, p.policy.LookupKeyHeaders))
	}
	return key, (key != "" || !required) && len(key) <= maxLookupKey
}

// contextKey is the key of the LookupKey in the context of a call of Policy.Lookup.
type contextKey struct{}

// LookupKey returns the key for which [Policy].Lookup is called: what the policy's LookupKey returned,
// or [Request].LookupKey. ctx is the context that Lookup received.
func LookupKey(ctx context.Context) string {
	key, _ := ctx.Value(contextKey{}).(string)
	return key
}

var (
	errTooManyLookups = errors.New("too many lookups at a time")
	errGoexit         = errors.New("the lookup ended its goroutine")
)

// A lookup calls Policy.Lookup and caches its results. It is safe for concurrent use.
//
// A decision takes constant time whatever the tables hold, and blocks only while it waits for a call.
type lookup struct {
	call  func(context.Context, origin.Origin) (bool, error)
	cache LookupCache // with defaults in place of 0

	// A call occupies a place in one of these until it returns, or until its time is up. Calls for
	// origins that were allowed before have more places, which a flood of other origins cannot take.
	places, reserved chan struct{}

	mu      sync.Mutex
	allowed *lookupTable              // origins that Lookup allowed
	others  *lookupTable              // origins that it refused, or for which it failed
	calls   map[lookupKey]*lookupCall // the latest call for each key that has not returned
	current int                       // calls whose time is not up, with or without a place
	overdue int                       // calls that have not returned though their time is up
}

// callsPerPlace is how many calls there may be for each place, and also how many overdue calls. Both
// limit the number of goroutines.
const callsPerPlace = 10

// A lookupCall is one call of Policy.Lookup.
type lookupCall struct {
	key    lookupKey
	origin origin.Origin
	begun  time.Time
	known  bool          // the origin was allowed before
	place  chan struct{} // where the call has a place; nil before it has one
	timer  *time.Timer   // calls timeUp

	done    chan struct{} // closed when the fields below are set
	ended   bool
	allowed bool
	err     error
}

func newLookup(call func(context.Context, origin.Origin) (bool, error), cache LookupCache) *lookup {
	reserved := cache.MaxConcurrent / 4
	return &lookup{
		call: call, cache: cache,
		places: make(chan struct{}, cache.MaxConcurrent-reserved), reserved: make(chan struct{}, reserved),
		allowed: newLookupTable(cache.MaxEntries), others: newLookupTable(cache.MaxEntries),
		calls: map[lookupKey]*lookupCall{},
	}
}

// decide fills in d with the decision about an origin that no pattern matches. It waits for a call if
// there is no cached result, but not longer than ctx.
func (l *lookup) decide(ctx context.Context, key lookupKey, o origin.Origin, d *Decision) {
	c := l.cached(key, o, d)
	if c == nil {
		return
	}
	select {
	case <-c.done:
	default:
		select {
		case <-c.done:
		case <-ctx.Done():
			d.Reason, d.Err = RequestEnded, lookupError(key, context.Cause(ctx))
			return
		}
	}
	switch {
	case c.err != nil:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.failed(key, c.err, d)
	case c.allowed:
		d.Allowed, d.Reason = true, Granted
	}
}

// cached fills in d from a cached result, or returns the call whose result decides. d.Reason is
// OriginRefused.
func (l *lookup) cached(key lookupKey, o origin.Origin, d *Decision) *lookupCall {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	known := false
	if e := l.allowed.get(key); e != nil {
		switch {
		case now.Before(e.expires):
			d.Allowed, d.Reason = true, Granted
			if !now.Before(e.refresh) && !now.Before(e.retry) {
				l.start(key, o, true, now)
			}
			return nil
		case now.Before(e.retry):
			l.failed(key, e.err, d)
			return nil
		case e.err != nil && now.Before(e.stale) && now.Before(e.retry.Add(2*l.cache.timeout())):
			// The last call has failed, not long ago. While calls go on failing no request waits.
			l.start(key, o, true, now)
			l.failed(key, e.err, d)
			return nil
		}
		known = true
	}
	if e := l.others.get(key); e != nil {
		switch {
		case !now.Before(e.expires):
			l.others.remove(key)
		case e.err != nil:
			d.Reason, d.Err = LookupFailed, e.err
			return nil
		default:
			return nil
		}
	}
	c := l.start(key, o, known, now)
	if c == nil {
		l.failed(key, lookupError(key, errTooManyLookups), d)
	}
	return c
}

// failed decides about an origin whose lookup has failed: it is allowed if it was not long ago. l.mu
// must be held.
func (l *lookup) failed(key lookupKey, err error, d *Decision) {
	now := time.Now()
	e := l.allowed.get(key)
	switch {
	case e != nil && now.Before(e.expires): // a later call has succeeded
		d.Allowed, d.Reason = true, Granted
	case e != nil && now.Before(e.stale):
		d.Allowed, d.Reason, d.Stale, d.Err = true, Granted, true, err
	default:
		d.Reason, d.Err = LookupFailed, err
	}
}

func lookupError(key lookupKey, err error) error {
	if key.key == "" {
		return fmt.Errorf("looking up %s: %w", key.origin, err)
	}
	return fmt.Errorf("looking up %s for %q: %w", key.origin, key.key, err)
}

// start returns the running call for a key, or starts one. It returns nil if there are too many calls.
// A call whose time is up no longer counts. l.mu must be held.
func (l *lookup) start(key lookupKey, o origin.Origin, known bool, now time.Time) *lookupCall {
	if c := l.calls[key]; c != nil && !c.ended {
		return c
	}
	overdue := callsPerPlace * l.cache.MaxConcurrent
	current := min(overdue, l.cache.MaxEntries)
	if !known {
		current -= current / 4 // like places
	}
	if l.current >= current || l.overdue >= overdue {
		return nil
	}
	// The parts may belong to a larger string, such as all headers of a request.
	key = lookupKey{strings.Clone(key.origin), strings.Clone(key.key)}
	c := &lookupCall{key: key, origin: o, begun: now, known: known, done: make(chan struct{})}
	l.calls[key] = c
	l.current++
	ctx := context.Background()
	if key.key != "" {
		ctx = context.WithValue(ctx, contextKey{}, key.key)
	}
	ctx, cancel := context.WithTimeout(ctx, l.cache.timeout())
	c.timer = time.AfterFunc(l.cache.timeout(), func() { l.timeUp(c) })
	go l.run(ctx, cancel, c)
	return c
}

// run waits for a place, calls Policy.Lookup and records the result. A panic becomes an error: the call
// has a goroutine of its own, in which a panic would end the server.
func (l *lookup) run(ctx context.Context, cancel func(), c *lookupCall) {
	defer cancel()
	var allowed bool
	err := errGoexit
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		l.returned(c, allowed, err)
	}()
	if !l.takePlace(ctx, c) {
		err = errTooManyLookups
		return
	}
	allowed, err = l.call(ctx, c.origin)
}

// takePlace waits for a place, and reports false if the time is up before.
func (l *lookup) takePlace(ctx context.Context, c *lookupCall) bool {
	var reserved chan struct{} // nil: never ready
	if c.known {
		reserved = l.reserved
	}
	var place chan struct{}
	select {
	case l.places <- struct{}{}:
		place = l.places
	case reserved <- struct{}{}:
		place = reserved
	case <-ctx.Done():
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.ended {
		<-place
		return false
	}
	c.place = place
	return true
}

// timeUp ends the wait for a call. The call may go on if it ignores its context. Its place is free.
func (l *lookup) timeUp(c *lookupCall) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.ended {
		return
	}
	l.overdue++
	err := errTooManyLookups
	if c.place != nil {
		err = fmt.Errorf("no result in %v: %w", l.cache.timeout(), context.DeadlineExceeded)
	}
	l.end(c, false, err)
}

// returned records the result of a call.
func (l *lookup) returned(c *lookupCall, allowed bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	latest := l.calls[c.key] == c
	if latest {
		delete(l.calls, c.key)
	}
	if !c.ended {
		c.timer.Stop()
		l.end(c, allowed, err)
		return
	}
	l.overdue--
	if err != nil {
		return
	}
	// A later call knows better. But a refusal also counts if that call has failed.
	e := l.allowed.get(c.key)
	if latest || !allowed && e != nil && e.begun.Before(c.begun) {
		l.record(c, allowed, nil)
	}
}

// end sets the result of a call for those who wait, and frees its place. l.mu must be held.
func (l *lookup) end(c *lookupCall, allowed bool, err error) {
	if err != nil {
		allowed, err = false, lookupError(c.key, err)
	}
	l.current--
	if c.place != nil {
		<-c.place
	}
	c.ended, c.allowed, c.err = true, allowed, err
	l.record(c, allowed, err)
	close(c.done)
}

// record puts the result of a call into the tables. l.mu must be held.
func (l *lookup) record(c *lookupCall, allowed bool, err error) {
	now := time.Now()
	if err != nil {
		retry := now.Add(seconds(l.cache.ErrorSeconds))
		if before := l.allowed.get(c.key); before != nil {
			before.err, before.retry = err, retry
		} else if l.cache.ErrorSeconds > 0 {
			l.others.put(&lookupEntry{key: c.key, err: err, expires: retry})
		}
		return
	}
	l.allowed.remove(c.key)
	l.others.remove(c.key)
	switch {
	case allowed && l.cache.PositiveSeconds > 0:
		positive := seconds(l.cache.PositiveSeconds)
		expires := c.begun.Add(positive) // what Lookup knows may be as old as the call
		l.allowed.put(&lookupEntry{
			key: c.key, begun: c.begun, refresh: expires.Add(-positive / 4), expires: expires,
			stale: expires.Add(seconds(l.cache.StaleSeconds)),
		})
	case !allowed && l.cache.NegativeSeconds > 0:
		l.others.put(&lookupEntry{key: c.key, expires: now.Add(seconds(l.cache.NegativeSeconds))})
	}
}

func seconds(n int) time.Duration { return time.Duration(max(n, 0)) * time.Second }
