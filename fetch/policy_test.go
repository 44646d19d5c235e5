package fetch_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// TestCrossOriginResourcePolicy checks whether a no-cors request, without
// credentials and with them, gets its response, for each
// Cross-Origin-Resource-Policy and each embedder policy of the page.
func TestCrossOriginResourcePolicy(t *testing.T) {
	const ok, origin, site, coep = "opaque", "CorpNotSameOrigin", "CorpNotSameSite", "CorpNotSameOriginAfterDefaultedByCoep"
	for _, row := range []struct {
		name, url, corp string // corp: lines, separated by |
		none, require   string
		credentialless  string
		withCredentials string // credentialless, which removes the request's credentials
	}{
		{"no header", "https://b.test/x", "", ok, coep, ok, ok},
		{"cross-origin", "https://b.test/x", "cross-origin", ok, ok, ok, ok},
		{"same-origin", "https://b.test/x", "same-origin", origin, origin, origin, origin},
		{"same-site from another site", "https://b.test/x", "same-site", site, site, site, site},
		{"same-site from the site", "https://sub.a.test/x", "same-site", ok, ok, ok, ok},
		{"same-origin from the site", "https://sub.a.test/x", "same-origin", origin, origin, origin, origin},
		{"no header from the site", "https://sub.a.test/x", "", ok, coep, ok, ok},
		{"another port of the host", "https://a.test:8443/x", "same-site", ok, ok, ok, ok},
		{"the comparison is case-sensitive", "https://b.test/x", "Same-Origin", ok, coep, ok, ok},
		{"an unknown value counts as no header", "https://b.test/x", "never", ok, coep, ok, ok},
		{"an empty value counts as no header", "https://b.test/x", " ", ok, coep, ok, ok},
		{"two lines are one unknown value", "https://b.test/x", "same-origin|same-origin", ok, coep, ok, ok},
		{"a list is unknown", "https://b.test/x", "same-site, same-origin", ok, coep, ok, ok},
		{"surrounding whitespace", "https://b.test/x", " same-origin\t", origin, origin, origin, origin},
	} {
		for _, e := range []struct {
			policy      fetch.EmbedderPolicy
			credentials fetch.Credentials
			want        string
		}{
			{"", fetch.CredentialsInclude, row.none}, {fetch.UnsafeNone, "", row.none}, {fetch.RequireCORP, "", row.require},
			{fetch.RequireCORP, fetch.CredentialsInclude, row.require},
			{fetch.Credentialless, "", row.credentialless}, {fetch.Credentialless, fetch.CredentialsInclude, row.withCredentials},
		} {
			t.Run(row.name+"/"+string(e.policy)+"/"+string(e.credentials), func(t *testing.T) {
				response := "200\nContent-Type: text/css"
				if row.corp != "" {
					for line := range strings.SplitSeq(row.corp, "|") {
						response += "\nCross-Origin-Resource-Policy: " + line
					}
				}
				w := newWeb(map[string]string{row.url: response})
				req := fetch.Request{URL: row.url, Mode: fetch.ModeNoCORS, Credentials: e.credentials, Page: &fetch.Page{URL: "https://a.test/", EmbedderPolicy: e.policy}}
				resp, err := do(t, agentOn(w, fetch.Standard), req)
				if got := outcome(resp, err); got != e.want {
					t.Errorf("%s, want %s", got, e.want)
				}
				if err != nil && (!err.Sent() || err.Header != "Cross-Origin-Resource-Policy") {
					t.Errorf("%+v", err)
				}
			})
		}
	}
}

func TestCrossOriginResourcePolicyDependsOnSchemeAndMode(t *testing.T) {
	for _, row := range []struct {
		name, page, url string
		mode            fetch.Mode
		want            string
	}{
		{"same-site from http to https", "http://a.test/", "https://sub.a.test/x", fetch.ModeNoCORS, "CorpNotSameSite"},
		{"same-site from http to http", "http://a.test/", "http://sub.a.test/x", fetch.ModeNoCORS, "opaque"},
		{"same-site from https to plain loopback", "https://localhost/", "http://localhost/x", fetch.ModeNoCORS, "opaque"},
		{"not checked with CORS", "https://a.test/", "https://b.test/x", fetch.ModeCORS, "cors"},
		{"not checked at the own origin", "https://a.test/", "https://a.test/x", fetch.ModeNoCORS, "basic"},
	} {
		w := newWeb(map[string]string{row.url: open + "\nContent-Type: text/css\nCross-Origin-Resource-Policy: same-site"})
		resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: row.url, Mode: row.mode, Page: &fetch.Page{URL: row.page, EmbedderPolicy: fetch.RequireCORP}})
		if got := outcome(resp, err); got != row.want {
			t.Errorf("%s: %s, want %s", row.name, got, row.want)
		}
	}
}

