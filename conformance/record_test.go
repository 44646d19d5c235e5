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
	"time"
)

// talk sends a request to the recorder as a page would.
func talk(t *testing.T, rec *recorder, method, url, body string) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	rec.ServeHTTP(w, httptest.NewRequest(method, rec.hosts.Expand(url), strings.NewReader(body)))
	return w
}

func TestRecorderLeadsThroughThePages(t *testing.T) {
	fetch := Step{Request: Request{Via: "fetch", URL: "http://{b}/c/1/0"}, Answers: []Hop{{}}}
	cases := []Case{
		{ID: 1, Page: Page{Host: "a"}, Steps: []Step{fetch}, Cookies: []SetCookie{{"b", "k_1=1; Domain={b}"}}},
		{ID: 2, Page: Page{Host: "sub.a", Sandboxed: true, ReferrerPolicy: "origin", COEP: "require-corp"}, Steps: []Step{fetch, fetch}},
	}
	rec := newRecorder(Hosts{40001, 40002}, cases)
	if left := rec.plan(); left != 2 {
		t.Fatalf("%d cases left at the beginning, want 2", left)
	}

	if got := talk(t, rec, "GET", "http://{a}/_/next/0", "").Body.String(); !strings.Contains(got, "http://b.localhost:40001/_/cookies/0/0") {
		t.Errorf("the first page is not preceded by its cookies: %s", got)
	}
	w := talk(t, rec, "GET", "http://{b}/_/cookies/0/0", "")
	if got := w.Header().Get("Set-Cookie"); got != "k_1=1; Domain=b.localhost:40001" {
		t.Errorf("cookie set: %q", got)
	}
	if got := w.Body.String(); !strings.Contains(got, "http://a.localhost:40001/_/page/0") {
		t.Errorf("the cookies are not followed by the page: %s", got)
	}
	if got := talk(t, rec, "GET", "http://{a}/_/page/0", "").Body.String(); !strings.Contains(got, `"url":"http://b.localhost:40001/c/1/0"`) {
		t.Errorf("the page does not hold its case: %s", got)
	}
	// A second copy of a document, as for a thumbnail, neither sets cookies nor
	// runs cases nor leads to documents that do.
	for _, url := range []string{"http://{a}/_/next/0", "http://{b}/_/cookies/0/0", "http://{a}/_/page/0"} {
		w := talk(t, rec, "GET", url, "")
		if w.Code != http.StatusOK || w.Header().Get("Set-Cookie") != "" || strings.Contains(w.Body.String(), "script") {
			t.Errorf("%s a second time: %d %v %s", url, w.Code, w.Header(), w.Body)
		}
	}
	talk(t, rec, "GET", "http://{b}/c/1/0", "")
	talk(t, rec, "POST", "http://{a}/_/seen/0", `[{"id":1,"o":[{"r":"ok","u":"http://b.localhost:40001/x","h":[]}]}]`)

	talk(t, rec, "GET", "http://{a}/_/next/1", "")
	h := talk(t, rec, "GET", "http://{sub.a}/_/page/1", "").Header()
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
	// What does not fit the case is not taken for its observation.
	talk(t, rec, "POST", "http://{a}/_/seen/1", `[{"id":2,"o":[{"r":"ok"}]},{"id":3,"o":[{"r":"ok"}]}]`)
	if got := talk(t, rec, "POST", "http://{a}/_/seen/1", `nonsense`).Code; got != http.StatusBadRequest {
		t.Errorf("a report that is no JSON has status %d", got)
	}
	talk(t, rec, "GET", "http://{a}/_/next/2", "")
	if done, over := rec.count(); done != 1 || !over {
		t.Errorf("done %d, over %v; want 1, true", done, over)
	}

	// The browser gave no answer for the second case, twice.
	if left := rec.plan(); left != 1 {
		t.Errorf("%d cases left, want 1", left)
	}
	talk(t, rec, "GET", "http://{a}/_/next/0", "")
	talk(t, rec, "GET", "http://{sub.a}/_/page/0", "")
	if left := rec.plan(); left != 0 {
		t.Errorf("%d cases left after all tries, want 0", left)
	}
	seen := rec.observations()
	if len(seen) != 2 || seen[0].Steps[0].Outcome.URL != "http://{b}/x" || len(seen[0].Steps[0].Wire) != 1 ||
		len(seen[1].Steps) != 2 || seen[1].Steps[1].Outcome.Result != "crash" {
		t.Errorf("observations: %+v", seen)
	}
}

func TestRecorderKnowsItsPaths(t *testing.T) {
	rec := newRecorder(Hosts{40001, 40002}, Generate(1, 3))
	for _, path := range []string{"/", "/_/", "/_/none", "/_/page/0", "/_/page/x", "/_/page/-1", "/_/cookies/0/0", "/_/begin/0/9", "/_/begin/99/0", "/c/99/0"} {
		if got := talk(t, rec, "GET", "http://{a}"+path, "").Code; got != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", path, got)
		}
	}
}

func TestFindBrowserNamesTheOnesItKnows(t *testing.T) {
	_, err := FindBrowser(context.Background(), "netscape")
	if err == nil || errors.Is(err, ErrNoBrowser) || !strings.Contains(err.Error(), "chromium, firefox, webkit") {
		t.Errorf("error %v", err)
	}
}

