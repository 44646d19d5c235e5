package origin

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/concors/concors/weburl"
)

func setOf(t testing.TB, patterns ...string) *Set {
	t.Helper()
	var list []Pattern
	for _, s := range patterns {
		p, err := ParsePattern(s)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, p)
	}
	return NewSet(list...)
}

func TestMatch(t *testing.T) {
	for _, row := range []struct {
		pattern         string
		matches, misses []string
	}{
		{"https://example.com", []string{"https://example.com"}, []string{
			"http://example.com", "https://example.com:8443", "https://example.com:443", "https://EXAMPLE.com", "https://example.com/",
			"https://example.com.", "https://example.comx", "https://xexample.com", "https://example.com.evil.com", "https://a.example.com",
			"https://example.com@evil.com", "https://user@example.com", "https://[example.com]", "https://example.com https://evil.com",
			" https://example.com", "https://example.com ", "", "null", "https://", "https", "example.com", "https://example.com:", "HTTPS://example.com",
		}},
		{"https://example.com.", []string{"https://example.com."}, []string{"https://example.com", "https://example.com..", "https://example.com.:443", "https://a.example.com.", "https://.example.com.", "https://example.com./"}},
		{"https://example.com.:8443", []string{"https://example.com.:8443"}, []string{"https://example.com:8443", "https://example.com.", "https://example.com:8443."}},
		{"https://*.example.com.", []string{"https://a.example.com.", "https://a.b.example.com.", "https://" + strings.Repeat("a.", 120) + "example.com."}, []string{
			"https://a.example.com", "https://example.com.", "https://a.example.com..", "https://.example.com.", "https://a..example.com.", "https://A.example.com.",
			"https://a.example.com.evil.com.", "https://a.example.com.:443", "https://" + strings.Repeat("a.", 130) + "example.com.", "https://aexample.com.",
		}},
		{"https://pr-*.example.com.:*", []string{"https://pr-1.example.com.", "https://pr-1.example.com.:81"}, []string{"https://pr-1.example.com", "https://pr-.example.com.", "https://pr-1.x.example.com."}},
		{"https://*.com.", []string{"https://a.com."}, []string{"https://a.com", "https://com.", "https://a.org."}},
		{"http://localhost.:3000", []string{"http://localhost.:3000"}, []string{"http://localhost:3000", "http://localhost."}},
		{"https://foo.com", nil, []string{"https://barfoo.com", "https://foo.com.bar.com", "https://fooXcom", "https://foo.comhttps://foo.com"}},
		{"https://*.example.com", []string{"https://a.example.com", "https://a.b.example.com", "https://a-b.example.com", "https://a_b.example.com", "https://xn--bcher-kva.example.com", "https://1.example.com"}, []string{
			"https://example.com", "https://.example.com", "https://..example.com", "https://a..example.com", "https://evilexample.com",
			"https://aXexample.com", "https://a.exampleXcom", "https://a.example.com.evil.com", "https://a.example.com:8443", "http://a.example.com",
			"https://A.example.com", "https://evil.test/.example.com", "https://evil.test#.example.com", "https://user@a.example.com", "https://a.example.com.", "https://a.example.com.:8443",
			"https://evil.test?.example.com", "https://evil.test\\.example.com", "https://a b.example.com", "https://[::1].example.com",
			"https://bücher.example.com", "https://%61.example.com", "https://a.example.com\x00", "https://a\n.example.com",
			"https://" + strings.Repeat("a.", 150) + "example.com", "https://a.example.com:443", "https://a.example.com:*",
		}},
		{"https://*.example.com:*", []string{"https://a.example.com", "https://a.example.com:1", "https://a.example.com:65535"}, []string{
			"https://a.example.com:443", "https://a.example.com:0", "https://a.example.com:01", "https://a.example.com:65536", "https://a.example.com:",
			"https://a.example.com:8443:1", "https://a.example.com:8443.evil.com", "https://evil.com:443.example.com",
		}},
		{"https://pr-*.preview.example.com", []string{"https://pr-1.preview.example.com", "https://pr-a-b.preview.example.com"}, []string{
			"https://pr-.preview.example.com", "https://pr-1.evil.preview.example.com", "https://xpr-1.preview.example.com", "https://pr-1.preview.example.com.evil.com",
			"https://pr-1.example.com", "https://pr-evil.com/.preview.example.com", "https://pr-PR.preview.example.com",
		}},
		{"https://*--shop.netlify.app", []string{"https://deploy-1--shop.netlify.app"}, []string{
			"https://--shop.netlify.app", "https://evil.com--shop.netlify.app", "https://a--shop.netlify.app.evil.com", "https://a--shopx.netlify.app",
		}},
		{"http://localhost:*", []string{"http://localhost", "http://localhost:3000"}, []string{"https://localhost", "http://localhost:80", "http://localhost.evil.com:3000", "http://localhost:3000@evil.com"}},
		{"http://localhost:[3000,8000-8099]", []string{"http://localhost:3000", "http://localhost:8000", "http://localhost:8099"}, []string{"http://localhost", "http://localhost:3001", "http://localhost:8100", "http://localhost:300"}},
		{"http://localhost:[80,81]", []string{"http://localhost", "http://localhost:81"}, []string{"http://localhost:80"}},
		{"http://[::1]:*", []string{"http://[::1]", "http://[::1]:9090"}, []string{"http://[0::1]", "http://::1", "http://[::1"}},
		{"http://[::1]:9090", []string{"http://[::1]:9090"}, []string{"http://[::1]", "http://::1:9090"}},
		{"capacitor://localhost", []string{"capacitor://localhost"}, []string{"http://localhost", "capacitor://localhost:80"}},
		{"capacitor://localhost:*", []string{"capacitor://localhost", "capacitor://localhost:80"}, nil},
		{"https://*.3com", []string{"https://a.3com"}, []string{"https://a.4com"}},
		{"*", nil, []string{"https://example.com", "null"}},
		{"https://*.xn--p1ai", []string{"https://a.xn--p1ai", "https://xn--e1a.xn--p1ai"}, []string{
			"https://a!.xn--p1ai", "https://a..xn--p1ai", "https://" + strings.Repeat("a.", 130) + "xn--p1ai", "https://" + strings.Repeat("a", 64) + ".xn--p1ai",
		}},
		{"http://localhost:[1-5,3-9]", []string{"http://localhost:1", "http://localhost:4", "http://localhost:9"}, []string{"http://localhost:10", "http://localhost"}},
		{"capacitor://localhost:*", []string{"capacitor://localhost"}, []string{"capacitor://localhost:0"}},
		{"app://.example.com:[1]", []string{"app://.example.com:1"}, []string{"app://a.example.com:1", "app://example.com:1"}},
		{"app://*.example.com", []string{"app://a.example.com"}, []string{"app://.example.com"}},
		{"app://.", []string{"app://."}, []string{"app://", "app://..", "http://."}},
		{"https://a*a.x.test", []string{"https://aaa.x.test", "https://aba.x.test"}, []string{"https://aa.x.test", "https://a.x.test", "https://aba.y.x.test"}},
	} {
		s := setOf(t, row.pattern)
		for _, value := range row.matches {
			if i, ok := s.Match(value); !ok || i != 0 {
				t.Errorf("%s does not match %q", row.pattern, value)
			}
		}
		for _, value := range row.misses {
			if _, ok := s.Match(value); ok {
				t.Errorf("%s matches %q", row.pattern, value)
			}
		}
	}
}

