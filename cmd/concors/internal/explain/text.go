package explain

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/reason"
)

// AddTo adds all that is known to a text: each message as it is in the text, what it
// means, and how to fix it.
func (r *Report) AddTo(to *term.Text) {
	t := &text{to}
	for i := range r.Messages {
		if i > 0 {
			t.Add("")
		}
		number := ""
		if len(r.Messages) > 1 {
			number = fmt.Sprintf("%d of %d: ", i+1, len(r.Messages))
		}
		t.message(number, &r.Messages[i])
	}
}

// A text is a report as text, under construction.
type text struct{ *term.Text }

func (t *text) message(number string, m *Message) {
	who := m.who(" or ")
	if who == "" {
		who = "The text"
	}
	heading := number + who + " says"
	if m.Times > 1 {
		heading += fmt.Sprintf(", %d times", m.Times)
	}
	t.Heading(heading, term.Bold)
	for i, line := range m.Lines {
		if i == 8 {
			t.Hang(2, 4, fmt.Sprintf("(and %d more lines)", len(m.Lines)-i))
			break
		}
		t.Hang(2, 4, bounded(line))
	}
	t.Add("")
	if m.Snippet != nil {
		t.snippet(m)
		return
	}
	if len(m.Reasons) == 0 {
		t.withoutReason(m)
		return
	}
	first := &m.Reasons[0]
	verdict := "BLOCKED: "
	if m.Unreachable() {
		verdict = "NO RESPONSE: "
	}
	t.Heading(verdict+first.Reason.String(), term.Bold, term.Red)
	t.Hang(0, 0, first.Explanation)
	t.request(m)
	if first.Fix.Why != "" {
		t.Hang(0, 0, bounded(first.Fix.Why))
	}
	for _, doubt := range m.Doubts() {
		t.Hang(0, 0, doubt)
	}
	t.Add("")
	first.Fix.WriteTo(t.Text, first.Protects)
	t.Add("  " + first.Link)
	t.next(m)
}

// topics holds what messages without reasons are about, for headings.
var topics = map[string]string{
	"csp":               "the page's Content Security Policy",
	"blocked-by-client": "something in the browser",
	"cors-disabled":     "a setting of the browser",
	"sop-frame":         "the same-origin policy between windows",
	"tainted-canvas":    "pixels or samples of another origin",
	"storage":           "storage that the page may not use",
	"cookies":           "cookies across sites",
	"x-frame-options":   "a page that does not want to be framed",
	"websocket":         "a WebSocket",
	"event-source":      "an EventSource",
	"service-worker":    "the page's service worker",
	"server-log":        "a message of the server",
	"no-browser":        "a program outside a browser",
	"worker":            "the same-origin policy for workers",
	"http-status":       "the server's status",
	"style-sheet":       "a style sheet of another origin",
	"document-domain":   "document.domain",
	"not-json":          "not what the page expected",
	"script-error":      "the details of a script's error",
}

// NotCORS reports whether the message is about another rule than CORS.
func (m *Message) NotCORS() bool { return topics[m.About] != "" }

// onlyServer reports whether the message names the server in place of the URL.
func (m *Message) onlyServer() bool {
	return serverOnly.MatchString(strings.Join(m.Lines, " ")) && !strings.Contains(strings.TrimPrefix(m.URL, m.scheme()+"://"), "/") && m.URL != ""
}

func (m *Message) scheme() string {
	scheme, _, _ := strings.Cut(m.URL, "://")
	return scheme
}

// serverOnly matches what Chromium up to version 45 printed for fonts.
var serverOnly = regexp.MustCompile(`from origin .{1,300} has been blocked from loading by`)

// Unreachable reports whether the message says that no response came, so that no rule could block it.
func (m *Message) Unreachable() bool {
	return len(m.Reasons) > 0 && m.Reasons[0].Reason == reason.ConnectionFailed && m.Status == 0 && m.Snippet == nil
}

// Headline is what the message is, in capitals and a few words.
func (m *Message) Headline() string {
	switch {
	case m.Unreachable() && len(m.Browsers) == 0:
		return "NO RESPONSE"
	case m.Unreachable():
		return "NO RESPONSE in " + m.who(" or ")
	case len(m.Reasons) > 0 && len(m.Browsers) == 0:
		return "BLOCKED"
	case len(m.Reasons) > 0:
		return "BLOCKED in " + m.who(" or ")
	case m.Snippet != nil && m.Snippet.Verdict == "allowed":
		return "ALLOWED"
	case m.Snippet != nil:
		return "VERDICT: " + term.Bounded(m.Snippet.Verdict)
	case m.NotCORS():
		return "NOT CORS: " + topics[m.About]
	}
	return "NO REASON GIVEN"
}

