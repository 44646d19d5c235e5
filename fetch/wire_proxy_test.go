package fetch

import (
	"net/http"
	"net/url"
	"testing"
)

type around struct{ http.RoundTripper }

func (a around) Unwrap() http.RoundTripper { return a.RoundTripper }

// The address of a proxy is not the server's, also with a transport around the one that uses it.
func TestAProxyIsSeenInATransportThatIsWrapped(t *testing.T) {
	through := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: "127.0.0.1:3128"})}
	r := &http.Request{URL: &url.URL{Scheme: "http", Host: "api.example"}}
	for _, transport := range []http.RoundTripper{through, around{through}} {
		if !usesProxy(transport, r) {
			t.Errorf("%T: no proxy", transport)
		}
	}
	if usesProxy(around{&http.Transport{}}, r) {
		t.Error("a proxy where there is none")
	}
}
