package report

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/concors/concors/cmd/concors/internal/request"
	"github.com/concors/concors/cmd/concors/internal/term"
)

// svgLine is the height of a line in CSS pixels. A column of the monospaced font at
// 12px is at most 7.3px wide.
const svgLine = 17

// An svgLayout says where the life lines are, and where texts begin.
type svgLayout struct {
	page, browser, server int
	fromPage              int // where the texts of the page's messages begin
	columns               int // of text between browser and server
	stacked               bool
}

// On a narrow screen the page's life line is close to the browser's, and all texts
// are between browser and server.
var (
	wideSVG   = svgLayout{page: 12, browser: 190, server: 636, fromPage: 24, columns: 55}
	narrowSVG = svgLayout{page: 8, browser: 36, server: 376, fromPage: 50, columns: 42, stacked: true}
)

// pageRoom is how many columns the page's origin has.
func (l svgLayout) pageRoom() int {
	if l.stacked {
		return l.columns
	}
	return 23
}

// A drawnSVG is a sequence with the coordinates of everything, for the template.
type drawnSVG struct {
	Class         string
	ID            string // the end of the ids of its title and description, which are unique in a page
	Width, Height int
	Top           int // where the life lines begin
	Lanes         []int
	Browser       string
	Description   string
	Texts         []svgText
	Bands         []svgBand
	Arrows        []svgArrow
	Stops         []svgText // where the crosses are

	layout svgLayout
}

type svgText struct {
	X, Y        int
	Class       string
	Name, Value string // a header's name has its own style
	AtEnd       bool   // X is where the text ends
}

// An svgBand is the background of a line that decided.
type svgBand struct{ X, Y, Width, Height int }

type svgArrow struct {
	From, To, Y int
	Head        string // the points of its head
	Class       string
}

// drawSVG lays out a result's sequence.
func drawSVG(r *Report, result *request.BrowserResult, layout svgLayout) *drawnSVG {
	d := &drawnSVG{Class: "wide", Width: layout.server + 12, Lanes: []int{layout.page, layout.browser, layout.server},
		Browser: term.Printable(result.BrowserName()), layout: layout}
	server := ""
	if u, err := url.Parse(r.Request.URL); err == nil && u.Host != "" {
		server = term.Shorten(term.Printable(u.Scheme+"://"+u.Host), 40)
	}
	d.heads(term.Shorten(term.Printable(r.Page.Origin), layout.pageRoom()), server)
	y := d.Top + 6
	var sentences []string
	for _, e := range sequenceOf(r, result) {
		y = d.event(e, y)
		sentences = append(sentences, e.sentence())
	}
	d.Height = y + 10
	d.Description = strings.Join(sentences, " ")
	return d
}

// heads names the three life lines.
func (d *drawnSVG) heads(page, server string) {
	head := func(x, y int, atEnd bool, what, who string) {
		if d.layout.stacked {
			d.Texts = append(d.Texts, svgText{X: x, Y: y, Class: "title", Value: what, AtEnd: atEnd},
				svgText{X: 68, Y: y, Value: who})
			return
		}
		d.Texts = append(d.Texts, svgText{X: x, Y: 16, Class: "title", Value: what, AtEnd: atEnd},
			svgText{X: x, Y: 34, Value: who, AtEnd: atEnd})
	}
	d.Top = 48
	if d.layout.stacked {
		d.Class, d.Top = "narrow", 64
		head(4, 16, false, "page", page)
		head(4, 34, false, "browser", d.Browser)
		head(4, 52, false, "server", server)
		return
	}
	head(4, 0, false, "page", page)
	head(d.layout.browser, 0, false, "browser", d.Browser)
	head(d.layout.server, 0, true, "server", server)
}

