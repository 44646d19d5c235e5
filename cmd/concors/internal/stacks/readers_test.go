package stacks

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/recipe"
	"go.yaml.in/yaml/v4"
)

// A reading is what a recipe says about one rule, read from its text as the server
// reads it.
type reading struct {
	off            bool
	allows         func(origin string) bool
	credentials    bool
	methods        []string // besides GET, HEAD and POST; "*" is any
	headers        []string // in lower case; "*" is any, except Authorization
	exposed        []string
	maxAge         string
	resourcePolicy string
}

// A reader reads the recipes of a stack that can't be run in the tests. It stands in
// for the server, so it is written from the server's source or documentation.
type reader struct {
	read func(r *recipe.Recipe, rule *recipe.Rule) (reading, error)

	// refuses reports whether the server refuses an allowed origin. A sentence in
	// Recipe.Lost says so.
	refuses func(origin string) bool

	// lost has, for parts of a policy that a recipe may lack or have otherwise, words of
	// the sentence in Recipe.Lost that must then say so.
	lost map[string]string

	refusedPolicies []string // in testdata/policies
}

// readers has a reader for every stack that is not verified.
var readers = map[string]reader{
	"envoy":   {read: readEnvoy, refusedPolicies: []string{"routes", "routes-public-and-private"}},
	"traefik": {read: readTraefik, refusedPolicies: []string{"routes", "routes-public-and-private"}},
	"gateway-api": {read: readGatewayAPI, refuses: isNull,
		lost: map[string]string{"maxAge": "one second", "headers": "Authorization can't be listed beside a wildcard"},
		refusedPolicies: []string{
			"several-origins", "subdomains-and-part-of-a-label", "any-port-lists-and-ranges", "any-origin",
			"credentials-with-wildcards", "another-scheme", "routes", "routes-public-and-private",
		}},
	"ingress-nginx": {read: readIngressNginx, refuses: func(origin string) bool { return strings.Count(origin, ".") > 2 },
		lost: map[string]string{"methods": "other methods are refused", "maxAge": "for 5 seconds", "resourcePolicy": "Cross-Origin-Resource-Policy is not sent"},
		refusedPolicies: []string{
			"several-origins", "subdomains-and-part-of-a-label", "any-port-lists-and-ranges", "any-origin",
			"any-origin-with-authorization", "credentials-with-wildcards", "credentials-with-wildcards-and-authorization",
			"null-origin", "another-scheme", "status-max-age-timing-embedding", "routes", "routes-public-and-private",
		}},
	"aws-s3": {read: readS3, refuses: isNull,
		lost: map[string]string{"methods": "other methods are refused", "exposed": "a wildcard can't be written", "resourcePolicy": "Cross-Origin-Resource-Policy can't be sent"},
		refusedPolicies: []string{
			"reject-refused", "one-origin", "several-origins", "subdomains-and-part-of-a-label", "any-port-lists-and-ranges",
			"any-origin", "credentials-with-wildcards", "null-origin", "another-scheme", "status-max-age-timing-embedding", "routes", "routes-public-and-private",
		}},
	"aws-api-gateway": {read: readAPIGateway, refuses: isNull,
		lost: map[string]string{"methods": "other methods are refused", "resourcePolicy": "Cross-Origin-Resource-Policy is not sent"},
		refusedPolicies: []string{
			"several-origins", "subdomains-and-part-of-a-label", "any-port-lists-and-ranges", "any-origin",
			"credentials-and-exposed-headers", "credentials-with-wildcards", "credentials-with-wildcards-and-authorization",
			"another-scheme", "status-max-age-timing-embedding", "routes", "routes-public-and-private",
		}},
	"axum":   {read: readAxum, refusedPolicies: []string{"routes", "routes-public-and-private"}},
	"spring": {read: readSpring},
	"aspnet": {read: readASPNET},
}

func isNull(origin string) bool { return origin == "null" }

