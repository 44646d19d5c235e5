package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// BrowserNames lists the browsers that [FindBrowser] can find.
var BrowserNames = []string{"chromium", "firefox", "webkit"}

// ErrNotInstalled is wrapped by the error of [FindBrowser] if the browser is not
// installed.
var ErrNotInstalled = errors.New("browser not installed")

// A Browser is an installed browser. It is started at a URL, without a driver.
type Browser struct {
	Name    string // one of BrowserNames
	Path    string // of the program
	Version string // such as "153.7.0"
}

// programs lists each browser's programs in order of preference. A name with a
// slash is a pattern for a path.
var programs = map[string][]string{
	"chromium": {"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"},
	"firefox":  {"firefox-esr", "firefox"},
	"webkit": {
		"/usr/lib/*/webkit2gtk-4.1/MiniBrowser",
		"/usr/lib/*/webkitgtk-6.0/MiniBrowser",
		"/usr/libexec/webkit2gtk-4.1/MiniBrowser",
		"/usr/libexec/webkitgtk-6.0/MiniBrowser",
	},
}

// FindBrowser finds an installed browser and its version. The name is one of
// [BrowserNames]. WebKit is WebKitGTK's MiniBrowser, which also needs xvfb-run
// and dbus-run-session.
func FindBrowser(ctx context.Context, name string) (*Browser, error) {
	names, ok := programs[name]
	if !ok {
		return nil, fmt.Errorf("unknown browser %q (use %s)", name, strings.Join(BrowserNames, ", "))
	}
	path := lookPath(names)
	if path == "" {
		return nil, fmt.Errorf("%w: %s: install one of %s", ErrNotInstalled, name, strings.Join(names, ", "))
	}
	if name == "webkit" {
		for _, program := range []string{"xvfb-run", "dbus-run-session"} {
			if _, err := exec.LookPath(program); err != nil {
				return nil, fmt.Errorf("%w: webkit: MiniBrowser needs %s: install it", ErrNotInstalled, program)
			}
		}
	}
	b := &Browser{Name: name, Path: path}
	if err := b.readVersion(ctx); err != nil {
		return nil, err
	}
	return b, nil
}

// lookPath returns the path of the first of the programs that is installed, or "".
func lookPath(programs []string) string {
	for _, p := range programs {
		if strings.Contains(p, "/") {
			if found, _ := filepath.Glob(p); len(found) > 0 {
				return found[0]
			}
		} else if found, err := exec.LookPath(p); err == nil {
			return found
		}
	}
	return ""
}

var versionPattern = regexp.MustCompile(`\d+(\.\d+)+`)

