package console

import "github.com/concors/concors/fetch/reason"

// otherLines holds more lines that are read: those of older versions and of
// developer tools, and some that a browser prints only sometimes.
var otherLines = []struct {
	browser int
	reason  reason.Reason
	text    string
}{
	// Chromium's older words.
	{chromium, reason.WildcardOriginNotAllowed, chAccess + "A wildcard '*' cannot be used in the 'Access-Control-Allow-Origin' header when the credentials flag is true." + chFailed},
	{chromium, reason.WildcardOriginNotAllowed, chAccess + "The value of the 'Access-Control-Allow-Origin' header in the response must not be the wildcard '*' when the request's credentials mode is" + chFailed},
	{chromium, reason.WildcardOriginNotAllowed, chAccess + "Cannot use wildcard in Access-Control-Allow-Origin when credentials flag is true." + chFailed},
	{chromium, reason.InvalidAllowCredentials, chAccess + "Credentials flag is 'true', but the 'Access-Control-Allow-Credentials' header is '{value}'. It must be 'true' to allow credentials." + chFailed},
	{chromium, reason.InvalidAllowCredentials, chAccess + "Credentials flag is true, but Access-Control-Allow-Credentials is not \"true\"." + chFailed},
	{chromium, reason.InvalidAllowCredentials, chAccess + "The value of the 'Access-Control-Allow-Credentials' header in the response is '{value}' which must be 'true'" + chFailed},
	{chromium, reason.PreflightInvalidStatus, chAccess + "Response for preflight has invalid HTTP status code {status}" + chFailed},
	{chromium, reason.PreflightInvalidStatus, chAccess + "Response to preflight has invalid HTTP status code {status}" + chFailed},
	{chromium, reason.PreflightInvalidStatus, chAccess + "Preflight response has invalid HTTP status code {status}" + chFailed},
	{chromium, reason.PreflightInvalidStatus, chAccess + "Preflight response is not successful" + chFailed},
	{chromium, reason.PreflightDisallowedRedirect, chAccess + "Response for preflight is invalid (redirect)" + chFailed},
	{chromium, reason.PreflightDisallowedRedirect, chAccess + "Preflight response is invalid (redirect)" + chFailed},
	{chromium, reason.PreflightDisallowedRedirect, chAccess + "Request requires preflight, which is disallowed to follow cross-origin redirect" + chFailed},
	{chromium, reason.PreflightDisallowedRedirect, chAccess + "The request was redirected to '{redirect target}', which is disallowed for cross-origin requests that require preflight" + chFailed},
	{chromium, reason.RedirectDisallowedScheme, chAccess + "The request was redirected to a URL ('{redirect target}') which has a disallowed scheme for cross-origin requests" + chFailed},
	{chromium, reason.RedirectDisallowedScheme, chAccess + "Redirect location '{redirect target}' has a disallowed scheme for cross-origin requests" + chFailed},
	{chromium, reason.RedirectContainsCredentials, chAccess + "The request was redirected to a URL ('{redirect target}') containing userinfo, which is disallowed for cross-origin requests" + chFailed},
	{chromium, reason.RedirectContainsCredentials, chAccess + "Redirect location '{redirect target}' contains a username and password, which is disallowed for cross-origin requests" + chFailed},
	{chromium, reason.CorsDisabledScheme, chAccess + "Cross origin requests are only supported for HTTP" + chFailed},
	{chromium, reason.CorsDisabledScheme, chAccess + "Received an invalid response" + chFailed},
	{chromium, reason.InvalidResponse, chAccess + "The response is invalid." + chFailed},
	{chromium, reason.MissingAllowOriginHeader, chAccess + "Origin {origin} is not allowed by Access-Control-Allow-Origin" + chFailed},
	{chromium, reason.AllowOriginMismatch, chAccess + "Origin {origin} is not allowed by Access-Control-Allow-Origin" + chFailed},
	{chromium, reason.AllowOriginMismatch, chAccess + "The 'Access-Control-Allow-Origin' header has a value that is not equal to the supplied origin" + chFailed},
	{chromium, reason.AllowOriginMismatch, chAccess + "The 'Access-Control-Allow-Origin' whitelists only '{value}'" + chFailed},
	{chromium, reason.MultipleAllowOriginValues, chAccess + "The 'Access-Control-Allow-Origin' header contains multiple values, but only one is allowed" + chFailed},
	{chromium, reason.MissingAllowOriginHeader, chAccess + "No 'Access-Control-Allow-Origin' header is present" + chFailed},
	{chromium, reason.MissingAllowOriginHeader, chAccess + "No 'Access-Control-Allow-Origin' header was present on the requested resource" + chFailed},
	{chromium, reason.MethodDisallowedByPreflightResponse, chAccess + "Method {method} is not allowed by Access-Control-Allow-Methods" + chFailed},
	{chromium, reason.HeaderDisallowedByPreflightResponse, chAccess + "Request header field {lower header} is not allowed by Access-Control-Allow-Headers" + chFailed},
	{chromium, reason.HeaderDisallowedByPreflightResponse, chAccess + "Request header {lower header} is not allowed by Access-Control-Allow-Headers" + chFailed},
	// Private Network Access, versions 98 to 141.
	{chromium, reason.LocalNetworkAccessPermissionDenied, chAccess + "No 'Access-Control-Allow-Private-Network' header was present in the preflight response for this private network request targeting the `{space}` address space." + chFailed},
	{chromium, reason.LocalNetworkAccessPermissionDenied, chAccess + "No 'Access-Control-Allow-Private-Network' header was present in the preflight response" + chFailed},
	{chromium, reason.LocalNetworkAccessPermissionDenied, chAccess + "The 'Access-Control-Allow-Private-Network' header in the preflight response for this private network request targeting the `{space}` address space had a value of '{value}', which must be 'true'" + chFailed},
	{chromium, reason.LocalNetworkAccessPermissionDenied, chAccess + "The 'Access-Control-Allow-Private-Network' header in the preflight response" + chFailed},
	{chromium, reason.LocalNetworkAccessPermissionDenied, chAccess + "Response to preflight request doesn't pass private network access check" + chFailed},
	{chromium, reason.LocalNetworkAccessPermissionDenied, chAccess + "Permission was denied for this request to access the" + chFailed},
	{chromium, reason.InsecureLocalNetwork, chAccess + "The request client is not a secure context and the resource is in more-private address space" + chFailed},
	{chromium, reason.InsecureLocalNetwork, "The request client is not a secure context and the resource is in more-private address space `{space}`." + chFailed},
	{chromium, reason.InvalidLocalNetworkAccess, chAccess + "Request had no target IP address space, yet the resource is in address space `{space}`." + chFailed},
	{chromium, reason.LocalNetworkAccessPermissionDenied, chLoad + "ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS"},
	{chromium, reason.LocalNetworkAccessPermissionDenied, chLoad + "ERR_BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS"},
	// Chromium's network panel and its Issues.
	{chromium, reason.ConnectionFailed, chLoad + "ERR_FAILED"}, // "{net error}" has the other errors
	{chromium, reason.ConnectionFailed, chLoad + "{net error}"},
	{chromium, reason.OpaqueResponseBlocked, chLoad + "ERR_BLOCKED_BY_ORB"},
	{chromium, reason.OpaqueResponseBlocked, "(blocked:orb)"},
	{chromium, reason.OpaqueResponseBlocked, "Cross-Origin Read Blocking (CORB) blocked cross-origin response {url} with MIME type {type}."},
	{chromium, reason.OpaqueResponseBlocked, "Response was blocked by CORB (Cross-Origin Read Blocking)"},
	{chromium, reason.OpaqueResponseBlocked, "Response was blocked by ORB"},
	{chromium, reason.CorpNotSameOrigin, "(blocked:corp)"},
	{chromium, reason.CorpNotSameOrigin, chLoad + "ERR_BLOCKED_BY_RESPONSE"},
	{chromium, reason.MixedContent, "(blocked:mixed-content)"},
	{chromium, reason.MissingAllowOriginHeader, chAccess + "Ensure CORS response header values are valid"},
	{chromium, reason.AllowOriginMismatch, chAccess + "Ensure CORS response header values are valid"},
	{chromium, reason.InvalidAllowOriginValue, chAccess + "Ensure CORS response header values are valid"},
	{chromium, reason.MultipleAllowOriginValues, chAccess + "Ensure CORS response header values are valid"},
	{chromium, reason.HeaderDisallowedByPreflightResponse, chAccess + "Ensure CORS requests include only allowed headers"},
	{chromium, reason.HeaderDisallowedByPreflightResponse, chAccess + "Ensure CORS request includes only allowed headers"},
	{chromium, reason.MethodDisallowedByPreflightResponse, chAccess + "Ensure CORS requests use allowed methods"},
	{chromium, reason.MethodDisallowedByPreflightResponse, chAccess + "Ensure CORS request uses allowed methods"},
	{chromium, reason.InvalidAllowCredentials, chAccess + "Ensure CORS requests include credentials only when allowed"},
	{chromium, reason.WildcardOriginNotAllowed, chAccess + "Ensure credentialed requests are not sent to CORS resources with origin wildcards"},
	{chromium, reason.CorsDisabledScheme, chAccess + "Ensure CORS requests are made on supported schemes"},
	{chromium, reason.DisallowedByMode, chAccess + "Ensure only same-origin resources are fetched with same-origin request mode"},
	{chromium, reason.PreflightInvalidStatus, chAccess + "Ensure preflight responses are valid"},
	{chromium, reason.PreflightDisallowedRedirect, chAccess + "Ensure preflight requests are not redirected"},
	{chromium, reason.RedirectContainsCredentials, chAccess + "Ensure no credentials are included in redirect URLs when redirecting to cross-origin resources"},
	{chromium, reason.RedirectContainsCredentials, chAccess + "Ensure no credentials are included in redirect URLs"},
	{chromium, reason.NoCorsRedirectModeNotFollow, chAccess + "Ensure no-cors requests configure redirect mode follow"},
	{chromium, reason.InsecureLocalNetwork, chAccess + "Ensure private network requests are made from secure contexts"},
	{chromium, reason.LocalNetworkAccessPermissionDenied, chAccess + "Ensure private network requests are only made to resources that allow them"},
	{chromium, reason.LocalNetworkAccessPermissionDenied, chAccess + "Ensure local network requests have the required permission"},
	{chromium, reason.MixedContent, "was loaded over HTTPS, but requested an insecure"},

	{chromium, reason.MIMETypeNotAllowed, "Failed to load module script: Expected a JavaScript module script but the server responded with a MIME type of \"{type}\"."},
	{chromium, reason.MIMETypeNotAllowed, "Failed to load module script: The server responded with a non-JavaScript MIME type of \"{type}\"."},

	// Firefox's older words.
	{firefox, reason.MissingAllowOriginHeader, ffReason + "CORS header ‘Access-Control-Allow-Origin’ is missing).\n" + ffThen},
	{firefox, reason.HeaderDisallowedByPreflightResponse, ffReason + "missing token ‘{lower header}’ in CORS header ‘Access-Control-Allow-Headers’ from CORS preflight channel).\n" + ffThen},
	{firefox, reason.HeaderDisallowedByPreflightResponse, ffReason + "missing token ‘{lower header}’ in CORS header ‘Access-Control-Allow-Headers’ from CORS preflight response).\n" + ffThen},
	{firefox, reason.HeaderDisallowedByPreflightResponse, ffReason + "missing token ‘{lower header}’ in CORS header ‘Access-Control-Allow-Headers’).\n" + ffThen},
	{firefox, reason.PreflightInvalidStatus, ffReason + "CORS preflight channel did not succeed).\n" + ffThen},
	{firefox, reason.PreflightInvalidStatus, ffReason + "CORS preflight request did not succeed).\n" + ffThen},
	{firefox, reason.ConnectionFailed, ffReason + "CORS request failed).\n" + ffThen},
	{firefox, reason.MultipleAllowOriginValues, ffReason + "Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed"},
	{firefox, reason.WildcardOriginNotAllowed, ffReason + "Credential is not supported if the CORS header ‘Access-Control-Allow-Origin’ is ‘*’"},
	{firefox, reason.NosniffMIMETypeMismatch, "The stylesheet {url} was not loaded because its MIME type, “{type}”, is not “text/css”."},
	{firefox, reason.OpaqueResponseBlocked, "The resource at “{url}” was blocked by OpaqueResponseBlocking. Reason: "},

	{webkit, reason.MixedContent, "[blocked] The page at {page} was not allowed to display insecure content from {url}."},
	{webkit, reason.MixedContent, "[blocked] The page at {page} was not allowed to run insecure content from {url}."},
	{webkit, reason.PreflightInvalidStatus, "Preflight response is not successful\n{denied}"},
	{webkit, reason.MissingAllowOriginHeader, "Cross-origin image load denied by Cross-Origin Resource Sharing policy."},
	{webkit, reason.AllowOriginMismatch, "Cross-origin image load denied by Cross-Origin Resource Sharing policy."},

	{explorer, reason.AllowOriginMismatch, "SEC7120: Origin {page origin} not found in Access-Control-Allow-Origin header"},
	{explorer, reason.AllowOriginMismatch, "SEC7120: [CORS] The origin '{page origin}' did not find '{redirect target}' in the Access-Control-Allow-Origin response header for cross-origin resource at '{url}'"},
	{explorer, reason.AllowOriginMismatch, "SEC7120"},
	{explorer, reason.InvalidAllowCredentials, "SEC7122"},
	{explorer, reason.HeaderDisallowedByPreflightResponse, "SEC7123: Request header {lower header} was not present in the Access-Control-Allow-Headers list"},
	{explorer, reason.HeaderDisallowedByPreflightResponse, "SEC7123"},
	{explorer, reason.MethodDisallowedByPreflightResponse, "SEC7124: Request method {method} was not present in the Access-Control-Allow-Methods list"},
	{explorer, reason.MethodDisallowedByPreflightResponse, "SEC7124"},
	{explorer, reason.PreflightDisallowedRedirect, "SEC7127: Redirect was blocked for CORS request"},
	{explorer, reason.MultipleAllowOriginValues, "SEC7128: Multiple Access-Control-Allow-Origin headers are not allowed for CORS response"},

	{jsdom, reason.AllowOriginMismatch, "Cross origin {page origin} forbidden"},
	{jsdom, reason.HeaderDisallowedByPreflightResponse, "Error: Headers {lower header} forbidden"},
	{jsdom, reason.InvalidAllowCredentials, "Error: Credentials forbidden"},
}

