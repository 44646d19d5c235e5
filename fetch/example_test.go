package fetch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/concors/concors/fetch"
)

// notes is a server that allows one origin, with credentials.
var notes = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") == "https://app.example" {
		w.Header().Set("Access-Control-Allow-Origin", "https://app.example")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Allow-Methods", "PUT")
	}
	w.Header().Set("Vary", "Origin")
	if r.Method != http.MethodOptions {
		fmt.Fprintf(w, "%s by %s", r.Method, r.Header.Get("Origin"))
	}
})

// A page sends a request to another origin that needs a preflight. The response is
// what the page sees, and the trace shows what was sent.
func ExampleAgent_Fetch() {
	agent := fetch.NewAgent(fetch.Standard)
	agent.Transport = fetch.HandlerTransport(notes) // instead of the network

	resp, err := agent.Fetch(context.Background(), &fetch.Request{
		Page:        &fetch.Page{URL: "https://app.example/"},
		Method:      "PUT",
		URL:         "https://api.example/notes/1",
		Credentials: fetch.CredentialsInclude,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(resp.Type, resp.Status, string(body), err)
	fmt.Println("the page sees:", resp.Header.Names())
	for _, x := range resp.Trace.Exchanges {
		fmt.Println("sent:", x.Method, x.URL)
	}
	// Output:
	// cors 200 PUT by https://app.example <nil>
	// the page sees: [content-length content-type]
	// sent: OPTIONS https://api.example/notes/1
	// sent: PUT https://api.example/notes/1
}

// The error has the reason, which a browser hides from its page.
func ExampleNetworkError() {
	agent := fetch.NewAgent(fetch.Standard)
	agent.Transport = fetch.HandlerTransport(notes)

	_, err := agent.Fetch(context.Background(), &fetch.Request{
		Page: &fetch.Page{URL: "https://other.example/"},
		URL:  "https://api.example/notes/1",
	})
	var blocked *fetch.NetworkError
	if errors.As(err, &blocked) {
		fmt.Println(blocked.Reason)
		fmt.Println(blocked.Reason.Explanation())
		fmt.Println(blocked.Reason.Anchor())
		fmt.Println("the request was sent:", blocked.Sent())
	}
	// Output:
	// MissingAllowOriginHeader
	// The response has no Access-Control-Allow-Origin header.
	// https://fetch.spec.whatwg.org/#cors-check
	// the request was sent: true
}

// Code that uses an http.Client runs as a page.
func ExampleAgent_Client() {
	agent := fetch.NewAgent(fetch.Chromium)
	agent.Transport = fetch.HandlerTransport(notes)
	for _, page := range []string{"https://app.example/", "https://other.example/"} {
		client := agent.Client(&fetch.Page{URL: page}, fetch.CredentialsOmit)
		resp, err := client.Get("https://api.example/notes/1")
		var blocked *fetch.NetworkError
		if errors.As(err, &blocked) {
			fmt.Println(page, blocked.Reason)
			continue
		}
		fmt.Println(page, resp.Status)
		resp.Body.Close()
	}
	// Output:
	// https://app.example/ 200 OK
	// https://other.example/ MissingAllowOriginHeader
}

// The same image with and without crossorigin, from a server that sends no CORS
// headers.
func ExampleElement_Request() {
	agent := fetch.NewAgent(fetch.Standard)
	agent.Transport = fetch.HandlerTransport(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		io.WriteString(w, "\x89PNG\r\n\x1a\n…")
	}))
	for _, crossorigin := range []fetch.CrossOrigin{fetch.NoCORSAttribute, fetch.Anonymous} {
		img := fetch.Element{Kind: "img", URL: "https://cdn.example/logo.png", CrossOrigin: crossorigin}
		req, err := img.Request(&fetch.Page{URL: "https://app.example/"})
		if err != nil {
			fmt.Println(err)
			return
		}
		resp, err := agent.Fetch(context.Background(), req)
		if err != nil {
			fmt.Println(req.Mode, "blocked")
			continue
		}
		fmt.Println(req.Mode, resp.Type, "internal status", resp.Internal.Status)
		resp.Internal.Body.Close()
	}
	// Output:
	// no-cors opaque internal status 200
	// cors blocked
}

// An upload listener makes even a simple POST need a preflight.
func ExampleXHR_Request() {
	agent := fetch.NewAgent(fetch.Standard)
	agent.Transport = fetch.HandlerTransport(notes)
	for _, listen := range []bool{false, true} {
		xhr := fetch.XHR{Method: "POST", URL: "https://api.example/notes", Body: fetch.TextBody("hello"), UploadListener: listen}
		resp, err := agent.Fetch(context.Background(), xhr.Request(&fetch.Page{URL: "https://app.example/"}))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("upload listener:", listen, "requests:", len(resp.Trace.Exchanges))
		resp.Body.Close()
	}
	// Output:
	// upload listener: false requests: 1
	// upload listener: true requests: 2
}

// A handler in this process takes the place of the network.
func ExampleHandlerTransport() {
	mux := http.NewServeMux()
	mux.HandleFunc("api.example/time", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusNoContent)
	})
	agent := fetch.NewAgent(fetch.Standard)
	agent.Transport = fetch.HandlerTransport(mux)
	resp, err := agent.Fetch(context.Background(), &fetch.Request{Page: &fetch.Page{URL: "https://app.example/"}, URL: "https://api.example/time"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status, resp.Header)
	// Output:
	// 204 [{Cache-Control no-store}]
}

