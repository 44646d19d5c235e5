// Package explain says what a browser's console means: which browser printed a
// line about a blocked request, why it blocks, what the rule protects, and the
// smallest change that fixes it.
//
// [Open] decides what a command line names: a text or a recording. [Read] finds
// the messages in a text that was copied from a console or a log, with the table
// of package fetch/console that also writes such lines, and returns a [Report]:
// plain data. [Report.WriteText] and [Report.WriteJSON] present it. No request is
// made, so what the line does not say, such as what else the server sends, is not
// known here: package request makes the request.
package explain

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/cli"
	"github.com/concors/concors/cmd/concors/internal/har"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/secret"
	"github.com/concors/concors/cmd/concors/internal/snippet"
	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch/console"
	"github.com/concors/concors/fetch/reason"
)

// FormatVersion is the version of the Report's JSON. It grows when a field is
// removed or changes its meaning; new fields may appear without that.
const FormatVersion = 2

// MaxText is how many bytes of a text are read.
const MaxText = 1 << 20

// A Report is what [Read] found. As JSON it is documented in
// docs/explain-json.md.
type Report struct {
	Version  int       `json:"version"` // FormatVersion
	Messages []Message `json:"messages"`
	// Unknown is the number of lines that are not about a blocked request.
	// Empty lines do not count.
	Unknown int `json:"unknownLines"`
}

// A Message is what one browser printed about one blocked request.
type Message struct {
	// Line is the number of its first line in the text, from 1, and Times is
	// how often it appears.
	Line  int `json:"line"`
	Times int `json:"times"`
	// Lines are its lines as they are in the text.
	Lines []string `json:"lines"`
	// Browsers are those that print it so: chromium, firefox or webkit.
	Browsers []string `json:"browsers"`
	// What it says about the request; "" and 0 if it does not say it.
	Kind       string `json:"kind,omitempty"`
	URL        string `json:"url,omitempty"`
	FirstURL   string `json:"firstUrl,omitempty"`
	PageOrigin string `json:"pageOrigin,omitempty"`
	Origin     string `json:"origin,omitempty"`
	Header     string `json:"header,omitempty"`
	Value      string `json:"value,omitempty"`
	Method     string `json:"method,omitempty"`
	Status     int    `json:"status"`
	// Reasons are those for which browsers print this, the likeliest first. It is
	// empty if the message does not say the reason, or is not about CORS.
	Reasons []Reason `json:"reasons"`
	// About says what a message without reasons is: Unsaid, Translated, or the name
	// of another rule, such as csp. Says is that in a sentence, and Do what to do.
	About string `json:"about,omitempty"`
	Says  string `json:"says,omitempty"`
	Do    string `json:"do,omitempty"`
	// Rule is the rule of the same-origin policy that a message without reasons is about, or nil.
	Rule *Rule `json:"rule,omitempty"`
	// Missing is what is missing in the text, in a sentence, and Language that of a
	// translated message.
	Missing  string `json:"missing,omitempty"`
	Language string `json:"language,omitempty"`
	// Snippet is the line that the script of concors snippet printed, if About is Snippet.
	Snippet *snippet.Line `json:"snippet,omitempty"`
}

// Values of About for messages about CORS.
const (
	Unsaid     = "unsaid"     // the text does not hold the reason
	Translated = "translated" // it is in another language, in words that are not known
)

// A Reason is a reason for a blocked request, with its explanation and fix.
type Reason struct {
	Reason      reason.Reason `json:"reason"`
	Preflight   bool          `json:"preflight"`
	Explanation string        `json:"explanation"`
	Protects    string        `json:"protects"`
	Link        string        `json:"link"`
	Fix         *request.Fix  `json:"fix"`
}

// Read explains what browsers print in a text. from is the origin of the page, for
// messages that do not name it; it may be empty. The error is a *cli.UsageError if
// from is not an origin, or if nothing in the text is about a blocked request.
func Read(text, from string) (*Report, error) {
	if from != "" {
		o, err := request.ParseFrom(from)
		if err != nil {
			return nil, err
		}
		from = o.String()
	}
	if strings.Trim(text, " \t\r\n\ufeff") == "" {
		return nil, cli.Usage("the text is empty", "copy the red lines of the browser's console, or write them after concors explain, in quotes")
	}
	places, text := snippet.Cut(text[:min(len(text), MaxText)])
	report := &Report{Version: FormatVersion, Messages: []Message{}}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", "\n"), "\n") {
		if strings.TrimSpace(line) != "" {
			report.Unknown++
		}
	}
	messages, neighbors := console.Read(text)
	known := map[int]bool{} // numbers of lines
	for _, found := range messages {
		report.Messages = append(report.Messages, explain(found, from))
		for _, n := range found.Numbers {
			known[n] = true
		}
	}
	for _, found := range neighbors {
		report.Messages = append(report.Messages, Message{
			Line: found.Line, Times: 1, Lines: found.Lines, Browsers: []string{}, Reasons: []Reason{},
			URL: found.URL, Status: found.Status, About: found.Topic, Says: found.Sentence, Do: found.Advice, Rule: ruleOf(found.Rule),
		})
		for _, n := range found.Numbers {
			known[n] = true
		}
	}
	for i := range places {
		report.Messages = append(report.Messages, fromSnippet(&places[i], report.Messages))
	}
	if len(report.Messages) == 0 {
		return nil, cli.Usage("nothing in this text is what browsers print about a blocked request, nor a message that is known",
			"copy the whole line: \"Access to fetch at ... has been blocked\", \"Cross-Origin Request Blocked: ...\",\n"+
				"      \"Origin ... is not allowed by Access-Control-Allow-Origin\" or \"... net::ERR_...\"")
	}
	report.Unknown -= len(known)
	slices.SortStableFunc(report.Messages, func(a, b Message) int { return a.Line - b.Line })
	report.count()
	return report, nil
}

