package explain_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/explain"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/console"
	"github.com/concors/concors/fetch/reason"
)

func read(t *testing.T, text, from string) *explain.Report {
	t.Helper()
	r, err := explain.Read(text, from)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every line that a profile's browser prints is explained, whatever the reason.
func TestEveryLineThatConsolesPrintIsExplained(t *testing.T) {
	explained := 0
	for _, r := range reason.All() {
		for _, p := range fetch.Profiles() {
			e := &fetch.NetworkError{Reason: r, Kind: "fetch", URL: "https://b.example:6667/x", Origin: "https://a.example", PageOrigin: "https://a.example",
				Page: "https://a.example/", Mode: fetch.ModeCORS, Header: "X-One", Value: "c.example", Present: true, Method: "PUT", Status: 200, Space: fetch.SpaceLocal}
			lines := console.Lines(e, p)
			if len(lines) == 0 {
				continue
			}
			explained++
			m := read(t, strings.Join(lines, "\n"), "").Messages[0]
			if len(m.Reasons) == 0 && m.About == explain.Unsaid && m.Do != "" {
				continue
			}
			if !slices.Contains(m.Browsers, strings.ToLower(p.Name)) || m.Reasons[0].Explanation == "" || m.Reasons[0].Protects == "" || m.Reasons[0].Fix.Sentence == "" || m.Reasons[0].Link == "" {
				t.Errorf("%s, %s: %+v", p.Name, r, m)
			}
		}
	}
	if explained < 80 {
		t.Errorf("%d lines were explained, want at least 80", explained)
	}
}

const mismatch = "Access to fetch at 'https://b.example/x' from origin 'https://a.example' has been blocked by CORS policy: The 'Access-Control-Allow-Origin' header has a value 'https://c.example' that is not equal to the supplied origin.\n"

func TestRepeatedMessagesAreCounted(t *testing.T) {
	r := read(t, mismatch+"something else\n\n"+mismatch+strings.Replace(mismatch, "b.example/x", "b.example/y", 1), "")
	if len(r.Messages) != 2 || r.Messages[0].Times != 2 || r.Messages[1].Times != 1 || r.Messages[1].Line != 5 || r.Unknown != 1 {
		t.Errorf("%+v", r)
	}
}

func TestFromIsUsedForMessagesThatDoNotNameThePage(t *testing.T) {
	const firefox = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at https://b.example/x. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200."
	want := []request.Header{{Name: "Access-Control-Allow-Origin", Value: "https://a.example"}}
	if got := read(t, firefox, "https://a.example").Messages[0].Reasons[0].Fix.Set; !slices.Equal(got, want) {
		t.Errorf("sets %v, want %v", got, want)
	}
	if got := read(t, firefox, "").Messages[0].Reasons[0].Fix; len(got.Set) != 0 || !strings.Contains(got.Sentence, "<the page's origin>") {
		t.Errorf("%+v", got)
	}
	if got := read(t, mismatch, "https://z.example").Messages[0].Reasons[0].Fix.Set; !slices.Equal(got, want) {
		t.Errorf("the origin that the line names was replaced: %v", got)
	}
}

// What the text names need not be added to the command by hand.
func TestTheCommandHasTheMethodOfTheText(t *testing.T) {
	const blocked = "Access to fetch at 'https://b.test/x' from origin 'https://a.test' has been blocked by CORS policy: " +
		"Response to preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is present on the requested resource.\n"
	for _, row := range []struct{ line, want string }{
		{"PUT https://b.test/x net::ERR_FAILED", "concors check 'https://b.test/x' -X PUT --from https://a.test"},
		{"api.js:3 DELETE https://b.test/x net::ERR_FAILED 405 (Method Not Allowed)", "concors check 'https://b.test/x' -X DELETE --from https://a.test"},
		{"GET https://b.test/x net::ERR_FAILED", "concors check 'https://b.test/x' --from https://a.test"},
		{"", "concors check 'https://b.test/x' --from https://a.test"},
	} {
		if _, command := read(t, blocked+row.line, "").Messages[0].Next(term.Width); !slices.Equal(command, []string{row.want}) {
			t.Errorf("%q: the command is %q, want %q", row.line, command, row.want)
		}
	}
}

// A message that names a method, a header or credentials is about a request with them:
// without them the request could be allowed.
func TestTheCommandHasWhatTheMessageNames(t *testing.T) {
	const blocked = "Access to fetch at 'https://b.test/x' from origin 'https://a.test' has been blocked by CORS policy: "
	for line, want := range map[string]string{
		"[Error] Method PUT is not allowed by Access-Control-Allow-Methods.":                                                                                   "concors check URL --from https://a.test -X PUT",
		"Method DELETE is not allowed by Access-Control-Allow-Methods in preflight response.":                                                                  "-X DELETE",
		"Request header field x-key is not allowed by Access-Control-Allow-Headers in preflight response.":                                                     "-H 'x-key: x'",
		"The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is 'include'.": "--credentials include",
		"No 'Access-Control-Allow-Origin' header is present on the requested resource.":                                                                        "concors check 'https://b.test/x' --from https://a.test",
	} {
		if !strings.HasPrefix(line, "[Error]") {
			line = blocked + line
		}
		if _, command := read(t, line, "https://a.test").Messages[0].Next(term.Width); !strings.Contains(strings.Join(command, " "), want) {
			t.Errorf("%s: the command is %q, want %q in it", line, command, want)
		}
	}
}

// A page that reads HTML as JSON is told so by its script only.
func TestHTMLInPlaceOfJSONIsNamed(t *testing.T) {
	for _, text := range []string{
		"SyntaxError: Unexpected token '<', \"<!doctype \"... is not valid JSON",
		"Uncaught (in promise) SyntaxError: Unexpected token < in JSON at position 0",
		"SyntaxError: JSON.parse: unexpected character at line 1 column 1 of the JSON data",
		"SyntaxError: JSON Parse error: Unrecognized token '<'",
		"SyntaxError: Unexpected end of JSON input",
		"SyntaxError: Unexpected end of input",
	} {
		report, err := explain.Read(text, "")
		if err != nil || len(report.Messages) != 1 || report.Messages[0].About != "not-json" {
			t.Errorf("%s: %+v, %v", text, report, err)
		}
	}
}

func TestTextWithoutMessages(t *testing.T) {
	for _, row := range []struct{ name, text, from, problem, hint string }{
		{"nothing", "", "", "the text is empty", "copy the red lines"},
		{"spaces", " \r\n\t\ufeff\n", "", "the text is empty", "copy the red lines"},
		{"another error", "Uncaught ReferenceError: x is not defined", "", "nothing in this text", "Access to fetch"},
		{"a page with a path", mismatch, "https://a.example/", "an origin ends with its host and port", "https://a.example"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := explain.Read(row.text, row.from)
			var usage *cli.UsageError
			if !errors.As(err, &usage) || !strings.Contains(usage.Problem, row.problem) || !strings.Contains(usage.Hint, row.hint) {
				t.Errorf("%#v", err)
			}
		})
	}
}

