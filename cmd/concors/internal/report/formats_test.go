package report_test

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"regexp"
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
	r := experiment(t, "preflight-404", "")
	for _, format := range []struct {
		file  string
		write func(io.Writer) error
	}{{"testdata/report.html", r.WriteHTML}, {"testdata/report.md", r.WriteMarkdown}} {
		got := versions.ReplaceAllString(written(t, format.write), "${1}N")
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
	for i, s := range experiments.All() {
		if testing.Short() && i%4 != 0 {
			continue
		}
		page := written(t, experiment(t, s.Name, "all").WriteHTML)
		d := xml.NewDecoder(strings.NewReader(page))
		d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
		ids := map[string]bool{}
		level := 0
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
			case "script", "link", "img", "iframe", "object", "form":
				t.Errorf("%s: the page has a <%s>", s.Name, name)
			case "th":
				if attributes["scope"] == "" {
					t.Errorf("%s: a heading of a table has no scope", s.Name)
				}
			case "h1", "h2", "h3":
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
		if strings.Contains(page, "ZgotmplZ") || strings.Contains(page, "url(") || strings.Contains(page, "@import") {
			t.Errorf("%s: the page has an unsafe or loaded part", s.Name)
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
	for _, bad := range []string{"<script", "<img", "<b>", "</title><", "onerror=alert(1)>", "\u202e"} {
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
