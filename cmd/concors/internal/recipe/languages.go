package recipe

// otherLanguages are frameworks of other languages than Go and JavaScript.
func otherLanguages() []Stack {
	return []Stack{{
		Name: "php", Title: "PHP", Verified: "8.2", comment: "// ", folder: "php",
	}, {
		Name: "flask", Title: "Flask", Verified: "2.2", comment: "# ", folder: "flask",
	}, {
		Name: "django", Title: "Django", Verified: "3.2", comment: "# ", folder: "django",
	}, {
		Name: "tomcat", Title: "Tomcat", Verified: "10.1", comment: "// ", folder: "tomcat",
		limits: []limit{
			loses(always, "what a security-constraint of web.xml turns away has no CORS headers, because Tomcat asks for passwords before any filter; for preflights to get through, the authenticator's Valve in context.xml needs allowCorsPreflight=\"always\""),
		},
	}}
}
