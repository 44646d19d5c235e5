package origin

import (
	"cmp"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// A Range stands for many origins that have no owner in common: all origins of a scheme, or those of a
// private network. Create it with [ParseRange]; the zero Range stands for none.
//
// No [Pattern] stands for such origins, because allowing them is a risk that should have a name of its
// own in a configuration.
type Range struct {
	text, scheme string
	prefix       netip.Prefix // of the addresses; invalid if the range stands for any host
	ports        []portRange  // in ascending order; nil if the range stands for any host
	portsText    string       // "", or a colon and the ports
}

// ParseRange parses a range of origins:
//
//	moz-extension://*                   every origin of this scheme, without a port
//	http://192.168.0.0/16               every address of this network, on the default port
//	http://192.168.0.0/16:*             the same on any port, including the default port
//	https://10.1.0.0/16:[443,8000-8099] the same on these ports only
//	http://[fd12:3456:789a::/48]:8080   IPv6 addresses are in brackets
//
// A scheme is one that extensions and applications have. http and https are refused, because every
// site has them, and so are the schemes of which browsers never send an origin, such as file and wss.
//
// A network is a part of 127.0.0.0/8, 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918),
// 169.254.0.0/16, ::1 or fc00::/7 (RFC 4193), written as its first address and the length of its prefix.
// These are refused: public addresses, because anyone can have one; 100.64.0.0/10, because the
// customers of a provider share it (RFC 6598); fe80::/10, because such an address needs a zone, which a
// URL can't have; and IPv4 addresses written as IPv6 addresses, because they are different origins.
//
// The error is a [*RangeError] and says what to write instead.
func ParseRange(s string) (Range, error) {
	r, problem, repair := parseRange(s)
	if problem != "" {
		return Range{}, &RangeError{s, problem, repair}
	}
	return r, nil
}

// RangeError is the error of [ParseRange].
type RangeError struct {
	Value   string // the string that was to be parsed, complete
	Problem string // what is wrong, in one sentence, without the value
	Repair  string // what to write instead
}

// Error returns the value (shortened if it is long), the problem and the repair.
func (e *RangeError) Error() string {
	const most = 200
	value := e.Value
	if len(value) > most {
		value = value[:most] + "…"
	}
	return "origin range " + strconv.Quote(value) + ": " + e.Problem + "; " + e.Repair
}

// rangeExample is how the repair of a range without a better one ends.
const rangeExample = "write a range such as moz-extension://* or http://192.168.0.0/16:*"

// parseRange returns the range, or why s is not one and what to write instead.
func parseRange(s string) (r Range, problem, repair string) {
	if len(s) > maxPatternLength {
		return r, "it has more than " + strconv.Itoa(maxPatternLength) + " bytes", rangeExample
	}
	scheme, rest, ok := strings.Cut(s, "://")
	lower := strings.ToLower(scheme)
	switch {
	case !ok:
		return r, "it has no scheme", repairNoScheme(s)
	case !isScheme(lower):
		return r, "the part before :// is not a scheme, and a wildcard cannot replace it", rangeExample
	case lower != scheme:
		return corrected("browsers spell schemes in lower case", lower+"://"+rest)
	}
	if rest == "*" {
		problem, repair = anyHostProblem(scheme)
		return Range{text: s, scheme: scheme}, problem, repair
	}
	return parseAddressRange(s, scheme, rest)
}

// corrected returns the problem of a value for which s may be written instead, or the problem that s has as
// well.
func corrected(problem, s string) (Range, string, string) {
	if _, deeper, repair := parseRange(s); deeper != "" {
		return Range{}, deeper, repair
	}
	return Range{}, problem, "write " + s
}

// repairNoScheme returns what to write instead of s, which has no "://".
func repairNoScheme(s string) string {
	lower := strings.ToLower(strings.TrimSuffix(s, ":"))
	if prefix, err := netip.ParsePrefix(lower); err == nil {
		host := prefix.Masked().String()
		if prefix.Addr().Is6() {
			host = "[" + host + "]"
		}
		if _, problem, _ := parseRange("http://" + host); problem == "" {
			return "write http://" + host + ", or http://" + host + ":* for any port"
		}
	} else if problem, _ := anyHostProblem(lower); isScheme(lower) && problem == "" {
		return "write " + lower + "://*"
	}
	return rangeExample
}

// anyHostProblem returns why no range can stand for every origin of a scheme, or "".
func anyHostProblem(scheme string) (problem, repair string) {
	switch {
	case scheme == "http" || scheme == "https":
		return "every site on the web has this scheme", "list the origins, or a private network such as http://192.168.0.0/16"
	case scheme == "ws" || scheme == "wss":
		return "browsers never send an origin with this scheme, but that of the page that opens the WebSocket",
			"list the origin of the page, such as https://app.example.com"
	case scheme == "file":
		return "every file that a user has downloaded has this scheme, and most browsers send null for it",
			"serve the page, and list its origin"
	case isPagelessScheme(scheme):
		return "browsers never send an origin with this scheme", "list the origin of the page that sends the request"
	}
	return "", ""
}

// parseAddressRange parses a range of addresses. s is all of it, and rest what follows "://".
func parseAddressRange(s, scheme, rest string) (r Range, problem, repair string) {
	network, ports := rest, ""
	brackets := strings.HasPrefix(rest, "[")
	if brackets {
		var closed bool
		if network, ports, closed = strings.Cut(rest[1:], "]"); !closed {
			return r, "the bracket is not closed", "write a range such as http://[fd00::/8]"
		}
	} else if i := strings.IndexByte(rest, ':'); i >= 0 && strings.Count(rest, ":") == 1 {
		network, ports = rest[:i], rest[i:]
	}
	with := func(network string) string { // the range with another network
		if strings.Contains(network, ":") {
			network = "[" + network + "]"
		}
		return scheme + "://" + network + ports
	}
	prefix, err := netip.ParsePrefix(strings.ToLower(network))
	switch {
	case strings.Contains(network, "*"):
		if p, _ := anyHostProblem(scheme); p != "" {
			return r, "a wildcard cannot be part of an address range", "write a range such as http://192.168.0.0/16:*"
		}
		return corrected("only the whole host can be a wildcard, without a port", scheme+"://*")
	case brackets && strings.HasPrefix(ports, "/"):
		length, ports, hasPorts := strings.Cut(ports, ":")
		if hasPorts {
			ports = ":" + ports
		}
		if strings.Trim(length, "/0123456789") != "" {
			return r, "the bracket is not at the end", "write a range such as http://[fd00::/8]"
		}
		return corrected("the length of an IPv6 prefix is in the brackets", scheme+"://["+network+length+"]"+ports)
	case !strings.Contains(network, "/"):
		return r, "it is one origin, not a range", "list it as an origin"
	case scheme != "http" && scheme != "https":
		return r, "only origins with the schemes http and https are on a network", "write http or https"
	case err != nil && strings.HasSuffix(network, "/") && strings.Count(network, "/") > 1:
		return corrected("a range has no path", strings.TrimRight(s, "/"))
	case err != nil && strings.HasSuffix(network, "/"):
		return r, "an origin has no path", "list it as an origin, without the slash"
	case err != nil:
		return r, "it is not a range of IP addresses", "write a range such as http://192.168.0.0/16:* or http://[fd00::/8]"
	case prefix.Addr().Is4In6():
		return r, "an IPv4 address that is written as an IPv6 address is a different origin", rangeExample
	case brackets != prefix.Addr().Is6():
		return corrected("an IPv6 range is in brackets, and an IPv4 range is not", with(prefix.Masked().String()))
	case prefix.Masked() != prefix:
		return corrected("the address has bits after its prefix", with(prefix.Masked().String()))
	case prefix.String() != network:
		return corrected("addresses have one spelling", with(prefix.String()))
	}
	if problem, repair = publicProblem(prefix); problem != "" {
		return r, problem, repair
	}
	stand, reason := parsePattern(scheme + "://localhost" + ports)
	switch {
	case reason == PatternNotCanonical:
		return r, "browsers omit the default port", "write " + strings.TrimSuffix(s, ports)
	case reason != "" || ports != "" && ports[0] != ':':
		problem, repair = PatternBadPort.problemAndRepair()
		return r, problem, repair
	}
	return Range{s, scheme, prefix, sortPorts(stand.portRanges()), ports}, "", ""
}

// privateNetworks are the networks of which a range may be a part.
var privateNetworks = []netip.Prefix{
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("::1/128"), netip.MustParsePrefix("fc00::/7"),
}

var (
	sharedNetwork    = netip.MustParsePrefix("100.64.0.0/10")
	linkLocalNetwork = netip.MustParsePrefix("fe80::/10")
)

// publicProblem returns why a network is not a part of a private one, or "".
func publicProblem(network netip.Prefix) (problem, repair string) {
	partOf := func(whole netip.Prefix) bool {
		return network.Bits() >= whole.Bits() && whole.Contains(network.Addr())
	}
	repair = "write a part of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16, 127.0.0.0/8, ::1/128 or fc00::/7"
	switch {
	case slices.ContainsFunc(privateNetworks, partOf):
		return "", ""
	case partOf(sharedNetwork):
		return "the customers of a provider share 100.64.0.0/10 (RFC 6598), so that anyone can have an address in it",
			"list the origins by name"
	case partOf(linkLocalNetwork):
		return "a link-local IPv6 address needs a zone, which a URL can't have, so that no page has such an origin", repair
	}
	return "it has public addresses, and anyone can have one", repair
}

// sortPorts returns the ranges in ascending order, with those that touch merged.
func sortPorts(ranges []portRange) (out []portRange) {
	slices.SortFunc(ranges, func(a, b portRange) int { return cmp.Compare(a.first, b.first) })
	for _, r := range ranges {
		if last := len(out) - 1; last >= 0 && int(r.first) <= int(out[last].last)+1 {
			out[last].last = max(out[last].last, r.last)
		} else {
			out = append(out, r)
		}
	}
	return out
}

// String returns the text that the range was parsed from.
func (r Range) String() string { return r.text }

// AnyHost reports whether the range stands for every origin of a scheme.
func (r Range) AnyHost() bool { return r.text != "" && !r.prefix.IsValid() }

// Scheme returns the range's scheme.
func (r Range) Scheme() string { return r.scheme }

// Network returns the addresses that the range stands for, or the zero Prefix if it stands for any host.
func (r Range) Network() netip.Prefix { return r.prefix }

// Ports returns what follows the network in the range's text: "", or a colon and the ports.
func (r Range) Ports() string { return r.portsText }

// Insecure reports whether the range stands for origins whose pages can be changed on the network: http
// origins other than those of the local machine.
func (r Range) Insecure() bool { return r.scheme == "http" && !r.prefix.Addr().IsLoopback() }

// Covers reports whether r stands for every origin that the pattern p stands for.
func (r Range) Covers(p Pattern) bool {
	switch {
	case r.text == "" || p.kind != exactHost || p.Scheme() != r.scheme:
		return false
	case r.AnyHost():
		return int(p.hostEnd) == len(p.text) && isOpaqueHost(p.host())
	}
	addr, ok := canonicalAddress(p.host())
	return ok && r.prefix.Contains(addr) && portsCover(r.ports, p.portRanges())
}

// CoversRange reports whether r stands for every origin that other stands for.
func (r Range) CoversRange(other Range) bool {
	switch {
	case r.text == "" || other.text == "" || r.scheme != other.scheme || r.AnyHost() != other.AnyHost():
		return false
	case r.AnyHost():
		return true
	}
	return r.prefix.Bits() <= other.prefix.Bits() && r.prefix.Contains(other.prefix.Addr()) &&
		portsCover(r.ports, other.ports)
}

// Ranges is a list of ranges. It must not change while it is used.
type Ranges []Range

// Match reports whether one of the ranges stands for value, the value of an Origin header, and returns
// the index of the first one. A value that is not spelled as browsers serialize origins never matches,
// and neither does "null". Its time depends on the length of the value, up to about 300 bytes, and on
// the number of ranges. It allocates nothing, except for an IPv6 address that is not valid.
func (rs Ranges) Match(value string) (index int, ok bool) {
	if len(rs) == 0 || len(value) > maxValueLength {
		return 0, false
	}
	scheme, rest, ok := strings.Cut(value, "://")
	if !ok {
		return 0, false
	}
	if scheme != "http" && scheme != "https" {
		for i := range rs {
			if rs[i].scheme == scheme {
				return i, isOpaqueHost(rest)
			}
		}
		return 0, false
	}
	host, portText, hasPort := cutPorts(rest)
	addr, ok := canonicalAddress(host)
	if !ok {
		return 0, false
	}
	port := uint16(80)
	if scheme == "https" {
		port = 443
	}
	if hasPort {
		n, ok := portNumber(portText)
		if !ok || n == port {
			return 0, false // invalid, or the default port, which browsers omit
		}
		port = n
	}
	for i := range rs {
		if r := &rs[i]; r.scheme == scheme && r.prefix.Contains(addr) && r.hasPort(port) {
			return i, true
		}
	}
	return 0, false
}

// hasPort reports whether the range includes a port, by binary search.
func (r *Range) hasPort(port uint16) bool {
	_, found := slices.BinarySearchFunc(r.ports, port, func(have portRange, port uint16) int {
		switch {
		case have.last < port:
			return -1
		case have.first > port:
			return 1
		}
		return 0
	})
	return found
}

// canonicalAddress parses an IP address that is spelled as browsers serialize it. It returns false for an
// IPv4 address that is written as an IPv6 address.
func canonicalAddress(host string) (netip.Addr, bool) {
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		if !ok || len(inner) > len("0000:0000:0000:0000:0000:0000:0000:0000") {
			return netip.Addr{}, false
		}
		for i := range len(inner) {
			if c := inner[i]; c != ':' && (c < '0' || c > '9') && (c < 'a' || c > 'f') {
				return netip.Addr{}, false
			}
		}
		addr, err := netip.ParseAddr(inner)
		if err != nil || !addr.Is6() || addr.Is4In6() {
			return netip.Addr{}, false
		}
		var buffer [64]byte // on the stack, so that no request allocates
		return addr, string(addr.AppendTo(buffer[:0])) == inner
	}
	// Four decimal numbers without leading zeros: the only spelling that the URL Standard's serializer has.
	var bytes [4]byte
	for i := range bytes {
		end := strings.IndexByte(host, '.')
		if last := i == len(bytes)-1; last != (end < 0) {
			return netip.Addr{}, false
		} else if last {
			end = len(host)
		}
		n, ok := decimalByte(host[:end])
		if !ok {
			return netip.Addr{}, false
		}
		bytes[i] = n
		host = host[min(end+1, len(host)):]
	}
	return netip.AddrFrom4(bytes), true
}

