package integration

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	// The programs that are built here need the packages of Fiber, and no test imports them.
	_ "github.com/gofiber/fiber/v3"
	_ "github.com/gofiber/fiber/v3/middleware/adaptor"
	_ "github.com/gofiber/fiber/v3/middleware/cors"
)

// A goShort says how a short form in Go is compiled: what it needs beside it.
type goShort struct {
	module  string   // that Verified names; "" is Go itself
	imports []string // of the form, and of what is around it
	before  string   // declares what the form uses
	after   string   // returns the application as an http.Handler; notes is its only handler
}

var goShorts = map[string]goShort{
	"net-http": {imports: []string{"github.com/concors/concors/cors"}, after: "return handler"},
	"rs-cors":  {module: "github.com/rs/cors", imports: []string{"github.com/rs/cors"}, after: "return handler"},
	"gorilla": {module: "github.com/gorilla/handlers", imports: []string{"github.com/gorilla/handlers"},
		after: "return handler"},
	"chi": {module: "github.com/go-chi/cors", imports: []string{"github.com/go-chi/chi/v5", "github.com/go-chi/cors"},
		before: "r := chi.NewRouter()",
		after:  `r.Handle("/", handler); return r`},
	"gin": {module: "github.com/gin-contrib/cors", imports: []string{"github.com/gin-contrib/cors", "github.com/gin-gonic/gin"},
		before: "gin.SetMode(gin.ReleaseMode); router := gin.New()",
		after:  `router.Any("/", gin.WrapH(handler)); return router`},
	"echo": {module: "github.com/labstack/echo/v5",
		imports: []string{"github.com/labstack/echo/v5", "github.com/labstack/echo/v5/middleware"},
		before:  "e := echo.New()",
		after:   `e.Any("/", echo.WrapHandler(handler)); return e`},
	"fiber": {module: "github.com/gofiber/fiber/v3",
		imports: []string{"github.com/gofiber/fiber/v3", "github.com/gofiber/fiber/v3/middleware/adaptor", "github.com/gofiber/fiber/v3/middleware/cors"},
		before:  "app := fiber.New()",
		after:   `app.All("/", adaptor.HTTPHandler(handler)); return adaptor.FiberApp(app)`},
}

// runGoShorts returns a function that builds one program with the short forms, and runs it.
// The program is built in this module, which has the dependencies.
func runGoShorts(name string) func(t *testing.T, verified string, texts []string) []string {
	return func(t *testing.T, verified string, texts []string) []string {
		program := need(t, "go")
		short := goShorts[name]
		goModuleIs(t, program, verified, short.module)
		dir := tempDir(t)
		binary := dir + "/server"
		build := exec.Command(program, "build", "-o", binary)
		var cases strings.Builder
		for i, text := range texts {
			fmt.Fprintf(&cases, "application%d,\n", i)
			imports := append([]string{"net/http"}, short.imports...)
			for word, path := range map[string]string{"regexp.": "regexp", "time.": "time"} {
				if strings.Contains(text, word) {
					imports = append(imports, path)
				}
			}
			var header strings.Builder
			for _, path := range imports {
				fmt.Fprintf(&header, "import %q\n", path)
			}
			build.Args = append(build.Args, write(t, dir, fmt.Sprintf("short%d.go", i), fmt.Sprintf(
				"package main\n\n%s\nfunc application%d(handler http.Handler) http.Handler {\n%s\n%s\n%s\n}\n",
				header.String(), i, short.before, text, short.after)))
		}
		build.Args = append(build.Args, write(t, dir, "main.go", `
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
)

func main() {
	notes := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("X-Total-Count", "1")
		io.WriteString(w, "hello")
	})
	for i, application := range []func(http.Handler) http.Handler{
		`+cases.String()+`
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%d http://%s\n", i, l.Addr())
		go http.Serve(l, application(notes))
	}
	select {}
}
`))
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("building the short forms: %v\n%s", err, out)
		}
		return serveAll(t, dir, len(texts), binary)
	}
}

// goModuleIs checks that a module has the version of verified, such as "rs/cors 1.11.1",
// or that Go has the version of "Go 1.26".
func goModuleIs(t *testing.T, program, verified, module string) {
	t.Helper()
	args, prefix := []string{"list", "-m", module}, strings.TrimPrefix(module, "github.com/")+" v"
	if module == "" {
		args, prefix = []string{"version"}, "go version go"
	}
	out, err := exec.Command(program, args...).CombinedOutput()
	version := strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(string(out)), "github.com/"), prefix)
	_, want, _ := strings.Cut(verified, " ")
	if err != nil || version != want && !strings.HasPrefix(version, want+".") {
		t.Errorf("the short form is verified with %q, and this is %s%v", verified, out, err)
	}
}
