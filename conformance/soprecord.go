package conformance

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/concors/concors/internal/sopcheck"
)

//go:embed sop/*.js
var sopScripts embed.FS

// sopStall is how long a browser may report nothing before it is stopped.
const sopStall = 60 * time.Second

// A SopOutcome is what a page saw in one check of the same-origin policy.
type SopOutcome struct {
	sopcheck.Check
	Outcome string
}

// RecordSop runs checks of the same-origin policy in a browser and returns what the page saw, in no
// order. Checks that the page has no code for, or that the browser did not reach, are missing. The
// groups are those of package sopcheck whose checks need only http and these origins.
func RecordSop(ctx context.Context, b *Browser, checks []sopcheck.Check) ([]SopOutcome, error) {
	rec := &sopRecorder{checks: checks, active: make(chan struct{}, 1), done: make(chan struct{})}
	n, err := startNetwork(rec, func(h Hosts) { rec.hosts = h })
	if err != nil {
		return nil, err
	}
	defer n.close()
	n.popups = true
	process, err := b.start(n, rec.origins()["self"]+"/run")
	if err != nil {
		return nil, err
	}
	defer process.stop()
	stall := time.NewTimer(sopStall)
	defer stall.Stop()
	for {
		select {
		case <-ctx.Done():
			return rec.seen(), ctx.Err()
		case <-process.done:
			return rec.seen(), errors.New(b.Name + " ended before the last check")
		case <-stall.C:
			return rec.seen(), fmt.Errorf("%s reported nothing for %s", b.Name, sopStall)
		case <-rec.active:
			stall.Reset(sopStall)
		case <-rec.done:
			return rec.seen(), nil
		}
	}
}

// A sopRecorder serves the page, its scripts and their resources.
type sopRecorder struct {
	hosts  Hosts
	checks []sopcheck.Check
	server sopServer
	active chan struct{} // receives when outcomes have arrived
	done   chan struct{} // closed after the last

	mu       sync.Mutex
	outcomes []SopOutcome
	ended    bool
}

func (rec *sopRecorder) seen() []SopOutcome {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return append([]SopOutcome{}, rec.outcomes...)
}

// sopNames are the hostnames of the origins, for the certificate.
var sopNames = []string{"a.site.localhost", "b.site.localhost", "site.localhost", "other.localhost", "third.localhost"}

// origins are the origins that the relations of checks stand for.
func (rec *sopRecorder) origins() map[string]string {
	first, second := fmt.Sprint(":", rec.hosts.Port1), fmt.Sprint(":", rec.hosts.Port2)
	return map[string]string{
		"self": "http://a.site.localhost" + first, "port": "http://a.site.localhost" + second,
		"sub": "http://b.site.localhost" + first, "parent": "http://site.localhost" + first,
		"cross": "http://other.localhost" + first, "cross2": "http://third.localhost" + first,
		"https": fmt.Sprint("https://a.site.localhost:", rec.hosts.HTTPS1),
	}
}

const sopDocument = "<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"><title>checks</title>\n" +
	"<link rel=\"icon\" href=\"data:,\"></head>\n<body>\n%s</body>\n</html>\n"

// ServeHTTP serves /run, the page; /frame and /popup, documents that run code for it; /sop/js/…,
// their scripts; /sop/report, which takes outcomes; and every other path as a resource.
func (rec *sopRecorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	document := func(body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = fmt.Fprintf(w, sopDocument, body) // an error means that the client has gone
	}
	switch {
	case r.URL.Path == "/run":
		type check struct {
			N     int    `json:"n"`
			Group string `json:"group"`
			ID    string `json:"id"`
		}
		var list []check
		for i, c := range rec.checks {
			list = append(list, check{i, c.Group, c.ID})
		}
		checks, err1 := json.Marshal(list)
		origins, err2 := json.Marshal(rec.origins())
		if err := errors.Join(err1, err2); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		document(fmt.Sprintf("<script>self.ORIGINS = %s; self.CHECKS = %s</script>\n", origins, checks) +
			`<script type="module" src="/sop/js/run.js"></script>`)
	case r.URL.Path == "/frame" || r.URL.Path == "/popup":
		document(`<script src="/sop/js/agent.js"></script>`)
	case strings.HasPrefix(r.URL.Path, "/sop/js/"):
		text, err := fs.ReadFile(sopScripts, "sop/"+strings.TrimPrefix(r.URL.Path, "/sop/js/"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(text) // an error means that the client has gone
	case r.URL.Path == "/sop/report":
		rec.report(w, r)
	default:
		rec.server.ServeHTTP(w, r)
	}
}

// report takes outcomes.
func (rec *sopRecorder) report(w http.ResponseWriter, r *http.Request) {
	var batch []struct {
		N       int
		Known   bool
		Outcome string
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&batch); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	rec.mu.Lock()
	for _, o := range batch {
		if o.Known && o.N >= 0 && o.N < len(rec.checks) {
			rec.outcomes = append(rec.outcomes, SopOutcome{rec.checks[o.N], o.Outcome})
		}
	}
	last := r.URL.RawQuery == "last" && !rec.ended
	rec.ended = rec.ended || last
	rec.mu.Unlock()
	if last {
		close(rec.done)
	}
	select {
	case rec.active <- struct{}{}:
	default:
	}
}
