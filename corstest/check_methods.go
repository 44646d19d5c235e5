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
	p := c.base
	p.credentials = true
	switch {
	case len(c.promise.OriginsWithCredentials) > 0:
		c.checkSomeCredentials()
		return
	case !c.promise.Credentials:
		c.findIfAllowed(credentialsUnpromised, 0, p,
			"a page on "+c.page+" may read the response to a request with credentials")
		if c.preflight != nil {
			p = *c.preflight
			p.credentials = true
			c.findIfAllowed(credentialsUnpromised, 1, p, "a page on "+c.page+" may send a preflighted request with credentials")
		}
		if !c.works {
			c.skip(noRequestWorks, credentialsUnpromised)
		}
		return
	case !c.works:
		c.skip(noRequestWorks, credentialsUnusable)
		return
	}
	c.credentials = true
	for _, o := range c.allowed {
		if p.origin = o; !c.isReadable(simpleRequest(o, p.method)) {
			continue // checkOrigins reports it
		}
		blocked := c.findIfBlocked(credentialsUnusable, 0, p, "a "+p.method+" with credentials from "+o+" is blocked")
		if blocked && o == c.page {
			c.credentials = false
		}
	}
	// A preflighted request that works without credentials must work with them.
	if c.preflight == nil {
		c.skip(noPreflightWorks, credentialsUnusable)
		return
	}
	p = *c.preflight
	p.credentials = true
	if c.findIfBlocked(credentialsUnusable, 0, p, "a "+p.method+" with credentials from "+p.origin+" is blocked") {
		c.credentials = false
	}
}

// noPreflightWorks is why checks of preflights are skipped.
const noPreflightWorks = "no promised request that is preflighted works"

func (c *checker) checkMethods() {
	for _, m := range c.promisedMethods() {
		c.checkLowerCaseMethod(m)
		if c.works {
			c.findIfBlocked(methodBlocked, 0, c.withCredentials(c.request(m)), "a "+m+" is blocked")
		}
	}
	if !c.works {
		c.skip(noRequestWorks, methodBlocked, methodUnpromised, methodCaseIgnored)
	}
	if slices.Contains(c.promise.Methods, "*") {
		return
	}
	for _, m := range []string{"DELETE", "PUT", "PATCH", "PURGE"} {
		if !slices.Contains(c.promise.Methods, m) {
			c.findIfAllowed(methodUnpromised, 0, c.withCredentials(c.request(m)), "a page may use the method "+m)
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
	c.findIfAllowed(methodCaseIgnored, 0, c.withCredentials(c.request(lower)),
		"a page may use the method "+lower+", but "+method+" is promised")
}
