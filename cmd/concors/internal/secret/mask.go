package secret

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"strings"
)

// A Masker masks secrets in the texts of one report. Equal secrets have equal masks,
// and others a number of their own: ***, ***2, ***3. The zero value is ready to use, and
// is not safe for concurrent use.
type Masker struct {
	numbers map[string]int    // of the secrets, by canonical value
	last    int               // number
	known   map[string]string // secrets by canonical value, as they were written
	bytes   int               // in known
	keep    []string

	replacer *replacer // of the known secrets; nil while they are being collected
	// instead, if set, writes what stands for a secret, with the name of its header,
	// cookie or parameter.
	instead func(name string) string
}

// URL returns a URL without what may be secret in it, as [Masker.URL] does.
func URL(s string) string { return Uniform().URL(s) }

// Text returns a text without the secrets in it, as [Masker.Text] does.
func Text(s string) string { return Uniform().Text(s) }

// Uniform returns a Masker with the same mask for all secrets, for lists in which the
// difference between secrets does not matter.
func Uniform() *Masker { return &Masker{instead: func(string) string { return Mask }} }

// mask returns what stands for a secret: value, in the header, cookie or parameter of
// that name.
func (m *Masker) mask(name, value string) string {
	if isPlain(value) {
		return value
	}
	m.learn(value)
	return m.maskOf(name, value)
}

// maskOf returns the mask of a secret.
func (m *Masker) maskOf(name, value string) string {
	if m.instead != nil {
		return m.instead(name)
	}
	value = canonical(value)
	n, ok := m.numbers[value]
	if !ok {
		if m.numbers == nil {
			m.numbers = map[string]int{}
		}
		m.last++
		n = m.last
		m.numbers[value] = n
	}
	if n == 1 {
		return Mask
	}
	return fmt.Sprint(Mask, n)
}

// Header returns a header's value without the secrets in it. Of credentials the scheme
// stays and an approximate length, of cookies the names, of a Set-Cookie the
// attributes, and of everything else all that is not a secret.
func (m *Masker) Header(name, value string) string {
	switch lower := strings.ToLower(strings.TrimSpace(name)); {
	case lower == "cookie":
		return m.cookies(value)
	case lower == "set-cookie", lower == "set-cookie2":
		return m.setCookie(value)
	case isSecretHeader(lower):
		return m.credentials(name, value)
	case isStructural(lower):
		return m.structural(value)
	case !strings.HasSuffix(lower, "-authenticate") && bearerOrBasic.MatchString(value):
		return m.credentials(name, value)
	case lower == "location", lower == "content-location", lower == "referer", lower == "sourcemap":
		return m.URL(value)
	default:
		value = m.replaceKnown(value, true)
		value = linkTarget.ReplaceAllStringFunc(value, func(s string) string { return "<" + m.URL(s[1:len(s)-1]) + ">" })
		value = refreshTarget.ReplaceAllStringFunc(value, func(s string) string {
			before, to, _ := strings.Cut(s, "=")
			return before + "=" + m.URL(to)
		})
		return m.text(value)
	}
}

var (
	bearerOrBasic = regexp.MustCompile(`(?i)^(?:bearer|basic) \S+$`)
	linkTarget    = regexp.MustCompile(`<[^<>]*>`)
	refreshTarget = regexp.MustCompile(`(?i)^\s*[\d.]+\s*[;,]\s*url=.*$`)
)

// credentials masks the value of Authorization and of headers such as X-Api-Key.
func (m *Masker) credentials(name, value string) string {
	scheme, rest, found := strings.Cut(value, " ")
	switch {
	case isPlain(value):
		return value
	case !found || !schemes[strings.ToLower(scheme)]:
		return m.mask(name, value) + m.size(value)
	}
	if rest = strings.TrimSpace(rest); isPlain(rest) {
		return value
	}
	masked := m.mask(name, rest)
	if user, err := base64.StdEncoding.DecodeString(rest); err == nil && strings.EqualFold(scheme, "basic") {
		m.learnUserinfo(string(user), rest)
	}
	return scheme + " " + masked + m.size(rest)
}

