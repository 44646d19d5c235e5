package paste

import (
	"regexp"
	"strings"

	"github.com/concors/concors/fetch/console"
)

// A textKind is a kind of text that people paste where a request is expected.
type textKind int

const (
	unknown textKind = iota
	curlCommand
	fetchCall
	requestHeaders // as on the wire, or as the network panel shows them
	transcript     // what curl -v prints
	another        // a kind in otherKinds
)

// An otherKind is a text that holds no request which can be read here.
type otherKind struct {
	is            *regexp.Regexp
	problem, hint string
}

const (
	consoleLine = "this is a line of a browser's console, which does not hold the whole request"

	copyIt    = "copy the request from the browser's network panel: Copy as fetch, or Copy as cURL (bash)"
	explainIt = "that is what concors explain reads: concors explain FILE, or concors explain - for standard input"
)

// otherKinds is in the order in which a text is compared.
var otherKinds = []otherKind{
	{regexp.MustCompile(`^\s*\{\s*"log"\s*:`), "this is a HAR, a recording of a network panel", explainIt},
	{regexp.MustCompile(`(?i)blocked by CORS policy|Cross-Origin Request Blocked|due to access control checks|` +
		`is not allowed by Access-Control-Allow-|Origin \S+ is not allowed by|No 'Access-Control-Allow-Origin' header`),
		consoleLine, explainIt},
	{regexp.MustCompile(`^\s*HTTP/[0-9.]+ [0-9]{3}\b`), "these are the headers of a response; they do not say what was requested", copyIt},
	{regexp.MustCompile(`(?i)^\s*(?:[$%#>] )?(?:Invoke-(?:WebRequest|RestMethod)|iwr|irm)\b|Invoke-(?:WebRequest|RestMethod)\s`),
		"this is a PowerShell command, which concors does not read",
		"choose Copy as fetch, or Copy as cURL (bash), from the same menu"},
	{regexp.MustCompile(`(?i)"_postman_id"|schema\.getpostman\.com`), "this is a Postman collection",
		"in Postman open the request's code and choose cURL; or, in the browser's network panel, Copy as fetch"},
	{regexp.MustCompile(`^\s*(?:[$%#>] )?https?(?: +-[^ ]+)* +(?:[A-Z]+ +)?(?:https?://|:|[a-z0-9.-]+[:/. ])`),
		"this is an HTTPie command, which concors does not read",
		"write it as curl, or copy the request from the browser's network panel: Copy as fetch"},
	{regexp.MustCompile(`^\s*(?:[$%#>] )?(?:wget|xh|xhs|hurl|httpx|grpcurl|hey|ab)\s`),
		"this is a command for another tool than curl",
		"write it as curl, or copy the request from the browser's network panel: Copy as fetch"},
	{regexp.MustCompile(`\$http\b|\bHttpClient\b|\bhttp\s*(?:<[^>\n]*>)?\.(?:get|post|put|patch|delete|head|options|request)\b`),
		"this is a request of Angular's HttpClient, and the script is not run", copyIt},
	{regexp.MustCompile(`\bXMLHttpRequest\b|\.open\s*\(\s*['"` + "`" + `][A-Za-z]+['"` + "`" + `]\s*,`),
		"this is an XMLHttpRequest, and the script is not run", copyIt},
	{regexp.MustCompile(`(?:\$|\bjQuery)\.(?:ajax|get|post|getJSON|getScript|ajaxSetup)\b`),
		"this is a request of jQuery, and the script is not run", copyIt},
	{regexp.MustCompile(`(?i)\baxios\b|\bapi(?:client)?\.(?:get|post|put|patch|delete)\s*\(`),
		"this is a request of axios, and the script is not run", copyIt},
	{regexp.MustCompile(`(?:\bky|\bgot|\bsuperagent|\brequest|\bofetch|\$fetch|\bwretch|\bneedle)\s*(?:\.\s*[a-z]+\s*)?\(|` +
		`\bnavigator\.sendBeacon\b|\bnew (?:EventSource|WebSocket)\b|\buseSWR\b|\bcreateApi\b`),
		"this is a request of a library or another interface than fetch(), and the script is not run", copyIt},
	{regexp.MustCompile(`\brequests\.(?:get|post|put|patch|delete|head|options|request)\s*\(|\bimport requests\b|\bhttpx\.|` +
		`\bhttp\.NewRequest|\bcurl_init\b|\bHttpRequest\.newBuilder|\bOkHttpClient\b|\bURLSession\b|\bNet::HTTP\b`),
		"this program does not run in a browser, so CORS does not apply to it",
		"copy the page's request from the browser's network panel: Copy as fetch, or Copy as cURL (bash)"},
	{regexp.MustCompile(`(?i)^\s*(?:\S+\.)*Access-Control-Allow-[A-Za-z-]+\s*:`), "these are headers of a response; they do not say what was requested", copyIt},
}

var urlAlone = regexp.MustCompile(`^\s*<?["']?(https?://[^\s"'<>]+)["']?>?\s*$`)

// maxHead is how much of a text is compared with otherKinds, in bytes.
const maxHead = 32 << 10

// head is the part of a text that is compared with otherKinds.
func head(text string) string { return text[:min(len(text), maxHead)] }

// kindOf says which kind of text it is, by its first words where they decide.
func kindOf(text string) textKind {
	switch {
	case isCurl(text):
		return curlCommand
	case requestLineOf(text) != nil, pseudoHeader.MatchString(text), generalSection.MatchString(text):
		return requestHeaders
	case transcriptRequest.MatchString(head(text)):
		return transcript
	}
	for _, k := range otherKinds[:3] {
		if k.is.MatchString(head(text)) && !callsFetch(text) {
			return another
		}
	}
	if callsFetch(text) {
		return fetchCall
	}
	if urlAlone.MatchString(text) {
		return another
	}
	for _, k := range otherKinds {
		if k.is.MatchString(head(text)) {
			return another
		}
	}
	return unknown
}

// callsFetch reports whether a piece of JavaScript calls fetch().
func callsFetch(text string) bool {
	return strings.Contains(text, "fetch") && (&jsParser{text: text}).findCall()
}

// whatElse returns the error for a text without a request that can be read.
func whatElse(text string) error {
	if strings.TrimSpace(text) == "" {
		return &Error{Problem: "the text is empty",
			Hint: "in the browser's network panel: Copy as fetch, or Copy as cURL (bash)"}
	}
	if m := urlAlone.FindStringSubmatch(text); m != nil {
		return &Error{Problem: "this is a URL alone",
			Hint: oneLine("give the URL itself as an argument, in place of -: concors check " + short(m[1]) + " --from https://app.example")}
	}
	for _, k := range otherKinds {
		if k.is.MatchString(head(text)) {
			return &Error{Problem: k.problem, Hint: k.hint}
		}
	}
	if messages, neighbors := console.Read(head(text)); len(messages)+len(neighbors) > 0 {
		return &Error{Problem: consoleLine, Hint: explainIt}
	}
	return &Error{Problem: "the text is neither a curl command nor a fetch() call", Hint: copyIt}
}
