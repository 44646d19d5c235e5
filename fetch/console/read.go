package console

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/concors/concors/fetch/reason"
)

// A finding is the rows that were found best at one place of the text.
type finding struct {
	start, end int // in squeezed
	rows       []*row
	values     []map[string]string // of each row
}

// findings returns what is found in the text, in its order. Of rows that overlap,
// those count that begin first, because later text may be a value that quotes a
// console, and of these the ones with the most literal text.
func (t *text) findings() []finding {
	type found struct {
		match
		row *row
	}
	var all []found
	for _, r := range rows() {
		for _, m := range t.find(r.elements) {
			all = append(all, found{m, r})
		}
	}
	slices.SortStableFunc(all, func(a, b found) int {
		if a.start != b.start {
			return a.start - b.start
		}
		return b.row.weight - a.row.weight
	})
	var out []finding
	for _, f := range all {
		last := len(out) - 1
		switch {
		case last >= 0 && f.start == out[last].start && f.row.weight == out[last].rows[0].weight:
			out[last].rows = append(out[last].rows, f.row)
			out[last].values = append(out[last].values, f.values)
			out[last].end = max(out[last].end, f.end)
		case last < 0 || f.start >= out[last].end:
			out = append(out, finding{f.start, f.end, []*row{f.row}, []map[string]string{f.values}})
		}
	}
	return out
}

// A logical line is one line of a console, put together from what is found of it:
// who was blocked, the reason, and what follows it.
type logical struct {
	start, end int // in squeezed
	shell      *row
	values     map[string]string // of all but the reason
	reasons    *finding
	cut        []*row // the rows that the reason may be the beginning of
	topic      *topic
	text       *row // of a topic
}

// A lineReading is one way to read a logical line.
type lineReading struct {
	*row
	values map[string]string
	bare   bool // the reason stands alone
	vague  bool // the line does not say why
}

// Limits on how much may be between the pieces of a line, in bytes of squeezed.
const (
	maxLogicals   = 10_000
	maxGap        = 4
	maxLanguage   = 60 // in translations, of which other versions are known
	maxTail       = 40
	maxLink       = 160
	maxCut        = 400
	minAlone      = 24 // the length of a translated reason without its beginning
	maxNumber     = 400
	maxBack       = 2 << 10
	maxPhysical   = 2 << 10
	maxPanelLines = 3
	maxTried      = 200
)

// logicals puts the findings together.
func (t *text) logicals() []*logical {
	var out []*logical
	var current *logical
	findings := t.findings()
	for i := range findings {
		if len(out) == maxLogicals {
			break
		}
		f := &findings[i]
		first := f.rows[0]
		if i+1 < len(findings) && findings[i+1].start-f.end <= maxGap {
			first = f.before(findings[i+1].rows[0])
		}
		gap := maxText
		if current != nil {
			gap = f.start - current.end
		}
		open := current != nil && current.shell != nil && current.reasons == nil
		if open && gap > maxGap && first.role == because && t.extendURL(current, f.start) {
			gap = 0
		}
		if open && gap <= current.mostGap() && current.add(f) {
			continue
		}
		if at := int(t.at[f.start]); first.role == panel && at > 0 && t.clean[at-1] == '/' {
			// The address of the page about a message, which it may link to.
			if current != nil && gap <= maxLink {
				if open {
					current.reasons = f
				}
				current.end = f.end
			}
			continue
		}
		switch first.role {
		case preflight:
			if !open || gap > maxGap {
				current = &logical{start: f.start, shell: first, values: map[string]string{}}
				out = append(out, current)
			}
			current.end = f.end
			current.values["in preflight"] = ""
			continue
		case because:
			if first.language != "" && f.end-f.start < minAlone {
				continue
			}
		case tail:
			if current != nil && gap <= maxTail {
				current.learn(f.values[0])
				current.end = f.end
			}
			continue
		case shell:
			if open && gap <= maxGap && current.shell.browser == first.browser {
				current.learn(f.values[0]) // Failed to load URL: Redirect from URL ...
				current.end = f.end
				continue
			}
		}
		current = &logical{start: f.start, end: f.end, values: map[string]string{}}
		switch first.role {
		case shell:
			current.shell = first
			current.learn(f.values[0])
		case neighbor:
			current.topic, current.text = first.topic, first
			current.learn(f.values[0])
		default:
			current.reasons = f.alone()
		}
		out = append(out, current)
	}
	out = slices.DeleteFunc(out, func(l *logical) bool { return !t.complete(l) })
	for i := range len(out) - 1 {
		t.extendValue(out[i], out[i+1])
	}
	for _, l := range t.statusLines() {
		i, found := slices.BinarySearchFunc(out, l, func(a, b *logical) int { return a.start - b.start })
		before := i > 0 && out[i-1].end > l.start
		if !found && !before && (i == len(out) || out[i].start >= l.end) {
			out = slices.Insert(out, i, l)
		}
	}
	return out
}

