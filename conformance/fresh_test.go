package conformance

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// Fresh cases, new ones each run, in the browsers that are installed. The seed
// is printed; CONFORMANCE_SEED repeats it, CONFORMANCE_CASES changes how many.
func TestEngineAgreesWithBrowsersOnFreshCases(t *testing.T) {
	if testing.Short() {
		t.Skip("starts browsers")
	}
	seed, n := rand.Uint64N(1_000_000_000), 500
	if s, err := strconv.ParseUint(os.Getenv("CONFORMANCE_SEED"), 10, 64); err == nil {
		seed = s
	}
	if s, err := strconv.Atoi(os.Getenv("CONFORMANCE_CASES")); err == nil {
		n = s
	}
	for _, name := range BrowserNames {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
			defer cancel()
			b := findBrowser(t, name)
			c, err := RecordCorpus(ctx, b, seed, Generate(seed, n), nil)
			if err != nil {
				t.Fatal(err)
			}
			r := Compare(ctx, c, Profiles[name])
			for _, d := range r.Differences {
				t.Error(d)
			}
			// Last, so that it is still there where a long log was cut.
			t.Logf("%s %s, seed %d: %d of %d cases agree, %d %% end well, %d reasons reached",
				b.Name, b.Version, seed, n-len(r.Differences), n, r.Successes*100/n, len(r.Reasons))
		})
	}
}
