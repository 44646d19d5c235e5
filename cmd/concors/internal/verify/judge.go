package verify

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
)

// judge compares what the policy and the server say to one question.
func (v *verifier) judge(p *pair) {
	does := p.does
	switch {
	case does.skipped:
		v.site.Skipped++
		return
	case does.silent:
		v.site.Silent++
		if v.site.Cause == "" {
			v.site.Cause = does.cause
		}
		return
	case p.about == aboutErrors && does.status < 400 && does.status != 0:
		return // whatever is served there, it is no error
	}
	differs := p.says.granted != does.granted
	v.count(p.about, differs)
	if !differs {
		return
	}
	f := Finding{Request: does.request, Answer: does.reply}
	if p.says.granted {
		f.Kind, f.Reason = v.kindOfBlocked(p), does.reason.String()
		f.PolicySays = v.grantSentence(p)
		f.ServerDoes = serverDoes(does)
		f.BrowserTherefore = fmt.Sprintf("blocks it (%v): %s", does.reason, does.reason.Explanation())
		v.find(f, p.question.String())
		return
	}
	f.Kind = kindOfGranted(p)
	f.PolicySays = refusalSentence(p)
	f.ServerDoes = "answers with " + headerSentence(does.header, "Access-Control-Allow-Origin")
	f.BrowserTherefore = "lets scripts there read the answer"
	if credentials, _ := does.header.Get("Access-Control-Allow-Credentials"); credentials == "true" && !strings.Contains(f.ServerDoes, ": *") {
		f.BrowserTherefore += ", with the user's cookies"
	}
	if does.preflightHeader != nil {
		f.BrowserTherefore = "sends the request"
		switch f.Kind {
		case "method-not-promised", "method-case-ignored":
			f.ServerDoes = "answers the preflight with " + headerSentence(does.preflightHeader, "Access-Control-Allow-Methods")
		case "request-header-not-promised":
			f.ServerDoes = "answers the preflight with " + headerSentence(does.preflightHeader, "Access-Control-Allow-Headers")
		default:
			f.ServerDoes = "answers the preflight with " + headerSentence(does.preflightHeader, "Access-Control-Allow-Origin")
		}
	}
	if f.Note = p.raw; f.Note {
		f.BrowserTherefore = "does nothing, for none sends that; but the server does not compare whole origins"
	}
	v.find(f, p.question.String())
}

func (v *verifier) count(about string, differs bool) {
	i := slices.IndexFunc(v.site.Checks, func(c Check) bool { return c.About == about })
	if i < 0 {
		i = len(v.site.Checks)
		v.site.Checks = append(v.site.Checks, Check{About: about})
	}
	v.site.Checks[i].Asked++
	if differs {
		v.site.Checks[i].Differs++
	}
}

// find notes a finding, or counts it to the one that it is like.
func (v *verifier) find(f Finding, subject string) {
	key := f.Kind + " " + f.Reason
	if v.said[key+" "+subject] {
		return // it was asked for another reason too
	}
	v.said[key+" "+subject] = true
	if old := v.kinds[key]; old != nil {
		if old.Count++; len(old.Also) < 10 {
			old.Also = append(old.Also, term.Bounded(subject))
		}
		return
	}
	f.Also, f.Count = []string{}, 1
	for _, s := range []*string{&f.PolicySays, &f.ServerDoes, &f.BrowserTherefore} {
		*s = term.Printable(*s)
	}
	v.kinds[key] = &f
}

// kindOfReason names what keeps a page out where the reason alone says it; else "".
func kindOfReason(why reason.Reason) string {
	switch why {
	case reason.MultipleAllowOriginValues, reason.PreflightMultipleAllowOriginValues:
		return "allow-origin-doubled"
	case reason.WildcardOriginNotAllowed, reason.PreflightWildcardOriginNotAllowed, reason.InvalidAllowCredentials, reason.PreflightInvalidAllowCredentials:
		return "credentials-unusable"
	case reason.MethodDisallowedByPreflightResponse, reason.InvalidAllowMethodsPreflightResponse:
		return "method-blocked"
	case reason.HeaderDisallowedByPreflightResponse, reason.InvalidAllowHeadersPreflightResponse:
		return "request-header-blocked"
	}
	return ""
}

