package cors

import (
	"context"
	"strings"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/origin"
)

// A Request is what a decision depends on: nothing of net/http, so that any
// server can ask. The slices hold a field's lines as they arrived; they are
// read and not kept.
type Request struct {
	Method         string
	Origin         []string // Origin
	RequestMethod  []string // Access-Control-Request-Method
	RequestHeaders []string // Access-Control-Request-Headers
	Host           string   // the Host field or :authority, to know the server's own origin
	FetchSite      string   // Sec-Fetch-Site
}

// Kind is what a request is to CORS.
type Kind uint8

const (
	NotCORS   Kind = iota // it has no Origin
	Actual                // it has one
	Preflight             // it is an OPTIONS with Origin and Access-Control-Request-Method
)

func (k Kind) String() string {
	return [...]string{"not CORS", "actual", "preflight"}[k]
}

// Reason is why a request was refused. The zero Reason is none.
type Reason uint8

const (
	Granted                Reason = iota
	OriginRefused                 // no pattern lets the origin in
	OriginMalformed               // it is no origin that a browser would send
	SeveralOrigins                // there is more than one Origin field
	LookupFailed                  // Policy.Lookup had an error or no answer in time
	MethodRefused                 // the preflight asks for a method that is not allowed
	HeaderRefused                 // the preflight asks for a header that is not allowed
	RequestHeadersTooLarge        // the preflight asks for more headers than the policy could allow
	reasonCount
)

var reasonNames = [reasonCount]string{
	"granted", "origin refused", "origin malformed", "several origins", "lookup failed", "method refused",
	"header refused", "request headers too large",
}

// String is one of a few constants, fit for the label of a metric.
func (r Reason) String() string {
	if r < reasonCount {
		return reasonNames[r]
	}
	return "unknown"
}

// A Decision is what a policy makes of a request.
type Decision struct {
	Kind    Kind
	Allowed bool   // the script may read the response; for a preflight: may send the request
	Reason  Reason // why not

	Origin string // the request's Origin, as it arrived
	Method string // for a preflight: the method it asks for
	Header string // for HeaderRefused: the name, in the case it arrived in

	// Pattern is the index in Policy.Origins of the pattern that let the origin
	// in; -1 if none did.
	Pattern int

	// PatternText is that pattern. In a policy of more than a hundred it is "".
	PatternText string

	// Err is Policy.Lookup's error.
	Err error

	// Route is the pattern of the route whose policy decided: package routes sets
	// it.
	Route string

	// Shadow marks a decision of [Middleware.SetShadow]'s policy, and ReportOnly
	// one of a policy that is not enforced: neither was acted on.
	Shadow, ReportOnly bool

	// Stacked tells that the response had CORS headers before the policy was
	// applied: another CORS middleware is wrapped around this one. Its headers
	// were replaced.
	Stacked bool

	// Trap is a mistake in the set-up that shows in the request, or after the
	// handler: then the decision is observed a second time, with it. Each trap
	// is told of once for each pattern of the ServeMux that it shows at.
	Trap Trap

	anyOrigin bool // let in by "*", without credentials: the response is the same for all
}

// Decide decides about a request. It is what [Middleware.Wrap] acts on, without
// the acting. Without a Lookup it does not block and allocates nothing.
func (m *Middleware) Decide(ctx context.Context, r Request) Decision {
	p := m.state.Load()
	if p == nil {
		return Decision{Kind: kindOf(&r), Pattern: -1}
	}
	var d Decision
	p.decide(ctx, &r, &d)
	d.PatternText = p.patternText(d.Pattern)
	return d
}

func kindOf(r *Request) Kind {
	switch {
	case len(r.Origin) == 0:
		return NotCORS
	case r.Method == "OPTIONS" && len(r.RequestMethod) > 0:
		return Preflight
	}
	return Actual
}

// decide fills in d, which is the caller's: it is too large to be handed around.
func (p *compiled) decide(ctx context.Context, r *Request, d *Decision) {
	if p.decideOrigin(ctx, kindOf(r), r.Origin, d); d.Kind == Preflight && d.Allowed {
		p.decidePreflight(r.RequestMethod, r.RequestHeaders, d)
	}
}

