package sopcheck

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/sop"
)

//go:embed testdata/measured.tsv
var measuredTSV []byte

// generatedTSV has what the same browsers did in checks of [GenerateEmbeds] and [GenerateWindows], in the same form.
//
//go:embed testdata/generated.tsv
var generatedTSV []byte

// A measurement is one check with its outcome per browser; a missing outcome was not measured.
type measurement struct {
	Check
	outcomes map[string]string
}

func measurements(t testing.TB) []measurement {
	t.Helper()
	var all []measurement
	scanner := bufio.NewScanner(bytes.NewReader(slices.Concat(measuredTSV, generatedTSV)))
	for scanner.Scan() {
		field := strings.Split(scanner.Text(), "\t")
		if len(field) != 5 {
			t.Fatalf("measured.tsv has a line with %d fields: %q", len(field), scanner.Text())
		}
		m := measurement{Check{field[0], field[1]}, map[string]string{}}
		for i, browser := range []string{"Chromium", "Firefox", "WebKit"} {
			if outcome, ok := strings.CutPrefix(field[2+i], "="); ok {
				m.outcomes[browser] = outcome
			}
		}
		all = append(all, m)
	}
	if err := scanner.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// notReproduced are measurements that are not predicted, with the reason.
var notReproduced = map[string]string{
	"WebKit https:storage self/storage event from top to frame": "The event came in one of three browser starts.",
}

// floors are the smallest numbers of checks of each group that must be known for every browser
// that was measured. Raise them with the coverage.
var floors = map[string]int{
	"window": 677, "names": 150, "domain": 25, "test:domain": 8, "oac0:domain": 23, "oac1:domain": 28, "origins": 504,
	"test:origins": 147, "scripts": 167, "navigation": 27, "messages": 83, "storage": 239, "https:storage": 11, "tpc:storage": 4,
	"tpc:https:storage": 4, "cookies": 202, "https:cookies": 49, "test:cookies": 57, "tpc:cookies": 20, "tpc:https:cookies": 22, "canvas": 307,
	"styles": 154, "framing": 202, "isolation": 61, "test:isolation": 30, "sends": 42, "writes": 42, "mixed": 4,
	"jsonp": 14, "opaque": 25,
}

// A tally counts the checks of one group in one browser.
type tally struct{ agree, differ, unknown int }

// TestPredictionsAgree compares every prediction with what the browsers did. Run it with -v to see
// the numbers of each group; SOPUNKNOWN=GROUP also prints the checks that are not known.
func TestPredictionsAgree(t *testing.T) {
	tallies := map[string]map[string]*tally{}
	for _, p := range sop.Profiles()[1:] {
		for _, m := range measurements(t) {
			want, ok := m.outcomes[p.Name]
			if !ok {
				continue
			}
			if tallies[m.Group] == nil {
				tallies[m.Group] = map[string]*tally{}
			}
			if tallies[m.Group][p.Name] == nil {
				tallies[m.Group][p.Name] = &tally{}
			}
			n := tallies[m.Group][p.Name]
			prediction := Predict(p, m.Check)
			got, known := prediction.Outcome, prediction.Known
			name := p.Name + " " + m.Group + " " + m.ID
			switch {
			case !known:
				n.unknown++
				if os.Getenv("SOPUNKNOWN") == m.Group {
					t.Logf("not known: %s: %q", name, want)
				}
			case got == want:
				n.agree++
				if notReproduced[name] != "" {
					t.Errorf("%s agrees now: remove it from notReproduced", name)
				}
			default:
				n.differ++
				if notReproduced[name] == "" {
					t.Errorf("%s: predicted %q, measured %q", name, got, want)
				}
			}
		}
	}
	for _, g := range slices.Sorted(maps.Keys(tallies)) {
		line := fmt.Sprintf("%-20s", g)
		for _, p := range sop.Profiles()[1:] {
			n := tallies[g][p.Name]
			if n == nil {
				continue
			}
			line += fmt.Sprintf("  %s %d/%d (%d not known)", p.Name, n.agree, n.agree+n.differ+n.unknown, n.unknown)
			if n.agree < floors[g] {
				t.Errorf("group %s: %s agrees in %d checks, want at least %d", g, p.Name, n.agree, floors[g])
			}
		}
		t.Log(line)
	}
}

// TestEachDeviationIsNeeded tests that a profile without one of its deviations does not agree with
// its browser in at least one check in which it does with it.
func TestEachDeviationIsNeeded(t *testing.T) {
	all := measurements(t)
	shows := func(with, without sop.Profile) bool {
		for _, m := range all {
			want, ok := m.outcomes[with.Name]
			if !ok {
				continue
			}
			if p := Predict(without, m.Check); p.Known && p.Outcome != want {
				if p := Predict(with, m.Check); p.Known && p.Outcome == want {
					return true
				}
			}
		}
		return false
	}
	for _, p := range sop.Profiles()[1:] {
		for _, d := range p.Deviations() {
			if !shows(p, p.Without(d)) {
				t.Errorf("no measurement shows that %s has the deviation %s", p.Name, d)
			}
		}
	}
}

// TestUnknownChecksAreNotKnown tests that a check that does not exist is not answered.
func TestUnknownChecksAreNotKnown(t *testing.T) {
	for _, c := range []Check{
		{"window", "mars/get/document"}, {"window", "cross/guess/document"}, {"window", "cross"}, {"window", ""},
		{"nosuchgroup", "cross/get/document"}, {"mars:window", "cross/get/document"}, {"names", "popup/mars/w.document"},
		{"domain", "OAC absent/set mars"}, {"origins", "mars/localStorage"}, {"origins", "srcdoc/mars"},
		{"messages", "target mars/cross"}, {"navigation", "frame mars moves top, sandbox=none"}, {"storage", "cross/mars/seen in frame here"},
		{"sends", "request/mars/self"}, {"sends", "request/img/mars"}, {"writes", "form/POST/mars"}, {"writes", "sendBeacon/mars/self"},
		{"writes", "EventSource/mars/ACAO */withCredentials true"}, {"mixed", "mixed/mars"}, {"jsonp", "JSONP with mars"}, {"opaque", "no-cors mars"},
		{"opaque", "mode mars"}, {"opaque", "mode cors mars"},
	} {
		for _, p := range sop.Profiles() {
			if got := Predict(p, c); got.Known {
				t.Errorf("%s: %s %q is known to be %q, want not known", p.Name, c.Group, c.ID, got.Outcome)
			}
		}
	}
}

func FuzzPredict(f *testing.F) {
	for i, m := range measurements(f) {
		if i%50 == 0 {
			f.Add(m.Group, m.ID)
		}
	}
	f.Fuzz(func(t *testing.T, group, id string) {
		for _, p := range sop.Profiles() {
			if got := Predict(p, Check{group, id}); !got.Known && got.Outcome != "" {
				t.Errorf("%s: outcome %q is not known", p.Name, got.Outcome)
			}
		}
	})
}

// TestIDsNameTheirGroup is the forms of an id.
func TestIDsNameTheirGroup(t *testing.T) {
	for _, tt := range []struct {
		id, outcome string
		want        Check
	}{
		{"cross/get/document", "!SecurityError", Check{"window", "cross/get/document"}},
		{"cross: get/document", "!SecurityError", Check{"window", "cross/get/document"}},
		{"window:cross/get/document", "!SecurityError", Check{"window", "cross/get/document"}},
		{"(a) cross/get/document", "!SecurityError", Check{"window", "cross/get/document"}},
		{"a:cross/get/closed", "false", Check{"window", "cross/get/closed"}},
		{"oac1:domain:OAC ?1: set own", "a.site.localhost", Check{"oac1:domain", "OAC ?1/set own"}},
		{"test:(b) originAgentCluster", "false", Check{"test:domain", "originAgentCluster"}},
		{"target *: cross", "delivered", Check{"messages", "target */cross"}},
		{"cross/mars", "", Check{}},
		{"(", "", Check{}},
		{"", "", Check{}},
		{":::", "", Check{}},
	} {
		check, got := Ask(sop.Chromium, tt.id)
		if check != tt.want || got.Outcome != tt.outcome || got.Known != (tt.outcome != "") {
			t.Errorf("%q is %v with outcome %q, want %v with %q", tt.id, check, got.Outcome, tt.want, tt.outcome)
		}
	}
}

// TestEveryMeasuredIDIsFound tests that each check's own id, without its group, is answered as the
// check is, or not known because another group has a check of that name.
func TestEveryMeasuredIDIsFound(t *testing.T) {
	for _, m := range measurements(t) {
		runs, group := "", m.Group
		if i := strings.LastIndexByte(group, ':'); i >= 0 {
			runs, group = group[:i+1], group[i+1:]
		}
		want := Predict(sop.Firefox, m.Check)
		if !want.Known {
			continue
		}
		if _, got := Ask(sop.Firefox, runs+group+":"+m.ID); got.Outcome != want.Outcome {
			t.Errorf("%s%s:%s is %q, want %q", runs, group, m.ID, got.Outcome, want.Outcome)
		}
		if _, got := Ask(sop.Firefox, runs+m.ID); got.Known && got.Outcome != want.Outcome {
			t.Errorf("%s%s is %q, want %q", runs, m.ID, got.Outcome, want.Outcome)
		}
	}
}
