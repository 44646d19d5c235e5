package proxy

import (
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
)

// A folder serves the files of a page. Nothing outside of the folder is served, also by no symbolic link.
// Files and folders whose names begin with a dot (.env, .git) are not served, nor lists of folders. A
// navigation to a path without a file gets index.html, as the router of a single-page application needs it.
type folder struct{ root *os.Root }

func (f folder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "the page's folder has only files to read; no route leads to an API here", http.StatusMethodNotAllowed)
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	if name == "" {
		name = "."
	}
	info, ok := f.stat(name)
	if ok && info.IsDir() {
		if name != "." && !strings.HasSuffix(r.URL.Path, "/") {
			// Relative links in its index.html need the slash.
			to := url.URL{Path: "/" + name + "/", RawQuery: r.URL.RawQuery}
			h.Set("Location", to.String())
			w.WriteHeader(http.StatusTemporaryRedirect)
			return
		}
		name = path.Join(name, "index.html")
		info, ok = f.stat(name)
	}
	if (!ok || !info.Mode().IsRegular()) && isNavigation(r) && path.Ext(r.URL.Path) == "" {
		name = "index.html"
		info, ok = f.stat(name)
	}
	if !ok || !info.Mode().IsRegular() {
		http.Error(w, "the page's folder has no such file, and no route has this path", http.StatusNotFound)
		return
	}
	file, err := f.root.Open(name)
	if err != nil {
		http.Error(w, "the file cannot be read", http.StatusNotFound)
		return
	}
	defer file.Close()
	http.ServeContent(w, r, path.Base(name), info.ModTime(), file)
}

// stat returns what a name in the folder is, unless it is hidden.
func (f folder) stat(name string) (fs.FileInfo, bool) {
	if name != "." {
		for segment := range strings.SplitSeq(name, "/") {
			if strings.HasPrefix(segment, ".") && segment != ".well-known" || strings.ContainsAny(segment, "\\\x00:") {
				return nil, false
			}
		}
	}
	info, err := f.root.Stat(name)
	return info, err == nil
}

// isNavigation reports whether a browser loads a page, and not a part of one.
func isNavigation(r *http.Request) bool {
	if mode := r.Header.Get("Sec-Fetch-Mode"); mode != "" {
		return mode == "navigate"
	}
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}
