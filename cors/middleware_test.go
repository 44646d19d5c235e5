package cors_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
)

const preflightPUT = "OPTIONS\nOrigin: https://a.test\nAccess-Control-Request-Method: PUT"

func TestDecide(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://b.test", "https://*.a.test"}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-A"}})
	preflight := func(method string, headers ...string) cors.Request {
		return cors.Request{Method: "OPTIONS", Origin: []string{"https://x.a.test"}, RequestMethod: []string{method}, RequestHeaders: headers}
	}
	for _, row := range []struct {
		name    string
		request cors.Request
		want    cors.Decision
	}{
		{"no Origin", cors.Request{Method: "GET"}, cors.Decision{Kind: cors.NotCORS, Pattern: -1}},
		{"allowed", cors.Request{Method: "GET", Origin: []string{"https://x.a.test"}}, cors.Decision{Kind: cors.Actual, Allowed: true, Origin: "https://x.a.test", Pattern: 1, PatternText: "https://*.a.test"}},
		{"refused", cors.Request{Method: "GET", Origin: []string{"https://c.test"}}, cors.Decision{Kind: cors.Actual, Reason: cors.OriginRefused, Origin: "https://c.test", Pattern: -1}},
		{"two Origin fields", cors.Request{Method: "GET", Origin: []string{"https://b.test", "https://b.test"}}, cors.Decision{Kind: cors.Actual, Reason: cors.SeveralOrigins, Origin: "https://b.test", Pattern: -1}},
		{"a long origin", cors.Request{Method: "GET", Origin: []string{strings.Repeat("a", 1000)}}, cors.Decision{Kind: cors.Actual, Reason: cors.OriginMalformed, Origin: strings.Repeat("a", 1000), Pattern: -1}},
		{"a refused method", preflight("DELETE"), cors.Decision{Kind: cors.Preflight, Reason: cors.MethodRefused, Origin: "https://x.a.test", Method: "DELETE", Pattern: 1, PatternText: "https://*.a.test"}},
		{"a refused header", preflight("PUT", "x-a", "X-b"), cors.Decision{Kind: cors.Preflight, Reason: cors.HeaderRefused, Origin: "https://x.a.test", Method: "PUT", Header: "X-b", Pattern: 1, PatternText: "https://*.a.test"}},
		{"too many headers", preflight("PUT", strings.Repeat("x-a,", 40)), cors.Decision{Kind: cors.Preflight, Reason: cors.RequestHeadersTooLarge, Origin: "https://x.a.test", Method: "PUT", Pattern: 1, PatternText: "https://*.a.test"}},
		{"a granted preflight", preflight("PUT", "x-a"), cors.Decision{Kind: cors.Preflight, Allowed: true, Origin: "https://x.a.test", Method: "PUT", Pattern: 1, PatternText: "https://*.a.test"}},
	} {
		if got := m.Decide(t.Context(), row.request); got != row.want {
			t.Errorf("%s: %+v, want %+v", row.name, got, row.want)
		}
	}
}

// Decide, Fields and the observer say alike that a policy only reports.
func TestDecisionsSayThatAPolicyOnlyReports(t *testing.T) {
	for _, reportOnly := range []bool{false, true} {
		m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, ReportOnly: reportOnly})
		for _, from := range []string{"https://a.test", "https://b.test"} {
			q := cors.Request{Method: "GET", Origin: []string{from}}
			decided := m.Decide(t.Context(), q)
			fields, _, _, _ := m.Fields(t.Context(), q)
			var observed cors.Decision
			m.SetObserver(func(_ *http.Request, d cors.Decision) { observed = d })
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Origin", from)
			m.Wrap(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
			for name, d := range map[string]cors.Decision{"Decide": decided, "Fields": fields, "the observer": observed} {
				if d.ReportOnly != reportOnly || d.Allowed != (from == "https://a.test") {
					t.Errorf("%s, %s, report only %v: %+v", name, from, reportOnly, d)
				}
			}
		}
	}
}