func TestHostileTextIsEscapedAndBounded(t *testing.T) {
	long := strings.Repeat("A", 5000)
	text := strings.Replace(mismatch, "https://c.example", "\x1b]0;x\a\u202e\u009b\u0301"+long, 1) +
		"Preflight response is not successful. Status code: 404\u200d\nFetch API cannot load http://b.example/`rm'$(x)\\ due to access control checks.\n"
	r := read(t, text, "")
	var out, js strings.Builder
	if err := errors.Join(report.WriteExplanation(&out, r, report.TextOptions{Parts: report.More}), r.WriteJSON(&js)); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{out.String(), js.String()} {
		for _, c := range s {
			if c != '\n' && !unicode.IsPrint(c) {
				t.Fatalf("the character %U is printed", c)
			}
		}
	}
	for line := range strings.Lines(out.String()) {
		if n := term.Columns(strings.TrimSuffix(line, "\n")); n > term.Width {
			t.Errorf("%d columns: %q", n, line)
		}
		if strings.Contains(line, "concors check") && strings.ContainsAny(line, "$`") {
			t.Errorf("a command that is unsafe to paste: %q", line)
		}
	}
	if len(out.String()) > 12_000 {
		t.Errorf("the text has %d bytes", out.Len())
	}
	if !json.Valid([]byte(js.String())) {
		t.Error("the JSON is invalid")
	}
}

func TestColourIsAnOption(t *testing.T) {
	r := read(t, mismatch, "")
	for _, coloured := range []bool{false, true} {
		var out strings.Builder
		if err := report.WriteExplanation(&out, r, report.TextOptions{Colour: coloured}); err != nil || strings.Contains(out.String(), "\x1b[") != coloured {
			t.Errorf("coloured %t: %q, %v", coloured, out.String(), err)
		}
	}
}

func TestEveryFieldOfTheJSONIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../../../docs/explain-json.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range []reflect.Type{reflect.TypeFor[explain.Report](), reflect.TypeFor[explain.Message](), reflect.TypeFor[explain.Reason]()} {
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if name == "" || !strings.Contains(string(doc), "`"+name+"`") {
				t.Errorf("%s.%s: the field %q is not in docs/explain-json.md", typ.Name(), typ.Field(i).Name, name)
			}
		}
	}
}

// A command with a mask in it does not work as it is, and says so.
func TestAMaskedCommandSaysToPutTheRealValueBack(t *testing.T) {
	const firefox = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at %. (Reason: CORS request did not succeed). Status code: (null)."
	for _, row := range []struct {
		name, text, url string
		masked          bool
	}{
		{"a parameter with a full stop after it", strings.Replace(firefox, "%", "https://b.example/envelope/?key=1", 1), "https://b.example/envelope/?key=***", true},
		{"no secret, with a full stop after it", strings.Replace(firefox, "%", "https://b.example/envelope/", 1), "https://b.example/envelope/", false},
		{"French", "Blocage d’une requête multiorigine (Cross-Origin Request) : la politique « Same Origin » ne permet pas de consulter la ressource distante située sur https://b.example/?token=abcdef. Raison : échec de la requête CORS. Code d’état : (null).",
			"https://b.example/?token=***", true},
	} {
		m := read(t, row.text, "").Masked().Messages[0]
		why, command := m.Next(100)
		if m.URL != row.url || !strings.Contains(strings.Join(command, " "), "'"+row.url+"'") || strings.Contains(why, "in place of ***") != row.masked {
			t.Errorf("%s: %s\n%s\n%s", row.name, m.URL, why, command)
		}
		if lines := strings.Join(m.Lines, "\n"); strings.Contains(lines, "***2") || row.masked != strings.Contains(lines, "***.") {
			t.Errorf("%s: %s", row.name, lines)
		}
	}
}