// count makes one message of those that say the same about the same request.
func (r *Report) count() {
	index := map[string]int{}
	distinct := r.Messages[:0]
	for _, m := range r.Messages {
		key := m.key()
		if i, repeated := index[key]; repeated {
			distinct[i].Times++
			continue
		}
		index[key] = len(distinct)
		distinct = append(distinct, m)
	}
	r.Messages = distinct
}

func explain(found console.Message, from string) Message {
	known := found.Known
	if known.Origin == "" {
		known.Origin, known.PageOrigin = from, from
	}
	m := Message{
		Line: found.Line, Times: 1, Lines: found.Lines,
		Kind: known.Kind, URL: known.URL, FirstURL: known.FirstURL, PageOrigin: known.PageOrigin, Origin: known.Origin,
		Header: known.Header, Value: known.Value, Method: known.Method, Status: known.Status,
	}
	for _, name := range found.Browsers {
		m.Browsers = append(m.Browsers, strings.ToLower(name))
	}
	m.Language = found.Language
	if found.Unsaid {
		m.Reasons = []Reason{}
		m.About, m.Says, m.Do = unsaid(found)
		return m
	}
	m.Missing = missing(&m, found.Known.Reason)
	for _, r := range found.Reasons {
		e := known
		e.Reason = r
		fix := request.FixOfPrinted(&e, found.Browsers)
		if ambiguous(found.Reasons) {
			fix.Evidence = slices.DeleteFunc(fix.Evidence, func(l request.Line) bool { return l.Missing })
		}
		if r == reason.ConnectionFailed {
			m.connection(fix)
		}
		m.Reasons = append(m.Reasons, Reason{
			Reason: r, Preflight: r.Preflight(), Explanation: explanation(r, found.Reasons, m.Status), Protects: r.Protects(), Link: r.Anchor(), Fix: fix,
		})
	}
	return m
}

// explanation explains a reason that is one of several that a text can mean.
func explanation(r reason.Reason, all []reason.Reason, status int) string {
	if r == reason.ConnectionFailed && status != 0 {
		return "The request failed, although a response began to arrive."
	}
	if r.WithoutPreflight() != reason.MissingAllowOriginHeader || !slices.Contains(all, reason.AllowOriginMismatch) {
		return r.Explanation()
	}
	response := "The response"
	if r.Preflight() {
		response = "The preflight response"
	}
	return response + " has no Access-Control-Allow-Origin header, or one that does not allow this page: the text does not say which."
}

// ambiguous reports whether a text means more than one failure, besides the same one in a preflight: it then
// does not say that a header is missing.
func ambiguous(reasons []reason.Reason) bool {
	return slices.ContainsFunc(reasons, func(r reason.Reason) bool { return r.WithoutPreflight() != reasons[0].WithoutPreflight() })
}

// connection completes the fix of a connection that failed with what its lines say about it.
func (m *Message) connection(f *request.Fix) {
	name := netError.FindString(strings.Join(m.Lines, "\n"))
	switch why := har.Meaning(name); {
	case why != "":
		f.Why = why
		for _, change := range connectionChanges {
			if strings.HasPrefix(strings.TrimPrefix(name, "net::"), change.name) {
				f.Party, f.Sentence = change.party, change.sentence
			}
		}
	case m.Status >= 500:
		f.Party = reason.Server
		f.Why = fmt.Sprintf("The line has status %d %s: the server, or a proxy before it, answered and failed.", m.Status, http.StatusText(m.Status))
		f.Sentence = "Find the error in the server's log, and correct it. Whether its responses have CORS headers cannot be seen here."
	case m.Status != 0:
		f.Party = reason.Server
		f.Why = fmt.Sprintf("The line has status %d: a response began to arrive, and the connection failed then.", m.Status)
		f.Sentence = "Find out in the server's log, and in that of a proxy before it, why the response was cut off."
	}
}

// netError matches the name of an error of the network.
var netError = regexp.MustCompile(`(?:net::)?ERR_[A-Z_]+|(?:NS|SEC|SSL|MOZILLA_PKIX)_ERROR_[A-Z_]+`)

