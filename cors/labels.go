package cors

// Labels are a [Decision] in words that only a few exist of, whatever clients
// send: fit for the labels of a metric. No word is a client's. It can be
// compared, so it is the key of a map too.
//
// How many there can be is up to the policy: its patterns, if they are a
// hundred or less, times its routes, times the rest, of which one kind and
// outcome has few. In practice they are tens.
type Labels struct {
	Kind    string // "actual", "preflight" or "not CORS"
	Outcome string // "allowed", "refused", or "none" where nothing is decided
	Reason  string // why refused, in [Reason]'s words; else ""
	Method  string // that a preflight asks for, if it is well known, or "other"; else ""

	// Pattern is what lets the origin in: the pattern as the policy has it;
	// "listed" for any in a policy with more than a hundred; "lookup" or "null".
	// "" if nothing does.
	Pattern string

	Route string // of a decision by package routes
	Mode  string // "enforced", "report only" or "shadow"
	Trap  string // in [Trap]'s words; mostly ""
}

// Labels returns the decision's labels. It allocates nothing.
func (d Decision) Labels() Labels {
	l := Labels{Kind: d.Kind.String(), Outcome: "none", Route: d.Route, Mode: "enforced", Trap: d.Trap.String()}
	switch {
	case d.Kind == NotCORS:
	case d.Allowed:
		l.Outcome = "allowed"
	case d.Reason != Granted:
		l.Outcome, l.Reason = "refused", d.Reason.String()
	}
	if d.Kind == Preflight && d.Method != "" {
		l.Method = knownMethod(d.Method)
	}
	l.Pattern = d.letInBy()
	switch {
	case d.Shadow:
		l.Mode = "shadow"
	case d.ReportOnly:
		l.Mode = "report only"
	}
	return l
}

// letInBy is Labels.Pattern.
func (d *Decision) letInBy() string {
	switch d.Reason {
	case OriginRefused, OriginMalformed, SeveralOrigins, LookupFailed:
		return ""
	}
	switch {
	case d.PatternText != "":
		return d.PatternText
	case d.Pattern >= 0:
		return "listed"
	case d.Kind == NotCORS || !d.Allowed && d.Reason == Granted: // or no policy
		return ""
	case d.Origin == "null":
		return "null"
	}
	return "lookup"
}

// knownMethod returns the method as a constant, so that no client's string is
// kept, and "other" for one that is not well known.
func knownMethod(method string) string {
	for _, known := range [...]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"} {
		if method == known {
			return known
		}
	}
	return "other"
}

// maxPatternTexts is how many patterns a policy may have for decisions to name
// the one that matched: a metric must not have a series for each tenant.
const maxPatternTexts = 100

// patternText is Decision.PatternText.
func (p *compiled) patternText(index int) string {
	if index < 0 || index >= len(p.policy.Origins) || len(p.policy.Origins) > maxPatternTexts {
		return ""
	}
	return p.policy.Origins[index]
}
