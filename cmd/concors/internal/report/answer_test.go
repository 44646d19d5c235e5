package report_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/explain"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/serverfix"
	"github.com/concors/concors/cmd/concors/internal/stacks"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/console"
	"github.com/concors/concors/fetch/reason"
)

// widths are those of terminals, in columns.
var widths = []int{60, 80, 100}

// checkAnswer checks that an answer fits a terminal of 24 lines, of which one has the
// prompt, and ends with the verdict. Only lines to copy may be wider than the terminal.
func checkAnswer(t *testing.T, out string, width int, a *report.Answer) {
	t.Helper()
	verdict := a.Line
	checkPrintable(t, "the answer", out)
	lines, rows := strings.Split(strings.TrimSuffix(out, "\n"), "\n"), 0
	for _, line := range lines {
		n := term.Columns(line)
		rows += 1 + max(n-1, 0)/width
		code := a.Change != nil && strings.HasPrefix(line, "    ") && slices.ContainsFunc(a.Change.Lines, func(l string) bool {
			return strings.HasPrefix(strings.TrimSpace(l), strings.TrimSpace(line[:min(len(line), 20)]))
		})
		if n > width && !code {
			t.Errorf("%d columns, want at most %d: %s", n, width, line)
		}
		if strings.TrimRight(line, " ") != line {
			t.Errorf("blanks at the end of %q", line)
		}
	}
	if rows > report.AnswerLines {
		t.Errorf("%d rows, want at most %d:\n%s", rows, report.AnswerLines, out)
	}
	if last := lines[len(lines)-1]; last != term.Clip(verdict, width) {
		t.Errorf("the last line is %q, want %q", last, verdict)
	}
	if !strings.Contains(out, "--more") {
		t.Errorf("it does not say how to see more:\n%s", out)
	}
}

func TestTheAnswerOfEveryExperimentFitsATerminal(t *testing.T) {
	for i, e := range experiments.Demo() {
		if testing.Short() && i%4 != 0 {
			continue
		}
		for _, as := range []string{"", "all"} {
			r := experiment(t, e.Name, as)
			for _, width := range widths {
				t.Run(fmt.Sprintf("%s, %s, %d", e.Name, as, width), func(t *testing.T) {
					checkAnswer(t, text(t, r, report.TextOptions{Columns: width}), width, r.Answer())
					out := text(t, r, report.TextOptions{Columns: width, Intro: e.Introduction(width), After: e.Conclusion(width)})
					if width >= term.Width {
						checkAnswer(t, out, width, r.Answer())
					}
					for _, part := range []string{"DEMO " + e.Name, "Lesson: ", "Next: concors check --demo " + e.Next().Name} {
						if !strings.Contains(out, part) {
							t.Errorf("no %q:\n%s", part, out)
						}
					}
				})
			}
		}
	}
}

// Every answer to a blocked request has what a reader needs: the reason, a line with
// what is wrong in it, and what to change.
func TestTheAnswerOfABlockedRequestIsComplete(t *testing.T) {
	for i, e := range experiments.Demo() {
		r := experiment(t, e.Name, "")
		a := r.Answer()
		if testing.Short() && i%4 != 0 || r.Verdict == request.Allowed {
			continue
		}
		out := text(t, r, report.TextOptions{})
		squeezed := strings.Join(strings.Fields(out), " ")
		if !strings.Contains(squeezed, "("+r.Results[0].Reason.String()+").") {
			t.Errorf("%s: no identifier after the sentence:\n%s", e.Name, out)
		}
		if a.Evidence == nil || len(a.Evidence.Lines) == 0 || a.Change == nil || a.Change.Sentence == "" {
			t.Errorf("%s: no evidence or no change:\n%s", e.Name, out)
		}
		// The carets are below what is wrong.
		carets := regexp.MustCompile(`(?m)^(.*)\n( *)(\^+)( .*)?$`).FindStringSubmatch(out)
		if carets == nil {
			t.Errorf("%s: no carets:\n%s", e.Name, out)
			continue
		}
		at := len([]rune(carets[2]))
		if wrong := string([]rune(carets[1])[at : at+len(carets[3])]); a.Evidence.Lines[0].Wrong != "" && wrong != a.Evidence.Lines[0].Wrong {
			t.Errorf("%s: the carets are below %q, want %q", e.Name, wrong, a.Evidence.Lines[0].Wrong)
		}
	}
}