// size says roughly how long a secret is: a token that is empty, cut or too long for
// a server is a cause of failures.
func (m *Masker) size(value string) string {
	if m.instead != nil {
		return ""
	}
	switch n := len(value); {
	case n < 16:
		return " (under 16 bytes)"
	case n < 64:
		return " (16 to 63 bytes)"
	case n < 256:
		return " (64 to 255 bytes)"
	case n < 1024:
		return " (256 to 1023 bytes)"
	default:
		return fmt.Sprintf(" (about %d KB)", (n+512)/1024)
	}
}

// cookies masks the values of a Cookie header.
func (m *Masker) cookies(value string) string {
	pairs := strings.Split(value, ";")
	for i, pair := range pairs {
		pairs[i] = m.cookie(pair)
	}
	return strings.Join(pairs, ";")
}

// cookie masks a cookie's value. A cookie without a name has only a value.
func (m *Masker) cookie(pair string) string {
	trimmed := strings.TrimSpace(pair)
	before := pair[:strings.Index(pair, trimmed)]
	name, value, found := strings.Cut(trimmed, "=")
	if !found {
		name, value = "", trimmed
	}
	value = strings.TrimSpace(value)
	if value == "" {
		return pair
	}
	masked := m.mask("cookie_"+name, value)
	if found {
		masked = name + "=" + masked
	}
	return before + masked
}

// setCookie masks the value of a Set-Cookie header, and of attributes that are not
// known.
func (m *Masker) setCookie(value string) string {
	parts := strings.Split(value, ";")
	for i, part := range parts {
		name, attribute, found := strings.Cut(part, "=")
		switch lower := strings.ToLower(strings.TrimSpace(name)); {
		case i == 0:
			parts[i] = m.cookie(part)
		case lower == "path" && found:
			parts[i] = name + "=" + m.path(attribute)
		case cookieAttributes[lower]:
		case found || strings.TrimSpace(part) != "":
			parts[i] = m.cookie(part)
		}
	}
	return strings.Join(parts, ";")
}

// structural masks what is certainly a secret in a value that decides what browsers do.
func (m *Masker) structural(value string) string {
	value = replaceURLs(m.replaceKnown(value, false), func(s string) string { return m.url(s, 1) })
	return replaceTokens(value, func(s string) string { return m.mask("token", s) })
}

// urlInText fits URLs in a text, parameterInText a parameter of a URL without a scheme,
// userinfoInText a name and a password in front of a host, headerInText a header
// line with a secret, and assignmentInText the first field of a form, a setting or a
// member of JSON that is named as only secrets are.
var (
	urlInText       = regexp.MustCompile(`(?i)\b[a-z][a-z0-9+.-]*://[^\s"'<>\x60]+`)
	wholeURL        = regexp.MustCompile(`(?i)^[a-z][a-z0-9+.-]*://\S+$`)
	parameterInText = regexp.MustCompile(`[?&;#][\w.%~\[\]-]+=[^\s"'<>\x60&;#]+`)
	userinfoInText  = regexp.MustCompile(`[\w.%+~$!*-]+:[^\s/?#@:"'<>\x60]+@[\w.\[-]`)
	headerInText    = regexp.MustCompile(`(?i)\b(?:(?:proxy-|x-[\w-]*)?authorization|(?:set-)?cookie|` +
		`x-[\w-]*(?:key|token|secret|password|jwt|auth|session)|api-?key)["']?:[ \t]*["']?[^\r\n"'<>\x60]+`)
	assignmentInText = regexp.MustCompile(`(?i)\b([\w.-]*(?:password|passwd|passphrase|pwd|secret|` +
		`(?:api|access|private|secret|client|signing)[_-]?(?:key|secret)|token))(=\\?["']?|\\?["'][ \t]?[:=][ \t]?\\?["'])`)
)

// URL returns a URL without what may be secret in it: user name and password, values
// of parameters, in the query or the fragment, that are named or look like secrets, and
// segments of the path that look like them. It need not have a scheme.
func (m *Masker) URL(s string) string {
	return m.url(m.replaceKnown(s, true), 3)
}

