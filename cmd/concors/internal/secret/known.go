package secret

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// maxKnown is how many bytes of secrets are looked for in other places.
const maxKnown = 64 << 10

// Learn adds a secret, which is then masked wherever it is repeated.
func (m *Masker) Learn(value string) { m.learn(value) }

// LearnHeader adds the secrets in a header that was sent.
func (m *Masker) LearnHeader(name, value string) { m.Header(name, value) }

// LearnBody adds the secrets in a body: members of JSON and fields of forms that are
// named as secrets are.
func (m *Masker) LearnBody(body string) {
	if len(body) > maxKnown {
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
		m.keep = append(m.keep, strings.ToLower(s))
	}
}

func (m *Masker) learn(value string) {
	written := value
	if value = canonical(value); m.replacer != nil || len(value) < 4 || isPlain(value) || m.bytes+len(value) > maxKnown {
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

// canonical returns a secret without quotes and percent-encoding, so that it is the
// same wherever it is written.
func canonical(value string) string {
	value = strings.Trim(strings.TrimSpace(value), `"`)
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
	list := []string{value, string(latin), url.QueryEscape(value), url.PathEscape(value), strings.ReplaceAll(value, "+", " "),
		strings.ToLower(value), strings.ToUpper(value)}
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

// vocabulary are words of the web that are no secrets, even if a cookie has one of
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

// A replacer finds known secrets.
type replacer struct {
	strong, all *strings.Replacer
	tails       []string // of which a text that was cut may end with a part
}

// finish ends the collection of known secrets: from now on they are masked.
func (m *Masker) finish() {
	var values []string
	for value := range m.known {
		lower := strings.ToLower(value)
		if !slices.ContainsFunc(m.keep, func(s string) bool { return strings.Contains(s, lower) }) {
			values = append(values, value)
		}
	}
	// The longest first, so that no part of a secret is masked before all of it.
	slices.SortFunc(values, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	type pair struct{ from, to string }
	replace := func(which func(string) bool) *strings.Replacer {
		var pairs []pair
		for _, value := range values {
			if !which(value) {
				continue
			}
			to := Mask
			if m.instead == nil {
				to = m.number(value)
			}
			for _, from := range append(spellings(value), m.known[value]) {
				pairs = append(pairs, pair{from, to})
			}
		}
		slices.SortStableFunc(pairs, func(a, b pair) int { return len(b.from) - len(a.from) })
		var words []string
		for _, p := range pairs {
			words = append(words, p.from, p.to)
		}
		return strings.NewReplacer(words...)
	}
	m.replacer = &replacer{strong: replace(isStrong), all: replace(func(s string) bool { return isStrong(s) || isWeak(s) })}
	for _, value := range values {
		if isStrong(value) {
			m.replacer.tails = append(m.replacer.tails, value)
		}
	}
}

// replaceKnown masks known secrets in a text; weak ones only in a value.
func (m *Masker) replaceKnown(s string, isValue bool) string {
	if m.replacer == nil || len(s) < 4 {
		return s
	}
	if isValue {
		s = m.replacer.all.Replace(s)
	} else {
		s = m.replacer.strong.Replace(s)
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
				parts[i] = part[:len(part)-n] + m.number(value)
				break
			}
		}
	}
	return strings.Join(parts, cut)
}
