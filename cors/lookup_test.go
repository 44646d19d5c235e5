package cors_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/origin"
)

// A database is what a Lookup of these tests asks. Its state may change while it serves.
type database struct {
	mu       sync.Mutex
	state    string // allows, refuses, fails, paused, hangs
	calls    int
	released chan struct{} // ends the calls that hang
	late     bool          // their result
}

func (db *database) set(state string) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.state = state
}

func (db *database) count() int {
	db.mu.Lock()
	defer db.mu.Unlock()
	return db.calls
}

func (db *database) lookup(ctx context.Context, _ origin.Origin) (bool, error) {
	db.mu.Lock()
	db.calls++
	state := db.state
	db.mu.Unlock()
	switch state {
	case "allows":
		return true, nil
	case "fails":
		return false, errors.New("no connection")
	case "paused":
		<-ctx.Done()
		return false, ctx.Err()
	case "hangs": // and ignores its context
		<-db.released
		return db.late, nil
	}
	return false, nil
}

// outcome describes a decision about a request that needs no preflight.
func outcome(d cors.Decision) string {
	switch {
	case d.Allowed && d.Stale && d.Err != nil:
		return "stale"
	case d.Allowed && d.Err == nil && d.Reason == cors.Granted:
		return "allowed"
	case !d.Allowed && !d.Stale && (d.Err != nil) == (d.Reason == cors.LookupFailed || d.Reason == cors.RequestEnded):
		return d.Reason.String()
	}
	return fmt.Sprintf("inconsistent: %+v", d)
}

func decide(t testing.TB, m *cors.Middleware, from string) string {
	return outcome(m.Decide(t.Context(), cors.Request{Method: "GET", Origin: []string{from}}))
}

