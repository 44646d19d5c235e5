package origin

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// commonMistakes are values that people write where a pattern belongs.
var commonMistakes = []struct {
	value   string
	reason  PatternReason
	problem string // part of the problem or the repair
	instead string // the suggestions, separated by spaces
}{
	// Lists.
	{"https://a.example,https://b.example", PatternList, "2 values", "https://a.example https://b.example"},
	{"https://a.example, https://b.example", PatternList, "write 2 entries: https://a.example and https://b.example", "https://a.example https://b.example"},
	{"https://a.example;https://b.example", PatternList, "2 values", "https://a.example https://b.example"},
	{"https://a.example https://b.example", PatternList, "2 values", "https://a.example https://b.example"},
	{"https://a.example\nhttps://b.example\n", PatternList, "2 values", "https://a.example https://b.example"},
	{"a.example b.example:8443", PatternList, "2 values", "https://a.example https://b.example:8443"},
	{"https://a.example,", PatternList, "without a separator", "https://a.example"},
	{"*, https://a.example", PatternList, "2 values", "* https://a.example"},
	{"null,https://a.example", PatternList, "each value in an entry of its own", ""},
	{`"a.example", "b.example"`, PatternList, "2 values", "https://a.example https://b.example"},
	{`["https://a.example"]`, PatternList, "a whole list, written as text", "https://a.example"},
	{`["https://a.example","https://b.example"]`, PatternList, "a whole list", "https://a.example https://b.example"},
	{"[https://a.example https://b.example]", PatternList, "a whole list", "https://a.example https://b.example"},
	{`["http://[::1]:3000", "https://a.example"]`, PatternList, "a whole list", "http://[::1]:3000 https://a.example"},
	{"[]", PatternList, "an empty list", ""},
	{"https://a.example," + strings.Repeat("https://b.example,", 300), PatternList, "301 values", strings.TrimSpace("https://a.example " + strings.Repeat("https://b.example ", 300))},
	{"https://{app,www}.example.com", PatternList, "braces", "https://app.example.com https://www.example.com"},
	{"{https,http}://a.example", PatternList, "braces", "https://a.example http://a.example"},
	{"http://localhost:3000,3001", PatternList, "ports", "http://localhost:[3000,3001]"},
	{"http://localhost:{3000,3001}", PatternList, "braces", "http://localhost:3000 http://localhost:3001"},
	{"https://a.example|https://b.example", PatternRegexp, "2 entries", "https://a.example https://b.example"},

	// Quotes, spaces and what cannot be seen.
	{`"https://a.example"`, PatternQuoted, "quotes", "https://a.example"},
	{"'https://a.example'", PatternQuoted, "quotes", "https://a.example"},
	{"“https://a.example”", PatternQuoted, "quotes", "https://a.example"},
	{"`https://a.example`", PatternQuoted, "quotes", "https://a.example"},
	{`\"https://a.example\"`, PatternQuoted, "quotes", "https://a.example"},
	{`"https://a.example`, PatternQuoted, "quotes", "https://a.example"},
	{`'*'`, PatternQuoted, "quotes", "*"},
	{`"null"`, PatternQuoted, "quotes", ""},
	{"https://a.example ", PatternSpace, "a space at the end", "https://a.example"},
	{"\thttps://a.example", PatternSpace, "a tab at the beginning", "https://a.example"},
	{"https://a.example\r\n", PatternSpace, "a line break at the end", "https://a.example"},
	{"https:// a.example", PatternSpace, "a space in it", "https://a.example"},
	{"https://exa mple.com", PatternSpace, "a space in it", ""},
	{"http://localhost:[3000, 5173]", PatternSpace, "a space in it", "http://localhost:[3000,5173]"},
	{"https://a\u00a0.example", PatternSpace, "U+00A0", "https://a.example"},
	{"\ufeffhttps://a.example", PatternSpace, "U+FEFF", "https://a.example"},
	{"https://a.ex\u200bample", PatternSpace, "U+200B", "https://a.example"},
	{"https://a.example\u202e", PatternSpace, "U+202E", "https://a.example"},
	{"https://a.example\xa0", PatternSpace, "not UTF-8", ""},
	{"", PatternEmpty, "environment variable", ""},
	{"  ", PatternEmpty, "environment variable", ""},
	{"\u200b\u00a0", PatternEmpty, "cannot be seen", ""},
	{`""`, PatternEmpty, "only quotes", ""},

	// Placeholders and words.
	{"${ORIGIN}", PatternPlaceholder, "${ORIGIN}", ""},
	{"https://$HOST:8443", PatternPlaceholder, "$HOST is", ""},
	{"$(ORIGIN)", PatternPlaceholder, "$(ORIGIN)", ""},
	{"https://<your-domain>.com", PatternPlaceholder, "<your-domain>", ""},
	{"{{ .Values.origin }}", PatternPlaceholder, "{{ .Values.origin }}", ""},
	{"https://{tenant}.example.com", PatternPlaceholder, "{tenant}", ""},
	{"%ORIGIN%", PatternPlaceholder, "%ORIGIN%", ""},
	{"__ORIGIN__", PatternPlaceholder, "__ORIGIN__", ""},
	{"process.env.ORIGIN", PatternPlaceholder, "process.env.ORIGIN", ""},
	{"undefined", PatternWord, "missing value", ""},
	{"None", PatternWord, "missing value", ""},
	{"[object Object]", PatternWord, "missing value", ""},
	{"true", PatternWord, "setting", ""},
	{"'self'", PatternWord, "own pages", ""},
	{"all", PatternWord, "write *", "*"},
	{"NULL", PatternNull, "sandboxed", ""},

	// Regular expressions. No suggestion is wider: see TestSuggestionsForExpressions.
	{`/^https:\/\/.*\.example\.com$/`, PatternRegexp, "regular expression", "https://*.example.com"},
	{`^https://.*\.example\.com$`, PatternRegexp, "regular expression", "https://*.example.com"},
	{`^https://[^.]+\.example\.com$`, PatternRegexp, "regular expression", ""},
	{`^https://[a-z]+\.example\.com$`, PatternRegexp, "regular expression", ""},
	{`https://.*.example.com`, PatternRegexp, "regular expression", "https://*.example.com"},
	{`\.example\.com$`, PatternRegexp, "regular expression", "https://*.example.com"},
	{`.*`, PatternRegexp, "regular expression", ""},
	{`^https?://(app|www)\.example\.com$`, PatternRegexp, "4 entries", "https://app.example.com http://app.example.com https://www.example.com http://www.example.com"},
	{`^https://pr-[\w-]+\.example\.com$`, PatternRegexp, "regular expression", "https://pr-*.example.com"},
	{`^https://pr-\d+\.example\.com$`, PatternRegexp, "regular expression", ""},
	{`^http://localhost:\d+$`, PatternRegexp, "regular expression", "http://localhost:[1-79,81-65535]"},
	{`^http://localhost:\d{4}$`, PatternRegexp, "regular expression", "http://localhost:[1000-9999]"},
	{`^http://localhost(:\d+)?$`, PatternRegexp, "regular expression", "http://localhost:*"},
	{`^http://localhost:(3000|5173)$`, PatternRegexp, "regular expression", "http://localhost:3000 http://localhost:5173"},
	{`^https://([\w-]+\.)*example\.com$`, PatternRegexp, "regular expression", "https://*.example.com https://example.com"},
	{`https://example.com$`, PatternRegexp, "regular expression", "https://example.com"},
	{`(a|b)`, PatternRegexp, "regular expression", ""},

	// Address ranges.
	{"192.168.0.0/16", PatternAddressRange, "range of addresses", ""},
	{"http://192.168.0.0/16", PatternAddressRange, "range of addresses", ""},
	{"http://192.168.*.*:3000", PatternAddressRange, "range of addresses", ""},
	{"10.0.0.*", PatternAddressRange, "range of addresses", ""},
	{"http://192.168.1.0-255", PatternAddressRange, "range of addresses", ""},
	{"http://10.0.x.x:3000", PatternAddressRange, "range of addresses", ""},
	{"10.0.0.1-10.0.0.9", PatternAddressRange, "range of addresses", ""},
	{"fd00::/8", PatternAddressRange, "range of addresses", ""},
	{"http://[fd00::]/8", PatternAddressRange, "range of addresses", ""},

	// Schemes.
	{"*://host.example", PatternBadScheme, "wildcard cannot replace the scheme", "https://host.example"},
	{"*://*", PatternBadScheme, "wildcard cannot replace the scheme", ""},
	{"*://", PatternBadScheme, "wildcard cannot replace the scheme", ""},
	{"http*://*.host.example", PatternBadScheme, "wildcard cannot replace the scheme", "https://*.host.example"},
	{"http(s)://host.example", PatternBadScheme, "wildcard cannot replace the scheme", "https://host.example"},
	{"https:/host.example", PatternNoScheme, "ends with ://", "https://host.example"},
	{"https//host.example", PatternNoScheme, "ends with ://", "https://host.example"},
	{"https:///host.example", PatternNoScheme, "ends with ://", "https://host.example"},
	{"http:host.example", PatternNoScheme, "ends with ://", "http://host.example"},
	{"://host.example", PatternNoScheme, "no scheme", "https://host.example"},
	{"//host.example", PatternNoScheme, "no scheme", "https://host.example"},
	{"https:8080", PatternNoScheme, "ends with ://", ""},
	{"file:///home/me/x.html", PatternPagelessScheme, "origin null", ""},

	// Wildcards.
	{"https://*", PatternBadWildcard, "every host of a scheme", ""},
	{"https://*:*", PatternBadWildcard, "every host of a scheme", ""},
	{"chrome-extension://*", PatternBadWildcard, "as in chrome-extension://", ""},
	{"moz-extension://*", PatternBadWildcard, "another host in every installation", ""},
	{"safari-extension://my-ext-*-app", PatternBadWildcard, "no dot follows", ""},
	{"https://*example", PatternBadWildcard, "no dot follows", ""},
	{"https://**.example.com", PatternBadWildcard, "any depth", "https://*.example.com"},
	{"**.example.com", PatternNoScheme, "any depth", "https://*.example.com"},
	{"https://a.*.example.com", PatternBadWildcard, "only in the first label", ""},
	{"https://*.*.example.com", PatternBadWildcard, "only one *", ""},
	{"https://example.*", PatternBadWildcard, "top-level domain", ""},
	{".example.com", PatternNoScheme, "begin with a dot", "https://*.example.com"},
	{"http://.example.com:8080", PatternBadHost, "begin with a dot", "http://*.example.com:8080"},
	{"https://%2A.example.com", PatternEscaped, "percent-encoded", "https://*.example.com"},
	{"https%3A%2F%2Fa.example", PatternEscaped, "percent-encoded", "https://a.example"},
	{"%2A", PatternEscaped, "percent-encoded", "*"},
	{"%252A", PatternEscaped, "percent-encoded", ""},

	// More than an origin, and other spellings of one.
	{"https://a.example/", PatternNotOnlyOrigin, "no slash at the end", "https://a.example"},
	{"https://a.example/*", PatternNotOnlyOrigin, "no path", "https://a.example"},
	{"https://a.example?x", PatternNotOnlyOrigin, "no query", "https://a.example"},
	{"https://me:secret@a.example", PatternNotOnlyOrigin, "no user name", "https://a.example"},
	{"HTTPS://A.example:443", PatternNotCanonical, "lower case", "https://a.example"},
	{"http://a.example:80", PatternNotCanonical, "omit the default port", "http://a.example"},
	{"https://bücher.example", PatternNotCanonical, "xn--", "https://xn--bcher-kva.example"},
	{"http://localhost:3000-3010", PatternBadPort, "in brackets", "http://localhost:[3000-3010]"},
	{"https://a.example:99999", PatternBadPort, "65535", ""},
	{"https://a.example:0", PatternBadPort, "port 0", ""},
	{"http://::1", PatternBadHost, "in brackets", "http://[::1]"},
	{"http://::1:3000", PatternBadHost, "in brackets", ""},
	{"https://a..example.com", PatternBadHost, "between two dots", ""},
	{"https://a!b.example", PatternBadHost, "'!'", ""},
}

