package fix_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/console"
	"github.com/concors/concors/fetch/fix"
	"github.com/concors/concors/fetch/reason"
)

var update = flag.Bool("update", false, "write docs/reasons.md")

// TestReasonsPage holds docs/reasons.md to the tables: it is written from them
// with go test ./fetch/fix -run TestReasonsPage -update
func TestReasonsPage(t *testing.T) {
	const file = "../../docs/reasons.md"
	want := reasonsPage()
	if *update {
		if err := os.WriteFile(file, want, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/reasons.md is not what the tables say; write it with go test ./fetch/fix -run TestReasonsPage -update")
	}
}

// reasonGroups are the page's chapters, by the last reason in each.
var reasonGroups = []struct {
	last  reason.Reason
	title string
}{
	{reason.NoCorsRedirectModeNotFollow, "The call is refused"},
	{reason.MixedContent, "Nothing is sent"},
	{reason.HeaderDisallowedByPreflightResponse, "The preflight"},
	{reason.InvalidAllowCredentials, "The CORS check on the answer"},
	{reason.StreamRequiresHTTP2, "Redirects and bodies"},
	{reason.LocalNetworkAccessPermissionDenied, "Policies around CORS"},
	{reason.ResponseTooLarge, "The network"},
}

func reasonsPage() []byte {
	var b bytes.Buffer
	b.WriteString(`# Every way to be blocked

<!-- Written by: go test ./fetch/fix -run TestReasonsPage -update -->

Each section is a ` + "`reason.Reason`" + `: what it means, what its rule protects, what browsers' consoles
show, the smallest change that lifts it, and what to think of before making that change. In the
examples a page on ` + "`https://app.example`" + ` asks for ` + "`https://api.example/items`" + `.
` + "`concors explain`" + ` finds the section for a line that you have, and fills it in with what the line says;
` + "`concors check`" + ` makes the request and fills it in with what the server answered.

`)
	group := 0
	for i, r := range reason.All() {
		if i == 0 || reason.All()[i-1] == reasonGroups[group].last {
			if i > 0 {
				group++
			}
			fmt.Fprintf(&b, "- %s:\n", reasonGroups[group].title)
		}
		fmt.Fprintf(&b, "  [%s](#%s)\n", r, strings.ToLower(r.String()))
	}
	group = 0
	for i, r := range reason.All() {
		if i == 0 || reason.All()[i-1] == reasonGroups[group].last {
			if i > 0 {
				group++
			}
			fmt.Fprintf(&b, "\n## %s\n", reasonGroups[group].title)
		}
		writeReason(&b, r)
	}
	return b.Bytes()
}

func writeReason(b *bytes.Buffer, r reason.Reason) {
	e := exampleError(r)
	m := fix.For(e)
	fmt.Fprintf(b, "\n### %s\n\n%s ([in the standard](%s))\n\n**What it protects.** %s\n\n", r, r.Explanation(), r.Anchor(), r.Protects())
	var shown bool
	for _, p := range fetch.Profiles() {
		for i, line := range console.Lines(e, p) {
			if !shown {
				b.WriteString("**What consoles show.**\n\n```text\n")
				shown = true
			}
			if i == 0 {
				fmt.Fprintf(b, "%s:\n", p.Name)
			}
			fmt.Fprintf(b, "  %s\n", line)
		}
	}
	if shown {
		b.WriteString("```\n\n")
	} else {
		b.WriteString("**What consoles show.** Nothing; at most the script's own exception.\n\n")
	}
	fmt.Fprintf(b, "**The smallest change** (by the %s). %s\n\n", m.Party, m.Sentence)
	if len(m.Set)+len(m.Remove)+m.Status > 0 {
		b.WriteString("```http\n")
		if m.Status != 0 {
			fmt.Fprintf(b, "HTTP/1.1 %d\n", m.Status)
		}
		for _, h := range m.Set {
			fmt.Fprintf(b, "%s: %s\n", h.Name, h.Value)
		}
		b.WriteString("```\n\n")
	}
	fmt.Fprintf(b, "**Before you do.** %s\n", m.Caution)
}

// exampleError is the page's example of a reason.
func exampleError(r reason.Reason) *fetch.NetworkError {
	e := &fetch.NetworkError{Reason: r, Kind: "fetch", URL: "https://api.example/items", Page: "https://app.example/", PageOrigin: "https://app.example",
		Origin: "https://app.example", Mode: fetch.ModeCORS, Credentials: fetch.CredentialsSameOrigin, Status: 200, Method: "PUT", Space: fetch.SpaceLocal}
	set := func(header, value string) { e.Header, e.Value, e.Present = header, value, true }
	switch r {
	case reason.MultipleAllowOriginValues, reason.PreflightMultipleAllowOriginValues:
		set("Access-Control-Allow-Origin", "https://app.example, https://www.example")
	case reason.InvalidAllowOriginValue, reason.PreflightInvalidAllowOriginValue:
		set("Access-Control-Allow-Origin", "app.example")
	case reason.AllowOriginMismatch, reason.PreflightAllowOriginMismatch:
		set("Access-Control-Allow-Origin", "https://www.example")
	case reason.WildcardOriginNotAllowed, reason.PreflightWildcardOriginNotAllowed:
		set("Access-Control-Allow-Origin", "*")
		e.Credentials = fetch.CredentialsInclude
	case reason.InvalidAllowCredentials, reason.PreflightInvalidAllowCredentials:
		set("Access-Control-Allow-Credentials", "True")
		e.Credentials = fetch.CredentialsInclude
	case reason.PreflightInvalidStatus:
		e.Status = 405
	case reason.PreflightDisallowedRedirect:
		e.Status = 308
	case reason.InvalidAllowMethodsPreflightResponse:
		set("Access-Control-Allow-Methods", "GET PUT")
	case reason.InvalidAllowHeadersPreflightResponse:
		set("Access-Control-Allow-Headers", "content-type x-id")
	case reason.MethodDisallowedByPreflightResponse:
		set("Access-Control-Allow-Methods", "GET, POST")
	case reason.HeaderDisallowedByPreflightResponse:
		set("X-Id", "content-type")
	case reason.CorsDisabledScheme:
		e.URL = "file:///home/me/items.json"
	case reason.BlockedPort:
		e.URL = "https://api.example:25/items"
	case reason.MixedContent:
		e.URL = "http://api.example/items"
	case reason.RedirectContainsCredentials:
		e.FirstURL, e.URL = e.URL, "https://user:secret@api.example/v2/items"
	case reason.RedirectDisallowedScheme:
		e.FirstURL, e.URL = e.URL, "mailto:someone@api.example"
	case reason.RedirectInvalidLocation, reason.TooManyRedirects:
		e.FirstURL = e.URL
	case reason.StreamRequiresHTTP2:
		e.URL = "http://api.example/items"
	case reason.CorpNotSameOrigin, reason.CorpNotSameSite, reason.CorpNotSameOriginAfterDefaultedByCoep, reason.OpaqueResponseBlocked:
		e.Mode, e.Kind = fetch.ModeNoCORS, "image"
	case reason.NosniffMIMETypeMismatch, reason.MIMETypeNotAllowed:
		e.Mode, e.Kind = fetch.ModeNoCORS, "script"
		set("Content-Type", "image/png")
	case reason.InvalidLocalNetworkAccess:
		e.Value = string(fetch.SpaceLoopback)
	case reason.InsecureLocalNetwork:
		e.Page, e.PageOrigin, e.Origin = "http://app.example/", "http://app.example", "http://app.example"
	}
	return e
}