// The rows are what one origin's requests see while time passes and the database changes.
func TestLookupCache(t *testing.T) {
	type step struct {
		at       time.Duration // since the beginning
		database string        // its state from now on; "" is unchanged
		want     string
		waits    time.Duration // how long the request waits
		calls    int           // calls that it causes, also in the background
	}
	const s, ms = time.Second, time.Millisecond
	for _, row := range []struct {
		name  string
		cache cors.LookupCache
		steps []step
	}{
		{"an allowed origin is cached for 60 s", cors.LookupCache{}, []step{
			{0, "allows", "allowed", 0, 1}, {44 * s, "refuses", "allowed", 0, 0}, {61 * s, "", "origin refused", 0, 1},
		}},
		{"a refused origin is cached for 10 s", cors.LookupCache{}, []step{
			{0, "refuses", "origin refused", 0, 1}, {9 * s, "allows", "origin refused", 0, 0}, {11 * s, "", "allowed", 0, 1},
		}},
		{"an active origin is refreshed before it expires, in the background", cors.LookupCache{}, []step{
			{0, "allows", "allowed", 0, 1}, {46 * s, "", "allowed", 0, 1}, {90 * s, "", "allowed", 0, 0}, {92 * s, "", "allowed", 0, 1}, {130 * s, "", "allowed", 0, 0},
		}},
		{"a refresh that refuses the origin ends its permission", cors.LookupCache{}, []step{
			{0, "allows", "allowed", 0, 1}, {46 * s, "refuses", "allowed", 0, 1}, {46*s + ms, "", "origin refused", 0, 0},
		}},
		{"a refresh of a paused database delays no request", cors.LookupCache{}, []step{
			{0, "allows", "allowed", 0, 1}, {46 * s, "paused", "allowed", 0, 1}, {46*s + 500*ms, "", "allowed", 0, 0}, {47*s + 500*ms, "", "allowed", 0, 0}, {49 * s, "", "allowed", 0, 1},
		}},
		{"while lookups fail an allowed origin stays allowed for 300 s", cors.LookupCache{}, []step{
			{0, "allows", "allowed", 0, 1}, {61 * s, "fails", "stale", 0, 1}, {61*s + 500*ms, "", "stale", 0, 0}, {359 * s, "", "stale", 0, 1}, {361 * s, "", "lookup failed", 0, 1},
			{361*s + 500*ms, "", "lookup failed", 0, 0}, {363 * s, "allows", "allowed", 0, 1},
		}},
		{"a refusal ends that at once", cors.LookupCache{}, []step{
			{0, "allows", "allowed", 0, 1}, {100 * s, "fails", "stale", 0, 1}, {110 * s, "refuses", "origin refused", 0, 1}, {111 * s, "fails", "origin refused", 0, 0}, {121 * s, "", "lookup failed", 0, 1},
		}},
		{"a refusal that comes in the background ends it too", cors.LookupCache{}, []step{
			{0, "allows", "allowed", 0, 1}, {100 * s, "fails", "stale", 0, 1}, {101 * s, "refuses", "stale", 0, 1}, {101*s + ms, "", "origin refused", 0, 0},
		}},
		{"StaleSeconds -1", cors.LookupCache{StaleSeconds: -1}, []step{
			{0, "allows", "allowed", 0, 1}, {59 * s, "fails", "allowed", 0, 1}, {60 * s, "", "lookup failed", 0, 1},
		}},
		{"StaleSeconds 5", cors.LookupCache{StaleSeconds: 5}, []step{
			{0, "allows", "allowed", 0, 1}, {64 * s, "fails", "stale", 0, 1}, {65*s + ms, "", "lookup failed", 0, 1},
		}},
		{"a pause delays only the first request", cors.LookupCache{}, []step{
			{0, "allows", "allowed", 0, 1}, {61 * s, "paused", "stale", s, 1}, {62*s + 500*ms, "", "stale", 0, 0}, {63*s + 100*ms, "", "stale", 0, 1},
			{63*s + 600*ms, "", "stale", 0, 0}, {64*s + 200*ms, "allows", "stale", 0, 0}, {66 * s, "", "stale", 0, 1}, {66*s + ms, "", "allowed", 0, 0},
		}},
		{"a pause of 3 s refuses a new origin for 3 s and not for 10", cors.LookupCache{}, []step{
			{0, "paused", "lookup failed", s, 1}, {1500 * ms, "", "lookup failed", 0, 0}, {2100 * ms, "", "lookup failed", s, 1}, {4200 * ms, "allows", "allowed", 0, 1},
		}},
		{"an error is cached for 1 s", cors.LookupCache{}, []step{
			{0, "fails", "lookup failed", 0, 1}, {900 * ms, "allows", "lookup failed", 0, 0}, {1100 * ms, "", "allowed", 0, 1},
		}},
		{"ErrorSeconds 5", cors.LookupCache{ErrorSeconds: 5}, []step{
			{0, "fails", "lookup failed", 0, 1}, {4 * s, "allows", "lookup failed", 0, 0}, {6 * s, "", "allowed", 0, 1},
		}},
		{"ErrorSeconds -1", cors.LookupCache{ErrorSeconds: -1}, []step{
			{0, "fails", "lookup failed", 0, 1}, {0, "allows", "allowed", 0, 1},
		}},
		{"nothing is cached", cors.LookupCache{PositiveSeconds: -1, NegativeSeconds: -1}, []step{
			{0, "allows", "allowed", 0, 1}, {0, "", "allowed", 0, 1}, {0, "refuses", "origin refused", 0, 1}, {0, "", "origin refused", 0, 1}, {0, "fails", "lookup failed", 0, 1},
		}},
		{"a call that ignores its context does not block its origin", cors.LookupCache{}, []step{
			{0, "hangs", "lookup failed", s, 1}, {2100 * ms, "allows", "allowed", 0, 1},
		}},
		{"a call that ignores its context does not block an allowed origin", cors.LookupCache{}, []step{
			{0, "allows", "allowed", 0, 1}, {61 * s, "hangs", "stale", s, 1}, {63 * s, "refuses", "stale", 0, 1}, {63*s + ms, "", "origin refused", 0, 0},
		}},
		{"its late result counts", cors.LookupCache{}, []step{
			{0, "hangs", "lookup failed", s, 1}, {1500 * ms, "late yes", "allowed", 0, 0},
		}},
		{"its late result does not replace that of a later call", cors.LookupCache{}, []step{
			{0, "hangs", "lookup failed", s, 1}, {2100 * ms, "refuses", "origin refused", 0, 1}, {3 * s, "late yes", "origin refused", 0, 0}, {13 * s, "refuses", "origin refused", 0, 1},
		}},
		{"its late refusal counts if a later call has failed", cors.LookupCache{}, []step{
			{0, "allows", "allowed", 0, 1}, {61 * s, "hangs", "stale", s, 1}, {63 * s, "fails", "stale", 0, 1}, {63*s + 500*ms, "late no", "origin refused", 0, 0},
		}},
		{"its late permission does not", cors.LookupCache{}, []step{
			{0, "allows", "allowed", 0, 1}, {61 * s, "hangs", "stale", s, 1}, {63 * s, "fails", "stale", 0, 1}, {63*s + 500*ms, "late yes", "stale", 0, 0},
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				db := &database{released: make(chan struct{})}
				m := cors.MustNew(cors.Policy{Lookup: db.lookup, LookupCache: row.cache})
				began, released := time.Now(), false
				for i, step := range row.steps {
					time.Sleep(time.Until(began.Add(step.at)))
					switch step.database {
					case "":
					case "late yes", "late no":
						db.late = step.database == "late yes"
						close(db.released)
						released = true
					default:
						db.set(step.database)
					}
					synctest.Wait()
					before, asked := db.count(), time.Now()
					got := decide(t, m, "https://tenant.test")
					waited := time.Since(asked)
					synctest.Wait()
					if calls := db.count() - before; got != step.want || waited != step.waits || calls != step.calls {
						t.Errorf("step %d at %v: %s after %v and %d calls, want %s after %v and %d", i, step.at, got, waited, calls, step.want, step.waits, step.calls)
					}
				}
				if !released {
					close(db.released)
				}
				time.Sleep(2 * s) // until calls in the background have ended
			})
		})
	}
}

