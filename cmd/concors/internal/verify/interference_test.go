package verify

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/probe/probetest"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// shop is the policy of the servers in this file.
var shop = routes.Policies{Policy: cors.Policy{
	Origins: []string{"https://app.example.com", "https://admin.example.com"}, Methods: []string{"PUT"},
	RequestHeaders: []string{"Content-Type"}, ExposedHeaders: []string{"X-Total-Count"}, Credentials: true,
}}

// hole also allows the last near misses that are tested: it shows only in late requests.
func hole(t *testing.T) func(o string) bool {
	t.Helper()
	_, foreign, err := probe.Samples(shop.Policy)
	if err != nil {
		t.Fatal(err)
	}
	late := foreign[len(foreign)-5:]
	return func(o string) bool { return slices.Contains(late, o) }
}

// layers are what can stand in front of a server and refuse requests.
func layers(clock *probetest.Clock) map[string]probetest.Layer {
	withHeader := func(name, value string, code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(name, value)
			w.WriteHeader(code)
		}
	}
	return map[string]probetest.Layer{
		"403 after 40 requests":                  probetest.RefuseAfter(40, probetest.Status(403)),
		"403 after 7 requests":                   probetest.RefuseAfter(7, probetest.Status(403)),
		"401 after 25 requests":                  probetest.RefuseAfter(25, probetest.Status(401)),
		"404 after 40 requests":                  probetest.RefuseAfter(40, probetest.Status(404)),
		"200 without CORS after 40 requests":     probetest.RefuseAfter(40, items),
		"429 after 30 requests":                  probetest.RefuseAfter(30, probetest.Status(429)),
		"429 that asks to wait for an hour":      probetest.RefuseAfter(30, withHeader("Retry-After", "3600", 429)),
		"503 after 30 requests":                  probetest.RefuseAfter(30, probetest.Status(503)),
		"a bot page after 40 requests":           probetest.RefuseAfter(40, probetest.BotPage),
		"a named bot filter after 40 requests":   probetest.RefuseAfter(40, withHeader("Cf-Mitigated", "challenge", 403)),
		"no response after 30 requests":          probetest.RefuseAfter(30, probetest.HangUp),
		"a redirect to a login after 40":         probetest.RefuseAfter(40, withHeader("Location", "/login", 302)),
		"a limiter that allows one a minute":     probetest.Limit(clock, 20, 1.0/60, false, probetest.Status(429)),
		"a limiter with 403":                     probetest.Limit(clock, 20, 1.0/60, false, probetest.Status(403)),
		"a limiter with an open Allow-Origin":    probetest.RefuseAfter(40, withHeader("Access-Control-Allow-Origin", "https://app.example.com", 429)),
		"a filter that allows the plain request": plainOnly(40),
	}
}

// plainOnly refuses all requests with an Origin after the first n.
func plainOnly(n int64) probetest.Layer {
	return func(next http.Handler) http.Handler {
		refusing := probetest.RefuseAfter(n, probetest.Status(403))(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Origin") == "" {
				next.ServeHTTP(w, r)
				return
			}
			refusing.ServeHTTP(w, r)
		})
	}
}

// withoutAndWithAHole returns both kinds of servers, or with -short one of them in turn.
func withoutAndWithAHole(i int) []bool {
	if testing.Short() {
		return []bool{i%2 == 1}
	}
	return []bool{false, true}
}

// Whatever refuses the requests of a tool, the server never agrees with the policy
// because of it, and is not accused of anything else either.
func TestWhatARefusalHidesIsNotKnown(t *testing.T) {
	for i, name := range slices.Sorted(maps.Keys(layers(probetest.NewClock()))) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, holed := range withoutAndWithAHole(i) {
				clock := probetest.NewClock()
				in := func(string) bool { return false }
				if holed {
					in = hole(t)
				}
				address := serve(t, shop, func(h http.Handler) http.Handler { return layers(clock)[name](alsoAllow(in)(h)) })
				r := run(t, shop, probe.Options{URLs: []string{address}, Clock: clock})
				if r.Verdict != Unknown || r.Sites[0].NotKnown+r.Sites[0].NoResponse == 0 || r.Sites[0].Cause == "" || len(kindsOf(r)) > 0 {
					t.Errorf("holed %v: %s, %q\n%s", holed, r.Verdict, kindsOf(r), text(t, r))
				}
				if !strings.Contains(text(t, r), "not known") {
					t.Errorf("the text does not say what is not known:\n%s", text(t, r))
				}
				if r.Sites[0].Requests > 130 {
					t.Errorf("%d requests were sent to a server that refuses them", r.Sites[0].Requests)
				}
			}
		})
	}
}

