package request

import (
	"cmp"
	"context"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/weburl"
)

// assumeSpace sets the page's address space, which Local Network Access needs, to what
// its origin suggests. Nothing is assumed if the question itself says where the server
// is: its address is then not the one that visitors connect to.
func (q *Question) assumeSpace(p *plan) {
	if len(q.Resolve) > 0 || q.Dial != nil || q.Transport != nil || p.page.Sandboxed {
		return
	}
	u, err := weburl.Parse(p.page.URL, nil)
	if err != nil {
		return
	}
	p.assumed = true
	switch p.page.AddressSpace = spaceOfHost(u); {
	case !u.IsHTTP():
		p.page.AddressSpace = fetch.SpaceLoopback // an application or extension is on the visitor's computer
	case p.page.AddressSpace == "":
		p.page.AddressSpace = fetch.SpacePublic
	}
}

// spaceOfHost returns the address space that a URL's host shows by itself, or "".
func spaceOfHost(u *weburl.URL) fetch.AddressSpace {
	if u.Host.IsIP() {
		return fetch.SpaceOf(u.Host.Addr())
	}
	name := strings.TrimSuffix(u.Hostname(), ".")
	switch {
	case isLocalhost(name):
		return fetch.SpaceLoopback
	case !strings.Contains(name, "."):
		return fetch.SpaceLocal // such as a name in a company's network
	}
	for _, suffix := range []string{".local", ".internal", ".home.arpa", ".lan"} {
		if strings.HasSuffix(name, suffix) {
			return fetch.SpaceLocal
		}
	}
	return ""
}

// isLocal reports whether a URL's host shows that it is not on the public internet, where
// servers often have no certificate.
func isLocal(u *weburl.URL) bool {
	space := spaceOfHost(u)
	return space == fetch.SpaceLoopback || space == fetch.SpaceLocal
}

// SpaceFlag returns the flag with which a request that a browser has made is made
// again: "--page-space loopback" if [Run] would otherwise take the page for a public
// one and the target for a local one, which the browser had allowed. Usually it is "".
func SpaceFlag(target, pageOrigin string) string {
	to, err := weburl.Parse(target, nil)
	page, err2 := weburl.Parse(NewPage(pageOrigin).URL, nil)
	if err != nil || err2 != nil || pageOrigin == "null" || !page.IsHTTP() {
		return ""
	}
	local := func(s fetch.AddressSpace) bool { return s != "" && s != fetch.SpacePublic }
	if local(spaceOfHost(to)) && !local(spaceOfHost(page)) {
		return "--page-space loopback"
	}
	return ""
}

// spaceMatters reports whether the results depend on the page's address space: the
// target is local by its URL, or Local Network Access blocked a request.
func (p *plan) spaceMatters(results []BrowserResult) bool {
	for i := range results {
		if localNetworkAccess(results[i].Reason) {
			return true
		}
	}
	return SpaceFlag(p.target.String(), p.origin.String()) != ""
}

func localNetworkAccess(r reason.Reason) bool {
	switch r {
	case reason.InsecureLocalNetwork, reason.InvalidLocalNetworkAccess, reason.LocalNetworkAccessPermissionDenied:
		return true
	}
	return false
}

// withoutLocalNetworkAccess makes a request again that Local Network Access blocked, as
// if that rule allowed it, and notes what the server makes of it: the user may allow it
// next, and CORS then decides. It must not have sent anything before.
func (p *plan) withoutLocalNetworkAccess(ctx context.Context, q *Question, profile fetch.Profile) Note {
	again := *p
	again.page.AddressSpace = ""
	again.request.Page = &again.page
	r := again.makeRequest(ctx, q, profile)
	sentence := "Concors then sent it as if Local Network Access allowed it. "
	switch {
	case r.Verdict == Allowed:
		sentence += "CORS allows it."
	case r.Verdict == Blocked:
		explanation := strings.TrimSuffix(r.Explanation, ".")
		sentence += "It is blocked too: " + strings.ToLower(explanation[:1]) + explanation[1:] + " (" + r.Reason.String() + ")."
		if r.Fix != nil && r.Fix.Sentence != "" {
			sentence += " " + r.Fix.Sentence
		}
	default:
		sentence += "It gets no response: " + cmp.Or(r.Cause, r.Reason.String()) + "."
	}
	return Note{NoteLocalNetwork, cut(sentence), []Header{}}
}
