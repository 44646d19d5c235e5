package conformance

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed corpus/*.jsonl.gz
var recorded embed.FS

// Recorded returns the corpus of a browser that is part of this package: the cases
// below localhost, and those of [Places], [Apps] and [Framed] if they were recorded in that browser.
// The last two files have the handwritten cases that are newer than the files before them.
func Recorded(browser string) (*Corpus, error) {
	var all *Corpus
	for _, suffix := range []string{"", "-places", "-apps", "-framed", "-later", "-places-later"} {
		f, err := recorded.Open("corpus/" + browser + suffix + ".jsonl.gz")
		if errors.Is(err, fs.ErrNotExist) && suffix != "" {
			continue
		} else if err != nil {
			return nil, fmt.Errorf("no recorded corpus of browser %q (use %s)", browser, strings.Join(BrowserNames, ", "))
		}
		c, err := ReadCorpus(f)
		f.Close()
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = c
			continue
		}
		all.add(c)
	}
	return all, nil
}

// add appends the cases of another recording of the browser, except those that the corpus has
// already. The header then names the versions of all of them.
func (c *Corpus) add(other *Corpus) {
	if c.parts == nil {
		c.parts = []Header{c.Header}
	}
	has := map[int]bool{}
	for i := range c.Cases {
		has[c.Cases[i].ID] = true
	}
	part := other.Header
	part.Count = 0
	for i := range other.Cases {
		if !has[other.Cases[i].ID] {
			c.Cases = append(c.Cases, other.Cases[i])
			c.Observations = append(c.Observations, other.Observations[i])
			part.Count++
		}
	}
	c.parts = append(c.parts, part)
	c.Header.Count = len(c.Cases)
	var versions []string
	for _, p := range c.parts {
		versions = append(versions, p.Version)
	}
	slices.Sort(versions)
	c.Header.Version = strings.Join(slices.Compact(versions), ", ")
}
