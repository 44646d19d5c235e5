package corstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/corstest"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// An assertion that holds reports nothing, and one that fails says why.
func TestAssertions(t *testing.T) {
	const evil = "https://evil.example"
	none := func(*corstest.Outcome) {}
	get := func(origin string, options ...corstest.Option) func(*corstest.Site) *corstest.Outcome {
		return func(s *corstest.Site) *corstest.Outcome { return s.From(origin).Fetch("GET", "/items", options...) }
	}
	put := func(origin string, options ...corstest.Option) func(*corstest.Site) *corstest.Outcome {
		return func(s *corstest.Site) *corstest.Outcome { return s.From(origin).Fetch("PUT", "/items", options...) }
	}
	cookie := func(s *corstest.Site) *corstest.Outcome {
		return s.WithURL("https://api.example.com").SetCookie("session=secret; Secure; SameSite=None").
			From(app).Fetch("GET", "/items", corstest.Credentials())
	}
	imageRequest := func(s *corstest.Site) *corstest.Outcome {
		r, err := fetch.Element{Kind: "img", URL: "/items.png"}.Request(nil)
		if err != nil {
			t.Fatal(err)
		}
		return s.From(evil).Do(r)
	}
	tests := []struct {
		name    string
		outcome func(*corstest.Site) *corstest.Outcome
		holds   func(*corstest.Outcome)
		fails   func(*corstest.Outcome)
		reports []string
	}{
		{"MayRead", get(app),
			func(o *corstest.Outcome) { o.MayRead().HasStatus(200).HasBody("[]") },
			func(o *corstest.Outcome) { o.MayNotRead() },
			[]string{"a page on https://app.example.com may not read the response to GET https://server.example/items",
				"In Standard, Chromium, Firefox, WebKit: the page can read the response (status 200, 2 bytes).",
				"The response has Access-Control-Allow-Origin: https://app.example.com"}},
		{"MayRead from a foreign origin", get(evil),
			func(o *corstest.Outcome) { o.MayNotRead().IsBlocked().IsBlocked(reason.MissingAllowOriginHeader) },
			func(o *corstest.Outcome) { o.MayRead() },
			[]string{"blocked. The response has no Access-Control-Allow-Origin header (MissingAllowOriginHeader).",
				"How to fix it (on the server): ", "\n    Access-Control-Allow-Origin: https://evil.example\n", "add Vary: Origin"}},
		{"HasStatus", get(app), none, func(o *corstest.Outcome) { o.HasStatus(404) },
			[]string{"sees the status 404 in the response to GET", "the status is 200"}},
		{"HasBody", get(app), none, func(o *corstest.Outcome) { o.HasBody("{}") },
			[]string{"sees the body {}", "the body is []"}},
		{"IsBlocked", get(app), none, func(o *corstest.Outcome) { o.IsBlocked() }, []string{"is blocked", "the page can read the response"}},
		{"IsBlocked with another reason", get(evil), none,
			func(o *corstest.Outcome) { o.IsBlocked(reason.AllowOriginMismatch, reason.WildcardOriginNotAllowed) },
			[]string{"is blocked with AllowOriginMismatch or WildcardOriginNotAllowed", "(MissingAllowOriginHeader)"}},
		{"MayReadHeader", get(app),
			func(o *corstest.Outcome) {
				o.MayReadHeader("x-total-count").MayReadHeader("Content-Type").MayNotReadHeader("X-Internal").MayNotReadHeader("Set-Cookie")
			},
			func(o *corstest.Outcome) { o.MayReadHeader("X-Internal") },
			[]string{"the browser hides it from the page. The response has Access-Control-Expose-Headers: X-Total-Count", "\n    Access-Control-Expose-Headers: X-Total-Count, X-Internal\n"}},
		{"MayReadHeader of a header that was not sent", get(app), none, func(o *corstest.Outcome) { o.MayReadHeader("ETag") },
			[]string{"the server did not send the header"}},
		{"MayReadHeader of Set-Cookie", func(s *corstest.Site) *corstest.Outcome { return s.From(app).Fetch("GET", "/login") }, none,
			func(o *corstest.Outcome) { o.MayReadHeader("Set-Cookie") }, []string{"the browser hides it from the page", "Browsers hide Set-Cookie from every page"}},
		{"MayReadHeader of a blocked response", get(evil), none, func(o *corstest.Outcome) { o.MayReadHeader("ETag") },
			[]string{"MissingAllowOriginHeader"}},
		{"MayNotReadHeader", get(app), none, func(o *corstest.Outcome) { o.MayNotReadHeader("X-Total-Count") },
			[]string{"the page can read X-Total-Count: 3 (the response has Access-Control-Expose-Headers: X-Total-Count)"}},
		{"WasPreflighted", put(app, corstest.Body("application/json", "{}")),
			func(o *corstest.Outcome) { o.WasPreflighted().ReachedServer().MayRead() },
			func(o *corstest.Outcome) { o.WasNotPreflighted() },
			[]string{"PUT https://server.example/items from a page on https://app.example.com is not preflighted", "a preflight was sent"}},
		{"WasNotPreflighted", get(app), func(o *corstest.Outcome) { o.WasNotPreflighted() },
			func(o *corstest.Outcome) { o.WasPreflighted() }, []string{"no preflight was sent"}},
		{"an upload listener", func(s *corstest.Site) *corstest.Outcome {
			return s.From(app).Fetch("POST", "/items", corstest.Body("text/plain", "hello"), corstest.UploadListener())
		}, func(o *corstest.Outcome) { o.WasPreflighted().MayRead() }, func(o *corstest.Outcome) { o.WasNotPreflighted() }, nil},
		{"DidNotReachServer", put(evil), func(o *corstest.Outcome) { o.WasPreflighted().DidNotReachServer() },
			func(o *corstest.Outcome) { o.ReachedServer() },
			[]string{"PreflightMissingAllowOriginHeader", "in the preflight response. The response to the request itself needs it too.\n    Access-Control-Allow-Origin: https://evil.example"}},
		{"ReachedServer without a preflight", get(evil), func(o *corstest.Outcome) { o.ReachedServer() },
			func(o *corstest.Outcome) { o.DidNotReachServer() }, []string{"sent without a preflight", "Sec-Fetch-Site"}},
		{"ReachedServer after a preflight", put(app), func(o *corstest.Outcome) { o.ReachedServer() },
			func(o *corstest.Outcome) { o.DidNotReachServer() }, []string{"sent after a preflight that allowed it"}},
		{"SentCookie", cookie, func(o *corstest.Outcome) { o.SentCookie("session").MayRead() },
			func(o *corstest.Outcome) { o.SentNoCookie() }, []string{"it was sent with session"}},
		{"SentNoCookie", get(app), func(o *corstest.Outcome) { o.SentNoCookie() },
			func(o *corstest.Outcome) { o.SentCookie("session") }, []string{"made without credentials"}},
		{"a cookie of another site", func(s *corstest.Site) *corstest.Outcome {
			return s.SetCookie("session=secret; Secure; SameSite=Strict").From(app).Fetch("GET", "/items", corstest.Credentials())
		}, func(o *corstest.Outcome) { o.SentNoCookie() }, func(o *corstest.Outcome) { o.SentCookie("session") },
			[]string{"the browser did not send the cookie. The cookie is SameSite=Strict, and"}},
		{"a cookie that was never set", get(app, corstest.Credentials()), func(o *corstest.Outcome) { o.SentNoCookie() },
			func(o *corstest.Outcome) { o.SentCookie("other") }, []string{"no cookie with this name"}},
		{"After", func(s *corstest.Site) *corstest.Outcome {
			return s.From(app).Fetch("PUT", "/items").WasPreflighted().After(9 * time.Minute)
		}, func(o *corstest.Outcome) { o.WasNotPreflighted().MayRead().After(2 * time.Minute).WasPreflighted() },
			func(o *corstest.Outcome) { o.WasPreflighted() }, []string{"no preflight was sent"}},
		{"an element", imageRequest, func(o *corstest.Outcome) { o.MayNotRead().ReachedServer() },
			func(o *corstest.Outcome) { o.MayRead() }, []string{"the response is opaque", "How to fix it (on the page): Make the request in the mode cors"}},
		{"a sandboxed page", get("null"), func(o *corstest.Outcome) { o.IsBlocked() },
			func(o *corstest.Outcome) { o.MayRead() }, []string{"a sandboxed page (origin null)", "Access-Control-Allow-Origin: null", "Not recommended"}},
		{"a method", func(s *corstest.Site) *corstest.Outcome { return s.From(app).Fetch("DELETE", "/items") },
			func(o *corstest.Outcome) { o.IsBlocked(reason.MethodDisallowedByPreflightResponse) },
			func(o *corstest.Outcome) { o.MayRead() }, []string{"\n    Access-Control-Allow-Methods: PUT, PATCH, DELETE"}},
		{"a header", get(app, corstest.Header("X-Trace", "1")),
			func(o *corstest.Outcome) { o.IsBlocked(reason.HeaderDisallowedByPreflightResponse) },
			func(o *corstest.Outcome) { o.MayRead() }, []string{"\n    Access-Control-Allow-Headers: content-type, authorization, x-request-id, x-trace"}},
		{"a stream", func(s *corstest.Site) *corstest.Outcome {
			return s.WithProfiles(fetch.Standard, fetch.Firefox).From(app).Do(&fetch.Request{Method: "POST", URL: "/items", Body: fetch.StreamBody(strings.NewReader("hello"))})
		}, func(o *corstest.Outcome) { o.MayRead() }, func(o *corstest.Outcome) { o.MayNotRead() }, []string{"In Standard: ", "In Firefox: "}},
		{"the server's own page", get("https://server.example"), func(o *corstest.Outcome) { o.MayRead().MayReadHeader("X-Internal") },
			func(o *corstest.Outcome) { o.MayNotRead() }, []string{"the server's own origin"}},
		{"an error status", func(s *corstest.Site) *corstest.Outcome { return s.From(app).Fetch("GET", "gone") },
			func(o *corstest.Outcome) { o.MayRead().HasStatus(410) }, func(o *corstest.Outcome) { o.HasStatus(200) }, []string{"the status is 410"}},
		{"a redirect", func(s *corstest.Site) *corstest.Outcome { return s.From(app).Fetch("GET", "/moved") },
			func(o *corstest.Outcome) { o.MayRead().HasBody("[]") }, func(o *corstest.Outcome) { o.IsBlocked() }, []string{"Location: /items"}},
		{"a method that no page may use", func(s *corstest.Site) *corstest.Outcome { return s.From(app).Fetch("TRACE", "/items") },
			func(o *corstest.Outcome) { o.IsBlocked(reason.ForbiddenMethod).DidNotReachServer() },
			func(o *corstest.Outcome) { o.MayRead() }, []string{"How to fix it (on the page): Use another method.", "Nothing was sent."}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			good := run(func(tb testing.TB) { test.holds(test.outcome(corstest.Handler(tb, items()))) })
			if len(good.errors) > 0 {
				t.Errorf("the assertion that should hold fails:\n%s", good.text())
			}
			bad := run(func(tb testing.TB) { test.fails(test.outcome(corstest.Handler(tb, items()))) })
			if len(bad.errors) != 1 || bad.fatal {
				t.Fatalf("%d errors, fatal: %v; want one error:\n%s", len(bad.errors), bad.fatal, bad.text())
			}
			for _, s := range test.reports {
				if !strings.Contains(bad.text(), s) {
					t.Errorf("%q is missing in:\n%s", s, bad.text())
				}
			}
			if strings.Contains(bad.text(), "secret") {
				t.Errorf("the value of a cookie is printed:\n%s", bad.text())
			}
		})
	}
}
