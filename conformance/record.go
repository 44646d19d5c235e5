package conformance

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"
	"time"
)

const (
	// chunkSize is how many cases one page runs. Small enough that a crash
	// costs little and that the cookies of all cases fit into a browser's
	// limit per site, large enough that navigation costs little.
	chunkSize = 40

	// maxCookies is how many cookies may be set before the browser is started
	// anew with an empty store. Browsers keep 150 to 180 of a site, throw out
	// insecure ones first, and most of our hosts are one site.
	maxCookies = 130

	// stepTimeout is when a page gives a step up.
	stepTimeout = 8 * time.Second

	// stallTimeout is when a browser that reports nothing is given up. A
	// page reports after at most a dozen cases of three steps, four at a
	// time, none of which should take its full time.
	stallTimeout = 60 * time.Second

	// progressEvery is how often progress is told.
	progressEvery = 5 * time.Second

	// maxRestarts bounds how often a browser is started again.
	maxRestarts = 8

	// maxTries is how often a case is handed to a browser that does not
	// survive it.
	maxTries = 2
)

// Record runs cases in a browser and returns what was seen, in the order of
// the cases. Each case's ID must be its own. A case the browser crashes on or
// hangs in is tried again in a new one, and then has "crash" as the outcome of
// its steps. Progress, if not nil, is called every few seconds with the number
// of cases done.
//
// The error is not nil if the browser could not be started, or ended so often
// that it was given up; the observations are incomplete then.
func Record(ctx context.Context, b *Browser, cases []Case, progress func(done int)) ([]Observation, error) {
	first, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the browser: %w", err)
	}
	defer first.Close()
	second, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the browser: %w", err)
	}
	defer second.Close()
	hosts := Hosts{first.Addr().(*net.TCPAddr).Port, second.Addr().(*net.TCPAddr).Port}

	rec := newRecorder(hosts, cases)
	server := &http.Server{Handler: rec, ReadHeaderTimeout: 30 * time.Second}
	go server.Serve(first)
	go server.Serve(second)
	defer server.Close()

	for failures := 0; failures <= maxRestarts && rec.plan() > 0; {
		if err := rec.run(ctx, b, progress); err != nil {
			return rec.observations(), err
		}
		if _, over := rec.count(); !over {
			failures++
		}
	}
	if left := rec.plan(); left > 0 {
		return rec.observations(), fmt.Errorf("%s ended too often: %d of %d cases left", b.Name, left, len(cases))
	}
	return rec.observations(), nil
}

// RecordCorpus is [Record] with everything that a corpus says about itself.
func RecordCorpus(ctx context.Context, b *Browser, seed uint64, cases []Case, progress func(done int)) (*Corpus, error) {
	seen, err := Record(ctx, b, cases, progress)
	if err != nil {
		return nil, err
	}
	for i, o := range seen {
		seen[i] = asRecorded(o)
	}
	return &Corpus{
		Header: Header{
			Browser: b.Name, Version: b.Version, Seed: seed, Date: time.Now().UTC().Format(time.DateOnly), Count: len(cases),
		},
		Cases:        cases,
		Observations: seen,
	}, nil
}

// A recorder leads a browser through the pages. It is the handler for
// everything at /_/, and leaves the rest to the case server.
type recorder struct {
	hosts  Hosts
	cases  []Case
	index  map[int]int // from a case's ID to its place in cases
	server *Server
	news   chan struct{} // something was heard of the browser

	mu     sync.Mutex
	seen   []*Observation // by place
	tries  []int          // by place: how often a page with the case was opened
	chunks []chunk
	opened map[string]bool // documents that this start of the browser has had
	over   bool
}

// A chunk is the cases of one page.
type chunk struct {
	page    Page
	places  []int
	cookies []string // hosts that have cookies to set before the page opens
}

