package sop

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
)

// load makes a document of a URL that the test knows to be valid.
func load(t testing.TB, p Profile, n Navigation) *Document {
	t.Helper()
	doc, _, err := p.Load(n)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

const (
	pageURL  = "https://app.example/"
	otherURL = "https://other.example/"
)

// TestDocumentsHaveTheirOrigin is the origin of each kind of document, in the standard.
func TestDocumentsHaveTheirOrigin(t *testing.T) {
	top := load(t, Standard, Navigation{URL: pageURL})
	other := load(t, Standard, Navigation{URL: otherURL, Parent: top})
	sandboxed := load(t, Standard, Navigation{URL: pageURL, Parent: top, Sandbox: ParseSandbox("allow-scripts")})
	for _, tt := range []struct {
		name string
		n    Navigation
		want string
	}{
		{"a URL", Navigation{URL: otherURL}, "https://other.example"},
		{"about:srcdoc has its parent's", Navigation{URL: "about:srcdoc", Parent: top}, "https://app.example"},
		{"about:blank has its initiator's", Navigation{URL: "about:blank", Parent: top, Initiator: other}, "https://other.example"},
		{"about:blank in a new frame has its parent's", Navigation{URL: "about:blank#x", Parent: top}, "https://app.example"},
		{"about:blanket is another URL", Navigation{URL: "about:blanket", Parent: top}, "null"},
		{"data: is opaque", Navigation{URL: "data:text/html,x", Parent: top}, "null"},
		{"blob: has the origin in it", Navigation{URL: "blob:https://app.example/id", Parent: other}, "https://app.example"},
		{"blob:null has its owner's", Navigation{URL: "blob:null/id", Parent: top, BlobOwner: sandboxed}, "null"},
		{"javascript: has its initiator's", Navigation{URL: "javascript:'x'", Parent: top}, "https://app.example"},
		{"a sandbox without allow-same-origin is opaque", Navigation{URL: pageURL, Parent: top, Sandbox: ParseSandbox("allow-scripts")}, "null"},
		{"a sandbox with allow-same-origin is not", Navigation{URL: pageURL, Parent: top, Sandbox: ParseSandbox("ALLOW-SAME-ORIGIN")}, "https://app.example"},
		{"a policy's sandbox counts too", Navigation{URL: pageURL, PolicySandbox: ParseSandbox("")}, "null"},
		{"a frame in a sandbox inherits it", Navigation{URL: pageURL, Parent: sandboxed}, "null"},
		{"file: is opaque", Navigation{URL: "file:///etc/hosts"}, "null"},
	} {
		if doc := load(t, Standard, tt.n); doc.Origin.String() != tt.want {
			t.Errorf("%s: origin %s, want %s", tt.name, doc.Origin, tt.want)
		}
	}
	if blob := load(t, Standard, Navigation{URL: "blob:null/id", Parent: top, BlobOwner: sandboxed}); !origin.SameOrigin(blob.Origin, sandboxed.Origin) {
		t.Error("a blob: document is not same origin with the sandboxed document that made it")
	}
}

// TestOriginKeyedClusters is when a document's agent cluster is keyed by origin, so that
// document.domain does nothing.
func TestOriginKeyedClusters(t *testing.T) {
	for _, tt := range []struct {
		profile     Profile
		url, header string
		want        bool
	}{
		{Standard, pageURL, "", false},
		{Standard, pageURL, "?1", true},
		{Standard, "http://app.example/", "?1", false}, // not a secure context
		{Chromium, pageURL, "", true},
		{Chromium, pageURL, "?0", false},
		{Chromium, "http://app.example/", "", false},
		{Chromium, "http://localhost/", "", true},
		{Firefox, pageURL, "", false},
		{Firefox, pageURL, "?1", true},
		{WebKit, pageURL, "?1", false},
		{Standard, "data:text/html,x", "", true}, // opaque origins have no site but themselves
	} {
		doc := load(t, tt.profile, Navigation{URL: tt.url, OriginAgentCluster: tt.header})
		if doc.OriginKeyed != tt.want {
			t.Errorf("%s: %s with Origin-Agent-Cluster %q is origin-keyed: %t, want %t", tt.profile.Name, tt.url, tt.header, doc.OriginKeyed, tt.want)
		}
	}
	isolated := load(t, Standard, Navigation{URL: pageURL, OpenerPolicy: OpenerSameOrigin, EmbedderPolicy: fetch.RequireCORP})
	if !isolated.CrossOriginIsolated || !isolated.OriginKeyed {
		t.Errorf("isolated %t, origin-keyed %t, want both", isolated.CrossOriginIsolated, isolated.OriginKeyed)
	}
}

// TestCrossOriginWindow is every property that works across origins, and samples of those that do
// not, with each operation, in the standard.
func TestCrossOriginWindow(t *testing.T) {
	top := load(t, Standard, Navigation{URL: pageURL})
	frame := load(t, Standard, Navigation{URL: otherURL, Parent: top})
	load(t, Standard, Navigation{URL: otherURL + "kid", Parent: frame, Name: "kid"})
	load(t, Standard, Navigation{URL: pageURL, Parent: frame, Name: "foreign"})
	const window, undefined, function, refused = "[object Object]", "undefined", "function", "!SecurityError"
	for key, want := range map[string]string{
		"window": window, "self": window, "frames": window, "location": window, "0": window, "1": "[object Window]", "kid": window,
		"top": "[object Window]", "parent": "[object Window]", "opener": "null", "closed": "false", "length": "2",
		"close": function, "focus": function, "blur": function, "postMessage": function,
		"then": undefined, "@@toStringTag": undefined, "@@hasInstance": undefined, "@@isConcatSpreadable": undefined,
		"document": refused, "name": refused, "2": refused, "4294967295": refused, "00": refused, "foreign": refused, "": refused,
		"@@iterator": refused,
	} {
		answer := Standard.Access(Access{From: top, To: frame, Operation: Get, Key: key})
		if got := answer.String(); got != want {
			t.Errorf("w[%q] is %s, want %s", key, got, want)
		}
		allowed := want != refused
		for _, op := range []Operation{Has, GetOwnProperty} {
			if got := Standard.Access(Access{From: top, To: frame, Operation: op, Key: key}).Verdict == Allowed; got != allowed {
				t.Errorf("%s %q is allowed: %t, want %t", op, key, got, allowed)
			}
		}
		for _, op := range []Operation{Define, Delete} {
			if got := Standard.Access(Access{From: top, To: frame, Operation: op, Key: key}); got.Reason != CrossOriginProperty {
				t.Errorf("%s %q: reason %q, want CrossOriginProperty", op, key, got.Reason)
			}
		}
		set := Standard.Access(Access{From: top, To: frame, Operation: Set, Key: key, Value: "/x"})
		if got := set.Verdict == Allowed; got != (key == "location") {
			t.Errorf("set %q is allowed: %t", key, got)
		}
	}
	href := Access{From: top, To: frame, Location: true, Key: "href", Value: "/x"}
	for op, want := range map[Operation]Verdict{Get: Refused, Set: Allowed, Has: Allowed} {
		href.Operation = op
		if got := Standard.Access(href).Verdict; got != want {
			t.Errorf("%s location.href is %s, want %s", op, got, want)
		}
	}
}

// TestReadingTheDocument is who reads w.document, whatever the profile.
func TestReadingTheDocument(t *testing.T) {
	for _, p := range Profiles() {
		top := load(t, p, Navigation{URL: "http://a.site.example/"})
		port := load(t, p, Navigation{URL: "http://a.site.example:8080/", Parent: top})
		read := func(from, to *Document) string {
			return p.Access(Access{From: from, To: to, Operation: Get, Key: "document"}).String()
		}
		if got := read(top, port); got != "!SecurityError" {
			t.Errorf("%s: another port's document is %s", p.Name, got)
		}
		for _, doc := range []*Document{top, port} {
			answer := p.SetDomain(SetDomain{Document: doc, Value: "site.example"})
			if answer.Exception != "" {
				t.Fatalf("%s: document.domain throws %s", p.Name, answer.Exception)
			}
			doc.Origin = answer.Origin
		}
		if got := read(top, port); got != "[object HTMLDocument]" {
			t.Errorf("%s: with the same domain, another port's document is %s", p.Name, got)
		}
		if got := p.Content(Content{From: top, To: port, Property: ContentDocument}).String(); got != "[object HTMLDocument]" {
			t.Errorf("%s: with the same domain, contentDocument is %s", p.Name, got)
		}
		// Storage and messages ignore the domain.
		if d := p.Shared(Shared{top, port, LocalStorage}); d.Verdict != Refused {
			t.Errorf("%s: with the same domain, storage is shared: %s", p.Name, d.Verdict)
		}
		if m := p.Post(Post{From: port, To: top, TargetOrigin: "*"}); m.EventOrigin != "http://a.site.example:8080" {
			t.Errorf("%s: event.origin is %s", p.Name, m.EventOrigin)
		}
	}
}

// TestOpenerPolicies is what is left of the connection between two windows in the standard.
func TestOpenerPolicies(t *testing.T) {
	for _, tt := range []struct {
		opener, opened OpenerPolicy
		url            string
		connected      bool
	}{
		{"", "", otherURL, true},
		{"", OpenerSameOrigin, otherURL, false},
		{"", OpenerSameOrigin, pageURL, false},
		{"", OpenerSameOriginAllowPopups, pageURL, false},
		{"", OpenerNoopenerAllowPopups, pageURL, false},
		{"", "bogus", otherURL, true},
		{OpenerSameOrigin, OpenerSameOrigin, pageURL, true},
		{OpenerSameOrigin, OpenerSameOrigin, otherURL, false},
		{OpenerSameOrigin, "", otherURL, false},
		{OpenerSameOriginAllowPopups, "", otherURL, true},
		{OpenerSameOriginAllowPopups, OpenerSameOrigin, otherURL, false},
	} {
		top := load(t, Standard, Navigation{URL: pageURL, OpenerPolicy: tt.opener})
		answer, err := Standard.Open(Open{From: top, Document: Navigation{URL: tt.url, OpenerPolicy: tt.opened}})
		if err != nil {
			t.Fatal(err)
		}
		if got := answer.Opened.Opener == top; got != tt.connected {
			t.Errorf("%q opens %s with %q: connected %t, want %t", tt.opener, tt.url, tt.opened, got, tt.connected)
		}
		if answer.Left.Severed == tt.connected {
			t.Errorf("%q opens %s with %q: the reference is severed: %t", tt.opener, tt.url, tt.opened, answer.Left.Severed)
		}
	}
}

// server answers every request with a status and a content type.
type server struct {
	status            int
	contentType, body string
}

func (s server) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: s.status, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{"Content-Type": {s.contentType}},
		Body: io.NopCloser(strings.NewReader(s.body)), Request: r}, nil
}

