package integration

import (
	"context"
	"go/ast"
	"go/parser"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	gincors "github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	chicors "github.com/go-chi/cors"
	"github.com/gorilla/handlers"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
	rscors "github.com/rs/cors"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/compare"
	"github.com/concors/concors/origin"
)

// The functions of docs/migration.md, for the peers and for a policy.

const migrationApp = "https://app.example.com"

func allowedOrigin(o string) bool { return o == migrationApp || o == "http://localhost:3000" }

// allowedByKey allows one origin for each host or tenant.
func allowedByKey(key, o string) bool {
	return map[string]string{
		"api.example.com": migrationApp, "other.example.com": "https://foreign.example", "a": migrationApp, "b": "https://foreign.example",
	}[key] == o
}

func allowedByHost(r *http.Request, o string) bool { return allowedByKey(r.Host, o) }

func allowedByTenant(r *http.Request, o string) (bool, []string) {
	return allowedByKey(r.Header.Get("X-Tenant"), o), []string{"X-Tenant"}
}

func lookup(_ context.Context, o origin.Origin) (bool, error) { return allowedOrigin(o.String()), nil }

func lookupByKey(ctx context.Context, o origin.Origin) (bool, error) {
	return allowedByKey(cors.LookupKey(ctx), o.String()), nil
}

func hostOf(r *http.Request) string   { return r.Host }
func tenantOf(r *http.Request) string { return r.Header.Get("X-Tenant") }

func ginWith(c gincors.Config) func(http.Handler) http.Handler { return ginMiddleware(gincors.New(c)) }

func ginMiddleware(m gin.HandlerFunc) func(http.Handler) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	return func(next http.Handler) http.Handler {
		engine := gin.New()
		engine.Use(m)
		engine.Any("/*path", gin.WrapH(next))
		return engine
	}
}

func echoMiddleware(m echo.MiddlewareFunc) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		engine := echo.New()
		engine.Use(m)
		engine.Any("/*", echo.WrapHandler(next))
		return engine
	}
}

// A migration is one row of docs/migration.md.
type migration struct {
	old func(http.Handler) http.Handler
	// differs has a part of each difference that the row or its section describes: "https://app.example.com
	// POST: pages are blocked (candidate: allowed without credentials)". There are no others.
	differs []string
}

// invalidOrigin ends like an allowed origin. No browser sends it.
const invalidOrigin = "https://evil.example/.example.com"

// swallowed is the difference for OPTIONS requests that are not preflights.
const swallowed = " OPTIONS: "

