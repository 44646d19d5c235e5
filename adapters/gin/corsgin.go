// Package corsgin applies a policy of package cors in Gin.
//
//	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
//	engine := gin.New()
//	engine.Use(corsgin.Middleware(policy)) // before the routes
//	engine.PUT("/items/:id", put)
//
// # Where to put it
//
// Put it on the engine, before the routes. Before a PUT, a browser sends a preflight: an OPTIONS
// request for the same URL. Applications rarely have routes for OPTIONS, so Gin responds with 404,
// or 405 with HandleMethodNotAllowed. It still runs the middleware of [gin.Engine.Use] first. Three
// things to know:
//
//   - Routes that are registered before Use run without it. Their preflights are granted, but their
//     responses are blocked.
//   - The middleware of a group or a route does not run for requests that match none of its routes. A
//     group with its own policy therefore needs routes for OPTIONS that cover all of it: see the group
//     example.
//   - Redirects by RedirectTrailingSlash and RedirectFixedPath skip all middleware. They have no CORS
//     headers, so the browser blocks them. Preflights are redirected too if a route for OPTIONS has the
//     other path.
//
// None of this matters if the policy is around the engine: serve policy.Wrap(engine.Handler()), or
// the result of routes.Wrap, which applies a policy to each path. Use either that or this package,
// not both.
package corsgin

import (
	"github.com/concors/concors/cors"
	"github.com/gin-gonic/gin"
)

// Middleware returns m as a Gin middleware. It responds to preflights itself, and to requests that
// a policy with RejectRefused rejects, and aborts the chain. Every other request continues, with m's
// headers on the response, including an OPTIONS request that is not a preflight.
//
// It does what m.Handle does: m's observer receives the decisions, and m may be reconfigured while
// it serves. Concurrent use is safe.
func Middleware(m *cors.Middleware) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !m.Handle(c.Writer, c.Request) {
			// Gin delays the status until something is written. Without this, middleware around
			// this one could change it after Next.
			c.Writer.WriteHeaderNow()
			c.Abort()
		}
	}
}
