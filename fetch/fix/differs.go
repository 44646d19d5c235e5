package fix

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/alike"
	"github.com/concors/concors/internal/entry"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
	"github.com/concors/concors/weburl"
)

// This file says in what the response differs from the one that the browser needs, and in which line
// that can be seen. What it says is what was sent, and a usual cause is called usual.

// compare fills in Differs and Evidence.
func (e failure) compare(f *Fix) {
	switch e.Reason.WithoutPreflight() {
	case reason.MissingAllowOriginHeader:
		e.compareWithNothing(f)
	case reason.MultipleAllowOriginValues, reason.InvalidAllowOriginValue, reason.AllowOriginMismatch:
		e.compareOrigin(f)
	case reason.WildcardOriginNotAllowed:
		e.showWhole(f, allowOrigin)
		f.differ("* does not count for a request with credentials")
	case reason.InvalidAllowCredentials:
		e.compareCredentials(f)
	case reason.PreflightInvalidStatus:
		f.showStatus(e.Status)
		e.compareStatus(f)
	case reason.PreflightDisallowedRedirect:
		e.compareRedirect(f)
		f.showStatus(e.Status)
	case reason.InvalidAllowMethodsPreflightResponse:
		e.compareList(f, allowMethods)
	case reason.InvalidAllowHeadersPreflightResponse:
		e.compareList(f, allowHeaders)
	case reason.MethodDisallowedByPreflightResponse:
		e.compareMethod(f)
	case reason.HeaderDisallowedByPreflightResponse:
		e.compareHeaders(f)
	case reason.RedirectInvalidLocation, reason.RedirectDisallowedScheme, reason.RedirectContainsCredentials:
		e.compareLocation(f)
	case reason.CorpNotSameOrigin, reason.CorpNotSameSite, reason.CorpNotSameOriginAfterDefaultedByCoep:
		e.compareResourcePolicy(f)
	case reason.NosniffMIMETypeMismatch, reason.MIMETypeNotAllowed, reason.OpaqueResponseBlocked:
		e.compareType(f)
	case reason.ConnectionFailed:
		e.compareConnection(f)
	case reason.MixedContent, reason.CorsDisabledScheme, reason.BlockedPort, reason.DisallowedByMode, reason.URLContainsCredentials:
		e.compareURL(f)
	}
}

// lines returns the headers of that name in the blocked response. Of an error that was read from a text,
// only the header that it is about is known, and all its values are in one.
func (e failure) lines(name string) []fetch.Header {
	var list []fetch.Header
	switch x := e.response(); {
	case x != nil:
		for _, h := range x.ResponseHeader {
			if field.EqualFold(h.Name, name) {
				list = append(list, h)
			}
		}
	case e.Value != "" || e.Present:
		list = append(list, fetch.Header{Name: name, Value: e.Value})
	}
	return list
}

// showWhole shows all headers of a name, each with its whole value. It returns false if there are none.
func (e failure) showWhole(f *Fix, name string) bool {
	lines := e.lines(name)
	for _, h := range lines {
		f.showValue(h, 0, len(h.Value))
	}
	return len(lines) > 0
}

// compareOrigin compares the values of Access-Control-Allow-Origin with the request's origin.
func (e failure) compareOrigin(f *Fix) {
	lines := e.lines(allowOrigin)
	if len(lines) > 1 {
		e.severalLines(f, lines)
		return
	}
	want, err := origin.Parse(e.requestOrigin())
	for _, h := range lines {
		if err != nil { // read from a text that does not say it
			e.showMalformed(f, h)
			continue
		}
		list := origin.Differences(h.Value, want)
		for i, d := range list {
			if i == 0 {
				f.showValue(h, d.Start, d.End)
			}
			f.differ(e.inContext(d, h.Value, want))
		}
		e.whoseOrigin(f, h.Value, want)
		if e.Reason.WithoutPreflight() == reason.MultipleAllowOriginValues {
			e.usualCause(f, h.Value)
		}
	}
}

