package conformance

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed corpus/*.jsonl.gz
var recorded embed.FS

// Recorded returns the corpus of a browser that is part of this package: the cases
// below localhost, and those of [Places] and [Apps] if they were recorded in that browser.
func Recorded(browser string) (*Corpus, error) {
	var all *Corpus
	for _, suffix := range []string{"", "-places", "-apps"} {
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
		all.Cases = append(all.Cases, c.Cases...)
		all.Observations = append(all.Observations, c.Observations...)
		all.Header.Count += c.Header.Count
	}
	return all, nil
}