func TestCommonMistakesAreNamed(t *testing.T) {
	for _, row := range commonMistakes {
		if !hasPublicSuffixList && !isASCII(row.value) && strings.Contains(row.instead, "xn--") {
			row.instead = "" // the tables that it would take are left out
		}
		_, err := ParsePattern(row.value)
		var e *PatternError
		if !errors.As(err, &e) {
			t.Errorf("%q is accepted", row.value)
			continue
		}
		if e.Reason != row.reason || !strings.Contains(e.Error(), row.problem) || strings.Join(e.Instead, " ") != row.instead {
			t.Errorf("%.80q: %s: %s; %s (instead %q); want %s, %q, instead %q",
				row.value, e.Reason, e.Problem(), e.Repair(), e.Instead, row.reason, row.problem, row.instead)
		}
		checkSuggestions(t, e)
	}
}

var quotedOrigin = regexp.MustCompile(`[a-z-]+://[^ ;]+`)

// checkSuggestions checks that what an error suggests is valid, also in examples, and that a suggested
// wildcard was written.
func checkSuggestions(t *testing.T, e *PatternError) {
	t.Helper()
	if e.Problem() == "" || e.Repair() == "" {
		t.Errorf("%.80q: an error without text", e.Value)
	}
	for _, s := range append(quotedOrigin.FindAllString(e.Repair(), -1), e.Instead...) {
		s = strings.TrimSuffix(s, ",")
		if _, err := ParsePattern(s); err != nil {
			t.Errorf("%.80q: the suggestion %q is invalid: %v", e.Value, s, err)
		}
	}
	if e.Reason == PatternWord {
		return
	}
	written := strings.ReplaceAll(strings.ToUpper(e.Value), "%2A", "*")
	written = strings.Map(func(r rune) rune { // spaces and quotes may precede a dot
		if r <= ' ' || !strconv.IsPrint(r) || strings.ContainsRune("\"'`\\", r) {
			return -1
		}
		return r
	}, written)
	leadingDot := strings.HasPrefix(written, ".") || strings.Contains(written, "//.") || e.Reason == PatternRegexp || e.Reason == PatternList
	for _, s := range e.Instead {
		if host, _, _ := strings.Cut(s, ":*"); strings.Contains(host, "*") && !strings.ContainsAny(written, "*+") && !leadingDot {
			t.Errorf("%.80q: the suggestion %q has a wildcard", e.Value, s)
		}
		if s == "*" && !strings.Contains(written, "*") {
			t.Errorf("%.80q: every origin is suggested", e.Value)
		}
	}
}

