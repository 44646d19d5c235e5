package corstest_test

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/corstest"
)

const app = "https://app.example.com"

// promised is what the middlewares of these tests are to keep.
var promised = corstest.Promise{
	Origins:        []string{app, "http://localhost:3000"},
	Methods:        []string{"PUT", "PATCH"},
	RequestHeaders: []string{"Content-Type", "Authorization", "X-Request-Id"},
	ExposedHeaders: []string{"X-Total-Count"},
	Credentials:    true,
	MaxAge:         10 * time.Minute,
}

// reference is a middleware written by hand that keeps the promise. Its fields
// are the places at which a test puts a mistake.
type reference struct {
	origin       func(r *http.Request) string // the Origin, as far as it counts
	letsIn       func(origin string) bool
	allowMethods func(r *http.Request) string
	allowHeaders func(r *http.Request) string
	expose       string
	credentials  bool
	maxAge       string

	set  func(h http.Header, name, value string)
	vary func(h http.Header, r *http.Request)

	// Each is called first, and true means that it has answered.
	preflight, actual func(w http.ResponseWriter, r *http.Request) bool
	around            func(next http.Handler) http.Handler
}

// middleware is the reference with one thing changed.
func middleware(change func(*reference)) func(http.Handler) http.Handler {
	m := &reference{
		origin: func(r *http.Request) string {
			if lines := r.Header["Origin"]; len(lines) == 1 {
				return lines[0]
			}
			return ""
		},
		letsIn:       func(o string) bool { return slices.Contains(promised.Origins, o) },
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
		around:    func(next http.Handler) http.Handler { return next },
	}
	if change != nil {
		change(m)
	}
	return m.wrap
}

func (m *reference) wrap(next http.Handler) http.Handler {
	next = m.around(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		isPreflight := r.Method == http.MethodOptions && r.Header["Origin"] != nil && r.Header["Access-Control-Request-Method"] != nil
		m.vary(h, r)
		if isPreflight && m.preflight(w, r) || !isPreflight && m.actual(w, r) {
			return
		}
		o := m.origin(r)
		if m.letsIn(o) {
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
