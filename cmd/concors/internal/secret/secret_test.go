package secret

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

func TestURLHidesSecretsAndKeepsTheRest(t *testing.T) {
	hex := strings.Repeat("0f1e", 8)
	for _, row := range []struct{ name, url, want string }{
		{"a name and password", "https://ada:pw@api.example/", "https://***@api.example/"},
		{"a password with an @", "https://ada:p@w@api.example/", "https://***@api.example/"},
		{"a key for a name", "https://sk_live_abcdefghij123:@api.example/", "https://***@api.example/"},
		{"a URL without a scheme", "//ada:pw@api.example/x", "//***@api.example/x"},
		{"a relative URL", "/login?token=abc&next=/home", "/login?token=***&next=/home"},
		{"a token", "https://api.example/?access_token=abc&page=2", "https://api.example/?access_token=***&page=2"},
		{"a key in other spellings", "https://api.example/?apiKey=abc&X-Api-Key=def&api_key=g", "https://api.example/?apiKey=***&X-Api-Key=***&api_key=***"},
		{"names in camel case", "https://api.example/?subscriptionKey=a1&sessionId=b&authToken=c&PHPSESSID=d", "https://api.example/?subscriptionKey=***&sessionId=***&authToken=***&PHPSESSID=***"},
		{"parts of a name", "https://api.example/?userToken=a&csrf=b&AWSAccessKeyId=c&SAMLResponse=d&id_token_hint=e", "https://api.example/?userToken=***&csrf=***&AWSAccessKeyId=***&SAMLResponse=***&id_token_hint=***"},
		{"a name in percent-encoding", "https://api.example/?%74oken=abc", "https://api.example/?%74oken=***"},
		{"semicolons", "https://api.example/?a=1;token=abc;b=2", "https://api.example/?a=1;token=***;b=2"},
		{"a signed URL", "https://s3.example/f?X-Amz-Signature=abc&X-Amz-Credential=d&sig=e", "https://s3.example/f?X-Amz-Signature=***&X-Amz-Credential=***&sig=***"},
		{"a URL in a parameter", "https://app.example/?next=https%3A%2F%2Fapi.example%2F%3Ftoken%3Dabc&page=2", "https://app.example/?next=https%3A%2F%2Fapi.example%2F%3Ftoken%3D***&page=2"},
		{"a password in a parameter's URL", "https://app.example/?next=https://u:pw@api.example/", "https://app.example/?next=https://***@api.example/"},
		{"a token in the path", "https://api.example/reset/" + jwt + "/go", "https://api.example/reset/***/go"},
		{"hexadecimal in the path", "https://api.example/reset/" + hex, "https://api.example/reset/***"},
		{"base64 in the path", "https://api.example/i/dGhpcyBpcyBhIHNlY3JldCB0b2tlbiBvZiBtaW5l", "https://api.example/i/***"},
		{"base64 in percent-encoding", "https://api.example/i/q8Zk3vN0bT7%2Bx1RwYc5mJd2LhGf9Ae4P%3D", "https://api.example/i/***"},
		{"a file with a secret name", "https://api.example/d/" + hex + ".pdf", "https://api.example/d/***.pdf"},
		{"a path parameter", "https://api.example/a;jsessionid=0F1E2D;v=1/b", "https://api.example/a;jsessionid=***;v=1/b"},
		{"a GitHub token", "https://api.example/x/ghp_" + strings.Repeat("aB3", 12), "https://api.example/x/***"},
		{"an AWS key", "https://api.example/x?a=AKIAIOSFODNN7EXAMPLE", "https://api.example/x?a=***"},
		{"a Slack token", "https://api.example/x?a=xoxb-1234567890-abcdef", "https://api.example/x?a=***"},
		{"a Stripe key", "https://api.example/x?a=sk_test_4eC39HqLyjWDarjtT1zdp7dc", "https://api.example/x?a=***"},
		{"a token under an innocent name", "https://api.example/?x=" + jwt, "https://api.example/?x=***"},
		{"a long value", "https://api.example/?x=" + strings.Repeat("a1", 20), "https://api.example/?x=***"},
		{"a value without a name", "https://api.example/?" + hex, "https://api.example/?***"},
		{"a fragment", "https://app.example/#access_token=abc&state=def", "https://app.example/#access_token=***&state=***"},
		{"a fragment with a path", "https://app.example/#/login?token=abc", "https://app.example/#/login?token=***"},
		{"a secret with an apostrophe", "https://app.example/?token=a'b", "https://app.example/?token=***"},
		{"a password that looks like a variable", "https://api.example/?token=$ecret", "https://api.example/?token=***"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := URL(row.url); got != row.want {
				t.Errorf("%s\nwant %s", got, row.want)
			}
			if !strings.ContainsAny(row.url, "'") {
				if got := Text("Asked " + row.url + " twice"); got != "Asked "+row.want+" twice" {
					t.Errorf("in a text: %s", got)
				}
			}
		})
	}
}

