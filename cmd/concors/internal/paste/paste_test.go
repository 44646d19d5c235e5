package paste

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
)

var update = flag.Bool("update", false, "write how the samples are read into their files")

// describe lists the fields of a Pasted that are set.
func describe(p *Pasted) string {
	var b strings.Builder
	v := reflect.ValueOf(p.Question)
	for i := range v.NumField() {
		name, field := v.Type().Field(i).Name, v.Field(i)
		switch value := field.Interface().(type) {
		case string:
			if value != "" {
				fmt.Fprintf(&b, "%s: %s\n", name, value)
			}
		case []string:
			for _, s := range value {
				if !utf8.ValidString(s) {
					s = strconv.Quote(s)
				}
				fmt.Fprintf(&b, "%s: %s\n", name, s)
			}
		case *string:
			if value != nil {
				fmt.Fprintf(&b, "%s: %q\n", name, *value)
			}
		case bool:
			if value {
				fmt.Fprintf(&b, "%s\n", name)
			}
		case time.Duration:
			if value != 0 {
				fmt.Fprintf(&b, "%s: %v\n", name, value)
			}
		}
	}
	for _, note := range p.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	return b.String()
}

// The samples are in the forms that browsers copy and that people write.
func TestSamples(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text, want := string(archive.Files[0].Data), string(archive.Files[1].Data)
			for _, variant := range []string{text, strings.ReplaceAll(text, "\n", "\r\n")} {
				p, err := Read(variant)
				if err != nil {
					t.Fatal(err)
				}
				got := describe(p)
				if *update {
					archive.Files[1].Data, want = []byte(got), got
					if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if got != want {
					t.Errorf("read as\n%s\nwant\n%s", got, want)
				}
			}
		})
	}
}

