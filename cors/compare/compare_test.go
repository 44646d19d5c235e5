package compare_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/compare"
	"github.com/concors/concors/cors/routes"
	"github.com/concors/concors/fetch"
)

const app = "https://app.example.com"

// headers returns a middleware that sets headers and responds to OPTIONS itself.
func headers(status int, pairs ...string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for i := 0; i < len(pairs); i += 2 {
				w.Header().Add("Access-Control-"+pairs[i], pairs[i+1])
			}
			if r.Method == http.MethodOptions {
				w.WriteHeader(status)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// request returns a request from a page. lines are further headers, such as "Method: PUT" for
// Access-Control-Request-Method.
func request(method, origin string, lines ...string) *http.Request {
	r := httptest.NewRequest(method, "/notes", nil)
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add("Access-Control-Request-"+name, value)
	}
	return r
}

func none(next http.Handler) http.Handler { return next }

func serveOK(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	io.WriteString(w, "ok")
}

// differences serves requests and returns what is reported.
func differences(current, candidate func(http.Handler) http.Handler, requests ...*http.Request) (all []string) {
	h := compare.Middlewares(current, candidate, func(_ *http.Request, d compare.Difference) {
		all = append(all, d.String())
	})(http.HandlerFunc(serveOK))
	for _, r := range requests {
		h.ServeHTTP(httptest.NewRecorder(), r)
	}
	return all
}

// What one middleware allows and the other does not is reported, whichever it is.
func TestDifferencesAreReported(t *testing.T) {
	policy := func(change func(*cors.Policy)) func(http.Handler) http.Handler {
		p := cors.Policy{
			Origins: []string{app}, Methods: []string{"PUT"}, RequestHeaders: []string{"Content-Type"}, ExposedHeaders: []string{"X-Total"},
		}
		if change != nil {
			change(&p)
		}
		return cors.MustNew(p).Wrap
	}
	base := policy(nil)
	tests := map[string]struct {
		a, b func(http.Handler) http.Handler
		r    *http.Request
		want string // with a as the current one; "" for no difference
		back string // with b as the current one
	}{
		"the same": {base, policy(nil), request("GET", app), "", ""},
		"the same, written differently": {
			headers(200, "Allow-Origin", app, "Allow-Methods", "GET,PUT", "Allow-Headers", "x-other,content-type"), base,
			request("OPTIONS", app, "Method: PUT", "Headers: content-type"), "", ""},
		"the order of exposed headers": {
			headers(200, "Allow-Origin", app, "Expose-Headers", "x-b,X-A", "Expose-Headers", "Content-Type"),
			headers(200, "Allow-Origin", app, "Expose-Headers", "X-a, X-B, x-a"), request("GET", app), "", ""},
		"an origin": {
			base, policy(func(p *cors.Policy) { p.Origins = []string{"https://b.example"} }), request("GET", app),
			"pages are allowed without credentials (candidate: blocked); exposed headers: x-total (candidate: none)",
			"pages are blocked (candidate: allowed without credentials); exposed headers: none (candidate: x-total)"},
		"the origin of a preflight": {
			base, policy(func(p *cors.Policy) { p.Origins = []string{"https://b.example"} }), request("OPTIONS", app, "Method: GET"),
			"pages with this preflight are allowed without credentials (candidate: blocked)",
			"pages with this preflight are blocked (candidate: allowed without credentials)"},
		"a method": {
			base, policy(func(p *cors.Policy) { p.Methods = nil }), request("OPTIONS", app, "Method: PUT"),
			"pages with this preflight are allowed without credentials (candidate: blocked)",
			"pages with this preflight are blocked (candidate: allowed without credentials)"},
		"a header": {
			base, policy(func(p *cors.Policy) { p.RequestHeaders = nil }), request("OPTIONS", app, "Method: POST", "Headers: content-type"),
			"pages with this preflight are allowed without credentials (candidate: blocked)",
			"pages with this preflight are blocked (candidate: allowed without credentials)"},
		"credentials": {
			base, policy(func(p *cors.Policy) { p.Credentials = true }), request("GET", app),
			"pages are allowed without credentials (candidate: allowed with credentials)",
			"pages are allowed with credentials (candidate: allowed without credentials)"},
		"credentials of a preflight": {
			base, policy(func(p *cors.Policy) { p.Credentials = true }), request("OPTIONS", app, "Method: PUT"),
			"pages with this preflight are allowed without credentials (candidate: allowed with credentials)",
			"pages with this preflight are allowed with credentials (candidate: allowed without credentials)"},
		"a wildcard that does not cover credentials": {
			headers(204, "Allow-Origin", app, "Allow-Credentials", "true", "Allow-Methods", "*"),
			headers(204, "Allow-Origin", app, "Allow-Credentials", "true", "Allow-Methods", "PUT"), request("OPTIONS", app, "Method: PUT"),
			"pages with this preflight are allowed without credentials (candidate: allowed with credentials)",
			"pages with this preflight are allowed with credentials (candidate: allowed without credentials)"},
		"a wildcard that does not cover Authorization": {
			headers(204, "Allow-Origin", "*", "Allow-Headers", "*"), headers(204, "Allow-Origin", "*", "Allow-Headers", "*, Authorization"),
			request("OPTIONS", app, "Method: GET", "Headers: authorization,x-a"),
			"pages with this preflight are blocked (candidate: allowed without credentials)",
			"pages with this preflight are allowed without credentials (candidate: blocked)"},
		"the status of a preflight": {
			headers(404, "Allow-Origin", app), base, request("OPTIONS", app, "Method: POST"),
			"pages with this preflight are blocked (candidate: allowed without credentials)",
			"pages with this preflight are allowed without credentials (candidate: blocked)"},
		"two Access-Control-Allow-Origin headers": {
			headers(204, "Allow-Origin", app, "Allow-Origin", "*", "Expose-Headers", "X-Total"), base, request("GET", app),
			"pages are blocked (candidate: allowed without credentials); exposed headers: none (candidate: x-total)",
			"pages are allowed without credentials (candidate: blocked); exposed headers: x-total (candidate: none)"},
		"a preflight that reaches the handler": {
			none, base, request("OPTIONS", app, "Method: POST"),
			"pages with this preflight are blocked (candidate: allowed without credentials); the request reaches the handler (candidate: it does not)",
			"pages with this preflight are allowed without credentials (candidate: blocked); the request does not reach the handler (candidate: it does)"},
		"OPTIONS that is not a preflight": {
			headers(204, "Allow-Origin", app, "Expose-Headers", "X-Total"), base, request("OPTIONS", app),
			"the request does not reach the handler (candidate: it does)", "the request reaches the handler (candidate: it does not)"},
		"a request that is rejected": {
			base, policy(func(p *cors.Policy) { p.RejectRefused = true }), request("POST", "https://evil.example"),
			"the request reaches the handler (candidate: it does not)", "the request does not reach the handler (candidate: it does)"},
		"Protect": {
			base, cors.MustNew(cors.Policy{Origins: []string{app}, ExposedHeaders: []string{"X-Total"}}).Protect, request("POST", "https://evil.example"),
			"the request reaches the handler (candidate: it does not)", "the request does not reach the handler (candidate: it does)"},
		"no Origin":       {base, none, request("GET", ""), "", ""},
		"several origins": {headers(204, "Allow-Origin", app+", https://b.example"), none, &http.Request{Method: "GET", URL: request("GET", "").URL, Header: http.Header{"Origin": {app, "https://b.example"}}}, "", ""},
	}
	for name, test := range tests {
		for _, direction := range []struct {
			current, candidate func(http.Handler) http.Handler
			want               string
		}{{test.a, test.b, test.want}, {test.b, test.a, test.back}} {
			got := strings.Join(differences(direction.current, direction.candidate, test.r.Clone(t.Context())), "\n")
			if got != direction.want {
				t.Errorf("%s:\n got %s\nwant %s", name, got, direction.want)
			}
		}
	}
}

// Policies by route can be the candidate, or the current middleware.
func TestRoutesAreCompared(t *testing.T) {
	wrap := func(next http.Handler) http.Handler {
		h, err := routes.Wrap(routes.Policies{
			Policy: cors.Policy{Origins: []string{app}},
			Routes: []routes.Route{{Pattern: "/notes", Policy: cors.Policy{Origins: []string{"*"}}}},
		}, nil, next)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	single := cors.MustNew(cors.Policy{Origins: []string{app}}).Wrap
	got := differences(single, wrap, request("GET", app), request("GET", "https://b.example"))
	if want := []string{"pages are blocked (candidate: allowed without credentials)"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The current middleware works as without a candidate: the handler can use the writer's methods and read the
// body, handlers around it see what it put into the request, and the candidate cannot change anything.
func TestTheCandidateChangesNothing(t *testing.T) {
	var calls []string
	candidate := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			calls = append(calls, "candidate")
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("X-Candidate", "1")
			r.Header.Set("X-Candidate", "1")
			r.URL.Path = "/other"
			io.Copy(io.Discard, r.Body)
			http.Error(w, "refused", http.StatusTeapot)
		})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/notes/{id}", func(w http.ResponseWriter, r *http.Request) {
		calls = append(calls, "handler")
		w.(http.Flusher).Flush()
		if _, ok := w.(http.Hijacker); !ok && r.ProtoMajor == 1 {
			t.Error("the writer has lost Hijack")
		}
		file, _, err := r.FormFile("file")
		if err != nil {
			t.Error(err)
			return
		}
		text, _ := io.ReadAll(file)
		fmt.Fprintf(w, "%s %s %d %q", r.URL.Path, r.PathValue("id"), len(text), r.Header.Get("X-Candidate"))
	})
	temporary := t.TempDir()
	t.Setenv("TMPDIR", temporary)
	var pattern string
	h := compare.Middlewares(none, candidate, func(*http.Request, compare.Difference) { calls = append(calls, "report") })(mux)
	var onDisk int
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		pattern = r.Pattern
		files, _ := filepath.Glob(filepath.Join(temporary, "*"))
		onDisk = len(files)
	}))
	defer server.Close()

	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, _ := form.CreateFormFile("file", "large")
	part.Write(make([]byte, 40<<20)) // more than is kept in memory
	form.Close()
	r, _ := http.NewRequest("POST", server.URL+"/notes/7", &body)
	r.Header.Set("Origin", app)
	r.Header.Set("Content-Type", form.FormDataContentType())
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	server.Close() // waits for the handler, and so for net/http's removal of files
	if want := fmt.Sprintf(`/notes/7 7 %d ""`, 40<<20); string(got) != want || resp.Header.Get("X-Candidate") != "" ||
		resp.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("got %d %v %q, want %q", resp.StatusCode, resp.Header, got, want)
	}
	if want := []string{"candidate", "handler", "report"}; !slices.Equal(calls, want) {
		t.Errorf("called %v, want %v", calls, want)
	}
	if pattern != "/notes/{id}" {
		t.Errorf("the handler around it sees the pattern %q", pattern)
	}
	files, _ := os.ReadDir(temporary)
	if onDisk == 0 || len(files) > 0 {
		t.Errorf("the upload used %d files, of which %d remain", onDisk, len(files))
	}
}

