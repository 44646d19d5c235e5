package probe

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
	"github.com/concors/concors/fetch"
)

// maxHeaders is how many headers of one message are kept as evidence.
const maxHeaders = 30

// requestText is a request without the headers that browsers always send.
func requestText(x *fetch.Exchange) string {
	return messageText(x.Method+" "+term.Bounded(x.URL), x.Header, func(name string) bool {
		switch name {
		case "accept", "accept-encoding", "accept-language", "user-agent", "referer", "connection",
			"host", "content-length", "priority":
			return true
		}
		return strings.HasPrefix(name, "sec-")
	})
}

// responseText is a response without its body, and without headers that differ
// each time or that are secret.
func responseText(status int, h fetch.HeaderList) string {
	if status == 0 {
		return "(no response)"
	}
	line := strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
	return messageText(line, h, func(name string) bool {
		switch name {
		case "date", "content-length", "set-cookie", "set-cookie2":
			return true
		}
		return false
	})
}

func messageText(first string, h fetch.HeaderList, omit func(lowerName string) bool) string {
	lines := []string{first}
	for _, line := range h {
		if omit(strings.ToLower(line.Name)) {
			continue
		}
		if len(lines) > maxHeaders {
			lines = append(lines, "(and more)")
			break
		}
		lines = append(lines, term.Bounded(line.Name)+": "+term.Bounded(line.Value))
	}
	return strings.Join(lines, "\n")
}

// AddEvidence adds a request and a response to a text.
func AddEvidence(t *term.Text, request, response string) {
	for _, message := range []struct{ mark, text string }{{"  > ", request}, {"  < ", response}} {
		if message.text == "" {
			continue
		}
		for line := range strings.SplitSeq(message.text, "\n") {
			for _, piece := range term.Wrap(term.Printable(line), term.Width-len(message.mark)) {
				t.Add(message.mark + piece)
			}
		}
	}
}