// TestSuggestionsForExpressions checks that a regular expression matches every origin that the
// suggested patterns stand for.
func TestSuggestionsForExpressions(t *testing.T) {
	origins := []string{"https://example.com", "http://example.com", "https://a.b.example.com", "https://example.org"}
	for _, scheme := range []string{"http", "https", "ftp"} {
		for _, host := range []string{"localhost", "example.com", "a.example", "b.example", "app.example.com", "www.example.com", "x.app.example.com",
			"a_b.example.com", "a-1.example.com", "1.example.com", "pr-1.example.com", "pr-a_b.example.com", "pr-a.b.example.com", "pr-.example.com",
			"a-pr.example.com", "aexample.com", "a.example.com.evil.example", "pr-x-y.example.com"} {
			for _, port := range []string{"", ":1", ":99", ":3000", ":5173", ":8443", ":65535", ":80", ":443"} {
				origins = append(origins, scheme+"://"+host+port)
			}
		}
	}
	schemes := []string{`https://`, `^https://`, `^https?://`, `^http(s)?://`, `^(http|https)://`, `^https:\/\/`, `.*://`, ``, `^`}
	hosts := []string{
		`example\.com`, `.*\.example\.com`, `.+\.example\.com`, `(.*\.)?example\.com`, `([\w-]+\.)+example\.com`, `([\w-]+\.)*example\.com`, `(.+\.)*example\.com`,
		`[a-z]+\.example\.com`, `[^.]+\.example\.com`, `[\w-]+\.example\.com`, `[a-z0-9-]+\.example\.com`, `pr-[a-z0-9-]+\.example\.com`, `pr-[\w-]+\.example\.com`,
		`pr-.*\.example\.com`, `pr-.+?\.example\.com`, `pr-[^.]+\.example\.com`, `pr-\d+\.example\.com`, `[\w-]+-pr\.example\.com`, `[^/]+-pr\.example\.com`,
		`(app|www)\.example\.com`, `(?:app|www)\.example\.com`, `(app|www)?\.example\.com`, `\S+\.example\.com`, `[^/]+\.example\.com`, `[^\s]+`, `.*`, `.*example\.com`,
		`\w+\.example\.com`, `a?b?\.example`, `(a|b)\.example`, `localhost`, `.example.com`, `\.example\.com`, `app.example.com`, `(?i)example\.com`, `[A-Z]\.example`, `e{2}xample\.com`, `exam+ple\.com`,
		`[a-z0-9_-]+--pr\.example\.com`, `[a-z0-9-_]+-pr\.example\.com`, `^example\.com`, `(^a|b)\.example`, `.\.example\.com`,
	}
	ports := []string{``, `:\d+`, `(:\d+)?`, `:[0-9]{4}`, `:\d{1,2}`, `:\d{2,}`, `:(3000|5173)`, `:3000`, `:*`, `:.*`, `(:[0-9]+)?`, `:\d`, `:\d{9}`, `:\d{3,2}`}
	if testing.Short() {
		schemes, ports = schemes[:4], ports[:4]
	}
	suggested := 0
	for _, scheme := range schemes {
		for _, host := range hosts {
			for _, port := range ports {
				for _, end := range []string{``, `$`} {
					text := scheme + host + port + end
					e, err := regexp.Compile(text)
					if err != nil {
						continue
					}
					patterns := regexpPatterns(text)
					for _, p := range patterns {
						suggested++
						set := setOf(t, p)
						for _, o := range origins {
							if _, ok := set.Match(o); ok && !e.MatchString(o) && !hostMatches(e, o) {
								t.Errorf("%s: the suggestion %s stands for %s too", text, p, o)
								break
							}
						}
					}
				}
			}
		}
	}
	if least := len(schemes) * len(ports) * 10; suggested < least {
		t.Errorf("only %d suggestions", suggested)
	}
}

// hostMatches is for expressions without a scheme. With an anchor they match no origin, and they are
// meant for hosts.
func hostMatches(e *regexp.Regexp, o string) bool {
	_, host, _ := strings.Cut(o, "://")
	return !strings.Contains(e.String(), "://") && e.MatchString(host)
}

// TestMistakesAreFoundInLinearTime checks that a long value costs no more per byte than a short one.
func TestMistakesAreFoundInLinearTime(t *testing.T) {
	for _, part := range []string{"_", "$", "{", "(", "[", `"`, "'\\", " ", "\u200b", ",", "a,", "*", "%25", "%2", "<", "{{", "|", "(a|b)", ".", "a.", "https://a.example,", "a b", "@@", "--__"} {
		n := 1 << 18
		if testing.Short() {
			n = 1 << 17
		}
		start := time.Now()
		_, _ = ParsePattern(strings.Repeat(part, n/len(part)))
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%q repeated to %d bytes takes %v", part, n, took)
		}
	}
}
