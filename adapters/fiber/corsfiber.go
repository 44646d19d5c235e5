// Package corsfiber applies a policy of package cors in Fiber, version 3.
//
//	open := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
//	app := fiber.New()
//	app.Use(corsfiber.Middleware(open, nil)) // before the routes
//	app.Put("/items/:id", put)
//
// # Where to put it
//
// In Use, of the app or of a group, before the routes it is for: Fiber tries
// routes in the order of their registration, and one that came first ends the
// request. What is in Use runs for every method and every path below its own,
// whether or not there is a route, so that preflights get there. It has to come
// before whatever asks for authentication: preflights have none.
//
// As a handler of a single route it never sees a preflight, which Fiber answers
// with 405. If the app has a policy and a group another, the app's answers the
// group's preflights: give the app's policy to the other groups instead.
//
// # What differs from net/http
//
// A [cors.Middleware]'s SetObserver, SetShadow and SetDebug have no part in it;
// Middleware takes an observer of Fiber's kind. Policy.Lookup gets the context
// that fiber.Ctx.Context returns, not Locals, which last no longer than the
// request. With DisableHeaderNormalizing in the app's Config, a client that
// writes the field names in another case is not seen to send an Origin, and so
// is not let in.
package corsfiber

import (
	"net/http"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/gofiber/fiber/v3"
)

// Middleware returns Fiber's form of m. It answers preflights, and what a
// policy with RejectRefused rejects, without calling the next handler; all else
// goes on, an OPTIONS that is no preflight included, with m's headers on the
// response, and they stay there if the handler returns an error.
//
// Observe, if not nil, is told of every decision about a request with an
// Origin, before the response is written. The decision may be kept, the
// context may not.
//
// M may be reconfigured while it serves. Middleware is safe for concurrent use
// if observe is.
func Middleware(m *cors.Middleware, observe func(fiber.Ctx, cors.Decision)) fiber.Handler {
	return func(c fiber.Ctx) error {
		// Not c itself, which is another request's when this one is over, while
		// a lookup may go on.
		d, fields, vary, done := m.Fields(c.Context(), request(c))
		h := &c.Response().Header
		if observe != nil && d.Kind != cors.NotCORS {
			d.Stacked = h.Peek(fiber.HeaderAccessControlAllowOrigin) != nil
			observe(c, d)
		}
		for _, f := range fields {
			h.Set(f.Name, f.Value)
		}
		addVary(c, vary)
		switch {
		case done == 0:
			return c.Next()
		case d.Kind == cors.Preflight:
			c.Status(done)
			return nil
		}
		return c.Status(done).SendString("origin not allowed")
	}
}

// request copies what the decision depends on: fasthttp uses its buffers again,
// and a lookup's answer is remembered by the origin.
func request(c fiber.Ctx) cors.Request {
	r := cors.Request{Method: c.Method(), Origin: lines(c, fiber.HeaderOrigin)}
	if r.Origin == nil {
		return r // nothing else is looked at
	}
	if r.Method == http.MethodOptions {
		r.RequestMethod = lines(c, fiber.HeaderAccessControlRequestMethod)
		r.RequestHeaders = lines(c, fiber.HeaderAccessControlRequestHeaders)
	}
	r.Host = string(c.Request().Host())
	r.FetchSite = string(c.Request().Header.Peek("Sec-Fetch-Site"))
	return r
}

// lines returns a copy of a field's lines, nil if there is none.
func lines(c fiber.Ctx, name string) []string {
	var out []string
	for _, line := range c.Request().Header.PeekAll(name) {
		out = append(out, string(line))
	}
	return out
}

// addVary adds to Vary the names in value that are not there yet. Ctx.Vary
// would put the first line in place of all.
func addVary(c fiber.Ctx, value string) {
	if value == "" {
		return
	}
	h := &c.Response().Header
	var present []string
	for _, line := range h.PeekAll(fiber.HeaderVary) {
		for token := range strings.SplitSeq(string(line), ",") {
			present = append(present, strings.Trim(token, " \t"))
		}
	}
	var missing []string
	for name := range strings.SplitSeq(value, ", ") {
		has := false
		for _, token := range present {
			if token == "*" {
				return // it says more
			}
			has = has || strings.EqualFold(token, name)
		}
		if !has {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		h.Add(fiber.HeaderVary, strings.Join(missing, ", "))
	}
}
