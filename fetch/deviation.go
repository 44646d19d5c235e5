package fetch

// A Deviation is one way in which a browser was measured to depart from the
// standard. The zero Deviation means none.
//
// docs/deviations.md lists the browsers that have each one, with a recorded case
// that shows it. Package conformance tests that a profile without any one of its
// deviations no longer agrees with its browser.
type Deviation uint8

// The deviations, in the order in which a fetch meets them. Each row has the
// name, the browsers, the evidence, a link to the place in the standard, and what
// the browser does there. The code is in the quirks file beside the algorithm.
var (
	// What a page may set.

	HeadersCombined = deviation("HeadersCombined", chromium|webkit, recorded,
		fetchSpec+"#cors-unsafe-request-header-names",
		"Headers with the same name are combined before they are checked; the standard checks each one by itself.")
	UserAgentNotSent = deviation("UserAgentNotSent", chromium, recorded,
		fetchSpec+"#forbidden-request-header",
		"A User-Agent that a script sets is silently dropped.")
	ClientHintsSafelisted = deviation("ClientHintsSafelisted", chromium, recorded,
		fetchSpec+"#cors-safelisted-request-header",
		"dpr, device-memory, save-data: on and other client hints need no preflight.")
	RangeBeyondInt64Unsafe = deviation("RangeBeyondInt64Unsafe", chromium|firefox|webkit, recorded,
		fetchSpec+"#cors-safelisted-request-header",
		"A Range with a number that does not fit into 64 bits needs a preflight.")
	RangeUnitAnyCase = deviation("RangeUnitAnyCase", webkit, recorded,
		fetchSpec+"#cors-safelisted-request-header",
		"The unit of a Range is compared case-insensitively, so BYTES=0-1 needs no preflight.")
	NonASCIIAcceptUnsafe = deviation("NonASCIIAcceptUnsafe", firefox, recorded,
		fetchSpec+"#cors-unsafe-request-header-byte",
		"An Accept with a byte above 0x7F needs a preflight.")
	DuplicateUnsafeNames = deviation("DuplicateUnsafeNames", firefox, recorded,
		fetchSpec+"#cors-unsafe-request-header-names",
		"A header that was set twice is named twice in Access-Control-Request-Headers.")
	UploadListenerNeedsBody = deviation("UploadListenerNeedsBody", chromium, recorded,
		fetchSpec+"#http-fetch",
		"Upload listeners force a preflight only if there is a body to upload.")
	SameOriginStreamPreflights = deviation("SameOriginStreamPreflights", chromium, recorded,
		fetchSpec+"#main-fetch",
		"A stream in same-origin mode is preflighted before it is blocked for its mode.")
	StreamBodyStringified = deviation("StreamBodyStringified", firefox, recorded,
		fetchSpec+"#bodyinit-unions",
		"A ReadableStream as a body is sent as the text [object ReadableStream].")
	StreamBodyNotSupported = deviation("StreamBodyNotSupported", webkit, recorded,
		fetchSpec+"#bodyinit-unions",
		"A ReadableStream as a body is refused.")
	BodyTypeNotGuarded = deviation("BodyTypeNotGuarded", webkit, recorded,
		fetchSpec+"#dom-request",
		"In no-cors mode the type of a Blob is sent as Content-Type although it is not safelisted.")
	XHRBodyTypeWithoutBody = deviation("XHRBodyTypeWithoutBody", webkit, recorded,
		fetchSpec+"#dom-request",
		"An XMLHttpRequest with method GET and a URLSearchParams sends the Content-Type without the body.")
	URLSearchParamsNamesCharset = deviation("URLSearchParamsNamesCharset", webkit, recorded,
		xhrSend,
		"XMLHttpRequest sets the charset of a script's Content-Type to UTF-8 for a URLSearchParams too, not only for a string.")
	URLSearchParamsCharsetReplacedInText = deviation("URLSearchParamsCharsetReplacedInText", firefox, recorded,
		xhrSend,
		"With a URLSearchParams, XMLHttpRequest replaces the charsets in a script's Content-Type with UTF-8 and leaves the rest of its text unchanged.")
	CharsetReplacedInText = deviation("CharsetReplacedInText", chromium, recorded,
		xhrSend,
		"With a string or a URLSearchParams, XMLHttpRequest replaces every charset in a script's Content-Type with UTF-8, keeps its quotes, and leaves the rest of the text unchanged.")
	CharsetNamedAfterPreflight = deviation("CharsetNamedAfterPreflight", firefox, recorded,
		xhrSend,
		"XMLHttpRequest changes the charset of a script's Content-Type after the preflight decision, and redirected requests carry the script's own value again.")
	EmptyBodyWithoutLength = deviation("EmptyBodyWithoutLength", webkit, recorded,
		fetchSpec+"#http-network-or-cache-fetch",
		"An empty Blob, and an empty URLSearchParams in an XMLHttpRequest, are sent without Content-Length unless the method is POST or PUT.")
	NoCORSRedirectModeFirst = deviation("NoCORSRedirectModeFirst", webkit, recorded,
		fetchSpec+"#main-fetch",
		"A no-cors request that does not follow redirects is refused even for a data: URL.")

	BarEscapedInPath = deviation("BarEscapedInPath", chromium, recorded,
		"https://url.spec.whatwg.org/#path-percent-encode-set",
		"A vertical bar in the path of an http or https URL becomes %7C.")
	PercentEncodingUpperCase = deviation("PercentEncodingUpperCase", webkit, recorded,
		"https://url.spec.whatwg.org/#percent-encoded-byte",
		"The digits of percent-encoded bytes in the path and the query of an http or https URL become upper-case.")
	SandboxedProhibitsMixedContent = deviation("SandboxedProhibitsMixedContent", chromium|firefox|webkit, recorded,
		"https://w3c.github.io/webappsec-mixed-content/#categorize-settings-object",
		"A sandboxed page that was loaded over https prohibits mixed content; in the standard its opaque origin does not.")
	LoopbackIsMixedContent = deviation("LoopbackIsMixedContent", webkit, recorded,
		"https://w3c.github.io/webappsec-mixed-content/#should-block-fetch",
		"http on localhost and loopback addresses is mixed content, except for images, audio and video that are not redirected there.")
	MediaRedirectsUpgradedOnLoopback = deviation("MediaRedirectsUpgradedOnLoopback", chromium, recorded,
		"https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm",
		"An image, audio or video that is redirected from https to http is requested over https, at IP addresses and on localhost too.")

	// What the browser adds to the request.

	HeadersSentAsUTF8 = deviation("HeadersSentAsUTF8", webkit, recorded,
		fetchSpec+"#concept-header-value",
		"Bytes above 0x7F in a header are sent as UTF-8, two bytes each.")
	RangeRewritten = deviation("RangeRewritten", chromium, recorded,
		fetchSpec+"#simple-range-header-value",
		"A Range that parses leniently is sent in canonical form.")
	CORSElementSendsOrigin = deviation("CORSElementSendsOrigin", chromium|webkit, recorded,
		fetchSpec+"#append-a-request-origin-header",
		"Images, scripts and style sheets with crossorigin send Origin to their own origin too.")
	CORSMediaSendsOrigin = deviation("CORSMediaSendsOrigin", webkit, recorded,
		fetchSpec+"#append-a-request-origin-header",
		"Audio and video with crossorigin send Origin to their own origin too.")
	OriginIgnoresReferrerPolicy = deviation("OriginIgnoresReferrerPolicy", chromium, recorded,
		fetchSpec+"#append-a-request-origin-header",
		"A no-cors POST sends its origin whatever the referrer policy.")
	NoCORSRedirectNullsOrigin = deviation("NoCORSRedirectNullsOrigin", chromium, recorded,
		fetchSpec+"#append-a-request-origin-header",
		"A no-cors POST that is redirected to another origin sends Origin: null, even on the first redirect away from the page's own origin.")
	NoReferrerNullsOrigin = deviation("NoReferrerNullsOrigin", firefox|webkit, recorded,
		fetchSpec+"#append-a-request-origin-header",
		"A no-cors POST without a referrer sends Origin: null.")
	ReferrerPolicyNullsFirstOriginOnly = deviation("ReferrerPolicyNullsFirstOriginOnly", webkit, recorded,
		fetchSpec+"#append-a-request-origin-header",
		"After a redirect to another origin, a no-cors POST sends its origin whatever the referrer policy.")
	OriginKeptOnSameOriginRedirect = deviation("OriginKeptOnSameOriginRedirect", webkit, recorded,
		fetchSpec+"#append-a-request-origin-header",
		"Without a CORS check, a redirect within one origin keeps the Origin header unchanged, even if the method or the referrer policy changes.")
	OpaqueOriginSendsReferrer = deviation("OpaqueOriginSendsReferrer", webkit, recorded,
		determineReferrerSpec,
		"A sandboxed page sends Referer.")
	ElementOpaqueOriginSendsReferrer = deviation("ElementOpaqueOriginSendsReferrer", firefox, recorded,
		determineReferrerSpec,
		"Elements of a sandboxed page send Referer, as for a cross-origin request.")
	LoopbackDowngradesReferrer = deviation("LoopbackDowngradesReferrer", chromium|firefox|webkit, recorded,
		determineReferrerSpec,
		"From https to http on localhost or a loopback address is a downgrade, so the default policy sends no Referer.")
	RelaxedReferrerPolicyIgnoredCrossSite = deviation("RelaxedReferrerPolicyIgnoredCrossSite", firefox, recorded,
		determineReferrerSpec,
		"Across sites, unsafe-url, no-referrer-when-downgrade and origin-when-cross-origin mean the default policy.")
	RedirectedIsCrossSite = deviation("RedirectedIsCrossSite", firefox, recorded,
		secFetchSiteSpec,
		"Over plain http, Sec-Fetch-Site after a redirect is cross-site where the standard says same-site.")
	NoFetchMetadataAfterCrossOriginRedirect = deviation("NoFetchMetadataAfterCrossOriginRedirect", webkit, recorded,
		"https://w3c.github.io/webappsec-fetch-metadata/#abstract-opdef-append-the-fetch-metadata-headers-for-a-request",
		"A CORS request has no Sec-Fetch headers after a redirect from one origin to another.")
	PreflightMetadataNeedsTrustworthyStart = deviation("PreflightMetadataNeedsTrustworthyStart", webkit, recorded,
		"https://w3c.github.io/webappsec-fetch-metadata/#abstract-opdef-append-the-fetch-metadata-headers-for-a-request",
		"A preflight after redirects has no Sec-Fetch headers if the first URL, before the redirects, was not potentially trustworthy.")
	PreflightForgetsRedirects = deviation("PreflightForgetsRedirects", chromium|firefox, recorded,
		secFetchSiteSpec,
		"Sec-Fetch-Site of a preflight depends on its own URL only, not on the URLs that redirected to it.")
	TaintedPreflightIsCrossSite = deviation("TaintedPreflightIsCrossSite", webkit, recorded,
		secFetchSiteSpec,
		"A preflight whose Origin is null after redirects sends Sec-Fetch-Site: cross-site.")
	PreflightAlwaysSaysMode = deviation("PreflightAlwaysSaysMode", chromium, recorded,
		fetchSpec+"#cors-preflight-fetch",
		"A preflight says Sec-Fetch-Mode: cors to servers over plain http too, which get no Sec-Fetch headers otherwise.")
	PreflightSaysStorageAccess = deviation("PreflightSaysStorageAccess", firefox, recorded,
		fetchSpec+"#cors-preflight-fetch",
		"A preflight carries the Sec-Fetch-Storage-Access of its request.")
	StorageAccessDroppedOnRedirect = deviation("StorageAccessDroppedOnRedirect", firefox, recorded,
		fetchSpec+"#append-a-request-origin-header",
		"A request that redirects have tainted has no Sec-Fetch-Storage-Access.")
	CookiesIgnoreRedirects = deviation("CookiesIgnoreRedirects", chromium, recorded,
		sameSiteModeSpec,
		"SameSite depends on the page and the URL, not on the redirects between them.")
	OwnHostCookiesIgnoreRedirects = deviation("OwnHostCookiesIgnoreRedirects", webkit, recorded,
		sameSiteModeSpec,
		"At the page's own host, SameSite does not depend on the redirects between the page and the URL.")
	OnlyIfCachedIsSent = deviation("OnlyIfCachedIsSent", webkit, recorded,
		fetchSpec+"#concept-http-network-or-cache-fetch",
		"A request with cache mode only-if-cached is sent if no response is cached; in the standard it is a network error.")
	CredentialsKeptAfterRedirect = deviation("CredentialsKeptAfterRedirect", webkit, recorded,
		fetchSpec+"#concept-http-network-or-cache-fetch",
		"A no-cors request with credentials mode same-origin that starts at the page's own origin keeps its credentials on a redirect to another origin.")
	SandboxedCookiesByURL = deviation("SandboxedCookiesByURL", webkit, recorded,
		sameSiteModeSpec,
		"For cookies, a sandboxed page has the host of its URL instead of an opaque origin.")
	NewCookiePartyByDomain = deviation("NewCookiePartyByDomain", webkit, recorded,
		"https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html#store-a-cookie",
		"Whether a new cookie is third-party depends on its Domain instead of the URL, and hosts whose suffix is not on the Public "+
			"Suffix List, such as sub.site.test and site.test, are different parties.")

	// Pages of extensions without permission for the host.

	ExtensionCookiesFirstParty = deviation("ExtensionCookiesFirstParty", chromium|firefox, recorded,
		"https://privacycg.github.io/storage-partitioning/",
		"In a page of an extension no cookie is third-party.")
	ExtensionHasStorageAccess = deviation("ExtensionHasStorageAccess", chromium, recorded,
		"https://privacycg.github.io/storage-access-headers/",
		"Requests of an extension's page have Sec-Fetch-Storage-Access: active.")
	ExtensionOriginWithoutReferrer = deviation("ExtensionOriginWithoutReferrer", firefox, recorded,
		fetchSpec+"#append-a-request-origin-header",
		"A no-cors POST of an extension's page sends its origin, although it has no referrer.")
	ExtensionMediaUpgraded = deviation("ExtensionMediaUpgraded", firefox, recorded,
		"https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm",
		"In a page of an extension images, audio and video over http are requested over https.")

	// Preflights.

	AuthorizationCoveredByWildcard = deviation("AuthorizationCoveredByWildcard", chromium|firefox|webkit, recorded,
		fetchSpec+"#cors-non-wildcard-request-header-name",
		"Access-Control-Allow-Headers: * covers Authorization.")
	UploadListenerGrantsNoMethod = deviation("UploadListenerGrantsNoMethod", chromium|firefox|webkit, recorded,
		fetchSpec+"#cors-preflight-fetch",
		"A preflight that upload listeners forced still needs Access-Control-Allow-Methods for a method that is not safelisted.")
	PreflightCarriesUserAgent = deviation("PreflightCarriesUserAgent", webkit, recorded,
		fetchSpec+"#cors-preflight-fetch",
		"A preflight carries the User-Agent that the script set.")
	PreflightInheritsCacheMode = deviation("PreflightInheritsCacheMode", chromium|firefox, recorded,
		fetchSpec+"#cors-preflight-fetch",
		"A preflight has the cache mode of its request, and so Pragma and Cache-Control.")
	PreflightKeepsFirstReferrer = deviation("PreflightKeepsFirstReferrer", webkit, recorded,
		fetchSpec+"#cors-preflight-fetch",
		"A preflight after a redirect carries the Referer of the first request.")
	PreflightIgnoresTaint = deviation("PreflightIgnoresTaint", firefox, recorded,
		fetchSpec+"#cors-preflight-fetch",
		"A preflight after redirects carries the page's own Origin and its response is checked against it, while the request itself sends null.")
	PreflightNamesFirstHeaders = deviation("PreflightNamesFirstHeaders", webkit, recorded,
		fetchSpec+"#cors-preflight-fetch",
		"A preflight after redirects still names headers that earlier redirects removed.")
	PreflightNamesBodyHeaders = deviation("PreflightNamesBodyHeaders", firefox, recorded,
		fetchSpec+"#cors-preflight-fetch",
		"A preflight two redirects after the method became GET names the body's headers again.")
	PreflightsStick = deviation("PreflightsStick", firefox|webkit, recorded,
		fetchSpec+"#http-fetch",
		"A request that once needed a preflight is preflighted after every redirect, whether needed or not.")
	PreflightsStickFromHome = deviation("PreflightsStickFromHome", firefox, recorded,
		fetchSpec+"#http-fetch",
		"A request whose headers would need a preflight is preflighted after every redirect, even if it starts at the page's own origin.")

	// The CORS-preflight cache.

	CacheModeBypassesPreflightCache = deviation("CacheModeBypassesPreflightCache", chromium|firefox, recorded,
		fetchSpec+"#concept-cache",
		"Cache modes no-store and reload send a new preflight.")
	NoCacheBypassesPreflightCache = deviation("NoCacheBypassesPreflightCache", chromium, recorded,
		fetchSpec+"#concept-cache",
		"Cache mode no-cache sends a new preflight.")
	ConditionalIsNoCache = deviation("ConditionalIsNoCache", chromium, recorded,
		fetchSpec+"#concept-http-network-or-cache-fetch",
		"A request with If-None-Match or another condition has cache mode no-cache from the start.")
	ConditionalIsNoStore = deviation("ConditionalIsNoStore", firefox, recorded,
		fetchSpec+"#concept-http-network-or-cache-fetch",
		"A fetch() with If-None-Match or another condition has cache mode no-store from the start, and so has its preflight.")
	PreflightCacheKeyedByCredentials = deviation("PreflightCacheKeyedByCredentials", firefox, recorded,
		fetchSpec+"#concept-cache-match",
		"A preflight that was cached with credentials is not used for a request without them.")
	NullOriginPreflightNotCached = deviation("NullOriginPreflightNotCached", chromium, recorded,
		fetchSpec+"#concept-cache",
		"A preflight for the null origin is not cached.")
	WildcardPreflightNotCached = deviation("WildcardPreflightNotCached", firefox, recorded,
		fetchSpec+"#concept-cache-match-method",
		"A cached * does not cover any method or header.")
	AuthorizationCoveredInPreflightCache = deviation("AuthorizationCoveredInPreflightCache", webkit, recorded,
		fetchSpec+"#concept-cache-match-header",
		"A cached * covers Authorization.")
	HEADPreflightNotSafelisted = deviation("HEADPreflightNotSafelisted", firefox, recorded,
		fetchSpec+"#http-fetch",
		"A cached preflight covers HEAD only if it allows HEAD by name.")
	UploadListenerNeedsNoMethodEntry = deviation("UploadListenerNeedsNoMethodEntry", chromium|firefox|webkit, recorded,
		fetchSpec+"#http-fetch",
		"With upload listeners too, a cached preflight covers GET, HEAD and POST without naming them.")
	PreflightCacheMissClears = deviation("PreflightCacheMissClears", chromium|webkit, recorded,
		fetchSpec+"#concept-cache",
		"Entries for a URL that do not cover a request are removed, even if the new preflight fails.")
	PreflightStoredBeforeChecked = deviation("PreflightStoredBeforeChecked", webkit, recorded,
		fetchSpec+"#cors-preflight-fetch",
		"A preflight response is cached even if it does not allow the request that it was sent for.")
	FailureKeepsPreflightCache = deviation("FailureKeepsPreflightCache", chromium|webkit, recorded,
		fetchSpec+"#main-fetch",
		"A request that fails leaves the cache unchanged.")
	BadMaxAgeNotCached = deviation("BadMaxAgeNotCached", firefox, recorded,
		fetchSpec+"#cors-preflight-fetch",
		"A preflight with an invalid Access-Control-Max-Age is not cached; the standard caches it for five seconds.")
	NegativeMaxAgeIsZero = deviation("NegativeMaxAgeIsZero", chromium|webkit, recorded,
		fetchSpec+"#cors-preflight-fetch",
		"A preflight with a negative Access-Control-Max-Age is not cached; in the standard the value is invalid and means five seconds.")

	ZeroMaxAgeKeepsEntries = deviation("ZeroMaxAgeKeepsEntries", firefox, recorded,
		fetchSpec+"#cors-preflight-fetch",
		"A preflight that is not cached, such as with Access-Control-Max-Age: 0, leaves what an earlier preflight allowed in the cache.")

	// Redirects.

	SameOriginRedirectWithUserinfoBlocked = deviation("SameOriginRedirectWithUserinfoBlocked", chromium, recorded,
		fetchSpec+"#concept-http-redirect-fetch",
		"A redirect to a URL with a user name or password is blocked even within one origin, except for XMLHttpRequest.")
	RedirectUserinfoAfterPreflight = deviation("RedirectUserinfoAfterPreflight", webkit, recorded,
		fetchSpec+"#concept-http-redirect-fetch",
		"A redirect to a URL with a user name or password is blocked only after its preflight was sent.")
	RedirectMixedContentAfterPreflight = deviation("RedirectMixedContentAfterPreflight", webkit, recorded,
		"https://w3c.github.io/webappsec-mixed-content/#should-block-fetch",
		"A redirect to mixed content is blocked only after its preflight was sent.")
	EmptyLocationNotFollowed = deviation("EmptyLocationNotFollowed", chromium, recorded,
		fetchSpec+"#concept-response-location-url",
		"A response with an empty Location is not a redirect: the page gets the response.")
	EmptyLocationFails = deviation("EmptyLocationFails", webkit, recorded,
		fetchSpec+"#concept-response-location-url",
		"An empty Location is a network error; in the standard it redirects to the same URL.")
	DuplicateLocationFollowed = deviation("DuplicateLocationFollowed", chromium|firefox, recorded,
		fetchSpec+"#concept-response-location-url",
		"Several equal Location headers count as one.")
	LocationsJoined = deviation("LocationsJoined", webkit, recorded,
		fetchSpec+"#concept-response-location-url",
		"Several Location headers are joined with a comma into one.")
	RedirectNeedsLocation = deviation("RedirectNeedsLocation", chromium|webkit, recorded,
		fetchSpec+"#concept-http-fetch",
		"In redirect mode error, a redirect status without Location, or with an empty one, is an ordinary response.")
	ManualRedirectNeedsURL = deviation("ManualRedirectNeedsURL", chromium, recorded,
		fetchSpec+"#concept-http-fetch",
		"In redirect mode manual, a Location that is not a valid URL is a network error too.")
	ManualRedirectToFTPFails = deviation("ManualRedirectToFTPFails", webkit, recorded,
		fetchSpec+"#concept-http-fetch",
		"In redirect mode manual, a Location with the scheme ftp is a network error too.")
	ScriptRedirectsToDataURL = deviation("ScriptRedirectsToDataURL", webkit, recorded,
		fetchSpec+"#concept-http-redirect-fetch",
		"A script without the crossorigin attribute may be redirected to a data: URL.")
	RedirectCheckedWithCredentials = deviation("RedirectCheckedWithCredentials", webkit, recorded,
		fetchSpec+"#concept-http-fetch",
		"If a request starts at the page's own origin, redirects by other origins must pass the CORS check with credentials.")
	ClientHintsDroppedOnRedirect = deviation("ClientHintsDroppedOnRedirect", chromium, recorded,
		fetchSpec+"#concept-http-redirect-fetch",
		"A redirect to an origin other than the page's drops the client hints that a script set.")
	DeleteBecomesGET = deviation("DeleteBecomesGET", webkit, recorded,
		fetchSpec+"#concept-http-redirect-fetch",
		"A redirect to another origin turns DELETE into GET.")
	BodyHeadersAlwaysReturn = deviation("BodyHeadersAlwaysReturn", webkit, recorded,
		fetchSpec+"#concept-http-redirect-fetch",
		"The body's headers, dropped when a redirect made the method GET, return on the next redirect. In no-cors mode, and until the request leaves its own origin, only Content-Type returns, and only after a 307 or 308.")
	BodyHeadersReturn = deviation("BodyHeadersReturn", firefox, recorded,
		fetchSpec+"#concept-http-redirect-fetch",
		"The body's headers, dropped when a redirect made the method GET, return on the next redirect, unless that one would have dropped them too.")
	UserAgentRevertsOnRedirect = deviation("UserAgentRevertsOnRedirect", webkit, recorded,
		fetchSpec+"#concept-http-redirect-fetch",
		"A redirect without CORS replaces the script's User-Agent with the browser's own.")
	AuthorizationReturns = deviation("AuthorizationReturns", firefox, recorded,
		fetchSpec+"#concept-http-redirect-fetch",
		"The Authorization that a script set, dropped when a redirect changed origins, returns on the next redirect within one origin.")

	// Responses.

	NoCredentialless = deviation("NoCredentialless", webkit, recorded,
		fetchSpec+"#cross-origin-embedder-policy-allows-credentials",
		"The embedder policy credentialless means unsafe-none.")
	InvalidCORPSatisfiesCOEP = deviation("InvalidCORPSatisfiesCOEP", firefox, recorded,
		fetchSpec+"#cross-origin-resource-policy-internal-check",
		"Any Cross-Origin-Resource-Policy value, valid or not, satisfies an embedder policy that requires the header.")
	OpaqueFetchNotBlocked = deviation("OpaqueFetchNotBlocked", chromium|firefox, recorded,
		orbSpec,
		"Opaque response blocking does not apply to fetch() in no-cors mode.")
	ORBByTypeAndSniff = deviation("ORBByTypeAndSniff", chromium, recorded,
		orbSpec,
		"Opaque response blocking decides by type and first bytes: all media types are allowed, and an error status does not matter.")
	PlainTextNosniffNotBlocked = deviation("PlainTextNosniffNotBlocked", firefox, recorded,
		orbSpec,
		"Opaque response blocking allows text/plain with nosniff.")
	MediaAllowedInEveryRequest = deviation("MediaAllowedInEveryRequest", firefox, recorded,
		orbSpec,
		"Opaque response blocking allows audio and video in response to every request, not only to that of a media element.")
	StreamingTypesNotBlocked = deviation("StreamingTypesNotBlocked", firefox, recorded,
		orbSpec,
		"Opaque response blocking allows the types of HLS, DASH and WebVTT: application/dash+xml, application/vnd.apple.mpegurl, audio/mpegurl and text/vtt.")
	NoOpaqueResponseBlocking = deviation("NoOpaqueResponseBlocking", webkit, recorded,
		orbSpec,
		"The browser has no opaque response blocking.")
	FontsWithoutCORS = deviation("FontsWithoutCORS", webkit, recorded,
		"https://drafts.csswg.org/css-fonts-4/#font-fetching-requirements",
		"FontFace loads fonts in no-cors mode, with credentials.")
	ResponseURLWithoutCredentials = deviation("ResponseURLWithoutCredentials", webkit, recorded,
		fetchSpec+"#concept-response-url",
		"The URL of a CORS response is shown without its user name and password.")
	DataURLHasContentLength = deviation("DataURLHasContentLength", firefox, recorded,
		fetchSpec+"#data-url-processor",
		"The response of fetch() for a data: URL has a Content-Length.")
	AboutBlankNotFetched = deviation("AboutBlankNotFetched", chromium|webkit, recorded,
		fetchSpec+"#scheme-fetch",
		"about:blank cannot be fetched in no-cors mode.")

	// Local Network Access. No case on loopback can show these.

	LocalNetworkAccessFromPublicOnly = deviation("LocalNetworkAccessFromPublicOnly", chromium, documented,
		lnaSpec,
		"Local Network Access applies only to pages in the public address space.")
	NoLocalNetworkAccess = deviation("NoLocalNetworkAccess", webkit, documented,
		lnaSpec,
		"The browser has no Local Network Access.")
)

