package origin

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// slowIndex is a simple, slow implementation of [Set.Match]: the first matching pattern among the
// exact origins, then among the hosts with several ports, the wildcards that are part of a label, and
// the other wildcards, of which the longest takes precedence.
func slowIndex(patterns []Pattern, value string) (index int, ok bool) {
	best := -1
	for i, p := range patterns {
		rank := []int{exactHost: 1, partLabel: 2, subdomains: 1000 - len(p.after())}[p.kind]
		if p.IsExact() {
			rank = 0
		}
		if slowMatch(p, value) && (best < 0 || rank < best) {
			index, best = i, rank
		}
	}
	return index, best >= 0
}

// checkMatch compares Set.Match with slowIndex, both in a set with these patterns only and in one
// with so many others that it needs a table. It returns how many values match.
func checkMatch(t *testing.T, patterns []Pattern, values ...string) (matched int) {
	t.Helper()
	more := slices.Clone(patterns)
	for i := range maxFewWild + 1 {
		more = append(more, mustParsePattern(t, fmt.Sprintf("filler://*.filler%d.test", i)))
	}
	few, many := NewSet(patterns...), NewSet(more...)
	for _, value := range values {
		wantIndex, want := slowIndex(patterns, value)
		if i, got := few.Match(value); got != want || i != wantIndex {
			t.Fatalf("Match(%q) in %q = %d, %t; slowIndex returns %d, %t", value, patterns, i, got, wantIndex, want)
		}
		if i, got := many.Match(value); got != want || i != wantIndex {
			t.Fatalf("Match(%q) in %q = %d, %t; slowIndex returns %d, %t", value, more, i, got, wantIndex, want)
		}
		if want {
			matched++
		}
	}
	return matched
}

// TestFewPatternsMatchLikeTable compares patterns that are compared one by one, those of a table, and
// slowMatch, for random patterns and for values that almost match.
func TestFewPatternsMatchLikeTable(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	a := func(n int) string { return strings.Repeat("a", n) }
	random := func() (before, after string) {
		before = pick("https", "https", "http", "app") + "://" + pick("", "", "", "pr-", "a", "xn--", a(61), a(62))
		after = pick("", "", "-1", "a", "--x", a(31)) + pick(".", ".", ".b.", ".a.b.", strings.Repeat(".ab", 60)+".") +
			pick("test", "x.test", "a.x.test", "xn--p1ai", "3com", "xn--bcher-kva.example", "localhost", "x.test.")
		return before, after
	}
	port := func() string {
		return pick("", "", "", ":8443", ":*", ":[80]", ":[443]", ":[80,443]", ":[1-9,5-20]", ":[8000-8099,8443]", ":65535")
	}
	type parts struct{ before, after string }
	lists, matched := 4_000, 0
	if testing.Short() {
		lists = 120
	}
	for range lists {
		var patterns []Pattern
		var ends []parts
		for range 1 + rng.IntN(4) {
			before, after := random()
			wildcard := pick("*", "*", "*", "a")
			if len(ends) > 0 && rng.IntN(2) == 0 { // overlapping patterns
				before, after = pick(ends[0].before, before), ends[0].after
				if rng.IntN(2) == 0 {
					after = after[strings.IndexByte(after, '.'):]
				}
			}
			p, err := ParsePattern(before + wildcard + after + port())
			if err == nil {
				patterns, ends = append(patterns, p), append(ends, parts{before, after})
			}
		}
		if len(patterns) == 0 {
			continue
		}
		var values []string
		for range 10 {
			e := ends[rng.IntN(len(ends))]
			hostLength := len(e.before) + len(e.after) - strings.Index(e.before, "://") - len("://")
			room := max(0, maxHostLength-hostLength+rng.IntN(3)-1)
			middle := pick("a", "a", "1", "b-c", "a.b", "pr-1", "a.xn--bcher-kva", "a_b", a(rng.IntN(66)), a(1+rng.IntN(2)),
				strings.Repeat("a.", room/2)+a(room%2), strings.Repeat("a.", max(0, room-1)/2)+"a"+a(1-room%2),
				"", ".", ".a", "a.", "a..b", "A", "ü", "%61", "a b", "a/", "evil.test/", "u@", "a:1", "[::1]", "\x00", "*")
			value := e.before + middle + e.after + pick("", "", "", ":8443", ":80", ":443", ":5", ":10", ":8050", ":65535",
				":0", ":08443", ":65536", ":", ":84430", ":*", "/", ".", ".evil.test", ":8443:8443")
			switch rng.IntN(12) {
			case 0: // without a byte
				i := rng.IntN(len(value))
				value = value[:i] + value[i+1:]
			case 1: // with another byte
				i := rng.IntN(len(value))
				value = value[:i] + string(rune(rng.IntN(128))) + value[i+1:]
			case 2: // another scheme
				value = pick("https", "http", "app", "HTTPS", "httpss", "") + value[strings.Index(value, ":"):]
			}
			values = append(values, value)
		}
		matched += checkMatch(t, patterns, values...)
	}
	if matched < lists/4 {
		t.Errorf("only %d values matched: the test shows little", matched)
	}
}

