package verify

import "github.com/concors/concors/corstest"

// FormatVersion is the Report's as JSON. It grows when a field is removed or
// changes its meaning.
const FormatVersion = 1

// A Verdict is what came of it.
type Verdict string

// The verdicts, the better ones first.
const (
	Agrees      Verdict = "agrees"
	Differs     Verdict = "differs"
	Unreachable Verdict = "unreachable"
)

// A Report is what [Run] found. As JSON it is documented in docs/verify-json.md.
type Report struct {
	Version int     `json:"version"` // FormatVersion
	Verdict Verdict `json:"verdict"` // the worst of the sites'
	Sites   []Site  `json:"sites"`   // one for each URL and browser
}

// A Site is one URL, asked by one browser.
type Site struct {
	URL            string  `json:"url"`
	Browser        string  `json:"browser"`
	BrowserVersion string  `json:"browserVersion"`
	Route          string  `json:"route"` // the pattern whose policy a GET has; "" for none
	Off            bool    `json:"off"`   // that route has no CORS
	Verdict        Verdict `json:"verdict"`
	Status         int     `json:"status"`          // of a plain GET
	Cause          string  `json:"cause,omitempty"` // why there was no answer
	Requests       int     `json:"requests"`        // sent
	Skipped        int     `json:"skipped"`         // questions not asked, for the limit on requests
	Silent         int     `json:"silent"`          // questions without an answer
	// Barred counts the allowed origins whose pages no browser lets ask here,
	// whatever the server says: https: pages an http: server, mostly.
	Barred   int       `json:"barred"`
	Masked   bool      `json:"masked"`   // no allowed page gets in, so that nothing more could be asked
	Checks   []Check   `json:"checks"`   // what was asked
	Findings []Finding `json:"findings"` // what differs
}

// A Check is a number of questions about one thing.
type Check struct {
	About   string `json:"about"`
	Asked   int    `json:"asked"`
	Differs int    `json:"differs"`
}

// A Finding is one way in which the server differs from the policy.
type Finding struct {
	Kind  string `json:"kind"` // of [Kinds]
	Title string `json:"title"`
	// Note marks what no browser ever asks: it is a sign of a sloppy
	// comparison and changes no verdict.
	Note bool `json:"note"`
	// PolicySays, ServerDoes and BrowserTherefore are sentences.
	PolicySays       string `json:"policySays"`
	ServerDoes       string `json:"serverDoes"`
	BrowserTherefore string `json:"browserTherefore"`
	// Reason is the browser's for blocking, "" if it does not.
	Reason string `json:"reason,omitempty"`
	// Also are other questions with the same outcome, ten at most of Count.
	Also  []string `json:"also"`
	Count int      `json:"count"` // the first included
	// Request and Answer are the evidence, as text.
	Request string `json:"request"`
	Answer  string `json:"answer"`
}

// The kinds that package corstest has no name for, or not this one.
const (
	preflightFails       = "preflight-fails"
	resourcePolicyDiffer = "resource-policy-differs"
	timingHidden         = "timing-hidden"
	timingUnpromised     = "timing-not-promised"
	refusedServed        = "refused-request-served"
)

// Kinds returns all that is looked for, in the order in which it is reported.
// Those that package corstest looks for in middleware have its names.
func Kinds() []corstest.Kind {
	var out []corstest.Kind
	for _, k := range corstest.Kinds() {
		switch k.Name {
		case "allowed-origin-blocked", "credentials-unusable", "credentials-not-promised", "foreign-origin-let-in", "null-origin-let-in",
			"not-an-origin-let-in", "upper-case-origin-let-in", "method-blocked", "method-not-promised", "method-case-ignored",
			"request-header-blocked", "request-header-not-promised", "exposed-header-hidden",
			"exposed-header-not-promised", "max-age-not-kept", "error-answer-hidden", "allow-origin-doubled", "vary-missing-allowed",
			"vary-missing-refused", "vary-missing-without-origin":
			out = append(out, k)
		}
		if k.Name == "credentials-unusable" {
			out = append(out, corstest.Kind{Name: preflightFails, Title: "no preflight is answered as a preflight has to be"})
		}
	}
	return append(out,
		corstest.Kind{Name: resourcePolicyDiffer, Title: "Cross-Origin-Resource-Policy is not the one that is promised"},
		corstest.Kind{Name: timingHidden, Title: "a page does not see the timing of responses, which is promised"},
		corstest.Kind{Name: timingUnpromised, Title: "a page sees the timing of responses, which is not promised"},
		corstest.Kind{Name: refusedServed, Title: "requests of foreign origins are served, and the policy has them rejected"},
	)
}
