// Package corsgin applies a policy of package cors in Gin.
//
//	open := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
//	engine := gin.New()
//	engine.Use(corsgin.Middleware(open)) // before the routes
//	engine.PUT("/items/:id", put)
//
// # Where to put it
//
// On the engine, before the routes. A browser asks with OPTIONS before it sends
// a PUT, and hardly anybody registers routes for OPTIONS: Gin has none to run
// then, and answers 404 (or 405, with HandleMethodNotAllowed). What
// [gin.Engine.Use] was given runs even so. Three things remain:
//
//   - Routes that were registered before Use do without it. Preflights would be
//     granted, and the responses after them blocked.
//   - A group or a single route has no part in a request that matches none of
//     its routes. A group with a policy of its own needs routes for OPTIONS, for
//     all that is in it; the example of a group shows them.
//   - The redirects of RedirectTrailingSlash and RedirectFixedPath pass all
//     middleware by. They have no CORS headers, so a browser stops there, and
//     a preflight is redirected too if a route for OPTIONS has the other path.
//
// Around the engine none of that matters. Serve open.Wrap(engine.Handler())
// then, or what routes.Wrap makes of it, which gives each path a policy of
// its own. Do that, or use this package; not both.
package corsgin

import (
	"github.com/concors/concors/cors"
	"github.com/gin-gonic/gin"
)

// Middleware returns Gin's form of m. It answers preflights, and what a policy
// with RejectRefused rejects, and ends the chain there; all else goes on, an
// OPTIONS that is no preflight included, with m's headers on the response.
//
// It does what m.Handle does: m's observer is called, and m may be
// reconfigured while it serves. It is safe for concurrent use.
func Middleware(m *cors.Middleware) gin.HandlerFunc {
	return func(c *gin.Context) {
		if !m.Handle(c.Writer, c.Request) {
			// Gin holds a status back until something is written. What comes
			// after Next in the middleware around is not to change this one.
			c.Writer.WriteHeaderNow()
			c.Abort()
		}
	}
}
