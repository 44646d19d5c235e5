package serverfix

import (
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cors"
)

func TestPolicyListsWhatTheProductAlwaysAllows(t *testing.T) {
	for _, test := range []struct {
		name, stack   string
		headers, want []string
		noted         bool
	}{
		{"FastAPI without a header", "fastapi", nil, []string{"content-type"}, true},
		{"FastAPI, by the name of Starlette", "starlette", []string{"X-Key"}, []string{"X-Key", "content-type"}, true},
		{"FastAPI with the header", "fastapi", []string{"Content-Type"}, []string{"Content-Type"}, false},
		{"Express without a header", "express", nil, nil, false},
		{"a wildcard, which covers Authorization in browsers", "express", []string{"*"}, []string{"*", "Authorization"}, false},
		{"a wildcard with Authorization", "fastapi", []string{"*", "authorization"}, []string{"*", "authorization"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &Fix{}
			p := cors.Policy{Origins: []string{"https://app.example"}, RequestHeaders: test.headers}
			notes := allowAlways(&p, test.stack)
			if !slices.Equal(p.RequestHeaders, test.want) || (len(notes) > 0) != test.noted {
				t.Errorf("headers %q, notes %q; want %q", p.RequestHeaders, notes, test.want)
			}
			f.Stack = test.stack
			if err := f.write(p); err != nil || f.Short == nil || !strings.Contains(f.Short.Text, "https://app.example") {
				t.Errorf("%v, %+v, %q", err, f.Short, f.Refused)
			}
		})
	}
}