// readVersion sets the version that the browser prints.
func (b *Browser) readVersion(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return fmt.Errorf("making a profile for %s: %w", b.Name, err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	argv := []string{b.Path, "--version"}
	if b.Name == "webkit" {
		// MiniBrowser opens the display before it reads its arguments.
		argv = append([]string{"xvfb-run", "-a"}, argv...)
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = b.environment(dir)
	out, err := cmd.Output()
	if b.Version = versionPattern.FindString(string(out)); b.Version == "" {
		return fmt.Errorf("finding the version of %s: no version in its output %q (%v)", b.Path, out, err)
	}
	return nil
}

// environment returns this process's environment with dir as the home, and
// without proxies: cases use only the loopback interface.
func (b *Browser) environment(dir string) []string {
	var env []string
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasSuffix(strings.ToLower(name), "_proxy") || name == "HOME" || strings.HasPrefix(name, "XDG_") {
			continue
		}
		env = append(env, v)
	}
	env = append(env, "HOME="+dir, "XDG_RUNTIME_DIR="+dir, "MOZ_CRASHREPORTER_DISABLE=1")
	if b.Name == "webkit" && os.Geteuid() == 0 {
		env = append(env, "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS=1")
	}
	return env
}

// command returns the command that starts the browser at url, with a new profile
// in dir.
func (b *Browser) command(n *network, url, dir string) ([]string, error) {
	switch b.Name {
	case "chromium":
		argv := []string{b.Path,
			"--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage",
			"--no-first-run", "--no-default-browser-check", "--disable-background-networking",
			"--disable-component-update", "--disable-sync",
			"--disable-domain-reliability", "--disable-breakpad", "--metrics-recording-only",
			"--mute-audio", "--no-proxy-server", "--user-data-dir=" + dir}
		if n.elsewhere {
			rules := "MAP " + strings.Join(ordinaryNames(), " 127.0.0.1, MAP ") + " 127.0.0.1"
			argv = append(argv, "--host-resolver-rules="+rules, "--ignore-certificate-errors-spki-list="+n.spki(),
				"--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable")
		}
		if n.popups {
			argv = append(argv, "--disable-popup-blocking", "--ignore-certificate-errors-spki-list="+n.spki())
		}
		if !n.extension {
			return append(argv, "--disable-extensions", url), nil
		}
		extension := filepath.Join(dir, "extension")
		if err := writeExtension(extension, chromiumManifest); err != nil {
			return nil, err
		}
		return append(argv, "--load-extension="+extension, url), nil
	case "firefox":
		profile := map[string]string{"user.js": firefoxPreferences}
		if n.elsewhere {
			profile["user.js"] += fmt.Sprintf("user_pref(\"dom.security.https_first\", false);\nuser_pref(\"network.dns.localDomains\", %q);\n",
				strings.Join(ordinaryNames(), ","))
			profile["cert_override.txt"] = n.overrides()
		}
		if n.popups {
			profile["user.js"] += firefoxPopupPreferences
			profile["cert_override.txt"] = n.overrides()
		}
		if n.extension {
			profile["user.js"] += firefoxExtensionPreferences
			if err := writeExtension(filepath.Join(dir, "extensions", firefoxExtensionID), firefoxManifest); err != nil {
				return nil, err
			}
		}
		for name, text := range profile {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				return nil, fmt.Errorf("writing Firefox's profile: %w", err)
			}
		}
		return []string{b.Path, "--headless", "--no-remote", "--profile", dir, url}, nil
	default:
		argv := []string{"xvfb-run", "-a", "dbus-run-session", "--", b.Path}
		if n.elsewhere {
			argv = append(argv, "--ignore-tls-errors", "--proxy="+n.proxy(), "--ignore-host=localhost,*.localhost,127.0.0.1")
		}
		if n.popups {
			argv = append(argv, "--javascript-can-open-windows-automatically=true", "--ignore-tls-errors")
		}
		return append(argv, url), nil
	}
}