func newRecorder(hosts Hosts, cases []Case) *recorder {
	rec := &recorder{
		hosts:  hosts,
		cases:  cases,
		index:  make(map[int]int, len(cases)),
		server: NewServer(hosts, cases),
		news:   make(chan struct{}, 1),
		seen:   make([]*Observation, len(cases)),
		tries:  make([]int, len(cases)),
		opened: map[string]bool{},
	}
	for i := range cases {
		rec.index[cases[i].ID] = i
	}
	return rec
}

// plan sorts the cases that are left into chunks and returns how many are
// left. Cases that were tried too often are settled as crashed.
func (rec *recorder) plan() int {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	left := 0
	cookies := 0
	byPage := map[Page][]int{}
	var pages []Page
	for i := range rec.cases {
		if rec.seen[i] != nil {
			continue
		}
		if rec.tries[i] >= maxTries {
			o := &Observation{ID: rec.cases[i].ID}
			for range rec.cases[i].Steps {
				o.Steps = append(o.Steps, Seen{Outcome: Outcome{Result: "crash"}})
			}
			rec.seen[i] = o
			continue
		}
		left++
		p := rec.cases[i].Page
		if byPage[p] == nil {
			pages = append(pages, p)
		}
		byPage[p] = append(byPage[p], i)
	}
	rec.chunks, rec.opened, rec.over = nil, map[string]bool{}, false
	for _, p := range pages {
		// A case that was part of a failure before gets a page of few, so
		// that the one to blame takes fewer others with it.
		var fresh, suspect []int
		for _, i := range byPage[p] {
			if rec.tries[i] == 0 {
				fresh = append(fresh, i)
			} else {
				suspect = append(suspect, i)
			}
		}
		for size := chunkSize; len(fresh)+len(suspect) > 0; {
			if len(fresh) == 0 {
				fresh, suspect, size = suspect, nil, 1
			}
			places := fresh[:rec.pageful(fresh, size)]
			if cookies += rec.cookiesOf(places); cookies > maxCookies && len(rec.chunks) > 0 {
				return left // the rest is for another start
			}
			rec.chunks = append(rec.chunks, rec.chunk(p, places))
			fresh = fresh[len(places):]
		}
	}
	return left
}

// pageful returns how many of the cases go on one page: at most size, and few
// enough for their cookies.
func (rec *recorder) pageful(places []int, size int) int {
	n := 1
	for n < min(size, len(places)) && rec.cookiesOf(places[:n+1]) <= maxCookies/2 {
		n++
	}
	return n
}

// cookiesOf counts the cookies that cases may set.
func (rec *recorder) cookiesOf(places []int) int {
	cookies := 0
	for _, i := range places {
		cookies += len(rec.cases[i].Cookies)
		for _, s := range rec.cases[i].Steps {
			for _, hop := range s.Answers {
				for _, h := range hop.Actual.Headers {
					if h[0] == "Set-Cookie" {
						cookies++
					}
				}
			}
		}
	}
	return cookies
}

func (rec *recorder) chunk(p Page, places []int) chunk {
	ch := chunk{page: p, places: places}
	for _, i := range places {
		for _, c := range rec.cases[i].Cookies {
			if !slices.Contains(ch.cookies, c.Host) {
				ch.cookies = append(ch.cookies, c.Host)
			}
		}
	}
	slices.SortFunc(ch.cookies, func(a, b string) int { return cmp.Compare(hostIndex(a), hostIndex(b)) })
	return ch
}

// run has one browser work until everything is done, it ends, or it stalls.
func (rec *recorder) run(ctx context.Context, b *Browser, progress func(int)) error {
	r, err := b.start(rec.hosts.Expand("http://{a}/_/next/0"))
	if err != nil {
		return err
	}
	defer r.stop()
	stall := time.NewTimer(stallTimeout)
	defer stall.Stop()
	var told time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-r.done:
			return nil
		case <-stall.C:
			return nil
		case <-rec.news:
			stall.Reset(stallTimeout)
			done, over := rec.count()
			if progress != nil && (over || time.Since(told) > progressEvery) {
				progress(done)
				told = time.Now()
			}
			if over {
				return nil
			}
		}
	}
}

