package proxyreport

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/concors/concors/cmd/concors/internal/term"
)

func TestDevServersAreRecognizedByTheirFiles(t *testing.T) {
	for _, test := range []struct {
		files []string
		name  string
		file  string // that is to be changed
		lines string
	}{
		{nil, "", "", ""},
		{[]string{"package.json"}, "", "", ""},
		{[]string{"vite.config.ts"}, "Vite", "vite.config.ts",
			`server: { proxy: { "/api": { target: "http://localhost:8010", changeOrigin: true, ws: true, rewrite: p => p.replace(/^\/api/, "") } } },`},
		{[]string{"next.config.mjs", "webpack.config.js"}, "Next.js", "next.config.mjs",
			`rewrites: async () => [{ source: "/api/:path*", destination: "http://localhost:8010/:path*" }],`},
		{[]string{"webpack.config.js"}, "webpack", "webpack.config.js",
			`devServer: { proxy: [{ context: ["/api"], target: "http://localhost:8010", changeOrigin: true, ws: true, pathRewrite: { "^/api": "" } }] },`},
		{[]string{"angular.json"}, "Angular", "proxy.conf.json",
			`{ "/api": { "target": "http://localhost:8010", "ws": true, "changeOrigin": true, "pathRewrite": { "^/api": "" } } }`},
	} {
		folder := t.TempDir()
		for _, name := range test.files {
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		d := FindDevServer(folder, "/api", "http://localhost:8010")
		if d == nil {
			if test.name != "" {
				t.Errorf("%v: not recognized", test.files)
			}
			continue
		}
		lines := strings.Join(strings.Fields(strings.Join(d.Lines, " ")), " ")
		if d.Name != test.name || d.File != test.file || lines != test.lines {
			t.Errorf("%v: %s, %s:\n%s", test.files, d.Name, d.File, lines)
		}
		for _, line := range FindDevServer(folder, "/api", "https://localhost:50123").Lines {
			if term.Columns("  "+line) > term.Width {
				t.Errorf("%d columns: %s", term.Columns("  "+line), line)
			}
		}
	}
}

func TestTheStartFitsTheLine(t *testing.T) {
	s := Start{Proxy: "https://localhost:50123", Routes: []StartRoute{{"", "https://api.third-party.example/v1"}, {"/auth", "https://login.third-party.example/realms/notes"}},
		Pages:   []string{"http://localhost:5173", "http://127.0.0.1:3000", "https://app.example"},
		Secrets: []string{"X-Api-Key", "Authorization"}, Fingerprint: "0123456789ABCDEF",
		DevServer: &DevServer{Name: "Vite", File: "vite.config.ts", Where: "in defineConfig", Lines: []string{"server: {},"}}}
	lines := s.Lines()
	for _, line := range lines {
		if term.Columns(line) > term.Width {
			t.Errorf("%d columns: %s", term.Columns(line), line)
		}
	}
	if len(lines) > 16 {
		t.Errorf("%d lines:\n%s", len(lines), strings.Join(lines, "\n"))
	}
}
