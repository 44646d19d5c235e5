package watch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/operations"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/verify"
	"github.com/concors/concors/fetch/reason"
)

// compared reports whether a response header is compared: those that decide about
// CORS, and those that say what responded. Dates, sizes and numbers of requests
// change all the time.
func compared(name string) bool {
	name = strings.ToLower(name)
	return strings.HasPrefix(name, "access-control-") || strings.HasPrefix(name, "cross-origin-") || slices.Contains([]string{
		"allow", "cache-control", "content-security-policy", "content-type", "location", "origin-agent-cluster", "server", "set-cookie",
		"timing-allow-origin", "vary", "www-authenticate", "x-content-type-options", "x-powered-by",
	}, name)
}

// OfCheck is the answer of a report of concors check, without its text.
func OfCheck(r *report.Report) Answer {
	a := Answer{Refused: true}
	for i := range r.Results {
		result := &r.Results[i]
		who := ""
		if !r.Agree {
			who = result.BrowserName() + ": "
		}
		verdict := string(result.Verdict)
		if result.Reason != 0 {
			verdict += ": " + result.Reason.String()
		}
		if i == 0 || !r.Agree {
			a.Facts = append(a.Facts, Fact{who + "verdict", verdict})
			a.Facts = append(a.Facts, exchanges(who, result)...)
			if a.Verdict != "" {
				a.Verdict += "; "
			}
			a.Verdict += who + verdict
		}
		a.Refused = a.Refused && refused(result)
	}
	return a
}

// refused reports whether no connection was made, so that the server saw nothing.
func refused(r *request.BrowserResult) bool {
	return r.Verdict == request.Unreachable && r.Reason == reason.ConnectionFailed && strings.Contains(r.Cause, "refused")
}

// exchanges lists the status and the compared headers of each response.
func exchanges(who string, r *request.BrowserResult) (facts []Fact) {
	number := 0
	for _, x := range r.Exchanges {
		where := who + "preflight"
		if !x.Preflight {
			if where = who + "response"; number > 0 {
				where += fmt.Sprint(" after redirect ", number)
			}
			number++
		}
		status := fmt.Sprint(x.Status)
		if x.Status == 0 {
			status = "none"
		}
		facts = append(facts, Fact{where + ", status", status})
		seen := map[string]int{}
		for _, h := range x.ResponseHeaders {
			name := h.Name
			if !compared(name) {
				continue
			}
			if seen[strings.ToLower(name)]++; seen[strings.ToLower(name)] > 1 {
				name += fmt.Sprintf(" (%d)", seen[strings.ToLower(name)])
			}
			facts = append(facts, Fact{where + ", " + name, h.Value})
		}
	}
	return facts
}

// OfVerify is the answer of a report of concors verify, without its text.
func OfVerify(r *verify.Report) Answer {
	a := Answer{Verdict: string(r.Verdict), Facts: []Fact{{"verdict", string(r.Verdict)}}}
	a.Refused = len(r.Sites) > 0
	for i := range r.Sites {
		site := &r.Sites[i]
		where := site.URL + ", " + site.Browser + ", "
		a.Facts = append(a.Facts, Fact{where + "verdict", string(site.Verdict)})
		if site.Cause != "" {
			a.Facts = append(a.Facts, Fact{where + "cause", site.Cause})
		}
		for _, f := range site.Findings {
			a.Facts = append(a.Facts, Fact{where + f.Title, f.ServerDoes})
		}
		a.Refused = a.Refused && site.Verdict == verify.Unknown && strings.Contains(site.Cause, "refused")
	}
	return a
}

// OfOperations is the answer of a report of concors verify --openapi.
func OfOperations(r *operations.Report) Answer {
	a := Answer{Verdict: string(r.Verdict), Facts: []Fact{{"verdict", string(r.Verdict)}}}
	a.Refused = len(r.Sites) > 0
	for i := range r.Sites {
		site := &r.Sites[i]
		where := site.Browser + ", "
		if site.URL != "" {
			where = site.URL + ", " + where
		}
		a.Facts = append(a.Facts, Fact{where + "verdict", string(site.Verdict)})
		if site.Cause != "" {
			a.Facts = append(a.Facts, Fact{where + "cause", site.Cause})
		}
		for _, result := range site.Operations {
			for _, p := range result.Problems {
				a.Facts = append(a.Facts, Fact{where + result.Method + " " + result.Path + ", " + p.Problem, p.Change})
			}
		}
		a.Refused = a.Refused && site.Verdict == operations.Unknown && strings.Contains(site.Cause, "refused")
	}
	return a
}
