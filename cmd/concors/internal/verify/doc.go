// Package verify tests a live server against its policy: it sends what pages
// would send, as browsers send it, and reports where the server differs from the
// policy.
//
// The meaning of a policy is not implemented a second time here. Every question is
// sent to the server and to a simulation of the policy, which is package cors in
// this process, and the two outcomes are compared. Package probe sends the
// questions. questions.go chooses them, compare.go names the differences, and
// text.go writes them as text, JSON and JUnit XML.
//
// A live server is sent GET, HEAD and OPTIONS only: the response to a preflight
// says whether a PUT would be allowed. See [probe.Options].UnsafeMethods.
package verify
