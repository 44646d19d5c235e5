package corsfiber_test

import (
	"fmt"
	"net/http/httptest"

	corsfiber "github.com/concors/concors/adapters/fiber"
	"github.com/concors/concors/cors"
	"github.com/gofiber/fiber/v3"
)

func Example() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	app := fiber.New()
	app.Use(corsfiber.Middleware(policy, nil)) // before the routes
	app.Put("/items/:id", func(c fiber.Ctx) error { return c.SendStatus(fiber.StatusNoContent) })

	r := httptest.NewRequest("OPTIONS", "/items/1", nil)
	r.Header.Set("Origin", "https://app.example.com")
	r.Header.Set("Access-Control-Request-Method", "PUT")
	resp, err := app.Test(r)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(resp.StatusCode, resp.Header.Get("Access-Control-Allow-Methods"))
	// Output: 204 PUT
}

// An observer receives the reason why a request was refused.
func ExampleMiddleware_observe() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}})
	app := fiber.New()
	app.Use(corsfiber.Middleware(policy, func(c fiber.Ctx, d cors.Decision) {
		fmt.Println(c.Path(), d.Kind, d.Origin, d.Reason)
	}))
	app.Get("/items", func(c fiber.Ctx) error { return nil })

	r := httptest.NewRequest("GET", "/items", nil)
	r.Header.Set("Origin", "https://other.example")
	if _, err := app.Test(r); err != nil {
		fmt.Println(err)
	}
	// Output: /items actual https://other.example origin refused
}

// Incorrect: Fiber tries routes in the order of their registration, and the earlier route ends the
// request. The preflight is granted, but the browser blocks the response to the PUT.
func ExampleMiddleware_incorrect() {
	policy := cors.MustNew(cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}})
	app := fiber.New()
	app.Put("/items/:id", func(c fiber.Ctx) error { return c.SendStatus(fiber.StatusNoContent) })
	app.Use(corsfiber.Middleware(policy, nil)) // wrong: put it before the routes

	for _, method := range []string{"OPTIONS", "PUT"} {
		r := httptest.NewRequest(method, "/items/1", nil)
		r.Header.Set("Origin", "https://app.example.com")
		if method == "OPTIONS" {
			r.Header.Set("Access-Control-Request-Method", "PUT")
		}
		resp, err := app.Test(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %d %q\n", method, resp.StatusCode, resp.Header.Get("Access-Control-Allow-Origin"))
	}
	// Output:
	// OPTIONS: 204 "https://app.example.com"
	// PUT: 204 ""
}
