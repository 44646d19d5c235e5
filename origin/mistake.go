package origin

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/concors/concors/internal/entry"
	"github.com/concors/concors/weburl"
)

// This file explains why a string is not a pattern, and says what to write instead. It runs only for
// strings that parsePattern has refused.
//
// A suggestion never stands for more origins than what was written: a suggested wildcard needs one in
// the text, or a dot at the beginning, which means every subdomain elsewhere.

// explain returns the error for s, which parsePattern has refused for reason.
func explain(s string, reason PatternReason) *PatternError {
	e := &PatternError{Value: s, Reason: reason}
	if !isWord(e) && !isEntryMistake(e) && !hasMistake(e) && len(s) <= maxPatternLength {
		e.Instead = repaired(suggestPattern(s))
	}
	return e
}

// mistakes are the commonest mistakes in one value. Each function fills in the error if it finds its
// mistake. The order matters: a regular expression looks like a wrong path, for example.
var mistakes = []func(*PatternError) bool{
	isTooLong, isRegexp, hasBraces, isAddressRange, isEscaped, hasBadScheme, hasLeadingDot, hasBadWildcard, hasBadPort,
	isIPv6WithoutBrackets, isFile, hasMoreThanOrigin, isSpelledDifferently, hasBadHost,
}

// hasMistake fills in the error with the first mistake that is found.
func hasMistake(e *PatternError) bool {
	for _, isMistake := range mistakes {
		if isMistake(e) {
			return true
		}
	}
	return false
}

// repair returns the patterns that s, which is part of a value, probably stands for. It returns nil if
// they are not known.
func repair(s string) []string {
	_, reason := parsePattern(s)
	if reason == "" {
		return []string{s}
	}
	e := &PatternError{Value: s, Reason: reason}
	if hasMistake(e) {
		return e.Instead
	}
	return repaired(suggestPattern(s))
}

// repaired returns a list of patterns, or nil if one of them is not a pattern.
func repaired(patterns ...string) []string {
	for _, s := range patterns {
		if _, reason := parsePattern(s); reason != "" {
			return nil
		}
	}
	return patterns
}

// isWord is for the words that programs print for a missing value, and for settings of other libraries.
func isWord(e *PatternError) bool {
	if len(e.Value) > 40 {
		return false
	}
	word := strings.Trim(e.Value, " '\"`")
	switch strings.ToLower(word) {
	case "undefined", "none", "nil", "nan", "<nil>", "(null)", "[object object]":
		e.Reason, e.problem = PatternWord, "programs print "+word+" for a missing value"
		e.repair = "set the value, or remove the entry"
	case "true", "false", "yes", "no", "on", "off":
		e.Reason, e.problem = PatternWord, word+" is a setting of other libraries"
	case "self", "same-origin":
		e.Reason, e.problem = PatternWord, "the server's own pages need no entry, because their requests are not cross-origin"
		e.repair = "remove it"
	case "any", "all":
		e.Reason, e.problem, e.Instead = PatternWord, "a word is not an origin, and * stands for any", []string{"*"}
	default:
		return false
	}
	return true
}

// isEntryMistake is for what package entry finds. The values of the entry are repaired one by one.
func isEntryMistake(e *PatternError) bool {
	m, ok := entry.Find(e.Value, separatedOrigins)
	if !ok {
		return false
	}
	e.problem = m.Problem
	switch m.Kind {
	case entry.Empty:
		e.Reason, e.repair = PatternEmpty, "set the value, or remove the entry"
	case entry.Placeholder:
		e.Reason, e.repair = PatternPlaceholder, "replace it before the policy is read"
	case entry.Quoted:
		e.Reason, e.repair = PatternQuoted, "write it without them"
	case entry.Space:
		e.Reason, e.repair = PatternSpace, "remove it"
	case entry.List:
		e.Reason, e.repair = PatternList, "write each value in an entry of its own"
		if len(m.Values) == 0 {
			e.repair = "remove it"
		}
		if ports, ok := listedPorts(m.Values); ok {
			e.problem, e.Instead = "a list of ports is written in brackets", repaired(ports)
			return true
		}
	}
	if len(m.Values) > maxRepaired {
		return true
	}
	for _, value := range m.Values {
		patterns := repair(value)
		if patterns == nil {
			e.Instead = nil
			break
		}
		e.Instead = append(e.Instead, patterns...)
	}
	return true
}

// maxRepaired is the largest number of values in one entry that are repaired one by one.
const maxRepaired = 1000

// separatedOrigins reports whether parts between spaces are origins: all of them have a scheme, or none
// has one and all have a dot.
func separatedOrigins(parts []string) bool {
	schemes, dots := 0, 0
	for _, part := range parts {
		if strings.Contains(part, "://") {
			schemes++
		}
		if part == "*" || strings.Contains(part, ".") || strings.HasPrefix(part, "localhost") {
			dots++
		}
	}
	return schemes == len(parts) || schemes == 0 && dots == len(parts)
}

