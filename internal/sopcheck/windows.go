package sopcheck

import (
	"fmt"
	"strings"

	"github.com/concors/concors/sop"
)

// windowGroup is the operations on another window and its location.
func windowGroup(w *world, id string) (string, bool) {
	rel, id := relation(id)
	if !isFrame(rel) {
		return "", false
	}
	top := w.page()
	frame := w.frameWithKid(top, rel)
	if rest, ok := strings.CutPrefix(id, "location/"); ok {
		return w.locationCheck(top, frame, rest)
	}
	if rest, ok := strings.CutPrefix(id, "inside/"); ok {
		return w.insideCheck(top, frame, rest)
	}
	if rest, ok := strings.CutPrefix(id, "nav/"); ok {
		return w.navCheck(top, frame, rest)
	}
	return w.operation(sop.Access{From: top, To: frame}, id)
}

func isFrame(rel string) bool {
	switch rel {
	case "self", "port", "sub", "parent", "cross", "https", "http", "sandbox":
		return true
	}
	return false
}

// scripts are checks of a whole object: the operation, its key, and whether a false result
// throws a TypeError, as that of an Object method does.
var scripts = map[string]struct {
	op     sop.Operation
	key    string
	throws bool
}{
	"getPrototypeOf":            {sop.GetPrototypeOf, "", false},
	"isExtensible":              {sop.IsExtensible, "", false},
	"setPrototypeOf-{}":         {sop.SetPrototypeOf, "", false},
	"Object.setPrototypeOf-{}":  {sop.SetPrototypeOf, "", true},
	"Reflect.preventExtensions": {sop.PreventExtensions, "", false},
	"Object.preventExtensions":  {sop.PreventExtensions, "", true},
	"Object.freeze":             {sop.PreventExtensions, "", true},
	"Object.seal":               {sop.PreventExtensions, "", true},
	"String(w)":                 {sop.Get, "@@toPrimitive", false},
	"String":                    {sop.Get, "@@toPrimitive", false},
	"JSON.stringify":            {sop.Get, "toJSON", false},
	"toString.call":             {sop.Get, "@@toStringTag", false},
	"ownKeys":                   {sop.OwnKeys, "", false},
	"ownNames":                  {sop.OwnKeys, "", false},
	"for-in":                    {sop.Enumerate, "", false},
	"getOwnPropertyNames":       {sop.OwnKeys, "", false},
	"Object.keys":               {sop.OwnKeys, "", false},
	"[].concat(w).length":       {sop.Get, "@@isConcatSpreadable", false},
	"await w":                   {sop.Get, "then", false},
}

