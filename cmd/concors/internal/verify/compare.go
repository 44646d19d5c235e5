package verify

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/corstest"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
)

// compare reports whether the policy and the server differ about one question.
func (v *verifier) compare(c *comparison) {
	server := c.server
	switch {
	case server.Skipped:
		v.site.Skipped++
		return
	case server.NoResponse:
		v.site.NoResponse++
		if v.site.Cause == "" {
			v.site.Cause = server.Cause
		}
		return
	case server.NotKnown:
		v.site.NotKnown++
		if v.site.Cause == "" {
			v.site.Cause = server.Cause
		}
		return
	case c.topic == errorResponses && server.Status < 400 && server.Status != 0:
		return // that path has a page, so this is not an error
	}
	differs := c.policy.Allowed != server.Allowed
	v.count(c.topic, differs)
	switch {
	case differs && c.policy.Allowed:
		v.find(v.blocked(c), c.Question.String())
	case differs:
		v.find(allowed(c), c.Question.String())
	}
}

// blocked is the finding that a page may not do what the policy allows.
func (v *verifier) blocked(c *comparison) Finding {
	if c.Raw { // sent without a browser
		return Finding{
			Kind: probe.AllowedOriginBlocked, PolicySays: permission(c),
			ServerDoes:  probe.Responds(c.server.Header, "Access-Control-Allow-Origin"),
			BrowserDoes: "hides the response from the page",
			Request:     c.server.Request, Response: c.server.Response,
		}
	}
	return Finding{
		Kind: v.kindOfBlocked(c), Reason: c.server.Reason,
		PolicySays: permission(c), ServerDoes: c.server.Refusal(), BrowserDoes: probe.BlocksIt(c.server.Reason),
		Request: c.server.Request, Response: c.server.Response,
	}
}

// allowed is the finding that a page may do what the policy does not allow.
func allowed(c *comparison) Finding {
	server := c.server
	f := Finding{
		Kind: kindOfAllowed(c), Note: c.topic == invalidOrigins,
		PolicySays: prohibition(c), ServerDoes: probe.Responds(server.Header, "Access-Control-Allow-Origin"),
		BrowserDoes: "lets scripts there read the response",
		Request:     server.Request, Response: server.Response,
	}
	withCredentials, _ := server.Header.Get("Access-Control-Allow-Credentials")
	if withCredentials == "true" && !strings.Contains(f.ServerDoes, ": *") {
		f.BrowserDoes += ", with the user's cookies"
	}
	if server.PreflightHeader != nil {
		f.BrowserDoes = "sends the request"
		switch f.Kind {
		case probe.MethodUnpromised, probe.MethodCaseIgnored:
			f.ServerDoes = probe.RespondsToPreflight(server.PreflightHeader, "Access-Control-Allow-Methods")
		case probe.RequestHeaderUnpromised:
			f.ServerDoes = probe.RespondsToPreflight(server.PreflightHeader, "Access-Control-Allow-Headers")
		default:
			f.ServerDoes = probe.RespondsToPreflight(server.PreflightHeader, "Access-Control-Allow-Origin")
		}
	}
	if c.topic == invalidOrigins {
		f.BrowserDoes = "never sends such an Origin, but it shows that the server does not compare whole origins"
	}
	return f
}

// count counts a test about a topic.
func (v *verifier) count(t topic, differs bool) {
	i := slices.IndexFunc(v.site.Checks, func(c Check) bool { return c.Topic == string(t) })
	if i < 0 {
		i = len(v.site.Checks)
		v.site.Checks = append(v.site.Checks, Check{Topic: string(t)})
	}
	v.site.Checks[i].Tested++
	if differs {
		v.site.Checks[i].Differs++
	}
}

