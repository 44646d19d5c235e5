// Package corsfiber applies a policy of package cors in Fiber, version 3.
//
//	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
//	app := fiber.New()
//	app.Use(corsfiber.Middleware(policy, nil)) // before the routes
//	app.Put("/items/:id", put)
//
// # Where to put it
//
// Put it in Use, of the app or of a group, before the routes that it is meant for: Fiber tries routes in
// the order of their registration, and an earlier route ends the request. Middleware in Use runs
// for every method and for every path below its prefix, with or without a route, so it sees
// preflights. Put it before authentication, because preflights have no credentials.
//
// As a handler of a single route it never sees a preflight: Fiber responds with 405. If the app and
// a group both have a policy, the app's responds to the group's preflights. Give each group its own
// policy instead.
//
// # Differences from net/http
//
// SetObserver, SetShadow and SetDebug of a [cors.Middleware] have no effect here. [Middleware] takes
// an observer as a parameter instead. The LookupKey of a policy takes a net/http request, so it is not
// called: use [WithLookupKey]. If the app's Config has DisableHeaderNormalizing, a request with a
// header name such as "origin", not "Origin", is treated as one without Origin.
package corsfiber

import (
	"net/http"
	"strings"

	"github.com/concors/concors/cors"
	"github.com/gofiber/fiber/v3"
)

// Middleware returns m as a Fiber middleware. It responds to preflights itself, and to requests
// that a policy with RejectRefused rejects, without calling the next handler. Every other request
// continues, with m's headers on the response, including an OPTIONS request that is not a preflight.
// The headers stay if the handler returns an error.
//
// observe, if not nil, receives every decision about a request with an Origin, before the response
// is written. It may keep the decision but not the context.
//
// m may be reconfigured while it serves. Concurrent use is safe if observe may be called
// concurrently. A request with an Origin costs a few more allocations than with net/http, because
// fasthttp reuses its buffers and the values must be copied.
func Middleware(m *cors.Middleware, observe func(fiber.Ctx, cors.Decision)) fiber.Handler {
	return WithLookupKey(m, nil, observe)
}

// WithLookupKey is [Middleware] for a policy whose Lookup depends on more than the origin. key derives
// the tenant, the host or the client from a request with an Origin, in place of the policy's LookupKey.
// List the request headers that it reads in the policy's LookupKeyHeaders, so that Vary names them.
func WithLookupKey(
	m *cors.Middleware, key func(fiber.Ctx) string, observe func(fiber.Ctx, cors.Decision),
) fiber.Handler {
	return func(c fiber.Ctx) error {
		r := request(c)
		if key != nil && r.Origin != nil {
			r.LookupKey = strings.Clone(key(c)) // may be a part of fasthttp's buffers
		}
		d, fields, vary, status := m.Fields(c.Context(), r)
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
		case status == 0:
			return c.Next()
		case d.Kind == cors.Preflight:
			c.Status(status)
			return nil
		}
		return c.Status(status).SendString("origin not allowed")
	}
}

// request copies what the decision depends on, because fasthttp reuses its buffers and a lookup's
// result is cached by the origin.
func request(c fiber.Ctx) cors.Request {
	r := cors.Request{Method: c.Method(), Origin: lines(c, fiber.HeaderOrigin)}
	if r.Origin == nil {
		return r // not a CORS request: the decision depends on nothing else
	}
	if r.Method == http.MethodOptions {
		r.RequestMethod = lines(c, fiber.HeaderAccessControlRequestMethod)
		r.RequestHeaders = lines(c, fiber.HeaderAccessControlRequestHeaders)
	}
	r.Host, r.TLS = string(c.Request().Host()), c.RequestCtx().IsTLS()
	r.FetchSite = string(c.Request().Header.Peek("Sec-Fetch-Site"))
	return r
}

// lines returns a copy of a header field's lines, or nil.
func lines(c fiber.Ctx, name string) []string {
	var out []string
	for _, line := range c.Request().Header.PeekAll(name) {
		out = append(out, string(line))
	}
	return out
}

// addVary adds to Vary the names in value that are missing there. fiber.Ctx.Vary is not used
// because it drops all lines of Vary but the first.
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
		listed := false
		for _, token := range present {
			if token == "*" {
				return // it covers every name
			}
			listed = listed || strings.EqualFold(token, name)
		}
		if !listed {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		h.Add(fiber.HeaderVary, strings.Join(missing, ", "))
	}
}
