package request_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/request"
)

// What is wrong although the request is allowed: headers that stay hidden, a missing Vary, ignored
// cookies. Headers that scripts have no use for, and responses that caches cannot confuse, have no note.
func TestNotes(t *testing.T) {
	const origin, credentials = "Access-Control-Allow-Origin: http://app.example", "Access-Control-Allow-Credentials: true"
	const any = "Access-Control-Allow-Origin: *"
	include := func(q *request.Question) { q.Credentials = "include" }
	sends := func(header string) func(*request.Question) {
		return func(q *request.Question) { q.Header = []string{header} }
	}
	for _, row := range []struct {
		name   string
		change func(*request.Question)
		header []string
		want   []string // kind, and parts of the sentence and of what to set, separated by |
	}{
		{"nothing to say", nil, []string{any, "Server: x", "X-Powered-By: x", "Content-Security-Policy: x", "Strict-Transport-Security: x"}, nil},
		{"a count", nil, []string{any, "X-Total-Count: 7"},
			[]string{"hidden-header|has X-Total-Count, which|To expose it: Access-Control-Expose-Headers: X-Total-Count.|set Access-Control-Expose-Headers: X-Total-Count"}},
		{"several headers", nil, []string{any, "Link: <a>", "X-Request-Id: 1", "RateLimit-Remaining: 1", "Content-Disposition: attachment", "X-Page: 2"},
			[]string{"hidden-header|To expose them|set Access-Control-Expose-Headers: Content-Disposition, Link, Ratelimit-Remaining, X-Page, X-Request-Id"}},
		{"one is exposed", nil, []string{any, "Link: <a>", "X-Total-Count: 7", "Access-Control-Expose-Headers: Link"},
			[]string{"hidden-header|has X-Total-Count, which|set Access-Control-Expose-Headers: Link, X-Total-Count"}},
		{"all are exposed", nil, []string{any, "Link: <a>", "Access-Control-Expose-Headers: *"}, nil},
		{"the wildcard with credentials", include, []string{origin, credentials, "Vary: Origin", "Link: <a>", "Access-Control-Expose-Headers: *"},
			[]string{"hidden-header|The wildcard * there does not count|set Access-Control-Expose-Headers: Link"}},
		{"a weak ETag", nil, []string{any, `ETag: W/"1"`}, nil},
		{"an ETag", nil, []string{any, `ETag: "1"`}, []string{"hidden-header|Etag"}},
		{"a weak ETag of a change", func(q *request.Question) { q.Method = "POST" }, []string{any, `ETag: W/"1"`}, []string{"hidden-header|Etag"}},
		{"an element reads no headers", func(q *request.Question) { q.Resource, q.CrossOrigin = "img", "anonymous" }, []string{any, "Link: <a>", "Content-Type: image/png"}, nil},
		{"the same origin", func(q *request.Question) { q.From = "http://api.example" }, []string{"Link: <a>", "Set-Cookie: a=b"}, nil},

		{"an origin without Vary", nil, []string{origin}, []string{"vary|names this page's origin (Access-Control-Allow-Origin: http://app.example)|set Vary: Origin"}},
		{"an origin with another Vary", nil, []string{origin, "Vary: Accept"}, []string{"vary|set Vary: Accept, Origin"}},
		{"an origin with Vary", nil, []string{origin, "Vary: Accept, origin"}, nil},
		{"Vary: *", nil, []string{origin, "Vary: *"}, nil},
		{"a response that is not stored", nil, []string{origin, "Cache-Control: private, no-store"}, nil},
		{"a POST", func(q *request.Question) { q.Method = "POST" }, []string{origin}, nil},

		{"Authorization, allowed by *", sends("Authorization: x"), []string{any, "Access-Control-Allow-Headers: *"},
			[]string{"authorization|does not include Authorization|set Access-Control-Allow-Headers: *, Authorization"}},
		{"Authorization, allowed by its name", sends("Authorization: x"), []string{any, "Access-Control-Allow-Headers: *, authorization"}, nil},
		{"another header, allowed by *", sends("X-A: x"), []string{any, "Access-Control-Allow-Headers: *"}, nil},
		{"a header of responses", sends("Access-Control-Allow-Origin: *"), []string{any, "Access-Control-Allow-Headers: *"},
			[]string{"response-header|sends Access-Control-Allow-Origin with its request|Delete it in the page"}},

		{"a cookie without credentials", nil, []string{any, "Set-Cookie: session=1; Secure"},
			[]string{`cookie-refused|ignores the cookie session|without credentials|credentials: "include"`}},
		{"a cookie without credentials, by XMLHttpRequest", func(q *request.Question) { q.XHR = true }, []string{any, "Set-Cookie: session=1"},
			[]string{"cookie-refused|withCredentials"}},
		{"a cookie without SameSite", include, []string{origin, credentials, "Vary: Origin", "Set-Cookie: session=1"},
			[]string{"cookie-refused|session|treated as SameSite=Lax|it needs SameSite=None; Secure."}},
		{"SameSite=None without Secure", include, []string{origin, credentials, "Vary: Origin", "Set-Cookie: session=1; SameSite=None"},
			[]string{"cookie-refused|session|must also have Secure|Add Secure"}},
		{"a foreign domain", include, []string{origin, credentials, "Vary: Origin", "Set-Cookie: session=1; Domain=other.example"},
			[]string{"cookie-refused|session|Domain|Omit Domain"}},
		{"two cookies", include, []string{origin, credentials, "Vary: Origin", "Set-Cookie: a=1", "Set-Cookie: b=1"}, []string{"cookie-refused|cookie a ", "cookie-refused|cookie b "}},
		{"a cookie that is not sent", func(q *request.Question) {
			q.Credentials, q.Cookies = "include", []string{"session=1; SameSite=Strict"}
		},
			[]string{origin, credentials, "Vary: Origin"}, []string{"cookie-withheld|does not send the cookie session|SameSite=Strict|it needs SameSite=None; Secure."}},
		{"a blocked response", nil, []string{"Link: <a>", "Set-Cookie: session=1"}, []string{"cookie-refused|session"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			q := plain()
			if row.change != nil {
				row.change(&q)
			}
			result := run(t, func(w http.ResponseWriter, _ *http.Request) {
				for _, line := range row.header {
					name, value, _ := strings.Cut(line, ": ")
					w.Header().Add(name, value)
				}
			}, q)
			var got []string
			for _, n := range result.Results[0].Notes {
				text := string(n.Kind) + "|" + n.Sentence
				for _, h := range n.Set {
					text += "|set " + h.Name + ": " + h.Value
				}
				got = append(got, text)
			}
			if len(got) != len(row.want) {
				t.Fatalf("%s: %d notes, want %d:\n%s", result.Verdict, len(got), len(row.want), strings.Join(got, "\n"))
			}
			for i, parts := range row.want {
				for part := range strings.SplitSeq(parts, "|") {
					if !strings.Contains(got[i], part) {
						t.Errorf("%q is not in: %s", part, got[i])
					}
				}
			}
		})
	}
}
