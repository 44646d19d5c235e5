// Package watch asks again when a file changes, a key is pressed or time has passed,
// and says what changed since the last answer.
package watch

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// An Answer is what one round found.
type Answer struct {
	// Text is the whole answer, and Verdict the same in a few words.
	Text, Verdict string
	// Facts is what is compared with the last answer, in the order in which changes
	// are reported.
	Facts []Fact
	// Refused means that no connection was made: the server may be restarting, and
	// asking again has no effect.
	Refused bool
	// Failed means that nothing was asked, because a file is not valid. Text says why.
	Failed bool
	// Status is the exit status that goes with the answer, as a cli.Exit; nil for 0.
	Status error
}

// A Fact is one thing that may change, such as a header of the response.
type Fact struct{ Name, Value string }

// Options says what to ask, and when.
type Options struct {
	// Ask asks once. Its error ends Run.
	Ask func(context.Context) (Answer, error)
	// Files are watched, and folders with all that is in them.
	Files []string
	Every time.Duration // 0 for never
	// Keys are those of a terminal; nil if there is none. q ends Run, and Enter or
	// the space bar asks.
	Keys <-chan byte
	// Repeatable means that asking has no effect on the server, so that it may be
	// asked once more without need.
	Repeatable bool
	Out        io.Writer
	Clock      Clock // zero except in tests
}

// Clock has the pauses of Run. Zero values have the defaults named.
type Clock struct {
	Now    func() time.Time // time.Now
	Poll   time.Duration    // between two looks at the files: 200 ms
	Retry  time.Duration    // between two tries to reach a server: 250 ms
	Wait   time.Duration    // how long to try: 10 s
	Settle time.Duration    // before an unchanged answer is asked for once more: 2 s
}

func (c *Clock) setDefaults() {
	if c.Now == nil {
		c.Now = time.Now
	}
	for _, d := range []struct {
		value     *time.Duration
		otherwise time.Duration
	}{
		{&c.Poll, 200 * time.Millisecond}, {&c.Retry, 250 * time.Millisecond}, {&c.Wait, 10 * time.Second}, {&c.Settle, 2 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.otherwise
		}
	}
}

