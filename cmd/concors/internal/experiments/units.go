package experiments

import (
	"cmp"
	"slices"
)

// A Unit is a part of the course.
type Unit struct {
	Name      string `json:"name"`
	Title     string `json:"title"`
	Objective string `json:"objective"` // what a learner can do after it

	requests []string // the names of its experiments that are one request; the others name their unit
}

// Units returns the units of the course in order.
func Units() []Unit { return slices.Clone(units) }

var units = []Unit{
	{Name: "origins", Title: "Origins and sites", requests: []string{"same-origin"},
		Objective: "Say of two URLs whether they have the same origin and whether they are the same site, and which rules ask for which."},
	{Name: "reading", Title: "Reading, writing, embedding", requests: []string{"missing-allow-origin", "image", "sent-anyway"},
		Objective: "Tell apart what one origin may do with another: sending and embedding are mostly allowed, reading is not."},
	{Name: "simple", Title: "Simple requests", requests: []string{"simple-get", "wildcard", "null-origin", "hidden-headers", "exposed-headers"},
		Objective: "Allow an origin to read a response, and know which of its headers a page sees."},
	{Name: "credentials", Title: "Credentials",
		requests:  []string{"credentials", "wildcard-with-credentials", "credentials-not-allowed", "credentials-spelling", "cookie-samesite"},
		Objective: "Say when cookies are sent across origins, and what the server must then respond with."},
	{Name: "preflights", Title: "Preflights", requests: []string{"preflight", "preflight-without-headers", "preflight-404", "preflight-needs-login",
		"preflight-redirect", "method-not-allowed", "method-lower-case", "header-not-allowed", "authorization-and-wildcard",
		"headers-wildcard-with-credentials", "allow-headers-syntax", "upload-listener"},
		Objective: "Say by method, header and content type whether a request is preflighted, and respond to the preflight."},
	{Name: "console", Title: "Errors of the console", requests: []string{"origin-mismatch", "several-origins", "duplicate-header", "invalid-origin",
		"error-without-headers", "no-response", "blocked-port", "mixed-content", "local-network"},
		Objective: "Find the cause behind a red line of the console, which is often not CORS."},
	{Name: "redirects", Title: "Redirects and opaque responses", requests: []string{"redirect-without-headers", "redirect-tainted",
		"redirect-with-userinfo", "redirect-manual", "no-cors-opaque", "mode-same-origin"},
		Objective: "Follow a request through redirects, and say what is left of a response that is opaque."},
	{Name: "windows", Title: "Frames and windows",
		Objective: "List what crosses between two windows of different origins, and how the origin of a document is determined."},
	{Name: "embeds", Title: "Canvas, styles, scripts, fonts", requests: []string{"image-crossorigin", "font", "nosniff-script"},
		Objective: "Say for each kind of embedded resource whether it loads, and what the page can then read of it."},
	{Name: "messages", Title: "Messages",
		Objective: "Send a message to one origin alone, and check where a message comes from."},
	{Name: "storage", Title: "Storage",
		Objective: "Say which documents share a storage: by origin, and by the site in the address bar."},
	{Name: "cookies", Title: "Cookies",
		Objective: "Say which requests carry a cookie and which pages can read it, by host, path, site and attributes."},
	{Name: "writes", Title: "Writes and their defences",
		Objective: "Explain why the same-origin policy does not stop a forged request, and name the defences that do."},
	{Name: "side-channels", Title: "Side channels", requests: []string{"corp", "coep", "orb"},
		Objective: "Name what a page can still learn about another origin, and the header that closes each channel."},
	{Name: "proxies", Title: "Proxies and policies",
		Objective: "Make two servers one origin, or write the policy that makes it unnecessary."},
	{Name: "challenges", Title: "Challenges",
		Objective: "Attack a misconfigured server from a page of your own, then close the hole."},
	{Name: "myths", Title: "Commonly taught, and wrong",
		Objective: "Check sentences that are taught often, and correct them."},
}

// All returns all experiments, in the order of the course.
func All() []Experiment {
	scripts := slices.Concat(originTable(), reading(), windows(), moreWindows(), embeds(), messagesAndStorage(), cookies(), writes(), sideChannels(),
		proxies(), challenges(), myths())
	for i := range scripts {
		scripts[i].complete()
	}
	requests := Demo()
	var all []Experiment
	for _, u := range units {
		for _, e := range slices.Concat(requests, scripts) {
			if e.Unit == u.Name {
				all = append(all, e)
			}
		}
	}
	return all
}

// Demo returns the experiments that are one request, which concors check --demo runs, in its order.
func Demo() []Experiment {
	list := requests()
	for i := range list {
		e := &list[i]
		e.Unit = units[slices.IndexFunc(units, func(u Unit) bool { return slices.Contains(u.requests, e.Name) })].Name
		e.complete()
	}
	return list
}

// complete adds what moreOf says about the experiment.
func (e *Experiment) complete() {
	more := moreOf[e.Name]
	e.Change = cmp.Or(e.Change, more.change)
	e.Quiz = cmp.Or(e.Quiz, more.quiz)
	e.Myth = cmp.Or(e.Myth, more.myth)
}
