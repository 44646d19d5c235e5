package serverfix

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cors"
)

func TestPolicyListsWhatTheProductAlwaysAllows(t *testing.T) {
	for _, test := range []struct {
		name, stack   string
		headers, want []string
		noted         bool
	}{
		{"FastAPI without a header", "fastapi", nil, []string{"content-type"}, true},
		{"FastAPI, by the name of Starlette", "starlette", []string{"X-Key"}, []string{"X-Key", "content-type"}, true},
		{"FastAPI with the header", "fastapi", []string{"Content-Type"}, []string{"Content-Type"}, false},
		{"Express without a header", "express", nil, nil, false},
		{"a wildcard, which covers Authorization in browsers", "express", []string{"*"}, []string{"*", "Authorization"}, false},
		{"a wildcard with Authorization", "fastapi", []string{"*", "authorization"}, []string{"*", "authorization"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &Fix{}
			p := cors.Policy{Origins: []string{"https://app.example"}, RequestHeaders: test.headers}
			notes := allowAlways(&p, test.stack)
			if !slices.Equal(p.RequestHeaders, test.want) || (len(notes) > 0) != test.noted {
				t.Errorf("headers %q, notes %q; want %q", p.RequestHeaders, notes, test.want)
			}
			f.Stack = test.stack
			if err := f.write(p); err != nil || f.Short == nil || !strings.Contains(f.Short.Text, "https://app.example") {
				t.Errorf("%v, %+v, %q", err, f.Short, f.Refused)
			}
		})
	}
}

// TestDetectLooksBehindTheEdge checks which of several layers gets the fix: the innermost, and
// not the content delivery network in front of the others, whatever the order of the headers.
func TestDetectLooksBehindTheEdge(t *testing.T) {
	for _, row := range []struct {
		name    string
		headers []string
		stack   string
	}{
		{"a CDN alone", []string{"Via", "1.1 x.cloudfront.net (CloudFront)"}, "aws-cloudfront"},
		{"a CDN before a gateway", []string{"Via", "1.1 x.cloudfront.net (CloudFront)", "X-Amz-Apigw-Id", "a="}, "aws-api-gateway-rest"},
		{"a CDN before a bucket", []string{"Via", "1.1 x.cloudfront.net (CloudFront)", "Server", "AmazonS3"}, "aws-s3"},
		{"a platform before an application", []string{"Server", "Vercel", "X-Powered-By", "Express"}, "express"},
		{"a proxy before an application", []string{"Server", "nginx", "X-Runtime", "0.1"}, "rails"},
		{"Cloudflare alone", []string{"Server", "cloudflare", "Cf-Ray", "a"}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := fixFor(t, request.Question{}, "", func(w http.ResponseWriter, r *http.Request) {
				for i := 0; i < len(row.headers); i += 2 {
					w.Header().Set(row.headers[i], row.headers[i+1])
				}
			})
			if f == nil || f.Stack != row.stack || row.stack != "" && f.Short == nil {
				t.Errorf("got %+v, want the short form of %q", f, row.stack)
			}
		})
	}
}
