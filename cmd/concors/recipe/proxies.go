package recipe

// proxies are servers with a configuration in their own language.
func proxies() []Stack {
	return []Stack{{
		Name: "nginx", Title: "nginx", Verified: "1.22", comment: "# ", folder: "nginx",
		limits: []limit{
			loses(rejection, "refused origins are served and not answered with 403 (the page can't read it all the same)"),
		},
	}}
}