// A page that is not a secure context has no embedder policy, whatever its header says.
func TestEmbedderPolicyNeedsASecureContext(t *testing.T) {
	for page, want := range map[string]string{
		"https://a.test/": "CorpNotSameOriginAfterDefaultedByCoep", "http://localhost/": "CorpNotSameOriginAfterDefaultedByCoep",
		"http://a.test/": "opaque",
	} {
		w := newWeb(map[string]string{"https://b.test/x": "200\nContent-Type: text/css"})
		resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://b.test/x", Mode: fetch.ModeNoCORS,
			Page: &fetch.Page{URL: page, EmbedderPolicy: fetch.RequireCORP}})
		if got := outcome(resp, err); got != want {
			t.Errorf("%s: %s, want %s", page, got, want)
		}
	}
}

// TestOpaqueResponseBlocking checks which responses are blocked, by their
// headers and bodies.
func TestOpaqueResponseBlocking(t *testing.T) {
	const ok, blocked = "opaque", "OpaqueResponseBlocked"
	const png, gif, mp4 = "\x89PNG\r\n\x1a\nxxxx", "GIF89axxxx", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42xxxx"
	for _, row := range []struct {
		name, head, body string
		want             string
	}{
		{"JavaScript", "200\nContent-Type: text/javascript", "{", ok},
		{"JavaScript by an old name", "200\nContent-Type: application/x-ecmascript", "<html>", ok},
		{"CSS", "200\nContent-Type: text/css", "<html>", ok},
		{"SVG", "200\nContent-Type: image/svg+xml", "<svg/>", ok},
		{"a script with an error status", "404\nContent-Type: text/javascript", "x", ok},
		{"HTML that is HTML", "200\nContent-Type: text/html", "<!DOCTYPE html><p>", blocked},
		{"HTML that does not look like HTML", "200\nContent-Type: text/html", "var x = 1", ok},
		{"HTML that is an image", "200\nContent-Type: text/html", png, ok},
		{"HTML with nosniff", "200\nContent-Type: text/html\nX-Content-Type-Options: nosniff", "var x = 1", blocked},
		{"HTML with nosniff that is an image", "200\nContent-Type: text/html\nX-Content-Type-Options: nosniff", png, blocked},
		{"JSON", "200\nContent-Type: application/json", `{"secret": 1}`, blocked},
		{"a JSON list, which looks like a script", "200\nContent-Type: application/json", `[1]`, ok},
		{"JSON of another type", "200\nContent-Type: application/ld+json", `{"a":1}`, blocked},
		{"JSON with nosniff", "200\nContent-Type: application/json\nX-Content-Type-Options: nosniff", `[1]`, blocked},
		{"XML", "200\nContent-Type: text/xml", "<?xml version='1.0'?><x/>", blocked},
		{"plain text that is a script", "200\nContent-Type: text/plain", "var x = 1", ok},
		{"plain text that is HTML", "200\nContent-Type: text/plain", "<html><body>", blocked},
		{"plain text that is JSON", "200\nContent-Type: text/plain", `{"a": 1}`, blocked},
		{"plain text with nosniff", "200\nContent-Type: text/plain\nX-Content-Type-Options: nosniff", "var x = 1", blocked},
		{"no type and a script", "200", "var x = 1", ok},
		{"no type and HTML", "200", "  <html>", ok},
		{"plain text that is CSS", "200\nContent-Type: text/plain", "#id { color: red }", blocked},
		{"plain text that starts with a parser breaker", "200\nContent-Type: text/plain", ")]}'\n[1]", blocked},
		{"no type and no body", "200", "", ok},
		{"a type that does not parse", "200\nContent-Type: nonsense", `{"a": 1}`, ok},
		{"an image", "200\nContent-Type: image/png", png, ok},
		{"an image that is another image", "200\nContent-Type: image/png", gif, ok},
		{"an image that does not look like one", "200\nContent-Type: image/png", "xxxx", blocked},
		{"a video in response to another than a media element", "200\nContent-Type: video/mp4", mp4, blocked},
		{"a partial image", "206\nContent-Type: image/png\nContent-Range: bytes 0-11/12", png, ok},
		{"a partial image of unknown size", "206\nContent-Type: image/png\nContent-Range: Bytes 00-11/*", png, ok},
		{"a part that is not the first", "206\nContent-Type: image/png\nContent-Range: bytes 1-12/13", png, blocked},
		{"a part without Content-Range", "206\nContent-Type: image/png", png, blocked},
		{"a part with an invalid Content-Range", "206\nContent-Type: image/png\nContent-Range: bytes 0-/13", png, blocked},
		{"no type, with nosniff", "200\nX-Content-Type-Options: nosniff", "xxxx", blocked},
		{"no type, with an error status", "404", "xxxx", blocked},
		{"HTML that looks like a script, with an error status", "404\nContent-Type: text/html", "var x = 1", blocked},
		{"a video that does not look like one", "200\nContent-Type: video/mp4", "xxxx", blocked},
		{"an image with an error status", "404\nContent-Type: image/png", png, ok},
		{"an unknown type", "200\nContent-Type: application/x-unknown", "xxxx", ok},
		{"an unknown type with nosniff", "200\nContent-Type: application/x-unknown\nX-Content-Type-Options: nosniff", "xxxx", blocked},
		{"an unknown type with an error status", "404\nContent-Type: application/x-unknown", "xxxx", blocked},
		{"never sniffed: PDF", "200\nContent-Type: application/pdf", png, blocked},
		{"never sniffed: CSV", "200\nContent-Type: text/csv", "a,b", blocked},
		{"never sniffed: ZIP", "200\nContent-Type: application/zip", "PK", blocked},
		{"never sniffed: event stream", "200\nContent-Type: text/event-stream", "data: x", blocked},
		{"a partial response to another than a media element", "206\nContent-Type: video/mp4\nContent-Range: bytes 5-8/9", "xxxx", blocked},
		{"two types: the last counts", "200\nContent-Type: text/html\nContent-Type: text/css", "<html>", ok},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := newWeb(map[string]string{"https://b.test/x": row.head + "\n\n" + row.body})
			resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://b.test/x", Mode: fetch.ModeNoCORS})
			if got := outcome(resp, err); got != row.want {
				t.Fatalf("%s, want %s", got, row.want)
			}
			// The element can still read the bytes that were sniffed.
			if err == nil {
				if got := readAll(t, resp.Internal.Body); got != row.body {
					t.Errorf("body %q", got)
				}
			}
			// With CORS nothing is blocked.
			w.Responses["https://b.test/x"] = strings.Replace(row.head, "\n", "\nAccess-Control-Allow-Origin: *\n", 1) + "\n\n" + row.body
			if !strings.Contains(row.head, "\n") {
				w.Responses["https://b.test/x"] = row.head + "\nAccess-Control-Allow-Origin: *\n\n" + row.body
			}
			if resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://b.test/x"}); err != nil {
				t.Errorf("with CORS: %s", outcome(resp, err))
			}
		})
	}
}

