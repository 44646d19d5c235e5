package fetch

import (
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/internal/field"
)

// A Profile is a browser: which one, and where it was measured to depart from
// the standard. It is data and nothing else; the zero Profile is the standard.
type Profile struct {
	Name    string
	Version string // the version that was measured

	// UserAgent is the User-Agent header; "" sends net/http's.
	UserAgent string
	// Accept is the Accept header by destination, where it is not */*.
	Accept map[Destination]string
	// StorageAccess is what Sec-Fetch-Storage-Access says of a credentialed
	// request that is cross-site to the top-level page; "" for a browser that
	// does not send it.
	StorageAccess string
	// PreflightMaxAge is the longest time for which a preflight is
	// remembered; 0 means 24 hours.
	PreflightMaxAge time.Duration
	// Cookies are the rules of its cookie store.
	Cookies cookie.Rules

	deviations [deviationCount]bool
}

// The profiles. Treat them as constants.
var (
	// Standard is the Fetch standard of July 2026, without anybody's deviations.
	Standard = Profile{
		Name: "Standard", Version: "2026-07-02",
		Accept: map[Destination]string{
			DestinationImage: "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
			DestinationStyle: "text/css,*/*;q=0.1",
		},
	}

	// Chromium blocks third-party cookies, as it does when it is installed; where
	// its user allows them, set StorageAccess to "active" and Cookies.ThirdParty
	// to cookie.AllowThirdParty.
	Chromium = Profile{
		Name: "Chromium", Version: "156",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
		Accept: map[Destination]string{
			DestinationImage: "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
			DestinationStyle: "text/css,*/*;q=0.1",
		},
		StorageAccess:   "none",
		PreflightMaxAge: 2 * time.Hour,
		Cookies: cookie.Rules{
			LaxAllowUnsafe: 2 * time.Minute, ThirdParty: cookie.BlockThirdParty, SecureOverPlainLoopback: true,
		},
		deviations: deviations(
			HeadersCombined, UserAgentNotSent, ClientHintsSafelisted, RangeBeyondInt64Unsafe,
			CharsetReplacedInText, UploadListenerNeedsBody, StreamNeedsHTTP2, SameOriginStreamPreflights,
			RangeRewritten, CORSElementSendsOrigin, OriginIgnoresReferrerPolicy,
			PreflightForgetsRedirects, CookiesIgnoreRedirects,
			AuthorizationCoveredByWildcard, PreflightInheritsCacheMode,
			ConditionalIsNoCache, CacheModeBypassesPreflightCache, NoCacheBypassesPreflightCache,
			NullOriginPreflightNotCached, PreflightCacheMissClears, FailureKeepsPreflightCache,
			NegativeMaxAgeIsZero,
			DuplicateLocationFollowed, SameOriginRedirectWithUserinfoBlocked, UploadListenerGrantsNoMethod, UploadListenerNeedsNoMethodEntry, NoCORSRedirectNullsOrigin, EmptyLocationNotFollowed, RedirectNeedsLocation, ManualRedirectNeedsURL,
			ClientHintsDroppedOnRedirect,
			OpaqueFetchNotBlocked, ORBByTypeAndSniff, AboutBlankNotFetched,
			LocalNetworkAccessFromPublicOnly,
		),
	}

	// Firefox gives third parties cookies of their own under every top-level site.
	Firefox = Profile{
		Name: "Firefox", Version: "153 ESR",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
		Accept: map[Destination]string{
			DestinationAudio: "audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,application/ogg;q=0.7,video/*;q=0.6,*/*;q=0.5",
			DestinationFont:  "application/font-woff2;q=1.0,application/font-woff;q=0.9,*/*;q=0.8",
			DestinationImage: "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
			DestinationStyle: "text/css,*/*;q=0.1",
			DestinationVideo: "video/webm,video/ogg,video/*;q=0.9,application/ogg;q=0.7,audio/*;q=0.6,*/*;q=0.5",
		},
		StorageAccess:   "none",
		PreflightMaxAge: 24 * time.Hour,
		Cookies: cookie.Rules{
			DefaultSameSite: cookie.SameSiteNone, ThirdParty: cookie.PartitionThirdParty, SecureOverPlainLoopback: true,
		},
		deviations: deviations(
			RangeBeyondInt64Unsafe, NonASCIIAcceptUnsafe, DuplicateUnsafeNames,
			URLSearchParamsCharsetReplacedInText, CharsetNamedAfterPreflight, StreamBodyStringified,
			NoReferrerNullsOrigin, ElementOpaqueOriginSendsReferrer,
			RelaxedReferrerPolicyIgnoredCrossSite, RedirectedIsCrossSite, PreflightForgetsRedirects,
			PreflightSaysStorageAccess, StorageAccessDroppedOnRedirect,
			AuthorizationCoveredByWildcard, PreflightInheritsCacheMode, PreflightIgnoresTaint,
			PreflightNamesBodyHeaders, PreflightsStick, PreflightsStickFromHome, UploadListenerGrantsNoMethod, UploadListenerNeedsNoMethodEntry,
			CacheModeBypassesPreflightCache, PreflightCacheKeyedByCredentials,
			WildcardPreflightNotCached, HEADPreflightNotSafelisted, BadMaxAgeNotCached,
			DuplicateLocationFollowed, BodyHeadersReturn, AuthorizationReturns, ConditionalIsNoStore,
			InvalidCORPSatisfiesCOEP, OpaqueFetchNotBlocked, PlainTextNosniffNotBlocked, DataURLHasContentLength,
		),
	}

	// WebKit is WebKitGTK: Safari's engine over another network stack, whose
	// cookie store (libsoup's) is not Safari's.
	WebKit = Profile{
		Name: "WebKit", Version: "WebKitGTK 2.50",
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
		Accept: map[Destination]string{
			DestinationImage: "image/webp,image/avif,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
			DestinationStyle: "text/css,*/*;q=0.1",
		},
		PreflightMaxAge: 10 * time.Minute,
		Cookies: cookie.Rules{
			DefaultSameSite: cookie.SameSiteNone, ThirdParty: cookie.BlockNewThirdParty, NoPartitioned: true,
			InsecureSameSiteNone: true, NoSizeLimit: true, NoPrefixes: true, EmptyMaxAgeIsZero: true,
			DomainCookiesFirst: true, SeparateLocalhosts: true,
		},
		deviations: deviations(
			HeadersCombined, RangeBeyondInt64Unsafe, RangeUnitAnyCase, StreamBodyNotSupported,
			BodyTypeNotGuarded, XHRBodyTypeWithoutBody, URLSearchParamsNamesCharset, EmptyBodyWithoutLength, NoCORSRedirectModeFirst,
			HeadersSentAsUTF8, CORSElementSendsOrigin, CORSMediaSendsOrigin, NoReferrerNullsOrigin, ReferrerPolicyNullsFirstOriginOnly,
			OriginKeptOnSameOriginRedirect, OpaqueOriginSendsReferrer,
			NoFetchMetadataAfterCrossOriginRedirect, TaintedPreflightIsCrossSite,
			OwnHostCookiesIgnoreRedirects, CredentialsKeptAfterRedirect, SandboxedCookiesByURL,
			AuthorizationCoveredByWildcard, PreflightCarriesUserAgent, PreflightKeepsFirstReferrer,
			PreflightNamesFirstHeaders, PreflightsStick, UploadListenerGrantsNoMethod, UploadListenerNeedsNoMethodEntry,
			AuthorizationCoveredInPreflightCache, PreflightCacheMissClears, PreflightStoredBeforeChecked, FailureKeepsPreflightCache,
			NegativeMaxAgeIsZero,
			EmptyLocationFails, LocationsJoined, RedirectUserinfoAfterPreflight, RedirectNeedsLocation, ManualRedirectToFTPFails, ScriptRedirectsToDataURL, RedirectCheckedWithCredentials,
			DeleteBecomesGET, BodyHeadersAlwaysReturn, UserAgentRevertsOnRedirect, NoCredentialless,
			NoOpaqueResponseBlocking, FontsWithoutCORS,
			ResponseURLWithoutCredentials, AboutBlankNotFetched,
			NoLocalNetworkAccess,
		),
	}
)

