package origin

import (
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
)

// exactTable maps exact origins to the indexes of their patterns. It is an extendible hash table:
// the upper bits of a hash select a shard in a directory. Shards are immutable and are replaced as
// a whole, so a lookup takes no lock and adding an origin copies one shard only. Within a shard
// the entries are grouped into buckets of about two, so a lookup touches two places: an index
// small enough to stay in the CPU cache, and the text. The seed is random so that an attacker
// cannot choose origins that share a bucket.
//
// Only one goroutine at a time may change the table. Lookups may run at any time.
type exactTable struct {
	seed  maphash.Seed
	count atomic.Int32 // number of origins
	dir   atomic.Pointer[directory]
}

type directory struct {
	depth  uint                    // number of leading hash bits that select a shard
	shards []atomic.Pointer[shard] // 1<<depth of them; a shard of lesser depth appears several times
}

type shard struct {
	depth  uint     // number of leading hash bits that all entries share
	count  int      // number of entries
	starts []uint16 // offset in text of each bucket, and of the end of the last one
	text   []byte   // the entries
}

// An entry is a two-byte header, the pattern's index in four bytes, and the origin without its
// scheme if that is https. The header holds the length in nine bits, a bit for https, and six bits
// of the hash that rule out most other origins without comparing text. Integers are little-endian.
const (
	https      = "https://"
	headerSize = 6
	lengthMask = 1<<9 - 1
	isHTTPS    = 1 << 9
	tagShift   = 10
)

const (
	maxShard  = 32 << 10 // in bytes; a larger shard is split, because offsets in it have 16 bits
	goodShard = 24 << 10 // in bytes; new shards are between half of this and this
)

// key returns the text that is stored for an origin, its hash, and its entry's header.
func (t *exactTable) key(value string) (text string, hash uint64, header uint16) {
	text = value
	if strings.HasPrefix(value, https) {
		text, header = value[len(https):], isHTTPS
	}
	hash = maphash.String(t.seed, text)
	return text, hash, header | uint16(len(text)) | uint16(hash>>32)<<tagShift
}

// find returns the index of the pattern equal to value, which must not be longer than
// maxValueLength.
func (t *exactTable) find(value string) (index int, ok bool) {
	text, hash, header := t.key(value)
	bucket := t.dir.Load().shard(hash).bucket(hash)
	if at := search(bucket, text, header); at >= 0 {
		return entryIndex(bucket[at:]), true
	}
	return 0, false
}

func (d *directory) shard(hash uint64) *shard {
	return d.shards[hash>>(64-d.depth)].Load()
}

// bucketOf returns which of n buckets a hash belongs to. It uses the lower 32 bits of the hash; the
// directory uses the upper ones.
func bucketOf(hash uint64, n int) int { return int(uint64(uint32(hash)) * uint64(n) >> 32) }

func (s *shard) bucket(hash uint64) []byte {
	b := bucketOf(hash, len(s.starts)-1)
	return s.text[s.starts[b]:s.starts[b+1]]
}

// search returns the offset of an entry in a bucket, or -1.
func search(bucket []byte, text string, header uint16) int {
	for at := 0; at+headerSize <= len(bucket); {
		h := entryHeader(bucket[at:])
		start := at + headerSize
		end := start + int(h&lengthMask)
		if h == header && string(bucket[start:end]) == text {
			return at
		}
		at = end
	}
	return -1
}

func entryHeader(entry []byte) uint16 { return uint16(entry[0]) | uint16(entry[1])<<8 }

func entryIndex(entry []byte) int {
	return int(entry[2]) | int(entry[3])<<8 | int(entry[4])<<16 | int(entry[5])<<24
}

func appendEntry(b []byte, header uint16, index int, text string) []byte {
	b = append(b, byte(header), byte(header>>8), byte(index), byte(index>>8), byte(index>>16), byte(index>>24))
	return append(b, text...)
}

// cutEntry splits text after its first entry.
func cutEntry(text []byte) (entry, rest []byte) {
	n := headerSize + int(entryHeader(text)&lengthMask)
	return text[:n:n], text[n:]
}

// newExactTable returns a table of the exact patterns; the others are skipped.
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
		parts[i] = make([]byte, 0, (total+total/8)>>d.depth) // an eighth more, because parts vary in size
	}
	for i, p := range patterns {
		if p.IsExact() {
			text, hash, header := t.key(p.text)
			part := &parts[hash>>(64-d.depth)]
			*part = appendEntry(*part, header, i, text)
		}
	}
	t.dir.Store(d)
	for i, part := range parts {
		s := t.newShard(d.depth, part)
		t.count.Add(int32(s.count))
		t.replace(uint64(i)<<(64-d.depth), s)
		parts[i] = nil
	}
	return t
}

