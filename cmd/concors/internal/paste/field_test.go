package paste

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/request"
)

// The cases in testdata/field.jsonl are what people pasted, and what is wanted of it.
func TestFieldCases(t *testing.T) {
	file, err := os.Open("testdata/field.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n := 0
	for lines := bufio.NewScanner(file); lines.Scan(); n++ {
		var c struct {
			ID, Text, From string
			Want           struct {
				OK                      bool
				Method, URL, Page, Hint string
			}
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		t.Run(c.ID, func(t *testing.T) {
			p, err := Read(c.Text)
			var wrong *Error
			switch {
			case errors.As(err, &wrong):
				said := strings.ToLower(wrong.Problem + "\n" + wrong.Hint)
				if c.Want.OK || !hasAny(said, strings.Split(c.Want.Hint, " | ")) {
					t.Errorf("%s\nhint: %s\nwant %+v", wrong, wrong.Hint, c.Want)
				}
			case err != nil:
				t.Fatal(err)
			default:
				q := p.Question
				page := cmp.Or(c.From, q.From)
				method := cmp.Or(q.Method, "GET")
				if q.Method == "" && q.Data != nil {
					method = "POST"
				}
				if method != c.Want.Method || q.URL != c.Want.URL || page != cmp.Or(c.Want.Page, page) || page == "" {
					t.Errorf("read as %s %s from %s, want %+v", method, q.URL, page, c.Want)
				}
			}
		})
	}
	if n < 25 {
		t.Errorf("%d cases", n)
	}
}

func hasAny(text string, parts []string) bool {
	for _, part := range parts {
		if part != "" && strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// A request is read whatever a document, a chat or a shell put around it.
func TestWhatStandsAroundARequestIsSkipped(t *testing.T) {
	const call = `fetch("https://api.example/a", {"method": "PUT"})`
	const command = "curl -X PUT https://api.example/a"
	for _, row := range []struct{ name, text string }{
		{"a fence", "```\n" + call + "\n```"},
		{"a fence with a language", "```javascript\n" + call + ";\n```\n"},
		{"a fence of tildes", "~~~ts\n" + call + "\n~~~"},
		{"a longer fence around a shorter one", "````md\n" + call + "\n````"},
		{"a fence that is not closed", "```sh\n" + command},
		{"a fence in a list", "1. ```js\n   " + call + "\n   ```"},
		{"prose around a fence", "I don't understand why this `fails`:\n\n```js\n" + call + "\n```\n\nAny ideas? It's fetch('https://not.example/')."},
		{"a fence of the server's code before it", "Server:\n```js\napp.use(cors())\n```\nPage:\n```js\n" + call + "\n```"},
		{"a fence with what it printed after it", "```sh\n" + command + "\n```\n```\n{\"ok\": true}\n```"},
		{"inline code", "`" + command + "`"},
		{"inline code with two backquotes", " ``" + call + "`` \n"},
		{"a quoted mail", "> " + call[:31] + "\n> " + call[31:] + "\n"},
		{"a mail quoted twice, with a fence", ">> ```js\n>> " + call + "\n>> ```"},
		{"a byte order mark", "\uFEFF" + command},
		{"a prompt", "$ " + command},
		{"a prompt with user, host and folder", "me@laptop:~/project$ " + command},
		{"a prompt of zsh", "me@laptop project % " + command},
		{"a prompt with an arrow", "➜  project git:main ✗ ❯ " + command},
		{"a prompt of root", "root@4f2:/# " + command},
		{"a prompt of cmd", `C:\Users\me>` + " " + command},
		{"what curl -v printed below it", "$ curl -v -X PUT https://api.example/a\n*   Trying 127.0.0.1:443...\n> PUT /a HTTP/1.1\n> Host: api.example\n>\n< HTTP/1.1 200 OK\n<\n{\"a\": \"it's\"}"},
		{"a progress bar below it", command + "\n  % Total    % Received\n100 8"},
		{"what curl -v printed, alone", "*   Trying 127.0.0.1:443...\n* SSL connection using TLSv1.3\n> PUT /a HTTP/2\n> Host: api.example\n> Accept: */*\n>\n* Request completely sent off\n< HTTP/2 302\n<\n> GET /b HTTP/2\n> Host: api.example\n"},
		{"headers as on the wire", "PUT /a HTTP/1.1\nHost: api.example\nAccept: */*\nSec-Fetch-Mode: cors\n"},
		{"headers of HTTP/2", ":authority: api.example\n:method: PUT\n:path: /a\n:scheme: https\naccept: */*"},
		{"headers of HTTP/2 on two lines each", ":authority\napi.example\n:method\nPUT\n:path\n/a\n:scheme\nhttps\naccept\n*/*"},
		{"a request file of an editor", "PUT https://api.example/a HTTP/1.1\nAccept: */*"},
		{"a method and a URL", "PUT https://api.example/a"},
		{"a method and a URL, with headers and a body", "PUT https://api.example/a\nAccept: */*\nContent-Type: text/plain\n\nGET /b"},
		{"headers without the version", "PUT /a\nHost: api.example\nAccept: */*\nSec-Fetch-Mode: cors"},
		{"headers without the version, quoted", "> PUT /a\n> Host: api.example\n> Accept: */*\n"},
		{"headers without the version, in a fence", "It sends\n```\nPUT /a\nhost: api.example\n```\nand fails."},
		{"a request file with comments", "### save\n# @name save\n// a note\nPUT https://api.example/a\nAccept: */*\n\n{}\n\n### next\n"},
		{"a Request", `fetch(new Request("https://api.example/a", {method: "PUT", signal: c.signal}))`},
		{"a Request, with options that replace its own", `fetch(new Request("https://api.example/a", {method: "POST"}), {method: "PUT"})`},
		{"a Request of a Request", `fetch(new Request(new Request("https://api.example/a", {method: "PUT"}), {cache: "default"},), {})`},
		{"a Request of a URL", `const r = await fetch(new Request(new URL("/a", "https://api.example/"), {method: "PUT"}))`},
		{"constants", "const API = 'https://api.example'\nconst url: string = API + '/a';\nconst options = {\n  method: 'PUT',\n}\nfetch(url, options)"},
		{"constants in a template and a shorthand", "const base = 'https://api.example', x = 1;\nconst method = 'PUT'\n\nawait fetch(`${base}/a`, { method, signal })"},
		{"a Request in a constant", "const r = new Request('https://api.example/a', {method: 'PUT'});\nfetch(r).then(x => x)"},
		{"the General section of the panel", "Request URL: https://api.example/a\nRequest Method: PUT\nStatus Code: 405 Method Not Allowed\nReferrer Policy: no-referrer"},
		{"the General section on two lines each", "General\nRequest URL\nhttps://api.example/a\nRequest Method\nPUT\nStatus Code\n405"},
		{"curly quotes around the strings of a call", "fetch(“https://api.example/a”, {method: “PUT”})"},
		{"curly quotes in a command", "curl -X PUT -H “Accept: */*” https://api.example/a"},
		{"a URL that is relative to another", `fetch(new URL("/a", "https://api.example/b"), {method: "PUT"})`},
		{"casts of TypeScript", `const r = await fetch<Reply>("https://api.example/a" as string, { method: "PUT" as const, headers: { a: "b"! } as Record<string, string> satisfies H | (() => void) } as RequestInit)`},
		{"a function with the name fetch before it", "async function fetch(x) {}\n" + call},
	} {
		t.Run(row.name, func(t *testing.T) {
			for _, text := range []string{row.text, strings.ReplaceAll(row.text, "\n", "\r\n")} {
				p, err := Read(text)
				if err != nil {
					t.Fatalf("%q: %v", text, err)
				}
				if q := p.Question; q.Method != "PUT" || q.URL != "https://api.example/a" {
					t.Errorf("%q was read as %s %s", text, q.Method, q.URL)
				}
			}
		})
	}
}

// A text without a request that can be read gets an error that says what it is.
func TestOtherTextsAreNamed(t *testing.T) {
	for _, row := range []struct{ name, text, problem, hint string }{
		{"two calls", "fetch('https://a.example');\nfetch('https://b.example')", "line 2, column 1: a second fetch() call", "one call"},
		{"two calls in two fences", "```js\nfetch('https://a.example')\n```\n```js\nfetch('https://b.example')\n```", "line 5, column 1: a second", "one call"},
		{"two commands in two fences", "```\ncurl https://a.example\n```\n```\ncurl https://b.example\n```", "line 5", "one command"},
		{"two requests in a file", "GET https://a.example/\n\n###\nGET https://b.example/", "line 3, column 1: a second request", "one request"},
		{"a path alone", "GET /notes", "no Host", "Copy as fetch"},
		{"a Request of a variable", "fetch(new Request(url))", `line 1, column 19: "url" is not a literal`, "value"},
		{"a Request with other options", "fetch(new Request('https://a.example', 1))", "column 40: the second argument is not an object", "method"},
		{"a relative Request", "fetch(new Request('/notes'))", "relative", "whole URL"},
		{"a failed request of a console", "GET https://a.example/x net::ERR_FAILED", "console", "concors explain"},
		{"a constant that is declared twice", "const u = 'https://a.example'; const u = 'https://b.example'; fetch(u)", `column 69: "u" is not a literal`, "value"},
		{"a constant that names itself", "const u = u + 'a'; fetch(u)", `"u" is not a literal`, "value"},
		{"a constant with a value that is computed", "const u = location.origin + '/a'; fetch(u)", `"u" is not a literal`, "value"},
		{"a constant that goes on in the next line", "const u = 'https://a.example'\n  .trim()\nfetch(u)", `"u" is not a literal`, "value"},
		{"a variable", "let u = 'https://a.example'; u += 'x'; fetch(u)", `"u" is not a literal`, "value"},
		{"axios", "axios({ method: 'get', url: 'https://a.example' })", "axios", "Copy as fetch"},
		{"an instance of axios", "await api.get('/me')", "axios", "Copy as fetch"},
		{"XMLHttpRequest", "var r = new XMLHttpRequest(); r.open('GET', 'https://a.example'); r.send()", "XMLHttpRequest", "Copy as fetch"},
		{"jQuery", "$.getJSON('https://a.example', f)", "jQuery", "Copy as fetch"},
		{"Angular", "this.http.get<User[]>('https://a.example').subscribe()", "Angular", "Copy as fetch"},
		{"AngularJS", "$http({method: 'GET'})", "Angular", "Copy as fetch"},
		{"ky", "await ky.post('https://a.example', {json: {a: 1}})", "library", "Copy as fetch"},
		{"a beacon", "navigator.sendBeacon('https://a.example', x)", "another interface", "Copy as fetch"},
		{"Python", "import requests\nrequests.get('https://a.example')", "not run in a browser", "Copy as fetch"},
		{"a line of Chromium's console", "Access to fetch at 'https://a.example' from origin 'https://b.example' has been blocked by CORS policy: …", "console", "concors explain"},
		{"a line of Firefox's console", "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://a.example. (Reason: …)", "console", "concors explain"},
		{"a line of a German console", "Quellübergreifende (Cross-Origin) Anfrage blockiert: Die Gleiche-Quelle-Regel verbietet das Lesen der externen Ressource auf https://a.example/x. (Grund: CORS-Kopfzeile 'Access-Control-Allow-Origin' fehlt).", "console", "concors explain"},
		{"a failed request in the console", "GET https://a.example/x net::ERR_FAILED 502 (Bad Gateway)", "console", "concors explain"},
		{"a line of Safari's console", "Fetch API cannot load https://a.example due to access control checks.", "console", "concors explain"},
		{"a console line in a fence", "```\nAccess to fetch at 'x' from origin 'y' has been blocked by CORS policy: z\n```", "console", "concors explain"},
		{"a HAR, even a long one", `{ "log": {` + strings.Repeat(" ", Limit+1), "HAR", "concors explain"},
		{"headers of a response", "HTTP/2 200\naccess-control-allow-origin: *", "headers of a response", "Copy as fetch"},
		{"one header of a response", "access-control-allow-origin: *", "headers of a response", "Copy as fetch"},
		{"headers without Host", "GET /a HTTP/1.1\nAccept: */*", "no Host", "Copy as fetch"},
		{"PowerShell", "Invoke-RestMethod https://a.example", "PowerShell", "Copy as fetch"},
		{"a Postman collection", `{"info": {"_postman_id": "x"}}`, "Postman", "cURL"},
		{"HTTPie", "http PUT a.example/x X-A:b", "HTTPie", "curl"},
		{"a URL", " https://a.example/x?y=1\n", "a URL alone", "concors check https://a.example/x?y=1 --from"},
		{"the shell's process number", "curl -H \"X-A: $$\" https://a.example", "column 15: the shell's own variable $$", "single quotes"},
		{"the last status", "curl -d $? https://a.example", "variable $?", "its value"},
		{"all arguments", "curl \"$@\" https://a.example", "variable $@", "its value"},
		{"an argument", "curl -d \"$1\" https://a.example", "variable $1", "its value"},
		{"arithmetic", "curl -d $[1+1] https://a.example", "expansion $[", "its value"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, err := Read(row.text)
			var wrong *Error
			if !errors.As(err, &wrong) {
				t.Fatalf("read as %+v, error %v", p, err)
			}
			if !strings.Contains(wrong.Error(), row.problem) || !strings.Contains(wrong.Hint, row.hint) {
				t.Errorf("%s\nhint: %s\nwant %q and %q", wrong, wrong.Hint, row.problem, row.hint)
			}
		})
	}
}

// The text does not say whether it was copied or is code: both readings are noted.
func TestPreflightWrittenAsAFetchCallHasBothReadings(t *testing.T) {
	p, err := Read(`fetch('https://api.example/a', {method: 'OPTIONS', headers: {
		'Access-Control-Request-Method': 'DELETE', 'Origin': 'https://app.example'}})`)
	if err != nil {
		t.Fatal(err)
	}
	notes := strings.Join(p.Notes, "\n")
	if p.Question.Method != "DELETE" || !strings.Contains(notes, "this is a preflight") ||
		!strings.Contains(notes, "browsers drop Access-Control-Request-Method") {
		t.Errorf("read as %s, with the notes\n%s", p.Question.Method, notes)
	}
}

// What is copied from Chromium's panel has sections; the request's headers are in one.
func TestSectionsOfThePanel(t *testing.T) {
	const general = "Request URL: https://api.example/a\nRequest Method: OPTIONS\nStatus Code: 405 Method Not Allowed\nRemote Address: 1.2.3.4:443\nReferrer Policy: no-referrer\n"
	const preflight = "access-control-request-headers: x-a\naccess-control-request-method: PUT\norigin: https://app.example\n"
	const response = "Response Headers\naccess-control-allow-origin: *\nx-b: 1\n"
	for _, row := range []struct {
		name, text, method, from string
		headers                  int
	}{
		{"headers below the General section", general + preflight, "PUT", "https://app.example", 1},
		{"headings", "General\n" + general + response + "Request Headers\n" + preflight, "PUT", "https://app.example", 1},
		{"headings with numbers", general + "Response Headers (2)\nx-b: 1\nRequest Headers (3)\nProvisional headers are shown\n" + preflight, "PUT", "https://app.example", 1},
		{"values below the names", general + "Request Headers\naccess-control-request-method\nPUT\naccess-control-request-headers\nx-a\norigin\nhttps://app.example\n", "PUT", "https://app.example", 1},
		{"the response's headers are not the request's", general + response, "OPTIONS", "", 0},
		{"empty lines between the sections", "General\n\n" + general + "\n" + response + "\nRequest Headers\n\n" + preflight, "PUT", "https://app.example", 1},
		{"Safari's panel", "Summary\nURL: https://api.example/a\nStatus: 403\nSource: Network\nAddress: 1.2.3.4:443\n\nRequest\nOPTIONS /a HTTP/1.1\n" + preflight + "Host: api.example\n\nResponse\nHTTP/1.1 403 Forbidden\nX-B: 1\n", "PUT", "https://app.example", 1},
		{"the General section alone", general, "OPTIONS", "", 0},
	} {
		p, err := Read(row.text)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if q := p.Question; q.Method != row.method || q.URL != "https://api.example/a" || q.From != row.from || len(q.Header) != row.headers {
			t.Errorf("%s: read as\n%s", row.name, describe(p))
		}
	}
}

// Options of fetch() replace those of the Request that is its input.
func TestOptionsOfARequestAreReplaced(t *testing.T) {
	for _, row := range []struct {
		name, text string
		want       request.Question
	}{
		{"headers are replaced together", `fetch(new Request("https://api.example/", {headers: {"X-A": "1", "X-B": "2"}}), {headers: {"X-C": "3"}})`,
			request.Question{URL: "https://api.example/", Header: []string{"X-C: 3"}}},
		{"undefined replaces nothing", `fetch(new Request("https://api.example/", {headers: {"X-A": "1"}, referrer: "https://a.example/"}), {headers: undefined})`,
			request.Question{URL: "https://api.example/", Header: []string{"X-A: 1"}, From: "https://a.example", Referrer: "https://a.example/"}},
		{"any option resets the referrer", `fetch(new Request("https://api.example/", {mode: "no-cors", referrer: "", referrerPolicy: "origin"}), {credentials: "include"})`,
			request.Question{URL: "https://api.example/", Mode: "no-cors", Credentials: "include"}},
		{"signal in both", `fetch(new Request("https://api.example/", {signal: a.signal, method: "PUT"}), {signal: AbortSignal.timeout(5)})`,
			request.Question{URL: "https://api.example/", Method: "PUT"}},
	} {
		p, err := Read(row.text)
		if err != nil {
			t.Errorf("%s: %v", row.name, err)
			continue
		}
		if got, want := describe(&Pasted{Question: p.Question}), describe(&Pasted{Question: row.want}); got != want {
			t.Errorf("%s: read as\n%s\nwant\n%s", row.name, got, want)
		}
	}
}

// A request's headers do not name the scheme; what they show about it is used.
func TestSchemeOfHeadersIsConcluded(t *testing.T) {
	for _, row := range []struct{ name, head, url string }{
		{"loopback", "Host: localhost:3000", "http://localhost:3000/a"},
		{"loopback as an address", "Host: [::1]:3000", "http://[::1]:3000/a"},
		{"the port of https", "Host: api.example:443", "https://api.example:443/a"},
		{"the port of http", "Host: api.example:80", "http://api.example:80/a"},
		{"a browser's headers for https", "Host: api.example\nUser-Agent: Mozilla/5.0\nSec-Fetch-Mode: cors", "https://api.example/a"},
		{"a browser's headers for http", "Host: api.example\nUser-Agent: Mozilla/5.0", "http://api.example/a"},
		{"nothing known", "Host: api.example", "https://api.example/a"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, err := Read("GET /a HTTP/1.1\n" + row.head)
			if err != nil {
				t.Fatal(err)
			}
			if p.Question.URL != row.url || !strings.Contains(strings.Join(p.Notes, "\n"), "does not say http or https") {
				t.Errorf("read as %s, notes %q", p.Question.URL, p.Notes)
			}
		})
	}
}

func FuzzRead(f *testing.F) {
	samples(f)
	for _, text := range []string{
		"```js\nfetch('https://a.example')\n```", "> a\n> b", "GET / HTTP/1.1\nHost: a\n\nb", ":path\n/\n:authority\na",
		"* SSL connection using x\n> GET / HTTP/1.1\n> Host: a\n>\n< HTTP/1.1 200", "`curl a`", "fetch<A<B>>(1 as C[], 2!)",
		"Summary\nURL: https://a.example/\n\nRequest\nGET / HTTP/1.1\nA: b\n\nResponse\n", "Request URL: https://a.example/\nRequest Method: GET\nRequest Headers\na\nb",
		"const a = 'https://a.example'\nconst b = a + a, c = {b, d: `${b}`}\nfetch(a, c)",
		"### a\n// b\nPUT /a\nHost: a\n\nb\n###\nGET /", "fetch(new Request(new Request('https://a.example', {signal: a})), {})",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Read(text)
		promises(t, text, p, err)
	})
}
