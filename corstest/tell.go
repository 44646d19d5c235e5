package corstest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/fetch/reason"
)

// remedy says what the server would have to answer so that a request which was
// blocked is not; "" if nothing was blocked.
func (o *Outcome) remedy(r *Result) string {
	e := r.Err
	if e == nil {
		return "A page may read it if it asks in mode cors and the server answers with Access-Control-Allow-Origin."
	}
	credentials := o.request.Credentials == fetch.CredentialsInclude
	asker := e.Origin
	if asker == "" {
		asker = o.page.origin()
	}
	allow := []string{"Access-Control-Allow-Origin: " + asker}
	if credentials {
		allow = append(allow, "Access-Control-Allow-Credentials: true")
	}
	to := "The server would have to answer with"
	if e.Reason.Preflight() {
		to = "The server would have to answer the preflight with"
	} else if asker != "*" {
		allow = append(allow, "Vary: Origin")
	}
	say := func(lines ...string) string {
		return to + "\n    " + strings.Join(lines, "\n    ")
	}
	switch e.Reason {
	case reason.PreflightMissingAllowOriginHeader, reason.PreflightInvalidAllowOriginValue, reason.PreflightAllowOriginMismatch,
		reason.MissingAllowOriginHeader, reason.InvalidAllowOriginValue, reason.AllowOriginMismatch,
		reason.PreflightWildcardOriginNotAllowed, reason.WildcardOriginNotAllowed,
		reason.PreflightInvalidAllowCredentials, reason.InvalidAllowCredentials:
		return say(allow...)
	case reason.PreflightMultipleAllowOriginValues, reason.MultipleAllowOriginValues:
		return say(allow...) + "\nand with that Access-Control-Allow-Origin alone."
	case reason.PreflightInvalidStatus, reason.PreflightDisallowedRedirect:
		return "The server would have to answer the preflight, the OPTIONS, with a status from 200 to 299."
	case reason.InvalidAllowMethodsPreflightResponse, reason.MethodDisallowedByPreflightResponse:
		method := e.Method
		if method == "" {
			method = o.request.Method
		}
		return say("Access-Control-Allow-Methods: " + method)
	case reason.InvalidAllowHeadersPreflightResponse, reason.HeaderDisallowedByPreflightResponse:
		name := e.Header
		if e.Reason == reason.InvalidAllowHeadersPreflightResponse {
			name = "a list of header names, and nothing else"
		}
		return say("Access-Control-Allow-Headers: " + name)
	case reason.CorpNotSameOrigin, reason.CorpNotSameSite, reason.CorpNotSameOriginAfterDefaultedByCoep:
		return say("Cross-Origin-Resource-Policy: cross-origin")
	}
	switch {
	case e.Reason.Unreachable():
		return "The server would have to answer at all."
	case e.Reason.Refused():
		return "Nothing that the server answers changes that: the browser refuses the call."
	}
	return "No CORS header changes that. See " + e.Reason.Anchor()
}

// refusal says what the server would have to answer so that a request which was
// let through is not.
func (o *Outcome) refusal(r *Result) string {
	asker := o.page.origin()
	if r.Type == fetch.TypeBasic {
		return "The page is of the server's own origin: nothing that the server answers keeps it out."
	}
	to := "The server would have to answer"
	if r.preflights() > 0 {
		to += " the preflight and the request"
	}
	value, _ := r.answered().Get("Access-Control-Allow-Origin")
	if value == "*" {
		return to + " without Access-Control-Allow-Origin: *, which is everybody."
	}
	return to + " without Access-Control-Allow-Origin: " + asker
}

func cookieReason(why string) string {
	for _, r := range cookie.Reasons() {
		if r.String() == why {
			return why + ". " + r.Explanation()
		}
	}
	return why
}

// A teller writes lines of text.
type teller struct{ b strings.Builder }

func (t *teller) line(indent int, text string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" {
			t.b.WriteString(strings.Repeat(" ", indent) + line)
		}
		t.b.WriteByte('\n')
	}
}

func (t *teller) String() string { return strings.TrimRight(t.b.String(), "\n") }

