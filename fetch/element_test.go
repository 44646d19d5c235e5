package fetch_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/concors/concors/fetch"
)

func element(t testing.TB, e fetch.Element, page *fetch.Page) fetch.Request {
	t.Helper()
	r, err := e.Request(page)
	if err != nil {
		t.Fatal(err)
	}
	return *r
}

// TestElementRequest checks the mode and credentials mode of each element's request,
// without crossorigin, with anonymous and with use-credentials.
func TestElementRequest(t *testing.T) {
	const loose, anonymous, include, same = "no-cors include", "cors same-origin", "cors include", "same-origin same-origin"
	type row struct {
		destination                      fetch.Destination
		none, anonymous, withCredentials string
	}
	rows := map[string]row{
		"img":      {"image", loose, anonymous, include},
		"script":   {"script", loose, anonymous, include},
		"module":   {"script", anonymous, anonymous, include},
		"link":     {"style", loose, anonymous, include},
		"font":     {"font", anonymous, anonymous, anonymous},
		"audio":    {"audio", loose, anonymous, include},
		"video":    {"video", loose, anonymous, include},
		"track":    {"track", "same-origin include", anonymous, include},
		"manifest": {"manifest", anonymous, anonymous, include},
		"worker":   {"worker", same, same, same},
		"iframe":   {"iframe", "navigate include", "navigate include", "navigate include"},
	}
	kinds := fetch.ElementKinds()
	if len(kinds) != len(rows) {
		t.Errorf("%d kinds, %d rows", len(kinds), len(rows))
	}
	for _, kind := range kinds {
		for crossorigin, want := range map[fetch.CrossOrigin]string{
			fetch.NoCORSAttribute: rows[kind].none, fetch.Anonymous: rows[kind].anonymous, fetch.UseCredentials: rows[kind].withCredentials,
		} {
			r := element(t, fetch.Element{Kind: kind, URL: "x", CrossOrigin: crossorigin}, pageA)
			if got := string(r.Mode) + " " + string(r.Credentials); got != want {
				t.Errorf("%s crossorigin=%q: %s, want %s", kind, crossorigin, got, want)
			}
			if r.Destination != rows[kind].destination || r.Initiator != fetch.InitiatorElement || r.Page != pageA || r.URL != "x" || r.Method != "GET" {
				t.Errorf("%s: %+v", kind, r)
			}
			if media := kind == "audio" || kind == "video"; r.Header.Contains("Range") != media {
				t.Errorf("%s: %v", kind, r.Header)
			}
		}
	}
}

func TestUnknownElementIsAnError(t *testing.T) {
	for _, e := range []fetch.Element{{Kind: "blink", URL: "x"}, {URL: "x"}, {Kind: "img", CrossOrigin: "yes"}} {
		if r, err := e.Request(pageA); err == nil || r != nil {
			t.Errorf("%+v: %+v", e, r)
		}
	}
}

// TestElementAcrossOrigins checks whether each element gets a response without
// CORS headers, one that allows every origin, and one that allows this origin
// with credentials.
func TestElementAcrossOrigins(t *testing.T) {
	for _, row := range []struct {
		kind               string
		crossOrigin        fetch.CrossOrigin
		closed, open, with string
	}{
		{"img", "", "opaque", "opaque", "opaque"},
		{"img", fetch.Anonymous, "MissingAllowOriginHeader", "cors", "cors"},
		{"img", fetch.UseCredentials, "MissingAllowOriginHeader", "WildcardOriginNotAllowed", "cors"},
		{"script", "", "opaque", "opaque", "opaque"},
		{"module", "", "MissingAllowOriginHeader", "cors", "cors"},
		{"link", "", "opaque", "opaque", "opaque"},
		{"font", "", "MissingAllowOriginHeader", "cors", "cors"},
		{"track", "", "DisallowedByMode", "DisallowedByMode", "DisallowedByMode"},
		{"track", fetch.Anonymous, "MissingAllowOriginHeader", "cors", "cors"},
		{"manifest", "", "MissingAllowOriginHeader", "cors", "cors"},
		{"worker", "", "DisallowedByMode", "DisallowedByMode", "DisallowedByMode"},
		{"iframe", "", "basic", "basic", "basic"},
		{"video", "", "opaque", "opaque", "opaque"},
		{"video", fetch.UseCredentials, "MissingAllowOriginHeader", "WildcardOriginNotAllowed", "cors"},
	} {
		for response, want := range map[string]string{"200": row.closed, open: row.open, credsA: row.with} {
			w := newWeb(map[string]string{"https://b.test/x": response + "\nContent-Type: text/javascript"})
			resp, err := do(t, agentOn(w, fetch.Standard), element(t, fetch.Element{Kind: row.kind, URL: "https://b.test/x", CrossOrigin: row.crossOrigin}, pageA))
			if got := outcome(resp, err); got != want {
				t.Errorf("%s crossorigin=%q, %q: %s, want %s", row.kind, row.crossOrigin, response, got, want)
			}
		}
	}
}