// find adds a finding, or counts it with an earlier one of the same kind. subject is what the finding is about.
func (v *verifier) find(f Finding, subject string) {
	key := f.Kind
	if v.reported[reportedKey{key, subject}] {
		return // two topics have the same question
	}
	v.reported[reportedKey{key, subject}] = true
	if i, ok := v.findings[key]; ok {
		old := &v.site.Findings[i]
		if old.Count++; len(old.Also) < 10 {
			old.Also = append(old.Also, term.Bounded(subject))
		}
		return
	}
	f.Also, f.Count = []string{}, 1
	for _, s := range []*string{&f.PolicySays, &f.ServerDoes, &f.BrowserDoes} {
		*s = term.Printable(*s)
	}
	v.findings[key] = len(v.site.Findings)
	v.site.Findings = append(v.site.Findings, f)
}

// kindOfBlocked returns the kind of a block that the policy does not want.
func (v *verifier) kindOfBlocked(c *comparison) string {
	if v.blockedOrigins[c.Origin] && !c.Raw && isAboutOrigin(c.server.Reason) &&
		(c.topic == preflights && v.preflightWorks || c.topic == credentials && v.withCredentialsWorks) {
		return probe.AllowedOriginBlocked // whatever its pages send
	}
	if kind := probe.KindOfReason(c.server.Reason); kind != "" {
		return kind
	}
	preflight := c.server.Reason.Preflight()
	switch {
	case preflight && !v.preflightWorks:
		return probe.PreflightFails
	case c.topic == errorResponses:
		return probe.ErrorResponseHidden
	case c.topic == requestHeaders:
		return probe.RequestHeaderBlocked
	case c.topic == methods, c.topic == preflights && preflight && !c.UploadListener:
		return probe.MethodBlocked
	case c.topic == preflights && preflight:
		return probe.PreflightFails
	case c.topic == credentials:
		return probe.CredentialsUnusable
	}
	return probe.AllowedOriginBlocked
}

// isAboutOrigin reports whether a response was blocked because it does not allow
// the page's origin.
func isAboutOrigin(r reason.Reason) bool {
	switch r {
	case reason.MissingAllowOriginHeader, reason.AllowOriginMismatch,
		reason.PreflightMissingAllowOriginHeader, reason.PreflightAllowOriginMismatch:
		return true
	}
	return false
}

// kindOfAllowed returns the kind of a permission that the policy does not give.
func kindOfAllowed(c *comparison) string {
	switch {
	case c.topic == invalidOrigins && strings.ToUpper(c.Origin) == c.Origin:
		return probe.UpperCaseOriginAllowed
	case c.topic == invalidOrigins:
		return probe.InvalidOriginAllowed
	case c.topic == methods && strings.ToLower(c.Method) == c.Method:
		return probe.MethodCaseIgnored
	case c.topic == methods:
		return probe.MethodUnpromised
	case c.topic == requestHeaders:
		return probe.RequestHeaderUnpromised
	case c.topic == credentials:
		return probe.CredentialsUnpromised
	case c.Origin == "null":
		return probe.NullOriginAllowed
	}
	return probe.ForeignOriginAllowed
}

// permission says what the policy allows.
func permission(c *comparison) string {
	page, with := probe.PageOn(c.Origin), ""
	if c.Credentials {
		with = " with credentials"
	}
	switch {
	case c.topic == errorResponses:
		return page + " may also read error responses, such as that for a missing page"
	case len(c.Headers) > 0:
		return page + " may set " + strings.Join(c.Headers, ", ") + with
	case c.UploadListener:
		return page + " may POST and listen to upload progress, which needs a preflight"
	case c.Method == "GET":
		return page + " may read the response to a GET" + with
	}
	return page + " may send " + c.Method + with
}

// prohibition says what the policy does not allow.
func prohibition(c *comparison) string {
	page := probe.PageOn(c.Origin)
	switch {
	case c.topic == invalidOrigins:
		return strconv.Quote(term.Bounded(c.Origin)) + " is not an allowed origin"
	case c.topic == methods:
		return page + " may not send " + c.Method
	case c.topic == requestHeaders:
		return page + " may not set " + strings.Join(c.Headers, ", ")
	case c.topic == credentials:
		return page + " may not read responses to requests with credentials"
	}
	return page + " is not allowed"
}

