// Package echo has recipes for Echo.
package echo

import (
	"github.com/concors/concors/cmd/concors/internal/recipe"
	nethttp "github.com/concors/concors/cmd/concors/internal/stacks/net-http"
)

// Stack writes policies. Echo's responses do not name it.
var Stack = recipe.Stack{
	Name: "echo", Title: "Echo", Verified: "5.4", Comment: "// ",
	Templates:       nethttp.Templates,
	UsesPackageCors: true,
}