// readEnvoy compares origins as CorsFilter::isOriginAllowed in cors_filter.cc does. A
// safe_regex is RE2::FullMatch (type/matcher/v3/regex.proto). A wildcard in
// allow_methods or allow_headers makes Envoy repeat what the preflight requests.
func readEnvoy(r *recipe.Recipe, rule *recipe.Rule) (reading, error) {
	var c struct {
		RouteConfig struct {
			Hosts []struct {
				Routes []struct {
					Name  string
					Match struct {
						Headers []struct {
							Name   string
							String struct {
								Exact string
								Regex struct{ Regex string } `yaml:"safe_regex"`
							} `yaml:"string_match"`
						}
					}
					Config map[string]struct {
						Origins []struct {
							Exact string
							Regex struct{ Regex string } `yaml:"safe_regex"`
						} `yaml:"allow_origin_string_match"`
						Credentials bool   `yaml:"allow_credentials"`
						Methods     string `yaml:"allow_methods"`
						Headers     string `yaml:"allow_headers"`
						Exposed     string `yaml:"expose_headers"`
						MaxAge      string `yaml:"max_age"`
						Forward     *bool  `yaml:"forward_not_matching_preflights"`
					} `yaml:"typed_per_filter_config"`
					Remove []string `yaml:"response_headers_to_remove"`
					Add    []struct {
						Header struct{ Key, Value string }
					} `yaml:"response_headers_to_add"`
				}
			} `yaml:"virtual_hosts"`
		} `yaml:"route_config"`
	}
	if err := decode(r, "envoy.yaml", &c); err != nil {
		return reading{}, err
	}
	exceptAuthorization := false
	for _, host := range c.RouteConfig.Hosts {
		for _, route := range host.Routes {
			cors, hasPolicy := route.Config["envoy.filters.http.cors"]
			if hasPolicy && (cors.Forward == nil || *cors.Forward) {
				return reading{}, fmt.Errorf("route %s sends preflights from refused origins to the cluster", route.Name)
			}
			if route.Name == rule.Name()+"-authorization" && hasPolicy && len(cors.Origins) == 0 {
				for _, h := range route.Match.Headers {
					if form := h.String.Regex.Regex; h.Name == "access-control-request-headers" && form != "" {
						matches := wholeMatch([]string{form})
						exceptAuthorization = matches("authorization") && matches("x-a, Authorization") && !matches("x-authorization")
					}
				}
			}
			if route.Name != rule.Name() {
				continue
			}
			if !hasPolicy {
				return reading{off: true}, nil
			}
			if !slices.Contains(route.Remove, "Access-Control-Allow-Origin") {
				return reading{}, fmt.Errorf("route %s keeps the cluster's Access-Control-Allow-Origin", route.Name)
			}
			out := reading{
				credentials: cors.Credentials, methods: splitList(cors.Methods), exposed: splitList(cors.Exposed),
				maxAge: cors.MaxAge,
			}
			out.headers = echoedHeaders(splitList(cors.Headers), exceptAuthorization)
			for _, h := range route.Add {
				if h.Header.Key == "Cross-Origin-Resource-Policy" {
					out.resourcePolicy = h.Header.Value
				}
			}
			var forms []string
			any := false
			for _, m := range cors.Origins {
				if m.Regex.Regex == "" {
					m.Regex.Regex = regexp.QuoteMeta(m.Exact)
				}
				any = any || m.Exact == "*"
				forms = append(forms, m.Regex.Regex)
			}
			matches := wholeMatch(forms)
			out.allows = func(origin string) bool { return any || matches(origin) }
			return out, nil
		}
	}
	return reading{}, fmt.Errorf("there is no route %s", rule.Name())
}

