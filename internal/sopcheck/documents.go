package sopcheck

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/sop"
	"github.com/concors/concors/weburl"
)

// domainGroup is document.domain.
func domainGroup(w *world, id string) (string, bool) {
	top := w.page()
	switch id {
	case "isSecureContext":
		return truth(top.SecureContext)
	case "originAgentCluster":
		return w.originAgentCluster(top, "undefined")
	case "DOMParser document get":
		return top.Domain(), true
	case "DOMParser document set", "createHTMLDocument set", "XHR document set":
		return w.setDomain(sop.SetDomain{Document: top, Value: top.Domain(), Windowless: true})
	case "sandbox opaque get":
		return w.frame(top, "sandbox").Domain(), true
	case "sandbox opaque set":
		return w.setDomain(sop.SetDomain{Document: w.frame(top, "sandbox"), Value: top.Domain()})
	case "sandbox allow-same-origin set own", "sandbox allow-same-origin set parent":
		frame := w.load(sop.Navigation{URL: w.origin("self") + "/frame", Parent: top,
			Sandbox: sop.ParseSandbox("allow-scripts allow-same-origin")})
		value := frame.Domain()
		if strings.HasSuffix(id, "parent") {
			value = "site." + w.tld()
		}
		return w.setDomain(sop.SetDomain{Document: frame, Value: value})
	}
	prefix, what := relation(id)
	if rest, ok := strings.CutPrefix(id, prefix+"/"); !ok || !strings.HasPrefix(prefix, "OAC ") {
		_ = rest
		return w.domainValue(top, id)
	}
	switch {
	case strings.HasPrefix(what, "set "):
		return w.domainValue(top, what)
	case strings.HasPrefix(what, "access/"):
		return w.domainAccess(top, strings.TrimPrefix(what, "access/"))
	case strings.HasPrefix(what, "after/"):
		return w.domainAfter(top, strings.TrimPrefix(what, "after/"))
	}
	return "", false
}

// domainValue is one value that the page sets.
func (w *world) domainValue(top *sop.Document, id string) (string, bool) {
	parent := "site." + w.tld()
	values := map[string]string{
		"set own": "a." + parent, "set parent": parent, "set uppercase": strings.ToUpper(parent), "set tld": w.tld(),
		"set empty": "", "set sibling": "b." + parent, "set child": "x.a." + parent, "set unrelated": "example.com",
		"set parent trailing dot": parent + ".", "set leading dot": "." + parent, "set IP": "127.0.0.1",
		"set suffix without dot": "ite." + w.tld(), "set with port": parent + ":" + port1,
	}
	value, ok := values[id]
	if !ok {
		return "", false
	}
	return w.setDomain(sop.SetDomain{Document: top, Value: value})
}

// setDomain sets a document's domain and shows what document.domain is then.
func (w *world) setDomain(s sop.SetDomain) (string, bool) {
	answer := record(w, w.profile.SetDomain(s))
	if answer.Exception != "" {
		return "!" + answer.Exception, true
	}
	s.Document.Origin = answer.Origin
	return s.Document.Domain(), true
}

// body shows what w.document.body is.
func (w *world) body(from, to *sop.Document) (string, bool) {
	if answer := w.access(from, to, sop.Get, "document"); answer.Exception != "" {
		return "!" + answer.Exception, true
	}
	return "BODY", true
}

// domainAccess is a page and its frame that set their domains, and then the page reads the frame.
func (w *world) domainAccess(top *sop.Document, id string) (string, bool) {
	parent, own := "site."+w.tld(), top.Domain()
	set := func(doc *sop.Document, value string) { w.setDomain(sop.SetDomain{Document: doc, Value: value}) }
	frame := func(rel string) *sop.Document { return w.frame(top, rel) }
	switch id {
	case "sub+sub both parent":
		f := frame("sub")
		set(top, parent)
		set(f, parent)
		return w.body(top, f)
	case "only one sets":
		f := frame("sub")
		set(top, parent)
		return w.body(top, f)
	case "parent host itself not set":
		f := frame("parent")
		set(top, parent)
		return w.body(top, f)
	case "parent host sets own":
		f := frame("parent")
		set(top, parent)
		set(f, parent)
		return w.body(top, f)
	case "different ports both":
		f := frame("port")
		set(top, parent)
		set(f, parent)
		return w.body(top, f)
	case "http+https both":
		f := frame("https")
		set(top, parent)
		set(f, parent)
		return w.body(top, f)
	case "same origin, both set own value":
		f := frame("self")
		set(top, own)
		set(f, own)
		return w.body(top, f)
	case "same origin, one sets own value":
		f := frame("self")
		set(top, own)
		return w.body(top, f)
	}
	return "", false
}