// compareExposed compares which response headers a page sees: of a response that
// has them all, once with the server's CORS headers and once with the policy's.
func (v *verifier) compareExposed(ctx context.Context, c *comparison) {
	const unlisted = "X-Concors-Any"
	names := []string{unlisted}
	add := func(name string) {
		lower := strings.ToLower(name)
		have := func(s string) bool { return strings.EqualFold(s, name) }
		switch {
		case !field.IsToken(name), name == "*", strings.HasPrefix(lower, "access-control-"),
			strings.HasPrefix(lower, "set-cookie"), slices.ContainsFunc(names, have), len(names) >= 200:
		default:
			names = append(names, name)
		}
	}
	for _, name := range v.policy.ExposedHeaders {
		add(name)
	}
	for _, name := range c.server.Header.Names() {
		add(name)
	}
	if value, ok := c.server.Header.Get("Access-Control-Expose-Headers"); ok {
		for name := range strings.SplitSeq(value, ",") {
			add(strings.Trim(name, " \t"))
		}
	}
	byServer := probe.VisibleHeaders(ctx, v.browser, c.Question, names, c.server.Header)
	byPolicy := probe.VisibleHeaders(ctx, v.browser, c.Question, names, c.policy.Header)
	if byServer == nil || byPolicy == nil {
		return
	}
	page := probe.PageOn(c.Origin)
	for _, name := range names {
		visible := byServer.Contains(name)
		differs := visible != byPolicy.Contains(name)
		v.count(exposedHeaders, differs)
		if !differs {
			continue
		}
		f := Finding{ServerDoes: probe.Responds(c.server.Header, "Access-Control-Expose-Headers"),
			Request: c.server.Request, Response: c.server.Response}
		if visible {
			f.Kind, f.BrowserDoes = probe.ExposedHeaderUnpromised, "shows it to scripts"
			f.PolicySays = page + " may not read the response header " + name
			if name == unlisted {
				f.PolicySays = page + " may not read every response header"
			}
		} else {
			f.Kind, f.BrowserDoes = probe.ExposedHeaderHidden, "hides it from scripts"
			f.PolicySays = page + " may read the response header " + name
			if name == unlisted {
				f.PolicySays = page + " may read every response header"
			}
		}
		v.find(f, name)
	}
}

// compareMaxAge compares how long preflights are cached.
func (v *verifier) compareMaxAge(all []comparison, page string) {
	i := slices.IndexFunc(all, func(c comparison) bool {
		return c.topic == preflights && c.Origin == page && c.bothAllow() && c.server.PreflightHeader != nil
	})
	if i < 0 {
		return
	}
	c := &all[i]
	promised, actual := cachedFor(c.policy.PreflightHeader), cachedFor(c.server.PreflightHeader)
	v.count(preflights, promised != actual)
	if promised == actual {
		return
	}
	limit := v.browser.PreflightMaxAge
	if limit == 0 {
		limit = 24 * time.Hour
	}
	f := Finding{
		Kind: probe.MaxAgeDiffers, PolicySays: fmt.Sprintf("a preflight is cached for %v", promised),
		ServerDoes:  probe.RespondsToPreflight(c.server.PreflightHeader, "Access-Control-Max-Age"),
		BrowserDoes: fmt.Sprintf("caches it for %v", min(actual, limit)),
		Request:     c.server.Request, Response: c.server.Response,
	}
	if min(actual, limit) == min(promised, limit) {
		f.BrowserDoes += ", its limit in both cases; browsers with higher limits differ"
	}
	v.find(f, "")
}

// cachedFor returns how long a preflight is cached by the standard, up to the
// highest limit of any browser.
func cachedFor(h fetch.HeaderList) time.Duration {
	value, ok := h.Get("Access-Control-Max-Age")
	n, err := strconv.ParseInt(value, 10, 64)
	if !ok || err != nil {
		return 5 * time.Second
	}
	return time.Duration(min(max(n, 0), 86400)) * time.Second
}

