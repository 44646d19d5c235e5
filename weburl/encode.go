package weburl

import "strings"

// byteSet is a set of bytes: a percent-encode set, or a set of forbidden code points. The sets
// below are never written to after they are made.
type byteSet [256]bool

// The percent-encode sets (https://url.spec.whatwg.org/#percent-encode-set).
var (
	c0ControlSet    = c0Controls()
	fragmentSet     = c0ControlSet.with(" \"<>`")
	querySet        = c0ControlSet.with(" \"#<>")
	specialQuerySet = querySet.with("'")
	pathSet         = querySet.with("?^`{}")
	userinfoSet     = pathSet.with(`/:;=@[\]|`)
)

// The code points no host, and no domain, may hold
// (https://url.spec.whatwg.org/#forbidden-host-code-point).
var (
	forbiddenHost   = byteSet{}.with("\x00\t\n\r #/:<>?@[\\]^|")
	forbiddenDomain = forbiddenDomainBytes()
)

// c0Controls is the C0 control percent-encode set: it holds every byte that is not printable
// ASCII, and so all of a non-ASCII code point's UTF-8 bytes.
func c0Controls() (set byteSet) {
	for c := range set {
		set[c] = c < 0x20 || c > '~'
	}
	return set
}

func forbiddenDomainBytes() byteSet {
	set := forbiddenHost.with("%\x7f")
	for c := range 0x20 {
		set[c] = true
	}
	return set
}

func (s byteSet) with(more string) byteSet {
	for _, c := range []byte(more) {
		s[c] = true
	}
	return s
}

// containsAnyOf reports whether a byte of s is in the set.
func (set *byteSet) containsAnyOf(s string) bool {
	for i := 0; i < len(s); i++ {
		if set[s[i]] {
			return true
		}
	}
	return false
}

// percentEncode is UTF-8 percent-encode (https://url.spec.whatwg.org/#string-utf-8-percent-encode).
// It returns s itself if nothing in it is in the set.
func percentEncode(s string, set *byteSet) string {
	if !set.containsAnyOf(s) {
		return s
	}
	return string(appendPercentEncoded(make([]byte, 0, len(s)+len(s)/2), s, set))
}

func appendPercentEncoded(out []byte, s string, set *byteSet) []byte {
	const upperHex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		if c := s[i]; set[c] {
			out = append(out, '%', upperHex[c>>4], upperHex[c&15])
		} else {
			out = append(out, c)
		}
	}
	return out
}

// percentDecode is https://url.spec.whatwg.org/#string-percent-decode. A "%" without two
// hexadecimal digits behind it stays as it is.
func percentDecode(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			high, ok1 := hexValue(s[i+1])
			low, ok2 := hexValue(s[i+2])
			if ok1 && ok2 {
				out = append(out, high<<4|low)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

func hexValue(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