// Random databases, of which some calls take long, fail, or ignore their context. Every decision must
// follow from what the calls have returned so far.
func TestLookupDecisionsFollowFromTheCalls(t *testing.T) {
	type call struct {
		begun, ended time.Time
		allowed      bool
		err          error
	}
	seeds := uint64(300)
	if testing.Short() {
		seeds = 40
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 0))
			var mu sync.Mutex
			var calls []call // that have returned
			lookup := func(ctx context.Context, _ origin.Origin) (bool, error) {
				mu.Lock()
				c := call{begun: time.Now(), allowed: random.IntN(3) > 0}
				takes := time.Duration(random.IntN(1500)+1) * time.Millisecond
				ignores := random.IntN(4) == 0
				if random.IntN(2) == 0 {
					c.err = errors.New("no connection")
				}
				mu.Unlock()
				if ignores {
					time.Sleep(2 * takes)
				} else {
					select {
					case <-time.After(takes):
					case <-ctx.Done():
						c.err = ctx.Err()
					}
				}
				mu.Lock()
				defer mu.Unlock()
				c.ended = time.Now()
				calls = append(calls, c)
				return c.allowed, c.err
			}
			m := cors.MustNew(cors.Policy{Lookup: lookup})
			for range 200 {
				if random.IntN(2) == 0 {
					time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
				} else {
					time.Sleep(time.Duration(random.IntN(40)) * time.Second)
				}
				asked := time.Now()
				got := decide(t, m, "https://a.test")
				synctest.Wait()
				waited := time.Since(asked)
				mu.Lock()
				// inTime is the latest call that has returned a result in time. Results of calls that began
				// after it and were late may have been dropped.
				var inTime call
				for _, c := range calls {
					if c.err == nil && c.begun.After(inTime.begun) && c.ended.Sub(c.begun) <= time.Second {
						inTime = c
					}
				}
				late := slices.DeleteFunc(slices.Clone(calls), func(c call) bool { return c.err != nil || !c.begun.After(inTime.begun) })
				mu.Unlock()
				follows := func(c call) bool {
					age := time.Since(c.begun)
					changed := !c.ended.Before(asked) // by a call in the background, since the decision
					switch got {
					case "allowed":
						return c.allowed && age < time.Minute || changed
					case "stale":
						return c.allowed && age >= time.Minute && age < 6*time.Minute || changed
					case "origin refused":
						return !c.allowed && time.Since(c.ended) < 10*time.Second || changed
					case "lookup failed":
						return !c.allowed || age >= 6*time.Minute || changed
					}
					return false
				}
				if waited > time.Second || !follows(inTime) && !slices.ContainsFunc(late, follows) {
					t.Fatalf("seed %d: %s after %v; the latest result in time is %+v, and late ones are %+v", seed, got, waited, inTime, late)
				}
			}
			time.Sleep(time.Minute) // until all calls have returned
		})
	}
}

