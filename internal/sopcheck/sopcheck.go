// Package sopcheck names single checks of the same-origin policy as a page can run them,
// such as "cross/get/document", and predicts what the page sees in each browser. A check
// belongs to a group ("window", "messages" …), and a group's name may begin with the run that
// it belongs to: "https:" and "test:" for pages at another scheme or on a name that is not
// trustworthy, "oac0:" and "oac1:" for an Origin-Agent-Cluster header, and "tpc:" for a browser
// that allows third-party cookies.
//
// Checks are about these origins: self is the page's own, http://a.site.localhost:P1; port
// another port of its host; sub, parent and cross other hosts; https another scheme; and sandbox
// a frame with an opaque origin.
//
// testdata/measured.tsv has what Chromium 156, Firefox 153 ESR and WebKitGTK 2.50 did on 28 November
// 2026: the group, the id and an outcome per browser, each after "=", or "-" if it was not measured.
package sopcheck

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/concors/concors/fetch/cookie"
	"github.com/concors/concors/sop"
)

// A Check is one check of one group.
type Check struct{ Group, ID string }

// A Prediction is what a page sees, and why.
type Prediction struct {
	// Known is false for a check that this package does not have, or whose outcome package sop does
	// not know. The other fields are then empty.
	Known   bool
	Outcome string
	// Decision is the one that the outcome depends on: the last that refused something, or else the
	// last one. It is zero for an outcome that needs no decision.
	Decision sop.Decision
}

// Predict returns what a page sees in the browser.
func Predict(p sop.Profile, c Check) (prediction Prediction) {
	w := newWorld(p)
	group := c.Group
	for {
		run, rest, ok := strings.Cut(group, ":")
		if !ok {
			break
		}
		switch run {
		case "https", "test", "oac0", "oac1", "tpc":
			w.run[run] = true
		default:
			return Prediction{}
		}
		group = rest
	}
	if w.run["tpc"] {
		w.profile.Fetch.Cookies.ThirdParty = cookie.AllowThirdParty
	}
	check, ok := groups[group]
	if !ok {
		return Prediction{}
	}
	defer func() {
		if failed := recover(); failed != nil {
			if _, isUnknown := failed.(unknown); !isUnknown {
				panic(failed)
			}
			prediction = Prediction{} // the check names a relation or a document that does not exist
		}
	}()
	outcome, known := check(w, c.ID)
	if !known {
		return Prediction{}
	}
	return Prediction{Known: true, Outcome: w.withPortNames(outcome), Decision: w.decision}
}

// unknown is what world's methods panic with if a check names something that doesn't exist.
type unknown struct{}

var groups = map[string]func(*world, string) (string, bool){
	"window": windowGroup, "names": namesGroup, "domain": domainGroup, "origins": originsGroup,
	"navigation": navigationGroup, "messages": messagesGroup, "storage": storageGroup, "cookies": cookieGroup,
	"canvas": canvasGroup, "styles": stylesGroup, "framing": framingGroup,
	"isolation": isolationGroup, "scripts": scriptsGroup,
	"sends": sendsGroup, "writes": writesGroup, "mixed": mixedGroup, "jsonp": jsonpGroup, "opaque": opaqueGroup,
}

// A world is the page and the origins of one check.
type world struct {
	profile sop.Profile
	run     map[string]bool
	// decision is that of the prediction; see record.
	decision sop.Decision
}

// record keeps an answer's decision for the prediction, and returns the answer.
func record[T interface{ Decided() sop.Decision }](w *world, answer T) T {
	if d := answer.Decided(); d.Verdict == sop.Refused || w.decision.Verdict != sop.Refused {
		w.decision = d
	}
	return answer
}

func newWorld(p sop.Profile) *world { return &world{profile: p, run: map[string]bool{}} }

// The ports that P1, P2 and P3 stand for.
const port1, port2, port3 = "8001", "8002", "8443"

func (w *world) withPortNames(s string) string {
	return strings.NewReplacer(":"+port1, ":P1", ":"+port2, ":P2", ":"+port3, ":P3").Replace(s)
}

func (w *world) tld() string {
	if w.run["test"] {
		return "test"
	}
	return "localhost"
}

// origin returns the origin that a relation stands for.
func (w *world) origin(relation string) string {
	scheme, first, second := "http", port1, port2
	if w.run["https"] {
		scheme, first, second = "https", port3, "8444"
	}
	host := func(name, port string) string { return scheme + "://" + name + "." + w.tld() + ":" + port }
	switch relation {
	case "self", "sandbox":
		return host("a.site", first)
	case "port":
		return host("a.site", second)
	case "sub":
		return host("b.site", first)
	case "parent":
		return host("site", first)
	case "cross":
		return host("other", first)
	case "cross2":
		return host("third", first)
	case "https":
		return "https://a.site." + w.tld() + ":" + port3
	case "http":
		return "http://a.site." + w.tld() + ":" + port1
	}
	panic(unknown{})
}

