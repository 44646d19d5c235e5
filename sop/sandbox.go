package sop

import "strings"

// Sandbox is a sandboxing flag set,
// https://html.spec.whatwg.org/multipage/browsers.html#sandboxing-flag-set. The zero
// value is a document without a sandbox.
type Sandbox uint16

// The sandboxing flags that this package uses.
const (
	SandboxNavigation Sandbox = 1 << iota
	SandboxPopups
	SandboxTopNavigation
	SandboxTopNavigationByUser
	SandboxOrigin
	SandboxForms
	SandboxScripts
	SandboxDomain
	SandboxPropagates // to the windows that the document opens
	SandboxModals
	SandboxDownloads

	sandboxAll = SandboxDownloads<<1 - 1
)

// ParseSandbox returns the flags of an iframe's sandbox attribute, or of the sandbox
// directive of a Content-Security-Policy. The empty string sets all of them. Unknown
// tokens are ignored. See
// https://html.spec.whatwg.org/multipage/browsers.html#parse-a-sandboxing-directive.
func ParseSandbox(attribute string) Sandbox {
	flags := sandboxAll
	for _, token := range strings.Fields(attribute) {
		switch strings.ToLower(token) {
		case "allow-popups":
			flags &^= SandboxPopups
		case "allow-top-navigation":
			flags &^= SandboxTopNavigation | SandboxTopNavigationByUser
		case "allow-top-navigation-by-user-activation":
			flags &^= SandboxTopNavigationByUser
		case "allow-same-origin":
			flags &^= SandboxOrigin
		case "allow-forms":
			flags &^= SandboxForms
		case "allow-scripts":
			flags &^= SandboxScripts
		case "allow-popups-to-escape-sandbox":
			flags &^= SandboxPropagates
		case "allow-modals":
			flags &^= SandboxModals
		case "allow-downloads":
			flags &^= SandboxDownloads
		}
	}
	return flags
}
