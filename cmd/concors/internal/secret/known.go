package secret

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// maxKnown is how many secrets are looked for in other places, and maxBytes how long
// they are together.
const (
	maxKnown = 2000
	maxBytes = 256 << 10
)

// Learn adds a secret, which is then masked wherever it is repeated.
func (m *Masker) Learn(value string) { m.learn(value) }

// LearnHeader adds the secrets in a header that was sent.
func (m *Masker) LearnHeader(name, value string) { m.Header(name, value) }

// LearnBody adds the secrets in a body: members of JSON and fields of forms that are
// named as secrets are.
func (m *Masker) LearnBody(body string) {
	if len(body) > maxBytes {
		return
	}
	var document any
	if json.Unmarshal([]byte(body), &document) == nil {
		m.learnJSON("", document)
		return
	}
	if fields, err := url.ParseQuery(body); err == nil {
		for name, values := range fields {
			for _, value := range values {
				if isSecretParameter(name) || isToken(value) {
					m.learn(value)
				}
			}
		}
	}
	m.Text(body)
}

func (m *Masker) learnJSON(name string, v any) {
	switch v := v.(type) {
	case string:
		if isSecretParameter(name) || isToken(v) {
			m.learn(v)
		}
	case map[string]any:
		for name, member := range v {
			m.learnJSON(name, member)
		}
	case []any:
		for _, element := range v {
			m.learnJSON(name, element)
		}
	}
}

// Keep adds texts whose parts are never masked for being repeated secrets: the
// origins and names that a report is about.
func (m *Masker) Keep(texts ...string) {
	for _, s := range texts {
		m.keep = append(m.keep, lowerASCII(s))
	}
}

func (m *Masker) learn(value string) {
	written := value
	if value = canonical(value); m.replacer != nil || len(value) < 4 || isPlain(value) || m.bytes+len(value) > maxBytes || len(m.known) == maxKnown {
		return
	}
	if _, known := m.known[value]; known {
		return
	}
	if m.known == nil {
		m.known = map[string]string{}
	}
	m.known[value] = written
	m.bytes += len(value)
}

// learnUserinfo adds the password of a user name and password, and the name if it is
// a key. They have the mask of what they were found in.
func (m *Masker) learnUserinfo(userinfo, in string) {
	user, password, _ := strings.Cut(userinfo, ":")
	parts := []string{userinfo, password}
	if password == "" || isToken(user) {
		parts = append(parts, user)
	}
	for _, part := range parts {
		m.learn(part)
		part = canonical(part)
		if n, ok := m.numbers[canonical(in)]; ok && m.numbers[part] == 0 && part != "" {
			m.numbers[part] = n
		}
	}
}

// canonical returns a secret without quotes, percent-encoding and punctuation at its end, so
// that it is the same wherever it is written: a full stop after a URL is not a part of it.
func canonical(value string) string {
	value, _ = withoutPunctuation(strings.Trim(strings.TrimSpace(value), `"`))
	if decoded, err := url.PathUnescape(value); err == nil {
		return decoded
	}
	return value
}

// spellings returns the ways in which a secret is repeated in URLs and headers.
func spellings(value string) []string {
	raw := []byte(value)
	latin := make([]rune, len(raw)) // as package request keeps a server's bytes
	for i, b := range raw {
		latin[i] = rune(b)
	}
	list := []string{value, string(latin), url.QueryEscape(value), url.PathEscape(value), strings.ReplaceAll(value, "+", " ")}
	if quoted, err := json.Marshal(value); err == nil {
		list = append(list, strings.Trim(string(quoted), `"`))
	}
	if len(value) >= 6 {
		list = append(list, strings.TrimRight(base64.StdEncoding.EncodeToString(raw), "="), base64.RawURLEncoding.EncodeToString(raw))
	}
	return list
}

var (
	hostName = regexp.MustCompile(`^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}(?::\d+)?$`)
	word     = regexp.MustCompile(`^[A-Za-z]+(?:[-_ /][A-Za-z]+)*$`)
	number   = regexp.MustCompile(`^[\d.:-]+$`)
)

// vocabulary are words of the web that are not secrets, even if a cookie has one of
// them for its value.
const vocabulary = "access-control-allow-origin access-control-allow-credentials access-control-allow-methods " +
	"access-control-allow-headers access-control-expose-headers access-control-max-age access-control-request-headers " +
	"access-control-request-method access-control-allow-private-network cross-origin-resource-policy " +
	"cross-origin-embedder-policy no-referrer-when-downgrade strict-origin-when-cross-origin same-site include " +
	"no-cors navigate application/json text/html authorization x-requested-with content-type cache-control preflight " +
	"response request browser server header origin cookie credentials allowed blocked redirect"

