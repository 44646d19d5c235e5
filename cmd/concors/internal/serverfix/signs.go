package serverfix

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/check"
	"github.com/concors/concors/origin"
)

// telling are the response headers that tell of the software behind them, of a
// server that stands in front or an application behind it. Those with a word are
// one product's alone: it stands for their values, which tell nothing.
var telling = []struct {
	header, word string
	layer        layer
}{
	{"Server", "", either}, {"Via", "", front}, {"X-Powered-By", "", behind}, {"X-AspNet-Version", "asp.net", behind},
	{"X-Envoy-Upstream-Service-Time", "envoy", front}, {"Apigw-Requestid", "apigw", front}, {"X-Amz-Request-Id", "amazons3", behind},
	{"Cf-Ray", "cloudflare", front}, {"X-Nextjs-Cache", "next.js", behind},
}

type layer uint8

const (
	either layer = iota
	front        // a proxy
	behind       // an application
)

// products are what values of those headers begin with or, after a space, hold,
// in lower case; with the recipe that is for it, if there is one.
var products = []struct {
	word, name, stack string
	layer             layer
}{
	{"openresty", "OpenResty, which is nginx", "nginx", front},
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
	{"asp.net", "ASP.NET", "", behind}, // the recipe is for ASP.NET Core, which sends none of this by itself
	{"kestrel", "ASP.NET Core", "aspnet", behind},
	{"werkzeug", "Flask's Werkzeug", "flask", behind},
	{"wsgiserver", "Django's development server", "django", behind},
	{"gunicorn", "Gunicorn", "", behind},
	{"uvicorn", "Uvicorn", "", behind},
}

// signs lists what the answers of the server tell of it, each header and value
// once.
func signs(report *check.Report, server string) []check.Sign {
	out := []check.Sign{}
	for _, r := range report.Results {
		for _, x := range r.Exchanges {
			if o, err := origin.FromURL(x.URL); err != nil || o.String() != server {
				continue
			}
			for _, h := range x.ResponseHeaders {
				for _, t := range telling {
					if !strings.EqualFold(h.Name, t.header) {
						continue
					}
					i := slices.IndexFunc(out, func(s check.Sign) bool { return s.Header == t.header && s.Value == h.Value })
					if i < 0 {
						i = len(out)
						s := check.Sign{Header: t.header, Value: h.Value}
						s.Name, s.Stack, s.Front = productOf(cmp.Or(t.word, h.Value), t.layer)
						out = append(out, s)
					}
					if x.Preflight {
						out[i].Preflight = true
					} else {
						out[i].Answer = true
					}
				}
			}
		}
	}
	return out
}

// productOf reads one header's value.
func productOf(value string, l layer) (name, stack string, isFront bool) {
	text := strings.ToLower(value)
	for _, p := range products {
		if strings.HasPrefix(text, p.word) || strings.Contains(text, " "+p.word) {
			return p.name, p.stack, p.layer == front || l == front
		}
	}
	return "", "", l == front
}

// layers says in sentences which servers seem to have answered, and returns the
// stack whose recipe is the one to use: "" if there is no telling. Blocked is
// the result that is to be lifted.
func layers(report *check.Report, blocked *check.Result, signs []check.Sign) (stack string, sentences []string) {
	var known, answered []check.Sign
	for _, s := range signs {
		if s.Name == "" || slices.ContainsFunc(known, func(k check.Sign) bool { return k.Name == s.Name }) {
			continue
		}
		known = append(known, s)
		if blocked.Mend.Preflight && s.Preflight || !blocked.Mend.Preflight && s.Answer {
			answered = append(answered, s)
		}
	}
	which := "the answer that decided"
	if blocked.Mend.Preflight {
		which = "the preflight"
	}
	doubled := strings.HasSuffix(blocked.Reason, "MultipleAllowOriginValues")
	switch {
	case len(known) == 0:
		return "", nil
	case len(known) == 1:
		sentences = append(sentences, fmt.Sprintf("It seems to be %s.", known[0].Name))
	default:
		var names []string
		for _, k := range known {
			names = append(names, k.Name)
		}
		sentences = append(sentences, fmt.Sprintf("There seem to be %d layers: %s.", len(names), strings.Join(names, ", ")))
		switch inner := slices.IndexFunc(answered, func(s check.Sign) bool { return !s.Front }); {
		case doubled:
			sentences = append(sentences, "Each seems to have added an Access-Control-Allow-Origin of its own. Let one of them do it, and take it out of the others.")
		case inner < 0 && len(answered) > 0:
			sentences = append(sentences, fmt.Sprintf("%s was probably answered by %s alone: nothing in it tells of what stands behind.", capital(which), answered[0].Name))
		case inner >= 0:
			sentences = append(sentences, fmt.Sprintf("%s was probably answered by %s, through the others.", capital(which), answered[inner].Name))
		}
	}
	// Who answered is who has to change, the innermost of them. Of a doubled header
	// the one in front can take out what the one behind says.
	for _, list := range [][]check.Sign{answered, known} {
		for _, wantFront := range []bool{doubled, !doubled} {
			for _, s := range list {
				if s.Stack != "" && s.Front == wantFront {
					return s.Stack, sentences
				}
			}
		}
	}
	return "", sentences
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