// listedPorts joins an origin with the ports that follow it in a list: http://localhost:3000,3001.
func listedPorts(values []string) (string, bool) {
	if len(values) < 2 {
		return "", false
	}
	for _, v := range values[1:] {
		if _, ok := parsePorts("[" + v + "]"); !ok {
			return "", false
		}
	}
	i := strings.LastIndexByte(values[0], ':')
	if i < 0 || strings.Trim(values[0][i+1:], "0123456789-") != "" {
		return "", false
	}
	return values[0][:i+1] + "[" + values[0][i+1:] + "," + strings.Join(values[1:], ",") + "]", true
}

func isTooLong(e *PatternError) bool { return e.Reason == PatternTooLong }

func isRegexp(e *PatternError) bool {
	if !looksLikeRegexp(e.Value) {
		return false
	}
	e.Reason, e.Instead = PatternRegexp, repaired(regexpPatterns(e.Value)...)
	e.problem = "it looks like a regular expression, and patterns have * in their place"
	e.repair = "list the origins, or write a pattern such as https://*.example.com"
	return true
}

// hasBraces is for alternatives as shells write them: https://{app,www}.example.com.
func hasBraces(e *PatternError) bool {
	before, rest, ok := strings.Cut(e.Value, "{")
	inside, after, ok2 := strings.Cut(rest, "}")
	if !ok || !ok2 || !strings.Contains(inside, ",") {
		return false
	}
	e.Reason = PatternList
	e.problem, e.repair = "braces hold several values, and an entry is one value", "write each value in an entry of its own"
	for part := range strings.SplitSeq(inside, ",") {
		if pattern := before + strings.TrimSpace(part) + after; len(e.Instead) < maxAlternatives && repaired(pattern) != nil {
			e.Instead = append(e.Instead, pattern)
			continue
		}
		e.Instead = nil
		break
	}
	return true
}

// isAddressRange is for 192.168.0.0/16, fd00::/8, 10.0.*.*, 10.0.x.x and 10.0.0.1-255.
func isAddressRange(e *PatternError) bool {
	_, rest, ok := strings.Cut(e.Value, "://")
	if !ok {
		rest = e.Value
	}
	_, err := netip.ParsePrefix(strings.Replace(strings.TrimPrefix(rest, "["), "]/", "/", 1))
	if host, _, _ := cutPorts(rest); err != nil && !isAddressWithWildcards(host) {
		return false
	}
	e.Reason, e.problem = PatternAddressRange, "no pattern stands for a range of addresses"
	e.repair = "list the addresses, such as http://192.168.0.10:3000"
	return true
}

// isAddressWithWildcards reports whether host has the form of an IPv4 address in which at least one
// number is replaced by a wildcard or a range.
func isAddressWithWildcards(host string) bool {
	if from, to, ok := strings.Cut(host, "-"); ok && strings.Count(to, ".") == 3 {
		return isAddress(from) && isAddress(to) // 10.0.0.1-10.0.0.9
	}
	numbers, wildcards := 0, 0
	for part := range strings.SplitSeq(host, ".") {
		from, to, isRange := strings.Cut(part, "-")
		switch {
		case part == "*" || part == "x" || isRange && isNumber(from) && (isNumber(to) || to == "*"):
			wildcards++
		case isNumber(part):
			numbers++
		default:
			return false
		}
	}
	return wildcards > 0 && numbers > 0 && wildcards+numbers <= 4
}

// isNamedLikeAddresses reports whether host, which may be a DNS name, is meant as a range of addresses:
// 10.0.0.1-255 or 10.0.x.x.
func isNamedLikeAddresses(host string) bool {
	return host != "" && '0' <= host[0] && host[0] <= '9' && strings.Count(host, ".") == 3 && isAddressWithWildcards(host)
}

func isAddress(s string) bool { _, err := netip.ParseAddr(s); return err == nil }

func isNumber(s string) bool { return s != "" && len(s) <= 3 && strings.Trim(s, "0123456789") == "" }

// isEscaped is for percent-encoding, as in https://%2A.example.com or https%3A%2F%2Fexample.com.
func isEscaped(e *PatternError) bool {
	decoded, found := unescape(e.Value)
	if !found || e.Reason == PatternNotOnlyOrigin {
		return false
	}
	e.Reason, e.problem = PatternEscaped, "it is percent-encoded"
	e.repair = "write the characters themselves"
	if _, more := unescape(decoded); !more {
		e.Instead = repaired(decoded)
	}
	return true
}

// unescape decodes percent-encoded bytes once, and reports whether it found any.
func unescape(s string) (decoded string, found bool) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(n))
				found = true
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String(), found
}

