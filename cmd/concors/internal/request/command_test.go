package request

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestTheCommandMakesTheSameRequestWithoutItsSecrets(t *testing.T) {
	body := `{"a":"it's"}`
	q := Question{URL: "https://api.example/a?token=canary1&page=2", From: "https://app.example", Method: "PUT",
		Header: []string{"Authorization: Bearer canary2", "X-Api-Key: canary3", "Content-Type: a/b'; echo $HOME `x`"}, Data: &body,
		Cookies: []string{"sid=canary4; SameSite=None"}, Credentials: "include", As: "firefox", XHR: true}
	words := q.Command(false)
	line := strings.Join(words, " ")
	if strings.Contains(line, "canary") {
		t.Error(line)
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("there is no sh, and with CI=true nothing may be left out")
		}
		t.Skip("there is no sh here")
	}
	want := strings.Join([]string{"https://api.example/a?token=canary1&page=2", "--from", "https://app.example", "-X", "PUT",
		"-H", "Authorization: Bearer canary2", "-H", "X-Api-Key: canary3", "-H", "Content-Type: a/b'; echo $HOME `x`",
		"--data-raw", body, "--cookie", "sid=canary4; SameSite=None", "--credentials", "include", "--as", "firefox", "--xhr", ""}, "\n")
	for _, line := range []string{line, strings.Join(q.Command(true), " ")} {
		c := exec.Command(sh, "-c", strings.Replace(line, "concors check", `printf '%s\n'`, 1))
		c.Env = []string{"TOKEN=canary1", "AUTHORIZATION=canary2", "X_API_KEY=canary3", "COOKIE_SID=canary4", "BODY=" + body}
		if out, err := c.Output(); err != nil || string(out) != want {
			t.Errorf("%s\n%s, %v\nwant %s", line, out, err, want)
		}
	}
}

func TestNoCommandThatIsNotSafeToPaste(t *testing.T) {
	for _, u := range []string{"https://a.example/\n", "https://a.example/\x1b[31m", "https://a.example/" + strings.Repeat("ab-", 2000), "https://a.example/\u202e"} {
		if words := (&Question{URL: u, From: "null"}).Command(false); words != nil {
			t.Errorf("%q: %q", u, words)
		}
	}
	if words := (&Question{URL: "https://a.example/?pwd=x&a=!b", From: "null"}).Command(false); strings.Join(words, " ") != `concors check 'https://a.example/?pwd='"$PWD_SECRET"'&a=!b' --from null` {
		t.Errorf("%q", words)
	}
}
