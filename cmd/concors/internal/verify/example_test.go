package verify_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/concors/concors/cmd/concors/internal/openapi"
	"github.com/concors/concors/cmd/concors/internal/verify"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// A server that answers everybody, held to a policy that lets one origin in.
func ExampleRun() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	defer server.Close()
	report, err := verify.Run(context.Background(), verify.Options{
		URLs:   []string{server.URL + "/items"},
		Routes: routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}}},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Verdict)
	for _, f := range report.Sites[0].Findings {
		fmt.Println(f.Kind)
	}
	// Output:
	// differs
	// foreign-origin-let-in
	// null-origin-let-in
	// not-an-origin-let-in
	// upper-case-origin-let-in
}

// What an API's description asks for, held against a policy. No server is asked.
func ExampleRunOperations() {
	document, err := openapi.Load("api.yaml", []byte("openapi: 3.1.0\npaths:\n  /items:\n    get: {}\n    put: {}\n"))
	if err != nil {
		log.Fatal(err)
	}
	policy := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}}}
	report, err := verify.RunOperations(context.Background(), verify.Options{}, document, &policy, nil)
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
