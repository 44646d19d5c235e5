package recipe

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/weburl"
)

// clouds are what is configured and not run: gateways of clusters, and services.
//
// None of them can be had where the tests run, so each limit is from the source
// or the reference of the version that the comment above it names, and a model of
// the server's own comparison stands in for it (clouds_test.go). By hand Envoy's
// recipes were read into its protocol buffers and their validation, and Traefik's
// held to the policies of the module integration with package verify, on its
// middleware alone.
func clouds() []Stack {
	return []Stack{
		// cors_filter.cc, and the protocol buffers of go-control-plane 1.40.
		{Name: "envoy", Title: "Envoy", comment: "# ", folder: "envoy", limits: []limit{
			loses(always, "redirects and direct responses, which Envoy makes itself, have no CORS headers: the filter leaves their routes out"),
			loses(anyOrigin, "everybody is let in by sending the origin back, with Vary: Origin, and not with *: caches keep a copy for each origin"),
			loses(statusOtherThan(200), "preflights are answered with 200 and without Vary (browsers take any status from 200 to 299, and no cache keeps them)"),
			loses(timingOfPatterns, "Timing-Allow-Origin is not sent where an origin is a pattern: it could only be a list of whole origins"),
			loses(rejection, "refused origins are served and not answered with 403 (the page can't read it all the same)"),
		}},

		// pkg/middlewares/headers/header.go and pkg/muxer/http/matcher.go of 3.7.9.
		{Name: "traefik", Title: "Traefik 3", comment: "# ", folder: "traefik", anyRoute: true, limits: []limit{
			loses(compares, "of an application's Vary in several lines only the first is kept: let it send one"),
			loses(statusOtherThan(200), "preflights are answered with 200 and without Vary (browsers take any status from 200 to 299, and no cache keeps them)"),
			loses(timingOfPatterns, "Timing-Allow-Origin is not sent where an origin is a pattern: it could only be a list of whole origins"),
			loses(rejection, "refused origins are served and not answered with 403 (the page can't read it all the same)"),
		}},

		// apis/v1/httproute_types.go of 1.6.1; the filter is in the standard channel
		// since 1.5.
		{Name: "gateway-api", Title: "Kubernetes Gateway API", comment: "# ", folder: "gateway-api", limits: []limit{
			cant(unlisted(gatewayOrigin, 64), "origins are http or https, with one port or the default one, and a star stands for whole labels: part of a label, any port, more than 64 origins and ports together, IPv6 addresses and underscores can't be written"),
			cant(anyHeaderButAuthorization, "a star for request headers may be answered with the headers that were asked for, and lets Authorization in with them: list the headers, or add Authorization to the star"),
			cant(aRouteWildcard, "a wildcard within a path needs regular expressions, which each implementation has of its own: write the route as a prefix"),
			cant(func(r *rule) bool { return r.Index > 6 }, "an HTTPRoute takes 16 rules, and a recipe up to two for each route: seven routes fit"),
			loses(always, "what happens to CORS headers of the application is up to the implementation: let it send none"),
			loses(null, "sandboxed frames are refused: null can't be written"),
			loses(methodsBut(gatewayMethods), "methods other than those of RFC 9110 and PATCH are refused: they can't be written"),
			loses(func(r *rule) bool { return anyHeader(r) && !r.Credentials }, "Authorization can't stand beside a star: whether browsers may send it is up to the implementation"),
			loses(zeroMaxAge, "preflights are remembered for one second: less can't be written"),
			loses(statusOtherThan(0), "whether preflights are answered with 200 or 204 is up to the implementation"),
			loses(timingOfPatterns, "Timing-Allow-Origin is not sent where an origin is a pattern: it could only be a list of whole origins"),
			loses(rejection, "refused origins are served and not answered with 403 (the page can't read it all the same)"),
		}},

		// internal/ingress/annotations/cors/main.go, controller/template/template.go
		// and nginx.tmpl of March 2026, the last.
		{Name: "ingress-nginx", Title: "ingress-nginx", comment: "# ", folder: "ingress-nginx", limits: []limit{
			cant(unlisted(ingressOrigin, 64), "an origin that its annotation does not take makes it let everybody in, with credentials: part of a label, any port, more than 64 origins and ports together, IPv6 addresses, underscores and schemes other than http and https can't be written"),
			cant(null, "null would let in every origin whose name ends so: there is no anchor at the start of its comparison"),
			cant(anyOriginWithCredentials, "everybody with credentials would be sent a star, which no browser takes"),
			cant(anyHeader, "a star for request headers is no value that the annotation takes, and it would fall back to a list with Authorization in it: list the headers"),
			cant(ingressNames, "names of methods with other characters than letters, and of headers with other than letters, digits, - and _, make the annotations fall back to lists of their own"),
			cant(aRoute, "the annotations are for a whole Ingress: write one recipe for the Ingress of each path"),
			cant(restricted, "Cross-Origin-Resource-Policy takes a snippet, and without it more sites could embed: let the application send it"),
			cant(nobody, "an Ingress without origins would let everybody in: leave enable-cors away"),
			loses(compares, "there is no anchor at the start of its comparison, and none for case: an origin with a scheme that ends in http or https would pass (no page has one by the URL standard)"),
			loses(compares, "no Vary: Origin is sent: a cache in front may hand one origin the answer for another, and its page is blocked. Let the application send it"),
			loses(subdomains, "a star stands for one label: deeper subdomains are refused"),
			loses(anyMethod, "any method is written as GET, HEAD, POST, PUT, PATCH and DELETE: others are refused"),
			loses(noMaxAge, "preflights are remembered for 5 seconds, which is what browsers do without the header: its own default would be 20 days"),
			loses(statusOtherThan(204), "preflights are answered with 204"),
			loses(compares, "every OPTIONS request from an origin that is let in is answered as a preflight, and those from others reach the application"),
			loses(anyOrigin, "every OPTIONS request is answered as a preflight: the application gets none"),
			loses(timing, "Timing-Allow-Origin is not sent: let the application send it"),
			loses(embeddable, "Cross-Origin-Resource-Policy is not sent: let the application send it"),
			loses(rejection, "refused origins are served and not answered with 403 (the page can't read it all the same)"),
		}},

		// The API reference (CORSRule), the user guide (ManageCorsUsing), and what
		// the servers that copy S3 have measured of it.
		{Name: "aws-s3", Title: "Amazon S3", comment: "# ", folder: "aws-s3", limits: []limit{
			cant(func(r *rule) bool { return compares(r) && !r.Credentials }, "S3 tells each origin of a list Access-Control-Allow-Credentials: true: write credentials: true if that may be, or let everybody in"),
			cant(anyOriginWithCredentials, "everybody with credentials would be sent a star, which no browser takes"),
			cant(unlisted(s3Origin, 100), "an origin takes one star, and it stands for any characters: part of a label, a star in the host beside any port, and more than 100 origins and ports together can't be written"),
			cant(anyHeaderButAuthorization, "a star for request headers is answered with the headers that were asked for, and lets Authorization in with them: list the headers, or add Authorization to the star"),
			cant(aRoute, "a bucket has one policy for all of its objects: write one recipe for the bucket"),
			cant(restricted, "Cross-Origin-Resource-Policy can't be sent, and without it more sites could embed: put a CloudFront response headers policy in front"),
			cant(nobodyListed, "a rule without origins can't be written: leave the bucket without CORS"),
			loses(compares, "Vary is sent only to requests with Origin: a cache in front may keep an answer without CORS headers. Let its key have the headers Origin, Access-Control-Request-Method and Access-Control-Request-Headers"),
			loses(null, "sandboxed frames are refused: nobody has seen null taken"),
			loses(methodsBut(s3Methods), "methods other than GET, HEAD, POST, PUT and DELETE are refused: they can't be written"),
			loses(anyMethod, "any method is written as GET, HEAD, POST, PUT and DELETE: others are refused"),
			loses(func(r *rule) bool { return exposed(r) && slices.Contains(r.Exposed, "*") }, "exposedHeaders: a star can't be written: list the headers"),
			loses(statusOtherThan(200), "preflights are answered with 200, and those of refused origins with 403"),
			loses(timing, "Timing-Allow-Origin can't be sent"),
			loses(embeddable, "Cross-Origin-Resource-Policy can't be sent"),
			loses(rejection, "refused origins are served and not answered with 403 (the page can't read it all the same)"),
		}},

		// The developer guide (http-api-cors) and the CloudFormation reference
		// (AWS::ApiGatewayV2::Api Cors).
		{Name: "aws-api-gateway", Title: "Amazon API Gateway (HTTP API)", comment: "# ", folder: "aws-api-gateway", limits: []limit{
			cant(unlisted(apiOrigin, 100), "origins are whole, http or https: patterns with a star (but for everybody), any port, more than 100 origins and ports together, IPv6 addresses and other schemes can't be written"),
			cant(anyOriginWithCredentials, "everybody with credentials is refused by the service"),
			cant(anyHeaderButAuthorization, "browsers take a star for request headers to cover Authorization: list the headers, or add Authorization to the star"),
			cant(anyHeaderWithCredentials, "a star for request headers counts for nothing beside credentials: list the headers"),
			cant(aRoute, "an HTTP API has one policy for all of its routes: write one recipe for each API"),
			cant(restricted, "Cross-Origin-Resource-Policy takes a parameter mapping of each integration, and without it more sites could embed: let the integration send it"),
			cant(nobodyListed, "a configuration without origins can't be written: leave it away"),
			loses(compares, "nothing is promised of Vary: a cache in front may hand one origin the answer for another, and its page is blocked. Let its key have the header Origin"),
			loses(null, "sandboxed frames are refused: nobody has seen null taken"),
			loses(methodsBut(apiMethods), "methods other than GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS are refused: nobody has seen them taken"),
			loses(anyMethodWithCredentials, "a star for methods counts for nothing beside credentials: GET, HEAD, POST, PUT, PATCH and DELETE are written, and others are refused"),
			loses(statusOtherThan(0), "the status of preflights is the service's own"),
			loses(timing, "Timing-Allow-Origin is not sent: let the integration send it"),
			loses(embeddable, "Cross-Origin-Resource-Policy is not sent: let the integration send it"),
			loses(rejection, "refused origins are served and not answered with 403 (the page can't read it all the same)"),
		}},
	}
}

