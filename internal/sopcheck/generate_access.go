package sopcheck

import (
	"math/rand/v2"
	"strings"
)

// GenerateWindows returns about n checks of windows, names, domains, documents, navigation and messages,
// drawn from all combinations. A group may have fewer checks than its share.
func GenerateWindows(r *rand.Rand, n int) []Check {
	shares := []struct {
		group string
		parts int
		draw  func(*rand.Rand) string
	}{
		{"window", 24, drawWindow}, {"origins", 7, drawDocument}, {"messages", 6, drawMessage},
		{"navigation", 2, drawNavigation}, {"names", 2, drawName}, {"domain", 1, drawDomain},
	}
	parts := 0
	for _, s := range shares {
		parts += s.parts
	}
	var checks []Check
	for _, s := range shares {
		drawn := map[string]bool{}
		for range n * s.parts / parts * 4 {
			if len(drawn) >= n*s.parts/parts {
				break
			}
			if id := s.draw(r); !drawn[id] {
				drawn[id] = true
				checks = append(checks, Check{s.group, id})
			}
		}
	}
	return checks
}

// openWindowKeys are the properties that another origin may read, and some that an object has no name for.
var openWindowKeys = strings.Fields(`window self location close closed focus blur frames length top opener parent
	postMessage then kid 0 @@toStringTag @@hasInstance @@isConcatSpreadable`)

// closedWindowKeys are properties that another origin may not use.
var closedWindowKeys = strings.Fields(`document name customElements history navigation locationbar menubar personalbar
	scrollbars statusbar toolbar status frameElement navigator clientInformation origin external screen visualViewport
	innerWidth innerHeight scrollX pageXOffset scrollY pageYOffset screenX screenLeft screenY screenTop outerWidth
	outerHeight devicePixelRatio event performance indexedDB crypto caches cookieStore localStorage sessionStorage
	isSecureContext crossOriginIsolated originAgentCluster scheduler speechSynthesis trustedTypes launchQueue
	stop open alert confirm prompt print queueMicrotask requestAnimationFrame cancelAnimationFrame setTimeout
	clearTimeout setInterval clearInterval structuredClone atob btoa fetch createImageBitmap reportError getSelection
	getComputedStyle matchMedia moveTo moveBy resizeTo resizeBy scroll scrollTo scrollBy requestIdleCallback
	find captureEvents releaseEvents addEventListener removeEventListener dispatchEvent onload onerror onmessage
	onmessageerror onstorage onhashchange onpopstate onbeforeunload onunload onclick onkeydown onfocus onblur onresize
	onscroll onpagehide onpageshow onlanguagechange ononline onrejectionhandled onunhandledrejection
	Array Object Function Symbol Promise Proxy Reflect Map Set WeakMap Date RegExp Error TypeError JSON Math Intl
	Atomics ArrayBuffer DataView Uint8Array eval parseInt parseFloat isNaN isFinite decodeURI encodeURI escape unescape
	NaN Infinity undefined globalThis Window Document Node Element HTMLElement Event MessageEvent EventTarget Location
	History Storage Image Audio Option XMLHttpRequest WebSocket Worker SharedWorker Blob File URL URLSearchParams
	FormData Headers Request Response DOMParser MutationObserver MessageChannel BroadcastChannel WebAssembly
	hasOwnProperty isPrototypeOf propertyIsEnumerable toString toLocaleString valueOf constructor toJSON __proto__
	__defineGetter__ __lookupGetter__ nonexistent foo 1 2 99 secret token app config jQuery React
	@@toPrimitive @@iterator @@asyncIterator @@species @@match @@unscopables`)

// selfWindowKeys are properties whose values in the page's own origin are known.
var selfWindowKeys = strings.Fields(`window self location frames kid 0 closed opener document name navigator origin
	innerWidth event localStorage indexedDB crypto performance screen isSecureContext crossOriginIsolated alert Array
	fetch setTimeout onmessage frameElement status toJSON hasOwnProperty @@toPrimitive @@asyncIterator @@toStringTag
	close focus globalThis __proto__`)

var closedLocationKeys = strings.Fields(`origin protocol host hostname port pathname search hash ancestorOrigins assign
	reload toString valueOf constructor nonexistent hasOwnProperty fragmentDirective toJSON __proto__ toLocaleString
	isPrototypeOf @@toPrimitive @@iterator @@asyncIterator @@match 0 foo`)

