package paste

import (
	"regexp"
	"slices"
	"strings"
)

var (
	// requestLine is the first line of a request as HTTP/1 has it on the wire, and
	// as browsers show it for HTTP/2 too.
	requestLine = regexp.MustCompile(`^\s*([A-Z][A-Z-]{1,30}) +(\S+) +HTTP/[0-9.]+[ \t\r]*(?:\n|$)`)
	// requestLineAlone is that line without a version, as people and the clients of
	// editors write it, perhaps below a comment. A header, an empty line or nothing follows.
	requestLineAlone = regexp.MustCompile(`^\s*(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|QUERY) +(https?://\S+|/\S*)[ \t\r]*` +
		`(?:$|\n[ \t\r]*(?:$|\n|[A-Za-z][A-Za-z0-9_-]*:(?:[ \t\r\n]|$)))`)
	// leadingComments are those that such a client skips, and nextRequest is what
	// parts the next request in its file.
	leadingComments = regexp.MustCompile(`^(?:[ \t]*(?:#|//)[^\n]*\n|\s)*`)
	nextRequest     = regexp.MustCompile(`(?m)^###[^\n]*\n(?:[ \t]*(?:#|//)[^\n]*\n|\s)*(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|QUERY)\s`)
	// pseudoHeader is the first header of a request in HTTP/2, on one line
	// (":method: GET") or on two, as Chromium's panel is copied.
	pseudoHeader = regexp.MustCompile(`^\s*:(?:authority|method|path|scheme)\b:?[ \t]*[^\n]*\n`)
	// generalSection is the General part of a request's headers in Chromium's panel,
	// with the values beside the names or below them.
	generalSection = regexp.MustCompile(`^\s*(?:General\s+)?Request URL:?[ \t]*\r?\n?[ \t]*(https?://\S+)\s+Request Method:?[ \t]*\r?\n?[ \t]*([A-Z]{3,20})\b`)
	// transcriptRequest is a request's first line in what curl -v prints.
	transcriptRequest = regexp.MustCompile(`(?m)^> ([A-Z][A-Z-]{1,30}) +(\S+) +HTTP/[0-9.]+[ \t\r]*$`)
	// transcriptLine is a line that curl -v prints, apart from the body.
	transcriptLine = regexp.MustCompile(`(?m)^(?:[*<>] |[*<>]\r?$|  % Total |[{}] \[)`)
)

// Headers reads the headers of a request as a browser's network panel shows them
// (view source, raw, or one below the other), or as HTTP has them on the wire. Such
// a text does not say whether the URL is http or https, so a note says what was
// concluded. A body may follow after an empty line. The version may be missing in the
// first line, as in the files of editors' HTTP clients.
func Headers(text string) (*Pasted, error) {
	if err := acceptable(text); err != nil {
		return nil, err
	}
	isRequest, comments := requestLineOf(text) != nil, 0
	if isRequest {
		comments = len(leadingComments.FindString(text))
		if at := nextRequest.FindStringIndex(text[comments:]); at != nil {
			return nil, errorAt(text, comments+at[0], "a second request, and it is not clear which one is meant", "paste one request at a time")
		}
	}
	rest := strings.ReplaceAll(strings.TrimLeft(text[comments:], " \t\r\n"), "\r\n", "\n")
	head, body, hasBody := strings.Cut(rest, "\n\n")
	lines := strings.Split(head, "\n")
	r := &wireRequest{}
	if m := generalSection.FindStringSubmatch(text); m != nil {
		r.target, r.method = m[1], m[2]
		r.readPanel(slices.DeleteFunc(strings.Split(rest, "\n"), func(l string) bool { return strings.TrimSpace(l) == "" }))
		p, err := r.pasted()
		if err == nil && len(r.headers) == 0 {
			p.note("this is the General section of the panel, without the request's headers: add those that the page sets, or choose Copy as fetch")
		}
		return p, err
	}
	if isRequest {
		m := requestLineOf(text)
		r.method, r.target = m[1], m[2]
		r.readLines(lines[1:])
	} else {
		r.readPairs(lines)
	}
	body, _, _ = strings.Cut(body, "\n###")
	if body = strings.TrimRight(body, "\n"); hasBody && body != "" {
		r.body = &body
	}
	return r.pasted()
}

// safariPanel is what is copied from Safari's panel: a summary with the URL, the request, and
// the response.
var safariPanel = regexp.MustCompile(`(?s)^\s*Summary[ \t\r]*\n\s*URL: (\S+)[^\n]*\n.*?\n\s*Request[ \t\r]*\n\s*([A-Z]{3,20}) \S+ HTTP/[0-9.]+[ \t\r]*\n(.*)$`)

// safariRequest returns the request in such a text, with its whole URL, or "".
func safariRequest(text string) string {
	m := safariPanel.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	headers, _, _ := strings.Cut(strings.ReplaceAll(m[3], "\r\n", "\n"), "\n\n")
	headers, _, _ = strings.Cut(headers, "\nResponse\n")
	return m[2] + " " + m[1] + " HTTP/1.1\n" + headers
}

// readPanel reads the request's headers in what was copied from Chromium's panel: they
// stand below the heading Request Headers, or below the General section if there is no
// heading.
func (r *wireRequest) readPanel(lines []string) {
	isResponse := false
	for i, line := range lines {
		switch heading := panelHeading.FindStringSubmatch(line); {
		case heading == nil:
		case heading[1] == "Request":
			r.readPairs(lines[i+1:])
			return
		default:
			isResponse = true
		}
	}
	if isResponse {
		return
	}
	for _, line := range lines {
		if name, _, found := strings.Cut(strings.TrimSpace(line), ": "); found && !generalNames[strings.ToLower(name)] {
			r.header(line)
		}
	}
}

