package cors

import (
	"context"
	"net/http"
	"strings"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// A Request is what a decision depends on. Servers that are not built on net/http can fill it in too.
// Each slice holds the lines of one header field as they arrived, and is nil if the field is absent.
// The slices are read and not kept.
type Request struct {
	Method         string
	Origin         []string // Origin
	RequestMethod  []string // Access-Control-Request-Method
	RequestHeaders []string // Access-Control-Request-Headers
	Host           string   // the Host field or :authority; RejectRefused compares it with Origin
	FetchSite      string   // Sec-Fetch-Site; RejectRefused prefers it to Host
	TLS            bool     // the request arrived over TLS, so the server's own origin is not http://

	// LookupKey is what Policy.LookupKey returns for a net/http request. If the policy has a LookupKey
	// and this is "", an origin that no pattern matches is refused.
	LookupKey string

	// http is the request, if it is one of net/http. RequestHeaders, FetchSite and LookupKey are read
	// from it only when they are needed: a map lookup takes a sixth of the time of a refused preflight.
	http *http.Request
}

// read fills in a zero Request from hr.
func (r *Request) read(hr *http.Request) {
	r.Method, r.Host, r.TLS, r.http = hr.Method, hr.Host, hr.TLS != nil, hr
	if r.Origin = hr.Header["Origin"]; len(r.Origin) > 0 && hr.Method == http.MethodOptions {
		r.RequestMethod = hr.Header["Access-Control-Request-Method"]
	}
}

// kind returns the request's Kind.
func (r *Request) kind() Kind {
	switch {
	case len(r.Origin) == 0:
		return NotCORS
	case r.Method == http.MethodOptions && len(r.RequestMethod) > 0:
		return Preflight
	}
	return Actual
}

// requestHeaders returns RequestHeaders, and first sets it from the net/http request if there is one.
func (r *Request) requestHeaders() []string {
	if r.http != nil {
		r.RequestHeaders = r.http.Header["Access-Control-Request-Headers"]
	}
	return r.RequestHeaders
}

// fetchSite returns FetchSite, or its value in the net/http request if there is one.
func (r *Request) fetchSite() string {
	if r.http != nil {
		return r.http.Header.Get("Sec-Fetch-Site")
	}
	return r.FetchSite
}

// Kind is the kind of a request in the CORS protocol.
type Kind uint8

const (
	NotCORS   Kind = iota // no Origin
	Actual                // Origin, and not a preflight: a simple request, or the one after a preflight
	Preflight             // OPTIONS with Origin and Access-Control-Request-Method
)

// String returns "not CORS", "actual" or "preflight".
func (k Kind) String() string {
	return [...]string{"not CORS", "actual", "preflight"}[k]
}

// Reason is why a request was refused. The zero Reason is Granted.
type Reason uint8

const (
	Granted                Reason = iota
	OriginRefused                 // no pattern matches the origin
	OriginMalformed               // browsers never send an origin like this
	SeveralOrigins                // the request has more than one Origin field
	LookupFailed                  // Policy.Lookup returned an error, panicked or took too long
	NoLookupKey                   // Policy.LookupKey returned "" or more than 256 bytes
	RequestEnded                  // the request ended (its client has gone) while it waited for Lookup
	MethodRefused                 // the preflight requests a method that is not allowed
	HeaderRefused                 // the preflight requests a header that is not allowed
	RequestHeadersTooLarge        // the preflight requests more headers than the policy could allow
	AmbiguousRoute                // package routes: the path or host may belong to a route that grants less
	reasonCount
)

var reasonNames = [reasonCount]string{
	"granted", "origin refused", "origin malformed", "several origins", "lookup failed", "no lookup key",
	"request ended", "method refused", "header refused", "request headers too large", "ambiguous route",
}

// String returns one of a few constants, so it is safe to use as a metric label.
func (r Reason) String() string {
	if r < reasonCount {
		return reasonNames[r]
	}
	return "unknown"
}

// concernsOrigin reports whether the origin is why a request was refused, and not its method or
// headers.
func (r Reason) concernsOrigin() bool {
	switch r {
	case OriginRefused, OriginMalformed, SeveralOrigins, LookupFailed, NoLookupKey, RequestEnded:
		return true
	}
	return false
}

// A Decision is what a policy decides about a request.
type Decision struct {
	Kind    Kind
	Allowed bool   // the script may read the response; for a preflight: the browser may send the request
	Reason  Reason // why the request is refused

	Origin string // the request's Origin, as it arrived
	Method string // the method that a preflight requests; "" if its origin is refused
	Header string // with HeaderRefused: the header's name, as it arrived

	// Pattern is the index in Policy.Origins of the pattern that matches the origin, or -1.
	Pattern int

	// PatternText is that pattern, or the range that matches the origin (DangerouslyAllowAnyHost,
	// DangerouslyAllowAddressRanges). It is "" for a pattern in a policy of more than a hundred.
	PatternText string

	// Credentials means that the origin is allowed with credentials (Policy.Credentials or
	// Policy.OriginsWithCredentials).
	Credentials bool

	// Stale means that the origin is allowed because Policy.Lookup allowed it not long ago, and that
	// Lookup fails now. See LookupCache.StaleSeconds.
	Stale bool

	// Err is why Policy.Lookup failed, with LookupFailed or Stale; or why the request ended, with
	// RequestEnded.
	Err error

	// Route is the pattern of the route whose policy decided; with AmbiguousRoute, of one that refuses.
	// Package routes sets it.
	Route string

	// Shadow marks a decision by the policy of [Middleware.SetShadow], and ReportOnly one by a policy
	// with ReportOnly. Neither affects the response.
	Shadow, ReportOnly bool

	// Stacked means that the response already had CORS headers when the policy was applied: another
	// CORS middleware is wrapped around this one. Its headers were replaced.
	Stacked bool

	// SetupMistake is a mistake in the server's setup that the request has revealed. If it shows only
	// after the handler has run, the observer receives the decision a second time. Each mistake is
	// reported once for each pattern of the ServeMux.
	SetupMistake SetupMistake
}

// decide fills in d with the decision about r. The caller provides d, because a Decision is too large
// to be copied from function to function.
func (p *compiled) decide(ctx context.Context, r *Request, d *Decision) {
	d.Kind, d.Pattern, d.ReportOnly = r.kind(), -1, p.policy.ReportOnly
	if d.Kind == NotCORS {
		return
	}
	p.decideOrigin(ctx, r, d)
	d.Credentials = p.allowsCredentials(r, d)
	if d.Kind == Preflight && d.Allowed {
		p.decidePreflight(r.RequestMethod, r.requestHeaders(), d)
	}
}

// decideOrigin decides whether the origin of a CORS request is allowed. r.Origin has at least one line.
func (p *compiled) decideOrigin(ctx context.Context, r *Request, d *Decision) {
	d.Origin = r.Origin[0]
	if p.grant.AnyOrigin {
		// The response has no Vary: Origin, so it must not depend on Origin: not on an invalid one,
		// and not on several. A cache could otherwise give the response to a different page.
		d.Allowed, d.Pattern = true, p.wildcard
		return
	}
	if len(r.Origin) > 1 {
		d.Reason = SeveralOrigins
		return
	}
	if index, ok := p.origins.Match(d.Origin); ok {
		d.Allowed, d.Pattern = true, index
		return
	}
	if d.Origin == "null" {
		if d.Allowed = p.policy.DangerouslyAllowNull; !d.Allowed {
			d.Reason = OriginRefused
		}
		return
	}
	p.decideUnlisted(ctx, r, d)
}

// maxOriginLength is longer than any origin: a scheme, a host name of 253 bytes and a port.
const maxOriginLength = 400

// decideUnlisted decides about an origin that no pattern matches.
func (p *compiled) decideUnlisted(ctx context.Context, r *Request, d *Decision) {
	d.Reason = OriginRefused
	if len(d.Origin) > maxOriginLength {
		d.Reason = OriginMalformed
		return
	}
	if index, ok := p.ranges.Match(d.Origin); ok {
		d.Allowed, d.PatternText, d.Reason = true, p.ranges[index].String(), Granted
		return
	}
	if p.lookup == nil && !p.reflectAny {
		return
	}
	o, ok := origin.TryParse(d.Origin)
	switch {
	case !ok:
		d.Reason = OriginMalformed
		return
	case p.reflectAny:
		d.Allowed, d.Pattern, d.Reason = true, p.wildcard, Granted
		return
	}
	key, ok := p.lookupKey(r)
	if !ok {
		d.Reason = NoLookupKey
		return
	}
	p.lookup.decide(ctx, lookupKey{d.Origin, key}, o, d)
}

// decidePreflight decides about the method and the headers that a preflight from an allowed origin
// requests.
func (p *compiled) decidePreflight(method, headers []string, d *Decision) {
	d.Method = method[0]
	if len(method) > 1 || !p.methodAllowed(d.Method) {
		d.Allowed, d.Reason = false, MethodRefused
		return
	}
	if name, reason := p.headersAllowed(headers); reason != Granted {
		d.Allowed, d.Reason, d.Header = false, reason, name
	}
}

func (p *compiled) methodAllowed(method string) bool {
	if field.IsCORSSafelistedMethod(method) {
		return true
	}
	if p.grant.AnyMethod {
		return len(method) <= maxMethodLength && field.IsToken(method)
	}
	for _, m := range p.grant.Methods {
		if m == method {
			return true
		}
	}
	return false
}

// maxMethodLength bounds the work where every method is allowed.
const maxMethodLength = 64

// maxSpace is how many bytes of optional white space are read in one preflight.
const maxSpace = 128

// headersAllowed checks the names in Access-Control-Request-Headers, in any case and order, with
// repeats, on any number of lines. It returns the first name that is not allowed, and why.
//
// The work is bounded whatever the lines hold: it ends at a line that is longer than any that could be
// allowed, at the first name that is longer than all allowed ones, and after more names or white space
// than a browser has reason to send.
func (p *compiled) headersAllowed(lines []string) (string, Reason) {
	names, space := p.maxNames, maxSpace
	if len(lines) > names {
		return "", RequestHeadersTooLarge
	}
	for _, line := range lines {
		if len(line) > p.maxLineLength {
			return "", RequestHeadersTooLarge
		}
		for more := true; more; {
			if names--; names < 0 {
				return "", RequestHeadersTooLarge
			}
			if len(line) > 0 && line[0] == ',' { // an empty element
				line = line[1:]
				continue
			}
			for len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
				if space--; space < 0 {
					return "", RequestHeadersTooLarge
				}
				line = line[1:]
			}
			if n := p.listedPrefix(line); n > 0 {
				if more = n < len(line); more {
					line = line[n+1:]
				}
				continue
			}
			end := 0
			for end < len(line) && end <= p.maxNameLength && field.IsTokenByte(line[end]) {
				end++
			}
			name, rest := line[:end], line[end:]
			for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t') {
				if space--; space < 0 {
					return "", RequestHeadersTooLarge
				}
				rest = rest[1:]
			}
			if len(rest) > 0 && rest[0] != ',' {
				return firstBytes(line), HeaderRefused // too long, or not a token
			}
			if name != "" && !p.headerAllowed(name) {
				return name, HeaderRefused
			}
			if more = len(rest) > 0; more {
				line = rest[1:]
			}
		}
	}
	return "", Granted
}