// count returns how many cases are done, and whether the browser has been
// told that there are no more pages.
func (rec *recorder) count() (done int, over bool) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, o := range rec.seen {
		if o != nil {
			done++
		}
	}
	return done, rec.over
}

func (rec *recorder) observations() []Observation {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	var all []Observation
	for _, o := range rec.seen {
		if o != nil {
			all = append(all, *o)
		}
	}
	return all
}

//go:embed page.html
var pageHTML string

//go:embed page.js
var pageJS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// ServeHTTP serves the pages and takes what they report:
//
//	/_/next/<chunk>       to a chunk, or the end if there is none
//	/_/cookies/<chunk>/<n> sets a chunk's cookies for its n-th host
//	/_/page/<chunk>       runs a chunk's cases
//	/_/begin/<id>/<step>  a case begins its next step
//	/_/seen/<chunk>       what the page's script saw of some cases
//
// The first three are documents, and each is served once: a browser may open
// one again behind its user's back. Firefox does so for the thumbnails of its
// new-tab page, with no cookies and past its caches, and that copy would run
// the cases beside the page that is meant to.
func (rec *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/_/")
	if !ok {
		rec.server.ServeHTTP(w, r)
		return
	}
	select {
	case rec.news <- struct{}{}:
	default:
	}
	// Sandboxed pages are cross-origin to the server they came from, and
	// pages with an embedder policy want to be told that they may embed.
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cross-Origin-Resource-Policy", "cross-origin")
	w.Header().Set("Cache-Control", "no-store")
	parts := strings.Split(rest, "/")
	var n [2]int
	for i := range n {
		if i+1 < len(parts) {
			var err error
			if n[i], err = strconv.Atoi(parts[i+1]); err != nil {
				http.NotFound(w, r)
				return
			}
		}
	}
	switch parts[0] {
	case "next", "cookies", "page":
		if !rec.open(parts[0], n) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<!DOCTYPE html><title>served before</title>")
			return
		}
	}
	switch parts[0] {
	case "next":
		rec.serveNext(w, n[0])
	case "cookies":
		rec.serveCookies(w, r, n[0], n[1])
	case "page":
		rec.servePage(w, r, n[0])
	case "page.js":
		w.Header().Set("Content-Type", "text/javascript")
		io.WriteString(w, pageJS)
	case "begin":
		if !rec.server.Begin(n[0], n[1]) {
			http.NotFound(w, r)
		}
	case "seen":
		rec.serveSeen(w, r)
	default:
		http.NotFound(w, r)
	}
}

// open reports whether a document has not been served yet, and notes that it
// now is.
func (rec *recorder) open(kind string, n [2]int) bool {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	document := fmt.Sprint(kind, n)
	if rec.opened[document] {
		return false
	}
	rec.opened[document] = true
	return true
}

func (rec *recorder) serveNext(w http.ResponseWriter, k int) {
	w.Header().Set("Content-Type", "text/html")
	ch, ok := rec.chunkAt(k)
	if !ok {
		rec.mu.Lock()
		rec.over = true
		rec.mu.Unlock()
		io.WriteString(w, "<!DOCTYPE html><title>done</title>")
		return
	}
	rec.goOn(w, ch, k, 0)
}

// goOn writes a document that goes to the chunk's n-th cookie host, or to its
// page after the last. Each is a navigation of its own, begun by the document
// before it: a redirect would make the pages part of one cross-site chain.
func (rec *recorder) goOn(w io.Writer, ch chunk, k, n int) {
	to := fmt.Sprintf("http://{%s}%s%d", ch.page.Host, pagePath, k)
	if n < len(ch.cookies) {
		to = fmt.Sprintf("http://{%s}/_/cookies/%d/%d", ch.cookies[n], k, n)
	}
	fmt.Fprintf(w, "<!DOCTYPE html><title>next</title><script>location.replace(%q)</script>", rec.hosts.Expand(to))
}

