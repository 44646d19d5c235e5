package console

import (
	"regexp"
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
	// lines as they are in the text, without colors.
	Line  int
	Lines []string
	// Browsers lists the names of the profiles whose browsers print this, usually
	// one.
	Browsers []string
	// Reasons lists the reasons for which they print it, the likeliest first. One
	// line can mean several reasons, because browsers do not print everything
	// that they know.
	Reasons []reason.Reason
	// Known holds what the message says, in the fields of an error. Its Reason is
	// the first of Reasons, and its Trace is nil.
	Known fetch.NetworkError
}

// Limits on what Parse reads, in bytes, and on the lines of a message.
const (
	maxText    = 1 << 20
	maxLine    = 8 << 10
	maxMessage = 4
)

// Parse finds the messages about blocked fetches in a text that was copied from a
// console or a log. It is the reverse of [Lines]: it reads the same table, and
// also knows some lines of older versions. Other text on a message's line, such
// as a time or a file name, does not matter. Parse skips lines that are not about
// a blocked fetch, and joins lines that belong to one message.
//
// Parse reads the first MiB of the text, and the first 8 KiB of each line, in linear
// time. It is safe for concurrent use.
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

// ansiSequence matches what sets colors in a terminal.
var ansiSequence = regexp.MustCompile(`\x1b\[[0-9;?]*[ -/]*[@-~]`)

// A lineReading is one way to read a line.
type lineReading struct {
	*pattern
	values map[string]string // by the names in braces of the template
}

// readLine returns the readings of a line by the patterns that match it best: those
// whose match begins first, because later text may be a header's value that quotes a
// console, and of these the ones with the most literal text.
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
	first := slices.ContainsFunc(read, func(r lineReading) bool { return len(r.first) > 0 })
	for _, r := range read {
		reasons := r.first
		if !first || r.browser == chromium {
			// The message's first line may be missing: many people copy only
			// Chromium's net::ERR_FAILED.
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

// inPreflight returns the reasons that the line may mean: why, the same failure in a
// preflight, or both. Chromium says which it is. The other browsers print the same
// for both.
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
	case reason.AllowOriginMismatch, reason.PreflightInvalidStatus:
		return 1
	}
	return 2
}

// join adds the next line to the message if it is about the same fetch, and reports
// whether it is.
func (m *Message) join(line string, read []lineReading) bool {
	repeated := m.Browsers[0] == browsers[chromium] && line == m.Lines[len(m.Lines)-1]
	if repeated || len(m.Lines) == maxMessage {
		return false // the line is about the next fetch
	}
	for _, r := range read {
		if !slices.Contains(m.Browsers, browsers[r.browser]) {
			continue
		}
		var later []reason.Reason
		for _, why := range r.later {
			later = append(later, why, why.InPreflight())
		}
		both := slices.DeleteFunc(slices.Clone(m.Reasons), func(why reason.Reason) bool {
			return !slices.Contains(later, why)
		})
		if len(both) == 0 || !m.about(r) {
			continue
		}
		m.Browsers, m.Reasons = []string{browsers[r.browser]}, both
		m.Lines = append(m.Lines, line)
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
		return redirected && len(m.Lines) == 1
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
		"url", "target", "wire", "first url", "page", "page origin", "origin",
		"value", "bad token", "type", "header", "lower header", "method",
	} {
		value, ok := r.values[name]
		if !ok {
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
	if space, ok := r.values["space"]; ok {
		k.Space = fetch.AddressSpace(space)
	}
	if status, err := strconv.Atoi(r.values["status"]); err == nil && k.Status == 0 {
		k.Status = status
	}
	kind := r.kind
	switch name := r.values["kind"]; name {
	case "":
	case "text track":
		kind = "track"
	case "resource":
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