// Profiles returns all four, Standard first.
func Profiles() []Profile { return []Profile{Standard, Chromium, Firefox, WebKit} }

// Deviations returns the profile's deviations.
func (p *Profile) Deviations() []Deviation {
	var out []Deviation
	for d := Deviation(1); d < deviationCount; d++ {
		if p.deviations[d] {
			out = append(out, d)
		}
	}
	return out
}

// Without returns the profile less one deviation: the browser as it would be if
// it followed the standard there.
func (p Profile) Without(d Deviation) Profile {
	p.deviations[d] = false
	return p
}

func (p *Profile) deviates(d Deviation) bool { return p.deviations[d] }

func deviations(list ...Deviation) (set [deviationCount]bool) {
	for _, d := range list {
		set[d] = true
	}
	return set
}

// dropHeaders moves what the browser leaves out beyond the forbidden
// request-headers from one list to the other.
func (p *Profile) dropHeaders(kept, dropped HeaderList) (HeaderList, HeaderList) {
	isUserAgent := func(h Header) bool { return field.EqualFold(h.Name, "User-Agent") }
	if !p.deviates(UserAgentNotSent) || !slices.ContainsFunc(kept, isUserAgent) {
		return kept, dropped
	}
	dropped = append(dropped, Header{Name: "User-Agent"})
	return slices.DeleteFunc(kept, isUserAgent), dropped
}

// badMaxAge is how long a preflight is remembered whose Access-Control-Max-Age
// does not parse.
func (p *Profile) badMaxAge(lines []string, fallback time.Duration) time.Duration {
	value := strings.Join(lines, "")
	if value != "" && p.deviates(BadMaxAgeNotCached) ||
		len(lines) == 1 && strings.HasPrefix(value, "-") && p.deviates(NegativeMaxAgeIsZero) {
		return 0
	}
	return fallback
}
