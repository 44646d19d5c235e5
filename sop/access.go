package sop

import (
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// An Operation is one thing that a script does with an object.
type Operation string

// The operations, each with a script that does it to w with the key "x".
const (
	Get               Operation = "get"               // w.x
	Set               Operation = "set"               // w.x = value
	Call              Operation = "call"              // w.x(value)
	Has               Operation = "has"               // "x" in w
	GetOwnProperty    Operation = "getOwnProperty"    // Object.getOwnPropertyDescriptor(w, "x")
	Define            Operation = "define"            // Object.defineProperty(w, "x", …)
	Delete            Operation = "delete"            // Reflect.deleteProperty(w, "x")
	OwnKeys           Operation = "ownKeys"           // Reflect.ownKeys(w)
	Enumerate         Operation = "enumerate"         // for (k in w)
	GetPrototypeOf    Operation = "getPrototypeOf"    // Object.getPrototypeOf(w)
	SetPrototypeOf    Operation = "setPrototypeOf"    // Reflect.setPrototypeOf(w, {})
	IsExtensible      Operation = "isExtensible"      // Object.isExtensible(w)
	PreventExtensions Operation = "preventExtensions" // Reflect.preventExtensions(w)
)

// An Access is one operation of a script on another document's Window, as the script has it
// (its WindowProxy), or on that window's Location.
type Access struct {
	// From is the document of the script, and To the one shown in the window.
	From, To *Document
	// Location is set if the object is w.location, and not w itself.
	Location  bool
	Operation Operation
	// Key is the property key. Well-known symbols are written as in ECMAScript:
	// "@@toStringTag". It is unused by operations on the whole object.
	Key string
	// Value is what is assigned to location or location.href, or the argument of
	// location.replace(). Other operations don't use it.
	Value string
}

// A Descriptor is a property descriptor, as Object.getOwnPropertyDescriptor returns it.
type Descriptor struct {
	// Accessor is set for a getter or setter. Value and Writable are then unused.
	Accessor                           bool
	Value                              Value
	Get, Set                           bool
	Writable, Enumerable, Configurable bool
}

// AccessAnswer is the answer to Access.
type AccessAnswer struct {
	Decision
	Completion
	// Descriptor is the result of GetOwnProperty; nil if there is no such property.
	Descriptor *Descriptor
	// Keys is the result of OwnKeys and Enumerate.
	Keys []string
	// Navigates is set if the operation starts a navigation.
	Navigates bool
}

// A crossOriginProperty is an entry of CrossOriginProperties(O).
type crossOriginProperty struct {
	name     string
	get, set bool // neither for a method
}

func (p crossOriginProperty) isMethod() bool { return !p.get && !p.set }

// The cross-origin properties:
// https://html.spec.whatwg.org/multipage/nav-history-apis.html#crossoriginproperties-(-o-)
var (
	windowProperties = []crossOriginProperty{
		{"window", true, false}, {"self", true, false}, {"location", true, true}, {"close", false, false},
		{"closed", true, false}, {"focus", false, false}, {"blur", false, false}, {"frames", true, false},
		{"length", true, false}, {"top", true, false}, {"opener", true, false}, {"parent", true, false},
		{"postMessage", false, false},
	}
	locationProperties = []crossOriginProperty{{"href", false, true}, {"replace", false, false}}

	// fallbackKeys have the value undefined: https://html.spec.whatwg.org/multipage/nav-history-apis.html#crossoriginpropertyfallback-(-p-)
	fallbackKeys = []string{"then", "@@toStringTag", "@@hasInstance", "@@isConcatSpreadable"}
)

// CrossOriginKeys returns the keys that another origin's window has, or its location if
// location is set, in the standard's order and without frames.
func CrossOriginKeys(location bool) []string {
	var keys []string
	for _, p := range crossOriginProperties(location) {
		keys = append(keys, p.name)
	}
	return append(keys, fallbackKeys...)
}

func crossOriginProperties(location bool) []crossOriginProperty {
	if location {
		return locationProperties
	}
	return windowProperties
}

// Access decides one operation on a Window or Location:
// https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-windowproxy-exotic-object and
// https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-location-interface.
func (p *Profile) Access(x Access) AccessAnswer {
	q := quirks{p}
	var a AccessAnswer
	inputs := []fetch.Input{{Name: "script", Value: x.From.Origin.String()}, {Name: "object", Value: x.To.Origin.String()}}
	const algorithm, anchor = "IsPlatformObjectSameOrigin", htmlSpec + "nav-history-apis.html#isplatformobjectsameorigin-(-o-)"
	if q.reaches(&a.Decision, x.From, x.To) {
		a.Verdict = Allowed
		a.pass(algorithm, anchor, "The two documents are same origin-domain: the script has the object itself.", inputs...)
		q.ordinaryAccess(&a, x)
		return a
	}
	a.note(algorithm, anchor, "The two documents are not same origin-domain: only a few operations work.", inputs...)
	q.crossOriginAccess(&a, x)
	if a.Exception == "" && a.Verdict == NotKnown {
		a.Verdict = Allowed
	}
	return a
}

// SameOriginDomain reports whether a script of one document has the other's objects.
func (p *Profile) SameOriginDomain(from, to *Document) bool {
	var d Decision
	return quirks{p}.reaches(&d, from, to)
}

// reaches is IsPlatformObjectSameOrigin.
func (q quirks) reaches(d *Decision, from, to *Document) bool {
	return origin.SameOriginDomain(from.Origin, to.Origin) && !(to.Severed && from != to && q.severedIsCrossOrigin(d))
}

// crossOriginAccess is the [[…]] internal methods of WindowProxy and Location for a caller of
// another origin.
func (q quirks) crossOriginAccess(a *AccessAnswer, x Access) {
	refuse := func() {
		a.refuse(CrossOriginProperty, fetch.Input{Name: "operation", Value: string(x.Operation)},
			fetch.Input{Name: "property", Value: shorten(x.Key)})
		a.Exception = securityError
	}
	switch x.Operation {
	case GetPrototypeOf:
		a.Value = Value{Type: Null}
	case IsExtensible:
		a.Value = boolean(true)
	case SetPrototypeOf, PreventExtensions:
		if q.prototypeAndExtensibilityThrow(&a.Decision) {
			refuse()
			return
		}
		a.Value = boolean(false)
	case Define, Delete:
		refuse()
	case OwnKeys:
		a.Keys = q.crossOriginOwnKeys(&a.Decision, x)
	case Enumerate:
		if !x.Location && !q.indicesNotEnumerable(&a.Decision, x.To) {
			a.Keys = q.indices(x.To)
		}
	default:
		desc, ok := q.crossOriginGetOwnProperty(&a.Decision, x)
		if !ok {
			refuse()
			return
		}
		q.useDescriptor(a, x, desc, refuse)
	}
}

// useDescriptor ends an operation on one property that the cross-origin object has.
func (q quirks) useDescriptor(a *AccessAnswer, x Access, desc *Descriptor, refuse func()) {
	switch x.Operation {
	case GetOwnProperty:
		a.Descriptor = desc
		a.Value = Value{Object, "Object"}
	case Has:
		if q.hasThrows(&a.Decision, x) {
			refuse()
			return
		}
		a.Value = boolean(true)
	case Get:
		if desc.Accessor && !desc.Get {
			refuse()
			return
		}
		a.Value = desc.Value
	case Set:
		if !desc.Accessor || !desc.Set {
			refuse()
			return
		}
		q.setLocation(a, x)
	case Call:
		if desc.Accessor && !desc.Get {
			refuse()
			return
		}
		q.call(a, x, desc.Value)
	}
}

// crossOriginGetOwnProperty is [[GetOwnProperty]] of WindowProxy and Location. It reports false
// where the standard throws.
func (q quirks) crossOriginGetOwnProperty(d *Decision, x Access) (*Descriptor, bool) {
	if index, ok := arrayIndex(x.Key); ok && !x.Location { // 2
		children := q.children(x.To)
		if index >= len(children) {
			return nil, false
		}
		return &Descriptor{Value: windowAsSeenBy(q, x.From, children[index]), Enumerable: true, Configurable: true}, true
	}
	for _, property := range crossOriginProperties(x.Location) { // 4
		if property.name != x.Key {
			continue
		}
		if property.isMethod() {
			return &Descriptor{Value: Value{Function, property.name}, Configurable: true}, true
		}
		return &Descriptor{Accessor: true, Get: property.get, Set: property.set, Configurable: true,
			Value: q.windowValue(x.From, x.To, property.name)}, true
	}
	if !x.Location { // 6
		if child := q.namedFrame(d, x.To, x.Key); child != nil {
			d.note("WindowProxy [[GetOwnProperty]]", htmlSpec+"nav-history-apis.html#windowproxy-getownproperty",
				"The window has a frame of that name, which comes before the refusal.",
				fetch.Input{Name: "property", Value: shorten(x.Key)})
			return &Descriptor{Value: windowAsSeenBy(q, x.From, child), Configurable: true}, true
		}
	}
	if slices.Contains(fallbackKeys, x.Key) { // 7
		return &Descriptor{Value: Value{Type: Undefined}, Configurable: true}, true
	}
	return nil, false
}

// namedFrame returns the frame that is a property of the document's window under a name:
// https://html.spec.whatwg.org/multipage/nav-history-apis.html#document-tree-child-navigable-target-name-property-set
func (q quirks) namedFrame(d *Decision, doc *Document, name string) *Document {
	if name == "" {
		return nil
	}
	for _, child := range q.children(doc) {
		if child.Name != name {
			continue
		}
		// Only the first frame of a name counts.
		if origin.SameOrigin(child.Origin, doc.Origin) || q.namesCrossOriginFrame(d, child) {
			return child
		}
		return nil
	}
	return nil
}

// windowValue is the value of a getter of the cross-origin Window.
func (q quirks) windowValue(from, to *Document, name string) Value {
	window := func(d *Document) Value {
		if d == nil {
			return Value{Type: Null}
		}
		return windowAsSeenBy(q, from, d)
	}
	switch name {
	case "window", "self", "frames":
		return window(to)
	case "top":
		return window(to.Top())
	case "parent":
		if to.Parent != nil {
			return window(to.Parent)
		}
		return window(to)
	case "opener":
		return window(to.Opener)
	case "location":
		if q.Profile.SameOriginDomain(from, to) {
			return Value{Object, "Location"}
		}
		return Value{Object, "Object"}
	case "closed":
		return boolean(to.Severed)
	case "length":
		return Value{Number, strconv.Itoa(len(q.children(to)))}
	}
	return Value{}
}

// windowAsSeenBy is a window as a value.
func windowAsSeenBy(q quirks, from, to *Document) Value {
	if q.Profile.SameOriginDomain(from, to) {
		return Value{Object, "Window"}
	}
	return Value{Object, "Object"}
}

// crossOriginOwnKeys is [[OwnPropertyKeys]] for a caller of another origin.
func (q quirks) crossOriginOwnKeys(d *Decision, x Access) []string {
	var keys []string
	if !x.Location {
		keys = q.indices(x.To)
	}
	names := q.orderKeys(d, crossOriginProperties(x.Location))
	return append(append(keys, names...), fallbackKeys...)
}

// Children returns the document-tree child navigables, which a script sees as window.frames:
// https://html.spec.whatwg.org/multipage/document-sequences.html#document-tree-child-navigables.
func (p *Profile) Children(doc *Document) []*Document { return quirks{p}.children(doc) }

func (q quirks) children(doc *Document) []*Document {
	var out []*Document
	for _, f := range doc.Frames {
		if !f.InShadowTree || q.countsShadowFrames() {
			out = append(out, f)
		}
	}
	return out
}

// indices are the keys of a window's frames.
func (q quirks) indices(doc *Document) []string {
	var keys []string
	for i := range q.children(doc) {
		keys = append(keys, strconv.Itoa(i))
	}
	return keys
}

// arrayIndex returns the number of a key that is an array index.
func arrayIndex(key string) (int, bool) {
	n, err := strconv.ParseUint(key, 10, 32)
	if err != nil || n == 1<<32-1 || strconv.FormatUint(n, 10) != key {
		return 0, false
	}
	return int(min(n, 1<<31-1)), true
}

// setLocation is the setter of window.location and location.href.
func (q quirks) setLocation(a *AccessAnswer, x Access) {
	a.Value = Value{Type: Undefined}
	q.navigateByScript(a, x)
}

// navigateByScript parses the URL and navigates:
// https://html.spec.whatwg.org/multipage/nav-history-apis.html#location-object-navigate
func (q quirks) navigateByScript(a *AccessAnswer, x Access) {
	u, err := weburl.Parse(x.Value, baseURL(x.From))
	if err != nil {
		a.refuse(URLNotParsed, fetch.Input{Name: "URL", Value: shorten(x.Value)})
		a.Exception = syntaxError
		return
	}
	nav := q.Profile.Navigate(Navigate{From: x.From, To: x.To, URL: u.String()})
	a.Steps = append(a.Steps, nav.Steps...)
	a.Verdict, a.Reason, a.Exception = nav.Verdict, nav.Reason, nav.Exception
	a.Navigates = nav.Navigates
}

// baseURL is the URL against which a document's script parses URLs: its own, or for
// about:blank and about:srcdoc that of its parent. A base element is not modeled.
func baseURL(d *Document) *weburl.URL {
	for d.URL.Scheme == "about" {
		switch {
		case d.Parent != nil:
			d = d.Parent
		case d.Opener != nil:
			d = d.Opener
		default:
			return d.URL
		}
	}
	return d.URL
}

// BaseURL is the URL against which the document's scripts parse URLs. A base element is not
// modeled.
func (d *Document) BaseURL() *weburl.URL { return baseURL(d) }

// call calls a property of the cross-origin object.
func (q quirks) call(a *AccessAnswer, x Access, callee Value) {
	if callee.Type != Function {
		a.Exception = typeError
		return
	}
	a.Value = Value{Type: Undefined}
	if x.Location && x.Key == "replace" {
		q.navigateByScript(a, x)
	}
}

// ordinaryAccess is an access to an object of the same origin. What the object has is the
// page's own, so that only what no page can change is known.
func (q quirks) ordinaryAccess(a *AccessAnswer, x Access) {
	if x.Location && (x.Operation == Set && x.Key == "href" || x.Operation == Call && oneOf(x.Key, "assign", "replace")) ||
		!x.Location && x.Operation == Set && x.Key == "location" {
		a.Value = Value{Type: Undefined}
		q.navigateByScript(a, x)
		return
	}
	if x.Operation == SetPrototypeOf {
		a.Value = boolean(false) // the prototypes of Window and Location are immutable
		return
	}
	switch {
	case x.Location:
		q.ordinaryLocation(a, x)
	case x.Operation == Get || x.Operation == Has || x.Operation == GetOwnProperty:
		q.ordinaryWindow(a, x)
	}
}

// ordinaryWindow reads a property of the same origin's window that cannot be redefined, or a frame.
func (q quirks) ordinaryWindow(a *AccessAnswer, x Access) {
	value, found := Value{}, true
	index, isIndex := arrayIndex(x.Key)
	children := q.children(x.To)
	switch {
	case isIndex && index < len(children):
		value = windowAsSeenBy(q, x.From, children[index])
	case isIndex:
		value, found = Value{Type: Undefined}, false
	case oneOf(x.Key, "window", "self", "frames", "top", "parent", "opener", "location", "closed", "length"):
		value = q.windowValue(x.From, x.To, x.Key)
	case x.Key == "document":
		value = Value{Object, "HTMLDocument"}
	default:
		if x.Operation == Get {
			value = q.namedValue(a, x)
		}
		a.Value = value
		return
	}
	switch x.Operation {
	case Get:
		a.Value = value
	case Has:
		a.Value = boolean(found)
	case GetOwnProperty:
		a.Value = Value{Type: Undefined}
		if found {
			a.Value = Value{Object, "Object"}
			a.Descriptor = ordinaryDescriptor(x.Key, value, isIndex)
		}
	}
}

// namedValue is a named frame, or what the Window interface has under the name.
func (q quirks) namedValue(a *AccessAnswer, x Access) Value {
	if value, ok := windowAttributes[x.Key]; ok {
		return value
	}
	if x.Key == "name" {
		return Value{String, x.To.Name}
	}
	if x.Key == "origin" {
		return Value{String, x.To.Origin.String()}
	}
	if x.Key == "isSecureContext" {
		return boolean(x.To.SecureContext)
	}
	if x.Key == "crossOriginIsolated" {
		return boolean(x.To.CrossOriginIsolated)
	}
	if x.Key == "frameElement" {
		return q.Profile.Content(Content{From: x.To, To: x.To, Property: FrameElement}).Value
	}
	if child := q.namedFrame(&a.Decision, x.To, x.Key); child != nil {
		return windowAsSeenBy(q, x.From, child)
	}
	return Value{}
}

// windowAttributes are attributes and methods of the Window interface whose type is always the same.
var windowAttributes = func() map[string]Value {
	m := map[string]Value{}
	for name, class := range map[string]string{
		"navigator": "Navigator", "clientInformation": "Navigator", "history": "History", "screen": "Screen",
		"performance": "Performance", "crypto": "Crypto", "indexedDB": "IDBFactory", "caches": "CacheStorage",
		"customElements": "CustomElementRegistry", "visualViewport": "VisualViewport",
		"localStorage": "Storage", "sessionStorage": "Storage", "globalThis": "Window", "__proto__": "Window",
		"locationbar": "BarProp", "menubar": "BarProp", "scrollbars": "BarProp", "toolbar": "BarProp",
	} {
		m[name] = Value{Object, class}
	}
	for _, name := range strings.Fields("close focus blur postMessage alert confirm prompt print open stop fetch " +
		"setTimeout setInterval clearTimeout clearInterval queueMicrotask structuredClone atob btoa " +
		"getComputedStyle matchMedia requestAnimationFrame cancelAnimationFrame getSelection scrollTo " +
		"addEventListener removeEventListener dispatchEvent hasOwnProperty toString valueOf " +
		"Array Object Function String Number Promise Map Set Error Window Document Element") {
		m[name] = Value{Function, name}
	}
	m["@@toStringTag"] = Value{String, "Window"}
	for _, name := range []string{"event", "toJSON", "@@toPrimitive", "@@asyncIterator"} {
		m[name] = Value{Type: Undefined}
	}
	m["onmessage"] = Value{Type: Null}
	m["status"] = Value{Type: String}
	return m
}()

// ordinaryDescriptor is the descriptor of a property of the same origin's window: [LegacyUnforgeable]
// ones cannot be redefined, and [Replaceable] ones have a setter.
func ordinaryDescriptor(key string, value Value, isIndex bool) *Descriptor {
	if isIndex {
		return &Descriptor{Value: value, Enumerable: true, Configurable: true}
	}
	unforgeable := oneOf(key, "window", "document", "location", "top")
	return &Descriptor{Accessor: true, Get: true, Set: !oneOf(key, "window", "document", "top", "closed"),
		Enumerable: true, Configurable: !unforgeable, Value: value}
}

// locationAttributes are the properties of a Location, all of them unforgeable.
var locationAttributes = map[string]bool{ // whether it is a string with a setter
	"href": true, "protocol": true, "host": true, "hostname": true, "port": true, "pathname": true,
	"search": true, "hash": true, "origin": false,
}

// ordinaryLocation reads a property of the same origin's location.
func (q quirks) ordinaryLocation(a *AccessAnswer, x Access) {
	settable, isString := locationAttributes[x.Key]
	isMethod := oneOf(x.Key, "assign", "replace", "reload", "toString", "valueOf")
	switch x.Operation {
	case Get:
		switch {
		case isString:
			a.Value = Value{Type: String, Text: locationPart(x.To, x.Key)}
		case isMethod, x.Key == "constructor":
			a.Value = Value{Function, x.Key}
		case x.Key == "ancestorOrigins":
			a.Value = Value{Object, "DOMStringList"}
		case x.Key == "@@toStringTag":
			a.Value = Value{String, "Location"}
		case oneOf(x.Key, "then", "@@isConcatSpreadable", "@@toPrimitive"):
			a.Value = Value{Type: Undefined}
		}
	case GetOwnProperty:
		switch {
		case isString:
			a.Value = Value{Object, "Object"}
			a.Descriptor = &Descriptor{Accessor: true, Get: true, Set: settable, Enumerable: true}
		case isMethod:
			a.Value = Value{Object, "Object"}
			a.Descriptor = &Descriptor{Value: Value{Function, x.Key}, Enumerable: x.Key != "valueOf"}
		}
	case Call:
		if x.Key == "reload" {
			a.Value = Value{Type: Undefined}
			a.Navigates = true
		}
	}
}

// locationPart is an attribute of a Location.
func locationPart(doc *Document, name string) string {
	u := doc.URL
	switch name {
	case "href":
		return u.String()
	case "protocol":
		return u.Scheme + ":"
	case "origin":
		return origin.Of(u).String()
	}
	return ""
}

func oneOf(s string, list ...string) bool { return slices.Contains(list, s) }