// url is URL for a URL in which others are nested to a depth.
func (m *Masker) url(s string, depth int) string {
	scheme, rest, ok := strings.Cut(s, "//")
	if ok && (scheme == "" || strings.HasSuffix(scheme, ":")) {
		end := strings.IndexAny(rest, "/?#\\")
		if end < 0 {
			end = len(rest)
		}
		authority := rest[:end]
		if at := strings.LastIndexByte(authority, '@'); at >= 0 {
			authority = m.userinfo(authority[:at]) + authority[at:]
		}
		scheme, rest = scheme+"//"+authority, rest[end:]
	} else {
		scheme, rest = "", s
	}
	before, fragment, hasFragment := strings.Cut(rest, "#")
	path, query, hasQuery := strings.Cut(before, "?")
	var b strings.Builder
	b.WriteString(scheme + m.path(path))
	if hasQuery {
		b.WriteString("?" + m.parameters(query, depth))
	}
	if hasFragment {
		b.WriteString("#" + m.parameters(fragment, depth))
	}
	return b.String()
}

// userinfo masks a user name and password.
func (m *Masker) userinfo(s string) string {
	if s == "user" { // a near miss of an origin that verify sends
		return s
	}
	masked := m.mask("userinfo", s)
	m.learnUserinfo(s, s)
	return masked
}

// path masks the segments of a path that look like secrets, and the parameters of
// segments.
func (m *Masker) path(path string) string {
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		name, parameters, found := strings.Cut(segment, ";")
		extension := fileExtension.FindString(name)
		switch stem := strings.TrimSuffix(name, extension); {
		case isToken(stem):
			name = m.mask("token", stem) + extension
		case isToken(name):
			name = m.mask("token", name)
		default:
			name = replaceTokens(name, func(s string) string { return m.mask("token", s) })
		}
		if segments[i] = name; found {
			segments[i] += ";" + m.parameters(parameters, 0)
		}
	}
	return strings.Join(segments, "/")
}

// parameters masks a query, or a fragment that has the form of one.
func (m *Masker) parameters(query string, depth int) string {
	var b strings.Builder
	for query != "" {
		end := strings.IndexAny(query, "&;")
		part, separator := query, ""
		if end >= 0 {
			part, separator = query[:end], query[end:end+1]
		}
		query = query[len(part)+len(separator):]
		b.WriteString(m.parameter(part, depth) + separator)
	}
	return b.String()
}

func (m *Masker) parameter(part string, depth int) string {
	name, value, found := strings.Cut(part, "=")
	if !found {
		if strings.ContainsAny(part, "/?") {
			return m.url(part, 0) // a fragment such as #/reset/TOKEN?token=…
		}
		if isToken(part) {
			return m.mask("token", part)
		}
		return part
	}
	if strings.Contains(name, "?") && depth > 0 { // #/login?token=…
		before, after, _ := strings.Cut(name, "?")
		return m.path(before) + "?" + m.parameter(after+"="+value, depth-1)
	}
	if isSecretParameter(name) || isToken(value) {
		return name + "=" + m.mask(name, value)
	}
	decoded, err := url.QueryUnescape(value)
	if err != nil {
		decoded = value
	}
	if depth > 0 && strings.ContainsAny(decoded, "/?&=@") { // a URL in a parameter, such as ?next=
		if masked := m.url(decoded, depth-1); masked != decoded {
			if decoded != value {
				masked = strings.ReplaceAll(url.QueryEscape(masked), url.QueryEscape(Mask), Mask)
			}
			return name + "=" + masked
		}
	}
	return name + "=" + replaceTokens(value, func(s string) string { return m.mask(name, s) })
}

// Text returns a text without the secrets in it: in URLs, in lines of headers, and
// those that have the form of a known kind of token. Everything else in it stays.
func (m *Masker) Text(s string) string {
	if strings.Contains(s, "://") && wholeURL.MatchString(s) {
		return m.URL(s)
	}
	return m.text(m.replaceKnown(s, false))
}

