// Package gin has recipes for Gin.
package gin

import (
	"github.com/concors/concors/cmd/concors/internal/recipe"
	nethttp "github.com/concors/concors/cmd/concors/internal/stacks/net-http"
)

// Stack writes policies. Gin's responses do not name it.
var Stack = recipe.Stack{
	Name: "gin", Title: "Gin", Verified: "1.12", Comment: "// ",
	Templates:       nethttp.Templates,
	UsesPackageCors: true,
}
