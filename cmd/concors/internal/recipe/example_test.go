package recipe_test

import (
	"errors"
	"fmt"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/recipe"
	"github.com/concors/concors/cors"
	"github.com/concors/concors/cors/routes"
)

func ExampleWrite() {
	policies := routes.Policies{Policy: cors.Policy{Origins: []string{"https://app.example.com"}, Methods: []string{"PUT"}}}
	r, err := recipe.Write(policies, "nginx")
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
	_, err := recipe.Write(policies, "aws-api-gateway")
	var refusal *recipe.Refusal
	fmt.Println(errors.As(err, &refusal))
	// Output: true
}

func ExampleAlias() {
	r, err := recipe.Alias(recipe.AliasOptions{Path: "/api/", To: "https://api.example/v1/"}, "nginx")
	if err != nil {
		panic(err)
	}
	for line := range strings.Lines(r.Files[0].Text) {
		if strings.Contains(line, "proxy_pass") {
			fmt.Println(strings.TrimSpace(line))
		}
	}
	// Output: proxy_pass https://api.example/v1/;
}
