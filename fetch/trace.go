package fetch

// A Trace is the story of one fetch: the steps of the standard in the order in
// which they were taken, and what went over the wire. It is plain data.
type Trace struct {
	Steps     []Step
	Exchanges []Exchange
}

// A Step is one decision.
type Step struct {
	// Algorithm is the standard's name for it: "CORS check".
	Algorithm string
	// Anchor is where the standard says it.
	Anchor string
	// Inputs are what it looked at, in the order in which it looked.
	Inputs []Input
	// Result says how it ended.
	Result Result
	// Outcome says the same in one plain sentence.
	Outcome string
	// Exchange is the index in Trace.Exchanges of the exchange the step is
	// about, or -1.
	Exchange int
	// Deviation names what made the browser depart from the standard here;
	// zero for none.
	Deviation Deviation
}

// An Input is one thing a step looked at.
type Input struct{ Name, Value string }

// Result is how a step ended.
type Result uint8

// The results of a step.
const (
	Noted   Result = iota // the step chose a path or changed something
	Passed                // a check let the request or response through
	Blocked               // a check ended the fetch
)

func (r Result) String() string {
	switch r {
	case Passed:
		return "passed"
	case Blocked:
		return "blocked"
	}
	return "noted"
}

// An Exchange is one request as it went on the wire and what came back.
type Exchange struct {
	// Preflight tells a CORS-preflight request from one the page asked for.
	Preflight bool
	Method    string
	URL       string
	// Header is all that was sent, what the browser adds included.
	Header HeaderList
	// BodyLength is -1 for a stream.
	BodyLength int64

	// Status is 0 if no answer came.
	Status         int
	ResponseHeader HeaderList
	// Withheld lists cookies that were in the store and fit the URL, and
	// were not sent; Cookies tells which of the answer's were refused.
	Withheld []CookieNote
	Refused  []CookieNote
	// Err is why no answer came.
	Err error
}

// IsRedirect reports whether the response has a redirect status.
func (x *Exchange) IsRedirect() bool { return isRedirectStatus(x.Status) }

// A CookieNote says why a cookie was not sent or not stored.
type CookieNote struct{ Name, Why string }
