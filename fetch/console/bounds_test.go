package console

import (
	"os"
	"strings"
	"testing"
	"time"
)

// hostile returns texts of the longest length that make a reader work.
func hostile() map[string]string {
	out := map[string]string{}
	for name, unit := range map[string]string{
		"one letter":                 "x",
		"blanks":                     " ",
		"empty lines":                "\n",
		"quotation marks":            "'",
		"backslashes":                `\`,
		"entities":                   "&amp;",
		"half an entity":             "&#39",
		"markup":                     "<p>",
		"half of markup":             "<a ",
		"marks before lines":         "> > > > > > > > >\n",
		"a shell":                    "Access to fetch at ",
		"a shell without blanks":     "accesstofetchat",
		"a shell and a quote":        "Failed to load '",
		"a shell with its URL":       "XMLHttpRequest cannot load http://a.test/x\n",
		"an origin":                  "Origin ",
		"an origin without blanks":   "origin",
		"half a line of WebKit":      "Origin http://a.test is not allowed by\n",
		"Firefox without its reason": "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at http://a.test/ \n",
		"a cut message":              "Access to fetch at 'http://b.test' from origin 'http://a.test' has been blocked by CORS policy: Redi\n",
		"a whole message":            "Access to fetch at 'http://b.test' from origin 'http://a.test' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.\n",
		"second lines":               "Fetch API cannot load http://b.test/ due to access control checks.\n",
		"errors":                     "net::ERR_FAILED ",
		"errors on a line":           "GET http://b.test/ net::ERR_FAILED",
		"a reason on one line":       "No 'Access-Control-Allow-Origin' header is present on the requested resource. ",
		"statuses":                   "GET http://b.test/ 404\n",
		"half a status":              "GET http://b.test/",
		"neighbors":                  "violates the following Content Security Policy directive ",
		"neighbors with a URL":       "Refused to connect to http://b.test/\n",
		"another language":           "已拦截跨源请求：同源策略禁止读取位于 http://b.test/ 的远程资源。（原因：CORS 头缺少\n",
		"a URL and CORS":             "http://b.test/ CORS ",
	} {
		out[name] = strings.Repeat(unit, maxText/len(unit)+1)[:maxText]
	}
	return out
}

// Reading takes linear time, also for texts that begin many messages and end none.
func TestReadTakesLinearTime(t *testing.T) {
	most := maxText / 16
	switch {
	case os.Getenv("CONCORS_ALL_FOLDS") != "":
		most = maxText
	case testing.Short():
		most = maxText / 4096
	}
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			took := func(n int) time.Duration {
				best := time.Hour
				for range 2 {
					start := time.Now()
					Read(text[:n])
					best = min(best, time.Since(start))
				}
				return best
			}
			short, long := took(most/16), took(most)
			t.Logf("%s: %v for %d bytes, %v for %d", name, short, most/16, long, most)
			if long > 80*short && long > time.Second {
				t.Errorf("%v for %d bytes, %v for %d", short, most/16, long, most)
			}
		})
	}
}
