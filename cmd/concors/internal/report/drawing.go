package report

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// The drawing's columns are three life lines with the messages between them. Each
// message names its sender, so that a screen reader can read line after line.
const (
	pageWidth = 21 // between page and browser
	hanging   = 2  // the indentation of what belongs to a message
)

// widestDrawing is the largest width of a drawing, in columns. In a wider one, lines
// are too far from the arrows that they belong to.
const widestDrawing = 100

// A drawing is a sequence as text, under construction.
type drawing struct {
	lines     []string
	paint     paint
	wireWidth int // between browser and server
}

// A paint function returns a text in styles, or as it is if there is no colour.
type paint func(s string, styles ...term.Style) string

// plain is the paint function of text without colour.
func plain(s string, _ ...term.Style) string { return s }

// draw returns the lines of the sequence drawing of a result, for a text of width
// columns. It has at least 79.
func draw(r *Report, result *request.BrowserResult, width int, paint paint) []string {
	d := &drawing{paint: paint, wireWidth: min(max(width, term.Width), widestDrawing) - pageWidth - 6}
	d.heading(r, result)
	for _, e := range sequenceOf(r, result) {
		d.event(e)
	}
	return d.lines
}

func (d *drawing) heading(r *Report, result *request.BrowserResult) {
	browser := result.BrowserName()
	server := ""
	if u, err := url.Parse(r.Request.URL); err == nil && u.Host != "" {
		server = u.Scheme + "://" + u.Host
	}
	line := func(page, browser, server string) string {
		page = term.Pad(page, pageWidth)
		room := d.wireWidth + 2 - term.Columns(browser)
		server = term.Shorten(server, room-3)
		gap := strings.Repeat(" ", room-term.Columns(server))
		return strings.TrimRight("  "+page+" "+browser+gap+server, " ")
	}
	d.lines = append(d.lines, d.paint(line("page", "browser", "server"), term.Bold))
	page := term.Printable(r.Page.Origin)
	if term.Columns(page) > pageWidth {
		d.lines = append(d.lines, "  "+term.Shorten(page, pageWidth+d.wireWidth+4))
		page = ""
	}
	d.lines = append(d.lines, line(page, browser, term.Printable(server)))
}

// row adds one line: the text between page and browser, the browser's own mark, and
// the text between browser and server.
func (d *drawing) row(left, mark, right string, styles ...term.Style) {
	left = term.Pad(left, pageWidth)
	right = mark + term.Pad(right, d.wireWidth)
	switch {
	case len(styles) == 0:
	case strings.TrimSpace(left) != "":
		left = d.paint(left, styles...)
	default:
		right = d.paint(right, styles...)
	}
	d.lines = append(d.lines, strings.TrimRight("  |"+left+right+"|", " "))
}

// onPage adds lines between page and browser.
func (d *drawing) onPage(styles []term.Style, lines ...string) {
	for _, line := range lines {
		d.row(" "+term.Shorten(term.Printable(line), pageWidth-1), "|", "", styles...)
	}
}

// onWire adds a text between browser and server, wrapped, with all lines but the
// first indented.
func (d *drawing) onWire(mark, text string, style term.Style) {
	for i, line := range term.Wrap(term.Printable(text), d.wireWidth-2-hanging) {
		indent := strings.Repeat(" ", 1+hanging)
		if i == 0 {
			indent = " "
		}
		d.row("", mark, indent+line, style)
		mark = "|"
	}
}

// detail adds one line below a message, shortened to fit.
func (d *drawing) detail(text string, decisive bool) {
	lead, styles := strings.Repeat(" ", 1+hanging), []term.Style(nil)
	if decisive {
		lead, styles = " ! ", []term.Style{term.Red}
	}
	d.row("", "|", lead+term.Shorten(term.Printable(text), d.wireWidth-1-hanging), styles...)
}

// header adds a header below its message: on one line if it fits, else its value
// has up to three lines of its own.
func (d *drawing) header(h request.Header, decisive bool) {
	room := d.wireWidth - 2 - hanging
	if term.Columns(term.Printable(h.Name+": "+h.Value)) <= room {
		d.detail(h.Name+": "+h.Value, decisive)
		return
	}
	d.detail(h.Name+":", decisive)
	for _, line := range term.Wrap(term.Shorten(term.Printable(h.Value), 3*(room-2)), room-2) {
		d.detail("  "+line, false)
	}
}

// remark adds a text of any length below a message.
func (d *drawing) remark(text string) {
	for _, line := range term.Wrap("("+term.Bounded(text)+")", d.wireWidth-2-hanging) {
		d.detail(line, false)
	}
}

func (d *drawing) arrow(toServer bool) {
	line := "<" + strings.Repeat("-", d.wireWidth-1)
	if toServer {
		line = strings.Repeat("-", d.wireWidth-1) + ">"
	}
	d.row("", "|", line)
}

// event draws one event. Messages to and from the page have little room, so their
// arrow is on a line of its own.
func (d *drawing) event(e event) {
	title := fmt.Sprintf("%d %s", e.number, e.text)
	switch e.kind {
	case pageRequests:
		d.onPage(nil, title)
		for _, line := range e.lines {
			d.onPage(nil, "  "+line.text)
		}
		d.row(strings.Repeat("-", pageWidth-1)+">", "|", "")
	case pageGets:
		style := []term.Style{term.Red}
		if e.good {
			style = []term.Style{term.Green}
		}
		d.row("<"+strings.Repeat("-", pageWidth-1), "|", "")
		d.onPage(style, title)
		for _, line := range e.lines {
			d.onPage(style, "  "+line.text)
		}
	case browserNotes:
		d.onWire("|", e.text, term.Faint)
	case browserStops:
		d.onWire("X", e.text, term.Red)
	default:
		d.row("", "|", " "+title)
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
