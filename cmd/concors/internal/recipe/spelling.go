package recipe

import (
	"fmt"
	"strings"
)

// This file finds the rule of a request whose path or host can be spelled in several
// ways. The application behind a recipe may read /public/..%2Fprivate/x as
// /private/x, and a recipe only has regular expressions. So each route has two of
// them: one for paths that every server reads as a path of the route, and one for
// paths that some server may read so. [Plan.Matches] puts them in an order in which
// the first that matches is right. They match a path as it was received, with or
// without its query.

// A Match is a rule and the requests that it applies to.
type Match struct {
	Rule *Rule

	// Path is a regular expression that matches the path as received, perhaps with its
	// query. It has an anchor at the beginning only, no group that captures, and
	// neither a quote, a space nor a brace.
	Path string

	Method string // GET includes HEAD; "" is any method
	Host   string // in lower case; "" is any host

	// AnySpelling means that Path matches all spellings of a path, and that Host is to
	// be compared in lower case and without final dots. The rule is then Plan.Closed.
	AnySpelling bool

	Comment string // what the match is for
}

// Parts of regular expressions. A server may backtrack and have a small stack, so no
// part matches a text in two ways, and a group is repeated only in segment and
// restOfSegment, once for each encoded character.
const (
	// An encoded character is "%" or an encoded "%", and two digits. It may be encoded
	// three times.
	encoded = `%(?:25)?(?:25)?`
	digit   = `[0-9a-fA-F]`

	slash     = `(?:[/\x5c]|` + encoded + `(?:2[fF]|5[cC]))`
	slashes   = slash + slash + `?` + slash + `?`      // up to three
	parameter = `(?:;|` + encoded + `3[bB])`           // some servers remove what follows, some read it as a slash
	cut       = `(?:#|` + encoded + `(?:3[fF]|23))`    // ends a path that is decoded and parsed again
	divider   = encoded + `(?:2[fF]|5[cC]|3[bBfF]|23)` // all of these
	end       = `(?:[?]|$)`                            // of a path
	dot       = `(?:\.|` + encoded + `2[eE])`
	plain     = `[^/\x5c;?#%]` // has one reading

	// safe has the digits of characters that divide nothing, without "%".
	safe = `(?:[46-9a-fA-F]` + digit + `|2[0-246-9a-eA-E]|3[0-9ac-eAC-E]|5[0-9abd-fABD-F])`

	// segment matches a segment that no server divides, unless it is unclear. What follows
	// an encoded "%" must not make another encoded character of it.
	segment  = `(?:` + plain + `|` + harmless + `)` + plain + `*(?:` + harmless + plain + `*)*(?:%25(?:25)?` + digit + `?)?`
	harmless = `%(?:` + safe + `|25(?:25)?(?:` + safe + `|` + digit + `?(?:[^0-9a-fA-F/\x5c;?#%]|%` + safe + `)))`

	// anyCharacter and restOfSegment match a segment up to what divides it, if anything does.
	anyCharacter  = `(?:` + plain + `|%(?:` + safe + `|25))`
	restOfSegment = plain + `*(?:%(?:` + safe + `|25)` + plain + `*)*`
)

// unclear matches paths that no route can be certain of: with dot segments, control
// characters or overlong UTF-8 in any encoding, with an invalid encoding, with a digit
// of an encoding that is itself encoded, with four encodings of one character, and with
// four slashes in a row. Characters beyond ASCII that are not encoded are sent by no browser.
const unclear = `^(?:[^/]|$|[^?]*(?:[^\x21-\x7e]` +
	`|(?:` + slash + `|` + parameter + `)` + dot + dot + `?(?:[/\x5c;?#]|` + divider + `|$)` +
	`|` + encoded + `(?:[01]` + digit + `|7[fF]|[cC][01]|[eE]0%(?:25)?(?:25)?[89]|[fF]0%(?:25)?(?:25)?8)` +
	`|%(?:[^0-9a-fA-F]|` + digit + `[^0-9a-fA-F]|` + digit + `?$)` +
	`|%25` + digit + `?%(?:25)?(?:25)?(?:3[0-9]|[46][1-6])` +
	`|%252525|` + slash + slash + slash + slash + `))`

// Matches returns what selects the rule of a request: the first that matches, and
// otherwise Rest. It is empty if there are no routes.
func (p *Plan) Matches() []Match { return p.matches(false) }

// MatchesIgnoringCase is for servers that ignore the case of a path, and slashes at its end.
func (p *Plan) MatchesIgnoringCase() []Match { return p.matches(true) }

