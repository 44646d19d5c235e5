package sop

import (
	"strconv"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// Framing is a response that is loaded into a frame.
type Framing struct {
	// Parent is the document that the frame is in.
	Parent *Document
	// Origin is that of the response's URL.
	Origin origin.Origin
	// XFrameOptions are the response's X-Frame-Options lines, and FrameAncestors the values of the
	// frame-ancestors directives of its Content-Security-Policies (not report-only ones), each
	// without the directive's name.
	XFrameOptions, FrameAncestors []string
	// EmbedderPolicy is the response's Cross-Origin-Embedder-Policy.
	EmbedderPolicy fetch.EmbedderPolicy
	// Credentialless is the attribute of the frame.
	Credentialless bool
}

// FramingAnswer is the answer to Framing.
type FramingAnswer struct {
	Decision
	// Shown reports whether the frame shows the response. Otherwise it shows an error page with an
	// opaque origin.
	Shown bool
}

// Framing decides whether a frame may show a response:
// https://html.spec.whatwg.org/multipage/speculative-loading.html#the-x-frame-options-header and
// https://w3c.github.io/webappsec-csp/#frame-ancestors-navigation-response. A policy with
// frame-ancestors makes X-Frame-Options have no effect.
func (p *Profile) Framing(f Framing) FramingAnswer {
	var a FramingAnswer
	q := quirks{p}
	if !q.embedderPolicyAllows(f) {
		a.refuse(FrameWithoutEmbedderPolicy, fetch.Input{Name: "embedder policy", Value: string(f.EmbedderPolicy)},
			fetch.Input{Name: "parent's", Value: string(f.Parent.EmbedderPolicy)})
		return a
	}
	if len(f.FrameAncestors) > 0 {
		for _, value := range f.FrameAncestors {
			for ancestor := f.Parent; ancestor != nil; ancestor = ancestor.Parent {
				if matchesSources(value, ancestor.Origin, f.Origin) {
					continue
				}
				a.refuse(FrameAncestors, fetch.Input{Name: "frame-ancestors", Value: shorten(value)},
					fetch.Input{Name: "ancestor", Value: ancestor.Origin.String()})
				return a
			}
		}
	} else if blocked, ancestor := blockedByXFO(f); blocked {
		a.refuse(XFrameOptions, fetch.Input{Name: "X-Frame-Options", Value: shorten(strings.Join(f.XFrameOptions, ", "))},
			fetch.Input{Name: "ancestor", Value: ancestor.Origin.String()})
		return a
	}
	a.Verdict, a.Shown = Allowed, true
	a.pass(XFrameOptions.Algorithm(), XFrameOptions.Anchor(), "The response may be framed.")
	return a
}

// embedderPolicyAllows is "check a navigation response's adherence to its embedder policy":
// https://html.spec.whatwg.org/multipage/browsers.html#check-a-navigation-response's-adherence-to-its-embedder-policy
func (q quirks) embedderPolicyAllows(f Framing) bool {
	isolates := func(v fetch.EmbedderPolicy) bool { return v == fetch.RequireCORP || v == fetch.Credentialless }
	return !isolates(f.Parent.EmbedderPolicy) || isolates(q.embedderPolicy(f.EmbedderPolicy, f.Parent.SecureContext)) ||
		(f.Credentialless || f.Parent.Credentialless) && q.knowsCredentiallessFrames()
}

// blockedByXFO is "check a navigation response's adherence to X-Frame-Options".
func blockedByXFO(f Framing) (bool, *Document) {
	values := map[string]bool{} // 2–4: the set of the values, split at commas and in lower case
	for _, line := range f.XFrameOptions {
		for _, v := range strings.Split(line, ",") {
			values[strings.ToLower(strings.Trim(v, " \t"))] = true
		}
	}
	if len(values) > 1 { // 6, 7: conflicting values are deny, unless none of them is valid
		return values["deny"] || values["allowall"] || values["sameorigin"], f.Parent
	}
	if values["deny"] { // 8
		return true, f.Parent
	}
	if values["sameorigin"] { // 9
		for ancestor := f.Parent; ancestor != nil; ancestor = ancestor.Parent {
			if !origin.SameOrigin(ancestor.Origin, f.Origin) {
				return true, ancestor
			}
		}
	}
	return false, nil // 10
}

// matchesSources reports whether an ancestor matches a source list of frame-ancestors, which has
// 'none', 'self', * , schemes and hosts: https://w3c.github.io/webappsec-csp/#match-url-to-source-list.
func matchesSources(list string, ancestor, self origin.Origin) bool {
	for _, source := range strings.Fields(list) {
		switch strings.ToLower(source) {
		case "'none'":
			continue
		case "'self'":
			if origin.SameOrigin(ancestor, self) {
				return true
			}
			continue
		}
		if matchesSource(strings.ToLower(source), ancestor, self) {
			return true
		}
	}
	return false
}

// matchesSource is one scheme-source or host-source.
func matchesSource(source string, ancestor, self origin.Origin) bool {
	if ancestor.IsOpaque() {
		return false
	}
	if source == "*" {
		return ancestor.Scheme() == "http" || ancestor.Scheme() == "https" || ancestor.Scheme() == self.Scheme()
	}
	// schemeMatches: https://w3c.github.io/webappsec-csp/#scheme-part-match
	schemeMatches := func(scheme string) bool {
		return scheme == ancestor.Scheme() || scheme == "http" && ancestor.Scheme() == "https"
	}
	scheme, rest, ok := strings.Cut(source, "://")
	switch {
	case ok:
		if !schemeMatches(scheme) {
			return false
		}
	case strings.HasSuffix(source, ":"):
		return schemeMatches(strings.TrimSuffix(source, ":"))
	default:
		scheme, rest = "", source
		if !schemeMatches(self.Scheme()) {
			return false
		}
	}
	rest, _, _ = strings.Cut(rest, "/")
	host, port, hasPort := strings.Cut(rest, ":")
	if suffix, wild := strings.CutPrefix(host, "*."); wild {
		if !strings.HasSuffix(ancestor.Host(), "."+suffix) {
			return false
		}
	} else if host != ancestor.Host() {
		return false
	}
	switch {
	case port == "*":
		return true
	case hasPort:
		return port == portText(ancestor) || port == "80" && portText(ancestor) == "443" && ancestor.Scheme() == "https"
	}
	return ancestor.Port() == defaultPort(ancestor.Scheme())
}

func portText(o origin.Origin) string { return strconv.Itoa(o.Port()) }

func defaultPort(scheme string) int { return weburl.DefaultPort(scheme) }