// firefoxPreferences disables all requests that Firefox makes by itself:
// telemetry, updates, checks for captive portals and connectivity, safe browsing,
// remote settings, add-on updates, suggestions and first-run pages. No preference
// changes what cases observe.
const firefoxPreferences = `
user_pref("app.normandy.enabled", false);
user_pref("app.shield.optoutstudies.enabled", false);
user_pref("app.update.auto", false);
user_pref("app.update.enabled", false);
user_pref("app.update.disabledForTesting", true);
user_pref("browser.aboutHomeSnippets.updateUrl", "");
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.discovery.enabled", false);
user_pref("browser.newtabpage.enabled", false);
user_pref("browser.pagethumbnails.capturing_disabled", true);
user_pref("browser.newtabpage.activity-stream.feeds.system.topstories", false);
user_pref("browser.newtabpage.activity-stream.telemetry", false);
user_pref("browser.ping-centre.telemetry", false);
user_pref("browser.region.network.url", "");
user_pref("browser.region.update.enabled", false);
user_pref("browser.safebrowsing.blockedURIs.enabled", false);
user_pref("browser.safebrowsing.downloads.enabled", false);
user_pref("browser.safebrowsing.malware.enabled", false);
user_pref("browser.safebrowsing.passwords.enabled", false);
user_pref("browser.safebrowsing.phishing.enabled", false);
user_pref("browser.safebrowsing.provider.google4.updateURL", "");
user_pref("browser.safebrowsing.provider.mozilla.updateURL", "");
user_pref("browser.search.geoip.url", "");
user_pref("browser.search.update", false);
user_pref("browser.sessionstore.resume_from_crash", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage", "about:blank");
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("browser.startup.page", 0);
user_pref("browser.topsites.contile.enabled", false);
user_pref("browser.translations.enable", false);
user_pref("browser.uitour.enabled", false);
user_pref("browser.urlbar.quicksuggest.enabled", false);
user_pref("browser.urlbar.suggest.searches", false);
user_pref("datareporting.healthreport.uploadEnabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("datareporting.policy.dataSubmissionPolicyBypassNotification", true);
user_pref("datareporting.usage.uploadEnabled", false);
user_pref("dom.push.connection.enabled", false);
user_pref("dom.push.enabled", false);
user_pref("extensions.blocklist.enabled", false);
user_pref("extensions.getAddons.cache.enabled", false);
user_pref("extensions.systemAddon.update.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("geo.enabled", false);
user_pref("identity.fxaccounts.enabled", false);
user_pref("media.gmp-manager.updateEnabled", false);
user_pref("media.gmp-manager.url", "");
user_pref("media.gmp-provider.enabled", false);
user_pref("messaging-system.rsexperimentloader.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.dns.disablePrefetch", true);
user_pref("network.http.speculative-parallel-limit", 0);
user_pref("network.prefetch-next", false);
user_pref("network.proxy.type", 0);
user_pref("network.trr.mode", 5);
user_pref("nimbus.rollouts.enabled", false);
user_pref("privacy.trackingprotection.enabled", false);
user_pref("security.certerrors.mitm.priming.enabled", false);
user_pref("security.remote_settings.crlite_filters.enabled", false);
user_pref("security.remote_settings.intermediates.enabled", false);
user_pref("services.settings.server", "data:,#remote-settings-dummy/v1");
user_pref("signon.autofillForms", false);
user_pref("startup.homepage_welcome_url", "about:blank");
user_pref("startup.homepage_welcome_url.additional", "");
user_pref("termsofuse.bypassNotification", true);
user_pref("toolkit.coverage.endpoint.base", "");
user_pref("toolkit.telemetry.enabled", false);
user_pref("toolkit.telemetry.server", "");
user_pref("toolkit.telemetry.unified", false);
user_pref("trailhead.firstrun.didSeeAboutWelcome", true);
`

// firefoxPopupPreferences lets pages open windows and prefetch, as in other profiles.
const firefoxPopupPreferences = `
user_pref("dom.disable_open_during_load", false);
user_pref("dom.popup_maximum", 1000);
user_pref("network.prefetch-next", true);
`

// A browserProcess is a started browser. It must be stopped.
type browserProcess struct {
	cmd  *exec.Cmd
	dir  string
	done chan struct{} // closed when the process has ended
}

// start starts the browser at url with a new profile.
func (b *Browser) start(n *network, url string) (*browserProcess, error) {
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return nil, fmt.Errorf("making a profile for %s: %w", b.Name, err)
	}
	argv, err := b.command(n, url, dir)
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = b.environment(dir)
	newProcessGroup(cmd)
	if err := cmd.Start(); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("starting %s: %w", b.Name, err)
	}
	p := &browserProcess{cmd: cmd, dir: dir, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // usually it is ended by stop
		close(p.done)
	}()
	return p, nil
}

// stop ends the browser with all its children and removes its profile. It kills
// them only if they do not terminate, because programs such as xvfb-run clean up
// when they are terminated.
func (p *browserProcess) stop() {
	endProcessGroup(p.cmd, false)
	// The first process may end before the others have cleaned up.
	for begin := time.Now(); processGroupRuns(p.cmd) && time.Since(begin) < 3*time.Second; {
		time.Sleep(20 * time.Millisecond)
	}
	endProcessGroup(p.cmd, true)
	<-p.done
	// Children of a killed browser may still write files for a moment.
	for range 10 {
		if os.RemoveAll(p.dir) == nil {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}