func TestTheAnswerFitsWhateverIsSent(t *testing.T) {
	long := strings.Repeat("a1b2", 500)
	browsers, servers := []string{"chromium", "all"}, []string{"", "express", "nginx", "spring"}
	if testing.Short() {
		browsers, servers = browsers[1:], servers[3:]
	}
	for _, row := range []struct {
		name    string
		handler http.HandlerFunc
		change  func(*request.Question)
	}{
		{"a URL of 2,000 characters", func(http.ResponseWriter, *http.Request) {}, func(q *request.Question) { q.URL += "/" + long }},
		{"a long origin in a long header", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "https://"+long+".example, https://app.example")
		}, func(*request.Question) {}},
		{"many headers of one name", func(w http.ResponseWriter, r *http.Request) {
			for i := range 50 {
				w.Header().Add("Access-Control-Allow-Origin", fmt.Sprintf("https://%d.example", i))
			}
		}, func(*request.Question) {}},
		{"long names of request headers", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("Access-Control-Allow-Headers", "X-"+long[:300])
		}, func(q *request.Question) {
			for i := range 40 {
				q.Header = append(q.Header, fmt.Sprintf("X-%s-%d: x", long[:200], i))
			}
		}},
		{"many hidden headers and refused cookies", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "*")
			for i := range 100 {
				w.Header().Set(fmt.Sprintf("X-Total-%d", i), "1")
				w.Header().Add("Set-Cookie", fmt.Sprintf("c%d=%s; Domain=other.example", i, long[:200]))
			}
		}, func(q *request.Question) {}},
		{"a redirect to a long URL", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+long, http.StatusFound)
		}, func(q *request.Question) { q.Method = "PUT" }},
		{"wide characters", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", "https://"+strings.Repeat("例", 200))
		}, func(*request.Question) {}},
		{"escape sequences", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Access-Control-Allow-Origin", strings.Repeat("\u202e\u009b31m", 50))
			w.Header().Set("X-Powered-By", "Express\u202e\u009b"+long)
		}, func(*request.Question) {}},
		{"the origin null", func(w http.ResponseWriter, r *http.Request) {}, func(q *request.Question) { q.From = "null" }},
	} {
		for _, as := range browsers {
			for _, stack := range servers {
				t.Run(row.name+", "+as+", "+stack, func(t *testing.T) {
					q := plain()
					q.As = as
					row.change(&q)
					r := reportOn(t, row.handler, q)
					var err error
					if r.ServerFix, err = serverfix.For(t.Context(), q, &r.Result, stack); err != nil {
						t.Fatal(err)
					}
					for _, width := range widths {
						checkAnswer(t, text(t, r, report.TextOptions{Columns: width}), width, r.Answer())
					}
				})
			}
		}
	}
}

// Without a product's lines, the change is all headers that the response needs, and not
// only the one that the browser found first. With a product's lines, their tabs are spaces.
func TestTheChangeIsComplete(t *testing.T) {
	q := plain()
	q.From = "http://localhost:5173"
	q.Method, q.Header, q.Credentials = "PUT", []string{"X-A: 1"}, "include"
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
		w.Header().Set("Access-Control-Allow-Credentials", "True")
		w.Header().Set("Access-Control-Allow-Methods", "put") // which allows nothing
	}
	for stack, want := range map[string][]string{
		"": {"Access-Control-Allow-Credentials: true", "Access-Control-Allow-Origin: " + q.From,
			"Access-Control-Allow-Methods: PUT", "Access-Control-Allow-Headers: x-a"},
		"chi":     {`    AllowedMethods:   []string{"GET", "HEAD", "POST", "PUT"},`},
		"express": {"  credentials: true,"},
		"fastify": {"  methods: ['GET', 'HEAD', 'POST', 'PUT'],"},
	} {
		r := reportOn(t, handler, q)
		var err error
		if r.ServerFix, err = serverfix.For(t.Context(), q, &r.Result, stack); err != nil {
			t.Fatal(err)
		}
		lines := r.Answer().Change.Lines
		for _, line := range want {
			if !slices.Contains(lines, line) {
				t.Errorf("%q: no line %q in %q", stack, line, lines)
			}
		}
	}
}

