package conformance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// send sends a request to the recorder as a page does.
func send(t *testing.T, rec *recorder, method, url, body string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	rec.ServeHTTP(w, httptest.NewRequest(method, rec.hosts.Expand(url), strings.NewReader(body)))
	return w
}

func TestRecorderVisitsAllPages(t *testing.T) {
	step := Step{Request: Request{Via: "fetch", URL: "http://{b}/c/1/0"}, Hops: []Hop{{}}}
	cases := []Case{
		{ID: 1, Page: Page{Host: "a"}, Steps: []Step{step}, Cookies: []SetCookie{{"b", "k_1=1; Domain={b}"}}},
		{ID: 2, Page: Page{Host: "sub.a", Sandboxed: true, ReferrerPolicy: "origin", COEP: "require-corp"}, Steps: []Step{step, step}},
	}
	rec := newRecorder(Hosts{40001, 40002, 40003, 40004}, cases)
	if left := rec.plan(); left != 2 {
		t.Fatalf("%d cases left at the beginning, want 2", left)
	}

	if got := send(t, rec, "GET", "http://{a}/_/next/0", "").Body.String(); !strings.Contains(got, "http://b.localhost:40001/_/cookies/0/0") {
		t.Errorf("next/0 does not navigate to the host that sets cookies: %s", got)
	}
	w := send(t, rec, "GET", "http://{b}/_/cookies/0/0", "")
	if got := w.Header().Get("Set-Cookie"); got != "k_1=1; Domain=b.localhost:40001" {
		t.Errorf("Set-Cookie: %q", got)
	}
	if got := w.Body.String(); !strings.Contains(got, "http://a.localhost:40001/_/page/0") {
		t.Errorf("cookies/0/0 does not navigate to the page: %s", got)
	}
	if got := send(t, rec, "GET", "http://{a}/_/page/0", "").Body.String(); !strings.Contains(got, `"url":"http://b.localhost:40001/c/1/0"`) {
		t.Errorf("the page does not contain its case: %s", got)
	}
	// A document that is requested again, as for a thumbnail, sets no cookies,
	// runs no cases and navigates nowhere.
	for _, url := range []string{"http://{a}/_/next/0", "http://{b}/_/cookies/0/0", "http://{a}/_/page/0"} {
		w := send(t, rec, "GET", url, "")
		if w.Code != http.StatusOK || w.Header().Get("Set-Cookie") != "" || strings.Contains(w.Body.String(), "script") {
			t.Errorf("%s a second time: %d %v %s", url, w.Code, w.Header(), w.Body)
		}
	}
	send(t, rec, "GET", "http://{b}/c/1/0", "")
	send(t, rec, "POST", "http://{a}/_/seen/0", `[{"id":1,"o":[{"r":"ok","u":"http://b.localhost:40001/x","h":[]}]}]`)

	send(t, rec, "GET", "http://{a}/_/next/1", "")
	h := send(t, rec, "GET", "http://{sub.a}/_/page/1", "").Header()
	for name, want := range map[string]string{
		"Content-Security-Policy":      "sandbox allow-scripts",
		"Referrer-Policy":              "origin",
		"Cross-Origin-Embedder-Policy": "require-corp",
		"Access-Control-Allow-Origin":  "*",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	// Reports that do not match a case are ignored.
	send(t, rec, "POST", "http://{a}/_/seen/1", `[{"id":2,"o":[{"r":"ok"}]},{"id":3,"o":[{"r":"ok"}]}]`)
	if got := send(t, rec, "POST", "http://{a}/_/seen/1", `nonsense`).Code; got != http.StatusBadRequest {
		t.Errorf("a report that is not JSON gets status %d", got)
	}
	send(t, rec, "GET", "http://{a}/_/next/2", "")
	if done, finished := rec.status(); done != 1 || !finished {
		t.Errorf("done %d, finished %v; want 1, true", done, finished)
	}

	// The browser reports nothing about the second case, twice.
	if left := rec.plan(); left != 1 {
		t.Errorf("%d cases left, want 1", left)
	}
	send(t, rec, "GET", "http://{a}/_/next/0", "")
	send(t, rec, "GET", "http://{sub.a}/_/page/0", "")
	if left := rec.plan(); left != 0 {
		t.Errorf("%d cases left after all tries, want 0", left)
	}
	seen := rec.observations()
	if len(seen) != 2 || seen[0].Steps[0].Outcome.URL != "http://{b}/x" || len(seen[0].Steps[0].Wire) != 1 ||
		len(seen[1].Steps) != 2 || seen[1].Steps[1].Outcome.Result != "crash" {
		t.Errorf("observations: %+v", seen)
	}
}

func TestRecorderRespondsToOtherPathsWith404(t *testing.T) {
	rec := newRecorder(Hosts{40001, 40002, 40003, 40004}, Generate(1, 3))
	for _, path := range []string{"/", "/_/", "/_/none", "/_/page/0", "/_/page/x", "/_/page/-1", "/_/cookies/0/0", "/_/begin/0/9", "/_/begin/99/0", "/c/99/0"} {
		if got := send(t, rec, "GET", "http://{a}"+path, "").Code; got != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, got)
		}
	}
}

