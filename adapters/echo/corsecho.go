// Package corsecho applies a policy of package cors in Echo, version 5.
//
//	open := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
//	e := echo.New()
//	e.Pre(corsecho.Middleware(open)) // before whatever else is in Pre
//	e.PUT("/items/:id", put)
//
// # Where to put it
//
// In [echo.Echo.Pre], as the first: it runs before routing, so that a preflight
// is answered whatever is registered, and what redirects in Pre (a trailing
// slash, HTTPS) neither redirects a preflight nor sends a redirect without CORS
// headers, at which a browser stops.
//
// [echo.Echo.Use] will do where nothing in Pre answers requests: what it is
// given runs after routing, but it runs for every request, for 404 and 405 too.
// It has to come before whatever asks for authentication: preflights have none.
//
// A group has a policy of its own if nothing in Pre or Use has answered the
// preflight before. Echo sends what no route of the group takes, preflights
// too, through the group's middleware, unless NoGroupAutoRegister404Routes is
// set: then register OPTIONS routes in the group.
//
// As middleware of a single route it never sees a preflight: Echo answers
// OPTIONS itself, with 204 and no CORS headers, which looks like success and
// is refused by every browser.
package corsecho

import (
	"github.com/concors/concors/cors"
	"github.com/labstack/echo/v5"
)

// Middleware returns Echo's form of m. It answers preflights, and what a policy
// with RejectRefused rejects, without calling the next handler; all else goes
// on, an OPTIONS that is no preflight included, with m's headers on the
// response, and they stay there if the handler returns an error.
//
// It does what m.Handle does: m's observer is called, and m may be
// reconfigured while it serves. It is safe for concurrent use.
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