// isStrong reports whether a secret is masked in every text. Others could be words of
// that text, so they are masked only in the values that servers and pages choose.
func isStrong(value string) bool {
	switch {
	case strings.Contains(value, "://"), hostName.MatchString(strings.ToLower(value)):
		return false
	case word.MatchString(value):
		return len(value) >= 12 && !strings.Contains(vocabulary, strings.ToLower(value))
	case number.MatchString(value):
		return len(value) >= 10
	}
	return len(value) >= 5
}

// isWeak reports whether a secret that is not strong is masked in the values of
// headers and in URLs.
func isWeak(value string) bool {
	if strings.Contains(value, "://") || strings.Contains(vocabulary, strings.ToLower(value)) {
		return false
	}
	return len(value) >= 6 && !number.MatchString(value) || len(value) >= 8
}

// A replacer finds known secrets in texts, in upper and lower case.
type replacer struct {
	strong, all finder
	tails       []string // of which a text that was cut may end with a part
}

// finish ends the collection of known secrets: from now on they are masked.
func (m *Masker) finish() {
	var values []string
	for value := range m.known {
		lower := lowerASCII(value)
		if !slices.ContainsFunc(m.keep, func(s string) bool { return strings.Contains(s, lower) }) {
			values = append(values, value)
		}
	}
	slices.Sort(values) // the numbers of masks must not depend on the order of a map
	r := &replacer{strong: finder{}, all: finder{}}
	for _, value := range values {
		strong := isStrong(value)
		if !strong && !isWeak(value) {
			continue
		}
		mask := m.maskOf("secret", value)
		for _, spelling := range append(spellings(value), m.known[value]) {
			if r.all.add(spelling, mask); strong {
				r.strong.add(spelling, mask)
			}
		}
		if strong {
			r.tails = append(r.tails, value)
		}
	}
	r.strong.sort()
	r.all.sort()
	m.replacer = r
}

// A finder has texts in lower case, the longest first, by their first bytes.
type finder map[[minFound]byte][]found

type found struct{ text, mask string }

const minFound = 4

func (f finder) add(text, mask string) {
	if text = lowerASCII(text); len(text) >= minFound {
		start := [minFound]byte([]byte(text[:minFound]))
		f[start] = append(f[start], found{text, mask})
	}
}

func (f finder) sort() {
	for _, list := range f {
		slices.SortStableFunc(list, func(a, b found) int { return len(b.text) - len(a.text) })
	}
}

func (f finder) replace(s string) string {
	if len(f) == 0 || len(s) < minFound {
		return s
	}
	lower := lowerASCII(s)
	var b strings.Builder
	written := 0
	for i := 0; i+minFound <= len(lower); i++ {
		for _, known := range f[[minFound]byte([]byte(lower[i:i+minFound]))] {
			if strings.HasPrefix(lower[i:], known.text) {
				b.WriteString(s[written:i] + known.mask)
				written = i + len(known.text)
				i = written - 1
				break
			}
		}
	}
	if written == 0 {
		return s
	}
	return b.String() + s[written:]
}

// lowerASCII returns a text of the same length, with its ASCII letters in lower case.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// replaceKnown masks known secrets in a text; weak ones only in a value.
func (m *Masker) replaceKnown(s string, isValue bool) string {
	switch {
	case m.replacer == nil:
		return s
	case isValue:
		s = m.replacer.all.replace(s)
	default:
		s = m.replacer.strong.replace(s)
	}
	return m.replaceTails(s)
}

// replaceTails masks the parts of secrets at which a text was cut.
func (m *Masker) replaceTails(s string) string {
	const cut = "..."
	if !strings.Contains(s, cut) {
		return s
	}
	parts := strings.SplitN(s, cut, 20)
	for i, part := range parts[:len(parts)-1] {
		for _, value := range m.replacer.tails {
			n := min(len(value)-1, len(part))
			for n >= 4 && !strings.HasSuffix(part, value[:n]) {
				n--
			}
			if n >= 4 {
				parts[i] = part[:len(part)-n] + m.maskOf("secret", value)
				break
			}
		}
	}
	return strings.Join(parts, cut)
}
