package serverfix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/check"
	"github.com/concors/concors/cmd/concors/internal/stacks"
	"github.com/concors/concors/origin"
)

// signs lists what the answers of the server tell of it, each header and value
// once.
func signs(report *check.Report, server string) []check.Sign {
	out := []check.Sign{}
	for _, r := range report.Results {
		for _, x := range r.Exchanges {
			if o, err := origin.FromURL(x.URL); err != nil || o.String() != server {
				continue
			}
			for _, h := range x.ResponseHeaders {
				d, ok := stacks.Detect(h.Name, h.Value)
				if !ok {
					continue
				}
				i := slices.IndexFunc(out, func(s check.Sign) bool { return s.Header == d.Header && s.Value == h.Value })
				if i < 0 {
					i = len(out)
					out = append(out, check.Sign{Header: d.Header, Value: h.Value, Name: d.Product, Stack: d.Stack, Front: d.Proxy})
				}
				if x.Preflight {
					out[i].Preflight = true
				} else {
					out[i].Answer = true
				}
			}
		}
	}
	return out
}

// layers says in sentences which servers seem to have answered, and returns the
// stack whose recipe is the one to use: "" if there is no telling. Blocked is
// the result that is to be lifted.
func layers(report *check.Report, blocked *check.Result, signs []check.Sign) (stack string, sentences []string) {
	var known, answered []check.Sign
	for _, s := range signs {
		if s.Name == "" || slices.ContainsFunc(known, func(k check.Sign) bool { return k.Name == s.Name }) {
			continue
		}
		known = append(known, s)
		if blocked.Mend.Preflight && s.Preflight || !blocked.Mend.Preflight && s.Answer {
			answered = append(answered, s)
		}
	}
	which := "the answer that decided"
	if blocked.Mend.Preflight {
		which = "the preflight"
	}
	doubled := strings.HasSuffix(blocked.Reason, "MultipleAllowOriginValues")
	switch {
	case len(known) == 0:
		return "", nil
	case len(known) == 1:
		sentences = append(sentences, fmt.Sprintf("It seems to be %s.", known[0].Name))
	default:
		var names []string
		for _, k := range known {
			names = append(names, k.Name)
		}
		sentences = append(sentences, fmt.Sprintf("There seem to be %d layers: %s.", len(names), strings.Join(names, ", ")))
		switch inner := slices.IndexFunc(answered, func(s check.Sign) bool { return !s.Front }); {
		case doubled:
			sentences = append(sentences, "Each seems to have added an Access-Control-Allow-Origin of its own. Let one of them do it, and take it out of the others.")
		case inner < 0 && len(answered) > 0:
			sentences = append(sentences, fmt.Sprintf("%s was probably answered by %s alone: nothing in it tells of what stands behind.", capital(which), answered[0].Name))
		case inner >= 0:
			sentences = append(sentences, fmt.Sprintf("%s was probably answered by %s, through the others.", capital(which), answered[inner].Name))
		}
	}
	// Who answered is who has to change, the innermost of them. Of a doubled header
	// the one in front can take out what the one behind says.
	for _, list := range [][]check.Sign{answered, known} {
		for _, wantFront := range []bool{doubled, !doubled} {
			for _, s := range list {
				if s.Stack != "" && s.Front == wantFront {
					return s.Stack, sentences
				}
			}
		}
	}
	return "", sentences
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