// Foreign origins have a table of their own, so that they never push out an allowed one.
func TestForeignOriginsDoNotPushOutAllowedOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var calls atomic.Int32
		m := cors.MustNew(cors.Policy{
			Lookup: func(_ context.Context, o origin.Origin) (bool, error) {
				calls.Add(1)
				return strings.HasPrefix(o.Host(), "tenant"), nil
			},
			LookupCache: cors.LookupCache{MaxEntries: 10},
		})
		for i := range 10 {
			decide(t, m, fmt.Sprintf("https://tenant%d.test", i))
		}
		for i := range 1000 {
			if got := decide(t, m, fmt.Sprintf("https://foreign%d.test", i)); got != "origin refused" {
				t.Fatal(got)
			}
		}
		before := calls.Load()
		for i := range 10 {
			decide(t, m, fmt.Sprintf("https://tenant%d.test", i))
		}
		if n := calls.Load() - before; n != 0 {
			t.Errorf("%d of 10 allowed origins were pushed out", n)
		}
		// One more allowed origin pushes out the one that was not used for the longest time.
		decide(t, m, "https://tenant0.test")
		decide(t, m, "https://tenant10.test")
		before = calls.Load()
		for _, i := range []int{0, 2, 3, 4, 5, 6, 7, 8, 9, 10} {
			decide(t, m, fmt.Sprintf("https://tenant%d.test", i))
		}
		if n := calls.Load() - before; n != 0 {
			t.Errorf("%d other origins than the least recently used one were pushed out", n)
		}
		if decide(t, m, "https://tenant1.test"); calls.Load() == before {
			t.Error("the table holds more than MaxEntries")
		}
	})
}

// A flood of foreign origins to a paused database leaves room for the lookups of allowed origins.
func TestLookupLimitsConcurrentCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		var foreign atomic.Bool
		m := cors.MustNew(cors.Policy{
			Lookup: func(ctx context.Context, o origin.Origin) (bool, error) {
				if n := running.Add(1); n > most.Load() {
					most.Store(n)
				}
				defer running.Add(-1)
				if strings.HasPrefix(o.Host(), "tenant") {
					time.Sleep(10 * time.Millisecond)
					return true, nil
				}
				foreign.Store(true)
				<-ctx.Done()
				return false, ctx.Err()
			},
			LookupCache: cors.LookupCache{MaxConcurrent: 8},
		})
		if got := decide(t, m, "https://tenant.test"); got != "allowed" {
			t.Fatal(got)
		}
		time.Sleep(70 * time.Second)
		outcomes := map[string]int{}
		var mu sync.Mutex
		var wg sync.WaitGroup
		for i := range 1000 {
			wg.Go(func() {
				got := decide(t, m, fmt.Sprintf("https://foreign%d.test", i))
				mu.Lock()
				defer mu.Unlock()
				outcomes[got]++
			})
		}
		synctest.Wait()
		if got := runtime.NumGoroutine(); got > 1000 {
			t.Errorf("%d goroutines", got)
		}
		asked := time.Now()
		if got := decide(t, m, "https://tenant.test"); got != "allowed" || time.Since(asked) > 20*time.Millisecond {
			t.Errorf("the allowed origin: %s after %v", got, time.Since(asked))
		}
		if most.Load() > 8 {
			t.Errorf("%d calls at a time", most.Load())
		}
		wg.Wait()
		if outcomes["lookup failed"] != 1000 || !foreign.Load() {
			t.Errorf("outcomes %v", outcomes)
		}
		// Afterwards nothing is blocked.
		time.Sleep(time.Minute)
		for i := range 8 {
			if got := decide(t, m, fmt.Sprintf("https://tenant%d.test", i)); got != "allowed" {
				t.Errorf("after the flood: %s", got)
			}
		}
	})
}

