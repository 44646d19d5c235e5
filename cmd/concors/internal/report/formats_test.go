package report_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"flag"
	"html"
	"io"
	"math"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
)

var update = flag.Bool("update", false, "write the golden files")

func experiment(t *testing.T, name, as string) *report.Report {
	t.Helper()
	s, ok := experiments.Find(name)
	if !ok {
		t.Fatalf("no experiment %s", name)
	}
	server, err := experiments.Start(s)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	q := server.Question()
	q.As = as
	result, err := request.Run(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return report.New(result, nil)
}

// written returns a report in a format, and checks that writing is deterministic.
func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if err := write(b); err != nil {
			t.Fatal(err)
		}
	}
	if first.String() != second.String() {
		t.Error("writing the same report twice gave different bytes")
	}
	return first.String()
}

func TestTheFormatsOfAReport(t *testing.T) {
	versions := regexp.MustCompile(`(Chromium |Chrome/|Firefox |WebKitGTK )\d+(\.[\d.]+)?( ESR)?`)
	made := regexp.MustCompile(`Made by Concors .*`)
	r := experiment(t, "preflight-404", "")
	for _, format := range []struct {
		file  string
		write func(io.Writer) error
	}{{"testdata/report.html", r.WriteHTML}, {"testdata/report.md", r.WriteMarkdown}} {
		got := made.ReplaceAllString(versions.ReplaceAllString(written(t, format.write), "${1}N"), "Made by Concors VERSION on DATE.")
		if *update {
			if err := os.WriteFile(format.file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(format.file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs (go test -update writes it; look at the difference):\n%s", format.file, got)
		}
	}
}

// Every experiment's page is well-formed, names its parts for a screen reader, and
// loads nothing.
func TestEveryPageIsSelfContained(t *testing.T) {
	for i, s := range experiments.Demo() {
		if testing.Short() && i%4 != 0 {
			continue
		}
		page := written(t, experiment(t, s.Name, "all").WriteHTML)
		d := xml.NewDecoder(strings.NewReader(page))
		d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
		ids := map[string]bool{}
		level, scripts, unfolds, summaries := 0, 0, 0, 0
		for {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", s.Name, err)
			}
			element, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			attributes := map[string]string{}
			for _, a := range element.Attr {
				attributes[a.Name.Local] = a.Value
			}
			if id := attributes["id"]; id != "" {
				if ids[id] {
					t.Errorf("%s: two elements have the id %s", s.Name, id)
				}
				ids[id] = true
			}
			switch name := element.Name.Local; name {
			case "link", "img", "iframe", "object", "form":
				t.Errorf("%s: the page has a <%s>", s.Name, name)
			case "script":
				if scripts++; len(element.Attr) > 0 || scripts > 1 {
					t.Errorf("%s: the page has another script than its own", s.Name)
				}
			case "html":
				if attributes["lang"] != "en" {
					t.Errorf("%s: the page has no language", s.Name)
				}
			case "button":
				if attributes["type"] != "button" {
					t.Errorf("%s: a button has no type", s.Name)
				}
			case "details":
				unfolds++
			case "summary":
				summaries++
			case "th":
				if attributes["scope"] == "" {
					t.Errorf("%s: a heading of a table has no scope", s.Name)
				}
			case "h1", "h2", "h3", "h4":
				if name == "h1" && level > 0 {
					t.Errorf("%s: there is a second heading of level 1", s.Name)
				}
				if next := int(name[1] - '0'); next > level+1 {
					t.Errorf("%s: a heading of level %d follows one of level %d", s.Name, next, level)
				} else {
					level = next
				}
			case "svg":
				if attributes["role"] != "img" || attributes["aria-labelledby"] == "" {
					t.Errorf("%s: the drawing has no accessible name", s.Name)
				}
			case "a":
				if !strings.HasPrefix(attributes["href"], "https://") {
					t.Errorf("%s: a link leads to %q", s.Name, attributes["href"])
				}
			}
		}
		if unfolds != summaries || unfolds < 4 {
			t.Errorf("%s: %d details have %d summaries", s.Name, unfolds, summaries)
		}
		if strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "url(") || strings.Contains(page, "@import") {
			t.Errorf("%s: the page has an unsafe or loaded part", s.Name)
		}
	}
}

// element returns the text of the only element of that name.
func element(t *testing.T, page, name string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, "<"+name+">")
	text, _, closed := strings.Cut(rest, "</"+name+">")
	if !ok || !closed {
		t.Fatalf("the page has no <%s>", name)
	}
	return text
}

// The page's policy allows its own style and script, and nothing else.
func TestThePolicyOfAPageAllowsOnlyItsOwnParts(t *testing.T) {
	page := written(t, experiment(t, "preflight-404", "").WriteHTML)
	found := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatal("the page has no policy")
	}
	hash := func(name string) string {
		sum := sha256.Sum256([]byte(element(t, page, name)))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	want := "default-src 'none'; style-src " + hash("style") + "; script-src " + hash("script") + "; base-uri 'none'; form-action 'none'"
	if got := html.UnescapeString(found[1]); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if strings.Contains(page, " style=") || regexp.MustCompile(` on[a-z]+=`).MatchString(page) {
		t.Error("the page has a style or a script in an attribute, which its policy blocks")
	}
}

