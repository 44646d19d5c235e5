package corsgin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	corsgin "github.com/concors/concors/adapters/gin"
	"github.com/concors/concors/cors"
	"github.com/gin-gonic/gin"
)

func Example() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	engine := gin.New()
	engine.Use(corsgin.Middleware(policy)) // before the routes
	engine.PUT("/items/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })

	r := httptest.NewRequest("OPTIONS", "/items/1", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	w := httptest.NewRecorder()
	engine.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Access-Control-Allow-Methods"))
	// Output: 204 PUT
}

// A group with its own policy needs routes for OPTIONS: one for its own path and one for all paths
// below.
func ExampleMiddleware_group() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	notFound := func(c *gin.Context) { c.Status(http.StatusNotFound) } // for OPTIONS requests that are not preflights
	engine := gin.New()
	api := engine.Group("/api", corsgin.Middleware(policy))
	api.OPTIONS("", notFound)
	api.OPTIONS("/*path", notFound)
	api.PUT("/items/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })

	r := httptest.NewRequest("OPTIONS", "/api/items/1", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	w := httptest.NewRecorder()
	engine.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Access-Control-Allow-Methods"))
	// Output: 204 PUT
}

// Incorrect: the group has no route for OPTIONS, so Gin responds to the preflight without running
// the group's middleware.
func ExampleMiddleware_incorrect() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	engine := gin.New()
	api := engine.Group("/api", corsgin.Middleware(policy)) // wrong: see the group example
	api.PUT("/items/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })

	r := httptest.NewRequest("OPTIONS", "/api/items/1", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	w := httptest.NewRecorder()
	engine.ServeHTTP(w, r)
	fmt.Printf("%d %q\n", w.Code, w.Header().Get("Access-Control-Allow-Origin"))
	// Output: 404 ""
}
