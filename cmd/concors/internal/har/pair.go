package har

// The window is how far apart in the file entries may be that belong together,
// and how many bytes they may hold while they wait for each other.
const (
	windowEntries = 256
	windowBytes   = 8 << 20
)

// A window holds the last entries that CORS has to do with, in the order of the
// file. When one leaves it, what belongs to it has been seen.
type window struct {
	entries []*entry
	size    int
	// judge is given each request with its preflight.
	judge func(*exchange)
}

// An exchange is one request as a page made it, with its redirects.
type exchange struct {
	// hops are the request and what its redirects led to, each with its
	// preflight if it has one. Those beyond the first are looked for when the
	// replay follows a redirect: which the browser follows is not for us to say.
	hops []*entry
	// alone is a preflight whose request is not in the recording.
	alone *entry
	rest  *window
}

func (w *window) add(e *entry) {
	w.entries = append(w.entries, e)
	w.size += e.size
	for len(w.entries) > windowEntries || w.size > windowBytes && len(w.entries) > 1 {
		w.pop()
	}
}

// flush judges all that is left.
func (w *window) flush() {
	for len(w.entries) > 0 {
		w.pop()
	}
}

func (w *window) pop() {
	first := w.entries[0]
	w.entries[0] = nil
	w.entries = w.entries[1:]
	w.size -= first.size
	switch {
	case first.taken:
	case first.asks != "":
		// Some recorders list a preflight before its request, browsers after it.
		request := w.find(func(e *entry) bool { return e.preflight == nil && first.preflights(e) })
		if request == nil {
			w.judge(&exchange{alone: first})
			return
		}
		request.preflight, first.taken = first, true
	default:
		w.claim(first)
		w.judge(&exchange{hops: []*entry{first}, rest: w})
	}
}

// claim takes an entry out of the others' reach, and its preflight with it.
func (w *window) claim(e *entry) {
	e.taken = true
	if e.preflight != nil {
		return
	}
	if p := w.find(func(p *entry) bool { return p.preflights(e) }); p != nil {
		e.preflight, p.taken = p, true
	}
}

// follow adds the entry that the last hop's redirect led to, and reports whether
// there is one.
func (x *exchange) follow() bool {
	last := x.last()
	if last.next == nil || last.failure != "" {
		return false
	}
	to := last.next.StringWithoutFragment()
	hop := x.rest.find(func(e *entry) bool {
		return e.asks == "" && e.number > last.number && e.near(last) && e.key == to
	})
	if hop == nil {
		return false
	}
	x.rest.claim(hop)
	x.hops = append(x.hops, hop)
	return true
}

// find is the first waiting entry that fits and belongs to no other.
func (w *window) find(fits func(*entry) bool) *entry {
	for _, e := range w.entries {
		if !e.taken && fits(e) {
			return e
		}
	}
	return nil
}
