package cors

// Labels describes a [Decision] with a small, fixed vocabulary, so it is safe to use as metric
// labels: no label is taken from a client. Labels are comparable and may be keys of a map.
//
// The policy limits the number of different Labels: about the number of its patterns (1 if there are
// more than a hundred), times the number of routes, times a few dozen for the other fields.
type Labels struct {
	Kind    string // "actual", "preflight" or "not CORS"
	Outcome string // "allowed", "refused", or "none" if there was nothing to decide
	Reason  string // why the request was refused, as [Reason] prints it; otherwise ""
	Method  string // the method that a preflight requests, if it is well known, or "other"; otherwise ""

	// Pattern says what allows the origin: the pattern or range as written in the policy; "listed" in a policy
	// of more than a hundred patterns; "lookup"; "stale lookup", for a [Decision] with Stale; or
	// "null". It is "" if the origin is refused.
	Pattern string

	Route string // with package routes: the pattern of the route
	Mode  string // "enforced", "report only" or "shadow"

	SetupMistake string // as [SetupMistake] prints it; usually ""
}

// Labels returns the decision's labels. It allocates nothing.
func (d Decision) Labels() Labels {
	l := Labels{
		Kind: d.Kind.String(), Outcome: "none", Pattern: d.allowedBy(), Route: d.Route, Mode: "enforced",
		SetupMistake: d.SetupMistake.String(),
	}
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
	switch {
	case d.Shadow:
		l.Mode = "shadow"
	case d.ReportOnly:
		l.Mode = "report only"
	}
	return l
}

// allowedBy returns Labels.Pattern.
func (d *Decision) allowedBy() string {
	switch {
	case d.Kind == NotCORS, d.Reason.concernsOrigin():
		return ""
	case d.PatternText != "":
		return d.PatternText
	case d.Pattern >= 0:
		return "listed"
	case !d.Allowed && d.Reason == Granted: // a zero Middleware, without a policy
		return ""
	case d.Origin == "null":
		return "null"
	}
	if d.Stale {
		return "stale lookup"
	}
	return "lookup"
}

// knownMethod returns a well-known method as a constant, so that no client's string is kept, and
// "other" for any other method.
func knownMethod(method string) string {
	for _, known := range [...]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"} {
		if method == known {
			return known
		}
	}
	return "other"
}

// maxPatternTexts is the number of patterns up to which decisions name the pattern. Above it, a
// metric would have a time series for each tenant.
const maxPatternTexts = 100

// namePattern sets Decision.PatternText of a decision by p. That of a range is set already.
func (p *compiled) namePattern(d *Decision) {
	if d.Pattern >= 0 && d.Pattern < len(p.policy.Origins) && len(p.policy.Origins) <= maxPatternTexts {
		d.PatternText = p.policy.Origins[d.Pattern]
	}
}
