package fetch_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/concors/concors/fetch"
)

// BenchmarkFetch measures one fetch without a network: the handler is in this process.
func BenchmarkFetch(b *testing.B) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "https://a.test")
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
		w.Header().Set("Access-Control-Allow-Headers", "content-type")
		w.Header().Set("Access-Control-Max-Age", "600")
		io.WriteString(w, "hello")
	})
	json := &fetch.Body{Bytes: []byte(`{"n":1}`), ContentType: "application/json"}
	for _, row := range []struct {
		name  string
		req   fetch.Request
		clear bool // clear the preflight cache before each fetch
	}{
		{"same-origin GET", fetch.Request{URL: "https://a.test/"}, false},
		{"cross-origin GET", fetch.Request{URL: "https://b.test/"}, false},
		{"preflighted PUT", fetch.Request{URL: "https://b.test/", Method: "PUT", Body: json}, true},
		{"PUT with a cached preflight", fetch.Request{URL: "https://b.test/", Method: "PUT", Body: json}, false},
	} {
		b.Run(row.name, func(b *testing.B) {
			agent := agentOn(fetch.HandlerTransport(handler), fetch.Standard)
			row.req.Page = pageA
			b.ReportAllocs()
			for b.Loop() {
				if row.clear {
					agent.ClearPreflightCache()
				}
				resp, err := agent.Fetch(b.Context(), &row.req)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil {
					b.Fatal(err)
				}
				resp.Body.Close()
			}
		})
	}
}
