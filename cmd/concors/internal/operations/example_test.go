package operations_test

import (
	"context"
	"fmt"
	"log"

	"github.com/concors/concors/cmd/concors/internal/openapi"
	"github.com/concors/concors/cmd/concors/internal/operations"
	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// The operations of an API checked against a policy, without a server.
func ExampleRun() {
	document, err := openapi.Load("api.yaml", []byte("openapi: 3.1.0\npaths:\n  /items:\n    get: {}\n    put: {}\n"))
	if err != nil {
		log.Fatal(err)
	}
	policy := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}}}
	report, err := operations.Run(context.Background(), probe.Options{}, document, &policy, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Verdict)
	for _, o := range report.Sites[0].Operations {
		for _, p := range o.Problems {
			fmt.Printf("%s:%d: %s %s: %s\n", report.Document, o.Line, o.Method, o.Path, p.Change)
		}
	}
	// Output:
	// unusable
	// api.yaml:5: PUT /items: add PUT to methods
}
