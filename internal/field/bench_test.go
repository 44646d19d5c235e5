package field

import (
	"strings"
	"testing"
)

// Servers run these functions for every preflight.
func TestNoAllocations(t *testing.T) {
	line := strings.Repeat("x-header-name, ,", 50)
	n := 0
	for name, run := range map[string]func(){
		"Tokens": func() {
			for token, ok := range Tokens(line) {
				if ok && EqualFold(token, "X-Header-Name") {
					n++
				}
			}
		},
		"SplitSeq": func() {
			for value := range SplitSeq(line) {
				n += len(value)
			}
		},
		"NormalizeValue and Lower": func() { n += len(Lower(NormalizeValue(" x-header-name "))) },
		"ParseSingleRange": func() {
			if _, ok := ParseSingleRange("bytes=0-99999999999999999999", true); ok {
				n++
			}
		},
	} {
		if allocs := testing.AllocsPerRun(100, run); allocs != 0 {
			t.Errorf("%s: %v allocations, want 0", name, allocs)
		}
	}
	if n == 0 {
		t.Error("the functions found nothing")
	}
}

var sizes = []struct {
	name  string
	lines []string
}{
	{"one token", []string{"content-type"}},
	{"ten tokens", []string{strings.Repeat("x-header-name, ", 10)}},
	{"64 KiB of tokens", []string{strings.Repeat("x-header-name, ", 64*1024/15)}},
	{"64 KiB of commas", []string{strings.Repeat(",", 64*1024)}},
	{"64 KiB, invalid at the end", []string{strings.Repeat("x-header-name, ", 64*1024/15) + "@"}},
}

func BenchmarkExtractTokens(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			b.SetBytes(int64(len(size.lines[0])))
			b.ReportAllocs()
			for b.Loop() {
				ExtractTokens(size.lines)
			}
		})
	}
}

func BenchmarkTokens(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			b.SetBytes(int64(len(size.lines[0])))
			b.ReportAllocs()
			for b.Loop() {
				for range Tokens(size.lines[0]) {
				}
			}
		})
	}
}
