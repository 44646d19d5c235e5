package experiments_test

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/lab/predict"
	"github.com/concors/concors/internal/sopcheck"
	"github.com/concors/concors/sop"
)

var update = flag.Bool("update", false, "write docs/experiments.md")

func TestNamesOfExperimentsAreUniqueAndValid(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range experiments.All() {
		if seen[e.Name] {
			t.Errorf("two experiments are called %s", e.Name)
		}
		seen[e.Name] = true
		if err := e.Validate(); err != nil {
			t.Errorf("%s: %v", e.Name, err)
		}
	}
}

func TestTheCourseFollowsItsUnits(t *testing.T) {
	at, count := 0, map[string]int{}
	units := experiments.Units()
	all := experiments.All()
	for _, e := range all {
		i := slices.IndexFunc(units, func(u experiments.Unit) bool { return u.Name == e.Unit })
		if i < at {
			t.Errorf("%s of unit %q comes after unit %q", e.Name, e.Unit, units[at].Name)
		}
		at = max(at, i)
		count[e.Unit]++
	}
	for _, u := range units {
		if count[u.Name] == 0 || u.Title == "" || u.Objective == "" {
			t.Errorf("unit %s: %d experiments, title %q, objective %q", u.Name, count[u.Name], u.Title, u.Objective)
		}
	}
	if count["challenges"] != 6 {
		t.Errorf("%d challenges, want 6", count["challenges"])
	}
	inDemo := len(experiments.Demo())
	for _, e := range all {
		if e.Script != nil {
			inDemo++
		}
	}
	if inDemo != len(all) {
		t.Errorf("%d experiments in the course; requests and scripts are %d", len(all), inDemo)
	}
}

func TestEveryExperimentTeaches(t *testing.T) {
	for _, e := range experiments.All() {
		if e.Change == "" {
			t.Errorf("%s: it does not say what would change it", e.Name)
		}
		switch q := e.Quiz; {
		case q == nil:
			t.Errorf("%s: no question", e.Name)
		case q.Question == "" || q.Because == "" || len(q.Answers) < 2 || q.Right < 0 || q.Right >= len(q.Answers):
			t.Errorf("%s: invalid question %+v", e.Name, q)
		case len(slices.Compact(slices.Sorted(slices.Values(q.Answers)))) != len(q.Answers):
			t.Errorf("%s: two answers are the same: %q", e.Name, q.Answers)
		}
		if e.Unit == "challenges" && (e.Defence == nil || e.Script == nil) {
			t.Errorf("%s: a challenge without a defence or a page", e.Name)
		}
		if d := e.Defence; d != nil && (d.Title == "" || d.Lesson == "" || len(d.Servers) == 0) {
			t.Errorf("%s: incomplete defence %+v", e.Name, d)
		}
	}
}

// callsSee matches the name of a sight where code notes it.
var callsSee = regexp.MustCompile(`\bsee\('((?:[^'\\]|\\.)*)'`)

func TestCodeNotesItsSightsInOrder(t *testing.T) {
	for _, e := range experiments.All() {
		if e.Script == nil {
			continue
		}
		var inCode []string
		for _, m := range callsSee.FindAllStringSubmatch(e.Script.Code, -1) {
			inCode = append(inCode, m[1])
		}
		for what, sights := range map[string][]experiments.Sight{"": e.Script.Sights, "with the defence": cmp.Or(e.Defence, &experiments.Defence{}).Sights} {
			var names []string
			for _, s := range sights {
				if !s.Server {
					names = append(names, s.Name)
				}
			}
			if sights != nil && !slices.Equal(inCode, names) {
				t.Errorf("%s %s: the code notes %q, and the sights are %q", e.Name, what, inCode, names)
			}
		}
	}
}

// A cookie for all paths that a run leaves behind is what the next run sees.
func TestCookiesThatCodeTriesAreRemoved(t *testing.T) {
	tried := regexp.MustCompile(`set\('[^']*Path=/[;']`)
	count := 0
	for _, e := range experiments.All() {
		if e.Script == nil || !tried.MatchString(e.Script.Code) {
			continue
		}
		count++
		if !strings.Contains(e.Script.Code, "document.cookie = cookie + '; Max-Age=0'") {
			t.Errorf("%s: its cookies stay", e.Name)
		}
	}
	if count == 0 {
		t.Error("no experiment tries a cookie for all paths")
	}
}

// Every sight has a prediction in every browser, or says why not.
func TestEverySightIsPredicted(t *testing.T) {
	for _, e := range experiments.All() {
		if e.Script == nil {
			continue
		}
		sights := slices.Concat(e.Script.Sights, cmp.Or(e.Defence, &experiments.Defence{}).Sights)
		for _, s := range sights {
			if hasCheck, hasRequest := s.Check != "", s.Request != nil; hasCheck && hasRequest || !hasCheck && !hasRequest && s.Note == "" {
				t.Errorf("%s, %s: it needs a check, a request, or a note that says why there is neither", e.Name, s.Name)
			}
			if s.Check == "" {
				continue
			}
			for _, p := range sop.Profiles() {
				if _, prediction := sopcheck.Ask(p, s.Check); !prediction.Known && s.Note == "" {
					t.Errorf("%s, %s: %s does not know %s", e.Name, s.Name, p.Name, s.Check)
				}
			}
		}
		for _, browser := range predict.Browsers() {
			for _, defence := range []bool{false, true} {
				p, err := predict.Of(context.Background(), e, ports, browser, defence)
				if err != nil {
					t.Errorf("%s in %s: %v", e.Name, browser, err)
				}
				shown := e
				if defence {
					shown = e.Defended()
				}
				for i, s := range p.Sights {
					if !s.Known && shown.Script.Sights[i].Note == "" {
						t.Errorf("%s in %s, %s: not known: %s", e.Name, browser, s.Name, s.Note)
					}
				}
			}
		}
	}
}