func TestKeysOfKnownServicesAreFoundAnywhere(t *testing.T) {
	long := strings.Repeat("aB3dE6gH9j", 7)
	for _, key := range []string{
		jwt, "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "ghp_" + long[:36], "gho_" + long[:36], "ghs_" + long[:36], "ghu_" + long[:36],
		"ghr_" + long[:36], "github_pat_" + long[:40], "glpat-" + long[:20], "xoxb-1234567890-abc", "xoxp-1234567890-abc", "xapp-1-" + long[:20],
		"sk_live_" + long[:16], "rk_test_" + long[:16], "pk_live_" + long[:16], "whsec_" + long[:24], "AIza" + long[:35], "ya29." + long[:30],
		"SG." + long[:20] + "." + long[:20], "sk-" + long[:40], "sk-ant-api03-" + long[:40], "sk-proj-" + long[:40], "npm_" + long[:36],
		"pypi-" + long[:40], "shpat_" + strings.Repeat("0a", 16), "shpss_" + strings.Repeat("0a", 16), "dop_v1_" + strings.Repeat("0a", 32), "hf_" + long[:34],
	} {
		if got := Text("It says " + key + ", twice."); got != "It says ***, twice." {
			t.Errorf("%s: %s", key, got)
		}
	}
	for _, text := range []string{"task-list-for-2024-and-all-other-years", "the sk-dropdown of Angular", "through the night", "ghost_writer", "a sk-SK locale"} {
		if got := Text(text); got != text {
			t.Error(got)
		}
	}
}

func TestOrdinaryURLsStayReadable(t *testing.T) {
	for _, u := range []string{
		"https://api.example/items?page=2&sort=name#top",
		"https://api.example/@ada", "https://api.example/users/ada@example.org",
		"https://api.example/?monkey=1&keyboard=2&postcode=3&tokens_of=", "https://api.example/?token=",
		"https://api.example/?token=undefined", "https://api.example/?token=$TOKEN",
		"https://api.example/items/550e8400-e29b-41d4-a716-446655440000?id=550E8400-E29B-41D4-A716-446655440000",
		"https://api.example/items/507f1f77bcf86cd799439011", "https://api.example/items/1234567890123456",
		"https://api.example/blog/how-to-fix-cors-errors-in-2024-with-express-and-nginx-step-by-step",
		"https://api.example/Annual-Report-2024-Final-Version-For-All-Customers",
		"https://api.example/findAllCustomersByOrganizationIdentifierAndStatusV2",
		"https://api.example/v1/projects/my_long_project_name_with_many_words/locations/europe_west1",
		"https://d41d8cd98f00b204e9800998ecf8427e.preview.example/", "https://xn--nxasmq6b.example:8443/",
		"https://api.example/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z",
		"https://api.example/?q=a%20search%20for%20some%20words%20that%20is%20quite%20long%20indeed",
		"https://api.example/?bbox=12.345678901234,45.678901234567,12.456789012345,45.789012345678",
		"https://api.example/?date=2024-05-06T07:08:09.123456Z&fields=id,name,created_at,updated_at,description",
		"https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch", "http://localhost:3000/api/me",
		"http://[::1]:8080/", "capacitor://localhost", "null", "*", "not a URL", "",
	} {
		if got := URL(u); got != u {
			t.Errorf("%s\nwant %s", got, u)
		}
		if got := Text(u); got != u {
			t.Errorf("text: %s\nwant %s", got, u)
		}
		for _, name := range []string{"Access-Control-Allow-Origin", "Location", "Link", "X-Anything"} {
			if got := Uniform().Header(name, u); got != u {
				t.Errorf("%s: %s\nwant %s", name, got, u)
			}
		}
	}
}

