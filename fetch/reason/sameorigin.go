package reason

import "fmt"

// A SameOrigin is one rule of the same-origin policy that stops an operation. The zero
// SameOrigin means that nothing stopped it. Package sop decides which; its name for the type is
// sop.Reason.
type SameOrigin uint8

// The rules, each with a row in the table below. Their names are stable; their numbers
// and order mean nothing.
const (
	_ SameOrigin = iota

	// document.domain.

	NoBrowsingContext
	DomainSandboxed
	DomainOpaqueOrigin
	DomainNotSuffix
	DomainOriginKeyed

	// Windows and frames.

	CrossOriginProperty
	ContentNull
	WindowSevered
	NotSameOriginScript

	// Navigation.

	SandboxedNavigation
	SandboxedTopNavigation
	SandboxedPopup
	TopWithoutActivation
	UnrelatedFrame
	URLNotParsed
	URLNotRewritable

	// Messages.

	TargetOriginInvalid
	TargetOriginMismatch
	NotCloneable
	OtherStorageKey

	// Storage.

	OpaqueOriginStorage
	InsecureContext
	OtherWindow
	NoStorageAccess
	OpaqueOriginCookies
	CookieAverse
	NoSuchAPI
	NotificationsInFrame

	// Embeds.

	NotLoaded
	StatusNotOK
	NotAStyleSheet
	CORSCrossOrigin
	CanvasTainted
	SheetNotOriginClean
	XFrameOptions
	FrameAncestors
	FrameWithoutEmbedderPolicy
	ErrorsMuted
	WorkerNotSameOrigin
)

const (
	htmlSpec    = "https://html.spec.whatwg.org/multipage/"
	storageSpec = "https://storage.spec.whatwg.org/"
)

const (
	protectsPage = "A page's content is meant for its visitor. A script may read it only if it comes from the same origin."
	protectsNav  = "A frame must not replace what the visitor sees outside it, because the visitor cannot tell who did it."
)