// whole are the operations on a whole object that show no names of the browser's own.
var whole = strings.Split("getPrototypeOf|isExtensible|setPrototypeOf-{}|Object.setPrototypeOf-{}|Reflect.preventExtensions|"+
	"Object.preventExtensions|Object.freeze|Object.seal|JSON.stringify|toString.call|typeof|structuredClone|"+
	"[].concat(w).length|Object.keys|for-in", "|")

func drawWindow(r *rand.Rand) string {
	other := pick(r, "port", "sub", "parent", "cross", "sandbox")
	switch n := r.IntN(20); {
	case n < 1:
		return other + "/" + pick(r, append(whole, "String(w)", "ownKeys", "ownNames", "getOwnPropertyNames", "await w", "w==null")...)
	case n < 3:
		return other + "/" + pick(r, "get", "in", "hasOwn", "desc") + "/" + pick(r, openWindowKeys...)
	case n < 8:
		return other + "/" + pick(r, "get", "get", "get", "in", "hasOwn", "desc") + "/" + pick(r, closedWindowKeys...)
	case n < 13:
		return other + "/" + pick(r, "set", "define", "delete", "define", "delete") + "/" +
			pick(r, append(openWindowKeys, closedWindowKeys...)...)
	case n < 15:
		return other + "/location/" + pick(r, "get", "in", "hasOwn", "desc", "define", "delete") + "/" + pick(r, closedLocationKeys...)
	case n < 16:
		return other + "/location/" + pick(r, "set", "call") + "/" + pick(r, "hash", "search", "protocol", "host", "hostname", "port",
			"pathname", "foo", "replace", "assign", "reload", "toString", "href-syntax-error", "replace-syntax-error")
	case n < 17:
		return other + "/location/" + pick(r, "get/replace", "get/then", "get/@@toStringTag", "get/@@hasInstance", "desc/href",
			"desc/replace", "desc/then", "in/href", "in/replace", "hasOwn/href", "hasOwn/replace", "ownKeys", "getPrototypeOf", "isExtensible",
			"get/@@isConcatSpreadable", "get/href", "String", "JSON.stringify", "toString.call", "for-in", "Object.keys", "Object.freeze")
	case n < 18:
		return other + "/" + pick(r, "fn/focus()", "fn/blur()", "fn/close()", "fn/close.name,length", "fn/alert()", "fn/stop()",
			"fn/getSelection()", "fn/fetch()", "nav/location=", "nav/location.replace()", "nav/location.href= arrives", "after close(): closed",
			"identity/self===window", "identity/parent===this")
	case n < 19:
		return pick(r, other, "self") + "/inside/" + pick(r, "parent.document", "top.document", "parent.origin", "parent.localStorage",
			"top.location.origin", "parent.CFG", "parent === top", "window.kid === frames[0]", "frames[0].document", "frames.kid.document",
			"opener", "origin", "document.domain", "self.originAgentCluster", "top.postMessage.name")
	}
	return "self/" + pick(r, "get", "get", "in", "hasOwn") + "/" + pick(r, selfWindowKeys...)
}

func drawDocument(r *rand.Rand) string {
	kind := pick(r, "srcdoc", "data", "blob", "javascript", "about:blank written", "sandbox url", "sandbox+same-origin url",
		"sandbox srcdoc", "sandbox+same-origin srcdoc", "sandbox data", "sandbox+same-origin data", "sandbox blob",
		"sandbox+same-origin blob", "CSP sandbox header", "CSP sandbox+same-origin header", "cross-site url",
		"sandbox cross-site", "sandbox+same-origin cross-site", "credentialless", "url", "port url", "sub url", "parent url",
		"sandbox port url", "sandbox sub url", "sandbox+same-origin port url", "sandbox+same-origin sub url")
	return kind + "/" + pick(r, "self.origin", "location.origin", "event.origin", "contentDocument", "frameElement", "parent.document",
		"top global", "document.domain", "isSecureContext", "crossOriginIsolated", "originAgentCluster", "location.href prefix",
		"document.URL prefix", "document.baseURI prefix", "localStorage", "sessionStorage", "indexedDB.open", "storage.estimate",
		"storage.getDirectory", "storage.persisted", "crypto.subtle", "alert===undefined", "new BroadcastChannel", "document.cookie get",
		"document.cookie set", "createObjectURL prefix", "pushState #p", "new Worker(data:)", "new Worker(blob:)",
		"new SharedWorker(data:)")
}