// Media elements get audio and video, whole or from its start, and nothing else. Firefox lets every
// element have it.
func TestMediaElementsInOpaqueResponseBlocking(t *testing.T) {
	const ok, blocked = "opaque", "OpaqueResponseBlocked"
	const mp4, png = "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42xxxx", "\x89PNG\r\n\x1a\nxxxx"
	for _, row := range []struct {
		name, kind, head, body string
		want, firefox          string
	}{
		{"a video", "video", "200\nContent-Type: video/mp4", mp4, ok, ok},
		{"a video as audio", "audio", "200\nContent-Type: video/mp4", mp4, ok, ok},
		{"the start of a video", "video", "206\nContent-Type: video/mp4\nContent-Range: bytes 0-19/20", mp4, ok, ok},
		{"another part of a video", "video", "206\nContent-Type: video/mp4\nContent-Range: bytes 5-24/25", mp4, blocked, blocked},
		{"a video with an error status", "video", "404\nContent-Type: video/mp4", mp4, blocked, blocked},
		{"a video that does not look like one", "video", "200\nContent-Type: video/mp4", "xxxx", blocked, blocked},
		{"a video of an unknown type", "video", "200\nContent-Type: application/x-unknown", mp4, ok, ok},
		{"a video with nosniff", "video", "200\nContent-Type: application/x-unknown\nX-Content-Type-Options: nosniff", mp4, ok, ok},
		{"an image for a media element", "video", "200\nContent-Type: image/png", png, blocked, blocked},
		{"a script for a media element", "audio", "200", "var x = 1", blocked, blocked},
		{"part of JSON", "video", "206\nContent-Type: application/json\nContent-Range: bytes 0-3/4", mp4, blocked, blocked},
		{"a video for an image element", "img", "200\nContent-Type: video/mp4", mp4, blocked, ok},
		{"a video for a script", "script", "200\nContent-Type: application/x-unknown", mp4, blocked, ok},
	} {
		for profile, want := range map[*fetch.Profile]string{&fetch.Standard: row.want, &fetch.Firefox: row.firefox} {
			w := newWeb(map[string]string{"https://b.test/x": row.head + "\n\n" + row.body})
			resp, err := do(t, agentOn(w, *profile), element(t, fetch.Element{Kind: row.kind, URL: "https://b.test/x"}, pageA))
			if got := outcome(resp, err); got != want {
				t.Errorf("%s, %s: %s, want %s", row.name, profile.Name, got, want)
			}
		}
	}
}

