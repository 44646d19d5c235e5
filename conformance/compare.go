package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// A Difference is a step that the engine and the browser did not agree on.
type Difference struct {
	Case  *Case
	Step  int
	Field string // the first field that differs: "result", "type", "wire" …
	Want  Seen   // what the browser did
	Got   Seen   // what the engine did
	Trace *fetch.Trace
}

// A Comparison is how a corpus and the engine compare.
type Comparison struct {
	Differences []Difference
	Successes   int                   // cases whose last step ended in a response or a loaded element
	Reasons     map[reason.Reason]int // how often each reason was reached
}

// Compare runs every case of a corpus through the engine with the browser's
// profile.
func Compare(ctx context.Context, c *Corpus, p fetch.Profile) Comparison {
	r := Comparison{Reasons: map[reason.Reason]int{}}
	for i := range c.Cases {
		if ctx.Err() != nil {
			break
		}
		got, results := Simulate(ctx, p, &c.Cases[i])
		steps := c.Observations[i].Steps
		for s, want := range steps {
			if results[s].Err != nil {
				r.Reasons[results[s].Err.Reason]++
			}
			if field := differs(c.Cases[i].Steps[s].Request.Via, want, got.Steps[s]); field != "" {
				r.Differences = append(r.Differences, Difference{&c.Cases[i], s, field, want, got.Steps[s], results[s].Trace})
				break // later steps depend on this one
			}
		}
		if last := steps[len(steps)-1].Outcome.Result; last == "ok" || last == "load" {
			r.Successes++
		}
	}
	return r
}

// agree reports whether the engine and the browser agree on all steps of the
// corpus' i-th case.
func agree(ctx context.Context, c *Corpus, i int, p fetch.Profile) bool {
	got, _ := Simulate(ctx, p, &c.Cases[i])
	for s, want := range c.Observations[i].Steps {
		if differs(c.Cases[i].Steps[s].Request.Via, want, got.Steps[s]) != "" {
			return false
		}
	}
	return true
}

// differs names the first thing in which two observations of a step differ.
func differs(via string, want, got Seen) string {
	media := via == "audio" || via == "video"
	if media {
		want.Wire, got.Wire = distinct(want.Wire), distinct(got.Wire)
	}
	a, b := want.Outcome, got.Outcome
	if a.Result == "timeout" && media {
		a.Result = "error" // media that never loads, and for which no event is fired
	}
	switch {
	case a.Result != b.Result:
		return "result"
	case a.Type != b.Type:
		return "type"
	case a.Status != b.Status:
		return "status"
	case a.Redirected != b.Redirected:
		return "redirected"
	case a.URL != b.URL:
		return "url"
	case !reflect.DeepEqual(a.Headers, b.Headers) && len(a.Headers)+len(b.Headers) > 0:
		return "headers"
	case a.Body != b.Body:
		return "body"
	case len(want.Wire) != len(got.Wire):
		return "wire"
	}
	for i := range want.Wire {
		if field := wireDiffers(want.Wire[i], got.Wire[i]); field != "" {
			return field
		}
	}
	return ""
}

// distinct leaves out requests that were made before: a media element asks
// again, and more than once, for what it has not got whole. By then it may have
// a cookie that the first answers set.
func distinct(wire []Wire) []Wire {
	var out []Wire
	for _, w := range wire {
		if slices.ContainsFunc(out, func(o Wire) bool {
			o.Cookie = w.Cookie
			return wireDiffers(o, w) == ""
		}) {
			continue
		}
		out = append(out, w)
	}
	return out
}

func wireDiffers(a, b Wire) string {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		fa, fb := va.Field(i), vb.Field(i)
		if fa.Kind() == reflect.Slice && fa.Len() == 0 && fb.Len() == 0 {
			continue
		}
		if !reflect.DeepEqual(fa.Interface(), fb.Interface()) {
			return "wire " + strings.ToLower(va.Type().Field(i).Name)
		}
	}
	return ""
}

// String tells what the difference is, in a form that a person can debug.
func (d Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "case %d step %d (%s): %s differs\n", d.Case.ID, d.Step, d.Case.Family, d.Field)
	line := func(name string, v any) {
		text, err := json.Marshal(v)
		if err != nil {
			text = []byte(err.Error())
		}
		fmt.Fprintf(&b, "  %-8s %s\n", name, text)
	}
	line("page", d.Case.Page)
	if len(d.Case.Cookies) > 0 {
		line("cookies", d.Case.Cookies)
	}
	for s := range d.Step {
		line("earlier", d.Case.Steps[s])
	}
	line("request", d.Case.Steps[d.Step].Request)
	line("answers", d.Case.Steps[d.Step].Answers)
	line("browser", d.Want.Outcome)
	for _, w := range d.Want.Wire {
		line("", w)
	}
	line("engine", d.Got.Outcome)
	for _, w := range d.Got.Wire {
		line("", w)
	}
	return b.String()
}
