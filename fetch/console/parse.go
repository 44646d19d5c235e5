package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/concors/concors/fetch"
	"github.com/concors/concors/fetch/reason"
	"github.com/concors/concors/origin"
)

// A Message is what a browser's console printed about one blocked fetch, in one
// line or several.
type Message struct {
	// Line is the number of the first line in the text, from 1. Lines holds the
	// lines as they are in the text, without colors, and Numbers their numbers. Of a
	// long line, Lines has the part that the message is in.
	Line    int
	Lines   []string
	Numbers []int
	// Browsers lists the names of the profiles whose browsers print this, usually
	// one.
	Browsers []string
	// Language is that of a translated message, as in BCP 47: only Firefox
	// translates. It is "" for English, and "und" for a language that is not known.
	Language string
	// Reasons lists the reasons for which they print it, the likeliest first. One
	// line can mean several reasons, because browsers do not print everything
	// that they know.
	Reasons []reason.Reason
	// Unsaid reports whether the lines do not say the reason: it is one of
	// Reasons, and nothing tells which. Often the line that says it was not copied.
	Unsaid bool
	// Known holds what the message says, in the fields of an error. Its Reason is
	// the first of Reasons, and its Trace is nil.
	Known fetch.NetworkError

	squeezed []string // of each logical line
	vague    bool     // all lines so far are
}

// Limits on what Parse reads, in bytes, and on the lines of a message.
const (
	maxText    = 1 << 20
	maxMessage = 4
)

// Parse finds the messages about blocked fetches in a text that was copied from a
// console or a log. It is the reverse of [Lines]: it reads the same table, and also
// knows wordings of older versions, of developer tools, and Firefox's translations.
//
// The text may be folded at any width, quoted, escaped for JSON or HTML, and have
// other quotation marks; parts of a message may be missing. Other text, such as a
// time or a file's name, does not matter. Parse skips what is not about a blocked
// fetch, and joins lines that belong to one message.
//
// Parse reads the first MiB of the text and its first 10,000 lines that are known, in
// linear time. It is safe for concurrent use.
func Parse(text string) []Message {
	messages, _ := Read(text)
	return messages
}

// Read is like [Parse], and also returns the other messages that it knows: those of
// rules that people take for CORS.
func Read(text string) ([]Message, []Neighbor) {
	t := newText(text)
	var out []Message
	var neighbors []Neighbor
	logicals, begins, joined := t.groupWebKit(t.logicals())
	for i, begin := range t.webkitOrder(logicals) {
		begins[i] = begins[i] || begin && !joined[i]
	}
	for i, l := range logicals {
		if l.topic != nil {
			neighbors = t.addNeighbor(neighbors, l)
			continue
		}
		read := l.readings()
		if begins[i] || !t.joinOne(out, l, read) {
			out = append(out, t.newMessage(l, read))
		}
	}
	if len(out) == 0 && len(neighbors) == 0 {
		if l := t.inOtherLanguage(); l != nil {
			out = append(out, t.newMessage(l, l.readings()))
		}
	}
	for i := range out {
		out[i].conclude()
	}
	out, neighbors = mergeStatuses(mergeOldSafari(out), neighbors)
	return mergeBare(out), neighbors
}

// mergeOldSafari puts the lines of Safari up to version 10 together. Their last one is what
// Chromium printed at that time too: it has the URL, and then repeats the first.
func mergeOldSafari(messages []Message) []Message {
	var out []Message
	for i := 0; i < len(messages); i++ {
		m := messages[i]
		if i+1 < len(messages) && m.onlyIn(webkit) && m.Known.URL == "" {
			next := messages[i+1]
			line := strings.TrimPrefix(m.squeezed[0], failedToLoad)
			if next.onlyIn(chromium) && next.Known.URL != "" && len(next.squeezed) == 1 && strings.HasSuffix(strings.TrimSuffix(next.squeezed[0], "."), strings.TrimSuffix(line, ".")) {
				for k, number := range next.Numbers {
					if !slices.Contains(m.Numbers, number) {
						m.addLine(number, next.Lines[k])
					}
				}
				m.Known.URL = next.Known.URL
				i++
			}
		}
		out = append(out, m)
	}
	return out
}

// onlyIn reports whether no other browser prints the message.
func (m *Message) onlyIn(browser int) bool {
	return len(m.Browsers) == 1 && m.Browsers[0] == browsers[browser]
}

// maxLookBack is how many messages before a line it can belong to: consoles print the
// second lines of requests that were sent together after all first lines.
const maxLookBack = 16

