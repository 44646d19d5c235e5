package request_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/fetch/fix"
)

// The cors handler of Express whose origin function calls back an error answers 500.
func TestARefusalInAnErrorPageIsTheServersOwnCheck(t *testing.T) {
	for _, row := range []struct {
		page   string
		status int
		method string
		cause  fix.Cause
	}{
		{"<pre>Error: Not allowed by CORS<br> &nbsp; at origin", 500, "GET", fix.OriginRefused},
		{"<pre>Error: Not allowed by CORS<br> &nbsp; at origin", 500, "PUT", fix.OriginRefused},
		{"<pre>TypeError: x is undefined", 500, "GET", fix.ServerFailed},
		{"<pre>Error: Not allowed by CORS" + strings.Repeat(" ", 1<<20), 500, "GET", fix.ServerFailed},
		{"<pre>Error: Not allowed by CORS", 404, "GET", fix.NotFound},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(row.status)
			io.WriteString(w, row.page)
		}))
		result, err := request.Run(t.Context(), request.Question{URL: server.URL, From: "http://app.localhost", Method: row.method})
		server.Close()
		if err != nil {
			t.Fatal(err)
		}
		if f := result.Results[0].Fix; f == nil || f.Cause != row.cause {
			t.Errorf("%d, %.40s: %+v", row.status, row.page, f)
		}
	}
}
