package integration

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/corstest"
)

// Parts of policies that are unusual, or that have a meaning in the language of some server.
var (
	oddOrigins = []string{
		"https://app.example", "http://localhost", "http://localhost:*", "https://*.example", "https://*.a-b.example:*", "https://pr-*.x.example",
		"https://a*.x_y.example:[443,8443]", "https://*-preview.example:[1-65535]", "http://[::1]", "http://[::1]:3000", "http://[2001:db8::1]:*",
		"http://[::1]:[80,3000-3002]", "http://127.0.0.1:[1,80]", "https://xn--bcher-kva.example", "https://*.xn--bcher-kva.example",
		"https://" + strings.Repeat("a", 63) + ".example", "https://" + strings.Repeat(strings.Repeat("b", 60)+".", 3) + "example:65535",
		"https://a.b.c.d.e.f.g.h.i.j.k.example", "https://_dmarc.example", "https://default", "https://include.example", "https://hostnames.volatile",
		"capacitor://localhost", "tauri://localhost", "chrome-extension://abcdefghijklmnopabcdefghijklmnop", "moz-extension://0f1e2d3c-AB12-4cde-8f00-0123456789ab",
		"app://.", "app://-", "app+x.y-z://Host~1", "x0://rest", "https://1.2.3.4:5", "https://null", "https://null.example",
	}
	oddNames    = []string{"X-A", "x_y", "X.Y", "-", ".", "_", "0", "X--", "Content-Type", "Authorization", "If-Match", strings.Repeat("L", 60)}
	oddMethods  = []string{"PUT", "PATCH", "DELETE", "patch", "M-SEARCH", "A.B", "X_Y", "-", "0", "OPTIONS2", "PROPFIND"}
	oddPatterns = []string{
		"/", "/a/", "/a", "/a/{id}", "/a/{id}/b", "/{one}/{two}/c/", "/x/{rest...}", "/x/{$}", "/.well-known/a", "/a.b/", "/~user/", "/$", "/a$b/", "/$1/c", "/-/",
		"/%7Ebcd/", "/a%20b", "/a%2Fb", "/é/", "/a b", "/a'b/", "/a\"b/", "/{{x}}/", "/a\\b", "/a|b", "/(a)+", "/a*", "/[a]", "/^a$/", "/a;b/", "/a#b", "/a?b", "/<%=1%>/", "/${x}/", "/#{x}/",
		"GET /m/", "PUT /m/x", "host.example/", "127.0.0.1/h/", "GET 127.0.0.1/h/x",
	}
)

func pick(r *rand.Rand, from []string, most int) (out []string) {
	for range r.IntN(most + 1) {
		if s := from[r.IntN(len(from))]; !slices.ContainsFunc(out, func(o string) bool { return strings.EqualFold(o, s) }) {
			out = append(out, s)
		}
	}
	return out
}

func oddPolicy(r *rand.Rand) cors.Policy {
	p := cors.Policy{
		Origins: pick(r, oddOrigins, 6), Methods: pick(r, oddMethods, 3), RequestHeaders: pick(r, oddNames, 4), ExposedHeaders: pick(r, oddNames, 3),
		Credentials: r.IntN(2) == 0, DangerouslyAllowInsecureOriginsWithCredentials: true, DangerouslyAllowPublicSuffixes: true,
		MaxAgeSeconds: []int{0, 0, -1, 1, 600, 86400}[r.IntN(6)], PreflightStatus: []int{0, 0, 200, 204, 299, 222}[r.IntN(6)],
		TimingAllowOrigin: r.IntN(4) == 0, ResourcePolicy: []string{"", "", "same-site", "cross-origin", "same-origin"}[r.IntN(5)],
		RejectRefused: r.IntN(6) == 0, DangerouslyAllowNull: r.IntN(6) == 0,
	}
	if r.IntN(6) == 0 { // a long list
		for i := range 25 {
			p.Origins = append(p.Origins, fmt.Sprintf("https://%c%d.many.example:%d", 'a'+i%3, i, 1+i*2700))
		}
	}
	if r.IntN(8) == 0 || len(p.Origins) == 0 && !p.DangerouslyAllowNull {
		p.Origins, p.DangerouslyAllowNull = []string{"*"}, false
		p.DangerouslyAllowAnyOriginWithCredentials = p.Credentials
	}
	if r.IntN(5) == 0 {
		p.Methods = []string{"*"}
	}
	if r.IntN(5) == 0 {
		p.RequestHeaders = []string{"*"}
		if r.IntN(2) == 0 {
			p.RequestHeaders = []string{"*", "Authorization"}
		}
	}
	if r.IntN(8) == 0 {
		p.ExposedHeaders = []string{"*"}
	}
	return p
}