// readTraefik compares origins as Header.matchOrigin in
// pkg/middlewares/headers/header.go does.
func readTraefik(r *recipe.Recipe, rule *recipe.Rule) (reading, error) {
	type headers struct {
		Origins     []string          `yaml:"accessControlAllowOriginList"`
		Regexps     []string          `yaml:"accessControlAllowOriginListRegex"`
		Credentials bool              `yaml:"accessControlAllowCredentials"`
		Methods     []string          `yaml:"accessControlAllowMethods"`
		Headers     []string          `yaml:"accessControlAllowHeaders"`
		Exposed     []string          `yaml:"accessControlExposeHeaders"`
		MaxAge      *int              `yaml:"accessControlMaxAge"`
		Vary        bool              `yaml:"addVaryHeader"`
		Set         map[string]string `yaml:"customResponseHeaders"`
	}
	var c struct {
		HTTP struct {
			Routers map[string]struct {
				Rule        string
				Priority    int
				Middlewares []string
			}
			Middlewares map[string]struct{ Headers headers }
		}
	}
	if err := decode(r, "concors.yaml", &c); err != nil {
		return reading{}, err
	}
	name := "concors-" + rule.Name()
	router, ok := c.HTTP.Routers[name]
	if !ok {
		return reading{}, fmt.Errorf("there is no router %s", name)
	}
	if len(router.Middlewares) == 0 {
		return reading{off: true}, nil
	}
	h := c.HTTP.Middlewares[router.Middlewares[0]].Headers
	any := slices.Contains(h.Origins, "*")
	if h.Vary == any {
		return reading{}, fmt.Errorf("addVaryHeader is %v for %v", h.Vary, h.Origins)
	}
	if value, ok := h.Set["Access-Control-Allow-Origin"]; !ok || value != "" {
		return reading{}, fmt.Errorf("the service's Access-Control-Allow-Origin is kept")
	}
	authorization, ok := c.HTTP.Routers[name+"-authorization"]
	exceptAuthorization := ok && authorization.Priority > router.Priority && len(authorization.Middlewares) == 1 &&
		strings.HasPrefix(authorization.Rule, router.Rule) && strings.Contains(authorization.Rule, "authorization")
	if exceptAuthorization {
		none := c.HTTP.Middlewares[authorization.Middlewares[0]].Headers
		exceptAuthorization = len(none.Origins)+len(none.Regexps) == 0
	}
	out := reading{
		credentials: h.Credentials, methods: h.Methods, exposed: h.Exposed,
		resourcePolicy: h.Set["Cross-Origin-Resource-Policy"],
	}
	out.headers = echoedHeaders(h.Headers, exceptAuthorization)
	if h.MaxAge != nil {
		out.maxAge = strconv.Itoa(*h.MaxAge)
	}
	var list []*regexp.Regexp
	for _, text := range h.Regexps {
		form, err := regexp.Compile(text)
		if err != nil {
			return reading{}, err
		}
		list = append(list, form)
	}
	out.allows = func(origin string) bool {
		return any || slices.Contains(h.Origins, origin) ||
			slices.ContainsFunc(list, func(form *regexp.Regexp) bool { return form.MatchString(origin) })
	}
	return out, nil
}

