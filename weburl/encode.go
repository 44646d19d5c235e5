package weburl

import "strings"

// byteSet is a set of bytes, with a bit for each: a percent-encode set or a set of forbidden code
// points. The compiler initializes the sets below, so they cost nothing at start.
type byteSet [4]uint64

// The percent-encode sets (https://url.spec.whatwg.org/#percent-encode-set). All of them contain all
// bytes that are not ASCII.
var (
	c0ControlSet    = byteSet{c0Low, c0High, all, all}
	fragmentSet     = byteSet{c0Low | 1<<' ' | 1<<'"' | 1<<'<' | 1<<'>', c0High | 1<<('`'-64), all, all}
	querySet        = byteSet{queryLow, c0High, all, all}
	specialQuerySet = byteSet{queryLow | 1<<'\'', c0High, all, all}
	pathSet         = byteSet{pathLow, pathHigh, all, all}
	userinfoSet     = byteSet{
		pathLow | 1<<'/' | 1<<':' | 1<<';' | 1<<'=',
		pathHigh | 1<<('@'-64) | 1<<('['-64) | 1<<('\\'-64) | 1<<(']'-64) | 1<<('|'-64), all, all,
	}
)

// The code points that are not allowed in hosts and in domains
// (https://url.spec.whatwg.org/#forbidden-host-code-point).
var (
	forbiddenHost   = byteSet{1<<0 | 1<<'\t' | 1<<'\n' | 1<<'\r' | hostLow, hostHigh}
	forbiddenDomain = byteSet{c0Low | 1<<'%' | hostLow, c0High | hostHigh}
)

const (
	all      = 1<<64 - 1
	c0Low    = 1<<0x20 - 1      // the C0 controls
	c0High   = 1 << (0x7F - 64) // and DEL
	queryLow = c0Low | 1<<' ' | 1<<'"' | 1<<'#' | 1<<'<' | 1<<'>'
	pathLow  = queryLow | 1<<'?'
	pathHigh = c0High | 1<<('^'-64) | 1<<('`'-64) | 1<<('{'-64) | 1<<('}'-64)
	hostLow  = 1<<' ' | 1<<'#' | 1<<'/' | 1<<':' | 1<<'<' | 1<<'>' | 1<<'?'
	hostHigh = 1<<('@'-64) | 1<<('['-64) | 1<<('\\'-64) | 1<<(']'-64) | 1<<('^'-64) | 1<<('|'-64)
)

func (set *byteSet) has(c byte) bool { return set[c>>6]>>(c&63)&1 != 0 }

// containsAnyOf reports whether any byte of s is in the set.
func (set *byteSet) containsAnyOf(s string) bool {
	for i := 0; i < len(s); i++ {
		if set.has(s[i]) {
			return true
		}
	}
	return false
}

// percentEncode implements https://url.spec.whatwg.org/#string-utf-8-percent-encode. It returns s
// itself, without allocating, if no byte of s is in the set.
func percentEncode(s string, set *byteSet) string {
	if !set.containsAnyOf(s) {
		return s
	}
	return string(appendPercentEncoded(make([]byte, 0, len(s)+len(s)/2), s, set))
}

func appendPercentEncoded(out []byte, s string, set *byteSet) []byte {
	const upperHex = "0123456789ABCDEF"
	for i := 0; i < len(s); i++ {
		if c := s[i]; set.has(c) {
			out = append(out, '%', upperHex[c>>4], upperHex[c&15])
		} else {
			out = append(out, c)
		}
	}
	return out
}

// PercentDecode replaces each "%" and the two hexadecimal digits after it by the byte that they stand
// for. It keeps a "%" without two such digits (https://url.spec.whatwg.org/#string-percent-decode).
func PercentDecode(s string) string {
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