// showMalformed shows a value of Access-Control-Allow-Origin that is to be compared with a page that is not
// known: in what it is not an origin, no page's Origin can be it.
func (e failure) showMalformed(f *Fix, h fetch.Header) {
	meant, err := origin.FromURL(h.Value)
	if err != nil || meant.IsOpaque() || len(origin.Differences(h.Value, meant)) == 0 {
		f.showValue(h, 0, len(h.Value))
		return
	}
	for i, d := range origin.Differences(h.Value, meant) {
		if i == 0 {
			f.showValue(h, d.Start, d.End)
		}
		f.differ(d.Text)
	}
}

// inContext says what a difference of two origins means for a page.
func (e failure) inContext(d origin.Difference, value string, want origin.Origin) string {
	if o, err := origin.FromURL(field.Lower(value)); err == nil && !o.IsOpaque() {
		switch {
		case want.IsOpaque():
			return "it names an origin, and the request's Origin is null"
		case o.Host() != want.Host() && loopbackName(o.Host()) && loopbackName(want.Host()):
			if strings.HasPrefix(d.Text, o.Host()+", not ") {
				return d.Text + ": open the page under the other name"
			}
		}
	}
	return d.Text
}

// whoseOrigin says which origin the value is, if it is one that servers often send by mistake.
func (e failure) whoseOrigin(f *Fix, value string, want origin.Origin) {
	server, err := origin.FromURL(e.URL)
	sent, err2 := origin.FromURL(value)
	switch {
	case err != nil || want.IsOpaque() || origin.SameOrigin(server, want) || strings.Contains(value, want.String()):
	case err2 == nil && origin.SameOrigin(server, sent):
		f.differ("it is the server's own origin, and not the page's")
	case err2 != nil && field.EqualFold(strings.TrimSuffix(value, "/"), strings.TrimPrefix(server.String(), server.Scheme()+"://")):
		f.differ("it is the server's own host, and not the page's")
	case err2 != nil || sent.IsOpaque() || sent.Host() == want.Host():
	case loopbackName(sent.Host()) && !loopbackName(want.Host()):
		f.differ("usually a setting for development was deployed")
	case loopbackName(want.Host()) && !loopbackName(sent.Host()):
		f.differ("usually the server's list has only the deployed page")
	}
}

// severalLines says that there is more than one Access-Control-Allow-Origin header.
func (e failure) severalLines(f *Fix, lines []fetch.Header) {
	same := true
	for _, h := range lines {
		f.showValue(h, 0, len(h.Value))
		same = same && h.Value == lines[0].Value
	}
	clause := number(len(lines)) + " " + allowOrigin + " headers"
	if same {
		clause += " with the same value"
	}
	f.differ(clause + ": usually two layers, such as a server and a proxy, both add one")
	fits := func(h fetch.Header) bool {
		return h.Value == e.Origin || h.Value == "*" && e.Credentials != fetch.CredentialsInclude
	}
	if !slices.ContainsFunc(lines, fits) && e.requestOrigin() != "" {
		f.differ("none of them is " + short(e.Origin))
	}
}

// usualCause says where a value with several origins comes from.
func (e failure) usualCause(f *Fix, value string) {
	if !strings.Contains(value, ",") {
		if strings.Contains(value, " ") {
			f.differ("usually a list of origins was written into one value, where only one origin is allowed")
		}
		return
	}
	clause := "usually a list option was joined, or two layers both add one"
	if e.Trace == nil {
		clause = "usually two layers both add the header, or a list option was joined"
	}
	f.differ(clause)
}

func number(n int) string {
	if n == 2 {
		return "two"
	}
	return strconv.Itoa(n)
}