// decimalByte parses a number from 0 to 255 without leading zeros.
func decimalByte(s string) (byte, bool) {
	if s == "" || len(s) > 3 || len(s) > 1 && s[0] == '0' {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = 10*n + int(s[i]-'0')
	}
	return byte(n), n <= 255
}

// Regexp returns a regular expression as [Pattern.Regexp] does. It is for the same servers and has the
// same properties. ok is false for an IPv6 range that has none: one with a group of 0 within its prefix,
// which an address may have in two forms (fd00::1 and fd00:0:0:1:1:1:1:1 are in fd00::/48).
func (r Range) Regexp() (expression string, ok bool) {
	switch {
	case r.text == "":
		return `[^\s\S]`, true
	case r.AnyHost():
		return quoteRegexp(r.scheme) + `://[A-Za-z0-9._~-]+`, true
	}
	host := ""
	if r.prefix.Addr().Is4() {
		host = ipv4Regexp(r.prefix)
	} else if host, ok = ipv6Regexp(r.prefix); !ok {
		return "", false
	}
	stand, _ := parsePattern(r.scheme + "://localhost" + r.portsText)
	return r.scheme + "://" + host + stand.portsRegexp(), true
}

// ipv4Regexp matches exactly the addresses of a network.
func ipv4Regexp(network netip.Prefix) string {
	var parts []string
	first := network.Addr().As4()
	for i := range first {
		free := min(max(8*(i+1)-network.Bits(), 0), 8) // the number of bits that differ
		alternatives := numbersRegexp(int(first[i]), int(first[i])|(1<<free-1))
		part := strings.Join(alternatives, "|")
		if len(alternatives) > 1 {
			part = "(?:" + part + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, `\.`)
}

// ipv6Regexp matches exactly the addresses of a network, among all strings that are addresses in
// canonical form. A group of the prefix that is not 0 has one form, so that the text of the prefix
// begins all its addresses.
func ipv6Regexp(network netip.Prefix) (string, bool) {
	if network.IsSingleIP() {
		return `\[` + network.Addr().String() + `\]`, true
	}
	bytes := network.Addr().As16()
	text := ""
	i := 0
	for bits := network.Bits(); bits > 0; i, bits = i+1, bits-16 {
		group := int(bytes[2*i])<<8 | int(bytes[2*i+1])
		if group == 0 {
			return "", false
		}
		if bits >= 16 {
			text += strconv.FormatInt(int64(group), 16) + ":"
			continue
		}
		// The lowest bits differ, 4 in each digit after the first ones.
		digits := strconv.FormatInt(int64(group), 16)
		free := 16 - bits
		whole := free / 4
		fixed := digits[:len(digits)-whole]
		if some := free % 4; some > 0 {
			low := group >> (4 * whole) & 15
			fixed = fixed[:len(fixed)-1] + "[" + "0123456789abcdef"[low:low+1<<some] + "]"
		}
		text += fixed
		if whole > 0 {
			text += "[0-9a-f]{" + strconv.Itoa(whole) + "}"
		}
		text += ":"
	}
	if i == 8 {
		return `\[` + strings.TrimSuffix(text, ":") + `\]`, true
	}
	return `\[` + text + `[0-9a-f:]+\]`, true
}
