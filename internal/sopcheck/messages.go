package sopcheck

import (
	"strings"

	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/sop"
)

// navigationGroup is who may navigate whom, and history.
func navigationGroup(w *world, id string) (string, bool) {
	top := w.page()
	shows := func(a sop.NavigateAnswer) (string, bool) {
		outcome, effect := "ok", " nothing"
		if a.Exception != "" {
			outcome = "!" + a.Exception
		}
		if a.Navigates {
			effect = " navigated"
		}
		return outcome + effect, true
	}
	for _, call := range []string{"pushState ", "replaceState "} {
		what, ok := strings.CutPrefix(id, call)
		if !ok {
			continue
		}
		self := w.origin("self")
		urls := map[string]string{
			"fragment": "#f", "path": "/other", "query": "?q", "other port": w.origin("port") + "/", "sub": w.origin("sub") + "/",
			"https": w.origin("https") + "/", "cross": w.origin("cross") + "/", "userinfo": strings.Replace(self, "://", "://u:p@", 1) + "/",
			"data": "data:text/html,x", "about:blank": "about:blank", "blob": "blob:" + self + "/uuid", "bad": "http://a b",
			"relative": "x", "javascript": "javascript:1", "parent": w.origin("parent") + "/", "exact": self + "/frame",
			"without port": "http://a.site." + w.tld() + "/", "ftp": "ftp://a.site." + w.tld() + "/", "empty": "", "backslash": "\\x",
			"scheme-relative": "//a.site." + w.tld() + "/", "uppercase host": strings.ToUpper(self) + "/",
		}
		u, ok := urls[what]
		if !ok {
			return "", false
		}
		answer := record(w, w.profile.Rewrite(sop.Rewrite{Document: top, URL: u}))
		if answer.Exception != "" {
			return "!" + answer.Exception, true
		}
		return "ok", true
	}
	switch id {
	case "cross-site frame reads joint history.length":
		frame := w.frame(top, "cross")
		return truth(w.access(frame, frame, sop.Get, "history").Verdict == sop.Allowed)
	case "frame beforeunload of cross-site frame/document.open on it":
		if a := w.access(top, w.frame(top, "cross"), sop.Get, "document"); a.Exception != "" {
			return "!" + a.Exception, true
		}
		return "", false
	case "location.protocol=ftp":
		return "ok", true // the setter does nothing unless the result is http or https
	}
	words := strings.Fields(id)
	switch {
	case strings.HasPrefix(id, "nav grandchild of ") && strings.HasSuffix(id, " by index"):
		child := w.frameWithKid(top, words[3])
		return shows(record(w, w.profile.Navigate(sop.Navigate{From: top, To: child.Frames[0], URL: w.origin("self") + "/x"})))
	case len(words) >= 4 && words[0] == "child" && strings.HasSuffix(id, "sibling"):
		// The sibling is a frame of the other site.
		child, sibling := w.frame(top, words[1]), w.frame(top, "cross")
		return shows(record(w, w.profile.Navigate(sop.Navigate{From: child, To: sibling, URL: w.origin("self") + "/x"})))
	case len(words) >= 5 && words[0] == "frame" && words[2] == "moves" && strings.Contains(id, "sandbox="):
		n := sop.Navigation{URL: w.origin(words[1]) + "/frame", Parent: top}
		if _, attribute, _ := strings.Cut(id, "sandbox="); attribute != "none" {
			n.Sandbox = sop.ParseSandbox(attribute)
		}
		return shows(record(w, w.profile.Navigate(sop.Navigate{From: w.load(n), To: top, URL: w.origin("cross2") + "/x"})))
	}
	return "", false
}

