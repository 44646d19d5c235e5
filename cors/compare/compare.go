// Package compare runs two CORS middlewares side by side: one that serves, and a candidate to replace
// it, which only decides. It reports where the two differ in what browsers do with their responses, not
// in how these are written. Use it while you migrate from another library, and remove it afterwards.
//
// To try another policy of package cors in place of one, [cors.Middleware.SetShadow] is enough.
package compare

import (
	"context"
	"fmt"
	"net/http"
)

// Middlewares returns the middleware current, unchanged in what it does, with a candidate beside it. If
// the two differ for a request, report is called with the request and the difference. The candidate
// gets the same request and a handler that does nothing, and its response is not sent.
//
//	handler := compare.Middlewares(old, policy.Wrap, report)(mux)
//
// current and candidate are functions such as [cors.Middleware.Wrap]. The candidate runs first, with a
// copy of the request that has no body. If it panics, the response is not affected; while it waits, as
// for Policy.Lookup, the response does too. report is called after the response, before the handler
// returns. It may be called concurrently, and must not keep the request.
//
// The CORS headers of the response are those after current has returned, whether it or a handler inside
// of it has set them. A request costs what the candidate costs, and a copy of its headers.
func Middlewares(
	current, candidate func(http.Handler) http.Handler, report func(*http.Request, Difference),
) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		serving, deciding := current(reaching(next)), candidate(reaching(nil))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var d Difference
			d.Preflight = isPreflight(r)
			d.Candidate, d.Panic = decide(deciding, r)
			d.Current = serve(serving, w, r)
			if d.Current != d.Candidate || d.Panic != "" {
				report(r, d)
			}
		})
	}
}

// reachedKey is the key of a *bool in a request's context, which is set if the request reaches the
// handler inside a middleware.
type reachedKey struct{}

// reaching notes that a request reaches next, which may be nil.
func reaching(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reached, ok := r.Context().Value(reachedKey{}).(*bool); ok {
			*reached = true
		}
		if next != nil {
			next.ServeHTTP(w, r)
		}
	})
}

// serve serves a request, and returns the effect of the response.
func serve(h http.Handler, w http.ResponseWriter, r *http.Request) Effect {
	reached := new(bool)
	header, status := w.Header(), http.StatusOK
	if isPreflight(r) {
		// Other responses keep their writer, which may have methods that handlers look for.
		w = &statusWriter{ResponseWriter: w, status: &status}
	}
	inner := r.WithContext(context.WithValue(r.Context(), reachedKey{}, reached))
	defer func() {
		// What handlers around this one, and net/http itself, read in the request afterwards.
		r.Pattern, r.Form, r.PostForm, r.MultipartForm = inner.Pattern, inner.Form, inner.PostForm, inner.MultipartForm
	}()
	h.ServeHTTP(w, inner)
	return effect(r, status, header, *reached)
}

// decide returns the effect of the response that a candidate would send, and what it panicked with.
func decide(h http.Handler, r *http.Request) (e Effect, panicked string) {
	reached := new(bool)
	copied := r.Clone(context.WithValue(r.Context(), reachedKey{}, reached))
	copied.Body, copied.GetBody = http.NoBody, nil
	w := &recorder{header: http.Header{}, status: http.StatusOK}
	defer func() {
		if v := recover(); v != nil {
			e, panicked = Effect{}, fmt.Sprint(v)
		}
	}()
	h.ServeHTTP(w, copied)
	return effect(r, w.status, w.header, *reached), ""
}

// isPreflight reports whether a request is a preflight.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && len(r.Header["Origin"]) > 0 &&
		len(r.Header["Access-Control-Request-Method"]) > 0
}

// A statusWriter notes the status of a response.
type statusWriter struct {
	http.ResponseWriter
	status *int
	wrote  bool
}

// Unwrap lets an [http.ResponseController] find the methods that statusWriter lacks.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *statusWriter) WriteHeader(status int) {
	if !w.wrote && status >= 200 {
		w.wrote, *w.status = true, status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	w.wrote = true
	return w.ResponseWriter.Write(b)
}

// A recorder is a response that is not sent.
type recorder struct {
	header http.Header
	status int
	wrote  bool
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if !w.wrote && status >= 200 {
		w.wrote, w.status = true, status
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.wrote = true
	return len(b), nil
}
