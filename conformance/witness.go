package conformance

// Witnesses are cases made by hand for what generated ones seldom come to. They
// are part of every recorded corpus.
func Witnesses() []Case {
	grant := func(origin string) [][2]string {
		return [][2]string{{"Cache-Control", "no-store"}, {"Access-Control-Allow-Origin", origin}, {"Access-Control-Allow-Credentials", "true"}}
	}
	preflight := func(methods, headers string) Answer {
		a := Answer{Status: 204, Headers: grant("http://{a}")}
		a.Headers = append(a.Headers, [2]string{"Access-Control-Allow-Methods", methods},
			[2]string{"Access-Control-Allow-Headers", headers}, [2]string{"Access-Control-Max-Age", "600"})
		return a
	}
	ok := Answer{Headers: grant("http://{a}"), Body: "hello"}
	to := func(location, origin string) Answer {
		return Answer{Status: 302, Headers: append(grant(origin), [2]string{"Location", location})}
	}
	put := func(id string, header, allow string) Step {
		return Step{
			Request: Request{Via: "fetch", URL: "http://{b}/c/" + id + "/0", Method: "PUT", Headers: [][2]string{{header, "1"}}, Credentials: "include"},
			Answers: []Hop{{Preflight: preflight("PUT", allow), Actual: ok}},
		}
	}
	noStore := func(s Step) Step {
		s.Request.Cache = "no-store"
		return s
	}
	upload := func(id string) Step {
		return Step{
			Request: Request{Via: "xhr", URL: "http://{b}/c/" + id + "/0", Method: "POST", BodyKind: "string", Body: "hello", UploadListener: true},
			Answers: []Hop{{Preflight: Answer{Status: 204, Headers: append(grant("http://{a}"), [2]string{"Access-Control-Max-Age", "600"})}, Actual: ok}},
		}
	}
	manual := func(id, location string) Step {
		return Step{
			Request: Request{Via: "fetch", URL: "http://{b}/c/" + id + "/0", Redirect: "manual"},
			Answers: []Hop{{Actual: to(location, "http://{a}")}},
		}
	}
	// An answer that lets everybody in who sends no credentials, whatever the
	// origin has become.
	anyone := Answer{Status: 204, Headers: [][2]string{{"Access-Control-Allow-Origin", "*"}, {"Access-Control-Allow-Methods", "*"},
		{"Access-Control-Allow-Headers", "authorization, x-a"}}}
	return []Case{
		{
			// A stream in same-origin mode, to another origin.
			ID: 900001, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{b}/c/900001/0", Method: "POST", BodyKind: "stream", Body: "streamed", Mode: "same-origin"},
				Answers: []Hop{{Preflight: preflight("POST", "content-type"), Actual: ok}},
			}},
		},
		{
			// A strict cookie, and redirects to another site and back.
			ID: 900002, Family: "cookie", Page: Page{Host: "a"},
			Cookies: []SetCookie{{"a", "k0_900002=1; Path=/c/900002/; SameSite=Strict"}},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{a}/c/900002/0", Credentials: "include"},
				Answers: []Hop{
					{Actual: to("http://{b}/c/900002/1", "http://{a}")},
					{Actual: to("http://{a2}/c/900002/2", "http://{a}")},
					{Actual: Answer{Headers: grant("null"), Body: "hello"}},
				},
			}},
		},
		{
			// A second preflight, past the cache, that allows less, and then what
			// only the first allowed.
			ID: 900003, Family: "cache", Page: Page{Host: "a"},
			Steps: []Step{put("900003", "X-A", "x-a, x-b"), noStore(put("900003", "X-C", "x-c")), put("900003", "X-B", "x-c")},
		},
		{
			// A body that an XMLHttpRequest's GET ignores.
			ID: 900004, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "xhr", URL: "http://{b}/c/900004/0", Method: "GET", BodyKind: "urlencoded", Body: "a=1"},
				Answers: []Hop{{Preflight: preflight("GET", "content-type"), Actual: ok}},
			}},
		},
		{
			// A data: URL in a mode that must follow redirects, and does not.
			ID: 900005, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "data:text/plain,hello", Mode: "no-cors", Redirect: "manual"},
				Answers: []Hop{{Actual: ok}},
			}},
		},
		{
			// A conditional request: is its preflight one that no cache may answer?
			ID: 900006, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{b}/c/900006/0", Headers: [][2]string{{"If-None-Match", "v"}, {"Cache-Control", "no-cache"}}},
				Answers: []Hop{{Preflight: preflight("GET", "if-none-match, cache-control"), Actual: ok}},
			}},
		},
		{
			// What was remembered, a request that it does not cover and that is
			// refused, and then the first again.
			ID: 900007, Family: "cache", Page: Page{Host: "a"},
			Steps: []Step{put("900007", "X-A", "x-a"), put("900007", "X-C", "x-a"), put("900007", "X-A", "x-a")},
		},
		{
			// A preflight that allows what an earlier request needed, and not what asks.
			ID: 900008, Family: "cache", Page: Page{Host: "a"},
			Steps: []Step{put("900008", "X-A", "x-b"), put("900008", "X-B", "x-b")},
		},
		{
			// Authorization over a redirect to another origin and one that stays there.
			ID: 900009, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{b}/c/900009/0", Headers: [][2]string{{"Authorization", "Bearer x"}}},
				Answers: []Hop{
					{Preflight: preflight("GET", "authorization"), Actual: to("http://{c}/c/900009/1", "http://{a}")},
					{Preflight: anyone, Actual: to("http://{c}/c/900009/2", "*")},
					{Preflight: anyone, Actual: Answer{Headers: grant("*"), Body: "hello"}},
				},
			}},
		},
		{
			// A POST without CORS and without referrer, redirected to another origin.
			ID: 900010, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{a}/c/900010/0", Method: "POST", BodyKind: "string", Body: "hello", Mode: "no-cors", ReferrerPolicy: "no-referrer"},
				Answers: []Hop{{Actual: Answer{Status: 307, Headers: append(grant("*"), [2]string{"Location", "http://{b}/c/900010/1"})}}, {Actual: ok}},
			}},
		},
		{
			// A redirect away from home, to a URL with a user name, of a request
			// that needs a preflight there.
			ID: 900011, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{a}/c/900011/0", Headers: [][2]string{{"X-A", "1"}}},
				Answers: []Hop{{Actual: to("http://user@{b}/c/900011/1", "*")}, {Preflight: anyone, Actual: ok}},
			}},
		},
		{
			// Same-origin credentials, and a redirect to another origin of the site.
			ID: 900012, Family: "cookie", Page: Page{Host: "a"},
			Cookies: []SetCookie{{"a", "k0_900012=1; Path=/c/900012/"}},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{a}/c/900012/0", Mode: "no-cors"},
				Answers: []Hop{{Actual: to("http://{a2}/c/900012/1", "http://{a}")}, {Actual: ok}},
			}},
		},
		{
			// Upload listeners, twice, where the server names no method.
			ID: 900013, Family: "cache", Page: Page{Host: "a"},
			Steps: []Step{upload("900013"), upload("900013")},
		},
		{
			// A redirect that is not to be followed, to what is no URL.
			ID: 900014, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{manual("900014", "http://")},
		},
		{
			// A redirect that is not to be followed, to where no browser goes any more.
			ID: 900015, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{manual("900015", "ftp://{a}/")},
		},
		{
			// An image that says it is text and not to be sniffed.
			ID: 900016, Family: "element", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "img", URL: "http://{b}/c/900016/0"},
				Answers: []Hop{{Actual: Answer{BodyKind: "png", Headers: [][2]string{
					{"Cache-Control", "no-store"}, {"Content-Type", "text/plain"}, {"X-Content-Type-Options", "nosniff"},
				}}}},
			}},
		},
		{
			// A strict cookie of a host of the same site, after a redirect by another site.
			ID: 900017, Family: "cookie", Page: Page{Host: "a"},
			Cookies: []SetCookie{{"sub.a", "k0_900017=1; Path=/c/900017/; SameSite=Strict"}},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{b}/c/900017/0", Mode: "no-cors", Credentials: "include"},
				Answers: []Hop{{Actual: to("http://{sub.a}/c/900017/1", "http://{a}")}, {Actual: ok}},
			}},
		},
		{
			// A script's User-Agent, and a redirect that stays at home.
			ID: 900018, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{a}/c/900018/0", Headers: [][2]string{{"User-Agent", "conformance"}}},
				Answers: []Hop{{Actual: to("http://{a}/c/900018/1", "*")}, {Actual: ok}},
			}},
		},
		{
			// A cookie for another origin of the same site, from a page whose
			// embedder policy asks for no credentials.
			ID: 900019, Family: "corp", Page: Page{Host: "a", COEP: "credentialless"},
			Cookies: []SetCookie{{"sub.a", "k0_900019=1; Path=/c/900019/"}},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{sub.a}/c/900019/0", Mode: "no-cors", Credentials: "include"},
				Answers: []Hop{{Actual: Answer{Body: "hello", Headers: [][2]string{
					{"Cache-Control", "no-store"}, {"Cross-Origin-Resource-Policy", "cross-origin"},
				}}}},
			}},
		},
		{
			// A relaxed referrer policy on the way out, and one that a redirect sets
			// on the way home.
			ID: 900020, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{b}/c/900020/0", ReferrerPolicy: "unsafe-url"},
				Answers: []Hop{
					{Actual: Answer{Status: 302, Headers: append(grant("http://{a}"),
						[2]string{"Location", "http://{a}/c/900020/1"}, [2]string{"Referrer-Policy", "origin-when-cross-origin"})}},
					{Actual: Answer{Headers: grant("null"), Body: "hello"}},
				},
			}},
		},
		{
			// A charset that XMLHttpRequest replaces in a type the script set.
			ID: 900021, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "xhr", URL: "http://{b}/c/900021/0", Method: "POST", BodyKind: "urlencoded", Body: "a=1",
					Headers: [][2]string{{"Content-Type", "text/plain; charset=latin1"}}},
				Answers: []Hop{{Preflight: preflight("POST", "content-type"), Actual: ok}},
			}},
		},
		{
			// The same of a string, where it makes the difference between a type that
			// needs leave and one that does not; and over a redirect.
			ID: 900022, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "xhr", URL: "http://{b}/c/900022/0", Method: "POST", BodyKind: "string", Body: "a=1",
					Headers: [][2]string{{"Content-Type", "text/plain; charset=(x"}}},
				Answers: []Hop{
					{Preflight: preflight("POST", "content-type"), Actual: Answer{Status: 307, Headers: append(grant("http://{a}"), [2]string{"Location", "http://{b}/c/900022/1"})}},
					{Preflight: preflight("POST", "content-type"), Actual: ok},
				},
			}},
		},
		{
			// An empty Blob, and the Content-Length that a script may not set.
			ID: 900023, Family: "cors", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "fetch", URL: "http://{b}/c/900023/0", Method: "PATCH", BodyKind: "blob", Headers: [][2]string{{"Content-Length", "1"}}},
				Answers: []Hop{{Preflight: preflight("PATCH", "*"), Actual: ok}},
			}},
		},
		{
			// A script that is redirected to a data: URL.
			ID: 900024, Family: "element", Page: Page{Host: "a"},
			Steps: []Step{{
				Request: Request{Via: "script", URL: "http://{b}/c/900024/0"},
				Answers: []Hop{{Actual: to("data:text/javascript,1", "http://{a}")}},
			}},
		},
	}
}