// panelHeading is a heading of the panel, perhaps with the number of headers, and
// generalNames are the names in its General section.
var (
	panelHeading = regexp.MustCompile(`^\s*(Request|Response) Headers(?:\s*\(\d+\))?\s*$`)
	generalNames = map[string]bool{"request url": true, "request method": true, "status code": true, "remote address": true, "referrer policy": true,
		"general": true, "status": true, "version": true, "transferred": true}
)

// requestLineOf returns the first line of a request: the line, its method and target.
func requestLineOf(text string) []string {
	text = text[len(leadingComments.FindString(text)):]
	if m := requestLine.FindStringSubmatch(text); m != nil {
		return m
	}
	return requestLineAlone.FindStringSubmatch(text)
}

// Transcript reads what curl -v printed: the command, if it is there, or the request
// that curl sent, in the lines that begin with >.
func Transcript(text string) (*Pasted, error) {
	if err := acceptable(text); err != nil {
		return nil, err
	}
	if isCurl(text) {
		return Curl(text) // which stops before the transcript
	}
	r := &wireRequest{}
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		sent, isSent := strings.CutPrefix(line, ">")
		sent = strings.TrimPrefix(sent, " ")
		switch m := transcriptRequest.FindStringSubmatch(line); {
		case r.method == "" && m == nil:
			if strings.HasPrefix(line, "* SSL connection using") || strings.HasPrefix(line, "* using HTTPS") {
				r.scheme = "https"
			}
		case r.method == "":
			r.method, r.target = m[1], m[2]
			if r.scheme == "" {
				r.scheme = "http"
			}
		case !isSent || sent == "":
			return r.pasted() // the end of the first request
		default:
			r.header(sent)
		}
	}
	return r.pasted()
}

// A wireRequest is a request as it is on the wire.
type wireRequest struct {
	method, target, scheme, host string
	headers                      []header
	body                         *string
}

func (r *wireRequest) readLines(lines []string) {
	for _, line := range lines {
		r.header(line)
	}
}

// readPairs reads headers as a panel shows them: a line for each, or two lines, the name
// and then the value.
func (r *wireRequest) readPairs(lines []string) {
	for len(lines) > 0 && (strings.TrimSpace(lines[0]) == "" || strings.HasPrefix(strings.TrimSpace(lines[0]), "Provisional headers") ||
		strings.TrimSpace(lines[0]) == "Raw") {
		lines = lines[1:]
	}
	twoLines := len(lines) > 1 && !strings.Contains(strings.TrimPrefix(strings.TrimSpace(lines[0]), ":"), ":")
	if !twoLines {
		r.readLines(lines)
		return
	}
	for i := 0; i+1 < len(lines); i += 2 {
		r.set(strings.TrimSuffix(strings.TrimSpace(lines[i]), ":"), strings.TrimSpace(lines[i+1]))
	}
}

// header reads one line, "Name: value" or ":name: value".
func (r *wireRequest) header(line string) {
	line = strings.TrimSpace(line)
	prefix := ""
	if strings.HasPrefix(line, ":") {
		prefix, line = ":", line[1:]
	}
	name, value, _ := strings.Cut(line, ":")
	r.set(prefix+strings.TrimSpace(name), strings.Trim(value, " \t"))
}

func (r *wireRequest) set(name, value string) {
	switch strings.ToLower(name) {
	case "", ":":
	case ":method":
		r.method = value
	case ":path":
		r.target = value
	case ":scheme":
		r.scheme = value
	case ":authority", "host":
		r.host = value
	default:
		r.headers = append(r.headers, header{name, value})
	}
}

// pasted turns the request into a question.
func (r *wireRequest) pasted() (*Pasted, error) {
	p := &Pasted{}
	q := &p.Question
	q.Method = r.method
	switch {
	case strings.Contains(r.target, "://"):
		q.URL = r.target // as a proxy is sent it, or an editor's request file
	case r.host == "":
		return nil, &Error{Problem: "these headers have no Host, so the URL is not known",
			Hint: "copy all headers, or choose Copy as fetch in the same panel"}
	default:
		scheme := r.scheme
		if scheme == "" {
			scheme = r.guessScheme(p)
		}
		q.URL = scheme + "://" + r.host + "/" + strings.TrimPrefix(r.target, "/")
	}
	q.Data = r.body
	if err := p.conclude(p.separate(r.headers)); err != nil {
		return nil, err
	}
	return p, nil
}

// guessScheme concludes the URL's scheme. Browsers send Sec-Fetch-* to trustworthy
// URLs alone: https, and loopback.
// https://w3c.github.io/webappsec-fetch-metadata/#framework
func (r *wireRequest) guessScheme(p *Pasted) string {
	name := strings.ToLower(r.host)
	if !strings.HasPrefix(name, "[") {
		name, _, _ = strings.Cut(name, ":")
	}
	loopback := name == "localhost" || strings.HasSuffix(name, ".localhost") || strings.HasPrefix(name, "127.") ||
		strings.HasPrefix(name, "[::1]")
	scheme, why := "https", ""
	switch {
	case loopback:
		scheme, why = "http", "as is usual on this machine"
	case strings.HasSuffix(r.host, ":443"):
		why = "by its port"
	case strings.HasSuffix(r.host, ":80"):
		scheme, why = "http", "by its port"
	case get(r.headers, "Sec-Fetch-Mode") != "":
		why = "because browsers send Sec-Fetch-Mode to https alone"
	case strings.HasPrefix(get(r.headers, "User-Agent"), "Mozilla/"):
		scheme, why = "http", "because there is no Sec-Fetch-Mode, which browsers send to https"
	default:
		why = "which is most usual"
	}
	p.note("the text does not say http or https: %s is taken, %s; choose Copy as fetch to be sure", scheme, why)
	return scheme
}