// TestFewPatternsAtLimits tests the longest label and the longest host that each kind of wildcard
// stands for, and one byte more.
func TestFewPatternsAtLimits(t *testing.T) {
	host := func(n int) string { return strings.Repeat("a.", (n-1)/2) + strings.Repeat("a", 2-n%2) }
	for _, row := range []struct {
		name, before, after string
		longest             string
	}{
		{"a label of a subdomain", "https://", ".x.test", strings.Repeat("a", 63)},
		{"a second label of a subdomain", "https://", ".b.x.test:8443", strings.Repeat("a", 63)},
		{"a host below a subdomain pattern", "https://", ".x.test", host(253 - len(".x.test"))},
		{"a host that ends with a dot", "https://", ".x.test.", host(253 - len(".x.test"))},
		{"part of a label", "https://pr-", "-z.x.test", strings.Repeat("a", 63-len("pr--z"))},
		{"part of a label of a long host", "https://p", "." + host(220), strings.Repeat("a", 253-221-1)},
		{"part of a label of a long host that ends with a dot", "https://p", "." + host(220) + ".", strings.Repeat("a", 253-221-1)},
		{"a label below another scheme", "app://", ".x.test", strings.Repeat("a", 63)},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := mustParsePattern(t, row.before+"*"+row.after)
			for _, middle := range []string{row.longest, row.longest + "a"} {
				checkMatch(t, []Pattern{p}, row.before+middle+row.after)
				if _, ok := NewSet(p).Match(row.before + middle + row.after); ok != (middle == row.longest) {
					t.Errorf("%s matches %s%s%s: %t", p, row.before, middle, row.after, ok)
				}
			}
		})
	}
}

// TestMatchPrefersSpecificPattern checks which of several matching patterns counts, in lists short
// enough to be compared one by one and in long ones.
func TestMatchPrefersSpecificPattern(t *testing.T) {
	for _, row := range []struct {
		patterns string
		value    string
		want     int
	}{
		{"https://*.a.test https://*.b.a.test", "https://x.b.a.test", 1},
		{"https://*.b.a.test https://*.a.test", "https://x.b.a.test", 0},
		{"https://*.a.test https://p*.a.test", "https://pr.a.test", 1},
		{"https://*r.a.test https://p*.a.test", "https://pr1r.a.test", 0},
		{"https://p*.b.test https://*z.a.test https://p*.a.test", "https://prz.a.test", 1},
		{"https://*.a.test https://p*.a.test https://pr.a.test:*", "https://pr.a.test", 2},
		{"https://*.a.test https://pr.a.test:* https://pr.a.test", "https://pr.a.test", 2},
		{"http://*.a.test:[1-9] http://*.a.test:* http://*.a.test:5", "http://x.a.test:5", 0},
		{"http://*.a.test:[1-9] http://*.a.test:* http://*.a.test:5", "http://x.a.test", 1},
		{"http://*.a.test:5 http://*.a.test:*", "http://x.a.test:5", 0},
		{"http://localhost:[3000,4000] http://localhost:*", "http://localhost:4000", 0},
	} {
		var patterns []Pattern
		for s := range strings.SplitSeq(row.patterns, " ") {
			patterns = append(patterns, mustParsePattern(t, s))
		}
		checkMatch(t, patterns, row.value)
		if i, ok := NewSet(patterns...).Match(row.value); !ok || i != row.want {
			t.Errorf("Match(%s) in %s = %d, %t, want %d", row.value, row.patterns, i, ok, row.want)
		}
	}
}