// A burst of more new origins than there may be calls waits, and is not refused.
func TestLookupQueuesABurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := cors.MustNew(cors.Policy{
			Lookup: func(context.Context, origin.Origin) (bool, error) {
				time.Sleep(50 * time.Millisecond)
				return true, nil
			},
			LookupCache: cors.LookupCache{MaxConcurrent: 20},
		})
		for i := range 150 {
			go func() {
				if got := decide(t, m, fmt.Sprintf("https://tenant%d.test", i)); got != "allowed" {
					t.Errorf("tenant %d: %s", i, got)
				}
			}()
		}
		time.Sleep(time.Second)
	})
}

// Calls that ignore their context are limited too.
func TestLookupLimitsOverdueCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &database{state: "hangs", released: make(chan struct{})}
		m := cors.MustNew(cors.Policy{Lookup: db.lookup, LookupCache: cors.LookupCache{MaxConcurrent: 2}})
		for i := range 100 {
			if got := decide(t, m, fmt.Sprintf("https://o%d.test", i)); got != "lookup failed" {
				t.Fatal(got)
			}
		}
		if db.count() != 20 {
			t.Errorf("%d calls hang, want 20", db.count())
		}
		db.set("allows")
		close(db.released)
		synctest.Wait()
		if got := decide(t, m, "https://new.test"); got != "allowed" {
			t.Errorf("after the calls have returned: %s", got)
		}
	})
}

func TestClientThatHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &database{state: "paused"}
		m := cors.MustNew(cors.Policy{Lookup: db.lookup, RejectRefused: true})
		var log bytes.Buffer
		var labels cors.Labels
		logRefusals := cors.LogRefusals(slog.New(slog.NewTextHandler(&log, nil)))
		m.SetObserver(func(r *http.Request, d cors.Decision) {
			labels = d.Labels()
			logRefusals(r, d)
		})
		ctx, cancel := context.WithCancelCause(t.Context())
		gone := errors.New("connection reset")
		time.AfterFunc(100*time.Millisecond, func() { cancel(gone) })
		r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
		r.Header.Set("Origin", "https://tenant.test")
		m.Wrap(hello).ServeHTTP(httptest.NewRecorder(), r)
		want := cors.Labels{Kind: "actual", Outcome: "refused", Reason: "request ended", Mode: "enforced"}
		if labels != want || log.Len() > 0 {
			t.Errorf("%+v, want %+v; logged %s", labels, want, &log)
		}
		d := m.Decide(ctx, cors.Request{Method: "GET", Origin: []string{"https://tenant.test"}})
		if d.Reason != cors.RequestEnded || !errors.Is(d.Err, gone) || d.Allowed {
			t.Errorf("%+v", d)
		}
		// The call goes on, for other requests.
		db.set("allows")
		time.Sleep(3 * time.Second)
		if got := decide(t, m, "https://tenant.test"); got != "allowed" || db.count() != 2 {
			t.Errorf("%s after %d calls", got, db.count())
		}
	})
}

func TestStaleDecisionsAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &database{state: "allows"}
		m := cors.MustNew(cors.Policy{Lookup: db.lookup})
		var log bytes.Buffer
		var labels cors.Labels
		logRefusals := cors.LogRefusals(slog.New(slog.NewTextHandler(&log, nil)))
		m.SetObserver(func(r *http.Request, d cors.Decision) {
			labels = d.Labels()
			logRefusals(r, d)
		})
		const get = "GET\nOrigin: https://tenant.test"
		send(m.Wrap(hello), get)
		if labels.Pattern != "lookup" || log.Len() > 0 {
			t.Errorf("%+v, logged %s", labels, &log)
		}
		db.set("fails")
		time.Sleep(70 * time.Second)
		if got := send(m.Wrap(hello), get); got != "OK\nAllow-Origin: https://tenant.test\nVary: Origin" {
			t.Error(got)
		}
		want := cors.Labels{Kind: "actual", Outcome: "allowed", Pattern: "stale lookup", Mode: "enforced"}
		if labels != want || !strings.Contains(log.String(), "level=ERROR") || !strings.Contains(log.String(), "no connection") {
			t.Errorf("%+v, want %+v; logged %s", labels, want, &log)
		}
	})
}

