package field

import "strings"

// IsToken reports whether s is a token: one or more of the bytes that HTTP allows in methods and
// header names. See https://www.rfc-editor.org/rfc/rfc9110#name-tokens.
func IsToken(s string) bool {
	for i := range len(s) {
		if !tokenByte[s[i]] {
			return false
		}
	}
	return s != ""
}

// IsTokenByte reports whether c may be part of a token.
func IsTokenByte(c byte) bool { return tokenByte[c] }

// tokenByte is the set tchar of RFC 9110. It is a table for speed: servers look up every byte of the
// header lists of every preflight.
var tokenByte = [256]bool{
	'!': true, '#': true, '$': true, '%': true, '&': true, '\'': true, '*': true, '+': true,
	'-': true, '.': true, '^': true, '_': true, '`': true, '|': true, '~': true,

	'0': true, '1': true, '2': true, '3': true, '4': true,
	'5': true, '6': true, '7': true, '8': true, '9': true,

	'A': true, 'B': true, 'C': true, 'D': true, 'E': true, 'F': true, 'G': true, 'H': true,
	'I': true, 'J': true, 'K': true, 'L': true, 'M': true, 'N': true, 'O': true, 'P': true,
	'Q': true, 'R': true, 'S': true, 'T': true, 'U': true, 'V': true, 'W': true, 'X': true,
	'Y': true, 'Z': true,

	'a': true, 'b': true, 'c': true, 'd': true, 'e': true, 'f': true, 'g': true, 'h': true,
	'i': true, 'j': true, 'k': true, 'l': true, 'm': true, 'n': true, 'o': true, 'p': true,
	'q': true, 'r': true, 's': true, 't': true, 'u': true, 'v': true, 'w': true, 'x': true,
	'y': true, 'z': true,
}

// NormalizeValue removes leading and trailing HTTP whitespace bytes: tab, space, CR and LF.
// See https://fetch.spec.whatwg.org/#concept-header-value-normalize.
func NormalizeValue(s string) string {
	for s != "" && isWhitespace(s[0]) {
		s = s[1:]
	}
	for s != "" && isWhitespace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// ValidValue reports whether s is a header value: it has no tab or space at either end, and no NUL,
// LF or CR anywhere. The Fetch standard allows more than HTTP's field-value, because servers send
// more. See https://fetch.spec.whatwg.org/#concept-header-value.
func ValidValue(s string) bool {
	if s == "" {
		return true
	}
	return !isTabOrSpace(s[0]) && !isTabOrSpace(s[len(s)-1]) && !strings.ContainsAny(s, "\x00\n\r")
}

// isTabOrSpace reports whether c is an "HTTP tab or space" byte (OWS in HTTP).
func isTabOrSpace(c byte) bool { return c == '\t' || c == ' ' }

// isWhitespace reports whether c is an "HTTP whitespace" byte.
func isWhitespace(c byte) bool { return c == '\n' || c == '\r' || isTabOrSpace(c) }

// Trim removes tabs and spaces from both ends of s.
func Trim(s string) string {
	for s != "" && isTabOrSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isTabOrSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// Lower returns s with A to Z in lower case. Other bytes do not change. It allocates only if s has an
// upper-case letter.
// See https://infra.spec.whatwg.org/#byte-lowercase.
func Lower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				b[i] = LowerByte(b[i])
			}
			return string(b)
		}
	}
	return s
}

// EqualFold reports whether a and b are equal if the case of A to Z is ignored. Unlike
// [strings.EqualFold] it does not equate "k" with the Kelvin sign, so no non-ASCII string equals a
// header name. See https://infra.spec.whatwg.org/#byte-case-insensitive.
func EqualFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		if LowerByte(a[i]) != LowerByte(b[i]) {
			return false
		}
	}
	return true
}

// LowerByte returns A to Z in lower case, and any other byte as it is.
func LowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}
