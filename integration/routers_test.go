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

// The examples have a policy, and an application with a handler and a middleware.
// Every PUT needs a token, which preflights never carry.

var routersPolicy = cors.Policy{
	Origins:        []string{"https://app.example.com"},
	Methods:        []string{"PUT"},
	RequestHeaders: []string{"Authorization"},
}

func put(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) }

func authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			http.Error(w, "no token", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// printOutcomes makes requests from pages in all browsers, and prints what the pages
// see.
func printOutcomes(h http.Handler) {
	site := corstest.Handler(printing{}, h)
	app, foreign := site.From("https://app.example.com"), site.From("https://foreign.example")
	token := corstest.Header("Authorization", "Bearer abc")
	for _, request := range []struct {
		name    string
		outcome *corstest.Outcome
	}{
		{"PUT", app.Fetch("PUT", "/api/items/1", token)},
		{"PUT without a token", app.Fetch("PUT", "/api/items/1")},
		{"PUT without a route", app.Fetch("PUT", "/api/nowhere", token)},
		{"GET of a PUT route", app.Fetch("GET", "/api/items/1", token)},
		{"PUT of a foreign origin", foreign.Fetch("PUT", "/api/items/1", token)},
	} {
		var seen []string
		for _, r := range request.outcome.Results {
			text := fmt.Sprint(r.Status)
			if r.Err != nil {
				text = fmt.Sprintf("blocked with status %d, %v", r.Err.Status, r.Err.Reason)
			}
			if !slices.Contains(seen, text) {
				seen = append(seen, text)
			}
		}
		fmt.Printf("%s: %s\n", request.name, strings.Join(seen, " or "))
	}
}

// printing is a testing.TB for examples. It prints errors.
type printing struct{ testing.TB }

func (printing) Helper()                           {}
func (printing) Context() context.Context          { return context.Background() }
func (printing) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func Example_serveMux() {
	policy := cors.MustNew(routersPolicy)
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /api/items/{id}", put)
	handler := policy.Wrap(authenticate(mux)) // around the mux and the authentication

	printOutcomes(handler)
	// Output:
	// PUT: 204
	// PUT without a token: 401
	// PUT without a route: 404
	// GET of a PUT route: 405
	// PUT of a foreign origin: blocked with status 403, PreflightMissingAllowOriginHeader
}

// Incorrect: the mux responds to the preflight, because it has no OPTIONS route.
func Example_serveMuxOneRouteIncorrect() {
	policy := cors.MustNew(routersPolicy)
	mux := http.NewServeMux()
	mux.Handle("PUT /api/items/{id}", policy.Wrap(authenticate(http.HandlerFunc(put)))) // wrong: put it around the mux

	printOutcomes(mux)
	// Output:
	// PUT: blocked with status 405, PreflightMissingAllowOriginHeader
	// PUT without a token: blocked with status 405, PreflightMissingAllowOriginHeader
	// PUT without a route: blocked with status 404, PreflightMissingAllowOriginHeader
	// GET of a PUT route: blocked with status 405, PreflightMissingAllowOriginHeader
	// PUT of a foreign origin: blocked with status 405, PreflightMissingAllowOriginHeader
}

// Incorrect: preflights have no token and are refused before the policy.
func Example_serveMuxBehindAuthenticationIncorrect() {
	policy := cors.MustNew(routersPolicy)
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /api/items/{id}", put)
	handler := authenticate(policy.Wrap(mux)) // wrong: policy.Wrap(authenticate(mux))

	printOutcomes(handler)
	// Output:
	// PUT: blocked with status 401, PreflightMissingAllowOriginHeader
	// PUT without a token: blocked with status 401, PreflightMissingAllowOriginHeader
	// PUT without a route: blocked with status 401, PreflightMissingAllowOriginHeader
	// GET of a PUT route: blocked with status 401, PreflightMissingAllowOriginHeader
	// PUT of a foreign origin: blocked with status 401, PreflightMissingAllowOriginHeader
}

func Example_chi() {
	policy := cors.MustNew(routersPolicy)
	r := chi.NewRouter()
	r.Use(policy.Wrap) // first
	r.Use(authenticate)
	r.Put("/api/items/{id}", put)

	printOutcomes(r)
	// Output:
	// PUT: 204
	// PUT without a token: 401
	// PUT without a route: 404
	// GET of a PUT route: 405
	// PUT of a foreign origin: blocked with status 403, PreflightMissingAllowOriginHeader
}

// A policy for the paths below a prefix. A mounted router gets requests with all
// methods, and its Use runs before it looks for a route.
func Example_chiRoute() {
	policy := cors.MustNew(routersPolicy)
	r := chi.NewRouter()
	r.Route("/api", func(r chi.Router) {
		r.Use(policy.Wrap)
		r.Use(authenticate)
		r.Put("/items/{id}", put)
	})

	printOutcomes(r)
	// Output:
	// PUT: 204
	// PUT without a token: 401
	// PUT without a route: 404
	// GET of a PUT route: 405
	// PUT of a foreign origin: blocked with status 403, PreflightMissingAllowOriginHeader
}

// Incorrect: With belongs to a route, and there is no route for OPTIONS.
func Example_chiWithIncorrect() {
	policy := cors.MustNew(routersPolicy)
	r := chi.NewRouter()
	r.With(policy.Wrap, authenticate).Put("/api/items/{id}", put) // wrong: r.Use

	printOutcomes(r)
	// Output:
	// PUT: blocked with status 405, PreflightMissingAllowOriginHeader
	// PUT without a token: blocked with status 405, PreflightMissingAllowOriginHeader
	// PUT without a route: blocked with status 404, PreflightMissingAllowOriginHeader
	// GET of a PUT route: blocked with status 405, PreflightMissingAllowOriginHeader
	// PUT of a foreign origin: blocked with status 405, PreflightMissingAllowOriginHeader
}

// Incorrect: a Group puts its middleware around each of its routes, like With.
func Example_chiGroupIncorrect() {
	policy := cors.MustNew(routersPolicy)
	r := chi.NewRouter()
	r.Group(func(r chi.Router) { // wrong: r.Route with a path, or r.Use outside
		r.Use(policy.Wrap)
		r.Use(authenticate)
		r.Put("/api/items/{id}", put)
	})

	printOutcomes(r)
	// Output:
	// PUT: blocked with status 405, PreflightMissingAllowOriginHeader
	// PUT without a token: blocked with status 405, PreflightMissingAllowOriginHeader
	// PUT without a route: blocked with status 404, PreflightMissingAllowOriginHeader
	// GET of a PUT route: blocked with status 405, PreflightMissingAllowOriginHeader
	// PUT of a foreign origin: blocked with status 405, PreflightMissingAllowOriginHeader
}

// Incorrect: chi panics.
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

	printOutcomes(handler)
	// Output:
	// PUT: 204
	// PUT without a token: 401
	// PUT without a route: 404
	// GET of a PUT route: 405
	// PUT of a foreign origin: blocked with status 403, PreflightMissingAllowOriginHeader
}

