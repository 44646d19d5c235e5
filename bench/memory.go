package bench

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"time"
)

// A Footprint is what an allowlist takes in one middleware.
type Footprint struct {
	Peer      string  `json:"peer"`
	Set       string  `json:"set"`
	Origins   int     `json:"origins"`
	PerOrigin float64 `json:"bytesPerOrigin"`
	BuildMS   float64 `json:"buildMs"`
}

// runMemory measures the middlewares with sets of all sizes.
func runMemory(progress io.Writer) ([]Footprint, error) {
	var all []Footprint
	for _, s := range []struct {
		name string
		set  Set
	}{
		{"random hosts", Set{N: 1_000}},
		{"random hosts", Set{N: 100_000}},
		{"random hosts", Set{N: 1_000_000}},
		{"one host's tenants", Set{N: 1_000_000, Tenants: true}},
	} {
		fmt.Fprintf(progress, "memory: %s, %d:", s.name, s.set.N)
		for _, p := range Peers() {
			if p.Module == "" {
				continue
			}
			f, err := footprint(p, s.set)
			if err != nil {
				return nil, &BuildError{p.Name, err}
			}
			f.Set = s.name
			all = append(all, f)
			fmt.Fprint(progress, " ", p.Name)
		}
		fmt.Fprintln(progress)
	}
	return all, nil
}

// footprint builds a middleware three times and keeps the best. What counts is
// all that stays alive, the host names included, once the caller has let go of
// its list: some keep its strings, others copy them.
func footprint(p Peer, s Set) (Footprint, error) {
	f := Footprint{Peer: p.Name, Origins: s.N, PerOrigin: math.Inf(1), BuildMS: math.Inf(1)}
	for range 3 {
		before := alive()
		origins := s.origins()
		runtime.GC()
		began := time.Now()
		h, err := build(p, s, origins)
		took := time.Since(began)
		if err != nil {
			return f, err
		}
		after := alive() // nobody uses origins any more: what is left of it is the middleware's
		runtime.KeepAlive(h)
		f.PerOrigin = min(f.PerOrigin, (float64(after)-float64(before))/float64(s.N))
		f.BuildMS = min(f.BuildMS, float64(took)/float64(time.Millisecond))
	}
	return f, nil
}

// alive is how many bytes are in use after a collection.
func alive() uint64 {
	runtime.GC()
	runtime.GC() // what finalizers and pools held on to
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