// compareWithNothing is for a response without Access-Control-Allow-Origin: it may have the header under
// another name, or have other CORS headers.
func (e failure) compareWithNothing(f *Fix) {
	x := e.response()
	misspelled := e.misspelled(f, allowOrigin)
	if e.Status >= 300 || e.Status != 0 && e.Status < 200 {
		f.showStatus(e.Status)
		if e.Reason.Preflight() {
			e.compareStatus(f)
		}
	}
	f.showMissing(allowOrigin)
	if x == nil || misspelled {
		return
	}
	if e.FirstURL != "" && e.FirstURL != e.URL {
		f.differ("it is the response of " + short(e.URL) + ", to which the request was redirected")
	}
	switch names := corsNames(x.ResponseHeader); {
	case e.allowedBefore():
		f.differ("the preflight response has the header, and this response does not")
	case len(names) > 0:
		f.differ("it has " + join(names) + ", but not " + allowOrigin + ": usually the list of allowed origins lacks " + short(or(e.requestOrigin(), "the page's origin")))
	case e.Status == 200 && !e.Reason.Preflight() && isHTML(e.responseHeader("Content-Type")):
		f.differ("it is an HTML page: if the page expects data, usually the URL is wrong, or a login or start page came back")
	case variesByOrigin(x.ResponseHeader):
		f.differ("it has Vary: Origin: usually the server compares the Origin with a list, which lacks " + short(or(e.requestOrigin(), "the page's origin")))
	}
}

func isHTML(contentType string) bool {
	essence, _, _ := strings.Cut(field.Lower(contentType), ";")
	return field.Trim(essence) == "text/html"
}

// misspelled shows the headers whose names are nearly the one that is missing. It returns false if there
// are none.
func (e failure) misspelled(f *Fix, missing string) bool {
	x := e.response()
	if x == nil {
		return false
	}
	found := false
	for _, h := range x.ResponseHeader {
		start, end, how := misspelledName(h.Name, missing)
		request := strings.TrimSuffix(strings.Replace(missing, "Allow", "Request", 1), "s")
		if field.EqualFold(strings.TrimSuffix(h.Name, "s"), request) {
			start, end, how = 0, len(h.Name), "requests have the former, and responses the latter"
		}
		if how != "" {
			f.show(Line{Part: HeaderLine, Name: h.Name, Value: h.Value, Start: start, End: end})
			f.differ("the header's name is " + short(h.Name) + ", not " + missing + ": " + how)
			found = true
		}
	}
	return found
}

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return short(value)
}

// allowedBefore reports whether the preflight response had Access-Control-Allow-Origin, and the response
// itself does not.
func (e failure) allowedBefore() bool {
	if e.Reason.Preflight() || e.Trace == nil {
		return false
	}
	return slices.ContainsFunc(e.Trace.Exchanges, func(x fetch.Exchange) bool {
		return x.Preflight && x.URL == e.URL && x.ResponseHeader.Contains(allowOrigin)
	})
}

// corsNames returns the names of the CORS headers in a response, as they were sent.
func corsNames(header fetch.HeaderList) []string {
	var names []string
	for _, h := range header {
		switch field.Lower(h.Name) {
		case "access-control-allow-credentials", "access-control-allow-headers", "access-control-allow-methods",
			"access-control-expose-headers", "access-control-max-age":
			if !slices.Contains(names, h.Name) {
				names = append(names, h.Name)
			}
		}
	}
	return names
}

func variesByOrigin(header fetch.HeaderList) bool {
	vary, _ := header.Get("Vary")
	return slices.ContainsFunc(strings.Split(field.Lower(vary), ","), func(s string) bool { return field.Trim(s) == "origin" })
}

