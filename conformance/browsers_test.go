package conformance

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// The tests that need browsers share one recording per browser, because starting
// a browser takes seconds. The IDs of each test's cases begin at:
const (
	freshCasesID  = 0
	policyCasesID = 100_000
	knownCasesID  = 200_000
	sampleCasesID = 300_000
	placesCasesID = 400_000
	appsCasesID   = 500_000
)

// sharedSeed is the seed of the fresh and the policy cases. It is new in each run
// and printed. The environment variable CONFORMANCE_SEED sets it.
var sharedSeed = sync.OnceValue(func() uint64 {
	if seed, err := strconv.ParseUint(os.Getenv("CONFORMANCE_SEED"), 10, 64); err == nil {
		return seed
	}
	return rand.Uint64N(1_000_000_000)
})

// caseCount returns the number of cases of a test. The environment variable
// CONFORMANCE_CASES sets it for all tests.
func caseCount(number int) int {
	if n, err := strconv.Atoi(os.Getenv("CONFORMANCE_CASES")); err == nil {
		return n
	}
	return number
}

// A recording is what one browser did with the cases of all tests.
type recording struct {
	browser                                    *Browser
	fresh, places, apps, policy, known, sample *Corpus
}

// recordings maps a browser's name to a function that records it once.
var recordings = func() map[string]func() (*recording, error) {
	m := map[string]func() (*recording, error){}
	for _, name := range BrowserNames {
		m[name] = sync.OnceValues(func() (*recording, error) { return recordAll(name) })
	}
	return m
}()

func recordAll(name string) (*recording, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	b, err := FindBrowser(ctx, name)
	if err != nil {
		return nil, err
	}
	policies, err := sharedPolicyCases()
	if err != nil {
		return nil, err
	}
	r := &recording{browser: b}
	parts := []struct {
		corpus **Corpus
		cases  []Case
	}{
		{&r.fresh, generateFrom(freshCasesID, sharedSeed(), caseCount(500))},
		{&r.places, generatePlaces(placesCasesID, sharedSeed(), caseCount(150))},
		{&r.apps, generateApps(appsCasesID, name, sharedSeed(), caseCount(50))},
		{&r.policy, casesOf(policies)},
		{&r.known, knownCases(knownCasesID)},
		{&r.sample, generateFrom(sampleCasesID, 4, 80)},
	}
	var cases []Case
	for _, p := range parts {
		cases = append(cases, p.cases...)
	}
	all, err := RecordCorpus(ctx, b, sharedSeed(), cases, nil)
	if err != nil {
		return nil, err
	}
	observations := all.Observations
	for _, p := range parts {
		n := len(p.cases)
		*p.corpus = &Corpus{Header: all.Header, Cases: p.cases, Observations: observations[:n]}
		(*p.corpus).Header.Count = n
		observations = observations[n:]
	}
	return r, nil
}

// generateFrom is [Generate] with IDs that begin at first.
func generateFrom(first int, seed uint64, n int) []Case {
	cases := make([]Case, n)
	for i := range cases {
		cases[i] = generateCase(seed, i, first+i)
	}
	return cases
}

// inEachBrowser runs a test in each browser. With CI=true, a browser that is not
// installed is a failure, and elsewhere its test is skipped.
func inEachBrowser(t *testing.T, test func(t *testing.T, r *recording)) {
	if testing.Short() {
		t.Skip("starts browsers")
	}
	for _, name := range BrowserNames {
		t.Run(name, func(t *testing.T) {
			r, err := recordings[name]()
			if errors.Is(err, ErrNotInstalled) && os.Getenv("CI") != "true" {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			test(t, r)
		})
	}
}

// TestEngineAgreesWithBrowsersOnFreshCases compares the engine with the installed
// browsers on cases that are new in each run.
func TestEngineAgreesWithBrowsersOnFreshCases(t *testing.T) {
	inEachBrowser(t, func(t *testing.T, rec *recording) { checkAgreement(t, rec, "below localhost", rec.fresh) })
}

// TestEngineAgreesWithBrowsersInFreshPlaces does the same over https, with ordinary
// host names, with mixed content and with pages on localhost.
func TestEngineAgreesWithBrowsersInFreshPlaces(t *testing.T) {
	inEachBrowser(t, func(t *testing.T, rec *recording) { checkAgreement(t, rec, "elsewhere", rec.places) })
}

// TestEngineAgreesWithBrowsersInFreshApps does the same in a page of an extension, whose
// origin is not http or https.
func TestEngineAgreesWithBrowsersInFreshApps(t *testing.T) {
	inEachBrowser(t, func(t *testing.T, rec *recording) {
		if len(rec.apps.Cases) > 0 { // MiniBrowser has no extensions
			checkAgreement(t, rec, "in a page of an extension", rec.apps)
		}
	})
}

// checkAgreement compares the engine with what a browser did, and logs the figures.
func checkAgreement(t *testing.T, rec *recording, where string, c *Corpus) {
	t.Helper()
	r := Compare(t.Context(), c, Profiles[rec.browser.Name])
	for _, d := range r.Differences {
		t.Error(d)
	}
	n := len(c.Cases)
	// This line is last, so that it is not lost if a long log is cut.
	t.Logf("%s %s, %s, seed %d: %d of %d cases agree, %d %% succeed, %d reasons reached",
		rec.browser.Name, rec.browser.Version, where, sharedSeed(),
		n-len(r.Differences), n, r.Successes*100/n, len(r.Reasons))
}
