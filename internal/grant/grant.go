// Package grant computes what a CORS policy sends: the response headers of requests and preflights,
// their values, and which of the values are taken from the request. Package cors writes them to
// responses, and the recipes write them as other servers' configuration.
//
// A policy's headers are computed once, by [New]. The package does not depend on net/http, and it does
// not decide whether an origin, a method or a request header is allowed. Package cors does that.
package grant

import (
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/internal/field"
)

// The names of the response headers, spelled as the keys of an http.Header.
const (
	AllowOrigin       = "Access-Control-Allow-Origin"
	AllowCredentials  = "Access-Control-Allow-Credentials"
	AllowMethods      = "Access-Control-Allow-Methods"
	AllowHeaders      = "Access-Control-Allow-Headers"
	MaxAge            = "Access-Control-Max-Age"
	ExposeHeaders     = "Access-Control-Expose-Headers"
	TimingAllowOrigin = "Timing-Allow-Origin"
	ResourcePolicy    = "Cross-Origin-Resource-Policy"
	Vary              = "Vary"
)

// CORSHeaders returns the names of the six response headers that belong to CORS itself.
func CORSHeaders() []string {
	return []string{AllowOrigin, AllowCredentials, AllowMethods, AllowHeaders, MaxAge, ExposeHeaders}
}

// A Policy holds the fields of a cors.Policy that decide which headers are sent. It must have no
// faults. The lists are read and not kept.
type Policy struct {
	Origins           []string // only "*" matters here
	Methods           []string
	RequestHeaders    []string
	ExposedHeaders    []string
	Credentials       bool
	SomeCredentials   bool // some origins are allowed with credentials, and others without
	MaxAgeSeconds     int
	PreflightStatus   int
	TimingAllowOrigin bool
	ResourcePolicy    string
	VaryHeaders       []string // more request headers than Origin on which an origin's being allowed depends
}

// A Grant is what a policy sends. It does not change after [New], so concurrent use is safe.
type Grant struct {
	// AnyOrigin means that every response has Access-Control-Allow-Origin: *, even the response to a
	// request without an Origin. "*" without credentials sets it. Otherwise the header repeats the
	// request's Origin, if that origin is allowed. It always does for an origin with credentials.
	AnyOrigin bool

	// VariesByOrigin means that responses depend on the request's Origin, so that every one has it in
	// Vary.
	VariesByOrigin bool

	Methods   []string // the listed methods, without "*"
	AnyMethod bool     // the list has "*"

	RequestHeaders   []string // the listed names in lower case, without "*"
	AnyRequestHeader bool     // the list has "*", which covers every header but Authorization

	// AuthorizationListed reports whether Authorization is among RequestHeaders.
	AuthorizationListed bool

	// EchoMethod and EchoHeaders mean that the response to a preflight repeats the requested method
	// or headers. "*" with credentials sets them, also if only some origins have credentials, because
	// browsers then read a "*" in the response as the name of a method or a header.
	EchoMethod, EchoHeaders bool

	// The values of the headers with these names. "" means that the header is not sent, or that its
	// value repeats the request's (EchoMethod, EchoHeaders).
	AllowCredentials, AllowMethods, AllowHeaders, MaxAge, ExposeHeaders, ResourcePolicy string

	// Status is the status of the response to a granted preflight: PreflightStatus, or else 204.
	Status int

	// Allowed holds the headers of the response to a request whose origin is allowed; with AnyOrigin,
	// to every request. Refused holds those of the response to any other request. Preflight holds
	// those of the response to a granted preflight. A refused preflight's response has none.
	// AllowedWithCredentials and PreflightWithCredentials are in place of Allowed and Preflight for an
	// origin with credentials. They are the same lists unless only some origins have credentials.
	//
	// Vary is to be added to the response's Vary. The other headers replace what is there.
	Allowed, Refused, Preflight                      []Header
	AllowedWithCredentials, PreflightWithCredentials []Header
}

// A Header is one header of a response. Its value is fixed, or repeats a value of the request.
type Header struct {
	Name  string
	Value string // the value if From is Fixed, otherwise ""
	From  Source
}

// A Source says where the value of a [Header] comes from.
type Source uint8

const (
	Fixed          Source = iota // Header.Value
	RequestOrigin                // the request's Origin
	RequestMethod                // the preflight's Access-Control-Request-Method
	RequestHeaders               // the preflight's Access-Control-Request-Headers
)

// ValueFor returns the header's value in the response to a request with these values. requestHeaders
// holds the lines of Access-Control-Request-Headers. "" means that the header is not sent.
func (h *Header) ValueFor(origin, method string, requestHeaders []string) string {
	switch h.From {
	case RequestOrigin:
		return origin
	case RequestMethod:
		return method
	case RequestHeaders:
		return strings.Join(requestHeaders, ",")
	}
	return h.Value
}