// listedPrefix returns the length of the name that line begins with, if it is a listed name in the
// form that browsers send: in lower case and followed by a comma or nothing. The bytes of this name
// need no further check. 0 means that line begins with something else, or that the list is long.
func (p *compiled) listedPrefix(line string) int {
	if p.headerSet != nil {
		return 0
	}
	for _, h := range p.grant.RequestHeaders {
		if n := len(h); n <= len(line) && line[:n] == h && (n == len(line) || line[n] == ',') {
			return n
		}
	}
	return 0
}

// firstBytes returns enough of a hostile name to recognize it.
func firstBytes(line string) string {
	name, _, _ := strings.Cut(line[:min(len(line), 64)], ",")
	return name
}

// headerAllowed reports whether a name of at most maxNameLength bytes is allowed. A name that no script
// can set is always: a preflight with it comes from an old browser or another client, and refusing it
// would protect nothing.
func (p *compiled) headerAllowed(name string) bool {
	if p.headerSet == nil {
		for _, h := range p.grant.RequestHeaders {
			if field.EqualFold(h, name) {
				return true
			}
		}
	} else {
		var lowered [maxNameLength]byte // on the stack, so that no preflight allocates
		for i := range len(name) {
			lowered[i] = field.LowerByte(name[i])
		}
		if p.headerSet[string(lowered[:len(name)])] {
			return true
		}
	}
	return p.grant.AnyRequestHeader && !field.IsCORSNonWildcardRequestHeaderName(name) ||
		field.IsForbiddenRequestHeaderName(name)
}
