package conformance

import (
	"embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Apps is the family of [GenerateApps]: cases in a page of an extension, whose origin has
// a scheme other than http and https.
const Apps = "apps"

// AppOrigins maps a browser's name to the origin of the extension that is installed in it
// for [Apps]. MiniBrowser, which is WebKit here, has no extensions, and no schemes
// of its own.
var AppOrigins = map[string]string{
	"chromium": "chrome-extension://gmbngmonpchgokdpnheigkcbcpngcldc",
	"firefox":  "moz-extension://0c0f0123-4567-4890-abcd-ef0123456789",
}

// firstAppsID is the ID of the first case of [GenerateApps].
const firstAppsID = 600_000

// isApp reports whether a Page.Host is an origin of AppOrigins instead of a template.
func isApp(host string) bool { return strings.Contains(host, "://") }

// pageURL returns the URL of the page of chunk k, with templates.
func pageURL(host string, k int) string {
	if isApp(host) {
		return host + "/page.html"
	}
	return fmt.Sprintf("%s://{%s}%s%d", scheme(host), host, pagePath, k)
}

// The extension's pages. It has no permission for any host, so that its requests need CORS.
//
//go:embed extension/page.html extension/start.js page.js
var extensionFiles embed.FS

// The manifests. In Chromium, the extension's ID is a hash of the key.
const (
	chromiumManifest = `{"manifest_version": 3, "name": "conformance", "version": "1", "key": "Y29uZm9ybWFuY2U=",
"web_accessible_resources": [{"resources": ["page.html"], "matches": ["<all_urls>"]}]}`

	firefoxManifest = `{"manifest_version": 2, "name": "conformance", "version": "1", "web_accessible_resources": ["page.html"],
"browser_specific_settings": {"gecko": {"id": "` + firefoxExtensionID + `"}}}`

	firefoxExtensionID = "conformance@example.com"

	// Firefox installs an unsigned extension from its profile, with a given UUID.
	firefoxExtensionPreferences = `user_pref("xpinstall.signatures.required", false);
user_pref("extensions.autoDisableScopes", 0);
user_pref("extensions.webextensions.uuids", "{\"` + firefoxExtensionID + `\":\"0c0f0123-4567-4890-abcd-ef0123456789\"}");
`
)

// writeExtension writes the extension with a manifest to a new folder.
func writeExtension(dir, manifest string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("writing the extension: %w", err)
	}
	files := map[string]string{"manifest.json": manifest}
	for _, name := range []string{"extension/page.html", "extension/start.js", "page.js"} {
		text, err := extensionFiles.ReadFile(name)
		if err != nil {
			return err // unreachable: the files are embedded
		}
		files[filepath.Base(name)] = string(text)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("writing the extension: %w", err)
		}
	}
	return nil
}

// GenerateApps returns n cases like those of [Generate], in a page of the extension that
// is installed in a browser. A case depends only on its browser, seed and index. There
// are none for a browser without extensions.
func GenerateApps(browser string, seed uint64, n int) []Case {
	return generateApps(firstAppsID, browser, seed, n)
}

// generateApps is GenerateApps with IDs that begin at first.
func generateApps(first int, browser string, seed uint64, n int) []Case {
	app, ok := AppOrigins[browser]
	if !ok {
		return nil
	}
	cases := make([]Case, n)
	for i := range cases {
		var c Case
		for try := 0; ; try++ {
			c = generateCase(seed, 3_000_000+i+try*100_000, first+i)
			if canRunInApp(c) {
				break
			}
		}
		g := newGenerator(seed, 4_000_000+i, first+i)
		to := map[string]string{}
		prefix := oneOf(g, "", "o.", "s.", "ps.")
		for _, name := range movable {
			to[name] = prefix + name
		}
		own := pageOrigin(c.Page)
		for s := range c.Steps {
			for h := range c.Steps[s].Hops {
				hop := &c.Steps[s].Hops[h]
				for _, headers := range [][][2]string{hop.Preflight.Headers, hop.Actual.Headers} {
					for k := range headers {
						if strings.EqualFold(headers[k][0], "Access-Control-Allow-Origin") {
							headers[k][1] = strings.ReplaceAll(headers[k][1], own, app)
						}
					}
				}
			}
		}
		c = moved(c, to)
		c.Family, c.Page = Apps, Page{Host: app}
		cases[i] = c
	}
	return cases
}

// canRunInApp reports whether a case depends on nothing that pages of extensions do not
// have: policies of their own, a sandbox, and scripts of others.
func canRunInApp(c Case) bool {
	if c.Page != (Page{Host: c.Page.Host}) {
		return false
	}
	for _, s := range c.Steps {
		if s.Request.Via == "script" || s.Request.Via == "module" {
			return false
		}
	}
	return true
}

