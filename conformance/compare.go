package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// A Difference is a step in which the engine and the browser differ.
type Difference struct {
	Case  *Case
	Step  int
	Field string // the first field that differs: "result", "type", "wire" …
	Want  Seen   // what the browser did
	Got   Seen   // what the engine did
	Trace *fetch.Trace
}

// A Comparison is the result of [Compare].
type Comparison struct {
	Differences []Difference
	Successes   int                   // cases whose last step ended in a response or a loaded element
	Reasons     map[reason.Reason]int // how many steps were blocked for each reason
}

// Compare runs every case of a corpus in the engine with the browser's profile
// and compares what is observed.
func Compare(ctx context.Context, c *Corpus, p fetch.Profile) Comparison {
	r := Comparison{Reasons: map[reason.Reason]int{}}
	// The cases are independent: each worker takes the next one.
	replayed := make([]replay, len(c.Cases))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(c.Cases) {
					return
				}
				replayed[i] = c.replay(ctx, i, p)
			}
		})
	}
	workers.Wait()
	for i, one := range replayed {
		for _, why := range one.reasons {
			r.Reasons[why]++
		}
		if one.difference != nil {
			r.Differences = append(r.Differences, *one.difference)
		}
		steps := c.Observations[i].Steps
		if last := steps[len(steps)-1].Outcome.Result; last == "ok" || last == "load" {
			r.Successes++
		}
	}
	return r
}

// A replay is what the engine did with one case.
type replay struct {
	reasons    []reason.Reason // of the steps that were blocked, up to the first difference
	difference *Difference
}

// replay runs the i-th case of the corpus in the engine.
func (c *Corpus) replay(ctx context.Context, i int, p fetch.Profile) (r replay) {
	got, results := Simulate(ctx, p, &c.Cases[i])
	for s, want := range c.Observations[i].Steps {
		if results[s].Err != nil {
			r.reasons = append(r.reasons, results[s].Err.Reason)
		}
		if field := differs(c.Cases[i].Steps[s].Request.Via, want, got.Steps[s]); field != "" {
			r.difference = &Difference{&c.Cases[i], s, field, want, got.Steps[s], results[s].Trace}
			break // later steps depend on this one
		}
	}
	return r
}

// agree reports whether the engine and the browser agree on all steps of the
// i-th case of the corpus.
func agree(ctx context.Context, c *Corpus, i int, p fetch.Profile) bool {
	got, _ := Simulate(ctx, p, &c.Cases[i])
	for s, want := range c.Observations[i].Steps {
		if differs(c.Cases[i].Steps[s].Request.Via, want, got.Steps[s]) != "" {
			return false
		}
	}
	return true
}

// differs returns the name of the first field in which two observations of a
// step differ, or "".
func differs(via string, want, got Seen) string {
	media := via == "audio" || via == "video"
	if media {
		want.Wire, got.Wire = distinct(want.Wire), distinct(got.Wire)
	}
	a, b := want.Outcome, got.Outcome
	if a.Result == "timeout" && media {
		a.Result = "error" // media that never loads may fire no event
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

// distinct removes repeated requests: a media element repeats the requests for
// what it has not received completely. A repeated request may carry a cookie
// that an earlier response set.
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

// wireDiffers is differs for requests on the wire.
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

// String describes the difference in several lines, with everything that is
// needed to debug it.
func (d Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "case %d step %d (%s): %s differs\n", d.Case.ID, d.Step, d.Case.Family, d.Field)
	line := func(name string, v any) {
		text, err := json.Marshal(v)
		if err != nil {
			text = []byte(err.Error())
		}
		fmt.Fprintf(&b, "  %-9s %s\n", name, text)
	}
	line("page", d.Case.Page)
	if len(d.Case.Cookies) > 0 {
		line("cookies", d.Case.Cookies)
	}
	for s := range d.Step {
		line("earlier", d.Case.Steps[s])
	}
	line("request", d.Case.Steps[d.Step].Request)
	line("responses", d.Case.Steps[d.Step].Hops)
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
