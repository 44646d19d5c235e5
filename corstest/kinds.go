package corstest

// A Kind is one thing that [Check] looks for.
type Kind struct {
	// Name is that of its findings. It is stable.
	Name string
	// Title says in one line what is found.
	Title string
}

// The kinds' names.
const (
	allowedOriginBlocked    = "allowed-origin-blocked"
	credentialsUnusable     = "credentials-unusable"
	credentialsUnpromised   = "credentials-not-promised"
	foreignOriginLetIn      = "foreign-origin-let-in"
	nullOriginLetIn         = "null-origin-let-in"
	notAnOriginLetIn        = "not-an-origin-let-in"
	upperCaseOriginLetIn    = "upper-case-origin-let-in"
	twoOriginsLetIn         = "two-origins-let-in"
	methodBlocked           = "method-blocked"
	methodUnpromised        = "method-not-promised"
	methodCaseIgnored       = "method-case-ignored"
	requestHeaderBlocked    = "request-header-blocked"
	requestHeaderUnpromised = "request-header-not-promised"
	requestHeadersCase      = "request-headers-case"
	requestHeadersOrder     = "request-headers-order"
	requestHeadersSpaces    = "request-headers-spaces"
	requestHeadersLines     = "request-headers-lines"
	plainPostPreflight      = "plain-post-preflight-blocked"
	exposedHeaderHidden     = "exposed-header-hidden"
	exposedHeaderUnpromised = "exposed-header-not-promised"
	maxAgeNotKept           = "max-age-not-kept"
	errorAnswerHidden       = "error-answer-hidden"
	allowOriginDoubled      = "allow-origin-doubled"
	varyMissingAllowed      = "vary-missing-allowed"
	varyMissingRefused      = "vary-missing-refused"
	varyMissingWithout      = "vary-missing-without-origin"
	varyLost                = "vary-lost"
	varyDoubled             = "vary-doubled"
	optionsSwallowed        = "options-swallowed"
	actualRequestSwallowed  = "actual-request-swallowed"
	foreignRequestSwallowed = "foreign-request-swallowed"
	ownOriginBlocked        = "own-origin-blocked"
	sharedHeaderValues      = "shared-header-values"
	hugeOriginCosts         = "huge-origin-costs"
	hugeHeadersCost         = "huge-request-headers-cost"
	panics                  = "panics"
)

var kinds = []Kind{
	{allowedOriginBlocked, "a page on a promised origin may not read a plain GET, HEAD or POST"},
	{credentialsUnusable, "credentials are promised, and a page may not read the answer to a request with them"},
	{credentialsUnpromised, "credentials are not promised, and a page may read the answer to a request with them"},
	{foreignOriginLetIn, "a page on an origin that is not promised may read answers"},
	{nullOriginLetIn, "a sandboxed page may read answers, though null is not promised: anybody can make one"},
	{notAnOriginLetIn, "what is no origin at all is let in, by its beginning or its end"},
	{upperCaseOriginLetIn, "an Origin in upper case is let in, which no browser sends"},
	{twoOriginsLetIn, "a request with two Origin lines, one of them foreign, is answered with Access-Control-Allow-Origin"},
	{methodBlocked, "a page may not use a promised method"},
	{methodUnpromised, "a page may use a method that is not promised"},
	{methodCaseIgnored, "a page may use a promised method in lower case, which is another method"},
	{requestHeaderBlocked, "a page may not set a promised request header"},
	{requestHeaderUnpromised, "a page may set a request header that is not promised"},
	{requestHeadersCase, "a preflight fails if Access-Control-Request-Headers is not in lower case, as a proxy may send it"},
	{requestHeadersOrder, "a preflight fails if Access-Control-Request-Headers is not sorted, as a proxy may send it"},
	{requestHeadersSpaces, "a preflight fails if Access-Control-Request-Headers has spaces behind its commas, as old browsers send it"},
	{requestHeadersLines, "a preflight fails if Access-Control-Request-Headers is on several lines, as a proxy may send it"},
	{plainPostPreflight, "a plain POST fails once it is preflighted, as it is if it streams or its upload is listened to"},
	{exposedHeaderHidden, "a page does not see a promised response header"},
	{exposedHeaderUnpromised, "a page sees a response header that is not promised"},
	{maxAgeNotKept, "a preflight is not remembered for as long as is promised"},
	{errorAnswerHidden, "a page may not read an answer of the handler whose status is an error's"},
	{allowOriginDoubled, "Access-Control-Allow-Origin comes out twice, which browsers refuse, at once or when the middleware is there twice"},
	{varyMissingAllowed, "an answer to a promised origin would be another for somebody else, and has no Vary: Origin"},
	{varyMissingRefused, "an answer to a foreign origin has no Vary: Origin, so that a cache may give it to a promised one"},
	{varyMissingWithout, "an answer to a request without Origin has no Vary: Origin, so that a cache may give it to a page"},
	{varyLost, "a Vary that was there before is lost"},
	{varyDoubled, "a Vary: Origin that was there before is said twice"},
	{optionsSwallowed, "an OPTIONS that is no preflight does not reach the handler"},
	{actualRequestSwallowed, "a request of a promised origin, or of nobody, does not reach the handler"},
	{foreignRequestSwallowed, "a request of a foreign origin does not reach the handler: the promise says nothing of that"},
	{ownOriginBlocked, "a POST of the server's own pages fails"},
	{sharedHeaderValues, "answers share their header values: a handler that writes into them changes later answers"},
	{hugeOriginCosts, "a huge Origin makes the middleware allocate"},
	{hugeHeadersCost, "a huge Access-Control-Request-Headers makes the middleware allocate"},
	{panics, "the middleware panics"},
}

// Kinds returns all that [Check] looks for, in the order in which it reports.
func Kinds() []Kind { return append([]Kind(nil), kinds...) }
