package corstest

import (
	"net/http"
	"testing"

	"github.com/concors/concors/fetch"
)

// CheckIn is Check in some browsers, for fast tests.
var CheckIn = checkIn

// CheckQuickly is Check, and with -short CheckWithoutAllocations.
func CheckQuickly(middleware func(http.Handler) http.Handler, promise Promise) ([]Finding, error) {
	if testing.Short() {
		return CheckWithoutAllocations(middleware, promise)
	}
	return Check(middleware, promise)
}

// CheckWithoutAllocations is Check in one browser, without measurements.
func CheckWithoutAllocations(middleware func(http.Handler) http.Handler, promise Promise) ([]Finding, error) {
	c, err := newChecker(fetch.Profiles()[:1], middleware, promise)
	if err != nil {
		return nil, err
	}
	return c.run(func() {}), nil
}
