package cookie

import (
	"net/netip"
	"strings"
)

// domainMatch ("Domain Matching" in the draft) reports whether host is domain or a subdomain of it.
func domainMatch(host, domain string) bool {
	if host == domain {
		return true
	}
	// There must be room for the dot and at least one byte before it.
	return len(host) > len(domain)+1 && strings.HasSuffix(host, domain) &&
		host[len(host)-len(domain)-1] == '.' && !isIP(host)
}

// isIP reports whether a canonical host is an IP address.
func isIP(host string) bool {
	if strings.HasPrefix(host, "[") {
		return true
	}
	_, err := netip.ParseAddr(host)
	return err == nil
}

// isHostName reports whether a Domain attribute could be a host. It only decides between the reasons
// InvalidDomain and DomainMismatch: a domain that does not match the URL's host is refused either way.
func isHostName(domain string) bool {
	for i := range len(domain) {
		if c := domain[i]; c <= 0x20 || c >= 0x7F || strings.IndexByte(`#/<>?@\^|%`, c) >= 0 {
			return false
		}
	}
	return domain != ""
}

// defaultPath ("Cookie Default Path" in the draft) returns the URL's path up to its last slash.
func defaultPath(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 || path[0] != '/' {
		return "/"
	}
	return path[:i]
}

// pathMatch ("Path Matching" in the draft) reports whether a cookie for cookiePath is sent to
// requestPath. The draft appends a slash to the request's path, so that /login-evil would match a
// cookie for /login. As in RFC 6265, the slash belongs after the cookie's path.
func pathMatch(requestPath, cookiePath string) bool {
	rest, ok := strings.CutPrefix(requestPath, cookiePath)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(cookiePath, "/"))
}