// Run asks at once, and again whenever something happens, until q is pressed or the
// context ends. It returns the last answer. Between two looks files cost one stat
// each. The error is a *cli.UsageError if a file cannot be watched.
func Run(ctx context.Context, o Options) (Answer, error) {
	o.Clock.setDefaults()
	files, err := newFiles(o.Files)
	if err != nil {
		return Answer{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &watcher{Options: o}
	changed := make(chan string)
	if len(o.Files) > 0 {
		go files.watch(ctx, o.Clock.Poll, changed)
	}
	if err := w.round(ctx, "", false); err != nil {
		return w.last, err
	}
	if !w.quit {
		w.say(w.instructions())
	}
	for !w.quit {
		if err := w.wait(ctx, changed); err != nil {
			return w.last, err
		}
	}
	return w.last, nil
}

// A watcher is a Run in progress.
type watcher struct {
	Options
	last  Answer
	asked bool // there is a last answer
	quit  bool
	// again is when an unchanged answer is asked for once more; zero for never.
	again time.Time
}

// instructions says what Run waits for.
func (w *watcher) instructions() string {
	var parts []string
	if len(w.Files) > 0 {
		parts = append(parts, "watching "+term.Printable(strings.Join(w.Files, ", ")))
	}
	if w.Every > 0 {
		parts = append(parts, "every "+w.Every.String())
	}
	if w.Keys != nil {
		parts = append(parts, "Enter asks again, q quits")
	} else {
		parts = append(parts, "Ctrl-C quits")
	}
	return strings.Join(parts, "; ")
}

// wait waits for the next thing that happens, and asks.
func (w *watcher) wait(ctx context.Context, changed <-chan string) error {
	var tick, again <-chan time.Time
	if w.Every > 0 {
		tick = time.After(w.Every)
	}
	if !w.again.IsZero() {
		again = time.After(time.Until(w.again))
		w.again = time.Time{}
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case name := <-changed:
		return w.round(ctx, term.Printable(name)+" changed", true)
	case <-tick:
		return w.round(ctx, "", false)
	case <-again:
		return w.quietRound(ctx)
	case key, ok := <-w.Keys:
		switch {
		case !ok:
			w.Keys = nil
		case key == 'q' || key == 'Q' || key == 4:
			w.quit = true
		case key == ' ' || key == '\r' || key == '\n':
			return w.round(ctx, "", false)
		}
	}
	return nil
}

// round asks and reports. why is what happened, or "". byFile means that a file
// changed, so that a server may be about to restart.
func (w *watcher) round(ctx context.Context, why string, byFile bool) error {
	if why != "" {
		w.say(why)
	}
	answer, err := w.ask(ctx)
	if err != nil || w.quit {
		return err
	}
	if answer.Refused {
		if answer, err = w.retry(ctx, answer); err != nil || w.quit {
			return err
		}
	}
	unchanged := w.report(answer, true)
	if byFile && unchanged && w.Repeatable {
		w.again = time.Now().Add(w.Clock.Settle)
	}
	return nil
}

// quietRound asks once more, in case a server had not restarted yet, and reports only
// what changed.
func (w *watcher) quietRound(ctx context.Context) error {
	answer, err := w.ask(ctx)
	if err != nil || w.quit {
		return err
	}
	if answer.Refused {
		if answer, err = w.retry(ctx, answer); err != nil || w.quit {
			return err
		}
	}
	w.report(answer, false)
	return nil
}

// ask asks, and meanwhile looks for q.
func (w *watcher) ask(ctx context.Context) (Answer, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		Answer
		error
	}
	done := make(chan result, 1)
	go func() {
		answer, err := w.Ask(ctx)
		done <- result{answer, err}
	}()
	for {
		select {
		case r := <-done:
			return r.Answer, r.error
		case <-ctx.Done():
			return Answer{}, ctx.Err()
		case key, ok := <-w.Keys:
			if !ok {
				w.Keys = nil
			} else if key == 'q' || key == 'Q' || key == 4 {
				w.quit = true
				return Answer{}, nil
			}
		}
	}
}

// retry asks until the server accepts a connection, or has not for long.
func (w *watcher) retry(ctx context.Context, answer Answer) (Answer, error) {
	w.say(fmt.Sprintf("no connection; waiting up to %v for the server to start", w.Clock.Wait))
	for end := time.Now().Add(w.Clock.Wait); answer.Refused && time.Now().Before(end) && !w.quit; {
		select {
		case <-ctx.Done():
			return answer, ctx.Err()
		case <-time.After(w.Clock.Retry):
		}
		var err error
		if answer, err = w.ask(ctx); err != nil {
			return answer, err
		}
	}
	return answer, nil
}

// report prints an answer: the first as a whole, others with what changed. With
// always it says that nothing did. It reports whether that is so.
func (w *watcher) report(answer Answer, always bool) (unchanged bool) {
	before, asked := w.last, w.asked
	w.last, w.asked = answer, true
	switch changes := Changes(before.Facts, answer.Facts); {
	case !asked || answer.Failed && answer.Text != before.Text:
		fmt.Fprint(w.Out, answer.Text)
	case answer.Failed || len(changes) == 0 && !before.Failed:
		if always {
			w.say("same as before: " + term.Bounded(answer.Verdict))
		}
		return true
	default:
		w.say("changed since the last answer:")
		for _, change := range changes {
			fmt.Fprintln(w.Out, "  "+term.Bounded(change))
		}
		fmt.Fprint(w.Out, "\n"+answer.Text)
	}
	return false
}

// say prints a line with the time.
func (w *watcher) say(text string) {
	fmt.Fprintf(w.Out, "%s %s\n", w.Clock.Now().Format("15:04:05"), text)
}

// Changes lists what differs between two lists of facts, in the order of the newer
// one and then of the older one: "name: was x, is y", "+ name: y", "- name: x".
func Changes(before, after []Fact) []string {
	var list []string
	value := func(facts []Fact, name string) (string, bool) {
		i := slices.IndexFunc(facts, func(f Fact) bool { return strings.EqualFold(f.Name, name) })
		if i < 0 {
			return "", false
		}
		return facts[i].Value, true
	}
	for _, f := range after {
		switch was, ok := value(before, f.Name); {
		case !ok:
			list = append(list, "+ "+f.String())
		case was != f.Value:
			list = append(list, f.Name+": was "+was+", is "+f.Value)
		}
	}
	for _, f := range before {
		if _, ok := value(after, f.Name); !ok {
			list = append(list, "- "+f.String())
		}
	}
	return list
}

// String is the fact in a line.
func (f Fact) String() string {
	if f.Value == "" {
		return f.Name
	}
	return f.Name + ": " + f.Value
}