// misspelledName says in what a header's name differs from the one that is meant, and where. how is "" if
// it is another name.
func misspelledName(have, want string) (start, end int, how string) {
	lower, target := field.Lower(have), field.Lower(want)
	if lower == target || len(have) > 2*len(want) {
		return 0, 0, ""
	}
	if start, end, how = alike.Compare(lower, target); how != "" {
		return start, end, how
	}
	switch letters := strings.NewReplacer("-", "", "_", "", " ", "").Replace(lower); {
	case letters == strings.ReplaceAll(target, "-", ""):
		return 0, len(have), "it needs hyphens"
	case lower == "x-"+target:
		return 0, len("x-"), `"x-" is too much`
	case strings.TrimSuffix(strings.ReplaceAll(letters, "allowed", "allow"), "s") == strings.TrimSuffix(strings.ReplaceAll(target, "-", ""), "s"):
		return 0, len(have), "browsers do not know that name"
	case target == "access-control-allow-origin" && slices.Contains([]string{"access-control-origin", "allow-origin", "allow-control-allow-origin",
		"access-control-allowed-origin", "access-control-allowed-origins", "access-controll-allow-origins", "cors-allow-origin"}, lower):
		return 0, len(have), "browsers do not know that name"
	}
	return 0, 0, ""
}

// compareStatus says which status a preflight needs.
func (e failure) compareStatus(f *Fix) {
	if e.Status != 0 && (e.Status < 200 || e.Status > 299) {
		f.differ("status " + strconv.Itoa(e.Status) + ", and a preflight needs one from 200 to 299")
	}
}

// compareCredentials compares Access-Control-Allow-Credentials with true.
func (e failure) compareCredentials(f *Fix) {
	lines := e.lines(allowCredentials)
	for _, h := range lines {
		f.showValue(h, 0, len(h.Value))
	}
	switch {
	case len(lines) == 0 && e.Trace == nil: // a text that does not say whether it was sent
	case len(lines) == 0 && e.misspelled(f, allowCredentials):
		f.showMissing(allowCredentials)
	case len(lines) == 0:
		f.showMissing(allowCredentials)
		f.differ("the request has credentials, and the response does not have " + allowCredentials + ": true")
	case len(lines) > 1:
		f.differ(number(len(lines)) + " " + allowCredentials + " headers: usually two layers, such as a server and a proxy, both add one")
	default:
		f.differ(notTrue(lines[0].Value))
	}
}

// notTrue says in what a value is not true.
func notTrue(value string) string {
	switch bare := field.Lower(strings.Trim(value, " '\"")); {
	case value == "":
		return "it is empty, not true"
	case field.Lower(value) == "true":
		return short(value) + ", not true: upper and lower case matter"
	case bare == "true":
		return "it has quotes or spaces around true"
	case strings.Contains(value, ","):
		return short(value) + ", not true once: usually two layers both add one"
	}
	return short(value) + ", not true: no other value counts"
}

// compareRedirect says in what the target of a preflight's redirect differs from the URL.
func (e failure) compareRedirect(f *Fix) {
	lines := e.lines("Location")
	from, err := weburl.Parse(e.LastRequestURL(), nil)
	if len(lines) != 1 || err != nil {
		e.showWhole(f, "Location")
		e.compareStatus(f)
		return
	}
	h := lines[0]
	to, err := weburl.Parse(h.Value, from)
	if err != nil {
		f.showValue(h, 0, len(h.Value))
		f.differ("the redirect's target is not a valid URL")
		return
	}
	start, end := 0, len(h.Value)
	differences := origin.Differences(origin.Of(to).String(), origin.Of(from))
	if text := origin.Of(to).String(); strings.HasPrefix(h.Value, text) && len(differences) > 0 && differences[0].Start < differences[0].End {
		start, end = differences[0].Start, differences[0].End
	}
	f.showValue(h, start, end)
	const target = "the redirect's target differs from the URL: "
	switch path := strings.TrimSuffix(to.Path, "/"); {
	case isLogin(h.Value, from):
		f.differ("the redirect leads to what looks like a login page")
	case len(differences) > 0:
		for _, d := range differences {
			f.differ(target + d.Text)
		}
	case path == strings.TrimSuffix(from.Path, "/") && len(to.Path) > len(from.Path):
		f.differ(target + "it ends with a slash")
	case path == strings.TrimSuffix(from.Path, "/") && len(to.Path) < len(from.Path):
		f.differ(target + "it has no slash at the end")
	case to.Path != from.Path:
		f.differ(target + "another path")
	}
}