// TestEveryReasonArises has one question for each reason.
func TestEveryReasonArises(t *testing.T) {
	p := Standard
	top := load(t, p, Navigation{URL: pageURL})
	frame := load(t, p, Navigation{URL: otherURL, Parent: top})
	sibling := load(t, p, Navigation{URL: "https://third.example/", Parent: top})
	sandboxed := load(t, p, Navigation{URL: pageURL, Parent: top, Sandbox: ParseSandbox("allow-scripts")})
	sandboxedSame := load(t, p, Navigation{URL: pageURL, Parent: top, Sandbox: ParseSandbox("allow-scripts allow-same-origin")})
	data := load(t, p, Navigation{URL: "data:text/html,x", Parent: top})
	plain := load(t, p, Navigation{URL: "http://app.example/"})
	embed := func(kind string, s server) Decision {
		agent := fetch.NewAgent(fetch.Standard)
		agent.Transport = s
		a, err := p.Embed(context.Background(), agent, Embed{top, fetch.Element{Kind: kind, URL: otherURL}})
		if err != nil {
			t.Fatal(err)
		}
		return a.Decision
	}
	domain := func(doc *Document, value string, windowless bool) Decision {
		return p.SetDomain(SetDomain{doc, value, windowless}).Decision
	}
	open := func(from *Document, n Navigation) Decision {
		a, err := p.Open(Open{From: from, Document: n})
		if err != nil {
			t.Fatal(err)
		}
		return a.Decision
	}
	notifications, _ := Chromium.NotificationPermission(load(t, Chromium, Navigation{URL: otherURL, Parent: top}))
	arises := map[Reason]Decision{
		NoBrowsingContext:  domain(top, "app.example", true),
		DomainSandboxed:    domain(sandboxedSame, "app.example", false),
		DomainOpaqueOrigin: domain(data, "app.example", false),
		DomainNotSuffix:    domain(top, "other.example", false),
		DomainOriginKeyed: p.SetDomain(SetDomain{Document: load(t, p, Navigation{URL: pageURL, OriginAgentCluster: "?1"}),
			Value: "app.example"}).Decision,
		CrossOriginProperty:    p.Access(Access{From: top, To: frame, Operation: Get, Key: "document"}).Decision,
		ContentNull:            p.Content(Content{From: top, To: frame, Property: ContentDocument}).Decision,
		WindowSevered:          open(top, Navigation{URL: otherURL, OpenerPolicy: OpenerSameOrigin}),
		NotSameOriginScript:    p.Navigate(Navigate{From: top, To: frame, URL: "javascript:1"}).Decision,
		SandboxedNavigation:    p.Navigate(Navigate{From: sandboxed, To: frame, URL: pageURL}).Decision,
		SandboxedTopNavigation: p.Navigate(Navigate{From: sandboxed, To: top, URL: pageURL}).Decision,
		SandboxedPopup:         open(sandboxed, Navigation{URL: pageURL}),
		TopWithoutActivation:   Chromium.Navigate(Navigate{From: frame, To: top, URL: otherURL}).Decision,
		UnrelatedFrame:         Firefox.Navigate(Navigate{From: frame, To: sibling, URL: otherURL}).Decision,
		URLNotParsed:           p.Access(Access{From: top, To: frame, Operation: Set, Key: "location", Value: "http://a b"}).Decision,
		URLNotRewritable:       p.Rewrite(Rewrite{top, otherURL}).Decision,
		TargetOriginInvalid:    p.Post(Post{From: top, To: frame, TargetOrigin: "other.example"}).Decision,
		TargetOriginMismatch:   p.Post(Post{From: top, To: frame, TargetOrigin: pageURL}).Decision,
		NotCloneable:           p.Post(Post{From: top, To: frame, TargetOrigin: "*", Data: FunctionData}).Decision,
		OtherStorageKey:        p.Shared(Shared{top, frame, IndexedDB}),
		OpaqueOriginStorage:    p.Storage(Storage{sandboxed, LocalStorage}).Decision,
		InsecureContext:        p.Storage(Storage{plain, Caches}).Decision,
		OtherWindow:            p.Shared(Shared{top, load(t, p, Navigation{URL: pageURL}), SessionStorage}),
		NoStorageAccess:        Chromium.StorageAccess(StorageAccess{Document: load(t, Chromium, Navigation{URL: otherURL, Parent: top})}).Decision,
		OpaqueOriginCookies:    p.CookieString(CookieString{Document: sandboxed}).Decision,
		CookieAverse:           p.CookieString(CookieString{Document: data}).Decision,
		NotificationsInFrame:   notifications,
		NoSuchAPI:              WebKit.Storage(Storage{top, FileSystem}).Decision,
		NotLoaded:              embed("font", server{200, "font/woff2", "wOF2"}),
		StatusNotOK:            embed("link", server{404, "text/css", "b{}"}),
		NotAStyleSheet:         embed("link", server{200, "text/x", "b{}"}),
		CORSCrossOrigin:        embed("link", server{200, "text/css", "b{}"}),
		CanvasTainted:          p.Canvas(Canvas{false, GetImageData}).Decision,
		SheetNotOriginClean:    p.Sheet(Sheet{false, CSSRules}).Decision,
		ErrorsMuted:            p.ScriptError(ScriptError{OriginClean: false, Kind: ThrownError}).Decision,
		WorkerNotSameOrigin:    p.Worker(Worker{Document: top, URL: otherURL}).Decision,
		XFrameOptions:          p.Framing(Framing{Parent: top, Origin: frame.Origin, XFrameOptions: []string{"DENY"}}).Decision,
		FrameWithoutEmbedderPolicy: p.Framing(Framing{Parent: load(t, p, Navigation{URL: pageURL, EmbedderPolicy: fetch.RequireCORP}),
			Origin: frame.Origin}).Decision,
		FrameAncestors: p.Framing(Framing{Parent: top, Origin: frame.Origin, FrameAncestors: []string{"'self'"}}).Decision,
	}
	for _, r := range Reasons() {
		d, ok := arises[r]
		if !ok {
			t.Errorf("no question shows the reason %s", r)
			continue
		}
		if d.Reason != r {
			t.Errorf("the reason is %q, want %s", d.Reason, r)
		}
		if len(d.Steps) == 0 {
			t.Errorf("%s: the decision has no steps", r)
		}
		for _, text := range []string{r.Algorithm(), r.Explanation(), r.Protects()} {
			if text == "" {
				t.Errorf("%s has an empty field", r)
			}
		}
		if !strings.HasPrefix(r.Anchor(), "https://") {
			t.Errorf("%s: anchor %q", r, r.Anchor())
		}
	}
}