// readGatewayAPI compares origins as the comments in apis/v1/httproute_types.go say:
// a wildcard matches greedily to the left, and a port that is left out is the default
// port. It also checks the resource against its schema.
func readGatewayAPI(r *recipe.Recipe, rule *recipe.Rule) (reading, error) {
	type filter struct {
		Type string
		CORS *struct {
			Origins     []string `yaml:"allowOrigins"`
			Credentials bool     `yaml:"allowCredentials"`
			Methods     []string `yaml:"allowMethods"`
			Headers     []string `yaml:"allowHeaders"`
			Exposed     []string `yaml:"exposeHeaders"`
			MaxAge      *int     `yaml:"maxAge"`
		}
		Modifier struct {
			Set []struct{ Name, Value string }
		} `yaml:"responseHeaderModifier"`
	}
	var c struct {
		APIVersion string `yaml:"apiVersion"`
		Kind       string
		Metadata   struct{ Name string }
		Spec       struct {
			ParentRefs []struct{ Name string } `yaml:"parentRefs"`
			Rules      []struct {
				Matches []struct {
					Path struct{ Type, Value string }
				}
				Filters     []filter
				BackendRefs []struct {
					Name string
					Port int
				} `yaml:"backendRefs"`
			}
		}
	}
	if err := decode(r, "httproute.yaml", &c); err != nil {
		return reading{}, err
	}
	if c.APIVersion != "gateway.networking.k8s.io/v1" || c.Kind != "HTTPRoute" || c.Metadata.Name == "" ||
		len(c.Spec.ParentRefs) == 0 || len(c.Spec.Rules) > 16 {
		return reading{}, fmt.Errorf("not an HTTPRoute: %+v", c)
	}
	var filters []filter
	found := false
	for _, route := range c.Spec.Rules {
		if len(route.Matches) != 1 || len(route.BackendRefs) != 1 {
			return reading{}, fmt.Errorf("the schema refuses the rule %+v", route)
		}
		switch path := route.Matches[0].Path; {
		case path.Type == "PathPrefix" && path.Value == "/":
			filters, found = route.Filters, true
		default:
			return reading{}, fmt.Errorf("the schema refuses the path %+v", path)
		}
	}
	switch {
	case !found:
		return reading{}, fmt.Errorf("there is no rule for %s", rule.Name())
	case len(filters) == 0:
		return reading{off: true}, nil
	case len(filters) != 2 || filters[0].Type != "CORS" || filters[0].CORS == nil,
		filters[1].Type != "ResponseHeaderModifier":
		return reading{}, fmt.Errorf("the filters are %+v", filters)
	}
	cors := filters[0].CORS
	schema := regexp.MustCompile(`(^\*$)|(^(http(s)?):\/\/(((\*\.)?([a-zA-Z0-9\-]+\.)*[a-zA-Z0-9-]+|\*)(:([0-9]{1,5}))?)$)`)
	alone := func(list []string) bool { return !slices.Contains(list, "*") || len(list) == 1 }
	if slices.ContainsFunc(cors.Origins, func(o string) bool { return !schema.MatchString(o) }) ||
		len(cors.Origins) > 64 || len(cors.Methods) > 9 || !alone(cors.Origins) || !alone(cors.Methods) || !alone(cors.Headers) || cors.MaxAge != nil && *cors.MaxAge < 1 {
		return reading{}, fmt.Errorf("the schema refuses %+v", cors)
	}
	out := reading{credentials: cors.Credentials, methods: cors.Methods, exposed: cors.Exposed}
	// An implementation may respond to a wildcard with the requested headers.
	out.headers = echoedHeaders(cors.Headers, false)
	if cors.MaxAge != nil {
		out.maxAge = strconv.Itoa(*cors.MaxAge)
	}
	for _, h := range filters[1].Modifier.Set {
		if h.Name == "Cross-Origin-Resource-Policy" {
			out.resourcePolicy = h.Value
		}
	}
	withPort := func(o string) string {
		if scheme, rest, ok := strings.Cut(o, "://"); ok && !strings.Contains(rest, ":") {
			return o + map[string]string{"http": ":80", "https": ":443"}[scheme]
		}
		return o
	}
	var forms []string
	for _, o := range cors.Origins {
		forms = append(forms, strings.ReplaceAll(regexp.QuoteMeta(withPort(o)), `\*`, ".*"))
	}
	matches := wholeMatch(forms)
	out.allows = func(origin string) bool { return matches(withPort(origin)) }
	return out, nil
}

