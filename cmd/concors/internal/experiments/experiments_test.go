package experiments_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/concors/concors/cmd/concors/internal/experiments"
	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
)

// everywhere is what a scenario ends with where all browsers agree.
func everywhere(reason string) map[string]string {
	return map[string]string{"chromium": reason, "firefox": reason, "webkit": reason, "standard": reason}
}

func everywhereBut(browser, its, others string) map[string]string {
	m := everywhere(others)
	m[browser] = its
	return m
}

// reasons says what blocks each scenario's request in each browser; "" is nothing.
var reasons = map[string]map[string]string{
	"missing-allow-origin":      everywhere("MissingAllowOriginHeader"),
	"simple-get":                everywhere(""),
	"wildcard":                  everywhere(""),
	"same-origin":               everywhere(""),
	"origin-mismatch":           everywhere("AllowOriginMismatch"),
	"several-origins":           everywhere("MultipleAllowOriginValues"),
	"duplicate-header":          everywhere("MultipleAllowOriginValues"),
	"invalid-origin":            everywhere("InvalidAllowOriginValue"),
	"null-origin":               everywhere("AllowOriginMismatch"),
	"error-without-headers":     everywhere("MissingAllowOriginHeader"),
	"hidden-headers":            everywhere(""),
	"exposed-headers":           everywhere(""),
	"credentials":               everywhere(""),
	"wildcard-with-credentials": everywhere("WildcardOriginNotAllowed"),
	"credentials-not-allowed":   everywhere("InvalidAllowCredentials"),
	"credentials-spelling":      everywhere("InvalidAllowCredentials"),
	"cookie-samesite":           everywhere(""),
	"preflight":                 everywhere(""),
	"preflight-unanswered":      everywhere("PreflightMissingAllowOriginHeader"),
	"preflight-404":             everywhere("PreflightInvalidStatus"),
	"preflight-needs-login":     everywhere("PreflightInvalidStatus"),
	"preflight-redirect":        everywhere("PreflightDisallowedRedirect"),
	"method-not-allowed":        everywhere("MethodDisallowedByPreflightResponse"),
	"method-lower-case":         everywhere("MethodDisallowedByPreflightResponse"),
	"header-not-allowed":        everywhere("HeaderDisallowedByPreflightResponse"),
	"authorization-and-star":    everywhereBut("standard", "HeaderDisallowedByPreflightResponse", ""),
	"star-with-credentials":     everywhere("HeaderDisallowedByPreflightResponse"),
	"allow-headers-syntax":      everywhere("InvalidAllowHeadersPreflightResponse"),
	"upload-listener":           everywhere("PreflightMissingAllowOriginHeader"),
	"sent-anyway":               everywhere("MissingAllowOriginHeader"),
	"no-cors-opaque":            everywhereBut("standard", "OpaqueResponseBlocked", ""),
	"mode-same-origin":          everywhere("DisallowedByMode"),
	"redirect-without-headers":  everywhere("MissingAllowOriginHeader"),
	"redirect-tainted":          everywhere("AllowOriginMismatch"),
	"redirect-with-userinfo":    everywhere("RedirectContainsCredentials"),
	"redirect-manual":           everywhere(""),
	"image":                     everywhere(""),
	"image-crossorigin":         everywhere("MissingAllowOriginHeader"),
	"font":                      everywhereBut("webkit", "", "MissingAllowOriginHeader"),
	"corp":                      everywhere("CorpNotSameOrigin"),
	"coep":                      everywhere("CorpNotSameOriginAfterDefaultedByCoep"),
	"nosniff-script":            everywhere("NosniffMIMETypeMismatch"),
	"orb":                       everywhereBut("webkit", "", "OpaqueResponseBlocked"),
	"local-network":             everywhereBut("webkit", "", "LocalNetworkAccessPermissionDenied"),
	"mixed-content":             everywhere("MixedContent"),
	"blocked-port":              everywhere("BlockedPort"),
	"no-answer":                 everywhere("ConnectionFailed"),
}

func TestEachScenarioEndsAsItSaysInEveryBrowser(t *testing.T) {
	scenarios := experiments.Scenarios()
	if len(scenarios) != len(reasons) {
		t.Errorf("%d scenarios and %d expectations", len(scenarios), len(reasons))
	}
	for _, s := range scenarios {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			want, ok := reasons[s.Name]
			if !ok {
				t.Fatal("there is no expectation for this scenario")
			}
			report := run(t, s)
			if len(report.Results) != len(want) {
				t.Fatalf("%d results, want %d", len(report.Results), len(want))
			}
			for _, r := range report.Results {
				if got := reasonName(r); got != want[r.Browser] {
					t.Errorf("%s: reason %q, want %q", r.Browser, got, want[r.Browser])
				}
			}
			text := tell(t, s, report)
			for _, r := range report.Results {
				alone := *report
				alone.Results, alone.Agree = []request.BrowserResult{r}, true
				text += tell(t, s, &alone)
			}
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				isLink := strings.HasPrefix(strings.TrimSpace(line), "https://")
				if n := utf8.RuneCountInString(line); n > 80 && !isLink {
					t.Errorf("%d columns: %s", n, line)
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("blanks at the end: %q", line)
				}
			}
		})
	}
}

// reasonName is the name of what blocked a request, or "".
func reasonName(r request.BrowserResult) string {
	if r.Reason == 0 {
		return ""
	}
	return r.Reason.String()
}

func run(t *testing.T, s experiments.Scenario) *report.Report {
	t.Helper()
	server, err := experiments.Start(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	q := server.Question()
	q.As = "all"
	result, err := request.Run(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return report.New(result, nil)
}

func tell(t *testing.T, s experiments.Scenario, r *report.Report) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(s.Introduction())
	if err := r.WriteText(&b, report.TextOptions{Trace: true}); err != nil {
		t.Fatal(err)
	}
	b.WriteString(s.Lesson())
	return b.String()
}

func TestTheCourseLeadsThroughAllScenarios(t *testing.T) {
	seen := map[string]bool{}
	for name := experiments.First; !seen[name]; {
		seen[name] = true
		s, ok := experiments.Find(name)
		if !ok {
			t.Fatalf("there is no scenario %q to go on to", name)
		}
		name = s.Next
	}
	for _, s := range experiments.Scenarios() {
		if !seen[s.Name] {
			t.Errorf("no way leads from %s to %s", experiments.First, s.Name)
		}
	}
}

func TestLessonsAreShort(t *testing.T) {
	for _, s := range experiments.Scenarios() {
		if n := strings.Count(s.Learn, "\n"); n != 1 {
			t.Errorf("%s: %d lines to learn, want 2", s.Name, n+1)
		}
	}
}

func TestTheDemoDoesNotLeaveTheMachine(t *testing.T) {
	s, _ := experiments.Find(experiments.First)
	server, err := experiments.Start(s)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	for address, ok := range map[string]bool{
		"api.localhost:80": true, "localhost:443": true, "notlocalhost:80": false, "api.example:80": false, "127.0.0.1:80": false, "no port": false,
	} {
		var conn net.Conn
		conn, err := server.Question().Dial(context.Background(), "tcp", address)
		if (err == nil) != ok {
			t.Errorf("dialling %s: error %v, want a connection: %v", address, err, ok)
		}
		if err == nil {
			conn.Close()
		}
	}
}
