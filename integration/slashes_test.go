package integration

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// chi can serve a route for a path that has slashes at its end too. The route's policy applies to these paths.
func TestFinalSlashesInChi(t *testing.T) {
	for name, clean := range map[string]func(http.Handler) http.Handler{
		"StripSlashes": middleware.StripSlashes, "CleanPath": middleware.CleanPath,
	} {
		router := chi.NewRouter()
		router.Use(clean)
		secret := func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "secret") }
		router.Get("/exact", secret)
		router.Get("/items/{id}", secret)
		router.Get("/public", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "public") })
		closed := cors.Policy{Origins: []string{"https://other.example"}}
		h, err := routes.Wrap(routes.Policies{
			Policy: cors.Policy{Origins: []string{"*"}},
			Routes: []routes.Route{{Pattern: "/exact", Policy: closed}, {Pattern: "/items/{id}", Policy: closed}},
		}, nil, router)
		if err != nil {
			t.Fatal(err)
		}
		served := 0
		for _, path := range []string{"/exact", "/exact/", "/exact//", "/exact%2F", "/exact/.", "/items/1", "/items/1/", "/items/1//", "/items/1/.", "/public", "/public/"} {
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("Origin", "https://page.example")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			allowed := w.Header().Get("Access-Control-Allow-Origin") != ""
			switch w.Body.String() {
			case "secret":
				if served++; allowed {
					t.Errorf("%s: %s has CORS headers", name, path)
				}
			case "public":
				if !allowed {
					t.Errorf("%s: %s has no CORS headers", name, path)
				}
			}
		}
		if served < 4 {
			t.Errorf("%s: chi serves the routes for %d paths only", name, served)
		}
	}
}