// who lists the browsers that print the message, or is "".
func (m *Message) who(conjunction string) string {
	var browsers []string
	for _, b := range m.Browsers {
		browsers = append(browsers, request.BrowserTitle(b))
	}
	return strings.Join(browsers, conjunction)
}

// Doubts say what the message leaves open, each in a sentence.
func (m *Message) Doubts() []string {
	var list []string
	if m.Snippet != nil {
		if !m.Snippet.Sent {
			list = append(list, "The script did not send the "+term.Bounded(m.Method)+" itself: only requests without an effect.")
		}
		return list // its verdict says what may stand behind it
	}
	switch {
	case len(m.Reasons) < 2:
	case m.preflightOrResponse():
		where, other := "the response itself", "the response to its preflight"
		if m.Reasons[0].Preflight {
			where, other = other, where
		}
		list = append(list, fmt.Sprintf("The line does not say whether it is about %s or about %s: check both.", where, other))
	default:
		var others []string
		for _, r := range m.Reasons[1:] {
			others = append(others, r.Reason.String())
		}
		list = append(list, fmt.Sprintf("%s may print this line for other reasons too: %s. Run concors check to find out which.",
			m.who(" and "), strings.Join(others, ", ")))
	}
	if m.Missing != "" {
		list = append(list, m.Missing)
	}
	return list
}

// withoutReason writes what a message is that gives no reason, or is not about CORS.
func (t *text) withoutReason(m *Message) {
	style := term.Red
	if m.NotCORS() {
		style = term.Yellow
	}
	t.Heading(m.Headline(), term.Bold, style)
	t.Hang(0, 0, m.Says)
	t.request(m)
	t.Add("")
	t.Heading("What to do", term.Bold)
	t.Hang(2, 2, m.Do)
	if m.Rule != nil {
		for _, line := range m.Rule.Code {
			t.Add("    " + line)
		}
		t.Add("")
		t.Heading("The rule: "+m.Rule.Name.String(), term.Bold)
		t.Hang(2, 2, m.Rule.Explanation+" "+m.Rule.Protects)
		t.Add("  " + m.Rule.Link)
	}
	t.next(m)
}

// request writes what the message says about the request.
func (t *text) request(m *Message) {
	made := m.Request()
	if made == "" {
		return
	}
	t.Hang(0, 0, made+".")
	if m.Value != "" {
		t.Hang(0, 2, m.Header+": "+bounded(m.Value))
	}
}

// Request says what the message says about the request, or is "".
func (m *Message) Request() string {
	if m.URL == "" {
		return ""
	}
	page, what := "The page", bounded(m.URL)
	if m.onlyServer() {
		what = "a resource of " + what
	}
	switch m.PageOrigin {
	case "":
	case "null":
		if page = "A sandboxed page or a local file"; m.FirstURL != "" { // which may be why it is null
			page = "A page"
		}
	default:
		page = "The page on " + bounded(m.PageOrigin)
	}
	made := page + " requested " + what
	if m.FirstURL != "" {
		made = page + " requested " + bounded(m.FirstURL) + ", which redirected to " + bounded(m.URL)
	}
	if m.Status != 0 {
		made += fmt.Sprintf("; the response had status %d", m.Status)
	}
	return made
}

// next shows the command that makes the request itself.
func (t *text) next(m *Message) {
	if why, command := m.Next(t.Width()); len(command) > 0 {
		t.Add("")
		t.Hang(0, 0, why)
		for i, line := range command {
			t.Add(strings.Repeat("  ", min(i, 1)+1) + line)
		}
	}
}

