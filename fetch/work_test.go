package fetch_test

import (
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// manyNames returns a list of n names, as long as a header may be.
func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "x%d,", i)
	}
	return b.String() + "PUT"
}

// roundTripper is a server as a function.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// respondTo returns a response with header lines.
func respondTo(r *http.Request, status int, lines ...string) *http.Response {
	resp := &http.Response{StatusCode: status, Status: fmt.Sprint(status), Header: http.Header{}, Body: http.NoBody, Request: r}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		resp.Header.Add(name, value)
	}
	return resp
}

// A response may list tens of thousands of names. Comparing each with each would take
// minutes; the time limit here is far beyond what linear work needs.
func TestLongListsOfNamesCostLinearTime(t *testing.T) {
	names := manyNames(51_000)
	many := fetch.HeaderList{}
	for i := range 3_000 {
		many.Append(fmt.Sprintf("x%d", i), "1")
	}
	exposing := []string{"Access-Control-Allow-Origin: *", "Access-Control-Expose-Headers: " + names}
	for i := range 20_000 {
		exposing = append(exposing, fmt.Sprintf("x%d: 1", i))
	}
	for _, row := range []struct {
		name      string
		request   fetch.Request
		preflight []string
		response  []string
	}{
		{"Access-Control-Allow-Methods", fetch.Request{Method: "PUT"}, []string{"Access-Control-Allow-Methods: " + names}, nil},
		{"Access-Control-Allow-Headers", fetch.Request{Header: many}, []string{"Access-Control-Allow-Headers: " + names}, nil},
		{"both, with credentials", fetch.Request{Method: "PUT", Header: many, Credentials: fetch.CredentialsInclude},
			[]string{"Access-Control-Allow-Methods: " + names, "Access-Control-Allow-Headers: " + names}, nil},
		{"Access-Control-Expose-Headers", fetch.Request{}, nil, exposing},
		{"a page's own headers", fetch.Request{Header: append(many[:len(many):len(many)], many...)}, []string{"Access-Control-Allow-Headers: " + names}, nil},
	} {
		for i, profile := range fetch.Profiles() {
			if testing.Short() && i > 0 {
				break // a sample
			}
			t.Run(row.name+" in "+profile.Name, func(t *testing.T) {
				agent := agentOn(roundTripper(func(r *http.Request) (*http.Response, error) {
					allow := []string{"Access-Control-Allow-Origin: https://a.test", "Access-Control-Allow-Credentials: true"}
					if r.Method == "OPTIONS" {
						return respondTo(r, 204, append(allow, row.preflight...)...), nil
					}
					if row.response != nil {
						return respondTo(r, 200, row.response...), nil
					}
					return respondTo(r, 200, allow...), nil
				}), profile)
				row.request.URL = "https://b.test/x"
				begin := time.Now()
				for range 2 { // the second time the preflight is cached
					if resp, err := do(t, agent, row.request); err != nil {
						t.Fatal(outcome(resp, err))
					}
				}
				if took := time.Since(begin); took > 20*time.Second {
					t.Errorf("it took %v", took)
				}
			})
		}
	}
}

// heapAfter returns how many bytes are in use once nothing but live holds memory.
func heapAfter(live ...any) uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	runtime.KeepAlive(live)
	return m.HeapAlloc
}

// What a server can make an agent remember is bounded in bytes, not only in entries.
func TestAgentsMemoryIsBounded(t *testing.T) {
	long := strings.Repeat("a", 200_000)
	names := manyNames(5_000)
	for _, row := range []struct {
		name  string
		serve func(r *http.Request, n int) *http.Response
	}{
		{"preflights for long URLs", func(r *http.Request, n int) *http.Response {
			if r.Method == "OPTIONS" {
				return respondTo(r, 204, "Access-Control-Allow-Origin: "+r.Header.Get("Origin"), "Access-Control-Allow-Credentials: true", "Access-Control-Max-Age: 600",
					"Access-Control-Allow-Headers: a,b,c,d,e,f,g,h,i,j,k,l,m,n", "Access-Control-Allow-Methods: PUT")
			}
			return respondTo(r, 307, "Access-Control-Allow-Origin: "+r.Header.Get("Origin"), "Access-Control-Allow-Credentials: true", fmt.Sprintf("Location: /%d/%s", n, long))
		}},
		{"preflights that list many names", func(r *http.Request, n int) *http.Response {
			if r.Method == "OPTIONS" {
				return respondTo(r, 204, "Access-Control-Allow-Origin: "+r.Header.Get("Origin"), "Access-Control-Allow-Credentials: true", "Access-Control-Max-Age: 600",
					"Access-Control-Allow-Headers: "+names, "Access-Control-Allow-Methods: "+names)
			}
			return respondTo(r, 307, "Access-Control-Allow-Origin: "+r.Header.Get("Origin"), "Access-Control-Allow-Credentials: true", fmt.Sprintf("Location: /%d", n))
		}},
		{"cookies with long lines and paths", func(r *http.Request, n int) *http.Response {
			if r.Method == "OPTIONS" {
				return respondTo(r, 204, "Access-Control-Allow-Origin: "+r.Header.Get("Origin"), "Access-Control-Allow-Credentials: true",
					"Access-Control-Allow-Methods: PUT")
			}
			lines := []string{"Access-Control-Allow-Origin: " + r.Header.Get("Origin"), "Access-Control-Allow-Credentials: true",
				fmt.Sprintf("Location: https://h%d.b.test/%d%s/x", n, n, long)}
			for i := range 20 {
				lines = append(lines, fmt.Sprintf("Set-Cookie: c%d=%s; SameSite=None; Secure; junk=%s", i, long[:4000], long[:8000]))
			}
			return respondTo(r, 307, lines...)
		}},
	} {
		if testing.Short() && row.name != "preflights that list many names" {
			continue // a sample
		}
		for i, profile := range fetch.Profiles() {
			if testing.Short() && i > 0 {
				break // a sample
			}
			t.Run(row.name+" in "+profile.Name, func(t *testing.T) {
				n := 0
				agent := agentOn(roundTripper(func(r *http.Request) (*http.Response, error) {
					n++
					return row.serve(r, n), nil
				}), profile)
				before := heapAfter(agent)
				for range 3 {
					_, err := do(t, agent, fetch.Request{URL: "https://b.test/x", Method: "PUT", Credentials: fetch.CredentialsInclude})
					if reasonOf(err) != reason.TooManyRedirects {
						t.Fatal(err)
					}
				}
				if after := heapAfter(agent); after > before+32<<20 {
					t.Errorf("the agent keeps %d MiB", (after-before)>>20)
				}
			})
		}
	}
}

// The time limit holds while a response is parsed: what comes after it ends.
func TestTimeoutHoldsWithLongLists(t *testing.T) {
	names := manyNames(51_000)
	agent := agentOn(roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Context().Err() != nil {
			return nil, r.Context().Err()
		}
		return respondTo(r, 307, "Access-Control-Allow-Origin: "+r.Header.Get("Origin"), "Access-Control-Allow-Headers: "+names,
			"Access-Control-Allow-Methods: "+names, "Location: /"+strings.Repeat("b", 1000)), nil
	}), fetch.Standard)
	agent.Timeout = time.Nanosecond
	begin := time.Now()
	_, err := do(t, agent, fetch.Request{URL: "https://b.test/x"})
	var nerr *fetch.NetworkError
	if !errors.As(error(err), &nerr) || nerr.Reason != reason.Timeout || time.Since(begin) > 2*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}
