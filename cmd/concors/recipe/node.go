package recipe

// nodeStacks are frameworks of Node. One function in JavaScript decides for all of
// them, as package cors does here: templates/shared/policy.js.tmpl.
func nodeStacks() []Stack {
	return []Stack{
		{Name: "express", Title: "Express", Verified: "5.3.0", comment: "// ", folder: "express"},
		{Name: "fastify", Title: "Fastify", Verified: "5.12.8", comment: "// ", folder: "fastify"},
		{Name: "hono", Title: "Hono", Verified: "4.13.19", comment: "// ", folder: "hono"},
		{Name: "next", Title: "Next.js", Verified: "16.4.5", comment: "// ", folder: "next"},
	}
}
