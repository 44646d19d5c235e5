package integration

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	gincors "github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	chicors "github.com/go-chi/cors"
	"github.com/gorilla/handlers"
	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
	rscors "github.com/rs/cors"

	"github.com/concors/concors/cors"
	"github.com/concors/concors/corstest"
)

var update = flag.Bool("update", false, "rewrite docs/corstest.md")

// A peer is a CORS middleware.
type peer struct {
	name, module string
	// configure returns the middleware, configured to keep a promise.
	configure func(corstest.Promise) func(http.Handler) http.Handler
	// patterns means that it supports patterns such as https://*.example.com.
	patterns bool
}

// The peers are configured as their documentation says, without anything that it
// warns against, and with GET, HEAD and POST among the methods.
var peers = []peer{
	{"Concors", "github.com/concors/concors", configureConcors, true},
	{"rs/cors", "github.com/rs/cors", configureRS, true},
	{"go-chi", "github.com/go-chi/cors", configureChi, true},
	{"gorilla", "github.com/gorilla/handlers", configureGorilla, false},
	{"gin", "github.com/gin-contrib/cors", configureGin, true},
	{"echo", "github.com/labstack/echo/v5", configureEcho, false},
}

func allMethods(p corstest.Promise) []string {
	return append([]string{"GET", "HEAD", "POST"}, p.Methods...)
}

func seconds(p corstest.Promise) int { return int(p.MaxAge / time.Second) }

func configureConcors(p corstest.Promise) func(http.Handler) http.Handler {
	return cors.MustNew(cors.Policy{
		Origins: p.Origins, Methods: p.Methods, RequestHeaders: p.RequestHeaders, ExposedHeaders: p.ExposedHeaders,
		Credentials: p.Credentials, MaxAgeSeconds: seconds(p),
	}).Wrap
}

func configureRS(p corstest.Promise) func(http.Handler) http.Handler {
	return rscors.New(rscors.Options{
		AllowedOrigins: p.Origins, AllowedMethods: allMethods(p), AllowedHeaders: p.RequestHeaders, ExposedHeaders: p.ExposedHeaders,
		AllowCredentials: p.Credentials, MaxAge: seconds(p),
	}).Handler
}

func configureChi(p corstest.Promise) func(http.Handler) http.Handler {
	return chicors.Handler(chicors.Options{
		AllowedOrigins: p.Origins, AllowedMethods: allMethods(p), AllowedHeaders: p.RequestHeaders, ExposedHeaders: p.ExposedHeaders,
		AllowCredentials: p.Credentials, MaxAge: seconds(p),
	})
}

func configureGorilla(p corstest.Promise) func(http.Handler) http.Handler {
	options := []handlers.CORSOption{
		handlers.AllowedOrigins(p.Origins), handlers.AllowedMethods(allMethods(p)), handlers.AllowedHeaders(p.RequestHeaders),
		handlers.ExposedHeaders(p.ExposedHeaders), handlers.MaxAge(seconds(p)),
	}
	if p.Credentials {
		options = append(options, handlers.AllowCredentials())
	}
	return handlers.CORS(options...)
}

// configureGin adds routes for all methods and paths, as an application might. Gin runs
// its middleware for requests with a route, and for those without one.
func configureGin(p corstest.Promise) func(http.Handler) http.Handler {
	gin.SetMode(gin.ReleaseMode)
	return func(next http.Handler) http.Handler {
		c := gincors.Config{
			AllowMethods: allMethods(p), AllowHeaders: p.RequestHeaders, ExposeHeaders: p.ExposedHeaders,
			AllowCredentials: p.Credentials, MaxAge: p.MaxAge, AllowOrigins: p.Origins, AllowWildcard: true,
		}
		if slices.Contains(p.Origins, "*") {
			c.AllowOrigins, c.AllowWildcard, c.AllowAllOrigins = nil, false, true
		}
		engine := gin.New()
		engine.Use(gincors.New(c))
		engine.Any("/*path", gin.WrapH(next))
		engine.NoRoute(gin.WrapH(next))
		return engine
	}
}

func configureEcho(p corstest.Promise) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		engine := echo.New()
		engine.Use(middleware.CORSWithConfig(middleware.CORSConfig{
			AllowOrigins: p.Origins, AllowMethods: allMethods(p), AllowHeaders: p.RequestHeaders, ExposeHeaders: p.ExposedHeaders,
			AllowCredentials: p.Credentials, MaxAge: seconds(p),
		}))
		engine.Any("/*", echo.WrapHandler(next))
		return engine
	}
}

// A promise is a promise with a name for the documentation.
type promise struct {
	name string
	corstest.Promise
}

func promises() []promise {
	named := corstest.Promise{
		Origins: []string{"https://app.example.com", "https://shop.example.com:8443"}, Methods: []string{"PUT", "PATCH", "DELETE"},
		RequestHeaders: []string{"Authorization", "Content-Type", "X-Requested-With"}, ExposedHeaders: []string{"X-Request-Id", "X-Total-Count"},
		Credentials: true, MaxAge: 10 * time.Minute,
	}
	pattern, anyOrigin := named, named
	pattern.Origins = []string{"https://*.example.com"}
	anyOrigin.Origins, anyOrigin.Credentials = []string{"*"}, false
	return []promise{{"two origins", named}, {"a pattern", pattern}, {"every origin", anyOrigin}}
}