// What these take as an origin, one by one.
var (
	gatewayOrigin = regexp.MustCompile(`^https?://(\*\.)?([a-zA-Z0-9-]+\.)*[a-zA-Z0-9-]+(:[0-9]{1,5})?$`)
	ingressOrigin = regexp.MustCompile(`^https?://(\*\.)?[A-Za-z0-9.-]+(:[0-9]+)?$`)
	s3Origin      = regexp.MustCompile(`^[a-z][a-z0-9+.-]*://(\*\.[^*]+|[^*]+(:\*)?)$`)
	apiOrigin     = regexp.MustCompile(`^https?://[A-Za-z0-9._-]+(:[0-9]+)?$`)
)

var (
	gatewayMethods = []string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
	s3Methods      = []string{"GET", "HEAD", "POST", "PUT", "DELETE"}
	apiMethods     = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
)

// compares is a rule that lets some in and others not.
func compares(r *rule) bool { return !r.Off && !r.Any }

// nobodyListed is a rule of which nothing is left without null.
func nobodyListed(r *rule) bool { return compares(r) && len(r.Exacts)+len(r.Patterns) == 0 }

// unlisted is an origin that is not of a form, or more of them than so many.
func unlisted(form *regexp.Regexp, most int) func(*rule) bool {
	return func(r *rule) bool {
		list := r.Listed()
		return compares(r) && (len(list) > most || slices.ContainsFunc(list, func(o string) bool { return o != "*" && !form.MatchString(o) }))
	}
}

