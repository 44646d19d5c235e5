package sop

import (
	"fmt"

	"github.com/concors/concors/fetch"
)

// A Verdict is how a question was decided. The zero Verdict is NotKnown.
type Verdict uint8

// The verdicts.
const (
	NotKnown Verdict = iota // the standard leaves it open, or this package does not model it
	Allowed
	Refused
)

// String returns "not known", "allowed" or "refused".
func (v Verdict) String() string {
	switch v {
	case Allowed:
		return "allowed"
	case Refused:
		return "refused"
	}
	return "not known"
}

// MarshalText returns what String returns.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// A Decision is how a question was decided, and why. It is plain data.
type Decision struct {
	Verdict Verdict
	// Reason is why the operation was refused or silently did nothing. It is 0 if nothing
	// stopped it.
	Reason Reason
	// Steps are the steps of the standards that were taken, in order.
	Steps []Step
}

// A Step is one step of a standard's algorithm.
type Step struct {
	// Algorithm is the standard's name for it: "IsPlatformObjectSameOrigin".
	Algorithm string
	// Anchor links to its place in the standard.
	Anchor string
	// Inputs are the values that the step examined, in order.
	Inputs []fetch.Input
	// Result is how the step ended.
	Result fetch.Result
	// Outcome says in one sentence how the step ended.
	Outcome string
	// Deviation is how the browser departed from the standard here, 0 if it didn't.
	Deviation Deviation
}

// Decided returns the decision. It makes the answers to all questions usable alike.
func (d Decision) Decided() Decision { return d }

// note records a step that chose a path.
func (d *Decision) note(algorithm, anchor, outcome string, inputs ...fetch.Input) {
	d.Steps = append(d.Steps, Step{Algorithm: algorithm, Anchor: anchor, Inputs: inputs, Outcome: outcome})
}

// pass records a check that allowed the operation.
func (d *Decision) pass(algorithm, anchor, outcome string, inputs ...fetch.Input) {
	d.Steps = append(d.Steps, Step{Algorithm: algorithm, Anchor: anchor, Inputs: inputs,
		Result: fetch.Passed, Outcome: outcome})
}

// refuse records the check that refused the operation.
func (d *Decision) refuse(why Reason, inputs ...fetch.Input) {
	d.Verdict, d.Reason = Refused, why
	d.Steps = append(d.Steps, Step{Algorithm: why.Algorithm(), Anchor: why.Anchor(), Inputs: inputs,
		Result: fetch.Blocked, Outcome: why.Explanation()})
}

// depart records a deviation from the standard.
func (d *Decision) depart(v Deviation) {
	d.Steps = append(d.Steps, Step{Algorithm: "deviation", Anchor: v.Anchor(), Outcome: v.Explanation(), Deviation: v})
}

// A Type is the type of a Value.
type Type string

// The types of values. The zero Type means that the value is not known: it is whatever
// the object has.
const (
	Undefined Type = "undefined"
	Null      Type = "null"
	Boolean   Type = "boolean"
	Number    Type = "number"
	String    Type = "string"
	Function  Type = "function"
	Object    Type = "object"
)

// A Value is a value as a script sees it.
type Value struct {
	Type Type
	// Text is the text of a boolean, number or string, the name of a function, and for an
	// object what Object.prototype.toString calls it: "HTMLDocument". A window or location
	// of another origin is an "Object".
	Text string
}

// String returns the value as a test would print it.
func (v Value) String() string {
	switch v.Type {
	case "":
		return "not known"
	case Object:
		return "[object " + v.Text + "]"
	case Boolean, Number, String:
		return v.Text
	}
	return string(v.Type)
}

// A Completion is how an operation of a script ended.
type Completion struct {
	// Exception is the name of the exception that was thrown, such as "SecurityError". It is
	// "" if the operation returned.
	Exception string
	// Value is what the operation returned.
	Value Value
}

// String returns "!" and the name of the exception, or the value.
func (c Completion) String() string {
	if c.Exception != "" {
		return "!" + c.Exception
	}
	return c.Value.String()
}

func boolean(b bool) Value { return Value{Boolean, fmt.Sprint(b)} }

// The exceptions.
const (
	securityError     = "SecurityError"
	typeError         = "TypeError"
	syntaxError       = "SyntaxError"
	dataCloneError    = "DataCloneError"
	invalidAccess     = "InvalidAccessError"
	notAllowedError   = "NotAllowedError"
	referenceError    = "ReferenceError"
	invalidStateError = "InvalidStateError"
)
