package main

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/request"
)

// Each of these command lines has one mistake, as people make them. Each ends with exit
// status 2, what is wrong in one line, and what to write in the next. Nothing is sent.
func TestTypingMistakesEndInAHint(t *testing.T) {
	const url, app = "https://api.example/notes", "https://app.example"
	rows := []struct {
		args []string
		hint string
	}{
		// Commands.
		{[]string{"chek"}, "write concors check"},
		{[]string{"explian", "x"}, "write concors explain"},
		{[]string{"veryfy"}, "write concors verify"},
		{[]string{"polcy"}, "write concors policy"},
		{[]string{"fix"}, "write concors recipe"},
		{[]string{"test"}, "write concors verify"},
		{[]string{"har"}, "write concors explain"},
		{[]string{"help", "chek"}, "write concors check"},
		{[]string{"version", "now"}, "write concors version"},
		{[]string{"policy", "chck", "policy.yaml"}, "write concors policy check"},
		{[]string{"policy", "validate"}, "write concors policy check"},
		{[]string{"completion", "bsh"}, "write concors completion bash or zsh"},

		// URLs.
		{[]string{"check", "api.example/notes", "--from", app}, "write https://api.example/notes (or http://)"},
		{[]string{"api.example/notes"}, "write https://api.example/notes (or http://)"},
		{[]string{"check", "localhost:3000/x", "--from", app}, "write http://localhost:3000/x (or https://)"},
		{[]string{"check", "127.0.0.1:3000", "--from", app}, "write http://127.0.0.1:3000 (or https://)"},
		{[]string{"check", "/api/me", "--from", app}, "write the whole URL, such as https://api.example/api/me"},
		{[]string{"/api/me"}, "write the whole URL, such as https://api.example/api/me"},
		{[]string{"check", "./index.html", "--from", app}, "write the whole URL, such as https://api.example/index.html"},
		{[]string{"check", "htp://api.example", "--from", app}, "write http://api.example"},
		{[]string{"check", "htpps://api.example/x", "--from", app}, "write https://api.example/x"},
		{[]string{"check", "https//api.example/x", "--from", app}, "write https://api.example/x"},
		{[]string{"check", "https://api.example:99999", "--from", app}, "write a port from 1 to 65535, or none"},
		{[]string{"check", "", "--from", app}, "write a whole URL, such as https://api.example/notes"},
		{[]string{"check", url, app}, "write the page's origin after --from: concors check https://api.example/notes --from https://app.example"},
		{[]string{"check", url, app + "/"}, "write the page's origin after --from: concors check https://api.example/notes --from https://app.example"},
		{[]string{"check", url, app + "/cart"}, "check one URL after the other; or, if the second is the page's: concors check https://api.example/notes --from https://app.example"},
		{[]string{"check", "GET", url, "--from", app}, "write concors check https://api.example/notes -X GET"},
		{[]string{"check", url, "true", "--from", app}, "omit true and false: a flag such as --json has no value"},
		{[]string{"check", "curl", "https://api.example"}, "omit check: concors curl …, or put quotes around the whole command"},
		{[]string{"check", url, "X-Name: a", "--from", app}, "put quotes around values with spaces, and write the values of flags after them"},
		{[]string{"verify", "policy.yaml", "ftp://api.example"}, "write https://api.example/items"},

		// Origins.
		{[]string{"check", url}, "write --from https://app.example (the page's origin), or --from null for a sandboxed page"},
		{[]string{"check", url, "--from"}, "write --from ORIGIN, such as --from https://app.example"},
		{[]string{"check", url, "--page", app}, "write --from"}, // which concors proxy has
		{[]string{"check", url, "--from", "*"}, "write the page's origin, such as --from https://app.example"},
		{[]string{"check", url, "--from", "https://*.app.example"}, "write the page's origin, such as --from https://app.app.example"},
		{[]string{"check", url, "--from", "file:///home/a.html"}, "serve it over http://localhost and write that origin, or write --from null"},
		{[]string{"check", url, "--from", "localhost:3000"}, "write --from http://localhost:3000"},
		{[]string{"check", url, "--from", "3000"}, "write --from http://localhost:3000"},
		{[]string{"check", url, "--from", "https://x.example/y"}, "write --from https://x.example"},
		{[]string{"check", url, "--from", "https://x.example/"}, "write --from https://x.example"},
		{[]string{"check", url, "--from", "app.example"}, "write --from https://app.example"},
		{[]string{"check", url, "--from", "HTTPS://App.Example"}, "write --from https://app.example"},
		{[]string{"check", url, "--from", "'https://x.example'"}, "write --from https://x.example"},
		{[]string{"check", url, "--from", "https://a.example, https://b.example"}, "write one of them: --from https://a.example"},
		{[]string{"check", url, "--from", "NULL"}, "write --from null"},
		{[]string{"check", url, "--from", "undefined"}, "write --from https://app.example, or --from null for a sandboxed page"},
		{[]string{"check", url, "--from", "${ORIGIN}"}, "write --from https://app.example, or --from null for a sandboxed page"},
		{[]string{"check", url, "--from", "htttp://x.example"}, "write --from http://x.example"},
		{[]string{"check", url, "--from", "http:/localhost:5173"}, "write --from http://localhost:5173"},
		{[]string{"check", url, "--from", "http//localhost"}, "write --from http://localhost"},
		{[]string{"check", url, "--from", "http:localhost"}, "write --from http://localhost"},
		{[]string{"check", url, "--from", "https;//app.example"}, "write --from https://app.example"},
		{[]string{"check", url, "--from", `http:\\localhost:5173`}, "write --from http://localhost:5173"},
		{[]string{"check", url, "--from", "htp://"}, "write --from https://app.example, or --from null for a sandboxed page"},
		{[]string{"check", url, "--from", "https:"}, "write --from https://app.example, or --from null for a sandboxed page"},
		{[]string{"check", url, "--from", "htp:/localhost:5173/a"}, "write --from http://localhost:5173"},
		{[]string{"check", url, "--from", "localhost:5173"}, "write --from http://localhost:5173"},
		{[]string{"check", url, "--from", "localhost"}, "write --from http://localhost"},
		{[]string{"check", url, "--from", "//localhost"}, "write --from http://localhost"},
		{[]string{"check", url, "--from", "http://http://localhost"}, "write --from http://localhost"},
		{[]string{"check", url, "--from", "https:https://app.example"}, "write --from https://app.example"},
		{[]string{"check", "htp://", "--from", app}, "write a whole URL, such as https://api.example/notes"},
		{[]string{"check", "htp:/api.example/x", "--from", app}, "write http://api.example/x"},

		// Flags.
		{[]string{"check", url, "--form", app}, "write --from or --for"},
		{[]string{"check", url, "--orgin", app}, "write --from"},
		{[]string{"check", url, "--headers", "x"}, "write --header"},
		{[]string{"check", url, "--body", "x"}, "write --data"},
		{[]string{"check", url, "--brwser", "chrome"}, "write --as"},
		{[]string{"check", url, "--verbose"}, "write --trace"},
		{[]string{"check", url, "-from", app}, "write --from"},
		{[]string{"check", url, "-demo"}, "write --demo"},
		{[]string{"check", url, "-k"}, "write --insecure"},
		{[]string{"check", url, "--output", "json"}, "write --json"},
		{[]string{"check", url, "-o", "json"}, "write --json"},
		{[]string{"check", url, "-ojson"}, "write --json"},
		{[]string{"explain", "x", "--format=json"}, "write --json"},
		{[]string{"verify", "policy.yaml", url, "-o", "out.json"}, "write --json > out.json"},
		{[]string{"check", url, "--output=markdown"}, "write --markdown"},
		{[]string{"check", url, "-o", "report.html"}, "write --html report.html"},
		{[]string{"check", url, "-o", "result"}, "write > FILE after the command, or --html FILE for a page"},
		{[]string{"-V"}, "write concors version"},
		{[]string{"check", "-V"}, "write concors version"},
		{[]string{"--verison"}, "write concors version"},
		{[]string{"check", url, "--vesrion"}, "write concors version"},
		{[]string{"-version"}, "write concors version"},
		{[]string{"--hlep"}, "write --help"},
		{[]string{"origin", "--hepl"}, "write --help"},
		{[]string{"-help"}, "write --help"},
		{[]string{"hlep"}, "write concors help"},
		{[]string{"check", url, "--html", "--json"}, "write --html FILE, such as --html report.html"},
		{[]string{"check", url, "--from", "--mode", "cors"}, "write --from ORIGIN, such as --from https://app.example"},
		{[]string{"check", url, "-L"}, "omit it: fetch() follows redirects unless --redirect says otherwise"},
		{[]string{"check", url, "-u", "a:b"}, "write -H 'Authorization: Basic …'"},
		{[]string{"check", url, "--junit", "x"}, "concors verify has it; see concors check --help"},
		{[]string{"explain", "x", "--mode", "cors"}, "concors check and concors snippet have it; see concors explain --help"},
		{[]string{"recipe", "policy.yaml", "--from", "x"}, "concors check, concors explain and concors verify have it; see concors recipe --help"},
		{[]string{"--jsn"}, "write --json"},
		{[]string{"check", url, "--from", app, "-X"}, "write -X METHOD, such as -X PUT"},
		{[]string{"check", url, "-H", "--from", app}, "write -H HEADER, such as -H 'X-Name: value'"},
		{[]string{"check", url, "--from", app, "--method"}, "write --method METHOD, such as --method PUT"},
		{[]string{"check", url, "--from", app, "--withcredentials"}, "write --credentials include"},
		{[]string{"check", url, "--from", app, "--with-credentials"}, "write --credentials include"},
		{[]string{"check", url, "--from", app, "-H", "Content-Type application/json"}, "write -H 'Content-Type: application/json'"},
		{[]string{"check", url, "--from", app, "-H", "Authorization Bearer abcdefghijklmnop"}, "write -H 'Authorization: Bearer ***'"},
		{[]string{"check", url, "--from", app, "-X", "PU T"}, "write -X PUT"},
		{[]string{"check", url, "--from", app, "-d", "@nofile"}, "check the file's name; if the body itself begins with @, use --data-raw"},
		{[]string{"check", url, "--from", app, "-H", "X-Name"}, "write -H 'X-Name: value'"},
		{[]string{"check", url, "--from", app, "--json=maybe"}, "write --json alone, or omit it"},
		{[]string{"check", url, "--from", app, "--timeout", "soon"}, "write a number of seconds, or 500ms"},
		{[]string{"check", url, "--from", app, "--json", "--markdown"}, "omit one of them"},

		// Values.
		{[]string{"check", url, "--from", app, "--mode", "nocors"}, "write --mode no-cors"},
		{[]string{"check", url, "--from", app, "--credentials", "true"}, "write --credentials include"},
		{[]string{"check", url, "--from", app, "--credentials", "inlcude"}, "write --credentials include"},
		{[]string{"check", url, "--from", app, "--redirect", "false"}, "write --redirect manual"},
		{[]string{"check", url, "--from", app, "--resource", "image"}, "write --resource img"},
		{[]string{"check", url, "--from", app, "--resource", "css"}, "write --resource link"},
		{[]string{"check", url, "--from", app, "--resource", "stylesheet"}, "write --resource link"},
		{[]string{"check", url, "--from", app, "--resource", "favicon"}, "write --resource img"},
		{[]string{"check", url, "--from", app, "--resource", "img", "--crossorigin", "true"}, "write --crossorigin anonymous"},
		{[]string{"check", url, "--from", app, "--referrer-policy", "none"}, "write --referrer-policy no-referrer"},
		{[]string{"check", url, "--from", app, "--page-space", "private"}, "write --page-space local"},
		{[]string{"check", url, "--from", app, "--coep", "corp"}, "write --coep require-corp"},
		{[]string{"check", url, "--from", app, "--as", "crome"}, "write --as chrome"},
		{[]string{"check", url, "--from", app, "--as", "lynx"}, "use chromium, firefox, webkit, standard or all"},
		{[]string{"check", url, "--from", app, "--as", "nginx"}, "write --for nginx"},
		{[]string{"check", url, "--from", app, "--for", "chrome"}, "write --as chrome with concors check; concors recipe --list prints the servers"},
		{[]string{"check", url, "--from", app, "--for", "ngnix"}, "write --for nginx"},
		{[]string{"check", url, "--from", app, "--for", "s3"}, "write --for aws-s3"},
		{[]string{"recipe", "policy.yaml", "--for", "expres"}, "write --for express"},
		{[]string{"recipe", "policy.yaml", "--for", "node"}, "write --for express"},
		{[]string{"recipe", "policy.yaml", "--for", "k8s"}, "write --for ingress-nginx"},
		{[]string{"recipe", "policy.yaml", "--for", "dotnet"}, "write --for aspnet"},
		{[]string{"recipe", "policy.yaml", "--for", "next.js"}, "write --for next"},
		{[]string{"recipe", "policy.yaml", "--for", "safari"}, "write --as safari with concors check; concors recipe --list prints the servers"},
		{[]string{"recipe", "policy.yaml", "--for", "html"}, "concors recipe --list prints the recipes that exist"},
		{[]string{"recipe", "--alias", "--for", "vitejs", "--path", "/a/", "--to", "https://api.example/"}, "write --for vite"},
		{[]string{"recipe", "--list", "ngnix"}, "write --list nginx"},
		{[]string{"check", "--demo", "99"}, "write a number from 1 to 47; concors check --demo lists all"},
		{[]string{"check", "--demo", "preflght"}, "write --demo preflight"},

		// Files.
		{[]string{"check", "rec.har", "--from", app}, "write concors explain rec.har"},
		{[]string{"check", "policy.yaml", "--from", app}, "write concors policy check policy.yaml, or concors verify policy.yaml https://api.example/items"},
		{[]string{"check", "api.yaml"}, "write concors verify --openapi api.yaml policy.yaml"},
		{[]string{"explain", url}, "write concors check https://api.example/notes --from https://app.example"},
		{[]string{"explain", "empty.txt"}, "copy the red lines of the browser's console, or write them after concors explain, in quotes"},
		{[]string{"explain", "nothere.har"}, "write the path of a recording that the browser's network panel exported"},
		{[]string{"explain", "nothere.log"}, "write the path of a file with the console's text, or the text itself in quotes"},
		{[]string{"rec2.har"}, "write the path of a recording that the browser's network panel exported"},
		{[]string{"nothere.yaml"}, "write the path of a policy file"},
		{[]string{"api.yaml"}, "write concors verify --openapi api.yaml policy.yaml https://api.example"},
		{[]string{"verify", url, "policy.yaml"}, "write concors verify policy.yaml https://api.example/notes"},
		{[]string{url, "policy.yaml"}, "write concors verify policy.yaml https://api.example/notes"},
		{[]string{"verify", "policy.yaml"}, "write concors verify policy.yaml https://api.example/items"},
		{[]string{"verify", url}, "write concors verify policy.yaml https://api.example/notes"},
		{[]string{"verify", "api.yaml", url}, "write concors verify --openapi api.yaml https://api.example/notes"},
		{[]string{"verify", "policy.yaml", "api.yaml"}, "write concors verify policy.yaml https://api.example/items"},
		{[]string{"verify", "rec.har", url}, "write concors explain rec.har"},
		{[]string{"verify", "nothere.yaml", url}, "write the path of a policy file"},
		{[]string{"recipe", url, "--for", "nginx"}, "write the name of a file, such as policy.yaml, in place of the URL"},
		{[]string{"recipe", "nginx"}, "write concors recipe policy.yaml --for nginx"},
		{[]string{"recipe", "policy.yaml", "nginx"}, "write concors recipe policy.yaml --for nginx"},
		{[]string{"recipe", "policy.yaml"}, "write concors recipe policy.yaml --for nginx; concors recipe --list prints the names"},
		{[]string{"recipe", "api.yaml", "--for", "nginx"}, "write concors verify --openapi api.yaml policy.yaml"},
		{[]string{"policy", "policy.yaml"}, "write concors policy check policy.yaml"},
		{[]string{"policy", "check", url}, "write concors policy check policy.yaml, or concors check https://api.example/notes --from https://app.example"},
		{[]string{"policy", "check", "rec.har"}, "write concors explain rec.har"},
		{[]string{"check", "No 'Access-Control-Allow-Origin' header is present on the requested resource.", "--from", app}, "write concors explain and the message in quotes"},
		{[]string{"check", "it", "is", "blocked", "by", "CORS", "policy"}, "put quotes around values with spaces, and write the values of flags after them"},

		// Typography.
		{[]string{"check", url, "—from", app}, "write --from in place of —from: a chat or word processor changed it"},
		{[]string{"check", url, "–X", "PUT"}, "write -X in place of –X: a chat or word processor changed it"},
		{[]string{"check", url, "−−from", app}, "write --from in place of −−from: a chat or word processor changed it"},
		{[]string{"check", "“https://api.example/notes”", "--from", app}, `write ' or " in place of “: a chat or word processor changed it`},
		{[]string{"check", url, "--from", "‘https://app.example’"}, `write ' or " in place of ‘: a chat or word processor changed it`},
		{[]string{"check", url, "-H", "“X-Name:", "a”"}, `write ' or " in place of “: a chat or word processor changed it`},
	}
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"policy.yaml": "origins: [https://app.example]\n",
		"empty.txt":   "\n",
		"rec.har":     `{"log":{"version":"1.2","entries":[]}}`,
		"api.yaml":    "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: {}\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if len(rows) < 100 {
		t.Errorf("only %d mistakes", len(rows))
	}
	for _, row := range rows {
		t.Run(strings.Join(row.args, " "), func(t *testing.T) {
			stdout, stderr, status := concors(t, row.args...)
			if status != 2 || stdout != "" {
				t.Errorf("exit status %d, printed %q", status, stdout)
			}
			problem, hint, _ := strings.Cut(stderr, "\n")
			if !strings.HasPrefix(problem, "concors: ") || hint != "hint: "+row.hint+"\n" {
				t.Errorf("%s\n%swant the hint: %s", problem, hint, row.hint)
			}
		})
	}
}

