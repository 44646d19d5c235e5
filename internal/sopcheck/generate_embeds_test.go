package sopcheck

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/concors/concors/sop"
)

// TestGeneratedChecksAreKnown predicts checks that were never measured. The groups that package sop does
// not model yet have no predictions.
func TestGeneratedChecksAreKnown(t *testing.T) {
	draw := func() []Check { return GenerateEmbeds(rand.New(rand.NewPCG(3, 14)), 600) }
	checks := draw()
	if !slices.Equal(checks, draw()) {
		t.Error("the same seed gives other checks")
	}
	if len(checks) < 550 {
		t.Errorf("%d checks, want about 600", len(checks))
	}
	for _, p := range sop.Profiles()[1:] {
		known, all := map[string]int{}, map[string]int{}
		for _, c := range checks {
			all[c.Group]++
			if Predict(p, c).Known {
				known[c.Group]++
			}
		}
		for _, group := range []string{"canvas", "styles", "scripts", "framing", "storage", "cookies"} {
			if known[group]*100 < all[group]*75 {
				t.Errorf("%s: %d of %d checks of the group %s are known", p.Name, known[group], all[group], group)
			}
		}
	}
}
