package fetch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/fetch"
)

// A cached is an agent with its own clock and one server, whose preflight responses
// have a given text.
type cached struct {
	*web
	agent *fetch.Agent
	now   time.Time
}

const cacheURL = "https://b.test/x"

func newCached(p fetch.Profile, preflight string) *cached {
	c := &cached{web: newWeb(map[string]string{cacheURL: open, "OPTIONS " + cacheURL: preflight}), now: time.Unix(1e9, 0)}
	c.agent = agentOn(c.web, p)
	c.agent.Now = func() time.Time { return c.now }
	return c
}

// preflights reports whether the request was preflighted.
func (c *cached) preflights(t *testing.T, r fetch.Request) bool {
	t.Helper()
	if r.URL == "" {
		r.URL = cacheURL
	}
	c.Requests()
	do(t, c.agent, r)
	return len(c.Preflights()) > 0
}

const allowPut = "204\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: X-One"

var put = fetch.Request{Method: "PUT"}

func TestPreflightIsCachedForItsMaxAge(t *testing.T) {
	const line = "\nAccess-Control-Max-Age: "
	const s, h = time.Second, time.Hour
	for _, row := range []struct {
		name, header string
		profile      fetch.Profile
		want         time.Duration
	}{
		{"five seconds without the header", "", fetch.Standard, 5 * s},
		{"60 seconds", line + "60", fetch.Standard, 60 * s},
		{"surrounding tabs and spaces", line + " \t60\t ", fetch.Standard, 60 * s},
		{"leading zeros", line + "00060", fetch.Standard, 60 * s},
		{"0: not cached", line + "0", fetch.Standard, 0},
		{"a negative number is invalid", line + "-1", fetch.Standard, 5 * s},
		{"an empty value is invalid", line, fetch.Standard, 5 * s},
		{"a fraction is invalid", line + "60.5", fetch.Standard, 5 * s},
		{"a sign is invalid", line + "+60", fetch.Standard, 5 * s},
		{"a list is invalid", line + "60, 60", fetch.Standard, 5 * s},
		{"two lines are invalid", line + "60" + line + "60", fetch.Standard, 5 * s},
		{"a unit is invalid", line + "60s", fetch.Standard, 5 * s},
		{"the limit is a day", line + "86401", fetch.Standard, 24 * h},
		{"more than an int64", line + strings.Repeat("9", 40), fetch.Standard, 24 * h},
		{"Chromium's limit is two hours", line + "7201", fetch.Chromium, 2 * h},
		{"Firefox's limit is a day", line + "99999", fetch.Firefox, 24 * h},
		{"WebKit's limit is ten minutes", line + "601", fetch.WebKit, 10 * time.Minute},
		{"Chromium does not cache for a negative number", line + "-1", fetch.Chromium, 0},
		{"Firefox does not cache for an invalid value", line + "60s", fetch.Firefox, 0},
		{"Chromium caches for an invalid value", line + "60s", fetch.Chromium, 5 * s},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCached(row.profile, allowPut+row.header)
			if !c.preflights(t, put) {
				t.Fatal("the first request was not preflighted")
			}
			if row.want == 0 {
				if !c.preflights(t, put) {
					t.Error("it was cached")
				}
				return
			}
			c.now = c.now.Add(row.want - time.Nanosecond)
			if c.preflights(t, put) {
				t.Error("it was removed too early")
			}
			c.now = c.now.Add(time.Nanosecond)
			if !c.preflights(t, put) {
				t.Error("it was cached too long")
			}
		})
	}
}