// New computes what a policy sends.
func New(p Policy) *Grant {
	g := &Grant{
		AnyOrigin:      slices.Contains(p.Origins, "*") && !p.Credentials,
		ExposeHeaders:  strings.Join(p.ExposedHeaders, ", "),
		ResourcePolicy: p.ResourcePolicy,
		Status:         p.PreflightStatus,
	}
	if g.Status == 0 {
		g.Status = 204
	}
	if p.Credentials {
		g.AllowCredentials = "true"
	}
	g.VariesByOrigin = !g.AnyOrigin || p.SomeCredentials
	if p.MaxAgeSeconds != 0 {
		g.MaxAge = strconv.Itoa(max(p.MaxAgeSeconds, 0))
	}
	g.methods(p)
	g.requestHeaders(p)
	g.responses(p)
	return g
}

func (g *Grant) methods(p Policy) {
	for _, m := range p.Methods {
		if m == "*" {
			g.AnyMethod = true
		} else {
			g.Methods = append(g.Methods, m)
		}
	}
	switch g.EchoMethod = g.AnyMethod && (p.Credentials || p.SomeCredentials); {
	case g.EchoMethod:
	case g.AnyMethod:
		g.AllowMethods = "*"
	default:
		g.AllowMethods = strings.Join(g.Methods, ", ")
	}
}

func (g *Grant) requestHeaders(p Policy) {
	for _, name := range p.RequestHeaders {
		if name == "*" {
			g.AnyRequestHeader = true
			continue
		}
		g.RequestHeaders = append(g.RequestHeaders, field.Lower(name))
	}
	g.AuthorizationListed = slices.Contains(g.RequestHeaders, "authorization")
	switch g.EchoHeaders = g.AnyRequestHeader && (p.Credentials || p.SomeCredentials); {
	case g.EchoHeaders:
	case g.AnyRequestHeader && g.AuthorizationListed:
		g.AllowHeaders = "*, authorization"
	case g.AnyRequestHeader:
		g.AllowHeaders = "*"
	default:
		g.AllowHeaders = strings.Join(g.RequestHeaders, ", ")
	}
}

// responses fills in the lists of headers from the values.
func (g *Grant) responses(p Policy) {
	const requested = "Access-Control-Request-Method, Access-Control-Request-Headers"
	varyActual, varyPreflight := "", requested
	if g.VariesByOrigin {
		varyActual = "Origin"
		for _, name := range p.VaryHeaders {
			if !g.AnyOrigin && !field.EqualFold(name, "Origin") {
				varyActual += ", " + name
			}
		}
		varyPreflight = varyActual + ", " + requested
	}
	origin := func(name string) Header { return Header{Name: name, From: RequestOrigin} }
	g.Refused = nonEmpty(
		Header{Name: ResourcePolicy, Value: g.ResourcePolicy},
		Header{Name: Vary, Value: varyActual},
	)
	if p.SomeCredentials {
		g.AllowedWithCredentials = g.allowed(origin, "true", p.TimingAllowOrigin)
		g.PreflightWithCredentials = g.preflight(origin, "true", varyPreflight)
	}
	if g.AnyOrigin {
		origin = func(name string) Header { return Header{Name: name, Value: "*"} }
	}
	g.Allowed = g.allowed(origin, g.AllowCredentials, p.TimingAllowOrigin)
	g.Preflight = g.preflight(origin, g.AllowCredentials, varyPreflight)
	if !p.SomeCredentials {
		g.AllowedWithCredentials, g.PreflightWithCredentials = g.Allowed, g.Preflight
	}
}

// allowed returns the headers of the response to a request whose origin is allowed. origin makes a header
// whose value is that origin.
func (g *Grant) allowed(origin func(name string) Header, credentials string, timing bool) []Header {
	headers := append(slices.Clip(g.Refused), nonEmpty(
		origin(AllowOrigin),
		Header{Name: AllowCredentials, Value: credentials},
		Header{Name: ExposeHeaders, Value: g.ExposeHeaders},
	)...)
	if timing {
		headers = append(headers, origin(TimingAllowOrigin))
	}
	return headers
}

// preflight returns the headers of the response to a granted preflight.
func (g *Grant) preflight(origin func(name string) Header, credentials, vary string) []Header {
	methods := Header{Name: AllowMethods, Value: g.AllowMethods}
	if g.EchoMethod {
		methods.From = RequestMethod
	}
	headers := Header{Name: AllowHeaders, Value: g.AllowHeaders}
	if g.EchoHeaders {
		headers.From = RequestHeaders
	}
	return nonEmpty(
		Header{Name: Vary, Value: vary},
		origin(AllowOrigin),
		Header{Name: AllowCredentials, Value: credentials},
		methods,
		headers,
		Header{Name: MaxAge, Value: g.MaxAge},
	)
}

// nonEmpty returns the headers that are sent: those with a value, or with one from the request.
func nonEmpty(headers ...Header) []Header {
	return slices.DeleteFunc(headers, func(h Header) bool { return h.From == Fixed && h.Value == "" })
}