// readIngressNginx reads annotations as cors.Parse in
// internal/ingress/annotations/cors/main.go does, and compares origins as
// buildCorsOriginRegex in template.go does. That expression has no anchor at its
// start, which matters only for schemes that no page has.
func readIngressNginx(r *recipe.Recipe, _ *recipe.Rule) (reading, error) {
	var c struct {
		Metadata struct{ Annotations map[string]string }
	}
	if err := decode(r, "ingress.yaml", &c); err != nil {
		return reading{}, err
	}
	const prefix = "nginx.ingress.kubernetes.io/"
	for name, form := range map[string]string{
		"enable-cors":            `^true$`,
		"cors-allow-credentials": `^(true|false)$`,
		"cors-allow-methods":     `^([A-Za-z]+,?\s?)+$`,
		"cors-allow-headers":     `^[A-Za-z0-9-_, ]*$`,
		"cors-max-age":           `^[0-9]+$`,
		"cors-allow-origin":      `^((((([a-z]+://)?(\*\.)?[A-Za-z0-9\-.]*(:\d+)?,?)|null)+)|\*)?$`,
	} {
		value, ok := c.Metadata.Annotations[prefix+name]
		valid := regexp.MustCompile(form)
		if !ok || !valid.MatchString(strings.ReplaceAll(value, " ", "")) || !valid.MatchString(value) {
			return reading{}, fmt.Errorf("for the annotation %s: %q the controller uses its default", name, value)
		}
	}
	get := func(name string) string { return c.Metadata.Annotations[prefix+name] }
	out := reading{
		credentials: get("cors-allow-credentials") == "true",
		methods:     splitList(get("cors-allow-methods")),
		headers:     lower(splitList(get("cors-allow-headers"))),
		exposed:     splitList(get("cors-expose-headers")),
		maxAge:      get("cors-max-age"),
	}
	out.headers = slices.DeleteFunc(out.headers, func(name string) bool { return name == "host" }) // no page can set it
	var forms []string
	for o := range strings.SplitSeq(get("cors-allow-origin"), ",") {
		if o == "*" {
			out.allows = func(string) bool { return true }
			return out, nil
		}
		if !regexp.MustCompile(`^([a-z]+://(\*\.)?[A-Za-z0-9\-.]*(:\d+)?|\*|null)?$`).MatchString(o) {
			return reading{}, fmt.Errorf("the controller ignores the origin %s", o)
		}
		forms = append(forms, "("+strings.Replace(regexp.QuoteMeta(o), `\*`, `[A-Za-z0-9\-]+`, 1)+")")
	}
	out.allows = regexp.MustCompile("(?i)(" + strings.Join(forms, "|") + ")$").MatchString
	return out, nil
}

// readS3 compares origins as the user guide says of AllowedOrigins: one wildcard,
// which matches any characters. S3 allows credentials to every origin in a list.
func readS3(r *recipe.Recipe, _ *recipe.Rule) (reading, error) {
	var c struct {
		Rules []struct {
			ID      string
			Origins []string `json:"AllowedOrigins"`
			Methods []string `json:"AllowedMethods"`
			Headers []string `json:"AllowedHeaders"`
			Exposed []string `json:"ExposeHeaders"`
			MaxAge  *int     `json:"MaxAgeSeconds"`
		} `json:"CORSRules"`
	}
	text, err := fileText(r, "cors.json")
	if err != nil {
		return reading{}, err
	}
	if err := json.Unmarshal([]byte(text), &c); err != nil || len(c.Rules) != 1 {
		return reading{}, fmt.Errorf("not one rule: %w %+v", err, c)
	}
	rule := c.Rules[0]
	if len(rule.ID) > 255 || len(rule.Methods) == 0 || slices.Contains(rule.Exposed, "*") {
		return reading{}, fmt.Errorf("S3 does not accept %+v", rule)
	}
	out := reading{credentials: !slices.Contains(rule.Origins, "*"), methods: rule.Methods, exposed: rule.Exposed}
	out.headers = echoedHeaders(rule.Headers, false)
	if rule.MaxAge != nil {
		out.maxAge = strconv.Itoa(*rule.MaxAge)
	}
	var forms []string
	for _, o := range rule.Origins {
		if strings.Count(o, "*") > 1 {
			return reading{}, fmt.Errorf("S3 does not accept the origin %s", o)
		}
		forms = append(forms, strings.Replace(regexp.QuoteMeta(o), `\*`, ".*", 1))
	}
	out.allows = wholeMatch(forms)
	return out, nil
}

// readAPIGateway compares origins as the developer guide says: exactly, or with "*".
func readAPIGateway(r *recipe.Recipe, _ *recipe.Rule) (reading, error) {
	var c struct {
		Resources struct {
			API struct {
				Properties struct {
					Cors struct {
						Origins     []string `yaml:"AllowOrigins"`
						Credentials bool     `yaml:"AllowCredentials"`
						Methods     []string `yaml:"AllowMethods"`
						Headers     []string `yaml:"AllowHeaders"`
						Exposed     []string `yaml:"ExposeHeaders"`
						MaxAge      *int     `yaml:"MaxAge"`
					} `yaml:"CorsConfiguration"`
				} `yaml:"Properties"`
			} `yaml:"Api"`
		} `yaml:"Resources"`
	}
	if err := decode(r, "template.yaml", &c); err != nil {
		return reading{}, err
	}
	cors := c.Resources.API.Properties.Cors
	out := reading{credentials: cors.Credentials, methods: cors.Methods, headers: lower(cors.Headers), exposed: cors.Exposed}
	if cors.MaxAge != nil {
		out.maxAge = strconv.Itoa(*cors.MaxAge)
	}
	out.allows = func(origin string) bool {
		return slices.Contains(cors.Origins, "*") || slices.Contains(cors.Origins, origin)
	}
	return out, nil
}