var sameOriginTable = map[SameOrigin]row{
	NoBrowsingContext: {name: "NoBrowsingContext", algorithm: "document.domain setter", party: Page,
		anchor:      htmlSpec + "browsers.html#relaxing-the-same-origin-restriction",
		explanation: "The document is not shown in a window, so its domain cannot be set.",
		protects:    protectsPage},
	DomainSandboxed: {name: "DomainSandboxed", algorithm: "document.domain setter", party: Page,
		anchor:      htmlSpec + "browsers.html#relaxing-the-same-origin-restriction",
		explanation: "A sandbox always forbids setting document.domain, also with allow-same-origin.",
		protects:    protectsPage},
	DomainOpaqueOrigin: {name: "DomainOpaqueOrigin", algorithm: "document.domain setter", party: Page,
		anchor:      htmlSpec + "browsers.html#relaxing-the-same-origin-restriction",
		explanation: "The document has an opaque origin, which has no domain.",
		protects:    protectsPage},
	DomainNotSuffix: {name: "DomainNotSuffix", algorithm: "is a registrable domain suffix of or is equal to", party: Page,
		anchor:      htmlSpec + "browsers.html#is-a-registrable-domain-suffix-of-or-is-equal-to",
		explanation: "The value is neither the document's host nor a registrable parent domain of it.",
		protects:    protectsPage},
	DomainOriginKeyed: {name: "DomainOriginKeyed", algorithm: "document.domain setter", party: Page,
		anchor:      htmlSpec + "browsers.html#relaxing-the-same-origin-restriction",
		explanation: "The document's agent cluster is keyed by origin, so setting document.domain has no effect.",
		protects:    protectsPage},
	CrossOriginProperty: {name: "CrossOriginProperty", algorithm: "CrossOriginPropertyFallback", party: Page,
		anchor:      htmlSpec + "nav-history-apis.html#crossoriginpropertyfallback-(-p-)",
		explanation: "The object belongs to another origin, and the operation is not one of the few that HTML allows across origins.",
		protects:    protectsPage},
	ContentNull: {name: "ContentNull", algorithm: "content document", party: Page,
		anchor:      htmlSpec + "document-sequences.html#concept-bcc-content-document",
		explanation: "The two documents are not same origin-domain, so the result is null.",
		protects:    protectsPage},
	WindowSevered: {name: "WindowSevered", algorithm: "check if a response requires an opener policy browsing context group switch", party: Server,
		anchor:      htmlSpec + "browsers.html#check-browsing-context-group-switch-coop-value",
		explanation: "The opener policies of the two documents do not match, so the browser cut the connection between the windows.",
		protects:    "A page can cut off the pages that opened it, and those it opens, so that none of them can reach its window."},
	NotSameOriginScript: {name: "NotSameOriginScript", algorithm: "navigate to a javascript: URL", party: Page,
		anchor:      htmlSpec + "browsing-the-web.html#the-javascript:-url-special-case",
		explanation: "A javascript: URL runs only in a document that is same origin-domain with its initiator.",
		protects:    protectsPage},
	SandboxedNavigation: {name: "SandboxedNavigation", algorithm: "allowed by sandboxing to navigate", party: Page,
		anchor:      htmlSpec + "browsing-the-web.html#allowed-to-navigate",
		explanation: "The source's sandbox forbids navigating other windows.",
		protects:    protectsNav},
	SandboxedTopNavigation: {name: "SandboxedTopNavigation", algorithm: "allowed by sandboxing to navigate", party: Page,
		anchor:      htmlSpec + "browsing-the-web.html#allowed-to-navigate",
		explanation: "The source's sandbox has no allow-top-navigation.",
		protects:    protectsNav},
	SandboxedPopup: {name: "SandboxedPopup", algorithm: "rules for choosing a navigable", party: Page,
		anchor:      htmlSpec + "document-sequences.html#the-rules-for-choosing-a-navigable",
		explanation: "The source's sandbox has no allow-popups.",
		protects:    protectsNav},
	TopWithoutActivation: {name: "TopWithoutActivation", algorithm: "allowed by sandboxing to navigate", party: Page,
		anchor:      htmlSpec + "browsing-the-web.html#allowed-to-navigate",
		explanation: "A frame of another origin tried to navigate its top-level page without user activation.",
		protects:    protectsNav},
	UnrelatedFrame: {name: "UnrelatedFrame", algorithm: "allowed by sandboxing to navigate", party: Page,
		anchor:      htmlSpec + "browsing-the-web.html#allowed-to-navigate",
		explanation: "The frame is neither inside the source nor around it, and the source is not same origin with it or an ancestor of it.",
		protects:    protectsNav},
	URLNotParsed: {name: "URLNotParsed", algorithm: "URL parser", party: Page,
		anchor:      "https://url.spec.whatwg.org/#concept-url-parser",
		explanation: "The URL cannot be parsed.",
		protects:    "Nothing: the value is not a URL."},
	URLNotRewritable: {name: "URLNotRewritable", algorithm: "can have its URL rewritten", party: Page,
		anchor:      htmlSpec + "nav-history-apis.html#can-have-its-url-rewritten",
		explanation: "The new URL is of another origin, has other credentials, or is not an http or https URL and differs in more than its fragment.",
		protects:    "The address bar must not show an origin that did not serve the page."},
	TargetOriginInvalid: {name: "TargetOriginInvalid", algorithm: "window post message steps", party: Page,
		anchor:      htmlSpec + "web-messaging.html#window-post-message-steps",
		explanation: "The target origin is not \"*\", \"/\" or a URL.",
		protects:    "The sender must say which origin may receive its message."},
	TargetOriginMismatch: {name: "TargetOriginMismatch", algorithm: "window post message steps", party: Page,
		anchor:      htmlSpec + "web-messaging.html#window-post-message-steps",
		explanation: "The window's document is not of the target origin when the message is delivered, so the message is dropped.",
		protects:    "A message must not reach a page that has replaced the one it was meant for."},
	NotCloneable: {name: "NotCloneable", algorithm: "StructuredSerializeWithTransfer", party: Page,
		anchor:      htmlSpec + "structured-data.html#structuredserializewithtransfer",
		explanation: "The value cannot be cloned.",
		protects:    "Functions, windows and other platform objects stay in their own page."},
	OtherStorageKey: {name: "OtherStorageKey", algorithm: "storage key equality", party: Page,
		anchor:      storageSpec + "#storage-keys",
		explanation: "The two documents have different storage keys.",
		protects:    "A page must not read what another origin stored, nor follow its visitor from site to site."},
	OpaqueOriginStorage: {name: "OpaqueOriginStorage", algorithm: "obtain a storage key", party: Page,
		anchor:      storageSpec + "#obtain-a-storage-key",
		explanation: "The document has an opaque origin, which has no storage key.",
		protects:    "A sandboxed page must not keep data."},
	InsecureContext: {name: "InsecureContext", algorithm: "secure context", party: Page,
		anchor:      htmlSpec + "webappapis.html#secure-contexts",
		explanation: "The API exists only in secure contexts.",
		protects:    "Anyone on the network could change a page on plain http and use the API."},
	OpaqueOriginCookies: {name: "OpaqueOriginCookies", algorithm: "document.cookie", party: Page,
		anchor:      htmlSpec + "dom.html#dom-document-cookie",
		explanation: "The document has an opaque origin, so it has no cookies.",
		protects:    "A sandboxed page must not use the cookies of the site that serves it."},
	CookieAverse: {name: "CookieAverse", algorithm: "cookie-averse Document object", party: Page,
		anchor:      htmlSpec + "dom.html#cookie-averse-document-object",
		explanation: "The document's URL is not http or https, so it has no cookies.",
		protects:    "Nothing: there is no host whose cookies they would be."},
	NoSuchAPI: {name: "NoSuchAPI", algorithm: "StorageManager", party: User,
		anchor:      storageSpec + "#storagemanager",
		explanation: "This build of the browser does not have the API.",
		protects:    "Nothing."},
	NotificationsInFrame: {name: "NotificationsInFrame", algorithm: "get the notifications permission state", party: User,
		anchor:      "https://notifications.spec.whatwg.org/#get-the-notifications-permission-state",
		explanation: "The document is in a frame of another origin or site than the top-level page, and may not ask for notifications.",
		protects:    "A visitor who is asked must know which site will send the notifications."},
	NotLoaded: {name: "NotLoaded", algorithm: "fetch", party: Server,
		anchor:      "https://fetch.spec.whatwg.org/#concept-fetch",
		explanation: "The browser blocked the request or the response; the trace of the fetch says why.",
		protects:    "What package fetch says of its reason."},
	StatusNotOK: {name: "StatusNotOK", algorithm: "default fetch and process the linked resource", party: Server,
		anchor:      htmlSpec + "semantics.html#default-fetch-and-process-the-linked-resource",
		explanation: "The response's status is not between 200 and 299.",
		protects:    "Nothing: an error page is not the resource."},
	NotAStyleSheet: {name: "NotAStyleSheet", algorithm: "process the linked resource", party: Server,
		anchor:      htmlSpec + "links.html#link-type-stylesheet",
		explanation: "The response's Content-Type is not text/css.",
		protects:    "A page of another site must not be read by parsing it as a style sheet."},
	CORSCrossOrigin: {name: "CORSCrossOrigin", algorithm: "CORS-cross-origin", party: Server,
		anchor:      htmlSpec + "urls-and-fetching.html#cors-cross-origin",
		explanation: "The response was loaded from another origin without CORS: the page may show or run it, but not read it.",
		protects:    "A resource is fetched with the visitor's cookies. A page must not read what another site sends to its visitor."},
	CanvasTainted: {name: "CanvasTainted", algorithm: "origin-clean", party: Server,
		anchor:      htmlSpec + "canvas.html#concept-canvas-origin-clean",
		explanation: "Something of another origin was drawn on the canvas without CORS, so its pixels cannot be read.",
		protects:    "Pictures of another site are the visitor's own. A page may show them, but must not read them."},
	SheetNotOriginClean: {name: "SheetNotOriginClean", algorithm: "origin-clean flag", party: Server,
		anchor:      "https://drafts.csswg.org/cssom/#concept-css-style-sheet-origin-clean-flag",
		explanation: "The style sheet was loaded from another origin without CORS, so its rules cannot be read or changed.",
		protects:    "A style sheet can contain data that is meant for the visitor."},
	XFrameOptions: {name: "XFrameOptions", algorithm: "check a navigation response's adherence to X-Frame-Options", party: Server,
		anchor:      htmlSpec + "speculative-loading.html#the-x-frame-options-header",
		explanation: "The response's X-Frame-Options does not allow this frame.",
		protects:    "A page in an invisible frame could be clicked by a visitor who does not see it (clickjacking)."},
	FrameAncestors: {name: "FrameAncestors", algorithm: "frame-ancestors navigation response check", party: Server,
		anchor:      "https://w3c.github.io/webappsec-csp/#frame-ancestors-navigation-response",
		explanation: "The response's frame-ancestors does not name one of the pages around the frame.",
		protects:    "A page in an invisible frame could be clicked by a visitor who does not see it (clickjacking)."},
	FrameWithoutEmbedderPolicy: {name: "FrameWithoutEmbedderPolicy", algorithm: "check a navigation response's adherence to its embedder policy", party: Server,
		anchor:      htmlSpec + "browsers.html#check-a-navigation-response's-adherence-to-its-embedder-policy",
		explanation: "The page around the frame has a Cross-Origin-Embedder-Policy, and the framed response has none.",
		protects:    "A page that could measure its process's memory must not have other pages in it that did not agree."},
	ErrorsMuted: {name: "ErrorsMuted", algorithm: "report an exception", party: Server,
		anchor:      htmlSpec + "webappapis.html#muted-errors",
		explanation: "The script was loaded from another origin without CORS, so its errors are hidden.",
		protects:    "The text of an error could contain data of a file that the page loaded as a script but may not read."},
	WorkerNotSameOrigin: {name: "WorkerNotSameOrigin", algorithm: "fetch a classic worker script", party: Page,
		anchor:      htmlSpec + "webappapis.html#fetch-a-classic-worker-script",
		explanation: "The worker's script is of another origin.",
		protects:    "A worker runs with the document's origin. Its script must come from there."},
	OtherWindow: {name: "OtherWindow", algorithm: "obtain a session storage bottle map", party: Page,
		anchor:      storageSpec + "#obtain-a-session-storage-bottle-map",
		explanation: "The two documents are in different top-level windows, and each has session storage of its own.",
		protects:    "Two windows must not mix up what the visitor does in them."},
	NoStorageAccess: {name: "NoStorageAccess", algorithm: "Storage Access API", party: User,
		anchor:      "https://privacycg.github.io/storage-access/#dom-document-requeststorageaccess",
		explanation: "The document is embedded in a page of another site, has no permission to use its cookies there, and the visitor did not click in it.",
		protects:    "A page that is embedded everywhere must not recognize its visitor from site to site."},
}

