package sop

// opaqueBeforeAverse reports whether document.cookie throws in a document with an opaque
// origin although the document is cookie-averse.
func (q quirks) opaqueBeforeAverse(d *Decision, doc *Document) bool {
	if doc.URL.IsHTTP() {
		return false
	}
	return q.departs(d, OpaqueCookiesThrow) || doc.Sandbox&SandboxOrigin != 0 && q.departs(d, SandboxedCookiesThrow)
}

// isCookieAverse reports whether a document has no cookies because of its URL. By the letter
// every URL but http and https is averse; all browsers give about: and blob: documents with a
// tuple origin the cookies of that origin.
func (q quirks) isCookieAverse(doc *Document) bool { return true }
