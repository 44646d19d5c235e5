package cors_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/fetch"
)

// gatewayData is testdata/gateway-api.json.
type gatewayData struct {
	Differences map[string]string
	Policies    map[string]struct {
		Policy         json.RawMessage
		Needs, Because string // a field without which the policy has faults, and why
	}
	// Origins lists patterns that are valid there and invalid here.
	Origins []struct{ Origin, Write, Because string }
	Cases   []gatewayCase
}

type gatewayCase struct {
	Name    string
	Source  string // "test", or "text" for the documentation
	Policy  string
	Request struct {
		Method  string
		Headers map[string]string
	}
	Gateway struct {
		Status  []int
		Headers map[string][]string // each has one of the values
		Absent  []string
	}
	Ours    []struct{ Of, Is, Because string } // where our response differs: a header, or "status"
	Browser string                             // "reads" or "blocked"; "" where no browser sends this request
}

func readGatewayData(t *testing.T) (data gatewayData, handlers map[string]http.Handler, policies map[string]cors.Policy) {
	t.Helper()
	text, err := os.ReadFile("testdata/gateway-api.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &data); err != nil {
		t.Fatal(err)
	}
	handlers, policies = map[string]http.Handler{}, map[string]cors.Policy{}
	for name, p := range data.Policies {
		var policy cors.Policy
		if err := json.Unmarshal(p.Policy, &policy); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		m, err := cors.New(policy)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		handlers[name], policies[name] = m.Wrap(hello), policy
	}
	return data, handlers, policies
}

func unspaced(s string) string { return strings.ReplaceAll(s, " ", "") }