// messagesGroup is postMessage and channels.
func messagesGroup(w *world, id string) (string, bool) {
	top := w.page()
	if rest, ok := strings.CutPrefix(id, "target "); ok {
		i := strings.LastIndexByte(rest, '/')
		if i < 0 || !isFrame(rest[i+1:]) {
			return "", false
		}
		return w.targetCheck(top, rest[:i], rest[i+1:])
	}
	i := strings.LastIndexByte(id, ' ')
	if i < 0 {
		return "", false
	}
	what, rel := id[:i], id[i+1:]
	switch {
	case id == "BroadcastChannel A -> A in B in A":
		inner := w.frame(w.frame(top, "cross"), "self")
		text := "not received"
		if record(w, w.profile.Broadcast(sop.Broadcast{From: top, To: inner})).Received {
			text = "received"
		}
		if a := w.access(inner, inner.Top(), sop.Get, "document"); a.Exception != "" {
			return text + "; top.document !" + a.Exception, true
		}
		return text + "; top.document run", true
	case id == "postMessage to removed frame":
		return "ok closed true", true // the window has no document, so nothing is delivered
	case id == "MessageEvent constructor forges origin":
		return "https://bank.example trusted false", true
	case id == "same-origin frame dispatches forged event":
		return "https://bank.example", true
	case id == "checked at delivery/navigated meanwhile":
		frame := w.frame(top, "port")
		answer := record(w, w.profile.Post(sop.Post{From: top, To: frame, AtDelivery: w.frame(top, "cross"), TargetOrigin: frame.Origin.String()}))
		return delivery(answer)
	}
	if !isFrame(rel) {
		return "", false
	}
	frame := w.frame(top, rel)
	switch what {
	case "event.origin from":
		a := record(w, w.profile.Post(sop.Post{From: frame, To: top, TargetOrigin: "*"}))
		return a.EventOrigin + ` source===w true lastEventId "" trusted true`, a.Delivered
	case "event.origin seen by":
		a := record(w, w.profile.Post(sop.Post{From: top, To: frame, TargetOrigin: "*"}))
		return a.EventOrigin + " source true", a.Delivered
	case "MessageChannel port event.origin":
		return `"" source null data hi`, true
	case "BroadcastChannel top ->":
		a := record(w, w.profile.Broadcast(sop.Broadcast{From: top, To: frame}))
		if a.Received {
			return "received, origin " + a.EventOrigin, true
		}
		return "not received", true
	case "clone own Window", "clone other Window", "clone Location", "clone function", "clone File", "clone Blob",
		"clone symbol", "clone element", "SharedArrayBuffer":
		data := map[string]sop.Data{"Window": sop.WindowData, "Location": sop.LocationData, "function": sop.FunctionData,
			"symbol": sop.SymbolData, "element": sop.ElementData, "SharedArrayBuffer": sop.SharedArrayBuffer}[what[strings.LastIndexByte(what, ' ')+1:]]
		a := record(w, w.profile.Post(sop.Post{From: top, To: frame, TargetOrigin: "*", Data: data}))
		if a.Exception != "" {
			return "!" + a.Exception, true
		}
		return "ok", a.Verdict != sop.NotKnown
	case "transfer ArrayBuffer to":
		return "0", true // the sender's buffer is detached
	}
	return "", false
}

func delivery(a sop.PostAnswer) (string, bool) {
	switch {
	case a.Exception != "":
		return "!" + a.Exception, true
	case a.Delivered:
		return "delivered", true
	}
	return "dropped", true
}

func (w *world) targetCheck(top *sop.Document, target, rel string) (string, bool) {
	frame := w.frame(top, rel)
	exact := w.origin(rel)
	scheme, host, _ := strings.Cut(exact, "://")
	name := host[:strings.LastIndexByte(host, ':')]
	targets := map[string]string{
		"*": "*", "/": "/", "exact": exact, "exact + path": exact + "/path", "exact uppercase": strings.ToUpper(exact),
		"wrong port": scheme + "://" + name + ":1", "wrong scheme": "ftp://" + host, "own origin": top.Origin.String(),
		"userinfo": scheme + "://u:p@" + host, "data:": "data:,x", "about:blank": "about:blank", "space": "http://a b",
		"null": "null", "empty": "", "no scheme": host, "trailing slash": exact + "/", "exact + query": exact + "?q",
		"exact + fragment": exact + "#f", "javascript:": "javascript:1", "no host": "http://", "blob": "blob:" + exact + "/uuid",
		"without port": scheme + "://" + name, "bad port": "http://a:99999", "spaces around": " " + exact + " ", "two stars": "**",
	}
	post := sop.Post{From: top, To: frame}
	if of, ok := strings.CutPrefix(target, "origin of "); ok {
		post.TargetOrigin = w.origin(of)
	} else if target == "missing" {
		post.NoTargetOrigin = true
	} else {
		text, ok := targets[target]
		if !ok {
			return "", false
		}
		post.TargetOrigin = text
	}
	return delivery(record(w, w.profile.Post(post)))
}