// In browsers, opaque response blocking applies to script elements but not to
// fetch().
func TestBrowsersAndOpaqueResponseBlocking(t *testing.T) {
	for _, row := range []struct {
		name string
		req  fetch.Request
		want []string // the profiles that block
	}{
		{"fetch()", fetch.Request{URL: "https://b.test/x", Mode: fetch.ModeNoCORS}, []string{"Standard"}},
		{"a script element", element(t, fetch.Element{Kind: "script", URL: "https://b.test/x"}, pageA), []string{"Standard", "Chromium", "Firefox"}},
	} {
		var blocked []string
		for _, p := range fetch.Profiles() {
			w := newWeb(map[string]string{"https://b.test/x": "200\nContent-Type: application/json\n\n{\"a\": 1}"})
			if _, err := do(t, agentOn(w, p), row.req); reasonOf(err) == reason.OpaqueResponseBlocked {
				blocked = append(blocked, p.Name)
			} else if err != nil {
				t.Errorf("%s, %s: %v", row.name, p.Name, err)
			}
		}
		if !slices.Equal(blocked, row.want) {
			t.Errorf("%s: %v block, want %v", row.name, blocked, row.want)
		}
	}
}

// Chromium decides by types and first bytes. Each row has the standard's and
// Chromium's result for the response to an image element.
func TestChromiumsOpaqueResponseBlocking(t *testing.T) {
	const ok, blocked = "opaque", "OpaqueResponseBlocked"
	for _, row := range []struct {
		name, head, body   string
		standard, chromium string
	}{
		{"a video that does not look like one", "200\nContent-Type: video/mp4", "xxxx", blocked, ok},
		{"an image that does not look like one", "200\nContent-Type: image/png", "xxxx", blocked, ok},
		{"an image that is HTML", "200\nContent-Type: image/png", "<html>", blocked, blocked},
		{"an error status", "404\nContent-Type: application/x-unknown", "xxxx", blocked, ok},
		{"WebVTT", "200\nContent-Type: text/vtt", "WEBVTT", blocked, ok},
		{"PDF", "200\nContent-Type: application/pdf", "%PDF", blocked, blocked},
		{"JSON with nosniff", "200\nContent-Type: application/json\nX-Content-Type-Options: nosniff", "[1]", blocked, blocked},
		{"the start of JSON", "206\nContent-Type: application/json\nContent-Range: bytes 0-2/9", "[1]", blocked, ok},
		{"part of an image without Content-Range", "206\nContent-Type: image/png", "GIF89a", blocked, ok},
		{"another part of an image", "206\nContent-Type: image/png\nContent-Range: bytes 5-8/9", "GIF89a", blocked, blocked},
		{"another part of a video", "206\nContent-Type: video/mp4\nContent-Range: bytes 5-8/9", "xxxx", blocked, ok},
		{"part of something else", "206\nContent-Type: application/x-unknown", "<html>", blocked, blocked},
		{"JSON that is an image", "200\nContent-Type: application/json", "GIF89a", ok, ok},
		{"no type and JSON", "200", `{"a": 1}`, ok, ok},
		{"no type and a script", "200", "x = 1", ok, ok},
	} {
		w := newWeb(map[string]string{"https://b.test/x": row.head + "\n\n" + row.body})
		req := element(t, fetch.Element{Kind: "img", URL: "https://b.test/x"}, pageA)
		for profile, want := range map[*fetch.Profile]string{&fetch.Standard: row.standard, &fetch.Chromium: row.chromium} {
			resp, err := do(t, agentOn(w, *profile), req)
			if got := outcome(resp, err); got != want {
				t.Errorf("%s, %s: %s, want %s", row.name, profile.Name, got, want)
			}
		}
	}
}