func TestAPanicOfTheCandidateIsReported(t *testing.T) {
	panics := func(http.Handler) http.Handler {
		return http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("no") })
	}
	current := headers(204, "Allow-Origin", app)
	if got := differences(current, panics, request("GET", app)); !slices.Equal(got, []string{"the candidate panics: no"}) {
		t.Errorf("got %q", got)
	}
	defer func() {
		if v := recover(); v != "no" {
			t.Errorf("recovered %v: a panic of the current middleware must go on", v)
		}
	}()
	differences(panics, current, request("GET", app))
}

// The context of a request reaches both, and its end too.
func TestContextsAreKept(t *testing.T) {
	type key struct{}
	ctx, cancel := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
	cancel()
	seen := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Context().Value(key{}) != "value" || r.Context().Err() == nil {
				t.Error("the context is another one")
			}
			next.ServeHTTP(w, r)
		})
	}
	differences(seen, seen, request("GET", app).WithContext(ctx))
}

func TestDifferencesCanBeCountedConcurrently(t *testing.T) {
	var mu sync.Mutex
	counts := map[compare.Difference]int{}
	policy := cors.MustNew(cors.Policy{Origins: []string{app}})
	h := compare.Middlewares(headers(204, "Allow-Origin", "*"), policy.Wrap, func(_ *http.Request, d compare.Difference) {
		mu.Lock()
		counts[d]++
		mu.Unlock()
	})(http.HandlerFunc(serveOK))
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for range 50 {
				h.ServeHTTP(httptest.NewRecorder(), request("GET", fmt.Sprintf("https://tenant-%d.example", i)))
				h.ServeHTTP(httptest.NewRecorder(), request("GET", app))
			}
		})
	}
	group.Wait()
	want := compare.Difference{
		Current: compare.Effect{Access: compare.WithoutCredentials, Handler: true}, Candidate: compare.Effect{Handler: true},
	}
	if len(counts) != 1 || counts[want] != 400 {
		t.Errorf("counted %v", counts)
	}
}

