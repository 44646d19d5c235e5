package corstest

import (
	"net/http"

	"github.com/concors/concors/fetch"
)

// CheckIn is Check in some browsers, for fast tests.
var CheckIn = checkIn

// CheckWithoutAllocations is Check in one browser, without measurements.
func CheckWithoutAllocations(middleware func(http.Handler) http.Handler, promise Promise) ([]Finding, error) {
	c, err := newChecker(fetch.Profiles()[:1], middleware, promise)
	if err != nil {
		return nil, err
	}
	return c.run(func() {}), nil
}
