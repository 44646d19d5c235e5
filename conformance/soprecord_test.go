package conformance

import (
	"bufio"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/concors/concors/internal/sopcheck"
	"github.com/concors/concors/sop"
)

// sopProfiles are the profiles of the browsers.
var sopProfiles = map[string]sop.Profile{"chromium": sop.Chromium, "firefox": sop.Firefox, "webkit": sop.WebKit}

// TestPredictionsAgreeWithFreshChecks compares package sop with what the installed browsers do in
// generated checks of windows, messages, navigation, embeds, scripts, storage, cookies and writes, which are new in each run.
func TestPredictionsAgreeWithFreshChecks(t *testing.T) {
	if testing.Short() {
		t.Skip("starts browsers")
	}
	for _, name := range BrowserNames {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
			defer cancel()
			b, err := FindBrowser(ctx, name)
			if errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true" {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			checks := sopcheck.GenerateEmbeds(rand.New(rand.NewPCG(sharedSeed(), 14)), caseCount(250))
			checks = append(checks, sopcheck.GenerateWindows(rand.New(rand.NewPCG(sharedSeed(), 15)), caseCount(500))...)
			if file := os.Getenv("CONFORMANCE_SOP_IDS"); file != "" {
				checks = checksOfFile(t, file)
			}
			var lines []string
			begin := time.Now()
			outcomes, err := RecordSop(ctx, b, checks)
			if err != nil {
				t.Error(err)
			}
			outcomes = twice(ctx, t, b, outcomes)
			agree, unknown, all := map[string]int{}, map[string]int{}, map[string]int{}
			for _, o := range outcomes {
				all[o.Group]++
				lines = append(lines, o.Group+"\t"+o.ID+"\t="+o.Outcome+"\n")
				p := sopcheck.Predict(sopProfiles[name], o.Check)
				switch {
				case !p.Known:
					unknown[o.Group]++
					if os.Getenv("CONFORMANCE_SOP_UNKNOWN") != "" {
						t.Logf("not known: %s %s: %s", o.Group, o.ID, o.Outcome)
					}
				case p.Outcome == o.Outcome:
					agree[o.Group]++
				default:
					t.Errorf("%s %s: predicted %q, and the page saw %q", o.Group, o.ID, p.Outcome, o.Outcome)
				}
			}
			if dir := os.Getenv("CONFORMANCE_SOP_OUT"); dir != "" {
				slices.Sort(lines)
				if err := os.WriteFile(filepath.Join(dir, name+".tsv"), []byte(strings.Join(lines, "")), 0o644); err != nil {
					t.Error(err)
				}
			}
			var groups []string
			for g := range all {
				groups = append(groups, g)
			}
			slices.Sort(groups)
			for _, g := range groups {
				t.Logf("%s: %d of %d agree, %d not known", g, agree[g], all[g], unknown[g])
			}
			t.Logf("%s %s, seed %d: %d of %d checks ran in %s", b.Name, b.Version, sharedSeed(), len(outcomes), len(checks),
				time.Since(begin).Round(time.Second))
		})
	}
}

// twice runs the checks that differ from the prediction once more, and replaces their outcomes by the second ones: a
// browser that was late once does not differ.
func twice(ctx context.Context, t *testing.T, b *Browser, outcomes []SopOutcome) []SopOutcome {
	var differ []sopcheck.Check
	for _, o := range outcomes {
		if p := sopcheck.Predict(sopProfiles[b.Name], o.Check); p.Known && p.Outcome != o.Outcome {
			t.Logf("once more: %s %s, which was %q", o.Group, o.ID, o.Outcome)
			differ = append(differ, o.Check)
		}
	}
	if len(differ) == 0 {
		return outcomes
	}
	second, err := RecordSop(ctx, b, differ)
	if err != nil {
		t.Error(err)
	}
	for _, o := range second {
		i := slices.IndexFunc(outcomes, func(first SopOutcome) bool { return first.Check == o.Check })
		outcomes[i] = o
	}
	return outcomes
}

// checksOfFile reads checks of a file whose lines begin with a group and an id.
func checksOfFile(t *testing.T, name string) []sopcheck.Check {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var checks []sopcheck.Check
	for scanner := bufio.NewScanner(f); scanner.Scan(); {
		if field := strings.Split(scanner.Text(), "\t"); len(field) > 1 {
			checks = append(checks, sopcheck.Check{Group: field[0], ID: field[1]})
		}
	}
	return checks
}