// readAxum reads the calls of CorsLayer and the function that decides origins. Rust's
// regular expressions are RE2's in everything that patterns use.
func readAxum(r *recipe.Recipe, _ *recipe.Rule) (reading, error) {
	text, err := fileText(r, "concors.rs")
	if err != nil {
		return reading{}, err
	}
	if !strings.Contains(text, "CorsLayer::new()") || !strings.Contains(text, ".layer(layer)") {
		return reading{}, fmt.Errorf("there is no CorsLayer")
	}
	out := reading{
		credentials: strings.Contains(text, ".allow_credentials(true)"),
		methods:     quoted(text, `\.allow_methods\(\[(.*?)\]`),
		headers:     quoted(text, `\.allow_headers\(\[(.*?)\]`),
		exposed:     quoted(text, `\.expose_headers\(\[(.*?)\]`),
		maxAge:      submatch(text, `\.max_age\(Duration::from_secs\((\d+)\)\)`),
	}
	out.resourcePolicy = submatch(text, `"cross-origin-resource-policy", HeaderValue::from_static\("(.*?)"\)`)
	if strings.Contains(text, ".allow_methods(Any)") ||
		strings.Contains(text, ".allow_methods(AllowMethods::mirror_request())") {
		out.methods = []string{"*"}
	}
	if strings.Contains(text, ".allow_headers(AllowHeaders::mirror_request())") {
		out.headers = []string{"*"}
	}
	removes := strings.Contains(text, `eq_ignore_ascii_case(b"authorization")`) &&
		strings.Contains(text, "headers.remove(header::ACCESS_CONTROL_ALLOW_HEADERS)")
	out.headers = echoedHeaders(out.headers, removes)
	if strings.Contains(text, ".allow_origin(Any)") {
		out.allows = func(string) bool { return true }
		return out, nil
	}
	if !strings.Contains(text, ".allow_origin(AllowOrigin::predicate(|origin, _| allowed(origin.as_bytes())))") {
		return reading{}, fmt.Errorf("the origins are not decided by the function allowed")
	}
	var forms []string
	for _, m := range regexp.MustCompile(`(?m)^ +r"(\^.*\$)",`).FindAllStringSubmatch(text, -1) {
		forms = append(forms, m[1])
	}
	if !strings.Contains(text, "ORIGINS.contains(origin)") && strings.Contains(text, "ORIGINS") {
		return reading{}, fmt.Errorf("the function allowed does not use ORIGINS")
	}
	for _, m := range regexp.MustCompile(`(?m)^            "(.*)",$`).FindAllStringSubmatch(text, -1) {
		forms = append(forms, regexp.QuoteMeta(m[1]))
	}
	out.allows = wholeMatch(forms)
	return out, nil
}