// TestPreflightCacheMatch checks which requests a cached preflight covers.
func TestPreflightCacheMatch(t *testing.T) {
	const age = "\nAccess-Control-Max-Age: 60"
	const wild = allowAll + age
	const creds = "204\nAccess-Control-Allow-Origin: https://a.test\nAccess-Control-Allow-Credentials: true" + age
	include := func(r fetch.Request) fetch.Request { r.Credentials = fetch.CredentialsInclude; return r }
	omit := func(r fetch.Request) fetch.Request { r.Credentials = fetch.CredentialsOmit; return r }
	from := func(p *fetch.Page) fetch.Request { return fetch.Request{Method: "PUT", Page: p} }
	header := func(lines ...string) fetch.Request { return fetch.Request{Header: list(lines...)} }
	listen := *fetch.XHR{Method: "POST", UploadListener: true}.Request(nil)
	sandboxed := &fetch.Page{URL: "https://a.test/", Sandboxed: true}
	for _, row := range []struct {
		name          string
		preflight     string
		first, second fetch.Request
		want          bool // whether the second is preflighted
	}{
		{"the same again", allowPut + age, put, put, false},
		{"a listed method that was not used", allowPut + age, header("X-One: 1"), put, false},
		{"a listed header that was not used", allowPut + age, put, header("x-ONE: 1"), false},
		{"method and header together", allowPut + age, put, fetch.Request{Method: "PUT", Header: list("X-One: 1")}, false},
		{"a method that is not listed", allowPut + age, put, fetch.Request{Method: "DELETE"}, true},
		{"a header that is not listed", allowPut + age, put, header("X-Two: 1"), true},
		{"one of two headers that is not listed", allowPut + age, put, header("X-One: 1", "X-Two: 1"), true},
		{"a safelisted method with a listed header", allowPut + age, put, fetch.Request{Method: "HEAD", Header: list("X-One: 1")}, false},

		{"* for a method", wild, put, fetch.Request{Method: "DELETE"}, false},
		{"* for a header", wild, put, header("X-Any: 1"), false},
		{"* does not cover Authorization", wild, put, header("Authorization: 1"), true},
		{"Authorization by name", "204\nAccess-Control-Allow-Origin: *\nAccess-Control-Allow-Headers: X-One, Authorization" + age, header("X-One: 1"), header("authorization: 1"), false},
		{"* of a preflight without credentials, for a request with credentials", wild, put, include(put), true},
		{"* of a preflight with credentials covers nothing", creds + "\nAccess-Control-Allow-Methods: *, PUT", include(put), include(fetch.Request{Method: "DELETE"}), true},
		{"nor for a request without credentials", creds + "\nAccess-Control-Allow-Methods: *, PUT", include(put), fetch.Request{Method: "DELETE"}, true},
		{"* for headers of a preflight with credentials covers nothing", creds + "\nAccess-Control-Allow-Headers: *, X-One", include(header("X-One: 1")), include(header("X-Two: 1")), true},

		{"without credentials, then with", creds + "\nAccess-Control-Allow-Methods: PUT", put, include(put), true},
		{"omit, then same-origin", allowPut + age, omit(put), put, false},
		{"with credentials, then without", creds + "\nAccess-Control-Allow-Methods: PUT", include(put), omit(put), false},
		{"with credentials twice", creds + "\nAccess-Control-Allow-Methods: PUT", include(put), include(put), false},

		{"another query", allowPut + age, put, fetch.Request{Method: "PUT", URL: cacheURL + "?"}, true},
		{"another fragment", allowPut + age, put, fetch.Request{Method: "PUT", URL: cacheURL + "#f"}, true},
		{"the same URL, written differently", allowPut + age, put, fetch.Request{Method: "PUT", URL: "HTTPS://B.test:443/y/../x"}, false},
		{"another path of the page", allowPut + age, from(&fetch.Page{URL: "https://a.test/1"}), from(&fetch.Page{URL: "https://a.test/2"}), false},
		{"another origin of the same site", allowPut + age, put, from(&fetch.Page{URL: "https://sub.a.test/"}), true},
		{"the null origin is not the page's", allowPut + age, put, from(sandboxed), true},
		{"the same sandboxed page", allowPut + age, from(sandboxed), from(sandboxed), false},
		{"under another top-level site", allowPut + age, from(&fetch.Page{URL: "https://a.test/", Ancestors: []string{"https://c.test/"}}), put, true},
		{"under another host of the top-level site", allowPut + age, from(&fetch.Page{URL: "https://a.test/", Ancestors: []string{"https://x.c.test/"}}),
			from(&fetch.Page{URL: "https://a.test/", Ancestors: []string{"https://y.c.test/"}}), false},
		{"a frame in its own site and the page", allowPut + age, from(&fetch.Page{URL: "https://a.test/", Ancestors: []string{"https://sub.a.test/"}}), put, false},

		{"an upload listener after an upload listener", "204\nAccess-Control-Allow-Origin: *" + age, listen, listen, false},
		{"an upload listener after a PUT", allowPut + age, put, listen, true},
		{"a cache mode does not matter", allowPut + age, put, fetch.Request{Method: "PUT", Cache: fetch.CacheNoStore}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCached(fetch.Standard, row.preflight)
			if strings.Contains(row.preflight, "Credentials") {
				c.Responses[cacheURL] = credsA
			}
			c.Responses[cacheURL+"?"], c.Responses["OPTIONS "+cacheURL+"?"] = open, row.preflight
			if !c.preflights(t, row.first) {
				t.Fatal("the first request was not preflighted")
			}
			if got := c.preflights(t, row.second); got != row.want {
				t.Errorf("preflighted: %t, want %t", got, row.want)
			}
		})
	}
}