// hasBadScheme is for *://host, http*://host, https:/host, https//host and https:host.
func hasBadScheme(e *PatternError) bool {
	scheme, rest, ok := strings.Cut(e.Value, "://")
	if ok && strings.ContainsAny(scheme, "*?()[]|") {
		e.Reason, e.problem = PatternBadScheme, "a wildcard cannot replace the scheme or part of it"
		e.repair = "write an entry for each scheme"
		e.Instead = repaired("https://" + rest)
		if strings.Trim(rest, "*.:/") == "" {
			e.repair = "list the hosts, or the domains as in https://*.example.com"
		}
		return true
	}
	if ok && scheme == "" {
		e.Reason, e.problem, e.Instead = PatternNoScheme, "no scheme precedes ://", repaired(suggestPattern(e.Value))
		return true
	}
	for _, scheme := range [...]string{"https", "http"} {
		after, ok := strings.CutPrefix(strings.ToLower(e.Value), scheme)
		host := strings.TrimLeft(after, `:/\`)
		marks := after[:len(after)-len(host)]
		if !ok || host == "" || marks == "" || marks == "://" || strings.HasPrefix(marks, "://:") {
			continue
		}
		e.Reason, e.problem = PatternNoScheme, "a scheme ends with ://"
		if strings.Trim(host, "0123456789") != "" {
			e.Instead = repaired(suggestPattern(scheme + "://" + host))
		}
		return true
	}
	return false
}

// hasLeadingDot is for .example.com, which means every subdomain in cookies and in other software.
func hasLeadingDot(e *PatternError) bool {
	scheme, rest, ok := strings.Cut(e.Value, "://")
	if !ok {
		scheme, rest = "https", e.Value
	}
	if !strings.HasPrefix(rest, ".") {
		return false
	}
	e.problem, e.repair = "a host does not begin with a dot", "write the host without it"
	if scheme == "http" || scheme == "https" {
		e.Instead = repaired(suggestPattern(scheme + "://*" + rest))
	}
	if e.Instead != nil {
		e.problem += ", and the subdomains of a host are written with *"
	}
	return true
}

func hasBadWildcard(e *PatternError) bool {
	scheme, rest, ok := strings.Cut(e.Value, "://")
	if !ok {
		scheme, rest = "https", e.Value
	}
	host, _, _ := cutPorts(rest)
	before, after, found := strings.Cut(host, "*")
	switch {
	case !found || ok && e.Reason != PatternBadWildcard:
		return false
	case !ok && repaired(suggestPattern(e.Value)) != nil:
		return false // only the scheme is missing
	case len(host) > maxHostLength:
		return false
	}
	switch {
	case strings.Trim(host, "*.") == "":
		e.problem = "no pattern stands for every host of a scheme"
		e.repair = "list the hosts, or the domains as in https://*.example.com"
		e.repairOtherScheme(scheme)
	case strings.Contains(host, "**"):
		for strings.Contains(rest, "**") {
			rest = strings.ReplaceAll(rest, "**", "*")
		}
		e.problem = "one * stands for labels at any depth"
		e.repair = "write one *"
		e.Instead = repaired(suggestPattern(scheme + "://" + rest))
	case strings.HasSuffix(strings.TrimSuffix(host, "."), ".*") && strings.Count(host, "*") == 1:
		e.problem = "anyone can register the same name under another top-level domain"
		e.repair = "list the domains"
	case strings.Contains(after, "*"):
		e.problem, e.repair = "only one * is allowed", "list the hosts, or the domains as in https://*.example.com"
	case strings.Contains(before, "."):
		e.problem, e.repair = "a * is allowed only in the first label", "list the hosts"
	default:
		e.problem = "a * stands for names below a domain, and no dot follows it"
		e.repair = "list the hosts, or the domains as in https://*.example.com"
		e.repairOtherScheme(scheme)
	}
	return true
}

// repairOtherScheme sets the repair for a wildcard in a scheme whose hosts have no domains.
func (e *PatternError) repairOtherScheme(scheme string) {
	switch {
	case scheme == "http" || scheme == "https":
	case scheme == "moz-extension":
		e.repair = "Firefox gives an extension another host in every installation: " +
			"give the extension permissions for this server, which make CORS unnecessary"
	case strings.HasSuffix(scheme, "-extension"):
		e.repair = "list the hosts, as in " + scheme + "://abcdefghijklmnopabcdefghijklmnop"
	default:
		e.repair = "list the hosts, as in " + scheme + "://localhost"
	}
}

func hasBadPort(e *PatternError) bool {
	scheme, rest, _ := strings.Cut(e.Value, "://")
	host, ports, _ := cutPorts(rest)
	if e.Reason != PatternBadPort {
		return false
	}
	from, to, isRange := strings.Cut(ports, "-")
	digits := ports != "" && strings.Trim(ports, "0123456789") == ""
	switch {
	case ports == "":
		e.problem = "no port follows the colon"
		e.Instead = repaired(scheme + "://" + host)
	case strings.Trim(ports, "0") == "":
		e.problem, e.repair = "browsers block port 0", "write the port of the page"
	case digits && ports[0] == '0':
		e.problem = "browsers write a port without leading zeros"
		e.Instead = repaired(suggestPattern(scheme + "://" + host + ":" + strings.TrimLeft(ports, "0")))
	case digits:
		e.problem, e.repair = "the largest port is 65535", "write the port of the page"
	case isRange && isPort(from) && isPort(to):
		e.problem = "a range of ports is written in brackets"
		e.Instead = repaired(scheme + "://" + host + ":[" + ports + "]")
	}
	return true
}

func isPort(s string) bool { _, ok := portNumber(s); return ok }

// isIPv6WithoutBrackets is for http://::1.
func isIPv6WithoutBrackets(e *PatternError) bool {
	scheme, rest, ok := strings.Cut(e.Value, "://")
	addr, err := netip.ParseAddr(rest)
	if !ok || err != nil || !addr.Is6() {
		return false
	}
	e.Reason, e.problem = PatternBadHost, "an IPv6 address is written in brackets"
	e.repair = "write it as in http://[2001:db8::1]:3000"
	last := rest[strings.LastIndexByte(rest, ':')+1:]
	if len(last) < 2 || !isPort(last) { // in ::1:3000, the last number may be a port
		e.Instead = repaired(suggestPattern(scheme + "://[" + rest + "]"))
	}
	return true
}

func isFile(e *PatternError) bool {
	if e.Reason != PatternPagelessScheme || !strings.HasPrefix(e.Value, "file:") {
		return false
	}
	e.problem = "a page that is opened from a file has the origin null"
	e.repair = "serve the page over HTTP, and write the origin of that server, such as http://localhost:3000"
	return true
}

// hasMoreThanOrigin names what follows or precedes the origin in a URL.
func hasMoreThanOrigin(e *PatternError) bool {
	if e.Reason != PatternNotOnlyOrigin {
		return false
	}
	_, rest, _ := strings.Cut(e.Value, "://")
	authority := rest
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		authority = rest[:i]
	}
	what := "path"
	switch after := rest[len(authority):]; {
	case strings.Contains(authority, "@"):
		what = "user name"
	case after == "/":
		what = "slash at the end"
	case strings.HasPrefix(after, "?"):
		what = "query"
	case strings.HasPrefix(after, "#"):
		what = "fragment"
	}
	e.problem = "an origin has a scheme, a host and a port, and no " + what
	e.Instead = repaired(suggestPattern(e.Value))
	return true
}

// isSpelledDifferently says in which respect browsers spell it differently.
func isSpelledDifferently(e *PatternError) bool {
	if e.Reason != PatternNotCanonical {
		return false
	}
	e.Instead = repaired(suggestPattern(e.Value))
	scheme, rest, _ := strings.Cut(strings.ToLower(e.Value), "://")
	_, ports, _ := cutPorts(rest)
	switch {
	case !isASCII(e.Value):
		e.problem = "browsers send the ASCII (xn--) form of a name"
	case strings.ToLower(e.Value) != e.Value:
		e.problem = "browsers send it in lower case"
	case ports != "" && ports == strconv.Itoa(weburl.DefaultPort(scheme)):
		e.problem = "browsers omit the default port"
	}
	return true
}

// hasBadHost says what is wrong with a host that parsePattern has refused.
func hasBadHost(e *PatternError) bool {
	if e.Reason != PatternBadHost {
		return false
	}
	scheme, rest, _ := strings.Cut(e.Value, "://")
	host, _, _ := cutPorts(rest)
	switch {
	case host == "":
		e.problem = "no host follows ://"
	case !hasDNSHost(scheme):
	case hasEmptyLabel(host):
		e.problem = "there is nothing between two dots of the host"
	case strings.HasPrefix(host, "*.") && lastLabelStartsWithDigit(host):
		e.problem = "an IP address has no subdomains"
	case len(host) > maxHostLength:
		e.problem = "the host has more than " + strconv.Itoa(maxHostLength) + " bytes"
	default:
		for label := range strings.SplitSeq(host, ".") {
			if len(label) > maxLabelLength {
				e.problem = "a label of the host has more than " + strconv.Itoa(maxLabelLength) + " bytes"
			}
		}
		for i := range len(host) {
			if c := host[i]; hostnameByte[c] == 0 && !strings.ContainsRune("*.[]:", rune(c)) && (c < 'A' || c > 'Z') {
				e.problem = "a host cannot contain " + strconv.QuoteRune(rune(c))
				break
			}
		}
	}
	e.Instead = repaired(suggestPattern(e.Value))
	return true
}
