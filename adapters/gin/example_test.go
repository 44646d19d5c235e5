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
	open := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	engine := gin.New()
	engine.Use(corsgin.Middleware(open)) // before the routes
	engine.PUT("/items/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })

	r := httptest.NewRequest("OPTIONS", "/items/1", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	w := httptest.NewRecorder()
	engine.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Header().Get("Access-Control-Allow-Methods"))
	// Output: 204 PUT
}

// A group with a policy of its own needs routes for OPTIONS, of its own path
// and of all below.
func ExampleMiddleware_group() {
	open := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	notFound := func(c *gin.Context) { c.Status(http.StatusNotFound) } // for an OPTIONS that is no preflight
	engine := gin.New()
	api := engine.Group("/api", corsgin.Middleware(open))
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

// Incorrect: the group has no route for OPTIONS, so Gin answers the preflight
// without the group's middleware.
func ExampleMiddleware_incorrect() {
	open := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	engine := gin.New()
	api := engine.Group("/api", corsgin.Middleware(open)) // wrong: see the example of a group
	api.PUT("/items/:id", func(c *gin.Context) { c.Status(http.StatusNoContent) })

	r := httptest.NewRequest("OPTIONS", "/api/items/1", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	w := httptest.NewRecorder()
	engine.ServeHTTP(w, r)
	fmt.Printf("%d %q\n", w.Code, w.Header().Get("Access-Control-Allow-Origin"))
	// Output: 404 ""
}