func TestHeaderHidesSecretsAndKeepsTheRest(t *testing.T) {
	for _, row := range []struct{ name, value, want string }{
		{"Authorization", "Bearer abc.def", "Bearer ***"},
		{"authorization", "Basic YWRhOnB3", "Basic ***"},
		{"Authorization", `Digest username="ada", response="abc"`, "Digest ***"},
		{"Authorization", "AWS4-HMAC-SHA256 Credential=a/b, Signature=c", "AWS4-HMAC-SHA256 ***"},
		{"Authorization", "only-a-secret", "***"},
		{"Authorization", "my secret", "***"},
		{"Authorization", "Bearer undefined", "Bearer undefined"},
		{"Authorization", "Bearer", "***"},
		{"Authorization", "", ""},
		{"Proxy-Authorization", "Basic abc", "Basic ***"},
		{"X-Api-Key", "abc", "***"}, {"Api-Key", "abc", "***"}, {"apikey", "abc", "***"},
		{"X-Shop-Access-Token", "abc", "***"}, {"X-CSRF-Token", "abc", "***"}, {"X-Client-Secret", "abc", "***"},
		{"Ocp-Apim-Subscription-Key", "abc", "***"}, {"X-Goog-Iap-Jwt-Assertion", "abc", "***"},
		{"X-Auth", "abc", "***"}, {"X_AUTH_TOKEN", "abc", "***"}, {"X-Forwarded-Authorization", "Bearer a", "Bearer ***"},
		{"Cookie", "sid=abc; theme=dark", "sid=***; theme=***"},
		{"Cookie", "lonely", "***"},
		{"Cookie", "sid=; a=b=c", "sid=; a=***"},
		{"Set-Cookie", "sid=abc; Path=/; HttpOnly; SameSite=None; Secure; Max-Age=60", "sid=***; Path=/; HttpOnly; SameSite=None; Secure; Max-Age=60"},
		{"Set-Cookie", "sid=abc; Domain=example.org; hidden=def", "sid=***; Domain=example.org; hidden=***"},
		{"Set-Cookie", "sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", "sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"},
		{"Location", "https://u:p@a.example/cb?code=abc#id_token=def", "https://***@a.example/cb?code=***#id_token=***"},
		{"Location", "/cb?code=abc", "/cb?code=***"},
		{"Referer", "https://a.example/?token=abc", "https://a.example/?token=***"},
		{"Link", "</next?token=abc&page=2>; rel=next, <https://u:p@a.example/>; rel=x", "</next?token=***&page=2>; rel=next, <https://***@a.example/>; rel=x"},
		{"Refresh", "0; url=/cb?token=abc", "0; url=/cb?token=***"},
		{"X-Debug", "got " + jwt, "got ***"},
		{"X-Debug", "password=x", "password=***"},
		{"X-Debug", "user=ada; passwd=x", "user=ada; passwd=***"},
		{"X-Debug", `{"client_secret":"x"}`, `{"client_secret":"***"}`},
		{"X-Debug", "authorization: Bearer abcdef", "authorization: Bearer ***"},
		{"Access-Control-Allow-Origin", "https://u:p@app.example", "https://***@app.example"},
	} {
		if got := Uniform().Header(row.name, row.value); got != row.want {
			t.Errorf("%s: %s\n got %s\nwant %s", row.name, row.value, got, row.want)
		}
	}
}