// compareList finds the member that makes a list of methods or header names invalid.
func (e failure) compareList(f *Fix, name string) {
	for _, h := range e.lines(name) {
		if start, end, clause := invalidMember(h.Value); clause != "" {
			f.showValue(h, start, end)
			f.differ(clause)
		}
	}
}

// invalidMember returns what makes a list of tokens invalid, and where it is. clause is "" if it is valid.
func invalidMember(value string) (start, end int, clause string) {
	if m, ok := entry.Find(value, func([]string) bool { return false }); ok && (m.Kind == entry.Placeholder || m.Kind == entry.Quoted) {
		if m.Kind == entry.Quoted {
			return m.Start, m.End, "the quotes are part of the value"
		}
		return m.Start, m.End, short(m.Problem)
	}
	if strings.HasPrefix(value, "[") {
		return 0, 1, "a list, written as text: its members stand between commas, without brackets and quotes"
	}
	position := 0
	for member := range strings.SplitSeq(value, ",") {
		at := position + len(member) - len(strings.TrimLeft(member, " \t"))
		position += len(member) + len(",")
		if member = field.Trim(member); member == "" || field.IsToken(member) {
			continue
		}
		i := strings.IndexFunc(member, func(r rune) bool { return r >= 0x80 || !field.IsTokenByte(byte(r)) })
		blanks := len(member[i:]) - len(strings.TrimLeft(member[i:], " \t"))
		switch c := member[i]; {
		case blanks > 0:
			return at + i, at + i + blanks, "a comma is missing between " + short(member[:i]) + " and " + short(firstWord(member[i+blanks:]))
		case c == ';' || c == '|' || c == '/':
			return at + i, at + i + 1, "the members stand between commas, not " + strconv.Quote(string(c))
		case c == '"' || c == '\'':
			return at + i, at + i + 1, "a quote is part of a member"
		case c == ':':
			return at + i, at + len(member), "a member is a name, without a value"
		case c >= 0x80:
			m, found := entry.Find(member, func([]string) bool { return false })
			if found && m.Start < m.End {
				return at + m.Start, at + m.End, short(m.Problem)
			}
			return at + i, at + len(member), "a member has characters outside ASCII"
		case c < ' ' || c == 0x7F:
			return at + i, at + i + 1, "a member has a control character"
		default:
			return at + i, at + i + 1, "a member cannot contain " + strconv.Quote(string(c))
		}
	}
	return 0, 0, ""
}

func firstWord(s string) string {
	if words := strings.Fields(s); len(words) > 0 {
		return words[0]
	}
	return s
}

// compareMethod says why a list of methods does not allow the method.
func (e failure) compareMethod(f *Fix) {
	lines := e.lines(allowMethods)
	if len(lines) == 0 && e.Trace == nil {
		return // read from a text that does not say whether the header was sent
	}
	if len(lines) == 0 {
		misspelled := e.misspelled(f, allowMethods)
		f.showMissing(allowMethods)
		switch allow := e.lines("Allow"); {
		case misspelled || e.Method == "":
		case e.response() != nil && slices.ContainsFunc(allow, func(h fetch.Header) bool { return hasMember(h.Value, e.Method) }):
			f.showValue(allow[0], 0, len(allow[0].Value))
			f.differ("Allow lists " + short(e.Method) + ", and browsers read only " + allowMethods)
		default:
			f.differ("it has no " + allowMethods + ", which " + short(e.Method) + " needs")
		}
		return
	}
	said, looked := false, 0
	e.members(lines, func(h fetch.Header, at int, member string) bool {
		clause, start, end := "", 0, len(member)
		looked++
		switch {
		case looked > maxMembers:
			return false
		case member == "*":
			clause = "* does not count for a request with credentials"
		case field.EqualFold(member, e.Method) && e.Method != "":
			clause = short(member) + " is listed, and the page sends " + short(e.Method) + ": upper and lower case matter"
		case field.EqualFold(member, "any"), field.EqualFold(member, "all"):
			clause = member + " is not a wildcard, as * is"
		case strings.Contains(member, "*"):
			clause = short(member) + " is not a pattern: * is a wildcard only alone"
		default:
			var how string
			if start, end, how = alike.Compare(field.Lower(member), field.Lower(e.Method)); how == "" {
				return true
			}
			clause = short(member) + ", not " + short(e.Method) + ": " + how
		}
		f.showValue(h, at+start, at+end)
		f.differ(clause)
		said = true
		return false
	})
	if said {
		return
	}
	for _, h := range lines {
		f.showValue(h, 0, len(h.Value))
	}
	if e.Method == "" {
		return
	}
	if upper := strings.ToUpper(e.Method); upper != e.Method {
		f.differ("the page sends " + short(e.Method) + " as it is: browsers do not write " + short(upper) + " for it")
	}
	f.differ(notListed(lines, []string{e.Method}))
}

