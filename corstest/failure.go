package corstest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
)

// A failure is why an assertion fails in one browser, and how to fix that: see
// fixText. fix may be "".
type failure struct{ why, fix string }

// A failureGroup has the results that fail in the same way.
type failureGroup struct {
	failure
	results []*Result
}

// expect reports the browsers in which an assertion fails. check returns nil where
// it holds. For claim, see describe.
func (o *Outcome) expect(claim string, check func(*Result) *failure) *Outcome {
	o.site.tb.Helper()
	groups := groupFailures(o.Results, check)
	if len(groups) == 0 {
		return o
	}
	w := &textWriter{}
	w.line(0, "the test expects that "+o.describe(claim))
	for _, g := range groups {
		names := make([]string, len(g.results))
		for i, r := range g.results {
			names[i] = r.Profile.Name
		}
		w.line(0, "")
		w.line(0, "In "+strings.Join(names, ", ")+": "+g.why)
		if g.fix != "" {
			w.line(0, g.fix)
		}
		w.trace(g.results[0].Trace, o.request.Header)
	}
	o.site.tb.Errorf("corstest: %s", w.String())
	return o
}

func groupFailures(results []Result, check func(*Result) *failure) (groups []*failureGroup) {
	for i := range results {
		r := &results[i]
		f := check(r)
		if f == nil {
			continue
		}
		j := slices.IndexFunc(groups, func(g *failureGroup) bool { return g.failure == *f })
		if j < 0 {
			j, groups = len(groups), append(groups, &failureGroup{failure: *f})
		}
		groups[j].results = append(groups[j].results, r)
	}
	return groups
}

// describe completes a claim to a sentence. A claim that ends in "to" has the page
// as its subject and the request as its object. Any other claim has the request
// as its subject.
func (o *Outcome) describe(claim string) string {
	request := o.request.Method + " " + printableURL(o.request.URL)
	if o.request.Credentials == fetch.CredentialsInclude {
		request += " with credentials"
	}
	if strings.HasSuffix(claim, " to") {
		return o.page.name() + " " + claim + " " + request
	}
	return request + " from " + o.page.name() + " " + claim
}

// unreadable is the failure of an assertion that needs a readable response.
func unreadable(r *Result) *failure {
	if r.Err == nil {
		return &failure{r.notReadable(), fixText(fix.Opaque(r.Type))}
	}
	return &failure{r.notReadable(), fixText(fix.For(r.Err))}
}

// notReadable says why the page may not read the response.
func (r *Result) notReadable() string {
	switch {
	case r.Err == nil:
		return "the response is " + string(r.Type) + ": the browser received it, but hides all of it from the page."
	case r.Err.Reason.Unreachable():
		return "there is no response. " + errorText(r.Err)
	}
	return "the request is blocked. " + errorText(r.Err)
}

// errorText is an error in a sentence, with the name of its reason.
func errorText(e *fetch.NetworkError) string {
	s := strings.TrimSuffix(e.Reason.Explanation(), ".") + " (" + e.Reason.String() + ")."
	if e.Err != nil {
		s += " The cause: " + printable(e.Err.Error())
	}
	return s
}

// allowed says what the page sees of a response that was not blocked, and why.
func (r *Result) allowed() string {
	if !r.readable() {
		return "the request is not blocked. The response is " + string(r.Type) +
			": the browser hides all of it from the page."
	}
	text := fmt.Sprintf("the page can read the response (status %d, %d bytes).", r.Status, len(r.Body))
	if r.preflights() > 0 {
		text += " The preflight response allowed the request."
	}
	allowOrigin, ok := r.serverHeader().Get("Access-Control-Allow-Origin")
	switch {
	case r.Type == fetch.TypeBasic:
		text += " The page has the server's own origin, and no response header changes what such a page may read."
	case allowOrigin == "*":
		text += " The response has Access-Control-Allow-Origin: *, which allows every origin."
	case ok:
		text += " The response has Access-Control-Allow-Origin: " + printable(allowOrigin)
	}
	return text
}

// fixText is a fix in lines: the sentence, what the response needs, and the
// caution.
func fixText(f fix.Fix) string {
	if f.Sentence == "" {
		return ""
	}
	where := "on the " + string(f.Party)
	if f.Party == reason.User {
		where = "by the user"
	}
	var lines []string
	if f.Why != "" {
		lines = append(lines, "Cause: "+escaped(f.Why))
	}
	if len(f.Differs) > 0 {
		lines = append(lines, "What differs: "+escaped(strings.Join(f.Differs, "; "))+".")
	}
	lines = append(lines, "How to fix it ("+where+"): "+escaped(f.Sentence))
	for _, line := range f.ResponseLines() {
		lines = append(lines, "    "+escaped(line))
	}
	return strings.Join(append(lines, "Note: "+escaped(f.Caution)), "\n")
}

// cookieReason explains a reason in a sentence, and names it.
func cookieReason(r cookie.Reason) string {
	return strings.TrimSuffix(r.Explanation(), ".") + " (" + r.String() + ")."
}