func TestKindNamesTheInitiator(t *testing.T) {
	style := element(t, fetch.Element{Kind: "link", URL: "https://b.test/x", CrossOrigin: fetch.Anonymous}, pageA)
	image := element(t, fetch.Element{Kind: "img", URL: "https://b.test/x", CrossOrigin: fetch.Anonymous}, pageA)
	for want, req := range map[string]fetch.Request{
		"fetch": {URL: "https://b.test/x"}, "XMLHttpRequest": *fetch.XHR{URL: "https://b.test/x"}.Request(pageA), "CSS stylesheet": style, "image": image,
	} {
		w := newWeb(map[string]string{"https://b.test/x": "200"})
		if _, err := do(t, agentOn(w, fetch.Standard), req); err == nil || err.Kind != want {
			t.Errorf("%s: %+v", want, err)
		}
	}
}

func TestXHRRequest(t *testing.T) {
	r := fetch.XHR{Method: "put", URL: "/x", WithCredentials: true, UploadListener: true, Header: list("X: 1"), Body: fetch.TextBody("b")}.Request(pageA)
	if r.Method != "put" || r.URL != "/x" || r.Credentials != fetch.CredentialsInclude || !r.UseCORSPreflight || r.Mode != fetch.ModeCORS ||
		r.Initiator != fetch.InitiatorXHR || !slices.Equal(r.Header, list("X: 1")) || string(r.Body.Bytes) != "b" || r.Page != pageA {
		t.Errorf("%+v", r)
	}
	if r := (fetch.XHR{URL: "/x"}).Request(pageA); r.Credentials != "" || r.UseCORSPreflight {
		t.Errorf("%+v", r)
	}
}

// TestXMLHttpRequestSetsTheCharset checks how XMLHttpRequest changes the
// charset of a script's Content-Type.
func TestXMLHttpRequestSetsTheCharset(t *testing.T) {
	text, form := fetch.TextBody("ä"), fetch.FormBody(url.Values{"a": {"1"}})
	const old, spelled = `text/plain; charset=latin1`, `text/plain; charset="utf-8"`
	for _, row := range []struct {
		name      string
		profile   fetch.Profile
		initiator fetch.Initiator
		body      *fetch.Body
		set, want string
	}{
		{"a string", fetch.Standard, fetch.InitiatorXHR, text, old, "text/plain;charset=UTF-8"},
		{"the same charset in another case is kept", fetch.Standard, fetch.InitiatorXHR, text, spelled, spelled},
		{"no charset is added", fetch.Standard, fetch.InitiatorXHR, text, "text/plain; x=y", "text/plain; x=y"},
		{"an invalid type is kept", fetch.Standard, fetch.InitiatorXHR, text, "nonsense; charset=x", "nonsense; charset=x"},
		{"a URLSearchParams", fetch.Standard, fetch.InitiatorXHR, form, old, old},
		{"a Blob", fetch.WebKit, fetch.InitiatorXHR, fetch.BlobBody([]byte("x"), "text/plain"), old, old},
		{"bytes", fetch.Chromium, fetch.InitiatorXHR, fetch.BytesBody([]byte("x")), old, old},
		{"fetch()", fetch.Chromium, fetch.InitiatorFetch, text, old, old},
		{"WebKit: a URLSearchParams", fetch.WebKit, fetch.InitiatorXHR, form, old, "text/plain;charset=UTF-8"},
		{"Chromium: replaced in the text", fetch.Chromium, fetch.InitiatorXHR, text, old, "text/plain; charset=UTF-8"},
		{"Chromium: quotes are kept", fetch.Chromium, fetch.InitiatorXHR, form, spelled, `text/plain; charset="UTF-8"`},
		{"Chromium: every charset", fetch.Chromium, fetch.InitiatorXHR, text, `text/plain; xcharset=a;charset = b;charset=c`, `text/plain; xcharset=a;charset = UTF-8;charset=UTF-8`},
		{"Chromium: up to the next space", fetch.Chromium, fetch.InitiatorXHR, text, `text/plain;charset=b, text/x`, `text/plain;charset=UTF-8 text/x`},
		{"Chromium: an empty charset ends the search", fetch.Chromium, fetch.InitiatorXHR, text, `text/plain; charset=;charset=b`, `text/plain; charset=;charset=b`},
		{"Firefox: a string, as in the standard", fetch.Firefox, fetch.InitiatorXHR, text, old, "text/plain;charset=UTF-8"},
		{"Firefox: replaced in the text, without quotes", fetch.Firefox, fetch.InitiatorXHR, form, `text/plain; charset="x"; a="b;charset=c"`, `text/plain; charset=UTF-8; a="b;charset=c"`},
		{"Firefox: only in the last type", fetch.Firefox, fetch.InitiatorXHR, form, `a/b;charset=x, c/d;charset=y`, `a/b;charset=x, c/d;charset=UTF-8`},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := ""
			server := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { got = r.Header.Get("Content-Type") })
			agent := fetch.NewAgent(row.profile)
			agent.Transport = fetch.HandlerTransport(server)
			_, err := agent.Fetch(context.Background(), &fetch.Request{
				Page: pageA, URL: pageA.URL, Method: "POST", Initiator: row.initiator, Body: row.body,
				Header: fetch.HeaderList{{Name: "Content-Type", Value: row.set}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if got != row.want {
				t.Errorf("%q is sent as %q, want %q", row.set, got, row.want)
			}
		})
	}
}