func TestFindBrowserErrorListsTheBrowsers(t *testing.T) {
	_, err := FindBrowser(context.Background(), "netscape")
	if err == nil || errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "chromium, firefox, webkit") {
		t.Errorf("error %v", err)
	}
}

// known lists cases whose outcome has been the same in every browser for years.
var known = []struct {
	name    string
	page    Page
	request Request
	hops    []Hop
	result  string
	wire    string // method, host and Origin of each request
}{
	{
		"same origin", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{a}/c/ID/0"},
		[]Hop{{Actual: Response{Body: "x"}}}, "ok basic 200 x", "GET a ",
	}, {
		"cross-origin without permission", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{b}/c/ID/0"},
		[]Hop{{}}, "TypeError", "GET b http://{a}",
	}, {
		"cross-origin with a wildcard", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{sub.a}/c/ID/0"},
		[]Hop{{Actual: Response{Headers: [][2]string{{"Access-Control-Allow-Origin", "*"}}, Body: "x"}}},
		"ok cors 200 x", "GET sub.a http://{a}",
	}, {
		"a sandboxed page is cross-origin to itself", Page{Host: "a", Sandboxed: true}, Request{Via: "fetch", URL: "http://{a}/c/ID/0"},
		[]Hop{{Actual: Response{Headers: [][2]string{{"Access-Control-Allow-Origin", "null"}}, Body: "x"}}},
		"ok cors 200 x", "GET a null",
	}, {
		"a preflight response that allows the method", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{a2}/c/ID/0", Method: "PUT"},
		[]Hop{{
			Preflight: Response{Status: 204, Headers: [][2]string{{"Access-Control-Allow-Origin", "http://{a}"}, {"Access-Control-Allow-Methods", "PUT"}}},
			Actual:    Response{Headers: [][2]string{{"Access-Control-Allow-Origin", "{origin}"}}},
		}},
		"ok cors 200", "OPTIONS a2 http://{a}, PUT a2 http://{a}",
	}, {
		"a preflight response that does not allow the method", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{a2}/c/ID/0", Method: "PUT"},
		[]Hop{{Preflight: Response{Headers: [][2]string{{"Access-Control-Allow-Origin", "*"}}}}},
		"TypeError", "OPTIONS a2 http://{a}",
	}, {
		"an opaque response", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{b}/c/ID/0", Mode: "no-cors", Method: "POST"},
		[]Hop{{Actual: Response{Body: "x"}}}, "ok opaque 0", "POST b http://{a}",
	}, {
		"a redirect to another origin makes the origin null", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{b}/c/ID/0"},
		[]Hop{
			{Actual: Response{Status: 302, Headers: [][2]string{{"Access-Control-Allow-Origin", "*"}, {"Location", "http://{c}/c/ID/1"}}}},
			{Actual: Response{Headers: [][2]string{{"Access-Control-Allow-Origin", "null"}}, Body: "x"}},
		},
		"ok cors 200 x", "GET b http://{a}, GET c null",
	}, {
		"XMLHttpRequest without permission", Page{Host: "a"}, Request{Via: "xhr", URL: "http://{b}/c/ID/0"},
		[]Hop{{}}, "error 0", "GET b http://{a}",
	}, {
		"a cross-origin image", Page{Host: "a"}, Request{Via: "img", URL: "http://{b}/c/ID/0"},
		[]Hop{{Actual: Response{Headers: [][2]string{{"Content-Type", "image/png"}}, BodyKind: "png"}}}, "load 0", "GET b ",
	}, {
		"a cross-origin image with crossorigin", Page{Host: "a"}, Request{Via: "img", URL: "http://{b}/c/ID/0", CrossOrigin: pointer("anonymous")},
		[]Hop{{Actual: Response{Headers: [][2]string{{"Content-Type", "image/png"}}, BodyKind: "png"}}}, "error 0", "GET b http://{a}",
	}, {
		"a cross-origin script", Page{Host: "a"}, Request{Via: "script", URL: "http://{b}/c/ID/0"},
		[]Hop{{Actual: Response{Headers: [][2]string{{"Content-Type", "text/javascript"}}, BodyKind: "js"}}}, "load 0 ran", "GET b ",
	},
}

