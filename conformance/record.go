package conformance

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/template"
	"time"
)

const (
	// chunkSize is how many cases one page runs. It is small so that a crash
	// costs little and the cookies of all cases fit into a browser's limit for
	// a site, and large so that navigations cost little.
	chunkSize = 40

	// maxCookies is how many cookies may be set before the browser is started
	// again with an empty store. Browsers store 150 to 180 cookies of a site
	// and evict insecure ones first. Most of the cases' hosts are one site.
	maxCookies = 130

	// stepTimeout is how long a page waits for a step to end.
	stepTimeout = 8 * time.Second

	// stallTimeout is how long a browser may send nothing before it is
	// stopped. A page reports after at most twelve cases of three steps, four
	// at a time, and steps rarely take their full time.
	stallTimeout = 60 * time.Second

	// progressEvery is how often progress is reported.
	progressEvery = 5 * time.Second

	// maxRestarts limits how often a browser is started again.
	maxRestarts = 8

	// maxTries limits how often a case is run in a browser that crashes or
	// hangs.
	maxTries = 2
)

// Record runs cases in a browser and returns the observations in the order of
// the cases. The cases must have distinct IDs. A case in which the browser
// crashes or hangs is run once more after a restart, and if that fails too, its
// steps have the outcome "crash". If progress is not nil, it is called every few
// seconds with the number of finished cases.
//
// Record returns an error and incomplete observations if the browser can't be
// started or ends too often.
func Record(ctx context.Context, b *Browser, cases []Case, progress func(done int)) ([]Observation, error) {
	var rec *recorder
	n, err := startNetwork(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { rec.ServeHTTP(w, r) }),
		func(hosts Hosts) { rec = newRecorder(hosts, cases) })
	if err != nil {
		return nil, err
	}
	defer n.close()
	n.elsewhere = slices.ContainsFunc(cases, func(c Case) bool { return c.Family == Apps || c.Family == Framed || slices.Contains(Places, c.Family) })
	n.extension = slices.ContainsFunc(cases, func(c Case) bool { return isApp(c.Page.Host) })

	for failures := 0; failures <= maxRestarts && rec.plan() > 0; {
		if err := rec.run(ctx, b, n, progress); err != nil {
			return rec.observations(), err
		}
		if _, finished := rec.status(); !finished {
			failures++
		}
	}
	if left := rec.plan(); left > 0 {
		return rec.observations(), fmt.Errorf("%s ended too often: %d of %d cases left", b.Name, left, len(cases))
	}
	return rec.observations(), nil
}

// RecordCorpus is like [Record] and returns a corpus with its header.
func RecordCorpus(
	ctx context.Context, b *Browser, seed uint64, cases []Case, progress func(done int),
) (*Corpus, error) {
	seen, err := Record(ctx, b, cases, progress)
	if err != nil {
		return nil, err
	}
	for i, o := range seen {
		seen[i] = asRecorded(o)
	}
	return &Corpus{
		Header: Header{
			Browser: b.Name, Version: b.Version, Seed: seed, Count: len(cases),
			Date: time.Now().UTC().Format(time.DateOnly),
		},
		Cases:        cases,
		Observations: seen,
	}, nil
}

// A recorder is the server of the pages below /_/, which it has a browser visit
// one after the other. The case server serves all other paths.
type recorder struct {
	hosts  Hosts
	cases  []Case
	index  map[int]int // from a case's ID to its index in cases
	server *Server
	active chan struct{} // receives when the browser has sent a request

	mu       sync.Mutex
	seen     []*Observation // by the case's index
	tries    []int          // by the case's index: how often a page with the case was opened
	chunks   []chunk
	served   map[string]bool // documents that were served since the browser was started
	finished bool            // the browser was told that there are no more pages
}

// A chunk holds the cases of one page.
type chunk struct {
	page    Page
	cases   []int    // indices of the recorder's cases
	cookies []string // hosts with cookies to set before the page opens
}

func newRecorder(hosts Hosts, cases []Case) *recorder {
	rec := &recorder{
		hosts:  hosts,
		cases:  cases,
		index:  make(map[int]int, len(cases)),
		server: NewServer(hosts, cases),
		active: make(chan struct{}, 1),
		seen:   make([]*Observation, len(cases)),
		tries:  make([]int, len(cases)),
		served: map[string]bool{},
	}
	for i := range cases {
		rec.index[cases[i].ID] = i
	}
	return rec
}

