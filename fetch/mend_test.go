package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// A mendedWeb is servers whose answers are changed as Mends ask for.
type mendedWeb struct {
	web   *web
	mends map[string][]fetch.Mend // by URL, and by "preflight " and URL
}

func (m *mendedWeb) key(preflight bool, url string) string {
	if preflight {
		return "preflight " + url
	}
	return url
}

func (m *mendedWeb) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := m.web.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	for _, mend := range m.mends[m.key(r.Method == "OPTIONS", r.URL.String())] {
		for _, h := range mend.Set {
			resp.Header.Set(h.Name, h.Value)
		}
		for _, name := range mend.Remove {
			resp.Header.Del(name)
		}
		if mend.Status != 0 {
			resp.StatusCode = mend.Status
		}
	}
	return resp, nil
}

// mendUntilOpen applies what Mend says until the fetch is let through: every
// reason must be gone after its own mend, and what is proposed must be safe.
func mendUntilOpen(t *testing.T, p fetch.Profile, req fetch.Request, answers map[string]string) (reasons []reason.Reason) {
	t.Helper()
	m := &mendedWeb{web: newWeb(answers), mends: map[string][]fetch.Mend{}}
	var seen []string
	for range 12 {
		_, err := do(t, agentOn(m, p), req)
		if err == nil {
			return reasons
		}
		if !err.Reason.CORS() {
			t.Fatalf("%s: %s: %s is no reason that CORS headers lift", p.Name, seen, err)
		}
		mend := err.Mend()
		what := fmt.Sprint(err.Reason, " ", strings.ToLower(err.Header), " ", err.Method, " ", mend.URL)
		if slices.Contains(seen, what) {
			t.Fatalf("%s: %s is there again after %s; %+v", p.Name, what, seen, mend)
		}
		seen, reasons = append(seen, what), append(reasons, err.Reason)
		checkSafe(t, err, mend)
		key := m.key(mend.Preflight, mend.URL)
		m.mends[key] = append(m.mends[key], mend)
	}
	t.Fatalf("%s: still blocked after %s", p.Name, seen)
	return nil
}

func checkSafe(t *testing.T, err *fetch.NetworkError, mend fetch.Mend) {
	t.Helper()
	if mend.By != reason.Server || len(mend.Set)+len(mend.Remove)+mend.Status == 0 {
		t.Fatalf("%s: the server has nothing to change: %+v", err, mend)
	}
	for _, h := range mend.Set {
		switch star := slices.Contains(strings.Split(h.Value, ", "), "*"); {
		case h.Name == "Access-Control-Allow-Origin" && h.Value != err.Origin:
			t.Errorf("%s: lets in %q, not the origin that asked", err, h.Value)
		case star && (err.Credentials == fetch.CredentialsInclude || !strings.Contains(err.Value, "*")):
			t.Errorf("%s: proposes the wildcard %s", err, h)
		}
	}
	if mend.Set.Contains("Access-Control-Allow-Origin") && err.Origin == "null" && !strings.Contains(mend.Caution, "sandboxed page of anybody") {
		t.Errorf("%s: nothing is said of who sends null: %q", err, mend.Caution)
	}
}

func TestMendLiftsEveryCORSReason(t *testing.T) {
	for _, row := range howToReach {
		if !row.reason.CORS() {
			continue
		}
		for _, p := range fetch.Profiles() {
			req := row.req
			req.URL = "https://b.test/x"
			if got := mendUntilOpen(t, p, req, row.answers); len(got) == 0 || got[0] != row.reason {
				t.Errorf("%s: blocked for %v, want %s first", p.Name, got, row.reason)
			}
		}
	}
}