// panelWords holds what the network panel of Firefox shows beside a blocked request,
// which are also the names of the pages that its messages link to.
var panelWords = []struct {
	reason reason.Reason
	text   string
}{
	{reason.MissingAllowOriginHeader, "CORS Missing Allow Origin"},
	{reason.AllowOriginMismatch, "CORS Allow Origin Not Matching Origin"},
	{reason.MultipleAllowOriginValues, "CORS Multiple Allow Origin Not Allowed"},
	{reason.WildcardOriginNotAllowed, "CORS Not Supporting Credentials"},
	{reason.InvalidAllowCredentials, "CORS Missing Allow Credentials"},
	{reason.MethodDisallowedByPreflightResponse, "CORS Method Not Found"},
	{reason.HeaderDisallowedByPreflightResponse, "CORS Missing Allow Header From Preflight"},
	{reason.InvalidAllowMethodsPreflightResponse, "CORS Invalid Allow Method"},
	{reason.InvalidAllowHeadersPreflightResponse, "CORS Invalid Allow Header"},
	{reason.PreflightInvalidStatus, "CORS Preflight Did Not Succeed"},
	{reason.PreflightDisallowedRedirect, "CORS External Redirect Not Allowed"},
	{reason.CorsDisabledScheme, "CORS Request Not Http"},
	{reason.ConnectionFailed, "CORS Did Not Succeed"},
	{reason.ConnectionFailed, "CORS Request Failed"},
}