// TestLongRequestHeaders tests the limits of Access-Control-Request-Headers. A line may be as long as
// twice the list of the policy, and a line that is longer than any could be is not read.
func TestLongRequestHeaders(t *testing.T) {
	var names []string
	for i := range 40 {
		names = append(names, strings.Repeat("x", 125)+strconv.Itoa(100+i))
	}
	list := strings.Join(names, ",")
	long := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, RequestHeaders: names})
	short := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, RequestHeaders: []string{"X-A", "X-B"}})
	for _, row := range []struct {
		name  string
		m     *cors.Middleware
		lines []string
		want  cors.Reason
	}{
		{"each name of a long list twice, with white space", long, []string{list + strings.Repeat(" ", 128) + "," + list}, cors.Granted},
		{"one name more", long, []string{list + "," + list + "," + names[0]}, cors.RequestHeadersTooLarge},
		{"empty elements", short, []string{",,x-a,,x-b,,"}, cors.Granted},
		{"32 empty elements", short, []string{strings.Repeat(",", 31)}, cors.Granted},
		{"33 empty elements", short, []string{strings.Repeat(",", 32)}, cors.RequestHeadersTooLarge},
		{"32 empty lines", short, make([]string, 32), cors.Granted},
		{"33 empty lines", short, make([]string, 33), cors.RequestHeadersTooLarge},
		{"another name at the end of 2 KB", short, []string{"x-a," + strings.Repeat("y", 2048)}, cors.HeaderRefused},
		{"1 MB of commas", short, []string{strings.Repeat(",", 1<<20)}, cors.RequestHeadersTooLarge},
		{"1 MB of an allowed name", short, []string{strings.Repeat("x-a,", 1<<18)}, cors.RequestHeadersTooLarge},
		{"1 MB on the second line", short, []string{"x-a", strings.Repeat("y", 1<<20)}, cors.RequestHeadersTooLarge},
	} {
		d := row.m.Decide(t.Context(), cors.Request{
			Method: "OPTIONS", Origin: []string{"https://a.test"}, RequestMethod: []string{"GET"}, RequestHeaders: row.lines,
		})
		if d.Reason != row.want || d.Allowed != (row.want == cors.Granted) {
			t.Errorf("%s: allowed %t, %s; want %s", row.name, d.Allowed, d.Reason, row.want)
		}
	}
}

// Fields returns what Wrap sends, for servers that are not net/http.
func TestFieldsAreWhatWrapSends(t *testing.T) {
	for _, p := range []cors.Policy{
		{Origins: []string{"https://a.test"}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-A"}, ExposedHeaders: []string{"X-Total"}, Credentials: true, MaxAgeSeconds: 5},
		{Origins: []string{"*"}, Methods: []string{"*"}, RequestHeaders: []string{"*", "Authorization"}},
		{Origins: []string{"https://a.test"}, Methods: []string{"*"}, RequestHeaders: []string{"*"}, Credentials: true, TimingAllowOrigin: true, ResourcePolicy: "same-site"},
		{Origins: []string{"https://a.test"}, RejectRefused: true},
		{Origins: []string{"https://a.test"}, ReportOnly: true},
	} {
		m := cors.MustNew(p)
		for _, request := range []string{"GET", "GET\nOrigin: https://a.test", "GET\nOrigin: https://b.test", "GET\nOrigin: https://a.test\nOrigin: https://b.test", preflightPUT, preflightPUT + "\nAccess-Control-Request-Headers: x-a", preflightPUT + "\nAccess-Control-Request-Headers: x-z"} {
			lines := strings.Split(request, "\n")
			h := http.Header{}
			for _, line := range lines[1:] {
				name, value, _ := strings.Cut(line, ": ")
				h.Add(name, value)
			}
			_, fields, vary, status := m.Fields(t.Context(), cors.Request{Method: lines[0], Origin: h["Origin"],
				RequestMethod: h["Access-Control-Request-Method"], RequestHeaders: h["Access-Control-Request-Headers"], Host: "server.test"})
			same := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				for _, f := range fields {
					w.Header().Set(f.Name, f.Value)
				}
				if vary != "" {
					w.Header().Set("Vary", vary)
				}
				if status == 0 {
					status = 200
				}
				w.WriteHeader(status)
			})
			if got, want := send(same, request), send(m.Wrap(hello), request); got != want {
				t.Errorf("%+v: %s: by Fields\n%s\nby Wrap\n%s", p, request, got, want)
			}
		}
	}
}

