package request

import (
	"maps"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/fetch"
)

// The flags that take one of a few words.
var (
	browserChoice = cli.Choice{Flag: "--as", Values: append(BrowserNames(), "all"), Also: map[string]string{
		"blink": "chromium", "gecko": "firefox", "ff": "firefox", "apple": "webkit", "spec": "standard", "fetch": "standard",
		"any": "all", "both": "all", "every": "all", "*": "all",
	}}
	modeChoice = cli.Choice{Flag: "--mode", Values: []string{"cors", "no-cors", "same-origin"}, Also: map[string]string{
		"none": "no-cors", "opaque": "no-cors", "same": "same-origin",
	}}
	credentialsChoice = cli.Choice{Flag: "--credentials", Values: []string{"omit", "same-origin", "include"}, Also: map[string]string{
		"true": "include", "yes": "include", "on": "include", "1": "include", "with": "include", "always": "include", "use-credentials": "include",
		"false": "omit", "no": "omit", "off": "omit", "0": "omit", "none": "omit", "never": "omit", "anonymous": "omit",
		"same": "same-origin", "default": "same-origin",
	}}
	redirectChoice = cli.Choice{Flag: "--redirect", Values: []string{"follow", "error", "manual"}, Also: map[string]string{
		"true": "follow", "yes": "follow", "false": "manual", "no": "manual",
	}}
	referrerPolicyChoice = cli.Choice{Flag: "--referrer-policy", Values: referrerPolicies, Also: map[string]string{
		"none": "no-referrer", "never": "no-referrer", "always": "unsafe-url", "default": "strict-origin-when-cross-origin",
	}}
	crossOriginChoice = cli.Choice{Flag: "--crossorigin", Values: []string{"anonymous", "use-credentials"}, Also: map[string]string{
		"true": "anonymous", "yes": "anonymous", "include": "use-credentials", "credentials": "use-credentials",
		"same-origin": "anonymous", "omit": "anonymous",
	}}
	resourceChoice = cli.Choice{Flag: "--resource", Values: fetch.ElementKinds(), Also: map[string]string{
		"image": "img", "picture": "img", "js": "script", "javascript": "script", "css": "link", "style": "link",
		"stylesheet": "link", "webfont": "font", "woff": "font", "woff2": "font", "esm": "module", "mjs": "module", "mp4": "video", "mp3": "audio",
		"favicon": "img", "icon": "img",
	}}
	pageSpaceChoice = cli.Choice{Flag: "--page-space", Values: []string{"public", "local", "loopback"}, Also: map[string]string{
		"private": "local", "lan": "local", "internal": "local", "intranet": "local", "internet": "public", "web": "public", "remote": "public",
		"localhost": "loopback", "127.0.0.1": "loopback",
	}}
	embedderPolicyChoice = cli.Choice{Flag: "--coep", Values: []string{"require-corp", "credentialless", "unsafe-none"}, Also: map[string]string{
		"corp": "require-corp", "true": "require-corp", "none": "unsafe-none", "false": "unsafe-none",
	}}
)

// Choices lists the flags of a question that take one of a few words.
func Choices() []cli.Choice {
	return []cli.Choice{
		browserChoice, modeChoice, credentialsChoice, redirectChoice, referrerPolicyChoice,
		crossOriginChoice, resourceChoice, pageSpaceChoice, embedderPolicyChoice,
	}
}

// products maps browsers to the profile of the engine that they are built on. iOS has
// WebKit in every browser but those of the European Union and Japan.
var products = map[string]struct{ title, profile string }{
	"chrome": {"Chrome", "chromium"}, "google-chrome": {"Chrome", "chromium"}, "edge": {"Edge", "chromium"}, "msedge": {"Edge", "chromium"},
	"brave": {"Brave", "chromium"}, "opera": {"Opera", "chromium"}, "vivaldi": {"Vivaldi", "chromium"}, "arc": {"Arc", "chromium"},
	"samsung": {"Samsung Internet", "chromium"}, "electron": {"Electron", "chromium"}, "android": {"Chrome for Android", "chromium"},
	"webview2": {"WebView2", "chromium"}, "safari": {"Safari", "webkit"}, "ios": {"Safari on iOS", "webkit"}, "iphone": {"Safari on iOS", "webkit"},
	"ipad": {"Safari on iPadOS", "webkit"}, "wkwebview": {"WKWebView", "webkit"}, "webkitgtk": {"WebKitGTK", "webkit"},
	"epiphany": {"GNOME Web", "webkit"}, "orion": {"Orion", "webkit"},
	"tor": {"Tor Browser", "firefox"}, "librewolf": {"LibreWolf", "firefox"}, "zen": {"Zen", "firefox"}, "mozilla": {"Firefox", "firefox"},
}

// Browser returns the value of --as that a word means: the word itself, or, for a
// product such as chrome, the profile of its engine and a note that says so. A word
// that is neither is returned as it is.
func Browser(word string) (as, note string) {
	lower := strings.ToLower(word)
	if p, ok := products[lower]; ok {
		profile := profiles[p.profile]
		if !strings.EqualFold(p.title, profile.Name) {
			note = p.title + " has the engine of " + profile.Name + ": checked as " + profile.Name + " " + profile.Version
		}
		return p.profile, note
	}
	if slices.Contains(browserChoice.Values, lower) {
		return lower, ""
	}
	return word, ""
}

// IsBrowser reports whether a word is a value of --as, apart from all.
func IsBrowser(as string) bool { return slices.Contains(BrowserNames(), as) }

// profiles has the profile of each name in [BrowserNames].
var profiles = map[string]fetch.Profile{
	"chromium": fetch.Chromium, "firefox": fetch.Firefox, "webkit": fetch.WebKit, "standard": fetch.Standard,
}

// Profile returns the profile of a name in [BrowserNames].
func Profile(name string) fetch.Profile { return profiles[name] }

// unknownBrowser returns the error for a word that is not a value of --as. Names of
// products are values too, so they are suggested as they are.
func unknownBrowser(word string) error {
	c := browserChoice
	if len(cli.Nearest(word, c.Values, c.Also)) == 0 {
		if near := cli.Nearest(word, slices.Sorted(maps.Keys(products)), nil); len(near) > 0 {
			c.Values = near
		}
	}
	return c.Unknown(word)
}