// add adds an origin that is not in the table.
func (t *exactTable) add(value string, index int) {
	text, hash, header := t.key(value)
	s := t.dir.Load().shard(hash)
	t.count.Add(1)
	if buckets := len(s.starts) - 1; s.count >= 4*buckets {
		t.replace(hash, t.newShard(s.depth, appendEntry(slices.Clone(s.text), header, index, text)))
		return
	}
	b := bucketOf(hash, len(s.starts)-1)
	c := &shard{depth: s.depth, count: s.count + 1, starts: slices.Clone(s.starts)}
	c.text = make([]byte, 0, len(s.text)+headerSize+len(text))
	c.text = append(c.text, s.text[:s.starts[b]]...)
	c.text = appendEntry(c.text, header, index, text)
	c.text = append(c.text, s.text[s.starts[b]:]...)
	for i := b + 1; i < len(c.starts); i++ {
		c.starts[i] += uint16(headerSize + len(text))
	}
	t.replace(hash, c)
}

// remove removes an origin and reports whether it was in the table.
func (t *exactTable) remove(value string) bool {
	text, hash, header := t.key(value)
	s := t.dir.Load().shard(hash)
	b := bucketOf(hash, len(s.starts)-1)
	at := search(s.bucket(hash), text, header)
	if at < 0 {
		return false
	}
	at += int(s.starts[b])
	size := headerSize + len(text)
	c := &shard{depth: s.depth, count: s.count - 1, starts: slices.Clone(s.starts)}
	c.text = slices.Concat(s.text[:at], s.text[at+size:])
	for i := b + 1; i < len(c.starts); i++ {
		c.starts[i] -= uint16(size)
	}
	t.count.Add(-1)
	t.replace(hash, c)
	return true
}

// store stores a shard in every slot that its hashes select. hash is one of them.
func (d *directory) store(hash uint64, s *shard) {
	first := hash >> (64 - s.depth) << (d.depth - s.depth)
	for i := range uint64(1) << (d.depth - s.depth) {
		d.shards[first+i].Store(s)
	}
}

// replace replaces the shard that hash selects by s, and splits s if it is too large.
func (t *exactTable) replace(hash uint64, s *shard) {
	d := t.dir.Load()
	if len(s.text) <= maxShard {
		d.store(hash, s)
		return
	}
	// Both halves go into a new directory, so that an iteration over the old one does not yield an
	// origin twice.
	t.dir.Store(t.split(d, hash, s))
}

// split returns a copy of d in which the shard that hash selects is replaced by parts of s, which
// is too large.
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
		e, text = cutEntry(text)
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
				e, text = cutEntry(text)
				value := string(e[headerSize:])
				if entryHeader(e)&isHTTPS != 0 {
					value = https + value
				}
				if !yield(entryIndex(e), value) {
					return
				}
			}
		}
	}
}

// newShard returns a shard of the entries in text, which may be in any order. It keeps the first of
// equal origins.
func (t *exactTable) newShard(depth uint, text []byte) *shard {
	hashes := make([]uint32, 0, 1024)
	var e []byte
	for rest := text; len(rest) > 0; {
		e, rest = cutEntry(rest)
		hashes = append(hashes, uint32(maphash.Bytes(t.seed, e[headerSize:])))
	}
	s := &shard{depth: depth, starts: make([]uint16, max(1, len(hashes)/2)+1)}
	buckets := len(s.starts) - 1
	// A counting sort: the sizes of the buckets give the place of each entry in sorted.
	ends := make([]int, buckets+1)
	rest := text
	for _, hash := range hashes {
		e, rest = cutEntry(rest)
		ends[bucketOf(uint64(hash), buckets)+1] += len(e)
	}
	for b := range buckets {
		ends[b+1] += ends[b]
	}
	firsts := slices.Clone(ends)
	sorted := make([]byte, len(text))
	rest = text
	for _, hash := range hashes {
		e, rest = cutEntry(rest)
		b := bucketOf(uint64(hash), buckets)
		bucket := sorted[firsts[b]:ends[b]]
		if len(bucket) > 0 && search(bucket, string(e[headerSize:]), entryHeader(e)) >= 0 {
			continue // a duplicate
		}
		ends[b] += copy(sorted[ends[b]:], e)
		s.count++
	}
	// Duplicates leave gaps between the buckets; close them.
	n := 0
	for b := range buckets {
		s.starts[b] = uint16(n)
		n += copy(sorted[n:], sorted[firsts[b]:ends[b]])
	}
	s.starts[buckets] = uint16(n)
	s.text = sorted[:n:n]
	return s
}