type tenantKey struct{}

// withTenant stores a request's tenant in its context, as many programs do.
func withTenant(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), tenantKey{}, r.Header.Get("X-Tenant"))))
	})
}

// The context of a Lookup has no values of the request that caused the call, because its result is
// used for other requests too.
func TestLookupSeesNoRequestValues(t *testing.T) {
	m := cors.MustNew(cors.Policy{Lookup: func(ctx context.Context, _ origin.Origin) (bool, error) {
		if _, ok := ctx.Deadline(); !ok {
			t.Error("the context has no deadline")
		}
		return ctx.Value(tenantKey{}) == "a" || ctx.Value(http.ServerContextKey) != nil || cors.LookupKey(ctx) != "", nil
	}})
	h := withTenant(m.Wrap(hello))
	for _, tenant := range []string{"a", "b"} {
		if got := send(h, "GET\nOrigin: https://app.a.test\nX-Tenant: "+tenant); got != "OK\nVary: Origin" {
			t.Errorf("tenant %s: %s", tenant, got)
		}
	}
}

func TestLookupKeySeparatesTenants(t *testing.T) {
	allowed := map[string]string{"a": "https://app.a.test", "b": "https://app.b.test"}
	lookup := func(ctx context.Context, o origin.Origin) (bool, error) {
		return allowed[cors.LookupKey(ctx)] == o.String(), nil
	}
	const (
		yes = "OK\nAllow-Origin: https://app.a.test\nVary: Origin, X-Tenant"
		no  = "OK\nVary: Origin, X-Tenant"
	)
	header := func(r *http.Request) string { return r.Header.Get("x-tenant") }
	for _, row := range []struct {
		name   string
		policy cors.Policy
		want   [5]string // for tenant a, b, a, none, and one with a very long name
	}{
		{"by a header", cors.Policy{LookupKey: header, LookupKeyHeaders: []string{"X-Tenant"}}, [5]string{yes, no, yes, no, no}},
		{"by the request's context", cors.Policy{
			LookupKey:        func(r *http.Request) string { v, _ := r.Context().Value(tenantKey{}).(string); return v },
			LookupKeyHeaders: []string{"X-Tenant"},
		}, [5]string{yes, no, yes, no, no}},
		{"by a header that Vary would not name", cors.Policy{LookupKey: header}, [5]string{"OK\nVary: Origin", "OK\nVary: Origin", "OK\nVary: Origin", "OK\nVary: Origin", "OK\nVary: Origin"}},
		{"by a header among others", cors.Policy{LookupKey: header, LookupKeyHeaders: []string{"Origin", "X-Tenant"}}, [5]string{yes, no, yes, no, no}},
	} {
		t.Run(row.name, func(t *testing.T) {
			row.policy.Lookup = lookup
			m := cors.MustNew(row.policy)
			var reason cors.Reason
			m.SetObserver(func(_ *http.Request, d cors.Decision) { reason = d.Reason })
			h := withTenant(m.Wrap(hello))
			for i, tenant := range []string{"a", "b", "a", "", strings.Repeat("a", 257)} {
				if got := send(h, "GET\nOrigin: https://app.a.test\nX-Tenant: "+tenant); got != row.want[i] {
					t.Errorf("tenant %.5q: %s, want %s", tenant, got, row.want[i])
				}
				if i > 2 && reason != cors.NoLookupKey {
					t.Errorf("tenant %.5q: %s", tenant, reason)
				}
			}
		})
	}
	m := cors.MustNew(cors.Policy{Lookup: lookup, LookupKey: header, LookupKeyHeaders: []string{"X-Tenant"}, Methods: []string{"PUT"}})
	if got := send(m.Wrap(hello), "OPTIONS\nOrigin: https://app.a.test\nAccess-Control-Request-Method: PUT\nX-Tenant: a"); !strings.HasSuffix(got, "\nVary: Origin, X-Tenant, Access-Control-Request-Method, Access-Control-Request-Headers") {
		t.Errorf("a preflight: %s", got)
	}
	// Servers that are not net/http pass the key themselves.
	for _, row := range []struct{ key, want string }{{"a", "allowed"}, {"b", "origin refused"}, {"", "no lookup key"}, {"a", "allowed"}} {
		d, _, vary, _ := m.Fields(t.Context(), cors.Request{Method: "GET", Origin: []string{"https://app.a.test"}, LookupKey: row.key})
		if got := outcome(d); got != row.want || vary != "Origin, X-Tenant" {
			t.Errorf("Fields with key %q: %s, Vary: %s", row.key, got, vary)
		}
	}
	// They need no LookupKey in the policy.
	m = cors.MustNew(cors.Policy{Lookup: lookup})
	for _, row := range []struct{ key, want string }{{"a", "allowed"}, {"b", "origin refused"}, {"", "origin refused"}} {
		if got := outcome(m.Decide(t.Context(), cors.Request{Method: "GET", Origin: []string{"https://app.a.test"}, LookupKey: row.key})); got != row.want {
			t.Errorf("Decide with key %q: %s", row.key, got)
		}
	}
}

