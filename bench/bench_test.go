package bench

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestMarks compares the marks of all rows with the golden file. It also shows that
// all peers are configured alike, because no response is marked as wrong.
func TestMarks(t *testing.T) {
	var b strings.Builder
	for _, rows := range groups() {
		if rows[0].Set.N > 1_000 {
			continue // the marks are those of shorter lists, and these are slow to build
		}
		g, err := newGroup(rows, t.Output())
		if err != nil {
			t.Fatal(err)
		}
		_, results := g.prepare(rows)
		for _, r := range results {
			fmt.Fprintf(&b, "%-38s", r.ID)
			for _, name := range columns(false) {
				c := r.Cell(name)
				switch {
				case c.LeftOut == noCheckout:
				case c.LeftOut != "":
					fmt.Fprintf(&b, " %s: left out", name)
				case c.Marks != "":
					fmt.Fprintf(&b, " %s: %s", name, c.Marks)
				}
				if strings.Contains(c.Marks, string(Wrong)) {
					t.Errorf("%s: the response of %s is wrong", r.ID, name)
				}
				if name == Ours && c.Marks != "" {
					t.Errorf("%s: Concors omits something: %s", r.ID, c.Marks)
				}
			}
			b.WriteByte('\n')
		}
	}
	checkGolden(t, "marks.txt", b.String())
}

// TestChecks compares the table of checks with the golden file. Concors passes all of
// them.
func TestChecks(t *testing.T) {
	checks, err := RunChecks()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range checks {
		if !c.Holds[Ours] {
			t.Errorf("Concors fails the check: %s", c.Title)
		}
	}
	var b strings.Builder
	(&Report{Checks: checks}).writeChecks(&b)
	checkGolden(t, "checks.md", b.String())
}