// TestEveryLineToCopyIsWhole checks the answers with each short form: no line to copy is cut,
// however long the origins are. With ordinary origins, each fits a terminal of 80 columns.
func TestEveryLineToCopyIsWhole(t *testing.T) {
	const app, other = "http://app.example.com", "http://localhost:3000"
	long := "http://" + strings.Repeat(strings.Repeat("a", 60)+".", 3) + "example.com"
	written := 0
	for i, s := range stacks.Shorts() {
		if testing.Short() && i%4 > 0 {
			continue
		}
		for _, row := range []struct {
			name, from, granted string
			put, long           bool
		}{
			{"one origin", app, "", false, false},
			{"one origin and a preflight", app, "", true, false},
			{"two origins and a preflight", other, app, true, false},
			{"two long origins", long, "http://b" + strings.TrimPrefix(long, "http://"), true, true},
		} {
			t.Run(s.Name+", "+row.name, func(t *testing.T) {
				q := plain()
				q.From = row.from
				if row.put {
					q.Method, q.Header = "PUT", []string{"Content-Type: application/json", "Authorization: x"}
				}
				r := reportOn(t, func(w http.ResponseWriter, r *http.Request) {
					if row.granted != "" {
						w.Header().Set("Access-Control-Allow-Origin", row.granted)
					}
				}, q)
				var err error
				if r.ServerFix, err = serverfix.For(t.Context(), q, &r.Result, s.Name); err != nil {
					t.Fatal(err)
				}
				out := text(t, r, report.TextOptions{Columns: 80})
				checkAnswer(t, out, 80, r.Answer())
				if r.ServerFix == nil || r.ServerFix.Short == nil {
					return // it can't hold the policy
				}
				written++
				lines := r.Answer().Change.Lines
				shown := 0
				for line := range strings.Lines(out) {
					if shown < len(lines) && strings.TrimRight(strings.TrimPrefix(line, "    "), "\n") == lines[shown] {
						shown++
					}
				}
				whole := shown == len(lines)
				if cut := strings.Contains(out, fmt.Sprintf("more line%s: --recipe)", map[bool]string{true: "s"}[len(lines)-shown > 1])); !whole && (!cut || len(lines) <= 13 && !row.long) {
					t.Errorf("%d of %d lines are shown whole:\n%s", shown, len(lines), out)
				}
				for _, line := range lines {
					if term.Columns("    "+line) > 80 && !row.long && s.Name != "haproxy" { // whose lines can't be broken
						t.Errorf("%d columns: %s", term.Columns("    "+line), line)
					}
				}
			})
		}
	}
	if want := map[bool]int{true: 40, false: 150}[testing.Short()]; written < want {
		t.Errorf("only %d short forms were written", written)
	}
}

