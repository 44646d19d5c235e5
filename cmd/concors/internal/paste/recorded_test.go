package paste

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/concors/concors/cmd/concors/internal/request"
)

// sent is a request as it arrived at the server. Header values have one character
// per byte.
type sent struct {
	Method    string      `json:"method"`
	Target    string      `json:"target"`
	Headers   [][2]string `json:"headers"`
	Body      []byte      `json:"body"`
	Preflight *struct {
		Method  string `json:"method"`
		Headers string `json:"headers"`
	} `json:"preflight"`
}

// differences describes, for each part of a request, how got differs from s, the
// browser's request. Headers that each browser adds in its own way are ignored.
func (s sent) differences(got sent) map[string]string {
	differ := make(map[string]string)
	say := func(part, got, want string) {
		if got != want {
			differ[part] = fmt.Sprintf("%q, but %q in the browser", got, want)
		}
	}
	say("method", got.Method, s.Method)
	say("target", got.Target, s.Target)
	say("body", string(got.Body), string(s.Body))
	preflight := func(s sent) string {
		if s.Preflight == nil {
			return ""
		}
		return s.Preflight.Method + " " + s.Preflight.Headers
	}
	say("preflight", preflight(got), preflight(s))
	// As quoted strings, so that a missing header and an empty one differ.
	headers := func(s sent) map[string]string {
		m := make(map[string]string)
		for _, h := range s.Headers {
			m[strings.ToLower(h[0])] = strconv.Quote(h[1])
		}
		return m
	}
	g, w := headers(got), headers(s)
	for _, m := range []map[string]string{g, w} {
		for name := range m {
			switch name {
			case "user-agent", "accept-encoding", "connection", "content-length", "priority", "dnt":
				continue
			case "accept-language":
				if s.Target != "/header-empty" { // where the script sets it
					continue
				}
			}
			if !strings.HasPrefix(name, "sec-ch-") {
				say(name, g[name], w[name])
			}
		}
	}
	return differ
}

// losses lists what a copied text lacks of the request that was sent, so that it
// cannot be read back: a pattern of "browser-kind what part", and the reason.
var losses = []struct{ pattern, why string }{
	{`\S+ header-cache (preflight|if-none-match)`, "a script's If-None-Match looks like the cache's; a note says so"},
	{`(firefox|webkit)-\S+ header-cache (cache-control|pragma)`, "these browsers add Pragma then, which looks like \"Disable cache\""},
	{`\S+ header-empty accept-language`, "a script's Accept-Language looks like the browser's"},
	{`\S+ (no-store|cache-disabled) (cache-control|pragma)`, "fetch()'s option cache and \"Disable cache\" are not checked, and do not matter to CORS"},
	{`(chromium|firefox)-\S+ post-binary content-type`, "a question's body always has a type; a note says so"},
	{`(chromium|firefox)-fetch(-node)? post-binary body`, "a string has characters, not bytes"},
	{`chromium-curl-\S+ post-binary body`, "Chromium writes bytes that are not UTF-8 as U+FFFD"},
	{`firefox-curl-cmd post-binary body`, "a command for cmd has characters, not bytes"},
	{`webkit-\S+ post-binary body`, "WebKit omits a body without Content-Type"},
	{`(chromium-fetch|firefox-fetch) (image|put-cookie) cookie`, "a fetch() call has no cookies"},
	{`(chromium-fetch|chromium-fetch-node|webkit-fetch) (font|module-script|no-cors) sec-fetch-(dest|mode)`, "these calls have mode cors, whatever the request was"},
	{`webkit-fetch font origin`, "likewise: WebKit requests this font with no-cors"},
	{`chromium-curl-cmd (header-quotes x-latin|(post-json|post-text|post-multipart) body)`, "Chromium writes blanks for cmd in place of characters that are not ASCII"},
	{`firefox-curl-\S+ post-text body`, "Firefox writes only the text after the last CR LF"},
	{`(firefox-curl-\S+|webkit-\S+) post-multipart body`, "Firefox and WebKit omit the contents of files"},
}

