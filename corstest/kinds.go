package corstest

// A Kind is one problem that [Check] looks for.
type Kind struct {
	// Name is the Kind of its findings. It is stable.
	Name string
	// Title describes the problem in one line.
	Title string
}

// The names of the kinds.
const (
	allowedOriginBlocked     = "allowed-origin-blocked"
	credentialsUnusable      = "credentials-unusable"
	credentialsUnpromised    = "credentials-not-promised"
	foreignOriginAllowed     = "foreign-origin-allowed"
	nullOriginAllowed        = "null-origin-allowed"
	invalidOriginAllowed     = "invalid-origin-allowed"
	upperCaseOriginAllowed   = "upper-case-origin-allowed"
	twoOriginsAllowed        = "two-origins-allowed"
	methodBlocked            = "method-blocked"
	methodUnpromised         = "method-not-promised"
	methodCaseIgnored        = "method-case-ignored"
	requestHeaderBlocked     = "request-header-blocked"
	requestHeaderUnpromised  = "request-header-not-promised"
	requestHeadersCase       = "request-headers-case"
	requestHeadersOrder      = "request-headers-order"
	requestHeadersSpaces     = "request-headers-spaces"
	requestHeadersLines      = "request-headers-lines"
	preflightedPostBlocked   = "preflighted-post-blocked"
	exposedHeaderHidden      = "exposed-header-hidden"
	exposedHeaderUnpromised  = "exposed-header-not-promised"
	maxAgeDiffers            = "max-age-differs"
	errorResponseHidden      = "error-response-hidden"
	allowOriginDuplicated    = "allow-origin-duplicated"
	varyMissingAllowed       = "vary-missing-allowed"
	varyMissingRefused       = "vary-missing-refused"
	varyMissingWithoutOrigin = "vary-missing-without-origin"
	varyLost                 = "vary-lost"
	varyDuplicated           = "vary-duplicated"
	optionsSwallowed         = "options-swallowed"
	actualRequestSwallowed   = "actual-request-swallowed"
	foreignRequestSwallowed  = "foreign-request-swallowed"
	ownOriginBlocked         = "own-origin-blocked"
	sharedHeaderValues       = "shared-header-values"
	hugeOriginAllocates      = "huge-origin-allocates"
	hugeHeadersAllocate      = "huge-request-headers-allocate"
	panics                   = "panics"
	notChecked               = "not-checked"
)

var kinds = []Kind{
	{allowedOriginBlocked, "a simple request (GET, HEAD or POST) from a promised origin is blocked"},
	{credentialsUnusable, "credentials are promised, but a request with credentials is blocked"},
	{credentialsUnpromised, "credentials are not promised, but a page may read the response to a request with credentials"},
	{foreignOriginAllowed, "a page on an origin that is not promised may read responses"},
	{nullOriginAllowed, "a sandboxed page may read responses, although null is not promised: any site can make such a page"},
	{invalidOriginAllowed, "a value that is not an origin is allowed, because it begins or ends like an allowed origin"},
	{upperCaseOriginAllowed, "an Origin in upper case is allowed; browsers never send one"},
	{twoOriginsAllowed, "a request with two Origin headers, one of them foreign, is allowed"},
	{methodBlocked, "a request with a promised method is blocked"},
	{methodUnpromised, "a page may use a method that is not promised"},
	{methodCaseIgnored, "a page may use a promised method in lower case, which is a different method"},
	{requestHeaderBlocked, "a request with a promised header is blocked"},
	{requestHeaderUnpromised, "a page may set a request header that is not promised"},
	{requestHeadersCase, "a preflight fails if Access-Control-Request-Headers is not in lower case; proxies may change the case"},
	{requestHeadersOrder, "a preflight fails if Access-Control-Request-Headers is not sorted; proxies may change the order"},
	{requestHeadersSpaces, "a preflight fails if Access-Control-Request-Headers has spaces after commas; old browsers send them"},
	{requestHeadersLines, "a preflight fails if Access-Control-Request-Headers has several lines; proxies may split it"},
	{preflightedPostBlocked, "a simple POST is blocked if it is preflighted, because its body is a stream or its upload has a listener"},
	{exposedHeaderHidden, "a page may not read a promised response header"},
	{exposedHeaderUnpromised, "a page may read a response header that is not promised"},
	{maxAgeDiffers, "a preflight is not cached for exactly as long as is promised"},
	{errorResponseHidden, "a page may not read the handler's response if its status is an error"},
	{allowOriginDuplicated, "a response has Access-Control-Allow-Origin twice, always or if the middleware is applied twice; browsers block it"},
	{varyMissingAllowed, "a response to a promised origin has no Vary: Origin, although it depends on the origin"},
	{varyMissingRefused, "a response to a foreign origin has no Vary: Origin, so that a cache may serve it to a promised origin"},
	{varyMissingWithoutOrigin, "a response to a request without Origin has no Vary: Origin, so that a cache may serve it to a page"},
	{varyLost, "a Vary header that was set before the middleware ran is lost"},
	{varyDuplicated, "Vary: Origin appears twice if it was set before the middleware ran"},
	{optionsSwallowed, "an OPTIONS request that is not a preflight does not reach the handler"},
	{actualRequestSwallowed, "a request from a promised origin, or without Origin, does not reach the handler"},
	{foreignRequestSwallowed, "a request from a foreign origin does not reach the handler; some middlewares do this on purpose"},
	{ownOriginBlocked, "a POST from the server's own pages fails"},
	{sharedHeaderValues, "responses share their header values, so that a handler that modifies them changes later responses"},
	{hugeOriginAllocates, "a huge Origin makes the middleware allocate much memory"},
	{hugeHeadersAllocate, "a huge Access-Control-Request-Headers makes the middleware allocate much memory"},
	{panics, "the middleware panics"},
	{notChecked, "kinds that could not be checked, because no request works that they build on"},
}

// Kinds returns everything that [Check] looks for, in the order of its findings.
func Kinds() []Kind { return append([]Kind(nil), kinds...) }