// Each response is the one that the Gateway API expects, except for the differences that the data
// lists with a reason. Each listed difference still exists.
func TestGatewayAPI(t *testing.T) {
	data, handlers, _ := readGatewayData(t)
	used := map[string]bool{}
	for _, c := range data.Cases {
		t.Run(c.Name, func(t *testing.T) {
			r := httptest.NewRequest(c.Request.Method, "https://server.test/x", nil)
			for name, value := range c.Request.Headers {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			handlers[c.Policy].ServeHTTP(w, r)
			got := func(of string) string {
				if of == "status" {
					return strconv.Itoa(w.Code)
				}
				return unspaced(strings.Join(w.Header()[of], " | "))
			}
			var wrong []string
			if !slices.Contains(c.Gateway.Status, w.Code) {
				wrong = append(wrong, "status")
			}
			for name, values := range c.Gateway.Headers {
				if !slices.Contains(values, got(name)) {
					wrong = append(wrong, name)
				}
			}
			for _, name := range c.Gateway.Absent {
				if got(name) != "" {
					wrong = append(wrong, name)
				}
			}
			for _, difference := range c.Ours {
				used[difference.Because] = true
				i := slices.Index(wrong, difference.Of)
				if i < 0 {
					t.Errorf("%s is %q, which does not differ any more", difference.Of, got(difference.Of))
					continue
				}
				wrong = slices.Delete(wrong, i, i+1)
				if got(difference.Of) != difference.Is {
					t.Errorf("%s is %q, want %q: %s", difference.Of, got(difference.Of), difference.Is, data.Differences[difference.Because])
				}
			}
			for _, of := range wrong {
				t.Errorf("%s is %q, and no reason is given; the Gateway API expects one of %q", of, got(of), c.Gateway.Headers[of])
			}
		})
	}
	for name, p := range data.Policies {
		if p.Needs == "" {
			continue
		}
		used[p.Because] = true
		fields := map[string]any{}
		if err := json.Unmarshal(p.Policy, &fields); err != nil {
			t.Fatal(err)
		}
		delete(fields, p.Needs)
		text, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		var without cors.Policy
		if err := json.Unmarshal(text, &without); err != nil {
			t.Fatal(err)
		}
		if _, err := cors.New(without); err == nil {
			t.Errorf("%s: no fault without %s", name, p.Needs)
		}
	}
	for _, o := range data.Origins {
		used[o.Because] = true
		if _, err := cors.New(cors.Policy{Origins: []string{o.Origin}}); err == nil {
			t.Errorf("%s: valid, which does not differ any more", o.Origin)
		}
		if _, err := cors.New(cors.Policy{Origins: []string{o.Write}}); err != nil {
			t.Error(err)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(data.Differences)) {
		if !used[id] {
			t.Errorf("no case uses the difference %s", id)
		}
	}
	for id := range used {
		if data.Differences[id] == "" {
			t.Errorf("difference %s has no reason", id)
		}
	}
}

// A browser decides the same with our responses as with each of those that the Gateway API expects:
// no page sees a difference.
func TestGatewayAPIInBrowsers(t *testing.T) {
	data, handlers, policies := readGatewayData(t)
	for _, c := range data.Cases {
		if c.Browser == "" {
			continue
		}
		requestMethod := c.Request.Headers["Access-Control-Request-Method"]
		q := &fetch.Request{
			Page: &fetch.Page{URL: c.Request.Headers["Origin"] + "/"}, URL: "https://server.test/x",
			Method: c.Request.Method, Mode: fetch.ModeCORS, Credentials: fetch.CredentialsOmit,
		}
		if policies[c.Policy].Credentials {
			q.Credentials = fetch.CredentialsInclude
		}
		if c.Request.Method == "OPTIONS" {
			// The request whose preflight this is.
			q.Method, q.Initiator, q.UseCORSPreflight = requestMethod, fetch.InitiatorXHR, true
			for name := range strings.SplitSeq(unspaced(c.Request.Headers["Access-Control-Request-Headers"]), ",") {
				if name != "" {
					q.Header.Append(name, "1")
				}
			}
		}
		variants := 1
		for _, values := range c.Gateway.Headers {
			variants = max(variants, len(values))
		}
		for _, profile := range fetch.Profiles() {
			decision := func(h http.Handler) string {
				resp, err := (&fetch.Agent{Profile: profile, Transport: fetch.HandlerTransport(h)}).Fetch(t.Context(), q)
				if err != nil {
					return "blocked"
				}
				resp.Body.Close()
				return "reads"
			}
			if got := decision(handlers[c.Policy]); got != c.Browser {
				t.Errorf("%s: %s, %s with our response, want %s", c.Name, profile.Name, got, c.Browser)
			}
			for i := range variants {
				if got := decision(expected{data, c, i}); got != c.Browser {
					t.Errorf("%s: %s, %s with the Gateway API's response %d, want %s", c.Name, profile.Name, got, i, c.Browser)
				}
			}
		}
	}
}

// expected is a server that responds as the Gateway API expects. Where several values are allowed
// it sends the one with the index variant.
type expected struct {
	data    gatewayData
	c       gatewayCase
	variant int
}

func (e expected) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	status := 0
	set := func(c gatewayCase, names ...string) {
		for _, name := range names {
			if values := c.Gateway.Headers[name]; len(values) > 0 && w.Header().Get(name) == "" {
				w.Header().Set(name, values[e.variant%len(values)])
			}
		}
	}
	for _, c := range e.data.Cases {
		same := c.Policy == e.c.Policy && c.Request.Method == r.Method && c.Request.Headers["Origin"] == r.Header.Get("Origin")
		if r.Method == "OPTIONS" {
			for _, name := range []string{"Access-Control-Request-Method", "Access-Control-Request-Headers"} {
				same = same && unspaced(c.Request.Headers[name]) == r.Header.Get(name)
			}
		}
		if same {
			status = c.Gateway.Status[e.variant%len(c.Gateway.Status)]
			set(c, slices.Collect(maps.Keys(c.Gateway.Headers))...)
		}
	}
	// A case may leave headers out: whether an origin is allowed, and with credentials, is the same
	// in every response to it.
	for _, c := range e.data.Cases {
		if c.Policy == e.c.Policy && c.Request.Headers["Origin"] == r.Header.Get("Origin") {
			set(c, "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials")
		}
	}
	if status != 0 {
		w.WriteHeader(status)
	}
}