// domainAfter is a frame of the page's origin that sets its domain to its parent host.
func (w *world) domainAfter(top *sop.Document, id string) (string, bool) {
	child := w.frame(top, "self")
	before := child.Origin.String()
	if _, ok := w.setDomain(sop.SetDomain{Document: child, Value: "site." + w.tld()}); !ok {
		return "", false
	}
	switch id {
	case "origin", "fetch Origin":
		return truth(child.Origin.String() == before)
	case "event.origin":
		return truth(record(w, w.profile.Post(sop.Post{From: child, To: top, TargetOrigin: "*"})).EventOrigin == before)
	case "localStorage":
		if d := record(w, w.profile.Shared(sop.Shared{Writer: top, Reader: child, API: sop.LocalStorage})); d.Verdict == sop.Allowed {
			return "1", true
		}
		return "null", true
	case "srcdoc child domain":
		return w.load(sop.Navigation{URL: "about:srcdoc", Parent: child}).Domain(), true
	case "parent.document (parent not set)":
		return show(w.access(child, top, sop.Get, "document").Completion)
	case "parent sees child":
		return w.body(top, child)
	}
	return "", false
}

// The documents of group origins: how they are loaded.
func (w *world) document(kind string) *sop.Document {
	top := w.page()
	self := w.origin("self")
	script, sameOrigin := sop.ParseSandbox("allow-scripts"), sop.ParseSandbox("allow-scripts allow-same-origin")
	n := sop.Navigation{Parent: top}
	if rest, ok := strings.CutPrefix(kind, "sandbox+same-origin "); ok {
		n.Sandbox, kind = sameOrigin, rest
	} else if rest, ok := strings.CutPrefix(kind, "sandbox "); ok {
		n.Sandbox, kind = script, rest
	}
	switch kind {
	case "url":
		n.URL = self + "/frame"
	case "srcdoc":
		n.URL = "about:srcdoc"
	case "data":
		n.URL = "data:text/html,%3Cscript%3E"
	case "blob":
		n.URL = "blob:" + self + "/uuid"
	case "javascript":
		n.URL = "javascript:'<script>'"
	case "about:blank written":
		n.URL = "about:blank"
		doc := w.load(n)
		doc.URL = top.URL // document.open takes over the caller's URL
		return doc
	case "cross-site url", "cross-site":
		n.URL = w.origin("cross") + "/frame"
	case "port url", "sub url", "parent url":
		n.URL = w.origin(strings.TrimSuffix(kind, " url")) + "/frame"
	case "CSP sandbox header":
		n.URL, n.PolicySandbox = self+"/frame", script
	case "CSP sandbox+same-origin header":
		n.URL, n.PolicySandbox = self+"/frame", sameOrigin
	case "credentialless":
		n.URL, n.Credentialless = w.origin("cross")+"/frame", true
	default:
		panic(unknown{})
	}
	return w.load(n)
}

// cutsPort matches a URL that ends in its port, or in a part of it.
var cutsPort = regexp.MustCompile(`:\d+$`)

// prefix is the first n bytes of a string.
func prefix(s string, n int) string { return s[:min(n, len(s))] }

