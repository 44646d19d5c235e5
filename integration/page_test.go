package integration

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// measurePages is a page that opens others in frames of several widths, unfolds all of
// their details, and reports what they look like.
const measurePages = `<!doctype html><link rel="icon" href="data:,"><body><script>
(async () => {
	const measured = []
	for (const page of PAGES) for (const width of [320, 360, 768, 1280]) {
		const frame = document.createElement('iframe')
		frame.style.cssText = 'border:0;height:600px;width:' + width + 'px'
		frame.src = page
		await new Promise(done => { frame.onload = done; document.body.append(frame) })
		const d = frame.contentDocument, root = d.documentElement
		for (const details of d.querySelectorAll('details')) details.open = true
		const wide = [...d.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest('svg, .unseen'))
		const button = d.querySelector('button.copy')
		button?.click()
		await new Promise(done => setTimeout(done, 50))
		measured.push({ page, width, scrollWidth: root.scrollWidth, wide: wide.map(e => e.outerHTML.slice(0, 80)),
			styled: frame.contentWindow.getComputedStyle(d.querySelector('.verdict')).borderLeftWidth,
			copied: button ? button.hidden + ' ' + button.textContent : '' })
		frame.remove()
	}
	await fetch('/done', { method: 'POST', body: JSON.stringify(measured) })
})()
</script>`

// TestReportPagesFitEveryScreen opens the pages of concors check --html in Chromium. No part
// of them is wider than a small phone, their policy allows their own style and script,
// and the buttons copy or select.
func TestReportPagesFitEveryScreen(t *testing.T) {
	skipIfShort(t)
	program := need(t, "chromium", "chromium-browser", "google-chrome")
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/slash":
			w.Header().Set("Access-Control-Allow-Origin", r.Header.Get("Origin")+"/")
			w.Header().Set("X-Powered-By", "Express")
		case strings.HasPrefix(r.URL.Path, "/allowed"):
			w.Header().Set("Access-Control-Allow-Origin", "*")
			w.Header().Set("X-"+strings.Repeat("Long-Name-", 12), strings.Repeat("longvalue", 60))
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer api.Close()
	dir := tempDir(t)
	pages := []string{}
	for i, args := range [][]string{
		{api.URL + "/preflight", "-X", "PUT", "-H", "X-" + strings.Repeat("Verylongheadername", 6) + ": 1"},
		{api.URL + "/slash", "--as", "all", "--for", "express"},
		{api.URL + "/allowed/" + strings.Repeat("averylongsegment", 30) + "?" + strings.Repeat("parameter=value&", 60)},
		{api.URL + "/allowed", "--mode", "no-cors"},
	} {
		name := fmt.Sprintf("/%d.html", i)
		args = append([]string{"check", "--from", "http://app.localhost:5173", "--page-space", "loopback", "--html", filepath.Join(dir, name)}, args...)
		concors(t, args...)
		pages = append(pages, name)
	}
	list, err := json.Marshal(pages)
	if err != nil {
		t.Fatal(err)
	}
	type measured struct {
		Page               string
		Width, ScrollWidth int
		Wide               []string
		Styled, Copied     string
	}
	done := make(chan []measured, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/done":
			var m []measured
			if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
				t.Error(err)
			}
			done <- m
		case "/":
			io.WriteString(w, strings.Replace(measurePages, "PAGES", string(list), 1))
		default:
			page, err := os.ReadFile(filepath.Join(dir, filepath.Base(r.URL.Path)))
			if err != nil {
				w.WriteHeader(http.StatusNotFound)
			}
			w.Write(page)
		}
	}))
	t.Cleanup(server.Close)
	p := start(t, dir, program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--no-proxy-server",
		"--user-data-dir="+dir, server.URL)
	var results []measured
	select {
	case results = <-done:
	case <-p.done:
		t.Fatalf("Chromium ended:\n%s", p.output())
	case <-time.After(90 * time.Second):
		t.Fatalf("Chromium did not measure the pages:\n%s", p.output())
	}
	if want := 4 * len(pages); len(results) != want {
		t.Errorf("%d measurements, want %d", len(results), want)
	}
	for _, m := range results {
		if m.ScrollWidth > m.Width || len(m.Wide) > 0 {
			t.Errorf("%s in %d px: it is %d px wide: %q", m.Page, m.Width, m.ScrollWidth, m.Wide)
		}
		if m.Styled != "8px" {
			t.Errorf("%s: its style does not apply (border %s)", m.Page, m.Styled)
		}
		// Only a click of a person may use the clipboard. Any other click selects the text.
		if m.Copied != "false Selected: press Ctrl+C" && m.Copied != "false Copied" {
			t.Errorf("%s: the button to copy is %q", m.Page, m.Copied)
		}
	}
}
