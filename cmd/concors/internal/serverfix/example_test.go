package serverfix_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/serverfix"
)

func ExampleFor() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "nginx/1.22.1")
	}))
	defer server.Close()

	ctx := context.Background()
	question := request.Question{URL: server.URL, From: "https://app.example", PageSpace: "loopback", Method: "DELETE"}
	result, err := request.Run(ctx, question)
	if err != nil {
		panic(err)
	}
	fix, err := serverfix.For(ctx, question, result, "")
	if err != nil {
		panic(err)
	}
	fmt.Println(fix.Layers[0])
	fmt.Print(fix.Policy)
	fmt.Println(fix.Simulated[0].Browser, fix.Simulated[0].Verdict)
	// Output:
	// Server: looks like nginx (Server: nginx/1.22.1).
	// origins: ["https://app.example"]
	// methods: ["DELETE"]
	// chromium unknown
}
