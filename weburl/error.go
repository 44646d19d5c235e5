package weburl

import "fmt"

// Error says that a string is no URL, or no host, and why.
type Error struct {
	Input  string // what was to be parsed, whole
	Reason Reason
}

// Error names the input (shortened if it is long), what is wrong and what to write instead.
func (e *Error) Error() string {
	const most = 120
	input := fmt.Sprintf("%q", e.Input[:min(len(e.Input), most)])
	if len(e.Input) > most {
		input += fmt.Sprintf("… (%d bytes)", len(e.Input))
	}
	return fmt.Sprintf("parsing URL %s: %s", input, e.Reason.Explanation())
}

// Reason is why a string could not be parsed. Its text is the name the standard gives the
// validation error (https://url.spec.whatwg.org/#validation-error), where it has one.
type Reason string

// The reasons there are.
const (
	MissingScheme            Reason = "missing-scheme-non-relative-URL"
	HostMissing              Reason = "host-missing"
	PortInvalid              Reason = "port-invalid"
	PortOutOfRange           Reason = "port-out-of-range"
	DomainToASCII            Reason = "domain-to-ASCII"
	HostInvalidCodePoint     Reason = "host-invalid-code-point"
	IPv4TooManyParts         Reason = "IPv4-too-many-parts"
	IPv4NonNumericPart       Reason = "IPv4-non-numeric-part"
	IPv4OutOfRangePart       Reason = "IPv4-out-of-range-part"
	IPv6Unclosed             Reason = "IPv6-unclosed"
	IPv6InvalidCompression   Reason = "IPv6-invalid-compression"
	IPv6TooManyPieces        Reason = "IPv6-too-many-pieces"
	IPv6MultipleCompression  Reason = "IPv6-multiple-compression"
	IPv6InvalidCodePoint     Reason = "IPv6-invalid-code-point"
	IPv6TooFewPieces         Reason = "IPv6-too-few-pieces"
	IPv4InIPv6TooManyPieces  Reason = "IPv4-in-IPv6-too-many-pieces"
	IPv4InIPv6InvalidCode    Reason = "IPv4-in-IPv6-invalid-code-point"
	IPv4InIPv6OutOfRangePart Reason = "IPv4-in-IPv6-out-of-range-part"
	IPv4InIPv6TooFewParts    Reason = "IPv4-in-IPv6-too-few-parts"

	// The standard counts this one as domain-to-ASCII, but the remedy is another.
	DomainInvalidCodePoint Reason = "domain-invalid-code-point"

	// DomainNotASCII is what only [ParseASCIIHost] finds fault with.
	DomainNotASCII Reason = "domain-not-ASCII"

	// TooLong and DomainTooLong are this package's own: see [MaxLength] and [MaxUnicodeDomain].
	TooLong       Reason = "too-long"
	DomainTooLong Reason = "domain-too-long"
)

// Explanation says in one line what is wrong and what to write instead.
func (r Reason) Explanation() string {
	switch r {
	case MissingScheme:
		return `it has no scheme and there is no base to resolve it against; write the whole URL, such as "https://example.com/"`
	case HostMissing:
		return `it has no host; write one after "//", as in "https://example.com/"`
	case PortInvalid:
		return `the port is not a number; write only digits after the host's ":", and an IPv6 address in square brackets`
	case PortOutOfRange:
		return "the port is above 65535; write a number from 0 to 65535, or leave it out"
	case DomainToASCII:
		return "the domain is not one that internationalized domain names (UTS 46) allow; write it in lower-case ASCII or as its xn-- form"
	case DomainNotASCII:
		return "the domain is not ASCII; write its xn-- form"
	case DomainInvalidCodePoint:
		return `the domain has a character no domain may have (a space, a control character or one of #%/:<>?@[\]^|); write letters, digits, "-", "_" and "."`
	case HostInvalidCodePoint:
		return `the host has a character no host may have (a space, NUL or one of #/:<>?@[\]^|); percent-encode it`
	case IPv4TooManyParts:
		return "the host ends in a number, so it has to be an IPv4 address, but it has more than four parts; write four, as in 127.0.0.1"
	case IPv4NonNumericPart:
		return "the host ends in a number, so it has to be an IPv4 address, but not all of its parts are numbers; write four decimal ones, as in 127.0.0.1"
	case IPv4OutOfRangePart:
		return "a part of the IPv4 address is too large; write four numbers from 0 to 255"
	case IPv6Unclosed:
		return `the IPv6 address is not closed; write "]" behind it`
	case IPv6InvalidCompression:
		return `the IPv6 address begins with a single ":"; write "::" or a piece before it`
	case IPv6TooManyPieces:
		return "the IPv6 address has more than eight pieces; write eight, or fewer and one ::"
	case IPv6MultipleCompression:
		return `the IPv6 address has more than one "::"; write the zeros out at all but one`
	case IPv6InvalidCodePoint:
		return `the IPv6 address has something in it that is neither a hexadecimal digit nor ":" in its place (a zone such as %eth0 is not allowed in URLs); take it out`
	case IPv6TooFewPieces:
		return `the IPv6 address has fewer than eight pieces; write all, or "::" where zeros are left out`
	case IPv4InIPv6TooManyPieces:
		return "the IPv6 address has more than six pieces before its IPv4 part; leave pieces out"
	case IPv4InIPv6InvalidCode:
		return "the IPv4 part of the IPv6 address is not four decimal numbers without leading zeros; write it as in ::ffff:127.0.0.1"
	case IPv4InIPv6OutOfRangePart:
		return "a number in the IPv4 part of the IPv6 address is above 255; write one from 0 to 255"
	case IPv4InIPv6TooFewParts:
		return "the IPv4 part of the IPv6 address has fewer than four numbers; write four"
	case TooLong:
		return fmt.Sprintf("it is longer, or would become longer, than the %d bytes browsers take; shorten it", MaxLength)
	case DomainTooLong:
		return fmt.Sprintf("its domain is not ASCII and longer than %d bytes; no name in the DNS is, so shorten it", MaxUnicodeDomain)
	}
	return string(r)
}
