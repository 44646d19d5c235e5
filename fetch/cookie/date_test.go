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
	invalid := time.Time{}
	tests := []struct {
		name, input string
		want        time.Time
	}{
		{"IMF-fixdate, the format of HTTP", "Sun, 06 Nov 1994 08:49:37 GMT", at(1994, 11, 6, 8, 49, 37)},
		{"RFC 850 format", "Sunday, 06-Nov-94 08:49:37 GMT", at(1994, 11, 6, 8, 49, 37)},
		{"asctime format", "Sun Nov  6 08:49:37 1994", at(1994, 11, 6, 8, 49, 37)},
		{"any order", "08:49:37 1994 Nov 6", at(1994, 11, 6, 8, 49, 37)},
		{"a two-digit year before the day is read as the day", "94 Nov 6 08:49:37", invalid},
		{"single digits", "1 Jan 2026 1:2:3", at(2026, 1, 1, 1, 2, 3)},
		{"only the first three letters of a month count, in any case", "6 nOVeMBer 1994 08:49:37", at(1994, 11, 6, 8, 49, 37)},
		{"a wrong weekday is ignored", "Fri, 06 Nov 1994 08:49:37", at(1994, 11, 6, 8, 49, 37)},
		{"a time zone is ignored", "06 Nov 1994 08:49:37 PST", at(1994, 11, 6, 8, 49, 37)},
		{"a UTC offset is ignored", "06 Nov 1994 08:49:37 +0800", at(1994, 11, 6, 8, 49, 37)},
		{"a fraction of a second is ignored", "06 Nov 1994 08:49:37.999", at(1994, 11, 6, 8, 49, 37)},
		{"letters after digits are ignored", "6th Nov 1994AD 08:49:37Z", at(1994, 11, 6, 8, 49, 37)},
		{"every delimiter", "06\t\"#$%&'()*+,-./Nov;<=>?@[\\]^_`1994{|}~ 08:49:37!", at(1994, 11, 6, 8, 49, 37)},
		{"the first of two dates counts", "06 Nov 1994 08:49:37 07 Dec 1995 09:50:38", at(1994, 11, 6, 8, 49, 37)},
		{"69 is 2069", "06 Nov 69 08:49:37", at(2069, 11, 6, 8, 49, 37)},
		{"70 is 1970", "06 Nov 70 08:49:37", at(1970, 11, 6, 8, 49, 37)},
		{"00 is 2000", "06 Nov 00 08:49:37", at(2000, 11, 6, 8, 49, 37)},
		{"three digits are a year", "06 Nov 099 08:49:37", at(1999, 11, 6, 8, 49, 37)},
		{"1601 is the first year", "01 Jan 1601 00:00:00", at(1601, 1, 1, 0, 0, 0)},
		{"29 February of a leap year", "29 Feb 2024 00:00:00", at(2024, 2, 29, 0, 0, 0)},

		{"1600 is too early", "31 Dec 1600 23:59:59", invalid},
		{"a year of five digits", "06 Nov 19944 08:49:37", invalid},
		{"a day of three digits", "006 Nov 1994 08:49:37", invalid},
		{"29 February of another year", "29 Feb 2026 00:00:00", invalid},
		{"31 April", "31 Apr 2026 00:00:00", invalid},
		{"day 0", "00 Nov 1994 08:49:37", invalid},
		{"day 32", "32 Nov 1994 08:49:37", invalid},
		{"hour 24", "06 Nov 1994 24:00:00", invalid},
		{"minute 60", "06 Nov 1994 08:60:37", invalid},
		{"a leap second", "06 Nov 1994 08:49:60", invalid},
		{"no seconds", "06 Nov 1994 08:49", invalid},
		{"a time of three digits", "06 Nov 1994 008:49:37", invalid},
		{"letters of two adjacent months", "06 anf 1994 08:49:37", invalid},
		{"numeric month", "1994-11-06T08:49:37Z", invalid},
		{"no time", "06 Nov 1994", invalid},
		{"no year", "06 Nov 08:49:37", invalid},
		{"empty", "", invalid},
		{"only delimiters", " ,;-", invalid},
		{"a control character is not a delimiter", "06\x01Nov 1994 08:49:37", invalid},
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
		// Compare with an independent parser of the format that HTTP requires.
		if want, err := time.Parse(http.TimeFormat, input); err == nil && want.Year() >= 1601 {
			if !ok || !got.Equal(want) {
				t.Fatalf("parseDate(%q) = %v, %v; time.Parse returns %v", input, got, ok, want)
			}
		}
		if !ok {
			if !got.IsZero() {
				t.Fatalf("parseDate(%q) = %v, false; want the zero time", input, got)
			}
			return
		}
		if y := got.Year(); y < 1601 || y > 9999 || got.Location() != time.UTC || got.Nanosecond() != 0 {
			t.Fatalf("parseDate(%q) = %v", input, got)
		}
		if parsed, ok := parseDate(got.Format(http.TimeFormat)); !ok || !parsed.Equal(got) {
			t.Fatalf("parseDate(%q) = %v; formatted and parsed: %v, %v", input, got, parsed, ok)
		}
		if longer, ok := parseDate(" ;" + input + ", 01 Jan 2001 01:01:01"); !ok || !longer.Equal(got) {
			t.Fatalf("parseDate(%q) = %v; with a second date appended: %v, %v", input, got, longer, ok)
		}
	})
}
