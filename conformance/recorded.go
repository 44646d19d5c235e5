package conformance

import (
	"embed"
	"fmt"
)

//go:embed corpus/*.jsonl.gz
var recorded embed.FS

// Recorded returns the fixed corpus of a browser that is part of the repository.
func Recorded(browser string) (*Corpus, error) {
	f, err := recorded.Open("corpus/" + browser + ".jsonl.gz")
	if err != nil {
		return nil, fmt.Errorf("no recorded corpus of %q: want chromium, firefox or webkit", browser)
	}
	defer f.Close()
	return ReadCorpus(f)
}