// Refusals that go away again cost time, and no result.
func TestRefusalsThatPassAreRepeated(t *testing.T) {
	passing := map[string]func(*probetest.Clock) probetest.Layer{
		"a 503 in five": func(*probetest.Clock) probetest.Layer { return probetest.RefuseEvery(5, probetest.Status(503)) },
		"a 500 in five": func(*probetest.Clock) probetest.Layer { return probetest.RefuseEvery(5, probetest.Status(500)) },
		"a 403 in six":  func(*probetest.Clock) probetest.Layer { return probetest.RefuseEvery(6, probetest.Status(403)) },
		"a 502 in three": func(*probetest.Clock) probetest.Layer {
			return probetest.RefuseEvery(3, probetest.Status(502))
		},
		"a bot page in seven": func(*probetest.Clock) probetest.Layer { return probetest.RefuseEvery(7, probetest.BotPage) },
		"no response to one in seven": func(*probetest.Clock) probetest.Layer {
			return probetest.RefuseEvery(7, probetest.HangUp)
		},
		"five a second": func(c *probetest.Clock) probetest.Layer {
			return probetest.Limit(c, 5, 5, false, probetest.Status(429))
		},
		"two a second, with Retry-After": func(c *probetest.Clock) probetest.Layer {
			return probetest.Limit(c, 20, 2, true, probetest.Status(429))
		},
		"four a second, with 403": func(c *probetest.Clock) probetest.Layer {
			return probetest.Limit(c, 30, 4, false, probetest.Status(403))
		},
		"five a second, with a page": func(c *probetest.Clock) probetest.Layer {
			return probetest.Limit(c, 20, 5, false, probetest.BotPage)
		},
		"a minute's budget": func(c *probetest.Clock) probetest.Layer {
			return probetest.Limit(c, 100, 10, false, probetest.Status(503))
		},
	}
	for i, name := range slices.Sorted(maps.Keys(passing)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			layer := passing[name]
			for _, holed := range withoutAndWithAHole(i) {
				clock := probetest.NewClock()
				in, want := func(string) bool { return false }, Agrees
				if holed {
					in, want = hole(t), Differs
				}
				address := serve(t, shop, func(h http.Handler) http.Handler { return layer(clock)(alsoAllow(in)(h)) })
				r := run(t, shop, probe.Options{URLs: []string{address}, Clock: clock, MaxRequests: 2000})
				if r.Verdict != want || holed != slices.Equal(kindsOf(r), []string{"foreign-origin-allowed"}) {
					t.Errorf("holed %v: %s, %q, %v\n%s", holed, r.Verdict, kindsOf(r), clock.Elapsed(), text(t, r))
				}
				if clock.Elapsed() > 10*time.Minute {
					t.Errorf("it took %v", clock.Elapsed())
				}
			}
		})
	}
}

// A server that refuses foreign origins with an error is not mistaken for a limiter.
func TestErrorsForForeignOriginsAreAPolicy(t *testing.T) {
	codes := []int{403, 500, 400, 401, 404}
	if testing.Short() {
		codes = codes[:2]
	}
	for _, code := range codes {
		policies := shop
		address := serve(t, policies, changeResponse(func(r *http.Request, h http.Header, status *int) {
			if r.Header.Get("Origin") != "" && h.Get("Access-Control-Allow-Origin") == "" {
				*status = code
			}
		}))
		r := run(t, policies, probe.Options{URLs: []string{address}})
		if r.Verdict != Agrees || len(kindsOf(r)) > 0 {
			t.Errorf("%d: %s, %q\n%s", code, r.Verdict, kindsOf(r), text(t, r))
		}
	}
}

