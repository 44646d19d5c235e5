package main

import (
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"
)

// whereTheLabIs is what concors lab says once it listens.
var whereTheLabIs = regexp.MustCompile(`http://www\.app\.localhost:([0-9]+)/`)

func TestTheLabServesUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGINT to send")
	}
	for _, row := range []struct {
		name, stdout, stderr string
		args                 []string
	}{
		{"without a browser to open", `(?s)^Lab      http://www\.app\.localhost:\d+/\n.*Ctrl-C ends the lab\.\n$`,
			`(?m)^No browser was found\. Open http://www\.app\.localhost:\d+/ yourself\.$`, nil},
		{"without opening one", `(?m)^Class    http://www\.app\.localhost:\d+/class$`, `^(This computer does not resolve .*\n)?$`, []string{"--no-open", "--class"}},
		{"as JSON", `(?s)^\{\n  "url": "http://www\.app\.localhost:\d+/",\n  "plainUrl": "http://127\.0\.0\.1:\d+/".*"p1": \d+`, ``, []string{"--no-open", "--json"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := exec.CommandContext(t.Context(), "concors", append([]string{"lab"}, row.args...)...)
			c.Env = []string{"PATH=", "HOME=" + t.TempDir()}
			var stdout, stderr output
			c.Stdout, c.Stderr = &stdout, &stderr
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			var port string
			for range 1200 { // a minute
				if m := whereTheLabIs.FindStringSubmatch(stdout.String()); m != nil {
					port = m[1]
					break
				}
				time.Sleep(50 * time.Millisecond)
			}
			r, err := http.NewRequest("GET", "http://127.0.0.1:"+port+"/", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = "www.app.localhost:" + port
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != 200 {
				t.Errorf("status %d", response.StatusCode)
			}
			time.Sleep(100 * time.Millisecond)
			c.Process.Signal(os.Interrupt)
			if err := c.Wait(); err != nil {
				t.Errorf("it ended with %v", err)
			}
			if !regexp.MustCompile(row.stdout).MatchString(stdout.String()) || !regexp.MustCompile(row.stderr).MatchString(stderr.String()) {
				t.Errorf("stdout:\n%s\nstderr:\n%s", &stdout, &stderr)
			}
			if strings.Contains(stdout.String()+stderr.String(), "panic") {
				t.Error("it panicked")
			}
		})
	}
}
