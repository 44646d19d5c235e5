package fetch

import (
	"time"

	"github.com/concors/concors/fetch/cookie"
)

// A Profile describes one browser: what it sends, and where it was measured to
// depart from the standard. It is plain data. The zero Profile is the standard.
type Profile struct {
	Name    string
	Version string // the version that was measured

	// UserAgent is the User-Agent header. If it is empty, net/http's is sent.
	UserAgent string
	// Accept is the Accept header by destination. A destination that is not in
	// the map sends */*.
	Accept map[Destination]string
	// StorageAccess is the value of Sec-Fetch-Storage-Access on requests with
	// credentials that are cross-site to the top-level page. It is empty for
	// browsers that do not send the header.
	StorageAccess string
	// PreflightMaxAge is the longest time for which a preflight is cached.
	// 0 means 24 hours.
	PreflightMaxAge time.Duration
	// Cookies are the rules of the browser's cookie store.
	Cookies cookie.Rules

	deviations [maxDeviations]bool
}

// The profiles. Treat them as constants.
var (
	// Standard is the Fetch standard of 2 July 2026 (commit 586cd2a of
	// github.com/whatwg/fetch), without deviations.
	Standard = Profile{
		Name: "Standard", Version: "2026-07-02",
		Accept: map[Destination]string{
			DestinationImage: "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
			DestinationStyle: "text/css,*/*;q=0.1",
		},
	}

	// Chromium blocks third-party cookies, which is its default. For a user who
	// allows them, set StorageAccess to "active" and Cookies.ThirdParty to
	// cookie.AllowThirdParty.
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
	}

	// Firefox partitions third-party cookies by top-level site.
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
	}

	// WebKit is WebKitGTK: Safari's engine with another network stack. Its cookie
	// store is libsoup's, not Safari's.
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
			LongDomainsFirst: true, NoCookiesOfPublicSuffixes: true, ScriptReplacesHTTPOnly: true,
		},
	}
)

// The browsers' deviations are the rows of deviation.go that name them.
func init() {
	Chromium.deviations = deviationsOf(chromium)
	Firefox.deviations = deviationsOf(firefox)
	WebKit.deviations = deviationsOf(webkit)
}

// Profiles returns all four profiles, Standard first.
func Profiles() []Profile { return []Profile{Standard, Chromium, Firefox, WebKit} }

// Deviations returns the profile's deviations, in the order in which a fetch
// meets them.
func (p *Profile) Deviations() []Deviation {
	var out []Deviation
	for _, d := range Deviations() {
		if p.deviations[d] {
			out = append(out, d)
		}
	}
	return out
}

// Without returns a copy of the profile that follows the standard where the
// browser has the deviation d.
func (p Profile) Without(d Deviation) Profile {
	p.deviations[d] = false
	return p
}
