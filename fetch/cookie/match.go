package cookie

import (
	"net/netip"
	"strings"
)

// domainMatch is the draft's "Domain Matching": host is domain, or lies under it.
func domainMatch(host, domain string) bool {
	if host == domain {
		return true
	}
	// The length says that there is a byte for the dot and one before it.
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

// isHostName reports whether an attribute's value could be a host at all. It need
// not be exact, since it must equal or end the URL's host anyway; it is there to
// tell nonsense from somebody else's domain.
func isHostName(domain string) bool {
	for i := range len(domain) {
		if c := domain[i]; c <= 0x20 || c >= 0x7F || strings.IndexByte(`#/<>?@\^|%`, c) >= 0 {
			return false
		}
	}
	return domain != ""
}

// defaultPath is the draft's "Cookie Default Path": the URL's path up to its last
// slash.
func defaultPath(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 || path[0] != '/' {
		return "/"
	}
	return path[:i]
}

// pathMatch is "Path Matching". The draft compares the request's path with a
// slash after it, by which /login-evil would match a cookie for /login; the slash
// belongs after the cookie's path, where RFC 6265 has it.
func pathMatch(requestPath, cookiePath string) bool {
	rest, ok := strings.CutPrefix(requestPath, cookiePath)
	return ok && (rest == "" || rest[0] == '/' || strings.HasSuffix(cookiePath, "/"))
}
