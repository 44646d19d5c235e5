package origin

import (
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
)

// exactTable maps origins to the indexes of their patterns. It is an extendible
// hash table: a directory, indexed by the upper bits of a hash, of shards that are
// never changed but replaced, so that looking up takes no lock, and adding one
// origin copies one shard. Within a shard the origins lie in the order of their
// hashes, cut into buckets of about two: a lookup touches a place in an index,
// which is small enough to stay in the cache, and a place in the text. The seed is
// random, so that nobody can choose origins that meet in one bucket.
//
// Changing it is for one goroutine at a time.
type exactTable struct {
	_    [0]func() // no comparing, and no code for it
	seed maphash.Seed
	n    atomic.Int32
	dir  atomic.Pointer[directory]
}

type directory struct {
	depth  uint                    // so many bits of the hash index
	shards []atomic.Pointer[shard] // 1<<depth of them; one of lesser depth is in several times
}

type shard struct {
	depth  uint     // so many bits all its hashes have in common
	n      int      // how many entries
	starts []uint16 // where each bucket's entries start in text, and where the last one's end
	text   []byte   // the entries
}

// An entry is a header in two bytes, the index of the pattern in four, and the
// origin; of an https origin what follows the scheme. The header is the length in
// nine bits, whether it is https in one, and six bits of the hash.
const (
	https      = "https://"
	headerSize = 6
	lengthMask = 1<<9 - 1
	isHTTPS    = 1 << 9
	tagShift   = 10
)

const (
	maxShard  = 32 << 10 // a shard of more bytes is split; offsets in it have 16 bits
	goodShard = 24 << 10 // so many bytes or half of it a shard has at first
)

// keyOf returns what an origin is stored as, its hash, and the first two bytes of
// its entry's header.
func (t *exactTable) keyOf(value string) (text string, hash uint64, header uint16) {
	text = value
	if strings.HasPrefix(value, https) {
		text, header = value[len(https):], isHTTPS
	}
	hash = maphash.String(t.seed, text)
	return text, hash, header | uint16(len(text)) | uint16(hash>>32)<<tagShift
}

// find returns the index of the pattern that is value, which has at most
// maxValueLength bytes.
func (t *exactTable) find(value string) (index int, ok bool) {
	text, hash, header := t.keyOf(value)
	bucket := t.dir.Load().shard(hash).bucket(hash)
	if at := search(bucket, text, header); at >= 0 {
		return indexAt(bucket[at:]), true
	}
	return 0, false
}

func (d *directory) shard(hash uint64) *shard {
	return d.shards[hash>>(64-d.depth)].Load()
}

// bucketOf returns which of n buckets a hash is in. It takes bits of it that the
// directory does not.
func bucketOf(hash uint64, n int) int { return int(uint64(uint32(hash)) * uint64(n) >> 32) }

func (s *shard) bucket(hash uint64) []byte {
	b := bucketOf(hash, len(s.starts)-1)
	return s.text[s.starts[b]:s.starts[b+1]]
}

// search returns where in a bucket an entry is, or -1.
func search(bucket []byte, text string, header uint16) int {
	for at := 0; at+headerSize <= len(bucket); {
		h := uint16(bucket[at]) | uint16(bucket[at+1])<<8
		start := at + headerSize
		end := start + int(h&lengthMask)
		if h == header && string(bucket[start:end]) == text {
			return at
		}
		at = end
	}
	return -1
}

func indexAt(entry []byte) int {
	return int(entry[2]) | int(entry[3])<<8 | int(entry[4])<<16 | int(entry[5])<<24
}

func appendEntry(b []byte, header uint16, index int, text string) []byte {
	b = append(b, byte(header), byte(header>>8), byte(index), byte(index>>8), byte(index>>16), byte(index>>24))
	return append(b, text...)
}

// next cuts the first entry off.
func next(text []byte) (entry, rest []byte) {
	n := headerSize + (int(text[0])|int(text[1])<<8)&lengthMask
	return text[:n:n], text[n:]
}

// newExactTable returns a table of the patterns among these that are exact.
func newExactTable(patterns []Pattern) *exactTable {
	t := &exactTable{seed: maphash.MakeSeed()}
	total := 0
	for _, p := range patterns {
		if p.IsExact() {
			total += headerSize + len(p.text)
		}
	}
	d := &directory{}
	for total>>d.depth > goodShard {
		d.depth++
	}
	d.shards = make([]atomic.Pointer[shard], 1<<d.depth)
	parts := make([][]byte, len(d.shards))
	for i := range parts {
		parts[i] = make([]byte, 0, (total+total/8)>>d.depth) // mostly enough
	}
	for i, p := range patterns {
		if p.IsExact() {
			text, hash, header := t.keyOf(p.text)
			part := &parts[hash>>(64-d.depth)]
			*part = appendEntry(*part, header, i, text)
		}
	}
	t.dir.Store(d)
	for i, part := range parts {
		s := t.newShard(d.depth, part)
		t.n.Add(int32(s.n))
		t.put(uint64(i)<<(64-d.depth), s)
		parts[i] = nil
	}
	return t
}

