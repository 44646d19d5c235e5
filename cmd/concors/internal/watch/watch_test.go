package watch

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/fetch/reason"
)

// quick has short pauses, and a time that does not pass.
var quick = Clock{
	Now:  func() time.Time { return time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC) },
	Poll: 5 * time.Millisecond, Retry: time.Millisecond, Wait: 50 * time.Millisecond, Settle: 10 * time.Millisecond,
}

// A script has the answers of Ask in order; the last one repeats.
type script struct {
	mu      sync.Mutex
	answers []Answer
	asked   int
}

func (s *script) ask(context.Context) (Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := s.answers[min(s.asked, len(s.answers)-1)]
	s.asked++
	return answer, nil
}

func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

var (
	blocked = Answer{Text: "BLOCKED\n", Verdict: "blocked", Facts: []Fact{{"verdict", "blocked"}, {"response, status", "500"}}}
	allowed = Answer{Text: "ALLOWED\n", Verdict: "allowed", Facts: []Fact{{"verdict", "allowed"}, {"response, status", "500"}, {"response, Vary", "Origin"}}}
	refusal = Answer{Text: "UNREACHABLE\n", Verdict: "unreachable", Refused: true, Facts: []Fact{{"verdict", "unreachable"}}}
	invalid = Answer{Text: "line 3: no\n", Verdict: "a file is not valid", Failed: true}
)

func TestRunPrintsTheFirstAnswerAndThenWhatChanged(t *testing.T) {
	for _, row := range []struct {
		name    string
		answers []Answer
		keys    string
		want    string
	}{
		{"nothing changes", []Answer{blocked}, "\n ", "BLOCKED\n12:00:00 Enter asks again, q quits\n12:00:00 same as before: blocked\n12:00:00 same as before: blocked\n"},
		{"the verdict and a header", []Answer{blocked, allowed}, "\r", "BLOCKED\n12:00:00 Enter asks again, q quits\n" +
			"12:00:00 changed since the last answer:\n  verdict: was blocked, is allowed\n  + response, Vary: Origin\n\nALLOWED\n"},
		{"a header goes", []Answer{allowed, blocked}, "\n", "ALLOWED\n12:00:00 Enter asks again, q quits\n" +
			"12:00:00 changed since the last answer:\n  verdict: was allowed, is blocked\n  - response, Vary: Origin\n\nBLOCKED\n"},
		{"other keys", []Answer{blocked}, "xyz", "BLOCKED\n12:00:00 Enter asks again, q quits\n"},
		{"a file that is not valid for a while", []Answer{blocked, invalid, invalid, blocked}, "\n\n\n", "BLOCKED\n12:00:00 Enter asks again, q quits\n" +
			"line 3: no\n12:00:00 same as before: a file is not valid\n12:00:00 changed since the last answer:\n" +
			"  + verdict: blocked\n  + response, status: 500\n\nBLOCKED\n"},
		{"a server that restarts", []Answer{blocked, refusal, refusal, allowed}, "\n", "BLOCKED\n12:00:00 Enter asks again, q quits\n" +
			"12:00:00 no connection; waiting up to 50ms for the server to start\n12:00:00 changed since the last answer:\n" +
			"  verdict: was blocked, is allowed\n  + response, Vary: Origin\n\nALLOWED\n"},
		{"a server that does not start", []Answer{refusal}, "", "12:00:00 no connection; waiting up to 50ms for the server to start\nUNREACHABLE\n" +
			"12:00:00 Enter asks again, q quits\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := &script{answers: row.answers}
			keys := make(chan byte)
			go func() {
				for s.count() == 0 {
					time.Sleep(time.Millisecond)
				}
				time.Sleep(2 * quick.Wait) // a first answer that waits for its server
				for i := range len(row.keys) {
					before := s.count()
					keys <- row.keys[i]
					for end := time.Now().Add(200 * time.Millisecond); s.count() == before && time.Now().Before(end); {
						time.Sleep(time.Millisecond)
					}
					time.Sleep(quick.Wait)
				}
				keys <- 'q'
			}()
			var out strings.Builder
			_, err := Run(t.Context(), Options{Ask: s.ask, Keys: keys, Out: &out, Clock: quick})
			if err != nil || out.String() != row.want {
				t.Errorf("%v\n%s\nwant\n%s", err, out.String(), row.want)
			}
		})
	}
}

func TestQEndsARoundThatWaits(t *testing.T) {
	keys := make(chan byte, 1)
	keys <- 'q'
	begin := time.Now()
	_, err := Run(t.Context(), Options{Keys: keys, Out: &strings.Builder{}, Clock: quick, Ask: func(ctx context.Context) (Answer, error) {
		<-ctx.Done()
		return Answer{}, ctx.Err()
	}})
	if err != nil || time.Since(begin) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}