func TestCurlOptions(t *testing.T) {
	body := func(s string) *string { return &s }
	form := "Content-Type: application/x-www-form-urlencoded"
	const u = "https://api.example/"
	for _, row := range []struct {
		name, text string
		want       request.Question
	}{
		{"a URL alone", "curl " + u, request.Question{URL: u}},
		{"a URL without scheme is http", "curl api.example", request.Question{URL: "http://api.example"}},
		{"-X apart and attached", "curl -X PUT -XPATCH " + u, request.Question{URL: u, Method: "PATCH"}},
		{"-H with an empty value", "curl -H 'X-A;' --header 'X-B:  b ' " + u, request.Question{URL: u, Header: []string{"X-A: ", "X-B: b"}}},
		{"-d joined", "curl -d a=1 --data-raw @b --data-binary c " + u, request.Question{URL: u, Data: body("a=1&@b&c"), Header: []string{form}}},
		{"a Content-Type given with -H", "curl -d '{}' -H 'content-type: application/json' " + u,
			request.Question{URL: u, Data: body("{}"), Header: []string{"content-type: application/json"}}},
		{"no Content-Type", "curl -d x -H Content-Type: " + u, request.Question{URL: u, Data: body("x")}},
		{"--json", `curl --json '{"a":' --json '1}' ` + u,
			request.Question{URL: u, Data: body(`{"a":1}`), Header: []string{"Content-Type: application/json", "Accept: application/json"}}},
		{"-G puts data into the query", "curl -G -d a=1 --data-urlencode 'b=x y' '" + u + "?c#f'", request.Question{URL: u + "?c&a=1&b=x%20y#f"}},
		{"-I", "curl -I " + u, request.Question{URL: u, Method: "HEAD"}},
		{"-u", "curl -u user:pass " + u, request.Question{URL: u, Header: []string{"Authorization: Basic dXNlcjpwYXNz"}}},
		{"-A and -e are the browser's", "curl -A me -e https://app.example/x " + u, request.Question{URL: u, From: "https://app.example"}},
		{"Origin null", "curl -H 'Origin: null' " + u, request.Question{URL: u, From: "null"}},
		{"-b over http sets cookies without attributes that need https", "curl -b a=b http://api.example/",
			request.Question{URL: "http://api.example/", Credentials: "include", Cookies: []string{"a=b; Path=/"}}},
		{"the network", "curl -k -m 1.5 --resolve api.example:443:127.0.0.1,::1 " + u,
			request.Question{URL: u, Insecure: true, Timeout: 1500 * time.Millisecond, Resolve: []string{"api.example:443:127.0.0.1"}}},
		{"--cacert takes precedence over -k", "curl -k --cacert ca.pem " + u, request.Question{URL: u, CACert: "ca.pem"}},
		{"short options together", "curl -sSkLo out.json " + u, request.Question{URL: u, Insecure: true}},
		{"redirections", "curl " + u + " -H 'X-A: 2' > out 2>&1", request.Question{URL: u, Header: []string{"X-A: 2"}}},
		{"escaped brackets, which make no several URLs", `curl '` + u + `\[1\]\{2\}?a\[\]=\d'`, request.Question{URL: u + `[1]{2}?a[]=\d`}},
		{"brackets with -g", `curl -g '` + u + `?a[]=\[1\]'`, request.Question{URL: u + `?a[]=\[1\]`}},
		{"a command for cmd on one line", `curl --url ^"` + u + `?a^&b^" -X ^"PUT^"`, request.Question{URL: u + "?a&b", Method: "PUT"}},
		{"a header emptied by a person", "curl -H 'X-A: ' " + u, request.Question{URL: u}},
		{"options with --no-", "curl --no-progress-meter --no-keepalive " + u, request.Question{URL: u}},
		{"a path and a comment", "  /usr/bin/curl --url " + u + " # the notes", request.Question{URL: u}},
		{"cache headers that a person wrote", "curl -H 'Cache-Control: no-cache' " + u, request.Question{URL: u, Header: []string{"Cache-Control: no-cache"}}},
		{"a preflight that only an upload listener explains", "curl -X OPTIONS -H 'Origin: https://app.example' -H 'Access-Control-Request-Method: POST' " + u,
			request.Question{URL: u, From: "https://app.example", Method: "POST", Data: body(""), XHR: true, UploadListener: true}},
	} {
		t.Run(row.name, func(t *testing.T) {
			p, err := Curl(row.text)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := describe(&Pasted{Question: p.Question}), describe(&Pasted{Question: row.want}); got != want {
				t.Errorf("read as\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestErrorsNameTheProblemItsPlaceAndAHint(t *testing.T) {
	for _, row := range []struct {
		name, text, problem, hint string
	}{
		{"a form", "curl https://a.example \\\n  -F a=b", "line 2, column 3: curl option -F", "multipart/form-data"},
		{"an unknown option", "curl --magic https://a.example", "line 1, column 6: unknown curl option --magic", "omit it"},
		{"an unknown short option", "curl -sQ x https://a.example", "option -Q", "omit it"},
		{"a value after =", "curl --request=PUT https://a.example", "--request=PUT", "--request 'PUT'"},
		{"a file as the body", "curl -d @body.json https://a.example", `"@body.json" names a file`, "--data-raw"},
		{"a file of cookies", "curl -b jar https://a.example", "names a file", "name=value"},
		{"an option without its value", "curl https://a.example -H", "column 24: -H has no value", "whole"},
		{"a variable", `curl -H "Authorization: Bearer $TOKEN" https://a.example`, "column 32: the variable $TOKEN", "its value"},
		{"a command in the command", "curl -d $(date) https://a.example", "column 9: the expansion $(", "its value"},
		{"an & without quotes", "curl https://a.example/?a=1&b=2", "column 28: an & without quotes", "quotes around the URL"},
		{"a second command", "curl https://a.example\ncurl https://b.example", "line 2, column 1: a second command", "one command"},
		{"a quote that is not closed", "curl 'https://a.example", "column 6: this quote is not closed", "whole"},
		{"two URLs", "curl https://a.example https://b.example", "column 24", "one request"},
		{"no URL", "curl -X PUT", "no URL", "whole"},
		{"a here-document as the body", "curl -d @- https://a.example <<EOF", "reads its input", "--data-raw"},
		{"a navigation", "curl https://a.example -H 'Sec-Fetch-Mode: navigate'", "a navigation", "script"},
		{"a WebSocket", "curl https://a.example -H 'Upgrade: websocket'", "WebSocket", "fetch()"},
		{"another command", "wget https://a.example", "another tool than curl", "Copy as fetch"},
		{"prose", "it does not work", "neither a curl command nor", "Copy as fetch"},
		{"an empty text", " \n", "the text is empty", "Copy as fetch"},
		{"PowerShell", "Invoke-WebRequest -UseBasicParsing", "PowerShell", "Copy as"},
		{"cmd with an & without quotes", "curl ^\"https://a.example^\" & b", "column 28: an &", "bash"},

		{"a variable in fetch()", "fetch(url)", `line 1, column 7: "url" is not a literal`, "value"},
		{"a variable in the headers", "fetch('https://a.example', {\n  headers: {'X-A': token},\n})", `line 2, column 20: "token"`, "value"},
		{"a shorthand member", "fetch('https://a.example', {method})", `column 29: the variable "method"`, `method: "abc"`},
		{"a template with a substitution", "fetch(`https://a.example/${id}`)", "column 26: a substitution", "write the value"},
		{"a spread", "fetch('https://a.example', {...options})", "column 29: a spread", "write the members"},
		{"a computed name", "fetch('https://a.example', {[a]: 1})", "column 29: a computed name", "name itself"},
		{"a call after a value", "fetch('https://a.example'.trim())", `column 26: ".trim" after a value`, "expression's value"},
		{"a missing comma", "fetch('https://a.example', {method: 'PUT' mode: 'cors'})", `column 43: "mode:"`, "comma"},
		{"a form in fetch()", "fetch('https://a.example', {body: new FormData()})", "new FormData", "Content-Type"},
		{"an object as the body", "fetch('https://a.example', {body: {a: 1}})", "column 35: the body is an object", "JSON.stringify"},
		{"a relative URL", "fetch('/notes')", "relative", "whole URL"},
		{"a string that is not closed", "fetch('https://a.example)", "column 7: this string is not closed", "whole"},
		{"a text that ends too early", "fetch('https://a.example', {", "ends inside an object", "whole"},
		{"a header value that makes fetch() throw", "fetch('https://a.example', {headers: {a: '€'}})", "beyond U+00FF", "ASCII"},
		{"nesting", "fetch('https://a.example', {body: JSON.stringify(" + strings.Repeat("[", 1<<16), "nesting", "shorten"},
		{"a zero byte", "fetch('a\x00')", "zero byte", "text"},
		{"bytes that are not UTF-8", "fetch('\xff')", "not UTF-8", "UTF-8"},
		{"too long a text", "fetch('" + strings.Repeat("a", Limit), "limit", "shorten"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := Read(row.text)
			var wrong *Error
			if !errors.As(err, &wrong) {
				t.Fatalf("error %v, want an *Error", err)
			}
			if !strings.Contains(wrong.Error(), row.problem) || !strings.Contains(wrong.Hint, row.hint) {
				t.Errorf("%s\nhint: %s\nwant %q and %q", wrong, wrong.Hint, row.problem, row.hint)
			}
			if line := wrong.Error() + wrong.Hint; strings.ContainsAny(line, "\n\r\x1b") {
				t.Errorf("more than a line: %q", line)
			}
		})
	}
}

// A constant whose value the script may change is not known: another request would be
// checked. One that it only reads is.
func TestConstantsThatTheScriptMayChangeAreRefused(t *testing.T) {
	const u = "'https://api.example/'"
	for _, row := range []struct {
		script  string
		refused bool
	}{
		{"const h = new Headers(); h.append('X-A','1'); fetch(@, {headers: h})", true},
		{"const h = new Headers({a: 'b'})\nh.set('Authorization', t)\nfetch(@, {headers: h})", true},
		{"const headers = new Headers(); headers.append('X-A', '1'); fetch(@, {headers})", true},
		{"const h={}; h['X-A']='1'; fetch(@, {headers: h})", true},
		{"const h={}; const o={headers: h}; h.a = '1'; fetch(@, o)", true},
		{"const o={method:'GET'}; o.method='PUT'; fetch(@, o)", true},
		{"const o={method:'GET'}; if (x) o.method ||= 'PUT'; fetch(@, o)", true},
		{"const o={method:'PUT'}; delete o.method; fetch(@, o)", true},
		{"const o={headers:{}}; o.headers['X-A']='1'; fetch(@, o)", true},
		{"const o={headers:{}}; const h = o.headers; h.a = '1'; fetch(@, o)", true},
		{"const o={headers:{}}; const {headers} = o; fetch(@, o)", true},
		{"const o={}; Object.assign(o,{method:'PUT'}); fetch(@, o)", true},
		{"const o={}; addToken(o); fetch(@, o)", true},
		{"const o={}; const p = o; fetch(@, o)", true},
		{"const r=new Request(@,{method:'POST'}); r.headers.append('X-A','1'); fetch(r)", true},
		{"const r=new Request(@,{method:'POST'}); r?.headers?.append('X-A','1'); fetch(r)", true},
		{"const u=new URL(@); u.pathname='/x'; fetch(u)", true},
		{"const u=new URL(@); u.searchParams.set('a', 'b'); fetch(u)", true},
		{"const q=new URLSearchParams(); q.append('a', 'b'); fetch(@, {method: 'POST', body: q})", true},
		{"const h={}; const go = () => fetch(@, {headers: h}); h['X-A']='1'; go()", true},
		{"const o={}; const go = () => fetch(@, o); Object.assign(o, {method: 'PUT'}); go()", true},

		{"const h={a: 'b'}; const o={headers: h}; fetch(@, o)", false},
		{"const headers={a: 'b'}; console.log('with', 1); console.log(headers); fetch(@, {headers: headers})", false},
		{"const o={method: 'PUT'}; if (o.method === 'PUT') console.log(o.method); fetch(@, o)", false},
		{"const data={a: 1}; fetch(@, {method: 'POST', body: JSON.stringify(data)}).then(r => r.json()).then(data => show(data))", false},
		{"const o={}; // o.method = 'PUT'\nfetch(@, o)", false},
		{"const url=@; show(url); other = {o: 1}; fetch(url)", false},
		{"const h=new Headers({a: 'b'}); console.assert(h.has('a')); const x = {}; x.h = 1; fetch(@, {headers: h})", false},
	} {
		t.Run(row.script, func(t *testing.T) {
			_, err := Fetch(strings.ReplaceAll(row.script, "@", u))
			if refused := err != nil; refused != row.refused {
				t.Fatalf("refused: %v (%v)", refused, err)
			}
			if wrong := (*Error)(nil); row.refused && (!errors.As(err, &wrong) || !strings.Contains(wrong.Hint, "write its value in the call")) {
				t.Error(err)
			}
		})
	}
}

// Constants that name others twice would grow without limit.
func TestConstantsHaveALimit(t *testing.T) {
	for _, element := range []string{"%[1]s + %[1]s", "[%[1]s, %[1]s]", "`${%[1]s}${%[1]s}`"} {
		text := "const a0 = 'https://a.example';\n"
		for i := range 100 {
			text += fmt.Sprintf("const a%d = ", i+1) + fmt.Sprintf(element, fmt.Sprintf("a%d", i)) + ";\n"
		}
		start := time.Now()
		if _, err := Read(text + "fetch('https://a.example', {method: 'PUT', body: JSON.stringify(a100)})"); err == nil {
			t.Errorf("%s: no error", element)
		}
		Read(text + "fetch('https://a.example', {method: 'PUT', body: JSON.stringify([" + strings.Repeat("a12,", 10000) + "])})")
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s took %v", element, took)
		}
	}
}

// A text that is sixteen times as long takes about sixteen times as long to read, whatever
// it repeats. How long that is depends on the machine, and on what else it does.
func TestTimeIsLinearInTheText(t *testing.T) {
	most := Limit / 16
	if testing.Short() {
		most = Limit / 64
	}
	short, long := repetitions(most/16), repetitions(most)
	for i := range long {
		took := func(text string) time.Duration {
			best := time.Hour
			for range 2 {
				start := time.Now()
				Read(text)
				best = min(best, time.Since(start))
			}
			return best
		}
		if first, second := took(short[i]), took(long[i]); second > 80*first && second > time.Second {
			t.Errorf("%.30q took %v for %d bytes, and %v for %d", long[i], first, len(short[i]), second, len(long[i]))
		}
	}
}

// repetitions returns texts of at most limit bytes that repeat what begins or divides
// something.
func repetitions(limit int) []string {
	return []string{
		strings.Repeat(`\'`, limit/2-100) + "fetch", strings.Repeat("\\`", limit/2-100) + "fetch", strings.Repeat("`${", limit/3-100) + "fetch(",
		"fetch('https://a.example', " + strings.Repeat("{signal:", 199) + strings.Repeat("(", limit/2),
		"curl " + strings.Repeat("$'\\ud83d", limit/9), "curl " + strings.Repeat(`^"`, limit/2-10), "curl " + strings.Repeat("-", limit-10),
		"curl " + strings.Repeat("-H a:b ", limit/7-10),
		strings.Repeat("```\nfetch\n", limit/10-10), strings.Repeat("> a\n", limit/4-10), strings.Repeat("> GET / HTTP/1.1\n", limit/17-10),
		strings.Repeat("http -a ", limit/8-10), "fetch(1 as " + strings.Repeat("a as ", limit/5-10), strings.Repeat("fetch<", limit/6-10),
		"Summary\nURL: a\n" + strings.Repeat("\nRequest\nGET / HTTP/1.1 x\n", limit/26-10), strings.Repeat("# a\n", limit/4-10), "GET /\n" + strings.Repeat("###\n# a\n", limit/8-10), "fetch(" + strings.Repeat("new Request(", limit/12-10),
		":path\n" + strings.Repeat("a\n", limit/2-10), strings.Repeat("a$ ", limit/3-10) + "curl",
	}
}

// Words that are quoted for a shell are read back unchanged, and Curl keeps its
// promises for every text.
func FuzzCurl(f *testing.F) {
	samples(f)
	f.Add("curl -H $'a\\x41\\u00e9\\ud83d\\ude00\\101\\cA' \"b\\\\\\\"\" c\\ d e\\\nf")
	f.Add("curl https://a.example -H 'Origin: \x1b[31m'")
	f.Add("curl ^\"https://a.example^\" ^\n -d ^\"^{^\\^\"a^\\^\"^}^\"")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Curl(text)
		promises(t, text, p, err)
		if strings.IndexByte(text, 0) >= 0 {
			return
		}
		want := strings.Split(text, ":")
		var quoted []string
		for _, s := range want {
			quoted = append(quoted, term.ShellQuote(s))
		}
		words, piped, err := shellWords(strings.Join(quoted, " "))
		if err != nil || piped || len(words) != len(want) {
			t.Fatalf("%q was read as %v, %v", quoted, words, err)
		}
		for i, w := range words {
			if w.text != want[i] {
				t.Errorf("%s was read as %q", quoted[i], w.text)
			}
		}
	})
}

// A question that is written as a fetch() call is read back unchanged, and Fetch
// keeps its promises for every text.
func FuzzFetch(f *testing.F) {
	samples(f)
	f.Add("fetch('https://a.example', {method: `PUT`, headers: [['a', 1]], body: new URLSearchParams('a=b')})")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := Fetch(text)
		promises(t, text, p, err)
		s := strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "\uFFFD")
		if len(s) > 1<<12 {
			return
		}
		init := map[string]any{"method": s, "mode": "no-cors", "credentials": s, "redirect": s, "referrerPolicy": s, "body": s,
			"headers": map[string]string{"X-" + s: "a"}}
		for _, indent := range []string{"", "  "} {
			options, err := json.MarshalIndent(init, "", indent)
			if err != nil {
				t.Fatal(err)
			}
			p, err := Fetch(fmt.Sprintf("fetch(\"https://api.example/\", %s);", options))
			if err != nil {
				t.Fatalf("%s: %v", options, err)
			}
			want := request.Question{URL: "https://api.example/", Method: s, Mode: "no-cors", Credentials: s, Redirect: s, ReferrerPolicy: s,
				Data: &s, Header: []string{"X-" + s + ": a"}}
			if s == "" {
				want.Method = "GET" // fetch() throws for a GET with a body
			}
			if got, want := describe(&Pasted{Question: p.Question}), describe(&Pasted{Question: want}); got != want {
				t.Errorf("%s was read as\n%s\nwant\n%s", options, got, want)
			}
		}
	})
}

