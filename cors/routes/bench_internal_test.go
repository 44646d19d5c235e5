package routes

import (
	"net/url"
	"testing"
)

// BenchmarkCanonical measures what a request with a canonical path costs more than a match.
func BenchmarkCanonical(b *testing.B) {
	u, err := url.ParseRequestURI("/private/reports/2026/summary.txt")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if !canonicalPath(u) || !canonicalHost("api.example") {
			b.Fatal("not canonical")
		}
	}
}
