package sop

import (
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// Navigate is a script of one document that navigates the window of another, by location,
// location.href, location.replace or a link's target.
type Navigate struct {
	From, To *Document
	URL      string // absolute
	// UserActivation is set if the script runs because the visitor clicked or typed.
	UserActivation bool
}

// NavigateAnswer is the answer to Navigate.
type NavigateAnswer struct {
	Decision
	Completion
	// Navigates reports whether the window goes to the URL.
	Navigates bool
}

// Navigate decides whether the window goes to the URL:
// https://html.spec.whatwg.org/multipage/browsing-the-web.html#allowed-to-navigate.
func (p *Profile) Navigate(n Navigate) NavigateAnswer {
	q := quirks{p}
	a := NavigateAnswer{Completion: Completion{Value: Value{Type: Undefined}}}
	inputs := []fetch.Input{{Name: "source", Value: n.From.Origin.String()}, {Name: "target", Value: n.To.Origin.String()}}
	if why := q.navigationRefused(&a.Decision, n); why != 0 {
		a.refuse(why, inputs...)
		a.Exception = securityError
		return a
	}
	a.Verdict = Allowed
	a.pass("allowed by sandboxing to navigate", htmlSpec+"browsing-the-web.html#allowed-to-navigate",
		"The source may navigate the target.", inputs...)
	if strings.HasPrefix(strings.ToLower(n.URL), "javascript:") && !origin.SameOriginDomain(n.From.Origin, n.To.Origin) {
		a.refuse(NotSameOriginScript, inputs...)
		if q.javaScriptURLThrows(&a.Decision) {
			a.Exception = securityError
		}
		return a
	}
	a.Navigates = true
	return a
}

// navigationRefused is "allowed by sandboxing to navigate"; 0 means that it is allowed.
func (q quirks) navigationRefused(d *Decision, n Navigate) Reason {
	source, target := n.From, n.To
	if source == target || source.IsAncestorOf(target) { // 1, 2
		return 0
	}
	if target.IsAncestorOf(source) { // 3
		if target.Parent != nil {
			return 0
		}
		if n.UserActivation && source.Sandbox&SandboxTopNavigationByUser != 0 ||
			!n.UserActivation && source.Sandbox&SandboxTopNavigation != 0 {
			return SandboxedTopNavigation
		}
		return q.topNavigationRefused(d, n)
	}
	if target.Parent == nil { // 4
		if target.Opener == source { // the one permitted sandboxed navigator
			return 0
		}
	}
	if source.Sandbox&SandboxNavigation != 0 { // 4, 5
		return SandboxedNavigation
	}
	return q.unrelatedRefused(d, n) // 6
}

// Rewrite is history.pushState or history.replaceState with a URL.
type Rewrite struct {
	Document *Document
	URL      string // relative to the document's base URL
}

// RewriteAnswer is the answer to Rewrite.
type RewriteAnswer struct {
	Decision
	Completion
}

// Rewrite decides whether a document may show the URL as its own:
// https://html.spec.whatwg.org/multipage/nav-history-apis.html#can-have-its-url-rewritten.
func (p *Profile) Rewrite(r Rewrite) RewriteAnswer {
	q := quirks{p}
	a := RewriteAnswer{Completion: Completion{Value: Value{Type: Undefined}}}
	base := baseURL(r.Document)
	input := []fetch.Input{{Name: "document", Value: shorten(r.Document.URL.String())}, {Name: "URL", Value: shorten(r.URL)}}
	u, err := weburl.Parse(r.URL, base)
	if err != nil && q.rewritesOpaquePath(&a.Decision, r) {
		a.Verdict = Allowed
		return a
	}
	if err != nil {
		a.refuse(URLNotParsed, input...)
		a.Exception = securityError
		return a
	}
	if !q.canRewrite(r.Document.URL, u) {
		a.refuse(URLNotRewritable, input...)
		a.Exception = securityError
		return a
	}
	a.Verdict = Allowed
	a.pass(URLNotRewritable.Algorithm(), URLNotRewritable.Anchor(), "The document may have the URL.", input...)
	return a
}

func (q quirks) canRewrite(document, target *weburl.URL) bool {
	if document.Scheme != target.Scheme || document.Username != target.Username || document.Password != target.Password ||
		document.Host != target.Host || document.EffectivePort() != target.EffectivePort() { // 2
		return false
	}
	if target.IsHTTP() { // 3
		return true
	}
	d, t := withoutFragment(document), withoutFragment(target)
	if target.Scheme == "file" { // 4
		d, _, _ = strings.Cut(d, "?")
		t, _, _ = strings.Cut(t, "?")
	}
	return d == t // 5
}

func withoutFragment(u *weburl.URL) string {
	text, _, _ := strings.Cut(u.String(), "#")
	return text
}
