package proxyreport

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A DevServer is the dev server of a page's project, which can send a path to the proxy
// itself: page and API then have one origin.
type DevServer struct {
	Name  string // such as Vite
	File  string // the file to change, as it is in the folder
	Where string // in it
	Lines []string
}

// devServers are those that are recognized by a file of the project, in this order: Angular and
// Next.js projects may have a file for webpack too.
var devServers = []struct {
	name     string
	patterns []string
	file     string // that is changed; "" is the one that was found
	where    string
	lines    []string // with TARGET and PATH, and PATTERN for a path in a regular expression
}{
	{"Angular", []string{"angular.json", "proxy.conf.json", "proxy.conf.js"}, "proxy.conf.json", "then ng serve --proxy-config proxy.conf.json",
		[]string{`{ "PATH": { "target": "TARGET", "ws": true,`, `  "secure": false, "changeOrigin": true, "pathRewrite": { "^PATH": "" } } }`}},
	{"Next.js", []string{"next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs"}, "", "in nextConfig",
		[]string{`rewrites: async () => [{ source: "PATH/:path*",`, `  destination: "TARGET/:path*" }],`}},
	{"Vite", []string{"vite.config.js", "vite.config.ts", "vite.config.mjs", "vite.config.mts", "vite.config.cjs", "vite.config.cts"}, "", "in defineConfig",
		[]string{`server: { proxy: { "PATH": { target: "TARGET", secure: false, `, `  changeOrigin: true, ws: true, rewrite: p => p.replace(/^PATTERN/, "") } } },`}},
	{"webpack", []string{"webpack.config.js", "webpack.config.ts", "webpack.config.cjs", "webpack.config.mjs"}, "", "in module.exports",
		[]string{`devServer: { proxy: [{ context: ["PATH"], target: "TARGET",`,
			`  secure: false, changeOrigin: true, ws: true,`, `  pathRewrite: { "^PATH": "" } }] },`}},
}

// selfSigned removes what a dev server needs to accept the proxy's certificate.
var selfSigned = strings.NewReplacer("secure: false, ", "", `"secure": false, `, "")

// FindDevServer returns the dev server of the project in a folder, with the lines that send
// a path such as /api to the proxy; nil if none is recognized.
func FindDevServer(folder, path, proxy string) *DevServer {
	for _, d := range devServers {
		i := slices.IndexFunc(d.patterns, func(name string) bool {
			info, err := os.Stat(filepath.Join(folder, name))
			return err == nil && info.Mode().IsRegular()
		})
		if i < 0 {
			continue
		}
		s := &DevServer{Name: d.name, File: d.file, Where: d.where}
		if s.File == "" {
			s.File = d.patterns[i]
		}
		replace := strings.NewReplacer("PATTERN", strings.ReplaceAll(path, "/", `\/`), "PATH", path, "TARGET", proxy)
		for _, line := range d.lines {
			if strings.HasPrefix(proxy, "http:") {
				line = selfSigned.Replace(line)
			}
			s.Lines = append(s.Lines, strings.TrimRight(replace.Replace(line), " "))
		}
		return s
	}
	return nil
}