// knownCases returns the known cases with IDs that begin at first.
func knownCases(first int) []Case {
	var cases []Case
	for i, k := range known {
		id := fmt.Sprint(first + i)
		s := Step{Request: k.request, Hops: slices.Clone(k.hops)}
		s.Request.URL = strings.Replace(s.Request.URL, "ID", id, 1)
		for j := range s.Hops {
			a := &s.Hops[j].Actual
			a.Headers = slices.Clone(a.Headers)
			for n := range a.Headers {
				a.Headers[n][1] = strings.Replace(a.Headers[n][1], "ID", id, 1)
			}
		}
		cases = append(cases, Case{ID: first + i, Family: "cors", Page: k.page, Steps: []Step{s}})
	}
	return cases
}

// TestRecord checks that browsers run all cases, and what they do in known ones.
func TestRecord(t *testing.T) {
	inEachBrowser(t, func(t *testing.T, rec *recording) {
		for _, c := range []*Corpus{rec.sample, rec.known} {
			if len(c.Observations) != len(c.Cases) {
				t.Fatalf("%d observations of %d cases", len(c.Observations), len(c.Cases))
			}
			for i, o := range c.Observations {
				if o.ID != c.Cases[i].ID || len(o.Steps) != len(c.Cases[i].Steps) {
					t.Fatalf("observation %d is of case %d with %d steps", i, o.ID, len(o.Steps))
				}
				for _, s := range o.Steps {
					if r := s.Outcome.Result; r == "crash" || r == "timeout" || r == "" {
						t.Errorf("case %d: %q", o.ID, r)
					}
				}
			}
		}
		for i, k := range known {
			s := rec.known.Observations[i].Steps[0]
			got := strings.TrimSpace(fmt.Sprint(s.Outcome.Result, " ", s.Outcome.Type, " ", s.Outcome.Status, " ", s.Outcome.Body))
			got = strings.Join(strings.Fields(got), " ")
			if want := k.result; got != want && got != want+" 0" {
				t.Errorf("%s: %q, want %q", k.name, got, want)
			}
			var wire []string
			for _, w := range s.Wire {
				wire = append(wire, w.Method+" "+w.Host+" "+w.Origin)
			}
			if got := strings.Join(wire, ", "); got != k.wire {
				t.Errorf("%s: requests %q, want %q", k.name, got, k.wire)
			}
		}
	})
}