func TestTheExplanationOfEveryConsoleLineFitsATerminal(t *testing.T) {
	long := strings.Repeat("a1b2", 500)
	for i, r := range reason.All() {
		if testing.Short() && i%3 != 0 {
			continue
		}
		for _, p := range fetch.Profiles() {
			for _, path := range []string{"x", long} {
				e := &fetch.NetworkError{Reason: r, Kind: "fetch", URL: "https://b.example:6667/" + path, Origin: "https://a.example", PageOrigin: "https://a.example",
					Page: "https://a.example/", Mode: fetch.ModeCORS, Header: "X-One", Value: path + ".example", Present: true, Method: "PUT", Status: 200, Space: fetch.SpaceLocal}
				lines := console.Lines(e, p)
				if len(lines) == 0 {
					continue
				}
				explained, err := explain.Read(strings.Join(lines, "\n")+"\nanother line", "")
				if err != nil {
					t.Fatalf("%s, %s: %v", p.Name, r, err)
				}
				if len(explained.Messages) > 1 {
					continue
				}
				for _, width := range widths {
					t.Run(fmt.Sprintf("%s, %s, %d, %d", p.Name, r, len(path), width), func(t *testing.T) {
						var b strings.Builder
						if err := report.WriteExplanation(&b, explained, report.TextOptions{Columns: width}); err != nil {
							t.Fatal(err)
						}
						checkAnswer(t, b.String(), width, report.MessageAnswer(&explained.Messages[0]))
					})
				}
			}
		}
	}
}

// The parts stand between the answer and the verdict.
func TestPartsFollowTheAnswer(t *testing.T) {
	r := experiment(t, "preflight-404", "")
	for _, row := range []struct {
		part       report.Parts
		want, none string
	}{
		{report.Diagram, "|-------", "console shows"},
		{report.Console, "console shows", "|-------"},
		{report.Steps, "Every step, as Chromium", "|-------"},
		{report.Wire, "Request 1 of 1, as sent", "Every step"},
		{report.More, "What was sent, and how it ended", "Every step"},
		{report.All, "Response 1 of 1, as received", "More: "},
	} {
		out := text(t, r, report.TextOptions{Parts: row.part})
		if !strings.Contains(out, row.want) || strings.Contains(out, row.none) {
			t.Errorf("part %b: want %q and not %q:\n%s", row.part, row.want, row.none, out)
		}
		if first := strings.Index(out, "What to change"); first < 0 || first > strings.Index(out, row.want) {
			t.Errorf("part %b: the answer does not come first:\n%s", row.part, out)
		}
		if !strings.HasSuffix(out, "\n"+r.Answer().Line+"\n") {
			t.Errorf("part %b: the verdict is not last:\n%s", row.part, out)
		}
	}
}

// A wide terminal is used, up to 100 columns, for the text and the drawing.
func TestWideTerminalsAreUsed(t *testing.T) {
	r := experiment(t, "preflight", "")
	widest := func(columns int) int {
		n := 0
		for line := range strings.Lines(text(t, r, report.TextOptions{Columns: columns, Parts: report.All})) {
			n = max(n, term.Columns(strings.TrimSuffix(line, "\n")))
		}
		return n
	}
	for columns, want := range map[int]int{80: 80, 100: 100} {
		if got := widest(columns); got > want || got < want-2 {
			t.Errorf("%d columns: the widest line has %d", columns, got)
		}
	}
}

// A console line does not say whether the response had the header.
func TestTheExplanationDoesNotClaimThatAHeaderIsMissing(t *testing.T) {
	for _, row := range []struct{ line, want string }{
		{"Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.", "Access-Control-Allow-Methods: (not PUT)"},
		{"Request header field x-token is not allowed by Access-Control-Allow-Headers in preflight response.", "Access-Control-Allow-Headers: (not x-token)"},
	} {
		explained, err := explain.Read("Access to fetch at 'https://b.example/x' from origin 'https://a.example' has been blocked by CORS policy: "+row.line, "")
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := report.WriteExplanation(&b, explained, report.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		if out := b.String(); !strings.Contains(out, row.want) || strings.Contains(out, "has no Access-Control") || strings.Contains(out, "  no Access-Control") {
			t.Errorf("want %q:\n%s", row.want, out)
		}
	}
}

// A tall terminal has the whole answer, and a short one no less than 23 rows.
func TestTallTerminalsHaveTheWholeAnswer(t *testing.T) {
	q := plain()
	q.Method, q.Header = "PUT", []string{"Content-Type: application/json"}
	r := reportOn(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "http://other.example")
	}, q)
	var err error
	if r.ServerFix, err = serverfix.For(t.Context(), q, &r.Result, "cloudflare-workers"); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ rows, least, most int }{{0, 23, 23}, {10, 23, 23}, {23, 23, 23}, {30, 28, 30}, {100, 30, 45}} {
		out := text(t, r, report.TextOptions{Columns: 80, Rows: row.rows})
		n, cut := strings.Count(out, "\n"), strings.Contains(out, "…") || strings.Contains(out, "--recipe)")
		if n < row.least || n > row.most || cut != (row.rows < 40) {
			t.Errorf("with %d rows, the answer has %d lines, and whether it is cut is %v:\n%s", row.rows, n, cut, out)
		}
	}
}

