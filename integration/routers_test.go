package integration

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/gorilla/mux"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/corstest"
)

// The policy of the examples, and a handler and a middleware of an application.
// Every PUT of theirs wants a token, which no preflight has.

var routersPolicy = cors.Policy{
	Origins:        []string{"https://app.example.com"},
	Methods:        []string{"PUT"},
	RequestHeaders: []string{"Authorization"},
}

func put(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }

func authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			http.Error(w, "who are you?", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// try has pages make requests in all browsers, and prints what the pages see.
func try(h http.Handler) {
	site := corstest.Handler(printing{}, h)
	app, stranger := site.From("https://app.example.com"), site.From("https://stranger.example")
	token := corstest.Header("Authorization", "Bearer abc")
	for _, ask := range []struct {
		what    string
		outcome *corstest.Outcome
	}{
		{"PUT", app.Fetch("PUT", "/api/items/1", token)},
		{"PUT without a token", app.Fetch("PUT", "/api/items/1")},
		{"PUT of no route", app.Fetch("PUT", "/api/nowhere", token)},
		{"GET of a route for PUT", app.Fetch("GET", "/api/items/1", token)},
		{"PUT of a stranger", stranger.Fetch("PUT", "/api/items/1", token)},
	} {
		var seen []string
		for _, r := range ask.outcome.Results {
			text := fmt.Sprint(r.Status)
			if r.Err != nil {
				text = fmt.Sprintf("blocked at a %d, %v", r.Err.Status, r.Err.Reason)
			}
			if !slices.Contains(seen, text) {
				seen = append(seen, text)
			}
		}
		fmt.Printf("%s: %s\n", ask.what, strings.Join(seen, " or "))
	}
}

// printing is the testing.TB of examples, which have none.
type printing struct{ testing.TB }

func (printing) Helper()                           {}
func (printing) Context() context.Context          { return context.Background() }
func (printing) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func Example_serveMux() {
	policy := cors.MustNew(routersPolicy)
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /api/items/{id}", put)
	handler := policy.Wrap(authenticate(mux)) // around all of it

	try(handler)
	// Output:
	// PUT: 204
	// PUT without a token: 401
	// PUT of no route: 404
	// GET of a route for PUT: 405
	// PUT of a stranger: blocked at a 403, PreflightMissingAllowOriginHeader
}

// Incorrect: the mux answers the preflight, as it has no OPTIONS for the path.
func Example_serveMuxOneRouteIncorrect() {
	policy := cors.MustNew(routersPolicy)
	mux := http.NewServeMux()
	mux.Handle("PUT /api/items/{id}", policy.Wrap(authenticate(http.HandlerFunc(put)))) // wrong: around the mux

	try(mux)
	// Output:
	// PUT: blocked at a 405, PreflightMissingAllowOriginHeader
	// PUT without a token: blocked at a 405, PreflightMissingAllowOriginHeader
	// PUT of no route: blocked at a 404, PreflightMissingAllowOriginHeader
	// GET of a route for PUT: blocked at a 405, PreflightMissingAllowOriginHeader
	// PUT of a stranger: blocked at a 405, PreflightMissingAllowOriginHeader
}

// Incorrect: preflights have no token, and never get to the policy.
func Example_serveMuxBehindAuthenticationIncorrect() {
	policy := cors.MustNew(routersPolicy)
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /api/items/{id}", put)
	handler := authenticate(policy.Wrap(mux)) // wrong: policy.Wrap(authenticate(mux))

	try(handler)
	// Output:
	// PUT: blocked at a 401, PreflightMissingAllowOriginHeader
	// PUT without a token: blocked at a 401, PreflightMissingAllowOriginHeader
	// PUT of no route: blocked at a 401, PreflightMissingAllowOriginHeader
	// GET of a route for PUT: blocked at a 401, PreflightMissingAllowOriginHeader
	// PUT of a stranger: blocked at a 401, PreflightMissingAllowOriginHeader
}

func Example_chi() {
	policy := cors.MustNew(routersPolicy)
	r := chi.NewRouter()
	r.Use(policy.Wrap) // first
	r.Use(authenticate)
	r.Put("/api/items/{id}", put)

	try(r)
	// Output:
	// PUT: 204
	// PUT without a token: 401
	// PUT of no route: 404
	// GET of a route for PUT: 405
	// PUT of a stranger: blocked at a 403, PreflightMissingAllowOriginHeader
}

// A policy for what is below a path: a router that is mounted is given all
// methods, and its Use runs before it looks for a route.
func Example_chiRoute() {
	policy := cors.MustNew(routersPolicy)
	r := chi.NewRouter()
	r.Route("/api", func(r chi.Router) {
		r.Use(policy.Wrap)
		r.Use(authenticate)
		r.Put("/items/{id}", put)
	})

	try(r)
	// Output:
	// PUT: 204
	// PUT without a token: 401
	// PUT of no route: 404
	// GET of a route for PUT: 405
	// PUT of a stranger: blocked at a 403, PreflightMissingAllowOriginHeader
}

// Incorrect: With is part of a route, and there is none for OPTIONS.
func Example_chiWithIncorrect() {
	policy := cors.MustNew(routersPolicy)
	r := chi.NewRouter()
	r.With(policy.Wrap, authenticate).Put("/api/items/{id}", put) // wrong: r.Use

	try(r)
	// Output:
	// PUT: blocked at a 405, PreflightMissingAllowOriginHeader
	// PUT without a token: blocked at a 405, PreflightMissingAllowOriginHeader
	// PUT of no route: blocked at a 404, PreflightMissingAllowOriginHeader
	// GET of a route for PUT: blocked at a 405, PreflightMissingAllowOriginHeader
	// PUT of a stranger: blocked at a 405, PreflightMissingAllowOriginHeader
}

// Incorrect: what a Group uses is put around each of its routes, like With.
func Example_chiGroupIncorrect() {
	policy := cors.MustNew(routersPolicy)
	r := chi.NewRouter()
	r.Group(func(r chi.Router) { // wrong: r.Route with a path, or r.Use outside
		r.Use(policy.Wrap)
		r.Use(authenticate)
		r.Put("/api/items/{id}", put)
	})

	try(r)
	// Output:
	// PUT: blocked at a 405, PreflightMissingAllowOriginHeader
	// PUT without a token: blocked at a 405, PreflightMissingAllowOriginHeader
	// PUT of no route: blocked at a 404, PreflightMissingAllowOriginHeader
	// GET of a route for PUT: blocked at a 405, PreflightMissingAllowOriginHeader
	// PUT of a stranger: blocked at a 405, PreflightMissingAllowOriginHeader
}

// Incorrect, and chi says so.
func Example_chiUseAfterRoutesIncorrect() {
	defer func() { fmt.Println(recover()) }()
	policy := cors.MustNew(routersPolicy)
	r := chi.NewRouter()
	r.Put("/api/items/{id}", put)
	r.Use(policy.Wrap) // wrong: before the routes
	// Output:
	// chi: all middlewares must be defined before routes on a mux
}

func Example_gorillaMux() {
	policy := cors.MustNew(routersPolicy)
	r := mux.NewRouter()
	r.Use(authenticate)
	r.HandleFunc("/api/items/{id}", put).Methods("PUT")
	handler := policy.Wrap(r) // around the router, not in its Use

	try(handler)
	// Output:
	// PUT: 204
	// PUT without a token: 401
	// PUT of no route: 404
	// GET of a route for PUT: 405
	// PUT of a stranger: blocked at a 403, PreflightMissingAllowOriginHeader
}

// Incorrect: Use runs only where a route matches, and none matches OPTIONS.
func Example_gorillaMuxUseIncorrect() {
	policy := cors.MustNew(routersPolicy)
	r := mux.NewRouter()
	r.Use(policy.Wrap) // wrong: policy.Wrap(r)
	r.Use(authenticate)
	r.HandleFunc("/api/items/{id}", put).Methods("PUT")

	try(r)
	// Output:
	// PUT: blocked at a 405, PreflightMissingAllowOriginHeader
	// PUT without a token: blocked at a 405, PreflightMissingAllowOriginHeader
	// PUT of no route: blocked at a 404, PreflightMissingAllowOriginHeader
	// GET of a route for PUT: blocked at a 405, PreflightMissingAllowOriginHeader
	// PUT of a stranger: blocked at a 405, PreflightMissingAllowOriginHeader
}

// Incorrect, if less so: a route for OPTIONS has preflights answered. What else
// no route matches still passes the policy by, and is a 405 now, never a 404.
func Example_gorillaMuxUseWithOptionsIncorrect() {
	policy := cors.MustNew(routersPolicy)
	r := mux.NewRouter()
	r.Use(policy.Wrap) // wrong: policy.Wrap(r)
	r.Use(authenticate)
	r.HandleFunc("/api/items/{id}", put).Methods("PUT")
	r.PathPrefix("/").Methods("OPTIONS").HandlerFunc(http.NotFound)

	try(r)
	// Output:
	// PUT: 204
	// PUT without a token: 401
	// PUT of no route: blocked at a 405, MissingAllowOriginHeader
	// GET of a route for PUT: blocked at a 405, MissingAllowOriginHeader
	// PUT of a stranger: blocked at a 403, PreflightMissingAllowOriginHeader
}

// Where a router has the policy as its documentation says, it does what the
// policy promises, to browsers, caches and proxies.
func TestRoutersKeepThePromiseOfThePolicy(t *testing.T) {
	routers := map[string]func(wrap func(http.Handler) http.Handler, next http.Handler) http.Handler{
		"ServeMux": func(wrap func(http.Handler) http.Handler, next http.Handler) http.Handler {
			m := http.NewServeMux()
			m.Handle("/", next)
			return wrap(m)
		},
		"chi": func(wrap func(http.Handler) http.Handler, next http.Handler) http.Handler {
			r := chi.NewRouter()
			r.Use(wrap)
			r.Handle("/*", next)
			r.MethodNotAllowed(next.ServeHTTP) // methods that chi has not heard of
			return r
		},
		"gorilla/mux": func(wrap func(http.Handler) http.Handler, next http.Handler) http.Handler {
			r := mux.NewRouter()
			r.PathPrefix("/").Handler(next)
			return wrap(r)
		},
	}
	for name, router := range routers {
		for _, promise := range promises() {
			t.Run(name+"/"+promise.name, func(t *testing.T) {
				wrap := configureConcors(promise.Promise)
				findings, err := corstest.Check(func(next http.Handler) http.Handler { return router(wrap, next) }, promise.Promise)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range findings {
					t.Errorf("%s\n%s\n\n%s", f, f.Request, f.Response)
				}
			})
		}
	}
}

// Every piece of Go in the documentation of routers and frameworks is part of an
// example that was compiled and whose output was verified.
func TestSnippetsArePartsOfExamples(t *testing.T) {
	text, err := os.ReadFile("../docs/adapters.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../adapters/*/example_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no examples of adapters: %v", err)
	}
	var examples strings.Builder
	for _, file := range append(files, "routers_test.go") {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		examples.WriteString(unindented(string(source)))
	}
	blocks := strings.Split(string(text), "```go\n")[1:]
	for _, block := range blocks {
		snippet, _, _ := strings.Cut(block, "```")
		if !strings.Contains(examples.String(), "\n"+unindented(snippet)) {
			t.Errorf("in no example:\n%s", snippet)
		}
	}
	if len(blocks) < 6 {
		t.Errorf("only %d pieces were found", len(blocks))
	}
}

// unindented is a text without the space in front of its lines.
func unindented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimLeft(line, " \t"))
	}
	return b.String()
}
