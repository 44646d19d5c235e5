package bench

import (
	"net/http"
	"time"

	gincors "github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	chicors "github.com/go-chi/cors"
	"github.com/gorilla/handlers"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
	rscors "github.com/rs/cors"
)

// A Peer is one middleware.
type Peer struct {
	Name   string
	Module string // its path in go.mod; "" if it is not a middleware

	// Build wraps next in the middleware.
	Build func(p Policy, next http.Handler) (http.Handler, error)

	// LeftOut returns why a row is left out for this peer, or "" if it is measured.
	// nil leaves none out. It returns noCheckout for all rows if the peer is missing.
	LeftOut func(Row) string
}

// Ours is the name of the peer that the others are compared with.
const Ours = "Concors"

// Peers returns the middlewares, ours first and the bare handler second.
func Peers() []Peer {
	return []Peer{
		{Name: Ours, Module: "github.com/concors/concors", Build: buildOurs},
		{Name: "none", Build: buildNone},
		{Name: jub0bsName, Module: jub0bsModule, Build: buildJub0bs, LeftOut: noPartLabels},
		{Name: "rs/cors", Module: "github.com/rs/cors", Build: buildRS},
		{Name: "go-chi", Module: "github.com/go-chi/cors", Build: buildChi},
		{Name: "gorilla", Module: "github.com/gorilla/handlers", Build: buildGorilla, LeftOut: noPatterns},
		{Name: "gin", Module: "github.com/gin-contrib/cors", Build: buildGin, LeftOut: tooSlow},
		{Name: "echo", Module: "github.com/labstack/echo/v5", Build: buildEcho, LeftOut: noPatterns},
	}
}

// routersRow is the row in which the routers are measured alone.
const routersRow = "get-allowed"

// routers returns the frameworks whose middlewares cannot run without a router. One
// row measures them without middleware, to show their part of the times.
func routers() []Peer {
	only := func(r Row) string {
		if r.ID != routersRow {
			return "measured once"
		}
		return ""
	}
	return []Peer{
		{Name: "gin alone", Build: func(_ Policy, next http.Handler) (http.Handler, error) { return ginWith(next), nil }, LeftOut: only},
		{Name: "echo alone", Build: func(_ Policy, next http.Handler) (http.Handler, error) { return echoWith(next), nil }, LeftOut: only},
	}
}

func noPatterns(r Row) string {
	if r.Set.Patterns {
		return "no support for patterns"
	}
	return ""
}

func noPartLabels(r Row) string {
	switch {
	case buildJub0bs == nil:
		return noCheckout
	case r.Set.PartLabel:
		return "no support for wildcards in part of a label"
	}
	return ""
}

// tooSlow leaves gin-contrib/cors out of the rows with a million origins, because it
// matches two regular expressions for each origin in every request.
func tooSlow(r Row) string {
	if r.Set.N >= 1_000_000 {
		return "more than 40 ms a request"
	}
	return ""
}

func (p Peer) leftOut(r Row) string {
	if p.LeftOut == nil {
		return ""
	}
	return p.LeftOut(r)
}

func buildNone(_ Policy, next http.Handler) (http.Handler, error) { return next, nil }

func buildRS(p Policy, next http.Handler) (http.Handler, error) {
	return rscors.New(rscors.Options{
		AllowedOrigins:   p.Origins,
		AllowedMethods:   p.allMethods(),
		AllowedHeaders:   p.RequestHeaders,
		ExposedHeaders:   p.ExposedHeaders,
		MaxAge:           p.MaxAgeSeconds,
		AllowCredentials: p.Credentials,
	}).Handler(next), nil
}

func buildChi(p Policy, next http.Handler) (http.Handler, error) {
	return chicors.Handler(chicors.Options{
		AllowedOrigins:   p.Origins,
		AllowedMethods:   p.allMethods(),
		AllowedHeaders:   p.RequestHeaders,
		ExposedHeaders:   p.ExposedHeaders,
		MaxAge:           p.MaxAgeSeconds,
		AllowCredentials: p.Credentials,
	})(next), nil
}

func buildGorilla(p Policy, next http.Handler) (http.Handler, error) {
	options := []handlers.CORSOption{
		handlers.AllowedOrigins(p.Origins),
		handlers.AllowedMethods(p.allMethods()),
		handlers.AllowedHeaders(p.RequestHeaders),
		handlers.ExposedHeaders(p.ExposedHeaders),
		handlers.MaxAge(p.MaxAgeSeconds),
		handlers.OptionStatusCode(http.StatusNoContent),
	}
	if p.Credentials {
		options = append(options, handlers.AllowCredentials())
	}
	return handlers.CORS(options...)(next), nil
}

func buildGin(p Policy, next http.Handler) (http.Handler, error) {
	return ginWith(next, gincors.New(gincors.Config{
		AllowOrigins:     p.Origins,
		AllowMethods:     p.allMethods(),
		AllowHeaders:     p.RequestHeaders,
		ExposeHeaders:    p.ExposedHeaders,
		MaxAge:           time.Duration(p.MaxAgeSeconds) * time.Second,
		AllowCredentials: p.Credentials,
		AllowWildcard:    p.Patterns,
	})), nil
}

// ginWith returns gin's router with routes for the requests of all rows.
func ginWith(next http.Handler, middlewares ...gin.HandlerFunc) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	e := gin.New()
	e.Use(middlewares...)
	e.GET("/", gin.WrapH(next))
	e.OPTIONS("/", gin.WrapH(next))
	return e
}

func buildEcho(p Policy, next http.Handler) (http.Handler, error) {
	m, err := middleware.CORSConfig{
		AllowOrigins:     p.Origins,
		AllowMethods:     p.allMethods(),
		AllowHeaders:     p.RequestHeaders,
		ExposeHeaders:    p.ExposedHeaders,
		MaxAge:           p.MaxAgeSeconds,
		AllowCredentials: p.Credentials,
	}.ToMiddleware()
	if err != nil {
		return nil, err
	}
	return echoWith(next, m), nil
}

// echoWith returns Echo's router with routes for the requests of all rows.
func echoWith(next http.Handler, middlewares ...echo.MiddlewareFunc) http.Handler {
	e := echo.New()
	e.Use(middlewares...)
	e.GET("/", echo.WrapHandler(next))
	e.OPTIONS("/", echo.WrapHandler(next))
	return e
}
