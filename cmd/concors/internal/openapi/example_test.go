package openapi_test

import (
	"fmt"

	"github.com/concors/concors/cmd/concors/internal/openapi"
)

func ExampleLoad() {
	d, err := openapi.Load("api.yaml", []byte(`openapi: 3.1.0
paths:
  /items/{id}:
    put:
      parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
      - {name: If-Match, in: header, required: true}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range d.Operations {
		fmt.Printf("%s:%d: %s %s with %s\n", d.Name, o.Line, o.Method, o.Target, o.Headers[0].Name)
	}
	// Output:
	// api.yaml:4: PUT /items/1 with If-Match
}