// Next returns the command that makes the request itself, in lines that fit into columns
// with their indentation, and a sentence that leads to it. There is none if the request would not say
// more, or if the command is not safe to paste.
func (m *Message) Next(columns int) (why string, command []string) {
	if m.Snippet != nil {
		command := m.command(columns)
		if !strings.Contains(strings.Join(command, " "), secret.Mask) {
			return "To see what a script cannot see, make the request:", command
		}
		return "To see what a script cannot see, make the request (with the real values in place of " + secret.Mask + "):", command
	}
	switch m.About {
	case "csp", "blocked-by-client", "sop-frame", "document-domain", "x-frame-options", "websocket", "server-log", "storage", "no-browser", "service-worker", "worker":
		return "", nil
	}
	u := m.URL
	if m.FirstURL != "" {
		u = m.FirstURL
	}
	if u == "" || m.onlyServer() {
		return "To see everything that happens, make the request (with its URL, method and headers):",
			[]string{strings.TrimSpace("concors check URL --from " + pageOr(m.PageOrigin) + " " + m.knownFlags())}
	}
	from := pageOr(m.PageOrigin)
	first := "concors check '" + u + "'"
	why = "To see everything that happens, make the request (add its method and headers):"
	rest := "--from " + from
	if flag := request.SpaceFlag(u, from); flag != "" && !m.localNetworkAccess() {
		rest += " " + flag
	}
	known := m.knownFlags()
	switch {
	case known == "" && len(m.Reasons) > 0 && m.Reasons[0].Reason.Preflight():
		why = "To see it, make the request. Without its method and headers it has no preflight:"
	case known != "":
		why = "To see everything that happens, make the request (add what else it has):"
		rest = known + " " + rest
	}
	if strings.Contains(u, secret.Mask) {
		why = strings.TrimSuffix(why, ":") + ", with the real values in place of " + secret.Mask + ":"
	}
	if !strings.HasPrefix(u, "http") || !pasteable(u) || !pasteable(from) || len(first) > columns-4 || len(rest) > columns-4 {
		return "", nil
	}
	if len(first)+1+len(rest) <= columns-2 {
		return why, []string{first + " " + rest}
	}
	return why, []string{first + ` \`, rest}
}

// localNetworkAccess reports whether Local Network Access blocked the request: a command that assumes that
// the rule allows it would not show that.
func (m *Message) localNetworkAccess() bool {
	if len(m.Reasons) == 0 {
		return false
	}
	switch m.Reasons[0].Reason {
	case reason.InsecureLocalNetwork, reason.InvalidLocalNetworkAccess, reason.LocalNetworkAccessPermissionDenied:
		return true
	}
	return false
}

// knownFlags are the flags of concors check for what the message says about the request.
// Without them the request could be another one, which is allowed.
func (m *Message) knownFlags() string {
	var flags []string
	method := m.sentMethod()
	if method == "" && pasteable(m.Method) {
		method = m.Method
	}
	if method != "" && method != "GET" {
		flags = append(flags, "-X "+method)
	}
	if m.About == "tainted-canvas" {
		flags = append(flags, "--resource img --crossorigin anonymous")
	}
	if kind := resources[m.Kind]; kind != "" && len(m.Reasons) > 0 {
		flags = append(flags, "--resource "+kind)
		if m.Reasons[0].Reason.CORS() && !alwaysCORS[kind] {
			flags = append(flags, "--crossorigin "+m.crossOrigin())
		}
		return strings.Join(flags, " ")
	}
	if len(m.Reasons) == 0 {
		return strings.Join(flags, " ")
	}
	switch m.Reasons[0].Reason.WithoutPreflight() {
	case reason.HeaderDisallowedByPreflightResponse:
		if m.Header != "" && pasteable(m.Header) {
			flags = append(flags, "-H '"+m.Header+": x'")
		}
	case reason.WildcardOriginNotAllowed, reason.InvalidAllowCredentials:
		flags = append(flags, "--credentials include")
	}
	return strings.Join(flags, " ")
}

// resources are the values of --resource for what messages call the elements.
var resources = map[string]string{
	"image": "img", "script": "script", "module": "module", "CSS stylesheet": "link", "font": "font", "audio": "audio", "video": "video",
	"track": "track", "manifest": "manifest",
}

// alwaysCORS holds those that use CORS without the attribute crossorigin.
var alwaysCORS = map[string]bool{"font": true, "module": true, "manifest": true}

// crossOrigin is the value of the element's attribute crossorigin.
func (m *Message) crossOrigin() string {
	switch m.Reasons[0].Reason.WithoutPreflight() {
	case reason.WildcardOriginNotAllowed, reason.InvalidAllowCredentials:
		return "use-credentials"
	}
	return "anonymous"
}

// requestLine matches Chromium's second line, such as PUT URL net::ERR_FAILED.
var requestLine = regexp.MustCompile(`(?:^|\s)(GET|HEAD|POST|PUT|PATCH|DELETE) https?://\S+ net::ERR_`)

// sentMethod is the method that the message names, or "".
func (m *Message) sentMethod() string {
	for _, line := range m.Lines {
		if found := requestLine.FindStringSubmatch(line); found != nil {
			return found[1]
		}
	}
	return ""
}

// pageOr returns the page's origin for a command, or what to replace by it.
func pageOr(origin string) string {
	if origin == "" || !pasteable(origin) || len(origin) > 60 {
		return "ORIGIN"
	}
	return origin
}

// pasteable reports whether an untrusted text can be pasted into a shell, between
// single quotes or as an origin.
func pasteable(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c > '~' || strings.ContainsRune("'\"`$\\;|<>(){}", c)
	})
}

// bounded cuts a part of the text that is printed.
func bounded(s string) string { return term.Cut(s, 2*term.MaxValue) }