// TestNosniffAndMIMETypes checks which Content-Type scripts and style sheets
// may have, without and with nosniff.
func TestNosniffAndMIMETypes(t *testing.T) {
	for _, row := range []struct {
		kind, contentType string
		plain, nosniff    string
	}{
		{"script", "text/javascript", "basic", "basic"},
		{"script", "application/ecmascript;x=y", "basic", "basic"},
		{"script", "text/plain", "basic", "NosniffMIMETypeMismatch"},
		{"script", "application/json", "basic", "NosniffMIMETypeMismatch"},
		{"script", "", "basic", "NosniffMIMETypeMismatch"},
		{"script", "image/png", "MIMETypeNotAllowed", "MIMETypeNotAllowed"},
		{"script", "audio/x", "MIMETypeNotAllowed", "MIMETypeNotAllowed"},
		{"script", "video/x", "MIMETypeNotAllowed", "MIMETypeNotAllowed"},
		{"script", "text/csv", "MIMETypeNotAllowed", "MIMETypeNotAllowed"},
		{"module", "text/csv;charset=utf-8", "MIMETypeNotAllowed", "MIMETypeNotAllowed"},
		{"module", "text/javascript", "basic", "basic"},
		{"module", "text/html", "MIMETypeNotAllowed", "NosniffMIMETypeMismatch"},
		{"module", "", "MIMETypeNotAllowed", "NosniffMIMETypeMismatch"},
		{"worker", "image/gif", "MIMETypeNotAllowed", "MIMETypeNotAllowed"},
		{"worker", "text/html", "basic", "NosniffMIMETypeMismatch"},
		{"link", "text/css", "basic", "basic"},
		{"link", "text/plain", "basic", "NosniffMIMETypeMismatch"},
		{"link", "image/png", "basic", "NosniffMIMETypeMismatch"},
		{"img", "text/html", "basic", "basic"},
		{"font", "text/html", "basic", "basic"},
		{"track", "text/csv", "basic", "basic"},
	} {
		for header, want := range map[string]string{
			"": row.plain, "nosniff": row.nosniff, "NoSniff": row.nosniff, "nosniff, x": row.nosniff, "x, nosniff": row.plain, "sniff": row.plain, `"nosniff"`: row.plain,
		} {
			response := "200"
			if row.contentType != "" {
				response += "\nContent-Type: " + row.contentType
			}
			if header != "" {
				response += "\nX-Content-Type-Options: " + header
			}
			w := newWeb(map[string]string{"https://a.test/x": response})
			resp, err := do(t, agentOn(w, fetch.Standard), element(t, fetch.Element{Kind: row.kind, URL: "/x"}, pageA))
			if got := outcome(resp, err); got != want {
				t.Errorf("%s of %q, %q: %s, want %s", row.kind, row.contentType, header, got, want)
			}
		}
	}
}

