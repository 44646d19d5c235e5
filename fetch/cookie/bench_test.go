//go:build !concors_nopsl

package cookie

import (
	"fmt"
	"testing"
)

// The host has as many cookies as the standard requires browsers to store. Half of them are withheld.
func BenchmarkHeader50(b *testing.B) {
	var s Store
	x := to("https://www.site.example/dir/page")
	for i := range 50 {
		line := fmt.Sprintf("cookie-%d=some-value-of-usual-length; Secure", i)
		if i%2 == 0 {
			line += "; SameSite=None"
		}
		if _, err := s.Set(x, line); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, sent, withheld := s.Header(x.crossSite()); len(sent) != 25 || len(withheld) != 25 {
			b.Fatal(len(sent), len(withheld))
		}
	}
}

func BenchmarkSet(b *testing.B) {
	var s Store
	x := to("https://www.site.example/dir/page")
	b.ReportAllocs()
	for b.Loop() {
		const line = "sid=0123456789abcdef; Domain=site.example; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax"
		if _, err := s.Set(x, line); err != nil {
			b.Fatal(err)
		}
	}
}

// The store is full, so every new cookie evicts another.
func BenchmarkSetIntoFullStore(b *testing.B) {
	var s Store
	i := 0
	set := func() {
		if _, err := s.Set(to(fmt.Sprintf("https://site%d.example/", i)), "sid=0123456789abcdef"); err != nil {
			b.Fatal(err)
		}
		i++
	}
	for range defaultTotalLimit {
		set()
	}
	b.ReportAllocs()
	for b.Loop() {
		set()
	}
}
