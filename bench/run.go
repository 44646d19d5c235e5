package bench

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"regexp"
	"runtime"
	"runtime/debug"
	"sync"
	"time"
)

// Options are what to run.
type Options struct {
	// Rows selects rows by their IDs, and "memory", "checks" and "binary" of the
	// other tables; nil is all.
	Rows *regexp.Regexp

	// Time is how long each row is measured for each peer: 200 ms if zero.
	Time time.Duration

	// Progress is told what is being done; nil is nobody.
	Progress io.Writer
}

// slice is how long a handler serves requests before it is another's turn:
// short, so that in one of them nobody else wants the processor, and long
// beside the clock's resolution.
const slice = 5 * time.Millisecond

// parts is into how many slices a pass is cut where origins take turns: enough for
// all of them to have one, if a request takes less than 600 ns. Some peers take
// longer for some origins, so the fastest of each part counts, and their mean.
//
// Before its passes comes another that is not timed. What the handler needs for
// them is then in the processor's caches as far as it fits, as in a server that does
// nothing else, and not what the peer before it left there, which may have gone
// through a list of a million.
const (
	parts  = 8
	passes = 4 // one after the other, for each part to be timed often enough
)

// A Cell is one row measured for one peer.
type Cell struct {
	Peer    string  `json:"peer"`
	LeftOut string  `json:"leftOut,omitempty"` // why there are no figures
	NS      float64 `json:"ns,omitempty"`      // the fastest slices, a request
	Ratio   float64 `json:"ratio,omitempty"`   // NS by ours
	Bytes   int     `json:"bytes"`
	Allocs  int     `json:"allocs"`
	Marks   string  `json:"marks,omitempty"` // letters, "!" for wrong
}

// A Result is one row measured.
type Result struct {
	ID      string `json:"id"`
	Section string `json:"section"`
	Title   string `json:"title"`
	Cells   []Cell `json:"cells"` // in the order of Peers
}

// Cell returns a peer's cell, or nil.
func (r *Result) Cell(peer string) *Cell {
	for i := range r.Cells {
		if r.Cells[i].Peer == peer {
			return &r.Cells[i]
		}
	}
	return nil
}

// A Report is all that was measured.
type Report struct {
	Go       string            `json:"go"`
	Platform string            `json:"platform"`
	CPUs     int               `json:"cpus"`
	Versions map[string]string `json:"versions"`
	Rows     []Result          `json:"rows,omitempty"`
	Checks   []Checked         `json:"checks,omitempty"`
	Memory   []Footprint       `json:"memory,omitempty"`
	Binary   *Growth           `json:"binary,omitempty"`
}

