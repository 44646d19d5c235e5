//go:build unix

package integration

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/origin"
	_ "github.com/lib/pq"
)

// postgres is a PostgreSQL server with an empty data directory, on a loopback port.
type postgres struct {
	t       *testing.T
	bin     string // the folder of its programs
	dir     string
	port    int
	cmd     *exec.Cmd
	exited  chan struct{}
	stopped []int // the processes that pause has stopped
	out     bytes.Buffer
}

// startPostgres starts a server. PostgreSQL refuses to run as root, so that it then
// runs as the user postgres, or else nobody.
func startPostgres(t *testing.T) *postgres {
	t.Helper()
	pg := &postgres{t: t, bin: postgresPrograms(t), dir: tempDir(t)}
	if owner := pg.owner(); owner != nil {
		if err := os.Chown(pg.dir, int(owner.Uid), int(owner.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	initdb := pg.command("initdb", "-D", "data", "-U", "concors", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pg.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	t.Cleanup(pg.kill)
	pg.start()
	return pg
}

// postgresPrograms returns the folder of the newest PostgreSQL's programs, which
// Debian does not put into the PATH.
func postgresPrograms(t *testing.T) string {
	t.Helper()
	skipIfShort(t)
	versions, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	slices.SortFunc(versions, func(a, b string) int { return len(a) - len(b) })
	if len(versions) > 0 {
		return filepath.Dir(versions[len(versions)-1])
	}
	return filepath.Dir(need(t, "postgres"))
}

// owner returns the user that runs the server, or nil for the test's own.
func (pg *postgres) owner() *syscall.Credential {
	if os.Getuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.Atoi(u.Uid)
			gid, _ := strconv.Atoi(u.Gid)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	pg.t.Fatal("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
	return nil
}

func (pg *postgres) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(pg.bin, program), args...)
	cmd.Dir = pg.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: pg.owner()}
	return cmd
}

// start starts the server and returns when it accepts connections.
func (pg *postgres) start() {
	pg.t.Helper()
	pg.cmd = pg.command("postgres", "-D", "data", "-F", "-h", "127.0.0.1", "-p", strconv.Itoa(pg.port), "-k", "")
	pg.cmd.Stdout, pg.cmd.Stderr = &pg.out, &pg.out
	if err := pg.cmd.Start(); err != nil {
		pg.t.Fatal(err)
	}
	exited := make(chan struct{})
	pg.exited = exited
	cmd := pg.cmd
	go func() {
		_ = cmd.Wait() // it is ended by a signal
		close(exited)
	}()
	db := pg.open()
	defer db.Close()
	for end := time.Now().Add(readyLimit); db.Ping() != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			pg.t.Fatal("PostgreSQL did not start")
		}
	}
}

func (pg *postgres) open() *sql.DB {
	pg.t.Helper()
	db, err := sql.Open("postgres", fmt.Sprintf("host=127.0.0.1 port=%d user=concors dbname=postgres sslmode=disable connect_timeout=2", pg.port))
	if err != nil {
		pg.t.Fatal(err)
	}
	return db
}

// kill ends all processes at once, as a crash does.
func (pg *postgres) kill() {
	pg.resume()
	_ = pg.cmd.Process.Signal(syscall.SIGQUIT) // immediate shutdown
	select {
	case <-pg.exited:
	case <-time.After(10 * time.Second):
		_ = pg.cmd.Process.Kill()
		<-pg.exited
	}
}

// pause stops all processes, without closing a connection. admin is connected.
func (pg *postgres) pause(admin *sql.DB) {
	pg.t.Helper()
	stop := func(pid int) {
		if err := syscall.Kill(pid, syscall.SIGSTOP); err == nil {
			pg.stopped = append(pg.stopped, pid)
		}
	}
	stop(pg.cmd.Process.Pid) // it starts no further processes
	rows, err := admin.Query("select pid from pg_stat_activity where pid <> pg_backend_pid()")
	if err != nil {
		pg.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			pg.t.Fatal(err)
		}
		stop(pid)
	}
}

