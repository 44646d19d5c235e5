package fetch

import (
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/mime"
)

// checkResponse is step 20 of main fetch, followed by opaque response blocking. It
// checks the final response before the page or the element gets it.
func (f *fetchParams) checkResponse(resp *response) *NetworkError {
	if resp.opaqueRedirect {
		return nil
	}
	if err := f.blockedByMIMEType(resp); err != nil {
		return err
	}
	if err := f.blockedByNosniff(resp); err != nil {
		return err
	}
	if err := f.blockedAsModule(resp); err != nil {
		return err
	}
	return f.opaqueResponseBlocking(resp)
}

// blockedByMIMEType: https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-mime-type?
func (f *fetchParams) blockedByMIMEType(resp *response) *NetworkError {
	// 3–4. Only scripts are blocked.
	if !f.request.destination.isScriptLike() {
		return nil
	}
	// 1–2. Types that are never scripts.
	t, ok := mime.Extract(resp.header.lines("Content-Type"))
	if !ok || t.Type != "audio" && t.Type != "image" && t.Type != "video" && t.Essence() != "text/csv" {
		return nil
	}
	value, _ := resp.header.Get("Content-Type")
	return f.fail(reason.MIMETypeNotAllowed, resp.exchange,
		NetworkError{Header: "Content-Type", Value: value, Present: true},
		Input{"destination", string(f.request.destination)}, Input{"Content-Type", value})
}

// blockedByNosniff: https://fetch.spec.whatwg.org/#should-response-to-request-be-blocked-due-to-nosniff?
func (f *fetchParams) blockedByNosniff(resp *response) *NetworkError {
	// 1. Without nosniff nothing is blocked.
	if !mime.Nosniff(resp.header.lines("X-Content-Type-Options")) {
		return nil
	}
	// 2–5. Scripts and style sheets need their type.
	t, ok := mime.Extract(resp.header.lines("Content-Type"))
	switch destination := f.request.destination; {
	case destination.isScriptLike() && !(ok && t.IsJavaScript()):
	case destination == DestinationStyle && !(ok && t.Essence() == "text/css"):
	default:
		return nil
	}
	value, present := resp.header.Get("Content-Type")
	return f.fail(reason.NosniffMIMETypeMismatch, resp.exchange,
		NetworkError{Header: "Content-Type", Value: value, Present: present},
		Input{"destination", string(f.request.destination)}, presentOrNot("Content-Type", value, present),
		Input{"X-Content-Type-Options", "nosniff"})
}

// blockedAsModule is the check of a module's type, which HTML makes and not Fetch. A
// response with an error status is not looked at.
// https://html.spec.whatwg.org/#fetch-a-single-module-script
func (f *fetchParams) blockedAsModule(resp *response) *NetworkError {
	if f.request.kind != "module" || resp.status < 200 || resp.status > 299 {
		return nil
	}
	if t, ok := mime.Extract(resp.header.lines("Content-Type")); ok && t.IsJavaScript() {
		return nil
	}
	value, present := resp.header.Get("Content-Type")
	return f.fail(reason.MIMETypeNotAllowed, resp.exchange,
		NetworkError{Header: "Content-Type", Value: value, Present: present},
		Input{"destination", string(f.request.destination)}, presentOrNot("Content-Type", value, present))
}
