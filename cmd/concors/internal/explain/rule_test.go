package explain_test

import (
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/explain"
	"github.com/concors/concors/cmd/concors/internal/report"
)

// TestSameOriginLinesNameTheirRule is what Chromium, Firefox and WebKit print about frames, canvases, storage,
// messages and style sheets.
func TestSameOriginLinesNameTheirRule(t *testing.T) {
	for _, tt := range []struct{ line, rule, party, code string }{
		{`Uncaught DOMException: Failed to read a named property 'document' from 'Window': Blocked a frame with origin "https://app.example" from accessing a cross-origin frame.`, "CrossOriginProperty", "page", "event.origin"},
		{`Uncaught DOMException: Failed to read the 'contentDocument' property from 'HTMLIFrameElement': Blocked a frame with origin "https://app.example" from accessing a cross-origin frame.`, "CrossOriginProperty", "page", "postMessage"},
		{`Uncaught SecurityError: Failed to read the 'contentDocument' property from 'HTMLIFrameElement': Sandbox access violation: Blocked a frame at "http://a.example" from accessing a frame at "null".  The frame being accessed is sandboxed and lacks the "allow-same-origin" flag.`, "CrossOriginProperty", "page", "postMessage"},
		{`Uncaught DOMException: Permission denied to access property "document" on cross-origin object`, "CrossOriginProperty", "page", "postMessage"},
		{`Error: Permission denied to access property "href"`, "CrossOriginProperty", "page", "postMessage"},
		{`SecurityError: Blocked a frame with origin "https://app.example" from accessing a frame with origin "https://other.example". Protocols, domains, and ports must match.`, "CrossOriginProperty", "page", "postMessage"},
		{`Uncaught SecurityError: Failed to execute 'toDataURL' on 'HTMLCanvasElement': Tainted canvases may not be exported.`, "CanvasTainted", "server", "crossorigin"},
		{`Uncaught DOMException: Failed to execute 'getImageData' on 'CanvasRenderingContext2D': The canvas has been tainted by cross-origin data.`, "CanvasTainted", "server", "Access-Control-Allow-Origin"},
		{`Failed to execute 'postMessage' on 'DOMWindow': The target origin provided ('https://a.example') does not match the recipient window's origin ('https://b.example').`, "TargetOriginMismatch", "page", "postMessage"},
		{`Unable to post message to https://a.example. Recipient has origin https://b.example.`, "TargetOriginMismatch", "page", "postMessage"},
		{`Uncaught SyntaxError: Failed to execute 'postMessage' on 'Window': Invalid target origin 'a.example' in a call to 'postMessage'.`, "TargetOriginInvalid", "page", "postMessage"},
		{`DataCloneError: Failed to execute 'postMessage' on 'Window': function(){} could not be cloned.`, "NotCloneable", "page", "postMessage"},
		{`DataCloneError: The object can not be cloned.`, "NotCloneable", "page", "postMessage"},
		{`Uncaught SecurityError: Failed to read the 'localStorage' property from 'Window': Access is denied for this document.`, "OpaqueOriginStorage", "page", "requestStorageAccess"},
		{`Uncaught SecurityError: Failed to read the 'sessionStorage' property from 'Window': The document is sandboxed and lacks the 'allow-same-origin' flag.`, "OpaqueOriginStorage", "page", "allow-same-origin"},
		{`Unsafe attempt to initiate navigation for frame with origin 'https://app.example' from frame with URL 'https://frame.example/'. The frame attempting navigation is targeting its top-level window, but is neither same-origin with its target nor has it received a user gesture.`, "TopWithoutActivation", "page", "parent.postMessage"},
		{`Refused to display 'https://other.example/' in a frame because it set 'X-Frame-Options' to 'sameorigin'.`, "XFrameOptions", "server", "frame-ancestors"},
		{`The loading of “https://other.example/” in a frame is denied by “X-Frame-Options“ directive set to “DENY“.`, "XFrameOptions", "server", "frame-ancestors"},
		{`Script error.`, "ErrorsMuted", "server", "crossorigin"},
		{`Uncaught DOMException: Failed to read the 'cssRules' property from 'CSSStyleSheet': Cannot access rules`, "SheetNotOriginClean", "server", "crossorigin"},
		{`DOMException: CSSStyleSheet.cssRules getter: Not allowed to access cross-origin stylesheet`, "SheetNotOriginClean", "server", "crossorigin"},
		{`SecurityError: Not allowed to access cross-origin stylesheet`, "SheetNotOriginClean", "server", "Access-Control-Allow-Origin"},
		{`document.domain mutation is ignored because the surrounding agent cluster is origin-keyed.`, "DomainOriginKeyed", "page", "postMessage"},
		{`Failed to set the 'domain' property on 'Document': 'b.example' is not a suffix of 'a.example'.`, "DomainNotSuffix", "page", "postMessage"},
		{`Failed to construct 'Worker': Script at 'https://cdn.example/w.js' cannot be accessed from origin 'https://app.example'.`, "WorkerNotSameOrigin", "page", "importScripts"},
		{`Failed to execute 'pushState' on 'History': A history state object with URL 'https://b.example/' cannot be created in a document with origin 'https://a.example' and URL 'https://a.example/'.`, "URLNotRewritable", "page", "pushState"},
		{`Cross-Origin-Opener-Policy policy would block the window.closed call.`, "WindowSevered", "server", "same-origin-allow-popups"},
	} {
		r, err := explain.Read(tt.line, "")
		if err != nil || len(r.Messages) != 1 || r.Messages[0].Rule == nil {
			t.Errorf("%s: %v, %+v", tt.line, err, r)
			continue
		}
		rule := r.Messages[0].Rule
		if rule.Name.String() != tt.rule || string(rule.Party) != tt.party || !strings.Contains(strings.Join(rule.Code, "\n"), tt.code) ||
			rule.Protects == "" || !strings.HasPrefix(rule.Link, "https://") {
			t.Errorf("%s:\n%+v", tt.line, rule)
		}
		for _, parts := range []report.Parts{0, report.More} {
			var out strings.Builder
			if err := report.WriteExplanation(&out, r, report.TextOptions{Parts: parts}); err != nil || !strings.Contains(out.String(), tt.rule) ||
				!strings.Contains(out.String(), tt.code) {
				t.Errorf("%s: %v\n%s", tt.line, err, out.String())
			}
		}
	}
}

// TestLinesOfOtherRulesHaveNone tests that a line that is not about the same-origin policy names no rule of it.
func TestLinesOfOtherRulesHaveNone(t *testing.T) {
	for _, line := range []string{"GET https://a.example/ net::ERR_BLOCKED_BY_CLIENT", "Refused to connect to 'https://a.example/' because it violates the following Content Security Policy directive: \"connect-src 'self'\"."} {
		r, err := explain.Read(line, "")
		if err != nil || r.Messages[0].Rule != nil {
			t.Errorf("%s: %v, %+v", line, err, r)
		}
	}
}
