package recipe

// nodeStacks are frameworks of Node. One function in JavaScript decides for all of
// them, as package cors does here: templates/parts/policy.js.tmpl.
func nodeStacks() []Stack {
	return []Stack{
		{Name: "express", Title: "Express", Verified: "5.3.0", comment: "// ", folder: "express", anyRoute: true},
		{Name: "fastify", Title: "Fastify", Verified: "5.12.8", comment: "// ", folder: "fastify", anyRoute: true},
		{Name: "hono", Title: "Hono", Verified: "4.13.19", comment: "// ", folder: "hono", anyRoute: true},
		{
			Name: "next", Title: "Next.js", Verified: "16.4.5", comment: "// ", folder: "next", anyRoute: true,
			limits: []limit{
				loses(always, "CORS headers that a route handler sets itself get through, to origins that the policy refuses too: delete them, or wrap the handler in underPolicy; those of an API route in pages/ can only be deleted"),
				loses(always, "what next.config.js redirects is answered before the proxy runs, without CORS"),
			},
		},
	}
}
