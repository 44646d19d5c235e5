package policyfile_test

import (
	"fmt"

	"github.com/concors/concors/cmd/concors/internal/policyfile"
)

func ExampleLoad() {
	file, err := policyfile.Load("policy.yaml", []byte(`
origins: [https://app.example.com]
methods: [PUT]
`))
	fmt.Println(file.Routes.Policy.Methods, err)

	_, err = policyfile.Load("policy.yaml", []byte(`
origins: [https://app.example.com/]
maxAge: 10m
`))
	fmt.Println(err)
	// Output:
	// [PUT] <nil>
	// policy.yaml:2:11: error: "https://app.example.com/": an origin has a scheme, a host and a port, and no slash at the end; write https://app.example.com
	// policy.yaml:3:1: error: unknown field "maxAge"; did you mean maxAgeSeconds?
}