// Preflights for one URL accumulate, each with its own lifetime.
func TestPreflightCacheAccumulates(t *testing.T) {
	c := newCached(fetch.Standard, allowPut+"\nAccess-Control-Max-Age: 100")
	c.preflights(t, put)
	c.now = c.now.Add(50 * time.Second)
	c.Responses["OPTIONS "+cacheURL] = strings.Replace(allowPut, "PUT", "DELETE", 1) + "\nAccess-Control-Max-Age: 100"
	if !c.preflights(t, fetch.Request{Method: "DELETE"}) {
		t.Fatal("DELETE was not preflighted")
	}
	if c.preflights(t, put) {
		t.Error("the entry for PUT is gone")
	}
	c.now = c.now.Add(60 * time.Second)
	if c.preflights(t, fetch.Request{Header: list("X-One: 1")}) {
		t.Error("the second preflight did not renew the header that both list")
	}
	if !c.preflights(t, put) {
		t.Error("the second preflight renewed the method that it does not list")
	}
}

func TestPreflightCacheIsClearedWhenTheFetchFails(t *testing.T) {
	for _, row := range []struct {
		name      string
		profile   fetch.Profile
		failure   fetch.Request
		meanwhile string // the preflight's response in the meantime
		response  string // the request's
		want      bool   // whether PUT is preflighted afterwards
	}{
		{"the response fails the CORS check", fetch.Standard, put, allowPut, "200", true},
		{"the connection fails", fetch.Standard, put, allowPut, "silence", true},
		{"a preflight for another method fails", fetch.Standard, fetch.Request{Method: "DELETE"}, allowPut, open, true},
		{"a request that needs no preflight fails", fetch.Standard, fetch.Request{}, allowPut, "200", false},
		{"a no-cors request fails", fetch.Standard, fetch.Request{Mode: fetch.ModeNoCORS}, allowPut, "200\nCross-Origin-Resource-Policy: same-origin", false},
		{"Chromium keeps it", fetch.Chromium, put, allowPut, "200", false},
		{"Firefox does not", fetch.Firefox, put, allowPut, "200", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCached(row.profile, allowPut+"\nAccess-Control-Max-Age: 100")
			c.agent.Timeout = 50 * time.Millisecond
			c.preflights(t, put)
			c.Responses[cacheURL], c.Responses["OPTIONS "+cacheURL] = row.response, row.meanwhile
			row.failure.URL = cacheURL
			if resp, err := do(t, c.agent, row.failure); err == nil {
				t.Fatal("did not fail:", outcome(resp, err))
			}
			c.Responses[cacheURL] = open
			if got := c.preflights(t, put); got != row.want {
				t.Errorf("preflighted: %t, want %t", got, row.want)
			}
		})
	}
}

