// Package cors is the server half of CORS for net/http: a policy that says what
// is wrong with it at start-up, and middleware that applies it.
//
//	open, err := cors.New(cors.Policy{
//		Origins:        []string{"https://app.example.com", "http://localhost:*"},
//		Methods:        []string{"PUT", "DELETE"},
//		RequestHeaders: []string{"Content-Type", "Authorization"},
//	})
//	if err != nil {
//		log.Fatal(err) // all that is wrong, with what to write instead
//	}
//	http.ListenAndServe("localhost:8080", open.Wrap(mux))
//
// # What it does and what it does not
//
// A browser keeps a page from reading what another origin serves. A policy lifts
// that, for the origins it names. It protects nothing by itself: without any
// policy, everything is as closed as it can be. What a policy gives away is
// reading, with the user's cookies if Credentials says so, and sending what
// needs a preflight: methods beyond GET, HEAD and POST, headers and body types
// that no form could send. What a form can send, every page can send anyway;
// [Middleware.Protect] stops that too.
//
// # When is it safe?
//
// Without Credentials, to let everybody in ("*") gives away what anybody could
// have fetched himself, unless the server is only reachable from inside a
// network or by address. With Credentials, every origin in the list can do what
// its users can: it is as strong as the weakest of them. A star that covers
// subdomains covers the forgotten one that somebody else has taken over.
//
// # What is sent
//
// A preflight that is granted has the whole list of methods and headers, so that
// a browser which remembers it needs no second one for the same URL. One that is
// refused is a bare 403. [Middleware.SetDebug] makes it say more.
//
// An actual request of an origin that is not let in still reaches the handler:
// only the browser knows that a script is not to see the response. Vary: Origin
// is on every response whose headers depend on the origin, allowed or not, with
// Origin or without, since a cache in between would else hand one origin's
// response to another.
//
// # What stands around it
//
// A mux that answers preflights itself, a handler that sets the same headers:
// such mistakes are told to [Middleware.SetObserver], as a [Trap]. [LogRefusals]
// logs them, and [Decision.Labels] is for metrics.
//
// # Cost
//
// One allocation for a request whose origin is let in, one for a preflight that
// is granted, and none for one that is refused, whatever it holds. There is no
// lock, and nothing is compiled, while serving.
package cors
