package serverfix

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/stacks"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/origin"
)

// A Fingerprint is a response header that identifies the software behind it.
type Fingerprint struct {
	Header string `json:"header"`
	Value  string `json:"value"`
	Name   string `json:"name,omitempty"` // the product, if it is a known one
	Stack  string `json:"stack,omitempty"`
	Front  bool   `json:"front"` // a proxy in front of another server
	Edge   bool   `json:"edge"`  // a proxy that is usually in front of other proxies
	// Preflight and Response report in which responses it was: to preflights,
	// to requests.
	Preflight bool `json:"preflight"`
	Response  bool `json:"response"`

	on, runs string // as in a stacks.Detection
}

// fingerprints lists the headers in the server's responses that identify its
// software, each header and value once.
func fingerprints(result *request.Result, server string) []Fingerprint {
	out := []Fingerprint{}
	for _, r := range result.Results {
		for _, x := range r.Exchanges {
			if o, err := origin.FromURL(x.URL); err != nil || o.String() != server {
				continue
			}
			for _, h := range append(varyLines(x.ResponseHeaders), x.ResponseHeaders...) {
				d, ok := stacks.Detect(h.Name, h.Value)
				if !ok {
					continue
				}
				i := slices.IndexFunc(out, func(f Fingerprint) bool {
					return f.Header == d.Header && f.Value == d.Value
				})
				if i < 0 {
					i = len(out)
					out = append(out, Fingerprint{
						Header: d.Header, Value: d.Value, Name: d.Product, Stack: d.Stack, Front: d.Proxy, Edge: d.Edge, on: d.On, runs: d.Runs,
					})
				}
				if x.Preflight {
					out[i].Preflight = true
				} else {
					out[i].Response = true
				}
			}
		}
	}
	return out
}

// varyLines returns all lines of Vary as one header, if there are several: some
// servers can be recognized by them.
func varyLines(headers []request.Header) []request.Header {
	var values []string
	for _, h := range headers {
		if strings.EqualFold(h.Name, "Vary") {
			values = append(values, h.Value)
		}
	}
	if len(values) < 2 {
		return nil
	}
	return []request.Header{{Name: "Vary", Value: strings.Join(values, "; ")}}
}

// source says which header identifies the product.
func (f Fingerprint) source() string {
	return fmt.Sprintf("%s (%s: %s)", f.Name, f.Header, term.Shorten(term.Printable(f.Value), 60))
}

// detect says in sentences which servers seem to have responded, and returns the
// stack whose recipe to use, or "" if none was detected. blocked is the result to fix.
func detect(blocked *request.BrowserResult, found []Fingerprint) (stack string, sentences []string) {
	var known, responded []Fingerprint
	for _, f := range found {
		if f.Name == "" || slices.ContainsFunc(known, func(k Fingerprint) bool { return k.Name == f.Name }) {
			continue
		}
		known = append(known, f)
		if blocked.Fix.Preflight && f.Preflight || !blocked.Fix.Preflight && f.Response {
			responded = append(responded, f)
		}
	}
	runsAnother := func(f Fingerprint) bool {
		return slices.ContainsFunc(known, func(other Fingerprint) bool { return other.on == f.Name })
	}
	responded, known = slices.DeleteFunc(responded, runsAnother), without(known, runsAnother)
	which := "The response that decided"
	if blocked.Fix.Preflight {
		which = "The preflight response"
	}
	say := func(format string, args ...any) { sentences = append(sentences, fmt.Sprintf(format, args...)) }
	doubled := blocked.Reason.WithoutPreflight() == reason.MultipleAllowOriginValues
	switch {
	case len(known) == 0:
		return "", nil
	case len(known) == 1:
		say("Server: looks like %s.", known[0].source())
	default:
		var names []string
		for _, k := range known {
			names = append(names, k.source())
		}
		say("Server: looks like %d layers: %s.", len(names), strings.Join(names, ", "))
		switch inner := slices.IndexFunc(responded, func(f Fingerprint) bool { return !f.Front }); {
		case doubled:
			say("Each of them seems to add its own Access-Control-Allow-Origin. " +
				"Let one of them add it, and remove it from the others.")
		case inner < 0 && len(responded) > 0:
			say("%s probably comes from %s itself: no header in it identifies a server behind that.",
				which, responded[0].Name)
		case inner >= 0:
			say("%s probably comes from %s, through the others.", which, responded[inner].Name)
		}
	}
	for _, k := range known {
		if k.runs != "" {
			say("%s", k.runs)
		}
	}
	// The innermost server that responded has to change. If the header is
	// doubled, the proxy in front can remove the other one's.
	for _, list := range [][]Fingerprint{responded, known} {
		for _, wantFront := range []bool{doubled, !doubled} {
			for _, wantEdge := range []bool{false, true} {
				for _, f := range list {
					if f.Stack != "" && f.Front == wantFront && f.Edge == wantEdge {
						return f.Stack, sentences
					}
				}
			}
		}
	}
	return "", sentences
}

// without returns a new list without some fingerprints.
func without(list []Fingerprint, some func(Fingerprint) bool) (rest []Fingerprint) {
	for _, f := range list {
		if !some(f) {
			rest = append(rest, f)
		}
	}
	return rest
}

// applications says which applications the server may run, if a stack for it is not known.
func applications(stack string, found []Fingerprint) string {
	for _, f := range found {
		if stack == "" && f.runs != "" {
			return f.runs
		}
	}
	return ""
}