func TestMixedContent(t *testing.T) {
	image := func(url string) fetch.Request {
		return fetch.Request{URL: url, Mode: fetch.ModeNoCORS, Initiator: fetch.InitiatorElement, Destination: fetch.DestinationImage}
	}
	crossorigin := image("http://b.test/x")
	crossorigin.Mode = fetch.ModeCORS
	script := image("http://b.test/x")
	script.Destination = fetch.DestinationScript
	frame := fetch.Request{URL: "http://b.test/x", Mode: fetch.ModeNavigate, Initiator: fetch.InitiatorElement, Destination: fetch.DestinationIframe}
	top := frame
	top.Destination = fetch.DestinationDocument
	for _, row := range []struct {
		name string
		page *fetch.Page
		req  fetch.Request
		sent string // "" for blocked
	}{
		{"fetch() from https to http", pageA, fetch.Request{URL: "http://b.test/x"}, ""},
		{"fetch() to the same host over http", pageA, fetch.Request{URL: "http://a.test/x"}, ""},
		{"an image is upgraded", pageA, image("http://b.test/x"), "https://b.test/x"},
		{"an image with a port is upgraded", pageA, image("http://b.test:8080/x"), "https://b.test:8080/x"},
		{"an image at an IP address is not upgraded", pageA, image("http://192.0.2.1/x"), ""},
		{"an image with crossorigin is upgraded", pageA, crossorigin, "https://b.test/x"},
		{"a script is not upgraded", pageA, script, ""},
		{"loopback is trustworthy", pageA, fetch.Request{URL: "http://127.0.0.1/x"}, "http://127.0.0.1/x"},
		{"localhost is trustworthy", pageA, image("http://x.localhost/x"), "http://x.localhost/x"},
		{"fetch() from http to http", &fetch.Page{URL: "http://a.test/"}, fetch.Request{URL: "http://b.test/x"}, "http://b.test/x"},
		{"fetch() from an http page that is framed by an https page", &fetch.Page{URL: "http://a.test/", Ancestors: []string{"https://c.test/"}}, fetch.Request{URL: "http://b.test/x"}, ""},
		{"an image of a page over http is not upgraded", &fetch.Page{URL: "http://a.test/"}, image("http://b.test/x"), "http://b.test/x"},
		{"fetch() from a page on localhost", &fetch.Page{URL: "http://localhost/"}, fetch.Request{URL: "http://b.test/x"}, "http://b.test/x"},
		{"fetch() from a page on localhost that is framed by an https page", &fetch.Page{URL: "http://localhost/", Ancestors: []string{"https://c.test/"}}, fetch.Request{URL: "http://b.test/x"}, ""},
		{"a frame over http", pageA, frame, ""},
		{"a link to a page over http", pageA, top, "http://b.test/x"},
	} {
		t.Run(row.name, func(t *testing.T) {
			const response = open + "\nContent-Type: text/css"
			w := newWeb(map[string]string{"http://b.test/x": response, "https://b.test/x": response, "https://b.test:8080/x": response,
				"http://x.localhost/x": response, "http://127.0.0.1/x": response})
			row.req.Page = row.page
			resp, err := do(t, agentOn(w, fetch.Standard), row.req)
			if row.sent == "" {
				if sent := w.Requests(); reasonOf(err) != reason.MixedContent || sent != nil {
					t.Errorf("%s, sent %q", outcome(resp, err), sent)
				}
				return
			}
			if err != nil || w.Last(t).URL != row.sent {
				t.Errorf("%s, sent %q", outcome(resp, err), w.Requests())
			}
		})
	}
}

// A redirect to plain http is mixed content too. A redirected image is
// upgraded.
func TestMixedContentAfterARedirect(t *testing.T) {
	w := newWeb(map[string]string{"https://b.test/x": "302\nLocation: http://b.test/y\nAccess-Control-Allow-Origin: *", "https://b.test/y": "200\nContent-Type: image/svg+xml"})
	if resp, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: "https://b.test/x"}); reasonOf(err) != reason.MixedContent {
		t.Error(outcome(resp, err))
	}
	if resp, err := do(t, agentOn(w, fetch.Standard), element(t, fetch.Element{Kind: "img", URL: "https://b.test/x"}, pageA)); err != nil || resp.Internal.URL != "https://b.test/y" {
		t.Error(outcome(resp, err))
	}
}

func TestBadPortsAreBlocked(t *testing.T) {
	for _, row := range []struct {
		url     string
		blocked bool
	}{
		{"https://b.test:0/", true}, {"https://b.test:1/", true}, {"https://b.test:25/", true}, {"https://b.test:6000/", true}, {"https://b.test:6667/", true},
		{"https://b.test:6679/", true}, {"https://b.test:4190/", true}, {"https://b.test:10080/", true}, {"https://b.test:22/", true}, {"https://a.test:993/", true},
		{"https://b.test/", false}, {"https://b.test:80/", false}, {"https://b.test:8080/", false}, {"https://b.test:2/", false}, {"https://b.test:65535/", false},
		{"https://b.test:6670/", false}, {"https://b.test:10081/", false},
	} {
		for _, mode := range []fetch.Mode{fetch.ModeCORS, fetch.ModeNoCORS} {
			w := newWeb(nil)
			_, err := do(t, agentOn(w, fetch.Standard), fetch.Request{URL: row.url, Mode: mode})
			if got := reasonOf(err) == reason.BlockedPort; got != row.blocked || (w.Requests() == nil) != row.blocked {
				t.Errorf("%s: %v", row.url, err)
			}
		}
	}
}

