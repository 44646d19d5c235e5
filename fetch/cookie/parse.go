package cookie

import (
	"strings"
	"time"
)

const (
	maxPair      = 4096 // bytes of name and value together
	maxAttribute = 1024 // bytes of an attribute's value; a longer one is ignored
	maxAge       = 400 * 24 * time.Hour
)

// longAgo is the expiry time of a cookie that is to be deleted: the earliest that
// an Expires attribute can express.
var longAgo = time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)

// A parsedCookie is a cookie before the store has looked at it.
type parsedCookie struct {
	Cookie
	domain      string // of the Domain attribute, without leading dot; empty for none
	rootPath    bool   // it says Path=/
	emptyMaxAge bool   // the last Max-Age has no value
}

// parse is the draft's "Parse a Cookie"
// (https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html#parse-a-cookie).
//
// Of an attribute that comes twice, the last counts. The draft lets an earlier
// Path or SameSite stand if the last one's value is unknown, and Max-Age overrule
// only an Expires within itself; here, as in RFC 6265bis and in browsers, an
// unknown value resets, and Max-Age overrules any Expires.
func parse(line string, path string, limit int, now time.Time) (parsedCookie, Reason) {
	var c parsedCookie
	if hasControl(line) {
		return c, ReasonDisallowedCharacter
	}
	pair, attributes, _ := strings.Cut(line, ";")
	name, value, found := strings.Cut(pair, "=")
	if !found {
		name, value = "", pair
	}
	c.Name, c.Value = trim(name), trim(value)
	if size := len(c.Name) + len(c.Value); size == 0 {
		return c, ReasonNoCookieContent
	} else if size > limit {
		return c, ReasonNameValuePairExceedsMaxSize
	}
	c.Path = defaultPath(path)

	maxAgeSeen := false
	for attribute := range strings.SplitSeq(attributes, ";") {
		name, value, _ := strings.Cut(attribute, "=")
		value = trim(value)
		if len(value) > maxAttribute {
			continue
		}
		switch lower(trim(name)) {
		case "expires":
			if t, ok := parseDate(value); ok && !maxAgeSeen {
				c.Expires = earlier(t, now.Add(maxAge))
			}
		case "max-age":
			c.emptyMaxAge = value == ""
			if age, ok := parseMaxAge(value); ok {
				maxAgeSeen = true
				c.Expires = longAgo
				if age > 0 {
					c.Expires = now.Add(age)
				}
			}
		case "domain":
			c.domain = lower(strings.TrimPrefix(value, "."))
		case "path":
			c.rootPath = value == "/"
			c.Path = value
			if !strings.HasPrefix(value, "/") {
				c.Path = defaultPath(path)
			}
		case "secure":
			c.Secure = true
		case "httponly":
			c.HTTPOnly = true
		case "samesite":
			switch lower(value) {
			case "none":
				c.SameSite = SameSiteNone
			case "lax":
				c.SameSite = SameSiteLax
			case "strict":
				c.SameSite = SameSiteStrict
			default:
				c.SameSite = SameSiteDefault
			}
		case "partitioned":
			c.Partitioned = true
		}
	}
	return c, 0
}

// parseMaxAge reads a number of seconds, and caps it. It does not count on the
// number fitting into any integer.
func parseMaxAge(value string) (time.Duration, bool) {
	number, negative := strings.CutPrefix(value, "-")
	if number == "" || digits(number) != len(number) {
		return 0, false
	}
	number = strings.TrimLeft(number, "0")
	switch {
	case negative || number == "":
		return 0, true
	case len(number) > len("34560000"): // 400 days
		return maxAge, true
	}
	seconds, _ := leadingNumber(number, 1, len(number))
	return min(time.Duration(seconds)*time.Second, maxAge), true
}

// hasControl reports whether s has a control character other than a tab.
func hasControl(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 && c != '\t' || c == 0x7F {
			return true
		}
	}
	return false
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// trim removes what the grammar calls WSP, and no other white space.
func trim(s string) string { return strings.Trim(s, " \t") }

// lower is for ASCII only: unlike strings.ToLower it leaves the Kelvin sign, and
// every other byte that is not ASCII, alone.
func lower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if 'A' <= b[j] && b[j] <= 'Z' {
					b[j] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}