// HandwrittenApps returns cases that are part of every recorded corpus of [Apps].
func HandwrittenApps(browser string) []Case {
	app, ok := AppOrigins[browser]
	if !ok {
		return nil
	}
	noStore := [2]string{"Cache-Control", "no-store"}
	grant := func(origin string, more ...[2]string) Response {
		r := Response{Headers: append([][2]string{noStore}, more...), Body: "hello"}
		if origin != "" {
			r.add("Access-Control-Allow-Origin", origin)
		}
		return r
	}
	credentials := [2]string{"Access-Control-Allow-Credentials", "true"}
	fetch := func(url string, hop Hop, edit ...func(*Request)) Step {
		s := Step{Request: Request{Via: "fetch", URL: url}, Hops: []Hop{hop}}
		for _, e := range edit {
			e(&s.Request)
		}
		return s
	}
	element := func(via, url string, crossOrigin *string, headers ...[2]string) Step {
		r := Response{Headers: append([][2]string{noStore, {"Content-Type", "image/png"}}, headers...), BodyKind: "png"}
		return Step{Request: Request{Via: via, URL: url, CrossOrigin: crossOrigin}, Hops: []Hop{{Actual: r}}}
	}
	include := func(q *Request) { q.Credentials = "include" }
	noCORS := func(q *Request) { q.Mode = "no-cors" }
	post := func(q *Request) { q.Method, q.BodyKind, q.Body = "POST", "string", "a=1" }
	put := func(q *Request) { q.Method, q.Headers = "PUT", [][2]string{{"X-A", "1"}} }
	unsafeURL := func(q *Request) { q.ReferrerPolicy = "unsafe-url" }
	noReferrer := func(q *Request) { q.ReferrerPolicy = "no-referrer" }
	xhr := func(q *Request) { q.Via = "xhr" }
	allows := [2]string{"Access-Control-Allow-Methods", "PUT"}
	allowsHeader := [2]string{"Access-Control-Allow-Headers", "x-a"}
	var cases []Case
	add := func(steps ...Step) *Case {
		cases = append(cases, Case{ID: 920001 + len(cases), Family: Apps, Page: Page{Host: app}, Steps: steps})
		return &cases[len(cases)-1]
	}
	at := func(host string) string {
		return fmt.Sprintf("%s://{%s}/c/%d/0", scheme(host), host, 920001+len(cases))
	}
	for _, host := range []string{"b", "s.b", "ps.b", "o.b"} {
		// No permission; a wildcard; its own origin; all others are not its origin.
		add(fetch(at(host), Hop{Actual: grant("")}), fetch(at(host), Hop{Actual: grant("*")}), fetch(at(host), Hop{Actual: grant(app)}))
		add(fetch(at(host), Hop{Actual: grant(app + "/")}), fetch(at(host), Hop{Actual: grant("null")}),
			fetch(at(host), Hop{Actual: grant(strings.ToUpper(app))}))
		// Preflights.
		add(fetch(at(host), Hop{Preflight: grant(app, allows, allowsHeader), Actual: grant(app)}, put),
			fetch(at(host), Hop{Preflight: grant("*", allows), Actual: grant(app)}, put),
			fetch(at(host), Hop{Preflight: grant("null", allows, allowsHeader), Actual: grant(app)}, put, xhr))
		// Credentials.
		c := add(fetch(at(host), Hop{Actual: grant(app, credentials)}, include), fetch(at(host), Hop{Actual: grant("*", credentials)}, include),
			fetch(at(host), Hop{Actual: grant(app, credentials)}, include, xhr))
		for i, attributes := range []string{"SameSite=None; Secure", "SameSite=Lax", "", "SameSite=None; Secure; Partitioned"} {
			c.Cookies = append(c.Cookies, SetCookie{host, fmt.Sprintf("k%d_%d=1; Path=/c/%d/; %s", i, c.ID, c.ID, attributes)})
		}
		set := [2]string{"Set-Cookie", fmt.Sprintf("k_%d=1; Path=/c/%d/; SameSite=None; Secure", 920001+len(cases), 920001+len(cases))}
		parted := [2]string{"Set-Cookie", fmt.Sprintf("p_%d=1; Path=/c/%d/; SameSite=None; Secure; Partitioned", 920001+len(cases), 920001+len(cases))}
		add(fetch(at(host), Hop{Actual: grant(app, credentials, set, parted)}, include), fetch(at(host), Hop{Actual: grant(app, credentials)}, include),
			element("img", at(host), nil))
		// Without CORS.
		add(fetch(at(host), Hop{Actual: grant("")}, noCORS), fetch(at(host), Hop{Actual: grant("")}, noCORS, post),
			fetch(at(host), Hop{Actual: grant("")}, noCORS, post, noReferrer))
		add(element("img", at(host), nil), element("img", at(host), pointer("anonymous")),
			element("img", at(host), pointer("use-credentials"), [2]string{"Access-Control-Allow-Origin", app}, credentials))
		add(element("img", at(host), nil, [2]string{"Cross-Origin-Resource-Policy", "same-origin"}),
			element("img", at(host), nil, [2]string{"Cross-Origin-Resource-Policy", "same-site"}),
			element("img", at(host), nil, [2]string{"Cross-Origin-Resource-Policy", "cross-origin"}))
		file := func(via, kind, body string) Step {
			s := element(via, at(host), nil, [2]string{"Access-Control-Allow-Origin", "*"})
			s.Hops[0].Actual.set("Content-Type", kind)
			s.Hops[0].Actual.BodyKind = body
			return s
		}
		add(file("style", "text/css", "css"), file("font", "font/ttf", "ttf"), file("audio", "audio/wav", "wav"))
		// Such a page has no referrer.
		add(fetch(at(host), Hop{Actual: grant("*")}, unsafeURL), fetch(at(host), Hop{Actual: grant("*")}, post, unsafeURL))
	}
	redirect := func(url, target, allow string) Step {
		s := fetch(url, Hop{Actual: grant(app, [2]string{"Location", target})})
		s.Hops[0].Actual.Status = 302
		s.Hops = append(s.Hops, Hop{Actual: grant(allow)})
		return s
	}
	next := func(host string) string { return strings.TrimSuffix(at(host), "0") + "1" }
	add(redirect(at("s.b"), next("s.b"), app), redirect(at("s.b"), next("s.c"), app), redirect(at("s.b"), next("s.c"), "null"))
	add(redirect(at("s.b"), next("o.b"), "null"), redirect(at("o.b"), next("s.b"), "*"))
	return cases
}
