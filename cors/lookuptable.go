package cors

import "time"

// A lookupTable holds results of Policy.Lookup, up to a limit. A full table drops the least recently
// used one. All methods take constant time.
type lookupTable struct {
	max     int
	entries map[lookupKey]*lookupEntry
	ring    lookupEntry // its older is the most recently used entry, its newer the least recently used
}

// A lookupEntry is a cached result.
type lookupEntry struct {
	key          lookupKey
	newer, older *lookupEntry // in the order of use

	expires time.Time

	// err is the error of the last call; nil if it had none. An entry of a refused origin has none, and
	// one of an allowed origin keeps the result of the call before it.
	err error

	// For an allowed origin: when the call that allowed it began; from when a request starts a call in
	// the background; when the next call may be started after one has failed; and until when the
	// origin is allowed while calls fail.
	begun, refresh, retry, stale time.Time
}

func newLookupTable(limit int) *lookupTable {
	t := &lookupTable{max: limit, entries: map[lookupKey]*lookupEntry{}}
	t.ring.newer, t.ring.older = &t.ring, &t.ring
	return t
}

// get returns the entry for a key, which is now the most recently used one, or nil.
func (t *lookupTable) get(key lookupKey) *lookupEntry {
	e := t.entries[key]
	if e != nil && t.ring.older != e {
		e.unlink()
		t.link(e)
	}
	return e
}

// put adds an entry, in place of one with the same key.
func (t *lookupTable) put(e *lookupEntry) {
	t.remove(e.key)
	if len(t.entries) >= t.max {
		t.remove(t.ring.newer.key)
	}
	t.entries[e.key] = e
	t.link(e)
}

// remove removes the entry for a key, if there is one.
func (t *lookupTable) remove(key lookupKey) {
	if e := t.entries[key]; e != nil {
		e.unlink()
		delete(t.entries, key)
	}
}

// link puts an entry before the most recently used one.
func (t *lookupTable) link(e *lookupEntry) {
	e.newer, e.older = &t.ring, t.ring.older
	e.newer.older, e.older.newer = e, e
}

func (e *lookupEntry) unlink() { e.newer.older, e.older.newer = e.older, e.newer }