func hasMember(list, name string) bool {
	return slices.ContainsFunc(strings.Split(list, ","), func(s string) bool { return field.Trim(s) == name })
}

// members calls visit for each member of a list, with its place in the header's value, until visit
// returns false.
func (e failure) members(lines []fetch.Header, visit func(h fetch.Header, at int, member string) bool) {
	for _, h := range lines {
		position := 0
		for member := range strings.SplitSeq(h.Value, ",") {
			at := position + len(member) - len(strings.TrimLeft(member, " \t"))
			position += len(member) + len(",")
			if member = field.Trim(member); member != "" && !visit(h, at, member) {
				return
			}
		}
	}
}

// notListed says that names are not in a list.
func notListed(lines []fetch.Header, names []string) string {
	if !slices.ContainsFunc(lines, func(h fetch.Header) bool { return h.Value != "" }) {
		return "the list is empty"
	}
	return join(names) + plural(len(names), " is", " are") + " missing in the list"
}

// compareHeaders says why a list of header names does not allow the request's headers.
func (e failure) compareHeaders(f *Fix) {
	names := e.missingHeaders()
	lines := e.lines(allowHeaders)
	if len(lines) == 0 && e.Trace == nil {
		return // read from a text that does not say whether the header was sent
	}
	if len(lines) == 0 {
		misspelled := e.misspelled(f, allowHeaders)
		f.showMissing(allowHeaders)
		if misspelled {
			return
		}
		f.differ("it has no " + allowHeaders + ", which " + join(names) + plural(len(names), " needs", " need"))
		return
	}
	said := map[string]bool{}
	looked := 0
	e.members(lines, func(h fetch.Header, at int, member string) bool {
		switch {
		case member == "*" && !e.wildcardCounts():
			f.showValue(h, at, at+1)
			f.differ("* does not count for a request with credentials")
		case member == "*":
			f.showValue(h, at, at+1)
			f.differ("* does not include Authorization")
			said["authorization"] = true
		case strings.Contains(member, "*"):
			f.showValue(h, at, at+len(member))
			f.differ(short(member) + " is not a pattern: * is a wildcard only alone")
		default:
			for _, name := range names {
				if start, end, how := misspelledName(member, name); how != "" && !said[name] {
					f.showValue(h, at+start, at+end)
					f.differ(short(member) + ", not " + short(name) + ": " + how)
					said[name] = true
				}
			}
		}
		looked++
		return looked < maxMembers
	})
	rest := slices.DeleteFunc(slices.Clone(names), func(name string) bool { return said[name] })
	if len(rest) == 0 {
		return
	}
	if len(f.Evidence) == 0 {
		for _, h := range lines {
			f.showValue(h, 0, len(h.Value))
		}
	}
	f.differ(notListed(lines, rest))
}

