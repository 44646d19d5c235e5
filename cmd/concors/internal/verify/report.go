package verify

import (
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/corstest"
	"github.com/concors/concors/fetch/reason"
)

// FormatVersion is the version of the Report as JSON. It grows when a field is
// removed or changes its meaning.
const FormatVersion = 3

// A Verdict is the result in one word.
type Verdict string

// The verdicts, the best one first.
const (
	Agrees  Verdict = "agrees"
	Differs Verdict = "differs"
	Unknown Verdict = "unknown"
)

// A Report is what [Run] found. As JSON it is documented in docs/verify-json.md.
type Report struct {
	Version int     `json:"version"` // FormatVersion
	Verdict Verdict `json:"verdict"` // the worst of the sites'
	Sites   []Site  `json:"sites"`   // one for each URL and browser
}

// A Site is one URL, tested in one browser.
type Site struct {
	URL            string  `json:"url"`
	Browser        string  `json:"browser"`
	BrowserVersion string  `json:"browserVersion"`
	Route          string  `json:"route"` // the pattern whose policy applies to a GET; "" for none
	Off            bool    `json:"off"`   // that route has no CORS
	Verdict        Verdict `json:"verdict"`
	Status         int     `json:"status"`          // of the response to a plain GET
	Cause          string  `json:"cause,omitempty"` // why something is not known
	Requests       int     `json:"requests"`        // sent
	Skipped        int     `json:"skipped"`         // tests left out because of the limit on requests
	NoResponse     int     `json:"noResponse"`      // tests without a response
	// NotKnown counts the tests whose responses show nothing about the policy,
	// because a rate limiter, a bot filter or an overloaded server responded.
	NotKnown int `json:"notKnown"`
	// BlockedBefore counts the allowed origins for whose pages browsers send no
	// requests to the server at all: mostly pages on https: and an http: server.
	BlockedBefore int `json:"blockedBefore"`
	// MethodsUntested means that no allowed origin was allowed by the server, so
	// that methods and headers could not be tested.
	MethodsUntested bool      `json:"methodsUntested"`
	Checks          []Check   `json:"checks"`   // what was tested
	Findings        []Finding `json:"findings"` // what differs
}

// A Check is a number of tests about one topic.
type Check struct {
	Topic   string `json:"topic"`
	Tested  int    `json:"tested"`
	Differs int    `json:"differs"` // how many of them
}

// A Finding is one way in which the server differs from the policy.
type Finding struct {
	Kind  string `json:"kind"` // one of [Kinds]
	Title string `json:"title"`
	// Note marks what no browser ever sends: it is a sign of a sloppy
	// comparison and changes no verdict.
	Note bool `json:"note"`
	// PolicySays, ServerDoes and BrowserDoes are sentences. The server and the
	// browser are the subjects of the last two.
	PolicySays  string `json:"policySays"`
	ServerDoes  string `json:"serverDoes"`
	BrowserDoes string `json:"browserDoes"`
	// Reason is why the browser blocks the request, if it does.
	Reason reason.Reason `json:"reason,omitzero"`
	// Also lists other tests with the same outcome, at most ten of Count.
	Also  []string `json:"also"`
	Count int      `json:"count"` // the first one included
	// Request and Response are the evidence, as text.
	Request  string `json:"request"`
	Response string `json:"response"`
}

// The kinds that package corstest does not have.
const (
	resourcePolicyDiffers = "resource-policy-differs"
	timingHidden          = "timing-hidden"
	timingUnpromised      = "timing-not-promised"
	refusedServed         = "refused-request-served"
)

// Kinds returns all kinds of findings, in the order in which they are reported.
// Those that package corstest looks for in middleware have its names.
func Kinds() []corstest.Kind {
	kind := func(name, title string) corstest.Kind { return corstest.Kind{Name: name, Title: title} }
	var out []corstest.Kind
	for _, k := range corstest.Kinds() {
		switch k.Name {
		case probe.AllowedOriginBlocked, probe.CredentialsUnusable, probe.CredentialsUnpromised,
			probe.ForeignOriginAllowed, probe.NullOriginAllowed, probe.InvalidOriginAllowed,
			probe.UpperCaseOriginAllowed, probe.MethodBlocked, probe.MethodUnpromised,
			probe.MethodCaseIgnored, probe.RequestHeaderBlocked, probe.RequestHeaderUnpromised,
			probe.ExposedHeaderHidden, probe.ExposedHeaderUnpromised, probe.MaxAgeDiffers,
			probe.ErrorResponseHidden, probe.AllowOriginDuplicated, probe.VaryMissingAllowed,
			probe.VaryMissingRefused, probe.VaryMissingWithoutOrigin:
			out = append(out, k)
		}
		if k.Name == probe.CredentialsUnusable {
			out = append(out, kind(probe.PreflightFails, "no preflight gets the response that it needs"))
		}
	}
	return append(out,
		kind(resourcePolicyDiffers, "Cross-Origin-Resource-Policy is not the promised one"),
		kind(timingHidden, "a page does not see the timing of responses, which is promised"),
		kind(timingUnpromised, "a page sees the timing of responses, which is not promised"),
		kind(refusedServed, "requests from foreign origins are served, although the policy rejects them"),
	)
}
