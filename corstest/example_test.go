package corstest_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/concors/concors/corstest"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// t stands for a test's *testing.T in the examples. It prints what a test that
// fails would say.
var t testing.TB = printing{}

type printing struct{ testing.TB }

func (printing) Helper()                           {}
func (printing) Context() context.Context          { return context.Background() }
func (printing) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

// newServer lets pages on https://app.example.com in, with credentials.
func newServer() http.Handler { return items() }

func ExampleHandler() {
	site := corstest.Handler(t, newServer())
	app := site.From("https://app.example.com")

	app.Fetch("GET", "/items").WasNotPreflighted().MayRead().MayReadHeader("X-Total-Count")
	app.Fetch("PUT", "/items/1", corstest.Body("application/json", `{}`), corstest.Credentials()).
		WasPreflighted().MayRead().HasStatus(200)

	evil := site.From("https://evil.example")
	evil.Fetch("GET", "/items").IsBlocked(reason.MissingAllowOriginHeader)
	evil.Fetch("PUT", "/items/1").IsBlocked().DidNotReachServer()
	site.From("null").Fetch("GET", "/items").IsBlocked()
	// Output:
}

// A middleware of any make, without a handler.
func ExampleMiddleware() {
	addOrigin := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			next.ServeHTTP(w, r)
		})
	}
	page := corstest.Middleware(t, addOrigin).From("https://app.example.com")
	page.Fetch("GET", "/").MayRead()
	// What the star does not do.
	page.Fetch("GET", "/", corstest.Credentials()).IsBlocked(reason.WildcardOriginNotAllowed)
	page.Fetch("PUT", "/").IsBlocked(reason.PreflightInvalidStatus)
	// Output:
}

func ExampleURL() {
	// In a test: a server that listens, in this process or not.
	check := func(t *testing.T) {
		site := corstest.URL(t, "http://127.0.0.1:8080")
		site.From("https://app.example.com").Fetch("GET", "/items").MayRead()
	}
	_ = check
}

// For how long a preflight is remembered, without waiting.
func ExampleOutcome_After() {
	page := corstest.Handler(t, newServer()).From("https://app.example.com")
	page.Fetch("PUT", "/items/1").WasPreflighted().
		After(9 * time.Minute).WasNotPreflighted().
		After(2 * time.Minute).WasPreflighted()
	// Output:
}

// Cookies travel within a site, so the server gets an address on it.
func ExampleSite_SetCookie() {
	site := corstest.Handler(t, newServer()).WithURL("https://api.example.com").
		SetCookie("session=1; Secure; HttpOnly; SameSite=Lax")
	site.From("https://app.example.com").Fetch("GET", "/items", corstest.Credentials()).SentCookie("session").MayRead()
	site.From("https://app.example.com").Fetch("GET", "/items").SentNoCookie()
	site.From("https://evil.example").Fetch("GET", "/items", corstest.Credentials()).SentNoCookie().IsBlocked()
	// Output:
}

// Images, scripts and XMLHttpRequests are asked for by what package fetch makes
// of them.
func ExamplePage_Do() {
	page := corstest.Handler(t, newServer()).From("https://evil.example")
	image, err := fetch.Element{Kind: "img", URL: "/logo.png"}.Request(nil)
	if err != nil {
		panic(err)
	}
	page.Do(image).ReachedServer().MayNotRead()
	// Output:
}

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

func ExampleForeignOriginsStayOut() {
	site := corstest.Handler(t, newServer())
	corstest.ForeignOriginsStayOut(t, site, []string{"https://app.example.com", "http://localhost:3000"})
	// Output:
}

// A middleware that lets everybody in with credentials, which is not what its
// configuration says.
func ExampleCheck() {
	echoing := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			w.Header().Set("Access-Control-Allow-Credentials", "true")
			next.ServeHTTP(w, r)
		})
	}
	findings, err := corstest.Check(echoing, corstest.Promise{
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
	fmt.Println(findings[0].Answer)
	// Output:
	// foreign-origin-let-in: a page on http://app.example.com, which is not promised, may read answers, in every browser
	// null-origin-let-in: a page on null, which is not promised, may read answers, in every browser
	// GET /corstest HTTP/1.1
	// Host: server.example
	// Origin: http://app.example.com
	// HTTP/1.1 200 OK
	// Access-Control-Allow-Credentials: true
	// Access-Control-Allow-Origin: http://app.example.com
	// Content-Type: text/plain; charset=utf-8
}

func ExampleKinds() {
	for _, k := range corstest.Kinds()[:3] {
		fmt.Printf("%s: %s\n", k.Name, k.Title)
	}
	// Output:
	// allowed-origin-blocked: a page on a promised origin may not read a plain GET, HEAD or POST
	// credentials-unusable: credentials are promised, and a page may not read the answer to a request with them
	// credentials-not-promised: credentials are not promised, and a page may read the answer to a request with them
}
