package corstest_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/concors/concors/corstest"
)

func TestGridTestsEveryCombination(t *testing.T) {
	tested := map[string]bool{}
	grid := corstest.Grid{
		Origins: []string{app, "https://evil.example", "null"},
		Methods: []string{"GET", "PUT", "DELETE"},
		Headers: [][]string{nil, {"Content-Type", "X-Request-Id"}, {"X-Other"}},
		Path:    "/items", Credentials: true,
		Allowed: func(origin, method string, headers []string) bool {
			tested[origin+" "+method+" "+strings.Join(headers, ",")] = true
			return origin == app && method != "DELETE" && (len(headers) == 0 || headers[0] != "X-Other")
		},
	}
	grid.Run(t, corstest.Handler(t, items()))
	if len(tested) != 27 {
		t.Errorf("%d combinations, want 27: %v", len(tested), tested)
	}
	tested = map[string]bool{}
	corstest.Grid{Origins: []string{app}, Allowed: grid.Allowed}.Run(t, corstest.Handler(t, items()))
	if len(tested) != 1 {
		t.Errorf("%d combinations, want 1: %v", len(tested), tested)
	}
}

// Grid.Run takes a real test, so the one that fails runs in another process.
func TestGridFailuresAreNamed(t *testing.T) {
	if os.Getenv("CORSTEST_FAIL") != "" {
		corstest.Grid{
			Origins: []string{app, "https://evil.example"}, Methods: []string{"PUT", "DELETE"}, Headers: [][]string{{"X-Request-Id"}},
			Allowed: func(string, string, []string) bool { return true },
		}.Run(t, corstest.Handler(t, items()))
		return
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestGridFailuresAreNamed$", "-test.v")
	cmd.Env = append(os.Environ(), "CORSTEST_FAIL=1")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("the test does not fail:\n%s", out)
	}
	var failed []string
	for _, m := range regexp.MustCompile(`--- FAIL: TestGridFailuresAreNamed/(\S+)`).FindAllStringSubmatch(string(out), -1) {
		failed = append(failed, m[1])
	}
	want := "https:app.example.com_DELETE_X-Request-Id https:evil.example_PUT_X-Request-Id https:evil.example_DELETE_X-Request-Id"
	if got := strings.Join(failed, " "); got != want {
		t.Errorf("failed subtests:\n%s\nwant:\n%s", got, want)
	}
}
