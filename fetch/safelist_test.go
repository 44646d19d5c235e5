package fetch_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
)

// unsafeNames sends a cross-origin POST with the headers. It returns the header names
// in its preflight, or "" if there is no preflight.
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

// The safelist depends on names and values. Each row is a header, and whether a
// cross-origin request can have it without a preflight.
func TestCORSSafelistedRequestHeader(t *testing.T) {
	n := strings.Repeat
	const safe, unsafe = true, false
	for _, row := range []struct {
		header string
		want   bool
	}{
		// names
		{"accept: */*", safe}, {"ACCEPT: */*", safe}, {"Accept-Language: en", safe}, {"Content-Language: en", safe},
		{"Content-Type: text/plain", safe}, {"Range: bytes=0-", safe},
		{"X-One: 1", unsafe}, {"X-One:", unsafe}, {"Authorization: x", unsafe}, {"If-None-Match: x", unsafe}, {"User-Agent: x", unsafe},
		{"Cache-Control: no-cache", unsafe}, {"Save-Data: on", unsafe}, {"DPR: 2", unsafe}, {"Last-Event-ID: 1", unsafe}, {"Content-Encoding: gzip", unsafe},

		// 128 bytes at most
		{"Accept: " + n("a", 128), safe}, {"Accept: " + n("a", 129), unsafe},
		{"Accept-Language: " + n("a", 128), safe}, {"Accept-Language: " + n("a", 129), unsafe},
		{"Content-Type: text/plain;" + n("a", 128-11), safe}, {"Content-Type: text/plain;" + n("a", 129-11), unsafe},
		{"Range: bytes=" + n("0", 121) + "-", safe}, {"Range: bytes=" + n("0", 122) + "-", unsafe},

		// unsafe bytes in Accept: each of them, and their neighbours
		{"Accept:", safe}, {"Accept: a\tb", safe}, {"Accept: \xff\x80é", safe}, {"Accept: !#$%&'*+-./;=^_`|~,", safe},
		{`Accept: "`, unsafe}, {"Accept: (", unsafe}, {"Accept: )", unsafe}, {"Accept: :", unsafe}, {"Accept: <", unsafe}, {"Accept: >", unsafe},
		{"Accept: ?", unsafe}, {"Accept: @", unsafe}, {"Accept: [", unsafe}, {`Accept: \`, unsafe}, {"Accept: ]", unsafe}, {"Accept: {", unsafe},
		{"Accept: }", unsafe}, {"Accept: \x7f", unsafe}, {"Accept: a\x01b", unsafe}, {"Accept: a\x1fb", unsafe}, {"Accept: a\x0bb", unsafe},

		// language bytes
		{"Accept-Language:", safe}, {"Accept-Language: azAZ09 *,-.;=", safe}, {"Content-Language: en-US, *;q=0.5", safe},
		{"Accept-Language: a_b", unsafe}, {"Accept-Language: a\tb", unsafe}, {"Accept-Language: é", unsafe}, {"Accept-Language: a@b", unsafe},
		{"Accept-Language: a/b", unsafe}, {"Accept-Language: a:b", unsafe}, {"Content-Language: a+b", unsafe}, {"Content-Language: [", unsafe},

		// Content-Type: three types, parsed and not compared
		{"Content-Type: application/x-www-form-urlencoded", safe}, {"Content-Type: multipart/form-data", safe},
		{"Content-Type: TEXT/Plain", safe}, {"Content-Type: text/plain ;charset=utf-8", safe}, {"Content-Type: text/plain;", safe},
		{"Content-Type: text/plain;;;", safe}, {"Content-Type: text/plain;garbage", safe}, {"Content-Type: text/plain; charset", safe},
		{"Content-Type: multipart/form-data; boundary=x", safe}, {"Content-Type: text/plain;a=b, text/html", safe},
		{`Content-Type: text/plain; charset="utf-8"`, unsafe}, {`Content-Type: multipart/form-data; boundary="x"`, unsafe},
		{"Content-Type: application/json", unsafe}, {"Content-Type: text/html", unsafe}, {"Content-Type: text/plains", unsafe},
		{"Content-Type:", unsafe}, {"Content-Type: text", unsafe}, {"Content-Type: text/", unsafe}, {"Content-Type: /plain", unsafe}, {"Content-Type: ;", unsafe},
		{"Content-Type: text /plain", unsafe}, {"Content-Type: text/plain, a/b", unsafe}, {"Content-Type: a/b, text/plain", unsafe},
		{"Content-Type: application/json;text/plain", unsafe}, {"Content-Type: text/plain\x0b", unsafe}, {"Content-Type: text/plain;\x0cx", unsafe},
		{"Content-Type: text/plain; a=(b)", unsafe}, {"Content-Type: text/plain; a=é", safe}, {"Content-Type: text/xml", unsafe},

		// Range: one simple range with a start
		{"Range: bytes=0-0", safe}, {"Range: bytes=5-5", safe}, {"Range: bytes=1-2", safe}, {"Range: bytes=00005-6", safe},
		{"Range: bytes=9-10", safe}, {"Range: bytes=10-9", unsafe}, {"Range: bytes=5-1", unsafe}, {"Range: bytes=-500", unsafe}, {"Range: bytes=-", unsafe},
		{"Range: BYTES=0-1", unsafe}, {"Range: Bytes=0-1", unsafe}, {"Range: bytes 0-1", unsafe}, {"Range: bytes=0", unsafe}, {"Range: bytes=0-1,2-3", unsafe},
		{"Range: bytes= 0-1", unsafe}, {"Range: bytes =0-1", unsafe}, {"Range: bytes=0 -1", unsafe}, {"Range: bytes=0- 1", unsafe},
		{"Range: bytes=0-1;x", unsafe}, {"Range: bytes=a-b", unsafe}, {"Range: bytes=0x1-", unsafe}, {"Range: bytes=+1-2", unsafe}, {"Range:", unsafe},
		{"Range: items=0-1", unsafe},
		{"Range: bytes=9223372036854775807-", safe}, {"Range: bytes=9223372036854775808-", safe},
		{"Range: bytes=99999999999999999998-99999999999999999999", safe}, {"Range: bytes=99999999999999999999-99999999999999999998", unsafe},
	} {
		name, _, _ := strings.Cut(row.header, ":")
		want := ""
		if !row.want {
			want = strings.ToLower(name)
		}
		if got := unsafeNames(t, fetch.Standard, list(row.header)); got != want {
			t.Errorf("%q: the preflight names %q, want %q", row.header, got, want)
		}
	}
}

// Headers that are safelisted individually can be too long together.
func TestSafelistedHeadersOverTheLimitAreUnsafe(t *testing.T) {
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
		{"1,024 bytes in all are safe", eight(), ""},
		{"an additional empty header is safe", append(eight(), list("Accept:")...), ""},
		{"1,025 bytes make all headers unsafe", append(eight(), list("Accept: a")...), all},
		{"an unsafe header does not count towards the limit", append(eight(), list("X: "+value)...), "x"},
		{"an unsafe header is named too", append(eight(), list("X: 1", "Accept: a")...), all + ",x"},
	} {
		t.Run(row.name, func(t *testing.T) {
			if got := unsafeNames(t, fetch.Standard, row.header); got != row.want {
				t.Errorf("the preflight names %q, want %q", got, row.want)
			}
		})
	}
}

func TestUnsafeNamesAreASortedLowerCaseSet(t *testing.T) {
	header := list("X-B: 1", "x-a: 1", "X-b: 2", "X_c: 1", "X-A0: 1", "Accept: ok", "AUTHORIZATION: 1")
	if got, want := unsafeNames(t, fetch.Standard, header), "authorization,x-a,x-a0,x-b,x_c"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestBrowsersSafelistsDiffer checks where browsers were measured to differ
// from the table above.
func TestBrowsersSafelistsDiffer(t *testing.T) {
	for _, row := range []struct {
		header string
		unsafe []string // the profiles that send a preflight
	}{
		{"Range: bytes=9223372036854775808-", []string{"Chromium", "Firefox", "WebKit"}},
		{"Range: BYTES=0-1", []string{"Standard", "Chromium", "Firefox"}},
		{"Range: bytes=-500", []string{"Standard", "Chromium", "Firefox", "WebKit"}},
		{"Accept: é", []string{"Firefox"}},
		{"Save-Data: on", []string{"Standard", "Firefox", "WebKit"}},
		{"User-Agent: x", []string{"Standard", "Firefox", "WebKit"}}, // Chromium drops it
	} {
		var unsafe []string
		for _, p := range fetch.Profiles() {
			if unsafeNames(t, p, list(row.header)) != "" {
				unsafe = append(unsafe, p.Name)
			}
		}
		if !slices.Equal(unsafe, row.unsafe) {
			t.Errorf("%s: %v send a preflight, want %v", row.header, unsafe, row.unsafe)
		}
	}
}
