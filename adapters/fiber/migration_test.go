package corsfiber_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	corsfiber "github.com/concors/concors/adapters/fiber"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/compare"
	"github.com/concors/concors/origin"
	"github.com/gofiber/fiber/v3"
	fibercors "github.com/gofiber/fiber/v3/middleware/cors"
)

// overHTTP returns an app with a middleware as one of net/http. The request reaches next if it reaches a
// route of the app.
func overHTTP(t *testing.T, m fiber.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		app := fiber.New()
		app.Use(m)
		app.All("/*", func(c fiber.Ctx) error {
			c.Set("Reached", "1")
			return nil
		})
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent := r.Clone(r.Context())
			sent.RequestURI = ""
			resp, err := transport{app}.RoundTrip(sent)
			if err != nil {
				t.Error(err)
				return
			}
			defer resp.Body.Close()
			io.Copy(io.Discard, resp.Body)
			for name, values := range resp.Header {
				w.Header()[name] = values
			}
			if resp.Header.Get("Reached") != "" {
				next.ServeHTTP(w, r)
				return
			}
			w.WriteHeader(resp.StatusCode)
		})
	}
}

// The rows for Fiber in docs/migration.md: the policy does the same as the configuration of Fiber's
// own middleware. The differences of the other libraries are tested in the module integration.
func TestMigration(t *testing.T) {
	methods, headers := []string{"PUT", "PATCH", "DELETE"}, []string{"*", "Authorization"}
	isAllowed := func(o string) bool { return o == allowed }
	rows := []struct {
		old, policy string // as in the table
		fiber       fiber.Handler
		cors        cors.Policy
	}{
		{`cors.New()`,
			`cors.Policy{Origins: []string{"*"}, Methods: []string{"PUT", "PATCH", "DELETE"}, RequestHeaders: []string{"*", "Authorization"}}`,
			fibercors.New(), cors.Policy{Origins: []string{"*"}, Methods: methods, RequestHeaders: headers}},
		{`cors.New(cors.Config{AllowOrigins: []string{"https://*.example.com"}, AllowCredentials: true, AllowHeaders: []string{"Content-Type"}})`,
			`cors.Policy{Origins: []string{"https://*.example.com"}, Methods: []string{"PUT", "PATCH", "DELETE"}, RequestHeaders: []string{"Content-Type"}, Credentials: true}`,
			fibercors.New(fibercors.Config{AllowOrigins: []string{"https://*.example.com"}, AllowCredentials: true, AllowHeaders: []string{"Content-Type"}}),
			cors.Policy{Origins: []string{"https://*.example.com"}, Methods: methods, RequestHeaders: []string{"Content-Type"}, Credentials: true}},
		{`cors.New(cors.Config{AllowOriginsFunc: allowed, AllowMethods: []string{"GET"}, AllowHeaders: []string{"Authorization"}})`,
			`cors.Policy{Lookup: lookup, RequestHeaders: []string{"Authorization"}}`,
			fibercors.New(fibercors.Config{AllowOriginsFunc: isAllowed, AllowMethods: []string{"GET"}, AllowHeaders: []string{"Authorization"}}),
			cors.Policy{Lookup: lookupOf(isAllowed), RequestHeaders: []string{"Authorization"}}},
	}
	text, err := os.ReadFile("../../docs/migration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if !strings.Contains(string(text), "\n| `"+row.old+"` | `"+row.policy+"` |") {
			t.Errorf("docs/migration.md has no row for %s with this policy", row.old)
		}
		current := ""
		var got []string
		h := compare.Middlewares(overHTTP(t, row.fiber), overHTTP(t, corsfiber.Middleware(cors.MustNew(row.cors), nil)),
			func(_ *http.Request, d compare.Difference) { got = append(got, current+": "+d.String()) })(
			http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		for _, o := range []string{allowed, foreign, "https://a.b.example.com", "http://localhost:3000", "null"} {
			send := func(method string, pairs ...string) {
				r := httptest.NewRequest(method, "/items", nil)
				r.Header.Set("Origin", o)
				for i := 0; i < len(pairs); i += 2 {
					r.Header.Set(pairs[i], pairs[i+1])
				}
				current = o + " " + method + " " + strings.Join(pairs, " ")
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
			send("GET")
			send("POST")
			send("OPTIONS")
			for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
				for _, names := range []string{"content-type", "authorization", "authorization,x-other"} {
					send("OPTIONS", "Access-Control-Request-Method", method, "Access-Control-Request-Headers", names)
				}
			}
		}
		// Described below the table: Fiber sends no CORS headers to a page's own OPTIONS requests.
		ownOptions := func(s string) bool { return strings.Contains(s, " OPTIONS : pages are blocked (candidate: allowed ") }
		if !slices.ContainsFunc(got, ownOptions) {
			t.Errorf("%s: Fiber sends CORS headers to a page's own OPTIONS requests", row.old)
		}
		for _, s := range slices.DeleteFunc(got, ownOptions) {
			t.Errorf("%s: %s", row.old, s)
		}
	}
}

func lookupOf(isAllowed func(string) bool) func(context.Context, origin.Origin) (bool, error) {
	return func(_ context.Context, o origin.Origin) (bool, error) { return isAllowed(o.String()), nil }
}