// text is Text after the known secrets.
func (m *Masker) text(s string) string {
	// Looking for a word is much faster than an expression.
	if strings.Contains(s, ":") && mentionsHeader(s) {
		s = headerInText.ReplaceAllStringFunc(s, m.headerLine)
	}
	if strings.Contains(s, "://") {
		s = replaceURLs(s, m.URL)
	}
	if strings.Contains(s, "@") {
		s = userinfoInText.ReplaceAllStringFunc(s, func(found string) string {
			at := strings.LastIndexByte(found, '@')
			if strings.HasPrefix(strings.ToLower(found), "mailto:") {
				return found
			}
			return m.userinfo(found[:at]) + found[at:]
		})
	}
	if strings.Contains(s, "=") && strings.ContainsAny(s, "?&;#") {
		s = parameterInText.ReplaceAllStringFunc(s, func(found string) string {
			found, after := withoutPunctuation(found)
			return found[:1] + m.parameter(found[1:], 1) + after
		})
	}
	if strings.ContainsAny(s, "=:") && mentionsPassword(s) {
		s = m.assignments(s)
	}
	return replaceTokens(s, func(found string) string { return m.mask("token", found) })
}

// replaceURLs replaces the URLs in a text. What ends a sentence or a quotation after a URL
// is not a part of it.
func replaceURLs(s string, replace func(string) string) string {
	return urlInText.ReplaceAllStringFunc(s, func(found string) string {
		found, after := withoutPunctuation(found)
		return replace(found) + after
	})
}

// withoutPunctuation divides a URL, or a part of one, from the punctuation after it.
func withoutPunctuation(s string) (url, after string) {
	url = strings.TrimRight(s, ".,;:!?)]}'’‘”“„»«…。，、；：）」』")
	return url, s[len(url):]
}

// assignments masks the values in a text such as password=x or "secret": "x".
func (m *Masker) assignments(s string) string {
	var b strings.Builder
	for {
		at := assignmentInText.FindStringSubmatchIndex(s)
		if at == nil {
			return b.String() + s
		}
		b.WriteString(s[:at[1]])
		name, operator := s[at[2]:at[3]], s[at[4]:at[5]]
		s = s[at[1]:]
		quote := operator[len(operator)-1]
		isQuoted := quote == '"' || quote == '\''
		ends := " \t\r\n\"'<>`&;,\\"
		if isQuoted {
			ends = string(quote) + "\n"
		}
		end := strings.IndexAny(s, ends)
		if end < 0 {
			end = len(s)
		}
		value := strings.TrimRight(s[:end], `\`)
		if !isQuoted {
			value, _ = withoutPunctuation(value)
		}
		if value != "" {
			b.WriteString(m.mask(name, value))
		}
		s = s[len(value):]
	}
}

// mentionsPassword reports whether a text may have what assignmentInText fits.
func mentionsPassword(s string) bool {
	s = lowerASCII(s)
	for _, word := range []string{"pass", "pwd", "secret", "key", "token"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

// mentionsHeader reports whether a text may have a header that headerInText fits.
func mentionsHeader(s string) bool {
	s = lowerASCII(s)
	for _, word := range []string{"auth", "cookie", "key", "token", "secret", "password", "jwt", "session"} {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

// headerLine masks a header in a text, if what follows the name has the form of its
// value: prose has colons too.
func (m *Masker) headerLine(line string) string {
	name, value, _ := strings.Cut(line, ":")
	start := len(value) - len(strings.TrimLeft(value, " \t\"'"))
	if strings.HasPrefix(value, ":") { // a method of a class, such as "authorization"::equals
		return line
	}
	before := line[:len(name)+1+start]
	name, value = strings.Trim(name, `"'`), value[start:]
	if lower := strings.ToLower(name); lower == "cookie" || lower == "set-cookie" {
		if first, _, _ := strings.Cut(value, "="); !strings.Contains(value, "=") || strings.Contains(strings.TrimSpace(first), " ") {
			return line
		}
		return before + m.Header(name, value)
	}
	// A value is one word, with its scheme in front of it.
	words := strings.SplitN(value, " ", 3)
	n := 1
	if len(words) > 1 && schemes[strings.ToLower(words[0])] {
		n = 2
	}
	if n == 1 && len(words) > 1 { // a sentence
		if !isToken(words[0]) {
			return line
		}
	}
	taken := strings.Join(words[:n], " ")
	return before + m.credentials(name, taken) + value[len(taken):]
}
