package cookie

import (
	"net/http"
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	at := func(year int, month time.Month, day, hour, minute, second int) time.Time {
		return time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	}
	never := time.Time{} // not a date
	tests := []struct {
		name, input string
		want        time.Time
	}{
		{"as HTTP writes it", "Sun, 06 Nov 1994 08:49:37 GMT", at(1994, 11, 6, 8, 49, 37)},
		{"as RFC 850 wrote it", "Sunday, 06-Nov-94 08:49:37 GMT", at(1994, 11, 6, 8, 49, 37)},
		{"as C's asctime writes it", "Sun Nov  6 08:49:37 1994", at(1994, 11, 6, 8, 49, 37)},
		{"in any order", "08:49:37 1994 Nov 6", at(1994, 11, 6, 8, 49, 37)},
		{"a year of two digits before the day is taken for the day", "94 Nov 6 08:49:37", never},
		{"digits of one", "1 Jan 2026 1:2:3", at(2026, 1, 1, 1, 2, 3)},
		{"months by their first letters, in any case", "6 nOVeMBer 1994 08:49:37", at(1994, 11, 6, 8, 49, 37)},
		{"a weekday that is wrong does not matter", "Fri, 06 Nov 1994 08:49:37", at(1994, 11, 6, 8, 49, 37)},
		{"a zone does not matter", "06 Nov 1994 08:49:37 PST", at(1994, 11, 6, 8, 49, 37)},
		{"an offset does not matter", "06 Nov 1994 08:49:37 +0800", at(1994, 11, 6, 8, 49, 37)},
		{"a fraction of a second does not matter", "06 Nov 1994 08:49:37.999", at(1994, 11, 6, 8, 49, 37)},
		{"letters after digits do not matter", "6th Nov 1994AD 08:49:37Z", at(1994, 11, 6, 8, 49, 37)},
		{"every delimiter", "06\t\"#$%&'()*+,-./Nov;<=>?@[\\]^_`1994{|}~ 08:49:37!", at(1994, 11, 6, 8, 49, 37)},
		{"the first of two counts", "06 Nov 1994 08:49:37 07 Dec 1995 09:50:38", at(1994, 11, 6, 8, 49, 37)},
		{"69 is 2069", "06 Nov 69 08:49:37", at(2069, 11, 6, 8, 49, 37)},
		{"70 is 1970", "06 Nov 70 08:49:37", at(1970, 11, 6, 8, 49, 37)},
		{"00 is 2000", "06 Nov 00 08:49:37", at(2000, 11, 6, 8, 49, 37)},
		{"three digits are a year", "06 Nov 099 08:49:37", at(1999, 11, 6, 8, 49, 37)},
		{"1601 is the first year", "01 Jan 1601 00:00:00", at(1601, 1, 1, 0, 0, 0)},
		{"29 February of a leap year", "29 Feb 2024 00:00:00", at(2024, 2, 29, 0, 0, 0)},

		{"1600 is too early", "31 Dec 1600 23:59:59", never},
		{"five digits are no year", "06 Nov 19944 08:49:37", never},
		{"three digits are no day", "006 Nov 1994 08:49:37", never},
		{"29 February of another year", "29 Feb 2026 00:00:00", never},
		{"31 April", "31 Apr 2026 00:00:00", never},
		{"day 0", "00 Nov 1994 08:49:37", never},
		{"day 32", "32 Nov 1994 08:49:37", never},
		{"24 o'clock", "06 Nov 1994 24:00:00", never},
		{"minute 60", "06 Nov 1994 08:60:37", never},
		{"a leap second", "06 Nov 1994 08:49:60", never},
		{"no seconds", "06 Nov 1994 08:49", never},
		{"a time of three digits", "06 Nov 1994 008:49:37", never},
		{"a month across two names", "06 anf 1994 08:49:37", never},
		{"a month by number", "1994-11-06T08:49:37Z", never},
		{"no time", "06 Nov 1994", never},
		{"no year", "06 Nov 08:49:37", never},
		{"nothing", "", never},
		{"delimiters alone", " ,;-", never},
		{"a control character is no delimiter", "06\x01Nov 1994 08:49:37", never},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := parseDate(test.input)
			if got != test.want || ok == test.want.IsZero() {
				t.Errorf("parseDate(%q) = %v, %v; want %v", test.input, got, ok, test.want)
			}
		})
	}
}

func FuzzParseDate(f *testing.F) {
	for _, seed := range []string{
		"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
		"31 Apr 2026 0:0:0", "1 jan 1601 00:00:00", "6th nov 099 8:49:37.5", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		got, ok := parseDate(input)
		// An independent parser of the one form that HTTP asks for.
		if want, err := time.Parse(http.TimeFormat, input); err == nil && want.Year() >= 1601 {
			if !ok || !got.Equal(want) {
				t.Fatalf("parseDate(%q) = %v, %v; net/http has %v", input, got, ok, want)
			}
		}
		if !ok {
			if !got.IsZero() {
				t.Fatalf("parseDate(%q) = %v and says that it is none", input, got)
			}
			return
		}
		if y := got.Year(); y < 1601 || y > 9999 || got.Location() != time.UTC || got.Nanosecond() != 0 {
			t.Fatalf("parseDate(%q) = %v", input, got)
		}
		if again, ok := parseDate(got.Format(http.TimeFormat)); !ok || !again.Equal(got) {
			t.Fatalf("parseDate(%q) = %v, which reads back as %v, %v", input, got, again, ok)
		}
		if again, ok := parseDate(" ;" + input + ", 01 Jan 2001 01:01:01"); !ok || !again.Equal(got) {
			t.Fatalf("parseDate(%q) = %v, and with more behind it %v, %v", input, got, again, ok)
		}
	})
}