func TestDebugModeSendsWhatIsAllowed(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"DELETE"}, MaxAgeSeconds: 60})
	m.SetDebug(true)
	want := "No Content\nAllow-Origin: https://a.test\nAllow-Methods: DELETE\nVary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
	if got := send(m.Wrap(hello), preflightPUT); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	if got := send(m.Wrap(hello), strings.Replace(preflightPUT, "a.test", "b.test", 1)); got != "Forbidden" {
		t.Errorf("the response to a refused origin is %s", got)
	}
}

// What the response in debug mode explains stays refused in every browser.
func TestDebugModeGrantsNothing(t *testing.T) {
	for _, row := range []struct {
		name   string
		policy cors.Policy
		change func(*fetch.Request)
	}{
		{"Authorization, with *", cors.Policy{Origins: []string{"https://a.test"}, RequestHeaders: []string{"*"}}, func(q *fetch.Request) { q.Header.Append("Authorization", "x") }},
		{"a name that is too long for *", cors.Policy{Origins: []string{"https://a.test"}, RequestHeaders: []string{"*"}}, func(q *fetch.Request) { q.Header.Append(strings.Repeat("x", 200), "x") }},
		{"a method that is too long for *", cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"*"}}, func(q *fetch.Request) { q.Method = strings.Repeat("X", 70) }},
		{"the method of an upload with progress events", cors.Policy{Origins: []string{"https://a.test"}}, func(q *fetch.Request) {
			q.Method, q.Body, q.Initiator, q.UseCORSPreflight = "PATCH", fetch.TextBody("x"), fetch.InitiatorXHR, true
		}},
		{"a method that is not listed", cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"PUT"}}, func(q *fetch.Request) { q.Method = "DELETE" }},
	} {
		m := cors.MustNew(row.policy)
		m.SetDebug(true)
		for _, profile := range fetch.Profiles() {
			q := &fetch.Request{Page: &fetch.Page{URL: "https://a.test/"}, URL: "https://server.test/x", Mode: fetch.ModeCORS}
			row.change(q)
			agent := &fetch.Agent{Profile: profile, Transport: fetch.HandlerTransport(m.Wrap(hello))}
			if resp, err := agent.Fetch(t.Context(), q); err == nil {
				resp.Body.Close()
				t.Errorf("%s: %s allows the request", row.name, profile.Name)
			}
		}
	}
}

func TestObserveShadowAndStacking(t *testing.T) {
	var seen []string
	observe := func(r *http.Request, d cors.Decision) {
		s := d.Reason.String()
		if d.Shadow {
			s = "shadow " + s
		}
		if d.Stacked {
			s += ", stacked"
		}
		if d.ReportOnly {
			s += ", report only"
		}
		seen = append(seen, s)
	}
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}})
	m.SetObserver(observe)
	if err := m.SetShadow(&cors.Policy{Origins: []string{"https://b.test"}}); err != nil {
		t.Fatal(err)
	}
	if err := m.SetShadow(&cors.Policy{}); err == nil {
		t.Error("SetShadow accepts a policy with faults")
	}
	send(m.Wrap(hello), "GET")
	send(m.Wrap(hello), "GET\nOrigin: https://a.test")
	m.SetShadow(nil)
	outer := cors.MustNew(cors.Policy{Origins: []string{"*"}})
	send(outer.Wrap(m.Wrap(hello)), preflightPUT+"\nX: y")
	send(outer.Wrap(m.Wrap(hello)), "GET\nOrigin: https://a.test")
	if err := m.Reconfigure(cors.Policy{Origins: []string{"https://b.test"}, ReportOnly: true}); err != nil {
		t.Fatal(err)
	}
	send(m.Wrap(hello), "GET\nOrigin: https://a.test")
	want := "granted; shadow origin refused; granted, stacked; origin refused, report only"
	if got := strings.Join(seen, "; "); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestLogRefusals(t *testing.T) {
	var buf bytes.Buffer
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}})
	m.SetObserver(cors.LogRefusals(slog.New(slog.NewTextHandler(&buf, nil))))
	send(m.Wrap(hello), "GET\nOrigin: https://a.test")
	if buf.Len() > 0 {
		t.Errorf("a granted request is logged: %s", &buf)
	}
	send(m.Wrap(hello), preflightPUT)
	for _, part := range []string{"level=WARN", `reason="method refused"`, "kind=preflight", "origin=https://a.test", "method=PUT", "path=/x"} {
		if !strings.Contains(buf.String(), part) {
			t.Errorf("%s is missing in %s", part, &buf)
		}
	}
	buf.Reset()
	send(m.Wrap(hello), "GET\nOrigin: "+strings.Repeat("x", 10_000))
	if buf.Len() > 500 {
		t.Errorf("a client can cause a record of %d bytes", buf.Len())
	}
}

