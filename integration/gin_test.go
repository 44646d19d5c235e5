package integration

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	rscors "github.com/rs/cors"

	"github.com/concors/concors/fetch/reason"
)

// serveGin serves the notes with some middleware, and returns the URL.
func serveGin(t *testing.T, middleware ...gin.HandlerFunc) string {
	engine := gin.New()
	engine.Use(gin.RecoveryWithWriter(io.Discard))
	engine.Use(middleware...)
	notes(engine)
	return serve(t, engine)
}

// notes adds the routes of the application.
func notes(routes gin.IRoutes) {
	routes.GET("/notes", func(c *gin.Context) {
		c.Header("X-Total-Count", "1")
		c.JSON(http.StatusOK, gin.H{"note": "hello"})
	})
	routes.POST("/notes", func(c *gin.Context) { c.Status(http.StatusCreated) })
	routes.DELETE("/notes", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	routes.GET("/fail", func(*gin.Context) { panic("the database is not reachable") })
}

func serve(t *testing.T, h http.Handler) string {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func TestGin(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	config := func(change func(*cors.Config)) gin.HandlerFunc {
		c := cors.DefaultConfig()
		change(&c)
		return cors.New(c)
	}

	t.Run("cors.Default", func(t *testing.T) {
		checkRows(t, serveGin(t, cors.Default()), []row{
			{name: "a foreign origin", page: foreign, path: "/notes", status: 200, hidden: "X-Total-Count"},
			{name: "JSON", method: "POST", body: jsonBody, path: "/notes", status: 201},
			{name: "DELETE", method: "DELETE", path: "/notes", status: 204},
			// These two headers are not in the default list.
			{name: "Authorization", header: bearer, path: "/notes", status: 204,
				reason: reason.HeaderDisallowedByPreflightResponse},
			{name: "a custom header", header: apiKey, path: "/notes", status: 204,
				reason: reason.HeaderDisallowedByPreflightResponse},
			{name: "with credentials", path: "/notes", include: true, status: 200, reason: reason.WildcardOriginNotAllowed},
			{name: "a 404 can be read", path: "/gone", status: 404},
			{name: "a panic can be read", path: "/fail", status: 500},
			{name: "a 404 after a preflight can be read", method: "DELETE", path: "/gone", status: 404},
			// A page on the same host over HTTPS is cross-origin, but the
			// middleware treats it as same-origin and sends no header.
			{name: "the same host with another scheme", page: "https://self", path: "/notes", status: 200,
				reason: reason.MissingAllowOriginHeader},
		})
	})

	t.Run("AllowAllOrigins and AllowCredentials", func(t *testing.T) {
		checkRows(t, serveGin(t, config(func(c *cors.Config) {
			c.AllowAllOrigins = true
			c.AllowCredentials = true
		})), []row{
			{name: "the value is still a wildcard", path: "/notes", include: true, status: 200,
				reason: reason.WildcardOriginNotAllowed, value: "*"},
			{name: "the value is still a wildcard in the preflight", method: "DELETE", path: "/notes", include: true, status: 204,
				reason: reason.PreflightWildcardOriginNotAllowed},
		})
	})

	t.Run("AllowOrigins", func(t *testing.T) {
		checkRows(t, serveGin(t, config(func(c *cors.Config) {
			c.AllowOrigins = []string{app}
			c.AllowCredentials = true
		})), []row{
			{name: "the app", method: "DELETE", path: "/notes", include: true, status: 204},
			// Other origins are refused before the handler runs.
			{name: "a foreign origin", page: foreign, path: "/notes", status: 403, reason: reason.MissingAllowOriginHeader},
			{name: "a preflight of a foreign origin", page: foreign, method: "DELETE", path: "/notes", status: 403,
				reason: reason.PreflightMissingAllowOriginHeader},
			{name: "a 404 can be read", path: "/gone", status: 404},
		})
	})

	t.Run("a slash at the end", func(t *testing.T) {
		checkRows(t, serveGin(t, config(func(c *cors.Config) { c.AllowOrigins = []string{app + "/"} })), []row{
			{name: "it matches no origin", path: "/notes", status: 403, reason: reason.MissingAllowOriginHeader},
		})
	})

	t.Run("AllowWildcard", func(t *testing.T) {
		checkRows(t, serveGin(t, config(func(c *cors.Config) {
			c.AllowOrigins = []string{"http://*localhost:3000"}
			c.AllowWildcard = true
			c.AllowCredentials = true
		})), []row{
			{name: "the wildcard matches dots and hyphens", page: nearMiss, path: "/notes", include: true, status: 200},
		})
	})

	// Middleware of a group runs only for the group's routes. No route is for
	// OPTIONS, so it does not run for preflights.
	t.Run("on a group", func(t *testing.T) {
		engine := gin.New()
		notes(engine.Group("/api", cors.Default()))
		checkRows(t, serve(t, engine), []row{
			{name: "a simple request", path: "/api/notes", status: 200},
			{name: "a preflight", method: "DELETE", path: "/api/notes", status: 404,
				reason: reason.PreflightMissingAllowOriginHeader},
			{name: "a 404", path: "/api/gone", status: 404, reason: reason.MissingAllowOriginHeader},
		})
	})

	t.Run("after authentication", func(t *testing.T) {
		token := func(c *gin.Context) {
			if c.GetHeader("Authorization") == "" {
				c.AbortWithStatus(http.StatusUnauthorized)
			}
		}
		checkRows(t, serveGin(t, token, config(func(c *cors.Config) {
			c.AllowAllOrigins = true
			c.AddAllowHeaders("Authorization")
		})), []row{
			{name: "the preflight has no token", header: bearer, path: "/notes", status: 401,
				reason: reason.PreflightMissingAllowOriginHeader},
		})
	})

	// Gin redirects /notes/ to /notes itself, and no middleware runs for that. It
	// does run for the preflight, because no route is for OPTIONS.
	t.Run("an extra slash", func(t *testing.T) {
		checkRows(t, serveGin(t, cors.Default()), []row{
			{name: "a redirect", path: "/notes/", status: 301, reason: reason.MissingAllowOriginHeader},
			{name: "a redirect after a preflight", method: "DELETE", path: "/notes/", status: 307,
				reason: reason.MissingAllowOriginHeader},
		})
	})
}

func TestRSCors(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("/notes", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "[]") })

	t.Run("Default", func(t *testing.T) {
		checkRows(t, serve(t, rscors.Default().Handler(mux)), []row{
			{name: "a foreign origin", page: foreign, path: "/notes", status: 200},
			{name: "a 404 can be read", path: "/gone", status: 404},
			// The default list of methods is GET, POST and HEAD. The response to
			// a preflight for another one has no headers, so the reason does not
			// say which list it is missing from.
			{name: "DELETE", method: "DELETE", path: "/notes", status: 204, reason: reason.PreflightMissingAllowOriginHeader},
			{name: "Authorization", header: bearer, path: "/notes", status: 204, reason: reason.PreflightMissingAllowOriginHeader},
			{name: "with credentials", path: "/notes", include: true, status: 200, reason: reason.WildcardOriginNotAllowed},
		})
	})

	t.Run("AllowAll", func(t *testing.T) {
		checkRows(t, serve(t, rscors.AllowAll().Handler(mux)), []row{
			{name: "Authorization is listed, not covered by a wildcard", header: bearer, path: "/notes", status: 200},
		})
	})

	t.Run("a wildcard and AllowCredentials", func(t *testing.T) {
		checkRows(t, serve(t, rscors.New(rscors.Options{AllowCredentials: true}).Handler(mux)), []row{
			{name: "the value is still a wildcard", path: "/notes", include: true, status: 200, reason: reason.WildcardOriginNotAllowed},
		})
	})

	t.Run("one origin", func(t *testing.T) {
		checkRows(t, serve(t, rscors.New(rscors.Options{AllowedOrigins: []string{app}}).Handler(mux)), []row{
			{name: "the app", path: "/notes", status: 200},
			{name: "a foreign origin, whose request is handled", page: foreign, path: "/notes", status: 200,
				reason: reason.MissingAllowOriginHeader},
		})
	})
}