// AllSameOrigin returns every rule of the same-origin policy.
func AllSameOrigin() []SameOrigin {
	all := make([]SameOrigin, 0, len(sameOriginTable))
	for r := SameOrigin(1); int(r) <= len(sameOriginTable); r++ {
		all = append(all, r)
	}
	return all
}

// String returns the rule's name; the zero SameOrigin is "".
func (r SameOrigin) String() string {
	if r == 0 {
		return ""
	}
	if name := sameOriginTable[r].name; name != "" {
		return name
	}
	return fmt.Sprintf("SameOrigin(%d)", uint8(r))
}

// MarshalText returns what String returns.
func (r SameOrigin) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Algorithm returns the name of the standard's algorithm that has the rule.
func (r SameOrigin) Algorithm() string { return sameOriginTable[r].algorithm }

// Anchor returns the URL of the rule in its standard.
func (r SameOrigin) Anchor() string { return sameOriginTable[r].anchor }

// Explanation says in one sentence what was found and why that stops the operation.
func (r SameOrigin) Explanation() string { return sameOriginTable[r].explanation }

// Protects says whom the rule protects, and from what.
func (r SameOrigin) Protects() string { return sameOriginTable[r].protects }

// Party returns who must change something for the operation to work, or for another way to do the same.
func (r SameOrigin) Party() Party { return sameOriginTable[r].party }
