package console

import (
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/internal/mime"
)

// shownReason returns the reason whose text the browser prints: the failure that it
// finds first.
func shownReason(e *fetch.NetworkError, browser int) reason.Reason {
	if e.Reason.Preflight() && e.Status != 0 {
		switch {
		case browser == chromium && e.IsRedirect():
			// The network stack stops at the redirect and never sees the headers.
			return reason.PreflightDisallowedRedirect
		case browser == webkit && (e.Status < 200 || e.Status > 299):
			return reason.PreflightInvalidStatus // WebKit checks the status first
		}
	}
	return e.Reason.WithoutPreflight()
}

// Conditions of rows.

func kind(kinds ...string) func(view) bool {
	return func(v view) bool { return slices.Contains(kinds, v.Kind) }
}

func scheme(s string) func(view) bool {
	return func(v view) bool { return schemeOf(v.URL) == s }
}

func direct(v view) bool { return v.FirstURL == "" }

func all(conditions ...func(view) bool) func(view) bool {
	return func(v view) bool {
		return !slices.ContainsFunc(conditions, func(holds func(view) bool) bool { return !holds(v) })
	}
}

func schemeOf(u string) string {
	s, _, _ := strings.Cut(u, ":")
	return field.Lower(s)
}

// A view is an error as one browser's console sees it.
type view struct {
	*fetch.NetworkError
	browser int
	reason  reason.Reason // the row's
}

// silent reports whether the browser prints nothing although table has a text.
// WebKit prints nothing if a server does not allow a font to be loaded.
func (v view) silent() bool {
	if v.browser != webkit || v.Kind != "font" {
		return false
	}
	switch v.reason {
	case reason.RedirectContainsCredentials, reason.RedirectInvalidLocation, reason.RedirectDisallowedScheme:
		return true
	}
	return v.reason.CORS()
}

func (v view) hasComma() bool { return strings.Contains(v.Value, ",") }

// manyLines reports whether the response has more than one
// Access-Control-Allow-Origin header, as opposed to one with several values.
func (v view) manyLines() bool {
	x := v.LastExchange()
	if x == nil {
		return false
	}
	lines := 0
	for _, h := range x.ResponseHeader {
		if field.EqualFold(h.Name, "Access-Control-Allow-Origin") {
			lines++
		}
	}
	return lines > 1
}

// inPreflight reports whether the preflight failed.
func (v view) inPreflight() bool {
	x := v.LastExchange()
	return v.Reason.Preflight() || x != nil && x.Preflight
}

func (v view) firstURL() string {
	if v.FirstURL != "" {
		return v.FirstURL
	}
	return v.URL
}

// cors reports whether the last request had the response tainting "cors".
func (v view) cors() bool {
	if v.Mode != fetch.ModeCORS {
		return false
	}
	foreign := func(u string) bool { return u != v.PageOrigin && !strings.HasPrefix(u, v.PageOrigin+"/") }
	if v.Trace != nil {
		for _, x := range v.Trace.Exchanges {
			if foreign(x.URL) {
				return true
			}
		}
	}
	return foreign(v.LastRequestURL())
}

// render fills in a template and drops the lines that are empty afterwards.
func (v view) render(template string) []string {
	var out []string
	for line := range strings.Lines(template) {
		line = v.fill(strings.TrimSuffix(line, "\n"))
		for _, l := range strings.Split(line, "\n") {
			if l != "" {
				out = append(out, l)
			}
		}
	}
	return out
}

// fill replaces the names in braces. It does not look for names in the replacements,
// because a header's value may contain braces too.
func (v view) fill(template string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		name, after, _ := strings.Cut(rest, "}")
		b.WriteString(v.value(name))
		template = after
	}
}

// value returns what replaces a name in braces.
func (v view) value(name string) string {
	switch name {
	case "url":
		return v.URL
	case "wire":
		return v.LastRequestURL()
	case "origin":
		return v.Origin
	case "page origin":
		return v.PageOrigin
	case "page":
		return v.Page
	case "value":
		return v.Value
	case "header":
		return v.Header
	case "lower header":
		return field.Lower(v.Header)
	case "method":
		return v.Method
	case "space":
		return string(v.Space)
	case "scheme":
		return schemeOf(v.URL)
	case "status":
		return strconv.Itoa(v.Status)
	case "first url":
		return v.firstURL()
	case "port", "host":
		u, err := url.Parse(v.URL)
		switch {
		case err != nil:
			return ""
		case name == "host":
			return u.Hostname()
		}
		return u.Port()
	case "type":
		essence, _, _ := strings.Cut(v.Value, ";")
		return field.Lower(field.NormalizeValue(essence))
	case "bad token":
		return badToken(v.Value)
	}
	switch v.browser {
	case chromium:
		return v.chromiumValue(name)
	case firefox:
		return v.firefoxValue(name)
	}
	return v.webkitValue(name)
}

// badToken returns the first member of a list that is not a token.
func badToken(list string) string {
	for member := range strings.SplitSeq(list, ",") {
		member = field.NormalizeValue(member)
		if member != "" && !field.IsToken(member) {
			return member
		}
	}
	return list
}