// TestStandardHasNoDeviations tests that the standard's profile and the zero profile decide alike
// and record no deviation, and that every deviation belongs to a browser.
func TestStandardHasNoDeviations(t *testing.T) {
	if n := len(Standard.Deviations()); n != 0 {
		t.Errorf("Standard has %d deviations", n)
	}
	for _, d := range Deviations() {
		if !Chromium.deviations[d] && !Firefox.deviations[d] && !WebKit.deviations[d] {
			t.Errorf("%s belongs to no browser", d)
		}
		if !strings.HasPrefix(d.Anchor(), "https://") || d.Explanation() == "" {
			t.Errorf("%s: anchor %q, explanation %q", d, d.Anchor(), d.Explanation())
		}
	}
}

// TestFrameAncestorsSources is how sources match a page around a frame.
func TestFrameAncestorsSources(t *testing.T) {
	top := load(t, Standard, Navigation{URL: "https://app.example:8443/"})
	plain := load(t, Standard, Navigation{URL: "http://app.example/"})
	self, _ := origin.Parse("http://api.example")
	for _, tt := range []struct {
		parent *Document
		list   string
		shown  bool
	}{
		{top, "", false}, {top, "'none'", false}, {top, "'none' *", true}, {top, "*", true}, {top, "https:", true}, {top, "http:", true},
		{plain, "https:", false}, {plain, "app.example", true}, {top, "app.example", false}, {top, "app.example:8443", true},
		{top, "https://app.example:*", true}, {top, "*.example:8443", true}, {top, "*.app.example:8443", false}, {plain, "APP.example", true},
		{plain, "http://app.example:80/path", true}, {plain, "notapp.example", false}, {plain, "*.", false}, {plain, "://", false},
	} {
		answer := Standard.Framing(Framing{Parent: tt.parent, Origin: self, FrameAncestors: []string{tt.list}, XFrameOptions: []string{"DENY"}})
		if answer.Shown != tt.shown {
			t.Errorf("frame-ancestors %q in %s: shown %t, want %t", tt.list, tt.parent.Origin, answer.Shown, tt.shown)
		}
	}
}