// migrations has the rows of the tables with policies, by section and first cell.
var migrations = map[string]map[string]migration{
	"rs/cors": {
		`cors.Default()`:  {old: rscors.Default().Handler},
		`cors.AllowAll()`: {old: rscors.AllowAll().Handler},
		`cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}})`: {
			old: rscors.New(rscors.Options{AllowedOrigins: []string{"https://app.example.com"}}).Handler},
		`cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedHeaders: []string{"Authorization"}})`: {
			old: rscors.New(rscors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedHeaders: []string{"Authorization"}}).Handler},
		`cors.New(cors.Options{AllowedOrigins: []string{"https://*.example.com"}, AllowedMethods: []string{"GET", "POST", "PUT"}, AllowCredentials: true})`: {
			old:     rscors.New(rscors.Options{AllowedOrigins: []string{"https://*.example.com"}, AllowedMethods: []string{"GET", "POST", "PUT"}, AllowCredentials: true}).Handler,
			differs: []string{invalidOrigin}},
		`cors.New(cors.Options{AllowedOrigins: []string{"*"}, AllowCredentials: true})`: {
			old: rscors.New(rscors.Options{AllowedOrigins: []string{"*"}, AllowCredentials: true}).Handler},
		`cors.New(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"GET"}})`: {
			old: rscors.New(rscors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"GET"}}).Handler,
			differs: []string{
				migrationApp + " POST: pages are blocked (candidate: allowed without credentials)",
				migrationApp + " preflight of POST",
			}},
		`cors.New(cors.Options{AllowOriginFunc: allowed})`: {old: rscors.New(rscors.Options{AllowOriginFunc: allowedOrigin}).Handler},
		`cors.New(cors.Options{AllowOriginRequestFunc: allowedByHost})`: {
			//lint:ignore SA1019 it is deprecated, and people still use it
			old: rscors.New(rscors.Options{AllowOriginRequestFunc: allowedByHost}).Handler},
		`cors.New(cors.Options{AllowOriginVaryRequestFunc: allowedByTenant})`: {
			old: rscors.New(rscors.Options{AllowOriginVaryRequestFunc: allowedByTenant}).Handler},
	},
	"go-chi/cors": {
		`cors.Handler(cors.Options{})`: {old: chicors.Handler(chicors.Options{})},
		`cors.AllowAll().Handler`:      {old: chicors.AllowAll().Handler},
		`cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowCredentials: true})`: {
			old: chicors.Handler(chicors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowCredentials: true})},
		`cors.Handler(cors.Options{AllowedOrigins: []string{"https://*", "http://*"}, AllowedMethods: []string{"GET", "POST", "PUT", "DELETE", "OPTIONS"}, AllowedHeaders: []string{"Accept", "Authorization", "Content-Type", "X-CSRF-Token"}, ExposedHeaders: []string{"Link"}, MaxAge: 300})`: {
			old:     chicors.Handler(chicors.Options{AllowedOrigins: []string{"https://*", "http://*"}, AllowedMethods: []string{"GET", "POST", "PUT", "DELETE", "OPTIONS"}, AllowedHeaders: []string{"Accept", "Authorization", "Content-Type", "X-CSRF-Token"}, ExposedHeaders: []string{"Link"}, MaxAge: 300}),
			differs: []string{"null ", "tauri://localhost "}},
		`cors.Handler(cors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"put"}})`: {
			old: chicors.Handler(chicors.Options{AllowedOrigins: []string{"https://app.example.com"}, AllowedMethods: []string{"put"}}),
			differs: []string{
				migrationApp + " GET: pages are blocked (candidate: allowed without credentials)",
				migrationApp + " preflight of GET",
				migrationApp + " POST: pages are blocked (candidate: allowed without credentials)",
				migrationApp + " preflight of POST",
			}},
		`cors.Handler(cors.Options{AllowOriginFunc: allowedByHost})`: {old: chicors.Handler(chicors.Options{AllowOriginFunc: allowedByHost})},
	},
	"gorilla/handlers": {
		`handlers.CORS()`: {old: handlers.CORS(), differs: []string{swallowed}},
		`handlers.CORS(handlers.AllowedOrigins([]string{"https://app.example.com"}), handlers.AllowedHeaders([]string{"Content-Type"}), handlers.AllowedMethods([]string{"GET", "HEAD", "POST", "PUT"}), handlers.AllowCredentials())`: {
			old: handlers.CORS(handlers.AllowedOrigins([]string{"https://app.example.com"}), handlers.AllowedHeaders([]string{"Content-Type"}), handlers.AllowedMethods([]string{"GET", "HEAD", "POST", "PUT"}), handlers.AllowCredentials()), differs: []string{swallowed}},
		`handlers.CORS(handlers.AllowedOriginValidator(allowed))`: {old: handlers.CORS(handlers.AllowedOriginValidator(allowedOrigin)), differs: []string{swallowed}},
	},
	"gin-contrib/cors": {
		`cors.Default()`: {old: ginMiddleware(gincors.Default()), differs: []string{swallowed}},
		`cors.New(cors.Config{AllowAllOrigins: true})`: {old: ginWith(gincors.Config{AllowAllOrigins: true}), differs: []string{swallowed}},
		`cors.New(cors.Config{AllowOrigins: []string{"https://app.example.com"}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"Authorization"}, AllowCredentials: true})`: {
			old: ginWith(gincors.Config{AllowOrigins: []string{"https://app.example.com"}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"Authorization"}, AllowCredentials: true}), differs: []string{swallowed}},
		`cors.New(cors.Config{AllowOrigins: []string{"https://*.example.com"}, AllowWildcard: true})`: {
			old: ginWith(gincors.Config{AllowOrigins: []string{"https://*.example.com"}, AllowWildcard: true}), differs: []string{swallowed, invalidOrigin}},
		`cors.New(cors.Config{AllowOrigins: []string{"tauri://localhost"}, CustomSchemas: []string{"tauri://"}})`: {
			old: ginWith(gincors.Config{AllowOrigins: []string{"tauri://localhost"}, CustomSchemas: []string{"tauri://"}}), differs: []string{swallowed}},
		`cors.New(cors.Config{AllowOriginFunc: allowed})`: {old: ginWith(gincors.Config{AllowOriginFunc: allowedOrigin}), differs: []string{swallowed}},
		`cors.New(cors.Config{AllowOriginWithContextFunc: allowedByHostInGin})`: {
			old: ginWith(gincors.Config{AllowOriginWithContextFunc: func(c *gin.Context, o string) bool { return allowedByHost(c.Request, o) }}), differs: []string{swallowed}},
	},
	"Echo": {
		`middleware.CORS("*")`: {old: echoMiddleware(middleware.CORS("*"))},
		`middleware.CORSWithConfig(middleware.CORSConfig{AllowOrigins: []string{"https://app.example.com"}, AllowCredentials: true})`: {
			old: echoMiddleware(middleware.CORSWithConfig(middleware.CORSConfig{AllowOrigins: []string{"https://app.example.com"}, AllowCredentials: true}))},
		`middleware.CORSWithConfig(middleware.CORSConfig{AllowOrigins: []string{"https://app.example.com"}, AllowMethods: []string{"GET", "PUT"}, AllowHeaders: []string{"Content-Type"}})`: {
			old: echoMiddleware(middleware.CORSWithConfig(middleware.CORSConfig{AllowOrigins: []string{"https://app.example.com"}, AllowMethods: []string{"GET", "PUT"}, AllowHeaders: []string{"Content-Type"}}))},
		`middleware.CORSWithConfig(middleware.CORSConfig{UnsafeAllowOriginFunc: allowedInEcho})`: {
			old: echoMiddleware(middleware.CORSWithConfig(middleware.CORSConfig{
				UnsafeAllowOriginFunc: func(_ *echo.Context, o string) (string, bool, error) { return o, allowedOrigin(o), nil }}))},
	},
}

