package conformance

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed corpus/*.jsonl.gz
var recorded embed.FS

// Recorded returns the corpus of a browser that is part of this package.
func Recorded(browser string) (*Corpus, error) {
	f, err := recorded.Open("corpus/" + browser + ".jsonl.gz")
	if err != nil {
		return nil, fmt.Errorf("no recorded corpus of browser %q (use %s)", browser, strings.Join(BrowserNames, ", "))
	}
	defer f.Close()
	return ReadCorpus(f)
}
