package sop

import "fmt"

// A Reason is one rule of the same-origin policy that stopped an operation. The zero
// Reason means that nothing stopped it.
type Reason uint8

// The reasons, each with a row in the table below. Their names are stable; their numbers
// and order mean nothing.
const (
	_ Reason = iota

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
	InvalidURL
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

type row struct {
	name, algorithm, anchor, explanation, protects string
}

const (
	protectsPage = "A page's content is meant for its visitor. A script may read it only if it comes from the same origin."
	protectsNav  = "A frame must not replace what the visitor sees outside it, because the visitor cannot tell who did it."
)

var table = map[Reason]row{
	NoBrowsingContext: {"NoBrowsingContext", "document.domain setter",
		htmlSpec + "browsers.html#relaxing-the-same-origin-restriction",
		"The document is not shown in a window, so its domain cannot be set.", protectsPage},
	DomainSandboxed: {"DomainSandboxed", "document.domain setter",
		htmlSpec + "browsers.html#relaxing-the-same-origin-restriction",
		"A sandbox always forbids setting document.domain, also with allow-same-origin.", protectsPage},
	DomainOpaqueOrigin: {"DomainOpaqueOrigin", "document.domain setter",
		htmlSpec + "browsers.html#relaxing-the-same-origin-restriction",
		"The document has an opaque origin, which has no domain.", protectsPage},
	DomainNotSuffix: {"DomainNotSuffix", "is a registrable domain suffix of or is equal to",
		htmlSpec + "browsers.html#is-a-registrable-domain-suffix-of-or-is-equal-to",
		"The value is neither the document's host nor a registrable parent domain of it.", protectsPage},
	DomainOriginKeyed: {"DomainOriginKeyed", "document.domain setter",
		htmlSpec + "browsers.html#relaxing-the-same-origin-restriction",
		"The document's agent cluster is keyed by origin, so setting document.domain has no effect.", protectsPage},
	CrossOriginProperty: {"CrossOriginProperty", "CrossOriginPropertyFallback",
		htmlSpec + "nav-history-apis.html#crossoriginpropertyfallback-(-p-)",
		"The object belongs to another origin, and the operation is not one of the few that HTML allows across origins.",
		protectsPage},
	ContentNull: {"ContentNull", "content document",
		htmlSpec + "document-sequences.html#concept-bcc-content-document",
		"The two documents are not same origin-domain, so the result is null.", protectsPage},
	WindowSevered: {"WindowSevered", "check if a response requires an opener policy browsing context group switch",
		htmlSpec + "browsers.html#check-browsing-context-group-switch-coop-value",
		"The opener policies of the two documents do not match, so the browser cut the connection between the windows.",
		"A page can cut off the pages that opened it, and those it opens, so that none of them can reach its window."},
	NotSameOriginScript: {"NotSameOriginScript", "navigate to a javascript: URL",
		htmlSpec + "browsing-the-web.html#the-javascript:-url-special-case",
		"A javascript: URL runs only in a document that is same origin-domain with its initiator.", protectsPage},
	SandboxedNavigation: {"SandboxedNavigation", "allowed by sandboxing to navigate",
		htmlSpec + "browsing-the-web.html#allowed-to-navigate",
		"The source's sandbox forbids navigating other windows.", protectsNav},
	SandboxedTopNavigation: {"SandboxedTopNavigation", "allowed by sandboxing to navigate",
		htmlSpec + "browsing-the-web.html#allowed-to-navigate",
		"The source's sandbox has no allow-top-navigation.", protectsNav},
	SandboxedPopup: {"SandboxedPopup", "rules for choosing a navigable",
		htmlSpec + "document-sequences.html#the-rules-for-choosing-a-navigable",
		"The source's sandbox has no allow-popups.", protectsNav},
	TopWithoutActivation: {"TopWithoutActivation", "allowed by sandboxing to navigate",
		htmlSpec + "browsing-the-web.html#allowed-to-navigate",
		"A frame of another origin tried to navigate its top-level page without user activation.", protectsNav},
	UnrelatedFrame: {"UnrelatedFrame", "allowed by sandboxing to navigate",
		htmlSpec + "browsing-the-web.html#allowed-to-navigate",
		"The frame is neither inside the source nor around it, and the source is not same origin with it or an ancestor of it.",
		protectsNav},
	InvalidURL: {"InvalidURL", "URL parser", "https://url.spec.whatwg.org/#concept-url-parser",
		"The URL cannot be parsed.", "Nothing: the value is not a URL."},
	URLNotRewritable: {"URLNotRewritable", "can have its URL rewritten",
		htmlSpec + "nav-history-apis.html#can-have-its-url-rewritten",
		"The new URL is of another origin, has other credentials, or is not an http or https URL and differs in more than its fragment.",
		"The address bar must not show an origin that did not serve the page."},
	TargetOriginInvalid: {"TargetOriginInvalid", "window post message steps",
		htmlSpec + "web-messaging.html#window-post-message-steps",
		"The target origin is not \"*\", \"/\" or a URL.", "The sender must say which origin may receive its message."},
	TargetOriginMismatch: {"TargetOriginMismatch", "window post message steps",
		htmlSpec + "web-messaging.html#window-post-message-steps",
		"The window's document is not of the target origin when the message is delivered, so the message is dropped.",
		"A message must not reach a page that has replaced the one it was meant for."},
	NotCloneable: {"NotCloneable", "StructuredSerializeWithTransfer",
		htmlSpec + "structured-data.html#structuredserializewithtransfer",
		"The value cannot be cloned.", "Functions, windows and other platform objects stay in their own page."},
	OtherStorageKey: {"OtherStorageKey", "storage key equality", storageSpec + "#storage-keys",
		"The two documents have different storage keys.",
		"A page must not read what another origin stored, nor follow its visitor from site to site."},
	OpaqueOriginStorage: {"OpaqueOriginStorage", "obtain a storage key",
		storageSpec + "#obtain-a-storage-key",
		"The document has an opaque origin, which has no storage key.", "A sandboxed page must not keep data."},
	InsecureContext: {"InsecureContext", "secure context", htmlSpec + "webappapis.html#secure-contexts",
		"The API exists only in secure contexts.",
		"Anyone on the network could change a page on plain http and use the API."},
	OpaqueOriginCookies: {"OpaqueOriginCookies", "document.cookie",
		htmlSpec + "dom.html#dom-document-cookie",
		"The document has an opaque origin, so it has no cookies.", "A sandboxed page must not use the cookies of the site that serves it."},
	CookieAverse: {"CookieAverse", "cookie-averse Document object",
		htmlSpec + "dom.html#cookie-averse-document-object",
		"The document's URL is not http or https, so it has no cookies.", "Nothing: there is no host whose cookies they would be."},
	NoSuchAPI: {"NoSuchAPI", "StorageManager", storageSpec + "#storagemanager",
		"This build of the browser does not have the API.", "Nothing."},
	NotificationsInFrame: {"NotificationsInFrame", "get the notifications permission state",
		"https://notifications.spec.whatwg.org/#get-the-notifications-permission-state",
		"The document is in a frame of another origin or site than the top-level page, and may not ask for notifications.",
		"A visitor who is asked must know which site will send the notifications."},
	NotLoaded: {"NotLoaded", "fetch", "https://fetch.spec.whatwg.org/#concept-fetch",
		"The browser blocked the request or the response; the trace of the fetch says why.",
		"What package fetch says of its reason."},
	StatusNotOK: {"StatusNotOK", "default fetch and process the linked resource",
		htmlSpec + "semantics.html#default-fetch-and-process-the-linked-resource",
		"The response's status is not between 200 and 299.", "Nothing: an error page is not the resource."},
	NotAStyleSheet: {"NotAStyleSheet", "process the linked resource",
		htmlSpec + "links.html#link-type-stylesheet",
		"The response's Content-Type is not text/css.",
		"A page of another site must not be read by parsing it as a style sheet."},
	CORSCrossOrigin: {"CORSCrossOrigin", "CORS-cross-origin",
		htmlSpec + "urls-and-fetching.html#cors-cross-origin",
		"The response was loaded from another origin without CORS: the page may show or run it, but not read it.",
		"A resource is fetched with the visitor's cookies. A page must not read what another site sends to its visitor."},
	CanvasTainted: {"CanvasTainted", "origin-clean", htmlSpec + "canvas.html#concept-canvas-origin-clean",
		"Something of another origin was drawn on the canvas without CORS, so its pixels cannot be read.",
		"Pictures of another site are the visitor's own. A page may show them, but must not read them."},
	SheetNotOriginClean: {"SheetNotOriginClean", "origin-clean flag",
		"https://drafts.csswg.org/cssom/#concept-css-style-sheet-origin-clean-flag",
		"The style sheet was loaded from another origin without CORS, so its rules cannot be read or changed.",
		"A style sheet can contain data that is meant for the visitor."},
	XFrameOptions: {"XFrameOptions", "check a navigation response's adherence to X-Frame-Options",
		htmlSpec + "document-lifecycle.html#the-x-frame-options-header",
		"The response's X-Frame-Options does not allow this frame.",
		"A page in an invisible frame could be clicked by a visitor who does not see it (clickjacking)."},
	FrameAncestors: {"FrameAncestors", "frame-ancestors navigation response check",
		"https://w3c.github.io/webappsec-csp/#frame-ancestors-navigation-response",
		"The response's frame-ancestors does not name one of the pages around the frame.",
		"A page in an invisible frame could be clicked by a visitor who does not see it (clickjacking)."},
	FrameWithoutEmbedderPolicy: {"FrameWithoutEmbedderPolicy",
		"check a navigation response's adherence to its embedder policy",
		htmlSpec + "browsers.html#check-a-navigation-response's-adherence-to-its-embedder-policy",
		"The page around the frame has a Cross-Origin-Embedder-Policy, and the framed response has none.",
		"A page that could measure its process's memory must not have other pages in it that did not agree."},
	ErrorsMuted: {"ErrorsMuted", "report an exception", htmlSpec + "webappapis.html#muted-errors",
		"The script was loaded from another origin without CORS, so its errors are hidden.",
		"The text of an error could contain data of a file that the page loaded as a script but may not read."},
	WorkerNotSameOrigin: {"WorkerNotSameOrigin", "fetch a classic worker script",
		htmlSpec + "webappapis.html#fetch-a-classic-worker-script",
		"The worker's script is of another origin.",
		"A worker runs with the document's origin. Its script must come from there."},
	OtherWindow: {"OtherWindow", "obtain a session storage bottle map",
		storageSpec + "#obtain-a-session-storage-bottle-map",
		"The two documents are in different top-level windows, and each has session storage of its own.",
		"Two windows must not mix up what the visitor does in them."},
	NoStorageAccess: {"NoStorageAccess", "Storage Access API",
		"https://privacycg.github.io/storage-access/#dom-document-requeststorageaccess",
		"The document is embedded in a page of another site, has no permission to use its cookies there, and the visitor did not click in it.",
		"A page that is embedded everywhere must not recognize its visitor from site to site."},
}

// Reasons returns all reasons.
func Reasons() []Reason {
	all := make([]Reason, 0, len(table))
	for r := Reason(1); int(r) <= len(table); r++ {
		all = append(all, r)
	}
	return all
}

// String returns the reason's name; the zero Reason is "".
func (r Reason) String() string {
	if r == 0 {
		return ""
	}
	if name := table[r].name; name != "" {
		return name
	}
	return fmt.Sprintf("Reason(%d)", uint8(r))
}

// MarshalText returns what String returns.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Algorithm returns the name of the standard's algorithm in which the reason arises.
func (r Reason) Algorithm() string { return table[r].algorithm }

// Anchor returns the URL of the rule in its standard.
func (r Reason) Anchor() string { return table[r].anchor }

// Explanation says in one sentence what was found and why that stops the operation.
func (r Reason) Explanation() string { return table[r].explanation }

// Protects says whom the rule protects, and from what.
func (r Reason) Protects() string { return table[r].protects }
