// Package verify holds a live server to a policy: it asks what pages would ask,
// as a browser asks it, and reports where the server does something else than
// the policy says.
//
// What the policy says is not worked out a second time here. Every question is
// put twice, to the server and to package cors with the policy in this process,
// each time through a [fetch.Agent]: where a browser is let do something by the
// one and not by the other, they differ. probes.go makes the questions, ask.go
// puts them, judge.go names the differences, and text.go tells them, as text, JSON
// and JUnit XML.
//
// [RunOperations] does the same for what an OpenAPI document asks for, with a
// policy alone too: openapi.go makes and puts the questions, openapi_policy.go
// finds the changes to the policy that would help, and openapi_report.go tells.
//
// A live server is asked gently. Preflights say whether a PUT would be let
// through, so that no PUT is sent: see [Options].UnsafeMethods.
package verify