// readSpring reads the function that makes a rule. Its origins are whole matches of the
// alternatives (Rule.checkOrigin in the recipe).
func readSpring(r *recipe.Recipe, rule *recipe.Rule) (reading, error) {
	if text, err := fileText(r, "CorsConfig.java"); err == nil {
		return readSpringBean(text)
	}
	text, err := fileText(r, "ConcorsFilter.java")
	if err != nil {
		return reading{}, err
	}
	_, text, found := strings.Cut(text, "private static Rule "+rule.Name()+"() {")
	text, _, ended := strings.Cut(text, "return rule;")
	if !found || !ended {
		return reading{}, fmt.Errorf("there is no rule %s", rule.Name())
	}
	out := reading{
		off:            strings.Contains(text, "rule.off = true;"),
		credentials:    strings.Contains(text, "rule.setAllowCredentials(true);"),
		methods:        quoted(text, `rule\.setAllowedMethods\(List\.of\((.*?)\)\);`),
		headers:        quoted(text, `rule\.setAllowedHeaders\(List\.of\((.*?)\)\);`),
		exposed:        quoted(text, `rule\.setExposedHeaders\(List\.of\((.*?)\)\);`),
		maxAge:         submatch(text, `rule\.setMaxAge\((\d+)L\);`),
		resourcePolicy: submatch(text, `rule\.resourcePolicy = "(.*?)";`),
	}
	out.headers = echoedHeaders(out.headers, strings.Contains(text, "ExcludesAuthorization = true;"))
	out.allows = func(string) bool { return true }
	if !strings.Contains(text, "rule.anyOrigin = true;") {
		// A long list is a few strings, which are split at blanks.
		exact := strings.Fields(strings.Join(quoted(text, `(?s)rule\.origins = Set\.of\((.*?)\);`), ""))
		if !strings.Contains(text, `.split(" ")`) {
			exact = quoted(text, `(?s)rule\.origins = Set\.of\((.*?)\);`)
		}
		pattern := wholeMatch(quoted(text, `(?s)rule\.patterns = List\.of\((.*?)\);`))
		out.allows = func(o string) bool { return slices.Contains(exact, o) || pattern(o) }
	}
	return out, nil
}

// readSpringBean reads the setters of CorsConfiguration.
func readSpringBean(text string) (reading, error) {
	if !strings.Contains(text, "source.registerCorsConfiguration(\"/**\", cors);") {
		return reading{}, fmt.Errorf("the configuration is not for all paths")
	}
	origins := quoted(text, `cors\.setAllowedOrigins\(List\.of\((?s:(.*?))\)\);`)
	return reading{
		allows:      func(o string) bool { return slices.Contains(origins, "*") || slices.Contains(origins, o) },
		credentials: strings.Contains(text, "cors.setAllowCredentials(true);"),
		methods:     quoted(text, `cors\.setAllowedMethods\(List\.of\((?s:(.*?))\)\);`),
		headers:     echoedHeaders(quoted(text, `cors\.setAllowedHeaders\(List\.of\((?s:(.*?))\)\);`), false),
		exposed:     quoted(text, `cors\.setExposedHeaders\(List\.of\((?s:(.*?))\)\);`),
		maxAge:      submatch(text, `cors\.setMaxAge\((\d+)L\);`),
	}, nil
}

// readASPNET reads the calls of CorsPolicyBuilder for a rule.
func readASPNET(r *recipe.Recipe, rule *recipe.Rule) (reading, error) {
	if text, err := fileText(r, "Program.cs"); err == nil {
		return readASPNETPolicy(text)
	}
	text, err := fileText(r, "Concors.cs")
	if err != nil {
		return reading{}, err
	}
	text = regexp.MustCompile(`(?s)\n    private static readonly Rule ` + rule.Name() + ` =\n        new\((?:null\);|.*?\.Build\(\)\)\s*\{.*?\n        \};)`).FindString(text)
	if text == "" {
		return reading{}, fmt.Errorf("there is no rule %s", rule.Name())
	}
	if strings.HasSuffix(text, "null);") {
		return reading{off: true}, nil
	}
	out := reading{
		credentials:    strings.Contains(text, ".AllowCredentials()"),
		methods:        quoted(text, `\.WithMethods\((.*?)\)\n`),
		headers:        quoted(text, `\.WithHeaders\((.*?)\)\n`),
		exposed:        quoted(text, `\.WithExposedHeaders\((.*?)\)\n`),
		maxAge:         submatch(text, `\.SetPreflightMaxAge\(TimeSpan\.FromSeconds\((\d+)\)\)`),
		resourcePolicy: submatch(text, `ResourcePolicy = "(.*?)"`),
	}
	if strings.Contains(text, ".AllowAnyMethod()") {
		out.methods = []string{"*"}
	}
	if strings.Contains(text, ".AllowAnyHeader()") {
		out.headers = echoedHeaders([]string{"*"}, strings.Contains(text, "ExcludesAuthorization = true,"))
	}
	switch {
	case strings.Contains(text, ".AllowAnyOrigin()"):
		out.allows = func(string) bool { return true }
	case strings.Contains(text, ".SetIsOriginAllowed(_ => false)"):
		out.allows = func(string) bool { return false }
	default:
		exact := quoted(text, `(?s)\.SetIsOriginAllowed\(Among\(\s*new string\[\]\s*\{(.*?)\n *\}`)
		pattern := wholeMatch(quoted(text, `(?s)\.SetIsOriginAllowed\(Among\(.*?\},\s*new string\[\]\s*\{(.*?)\n *\}`))
		out.allows = func(o string) bool { return slices.Contains(exact, o) || pattern(o) }
	}
	return out, nil
}

