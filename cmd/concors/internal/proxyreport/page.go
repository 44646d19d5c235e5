package proxyreport

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"sync"

	"github.com/concors/concors/cmd/concors/internal/report"
	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// pageText is the page's template. What servers sent is bounded and made printable, and then
// escaped by the template.
//
//go:embed page.html
var pageText string

// ServeHTTP serves the report: as JSON if the request's Accept or ?format=json says so, and
// as a page without scripts otherwise. It is what proxy.Config.Own calls, after the proxy has
// checked Host and where the request comes from; requests of other sites are refused here too.
func (l *Log) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+report.StyleHash()+
		"; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	h.Add("Vary", "Accept")
	fail := func(status int, text string) {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		fmt.Fprintln(w, text)
	}
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		fail(http.StatusMethodNotAllowed, "The report is read with GET.")
		return
	case site != "" && site != "none" && site != "same-origin", r.Header.Get("Origin") != "" && site != "same-origin":
		fail(http.StatusForbidden, "The report is not for other sites. Open it in a tab of its own.")
		return
	}
	result, err := l.Report(r.Context())
	if err != nil {
		fail(http.StatusInternalServerError, "The report was not made: "+term.Printable(err.Error()))
		return
	}
	var b bytes.Buffer
	if wantsJSON(r) {
		h.Set("Content-Type", "application/json; charset=utf-8")
		err = result.WriteJSON(&b)
	} else {
		h.Set("Content-Type", "text/html; charset=utf-8")
		err = result.writePage(&b)
	}
	if err != nil {
		fail(http.StatusInternalServerError, "The report was not written: "+term.Printable(err.Error()))
		return
	}
	w.Write(b.Bytes())
}

// wantsJSON reports whether a request is for JSON: browsers accept text/html by name.
func wantsJSON(r *http.Request) bool {
	if format := r.URL.Query().Get("format"); format != "" {
		return format == "json"
	}
	accept := strings.Join(r.Header["Accept"], ",")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

// A pageView is the data of the page.
type pageView struct {
	Style                         template.CSS
	Class, Sign, Verdict, Summary string
	Proxy                         string
	Findings                      []findingView
	Cookies                       []Cookie
	Fixes                         []fixView
	NoFix                         []string
	Changed                       []Changed
	Refused                       []Refusal
}

type findingView struct {
	Heading, Sentence, Link, Change string
	Requests                        []Similar
	More                            int
	Commands                        []string
}

type fixView struct {
	Server, Policy, Where, Short string
	Before, After                []string
}

// pageTemplate parses the template, once.
var pageTemplate = sync.OnceValues(func() (*template.Template, error) {
	return template.New("page").Funcs(template.FuncMap{"bounded": term.Bounded}).Parse(pageText)
})

func (r *Report) writePage(w *bytes.Buffer) error {
	t, err := pageTemplate()
	if err != nil {
		return fmt.Errorf("the report's page: %w", err)
	}
	return t.Execute(w, r.view())
}

func (r *Report) view() *pageView {
	verdict, _ := r.verdict()
	v := &pageView{Style: template.CSS(report.Style()), Verdict: sentenceCase(verdict), Summary: term.Bounded(r.summary()),
		Proxy: r.Proxy, Cookies: r.Cookies, Changed: r.Changed, Refused: r.Refused, Class: "note", Sign: "?"}
	switch r.Needed {
	case Yes:
		v.Class, v.Sign = "bad", "✗"
	case No:
		v.Class, v.Sign = "good", "✓"
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		view := findingView{Requests: f.Requests, More: f.More}
		switch f.Verdict {
		case request.Blocked:
			view.Heading, view.Sentence, view.Link = "Blocked: "+f.Reason.String(), term.Bounded(f.Explanation), f.Link
			if f.Fix != nil {
				view.Change = strings.TrimSpace(sentences(f.Fix.Why) + " " + sentences(f.Fix.Sentence))
			}
		case request.Allowed:
			view.Heading, view.Sentence = "Allowed", "The API's response allows the page."
		default:
			view.Heading, view.Sentence = "Not known", term.Bounded(f.Why)
			for _, s := range f.Requests {
				if s.Command != "" {
					view.Commands = append(view.Commands, term.Printable(s.Command))
				}
			}
		}
		view.Heading += ", for " + term.Bounded(f.Page)
		v.Findings = append(v.Findings, view)
	}
	for _, f := range r.Fixes {
		view := fixView{Server: f.Server, Policy: printable(f.Policy), Before: printables(f.Layers)}
		if len(f.Refused) > 0 {
			view.After = append([]string{"Not advisable:"}, printables(f.Refused)...)
		}
		if f.Short != nil {
			view.Where, view.Short = term.Bounded(f.Short.Where), printable(f.Short.Text)
			view.After = append(view.After, printables(f.Short.Notes)...)
		}
		view.After = append(view.After, recipeCommand(f))
		view.After = append(view.After, printables(f.Notes)...)
		if len(f.Simulated) > 0 {
			view.After = append(view.After, report.Simulated(f.Simulated, 0))
		}
		v.Fixes = append(v.Fixes, view)
	}
	if len(r.Fixes) == 0 {
		v.NoFix = append(r.advice(), r.InProduction...)
	} else {
		for _, sentence := range []string{r.notFixed(), r.notExposed()} {
			if sentence != "" {
				v.Fixes[0].After = append(v.Fixes[0].After, sentence)
			}
		}
	}
	return v
}

// sentenceCase returns a verdict in capitals as a heading.
func sentenceCase(verdict string) string {
	s := strings.ToLower(verdict)
	for _, name := range []string{"api"} {
		s = strings.ReplaceAll(s, name, strings.ToUpper(name))
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// sentences makes a text of sentences printable, and bounds it.
func sentences(text string) string { return term.Printable(term.Cut(text, 2000)) }

// printable makes each line of a text printable.
func printable(text string) string {
	return strings.Join(printables(strings.Split(strings.ReplaceAll(strings.TrimRight(text, "\n"), "\t", "    "), "\n")), "\n")
}

func printables(lines []string) []string {
	out := []string{}
	for _, line := range lines {
		out = append(out, term.Printable(line))
	}
	return out
}
