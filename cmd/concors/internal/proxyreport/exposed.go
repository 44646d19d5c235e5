package proxyreport

import (
	"slices"
	"strings"

	"github.com/concors/concors/internal/field"
)

// addNotExposed adds the response headers that the page could read at the proxy, which exposes all of them,
// and that the API does not expose. Whether the page's script reads one is not known.
func (r *Report) addNotExposed(k *kind, o *outcome) {
	if o.question.Resource != "" || k.mode == "no-cors" {
		return
	}
	exposed := k.response["Access-Control-Expose-Headers"]
	if o.result != nil {
		for _, x := range o.first().Exchanges {
			if x.Preflight || x.URL != k.url {
				continue
			}
			exposed = nil
			for _, h := range x.ResponseHeaders {
				if strings.EqualFold(h.Name, "Access-Control-Expose-Headers") {
					exposed = append(exposed, h.Value)
				}
			}
		}
	}
	list := field.Split(field.Lower(strings.Join(exposed, ",")))
	if slices.Contains(list, "*") && len(k.cookies) == 0 {
		return
	}
	for _, name := range sortedNames(k.response) {
		lower := field.Lower(name)
		if len(r.NotExposed) == maxSamples || !field.IsToken(name) || ofServer(lower) || slices.Contains(list, lower) ||
			field.IsCORSSafelistedResponseHeaderName(name) || field.IsForbiddenResponseHeaderName(name) || slices.Contains(r.NotExposed, lower) {
			continue
		}
		r.NotExposed = append(r.NotExposed, lower)
	}
}

// ofServer reports whether a response header is one that servers, frameworks and networks send by
// themselves, for browsers and caches: scripts do not read it.
func ofServer(lower string) bool {
	return slices.Contains(serverHeaders, lower) || slices.ContainsFunc([]string{"access-control-", "cf-", "content-security-policy", "cross-origin-",
		"x-amz-", "x-amzn-", "x-aspnet", "x-azure-", "x-cache", "x-cloud-", "x-envoy-", "x-fastly-", "x-vercel-"},
		func(prefix string) bool { return strings.HasPrefix(lower, prefix) })
}

var serverHeaders = strings.Fields(`
	accept-ch accept-ranges age allow alt-svc cdn-cache-control clear-site-data connection
	content-encoding content-location date deprecation document-policy etag expect-ct feature-policy
	keep-alive location nel origin-agent-cluster p3p permissions-policy proxy-status public-key-pins
	referrer-policy report-to reporting-endpoints server server-timing service-worker-allowed sourcemap
	speculation-rules strict-transport-security timing-allow-origin trailer transfer-encoding upgrade
	vary via x-backend-server x-content-type-options x-correlation-id x-dns-prefetch-control
	x-download-options x-frame-options x-generator x-github-request-id x-permitted-cross-domain-policies
	x-powered-by x-request-id x-robots-tag x-runtime x-served-by x-timer x-trace-id x-ua-compatible
	x-varnish x-xss-protection`)

// notExposed says which response headers the page could read at the proxy only.
func (r *Report) notExposed() string {
	if len(r.NotExposed) == 0 {
		return ""
	}
	it := "it"
	if len(r.NotExposed) > 1 {
		it = "one"
	}
	return "The proxy exposed " + join(r.NotExposed, 3) + ", which the API does not: if the page reads " + it + ", the API must expose it."
}
