package corstest_test

import (
	"net/http"
	"testing"

	"github.com/concors/concors/corstest"
)

func TestPagesOfAppsAndOnLocalhost(t *testing.T) {
	for _, origin := range []string{
		"capacitor://localhost", "ionic://localhost", "tauri://localhost", "app://.", "chrome-extension://abcdef",
		"moz-extension://0b4c", "vscode-webview://1abc", "http://localhost:5173", "http://127.0.0.1:3000", "http://[::1]:3000",
	} {
		allow := func(value string) *corstest.Site {
			return corstest.Handler(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Access-Control-Allow-Origin", value)
			})).WithURL("http://api.example")
		}
		allow(origin).From(origin).Fetch("GET", "/items").MayRead()
		allow("https://app.example").From(origin).Fetch("GET", "/items").IsBlocked()
	}
}