// plan divides the cases that are left into chunks and returns how many are
// left. Cases that were tried too often get the outcome "crash".
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
	rec.chunks, rec.served, rec.finished = nil, map[string]bool{}, false
	for _, p := range pages {
		// A case whose page failed gets a page of its own, so that a case
		// that crashes the browser affects no others.
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
			cases := fresh[:rec.fitOnPage(fresh, size)]
			n := rec.countCookies(cases)
			if cookies+n > maxCookies && len(rec.chunks) > 0 {
				break // these cases need another start of the browser
			}
			cookies += n
			rec.chunks = append(rec.chunks, rec.newChunk(p, cases))
			fresh = fresh[len(cases):]
		}
	}
	return left
}

// fitOnPage returns how many of the cases can share a page: at most size, and not
// too many cookies.
func (rec *recorder) fitOnPage(cases []int, size int) int {
	n := 1
	for n < min(size, len(cases)) && rec.countCookies(cases[:n+1]) <= maxCookies/2 {
		n++
	}
	return n
}

// countCookies returns how many cookies the cases can set.
func (rec *recorder) countCookies(cases []int) int {
	cookies := 0
	for _, i := range cases {
		cookies += len(rec.cases[i].Cookies)
		for _, s := range rec.cases[i].Steps {
			for _, hop := range s.Hops {
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

func (rec *recorder) newChunk(p Page, cases []int) chunk {
	ch := chunk{page: p, cases: cases}
	for _, i := range cases {
		for _, c := range rec.cases[i].Cookies {
			if !slices.Contains(ch.cookies, c.Host) {
				ch.cookies = append(ch.cookies, c.Host)
			}
		}
	}
	slices.SortFunc(ch.cookies, func(a, b string) int { return cmp.Compare(hostIndex(a), hostIndex(b)) })
	return ch
}

// run starts the browser and waits until it has visited all pages, ends, or stalls.
func (rec *recorder) run(ctx context.Context, b *Browser, n *network, progress func(int)) error {
	process, err := b.start(n, rec.hosts.Expand("http://{a}/_/next/0"))
	if err != nil {
		return err
	}
	defer process.stop()
	stall := time.NewTimer(stallTimeout)
	defer stall.Stop()
	var reported time.Time
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-process.done:
			return nil
		case <-stall.C:
			return nil
		case <-rec.active:
			stall.Reset(stallTimeout)
			done, finished := rec.status()
			if progress != nil && (finished || time.Since(reported) > progressEvery) {
				progress(done)
				reported = time.Now()
			}
			if finished {
				return nil
			}
		}
	}
}

// status returns how many cases are done, and whether the browser has visited
// all pages.
func (rec *recorder) status() (done int, finished bool) {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, o := range rec.seen {
		if o != nil {
			done++
		}
	}
	return done, rec.finished
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

// ServeHTTP serves the pages and receives what they report:
//
//	/_/next/<chunk>         navigates to a chunk, or ends if there are no more
//	/_/cookies/<chunk>/<n>  sets a chunk's cookies of its n-th host
//	/_/frame/<chunk>/<n>    is the n-th document around a chunk's page, outermost first
//	/_/page/<chunk>         runs a chunk's cases
//	/_/cases/<chunk>        is a chunk's cases as JSON, for a page of an extension
//	/_/begin/<id>/<step>    reports that a case begins a step
//	/_/seen/<chunk>         reports what the page's script saw of some cases
//
// The first five are documents, or run as one, and each is served once, because a browser may
// open a document again by itself. Firefox does this for the thumbnails of its
// new-tab page, without cookies and bypassing its caches. Such a copy would run
// the cases at the same time as the page itself.
func (rec *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, ok := strings.CutPrefix(r.URL.Path, "/_/")
	if !ok {
		rec.server.ServeHTTP(w, r)
		return
	}
	select {
	case rec.active <- struct{}{}:
	default:
	}
	// Sandboxed pages are cross-origin to their own server, and pages with an
	// embedder policy need Cross-Origin-Resource-Policy.
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
	case "next", "cookies", "frame", "page", "cases":
		if !rec.serveOnce(parts[0], n) {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, "<!DOCTYPE html><title>already served</title>")
			return
		}
	}
	switch parts[0] {
	case "next":
		rec.serveNext(w, n[0])
	case "cookies":
		rec.serveCookies(w, r, n[0], n[1])
	case "frame":
		rec.serveFrame(w, r, n[0], n[1])
	case "page":
		rec.servePage(w, r, n[0])
	case "cases":
		if cases, ok := rec.pageCases(n[0]); ok {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"cases":%s,"timeout":%d}`, cases, stepTimeout.Milliseconds())
			return
		}
		http.NotFound(w, r)
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

// serveOnce reports whether a document is requested for the first time since the
// browser was started.
func (rec *recorder) serveOnce(kind string, n [2]int) bool {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	document := fmt.Sprint(kind, n)
	if rec.served[document] {
		return false
	}
	rec.served[document] = true
	return true
}

func (rec *recorder) serveNext(w http.ResponseWriter, k int) {
	w.Header().Set("Content-Type", "text/html")
	ch, ok := rec.chunkAt(k)
	if !ok {
		rec.mu.Lock()
		rec.finished = true
		rec.mu.Unlock()
		io.WriteString(w, "<!DOCTYPE html><title>done</title>")
		return
	}
	rec.writeNavigation(w, ch, k, 0)
}

// writeNavigation writes a document that navigates to the chunk's n-th host with
// cookies, or to the chunk's page after the last of them. Redirects would make
// these pages one cross-site redirect chain, which changes what SameSite does.
func (rec *recorder) writeNavigation(w io.Writer, ch chunk, k, n int) {
	to := ch.page.frameURL(k, 0)
	if isApp(ch.page.Host) {
		to += fmt.Sprintf("#%d,http://{a}", k) // see extension/start.js
	}
	if n < len(ch.cookies) {
		to = fmt.Sprintf("%s://{%s}/_/cookies/%d/%d", scheme(ch.cookies[n]), ch.cookies[n], k, n)
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
	for _, i := range ch.cases {
		for _, c := range rec.cases[i].Cookies {
			if c.Host == ch.cookies[n] {
				w.Header().Add("Set-Cookie", rec.hosts.Expand(c.Value))
			}
		}
	}
	w.Header().Set("Content-Type", "text/html")
	rec.writeNavigation(w, ch, k, n+1)
}

// serveFrame serves the n-th document around the page of chunk k. The outermost one
// navigates to the next page when the framed page says so, which may not do it itself.
func (rec *recorder) serveFrame(w http.ResponseWriter, r *http.Request, k, n int) {
	ch, ok := rec.chunkAt(k)
	if !ok || n < 0 || n >= len(ch.page.frameHosts()) {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "<!DOCTYPE html><title>frame</title><script>onmessage = e => location.replace(e.data)</script>"+
		"<iframe src=%q></iframe>", rec.hosts.Expand(ch.page.frameURL(k, n+1)))
}

// pageCases returns what a page needs of a chunk's cases, as JSON that is safe in a script
// element, and begins them. It returns false if there is no such chunk.
func (rec *recorder) pageCases(k int) ([]byte, bool) {
	ch, ok := rec.chunkAt(k)
	if !ok {
		return nil, false
	}
	var list []pageCase
	rec.mu.Lock()
	for _, i := range ch.cases {
		rec.tries[i]++
		rec.server.Begin(rec.cases[i].ID, 0)
		list = append(list, rec.newPageCase(&rec.cases[i]))
	}
	rec.mu.Unlock()
	text, err := json.Marshal(list)
	return text, err == nil
}

func (rec *recorder) servePage(w http.ResponseWriter, r *http.Request, k int) {
	ch, _ := rec.chunkAt(k)
	cases, ok := rec.pageCases(k)
	if !ok {
		http.NotFound(w, r)
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
	err := pageTemplate.Execute(&buf, map[string]any{
		"Chunk": k, "Cases": string(cases), "Timeout": stepTimeout.Milliseconds(),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Write(buf.Bytes())
}

// A pageCase is the part of a case that the page needs.
type pageCase struct {
	ID    int        `json:"id"`
	Steps []pageStep `json:"steps"`
}

type pageStep struct {
	Wait    int     `json:"wait,omitempty"`
	Request Request `json:"request"`
}

func (rec *recorder) newPageCase(c *Case) pageCase {
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
				out.Headers = nil // as when read from a corpus
			}
			o.Steps = append(o.Steps, Seen{out, rec.server.Wire(report.ID, step)})
		}
		rec.seen[i] = o
	}
}