// maxMembers is how many members of a list are compared with every name that is missing.
const maxMembers = 200

// compareLocation says what is wrong with the target of a redirect.
func (e failure) compareLocation(f *Fix) {
	lines := e.locations()
	for _, h := range lines {
		start, end := 0, len(h.Value)
		switch e.Reason {
		case reason.RedirectContainsCredentials:
			if from, to, ok := userinfo(h.Value); ok {
				start, end = from, to
			}
			f.differ("the redirect's target has a user name or a password")
		case reason.RedirectDisallowedScheme:
			scheme, _, _ := strings.Cut(h.Value, ":")
			end = min(len(scheme)+1, len(h.Value))
			f.differ(short(scheme) + ":, not http: or https:")
		}
		f.showValue(h, start, end)
	}
	switch {
	case e.Reason != reason.RedirectInvalidLocation:
	case len(lines) > 1:
		f.differ(number(len(lines)) + " Location headers")
	case len(lines) == 1:
		f.differ("the redirect's target is not a valid URL")
	}
}

// locations returns the Location headers of the last response.
func (e failure) locations() []fetch.Header {
	x := e.LastExchange()
	if x == nil {
		return nil
	}
	var list []fetch.Header
	for _, h := range x.ResponseHeader {
		if field.EqualFold(h.Name, "Location") {
			list = append(list, h)
		}
	}
	return list
}

// userinfo returns where the user name and password of a URL are.
func userinfo(url string) (start, end int, ok bool) {
	scheme, rest, ok := strings.Cut(url, "//")
	if i := strings.IndexAny(rest, `/\?#`); i >= 0 {
		rest = rest[:i]
	}
	i := strings.LastIndexByte(rest, '@')
	if !ok || i < 0 {
		return 0, 0, false
	}
	start = len(scheme) + len("//")
	return start, start + i, true
}

// compareResourcePolicy compares the page with what Cross-Origin-Resource-Policy allows.
func (e failure) compareResourcePolicy(f *Fix) {
	if !e.showWhole(f, resourcePolicy) && (e.Trace != nil || e.Reason == reason.CorpNotSameOriginAfterDefaultedByCoep) {
		f.showMissing(resourcePolicy)
	}
	page, err := origin.FromURL(e.PageOrigin)
	server, err2 := origin.FromURL(e.URL)
	if err != nil || err2 != nil {
		return
	}
	if e.Reason == reason.CorpNotSameSite {
		f.differ("the page's site is " + page.Site().String() + ", and the resource's " + server.Site().String())
		return
	}
	for _, d := range origin.Differences(page.String(), server) {
		f.differ("the page and the resource have two origins: " + d.Text)
	}
}

// compareType compares the Content-Type with the one that is needed.
func (e failure) compareType(f *Fix) {
	const name = "Content-Type"
	lines := e.lines(name)
	if len(lines) == 0 {
		if e.Trace != nil { // a text does not say whether it was sent
			f.showMissing(name)
			f.differ("it has no " + name)
		}
		return
	}
	e.showWhole(f, name)
	if e.Reason != reason.OpaqueResponseBlocked {
		f.differ(short(or(lines[len(lines)-1].Value, "no type")) + ", not " + e.expectedType())
	}
}