// extendURL adds to the URL at the end of a line what stands before the reason, if the
// URL was cut at the end of the line, and reports whether it was.
func (t *text) extendURL(l *logical, reason int) bool {
	u, end := l.values["url"], l.end
	if u == "" || reason-end > maxValue || t.gaps[reason-1] != t.gaps[end] || t.at[end] == t.at[end-1]+1 ||
		!strings.HasSuffix(t.slice(l.start, end, ""), u) {
		return false
	}
	rest := strings.TrimRight(t.slice(end, reason, ""), ".:( ")
	l.values["url"], l.end = u+rest, reason
	return true
}

// extendValue adds to the value at the end of WebKit's line what stands before its
// second line: the value was folded there.
func (t *text) extendValue(l, next *logical) {
	if l.reasons == nil || next.reasons == nil || next.start-l.end > maxCut || next.start <= l.end {
		return
	}
	for i, r := range l.reasons.rows {
		value, ok := l.reasons.values[i]["value"]
		last := r.elements[len(r.elements)-1].name
		if ok && r.browser == webkit && last == "value" && next.reasons.rows[0].browser == webkit {
			blank, at := " ", t.line(l.end-1)
			if t.cutWithinWord(at) && !strings.HasSuffix(value, ",") {
				blank = ""
			}
			l.reasons.values[i]["value"] = value + blank + t.slice(l.end, next.start, " ")
			l.end = next.start
		}
	}
}

// mostGap is how much may be between a shell and its reason.
func (l *logical) mostGap() int {
	if l.shell.language != "" {
		return maxLanguage
	}
	return maxGap
}

// add adds a reason to a line, and reports whether the same browser prints both.
func (l *logical) add(f *finding) bool {
	var rows []*row
	var values []map[string]string
	for i, r := range f.rows {
		if r.browser == l.shell.browser && r.role == because {
			rows, values = append(rows, r), append(values, f.values[i])
		}
	}
	if len(rows) == 0 {
		return false
	}
	l.reasons, l.end = &finding{f.start, f.end, rows, values}, f.end
	return true
}

// before returns the row that counts before another one: Chromium's shell begins as a
// whole line of WebKit does.
func (f *finding) before(next *row) *row {
	if next.role == because || next.role == preflight {
		for i, r := range f.rows {
			if r.role == shell && r.browser == next.browser {
				f.values[0] = f.values[i]
				return r
			}
		}
	}
	return f.rows[0]
}

// alone returns the finding as it is read without a shell: what is a whole line for
// one browser is not the reason of another.
func (f *finding) alone() *finding {
	out := &finding{start: f.start, end: f.end}
	isLine := slices.ContainsFunc(f.rows, func(r *row) bool { return r.role == line })
	for i, r := range f.rows {
		if !isLine || r.role == line {
			out.rows, out.values = append(out.rows, r), append(out.values, f.values[i])
		}
	}
	return out
}

// learn adds what a piece of the line says, and no earlier piece said.
func (l *logical) learn(values map[string]string) {
	for name, value := range values {
		if _, ok := l.values[name]; !ok {
			l.values[name] = value
		}
	}
}

// complete reads what the rows do not match, and reports whether the line is one.
func (t *text) complete(l *logical) bool {
	if l.shell != nil && l.reasons == nil {
		text := l.shell.elements[0].literal
		switch {
		case strings.HasPrefix(text, "failedtoload"), text == "(reason:":
			return false
		case l.shell.browser == chromium && l.shell.role == shell && !t.isBlocked(l):
			return false
		}
		l.cut = t.cutReason(l)
	}
	if l.reasons != nil && l.shell == nil {
		t.lookBack(l)
	}
	if l.topic != nil && l.values["url"] == "" {
		t.lookBack(l)
	}
	if l.values["status"] == "" {
		t.lookForStatus(l)
	}
	return true
}

// isBlocked reports whether a shell says enough to be one, and is not a sentence
// about access to something.
func (t *text) isBlocked(l *logical) bool {
	u := l.values["url"]
	return strings.Contains(t.squeezed[l.start:l.end], "hasbeenblocked") || strings.Contains(u, ":") || placeholder(u) ||
		strings.HasPrefix(t.squeezed[l.start:], "blockedbycorspolicy:")
}

