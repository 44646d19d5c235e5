package fetch

// fetchSpec is where the Fetch standard is.
const fetchSpec = "https://fetch.spec.whatwg.org/"

// A Deviation is one way in which a browser was measured to do something other
// than the standard says. The zero Deviation is none.
//
// Which browser has which, and the recorded case that shows it, is in
// docs/deviations.md; package conformance tests that without any one of them a
// profile no longer agrees with its browser.
type Deviation uint8

// The deviations, in the order in which a fetch meets them.
const (
	_ Deviation = iota

	// What a page may set.

	HeadersCombined
	UserAgentNotSent
	ClientHintsSafelisted
	RangeBeyondInt64Unsafe
	RangeUnitAnyCase
	NonASCIIAcceptUnsafe
	DuplicateUnsafeNames
	UploadListenerNeedsBody
	StreamNeedsHTTP2
	SameOriginStreamPreflights
	StreamBodyStringified
	StreamBodyNotSupported
	BodyTypeNotGuarded
	XHRBodyTypeWithoutBody
	URLSearchParamsNamesCharset
	URLSearchParamsCharsetReplacedInText
	CharsetReplacedInText
	CharsetNamedAfterPreflight
	EmptyBodyWithoutLength
	NoCORSRedirectModeFirst

	// What is sent beside.

	HeadersSentAsUTF8
	RangeRewritten
	CORSElementSendsOrigin
	CORSMediaSendsOrigin
	OriginIgnoresReferrerPolicy
	NoCORSRedirectNullsOrigin
	NoReferrerNullsOrigin
	ReferrerPolicyNullsFirstOriginOnly
	OriginKeptOnSameOriginRedirect
	OpaqueOriginSendsReferrer
	ElementOpaqueOriginSendsReferrer
	RelaxedReferrerPolicyIgnoredCrossSite
	RedirectedIsCrossSite
	NoFetchMetadataAfterCrossOriginRedirect
	PreflightForgetsRedirects
	TaintedPreflightIsCrossSite
	PreflightSaysStorageAccess
	StorageAccessDroppedOnRedirect
	CookiesIgnoreRedirects
	OwnHostCookiesIgnoreRedirects
	CredentialsKeptAfterRedirect
	SandboxedCookiesByURL

	// Preflights.

	AuthorizationCoveredByWildcard
	UploadListenerGrantsNoMethod
	PreflightCarriesUserAgent
	PreflightInheritsCacheMode
	PreflightKeepsFirstReferrer
	PreflightIgnoresTaint
	PreflightNamesFirstHeaders
	PreflightNamesBodyHeaders
	PreflightsStick
	PreflightsStickFromHome

	// The CORS-preflight cache.

	CacheModeBypassesPreflightCache
	NoCacheBypassesPreflightCache
	ConditionalIsNoCache
	ConditionalIsNoStore
	PreflightCacheKeyedByCredentials
	NullOriginPreflightNotCached
	WildcardPreflightNotCached
	AuthorizationCoveredInPreflightCache
	HEADPreflightNotSafelisted
	UploadListenerNeedsNoMethodEntry
	PreflightCacheMissClears
	PreflightStoredBeforeChecked
	FailureKeepsPreflightCache
	BadMaxAgeNotCached
	NegativeMaxAgeIsZero

	// Redirects.

	SameOriginRedirectWithUserinfoBlocked
	RedirectUserinfoAfterPreflight
	EmptyLocationNotFollowed
	EmptyLocationFails
	DuplicateLocationFollowed
	LocationsJoined
	RedirectNeedsLocation
	ManualRedirectNeedsURL
	ManualRedirectToFTPFails
	ScriptRedirectsToDataURL
	RedirectCheckedWithCredentials
	ClientHintsDroppedOnRedirect
	DeleteBecomesGET
	BodyHeadersAlwaysReturn
	BodyHeadersReturn
	UserAgentRevertsOnRedirect
	AuthorizationReturns

	// Responses.

	NoCredentialless
	InvalidCORPSatisfiesCOEP
	OpaqueFetchNotBlocked
	ORBByTypeAndSniff
	PlainTextNosniffNotBlocked
	NoOpaqueResponseBlocking
	FontsWithoutCORS
	ResponseURLWithoutCredentials
	DataURLHasContentLength
	AboutBlankNotFetched

	// Local Network Access.

	LocalNetworkAccessFromPublicOnly
	NoLocalNetworkAccess

	deviationCount
)