// In Firefox a preflight that is not cached leaves what an earlier preflight allowed.
func TestFirefoxKeepsEntriesWithMaxAgeZero(t *testing.T) {
	for _, age := range []string{"0", "-1", "x"} {
		for profile, want := range map[*fetch.Profile]bool{&fetch.Standard: age == "0", &fetch.Firefox: false} {
			c := newCached(*profile, allowPut+"\nAccess-Control-Max-Age: 100")
			c.preflights(t, put)
			c.Responses["OPTIONS "+cacheURL] = allowPut + "\nX-Two: 1\nAccess-Control-Allow-Headers: x-two\nAccess-Control-Max-Age: " + age
			c.preflights(t, fetch.Request{Method: "PUT", Header: list("X-Two: 1")})
			if got := c.preflights(t, put); got != want {
				t.Errorf("%s, %s: preflighted: %t, want %t", profile.Name, age, got, want)
			}
		}
	}
}

// An Access-Control-Max-Age of 0 ends what an earlier preflight allowed.
func TestMaxAgeZeroEndsEntries(t *testing.T) {
	c := newCached(fetch.Standard, allowPut+"\nAccess-Control-Max-Age: 100")
	c.preflights(t, put)
	c.Responses["OPTIONS "+cacheURL] = strings.Replace(allowPut, "PUT", "PUT, DELETE", 1) + "\nAccess-Control-Max-Age: 0"
	for range 2 {
		if !c.preflights(t, fetch.Request{Method: "DELETE"}) {
			t.Fatal("DELETE was not preflighted each time")
		}
	}
	if !c.preflights(t, put) {
		t.Error("the entry for PUT is still valid")
	}
	if !c.preflights(t, fetch.Request{Header: list("X-One: 1")}) {
		t.Error("the entry for X-One is still valid")
	}
}

func TestClearPreflightCacheRemovesAll(t *testing.T) {
	c := newCached(fetch.Standard, allowPut)
	c.preflights(t, put)
	c.agent.ClearPreflightCache()
	if !c.preflights(t, put) {
		t.Error("it was cached")
	}
}

// After redirects the byte-serialized origin, which is the key, is null.
func TestPreflightForATaintedRequestHasItsOwnEntry(t *testing.T) {
	c := newCached(fetch.Standard, allowPut+"\nAccess-Control-Max-Age: 60")
	c.Responses["https://c.test/go"] = "307\nAccess-Control-Allow-Origin: *\nLocation: " + cacheURL
	c.Responses["OPTIONS https://c.test/go"] = allowPut
	c.preflights(t, put)
	if !c.preflights(t, fetch.Request{Method: "PUT", URL: "https://c.test/go"}) {
		t.Fatal("the first hop was not preflighted")
	}
	var origins []string
	for _, p := range c.Preflights() {
		origins = append(origins, p.Header.Get("Origin"))
	}
	if got := strings.Join(origins, " "); got != "https://a.test null" {
		t.Errorf("the preflights' origins are %s", got)
	}
}

// TestBrowsersPreflightCachesDiffer checks where browsers were measured to
// differ from the standard.
func TestBrowsersPreflightCachesDiffer(t *testing.T) {
	sandboxed := fetch.Request{Method: "PUT", Page: &fetch.Page{URL: "https://a.test/", Sandboxed: true}}
	reload := fetch.Request{Method: "PUT", Cache: fetch.CacheReload}
	for _, row := range []struct {
		name          string
		first, second fetch.Request
		preflight     string
		want          string // the profiles that send another preflight
	}{
		{"* for another method", put, fetch.Request{Method: "DELETE"}, allowAll, "Firefox"},
		{"a sandboxed page", sandboxed, sandboxed, allowPut, "Chromium"},
		{"cache mode reload", put, reload, allowPut, "Chromium Firefox"},
		{"HEAD with a listed header", put, fetch.Request{Method: "HEAD", Header: list("X-One: 1")}, allowPut, "Firefox"},
	} {
		var again []string
		for _, p := range fetch.Profiles() {
			c := newCached(p, row.preflight)
			if !c.preflights(t, row.first) {
				t.Errorf("%s, %s: the first was not preflighted", row.name, p.Name)
			}
			if c.preflights(t, row.second) {
				again = append(again, p.Name)
			}
		}
		if got := strings.Join(again, " "); got != row.want {
			t.Errorf("%s: %q send another preflight, want %q", row.name, got, row.want)
		}
	}
}