func (pg *postgres) resume() {
	for _, pid := range pg.stopped {
		_ = syscall.Kill(pid, syscall.SIGCONT)
	}
	pg.stopped = nil
}

// A service is a server whose policy looks origins up in the database.
type service struct {
	handler http.Handler

	tenantCalls, foreignCalls atomic.Int64 // calls of Lookup

	mu       sync.Mutex
	outcomes map[string]int // requests since the last report, by kind of origin and outcome
	times    map[string][]time.Duration
}

func newService(t *testing.T, db *sql.DB, cache cors.LookupCache) *service {
	s := &service{outcomes: map[string]int{}, times: map[string][]time.Duration{}}
	policy, err := cors.New(cors.Policy{
		Lookup: func(ctx context.Context, o origin.Origin) (bool, error) {
			if kind(o.String()) == "foreign" {
				s.foreignCalls.Add(1)
			} else {
				s.tenantCalls.Add(1)
			}
			var allowed bool
			err := db.QueryRowContext(ctx, "select exists (select from tenants where origin = $1)", o.String()).Scan(&allowed)
			return allowed, err
		},
		LookupCache: cache,
	})
	if err != nil {
		t.Fatal(err)
	}
	policy.SetObserver(func(r *http.Request, d cors.Decision) {
		l := d.Labels()
		*r.Context().Value(outcomeKey{}).(*string) = l.Pattern + l.Reason
	})
	s.handler = policy.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }))
	return s
}

type outcomeKey struct{}

// get makes a request and returns its outcome: "lookup" if the origin is allowed by
// the current result, "stale lookup" if by an earlier one, and otherwise the reason
// why it is refused.
func (s *service) get(ctx context.Context, from string) string {
	var outcome string
	r := httptest.NewRequestWithContext(context.WithValue(ctx, outcomeKey{}, &outcome), "GET", "/", nil)
	r.Header.Set("Origin", from)
	w := httptest.NewRecorder()
	began := time.Now()
	s.handler.ServeHTTP(w, r)
	took := time.Since(began)
	if allowed := w.Header().Get("Access-Control-Allow-Origin") == from; allowed != strings.HasSuffix(outcome, "lookup") {
		outcome = "a response that is not the decision: " + outcome
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outcomes[kind(from)+": "+outcome]++
	s.times[kind(from)] = append(s.times[kind(from)], took)
	return outcome
}

// report logs the requests since the last report and returns them by outcome.
func (s *service) report(t *testing.T, phase string, took time.Duration) map[string]int {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for kind, times := range s.times {
		slices.Sort(times)
		at := func(part float64) time.Duration {
			return times[int(part*float64(len(times)-1))].Round(time.Microsecond)
		}
		fmt.Fprintf(&b, "; %s: %d requests, median %v, 99 %% %v, longest %v", kind, len(times), at(.5), at(.99), at(1))
	}
	t.Logf("%s (%.1f s): %v; lookups: %d of tenants, %d of foreign origins%s",
		phase, took.Seconds(), s.outcomes, s.tenantCalls.Swap(0), s.foreignCalls.Swap(0), &b)
	outcomes := s.outcomes
	s.outcomes, s.times = map[string]int{}, map[string][]time.Duration{}
	return outcomes
}

func tenant(i int) string { return fmt.Sprintf("https://t%d.example", i) }

// newTenants are in the table too, and are first looked up in the middle of a failure.
var newTenants = []string{
	"https://new0.example", "https://new1.example", "https://new2.example", "https://new3.example", "https://new4.example",
}

// kind returns what the report calls an origin.
func kind(from string) string {
	switch {
	case strings.HasPrefix(from, "https://t"):
		return "tenants"
	case strings.HasPrefix(from, "https://new"):
		return "new tenants"
	case strings.HasPrefix(from, "https://removed"):
		return "removed tenant"
	}
	return "foreign"
}

var foreignOrigins atomic.Int64

func newForeignOrigin() string { return fmt.Sprintf("https://f%d.example", foreignOrigins.Add(1)) }

// serve makes requests of the first tenants and of ever new foreign origins until
// the event returns.
func (s *service) serve(t *testing.T, phase string, tenants, tenantClients, foreignClients int, event func()) map[string]int {
	t.Helper()
	began := time.Now()
	ended := make(chan struct{})
	var wg sync.WaitGroup
	client := func(pace time.Duration, from func() string) {
		wg.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
					s.get(t.Context(), from())
					time.Sleep(pace)
				}
			}
		})
	}
	for range tenantClients {
		client(2*time.Millisecond, func() string { return tenant(rand.IntN(tenants)) })
	}
	for range foreignClients {
		client(0, newForeignOrigin)
	}
	event()
	close(ended)
	wg.Wait()
	return s.report(t, phase, time.Since(began))
}

