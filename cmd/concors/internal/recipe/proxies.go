package recipe

import "slices"

// proxies are servers with a configuration in their own language.
func proxies() []Stack {
	// What all of them leave to whoever reads the recipe, or leave out.
	common := []limit{
		loses(rejection, "refused origins are served and not answered with 403 (the page can't read it all the same)"),
	}
	return []Stack{
		{
			Name: "nginx", Title: "nginx", Verified: "1.22", comment: "# ", folder: "nginx",
			limits: common,
		},
		{
			Name: "apache", Title: "Apache httpd", Verified: "2.4", comment: "# ", folder: "apache",
			limits: append(slices.Clone(common), cant(unknownStatus, "Apache answers with statuses that it has a name for: choose 200 or 204 for preflights")),
		},
		{
			Name: "caddy", Title: "Caddy", Verified: "2.6", comment: "# ", folder: "caddy",
			limits: common,
		},
		{
			Name: "haproxy", Title: "HAProxy", Verified: "2.6", comment: "# ", folder: "haproxy",
			limits: common,
		},
	}
}