// LookupKey works on a copy of the request: the handler has the headers and the body.
func TestLookupKeyLeavesTheRequestAlone(t *testing.T) {
	m := cors.MustNew(cors.Policy{
		Lookup: func(context.Context, origin.Origin) (bool, error) { return true, nil },
		LookupKey: func(r *http.Request) string {
			if len(r.Header) != 0 || len(r.Cookies()) != 0 || r.FormValue("tenant") != "" {
				t.Errorf("it sees %v", r.Header)
			}
			r.Header.Set("X-A", "changed")
			return r.Host
		},
	})
	parsed := httptest.NewRequest("POST", "/", strings.NewReader("tenant=a"))
	parsed.Header = http.Header{"Origin": {"https://a.test"}, "Content-Type": {"application/x-www-form-urlencoded"}}
	if parsed.FormValue("tenant") != "a" { // as a middleware around this one might do
		t.Fatal("the form was not parsed")
	}
	m.Wrap(hello).ServeHTTP(httptest.NewRecorder(), parsed)
	h := m.Wrap(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Header.Get("X-A") != "" || r.Header.Get("Cookie") != "s=1" || string(body) != "tenant=a" {
			t.Errorf("the handler has %v and the body %q", r.Header, body)
		}
	}))
	r := httptest.NewRequest("POST", "/", strings.NewReader("tenant=a"))
	for name, value := range map[string]string{"Origin": "https://a.test", "Cookie": "s=1", "Content-Type": "application/x-www-form-urlencoded"} {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	if h.ServeHTTP(w, r); w.Header().Get("Access-Control-Allow-Origin") != "https://a.test" {
		t.Error(w.Header())
	}
}

func TestProtectUsesTheLookupKey(t *testing.T) {
	m := cors.MustNew(cors.Policy{
		Credentials: true,
		Lookup:      func(ctx context.Context, _ origin.Origin) (bool, error) { return cors.LookupKey(ctx) == "a.test", nil },
		LookupKey:   func(r *http.Request) string { return r.Host },
	})
	for host, want := range map[string]int{"a.test": http.StatusOK, "b.test": http.StatusForbidden} {
		r := httptest.NewRequest("POST", "/", nil)
		r.Host = host
		r.Header.Set("Origin", "https://app.test")
		w := httptest.NewRecorder()
		if m.Protect(hello).ServeHTTP(w, r); w.Code != want || m.CheckOrigin(r) != (want == http.StatusOK) {
			t.Errorf("%s: %d", host, w.Code)
		}
	}
}