func TestReconfigureKeepsTheOldPolicyOnError(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}})
	if err := m.Reconfigure(cors.Policy{Origins: []string{"null"}}); err == nil {
		t.Fatal("no error")
	}
	if got := m.Policy().Origins[0]; got != "https://a.test" {
		t.Errorf("the policy now allows %s", got)
	}
}

// TestReconfigureWhileServing lets the race detector look for races: the policy is
// replaced while requests are served by handlers that overwrite every value they can
// reach.
func TestReconfigureWhileServing(t *testing.T) {
	m := &cors.Middleware{}
	h := m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, values := range w.Header() {
			for i := range values {
				values[i] = "written"
			}
			w.Header()[name] = append(values, "more")
		}
	}))
	var wg sync.WaitGroup
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 500 {
				send(h, "GET\nOrigin: https://a.test")
				if got := send(h, preflightPUT); strings.Contains(got, "written") {
					t.Errorf("the response to a preflight has what a handler wrote: %s", got)
					return
				}
			}
		}()
	}
	for i := range 200 {
		m.Reconfigure(cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"PUT"}, Credentials: i%2 == 0})
		m.SetDebug(i%3 == 0)
		_ = m.Policy()
	}
	wg.Wait()
}

func TestPolicyReturnsManyOrigins(t *testing.T) {
	p := cors.Policy{Methods: []string{"PUT"}}
	for i := range 20_000 {
		p.Origins = append(p.Origins, "https://t"+strconv.Itoa(i%15_000)+".test")
	}
	p.Origins = append(p.Origins, "http://localhost:*")
	m, err := cors.New(p)
	if err != nil {
		t.Fatal(err)
	}
	back := m.Policy().Origins
	seen := map[string]bool{}
	var want []string
	for _, o := range p.Origins {
		if !seen[o] {
			want = append(want, o)
		}
		seen[o] = true
	}
	if strings.Join(back, " ") != strings.Join(want, " ") {
		t.Errorf("%d origins are returned as %d", len(want), len(back))
	}
}

