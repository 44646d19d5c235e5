package bench

import (
	"fmt"
	"io"
	"math"
	"runtime"
	"time"
)

// A Footprint is the memory and the build time of an allowlist in one middleware.
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
			if p.Module == "" || p.leftOut(Row{Set: s.set}) == noCheckout {
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

// footprint builds a middleware three times and returns the smallest figures. It
// counts all memory that is still in use after the caller has dropped its list,
// including the host names: some middlewares keep the list's strings, others copy
// them.
func footprint(p Peer, s Set) (Footprint, error) {
	f := Footprint{Peer: p.Name, Origins: s.N, PerOrigin: math.Inf(1), BuildMS: math.Inf(1)}
	for range 3 {
		before := liveHeap()
		origins := s.origins()
		runtime.GC()
		began := time.Now()
		h, err := build(p, s, origins)
		took := time.Since(began)
		if err != nil {
			return f, err
		}
		after := liveHeap() // origins is not used again: what remains of it belongs to the middleware
		runtime.KeepAlive(h)
		f.PerOrigin = min(f.PerOrigin, (float64(after)-float64(before))/float64(s.N))
		f.BuildMS = min(f.BuildMS, float64(took)/float64(time.Millisecond))
	}
	return f, nil
}

// liveHeap returns the number of heap bytes in use after a garbage collection.
func liveHeap() uint64 {
	runtime.GC()
	runtime.GC() // frees what finalizers and pools kept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
