package conformance

import "testing"

// BenchmarkReplay runs the recorded cases in the engine, without comparing them: one
// operation is one case, with its page, its preflights and its redirects.
func BenchmarkReplay(b *testing.B) {
	for _, name := range BrowserNames {
		b.Run(name, func(b *testing.B) {
			c, err := Recorded(name)
			if err != nil {
				b.Fatal(err)
			}
			profile := Profiles[name]
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				Simulate(b.Context(), profile, &c.Cases[i%len(c.Cases)])
			}
		})
	}
}