// story tells what went over the wire, and how the browser decided. The headers
// of mine are told of too, beside those that CORS turns on.
func (t *teller) story(trace *fetch.Trace, mine fetch.HeaderList) {
	if len(trace.Exchanges) == 0 {
		t.line(2, "Nothing went over the wire.")
	} else {
		t.line(2, "On the wire:")
	}
	for i := range trace.Exchanges {
		t.exchange(4, &trace.Exchanges[i], mine)
	}
	if len(trace.Steps) == 0 {
		return
	}
	t.line(2, "The browser's steps:")
	for i, s := range trace.Steps {
		t.line(4, fmt.Sprintf("%d. %s: %s. %s", i+1, s.Algorithm, s.Result, show(s.Outcome)))
		for _, in := range s.Inputs {
			value := show(in.Value)
			if in.Value == "" {
				value = "(empty)"
			}
			t.line(7, in.Name+" = "+value)
		}
		if s.Deviation != 0 {
			t.line(7, "Here the browser departs from the standard: "+s.Deviation.Explanation())
		}
	}
}

func (t *teller) exchange(indent int, x *fetch.Exchange, mine fetch.HeaderList) {
	first := "> " + x.Method + " " + show(x.URL)
	if x.Preflight {
		first += "   (preflight)"
	}
	t.line(indent, first)
	others := 0
	for _, h := range x.Header {
		if !slices.Contains(tellingOfRequests, lower(h.Name)) && !mine.Contains(h.Name) {
			others++
			continue
		}
		t.line(indent, "> "+h.Name+": "+shownValue(h))
	}
	if others > 0 {
		t.line(indent, fmt.Sprintf("> (and %d more)", others))
	}
	if x.Err != nil {
		t.line(indent, "< no answer: "+show(x.Err.Error()))
		return
	}
	t.line(indent, strings.TrimRight("< "+strconv.Itoa(x.Status)+" "+http.StatusText(x.Status), " "))
	others = 0
	for _, h := range x.ResponseHeader {
		name := lower(h.Name)
		if !slices.Contains(tellingOfAnswers, name) && !strings.HasPrefix(name, "access-control-") && !strings.HasPrefix(name, "x-") {
			others++
			continue
		}
		t.line(indent, "< "+h.Name+": "+shownValue(h))
	}
	if others > 0 {
		t.line(indent, fmt.Sprintf("< (and %d more)", others))
	}
	for _, n := range x.Withheld {
		t.line(indent, "  the cookie "+show(n.Name)+" was kept back: "+cookieReason(n.Why))
	}
	for _, n := range x.Refused {
		t.line(indent, "  the cookie "+show(n.Name)+" was not stored: "+show(n.Why))
	}
}

// The headers that a CORS failure can turn on, in lower case.
var (
	tellingOfRequests = []string{"origin", "access-control-request-method", "access-control-request-headers", "cookie", "authorization", "content-type"}
	tellingOfAnswers  = []string{"vary", "location", "set-cookie", "allow", "www-authenticate", "cross-origin-resource-policy", "content-type", "x-content-type-options"}
)

// shownValue is a header's value, without what may be a secret: a test's log
// travels far.
func shownValue(h fetch.Header) string {
	switch lower(h.Name) {
	case "authorization":
		scheme, _, _ := strings.Cut(h.Value, " ")
		return show(scheme) + " …"
	case "cookie":
		var names []string
		for pair := range strings.SplitSeq(h.Value, ";") {
			name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
			names = append(names, show(name)+"=…")
		}
		return strings.Join(names, "; ")
	case "set-cookie":
		pair, attributes, ok := strings.Cut(h.Value, ";")
		name, _, _ := strings.Cut(pair, "=")
		if ok {
			attributes = ";" + attributes
		}
		return show(name) + "=…" + show(attributes)
	}
	return show(h.Value)
}

func lower(s string) string { return strings.ToLower(s) }

// longest is how many bytes of one value are shown.
const longest = 300

// show makes a stranger's text fit for a terminal and a line: without control
// characters and bytes that are no UTF-8, and not without end.
func show(s string) string {
	cut := ""
	if len(s) > longest {
		cut = fmt.Sprintf("… (%d bytes)", len(s))
		s = s[:longest]
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
		i += size
	}
	return b.String() + cut
}