// Where the lack of headers is only the symptom, the cause stands first, and what to do about
// it stands before the headers in the change, also in a small terminal.
func TestWhatFailedComesBeforeTheHeaders(t *testing.T) {
	const log, path = "Find the error in the server's log", "Check the URL's path and the method"
	for _, row := range []struct {
		status        int
		method        string
		cause, change string
	}{
		{500, "GET", "the server failed", log},
		{507, "GET", "the server failed", log},
		{502, "GET", "behind it does not answer", "Find out why the server behind the proxy is down"},
		{503, "GET", "cannot serve requests at the moment", "Find out why the server is down"},
		{504, "GET", "behind it does not answer", "Find out why the server behind the proxy is down"},
		{404, "GET", "nothing is at this URL", path},
		{401, "GET", "no valid login", "Send a valid login with the request"},
		{403, "GET", "the server refuses the request", "Find out why the server rejects the request"},
		{429, "GET", "a rate limit", "Find out why the server rejects the request"},
		{301, "GET", "is a redirect", "Have the page request http://api.example/notes/"},
		{301, "PUT", "is a redirect", "Have the page request http://api.example/notes/"},
		{308, "DELETE", "is a redirect", "Have the page request http://api.example/notes/"},
	} {
		for _, stack := range []string{"", "nginx", "caddy", "express", "spring", "haproxy"} {
			t.Run(fmt.Sprintf("%s, %d, %s", row.method, row.status, stack), func(t *testing.T) {
				q := plain()
				q.Method = row.method
				r := reportOn(t, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Location", "/notes/")
					w.WriteHeader(row.status)
				}, q)
				var err error
				if r.ServerFix, err = serverfix.For(t.Context(), q, &r.Result, stack); err != nil {
					t.Fatal(err)
				}
				a := r.Answer()
				if !strings.Contains(a.Cause[0], row.cause) {
					t.Errorf("the first cause is %q", a.Cause[0])
				}
				out := text(t, r, report.TextOptions{})
				_, change, _ := strings.Cut(out, "\nWhat to change")
				_, change, _ = strings.Cut(change, ":\n")
				if !strings.HasPrefix(strings.Join(strings.Fields(change), " "), row.change) {
					t.Errorf("the change does not begin with %q:\n%s", row.change, out)
				}
				if row.status == 500 && stack != "" && !strings.Contains(strings.Join(strings.Fields(change), " "), "Access-Control-Allow-Origin") &&
					!strings.Contains(change, "origin") && !strings.Contains(change, "Origins") {
					t.Errorf("the headers are missing in the change:\n%s", out)
				}
				for _, as := range []func() string{func() string {
					var b strings.Builder
					r.WriteMarkdown(&b)
					return b.String()
				}, func() string {
					var b strings.Builder
					r.WriteHTML(&b)
					return b.String()
				}} {
					if words := strings.Fields(row.change)[:2]; !strings.Contains(as(), strings.Join(words, " ")) {
						t.Errorf("another form does not say %q", words)
					}
				}
			})
		}
	}
}