func TestLookup(t *testing.T) {
	var calls atomic.Int32
	gate := make(chan struct{})
	p := cors.Policy{
		Origins: []string{"https://static.test"},
		Lookup: func(ctx context.Context, o origin.Origin) (bool, error) {
			calls.Add(1)
			switch o.Host() {
			case "slow.test":
				<-gate
				return true, nil
			case "broken.test":
				return false, errors.New("no database")
			case "panic.test":
				panic("oops")
			}
			return o.Host() == "tenant.test", nil
		},
		LookupCache: cors.LookupCache{TimeoutMilliseconds: 50},
	}
	m := cors.MustNew(p)
	get := func(o string) cors.Decision {
		return m.Decide(t.Context(), cors.Request{Method: "GET", Origin: []string{o}})
	}
	for _, row := range []struct {
		origin  string
		allowed bool
		reason  cors.Reason
		calls   int32
	}{
		{"https://static.test", true, cors.Granted, 0}, {"https://tenant.test", true, cors.Granted, 1}, {"https://tenant.test", true, cors.Granted, 0},
		{"https://other.test", false, cors.OriginRefused, 1}, {"https://other.test", false, cors.OriginRefused, 0}, {"https://broken.test", false, cors.LookupFailed, 1},
		{"https://broken.test", false, cors.LookupFailed, 0}, {"https://panic.test", false, cors.LookupFailed, 1}, {"https://slow.test", false, cors.LookupFailed, 1},
		{"https://slow.test", false, cors.LookupFailed, 0}, {"nonsense", false, cors.OriginMalformed, 0}, {"null", false, cors.OriginRefused, 0},
	} {
		before := calls.Load()
		d := get(row.origin)
		if d.Allowed != row.allowed || d.Reason != row.reason || calls.Load()-before != row.calls || (d.Err != nil) != (row.reason == cors.LookupFailed) {
			t.Errorf("%s: %+v after %d calls, want %v %v after %d", row.origin, d, calls.Load()-before, row.allowed, row.reason, row.calls)
		}
	}
	close(gate)
	for range 100 {
		if get("https://slow.test").Allowed {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if !get("https://slow.test").Allowed {
		t.Error("a result that came after the timeout is not cached")
	}
	if got := send(m.Wrap(hello), "GET\nOrigin: https://broken.test"); got != "OK\nVary: Origin" {
		t.Errorf("a failed lookup: %s", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if d := m.Decide(ctx, cors.Request{Method: "GET", Origin: []string{"https://gone.test"}}); d.Allowed {
		t.Error("a request that has ended is allowed")
	}
}

func TestLookupCallsOnceForAllWaitingRequests(t *testing.T) {
	var calls atomic.Int32
	gate := make(chan struct{})
	m := cors.MustNew(cors.Policy{Lookup: func(context.Context, origin.Origin) (bool, error) {
		calls.Add(1)
		<-gate
		return true, nil
	}, LookupCache: cors.LookupCache{MaxEntries: 2, TimeoutMilliseconds: 5000}})
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			o := []string{"https://a.test", "https://b.test"}[i%2]
			if d := m.Decide(t.Context(), cors.Request{Method: "GET", Origin: []string{o}}); !d.Allowed {
				t.Errorf("refused: %v", d.Err)
			}
		}()
	}
	for calls.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	if d := m.Decide(t.Context(), cors.Request{Method: "GET", Origin: []string{"https://c.test"}}); d.Reason != cors.LookupFailed {
		t.Errorf("a third lookup is started at the same time: %+v", d)
	}
	close(gate)
	wg.Wait()
	if calls.Load() != 2 {
		t.Errorf("%d calls, want 2", calls.Load())
	}
	if d := m.Decide(t.Context(), cors.Request{Method: "GET", Origin: []string{"https://c.test"}}); !d.Allowed {
		t.Errorf("no result was dropped to make room: %v", d.Err)
	}
}

func TestProtectRefusesFormPosts(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, Credentials: true})
	anonymous := cors.MustNew(cors.Policy{Origins: []string{"*"}})
	for _, row := range []struct {
		name    string
		m       *cors.Middleware
		request string
		want    string
	}{
		{"a form of a foreign origin", m, "POST\nOrigin: https://b.test\nSec-Fetch-Site: cross-site", "Forbidden\nVary: Origin"},
		{"a form of an allowed origin", m, "POST\nOrigin: https://a.test\nSec-Fetch-Site: cross-site", "OK\nAllow-Origin: https://a.test\nAllow-Credentials: true\nVary: Origin"},
		{"a form of the server's own origin", m, "POST\nOrigin: http://server.test\nSec-Fetch-Site: same-origin", "OK\nVary: Origin"},
		{"a client that is not a browser", m, "POST", "OK\nVary: Origin"},
		{"a GET of a foreign origin", m, "GET\nOrigin: https://b.test\nSec-Fetch-Site: cross-site", "OK\nVary: Origin"},
		{"any origin, without a cookie", anonymous, "POST\nOrigin: https://b.test\nSec-Fetch-Site: cross-site", "OK\nAllow-Origin: *"},
		{"any origin, with a cookie", anonymous, "POST\nOrigin: https://b.test\nSec-Fetch-Site: cross-site\nCookie: a=b", "Forbidden\nAllow-Origin: *"},
	} {
		if got := send(row.m.Protect(hello), row.request); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}

// TestProtectKnowsItsOwnOrigin checks which requests of the server's own pages are served, also behind
// proxies that change Host and with TLS.
func TestProtectKnowsItsOwnOrigin(t *testing.T) {
	const (
		own     = "https://app.example"
		foreign = "https://foreign.example"
	)
	listed := cors.Policy{Origins: []string{"https://a.test"}}
	self := listed
	self.Self = []string{own, "https://admin.example"}
	reporting := listed
	reporting.ReportOnly = true
	anonymous := cors.Policy{Origins: []string{"*"}}
	certificate := &tls.ConnectionState{PeerCertificates: []*x509.Certificate{{}}}
	for _, row := range []struct {
		name               string
		policy             cors.Policy
		origin, host, site string
		tls                *tls.ConnectionState
		form, socket       bool
	}{
		{"its own page", listed, own, "app.example", "", nil, true, true},
		{"its own page, over TLS", listed, own, "app.example", "", &tls.ConnectionState{}, true, true},
		{"an http page of its own host, over TLS", listed, "http://app.example", "app.example", "", &tls.ConnectionState{}, false, false},
		{"an http page of its own host, and the browser says so", listed, "http://app.example", "app.example", "cross-site", &tls.ConnectionState{}, false, false},
		{"its own page, behind a proxy that changes Host", listed, own, "10.0.0.1:8080", "", nil, false, false},
		{"the same, and the browser says so", listed, own, "10.0.0.1:8080", "same-origin", nil, true, true},
		{"a WebSocket that the browser calls cross-site", listed, own, "app.example", "cross-site", nil, false, true},
		{"a foreign page", listed, foreign, "app.example", "cross-site", nil, false, false},
		{"Self: its own page, behind a proxy that changes Host", self, own, "10.0.0.1:8080", "", nil, true, true},
		{"Self: another of its own pages", self, "https://admin.example", "app.example", "cross-site", nil, true, true},
		{"Self: an http page of its own host", self, "http://app.example", "app.example", "", nil, false, false},
		{"Self: a page on a name of an attacker for this address", self, "http://rebound.example", "rebound.example", "same-origin", nil, false, false},
		{"Self: a foreign page", self, foreign, "10.0.0.1:8080", "cross-site", nil, false, false},
		{"its own page, with Referrer-Policy: no-referrer", listed, "null", "app.example", "same-origin", nil, true, true},
		{"Self: a page with Referrer-Policy: no-referrer, perhaps of an attacker", self, "null", "app.example", "same-origin", nil, false, false},
		{"report only: a foreign page", reporting, foreign, "app.example", "cross-site", nil, true, true},
		{"report only: a foreign page of an old browser", reporting, foreign, "app.example", "", nil, true, true},
		{"any origin, without credentials", anonymous, foreign, "app.example", "cross-site", &tls.ConnectionState{}, true, true},
		{"any origin, with a client certificate", anonymous, foreign, "app.example", "cross-site", certificate, false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			m := cors.MustNew(row.policy)
			request := func(method string) *http.Request {
				r := httptest.NewRequest(method, "/", nil)
				r.Host, r.TLS = row.host, row.tls
				r.Header.Set("Origin", row.origin)
				if row.site != "" {
					r.Header.Set("Sec-Fetch-Site", row.site)
				}
				return r
			}
			w := httptest.NewRecorder()
			if m.Protect(hello).ServeHTTP(w, request("POST")); (w.Code == http.StatusOK) != row.form {
				t.Errorf("a form: %d", w.Code)
			}
			if got := m.CheckOrigin(request("GET")); got != row.socket {
				t.Errorf("a WebSocket: %v", got)
			}
		})
	}
}