// originsGroup is what documents of each kind of URL and sandbox are and can do.
func originsGroup(w *world, id string) (string, bool) {
	if outcome, known := w.originScenario(id); known {
		return outcome, true
	}
	kind, what := relation(id)
	if kind == "" || kind == "nested" {
		return "", false
	}
	doc := w.document(kind)
	top := doc.Parent
	api := map[string]sop.API{
		"localStorage": sop.LocalStorage, "sessionStorage": sop.SessionStorage, "indexedDB.open": sop.IndexedDB,
		"caches.keys()": sop.Caches, "locks.request": sop.Locks, "storage.estimate": sop.StorageManager,
		"storage.getDirectory": sop.FileSystem, "storage.persisted": sop.StoragePersisted, "crypto.subtle": sop.SubtleCrypto,
		"serviceWorker.getRegistrations": sop.ServiceWorker, "cookieStore.getAll()": sop.CookieStore,
	}
	if a, ok := api[what]; ok {
		return w.apiCheck(doc, what, a)
	}
	switch what {
	case "ready":
		return "true", true
	case "self.origin":
		return doc.Origin.String(), true
	case "location.origin":
		return show(record(w, w.profile.Access(sop.Access{From: doc, To: doc, Location: true, Operation: sop.Get, Key: "origin"})).Completion)
	case "event.origin":
		return record(w, w.profile.Post(sop.Post{From: doc, To: top, TargetOrigin: "*"})).EventOrigin, true
	case "contentDocument":
		return show(record(w, w.profile.Content(sop.Content{From: top, To: doc, Property: sop.ContentDocument})).Completion)
	case "frameElement":
		return show(record(w, w.profile.Content(sop.Content{From: doc, To: doc, Property: sop.FrameElement})).Completion)
	case "parent.document":
		return show(w.access(doc, top, sop.Get, "document").Completion)
	case "top global":
		return w.insideCheckGlobal(doc, top)
	case "document.domain":
		return doc.Domain(), true
	case "isSecureContext":
		return truth(doc.SecureContext)
	case "crossOriginIsolated":
		return truth(doc.CrossOriginIsolated)
	case "originAgentCluster":
		return w.originAgentCluster(doc, "!ReferenceError")
	case "hasStorageAccess":
		return show(record(w, w.profile.StorageAccess(sop.StorageAccess{Document: doc})).Completion)
	case "location.href prefix":
		return prefix(doc.URL.String(), 14), true
	case "document.URL prefix":
		return prefix(doc.URL.String(), 14), true
	case "document.baseURI prefix":
		base := prefix(doc.BaseURL().String(), 22)
		return base, !cutsPort.MatchString(base) || strings.HasSuffix(base, ":"+port1)
	case "document.referrer":
		loaded := *doc
		if kind == "about:blank written" { // document.open changed the URL only
			loaded.URL, _ = weburl.Parse("about:blank", nil)
		}
		a := record(w, w.profile.Referrer(sop.Referrer{Document: &loaded, Initiator: top}))
		// The result of a javascript: URL replaces the first document, and was not measured.
		return prefix(a.Text, 30), a.Verdict != sop.NotKnown && kind != "javascript"
	case "Notification.permission":
		d, permission := w.profile.NotificationPermission(doc)
		record(w, d)
		return permission, true
	case "fetch Origin", "fetch own server":
		return w.fetchFrom(doc, what == "fetch own server")
	case "alert===undefined":
		return "false", true // every window has it, even where a sandbox makes it do nothing
	case "new Worker(blob:)", "new Worker(data:)", "new SharedWorker(data:)":
		u := "data:text/javascript,1"
		if strings.Contains(what, "blob:") {
			u = "blob:" + doc.Origin.String() + "/uuid"
		}
		a := record(w, w.profile.Worker(sop.Worker{Document: doc, URL: u, Shared: strings.Contains(what, "Shared")}))
		if a.Exception != "" {
			return "!" + a.Exception, true
		}
		return "ok", true
	case "new BroadcastChannel":
		return "ok", true
	case "document.cookie get":
		a := record(w, w.profile.CookieString(sop.CookieString{Document: doc}))
		if a.Exception != "" {
			return "!" + a.Exception, true
		}
		return "true", a.Verdict != sop.NotKnown
	case "document.cookie set":
		a := record(w, w.profile.CookieString(sop.CookieString{Document: doc, Set: true}))
		if a.Exception != "" {
			return "!" + a.Exception, true
		}
		return "ok", a.Verdict != sop.NotKnown
	case "createObjectURL prefix":
		if doc.Origin.IsOpaque() {
			return "blob:null/uuid", true
		}
		return prefix("blob:"+doc.Origin.String(), 12), true
	case "pushState #p", "pushState ?p":
		answer := record(w, w.profile.Rewrite(sop.Rewrite{Document: doc, URL: strings.TrimPrefix(what, "pushState ")}))
		if answer.Exception != "" {
			return "!" + answer.Exception, true
		}
		return "ok", true
	case "window.open":
		answer, err := w.profile.Open(sop.Open{From: doc, Document: sop.Navigation{URL: "about:blank"}})
		if err != nil {
			return "", false
		}
		if answer.Exception == "" && answer.Value.Type == sop.Object {
			return "window", true
		}
		return show(answer.Completion)
	}
	return "", false
}