// joinOne adds a line to the last message that it belongs to, and reports whether
// there is one.
func (t *text) joinOne(messages []Message, l *logical, read []lineReading) bool {
	for i := len(messages) - 1; i >= max(0, len(messages)-maxLookBack); i-- {
		if messages[i].join(t, l, read) {
			return true
		}
		if read[0].browser != chromium {
			return false
		}
	}
	return false
}

// newMessage returns the message that begins with a line.
func (t *text) newMessage(l *logical, read []lineReading) Message {
	m := Message{vague: true}
	t.addLines(&m, l)
	first := slices.ContainsFunc(read, func(r lineReading) bool { return len(r.first) > 0 })
	for _, r := range read {
		reasons := r.first
		if !first || r.vague || r.browser == chromium {
			// The message's first line may be missing: many people copy only
			// Chromium's net::ERR_FAILED.
			reasons = append(slices.Clone(reasons), r.later...)
		}
		if len(reasons) == 0 {
			continue
		}
		m.Browsers = append(m.Browsers, browsers[r.browser])
		m.Language = r.language
		m.vague = m.vague && r.vague
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

// inPreflight returns the reasons that the line may mean: why, the same failure in a
// preflight, or both. Chromium says which it is, if the line is whole. The other
// browsers print the same for both.
func (r lineReading) inPreflight(why reason.Reason) []reason.Reason {
	twin := why.InPreflight()
	_, said := r.values["in preflight"]
	switch {
	case twin == why:
		return []reason.Reason{why}
	case said:
		return []reason.Reason{twin}
	case r.browser == chromium && slices.Contains(r.first, why) && !r.bare:
		return []reason.Reason{why}
	}
	return []reason.Reason{why, twin}
}

// sort puts the likeliest reasons first.
func (m *Message) sort() {
	slices.SortStableFunc(m.Reasons, func(a, b reason.Reason) int {
		return unlikeliness(a) - unlikeliness(b)
	})
}

func unlikeliness(r reason.Reason) int {
	switch r.WithoutPreflight() {
	case reason.MissingAllowOriginHeader, reason.ConnectionFailed:
		return 0
	case reason.AllowOriginMismatch, reason.PreflightInvalidStatus, reason.CorsDisabledScheme:
		return 1
	case reason.NosniffMIMETypeMismatch:
		return 3 // a module needs no nosniff to be refused
	}
	return 2
}

// addLines adds the lines of the text that hold a logical line.
func (t *text) addLines(m *Message, l *logical) {
	span := t.squeezed[l.start:l.end]
	m.squeezed = append(m.squeezed, span)
	from, to := t.line(l.start), t.line(l.end-1)
	length := 0
	for _, line := range t.lines[from : to+1] {
		length += len(line)
	}
	if length > maxPhysical+4*len(span) {
		m.addLine(from+1, t.slice(l.start, l.end, " "))
		return
	}
	for i := from; i <= to; i++ {
		if !slices.Contains(m.Numbers, i+1) && strings.TrimSpace(t.lines[i]) != "" {
			m.addLine(i+1, t.lines[i])
		}
	}
}

// addLine adds a line in the order of the text.
func (m *Message) addLine(number int, text string) {
	i := len(m.Numbers)
	for i > 0 && m.Numbers[i-1] > number {
		i--
	}
	m.Lines, m.Numbers = slices.Insert(m.Lines, i, text), slices.Insert(m.Numbers, i, number)
	m.Line = m.Numbers[0]
}

// join adds the next line to the message if it is about the same fetch, and reports
// whether it is.
func (m *Message) join(t *text, l *logical, read []lineReading) bool {
	repeated := m.Browsers[0] == browsers[chromium] && slices.Contains(m.squeezed, t.squeezed[l.start:l.end])
	if repeated || len(m.squeezed) == maxMessage {
		return false // the line is about the next fetch
	}
	for _, r := range read {
		if !slices.Contains(m.Browsers, browsers[r.browser]) || m.Language != r.language {
			continue
		}
		var both []reason.Reason
		if m.vague && r.browser == webkit && !r.vague && len(m.squeezed) == 1 {
			// WebKit's second line comes first.
			for _, why := range slices.Concat(r.first, r.later) {
				for _, why := range r.inPreflight(why) {
					if slices.Contains(m.Reasons, why) {
						both = appendNew(both, why)
					}
				}
			}
		} else if r.browser == webkit && m.repeats(t.squeezed[l.start:l.end]) {
			both = slices.Clone(m.Reasons)
		} else if !(m.vague && r.vague && r.browser == webkit) {
			var later []reason.Reason
			for _, why := range r.later {
				later = append(later, why, why.InPreflight())
			}
			both = slices.DeleteFunc(slices.Clone(m.Reasons), func(why reason.Reason) bool {
				return !slices.Contains(later, why)
			})
		}
		if len(both) == 0 || !m.about(r) {
			continue
		}
		m.Browsers, m.Reasons = []string{browsers[r.browser]}, both
		m.vague = m.vague && r.vague
		m.sort()
		t.addLines(m, l)
		m.learn(r)
		if r.browser == firefox && r.values["wire"] != "" && !m.Known.IsRedirect() {
			// If the response to the request itself fails the CORS check,
			// Firefox prints one line. The second line means that the request
			// was not sent.
			m.preferPreflight()
		}
		return true
	}
	return false
}

// repeats reports whether a line of the message is the same after "Failed to load
// resource: ", which Safari adds, and the line itself is not there yet.
func (m *Message) repeats(squeezed string) bool {
	return !slices.Contains(m.squeezed, squeezed) && slices.ContainsFunc(m.squeezed, func(s string) bool {
		return strings.HasPrefix(s, failedToLoad) && strings.HasPrefix(squeezed, strings.TrimPrefix(s, failedToLoad))
	})
}

const failedToLoad = "failedtoloadresource:"

// webkitOrder returns, for each line, whether it begins a message although the line
// before it could belong to it: WebKit prints the reason first. In a run of lines
// that begins with a second line and ends with a reason, the order is reversed.
func (t *text) webkitOrder(lines []*logical) []bool {
	out := make([]bool, len(lines))
	says := func(i int) (isWebKit, reason, again bool) {
		l := lines[i]
		if l.reasons == nil || !slices.ContainsFunc(l.reasons.rows, func(r *row) bool { return r.browser == webkit }) {
			return false, false, false
		}
		r := l.reasons.rows[0]
		return true, len(r.later) <= manyReasons, len(r.first) == 0
	}
	for i := 0; i < len(lines); {
		isWebKit, firstIsReason, _ := says(i)
		if !isWebKit {
			i++
			continue
		}
		end, lastIsReason := i, firstIsReason
		for ; end < len(lines); end++ {
			isWebKit, isReason, again := says(end)
			if !isWebKit {
				break
			}
			if !again || !isReason {
				lastIsReason = isReason
			}
		}
		for j := i; j < end; j++ {
			_, isReason, again := says(j)
			out[j] = isReason && !again && (firstIsReason || !lastIsReason) && !slices.ContainsFunc(lines[max(i, j-2):j], func(l *logical) bool {
				repeated, ok := strings.CutPrefix(t.squeezed[l.start:l.end], failedToLoad)
				return ok && strings.HasPrefix(t.squeezed[lines[j].start:lines[j].end], repeated)
			})
		}
		i = end
	}
	return out
}

// preferPreflight puts the reasons of a failed preflight first.
func (m *Message) preferPreflight() {
	rank := func(r reason.Reason) int {
		if r.Preflight() {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(m.Reasons, func(a, b reason.Reason) int { return rank(a) - rank(b) })
}

// about reports whether the line may be about the same fetch.
func (m *Message) about(r lineReading) bool {
	for _, name := range []string{"url", "wire", "first url"} {
		u, ok := r.values[name]
		if !ok || m.Known.URL == "" || u == m.Known.URL || u == m.Known.FirstURL {
			continue
		}
		// After a redirect, the second line may have another URL than the first.
		redirected := name == "first url" || name == "wire" && r.browser == webkit ||
			slices.ContainsFunc(m.Reasons, isRedirect)
		return redirected && len(m.squeezed) == 1
	}
	return true
}

// isRedirect reports whether the reason is about a redirect's target, so that the
// lines have two URLs.
func isRedirect(r reason.Reason) bool { return r.Phase() == reason.Redirect }

// learn adds to Known what the line says and no earlier line said.
func (m *Message) learn(r lineReading) {
	k := &m.Known
	set := func(to *string, value string) {
		if *to == "" {
			*to = value
		}
	}
	for _, name := range []string{
		"url", "server origin", "target", "wire", "first url", "page", "page origin", "origin",
		"value", "bad token", "type", "header", "lower header", "method",
	} {
		value, ok := r.values[name]
		if !ok {
			continue
		}
		switch name {
		case "url", "server origin": // the line has no more of the URL
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
	if space, ok := r.values["space"]; ok {
		k.Space = fetch.AddressSpace(space)
	}
	if status, err := strconv.Atoi(r.values["status"]); err == nil && k.Status == 0 {
		k.Status = status
	}
	kind := r.kind
	if kind == other {
		kind = ""
	}
	switch name := strings.ToLower(r.values["kind"]); name {
	case "":
	case "text track":
		kind = "track"
	case "resource":
	case "xmlhttprequest":
		kind = "XMLHttpRequest"
	case "css stylesheet":
		kind = "CSS stylesheet"
	default:
		kind = name
	}
	set(&k.Kind, kind)
}

// conclude adds to Known what follows from all lines together.
func (m *Message) conclude() {
	k := &m.Known
	if k.Value != "" && slices.Contains(m.Browsers, browsers[firefox]) &&
		slices.Contains(m.Reasons, reason.AllowOriginMismatch) {
		// Firefox has one text for three reasons, which the value tells apart.
		why := fetch.AllowOriginReason(k.Value)
		m.Reasons = slices.DeleteFunc(m.Reasons, func(r reason.Reason) bool {
			return r.WithoutPreflight() != why
		})
	}
	m.statusSays()
	m.redirectSays()
	m.Unsaid = m.vague
	k.Reason = m.Reasons[0]
	switch k.Reason.WithoutPreflight() {
	case reason.MissingAllowOriginHeader, reason.MultipleAllowOriginValues, reason.InvalidAllowOriginValue,
		reason.AllowOriginMismatch:
		k.Header = "Access-Control-Allow-Origin"
	case reason.WildcardOriginNotAllowed:
		k.Header, k.Value = "Access-Control-Allow-Origin", "*"
		k.Credentials = fetch.CredentialsInclude
	case reason.InvalidAllowCredentials:
		k.Header = "Access-Control-Allow-Credentials"
		k.Credentials = fetch.CredentialsInclude
	case reason.InvalidAllowMethodsPreflightResponse, reason.MethodDisallowedByPreflightResponse:
		k.Header = "Access-Control-Allow-Methods"
	case reason.InvalidAllowHeadersPreflightResponse:
		k.Header = "Access-Control-Allow-Headers"
	}
	k.Present = k.Value != ""
	if k.Origin == "" {
		k.Origin = k.PageOrigin
		if k.PageOrigin != "" && tainted(k.PageOrigin, k.FirstURL, k.URL) {
			k.Origin = "null"
		}
	}
}

// tainted reports whether a redirect from one URL to another makes the request's
// origin null, because both origins are foreign to the page and differ.
func tainted(pageOrigin, from, to string) bool {
	first, err := origin.FromURL(from)
	last, err2 := origin.FromURL(to)
	return from != "" && err == nil && err2 == nil && !origin.SameOrigin(first, last) && first.String() != pageOrigin
}

func appendNew(list []reason.Reason, more ...reason.Reason) []reason.Reason {
	for _, r := range more {
		if !slices.Contains(list, r) {
			list = append(list, r)
		}
	}
	return list
}

// redirectSays decides between a URL whose scheme cannot be requested and a redirect to
// one. Chromium names both URLs of a redirect; Firefox has another text for file:.
func (m *Message) redirectSays() {
	k := m.Known
	if m.vague || k.URL == "" || !slices.Contains(m.Reasons, reason.CorsDisabledScheme) {
		return
	}
	isChromium := slices.Contains(m.Browsers, browsers[chromium])
	not := reason.RedirectDisallowedScheme
	switch {
	case k.FirstURL != "":
		not = reason.CorsDisabledScheme
	case !isChromium && schemeOf(k.URL) != "file", strings.HasPrefix(schemeOf(k.URL), "http"):
		return
	}
	if slices.ContainsFunc(m.Reasons, func(r reason.Reason) bool { return r != not }) {
		m.Reasons = slices.DeleteFunc(m.Reasons, func(r reason.Reason) bool { return r == not })
	}
}

// statusSays decides between the two reasons that a preflight's status can be.
func (m *Message) statusSays() {
	i := slices.Index(m.Reasons, reason.PreflightInvalidStatus)
	if i < 0 || m.vague || m.Known.Status == 0 {
		return
	}
	not := reason.PreflightDisallowedRedirect
	if m.Known.IsRedirect() {
		m.Reasons[i], not = not, reason.PreflightInvalidStatus
	}
	m.Reasons = slices.DeleteFunc(m.Reasons, func(r reason.Reason) bool { return r == not })
	m.Reasons = appendNew(nil, m.Reasons...)
}