// Incorrect: Use runs only where a route matches, and none matches OPTIONS.
func Example_gorillaMuxUseIncorrect() {
	policy := cors.MustNew(routersPolicy)
	r := mux.NewRouter()
	r.Use(policy.Wrap) // wrong: policy.Wrap(r)
	r.Use(authenticate)
	r.HandleFunc("/api/items/{id}", put).Methods("PUT")

	printOutcomes(r)
	// Output:
	// PUT: blocked with status 405, PreflightMissingAllowOriginHeader
	// PUT without a token: blocked with status 405, PreflightMissingAllowOriginHeader
	// PUT without a route: blocked with status 404, PreflightMissingAllowOriginHeader
	// GET of a PUT route: blocked with status 405, PreflightMissingAllowOriginHeader
	// PUT of a foreign origin: blocked with status 405, PreflightMissingAllowOriginHeader
}

// Incorrect: with a route for OPTIONS, preflights get a response. But the policy does
// not run for other requests without a route, which get 405 and never 404.
func Example_gorillaMuxUseWithOptionsIncorrect() {
	policy := cors.MustNew(routersPolicy)
	r := mux.NewRouter()
	r.Use(policy.Wrap) // wrong: policy.Wrap(r)
	r.Use(authenticate)
	r.HandleFunc("/api/items/{id}", put).Methods("PUT")
	r.PathPrefix("/").Methods("OPTIONS").HandlerFunc(http.NotFound)

	printOutcomes(r)
	// Output:
	// PUT: 204
	// PUT without a token: 401
	// PUT without a route: blocked with status 405, MissingAllowOriginHeader
	// GET of a PUT route: blocked with status 405, MissingAllowOriginHeader
	// PUT of a foreign origin: blocked with status 403, PreflightMissingAllowOriginHeader
}

// A router with the policy in the place that its documentation says keeps the
// policy's promise to browsers, caches and proxies.
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
			r.MethodNotAllowed(next.ServeHTTP) // methods that chi does not know
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

// Every snippet of Go in docs/adapters.md is part of an example, which is compiled
// and whose output is verified.
func TestSnippetsArePartsOfExamples(t *testing.T) {
	text, err := os.ReadFile("../docs/adapters.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../adapters/*/example_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("the adapters have no examples: %v", err)
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
			t.Errorf("this snippet is in no example:\n%s", snippet)
		}
	}
	if len(blocks) < 6 {
		t.Errorf("only %d snippets found", len(blocks))
	}
}

// unindented removes the indentation of all lines.
func unindented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimLeft(line, " \t"))
	}
	return b.String()
}