// Run measures.
func Run(o Options) (*Report, error) {
	if o.Time == 0 {
		o.Time = 200 * time.Millisecond
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	wanted := func(id string) bool { return o.Rows == nil || o.Rows.MatchString(id) }
	report := &Report{
		Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.GOMAXPROCS(0),
		Versions: versions(),
	}
	var rows []Row
	for _, r := range Rows() {
		if wanted(r.ID) {
			rows = append(rows, r)
		}
	}
	for len(rows) > 0 {
		// Rows with one Set share the handlers, and take turns too.
		n := 1
		for n < len(rows) && rows[n].Set == rows[0].Set {
			n++
		}
		results, err := runGroup(rows[:n], o)
		if err != nil {
			return nil, err
		}
		report.Rows = append(report.Rows, results...)
		rows = rows[n:]
	}
	var err error
	if wanted("checks") {
		if report.Checks, err = RunChecks(); err != nil {
			return nil, err
		}
	}
	if wanted("memory") {
		if report.Memory, err = runMemory(o.Progress); err != nil {
			return nil, err
		}
	}
	if wanted("binary") {
		fmt.Fprintln(o.Progress, "binaries: building")
		if report.Binary, err = MeasureGrowth(); err != nil {
			// Not everybody who has the command has the source.
			fmt.Fprintln(o.Progress, "binaries: left out:", err)
		}
	}
	return report, nil
}

// versions returns the version of each peer's module.
func versions() map[string]string {
	v := make(map[string]string)
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	for _, p := range Peers() {
		for _, m := range info.Deps {
			if m.Path == p.Module {
				v[p.Name] = m.Version
			}
		}
	}
	delete(v, Ours) // it is the one beside this module
	return v
}

// A contest is one row and one peer being measured.
type contest struct {
	row      Row
	handler  http.Handler
	requests []*http.Request
	n        int // requests in a slice
	passes   int
	turns    []string
	best     [places][parts]float64 // the fastest slice of each part from each place on the stack, a request
	cell     *Cell
}

// group is the handlers of all peers for one Set, with what tells them apart.
type group struct {
	peers    []Peer
	handlers []http.Handler // nil where left out
	traits   [][]Mark
	origins  []string
}

// newGroup builds the handlers that any of the rows, all of one Set, need.
func newGroup(rows []Row, progress io.Writer) (*group, error) {
	g := &group{peers: Peers(), origins: rows[0].Set.origins()}
	for _, r := range rows {
		if r.ID == routersRow {
			g.peers = append(g.peers, routers()...)
		}
	}
	g.handlers = make([]http.Handler, len(g.peers))
	g.traits = make([][]Mark, len(g.peers))
	for i, p := range g.peers {
		needed := false
		for _, r := range rows {
			needed = needed || p.leftOut(r) == ""
		}
		if !needed {
			continue
		}
		if len(g.origins) >= 100_000 {
			fmt.Fprintf(progress, "%s: building %s\n", rows[0].Section, p.Name)
		}
		var err error
		if g.handlers[i], err = build(p, rows[0].Set, g.origins); err != nil {
			return nil, &BuildError{p.Name, err}
		}
		if p.Module != "" {
			if g.traits[i], err = traitsOf(p); err != nil {
				return nil, &BuildError{p.Name, err}
			}
		}
	}
	return g, nil
}

// enter makes the contests of the rows, judged and not yet measured, and their
// results.
func (g *group) enter(rows []Row) ([]*contest, []Result) {
	results := make([]Result, len(rows))
	var contests []*contest
	for i, r := range rows {
		results[i] = Result{ID: r.ID, Section: r.Section, Title: r.Title, Cells: make([]Cell, len(g.peers))}
		for j, p := range g.peers {
			cell := &results[i].Cells[j]
			cell.Peer = p.Name
			if cell.LeftOut = p.leftOut(r); cell.LeftOut != "" {
				continue
			}
			// Each has requests of its own: what one does to them is not the
			// other's to find.
			c := &contest{row: r, handler: g.handlers[j], requests: r.Requests(r.Set, g.origins), cell: cell}
			if r.Turns != nil {
				c.turns = r.Turns(r.Set, g.origins)
			}
			if p.Module != "" {
				for _, m := range judge(r, c.handler, c.requests, g.traits[j]) {
					cell.Marks += string(m)
				}
			}
			contests = append(contests, c)
		}
	}
	return contests, results
}

// runGroup measures rows of one Set.
func runGroup(rows []Row, o Options) ([]Result, error) {
	g, err := newGroup(rows, o.Progress)
	if err != nil {
		return nil, err
	}
	contests, results := g.enter(rows)
	fmt.Fprintf(o.Progress, "%s: %d rows", rows[0].Section, len(rows))
	began := time.Now()
	for _, c := range contests {
		c.calibrate()
	}
	rounds := max(places, int(o.Time/slice))
	for round := range rounds {
		for _, c := range contests {
			if c.turns == nil {
				c.pass(1)
			} else if round%parts == 0 {
				c.warm()
				for range passes {
					c.pass(parts)
				}
			}
		}
		if round*10/rounds != (round+1)*10/rounds {
			fmt.Fprint(o.Progress, ".")
		}
	}
	for _, c := range contests {
		c.cell.NS = c.mean()
		c.cell.Bytes, c.cell.Allocs = allocated(c)
	}
	fmt.Fprintf(o.Progress, " %.0f s\n", time.Since(began).Seconds())
	for i := range results {
		ours := results[i].Cell(Ours).NS
		for j := range results[i].Cells {
			c := &results[i].Cells[j]
			c.Ratio = c.NS / ours
		}
	}
	return results, nil
}

// calibrate finds how many requests fill a slice.
func (c *contest) calibrate() {
	for c.n = 1; ; c.n *= 2 {
		if took := c.serve(0); took >= slice/4 {
			c.n = max(1, int(float64(c.n)*float64(slice)/float64(took)))
			return
		}
	}
}

// warm serves all parts.
func (c *contest) warm() {
	for part := range parts {
		c.serve(part)
	}
}

// pass serves a timed slice for each of the first n parts, the next time from the
// next of places on the stack.
func (c *contest) pass(n int) {
	at := c.passes % places
	c.passes++
	for part := range n {
		took := float64(deeper(at, func() time.Duration { return c.serve(part) })) / float64(c.n)
		if best := &c.best[at][part]; *best == 0 || took < *best {
			*best = took
		}
	}
}

// places is from how many places on the stack a handler serves: one on a border
// of 16 bytes and one between two. What is copied 16 bytes at a time crosses the
// borders of cache lines at one and not at the other, which is up to a tenth of a
// handler's time, and luck.
const places = 2

// deeper calls f with n more frames below it, each of an odd number of words.
//
//go:noinline
func deeper(n int, f func() time.Duration) time.Duration {
	if n == 0 {
		return f()
	}
	var word uint64
	took := deeper(n-1, f)
	touch(&word)
	return took
}

//go:noinline
func touch(*uint64) {}

// mean is of the fastest of each part at each place.
func (c *contest) mean() float64 {
	sum, n := 0.0, 0
	for _, best := range c.best {
		for _, took := range best {
			if took > 0 {
				sum, n = sum+took, n+1
			}
		}
	}
	return sum / float64(n)
}

// serve serves the n requests of a part and tells how long it took.
func (c *contest) serve(part int) time.Duration {
	if c.row.Goroutines <= 1 {
		w := newRecorder()
		began := time.Now()
		serve(c.handler, c.requests, c.turns, w, c.row.Fresh, part*c.n, c.n)
		return time.Since(began)
	}
	each := max(1, c.n/c.row.Goroutines)
	c.n = each * c.row.Goroutines
	var wg sync.WaitGroup
	began := time.Now()
	for range c.row.Goroutines {
		wg.Go(func() { serve(c.handler, c.requests, c.turns, newRecorder(), c.row.Fresh, 0, each) })
	}
	wg.Wait()
	return time.Since(began)
}

// few is how many requests are enough to count allocations.
func (c *contest) few() int { return min(c.n, 10_000) }

// allocated counts what serving one request allocates: the least of three
// times, as a collection in between empties pools.
func allocated(c *contest) (bytes, allocs int) {
	n := c.few()
	bytes, allocs = math.MaxInt, math.MaxInt
	w := newRecorder()
	serve(c.handler, c.requests, c.turns, w, c.row.Fresh, 0, 1) // fills pools
	var before, after runtime.MemStats
	for range 3 {
		runtime.ReadMemStats(&before)
		serve(c.handler, c.requests, c.turns, w, c.row.Fresh, 0, n)
		runtime.ReadMemStats(&after)
		bytes = min(bytes, int(after.TotalAlloc-before.TotalAlloc)/n)
		allocs = min(allocs, int(after.Mallocs-before.Mallocs)/n)
	}
	return bytes, allocs
}