// TestRejectRefusedKnowsItsOwnOrigin does the same for RejectRefused.
func TestRejectRefusedKnowsItsOwnOrigin(t *testing.T) {
	p := cors.Policy{Origins: []string{"https://a.test"}, RejectRefused: true}
	request := func(origin, host string, tls bool) cors.Request {
		return cors.Request{Method: "POST", Origin: []string{origin}, Host: host, TLS: tls}
	}
	for _, row := range []struct {
		self    []string
		request cors.Request
		status  int
	}{
		{nil, request("http://app.example", "app.example", false), 0},
		{nil, request("http://app.example", "app.example", true), 403},
		{nil, request("https://app.example", "app.example", true), 0},
		{[]string{"https://app.example"}, request("https://app.example", "10.0.0.1", false), 0},
		{[]string{"https://app.example"}, request("http://10.0.0.1", "10.0.0.1", false), 403},
	} {
		p.Self = row.self
		if _, _, _, status := cors.MustNew(p).Fields(t.Context(), row.request); status != row.status {
			t.Errorf("%q %+v: %d, want %d", row.self, row.request, status, row.status)
		}
	}
}

func TestCheckOrigin(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, Credentials: true})
	anyOrigin := cors.MustNew(cors.Policy{Origins: []string{"*"}})
	for _, row := range []struct {
		m              *cors.Middleware
		origin, cookie string
		want           bool
	}{
		{m, "", "", true}, {m, "https://a.test", "x=y", true}, {m, "https://b.test", "", false}, {m, "http://server.test", "x=y", true}, {m, "null", "", false},
		{anyOrigin, "https://b.test", "", true}, {anyOrigin, "https://b.test", "x=y", false}, {&cors.Middleware{}, "https://b.test", "", false},
	} {
		r := httptest.NewRequest("GET", "http://server.test/ws", nil)
		if row.origin != "" {
			r.Header.Set("Origin", row.origin)
		}
		if row.cookie != "" {
			r.Header.Set("Cookie", row.cookie)
		}
		if got := row.m.CheckOrigin(r); got != row.want {
			t.Errorf("%q, cookie %q: %v", row.origin, row.cookie, got)
		}
	}
}

