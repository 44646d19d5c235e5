package recipe

// otherLanguages are frameworks of other languages than Go and JavaScript.
func otherLanguages() []Stack {
	return []Stack{{
		Name: "php", Title: "PHP", Verified: "8.2", comment: "// ", folder: "php",
	}, {
		Name: "flask", Title: "Flask", Verified: "2.2", comment: "# ", folder: "flask",
	}, {
		Name: "django", Title: "Django", Verified: "3.2", comment: "# ", folder: "django",
	}}
}