// Every word that is read as another one leads to a value that the flag takes.
func TestWordsLeadToValuesThatExist(t *testing.T) {
	for _, c := range request.Choices() {
		for word, value := range c.Also {
			if !slices.Contains(c.Values, value) {
				t.Errorf("%s %s: the hint would be %s, which is not a value", c.Flag, word, value)
			}
		}
	}
}

// A script with a method that was mistyped is printed with a note.
func TestAMistypedMethodOfASnippetIsNamed(t *testing.T) {
	for method, want := range map[string]string{"POTS": "POST", "GTE": "GET", "patch": "PATCH", "DELET": "DELETE", "POST": "", "post": "", "PATCH": "", "PURGE": "", "PROPFIND": "", "LINK": ""} {
		stdout, stderr, status := concors(t, "snippet", "https://api.example/notes", "-X", method)
		note := ""
		if want != "" {
			note = "note: " + method + " is not a usual method; if " + want + " is meant, write -X " + want + "\n"
		}
		if status != 0 || stdout == "" || stderr != note {
			t.Errorf("%s: exit status %d, %q, want %q", method, status, stderr, note)
		}
	}
}

// A flag without its value is one sentence, with an example that the flag takes.
func TestEveryFlagWithoutItsValueHasAnExample(t *testing.T) {
	root := rootCommand(io.Discard, io.Discard)
	n := 0
	var look func(*cobra.Command)
	look = func(c *cobra.Command) {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.NoOptDefVal != "" || f.Hidden || !c.Runnable() {
				return
			}
			n++
			var usage *cli.UsageError
			if err := cli.FlagError(c, c.ParseFlags([]string{"--" + f.Name})); !errors.As(err, &usage) {
				t.Errorf("%s --%s: %v", c.CommandPath(), f.Name, err)
				return
			}
			name, _ := pflag.UnquoteUsage(f)
			start := "write --" + f.Name + " " + name + ", such as --" + f.Name + " "
			example, ok := strings.CutPrefix(usage.Hint, start)
			if usage.Problem != "--"+f.Name+" has no value" || !ok || example == "" || name != strings.ToUpper(name) {
				t.Errorf("%s: %s\nhint: %s", c.CommandPath(), usage.Problem, usage.Hint)
			}
			if err := f.Value.Set(strings.Trim(example, "'")); err != nil {
				t.Errorf("%s %s: %v", c.CommandPath(), usage.Hint, err)
			}
		})
		for _, below := range c.Commands() {
			look(below)
		}
	}
	look(root)
	if n < 60 {
		t.Errorf("only %d flags", n)
	}
}

