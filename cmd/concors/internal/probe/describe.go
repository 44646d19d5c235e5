package probe

import (
	"fmt"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// PageOn names a page on an origin.
func PageOn(origin string) string {
	if origin == "null" {
		return "a sandboxed page"
	}
	return "a page on " + origin
}

// HeaderText returns a header of a response, or "no" and its name.
func HeaderText(h fetch.HeaderList, name string) string {
	value, ok := h.Get(name)
	if !ok {
		return "no " + name
	}
	return name + ": " + term.Bounded(value)
}

// Responds is a sentence about the server: it responds with a header, or without.
func Responds(h fetch.HeaderList, name string) string { return "responds with " + HeaderText(h, name) }

// RespondsToPreflight is Responds about the response to a preflight.
func RespondsToPreflight(h fetch.HeaderList, name string) string {
	return "responds to the preflight with " + HeaderText(h, name)
}

// Refusal is a sentence about the server: what in its response made the browser
// block the page.
func (o *Outcome) Refusal() string {
	responds := "responds"
	if o.Reason.Preflight() {
		responds = "responds to the preflight"
	}
	switch e := o.Err; {
	case e == nil:
		return fmt.Sprintf("%s with %d", responds, o.Status)
	case o.Reason == reason.MethodDisallowedByPreflightResponse:
		return RespondsToPreflight(o.PreflightHeader, "Access-Control-Allow-Methods")
	case o.Reason == reason.HeaderDisallowedByPreflightResponse:
		return RespondsToPreflight(o.PreflightHeader, "Access-Control-Allow-Headers")
	case e.Header == "" || o.Status < 200 || o.Status > 299 && o.Reason.Preflight():
		return fmt.Sprintf("%s with status %d", responds, o.Status)
	case e.Present:
		return fmt.Sprintf("%s with %s: %s", responds, e.Header, term.Bounded(e.Value))
	default:
		return fmt.Sprintf("%s with %d and without %s", responds, o.Status, e.Header)
	}
}

// BlocksIt is a sentence about the browser: it blocks a request, and why.
func BlocksIt(r reason.Reason) string { return fmt.Sprintf("blocks it (%v): %s", r, r.Explanation()) }
