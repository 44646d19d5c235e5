// Package policyfile reads the file that holds a CORS policy, and says all that
// is wrong with it at once, each thing with its line and column and with what
// to write instead.
//
// The file is the JSON form of [cors.Policy], or of [routes.Policies] for a policy by
// route, as YAML or as JSON: the two hold the same data.
//
//	origins: [https://app.example.com, "https://*.example.com"]
//	methods: [PUT, DELETE]
//	credentials: true
//
// Reading goes in three steps, one to a file. tree.go turns the text into values
// that know where they stood. decode.go fills the Go structs from them, and
// knows the fields from the structs themselves: there is no second list to keep
// in step. faults.go has package cors look at what came of it, and finds the
// place of each of its faults in the file.
package policyfile