// A sandboxed page has an opaque origin, which its own server does not allow.
func ExamplePage() {
	agent := fetch.NewAgent(fetch.Standard)
	agent.Transport = fetch.HandlerTransport(notes)
	page := &fetch.Page{URL: "https://api.example/", Sandboxed: true}
	_, err := agent.Fetch(context.Background(), &fetch.Request{Page: page, URL: "/notes/1"})
	var blocked *fetch.NetworkError
	if errors.As(err, &blocked) {
		fmt.Println("Origin:", blocked.Origin)
		fmt.Println(blocked.Reason)
	}
	// Output:
	// Origin: null
	// MissingAllowOriginHeader
}

// The browsers depart from the standard in whether * covers Authorization. Without
// returns a profile that follows the standard there.
func ExampleProfile() {
	server := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Headers", "*")
	})
	strict := fetch.Chromium.Without(fetch.AuthorizationCoveredByWildcard)
	strict.Name = "Chromium without the deviation"
	for _, profile := range append(fetch.Profiles(), strict) {
		agent := fetch.NewAgent(profile)
		agent.Transport = fetch.HandlerTransport(server)
		req := &fetch.Request{Page: &fetch.Page{URL: "https://app.example/"}, URL: "https://api.example/"}
		req.Header.Append("Authorization", "Bearer token")
		_, err := agent.Fetch(context.Background(), req)
		fmt.Println(profile.Name+":", err == nil, slices.Contains(profile.Deviations(), fetch.AuthorizationCoveredByWildcard))
	}
	// Output:
	// Standard: false false
	// Chromium: true true
	// Firefox: true true
	// WebKit: true true
	// Chromium without the deviation: false false
}

// The trace has the steps of the standard, in order.
func ExampleTrace() {
	agent := fetch.NewAgent(fetch.Standard)
	agent.Transport = fetch.HandlerTransport(notes)
	resp, err := agent.Fetch(context.Background(), &fetch.Request{
		Page: &fetch.Page{URL: "https://app.example/"},
		URL:  "https://api.example/notes/1",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	for _, step := range resp.Trace.Steps {
		fmt.Printf("%s, %s: %s\n", step.Algorithm, step.Result, step.Outcome)
	}
	// Output:
	// fetch, noted: the page's request, as fetch makes it
	// main fetch, noted: cross-origin with CORS: a simple request, which needs no preflight
	// CORS check, passed: the server allows this origin
	// filtered response, noted: the page sees the status, the body, the seven safelisted headers and those that the server exposes
}

// A deviation says what a browser does differently from the standard, and links to
// the place in the standard.
func ExampleDeviation() {
	d := fetch.Chromium.Deviations()[0]
	fmt.Println(d)
	fmt.Println(d.Explanation())
	fmt.Println(d.Anchor())
	// Output:
	// HeadersCombined
	// Headers with the same name are combined before they are checked; the standard checks each one by itself.
	// https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names
}

// Names are compared case-insensitively, and a name may occur more than once.
func ExampleHeaderList() {
	var header fetch.HeaderList
	header.Append("Accept", "text/html")
	header.Append("X-Note", "1")
	header.Append("x-note", "2")
	value, present := header.Get("X-NOTE")
	fmt.Println(value, present)
	fmt.Println(header.Names())
	// Output:
	// 1, 2 true
	// [accept x-note]
}

// A form is a simple request: it needs no preflight. JSON is not.
func ExampleFormBody() {
	agent := fetch.NewAgent(fetch.Standard)
	agent.Transport = fetch.HandlerTransport(notes)
	for _, body := range []*fetch.Body{
		fetch.FormBody(url.Values{"title": {"Hello"}}),
		{Bytes: []byte(`{"title":"Hello"}`), ContentType: "application/json"},
	} {
		_, err := agent.Fetch(context.Background(), &fetch.Request{
			Page: &fetch.Page{URL: "https://app.example/"}, Method: "POST", URL: "https://api.example/notes", Body: body,
		})
		var blocked *fetch.NetworkError
		if errors.As(err, &blocked) {
			fmt.Println(body.ContentType, "blocked:", blocked.Reason)
			continue
		}
		fmt.Println(body.ContentType, "allowed")
	}
	// Output:
	// application/x-www-form-urlencoded;charset=UTF-8 allowed
	// application/json blocked: HeaderDisallowedByPreflightResponse
}

// A preflight is cached for as long as the server and the browser allow.
func ExampleAgent_ClearPreflightCache() {
	agent := fetch.NewAgent(fetch.Standard)
	agent.Transport = fetch.HandlerTransport(notes)
	put := func() {
		resp, err := agent.Fetch(context.Background(), &fetch.Request{
			Page: &fetch.Page{URL: "https://app.example/"}, Method: "PUT", URL: "https://api.example/notes/1",
		})
		if err != nil {
			fmt.Println(err)
			return
		}
		defer resp.Body.Close()
		fmt.Println("requests:", len(resp.Trace.Exchanges))
	}
	put()
	put() // the preflight is cached for five seconds
	agent.ClearPreflightCache()
	put()
	// Output:
	// requests: 2
	// requests: 1
	// requests: 2
}

// A no-cors response is hidden from the page: it sees that the fetch succeeded and
// nothing else.
func ExampleResponse_Hidden() {
	agent := fetch.NewAgent(fetch.Standard)
	agent.Transport = fetch.HandlerTransport(notes)
	resp, err := agent.Fetch(context.Background(), &fetch.Request{
		Page: &fetch.Page{URL: "https://other.example/"}, URL: "https://api.example/notes/1", Mode: fetch.ModeNoCORS,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Type, resp.Status, resp.Hidden())
	// Output:
	// opaque 0 true
}
