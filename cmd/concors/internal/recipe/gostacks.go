package recipe

// goStacks are frameworks of Go. They have one template: package cors goes around
// all of a program's handlers, whatever made them. The middleware of the
// frameworks' own, ours in adapters included, is not reached by their redirects,
// and has one policy for all routes.
func goStacks() []Stack {
	return []Stack{{
		Name: "net-http", Title: "Go's net/http", Verified: "1.26", comment: "// ", folder: "net-http", runsCors: true,
	}, {
		Name: "gin", Title: "Gin", Verified: "1.12", comment: "// ", folder: "net-http", runsCors: true,
	}, {
		Name: "echo", Title: "Echo", Verified: "5.3", comment: "// ", folder: "net-http", runsCors: true,
	}}
}