// add adds an origin that is not in.
func (t *exactTable) add(value string, index int) {
	text, hash, header := t.keyOf(value)
	s := t.dir.Load().shard(hash)
	t.n.Add(1)
	if buckets := len(s.starts) - 1; s.n >= 4*buckets {
		t.put(hash, t.newShard(s.depth, appendEntry(slices.Clone(s.text), header, index, text)))
		return
	}
	b := bucketOf(hash, len(s.starts)-1)
	c := &shard{depth: s.depth, n: s.n + 1, starts: slices.Clone(s.starts), text: make([]byte, 0, len(s.text)+headerSize+len(text))}
	c.text = append(c.text, s.text[:s.starts[b]]...)
	c.text = appendEntry(c.text, header, index, text)
	c.text = append(c.text, s.text[s.starts[b]:]...)
	for i := b + 1; i < len(c.starts); i++ {
		c.starts[i] += uint16(headerSize + len(text))
	}
	t.put(hash, c)
}

// remove removes an origin and reports whether it was in.
func (t *exactTable) remove(value string) bool {
	text, hash, header := t.keyOf(value)
	s := t.dir.Load().shard(hash)
	b := bucketOf(hash, len(s.starts)-1)
	at := search(s.bucket(hash), text, header)
	if at < 0 {
		return false
	}
	at += int(s.starts[b])
	size := headerSize + len(text)
	c := &shard{depth: s.depth, n: s.n - 1, starts: slices.Clone(s.starts)}
	c.text = slices.Concat(s.text[:at], s.text[at+size:])
	for i := b + 1; i < len(c.starts); i++ {
		c.starts[i] -= uint16(size)
	}
	t.n.Add(-1)
	t.put(hash, c)
	return true
}

// store stores a shard at all places that a hash of its leads to.
func (d *directory) store(hash uint64, s *shard) {
	first := hash >> (64 - s.depth) << (d.depth - s.depth)
	for i := range uint64(1) << (d.depth - s.depth) {
		d.shards[first+i].Store(s)
	}
}

// put puts a shard in place of the one that a hash leads to, and splits it if it
// is too large.
func (t *exactTable) put(hash uint64, s *shard) {
	d := t.dir.Load()
	if len(s.text) <= maxShard {
		d.store(hash, s)
		return
	}
	// Both halves come into force at once, in another directory: whoever goes
	// through this one must not meet an origin twice.
	t.dir.Store(t.split(d, hash, s))
}

// split returns a directory like d with a shard, which is too large, in parts.
func (t *exactTable) split(d *directory, hash uint64, s *shard) *directory {
	depth := max(d.depth, s.depth+1)
	c := &directory{depth, make([]atomic.Pointer[shard], 1<<depth)}
	for i := range c.shards {
		c.shards[i].Store(d.shards[i>>(depth-d.depth)].Load())
	}
	var halves [2][]byte
	bit := 63 - s.depth
	for text := s.text; len(text) > 0; {
		var e []byte
		e, text = next(text)
		half := &halves[maphash.Bytes(t.seed, e[headerSize:])>>bit&1]
		*half = append(*half, e...)
	}
	for i, text := range halves {
		hash = hash>>(bit+1)<<(bit+1) | uint64(i)<<bit
		if half := t.newShard(s.depth+1, text); len(half.text) > maxShard {
			c = t.split(c, hash, half)
		} else {
			c.store(hash, half)
		}
	}
	return c
}

// all yields the index and the text of every origin.
func (t *exactTable) all() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		d := t.dir.Load()
		for i := 0; i < len(d.shards); {
			s := d.shards[i].Load()
			i += 1 << (d.depth - s.depth)
			for text := s.text; len(text) > 0; {
				var e []byte
				e, text = next(text)
				value := string(e[headerSize:])
				if (uint16(e[0])|uint16(e[1])<<8)&isHTTPS != 0 {
					value = https + value
				}
				if !yield(indexAt(e), value) {
					return
				}
			}
		}
	}
}

// newShard returns a shard of the entries, of which the first of equals counts.
func (t *exactTable) newShard(depth uint, text []byte) *shard {
	hashes := make([]uint32, 0, 1024)
	var e []byte
	for rest := text; len(rest) > 0; {
		e, rest = next(rest)
		hashes = append(hashes, uint32(maphash.Bytes(t.seed, e[headerSize:])))
	}
	s := &shard{depth: depth, starts: make([]uint16, max(1, len(hashes)/2)+1)}
	buckets := len(s.starts) - 1
	// A counting sort. Entries are moved from text to their place in sorted.
	ends := make([]int, buckets+1)
	rest := text
	for _, hash := range hashes {
		e, rest = next(rest)
		ends[bucketOf(uint64(hash), buckets)+1] += len(e)
	}
	for b := range buckets {
		ends[b+1] += ends[b]
	}
	firsts := slices.Clone(ends)
	sorted := make([]byte, len(text))
	rest = text
	for _, hash := range hashes {
		e, rest = next(rest)
		b := bucketOf(uint64(hash), buckets)
		header := uint16(e[0]) | uint16(e[1])<<8
		if firsts[b] < ends[b] && search(sorted[firsts[b]:ends[b]], string(e[headerSize:]), header) >= 0 {
			continue // again
		}
		ends[b] += copy(sorted[ends[b]:], e)
		s.n++
	}
	// What was in twice has left gaps.
	n := 0
	for b := range buckets {
		s.starts[b] = uint16(n)
		n += copy(sorted[n:], sorted[firsts[b]:ends[b]])
	}
	s.starts[buckets] = uint16(n)
	s.text = sorted[:n:n]
	return s
}
