package weburl

import (
	"net/netip"
	"strconv"
	"strings"
)

// endsInNumber implements https://url.spec.whatwg.org/#ends-in-a-number-checker. A host for which it
// returns true is either an IPv4 address or invalid.
func endsInNumber(s string) bool {
	s = strings.TrimSuffix(s, ".")
	last := s[strings.LastIndexByte(s, '.')+1:]
	if last == "" {
		return false
	}
	if strings.Trim(last, "0123456789") == "" {
		return true
	}
	_, ok := parseIPv4Number(last)
	return ok
}

// parseIPv4 implements https://url.spec.whatwg.org/#concept-ipv4-parser. Parts may be octal or
// hexadecimal. If there are fewer than four, the last one stands for all remaining bytes.
func parseIPv4(s string) (netip.Addr, Reason) {
	s = strings.TrimSuffix(s, ".")
	count := strings.Count(s, ".") + 1
	if count > 4 {
		return netip.Addr{}, IPv4TooManyParts
	}
	var numbers [4]uint64
	for i := range count {
		var part string
		part, s, _ = strings.Cut(s, ".")
		number, ok := parseIPv4Number(part)
		if !ok {
			return netip.Addr{}, IPv4NonNumericPart
		}
		numbers[i] = number
	}
	address := numbers[count-1]
	if address >= 1<<(8*(5-count)) {
		return netip.Addr{}, IPv4OutOfRangePart
	}
	for i, number := range numbers[:count-1] {
		if number > 255 {
			return netip.Addr{}, IPv4OutOfRangePart
		}
		address += number << (8 * (3 - i))
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}), ""
}

// parseIPv4Number implements https://url.spec.whatwg.org/#ipv4-number-parser for a string in lower
// case. For a number of more than 32 bits it returns any such number.
func parseIPv4Number(s string) (uint64, bool) {
	if s == "" {
		return 0, false
	}
	radix := uint64(10)
	if strings.HasPrefix(s, "0x") {
		s, radix = s[2:], 16
	} else if len(s) >= 2 && s[0] == '0' {
		s, radix = s[1:], 8
	}
	number := uint64(0)
	for i := 0; i < len(s); i++ {
		digit, ok := hexValue(s[i])
		if !ok || uint64(digit) >= radix {
			return 0, false
		}
		if number <= 0xFFFFFFFF {
			number = number*radix + uint64(digit)
		}
	}
	return number, true
}

// parseIPv6 implements https://url.spec.whatwg.org/#concept-ipv6-parser. It returns the eight pieces.
func parseIPv6(s string) (address [8]uint16, _ Reason) {
	at := func(i int) byte { // 0 at the end, which is not ambiguous because a NUL is never valid
		if i < len(s) {
			return s[i]
		}
		return 0
	}
	piece, pos, compress := 0, 0, -1
	if at(pos) == ':' {
		if at(pos+1) != ':' {
			return address, IPv6InvalidCompression
		}
		pos += 2
		piece++
		compress = piece
	}
	for pos < len(s) {
		if piece == 8 {
			return address, IPv6TooManyPieces
		}
		if at(pos) == ':' {
			if compress >= 0 {
				return address, IPv6MultipleCompression
			}
			pos++
			piece++
			compress = piece
			continue
		}
		value, length := uint16(0), 0
		for ; length < 4; length++ {
			digit, ok := hexValue(at(pos))
			if !ok {
				break
			}
			value = value<<4 | uint16(digit)
			pos++
		}
		if at(pos) == '.' {
			if length == 0 {
				return address, IPv4InIPv6InvalidCode
			}
			if piece > 6 {
				return address, IPv4InIPv6TooManyPieces
			}
			embedded, reason := parseIPv4InIPv6(s[pos-length:])
			if reason != "" {
				return address, reason
			}
			address[piece], address[piece+1] = embedded[0], embedded[1]
			piece += 2
			break
		}
		if at(pos) == ':' {
			pos++
			if pos == len(s) {
				return address, IPv6InvalidCodePoint
			}
		} else if pos < len(s) {
			return address, IPv6InvalidCodePoint
		}
		address[piece] = value
		piece++
	}
	if compress < 0 {
		if piece != 8 {
			return address, IPv6TooFewPieces
		}
		return address, ""
	}
	// Move the pieces after "::" to the end.
	after := piece - compress
	var moved [8]uint16
	copy(moved[:], address[:compress])
	copy(moved[8-after:], address[compress:piece])
	return moved, ""
}

// parseIPv4InIPv6 parses the dotted decimal at the end of an IPv6 address. Unlike in an IPv4 host,
// there must be four decimal numbers.
func parseIPv4InIPv6(s string) (pieces [2]uint16, _ Reason) {
	seen := 0
	for pos := 0; pos < len(s); seen++ {
		if seen > 0 {
			if s[pos] != '.' || seen == 4 {
				return pieces, IPv4InIPv6InvalidCode
			}
			pos++
		}
		if pos == len(s) || !isASCIIDigit(s[pos]) {
			return pieces, IPv4InIPv6InvalidCode
		}
		start, number := pos, uint16(0)
		for ; pos < len(s) && isASCIIDigit(s[pos]); pos++ {
			if pos > start && number == 0 {
				return pieces, IPv4InIPv6InvalidCode // a leading zero
			}
			number = number*10 + uint16(s[pos]-'0')
			if number > 255 {
				return pieces, IPv4InIPv6OutOfRangePart
			}
		}
		pieces[seen/2] = pieces[seen/2]<<8 | number
	}
	if seen != 4 {
		return pieces, IPv4InIPv6TooFewParts
	}
	return pieces, ""
}

// ipv6Host returns the host with the eight pieces.
func ipv6Host(pieces [8]uint16) Host {
	var bytes [16]byte
	for i, piece := range pieces {
		bytes[2*i], bytes[2*i+1] = byte(piece>>8), byte(piece)
	}
	return Host{kind: HostIPv6, text: serializeIPv6(pieces), addr: netip.AddrFrom16(bytes)}
}

// serializeIPv6 implements https://url.spec.whatwg.org/#concept-ipv6-serializer and adds brackets.
// netip.Addr.String differs: it writes IPv4-mapped addresses in dotted decimal.
func serializeIPv6(pieces [8]uint16) string {
	compress, length := compressedPieces(pieces)
	out := make([]byte, 0, len("[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]"))
	out = append(out, '[')
	for i := 0; i < 8; i++ {
		if i == compress {
			out = append(out, "::"...)
			i += length - 1
			continue
		}
		if i > 0 && out[len(out)-1] != ':' {
			out = append(out, ':')
		}
		out = strconv.AppendUint(out, uint64(pieces[i]), 16)
	}
	return string(append(out, ']'))
}

// compressedPieces returns the first of the longest runs of at least two zero pieces, or index -1
// (https://url.spec.whatwg.org/#find-the-ipv6-address-compressed-piece-index).
func compressedPieces(pieces [8]uint16) (index, length int) {
	index, length = -1, 1
	for start := 0; start < 8; start++ {
		end := start
		for end < 8 && pieces[end] == 0 {
			end++
		}
		if end-start > length {
			index, length = start, end-start
		}
		if end > start {
			start = end
		}
	}
	return index, length
}