// known are cases whose outcome is the same in every browser, and has been
// for years.
var known = []struct {
	name   string
	page   Page
	q      Request
	hops   []Hop
	result string
	wire   string // method, host and Origin of each request
}{
	{
		"same origin", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{a}/c/ID/0"},
		[]Hop{{Actual: Answer{Body: "x"}}}, "ok basic 200 x", "GET a ",
	}, {
		"cross-origin without permission", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{b}/c/ID/0"},
		[]Hop{{}}, "TypeError", "GET b http://{a}",
	}, {
		"cross-origin for anyone", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{sub.a}/c/ID/0"},
		[]Hop{{Actual: Answer{Headers: [][2]string{{"Access-Control-Allow-Origin", "*"}}, Body: "x"}}},
		"ok cors 200 x", "GET sub.a http://{a}",
	}, {
		"a sandboxed page is cross-origin to itself", Page{Host: "a", Sandboxed: true}, Request{Via: "fetch", URL: "http://{a}/c/ID/0"},
		[]Hop{{Actual: Answer{Headers: [][2]string{{"Access-Control-Allow-Origin", "null"}}, Body: "x"}}},
		"ok cors 200 x", "GET a null",
	}, {
		"a preflight that grants", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{a2}/c/ID/0", Method: "PUT"},
		[]Hop{{
			Preflight: Answer{Status: 204, Headers: [][2]string{{"Access-Control-Allow-Origin", "http://{a}"}, {"Access-Control-Allow-Methods", "PUT"}}},
			Actual:    Answer{Headers: [][2]string{{"Access-Control-Allow-Origin", "{origin}"}}},
		}},
		"ok cors 200", "OPTIONS a2 http://{a}, PUT a2 http://{a}",
	}, {
		"a preflight that does not", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{a2}/c/ID/0", Method: "PUT"},
		[]Hop{{Preflight: Answer{Headers: [][2]string{{"Access-Control-Allow-Origin", "*"}}}}},
		"TypeError", "OPTIONS a2 http://{a}",
	}, {
		"opaque", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{b}/c/ID/0", Mode: "no-cors", Method: "POST"},
		[]Hop{{Actual: Answer{Body: "x"}}}, "ok opaque 0", "POST b http://{a}",
	}, {
		"a second origin in the chain is null", Page{Host: "a"}, Request{Via: "fetch", URL: "http://{b}/c/ID/0"},
		[]Hop{
			{Actual: Answer{Status: 302, Headers: [][2]string{{"Access-Control-Allow-Origin", "*"}, {"Location", "http://{c}/c/ID/1"}}}},
			{Actual: Answer{Headers: [][2]string{{"Access-Control-Allow-Origin", "null"}}, Body: "x"}},
		},
		"ok cors 200 x", "GET b http://{a}, GET c null",
	}, {
		"XMLHttpRequest without permission", Page{Host: "a"}, Request{Via: "xhr", URL: "http://{b}/c/ID/0"},
		[]Hop{{}}, "error 0", "GET b http://{a}",
	}, {
		"an image from anywhere", Page{Host: "a"}, Request{Via: "img", URL: "http://{b}/c/ID/0"},
		[]Hop{{Actual: Answer{Headers: [][2]string{{"Content-Type", "image/png"}}, BodyKind: "png"}}}, "load 0", "GET b ",
	}, {
		"an image that wants CORS", Page{Host: "a"}, Request{Via: "img", URL: "http://{b}/c/ID/0", CrossOrigin: pointer("anonymous")},
		[]Hop{{Actual: Answer{Headers: [][2]string{{"Content-Type", "image/png"}}, BodyKind: "png"}}}, "error 0", "GET b http://{a}",
	}, {
		"a script from anywhere", Page{Host: "a"}, Request{Via: "script", URL: "http://{b}/c/ID/0"},
		[]Hop{{Actual: Answer{Headers: [][2]string{{"Content-Type", "text/javascript"}}, BodyKind: "js"}}}, "load 0 ran", "GET b ",
	},
}

// knownCases numbers the known cases. Their numbers come after those of the
// generated ones they run beside.
func knownCases(first int) []Case {
	var cases []Case
	for i, k := range known {
		id := fmt.Sprint(first + i)
		s := Step{Request: k.q, Answers: slices.Clone(k.hops)}
		s.Request.URL = strings.Replace(s.Request.URL, "ID", id, 1)
		for j := range s.Answers {
			a := &s.Answers[j].Actual
			a.Headers = slices.Clone(a.Headers)
			for n := range a.Headers {
				a.Headers[n][1] = strings.Replace(a.Headers[n][1], "ID", id, 1)
			}
		}
		cases = append(cases, Case{ID: first + i, Family: "cors", Page: k.page, Steps: []Step{s}})
	}
	return cases
}

// TestRecord needs browsers. Where there is none the test is skipped, but not
// in continuous integration, which is there to run it.
func TestRecord(t *testing.T) {
	if testing.Short() {
		t.Skip("browsers take a while")
	}
	for _, name := range BrowserNames {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
			defer cancel()
			b := findBrowser(t, name)
			const generated = 80
			cases := append(Generate(4, generated), knownCases(generated)...)
			seen, err := Record(ctx, b, cases, nil)
			if err != nil {
				t.Fatal(err)
			}
			if len(seen) != len(cases) {
				t.Fatalf("%d observations of %d cases", len(seen), len(cases))
			}
			for i, o := range seen {
				if o.ID != cases[i].ID || len(o.Steps) != len(cases[i].Steps) {
					t.Fatalf("observation %d is of case %d with %d steps", i, o.ID, len(o.Steps))
				}
				for _, s := range o.Steps {
					if r := s.Outcome.Result; r == "crash" || r == "timeout" || r == "" {
						t.Errorf("case %d: %q", o.ID, r)
					}
				}
			}
			for i, k := range known {
				s := seen[generated+i].Steps[0]
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
}