// A filter that refuses only odd origins hides what the server does with them.
func TestRefusalsUnlikeTheOthersAreNotKnown(t *testing.T) {
	filter := func(refuse http.HandlerFunc) probetest.Layer {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if o := r.Header.Get("Origin"); strings.Contains(o, "evil") || strings.ContainsAny(o, "!_'`,") {
					refuse(w, r)
					return
				}
				next.ServeHTTP(w, r)
			})
		}
	}
	redirect := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/blocked", http.StatusFound) }
	refusals := map[string]http.HandlerFunc{
		"403": probetest.Status(403), "400": probetest.Status(400), "a page": probetest.BotPage, "a redirect": redirect,
	}
	for i, name := range slices.Sorted(maps.Keys(refusals)) {
		refuse := refusals[name]
		for _, holed := range withoutAndWithAHole(i) {
			in := func(o string) bool { return holed && strings.HasSuffix(o, ".evil.example") }
			address := serve(t, shop, func(h http.Handler) http.Handler { return filter(refuse)(alsoAllow(in)(h)) })
			r := run(t, shop, probe.Options{URLs: []string{address}})
			if r.Verdict != Unknown || len(kindsOf(r)) > 0 || !strings.Contains(r.Sites[0].Cause, "foreign origins in another way") {
				t.Errorf("%s, holed %v: %s, %q\n%s", name, holed, r.Verdict, kindsOf(r), text(t, r))
			}
		}
	}
}

// A server that has nothing to show is not one that agrees.
func TestAServerThatShowsNothingIsNotKnown(t *testing.T) {
	withCORS := func(status int) func(http.Handler) http.Handler {
		return changeResponse(func(r *http.Request, _ http.Header, s *int) {
			if !isPreflight(r) {
				*s = status
			}
		})
	}
	plain := func(refuse http.HandlerFunc) func(http.Handler) http.Handler {
		return func(http.Handler) http.Handler { return refuse }
	}
	for name, around := range map[string]func(http.Handler) http.Handler{
		"404 everywhere, with the right headers": withCORS(404),
		"410 everywhere, with the right headers": withCORS(410),
		"503 everywhere, with the right headers": withCORS(503),
		"500 everywhere, with the right headers": withCORS(500),
		"401 everywhere, with the right headers": withCORS(401),
		"405 everywhere, with the right headers": withCORS(405),
		"404 for preflights too":                 changeResponse(func(_ *http.Request, _ http.Header, s *int) { *s = 404 }),
		"404 for everything":                     plain(probetest.Status(404)),
		"a redirect to a login for everything": plain(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/login" {
				http.Redirect(w, r, "/login?next=s3cret", http.StatusFound)
			}
		}),
		"401 for everything": plain(probetest.Status(401)),
		"403 for everything": plain(probetest.Status(403)),
		"429 for everything": plain(probetest.Status(429)),
		"503 for everything": plain(probetest.Status(503)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, shop, probe.Options{URLs: []string{serve(t, shop, around)}})
			if r.Verdict != Unknown || r.Sites[0].Cause == "" || len(kindsOf(r)) > 0 {
				t.Errorf("%s, %q\n%s", r.Verdict, kindsOf(r), text(t, r))
			}
		})
	}
}

// recorded starts a server and returns its URL and the requests that it got.
func recorded(t *testing.T, policies routes.Policies, around func(http.Handler) http.Handler) (address string, seen func() []*http.Request) {
	t.Helper()
	var mu sync.Mutex
	var all []*http.Request
	address = serve(t, policies, func(next http.Handler) http.Handler {
		if around != nil {
			next = around(next)
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			all = append(all, r.Clone(t.Context()))
			mu.Unlock()
			next.ServeHTTP(w, r)
		})
	})
	return address, func() []*http.Request {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(all)
	}
}

func TestTheFirstRequestsShowTheMostDangerousMistakes(t *testing.T) {
	for name, policies := range map[string]routes.Policies{
		"two origins": shop,
		"a pattern":   {Policy: cors.Policy{Origins: []string{"https://*.example.com"}}},
		"many origins": {Policy: cors.Policy{Origins: []string{"http://a.example", "https://b.example", "https://c.example:8443",
			"https://d.example"}}},
	} {
		address, seen := recorded(t, policies, nil)
		run(t, policies, probe.Options{URLs: []string{address}})
		var origins []string
		for _, r := range seen()[:5] {
			origins = append(origins, r.Header.Get("Origin"))
		}
		near := slices.ContainsFunc(origins, func(o string) bool { return strings.HasPrefix(o, origins[1]+".") })
		if !slices.Contains(origins, "null") || !near || origins[0] != "" {
			t.Errorf("%s: the first requests are from %q", name, origins)
		}
	}
}

