package weburl

import "fmt"

// Error is the error of [Parse], [ParseHost] and [ParseASCIIHost].
type Error struct {
	Input  string // the string that was to be parsed, complete
	Reason Reason
}

// Error returns the input (shortened if it is long), what is wrong and what to write instead.
func (e *Error) Error() string {
	const most = 120
	input := fmt.Sprintf("%q", e.Input[:min(len(e.Input), most)])
	if len(e.Input) > most {
		input += fmt.Sprintf("… (%d bytes)", len(e.Input))
	}
	return fmt.Sprintf("parsing URL %s: %s", input, e.Reason.Explanation())
}

// Reason is the reason why a string could not be parsed. Where the standard has a validation error for
// it (https://url.spec.whatwg.org/#validation-error), it has the same name.
type Reason string

// The values of [Reason].
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

	// In the standard this is domain-to-ASCII. It is separate here because its fix is different.
	DomainInvalidCodePoint Reason = "domain-invalid-code-point"

	// DomainNotASCII is an error of [ParseASCIIHost] only.
	DomainNotASCII Reason = "domain-not-ASCII"

	// TooLong and DomainTooLong are not in the standard: see [MaxLength] and [MaxUnicodeDomain].
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
		return "the domain is not a valid internationalized domain name (UTS 46); write it in lower-case ASCII or in its xn-- form"
	case DomainNotASCII:
		return "the domain is not ASCII; write its xn-- form"
	case DomainInvalidCodePoint:
		return `the domain has a character that is not allowed in domains (a space, a control character or one of #%/:<>?@[\]^|); write letters, digits, "-", "_" and "."`
	case HostInvalidCodePoint:
		return `the host has a character that is not allowed in hosts (a space, NUL or one of #/:<>?@[\]^|); percent-encode it`
	case IPv4TooManyParts:
		return "the host ends in a number, so it must be an IPv4 address, but it has more than four parts; write four, as in 127.0.0.1"
	case IPv4NonNumericPart:
		return "the host ends in a number, so it must be an IPv4 address, but not all of its parts are numbers; write four decimal numbers, as in 127.0.0.1"
	case IPv4OutOfRangePart:
		return "a part of the IPv4 address is too large; write four numbers from 0 to 255"
	case IPv6Unclosed:
		return `the IPv6 address is not closed; write "]" after it`
	case IPv6InvalidCompression:
		return `the IPv6 address begins with a single ":"; write "::" or a piece before it`
	case IPv6TooManyPieces:
		return "the IPv6 address has more than eight pieces; write eight, or fewer with one ::"
	case IPv6MultipleCompression:
		return `the IPv6 address has more than one "::"; replace all but one by zeros`
	case IPv6InvalidCodePoint:
		return `the IPv6 address has a misplaced ":" or a character other than hexadecimal digits and ":" (a zone such as %eth0 is not allowed in URLs); remove it`
	case IPv6TooFewPieces:
		return `the IPv6 address has fewer than eight pieces; write all, or "::" in place of zeros`
	case IPv4InIPv6TooManyPieces:
		return "the IPv6 address has more than six pieces before its IPv4 part; remove some"
	case IPv4InIPv6InvalidCode:
		return "the IPv4 part of the IPv6 address is not four decimal numbers without leading zeros; write it as in ::ffff:127.0.0.1"
	case IPv4InIPv6OutOfRangePart:
		return "a number in the IPv4 part of the IPv6 address is above 255; write one from 0 to 255"
	case IPv4InIPv6TooFewParts:
		return "the IPv4 part of the IPv6 address has fewer than four numbers; write four"
	case TooLong:
		return fmt.Sprintf("it has more than %d bytes, or would have more once serialized; shorten it", MaxLength)
	case DomainTooLong:
		return fmt.Sprintf("its domain is not ASCII and has more than %d bytes, which is too long for a DNS name; shorten it", MaxUnicodeDomain)
	}
	return string(r)
}
