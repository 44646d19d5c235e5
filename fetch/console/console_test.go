package console

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// A recording is one fetch that a browser blocked, and what its console printed.
// Wire is the URL of the last request, or "" if nothing was sent. Thrown is the
// exception that the script got; no test uses it.
type recording struct {
	Browser, Name                string
	Reason                       reason.Reason
	Kind, Mode                   string
	Page, Origin, SentOrigin     string
	URL, FirstURL, Wire          string
	Method, Header, Value        string
	Present, Preflight           bool
	Status                       int
	Space, Err, Location, Thrown string
	FieldLines, Lines            []string
}

func readRecordings(t testing.TB) []recording {
	t.Helper()
	data, err := os.ReadFile("testdata/console.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Note         string
		Versions     map[string]string
		Page, Origin string
		Recorded     []recording
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	for i := range file.Recorded {
		if r := &file.Recorded[i]; r.Page == "" {
			r.Page, r.Origin = file.Page, file.Origin
		}
	}
	return file.Recorded
}

// networkError is the error that an agent returns for the same fetch.
func (r recording) networkError(t testing.TB) *fetch.NetworkError {
	e := &fetch.NetworkError{
		Reason: r.Reason, Kind: r.Kind, URL: r.URL, FirstURL: r.FirstURL, Origin: r.Origin,
		Header: r.Header, Value: r.Value, Present: r.Present, Method: r.Method, Status: r.Status, Space: fetch.AddressSpace(r.Space),
		Page: r.Page, PageOrigin: r.Origin, Mode: fetch.Mode(r.Mode), Trace: &fetch.Trace{},
	}
	if r.SentOrigin != "" {
		e.Origin = r.SentOrigin
	}
	switch r.Err {
	case "":
	case "EOF":
		e.Err = io.EOF
	case "no such host":
		e.Err = &net.DNSError{Err: r.Err, IsNotFound: true}
	default:
		e.Err = errors.New("connection " + r.Err)
	}
	if r.Wire != "" {
		x := fetch.Exchange{URL: r.Wire, Preflight: r.Preflight, Status: r.Status}
		if r.Location != "" {
			x.ResponseHeader.Append("Location", r.Location)
		}
		for _, line := range r.FieldLines {
			x.ResponseHeader.Append(r.Header, line)
		}
		e.Trace.Exchanges = []fetch.Exchange{x}
	}
	return e
}

func profileNamed(t testing.TB, name string) fetch.Profile {
	t.Helper()
	for _, p := range fetch.Profiles() {
		if p.Name == name {
			return p
		}
	}
	t.Fatalf("no profile is called %q", name)
	return fetch.Profile{}
}

func TestLinesAreThoseThatBrowsersPrinted(t *testing.T) {
	count := map[string]int{}
	for _, r := range readRecordings(t) {
		count[r.Browser]++
		got := Lines(r.networkError(t), profileNamed(t, r.Browser))
		if !slices.Equal(got, r.Lines) {
			t.Errorf("%s %s (%s, %s)\n got %q\nwant %q", r.Browser, r.Name, r.Kind, r.Reason, got, r.Lines)
		}
	}
	for _, name := range browsers[:columns] {
		if count[name] < 200 {
			t.Errorf("only %d recorded for %s", count[name], name)
		}
	}
}

// A console's lines must be complete, even if little is known about the error.
func TestLinesAreCompleteForEveryReason(t *testing.T) {
	kinds := []string{"fetch", "XMLHttpRequest", "image", "script", "module", "CSS stylesheet", "font", "track", "manifest",
		"audio", "video", "worker", "iframe", "resource"}
	full := fetch.Trace{
		Exchanges: []fetch.Exchange{{URL: "http://b.test/first", Status: 302, ResponseHeader: fetch.HeaderList{{Name: "Location", Value: "/next"}}}},
	}
	lines := 0
	for _, trace := range []*fetch.Trace{nil, {}, &full} {
		for _, p := range fetch.Profiles() {
			for _, r := range reason.All() {
				for _, kind := range kinds {
					e := &fetch.NetworkError{Reason: r, Kind: kind, URL: "http://b.test:6667/x", FirstURL: "http://b.test/first", Origin: "http://a.test",
						Page: "http://a.test/page", PageOrigin: "http://a.test", Mode: fetch.ModeCORS,
						Header: "X-One", Value: "a b", Present: true, Method: "PUT", Status: 404, Space: fetch.SpaceLocal, Trace: trace}
					for _, line := range Lines(e, p) {
						lines++
						where := fmt.Sprintf("%s, %s, %s: %q", p.Name, r, kind, line)
						if strings.ContainsAny(line, "{}\n") || strings.Contains(line, "%!") || strings.TrimSpace(line) != line || line == "" {
							t.Errorf("%s: not a complete line", where)
						}
						// Chromium leaves the location empty, as recorded.
						for _, empty := range []string{"''", "“”", "‘’", "``", "  ", "at .", ": ."} {
							if strings.Contains(line, empty) && !strings.Contains(line, "Redirect location ''") {
								t.Errorf("%s: a part is missing", where)
							}
						}
					}
				}
			}
		}
	}
	if lines < 1000 {
		t.Errorf("only %d lines were checked", lines)
	}
}

func TestStandardAndRefusedCallsHaveNoLines(t *testing.T) {
	for _, p := range fetch.Profiles() {
		for _, r := range reason.All() {
			e := &fetch.NetworkError{Reason: r, Kind: "fetch", URL: "http://b.test/", Origin: "http://a.test"}
			refused := r.Refused() && r != reason.NoCorsRedirectModeNotFollow
			if got := Lines(e, p); (p.Name == "Standard" || refused) && got != nil {
				t.Errorf("%s, %s: %q", p.Name, r, got)
			}
		}
	}
}

// What a server sends is printed as it is, even if it contains braces.
func TestLinesDoNotExpandWhatServersSend(t *testing.T) {
	e := &fetch.NetworkError{Reason: reason.InvalidAllowOriginValue, Kind: "image", URL: "http://b.test/{origin}", PageOrigin: "http://a.test", Origin: "http://a.test",
		Value: "{url}{", Present: true, Status: 200}
	want := []string{
		"Access to image at 'http://b.test/{origin}' from origin 'http://a.test' has been blocked by CORS policy: " +
			"The 'Access-Control-Allow-Origin' header contains the invalid value '{url}{'.",
		"Failed to load resource: net::ERR_FAILED",
	}
	if got := Lines(e, fetch.Chromium); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func ExampleLines() {
	e := &fetch.NetworkError{Reason: reason.MissingAllowOriginHeader, Kind: "fetch", Status: 200,
		URL: "https://api.example/items", PageOrigin: "https://app.example", Origin: "https://app.example"}
	for _, p := range fetch.Profiles() {
		for _, line := range Lines(e, p) {
			fmt.Println(p.Name+":", line)
		}
	}
	// Output:
	// Chromium: Access to fetch at 'https://api.example/items' from origin 'https://app.example' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource.
	// Chromium: Failed to load resource: net::ERR_FAILED
	// Firefox: Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://api.example/items. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200.
	// WebKit: Origin https://app.example is not allowed by Access-Control-Allow-Origin. Status code: 200
	// WebKit: Fetch API cannot load https://api.example/items due to access control checks.
}

// headerWeb responds to each URL with the given headers.
type headerWeb map[string]http.Header

func (w headerWeb) RoundTrip(r *http.Request) (*http.Response, error) {
	header, status := w[r.URL.String()], http.StatusOK
	if header.Get("Location") != "" {
		status = http.StatusFound
	}
	return &http.Response{StatusCode: status, Status: "200 OK", Header: header.Clone(), Body: http.NoBody, Request: r}, nil
}

// An agent's errors have everything that the lines need. After a redirect between
// two foreign origins, the request has Origin: null; Chromium still prints the
// page's origin, and WebKit the origin that was sent.
func TestLinesOfAnAgentsError(t *testing.T) {
	web := headerWeb{
		"http://b.test/start":  {"Access-Control-Allow-Origin": {"*"}, "Location": {"http://c.test/end"}},
		"http://c.test/end":    {"Access-Control-Allow-Origin": {"http://a.test"}},
		"http://b.test/two":    {"Access-Control-Allow-Origin": {"http://a.test", "http://a.test"}},
		"http://b.test/closed": {"Location": {"/next"}},
	}
	const firefox = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
	for _, test := range []struct {
		name string
		p    fetch.Profile
		req  fetch.Request
		want []string
	}{
		{"Chromium prints the page's origin after a tainting redirect", fetch.Chromium, fetch.Request{URL: "http://b.test/start"}, []string{
			"Access to fetch at 'http://c.test/end' (redirected from 'http://b.test/start') from origin 'http://a.test' has been blocked by CORS policy: " +
				"The 'Access-Control-Allow-Origin' header has a value 'http://a.test' that is not equal to the supplied origin. Have the server send the header with a valid value.",
			"Failed to load resource: net::ERR_FAILED",
		}},
		{"WebKit prints the origin that was sent", fetch.WebKit, fetch.Request{URL: "http://b.test/start"}, []string{
			"Origin null is not allowed by Access-Control-Allow-Origin. Status code: 200",
			"Fetch API cannot load http://c.test/end due to access control checks.",
		}},
		{"Firefox distinguishes two headers from one", fetch.Firefox, fetch.Request{URL: "http://b.test/two"}, []string{
			firefox + "http://b.test/two. (Reason: Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed).",
		}},
		{"WebKit prints where a redirect without CORS headers leads", fetch.WebKit, fetch.Request{URL: "http://b.test/closed", Initiator: fetch.InitiatorXHR}, []string{
			"Cross-origin redirection to http://b.test/next denied by Cross-Origin Resource Sharing policy: " +
				"Origin http://a.test is not allowed by Access-Control-Allow-Origin. Status code: 302",
			"XMLHttpRequest cannot load http://b.test/closed due to access control checks.",
		}},
		{"Firefox does not mention CORS for a script without crossorigin", fetch.Firefox,
			fetch.Request{URL: "http://b.test:6667/x", Initiator: fetch.InitiatorElement, Mode: fetch.ModeNoCORS, Destination: fetch.DestinationScript},
			[]string{"Loading failed for the <script> with source “http://b.test:6667/x”."}},
	} {
		t.Run(test.name, func(t *testing.T) {
			agent := fetch.NewAgent(test.p)
			agent.Transport = web
			test.req.Page = &fetch.Page{URL: "http://a.test/"}
			_, err := agent.Fetch(context.Background(), &test.req)
			var e *fetch.NetworkError
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a NetworkError", err)
			}
			if got := Lines(e, test.p); !slices.Equal(got, test.want) {
				t.Errorf("got %q\nwant %q", got, test.want)
			}
		})
	}
}

// FuzzLines checks that a browser prints the same number of lines whatever a
// header's value is, and that the lines contain the value unchanged or not at
// all.
func FuzzLines(f *testing.F) {
	for _, r := range readRecordings(f) {
		if r.Value != "" {
			f.Add(uint8(r.Reason), r.URL, r.Value)
		}
	}
	f.Add(uint8(reason.RedirectContainsCredentials), "http://a:b@c.test/", "{")
	f.Fuzz(func(t *testing.T, why uint8, url, value string) {
		if strings.Contains(url+value, "\n") || url == "" {
			return // a URL and a header's value have none
		}
		e := &fetch.NetworkError{Reason: reason.Reason(why), Kind: "fetch", URL: url, Origin: "http://a.test",
			Value: value, Present: true, Status: 200}
		plain := *e
		plain.Value = "x"
		for _, p := range fetch.Profiles() {
			got, want := Lines(e, p), Lines(&plain, p)
			if len(got) != len(want) {
				t.Fatalf("%s, %v: %d lines with value %q, %d with x", p.Name, e.Reason, len(got), value, len(want))
			}
			if p.Name == "Chromium" && e.Reason == reason.InvalidAllowOriginValue && !strings.Contains(got[0], "value '"+value+"'.") {
				t.Fatalf("the value %q is not in %q", value, got[0])
			}
		}
	})
}
