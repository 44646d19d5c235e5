package origin

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestRegexp(t *testing.T) {
	for _, test := range []struct{ pattern, want string }{
		{"https://app.example.com", `https://app\.example\.com`},
		{"https://*.example.com", `https://(?:[a-z0-9_-]+\.)+example\.com`},
		{"https://pr-*.preview.example.com", `https://pr-[a-z0-9_-]+\.preview\.example\.com`},
		{"http://[::1]:3000", `http://\[::1\]:3000`},
		{"http://localhost:*", `http://localhost(?::[1-9][0-9]{0,4})?`},
		{"http://localhost:[3000,8000-8099]", `http://localhost:(?:3000|80[0-9]{2})`},
		{"http://localhost:[80,3000]", `http://localhost(?::(?:80|3000))?`},
		{"git+ssh.x://Host", `git\+ssh\.x://Host`},
	} {
		t.Run(test.pattern, func(t *testing.T) {
			p, err := ParsePattern(test.pattern)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Regexp(); got != test.want {
				t.Errorf("Regexp() = %s, want %s", got, test.want)
			}
		})
	}
}

func TestNumbersRegexp(t *testing.T) {
	decimals := make([]string, 66000)
	for n := range decimals {
		decimals[n] = strconv.Itoa(n)
	}
	for _, test := range []struct{ first, last int }{
		{1, 1}, {1, 9}, {1, 10}, {9, 11}, {8000, 8099}, {8000, 8999}, {1, 65535}, {999, 10001}, {3000, 3999}, {100, 65535}, {12345, 54321}, {10, 99},
	} {
		re := regexp.MustCompile(`^(?:` + strings.Join(numbersRegexp(test.first, test.last), "|") + `)$`)
		for n, decimal := range decimals {
			if got, want := re.MatchString(decimal), test.first <= n && n <= test.last; got != want {
				t.Errorf("%d to %d: %d matches: %t", test.first, test.last, n, got)
				break
			}
		}
	}
}

// FuzzRegexp checks the regular expression and the set against each other.
func FuzzRegexp(f *testing.F) {
	for _, pattern := range []string{"https://*.example.com", "https://a-*.example.com:[443,8000-8100]", "http://localhost:*", "http://[::1]:[1-65535]", "capacitor://localhost", "*", "https://xn--nxasmq6b.example"} {
		for _, value := range []string{"https://a.example.com", "https://a.b.example.com", "https://a-b.example.com:8000", "http://localhost:3000", "http://[::1]:70000", "capacitor://localhost", "https://a.example.com.evil.example", "https://aexample.com", "https://A.example.com", "https://a.example.com\n"} {
			f.Add(pattern, value)
		}
	}
	f.Fuzz(func(t *testing.T, pattern, value string) {
		p, err := ParsePattern(pattern)
		if err != nil || len(pattern) > 300 {
			return
		}
		re, err := regexp.Compile(`^(?:` + p.Regexp() + `)$`)
		if err != nil {
			t.Fatalf("%s: %v", pattern, err)
		}
		o, ok := TryParse(value)
		_, matches := NewSet(p).Match(value)
		if matches && !re.MatchString(value) {
			t.Errorf("the set of %s matches %q, %s does not", pattern, value, p.Regexp())
		}
		if !matches && ok && o.String() == value && !strings.HasPrefix(value, "null") && re.MatchString(value) && !p.Any() {
			t.Errorf("the set of %s does not match %q, %s does", pattern, value, p.Regexp())
		}
	})
}
