package cookie

import (
	"strings"
	"time"

	"github.com/concors/concors/internal/field"
)

const (
	maxPair      = 4096 // bytes of name and value
	maxAttribute = 1024 // bytes of an attribute's value; attributes with longer values are ignored
	maxAge       = 400 * 24 * time.Hour
)

// longAgo is the expiry time of a cookie that is to be deleted. It is the earliest time that an
// Expires attribute can express.
var longAgo = time.Date(1601, 1, 1, 0, 0, 0, 0, time.UTC)

// A parsedCookie is the content of a Set-Cookie line.
type parsedCookie struct {
	Cookie
	domain      string // the Domain attribute without a leading dot, or ""
	rootPath    bool   // whether the line has Path=/
	emptyMaxAge bool   // whether the last Max-Age has no value
}

// parse parses the value of a Set-Cookie line ("Parse a Cookie" in the draft,
// https://httpwg.org/http-extensions/draft-ietf-httpbis-layered-cookies.html#parse-a-cookie).
//
// If an attribute occurs twice, the last one counts. In the draft an unknown value of the last Path or
// SameSite does not undo an earlier one, and Max-Age overrides only an Expires before it. As in RFC
// 6265bis and in browsers, an unknown value here resets the attribute, and Max-Age overrides every
// Expires.
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
	c.Name, c.Value = field.Trim(name), field.Trim(value)
	if size := len(c.Name) + len(c.Value); size == 0 {
		return c, ReasonNoCookieContent
	} else if size > limit {
		return c, ReasonNameValuePairExceedsMaxSize
	}
	c.Path = defaultPath(path)

	maxAgeSeen := false
	for attribute := range strings.SplitSeq(attributes, ";") {
		name, value, _ := strings.Cut(attribute, "=")
		value = field.Trim(value)
		if len(value) > maxAttribute {
			continue
		}
		switch field.Lower(field.Trim(name)) {
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
			c.domain = field.Lower(strings.TrimPrefix(value, "."))
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
			switch field.Lower(value) {
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

// parseMaxAge parses a number of seconds and limits it to maxAge. The number may have any length.
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