// Whatever a server answers to a preflight and a request, few mends let it through.
func TestMendLiftsWhateverComesTogether(t *testing.T) {
	header := func(name, value string) string {
		if value == "-" {
			return ""
		}
		return "\n" + name + ": " + value
	}
	sandbox := &fetch.Page{URL: "https://a.test/", Sandboxed: true}
	blocked := map[reason.Reason]int{}
	for _, status := range []string{"200", "401", "308\nLocation: /y"} {
		for _, acao := range []string{"-", "*", "null", "https://a.test", "https://c.test", "a.test", "*, https://a.test"} {
			for _, acac := range []string{"-", "true", "True"} {
				for i, acam := range []string{"-", "*", "GET PUT", "PUT, (", "delete"} {
					acah := []string{"-", "*", "X-One Content-Type", "(", "x-one"}[(i*3+len(acao))%5]
					own := header("Access-Control-Allow-Origin", acao) + header("Access-Control-Allow-Credentials", acac)
					answers := map[string]string{
						"OPTIONS https://b.test/x": status + own + header("Access-Control-Allow-Methods", acam) + header("Access-Control-Allow-Headers", acah),
						"https://b.test/x":         "200" + own,
					}
					for _, req := range []fetch.Request{
						{Method: "DELETE", Header: list("X-One: 1", "X-Two: 2")},
						{Method: "PUT", Header: list("Authorization: x"), Credentials: fetch.CredentialsInclude},
						{Method: "patch", Header: list("authorization: x", "X-One: 1"), Page: sandbox, Initiator: fetch.InitiatorXHR},
						{Credentials: fetch.CredentialsInclude},
					} {
						req.URL = "https://b.test/x"
						for _, p := range fetch.Profiles() {
							for _, r := range mendUntilOpen(t, p, req, answers) {
								blocked[r]++
							}
						}
					}
				}
			}
		}
	}
	for _, r := range reason.All() {
		if r.CORS() && blocked[r] == 0 {
			t.Errorf("%s came up nowhere", r)
		}
	}
}

// After a redirect between two other origins the last server sees Origin: null.
func TestMendSaysThatARedirectMadeTheOriginNull(t *testing.T) {
	answers := map[string]string{
		"https://b.test/x": "302\nAccess-Control-Allow-Origin: *\nLocation: https://c.test/y",
		"https://c.test/y": "200",
	}
	_, err := do(t, agentOn(newWeb(answers), fetch.Standard), fetch.Request{URL: "https://b.test/x"})
	mend := err.Mend()
	if want := list("Access-Control-Allow-Origin: null"); !slices.Equal(mend.Set, want) || mend.URL != "https://c.test/y" ||
		!strings.Contains(mend.Caution, "ask https://c.test/y directly") {
		t.Errorf("%+v", mend)
	}
	mendUntilOpen(t, fetch.Chromium, fetch.Request{URL: "https://b.test/x"}, answers)
}

// What else a server can change lifts its reason too, if headers can.
func TestMendOfOtherReasons(t *testing.T) {
	for _, row := range []struct {
		name    string
		req     fetch.Request
		answers map[string]string
		want    fetch.HeaderList
	}{
		{"another site gets cross-origin", noCORS, answer("200\nCross-Origin-Resource-Policy: same-origin"), list("Cross-Origin-Resource-Policy: cross-origin")},
		{"the same site gets same-site", fetch.Request{URL: "https://sub.a.test/x", Mode: fetch.ModeNoCORS},
			map[string]string{"https://sub.a.test/x": "200\nCross-Origin-Resource-Policy: same-origin"}, list("Cross-Origin-Resource-Policy: same-site")},
		{"what same-site keeps out needs cross-origin", noCORS, answer("200\nCross-Origin-Resource-Policy: same-site"), list("Cross-Origin-Resource-Policy: cross-origin")},
		{"an isolated page", fetch.Request{Mode: fetch.ModeNoCORS, Page: &fetch.Page{URL: "https://a.test/", EmbedderPolicy: fetch.RequireCORP}}, answer("200"), list("Cross-Origin-Resource-Policy: cross-origin")},
		{"a script", script, answer("200\nContent-Type: image/png"), list("Content-Type: text/javascript")},
		{"a redirect with a password", fetch.Request{}, map[string]string{
			"https://b.test/x": "302\nAccess-Control-Allow-Origin: *\nLocation: https://u:p@b.test/y", "https://b.test/y": open}, list("Location: https://b.test/y")},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.req.URL == "" {
				row.req.URL = "https://b.test/x"
			}
			m := &mendedWeb{web: newWeb(row.answers), mends: map[string][]fetch.Mend{}}
			_, err := do(t, agentOn(m, fetch.Standard), row.req)
			if err == nil {
				t.Fatal("it is let through as it is")
			}
			mend := err.Mend()
			if !slices.Equal(mend.Set, row.want) {
				t.Errorf("sets %v, want %v", mend.Set, row.want)
			}
			m.mends[mend.URL] = []fetch.Mend{mend}
			if _, err := do(t, agentOn(m, fetch.Standard), row.req); err != nil {
				t.Errorf("after the mend: %s", err)
			}
		})
	}
}

