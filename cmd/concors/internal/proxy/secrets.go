package proxy

import (
	"net/http"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/secret"
)

// secrets are the values of the injected headers, to remove them from what is shown.
type secrets struct {
	whole    map[string]bool
	replacer *strings.Replacer // nil if there are none
}

// minSecret is the length from which a value is also masked inside of another one. A shorter one, such as
// "1", would be found everywhere.
const minSecret = 6

func newSecrets(headers []InjectedHeader) secrets {
	s := secrets{whole: map[string]bool{}}
	var pairs []string
	add := func(value string) {
		if s.whole[value] || value == "" {
			return
		}
		s.whole[value] = true
		if len(value) >= minSecret {
			pairs = append(pairs, value, secret.Mask)
		}
	}
	for _, h := range headers {
		value := strings.TrimSpace(h.Value)
		add(value)
		// The secret in "Bearer abc" is abc.
		if _, token, ok := strings.Cut(value, " "); ok && len(token) >= minSecret {
			add(token)
		}
	}
	if len(pairs) > 0 {
		s.replacer = strings.NewReplacer(pairs...)
	}
	return s
}

func (s *secrets) mask(text string) string {
	if s.whole[text] {
		return secret.Mask
	}
	if s.replacer == nil {
		return text
	}
	return s.replacer.Replace(text)
}

// inName reports whether the name of a header has a secret in it. Names are not case-sensitive.
func (s *secrets) inName(name string) bool {
	for value := range s.whole {
		if len(value) >= minSecret && len(value) <= len(name) && strings.Contains(strings.ToLower(name), strings.ToLower(value)) {
			return true
		}
	}
	return false
}

// maskHeader masks the values of a header in place, removes the fields with a secret in their names, and
// returns it.
func (s *secrets) maskHeader(h http.Header) http.Header {
	if len(s.whole) == 0 {
		return h
	}
	for name, values := range h {
		if s.inName(name) {
			delete(h, name)
			continue
		}
		for i, v := range values {
			values[i] = s.mask(v)
		}
	}
	return h
}