// The heading is a sentence, and the reason's name can break in lines.
func TestTheHeadingOfAPageIsASentence(t *testing.T) {
	for i, s := range experiments.Demo() {
		if testing.Short() && i%4 != 0 {
			continue // a sample
		}
		r := experiment(t, s.Name, "")
		page := written(t, r.WriteHTML)
		heading := html.UnescapeString(element(t, page, "h1"))
		if name := r.Results[0].Reason; name != 0 && strings.Contains(heading, name.String()) {
			t.Errorf("%s: the heading has an identifier: %s", s.Name, heading)
		}
		if !strings.HasSuffix(heading, ".") || len(heading) < 20 {
			t.Errorf("%s: %s", s.Name, heading)
		}
	}
}

// Contrast is at least 4.5, as WCAG 2.2 requires of text, in every theme.
// https://www.w3.org/TR/WCAG22/#contrast-minimum
func TestThePagesColoursHaveEnoughContrast(t *testing.T) {
	style := element(t, written(t, experiment(t, "preflight-404", "").WriteHTML), "style")
	themes := strings.Split(style, ":root {")[1:]
	if len(themes) != 3 {
		t.Fatalf("%d themes, want light, dark and print", len(themes))
	}
	for i, theme := range themes {
		theme, _, _ = strings.Cut(theme, "}")
		colours := map[string]float64{} // luminance
		for _, found := range regexp.MustCompile(`--([a-z-]+): #([0-9a-f]+);`).FindAllStringSubmatch(theme, -1) {
			digits := found[2]
			if len(digits) == 3 {
				digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
			}
			var channels [3]float64
			for j := range channels {
				n, err := strconv.ParseUint(digits[2*j:2*j+2], 16, 8)
				if err != nil {
					t.Fatal(err)
				}
				if c := float64(n) / 255; c <= 0.04045 {
					channels[j] = c / 12.92
				} else {
					channels[j] = math.Pow((c+0.055)/1.055, 2.4)
				}
			}
			colours[found[1]] = 0.2126*channels[0] + 0.7152*channels[1] + 0.0722*channels[2]
		}
		if len(colours) != 12 {
			t.Errorf("theme %d has %d colours", i, len(colours))
		}
		for _, pair := range [][2]string{
			{"ink", "paper"}, {"ink", "raised"}, {"soft", "paper"}, {"link", "paper"}, {"good", "paper"}, {"bad", "paper"},
			{"ink", "good-tint"}, {"ink", "bad-tint"}, {"ink", "note-tint"}, {"good", "good-tint"}, {"bad", "bad-tint"},
			{"note", "note-tint"}, {"link", "good-tint"}, {"link", "bad-tint"}, {"link", "note-tint"}, {"soft", "bad-tint"},
		} {
			a, b := colours[pair[0]], colours[pair[1]]
			if contrast := (max(a, b) + 0.05) / (min(a, b) + 0.05); contrast < 4.5 {
				t.Errorf("theme %d: %s on %s has a contrast of %.2f", i, pair[0], pair[1], contrast)
			}
		}
	}
}

// Whatever a server sends stays text.
func TestHostileTextStaysText(t *testing.T) {
	q := plain()
	q.As = "all"
	q.URL = "http://api.example/<img src=x onerror=alert(1)>?`|</title>"
	r := reportOn(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "</text></svg><script>alert(1)</script>` <script> `x` ```\" onload=x|@someone")
		w.Header().Set("Set-Cookie", "<script>=</style><script>")
		w.Header().Set("X-Tick", "```\n````")
		w.Header().Set("Access-Control-Expose-Headers", "``` | <b>x</b> \u202e")
	}, q)
	page := written(t, r.WriteHTML)
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("the page has %d scripts, and one of its own", n)
	}
	for _, bad := range []string{"<script>alert", "<img", "<b>", "</title><", "onerror=alert(1)>", "\u202e"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page has %q as it came", bad)
		}
	}
	if n := strings.Count(page, "</svg>"); n != strings.Count(page, "<svg") {
		t.Errorf("%d drawings end", n)
	}
	if !strings.Contains(page, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Error("the page does not show what the server sent")
	}

	// In Markdown it is in code spans and fences, and it ends none of them.
	fence := ""
	for line := range strings.Lines(written(t, r.WriteMarkdown)) {
		line = strings.TrimSuffix(line, "\n")
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(ticks) >= 3:
			fence = ticks
			continue
		case fence != "" && line == fence:
			fence = ""
			continue
		case fence != "":
			continue
		}
		outside := strings.ReplaceAll(withoutCode(line), `\<`, "")
		if strings.Contains(outside, "<script") || strings.Contains(outside, "<b>") || strings.Contains(outside, "<img") || strings.Contains(outside, "@s") {
			t.Errorf("outside of code: %s", line)
		}
	}
	if fence != "" {
		t.Error("a fence has no end")
	}
}

// withoutCode removes the code spans from a line, as CommonMark finds them: they end
// with as many backticks as they begin with.
func withoutCode(line string) string {
	runs := regexp.MustCompile("`+").FindAllStringIndex(line, -1)
	var b strings.Builder
	end := 0
	for i := 0; i < len(runs); i++ {
		if at := runs[i][0]; at > 0 && line[at-1] == '\\' {
			continue // escaped, outside of code
		}
		for j := i + 1; j < len(runs); j++ {
			if runs[j][1]-runs[j][0] == runs[i][1]-runs[i][0] {
				b.WriteString(line[end:runs[i][0]])
				end, i = runs[j][1], j
				break
			}
		}
	}
	return b.String() + line[end:]
}
