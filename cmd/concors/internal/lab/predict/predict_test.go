package predict_test

import (
	"context"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/lab/predict"
)

var ports = experiments.Ports{P1: 8700, P2: 8701, HTTPS: 8702, P3: 8703}

func TestEveryExperimentHasAPredictionInEveryBrowser(t *testing.T) {
	for _, e := range experiments.All() {
		for _, browser := range predict.Browsers() {
			p, err := predict.Of(context.Background(), e, ports, browser, false)
			if err != nil {
				t.Fatalf("%s in %s: %v", e.Name, browser, err)
			}
			if len(p.Sights) == 0 || p.Why == "" && e.Script == nil {
				t.Errorf("%s in %s: %d sights, why %q", e.Name, browser, len(p.Sights), p.Why)
			}
		}
	}
}
