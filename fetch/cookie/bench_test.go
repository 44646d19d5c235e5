//go:build !concors_nopsl

package cookie

import (
	"fmt"
	"testing"
)

// A host with as many cookies as the standard asks a browser to keep, half of
// them withheld.
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
		if _, err := s.Set(x, "sid=0123456789abcdef; Domain=site.example; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax"); err != nil {
			b.Fatal(err)
		}
	}
}

// A full store, in which every new cookie pushes out another.
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
