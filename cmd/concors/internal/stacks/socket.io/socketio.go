// Package socketio has the short form for Socket.IO.
package socketio

import (
	"embed"

	"github.com/concors/concors/cmd/concors/internal/recipe"
)

//go:embed short/*.tmpl
var short embed.FS

// Short is the option cors of the server, for its own requests below /socket.io/.
var Short = recipe.Stack{
	Name: "socket.io", Title: "Socket.IO", Verified: "socket.io 4.8.4", Comment: "// ",
	Aliases:   []string{"socketio"},
	Where:     "Where the server is created; it applies to /socket.io/ only, and not to WebSockets, which are not subject to CORS:",
	Templates: recipe.Folder(short, "short"),
	Ranges:    true,
	Defaults:  recipe.UsualDefaults,
	Limits: append([]recipe.Limit{
		recipe.LosesMethodsWithAuth,
	}, recipe.OptionLimits...),
}