// compareOtherHeaders compares the headers of a policy that are not CORS headers.
func (v *verifier) compareOtherHeaders(c *comparison) {
	find := func(kind, policySays, header, browserDoes string) {
		v.find(Finding{Kind: kind, PolicySays: policySays,
			ServerDoes: probe.Responds(c.server.Header, header), BrowserDoes: browserDoes,
			Request: c.server.Request, Response: c.server.Response}, "")
	}
	if want := v.policy.ResourcePolicy; want != "" && !v.policy.ReportOnly {
		got, _ := c.server.Header.Get("Cross-Origin-Resource-Policy")
		if v.count(otherHeaders, got != want); got != want {
			find(resourcePolicyDiffers, "responses have Cross-Origin-Resource-Policy: "+want,
				"Cross-Origin-Resource-Policy", "decides differently which pages may embed it")
		}
	}
	allowsTiming := func(h fetch.HeaderList) bool {
		value, _ := h.Get("Timing-Allow-Origin")
		return listContains(value, func(s string) bool { return s == "*" || s == c.Origin })
	}
	promised, actual := allowsTiming(c.policy.Header), allowsTiming(c.server.Header)
	v.count(otherHeaders, promised != actual)
	switch {
	case promised && !actual:
		find(timingHidden, probe.PageOn(c.Origin)+" may see the timing of responses",
			"Timing-Allow-Origin", "shows scripts zeros instead of times")
	case actual && !promised:
		find(timingUnpromised, probe.PageOn(c.Origin)+" may not see the timing of responses",
			"Timing-Allow-Origin", "shows it to scripts")
	}
}

// compareVary tests whether Vary tells caches that responses depend on Origin.
// Where they do not depend on it, Vary is not needed.
func (v *verifier) compareVary(plain comparison, allowed *comparison, foreign []comparison) {
	// The three responses that a cache may confuse.
	responses := map[string]*comparison{probe.VaryMissingWithoutOrigin: &plain}
	if allowed != nil {
		responses[probe.VaryMissingAllowed] = allowed
	}
	if i := slices.IndexFunc(foreign, func(c comparison) bool { return c.server.Known() }); i >= 0 {
		responses[probe.VaryMissingRefused] = &foreign[i]
	}
	corsHeaders := func(o *probe.Outcome) (values [3]string) {
		for i, name := range [...]string{
			"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Expose-Headers",
		} {
			if value, ok := o.Header.Get(name); ok {
				values[i] = "= " + value
			}
		}
		return values
	}
	dependsOnOrigin := false
	for _, c := range responses {
		dependsOnOrigin = dependsOnOrigin || corsHeaders(c.server) != corsHeaders(plain.server)
	}
	for _, kind := range []string{
		probe.VaryMissingAllowed, probe.VaryMissingRefused, probe.VaryMissingWithoutOrigin,
	} {
		c := responses[kind]
		if c == nil {
			continue
		}
		missing := dependsOnOrigin && !variesByOrigin(c.server.Header) && !notStored(c.server.Header) &&
			(variesByOrigin(c.policy.Header) || kind != probe.VaryMissingRefused)
		v.count(caching, missing)
		if missing {
			v.find(Finding{
				Kind:       kind,
				PolicySays: "the response depends on Origin, and Vary says so to caches (" + c.Question.String() + ")",
				ServerDoes: probe.Responds(c.server.Header, "Vary"),
				BrowserDoes: "may get a response from a cache that was meant for another origin, " +
					"and then blocks it or lets the wrong page read it",
				Request: c.server.Request, Response: c.server.Response,
			}, "")
		}
	}
}

// notStored reports whether no cache stores a response.
// https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.5
func notStored(h fetch.HeaderList) bool {
	value, _ := h.Get("Cache-Control")
	return listContains(value, func(s string) bool {
		directive, _, _ := strings.Cut(s, "=")
		return strings.EqualFold(directive, "no-store")
	})
}

