package term

import (
	"regexp"
	"strings"
)

// Masked stands for a secret that is not shown.
const Masked = "***"

// secretName fits the names of query parameters whose values are secrets, and
// secretValue fits values that look like one under any name: a JSON Web Token, or a
// long run of letters and digits.
var (
	secretName = regexp.MustCompile(`(?i)assertion|bearer|credential|csrf|hmac|jwt|passw|pwd|saml|secret|signature|token|xsrf|access_?key|` +
		`(?:^|[._-])(?:api_?key|auth|authorization|code|` +
		`key|nonce|otp|pass|pin|policy|session|session_?id|sid|sig|state|ticket|` +
		`x-amz-[a-z-]+|x-goog-[a-z-]+)$`)
	secretValue = regexp.MustCompile(`^(?:eyJ[\w-]+\.[\w.-]+|[\w+/=%.~-]{32,})$`)
	urlInText   = regexp.MustCompile(`[a-z][a-z0-9+.-]*://[^\s"'<>\x60]+`)
	jsonToken   = regexp.MustCompile(`eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)?`)
)

// MaskURL returns a URL without what may be secret in it: user name and password,
// the values of parameters that are named or look like secrets, and JSON Web Tokens
// anywhere. Reports are for sharing. The time is linear in the URL.
func MaskURL(s string) string {
	if scheme, rest, ok := strings.Cut(s, "://"); ok {
		end := strings.IndexAny(rest, "/?#\\")
		if end < 0 {
			end = len(rest)
		}
		if at := strings.LastIndexByte(rest[:end], '@'); at >= 0 {
			s = scheme + "://" + Masked + rest[at:]
		}
	}
	before, fragment, hasFragment := strings.Cut(s, "#")
	path, query, hasQuery := strings.Cut(before, "?")
	var b strings.Builder
	b.WriteString(jsonToken.ReplaceAllString(path, Masked))
	if hasQuery {
		b.WriteString("?" + maskParameters(query))
	}
	if hasFragment {
		b.WriteString("#" + maskParameters(fragment))
	}
	return b.String()
}

// MaskURLs masks every URL in a text, as MaskURL does.
func MaskURLs(text string) string { return urlInText.ReplaceAllStringFunc(text, MaskURL) }

func maskParameters(query string) string {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, value, ok := strings.Cut(part, "=")
		switch {
		case !ok || value == "":
			parts[i] = jsonToken.ReplaceAllString(part, Masked)
		case secretName.MatchString(name) || secretValue.MatchString(value):
			parts[i] = name + "=" + Masked
		default:
			parts[i] = jsonToken.ReplaceAllString(part, Masked)
		}
	}
	return strings.Join(parts, "&")
}
