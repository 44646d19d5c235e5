package conformance

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// A Corpus is a recording of one browser: cases, and what was observed of each.
type Corpus struct {
	Header       Header
	Cases        []Case
	Observations []Observation // one for each case, in the same order

	parts []Header // of the files that the corpus was read from, if there are several
}

// Version returns the version of the browser in which the i-th case was recorded.
func (c *Corpus) Version(i int) string {
	for _, part := range c.parts {
		if i -= part.Count; i < 0 {
			return part.Version
		}
	}
	return c.Header.Version
}

// A Header describes how a corpus was recorded.
type Header struct {
	Browser string `json:"browser"` // one of BrowserNames
	Version string `json:"version"`
	Seed    uint64 `json:"seed"`
	Date    string `json:"date"` // such as "2026-11-21"
	Count   int    `json:"count"`
}

// A record is one line of a corpus. It contains the case, so that a recording
// stays usable when the generator changes.
type record struct {
	Case  Case   `json:"c"`
	Steps []Seen `json:"s"`
}

// maxLine limits a line of a corpus, and maxCorpus the whole text, in bytes
// after decompression.
const (
	maxLine   = 1 << 20
	maxCorpus = 256 << 20
)

// Write writes the corpus as gzip-compressed lines of JSON, with the header on
// the first line. The same corpus always gives the same bytes.
func (c *Corpus) Write(w io.Writer) error {
	if len(c.Observations) != len(c.Cases) {
		return fmt.Errorf("writing a corpus: %d cases, but %d observations", len(c.Cases), len(c.Observations))
	}
	z, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return fmt.Errorf("writing a corpus: %w", err)
	}
	enc := json.NewEncoder(z)
	enc.SetEscapeHTML(false)
	h := c.Header
	h.Count = len(c.Cases)
	if err := enc.Encode(h); err != nil {
		return fmt.Errorf("writing a corpus: %w", err)
	}
	for i, o := range c.Observations {
		if o.ID != c.Cases[i].ID {
			return fmt.Errorf("writing a corpus: case %d has an observation of case %d", c.Cases[i].ID, o.ID)
		}
		if err := enc.Encode(record{c.Cases[i], o.Steps}); err != nil {
			return fmt.Errorf("writing a corpus: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("writing a corpus: %w", err)
	}
	return nil
}

// ReadCorpus reads a corpus that [Corpus.Write] wrote. The text may be at most
// 256 MiB after decompression.
func ReadCorpus(r io.Reader) (*Corpus, error) {
	z, err := gzip.NewReader(r)
	if err != nil {
		return nil, fmt.Errorf("reading a corpus: %w", err)
	}
	lines := bufio.NewScanner(io.LimitReader(z, maxCorpus))
	lines.Buffer(nil, maxLine)
	if !lines.Scan() {
		return nil, fmt.Errorf("reading a corpus: no header: %w", errors.Join(lines.Err(), io.ErrUnexpectedEOF))
	}
	c := &Corpus{}
	if err := json.Unmarshal(lines.Bytes(), &c.Header); err != nil {
		return nil, fmt.Errorf("reading a corpus: header: %w", err)
	}
	for n := 2; lines.Scan(); n++ {
		var rec record
		if err := json.Unmarshal(lines.Bytes(), &rec); err != nil {
			return nil, fmt.Errorf("reading a corpus: line %d: %w", n, err)
		}
		if len(rec.Steps) != len(rec.Case.Steps) {
			return nil, fmt.Errorf("reading a corpus: line %d: %d observed steps, but the case has %d",
				n, len(rec.Steps), len(rec.Case.Steps))
		}
		c.Cases = append(c.Cases, rec.Case)
		c.Observations = append(c.Observations, Observation{rec.Case.ID, rec.Steps})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading a corpus: %w", err)
	}
	if len(c.Cases) != c.Header.Count {
		return nil, fmt.Errorf("reading a corpus: %d cases, but the header says %d: lines are missing or were added",
			len(c.Cases), c.Header.Count)
	}
	return c, nil
}
