package fetch

import (
	"slices"
	"strconv"

	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/origin"
)

// upgradeMixedContent: https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm
func (f *fetchParams) upgradeMixedContent() {
	req := f.request
	u := req.currentURL()
	if u.Scheme != "http" || !req.isUpgradable() || !f.quirks.upgradesMixedContent(req.client) ||
		!f.quirks.upgradesEveryHost(req) && (u.Host.IsIP() || origin.URLPotentiallyTrustworthy(u)) {
		return
	}
	upgraded := *u
	upgraded.Scheme = "https"
	req.urlList[len(req.urlList)-1] = &upgraded
	req.taintLength = 0
	f.step(Step{
		Algorithm: "mixed content", Anchor: "https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm",
		Inputs: []Input{{"URL", u.String()}}, Exchange: -1,
		Outcome: "an image, audio or video of an HTTPS page: requested over https instead",
	})
}

// isUpgradable reports whether the request is for an image, audio or video of an element.
func (req *request) isUpgradable() bool {
	return oneOf(req.destination, DestinationImage, DestinationAudio, DestinationVideo) &&
		(req.mode != ModeCORS || req.initiator == InitiatorElement)
}

// blockMixedContent: https://w3c.github.io/webappsec-mixed-content/#should-block-fetch
func (f *fetchParams) blockMixedContent() *NetworkError {
	req := f.request
	u := req.currentURL()
	topLevelNavigation := req.mode == ModeNavigate && req.destination == DestinationDocument
	if !f.quirks.prohibitsMixedContent(req.client) || topLevelNavigation || !u.IsHTTP() ||
		origin.URLPotentiallyTrustworthy(u) && !f.quirks.loopbackIsMixed(req) || f.quirks.mixedContentBlockedLater(req) {
		return nil
	}
	return f.fail(reason.MixedContent, -1, NetworkError{},
		Input{"page", req.client.url.String()}, Input{"URL", u.String()})
}

// badPort: https://fetch.spec.whatwg.org/#block-bad-port
func (f *fetchParams) badPort() *NetworkError {
	u := f.request.currentURL()
	if u.IsHTTP() && slices.Contains(badPorts, u.EffectivePort()) {
		return f.fail(reason.BlockedPort, -1, NetworkError{}, Input{"port", strconv.Itoa(u.EffectivePort())})
	}
	return nil
}

// badPorts: https://fetch.spec.whatwg.org/#bad-port
var badPorts = []int{
	0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25,
	37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
	110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389,
	427, 465, 512, 513, 514, 515, 526, 530, 531, 532, 540, 548, 554, 556,
	563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045,
	4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
}
