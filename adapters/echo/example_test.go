package corsecho_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	corsecho "github.com/concors/concors/adapters/echo"
	"github.com/concors/concors/cors"
	"github.com/labstack/echo/v5"
)

func Example() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	e := echo.New()
	e.Pre(corsecho.Middleware(policy)) // first in Pre
	e.PUT("/items/:id", func(c *echo.Context) error { return c.NoContent(http.StatusNoContent) })

	r := httptest.NewRequest("OPTIONS", "/items/1", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Access-Control-Allow-Methods"))
	// Output: 204 PUT
}

// Incorrect: as middleware of a route it never sees the preflight. Echo responds with a 204 without
// CORS headers, and the browser does not send the PUT.
func ExampleMiddleware_incorrect() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	e := echo.New()
	put := func(c *echo.Context) error { return c.NoContent(http.StatusNoContent) }
	e.PUT("/items/:id", put, corsecho.Middleware(policy)) // wrong: use e.Pre

	r := httptest.NewRequest("OPTIONS", "/items/1", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	w := httptest.NewRecorder()
	e.ServeHTTP(w, r)
	fmt.Printf("%d %q\n", w.Code, w.Header().Get("Access-Control-Allow-Origin"))
	// Output: 204 ""
}
