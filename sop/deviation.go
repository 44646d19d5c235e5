package sop

// A Deviation is one way in which a browser was measured to depart from a standard. The
// zero Deviation means none. It is a condition on the question: its code is the method of
// quirks that names it, in the quirks file beside the algorithm.
type Deviation uint8

const (
	htmlSpec    = "https://html.spec.whatwg.org/multipage/"
	storageSpec = "https://storage.spec.whatwg.org/"
)

// The deviations. Each row has the name, the browsers, a link to the place in the standard,
// and what the browser does there.
var (
	// Origins.

	AboutBlankTakesEmbedder = deviation("AboutBlankTakesEmbedder", webkit,
		htmlSpec+"document-sequences.html#determining-the-origin",
		"A frame that navigates itself to about:blank takes its embedder's origin, not its initiator's.")
	DataFrameNotSecure = deviation("DataFrameNotSecure", chromium,
		htmlSpec+"webappapis.html#secure-contexts",
		"A data: frame is never a secure context.")
	UnsandboxedDataFrameNotSecure = deviation("UnsandboxedDataFrameNotSecure", webkit,
		htmlSpec+"webappapis.html#secure-contexts",
		"A data: frame is a secure context only if it has an opaque origin from its sandbox.")
	CredentiallessPolicyUnknown = deviation("CredentiallessPolicyUnknown", webkit,
		htmlSpec+"browsers.html#embedder-policy-value",
		"The embedder policy credentialless is not known, so it means unsafe-none.")
	IsolationDelegated = deviation("IsolationDelegated", firefox|webkit,
		"https://w3c.github.io/webappsec-permissions-policy/#cross-origin-isolated",
		"A frame of another origin with an embedder policy is cross-origin isolated; in the standard its parent must allow it.")
	DomainToTopLabel = deviation("DomainToTopLabel", webkit,
		htmlSpec+"browsers.html#relaxing-the-same-origin-restriction",
		"document.domain can be set to the top label of a name that the Public Suffix List does not cover, such as localhost.")
	DomainWithPort = deviation("DomainWithPort", firefox,
		htmlSpec+"browsers.html#relaxing-the-same-origin-restriction",
		"document.domain accepts a value with a port, which it ignores.")

	// Windows.

	HasThrowsOffTheList = deviation("HasThrowsOffTheList", chromium,
		htmlSpec+"nav-history-apis.html#windowproxy-getownproperty",
		"The in operator throws for names that are not on the list of cross-origin properties, although reading them works.")
	PrototypeAndExtensibilityThrow = deviation("PrototypeAndExtensibilityThrow", chromium,
		htmlSpec+"nav-history-apis.html#windowproxy-setprototypeof",
		"Setting the prototype of another origin's window, or preventing its extensions, throws a SecurityError; the standard returns false.")
	IndicesNotEnumerable = deviation("IndicesNotEnumerable", chromium,
		htmlSpec+"nav-history-apis.html#windowproxy-getownproperty",
		"A for-in loop over another origin's window does not visit its frames.")
	AttributesBeforeMethods = deviation("AttributesBeforeMethods", chromium|firefox,
		htmlSpec+"nav-history-apis.html#crossoriginproperties-(-o-)",
		"The keys of another origin's window have all attributes before all methods.")
	BlurBeforeClose = deviation("BlurBeforeClose", chromium,
		htmlSpec+"nav-history-apis.html#crossoriginproperties-(-o-)",
		"Of the keys of another origin's window, the methods are in alphabetical order.")
	KeysInAlphabeticalOrder = deviation("KeysInAlphabeticalOrder", webkit,
		htmlSpec+"nav-history-apis.html#crossoriginproperties-(-o-)",
		"The keys of another origin's window are in alphabetical order.")
	NameAttributeNamesFrame = deviation("NameAttributeNamesFrame", chromium|firefox|webkit,
		htmlSpec+"nav-history-apis.html#document-tree-child-navigable-target-name-property-set",
		"A frame of another origin is a property of its parent's window under the name that its element gave it; in the standard only a same-origin frame is.")
	OwnNameNamesFrame = deviation("OwnNameNamesFrame", webkit,
		htmlSpec+"nav-history-apis.html#document-tree-child-navigable-target-name-property-set",
		"A frame of another origin that renames itself is a property of its parent's window under its new name.")
	ShadowFramesCounted = deviation("ShadowFramesCounted", firefox,
		htmlSpec+"nav-history-apis.html#accessing-other-browsing-contexts",
		"The frames of shadow trees are in window.frames and window.length.")
	ClosedLater = deviation("ClosedLater", chromium|webkit,
		htmlSpec+"nav-history-apis.html#dom-window-closed",
		"After close(), a window of another origin is not closed at once.")
	SeveredIsCrossOrigin = deviation("SeveredIsCrossOrigin", chromium,
		htmlSpec+"browsers.html#cross-origin-opener-policies",
		"A window that an opener policy severed is of another origin; in the standard it keeps its first, empty document.")
	NoopenerAllowPopupsIgnored = deviation("NoopenerAllowPopupsIgnored", firefox,
		htmlSpec+"browsers.html#cross-origin-opener-policies",
		"The opener policy noopener-allow-popups is not known, so it means unsafe-none.")
	SandboxedOpenThrows = deviation("SandboxedOpenThrows", firefox,
		htmlSpec+"nav-history-apis.html#window-open-steps",
		"window.open in a sandbox without allow-popups throws an InvalidAccessError; the standard returns null.")

	NoCredentiallessFrames = deviation("NoCredentiallessFrames", firefox|webkit,
		htmlSpec+"iframe-embed-object.html#attr-iframe-credentialless",
		"The credentialless attribute of a frame has no effect.")

	// Navigation.

	TopNeedsActivation = deviation("TopNeedsActivation", chromium|firefox|webkit,
		htmlSpec+"browsing-the-web.html#allowed-to-navigate",
		"A frame of another origin navigates its top-level page only with user activation, or if its sandbox says allow-top-navigation.")
	SiblingNeedsOrigin = deviation("SiblingNeedsOrigin", chromium|firefox|webkit,
		htmlSpec+"browsing-the-web.html#allowed-to-navigate",
		"A frame that is neither an ancestor nor a descendant is navigated only by a document that is same origin with it or one of its ancestors.")
	JavaScriptURLThrows = deviation("JavaScriptURLThrows", chromium,
		htmlSpec+"browsing-the-web.html#the-javascript:-url-special-case",
		"Setting the location of another origin's window to a javascript: URL throws a SecurityError; the standard does nothing.")

	SandboxedRewritesOpaquePaths = deviation("SandboxedRewritesOpaquePaths", webkit,
		htmlSpec+"nav-history-apis.html#can-have-its-url-rewritten",
		"pushState with a query works in a sandboxed data: or blob: document; the standard throws because no URL can be relative to such a URL.")

	// Messages.

	TargetNeedsTupleOrigin = deviation("TargetNeedsTupleOrigin", chromium|webkit,
		htmlSpec+"web-messaging.html#window-post-message-steps",
		"A target origin whose URL has an opaque origin is a SyntaxError; the standard accepts it, and it matches no window.")
	TargetSpaceEscaped = deviation("TargetSpaceEscaped", chromium,
		htmlSpec+"web-messaging.html#window-post-message-steps",
		"A target origin with a space in its host is accepted, and matches no window; the standard throws a SyntaxError.")

	// Storage and cookies.

	OpaqueCookiesThrow = deviation("OpaqueCookiesThrow", chromium,
		htmlSpec+"dom.html#dom-document-cookie",
		"document.cookie throws in every document with an opaque origin; in the standard a data: document reads an empty string.")
	SandboxedCookiesThrow = deviation("SandboxedCookiesThrow", firefox,
		htmlSpec+"dom.html#dom-document-cookie",
		"document.cookie throws in every document that is sandboxed without allow-same-origin, whatever its URL.")
	LockQueryNeedsFirstParty = deviation("LockQueryNeedsFirstParty", firefox,
		"https://w3c.github.io/web-locks/#api-lock-manager-query",
		"navigator.locks.query() throws a SecurityError in a frame of another site, in which request() works.")
	NoStorageManager = deviation("NoStorageManager", webkit,
		storageSpec+"#storagemanager",
		"navigator.storage has no estimate, persisted and getDirectory in the build that was measured.")
	ServiceWorkerNeedsFetchedDocument = deviation("ServiceWorkerNeedsFetchedDocument", chromium,
		"https://w3c.github.io/ServiceWorker/#navigator-service-worker-getregistrations",
		"navigator.serviceWorker throws an InvalidStateError in a blob: document and in the result of a javascript: URL.")
	StorageEventCrossesPartitions = deviation("StorageEventCrossesPartitions", webkit,
		htmlSpec+"webstorage.html#concept-storage-broadcast",
		"Storage events go to all documents of an origin, although each partition has data of its own.")

	// Embeds.

	WrongStyleTypeLoads = deviation("WrongStyleTypeLoads", chromium,
		htmlSpec+"links.html#link-type-stylesheet",
		"A style sheet whose Content-Type is not text/css fires load, although it does not apply.")
	TimerErrorsMuted = deviation("TimerErrorsMuted", webkit,
		htmlSpec+"webappapis.html#muted-errors",
		"An error from a timer of another origin's script is muted, with CORS too.")
	ThrownErrorsShown = deviation("ThrownErrorsShown", firefox,
		htmlSpec+"webappapis.html#muted-errors",
		"Errors that a script of another origin throws itself are shown; only those of the engine are muted.")
	RejectionsShown = deviation("RejectionsShown", webkit,
		htmlSpec+"webappapis.html#the-hostpromiserejectiontracker-implementation",
		"The rejections of a script of another origin fire unhandledrejection.")
	WorkerConstructorThrows = deviation("WorkerConstructorThrows", chromium|webkit,
		htmlSpec+"workers.html#dom-worker",
		"new Worker with a URL of another origin throws a SecurityError; in the standard the worker fires error.")
	SharedWorkerNeedsTupleOrigin = deviation("SharedWorkerNeedsTupleOrigin", chromium|firefox,
		htmlSpec+"workers.html#dom-sharedworker",
		"new SharedWorker throws a SecurityError in a document with an opaque origin.")
	WidthCleansCanvas = deviation("WidthCleansCanvas", chromium,
		htmlSpec+"canvas.html#concept-canvas-origin-clean",
		"Assigning to a canvas's width makes it origin-clean again; the standard does not say so.")

	// Requests of a page's parts.

	PrefetchOff = deviation("PrefetchOff", webkit,
		htmlSpec+"links.html#link-type-prefetch",
		"link rel=prefetch makes no request in the build that was measured.")
	IconsOff = deviation("IconsOff", webkit,
		htmlSpec+"links.html#rel-icon",
		"link rel=icon makes no request in the build that was measured.")
	PingsOff = deviation("PingsOff", firefox,
		htmlSpec+"links.html#hyperlink-auditing",
		"The ping attribute of a link makes no request, unless a setting allows it.")
	ManifestsOff = deviation("ManifestsOff", firefox|webkit,
		"https://w3c.github.io/manifest/#processing",
		"link rel=manifest makes no request, because pages cannot be installed.")
	DialogFormThrows = deviation("DialogFormThrows", firefox,
		htmlSpec+"form-control-infrastructure.html#form-submission-algorithm",
		"submit() of a form with method=dialog outside a dialog throws; in the standard it does nothing.")
	EmbedIsIframe = deviation("EmbedIsIframe", webkit,
		htmlSpec+"iframe-embed-object.html#the-embed-element",
		"The destination of an embed or object element's request is iframe.")
	FetchSiteIgnoresScheme = deviation("FetchSiteIgnoresScheme", firefox,
		"https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header",
		"Between http and https of one site below localhost, Sec-Fetch-Site is same-site.")
	FontPreloadUsesCORS = deviation("FontPreloadUsesCORS", firefox,
		htmlSpec+"links.html#link-type-preload",
		"A font is preloaded with CORS, without a crossorigin attribute too.")
	TransformsUseCORS = deviation("TransformsUseCORS", firefox,
		"https://fetch.spec.whatwg.org/#concept-request-destination",
		"An XSLT style sheet is requested with CORS; the other browsers request one of their own origin only.")
	ReportDestinationEmpty = deviation("ReportDestinationEmpty", webkit,
		"https://w3c.github.io/webappsec-csp/#report-violation",
		"The destination of a policy's report is empty.")
	FormNoReferrerKeepsOrigin = deviation("FormNoReferrerKeepsOrigin", firefox|webkit,
		htmlSpec+"form-control-infrastructure.html#plan-to-navigate",
		"A POST of a form with rel=noreferrer has the page's Origin; in the standard it is null.")
	WebSocketWithoutFetchMetadata = deviation("WebSocketWithoutFetchMetadata", chromium,
		"https://w3c.github.io/webappsec-fetch-metadata/#abstract-opdef-append-the-fetch-metadata-headers-for-a-request",
		"The opening handshake of a WebSocket has no Sec-Fetch headers.")
	WebSocketDestination = deviation("WebSocketDestination", webkit,
		"https://websockets.spec.whatwg.org/#concept-websocket-establish",
		"Sec-Fetch-Dest of a WebSocket's opening handshake is websocket; in the standard it is empty.")
	NoWebTransport = deviation("NoWebTransport", webkit,
		"https://w3c.github.io/webtransport/#web-transport",
		"There is no WebTransport in the build that was measured.")
	WorkerResponsesTaint = deviation("WorkerResponsesTaint", firefox,
		"https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cors-same-origin",
		"An image that a service worker answers with another response than its own origin's taints a canvas.")

	// Referrers, notifications and isolation by document.

	ReferrerOnlyOfFetched = deviation("ReferrerOnlyOfFetched", firefox,
		htmlSpec+"dom.html#dom-document-referrer",
		"document.referrer is empty in every document that was not fetched over http, such as a data: or blob: document.")
	SrcdocHasReferrer = deviation("SrcdocHasReferrer", chromium|webkit,
		htmlSpec+"dom.html#dom-document-referrer",
		"document.referrer of a sandboxed srcdoc document is its embedder's origin; in the standard it is empty.")
	SandboxedSrcdocSendsNoReferrer = deviation("SandboxedSrcdocSendsNoReferrer", chromium|firefox|webkit,
		referrerAnchor,
		"Requests of a sandboxed srcdoc document have no Referer; in the standard they have that of the page around it.")
	SrcdocSendsNoReferrer = deviation("SrcdocSendsNoReferrer", webkit,
		referrerAnchor,
		"Requests of a srcdoc document have no Referer; in the standard they have that of the page around it.")
	LocalDocumentSendsReferrer = deviation("LocalDocumentSendsReferrer", firefox,
		referrerAnchor,
		"Requests of a blob: document, and of the result of a javascript: URL, have a Referer.")
	NotificationsNeedTopOrigin = deviation("NotificationsNeedTopOrigin", chromium,
		"https://notifications.spec.whatwg.org/#dom-notification-permission",
		"Notification.permission is denied in a frame that is not same origin with the top-level page.")
	NotificationsNeedTopSite = deviation("NotificationsNeedTopSite", firefox,
		"https://notifications.spec.whatwg.org/#dom-notification-permission",
		"Notification.permission is denied in a frame of another site than the top-level page.")
	DocumentIsolation = deviation("DocumentIsolation", chromium,
		"https://wicg.github.io/document-isolation-policy/",
		"Document-Isolation-Policy isolates one document, which then loads other origins' resources only as with an embedder policy.")
)

