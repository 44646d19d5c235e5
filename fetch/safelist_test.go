package fetch_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
)

// unsafeNames sends a cross-origin POST with the headers and returns what its
// preflight asks leave for, "" if there is none.
func unsafeNames(t *testing.T, p fetch.Profile, header fetch.HeaderList) string {
	t.Helper()
	w := newWeb(map[string]string{"https://b.test/": open, "OPTIONS https://b.test/": allowAll + ", authorization"})
	if _, err := do(t, agentOn(w, p), fetch.Request{URL: "https://b.test/", Method: "POST", Header: header}); err != nil {
		t.Fatal(err)
	}
	preflights := w.Preflights()
	if len(preflights) == 0 {
		return ""
	}
	return preflights[0].Header.Get("Access-Control-Request-Headers")
}

// The safelist is about names and values: each row is a header, and whether a
// cross-origin request may carry it unasked.
func TestCORSSafelistedRequestHeader(t *testing.T) {
	n := strings.Repeat
	const safe, asks = true, false
	for _, row := range []struct {
		header string
		want   bool
	}{
		// names
		{"accept: */*", safe}, {"ACCEPT: */*", safe}, {"Accept-Language: en", safe}, {"Content-Language: en", safe},
		{"Content-Type: text/plain", safe}, {"Range: bytes=0-", safe},
		{"X-One: 1", asks}, {"X-One:", asks}, {"Authorization: x", asks}, {"If-None-Match: x", asks}, {"User-Agent: x", asks},
		{"Cache-Control: no-cache", asks}, {"Save-Data: on", asks}, {"DPR: 2", asks}, {"Last-Event-ID: 1", asks}, {"Content-Encoding: gzip", asks},

		// 128 bytes at most
		{"Accept: " + n("a", 128), safe}, {"Accept: " + n("a", 129), asks},
		{"Accept-Language: " + n("a", 128), safe}, {"Accept-Language: " + n("a", 129), asks},
		{"Content-Type: text/plain;" + n("a", 128-11), safe}, {"Content-Type: text/plain;" + n("a", 129-11), asks},
		{"Range: bytes=" + n("0", 121) + "-", safe}, {"Range: bytes=" + n("0", 122) + "-", asks},

		// unsafe bytes in Accept: each of them, and what is beside them
		{"Accept:", safe}, {"Accept: a\tb", safe}, {"Accept: \xff\x80é", safe}, {"Accept: !#$%&'*+-./;=^_`|~,", safe},
		{`Accept: "`, asks}, {"Accept: (", asks}, {"Accept: )", asks}, {"Accept: :", asks}, {"Accept: <", asks}, {"Accept: >", asks},
		{"Accept: ?", asks}, {"Accept: @", asks}, {"Accept: [", asks}, {`Accept: \`, asks}, {"Accept: ]", asks}, {"Accept: {", asks},
		{"Accept: }", asks}, {"Accept: \x7f", asks}, {"Accept: a\x01b", asks}, {"Accept: a\x1fb", asks}, {"Accept: a\x0bb", asks},

		// language bytes
		{"Accept-Language:", safe}, {"Accept-Language: azAZ09 *,-.;=", safe}, {"Content-Language: en-US, *;q=0.5", safe},
		{"Accept-Language: a_b", asks}, {"Accept-Language: a\tb", asks}, {"Accept-Language: é", asks}, {"Accept-Language: a@b", asks},
		{"Accept-Language: a/b", asks}, {"Accept-Language: a:b", asks}, {"Content-Language: a+b", asks}, {"Content-Language: [", asks},

		// Content-Type: three types, parsed and not compared
		{"Content-Type: application/x-www-form-urlencoded", safe}, {"Content-Type: multipart/form-data", safe},
		{"Content-Type: TEXT/Plain", safe}, {"Content-Type: text/plain ;charset=utf-8", safe}, {"Content-Type: text/plain;", safe},
		{"Content-Type: text/plain;;;", safe}, {"Content-Type: text/plain;garbage", safe}, {"Content-Type: text/plain; charset", safe},
		{"Content-Type: multipart/form-data; boundary=x", safe}, {"Content-Type: text/plain;a=b, text/html", safe},
		{`Content-Type: text/plain; charset="utf-8"`, asks}, {`Content-Type: multipart/form-data; boundary="x"`, asks},
		{"Content-Type: application/json", asks}, {"Content-Type: text/html", asks}, {"Content-Type: text/plains", asks},
		{"Content-Type:", asks}, {"Content-Type: text", asks}, {"Content-Type: text/", asks}, {"Content-Type: /plain", asks}, {"Content-Type: ;", asks},
		{"Content-Type: text /plain", asks}, {"Content-Type: text/plain, a/b", asks}, {"Content-Type: a/b, text/plain", asks},
		{"Content-Type: application/json;text/plain", asks}, {"Content-Type: text/plain\x0b", asks}, {"Content-Type: text/plain;\x0cx", asks},
		{"Content-Type: text/plain; a=(b)", asks}, {"Content-Type: text/plain; a=é", safe}, {"Content-Type: text/xml", asks},

		// Range: one simple range with a start
		{"Range: bytes=0-0", safe}, {"Range: bytes=5-5", safe}, {"Range: bytes=1-2", safe}, {"Range: bytes=00005-6", safe},
		{"Range: bytes=9-10", safe}, {"Range: bytes=10-9", asks}, {"Range: bytes=5-1", asks}, {"Range: bytes=-500", asks}, {"Range: bytes=-", asks},
		{"Range: BYTES=0-1", asks}, {"Range: Bytes=0-1", asks}, {"Range: bytes 0-1", asks}, {"Range: bytes=0", asks}, {"Range: bytes=0-1,2-3", asks},
		{"Range: bytes= 0-1", asks}, {"Range: bytes =0-1", asks}, {"Range: bytes=0 -1", asks}, {"Range: bytes=0- 1", asks},
		{"Range: bytes=0-1;x", asks}, {"Range: bytes=a-b", asks}, {"Range: bytes=0x1-", asks}, {"Range: bytes=+1-2", asks}, {"Range:", asks},
		{"Range: items=0-1", asks},
		{"Range: bytes=9223372036854775807-", safe}, {"Range: bytes=9223372036854775808-", safe},
		{"Range: bytes=99999999999999999998-99999999999999999999", safe}, {"Range: bytes=99999999999999999999-99999999999999999998", asks},
	} {
		name, _, _ := strings.Cut(row.header, ":")
		want := ""
		if !row.want {
			want = strings.ToLower(name)
		}
		if got := unsafeNames(t, fetch.Standard, list(row.header)); got != want {
			t.Errorf("%q: asked leave for %q, want %q", row.header, got, want)
		}
	}
}

// Header values that are safe each by themselves may be too much together.
func TestSafelistedHeadersOverBudgetAreAskedFor(t *testing.T) {
	value := strings.Repeat("a", 128)
	eight := func() fetch.HeaderList { // 1,024 bytes
		var l fetch.HeaderList
		for i := range 8 {
			l.Append([]string{"Accept", "Accept-Language", "Content-Language"}[i%3], value)
		}
		return l
	}
	all := "accept,accept-language,content-language"
	for _, row := range []struct {
		name   string
		header fetch.HeaderList
		want   string
	}{
		{"1,024 bytes in all are fine", eight(), ""},
		{"an empty one more is fine", append(eight(), list("Accept:")...), ""},
		{"1,025 make all of them unsafe", append(eight(), list("Accept: a")...), all},
		{"an unsafe header does not count", append(eight(), list("X: "+value)...), "x"},
		{"and is named with them", append(eight(), list("X: 1", "Accept: a")...), all + ",x"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := unsafeNames(t, fetch.Standard, row.header); got != row.want {
				t.Errorf("asked leave for %q, want %q", got, row.want)
			}
		})
	}
}

func TestUnsafeNamesAreSortedLowerCaseAndOnce(t *testing.T) {
	header := list("X-B: 1", "x-a: 1", "X-b: 2", "X_c: 1", "X-A0: 1", "Accept: ok", "AUTHORIZATION: 1")
	if got, want := unsafeNames(t, fetch.Standard, header), "authorization,x-a,x-a0,x-b,x_c"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Where browsers were measured to differ from the table above.
func TestBrowsersSafelistsDiffer(t *testing.T) {
	for _, row := range []struct {
		header string
		asks   []string // the profiles whose browser asks
	}{
		{"Range: bytes=9223372036854775808-", []string{"Chromium", "Firefox", "WebKit"}},
		{"Range: BYTES=0-1", []string{"Standard", "Chromium", "Firefox"}},
		{"Range: bytes=-500", []string{"Standard", "Chromium", "Firefox", "WebKit"}},
		{"Accept: é", []string{"Firefox"}},
		{"Save-Data: on", []string{"Standard", "Firefox", "WebKit"}},
		{"User-Agent: x", []string{"Standard", "Firefox", "WebKit"}}, // Chromium drops it
	} {
		var asks []string
		for _, p := range fetch.Profiles() {
			if unsafeNames(t, p, list(row.header)) != "" {
				asks = append(asks, p.Name)
			}
		}
		if !slices.Equal(asks, row.asks) {
			t.Errorf("%s: %v ask, want %v", row.header, asks, row.asks)
		}
	}
}