// operation runs one operation on a window, or on a location if x.Location is set.
func (w *world) operation(x sop.Access, id string) (string, bool) {
	crossOrigin := !w.profile.SameOriginDomain(x.From, x.To)
	switch id {
	case "frame-ready", "identity/self===window", "identity/parent===this":
		return "true", true
	case "w==null", "after close(): closed":
		return "false", true
	case "identity/postMessage-in-own-realm":
		return truth(crossOrigin) // a caller of another origin gets functions of its own realm
	case "structuredClone":
		answer := record(w, w.profile.Post(sop.Post{From: x.From, To: x.From, TargetOrigin: "*", Data: sop.WindowData}))
		return show(answer.Completion)
	case "typeof":
		return "object", true
	}
	if script, ok := scripts[id]; ok {
		x.Operation, x.Key = script.op, script.key
		answer := record(w, w.profile.Access(x))
		return w.showScript(id, script.throws, crossOrigin, answer)
	}
	op, key, ok := strings.Cut(id, "/")
	if !ok {
		return "", false
	}
	x.Key = strings.TrimSuffix(key, "()")
	if op == "hasOwn" && crossOrigin {
		op = "in" // an object of another origin has no prototype
	}
	switch op {
	case "get":
		x.Operation = sop.Get
	case "in":
		x.Operation = sop.Has
	case "set":
		x.Operation, x.Value = sop.Set, "/elsewhere"
		switch key {
		case "href-syntax-error":
			x.Key, x.Value = "href", "http://a:b"
		case "location":
			x.Value = "/elsewhere"
		}
	case "fn", "call":
		x.Operation, x.Value = sop.Call, "/elsewhere"
		if key == "close.name,length" {
			x.Operation, x.Key = sop.Get, "close"
			answer := record(w, w.profile.Access(x))
			return answer.Value.Text + ",0", answer.Value.Type == sop.Function
		}
		if key == "replace-syntax-error" {
			x.Key, x.Value = "replace", "http://a:b"
		}
	case "desc", "hasOwn":
		x.Operation = sop.GetOwnProperty
	case "define":
		x.Operation = sop.Define
	case "delete":
		x.Operation = sop.Delete
	default:
		return "", false
	}
	answer := record(w, w.profile.Access(x))
	if key == "nonexistent" || key == "then" || key == "1" || key == "kid" {
		// The page has no such variable, and a window's named frames are on its prototype chain.
		if v, ok := ordinaryAbsent(op, key, answer); ok && !crossOrigin {
			return v, true
		}
	}
	switch {
	case answer.Exception != "":
		return "!" + answer.Exception, true
	case op == "hasOwn":
		return fmt.Sprint(answer.Descriptor != nil), answer.Descriptor != nil || answer.Value.Type != ""
	case op == "desc" && answer.Descriptor != nil:
		return showDescriptor(answer.Descriptor), true
	case op == "desc":
		return "undefined", answer.Value.Type == sop.Undefined
	case op == "call" && answer.Value.Type != "", op == "set" && answer.Verdict == sop.Allowed && crossOrigin:
		return "ok", true
	case op == "fn" && !crossOrigin:
		return "undefined", key != "postMessage()"
	}
	if answer.Value.Type == sop.String && answer.Value.Text == "" && x.Location {
		return "string", true
	}
	if x.Location && answer.Value.Type == sop.String && !strings.HasPrefix(key, "@@") {
		return "string", true
	}
	return show(answer.Completion)
}

// showScript prints the result of an operation on a whole object.
func (w *world) showScript(id string, throws, crossOrigin bool, a sop.AccessAnswer) (string, bool) {
	if a.Exception != "" {
		return "!" + a.Exception, true
	}
	switch id {
	case "ownNames", "ownKeys", "for-in", "Object.keys", "getOwnPropertyNames":
		if a.Verdict == sop.Allowed && !crossOrigin {
			return "", false // the page's own names
		}
		var keys []string
		for _, k := range a.Keys {
			if id == "Object.keys" && strings.Trim(k, "0123456789") != "" {
				continue // only the frames are enumerable
			}
			if symbol, ok := strings.CutPrefix(k, "@@"); ok {
				if id != "ownKeys" {
					continue
				}
				k = "Symbol(Symbol." + symbol + ")"
			}
			keys = append(keys, k)
		}
		return strings.Join(keys, ","), true
	case "String(w)", "toString.call":
		if crossOrigin {
			return "[object Object]", true
		}
		return "[object Window]", true
	case "String":
		return "string", !crossOrigin
	case "JSON.stringify":
		return "!TypeError", !crossOrigin // the window refers to itself
	case "await w":
		return "true", true
	case "[].concat(w).length":
		return "1", true
	case "getPrototypeOf":
		if !crossOrigin {
			return "[object Window]", true
		}
	}
	if throws && a.Value.Text == "false" {
		return "!TypeError", true
	}
	return show(a.Completion)
}

// showDescriptor prints a descriptor with the types of its fields.
func showDescriptor(d *sop.Descriptor) string {
	function := func(b bool) string {
		if b {
			return "function"
		}
		return "undefined"
	}
	if d.Accessor {
		return fmt.Sprintf(`{"get":"%s","set":"%s","enumerable":%t,"configurable":%t}`,
			function(d.Get), function(d.Set), d.Enumerable, d.Configurable)
	}
	return fmt.Sprintf(`{"value":"%s","get":"undefined","set":"undefined","writable":%t,"enumerable":%t,"configurable":%t}`,
		d.Value.Type, d.Writable, d.Enumerable, d.Configurable)
}

func (w *world) locationCheck(top, frame *sop.Document, id string) (string, bool) {
	return w.operation(sop.Access{From: top, To: frame, Location: true}, id)
}