// compareURL says what is wrong with the request's URL.
func (e failure) compareURL(f *Fix) {
	scheme, rest, ok := strings.Cut(e.URL, ":")
	if !ok {
		return
	}
	start, end, clause := 0, len(scheme)+1, ""
	switch e.Reason {
	case reason.MixedContent:
		clause = scheme + ", not https, on a page that came over https"
	case reason.CorsDisabledScheme:
		clause = short(scheme) + ":, not http: or https:"
	case reason.BlockedPort:
		u, err := weburl.Parse(e.URL, nil)
		if err != nil {
			return
		}
		port := strconv.Itoa(u.EffectivePort())
		clause = "port " + port + " is reserved for another protocol"
		if i := strings.Index(e.URL, ":"+port); i >= 0 {
			start, end = i+1, i+1+len(port)
		}
	case reason.URLContainsCredentials:
		from, to, ok := userinfo(e.URL)
		if !ok {
			return
		}
		start, end, clause = from, to, "the URL has a user name or a password"
	case reason.DisallowedByMode:
		page, err := origin.Parse(e.PageOrigin)
		target, err2 := origin.FromURL(e.URL)
		if err != nil || err2 != nil || target.IsOpaque() {
			return
		}
		host := strings.TrimLeft(rest, "/")
		if i := strings.IndexAny(host, "/?#"); i >= 0 {
			host = host[:i]
		}
		end = len(e.URL) - len(strings.TrimLeft(rest, "/")) + len(host)
		for _, d := range origin.Differences(target.String(), page) {
			f.differ("the URL's origin is not the page's: " + d.Text)
		}
		f.showURL(e.URL, start, end)
		return
	}
	f.showURL(e.URL, start, end)
	f.differ(clause)
}

// compareConnection says what the URL names that is not there, if the error shows it.
func (e failure) compareConnection(f *Fix) {
	u, err := weburl.Parse(e.URL, nil)
	if err != nil || e.Err == nil || !u.IsHTTP() {
		return
	}
	scheme := len(u.Scheme)
	host := strings.Index(e.URL, u.Hostname())
	hostEnd := host + len(u.Hostname())
	portEnd := hostEnd
	if u.Port != "" && strings.HasPrefix(e.URL[max(hostEnd, 0):], ":"+u.Port) {
		portEnd += len(":") + len(u.Port)
	}
	if host < 0 {
		return
	}
	port := strconv.Itoa(u.EffectivePort())
	var dns *net.DNSError
	var wrongName x509.HostnameError
	var authority x509.UnknownAuthorityError
	var expired x509.CertificateInvalidError
	var record tls.RecordHeaderError
	switch text := e.Err.Error(); {
	case strings.Contains(text, "proxyconnect"):
		f.differ("the proxy that HTTP_PROXY or HTTPS_PROXY names does not respond: the server itself was not reached")
	case errors.As(e.Err, &dns) && dns.IsNotFound:
		f.showURL(e.URL, host, hostEnd)
		f.differ("the name " + short(u.Hostname()) + " has no address")
	case strings.Contains(text, "refused"): // error numbers differ between systems
		f.showURL(e.URL, host, portEnd)
		f.differ("nothing listens on port " + port + " of " + short(u.Hostname()))
	case strings.Contains(text, "server gave HTTP response to HTTPS client"), errors.As(e.Err, &record) && string(record.RecordHeader[:]) == "HTTP/":
		f.showURL(e.URL, 0, scheme)
		f.differ("https, and the server speaks http on port " + port)
	case errors.As(e.Err, &record):
		f.showURL(e.URL, 0, scheme)
		f.differ("https, and the server does not speak TLS on port " + port)
	case errors.As(e.Err, &wrongName):
		f.showURL(e.URL, host, hostEnd)
		f.differ("the certificate is not for " + short(u.Hostname()))
	case errors.As(e.Err, &authority):
		f.showURL(e.URL, host, hostEnd)
		f.differ("the certificate is not from an authority that browsers trust")
	case errors.As(e.Err, &expired) && expired.Reason == x509.Expired:
		f.showURL(e.URL, host, hostEnd)
		f.differ("the certificate has expired, or is not valid yet")
	}
}

// join lists names: "A, B and C".
func join(names []string) string {
	const most = 6
	names = slices.Clone(names)
	for i := range names {
		names[i] = short(names[i])
	}
	if more := len(names) - most; more > 0 {
		return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(more) + " more"
	}
	if last := len(names) - 1; last > 0 {
		return strings.Join(names[:last], ", ") + " and " + names[last]
	}
	return strings.Join(names, "")
}

// short returns a text that is short enough for a sentence.
func short(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
