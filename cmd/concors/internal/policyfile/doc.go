// Package policyfile reads the file that holds a CORS policy. It reports all
// problems of the file at once, each with its line and column and with what to
// write instead.
//
// The file is the JSON form of [cors.Policy], or of [routes.Policies] for policies by
// route. It can be written as YAML or as JSON: both hold the same data.
//
//	origins: [https://app.example.com, "https://*.example.com"]
//	methods: [PUT, DELETE]
//	credentials: true
//
// Reading takes three steps. Package position turns the text into values with
// positions. decode.go fills the Go structs from them; it takes the fields from the
// structs themselves, so there is no second list of them. check.go has package cors
// check the result, and finds the position of each fault in the file. describe.go
// says what a policy grants, and report.go reports all of it.
package policyfile
