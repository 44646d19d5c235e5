package serverfix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/origin"
)

// A Fingerprint is a response header that identifies the software behind it.
type Fingerprint struct {
	Header string `json:"header"`
	Value  string `json:"value"`
	Name   string `json:"name,omitempty"` // the product, if it is a known one
	Stack  string `json:"stack,omitempty"`
	Front  bool   `json:"front"` // a proxy in front of another server
	// Preflight and Response report in which responses it was: to preflights,
	// to requests.
	Preflight bool `json:"preflight"`
	Response  bool `json:"response"`
}

// identifying lists the response headers that identify software. If only one
// product sends a header, word stands for its value.
var identifying = []struct {
	header, word string
	layer        layer
}{
	{"Server", "", either}, {"Via", "", front}, {"X-Powered-By", "", behind}, {"X-AspNet-Version", "asp.net", behind},
	{"X-Envoy-Upstream-Service-Time", "envoy", front}, {"Apigw-Requestid", "apigw", front}, {"X-Amz-Request-Id", "amazons3", behind},
	{"Cf-Ray", "cloudflare", front}, {"X-Nextjs-Cache", "next.js", behind},
}

// A layer says where a server stands.
type layer uint8

const (
	either layer = iota
	front        // a proxy
	behind       // an application
)

// products lists the words that header values begin with, or contain after a space,
// in lower case; with the name of the recipe, if there is one.
var products = []struct {
	word, name, stack string
	layer             layer
}{
	{"openresty", "OpenResty (nginx)", "nginx", front},
	{"nginx", "nginx", "nginx", front},
	{"apache-coyote", "Tomcat", "tomcat", behind},
	{"apache", "Apache", "apache", front},
	{"caddy", "Caddy", "caddy", front},
	{"envoy", "Envoy", "envoy", front},
	{"istio-envoy", "Envoy", "envoy", front},
	{"cloudflare", "Cloudflare", "", front},
	{"cloudfront", "CloudFront", "", front},
	{"varnish", "Varnish", "", front},
	{"amazons3", "Amazon S3", "aws-s3", behind},
	{"express", "Express", "express", behind},
	{"next.js", "Next.js", "next", behind},
	{"php", "PHP", "php", behind},
	{"apigw", "Amazon API Gateway", "aws-api-gateway", front},
	{"asp.net", "ASP.NET", "", behind}, // the recipe is for ASP.NET Core, which sends none of these headers itself
	{"kestrel", "ASP.NET Core", "aspnet", behind},
	{"werkzeug", "Flask's Werkzeug", "flask", behind},
	{"wsgiserver", "Django's development server", "django", behind},
	{"gunicorn", "Gunicorn", "", behind},
	{"uvicorn", "Uvicorn", "", behind},
}

// fingerprints lists the headers in the server's responses that identify its
// software, each header and value once.
func fingerprints(result *request.Result, server string) []Fingerprint {
	out := []Fingerprint{}
	for _, r := range result.Results {
		for _, x := range r.Exchanges {
			if o, err := origin.FromURL(x.URL); err != nil || o.String() != server {
				continue
			}
			for _, h := range x.ResponseHeaders {
				for _, known := range identifying {
					if !strings.EqualFold(h.Name, known.header) {
						continue
					}
					i := slices.IndexFunc(out, func(f Fingerprint) bool { return f.Header == known.header && f.Value == h.Value })
					if i < 0 {
						i = len(out)
						f := Fingerprint{Header: known.header, Value: h.Value}
						f.Name, f.Stack, f.Front = productOf(cmp.Or(known.word, h.Value), known.layer)
						out = append(out, f)
					}
					if x.Preflight {
						out[i].Preflight = true
					} else {
						out[i].Response = true
					}
				}
			}
		}
	}
	return out
}

// productOf finds the product that one header value names.
func productOf(value string, l layer) (name, stack string, isFront bool) {
	text := strings.ToLower(value)
	for _, p := range products {
		if strings.HasPrefix(text, p.word) || strings.Contains(text, " "+p.word) {
			return p.name, p.stack, p.layer == front || l == front
		}
	}
	return "", "", l == front
}

// source says which header identifies the product.
func (f Fingerprint) source() string {
	return fmt.Sprintf("%s (%s: %s)", f.Name, f.Header, term.Shorten(term.Printable(f.Value), 60))
}

// detect says in sentences which servers seem to have responded, and returns the
// stack whose recipe to use, or "" if none was detected. blocked is the result to fix.
func detect(blocked *request.BrowserResult, found []Fingerprint) (stack string, sentences []string) {
	var known, responded []Fingerprint
	for _, f := range found {
		if f.Name == "" || slices.ContainsFunc(known, func(k Fingerprint) bool { return k.Name == f.Name }) {
			continue
		}
		known = append(known, f)
		if blocked.Fix.Preflight && f.Preflight || !blocked.Fix.Preflight && f.Response {
			responded = append(responded, f)
		}
	}
	which := "The response that decided"
	if blocked.Fix.Preflight {
		which = "The preflight response"
	}
	doubled := blocked.Reason.WithoutPreflight() == reason.MultipleAllowOriginValues
	switch {
	case len(known) == 0:
		return "", nil
	case len(known) == 1:
		sentences = append(sentences, fmt.Sprintf("Server: looks like %s.", known[0].source()))
	default:
		var names []string
		for _, k := range known {
			names = append(names, k.source())
		}
		sentences = append(sentences, fmt.Sprintf("Server: looks like %d layers: %s.", len(names), strings.Join(names, ", ")))
		switch inner := slices.IndexFunc(responded, func(f Fingerprint) bool { return !f.Front }); {
		case doubled:
			sentences = append(sentences, "Each of them seems to add its own Access-Control-Allow-Origin. Let one of them add it, and remove it from the others.")
		case inner < 0 && len(responded) > 0:
			sentences = append(sentences, fmt.Sprintf("%s probably comes from %s itself: no header in it identifies a server behind that.", which, responded[0].Name))
		case inner >= 0:
			sentences = append(sentences, fmt.Sprintf("%s probably comes from %s, through the others.", which, responded[inner].Name))
		}
	}
	// The innermost server that responded has to change. If the header is
	// doubled, the proxy in front can remove the other one's.
	for _, list := range [][]Fingerprint{responded, known} {
		for _, wantFront := range []bool{doubled, !doubled} {
			for _, f := range list {
				if f.Stack != "" && f.Front == wantFront {
					return f.Stack, sentences
				}
			}
		}
	}
	return "", sentences
}