// TestRunWithCheckout measures a stand-in for jub0bs/cors, which has the same API and allows nothing.
func TestRunWithCheckout(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the command")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module github.com/jub0bs/cors\n\ngo 1.25.0\n",
		"cors.go": `package cors

import "net/http"

type Config struct {
	Origins, Methods, RequestHeaders, ResponseHeaders []string

	MaxAgeInSeconds int
	Credentialed    bool
}

type Middleware struct{}

func NewMiddleware(Config) (*Middleware, error)        { return &Middleware{}, nil }
func (*Middleware) Wrap(next http.Handler) http.Handler { return next }
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var out, progress bytes.Buffer
	args := []string{"--rows", "^(get-allowed|part-label-get-allowed)$", "--time", "1ms", "--json"}
	if err := RunWithCheckout(dir, args, &out, &progress); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	var report Report
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	c := report.Rows[0].Cell(jub0bsName)
	if c.NS <= 0 || !strings.Contains(c.Marks, string(Wrong)) || report.Versions[jub0bsName] == "" {
		t.Errorf("%+v, version %q; want a time, the mark %c and a version", c, report.Versions[jub0bsName], Wrong)
	}
	if c := report.Rows[1].Cell(jub0bsName); c.LeftOut == "" || c.LeftOut == noCheckout {
		t.Errorf("a pattern that jub0bs/cors does not have is not left out for that: %+v", c)
	}
	if err := RunWithCheckout(t.TempDir(), nil, &out, &progress); err == nil {
		t.Error("a folder without a checkout is accepted")
	}
}

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	path := "testdata/" + name
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs. If the change is right, run go test -update. Got:\n%s", path, got)
	}
}

// TestLargeList shows that Concors allows exactly the origins of a long list.
func TestLargeList(t *testing.T) {
	set := Set{N: 100_000}
	origins := set.origins()
	h, err := build(Peers()[0], set, origins)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(origins); i += 97 {
		if r := get(origins[i]); !send(h, r).allows(r, false) {
			t.Errorf("%s is refused", origins[i])
		}
		if r := get(origins[i] + "x"); send(h, r).namesOrigin() {
			t.Errorf("%sx is allowed", origins[i])
		}
	}
}

// TestOriginsRotate shows that each part of a pass continues with the origins where the
// previous part ended, and that a handler sees all of them before it is timed.
func TestOriginsRotate(t *testing.T) {
	rotate := make([]string, 32)
	for i := range rotate {
		rotate[i] = fmt.Sprintf("https://%d.test", i)
	}
	var got []string
	c := &measurement{
		handler:  http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Header.Get("Origin")) }),
		requests: []*http.Request{get("https://before.test")},
		rotate:   rotate,
		n:        len(rotate) / parts,
	}
	c.warm()
	c.pass(parts)
	if want := slices.Concat(rotate, rotate); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestAllocations checks the README's claims about allocations.
func TestAllocations(t *testing.T) {
	want := map[string]float64{
		"get-allowed":              1,
		"preflight-allowed":        1,
		"preflight-refused-origin": 0,
		"preflight-refused-method": 0,
		"preflight-refused-header": 0,
	}
	for _, r := range Rows() {
		most, ok := want[r.ID]
		if strings.HasPrefix(r.ID, "hostile-") && r.Preflight {
			most, ok = 1, true // an allowed one allocates once
		}
		if !ok {
			continue
		}
		t.Run(r.ID, func(t *testing.T) {
			origins := r.Set.origins()
			requests := r.Requests(r.Set, origins)
			count := func(p Peer) float64 {
				h, err := build(p, r.Set, origins)
				if err != nil {
					t.Fatal(err)
				}
				w := newRecorder()
				return testing.AllocsPerRun(200, func() { serve(h, requests, nil, w, false, 0, 1) })
			}
			ours, none := count(Peers()[0]), count(Peers()[1])
			if ours-none > most {
				t.Errorf("%v allocations more than the bare handler, want %v", ours-none, most)
			}
		})
	}
}

// TestReport shows that the results of a run can be written as tables and as JSON.
func TestReport(t *testing.T) {
	report, err := Run(Options{Rows: regexp.MustCompile("^(get-allowed|hostile-commas|patterns-1k-get-allowed)$"), Time: time.Millisecond, Progress: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range report.Rows {
		for _, c := range r.Cells {
			if c.LeftOut == "" && (c.NS <= 0 || c.Ratio <= 0 || math.IsInf(c.NS, 0)) {
				t.Errorf("%s, %s: %v ns, %v×", r.ID, c.Peer, c.NS, c.Ratio)
			}
		}
	}
	report.Memory = []Footprint{}
	for _, name := range columns(false) {
		report.Memory = append(report.Memory, Footprint{Peer: name, Set: "random hosts", Origins: 1000, PerOrigin: 40, BuildMS: 1})
	}
	report.Binary = &Growth{Bare: 5 << 20, With: 300 << 10, NoPSL: 100 << 10}
	var md bytes.Buffer
	if err := report.Markdown(&md); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| GET, allowed |", "| 1 MB of commas", " – |", "<sup>d</sup>", "no support for patterns", "gin ",
		"| random hosts, 1,000 | 40 B, 1.0 ms |", "5,120 KiB",
		"| jub0bs/cors (no checkout) |", "- – jub0bs/cors: not measured, because no checkout of ",
	} {
		if !strings.Contains(md.String(), want) {
			t.Errorf("the tables do not contain %q:\n%s", want, md.String())
		}
	}
	width := 0
	for line := range strings.SplitSeq(md.String(), "\n") {
		if n := strings.Count(line, "|"); !strings.HasPrefix(line, "|") {
			width = 0
		} else if width == 0 {
			width = n
		} else if n != width {
			t.Errorf("%d columns, want %d: %s", n, width, line)
		}
	}
	if _, err := json.Marshal(report); err != nil {
		t.Error(err)
	}
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{ratio(0.058), "0.06×"}, {ratio(0.997), "1.0×"}, {ratio(2.345), "2.3×"}, {ratio(12.4), "12×"}, {ratio(12345.6), "12,346×"},
		{nanoseconds(1234.5), "1,235 ns"}, {size(320), "320"}, {size(16_000_000), "16.0M"}, {size(81_000), "81k"},
		{milliseconds(1.25), "1.2 ms"}, {milliseconds(12.5), "12 ms"}, {milliseconds(1340), "1.3 s"},
		{thousands(1), "1"}, {thousands(1000), "1,000"}, {thousands(1234567), "1,234,567"},
	} {
		if c.got != c.want {
			t.Errorf("got %s, want %s", c.got, c.want)
		}
	}
}

// growthLimit is how many bytes package cors may add to a binary without the public suffix list. It adds
// about 440 KiB today. The rest is room for features and for other Go versions: the test is there to
// notice a new large dependency. encoding/json is one, so package routes is separate.
const growthLimit = 500 << 10

// TestBinaryGrowth checks that package cors adds no more than growthLimit to a binary.
func TestBinaryGrowth(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds three programs")
	}
	g, err := MeasureGrowth()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("a bare server: %d KiB; with package cors %d KiB more, with -tags concors_nopsl %d KiB more", g.Bare>>10, g.With>>10, g.NoPSL>>10)
	if g.NoPSL > growthLimit {
		t.Errorf("package cors adds %d KiB with -tags concors_nopsl, want %d at most", g.NoPSL>>10, growthLimit>>10)
	}
}

// groups returns the rows in groups with the same Set.
func groups() [][]Row {
	var all [][]Row
	for _, r := range Rows() {
		if n := len(all); n > 0 && all[n-1][0].Set == r.Set {
			all[n-1] = append(all[n-1], r)
		} else {
			all = append(all, []Row{r})
		}
	}
	return all
}

// BenchmarkRows runs each row for each peer, for benchstat:
//
//	go test -run - -bench . -count 10 ./bench >new; benchstat -col /peer new
func BenchmarkRows(b *testing.B) {
	for _, rows := range groups() {
		// The handlers of a group and its list are built once, because that takes
		// longer than a row.
		set := rows[0].Set
		var origins []string
		handlers := make(map[string]http.Handler)
		for _, r := range rows {
			b.Run("row="+r.ID, func(b *testing.B) {
				for _, p := range Peers() {
					if p.leftOut(r) != "" {
						continue
					}
					b.Run("peer="+strings.ReplaceAll(p.Name, "/", "-"), func(b *testing.B) {
						if origins == nil {
							origins = set.origins()
						}
						h := handlers[p.Name]
						if h == nil {
							var err error
							if h, err = build(p, set, origins); err != nil {
								b.Fatal(err)
							}
							handlers[p.Name] = h
						}
						var rotate []string
						if r.Rotate != nil {
							rotate = r.Rotate(set, origins)
						}
						benchmark(b, r, h, r.Requests(set, origins), rotate)
					})
				}
			})
		}
	}
}

func benchmark(b *testing.B, r Row, h http.Handler, requests []*http.Request, rotate []string) {
	b.ReportAllocs()
	b.ResetTimer()
	if r.Goroutines <= 1 {
		serve(h, requests, rotate, newRecorder(), r.Fresh, 0, b.N)
		return
	}
	if rotate != nil {
		b.Fatal("origins can rotate in one goroutine only")
	}
	b.SetParallelism(r.Goroutines)
	b.RunParallel(func(pb *testing.PB) {
		w := newRecorder()
		for pb.Next() {
			serve(h, requests, rotate, w, r.Fresh, 0, 1)
		}
	})
}