// kindOfBlocked names what keeps a page from what the policy grants it.
func (v *verifier) kindOfBlocked(p *pair) string {
	if kind := kindOfReason(p.does.reason); kind != "" {
		return kind
	}
	switch {
	case p.does.reason.Preflight() && !v.preflights:
		return preflightFails
	case p.about == aboutErrors:
		return "error-answer-hidden"
	case p.about == aboutHeaders:
		return "request-header-blocked"
	case p.about == aboutMethods, p.about == aboutPreflights && p.does.reason.Preflight() && !p.listener:
		return "method-blocked"
	case p.about == aboutPreflights && p.does.reason.Preflight():
		return preflightFails
	case p.about == aboutCredentials:
		return "credentials-unusable"
	}
	return "allowed-origin-blocked"
}

// kindOfGranted names what the server grants and the policy does not.
func kindOfGranted(p *pair) string {
	switch {
	case p.raw && strings.ToUpper(p.origin) == p.origin:
		return "upper-case-origin-let-in"
	case p.raw:
		return "not-an-origin-let-in"
	case p.about == aboutMethods && strings.ToLower(p.method) == p.method:
		return "method-case-ignored"
	case p.about == aboutMethods:
		return "method-not-promised"
	case p.about == aboutHeaders:
		return "request-header-not-promised"
	case p.about == aboutCredentials:
		return "credentials-not-promised"
	case p.origin == "null":
		return "null-origin-let-in"
	}
	return "foreign-origin-let-in"
}

func pageOn(o string) string {
	if o == "null" {
		return "a sandboxed page"
	}
	return "a page on " + o
}

func (v *verifier) grantSentence(p *pair) string {
	with := ""
	if p.credentials {
		with = " with credentials"
	}
	switch {
	case p.about == aboutErrors:
		return pageOn(p.origin) + " may read errors too, such as that of a page that is not there"
	case len(p.headers) > 0:
		return pageOn(p.origin) + " may set " + strings.Join(p.headers, ", ") + with
	case p.listener:
		return pageOn(p.origin) + " may POST, and listen to the upload, which takes a preflight"
	case p.method == "GET":
		return pageOn(p.origin) + " may read the answer to a GET" + with
	}
	return pageOn(p.origin) + " may send " + p.method + with
}

func refusalSentence(p *pair) string {
	switch {
	case p.raw:
		return strconv.Quote(term.Bounded(p.origin)) + " is no origin that it lets in"
	case p.about == aboutMethods:
		return pageOn(p.origin) + " may not send " + p.method
	case p.about == aboutHeaders:
		return pageOn(p.origin) + " may not set " + strings.Join(p.headers, ", ")
	case p.about == aboutCredentials:
		return pageOn(p.origin) + " gets nothing with credentials"
	}
	return pageOn(p.origin) + " is not let in"
}

// serverDoes says what in an answer decided against the page.
func serverDoes(a *answer) string {
	what := "answers"
	if a.reason.Preflight() {
		what = "answers the preflight"
	}
	e := a.err
	switch {
	case e == nil:
		return fmt.Sprintf("%s with %d", what, a.status)
	case a.reason == reason.MethodDisallowedByPreflightResponse:
		return what + " with " + headerSentence(a.preflightHeader, "Access-Control-Allow-Methods")
	case a.reason == reason.HeaderDisallowedByPreflightResponse:
		return what + " with " + headerSentence(a.preflightHeader, "Access-Control-Allow-Headers")
	case e.Header == "" || a.status < 200 || a.status > 299 && a.reason.Preflight():
		return fmt.Sprintf("%s with the status %d", what, a.status)
	case e.Present:
		return fmt.Sprintf("%s with %s: %s", what, e.Header, term.Bounded(e.Value))
	}
	return fmt.Sprintf("%s with %d and without %s", what, a.status, e.Header)
}

func headerSentence(h fetch.HeaderList, name string) string {
	value, ok := h.Get(name)
	if !ok {
		return "no " + name
	}
	return name + ": " + term.Bounded(value)
}

