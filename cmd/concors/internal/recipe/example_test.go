package recipe_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/recipe"
	awsapigateway "github.com/concors/concors/cmd/concors/internal/stacks/aws-api-gateway"
	"github.com/concors/concors/cmd/concors/internal/stacks/caddy"
	"github.com/concors/concors/cmd/concors/internal/stacks/nginx"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

func ExampleWrite() {
	policies := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}}}
	r, err := recipe.Write(policies, nginx.Stack)
	if err != nil {
		panic(err)
	}
	for _, f := range r.Files {
		fmt.Println(f.Name)
	}
	for line := range strings.Lines(r.Files[0].Text) {
		if strings.Contains(line, "app") {
			fmt.Print(line)
		}
	}
	// Output:
	// concors-http.conf
	// concors-server.conf
	//     "~^https://app\.example\.com$" $http_origin;
}

func ExampleWrite_refused() {
	policies := routes.Policies{Policy: cors.Policy{Origins: []string{"https://pr-*.preview.example.com"}}}
	_, err := recipe.Write(policies, awsapigateway.Stack)
	var refusal *recipe.Refusal
	fmt.Println(errors.As(err, &refusal))
	// Output: true
}

func ExampleWriteAlias() {
	r, err := recipe.WriteAlias(recipe.AliasOptions{Path: "/api/", To: "https://api.example/v1/"}, caddy.Alias)
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(r.Files[0].Text) {
		if strings.Contains(line, "reverse_proxy") || strings.Contains(line, "rewrite") {
			fmt.Println(strings.TrimSpace(line))
		}
	}
	// Output:
	// rewrite * /v1{uri}
	// reverse_proxy https://api.example {
}
