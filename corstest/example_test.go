package corstest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/corstest"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// t stands for the *testing.T of a test. It prints what the test would report,
// up to the requests and responses.
var t testing.TB = printing{}

type printing struct{ testing.TB }

func (printing) Helper()                  {}
func (printing) Context() context.Context { return context.Background() }
func (printing) Cleanup(func())           {}
func (printing) Errorf(format string, args ...any) {
	report, _, _ := strings.Cut(fmt.Sprintf(format, args...), "\n  Requests and responses:")
	fmt.Println(report)
}

// newServer returns a server that allows https://app.example.com, with
// credentials.
func newServer() http.Handler { return items() }

func ExampleHandler() {
	site := corstest.Handler(t, newServer())
	app := site.From("https://app.example.com")

	// A simple request needs no preflight. A PUT does.
	app.Fetch("GET", "/items").WasNotPreflighted().MayRead().MayReadHeader("X-Total-Count")
	app.Fetch("PUT", "/items/1", corstest.Body("application/json", `{}`), corstest.Credentials()).
		WasPreflighted().MayRead().HasStatus(200)

	evil := site.From("https://evil.example")
	evil.Fetch("GET", "/items").IsBlocked(reason.MissingAllowOriginHeader)
	evil.Fetch("PUT", "/items/1").IsBlocked().DidNotReachServer()
	site.From("null").Fetch("GET", "/items").IsBlocked()
	// Output:
}

// Middleware tests any middleware, without a handler.
func ExampleMiddleware() {
	addOrigin := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			next.ServeHTTP(w, r)
		})
	}
	page := corstest.Middleware(t, addOrigin).From("https://app.example.com")
	page.Fetch("GET", "/").MayRead()
	// The wildcard allows neither credentials nor preflighted requests.
	page.Fetch("GET", "/", corstest.Credentials()).IsBlocked(reason.WildcardOriginNotAllowed)
	page.Fetch("PUT", "/").IsBlocked(reason.PreflightInvalidStatus)
	// Output:
}

// URL tests a server that listens, in this process or elsewhere.
func ExampleURL() {
	server := httptest.NewServer(newServer())
	defer server.Close()

	site := corstest.URL(t, server.URL)
	site.From("https://app.example.com").Fetch("GET", "/items").MayRead()
	// Output:
}

// Options add headers, a body or credentials.
func ExamplePage_Fetch() {
	page := corstest.Handler(t, newServer()).From("https://app.example.com")
	page.Fetch("GET", "/items", corstest.Header("X-Request-Id", "7")).WasPreflighted().MayRead()
	page.Fetch("POST", "/items", corstest.Body("text/plain", "hello")).WasNotPreflighted().MayRead()
	page.Fetch("POST", "/items", corstest.Body("application/json", "{}")).WasPreflighted().MayRead()
	page.Fetch("POST", "/items", corstest.Body("text/plain", "hello"), corstest.UploadListener()).WasPreflighted().MayRead()
	page.Fetch("GET", "/items", corstest.Credentials()).MayRead().HasBody("[]")
	// Output:
}

// A failed assertion reports why it failed and how to fix it, followed by the
// requests, the responses and the browser's steps.
func ExampleOutcome_MayRead() {
	site := corstest.Handler(t, newServer()).WithProfiles(fetch.Standard)
	site.From("https://evil.example").Fetch("GET", "/items").MayRead()
	// Output:
	// corstest: the test expects that a page on https://evil.example may read the response to GET https://server.example/items
	//
	// In Standard: the request is blocked. The response has no Access-Control-Allow-Origin header (MissingAllowOriginHeader).
	// What differs: it has Vary: Origin: usually the server compares the Origin with a list, which lacks https://evil.example.
	// How to fix it (on the server): Send Access-Control-Allow-Origin: https://evil.example in the response.
	//     Access-Control-Allow-Origin: https://evil.example
	// Note: Every script on that origin can then read the response: allow only origins that you trust with it. To allow several origins, compare the request's Origin with a list, and add Vary: Origin. Never reflect any Origin that comes in.
}

// After tests how long browsers cache a preflight, without waiting.
func ExampleOutcome_After() {
	page := corstest.Handler(t, newServer()).From("https://app.example.com")
	page.Fetch("PUT", "/items/1").WasPreflighted().
		After(9 * time.Minute).WasNotPreflighted().
		After(2 * time.Minute).WasPreflighted()
	// Output:
}

// Results has what each browser saw, for what no assertion covers.
func ExampleOutcome_results() {
	outcome := corstest.Handler(t, newServer()).From("https://evil.example").Fetch("GET", "/items")
	for _, r := range outcome.Results {
		fmt.Println(r.Profile.Name, r.Err.Reason)
	}
	// Output:
	// Standard MissingAllowOriginHeader
	// Chromium MissingAllowOriginHeader
	// Firefox MissingAllowOriginHeader
	// WebKit MissingAllowOriginHeader
}

// Browsers send a SameSite=Lax cookie only from pages of the same site, so the
// server gets a URL on it.
func ExampleSite_SetCookie() {
	site := corstest.Handler(t, newServer()).WithURL("https://api.example.com").
		SetCookie("session=1; Secure; HttpOnly; SameSite=Lax")
	site.From("https://app.example.com").Fetch("GET", "/items", corstest.Credentials()).SentCookie("session").MayRead()
	site.From("https://app.example.com").Fetch("GET", "/items").SentNoCookie()
	site.From("https://evil.example").Fetch("GET", "/items", corstest.Credentials()).SentNoCookie().IsBlocked()
	// Output:
}