// sentence describes an event for readers who cannot see the drawing.
func (e event) sentence() string {
	var parts []string
	for _, line := range e.lines {
		if line.header.Name != "" {
			parts = append(parts, term.Bounded(line.header.Name+": "+line.header.Value))
		} else {
			parts = append(parts, term.Bounded(line.text))
		}
	}
	text := term.Bounded(e.text)
	if e.number > 0 {
		text = fmt.Sprintf("%d. %s", e.number, text)
	}
	if len(parts) > 0 {
		text += " " + strings.Join(parts, "; ")
	}
	return sentence(text)
}

func (d *drawnSVG) text(x int, y *int, class, name, value string) {
	*y += svgLine
	d.Texts = append(d.Texts, svgText{X: x, Y: *y, Class: class, Name: name, Value: value})
}

func (d *drawnSVG) arrow(from, to int, y *int, class string) {
	*y += 10
	back := 9
	if to < from {
		back = -back
	}
	head := fmt.Sprintf("%d,%d %d,%d %d,%d", to, *y, to-back, *y-4, to-back, *y+4)
	d.Arrows = append(d.Arrows, svgArrow{from, to - back/2, *y, head, class})
	*y += 6
}

func (d *drawnSVG) event(e event, y int) int {
	const indent = 14
	page, browser, server, wireX := d.layout.page, d.layout.browser, d.layout.server, d.layout.browser+14
	title := fmt.Sprintf("%d %s", e.number, e.text)
	switch e.kind {
	case pageRequests, pageGets:
		class := ""
		if e.kind == pageGets {
			if class = "bad"; e.good {
				class = "good"
			}
			d.arrow(browser, page, &y, class)
		}
		d.text(d.layout.fromPage, &y, "title "+class, "", title)
		for _, line := range e.lines {
			d.text(d.layout.fromPage+indent, &y, class, "", term.Shorten(term.Printable(line.text), 20))
		}
		if e.kind == pageRequests {
			d.arrow(page, browser, &y, class)
		}
	case browserNotes, browserStops:
		class := "note"
		if e.kind == browserStops {
			class = "bad title"
			d.Stops = append(d.Stops, svgText{X: browser, Y: y + svgLine - 4})
		}
		for i, line := range term.Wrap(term.Printable(e.text), d.layout.columns-4) {
			d.text(wireX+min(i, 1)*indent, &y, class, "", line)
		}
		y += 4
	default:
		d.text(wireX, &y, "title", "", title)
		for _, line := range e.lines {
			d.detail(line, wireX+indent, &y)
		}
		switch {
		case e.arrow && e.kind == browserSends:
			d.arrow(browser, server, &y, "")
		case e.arrow:
			d.arrow(server, browser, &y, "")
		}
	}
	return y + 2
}

// detail adds a line below its message. A line that decided has a band behind it
// and a mark before it, because colour alone must not carry meaning.
func (d *drawnSVG) detail(line detail, x int, y *int) {
	room := d.layout.columns - 3
	start, class := *y, ""
	if line.decisive {
		class = "bad"
		d.Texts = append(d.Texts, svgText{X: x - 12, Y: *y + svgLine, Class: "bad title", Value: "!"})
	}
	name, value := term.Printable(line.header.Name), term.Printable(line.header.Value)
	switch {
	case line.remark:
		for _, part := range term.Wrap("("+term.Bounded(line.text)+")", room) {
			d.text(x, y, "note", "", part)
		}
	case name == "":
		d.text(x, y, class, "", term.Shorten(term.Printable(line.text), room))
	case term.Columns(name+": "+value) <= room:
		d.text(x, y, class, name+":", value)
	default:
		d.text(x, y, class, term.Shorten(name, room-1)+":", "")
		for _, part := range term.Wrap(term.Shorten(value, 3*(room-2)), room-2) {
			d.text(x+14, y, class, "", part)
		}
	}
	if line.decisive {
		width := d.layout.server - d.layout.browser - 8
		d.Bands = append(d.Bands, svgBand{d.layout.browser + 4, start + 4, width, *y - start + 1})
	}
}
