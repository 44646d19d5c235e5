package cookie

import (
	"fmt"
	"strings"
)

// A Reason is one way in which a cookie is refused when it is set, or withheld
// from a request. The zero Reason means neither. A reason's name, as String
// gives it, is the one that Chromium's DevTools uses, where it has one.
type Reason uint8

// The reasons. Their order may change; their names do not.
const (
	_ Reason = iota

	// For these a Set-Cookie line is refused wherever it comes from.

	ReasonDisallowedCharacter
	ReasonNoCookieContent
	ReasonNameValuePairExceedsMaxSize
	ReasonSameSiteNoneInsecure
	ReasonPartitionedInsecure
	ReasonInvalidPrefix

	// For these it is refused because of the URL that it comes from.

	ReasonSchemeNotSupported
	ReasonInvalidDomain
	ReasonDomainMismatch
	ReasonPublicSuffixDomain

	// For these it is refused because of what is in the store.

	ReasonOverwriteSecure
	ReasonOverwriteHTTPOnly
	ReasonLimitReached

	// For these a cookie is refused when it is set, or withheld when one that
	// is in the store would be sent.

	ReasonSecureOnly
	ReasonHTTPOnly
	ReasonSameSiteStrict
	ReasonSameSiteLax
	ReasonSameSiteUnspecifiedTreatedAsLax
	ReasonThirdPartyBlocked

	// For this one a cookie is only ever withheld.

	ReasonOtherPartition

	reasonCount
)

// Reasons returns every reason.
func Reasons() []Reason {
	all := make([]Reason, 0, reasonCount-1)
	for r := Reason(1); r < reasonCount; r++ {
		all = append(all, r)
	}
	return all
}

// String is the reason's name.
func (r Reason) String() string {
	if r == 0 || r >= reasonCount {
		return fmt.Sprintf("Reason(%d)", uint8(r))
	}
	return reasonTable[r].name
}

// MarshalText writes the name.
func (r Reason) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Explanation is one plain sentence: what was found and why that stops the cookie.
func (r Reason) Explanation() string {
	if r >= reasonCount {
		return ""
	}
	return reasonTable[r].explanation
}

// Anchor links to the place in a standard that asks for it.
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
	ReasonDisallowedCharacter:         {"DisallowedCharacter", "The Set-Cookie line has a control character other than a tab in it.", draft + "#parse-a-cookie"},
	ReasonNoCookieContent:             {"NoCookieContent", "The cookie has neither a name nor a value.", draft + "#parse-a-cookie"},
	ReasonNameValuePairExceedsMaxSize: {"NameValuePairExceedsMaxSize", "The cookie's name and value are longer than 4096 bytes together.", draft + "#parse-a-cookie"},
	ReasonSameSiteNoneInsecure:        {"SameSiteNoneInsecure", "A cookie with SameSite=None must have Secure too.", draft + "#store-a-cookie"},
	ReasonPartitionedInsecure:         {"PartitionedInsecure", "A cookie with Partitioned must have Secure too.", chips},
	ReasonInvalidPrefix:               {"InvalidPrefix", "The cookie's name begins with a prefix, in any case of letters, that asks for attributes the cookie does not have: __Secure- for Secure; __Host- for Secure, Path=/ and no Domain; __Http- for Secure and HttpOnly; __Host-Http- for all of them. No cookie without a name may have a value that begins so.", draft + "#server-name-prefixes"},

	ReasonSchemeNotSupported: {"SchemeNotSupported", "Only http: and https: URLs have cookies.", draft + "#set-cookie"},
	ReasonInvalidDomain:      {"InvalidDomain", "The Domain attribute is not a host name.", draft + "#parse-a-cookie"},
	ReasonDomainMismatch:     {"DomainMismatch", "The Domain attribute is neither the URL's host nor a parent domain of it.", draft + "#store-a-cookie"},
	ReasonPublicSuffixDomain: {"PublicSuffixDomain", "The Domain attribute is a public suffix, or above one, under which many parties have their own sites.", draft + "#store-a-cookie"},

	ReasonOverwriteSecure:   {"OverwriteSecure", "A Secure cookie of that name exists, and an insecure URL may not set one that would hide it.", draft + "#store-a-cookie"},
	ReasonOverwriteHTTPOnly: {"OverwriteHTTPOnly", "An HttpOnly cookie of that name exists, and a script may not replace it.", draft + "#store-a-cookie"},
	ReasonLimitReached:      {"LimitReached", "The host has as many cookies as the browser keeps, and this one was the first to be dropped.", draft + "#cookie-store-eviction"},

	ReasonSecureOnly:                      {"SecureOnly", "The cookie is Secure, and the URL is not https.", draft + "#retrieve-cookies"},
	ReasonHTTPOnly:                        {"HTTPOnly", "The cookie is HttpOnly, so scripts can neither see nor set it.", draft + "#retrieve-cookies"},
	ReasonSameSiteStrict:                  {"SameSiteStrict", "The cookie is SameSite=Strict, and the request comes from another site.", draft + "#retrieve-cookies"},
	ReasonSameSiteLax:                     {"SameSiteLax", "The cookie is SameSite=Lax, and the request comes from another site without being a top-level navigation by GET.", draft + "#retrieve-cookies"},
	ReasonSameSiteUnspecifiedTreatedAsLax: {"SameSiteUnspecifiedTreatedAsLax", "The cookie has no SameSite attribute and so counts as SameSite=Lax, and the request comes from another site without being a top-level navigation by GET.", draft + "#retrieve-cookies"},
	ReasonThirdPartyBlocked:               {"ThirdPartyBlocked", "The browser blocks third-party cookies, and the URL's site is not that of the page in the address bar.", draft + "#third-party-cookies"},

	ReasonOtherPartition: {"OtherPartition", "The cookie was set under another top-level site, or another chain of frames, and exists only there.", chips},
}

// A RejectedError says why Store.Set kept a cookie out of the store.
type RejectedError struct {
	Reason Reason
	// Cookie is what could be read of it; empty if the line could not be
	// read as a cookie at all.
	Cookie Cookie
}

// Error names the cookie and says why it was refused.
func (e *RejectedError) Error() string {
	what := "cookie"
	if name := e.Cookie.Name; name != "" {
		// A name comes from a stranger and can be thousands of bytes.
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

// Withheld is a cookie that belongs to a request's host and path and was not
// sent with it.
type Withheld struct {
	Cookie Cookie
	Reason Reason
}
