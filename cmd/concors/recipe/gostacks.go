package recipe

// goStacks are frameworks of Go.
func goStacks() []Stack {
	return []Stack{{
		Name: "net-http", Title: "Go's net/http", Verified: "1.26", comment: "// ", folder: "net-http", anyRoute: true,
	}}
}