// Places in the standards that several rows link to.
const (
	fetchSpec             = "https://fetch.spec.whatwg.org/"
	xhrSend               = "https://xhr.spec.whatwg.org/#the-send()-method"
	determineReferrerSpec = "https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer"
	secFetchSiteSpec      = "https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header"
	sameSiteModeSpec      = fetchSpec + "#determine-the-same-site-mode"
	orbSpec               = "https://github.com/annevk/orb"
	lnaSpec               = "https://wicg.github.io/local-network-access/#local-network-access-check"
)

// The evidence for a deviation.
const (
	recorded   = "" // a case of package conformance's recorded corpus shows it
	documented = "needs a page in the public address space; by the vendor's documentation"
)

// browsers is a set of profiles.
type browsers uint8

const (
	chromium browsers = 1 << iota
	firefox
	webkit
)

// deviationRow is everything that is known of one deviation.
type deviationRow struct {
	name                          string
	browsers                      browsers
	evidence, anchor, explanation string
}

// deviationRows has the rows in the order of their declaration; that of a
// Deviation d is deviationRows[d-1].
var deviationRows []deviationRow

// maxDeviations is the size of a Profile's set of deviations.
const maxDeviations = 128

// deviation adds a row.
func deviation(name string, in browsers, evidence, anchor, explanation string) Deviation {
	deviationRows = append(deviationRows, deviationRow{name, in, evidence, anchor, explanation})
	return Deviation(len(deviationRows))
}

// deviationsOf returns the deviations that a browser has.
func deviationsOf(b browsers) (set [maxDeviations]bool) {
	for i, r := range deviationRows {
		set[i+1] = r.browsers&b != 0
	}
	return set
}

// Deviations returns all deviations of all browsers, in the order in which a
// fetch meets them.
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

// Evidence says how the deviation is known if no recorded case shows it. It is ""
// for deviations that package conformance has a case for.
func (d Deviation) Evidence() string { return d.row().evidence }
