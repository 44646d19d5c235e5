package corstest

import (
	"math"
	"net/http"
	"runtime"
	"strings"

	"github.com/concors/concors/internal/field"
)

// How much memory a middleware allocates for huge requests. A request of 1 MiB is
// as much as net/http accepts by default. It may not cost more than a sixteenth of
// that.
const (
	hugeSize       = 1 << 20
	maxAllocations = hugeSize / 16
)

func (c *checker) checkAllocations() {
	for _, o := range hugeOrigins(c.page) {
		c.findIfAllocates(hugeOriginAllocates, c.base.method, http.Header{"Origin": {o}}, "an Origin of 1 MiB")
	}
	method, name := c.unsafeMethod(), "x-corstest"
	if len(c.headers) > 0 {
		name = field.Lower(c.headers[0])
	}
	if c.preflight != nil {
		method = c.preflight.method
	}
	for _, lines := range hugeRequestHeaders(name) {
		c.findIfAllocates(hugeHeadersAllocate, http.MethodOptions, http.Header{
			"Origin": {c.page}, "Access-Control-Request-Method": {method}, requestHeadersName: lines,
		}, "a preflight with 1 MiB of "+requestHeadersName)
	}
}

// findIfAllocates adds a finding if the request makes the middleware allocate too
// much.
func (c *checker) findIfAllocates(kind, method string, header http.Header, what string) {
	measurements := 12
	if _, found := c.found[kind]; found {
		measurements = 1 // which still finds a panic
	}
	if c.allocates(method, header, measurements) {
		c.find(kind, "%s makes the middleware allocate more than %d KiB", what, maxAllocations>>10)
	}
}

func hugeOrigins(allowed string) []string {
	return []string{
		"https://" + strings.Repeat("a", hugeSize),
		"https://" + strings.Repeat("a.", hugeSize/2) + "example.com",
		"https://" + strings.Repeat("A", hugeSize),
		allowed + strings.Repeat(".evil.example", hugeSize/13),
		strings.Replace(allowed, "://", "://"+strings.Repeat("a.", hugeSize/2), 1),
		strings.Repeat(allowed, hugeSize/len(allowed)),
	}
}

// hugeRequestHeaders returns lines of Access-Control-Request-Headers. name is a
// promised header that works, if there is one.
func hugeRequestHeaders(name string) [][]string {
	const n = 1 << 12
	shortLines, emptyLines := make([]string, n), make([]string, n)
	for i := range n {
		shortLines[i] = strings.Repeat(name+",", hugeSize/n/(len(name)+1))
		emptyLines[i] = strings.Repeat(",", hugeSize/n)
	}
	return [][]string{
		{strings.Repeat("a", hugeSize)},
		{strings.Repeat("A", hugeSize)},
		{strings.Repeat(",", hugeSize)},
		{strings.Repeat(" ", hugeSize)},
		{strings.Repeat("a,", hugeSize/2)},
		{strings.Repeat("A, ", hugeSize/3)},
		{strings.Repeat(name+",", hugeSize/(len(name)+1))},
		shortLines,
		emptyLines,
	}
}

// allocates reports whether a request makes the middleware allocate more than
// maxAllocations. The least of several measurements counts: other goroutines
// allocate too, and refilling a sync.Pool that the garbage collector or the race
// detector emptied is not a cost of the request.
func (c *checker) allocates(method string, header http.Header, measurements int) bool {
	r := c.directRequest(method, nil)
	c.inner = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }
	defer func() { c.inner = nil }()
	least := uint64(math.MaxUint64)
	for range measurements {
		r.Header = header.Clone()
		w := &discardingWriter{header: make(http.Header, 16)}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		func() {
			defer func() { recover() }()
			panicFinder{c, c.handler}.ServeHTTP(w, r)
		}()
		runtime.ReadMemStats(&after)
		if least = min(least, after.TotalAlloc-before.TotalAlloc); least <= maxAllocations {
			return false
		}
	}
	c.last = requestExchange(r)
	c.last.note = "(the finding is what the response costs)"
	return true
}

// A discardingWriter is an http.ResponseWriter that allocates nothing.
type discardingWriter struct{ header http.Header }

func (w *discardingWriter) Header() http.Header         { return w.header }
func (w *discardingWriter) WriteHeader(int)             {}
func (w *discardingWriter) Write(b []byte) (int, error) { return len(b), nil }