func (rec *recorder) chunkAt(k int) (chunk, bool) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if k < 0 || k >= len(rec.chunks) {
		return chunk{}, false
	}
	return rec.chunks[k], true
}

func (rec *recorder) serveCookies(w http.ResponseWriter, r *http.Request, k, n int) {
	ch, ok := rec.chunkAt(k)
	if !ok || n < 0 || n >= len(ch.cookies) {
		http.NotFound(w, r)
		return
	}
	for _, i := range ch.places {
		for _, c := range rec.cases[i].Cookies {
			if c.Host == ch.cookies[n] {
				w.Header().Add("Set-Cookie", rec.hosts.Expand(c.Value))
			}
		}
	}
	w.Header().Set("Content-Type", "text/html")
	rec.goOn(w, ch, k, n+1)
}

func (rec *recorder) servePage(w http.ResponseWriter, r *http.Request, k int) {
	ch, ok := rec.chunkAt(k)
	if !ok {
		http.NotFound(w, r)
		return
	}
	var list []pageCase
	rec.mu.Lock()
	for _, i := range ch.places {
		rec.tries[i]++
		rec.server.Begin(rec.cases[i].ID, 0)
		list = append(list, rec.pageCase(&rec.cases[i]))
	}
	rec.mu.Unlock()
	// Marshal writes <, > and & as escapes, so the result may stand in a
	// script element.
	cases, err := json.Marshal(list)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html")
	if ch.page.Sandboxed {
		h.Set("Content-Security-Policy", "sandbox allow-scripts")
	}
	set := func(name, value string) {
		if value != "" {
			h.Set(name, value)
		}
	}
	set("Referrer-Policy", ch.page.ReferrerPolicy)
	set("Cross-Origin-Embedder-Policy", ch.page.COEP)
	set("Cross-Origin-Opener-Policy", ch.page.COOP)
	var buf bytes.Buffer
	err = pageTemplate.Execute(&buf, map[string]any{
		"Chunk": k, "Cases": string(cases), "Timeout": stepTimeout.Milliseconds(),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Write(buf.Bytes())
}

// A pageCase is the part of a case that the page needs to know.
type pageCase struct {
	ID    int        `json:"id"`
	Steps []pageStep `json:"steps"`
}

type pageStep struct {
	Wait    int     `json:"wait,omitempty"`
	Request Request `json:"request"`
}

func (rec *recorder) pageCase(c *Case) pageCase {
	p := pageCase{ID: c.ID}
	for _, s := range c.Steps {
		q := s.Request
		q.URL = rec.hosts.Expand(q.URL)
		if q.Referrer != nil {
			referrer := rec.hosts.Expand(*q.Referrer)
			q.Referrer = &referrer
		}
		p.Steps = append(p.Steps, pageStep{s.Wait, q})
	}
	return p
}

func (rec *recorder) serveSeen(w http.ResponseWriter, r *http.Request) {
	var reports []struct {
		ID       int       `json:"id"`
		Outcomes []Outcome `json:"o"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 8<<20)).Decode(&reports); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, report := range reports {
		i, ok := rec.index[report.ID]
		if !ok || rec.seen[i] != nil || len(report.Outcomes) != len(rec.cases[i].Steps) {
			continue
		}
		o := &Observation{ID: report.ID}
		for step, out := range report.Outcomes {
			out.URL = rec.hosts.Template(out.URL)
			out.Body = rec.hosts.Template(out.Body)
			if len(out.Headers) == 0 {
				out.Headers = nil // as it will be when read from a corpus
			}
			o.Steps = append(o.Steps, Seen{out, rec.server.Wire(report.ID, step)})
		}
		rec.seen[i] = o
	}
}
