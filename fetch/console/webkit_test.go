package console_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/concors/concors/fetch/console"
	"github.com/concors/concors/fetch/reason"
)

// permutations calls f with each order of list.
func permutations(list []string, f func([]string)) {
	var permute func(int)
	permute = func(n int) {
		if n == len(list) {
			f(list)
			return
		}
		for i := n; i < len(list); i++ {
			list[n], list[i] = list[i], list[n]
			permute(n + 1)
			list[n], list[i] = list[i], list[n]
		}
	}
	permute(0)
}

// Safari prints three lines for each fetch, and those of several fetches in any order.
func TestSafarisLinesOfSeveralFetchesInAnyOrder(t *testing.T) {
	const (
		listURL   = "https://api.example/v1/list/?page=2"
		searchURL = "https://api.example/search"
		rootURL   = "https://other.example/"
	)
	origin := "[Error] Origin https://app.example is not allowed by Access-Control-Allow-Origin. Status code: 200"
	header := "[Error] Request header field X-Key is not allowed by Access-Control-Allow-Headers."
	again := func(line, name string) string {
		return strings.Replace(line, "[Error] ", "[Error] Failed to load resource: ", 1) + " (" + name + ", line 0)"
	}
	denied := func(u string) string { return "[Error] Fetch API cannot load " + u + " due to access control checks." }
	both := map[string]reason.Reason{listURL: reason.MissingAllowOriginHeader, searchURL: reason.HeaderDisallowedByPreflightResponse}
	for _, row := range []struct {
		name   string
		lines  []string
		want   map[string]reason.Reason
		orders string // lines that keep their order among themselves: all, or named
	}{
		{"two fetches with three lines each", []string{origin, header, denied(listURL), denied(searchURL), again(origin, "list"), again(header, "search")}, both, ""},
		{"of one the reason is missing", []string{header, denied(listURL), denied(searchURL), again(origin, "list"), again(header, "search")}, both, ""},
		{"only the lines with names", []string{denied(listURL), denied(searchURL), again(origin, "list"), again(header, "search")}, both, ""},
		{"the reason was printed once for both", []string{origin, denied(listURL), denied(rootURL), again(origin, "list"), again(origin, "other.example")},
			map[string]reason.Reason{listURL: reason.MissingAllowOriginHeader, rootURL: reason.MissingAllowOriginHeader}, ""},
		{"one fetch", []string{header, denied(searchURL), again(header, "search")},
			map[string]reason.Reason{searchURL: reason.HeaderDisallowedByPreflightResponse}, ""},
		{"with what the script is told", []string{origin, denied(listURL), again(origin, "list"), "[Error] Unhandled Promise Rejection: TypeError: Load failed"},
			map[string]reason.Reason{listURL: reason.MissingAllowOriginHeader}, ""},
		{"without names, by the order of both kinds", []string{origin, header, denied(listURL), denied(searchURL)}, both, "ordered"},
	} {
		n := 0
		permutations(slices.Clone(row.lines), func(lines []string) {
			if n++; testing.Short() && len(lines) > 5 && n%7 > 0 {
				return
			}
			if row.orders != "" && (slices.Index(lines, origin) > slices.Index(lines, header) ||
				slices.Index(lines, denied(listURL)) > slices.Index(lines, denied(searchURL))) {
				return
			}
			got := map[string]reason.Reason{}
			messages := console.Parse(strings.Join(lines, "\n"))
			for _, m := range messages {
				if m.Unsaid || !slices.IsSorted(m.Numbers) || m.Line != m.Numbers[0] {
					t.Errorf("%s: unsaid %t, lines %v", row.name, m.Unsaid, m.Numbers)
				}
				got[m.Known.URL] = m.Known.Reason.WithoutPreflight()
			}
			if len(messages) != len(row.want) || fmt.Sprint(got) != fmt.Sprint(row.want) {
				t.Errorf("%s: %v, want %v\n%s", row.name, got, row.want, strings.Join(lines, "\n"))
			}
		})
	}
}

// Safari's third line was another one up to version 10: Chromium's of that time.
func TestOldSafarisLinesAreOneMessage(t *testing.T) {
	const list = "[Error] Origin http://localhost is not allowed by Access-Control-Allow-Origin.\n" +
		"[Error] Failed to load resource: Origin http://localhost is not allowed by Access-Control-Allow-Origin. (list, line 0)\n" +
		"[Error] XMLHttpRequest cannot load http://api.example/list. Origin http://localhost is not allowed by Access-Control-Allow-Origin."
	for _, row := range []struct {
		name, text string
		urls       []string
	}{
		{"three lines", list, []string{"http://api.example/list"}},
		{"two of them", strings.Join(strings.Split(list, "\n")[1:], "\n"), []string{"http://api.example/list"}},
		{"two requests", list + "\n" + strings.ReplaceAll(list, "list", "item"), []string{"http://api.example/list", "http://api.example/item"}},
		{"another origin", strings.Replace(list, "Origin http://localhost", "Origin http://other.example", 2), []string{"", "http://api.example/list"}},
	} {
		var urls []string
		for _, m := range console.Parse(row.text) {
			urls = append(urls, m.Known.URL)
			if row.name != "another origin" && (len(m.Browsers) != 1 || m.Browsers[0] != "WebKit") {
				t.Errorf("%s: %v", row.name, m.Browsers)
			}
		}
		if fmt.Sprint(urls) != fmt.Sprint(row.urls) {
			t.Errorf("%s: %q, want %q", row.name, urls, row.urls)
		}
	}
}
