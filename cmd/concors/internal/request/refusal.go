package request

import (
	"bytes"
	"io"
	"net/http"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
)

// maxErrorPage is how long an error page may be that is read, in bytes. That of Express
// with a stack is shorter.
const maxErrorPage = 16 << 10

// A refusals is a transport that notices the error page of Express whose cors handler
// refused the origin: its origin function called back an error, as in its documentation.
type refusals struct {
	http.RoundTripper
	last bool // the last response is one
}

// Unwrap returns the transport that makes the request, so that package fetch sees its proxy.
func (t *refusals) Unwrap() http.RoundTripper { return t.RoundTripper }

func (t *refusals) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(r)
	t.last = false
	if err != nil || resp.StatusCode != http.StatusInternalServerError || resp.ContentLength <= 0 || resp.ContentLength > maxErrorPage {
		return resp, err
	}
	page, readErr := io.ReadAll(resp.Body)
	rest := resp.Body
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(page), &failing{readErr}), rest}
	t.last = bytes.Contains(page, []byte("Not allowed by CORS"))
	return resp, nil
}

// failing ends a body that was read, with the error that reading it had.
type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// explain names the refusal as the cause of a request that the last response blocked.
func (t *refusals) explain(e *fetch.NetworkError, f *Fix) {
	if t.last && e.Status == http.StatusInternalServerError && f != nil && len(f.Set) > 0 {
		f.Cause = fix.OriginRefused
		f.Why = "The status is 500, and the error page says \"Not allowed by CORS\": " +
			"the server's own CORS handler refuses this origin with an error. Correct its list of origins; a second handler does not help."
	}
}
