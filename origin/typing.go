package origin

import (
	"strings"
)

// isTypingMistake reports whether a host that differs from the wanted one in the bytes from
// start to end is probably that one, mistyped. Names that differ in a number, that are two
// of the usual names of hosts, or that are short, are names of two hosts: api and app, shop
// and shops, web1 and web2.
func isTypingMistake(have, want string, start, end int) bool {
	own, other := have[start:end], want[start:len(want)-(len(have)-end)]
	if !isLabelText(own) || !isLabelText(other) {
		return true // a letter that looks alike, or one that no host has
	}
	label, wantLabel := labelAt(have, start), labelAt(want, start)
	length := min(len(label), len(wantLabel))
	switch {
	case strings.ContainsAny(own+other, "0123456789"):
		return length > 3 && len(own) == 1 && len(other) == 1 && lookAlike[own+other]
	case usualName(label) && usualName(wantLabel):
		return false
	case len(own) == 2 && len(other) == 2 && own[0] == other[1] && own[1] == other[0]:
		return length > 2
	case own == "" || other == "":
		return length > 3
	case len(own) == 1 && len(other) == 1:
		return length > 4
	}
	return length > 7
}

// isLabelText reports whether a text has only characters that labels of hosts have.
func isLabelText(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '.'
	})
}

// lookAlike has digits with the letters for which they are taken, in both orders.
var lookAlike = map[string]bool{"0o": true, "o0": true, "1l": true, "l1": true, "1i": true, "i1": true}

// usualName reports whether a label is one of the usual names of hosts, in the singular or
// in the plural.
func usualName(label string) bool {
	return usualNames[label] || usualNames[strings.TrimSuffix(label, "s")]
}

var usualNames = func() map[string]bool {
	names := map[string]bool{}
	for name := range strings.FieldsSeq("account admin alpha api app asset auth backend beta blog cdn chat client cloud code console " +
		"customer dash dashboard data demo dev doc docs download edge event file forum front frontend game gateway graph help home " +
		"host hub id image img info int internal js lab live local login mail main market media mobile my new news next node office old page " +
		"partner pay payment portal post preview prod product project proxy public qa remote report root sale search secure server service " +
		"shop site sso stage staging start state stat static status store stream studio support team test testing tool " +
		"track tracker uat upload user video view web wiki work world www") {
		names[name] = true
	}
	return names
}()