func (p *Plan) matches(ignoreCase bool) (out []Match) {
	if p.Closed == nil {
		return nil
	}
	out = append(out, Match{Rule: p.Closed, Path: unclear, Comment: "dot segments, and what servers decode differently"})
	for _, r := range p.Routes() {
		out = append(out,
			Match{Rule: r, Path: r.exactly(), Method: r.Method, Host: r.Host, Comment: r.Route},
			Match{
				Rule: p.Closed, Path: r.anySpelling(ignoreCase), Method: r.Method, Host: r.Host, AnySpelling: true,
				Comment: "other spellings of it",
			})
	}
	return out
}

// segments returns the segments of the route's path, without the last one if it
// stands for all paths below.
func (r *Rule) segments() []string {
	path := r.Route[strings.IndexByte(r.Route, '/')+1:]
	segments := strings.Split(path, "/")
	if r.subtree {
		segments = segments[:len(segments)-1]
	}
	return segments
}

// exactly returns a regular expression for paths of which every reading is on the
// route, if none is unclear or on a route that comes first.
func (r *Rule) exactly() string {
	expression := "^"
	for _, s := range r.segments() {
		switch {
		case s == "{$}" && r.root:
			expression += "/?"
		case s == "{$}":
			expression += "/"
		case strings.HasPrefix(s, "{"):
			expression += "/" + segment
		default:
			expression += "/" + literal(s, func(c byte) string { return string(c) })
		}
	}
	switch {
	case r.subtree && r.root:
		return expression + "(?:/|[?]|$)"
	case r.subtree:
		return expression + "/"
	}
	return expression + end
}

// anySpelling returns a regular expression for paths of which some reading may be on
// the route. It matches more than these: where a path has a parameter, or an encoded
// slash in a segment that the route has a wildcard for.
func (r *Rule) anySpelling(ignoreCase bool) string {
	spelled := func(c byte) string { return spellings(c, ignoreCase) }
	segments := r.segments()
	var expression string
	switch last := parameter + "|" + cut; {
	case r.subtree && r.root:
		expression = "(?:" + last + "|" + slash + "|[?]|$)"
	case r.subtree:
		expression = "(?:" + last + "|" + slash + ")"
	case r.slashed && !ignoreCase:
		expression = "(?:" + last + "|[?]|$)"
	default:
		// Some applications remove slashes at the end.
		expression = "(?:" + last + "|" + slashes + end + "|" + end + ")"
	}
	for i := len(segments) - 1; i >= 0; i-- {
		switch s := segments[i]; {
		case s == "{$}" && r.root:
			expression = "(?:" + slashes + ")?" + expression
			continue
		case s == "{$}":
		case strings.HasPrefix(s, "{"):
			expression = `(?:[#\x5c]|` + divider + "|" + anyCharacter + restOfSegment + `(?:[;#\x5c]|` + divider + "|" + expression + "))"
			// Two slashes, because some servers let a wildcard match an empty segment.
			expression = slash + "(?:" + slash + "|" + parameter + "|" + expression + ")"
			continue
		case i < len(segments)-1:
			expression = literal(s, spelled) + "(?:" + parameter + "|" + expression + ")"
		default:
			expression = literal(s, spelled) + expression
		}
		expression = slashes + "(?:" + parameter + "|" + expression + ")"
	}
	return "^" + expression
}

// literal returns a regular expression for a text, with that of each character from spell.
func literal(text string, spell func(c byte) string) string {
	var b strings.Builder
	for i := range len(text) {
		if text[i] == '.' || text[i] == '$' {
			b.WriteString(strings.Replace(spell(text[i]), string(text[i]), `\`+string(text[i]), 1))
		} else {
			b.WriteString(spell(text[i]))
		}
	}
	return b.String()
}

// spellings returns a regular expression for a character, as it is or encoded.
func spellings(c byte, ignoreCase bool) string {
	as := string(c)
	high, low := fmt.Sprintf("%x", c>>4), fmt.Sprintf("%x", c&15)
	if lower := c | 0x20; ignoreCase && 'a' <= lower && lower <= 'z' {
		as = "[" + string(lower-0x20) + string(lower) + "]"
		high = fmt.Sprintf("[%x%x]", lower>>4-2, lower>>4)
	}
	if low[0] >= 'a' {
		low = "[" + low + strings.ToUpper(low) + "]"
	}
	return "(?:" + as + "|" + encoded + high + low + ")"
}