func FuzzLoad(f *testing.F) {
	for _, u := range []string{pageURL, "about:blank", "about:srcdoc", "data:,x", "blob:null/x", "javascript:1", "file:///x", "foo://x"} {
		f.Add(u, "allow-scripts", "name", "site.example")
	}
	f.Fuzz(func(t *testing.T, url, sandbox, key, value string) {
		for _, p := range Profiles() {
			top := load(t, p, Navigation{URL: pageURL})
			doc, _, err := p.Load(Navigation{URL: url, Parent: top, Sandbox: ParseSandbox(sandbox), Name: key})
			if err != nil {
				return
			}
			for _, op := range []Operation{Get, Set, Call, Has, GetOwnProperty, Define, Delete, OwnKeys, Enumerate} {
				for _, location := range []bool{false, true} {
					a := p.Access(Access{From: top, To: doc, Operation: op, Key: key, Value: value, Location: location})
					if a.Verdict == Refused && a.Reason == 0 {
						t.Errorf("%s %q is refused without a reason", op, key)
					}
				}
			}
			p.SetDomain(SetDomain{Document: doc, Value: value})
			p.Rewrite(Rewrite{doc, value})
			p.Post(Post{From: top, To: doc, TargetOrigin: value})
			p.Framing(Framing{Parent: top, Origin: doc.Origin, FrameAncestors: []string{value}, XFrameOptions: []string{value}})
			p.ScriptCookies(doc)
			p.StorageKey(doc)
		}
	})
}
