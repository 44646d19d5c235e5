// Package snippet writes JavaScript that finds out, in the console of a failing
// page, why the page cannot read a URL. It is for people who cannot install a
// program. [Cut] reads the line that it prints.
//
// A script sees little of a blocked request, so the verdict follows from a few
// requests that differ in one thing each, and the line names every other verdict
// that they cannot tell from it. The script sends GET and HEAD requests only, and
// never an OPTIONS request of its own: its CORS headers would be hidden, and a
// preflight is what the browser sends.
package snippet

import (
	"cmp"
	_ "embed"
	"encoding/json"
	"io"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
)

// script is the snippet. Its first lines are constants that Write sets.
//
//go:embed snippet.js
var script string

// Example is the URL in the copy that docs/snippet.md prints.
const Example = "https://api.example/notes"

// Write writes the script for a request: its URL, Method, Header, Data,
// Credentials and Mode. With unsafe the script also sends a POST, PUT or other
// request that may have an effect. The error is a *cli.UsageError if the request
// is invalid.
func Write(w io.Writer, q request.Question, unsafe bool) error {
	if err := q.Validate(); err != nil {
		return err
	}
	method := "GET"
	if q.Data != nil {
		method = "POST"
	}
	headers := [][2]string{}
	for _, line := range q.Header {
		name, value, _ := strings.Cut(line, ":")
		headers = append(headers, [2]string{name, strings.Trim(value, " \t")})
	}
	values := map[string]string{
		"url": literal(q.URL), "method": literal(cmp.Or(q.Method, method)), "headers": literal(headers),
		"credentials": literal(cmp.Or(q.Credentials, "same-origin")), "mode": literal(cmp.Or(q.Mode, "cors")),
		"body": literal(q.Data), "sendUnsafe": literal(unsafe), "verdicts": sentences(),
	}
	var out strings.Builder
	for line := range strings.Lines(script) {
		name, rest, isConstant := strings.Cut(strings.TrimPrefix(line, "  const "), " = ")
		if value, set := values[name]; isConstant && set {
			_, comment, _ := strings.Cut(rest, ";")
			line = "  const " + name + " = " + value + ";" + comment
			delete(values, name)
		}
		out.WriteString(line)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// literal writes a value as JavaScript: as JSON, in which Marshal also escapes what
// would end a line or a script element.
func literal(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings, lists of strings and booleans have no error
	}
	return string(raw)
}

// sentences writes the table of verdicts as JavaScript.
func sentences() string {
	var b strings.Builder
	b.WriteString("{\n")
	for _, v := range verdicts {
		b.WriteString("    " + literal(v.name) + ": " + literal(v.sentence) + ",\n")
	}
	return b.String() + "  }"
}