// connectionChanges say what to change after an error of the network.
var connectionChanges = []struct {
	name     string
	party    reason.Party
	sentence string
}{
	{"ERR_CERT_", reason.Server, "Open the URL in a tab, which says what is wrong with the certificate. Then correct the certificate on the server: its names, its dates, and the authority that issued it."},
	{"ERR_SSL_", reason.Server, "Check whether the server speaks TLS on this port: https may have to be http there, or the port another one."},
	{"ERR_NAME_NOT_RESOLVED", reason.Page, "Correct the host's name in the URL, or its DNS entry."},
	{"ERR_CONNECTION_REFUSED", reason.Server, "Start the server, or correct the port in the URL. In a container, the server must listen on 0.0.0.0 and its port be published."},
	{"ERR_CONNECTION_TIMED_OUT", reason.Server, "Check the host's address, and the firewalls before it: nothing answered."},
	{"ERR_CONNECTION_RESET", reason.Server, "See the server's log: it, or a proxy before it, closed the connection. Check that http: and https: are not mixed up."},
	{"ERR_EMPTY_RESPONSE", reason.Server, "See the server's log: it closed the connection without a response. Check that http: and https: are not mixed up."},
	{"ERR_INTERNET_DISCONNECTED", reason.User, "Connect the computer to the network, and try again."},
}

// unsaid says why a message has no reason, and what to do.
func unsaid(found console.Message) (about, says, do string) {
	about = Unsaid
	do = "Copy the red lines next to it in the console, or make the request with concors check: it finds the reason."
	switch {
	case found.Language != "":
		language := "its language is not one that is known here"
		if found.Language != "und" {
			language = "language: " + found.Language
		}
		return Translated, "This is a translated Firefox message (" + language + "), and its words for the reason are not known. So the reason is not known either.",
			"Make the request with concors check: it finds the reason. Or copy the message from a Firefox in English."
	case strings.Contains(strings.Join(found.Lines, " "), "CORS disabled"):
		return "cors-disabled", "In this Firefox CORS is turned off (content.cors.disable), so it blocks every request that needs CORS. No header of the server helps.",
			"Open about:config, and set content.cors.disable to false. Then try again."
	case found.Known.Kind == "font":
		says = "Firefox could not load this font. It does not say why: the server may not allow the page's origin, or the connection failed."
	case slices.Contains(found.Browsers, "WebKit"):
		says = "Safari prints this line for nearly every request that CORS blocks, so it does not say why. The reason is in another line of its console, which names the header or the status."
	case strings.Contains(strings.Join(found.Lines, " "), "net::"):
		says = "This line does not say why the request failed. The line above it in the console does: explain that one."
		if s := found.Known.Status; s >= 400 {
			says = fmt.Sprintf("The response had status %d, and the page was not allowed to see it. The line does not say more: the line above it in the console does.", s)
			do = "Find out first why the server answered so, in its log: the missing header is often only the consequence. Then run concors check."
		}
	case wholeReason.MatchString(strings.Join(found.Lines, " ")):
		says = "The message's words for the reason are not known here, so the reason is not known either."
	default:
		says = "The text does not hold the reason: the part of the message that says why is missing."
	}
	return about, says, do
}

// wholeReason matches the reason of a message of Firefox that was not cut.
var wholeReason = regexp.MustCompile(`\(Reason:[^)]*\)`)

// hostAndPort matches a URL without its scheme.
var hostAndPort = regexp.MustCompile(`^[\w.-]+:\d{1,5}(?:/|$)`)

// missing says which part of a message is not in the text, or "".
func missing(m *Message, why reason.Reason) string {
	switch {
	case why == reason.CorsDisabledScheme && hostAndPort.MatchString(m.URL):
		name, _, _ := strings.Cut(m.URL, ":")
		return "The URL in the page lacks http:// or https://, so that " + name + ": is taken for its scheme: write http://" + m.URL + "."
	case m.onlyServer():
		return "The text names only the server, " + bounded(m.URL) + ", and not the URL: the network panel does."
	case m.URL == "" && m.PageOrigin == "":
		return "The text names neither the page nor the URL: the rest of the message, or the network panel, does."
	case m.URL == "":
		return "The text does not name the URL: the rest of the message, or the network panel, does."
	case m.PageOrigin == "":
		return "The text does not name the page. Say it with --from."
	}
	return ""
}

// key is the same for messages that say the same about the same request.
func (m *Message) key() string {
	parts := []string{m.Kind, m.URL, m.FirstURL, m.Origin, m.Value, m.Header, m.Method, m.About, m.Says}
	parts = append(parts, m.Browsers...)
	for _, r := range m.Reasons {
		parts = append(parts, r.Reason.String())
	}
	return strings.Join(parts, "\x00")
}

// Masked returns the report without the secrets in it: reports are shared.
func (r *Report) Masked() *Report {
	masked := secret.Copy(&secret.Masker{}, *r)
	return &masked
}

// WriteJSON writes the report as indented JSON that is safe to look at.
func (r *Report) WriteJSON(w io.Writer) error { return term.WriteJSON(w, r) }

// preflightOrResponse reports whether the only thing that the message leaves open
// is whether it is about the preflight response or the response itself.
func (m *Message) preflightOrResponse() bool {
	return len(m.Reasons) == 2 && m.Reasons[0].Reason.WithoutPreflight() == m.Reasons[1].Reason.WithoutPreflight()
}
