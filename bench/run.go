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

// Options select what to run.
type Options struct {
	// Rows selects rows by their IDs, and the other tables by the names memory,
	// checks and binary. nil selects everything.
	Rows *regexp.Regexp

	// Time is how long to measure each row for each peer. 0 means 200 ms.
	Time time.Duration

	// Progress receives progress messages, if it is not nil.
	Progress io.Writer
}

// slice is how long a handler serves requests before the next handler's turn. It is
// so short that some slices are not interrupted by other processes, even on a busy
// machine, and long compared with the clock's resolution. longSlice replaces it in rows
// where origins take turns, and in those with many goroutines, which take time to start.
const (
	slice     = time.Millisecond
	longSlice = 5 * time.Millisecond
)

// parts is the number of slices of a pass in rows where origins take turns. All
// origins have their turn in a pass if a request takes less than 600 ns. Some peers
// need longer for some origins, so the fastest slice of each part is kept, and
// the result is the mean of the parts.
//
// An untimed pass precedes the timed ones. After it, the processor's caches hold the
// handler's data as far as it fits, as in a server that does nothing else. Otherwise
// they would hold the data of the peer before, which may have searched a list of a
// million.
const (
	parts  = 8
	passes = 4 // in a row, so that each part is timed often enough
)

// A Cell is one row measured for one peer.
type Cell struct {
	Peer    string  `json:"peer"`
	LeftOut string  `json:"leftOut,omitempty"` // why it was not measured
	NS      float64 `json:"ns,omitempty"`      // per request, in the fastest slices
	Ratio   float64 `json:"ratio,omitempty"`   // NS divided by that of Ours
	Bytes   int     `json:"bytes"`
	Allocs  int     `json:"allocs"`
	Marks   string  `json:"marks,omitempty"` // letters; "!" is Wrong
}

// A Result is one measured row.
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

// A Report holds all results.
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

// Run measures what the options select.
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
		// Rows with the same Set share the handlers and take turns.
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
			// A user of the command may not have the source.
			fmt.Fprintln(o.Progress, "binaries: not measured:", err)
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
	if buildJub0bs != nil {
		v[jub0bsName] = jub0bsVersion
	}
	for _, p := range Peers() {
		for _, m := range info.Deps {
			if m.Path == p.Module && p.Module != jub0bsModule {
				v[p.Name] = m.Version
			}
		}
	}
	delete(v, Ours) // it is of this repository
	return v
}

// A measurement is one row that is being measured for one peer.
type measurement struct {
	row      Row
	handler  http.Handler
	requests []*http.Request
	n        int // requests in a slice
	passes   int
	rotate   []string
	best     [depths][parts]float64 // per request, the fastest slice of each part at each stack depth
	cell     *Cell
}

// A group holds the handlers of all peers for one Set.
type group struct {
	peers    []Peer
	handlers []http.Handler // nil where left out
	traits   [][]Mark
	origins  []string
}

// newGroup builds the handlers that the rows need. All rows have the same Set.
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

// prepare returns the measurements of the rows and their results. The results have
// marks and no times yet.
func (g *group) prepare(rows []Row) ([]*measurement, []Result) {
	results := make([]Result, len(rows))
	var measurements []*measurement
	for i, r := range rows {
		results[i] = Result{ID: r.ID, Section: r.Section, Title: r.Title, Cells: make([]Cell, len(g.peers))}
		for j, p := range g.peers {
			cell := &results[i].Cells[j]
			cell.Peer = p.Name
			if cell.LeftOut = p.leftOut(r); cell.LeftOut != "" {
				continue
			}
			// Each handler has its own requests, in case another modifies its own.
			c := &measurement{row: r, handler: g.handlers[j], requests: r.Requests(r.Set, g.origins), cell: cell}
			if r.Rotate != nil {
				c.rotate = r.Rotate(r.Set, g.origins)
			}
			if p.Module != "" {
				for _, m := range judge(r, c.handler, c.requests, g.traits[j]) {
					cell.Marks += string(m)
				}
			}
			measurements = append(measurements, c)
		}
	}
	return measurements, results
}

