package serverfix_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/concors/concors/cmd/concors/internal/check"
	"github.com/concors/concors/cmd/concors/internal/serverfix"
)

func ExampleFor() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "nginx/1.22.1")
	}))
	defer server.Close()

	ctx := context.Background()
	question := check.Question{URL: server.URL, From: "https://app.example", Method: "DELETE"}
	report, err := check.Run(ctx, question)
	if err != nil {
		panic(err)
	}
	if err := serverfix.For(ctx, question, report, ""); err != nil {
		panic(err)
	}
	fmt.Println(report.Fix.Layers[0])
	fmt.Print(report.Fix.Policy)
	fmt.Println(report.Fix.Proof[0].Browser, report.Fix.Proof[0].Verdict)
	// Output:
	// It seems to be nginx.
	// origins: ["https://app.example"]
	// methods: ["DELETE"]
	// chromium allowed
}
