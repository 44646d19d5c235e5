// Package input says what an argument or a text is that a person gave to a command: a
// URL, a request, a console's message, a recording, a policy … Commands use it to do the
// obvious thing with it, or to say which command does.
package input

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/har"
	"github.com/concors/concors/cmd/concors/internal/paste"
	"github.com/concors/concors/fetch/console"
)

// A Kind is what an argument or a text is.
type Kind int

// The kinds.
const (
	Unknown   Kind = iota // a word or a text that is nothing else
	URL                   // a URL, or one without its scheme
	Path                  // the path of a URL alone, such as /api/me
	Request               // a curl command, a fetch() call, a request's headers
	Message               // what a browser's console shows
	Recording             // a HAR file
	Policy                // a policy file
	OpenAPI               // an OpenAPI document
)

// Name returns what a kind is called in messages.
func (k Kind) Name() string {
	return [...]string{"a text", "a URL", "a path", "a copied request", "a message of a browser's console",
		"a recording of a network panel", "a policy", "an OpenAPI document"}[k]
}

// An Input is what an argument or a text is, and where it was found.
type Input struct {
	Kind   Kind
	IsFile bool // the argument is a file's name, or ends as one does
	Exists bool // there is such a file
}

// maxStart is how much of a file or of a text is looked at, in bytes.
const maxStart = 64 << 10

// start fits what may stand before the first member of a document.
const start = `^(?:\s+|#[^\n]*|---)*\{?\s*["']?`

var (
	scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:/`)
	// A host with a dot, an IP address or localhost, with a port or a path or neither.
	host = regexp.MustCompile(`(?i)^(?://)?(?:localhost|\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)+)(?::[0-9]*)?(?:[/?#].*)?$`)
	// How an OpenAPI document and a policy begin, in YAML or JSON, after comments.
	openAPI = regexp.MustCompile(start + `(?:openapi|swagger)["']?\s*:`)
	policy  = regexp.MustCompile(start + `(?:origins|originsWithCredentials|methods|requestHeaders|exposedHeaders|credentials|` +
		`maxAgeSeconds|policy|routes)["']?\s*:`)
)

// kinds has the kind of files by the ends of their names, for files that can't be read
// or do not say what they are.
var kinds = map[string]Kind{
	".har": Recording, ".yaml": Policy, ".yml": Policy, ".txt": Message, ".log": Message, ".out": Message, ".md": Message,
}

// Of says what an argument is. It reads the beginning of the file that it names, if any.
func Of(argument string) Input {
	if argument == "" || argument == "-" {
		return Input{}
	}
	if strings.ContainsAny(argument, " \t\r\n") || len(argument) > 1<<10 {
		if start, ok := read(argument); ok {
			return Input{ofFile(argument, start), true, true}
		}
		return Input{Kind: OfText(argument)}
	}
	if scheme.MatchString(argument) {
		return Input{Kind: URL}
	}
	if start, ok := read(argument); ok {
		return Input{ofFile(argument, start), true, true}
	}
	if kind, ok := kinds[extension(argument)]; ok && !strings.HasPrefix(argument, "//") && !strings.Contains(argument, "?") {
		return Input{kind, true, false}
	}
	switch kind := OfText(argument); {
	case kind != Unknown:
		return Input{Kind: kind}
	case host.MatchString(argument):
		return Input{Kind: URL}
	case strings.HasPrefix(argument, "/"):
		return Input{Kind: Path}
	}
	return Input{}
}

// read returns the beginning of a file. It reports false if there is no such file.
func read(name string) ([]byte, bool) {
	if len(name) > 1<<10 || strings.ContainsAny(name, "\r\n\x00") {
		return nil, false
	}
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil, false // reading a pipe would take its text away
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, true // the command that reads it reports why
	}
	defer f.Close()
	start, _ := io.ReadAll(io.LimitReader(f, maxStart))
	return start, true
}

// extension returns how a name ends, without .gz.
func extension(name string) string {
	return filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz"))
}

// ofFile says what a file is, from its name and its beginning.
func ofFile(name string, start []byte) Kind {
	kind := OfText(string(start))
	byName, named := kinds[extension(name)]
	if kind == Unknown || byName == Recording {
		if !named {
			return Message // explain says what it contains
		}
		return byName
	}
	return kind
}

// OfText says what a text is, from its beginning.
func OfText(text string) Kind {
	head := text[:min(len(text), maxStart)]
	trimmed := strings.TrimSpace(strings.TrimPrefix(head, "\ufeff"))
	switch {
	case har.IsRecording([]byte(head)):
		return Recording
	case paste.IsRequest(text):
		return Request
	case scheme.MatchString(trimmed) && !strings.ContainsAny(trimmed, " \t\r\n"):
		return URL
	}
	switch {
	case openAPI.MatchString(trimmed):
		return OpenAPI
	case policy.MatchString(trimmed):
		return Policy
	}
	if messages, neighbors := console.Read(head); len(messages)+len(neighbors) > 0 {
		return Message
	}
	return Unknown
}
