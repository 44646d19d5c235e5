package sopcheck

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/concors/concors/sop"
)

//go:embed testdata/measured.tsv
var measuredTSV []byte

// A measurement is one check with its outcome per browser; a missing outcome was not measured.
type measurement struct {
	Check
	outcomes map[string]string
}

func measurements(t testing.TB) []measurement {
	t.Helper()
	var all []measurement
	scanner := bufio.NewScanner(bytes.NewReader(measuredTSV))
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

// TestReport prints the agreement of each group. Set SOPCHECK=GROUP to see what differs.
func TestReport(t *testing.T) {
	type tally struct{ agree, differ, unknown int }
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
			got, known := Predict(p, m.Check)
			switch {
			case !known:
				n.unknown++
				if os.Getenv("SOPUNKNOWN") == m.Group {
					t.Logf("unknown %s %s: %q", p.Name, m.ID, want)
				}
			case got == want:
				n.agree++
			default:
				n.differ++
				if os.Getenv("SOPCHECK") == m.Group || os.Getenv("SOPCHECK") == "all" {
					t.Logf("%s %s %s: predicted %q, measured %q", p.Name, m.Group, m.ID, got, want)
				}
			}
		}
	}
	var groups []string
	for g := range tallies {
		groups = append(groups, g)
	}
	sort.Strings(groups)
	for _, g := range groups {
		line := fmt.Sprintf("%-20s", g)
		for _, p := range sop.Profiles()[1:] {
			if n := tallies[g][p.Name]; n != nil {
				line += fmt.Sprintf("  %s %d/%d (%d not known)", p.Name, n.agree, n.agree+n.differ+n.unknown, n.unknown)
			}
		}
		t.Log(line)
	}
}