func (v view) chromiumValue(name string) string {
	switch name {
	case "kind":
		switch v.Kind {
		case "module":
			return "script"
		case "track":
			return "text track"
		case "":
			return "resource"
		}
		return v.Kind
	case "mixed":
		switch v.Kind {
		case "fetch", "":
			return "resource"
		case "XMLHttpRequest":
			return "XMLHttpRequest endpoint"
		case "module":
			return "script"
		case "CSS stylesheet":
			return "stylesheet"
		case "track":
			return "Text Track"
		case "iframe":
			return "frame"
		}
		return v.Kind
	case "redirected":
		if v.FirstURL != "" && v.FirstURL != v.URL {
			return v.part(name)
		}
	case "redirected to wire":
		if v.FirstURL != "" && v.FirstURL != v.LastRequestURL() {
			return v.part(name)
		}
	case "in preflight":
		r := v.Reason
		if r == reason.PreflightInvalidStatus || r == reason.PreflightDisallowedRedirect || r.CORSCheck() && r.Preflight() {
			return v.part(name)
		}
	case "advice", "withCredentials":
		return v.part(name)
	case "net error":
		switch v.connection() {
		case connectionRefused:
			return "ERR_CONNECTION_REFUSED"
		case connectionReset:
			return "ERR_CONNECTION_RESET"
		case connectionClosed:
			return "ERR_EMPTY_RESPONSE"
		case nameNotResolved:
			return "ERR_NAME_NOT_RESOLVED"
		}
		return "ERR_FAILED"
	}
	return ""
}

func (v view) firefoxValue(name string) string {
	switch name {
	case "then":
		// If the final response fails the CORS check, Firefox prints one line.
		// Any other failure fails the request as well, and every part of
		// Firefox that notices prints another line.
		line := v.part(name)
		checked := v.reason.CORSCheck()
		redirect := v.IsRedirect()
		switch {
		case !v.cors(), checked && !v.inPreflight() && !redirect,
			v.reason == reason.NosniffMIMETypeMismatch && v.Kind == "script":
			return ""
		case checked && v.inPreflight() && redirect:
			return line + "\n" + line
		}
		return line
	case "element":
		if v.cors() && v.Reason != reason.BlockedPort && v.Reason != reason.MixedContent {
			return v.part(name)
		}
		return v.part("element failed")
	case "redirecting content":
		if v.Kind == "XMLHttpRequest" {
			return v.value("page")
		}
		return v.LastRequestURL()
	}
	return ""
}

func (v view) webkitValue(name string) string {
	switch name {
	case "denied":
		return v.part(name)
	case "redirection":
		if x := v.LastExchange(); x != nil && x.IsRedirect() && !x.Preflight {
			return v.part(name)
		}
	case "target":
		switch r := v.Reason; {
		case r.Phase() != reason.Redirect, r == reason.RedirectModeError, r == reason.RedirectInvalidLocation:
			return v.location()
		}
		return withoutUserinfo(v.URL)
	case "local resource":
		if v.Mode == fetch.ModeNoCORS {
			return v.part(name)
		}
		return v.part("only http")
	case "not allowed":
		if v.FirstURL == "" {
			return v.part(name)
		}
	case "net error":
		switch v.connection() {
		case connectionRefused:
			if v.value("host") != "" {
				return v.part("refused")
			}
		case connectionReset:
			return v.part("reset")
		}
	}
	return ""
}

// location returns the target of the last response's redirect: an absolute URL, or
// the header's value if that is not a valid URL.
func (v view) location() string {
	x := v.LastExchange()
	if x == nil {
		return v.Value
	}
	value, _ := x.ResponseHeader.Get("Location")
	base, err := url.Parse(x.URL)
	if err != nil {
		return value
	}
	u, err := base.Parse(value)
	if err != nil {
		return value
	}
	return u.String()
}

func withoutUserinfo(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.User == nil {
		return s
	}
	u.User = nil
	return u.String()
}

// connectionFailure is how a connection failed, as far as consoles show it.
type connectionFailure uint8

const (
	connectionFailedOtherwise connectionFailure = iota
	connectionRefused
	connectionReset
	connectionClosed // before a response
	nameNotResolved
)

// connection returns how the transport's connection failed. Error numbers differ
// between systems, so errors for which Go has no value are recognized by their
// text.
func (v view) connection() connectionFailure {
	var dns *net.DNSError
	switch {
	case v.Err == nil:
		return connectionFailedOtherwise
	case errors.As(v.Err, &dns):
		return nameNotResolved
	case errors.Is(v.Err, io.EOF), errors.Is(v.Err, io.ErrUnexpectedEOF):
		return connectionClosed
	case strings.Contains(v.Err.Error(), "refused"):
		return connectionRefused
	case strings.Contains(v.Err.Error(), "reset"), strings.Contains(v.Err.Error(), "forcibly closed"):
		return connectionReset
	}
	return connectionFailedOtherwise
}

// isNoModule reports whether a module has a type that only modules may not have.
func (v view) isNoModule() bool {
	t, ok := mime.Parse(v.Value)
	neverScript := ok && (t.Type == "audio" || t.Type == "image" || t.Type == "video" || t.Essence() == "text/csv")
	return v.Kind == "module" && !neverScript
}