// storageGroup is storage of first-party pages and of frames.
func storageGroup(w *world, id string) (string, bool) {
	if nested, rest, ok := strings.Cut(id, " in A/"); ok {
		inside, rel, ok := strings.Cut(nested, " in ")
		if !ok || !isFrame(rel) || !isFrame(inside) && inside != "A" {
			return "", false
		}
		top := w.page()
		if inside == "A" {
			return w.seen(top, w.frame(w.frame(top, rel), "self"), rest, true)
		}
		// A window of the inner frame's origin stored one item.
		firstParty := w.load(sop.Navigation{URL: w.origin(inside) + "/popup"})
		return w.seen(firstParty, w.frame(w.frame(top, rel), inside), rest, false)
	}
	if name, ok := strings.CutPrefix(id, "seen here without frames/"); ok {
		// The page stored one item, then a frame of its own origin another.
		top := w.page()
		if name == "locks" {
			return "none", true // both let go of their locks
		}
		return w.seen(top, top, name, name != "sessionStorage")
	}
	if id == "sessionStorage in popup noopener" {
		return w.seen(w.page(), w.page(), "sessionStorage", false)
	}
	rel, what := relation(id)
	if !isFrame(rel) {
		return "", false
	}
	top := w.page()
	frame := w.frame(top, rel)
	firstParty := w.load(sop.Navigation{URL: w.origin(rel) + "/popup"})
	share := func(api sop.API) (bool, bool) {
		d := record(w, w.profile.Shared(sop.Shared{Writer: firstParty, Reader: frame, API: api}))
		return d.Verdict == sop.Allowed, d.Verdict != sop.NotKnown
	}
	switch what {
	case "frame hasStorageAccess":
		return show(record(w, w.profile.StorageAccess(sop.StorageAccess{Document: frame, HasCookies: true})).Completion)
	case "frame requestStorageAccess without gesture":
		a := record(w, w.profile.StorageAccess(sop.StorageAccess{Document: frame, Request: true}))
		if a.Exception != "" {
			return "!" + a.Exception, true
		}
		return "granted", true
	case "storage event from top to frame":
		if record(w, w.profile.StorageEvent(sop.StorageEvent{Writer: firstParty, Listener: frame})).Verdict == sop.Allowed {
			return "evk", true
		}
		return "none", true
	case "storage event of the top: value seen by frame, then getItem", "storage event of the top/value seen by frame, then getItem":
		event, item := "undefined", "null"
		if record(w, w.profile.StorageEvent(sop.StorageEvent{Writer: firstParty, Listener: frame})).Verdict == sop.Allowed {
			event = "secret"
		}
		if ok, _ := share(sop.LocalStorage); ok {
			item = "secret"
		}
		return event + " " + item, true
	case "SharedWorker shared between top and frame":
		if ok, _ := share(sop.LocalStorage); ok {
			return "1 then 2", true
		}
		return "1 then 1", true
	case "BroadcastChannel top to frame":
		if record(w, w.profile.Broadcast(sop.Broadcast{From: firstParty, To: frame})).Received {
			return "received", true
		}
		return "not received", true
	}
	apiName, rest := relation(what)
	if apiName == "cookieStore" && rest == "seen in frame here" {
		if w.profile.Name == "WebKit" && w.otherScheme(rel) {
			return "", false
		}
		return w.cookieStoreSeen(firstParty, frame)
	}
	if (apiName == "cookie" || apiName == "cookieStore") && rest == "first-party write" {
		if a := record(w, w.profile.Storage(sop.Storage{Document: firstParty, API: sop.CookieStore})); apiName == "cookieStore" && a.Exception != "" {
			return "!" + a.Exception, true
		}
		return "ok", true // even if the cookie is then refused, as WebKit does over http
	}
	if apiName == "cookie" && rest == "seen in frame here" {
		return w.cookieSeen(firstParty, frame)
	}
	if apiName == "cookie" {
		return w.cookieWrite(firstParty, frame, rest)
	}
	api, ok := storageAPIs[apiName]
	if !ok {
		return "", false
	}
	switch rest {
	case "first-party write", "frame write":
		doc := frame
		if rest == "first-party write" {
			doc = firstParty
		}
		a := record(w, w.profile.Storage(sop.Storage{Document: doc, API: api}))
		if a.Exception != "" {
			return "!" + a.Exception, true
		}
		return "ok", a.Verdict == sop.Allowed
	case "seen in frame here":
		return w.seen(firstParty, frame, apiName, false)
	case "frame write seen first-party":
		return w.seenBoth(firstParty, frame, apiName)
	}
	return "", false
}

var storageAPIs = map[string]sop.API{
	"localStorage": sop.LocalStorage, "sessionStorage": sop.SessionStorage, "indexedDB": sop.IndexedDB,
	"caches": sop.Caches, "locks": sop.Locks, "OPFS": sop.FileSystem,
}

// items is what a reader shows for an API that holds nothing, one item, and two.
var items = map[string][3]string{
	"localStorage": {"null", "1", "1"}, "sessionStorage": {"null", "1", "1"}, "indexedDB": {"none", "db1", "db1,db12"},
	"caches": {"none", "ca", "ca,ca2"}, "locks": {"none", "lk", "lk,lk2"}, "OPFS": {"none", "f", "f,f2"},
}

