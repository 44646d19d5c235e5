package lab

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// web has the lab's own pages, styles and scripts.
//
//go:embed web
var web embed.FS

// types are the media types of the files in web.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".json": "application/json", ".wasm": "application/wasm", ".txt": "text/plain; charset=utf-8",
	".ico": "image/x-icon", ".woff2": "font/woff2", ".webmanifest": "application/manifest+json",
}

// file serves a file of web. Run pages on every origin load its scripts, so all origins may.
func (v *visit) file(w http.ResponseWriter, r *http.Request, name string) {
	text, err := fs.ReadFile(web, "web/"+name)
	if kind := types[path.Ext(name)]; err == nil && kind != "" {
		h := w.Header()
		h.Set("Content-Type", kind)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-cache")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set("Access-Control-Allow-Origin", "*")
		if strings.HasSuffix(name, ".html") {
			h.Del("Access-Control-Allow-Origin")
			h.Set("Cross-Origin-Resource-Policy", "same-origin")
			h.Set("Content-Security-Policy", v.policy())
			h.Set("Referrer-Policy", "no-referrer")
		}
		if r.Method != http.MethodHead {
			_, _ = w.Write(text) // the error is that of the connection
		}
		return
	}
	http.Error(w, "the lab has no such page", http.StatusNotFound)
}
