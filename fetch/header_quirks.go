package fetch

import (
	"slices"

	"github.com/concors/concors/internal/field"
)

// safelists is isCORSSafelistedRequestHeader as the browser decides it.
func (q quirks) safelists(h Header) bool {
	safelisted := isCORSSafelistedRequestHeader(h)
	switch name := field.Lower(h.Name); {
	case name == "accept":
		return safelisted && !(q.deviates(NonASCIIAcceptUnsafe) && !isASCII(h.Value))
	case name == "range":
		if q.deviates(RangeUnitAnyCase) {
			h.Value = field.Lower(h.Value)
			safelisted = isCORSSafelistedRequestHeader(h)
		}
		return safelisted && !(q.deviates(RangeBeyondInt64Unsafe) && beyondInt64(h.Value))
	case q.deviates(ClientHintsSafelisted) && isClientHint(name):
		return len(h.Value) <= maxSafelistedValue && (name != "save-data" || field.EqualFold(h.Value, "on"))
	}
	return safelisted
}

func isASCII(s string) bool { return allBytes(s, func(b byte) bool { return b < 0x80 }) }

// beyondInt64 reports whether a range has a number that does not fit into an int64.
func beyondInt64(value string) bool {
	r, _ := field.ParseSingleRange(value, false)
	return r.BeyondInt64
}

// isClientHint reports whether the header is one that Chromium's safelist has in
// addition to the standard's.
func isClientHint(name string) bool {
	switch name {
	case "dpr", "device-memory", "save-data", "viewport-width", "width", "downlink", "ect", "rtt":
		return true
	}
	return false
}

// unsafeNameSet removes duplicates from a sorted list of unsafe names.
func (q quirks) unsafeNameSet(sorted []string) []string {
	if q.deviates(DuplicateUnsafeNames) {
		return sorted
	}
	return slices.Compact(sorted)
}