// Every port in the standard's list is blocked, and no other. -short only tries the
// ports in the list and those next to them.
func TestBadPortsAreThoseOfTheStandard(t *testing.T) {
	want := []int{0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110, 111,
		113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563,
		587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080}
	agent := agentOn(newWeb(nil), fetch.Standard)
	var got []int
	for port := range 11000 {
		listed := func(p int) bool { return slices.Contains(want, p) }
		if testing.Short() && !listed(port-1) && !listed(port) && !listed(port+1) {
			continue
		}
		if _, err := do(t, agent, fetch.Request{URL: "https://b.test:" + strconv.Itoa(port)}); reasonOf(err) == reason.BlockedPort {
			got = append(got, port)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// Browsers look at the page's scheme: a page on localhost may request plain http
// elsewhere, and its images stay http.
func TestPagesOnLocalhostMayRequestPlainHTTP(t *testing.T) {
	for _, page := range []string{
		"http://localhost:5173/", "http://app.localhost/", "http://127.0.0.1:3000/", "http://[::1]:3000/", "capacitor://localhost/",
	} {
		for _, profile := range fetch.Profiles() {
			t.Run(page+" in "+profile.Name, func(t *testing.T) {
				w := newWeb(map[string]string{"http://b.test/x": open + "\nContent-Type: image/svg+xml"})
				from := &fetch.Page{URL: page}
				_, read := do(t, agentOn(w, profile), fetch.Request{URL: "http://b.test/x", Page: from})
				_, image := do(t, agentOn(w, profile), element(t, fetch.Element{Kind: "img", URL: "http://b.test/x"}, from))
				if read != nil || image != nil || w.Last(t).URL != "http://b.test/x" {
					t.Errorf("fetch(): %v; img: %v, sent to %s", read, image, w.Last(t).URL)
				}
			})
		}
	}
	// An https: page above the page counts in every browser.
	for _, profile := range fetch.Profiles() {
		for _, page := range []*fetch.Page{pageA, {URL: "http://localhost/", Ancestors: []string{"https://top.test/"}}} {
			w := newWeb(map[string]string{"http://b.test/x": open})
			if _, err := do(t, agentOn(w, profile), fetch.Request{URL: "http://b.test/x", Page: page}); reasonOf(err) != reason.MixedContent {
				t.Errorf("%s, page %s: %v", profile.Name, page.URL, err)
			}
		}
	}
}

// The pages of applications and extensions have origins with schemes of their own.
func TestPagesOfAppsAndExtensions(t *testing.T) {
	for url, want := range map[string]string{
		"capacitor://localhost/":  "capacitor://localhost",
		"ionic://localhost/home":  "ionic://localhost",
		"tauri://localhost/":      "tauri://localhost",
		"app://./index.html":      "app://.",
		"app:///index.html":       "app://",
		"chrome-extension://ab/p": "chrome-extension://ab",
		"moz-extension://0b4c/p":  "moz-extension://0b4c",
		"vscode-webview://1abC/":  "vscode-webview://1abC",
		"foo://host:81/":          "foo://host:81",
		"file:///home/x.html":     "null",
		"about:blank":             "null",
		"data:text/html,x":        "null",
	} {
		for _, profile := range fetch.Profiles() {
			page := &fetch.Page{URL: url}
			w := newWeb(map[string]string{"https://b.test/x": "200\nAccess-Control-Allow-Origin: " + want})
			_, err := do(t, agentOn(w, profile), fetch.Request{URL: "https://b.test/x", Page: page})
			header := w.Last(t).Header
			if err != nil || header.Get("Origin") != want || header.Get("Sec-Fetch-Site") != "cross-site" {
				t.Errorf("%s, page %s: %v, headers %v", profile.Name, url, err, header)
			}
			if referer := header.Get("Referer"); referer != "" {
				t.Errorf("%s, page %s: Referer %s", profile.Name, url, referer)
			}
		}
	}
}
