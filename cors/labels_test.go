package cors_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/origin"
)

func TestLabels(t *testing.T) {
	lookup := func(_ context.Context, o origin.Origin) (bool, error) {
		if o.Host() == "broken.test" {
			return false, errors.New("no database")
		}
		return o.Host() == "tenant.test", nil
	}
	some := cors.MustNew(cors.Policy{Origins: []string{"https://a.test", "https://*.a.test"}, Methods: []string{"PUT", "PURGE"}, Lookup: lookup, DangerouslyAllowNull: true})
	many := cors.Policy{}
	for i := range 101 {
		many.Origins = append(many.Origins, "https://t"+strconv.Itoa(i)+".test")
	}
	for _, row := range []struct {
		name                          string
		m                             *cors.Middleware
		method, origin, requestMethod string
		want                          cors.Labels
	}{
		{"no Origin", some, "GET", "", "", cors.Labels{Kind: "not CORS", Outcome: "none"}},
		{"no policy", &cors.Middleware{}, "GET", "https://a.test", "", cors.Labels{Kind: "actual", Outcome: "none"}},
		{"a listed origin", some, "GET", "https://a.test", "", cors.Labels{Kind: "actual", Outcome: "allowed", Pattern: "https://a.test"}},
		{"a wildcard", some, "GET", "https://x.y.a.test", "", cors.Labels{Kind: "actual", Outcome: "allowed", Pattern: "https://*.a.test"}},
		{"the lookup", some, "GET", "https://tenant.test", "", cors.Labels{Kind: "actual", Outcome: "allowed", Pattern: "lookup"}},
		{"null", some, "GET", "null", "", cors.Labels{Kind: "actual", Outcome: "allowed", Pattern: "null"}},
		{"one of many patterns", cors.MustNew(many), "GET", "https://t7.test", "", cors.Labels{Kind: "actual", Outcome: "allowed", Pattern: "listed"}},
		{"refused", some, "GET", "https://b.test", "", cors.Labels{Kind: "actual", Outcome: "refused", Reason: "origin refused"}},
		{"a lookup that fails", some, "GET", "https://broken.test", "", cors.Labels{Kind: "actual", Outcome: "refused", Reason: "lookup failed"}},
		{"a preflight", some, "OPTIONS", "https://a.test", "PUT", cors.Labels{Kind: "preflight", Outcome: "allowed", Pattern: "https://a.test", Method: "PUT"}},
		{"a preflight for a method that is not well known", some, "OPTIONS", "https://a.test", "PURGE", cors.Labels{Kind: "preflight", Outcome: "allowed", Pattern: "https://a.test", Method: "other"}},
		{"a refused method, by the lookup", some, "OPTIONS", "https://tenant.test", "zzz", cors.Labels{Kind: "preflight", Outcome: "refused", Reason: "method refused", Pattern: "lookup", Method: "other"}},
		{"a preflight of a refused origin", some, "OPTIONS", "https://b.test", "PUT", cors.Labels{Kind: "preflight", Outcome: "refused", Reason: "origin refused"}},
	} {
		r := cors.Request{Method: row.method}
		if row.origin != "" {
			r.Origin = []string{row.origin}
		}
		if row.requestMethod != "" {
			r.RequestMethod = []string{row.requestMethod}
		}
		row.want.Mode = "enforced"
		if got := row.m.Decide(t.Context(), r).Labels(); got != row.want {
			t.Errorf("%s: %+v, want %+v", row.name, got, row.want)
		}
		if d, _, _, _ := row.m.Fields(t.Context(), r); d.Labels() != row.want {
			t.Errorf("%s: by Fields %+v, want %+v", row.name, d.Labels(), row.want)
		}
	}
}

func TestLabelsOfModesAndRoutes(t *testing.T) {
	var seen []string
	observe := func(_ *http.Request, d cors.Decision) {
		l := d.Labels()
		seen = append(seen, strings.Join([]string{l.Mode, l.Outcome, l.Pattern, l.Route}, "|"))
	}
	m := cors.MustNew(cors.Policy{Origins: []string{"https://a.test"}, ReportOnly: true})
	m.SetObserver(observe)
	if err := m.SetShadow(&cors.Policy{Origins: []string{"*"}}); err != nil {
		t.Fatal(err)
	}
	send(m.Wrap(hello), "GET\nOrigin: https://a.test")
	anyOrigin := cors.MustNew(cors.Policy{Origins: []string{"*"}})
	anyOrigin.SetObserver(func(r *http.Request, d cors.Decision) {
		d.Route = "/x"
		observe(r, d)
	})
	send(anyOrigin.Wrap(hello), "GET\nOrigin: https://b.test")
	want := []string{"report only|allowed|https://a.test|", "shadow|allowed|*|", "enforced|allowed|*|/x"}
	if !reflect.DeepEqual(seen, want) {
		t.Errorf("%q, want %q", seen, want)
	}
}

// The number of different labels does not depend on what clients send.
func TestLabelsAreFew(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://*.a.test"}, Methods: []string{"*"}, RequestHeaders: []string{"X-A"}})
	seen := map[cors.Labels]int{}
	m.SetObserver(func(_ *http.Request, d cors.Decision) { seen[d.Labels()]++ })
	h := m.Wrap(hello)
	for i := range 500 {
		n := strconv.Itoa(i)
		for _, host := range []string{"x" + n + ".a.test", "evil" + n + ".test"} {
			send(h, "GET\nOrigin: https://"+host)
			send(h, "M"+n+"\nOrigin: https://"+host)
			send(h, "OPTIONS\nOrigin: https://"+host+"\nAccess-Control-Request-Method: M"+n)
			send(h, "OPTIONS\nOrigin: https://"+host+"\nAccess-Control-Request-Method: PUT\nAccess-Control-Request-Headers: x-"+n)
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d different labels, want 5: %v", len(seen), seen)
	}
}

func TestLabelsAllocateNothing(t *testing.T) {
	m := cors.MustNew(cors.Policy{Origins: []string{"https://*.a.test"}})
	seen := map[cors.Labels]int{}
	m.SetObserver(func(_ *http.Request, d cors.Decision) { seen[d.Labels()]++ })
	h := m.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest("GET", "/", nil)
	r.Header.Set("Origin", "https://x.a.test")
	w := bare{http.Header{}}
	if got := testing.AllocsPerRun(200, func() {
		clear(w.h)
		h.ServeHTTP(w, r)
	}); got != 1 {
		t.Errorf("%v allocations for a counted request, want 1", got)
	}
}

// This counts decisions in a map. With a metrics library, use the labels of its counter.
func ExampleDecision_Labels() {
	var mu sync.Mutex
	count := map[cors.Labels]int{}
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://*.example.com"}, Methods: []string{"PUT"}})
	policy.SetObserver(func(_ *http.Request, d cors.Decision) {
		mu.Lock()
		defer mu.Unlock()
		count[d.Labels()]++
	})
	h := policy.Wrap(http.NotFoundHandler())
	for i := range 1000 {
		r := httptest.NewRequest("GET", "/items", nil)
		r.Header.Set("Origin", fmt.Sprintf("https://t%d.example.com", i)) // a thousand origins
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	for l, n := range count {
		fmt.Println(n, l.Kind, l.Outcome, l.Pattern)
	}
	// Output: 1000 actual allowed https://*.example.com
}
