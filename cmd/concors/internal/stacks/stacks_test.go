package stacks

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// TestEveryFolderIsListed compares the lists of stacks with the folders.
func TestEveryFolderIsListed(t *testing.T) {
	var listed, folders []string
	for _, s := range slices.Concat(All(), Shorts(), Aliases(), Secrets()) {
		if !slices.Contains(listed, s.Name) {
			listed = append(listed, s.Name)
		}
	}
	slices.Sort(listed)
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && e.Name() != "testdata" {
			folders = append(folders, e.Name())
		}
	}
	if !slices.Equal(listed, folders) {
		t.Errorf("the folders are\n%q, and the lists have\n%q", folders, listed)
	}
	for _, list := range [][]recipe.Stack{All(), Shorts(), Aliases(), Secrets()} {
		if !slices.IsSortedFunc(list, func(a, b recipe.Stack) int { return strings.Compare(a.Name, b.Name) }) {
			t.Error("a list is not sorted by name")
		}
		for _, s := range list {
			if s.Title == "" || s.Comment == "" && s.Name != "aws-s3" {
				t.Errorf("%s has no title or no comment syntax", s.Name)
			}
		}
	}
	if golden, err := filepath.Glob("*/testdata/*.golden"); err != nil || len(golden) != 5*len(All())+3*len(Aliases())+2*len(Secrets())-2 {
		t.Errorf("%d golden files for %d stacks and %d aliases, and two for each route with a secret: run go test -update ., and delete the files of stacks that are gone", len(golden), len(All()), len(Aliases()))
	}
}