// decideOrigin decides whether the origin of a request is let in, which has the
// lines of Origin; of what is not CORS, none.
func (p *compiled) decideOrigin(ctx context.Context, kind Kind, lines []string, d *Decision) {
	d.Kind, d.Pattern = kind, -1
	if kind == NotCORS {
		d.anyOrigin = p.anyone
		return
	}
	d.Origin = lines[0]
	if p.anyone {
		// Whatever the Origin is, and however many: an answer that differed
		// could be handed on by a cache, for nothing says that it depends on it.
		d.Allowed, d.Pattern, d.anyOrigin = true, p.anyoneIndex, true
		return
	}
	if len(lines) > 1 {
		d.Reason = SeveralOrigins
		return
	}
	if index, ok := p.origins.Match(d.Origin); ok {
		d.Allowed, d.Pattern = true, index
		return
	}
	if d.Origin == "null" {
		if d.Allowed = p.null; !d.Allowed {
			d.Reason = OriginRefused
		}
		return
	}
	p.decideUnknown(ctx, d)
}

// maxOriginLength is longer than any origin: a scheme, a name of 253 bytes, a
// port.
const maxOriginLength = 400

// decideUnknown decides about an origin that no pattern lets in.
func (p *compiled) decideUnknown(ctx context.Context, d *Decision) {
	d.Reason = OriginRefused
	if len(d.Origin) > maxOriginLength {
		d.Reason = OriginMalformed
		return
	}
	if p.lookup == nil && !p.anyoneCredentialed {
		return
	}
	o, ok := origin.TryParse(d.Origin)
	switch {
	case !ok:
		d.Reason = OriginMalformed
		return
	case p.anyoneCredentialed:
		d.Allowed, d.Pattern, d.Reason = true, p.anyoneIndex, Granted
		return
	}
	switch d.Allowed, d.Err = p.lookup.ask(ctx, d.Origin, o); {
	case d.Err != nil:
		d.Allowed, d.Reason = false, LookupFailed
	case d.Allowed:
		d.Reason = Granted
	}
}

// decidePreflight decides about the method and the headers that an origin that
// is let in asks for.
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
	switch method {
	case "GET", "HEAD", "POST": // https://fetch.spec.whatwg.org/#cors-safelisted-method
		return true
	}
	if p.anyMethod {
		return len(method) <= maxMethodLength && field.IsToken(method)
	}
	for _, m := range p.methods {
		if m == method {
			return true
		}
	}
	return false
}

// maxMethodLength bounds what is looked at where any method is allowed.
const maxMethodLength = 64

// headersAllowed looks at the names in Access-Control-Request-Headers: in any
// case and order, with repeats, on any number of lines. It returns the first
// that is not allowed.
//
// Its work is bounded whatever the lines hold: it stops at the first name that
// is longer than all that are allowed, and after more names, white space or
// lines than a browser has reason to send.
func (p *compiled) headersAllowed(lines []string) (string, Reason) {
	names, space := p.maxNames, maxSpace
	for _, line := range lines {
		for more := true; more; {
			if names--; names < 0 {
				return "", RequestHeadersTooLarge
			}
			// Optional white space, counted.
			for len(line) > 0 && (line[0] == ' ' || line[0] == '\t') {
				if space--; space < 0 {
					return "", RequestHeadersTooLarge
				}
				line = line[1:]
			}
			if n := p.listed(line); n > 0 {
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
				return firstBytes(line), HeaderRefused // too long, or no token
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

// listed returns how long the name is that a line begins with, if it is one of
// the few of the policy as browsers write them, in lower case and with a comma or
// nothing behind: then nobody has to look at each byte of it. 0 is to look.
func (p *compiled) listed(line string) int {
	if p.headerSet != nil {
		return 0
	}
	for _, h := range p.lowerHeaders {
		if n := len(h); n <= len(line) && line[:n] == h && (n == len(line) || line[n] == ',') {
			return n
		}
	}
	return 0
}

// maxSpace is how many bytes of optional white space are read.
const maxSpace = 128

// firstBytes is enough of a hostile name to recognize it by.
func firstBytes(line string) string {
	name, _, _ := strings.Cut(line[:min(len(line), 64)], ",")
	return name
}

func (p *compiled) headerAllowed(name string) bool {
	if p.headerSet == nil {
		for _, h := range p.lowerHeaders {
			if field.EqualFold(h, name) {
				return true
			}
		}
	} else {
		var buf [maxNameLength]byte
		for i := range len(name) {
			buf[i] = lower(name[i])
		}
		if p.headerSet[string(buf[:len(name)])] {
			return true
		}
	}
	return p.anyHeader && !field.EqualFold(name, "authorization")
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
