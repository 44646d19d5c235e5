package fetch

import "github.com/concors/concors/fetch/cookie"

// A Trace records one fetch: the steps of the standard in the order in which they
// were taken, and what was sent and received. It is plain data.
type Trace struct {
	Steps     []Step
	Exchanges []Exchange
}

// A Step is one decision.
type Step struct {
	// Algorithm is the standard's name for it: "CORS check".
	Algorithm string
	// Anchor links to its place in the standard.
	Anchor string
	// Inputs are the values that the step examined, in order.
	Inputs []Input
	// Result is how the step ended.
	Result Result
	// Outcome says in one sentence how the step ended.
	Outcome string
	// Exchange is the index in Trace.Exchanges of the step's exchange, or -1.
	Exchange int
	// Deviation is how the browser departed from the standard here, 0 if it
	// didn't.
	Deviation Deviation
}

// An Input is one value that a step examined.
type Input struct{ Name, Value string }

// Result is how a step ended.
type Result uint8

// The results of a step.
const (
	Noted   Result = iota // the step chose a path or changed something
	Passed                // a check allowed the request or response
	Blocked               // a check ended the fetch
)

// String returns "noted", "passed" or "blocked".
func (r Result) String() string {
	switch r {
	case Passed:
		return "passed"
	case Blocked:
		return "blocked"
	}
	return "noted"
}

// MarshalText returns what String returns.
func (r Result) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// An Exchange is one request as it was sent, and its response.
type Exchange struct {
	// Preflight is true for a CORS-preflight request and false for the page's own
	// requests.
	Preflight bool
	Method    string
	URL       string
	// Header has all headers that were sent, including those that the browser
	// adds.
	Header HeaderList
	// BodyLength is -1 for a stream.
	BodyLength int64

	// Status is 0 if there was no response.
	Status         int
	ResponseHeader HeaderList
	// Withheld lists cookies in the store that match the URL but were not sent.
	// Refused lists cookies of the response that were not stored.
	Withheld []CookieNote
	Refused  []CookieNote
	// Err is why there was no response.
	Err error
}

// IsRedirect reports whether the response has a redirect status.
func (x *Exchange) IsRedirect() bool { return isRedirectStatus(x.Status) }

// A CookieNote says why a cookie was not sent or not stored.
type CookieNote struct {
	Name   string
	Reason cookie.Reason
}
