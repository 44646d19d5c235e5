package fetch

// embedderPolicy is the embedder policy as the browser supports it.
func (q quirks) embedderPolicy(p EmbedderPolicy) EmbedderPolicy {
	if p == Credentialless && q.deviates(NoCredentialless) {
		return UnsafeNone
	}
	return p
}

// satisfiesEmbedderPolicy reports whether an invalid Cross-Origin-Resource-Policy
// satisfies an embedder policy.
func (q quirks) satisfiesEmbedderPolicy(corp string) bool {
	return corp != "" && q.deviates(InvalidCORPSatisfiesCOEP)
}