// runGroup measures rows that have the same Set.
func runGroup(rows []Row, o Options) ([]Result, error) {
	g, err := newGroup(rows, o.Progress)
	if err != nil {
		return nil, err
	}
	measurements, results := g.prepare(rows)
	fmt.Fprintf(o.Progress, "%s: %d rows", rows[0].Section, len(rows))
	began := time.Now()
	for _, c := range measurements {
		c.calibrate()
	}
	rounds := max(depths, int(o.Time/slice))
	for round := range rounds {
		for _, c := range measurements {
			if c.rotate == nil {
				c.pass(1)
			} else if round%(parts*int(longSlice/slice)) == 0 {
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
	for _, c := range measurements {
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

// calibrate sets n to the number of requests that fill a slice.
func (c *measurement) calibrate() {
	wanted := slice
	if c.rotate != nil || c.row.Goroutines > 1 {
		wanted = longSlice
	}
	for c.n = 1; ; c.n *= 2 {
		if took := c.serve(0); took >= wanted/4 {
			c.n = max(1, int(float64(c.n)*float64(wanted)/float64(took)))
			return
		}
	}
}

// warm serves all parts without timing them.
func (c *measurement) warm() {
	for part := range parts {
		c.serve(part)
	}
}

// pass serves a timed slice for each of the first n parts. Each call uses the next
// stack depth.
func (c *measurement) pass(n int) {
	at := c.passes % depths
	c.passes++
	for part := range n {
		took := float64(atDepth(at, func() time.Duration { return c.serve(part) })) / float64(c.n)
		if best := &c.best[at][part]; *best == 0 || took < *best {
			*best = took
		}
	}
}

// depths is the number of stack depths that a handler is measured at. One is aligned
// to 16 bytes and the other is not. Copies of 16 bytes cross cache lines at one of
// them, which is up to a tenth of a handler's time and pure chance.
const depths = 2

// atDepth calls f below n more stack frames of an odd number of words each.
//
//go:noinline
func atDepth(n int, f func() time.Duration) time.Duration {
	if n == 0 {
		return f()
	}
	var word uint64
	took := atDepth(n-1, f)
	keepOnStack(&word)
	return took
}

//go:noinline
func keepOnStack(*uint64) {}

// mean returns the mean of the fastest slices of all parts at all stack depths.
func (c *measurement) mean() float64 {
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

// serve serves the n requests of a part and returns the elapsed time.
func (c *measurement) serve(part int) time.Duration {
	if c.row.Goroutines <= 1 {
		w := newRecorder()
		began := time.Now()
		serve(c.handler, c.requests, c.rotate, w, c.row.Fresh, part*c.n, c.n)
		return time.Since(began)
	}
	each := max(1, c.n/c.row.Goroutines)
	c.n = each * c.row.Goroutines
	var wg sync.WaitGroup
	began := time.Now()
	for range c.row.Goroutines {
		wg.Go(func() { serve(c.handler, c.requests, c.rotate, newRecorder(), c.row.Fresh, 0, each) })
	}
	wg.Wait()
	return time.Since(began)
}

// sampleSize returns how many requests are enough to count allocations.
func (c *measurement) sampleSize() int { return min(c.n, 10_000) }

// allocated returns what one request allocates. It keeps the smallest of three
// counts, because a garbage collection empties pools.
func allocated(c *measurement) (bytes, allocs int) {
	n := c.sampleSize()
	bytes, allocs = math.MaxInt, math.MaxInt
	w := newRecorder()
	serve(c.handler, c.requests, c.rotate, w, c.row.Fresh, 0, 1) // fills pools
	var before, after runtime.MemStats
	for range 3 {
		runtime.ReadMemStats(&before)
		serve(c.handler, c.requests, c.rotate, w, c.row.Fresh, 0, n)
		runtime.ReadMemStats(&after)
		bytes = min(bytes, int(after.TotalAlloc-before.TotalAlloc)/n)
		allocs = min(allocs, int(after.Mallocs-before.Mallocs)/n)
	}
	return bytes, allocs
}