func TestHeadersThatCORSReadsStayReadable(t *testing.T) {
	for name, value := range map[string]string{
		"Access-Control-Allow-Origin":      "https://d41d8cd98f00b204e9800998ecf8427e.preview.example",
		"Access-Control-Allow-Credentials": "true",
		"Access-Control-Allow-Headers":     "authorization, x-api-key, x-csrf-token, x-token: no",
		"Access-Control-Expose-Headers":    "X-Auth-Token, Set-Cookie, Link",
		"Access-Control-Request-Headers":   "authorization,content-type,x-api-key",
		"Access-Control-Max-Age":           "86400",
		"Origin":                           "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
		"Vary":                             "Origin, Cookie, Authorization",
		"credentials mode":                 "same-origin", // an input of a step
		"ETag":                             `"33a64df551425fcc55e4d42a148795d9f25f89d4"`,
		"X-Request-Id":                     "4bf92f3577b34da6a3ce929d0e0e4736",
		"Content-Security-Policy":          "script-src 'sha256-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG='",
		"Date":                             "Thu, 01 Jan 1970 00:00:00 GMT",
		"Sec-WebSocket-Key":                "dGhlIHNhbXBsZSBub25jZQ==",
		"WWW-Authenticate":                 `Bearer realm="api", error="invalid_token"`,
	} {
		if got := Uniform().Header(name, value); got != value {
			t.Errorf("%s: %s\nwant %s", name, got, value)
		}
	}
}

func TestTextKeepsItsSentences(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"It leads to https://a.example/?token=abc: have the page request https://b.example/x?code=1, and (http://u:p@c.example/).",
			"It leads to https://a.example/?token=***: have the page request https://b.example/x?code=***, and (http://***@c.example/)."},
		{"at https://a.example/?key=1. (Reason: x)", "at https://a.example/?key=***. (Reason: x)"},
		{"“https://a.example/?key=1”, «https://a.example/?key=2»; 'https://a.example/?key=3')...", "“https://a.example/?key=***”, «https://a.example/?key=***»; 'https://a.example/?key=***')..."},
		{"https://a.example/api/12/envelope/. Raison", "https://a.example/api/12/envelope/. Raison"},
		{"at https://a.example/x。(理由)", "at https://a.example/x。(理由)"},
		{"GET /cb?code=abc.", "GET /cb?code=***."},
		{"password=x", "password=***"},
		{"user=ada&passwd=x&page=2", "user=ada&passwd=***&page=2"},
		{"pwd=x; secret=y, client_secret=z. api_key=a", "pwd=***; secret=***, client_secret=***. api_key=***"},
		{"got api_key=a, password='b c' and secret=\"d e\"", "got api_key=***, password='***' and secret=\"***\""},
		{`{"password":"a b","clientSecret": "c","n":1}`, `{"password":"***","clientSecret": "***","n":1}`},
		{`{"body":"{\"password\":\"a b\"}"}`, `{"body":"{\"password\":\"***\"}"}`},
		{"{'db_password': 'a'}", "{'db_password': '***'}"},
		{"HTTPS://U:P@C.example/", "HTTPS://***@C.example/"},
		{"at u:p@c.example", "at ***@c.example"},
		{"GET /cb?code=abc&page=2 failed", "GET /cb?code=***&page=2 failed"},
		{"Cookie: sid=abc; b=c", "Cookie: sid=***; b=***"},
		{`curl -H 'Authorization: Bearer abc' https://a.example/`, `curl -H 'Authorization: Bearer ***' https://a.example/`},
		{`{"Authorization": "Bearer abc", "X-Api-Key":"def"}`, `{"Authorization": "Bearer ***", "X-Api-Key":"***"}`},
		{"X-API-Key=API_KEY1, password=HUNTER, password=HUNTER_TWO", "X-API-Key=***, password=***, password=***"},
		{"token=process.environment, secret=env.x, secret={env.x", "token=***, secret=***, secret=***"},
	} {
		if got := Text(row.text); got != row.want {
			t.Errorf("%s\n got %s\nwant %s", row.text, got, row.want)
		}
	}
	for _, text := range []string{
		"The page's cookie: it is not sent.", "Authorization: the page sends it itself.",
		"The response has no X-Auth-Token: expose it.", "mailto:ada@example.org",
		"Request header field x-api-key is not allowed by Access-Control-Allow-Headers in preflight response.",
		"a key: b", "token: expired", "password=", "password: it is wrong", "the secret = a header", "secret=$SECRET", "token=undefined",
		"--secret-header X-API-Key=API_KEY", "password=DB_PASSWORD", "token=${API_TOKEN}", "token={env.API_TOKEN}",
		"token={$API_TOKEN}", "secret=process.env.CLIENT_SECRET", "secret=env.CLIENT_SECRET",
		`"secret": ""`, "tokens=3", "compass=north", "https://a.example/x.", "code=200", "key=value",
	} {
		if got := Text(text); got != text {
			t.Errorf("%s\nwant %s", got, text)
		}
	}
}

