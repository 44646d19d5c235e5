package origin_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/concors/concors/origin"
)

// marked returns the differences with the part of the text that each is about in brackets.
func marked(text string, list []origin.Difference) string {
	var out []string
	for _, d := range list {
		out = append(out, d.Text+" ["+text[d.Start:d.End]+"]")
	}
	return strings.Join(out, "; ")
}

func TestDifferences(t *testing.T) {
	const app, dev = "https://app.example.com", "http://localhost:5173"
	for _, row := range []struct{ name, want, text, differs string }{
		{"the same", app, app, ""},
		{"both null", "null", "null", ""},

		{"a slash at the end", app, app + "/", "it ends with a slash [/]"},
		{"a path", app, app + "/login", "it has a path, /login [/login]"},
		{"a query", app, app + "?a=1", "it has a query, ?a=1 [?a=1]"},
		{"a fragment", app, app + "#", "it has a fragment, # [#]"},
		{"a backslash", app, app + `\`, `a backslash follows the origin [\]`},
		{"a user name", app, "https://u:p@app.example.com", "it has a user name [u:p@]"},

		{"another scheme", "http://app.example.com", app, "https, not http [https]"},
		{"a scheme of sockets", app, "wss://app.example.com", "wss, not https [wss]"},
		{"no scheme", app, "app.example.com", "the scheme is missing (https://) []"},
		{"no scheme, and a port", dev, "localhost:5173", "the scheme is missing (http://) []"},
		{"no scheme, and another port", dev, "localhost:3000", "the scheme is missing (http://) []; port 3000, not 5173 [3000]"},
		{"a relative scheme", app, "//app.example.com", "the scheme is missing (https://) [//]"},
		{"one slash", app, "https:/app.example.com", "a scheme ends with :// [:/]"},
		{"no colon", app, "https//app.example.com", "a scheme ends with :// [//]"},
		{"two schemes", app, "https://https://app.example.com", "two schemes [https://]"},
		{"two origins without a separator", app, app + "https://b.example.com", "two origins without a separator [https://b.example.com]"},
		{"upper case in the scheme", app, "HTTPS://app.example.com", "upper case: browsers send the scheme in lower case [HTTPS]"},

		{"another port", dev, "http://localhost:3000", "port 3000, not 5173 [3000]"},
		{"no port", dev, "http://localhost", "no port, which means 80, not 5173 []"},
		{"a port too much", app, app + ":8443", "port 8443, not 443 (the default of https) [8443]"},
		{"the default port", app, app + ":443", "port 443 is written out, and browsers omit the default port [:443]"},
		{"the default port, with a zero", app, app + ":0443", "port 443 is written out, and browsers omit the default port [:0443]"},
		{"a leading zero", dev, "http://localhost:05173", "the port begins with a zero [05173]"},
		{"no digits", app, app + ":", "a colon, and no port behind it [:]"},
		{"a word in place of the port", dev, "http://localhost:port", "port port is not a number [port]"},
		{"another scheme and port", app, "http://app.example.com:8080", "http, not https [http]; port 8080, not 443 (the default of https) [8080]"},

		{"two names of this computer", dev, "http://127.0.0.1:5173", "127.0.0.1, not localhost: two names of this computer are two origins [127.0.0.1]"},
		{"IPv6 and a name", dev, "http://[::1]:5173", "[::1], not localhost: two names of this computer are two origins [[::1]]"},
		{"the address of all interfaces", dev, "http://0.0.0.0:5173", "0.0.0.0, not localhost: two names of this computer are two origins [0.0.0.0]"},
		{"a name and IPv6", "http://[::1]:3000", "http://localhost:3000", "localhost, not [::1]: two names of this computer are two origins [localhost]"},
		{"IPv6 without brackets", "http://[::1]", "http://::1", "an IPv6 address is written in brackets [::1]"},
		{"an address of the network", dev, "http://192.168.1.5:5173", "host 192.168.1.5, not localhost [192.168.1.5]"},

		{"upper case", app, "https://App.Example.com", "upper case: browsers send the host in lower case [App.E]"},
		{"upper case, and a slash", app, "https://App.example.com/", "upper case: browsers send the host in lower case [A]; it ends with a slash [/]"},
		{"www", "https://example.com", "https://www.example.com", "with www, not without [www.]"},
		{"without www", "https://www.example.com", "https://example.com", "www. is missing []"},
		{"a subdomain", "https://example.com", app, "a subdomain of example.com [app.]"},
		{"the domain above", app, "https://example.com", "app. is missing: it names the domain above []"},
		{"another host", app, "https://other.test", "host other.test, not app.example.com [other.test]"},
		{"another host, scheme and port", dev, "https://other.test/", "host other.test, not localhost [other.test]; it ends with a slash [/]"},
		{"a host that begins with it", app, app + ".evil.test", "it only begins with app.example.com [.evil.test]"},
		{"another top-level domain", "https://example.com", "https://example.org", "host example.org, not example.com [example.org]"},
		{"a letter is missing", app, "https://app.exmple.com", `app.exmple.com, not app.example.com: "a" is missing []`},
		{"a letter too much", app, "https://app.exaample.com", `app.exaample.com, not app.example.com: "a" is too much [a]`},
		{"a digit that looks like a letter", "https://app.school.example", "https://app.scho0l.example", `app.scho0l.example, not app.school.example: "0" is not "o" [0]`},
		{"a hyphen is missing", "https://my-app.example.com", "https://myapp.example.com", `myapp.example.com, not my-app.example.com: "-" is missing []`},
		{"two usual names", "https://app.example", "https://api.example", "host api.example, not app.example [api.example]"},
		{"addresses of the network", "http://192.168.1.5", "http://192.168.1.6", "host 192.168.1.6, not 192.168.1.5 [192.168.1.6]"},
		{"swapped letters", app, "https://app.exmaple.com", "app.exmaple.com, not app.example.com: two letters are swapped [ma]"},
		{"another letter", app, "https://app.exanple.com", `app.exanple.com, not app.example.com: "n" is not "m" [n]`},
		{"a letter that looks alike", app, "https://\u0430pp.example.com", "\u0430pp.example.com, not app.example.com: \"\u0430\" (U+0430) is not \"a\" [\u0430]"},
		{"a dot at the end", app, app + ".", "the host ends with a dot [.]"},
		{"no dot at the end", app + ".", app, "the dot at the end of the host is missing []"},
		{"an address in another form", "http://127.0.0.1", "http://127.1", "browsers write this host as 127.0.0.1 [127.1]"},
		{"no host", app, "https://", "the host is missing []"},

		{"empty", app, "", "it is empty, like the value of an environment variable that is not set []"},
		{"null", app, "null", "null is the origin of sandboxed pages and of files, or what programs print for a missing value [null]"},
		{"an origin for a page without one", "null", app, "it names an origin, and an opaque origin is null [" + app + "]"},
		{"NULL", "null", "NULL", "upper case: null is written in lower case [NULL]"},
		{"undefined", app, "undefined", "programs print undefined for a missing value [undefined]"},
		{"an object", app, "[object Object]", "JavaScript prints [object Object] for an object that is used as a text [[object Object]]"},
		{"a setting", app, "true", "true is a setting of other libraries [true]"},
		{"a word for any", app, "any", "a word is not an origin, and * stands for any [any]"},
		{"the wildcard", app, "*", "a wildcard, not an origin [*]"},
		{"a function", app, "(o, cb) => cb(null, true)", "it is the source of a function, which was not called [(o, cb) => cb(null, true)]"},
		{"a shell's variable", app, "${ORIGIN}", "${ORIGIN} is a placeholder that was not replaced by a value [${ORIGIN}]"},
		{"nginx's variable", app, "$http_origin", "$http_origin is a placeholder that was not replaced by a value [$http_origin]"},
		{"a variable of the environment", app, "process.env.ORIGIN", "process.env.ORIGIN is a placeholder that was not replaced by a value [process.env.ORIGIN]"},
		{"a regular expression", app, `/^https:\/\/.*\.example\.com$/`, `a regular expression, sent as text: browsers compare letter by letter [/^https:\/\/.*\.example\.com$/]`},
		{"any text", app, ".*", "a regular expression, sent as text: browsers compare letter by letter [.*]"},
		{"a pattern", app, "https://*.example.com", "the pattern is sent as it is: * is a wildcard only alone, never within an origin [*]"},
		{"a pattern without a scheme", app, "*.example.com", "the pattern is sent as it is: * is a wildcard only alone, never within an origin [*]"},
		{"quotes", app, `"` + app + `"`, `the quotes are part of the value ["]`},
		{"quotes, and a slash", app, "'" + app + "/'", "the quotes are part of the value [']; it ends with a slash [/]"},

		{"a list", app, app + ", https://b.example", "two origins in one value [, https://b.example]"},
		{"a list without the page", app, "https://a.example https://b.example",
			"two origins in one value [ https://b.example]; none of them is https://app.example.com [https://a.example https://b.example]"},
		{"the same twice", app, app + ", " + app, "the same value twice [, " + app + "]"},
		{"a wildcard in a list", app, "*, " + app, "a wildcard and an origin in one value [, " + app + "]"},
		{"a list as text", app, `["` + app + `"]`, `a list, written as text [["` + app + `"]]`},
		{"a comma at the end", app, app + ",", "a separator and nothing behind or before it [,]"},

		{"a comma in place of a dot", app, "https://app,example.com", `"," is not "." [,]`},
		{"a space in place of a dot", app, "https://app example.com", `" " is not "." [ ]`},
		{"a bar between origins", app, app + "|https://b.example", "two origins in one value [|https://b.example]"},
		{"the header's name", app, "Origin: " + app, "the value has a header's name in it [Origin: ]"},
		{"the header's name, and a slash", app, "Access-Control-Allow-Origin:" + app + "/",
			"the value has a header's name in it [Access-Control-Allow-Origin:]; it ends with a slash [/]"},
		{"slashes as in JSON", app, `https:\/\/app.example.com`, `backslashes precede its slashes, as in JSON [\/\]`},
		{"three slashes", app, "https:///app.example.com", "too many slashes after the scheme [/]"},

		{"a no-break space", app, app + "\u00a0", "there is a no-break space (U+00A0), which looks like a space, at the end [\u00a0]"},
		{"a zero width space", app, "https://app\u200b.example.com", "there is a zero width space (U+200B), which cannot be seen, in it [\u200b]"},
		{"a byte order mark", app, "\ufeff" + app, "there is a byte order mark (U+FEFF), which cannot be seen, at the beginning [\ufeff]"},
		{"a carriage return", app, app + "\r", "there is a line break at the end [\r]"},
		{"not UTF-8", app, "https://app\xff.example.com", "it has bytes that are not UTF-8 [\xff]"},
		{"percent-encoded", app, "https%3A%2F%2Fapp.example.com", "it is percent-encoded [%3A%2F%2Fapp.example.com]"},
		{"escaped for HTML", app, "https:&#x2F;&#x2F;app.example.com", "it is escaped for HTML [&#x2F;&#x2F;app.example.com]"},
		{"too long", app, strings.Repeat("a", 1<<17), ""},

		{"a page of an app", "capacitor://localhost", "http://localhost", "http, not capacitor [http]"},
		{"a path", "capacitor://localhost", "capacitor://localhost/", "it ends with a slash [/]"},
	} {
		want, err := origin.Parse(row.want)
		if err != nil {
			t.Fatal(err)
		}
		got := origin.Differences(row.text, want)
		if row.name == "too long" {
			if len(got) != 1 || got[0].Text != "it has 131072 bytes, too many for an origin" {
				t.Errorf("%s: %v", row.name, got)
			}
			continue
		}
		if text := marked(row.text, got); text != row.differs {
			t.Errorf("%s: %q and %s:\n got %s\nwant %s", row.name, row.text, row.want, text, row.differs)
		}
	}
}

// A binary without the Public Suffix List and the tables of names that are not ASCII says less.
func TestDifferencesThatNeedTables(t *testing.T) {
	full := origin.RegistrableDomain("www.example.com") != ""
	for _, row := range []struct{ name, want, text, differs, without string }{
		{"two names of one site", "https://app.example.com", "https://admin.example.com", "subdomain admin, not app [admin]",
			"host admin.example.com, not app.example.com [admin.example.com]"},
		{"two usual names of one site", "https://app.example.com", "https://api.example.com", "subdomain api, not app [api]",
			"host api.example.com, not app.example.com [api.example.com]"},
		{"a usual name in the plural", "https://app.example.com", "https://apps.example.com", "subdomain apps, not app [apps]",
			"host apps.example.com, not app.example.com [apps.example.com]"},
		{"two longer usual names", "https://static.example.com", "https://status.example.com", "subdomain status, not static [status]",
			"host status.example.com, not static.example.com [status.example.com]"},
		{"two short names", "https://foo.example.com", "https://fou.example.com", "subdomain fou, not foo [fou]",
			"host fou.example.com, not foo.example.com [fou.example.com]"},
		{"two numbers", "https://web1.example.com", "https://web2.example.com", "subdomain web2, not web1 [web2]",
			"host web2.example.com, not web1.example.com [web2.example.com]"},
		{"a number and none", "https://tenant.example.com", "https://tenant7.example.com", "subdomain tenant7, not tenant [tenant7]",
			"host tenant7.example.com, not tenant.example.com [tenant7.example.com]"},
		{"two numbers, of one letter's place", "https://shop10.example.com", "https://shop1.example.com", "subdomain shop1, not shop10 [shop1]",
			"host shop1.example.com, not shop10.example.com [shop1.example.com]"},
		{"a name in Unicode", "https://xn--mnchen-3ya.example", "https://m\u00fcnchen.example", "the name in Unicode: browsers send xn--mnchen-3ya.example [m\u00fcnchen.example]",
			"host m\u00fcnchen.example, not xn--mnchen-3ya.example [m\u00fcnchen.example]"},
	} {
		want, err := origin.Parse(row.want)
		if err != nil {
			t.Fatal(err)
		}
		differs := row.differs
		if !full {
			differs = row.without
		}
		if got := marked(row.text, origin.Differences(row.text, want)); got != differs {
			t.Errorf("%s: %q and %s:\n got %s\nwant %s", row.name, row.text, row.want, got, differs)
		}
	}
}

// FuzzDifferences checks that every text other than the origin has a difference, and that each is about
// whole characters of the text.
func FuzzDifferences(f *testing.F) {
	for _, s := range []string{
		"", "https://a.example", "https://a.example/", "HTTP://Á.example:080", "http://[::1", "//", ":", "a,b", "\xff,", `"\xff`, "null", "https://https://",
		"https://\u0430.example", "ſ://a", "https://K.example", "https:\xff", "https://a.example\xffhttp://", "&#", "%41", "http://@:", "[", "['a']",
	} {
		f.Add(s)
	}
	var origins []origin.Origin
	for _, s := range []string{"https://a.example", "http://localhost:5173", "null", "http://[::1]:80", "capacitor://localhost", "https://xn--mnchen-3ya.example"} {
		if o, err := origin.Parse(s); err == nil {
			origins = append(origins, o)
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, want := range origins {
			list := origin.Differences(s, want)
			if (len(list) == 0) != (s == want.String()) {
				t.Fatalf("%q and %s: %v", s, want, list)
			}
			for _, d := range list {
				if d.Start < 0 || d.Start > d.End || d.End > len(s) || d.Text == "" || len(d.Text) > 1000 {
					t.Fatalf("%q and %s: %+v", s, want, d)
				}
				if utf8.ValidString(s) && !(utf8.ValidString(s[:d.Start]) && utf8.ValidString(s[d.Start:d.End])) {
					t.Fatalf("%q and %s: %+v is within a character", s, want, d)
				}
			}
		}
	})
}

func ExampleDifferences() {
	page, _ := origin.Parse("http://localhost:5173")
	for _, d := range origin.Differences("https://localhost:3000/", page) {
		fmt.Println(d.Text)
	}
	// Output:
	// https, not http
	// port 3000, not 5173
	// it ends with a slash
}