// oddPolicies returns policies that package cors accepts, from a seed.
func oddPolicies(seed uint64) routes.Policies {
	r := rand.New(rand.NewPCG(seed, 10))
	for {
		all := routes.Policies{Policy: oddPolicy(r)}
		if r.IntN(3) > 0 {
			for _, pattern := range pick(r, oddPatterns, 4) {
				route := routes.Route{Pattern: pattern, Policy: oddPolicy(r), Off: r.IntN(6) == 0}
				if method, _, ok := strings.Cut(pattern, " "); ok && method == "PUT" {
					route.Policy.Methods = []string{"PUT"}
				}
				all.Routes = append(all.Routes, route)
			}
		}
		if valid(all) {
			return all
		}
	}
}

func valid(all routes.Policies) bool {
	_, err := routes.Wrap(all, nil, http.NotFoundHandler())
	return err == nil
}

// policyJSON returns a policy file. Every field is written, because routes inherit those that are not.
func policyJSON(t *testing.T, all routes.Policies) string {
	fields := func(p cors.Policy) map[string]any {
		list := func(l []string) []string { return append([]string{}, l...) }
		out := map[string]any{
			"origins": list(p.Origins), "methods": list(p.Methods), "requestHeaders": list(p.RequestHeaders), "exposedHeaders": list(p.ExposedHeaders),
			"credentials": p.Credentials, "maxAgeSeconds": p.MaxAgeSeconds, "preflightStatus": p.PreflightStatus, "timingAllowOrigin": p.TimingAllowOrigin,
			"resourcePolicy": p.ResourcePolicy, "rejectRefused": p.RejectRefused, "dangerouslyAllowNull": p.DangerouslyAllowNull,
			"dangerouslyAllowAnyOriginWithCredentials":       p.DangerouslyAllowAnyOriginWithCredentials,
			"dangerouslyAllowInsecureOriginsWithCredentials": p.DangerouslyAllowInsecureOriginsWithCredentials,
			"dangerouslyAllowPublicSuffixes":                 p.DangerouslyAllowPublicSuffixes,
		}
		return out
	}
	file := map[string]any{"policy": fields(all.Policy)}
	var list []any
	for _, r := range all.Routes {
		route := map[string]any{"pattern": r.Pattern, "off": r.Off}
		if !r.Off {
			route["policy"] = fields(r.Policy)
		}
		list = append(list, route)
	}
	file["routes"] = append([]any{}, list...)
	text, err := json.MarshalIndent(file, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRecipesOfOddPolicies writes recipes for generated policies with unusual values, starts the
// servers, and compares what they allow with package cors. A recipe may be refused, but only with
// the value that is the reason. CONCORS_ODD_POLICIES=FROM-TO tests other policies than the usual ones.
func TestRecipesOfOddPolicies(t *testing.T) {
	from, to := 0, 6
	if text := os.Getenv("CONCORS_ODD_POLICIES"); text != "" {
		if _, err := fmt.Sscanf(text, "%d-%d", &from, &to); err != nil {
			t.Fatal(err)
		}
	}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") }))
	t.Cleanup(upstream.Close)
	for seed := from; seed < to; seed++ {
		all := oddPolicies(uint64(seed))
		reference, err := routes.Wrap(all, nil, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") }))
		if err != nil {
			t.Fatal(err)
		}
		text := policyJSON(t, all)
		file := write(t, t.TempDir(), "policy.json", text)
		for _, stack := range []string{"apache", "caddy", "haproxy", "nginx", "express", "php", "flask"} {
			t.Run(fmt.Sprintf("%d/%s", seed, stack), func(t *testing.T) {
				r := new(recipe)
				if stderr, status := concorsJSON(t, r, "recipe", file, "--for", stack, "--json"); status != 0 {
					if len(r.Refused) == 0 || stderr == "" {
						t.Errorf("refused without a reason: %s", stderr)
					}
					return
				}
				compareDecisions(t, all, reference, recipeServers[stack].start(t, r, upstream.URL))
			})
		}
		if t.Failed() {
			t.Fatalf("the policy %d is\n%s", seed, text)
		}
	}
}

// oddPaths are canonical paths that the routes of odd policies match or don't.
var oddPaths = []string{"/other", "/a", "/a/", "/a/1", "/a/1/b", "/p/q/c/d", "/x/", "/x/y/z", "/.well-known/a", "/a.b/c", "/aXb/c", "/~user/x", "/$", "/a$b/x", "/$1/c", "/-/x", "/m/x", "/h/x"}

// compareDecisions sends requests of allowed and foreign origins to both, and compares the grants.
func compareDecisions(t *testing.T, all routes.Policies, reference http.Handler, url string) {
	t.Helper()
	paths := oddPaths[:1]
	origins := []string{"null", "https://evil.example", ""}
	add := func(p cors.Policy) {
		patterns := p.Origins
		if p.DangerouslyAllowNull {
			patterns = append(slices.Clone(patterns), "null")
		}
		allowed, foreign, err := corstest.Samples(patterns)
		if err != nil {
			t.Fatal(err)
		}
		origins = append(append(origins, allowed[:min(len(allowed), 12)]...), foreign[:min(len(foreign), 12)]...)
	}
	add(all.Policy)
	for _, route := range all.Routes {
		paths = oddPaths
		if !route.Off {
			add(route.Policy)
		}
	}
	slices.Sort(origins)
	origins = slices.Compact(origins)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	for i, path := range paths {
		if t.Failed() {
			return // one path has enough
		}
		for j, origin := range origins {
			if i > 0 && j%4 != i%4 { // every path has some of the origins
				continue
			}
			for _, row := range []struct{ method, requested, headers string }{
				{"GET", "", ""}, {"OPTIONS", "PUT", ""}, {"OPTIONS", "GET", "x-a,x_y"}, {"OPTIONS", "patch", "authorization"}, {"OPTIONS", "M-SEARCH", "content-type"},
			} {
				request := func(url string) *http.Request {
					q, err := http.NewRequest(row.method, url+path, nil)
					if err != nil {
						t.Fatal(err)
					}
					q.Header.Set("Sec-Fetch-Site", "cross-site")
					if origin != "" {
						q.Header.Set("Origin", origin)
					}
					if row.requested != "" {
						q.Header.Set("Access-Control-Request-Method", row.requested)
					}
					if row.headers != "" {
						q.Header.Set("Access-Control-Request-Headers", row.headers)
					}
					return q
				}
				w := httptest.NewRecorder()
				reference.ServeHTTP(w, request(url))
				resp, err := client.Do(request(url))
				if err != nil {
					t.Fatal(err)
				}
				resp.Body.Close()
				preflight := row.requested != "" && origin != ""
				want, got := grants(w.Result(), row.requested, row.headers, preflight), grants(resp, row.requested, row.headers, preflight)
				if got != want {
					t.Errorf("%s %s from %q for %q %q: got %s, want %s (status %d)", row.method, path, origin, row.requested, row.headers, got, want, resp.StatusCode)
				}
			}
		}
	}
}

// grants returns what the headers of a response allow a page to do.
func grants(resp *http.Response, method, headers string, preflight bool) string {
	value := func(name string) string { return strings.Join(resp.Header.Values(name), " | ") }
	names := func(name string) (out []string) {
		for item := range strings.SplitSeq(strings.Join(resp.Header.Values(name), ","), ",") {
			out = append(out, strings.ToLower(strings.TrimSpace(item)))
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	origin := "origin " + strconv.Quote(value("Access-Control-Allow-Origin")) + ", credentials " + value("Access-Control-Allow-Credentials")
	if !preflight {
		return origin + fmt.Sprintf(", timing %s, embedding %s, vary %v, expose %v", value("Timing-Allow-Origin"),
			value("Cross-Origin-Resource-Policy"), slices.Contains(names("Vary"), "origin"), names("Access-Control-Expose-Headers"))
	}
	allowed := value("Access-Control-Allow-Origin") != "" && resp.StatusCode < 300
	wildcard := value("Access-Control-Allow-Credentials") == ""
	methods := strings.FieldsFunc(value("Access-Control-Allow-Methods"), func(r rune) bool { return r == ',' || r == ' ' })
	allowed = allowed && (slices.Contains([]string{"GET", "HEAD", "POST"}, method) || slices.Contains(methods, method) || wildcard && slices.Contains(methods, "*"))
	granted := names("Access-Control-Allow-Headers")
	for name := range strings.SplitSeq(headers, ",") {
		allowed = allowed && (name == "" || slices.Contains(granted, name) || wildcard && slices.Contains(granted, "*"))
	}
	if !allowed {
		return "refused" // by a browser
	}
	return fmt.Sprintf("%s, status %d, max age %s", origin, resp.StatusCode, value("Access-Control-Max-Age"))
}
