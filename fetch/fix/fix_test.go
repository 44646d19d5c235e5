package fix_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/fetchtest"
)

// A fixedWeb is servers whose answers are changed as Mends ask for.
type fixedWeb struct {
	web   *fetchtest.Web
	mends map[string][]fix.Fix // by URL, and by "preflight " and URL
}

func (m *fixedWeb) key(preflight bool, url string) string {
	if preflight {
		return "preflight " + url
	}
	return url
}

func (m *fixedWeb) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := m.web.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	for _, change := range m.mends[m.key(r.Method == "OPTIONS", r.URL.String())] {
		for _, h := range change.Set {
			resp.Header.Set(h.Name, h.Value)
		}
		for _, name := range change.Remove {
			resp.Header.Del(name)
		}
		if change.Status != 0 {
			resp.StatusCode = change.Status
		}
	}
	return resp, nil
}

// fixUntilAllowed applies what Mend says until the fetch is let through: every
// reason must be gone after its own change, and what is proposed must be safe.
func fixUntilAllowed(t *testing.T, p fetch.Profile, req fetch.Request, answers map[string]string) (reasons []reason.Reason) {
	t.Helper()
	m := &fixedWeb{web: fetchtest.NewWeb(answers), mends: map[string][]fix.Fix{}}
	var seen []string
	for range 12 {
		_, err := fetchtest.Fetch(t, fetchtest.Agent(m, p), req)
		if err == nil {
			return reasons
		}
		if !err.Reason.CORS() {
			t.Fatalf("%s: %s: %s is no reason that CORS headers lift", p.Name, seen, err)
		}
		change := fix.For(err)
		what := fmt.Sprint(err.Reason, " ", strings.ToLower(err.Header), " ", err.Method, " ", change.URL)
		if slices.Contains(seen, what) {
			t.Fatalf("%s: %s is there again after %s; %+v", p.Name, what, seen, change)
		}
		seen, reasons = append(seen, what), append(reasons, err.Reason)
		checkSafe(t, err, change)
		key := m.key(change.Preflight, change.URL)
		m.mends[key] = append(m.mends[key], change)
	}
	t.Fatalf("%s: still blocked after %s", p.Name, seen)
	return nil
}

func checkSafe(t *testing.T, err *fetch.NetworkError, change fix.Fix) {
	t.Helper()
	if change.Party != reason.Server || len(change.Set)+len(change.Remove)+change.Status == 0 {
		t.Fatalf("%s: the server has nothing to change: %+v", err, change)
	}
	for _, h := range change.Set {
		switch star := slices.Contains(strings.Split(h.Value, ", "), "*"); {
		case h.Name == "Access-Control-Allow-Origin" && h.Value != err.Origin:
			t.Errorf("%s: lets in %q, not the origin that asked", err, h.Value)
		case star && (err.Credentials == fetch.CredentialsInclude || !strings.Contains(err.Value, "*")):
			t.Errorf("%s: proposes the wildcard %s", err, h)
		}
	}
	if change.Set.Contains("Access-Control-Allow-Origin") && err.Origin == "null" && !strings.Contains(change.Caution, "sandboxed page of anybody") {
		t.Errorf("%s: nothing is said of who sends null: %q", err, change.Caution)
	}
}

