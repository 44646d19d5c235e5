package upstream_test

import (
	"fmt"
	"net/http/httptest"
	"net/netip"
	"net/url"

	"github.com/concors/concors/cmd/concors/internal/upstream"
)

// A request that cannot be forwarded is an error with a kind, and nothing is written.
func ExampleForwarder_Forward() {
	target, _ := url.Parse("http://169.254.169.254/latest/meta-data")
	f := upstream.New(upstream.Config{Targets: []*url.URL{target}, AllowPrivate: true})
	w := httptest.NewRecorder()
	err := f.Forward(w, httptest.NewRequest("GET", "/", nil), upstream.Exchange{URL: target})
	fmt.Println(err.Kind, w.Body.Len())
	// Output: not-allowed-address 0
}

func ExampleClassify() {
	for _, a := range []string{"93.184.216.34", "10.0.0.1", "::ffff:127.0.0.1"} {
		class, what := upstream.Classify(netip.MustParseAddr(a))
		fmt.Printf("%d %q\n", class, what)
	}
	// Output:
	// 0 ""
	// 2 "a private address"
	// 1 "a loopback address"
}
