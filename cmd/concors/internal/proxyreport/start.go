package proxyreport

import (
	"fmt"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/proxy"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// A Start is what a proxy says when it starts.
type Start struct {
	TextOptions
	Proxy     string // its origin
	Routes    []StartRoute
	Pages     []string
	Alias     string
	Secrets   []string
	DevServer *DevServer
	// Fingerprint is the beginning of that of the proxy's certificate; "" without https.
	Fingerprint string
}

// A StartRoute is a path of the proxy, "" for all, and its target.
type StartRoute struct{ Path, Target string }

// Lines returns the lines: where the proxy listens, and what to write in the page.
func (s Start) Lines() []string {
	t := &term.Text{Coloured: s.Colour, Columns: s.Columns}
	const indent = 10
	say := func(label, text string) { t.Label(label, indent, text) }
	for i, r := range s.Routes {
		label := ""
		if i == 0 {
			label = "Proxy"
		}
		say(label, fmt.Sprintf("%s%s to %s", s.Proxy, r.Path, r.Target))
	}
	if s.Alias != "" {
		say("Page", fmt.Sprintf("%s/ from %s: open it in the browser", s.Proxy, s.Alias))
	}
	if len(s.Pages) > 0 {
		say("For", strings.Join(s.Pages, ", ")+" only")
	}
	first := s.Routes[0]
	if s.Alias != "" {
		say("In page", fmt.Sprintf("fetch(%q) in place of fetch(%q)", first.Path+"/...", first.Target+"/..."))
	} else {
		say("In page", fmt.Sprintf("fetch(%q) in place of", s.Proxy+first.Path+"/..."))
		say("", fmt.Sprintf("fetch(%q)", first.Target+"/..."))
	}
	if d := s.DevServer; d != nil {
		say("Or", fmt.Sprintf("in %s (%s), %s; then fetch(\"/api/...\"):", d.File, d.Name, d.Where))
		for _, line := range d.Lines {
			t.Add("  " + term.Printable(line))
		}
	}
	if len(s.Secrets) > 0 {
		say("Adds", strings.Join(s.Secrets, ", ")+", from the environment")
	}
	if s.Fingerprint != "" {
		say("Trust", fmt.Sprintf("open %s%s once in the browser, and accept the certificate (SHA-256 %s...). "+
			"It is new at each start, and never leaves this program.", s.Proxy, proxy.OwnPath, s.Fingerprint))
	}
	say("Report", s.Proxy+proxy.OwnPath+", and here when Ctrl-C ends the proxy")
	return strings.Split(strings.TrimSuffix(t.String(), "\n"), "\n")
}
