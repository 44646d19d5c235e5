package experiments_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/concors/concors/cmd/concors/internal/check"
	"github.com/concors/concors/cmd/concors/internal/experiments"
)

// everywhere is how an experiment ends where all browsers agree.
func everywhere(reason string) map[string]string {
	return map[string]string{"chromium": reason, "firefox": reason, "webkit": reason, "standard": reason}
}

func everywhereBut(browser, its, others string) map[string]string {
	m := everywhere(others)
	m[browser] = its
	return m
}

// reasons names what blocks each experiment's request in each browser; "" is allowed.
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

func TestEachExperimentEndsAsExpectedInEveryBrowser(t *testing.T) {
	all := experiments.All()
	if len(all) != len(reasons) {
		t.Errorf("%d experiments and %d expectations", len(all), len(reasons))
	}
	for _, s := range all {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			want, ok := reasons[s.Name]
			if !ok {
				t.Fatal("no expected reasons for this experiment")
			}
			report := run(t, s)
			if len(report.Results) != len(want) {
				t.Fatalf("%d results, want %d", len(report.Results), len(want))
			}
			for _, r := range report.Results {
				if r.Reason != want[r.Browser] {
					t.Errorf("%s: reason %q, want %q", r.Browser, r.Reason, want[r.Browser])
				}
			}
			text := present(t, s, report)
			for _, r := range report.Results {
				alone := *report
				alone.Results, alone.Agree = []check.Result{r}, true
				text += present(t, s, &alone)
			}
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				isLink := strings.HasPrefix(strings.TrimSpace(line), "https://")
				if n := utf8.RuneCountInString(line); n > 80 && !isLink {
					t.Errorf("%d columns: %s", n, line)
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("trailing blanks: %q", line)
				}
			}
		})
	}
}

func run(t *testing.T, s experiments.Experiment) *check.Report {
	t.Helper()
	server, err := experiments.Start(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	q := server.Question()
	q.As = "all"
	report, err := check.Run(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func present(t *testing.T, s experiments.Experiment, r *check.Report) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(s.Introduction())
	if err := r.WriteText(&b, check.TextOptions{Trace: true}); err != nil {
		t.Fatal(err)
	}
	b.WriteString(s.Conclusion())
	return b.String()
}

func TestTheCourseVisitsEachExperimentOnce(t *testing.T) {
	seen := map[string]bool{}
	e := experiments.First()
	for !seen[e.Name] {
		seen[e.Name] = true
		e = e.Next()
	}
	if e.Name != experiments.First().Name || len(seen) != len(experiments.All()) {
		t.Errorf("the course returns to %s after %d of %d experiments", e.Name, len(seen), len(experiments.All()))
	}
}

func TestLessonsFillTwoLines(t *testing.T) {
	for _, e := range experiments.All() {
		if n := strings.Count(e.Lesson, "\n"); n != 1 {
			t.Errorf("%s: the lesson has %d lines, want 2", e.Name, n+1)
		}
	}
}

// A page in a browser will run the experiments from their JSON, so nothing of an
// experiment may be lost on that way.
func TestExperimentsAreData(t *testing.T) {
	for _, e := range experiments.All() {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back experiments.Experiment
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, e) {
			t.Errorf("%s: JSON changes %+v to %+v", e.Name, e, back)
		}
	}
}

func TestTheFirstRuleThatMatchesResponds(t *testing.T) {
	e := experiments.Experiment{Servers: []experiments.Rule{
		{Host: "a.localhost", Path: "/x", Response: experiments.Response{Status: 201}},
		{Method: "OPTIONS", Response: experiments.Response{Status: 202}},
		{Cookie: "sid", Response: experiments.Response{Status: 203, Header: []string{"Content-Type: text/plain", "X-A: 1", "X-A: 2"}, Body: "hello"}},
	}}
	for _, row := range []struct {
		name, method, url, cookie string
		status                    int
	}{
		{"host and path match", "GET", "http://a.localhost/x", "", 201},
		{"the method matches", "OPTIONS", "http://b.localhost/x", "", 202},
		{"the cookie is there", "GET", "http://b.localhost/x", "sid=1", 203},
		{"only the host matches", "GET", "http://a.localhost/y", "", 404},
		{"another cookie is there", "GET", "http://b.localhost/x", "id=1", 404},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := httptest.NewRequest(row.method, row.url, nil)
			if row.cookie != "" {
				r.Header.Set("Cookie", row.cookie)
			}
			w := httptest.NewRecorder()
			e.ServeHTTP(w, r)
			if w.Code != row.status {
				t.Errorf("status %d, want %d", w.Code, row.status)
			}
			if row.status == 203 && (w.Body.String() != "hello" || w.Header().Get("Content-Type") != "text/plain" || len(w.Header().Values("X-A")) != 2) {
				t.Errorf("response %q with %v", w.Body, w.Header())
			}
		})
	}
}

func TestExperimentsDoNotLeaveTheMachine(t *testing.T) {
	server, err := experiments.Start(experiments.First())
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