// readASPNETPolicy reads the calls of CorsPolicyBuilder for a named policy.
func readASPNETPolicy(text string) (reading, error) {
	if !strings.Contains(text, "options.AddPolicy(\"app\", policy => policy\n") || !strings.Contains(text, "\napp.UseCors(\"app\");") {
		return reading{}, fmt.Errorf("there is no policy, or it is not used")
	}
	origins := quoted(text, `\.WithOrigins\((.*?)\)`)
	out := reading{
		allows:      func(o string) bool { return strings.Contains(text, ".AllowAnyOrigin()") || slices.Contains(origins, o) },
		credentials: strings.Contains(text, ".AllowCredentials()"),
		methods:     quoted(text, `\.WithMethods\((.*?)\)`),
		headers:     lower(quoted(text, `\.WithHeaders\((.*?)\)`)),
		exposed:     quoted(text, `\.WithExposedHeaders\((.*?)\)`),
		maxAge:      submatch(text, `\.SetPreflightMaxAge\(TimeSpan\.FromSeconds\((\d+)\)\)`),
	}
	if strings.Contains(text, ".AllowAnyMethod()") {
		out.methods = []string{"*"}
	}
	if strings.Contains(text, ".AllowAnyHeader()") {
		out.headers = echoedHeaders([]string{"*"}, false)
	}
	return out, nil
}

// echoedHeaders returns the headers that a list allows on a server that responds to a
// wildcard with the requested headers, or with "*", which browsers take for all of
// them. Either allows Authorization, unless the recipe excludes it.
func echoedHeaders(list []string, exceptAuthorization bool) []string {
	list = lower(list)
	if slices.Contains(list, "*") && !exceptAuthorization && !slices.Contains(list, "authorization") {
		list = append(list, "authorization")
	}
	return list
}

// wholeMatch returns a function that matches any of the regular expressions as a whole.
func wholeMatch(forms []string) func(string) bool {
	if len(forms) == 0 {
		return func(string) bool { return false }
	}
	return regexp.MustCompile(`\A(?:` + strings.Join(forms, "|") + `)\z`).MatchString
}

// quoted returns the quoted strings in the part of a text that the group of form matches.
func quoted(text, form string) (out []string) {
	m := regexp.MustCompile(form).FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	for _, q := range regexp.MustCompile(`"(?:[^"\\]|\\.)*"`).FindAllString(m[1], -1) {
		s, err := strconv.Unquote(q)
		if err != nil {
			s = q
		}
		out = append(out, s)
	}
	return out
}

// submatch returns what the group of form matches, or "".
func submatch(text, form string) string {
	if m := regexp.MustCompile(form).FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// splitList splits the value of a header.
func splitList(value string) (out []string) {
	for item := range strings.SplitSeq(value, ",") {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

func lower(list []string) (out []string) {
	for _, s := range list {
		out = append(out, strings.ToLower(s))
	}
	return out
}

// decode reads a recipe's file in YAML.
func decode(r *recipe.Recipe, name string, into any) error {
	text, err := fileText(r, name)
	if err != nil {
		return err
	}
	return yaml.Unmarshal([]byte(text), into)
}

func fileText(r *recipe.Recipe, name string) (string, error) {
	for _, f := range r.Files {
		if f.Name == name {
			return f.Text, nil
		}
	}
	return "", fmt.Errorf("the recipe has no file %s", name)
}
