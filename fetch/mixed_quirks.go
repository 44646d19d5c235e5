package fetch

// prohibitsMixedContent reports whether mixed content is blocked and upgraded in the
// page.
func (q quirks) prohibitsMixedContent(env *environment) bool {
	return env.prohibitsMixedContent ||
		env.page.Sandboxed && env.url.Scheme == "https" && q.deviates(SandboxedProhibitsMixedContent)
}
