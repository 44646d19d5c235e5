package origin

import (
	"strconv"
	"strings"

	"github.com/concors/concors/weburl"
)

// Regexp returns a regular expression that matches the origins that the pattern stands for, for
// servers that compare origins with regular expressions. The expression is not anchored: write it
// between ^(?: and )$. Its syntax is common to RE2, PCRE and JavaScript, and it has no capturing
// groups. It may also match values that browsers never send, such as a port above 65535.
func (p Pattern) Regexp() string {
	const label = `[a-z0-9_-]`
	var b strings.Builder
	switch p.kind {
	case 0:
		return `[^\s\S]`
	case anyPattern:
		return `[a-z][a-z0-9+.-]*://[^\s/?#@,]+`
	}
	b.WriteString(quoteRegexp(p.Scheme()) + "://")
	switch p.kind {
	case exactHost:
		b.WriteString(quoteRegexp(p.host()))
	case subdomains:
		b.WriteString(`(?:` + label + `+\.)+` + quoteRegexp(p.after()[1:]))
	case partLabel:
		b.WriteString(quoteRegexp(p.before()) + label + `+` + quoteRegexp(p.after()))
	}
	b.WriteString(p.portsRegexp())
	return b.String()
}

// portsRegexp returns a regular expression for the colon and the port, which are optional if the
// pattern includes the default port.
func (p Pattern) portsRegexp() string {
	if int(p.hostEnd) == len(p.text) {
		return ""
	}
	if p.text[p.hostEnd+1:] == "*" {
		return `(?::[1-9][0-9]{0,4})?`
	}
	var alternatives []string
	def := weburl.DefaultPort(p.Scheme())
	optional := false
	for _, r := range p.portRanges() {
		first, last := int(r.first), int(r.last)
		if def != 0 && first <= def && def <= last {
			optional = true // browsers omit the default port
		}
		alternatives = append(alternatives, numbersRegexp(first, last)...)
	}
	ports := strings.Join(alternatives, "|")
	if len(alternatives) > 1 {
		ports = `(?:` + ports + `)`
	}
	if optional {
		return `(?::` + ports + `)?`
	}
	return ":" + ports
}

// numbersRegexp returns regular expressions that together match exactly the decimal numbers from
// first to last. It splits the range into blocks that share their leading digits.
func numbersRegexp(first, last int) (out []string) {
	for first <= last {
		// Find the largest block of the form x00…0 to y99…9 that starts at first and ends before
		// or at last.
		size := 1
		for first%(size*10) == 0 && first+size*10-1 <= last && first >= size*10 {
			size *= 10
		}
		blocks := 1
		for first/size%10+blocks <= 9 && first+(blocks+1)*size-1 <= last {
			blocks++
		}
		low := first / size
		text := strconv.Itoa(low)
		if blocks > 1 {
			text = text[:len(text)-1] + "[" + strconv.Itoa(low%10) + "-" + strconv.Itoa(low%10+blocks-1) + "]"
		}
		switch digits := len(strconv.Itoa(size)) - 1; {
		case digits == 1:
			text += "[0-9]"
		case digits > 1:
			text += "[0-9]{" + strconv.Itoa(digits) + "}"
		}
		out = append(out, text)
		first += blocks * size
	}
	return out
}

func quoteRegexp(s string) string {
	var b strings.Builder
	for i := range len(s) {
		if strings.IndexByte(`\.+*?()|[]{}^$`, s[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
