package corstest_test

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/corstest"
)

const app = "https://app.example.com"

// promised is what the middlewares of these tests promise.
var promised = corstest.Promise{
	Origins:        []string{app, "http://localhost:3000"},
	Methods:        []string{"PUT", "PATCH"},
	RequestHeaders: []string{"Content-Type", "Authorization", "X-Request-Id"},
	ExposedHeaders: []string{"X-Total-Count"},
	Credentials:    true,
	MaxAge:         10 * time.Minute,
}

// A reference is a middleware that keeps the promise. Tests replace its fields to
// introduce mistakes.
type reference struct {
	origin       func(r *http.Request) string // the request's origin, "" if it has none or several
	allows       func(origin string) bool
	allowMethods func(r *http.Request) string
	allowHeaders func(r *http.Request) string
	expose       string
	credentials  bool
	maxAge       string

	set  func(h http.Header, name, value string)
	vary func(h http.Header, r *http.Request)

	// These are called first. They return true if they have responded.
	preflight, actual func(w http.ResponseWriter, r *http.Request) bool
	wrapNext          func(next http.Handler) http.Handler
}

// middleware is the reference with a change, which may be nil.
func middleware(change func(*reference)) func(http.Handler) http.Handler {
	m := &reference{
		origin: func(r *http.Request) string {
			if lines := r.Header["Origin"]; len(lines) == 1 {
				return lines[0]
			}
			return ""
		},
		allows:       func(o string) bool { return slices.Contains(promised.Origins, o) },
		allowMethods: func(*http.Request) string { return "PUT, PATCH" },
		allowHeaders: func(*http.Request) string { return "content-type, authorization, x-request-id" },
		expose:       "X-Total-Count",
		credentials:  true,
		maxAge:       "600",
		set:          http.Header.Set,
		vary: func(h http.Header, _ *http.Request) {
			if !slices.ContainsFunc(h["Vary"], func(v string) bool { return strings.Contains(v, "Origin") }) {
				h.Add("Vary", "Origin")
			}
		},
		preflight: func(http.ResponseWriter, *http.Request) bool { return false },
		actual:    func(http.ResponseWriter, *http.Request) bool { return false },
		wrapNext:  func(next http.Handler) http.Handler { return next },
	}
	if change != nil {
		change(m)
	}
	return m.wrap
}

func (m *reference) wrap(next http.Handler) http.Handler {
	next = m.wrapNext(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		isPreflight := r.Method == http.MethodOptions && r.Header["Origin"] != nil && r.Header["Access-Control-Request-Method"] != nil
		m.vary(h, r)
		if isPreflight && m.preflight(w, r) || !isPreflight && m.actual(w, r) {
			return
		}
		o := m.origin(r)
		if m.allows(o) {
			m.set(h, "Access-Control-Allow-Origin", o)
			if m.credentials {
				h.Set("Access-Control-Allow-Credentials", "true")
			}
			if isPreflight {
				h.Set("Access-Control-Allow-Methods", m.allowMethods(r))
				h.Set("Access-Control-Allow-Headers", m.allowHeaders(r))
				h.Set("Access-Control-Max-Age", m.maxAge)
			} else {
				h.Set("Access-Control-Expose-Headers", m.expose)
			}
		}
		if isPreflight {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
