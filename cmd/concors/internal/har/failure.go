package har

import (
	"cmp"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/console"
)

// A failure is an error that browsers record. The names are those of Chromium
// (net::ERR_…) and Firefox (NS_ERROR_…).
type failure struct{ names, meaning string }

// failures say what a browser's recorded error means, where it is not CORS that
// stopped the request; a longer name comes before a shorter one that begins alike.
// After those in laterFailures the response that is recorded beside it counts too.
var failures = []failure{
	{"ERR_BLOCKED_BY_CLIENT.Inspector", "The developer tools blocked it: see their list of blocked requests."},
	{"ERR_BLOCKED_BY_CLIENT NS_ERROR_TRACKING_URI NS_ERROR_BLOCKED_BY_POLICY",
		"An extension such as an ad blocker, or tracking protection, stopped it in the browser. The server did not see it, so requesting it with another program shows nothing about the cause."},
	{"ERR_BLOCKED_BY_ADMINISTRATOR", "A policy of the browser's administrator forbids the URL."},
	{"ERR_BLOCKED_BY_CSP", "The page's own Content Security Policy forbids it."},
	{"ERR_BLOCKED_BY_PRIVATE_NETWORK_ACCESS_CHECKS ERR_BLOCKED_BY_LOCAL_NETWORK_ACCESS_CHECKS",
		"The page may not reach the local network: its user must allow it, and the page must come over https (Local Network Access)."},
	{"ERR_UNSAFE_PORT NS_ERROR_PORT_ACCESS_NOT_ALLOWED", "Browsers do not connect to this port."},
	{"ERR_CERT_ ERR_SSL_ ERR_BAD_SSL_ SSL_ERROR_ SEC_ERROR_ MOZILLA_PKIX_ERROR_ NS_ERROR_NET_SSL",
		"The server's certificate was not accepted, or TLS failed. Open the URL in a tab to see why; no CORS header helps."},
	{"ERR_NAME_NOT_RESOLVED ERR_NAME_RESOLUTION_FAILED NS_ERROR_UNKNOWN_HOST", "The host's name was not found."},
	{"ERR_CONNECTION_REFUSED NS_ERROR_CONNECTION_REFUSED", "Nothing listens on that port: the server does not run, or the port is wrong."},
	{"ERR_CONNECTION_ ERR_EMPTY_RESPONSE ERR_ADDRESS_UNREACHABLE ERR_TIMED_OUT ERR_SOCKET_NOT_CONNECTED ERR_NETWORK_ NS_ERROR_NET_",
		"The connection failed, so there was no response that CORS could decide on."},
	{"ERR_INTERNET_DISCONNECTED NS_ERROR_OFFLINE", "The browser was offline."},
	{"ERR_PROXY_ ERR_TUNNEL_ NS_ERROR_PROXY_", "The proxy did not forward it."},
}

var laterFailures = []failure{
	{"ERR_BLOCKED_BY_ORB", "The browser keeps such a response from pages of other origins, whatever the CORS headers say (Opaque Response Blocking)."},
	{"ERR_BLOCKED_BY_RESPONSE", "The response's Cross-Origin-Resource-Policy, or the page's Cross-Origin-Embedder-Policy, keeps it from this page."},
	{"ERR_TOO_MANY_REDIRECTS NS_ERROR_REDIRECT_LOOP", "The redirects do not end: two rules undo each other, or a login page lacks its cookie."},
	{"ERR_ABORTED NS_BINDING_ABORTED", "The page or its user aborted it: a new page was opened, or a script cancelled it."},
}

// Meaning says what an error means that Chromium or Firefox names, such as net::ERR_CONNECTION_REFUSED, if
// no response came. It returns "" for any other.
func Meaning(name string) string { return meaningIn(failures, name) }

// meaningOf says what a recorded error means, or returns "". net::ERR_FAILED is what
// Chromium records where CORS blocks a request, and means nothing more.
func meaningOf(text string) string {
	switch {
	case text == corsFailure:
		return ""
	case isCORSFailure(text):
		return "The browser records it where CORS blocks a request."
	}
	return cmp.Or(meaningIn(failures, text), meaningIn(laterFailures, text))
}

// beforeResponse reports whether an error means that no response reached the check of
// its CORS headers.
func beforeResponse(text string) bool { return meaningIn(failures, text) != "" }

func meaningIn(list []failure, text string) string {
	name := strings.TrimPrefix(strings.TrimSpace(text), "net::")
	for _, f := range list {
		for prefix := range strings.FieldsSeq(f.names) {
			if strings.HasPrefix(name, prefix) {
				return f.meaning
			}
		}
	}
	return ""
}

// isCORSFailure reports whether an error is what browsers record for a request that CORS
// blocks, and for some others: of WebKit it is the line of its console.
func isCORSFailure(text string) bool {
	return text == corsFailure || text == "NS_ERROR_DOM_BAD_URI" ||
		strings.Contains(text, " ") && slices.ContainsFunc(console.Parse(text), func(m console.Message) bool {
			return slices.Contains(m.Browsers, fetch.WebKit.Name)
		})
}

// corsFailure is Chromium's.
const corsFailure = "net::ERR_FAILED"

// recordedError returns the first text among the values that programs record for an
// error: a text, or an object with one.
func recordedError(values ...any) string {
	for _, v := range values {
		if object, ok := v.(map[string]any); ok {
			v = object["errorText"]
		}
		if s := text(v); s != "" {
			return term.Cut(s, maxFailure)
		}
	}
	return ""
}

// localNetworkAccess reports whether Local Network Access blocked the request: a command that assumes that
// the rule allows it would not show that.
func localNetworkAccess(failure string) bool {
	return strings.HasSuffix(strings.TrimSpace(failure), "_NETWORK_ACCESS_CHECKS")
}

// stoppedInBrowser reports whether the browser stopped the request itself, so that
// requesting its URL shows nothing.
func stoppedInBrowser(failure string) bool {
	name := strings.TrimPrefix(strings.TrimSpace(failure), "net::")
	return strings.HasPrefix(name, "ERR_BLOCKED_BY_CLIENT") || strings.HasPrefix(name, "ERR_BLOCKED_BY_ADMINISTRATOR") ||
		strings.HasPrefix(name, "ERR_BLOCKED_BY_CSP") || strings.HasPrefix(name, "NS_ERROR_TRACKING_URI") ||
		strings.HasPrefix(name, "NS_ERROR_BLOCKED_BY_POLICY")
}
