package secret

import (
	"net/url"
	"regexp"
	"strings"
)

// knownToken fits secrets that are recognized anywhere, whatever is around them: JSON
// Web Tokens and the keys of services that have a prefix.
var knownToken = regexp.MustCompile(`\b(?:` + strings.Join([]string{
	`eyJ[\w-]{8,}\.[\w-]+(?:\.[\w-]*)*`,                // a JSON Web Token
	`(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}`,              // AWS
	`gh[opsur]_[0-9A-Za-z]{30,}`, `github_pat_\w{22,}`, // GitHub
	`glpat-[\w-]{20,}`,                                  // GitLab
	`xox[abeoprs]-[0-9A-Za-z-]{10,}`, `xapp-[\w-]{20,}`, // Slack
	`(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{10,}`, // Stripe
	`whsec_[0-9A-Za-z+/=]{16,}`,                   // Stripe, Svix
	`AIza[\w-]{35}`, `ya29\.[\w-]{20,}`,           // Google
	`SG\.[\w-]{16,}\.[\w-]{16,}`,              // SendGrid
	`sk-(?:[a-z]+-)*[A-Za-z_-]*\d[\w-]{19,}`,  // OpenAI, Anthropic
	`npm_[0-9A-Za-z]{30,}`, `pypi-[\w-]{30,}`, // package registries
	`shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}`,         // Shopify
	`dop_v1_[0-9a-f]{64}`, `hf_[0-9A-Za-z]{30,}`, // DigitalOcean, Hugging Face
}, "|") + `)`)

// tokenStarts are what the tokens of knownToken begin with: looking for them is faster.
var tokenStarts = []string{"eyJ", "AKIA", "ASIA", "ABIA", "ACCA", "ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_", "glpat-", "xox", "xapp-", "k_live_", "k_test_", "whsec_",
	"AIza", "ya29.", "SG.", "sk-", "npm_", "pypi-", "shpat_", "shpca_", "shppa_", "shpss_", "dop_v1_", "hf_"}

// replaceTokens replaces the tokens in a text that are recognized anywhere.
func replaceTokens(s string, replace func(string) string) string {
	for _, start := range tokenStarts {
		if strings.Contains(s, start) {
			return knownToken.ReplaceAllStringFunc(s, replace)
		}
	}
	return s
}

// minToken is how long a text without a known prefix is at least that its shape alone
// makes a secret.
const minToken = 32

var (
	tokenCharacters = regexp.MustCompile(`^[\w+/=~.-]+$`)
	hexadecimal     = regexp.MustCompile(`^[0-9A-Fa-f]+$`)
	longRun         = regexp.MustCompile(`[0-9A-Za-z]{32,}`)
	uuid            = regexp.MustCompile(`(?i)^\{?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}?$`)
	fileExtension   = regexp.MustCompile(`\.[a-z][a-z0-9]{0,4}$`)
)

// isToken reports whether a whole value, such as a segment of a path, is a secret by
// its shape: a known one, or at least 32 characters of hexadecimal or base64. A UUID
// and a title with hyphens are not.
func isToken(s string) bool {
	if decoded, err := url.PathUnescape(s); err == nil {
		s = decoded
	}
	if knownToken.MatchString(s) {
		return true
	}
	if len(s) < minToken || uuid.MatchString(s) || !tokenCharacters.MatchString(s) {
		return false
	}
	if hexadecimal.MatchString(s) {
		return true
	}
	for _, run := range longRun.FindAllString(s, -1) {
		if oneCase := strings.ToLower(run) == run || strings.ToUpper(run) == run; oneCase && digitsIn(run) >= 2 {
			return true
		}
	}
	return isMixed(s)
}

func digitsIn(s string) (n int) {
	for _, c := range s {
		if c >= '0' && c <= '9' {
			n++
		}
	}
	return n
}

// isMixed reports whether letters of both cases and digits follow each other as they
// do in base64, and not as in words.
func isMixed(s string) bool {
	const other, digit, lower, upper = 0, 1, 2, 3
	var changes, last int
	var seen [4]bool
	for _, c := range s {
		kind := other
		switch {
		case c >= '0' && c <= '9':
			kind = digit
		case c >= 'a' && c <= 'z':
			kind = lower
		case c >= 'A' && c <= 'Z':
			kind = upper
		}
		seen[kind] = true
		// A capital at the start of a word is not a change: Customer, CustomerList.
		if last != other && kind != other && kind != last && !(last == upper && kind == lower) {
			changes++
		}
		last = kind
	}
	return seen[upper] && seen[lower] && digitsIn(s) >= 2 && changes*5 >= len(s)
}
