package secret

import (
	"net/url"
	"regexp"
	"strings"
)

var (
	// secretParameter fits the names of parameters whose values are secrets. A name is
	// matched after camelCase has become camel_case.
	secretParameter = regexp.MustCompile(`(?i)assertion|bearer|credential|csrf|hmac|jwt|passphr|passw|pwd|saml|secret|signature|token|verifier|xsrf|` +
		`access_?key|sess(?:ion)?_?id|` +
		`(?:^|[._-])(?:api_?key|apikey|auth|authorization|code|` +
		`key|nonce|otp|pass|pin|pw|session|sess|sid|sig|state|ticket|` +
		`x-amz-[a-z-]+|x-goog-[a-z-]+)$`)
	camelCase = regexp.MustCompile(`([a-z0-9])([A-Z])`)

	// secretHeader fits the names of headers whose whole value is a secret.
	secretHeader = regexp.MustCompile(`(?i)secret|passw|token|jwt|assertion|credential|csrf|xsrf|` +
		`(?:^|[-_])(?:api_?key|apikey|auth|authorization|key|otp|pin|pass|pwd|session|session[-_]?id|sessid|sid|signature|ticket)$`)
	// publicHeader fits the names among them whose values are not secrets.
	publicHeader = regexp.MustCompile(`(?i)^(?:access-control-|sec-(?:fetch|websocket|ch|gpc)|(?:x-)?(?:cache|surrogate)-key$|origin-trial$)`)
)

// isSecretHeader reports whether the values of a header are secrets. Cookies and
// Set-Cookie have rules of their own.
func isSecretHeader(name string) bool {
	if strings.Contains(name, " ") { // the input of a step, such as "credentials mode"
		return false
	}
	return secretHeader.MatchString(name) && !publicHeader.MatchString(name)
}

// isStructural reports whether a header's value decides what browsers do. Only what is
// certainly a secret is masked in it.
func isStructural(lowerName string) bool {
	switch lowerName {
	case "origin", "vary", "host", "timing-allow-origin", "content-type", "allow", "accept", "content-length":
		return true
	}
	return strings.HasPrefix(lowerName, "access-control-") || strings.HasPrefix(lowerName, "cross-origin-") ||
		strings.HasPrefix(lowerName, "sec-fetch-")
}

// isSecretParameter reports whether the values of a URL's or form's parameter are
// secrets.
func isSecretParameter(name string) bool {
	if decoded, err := url.QueryUnescape(name); err == nil {
		name = decoded
	}
	return secretParameter.MatchString(camelCase.ReplaceAllString(name, "${1}_$2"))
}

// isPlain reports whether a value in the place of a secret is certainly not one: it is
// missing, or it is the text of a mistake such as "undefined", which readers have to see.
func isPlain(value string) bool {
	switch strings.Trim(value, `"' `) {
	case "", "undefined", "null", "NaN", "[object Object]", "true", "false", "deleted", "...", "…":
		return true
	}
	return placeholder.MatchString(value)
}

// placeholder fits what stands for a secret already: a mask, a variable as shells, Caddy
// and JavaScript write it, the start of an expression of GitHub Actions
// (${{ secrets.TOKEN }}), or the name of an environment variable: words of capitals, of
// which the last says that the variable holds a secret. Digits could be a key's own.
var placeholder = regexp.MustCompile(`^(?:\*\*\*\d*|\$\{?[A-Z_][A-Z0-9_]*\}?|\$\{\{|\{\$[A-Z_][A-Z0-9_]*\}?|` +
	`\{env\.[A-Z_][A-Z0-9_]*\}?|(?:process\.)?env\.[A-Z_][A-Z0-9_]*|(?:[A-Z]+_)+(?:KEY|TOKEN|SECRET|PASSWORD|PASS|AUTH))$`)

// schemes are the authentication schemes that stay readable in front of a secret.
var schemes = map[string]bool{
	"basic": true, "bearer": true, "digest": true, "negotiate": true, "ntlm": true, "hoba": true, "mutual": true,
	"token": true, "apikey": true, "api-key": true, "jwt": true, "aws4-hmac-sha256": true, "dpop": true, "gnap": true,
	"privatetoken": true, "scram-sha-1": true, "scram-sha-256": true, "vapid": true, "hawk": true, "oauth": true,
	"key": true, "signature": true, "sharedkey": true, "concealed": true,
}

// cookieAttributes are the attributes of Set-Cookie that stay as they are.
var cookieAttributes = map[string]bool{
	"path": true, "domain": true, "expires": true, "max-age": true, "samesite": true, "secure": true, "httponly": true,
	"partitioned": true, "priority": true, "version": true,
}