// cutReason returns the rows that what follows the line may be the beginning of, if
// the end of the message is missing.
func (t *text) cutReason(l *logical) []*row {
	from := l.end
	for from < len(t.squeezed) && strings.IndexByte(":.(-*", t.squeezed[from]) >= 0 {
		from++
	}
	for end := from; ; {
		// What is left may be folded, and something else may follow.
		i := strings.IndexByte(t.clean[t.at[end]:min(len(t.clean), int(t.at[end])+maxCut)], '\n')
		if end >= len(t.squeezed) || i < 0 {
			return nil
		}
		end, _ = slices.BinarySearch(t.at, t.at[end]+int32(i))
		rest := strings.TrimRight(t.squeezed[from:end], ".…*)]}&;\\")
		if end-from > maxCut || len(rest) < 2 {
			return nil
		}
		if l.shell.browser == chromium && len(rest) >= len("response") && strings.HasPrefix(failedPreflight(), rest) {
			l.values["in preflight"], l.end = "", end
			return nil // any reason may follow
		}
		var out []*row
		for _, r := range rows() {
			if r.role == because && r.browser == l.shell.browser && r.language == l.shell.language &&
				l.allows(r) && beginsWith(r.elements, rest) {
				out = append(out, r)
			}
		}
		if len(out) > 0 {
			l.end = end
			return out
		}
	}
}

// failedPreflight is what Chromium writes before the reason why a preflight failed.
var failedPreflight = sync.OnceValue(func() string {
	i := slices.IndexFunc(rows(), func(r *row) bool { return r.role == preflight })
	return rows()[i].elements[0].literal
})

// allows reports whether the line can have the row's reason: Chromium says whether
// the preflight failed.
func (l *logical) allows(r *row) bool {
	_, said := l.values["in preflight"]
	if r.browser != chromium {
		return true
	}
	return slices.ContainsFunc(r.first, func(why reason.Reason) bool {
		switch why {
		case reason.PreflightInvalidStatus, reason.PreflightDisallowedRedirect:
			return said
		}
		return !said || why.CORSCheck()
	})
}

// beginsWith reports whether a text can be the beginning of the elements.
func beginsWith(elements []element, rest string) bool {
	for i, e := range elements {
		switch {
		case e.optional != nil:
		case e.literal != "":
			if len(rest) <= len(e.literal) {
				return strings.HasPrefix(e.literal, rest)
			}
			after, ok := strings.CutPrefix(rest, e.literal)
			if !ok {
				return false
			}
			rest = after
		default:
			if i+1 == len(elements) {
				return true
			}
			at := strings.Index(rest, elements[i+1].literal)
			if elements[i+1].literal == "" || at < 0 {
				return true
			}
			rest = rest[at:]
		}
	}
	return false
}

// afterNumber matches a status after a message: that of net::ERR_FAILED 502, and the
// last thing in a translated message.
var (
	statusAfterError = regexp.MustCompile(`^\s([1-5]\d\d)(?:\s|$)`)
	statusTranslated = onDemand(`^[^\n\d]{0,60}\n?[^\n\d]{0,60}?[:：]\s*([1-5]\d\d)(?:\D|$)`)
)

// otherLanguage matches the URL and the reason of a message in a language that is not
// known: Firefox keeps the word CORS, and says (Reason: ...) after the URL. Some
// languages have no parentheses, or more words; there the header's name is needed too,
// and a character that English does not have.
var otherLanguage = onDemand(
	`((?:https?|file|ftp)://[^\s"'<>“”‘’«»]+)[\s”’»][^\n()（）]{0,80}\n?[^\n()（）]{0,80}(?:` +
		`[(（]\s*[^\s:：()（）]{1,24}\s?[:：]\s*[^)）]{0,80}?CORS[^)）]{0,120}[)）]|` +
		`([(（]?[^\n:：()（）]{1,30}[:：]\s*[^\n()（）]{0,80}?CORS[^\n()（）]{0,20}Access-Control-Allow-[A-Za-z]+))`)

// inOtherLanguage returns a message of Firefox in a language that is not known.
func (t *text) inOtherLanguage() *logical {
	var at []int
	from, tried := 0, 0
	for next := t.next("cors", 0); next >= 0 && at == nil && tried < maxTried; next = t.next("cors", next+1) {
		from = max(0, int(t.at[next])-2*maxNear)
		at = otherLanguage().FindStringSubmatchIndex(t.clean[from:min(len(t.clean), int(t.at[next])+maxNear)])
		tried++
	}
	foreign := func(c rune) bool { return c >= utf8.RuneSelf }
	if at == nil || at[4] >= 0 && !strings.ContainsFunc(t.clean[from+at[0]:from+at[1]], foreign) {
		return nil
	}
	start, _ := slices.BinarySearch(t.at, int32(from+at[0]))
	end, _ := slices.BinarySearch(t.at, int32(from+at[1]))
	l := &logical{start: start, end: end, values: map[string]string{"url": strings.TrimRight(t.clean[from+at[2]:from+at[3]], ".,")},
		shell: &row{role: shell, browser: firefox, language: unknownLanguage}}
	t.lookForStatus(l)
	return l
}