var ports = experiments.Ports{P1: 8700, P2: 8701, HTTPS: 8702, P3: 8703}

// A defence that changes nothing that a page or a server sees would teach nothing.
func TestEachChallengeIsWonWithoutItsDefenceAndLostWithIt(t *testing.T) {
	for _, e := range experiments.All() {
		if e.Unit != "challenges" {
			continue
		}
		for _, browser := range predict.Browsers() {
			var outcomes [2]string
			for i := range outcomes {
				p, err := predict.Of(context.Background(), e, ports, browser, i == 1)
				if err != nil {
					t.Fatal(err)
				}
				outcomes[i] = p.Sights[0].Outcome
			}
			want := [2]string{"cors 200", "!TypeError"}
			if e.Name == "challenge-cache-without-vary" {
				want = [2]string{"!error event", "readable 255"}
			}
			if outcomes != want {
				t.Errorf("%s in %s: %q, want %q", e.Name, browser, outcomes, want)
			}
		}
	}
}

// An element's request is a sight that fires load or error: code says so, as the prediction does.
func TestElementsThatFailAreSeenAsPredicted(t *testing.T) {
	for _, e := range experiments.All() {
		if e.Script == nil {
			continue
		}
		for _, s := range slices.Concat(e.Script.Sights, cmp.Or(e.Defence, &experiments.Defence{}).Sights) {
			if s.Request == nil || s.Request.Element == "" || s.Server {
				continue
			}
			_, call, _ := strings.Cut(e.Script.Code, "see('"+s.Name+"'")
			line, _, _ := strings.Cut(call, "\n")
			if strings.Contains(line, "load(") && !strings.Contains(line, ".catch(() => 'error')") {
				t.Errorf("%s, %s: load() is rejected with an error event, and the prediction is error: %s", e.Name, s.Name, line)
			}
		}
	}
}

// These are the sentences that the course must correct, each by a word of its own.
func TestTheMythsAreAllThere(t *testing.T) {
	var myths []string
	for _, e := range experiments.All() {
		if e.Myth != "" {
			myths = append(myths, e.Myth)
		}
	}
	for _, word := range []string{"Cookies are scoped to an origin", "needs Access-Control-Allow-Methods", "status 204", "86400", "Reflecting the Origin",
		"* with credentials is the most dangerous", "source of a foreign script", "cssRules are null", "send Access-Control-Request-Method", "curl -X OPTIONS",
		"callback", "only needed when the origin is allowed", "crossorigin is set before or after src", "frameset", "sound and video"} {
		if !slices.ContainsFunc(myths, func(m string) bool { return strings.Contains(m, word) }) {
			t.Errorf("no experiment corrects the sentence with %q", word)
		}
	}
}

func TestGlossaryIsSortedAndComplete(t *testing.T) {
	var words []string
	for _, entry := range experiments.Glossary() {
		words = append(words, strings.ToLower(entry.Term))
		if !strings.HasSuffix(entry.Text, ".") {
			t.Errorf("%s: the text is not a sentence: %q", entry.Term, entry.Text)
		}
	}
	if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
		t.Errorf("the words are not in order: %q", words)
	}
	for _, word := range []string{"simple request", "preflight", "opaque response", "origin", "site", "taint", "credentialed"} {
		if !slices.Contains(words, word) {
			t.Errorf("the glossary lacks %q", word)
		}
	}
}

// docs/experiments.md lists the experiments by unit.
func TestExperimentsPage(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("# The experiments of the course\n\n`concors lab` runs them in your browser, and `concors check --demo NAME` runs those that are one request.\n" +
		"This page is generated from package `experiments`.\n")
	all := experiments.All()
	for i, u := range experiments.Units() {
		fmt.Fprintf(&b, "\n## %d. %s\n\n%s\n\n", i+1, u.Title, u.Objective)
		b.WriteString("| experiment | what happens | kind |\n|---|---|---|\n")
		for _, e := range all {
			if e.Unit != u.Name {
				continue
			}
			kind := "request"
			if e.Script != nil {
				kind = fmt.Sprintf("script, %d sights", len(e.Script.Sights))
			}
			if e.Defence != nil {
				kind += ", defence"
			}
			title := e.Title
			if e.Myth != "" {
				title += " (often taught: “" + e.Myth + "”)"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", e.Name, strings.ReplaceAll(title, "|", "\\|"), kind)
		}
	}
	b.WriteString("\n## Glossary\n\n")
	for _, entry := range experiments.Glossary() {
		fmt.Fprintf(&b, "- **%s**: %s\n", entry.Term, entry.Text)
	}
	path := filepath.Join("..", "..", "..", "..", "docs", "experiments.md")
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Errorf("docs/experiments.md is out of date: run go test ./internal/experiments -run TestExperimentsPage -update")
	}
}