// exposed finds out which headers a page sees, by giving it an answer that has
// them all, once with the server's CORS headers and once with the policy's.
func (v *verifier) exposed(ctx context.Context, at *pair) {
	const some = "X-Concors-Any"
	names := []string{some}
	add := func(name string) {
		lowered := strings.ToLower(name)
		if field.IsToken(name) && name != "*" && !strings.HasPrefix(lowered, "access-control-") && !strings.HasPrefix(lowered, "set-cookie") &&
			!slices.ContainsFunc(names, func(have string) bool { return strings.EqualFold(have, name) }) && len(names) < 200 {
			names = append(names, name)
		}
	}
	for _, list := range [][]string{v.policy.ExposedHeaders, at.does.header.Names()} {
		for _, name := range list {
			add(name)
		}
	}
	if value, ok := at.does.header.Get("Access-Control-Expose-Headers"); ok {
		for name := range strings.SplitSeq(value, ",") {
			add(strings.Trim(name, " \t"))
		}
	}
	does, says := visible(ctx, v.profile, at.question, names, at.does.header), visible(ctx, v.profile, at.question, names, at.says.header)
	if does == nil || says == nil {
		return
	}
	for _, name := range names {
		differs := does.Contains(name) != says.Contains(name)
		v.count(aboutExposed, differs)
		if !differs {
			continue
		}
		f := Finding{Kind: "exposed-header-hidden", PolicySays: pageOn(at.origin) + " may read the response header " + name,
			BrowserTherefore: "hides it from scripts", Request: at.does.request, Answer: at.does.reply}
		if does.Contains(name) {
			f.Kind, f.BrowserTherefore = "exposed-header-not-promised", "shows it to scripts"
			f.PolicySays = pageOn(at.origin) + " may not read the response header " + name
			if name == some {
				f.PolicySays = pageOn(at.origin) + " may not read whatever header there is"
			}
		} else if name == some {
			f.PolicySays = pageOn(at.origin) + " may read every response header"
		}
		f.ServerDoes = "answers with " + headerSentence(at.does.header, "Access-Control-Expose-Headers")
		v.find(f, name)
	}
}

// visible is what a page sees of an answer that has all the named headers, and
// of CORS's those of another. It is nil if the page may not read it at all.
func visible(ctx context.Context, profile fetch.Profile, q question, names []string, cors fetch.HeaderList) fetch.HeaderList {
	agent := fetch.NewAgent(profile)
	agent.Transport = fetch.HandlerTransport(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range names {
			w.Header().Set(name, "1")
		}
		w.Header().Del("Content-Length")
		w.Header().Del("Content-Encoding")
		w.Header().Del("Transfer-Encoding")
		for _, h := range cors {
			if strings.HasPrefix(strings.ToLower(h.Name), "access-control-") {
				w.Header().Add(h.Name, h.Value)
			}
		}
	}))
	r := &fetch.Request{Page: pageOf(q.origin), URL: q.url}
	if q.credentials {
		r.Credentials = fetch.CredentialsInclude
	}
	response, err := agent.Fetch(ctx, r)
	if err != nil {
		return nil
	}
	response.Body.Close()
	return response.Header
}

// maxAge compares for how long preflights may be remembered.
func (v *verifier) maxAge(pairs []pair, page string) {
	for i := range pairs {
		p := &pairs[i]
		if p.about != aboutPreflights || p.origin != page || !p.says.granted || !p.does.granted || p.does.preflightHeader == nil {
			continue
		}
		says, does := remembered(p.says.preflightHeader), remembered(p.does.preflightHeader)
		v.count(aboutPreflights, says != does)
		if says == does {
			return
		}
		most := v.profile.PreflightMaxAge
		if most == 0 {
			most = 24 * time.Hour
		}
		then := min(does, most)
		f := Finding{Kind: "max-age-not-kept", PolicySays: fmt.Sprintf("a preflight is remembered for %v", says),
			ServerDoes:       "answers the preflight with " + headerSentence(p.does.preflightHeader, "Access-Control-Max-Age"),
			BrowserTherefore: fmt.Sprintf("remembers it for %v", then), Request: p.does.request, Answer: p.does.reply}
		if then == min(says, most) {
			f.BrowserTherefore += ", its limit, either way; browsers with higher limits differ"
		}
		v.find(f, "")
		return
	}
}

// remembered is for how long a preflight is, by the standard and below the
// longest that any browser goes.
func remembered(h fetch.HeaderList) time.Duration {
	value, ok := h.Get("Access-Control-Max-Age")
	n, err := strconv.ParseInt(value, 10, 64)
	if !ok || err != nil {
		return 5 * time.Second
	}
	return time.Duration(min(max(n, 0), 86400)) * time.Second
}