// unknownLanguage is "undetermined" in BCP 47.
const unknownLanguage = "und"

// lookForStatus reads a status that no row has.
func (t *text) lookForStatus(l *logical) {
	var expr *regexp.Regexp
	switch {
	case l.shell != nil && l.shell.language != "", l.reasons != nil && l.reasons.rows[0].language != "":
		expr = statusTranslated()
	case l.reasons != nil && strings.Contains(t.squeezed[l.start:l.end], "net::err_"):
		expr = statusAfterError
	default:
		return
	}
	after := int(t.at[l.end-1]) + 1
	m := expr.FindStringSubmatch(t.clean[after:min(len(t.clean), after+maxNumber)])
	if m != nil {
		l.values["status"] = m[1]
	}
}

// A word before an error that can be its URL.
var urlWord = regexp.MustCompile(`^(?:[a-z][a-z0-9+.-]*:)?//\S+|^file:\S+`)

// lookBack reads what stands before a line: GET URL net::ERR_FAILED.
func (t *text) lookBack(l *logical) {
	if l.reasons != nil && l.reasons.rows[0].language != "" {
		t.lookBackForURL(l)
		return
	}
	panelWord := l.reasons != nil && slices.ContainsFunc(l.reasons.rows, func(r *row) bool { return r.role == panel })
	isError := strings.HasPrefix(t.squeezed[l.start:], "net::")
	if !panelWord && !isError && !strings.HasPrefix(t.squeezed[l.start:], "failedtoloadresource") {
		return
	}
	end := int(t.at[l.start])
	before := t.clean[max(0, end-maxBack):end]
	lines := 1
	if panelWord {
		lines = maxPanelLines
	} else if isError && strings.TrimSpace(before[strings.LastIndexByte(before, '\n')+1:]) == "" {
		lines = 2 // folded before the error
	}
	for i := len(before); lines > 0 && i >= 0; lines-- {
		i = strings.LastIndexByte(before[:i], '\n')
		if lines > 1 && i >= 0 {
			continue
		}
		before = before[i+1:]
		break
	}
	words := strings.Fields(before)
	for i := len(words) - 1; i >= 0 && i >= len(words)-4; i-- {
		word := unwrap(strings.Trim(words[i], "\"'`,()[]"))
		if urlWord.MatchString(word) {
			l.values["url"] = word
			at := end - len(before) + strings.LastIndex(before, words[i])
			l.start, _ = slices.BinarySearch(t.at, int32(at))
			return
		}
		if !panelWord && strings.Trim(word, "-–—:|") != "" {
			return
		}
	}
}

// lookBackForURL reads the URL before a translated reason whose beginning is not known:
// other versions of Firefox have other words there.
func (t *text) lookBackForURL(l *logical) {
	end := int(t.at[l.start])
	before := t.clean[max(0, end-maxNear):end]
	all := anyURL.FindAllStringIndex(before, -1)
	if len(all) == 0 {
		return
	}
	last := all[len(all)-1]
	l.values["url"] = strings.TrimRight(before[last[0]:last[1]], ".,:;)]}")
	l.start, _ = slices.BinarySearch(t.at, int32(end-len(before)+last[0]))
}

// readings returns the ways to read a line.
func (l *logical) readings() []lineReading {
	var out []lineReading
	add := func(r *row, own map[string]string) *lineReading {
		values := map[string]string{}
		for name, value := range l.values {
			values[name] = value
		}
		for name, value := range own {
			values[name] = value
		}
		if u, ok := values["ascii url"]; ok {
			values["url"] = u
		}
		if u, ok := values["url"]; ok && r.wire {
			values["wire"] = u
			delete(values, "url")
		}
		out = append(out, lineReading{row: r, values: values})
		return &out[len(out)-1]
	}
	switch {
	case l.reasons != nil:
		for i, r := range l.reasons.rows {
			reading := add(r, l.reasons.values[i])
			reading.bare = l.shell == nil && r.role == because
			reading.vague = r.browser != firefox && len(r.later) > manyReasons
		}
	default:
		possible := l.cut
		if possible == nil {
			for _, r := range rows() {
				if r.role == because && r.browser == l.shell.browser && r.language == "" && !r.wire && l.allows(r) {
					possible = append(possible, r)
				}
			}
		}
		all := &row{browser: l.shell.browser, language: l.shell.language}
		for _, r := range possible {
			all.first = appendNew(all.first, r.first...)
		}
		distinct := map[reason.Reason]bool{}
		for _, why := range all.first {
			distinct[why.WithoutPreflight()] = true
		}
		if len(distinct) == 1 && len(possible) == 1 {
			all = possible[0]
		}
		add(all, nil).vague = len(distinct) > 1
	}
	return out
}

// manyReasons is how many reasons a line may be printed for and still say why.
const manyReasons = 10