// Each row of docs/migration.md does what it says: the policy does the same as the peer's configuration,
// except for the differences that the row describes.
func TestMigration(t *testing.T) {
	rows := migrationRows(t)
	for library, known := range migrations {
		for old := range known {
			if rows[library][old] == "" {
				t.Errorf("%s: docs/migration.md has no row for %s", library, old)
			}
		}
	}
	for library, cells := range rows {
		if library == "Fiber" {
			continue // in the module adapters/fiber
		}
		for old, literal := range cells {
			row, ok := migrations[library][old]
			if !ok {
				t.Errorf("%s: the row for %s has no test", library, old)
				continue
			}
			t.Run(library+" "+old, func(t *testing.T) {
				middleware, err := cors.New(parsePolicy(t, literal))
				if err != nil {
					t.Fatal(err)
				}
				checkMigration(t, row, middleware)
			})
		}
	}
}

// checkMigration compares a peer with a policy.
func checkMigration(t *testing.T, row migration, m *cors.Middleware) {
	t.Helper()
	current := ""
	var got []string
	h := compare.Middlewares(row.old, m.Wrap, func(_ *http.Request, d compare.Difference) {
		got = append(got, current+": "+d.String())
	})(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for _, r := range migrationRequests() {
		current = r.Header.Get("Origin") + " " + r.Method
		if requested := r.Header.Get("Access-Control-Request-Method"); requested != "" {
			current = r.Header.Get("Origin") + " preflight of " + requested + " " + r.Header.Get("Access-Control-Request-Headers")
		}
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	for _, described := range row.differs {
		n := len(got)
		got = slices.DeleteFunc(got, func(s string) bool { return strings.Contains(s, described) })
		if len(got) == n {
			t.Errorf("there is no difference %q", described)
		}
	}
	for _, s := range slices.Compact(got) {
		t.Errorf("not described: %s", s)
	}
}

// The defaults of rs/cors and go-chi allow Content-Type. Moving a configuration that lists no headers field by field
// breaks POSTs of JSON.
func TestMovingFieldByFieldBreaksJSON(t *testing.T) {
	origins := []string{migrationApp}
	policy := cors.MustNew(cors.Policy{Origins: origins}).Wrap
	for name, old := range map[string]func(http.Handler) http.Handler{
		"rs/cors": rscors.New(rscors.Options{AllowedOrigins: origins}).Handler,
		"go-chi":  chicors.Handler(chicors.Options{AllowedOrigins: origins}),
	} {
		var got []string
		r := httptest.NewRequest("OPTIONS", "/items", nil)
		r.Header.Set("Origin", migrationApp)
		r.Header.Set("Access-Control-Request-Method", "POST")
		r.Header.Set("Access-Control-Request-Headers", "content-type")
		compare.Middlewares(old, policy, func(_ *http.Request, d compare.Difference) { got = append(got, d.String()) })(
			http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
		if want := []string{"pages with this preflight are allowed without credentials (candidate: blocked)"}; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

// migrationRequests are what pages send, and more, to two hosts and for two tenants.
func migrationRequests() (all []*http.Request) {
	add := func(method, o string, pairs ...string) {
		for _, host := range []string{"api.example.com", "other.example.com"} {
			r := httptest.NewRequest(method, "https://"+host+"/items", nil)
			r.Header.Set("Origin", o)
			r.Header.Set("X-Tenant", map[string]string{"api.example.com": "a", "other.example.com": "b"}[host])
			for i := 0; i < len(pairs); i += 2 {
				r.Header.Set(pairs[i], pairs[i+1])
			}
			all = append(all, r)
		}
	}
	for _, o := range []string{
		migrationApp, "https://a.b.example.com", "https://foreign.example", "http://localhost:3000", "tauri://localhost", "null",
		invalidOrigin,
	} {
		for _, method := range []string{"GET", "POST"} {
			add(method, o)
			add(method, o, "Cookie", "a=b", "Content-Type", "application/json")
		}
		add("OPTIONS", o)
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE"} {
			for _, headers := range []string{"", "content-type", "authorization", "authorization,content-type", "x-requested-with", "x-csrf-token", "x-other"} {
				if headers == "" {
					add("OPTIONS", o, "Access-Control-Request-Method", method)
				} else {
					add("OPTIONS", o, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", headers)
				}
			}
		}
	}
	return all
}

// migrationRows returns the rows with policies in docs/migration.md: for each section, the literal of the policy by
// the first cell.
func migrationRows(t *testing.T) map[string]map[string]string {
	text, err := os.ReadFile("../docs/migration.md")
	if err != nil {
		t.Fatal(err)
	}
	rows, section := map[string]map[string]string{}, ""
	for line := range strings.Lines(string(text)) {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.TrimSpace(name)
		}
		cells := strings.Split(line, "|")
		if len(cells) < 4 || !strings.HasPrefix(strings.TrimSpace(cells[2]), "`cors.Policy{") {
			continue
		}
		if rows[section] == nil {
			rows[section] = map[string]string{}
		}
		rows[section][strings.Trim(cells[1], " `")] = strings.Trim(cells[2], " `")
	}
	return rows
}

// parsePolicy evaluates the literal of a policy, with this file's functions.
func parsePolicy(t *testing.T, literal string) (p cors.Policy) {
	t.Helper()
	functions := map[string]any{"lookup": lookup, "lookupByKey": lookupByKey, "host": hostOf, "tenant": tenantOf}
	expr, err := parser.ParseExpr(literal)
	if err != nil {
		t.Fatal(err)
	}
	for _, element := range expr.(*ast.CompositeLit).Elts {
		pair := element.(*ast.KeyValueExpr)
		field := reflect.ValueOf(&p).Elem().FieldByName(pair.Key.(*ast.Ident).Name)
		switch value := pair.Value.(type) {
		case *ast.CompositeLit:
			var list []string
			for _, item := range value.Elts {
				s, err := strconv.Unquote(item.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				list = append(list, s)
			}
			field.Set(reflect.ValueOf(list))
		case *ast.BasicLit:
			n, err := strconv.Atoi(value.Value)
			if err != nil {
				t.Fatal(err)
			}
			field.SetInt(int64(n))
		case *ast.Ident:
			if value.Name == "true" {
				field.SetBool(true)
				continue
			}
			field.Set(reflect.ValueOf(functions[value.Name]))
		default:
			t.Fatalf("cannot evaluate %T in %s", value, literal)
		}
	}
	return p
}