// seen is what a reader sees of what the writer stored. inA is set for the checks of nested
// frames, which run after a frame of the page's own origin stored a second item.
func (w *world) seen(writer, reader *sop.Document, name string, inA bool) (string, bool) {
	name = strings.TrimSuffix(name, "/seen")
	if name == "cookie" {
		return w.cookieSeen(writer, reader)
	}
	if name == "cookieStore" {
		return w.cookieStoreSeen(writer, reader)
	}
	api, ok := storageAPIs[name]
	if !ok {
		return "", false
	}
	if name == "sessionStorage" && inA {
		// The writer is a window of its own here too.
		writer = w.load(sop.Navigation{URL: w.origin("self") + "/popup"})
	}
	d := record(w, w.profile.Shared(sop.Shared{Writer: writer, Reader: reader, API: api}))
	if api == sop.Locks {
		api = sop.LockQuery // which is how a reader sees locks
	}
	a := record(w, w.profile.Storage(sop.Storage{Document: reader, API: api}))
	switch {
	case a.Exception != "":
		return "!" + a.Exception, true
	case d.Verdict == sop.NotKnown:
		return "", false
	case d.Verdict == sop.Refused:
		return items[name][0], true
	case inA:
		return items[name][2], true
	}
	return items[name][1], true
}

// seenBoth is what a first-party page sees after the frame stored a second item. A second item of
// localStorage has the same check under a key of its own.
func (w *world) seenBoth(firstParty, frame *sop.Document, name string) (string, bool) {
	d := record(w, w.profile.Shared(sop.Shared{Writer: frame, Reader: firstParty, API: storageAPIs[name]}))
	if d.Verdict == sop.NotKnown {
		return "", false
	}
	if a := record(w, w.profile.Storage(sop.Storage{Document: frame, API: storageAPIs[name]})); a.Exception != "" {
		return "!" + a.Exception, true
	}
	shared := d.Verdict == sop.Allowed
	if strings.HasSuffix(name, "Storage") {
		if shared {
			return "1", true
		}
		return "null", true
	}
	if shared {
		return items[name][2], true
	}
	return items[name][1], true
}

// cookieStoreSeen is the same with cookieStore.set, whose cookies are always Secure and SameSite=Strict.
func (w *world) cookieStoreSeen(writer, reader *sop.Document) (string, bool) {
	for _, doc := range []*sop.Document{writer, reader} {
		if a := record(w, w.profile.Storage(sop.Storage{Document: doc, API: sop.CookieStore})); a.Exception != "" {
			return "!" + a.Exception, true
		}
	}
	jar := &cookie.Store{Rules: w.profile.Fetch.Cookies}
	_, _ = jar.Set(w.profile.ScriptCookies(writer), "cs=1; Secure; SameSite=Strict; Path=/") // may be refused
	if header, _, _ := jar.Header(w.profile.ScriptCookies(reader)); header == "" {
		return "none", true
	}
	return "1", true
}

// cookieWrite is a script that assigns to document.cookie, in a first-party window or a frame.
func (w *world) cookieWrite(firstParty, frame *sop.Document, what string) (string, bool) {
	writer := frame
	if what == "first-party write" {
		writer = firstParty
	}
	if a := record(w, w.profile.CookieString(sop.CookieString{Document: writer, Set: true})); a.Exception != "" {
		return "!" + a.Exception, true
	}
	switch what {
	case "first-party write", "frame write":
		return "ok", true // which does not say that the cookie was stored
	case "frame write seen first-party":
		jar := &cookie.Store{Rules: w.profile.Fetch.Cookies}
		if _, err := jar.Set(w.profile.ScriptCookies(frame), "c=1"); err != nil {
			return "none", true
		}
		if header, _, _ := jar.Header(w.profile.ScriptCookies(firstParty)); header == "" {
			return "none", true
		}
		return "1", true
	}
	return "", false
}

// cookieSeen is whether a script of the reader sees the cookie that the writer's script set.
func (w *world) cookieSeen(writer, reader *sop.Document) (string, bool) {
	jar := &cookie.Store{Rules: w.profile.Fetch.Cookies}
	if _, err := jar.Set(w.profile.ScriptCookies(writer), "c=1"); err != nil {
		return "", false
	}
	if a := record(w, w.profile.CookieString(sop.CookieString{Document: reader})); a.Exception != "" {
		return "!" + a.Exception, true
	}
	if header, _, _ := jar.Header(w.profile.ScriptCookies(reader)); header == "" {
		return "none", true
	}
	return "1", true
}
