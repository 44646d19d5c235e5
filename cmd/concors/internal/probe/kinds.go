package probe

import "github.com/concors/concors/fetch/reason"

// The kinds of what can be wrong, by the names of package corstest.
const (
	AllowedOriginBlocked     = "allowed-origin-blocked"
	CredentialsUnusable      = "credentials-unusable"
	CredentialsUnpromised    = "credentials-not-promised"
	ForeignOriginAllowed     = "foreign-origin-allowed"
	NullOriginAllowed        = "null-origin-allowed"
	InvalidOriginAllowed     = "invalid-origin-allowed"
	UpperCaseOriginAllowed   = "upper-case-origin-allowed"
	MethodBlocked            = "method-blocked"
	MethodUnpromised         = "method-not-promised"
	MethodCaseIgnored        = "method-case-ignored"
	RequestHeaderBlocked     = "request-header-blocked"
	RequestHeaderUnpromised  = "request-header-not-promised"
	ExposedHeaderHidden      = "exposed-header-hidden"
	ExposedHeaderUnpromised  = "exposed-header-not-promised"
	MaxAgeDiffers            = "max-age-differs"
	ErrorResponseHidden      = "error-response-hidden"
	AllowOriginDuplicated    = "allow-origin-duplicated"
	VaryMissingAllowed       = "vary-missing-allowed"
	VaryMissingRefused       = "vary-missing-refused"
	VaryMissingWithoutOrigin = "vary-missing-without-origin"
)

// PreflightFails is a kind that package corstest has no name for.
const PreflightFails = "preflight-fails"

// KindOfReason returns the kind of a block if its reason alone decides that, and
// else "".
func KindOfReason(r reason.Reason) string {
	switch r {
	case reason.MultipleAllowOriginValues, reason.PreflightMultipleAllowOriginValues:
		return AllowOriginDuplicated
	case reason.WildcardOriginNotAllowed, reason.PreflightWildcardOriginNotAllowed,
		reason.InvalidAllowCredentials, reason.PreflightInvalidAllowCredentials:
		return CredentialsUnusable
	case reason.MethodDisallowedByPreflightResponse, reason.InvalidAllowMethodsPreflightResponse:
		return MethodBlocked
	case reason.HeaderDisallowedByPreflightResponse, reason.InvalidAllowHeadersPreflightResponse:
		return RequestHeaderBlocked
	}
	return ""
}