// neighbours compares the headers beside CORS's that a policy has.
func (v *verifier) neighbours(at *pair) {
	say := func(kind, says, does, then string) {
		v.find(Finding{Kind: kind, PolicySays: says, ServerDoes: does, BrowserTherefore: then, Request: at.does.request, Answer: at.does.reply}, "")
	}
	if want := v.policy.ResourcePolicy; want != "" && !v.policy.ReportOnly {
		got, _ := at.does.header.Get("Cross-Origin-Resource-Policy")
		if v.count(aboutOther, got != want); got != want {
			say(resourcePolicyDiffer, "answers have Cross-Origin-Resource-Policy: "+want, "answers with "+headerSentence(at.does.header, "Cross-Origin-Resource-Policy"),
				"decides otherwise which pages may embed it")
		}
	}
	timing := func(h fetch.HeaderList) bool {
		value, _ := h.Get("Timing-Allow-Origin")
		return slices.ContainsFunc(strings.Split(value, ","), func(s string) bool { s = strings.Trim(s, " \t"); return s == "*" || s == at.origin })
	}
	says, does := timing(at.says.header), timing(at.does.header)
	switch v.count(aboutOther, says != does); {
	case says && !does:
		say(timingHidden, pageOn(at.origin)+" sees the timing of responses", "answers with "+headerSentence(at.does.header, "Timing-Allow-Origin"), "gives zeros for times")
	case does && !says:
		say(timingUnpromised, pageOn(at.origin)+" does not see the timing of responses", "answers with "+headerSentence(at.does.header, "Timing-Allow-Origin"), "shows it to scripts")
	}
}

// vary looks whether caches are told of answers that depend on Origin. Where
// they do not depend on it there is nothing to tell.
func (v *verifier) vary(plain pair, allowed *pair, strangers []pair) {
	// The three answers that a cache may mix up.
	answers := map[string]*pair{"vary-missing-without-origin": &plain}
	if allowed != nil {
		answers["vary-missing-allowed"] = allowed
	}
	for i := range strangers {
		if p := &strangers[i]; !p.does.silent && !p.does.skipped {
			answers["vary-missing-refused"] = p
			break
		}
	}
	form := func(a *answer) string {
		var b strings.Builder
		for _, name := range []string{"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers"} {
			value, ok := a.header.Get(name)
			fmt.Fprintf(&b, "%v %s\n", ok, value)
		}
		return b.String()
	}
	differ := false
	for _, p := range answers {
		differ = differ || form(p.does) != form(plain.does)
	}
	for _, kind := range []string{"vary-missing-allowed", "vary-missing-refused", "vary-missing-without-origin"} {
		p := answers[kind]
		if p == nil {
			continue
		}
		missing := differ && !varies(p.does.header) && (varies(p.says.header) || kind != "vary-missing-refused")
		v.count(aboutCaching, missing)
		if missing {
			v.find(Finding{Kind: kind, PolicySays: "the answer depends on Origin, and Vary tells caches so (" + p.question.String() + ")",
				ServerDoes: "answers with " + headerSentence(p.does.header, "Vary"), BrowserTherefore: "may get from a cache what was meant for another origin, and then blocks it or lets the wrong page read it",
				Request: p.does.request, Answer: p.does.reply}, "")
		}
	}
}

func varies(h fetch.HeaderList) bool {
	value, _ := h.Get("Vary")
	return slices.ContainsFunc(strings.Split(value, ","), func(s string) bool {
		s = strings.Trim(s, " \t")
		return s == "*" || strings.EqualFold(s, "Origin")
	})
}

// rejected looks whether foreign requests are turned away, where the policy has
// that done.
func (v *verifier) rejected(strangers []pair) {
	if !v.policy.RejectRefused || v.policy.ReportOnly || v.site.Off {
		return
	}
	for i := range strangers {
		p := &strangers[i]
		if p.does.silent || p.does.skipped || p.says.status != http.StatusForbidden {
			continue
		}
		served := p.does.status < 400
		v.count(aboutForeign, served)
		if served {
			v.find(Finding{Kind: refusedServed, PolicySays: "requests of " + p.origin + " are answered with 403", ServerDoes: fmt.Sprintf("answers with %d", p.does.status),
				BrowserTherefore: "keeps the answer from the page; but what the request does is done", Request: p.does.request, Answer: p.does.reply}, "")
		}
		return
	}
}

// finish puts everything in order.
func (v *verifier) finish() {
	for _, k := range Kinds() {
		for _, key := range slices.Sorted(maps.Keys(v.kinds)) {
			if f := v.kinds[key]; f.Kind == k.Name {
				f.Title = k.Title
				v.site.Findings = append(v.site.Findings, *f)
			}
		}
	}
	slices.SortStableFunc(v.site.Findings, func(a, b Finding) int {
		switch {
		case a.Note == b.Note:
			return 0
		case b.Note:
			return -1
		}
		return 1
	})
	slices.SortFunc(v.site.Checks, func(a, b Check) int { return slices.Index(abouts, a.About) - slices.Index(abouts, b.About) })
	v.site.Requests = int(v.gate.sent.Load())
	switch {
	case slices.ContainsFunc(v.site.Findings, func(f Finding) bool { return !f.Note }):
		v.site.Verdict = Differs
	case v.site.Silent > 0:
		v.site.Verdict = Unreachable
	}
}