// insideCheck is a script of the frame that uses its parent, its top or its own frames.
func (w *world) insideCheck(top, frame *sop.Document, id string) (string, bool) {
	get := func(to *sop.Document, key string) (string, bool) {
		return show(w.access(frame, to, sop.Get, key).Completion)
	}
	reads := w.profile.SameOriginDomain(frame, top)
	kid := frame.Frames[0]
	switch id {
	case "parent.document", "top.document", "parent.origin", "parent.length", "parent.localStorage", "parent.frames.length":
		_, key, _ := strings.Cut(id, ".")
		return get(top, strings.TrimPrefix(key, "frames."))
	case "parent.CFG":
		if reads {
			return "undefined", true // the page has no such variable
		}
		return get(top, "CFG")
	case "parent.history.length":
		if reads {
			return "1", true // a new window
		}
		return get(top, "history")
	case "top.location.origin":
		x := sop.Access{From: frame, To: top, Location: true, Operation: sop.Get, Key: "origin"}
		return show(record(w, w.profile.Access(x)).Completion)
	case "top.opener='x'":
		return w.operation(sop.Access{From: frame, To: top}, "set/opener")
	case "parent.location.reload()":
		return w.operation(sop.Access{From: frame, To: top, Location: true}, "call/reload")
	case "parent.document.title='x'":
		if !reads {
			return get(top, "document")
		}
		return "", false
	case "top.postMessage.name":
		a := w.access(frame, top, sop.Get, "postMessage")
		return a.Value.Text, a.Value.Type == sop.Function
	case "parent === top":
		return truth(frame.Parent == frame.Top())
	case "window.kid === frames[0]":
		return truth(w.access(frame, frame, sop.Get, "kid").Value.Type == sop.Object)
	case "frames[0].document":
		return get(kid, "document")
	case "frames.kid.document":
		if w.access(frame, frame, sop.Get, "kid").Value.Type != sop.Object {
			return "!TypeError", true
		}
		return get(kid, "document")
	case "opener":
		return get(frame, "opener")
	case "origin":
		if frame.Origin.IsOpaque() {
			return "null", true
		}
		return get(frame, "origin")
	case "document.domain":
		return frame.Domain(), true
	case "self.originAgentCluster":
		return w.originAgentCluster(frame, "undefined")
	case "location.ancestorOrigins && [...location.ancestorOrigins].join()":
		return top.Origin.String(), true
	}
	return "", false
}

// originAgentCluster is window.originAgentCluster; missing is what a browser without it shows.
func (w *world) originAgentCluster(doc *sop.Document, missing string) (string, bool) {
	if w.profile.Keying == sop.KeyAlwaysBySite {
		return missing, true
	}
	return truth(doc.OriginKeyed)
}

func (w *world) navCheck(top, frame *sop.Document, id string) (string, bool) {
	x := sop.Access{From: top, To: frame, Operation: sop.Set, Key: "location", Value: "/elsewhere"}
	switch id {
	case "location=":
	case "location.href=", "location.href= arrives":
		x.Location, x.Key = true, "href"
	case "location.replace()":
		x.Location, x.Key, x.Operation = true, "replace", sop.Call
	default:
		return "", false
	}
	answer := record(w, w.profile.Access(x))
	if answer.Exception != "" {
		return "!" + answer.Exception, true
	}
	if strings.HasSuffix(id, "arrives") {
		return "yes", answer.Navigates
	}
	return "ok", true
}

// namesGroup is named frames, popups, opener policies and embedded SVG.
func namesGroup(w *world, id string) (string, bool) {
	group, rest := relation(id)
	switch group {
	case "named":
		return w.namedCheck(rest)
	case "popup":
		return w.popupCheck(rest)
	case "open-features":
		return w.featuresCheck(rest)
	case "link-opener":
		return w.linkCheck(rest)
	}
	if rest, ok := strings.CutPrefix(id, "coop/opened "); ok {
		return w.openerPolicyCheck(rest)
	}
	if history, ok := strings.CutPrefix(id, "window.name/"); ok {
		return windowName(history)
	}
	if rest, ok := strings.CutPrefix(id, "element/"); ok {
		return w.elementCheck(rest)
	}
	return "", false
}

