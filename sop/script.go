package sop

import (
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// ErrorKind is who made the error that a script ends with.
type ErrorKind string

// The kinds of errors.
const (
	EngineError ErrorKind = "engine" // a ReferenceError or SyntaxError of the engine
	ThrownError ErrorKind = "thrown" // what the script itself throws, from eval too
	TimerError  ErrorKind = "timer"  // what a function throws that the script gave to setTimeout
	Rejection   ErrorKind = "rejection"
)

// ScriptError is an uncaught error, or a rejection that is not handled, of a classic script.
type ScriptError struct {
	// OriginClean is what [Profile.Embed] said of the script. The errors of a script that is not
	// origin-clean are muted.
	OriginClean bool
	// OtherOrigin is set if the script's response is of another origin, whether CORS allows it or not.
	OtherOrigin bool
	Kind        ErrorKind
}

// ScriptErrorAnswer is the answer to ScriptError.
type ScriptErrorAnswer struct {
	Decision
	// Fires reports whether the page gets an error event, or an unhandledrejection event.
	Fires bool
	// Muted is set if the event says "Script error." and nothing else.
	Muted bool
}

// ScriptError decides what window.onerror and unhandledrejection say:
// https://html.spec.whatwg.org/multipage/webappapis.html#report-an-exception and
// https://html.spec.whatwg.org/multipage/webappapis.html#the-hostpromiserejectiontracker-implementation.
func (p *Profile) ScriptError(s ScriptError) ScriptErrorAnswer {
	q := quirks{p}
	var a ScriptErrorAnswer
	input := fetch.Input{Name: "error", Value: string(s.Kind)}
	if s.OriginClean && !q.mutesCORSError(&a.Decision, s) || q.showsError(&a.Decision, s.Kind) {
		a.Verdict, a.Fires = Allowed, true
		a.pass(ErrorsMuted.Algorithm(), ErrorsMuted.Anchor(), "The page sees the error.", input)
		return a
	}
	a.refuse(ErrorsMuted, input)
	if s.Kind != Rejection {
		a.Fires, a.Muted = true, true
	}
	return a
}

// Worker is a script that calls new Worker(url), or new SharedWorker(url) if Shared is set.
type Worker struct {
	Document *Document
	URL      string // absolute
	Shared   bool
}

// WorkerAnswer is the answer to Worker.
type WorkerAnswer struct {
	Decision
	// Completion is that of the constructor.
	Completion
	// Starts reports whether the URL may be fetched. If it may not and the constructor did not
	// throw, the worker fires error.
	Starts bool
	// Origin is the worker's.
	Origin origin.Origin
}

// Worker decides whether a worker starts, and with what origin:
// https://html.spec.whatwg.org/multipage/workers.html#dom-worker and
// https://html.spec.whatwg.org/multipage/workers.html#set-up-a-worker-environment-settings-object. A worker's
// script must be of the document's own origin, or a data: or blob: URL; a data: worker has an
// opaque origin.
func (p *Profile) Worker(w Worker) WorkerAnswer {
	q := quirks{p}
	a := WorkerAnswer{Completion: Completion{Value: Value{Type: Object, Text: "Worker"}}}
	inputs := []fetch.Input{{Name: "document", Value: w.Document.Origin.String()}, {Name: "URL", Value: shorten(w.URL)}}
	u, err := weburl.Parse(w.URL, w.Document.BaseURL())
	if err != nil {
		a.refuse(URLNotParsed, inputs...)
		a.Exception = syntaxError
		return a
	}
	if w.Shared && w.Document.Origin.IsOpaque() && q.sharedWorkerNeedsTupleOrigin(&a.Decision) {
		a.refuse(OpaqueOriginStorage, inputs...)
		a.Exception = securityError
		return a
	}
	own := u.Scheme == "data" || u.Scheme == "blob" || origin.SameOrigin(origin.Of(u), w.Document.Origin)
	if !own {
		a.refuse(WorkerNotSameOrigin, inputs...)
		if q.workerThrows(&a.Decision) {
			a.Exception = securityError
		}
		return a
	}
	a.Verdict, a.Starts, a.Origin = Allowed, true, w.Document.Origin
	if u.Scheme == "data" {
		a.Origin = origin.NewOpaque()
	}
	a.pass(WorkerNotSameOrigin.Algorithm(), WorkerNotSameOrigin.Anchor(), "The script is of the document's own origin.", inputs...)
	return a
}
