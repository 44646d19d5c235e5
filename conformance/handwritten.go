package conformance

// HandwrittenCases returns cases for situations that generated cases rarely
// contain. They are part of every recorded corpus.
func HandwrittenCases() []Case {
	grant := func(origin string) [][2]string {
		return [][2]string{
			{"Cache-Control", "no-store"},
			{"Access-Control-Allow-Origin", origin},
			{"Access-Control-Allow-Credentials", "true"},
		}
	}
	preflight := func(methods, headers string) Response {
		a := Response{Status: 204, Headers: grant("http://{a}")}
		a.Headers = append(a.Headers, [2]string{"Access-Control-Allow-Methods", methods},
			[2]string{"Access-Control-Allow-Headers", headers}, [2]string{"Access-Control-Max-Age", "600"})
		return a
	}
	ok := Response{Headers: grant("http://{a}"), Body: "hello"}
	to := func(location, origin string) Response {
		return Response{Status: 302, Headers: append(grant(origin), [2]string{"Location", location})}
	}
	put := func(id string, header, allow string) Step {
		return Step{
			Request: Request{Via: "fetch", URL: "http://{b}/c/" + id + "/0", Method: "PUT", Headers: [][2]string{{header, "1"}}, Credentials: "include"},
			Hops:    []Hop{{Preflight: preflight("PUT", allow), Actual: ok}},
		}
	}
	noStore := func(s Step) Step {
		s.Request.Cache = "no-store"
		return s
	}
	upload := func(id string) Step {
		return Step{
			Request: Request{Via: "xhr", URL: "http://{b}/c/" + id + "/0", Method: "POST", BodyKind: "string", Body: "hello", UploadListener: true},
			Hops:    []Hop{{Preflight: Response{Status: 204, Headers: append(grant("http://{a}"), [2]string{"Access-Control-Max-Age", "600"})}, Actual: ok}},
		}
	}
	manual := func(id, location string) Step {
		return Step{
			Request: Request{Via: "fetch", URL: "http://{b}/c/" + id + "/0", Redirect: "manual"},
			Hops:    []Hop{{Actual: to(location, "http://{a}")}},
		}
	}
	// A preflight response that allows any origin without credentials, even
	// after redirects that replace the origin with null.
	anyone := Response{Status: 204, Headers: [][2]string{{"Access-Control-Allow-Origin", "*"}, {"Access-Control-Allow-Methods", "*"},
		{"Access-Control-Allow-Headers", "authorization, x-a"}}}
	return append([]Case{
		{
			// A stream in same-origin mode, to another origin.
			ID: 900001, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{b}/c/900001/0", Method: "POST", BodyKind: "stream", Body: "streamed", Mode: "same-origin"},
				Hops:    []Hop{{Preflight: preflight("POST", "content-type"), Actual: ok}},
			}},
		},
		{
			// A cookie with SameSite=Strict, and redirects to another site and back.
			ID: 900002, Family: "cookie", Page: Page{Host: "a"},
			Cookies: []SetCookie{{"a", "k0_900002=1; Path=/c/900002/; SameSite=Strict"}},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{a}/c/900002/0", Credentials: "include"},
				Hops: []Hop{
					{Actual: to("http://{b}/c/900002/1", "http://{a}")},
					{Actual: to("http://{a2}/c/900002/2", "http://{a}")},
					{Actual: Response{Headers: grant("null"), Body: "hello"}},
				},
			}},
		},
		{
			// A second preflight, which bypasses the cache and allows less, and then a
			// request that only the first preflight allowed.
			ID: 900003, Family: "cache", Page: Page{Host: "a"},
			Steps: []Step{put("900003", "X-A", "x-a, x-b"), noStore(put("900003", "X-C", "x-c")), put("900003", "X-B", "x-c")},
		},
		{
			// An XMLHttpRequest with method GET, which ignores its body.
			ID: 900004, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "xhr", URL: "http://{b}/c/900004/0", Method: "GET", BodyKind: "urlencoded", Body: "a=1"},
				Hops:    []Hop{{Preflight: preflight("GET", "content-type"), Actual: ok}},
			}},
		},
		{
			// A no-cors request of a data: URL that does not follow redirects, although
			// no-cors requests must.
			ID: 900005, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "data:text/plain,hello", Mode: "no-cors", Redirect: "manual"},
				Hops:    []Hop{{Actual: ok}},
			}},
		},
		{
			// A conditional request: does its preflight bypass the HTTP cache?
			ID: 900006, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{b}/c/900006/0", Headers: [][2]string{{"If-None-Match", "v"}, {"Cache-Control", "no-cache"}}},
				Hops:    []Hop{{Preflight: preflight("GET", "if-none-match, cache-control"), Actual: ok}},
			}},
		},
		{
			// A cached preflight, a request that it does not cover and that is
			// refused, and then the first request again.
			ID: 900007, Family: "cache", Page: Page{Host: "a"},
			Steps: []Step{put("900007", "X-A", "x-a"), put("900007", "X-C", "x-a"), put("900007", "X-A", "x-a")},
		},
		{
			// A preflight response that allows what another request needs, and not what
			// this one needs.
			ID: 900008, Family: "cache", Page: Page{Host: "a"},
			Steps: []Step{put("900008", "X-A", "x-b"), put("900008", "X-B", "x-b")},
		},
		{
			// Authorization, a redirect to another origin, and a redirect within that
			// origin.
			ID: 900009, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{b}/c/900009/0", Headers: [][2]string{{"Authorization", "Bearer x"}}},
				Hops: []Hop{
					{Preflight: preflight("GET", "authorization"), Actual: to("http://{c}/c/900009/1", "http://{a}")},
					{Preflight: anyone, Actual: to("http://{c}/c/900009/2", "*")},
					{Preflight: anyone, Actual: Response{Headers: grant("*"), Body: "hello"}},
				},
			}},
		},
		{
			// A no-cors POST without a referrer, redirected to another origin.
			ID: 900010, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{a}/c/900010/0", Method: "POST", BodyKind: "string", Body: "hello", Mode: "no-cors", ReferrerPolicy: "no-referrer"},
				Hops:    []Hop{{Actual: Response{Status: 307, Headers: append(grant("*"), [2]string{"Location", "http://{b}/c/900010/1"})}}, {Actual: ok}},
			}},
		},
		{
			// A same-origin request redirected to a cross-origin URL with a user name,
			// where it needs a preflight.
			ID: 900011, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{a}/c/900011/0", Headers: [][2]string{{"X-A", "1"}}},
				Hops:    []Hop{{Actual: to("http://user@{b}/c/900011/1", "*")}, {Preflight: anyone, Actual: ok}},
			}},
		},
		{
			// Credentials mode same-origin, and a redirect to another origin of the site.
			ID: 900012, Family: "cookie", Page: Page{Host: "a"},
			Cookies: []SetCookie{{"a", "k0_900012=1; Path=/c/900012/"}},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{a}/c/900012/0", Mode: "no-cors"},
				Hops:    []Hop{{Actual: to("http://{a2}/c/900012/1", "http://{a}")}, {Actual: ok}},
			}},
		},
		{
			// Upload listeners, twice, with preflight responses that list no methods.
			ID: 900013, Family: "cache", Page: Page{Host: "a"},
			Steps: []Step{upload("900013"), upload("900013")},
		},
		{
			// Redirect mode manual, and an invalid URL as the Location.
			ID: 900014, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{manual("900014", "http://")},
		},
		{
			// Redirect mode manual, and a scheme that browsers no longer support.
			ID: 900015, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{manual("900015", "ftp://{a}/")},
		},
		{
			// An image with the type text/plain and nosniff.
			ID: 900016, Family: "element", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "img", URL: "http://{b}/c/900016/0"},
				Hops: []Hop{{Actual: Response{BodyKind: "png", Headers: [][2]string{
					{"Cache-Control", "no-store"}, {"Content-Type", "text/plain"}, {"X-Content-Type-Options", "nosniff"},
				}}}},
			}},
		},
		{
			// A cookie with SameSite=Strict of a host of the same site, after a redirect
			// from another site.
			ID: 900017, Family: "cookie", Page: Page{Host: "a"},
			Cookies: []SetCookie{{"sub.a", "k0_900017=1; Path=/c/900017/; SameSite=Strict"}},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{b}/c/900017/0", Mode: "no-cors", Credentials: "include"},
				Hops:    []Hop{{Actual: to("http://{sub.a}/c/900017/1", "http://{a}")}, {Actual: ok}},
			}},
		},
		{
			// A User-Agent that the script sets, and a redirect within the page's origin.
			ID: 900018, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{a}/c/900018/0", Headers: [][2]string{{"User-Agent", "conformance"}}},
				Hops:    []Hop{{Actual: to("http://{a}/c/900018/1", "*")}, {Actual: ok}},
			}},
		},
		{
			// A cookie of another origin of the same site, and a page with the embedder
			// policy credentialless.
			ID: 900019, Family: "corp", Page: Page{Host: "a", COEP: "credentialless"},
			Cookies: []SetCookie{{"sub.a", "k0_900019=1; Path=/c/900019/"}},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{sub.a}/c/900019/0", Mode: "no-cors", Credentials: "include"},
				Hops: []Hop{{Actual: Response{Body: "hello", Headers: [][2]string{
					{"Cache-Control", "no-store"}, {"Cross-Origin-Resource-Policy", "cross-origin"},
				}}}},
			}},
		},
		{
			// A relaxed referrer policy for another site, and one that a redirect back
			// to the page's origin sets.
			ID: 900020, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{b}/c/900020/0", ReferrerPolicy: "unsafe-url"},
				Hops: []Hop{
					{Actual: Response{Status: 302, Headers: append(grant("http://{a}"),
						[2]string{"Location", "http://{a}/c/900020/1"}, [2]string{"Referrer-Policy", "origin-when-cross-origin"})}},
					{Actual: Response{Headers: grant("null"), Body: "hello"}},
				},
			}},
		},
		{
			// A charset that XMLHttpRequest replaces in a Content-Type that the script set.
			ID: 900021, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "xhr", URL: "http://{b}/c/900021/0", Method: "POST", BodyKind: "urlencoded", Body: "a=1",
					Headers: [][2]string{{"Content-Type", "text/plain; charset=latin1"}}},
				Hops: []Hop{{Preflight: preflight("POST", "content-type"), Actual: ok}},
			}},
		},
		{
			// The same with a string body, where the replacement decides whether the type
			// needs a preflight, and with a redirect.
			ID: 900022, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "xhr", URL: "http://{b}/c/900022/0", Method: "POST", BodyKind: "string", Body: "a=1",
					Headers: [][2]string{{"Content-Type", "text/plain; charset=(x"}}},
				Hops: []Hop{
					{Preflight: preflight("POST", "content-type"), Actual: Response{Status: 307, Headers: append(grant("http://{a}"), [2]string{"Location", "http://{b}/c/900022/1"})}},
					{Preflight: preflight("POST", "content-type"), Actual: ok},
				},
			}},
		},
		{
			// An empty Blob, and a Content-Length, which scripts may not set.
			ID: 900023, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{b}/c/900023/0", Method: "PATCH", BodyKind: "blob", Headers: [][2]string{{"Content-Length", "1"}}},
				Hops:    []Hop{{Preflight: preflight("PATCH", "*"), Actual: ok}},
			}},
		},
		{
			// A script that is redirected to a data: URL.
			ID: 900024, Family: "element", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "script", URL: "http://{b}/c/900024/0"},
				Hops:    []Hop{{Actual: to("data:text/javascript,1", "http://{a}")}},
			}},
		},
	}, responseCases()...)
}