func TestMendLiftsEveryCORSReason(t *testing.T) {
	for _, row := range fetchtest.Cases {
		if !row.Reason.CORS() {
			continue
		}
		for _, p := range fetch.Profiles() {
			req := row.Request
			req.URL = "https://b.test/x"
			if got := fixUntilAllowed(t, p, req, row.Responses); len(got) == 0 || got[0] != row.Reason {
				t.Errorf("%s: blocked for %v, want %s first", p.Name, got, row.Reason)
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
						{Method: "DELETE", Header: fetchtest.Headers("X-One: 1", "X-Two: 2")},
						{Method: "PUT", Header: fetchtest.Headers("Authorization: x"), Credentials: fetch.CredentialsInclude},
						{Method: "patch", Header: fetchtest.Headers("authorization: x", "X-One: 1"), Page: sandbox, Initiator: fetch.InitiatorXHR},
						{Credentials: fetch.CredentialsInclude},
					} {
						req.URL = "https://b.test/x"
						for _, p := range fetch.Profiles() {
							for _, r := range fixUntilAllowed(t, p, req, answers) {
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
	_, err := fetchtest.Fetch(t, fetchtest.Agent(fetchtest.NewWeb(answers), fetch.Standard), fetch.Request{URL: "https://b.test/x"})
	change := fix.For(err)
	if want := fetchtest.Headers("Access-Control-Allow-Origin: null"); !slices.Equal(change.Set, want) || change.URL != "https://c.test/y" ||
		!strings.Contains(change.Caution, "ask https://c.test/y directly") {
		t.Errorf("%+v", change)
	}
	fixUntilAllowed(t, fetch.Chromium, fetch.Request{URL: "https://b.test/x"}, answers)
}

// What else a server can change lifts its reason too, if headers can.
func TestMendOfOtherReasons(t *testing.T) {
	for _, row := range []struct {
		name    string
		req     fetch.Request
		answers map[string]string
		want    fetch.HeaderList
	}{
		{"another site gets cross-origin", fetch.Request{Mode: fetch.ModeNoCORS}, respond("200\nCross-Origin-Resource-Policy: same-origin"), fetchtest.Headers("Cross-Origin-Resource-Policy: cross-origin")},
		{"the same site gets same-site", fetch.Request{URL: "https://sub.a.test/x", Mode: fetch.ModeNoCORS},
			map[string]string{"https://sub.a.test/x": "200\nCross-Origin-Resource-Policy: same-origin"}, fetchtest.Headers("Cross-Origin-Resource-Policy: same-site")},
		{"what same-site keeps out needs cross-origin", fetch.Request{Mode: fetch.ModeNoCORS}, respond("200\nCross-Origin-Resource-Policy: same-site"), fetchtest.Headers("Cross-Origin-Resource-Policy: cross-origin")},
		{"an isolated page", fetch.Request{Mode: fetch.ModeNoCORS, Page: &fetch.Page{URL: "https://a.test/", EmbedderPolicy: fetch.RequireCORP}}, respond("200"), fetchtest.Headers("Cross-Origin-Resource-Policy: cross-origin")},
		{"a script", fetch.Request{Mode: fetch.ModeNoCORS, Destination: fetch.DestinationScript, Initiator: fetch.InitiatorElement}, respond("200\nContent-Type: image/png"), fetchtest.Headers("Content-Type: text/javascript")},
		{"a redirect with a password", fetch.Request{}, map[string]string{
			"https://b.test/x": "302\nAccess-Control-Allow-Origin: *\nLocation: https://u:p@b.test/y", "https://b.test/y": fetchtest.AllowAny}, fetchtest.Headers("Location: https://b.test/y")},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.req.URL == "" {
				row.req.URL = "https://b.test/x"
			}
			m := &fixedWeb{web: fetchtest.NewWeb(row.answers), mends: map[string][]fix.Fix{}}
			_, err := fetchtest.Fetch(t, fetchtest.Agent(m, fetch.Standard), row.req)
			if err == nil {
				t.Fatal("it is let through as it is")
			}
			change := fix.For(err)
			if !slices.Equal(change.Set, row.want) {
				t.Errorf("sets %v, want %v", change.Set, row.want)
			}
			m.mends[change.URL] = []fix.Fix{change}
			if _, err := fetchtest.Fetch(t, fetchtest.Agent(m, fetch.Standard), row.req); err != nil {
				t.Errorf("after the change: %s", err)
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
			m := fix.For(e)
			text := strings.ReplaceAll(m.Sentence+" "+m.Caution, "b.test/{url}", "b.test/")
			if m.Sentence == "" || m.Caution == "" || strings.ContainsAny(text, "{}") || strings.Contains(text, "  ") || !strings.HasSuffix(m.Sentence, ".") || !strings.HasSuffix(m.Caution, ".") {
				t.Errorf("%s: %+v", r, m)
			}
			if m.Party != reason.Server && m.Party != reason.Page && m.Party != reason.User || m.Party != reason.Server && len(m.Set)+len(m.Remove)+m.Status > 0 {
				t.Errorf("%s: %+v", r, m)
			}
			if r.CORS() && m.Party != reason.Server || r.Refused() && m.Party != reason.Page {
				t.Errorf("%s: by the %s", r, m.Party)
			}
		}
	}
	if m := fix.For(&fetch.NetworkError{}); m.Sentence != "" || reason.Reason(0).Protects() != "" || reason.Reason(255).Protects() != "" {
		t.Errorf("no reason has %+v", m)
	}
}

func ExampleFor() {
	e := &fetch.NetworkError{Reason: reason.HeaderDisallowedByPreflightResponse, URL: "https://api.example/items", PageOrigin: "https://app.example",
		Header: "Authorization", Value: "*", Present: true, Credentials: fetch.CredentialsSameOrigin}
	m := fix.For(e)
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
			Page: fetchtest.PageA, URL: "https://b.test/x", Method: "POST", Credentials: fetch.CredentialsOmit,
			Header: fetch.HeaderList{{Name: "X-Trace", Value: "1"}, {Name: "Authorization", Value: "x"}, {Name: "Content-Type", Value: "application/json"}},
		})
		var blocked *fetch.NetworkError
		if !errors.As(err, &blocked) || blocked.Reason != reason.HeaderDisallowedByPreflightResponse {
			t.Fatalf("%q: %v", row.granted, err)
		}
		if got, _ := fix.For(blocked).Set.Get("Access-Control-Allow-Headers"); got != row.want {
			t.Errorf("beside %q: %q, want %q", row.granted, got, row.want)
		}
	}
}

func respond(text string) map[string]string { return map[string]string{"https://b.test/x": text} }