const corstestDoc = "../docs/corstest.md"

// The documentation has what corstest finds in the peers, and is up to date.
func TestPeersKeepTheirPromisesAsDocumented(t *testing.T) {
	found := map[string]peerFindings{}
	var sections strings.Builder
	for _, peer := range peers {
		f := findIn(t, peer)
		found[peer.name] = f
		fmt.Fprintf(&sections, "\n### %s\n\n%s", peer.name, f.list())
	}
	if n := len(found["Concors"].kinds); n > 0 {
		t.Errorf("Concors' own middleware has findings of %d kinds", n)
	}
	generated(t, corstestDoc, "\n"+kindsTable(found)+"\n"+versionsTable(t)+
		"\n## What was found\n\nThe brackets name the promises with which it was found.\n"+sections.String()+"\n")
}

// peerFindings is what corstest finds in one peer.
type peerFindings struct {
	kinds    map[string]bool
	order    []corstest.Finding  // the different sentences, in the order in which they were found
	promises map[string][]string // for each of them, the names of the promises
}

func findIn(t *testing.T, peer peer) peerFindings {
	found := peerFindings{map[string]bool{}, nil, map[string][]string{}}
	for _, promise := range promises() {
		if strings.Contains(promise.Origins[0], "*.") && !peer.patterns {
			continue
		}
		findings, err := corstest.Check(peer.configure(promise.Promise), promise.Promise)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range findings {
			found.kinds[f.Kind] = true
			if found.promises[f.String()] == nil {
				found.order = append(found.order, f)
			}
			found.promises[f.String()] = append(found.promises[f.String()], promise.name)
			if testing.Verbose() {
				t.Logf("%s, %s: %s\n%s\n\n%s", peer.name, promise.name, f, f.Request, f.Response)
			}
		}
	}
	return found
}

// list is a Markdown list of the findings.
func (p peerFindings) list() string {
	if len(p.order) == 0 {
		return "No findings.\n"
	}
	var b strings.Builder
	escape := strings.NewReplacer("*", "\\*", "|", "\\|")
	for _, f := range p.order {
		fmt.Fprintf(&b, "* `%s` (%s): %s\n", f.Kind, strings.Join(p.promises[f.String()], ", "), escape.Replace(f.Sentence))
	}
	return b.String()
}

// kindsTable is a Markdown table of what was found in which peer.
func kindsTable(found map[string]peerFindings) string {
	var b strings.Builder
	b.WriteString("| kind |")
	for _, p := range peers {
		fmt.Fprintf(&b, " %s |", p.name)
	}
	b.WriteString("\n|---|" + strings.Repeat(":---:|", len(peers)) + "\n")
	for _, k := range corstest.Kinds() {
		fmt.Fprintf(&b, "| `%s`: %s |", k.Name, k.Title)
		for _, p := range peers {
			mark := "✔"
			if found[p.name].kinds[k.Name] {
				mark = "✘"
			}
			b.WriteString(" " + mark + " |")
		}
		b.WriteByte('\n')
	}
	b.WriteString("| kinds found |")
	for _, p := range peers {
		fmt.Fprintf(&b, " %d |", len(found[p.name].kinds))
	}
	b.WriteByte('\n')
	return b.String()
}

func versionsTable(t *testing.T) string {
	var b strings.Builder
	b.WriteString("| module | version |\n|---|---|\n")
	for _, p := range peers {
		fmt.Fprintf(&b, "| `%s` | %s |\n", p.module, required(t, p.module))
	}
	return b.String()
}

// required is the version of a module that this module requires.
func required(t *testing.T, module string) string {
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mod)) {
		if f := strings.Fields(line); len(f) == 2 && f[0] == module {
			return strings.Replace(f[1], "v0.0.0", "this repository", 1)
		}
	}
	t.Fatalf("%s is not in go.mod", module)
	return ""
}

// generated compares the part of a file between two marks with the text that it
// should have, and rewrites it with -update.
func generated(t *testing.T, file, want string) {
	t.Helper()
	const from, to = "<!-- generated by integration/corstest_test.go -->\n", "<!-- end -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), from)
	have, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("%s does not have both marks: %s%s", file, from, to)
	}
	if have == want {
		return
	}
	if !*update {
		t.Fatalf("%s is out of date; rewrite it with\n\tgo test -run %s -update .\nlines that are only in the file:\n%s\nlines that were only found now:\n%s",
			file, t.Name(), linesWithout(have, want), linesWithout(want, have))
	}
	if err := os.WriteFile(file, []byte(before+from+want+to+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// linesWithout returns the lines of text that other does not have.
func linesWithout(text, other string) string {
	inOther := map[string]bool{}
	for line := range strings.Lines(other) {
		inOther[line] = true
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !inOther[line] {
			b.WriteString(line)
		}
	}
	return b.String()
}