func (w *world) insideCheckGlobal(doc, top *sop.Document) (string, bool) {
	answer := w.access(doc, top, sop.Get, "CFG")
	if answer.Verdict == sop.Allowed {
		return "undefined", true // the page has no such variable
	}
	return show(answer.Completion)
}

// apiCheck uses an API in a document and shows what an empty store gives.
func (w *world) apiCheck(doc *sop.Document, what string, api sop.API) (string, bool) {
	answer := record(w, w.profile.Storage(sop.Storage{Document: doc, API: api}))
	missing := answer.Reason == sop.InsecureContext
	switch {
	case api == sop.ServiceWorker && missing:
		return "no serviceWorker", true
	case api == sop.SubtleCrypto && missing:
		return "no subtle", true
	case answer.Exception != "":
		return "!" + answer.Exception, true
	case answer.Verdict != sop.Allowed:
		return "", false
	}
	empty := map[sop.API]string{
		sop.LocalStorage: "true", sop.SessionStorage: "true", sop.IndexedDB: "ok", sop.Caches: "[]", sop.Locks: "1",
		sop.StorageManager: "ok", sop.StoragePersisted: "false", sop.FileSystem: "[object FileSystemDirectoryHandle]",
		sop.SubtleCrypto: "subtle", sop.ServiceWorker: "[]",
	}
	if api == sop.CookieStore {
		return "", false // which cookies there are depends on what ran before
	}
	return empty[api], true
}

// originScenario is the checks that are not about one document.
func (w *world) originScenario(id string) (string, bool) {
	if rest, ok := strings.CutPrefix(id, "nested/"); ok {
		return w.nestedScenario(rest)
	}
	top := w.page()
	self := w.origin("self")
	if rest, ok := strings.CutPrefix(id, "blob of "); ok {
		return w.blobScenario(top, rest)
	}
	switch id {
	case "fetch about:blank", "fetch file:", "fetch data:", "XHR data:":
		return w.fetchURL(top, id)
	case "javascript/into cross-site frame by src attribute":
		frame := w.frame(top, "cross")
		doc, d, err := w.profile.Load(sop.Navigation{URL: "javascript:1", Parent: top, Initiator: top, Current: frame})
		if err != nil {
			return "", false
		}
		record(w, d)
		value, known := w.body(top, doc)
		return fmt.Sprintf("%d %s", btoi(d.Verdict != sop.Refused), value), known
	case "sandbox no flags/scripted form submit", "sandbox allow-scripts/scripted form submit",
		"sandbox allow-forms/scripted form submit", "sandbox allow-scripts allow-forms/scripted form submit":
		attribute, _, _ := strings.Cut(strings.TrimPrefix(id, "sandbox "), "/")
		if strings.Contains(attribute, "no flags") {
			attribute = ""
		}
		if sop.ParseSandbox(attribute)&(sop.SandboxForms|sop.SandboxScripts) != 0 {
			return "blocked", true
		}
		return "", false
	case "cross-site frame sets itself to about:blank":
		frame := w.frame(top, "cross")
		blank := w.load(sop.Navigation{URL: "about:blank", Parent: top, Initiator: frame, Current: frame})
		return w.body(top, blank)
	case "javascript/into cross-site frame by location":
		frame := w.frame(top, "cross")
		a := record(w, w.profile.Access(sop.Access{From: top, To: frame, Operation: sop.Set, Key: "location", Value: "javascript:1"}))
		outcome := "ok"
		if a.Exception != "" {
			outcome = "!" + a.Exception
		}
		return fmt.Sprintf("%s ran=%d", outcome, btoi(a.Navigates)), true
	case "sandbox scripts+same-origin removes its own sandbox":
		doc := w.document("sandbox+same-origin url")
		a := record(w, w.profile.Content(sop.Content{From: doc, To: doc, Property: sop.FrameElement}))
		return truth(a.Value.Type == sop.Object)
	case "sandbox allow-popups/popup origin", "sandbox escape/popup origin":
		attribute := "allow-scripts allow-popups"
		if strings.Contains(id, "escape") {
			attribute += " allow-popups-to-escape-sandbox"
		}
		doc := w.load(sop.Navigation{URL: self + "/frame", Parent: top, Sandbox: sop.ParseSandbox(attribute)})
		answer, err := w.profile.Open(sop.Open{From: doc, Document: sop.Navigation{URL: self + "/popup"}})
		return answer.Opened.Origin.String(), err == nil
	case "blob/top-level window.open":
		answer, err := w.profile.Open(sop.Open{From: top, Document: sop.Navigation{URL: "blob:" + self + "/uuid"}})
		if err != nil || answer.Left == nil {
			return "", false
		}
		value, known := show(w.access(top, answer.Left, sop.Get, "document").Completion)
		return value + " " + answer.Left.Origin.String(), known
	}
	return "", false
}

