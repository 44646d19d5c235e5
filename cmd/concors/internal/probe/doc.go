// Package probe sends many requests to one server as browsers send them, at a
// limited pace, and reports what browsers do with the responses.
//
// A [Question] is one request by a page. [Send] sends it and returns its [Outcome].
// [Options] has the servers, the browsers and the pace, and [Options.Targets]
// validates them. A server is reached through a [Transport], which sends only GET,
// HEAD and OPTIONS unless more is allowed, and stops at a limit of requests. A
// [Simulation] is a server in this process that has a policy: sending it the same
// question shows where a live server differs. A [Session] tells a server's refusals
// from those of a rate limiter or a bot filter in front of it.
//
// kinds.go has the names of what can be wrong, describe.go the sentences that
// reports share, and evidence.go the messages that they quote.
package probe