// Every reason can be told in full, however little is known of the error.
func TestEveryReasonHasAMend(t *testing.T) {
	for _, r := range reason.All() {
		if p := r.Protects(); !strings.HasSuffix(p, ".") || strings.Contains(p, "{") || p[:1] != strings.ToUpper(p[:1]) {
			t.Errorf("%s protects: %q", r, p)
		}
		for _, e := range []*fetch.NetworkError{
			{Reason: r},
			{Reason: r, URL: "http://b.test/{url}", Origin: "null", PageOrigin: "https://a.test", Credentials: fetch.CredentialsInclude,
				Header: "Authorization", Value: "*, {method}", Method: "PUT", Status: 404, Space: fetch.SpaceLocal},
		} {
			m := e.Mend()
			text := strings.ReplaceAll(m.Sentence+" "+m.Caution, "b.test/{url}", "b.test/")
			if m.Sentence == "" || m.Caution == "" || strings.ContainsAny(text, "{}") || strings.Contains(text, "  ") || !strings.HasSuffix(m.Sentence, ".") || !strings.HasSuffix(m.Caution, ".") {
				t.Errorf("%s: %+v", r, m)
			}
			if m.By != reason.Server && m.By != reason.Page && m.By != reason.User || m.By != reason.Server && len(m.Set)+len(m.Remove)+m.Status > 0 {
				t.Errorf("%s: %+v", r, m)
			}
			if r.CORS() && m.By != reason.Server || r.Refused() && m.By != reason.Page {
				t.Errorf("%s: by the %s", r, m.By)
			}
		}
	}
	if m := (&fetch.NetworkError{}).Mend(); m.Sentence != "" || reason.Reason(0).Protects() != "" || reason.Reason(255).Protects() != "" {
		t.Errorf("no reason has %+v", m)
	}
}

func ExampleNetworkError_Mend() {
	e := &fetch.NetworkError{Reason: reason.HeaderDisallowedByPreflightResponse, URL: "https://api.example/items", PageOrigin: "https://app.example",
		Header: "Authorization", Value: "*", Present: true, Credentials: fetch.CredentialsSameOrigin}
	m := e.Mend()
	fmt.Println(m.Sentence)
	for _, h := range m.Set {
		fmt.Println(h.Name + ": " + h.Value)
	}
	// Output:
	// List authorization in Access-Control-Allow-Headers in the answer to the preflight, beside what is there. A * there does not cover Authorization.
	// Access-Control-Allow-Headers: *, authorization
}

// All that a preflight asked for in vain is named at once, though the browser's
// console names the first only.
func TestMendListsEveryMissingHeader(t *testing.T) {
	for _, row := range []struct{ granted, want string }{
		{"", "authorization, content-type, x-trace"},
		{"Content-Type", "Content-Type, authorization, x-trace"},
		{"*", "*, authorization"},
	} {
		server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Access-Control-Allow-Headers", row.granted)
		})
		agent := fetch.NewAgent(fetch.Standard)
		agent.Transport = fetch.HandlerTransport(server)
		_, err := agent.Fetch(context.Background(), &fetch.Request{
			Page: pageA, URL: "https://b.test/x", Method: "POST", Credentials: fetch.CredentialsOmit,
			Header: fetch.HeaderList{{Name: "X-Trace", Value: "1"}, {Name: "Authorization", Value: "x"}, {Name: "Content-Type", Value: "application/json"}},
		})
		var blocked *fetch.NetworkError
		if !errors.As(err, &blocked) || blocked.Reason != reason.HeaderDisallowedByPreflightResponse {
			t.Fatalf("%q: %v", row.granted, err)
		}
		if got, _ := blocked.Mend().Set.Get("Access-Control-Allow-Headers"); got != row.want {
			t.Errorf("beside %q: %q, want %q", row.granted, got, row.want)
		}
	}
}
