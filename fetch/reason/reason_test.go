package reason_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/concors/concors/fetch/reason"
)

func TestEveryReasonExplainsItself(t *testing.T) {
	names := map[string]bool{}
	for _, r := range reason.All() {
		name, why, anchor := r.String(), r.Explanation(), r.Anchor()
		if name == "" || strings.Contains(name, "(") || names[name] {
			t.Errorf("%d: name %q", r, name)
		}
		names[name] = true
		if !strings.HasSuffix(why, ".") || strings.Contains(why, "\n") || len(why) < 20 {
			t.Errorf("%s: explanation %q", name, why)
		}
		if !strings.HasPrefix(anchor, "https://") {
			t.Errorf("%s: anchor %q", name, anchor)
		}
		if text, err := json.Marshal(r); err != nil || string(text) != `"`+name+`"` {
			t.Errorf("%s as JSON: %s, %v", name, text, err)
		}
		n := 0
		for _, is := range []bool{r.Refused(), r.CORS(), r.Unreachable()} {
			if is {
				n++
			}
		}
		if n > 1 || r.Preflight() && !r.CORS() {
			t.Errorf("%s: refused %t, CORS %t, preflight %t, unreachable %t", name, r.Refused(), r.CORS(), r.Preflight(), r.Unreachable())
		}
	}
	if n := len(reason.All()); n < 40 || len(names) != n {
		t.Errorf("%d reasons, %d names", n, len(names))
	}
	for _, r := range []reason.Reason{0, 255} {
		if got := r.String(); got != fmt.Sprintf("Reason(%d)", r) || r.Explanation() != "" || r.Anchor() != "" || r.CORS() || r.Preflight() || r.Refused() || r.Unreachable() {
			t.Errorf("%d: %q %q %q", r, got, r.Explanation(), r.Anchor())
		}
	}
}
