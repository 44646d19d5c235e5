package recipe

import "slices"

// compiledLanguages are frameworks of Rust, Java and C#.
//
// None of them can be had where the tests run. Each limit is from the source of
// the version that the comment above it names. By hand the recipes for axum were
// compiled with tower-http 0.7, and those for Spring were held to the policies of
// the module integration with package verify, on spring-web 7.1 and Tomcat 10.1.
func compiledLanguages() []Stack {
	return []Stack{
		// tower-http/src/cors of 0.7.0; the same in 0.6 but for the default Vary.
		{Name: "axum", Title: "axum (tower-http)", comment: "// ", folder: "axum", limits: []limit{
			cant(aRoute, "a layer has one policy: write one recipe for each Router and nest them"),
			loses(always, "every OPTIONS request is answered as if it were a preflight: handlers get none"),
			loses(rejection, "refused origins are served and not answered with 403 (the page can't read it all the same)"),
		}},

		// DefaultCorsProcessor and CorsConfiguration of 7.1.0-M1.
		{Name: "spring", Title: "Spring (Boot, servlets)", comment: "// ", folder: "spring", anyRoute: true, limits: []limit{
			cant(aRouteHost, "a route by host: write one recipe for the server of each host"),
			loses(func(r *rule) bool { return compares(r) && !r.Reject }, "refused origins are answered with 403 and not served"),
			loses(func(r *rule) bool { return compares(r) && !r.AnyMethod }, "requests with a method that the policy does not name, but for GET, HEAD and POST, are answered with 403 if they come from another origin"),
			loses(compares, "Vary names Origin, Access-Control-Request-Method and Access-Control-Request-Headers on every answer: caches keep more copies than they need"),
			loses(anyOrigin, "preflights name Origin in Vary too, and those with an Origin that is no URL are answered with 403 (no browser sends one)"),
		}},

		// src/Middleware/CORS of .NET 8 to 10.
		{Name: "aspnet", Title: "ASP.NET Core", comment: "// ", folder: "aspnet", anyRoute: true, limits: []limit{
			cant(aRouteHost, "a route by host: write one recipe for the server of each host"),
			loses(rejection, "refused origins are served and not answered with 403 (the page can't read it all the same)"),
		}},
	}
}

// WithSafelisted are the methods and those that need no leave, for a server that
// asks its list about every request.
func (r *rule) WithSafelisted() []string {
	out := []string{"GET", "HEAD", "POST"}
	for _, m := range r.Methods {
		if !slices.Contains(out, m) {
			out = append(out, m)
		}
	}
	return out
}