// A recorder is a server that allows every origin and records the last request.
type recorder struct {
	mu   sync.Mutex
	last sent
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o := req.Header.Get("Origin"); o != "" {
		w.Header().Set("Access-Control-Allow-Origin", o)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
	}
	if method := req.Header.Get("Access-Control-Request-Method"); method != "" {
		names := req.Header.Get("Access-Control-Request-Headers")
		w.Header().Set("Access-Control-Allow-Methods", method)
		w.Header().Set("Access-Control-Allow-Headers", names)
		r.last.Preflight = &struct {
			Method  string `json:"method"`
			Headers string `json:"headers"`
		}{method, names}
		return
	}
	r.last.Method, r.last.Target = req.Method, req.RequestURI
	r.last.Headers = [][2]string{{"Host", req.Host}}
	for name, values := range req.Header {
		for _, v := range values {
			characters := make([]rune, 0, len(v))
			for _, b := range []byte(v) {
				characters = append(characters, rune(b))
			}
			r.last.Headers = append(r.last.Headers, [2]string{name, string(characters)})
		}
	}
	r.last.Body, _ = io.ReadAll(req.Body)
}

// send makes a question's request as a browser does, and returns what arrived.
func send(t *testing.T, q request.Question, browser string) sent {
	t.Helper()
	r := &recorder{}
	server := httptest.NewServer(r)
	defer server.Close()
	if q.From == "" {
		q.From = "http://app.shop.localhost:8101" // a user would add this with --from
	}
	q.As = browser
	q.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", server.Listener.Addr().String())
	}
	if _, err := request.Run(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

// A text that a browser copied is read, and the request that is read from it is the
// one that the browser had sent, except for the losses. The .golden files show how
// each text is read.
func TestRecorded(t *testing.T) {
	happened := make([]bool, len(losses))
	ran := 0
	for _, browser := range []string{"chromium", "firefox", "webkit"} {
		raw, err := os.ReadFile("testdata/recorded/" + browser + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var wire map[string]sent
		if err := json.Unmarshal(raw, &wire); err != nil {
			t.Fatal(err)
		}
		kinds := map[string][]string{
			"chromium": {"fetch", "fetch-node", "curl-bash", "curl-cmd"}, "firefox": {"fetch", "curl-posix", "curl-cmd"}, "webkit": {"fetch", "curl"},
		}
		for _, kind := range kinds[browser] {
			name := browser + "-" + kind
			t.Run(name, func(t *testing.T) {
				ran++
				got := &txtar.Archive{}
				for _, what := range slices.Sorted(maps.Keys(wire)) {
					text, err := os.ReadFile("testdata/recorded/" + name + "-" + what + ".txt")
					if err != nil {
						t.Fatal(err)
					}
					p, err := Read(string(text))
					if err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					got.Files = append(got.Files, txtar.File{Name: what, Data: []byte(describe(p))})
					if p, err := Read("\n" + string(text) + "\r\n"); err != nil || describe(p) != string(got.Files[len(got.Files)-1].Data) {
						t.Errorf("%s: line breaks around it change how it is read, %v", what, err)
					}
					for part, differ := range wire[what].differences(send(t, p.Question, browser)) {
						i := slices.IndexFunc(losses, func(l struct{ pattern, why string }) bool {
							return regexp.MustCompile("^(" + l.pattern + ")$").MatchString(name + " " + what + " " + part)
						})
						if i < 0 {
							t.Errorf("%s: %s on the wire: %s", what, part, differ)
							continue
						}
						happened[i] = true
					}
				}
				golden := "testdata/recorded/" + name + ".golden"
				if *update {
					if err := os.WriteFile(golden, txtar.Format(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := txtar.ParseFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if len(want.Files) != len(got.Files) {
					t.Fatalf("%d recordings, and %d in %s", len(got.Files), len(want.Files), golden)
				}
				for i, f := range got.Files {
					if !bytes.Equal(f.Data, want.Files[i].Data) {
						t.Errorf("%s: read as\n%s\nwant\n%s", f.Name, f.Data, want.Files[i].Data)
					}
				}
			})
		}
	}
	for i, l := range losses {
		if !happened[i] && ran == 9 && !t.Failed() {
			t.Errorf("no longer lost: %s", l.pattern)
		}
	}
}
