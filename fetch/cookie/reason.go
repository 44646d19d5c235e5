package cookie

import (
	"fmt"
	"strings"
)

// A Reason is why a cookie is refused when it is set, or withheld from a request. The zero Reason
// means that the cookie is stored or sent. [Reason.String] returns the name in Chromium's DevTools if
// there is one.
type Reason uint8

// The values of [Reason]. Their names are stable, but their numbers may change.
const (
	_ Reason = iota

	// The Set-Cookie line is invalid.

	ReasonDisallowedCharacter
	ReasonNoCookieContent
	ReasonNameValuePairExceedsMaxSize
	ReasonSameSiteNoneInsecure
	ReasonPartitionedInsecure
	ReasonInvalidPrefix

	// The URL may not set this cookie.

	ReasonSchemeNotSupported
	ReasonInvalidDomain
	ReasonDomainMismatch
	ReasonPublicSuffixDomain

	// Other cookies in the store prevent it.

	ReasonOverwriteSecure
	ReasonOverwriteHTTPOnly
	ReasonLimitReached

	// These apply both when a cookie is set and when it would be sent.

	ReasonSecureOnly
	ReasonHTTPOnly
	ReasonSameSiteStrict
	ReasonSameSiteLax
	ReasonSameSiteUnspecifiedTreatedAsLax
	ReasonThirdPartyBlocked

	// This applies only when a cookie would be sent.

	ReasonOtherPartition

	reasonCount
)

// Reasons returns all reasons.
func Reasons() []Reason {
	all := make([]Reason, 0, reasonCount-1)
	for r := Reason(1); r < reasonCount; r++ {
		all = append(all, r)
	}
	return all
}

// String returns the name of the reason, such as "SecureOnly".
func (r Reason) String() string {
	if r == 0 || r >= reasonCount {
		return fmt.Sprintf("Reason(%d)", uint8(r))
	}
	return reasonTable[r].name
}

// MarshalText returns the name of the reason.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Explanation says in a sentence or two what was found and why that stops the cookie.
func (r Reason) Explanation() string {
	if r >= reasonCount {
		return ""
	}
	return reasonTable[r].explanation
}

// Anchor returns the URL of the rule in the standard.
func (r Reason) Anchor() string {
	if r >= reasonCount {
		return ""
	}
	return reasonTable[r].anchor
}

const (
	draft = "https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html"
	chips = "https://www.ietf.org/archive/id/draft-cutler-httpbis-partitioned-cookies-01.html"
)

var reasonTable = [reasonCount]struct{ name, explanation, anchor string }{
	ReasonDisallowedCharacter:         {"DisallowedCharacter", "The Set-Cookie line has a control character other than a tab.", draft + "#parse-a-cookie"},
	ReasonNoCookieContent:             {"NoCookieContent", "The cookie has neither a name nor a value.", draft + "#parse-a-cookie"},
	ReasonNameValuePairExceedsMaxSize: {"NameValuePairExceedsMaxSize", "The cookie's name and value have more than 4096 bytes in total.", draft + "#parse-a-cookie"},
	ReasonSameSiteNoneInsecure:        {"SameSiteNoneInsecure", "A cookie with SameSite=None must also have Secure.", draft + "#store-a-cookie"},
	ReasonPartitionedInsecure:         {"PartitionedInsecure", "A cookie with Partitioned must also have Secure.", chips},
	ReasonInvalidPrefix:               {"InvalidPrefix", "The cookie's name has a prefix (in any case) that requires attributes the cookie does not have: __Secure- requires Secure; __Host- requires Secure, Path=/ and no Domain; __Http- requires Secure and HttpOnly; __Host-Http- requires all of them. The value of a cookie without a name must not begin with such a prefix.", draft + "#server-name-prefixes"},

	ReasonSchemeNotSupported: {"SchemeNotSupported", "Only http: and https: URLs have cookies.", draft + "#set-cookie"},
	ReasonInvalidDomain:      {"InvalidDomain", "The Domain attribute is not a host name.", draft + "#parse-a-cookie"},
	ReasonDomainMismatch:     {"DomainMismatch", "The Domain attribute is neither the URL's host nor a parent domain of it.", draft + "#store-a-cookie"},
	ReasonPublicSuffixDomain: {"PublicSuffixDomain", "The Domain attribute is a public suffix, or a parent of one. Many parties have their own sites below it.", draft + "#store-a-cookie"},

	ReasonOverwriteSecure:   {"OverwriteSecure", "A Secure cookie with this name exists, and an insecure URL may not set one that would hide it.", draft + "#store-a-cookie"},
	ReasonOverwriteHTTPOnly: {"OverwriteHTTPOnly", "An HttpOnly cookie with this name exists, and a script may not replace it.", draft + "#store-a-cookie"},
	ReasonLimitReached:      {"LimitReached", "The host or the browser has the largest allowed number of cookies, and this one was removed first.", draft + "#cookie-store-eviction"},

	ReasonSecureOnly:                      {"SecureOnly", "The cookie is Secure, and the URL is not https.", draft + "#retrieve-cookies"},
	ReasonHTTPOnly:                        {"HTTPOnly", "The cookie is HttpOnly, so scripts can neither read nor set it.", draft + "#retrieve-cookies"},
	ReasonSameSiteStrict:                  {"SameSiteStrict", "The cookie is SameSite=Strict, and the request comes from another site.", draft + "#retrieve-cookies"},
	ReasonSameSiteLax:                     {"SameSiteLax", "The cookie is SameSite=Lax, and the request comes from another site and is not a top-level navigation by GET.", draft + "#retrieve-cookies"},
	ReasonSameSiteUnspecifiedTreatedAsLax: {"SameSiteUnspecifiedTreatedAsLax", "The cookie has no SameSite attribute and is treated as SameSite=Lax, and the request comes from another site and is not a top-level navigation by GET.", draft + "#retrieve-cookies"},
	ReasonThirdPartyBlocked:               {"ThirdPartyBlocked", "The browser blocks third-party cookies, and the URL's site is not that of the page in the address bar.", draft + "#third-party-cookies"},

	ReasonOtherPartition: {"OtherPartition", "The cookie was set under another top-level site or another chain of frames, and exists only there.", chips},
}

// A RejectedError is the error of [Store.Set].
type RejectedError struct {
	Reason Reason
	// Cookie holds what could be parsed. It is zero if the line is not a cookie.
	Cookie Cookie
}

// Error returns the name of the cookie (shortened if it is long) and why it was refused.
func (e *RejectedError) Error() string {
	what := "cookie"
	if name := e.Cookie.Name; name != "" {
		// The server chooses the name, which can have thousands of bytes.
		if len(name) > 64 {
			name = name[:64] + "…"
		}
		what = fmt.Sprintf("cookie %q", name)
	}
	why := strings.TrimSuffix(e.Reason.Explanation(), ".")
	if why != "" {
		why = strings.ToLower(why[:1]) + why[1:]
	}
	return what + " refused: " + why
}

// Withheld is a cookie that matches a request's host and path but was not sent with it.
type Withheld struct {
	Cookie Cookie
	Reason Reason
}