func TestWriteRefuses(t *testing.T) {
	app := cors.Policy{Origins: []string{"https://app.example"}}
	put := cors.Policy{Origins: app.Origins, Methods: []string{"PUT"}}
	route := func(pattern string, p cors.Policy) routes.Policies {
		return routes.Policies{Policy: app, Routes: []routes.Route{{Pattern: pattern, Policy: p}}}
	}
	for _, test := range []struct {
		name     string
		policies routes.Policies
		stack    string
		want     string
	}{
		{"a route by host", route("api.example/", app), "nginx", "a route by host"},
		{"a route by method", route("PUT /items/", put), "nginx", "a route by method"},
		{"a name with a meaning in nginx", routes.Policies{Policy: cors.Policy{Origins: app.Origins, RequestHeaders: []string{"X-$-host"}}}, "nginx", `"X-$-host"`},
		{"a route in front of an unknown application", route("/public/", app), "envoy", "a route can't be written safely: the application may read a path such as /public/..%2Fprivate/x as that of another route, so write one policy for all paths, or let the application apply the routes"},
		{"a route in front of an unknown application", route("/public/", app), "gateway-api", `route "/public/"`},
		{"a route in front of an unknown application", route("/public/", app), "traefik", `route "/public/"`},
		{"a host with a final dot", routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com."}}}, "ingress-nginx", "https://app.example.com."},
		{"a host with a final dot", routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com."}}}, "gateway-api", "https://app.example.com."},
		{"a route that is too long", route("/"+strings.Repeat("a", 90)+"/", app), "haproxy", "2,047"},
		{"a route that is too long", route("/"+strings.Repeat("a", 250)+"/", app), "nginx", "4,095"},
		{"a path that would end its line", route(`/a";deny#`, app), "nginx", `: its path`},
		{"report only", routes.Policies{Policy: cors.Policy{Origins: app.Origins, ReportOnly: true}}, "nginx", "reportOnly"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Write(test.policies, test.stack)
			var refusal *recipe.Refusal
			if !errors.As(err, &refusal) || !strings.Contains(strings.Join(refusal.Sentences(), "\n"), test.want) {
				t.Errorf("got %v, want a refusal for %s", err, test.want)
			}
		})
	}
	if _, err := Write(route("PUT api.example/items/", put), "net-http"); err != nil {
		t.Errorf("net/http has routes of every kind: %v", err)
	}
}

func TestUnknownStack(t *testing.T) {
	var unknown *cli.UsageError
	if _, err := Write(routes.Policies{}, "iis6"); !errors.As(err, &unknown) || !strings.Contains(unknown.Problem, "iis6") {
		t.Errorf("iis6: %v", err)
	}
	if _, err := WriteAlias(recipe.AliasOptions{}, "net-http"); !errors.As(err, &unknown) || !strings.Contains(unknown.Hint, "nginx") {
		t.Errorf("net-http, which has no alias: %v", err)
	}
	for name, known := range map[string]bool{"iis6": false, "vite": false, "nginx": true} {
		if _, err := Find(name); (err == nil) != known {
			t.Errorf("Find(%q) returned %v", name, err)
		}
	}
}

func TestWriteSaysWhatIsLost(t *testing.T) {
	r, err := Write(routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example"}, RejectRefused: true}}, "nginx")
	if err != nil || len(r.Lost) != 1 || !strings.Contains(r.Files[0].Text, "Differences from the policy") {
		t.Errorf("%v %+v", err, r)
	}
}

func TestWriteSaysThatSelfIsLost(t *testing.T) {
	p := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example"}, RejectRefused: true, Self: []string{"https://api.example"}}}
	if r, err := Write(p, "express"); err != nil || len(r.Lost) != 1 || !strings.Contains(r.Lost[0], "self is not used") {
		t.Errorf("%v %+v", err, r)
	}
	if r, err := Write(p, "net-http"); err != nil || len(r.Lost) != 0 || !strings.Contains(r.Files[0].Text, "https://api.example") {
		t.Errorf("%v %+v", err, r)
	}
}

func TestDetect(t *testing.T) {
	for _, test := range []struct{ header, value, product, stack string }{
		{"Server", "nginx/1.22.1", "nginx", "nginx"},
		{"server", "openresty/1.25", "OpenResty (nginx)", "nginx"},
		{"Server", "Apache-Coyote/1.1", "Tomcat", "tomcat"},
		{"Server", "Apache/2.4.1 (Debian) PHP/8.2", "Apache", "apache"},
		{"Server", "cloudflare", "Cloudflare", ""},
		{"Server", "unheard-of", "", ""},
		{"Via", "1.1 varnish", "Varnish", ""},
		{"X-Powered-By", "ASP.NET", "ASP.NET", ""},
		{"X-AspNet-Version", "4.0", "ASP.NET", ""},
		{"X-Envoy-Upstream-Service-Time", "3", "Envoy", "envoy"},
		{"X-Runtime", "0.012", "Rails", "rails"},
		{"Server", "Kestrel", "ASP.NET Core", "aspnet"},
		{"Server", "Microsoft-IIS/10.0", "IIS", ""},
		{"Server", "Netlify", "Netlify", "netlify"},
		{"Server", "Vercel", "Vercel", "vercel"},
		{"x-vercel-id", "fra1::abc", "Vercel", "vercel"},
		{"Server", "AmazonS3", "Amazon S3", "aws-s3"},
		{"apigw-requestid", "abc=", "Amazon API Gateway", "aws-api-gateway"},
		{"x-amz-apigw-id", "abc=", "Amazon API Gateway (REST API)", "aws-api-gateway-rest"},
		{"Via", "1.1 abc.cloudfront.net (CloudFront)", "CloudFront", "aws-cloudfront"},
		{"X-Amz-Cf-Id", "abc", "CloudFront", "aws-cloudfront"},
		{"X-Azure-Ref", "abc", "Azure Front Door", ""},
		{"X-Goog-Storage-Class", "STANDARD", "Google Cloud Storage", "google-cloud-storage"},
		{"Function-Execution-Id", "abc", "Google Cloud Functions", "firebase-functions"},
		{"X-Sb-Edge-Region", "eu-central-1", "Supabase Edge Functions", "supabase"},
		{"Server", "kong/3.9.0", "Kong", "kong"},
		{"Via", "1.1 kong/3.9.0", "Kong", "kong"},
		{"X-Debug-Token", "abc", "Symfony", "symfony"},
		{"Server", "Ktor/3.1.0", "Ktor", "ktor"},
		{"Vary", "Origin; Access-Control-Request-Method; Access-Control-Request-Headers", "Spring", "spring"},
		{"Server", "uvicorn", "Uvicorn", ""},
		{"Server", "daphne", "Daphne", ""},
		{"Set-Cookie", "laravel_session=abc; path=/; httponly; samesite=lax", "Laravel", "laravel"},
		{"set-cookie", "XSRF-TOKEN=eyJpdiI6IjRzR1E9PSIsInZhbHVlIjoi; path=/", "Laravel", "laravel"},
		{"Set-Cookie", "my_shop_session=eyJpdiI6IjRzR1E9PSIsInZhbHVlIjoi; path=/", "Laravel", "laravel"},
		{"Set-Cookie", "my-shop-session=eyJpdiI6IjRzR1E9PSIsInZhbHVlIjoi; path=/", "Laravel", "laravel"},
	} {
		d, ok := Detect(test.header, test.value)
		if !ok || d.Product != test.product || d.Stack != test.stack {
			t.Errorf("%s: %s is %+v %v, want %q of the stack %q", test.header, test.value, d, ok, test.product, test.stack)
		}
	}
	if d, ok := Detect("Content-Type", "nginx"); ok {
		t.Errorf("Content-Type identifies software: %+v", d)
	}
	for _, cookie := range []string{"XSRF-TOKEN=0b7c; Path=/", "session=eyJpdiI6", "laravel_session", "user_session=abc", "a=b; laravel_session=c"} {
		if d, ok := Detect("Set-Cookie", cookie); ok {
			t.Errorf("%s identifies software: %+v", cookie, d)
		}
	}
	if d, _ := Detect("Set-Cookie", "laravel_session=secret"); d.Value != "laravel_session=" {
		t.Errorf("the cookie's value is kept: %q", d.Value)
	}
	if d, ok := Detect("Vary", "Origin"); ok {
		t.Errorf("Vary: Origin identifies software: %+v", d)
	}
	// Detect reads values in lower case and header names in canonical form.
	for _, s := range signatures() {
		if s.Product == "" || s.Word == "" && s.Header == "" || s.Word != strings.ToLower(s.Word) {
			t.Errorf("%s has the invalid signature %+v", s.stack, s.Signature)
		}
	}
}
