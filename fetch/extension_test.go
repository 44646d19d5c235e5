package fetch

import "testing"

// The rules of extensions' pages are for their schemes alone: pages of applications, such as
// capacitor://localhost, follow those of all other pages.
func TestOnlyExtensionsHaveTheirRules(t *testing.T) {
	for url, want := range map[string]bool{
		"chrome-extension://gmbngmonpchgokdpnheigkcbcpngcldc/page.html": true,
		"moz-extension://0c0f0123-4567-4890-abcd-ef0123456789/":         true,
		"capacitor://localhost/":                                        false, "tauri://localhost/": false, "app://./": false,
		"https://chrome-extension.example/": false, "http://localhost/": false,
	} {
		env, err := (&Page{URL: url}).environment(quirks{&Chromium})
		if err != nil {
			t.Fatal(err)
		}
		if got := (quirks{&Chromium}).hasNoThirdParties(env); got != want {
			t.Errorf("%s: no third parties: %v, want %v", url, got, want)
		}
		if got := (quirks{&Standard}).hasNoThirdParties(env); got {
			t.Errorf("%s: the standard has no third parties", url)
		}
		if got := (quirks{&Firefox}).upgradesMixedContent(env); got != (want || env.prohibitsMixedContent) {
			t.Errorf("%s: images are upgraded: %v", url, got)
		}
	}
}