// All requests of a run look like those of one browser, and say where they come from.
func TestAllRequestsHaveOneUserAgentAndTheMarker(t *testing.T) {
	browsers := []string{"chromium", "standard", "firefox", "webkit"}
	if testing.Short() {
		browsers = browsers[:2]
	}
	for _, as := range browsers {
		address, seen := recorded(t, shop, nil)
		run(t, shop, probe.Options{URLs: []string{address}, As: as})
		agents := map[string]int{}
		for _, r := range seen() {
			agents[r.Header.Get("User-Agent")]++
			if r.Header.Get("X-Concors") != "verify" {
				t.Errorf("%s: %s without the marker: %v", as, r.Method, r.Header)
			}
		}
		if len(agents) != 1 || agents[""] > 0 || strings.Contains(fmt.Sprint(agents), "Go-http-client") {
			t.Errorf("%s: User-Agent values %v", as, agents)
		}
	}
	address, seen := recorded(t, shop, nil)
	run(t, shop, probe.Options{URLs: []string{address}, Header: []string{"User-Agent: ours"}})
	for _, r := range seen() {
		if r.Header.Get("User-Agent") != "ours" {
			t.Errorf("%s: User-Agent %q, which is not the one given", r.Method, r.Header.Get("User-Agent"))
		}
	}
}

func TestRateLimitsRequestsPerSecond(t *testing.T) {
	for rate, most := range map[float64]float64{0: 10, 2: 2, 50: 50} {
		clock := probetest.NewClock()
		address, seen := recorded(t, shop, nil)
		r := run(t, shop, probe.Options{URLs: []string{address}, Rate: rate, Clock: clock})
		if perSecond := float64(len(seen())-1) / clock.Elapsed().Seconds(); r.Verdict != Agrees || perSecond > most*1.01 {
			t.Errorf("rate %v: %d requests in %v, %s", rate, len(seen()), clock.Elapsed(), r.Verdict)
		}
	}
}

// The limit on requests never leaves a row out without saying that it is not known.
func TestALimitOnRequestsIsNotAgreement(t *testing.T) {
	address, seen := recorded(t, shop, nil)
	run(t, shop, probe.Options{URLs: []string{address}})
	all := len(seen())
	limits := []int{1, 5, all / 2, all - 1, 2, 3, 6, 10, 30, all - 3, all - 2}
	if testing.Short() {
		limits = limits[:4]
	}
	for _, limit := range limits {
		r := run(t, shop, probe.Options{URLs: []string{address}, MaxRequests: limit})
		if s := r.Sites[0]; r.Verdict != Unknown || s.Skipped == 0 || s.Requests > limit || !strings.Contains(text(t, r), "--max-requests") {
			t.Errorf("%d of %d requests: %s, %d left out\n%s", limit, all, r.Verdict, s.Skipped, text(t, r))
		}
	}
	if r := run(t, shop, probe.Options{URLs: []string{address}, MaxRequests: all}); r.Verdict != Agrees {
		t.Errorf("exactly as many requests as needed: %s\n%s", r.Verdict, text(t, r))
	}
}

