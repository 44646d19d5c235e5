package weburl

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// testRow is a row of testdata/urltestdata.json; see testdata/README.md.
type testRow struct {
	Input, Base, Href                                                    string
	Protocol, Username, Password, Host, Hostname, Port, Pathname, Search string
	Hash                                                                 string
	Origin                                                               *string
	Failure                                                              bool
}

// change is a published row whose result the standard has changed since.
type change struct {
	input, base string
	why         string
	href        string // the present result; "" for failure
}

const (
	asciiFallback = "an ASCII domain is not changed, even if its Punycode is invalid (whatwg/url a8d5ca3, 2026)"
	caretInPath   = "U+005E (^) was added to the path percent-encode set (whatwg/url 9bc33c3, 2025)"
)

var changes = []change{
	{"http://a.b.c.xn--pokxncvks", "about:blank", asciiFallback, "http://a.b.c.xn--pokxncvks/"},
	{"http://10.0.0.xn--pokxncvks", "about:blank", asciiFallback, "http://10.0.0.xn--pokxncvks/"},
	{"http://a.b.c.XN--pokxncvks", "about:blank", asciiFallback, "http://a.b.c.xn--pokxncvks/"},
	{"http://a.b.c.Xn--pokxncvks", "about:blank", asciiFallback, "http://a.b.c.xn--pokxncvks/"},
	{"http://10.0.0.XN--pokxncvks", "about:blank", asciiFallback, "http://10.0.0.xn--pokxncvks/"},
	{"http://10.0.0.xN--pokxncvks", "about:blank", asciiFallback, "http://10.0.0.xn--pokxncvks/"},
	{"file://xn--/p", "about:blank", asciiFallback, "file://xn--/p"},
	{"foo://host/ !\"$%&'()*+,-./:;<=>@[\\]^_`{|}~", "about:blank", caretInPath,
		"foo://host/%20!%22$%&'()*+,-./:;%3C=%3E@[\\]%5E_%60%7B|%7D~"},
	{"wss://host/ !\"$%&'()*+,-./:;<=>@[\\]^_`{|}~", "about:blank", caretInPath,
		"wss://host/%20!%22$%&'()*+,-./:;%3C=%3E@[/]%5E_%60%7B|%7D~"},
}

func TestPublishedTestData(t *testing.T) {
	rows := readTestData(t)
	if len(rows) != 687 {
		t.Fatalf("%d rows, want 687", len(rows))
	}
	changed := make(map[[2]string]change)
	for _, c := range changes {
		changed[[2]string{c.input, c.base}] = c
	}
	unused := len(changed)
	for _, row := range rows {
		var base *URL
		if row.Base != "" {
			var err error
			if base, err = Parse(row.Base, nil); err != nil {
				if !row.Failure {
					t.Errorf("base %q: %v", row.Base, err)
				}
				continue
			}
		}
		got, err := Parse(row.Input, base)
		if now, ok := changed[[2]string{row.Input, row.Base}]; ok {
			unused--
			href := ""
			if err == nil {
				href = got.String()
			}
			if href != now.href {
				t.Errorf("%q against %q: got %q, want %q (%s)", row.Input, row.Base, href, now.href, now.why)
			}
			if !row.Failure && row.Href == now.href {
				t.Errorf("%q against %q: the published row already has this result; remove it from the changes", row.Input, row.Base)
			}
			continue
		}
		if row.Failure {
			if err == nil {
				t.Errorf("%q against %q: got %q, want failure", row.Input, row.Base, got)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q against %q: %v", row.Input, row.Base, err)
			continue
		}
		compareRow(t, row, got)
	}
	if unused != 0 {
		t.Errorf("%d changes have no row in the test data", unused)
	}
}

func compareRow(t *testing.T, row testRow, u *URL) {
	t.Helper()
	for _, part := range []struct{ name, got, want string }{
		{"href", u.String(), row.Href},
		{"protocol", u.Scheme + ":", row.Protocol},
		{"username", u.Username, row.Username},
		{"password", u.Password, row.Password},
		{"host", u.HostPort(), row.Host},
		{"hostname", u.Hostname(), row.Hostname},
		{"port", u.Port, row.Port},
		{"pathname", u.Path, row.Pathname},
		{"search", prefixed("?", u.Query), row.Search},
		{"hash", prefixed("#", u.Fragment), row.Hash},
	} {
		if part.got != part.want {
			t.Errorf("%q against %q: %s is %q, want %q", row.Input, row.Base, part.name, part.got, part.want)
		}
	}
}

// prefixed returns JavaScript's search or hash for a query or fragment.
func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func readTestData(t testing.TB) []testRow {
	data, err := os.ReadFile("testdata/urltestdata.json")
	if err != nil {
		t.Fatal(err)
	}
	var raw []json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		t.Fatal(err)
	}
	var rows []testRow
	for _, r := range raw {
		if strings.HasPrefix(string(r), `"`) {
			continue // a comment
		}
		var row testRow
		if err := json.Unmarshal(r, &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}
