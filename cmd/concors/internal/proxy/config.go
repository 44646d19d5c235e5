package proxy

import (
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config says what a [Proxy] serves, for whom, and from where. Pages and Alias choose one of two forms.
// In the CORS form pages of the named origins may read the API's responses, because the proxy adds CORS
// headers for them. In the alias form the page itself is served at the proxy too: page and API have one
// origin, and the browser checks no CORS.
type Config struct {
	// Routes are the paths that lead to an API, and the only targets of the proxy. The longest prefix
	// that a path begins with wins.
	Routes []Route

	// Pages are the origins of the pages that may use the API, such as http://localhost:5173. In the alias
	// form they may use it besides the page that is served.
	Pages []string

	// Alias is a folder, or the URL of a dev server, that is served where no route is. "" in the CORS
	// form.
	Alias string

	// Listen is the address that is served, such as 127.0.0.1:8010. It says which names and which port
	// the Host header may have: localhost, names below .localhost, and addresses of loopback. Only addresses
	// of loopback are accepted.
	Listen string

	// HTTPS says that the proxy itself is served over https: cookies with Secure then work in every browser.
	HTTPS bool

	// Headers are added to requests to the API. No record and no header of a response has their values.
	Headers []InjectedHeader

	// UpstreamCA holds the authorities that may sign the certificates of targets, besides the system's.
	// InsecureUpstream accepts every certificate.
	UpstreamCA       *x509.CertPool
	InsecureUpstream bool

	// AllowPrivate permits targets with private, link-local and other special addresses. Without it only
	// public addresses are dialled, and those of loopback if the target itself is written as localhost or
	// as a loopback address.
	AllowPrivate bool

	// MapLinks maps absolute URLs of targets inside of JSON, XML and HTML to the proxy, for pages that follow
	// links in responses. The API is then asked for bodies that are not compressed. Without it such URLs
	// are only recorded, if a body is not compressed.
	MapLinks bool

	// ViaProxy sends requests to targets through the proxy that the environment names (HTTPS_PROXY). The
	// address of a target is then not checked, because the other proxy resolves the name.
	ViaProxy bool

	// Own serves the path /__concors and what is below it, for navigations of the user and for programs that
	// are not browsers. No page may read it: its responses are sandboxed. Nil: 404.
	Own http.Handler

	// Record is called after each request, possibly concurrently. Nil: nothing is recorded. It must not
	// change the headers of the record.
	Record func(Record)

	// HeaderTimeout limits the time until a target responds with its headers, and IdleTimeout the
	// time for which a body may stand still. 0: 60 seconds, and 5 minutes. A WebSocket has no limit.
	HeaderTimeout, IdleTimeout time.Duration
}

// A Route maps a path of the proxy to a target.
type Route struct {
	// Prefix is a path such as /api; it matches /api and /api/… but not /apis. "/" or "" matches every path.
	Prefix string

	// Target is an absolute URL of http or https, with or without a path. The rest of the request's path
	// is added to it, and the query is kept.
	Target *url.URL

	// KeepPrefix sends the whole path to the target. Otherwise the prefix is removed.
	KeepPrefix bool
}

// An InjectedHeader is added to the requests to one target, in place of what the page sent.
type InjectedHeader struct {
	Name, Value string
	Target      string // the origin that gets it, such as https://api.example.com; "" for all targets
}

// A ConfigFault is one problem of a [Config].
type ConfigFault struct {
	Field   string // the field of Config, such as Routes
	Index   int    // in that field; -1 if it is not a list
	Value   string // the value with the problem, never that of a header
	Problem string // what is wrong, in one sentence
	Repair  string // what to write instead, in one sentence; "" if nothing is to be said
}

// Error returns the value, the problem and the repair.
func (f *ConfigFault) Error() string {
	s := f.Problem
	if f.Value != "" {
		s = f.Value + ": " + s
	}
	if f.Repair != "" {
		s += "; " + f.Repair
	}
	return s
}

// Faults returns all problems in an error of [New], or nil for any other error.
func Faults(err error) []*ConfigFault {
	var all *configError
	if errors.As(err, &all) {
		return all.faults
	}
	return nil
}

type configError struct{ faults []*ConfigFault }

func (e *configError) Error() string {
	lines := make([]string, len(e.faults))
	for i, f := range e.faults {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}