func TestALoginIsPassedWithHeadersAndCookies(t *testing.T) {
	const token, session = "Bearer s3cret t0ken/+", "s3cret-sess10n"
	login := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c, err := r.Cookie("session")
			if isPreflight(r) {
				if err == nil || r.Header.Get("X-Staging") != "" {
					t.Errorf("a preflight with the login: %v", r.Header)
				}
			} else if err != nil || c.Value != session || r.Header.Get("X-Staging") != token {
				w.Header().Set("X-Echo", r.Header.Get("X-Staging"))
				http.Error(w, "log in", http.StatusUnauthorized)
				return
			}
			staging := r.Header.Get("X-Staging")
			for name, value := range map[string]string{
				"X-Echo": staging + " " + r.Header.Get("Cookie"), "X-Upper": strings.ToUpper(staging), "X-URL": "/?k=" + url.QueryEscape(staging),
				"X-Base64": base64.StdEncoding.EncodeToString([]byte(staging)), "X-" + session: "1",
			} {
				w.Header().Set(name, value)
			}
			next.ServeHTTP(w, r)
		})
	}
	options := probe.Options{Header: []string{"X-Staging: " + token}, Cookie: []string{"session=" + session, "theme=dark"}}
	for _, in := range []func(string) bool{func(string) bool { return false }, func(string) bool { return true }} {
		address := serve(t, shop, func(h http.Handler) http.Handler { return login(alsoAllow(in)(h)) })
		options.URLs = []string{address}
		r := run(t, shop, options)
		if want := map[bool]Verdict{false: Agrees, true: Differs}[in("")]; r.Verdict != want {
			t.Errorf("%s, want %s\n%s", r.Verdict, want, text(t, r))
		}
		var j, x bytes.Buffer
		if err := r.WriteJSON(&j); err != nil {
			t.Fatal(err)
		}
		if err := r.WriteJUnit(&x); err != nil {
			t.Fatal(err)
		}
		for form, out := range map[string]string{"text": text(t, r), "JSON": j.String(), "JUnit": x.String()} {
			if lower := strings.ToLower(out); strings.Contains(lower, "s3cret") || strings.Contains(out, "QmVhcmVy") {
				t.Errorf("%s contains a secret:\n%s", form, out)
			}
		}
	}
	if r := run(t, shop, probe.Options{URLs: options.URLs}); r.Verdict == Agrees || !strings.Contains(text(t, r), "--cookie") {
		t.Errorf("without the login: %s\n%s", r.Verdict, text(t, r))
	}
}

func TestASecretInCORSHeadersIsHidden(t *testing.T) {
	for header, want := range map[string]string{"X-Staging": "s3cret", "Authorization": "pa55word"} {
		address := serve(t, shop, changeResponse(func(r *http.Request, h http.Header, _ *int) {
			_, password, _ := r.BasicAuth()
			h.Set("Access-Control-Allow-Origin", r.Header.Get("X-Staging")+password)
		}))
		value := want
		if header == "Authorization" {
			value = "Basic " + base64.StdEncoding.EncodeToString([]byte("ana:"+want))
		}
		r := run(t, shop, probe.Options{URLs: []string{address}, Header: []string{header + ": " + value}})
		if out := text(t, r); strings.Contains(out, want) || !strings.Contains(out, secret.Mask) {
			t.Errorf("%s: %s", header, out)
		}
	}
}

// The login is not sent to another server that the first one redirects to.
func TestALoginStaysOnItsOrigin(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Staging") != "" || r.Header.Get("Cookie") != "" {
			t.Errorf("another server got the login: %v", r.Header)
		}
	}))
	defer other.Close()
	address := serve(t, shop, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			http.Redirect(w, r, other.URL, http.StatusFound)
		})
	})
	run(t, shop, probe.Options{URLs: []string{address}, Header: []string{"X-Staging: abcdef"}, Cookie: []string{"a=b"}})
}

func TestInvalidHeadersAreRefusedWithoutTheirValue(t *testing.T) {
	for _, o := range []probe.Options{
		{Header: []string{"no colon s3cret"}}, {Header: []string{"a b: s3cret"}}, {Header: []string{"X-A: s3cret\n"}},
		{Header: []string{"Origin: https://s3cret.example"}}, {Header: []string{"Cookie: s3cret"}}, {Header: []string{"host: s3cret"}},
		{Header: []string{"Access-Control-Request-Method: s3cret"}}, {Cookie: []string{"s3cret"}}, {Cookie: []string{"a=s3cret; Path=/"}},
		{Cookie: []string{"a=s3cret\r\nX: y"}}, {Rate: -1}, {Rate: 1e9},
	} {
		o.URLs = []string{"http://127.0.0.1:1/"}
		if _, err := Run(t.Context(), o, shop); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%+v: %v", o, err)
		}
	}
}

