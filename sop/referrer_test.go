package sop_test

import (
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/sop"
)

// TestReferrers is document.referrer of frames of a page at https://a.example/x.
func TestReferrers(t *testing.T) {
	for _, tt := range []struct {
		name    string
		profile sop.Profile
		load    sop.Navigation
		none    bool
		want    string
		known   bool
	}{
		{"same origin", sop.Standard, sop.Navigation{URL: "https://a.example/y"}, false, "https://a.example/x", true},
		{"another origin", sop.Standard, sop.Navigation{URL: "https://b.example/y"}, false, "https://a.example/", true},
		{"a less secure URL", sop.Standard, sop.Navigation{URL: "http://b.example/y"}, false, "", true},
		{"noreferrer", sop.Standard, sop.Navigation{URL: "https://a.example/y"}, true, "", true},
		{"data:", sop.Standard, sop.Navigation{URL: "data:text/html,x"}, false, "https://a.example/", true},
		{"data: in Firefox", sop.Firefox, sop.Navigation{URL: "data:text/html,x"}, false, "", true},
		{"blob:", sop.Chromium, sop.Navigation{URL: "blob:https://a.example/1"}, false, "https://a.example/x", true},
		{"about:blank", sop.Standard, sop.Navigation{URL: "about:blank"}, false, "https://a.example/x", true},
		{"srcdoc", sop.Standard, sop.Navigation{URL: "about:srcdoc"}, false, "", true},
		{"srcdoc in Chromium was not measured", sop.Chromium, sop.Navigation{URL: "about:srcdoc"}, false, "", false},
		{"sandboxed srcdoc in Chromium", sop.Chromium, sop.Navigation{URL: "about:srcdoc", Sandbox: sop.ParseSandbox("")}, false, "https://a.example/", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			top, _, err := tt.profile.Load(sop.Navigation{URL: "https://a.example/x"})
			if err != nil {
				t.Fatal(err)
			}
			tt.load.Parent = top
			doc, _, err := tt.profile.Load(tt.load)
			if err != nil {
				t.Fatal(err)
			}
			a := tt.profile.Referrer(sop.Referrer{Document: doc, Initiator: top, None: tt.none})
			if a.Text != tt.want || (a.Verdict != sop.NotKnown) != tt.known {
				t.Errorf("the referrer is %q (%s), want %q", a.Text, a.Verdict, tt.want)
			}
		})
	}
}

// TestNotificationsInFrames is Notification.permission before the visitor was asked.
func TestNotificationsInFrames(t *testing.T) {
	for _, tt := range []struct {
		profile  sop.Profile
		top, url string
		want     string
	}{
		{sop.Standard, "https://a.example/", "https://b.example/", "default"},
		{sop.Standard, "http://a.example/", "http://a.example/", "denied"},
		{sop.Chromium, "https://a.example/", "https://a.example/", "default"},
		{sop.Chromium, "https://a.example/", "https://x.a.example/", "denied"},
		{sop.Firefox, "https://a.example/", "https://x.a.example/", "default"},
		{sop.Firefox, "https://a.example/", "https://b.example/", "denied"},
		{sop.WebKit, "https://a.example/", "https://b.example/", "default"},
	} {
		top, _, err := tt.profile.Load(sop.Navigation{URL: tt.top})
		if err != nil {
			t.Fatal(err)
		}
		frame, _, err := tt.profile.Load(sop.Navigation{URL: tt.url, Parent: top})
		if err != nil {
			t.Fatal(err)
		}
		if _, got := tt.profile.NotificationPermission(frame); got != tt.want {
			t.Errorf("%s: %s in %s: %s, want %s", tt.profile.Name, tt.url, tt.top, got, tt.want)
		}
	}
}

// TestDocumentIsolationIsOfOneDocument tests Document-Isolation-Policy: only Chromium has it, in secure contexts,
// and it changes what the document loads and not what it frames.
func TestDocumentIsolationIsOfOneDocument(t *testing.T) {
	for _, tt := range []struct {
		profile sop.Profile
		url     string
		want    bool
	}{
		{sop.Chromium, "https://a.example/", true}, {sop.Chromium, "http://a.example/", false},
		{sop.Firefox, "https://a.example/", false}, {sop.Standard, "https://a.example/", false},
	} {
		doc, _, err := tt.profile.Load(sop.Navigation{URL: tt.url, Isolation: fetch.RequireCORP})
		if err != nil {
			t.Fatal(err)
		}
		if doc.CrossOriginIsolated != tt.want || (doc.Page().EmbedderPolicy == fetch.RequireCORP) != tt.want || doc.EmbedderPolicy == fetch.RequireCORP {
			t.Errorf("%s, %s: isolated %t, the page's policy is %q", tt.profile.Name, tt.url, doc.CrossOriginIsolated, doc.Page().EmbedderPolicy)
		}
	}
}