var deviationTable = [deviationCount]struct{ name, explanation, anchor string }{
	HeadersCombined:                         {"HeadersCombined", "Headers of one name are one header, with their values joined, before they are judged; the standard judges each by itself.", fetchSpec + "#cors-unsafe-request-header-names"},
	UserAgentNotSent:                        {"UserAgentNotSent", "A User-Agent that a script sets is dropped without a word.", fetchSpec + "#forbidden-request-header"},
	ClientHintsSafelisted:                   {"ClientHintsSafelisted", "dpr, device-memory, save-data and other client hints need no preflight.", fetchSpec + "#cors-safelisted-request-header"},
	RangeBeyondInt64Unsafe:                  {"RangeBeyondInt64Unsafe", "A Range whose number does not fit 64 bits needs a preflight.", fetchSpec + "#cors-safelisted-request-header"},
	RangeUnitAnyCase:                        {"RangeUnitAnyCase", "A Range in any case (BYTES=0-1) needs no preflight.", fetchSpec + "#cors-safelisted-request-header"},
	NonASCIIAcceptUnsafe:                    {"NonASCIIAcceptUnsafe", "An Accept with a byte above 0x7F needs a preflight.", fetchSpec + "#cors-unsafe-request-header-byte"},
	DuplicateUnsafeNames:                    {"DuplicateUnsafeNames", "A header that was set twice is named twice in Access-Control-Request-Headers.", fetchSpec + "#cors-unsafe-request-header-names"},
	UploadListenerNeedsBody:                 {"UploadListenerNeedsBody", "Upload listeners force a preflight only if there is a body to upload.", fetchSpec + "#http-fetch"},
	StreamNeedsHTTP2:                        {"StreamNeedsHTTP2", "A stream is sent over HTTP/2 and HTTP/3 only: over plain http: the request fails after its preflight.", fetchSpec + "#http-network-fetch"},
	SameOriginStreamPreflights:              {"SameOriginStreamPreflights", "A stream in same-origin mode is preflighted before it is blocked for its mode.", fetchSpec + "#main-fetch"},
	StreamBodyStringified:                   {"StreamBodyStringified", "A ReadableStream is no body: the text [object ReadableStream] is sent.", fetchSpec + "#bodyinit-unions"},
	StreamBodyNotSupported:                  {"StreamBodyNotSupported", "A ReadableStream as a body is refused.", fetchSpec + "#bodyinit-unions"},
	BodyTypeNotGuarded:                      {"BodyTypeNotGuarded", "In no-cors mode the type of a Blob is sent as Content-Type although it is not safelisted.", fetchSpec + "#dom-request"},
	XHRBodyTypeWithoutBody:                  {"XHRBodyTypeWithoutBody", "An XMLHttpRequest's GET has no body and still the Content-Type of a URLSearchParams.", fetchSpec + "#dom-request"},
	URLSearchParamsNamesCharset:             {"URLSearchParamsNamesCharset", "With a URLSearchParams, as with a string, XMLHttpRequest makes the Content-Type that a script set name the charset UTF-8.", "https://xhr.spec.whatwg.org/#the-send()-method"},
	URLSearchParamsCharsetReplacedInText:    {"URLSearchParamsCharsetReplacedInText", "With a URLSearchParams, XMLHttpRequest replaces the charsets in the Content-Type that a script set by UTF-8, and leaves the rest of its text as it is.", "https://xhr.spec.whatwg.org/#the-send()-method"},
	CharsetReplacedInText:                   {"CharsetReplacedInText", "With a string or a URLSearchParams, XMLHttpRequest replaces every charset in the Content-Type that a script set by UTF-8, in its quotes, and leaves the rest of its text as it is.", "https://xhr.spec.whatwg.org/#the-send()-method"},
	CharsetNamedAfterPreflight:              {"CharsetNamedAfterPreflight", "Whether the Content-Type needs leave is asked before XMLHttpRequest changes its charset, and redirected requests have the script's own again.", "https://xhr.spec.whatwg.org/#the-send()-method"},
	EmptyBodyWithoutLength:                  {"EmptyBodyWithoutLength", "An empty Blob, and an empty URLSearchParams in an XMLHttpRequest, are sent without Content-Length but for POST and PUT.", fetchSpec + "#http-network-or-cache-fetch"},
	NoCORSRedirectModeFirst:                 {"NoCORSRedirectModeFirst", "A no-cors request that does not follow redirects is refused even for a data: URL.", fetchSpec + "#main-fetch"},
	HeadersSentAsUTF8:                       {"HeadersSentAsUTF8", "A header's bytes above 0x7F are sent as UTF-8, two bytes each.", fetchSpec + "#concept-header-value"},
	RangeRewritten:                          {"RangeRewritten", "A Range that parses leniently is sent in canonical form.", fetchSpec + "#simple-range-header-value"},
	CORSElementSendsOrigin:                  {"CORSElementSendsOrigin", "Images, scripts and style sheets with crossorigin send Origin to their own origin too.", fetchSpec + "#append-a-request-origin-header"},
	CORSMediaSendsOrigin:                    {"CORSMediaSendsOrigin", "Audio and video with crossorigin send Origin to their own origin too.", fetchSpec + "#append-a-request-origin-header"},
	OriginIgnoresReferrerPolicy:             {"OriginIgnoresReferrerPolicy", "A no-cors POST names its origin whatever the referrer policy.", fetchSpec + "#append-a-request-origin-header"},
	NoCORSRedirectNullsOrigin:               {"NoCORSRedirectNullsOrigin", "A no-cors POST that is redirected to another origin sends Origin: null, even if it only left the page's own.", fetchSpec + "#append-a-request-origin-header"},
	NoReferrerNullsOrigin:                   {"NoReferrerNullsOrigin", "A no-cors POST whose referrer is none sends Origin: null.", fetchSpec + "#append-a-request-origin-header"},
	ReferrerPolicyNullsFirstOriginOnly:      {"ReferrerPolicyNullsFirstOriginOnly", "After a redirect to another origin, a no-cors POST names its origin whatever the referrer policy.", fetchSpec + "#append-a-request-origin-header"},
	OriginKeptOnSameOriginRedirect:          {"OriginKeptOnSameOriginRedirect", "Where no CORS check is made, a redirect that stays on its origin leaves the Origin header as it was, whatever becomes of the method and the referrer policy.", fetchSpec + "#append-a-request-origin-header"},
	OpaqueOriginSendsReferrer:               {"OpaqueOriginSendsReferrer", "A sandboxed page sends Referer.", "https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer"},
	ElementOpaqueOriginSendsReferrer:        {"ElementOpaqueOriginSendsReferrer", "A sandboxed page's elements send Referer, as across origins.", "https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer"},
	RelaxedReferrerPolicyIgnoredCrossSite:   {"RelaxedReferrerPolicyIgnoredCrossSite", "Across sites, unsafe-url, no-referrer-when-downgrade and origin-when-cross-origin mean the default policy.", "https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer"},
	RedirectedIsCrossSite:                   {"RedirectedIsCrossSite", "After a redirect, Sec-Fetch-Site says cross-site where the standard says same-site.", "https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header"},
	NoFetchMetadataAfterCrossOriginRedirect: {"NoFetchMetadataAfterCrossOriginRedirect", "A CORS request that a redirect brought from another origin has no Sec-Fetch headers.", "https://w3c.github.io/webappsec-fetch-metadata/#abstract-opdef-append-the-fetch-metadata-headers-for-a-request"},
	PreflightForgetsRedirects:               {"PreflightForgetsRedirects", "A preflight's Sec-Fetch-Site looks at its own URL alone, not at those it was redirected from.", "https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header"},
	TaintedPreflightIsCrossSite:             {"TaintedPreflightIsCrossSite", "A preflight whose Origin is null after redirects says Sec-Fetch-Site: cross-site.", "https://w3c.github.io/webappsec-fetch-metadata/#sec-fetch-site-header"},
	PreflightSaysStorageAccess:              {"PreflightSaysStorageAccess", "A preflight carries the Sec-Fetch-Storage-Access of its request.", fetchSpec + "#cors-preflight-fetch"},
	StorageAccessDroppedOnRedirect:          {"StorageAccessDroppedOnRedirect", "Once redirects have tainted a request it has no Sec-Fetch-Storage-Access.", fetchSpec + "#append-a-request-origin-header"},
	CookiesIgnoreRedirects:                  {"CookiesIgnoreRedirects", "SameSite looks at the page and the URL, not at the redirects between them.", fetchSpec + "#determine-the-same-site-mode"},
	OwnHostCookiesIgnoreRedirects:           {"OwnHostCookiesIgnoreRedirects", "At the page's own host, SameSite does not look at the redirects between the page and the URL.", fetchSpec + "#determine-the-same-site-mode"},
	CredentialsKeptAfterRedirect:            {"CredentialsKeptAfterRedirect", "A no-cors request with credentials mode same-origin that began at the page's own origin keeps its credentials when a redirect leads away.", fetchSpec + "#concept-http-network-or-cache-fetch"},
	SandboxedCookiesByURL:                   {"SandboxedCookiesByURL", "For cookies a sandboxed page counts as its URL's host, not as an opaque origin.", fetchSpec + "#determine-the-same-site-mode"},
	AuthorizationCoveredByWildcard:          {"AuthorizationCoveredByWildcard", "Access-Control-Allow-Headers: * covers Authorization.", fetchSpec + "#cors-non-wildcard-request-header-name"},
	UploadListenerGrantsNoMethod:            {"UploadListenerGrantsNoMethod", "A preflight that upload listeners forced still needs Access-Control-Allow-Methods for a method that is not safelisted.", fetchSpec + "#cors-preflight-fetch"},
	PreflightCarriesUserAgent:               {"PreflightCarriesUserAgent", "A preflight carries the User-Agent that the script set.", fetchSpec + "#cors-preflight-fetch"},
	PreflightInheritsCacheMode:              {"PreflightInheritsCacheMode", "A preflight has its request's cache mode, and hence Pragma and Cache-Control.", fetchSpec + "#cors-preflight-fetch"},
	PreflightKeepsFirstReferrer:             {"PreflightKeepsFirstReferrer", "A preflight after a redirect carries the Referer of the first request.", fetchSpec + "#cors-preflight-fetch"},
	PreflightIgnoresTaint:                   {"PreflightIgnoresTaint", "A preflight after redirects carries the page's own Origin, and its answer is held against that, while the request itself says null.", fetchSpec + "#cors-preflight-fetch"},
	PreflightNamesFirstHeaders:              {"PreflightNamesFirstHeaders", "A preflight after redirects still names headers that were dropped on the way.", fetchSpec + "#cors-preflight-fetch"},
	PreflightNamesBodyHeaders:               {"PreflightNamesBodyHeaders", "A preflight two redirects after the method became GET names the body's headers again.", fetchSpec + "#cors-preflight-fetch"},
	PreflightsStick:                         {"PreflightsStick", "A request that needed a preflight once is preflighted after every redirect, needed or not.", fetchSpec + "#http-fetch"},
	PreflightsStickFromHome:                 {"PreflightsStickFromHome", "The same, for the headers of a request that began at the page's own origin and needed no preflight there.", fetchSpec + "#http-fetch"},
	CacheModeBypassesPreflightCache:         {"CacheModeBypassesPreflightCache", "Cache modes no-store and reload ask anew.", fetchSpec + "#concept-cache"},
	NoCacheBypassesPreflightCache:           {"NoCacheBypassesPreflightCache", "Cache mode no-cache asks anew.", fetchSpec + "#concept-cache"},
	ConditionalIsNoCache:                    {"ConditionalIsNoCache", "A request with If-None-Match or another condition has cache mode no-cache from the start.", fetchSpec + "#concept-http-network-or-cache-fetch"},
	ConditionalIsNoStore:                    {"ConditionalIsNoStore", "A fetch() with If-None-Match or another condition has cache mode no-store from the start, and its preflight too.", fetchSpec + "#concept-http-network-or-cache-fetch"},
	PreflightCacheKeyedByCredentials:        {"PreflightCacheKeyedByCredentials", "What was allowed with credentials is not reused without.", fetchSpec + "#concept-cache-match"},
	NullOriginPreflightNotCached:            {"NullOriginPreflightNotCached", "A preflight for the null origin is not remembered.", fetchSpec + "#concept-cache"},
	WildcardPreflightNotCached:              {"WildcardPreflightNotCached", "A * that was remembered stands for nothing.", fetchSpec + "#concept-cache-match-method"},
	AuthorizationCoveredInPreflightCache:    {"AuthorizationCoveredInPreflightCache", "A * that was remembered covers Authorization.", fetchSpec + "#concept-cache-match-header"},
	HEADPreflightNotSafelisted:              {"HEADPreflightNotSafelisted", "HEAD must be among the methods that were remembered.", fetchSpec + "#http-fetch"},
	UploadListenerNeedsNoMethodEntry:        {"UploadListenerNeedsNoMethodEntry", "With upload listeners too, a preflight that is remembered need not name GET, HEAD or POST.", fetchSpec + "#http-fetch"},
	PreflightCacheMissClears:                {"PreflightCacheMissClears", "What is remembered for a URL and does not cover a request is forgotten, even if the new preflight fails.", fetchSpec + "#concept-cache"},
	PreflightStoredBeforeChecked:            {"PreflightStoredBeforeChecked", "What a preflight allows is remembered even if it does not allow the request that asked.", fetchSpec + "#cors-preflight-fetch"},
	FailureKeepsPreflightCache:              {"FailureKeepsPreflightCache", "A request that fails leaves the cache as it is.", fetchSpec + "#main-fetch"},
	BadMaxAgeNotCached:                      {"BadMaxAgeNotCached", "An Access-Control-Max-Age that does not parse means not at all; in the standard it means five seconds.", fetchSpec + "#cors-preflight-fetch"},
	NegativeMaxAgeIsZero:                    {"NegativeMaxAgeIsZero", "A negative Access-Control-Max-Age means not at all; in the standard it does not parse and means five seconds.", fetchSpec + "#cors-preflight-fetch"},
	SameOriginRedirectWithUserinfoBlocked:   {"SameOriginRedirectWithUserinfoBlocked", "But for XMLHttpRequest, a redirect to a URL with a user name or password is blocked even where origins do not change.", fetchSpec + "#concept-http-redirect-fetch"},
	RedirectUserinfoAfterPreflight:          {"RedirectUserinfoAfterPreflight", "Where a redirect to a URL with a user name or password is blocked, its preflight is sent first.", fetchSpec + "#concept-http-redirect-fetch"},
	EmptyLocationNotFollowed:                {"EmptyLocationNotFollowed", "An empty Location is no redirect: the page gets the response.", fetchSpec + "#concept-response-location-url"},
	EmptyLocationFails:                      {"EmptyLocationFails", "An empty Location is a network error; in the standard it leads to the same URL again.", fetchSpec + "#concept-response-location-url"},
	DuplicateLocationFollowed:               {"DuplicateLocationFollowed", "Several equal Location headers count as one.", fetchSpec + "#concept-response-location-url"},
	LocationsJoined:                         {"LocationsJoined", "Several Location headers are one, with a comma between them.", fetchSpec + "#concept-response-location-url"},
	RedirectNeedsLocation:                   {"RedirectNeedsLocation", "In redirect mode error, a redirect status without Location, or with an empty one, is an ordinary response.", fetchSpec + "#concept-http-fetch"},
	ManualRedirectNeedsURL:                  {"ManualRedirectNeedsURL", "In redirect mode manual, too, a Location that is no URL is a network error.", fetchSpec + "#concept-http-fetch"},
	ManualRedirectToFTPFails:                {"ManualRedirectToFTPFails", "In redirect mode manual, too, a Location with the scheme ftp is a network error.", fetchSpec + "#concept-http-fetch"},
	ScriptRedirectsToDataURL:                {"ScriptRedirectsToDataURL", "A script without the crossorigin attribute may be redirected to a data: URL.", fetchSpec + "#concept-http-redirect-fetch"},
	RedirectCheckedWithCredentials:          {"RedirectCheckedWithCredentials", "Of a request that began at the page's own origin, the redirects of other origins must pass the CORS check with credentials.", fetchSpec + "#concept-http-fetch"},
	ClientHintsDroppedOnRedirect:            {"ClientHintsDroppedOnRedirect", "A redirect to an origin other than the page's drops the client hints that a script set.", fetchSpec + "#concept-http-redirect-fetch"},
	DeleteBecomesGET:                        {"DeleteBecomesGET", "A redirect to another origin turns DELETE into GET.", fetchSpec + "#concept-http-redirect-fetch"},
	BodyHeadersAlwaysReturn:                 {"BodyHeadersAlwaysReturn", "The body's headers, dropped when a redirect made the method GET, are back after the next one; in no-cors mode and before the request has left its own origin only Content-Type is, and that only after a 307 or 308.", fetchSpec + "#concept-http-redirect-fetch"},
	BodyHeadersReturn:                       {"BodyHeadersReturn", "The body's headers, dropped when a redirect made the method GET, are back after the next one, unless that would have dropped them too.", fetchSpec + "#concept-http-redirect-fetch"},
	UserAgentRevertsOnRedirect:              {"UserAgentRevertsOnRedirect", "A redirect that stays outside CORS puts the browser's own User-Agent back in place of the script's.", fetchSpec + "#concept-http-redirect-fetch"},
	AuthorizationReturns:                    {"AuthorizationReturns", "The Authorization that a script set, dropped when a redirect changed origins, is back after a redirect that does not.", fetchSpec + "#concept-http-redirect-fetch"},
	NoCredentialless:                        {"NoCredentialless", "The embedder policy credentialless means unsafe-none.", fetchSpec + "#cross-origin-embedder-policy-allows-credentials"},
	InvalidCORPSatisfiesCOEP:                {"InvalidCORPSatisfiesCOEP", "Any Cross-Origin-Resource-Policy, valid or not, satisfies an embedder policy that asks for one.", fetchSpec + "#cross-origin-resource-policy-internal-check"},
	OpaqueFetchNotBlocked:                   {"OpaqueFetchNotBlocked", "Opaque response blocking spares fetch() in no-cors mode.", "https://github.com/annevk/orb"},
	ORBByTypeAndSniff:                       {"ORBByTypeAndSniff", "Opaque response blocking goes by type and first bytes: all media types pass, and a failed status does not matter.", "https://github.com/annevk/orb"},
	PlainTextNosniffNotBlocked:              {"PlainTextNosniffNotBlocked", "Opaque response blocking lets text/plain with nosniff through.", "https://github.com/annevk/orb"},
	NoOpaqueResponseBlocking:                {"NoOpaqueResponseBlocking", "There is no opaque response blocking.", "https://github.com/annevk/orb"},
	FontsWithoutCORS:                        {"FontsWithoutCORS", "FontFace loads fonts in no-cors mode, with credentials.", "https://drafts.csswg.org/css-fonts-4/#font-fetching-requirements"},
	ResponseURLWithoutCredentials:           {"ResponseURLWithoutCredentials", "A response's URL is shown without user name and password.", fetchSpec + "#concept-response-url"},
	DataURLHasContentLength:                 {"DataURLHasContentLength", "A data: URL's response to fetch() has a Content-Length.", fetchSpec + "#data-url-processor"},
	AboutBlankNotFetched:                    {"AboutBlankNotFetched", "about:blank cannot be fetched in no-cors mode.", fetchSpec + "#scheme-fetch"},
	LocalNetworkAccessFromPublicOnly:        {"LocalNetworkAccessFromPublicOnly", "Only pages in the public address space are held to Local Network Access.", "https://wicg.github.io/local-network-access/#local-network-access-check"},
	NoLocalNetworkAccess:                    {"NoLocalNetworkAccess", "There is no Local Network Access.", "https://wicg.github.io/local-network-access/#local-network-access-check"},
}

// String is the deviation's name, "" for none.
func (d Deviation) String() string {
	if d >= deviationCount {
		return ""
	}
	return deviationTable[d].name
}

// Explanation says in one sentence what the browser does.
func (d Deviation) Explanation() string {
	if d >= deviationCount {
		return ""
	}
	return deviationTable[d].explanation
}

// Anchor links to the place in a standard that the browser departs from.
func (d Deviation) Anchor() string {
	if d >= deviationCount {
		return ""
	}
	return deviationTable[d].anchor
}
