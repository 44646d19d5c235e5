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

// newGin serves the notes after some middleware.
func newGin(t *testing.T, middleware ...gin.HandlerFunc) string {
	engine := gin.New()
	engine.Use(gin.RecoveryWithWriter(io.Discard))
	engine.Use(middleware...)
	notes(engine)
	return serve(t, engine)
}

func notes(routes gin.IRoutes) {
	routes.GET("/notes", func(c *gin.Context) {
		c.Header("X-Total-Count", "1")
		c.JSON(http.StatusOK, gin.H{"note": "hello"})
	})
	routes.POST("/notes", func(c *gin.Context) { c.Status(http.StatusCreated) })
	routes.DELETE("/notes", func(c *gin.Context) { c.Status(http.StatusNoContent) })
	routes.GET("/fail", func(*gin.Context) { panic("the database is away") })
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
		judge(t, newGin(t, cors.Default()), []row{
			{name: "any page", page: stranger, path: "/notes", status: 200, hidden: "X-Total-Count"},
			{name: "JSON", method: "POST", body: jsonBody, path: "/notes", status: 201},
			{name: "DELETE", method: "DELETE", path: "/notes", status: 204},
			// The default list of headers has neither of these two.
			{name: "Authorization", header: bearer, path: "/notes", status: 204,
				reason: reason.HeaderDisallowedByPreflightResponse},
			{name: "a header of one's own", header: apiKey, path: "/notes", status: 204,
				reason: reason.HeaderDisallowedByPreflightResponse},
			{name: "with credentials", path: "/notes", include: true, status: 200, reason: reason.WildcardOriginNotAllowed},
			{name: "a 404 can be read", path: "/gone", status: 404},
			{name: "a panic can be read", path: "/fail", status: 500},
			{name: "a preflight for no route, and its 404", method: "DELETE", path: "/gone", status: 404},
			// A page on the same host over HTTPS is of another origin, and the
			// middleware takes it for the same one: no header.
			{name: "the same host with another scheme", page: "https://self", path: "/notes", status: 200,
				reason: reason.MissingAllowOriginHeader},
		})
	})

	t.Run("AllowAllOrigins and AllowCredentials", func(t *testing.T) {
		judge(t, newGin(t, config(func(c *cors.Config) {
			c.AllowAllOrigins = true
			c.AllowCredentials = true
		})), []row{
			{name: "a star all the same", path: "/notes", include: true, status: 200,
				reason: reason.WildcardOriginNotAllowed, value: "*"},
			{name: "in the preflight too", method: "DELETE", path: "/notes", include: true, status: 204,
				reason: reason.PreflightWildcardOriginNotAllowed},
		})
	})

	t.Run("AllowOrigins", func(t *testing.T) {
		judge(t, newGin(t, config(func(c *cors.Config) {
			c.AllowOrigins = []string{app}
			c.AllowCredentials = true
		})), []row{
			{name: "the app", method: "DELETE", path: "/notes", include: true, status: 204},
			// Others are refused before the handler runs.
			{name: "a stranger", page: stranger, path: "/notes", status: 403, reason: reason.MissingAllowOriginHeader},
			{name: "a stranger's preflight", page: stranger, method: "DELETE", path: "/notes", status: 403,
				reason: reason.PreflightMissingAllowOriginHeader},
			{name: "a 404 can be read", path: "/gone", status: 404},
		})
	})

	t.Run("a slash at the end", func(t *testing.T) {
		judge(t, newGin(t, config(func(c *cors.Config) { c.AllowOrigins = []string{app + "/"} })), []row{
			{name: "matches nobody", path: "/notes", status: 403, reason: reason.MissingAllowOriginHeader},
		})
	})

	t.Run("AllowWildcard", func(t *testing.T) {
		judge(t, newGin(t, config(func(c *cors.Config) {
			c.AllowOrigins = []string{"http://*localhost:3000"}
			c.AllowWildcard = true
			c.AllowCredentials = true
		})), []row{
			{name: "a star reaches across dots and hyphens", page: lookalike, path: "/notes", include: true, status: 200},
		})
	})

	// Middleware of a group runs for the group's routes. No route is for
	// OPTIONS, so preflights never come to it.
	t.Run("on a group", func(t *testing.T) {
		engine := gin.New()
		notes(engine.Group("/api", cors.Default()))
		judge(t, serve(t, engine), []row{
			{name: "a simple request", path: "/api/notes", status: 200},
			{name: "a preflight", method: "DELETE", path: "/api/notes", status: 404,
				reason: reason.PreflightMissingAllowOriginHeader},
			{name: "a 404", path: "/api/gone", status: 404, reason: reason.MissingAllowOriginHeader},
		})
	})

	t.Run("after a token is asked", func(t *testing.T) {
		token := func(c *gin.Context) {
			if c.GetHeader("Authorization") == "" {
				c.AbortWithStatus(http.StatusUnauthorized)
			}
		}
		judge(t, newGin(t, token, config(func(c *cors.Config) {
			c.AllowAllOrigins = true
			c.AddAllowHeaders("Authorization")
		})), []row{
			{name: "the preflight has none", header: bearer, path: "/notes", status: 401,
				reason: reason.PreflightMissingAllowOriginHeader},
		})
	})

	// Gin redirects /notes/ to /notes by itself, and no middleware sees that. It
	// does see the preflight, since no route is for OPTIONS.
	t.Run("the extra slash", func(t *testing.T) {
		judge(t, newGin(t, cors.Default()), []row{
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
		judge(t, serve(t, rscors.Default().Handler(mux)), []row{
			{name: "any page", page: stranger, path: "/notes", status: 200},
			{name: "a 404 can be read", path: "/gone", status: 404},
			// GET, POST and HEAD are the default list of methods, and a
			// preflight that fails it gets no headers: the page is not told
			// which of them was missing.
			{name: "DELETE", method: "DELETE", path: "/notes", status: 204, reason: reason.PreflightMissingAllowOriginHeader},
			{name: "Authorization", header: bearer, path: "/notes", status: 204, reason: reason.PreflightMissingAllowOriginHeader},
			{name: "with credentials", path: "/notes", include: true, status: 200, reason: reason.WildcardOriginNotAllowed},
		})
	})

	t.Run("AllowAll", func(t *testing.T) {
		judge(t, serve(t, rscors.AllowAll().Handler(mux)), []row{
			{name: "Authorization is named, not covered by a star", header: bearer, path: "/notes", status: 200},
		})
	})

	t.Run("star and AllowCredentials", func(t *testing.T) {
		judge(t, serve(t, rscors.New(rscors.Options{AllowCredentials: true}).Handler(mux)), []row{
			{name: "a star all the same", path: "/notes", include: true, status: 200, reason: reason.WildcardOriginNotAllowed},
		})
	})

	t.Run("one origin", func(t *testing.T) {
		judge(t, serve(t, rscors.New(rscors.Options{AllowedOrigins: []string{app}}).Handler(mux)), []row{
			{name: "the app", path: "/notes", status: 200},
			{name: "a stranger, whose request is handled", page: stranger, path: "/notes", status: 200,
				reason: reason.MissingAllowOriginHeader},
		})
	})
}
