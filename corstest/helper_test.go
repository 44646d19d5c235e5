package corstest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
)

// A fakeTB records what a test reports.
type fakeTB struct {
	testing.TB // nil: methods that fakeTB does not have panic
	errors     []string
	fatal      bool
	cleanups   []func()
}

func (f *fakeTB) Helper()                  {}
func (f *fakeTB) Context() context.Context { return context.Background() }
func (f *fakeTB) Cleanup(g func())         { f.cleanups = append(f.cleanups, g) }
func (f *fakeTB) Errorf(format string, args ...any) {
	f.errors = append(f.errors, fmt.Sprintf(format, args...))
}

// stopped is the panic of a fakeTB's Fatalf.
type stopped struct{}

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	f.fatal = true
	panic(stopped{})
}

// run runs a test and returns what it reports.
func run(test func(tb testing.TB)) *fakeTB {
	f := &fakeTB{}
	func() {
		defer func() {
			if v := recover(); v != nil && v != (stopped{}) {
				panic(v)
			}
		}()
		test(f)
	}()
	for _, g := range f.cleanups {
		g()
	}
	return f
}

func (f *fakeTB) text() string { return strings.Join(f.errors, "\n\n") }

// browsers returns all profiles, or one with -short.
func browsers() []fetch.Profile {
	if testing.Short() {
		return fetch.Profiles()[:1]
	}
	return fetch.Profiles()
}

// items is the server of most tests.
func items() http.Handler {
	return middleware(nil)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Total-Count", "3")
		w.Header().Set("X-Internal", "7")
		w.Header().Set("Content-Type", "application/json")
		switch {
		case strings.HasSuffix(r.URL.Path, "/login"):
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "secret", Secure: true, SameSite: http.SameSiteNoneMode})
		case r.URL.Path == "/gone":
			w.WriteHeader(http.StatusGone)
		case r.URL.Path == "/moved":
			http.Redirect(w, r, "/items", http.StatusFound)
			return
		}
		io.WriteString(w, "[]")
	}))
}