// windowName is window.name after a window with the name secret-name was navigated to another site. The
// name is cleared in a top-level window without an opener only:
// https://html.spec.whatwg.org/multipage/browsing-the-web.html#update-document-for-history-step-application.
func windowName(history string) (string, bool) {
	kept := false
	for i, word := range strings.Split(history, ", ") {
		switch {
		case i == 0 && word == "popup with opener", word == "frame":
			kept = true
		case word != "cross-site navigation" || i == 0:
			return "", false
		}
	}
	return "secret-name", kept && strings.Contains(history, ", ")
}

func (w *world) namedCheck(id string) (string, bool) {
	i := strings.LastIndexByte(id, ' ')
	if i < 0 || !isFrame(id[i+1:]) {
		return "", false
	}
	what, rel := id[:i], id[i+1:]
	top := w.page()
	child := w.load(sop.Navigation{URL: w.origin(rel) + "/frame", Parent: top, Name: "kid"})
	inner := func(name string) *sop.Document {
		return w.load(sop.Navigation{URL: w.origin(rel) + "/inner", Parent: child, Name: name})
	}
	get := func(from, to *sop.Document, key string) sop.AccessAnswer { return w.access(from, to, sop.Get, key) }
	kind := func(key string) string {
		if v := get(top, top, key).Value; v.Type == sop.Object {
			return "object"
		}
		return "undefined"
	}
	switch what {
	case "frames[name]":
		return truth(get(top, top, "kid").Value.Type == sop.Object)
	case "child window.name seen by open()":
		return "true", true // a name finds a frame of the page, whatever its origin
	case "document.name":
		return "object", true // document.kid is the iframe element
	case "child renames itself":
		child.Name = "renamed"
		return kind("renamed") + "," + kind("kid"), true
	case "grandchild-by-index":
		inner("")
		if get(top, child, "0").Value.Type != sop.Object {
			return "", false
		}
		return "object", true
	case "grandchild.parent===child":
		grandchild := inner("")
		return truth(get(top, grandchild, "parent").Value.Type == sop.Object)
	case "grandchild.document":
		return show(get(top, inner(""), "document").Completion)
	}
	if name, ok := strings.CutPrefix(what, "child with frame called "); ok {
		inner(name)
		if name == "document" {
			inner("")
			value, known := show(get(top, child, name).Completion)
			return value + "; length " + get(top, child, "length").Value.Text, known
		}
		return show(get(top, child, name).Completion)
	}
	return "", false
}

func (w *world) popupCheck(id string) (string, bool) {
	rel, id := relation(id)
	if !isFrame(rel) {
		return "", false
	}
	top := w.page()
	opened, err := w.profile.Open(sop.Open{From: top, Document: sop.Navigation{URL: w.origin(rel) + "/popup"}})
	if err != nil || opened.Left == nil {
		return "", false
	}
	popup := opened.Left
	switch id {
	case "opened":
		return truth(opened.Value.Type == sop.Object)
	case "w.opener":
		return truth(w.access(top, popup, sop.Get, "opener").Value.Type == sop.Object)
	case "w.outerWidth":
		if w.profile.SameOriginDomain(top, popup) {
			return "number", true
		}
		return show(w.access(top, popup, sop.Get, "outerWidth").Completion)
	case "w.document", "w.name", "w.history", "w.closed", "w.localStorage":
		return show(w.access(top, popup, sop.Get, id[2:]).Completion)
	case "w.close() then closed":
		return truth(w.profile.ClosedAfterClose(top, popup))
	case "child sets opener=null":
		popup.Opener = nil // by the popup's own script
		return show(w.access(top, popup, sop.Get, "opener").Completion)
	case "inside/opener === null":
		return truth(popup.Opener == nil)
	case "inside/opener.length", "inside/opener.frames.length":
		return w.access(popup, top, sop.Get, "length").Value.Text, true
	case "inside/opener.name", "inside/opener.location.href", "inside/opener.CFG":
		key := strings.TrimPrefix(id, "inside/opener.")
		x := sop.Access{From: popup, To: top, Operation: sop.Get, Key: key}
		if key == "location.href" {
			x.Location, x.Key = true, "href"
		}
		answer := record(w, w.profile.Access(x))
		if key == "CFG" && answer.Verdict == sop.Allowed {
			return "undefined", true
		}
		return show(answer.Completion)
	}
	return "", false
}

