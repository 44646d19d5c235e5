package sop

// sandboxedOpenThrows reports whether window.open throws where a sandbox forbids popups.
func (q quirks) sandboxedOpenThrows(d *Decision) bool { return q.departs(d, SandboxedOpenThrows) }

// noopenerAllowPopupsIgnored reports whether the opener policy noopener-allow-popups has no
// effect.
func (q quirks) noopenerAllowPopupsIgnored(d *Decision) bool {
	return q.departs(d, NoopenerAllowPopupsIgnored)
}

// credentiallessOpensNoopener reports whether windows that a document opens have no opener
// because it is in an <iframe credentialless>. Browsers without that attribute don't know it.
func (q quirks) credentiallessOpensNoopener(from *Document) bool {
	return from.Credentialless && q.knowsCredentiallessFrames()
}

// knowsCredentiallessFrames reports whether <iframe credentialless> has an effect.
func (q quirks) knowsCredentiallessFrames() bool { return !q.deviations[NoCredentiallessFrames] }
