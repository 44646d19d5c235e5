package fetch

// A Deviation is one way in which a browser was measured to do something other
// than the standard says. The zero Deviation is none.
type Deviation uint8

// The deviations. The table below says what each is and what showed it.
const (
	_ Deviation = iota
	AuthorizationCoveredByWildcard
	RangeBeyondInt64Unsafe
	ClientHintsSafelisted
	UserAgentNotSent
	SameOriginRedirectWithUserinfoBlocked
	NonASCIIAcceptUnsafe
	FailureKeepsPreflightCache
	PreflightCacheKeyedByCredentials
	CacheModeBypassesPreflightCache
	BadMaxAgeNotCached
	OpaqueFetchNotBlocked
	NoOpaqueResponseBlocking
	NoLocalNetworkAccess
	LocalNetworkAccessFromPublicOnly

	PreflightForgetsRedirects
	OriginIgnoresReferrerPolicy
	StreamNeedsHTTP2
	EmptyLocationNotFollowed
	RedirectNeedsLocation
	UploadListenerNeedsBody
	ClientHintsDroppedOnRedirect
	CORSElementSendsOrigin
	NullOriginPreflightNotCached
	PreflightInheritsCacheMode
	RangeRewritten
	PreflightSaysStorageAccess
	RedirectedIsCrossSite
	NoFetchMetadataAfterCrossOriginRedirect
	OpaqueOriginSendsReferrer
	RelaxedReferrerPolicyIgnoredCrossSite
	PreflightIgnoresTaint
	ElementOpaqueOriginSendsReferrer
	StorageAccessDroppedOnRedirect
	HeadersCombined
	DuplicateUnsafeNames
	WildcardPreflightNotCached
	HEADPreflightNotSafelisted
	StreamBodyStringified
	StreamBodyNotSupported
	BodyHeadersReturn
	InvalidCORPSatisfiesCOEP
	HeadersSentAsUTF8
	PreflightCarriesUserAgent
	PreflightKeepsFirstReferrer
	EmptyLocationFails
	OriginKeptOnSameOriginRedirect
	NoReferrerNullsOrigin
	BodyHeadersReturnToFetch
	DuplicateLocationFollowed
	PreflightsStick
	AboutBlankNotFetched
	NoCacheBypassesPreflightCache
	TaintedPreflightIsCrossSite
	FontsWithoutCORS
	PreflightNamesFirstHeaders
	PreflightNamesBodyHeaders
	DeleteBecomesGET
	BodyTypeNotGuarded
	AuthorizationCoveredInPreflightCache
	RangeUnitAnyCase
	SecondRedirectAfterLeavingBlocked
	CORSMediaSendsOrigin
	SandboxedCookiesByURL
	LocalhostsAreNotSameSite
	ResponseURLWithoutCredentials

	deviationCount
)
