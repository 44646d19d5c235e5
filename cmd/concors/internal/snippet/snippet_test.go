package snippet

import (
	"flag"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/request"
)

var update = flag.Bool("update", false, "write the script and the verdicts into docs/snippet.md")

func printed(t *testing.T, q request.Question, unsafe bool) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, q, unsafe); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDocumentedScriptIsThePrintedOne(t *testing.T) {
	const name = "../../../../docs/snippet.md"
	page, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want := string(page)
	replace := func(begin, end, text string) {
		before, rest, ok := strings.Cut(want, begin)
		_, after, ok2 := strings.Cut(rest, end)
		if !ok || !ok2 {
			t.Fatalf("docs/snippet.md has no %q and %q", begin, end)
		}
		want = before + begin + text + end + after
	}
	replace("```js\n", "```", printed(t, request.Question{URL: Example}, false))
	var table strings.Builder
	for _, v := range verdicts {
		table.WriteString("| `" + v.name + "` | " + v.sentence + " |\n")
	}
	replace("| verdict | what it means |\n|---|---|\n", "\n\n", strings.TrimSuffix(table.String(), "\n"))
	if want == string(page) {
		return
	}
	if !*update {
		t.Fatal("docs/snippet.md differs from what concors snippet prints: go test -update, and read the diff")
	}
	if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestEveryConstantIsSet(t *testing.T) {
	body := "a\u2028</script>"
	got := printed(t, request.Question{URL: "https://b.example/?a='b'", Method: "PUT", Header: []string{"X-A: 1", "X-B:"},
		Data: &body, Credentials: "include", Mode: "no-cors"}, true)
	for _, want := range []string{
		`const url = "https://b.example/?a='b'";`, `const method = "PUT";`, `const headers = [["X-A","1"],["X-B",""]];`,
		`const credentials = "include";`, `const mode = "no-cors";`, `const body = "a\u2028\u003c/script\u003e";`, `const sendUnsafe = true;`,
		`"allowed": "The page can`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got[:600])
		}
	}
	if strings.Contains(got, "const verdicts = {};") {
		t.Error("the verdicts are missing")
	}
}

func TestInvalidRequestsAreRefused(t *testing.T) {
	for name, q := range map[string]request.Question{
		"no scheme": {URL: "api.example/x"}, "a method": {URL: Example, Method: "A B"}, "a header": {URL: Example, Header: []string{"X"}},
		"credentials": {URL: Example, Credentials: "true"}, "a mode": {URL: Example, Mode: "navigate"},
	} {
		if err := Write(&strings.Builder{}, q, false); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// What ES2017 does not have. Older browsers must be able to run the script.
var later = regexp.MustCompile(`\?\.|\?\?|catch \{|\.\.\.[a-z{\[]|\.flat\(|fromEntries|matchAll|replaceAll|\bstatic\b|#[a-z]|import\b|require\(`)

func TestScriptIsES2017WithoutDependencies(t *testing.T) {
	if found := later.FindString(script); found != "" {
		t.Errorf("the script has %q", found)
	}
}

func TestEveryVerdictOfTheScriptIsInTheTable(t *testing.T) {
	_, code, _ := strings.Cut(script, "// What follows returns a verdict")
	used := map[string]bool{"invalid": true, "unknown": true}
	for _, list := range regexp.MustCompile(`(?:return|\?|:|concat\(|others = |push\(|verdict =) ?\[?'[a-z-]+'[^;{]*`).FindAllString(code, -1) {
		for _, m := range regexp.MustCompile(`'([a-z]+(?:-[a-z]+)*)'`).FindAllStringSubmatch(list, -1) {
			used[m[1]] = true
		}
	}
	for _, v := range verdicts {
		if !used[v.name] {
			t.Errorf("the script never finds %s", v.name)
		}
	}
}

const line = `concors-snippet: {"v":1,"verdict":"header","or":["preflight"],"page":"https://app.example","url":"https://api.example/notes","method":"PUT","mode":"cors","credentials":"include","browser":"chromium","headers":["x-token"],"blocked":["x-token"],"sent":false,"tests":{"own":"failed"}}`

func TestCutFindsTheLineInAnyText(t *testing.T) {
	whole, _ := Cut(line)
	if len(whole) != 1 {
		t.Fatalf("%d lines", len(whole))
	}
	want := whole[0].Line
	if want.Verdict != "header" || !reflect.DeepEqual(want.Blocked, []string{"x-token"}) || want.Tests["own"] != "failed" {
		t.Fatalf("%+v", want)
	}
	folded := line[:100] + "\n> " + line[100:200] + "\r\n  " + line[200:]
	for _, row := range []struct {
		name, text, rest string
		first, last      int
	}{
		{"alone", line, "", 1, 1},
		{"between other lines", "red 1\n" + line + "\nred 2\n", "red 1\n\nred 2\n", 2, 2},
		{"with a place in a script", "VM12:34 " + line + " (anonymous)\nred\n", "\nred\n", 1, 1},
		{"folded", "a\n" + folded + "\nb", "a\n\n\n\nb", 2, 4},
		{"with other quotation marks", strings.ReplaceAll(line, `"`, "\u201d"), "", 1, 1},
		{"as HTML", strings.ReplaceAll(line, `"`, "&quot;"), "", 1, 1},
		{"in a JSON string", strings.ReplaceAll(line, `"`, `\"`), "", 1, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			places, rest := Cut(row.text)
			if len(places) != 1 || !reflect.DeepEqual(places[0].Line, want) || places[0].First != row.first || places[0].Last != row.last {
				t.Fatalf("%+v", places)
			}
			if rest != row.rest {
				t.Errorf("the rest is %q, want %q", rest, row.rest)
			}
		})
	}
	for _, text := range []string{"", "concors-snippet: {", "concors-snippet: {}", `concors-snippet: {"v":1}`, "concors-snippet: header"} {
		if places, rest := Cut(text); len(places) != 0 || rest != text {
			t.Errorf("%q: %+v, %q", text, places, rest)
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add(line)
	f.Add("a\n" + line[:80] + "\n" + line[80:] + "\n" + line)
	f.Add(strings.Repeat("concors-snippet: {", 50))
	f.Fuzz(func(t *testing.T, text string) {
		places, rest := Cut(text)
		if len(places) > maxLines || strings.Count(rest, "\n") != strings.Count(text, "\n") {
			t.Errorf("%d lines, rest %q", len(places), rest)
		}
		for _, p := range places {
			if p.First < 1 || p.Last < p.First || len(p.Blocked) > maxItems {
				t.Errorf("%+v", p)
			}
			_, _ = p.Sentence(), p.Reasons()
		}
	})
}
