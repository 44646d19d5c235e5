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
