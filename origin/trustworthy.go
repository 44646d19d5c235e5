package origin

import (
	"net/netip"
	"strings"

	"github.com/concors/concors/weburl"
)

// PotentiallyTrustworthy reports whether what comes from the origin cannot have been changed on the
// way (https://w3c.github.io/webappsec-secure-contexts/#is-origin-trustworthy): https and wss,
// loopback addresses, localhost and the names below it. An opaque origin is not trustworthy.
func (o Origin) PotentiallyTrustworthy() bool {
	if o.IsOpaque() {
		return false
	}
	if o.scheme == "https" || o.scheme == "wss" {
		return true
	}
	if o.ip {
		addr, _ := netip.ParseAddr(strings.Trim(o.host, "[]"))
		// netip counts ::ffff:127.0.0.1 too, which is outside ::1/128.
		return addr.IsLoopback() && !addr.Is4In6()
	}
	name := strings.TrimSuffix(o.Host(), ".")
	return name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// URLPotentiallyTrustworthy is https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy:
// about:blank, about:srcdoc, data: URLs and those whose origin is trustworthy. The standard leaves
// file: URLs to the browser, and all take them for trustworthy.
func URLPotentiallyTrustworthy(u *weburl.URL) bool {
	switch u.Scheme {
	case "data", "file":
		return true
	case "about":
		return u.OpaquePath && (u.Path == "blank" || u.Path == "srcdoc")
	}
	return Of(u).PotentiallyTrustworthy()
}
