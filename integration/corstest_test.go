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

var update = flag.Bool("update", false, "write docs/corstest.md anew")

// A peer is a CORS middleware, configured to keep a promise.
type peer struct {
	name, module string
	// wrap makes the middleware; nil where it cannot be configured so.
	wrap func(corstest.Promise) func(http.Handler) http.Handler
	// patterns says that it takes https://*.example.com for what it looks like.
	patterns bool
}

// peers are configured as their documentation says, with nothing that it warns
// of, and with GET, HEAD and POST among the methods.
var peers = []peer{
	{"Concors", "github.com/concors/concors", ofConcors, true},
	{"rs/cors", "github.com/rs/cors", ofRS, true},
	{"go-chi", "github.com/go-chi/cors", ofChi, true},
	{"gorilla", "github.com/gorilla/handlers", ofGorilla, false},
	{"gin", "github.com/gin-contrib/cors", ofGin, true},
	{"echo", "github.com/labstack/echo/v5", ofEcho, false},
}

func allMethods(p corstest.Promise) []string {
	return append([]string{"GET", "HEAD", "POST"}, p.Methods...)
}

func seconds(p corstest.Promise) int { return int(p.MaxAge / time.Second) }

func ofConcors(p corstest.Promise) func(http.Handler) http.Handler {
	return cors.MustNew(cors.Policy{
		Origins: p.Origins, Methods: p.Methods, RequestHeaders: p.RequestHeaders, ExposedHeaders: p.ExposedHeaders,
		Credentials: p.Credentials, MaxAgeSeconds: seconds(p),
	}).Wrap
}

func ofRS(p corstest.Promise) func(http.Handler) http.Handler {
	return rscors.New(rscors.Options{
		AllowedOrigins: p.Origins, AllowedMethods: allMethods(p), AllowedHeaders: p.RequestHeaders, ExposedHeaders: p.ExposedHeaders,
		AllowCredentials: p.Credentials, MaxAge: seconds(p),
	}).Handler
}

func ofChi(p corstest.Promise) func(http.Handler) http.Handler {
	return chicors.Handler(chicors.Options{
		AllowedOrigins: p.Origins, AllowedMethods: allMethods(p), AllowedHeaders: p.RequestHeaders, ExposedHeaders: p.ExposedHeaders,
		AllowCredentials: p.Credentials, MaxAge: seconds(p),
	})
}

func ofGorilla(p corstest.Promise) func(http.Handler) http.Handler {
	options := []handlers.CORSOption{
		handlers.AllowedOrigins(p.Origins), handlers.AllowedMethods(allMethods(p)), handlers.AllowedHeaders(p.RequestHeaders),
		handlers.ExposedHeaders(p.ExposedHeaders), handlers.MaxAge(seconds(p)),
	}
	if p.Credentials {
		options = append(options, handlers.AllowCredentials())
	}
	return handlers.CORS(options...)
}

// Routes for all methods and paths stand for an application's: a router runs
// its middleware for what has a route, and for what has none.
func ofGin(p corstest.Promise) func(http.Handler) http.Handler {
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

func ofEcho(p corstest.Promise) func(http.Handler) http.Handler {
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

// A promise is one configuration, in words.
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
	pattern, everybody := named, named
	pattern.Origins = []string{"https://*.example.com"}
	everybody.Origins, everybody.Credentials = []string{"*"}, false
	return []promise{{"two origins", named}, {"a pattern", pattern}, {"everybody", everybody}}
}

const corstestDoc = "../docs/corstest.md"

// What corstest finds in the peers is in the documentation, and current.
func TestPeersKeepTheirPromisesAsDocumented(t *testing.T) {
	found := map[string]map[string][]string{} // by peer and kind, the promises
	var sentences strings.Builder
	for _, peer := range peers {
		found[peer.name] = map[string][]string{}
		fmt.Fprintf(&sentences, "\n### %s\n\n", peer.name)
		told := map[string][]string{}
		var order []string
		for _, promise := range promises() {
			if strings.Contains(promise.Origins[0], "*.") && !peer.patterns {
				continue
			}
			findings, err := corstest.Check(peer.wrap(promise.Promise), promise.Promise)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range findings {
				found[peer.name][f.Name] = append(found[peer.name][f.Name], promise.name)
				if told[f.String()] == nil {
					order = append(order, f.String())
				}
				told[f.String()] = append(told[f.String()], promise.name)
				if testing.Verbose() {
					t.Logf("%s, %s: %s\n%s\n\n%s", peer.name, promise.name, f, f.Request, f.Answer)
				}
			}
		}
		if len(order) == 0 {
			sentences.WriteString("Nothing.\n")
		}
		for _, line := range order {
			name, sentence, _ := strings.Cut(line, ": ")
			fmt.Fprintf(&sentences, "* `%s` (%s): %s\n", name, strings.Join(told[line], ", "), strings.NewReplacer("*", "\\*", "|", "\\|").Replace(sentence))
		}
	}
	if n := len(found["Concors"]); n > 0 {
		t.Errorf("our own middleware has %d findings", n)
	}

	var b strings.Builder
	b.WriteString("| what a page, a cache or a proxy may meet |")
	for _, p := range peers {
		fmt.Fprintf(&b, " %s |", p.name)
	}
	b.WriteString("\n|---|" + strings.Repeat(":---:|", len(peers)) + "\n")
	for _, k := range corstest.Kinds() {
		fmt.Fprintf(&b, "| `%s`: %s |", k.Name, k.Title)
		for _, p := range peers {
			mark := "✔"
			if found[p.name][k.Name] != nil {
				mark = "✘"
			}
			b.WriteString(" " + mark + " |")
		}
		b.WriteByte('\n')
	}
	b.WriteString("| findings |")
	for _, p := range peers {
		fmt.Fprintf(&b, " %d |", len(found[p.name]))
	}
	b.WriteString("\n\n| module | version |\n|---|---|\n")
	for _, p := range peers {
		fmt.Fprintf(&b, "| `%s` | %s |\n", p.module, required(t, p.module))
	}
	generated(t, corstestDoc, "\n"+b.String()+"\n## What was found\n\nIn brackets is the promise that shows it.\n"+sentences.String()+"\n")
}

// required is the version of a module that this one requires.
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

// generated compares the part of a file between two marks with what it has to
// be, and writes it with -update.
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
		t.Fatalf("%s has not both marks: %s%s", file, from, to)
	}
	if have == want {
		return
	}
	if !*update {
		t.Fatalf("%s is not what corstest finds; write it anew with\n\tgo test -run %s -update .\nonly in the file:\n%s\nonly found now:\n%s",
			file, t.Name(), linesWithout(have, want), linesWithout(want, have))
	}
	if err := os.WriteFile(file, []byte(before+from+want+to+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// linesWithout is the lines of one text that another has not.
func linesWithout(text, other string) string {
	there := map[string]bool{}
	for line := range strings.Lines(other) {
		there[line] = true
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !there[line] {
			b.WriteString(line)
		}
	}
	return b.String()
}
