package sop

import (
	"strings"

	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
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
	// The top label of a name that the Public Suffix List does not cover is a public suffix
	// by the list's default rule. WithDomain cannot represent it, so the origin of the label
	// itself stands in: what counts is the scheme and the domain.
	host, err := weburl.ParseHost(value, false)
	if err != nil || !host.IsDomain() {
		return origin.Origin{}, false
	}
	top := host.String()
	if strings.Contains(top, ".") || origin.HasListedSuffix(doc.Origin.Host()) ||
		!strings.HasSuffix(doc.Origin.Host(), "."+top) || !q.departs(d, DomainToTopLabel) {
		return origin.Origin{}, false
	}
	label, err := origin.New(doc.Origin.Scheme(), top, 0)
	if err != nil {
		return origin.Origin{}, false
	}
	relaxed, err = label.WithDomain(top)
	return relaxed, err == nil
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