func (w *world) featuresCheck(id string) (string, bool) {
	features, what := relation(id)
	i := strings.LastIndexByte(features, '-')
	if i < 0 || !isFrame(features[i+1:]) || what != "returns" && what != "referer" {
		return "", false
	}
	o := sop.Open{From: w.page(), Document: sop.Navigation{URL: w.origin(features[i+1:]) + "/popup"}}
	for _, feature := range strings.Split(features[:i], ",") {
		switch feature {
		case "noopener", "noopener=1":
			o.Noopener = true
		case "noreferrer":
			o.Noreferrer = true
		case "popup", "noopener=0", "none":
		default:
			return "", false
		}
	}
	answer, err := w.profile.Open(o)
	if err != nil {
		return "", false
	}
	if what == "referer" {
		if answer.Opened == nil {
			return "", false
		}
		a := record(w, w.profile.Referrer(sop.Referrer{Document: answer.Opened, Initiator: o.From, None: o.Noreferrer}))
		switch a.Text {
		case "":
			return "none", true
		case o.From.Origin.String() + "/":
			return "origin", true
		}
		return "origin+path", true
	}
	if answer.Value.Type == sop.Null {
		return "null", true
	}
	return "object", true
}

func (w *world) linkCheck(id string) (string, bool) {
	o := sop.Open{From: w.page(), Document: sop.Navigation{URL: w.origin("self") + "/popup"}}
	switch id {
	case "_blank/opener===null", "_blank rel=noopener/opener===null", "_blank rel=noreferrer/opener===null":
		o.Noopener = true // target=_blank means noopener unless rel says opener
	case "_blank rel=opener/opener===null", "name/opener===null":
	default:
		return "", false
	}
	answer, err := w.profile.Open(o)
	return fmt.Sprint(answer.Opened.Opener == nil), err == nil
}

func (w *world) openerPolicyCheck(id string) (string, bool) {
	opened, what := relation(id)
	i := strings.LastIndexByte(opened, '-')
	if i < 0 || !isFrame(opened[i+1:]) {
		return "", false
	}
	top := w.page()
	answer, err := w.profile.Open(sop.Open{From: top, Document: sop.Navigation{
		URL: w.origin(opened[i+1:]) + "/popup", OpenerPolicy: sop.OpenerPolicy(opened[:i]), Name: "kept"}})
	if err != nil {
		return "", false
	}
	switch what {
	case "outside closed":
		return show(w.access(top, answer.Left, sop.Get, "closed").Completion)
	case "outside document":
		return show(w.access(top, answer.Left, sop.Get, "document").Completion)
	case "inside opener===null":
		return fmt.Sprintf("%t name=%s", answer.Opened.Opener == nil, answer.Opened.Name), true
	}
	return "", false
}

func (w *world) elementCheck(id string) (string, bool) {
	element, property := relation(id)
	parts := strings.Split(element, "-")
	if len(parts) != 3 || !isFrame(parts[2]) {
		return "", false
	}
	if parts[0] == "embed" && property != "getSVGDocument" {
		return "undefined", true // HTMLEmbedElement has no other property
	}
	top := w.page()
	frame := w.frame(top, parts[2])
	answer := record(w, w.profile.Content(sop.Content{From: top, To: frame, Property: sop.ContentProperty(property), SVG: parts[1] == "svg"}))
	if property == "contentWindow" && answer.Value.Type == sop.Object {
		return "object", true
	}
	return show(answer.Completion)
}

// ordinaryAbsent is the result of an operation on a property that the same origin's window does
// not have itself.
func ordinaryAbsent(op, key string, a sop.AccessAnswer) (string, bool) {
	switch {
	case op == "desc":
		return "undefined", true
	case op == "in":
		return fmt.Sprint(key == "kid"), true
	case op == "get" && a.Value.Type == "":
		return "undefined", true
	}
	return "", false
}