func samples(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(archive.Files[0].Data))
	}
	recorded, err := filepath.Glob("testdata/recorded/*.txt")
	if err != nil || len(recorded) < 207 {
		f.Fatalf("%d recordings, %v", len(recorded), err)
	}
	for _, name := range recorded {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
}

// promises checks what Curl and Fetch promise for every text.
func promises(t *testing.T, text string, p *Pasted, err error) {
	t.Helper()
	if err == nil {
		if p.Question.URL == "" {
			t.Error("no error, and no URL")
		}
		for _, note := range p.Notes {
			if strings.ContainsAny(note, "\n\r\x1b") {
				t.Errorf("a note is not one line: %q", note)
			}
		}
		return
	}
	var wrong *Error
	if !errors.As(err, &wrong) {
		t.Fatalf("error %v, want an *Error", err)
	}
	if wrong.Hint == "" || strings.ContainsAny(wrong.Problem+wrong.Hint, "\n\r\x1b") {
		t.Errorf("problem %q, hint %q: want a line each", wrong.Problem, wrong.Hint)
	}
	lines := strings.Split(text, "\n")
	if wrong.Line < 0 || wrong.Line > len(lines) || wrong.Line > 0 && (wrong.Column < 1 || wrong.Column > len([]rune(lines[wrong.Line-1]))+1) {
		t.Errorf("line %d, column %d is not in the text", wrong.Line, wrong.Column)
	}
}

func ExampleCurl() {
	p, err := Curl(`curl 'https://api.example/notes/1' -X PUT -H 'Origin: https://app.example' -H 'X-Name: a'`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(p.Question.Method, p.Question.URL, p.Question.From, p.Question.Header)
	fmt.Println(p.Notes)
	// Output:
	// PUT https://api.example/notes/1 https://app.example [X-Name: a]
	// [the page is on https://app.example, from Origin]
}

func ExampleFetch() {
	_, err := Fetch(`fetch("https://api.example/notes", {
  headers: {Authorization: token},
})`)
	fmt.Println(err)
	// Output:
	// line 2, column 28: "token" is not a literal, and the script is not run
}