// FromPage takes a page with more properties than an origin.
func ExampleSite_FromPage() {
	site := corstest.Handler(t, newServer())
	site.FromPage(&fetch.Page{URL: "https://app.example.com/editor", Sandboxed: true}).Fetch("GET", "/items").IsBlocked()
	// Output:
}

// WithTransport reaches a server in another way, such as over TLS with a
// certificate for tests.
func ExampleSite_WithTransport() {
	server := httptest.NewTLSServer(newServer())
	defer server.Close()
	transport := server.Client().Transport

	site := corstest.URL(t, server.URL).WithTransport(transport)
	site.From("https://app.example.com").Fetch("GET", "/items").MayRead()
	// Output:
}

// Do makes the requests of elements and of XMLHttpRequest.
func ExamplePage_Do() {
	page := corstest.Handler(t, newServer()).From("https://evil.example")
	image, err := fetch.Element{Kind: "img", URL: "/logo.png"}.Request(nil)
	if err != nil {
		panic(err)
	}
	page.Do(image).ReachedServer().MayNotRead()
	// Output:
}

// A Grid runs one subtest for each combination, 27 here.
func ExampleGrid() {
	test := func(t *testing.T) {
		corstest.Grid{
			Origins: []string{"https://app.example.com", "https://evil.example", "null"},
			Methods: []string{"GET", "PUT", "DELETE"},
			Headers: [][]string{nil, {"Content-Type"}, {"X-Other"}},
			Path:    "/items",
			Allowed: func(origin, method string, headers []string) bool {
				return origin == "https://app.example.com" && method != "DELETE" && !slices.Contains(headers, "X-Other")
			},
		}.Run(t, corstest.Handler(t, newServer()))
	}
	_ = test
}

func ExampleForeignOriginsAreBlocked() {
	site := corstest.Handler(t, newServer())
	corstest.ForeignOriginsAreBlocked(t, site, []string{"https://app.example.com", "http://localhost:3000"})
	// Output:
}

// This middleware allows every origin with credentials, although its
// configuration names one.
func ExampleCheck() {
	reflectOrigin := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			w.Header().Set("Access-Control-Allow-Credentials", "true")
			next.ServeHTTP(w, r)
		})
	}
	findings, err := corstest.Check(reflectOrigin, corstest.Promise{
		Origins:     []string{"https://app.example.com"},
		Credentials: true,
	})
	if err != nil {
		panic(err)
	}
	for _, f := range findings[:2] {
		fmt.Println(f)
	}
	fmt.Println(findings[0].Request)
	fmt.Println(findings[0].Response)
	// Output:
	// foreign-origin-allowed: a page on https://foreign.example, which is not promised, may read responses with credentials, in every browser
	// null-origin-allowed: a page on null, which is not promised, may read responses with credentials, in every browser
	// GET /corstest HTTP/1.1
	// Host: server.example
	// Origin: https://foreign.example
	// HTTP/1.1 200 OK
	// Access-Control-Allow-Credentials: true
	// Access-Control-Allow-Origin: https://foreign.example
	// Content-Type: text/plain; charset=utf-8
}

// A policy is checked without writing its lists a second time.
func ExamplePromiseOf() {
	policy := cors.Policy{
		Origins:        []string{"https://*.example.com"},
		Methods:        []string{"PUT"},
		RequestHeaders: []string{"Content-Type"},
		Credentials:    true,
	}
	middleware := cors.MustNew(policy)
	findings, err := corstest.Check(middleware.Wrap, corstest.PromiseOf(policy))
	fmt.Println(findings, err)
	// Output: [] <nil>
}

// Each route has its own policy, and its own promise. The URL chooses the route.
func ExamplePromiseOf_routes() {
	policies := routes.Policies{
		Policy: cors.Policy{Origins: []string{"https://app.example.com"}, Credentials: true},
		Routes: []routes.Route{
			{Pattern: "/public/", Policy: cors.Policy{Origins: []string{"*"}}},
			{Pattern: "PUT /items/{id}", Policy: cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}}},
		},
	}
	wrap := func(next http.Handler) http.Handler {
		handler, err := routes.Wrap(policies, nil, next)
		if err != nil {
			panic(err)
		}
		return handler
	}
	public := corstest.PromiseOf(policies.Routes[0].Policy)
	public.URL = "https://server.example/public/logo.svg"
	findings, err := corstest.Check(wrap, public)
	fmt.Println(findings, err)

	everything := corstest.PromiseOf(policies.Policy)
	findings, err = corstest.Check(wrap, everything)
	fmt.Println(findings, err)
	// Output:
	// [] <nil>
	// [] <nil>
}

func ExampleKinds() {
	for _, k := range corstest.Kinds()[:3] {
		fmt.Printf("%s: %s\n", k.Name, k.Title)
	}
	// Output:
	// allowed-origin-blocked: a simple request (GET, HEAD or POST) from a promised origin is blocked
	// credentials-unusable: credentials are promised, but a request with credentials is blocked
	// credentials-not-promised: credentials are not promised, but a page may read the response to a request with credentials
}

func ExampleSamples() {
	allowed, foreign, err := corstest.Samples([]string{"https://*.example.com"})
	if err != nil {
		panic(err)
	}
	fmt.Println(allowed)
	fmt.Println(foreign[:3])
	// Output:
	// [https://app.example.com https://a.b.example.com]
	// [null https://foreign.example http://app.example.com]
}
