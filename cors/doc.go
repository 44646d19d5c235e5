// Package cors is the server half of CORS for net/http: middleware that applies a policy, which is
// checked for mistakes when the server starts.
//
//	policy, err := cors.New(cors.Policy{
//		Origins:        []string{"https://app.example.com", "http://localhost:*"},
//		Methods:        []string{"PUT", "DELETE"},
//		RequestHeaders: []string{"Content-Type", "Authorization"},
//	})
//	if err != nil {
//		log.Fatal(err) // every problem, and what to write instead
//	}
//	http.ListenAndServe("localhost:8080", policy.Wrap(mux))
//
// # What a policy does
//
// Browsers do not let a page read responses from other origins (the same-origin policy). A CORS
// policy makes exceptions, for the origins that it lists: their scripts may read responses, with
// the user's cookies if Credentials is set, and may send preflighted requests: methods other than
// GET, HEAD and POST, and headers and body types that no form could send.
//
// A policy only opens a server: without one, scripts of other origins can read nothing. With or
// without a policy, every page may send simple requests, such as those of a form.
// [Middleware.Protect] refuses those too.
//
// # Is it safe?
//
// Without Credentials, "*" gives every site what anyone could fetch without a browser. That is
// safe, unless the server is protected by its network or by the client's address. With Credentials,
// scripts on every allowed origin can do what its users can do, so the policy is as strong as the
// weakest of these origins. A wildcard covers every subdomain, including a forgotten one that
// someone else has taken over.
//
// # What is sent
//
// The response to a granted preflight lists all methods and headers that the policy allows, so a
// browser that caches it needs no second preflight for the same URL. The response to a refused
// preflight is 403 with no headers; [Middleware.SetDebug] makes it explain the refusal to the
// browser.
//
// A request whose origin is not allowed still reaches the handler, because only the browser knows
// which script must not see the response. Policy.RejectRefused changes that. Vary: Origin is on
// every response whose headers depend on the origin, whether the origin is allowed or missing.
// Without it a cache could give one origin's response to another.
//
// # The server around it
//
// A mux that responds to preflights itself, or a handler that sets the same headers, defeats a
// policy. An observer ([Middleware.SetObserver]) receives such mistakes as a [SetupMistake].
// [LogRefusals] is an observer that logs, and [Decision.Labels] is for metrics.
//
// # Cost
//
// A request whose origin is allowed costs one allocation, a granted preflight one, and a refused
// preflight none, whatever it contains. Serving takes no lock and compiles nothing. All of the
// package may be used concurrently.
package cors