func variesByOrigin(h fetch.HeaderList) bool {
	value, _ := h.Get("Vary")
	return listContains(value, func(s string) bool { return s == "*" || strings.EqualFold(s, "Origin") })
}

// listContains reports whether f holds for an item of a comma-separated list.
func listContains(list string, f func(string) bool) bool {
	return slices.ContainsFunc(strings.Split(list, ","),
		func(s string) bool { return f(strings.Trim(s, " \t")) })
}

// compareRejection tests whether requests from foreign origins are rejected, if
// the policy rejects them.
func (v *verifier) compareRejection(foreign []comparison) {
	if !v.policy.RejectRefused || v.policy.ReportOnly || v.site.Off {
		return
	}
	i := slices.IndexFunc(foreign, func(c comparison) bool {
		return c.server.Known() && c.policy.Status == http.StatusForbidden
	})
	if i < 0 {
		return
	}
	c := &foreign[i]
	served := c.server.Status < 400
	v.count(foreignOrigins, served)
	if served {
		v.find(Finding{
			Kind: refusedServed, PolicySays: "requests from " + c.Origin + " are rejected with 403",
			ServerDoes:  fmt.Sprintf("responds with %d", c.server.Status),
			BrowserDoes: "hides the response from the page, but the server has already carried out the request",
			Request:     c.server.Request, Response: c.server.Response,
		}, "")
	}
}

// finish sorts the report and sets its verdict.
func (v *verifier) finish(all []comparison) {
	kinds := Kinds()
	order := func(f Finding) int {
		return slices.IndexFunc(kinds, func(k corstest.Kind) bool { return k.Name == f.Kind })
	}
	for i := range v.site.Findings {
		f := &v.site.Findings[i]
		f.Title = kinds[order(*f)].Title
	}
	slices.SortStableFunc(v.site.Findings, func(a, b Finding) int {
		switch {
		case a.Note == b.Note:
			return order(a) - order(b)
		case b.Note:
			return -1
		}
		return 1
	})
	slices.SortFunc(v.site.Checks, func(a, b Check) int {
		return slices.Index(topics, topic(a.Topic)) - slices.Index(topics, topic(b.Topic))
	})
	v.site.Requests = v.session.Sent()
	if !slices.ContainsFunc(all, func(c comparison) bool { return c.server.Known() && !c.server.Missing() }) {
		// The preflights of a URL that has nothing are not wrong.
		v.site.Findings = slices.DeleteFunc(v.site.Findings, func(f Finding) bool { return f.Kind == probe.PreflightFails })
	}
	switch {
	case slices.ContainsFunc(v.site.Findings, func(f Finding) bool { return !f.Note }):
		v.site.Verdict = Differs
	case v.site.NoResponse+v.site.NotKnown > 0:
		v.site.Verdict = Unknown
	case v.site.Skipped > 0:
		v.site.Verdict = Unknown
		v.site.Cause = cmp.Or(v.site.Cause, "the limit --max-requests was reached")
	case v.site.Off && v.site.Cause != "":
		v.site.Verdict = Unknown
	default:
		if cause := nothingThere(all); cause != "" {
			v.site.Verdict, v.site.Cause = Unknown, cause
		}
	}
}

// nothingThere says why responses do not show what pages get if all responses to GET
// requests for the URL are errors, and else returns "".
func nothingThere(all []comparison) string {
	status := 0
	for i := range all {
		c := &all[i]
		if c.Method != http.MethodGet || c.topic == errorResponses || !c.server.Known() || c.server.Status == 0 ||
			c.server.Err != nil && c.server.Reason.Preflight() {
			continue
		}
		if status = c.server.Status; status < 400 {
			return ""
		}
	}
	advice := "test a URL that has a response"
	switch {
	case status == 0:
		return ""
	case status == http.StatusNotFound, status == http.StatusGone:
		advice = "check the URL"
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		advice = "send what a login needs with -H or --cookie"
	}
	return fmt.Sprintf("every GET has an error status (%d), so nothing shows what pages get: %s", status, advice)
}
