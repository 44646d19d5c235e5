package fetch

import (
	"strings"
	"time"

	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/internal/field"
)

// A Profile is a browser: which one, and where it was measured to depart from
// the standard. It is data; the zero Profile has no deviations.
type Profile struct {
	Name    string
	Version string
	// UserAgent is the value of the User-Agent header; "" sends net/http's.
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
	Cookies    cookie.Rules
	deviations [deviationCount]bool
}

func (p *Profile) deviates(d Deviation) bool { return p.deviations[d] }

// Deviations returns the profile's, in the table's order.
func (p *Profile) Deviations() []Deviation {
	var out []Deviation
	for d := Deviation(1); d < deviationCount; d++ {
		if p.deviations[d] {
			out = append(out, d)
		}
	}
	return out
}

func deviations(list ...Deviation) (set [deviationCount]bool) {
	for _, d := range list {
		set[d] = true
	}
	return set
}

// The profiles. Each names the version that its deviations were measured in.
var (
	Standard = Profile{Name: "Standard", Version: "2026-07-02"}

	Chromium = Profile{
		Name: "Chromium", Version: "156",
		PreflightMaxAge: 2 * time.Hour,
		deviations: deviations(
			AuthorizationCoveredByWildcard, RangeBeyondInt64Unsafe, ClientHintsSafelisted, UserAgentNotSent,
			SameOriginRedirectWithUserinfoBlocked, FailureKeepsPreflightCache, CacheModeBypassesPreflightCache,
			OpaqueFetchNotBlocked, LocalNetworkAccessFromPublicOnly, PreflightForgetsRedirects,
			OriginIgnoresReferrerPolicy, StreamNeedsHTTP2, EmptyLocationNotFollowed, RedirectNeedsLocation,
			UploadListenerNeedsBody, ClientHintsDroppedOnRedirect, CORSElementSendsOrigin,
			NullOriginPreflightNotCached, PreflightInheritsCacheMode, RangeRewritten, HeadersCombined, AboutBlankNotFetched, NoCacheBypassesPreflightCache,
		),
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
		Accept: map[Destination]string{
			DestinationImage: "image/jxl,image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8",
			DestinationStyle: "text/css,*/*;q=0.1",
		},
		StorageAccess: "none",
		Cookies:       cookie.Rules{LaxAllowUnsafe: 2 * time.Minute, ThirdParty: cookie.BlockThirdParty, SecureOverPlainLoopback: true},
	}

	Firefox = Profile{
		Name: "Firefox", Version: "153 ESR",
		PreflightMaxAge: 24 * time.Hour,
		deviations: deviations(
			AuthorizationCoveredByWildcard, RangeBeyondInt64Unsafe, NonASCIIAcceptUnsafe,
			PreflightCacheKeyedByCredentials, CacheModeBypassesPreflightCache, BadMaxAgeNotCached,
			OpaqueFetchNotBlocked, PreflightSaysStorageAccess, RedirectedIsCrossSite, RelaxedReferrerPolicyIgnoredCrossSite,
			PreflightIgnoresTaint, ElementOpaqueOriginSendsReferrer, StorageAccessDroppedOnRedirect, DuplicateUnsafeNames,
			WildcardPreflightNotCached, HEADPreflightNotSafelisted, StreamBodyStringified, BodyHeadersReturnToFetch, PreflightNamesBodyHeaders,
			DuplicateLocationFollowed, PreflightsStick, PreflightInheritsCacheMode, NoReferrerNullsOrigin, InvalidCORPSatisfiesCOEP, PreflightForgetsRedirects,
		),
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
		Accept: map[Destination]string{
			DestinationAudio: "audio/webm,audio/ogg,audio/wav,audio/*;q=0.9,application/ogg;q=0.7,video/*;q=0.6,*/*;q=0.5",
			DestinationFont:  "application/font-woff2;q=1.0,application/font-woff;q=0.9,*/*;q=0.8",
			DestinationImage: "image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
			DestinationStyle: "text/css,*/*;q=0.1",
			DestinationVideo: "video/webm,video/ogg,video/*;q=0.9,application/ogg;q=0.7,audio/*;q=0.6,*/*;q=0.5",
		},
		StorageAccess: "none",
		Cookies:       cookie.Rules{DefaultSameSite: cookie.SameSiteNone, ThirdParty: cookie.PartitionThirdParty, SecureOverPlainLoopback: true},
	}

	WebKit = Profile{
		Name: "WebKit", Version: "WebKitGTK 2.50",
		deviations: deviations(
			AuthorizationCoveredByWildcard, AuthorizationCoveredInPreflightCache, RangeUnitAnyCase, SecondRedirectAfterLeavingBlocked, CORSMediaSendsOrigin, SandboxedCookiesByURL, LocalhostsAreNotSameSite, ResponseURLWithoutCredentials, RedirectNeedsLocation, FailureKeepsPreflightCache, OpaqueFetchNotBlocked, NoOpaqueResponseBlocking, NoLocalNetworkAccess,
			NoFetchMetadataAfterCrossOriginRedirect, OpaqueOriginSendsReferrer, RangeBeyondInt64Unsafe, StreamBodyNotSupported, BodyHeadersReturn,
			HeadersSentAsUTF8, PreflightCarriesUserAgent, PreflightKeepsFirstReferrer, EmptyLocationFails, OriginKeptOnSameOriginRedirect, NoReferrerNullsOrigin, HeadersCombined, AboutBlankNotFetched,
			TaintedPreflightIsCrossSite, FontsWithoutCORS, CORSElementSendsOrigin, PreflightNamesFirstHeaders, DeleteBecomesGET, PreflightsStick, BodyTypeNotGuarded,
		),
		UserAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
		Accept: map[Destination]string{
			DestinationImage: "image/webp,image/avif,video/*;q=0.8,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
			DestinationStyle: "text/css,*/*;q=0.1",
		},
		Cookies: cookie.Rules{DefaultSameSite: cookie.SameSiteNone, ThirdParty: cookie.RefuseThirdParty, NoPrefixes: true, InsecureSameSiteNone: true, NoSizeLimit: true, DomainCookiesFirst: true, NoPartitioned: true},
	}
)

// Profiles returns all four, Standard first.
func Profiles() []Profile { return []Profile{Standard, Chromium, Firefox, WebKit} }

// dropHeaders moves what the browser leaves out beyond the forbidden
// request-headers from one list to the other.
func (p *Profile) dropHeaders(kept, dropped HeaderList) (HeaderList, HeaderList) {
	if !p.deviates(UserAgentNotSent) {
		return kept, dropped
	}
	var out HeaderList
	for _, h := range kept {
		if field.EqualFold(h.Name, "User-Agent") {
			dropped = append(dropped, h)
			continue
		}
		out = append(out, h)
	}
	return out, dropped
}

// badMaxAge is how long a preflight is remembered whose Access-Control-Max-Age
// does not parse.
func (p *Profile) badMaxAge(lines []string, fallback time.Duration) time.Duration {
	if p.deviates(BadMaxAgeNotCached) && strings.Join(lines, "") != "" {
		return 0
	}
	return fallback
}
