// Package probe sends many requests to one server as browsers send them, gently,
// and says what browsers make of the responses.
//
// A [Question] is one request by one page. [Options] says which servers are
// asked, in which browsers and at what pace, and [Options.Targets] turns it into
// [Target]s. A [Target] is asked through a [Transport], which sends only GET,
// HEAD and OPTIONS unless more is allowed, and stops at a number of requests. A
// [Simulation] is a server in this process that has a policy: the same question
// put to both shows where the two differ. [Send] returns an [Outcome] for each.
//
// kinds.go has the names of what can be wrong, describe.go the sentences that
// reports share, and evidence.go the messages that they quote.
package probe
