package main

import (
	"bytes"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write what the commands print into the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"concors": func() {
			reportWait = time.Minute
			os.Exit(int(run(os.Args[1:], os.Stdout, os.Stderr)))
		},
	})
}

// concors runs a command line, and returns what it prints and its exit status. It runs in
// a process of its own, without input; with -short in this one, which takes a tenth of the
// time.
func concors(t *testing.T, args ...string) (stdout, stderr string, status int) {
	t.Helper()
	var out, err bytes.Buffer
	if testing.Short() {
		withoutInput()
		exit := run(args, &out, &err)
		return out.String(), err.String(), int(exit)
	}
	c := exec.CommandContext(t.Context(), "concors", args...)
	c.Stdout, c.Stderr = &out, &err
	if failed := c.Run(); c.ProcessState == nil || !c.ProcessState.Exited() {
		t.Fatal(failed)
	}
	return out.String(), err.String(), c.ProcessState.ExitCode()
}

// withoutInput makes this process's standard input empty.
var withoutInput = sync.OnceFunc(func() {
	empty, err := os.Open(os.DevNull)
	if err != nil {
		panic(err)
	}
	os.Stdin = empty
})

// TestScripts runs the transcripts in testdata/script. Each has a server of its
// own: $PORT is its port, and it responds to
//
//	/open    with Access-Control-Allow-Origin: *
//	/closed  without any CORS header
//	/echo    with the request's method, headers and body, readable by all
func TestScripts(t *testing.T) {
	t.Parallel() // with the tests that wait
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			server := httptest.NewServer(http.HandlerFunc(serve))
			e.Defer(server.Close)
			e.Setenv("PORT", server.URL[strings.LastIndex(server.URL, ":")+1:])
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"status": status, "pasted": pasted},
	})
}

// status runs a command and requires an exit status: status 1 concors check …
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status n command arguments")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != args[0] {
		ts.Fatalf("exit status %s, want %s", got, args[0])
	}
}

// pasted copies a file and replaces PORT in it by the server's port, as if it was
// copied from a page that uses that server: pasted to from
func pasted(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: pasted to from")
	}
	text := strings.ReplaceAll(ts.ReadFile(args[1]), "PORT", ts.Getenv("PORT"))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o666))
}

func serve(w http.ResponseWriter, r *http.Request) {
	w.Header()["Date"] = nil
	w.Header().Set("Content-Type", "text/plain")
	if r.URL.Path == "/closed" {
		return
	}
	w.Header().Set("Access-Control-Allow-Origin", "*")
	if r.URL.Path == "/echo" {
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
		w.Header().Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
		w.Header().Set("Access-Control-Expose-Headers", "X-Method, X-Seen")
		w.Header().Set("X-Method", r.Method)
		w.Header().Set("X-Seen", r.Header.Get("X-Name")+"|"+r.Header.Get("Content-Type")+"|"+r.Header.Get("Cookie"))
	}
}
