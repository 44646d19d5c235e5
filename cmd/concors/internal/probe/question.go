package probe

import (
	"strings"

	"github.com/concors/concors/fetch"
)

// A Question is one request by a page: may the page send it, and read the response?
// A raw question is a GET that no page can send: without Origin, or with an Origin
// value that no browser sends.
type Question struct {
	URL         string
	Origin      string // of the page; "" for no Origin header, in raw questions only
	Method      string
	Headers     []string // names of request headers
	Credentials bool
	Raw         bool

	// UploadListener sends the request with an event listener on its upload,
	// which requires a preflight.
	UploadListener bool
	// Values are values of Headers, by name in lower case. The other headers have
	// made-up values.
	Values map[string]string
	Body   bool // the request has one

	// GrantCredentials shows the browser responses that allow credentials, to find
	// what else blocks a request that is blocked because of its credentials.
	GrantCredentials bool
}

// CredentialsMode returns the credentials mode of the question's request.
func (q Question) CredentialsMode() fetch.Credentials {
	if q.Credentials {
		return fetch.CredentialsInclude
	}
	return fetch.CredentialsSameOrigin
}

// String names the question in a list.
func (q Question) String() string {
	if q.Raw && q.Origin == "" {
		return "a request without Origin"
	}
	s := q.Method + " from " + q.Origin
	if len(q.Headers) > 0 {
		s += " with " + strings.Join(q.Headers, ", ")
	}
	if q.Credentials {
		s += ", with credentials"
	}
	return s
}