func TestMatchReturnsIndex(t *testing.T) {
	patterns := []string{"https://*.example.com", "https://a.example.com", "*", "http://localhost:*", "https://a.example.com", "http://localhost:1", "https://b.test", "https://c.test", "https://d.test"}
	s := setOf(t, patterns...)
	for value, want := range map[string]int{"https://a.example.com": 1, "https://b.example.com": 0, "http://localhost:2": 3, "http://localhost:1": 5, "https://d.test": 8} {
		if got, ok := s.Match(value); !ok || got != want {
			t.Errorf("Match(%q) = %d, want %d", value, got, want)
		}
	}
	if i, ok := s.Any(); !ok || i != 2 {
		t.Errorf("Any() = %d, %t, want 2, true", i, ok)
	}
	if got := s.Len(); got != len(patterns)-1 {
		t.Errorf("Len() = %d, want %d", got, len(patterns)-1)
	}
	for i, p := range s.Patterns() {
		if patterns[i] != p {
			t.Errorf("pattern %d is %s, want %s", i, p, patterns[i])
		}
	}
}

func TestEmptySets(t *testing.T) {
	var zero Set
	for _, s := range []*Set{nil, &zero, NewSet()} {
		if _, ok := s.Match("https://a.test"); ok || s.Len() != 0 {
			t.Error("an empty set matches an origin, or its Len is not 0")
		}
		if _, ok := s.Any(); ok {
			t.Error("an empty set contains *")
		}
	}
}

