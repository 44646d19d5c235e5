package console

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/origin"
)

// A Message is what a browser said of one blocked fetch, in one line of
// its console or several.
type Message struct {
	// Line is the number of its first line in the text, from 1, and Lines are
	// its lines as they stood there, without colours.
	Line  int
	Lines []string
	// Browsers are the names of the profiles whose browsers say this; mostly
	// there is one.
	Browsers []string
	// Reasons are those for which they say it, the likeliest first. The same
	// line can stand for several: not every browser tells all that it knows.
	Reasons []reason.Reason
	// Known is what the message tells, in the fields of an error; its Reason
	// is the first of Reasons, and its Trace is nil.
	Known fetch.NetworkError
}

// Limits on what Parse reads, and how many lines a message can have.
const (
	maxText    = 1 << 20
	maxLine    = 8 << 10
	maxMessage = 4
)

// Parse finds what browsers' browsers say of blocked fetches in a text,
// such as one that was copied out of a console or a log. It is the reverse of
// [Lines] and reads with the same table, and knows some
// spellings of older versions besides. What stands before a message in its line,
// a time or a file's name, does not matter, nor what stands behind it; lines that
// say nothing of a blocked fetch are passed over. Lines that follow a message and
// belong to it are joined to it.
//
// It reads the first MiB of the text, and of each line the first 8 KiB; what it
// costs grows linearly with that. It is safe for concurrent use.
func Parse(text string) []Message {
	text = text[:min(len(text), maxText)]
	text = ansiSequence.ReplaceAllString(text, "")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ").Replace(text)
	var out []Message
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.ToValidUTF8(strings.TrimSuffix(line, "\n"), "\uFFFD")
		line = line[:min(len(line), maxLine)]
		read := readLine(line)
		if len(read) == 0 {
			continue
		}
		if len(out) > 0 && out[len(out)-1].join(line, read) {
			continue
		}
		out = append(out, newMessage(number, line, read))
	}
	for i := range out {
		out[i].conclude()
	}
	return out
}

