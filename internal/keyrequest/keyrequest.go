// Package keyrequest makes the requests that the LookupKey function of a cors.Policy sees.
package keyrequest

import "net/http"

// New returns a copy of a request with no other headers than those with the given names, which the Vary
// of the responses has, and without a body.
func New(r *http.Request, names []string) *http.Request {
	r = r.WithContext(r.Context()) // a shallow copy
	header := make(http.Header, len(names))
	for _, name := range names {
		name = http.CanonicalHeaderKey(name)
		if lines, ok := r.Header[name]; ok {
			header[name] = lines
		}
	}
	r.Header, r.Trailer = header, nil
	r.Form, r.PostForm, r.MultipartForm = nil, nil, nil // a middleware may have parsed the body
	r.Body, r.GetBody, r.ContentLength = http.NoBody, nil, 0
	return r
}