// Access and Exposed are what a browser decides, in both credentials modes.
func TestEffectsAreWhatBrowsersDecide(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	counts := map[compare.Access]int{}
	n, least := 4000, 30
	if testing.Short() {
		n, least = 1200, 5
	}
	for range n {
		response := http.Header{}
		set := func(name string, values ...string) {
			for range []int{0, 1, 1, 1, 1, 2}[random.IntN(6)] {
				response.Add("Access-Control-"+name, pick(values...))
			}
		}
		set("Allow-Origin", app, app, app, "*", "*", "null", app+"/", "")
		set("Allow-Credentials", "true", "true", "True", "false", "")
		set("Allow-Methods", "PUT", "PUT, GET", "*", "put", "P UT", "GET", "")
		set("Allow-Headers", "X-A", "x-a, authorization", "*", "*, Authorization", "authorization", "x a", "")
		set("Expose-Headers", "X-A", "*", "x-b, X-A", "x a", "Content-Type", "Set-Cookie", "")
		status := []int{200, 204, 204, 204, 403, 500}[random.IntN(6)]
		method, names := pick("GET", "PUT", "PUT"), pick("", "X-A", "Authorization", "X-A,Authorization")

		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for name, values := range response {
				w.Header()[name] = values
			}
			w.Header().Set("X-A", "1")
			if r.Method == http.MethodOptions {
				w.WriteHeader(status)
			} else if method == "PUT" || names != "" {
				w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
				w.Header().Set("Access-Control-Allow-Credentials", "true")
			}
		})
		preflight := method == "PUT" || names != ""
		r := request(method, app)
		if preflight {
			r = request("OPTIONS", app, "Method: "+method)
			if names != "" {
				r.Header.Set("Access-Control-Request-Headers", strings.ToLower(names))
			}
		}
		var d compare.Difference
		compare.Middlewares(func(http.Handler) http.Handler { return h }, none, func(_ *http.Request, got compare.Difference) { d = got })(
			http.HandlerFunc(serveOK)).ServeHTTP(httptest.NewRecorder(), r)
		got := d.Current

		want := compare.Blocked
		for _, mode := range []fetch.Credentials{fetch.CredentialsOmit, fetch.CredentialsInclude} {
			agent := fetch.NewAgent(fetch.Standard)
			agent.Transport = fetch.HandlerTransport(h)
			page := &fetch.Request{Page: &fetch.Page{URL: app + "/"}, Method: method, URL: "https://server.example/", Credentials: mode}
			for name := range strings.SplitSeq(names, ",") {
				if name != "" {
					page.Header.Append(name, "1")
				}
			}
			resp, err := agent.Fetch(t.Context(), page)
			if err != nil {
				continue
			}
			resp.Body.Close()
			want++
			listed := strings.Contains(got.Exposed, "x-a") || got.Exposed == "*" && mode == fetch.CredentialsOmit
			if _, readable := resp.Header.Get("X-A"); !preflight && listed != readable {
				t.Fatalf("%v: exposed %q, but readable is %v", response, got.Exposed, readable)
			}
		}
		counts[want]++
		if got.Access != want {
			t.Fatalf("%s, preflight %v, headers %q, status %d, %v:\n got %v\nwant %v", method, preflight, names, status, response, got.Access, want)
		}
	}
	for _, access := range []compare.Access{compare.Blocked, compare.WithoutCredentials, compare.Allowed} {
		if counts[access] < least {
			t.Errorf("only %d cases are %v", counts[access], access)
		}
	}
}