// TestAddAndRemove compares a set that is changed 20,000 times with a map.
func TestAddAndRemove(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	all := []string{"*", "https://*.example.com", "http://localhost:*", "https://pr-*.x.test", "http://[::1]:[1-9]"}
	for i := range 2000 {
		all = append(all, fmt.Sprintf("https://t%d.test", i))
	}
	s := &Set{}
	have := map[string]int{}
	for step := range 20000 {
		value := all[rng.IntN(len(all))]
		p, err := ParsePattern(value)
		if err != nil {
			t.Fatal(err)
		}
		if _, present := have[value]; rng.IntN(3) > 0 {
			index := s.Add(p)
			if present && have[value] != index {
				t.Fatalf("step %d: the index of %s changed from %d to %d", step, value, have[value], index)
			}
			have[value] = index
		} else {
			if s.Remove(p) != present {
				t.Fatalf("step %d: Remove(%s) = %t, want %t", step, value, !present, present)
			}
			delete(have, value)
		}
	}
	if s.Len() != len(have) {
		t.Errorf("Len() = %d, want %d", s.Len(), len(have))
	}
	seen := map[int]bool{}
	for i, p := range s.Patterns() {
		if have[p] != i || seen[i] {
			t.Errorf("%s has index %d, want %d", p, i, have[p])
		}
		seen[i] = true
	}
	for _, value := range all[5:] {
		_, want := have[value]
		if i, ok := s.Match(value); ok != want || ok && i != have[value] {
			t.Errorf("Match(%s) = %d, %t, want %d, %t", value, i, ok, have[value], want)
		}
	}
}

func TestMatchDuringChanges(t *testing.T) {
	s := setOf(t, "https://always.test")
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for {
				select {
				case <-done:
					return
				default:
				}
				if _, ok := s.Match("https://always.test"); !ok {
					t.Error("an origin was not found while others were added and removed")
					return
				}
			}
		}()
	}
	for i := range 3000 {
		p, _ := ParsePattern("https://t" + strconv.Itoa(i%700) + ".test")
		if i%5 == 4 {
			s.Remove(p)
		} else {
			s.Add(p)
		}
	}
	close(done)
	wg.Wait()
}

func TestMatchAllocatesNothing(t *testing.T) {
	s := setOf(t, "https://a.test", "https://b.test", "https://c.test", "https://d.test", "https://e.test", "https://*.example.com", "http://localhost:*", "https://pr-*.x.test")
	hostile := []string{strings.Repeat("A", 1<<20), "https://" + strings.Repeat(".", 300), "https://" + strings.Repeat("a.", 120) + "b"}
	for _, value := range append(hostile, "https://a.test", "https://x.example.com", "http://localhost:1", "https://pr-1.x.test", "https://no.test", "null") {
		if n := testing.AllocsPerRun(100, func() { s.Match(value) }); n != 0 {
			t.Errorf("Match(%.40s): %v allocations, want 0", value, n)
		}
	}
}