// Names and values that a terminal would act on are printed escaped, by every command.
func TestWhatAPersonWroteIsPrintedEscaped(t *testing.T) {
	const evil = "evil\x1b[31m\u202e\x07" // a colour, text from right to left, a bell
	const url = "http://127.0.0.1:1"      // nothing listens there
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{
		"policy.yaml":       "origins: [https://app.example]\n",
		evil + ".yaml":      "origins: [https://app.example]\n",
		"bad" + evil + ".y": "origins: [x]\n",
		"api" + evil:        "openapi: 3.1.0\ninfo: {title: a, version: '1'}\npaths: 5\n",
		evil + ".har":       `{"log":{"version":"1.2","entries":[]}}`,
		evil + ".txt":       "curl https://api.example/ -F a=b\n",
		evil + ".log":       "nothing\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	from := func(args ...string) []string {
		return append([]string{"check", url, "--from", "http://localhost"}, args...)
	}
	for _, args := range [][]string{
		{evil}, {"--" + evil}, {"-" + evil}, {"check", evil}, {"check", "a", evil, "b"}, {"check", "—" + evil, "b"}, {"check" + evil},
		{"help", evil}, {"version", evil}, {"completion", evil}, {"policy", evil}, {"policy", evil + ".yaml"},
		{"policy", "check", evil}, {"policy", "check", evil + ".yaml"}, {"policy", "check", "bad" + evil + ".y"},
		{"policy", "check", "bad" + evil + ".y", "--json"}, {evil + ".yaml"}, {evil + ".har"}, {evil + ".txt"}, {"no" + evil + ".har"},
		{"recipe", evil, "--for", "nginx"}, {"recipe", "bad" + evil + ".y", "--for", "nginx"}, {"recipe", "policy.yaml", "--for", evil},
		{"recipe", "policy.yaml", "--for", "nginx", "--into", evil + ".yaml"}, {"recipe", "policy.yaml", "--for", "nginx", "--into", evil + ".d"},
		{"recipe", "--list", evil}, {"recipe", "--alias", "--for", "nginx", "--path", evil, "--to", "x"},
		{"verify", evil, url}, {"verify", "bad" + evil + ".y", url}, {"verify", "policy.yaml", evil}, {"verify", "policy.yaml", "http://" + evil},
		{"verify", "--openapi", "api" + evil, "policy.yaml"}, {"verify", "--openapi", "no" + evil, "policy.yaml"},
		{"verify", "policy.yaml", url, "--junit", "no/" + evil}, {"verify", "policy.yaml", url, "-H", evil}, {"verify", "policy.yaml", url, "--rate", evil},
		{"explain", evil + ".har"}, {"explain", "no" + evil + ".har"}, {"explain", evil + ".log"}, {"explain", evil, evil},
		{"check", url, "--from", evil}, {"check", url + "/" + evil, "--from", "http://localhost"}, {"check", "--demo", evil}, {"check", "--curl", "curl " + evil},
		from("-d", "@"+evil), from("-H", evil), from("-X", evil), from("--mode", evil), from("--as", evil), from("--for", evil), from("--timeout", evil),
		from("--cacert", evil), from("--html", "no/"+evil), from("--resolve", evil), from("--cookie", evil), from("--json=" + evil), from("--" + evil + "=5"),
	} {
		t.Run(strings.ReplaceAll(strings.Join(args, " "), evil, "EVIL"), func(t *testing.T) {
			stdout, stderr, _ := concors(t, args...)
			if printed := stdout + stderr; strings.ContainsAny(printed, "\x1b\u202e\x07") {
				t.Errorf("printed %q", printed)
			}
		})
	}
}
