package check

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/term"
)

// The drawing's columns: three life lines, and what is said between them. Each
// message names its sender, so that the lines can be read one after the other
// by who does not see where they stand.
const (
	pageWidth = 21 // between page and browser
	wireWidth = 53 // between browser and server
	hanging   = 2  // by how much what belongs to a message is indented
)

// A drawing is a sequence as text, under construction.
type drawing struct {
	lines []string
	paint painter
}

// draw returns the lines of the sequence drawing of a result.
func draw(r *Report, result *Result, paint painter) []string {
	d := &drawing{paint: paint}
	d.heading(r, result)
	for _, e := range sequenceOf(r, result) {
		d.event(e)
	}
	return d.lines
}

func (d *drawing) heading(r *Report, result *Result) {
	browser := browserName(result)
	server := ""
	if u, err := url.Parse(r.Request.URL); err == nil && u.Host != "" {
		server = u.Scheme + "://" + u.Host
	}
	line := func(page, browser, server string) string {
		page, server = term.Shorten(page, pageWidth), term.Shorten(server, wireWidth-len(browser)-1)
		return strings.TrimRight(fmt.Sprintf("  %-*s %s%*s", pageWidth, page, browser, wireWidth+2-len(browser), server), " ")
	}
	d.lines = append(d.lines, d.paint.bold(line("page", "browser", "server")), line(term.ASCII(r.Page.Origin), browser, term.ASCII(server)))
}

// row writes one line: what stands between page and browser, the browser's own
// mark, and what stands between browser and server.
func (d *drawing) row(left, mark, right string, style func(string) string) {
	left = fmt.Sprintf("%-*s", pageWidth, left)
	right = mark + fmt.Sprintf("%-*s", wireWidth, right)
	if style != nil {
		if strings.TrimSpace(left) != "" {
			left = style(left)
		} else {
			right = style(right)
		}
	}
	d.lines = append(d.lines, strings.TrimRight("  |"+left+right+"|", " "))
}

// onPage writes lines between page and browser.
func (d *drawing) onPage(style func(string) string, lines ...string) {
	for _, line := range lines {
		d.row(" "+term.Shorten(term.ASCII(line), pageWidth-1), "|", "", style)
	}
}

// onWire writes a text between browser and server, wrapped: its first line
// stands out by the indentation of the others.
func (d *drawing) onWire(mark, text string, style func(string) string) {
	for i, line := range term.Wrap(term.ASCII(text), wireWidth-2-hanging) {
		indent := strings.Repeat(" ", 1+hanging)
		if i == 0 {
			indent = " "
		}
		d.row("", mark, indent+line, style)
		mark = "|"
	}
}

// detail writes one line below a message, shortened to fit.
func (d *drawing) detail(text string, decisive bool) {
	lead, style := strings.Repeat(" ", 1+hanging), (func(string) string)(nil)
	if decisive {
		lead, style = " ! ", d.paint.red
	}
	d.row("", "|", lead+term.Shorten(term.ASCII(text), wireWidth-1-hanging), style)
}

// header writes a header below its message, on one line if it fits; else its
// value has up to three lines of its own.
func (d *drawing) header(h Header, decisive bool) {
	const room = wireWidth - 2 - hanging
	if len(term.ASCII(h.Name))+2+len(term.ASCII(h.Value)) <= room {
		d.detail(h.Name+": "+h.Value, decisive)
		return
	}
	d.detail(h.Name+":", decisive)
	for _, line := range term.Wrap(term.Shorten(term.ASCII(h.Value), 3*(room-2)), room-2) {
		d.detail("  "+line, false)
	}
}

// remark is a detail of any length.
func (d *drawing) remark(text string) {
	for _, line := range term.Wrap("("+term.Bounded(text)+")", wireWidth-2-hanging) {
		d.detail(line, false)
	}
}

func (d *drawing) arrow(toServer bool) {
	line := "<" + strings.Repeat("-", wireWidth-1)
	if toServer {
		line = strings.Repeat("-", wireWidth-1) + ">"
	}
	d.row("", "|", line, nil)
}

// event draws one event. Messages to and from the page have little room, and
// their arrow beneath or above them.
func (d *drawing) event(e event) {
	title := fmt.Sprintf("%d %s", e.number, e.text)
	switch e.kind {
	case pageAsks:
		d.onPage(nil, title)
		for _, line := range e.lines {
			d.onPage(nil, "  "+line.text)
		}
		d.row(strings.Repeat("-", pageWidth-1)+">", "|", "", nil)
	case pageGets:
		style := d.paint.red
		if e.good {
			style = d.paint.green
		}
		d.row("<"+strings.Repeat("-", pageWidth-1), "|", "", nil)
		d.onPage(style, title)
		for _, line := range e.lines {
			d.onPage(style, "  "+line.text)
		}
	case browserNotes:
		d.onWire("|", e.text, d.paint.dim)
	case browserStops:
		d.onWire("X", e.text, d.paint.red)
	default:
		d.row("", "|", " "+title, nil)
		for _, line := range e.lines {
			switch {
			case line.remark:
				d.remark(line.text)
			case line.header.Name != "":
				d.header(line.header, line.decisive)
			default:
				d.detail(line.text, line.decisive)
			}
		}
		if e.arrow {
			d.arrow(e.kind == browserSends)
		}
	}
}
