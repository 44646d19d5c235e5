package har

// The limits of a window: how far apart in the file two entries may be that belong
// together, and how many bytes the waiting entries may hold.
const (
	windowEntries = 256
	windowBytes   = 8 << 20
)

// A window holds the latest entries on which CORS decides, in the order of the file.
// When an entry leaves the window, the entries that belong to it have been seen.
type window struct {
	entries []*entry
	size    int
	// judge is called for each request, with its preflight.
	judge func(*exchange)
}

// An exchange is one request as a page made it, with its redirects.
type exchange struct {
	// hops are the request and those that its redirects led to, each with its
	// preflight if it has one. Hops after the first are added when the replay
	// follows a redirect: package fetch decides which redirects are followed.
	hops []*entry
	// lonePreflight is a preflight whose request is not in the recording.
	lonePreflight *entry
	rest          *window
}

func (w *window) add(e *entry) {
	w.entries = append(w.entries, e)
	w.size += e.size
	for len(w.entries) > windowEntries || w.size > windowBytes && len(w.entries) > 1 {
		w.pop()
	}
}

// flush judges the entries that are left.
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
	case first.claimed:
	case first.requestMethod != "":
		// Some recorders list a preflight before its request, browsers after it.
		request := w.find(func(e *entry) bool { return e.preflight == nil && first.isPreflightOf(e) })
		if request == nil {
			w.judge(&exchange{lonePreflight: first})
			return
		}
		request.preflight, first.claimed = first, true
	default:
		w.claim(first)
		w.judge(&exchange{hops: []*entry{first}, rest: w})
	}
}

// claim reserves an entry for its exchange, and its preflight with it.
func (w *window) claim(e *entry) {
	e.claimed = true
	if e.preflight != nil {
		return
	}
	if p := w.find(func(p *entry) bool { return p.isPreflightOf(e) }); p != nil {
		e.preflight, p.claimed = p, true
	}
}

// follow adds the entry to which the last hop redirects, and reports whether there
// is one.
func (x *exchange) follow() bool {
	last := x.last()
	if last.next == nil || last.failure != "" {
		return false
	}
	to := last.next.StringWithoutFragment()
	hop := x.rest.find(func(e *entry) bool {
		return e.requestMethod == "" && e.number > last.number && e.near(last) && e.key == to
	})
	if hop == nil {
		return false
	}
	x.rest.claim(hop)
	x.hops = append(x.hops, hop)
	return true
}

// find returns the first entry in the window that matches and is not claimed.
func (w *window) find(matches func(*entry) bool) *entry {
	for _, e := range w.entries {
		if !e.claimed && matches(e) {
			return e
		}
	}
	return nil
}