// methodsBut is a method that is not among those.
func methodsBut(known []string) func(*rule) bool {
	return func(r *rule) bool {
		return !r.Off && slices.ContainsFunc(r.Methods, func(m string) bool { return !slices.Contains(known, m) })
	}
}

func statusOtherThan(status int) func(*rule) bool {
	return func(r *rule) bool { return !r.Off && r.Status != status }
}

// restricted is a Cross-Origin-Resource-Policy that keeps somebody out, and
// embeddable one that does not.
func restricted(r *rule) bool { return resourcePolicy(r) && r.CORP != "cross-origin" }
func embeddable(r *rule) bool { return resourcePolicy(r) && r.CORP == "cross-origin" }

// timingOfPatterns is one that can't be told as a list.
func timingOfPatterns(r *rule) bool { return timing(r) && r.TimingOrigins() == "" }

var (
	ingressMethod = regexp.MustCompile(`^[A-Za-z]+$`)
	ingressHeader = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
)

// ingressNames is a name for which the annotations of ingress-nginx fall back to
// lists of their own.
func ingressNames(r *rule) bool {
	odd := func(form *regexp.Regexp) func(string) bool {
		return func(name string) bool { return name != "*" && !form.MatchString(name) }
	}
	return !r.Off && (slices.ContainsFunc(r.Methods, odd(ingressMethod)) ||
		slices.ContainsFunc(slices.Concat(r.Headers, r.Exposed), odd(ingressHeader)))
}

// Listed has the origins and patterns, without null, with a list of ports
// written out: one entry for each port. It ends after some hundreds, which no
// server takes.
func (r *rule) Listed() []string {
	if r.Any || r.insecureStar {
		return []string{"*"} // which has to stand alone
	}
	out := slices.Clone(r.Exacts)
	for _, p := range r.Patterns {
		text := p.String()
		i := strings.LastIndex(text, ":[")
		if i < 0 || strings.HasPrefix(text[i:], ":[:") {
			out = append(out, text)
			continue
		}
		def := weburl.DefaultPort(p.Scheme())
		for item := range strings.SplitSeq(strings.TrimSuffix(text[i+2:], "]"), ",") {
			first, last, isRange := strings.Cut(item, "-")
			if !isRange {
				last = first
			}
			from, _ := strconv.Atoi(first) // a pattern has been parsed
			to, _ := strconv.Atoi(last)
			for port := from; port <= to && len(out) < 500; port++ {
				if port == def {
					out = append(out, text[:i])
				} else {
					out = append(out, text[:i]+":"+strconv.Itoa(port))
				}
			}
		}
	}
	return out
}