// Recipes, documentation and policies hold no secrets, so nothing in them is masked.
func TestRecipesAndDocumentationStayAsTheyAre(t *testing.T) {
	for _, pattern := range []string{"../stacks/testdata/*", "../recipe/parts/*", "../../../../docs/*.md", "../stacks/*/*.tmpl"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				continue // a folder
			}
			for i, line := range strings.Split(string(text), "\n") {
				if got := Text(line); got != line && !strings.Contains(line, "user:secret@") {
					t.Errorf("%s:%d: %s\nwant %s", name, i+1, got, line)
				}
			}
		}
	}
}

type header struct{ Name, Value string }

type sample struct {
	Headers []header
	URL     string
	Header  string
	Value   *string
	Note    string
	Inner   *sample
}

func TestCopyMasksSecretsWhereverTheyAreRepeated(t *testing.T) {
	value := "https://app.example"
	given := sample{
		Headers: []header{
			{"Authorization", "Bearer canary-1"}, {"Cookie", "sid=walrus-22; theme=english"}, {"X-Echo", "canary-1, english"},
			{"X-Echo-Basic", "d2FscnVzLTIy"}, {"Access-Control-Allow-Origin", "https://app.example"},
			{"Access-Control-Allow-Headers", "x-english"}, {"Authorization", "Basic YWRhOmNhbmFyeS0z"},
		},
		URL: "https://api.example/?token=canary%204", Header: "Access-Control-Allow-Origin", Value: &value,
		Note:  "canary 4, canary+4 and canary-3 are english; WALRUS-22 was cut: walru...",
		Inner: &sample{Note: "the same: https://other.example/?token=canary+4"},
	}
	var m Masker
	m.Keep("https://app.example")
	got := Copy(&m, given)
	want := []string{"Bearer *** (under 16 bytes)", "sid=***2; theme=***3", "***, ***3", "***2", "https://app.example", "x-english",
		"Basic ***4 (16 to 63 bytes)"}
	for i, h := range got.Headers {
		if h.Value != want[i] {
			t.Errorf("%s: %s\nwant %s", h.Name, h.Value, want[i])
		}
	}
	if got.URL != "https://api.example/?token=***5" || *got.Value != value {
		t.Errorf("%s, %s", got.URL, *got.Value)
	}
	if got.Note != "***5, ***5 and ***4 are english; ***2 was cut: ***2..." {
		t.Error(got.Note)
	}
	if got.Inner.Note != "the same: https://other.example/?token=***5" {
		t.Error(got.Inner.Note)
	}
	if given.Headers[0].Value != "Bearer canary-1" {
		t.Error("the original was changed")
	}
}

// A full stop after a URL does not make another secret of it, and no part of one is left.
func TestPunctuationAtTheEndOfASecret(t *testing.T) {
	got := Copy(new(Masker), sample{URL: "https://a.example/?token=hunter2.", Note: "at https://a.example/?token=hunter2. (Reason: hunter2.)", Header: "x"})
	if strings.Contains(got.URL+got.Note, "hunter") || strings.Contains(got.URL+got.Note, "***2") {
		t.Errorf("%s, %s", got.URL, got.Note)
	}
	got = Copy(new(Masker), sample{URL: "https://a.example/?password=hunter2!", Note: "it was hunter2! indeed"})
	if strings.Contains(got.URL+got.Note, "hunter") {
		t.Errorf("%s, %s", got.URL, got.Note)
	}
}