func TestAnErrorOfTheFirstRoundEndsRun(t *testing.T) {
	want := errors.New("no --from")
	_, err := Run(t.Context(), Options{Out: &strings.Builder{}, Clock: quick, Every: time.Second,
		Ask: func(context.Context) (Answer, error) { return Answer{}, want }})
	if err != want {
		t.Errorf("%v", err)
	}
}

// runUntil runs until the output has a text, and returns the output.
func runUntil(t *testing.T, o Options, text string, act func(out func() string)) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var w locked
	o.Out, o.Clock = &w, quick
	done := make(chan error)
	go func() {
		_, err := Run(ctx, o)
		done <- err
	}()
	act(w.String)
	for end := time.Now().Add(5 * time.Second); !strings.Contains(w.String(), text) && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	return w.String()
}

type locked struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestAChangedFileIsNoticedOnceHoweverItChanges(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(dir string) error
		file   string
	}{
		{"written", func(dir string) error { return os.WriteFile(filepath.Join(dir, "a.js"), []byte("new"), 0o600) }, "a.js"},
		{"replaced, as editors do", func(dir string) error {
			if err := os.WriteFile(filepath.Join(dir, "b.tmp"), []byte("newer"), 0o600); err != nil {
				return err
			}
			return os.Rename(filepath.Join(dir, "b.tmp"), filepath.Join(dir, "a.js"))
		}, "a.js"},
		{"removed", func(dir string) error { return os.Remove(filepath.Join(dir, "a.js")) }, "a.js"},
		{"new in a folder", func(dir string) error { return os.WriteFile(filepath.Join(dir, "c.js"), nil, 0o600) }, "c.js"},
	} {
		t.Run(row.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "a.js"), []byte("old one"), 0o600); err != nil {
				t.Fatal(err)
			}
			s := &script{answers: []Answer{blocked, allowed}}
			out := runUntil(t, Options{Ask: s.ask, Files: []string{dir}}, "ALLOWED", func(out func() string) {
				for !strings.Contains(out(), "watching") {
					time.Sleep(time.Millisecond)
				}
				if err := row.change(dir); err != nil {
					t.Fatal(err)
				}
			})
			if !strings.Contains(out, filepath.Join(dir, row.file)+" changed\n") || s.count() != 2 {
				t.Errorf("%d answers\n%s", s.count(), out)
			}
		})
	}
}

// A server that a file's change restarts may still be the old one at first.
func TestAnUnchangedAnswerAfterAFileChangedIsAskedForOnceMore(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.js")
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, isRepeatable := range []bool{true, false} {
		s := &script{answers: []Answer{blocked, blocked, allowed}}
		want := "ALLOWED"
		if !isRepeatable {
			want = "same as before"
		}
		out := runUntil(t, Options{Ask: s.ask, Files: []string{name}, Repeatable: isRepeatable}, want, func(out func() string) {
			for !strings.Contains(out(), "watching") {
				time.Sleep(time.Millisecond)
			}
			if err := os.WriteFile(name, []byte(out()), 0o600); err != nil {
				t.Fatal(err)
			}
		})
		if strings.Contains(out, "ALLOWED") != isRepeatable {
			t.Errorf("repeatable %v:\n%s", isRepeatable, out)
		}
	}
}

func TestWhatCannotBeWatchedIsRefused(t *testing.T) {
	if _, err := newFiles([]string{filepath.Join(t.TempDir(), "none")}); err == nil {
		t.Error("a file that does not exist: no error")
	}
	dir := t.TempDir()
	for _, sub := range []string{"node_modules", ".git"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, sub, "x"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if f, err := newFiles([]string{dir}); err != nil || len(f.state) != 0 {
		t.Errorf("%v, %v: want no file of node_modules or .git", f, err)
	}
}

func TestHeadersThatDecideAreCompared(t *testing.T) {
	answer := func(status int, headers ...request.Header) Answer {
		result := request.BrowserResult{Browser: "chromium", Verdict: request.Blocked, Reason: reason.MissingAllowOriginHeader,
			Exchanges: []request.Exchange{{Preflight: true, Status: 204}, {Status: status, ResponseHeaders: headers}}}
		return OfCheck(&report.Report{Result: request.Result{Agree: true, Results: []request.BrowserResult{result, result}}})
	}
	before := answer(200, request.Header{Name: "Date", Value: "1"}, request.Header{Name: "vary", Value: "Accept"}, request.Header{Name: "Vary", Value: "Origin"})
	after := answer(404, request.Header{Name: "Date", Value: "2"}, request.Header{Name: "Vary", Value: "Accept"}, request.Header{Name: "Access-Control-Allow-Origin", Value: "*"})
	want := []string{"response, status: was 200, is 404", "+ response, Access-Control-Allow-Origin: *", "- response, Vary (2): Origin"}
	if got := Changes(before.Facts, after.Facts); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if before.Verdict != "blocked: MissingAllowOriginHeader" || before.Refused {
		t.Errorf("%+v", before)
	}
}
