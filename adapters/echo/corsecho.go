// Package corsecho applies a policy of package cors in Echo, version 5.
//
//	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
//	e := echo.New()
//	e.Pre(corsecho.Middleware(policy)) // first in Pre
//	e.PUT("/items/:id", put)
//
// # Where to put it
//
// Put it first in [echo.Echo.Pre], which runs before routing. The policy then responds to
// preflights whatever routes there are. Later middleware in Pre that redirects (a trailing slash,
// HTTPS) then never sees a preflight, and its redirects have CORS headers, without which browsers
// would block them.
//
// [echo.Echo.Use] works too if nothing in Pre responds to requests. It runs after routing, but for
// every request, even for a 404 or 405. Put the policy before authentication there, because
// preflights have no credentials.
//
// A group can have its own policy if nothing in Pre or Use responds to the preflight first. Echo
// runs the group's middleware for requests that match no route of the group, preflights included,
// unless NoGroupAutoRegister404Routes is set. In that case register OPTIONS routes in the group.
//
// As middleware of a single route it never sees a preflight. Echo responds to OPTIONS itself, with
// 204 and no CORS headers. That looks like success, but every browser rejects it.
package corsecho

import (
	"github.com/concors/concors/cors"
	"github.com/labstack/echo/v5"
)

// Middleware returns m as an Echo middleware. It responds to preflights itself, and to requests
// that a policy with RejectRefused rejects, without calling the next handler. Every other request
// continues, with m's headers on the response, including an OPTIONS request that is not a preflight.
// The headers stay if the handler returns an error.
//
// It does what m.Handle does: m's observer receives the decisions, and m may be reconfigured while
// it serves. Concurrent use is safe.
func Middleware(m *cors.Middleware) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c *echo.Context) error {
			if m.Handle(c.Response(), c.Request()) {
				return next(c)
			}
			return nil
		}
	}
}
