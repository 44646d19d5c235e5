package fetch_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

var update = flag.Bool("update", false, "rewrite testdata/story.txt")

// story writes a trace as text.
func story(trace *fetch.Trace) string {
	var b strings.Builder
	for _, s := range trace.Steps {
		fmt.Fprintf(&b, "%s: %s", s.Algorithm, s.Result)
		if s.Exchange >= 0 {
			x := trace.Exchanges[s.Exchange]
			fmt.Fprintf(&b, " (%s %s, %d)", x.Method, x.URL, x.Status)
		}
		fmt.Fprintf(&b, "\n    %s\n", s.Outcome)
		for _, in := range s.Inputs {
			fmt.Fprintf(&b, "    %s = %s\n", in.Name, in.Value)
		}
	}
	return b.String()
}

// TestTraceReadsAsAStory checks the traces of a fetch that is preflighted and
// redirected with credentials, and of one that is blocked.
func TestTraceReadsAsAStory(t *testing.T) {
	const allow = "\nAccess-Control-Allow-Credentials: true\nAccess-Control-Allow-Methods: PUT\nAccess-Control-Allow-Headers: X-One, Authorization\nAccess-Control-Max-Age: 60"
	const a, null = "\nAccess-Control-Allow-Origin: https://a.test", "\nAccess-Control-Allow-Origin: null"
	w := newWeb(map[string]string{
		"https://b.test/login":     "200\nSet-Cookie: c=1; SameSite=None; Secure",
		"OPTIONS https://b.test/x": "204" + a + allow,
		"https://b.test/x":         "307\nLocation: https://c.test/y" + a + allow,
		"OPTIONS https://c.test/y": "204" + null + allow,
		"https://c.test/y":         "200\nAccess-Control-Expose-Headers: X-Two\nX-Two: 2\nX-Three: 3" + null + allow,
	})
	agent := agentOn(w, fetch.Standard)
	do(t, agent, fetch.Request{URL: "/login", Page: &fetch.Page{URL: "https://b.test/"}})
	req := fetch.Request{URL: "https://b.test/x", Method: "put", Credentials: fetch.CredentialsInclude,
		Header: list("X-One: 1", "Authorization: Bearer t", "Cookie: forged"), Body: fetch.BytesBody([]byte("body"))}
	resp, nerr := do(t, agent, req)
	if nerr != nil {
		t.Fatal(nerr)
	}
	got := "# Allowed\n\n" + story(resp.Trace)
	resp, nerr = do(t, agent, req)
	if nerr != nil {
		t.Fatal(nerr)
	}
	got += "\n# Again, with cached preflights\n\n" + story(resp.Trace)
	w.Responses["https://c.test/y"] = credsA
	_, nerr = do(t, agent, req)
	if reasonOf(nerr) != reason.AllowOriginMismatch {
		t.Fatal(nerr)
	}
	got += "\n# Blocked\n\n" + story(nerr.Trace) + "\n" + nerr.Error() + "\n"

	const file = "testdata/story.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the story is now (go test -update writes it to %s)\n%s", file, got)
	}
}

// Every step names its algorithm and links to the standard. The trace of a blocked
// fetch ends with the only step that blocked it.
func TestTraceIsComplete(t *testing.T) {
	w := newWeb(map[string]string{"https://b.test/x": open, "OPTIONS https://b.test/x": allowAll, "https://b.test/closed": "200"})
	agent := agentOn(w, fetch.Standard)
	resp, nerr := do(t, agent, fetch.Request{URL: "https://b.test/x", Method: "PUT"})
	if nerr != nil {
		t.Fatal(nerr)
	}
	_, blocked := do(t, agent, fetch.Request{URL: "https://b.test/closed"})
	for _, trace := range []*fetch.Trace{resp.Trace, blocked.Trace} {
		for i, s := range trace.Steps {
			if s.Algorithm == "" || !strings.HasPrefix(s.Anchor, "https://") || s.Outcome == "" || s.Exchange < -1 || s.Exchange >= len(trace.Exchanges) {
				t.Errorf("%+v", s)
			}
			if s.Result == fetch.Blocked && (trace == resp.Trace || i != len(trace.Steps)-1) {
				t.Errorf("blocked in the middle: %+v", s)
			}
		}
	}
	if last := blocked.Trace.Steps[len(blocked.Trace.Steps)-1]; last.Result != fetch.Blocked || last.Anchor != blocked.Reason.Anchor() || last.Outcome != blocked.Reason.Explanation() {
		t.Errorf("%+v", last)
	}
}

func TestResultsHaveNames(t *testing.T) {
	if got := fmt.Sprint(fetch.Noted, fetch.Passed, fetch.Blocked); got != "noted passed blocked" {
		t.Error(got)
	}
}
