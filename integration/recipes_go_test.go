package integration

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// A goServer is a program that runs recipes in Go.
type goServer struct {
	version []string // the arguments of go that print the framework's version
	imports []string
	handler string // declares handler, which passes all requests to proxy
}

var goServers = map[string]goServer{
	"net-http": {
		version: []string{"version"},
		handler: `handler := proxy`,
	},
	"gin": {
		version: []string{"list", "-m", "github.com/gin-gonic/gin"},
		imports: []string{"github.com/gin-gonic/gin"},
		handler: `
			gin.SetMode(gin.ReleaseMode)
			engine := gin.New()
			engine.Any("/*path", gin.WrapH(proxy))
			handler := engine.Handler()`,
	},
	"echo": {
		version: []string{"list", "-m", "github.com/labstack/echo/v5"},
		imports: []string{"github.com/labstack/echo/v5"},
		handler: `
			handler := echo.New()
			handler.Any("/*", echo.WrapHandler(proxy))`,
	},
}

// goWithRecipes builds one program with the recipes for all policies, because linking
// takes seconds. An argument selects the recipe. The program is built in this module,
// which has the dependencies of the recipes.
func goWithRecipes(t *testing.T, stack string) func(t *testing.T, r *recipe, upstream string) string {
	program := need(t, "go")
	server := goServers[stack]
	dir := tempDir(t)
	binary := dir + "/server"
	build := exec.Command(program, "build", "-o", binary)
	functions := map[string]string{} // by the text of a recipe
	var cases strings.Builder
	for i, p := range builtPolicies(t, stack) {
		r := mustWriteRecipe(t, stack, p.text)
		name := fmt.Sprintf("CORS%d", i)
		text := r.file(t, "cors.go")
		functions[text] = name
		build.Args = append(build.Args, write(t, dir, name+".go", strings.Replace(text, "func CORS(", "func "+name+"(", 1)))
		fmt.Fprintf(&cases, "%q: %s,\n", name, name)
	}
	imports := ""
	for _, name := range server.imports {
		imports += fmt.Sprintf("%q\n", name)
	}
	build.Args = append(build.Args, write(t, dir, "main.go", `
package main

import (
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"

	"github.com/concors/concors/cors"
	`+imports+`
)

func main() {
	upstream, err := url.Parse(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	proxy := cors.Proxy(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(upstream) }})
	`+server.handler+`
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	log.Println("http://" + l.Addr().String())
	recipes := map[string]func(http.Handler) http.Handler{
		`+cases.String()+`
	}
	log.Fatal(http.Serve(l, recipes[os.Args[1]](handler)))
}
`))
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the recipes: %v\n%s", err, out)
	}
	return func(t *testing.T, r *recipe, upstream string) string {
		versionIs(t, r, append([]string{program}, server.version...)...)
		return servePrinted(t, dir, binary, functions[r.file(t, "cors.go")], upstream)
	}
}
