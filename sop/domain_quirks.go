package sop

import (
	"strings"

	"github.com/concors/concors/origin"
)

// relaxDomain returns the origin with the domain that a script sets, if it may.
func (q quirks) relaxDomain(d *Decision, doc *Document, value string) (origin.Origin, bool) {
	relaxed, err := doc.Origin.WithDomain(value)
	if err == nil {
		return relaxed, true
	}
	if host, port, ok := strings.Cut(value, ":"); ok && isDigits(port) {
		relaxed, err := doc.Origin.WithDomain(host)
		if err == nil && q.departs(d, DomainWithPort) {
			return relaxed, true
		}
	}
	if relaxed, err := doc.Origin.WithTopLabel(value); err == nil && q.departs(d, DomainToTopLabel) {
		return relaxed, true
	}
	return origin.Origin{}, false
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