func drawMessage(r *rand.Rand) string {
	rel := pick(r, "self", "port", "sub", "parent", "cross", "sandbox")
	switch r.IntN(6) {
	case 0:
		return pick(r, "event.origin from", "event.origin seen by", "MessageChannel port event.origin", "BroadcastChannel top ->",
			"transfer ArrayBuffer to") + " " + rel
	case 1:
		return "clone " + pick(r, "own Window", "other Window", "Location", "function", "File", "Blob", "symbol", "element") + " " + rel
	case 2:
		return "target origin of " + pick(r, "self", "port", "sub", "parent", "cross", "cross2", "https") + "/" + rel
	}
	return "target " + pick(r, "*", "/", "exact", "exact + path", "exact uppercase", "wrong port", "wrong scheme", "own origin",
		"userinfo", "data:", "about:blank", "space", "null", "empty", "no scheme", "trailing slash", "missing", "exact + query",
		"exact + fragment", "javascript:", "no host", "without port", "bad port", "spaces around", "two stars") + "/" + rel
}

func drawNavigation(r *rand.Rand) string {
	rel := drawHTTP(r)
	switch r.IntN(8) {
	case 0:
		return "nav grandchild of " + rel + " by index"
	case 1, 2:
		return "child " + rel + pick(r, " navigates cross-site sibling", " replaces sibling")
	case 3:
		return "frame " + rel + " moves top, sandbox=" + pick(r, "none", "allow-scripts", "allow-scripts allow-same-origin",
			"allow-scripts allow-same-origin allow-top-navigation", "allow-scripts allow-top-navigation",
			"allow-scripts allow-top-navigation-by-user-activation")
	}
	return pick(r, "pushState ", "replaceState ") + pick(r, "fragment", "path", "query", "other port", "sub", "https", "cross",
		"userinfo", "data", "about:blank", "blob", "bad", "relative", "javascript", "parent", "exact", "without port", "ftp",
		"empty", "backslash", "scheme-relative", "uppercase host")
}

func drawName(r *rand.Rand) string {
	rel := drawHTTP(r)
	switch r.IntN(4) {
	case 0, 1:
		return "named/" + pick(r, "frames[name]", "child window.name seen by open()", "document.name", "child renames itself",
			"grandchild-by-index", "grandchild.parent===child", "child with frame called document", "child with frame called then",
			"child with frame called nonexistent", "child with frame called localStorage", "child with frame called fetch",
			"child with frame called secret", "child with frame called history") + " " + rel
	case 2:
		return "popup/" + rel + "/" + pick(r, "opened", "w.opener", "w.outerWidth", "w.document", "w.name", "w.history", "w.closed",
			"inside/opener === null", "inside/opener.name", "inside/opener.CFG")
	}
	switch r.IntN(2) {
	case 0:
		return "open-features/" + pick(r, "none", "noopener", "noreferrer", "popup", "noopener=0", "popup,noopener", "popup,noopener=0",
			"noopener,noreferrer", "noopener=1") + "-" + rel + "/returns"
	}
	return "element/" + pick(r, "object", "iframe", "embed") + "-svg-" + rel + "/" +
		pick(r, "contentWindow", "contentDocument", "getSVGDocument")
}

func drawDomain(r *rand.Rand) string {
	switch r.IntN(3) {
	case 0:
		return "OAC absent/access/" + pick(r, "sub+sub both parent", "only one sets", "parent host itself not set", "parent host sets own",
			"different ports both", "same origin, both set own value", "same origin, one sets own value")
	case 1:
		return pick(r, "isSecureContext", "originAgentCluster", "DOMParser document get", "DOMParser document set", "createHTMLDocument set",
			"sandbox opaque get", "sandbox opaque set", "sandbox allow-same-origin set own", "sandbox allow-same-origin set parent")
	}
	return "OAC absent/set " + pick(r, "own", "parent", "uppercase", "tld", "empty", "sibling", "child", "unrelated",
		"parent trailing dot", "leading dot", "IP", "suffix without dot", "with port")
}