// only fails the test if requests of a kind have other outcomes than the given ones,
// or if one of these is missing.
func only(t *testing.T, outcomes map[string]int, kind string, want ...string) {
	t.Helper()
	for outcome, n := range outcomes {
		if name, ok := strings.CutPrefix(outcome, kind+": "); ok && !slices.Contains(want, name) {
			t.Errorf("%d requests of %s", n, outcome)
		}
	}
	for _, name := range want {
		if outcomes[kind+": "+name] == 0 {
			t.Errorf("no request of %s: %s", kind, name)
		}
	}
}

// A policy with a table of 100,000 tenants in PostgreSQL, which is flooded, paused,
// killed and locked.
func TestLookupInPostgreSQL(t *testing.T) {
	const tenants = 100_000
	pg := startPostgres(t)
	db, admin := pg.open(), pg.open()
	t.Cleanup(func() {
		db.Close()
		admin.Close()
	})
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	admin.SetMaxOpenConns(1)
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := admin.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec("create table tenants (origin text primary key)")
	exec("insert into tenants select 'https://t' || i || '.example' from generate_series(0, $1::int - 1) i", tenants)
	for _, o := range newTenants {
		exec("insert into tenants values ($1)", o)
	}
	exec("vacuum analyze tenants")

	t.Run("100,000 tenants and a flood", func(t *testing.T) {
		s := newService(t, db, cors.LookupCache{PositiveSeconds: 3600, MaxEntries: tenants})
		began := time.Now()
		var wg sync.WaitGroup
		var next atomic.Int64 // the next tenant
		for range 8 {
			wg.Go(func() {
				// With the race detector on a slow machine, all of them would take minutes.
				for time.Since(began) < 25*time.Second {
					i := int(next.Add(1)) - 1
					if i >= tenants {
						return
					}
					s.get(t.Context(), tenant(i))
				}
			})
		}
		wg.Wait()
		known := int(min(next.Load(), tenants))
		if outcomes := s.report(t, "each tenant once", time.Since(began)); outcomes["tenants: lookup"] != known {
			t.Fatalf("%d of %d tenants are allowed: %v", outcomes["tenants: lookup"], known, outcomes)
		}
		outcomes := s.serve(t, "a flood of foreign origins", known, 8, 6, func() {
			time.Sleep(6 * time.Second)
			if n := s.tenantCalls.Load(); n > 0 {
				t.Errorf("the flood has pushed out %d tenants", n)
			}
		})
		only(t, outcomes, "tenants", "lookup")
		only(t, outcomes, "foreign", "origin refused")
	})

	// Results expire after 2 s, so that each failure is longer than a result lasts.
	cache := cors.LookupCache{PositiveSeconds: 2, StaleSeconds: 30}
	const active = 200
	prepare := func(t *testing.T) *service {
		s := newService(t, db, cache)
		for i := range active {
			if got := s.get(t.Context(), tenant(i)); got != "lookup" {
				t.Fatalf("tenant %d: %s", i, got)
			}
		}
		s.report(t, "before", 0)
		return s
	}
	// settled waits until lookups work again, and returns how long that takes.
	settled := func(t *testing.T, s *service, from, want string) time.Duration {
		t.Helper()
		began := time.Now()
		for s.get(t.Context(), from) != want {
			if time.Since(began) > 10*time.Second {
				t.Fatalf("%s: no %s within 10 s", from, want)
			}
			time.Sleep(5 * time.Millisecond)
		}
		return time.Since(began)
	}

	t.Run("a pause of 3 s", func(t *testing.T) {
		s := prepare(t)
		const removed = "https://removed.example"
		exec("insert into tenants values ($1)", removed)
		if got := s.get(t.Context(), removed); got != "lookup" {
			t.Fatal(got)
		}
		exec("delete from tenants where origin = $1", removed)
		outcomes := s.serve(t, "paused", active, 8, 2, func() {
			pg.pause(admin)
			defer pg.resume()
			time.Sleep(3 * time.Second)
			if got := s.get(t.Context(), removed); got != "stale lookup" {
				t.Errorf("during the pause a tenant that was removed before is %s", got)
			}
		})
		only(t, outcomes, "tenants", "lookup", "stale lookup")
		delete(outcomes, "foreign: origin refused") // before the pause and after it
		only(t, outcomes, "foreign", "lookup failed")
		outcomes = s.serve(t, "resumed", active, 8, 2, func() {
			t.Logf("after the pause: the removed tenant is refused after %v, a new one is allowed after %v",
				settled(t, s, removed, "origin refused"), settled(t, s, newTenants[0], "lookup"))
			time.Sleep(2 * time.Second)
		})
		delete(outcomes, "tenants: stale lookup") // until their next lookup, if there were any
		only(t, outcomes, "tenants", "lookup")
		only(t, s.serve(t, "afterwards", active, 8, 0, func() { time.Sleep(time.Second) }), "tenants", "lookup")
	})

	t.Run("a crash and a restart", func(t *testing.T) {
		s := prepare(t)
		outcomes := s.serve(t, "killed and restarted", active, 8, 2, func() {
			time.Sleep(time.Second)
			pg.kill()
			time.Sleep(3 * time.Second)
			if got := s.get(t.Context(), newTenants[1]); got != "lookup failed" {
				t.Errorf("a tenant that was not looked up before is %s", got)
			}
			pg.start()
			t.Logf("a new tenant is allowed %v after the restart", settled(t, s, newTenants[2], "lookup"))
			time.Sleep(2 * time.Second)
		})
		only(t, outcomes, "tenants", "lookup", "stale lookup")
		only(t, outcomes, "foreign", "origin refused", "lookup failed")
		only(t, s.serve(t, "afterwards", active, 8, 0, func() { time.Sleep(time.Second) }), "tenants", "lookup")
	})

	t.Run("a table that is locked for 4 s", func(t *testing.T) {
		s := prepare(t)
		outcomes := s.serve(t, "locked", active, 8, 2, func() {
			tx, err := admin.Begin()
			if err != nil {
				t.Error(err)
				return
			}
			defer tx.Rollback()
			if _, err := tx.Exec("lock table tenants in access exclusive mode"); err != nil {
				t.Error(err)
				return
			}
			time.Sleep(3 * time.Second)
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			defer cancel()
			if got := s.get(ctx, newTenants[3]); got != "request ended" {
				t.Errorf("a client that hangs up: %s", got)
			}
			time.Sleep(time.Second)
		})
		only(t, outcomes, "tenants", "lookup", "stale lookup")
		s.serve(t, "unlocked", active, 8, 2, func() {
			t.Logf("a new tenant is allowed %v after the lock", settled(t, s, newTenants[4], "lookup"))
			time.Sleep(2 * time.Second)
		})
		only(t, s.serve(t, "afterwards", active, 8, 0, func() { time.Sleep(time.Second) }), "tenants", "lookup")
	})
}
