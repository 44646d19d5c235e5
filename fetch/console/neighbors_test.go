package console_test

import (
	"testing"

	"github.com/concors/concors/fetch/console"
)

// What a service worker answered is not CORS, whichever browser says it.
func TestServiceWorkersAreNamed(t *testing.T) {
	for _, text := range []string{
		"The FetchEvent for \"https://b.example/x\" resulted in a network error response: the promise was rejected.\nUncaught (in promise) TypeError: Failed to fetch",
		"Failed to load ‘https://b.example/x’. A ServiceWorker passed an opaque Response to FetchEvent.respondWith() while handling a ‘cors’ FetchEvent. Opaque Response objects are only valid when the RequestMode is ‘no-cors’.",
		"Failed to load ‘https://b.example/x’. A ServiceWorker intercepted the request and encountered an unexpected error.",
		"https://b.example/x FetchEvent.respondWith received an error: TypeError: Load failed",
	} {
		messages, got := console.Read(text)
		if len(messages) != 0 || len(got) != 1 || got[0].Topic != "service-worker" || got[0].URL != "https://b.example/x" {
			t.Errorf("%s\n%+v, %+v", text, messages, got)
		}
	}
}

// A message of several lines is one neighbor, and the same line twice is two.
func TestLinesOfOneNeighbor(t *testing.T) {
	const vite = "Blocked request. This host (\"app.internal\") is not allowed.\nTo allow this host, add \"app.internal\" to `server.allowedHosts` in vite.config.js."
	for _, row := range []struct {
		name, text string
		want       []int // how many lines each neighbor has
	}{
		{"Vite", vite, []int{2}},
		{"Vite, with an empty line", "Blocked request. This host (\"a.example\") is not allowed.\n\nTo allow this host, add \"a.example\" to `preview.allowedHosts` and `server.allowedHosts` in vite.config.js.", []int{2}},
		{"Vite, on one line", "Blocked request. This host (\"a.example\") is not allowed. To allow this host, add \"a.example\" to `server.allowedHosts` in vite.config.js.", []int{1}},
		{"Vite, twice", vite + "\n" + vite, []int{2, 2}},
		{"Vite, two hosts of which one line was copied", "Blocked request. This host (\"a.example\") is not allowed.\nBlocked request. This host (\"b.example\") is not allowed.", []int{1, 1}},
		{"ASP.NET", "info: Microsoft.AspNetCore.Cors.Infrastructure.CorsService[5]\n      CORS policy execution failed.\ninfo: Microsoft.AspNetCore.Cors.Infrastructure.CorsService[6]\n      Request origin https://app.example does not have permission to access the resource.", []int{4}},
		{"something between them", "Blocked request. This host (\"a.example\") is not allowed.\nready\nadd it to `server.allowedHosts`", []int{1, 1}},
		{"a service worker", "The FetchEvent for \"https://b.example/x\" resulted in a network error response: an \"opaque\" response was used for a request whose type is not no-cors", []int{1}},
		{"two statuses", "the server responded with a status of 404 (Not Found)\nRequest failed with status code 500", []int{1, 1}},
		{"a status in two wordings", "Failed to load resource: the server responded with a status of 404 (Not Found)\nAxiosError: Request failed with status code 404", []int{2}},
	} {
		_, got := console.Read(row.text)
		var lines []int
		for _, n := range got {
			lines = append(lines, len(n.Lines))
		}
		if len(lines) != len(row.want) {
			t.Errorf("%s: %d neighbors, want %d: %+v", row.name, len(lines), len(row.want), got)
			continue
		}
		for i, n := range lines {
			if n != row.want[i] {
				t.Errorf("%s: %d lines, want %d: %q", row.name, n, row.want[i], got[i].Lines)
			}
		}
	}
}
