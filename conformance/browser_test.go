package conformance

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"
)

// installed finds each browser once: starting one only to print its version takes a second or more.
var installed = func() map[string]func() (*Browser, error) {
	finders := map[string]func() (*Browser, error){}
	for _, name := range BrowserNames {
		finders[name] = sync.OnceValues(func() (*Browser, error) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			return FindBrowser(ctx, name)
		})
	}
	return finders
}()

// findBrowser returns an installed browser. If it is not installed, the test is skipped, except in
// continuous integration, where it fails.
func findBrowser(t *testing.T, name string) *Browser {
	t.Helper()
	b, err := installed[name]()
	if errors.Is(err, ErrNoBrowser) && os.Getenv("CI") != "true" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}