// A million origins of about 30 bytes take at most 45 bytes of memory each.
func TestMemoryOfMillionOrigins(t *testing.T) {
	if testing.Short() {
		t.Skip("builds large sets")
	}
	n := 1_000_000
	before := heap()
	s := NewSet(tenants(n)...)
	each := float64(heap()-before) / float64(n)
	t.Logf("%d origins: %.1f bytes each", n, each)
	if each > 45 {
		t.Errorf("%d origins: %.1f bytes each, want at most 45", n, each)
	}
	if i, ok := s.Match("https://tenant-999999.example.com"); !ok || i != n-1 {
		t.Errorf("Match of the last origin = %d, %t, want %d, true", i, ok, n-1)
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func tenants(n int) []Pattern {
	list := make([]Pattern, n)
	for i := range list {
		list[i], _ = ParsePattern("https://tenant-" + strconv.Itoa(i) + ".example.com")
	}
	return list
}

// slowMatch is a simple, slow implementation of Match for one pattern.
func slowMatch(p Pattern, value string) bool {
	if p.IsExact() {
		return p.String() == value
	}
	o, err := Parse(value)
	scheme, rest, _ := strings.Cut(p.String(), "://")
	if err != nil || o.IsOpaque() || o.Scheme() != scheme || strings.HasSuffix(value, ":0") {
		return false
	}
	host, list := rest, fmt.Sprint(map[string]int{"http": 80, "https": 443}[scheme])
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !regexp.MustCompile(`[0-9a-f]\]$`).MatchString(rest) || strings.Contains(rest, ":[") {
		host, list = rest[:i], strings.Trim(rest[i+1:], "[]")
	}
	switch {
	case list == "*" && weburl.DefaultPort(scheme) == 0:
		list = "0-65535" // 0 means no port
	case list == "*":
		list = "1-65535"
	}
	hasPort := false
	for item := range strings.SplitSeq(list, ",") {
		from, to, ok := strings.Cut(item, "-")
		if !ok {
			to = from
		}
		first, _ := strconv.Atoi(from)
		last, _ := strconv.Atoi(to)
		hasPort = hasPort || first <= o.Port() && o.Port() <= last
	}
	if !strings.Contains(host, "*") {
		return hasPort && o.Host() == host
	}
	name := strings.TrimSuffix(o.Host(), ".")
	if len(name) > 253 || !regexp.MustCompile(`^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$`).MatchString(name) {
		return false
	}
	wildcard := `[^.]+`
	if strings.HasPrefix(host, "*.") {
		wildcard = `.+`
	}
	re := `^` + strings.ReplaceAll(regexp.QuoteMeta(host), `\*`, wildcard) + `$`
	return hasPort && regexp.MustCompile(re).MatchString(o.Host())
}

func FuzzSetMatch(f *testing.F) {
	f.Add("https://*.example.com:* https://a.example.com", "https://a.example.com:81")
	f.Add("https://pr-*.x.test https://*.x.test", "https://pr-1.x.test")
	f.Add("https://*.example.com. https://a.example.com https://p*.example.com.:*", "https://pa.example.com.")
	f.Add("http://localhost:[1-9,80] http://localhost:[5,9-11]", "http://localhost")
	f.Add("http://[::1]:* http://[::1]", "http://[::1]:1")
	f.Add("https://a.test https://b.test https://c.test https://d.test https://e.test", "https://a.test")
	f.Add("https://foo.test https://bar.test https://*.xn--p1ai", "https://barfoo.test")
	f.Add("https://*.a.test. https://*.a.test", "https://b.a.test.")
	f.Add("app://*.a.test:* app://.a.test:* app://*.a.test:[1-9]", "app://b.a.test")
	f.Add("capacitor://localhost https://a*b.c.test https://*b.c.test https://a*.c.test", "https://axb.c.test")
	f.Fuzz(func(t *testing.T, list, value string) {
		var patterns []Pattern
		for s := range strings.SplitSeq(list, " ") {
			if p, err := ParsePattern(s); err == nil && !p.Any() {
				patterns = append(patterns, p)
			}
		}
		want := checkMatch(t, patterns, value) > 0
		var added Set
		for _, p := range patterns {
			added.Add(p)
		}
		if _, got := added.Match(value); got != want {
			t.Fatalf("Match(%q) in %q, added one by one = %t, want %t", value, patterns, got, want)
		}
		for _, p := range patterns {
			added.Remove(p)
		}
		if _, got := added.Match(value); got || added.Len() != 0 {
			t.Fatalf("after all of %q were removed: Match(%q) = %t, Len() = %d", patterns, value, got, added.Len())
		}
	})
}

// The first of equal origins counts, even if all of them together would not fit into one shard.
func TestManyEqualOrigins(t *testing.T) {
	var list []Pattern
	for i := range 5000 {
		list = append(list, mustParsePattern(t, "https://same.test"), mustParsePattern(t, fmt.Sprintf("https://t%d.test", i%100)))
	}
	s := NewSet(list...)
	if i, ok := s.Match("https://same.test"); s.Len() != 101 || !ok || i != 0 {
		t.Errorf("Len() = %d, Match of the first = %d, %t; want 101, 0, true", s.Len(), i, ok)
	}
	if i, ok := s.Match("https://t99.test"); !ok || i != 199 {
		t.Errorf("Match of the last = %d, %t, want 199, true", i, ok)
	}
}

// TestAddingManyOneByOne adds 200,000 origins one by one, and then removes half of them while
// another goroutine iterates over the set.
func TestAddingManyOneByOne(t *testing.T) {
	if testing.Short() {
		t.Skip("builds large sets")
	}
	list := tenants(200_000)
	s := &Set{}
	for i, p := range list {
		if got := s.Add(p); got != i {
			t.Fatalf("%s has index %d, want %d", p, got, i)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		seen := make([]bool, len(list))
		for i := range s.Patterns() {
			if seen[i] {
				t.Errorf("index %d was yielded twice", i)
			}
			seen[i] = true
		}
	}()
	for i := range list {
		if i%2 == 1 && !s.Remove(list[i]) {
			t.Errorf("Remove(%s) = false, want true", list[i])
		}
	}
	<-done
	for i, p := range list {
		if got, ok := s.Match(p.String()); ok != (i%2 == 0) || ok && got != i {
			t.Fatalf("Match(%s) = %d, %t, want %d, %t", p, got, ok, i, i%2 == 0)
		}
	}
	if s.Len() != len(list)/2 {
		t.Errorf("Len() = %d, want %d", s.Len(), len(list)/2)
	}
}

func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{1, 10, 1_000, 100_000, 1_000_000} {
		s := NewSet(tenants(n)...)
		values := make([]string, min(n, 4096))
		for i := range values {
			values[i] = "https://tenant-" + strconv.Itoa(rand.IntN(n)) + ".example.com"
		}
		b.Run(fmt.Sprintf("fixed/%d", n), func(b *testing.B) {
			for b.Loop() {
				s.Match(values[0])
			}
		})
		b.Run(fmt.Sprintf("rotating/%d", n), func(b *testing.B) {
			i := 0
			for b.Loop() {
				s.Match(values[i])
				if i++; i == len(values) {
					i = 0
				}
			}
		})
	}
	var wild []Pattern
	for i := range 1000 {
		p, _ := ParsePattern("https://*.tenant-" + strconv.Itoa(i) + ".example.com")
		wild = append(wild, p)
	}
	s := NewSet(wild...)
	for name, value := range map[string]string{
		"hit": "https://a.tenant-500.example.com", "miss": "https://a.tenant-x.example.com",
		"hostile": "https://" + strings.Repeat("a.", 120) + "com", "port": "https://a.tenant-500.example.com:65536", "1MB": strings.Repeat("https://", 1<<17),
	} {
		b.Run("1000-wildcards/"+name, func(b *testing.B) {
			for b.Loop() {
				s.Match(value)
			}
		})
	}
}

func BenchmarkNewSet(b *testing.B) {
	list := tenants(1_000_000)
	for b.Loop() {
		NewSet(list...)
	}
}

func BenchmarkBytesPerOrigin(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			list := tenants(n)
			var s *Set
			var before, after uint64
			for b.Loop() {
				s = nil
				before = heap()
				s = NewSet(list...)
				after = heap()
			}
			b.ReportMetric(float64(after-before)/float64(n), "B/origin")
			runtime.KeepAlive(s)
			runtime.KeepAlive(list)
		})
	}
}

func BenchmarkAddAndRemove(b *testing.B) {
	for _, n := range []int{1_000, 1_000_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			s := NewSet(tenants(n)...)
			others := make([]Pattern, 4096)
			for i := range others {
				others[i] = mustParsePattern(b, "https://other-"+strconv.Itoa(i)+".example.com")
			}
			i := 0
			for b.Loop() {
				s.Add(others[i&4095])
				s.Remove(others[i&4095])
				i++
			}
		})
	}
}

func ExampleSet() {
	var patterns []Pattern
	for _, s := range []string{"https://app.example.com", "https://*.example.com", "http://localhost:*"} {
		p, err := ParsePattern(s)
		if err != nil {
			panic(err)
		}
		patterns = append(patterns, p)
	}
	set := NewSet(patterns...)
	fmt.Println(set.Match("https://a.b.example.com"))
	fmt.Println(set.Match("https://evilexample.com"))
	// Output:
	// 1 true
	// 0 false
}
