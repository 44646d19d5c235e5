package conformance

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
)

// The recorded corpora hold the engine against real browsers where none is
// installed.
func TestEngineAgreesWithRecordedBrowsers(t *testing.T) {
	for _, name := range BrowserNames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := Recorded(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Cases) < 1500 {
				t.Errorf("%d cases recorded, want at least 1500", len(c.Cases))
			}
			r := Compare(context.Background(), c, Profiles[name])
			for i, d := range r.Differences {
				if i == 5 {
					t.Errorf("and %d more", len(r.Differences)-i)
					break
				}
				t.Error(d)
			}
			if share := r.Successes * 100 / len(c.Cases); share < 40 || share > 70 {
				t.Errorf("%d %% of the cases end well; a corpus should be about half and half", share)
			}
		})
	}
}

// A comparison that finds nothing proves nothing unless it would find something.
func TestComparisonNoticesWhatProfilesExplain(t *testing.T) {
	c, err := Recorded("firefox")
	if err != nil {
		t.Fatal(err)
	}
	c.Cases, c.Observations = c.Cases[:300], c.Observations[:300]
	if r := Compare(context.Background(), c, fetch.Standard); len(r.Differences) == 0 {
		t.Error("Firefox agrees with the standard on everything, which it does not")
	}
}

// deviations.md names a case for every deviation of every browser. The case must
// show it: with the deviation the profile agrees, without it does not.
func TestEveryDeviationIsShownByItsCase(t *testing.T) {
	text, err := os.ReadFile("../docs/deviations.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`^\| \[(\w+)\]\(\S+\) \| .* \| (.*) \|$`)
	seen := regexp.MustCompile(`(Chromium|Firefox|WebKit) (\d+)`)
	shown := map[string][]string{} // by profile, deviations with a case
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
				t.Errorf("%s: docs/deviations.md names no case for %s", p.Name, d)
				continue
			}
			id, _ := strconv.Atoi(strings.TrimPrefix(shown[p.Name][i], d.String()+" "))
			at := slices.IndexFunc(c.Cases, func(c Case) bool { return c.ID == id })
			if at < 0 {
				t.Errorf("%s: %s: no case %d in the corpus", p.Name, d, id)
				continue
			}
			ctx := context.Background()
			if !agree(ctx, c, at, p) {
				t.Errorf("%s: the engine does not agree on case %d", p.Name, id)
			}
			if agree(ctx, c, at, p.Without(d)) {
				t.Errorf("%s: case %d does not need %s", p.Name, id, d)
			}
		}
	}
}

// wellReached are the reasons that generated cases must reach. The others need
// https, another network, a broken server or an element that is not generated;
// package fetch's own tests reach those.
var wellReached = []reason.Reason{
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

func TestCasesReachTheReasons(t *testing.T) {
	reached := map[reason.Reason]int{}
	for _, name := range BrowserNames {
		c, err := Recorded(name)
		if err != nil {
			t.Fatal(err)
		}
		for why, n := range Compare(context.Background(), c, Profiles[name]).Reasons {
			reached[why] += n
		}
	}
	for _, why := range wellReached {
		if reached[why] == 0 {
			t.Errorf("no recorded case ends in %s", why)
		}
	}
}

// A media element's second attempt may bring a cookie that the first one got.
func TestRepeatsOfMediaAreLeftOut(t *testing.T) {
	first, again, other := Wire{Method: "GET", Path: "0"}, Wire{Method: "GET", Path: "0", Cookie: "s=1"}, Wire{Method: "GET", Path: "1"}
	twice, once := Seen{Wire: []Wire{first, other, again, other}}, Seen{Wire: []Wire{first, other}}
	if field := differs("audio", twice, once); field != "" {
		t.Errorf("a repeated request differs in %s", field)
	}
	if differs("img", twice, once) == "" {
		t.Error("a picture's repeated request is left out too")
	}
	if differs("audio", once, Seen{Wire: []Wire{again, other}}) == "" {
		t.Error("a cookie on the first request is not noticed")
	}
}
