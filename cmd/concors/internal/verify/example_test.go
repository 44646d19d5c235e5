package verify_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"

	"github.com/concors/concors/cmd/concors/internal/probe"
	"github.com/concors/concors/cmd/concors/internal/verify"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

// A server that allows every origin, tested against a policy that allows one.
func ExampleRun() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
	}))
	defer server.Close()
	policy := cors.Policy{Origins: []string{"https://app.example.com"}}
	report, err := verify.Run(context.Background(), probe.Options{URLs: []string{server.URL + "/items"}, Rate: 1000}, routes.Policies{Policy: policy})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Verdict)
	for _, f := range report.Sites[0].Findings {
		fmt.Println(f.Kind)
	}
	// Output:
	// differs
	// foreign-origin-allowed
	// null-origin-allowed
	// invalid-origin-allowed
	// upper-case-origin-allowed
}