// StarMethods are the methods, or the star alone, for a server that makes an echo of it
// where it has to be one.
func (r *rule) StarMethods() []string {
	if r.AnyMethod {
		return []string{"*"}
	}
	return r.Methods
}

// StarHeaders are the same of the request headers.
func (r *rule) StarHeaders() []string {
	if r.AnyHeader {
		return []string{"*"}
	}
	return r.Headers
}

// MethodsOf has the methods that are among those known to a server, or all of
// those for the star, and the methods that need no leave.
func (r *rule) MethodsOf(known ...string) []string {
	out := []string{"GET", "HEAD", "POST"}
	for _, m := range known {
		if !slices.Contains(out, m) && (r.AnyMethod || slices.Contains(r.Methods, m)) {
			out = append(out, m)
		}
	}
	return out
}

// GatewayMethods are those that the Gateway API has names for.
func (r *rule) GatewayMethods() []string {
	if r.AnyMethod {
		return []string{"*"}
	}
	return slices.DeleteFunc(slices.Clone(r.Methods), func(m string) bool { return !slices.Contains(gatewayMethods, m) })
}

// S3Origins are the origins as S3 compares them: what stands for any port there
// takes a colon.
func (r *rule) S3Origins() (out []string) {
	for _, o := range r.Listed() {
		if host, anyPort := strings.CutSuffix(o, ":*"); anyPort {
			out = append(out, host)
		}
		out = append(out, o)
	}
	return out
}

// S3Exposed are the exposed headers without the star, which S3 does not take.
func (r *rule) S3Exposed() []string {
	return slices.DeleteFunc(slices.Clone(r.Exposed), func(name string) bool { return name == "*" })
}

// TraefikRule is what a request has to be for the rule. A preflight is on the
// route of the method that it asks for.
func (r *rule) TraefikRule() string {
	var and []string
	if r.Host != "" {
		and = append(and, "Host(`"+r.Host+"`)")
	}
	if r.Method != "" {
		methods := []string{r.Method}
		if r.Method == "GET" {
			methods = append(methods, "HEAD") // as in http.ServeMux
		}
		var or []string
		for _, m := range methods {
			or = append(or, "Method(`"+m+"`)", "Method(`OPTIONS`) && Header(`Access-Control-Request-Method`, `"+m+"`)")
		}
		and = append(and, "("+strings.Join(or, " || ")+")")
	}
	switch {
	case r.Exact != "":
		and = append(and, "Path(`"+r.Exact+"`)")
	case r.Prefix != "":
		and = append(and, "PathPrefix(`"+r.Prefix+"`)")
	case r.Path != "":
		and = append(and, "PathRegexp(`"+r.Path+"`)")
	default:
		and = append(and, "PathPrefix(`/`)")
	}
	return strings.Join(and, " && ")
}

// TraefikBar is the same for preflights that ask for Authorization.
func (r *rule) TraefikBar() string {
	return r.TraefikRule() + " && Method(`OPTIONS`) && HeaderRegexp(`Access-Control-Request-Headers`, `(?i)(^|,)[ \t]*authorization[ \t]*(,|$)`)"
}

// Priority is that of a router: the first rule has the highest. One that bars
// comes before its own rule.
func (r *rule) Priority(bar bool) int {
	if bar {
		return 10001 - 2*r.Index
	}
	return 10000 - 2*r.Index
}

// TimingOrigins is a Timing-Allow-Origin that is the same for everybody, "" if
// there is none.
func (r *rule) TimingOrigins() string {
	switch {
	case !r.Timing || len(r.Patterns) > 0:
		return ""
	case r.Any:
		return "*"
	case r.Null:
		return strings.Join(append(slices.Clone(r.Exacts), "null"), ", ")
	}
	return strings.Join(r.Exacts, ", ")
}

// ExposedNames are without a star that counts for nothing.
func (r *rule) ExposedNames() []string {
	return slices.DeleteFunc(slices.Clone(r.Exposed), func(name string) bool { return name == "*" && r.Credentials })
}

// HasBar reports whether a rule keeps Authorization out of its star.
func (p *plan) HasBar() bool { return slices.ContainsFunc(p.Rules, anyHeaderButAuthorization) }

// Above is the rule that a path without its last slash falls on. Paths have no
// wildcards there.
func (p *plan) Above(of *rule) *rule {
	path := of.Bare()
	for _, r := range p.Routes() {
		if r.Exact == path || r.Prefix != "" && strings.HasPrefix(path, r.Prefix) {
			return r
		}
	}
	return p.Rest()
}

// Bare is a prefix without its last slash.
func (r *rule) Bare() string { return strings.TrimSuffix(r.Prefix, "/") }