// Responses that are never stored need no Vary. Others do.
func TestUnstoredResponsesNeedNoVary(t *testing.T) {
	for value, want := range map[string]bool{
		"no-store": false, "private, NO-STORE": false, "max-age=0,no-store": false, "no-store=\"x\"": false,
		"": true, "no-cache": true, "private": true, "max-age=0": true, "x-no-store": true,
	} {
		if testing.Short() && value != "private, NO-STORE" && value != "" && value != "x-no-store" {
			continue // a sample
		}
		address := serve(t, shop, changeResponse(func(_ *http.Request, h http.Header, _ *int) {
			h.Del("Vary")
			h.Set("Cache-Control", value)
		}))
		r := run(t, shop, probe.Options{URLs: []string{address}})
		if got := strings.Contains(strings.Join(kindsOf(r), " "), "vary-missing"); got != want {
			t.Errorf("Cache-Control %q: %q", value, kindsOf(r))
		}
	}
}

// One mistake is one finding, however many kinds of requests show it.
func TestOneCauseIsOneFinding(t *testing.T) {
	drop := func(o string, only func(*http.Request) bool) func(http.Handler) http.Handler {
		return changeResponse(func(r *http.Request, h http.Header, _ *int) {
			if r.Header.Get("Origin") == o && (only == nil || only(r)) {
				h.Del("Access-Control-Allow-Origin")
			}
		})
	}
	for name, test := range map[string]struct {
		around func(http.Handler) http.Handler
		want   []string
	}{
		"the second origin is missing": {drop("https://admin.example.com", nil), []string{"allowed-origin-blocked"}},
		"the first origin is missing":  {drop("https://app.example.com", nil), []string{"allowed-origin-blocked"}},
		"two values in every response": {changeResponse(func(_ *http.Request, h http.Header, _ *int) {
			h.Add("Access-Control-Allow-Origin", "*")
		}), []string{"allow-origin-duplicated", "foreign-origin-allowed", "null-origin-allowed"}},
		"wildcard with credentials": {changeResponse(func(_ *http.Request, h http.Header, _ *int) {
			if h.Get("Access-Control-Allow-Origin") != "" {
				h.Set("Access-Control-Allow-Origin", "*")
			}
		}), []string{"credentials-unusable"}},
		"preflights fail in two ways": {changeResponse(func(r *http.Request, h http.Header, status *int) {
			if isPreflight(r) {
				if h.Del("Access-Control-Allow-Origin"); r.Header.Get("Access-Control-Request-Method") == "PUT" {
					*status = 405
				}
			}
		}), []string{"preflight-fails"}},
	} {
		r := run(t, shop, probe.Options{URLs: []string{serve(t, shop, test.around)}})
		var kinds []string
		for _, f := range r.Sites[0].Findings {
			if !f.Note {
				kinds = append(kinds, f.Kind)
			}
		}
		slices.Sort(kinds)
		if !slices.Equal(kinds, test.want) {
			t.Errorf("%s: found %q, want %q\n%s", name, kinds, test.want, text(t, r))
		}
	}
}

// A route that is off passes responses unchanged, as policy check and the recipes
// say: the server's own headers differ from nothing.
func TestARouteThatIsOffSaysNothing(t *testing.T) {
	policies := routes.Policies{Policy: shop.Policy, Routes: []routes.Route{{Pattern: "/items/", Off: true}}}
	for value, want := range map[string]Verdict{"": Agrees, "*": Unknown, "https://app.example.com": Unknown, "https://elsewhere.example": Agrees} {
		address := serve(t, policies, changeResponse(func(_ *http.Request, h http.Header, _ *int) {
			if value != "" {
				h.Set("Access-Control-Allow-Origin", value)
			}
		}))
		r := run(t, policies, probe.Options{URLs: []string{address}})
		if r.Verdict != want || len(kindsOf(r)) > 0 || !r.Sites[0].Off || !strings.Contains(text(t, r), "turns CORS off here") {
			t.Errorf("%q: %s, %q\n%s", value, r.Verdict, kindsOf(r), text(t, r))
		}
	}
}

func TestReportCountsWhatIsNotKnown(t *testing.T) {
	address := serve(t, shop, probetest.RefuseAfter(40, probetest.Status(403)))
	r := run(t, shop, probe.Options{URLs: []string{address}})
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var decoded struct {
		Version int
		Sites   []struct{ NotKnown int }
	}
	if err := json.Unmarshal(b.Bytes(), &decoded); err != nil || decoded.Version != 3 || decoded.Sites[0].NotKnown == 0 {
		t.Errorf("%v, %+v", err, decoded)
	}
}