func BenchmarkMiddlewares(b *testing.B) {
	policy := cors.MustNew(cors.Policy{Origins: []string{app}, Credentials: true})
	h := compare.Middlewares(none, policy.Wrap, func(*http.Request, compare.Difference) {})(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := request("GET", app)
	w := httptest.NewRecorder()
	b.ReportAllocs()
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

// FuzzMiddlewares checks, for any header values, that pages count as allowed only by an Access-Control-Allow-Origin
// that allows them.
func FuzzMiddlewares(f *testing.F) {
	f.Add("OPTIONS", app, "PUT", "x-a, ,authorization", app, "true", "PUT,*", "*, Authorization", 204)
	f.Add("GET", "null", "", "", "*", "", "", "", 200)
	f.Add("OPTIONS", " ", "0", "  ", " ", " ", "0", "0", 204)
	f.Fuzz(func(t *testing.T, method, o, requested, names, allow, credentials, methods, allowed string, status int) {
		if status < 200 || status > 599 {
			return
		}
		r := &http.Request{Method: method, URL: request("GET", "").URL, Header: http.Header{
			"Origin": {o}, "Access-Control-Request-Method": {requested}, "Access-Control-Request-Headers": {names},
		}}
		h := func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", allow)
				w.Header().Set("Access-Control-Allow-Credentials", credentials)
				w.Header().Set("Access-Control-Allow-Methods", methods)
				w.Header().Set("Access-Control-Allow-Headers", allowed)
				w.WriteHeader(status)
			})
		}
		silent := func(http.Handler) http.Handler { return http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}) }
		var d compare.Difference
		compare.Middlewares(h, silent, func(_ *http.Request, got compare.Difference) { d = got })(nil).
			ServeHTTP(httptest.NewRecorder(), r)
		if d.Current.Access > compare.Blocked && allow != "*" && strings.TrimSpace(allow) != strings.TrimSpace(o) ||
			d.Current.Access == compare.Allowed && strings.TrimSpace(credentials) != "true" {
			t.Errorf("%v", d)
		}
	})
}