// Every serialized origin reaches Lookup, and DangerouslyAllowAnyOriginWithCredentials.
func TestOriginsOfOtherSchemes(t *testing.T) {
	var seen string
	looked := cors.MustNew(cors.Policy{Lookup: func(_ context.Context, o origin.Origin) (bool, error) {
		seen = o.Scheme() + "|" + o.Host()
		return true, nil
	}})
	reflected := cors.MustNew(cors.Policy{Origins: []string{"*"}, Credentials: true, DangerouslyAllowAnyOriginWithCredentials: true})
	for from, want := range map[string]string{
		"tauri://localhost": "tauri|localhost", "capacitor://localhost": "capacitor|localhost", "ionic://localhost": "ionic|localhost",
		"app://.": "app|.", "app://obsidian.md": "app|obsidian.md", "chrome-extension://abcdefghijklmnop": "chrome-extension|abcdefghijklmnop",
		"moz-extension://0f7ec5e6-bf35": "moz-extension|0f7ec5e6-bf35", "safari-web-extension://5F4BD2B4": "safari-web-extension|5F4BD2B4",
		"vscode-webview://0qahlf6": "vscode-webview|0qahlf6", "file://": "file|", "app://x:8080": "app|x",
		"https://a.test": "https|a.test", "http://[::1]:3000": "http|[::1]",
	} {
		seen = ""
		if got := decide(t, looked, from); got != "allowed" || seen != want {
			t.Errorf("%s: %s, Lookup saw %s", from, got, seen)
		}
		if got := send(reflected.Wrap(hello), "GET\nOrigin: "+from); !strings.HasPrefix(got, "OK\nAllow-Origin: "+from+"\n") {
			t.Errorf("%s, any origin: %s", from, got)
		}
	}
	seen = ""
	for _, from := range []string{
		"", "nonsense", "app:x", "app:", "://x", "app://x/", "app://x?y", "app://x#y", "app://u@x", "app://a b", "app://a^b", "app://x:", "app://x:99999", "App://x",
		"data://x", "blob:https://a.test", "javascript://x", "about:blank", "app://x, app://y", "https://A.test", "https://", "NULL", "app://" + strings.Repeat("x", 400),
	} {
		if got := decide(t, looked, from); got != "origin malformed" || seen != "" {
			t.Errorf("%.30q: %s, Lookup saw %q", from, got, seen)
		}
		if got := decide(t, reflected, from); got != "origin malformed" {
			t.Errorf("%.30q, any origin: %s", from, got)
		}
	}
}

func TestLookupThatEndsItsGoroutine(t *testing.T) {
	m := cors.MustNew(cors.Policy{Lookup: func(context.Context, origin.Origin) (bool, error) {
		runtime.Goexit()
		return true, nil
	}})
	if got := decide(t, m, "https://a.test"); got != "lookup failed" {
		t.Error(got)
	}
}

// fillLookup returns a middleware whose tables hold n allowed and n refused origins.
func fillLookup(tb testing.TB, n int) *cors.Middleware {
	m := cors.MustNew(cors.Policy{
		Lookup:      func(_ context.Context, o origin.Origin) (bool, error) { return o.Host()[0] == 't', nil },
		LookupCache: cors.LookupCache{MaxEntries: n, PositiveSeconds: 3600, NegativeSeconds: 3600},
	})
	for i := range n {
		decide(tb, m, fmt.Sprintf("https://t%d.test", i))
		decide(tb, m, fmt.Sprintf("https://f%d.test", i))
	}
	return m
}

// With full tables, a new origin once cost time in proportion to their size: 3 ms at this size.
func TestFullTablesCostNoTime(t *testing.T) {
	size := 50_000
	if testing.Short() {
		size = 5_000
	}
	m := fillLookup(t, size)
	const n = 2000
	began := time.Now()
	for i := range n {
		decide(t, m, fmt.Sprintf("https://new%d.test", i))
		decide(t, m, fmt.Sprintf("https://tnew%d.test", i))
	}
	if each := time.Since(began) / (2 * n); each > time.Millisecond {
		t.Errorf("a new origin takes %v", each)
	}
}

func BenchmarkLookup(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		m := fillLookup(b, n)
		origins := make([]string, 1<<18)
		run := func(name, format string, mod int) {
			for i := range origins {
				origins[i] = fmt.Sprintf(format, i%mod)
			}
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				r := cors.Request{Method: "GET", Origin: make([]string, 1)}
				i := 0
				for b.Loop() {
					r.Origin[0] = origins[i%len(origins)]
					i++
					m.Decide(context.Background(), r)
				}
			})
		}
		run("cached", "https://t%d.test", n)
		run("new and refused", "https://new%d.test", 1<<18)
		run("new and allowed", "https://tnew%d.test", 1<<18)
	}
}