// blobScenario is a page that uses the blob: URL of a frame of another origin. A blob: URL is only for
// documents with its storage key: https://w3c.github.io/FileAPI/#check-for-same-partition-blob-url-usage.
func (w *world) blobScenario(top *sop.Document, id string) (string, bool) {
	who, what, _ := strings.Cut(id, " frame/parent ")
	rel, ok := map[string]string{"opaque": "sandbox", "cross-site": "cross", "same-site": "sub"}[who]
	if !ok {
		return "", false
	}
	frame := w.frame(top, rel)
	if w.profile.StorageKey(top).Origin.String() == frame.Origin.String() {
		return "", false
	}
	switch {
	case what == "fetches" && frame.Origin.IsOpaque():
		return "blob:null/uuid !TypeError", true
	case what == "img":
		return "!error", true
	case what == "iframe" && rel == "sub" && (w.profile.Name != "WebKit" || w.run["test"]):
		return "not loaded", true
	}
	return "", false
}

// fetchURL is a script that fetches a URL that is not http.
func (w *world) fetchURL(top *sop.Document, id string) (string, bool) {
	how, scheme, _ := strings.Cut(id, " ")
	url := map[string]string{"about:blank": "about:blank", "file:": "file:///etc/hostname", "data:": "data:text/plain,x"}[scheme]
	agent := fetch.NewAgent(w.profile.Fetch)
	agent.Transport = &cookieServer{}
	resp, err := agent.Fetch(context.Background(), &fetch.Request{Page: top.Page(), URL: url})
	if err != nil {
		return "!TypeError", true
	}
	defer resp.Body.Close() //nolint:errcheck // nothing is written
	body, err := io.ReadAll(io.LimitReader(resp.Body, 100))
	if how == "fetch" {
		return string(resp.Type) + " " + string(body), err == nil
	}
	return string(body), err == nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// nestedScenario is what a frame can reach of the documents that it makes itself.
func (w *world) nestedScenario(id string) (string, bool) {
	rel, what := relation(id)
	if !isFrame(rel) {
		return "", false
	}
	frame := w.frame(w.page(), rel)
	child := sop.Navigation{Parent: frame, URL: "about:blank"}
	switch what {
	case "about:blank child reachable from its creator", "about:blank child origin===creator":
	case "srcdoc child reachable":
		child.URL = "about:srcdoc"
	case "blob child reachable":
		child.URL, child.BlobOwner = "blob:"+frame.Origin.String()+"/uuid", frame
	case "popup about:blank reachable":
		answer, err := w.profile.Open(sop.Open{From: frame, Document: child})
		if err != nil || answer.Left == nil {
			return "", false
		}
		return w.body(frame, answer.Left)
	default:
		return "", false
	}
	doc := w.load(child)
	if strings.HasSuffix(what, "origin===creator") {
		if a := w.access(frame, doc, sop.Get, "origin"); a.Exception != "" {
			return "!" + a.Exception, true
		}
		return truth(doc.Origin.String() == frame.Origin.String())
	}
	content := record(w, w.profile.Content(sop.Content{From: frame, To: doc, Property: sop.ContentDocument}))
	if content.Value.Type == sop.Null {
		return "!TypeError", true // contentDocument.body
	}
	return "BODY", true
}
