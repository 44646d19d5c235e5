package conformance

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// recordedComparison reads a browser's recorded corpus and compares the engine with
// it, once for all tests. It panics if there is no such corpus.
var recordedComparison = func() func(name string) (*Corpus, Comparison) {
	comparisons := map[string]func() (*Corpus, Comparison){}
	for _, name := range BrowserNames {
		comparisons[name] = sync.OnceValues(func() (*Corpus, Comparison) {
			c, err := Recorded(name)
			if err != nil {
				panic(err)
			}
			return c, Compare(context.Background(), c, Profiles[name])
		})
	}
	return func(name string) (*Corpus, Comparison) { return comparisons[name]() }
}()

// TestEngineAgreesWithRecordedBrowsers compares the engine with the recorded
// corpora, so it needs no browser.
func TestEngineAgreesWithRecordedBrowsers(t *testing.T) {
	for _, name := range BrowserNames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, r := recordedComparison(name)
			if len(c.Cases) < 1500 {
				t.Errorf("%d cases recorded, want at least 1500", len(c.Cases))
			}
			for i, d := range r.Differences {
				if i == 5 {
					t.Errorf("and %d more", len(r.Differences)-i)
					break
				}
				t.Error(d)
			}
			if share := r.Successes * 100 / len(c.Cases); share < 40 || share > 70 {
				t.Errorf("%d %% of the cases succeed: about half should", share)
			}
		})
	}
}

// Without its deviations, a browser's profile must not agree with its corpus.
func TestCompareFindsDeviations(t *testing.T) {
	c, err := Recorded("firefox")
	if err != nil {
		t.Fatal(err)
	}
	c.Cases, c.Observations = c.Cases[:300], c.Observations[:300]
	if r := Compare(context.Background(), c, fetch.Standard); len(r.Differences) == 0 {
		t.Error("no difference between Firefox and the standard was found")
	}
}

// docs/deviations.md lists a case for each deviation of each browser. The profile
// must agree with the browser in this case, and not agree without the deviation.
func TestEveryDeviationIsShownByItsCase(t *testing.T) {
	text, err := os.ReadFile("../docs/deviations.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`^\| \[(\w+)\]\(\S+\) \| .* \| (.*) \|$`)
	seen := regexp.MustCompile(`(Chromium|Firefox|WebKit) (\d+)`)
	shown := map[string][]string{} // by profile: each deviation with its case, as "NAME ID"
	for line := range strings.Lines(string(text)) {
		m := row.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil {
			continue
		}
		for _, s := range seen.FindAllStringSubmatch(m[2], -1) {
			shown[s[1]] = append(shown[s[1]], m[1]+" "+s[2])
		}
	}
	for _, name := range BrowserNames {
		p := Profiles[name]
		c, err := Recorded(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range p.Deviations() {
			if d.Evidence() != "" {
				continue
			}
			i := slices.IndexFunc(shown[p.Name], func(s string) bool { return strings.HasPrefix(s, d.String()+" ") })
			if i < 0 {
				t.Errorf("%s: docs/deviations.md lists no case for %s: run go run ./conformance/cmd/conformance table "+
					"--out docs/deviations.md, which finds one or says what is missing", p.Name, d)
				continue
			}
			id, _ := strconv.Atoi(strings.TrimPrefix(shown[p.Name][i], d.String()+" "))
			at := slices.IndexFunc(c.Cases, func(c Case) bool { return c.ID == id })
			if at < 0 {
				t.Errorf("%s: %s: the corpus has no case %d", p.Name, d, id)
				continue
			}
			ctx := context.Background()
			if !agree(ctx, c, at, p) {
				t.Errorf("%s: the engine does not agree on case %d", p.Name, id)
			}
			if agree(ctx, c, at, p.Without(d)) {
				t.Errorf("%s: the engine agrees on case %d without %s", p.Name, id, d)
			}
		}
	}
}

// reachableReasons lists the reasons that recorded cases must reach. The others need
// https, another network, a broken server or an element that is not generated:
// package fetch's tests reach those.
var reachableReasons = []reason.Reason{
	reason.URLContainsCredentials, reason.ForbiddenMethod, reason.InvalidHeader, reason.NoCorsMethodNotSafelisted,
	reason.NoCorsRedirectModeNotFollow, reason.DisallowedByMode, reason.CorsDisabledScheme, reason.InvalidDataURL, reason.BlockedPort,
	reason.PreflightMissingAllowOriginHeader, reason.PreflightMultipleAllowOriginValues, reason.PreflightInvalidAllowOriginValue,
	reason.PreflightAllowOriginMismatch, reason.PreflightWildcardOriginNotAllowed, reason.PreflightInvalidAllowCredentials,
	reason.PreflightInvalidStatus, reason.PreflightDisallowedRedirect, reason.InvalidAllowMethodsPreflightResponse,
	reason.InvalidAllowHeadersPreflightResponse, reason.MethodDisallowedByPreflightResponse, reason.HeaderDisallowedByPreflightResponse,
	reason.MissingAllowOriginHeader, reason.MultipleAllowOriginValues, reason.InvalidAllowOriginValue, reason.AllowOriginMismatch,
	reason.WildcardOriginNotAllowed, reason.InvalidAllowCredentials, reason.RedirectModeError, reason.RedirectContainsCredentials,
	reason.RedirectInvalidLocation, reason.RedirectDisallowedScheme, reason.TooManyRedirects, reason.CorpNotSameOrigin,
	reason.CorpNotSameSite, reason.CorpNotSameOriginAfterDefaultedByCoep, reason.OpaqueResponseBlocked, reason.NosniffMIMETypeMismatch,
	reason.MIMETypeNotAllowed,
}

func TestRecordedCasesReachTheReasons(t *testing.T) {
	reached := map[reason.Reason]int{}
	for _, name := range BrowserNames {
		_, r := recordedComparison(name)
		for why, n := range r.Reasons {
			reached[why] += n
		}
	}
	for _, why := range reachableReasons {
		if reached[why] == 0 {
			t.Errorf("no recorded case reaches %s", why)
		}
	}
}

// A media element's repeated request may carry a cookie that the first response set.
func TestRepeatedMediaRequestsAreIgnored(t *testing.T) {
	first, other := Wire{Method: "GET", Path: "0"}, Wire{Method: "GET", Path: "1"}
	repeated := Wire{Method: "GET", Path: "0", Cookie: "s=1"}
	twice, once := Seen{Wire: []Wire{first, other, repeated, other}}, Seen{Wire: []Wire{first, other}}
	if field := differs("audio", twice, once); field != "" {
		t.Errorf("with a repeated request, observations differ in %s", field)
	}
	if differs("img", twice, once) == "" {
		t.Error("an image's repeated request is ignored")
	}
	if differs("audio", once, Seen{Wire: []Wire{repeated, other}}) == "" {
		t.Error("a cookie on the first request makes no difference")
	}
}