// browsers is a set of browsers.
type browsers uint8

const (
	chromium browsers = 1 << iota
	firefox
	webkit
)

// deviationRow is everything that is known of one deviation.
type deviationRow struct {
	name                string
	browsers            browsers
	anchor, explanation string
}

// deviationRows has the rows in the order of their declaration; that of a Deviation d is
// deviationRows[d-1].
var deviationRows []deviationRow

// maxDeviations is the size of a Profile's set of deviations.
const maxDeviations = 128

// deviation adds a row.
func deviation(name string, in browsers, anchor, explanation string) Deviation {
	deviationRows = append(deviationRows, deviationRow{name, in, anchor, explanation})
	return Deviation(len(deviationRows))
}

// deviationsOf returns the deviations that a browser has.
func deviationsOf(b browsers) (set [maxDeviations]bool) {
	for i, r := range deviationRows {
		set[i+1] = r.browsers&b != 0
	}
	return set
}

// Deviations returns all deviations of all browsers.
func Deviations() []Deviation {
	out := make([]Deviation, len(deviationRows))
	for i := range out {
		out[i] = Deviation(i + 1)
	}
	return out
}

func (d Deviation) row() deviationRow {
	if d == 0 || int(d) > len(deviationRows) {
		return deviationRow{}
	}
	return deviationRows[d-1]
}

// String returns the deviation's name, or "" for none.
func (d Deviation) String() string { return d.row().name }

// Explanation says in one sentence what the browser does.
func (d Deviation) Explanation() string { return d.row().explanation }

// Anchor links to the place in a standard that the browser departs from.
func (d Deviation) Anchor() string { return d.row().anchor }
