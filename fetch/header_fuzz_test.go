package fetch

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/internal/field"
	"github.com/concors/concors/internal/mime"
)

var simpleRange = regexp.MustCompile(`^bytes=([0-9]+)-([0-9]*)$`)

// safelistedByTheBook is a second implementation of isCORSSafelistedRequestHeader,
// for comparison.
func safelistedByTheBook(name, value string) bool {
	if len(value) > 128 {
		return false
	}
	unsafe := strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' }) || strings.ContainsAny(value, "\"():<>?@[\\]{}\x7f")
	switch strings.ToLower(name) {
	case "accept":
		return !unsafe
	case "accept-language", "content-language":
		return !regexp.MustCompile(`[^0-9A-Za-z *,\-.;=]`).MatchString(value) // a byte beyond ASCII never matches
	case "content-type":
		t, ok := mime.Parse(value)
		return ok && !unsafe && slices.Contains([]string{"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}, t.Essence())
	case "range":
		m := simpleRange.FindStringSubmatch(value)
		if m == nil {
			return false
		}
		start, _ := new(big.Int).SetString(m[1], 10)
		end, bounded := new(big.Int).SetString(m[2], 10)
		return !bounded || start.Cmp(end) <= 0
	}
	return false
}

// FuzzIsCORSSafelistedRequestHeader checks that the safelist agrees with the
// second implementation, and that the browsers' safelists differ from it only
// in their deviations.
func FuzzIsCORSSafelistedRequestHeader(f *testing.F) {
	for _, h := range []Header{
		{"Accept", "text/html,*/*;q=0.8"}, {"accept", "\xff\t"}, {"Accept-Language", "en-US,en;q=0.5"}, {"content-language", "é"},
		{"Content-Type", "text/plain;charset=utf-8"}, {"Content-Type", `text/plain;charset="x"`}, {"Content-Type", "multipart/form-data, a/b"},
		{"Range", "bytes=0-"}, {"Range", "bytes=5-1"}, {"RANGE", "bytes=99999999999999999999-99999999999999999999"}, {"range", "BYTES=0-1"},
		{"range", "bytes=-5"}, {"Save-Data", "on"}, {"X-One", ""}, {"\u212a", ""}, {"Accept", strings.Repeat("a", 129)},
	} {
		f.Add(h.Name, h.Value)
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		if !field.IsToken(name) {
			return // not in a header list
		}
		want := safelistedByTheBook(name, value)
		for _, p := range Profiles() {
			q := quirks{&p}
			got := q.safelists(Header{name, value})
			if got == want {
				continue
			}
			explained := q.deviates(ClientHintsSafelisted) && isClientHint(strings.ToLower(name)) ||
				q.deviates(NonASCIIAcceptUnsafe) && strings.EqualFold(name, "accept") ||
				(q.deviates(RangeBeyondInt64Unsafe) || q.deviates(RangeUnitAnyCase)) && strings.EqualFold(name, "range")
			if !explained {
				t.Errorf("%s: %q: %q is %t, want %t", p.Name, name, value, got, want)
			}
		}
		// Two equal headers are unsafe if one is: together they are too short for
		// the limit.
		standard := Standard
		names := corsUnsafeRequestHeaderNames(HeaderList{{name, value}, {name, value}}, quirks{&standard})
		if want != (len(names) == 0) || !want && !slices.Equal(names, []string{field.Lower(name)}) {
			t.Errorf("%q: %q: unsafe names %q", name, value, names)
		}
	})
}