func TestALineInThreePartsHidesSecretsThatAreDivided(t *testing.T) {
	type line struct{ Before, Wrong, After string }
	for _, row := range []struct{ given, want line }{
		{line{"Access-Control-Allow-Origin: https://", "u:pw@", "app.example"}, line{"Access-Control-Allow-Origin: https://", "***@", "app.example"}},
		{line{"Access-Control-Allow-Origin: https://u:pw@app.example", "/", ""}, line{"Access-Control-Allow-Origin: https://***@app.example", "/", ""}},
		{line{"GET https://a.example", "/?token=ab", "cd&page=2"}, line{"GET https://a.example", "/?token=***", "&page=2"}},
		{line{"https://app.example", "/", ""}, line{"https://app.example", "/", ""}},
	} {
		if got := Copy(new(Masker), row.given); got != row.want {
			t.Errorf("%q\nwant %q", got, row.want)
		}
	}
}

func TestWordsAndOriginsAreNotHiddenBecauseACookieHasThem(t *testing.T) {
	for _, cookie := range []string{"include", "true", "https://app.example", "app.example", "86400", "origin", "preflight", "POST"} {
		report := sample{Headers: []header{
			{"Cookie", "a=" + cookie}, {"Access-Control-Allow-Origin", "https://app.example"},
			{"Access-Control-Allow-Credentials", "true"}, {"Access-Control-Max-Age", "86400"}, {"Vary", "Origin"},
		}, Note: "The preflight to app.example has Access-Control-Max-Age: 86400, include, POST"}
		got := Copy(new(Masker), report)
		for i, h := range got.Headers[1:] {
			if want := report.Headers[i+1].Value; h.Value != want {
				t.Errorf("cookie %s: %s: %s, want %s", cookie, h.Name, h.Value, want)
			}
		}
		if got.Note != report.Note {
			t.Errorf("cookie %s: %s", cookie, got.Note)
		}
	}
}

// A text that is sixteen times as long takes about sixteen times as long to mask.
func TestMaskingNeedsLinearTime(t *testing.T) {
	most := 32 << 10
	if testing.Short() {
		most = 8 << 10
	}
	for _, part := range []string{"a:", "https://", "x=", "cookie:a=", "?a=b", "://", "u:p@", "eyJaaaaaaaa.", "%", "password=", "secret", `"token":"a`, `\"token\":\"a`, "https://a.", "/", "&", ";", "<", "sk-", "x-", "authorization:"} {
		took := func(size int) time.Duration {
			text := strings.Repeat(part, size/len(part))
			best := time.Hour
			for range 2 {
				start := time.Now()
				new(Masker).Text(text)
				Uniform().Header("Link", text)
				Uniform().Header("Set-Cookie", text)
				Copy(new(Masker), sample{Note: text, URL: text, Headers: []header{{"Cookie", text}, {"X", text}}})
				best = min(best, time.Since(start))
			}
			return best
		}
		if short, long := took(most/16), took(most); long > 80*short && long > time.Second {
			t.Errorf("%q: %v for %d bytes, %v for %d", part, short, most/16, long, most)
		}
	}
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{"https://u:p@a.example/" + jwt + "?token=a#b=c", "Cookie: a=b; c", "a;b=c&d", "?next=%2F%3Ftoken%3D1", "<a>;<b>"} {
		f.Add(s, "Cookie")
		f.Add("password="+s, "X-Debug")
		f.Add(s, "Location")
		f.Add(s, "Authorization")
	}
	f.Fuzz(func(t *testing.T, s, name string) {
		if len(s) > 4096 {
			return
		}
		URL(s)
		Text(s)
		Uniform().Header(name, s)
		Copy(new(Masker), sample{Note: s, URL: s, Headers: []header{{name, s}, {"X", s + "..."}}})
		if got := Uniform().Header("Authorization", "Bearer hunter2hunter2"+s); strings.Contains(got, "hunter2hunter2") {
			t.Errorf("not masked: %s", got)
		}
	})
}