func TestStripResponse(t *testing.T) {
	r := &http.Response{Header: http.Header{"Access-Control-Allow-Origin": {"*"}, "Access-Control-Max-Age": {"1"}, "Vary": {"Origin"}}}
	if err := cors.StripResponse(r); err != nil || len(r.Header) != 1 {
		t.Errorf("%v, %v", err, r.Header)
	}
}

// A mux whose patterns have methods responds to a preflight with 405 before it reaches a policy
// inside. A policy around the mux works.
func TestWrapAroundAMuxWithMethods(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, Methods: []string{"PUT"}})
	mux := http.NewServeMux()
	mux.Handle("PUT /x", hello)
	if got := send(m.Wrap(mux), preflightPUT); !strings.HasPrefix(got, "No Content\nAllow-Origin") {
		t.Errorf("around the mux: %s", got)
	}
	inner := http.NewServeMux()
	inner.Handle("PUT /x", m.Wrap(hello))
	if got := send(inner, preflightPUT); got != "Method Not Allowed" {
		t.Errorf("in the mux: %s", got)
	}
}

// bare is a ResponseWriter that allocates nothing.
type bare struct{ h http.Header }

func (b bare) Header() http.Header         { return b.h }
func (b bare) Write(p []byte) (int, error) { return len(p), nil }
func (b bare) WriteHeader(int)             {}

func TestAllocations(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test", "https://*.b.test"}, Methods: []string{"PUT"}, RequestHeaders: []string{"X-A", "Content-Type"},
		ExposedHeaders: []string{"X-Total"}, Credentials: true, MaxAgeSeconds: 60})
	h := m.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, row := range []struct {
		name, request string
		want          float64
	}{
		{"allowed", "GET\nOrigin: https://a.test", 1},
		{"allowed by a wildcard", "GET\nOrigin: https://x.b.test", 1},
		{"refused", "GET\nOrigin: https://c.test", 1},
		{"no Origin", "GET", 1},
		{"preflight", preflightPUT + "\nAccess-Control-Request-Headers: content-type,x-a", 1},
		{"refused origin", strings.Replace(preflightPUT, "a.test", "c.test", 1), 0},
		{"refused method", strings.Replace(preflightPUT, "PUT", "DELETE", 1), 0},
		{"refused header", preflightPUT + "\nAccess-Control-Request-Headers: x-z", 0},
		{"a megabyte of commas", preflightPUT + "\nAccess-Control-Request-Headers: " + strings.Repeat(",", 1<<20), 0},
		{"a megabyte of one name", preflightPUT + "\nAccess-Control-Request-Headers: " + strings.Repeat("x", 1<<20), 0},
		{"a megabyte of Origin", strings.Replace(preflightPUT, "a.test", strings.Repeat("A", 1<<20), 1), 0},
	} {
		lines := strings.Split(row.request, "\n")
		r := httptest.NewRequest(lines[0], "/", nil)
		for _, line := range lines[1:] {
			name, value, _ := strings.Cut(line, ": ")
			r.Header.Add(name, value)
		}
		w := bare{http.Header{}}
		if got := testing.AllocsPerRun(200, func() {
			clear(w.h)
			h.ServeHTTP(w, r)
		}); got != row.want {
			t.Errorf("%s: %v allocations, want %v", row.name, got, row.want)
		}
	}
}