// Where the server's own CORS check refused the request, its configuration is the fix.
func TestARefusalOfTheServersOwnCheckIsItsConfiguration(t *testing.T) {
	r := reportOn(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
		w.WriteHeader(http.StatusForbidden)
	}, plain())
	a := r.Answer()
	if !strings.Contains(a.Cause[0], "Spring's own CORS check") || !strings.HasPrefix(a.Change.Sentence, "Send Access-Control-Allow-Origin: ") {
		t.Errorf("%q, %q", a.Cause, a.Change.Sentence)
	}
}

// A value that the server sends today has to go, or it is sent in place of the new one.
func TestTheChangeReplacesWhatIsThere(t *testing.T) {
	for _, value := range []string{"http://app.example, *", "http://other.example", "http://app.example/"} {
		for stack, want := range map[string]string{
			"express": "in place of what sets Access-Control-Allow-Origin now:",
			"django":  "in place of what sets Access-Control-Allow-Origin now:",
			"nginx":   "in place of every add_header",
		} {
			r := reportOn(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", value)
			}, plain())
			var err error
			if r.ServerFix, err = serverfix.For(t.Context(), plain(), &r.Result, stack); err != nil {
				t.Fatal(err)
			}
			if out := text(t, r, report.TextOptions{}); !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
				t.Errorf("%s, %s: no %q:\n%s", value, stack, want, out)
			}
		}
	}
}

// What the answer asks the reader to add is what the lines do not allow yet.
func TestTheChangeAsksForWhatIsMissing(t *testing.T) {
	const all, none = "origins, methods and headers", ""
	for _, row := range []struct {
		stack, granted, want string
		put                  bool
	}{
		{"express", "", "origins", false},
		{"express", "*", none, true},
		{"express", "", "origins", true},
		{"fastify", "", "origins and methods", true},
		{"chi", "", all, false},
		{"chi", "*", "methods and headers", true},
		{"django", "", "origins and headers", false},
		{"nginx", "", all, false},
		{"spring-annotation", "", "origins", true},
	} {
		q := plain()
		if row.put {
			q.Method = "PUT"
		}
		r := reportOn(t, func(w http.ResponseWriter, r *http.Request) {
			if row.granted != "" {
				w.Header().Set("Access-Control-Allow-Origin", row.granted)
			}
		}, q)
		var err error
		if r.ServerFix, err = serverfix.For(t.Context(), q, &r.Result, row.stack); err != nil {
			t.Fatal(err)
		}
		notes, want := strings.Join(r.Answer().Change.Notes, " "), "Add the other "+row.want+" that your pages use."
		if row.want == none && strings.Contains(notes, "Add the other") || row.want != none && !strings.Contains(notes, want) {
			t.Errorf("%s, %q: want %q in %q", row.stack, row.granted, want, notes)
		}
		// It stays in the smallest terminal.
		if out := strings.Join(strings.Fields(text(t, r, report.TextOptions{})), " "); row.want != none && !strings.Contains(out, want) {
			t.Errorf("%s: no %q in %s", row.stack, want, out)
		}
	}
}

// A console's lines may have the status too.
func TestTheExplanationSaysWhatFailedFirst(t *testing.T) {
	for status, change := range map[string]string{
		"500 (Internal Server Error)": "Find the error in the server's log, and correct it. So that pages can read errors too: send Access-Control-Allow-Origin",
		"404 (Not Found)":             "Check the URL's path and the method. So that",
		"401 (Unauthorized)":          "Send a valid login with the request. So that",
		"502 (Bad Gateway)":           "Find out why the server behind the proxy",
		"200 (OK)":                    "Send Access-Control-Allow-Origin",
	} {
		explained, err := explain.Read("Access to fetch at 'https://b.example/x' from origin 'https://a.example' has been blocked by CORS policy: "+
			"No 'Access-Control-Allow-Origin' header is present on the requested resource.\nGET https://b.example/x net::ERR_FAILED "+status, "")
		if err != nil {
			t.Fatal(err)
		}
		if got := report.MessageAnswer(&explained.Messages[0]).Change.Sentence; !strings.HasPrefix(got, change) {
			t.Errorf("%s: the change is %q, want %q", status, got, change)
		}
	}
}