// load makes a document with the run's headers.
func (w *world) load(n sop.Navigation) *sop.Document {
	switch {
	case w.run["oac0"]:
		n.OriginAgentCluster = "?0"
	case w.run["oac1"]:
		n.OriginAgentCluster = "?1"
	}
	doc, _, err := w.profile.Load(n)
	if err != nil {
		panic(fmt.Sprintf("sopcheck: %v", err)) // the URLs are constants of this package
	}
	return doc
}

func (w *world) page() *sop.Document {
	return w.load(sop.Navigation{URL: w.origin("self") + "/run?set=main"})
}

// frame makes a frame of a relation in the parent.
func (w *world) frame(parent *sop.Document, relation string) *sop.Document {
	n := sop.Navigation{URL: w.origin(relation) + "/frame", Parent: parent}
	if relation == "sandbox" {
		n.Sandbox = sop.ParseSandbox("allow-scripts")
	}
	return w.load(n)
}

// frameWithKid makes a frame that has a frame of its own origin, called kid.
func (w *world) frameWithKid(parent *sop.Document, relation string) *sop.Document {
	f := w.frame(parent, relation)
	w.load(sop.Navigation{URL: w.origin(relation) + "/kid", Parent: f, Name: "kid"})
	return f
}

func (w *world) access(from, to *sop.Document, op sop.Operation, key string) sop.AccessAnswer {
	return record(w, w.profile.Access(sop.Access{From: from, To: to, Operation: op, Key: key}))
}

// show prints what an operation returned. It is not known if its value is not.
func show(c sop.Completion) (string, bool) {
	if c.Exception != "" {
		return "!" + c.Exception, true
	}
	return c.Value.String(), c.Value.Type != ""
}

func truth(b bool) (string, bool) { return fmt.Sprint(b), true }

// relation cuts a relation off the front of a check's name.
func relation(id string) (string, string) {
	relation, rest, ok := strings.Cut(id, "/")
	if !ok {
		return "", id
	}
	return relation, rest
}

// chapters are the groups of the chapters of the recorded outcomes.
var chapters = map[string][]string{
	"a": {"window", "names"}, "b": {"domain"}, "c": {"origins"}, "d": {"navigation"}, "e": {"messages"},
	"f": {"storage", "cookies"}, "g": {"canvas", "styles", "scripts", "framing", "sends", "writes", "mixed"},
	"h": {"jsonp"}, "i": {"opaque"}, "j": {"isolation"},
}

// Parse returns the checks that an id may mean. An id is a check, such as "cross/get/document", or
// "cross: get/document". In front of it may be runs ("https:", "oac1:") and a group ("window:") or the
// letter of a chapter ("(a) " or "a:"). Without a group, the id means the check of that name in every
// group.
func Parse(id string) []Check {
	runs := ""
	candidates := slices.Sorted(maps.Keys(groups))
	for {
		id = strings.TrimLeft(id, " ")
		word, rest, ok := strings.Cut(id, ":")
		if !ok && !strings.HasPrefix(id, "(") {
			break
		}
		if strings.HasPrefix(id, "(") && len(id) > 2 && id[2] == ')' {
			word, rest, ok = id[1:2], id[3:], true
		}
		switch {
		case ok && isRun(word) && !strings.HasPrefix(rest, " "):
			runs += word + ":"
		case ok && groups[word] != nil:
			candidates = []string{word}
		case ok && chapters[word] != nil:
			candidates = chapters[word]
		default:
			ok = false
		}
		if !ok {
			break
		}
		id = rest
	}
	var checks []Check
	for _, group := range candidates {
		checks = append(checks, Check{runs + group, id})
		if name := strings.Replace(id, ": ", "/", 1); name != id {
			checks = append(checks, Check{runs + group, name})
		}
	}
	return checks
}

func isRun(word string) bool {
	switch word {
	case "https", "test", "oac0", "oac1", "tpc":
		return true
	}
	return false
}

// Ask predicts what an id means. It is not known if the id means checks with different outcomes.
func Ask(p sop.Profile, id string) (Check, Prediction) {
	var found Check
	var prediction Prediction
	for _, c := range Parse(id) {
		next := Predict(p, c)
		switch {
		case !next.Known:
		case prediction.Known && prediction.Outcome != next.Outcome:
			return Check{}, Prediction{}
		default:
			found, prediction = c, next
		}
	}
	return found, prediction
}
