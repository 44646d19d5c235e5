package origin

import (
	"net/netip"
	"strings"

	"github.com/concors/concors/weburl"
)

// PotentiallyTrustworthy reports whether resources from the origin cannot have been changed on the
// network: its scheme is https, wss or file, or its host is a loopback address, localhost or a name below
// localhost. An opaque origin is not trustworthy. Browsers also trust schemes of their own, such as
// chrome-extension, which are not known here.
// See https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy.
func (o Origin) PotentiallyTrustworthy() bool {
	if o.IsOpaque() {
		return false
	}
	switch o.scheme {
	case "https", "wss", "file":
		return true
	}
	if o.ip {
		addr, _ := netip.ParseAddr(strings.Trim(o.host, "[]"))
		// IsLoopback also accepts ::ffff:127.0.0.1, but the standard lists only ::1.
		return addr.IsLoopback() && !addr.Is4In6()
	}
	name := strings.TrimSuffix(o.Host(), ".")
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// URLPotentiallyTrustworthy reports whether a URL is about:blank, about:srcdoc, a data: URL, or has a
// potentially trustworthy origin. It is also true for file: URLs: the standard leaves these to the
// browser, and all browsers trust them.
// See https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy.
func URLPotentiallyTrustworthy(u *weburl.URL) bool {
	switch u.Scheme {
	case "data", "file":
		return true
	case "about":
		return u.OpaquePath && (u.Path == "blank" || u.Path == "srcdoc")
	}
	if isTupleScheme(u.Scheme) { // all but the text of Of, which would be allocated
		return Origin{scheme: u.Scheme, host: u.Host.String(), ip: u.Host.IsIP()}.PotentiallyTrustworthy()
	}
	return Of(u).PotentiallyTrustworthy()
}
