package recipe

// proxies are servers with a configuration in their own language.
func proxies() []Stack {
	return []Stack{{
		Name: "nginx", Title: "nginx", Verified: "1.22", comment: "# ", folder: "nginx",
		limits: []limit{
			cant(aRouteHost, "a route by host belongs into the server block of that host: write one recipe for each"),
			loses(rejection, "refused origins are served and not answered with 403 (the page can't read it all the same)"),
		},
	}}
}