// ansiSequence is what sets colours in a terminal's log.
var ansiSequence = regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`)

// A lineReading is one way to read a line.
type lineReading struct {
	*pattern
	values map[string]string // by the names in braces
}

// readLine reads a line with the whole table. Where several patterns fit,
// the one that begins first is right, and of those the one with the most text of
// its own: what comes later may be a header's value that quotes a console.
func readLine(line string) []lineReading {
	var best []lineReading
	start, weight := len(line), 0
	for _, p := range patterns() {
		if !strings.Contains(line, p.literal) {
			continue
		}
		at := p.re.FindStringSubmatchIndex(line)
		if at == nil || at[0] > start || at[0] == start && p.weight < weight {
			continue
		}
		if at[0] < start || p.weight > weight {
			best, start, weight = nil, at[0], p.weight
		}
		values := map[string]string{}
		for i, name := range p.names {
			if from, to := at[2*i+2], at[2*i+3]; from >= 0 {
				values[name] = strings.Clone(line[from:to])
			}
		}
		best = append(best, lineReading{p, values})
	}
	return best
}

func newMessage(number int, line string, read []lineReading) Message {
	m := Message{Line: number, Lines: []string{line}}
	alone := slices.ContainsFunc(read, func(r lineReading) bool { return len(r.first) > 0 })
	for _, r := range read {
		reasons := r.first
		if !alone || r.browser == chromium {
			// What it follows may have been cut off: fetch.Chromium's net::ERR_FAILED
			// is what most people copy.
			reasons = append(slices.Clone(reasons), r.later...)
		}
		if len(reasons) == 0 {
			continue
		}
		m.Browsers = append(m.Browsers, browsers[r.browser])
		for _, why := range reasons {
			m.Reasons = appendNew(m.Reasons, r.inPreflight(why)...)
		}
		m.learn(r)
	}
	slices.Sort(m.Browsers)
	m.Browsers = slices.Compact(m.Browsers)
	m.sort()
	return m
}

// inPreflight lists for which of a reason and its twin in a preflight the line
// stands: Chromium says so, the others don't.
func (r lineReading) inPreflight(why reason.Reason) []reason.Reason {
	twin := why.InPreflight()
	_, said := r.values["in preflight"]
	switch {
	case twin == why:
		return []reason.Reason{why}
	case said:
		return []reason.Reason{twin}
	case r.browser == chromium && slices.Contains(r.first, why):
		return []reason.Reason{why}
	}
	return []reason.Reason{why, twin}
}

// sort brings the likeliest reasons to the front.
func (m *Message) sort() {
	slices.SortStableFunc(m.Reasons, func(a, b reason.Reason) int { return unlikeliness(a) - unlikeliness(b) })
}

func unlikeliness(r reason.Reason) int {
	switch r.WithoutPreflight() {
	case reason.MissingAllowOriginHeader, reason.ConnectionFailed:
		return 0
	case reason.AllowOriginMismatch, reason.PreflightInvalidStatus:
		return 1
	}
	return 2
}

// join takes a line in that follows the message, if it does.
func (m *Message) join(line string, read []lineReading) bool {
	if last := len(m.Lines) - 1; len(m.Lines) == maxMessage || m.Browsers[0] == browsers[chromium] && line == m.Lines[last] {
		return false // the next fetch of the same kind
	}
	for _, r := range read {
		if !slices.Contains(m.Browsers, browsers[r.browser]) {
			continue
		}
		var later []reason.Reason
		for _, why := range r.later {
			later = append(later, why, why.InPreflight())
		}
		both := slices.DeleteFunc(slices.Clone(m.Reasons), func(why reason.Reason) bool { return !slices.Contains(later, why) })
		if len(both) == 0 || !m.about(r) {
			continue
		}
		m.Browsers, m.Reasons = []string{browsers[r.browser]}, both
		m.Lines = append(m.Lines, line)
		m.learn(r)
		if r.browser == firefox && r.values["wire"] != "" && (m.Known.Status < 300 || m.Known.Status > 399) {
			// A check that fails on the answer itself is told once; that the
			// request failed is added where it could not be sent.
			slices.SortStableFunc(m.Reasons, func(a, b reason.Reason) int { return boolToInt(!a.Preflight()) - boolToInt(!b.Preflight()) })
		}
		return true
	}
	return false
}

// about reports whether the line can be about the same fetch.
func (m *Message) about(r lineReading) bool {
	for _, name := range []string{"url", "wire", "first url"} {
		u, told := r.values[name]
		if !told || m.Known.URL == "" || u == m.Known.URL || u == m.Known.FirstURL {
			continue
		}
		// After a redirect the second line may name another URL than the first.
		redirected := name == "first url" || name == "wire" && r.browser == webkit || slices.ContainsFunc(m.Reasons, isRedirect)
		return redirected && len(m.Lines) == 1
	}
	return true
}

// isRedirect reports whether the reason is about where a redirect goes, so that
// two URLs are talked about.
func isRedirect(r reason.Reason) bool { return r.Phase() == reason.Redirect }

// learn takes over what a line tells, where no line before it did.
func (m *Message) learn(r lineReading) {
	k := &m.Known
	set := func(to *string, value string) {
		if *to == "" {
			*to = value
		}
	}
	for _, name := range []string{"url", "target", "wire", "first url", "page", "page origin", "origin", "value", "bad token", "type", "header", "lower header", "method"} {
		value, told := r.values[name]
		if !told {
			continue
		}
		switch name {
		case "url":
			set(&k.URL, value)
		case "target":
			if slices.ContainsFunc(m.Reasons, isRedirect) {
				set(&k.URL, value)
			}
		case "wire", "first url":
			if k.URL == "" {
				k.URL = value
			} else if value != k.URL {
				set(&k.FirstURL, value)
			}
		case "page":
			set(&k.Page, value)
			if o, err := origin.FromURL(value); err == nil {
				set(&k.PageOrigin, o.String())
			}
		case "page origin":
			set(&k.PageOrigin, value)
		case "origin":
			set(&k.Origin, value)
			if value != "null" {
				set(&k.PageOrigin, value)
			}
		case "value", "bad token", "type":
			set(&k.Value, value)
		case "header", "lower header":
			set(&k.Header, value)
		case "method":
			set(&k.Method, value)
		}
	}
	if space, told := r.values["space"]; told {
		k.Space = fetch.AddressSpace(space)
	}
	if status, err := strconv.Atoi(r.values["status"]); err == nil && k.Status == 0 {
		k.Status = status
	}
	kind := r.kind
	switch told := r.values["kind"]; told {
	case "":
	case "text track":
		kind = "track"
	case "resource":
	default:
		kind = told
	}
	set(&k.Kind, kind)
}

// conclude fills in what follows from the rest.
func (m *Message) conclude() {
	k := &m.Known
	if slices.Contains(m.Browsers, browsers[firefox]) && slices.Contains(m.Reasons, reason.AllowOriginMismatch) && k.Value != "" {
		// It has one text for what the value itself tells apart.
		why := fetch.AllowOriginReason(k.Value)
		m.Reasons = slices.DeleteFunc(m.Reasons, func(r reason.Reason) bool { return r.WithoutPreflight() != why })
	}
	k.Reason = m.Reasons[0]
	switch r := k.Reason.WithoutPreflight(); r {
	case reason.MissingAllowOriginHeader, reason.MultipleAllowOriginValues, reason.InvalidAllowOriginValue, reason.AllowOriginMismatch, reason.WildcardOriginNotAllowed:
		k.Header = "Access-Control-Allow-Origin"
		if r == reason.WildcardOriginNotAllowed {
			k.Value = "*"
		}
	case reason.InvalidAllowCredentials:
		k.Header = "Access-Control-Allow-Credentials"
	case reason.InvalidAllowMethodsPreflightResponse, reason.MethodDisallowedByPreflightResponse:
		k.Header = "Access-Control-Allow-Methods"
	case reason.InvalidAllowHeadersPreflightResponse:
		k.Header = "Access-Control-Allow-Headers"
	}
	if plain := k.Reason.WithoutPreflight(); plain == reason.WildcardOriginNotAllowed || plain == reason.InvalidAllowCredentials {
		k.Credentials = fetch.CredentialsInclude
	}
	k.Present = k.Value != ""
	if k.Origin == "" {
		k.Origin = k.PageOrigin
		first, err := origin.FromURL(k.FirstURL)
		last, err2 := origin.FromURL(k.URL)
		if k.FirstURL != "" && err == nil && err2 == nil && !origin.SameOrigin(first, last) && first.String() != k.PageOrigin && k.PageOrigin != "" {
			k.Origin = "null" // the redirect has tainted it
		}
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func appendNew(list []reason.Reason, more ...reason.Reason) []reason.Reason {
	for _, r := range more {
		if !slices.Contains(list, r) {
			list = append(list, r)
		}
	}
	return list
}

// A pattern is a line of one browser's, read out of the tables.
type pattern struct {
	browser int
	re      *regexp.Regexp
	names   []string // of its groups
	literal string   // a piece that every such line has
	weight  int      // how much of it is text of its own
	kind    string
	// first are the reasons whose messages begin with it, later those in whose
	// messages it follows.
	first, later []reason.Reason
}

// patterns compiles the tables once.
var patterns = sync.OnceValue(func() []*pattern {
	b := patternBuilder{byText: map[string]*pattern{}}
	for _, row := range table {
		for browser, template := range row.text {
			b.addMessage(browser, row.reason, template)
		}
	}
	for _, row := range otherLines {
		b.addMessage(row.browser, row.reason, row.text)
	}
	return b.all
})

// otherLines are lines that the browsers of the profiles do not print, or
// not in every case: those of older versions, and of the developer tools around
// them.
var otherLines = []struct {
	browser int
	reason  reason.Reason
	text    string
}{
	{chromium, reason.WildcardOriginNotAllowed, chAccess + "A wildcard '*' cannot be used in the 'Access-Control-Allow-Origin' header when the credentials flag is true." + chFailed},
	{chromium, reason.InvalidAllowCredentials, chAccess + "Credentials flag is 'true', but the 'Access-Control-Allow-Credentials' header is '{value}'. It must be 'true' to allow credentials." + chFailed},
	{chromium, reason.PreflightInvalidStatus, chAccess + "Response for preflight has invalid HTTP status code {status}" + chFailed},
	{chromium, reason.PreflightDisallowedRedirect, chAccess + "Response for preflight is invalid (redirect)" + chFailed},
	{chromium, reason.InvalidResponse, chAccess + "The response is invalid." + chFailed},
	{chromium, reason.ConnectionFailed, chLoad + "ERR_FAILED"}, // "{net error}" is the others
	{chromium, reason.OpaqueResponseBlocked, chLoad + "ERR_BLOCKED_BY_ORB"},
	{chromium, reason.OpaqueResponseBlocked, "Cross-Origin Read Blocking (CORB) blocked cross-origin response {url} with MIME type {type}."},
	{firefox, reason.HeaderDisallowedByPreflightResponse, ffReason + "missing token ‘{lower header}’ in CORS header ‘Access-Control-Allow-Headers’ from CORS preflight channel).\n" + ffThen},
	{firefox, reason.PreflightInvalidStatus, ffReason + "CORS preflight channel did not succeed).\n" + ffThen},
	{firefox, reason.OpaqueResponseBlocked, "The resource at “{url}” was blocked by OpaqueResponseBlocking. Reason: "},
	{webkit, reason.MixedContent, "[blocked] The page at {page} was not allowed to display insecure content from {url}."},
	{webkit, reason.MixedContent, "[blocked] The page at {page} was not allowed to run insecure content from {url}."},
}

// chOld is how Chromium began its lines up to version 65.
const chOld = "{old load} {url}{colon} {in preflight}"

// A place is where in a message a line can stand.
type place struct{ first, later bool }

type patternBuilder struct {
	all    []*pattern
	byText map[string]*pattern
}

// addMessage adds the lines of a message.
func (b *patternBuilder) addMessage(browser int, why reason.Reason, template string) {
	at := place{first: true}
	for line := range strings.Lines(template) {
		line = strings.TrimSuffix(line, "\n")
		parts := lineParts(browser, line)
		switch {
		case parts != nil:
			for _, p := range parts {
				head, tail, more := strings.Cut(p.text, "\n")
				b.addVariants(browser, why, head, p.kind, at)
				if more {
					b.addVariants(browser, why, tail, p.kind, place{later: true})
				}
			}
			at.later = true // and it may be missing, so that the next one is the first
		case line != "":
			b.addVariants(browser, why, line, "", at)
			at = place{later: true}
		}
	}
}

// lineParts are what a line can become that is nothing but a name in braces; nil
// if it is another line.
func lineParts(browser int, line string) []part {
	names := map[string][]string{
		"{then}": {"then"}, "{element}": {"element", "element failed"}, "{denied}": {"denied"}, "{not allowed}": {"not allowed"},
		"{local resource}": {"local resource", "only http"}, "{net error}": {"refused", "reset"},
	}[line]
	var parts []part
	for _, p := range browserParts[browser] {
		if slices.Contains(names, p.name) {
			parts = append(parts, p)
		}
	}
	return parts
}

// addVariants adds a line as it stands and, derived from it, as older versions
// or the developer tools print it.
func (b *patternBuilder) addVariants(browser int, why reason.Reason, line, kind string, at place) {
	b.add(browser, why, line, kind, at)
	if text, ok := strings.CutPrefix(line, chAccess); ok {
		b.add(browser, why, chOld+text, kind, at)
	}
	if text, ok := strings.CutPrefix(line, chLoad); ok {
		b.add(browser, why, "{request method} {url} net::"+text, kind, at)
	}
	if text, _, ok := strings.Cut(line, " Status code: "); ok && browser != chromium {
		b.add(browser, why, text, kind, at)
	}
}

func (b *patternBuilder) add(browser int, why reason.Reason, line, kind string, at place) {
	key := browsers[browser] + line
	p := b.byText[key]
	if p == nil {
		p = compileLine(browser, line)
		p.kind = kind
		b.byText[key] = p
		b.all = append(b.all, p)
	}
	if at.first {
		p.first = appendNew(p.first, why)
	}
	if at.later {
		p.later = appendNew(p.later, why)
	}
}

// compileLine makes a regular expression of a line's template.
func compileLine(browser int, line string) *pattern {
	p := &pattern{browser: browser}
	var expr strings.Builder
	var literals []string
	var add func(line string, optional bool)
	add = func(line string, optional bool) {
		for line != "" {
			before, rest, found := strings.Cut(line, "{")
			expr.WriteString(anyQuotes.Replace(regexp.QuoteMeta(before)))
			if !optional {
				p.weight += len(before)
				literals = append(literals, strings.FieldsFunc(before, func(r rune) bool { return strings.ContainsRune(quotes, r) })...)
			}
			if !found {
				return
			}
			name, after, _ := strings.Cut(rest, "}")
			line = after
			part := slices.IndexFunc(browserParts[browser], func(p part) bool { return p.name == name })
			if part < 0 {
				p.names = append(p.names, name)
				expr.WriteString("(" + captures(name) + ")")
				continue
			}
			if name == "in preflight" {
				p.names = append(p.names, name)
				expr.WriteString("(")
			} else {
				expr.WriteString("(?:")
			}
			add(browserParts[browser][part].text, true)
			expr.WriteString(")?")
		}
	}
	add(line, false)
	if last := line[len(line)-1]; last >= 'A' && last <= 'Z' || last == ')' || last >= 'a' && last <= 'z' {
		// The end of a word, such as that of net::ERR_FAILED.
		expr.WriteString(`(?:\W|$)`)
	}
	p.re = regexp.MustCompile(expr.String())
	for _, l := range literals {
		if len(l) > len(p.literal) {
			p.literal = l
		}
	}
	return p
}

// quotes and anyQuotes: what a text went through may have made other quotation
// marks of them.
const quotes = "'‘’\"“”"

var anyQuotes = strings.NewReplacer("'", "['‘’]", "‘", "['‘’]", "’", "['‘’]", `"`, `["“”]`, "“", `["“”]`, "”", `["“”]`)

// captures is what a name in braces can stand for.
func captures(name string) string {
	switch name {
	case "kind", "mixed":
		return `[A-Za-z ]+?`
	case "old load":
		return `Failed to load|XMLHttpRequest cannot load|Fetch API cannot load`
	case "request method":
		return `[A-Z]+`
	case "colon":
		return `[:.]`
	case "net error":
		return `ERR_(?:EMPTY_RESPONSE|(?:CONNECTION|NAME|ADDRESS|CERT|SSL|HTTP2|QUIC|INTERNET|NETWORK|PROXY|SOCKET|TIMED)_\w+)`
	case "status", "port":
		return `\d{1,5}`
	case "space":
		return `[a-z]+`
	case "value", "bad token", "type", "scheme":
		return `.*`
	}
	return `\S+`
}
