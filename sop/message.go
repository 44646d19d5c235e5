package sop

import (
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// Post is a script that calls w.postMessage(value, targetOrigin).
type Post struct {
	// From is the document of the script, and To the one in the window now.
	From, To *Document
	// AtDelivery is the document in the window when the message is delivered. nil means To.
	AtDelivery *Document
	// TargetOrigin is the second argument. NoTargetOrigin is set if there is none, which
	// means "/".
	TargetOrigin   string
	NoTargetOrigin bool
	// Data is the kind of the value that is posted.
	Data Data
}

// Data is a kind of value that can be in a message. The zero Data is a value that can be
// cloned everywhere, such as a string, a plain object, an ArrayBuffer or a File.
type Data string

// The kinds of data.
const (
	Cloneable         Data = ""
	FunctionData      Data = "function"
	WindowData        Data = "window"
	LocationData      Data = "location"
	ElementData       Data = "element" // any DOM node
	SymbolData        Data = "symbol"
	SharedArrayBuffer Data = "SharedArrayBuffer"
)

// PostAnswer is the answer to Post.
type PostAnswer struct {
	Decision
	Completion
	// Delivered reports whether the window gets a message event. Sending a message that is
	// not delivered does not throw.
	Delivered bool
	// EventOrigin is what event.origin says, if the message is delivered. A receiver that does
	// not compare it accepts messages of every page.
	EventOrigin string
}

// Post decides whether a message is delivered:
// https://html.spec.whatwg.org/multipage/web-messaging.html#window-post-message-steps.
func (p *Profile) Post(m Post) PostAnswer {
	q := quirks{p}
	a := PostAnswer{Completion: Completion{Value: Value{Type: Undefined}}}
	to := m.AtDelivery
	if to == nil {
		to = m.To
	}
	target := m.TargetOrigin
	if m.NoTargetOrigin {
		target = "/"
	}
	input := fetch.Input{Name: "target origin", Value: shorten(target)}
	matches := true
	switch target {
	case "*":
		a.note("window post message steps", TargetOriginMismatch.Anchor(), "Any origin may receive the message.", input)
	case "/": // 4
		matches = origin.SameOrigin(m.From.Origin, to.Origin)
	default: // 5
		wanted, ok := q.targetOrigin(&a.Decision, target)
		if !ok {
			a.refuse(TargetOriginInvalid, input)
			a.Exception = syntaxError
			return a
		}
		matches = origin.SameOrigin(wanted, to.Origin)
	}
	if m.Data == SharedArrayBuffer && q.sharedMemoryUnknown() {
		return a
	}
	if !cloneable(m.Data, m.From) { // 7
		a.refuse(NotCloneable, fetch.Input{Name: "data", Value: string(m.Data)})
		a.Exception = dataCloneError
		return a
	}
	receiver := fetch.Input{Name: "receiver", Value: to.Origin.String()}
	if !matches { // 8.1
		a.refuse(TargetOriginMismatch, input, receiver)
		return a
	}
	a.Verdict, a.Delivered = Allowed, true
	a.EventOrigin = m.From.Origin.String() // 8.2
	a.pass("window post message steps", TargetOriginMismatch.Anchor(),
		"The message is delivered. The receiver must compare event.origin itself.", input, receiver)
	return a
}

// targetOrigin parses a target origin that is neither "*" nor "/".
func (q quirks) targetOrigin(d *Decision, text string) (origin.Origin, bool) {
	u, err := weburl.Parse(text, nil)
	if err != nil {
		return origin.Origin{}, q.targetSpaceEscaped(d, text)
	}
	o := origin.Of(u)
	return o, !(o.IsOpaque() && q.targetNeedsTupleOrigin(d))
}

// cloneable reports whether StructuredSerialize accepts the data:
// https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializeinternal.
func cloneable(data Data, from *Document) bool {
	switch data {
	case Cloneable:
		return true
	case SharedArrayBuffer:
		return from.CrossOriginIsolated
	}
	return false
}

// Broadcast is a script that posts to a BroadcastChannel, and a document that listens to a
// channel of the same name.
type Broadcast struct{ From, To *Document }

// BroadcastAnswer is the answer to Broadcast.
type BroadcastAnswer struct {
	Decision
	// Received reports whether the other document gets the message, and EventOrigin what its
	// event.origin says.
	Received    bool
	EventOrigin string
}

// Broadcast decides whether a channel reaches another document:
// https://html.spec.whatwg.org/multipage/web-messaging.html#dom-broadcastchannel-postmessage.
// It does if the two have the same storage key.
func (p *Profile) Broadcast(b Broadcast) BroadcastAnswer {
	var a BroadcastAnswer
	q := quirks{p}
	from, to := q.storageKey(b.From), q.storageKey(b.To)
	inputs := []fetch.Input{{Name: "sender", Value: from.String()}, {Name: "listener", Value: to.String()}}
	if !from.equal(to) {
		a.refuse(OtherStorageKey, inputs...)
		return a
	}
	a.Verdict, a.Received = Allowed, true
	a.EventOrigin = b.From.Origin.String()
	a.pass(OtherStorageKey.Algorithm(), OtherStorageKey.Anchor(), "The two documents have the same storage key.", inputs...)
	return a
}
