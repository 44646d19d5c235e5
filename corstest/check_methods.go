package corstest

import (
	"slices"
	"strings"

	"github.com/concors/concors/internal/field"
)

// Which methods a middleware allows, and whether with credentials.

// unsafeMethod is a promised method that needs a preflight, or else PUT.
func (c *checker) unsafeMethod() string {
	for _, m := range c.promisedMethods() {
		if !field.IsCORSSafelistedMethod(m) {
			return m
		}
	}
	return "PUT"
}

// promisedMethods returns the promised methods that browsers send. A few examples
// stand for "*".
func (c *checker) promisedMethods() (methods []string) {
	for _, m := range c.promise.Methods {
		switch {
		case m == "*":
			methods = append(methods, "PUT", "DELETE", "CORSTEST")
		case !field.IsForbiddenMethod(m):
			methods = append(methods, m)
		}
	}
	return methods
}

func (c *checker) checkCredentials() {
	if !c.promise.Credentials {
		c.findIfAllowed(credentialsUnpromised, pageRequest{origin: c.page, method: "GET", credentials: true},
			"a page on "+c.page+" may read the response to a request with credentials")
		return
	}
	c.credentials = true
	for _, o := range c.allowed {
		if c.findIfBlocked(credentialsUnusable, pageRequest{origin: o, method: "GET", credentials: true},
			"a GET with credentials from "+o+" is blocked") {
			c.credentials = false
		}
	}
	if len(c.promise.Methods) == 0 {
		return
	}
	// A method that works without credentials must work with them.
	p := pageRequest{origin: c.page, method: c.unsafeMethod()}
	if !c.works(p) {
		return // checkMethods reports it
	}
	p.credentials = true
	if c.findIfBlocked(credentialsUnusable, p, "a "+p.method+" with credentials from "+p.origin+" is blocked") {
		c.credentials = false
	}
}

func (c *checker) checkMethods() {
	for _, m := range c.promisedMethods() {
		blocked := c.findIfBlocked(methodBlocked, pageRequest{origin: c.page, method: m, credentials: c.credentials},
			"a "+m+" is blocked")
		if !blocked {
			c.checkLowerCaseMethod(m)
		}
	}
	if slices.Contains(c.promise.Methods, "*") {
		return
	}
	for _, m := range []string{"PUT", "PATCH", "DELETE", "PURGE"} {
		if !slices.Contains(c.promise.Methods, m) {
			c.findIfAllowed(methodUnpromised, pageRequest{origin: c.page, method: m, credentials: c.credentials},
				"a page may use the method "+m)
		}
	}
}

// checkLowerCaseMethod checks that allowing a method does not allow it in lower
// case, unless browsers normalize it to upper case.
func (c *checker) checkLowerCaseMethod(method string) {
	lower := strings.ToLower(method)
	if lower == method || field.NormalizeMethod(lower) != lower ||
		slices.Contains(c.promise.Methods, lower) || slices.Contains(c.promise.Methods, "*") {
		return
	}
	c.findIfAllowed(methodCaseIgnored, pageRequest{origin: c.page, method: lower, credentials: c.credentials},
		"a page may use the method "+lower+", but "+method+" is promised")
}
